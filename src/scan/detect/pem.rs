//! Private keys in PEM armour (RFC 7468), OpenSSH's, PGP's and SSH2's included, also when written as a string with `\n` in it.

use crate::finding::{Confidence, Severity};
use crate::scan::matches::{Match, Rank, Verdict};
use crate::span::Span;

use super::{Context, lower, reason};

/// The longest armour that is looked at: a 16,384-bit RSA key takes some 13 KB.
pub(crate) const LONGEST: usize = 16 * 1024;
/// Fewest characters in the body of a real key: Ed25519 in PKCS #8 has 64.
const SHORTEST_BODY: usize = 56;

/// Label and rule; the first label contained in the armour's decides.
const RULES: [(&str, &str); 12] = [
    ("ENCRYPTED PRIVATE KEY", "pem-pkcs8-encrypted-private-key"),
    ("RSA PRIVATE KEY", "pem-rsa-private-key"),
    ("EC PRIVATE KEY", "pem-ec-private-key"),
    ("DSA PRIVATE KEY", "pem-dsa-private-key"),
    ("OPENSSH PRIVATE KEY", "openssh-private-key"),
    ("PGP PRIVATE KEY BLOCK", "pgp-private-key"),
    ("PGP SECRET KEY BLOCK", "pgp-private-key"),
    ("SSH2 ENCRYPTED PRIVATE KEY", "ssh2-private-key"),
    ("SSH2 PRIVATE KEY", "ssh2-private-key"),
    ("ENCRYPTED SIGSTORE PRIVATE KEY", "cosign-private-key"),
    ("ENCRYPTED COSIGN PRIVATE KEY", "cosign-private-key"),
    ("PRIVATE KEY", "pem-private-key"),
];

/// The private key whose armour begins at `at`.
pub(crate) fn detect(context: &Context<'_>, at: usize) -> Option<Match> {
    let text = &context.text[at..context.text.len().min(at + LONGEST)];
    let dashes = text.iter().take_while(|&&byte| byte == b'-').count();
    let label_start = text.iter().position(|&byte| byte != b'-' && byte != b' ')? + b"BEGIN ".len();
    let label_end =
        label_start + memchr::memmem::find(text.get(label_start..text.len().min(label_start + 80))?, b"--")?;
    let label = std::str::from_utf8(&text[label_start..label_end]).ok()?.trim_end();
    let id = RULES
        .iter()
        .find(|(known, _)| label == *known || (*known == "PRIVATE KEY" && label.ends_with("PRIVATE KEY")))?
        .1;
    let id = if label.starts_with("ENCRYPTED ") && id == "pem-private-key" {
        "pem-pkcs8-encrypted-private-key"
    } else {
        id
    };
    context.looks_far(at, at + LONGEST);
    let body_start = label_end + text[label_end..].iter().take_while(|&&byte| byte == b'-').count();
    let (end, body) = body(text, body_start, dashes);
    let secret = Span::new(at, at + end);
    let verdict = judge(context, &text[body_start..end], &body);
    let mut found = Match::placed(id, secret, Rank::Shape, verdict);
    found.guessable = false;
    let locked = memchr::memmem::find(&text[body_start..end], b"ENCRYPTED").is_some()
        || (id == "openssh-private-key" && openssh_is_locked(&body));
    if locked && found.severity > Severity::Medium {
        found.severity = Severity::Medium;
        found.reasons.push(reason("encrypted", "a passphrase protects it"));
    }
    Some(found)
}

/// Where the armour ends, and the base64 in it.
fn body(text: &[u8], start: usize, dashes: usize) -> (usize, Vec<u8>) {
    let marker = &b"-----"[..dashes.clamp(4, 5)];
    let close = memchr::memmem::find(&text[start..], marker);
    let stop = start + close.unwrap_or(text.len() - start);
    let mut body = Vec::new();
    let mut at = start;
    let mut end = start;
    while at < stop {
        let line_end = next_break(&text[..stop], at);
        let line = strip(&text[at..line_end]);
        // headers such as `Proc-Type: 4,ENCRYPTED` and comments are no part of it
        if !line.contains(&b':') {
            let plain =
                line.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
            if !plain && close.is_none() {
                break;
            }
            if plain && !line.is_empty() {
                body.extend_from_slice(line);
                end = line_end;
            }
        }
        at = line_end + break_length(&text[..stop], line_end);
    }
    if close.is_some() {
        let after = &text[stop..];
        let last = after
            .iter()
            .take(100)
            .position(|&byte| matches!(byte, b'\n' | b'"' | b'\'' | b'\\' | b'<' | b'`'))
            .unwrap_or(after.len().min(100));
        end = stop + last;
        while end > stop && matches!(text[end - 1], b'\r' | b' ' | b',' | b';') {
            end -= 1;
        }
    }
    (end, body)
}

/// The next line break, real or escaped.
fn next_break(text: &[u8], at: usize) -> usize {
    let rest = &text[at..];
    let mut i = 0;
    while i < rest.len() {
        match rest[i] {
            b'\n' => break,
            b'\\' if matches!(rest.get(i + 1), Some(b'n' | b'r')) => break,
            _ => i += 1,
        }
    }
    at + i
}

fn break_length(text: &[u8], at: usize) -> usize {
    match text.get(at) {
        None => 1,
        Some(b'\n') => 1,
        Some(_) => 2,
    }
}

/// A line without indentation, comment signs, quotes and the signs that join strings.
fn strip(line: &[u8]) -> &[u8] {
    let noise = |byte: &u8| {
        matches!(
            byte,
            b' ' | b'\t'
                | b'\r'
                | b'"'
                | b'\''
                | b'`'
                | b','
                | b';'
                | b'#'
                | b'*'
                | b'>'
                | b'|'
                | b'.'
                | b'('
                | b')'
                | b'\\'
                | b'&'
                | b'%'
        )
    };
    let start = line.iter().take_while(|byte| noise(byte) || **byte == b'+').count();
    let rest = &line[start..];
    // `"…" +` joins strings; a `+` right after base64 belongs to it
    let mut end = rest.len();
    while end > 0 && (noise(&rest[end - 1]) || (rest[end - 1] == b'+' && end >= 2 && noise(&rest[end - 2]))) {
        end -= 1;
    }
    &rest[..end]
}

fn judge(context: &Context<'_>, raw: &[u8], body: &[u8]) -> Verdict {
    let elided =
        memchr::memmem::find(raw, b"...").is_some() || memchr::memmem::find(raw, "…".as_bytes()).is_some();
    if body.len() < SHORTEST_BODY || elided {
        return Verdict::Drop(reason("structure", "the armour holds no key"));
    }
    let mut seen = [false; 256];
    body.iter().for_each(|&byte| seen[usize::from(byte)] = true);
    if seen.iter().filter(|&&seen| seen).count() < 20 {
        return Verdict::Drop(reason("filler", "the key repeats a few characters"));
    }
    if is_stub(body) {
        return Verdict::Report(Confidence::Low);
    }
    let confidence = Confidence::High;
    Verdict::Report(if context.kind().test { lower(confidence) } else { confidence })
}

/// Whether the length at the start of a key in DER (a sequence, two bytes of length) is that of a far longer one: samples in
/// documentation show the first line only.
fn is_stub(body: &[u8]) -> bool {
    let Some(Ok(start)) = body.get(..8).map(|start| data_encoding::BASE64.decode(start)) else {
        return false;
    };
    let [0x30, 0x82, high, low, ..] = start[..] else { return false };
    let whole = usize::from(u16::from_be_bytes([high, low]));
    body.len() / 4 * 3 < whole / 4
}

/// Whether an OpenSSH key names a cipher: its body begins with a magic text, then the cipher's name.
fn openssh_is_locked(body: &[u8]) -> bool {
    // 15 bytes of magic, 4 of length, then the name; textual decoding stops at the length, so decode by hand
    let Ok(bytes) = data_encoding::BASE64.decode(&body[..body.len().min(48) / 4 * 4]) else { return false };
    bytes.get(19..).is_some_and(|name| !name.starts_with(b"none"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::shape::{Random, Shape};

    fn key(label: &str, lines: usize) -> String {
        let mut random = Random::new(3);
        let line = Shape::parse("{base64:64}").unwrap();
        let body: String =
            (0..lines).map(|_| String::from_utf8(line.expand(&mut random)).unwrap() + "\n").collect();
        format!("-----BEGIN {label}-----\n{body}-----END {label}-----\n")
    }

    fn find(text: &str) -> Option<Match> {
        let context = Context::new(text.as_bytes(), "a.txt", Some(false));
        detect(&context, text.find("-----BEGIN")?)
    }

    #[test]
    fn private_keys_are_found_whole() {
        for label in ["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"] {
            let text = key(label, 6);
            let found = find(&text).unwrap();
            assert_eq!(found.verdict, Verdict::Report(Confidence::High));
            assert_eq!(found.secret, Span::new(0, text.len() - 1), "{label}");
        }
    }

    #[test]
    fn keys_in_strings_are_found() {
        let text = format!("key = \"{}\"", key("PRIVATE KEY", 4).replace('\n', "\\n"));
        assert!(matches!(find(&text).unwrap().verdict, Verdict::Report(_)));
        let joined =
            key("PRIVATE KEY", 4).lines().map(|line| format!("  \"{line}\\n\" +\n")).collect::<String>();
        assert!(matches!(find(&joined).unwrap().verdict, Verdict::Report(_)));
    }

    #[test]
    fn public_keys_and_empty_armour_are_not() {
        assert!(find(&key("PUBLIC KEY", 4)).is_none());
        assert!(find(&key("CERTIFICATE", 4)).is_none());
        assert!(matches!(find(&key("RSA PRIVATE KEY", 0)).unwrap().verdict, Verdict::Drop(_)));
        assert!(matches!(
            find("if line == \"-----BEGIN RSA PRIVATE KEY-----\" {").unwrap().verdict,
            Verdict::Drop(_)
        ));
    }

    #[test]
    fn the_first_line_of_a_key_is_no_key() {
        // a sequence of 1,189 bytes
        let start = data_encoding::BASE64.encode(&[0x30, 0x82, 0x04, 0xA5, 2, 1]);
        let begun = |lines| key("RSA PRIVATE KEY", lines).replacen("-----\n", &format!("-----\n{start}"), 1);
        assert_eq!(find(&begun(1)).unwrap().verdict, Verdict::Report(Confidence::Low));
        assert_eq!(find(&begun(24)).unwrap().verdict, Verdict::Report(Confidence::High));
    }

    #[test]
    fn encrypted_keys_weigh_less() {
        assert_eq!(
            find(&key("ENCRYPTED PRIVATE KEY", 4)).unwrap().rule.id,
            "pem-pkcs8-encrypted-private-key"
        );
        let old = key("RSA PRIVATE KEY", 4).replacen(
            "-----\n",
            "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: X,00\n\n",
            1,
        );
        let found = find(&old).unwrap();
        assert_eq!(found.severity, Severity::Medium);
        assert!(matches!(found.verdict, Verdict::Report(_)));
    }
}

//! Commands whose names hold the name of a secret, and that take it as an argument of no name: `sshpass -p value`,
//! `htpasswd -b file user value`, `echo user:value | chpasswd`.

use crate::scan::detect::name::Named;
use crate::span::Span;

use super::{Assignment, Tie};

/// How far a command line is read.
const REACH: usize = 200;

/// The secret on the command line of `name`, if that is such a command.
pub(super) fn read(text: &[u8], name: Span) -> Option<Assignment> {
    let value = match &text[name.range()] {
        b"sshpass" => after_option(text, name.end)?,
        b"htpasswd" => third_word(text, name.end)?,
        b"chpasswd" => piped_in(text, name.start)?,
        b"basic_auth" => second_string(text, name.end)?,
        b"pass" if text.get(name.end) == Some(&b':') => openssl(text, name)?,
        _ => return None,
    };
    let quoted = matches!(value.start.checked_sub(1).map(|at| text[at]), Some(b'"' | b'\''));
    Some(Assignment { name, value, quoted, tie: Tie::Assign, place: Some(Named::Password) })
}

/// The rest of the command from `at` on.
fn line(text: &[u8], at: usize) -> &[u8] {
    let rest = &text[at..text.len().min(at + REACH)];
    &rest[..memchr::memchr3(b'\n', b'|', b';', rest).unwrap_or(rest.len())]
}

/// The word at the beginning of `line`, without its quotes.
fn word(line: &[u8]) -> Option<(usize, usize)> {
    let first = *line.first()?;
    let (start, end) = if matches!(first, b'"' | b'\'') {
        (1, 1 + memchr::memchr(first, &line[1..])?)
    } else {
        let stops = |byte: &u8| {
            byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'&' | b')' | b'<')
        };
        (0, line.iter().position(stops).unwrap_or(line.len()))
    };
    (end > start).then_some((start, end))
}

fn skip_blanks(line: &[u8]) -> usize {
    line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

fn after_option(text: &[u8], at: usize) -> Option<Span> {
    let line = line(text, at);
    let blanks = skip_blanks(line);
    let rest = line[blanks..].strip_prefix(b"-p")?;
    let gap = skip_blanks(rest);
    let (start, end) = word(&rest[gap..])?;
    let at = at + blanks + 2 + gap;
    Some(Span::new(at + start, at + end))
}

fn third_word(text: &[u8], at: usize) -> Option<Span> {
    let line = line(text, at);
    let (mut offset, mut words, mut in_batch) = (0, 0, false);
    loop {
        offset += skip_blanks(&line[offset..]);
        let (start, end) = word(&line[offset..])?;
        let here = &line[offset + start..offset + end];
        if here.starts_with(b"-") {
            in_batch |= here.contains(&b'b');
        } else {
            words += 1;
            if words == 3 {
                return in_batch.then(|| Span::new(at + offset + start, at + offset + end));
            }
        }
        offset += end + start;
    }
}

fn piped_in(text: &[u8], at: usize) -> Option<Span> {
    let before = &text[at.saturating_sub(REACH)..at];
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let echo = [&b"echo "[..], b"printf "].iter().find_map(|command| {
        memchr::memmem::rfind(&before[line_start..], command).map(|found| line_start + found + command.len())
    })?;
    let rest = &before[echo..];
    let gap = skip_blanks(rest);
    let (start, end) = word(&rest[gap..])?;
    let pair = &rest[gap + start..gap + end];
    let colon = memchr::memchr(b':', pair)?;
    let cut = memchr::memchr(b'|', pair).or_else(|| memchr::memmem::find(pair, b"\\n")).unwrap_or(pair.len());
    let from = at - before.len() + echo + gap + start;
    (cut > colon + 1).then(|| Span::new(from + colon + 1, from + cut))
}

/// `basic_auth 'user', 'value'`, as Ruby writes calls.
fn second_string(text: &[u8], at: usize) -> Option<Span> {
    let line = line(text, at);
    let blanks = skip_blanks(line);
    let quote = *line.get(blanks).filter(|byte| blanks > 0 && matches!(byte, b'"' | b'\''))?;
    let comma = blanks + 1 + memchr::memchr(quote, &line[blanks + 1..])? + 1;
    let rest = line[comma..].strip_prefix(b",")?;
    let gap = skip_blanks(rest);
    rest.get(gap).filter(|byte| matches!(byte, b'"' | b'\''))?;
    let (start, end) = word(&rest[gap..])?;
    let at = at + comma + 1 + gap;
    Some(Span::new(at + start, at + end))
}

/// `-passin pass:value`.
fn openssl(text: &[u8], name: Span) -> Option<Span> {
    let before = text[..name.start].trim_ascii_end();
    let option = [&b"-passin"[..], b"-passout", b"-pass"].iter().any(|option| before.ends_with(option));
    if !option {
        return None;
    }
    let (start, end) = word(line(text, name.end + 1))?;
    Some(Span::new(name.end + 1 + start, name.end + 1 + end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, command: &str, expected: Option<&str>) {
        let start = text.rfind(command).unwrap();
        let name = Span::new(start, start + command.len());
        let found = read(text.as_bytes(), name).map(|found| &text[found.value.range()]);
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn passwords_of_commands() {
        check("sshpass -p v4lue ssh root@host", "sshpass", Some("v4lue"));
        check("sshpass -p 'v4l ue' ssh root@host", "sshpass", Some("v4l ue"));
        check("sshpass -pv4lue ssh", "sshpass", Some("v4lue"));
        check("sshpass -e ssh", "sshpass", None);
        check("htpasswd -bc file me v4lue", "htpasswd", Some("v4lue"));
        check("htpasswd -b -c 'file' me \"v4lue\" && x", "htpasswd", Some("v4lue"));
        check("htpasswd -c file me", "htpasswd", None);
        check("echo 'root:v4lue' | chpasswd", "chpasswd", Some("v4lue"));
        check("RUN echo root:v4lue|chpasswd", "chpasswd", Some("v4lue"));
        check("cat users | chpasswd", "chpasswd", None);
        check("basic_auth 'me', 'v4lue'", "basic_auth", Some("v4lue"));
        check("basic_auth 'me', value", "basic_auth", None);
        check("openssl rsa -passin pass:v4lue -in x", "pass", Some("v4lue"));
        check("openssl rsa -in pass:v4lue", "pass", None);
    }
}

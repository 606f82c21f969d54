//! Secrets without a shape of their own: judged by the name they are assigned to and by what they are made of.

use crate::decode::base64;
use crate::finding::{Confidence, Encoding, Reason};
use crate::scan::filter::value::Value;
use crate::scan::matches::{Match, Rank, Verdict};
use crate::span::Span;

use super::assign::{self, Assignment, Tie};
use super::name::{self, Named};
use super::{Context, lower, reason};

/// Finds what is assigned to the name around `stem`. Also answers where the name ends, so that its other stems need
/// no look.
pub(crate) fn detect(context: &Context<'_>, stem: Span) -> (usize, Option<Match>) {
    let text = context.text;
    let name = assign::name_around(text, stem);
    if context.binary() {
        return (name.end, None);
    }
    // reading comes first: most names in code are assigned nothing readable, and classifying is dearer
    let found = if text[stem.range()].ends_with(b" ") {
        after_identified_by(text, stem).map(|found| (Named::Password, found))
    } else {
        assign::read(text, name, context.syntax())
            .and_then(|found| Some((name::classify(&text[name.range()])?, found)))
    };
    let found = found.and_then(|(named, found)| judge(context, named, found));
    (name.end, found)
}

fn after_identified_by(text: &[u8], stem: Span) -> Option<Assignment> {
    let rest = &text[stem.end..text.len().min(stem.end + 300)];
    let rest = rest.strip_prefix(b"PASSWORD ").unwrap_or(rest);
    let start = text[..text.len().min(stem.end + 300)].len() - rest.len();
    let quote = *rest.first().filter(|&&byte| byte == b'\'' || byte == b'"')?;
    let end = rest[1..].iter().position(|&byte| byte == quote || byte == b'\n')?;
    let value = Span::new(start + 1, start + 1 + end);
    Some(Assignment { name: stem, value, quoted: true, tie: Tie::Assign })
}

/// Lengths in which a value is looked at at all.
const LONGEST: usize = 1000;

fn judge(context: &Context<'_>, named: Named, found: Assignment) -> Option<Match> {
    let mut span = found.value;
    // `Authorization: Token …`: the scheme is no part of the secret
    if named == Named::Credential || named == Named::Token {
        for scheme in [&b"Token "[..], b"token ", b"ApiKey ", b"apikey ", b"Key "] {
            if context.text[span.range()].starts_with(scheme) {
                span.start += scheme.len();
            }
        }
    }
    let bytes = &context.text[span.range()];
    let shortest = if named == Named::Password { 4 } else { 8 };
    if bytes.len() < shortest || bytes.len() > LONGEST {
        return None;
    }
    let id = match named {
        Named::Password => "generic-password",
        Named::Secret => "generic-secret",
        Named::Token => "generic-token",
        Named::Key | Named::BareKey => "generic-key",
        Named::Credential => "generic-credential",
        Named::Salt => "generic-salt",
    };
    let name = &context.text[found.name.range()];
    let mut decoded = Vec::new();
    let judged = match decoded_secret(context, named, bytes, found) {
        Some((inner, named)) => {
            decoded.push(Encoding::Base64);
            weigh(context, named, &inner, name, found)
        }
        None => weigh(context, named, bytes, name, found),
    };
    let (verdict, reasons) = match judged {
        Ok((confidence, reasons)) => (Verdict::Report(confidence), reasons),
        Err(reason) => (Verdict::Drop(reason), Vec::new()),
    };
    let mut found = Match::placed(id, span, Rank::Assigned, verdict);
    found.decoded = decoded;
    found.reasons = reasons;
    Some(found)
}

/// The text in a value that is base64 of text, as in a Kubernetes Secret or a docker `auth`, and what it is.
fn decoded_secret(
    context: &Context<'_>,
    named: Named,
    bytes: &[u8],
    found: Assignment,
) -> Option<(Vec<u8>, Named)> {
    if bytes.len() < 8 || !bytes.len().is_multiple_of(4) || found.tie != Tie::Assign {
        return None;
    }
    let inner = base64::decode_all(bytes)?;
    let plain = inner.iter().all(|&byte| (0x20..0x7F).contains(&byte) || byte == b'\n');
    let pair = named == Named::Credential && inner.contains(&b':');
    let padded = bytes.ends_with(b"=");
    let manifest = || {
        let start = found.name.start.saturating_sub(2000);
        let before = &context.text[start..found.name.start];
        context.looks_far(start, found.value.end);
        memchr::memmem::find(before, b"kind: Secret").is_some()
            || memchr::memmem::find(before, b"\"Secret\"").is_some()
    };
    if !plain || !(pair || padded || manifest()) {
        return None;
    }
    let inner = inner.trim_ascii_end().to_vec();
    match inner.iter().position(|&byte| byte == b':') {
        // a user name and a password: what matters is the password
        Some(colon) if pair => {
            let password = inner[colon + 1..].to_vec();
            (!password.is_empty()).then_some((password, Named::Password))
        }
        _ => Some((inner, named)),
    }
}

/// Whether a value is four groups of four letters, as the app passwords of mail providers are shown.
fn is_app_password(bytes: &[u8]) -> bool {
    bytes.len() == 19
        && bytes
            .iter()
            .enumerate()
            .all(|(i, byte)| if i % 5 == 4 { *byte == b' ' } else { byte.is_ascii_lowercase() })
        && Value::new(bytes).profile.wordiness < -0.3
}

type Judged = Result<(Confidence, Vec<Reason>), Reason>;

fn weigh(context: &Context<'_>, named: Named, bytes: &[u8], name: &[u8], found: Assignment) -> Judged {
    let kind = context.kind();
    let white = bytes.iter().filter(|byte| byte.is_ascii_whitespace()).count();
    if named == Named::Password && is_app_password(bytes) {
        return Ok((Confidence::High, vec![reason("structure", "it has the form of an app password")]));
    }
    if white > 0 || bytes.iter().any(|&byte| byte < 0x20) {
        return Err(reason("words", "it holds white space or control characters"));
    }
    if kind.lock {
        return Err(reason("file", "lock files hold digests, not secrets"));
    }
    let value = Value::new(bytes);
    for reason in [value.reference(), value.placeholder(name), value.structure()].into_iter().flatten() {
        // passwords are often words with something to them
        let spiced = value.profile.digits > 0 || bytes.iter().any(|byte| b"!@#*$%^&+?".contains(byte));
        let may_be_word = named == Named::Password && found.tie == Tie::Assign;
        if reason.filter == "name" && may_be_word && (spiced || !value_is_identifier(bytes)) {
            continue;
        }
        return Err(reason);
    }
    if let Some(reason) = unfit(context, named, name, found) {
        return Err(reason);
    }
    let p = value.profile;
    let randomness = p.randomness();
    let mut reasons = vec![reason("randomness", format!("{randomness:.1}: {}", in_words(randomness)))];
    let hexadecimal = bytes.iter().all(u8::is_ascii_hexdigit);
    let mut confidence = match named {
        Named::Password => password(&value, found)?,
        Named::Secret | Named::Token | Named::Key => {
            if p.letters == 0 {
                return Err(reason("number", "it is a number"));
            }
            let generated = randomness > 0.0 && p.length >= 10 && p.digits > 0;
            // a secret chosen by a person: weak, but no name
            let chosen = named == Named::Secret
                && (p.digits > 0 || p.signs > 0)
                && !value.is_name()
                && !p.reads_as_words()
                && found.tie == Tie::Assign;
            let long = !p.reads_as_words() && p.length >= 20 && randomness > -0.3;
            if randomness > 0.3 && p.length >= 16 && p.distinct >= 8 {
                Confidence::High
            } else if generated || chosen || long {
                Confidence::Medium
            } else {
                return Err(reason("randomness", "it does not look generated"));
            }
        }
        Named::Credential => {
            if randomness > 0.2 && p.length >= 16 && p.digits > 0 {
                Confidence::Medium
            } else {
                return Err(reason("randomness", "it does not look generated"));
            }
        }
        Named::Salt => {
            if randomness > 0.2 && p.length >= 12 && p.digits > 0 {
                Confidence::Medium
            } else {
                return Err(reason("randomness", "it does not look generated"));
            }
        }
        Named::BareKey => {
            let mixed = p.upper && p.lower && p.digits > 0;
            if randomness > 0.4 && p.length >= 20 && mixed {
                Confidence::Medium
            } else if randomness > 0.2 && p.length >= 24 && p.digits > 0 {
                Confidence::Low
            } else {
                return Err(reason("randomness", "a bare key is a secret only when it looks generated"));
            }
        }
    };
    if hexadecimal
        && matches!(named, Named::BareKey | Named::Salt | Named::Credential)
        && matches!(p.length, 32 | 40 | 64 | 96 | 128)
    {
        reasons.push(reason("digest", "it has the look of a digest, under a name that says little"));
        confidence =
            confidence.min(if named == Named::BareKey { Confidence::Low } else { Confidence::Medium });
    }
    if bytes.starts_with(b"eyJ") {
        reasons.push(reason("structure", "it is a part of a JSON Web Token, or other JSON in base64"));
        confidence = Confidence::Low;
    }
    if kind.translation {
        reasons.push(reason("file", "translations hold labels"));
        confidence = if randomness > 0.6 && p.length >= 20 { lower(confidence) } else { Confidence::Low };
    }
    if kind.generated && (randomness < 0.6 || p.length < 20) {
        reasons.push(reason("file", "bundled code is full of short strings"));
        confidence = Confidence::Low;
    }
    if kind.test && confidence > Confidence::Low && randomness < 0.5 {
        reasons.push(reason("file", "tests and examples hold made-up values"));
        confidence = lower(confidence);
    }
    Ok((confidence, reasons))
}

/// What speaks against a name and the way its value is tied to it.
fn unfit(context: &Context<'_>, named: Named, name: &[u8], found: Assignment) -> Option<Reason> {
    let loose = matches!(found.tie, Tie::List | Tie::Element | Tie::Compare);
    if loose && matches!(named, Named::BareKey | Named::Credential | Named::Salt) {
        return Some(reason("name", "the name says little, and the tie to it is loose"));
    }
    // `PASS: …` is the verdict of a test
    if name == b"PASS" && !found.quoted {
        return Some(reason("name", "it is the verdict of a test"));
    }
    // the token in the address of a badge is meant to be public
    let before = &context.text[found.name.start.saturating_sub(80)..found.name.start];
    let line = &before[memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1)..];
    (named == Named::Token && memchr::memmem::find(line, b"badge").is_some())
        .then(|| reason("public", "it is part of the address of a badge"))
}

/// Whether a value is joined words, as identifiers are.
fn value_is_identifier(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| matches!(byte, b'_' | b'-' | b'.' | b':' | b'/' | b'['))
        || bytes.windows(2).any(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase())
}

fn password(value: &Value<'_>, found: Assignment) -> Result<Confidence, Reason> {
    let p = &value.profile;
    let randomness = p.randomness();
    let mixed =
        usize::from(p.upper) + usize::from(p.lower) + usize::from(p.digits > 0) + usize::from(p.signs > 0);
    let loose = matches!(found.tie, Tie::List | Tie::Call | Tie::Compare | Tie::Argument);
    if p.letters == 0 && p.signs == 0 {
        // a PIN or `123456`
        return if p.length >= 5 && found.tie == Tie::Assign && (found.quoted || p.length >= 6) {
            Ok(Confidence::Medium)
        } else {
            Err(reason("number", "it is a number"))
        };
    }
    if p.signs * 2 > p.length && p.digits + p.letters < 4 {
        return Err(reason("signs", "it is made of signs"));
    }
    if mixed >= 3 && p.length >= 8 && (randomness > -1.0 || p.digits > 0) {
        return Ok(Confidence::High);
    }
    if p.digits > 0 && p.letters > 0 || (randomness > 0.0 && p.length >= 8) {
        return Ok(Confidence::Medium);
    }
    if loose {
        return Err(reason("words", "it reads as a word, and the tie to the name is loose"));
    }
    if p.signs > 0 && p.letters >= 3 && !p.reads_as_words() {
        return Ok(Confidence::Medium);
    }
    if !p.reads_as_words() && p.wordiness < -0.6 && p.length >= 6 {
        return Ok(Confidence::Medium);
    }
    Ok(Confidence::Low)
}

fn in_words(randomness: f32) -> &'static str {
    if randomness > 0.3 {
        "looks generated"
    } else if randomness > 0.0 {
        "may be generated"
    } else {
        "does not look generated"
    }
}

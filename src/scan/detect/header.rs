//! `Authorization: Bearer …` and `Basic …`.

use crate::decode::base64;
use crate::finding::{Confidence, Encoding};
use crate::scan::filter::value::Value;
use crate::scan::matches::{Match, Rank, Verdict};
use crate::span::Span;

use super::{Context, lower, reason};

/// The characters of a bearer token (RFC 6750, section 2.1).
fn is_bearer(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

/// The longest token that is looked at.
const LONGEST: usize = 4096;

fn run(text: &[u8], start: usize, is: fn(u8) -> bool) -> Span {
    let length = text[start..].iter().take(LONGEST).take_while(|&&byte| is(byte)).count();
    Span::new(start, start + length)
}

/// Whether the scheme at `at` stands in a header or a string, not in a sentence.
fn in_header(text: &[u8], at: usize) -> bool {
    let before = &text[at.saturating_sub(64)..at];
    let line = &before[memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1)..];
    let lower = line.to_ascii_lowercase();
    memchr::memmem::find(&lower, b"auth").is_some()
        || matches!(line.last(), Some(b'"' | b'\'' | b'`' | b'=' | b':'))
}

/// The token after `Bearer `, whose scheme begins at `at`.
pub(crate) fn bearer(context: &Context<'_>, at: usize) -> Option<Match> {
    let text = context.text;
    if context.binary() || (at > 0 && text[at - 1].is_ascii_alphanumeric()) {
        return None;
    }
    let secret = run(text, at + "bearer ".len(), is_bearer);
    if secret.len() < 12 {
        return None;
    }
    let value = Value::new(&text[secret.range()]);
    let p = value.profile;
    let dropped =
        [value.reference(), value.placeholder(b"bearer"), value.structure()].into_iter().flatten().next();
    let verdict = match dropped {
        Some(reason) if reason.filter != "uuid" => Verdict::Drop(reason),
        _ if p.randomness() > 0.1 && p.length >= 16 && p.digits > 0 => {
            let confidence = if in_header(text, at) { Confidence::High } else { Confidence::Medium };
            Verdict::Report(if context.kind().test && p.length < 20 { lower(confidence) } else { confidence })
        }
        _ if in_header(text, at)
            && !p.reads_as_words()
            && (p.digits > 0 || p.wordiness < -0.8 && p.letters >= 16) =>
        {
            Verdict::Report(if context.kind().test && p.length < 20 {
                Confidence::Low
            } else {
                Confidence::Medium
            })
        }
        _ => Verdict::Drop(reason("randomness", "it does not look generated")),
    };
    let mut found = Match::placed("http-bearer-header", secret, Rank::Placed, verdict);
    found.guessable = p.length < 20;
    Some(found)
}

/// The `user:password` after `Basic `, whose scheme begins at `at`.
pub(crate) fn basic(context: &Context<'_>, at: usize) -> Option<Match> {
    let text = context.text;
    if context.binary() || (at > 0 && text[at - 1].is_ascii_alphanumeric()) {
        return None;
    }
    let secret = run(text, at + "basic ".len(), |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
    });
    if secret.len() < 8 {
        return None;
    }
    let pair = base64::decode_all(&text[secret.range()])?;
    let colon = memchr::memchr(b':', &pair)?;
    if !pair.iter().all(|&byte| (0x20..0x7F).contains(&byte)) {
        return None;
    }
    let verdict = judge_pair(context, &pair[..colon], &pair[colon + 1..]);
    let mut found = Match::placed("http-basic-header", secret, Rank::Placed, verdict);
    found.decoded = vec![Encoding::Base64];
    Some(found)
}

/// What a user name and password, found together, are worth.
pub(crate) fn judge_pair(context: &Context<'_>, user: &[u8], password: &[u8]) -> Verdict {
    if password.len() < 3 {
        return Verdict::Drop(reason("length", "the password is too short to be one"));
    }
    // RFC 7617
    if user == b"Aladdin" && password.starts_with(b"open") {
        return Verdict::Drop(reason("dummy", "the standard shows this very pair"));
    }
    let value = Value::new(password);
    let dropped = [value.reference(), value.placeholder(user)].into_iter().flatten().next();
    if let Some(reason) = dropped {
        return Verdict::Drop(reason);
    }
    // `some_password_everyone_knows`
    if value.is_name() && memchr::memmem::find(&value.lower, b"password").is_some() {
        return Verdict::Drop(reason("placeholder", "it is words that speak of a password"));
    }
    if user.eq_ignore_ascii_case(password) {
        return Verdict::Drop(reason("placeholder", "user and password are the same"));
    }
    let p = value.profile;
    let weak = p.digits == 0 && p.signs == 0 && p.randomness() < 0.2;
    let confidence = match (weak, context.kind().test) {
        (false, false) => Confidence::High,
        (false, true) if p.randomness() > 0.3 && p.length >= 12 => Confidence::High,
        (true, true) if p.length < 6 => Confidence::Low,
        _ => Confidence::Medium,
    };
    Verdict::Report(confidence)
}

//! Private JSON Web Keys (RFC 7517): an object with `kty` and the private member `d`, or `k` for symmetric ones.

use crate::finding::Confidence;
use crate::scan::matches::{Match, Rank, Verdict};
use crate::span::Span;

use super::{Context, lower};

/// How far around `kty` the other members may stand, in bytes.
const NEAR: usize = 4096;
/// How many members are looked at that begin with the letters of the one searched for.
const NAMES: usize = 16;

/// The private member of the object around `"kty` at `at`.
pub(crate) fn detect(context: &Context<'_>, at: usize) -> Option<Match> {
    let text = context.text;
    context.looks_far(at.saturating_sub(NEAR), at + NEAR);
    let before = &text[at.saturating_sub(NEAR)..at];
    let start = at - before.len() + memchr::memrchr(b'{', before).map_or(0, |brace| brace + 1);
    let after = &text[at..text.len().min(at + NEAR)];
    let end = at + memchr::memchr(b'}', after).unwrap_or(after.len());
    let object = &text[start..end];
    let symmetric = member(object, b"\"kty").is_some_and(|kind| &object[kind.range()] == b"oct");
    let secret = member(object, if symmetric { b"\"k" } else { b"\"d" })?;
    let base64url = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
    if secret.len() < 22 || !object[secret.range()].iter().all(base64url) {
        return None;
    }
    let confidence = if context.kind().test { lower(Confidence::High) } else { Confidence::High };
    let span = Span::new(start + secret.start, start + secret.end);
    let mut found = Match::placed("jwk-private", span, Rank::Shape, Verdict::Report(confidence));
    found.guessable = false;
    Some(found)
}

/// The string value of a member, in plain or escaped JSON; the name comes with the quote before it.
fn member(object: &[u8], name: &[u8]) -> Option<Span> {
    for found in memchr::memmem::find_iter(object, name).take(NAMES) {
        let from = found + name.len();
        let rest = &object[from..];
        let gap = rest
            .iter()
            .take_while(|&&byte| matches!(byte, b'"' | b'\\' | b':' | b' ' | b'\n' | b'\r' | b'\t'))
            .count();
        if rest.first() != Some(&b'"') && !rest.starts_with(b"\\\"") || !rest[..gap].contains(&b':') {
            continue;
        }
        let length = rest[gap..].iter().take_while(|&&byte| byte != b'"' && byte != b'\\').count();
        return Some(Span::new(from + gap, from + gap + length));
    }
    None
}

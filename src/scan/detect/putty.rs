//! PuTTY private keys (`.ppk`), versions 2 and 3.

use crate::finding::{Confidence, Severity};
use crate::scan::matches::{Match, Rank, Verdict};
use crate::span::Span;

use super::{Context, lower, reason};

/// The longest file that is looked at.
const LONGEST: usize = 16 * 1024;

/// The key whose first line begins at `at`.
pub(crate) fn detect(context: &Context<'_>, at: usize) -> Option<Match> {
    let text = &context.text[at..context.text.len().min(at + LONGEST)];
    context.looks_far(at, at + LONGEST);
    let find = |needle: &[u8]| memchr::memmem::find(text, needle);
    let private = find(b"Private-Lines:")?;
    let body = &text[private..];
    let count = body[b"Private-Lines:".len()..]
        .iter()
        .skip_while(|&&byte| byte == b' ')
        .take_while(|byte| byte.is_ascii_digit());
    let lines = count.fold(0_usize, |number, digit| (number * 10 + usize::from(digit - b'0')).min(LONGEST));
    // the header line and as many as it says
    let end = memchr::memchr_iter(b'\n', body).nth(lines).unwrap_or(body.len());
    let encoded = body[..end].iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
    let verdict = if lines == 0 || encoded < 40 {
        Verdict::Drop(reason("structure", "it holds no key"))
    } else {
        Verdict::Report(if context.kind().test { lower(Confidence::High) } else { Confidence::High })
    };
    let mut found =
        Match::placed("putty-private-key", Span::new(at, at + private + end), Rank::Shape, verdict);
    found.guessable = false;
    if find(b"Encryption: none").is_none() {
        found.severity = Severity::Medium;
        found.reasons.push(reason("encrypted", "a passphrase protects it"));
    }
    Some(found)
}

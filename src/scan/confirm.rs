//! From a candidate to a match: boundaries, first bytes, then the rule's regex, anchored.

use crate::rules::{End, Rule};
use crate::span::Span;

use super::candidate::{escape_ends, is_word};

/// Where a rule matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// The whole match.
    pub whole: Span,
    /// The secret in it.
    pub secret: Span,
}

/// Whether a match of `rule` may begin at `at`: by its first bytes, and by what stands before.
#[inline]
pub(crate) fn may_begin(rule: &Rule, text: &[u8], at: usize) -> bool {
    let rest = &text[at..];
    rule.may_start(rest) && (!is_word(rest[0]) || word_starts(text, at))
}

/// The match of `rule` that begins at `at`, where it [may begin](may_begin), if there is one.
pub(crate) fn confirm(rule: &Rule, text: &[u8], at: usize) -> Option<Hit> {
    let rest = text.get(at..)?;
    let window = &rest[..rest.len().min(rule.longest)];
    let regex = rule.regex();
    let (whole, secret) = if regex.captures_len() > 1 {
        let captures = regex.captures(window)?;
        let whole = captures.get(0)?;
        let secret = captures.name("secret").unwrap_or(whole);
        (Span::new(at, at + whole.end()), Span::new(at + secret.start(), at + secret.end()))
    } else {
        let whole = Span::new(at, at + regex.find(window)?.end());
        (whole, whole)
    };
    may_end(rule.end, text, whole.end).then_some(Hit { whole, secret })
}

/// Whether a word can start at `at`: nothing word-like before it, or the end of an escape.
pub(crate) fn word_starts(text: &[u8], at: usize) -> bool {
    let before = &text[..at];
    match before.last() {
        None => true,
        Some(&last) if !is_word(last) => true,
        Some(_) => escape_ends(before),
    }
}

fn may_end(end: End, text: &[u8], at: usize) -> bool {
    match (end, text.get(at)) {
        (End::Open, _) | (_, None) => true,
        (End::Word, Some(&next)) => !is_word(next),
        (End::Strict, Some(&next)) => !is_word(next) && next != b'-',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, expected: bool) {
        let text = format!("{before}word");
        assert_eq!(word_starts(text.as_bytes(), before.len()), expected, "{before:?}");
    }

    #[test]
    fn words_start_after_other_characters_and_escapes() {
        for before in ["", " ", "=", "-", "é", "\\n", "\\t", "%3D", "%20", "\\u003d", "\\x22", "a\\n"] {
            check(before, true);
        }
        for before in ["a", "_", "0", "n", "3D", "%41", "\\u0041", "u003d", "\\q"] {
            check(before, false);
        }
    }
}

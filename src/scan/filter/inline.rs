//! Marks in comments that silence a finding on their line, or on the next.
//!
//! | Mark | Silences |
//! |---|---|
//! | `gate:allow` | this line |
//! | `gate:allow-next-line` | the next line |
//! | `gitleaks:allow` | this line |
//! | `pragma: allowlist secret` | this line |
//! | `pragma: allowlist nextline secret` | the next line |
//!
//! The `gate:` forms take rule ids and may say why and until when:
//! `gate:allow(rule-id, other-rule) reason="made up" until=2027-01-31`. What follows the mark must come in this order.

use crate::config::{Date, parse_date};
use crate::span::Span;

/// Bytes of a line looked at on each side of a secret: lines may be megabytes long.
pub const REACH: usize = 4096;

/// Bytes of a reason that are kept.
const REASON_LIMIT: usize = 200;

/// The text around a secret in which marks count. The secret itself is not part of it.
#[derive(Clone, Copy, Default)]
pub struct Around<'t> {
    /// From the start of the secret's first line, or [`REACH`] bytes before the secret.
    pub before: &'t [u8],
    /// To the end of the secret's last line, or [`REACH`] bytes after the secret.
    pub after: &'t [u8],
    /// The last [`REACH`] bytes of the line above; empty when the line of the secret begins too far up.
    pub previous: &'t [u8],
    /// The secret, which no reason may repeat.
    pub secret: &'t [u8],
}

impl<'t> Around<'t> {
    /// What is around `secret` in `text`. Looks at no more than three times [`REACH`] bytes.
    pub fn of(text: &'t [u8], secret: Span) -> Self {
        let reach = |end: usize| &text[end.saturating_sub(REACH)..end];
        let line_tail = |end: usize| {
            let window = reach(end);
            memchr::memrchr(b'\n', window).map_or(window, |newline| &window[newline + 1..])
        };
        let before = line_tail(secret.start);
        let above = secret.start - before.len();
        // Not at a line break: the line goes on further than we look.
        let previous = match above.checked_sub(1) {
            Some(newline) if text[newline] == b'\n' => line_tail(newline),
            _ => &[],
        };
        let after = &text[secret.end..text.len().min(secret.end + REACH)];
        let after = memchr::memchr(b'\n', after).map_or(after, |newline| &after[..newline]);
        Self { before, after, previous, secret: &text[secret.range()] }
    }
}

/// What a mark says about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// The finding is silenced.
    Allowed {
        /// Why, if the mark says so; at most 200 bytes, and never with the secret in it.
        reason: Option<String>,
    },
    /// The mark held up to this day.
    Expired {
        /// The last day on which it applied.
        until: Date,
    },
    /// The mark cannot be understood, and so silences nothing.
    Invalid {
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// What the marks around a secret say of a finding of `rule_id`; `None` when there is none for it. A mark that
/// silences wins over others.
pub fn inline_allow(around: &Around<'_>, rule_id: &str, today: Date) -> Option<Inline> {
    let texts = [(around.before, false), (around.after, false), (around.previous, true)];
    let mut found = None;
    for (text, next_line) in texts {
        for mark in marks(text).filter(|mark| mark.next_line == next_line) {
            match mark.judge(around, rule_id, today) {
                allowed @ Some(Inline::Allowed { .. }) => return allowed,
                other => found = found.or(other),
            }
        }
    }
    found
}

struct Mark<'t> {
    next_line: bool,
    /// What follows the mark, in the forms that take more.
    rest: Option<&'t [u8]>,
}

/// The marks of one line.
fn marks(text: &[u8]) -> impl Iterator<Item = Mark<'_>> {
    // "allow" is in all of them, and rare.
    memchr::memmem::find_iter(text, b"allow").filter_map(|at| {
        let (before, rest) = (&text[..at], &text[at + "allow".len()..]);
        let ends = |rest: &[u8]| rest.first().is_none_or(|byte| !is_word(*byte));
        let begins = |before: &[u8]| before.last().is_none_or(|byte| !is_word(*byte));
        if let Some(before) = before.strip_suffix(b"gate:") {
            let (next_line, rest) = match rest.strip_prefix(b"-next-line") {
                Some(rest) => (true, rest),
                None => (false, rest),
            };
            return (begins(before) && ends(rest)).then_some(Mark { next_line, rest: Some(rest) });
        }
        if let Some(before) = before.strip_suffix(b"gitleaks:") {
            return (begins(before) && ends(rest)).then_some(Mark { next_line: false, rest: None });
        }
        let before = before.trim_ascii_end().strip_suffix(b"pragma:")?;
        let rest = rest.strip_prefix(b"list")?;
        let (next_line, rest) = match word(rest, b"nextline") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let rest = word(rest, b"secret")?;
        (begins(before) && ends(rest)).then_some(Mark { next_line, rest: None })
    })
}

/// What follows `word`, if that comes next after a space or a hyphen.
fn word<'t>(text: &'t [u8], word: &[u8]) -> Option<&'t [u8]> {
    match text {
        [b' ' | b'\t' | b'-', rest @ ..] => rest.trim_ascii_start().strip_prefix(word),
        _ => None,
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

impl Mark<'_> {
    fn judge(&self, around: &Around<'_>, rule_id: &str, today: Date) -> Option<Inline> {
        let Some(mut rest) = self.rest else { return Some(Inline::Allowed { reason: None }) };
        if let Some(list) = rest.strip_prefix(b"(") {
            let Some(close) = memchr::memchr(b')', list) else {
                return Some(Inline::Invalid { problem: "the list of rules has no closing parenthesis" });
            };
            let mut ids = list[..close].split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
            if !ids.any(|id| id == rule_id.as_bytes()) {
                return None;
            }
            rest = &list[close + 1..];
        }
        let mut reason = None;
        if let Some(text) = rest.trim_ascii_start().strip_prefix(b"reason=\"") {
            let Some(close) = memchr::memchr(b'"', text) else {
                return Some(Inline::Invalid { problem: "the reason has no closing quote" });
            };
            reason = self::reason(&text[..close], around.secret);
            rest = &text[close + 1..];
        }
        if let Some(text) = rest.trim_ascii_start().strip_prefix(b"until=") {
            let date = text.get(..10).and_then(|date| std::str::from_utf8(date).ok()).and_then(parse_date);
            let Some(until) = date.filter(|_| text.get(10).is_none_or(|byte| !is_word(*byte))) else {
                return Some(Inline::Invalid {
                    problem: "`until` must be a day that exists, written 2027-01-31",
                });
            };
            if until < today {
                return Some(Inline::Expired { until });
            }
        }
        Some(Inline::Allowed { reason })
    }
}

/// The reason as text, unless it is empty or would carry the secret into a report.
fn reason(bytes: &[u8], secret: &[u8]) -> Option<String> {
    if !secret.is_empty() && memchr::memmem::find(bytes, secret).is_some() {
        return None;
    }
    // Cut after the check: a cut could leave a part of the secret that the check does not know.
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(REASON_LIMIT)]).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret stands at `@`.
    fn judge(text: &str) -> Option<Inline> {
        let at = text.find('@').expect("a secret");
        let today = parse_date("2026-06-15").expect("a date");
        inline_allow(&Around::of(text.as_bytes(), Span::new(at, at + 1)), "my-rule", today)
    }

    fn allowed(text: &str, expected: bool) {
        assert_eq!(matches!(judge(text), Some(Inline::Allowed { .. })), expected, "{text:?}");
    }

    #[test]
    fn marks_silence_their_line() {
        allowed("key = @ # gate:allow", true);
        allowed("key = @ # gitleaks:allow", true);
        allowed("key = @ # pragma: allowlist secret", true);
        allowed("key = @ // pragma:allowlist-secret", true);
        allowed("/* gate:allow */ key = @", true);
        allowed("a\nkey = @ # gate:allow\r\nb", true);
        allowed("key = @", false);
        allowed("key = @\n# gate:allow", false);
        allowed("# gate:allow\nkey = @", false);
        allowed("# gitleaks:allow\nkey = @", false);
    }

    #[test]
    fn next_line_marks_silence_the_next_line_only() {
        allowed("# gate:allow-next-line\nkey = @", true);
        allowed("# pragma: allowlist nextline secret\r\nkey = @", true);
        allowed("x\n# gate:allow-next-line(my-rule)\n@", true);
        allowed("# gate:allow-next-line\n\nkey = @", false);
        allowed("key = @ # gate:allow-next-line", false);
        allowed("key = @ # pragma: allowlist nextline secret", false);
    }

    #[test]
    fn parts_of_words_are_no_marks() {
        allowed("@ # gate:allowed", false);
        allowed("@ # gate:allow_x", false);
        allowed("@ # gate:allow-next-lines", false);
        allowed("@ # tailgate:allow", false);
        allowed("@ # gate: allow", false);
        allowed("@ # pragma: allowlist secrets", false);
        allowed("@ # pragma: allowlist", false);
        allowed("@ # investigate:allow gate:allow", true);
    }

    #[test]
    fn a_mark_may_name_rules() {
        allowed("@ # gate:allow(my-rule)", true);
        allowed("@ # gate:allow(other, my-rule )", true);
        allowed("@ # gate:allow(other)", false);
        allowed("@ # gate:allow()", false);
        allowed("@ # gate:allow(other) gate:allow(my-rule)", true);
        assert_eq!(judge("@ # gate:allow(other)"), None);
    }

    #[test]
    fn reasons_and_dates() {
        fn check(text: &str, expected: Inline) {
            assert_eq!(judge(text), Some(expected), "{text:?}");
        }
        let because = |reason: &str| Inline::Allowed { reason: Some(reason.to_owned()) };
        check("@ # gate:allow reason=\"made up\"", because("made up"));
        check("@ # gate:allow(my-rule) reason=\"made up\" until=2026-06-15", because("made up"));
        check("@ # gate:allow until=2026-06-15 -->", Inline::Allowed { reason: None });
        check("@ # gate:allow reason=\" \"", Inline::Allowed { reason: None });
        check("@ # gate:allow reason=\"@ is fake\"", Inline::Allowed { reason: None });
        let until = parse_date("2026-06-14").expect("a date");
        check("@ # gate:allow until=2026-06-14", Inline::Expired { until });
        check("@ # gate:allow reason=\"x\" until=2026-06-14", Inline::Expired { until });
        for broken in ["(my-rule", " reason=\"x", " until=soon", " until=2026-02-30", " until=2027-01-011"] {
            let judged = judge(&format!("@ # gate:allow{broken}"));
            assert!(matches!(judged, Some(Inline::Invalid { .. })), "{broken}: {judged:?}");
        }
        allowed("@ # gate:allow until=2020-01-01 gitleaks:allow", true);
    }

    #[test]
    fn a_mark_in_the_secret_does_not_count() {
        let text = b"x gate:allow y";
        let today = parse_date("2026-06-15").expect("a date");
        assert_eq!(inline_allow(&Around::of(text, Span::new(2, 12)), "my-rule", today), None);
    }

    #[test]
    fn long_lines_are_looked_at_only_near_the_secret() {
        let far = "x".repeat(REACH);
        allowed(&format!("@{far} gate:allow"), false);
        allowed(&format!("gate:allow {far}@"), false);
        allowed(&format!("gate:allow-next-line\n{far}@"), true);
        allowed(&format!("gate:allow-next-line\nx{far}@"), false);
        allowed(&format!("@{} gate:allow", &far[20..]), true);
        allowed(&format!("{far}gate:allow-next-line\n@"), false);
        allowed(&format!("{far} gate:allow-next-line\n@"), true);
    }
}

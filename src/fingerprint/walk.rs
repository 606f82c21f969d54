//! Reads text as it was written: forwards and backwards over escapes and line breaks, one byte of the value a step.
//!
//! A value is compared without its line breaks and the spaces beside them, since those change when it is indented,
//! wrapped, joined or moved between systems: see [`canonical`].

use zeroize::Zeroizing;

/// How text is escaped. All of them pass over line breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Walk {
    /// Not at all.
    Plain,
    /// `%41`
    Percent,
    /// `%41`, and `+` for a space.
    Form,
    /// `\u0041`, `\x41`, `\"`, and the quotes of shells.
    Backslash,
    /// The same, escaped again: any number of backslashes counts as one.
    Deep,
    /// `&amp;`
    Html,
    /// Single quotes of shells, in which a backslash is one and a quote is `'\''`.
    Quotes,
}

impl Walk {
    pub(super) const ESCAPING: [Self; 6] =
        [Self::Percent, Self::Form, Self::Backslash, Self::Deep, Self::Html, Self::Quotes];

    pub(super) fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        [Self::Plain].into_iter().chain(Self::ESCAPING).find(|walk| walk.code() == code)
    }

    /// The bytes of the value that stand from `at` on, `count` of them, and where they end. The first stands at `at`.
    pub(super) fn forward(self, text: &[u8], at: usize, count: usize, out: &mut Vec<u8>) -> Option<usize> {
        let (mut at, all) = (at, out.len() + count);
        let limit = at + reach(count);
        while out.len() < all {
            let (length, byte) = self.next(text.get(at..)?)?;
            at += length;
            // a value does not begin with a line break
            if at > limit || byte.is_none() && out.len() + count == all {
                return None;
            }
            out.extend(byte);
        }
        Some(at)
    }

    /// The bytes of the value that stand before `end`, `count` of them, in the order of the text, and where they begin.
    pub(super) fn backward(self, text: &[u8], end: usize, count: usize, out: &mut Vec<u8>) -> Option<usize> {
        let (mut end, start) = (end, out.len());
        let text = &text[end.saturating_sub(reach(count))..end];
        let gone = end - text.len();
        end = text.len();
        while out.len() < start + count {
            let (length, byte) = self.previous(&text[..end])?;
            end -= length;
            out.extend(byte);
        }
        out[start..].reverse();
        Some(gone + end)
    }

    /// Length and byte of the first unit of `text`; no byte for a line break.
    fn next(self, text: &[u8]) -> Option<(usize, Option<u8>)> {
        let (&first, rest) = text.split_first()?;
        if is_break(first) {
            return Some((1 + rest.iter().take(INDENT).take_while(|&&byte| is_blank(byte)).count(), None));
        }
        if is_blank(first) {
            // spaces before a line break
            let blank = text.iter().take(INDENT).take_while(|&&byte| is_blank(byte)).count();
            if text.get(blank).is_some_and(|&byte| is_break(byte)) {
                return Some((blank, None));
            }
        }
        let unit = match self {
            Self::Plain => None,
            Self::Percent | Self::Form => match first {
                b'%' => hex(text.get(1..3)?).map(|byte| (3, made(byte))),
                b'+' if self == Self::Form => Some((1, Some(b' '))),
                _ => None,
            },
            Self::Backslash => match first {
                b'\\' => escape(rest).map(|(length, byte)| (1 + length, byte)),
                b'\'' => quotes(text).then_some((QUOTED, Some(b'\''))),
                _ => None,
            },
            Self::Deep => match first {
                b'\\' => {
                    let more = rest.iter().take_while(|&&byte| byte == b'\\').count();
                    escape(rest.get(more..)?)
                        .map(|(length, byte)| (1 + more + length, byte))
                        .or(Some((1 + more, Some(b'\\'))))
                }
                _ => None,
            },
            Self::Html => match first {
                b'&' => entity(text),
                _ => None,
            },
            Self::Quotes => quotes(text).then_some((QUOTED, Some(b'\''))),
        };
        Some(unit.unwrap_or((1, Some(first))))
    }

    /// Length and byte of the last unit of `text`.
    fn previous(self, text: &[u8]) -> Option<(usize, Option<u8>)> {
        let (&last, rest) = text.split_last()?;
        if is_break(last) {
            return Some((
                1 + rest.iter().rev().take(INDENT).take_while(|&&byte| is_blank(byte)).count(),
                None,
            ));
        }
        if is_blank(last) {
            let blank = text.iter().rev().take(INDENT).take_while(|&&byte| is_blank(byte)).count();
            if text[..text.len() - blank].last().is_some_and(|&byte| is_break(byte)) {
                return Some((blank, None));
            }
        }
        let tail = |length: usize| text.len().checked_sub(length).map(|at| &text[at..]);
        // where an escape of `length` bytes would begin, a backslash that is itself not escaped
        let escaped = |length: usize| {
            let at = text.len().checked_sub(length)?;
            let run = text[..=at].iter().rev().take_while(|&&byte| byte == b'\\').count();
            (run % 2 == 1).then_some(&text[at..])
        };
        let unit = match self {
            Self::Plain => None,
            Self::Percent | Self::Form => match tail(3) {
                Some([b'%', digits @ ..]) if hex(digits).is_some() => hex(digits).map(|byte| (3, made(byte))),
                _ if last == b'+' && self == Self::Form => Some((1, Some(b' '))),
                _ => None,
            },
            Self::Backslash => {
                let quoted = tail(QUOTED).is_some_and(quotes);
                if quoted {
                    return Some((QUOTED, Some(b'\'')));
                }
                [6, 4, 2].into_iter().find_map(|length| {
                    let unit = escaped(length)?;
                    let (read, byte) = escape(&unit[1..])?;
                    (read + 1 == length).then_some((length, byte))
                })
            }
            Self::Deep => [5, 3, 1].into_iter().find_map(|length| {
                let at = text.len().checked_sub(length)?;
                let (read, byte) = escape(&text[at..])?;
                let run = text[..at].iter().rev().take_while(|&&byte| byte == b'\\').count();
                (read == length && run > 0).then_some((length + run, byte))
            }),
            Self::Quotes => tail(QUOTED).is_some_and(quotes).then_some((QUOTED, Some(b'\''))),
            Self::Html => (last == b';')
                .then(|| {
                    let near = &text[text.len().saturating_sub(8)..];
                    let unit = &near[near.iter().rposition(|&byte| byte == b'&')?..];
                    entity(unit).filter(|(length, _)| *length == unit.len())
                })
                .flatten(),
        };
        Some(unit.unwrap_or((1, Some(last))))
    }

    /// Whether `text` holds what this escaping makes of text.
    pub(super) fn shows_in(self, text: &[u8]) -> bool {
        let sign = match self {
            Self::Plain => return true,
            Self::Percent => b'%',
            Self::Form => b'+',
            Self::Backslash => return memchr::memchr2(b'\\', b'\'', text).is_some(),
            Self::Deep => b'\\',
            Self::Html => b'&',
            Self::Quotes => b'\'',
        };
        memchr::memchr(sign, text).is_some()
    }
}

/// How much text `count` bytes may take up: every byte an escape, and some line breaks. Text that goes on for longer
/// is somebody's try to keep us busy.
pub(super) fn reach(count: usize) -> usize {
    count * 8 + 1024
}

/// How many spaces may stand beside a line break.
const INDENT: usize = 256;
/// `'\''`, and five bytes `'"'"'`: only the former is read back to front.
const QUOTED: usize = 4;

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn quotes(text: &[u8]) -> bool {
    text.starts_with(b"'\\''")
}

/// What an escaped byte stands for: nothing when it is a line break.
fn made(byte: u8) -> Option<u8> {
    (!is_break(byte)).then_some(byte)
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits.get(..2)?).ok()?;
    digits
        .bytes()
        .all(|digit| digit.is_ascii_hexdigit())
        .then(|| u8::from_str_radix(digits, 16).ok())
        .flatten()
}

/// The escape after a backslash.
fn escape(text: &[u8]) -> Option<(usize, Option<u8>)> {
    let unit = match *text.first()? {
        b'n' | b'r' => (1, None),
        b't' => (1, Some(b'\t')),
        b'u' if text.len() >= 5 && text[1..3] == *b"00" => (5, made(hex(&text[3..5])?)),
        b'x' => (3, made(hex(text.get(1..3)?)?)),
        b'u' => return None,
        // a backslash at the end of a line joins it with the next
        b'\n' => (1, None),
        byte if byte.is_ascii_alphanumeric() => return None,
        byte => (1, Some(byte)),
    };
    Some(unit)
}

fn entity(text: &[u8]) -> Option<(usize, Option<u8>)> {
    const NAMES: [(&[u8], u8); 9] = [
        (b"&amp;", b'&'),
        (b"&lt;", b'<'),
        (b"&gt;", b'>'),
        (b"&quot;", b'"'),
        (b"&#34;", b'"'),
        (b"&#39;", b'\''),
        (b"&apos;", b'\''),
        (b"&#x27;", b'\''),
        (b"&#38;", b'&'),
    ];
    let (name, byte) = NAMES.iter().find(|(name, _)| text.starts_with(name))?;
    Some((name.len(), Some(*byte)))
}

/// `value` without its line breaks and the spaces beside them.
pub(super) fn canonical(value: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(value.len()));
    let mut at = 0;
    while let Some((length, byte)) = value.get(at..).and_then(|rest| Walk::Plain.next(rest)) {
        at += length;
        out.extend(byte);
    }
    out
}

/// Where in [`canonical`] text the lines of `value` meet.
pub(super) fn joints(value: &[u8]) -> Vec<usize> {
    let (mut at, mut length, mut joints) = (0, 0, Vec::new());
    while let Some((read, byte)) = value.get(at..).and_then(|rest| Walk::Plain.next(rest)) {
        at += read;
        match byte {
            Some(_) => length += 1,
            None => joints.push(length),
        }
    }
    joints
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(walk: Walk, text: &[u8], value: &[u8]) {
        let mut out = Vec::new();
        assert_eq!(walk.forward(text, 0, value.len(), &mut out), Some(text.len()), "{walk:?}");
        assert!(out == value, "{walk:?} forward: {}", out.escape_ascii());
        out.clear();
        let start = walk.backward(text, text.len(), value.len(), &mut out);
        assert!(out == value, "{walk:?} backward: {}", out.escape_ascii());
        assert_eq!(start, Some(0));
    }

    #[test]
    fn escapes_are_read_in_either_direction() {
        check(Walk::Plain, b"abc", b"abc");
        check(Walk::Plain, b"ab\r\n   cd", b"abcd");
        check(Walk::Plain, b"a b", b"a b");
        check(Walk::Percent, b"%2Bab%2fc%0Ad", b"+ab/cd");
        check(Walk::Form, b"a+b%2B", b"a b+");
        check(Walk::Backslash, br#"a\"b\\n\nc\u002bd\x2Fe\/"#, br#"a"b\nc+d/e/"#);
        check(Walk::Backslash, br"a'\''b", b"a'b");
        check(Walk::Deep, br#"a\\\"b\\nc"#, br#"a"bc"#);
        check(Walk::Quotes, br"a'\''\b", br"a'\b");
        check(Walk::Html, b"a&amp;b&lt;&quot;c;", b"a&b<\"c;");
    }

    proptest! {
        #[test]
        fn nothing_panics(text in prop::collection::vec(prop::sample::select(b"\\'\"%&;+nux0a41 \n\r".to_vec()), 0..40), at in 0usize..40, count in 0usize..50) {
            let mut out = Vec::new();
            for walk in Walk::ESCAPING.into_iter().chain([Walk::Plain]) {
                let _ = walk.forward(&text, at, count, &mut out);
                let _ = walk.backward(&text, at.min(text.len()), count, &mut out);
            }
        }

        #[test]
        fn canonical_text_has_no_line_breaks(text in "[ab \\n\\r\\t]{0,40}") {
            let once = canonical(text.as_bytes());
            prop_assert!(!once.contains(&b'\n') && !once.contains(&b'\r'));
            prop_assert!(joints(text.as_bytes()).iter().all(|&joint| joint <= once.len()));
        }
    }
}

//! Reads text as it was written: forwards and backwards over escapes and line breaks, one byte of the value a step.
//!
//! A value is compared without its line breaks and the spaces beside them, since those change when it is indented,
//! wrapped, joined or moved between systems: see [`canonical`].

use zeroize::Zeroizing;

use crate::finding::Encoding;

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

    /// How reports call it.
    pub(super) fn encoding(self) -> Encoding {
        match self {
            Self::Percent | Self::Form => Encoding::Percent,
            _ => Encoding::Escape,
        }
    }

    /// The bytes of the value that stand from `at` on, `count` of them, and where they end. The first stands at `at`.
    pub(super) fn forward(self, text: &[u8], at: usize, count: usize, out: &mut Vec<u8>) -> Option<usize> {
        let (mut at, all) = (at, out.len() + count);
        let limit = at + reach(count);
        while out.len() < all {
            let unit = self.next(text.get(at..)?)?;
            at += unit.length;
            // a value does not begin with a line break
            if at > limit || unit.count == 0 && out.len() + count == all {
                return None;
            }
            out.extend(unit.bytes());
        }
        (out.len() == all).then_some(at)
    }

    /// The bytes of the value that stand before `end`, `count` of them, in the order of the text, and where they begin.
    pub(super) fn backward(self, text: &[u8], end: usize, count: usize, out: &mut Vec<u8>) -> Option<usize> {
        let (mut end, start) = (end, out.len());
        let text = &text[end.saturating_sub(reach(count))..end];
        let gone = end - text.len();
        end = text.len();
        while out.len() < start + count {
            let unit = self.previous(&text[..end])?;
            end -= unit.length;
            out.extend(unit.bytes().iter().rev());
        }
        out[start..].reverse();
        (out.len() == start + count).then_some(gone + end)
    }

    /// The first unit of `text`.
    fn next(self, text: &[u8]) -> Option<Unit> {
        let (&first, rest) = text.split_first()?;
        if is_break(first) {
            return Some(Unit::line_break(
                1 + rest.iter().take(INDENT).take_while(|&&byte| is_blank(byte)).count(),
            ));
        }
        if is_blank(first) {
            // spaces before a line break
            let blank = text.iter().take(INDENT).take_while(|&&byte| is_blank(byte)).count();
            if text.get(blank).is_some_and(|&byte| is_break(byte)) {
                return Some(Unit::line_break(blank));
            }
        }
        let unit = match self {
            Self::Plain => None,
            Self::Percent | Self::Form => match first {
                b'%' => hex(text.get(1..3)?).map(|byte| Unit::byte(3, byte)),
                b'+' if self == Self::Form => Some(Unit::byte(1, b' ')),
                _ => None,
            },
            Self::Backslash => match first {
                b'\\' => escape(text, 1),
                b'\'' => quotes(text).then_some(Unit::byte(QUOTED, b'\'')),
                _ => None,
            },
            Self::Deep => match first {
                b'\\' => {
                    let run = text.iter().take_while(|&&byte| byte == b'\\').count();
                    escape(text, run).or(Some(Unit::byte(run, b'\\')))
                }
                _ => None,
            },
            Self::Html => match first {
                b'&' => entity(text),
                _ => None,
            },
            Self::Quotes => quotes(text).then_some(Unit::byte(QUOTED, b'\'')),
        };
        Some(unit.unwrap_or(Unit::byte(1, first)))
    }

    /// The last unit of `text`.
    fn previous(self, text: &[u8]) -> Option<Unit> {
        let (&last, rest) = text.split_last()?;
        if is_break(last) {
            return Some(Unit::line_break(
                1 + rest.iter().rev().take(INDENT).take_while(|&&byte| is_blank(byte)).count(),
            ));
        }
        if is_blank(last) {
            let blank = text.iter().rev().take(INDENT).take_while(|&&byte| is_blank(byte)).count();
            if text[..text.len() - blank].last().is_some_and(|&byte| is_break(byte)) {
                return Some(Unit::line_break(blank));
            }
        }
        let tail = |length: usize| text.len().checked_sub(length).map(|at| &text[at..]);
        let run_before = |at: usize| text[..at].iter().rev().take_while(|&&byte| byte == b'\\').count();
        // where the braces of `\u{41}` begin, counted from the end
        let braces = (last == b'}')
            .then(|| text.iter().rev().take(8).position(|&byte| byte == b'{').map(|at| at + 2))
            .flatten();
        let unit = match self {
            Self::Plain => None,
            Self::Percent | Self::Form => match tail(3) {
                Some([b'%', digits @ ..]) => hex(digits).map(|byte| Unit::byte(3, byte)),
                _ => None,
            }
            .or((last == b'+' && self == Self::Form).then_some(Unit::byte(1, b' '))),
            Self::Backslash => {
                if tail(QUOTED).is_some_and(quotes) {
                    return Some(Unit::byte(QUOTED, b'\''));
                }
                // lengths of escapes without their backslash, which must not be escaped itself
                [Some(11), Some(9), braces, Some(5), Some(3), Some(1)].into_iter().flatten().find_map(
                    |length| {
                        let at = text.len().checked_sub(length)?;
                        let unit = (run_before(at) % 2 == 1).then(|| escape(&text[at - 1..], 1)).flatten()?;
                        (unit.length == length + 1).then_some(unit)
                    },
                )
            }
            Self::Deep => {
                [Some(9), braces, Some(5), Some(3), Some(1)].into_iter().flatten().find_map(|length| {
                    let at = text.len().checked_sub(length)?;
                    let run = run_before(at);
                    let unit = (run > 0).then(|| escape(&text[at - run..], run)).flatten()?;
                    (unit.length == length + run).then_some(unit)
                })
            }
            Self::Quotes => tail(QUOTED).is_some_and(quotes).then_some(Unit::byte(QUOTED, b'\'')),
            Self::Html => (last == b';')
                .then(|| {
                    let near = &text[text.len().saturating_sub(ENTITY)..];
                    let unit = &near[near.iter().rposition(|&byte| byte == b'&')?..];
                    entity(unit).filter(|read| read.length == unit.len())
                })
                .flatten(),
        };
        Some(unit.unwrap_or(Unit::byte(1, last)))
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

/// A piece of text that is read at once, and the bytes that it stands for.
#[derive(Clone, Copy)]
struct Unit {
    /// Bytes of the text.
    length: usize,
    /// What it stands for: a byte, a character in UTF-8, or nothing for a line break.
    bytes: [u8; 4],
    count: usize,
}

impl Unit {
    /// A line break, written as an escape too, stands for nothing.
    fn byte(length: usize, byte: u8) -> Self {
        Self { length, bytes: [byte, 0, 0, 0], count: usize::from(!is_break(byte)) }
    }

    fn line_break(length: usize) -> Self {
        Self { length, bytes: [0; 4], count: 0 }
    }

    fn character(length: usize, code: u32) -> Option<Self> {
        let character = char::from_u32(code)?;
        let mut bytes = [0; 4];
        let count = character.encode_utf8(&mut bytes).len();
        Some(if count == 1 { Self::byte(length, bytes[0]) } else { Self { length, bytes, count } })
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.count]
    }
}

fn hex(digits: &[u8]) -> Option<u8> {
    Some(number(digits.get(..2)?, 16)? as u8)
}

fn number(digits: &[u8], base: u32) -> Option<u32> {
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, &digit| {
        number.checked_mul(base)?.checked_add(char::from(digit).to_digit(base)?)
    })
}

/// The escape that `text` begins with, after `slashes` backslashes.
fn escape(text: &[u8], slashes: usize) -> Option<Unit> {
    let text = text.get(slashes..)?;
    let unit = |length: usize, byte: u8| Unit::byte(slashes + length, byte);
    let unit = match *text.first()? {
        b'n' | b'r' => unit(1, b'\n'),
        b't' => unit(1, b'\t'),
        b'u' if text.get(1) == Some(&b'{') => {
            let end = text.iter().take(9).position(|&byte| byte == b'}')?;
            return Unit::character(slashes + end + 1, number(&text[2..end], 16)?);
        }
        b'u' => {
            let code = number(text.get(1..5)?, 16)?;
            if !(0xD800..0xDC00).contains(&code) {
                return Unit::character(slashes + 5, code);
            }
            let low = text.get(5..11)?.strip_prefix(b"\\u").and_then(|digits| number(digits, 16))?;
            let low = low.checked_sub(0xDC00).filter(|&low| low < 0x400)?;
            return Unit::character(slashes + 11, 0x10000 + ((code - 0xD800) << 10) + low);
        }
        b'U' => return Unit::character(slashes + 9, number(text.get(1..9)?, 16)?),
        b'x' => unit(3, hex(text.get(1..3)?)?),
        b'0'..=b'3' => unit(3, number(text.get(..3)?, 8)? as u8),
        // a backslash at the end of a line joins it with the next
        b'\n' => unit(1, b'\n'),
        byte if byte.is_ascii_alphanumeric() => return None,
        byte => unit(1, byte),
    };
    Some(unit)
}

/// The longest entity that is read.
const ENTITY: usize = 10;

fn entity(text: &[u8]) -> Option<Unit> {
    const NAMES: [(&[u8], u8); 5] =
        [(b"amp", b'&'), (b"lt", b'<'), (b"gt", b'>'), (b"quot", b'"'), (b"apos", b'\'')];
    let end = text.iter().take(ENTITY).position(|&byte| byte == b';')?;
    let name = text.get(1..end)?;
    match name {
        [b'#', b'x' | b'X', digits @ ..] => Unit::character(end + 1, number(digits, 16)?),
        [b'#', digits @ ..] => Unit::character(end + 1, number(digits, 10)?),
        _ => NAMES.iter().find(|(known, _)| *known == name).map(|(_, byte)| Unit::byte(end + 1, *byte)),
    }
}

/// `value` without its line breaks and the spaces beside them.
pub(super) fn canonical(value: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(value.len()));
    let mut at = 0;
    while let Some(unit) = value.get(at..).and_then(|rest| Walk::Plain.next(rest)) {
        at += unit.length;
        out.extend(unit.bytes());
    }
    out
}

/// Where in [`canonical`] text the lines of `value` meet.
pub(super) fn joints(value: &[u8]) -> Vec<usize> {
    let (mut at, mut length, mut joints) = (0, 0, Vec::new());
    while let Some(unit) = value.get(at..).and_then(|rest| Walk::Plain.next(rest)) {
        at += unit.length;
        match unit.count {
            0 => joints.push(length),
            count => length += count,
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
        check(Walk::Html, b"a&amp;b&lt;&quot;c;&#228;&#x20ac;", "a&b<\"c;ä€".as_bytes());
        let text = r"p\u00e4ss\u20acw\ud83d\ude00r\u{1f600}d\U000000e9\x41\101";
        check(Walk::Backslash, text.as_bytes(), "päss€w😀r😀déAA".as_bytes());
        check(Walk::Deep, r"p\\u00e4ss\\u20ac".as_bytes(), "päss€".as_bytes());
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

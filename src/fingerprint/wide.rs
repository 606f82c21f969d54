//! Text of 16 bits a character without a byte order mark: in binaries, registries, and what scripts of Windows write.
//!
//! A stretch in which every other byte is zero is such text, in either byte order: which of the two does not matter, as
//! the bytes between the zeros are the same.

use super::variants::LONGEST;
use super::walk::reach;

/// Characters of ASCII that make a stretch worth reading.
const LEAST: usize = 6;
/// Characters that are read at a time.
const MOST: usize = 1 << 20;
/// Units of 16 bits beyond ASCII in a row that a stretch may hold.
const OTHER: usize = 8;

/// A stretch of wide text.
pub(super) struct Wide {
    /// Its characters in UTF-8.
    pub(super) text: Vec<u8>,
    /// Where it begins: the first byte that is not zero.
    start: usize,
    /// Where to look on.
    end: usize,
    /// For each character of more than one byte: where it ends in `text`, and how many units there are before that end.
    others: Vec<(usize, usize)>,
}

impl Wide {
    /// The first stretch that begins at `from` or later and before `to`: its characters of ASCII, and as either byte
    /// order reads it, where that is another text.
    pub(super) fn find(text: &[u8], from: usize, to: usize) -> Option<Vec<Self>> {
        let mut at = from;
        while at < to {
            // the zero that a stretch has every other byte
            at += memchr::memchr(0, text.get(at..to)?)?;
            if text[at..].starts_with(&[0; 32]) {
                at += 31;
                continue;
            }
            let start = match at {
                0 => 1,
                _ => at - 1,
            };
            if text.get(start..).is_some_and(begins) {
                let narrow = Self::read(text, start, start, |at| (text.get(at + 1) == Some(&0)).then_some(0));
                let mut all = vec![narrow];
                let little = |at: usize| text.get(at + 1).copied();
                let big = |at: usize| at.checked_sub(1).and_then(|at| text.get(at).copied());
                for high in [&little as &dyn Fn(usize) -> Option<u8>, &big] {
                    let wide = Self::read(text, before(text, start, high), start, high);
                    if wide.text != all[0].text {
                        all.push(wide);
                    }
                }
                return Some(all);
            }
            at += 1;
        }
        None
    }

    /// Reads units from `start` on; `high` gives their high bytes by where their low ones are. What stands up to `sure`
    /// was looked at.
    fn read(text: &[u8], start: usize, sure: usize, high: impl Fn(usize) -> Option<u8>) -> Self {
        let mut wide = Self { text: Vec::new(), start, end: start, others: Vec::new() };
        let units = (0..).map_while(|i| unit(text, start + 2 * i, &high));
        let (mut count, mut other) = (0, 0);
        for character in char::decode_utf16(units) {
            let Ok(character) = character else { break };
            let looked_at = start + 2 * count <= sure;
            other = if character.is_ascii() || looked_at { 0 } else { other + character.len_utf16() };
            if other > OTHER {
                break;
            }
            wide.text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            count += character.len_utf16();
            if !character.is_ascii() {
                wide.others.push((wide.text.len(), count));
            }
            if count >= MOST {
                // what begins near its end is read whole the next time
                count -= reach(LONGEST);
                break;
            }
        }
        wide.end = (start + 2 * count).clamp(start + 1, text.len().max(start + 1));
        wide
    }

    /// Where to look for the next stretch.
    pub(super) fn next(&self) -> usize {
        self.end
    }

    /// Where the character at `offset` of the text begins, counted in bytes of what it was read from.
    pub(super) fn origin(&self, offset: usize) -> usize {
        let before = self.others.partition_point(|&(end, _)| end <= offset);
        let (end, count) = before.checked_sub(1).map_or((0, 0), |last| self.others[last]);
        self.start + 2 * (count + offset.saturating_sub(end))
    }
}

/// The unit whose low byte is at `at`; zeros are none.
fn unit(text: &[u8], at: usize, high: &impl Fn(usize) -> Option<u8>) -> Option<u16> {
    let unit = u16::from_be_bytes([high(at)?, *text.get(at)?]);
    (unit != 0).then_some(unit)
}

/// Where the units begin that lead up to `start`.
fn before(text: &[u8], mut start: usize, high: impl Fn(usize) -> Option<u8>) -> usize {
    let mut other = 0;
    let back = |start: usize| start.checked_sub(2).and_then(|at| Some((at, unit(text, at, &high)?)));
    while let Some((at, unit)) = back(start) {
        let at = match unit {
            // half of a pair, whose other half must be there
            0xD800..0xDC00 => break,
            0xDC00..0xE000 => match back(at) {
                Some((at, 0xD800..0xDC00)) => at,
                _ => break,
            },
            _ => at,
        };
        other = if unit < 128 { 0 } else { other + (start - at) / 2 };
        if other > OTHER {
            break;
        }
        start = at;
    }
    start
}

/// Whether every other byte from the first on is zero, for [`LEAST`] characters of ASCII.
fn begins(text: &[u8]) -> bool {
    let is_text = |byte: u8| (b' '..0x7F).contains(&byte) || matches!(byte, b'\t' | b'\n' | b'\r');
    // the last character of big-endian text is followed by anything
    text.len() > 2 * LEAST - 1
        && text[..2 * LEAST - 1]
            .chunks(2)
            .all(|pair| is_text(pair[0]) && pair.get(1).is_none_or(|&zero| zero == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(units: impl Fn(u16) -> [u8; 2]) {
        let whole = "é😀€ secret wörd 4€😀 more";
        for before in 0..4 {
            let mut text = vec![7; before];
            text.extend(whole.encode_utf16().flat_map(&units));
            text.extend([9; 5]);
            let all = Wide::find(&text, 0, text.len()).expect("a stretch");
            let read = |wide: &Wide| String::from_utf8_lossy(&wide.text).into_owned();
            let wide = all.iter().find(|wide| read(wide).contains(whole)).expect("read whole");
            let start = read(wide).find(whole).expect("there");
            for part in ["secret", "rd", "4€", "more"] {
                let at = start + whole.find(part).expect("there");
                assert_eq!(text[wide.origin(at)], part.as_bytes()[0], "{part}");
            }
        }
    }

    #[test]
    fn either_byte_order_is_read_at_any_offset() {
        check(u16::to_le_bytes);
        check(u16::to_be_bytes);
    }

    #[test]
    fn bytes_with_zeros_are_no_text() {
        assert!(Wide::find(b"\0\0\0\0a\0\0\0b\0\0\0c\0\0\0", 0, 16).is_none());
        assert!(Wide::find(b"plain", 0, 5).is_none());
        assert!(Wide::find(b"\0", 0, 1).is_none());
        assert!(Wide::find(b"a\0", 0, 2).is_none());
    }
}

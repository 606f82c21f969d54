//! Line breaks in the middle of a value: base64 of a whole file is cut into lines wherever they happen to end.
//!
//! Windows do not reach over a line break, and a stretch of windows that is cut may leave none that the
//! [`sieve`](super::sieve) looks at. So where a line of such text goes on in the next, the windows around the break are
//! looked up as if it were not there.

use super::sieve::LONG;

/// Bytes on either side of a break that a stretch of windows may take up.
const SIDE: usize = super::variants::STRETCH;
/// Bytes on either side of a break that must look like a value.
const LEAST: usize = LONG;
/// Bytes at whose end a gap may begin.
const GAP: usize = 4;
/// Spaces before or after a break that are passed over.
const BLANK: usize = 64;

/// The text around a line break, without it.
pub(super) struct Seam {
    bytes: [u8; 2 * SIDE],
    /// How many bytes stand before the break, and where they begin in the text.
    left: (usize, usize),
    /// The same of what stands after it.
    right: (usize, usize),
}

impl Seam {
    /// The one at a gap that begins within the four bytes from `at` on.
    pub(super) fn near(text: &[u8], at: usize) -> Option<Self> {
        let word = text.get(at..)?.iter().take(GAP).take_while(|&&byte| byte > b' ').count();
        let blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
        let blanks = text[at + word..].iter().take(BLANK).take_while(|byte| blank(byte)).count();
        let newline = at + word + blanks;
        matches!(text.get(newline), Some(b'\n' | b'\r')).then(|| Self::at(text, newline)).flatten()
    }

    /// The one at the line break at `newline`, if a value may go on from one line to the next.
    pub(super) fn at(text: &[u8], newline: usize) -> Option<Self> {
        let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let end = newline - text[..newline].iter().rev().take(BLANK).take_while(blank).count();
        let begin = newline + text[newline..].iter().take(BLANK).take_while(blank).count();
        let left = end.saturating_sub(SIDE)..end;
        let right = begin..text.len().min(begin + SIDE);
        let value = |bytes: &[u8]| bytes.iter().all(|&byte| is_value(byte));
        if left.len() < LEAST || right.len() < LEAST {
            return None;
        }
        if !value(&text[end - LEAST..end]) || !value(&text[begin..begin + LEAST]) {
            return None;
        }
        let mut bytes = [0; 2 * SIDE];
        bytes[..left.len()].copy_from_slice(&text[left.clone()]);
        bytes[left.len()..left.len() + right.len()].copy_from_slice(&text[right.clone()]);
        Some(Self { bytes, left: (left.len(), left.start), right: (right.len(), right.start) })
    }

    /// Each window of 8 bytes, little endian, with where its first byte stands in the text.
    pub(super) fn windows(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let bytes = &self.bytes[..self.left.0 + self.right.0];
        bytes.windows(LONG).enumerate().map(|(at, window)| {
            let window = window.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
            let place = if at < self.left.0 { self.left.1 + at } else { self.right.1 + at - self.left.0 };
            (place, window)
        })
    }
}

/// The characters of base64 in either alphabet, and with them those of most tokens.
fn is_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_where_a_value_may_go_on() {
        let text = b"abcdefgh\r\n   ijklmnop rest";
        let seam = Seam::near(text, 8).expect("a seam");
        let windows: Vec<(usize, Vec<u8>)> =
            seam.windows().map(|(at, window)| (at, window.to_le_bytes().to_vec())).collect();
        assert_eq!(windows[0], (0, b"abcdefgh".to_vec()));
        assert_eq!(windows[3], (3, b"defghijk".to_vec()));
        assert_eq!(windows[8], (13, b"ijklmnop".to_vec()));
        assert!(Seam::near(b"call(a);\nsecond(b);", 8).is_none());
        assert!(Seam::at(b"\n", 0).is_none());
    }
}

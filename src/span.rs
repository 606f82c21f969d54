//! Byte spans and the places people read: lines and columns.

use std::ops::Range;

/// A half-open range of byte offsets in one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A span from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Self { start, end }
    }

    /// Number of bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether the span holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether the two spans share a byte.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` lies within this span.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The span as a range, to slice with.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A place in a text as people and editors name it: line and column, both from 1, columns in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1. Lines end at `\n`; a `\r` before it belongs to the line.
    pub line: u64,
    /// Column in bytes, from 1.
    pub column: u64,
}

/// Turns rising offsets into positions in one pass over the text: line breaks are counted from the offset
/// asked for last, so a text with few findings is not counted twice.
pub struct LineCounter<'t> {
    text: &'t [u8],
    first_line: u64,
    first_column: u64,
    at: usize,
    line: u64,
    line_start: usize,
    /// An offset, and the UTF-16 code units between it and the start of its line.
    utf16: (usize, u64),
}

impl<'t> LineCounter<'t> {
    /// Counts in a text that begins at line 1, column 1.
    pub fn new(text: &'t [u8]) -> Self {
        Self::starting_at(text, Position { line: 1, column: 1 })
    }

    /// Counts in a text whose first byte stands at `first` of a larger one.
    pub fn starting_at(text: &'t [u8], first: Position) -> Self {
        Self {
            text,
            first_line: first.line,
            first_column: first.column,
            at: 0,
            line: 0,
            line_start: 0,
            utf16: (0, 0),
        }
    }

    /// The position of the byte at `offset` (at most the text's length).
    pub fn position(&mut self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        if offset < self.line_start {
            (self.at, self.line, self.line_start) = (0, 0, 0);
        }
        self.at = self.at.min(offset);
        for newline in memchr::memchr_iter(b'\n', &self.text[self.at..offset]) {
            self.line += 1;
            self.line_start = self.at + newline + 1;
        }
        self.at = offset;
        let column = (offset - self.line_start) as u64;
        let before = if self.line == 0 { self.first_column } else { 1 };
        Position { line: self.first_line + self.line, column: before + column }
    }

    /// The column of the byte at `offset` in UTF-16 code units, from 1; `None` when its line begins before the text.
    /// Like positions, columns are counted from the one asked for last, so that one long line is read once.
    pub fn utf16_column(&mut self, offset: usize) -> Option<u64> {
        self.position(offset);
        if self.line == 0 && self.first_column != 1 {
            return None;
        }
        let (from, before) = match self.utf16 {
            (at, units) if self.line_start <= at && at <= self.at => (at, units),
            _ => (self.line_start, 0),
        };
        let units = before + utf16_len(&self.text[from..self.at]);
        self.utf16 = (self.at, units);
        Some(units + 1)
    }
}

/// Number of UTF-16 code units of `text` in UTF-8: one for each character, two for those of four bytes. Bytes that
/// are no UTF-8 count by the same rule, as editors disagree about them anyway.
fn utf16_len(text: &[u8]) -> u64 {
    text.iter().map(|&byte| u64::from(byte & 0xc0 != 0x80) + u64::from(byte >= 0xf0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, offset: usize, line: u64, column: u64) {
        assert_eq!(LineCounter::new(text.as_bytes()).position(offset), Position { line, column });
    }

    #[test]
    fn positions_count_from_one_in_bytes() {
        check("", 0, 1, 1);
        check("abc", 2, 1, 3);
        check("a\nb", 1, 1, 2);
        check("a\nb", 2, 2, 1);
        check("a\r\nbc", 4, 2, 2);
        check("ä\nx", 2, 1, 3);
        check("\n\n\n", 3, 4, 1);
    }

    #[test]
    fn a_counter_may_go_back() {
        let mut counter = LineCounter::new(b"a\nb\nc");
        assert_eq!(counter.position(4).line, 3);
        assert_eq!(counter.position(0).line, 1);
    }

    #[test]
    fn a_window_continues_its_file() {
        let mut counter = LineCounter::starting_at(b"x\ny", Position { line: 7, column: 5 });
        assert_eq!(counter.position(0), Position { line: 7, column: 5 });
        assert_eq!(counter.position(2), Position { line: 8, column: 1 });
    }

    #[test]
    fn utf16_columns_count_characters() {
        fn check(text: &str, offset: usize, expected: u64) {
            assert_eq!(
                LineCounter::new(text.as_bytes()).utf16_column(offset),
                Some(expected),
                "{text} {offset}"
            );
        }
        check("", 0, 1);
        check("abc", 2, 3);
        check("äx", 2, 2);
        check("日本x", 6, 3);
        check("🦀x", 4, 3);
        check("🦀\näx", 7, 2);
    }

    #[test]
    fn utf16_columns_go_on_from_the_last() {
        let text = "ää x\n🦀 y z\nw";
        let mut counter = LineCounter::new(text.as_bytes());
        for (needle, expected) in [("x", 4), ("y", 4), ("z", 6), ("w", 1), ("x", 4), ("z", 6)] {
            assert_eq!(counter.utf16_column(text.find(needle).unwrap()), Some(expected), "{needle}");
        }
    }

    #[test]
    fn a_line_that_began_earlier_has_no_utf16_column() {
        let mut counter = LineCounter::starting_at(b"x\ny", Position { line: 7, column: 5 });
        assert_eq!(counter.utf16_column(0), None);
        assert_eq!(counter.utf16_column(2), Some(1));
    }
}

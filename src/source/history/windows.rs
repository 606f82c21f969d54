//! What of a text that was made of another one is new: the lines around inserted bytes and around the seams of copied
//! pieces, and the pieces that stayed whole.

use crate::git::Result;
use crate::git::delta::{Delta, Step};
use crate::span::Span;

/// A piece of the base that stands in the text as it was, as long as possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where it stands in the text.
    pub at: usize,
    /// Where it stands in the base.
    pub from: usize,
    /// Its bytes.
    pub length: usize,
}

/// How a text was made of its base.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// What stayed, by place in the text.
    pub pieces: Vec<Piece>,
    /// What is new, by place in the text: inserted bytes, and seams, which are empty.
    pub new: Vec<Span>,
}

impl Change {
    /// Reads the steps of a delta for a base of `base` bytes, replacing what is there.
    ///
    /// # Errors
    /// Those of [`Delta::steps`].
    pub(super) fn read(&mut self, delta: &Delta<'_>, base: usize) -> Result<()> {
        self.pieces.clear();
        self.new.clear();
        let (pieces, new) = (&mut self.pieces, &mut self.new);
        delta.steps(base, |at, step| match step {
            Step::Copy { from, length } => {
                if let Some(last) = pieces.last_mut()
                    && last.from + last.length == from
                    && last.at + last.length == at
                {
                    last.length += length;
                    return;
                }
                // a seam, unless both begin with it
                if at > 0 || from > 0 {
                    add(new, Span::new(at, at));
                }
                pieces.push(Piece { at, from, length });
            }
            Step::Insert(bytes) => add(new, Span::new(at, at + bytes.len())),
        })?;
        let end = delta.size as usize;
        if pieces.last().is_none_or(|last| last.from + last.length != base || last.at + last.length != end) {
            add(new, Span::new(end, end));
        }
        Ok(())
    }

    /// The stretches of `text` to look at again: the lines that a change may have an effect on, in order, none touching
    /// another. `ahead` and `behind` are how far before and after a change that may be.
    pub(super) fn windows(&self, text: &[u8], ahead: usize, behind: usize, windows: &mut Vec<Span>) {
        windows.clear();
        for new in &self.new {
            let (reach, open) = windows.last().map_or((0, false), |last| (last.end, true));
            let end = if open && reach >= new.end + behind {
                reach
            } else {
                let end = text.len().min(new.end + behind);
                memchr::memchr(b'\n', &text[end..]).map_or(text.len(), |newline| end + newline + 1)
            };
            if open && new.start <= reach {
                if let Some(last) = windows.last_mut() {
                    last.end = end;
                }
                continue;
            }
            // not further back than the last window: what is before has been looked at
            let line = line_start(text, reach, new.start);
            let start = line_start(text, reach, line.saturating_sub(ahead).max(reach));
            match windows.last_mut() {
                Some(last) if start <= last.end => last.end = end,
                _ => windows.push(Span::new(start, end)),
            }
        }
    }

    /// Whether all that a judgement about `far` of the base depends on is the same in the text, wherever a part of it is.
    pub(super) fn keeps(&self, far: Span, base: usize, text: usize) -> bool {
        self.pieces.iter().all(|piece| {
            let (start, end) = (piece.from, piece.from + piece.length);
            let apart = far.end < start || far.start > end;
            // at the edges of the texts there is nothing more to depend on
            let before = far.start > start || (start == 0 && piece.at == 0);
            let after = far.end < end || (end == base && piece.at + piece.length == text);
            apart || (before && after)
        })
    }
}

fn add(new: &mut Vec<Span>, span: Span) {
    match new.last_mut() {
        Some(last) if last.end == span.start => last.end = span.end,
        _ => new.push(span),
    }
}

/// The start of the line that `at` stands in, at least `floor`, which is one.
fn line_start(text: &[u8], floor: usize, at: usize) -> usize {
    memchr::memrchr(b'\n', &text[floor..at]).map_or(floor, |newline| floor + newline + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(steps: &[u8], base: usize, size: usize) -> Change {
        let mut delta = vec![base as u8 | 0x80, (base >> 7) as u8, size as u8 | 0x80, (size >> 7) as u8];
        delta.extend(steps);
        let mut change = Change::default();
        change.read(&Delta::parse(&delta).unwrap(), base).unwrap();
        change
    }

    #[test]
    fn copies_that_go_on_are_one_piece() {
        let same = change(&[0x90, 50, 0x91, 50, 50], 100, 100);
        assert_eq!((same.pieces.len(), same.new.len()), (1, 0));
        let grown = change(&[0x90, 50, 2, b'x', b'y', 0x91, 50, 50], 100, 102);
        assert_eq!(grown.new, [Span::new(50, 52)]);
        assert_eq!(
            grown.pieces,
            [Piece { at: 0, from: 0, length: 50 }, Piece { at: 52, from: 50, length: 50 }]
        );
        let cut = change(&[0x90, 50, 0x91, 60, 40], 100, 90);
        assert_eq!(cut.new, [Span::new(50, 50)]);
        assert_eq!(change(&[0x91, 10, 90], 100, 90).new, [Span::new(0, 0)]);
        assert_eq!(change(&[0x90, 90], 100, 90).new, [Span::new(90, 90)]);
        assert_eq!(change(&[1, b'x'], 100, 1).new, [Span::new(0, 1)]);
    }

    #[test]
    fn windows_are_lines_around_what_is_new() {
        let text = "0123456\n".repeat(40);
        let check = |new: &[(usize, usize)], expected: &[(usize, usize)]| {
            let change = Change {
                new: new.iter().map(|&(start, end)| Span::new(start, end)).collect(),
                pieces: Vec::new(),
            };
            let mut windows = Vec::new();
            change.windows(text.as_bytes(), 20, 10, &mut windows);
            let windows: Vec<_> = windows.iter().map(|window| (window.start, window.end)).collect();
            assert_eq!(windows, expected, "{new:?}");
        };
        check(&[(100, 100)], &[(72, 112)]);
        check(&[(0, 0)], &[(0, 16)]);
        check(&[(320, 320)], &[(296, 320)]);
        check(&[(100, 101), (110, 112)], &[(72, 128)]);
        check(&[(100, 100), (130, 130)], &[(72, 144)]);
        check(&[(100, 100), (200, 200)], &[(72, 112), (176, 216)]);
        check(&[(0, 320)], &[(0, 320)]);
    }

    #[test]
    fn what_is_far_is_kept_only_whole() {
        // 0..50 stays, two bytes come, 50..100 stays
        let grown = change(&[0x90, 50, 2, b'x', b'y', 0x91, 50, 50], 100, 102);
        let keeps = |start, end| grown.keeps(Span::new(start, end), 100, 102);
        assert!(keeps(10, 40) && keeps(0, 40) && keeps(60, 100));
        assert!(!keeps(10, 50) && !keeps(10, 60) && !keeps(50, 60) && !keeps(0, 100));
        let cut = change(&[0x90, 90], 100, 90);
        assert!(!cut.keeps(Span::new(80, 100), 100, 90));
        assert!(cut.keeps(Span::new(95, 100), 100, 90), "it is gone");
    }
}

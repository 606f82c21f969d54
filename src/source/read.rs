//! Hands a stream of bytes to a sink: whole where it is small, in overlapping windows where it is large.

use std::io::{self, Read};

use crate::blob::{Blob, Window};
use crate::source::Sink;
use crate::span::Position;

/// Texts up to this many bytes are held and scanned whole. It bounds the memory of a thread: the buffer grows to
/// this and no further. Few source files are larger, and those that are gain nothing from one look.
pub const WHOLE: usize = 8 << 20;

/// Bytes of a larger text that one window answers for. Large beside the context, which is scanned twice.
pub const KEPT: usize = 4 << 20;

/// Bytes of context before: keywords, the start of a line, what encloses an encoded value.
pub const BEFORE: usize = 64 << 10;

/// Bytes of context after: a secret that begins in `keep` is seen to its end when it is no longer than this.
pub const AFTER: usize = 256 << 10;

const START: usize = 64 << 10;

// The buffer must hold a full window and the byte that tells whether another follows. All sizes are even, so that
// no window splits a UTF-16 unit.
const _: () = assert!(BEFORE + KEPT + AFTER < WHOLE && BEFORE < KEPT);
const _: () = assert!(BEFORE.is_multiple_of(2) && KEPT.is_multiple_of(2));

/// What came of reading one text.
#[derive(Debug)]
pub(super) struct Passed {
    /// Bytes handed to the sink, context not counted twice.
    pub(super) bytes: u64,
    /// Whether it took windows.
    pub(super) windowed: bool,
    /// What ended the reading before the end of the text. What had been read was still handed on.
    pub(super) error: Option<io::Error>,
}

/// The buffer of one thread, used for every text.
#[derive(Default)]
pub(super) struct Buffer {
    /// Always initialized to its full length, which spares both unsafe code and clearing it for each text.
    bytes: Vec<u8>,
    filled: usize,
}

impl Buffer {
    /// Reads `input` to its end and hands it to `sink` under the name `path`. `size` is the expected length, if
    /// one is known: reading then takes one call for a small text, since a short read at that length is the end. Give
    /// it for regular files only; pipes read short at any place.
    pub(super) fn pass<S: Sink>(
        &mut self,
        input: &mut impl Read,
        path: &str,
        size: Option<u64>,
        sink: &mut S,
    ) -> Passed {
        self.filled = 0;
        let mut source = Source { input, size, total: 0, ended: false, error: None };
        let whole = WHOLE as u64;
        // One byte more than expected shows that a text has grown.
        let first = size
            .map_or(START, |size| if size <= whole { size as usize + 1 } else { BEFORE + KEPT + AFTER + 1 });
        self.fill(&mut source, first);
        let large = size.is_some_and(|size| size > whole);
        while !source.ended && !large && self.filled <= WHOLE {
            self.fill(&mut source, (self.filled * 2).clamp(START, WHOLE + 1));
        }
        let windowed = !source.ended;
        if windowed {
            self.windows(&mut source, path, sink);
        } else if self.filled > 0 {
            sink.blob(&Blob::new(&self.bytes[..self.filled], path));
        }
        Passed { bytes: source.total, windowed, error: source.error }
    }

    /// Goes on from what is in the buffer, which is the start of a large text.
    fn windows<S: Sink>(&mut self, source: &mut Source<'_, impl Read>, path: &str, sink: &mut S) {
        let mut window = Window { keep: (0, 0), ..Window::whole() };
        let mut before = 0;
        loop {
            let length = before + KEPT + AFTER;
            self.fill(source, length + 1);
            let last = self.filled <= length;
            let bytes = &self.bytes[..self.filled.min(length)];
            window.keep = (before, if last { bytes.len() } else { before + KEPT });
            sink.blob(&Blob { bytes, path, window });
            if last {
                return;
            }
            window.binary = window.binary.or_else(|| Some(sink.is_binary(bytes)));
            let gone = before + KEPT - BEFORE;
            window.position = advance(window.position, &self.bytes[..gone]);
            window.offset += gone as u64;
            self.bytes.copy_within(gone..self.filled, 0);
            self.filled -= gone;
            before = BEFORE;
        }
    }

    /// Reads until the buffer holds `length` bytes, or the text ends.
    fn fill(&mut self, source: &mut Source<'_, impl Read>, length: usize) {
        if self.bytes.len() < length {
            // Doubling keeps the cost of growing linear; no text asks for more than the cap.
            let length = length.next_power_of_two().clamp(START, WHOLE + 1);
            if self.filled == 0 {
                self.bytes = vec![0; length];
            } else {
                self.bytes.resize(length, 0);
            }
        }
        while self.filled < length && !source.ended {
            self.filled += source.read(&mut self.bytes[self.filled..length]);
        }
    }
}

/// The position of the byte after `bytes`, whose first stands at `first`.
fn advance(first: Position, bytes: &[u8]) -> Position {
    match memchr::memrchr(b'\n', bytes) {
        None => Position { column: first.column + bytes.len() as u64, ..first },
        Some(last) => Position {
            line: first.line + memchr::memchr_iter(b'\n', bytes).count() as u64,
            column: (bytes.len() - last) as u64,
        },
    }
}

struct Source<'i, R> {
    input: &'i mut R,
    size: Option<u64>,
    total: u64,
    ended: bool,
    error: Option<io::Error>,
}

impl<R: Read> Source<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> usize {
        match self.input.read(into) {
            Ok(count) => {
                self.total += count as u64;
                self.ended = count == 0 || count < into.len() && self.size == Some(self.total);
                count
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => {
                (self.ended, self.error) = (true, Some(error));
                0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::span::LineCounter;

    /// Puts the kept parts together again, and checks each window against the whole text.
    struct Rebuild<'t> {
        text: &'t [u8],
        kept: usize,
        windows: usize,
    }

    impl Sink for Rebuild<'_> {
        fn blob(&mut self, blob: &Blob<'_>) {
            let window = blob.window;
            let at = window.offset as usize;
            assert_eq!(blob.path, "name");
            assert!(
                blob.bytes == &self.text[at..at + blob.bytes.len()],
                "window {} holds other bytes",
                self.windows
            );
            assert_eq!(window.position, LineCounter::new(self.text).position(at));
            assert_eq!(window.binary, (self.windows > 0).then_some(true));
            let (from, to) = (window.keep.0, window.keep.1.min(blob.bytes.len()));
            assert_eq!(at + from, self.kept, "a gap or an overlap");
            assert!(at == 0 || from >= BEFORE);
            assert!(blob.bytes.len() - to >= AFTER || at + blob.bytes.len() == self.text.len());
            self.kept = at + to;
            self.windows += 1;
        }

        fn is_binary(&self, _: &[u8]) -> bool {
            true
        }
    }

    /// Gives at most `step` bytes a call, as pipes do.
    struct Slow<'t>(&'t [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = into.len().min(self.1).min(self.0.len());
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn check(text: &[u8], step: usize, size: Option<u64>) -> usize {
        let mut sink = Rebuild { text, kept: 0, windows: 0 };
        // Used twice: what a first text left behind must not show in the second.
        let mut buffer = Buffer::default();
        for _ in 0..2 {
            (sink.kept, sink.windows) = (0, 0);
            let passed = buffer.pass(&mut Slow(text, step), "name", size, &mut sink);
            assert_eq!((passed.bytes, sink.kept), (text.len() as u64, text.len()));
            assert_eq!(passed.windowed, sink.windows > 1);
            assert!(passed.error.is_none());
        }
        assert!(buffer.bytes.len() <= WHOLE + 1);
        sink.windows
    }

    /// Lines of every length up to `longest`, so that windows begin at all kinds of columns.
    fn text(length: usize, longest: usize) -> Vec<u8> {
        let mut text = vec![b'x'; length];
        let (mut at, mut step) = (0, 1);
        while at < length {
            text[at] = b'\n';
            step = step % longest + 7;
            at += step;
        }
        text
    }

    #[test]
    fn small_texts_are_whole() {
        for length in [0, 1, 2, START - 1, START, START + 1] {
            for size in [None, Some(length as u64), Some(length as u64 + 9), Some(0)] {
                assert_eq!(check(&text(length, 100), usize::MAX, size), usize::from(length > 0));
            }
        }
        assert_eq!(check(&text(WHOLE, 100), usize::MAX, Some(WHOLE as u64)), 1);
        assert_eq!(check(&text(WHOLE, 100), usize::MAX, None), 1);
    }

    #[test]
    fn an_error_keeps_what_was_read() {
        struct Broken(bool);
        impl Read for Broken {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                if std::mem::replace(&mut self.0, true) {
                    return Err(io::Error::other("gone"));
                }
                into[..3].copy_from_slice(b"abc");
                Ok(3)
            }
        }
        let mut sink = Rebuild { text: b"abc", kept: 0, windows: 0 };
        let passed = Buffer::default().pass(&mut Broken(false), "name", Some(9), &mut sink);
        assert_eq!((passed.bytes, sink.kept), (3, 3));
        assert_eq!(passed.error.map(|error| error.to_string()).as_deref(), Some("gone"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn windows_keep_every_byte_once(
            windows in 2usize..4,
            beyond in prop::sample::select(vec![0, 1, 2, AFTER - 1, AFTER, AFTER + 1, KEPT - 1, 77_777]),
            step in prop::sample::select(vec![usize::MAX, 65_536, 1 << 20]),
            known in 0usize..3,
            longest in prop::sample::select(vec![50, 5_000, usize::MAX - 7]),
        ) {
            let text = text(windows * KEPT + beyond, longest);
            // A wrong size comes from regular files that grow, and those read short only at their end.
            let (known, step) = if known == 2 { (2, usize::MAX) } else { (known, step) };
            let size = [None, Some(text.len() as u64), Some(text.len() as u64 / 2)][known];
            let count = check(&text, step, size);
            let large = text.len() > WHOLE;
            prop_assert_eq!(count > 1, large);
        }
    }
}

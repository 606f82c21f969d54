//! One text from a stream.

use std::io::Read;

use crate::finding::{Coverage, Skipped};
use crate::source::{Sink, read::Buffer};

/// Hands all of `reader` to `sink` under the name `name`, in windows if it is large: memory stays bounded. A read
/// error makes the coverage incomplete; what came before it is handed on.
pub fn scan_stdin<S: Sink>(name: &str, mut reader: impl Read, sink: &mut S) -> Coverage {
    let passed = Buffer::default().pass(&mut reader, name, None, sink);
    let skipped = passed.error.map(|error| Skipped {
        path: name.to_owned(),
        reason: format!("could not be read to its end: {error}"),
        expected: false,
    });
    Coverage { files: 1, bytes: passed.bytes, skipped: skipped.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::Blob;

    struct Collect(Vec<u8>);

    impl Sink for Collect {
        fn blob(&mut self, blob: &Blob<'_>) {
            assert_eq!(blob.path, "a.env");
            self.0.extend_from_slice(blob.bytes);
        }
    }

    #[test]
    fn a_stream_is_one_text() {
        let mut sink = Collect(Vec::new());
        let coverage = scan_stdin("a.env", &b"a\nb"[..], &mut sink);
        assert_eq!(sink.0, b"a\nb");
        assert_eq!(coverage, Coverage { files: 1, bytes: 3, skipped: Vec::new() });
    }

    #[test]
    fn a_broken_stream_is_incomplete() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("gone"))
            }
        }
        assert!(!scan_stdin("a.env", Broken, &mut Collect(Vec::new())).complete());
    }
}

//! Paths as URIs.

use std::borrow::Cow;
use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// Everything but what RFC 3986 calls unreserved, and the slash between segments. A colon is escaped too: in the
/// first segment of a relative reference it would end a scheme.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The bytes of a name as `source/name.rs` writes it.
fn name_bytes(name: &str) -> Cow<'_, [u8]> {
    if cfg!(windows) || !name.contains("\\x") {
        return name.as_bytes().into();
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        let digit = |at: usize| tail.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        let (byte, length) = match (first, tail.first(), digit(1), digit(2)) {
            (b'\\', Some(b'\\'), ..) => (b'\\', 2),
            (b'\\', Some(b'x'), Some(high), Some(low)) => ((high << 4 | low) as u8, 4),
            _ => (*first, 1),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    bytes.into()
}

/// A name with its escapes: bytes that are no text stand for themselves again.
fn encoded(name: &str) -> String {
    let bytes: Cow<'_, [u8]> = name_bytes(name);
    percent_encode(&bytes, ESCAPED).to_string()
}

/// The path as a relative reference.
pub(super) fn relative(path: &str) -> String {
    encoded(path)
}

/// The `file:` URI of an absolute path, with `/` or the platform's separator.
pub(super) fn file(path: &str) -> String {
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{}", encoded(path))
}

/// The `file:` URI of `path` below the absolute path `root`.
pub(super) fn file_below(root: &Path, path: &str) -> String {
    let root = root.to_string_lossy();
    let root = if cfg!(windows) { root.replace('\\', "/") } else { root.into_owned() };
    file(&format!("{}/{path}", root.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_no_text_are_bytes_again() {
        assert_eq!(relative("bad\\xff\\xfe.txt"), "bad%FF%FE.txt");
        assert_eq!(relative("a\\\\xff"), "a%5Cxff");
        assert_eq!(relative("a\\b"), "a%5Cb");
    }

    #[test]
    fn relative_references_are_percent_encoded() {
        fn check(path: &str, expected: &str) {
            assert_eq!(relative(path), expected);
        }
        check("src/a-b_c.d~e.rs", "src/a-b_c.d~e.rs");
        check("a b/ä.txt", "a%20b/%C3%A4.txt");
        check("http:/x?y#z", "http%3A/x%3Fy%23z");
        check("100%/[x]", "100%25/%5Bx%5D");
        check("a\u{202e}\x1b", "a%E2%80%AE%1B");
    }

    #[test]
    fn file_uris_join_root_and_path() {
        fn check(root: &str, path: &str, expected: &str) {
            assert_eq!(file_below(Path::new(root), path), expected);
        }
        check("/home/me/a b", "c#d", "file:///home/me/a%20b/c%23d");
        check("/", "etc/hosts", "file:///etc/hosts");
        check("C:/work", "a", "file:///C%3A/work/a");
    }
}

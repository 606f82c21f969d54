//! Names of files as reports show them: text, `/` separators, relative where that is possible.

use std::path::{MAIN_SEPARATOR, Path};

/// How the paths of a walk become names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Naming {
    /// One directory is scanned: names are relative to it. Holds the length of its path in bytes.
    Below(usize),
    /// Several roots or single files: names are paths as given.
    AsGiven,
}

impl Naming {
    /// Writes the name of `path` into `name`, replacing what it held.
    pub(super) fn write(self, path: &Path, name: &mut String) {
        name.clear();
        let bytes = path.as_os_str().as_encoded_bytes();
        let relative = match self {
            Self::Below(root) => trim_separators(bytes.get(root..).unwrap_or_default()),
            Self::AsGiven => {
                let mut relative = bytes;
                while let [b'.', separator, rest @ ..] = relative
                    && is_separator(*separator)
                {
                    relative = trim_separators(rest);
                }
                relative
            }
        };
        push_text(if relative.is_empty() { b"." } else { relative }, name);
    }
}

fn is_separator(byte: u8) -> bool {
    byte == b'/' || char::from(byte) == MAIN_SEPARATOR
}

fn trim_separators(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && is_separator(*first)
    {
        bytes = rest;
    }
    bytes
}

/// Appends `bytes` as text. A byte that is not UTF-8 becomes `\xff`. So that distinct names stay distinct, a name
/// that needs such an escape, or already reads like one, has its backslashes doubled. `report/uri.rs` undoes it.
pub(super) fn push_text(bytes: &[u8], name: &mut String) {
    if cfg!(windows) {
        // No escapes there: a backslash separates.
        name.extend(String::from_utf8_lossy(bytes).chars().map(|c| if c == '\\' { '/' } else { c }));
        return;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if memchr::memchr(b'\\', bytes).is_none_or(|_| !text.contains("\\x")) => name.push_str(text),
        _ => {
            for chunk in bytes.utf8_chunks() {
                for character in chunk.valid().chars() {
                    if character == '\\' {
                        name.push('\\');
                    }
                    name.push(character);
                }
                for byte in chunk.invalid() {
                    name.push_str("\\x");
                    for digit in [byte >> 4, byte & 15] {
                        name.push(char::from_digit(u32::from(digit), 16).unwrap_or('?'));
                    }
                }
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use proptest::prelude::*;

    use super::*;

    fn named(naming: Naming, path: &[u8]) -> String {
        let mut name = "old".to_owned();
        naming.write(Path::new(OsStr::from_bytes(path)), &mut name);
        name
    }

    #[test]
    fn names_are_relative_text() {
        fn check(naming: Naming, path: &[u8], expected: &str) {
            assert_eq!(named(naming, path), expected);
        }
        check(Naming::Below(4), b"/src/a/b", "a/b");
        check(Naming::Below(1), b"./a", "a");
        check(Naming::Below(5), b"/src/a", "a");
        check(Naming::Below(4), b"/src", ".");
        check(Naming::AsGiven, b"./a/b", "a/b");
        check(Naming::AsGiven, b".//./a", "a");
        check(Naming::AsGiven, b"../a", "../a");
        check(Naming::AsGiven, b".env", ".env");
        check(Naming::AsGiven, b"/etc/a", "/etc/a");
        check(Naming::AsGiven, b"a\\b", "a\\b");
        check(Naming::AsGiven, b"a\xff\\", "a\\xff\\\\");
        check(Naming::AsGiven, b"a\\xff", "a\\\\xff");
        check(Naming::AsGiven, "ä\n".as_bytes(), "ä\n");
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(prop::sample::select(b"x\\f\xff\xc3\xa4".to_vec()), 1..5)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn distinct_names_stay_distinct(a in bytes(), b in bytes()) {
            prop_assert_eq!(a == b, named(Naming::AsGiven, &a) == named(Naming::AsGiven, &b));
        }
    }
}

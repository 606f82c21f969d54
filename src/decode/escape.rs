//! Percent escapes of URLs and backslash escapes of JSON and source code, undone over a stretch of text.

/// A stretch with its escapes undone, and where each byte of it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unescaped {
    /// The text.
    pub text: Vec<u8>,
    /// For each byte of the text, the offset in the stretch where its escape (or itself) begins; one entry more for
    /// the end.
    pub origin: Vec<u32>,
    /// Whether any escape was undone.
    pub changed: bool,
}

impl Unescaped {
    fn push(&mut self, bytes: &[u8], from: usize) {
        for &byte in bytes {
            self.text.push(byte);
            self.origin.push(from as u32);
        }
    }

    fn finish(mut self, length: usize) -> Self {
        self.origin.push(length as u32);
        self
    }
}

fn hex(digits: Option<&[u8]>) -> Option<u32> {
    digits?.iter().try_fold(0, |value, &byte| Some(value << 4 | (byte as char).to_digit(16)?))
}

/// Undoes `%41`.
pub(crate) fn percent(text: &[u8]) -> Unescaped {
    let mut out = Unescaped::default();
    let mut i = 0;
    while i < text.len() {
        match (text[i], hex(text.get(i + 1..i + 3))) {
            (b'%', Some(code)) => {
                out.push(&[code as u8], i);
                out.changed = true;
                i += 3;
            }
            (byte, _) => {
                out.push(&[byte], i);
                i += 1;
            }
        }
    }
    out.finish(text.len())
}

/// Undoes `\u0041`, `\u{41}`, `\U00000041`, `\x41`, `\101`, `\/`, `\"`, `\n` and the other single-letter escapes, and takes
/// away line breaks behind a backslash. Surrogate pairs come out as replacement characters: no credential holds one.
pub(crate) fn backslash(text: &[u8]) -> Unescaped {
    let mut out = Unescaped::default();
    let mut i = 0;
    while i < text.len() {
        match text[i..].strip_prefix(b"\\").and_then(sequence) {
            Some((code, length)) => {
                if let Some(code) = code {
                    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                    out.push(character.encode_utf8(&mut [0; 4]).as_bytes(), i);
                }
                out.changed = true;
                i += 1 + length;
            }
            None => {
                out.push(&text[i..=i], i);
                i += 1;
            }
        }
    }
    out.finish(text.len())
}

/// What a backslash before `rest` makes of it: the character, if it stands for one, and how many bytes of `rest` tell so.
fn sequence(rest: &[u8]) -> Option<(Option<u32>, usize)> {
    let digits = |from: usize, to: usize| Some((Some(hex(rest.get(from..to))?), to));
    match *rest {
        [b'u', b'{', ..] => {
            let length = rest.iter().take(9).position(|&byte| byte == b'}').filter(|&end| end > 2)?;
            Some((Some(hex(rest.get(2..length))?), length + 1))
        }
        [b'u', ..] => digits(1, 5),
        [b'U', ..] => digits(1, 9),
        [b'x', ..] => digits(1, 3),
        [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
            let code = [a, b, c].iter().fold(0, |code, digit| code << 3 | u32::from(digit - b'0'));
            Some((Some(code), 3))
        }
        [b'\n', ..] => Some((None, 1)),
        [b'\r', b'\n', ..] => Some((None, 2)),
        [b'n', ..] => Some((Some(u32::from(b'\n')), 1)),
        [b'r', ..] => Some((Some(u32::from(b'\r')), 1)),
        [b't', ..] => Some((Some(u32::from(b'\t')), 1)),
        [next @ (b'/' | b'"' | b'\'' | b'\\'), ..] => Some((Some(u32::from(next)), 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(unescape: fn(&[u8]) -> Unescaped, text: &str, expected: &str) {
        let out = unescape(text.as_bytes());
        assert_eq!(String::from_utf8_lossy(&out.text), expected);
        assert_eq!(out.origin.len(), out.text.len() + 1);
        assert_eq!(out.changed, text != expected);
    }

    #[test]
    fn percent_escapes() {
        check(percent, "a%3Ab%40c", "a:b@c");
        check(percent, "100%", "100%");
        check(percent, "%zz%4", "%zz%4");
        check(percent, "%2520", "%20");
    }

    #[test]
    fn backslash_escapes() {
        check(backslash, r"\u0041\x42\/\n", "AB/\n");
        check(backslash, r"\u{41}\U00000042\101\x5f", "ABA_");
        check(backslash, "a\\\nb\\\r\nc", "abc");
        check(backslash, r"\u{}\u{110000000}\U0041\400\18", r"\u{}\u{110000000}\U0041\400\18");
        check(backslash, r"\u004", r"\u004");
        check(backslash, r"C:\Windows", r"C:\Windows");
        check(backslash, r"\ud83d", "\u{fffd}");
        check(backslash, "\\", "\\");
    }

    #[test]
    fn origins_lead_back() {
        let out = backslash(br"a\u0041b");
        assert_eq!(out.origin, [0, 1, 7, 8]);
    }
}

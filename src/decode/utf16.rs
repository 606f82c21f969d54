//! UTF-16 text with a byte order mark, as Windows tools write it.

/// A UTF-16 text as UTF-8, and how it was stored.
pub(crate) struct Utf16 {
    /// The text in UTF-8; broken surrogates are replacement characters.
    pub text: Vec<u8>,
    big_endian: bool,
}

impl Utf16 {
    /// Reads `bytes` if they begin with a byte order mark.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let big_endian = match bytes {
            [0xFF, 0xFE, ..] => false,
            [0xFE, 0xFF, ..] => true,
            _ => return None,
        };
        let mut text = Vec::with_capacity(bytes.len() / 2);
        for character in char::decode_utf16(units(&bytes[2..], big_endian)) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Some(Self { text, big_endian })
    }

    /// The offset in the stored bytes of the character at `offset` of the text.
    pub(crate) fn origin(&self, bytes: &[u8], offset: usize) -> usize {
        let mut at = 2;
        let mut seen = 0;
        for character in char::decode_utf16(units(&bytes[2..], self.big_endian)) {
            if seen >= offset {
                break;
            }
            let (width, stored) = match character {
                Ok(character) => (character.len_utf8(), 2 * character.len_utf16()),
                Err(_) => (char::REPLACEMENT_CHARACTER.len_utf8(), 2),
            };
            seen += width;
            at += stored;
        }
        at
    }
}

fn units(bytes: &[u8], big_endian: bool) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).map(move |two| {
        let pair = [two[0], two[1]];
        if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders_are_read_and_traced_back() {
        for big_endian in [false, true] {
            let mut bytes = if big_endian { vec![0xFE, 0xFF] } else { vec![0xFF, 0xFE] };
            for unit in "aé€😀z".encode_utf16() {
                bytes.extend(if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() });
            }
            let read = Utf16::read(&bytes).unwrap();
            assert_eq!(String::from_utf8_lossy(&read.text), "aé€😀z");
            assert_eq!(read.origin(&bytes, 0), 2);
            assert_eq!(read.origin(&bytes, read.text.len() - 1), bytes.len() - 2);
        }
        assert!(Utf16::read(b"plain").is_none());
    }
}

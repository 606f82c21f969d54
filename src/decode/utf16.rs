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

    /// A way back from offsets of the text to those of the stored bytes, from the start.
    pub(crate) fn origin(&self) -> Origin {
        Origin { seen: 0, at: 2, big_endian: self.big_endian }
    }
}

/// Goes through a stored text beside the text made from it: for rising offsets, the text is walked once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    seen: usize,
    at: usize,
    big_endian: bool,
}

impl Origin {
    /// The offset in the stored bytes of the character at `offset` of the text.
    pub(crate) fn of(&mut self, bytes: &[u8], offset: usize) -> usize {
        if offset < self.seen {
            (self.seen, self.at) = (0, 2);
        }
        let rest = bytes.get(self.at..).unwrap_or(&[]);
        for character in char::decode_utf16(units(rest, self.big_endian)) {
            if self.seen >= offset {
                break;
            }
            let (width, stored) = match character {
                Ok(character) => (character.len_utf8(), 2 * character.len_utf16()),
                Err(_) => (char::REPLACEMENT_CHARACTER.len_utf8(), 2),
            };
            self.seen += width;
            self.at += stored;
        }
        self.at
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
            let mut origin = read.origin();
            assert_eq!(origin.of(&bytes, 1), 4);
            assert_eq!(origin.of(&bytes, read.text.len() - 1), bytes.len() - 2);
            assert_eq!(origin.of(&bytes, 0), 2, "going back starts anew");
        }
        assert!(Utf16::read(b"plain").is_none());
    }
}

//! Hexadecimal digits, either case, without separators.

use super::{Decoded, is_plain, is_textual};

fn digit(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|digit| digit as u8)
}

fn pair(pair: &[u8]) -> Option<u8> {
    Some(digit(pair[0])? << 4 | digit(pair[1])?)
}

/// Whether `text` begins with the hexadecimal form of `count` plain characters.
pub(crate) fn begins_plain(text: &[u8], count: usize) -> bool {
    text.len() >= count * 2 && text[..count * 2].chunks_exact(2).all(|two| pair(two).is_some_and(is_plain))
}

/// Decodes from the start of `text` up to the first pair that is no hexadecimal or decodes to no text.
pub(crate) fn decode(text: &[u8]) -> Decoded {
    let mut decoded = Decoded::default();
    for two in text.chunks_exact(2) {
        match pair(two) {
            Some(byte) if is_textual(byte) => decoded.text.push(byte),
            _ => break,
        }
        decoded.read += 2;
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_either_case_decode_until_something_else() {
        assert_eq!(decode(b"6869 rest"), Decoded { text: b"hi".to_vec(), read: 4 });
        assert_eq!(decode(b"4A4b"), Decoded { text: b"JK".to_vec(), read: 4 });
        assert_eq!(decode(b"0102"), Decoded::default());
        assert_eq!(decode(b"6"), Decoded::default());
    }

    #[test]
    fn digests_do_not_begin_plain() {
        assert!(begins_plain(b"746f6b656e3d61626364", 8));
        assert!(!begins_plain(b"e3b0c44298fc1c149afbf4c8996fb924", 8));
    }
}

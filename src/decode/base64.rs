//! Base64, in the standard and the URL alphabet, padded or not.

use super::{Decoded, is_plain, is_textual};

/// The value of each base64 character, of both alphabets; 64 and above for other bytes.
static VALUE: [u8; 256] = {
    let mut table = [255; 256];
    let mut i = 0;
    while i < 26 {
        table[b'A' as usize + i] = i as u8;
        table[b'a' as usize + i] = 26 + i as u8;
        i += 1;
    }
    let mut i = 0;
    while i < 10 {
        table[b'0' as usize + i] = 52 + i as u8;
        i += 1;
    }
    table[b'+' as usize] = 62;
    table[b'-' as usize] = 62;
    table[b'/' as usize] = 63;
    table[b'_' as usize] = 63;
    table
};

/// Whether `text` begins with base64 of `groups * 3` plain characters. Turns nearly everything else away after
/// four bytes.
pub(crate) fn begins_plain(text: &[u8], groups: usize) -> bool {
    text.len() >= groups * 4
        && text[..groups * 4].chunks_exact(4).all(|four| {
            let [a, b, c, d] = [0, 1, 2, 3].map(|i| u32::from(VALUE[usize::from(four[i])]));
            if a | b | c | d > 63 {
                return false;
            }
            let three = a << 18 | b << 12 | c << 6 | d;
            is_plain((three >> 16) as u8) && is_plain((three >> 8) as u8) && is_plain(three as u8)
        })
}

/// Whether `text` begins with base64 of plain characters of 16 bits each, as Windows shells take commands.
pub(crate) fn begins_wide(text: &[u8]) -> bool {
    // `A` stands for six zero bits, and the zero bytes leave none but these at every eighth place
    let [_, second, third, _, fifth, ..] = text else { return false };
    if text.len() < 16
        || !matches!(*second, b'A' | b'Q' | b'g' | b'w')
        || *fifth != b'A'
        || *third != b'B' && *third != b'A'
    {
        return false;
    }
    let decoded = decode(&text[..16]);
    decoded.text.len() == 12 && decoded.text.chunks(2).all(|pair| is_plain(pair[0]) && pair[1] == 0)
}

/// Decodes from the start of `text` up to the first byte that is no base64 or that decodes to no text; line breaks
/// between characters are passed over, padding ends the text.
pub(crate) fn decode(text: &[u8]) -> Decoded {
    let mut decoded = Decoded::default();
    let (mut bits, mut held) = (0_u32, 0);
    for (i, &byte) in text.iter().enumerate() {
        let value = VALUE[usize::from(byte)];
        if value > 63 {
            decoded.read = i;
            if byte == b'=' {
                decoded.read += text[i..].iter().take(2).take_while(|&&byte| byte == b'=').count();
            }
            return decoded;
        }
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            let byte = (bits >> held) as u8;
            bits &= (1 << held) - 1;
            if !is_textual(byte) {
                decoded.read = i;
                return decoded;
            }
            decoded.text.push(byte);
        }
    }
    decoded.read = text.len();
    decoded
}

/// Decodes `text` as a whole: `None` when some of it is no base64, its length is impossible, or it is no text.
pub(crate) fn decode_all(text: &[u8]) -> Option<Vec<u8>> {
    let decoded = decode(text);
    let characters = text.iter().rposition(|&byte| byte != b'=').map_or(0, |last| last + 1);
    (decoded.read == text.len() && characters % 4 != 1 && !decoded.text.is_empty()).then_some(decoded.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::{BASE64, BASE64URL_NOPAD};

    #[test]
    fn both_alphabets_decode() {
        for text in ["user:pass", "a", "ab", "abc", "key=\u{e9}~~~???>>>"] {
            assert_eq!(decode_all(BASE64.encode(text.as_bytes()).as_bytes()).unwrap(), text.as_bytes());
            assert_eq!(
                decode_all(BASE64URL_NOPAD.encode(text.as_bytes()).as_bytes()).unwrap(),
                text.as_bytes()
            );
        }
    }

    #[test]
    fn wide_starts_are_told() {
        let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        for text in ["Invoke-Request", "curl https://x", "$a='b'; c", "~~~~~~~~ z", "0123456789"] {
            assert!(begins_wide(BASE64.encode(&wide(text)).as_bytes()), "{text}");
        }
        assert!(!begins_wide(BASE64.encode(b"plain text of bytes").as_bytes()));
        assert!(!begins_wide(b"AAAAAAAAAAAAAAAAAAAAAAAA"));
    }

    #[test]
    fn decoding_stops_where_the_text_ends() {
        let encoded = format!("{}\", rest", BASE64.encode(b"hello"));
        assert_eq!(decode(encoded.as_bytes()), Decoded { text: b"hello".to_vec(), read: 8 });
        assert_eq!(decode_all(b"not base64!"), None);
        assert_eq!(decode_all(b"abcde"), None);
    }

    #[test]
    fn plain_starts_are_told_from_identifiers() {
        assert!(begins_plain(BASE64.encode(b"api_token: 12345").as_bytes(), 4));
        assert!(!begins_plain(b"getElementsByTagName", 4));
        assert!(!begins_plain(b"iVBORw0KGgoAAAANSUhEUgAA", 4));
        assert!(!begins_plain(b"short", 4));
    }
}

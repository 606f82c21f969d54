//! Base32 strings that end with a CRC-16: Stellar seeds and NATS keys.

use data_encoding::BASE32_NOPAD;

/// Longer than any of these kinds.
const MAX_LEN: usize = 128;

/// CRC-16/XMODEM.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| crc << 1 ^ if crc >> 15 == 1 { 0x1021 } else { 0 })
    })
}

pub(super) fn verify(token: &[u8]) -> bool {
    if token.len() > MAX_LEN {
        return false;
    }
    let Ok(bytes) = BASE32_NOPAD.decode(token) else { return false };
    // Without a byte of data the checksum, zero, would say nothing.
    bytes.len() > 2 && super::ends_with(&bytes, |data| Some(crc16(data).to_le_bytes()))
}

/// The bits that complete the last byte of `head` are zero.
pub(super) fn complete(head: &[u8]) -> Option<Vec<u8>> {
    if head.is_empty() || head.len() > MAX_LEN {
        return None;
    }
    let mut text = head.to_vec();
    text.resize(head.len().next_multiple_of(8), b'A');
    let mut bytes = BASE32_NOPAD.decode(&text).ok()?;
    bytes.truncate((head.len() * 5).div_ceil(8));
    let check = crc16(&bytes).to_le_bytes();
    bytes.extend(check);
    BASE32_NOPAD.encode(&bytes).into_bytes().get(head.len()..).map(<[u8]>::to_vec)
}

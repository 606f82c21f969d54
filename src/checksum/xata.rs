//! Xata keys: 20 bytes and their CRC-32, little endian, in a base62 that packs bits.
//!
//! A character stands for six bits, or for five where the middle four of the six are all set, so that 62
//! characters suffice. The bits are taken from the last byte backwards, lowest first.

const DIGITS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const FIVE_BITS: u32 = 0x1E;
const BYTES: usize = 24;
/// 192 bits at five a character.
const MAX_LEN: usize = 39;

fn decode(body: &[u8]) -> Option<[u8; BYTES]> {
    if body.len() > MAX_LEN {
        return None;
    }
    let mut bytes = [0; BYTES];
    let mut free = bytes.iter_mut().rev();
    let (mut bits, mut count) = (0_u32, 0);
    for (at, digit) in body.iter().enumerate() {
        let value = DIGITS.iter().position(|known| known == digit)? as u32;
        bits |= value << count;
        count += match () {
            () if at + 1 == body.len() => u32::BITS - value.leading_zeros(),
            () if value & FIVE_BITS == FIVE_BITS => 5,
            () => 6,
        };
        while count >= 8 {
            *free.next()? = bits as u8;
            bits >>= 8;
            count -= 8;
        }
    }
    // Of the first byte only the bits that are set were counted.
    if let Some(first) = free.next() {
        *first = bits as u8;
        bits = 0;
    }
    (bits == 0 && free.next().is_none()).then_some(bytes)
}

fn encode(bytes: &[u8; BYTES]) -> Vec<u8> {
    let mut text = Vec::with_capacity(MAX_LEN);
    let mut bytes = bytes.iter().rev();
    let (mut bits, mut count) = (0_u32, 0);
    loop {
        if count < 6
            && let Some(&byte) = bytes.next()
        {
            bits |= u32::from(byte) << count;
            count += 8;
        }
        if count == 0 {
            return text;
        }
        let six = bits & 0x3F;
        // The last character is not cut: its leading zeros say nothing.
        let last = count <= 6 && bytes.len() == 0;
        let width = if six & FIVE_BITS == FIVE_BITS && (!last || six > 0x1F) { 5 } else { 6.min(count) };
        text.push(DIGITS[(bits & ((1 << width) - 1)) as usize]);
        bits >>= width;
        count -= width;
    }
}

pub(super) fn verify(token: &[u8]) -> bool {
    let body = token.rsplit(|&byte| byte == b'_').next().unwrap_or(token);
    decode(body)
        .is_some_and(|bytes| super::ends_with(&bytes, |data| Some(crc32fast::hash(data).to_le_bytes())))
}

/// The body for these 20 bytes.
pub(super) fn body(data: [u8; 20]) -> Vec<u8> {
    let mut bytes = [0; BYTES];
    bytes[..20].copy_from_slice(&data);
    bytes[20..].copy_from_slice(&crc32fast::hash(&data).to_le_bytes());
    encode(&bytes)
}

pub(super) fn generate(random: &mut dyn FnMut() -> u8) -> Vec<u8> {
    body(std::array::from_fn(|_| random()))
}

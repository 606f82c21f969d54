//! Azure's keys: Marvin32 under a seed that names the kind, and the older CRC-32 of Azure DevOps.

use data_encoding::{BASE32_NOPAD, BASE64, BASE64URL, Encoding};

use super::crc::BASE62;

/// A seed is a label of eight characters, read as a big-endian number.
type Seed = &'static [u8; 8];

const DEFAULT: Seed = b"Default0";
const ENTRA: Seed = b"AadPwd00";

/// Marvin32, a keyed hash that .NET uses; here the key is public, so it is a checksum.
pub(super) fn marvin32(seed: Seed, bytes: &[u8]) -> u32 {
    fn mix([mut p0, mut p1]: [u32; 2]) -> [u32; 2] {
        p1 ^= p0;
        p0 = p0.rotate_left(20).wrapping_add(p1);
        p1 = p1.rotate_left(9) ^ p0;
        p0 = p0.rotate_left(27).wrapping_add(p1);
        p1 = p1.rotate_left(19);
        [p0, p1]
    }
    let seed = u64::from_be_bytes(*seed);
    let mut state = [seed as u32, (seed >> 32) as u32];
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        state[0] = state[0].wrapping_add(u32::from_le_bytes(*word));
        state = mix(state);
    }
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x80;
    state[0] = state[0].wrapping_add(u32::from_le_bytes(last));
    let [p0, p1] = mix(mix(state));
    p0 ^ p1
}

/// Keys whose base64 text has a marker at a fixed place, and the checksum in the last four bytes.
struct Marked {
    marker: &'static [u8; 4],
    /// Offset of the marker, which goes with the length: see [`text_len`].
    at: usize,
    /// One for each use of the kind.
    seeds: &'static [Seed],
}

const BUS: &[Seed] = &[b"Send0000", b"Listen00", b"Manage00", b"System00"];

const MARKED: &[Marked] = &[
    Marked { marker: b"+AMC", at: 76, seeds: &[b"Classic0"] },
    Marked { marker: b"+ASt", at: 76, seeds: &[DEFAULT] },
    Marked { marker: b"+ABa", at: 76, seeds: &[b"AbAcct00"] },
    Marked { marker: b"APIM", at: 76, seeds: &[b"Tenant00", b"IoTHub00", b"Gatewy00", b"GitKey00"] },
    Marked { marker: b"ACDb", at: 76, seeds: &[b"MastRW00", b"MastRO00"] },
    Marked { marker: b"AzFu", at: 44, seeds: &[b"Master00", b"System00", b"Functi00"] },
    Marked { marker: b"AzSe", at: 42, seeds: &[b"Query000", b"PAdmin00"] },
    Marked { marker: b"+ACR", at: 42, seeds: &[b"ACRDflt0"] },
    Marked { marker: b"AIoT", at: 33, seeds: &[b"IoTHub00", b"DpsKey00", b"Device00"] },
    Marked { marker: REDIS, at: 33, seeds: &[b"Access00"] },
    Marked { marker: b"+ASb", at: 33, seeds: BUS },
    Marked { marker: b"+AEh", at: 33, seeds: BUS },
    Marked { marker: b"+ARm", at: 33, seeds: BUS },
    Marked { marker: b"AZEG", at: 33, seeds: &[b"SendRecv"] },
];

/// Redis keys are sometimes written with `P` for `+` and `F` for `/`, put in after the checksum.
const REDIS: &[u8; 4] = b"AzCa";
/// How many `P` and `F` to try both ways. One key in a thousand has more and stays unconfirmed.
const REDIS_AMBIGUOUS: usize = 8;

/// Length of a key's text with its padding: 64, 40, 39 and 32 bytes.
fn text_len(marker_at: usize) -> usize {
    match marker_at {
        76 => 88,
        44 => 56,
        42 => 52,
        _ => 44,
    }
}

impl Marked {
    /// The kind of the key that begins with `text`.
    fn of(text: &[u8]) -> Option<&'static Self> {
        MARKED.iter().find(|kind| text.get(kind.at..kind.at + 4) == Some(kind.marker.as_slice()))
    }

    fn encoding(&self) -> Encoding {
        if self.marker == b"AzFu" { BASE64URL } else { BASE64 }
    }

    fn verify(&self, text: &[u8]) -> bool {
        let mut buffer = [0; 66];
        let Ok(bytes) = decode(&self.encoding(), text, &mut buffer) else { return false };
        super::ends_with(bytes, |data| {
            // Any of the seeds will do: answer with the bytes that are there when one agrees.
            let found = bytes.last_chunk::<4>()?;
            self.seeds.iter().any(|seed| marvin32(seed, data).to_le_bytes() == *found).then_some(*found)
        })
    }
}

/// The bytes of `text`, which must fit `buffer` by the encoding's own measure.
fn decode<'b>(encoding: &Encoding, text: &[u8], buffer: &'b mut [u8]) -> Result<&'b [u8], ()> {
    let room = encoding.decode_len(text.len()).map_err(drop)?;
    let target = buffer.get_mut(..room).ok_or(())?;
    let length = encoding.decode_mut(text, target).map_err(drop)?;
    Ok(&buffer[..length])
}

pub(super) fn verify_his(token: &[u8]) -> bool {
    let kinds = MARKED.iter().filter(|kind| {
        token.len() == text_len(kind.at) && token.get(kind.at..kind.at + 4) == Some(kind.marker.as_slice())
    });
    for kind in kinds {
        if kind.verify(token) || kind.marker == REDIS && verify_redis_variant(kind, token) {
            return true;
        }
    }
    false
}

fn verify_redis_variant(kind: &Marked, token: &[u8]) -> bool {
    let mut text = [0; 44];
    if token.len() != text.len() || token.iter().any(|byte| b"+/".contains(byte)) {
        return false;
    }
    text.copy_from_slice(token);
    let mut places = [0; REDIS_AMBIGUOUS];
    let mut count = 0;
    for (at, _) in token.iter().enumerate().filter(|(_, byte)| b"PF".contains(byte)) {
        let Some(place) = places.get_mut(count) else { return false };
        *place = at;
        count += 1;
    }
    (1..1_u32 << count).any(|choice| {
        for (bit, &at) in places[..count].iter().enumerate() {
            text[at] = match (token[at], choice >> bit & 1) {
                (b'P', 1) => b'+',
                (_, 1) => b'/',
                (byte, _) => byte,
            };
        }
        kind.verify(&text)
    })
}

/// `head` ends where the key's last digits begin to mix with the checksum: just after the marker. The bits that the
/// next digit still holds of the key are zero, as the provider writes them.
pub(super) fn complete_his(head: &[u8]) -> Option<Vec<u8>> {
    let kind = Marked::of(head).filter(|kind| kind.at + 4 == head.len())?;
    let mut text = head.to_vec();
    text.resize(head.len().next_multiple_of(4), b'A');
    let mut bytes = kind.encoding().decode(&text).ok()?;
    bytes.truncate((head.len() * 6).div_ceil(8));
    let check = marvin32(kind.seeds.first()?, &bytes).to_le_bytes();
    bytes.extend(check);
    let whole = kind.encoding().encode(&bytes).into_bytes();
    whole.get(head.len()..).map(<[u8]>::to_vec)
}

pub(super) fn entra(head: &[u8]) -> Option<[u8; 3]> {
    const DIGITS: &[u8; 66] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~";
    if head.len() != 37 {
        return None;
    }
    let mut value = marvin32(ENTRA, head);
    // The three most significant digits: the number has no leading zeros.
    let base = DIGITS.len() as u32;
    while value >= base.pow(3) {
        value /= base;
    }
    (value >= base.pow(2)).then(|| {
        [value / (base * base), value / base % base, value % base].map(|digit| DIGITS[digit as usize])
    })
}

/// Marvin32 of the first 80 characters, little endian.
fn cask(head: &[u8]) -> Option<[u8; 4]> {
    if head.len() != 80 || !head[52..].starts_with(b"JQQJ9") {
        return None;
    }
    let mut buffer = [0; 60];
    let bytes = decode(&BASE64, head, &mut buffer).ok()?;
    Some(marvin32(DEFAULT, bytes).to_le_bytes())
}

/// The checksum as base62: its bytes read as a big-endian number, most significant digit first, zeros after it.
fn cask_base62(check: [u8; 4]) -> [u8; 6] {
    let mut value = u32::from_be_bytes(check);
    let mut text = [b'0'; 6];
    let length = (0..6).rev().find(|&power| value >= 62_u32.pow(power) || power == 0).unwrap_or(0) as usize;
    for place in text[..=length].iter_mut().rev() {
        *place = BASE62[(value % 62) as usize];
        value /= 62;
    }
    text
}

/// What follows the first 80 characters in the short form of 84.
pub(super) fn cask_84_tail(head: &[u8]) -> Option<[u8; 4]> {
    cask_base62(cask(head)?).first_chunk().copied()
}

/// What follows the first 80 characters of an Azure key with `JQQJ9` in the long form of 88. `None` where `head` is
/// no such beginning.
pub fn cask_88_tail(head: &[u8]) -> Option<Vec<u8>> {
    Some([&cask_base62(cask(head)?)[..], b"=="].concat())
}

pub(super) fn verify_cask(token: &[u8]) -> bool {
    let Some((head, tail)) = token.split_at_checked(80) else { return false };
    let Some(check) = cask(head) else { return false };
    let short = match tail.len() {
        4 => tail,
        8 if tail.ends_with(b"==") => &tail[..6],
        _ => return false,
    };
    // Keys of the first months have plain base64 here.
    let mut plain = [0; 8];
    BASE64.encode_mut(&check, &mut plain);
    cask_base62(check).starts_with(short) || plain.starts_with(short)
}

/// Where a legacy Azure DevOps token keeps the bytes of its checksum, the lowest first.
const DEVOPS_PLACES: [usize; 4] = [22, 8, 7, 2];
/// User tokens, application tokens.
const DEVOPS_MASKS: [u32; 2] = [0xE0B9_692D, 0x1019_F92E];

fn devops_crc(bytes: &[u8; 32]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for range in [0..2, 3..7, 9..22, 23..32] {
        hasher.update(&bytes[range]);
    }
    hasher.finalize()
}

pub(super) fn verify_devops(token: &[u8]) -> bool {
    let Ok(token) = <[u8; 52]>::try_from(token) else { return false };
    if token.iter().any(u8::is_ascii_uppercase) {
        return false;
    }
    let mut bytes = [0; 32];
    if BASE32_NOPAD.decode_mut(&token.map(|byte| byte.to_ascii_uppercase()), &mut bytes).is_err() {
        return false;
    }
    let stored = u32::from_le_bytes(DEVOPS_PLACES.map(|at| bytes[at]));
    DEVOPS_MASKS.contains(&(devops_crc(&bytes) ^ stored))
}

/// The user token that holds these bytes, of which those in the checksum's places are replaced.
pub(super) fn encode_devops(mut bytes: [u8; 32]) -> Vec<u8> {
    let check = (devops_crc(&bytes) ^ DEVOPS_MASKS[0]).to_le_bytes();
    for (at, byte) in DEVOPS_PLACES.into_iter().zip(check) {
        bytes[at] = byte;
    }
    BASE32_NOPAD.encode(&bytes).to_ascii_lowercase().into_bytes()
}

pub(super) fn generate_devops(random: &mut dyn FnMut() -> u8) -> Vec<u8> {
    encode_devops(std::array::from_fn(|_| random()))
}

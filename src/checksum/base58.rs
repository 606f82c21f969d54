//! Base58: wallet keys with a checksum inside, Artifactory keys of a fixed number of bytes.

use bs58::Alphabet;
use sha2::{Digest, Sha256};

/// Longer than any of these kinds. Decoding takes time that grows with the square of the length.
const MAX_LEN: usize = 128;

/// Whose order of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base58 {
    /// That of nearly everyone.
    Bitcoin,
    /// That of the XRP Ledger.
    Ripple,
}

impl Base58 {
    fn alphabet(self) -> &'static Alphabet {
        match self {
            Self::Bitcoin => Alphabet::BITCOIN,
            Self::Ripple => Alphabet::RIPPLE,
        }
    }
}

/// Decodes into `buffer`; `None` where `text` is too long or no Base58.
pub(super) fn decode(text: &[u8], alphabet: Base58, buffer: &mut [u8; MAX_LEN]) -> Option<usize> {
    if text.len() > MAX_LEN {
        return None;
    }
    bs58::decode(text).with_alphabet(alphabet.alphabet()).onto(buffer).ok()
}

fn check(data: &[u8]) -> Option<[u8; 4]> {
    Sha256::digest(Sha256::digest(data)).first_chunk().copied()
}

/// Base58Check: `payload` with its checksum, as text.
pub fn encode_check(payload: &[u8], alphabet: Base58) -> Vec<u8> {
    let check = check(payload).unwrap_or_default();
    bs58::encode([payload, &check].concat()).with_alphabet(alphabet.alphabet()).into_vec()
}

pub(super) fn verify_check(token: &[u8]) -> bool {
    [Base58::Bitcoin, Base58::Ripple].into_iter().any(|alphabet| {
        let mut buffer = [0; MAX_LEN];
        decode(token, alphabet, &mut buffer).is_some_and(|length| super::ends_with(&buffer[..length], check))
    })
}

/// A compressed private key of Bitcoin's main network.
pub(super) fn generate_check(random: &mut dyn FnMut() -> u8) -> Vec<u8> {
    let mut payload = vec![0x80];
    payload.extend((0..32).map(|_| random()));
    payload.push(1);
    encode_check(&payload, Base58::Bitcoin)
}

pub(super) fn verify_len(token: &[u8]) -> bool {
    decode(token, Base58::Bitcoin, &mut [0; MAX_LEN]) == Some(54)
}

/// A key of 73 digits: with that first digit, always 54 bytes.
pub(super) fn generate_len(random: &mut dyn FnMut() -> u8) -> Vec<u8> {
    const DIGITS: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    [b"AKCp".as_slice(), &super::draw::<69>(random, DIGITS)].concat()
}

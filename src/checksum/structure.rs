//! What a value must look like inside, where there is no checksum or only a weak one.

use data_encoding::{BASE32_NOPAD, BASE64, BASE64_NOPAD, BASE64URL_NOPAD};
use ed25519_compact::{KeyPair, Seed};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::base58::{self, Base58};

const UPPER_LOWER_DIGITS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The last character of a crates.io token for trusted publishing; the body is what follows the last underscore.
pub(super) fn xor_mod62(head: &[u8]) -> Option<[u8; 1]> {
    let body = head.rsplit(|&byte| byte == b'_').next().filter(|body| body.len() == 31)?;
    let xor = body.iter().fold(0, |xor, byte| xor ^ byte);
    Some([UPPER_LOWER_DIGITS[usize::from(xor % 62)]])
}

pub(super) fn verify_wireguard(token: &[u8]) -> bool {
    let mut bytes = [0; 33];
    token.len() == 44
        && BASE64.decode_mut(token, &mut bytes) == Ok(32)
        && bytes[0] & 0x07 == 0
        && bytes[31] & 0xC0 == 0x40
}

pub(super) fn generate_wireguard(random: &mut dyn FnMut() -> u8) -> Vec<u8> {
    let mut bytes: [u8; 32] = std::array::from_fn(|_| random());
    bytes[0] &= 0xF8;
    bytes[31] = bytes[31] & 0x7F | 0x40;
    BASE64.encode(&bytes).into_bytes()
}

/// 64 bytes from a JSON array of numbers.
fn byte_array(text: &[u8]) -> Option<[u8; 64]> {
    let inner = text.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let mut bytes = [0; 64];
    let mut numbers = inner.split(|&byte| byte == b',');
    for byte in &mut bytes {
        *byte = str::from_utf8(numbers.next()?.trim_ascii()).ok()?.parse().ok()?;
    }
    numbers.next().is_none().then_some(bytes)
}

/// 64 bytes from base64, with its padding, or from Base58.
fn encoded_bytes(text: &[u8]) -> Option<[u8; 64]> {
    let mut buffer = [0; 128];
    if text.len() == 88 && text.ends_with(b"==") {
        return BASE64.decode(text).ok()?.try_into().ok();
    }
    base58::decode(text, Base58::Bitcoin, &mut buffer).filter(|&length| length == 64)?;
    buffer.first_chunk().copied()
}

/// Seed and public key: Solana writes a JSON array or Base58, Coinbase base64.
pub(super) fn verify_ed25519(token: &[u8]) -> bool {
    let pair = byte_array(token).or_else(|| encoded_bytes(token));
    // Seeds of nothing but zeros, which the crate refuses, are no one's key.
    pair.and_then(|pair| {
        let seed = pair.first_chunk::<32>()?;
        Some(*KeyPair::try_from_seed(Seed::new(*seed)).ok()? == pair)
    })
    .unwrap_or(false)
}

/// Seed and public key from 32 random bytes. `None` only for a source that gives nothing but zeros.
pub fn ed25519_pair(random: &mut dyn FnMut() -> u8) -> Option<[u8; 64]> {
    let seed = Seed::new(std::array::from_fn(|_| random()));
    KeyPair::try_from_seed(seed).ok().map(|pair| *pair)
}

pub(super) fn generate_ed25519(random: &mut dyn FnMut() -> u8) -> Option<Vec<u8>> {
    let numbers: Vec<String> = ed25519_pair(random)?.iter().map(u8::to_string).collect();
    Some(format!("[{}]", numbers.join(",")).into_bytes())
}

/// The account number inside an AWS access key id (`AKIA` or another four letters, then 16 base32 digits), below
/// 2⁴⁰. Ids issued before about 2019 hold none, and the number says nothing: see [`super::Checksum::AwsAccountId`].
pub fn aws_account_id(id: &[u8]) -> Option<u64> {
    let mut bytes = [0; 10];
    let digits = id.get(4..).filter(|digits| digits.len() == 16)?;
    BASE32_NOPAD.decode_mut(digits, &mut bytes).ok()?;
    let number = bytes[..6].iter().fold(0, |number, &byte| number << 8 | u64::from(byte));
    Some((number & 0x7fff_ffff_ff80) >> 7)
}

pub(super) fn verify_aws(token: &[u8]) -> bool {
    // New ids have the highest bit set, which is the digits from Q on; account numbers have twelve decimal digits.
    token.get(4).is_some_and(|digit| matches!(digit, b'Q'..=b'Z' | b'2'..=b'7'))
        && aws_account_id(token).is_some_and(|account| account < 1_000_000_000_000)
}

pub(super) fn generate_aws(random: &mut dyn FnMut() -> u8) -> Vec<u8> {
    // After Q the account number is below 2³⁶, hence of twelve digits.
    let digits = super::draw::<15>(random, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    [b"AKIA", b"Q".as_slice(), &digits].concat()
}

#[derive(Deserialize)]
struct JwtHeader {
    #[serde(rename = "alg")]
    _alg: IgnoredAny,
}

/// Any object: serde reads a struct without fields from one, ignoring what it holds.
#[derive(Deserialize)]
struct Object {}

/// A JSON object of type `T` in a segment of a JWT.
fn holds_json<T: DeserializeOwned>(segment: &[u8]) -> bool {
    let end = segment.iter().rposition(|&byte| byte != b'=').map_or(0, |last| last + 1);
    let Ok(json) = BASE64URL_NOPAD.decode(&segment[..end]) else { return false };
    // serde would take an array for a struct.
    json.trim_ascii_start().starts_with(b"{") && serde_json::from_slice::<T>(&json).is_ok()
}

pub(super) fn verify_jwt(token: &[u8]) -> bool {
    let mut segments = token.split(|&byte| byte == b'.');
    let (Some(header), Some(payload)) = (segments.next(), segments.next()) else { return false };
    holds_json::<JwtHeader>(header) && holds_json::<Object>(payload)
}

pub(super) fn generate_jwt(random: &mut dyn FnMut() -> u8) -> Vec<u8> {
    let subject = String::from_utf8_lossy(&super::draw::<10>(random, b"123456789")).into_owned();
    let issued = 1_700_000_000 + u32::from(random()) * 65_536 + u32::from(random());
    let header = BASE64URL_NOPAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    let payload = BASE64URL_NOPAD.encode(format!(r#"{{"sub":"{subject}","iat":{issued}}}"#).as_bytes());
    let signature = BASE64URL_NOPAD.encode(&std::array::from_fn::<u8, 32, _>(|_| random()));
    format!("{header}.{payload}.{signature}").into_bytes()
}

pub(super) fn verify_discord(token: &[u8]) -> bool {
    let Some(dot) = token.iter().position(|&byte| byte == b'.') else { return false };
    let first = &token[..dot];
    let first = first.strip_suffix(b"==").or_else(|| first.strip_suffix(b"=")).unwrap_or(first);
    BASE64_NOPAD
        .decode(first)
        .is_ok_and(|id| (17..=20).contains(&id.len()) && id.iter().all(u8::is_ascii_digit))
}

pub(super) fn generate_discord(random: &mut dyn FnMut() -> u8) -> Vec<u8> {
    let id = BASE64URL_NOPAD.encode(&super::draw::<18>(random, b"123456789"));
    let tail = super::draw::<33>(random, UPPER_LOWER_DIGITS);
    [id.as_bytes(), b".", &tail[..6], b".", &tail[6..]].concat()
}

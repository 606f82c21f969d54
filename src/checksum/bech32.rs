//! Bech32 (BIP-173), as age and Nostr write their keys.

use bech32::primitives::decode::UncheckedHrpstring;
use bech32::primitives::iter::Fe32IterExt;
use bech32::{Bech32, Fe32, Hrp};

/// Digits of the checksum.
const DIGITS: usize = 6;

pub(super) fn verify(token: &[u8]) -> bool {
    // The crate refuses mixed case and more than 1023 characters.
    str::from_utf8(token)
        .ok()
        .and_then(|text| UncheckedHrpstring::new(text).ok())
        .is_some_and(|text| text.has_valid_checksum::<Bech32>())
}

/// `head` is the readable part, `1` and the data; the checksum comes in its case.
pub(super) fn complete(head: &[u8]) -> Option<Vec<u8>> {
    let (readable, data) = str::from_utf8(head).ok()?.rsplit_once('1')?;
    let readable = Hrp::parse(readable).ok()?;
    let data = data.chars().map(Fe32::from_char).collect::<Result<Vec<_>, _>>().ok()?;
    let whole = data.into_iter().with_checksum::<Bech32>(&readable).chars();
    let mut tail = whole.skip(head.len()).collect::<String>().into_bytes();
    if head.iter().any(u8::is_ascii_uppercase) {
        tail.make_ascii_uppercase();
    }
    (tail.len() == DIGITS).then_some(tail)
}

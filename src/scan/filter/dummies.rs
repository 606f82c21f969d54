//! Values that providers print in their documentation, known by their hashes.

include!(concat!(env!("OUT_DIR"), "/dummies.rs"));

/// What the hashes of `rules/dummies.toml` are keyed with.
const PURPOSE: &str = "portcullis 2026 documented dummy value v1";

/// The hash by which a documented value is known.
pub fn hash(value: &[u8]) -> u64 {
    let whole = blake3::Hasher::new_derive_key(PURPOSE).update(value).finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&whole.as_bytes()[..8]);
    u64::from_be_bytes(first)
}

/// Whether `value` is a documented dummy.
pub(crate) fn is_dummy(value: &[u8]) -> bool {
    DUMMIES.binary_search(&hash(value)).is_ok()
}

//! What a store knows of a value: keyed hashes, and nothing else.

use zeroize::Zeroizing;

use super::sieve::{Look, STRIDE, WindowHash};
use super::strength::Strength;
use super::variants::{Form, variants};
use super::walk::canonical;

/// The keys that hashes are made with, derived from one that the store holds.
#[derive(Clone)]
pub(super) struct HashKeys {
    pub(super) windows: WindowHash,
    value: Zeroizing<[u8; 32]>,
}

impl HashKeys {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let windows = Zeroizing::new(blake3::derive_key("portcullis 2026 fingerprint windows v1", key));
        let value = Zeroizing::new(blake3::derive_key("portcullis 2026 fingerprint values v1", key));
        Self { windows: WindowHash::new(&windows), value }
    }

    /// Of a value in canonical form.
    pub(super) fn value(&self, canonical: &[u8]) -> blake3::Hash {
        blake3::keyed_hash(&self.value, canonical)
    }
}

/// What a store knows of one value.
#[derive(Clone)]
pub(super) struct Value {
    /// Keyed hash of the canonical value.
    pub(super) hash: [u8; 32],
    /// Bytes of the canonical value.
    pub(super) length: u16,
    /// Whether it counts only where no word goes on before or after it.
    pub(super) bounded: bool,
    /// Its forms.
    pub(super) forms: Vec<Print>,
}

/// One form of a value, as hashes.
#[derive(Clone, Copy)]
pub(super) struct Print {
    pub(super) form: Form,
    pub(super) length: u16,
    pub(super) short: bool,
    /// Of each window: where in the form it begins, what it looks like, its hash.
    pub(super) offsets: [u16; STRIDE],
    pub(super) looks: [Look; STRIDE],
    pub(super) tags: [u32; STRIDE],
}

impl Value {
    /// Of `value`, whose canonical form has the keyed hash `hash`.
    pub(super) fn new(keys: &HashKeys, hash: [u8; 32], value: &[u8], strength: Strength) -> Self {
        let forms = variants(value).into_iter().map(|variant| {
            let tag = |window: u64| match variant.short {
                true => keys.windows.short(window),
                false => keys.windows.long(window),
            };
            Print {
                form: variant.form,
                offsets: variant.offsets.map(|offset| offset as u16),
                length: variant.length.min(usize::from(u16::MAX)) as u16,
                short: variant.short,
                looks: variant.looks,
                tags: variant.windows.map(tag),
            }
        });
        let length = canonical(value).len() as u16;
        Self { hash, length, bounded: strength != Strength::Strong, forms: forms.collect() }
    }
}

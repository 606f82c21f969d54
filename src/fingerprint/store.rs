//! A store in memory: what is known, to be changed and written back.

#[cfg(test)]
use std::path::Path;

use zeroize::Zeroizing;

use super::file::FileError;
use super::index::{self, Index};
use super::key::{self, Key};
#[cfg(test)]
use super::matcher::Matcher;
use super::prints::{HashKeys, Value};
use super::record::Record;
use super::sealed::{self, Sealed};
#[cfg(test)]
use super::set::Set;
use super::strength::Strength;
use super::variants;
use super::walk::canonical;

/// A store in memory, to be changed and written back.
#[derive(Clone)]
pub struct Store {
    hash_key: Zeroizing<[u8; 32]>,
    keys: HashKeys,
    values: Vec<Value>,
    records: Vec<Record>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("records", &self.records.len()).finish_non_exhaustive()
    }
}

/// What a change of the store came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// A new entry.
    New,
    /// The entry was there, with this value.
    Same,
    /// The entry was there with another value, which is kept and marked as rotated.
    Rotated,
}

impl Store {
    /// An empty one with a hash key of its own.
    pub(super) fn new() -> std::io::Result<Self> {
        let mut hash_key = Zeroizing::new([0; 32]);
        key::random(&mut *hash_key)?;
        let keys = HashKeys::new(&hash_key);
        Ok(Self { hash_key, keys, values: Vec::new(), records: Vec::new() })
    }

    /// Everything in a store, to change it.
    pub(super) fn open(sealed: Sealed) -> Result<Self, FileError> {
        let (records, damaged) = (sealed.records()?, sealed.damaged());
        let index = Index::open(sealed)?;
        let hash_key = index.key();
        let values = index.unpack().ok_or(damaged)?;
        if records.iter().any(|record| record.value as usize >= values.len()) {
            return Err(index.damaged());
        }
        let keys = HashKeys::new(&hash_key);
        Ok(Self { hash_key, keys, values, records })
    }

    /// All entries, in no order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Adds `value` under the label of `record`, or notes that it is still there. `value` is trimmed and cut at
    /// [`variants::LONGEST`]; [`judge`](super::strength::judge) must have accepted it.
    pub fn add(&mut self, value: &[u8], strength: Strength, mut record: Record) -> Added {
        let value = trim(value);
        record.weak = strength != Strength::Strong || super::strength::bits(value) < EXPORT_BITS;
        record.length = value.len() as u64;
        record.value = self.value(value, strength);
        let known =
            self.records.iter_mut().find(|known| known.label == record.label && known.rotated.is_none());
        let added = match known {
            Some(known) if known.value == record.value => {
                record.first_seen = known.first_seen;
                *known = record;
                return Added::Same;
            }
            Some(known) => {
                known.rotated = Some(record.last_seen);
                Added::Rotated
            }
            None => Added::New,
        };
        // what comes back is no longer rotated
        self.records.retain(|known| !(known.label == record.label && known.value == record.value));
        self.records.push(record);
        added
    }

    /// The number of `value`, added if it is new.
    fn value(&mut self, value: &[u8], strength: Strength) -> u32 {
        let hash = *self.keys.value(&canonical(value)).as_bytes();
        if let Some(known) = self.values.iter().position(|known| known.hash == hash) {
            return known as u32;
        }
        let value = Value::new(&self.keys, hash, value, strength);
        self.values.push(value);
        (self.values.len() - 1) as u32
    }

    /// Removes every entry with this label, rotated ones too; how many there were.
    pub fn remove(&mut self, label: &str) -> usize {
        let before = self.records.len();
        self.records.retain(|record| record.label != label);
        self.sweep();
        before - self.records.len()
    }

    /// Gives the entries with this label another; how many there were.
    pub fn rename(&mut self, label: &str, new: &str) -> usize {
        let mut count = 0;
        for record in self.records.iter_mut().filter(|record| record.label == label) {
            new.clone_into(&mut record.label);
            count += 1;
        }
        count
    }

    /// Changes each entry by `change`.
    pub fn update(&mut self, change: impl FnMut(&mut Record)) {
        self.records.iter_mut().for_each(change);
    }

    /// Drops the values that no entry has.
    fn sweep(&mut self) {
        let mut new = vec![None; self.values.len()];
        let mut kept = Vec::new();
        for record in &mut self.records {
            let number = new[record.value as usize].get_or_insert_with(|| {
                kept.push(self.values[record.value as usize].clone());
                (kept.len() - 1) as u32
            });
            record.value = *number;
        }
        self.values = kept;
    }

    /// The part of the store that `keep` chooses, with `change` made to its records.
    pub(super) fn part(&self, keep: impl Fn(&Record) -> bool, change: impl FnMut(&mut Record)) -> Self {
        let mut part = Self {
            hash_key: self.hash_key.clone(),
            keys: self.keys.clone(),
            values: self.values.clone(),
            records: self.records.iter().filter(|record| keep(record)).cloned().collect(),
        };
        part.sweep();
        part.update(change);
        part
    }

    /// Ready to search with.
    #[cfg(test)]
    pub(super) fn matcher(&self) -> Matcher {
        let key = Key::random().expect("a key");
        let sealed =
            Sealed::parse(Path::new("store"), self.seal(&key).expect("sealed"), &key).expect("a store");
        Matcher { sets: vec![Set::new(Index::open(sealed).expect("opened"))] }
    }

    /// The file's bytes, sealed with `key`.
    pub(super) fn seal(&self, key: &Key) -> std::io::Result<Vec<u8>> {
        let (counts, written) = index::write(&self.hash_key, &self.values);
        sealed::seal(key, counts, written, &self.records)
    }
}

/// Values whose pieces could be tried one by one are not exported.
const EXPORT_BITS: u32 = 80;

/// `value` without white space at its ends, of the longest length at most.
fn trim(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    &value[..value.len().min(variants::LONGEST)]
}

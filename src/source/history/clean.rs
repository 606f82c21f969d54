//! Blobs in which a former scan found nothing at all, by name and kind of file.
//!
//! What a text is judged to hold depends on its path by the kind of file alone, as long as nothing is found in it: see
//! [`Examiner::kind_of`](super::Examiner::kind_of). So an entry counts in every repository.

use crate::cache::Cache;
use crate::git::Oid;

/// Bytes of an entry: name, kind, size of the blob.
const ENTRY: usize = Oid::LENGTH + 1 + 4;
/// Entries of a file: more than any but the very largest repositories have blobs.
const MOST: usize = 4_000_000;

/// A blob without findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clean {
    pub id: Oid,
    /// The kind of file it was looked at as.
    pub kind: u8,
    pub size: u32,
}

/// All that are known, sorted.
#[derive(Debug, Default)]
pub(super) struct CleanBlobs {
    entries: Vec<u8>,
}

fn name(key: &[u8; 32]) -> String {
    format!("clean-{}", &blake3::Hash::from(*key).to_hex()[..32])
}

impl CleanBlobs {
    /// Those that scans under the same `key` have found.
    ///
    /// # Errors
    /// The file is damaged: in words.
    pub(super) fn read(cache: &Cache, key: &[u8; 32]) -> Result<Self, String> {
        let entries = cache.read(&name(key))?.unwrap_or_default();
        let sorted = |entries: &[u8]| entries.chunks(ENTRY).is_sorted();
        if !entries.len().is_multiple_of(ENTRY) || !sorted(&entries) {
            return Err(format!("{}: it is malformed", name(key)));
        }
        Ok(Self { entries })
    }

    /// The size of a blob that is clean as a file of this kind.
    pub(super) fn size(&self, id: &Oid, kind: u8) -> Option<u64> {
        let count = self.entries.len() / ENTRY;
        let entry = |at: usize| &self.entries[at * ENTRY..(at + 1) * ENTRY];
        let wanted = (id.bytes().as_slice(), kind);
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low.midpoint(high);
            let entry = entry(middle);
            if (&entry[..Oid::LENGTH], entry[Oid::LENGTH]) < wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let (found, size) = (low < count).then(|| entry(low).split_at(Oid::LENGTH + 1))?;
        let same = (&found[..Oid::LENGTH], found[Oid::LENGTH]) == wanted;
        same.then(|| size.try_into().map(u32::from_be_bytes).ok().map(u64::from)).flatten()
    }

    /// Adds what a scan has found to what is there by now: another process may have written meanwhile.
    ///
    /// # Errors
    /// The file cannot be written: in words.
    pub(super) fn add(cache: &Cache, key: &[u8; 32], new: &[Clean]) -> Result<(), String> {
        let known = Self::read(cache, key).unwrap_or_default();
        let mut entries: Vec<[u8; ENTRY]> = new
            .iter()
            .map(|clean| {
                let mut entry = [0; ENTRY];
                entry[..Oid::LENGTH].copy_from_slice(clean.id.bytes());
                entry[Oid::LENGTH] = clean.kind;
                entry[Oid::LENGTH + 1..].copy_from_slice(&clean.size.to_be_bytes());
                entry
            })
            .collect();
        // what this scan has seen counts most
        entries.truncate(MOST);
        let room = MOST - entries.len();
        let (old, _) = known.entries.as_chunks::<ENTRY>();
        entries.extend(old.iter().take(room));
        entries.sort_unstable();
        entries.dedup();
        cache.write(&name(key), entries.as_flattened()).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path().to_owned());
        let clean = |name: u8, kind: u8| Clean { id: Oid::new([name; 20]), kind, size: u32::from(name) * 3 };
        let keys = [[1; 32], [2; 32]];
        CleanBlobs::add(&cache, &keys[0], &[clean(7, 1), clean(3, 2), clean(7, 0)]).expect("added");
        CleanBlobs::add(&cache, &keys[0], &[clean(5, 1), clean(3, 2)]).expect("added");
        let known = CleanBlobs::read(&cache, &keys[0]).expect("read");
        let size = |name, kind| known.size(&Oid::new([name; 20]), kind);
        assert_eq!([size(7, 1), size(7, 0), size(3, 2), size(5, 1)], [Some(21), Some(21), Some(9), Some(15)]);
        assert_eq!([size(7, 2), size(3, 1), size(4, 0), size(255, 0), size(0, 0)], [None; 5]);
        assert_eq!(known.entries.len(), 4 * ENTRY);
        assert_eq!(CleanBlobs::read(&cache, &keys[1]).expect("none").size(&Oid::new([7; 20]), 1), None);
    }
}

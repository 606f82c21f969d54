//! The store on disk.
//!
//! ```text
//! magic     "PCFPRINT"
//! version   u32, little endian like all numbers; a reader refuses what is newer than it knows
//! key       16 bytes that tell with which key it is sealed, and nothing of the key
//! nonce     24 random bytes, new for each writing
//! lengths   u64 of each section
//! sections  sealed, each with a tag of 16 bytes: index, windows, records
//! ```
//!
//! Sections are sealed with XChaCha20-Poly1305, so without the key the file says how large it is and nothing else. The
//! index is what short texts need, and is opened always; the windows are for long texts, the records for reports.
//!
//! ```text
//! index     what [`super::index`] says
//! windows   the same
//! records   JSON
//! ```

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::file::{self, FileError, Lock};
use super::index::{Index, Windows};
use super::key::{self, Key};
use super::matcher::{HashKeys, Matcher, Print, Records, Set, Value};
use super::record::Record;
use super::strength::Strength;
use super::variants;
use super::walk::canonical;

const MAGIC: &[u8; 8] = b"PCFPRINT";
const VERSION: u32 = 1;
const SECTIONS: usize = 3;
const HEADER: usize = 8 + 4 + 16 + 24 + 8 * SECTIONS;
const TAG: usize = 16;
/// No store of a person is larger.
const MOST: u64 = 1 << 30;
const SEAL: &str = "portcullis 2026 fingerprint store seal v1";
const KEY_ID: &str = "portcullis 2026 fingerprint store key id v1";

/// Where the files of a store are.
#[derive(Clone, Debug)]
pub struct Places {
    folder: PathBuf,
}

impl Places {
    /// In `$XDG_DATA_HOME/portcullis`, or `~/.local/share/portcullis`; `None` without a home.
    pub fn find(env: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<Self> {
        let folder = |name: &str| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let data = folder("XDG_DATA_HOME")
            .or_else(|| if cfg!(windows) { folder("LOCALAPPDATA") } else { None })
            .or_else(|| folder("HOME").map(|home| home.join(".local/share")))?;
        Some(Self { folder: data.join("portcullis") })
    }

    /// In `folder`.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The store.
    pub fn store(&self) -> PathBuf {
        self.folder.join("fingerprints")
    }

    /// Its key.
    pub fn key(&self) -> PathBuf {
        self.folder.join("fingerprints.key")
    }

    /// The folder of stores that were imported.
    pub fn imported(&self) -> PathBuf {
        self.folder.join("imported")
    }

    fn lock(&self) -> PathBuf {
        self.folder.join("fingerprints.lock")
    }
}

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

/// A store that nobody else changes meanwhile.
#[derive(Debug)]
pub struct Locked {
    /// What it holds.
    pub store: Store,
    key: Key,
    path: PathBuf,
    _lock: Lock,
}

impl Locked {
    /// Opens the store to change it, and makes one with its key if there is none.
    ///
    /// # Errors
    /// When a file is damaged, can be read by others, or the key is missing or another. Nothing is replaced then.
    pub fn open(places: &Places) -> Result<Self, FileError> {
        let lock = Lock::take(&places.lock())?;
        let path = places.store();
        let (store, key) = match read(&path) {
            Ok(bytes) => {
                let key = store_key(places)?;
                (Sealed::parse(&path, bytes)?.open(&key)?, key)
            }
            Err(FileError::Missing(_)) => {
                let key = match Key::read(&places.key()) {
                    Err(FileError::Missing(path)) => Key::create(&path)?,
                    other => other?,
                };
                (Store::new().map_err(|error| FileError::io(&path, error))?, key)
            }
            Err(error) => return Err(error),
        };
        Ok(Self { store, key, path, _lock: lock })
    }

    /// Writes it back.
    ///
    /// # Errors
    /// When the file cannot be written; the old one is in place then.
    pub fn save(&self) -> Result<(), FileError> {
        let write = || file::replace(&self.path, &self.store.seal(&self.key)?);
        write().map_err(|error| FileError::io(&self.path, error))
    }
}

/// The key of a store that is there.
pub(super) fn store_key(places: &Places) -> Result<Key, FileError> {
    Key::read(&places.key()).map_err(|error| match error {
        FileError::Missing(path) => FileError::Damaged {
            path,
            cause: "the key of the fingerprints is missing: restore it from a backup, or remove the store beside it \
                    and run `gate fingerprint sync`"
                .to_owned(),
        },
        other => other,
    })
}

/// What all stores of the user know, ready to search with: the own one and the imported ones. Without a store, nothing.
///
/// # Errors
/// When one of the files is damaged, can be read by others, or is sealed with another key: what it holds could not be
/// searched for, and whoever asked must not pass for having looked.
pub fn load(places: &Places) -> Result<Matcher, FileError> {
    let mut paths = vec![places.store()];
    match std::fs::read_dir(places.imported()) {
        Ok(entries) => {
            let mut imported: Vec<PathBuf> = entries
                .filter_map(|entry| entry.ok().map(|entry| entry.path()))
                .filter(|path| path.extension().is_some_and(|extension| extension == "fingerprints"))
                .collect();
            imported.sort();
            paths.extend(imported);
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(FileError::io(&places.imported(), error)),
    }
    let mut matcher = Matcher::default();
    let mut key = None;
    for path in paths {
        let bytes = match read(&path) {
            Ok(bytes) => bytes,
            Err(FileError::Missing(_)) => continue,
            Err(error) => return Err(error),
        };
        let key = match &key {
            Some(key) => key,
            None => key.insert(store_key(places)?),
        };
        matcher.sets.push(Sealed::parse(&path, bytes)?.into_set(key)?);
    }
    Ok(matcher)
}

/// The records of the own store, and its day; nothing without a store.
///
/// # Errors
/// As [`load`].
pub fn records(places: &Places) -> Result<Vec<Record>, FileError> {
    let path = places.store();
    match read(&path) {
        Ok(bytes) => Sealed::parse(&path, bytes)?.records(&store_key(places)?),
        Err(FileError::Missing(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let file = file::open_private(path)?;
    let size = file.metadata().map_err(|error| FileError::io(path, error))?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(MOST)).unwrap_or(0) + 1);
    file.take(MOST + 1).read_to_end(&mut bytes).map_err(|error| FileError::io(path, error))?;
    Ok(bytes)
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
        let plain = canonical(value);
        let hash = *self.keys.value(&plain).as_bytes();
        if let Some(known) = self.values.iter().position(|known| known.hash == hash) {
            return known as u32;
        }
        let forms = variants::variants(value).into_iter().map(|variant| {
            let hash = |window: u64| match variant.short {
                true => self.keys.windows.short(window),
                false => self.keys.windows.long(window),
            };
            Print {
                form: variant.form,
                offsets: variant.offsets.map(|offset| offset as u16),
                length: variant.length.min(usize::from(u16::MAX)) as u16,
                short: variant.short,
                looks: variant.looks,
                tags: variant.windows.map(hash),
            }
        });
        let value = Value {
            hash,
            length: plain.len() as u16,
            bounded: strength != Strength::Strong,
            forms: forms.collect(),
        };
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
        let sealed = Sealed::parse(Path::new("store"), self.seal(&key).expect("sealed")).expect("a store");
        Matcher { sets: vec![sealed.into_set(&key).expect("opened")] }
    }

    /// The file's bytes, sealed with `key`.
    pub(super) fn seal(&self, key: &Key) -> std::io::Result<Vec<u8>> {
        let (index, windows) = Index::write(&self.hash_key, &self.values);
        let records = Zeroizing::new(serde_json::to_vec(&self.records)?);

        let mut bytes = Vec::new();
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(&key.derive(KEY_ID)[..16]);
        let mut nonce = [0; 24];
        key::random(&mut nonce)?;
        bytes.extend(nonce);
        let sections = [index, windows, records];
        for section in &sections {
            bytes.extend(((section.len() + TAG) as u64).to_le_bytes());
        }
        let header: [u8; HEADER] = bytes[..].try_into().expect("the header is whole");
        let cipher = XChaCha20Poly1305::new(&(*key.derive(SEAL)).into());
        for (number, mut section) in sections.into_iter().enumerate() {
            let tag = cipher
                .encrypt_inout_detached(
                    &section_nonce(&nonce, number),
                    &header,
                    section.as_mut_slice().into(),
                )
                .map_err(|_| std::io::Error::other("too large to seal"))?;
            bytes.extend(&section[..]);
            bytes.extend(tag);
        }
        Ok(bytes)
    }
}

/// Values whose pieces could be tried one by one are not exported.
const EXPORT_BITS: u32 = 80;

/// `value` without white space at its ends, of the longest length at most.
fn trim(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    &value[..value.len().min(variants::LONGEST)]
}

fn section_nonce(nonce: &[u8; 24], number: usize) -> XNonce {
    let mut nonce = *nonce;
    nonce[23] ^= number as u8;
    nonce.into()
}

/// A file that is still closed.
pub(super) struct Sealed {
    path: PathBuf,
    bytes: Vec<u8>,
    /// Where each section begins and ends.
    sections: [(usize, usize); SECTIONS],
}

impl Sealed {
    pub(super) fn parse(path: &Path, bytes: Vec<u8>) -> Result<Self, FileError> {
        let damaged = |cause: &str| FileError::Damaged {
            path: path.to_owned(),
            cause: format!("{cause}; restore it from a backup, or remove it and run `gate fingerprint sync`"),
        };
        if bytes.len() < HEADER || bytes[..8] != *MAGIC {
            return Err(damaged("is no fingerprint store, or its start is damaged"));
        }
        let version = u32::from_le_bytes(bytes[8..12].try_into().expect("four bytes"));
        if version != VERSION {
            return Err(FileError::Damaged {
                path: path.to_owned(),
                cause: format!(
                    "is of version {version}, and this gate knows version {VERSION}: use a later gate"
                ),
            });
        }
        let mut sections = [(0, 0); SECTIONS];
        let mut at = HEADER;
        for (i, section) in sections.iter_mut().enumerate() {
            let length = &bytes[52 + 8 * i..60 + 8 * i];
            let length = u64::from_le_bytes(length.try_into().expect("eight bytes"));
            let end = usize::try_from(length).ok().and_then(|length| at.checked_add(length));
            let end = end.filter(|&end| end <= bytes.len() && end >= at + TAG);
            let Some(end) = end else { return Err(damaged("is cut short")) };
            *section = (at, end);
            at = end;
        }
        if at != bytes.len() {
            return Err(damaged("goes on past its end"));
        }
        Ok(Self { path: path.to_owned(), bytes, sections })
    }

    fn damaged(&self) -> FileError {
        FileError::Damaged {
            path: self.path.clone(),
            cause: "is damaged or was changed by another program; restore it from a backup, or remove it and run \
                    `gate fingerprint sync`"
                .to_owned(),
        }
    }

    fn cipher(&self, key: &Key) -> Result<XChaCha20Poly1305, FileError> {
        if self.bytes[12..28] != key.derive(KEY_ID)[..16] {
            return Err(FileError::Damaged {
                path: self.path.clone(),
                cause:
                    "is sealed with another key than the one at hand: restore the key that belongs to it, or \
                        remove it and run `gate fingerprint sync`"
                        .to_owned(),
            });
        }
        Ok(XChaCha20Poly1305::new(&(*key.derive(SEAL)).into()))
    }

    /// Opens section `number`.
    fn section(&self, cipher: &XChaCha20Poly1305, number: usize) -> Result<Zeroizing<Vec<u8>>, FileError> {
        let (start, end) = self.sections[number];
        let nonce: [u8; 24] = self.bytes[28..52].try_into().expect("24 bytes");
        let mut text = Zeroizing::new(self.bytes[start..end - TAG].to_vec());
        let tag: [u8; TAG] = self.bytes[end - TAG..end].try_into().expect("16 bytes");
        cipher
            .decrypt_inout_detached(
                &section_nonce(&nonce, number),
                &self.bytes[..HEADER],
                text.as_mut_slice().into(),
                &Tag::from(tag),
            )
            .map_err(|_| self.damaged())?;
        Ok(text)
    }

    fn index(&self, cipher: &XChaCha20Poly1305) -> Result<Index, FileError> {
        Index::new(self.section(cipher, 0)?).ok_or_else(|| self.damaged())
    }

    fn windows(&self, cipher: &XChaCha20Poly1305, forms: usize) -> Result<Windows, FileError> {
        Windows::new(self.section(cipher, 1)?, forms).ok_or_else(|| self.damaged())
    }

    fn records(&self, key: &Key) -> Result<Vec<Record>, FileError> {
        let text = self.section(&self.cipher(key)?, 2)?;
        serde_json::from_slice(&text).map_err(|_| self.damaged())
    }

    /// Everything, to change it.
    pub(super) fn open(&self, key: &Key) -> Result<Store, FileError> {
        let cipher = self.cipher(key)?;
        let index = self.index(&cipher)?;
        let windows = self.windows(&cipher, index.forms())?;
        let (hash_key, values) = (index.key(), index.unpack(&windows).ok_or_else(|| self.damaged())?);
        let records = self.records(key)?;
        if records.iter().any(|record| record.value as usize >= values.len()) {
            return Err(self.damaged());
        }
        let keys = HashKeys::new(&hash_key);
        Ok(Store { hash_key, keys, values, records })
    }

    /// To search with: windows and records stay sealed until they are needed.
    fn into_set(self, key: &Key) -> Result<Set, FileError> {
        let cipher = self.cipher(key)?;
        let index = self.index(&cipher)?;
        let forms = index.forms();
        let sealed = std::sync::Arc::new(self);
        let (for_windows, for_records, record_key) = (sealed.clone(), sealed, key.clone());
        let windows =
            Box::new(move || for_windows.windows(&cipher, forms).map_err(|error| error.to_string()));
        let records = Records {
            open: Box::new(move || for_records.records(&record_key).unwrap_or_default()),
            opened: OnceLock::new(),
        };
        Ok(Set::new(index, records, windows))
    }
}

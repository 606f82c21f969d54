//! Opens stores: to change them, under a lock, or to search with them.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::file::{self, FileError, Lock};
use super::index::Index;
use super::key::Key;
use super::keychain::{Keychain, SystemKeychain};
use super::matcher::Matcher;
use super::places::Places;
use super::record::Record;
use super::sealed::Sealed;
use super::set::Set;
use super::store::Store;

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
        let (store, key) = match file::open_private(&path) {
            Ok(file) => {
                let key = store_key(places)?;
                (Store::open(Sealed::of_file(&path, file, &key)?)?, key)
            }
            Err(FileError::Missing(_)) => {
                let key = match read_key(&places.key(), &SystemKeychain) {
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

/// Where the key of the store is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In a file beside the store.
    File,
    /// In the keychain of the system; the file says so.
    Keychain,
}

/// What stands in the key's file when the key is elsewhere.
const ELSEWHERE: &[u8] = b"keychain\n";
/// The key's name in a keychain.
const SERVICE: &str = "portcullis";
const ACCOUNT: &str = "fingerprints";

/// Moves the key of the store to `place`, or makes it there. It is in its new place before it leaves the old one.
///
/// # Errors
/// When the key cannot be read, or the keychain cannot be used. Nothing has changed then.
pub fn keep_key(places: &Places, place: KeyPlace, keychain: &dyn Keychain) -> Result<(), FileError> {
    let _lock = Lock::take(&places.lock())?;
    let path = places.key();
    let fail = |cause: String| FileError::Damaged { path: path.clone(), cause };
    let key = match read_key(&path, keychain) {
        Err(FileError::Missing(_)) if open(&places.store())?.is_none() => {
            Key::random().map_err(|error| FileError::io(&path, error))?
        }
        other => other?,
    };
    let text = match place {
        KeyPlace::File => key.to_text(),
        KeyPlace::Keychain => {
            let told = |cause| fail(format!("the key cannot be kept in the keychain of the system: {cause}"));
            keychain.set(SERVICE, ACCOUNT, &key.to_text()).map_err(told)?;
            let kept = keychain.get(SERVICE, ACCOUNT).map_err(told)?;
            if kept.is_none_or(|kept| *kept != *key.to_text()) {
                return Err(told("it does not give back what it was given".to_owned()));
            }
            Zeroizing::new(ELSEWHERE.to_vec())
        }
    };
    file::replace(&path, &text).map_err(|error| FileError::io(&path, error))
}

/// The key in the file at `path`, or in the keychain if the file says so.
pub(super) fn read_key(path: &Path, keychain: &dyn Keychain) -> Result<Key, FileError> {
    let mut text = Zeroizing::new(Vec::with_capacity(128));
    let file = file::open_private(path)?;
    file.take(128).read_to_end(&mut text).map_err(|error| FileError::io(path, error))?;
    if *text != *ELSEWHERE {
        return Key::from_text(&text).ok_or_else(|| Key::damaged(path));
    }
    let told = |cause: &str| FileError::Damaged {
        path: path.to_owned(),
        cause: format!("the key is in the keychain of the system, and {cause}"),
    };
    let kept = keychain.get(SERVICE, ACCOUNT).map_err(|cause| told(&cause))?;
    let kept =
        kept.ok_or_else(|| told("is not there any more: restore it, or remove this file and the store"))?;
    Key::from_text(&kept).ok_or_else(|| told("is not a key there"))
}

/// The key of a store that is there.
pub(super) fn store_key(places: &Places) -> Result<Key, FileError> {
    read_key(&places.key(), &SystemKeychain).map_err(|error| match error {
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
        let Some(file) = open(&path)? else { continue };
        let key = match &key {
            Some(key) => key,
            None => key.insert(store_key(places)?),
        };
        matcher.sets.push(Set::new(Index::open(Sealed::of_file(&path, file, key)?)?));
    }
    Ok(matcher)
}

/// The records of the own store; nothing without a store.
///
/// # Errors
/// As [`load`].
pub fn records(places: &Places) -> Result<Vec<Record>, FileError> {
    let path = places.store();
    match open(&path)? {
        Some(file) => Sealed::of_file(&path, file, &store_key(places)?)?.records(),
        None => Ok(Vec::new()),
    }
}

/// A store's file, if it is there.
pub(super) fn open(path: &Path) -> Result<Option<File>, FileError> {
    match file::open_private(path) {
        Ok(file) => Ok(Some(file)),
        Err(FileError::Missing(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::fingerprint::keychain::Fake;

    #[test]
    fn the_key_moves_to_a_keychain_and_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = Places::at(folder.path().join("data"));
        Locked::open(&places).expect("a store").save().expect("written");
        let key = std::fs::read(places.key()).expect("a key");
        let locked = Fake(Err("it is locked".to_owned()));
        assert!(keep_key(&places, KeyPlace::Keychain, &locked).is_err());
        assert_eq!(std::fs::read(places.key()).expect("a key"), key, "nothing has changed");
        let keychain = Fake(Ok(RefCell::default()));
        keep_key(&places, KeyPlace::Keychain, &keychain).expect("moved");
        assert_eq!(std::fs::read(places.key()).expect("a file"), ELSEWHERE);
        let read = read_key(&places.key(), &keychain).expect("read");
        assert_eq!(*read.to_text(), key);
        let told = read_key(&places.key(), &locked).expect_err("locked").to_string();
        assert!(told.contains("keychain of the system, and it is locked"), "{told}");
        let empty = Fake(Ok(RefCell::default()));
        assert!(read_key(&places.key(), &empty).is_err());
        keep_key(&places, KeyPlace::File, &keychain).expect("moved back");
        assert_eq!(std::fs::read(places.key()).expect("a key"), key);
    }
}

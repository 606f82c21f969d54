//! Stores for others: a team's runners recognise its credentials without having them.
//!
//! An export is a store like any other, sealed with the team's key. It holds the same keyed hashes as the store it comes
//! from, and the hash key with them, all of it sealed: without the team's key the file tells how large it is and
//! nothing else. Who has the key can find the credentials and confirm guesses, so values that could be guessed stay out.

use std::fs;
use std::path::{Path, PathBuf};

use super::access::{open, read_key, store_key};
use super::file::{self, FileError};
use super::key::Key;
use super::keychain::SystemKeychain;
use super::places::Places;
use super::record::Record;
use super::sealed::Sealed;
use super::store::Store;

/// What an export came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// How many entries it holds.
    pub count: usize,
    /// Labels of the entries that were left out, as their values could be guessed.
    pub left_out: Vec<String>,
}

/// The key in the file at `path`, made if there is none; whether it was made.
///
/// # Errors
/// When the file can be read by others, holds no key, or cannot be written.
pub fn team_key(path: &Path) -> Result<(Key, bool), FileError> {
    match Key::read(path) {
        Ok(key) => Ok((key, false)),
        Err(FileError::Missing(_)) => Ok((Key::create(path)?, true)),
        Err(error) => Err(error),
    }
}

/// Writes the entries of `store` that can't be guessed to `path`, sealed with `key`; with `labels` or without.
///
/// # Errors
/// When the file cannot be written.
pub fn export(store: &Store, key: &Key, path: &Path, labels: bool) -> Result<Exported, FileError> {
    let mut left_out: Vec<String> =
        store.records().iter().filter(|record| record.weak).map(|record| record.label.clone()).collect();
    left_out.sort();
    left_out.dedup();
    let mut number = 0;
    let part = store.part(
        |record| !record.weak,
        |record| {
            number += 1;
            // where it lies on this machine is nobody else's business
            record.place.clear();
            if !labels {
                let Record { label, source, scope, profile, kind, .. } = record;
                *label = format!("credential {number}");
                *source = "team".to_owned();
                (*scope, *profile) = (None, None);
                kind.clear();
            }
        },
    );
    let write = || file::replace(path, &part.seal(key)?);
    write().map_err(|error| FileError::io(path, error))?;
    Ok(Exported { count: part.records().len(), left_out })
}

/// Takes over an export: it is sealed with the key of this machine's store from then on, and searched for beside it. An
/// earlier one of the same name is replaced. How many entries it holds.
///
/// # Errors
/// When it is damaged or sealed with another key, or cannot be written.
pub fn import(places: &Places, path: &Path, key: &Key, name: &str) -> Result<usize, FileError> {
    let bytes = fs::read(path).map_err(|error| FileError::io(path, error))?;
    let store = Store::open(Sealed::parse(path, bytes, key)?)?;
    let own = match open(&places.store())? {
        // a store without its key is not to be hidden by a new key
        Some(_) => store_key(places)?,
        None => match read_key(&places.key(), &SystemKeychain) {
            Err(FileError::Missing(path)) => Key::create(&path)?,
            other => other?,
        },
    };
    let target = imported(places, name);
    let write = || {
        file::create_folder(&places.imported())?;
        file::replace(&target, &store.seal(&own)?)
    };
    write().map_err(|error| FileError::io(&target, error))?;
    Ok(store.records().len())
}

/// Where an import of this name lies.
pub fn imported(places: &Places, name: &str) -> PathBuf {
    places.imported().join(format!("{name}.fingerprints"))
}

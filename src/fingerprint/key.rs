//! The key that a store is sealed with: 32 random bytes in a file of their own, or in the keychain.

use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::file::{self, FileError};

/// The key of a store. Has no form that could be shown.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// A new key.
    ///
    /// # Errors
    /// Where the system has no randomness to give.
    pub fn random() -> io::Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        random(&mut *key)?;
        Ok(Self(key))
    }

    /// The key in the file at `path`.
    ///
    /// # Errors
    /// When the file is missing, can be read by others, or holds no key.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let mut file = file::open_private(path)?;
        let mut text = Zeroizing::new(Vec::with_capacity(128));
        file.by_ref().take(128).read_to_end(&mut text).map_err(|error| FileError::io(path, error))?;
        Self::from_text(&text).ok_or_else(|| Self::damaged(path))
    }

    /// What is to be said of a file that holds none.
    pub(super) fn damaged(path: &Path) -> FileError {
        FileError::Damaged {
            path: path.to_owned(),
            cause: "it holds no key: restore it from a backup; without it the store beside it is of no use"
                .to_owned(),
        }
    }

    /// Writes a new key to `path`, where no file must be.
    ///
    /// # Errors
    /// When the file is there already or cannot be written.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let key = Self::random().map_err(|error| FileError::io(path, error))?;
        file::write_new(path, &key.to_text()).map_err(|error| FileError::io(path, error))?;
        Ok(key)
    }

    /// The key as text: a line of hexadecimal digits.
    pub(super) fn to_text(&self) -> Zeroizing<Vec<u8>> {
        let mut text = Zeroizing::new(data_encoding::HEXLOWER.encode(&*self.0).into_bytes());
        text.push(b'\n');
        text
    }

    /// The key in a text: 64 hexadecimal digits.
    pub fn from_text(text: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        let text = text.trim_ascii();
        let valid = text.len() == 64
            && data_encoding::HEXLOWER_PERMISSIVE
                .decode_mut(text, &mut *key)
                .is_ok_and(|length| length == 32);
        valid.then_some(Self(key))
    }

    /// A key for one purpose.
    pub(super) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(blake3::derive_key(purpose, &*self.0))
    }
}

/// Fills `bytes` from the system's source of randomness.
pub(super) fn random(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::fill(bytes).map_err(|error| io::Error::other(error.to_string()))
}

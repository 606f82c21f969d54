//! What may be wrong with a repository.

use std::fmt;
use std::io;
use std::path::Path;

use super::Oid;

/// Why something of a repository could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is no repository.
    NoRepository(String),
    /// A format that is not read, and what to do about it.
    Unsupported(String),
    /// The object is not here: a shallow or partial clone, or a damaged repository.
    Missing(Oid),
    /// Something is damaged.
    Corrupt(String),
    /// An object is larger than what is held in memory.
    TooLarge {
        /// Its bytes, as far as known.
        size: u64,
    },
    /// A file could not be read.
    Io(String),
    /// A name of a revision that means nothing here, or too much.
    Name(String),
}

/// What this room answers.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        Self::Io(format!("{}: {error}", path.display()))
    }

    pub(super) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt(what.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRepository(text)
            | Self::Unsupported(text)
            | Self::Corrupt(text)
            | Self::Io(text)
            | Self::Name(text) => f.write_str(text),
            Self::Missing(id) => write!(f, "object {id} is missing"),
            Self::TooLarge { size } => write!(f, "an object of {size} bytes is larger than what is read"),
        }
    }
}

impl std::error::Error for Error {}

//! Where the files of a store are.

use std::ffi::OsString;
use std::path::PathBuf;

/// Where the files of a store are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    folder: PathBuf,
}

impl Places {
    /// In `$XDG_DATA_HOME/portcullis`, or `~/.local/share/portcullis`; `None` without a home.
    pub fn find(env: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let folder = |name: &str| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let data = folder("XDG_DATA_HOME")
            .or_else(|| if cfg!(windows) { folder("LOCALAPPDATA") } else { None })
            .or_else(|| folder("HOME").map(|home| home.join(".local/share")))?;
        Some(Self { folder: data.join("portcullis") })
    }

    /// Those of the account that this process runs as, whatever the environment says: below the home folder that
    /// `/etc/passwd` gives. Elsewhere, and for accounts that are kept in a directory service, `None`.
    pub fn of_account() -> Option<Self> {
        #[cfg(unix)]
        {
            let own = super::file::own_id().to_string();
            let mut text = String::new();
            let file = std::fs::File::open("/etc/passwd").ok()?;
            std::io::Read::read_to_string(&mut std::io::Read::take(file, 1 << 20), &mut text).ok()?;
            let home = text.lines().find_map(|line| {
                let mut fields = line.split(':').skip(2);
                (fields.next() == Some(&own)).then(|| fields.nth(2)).flatten()
            })?;
            let home = std::path::Path::new(home);
            (home.is_absolute() && home.parent().is_some())
                .then(|| Self::at(home.join(".local/share/portcullis")))
        }
        #[cfg(not(unix))]
        None
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

    pub(super) fn lock(&self) -> PathBuf {
        self.folder.join("fingerprints.lock")
    }
}

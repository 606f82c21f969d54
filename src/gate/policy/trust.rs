//! Which project files the person has trusted: exactly these contents at exactly these places.
//!
//! One line a file: 64 hexadecimal digits, a space, the path. The digits are a hash of path and content, so any edit and
//! any other place need trust again. The file belongs to the person alone; one that others can write is refused.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

const PURPOSE: &str = "portcullis 2026 trusted policy v1";
/// Some ten thousand projects.
const LIMIT: u64 = 4 << 20;

/// The record of trusted project files.
#[derive(Clone, Debug)]
pub struct TrustStore {
    file: PathBuf,
}

impl TrustStore {
    /// The usual place: `$XDG_STATE_HOME/portcullis/trusted`, or below `~/.local/state`; `None` when there is no home.
    pub fn find(environment: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let absolute = |name: &str| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let state =
            absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")))?;
        Some(Self { file: state.join("portcullis/trusted") })
    }

    /// A record at this place.
    pub fn at(file: PathBuf) -> Self {
        Self { file }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// Whether this content of the file at `path` (absolute) is trusted.
    ///
    /// # Errors
    /// A record that cannot be read or that others can write: nothing in it can be relied on.
    pub fn trusts(&self, path: &Path, content: &[u8]) -> io::Result<bool> {
        let wanted = digest(path, content);
        Ok(self.read()?.lines().any(|line| line.split(' ').next() == Some(wanted.as_str())))
    }

    /// Records this content as trusted, in place of what was trusted at `path` before.
    ///
    /// # Errors
    /// As for [`TrustStore::trusts`], and a record that cannot be written.
    pub fn trust(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut lines = self.others(path)?;
        lines.push(format!("{} {}", digest(path, content), name(path)));
        self.write(lines)
    }

    /// Takes back whatever was trusted at `path`; whether something was.
    ///
    /// # Errors
    /// As for [`TrustStore::trust`].
    pub fn forget(&self, path: &Path) -> io::Result<bool> {
        let before = self.read()?.lines().count();
        let lines = self.others(path)?;
        let changed = lines.len() < before;
        if changed {
            self.write(lines)?;
        }
        Ok(changed)
    }

    fn others(&self, path: &Path) -> io::Result<Vec<String>> {
        let name = name(path);
        let text = self.read()?;
        let other = |line: &&str| line.split_once(' ').is_some_and(|(_, path)| path != name);
        Ok(text.lines().filter(other).map(str::to_owned).collect())
    }

    fn read(&self) -> io::Result<String> {
        let file = match File::open(&self.file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
            file => file?,
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() > LIMIT {
            return Err(self.refused("it is no record of trust: remove it and trust your projects again"));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            if metadata.mode() & 0o022 != 0 {
                return Err(self.refused("others can write it: chmod 600 it, and look at what it holds"));
            }
        }
        let mut text = String::new();
        file.take(LIMIT).read_to_string(&mut text)?;
        Ok(text)
    }

    fn write(&self, mut lines: Vec<String>) -> io::Result<()> {
        lines.sort();
        let folder = self.file.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(folder)?;
        let fresh = self.file.with_extension(format!("new-{}", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let written = options.open(&fresh).and_then(|mut file| {
            lines.iter().try_for_each(|line| writeln!(file, "{line}"))?;
            file.sync_all()
        });
        written.and_then(|()| fs::rename(&fresh, &self.file)).inspect_err(|_| {
            let _ = fs::remove_file(&fresh);
        })
    }

    fn refused(&self, why: &str) -> io::Error {
        io::Error::other(format!("{}: {why}", self.file.display()))
    }
}

/// A path on one line.
fn name(path: &Path) -> String {
    path.to_string_lossy().replace(['\n', '\r'], "?")
}

fn digest(path: &Path, content: &[u8]) -> String {
    let path = path.as_os_str().as_encoded_bytes();
    let mut hasher = blake3::Hasher::new_derive_key(PURPOSE);
    hasher.update(&(path.len() as u64).to_le_bytes()).update(path).update(content);
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, TrustStore) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = TrustStore::at(folder.path().join("state/portcullis/trusted"));
        (folder, store)
    }

    #[test]
    fn trust_holds_for_that_content_at_that_place_alone() {
        let (_folder, store) = store();
        let (here, there) = (Path::new("/p/.portcullis.toml"), Path::new("/q/.portcullis.toml"));
        assert!(!store.trusts(here, b"one").expect("read"));
        store.trust(here, b"one").expect("written");
        assert!(store.trusts(here, b"one").expect("read"));
        assert!(!store.trusts(here, b"two").expect("read"));
        assert!(!store.trusts(there, b"one").expect("read"));
        store.trust(here, b"two").expect("written");
        assert!(!store.trusts(here, b"one").expect("read"), "the old content is trusted no more");
        assert!(store.forget(here).expect("written"));
        assert!(!store.trusts(here, b"two").expect("read"));
        assert!(!store.forget(here).expect("written"));
    }

    #[cfg(unix)]
    #[test]
    fn a_record_that_others_can_write_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_folder, store) = store();
        store.trust(Path::new("/p"), b"one").expect("written");
        assert_eq!(fs::metadata(store.path()).expect("there").permissions().mode() & 0o777, 0o600);
        fs::set_permissions(store.path(), fs::Permissions::from_mode(0o666)).expect("set");
        assert!(store.trusts(Path::new("/p"), b"one").is_err());
        assert!(store.trust(Path::new("/p"), b"two").is_err());
    }
}

//! What former scans have learned, so that a repeat looks at what is new only.
//!
//! Files in `$XDG_CACHE_HOME/portcullis` or `~/.cache/portcullis`, each under the hash of its content. They hold names of
//! git objects, paths and numbers; no finding, and nothing of a text. They are believed only where nobody else can write:
//! a folder that belongs to somebody else, that others can write to, or that lies in what is scanned is not used. Files
//! are replaced at once, so several processes may use them; what is damaged is ignored and made anew.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What a file begins with; then the hash of the rest.
const MAGIC: &[u8] = b"portcullis cache 1\n";
const HASH: usize = 32;
/// Bytes of the largest file.
const LARGEST: u64 = 128 << 20;
/// Bytes of all files: the oldest go first.
const MOST: u64 = 512 << 20;
/// The ending of our files.
const ENDING: &str = "cache";

/// The folder of the cache.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The folder that the environment names, which need not exist; `None` without a home.
    pub fn find(get: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let folder = |name: &str| get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let caches = folder("XDG_CACHE_HOME")
            .or_else(|| if cfg!(windows) { folder("LOCALAPPDATA") } else { None })
            .or_else(|| folder("HOME").map(|home| home.join(".cache")))?;
        Some(Self { folder: caches.join("portcullis") })
    }

    /// In `folder`.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder, and sees that it can be trusted for a scan of what lies in `scanned`.
    ///
    /// # Errors
    /// It cannot be made, is not this user's alone, or lies in one of `scanned`: in words.
    pub fn prepare(&self, scanned: &[&Path]) -> Result<(), String> {
        let shown = self.folder.display();
        make_folder(&self.folder).map_err(|error| format!("{shown}: {error}"))?;
        let own = self.folder.canonicalize().map_err(|error| format!("{shown}: {error}"))?;
        let within = |folder: &&Path| folder.canonicalize().is_ok_and(|folder| own.starts_with(folder));
        if scanned.iter().any(within) {
            return Err(format!(
                "{shown}: it lies in the repository, so whoever wrote that may have written it"
            ));
        }
        Ok(())
    }

    /// The content of a file; `None` when it is not there.
    ///
    /// # Errors
    /// It is damaged, or cannot be read: in words.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        let path = self.path(name);
        let fail = |problem: String| format!("{}: {problem}", path.display());
        let mut file = match open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(error.to_string())),
        };
        let metadata = file.metadata().map_err(|error| fail(error.to_string()))?;
        if !metadata.is_file() || metadata.len() > LARGEST {
            return Err(fail("it is no file of the cache".to_owned()));
        }
        let mut bytes = Vec::with_capacity(metadata.len() as usize);
        (&mut file).take(LARGEST).read_to_end(&mut bytes).map_err(|error| fail(error.to_string()))?;
        let start = MAGIC.len() + HASH;
        let whole = bytes.starts_with(MAGIC)
            && bytes.len() >= start
            && blake3::hash(&bytes[start..]).as_bytes()[..] == bytes[MAGIC.len()..start];
        if !whole {
            return Err(fail("it is damaged".to_owned()));
        }
        bytes.drain(..start);
        Ok(Some(bytes))
    }

    /// Replaces a file, and takes out the oldest ones when there are too many.
    ///
    /// # Errors
    /// It cannot be written, or is too large.
    pub fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        if content.len() as u64 > LARGEST - 1024 {
            return Err(io::Error::other("too large for the cache"));
        }
        let path = self.path(name);
        let beside = path.with_extension(format!("{}.new", std::process::id()));
        // left behind by a process of this number that did not get to its end
        let _ = fs::remove_file(&beside);
        let written = create(&beside).and_then(|mut file| {
            file.write_all(MAGIC)?;
            file.write_all(blake3::hash(content).as_bytes())?;
            file.write_all(content)?;
            drop(file);
            fs::rename(&beside, &path)
        });
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written?;
        self.shrink()
    }

    /// Takes out everything; how many files and bytes that was.
    ///
    /// # Errors
    /// The folder cannot be listed, or a file cannot be removed.
    pub fn clear(&self) -> io::Result<(usize, u64)> {
        let files = self.files()?;
        let bytes = files.iter().map(|(_, _, size)| size).sum();
        for (_, path, _) in &files {
            remove(path)?;
        }
        Ok((files.len(), bytes))
    }

    fn shrink(&self) -> io::Result<()> {
        let mut files = self.files()?;
        let mut all: u64 = files.iter().map(|(_, _, size)| size).sum();
        files.sort();
        for (_, path, size) in files {
            if all <= MOST {
                break;
            }
            remove(&path)?;
            all -= size;
        }
        Ok(())
    }

    /// Our files, and those that were never finished: when each was written, and its bytes.
    fn files(&self) -> io::Result<Vec<(SystemTime, PathBuf, u64)>> {
        let listed = match fs::read_dir(&self.folder) {
            Ok(listed) => listed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut files = Vec::new();
        for entry in listed {
            let entry = entry?;
            let path = entry.path();
            let ours = path.extension().is_some_and(|ending| ending == ENDING || ending == "new");
            // another process may have taken it out
            if let Ok(metadata) = entry.metadata()
                && ours
                && metadata.is_file()
            {
                files.push((metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), path, metadata.len()));
            }
        }
        Ok(files)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name).with_extension(ENDING)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let metadata = fs::metadata(folder)?;
    // SAFETY: asks for a number and cannot fail.
    let own = unsafe { libc::geteuid() };
    if metadata.uid() != own || metadata.mode() & 0o022 != 0 {
        return Err(io::Error::other("others can write to this folder"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // neither a link nor a FIFO has a place here
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path().join("portcullis"));
        cache.prepare(&[]).expect("made");
        (folder, cache)
    }

    #[test]
    fn what_is_written_is_read_and_damage_is_told() {
        let (_folder, cache) = cache();
        assert_eq!(cache.read("a"), Ok(None));
        cache.write("a", b"text").expect("written");
        cache.write("a", b"other").expect("written");
        assert_eq!(cache.read("a"), Ok(Some(b"other".to_vec())));
        let path = cache.path("a");
        let good = fs::read(&path).expect("there");
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).expect("written");
            assert!(cache.read("a").is_err(), "{at}");
            fs::write(&path, &good[..at]).expect("written");
            assert!(cache.read("a").is_err(), "{at}");
        }
        assert_eq!(cache.clear().expect("cleared").0, 1);
        assert_eq!(cache.read("a"), Ok(None));
        assert_eq!(cache.clear().expect("cleared"), (0, 0));
    }

    #[test]
    fn a_folder_of_the_repository_is_not_used() {
        let (folder, cache) = cache();
        assert!(cache.prepare(&[folder.path()]).is_err_and(|why| why.contains("in the repository")));
        assert!(cache.prepare(&[&folder.path().join("other")]).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn what_others_can_write_to_is_not_used() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (folder, cache) = cache();
        cache.write("a", b"text").expect("written");
        fs::rename(cache.path("a"), folder.path().join("moved")).expect("moved");
        symlink(folder.path().join("moved"), cache.path("a")).expect("linked");
        assert!(cache.read("a").is_err());
        fs::set_permissions(cache.folder(), fs::Permissions::from_mode(0o777)).expect("changed");
        assert!(cache.prepare(&[]).is_err_and(|why| why.contains("others can write")));
    }

    #[test]
    fn folders_come_from_the_environment() {
        let find = |set: &[(&str, &str)]| {
            let get =
                |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
            Cache::find(get).map(|cache| cache.folder)
        };
        assert_eq!(find(&[("HOME", "/h")]), Some("/h/.cache/portcullis".into()));
        assert_eq!(find(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")]), Some("/x/portcullis".into()));
        assert_eq!(find(&[("XDG_CACHE_HOME", "x")]), None);
    }
}

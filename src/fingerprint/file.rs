//! Files that nobody else may read: opened with a check, replaced whole.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What is wrong with a file.
#[derive(Debug)]
pub enum FileError {
    /// Not there.
    Missing(PathBuf),
    /// Others than its owner can read or write it.
    Exposed {
        /// The file.
        path: PathBuf,
        /// Who can do what, and the way out.
        cause: String,
    },
    /// Not what it should be.
    Damaged {
        /// The file.
        path: PathBuf,
        /// How, and the way out.
        cause: String,
    },
    /// The system refused.
    Io(PathBuf, io::Error),
}

impl FileError {
    pub(super) fn io(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing(path.to_owned()),
            _ => Self::Io(path.to_owned(), error),
        }
    }
}

impl FileError {
    /// Which file.
    pub fn path(&self) -> &Path {
        match self {
            Self::Missing(path)
            | Self::Exposed { path, .. }
            | Self::Damaged { path, .. }
            | Self::Io(path, _) => path,
        }
    }

    /// What is wrong with it, and the way out.
    pub fn cause(&self) -> String {
        match self {
            Self::Missing(_) => "is not there".to_owned(),
            Self::Exposed { cause, .. } | Self::Damaged { cause, .. } => cause.clone(),
            Self::Io(_, error) => error.to_string(),
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path().display(), self.cause())
    }
}

impl std::error::Error for FileError {}

/// Opens a file that must be its owner's alone.
pub(super) fn open_private(path: &Path) -> Result<File, FileError> {
    let file = open(path).map_err(|error| FileError::io(path, error))?;
    let metadata = file.metadata().map_err(|error| FileError::io(path, error))?;
    if !metadata.is_file() {
        return Err(FileError::Damaged { path: path.to_owned(), cause: "is no file".to_owned() });
    }
    exposed(&metadata).map_or(Ok(file), |cause| Err(FileError::Exposed { path: path.to_owned(), cause }))
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // a FIFO in its place must not hold anybody up
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

/// Fills `into` from `offset` of the file.
pub(super) fn read_exact_at(file: &File, into: &mut [u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_exact_at(file, into, offset);
    #[cfg(not(unix))]
    {
        use std::io::{Read as _, Seek as _};
        let mut file = file;
        file.seek(io::SeekFrom::Start(offset))?;
        file.read_exact(into)
    }
}

/// The number of the user that this process runs as.
#[cfg(unix)]
pub(super) fn own_id() -> u32 {
    // SAFETY: asks for a number and cannot fail.
    unsafe { libc::geteuid() }
}

/// Why a file is not its owner's alone.
#[cfg(unix)]
fn exposed(metadata: &fs::Metadata) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let mode = metadata.mode() & 0o777;
    if metadata.uid() != own_id() && metadata.uid() != 0 {
        return Some("belongs to another user: move it away, then run `gate fingerprint sync`".to_owned());
    }
    (mode & 0o077 != 0)
        .then(|| format!("others can read or write it (mode {mode:04o}): run `chmod 600` on it"))
}

#[cfg(not(unix))]
fn exposed(_: &fs::Metadata) -> Option<String> {
    None
}

/// Creates the folder that private files lie in.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, MetadataExt};
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        if fs::metadata(path)?.mode() & 0o022 != 0 {
            return Err(io::Error::other("others can write to this folder: run `chmod 700` on it"));
        }
        Ok(())
    }
    #[cfg(not(unix))]
    fs::create_dir_all(path)
}

/// Writes a file that must not be there yet, readable by its owner only, and makes sure that it is on the disk.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        create_folder(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    sync_folder(path)
}

/// Replaces a file at once: whoever reads it meanwhile, and whatever ends us meanwhile, the old or the new one is there.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    // left behind by a process of this number that did not get to its end
    let _ = fs::remove_file(&new);
    let done = write_new(&new, bytes).and_then(|()| fs::rename(&new, path)).and_then(|()| sync_folder(path));
    if done.is_err() {
        let _ = fs::remove_file(&new);
    }
    done
}

/// A rename lasts once its folder is on the disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    let _ = path;
    Ok(())
}

/// Held by the one process that changes the store. Freed by the system when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "closing the file frees the lock")] File);

impl Lock {
    /// Waits until nobody else holds it.
    pub(super) fn take(path: &Path) -> Result<Self, FileError> {
        let fail = |error| FileError::io(path, error);
        if let Some(folder) = path.parent() {
            create_folder(folder).map_err(|error| FileError::Io(folder.to_owned(), error))?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC);
        }
        let file = options.open(path).map_err(fail)?;
        file.lock().map_err(fail)?;
        Ok(Self(file))
    }
}

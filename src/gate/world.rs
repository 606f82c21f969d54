//! The file system as the gate sees it: bounded reads of regular files, nothing followed that could wait for ever.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::model::{FileKind, Recoverable, Stake, World};
use super::recover;

/// How long a look at a repository may take.
const LOOK: Duration = Duration::from_millis(25);

/// The real file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Files;

impl World for Files {
    fn read(&self, path: &Path, limit: usize) -> Option<(Vec<u8>, bool)> {
        let file = open(path)?;
        let mut bytes = Vec::new();
        file.take(limit as u64 + 1).read_to_end(&mut bytes).ok()?;
        let whole = bytes.len() <= limit;
        bytes.truncate(limit);
        Some((bytes, whole))
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        let kind = path.symlink_metadata().ok()?.file_type();
        Some(if kind.is_symlink() {
            FileKind::Link
        } else if kind.is_dir() {
            FileKind::Folder
        } else if kind.is_file() {
            FileKind::File
        } else {
            FileKind::Other
        })
    }

    fn link(&self, path: &Path) -> Option<PathBuf> {
        std::fs::read_link(path).ok()
    }

    fn recoverable(&self, path: &Path) -> Recoverable {
        recover::recoverable(path, LOOK)
    }

    fn at_stake(&self, stake: &Stake) -> Recoverable {
        recover::at_stake(stake, LOOK)
    }
}

/// Opens a regular file; never waits for a FIFO or a device.
fn open(path: &Path) -> Option<File> {
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(libc::O_NONBLOCK);
    }
    let file = options.open(path).ok()?;
    // it may have become something else in between
    file.metadata().ok()?.is_file().then_some(file)
}

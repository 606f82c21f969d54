//! Opens and reads one file of a tree, whose owner may be hostile: no link is followed, nothing is opened that waits.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use crate::source::Sink;
use crate::source::read::{Buffer, WHOLE};

/// What came of a file.
#[derive(Debug)]
pub(super) enum Taken {
    /// So many bytes were scanned; `trouble` says in words why that is less than the whole.
    Scanned { bytes: u64, trouble: Option<String> },
    /// Larger than the cap.
    TooLarge,
    /// A link where links are not followed.
    Link,
    /// Not there any more.
    Gone,
    /// A directory, device, FIFO or socket.
    Special,
    /// Could not be opened.
    Failed(io::Error),
}

/// Scans the file at `path` under the name `name`. `follow` is for paths that the user named.
pub(super) fn take<S: Sink>(
    path: &Path,
    name: &str,
    follow: bool,
    max_size: Option<u64>,
    buffer: &mut Buffer,
    sink: &mut S,
) -> Taken {
    // Opening a FIFO wakes its writer, and a device may act. The walk knows kinds beforehand; here we must ask.
    if follow && path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Taken::Special;
    }
    let file = match open(path, follow) {
        Ok(file) => file,
        Err(error) => return refused(error),
    };
    // Asked of the open file, so that it cannot be swapped for another in between.
    let before = match file.metadata() {
        Ok(metadata) => metadata,
        Err(error) => return Taken::Failed(error),
    };
    if !before.is_file() {
        return Taken::Special;
    }
    let size = before.len();
    if max_size.is_some_and(|max| size > max) {
        return Taken::TooLarge;
    }
    // Files of /proc state size 0 and hold text; others grow while they are read, perhaps without end.
    let limit = size.max(WHOLE as u64) + 1;
    let passed = buffer.pass(&mut (&file).take(limit), name, Some(size), sink);
    let trouble = match passed.error {
        Some(error) => Some(format!("could not be read to its end: {error}")),
        // The usual case asks nothing more of the system.
        None if passed.bytes == size && !passed.windowed => None,
        None if passed.bytes == limit => {
            Some("changed while being read: it goes on past its size".to_owned())
        }
        None => match file.metadata() {
            Ok(after) if version(&after) == version(&before) => None,
            _ => Some("changed while being read".to_owned()),
        },
    };
    Taken::Scanned { bytes: passed.bytes, trouble }
}

fn version(metadata: &Metadata) -> (u64, Option<std::time::SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}

#[cfg(unix)]
fn open(path: &Path, follow: bool) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // O_NONBLOCK: a FIFO put in place of the file must not hold up the scan. It means nothing to regular files.
    let link = if follow { 0 } else { libc::O_NOFOLLOW };
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC | link).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path, _follow: bool) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

fn refused(error: io::Error) -> Taken {
    #[cfg(unix)]
    match error.raw_os_error() {
        // What O_NOFOLLOW answers to a link on Linux and macOS, and on FreeBSD.
        Some(libc::ELOOP | libc::EMLINK) => return Taken::Link,
        // Sockets and devices without a driver.
        Some(libc::ENXIO | libc::ENODEV) => return Taken::Special,
        Some(libc::ENOTDIR) => return Taken::Gone,
        _ => {}
    }
    if error.kind() == io::ErrorKind::NotFound { Taken::Gone } else { Taken::Failed(error) }
}

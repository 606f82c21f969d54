//! Files of a repository: its owner may be hostile, so nothing is opened that waits or acts, and nothing is read
//! without a bound.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use super::{Error, Result};

/// Opens a regular file and tells its size. Links are followed: work trees and alternates are made of them.
pub(super) fn open(path: &Path) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // a FIFO in place of the file must not hold up the scan
        options.custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC);
        if !path.metadata()?.is_file() {
            return Err(io::Error::other("is no regular file"));
        }
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("is no regular file"));
    }
    Ok((file, metadata.len()))
}

/// The whole of a file of at most `most` bytes; `None` when there is none.
pub(super) fn read(path: &Path, most: u64) -> Result<Option<Vec<u8>>> {
    let (file, size) = match open(path) {
        Ok(opened) => opened,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(Error::io(path, &error)),
    };
    if size > most {
        return Err(Error::corrupt(format!("{}: {size} bytes are too many", path.display())));
    }
    let mut bytes = Vec::with_capacity(size as usize + 1);
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| Error::io(path, &error))?;
    if bytes.len() as u64 > most {
        return Err(Error::corrupt(format!("{}: it goes on past its size", path.display())));
    }
    Ok(Some(bytes))
}

/// Fills `into` from `offset` of the file, as far as the file goes: the number of bytes read.
pub(super) fn read_at(file: &File, into: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < into.len() {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(file, &mut into[done..], offset + done as u64);
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(file, &mut into[done..], offset + done as u64);
        match read {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

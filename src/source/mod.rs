//! Where bytes to scan come from: the work tree and standard input.
//!
//! Nothing here looks at content. A [`Sink`] gets each file, one sink per thread, so that neither side needs a lock.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::blob::Blob;
use crate::config::PathGlobs;

pub mod changes;
pub mod diff;
mod file;
pub mod history;
mod lfs;
mod name;
pub mod range;
mod read;
pub mod staged;
mod stdin;
mod tracked;
pub mod version;
mod walk;

pub use read::{AFTER, BEFORE, KEPT, WHOLE};
pub use stdin::scan_stdin;
pub use walk::scan_tree;

/// What to scan of the file system.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Directories and files. Files are scanned even when they are ignored or excluded. Roots that are the same or
    /// lie in one another are scanned once.
    pub roots: Vec<PathBuf>,
    /// Scan also what git ignores.
    pub no_ignore: bool,
    /// Paths to leave out.
    pub exclude: PathGlobs,
    /// Where names begin in the folder that `exclude` speaks of, such as `services/api`; empty when they agree. A
    /// pattern counts when it matches the name or the name with this before it.
    pub prefix: String,
    /// Files of more bytes are left out and counted.
    pub max_file_size: Option<u64>,
    /// Threads; 0 for one per processor.
    pub threads: usize,
    /// Counters to bump, if anybody watches.
    pub progress: Option<Arc<Progress>>,
}

/// Takes the files of one thread.
pub trait Sink: Send {
    /// Takes one text, or one window of a large one; the windows of a text come in order and without others between.
    /// Empty texts are not handed on.
    fn blob(&mut self, blob: &Blob<'_>);

    /// Whether a large text is binary, judged by its first window; later ones carry the answer. By default a NUL
    /// byte in the first 8,000 bytes, as git has it, unless a byte order mark says UTF-16.
    fn is_binary(&self, first: &[u8]) -> bool {
        let utf16 = first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff");
        !utf16 && memchr::memchr(0, &first[..first.len().min(8_000)]).is_some()
    }
}

/// How far a scan has come.
#[derive(Debug, Default)]
pub struct Progress {
    files: AtomicU64,
    bytes: AtomicU64,
}

impl Progress {
    /// Files and bytes scanned so far.
    pub fn so_far(&self) -> (u64, u64) {
        (self.files.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    fn file(&self, bytes: u64) {
        self.files.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;

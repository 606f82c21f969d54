//! Bytes to scan, with where they come from.

use crate::span::Position;

/// One text, or one window of a large one, ready to be scanned.
#[derive(Clone, Copy)]
pub struct Blob<'b> {
    /// The bytes to look at.
    pub bytes: &'b [u8],
    /// The path to report and to judge the kind of file by: relative to the scan root, with `/`.
    pub path: &'b str,
    /// Where `bytes` lies in its file.
    pub window: Window,
}

/// The part of a file that a [`Blob`] holds. Findings are kept when they begin in `keep`; the bytes around it
/// are context, so that neighbouring windows together find what one look at the whole file would.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Offset in the file of the first byte of the blob.
    pub offset: u64,
    /// Position in the file of the first byte of the blob.
    pub position: Position,
    /// Offsets in the blob, from and up to, between which a finding must begin.
    pub keep: (usize, usize),
    /// Whether the file is known to be binary from an earlier window; `None` when this is the first.
    pub binary: Option<bool>,
}

impl Window {
    /// The window that is the whole text.
    pub fn whole() -> Self {
        Self { offset: 0, position: Position { line: 1, column: 1 }, keep: (0, usize::MAX), binary: None }
    }
}

impl<'b> Blob<'b> {
    /// A whole text named `path`.
    pub fn new(bytes: &'b [u8], path: &'b str) -> Self {
        Self { bytes, path, window: Window::whole() }
    }
}

//! Git LFS: small files that stand for contents kept elsewhere.

use std::path::{Path, PathBuf};

/// Bytes of the largest pointer.
pub(super) const POINTER_LIMIT: usize = 1024;
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

/// Whether a file is a pointer.
pub(super) fn is_pointer(text: &[u8]) -> bool {
    text.len() <= POINTER_LIMIT && text.starts_with(POINTER)
}

/// Where the repository whose folder is `common_dir` would keep the content of a pointer, which need not be there; `None`
/// when the pointer names none.
pub(super) fn content(pointer: &[u8], common_dir: &Path) -> Option<PathBuf> {
    let oid = pointer.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"oid sha256:"))?;
    let oid = std::str::from_utf8(oid).ok()?.trim_end();
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (oid.len() == 64 && oid.bytes().all(is_hex))
        .then(|| common_dir.join("lfs/objects").join(&oid[..2]).join(&oid[2..4]).join(oid))
}

//! Files that a project's settings leave out of a scan. These settings come with the clone, so they must not hide the
//! user's own credentials: where such are known, these files are searched for them, and for nothing else.

use crate::blob::Blob;
use crate::config::PathGlobs;
use crate::finding::Skipped;

/// What a project's settings leave out.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// Paths to leave out.
    pub exclude: PathGlobs,
    /// Where names begin in the folder that `exclude` speaks of.
    pub prefix: String,
    /// Files of more bytes are left out.
    pub max_file_size: Option<u64>,
}

impl LeftOut {
    pub(super) fn is_empty(&self) -> bool {
        self.exclude.is_empty() && self.max_file_size.is_none()
    }

    /// Whether it depends on paths what is left out.
    pub(super) fn names_paths(&self) -> bool {
        !self.exclude.is_empty()
    }

    /// What is left out with this blob, if it is.
    pub(super) fn covering(&self, blob: &Blob<'_>) -> Option<Skipped> {
        let skipped = |path: &str, cause: String| {
            let reason = format!("{cause} by the project's settings: searched for stored credentials only");
            Some(Skipped { path: path.to_owned(), reason, expected: true })
        };
        let size = blob.window.offset + blob.bytes.len() as u64;
        if let Some(max) = self.max_file_size.filter(|&max| size > max) {
            return skipped(blob.path, format!("larger than max_file_size ({max} bytes), left out"));
        }
        if self.exclude.is_empty() {
            return None;
        }
        // the outermost folder speaks for all in it
        let above = memchr::memchr_iter(b'/', blob.path.as_bytes()).map(|slash| (&blob.path[..slash], true));
        let mut places = above.filter(|(path, _)| !path.is_empty()).chain([(blob.path, false)]);
        let matched = |path: &str, is_folder| self.exclude.matched(path, is_folder);
        places.find_map(|(path, is_folder)| {
            let pattern = matched(path, is_folder).or_else(|| {
                let prefixed = format!("{}/{path}", self.prefix);
                (!self.prefix.is_empty()).then(|| matched(&prefixed, is_folder)).flatten()
            })?;
            skipped(path, format!("excluded by \"{pattern}\""))
        })
    }
}

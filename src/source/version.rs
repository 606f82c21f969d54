//! New and old versions of a file, read from a repository.

use std::io::Read as _;
use std::path::PathBuf;

use crate::finding::{Coverage, Skipped};
use crate::git::{Error, Kind, Oid, Reader, Repository};
use crate::source::read::Buffer;
use crate::source::{Sink, file, lfs};

/// Takes a file as it is, then as it was, so that what was there before can be told from what is new.
pub trait ChangeSink: Sink {
    /// The file as it is has been handed on. Whether old versions matter, because there are findings to compare.
    fn new_version(&mut self) -> bool;

    /// A file as it was has been handed on. Whether others matter, because some findings are not explained yet.
    fn old_version(&mut self) -> bool;

    /// All old versions there are, or that mattered, have been handed on.
    fn end_of_change(&mut self);
}

/// Reads versions for the sink of one thread.
pub(crate) struct Versions<'r, S> {
    reader: Reader<'r>,
    max_file_size: Option<u64>,
    /// Where Git LFS keeps contents.
    common_dir: PathBuf,
    buffer: Buffer,
    sink: S,
}

/// What came of a version.
#[derive(Default)]
struct Taken {
    /// Bytes handed on.
    bytes: u64,
    /// Why not all of it was, and whether that is as it should be.
    skipped: Option<(String, bool)>,
}

impl Taken {
    fn trouble(text: impl ToString) -> Self {
        Self { bytes: 0, skipped: Some((text.to_string(), false)) }
    }

    fn expected(text: String) -> Self {
        Self { bytes: 0, skipped: Some((text, true)) }
    }
}

impl<'r, S: ChangeSink> Versions<'r, S> {
    pub(crate) fn new(repository: &'r Repository, max_file_size: Option<u64>, sink: S) -> Self {
        Self {
            reader: repository.reader(),
            max_file_size,
            common_dir: repository.common_dir().to_owned(),
            buffer: Buffer::default(),
            sink,
        }
    }

    /// Hands on the blob `id` as what the file is now; whether there are findings to compare. What was read or not
    /// goes into `coverage`.
    pub(crate) fn new_version(&mut self, name: &str, id: &Oid, coverage: &mut Coverage) -> bool {
        let Taken { bytes, skipped } = self.read(name, id);
        let nothing = skipped.is_some() && bytes == 0;
        if let Some((reason, expected)) = skipped {
            coverage.skipped.push(Skipped { path: name.to_owned(), reason, expected });
        }
        if nothing {
            return false;
        }
        coverage.files += 1;
        coverage.bytes += bytes;
        self.sink.new_version()
    }

    /// Hands on old versions until none matters any more. One that cannot be read explains nothing, so that what is
    /// found counts as new.
    pub(crate) fn old_versions(&mut self, old: impl Iterator<Item = (String, Oid)>) {
        for (name, id) in old {
            self.read(&name, &id);
            if !self.sink.old_version() {
                break;
            }
        }
        self.sink.end_of_change();
    }

    /// The sink, when all is read.
    pub(crate) fn into_sink(self) -> S {
        self.sink
    }

    fn read(&mut self, name: &str, id: &Oid) -> Taken {
        let (kind, size, mut data) = match self.reader.stream(id) {
            Ok(opened) => opened,
            Err(Error::Missing(id)) => {
                return Taken::trouble(format!(
                    "its object {id} is missing: fetch it, or repair the repository"
                ));
            }
            Err(error) => return Taken::trouble(error),
        };
        if kind != Kind::Blob {
            return Taken::trouble(format!("object {id} is no file"));
        }
        if let Some(max) = self.max_file_size.filter(|max| size > *max) {
            return Taken::expected(format!("larger than max_file_size ({max} bytes)"));
        }
        if size <= lfs::POINTER_LIMIT as u64 {
            let mut text = Vec::new();
            if let Err(error) = data.read_to_end(&mut text) {
                return Taken::trouble(format!("could not be read to its end: {error}"));
            }
            if lfs::is_pointer(&text) {
                return self.large(name, &text);
            }
            self.buffer.pass(&mut text.as_slice(), name, None, &mut self.sink);
            return Taken { bytes: size, skipped: None };
        }
        let passed = self.buffer.pass(&mut data, name, None, &mut self.sink);
        let trouble = passed.error.map(|error| (format!("could not be read to its end: {error}"), false));
        Taken { bytes: passed.bytes, skipped: trouble }
    }

    /// The content that a Git LFS pointer stands for, if it lies in the repository's own store.
    fn large(&mut self, name: &str, pointer: &[u8]) -> Taken {
        let taken = lfs::content(pointer, &self.common_dir)
            .map(|path| file::take(&path, name, false, self.max_file_size, &mut self.buffer, &mut self.sink));
        match taken {
            Some(file::Taken::Scanned { bytes, trouble }) => {
                Taken { bytes, skipped: trouble.map(|trouble| (trouble, false)) }
            }
            Some(file::Taken::TooLarge) => {
                let max = self.max_file_size.unwrap_or_default();
                Taken::expected(format!("larger than max_file_size ({max} bytes)"))
            }
            _ => {
                self.buffer.pass(&mut &pointer[..], name, None, &mut self.sink);
                let reason = "a Git LFS pointer, whose content is not here".to_owned();
                Taken { bytes: pointer.len() as u64, skipped: Some((reason, true)) }
            }
        }
    }
}

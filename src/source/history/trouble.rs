//! What goes wrong and what is left out, and what of it a report says.

use crate::finding::{Coverage, Skipped};
use crate::git::{Error, Oid, Repository};

use super::clean::Clean;
use super::memory::Loud;

/// What goes wrong and what is left out, as one thread sees it.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    pub blobs: u64,
    pub bytes: u64,
    pub too_large: u64,
    /// Git LFS pointers whose contents are not here.
    pub pointers: u64,
    /// Pointers met in packs, whose contents are still to be looked at.
    pub open_pointers: Vec<Oid>,
    /// Whether something was looked at that is not in the repository's objects.
    pub outside: bool,
    pub clean: Vec<Clean>,
    pub loud: Vec<Loud>,
    pub skipped: Vec<Skipped>,
    pub more: u64,
}

/// Lines about single objects; the rest is counted.
const LINES: usize = 50;

impl Trouble {
    pub(super) fn object(&mut self, what: &str, error: &Error) {
        let reason = match error {
            Error::Missing(_) => "it is missing from the repository".to_owned(),
            _ => error.to_string(),
        };
        self.line(what, reason);
    }

    pub(super) fn line(&mut self, what: &str, reason: impl Into<String>) {
        if self.skipped.len() < LINES {
            self.skipped.push(Skipped { path: what.to_owned(), reason: reason.into(), expected: false });
        } else {
            self.more += 1;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.blobs += other.blobs;
        self.bytes += other.bytes;
        self.too_large += other.too_large;
        self.pointers += other.pointers;
        self.open_pointers.extend(other.open_pointers);
        self.outside |= other.outside;
        self.clean.extend(other.clean);
        self.loud.extend(other.loud);
        self.more += other.more;
        self.skipped.extend(other.skipped);
    }

    /// All of it for the report; `excluded` blobs were left out by their path.
    pub(super) fn coverage(mut self, repository: &Repository, excluded: u64) -> Coverage {
        for line in repository.store().troubles() {
            self.line("objects", line.clone());
        }
        if self.more > 0 {
            self.skipped.push(Skipped {
                path: "objects".to_owned(),
                reason: format!("{} more could not be looked at", self.more),
                expected: false,
            });
        }
        if repository.is_partial() && self.skipped.iter().any(|skipped| !skipped.expected) {
            self.skipped.push(Skipped {
                path: "partial clone".to_owned(),
                reason: "objects were left out when it was cloned: scan a full clone, or fetch them first"
                    .to_owned(),
                expected: false,
            });
        }
        for (count, reason) in [
            (self.too_large, "above the size limit"),
            (excluded, "excluded by their path"),
            (self.pointers, "Git LFS pointers, whose contents are not here"),
        ] {
            if count > 0 {
                let reason = format!("{reason}: {count} blobs");
                self.skipped.push(Skipped { path: "blobs".to_owned(), reason, expected: true });
            }
        }
        self.skipped.sort();
        self.skipped.dedup();
        Coverage { files: self.blobs, bytes: self.bytes, skipped: self.skipped }
    }
}

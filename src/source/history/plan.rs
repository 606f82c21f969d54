//! Which blobs are looked at, as what, and what is known of them beforehand.

use std::collections::HashSet;

use crate::git::hash::Seeded;
use crate::git::object::entries;
use crate::git::{Kind, Oid, Reader, Repository};
use crate::source::Progress;

use super::clean::{Clean, CleanBlobs};
use super::names::{NO_PATH, PathId, TAG_MESSAGE};
use super::places::{BlobPlace, Places, UNPLACED};
use super::tips::Tips;
use super::trouble::Trouble;
use super::{Extent, HistoryRequest};

/// What all threads know about blobs.
pub(super) struct Plan<'p> {
    pub repository: &'p Repository,
    pub places: &'p Places,
    /// Whether blobs that no commit holds are looked at.
    pub unplaced: bool,
    /// The blobs of HEAD.
    pub head: HashSet<Oid, Seeded>,
    /// By path, whether it is left out.
    pub excluded: Vec<bool>,
    pub max_size: u64,
    pub whole_blobs: bool,
    pub progress: Option<&'p Progress>,
    /// What is known to be clean; then, by path, the kind of file.
    clean: Option<(&'p CleanBlobs, Vec<u8>)>,
}

impl<'p> Plan<'p> {
    /// Whether a blob is to be looked at.
    pub(super) fn wants(&self, id: &Oid) -> bool {
        match self.places.blobs.get(id) {
            Some(place) => !self.leaves_out(place.path),
            None => self.unplaced,
        }
    }

    /// Whether a path is left out.
    pub(super) fn leaves_out(&self, path: PathId) -> bool {
        self.excluded.get(path as usize).copied().unwrap_or(false)
    }

    pub(super) fn place(&self, id: &Oid) -> BlobPlace {
        self.places.blobs.get(id).copied().unwrap_or(UNPLACED)
    }

    pub(super) fn path_text(&self, path: PathId, id: &Oid) -> String {
        if path == NO_PATH { unplaced_name(id) } else { self.places.names.text(path) }
    }

    pub(super) fn in_head(&self, id: &Oid) -> bool {
        self.head.contains(id)
    }

    /// Counts a blob; `false` when it is above the size that is looked at.
    pub(super) fn count(&self, size: u64, trouble: &mut Trouble) -> bool {
        if size > self.max_size {
            trouble.too_large += 1;
            return false;
        }
        trouble.blobs += 1;
        trouble.bytes += size;
        if let Some(progress) = self.progress {
            progress.file(size);
        }
        true
    }

    /// Looks up what HEAD holds, if that is asked for, and which paths are left out.
    pub(super) fn new(
        request: &'p HistoryRequest<'_>,
        places: &'p Places,
        tips: &Tips,
        reader: &mut Reader<'_>,
        clean: Option<&'p CleanBlobs>,
        kind_of: impl Fn(&str) -> u8,
    ) -> Self {
        let mut head = HashSet::default();
        if request.standing
            && let Ok(at) = request.repository.head()
            && let Some(commit) = at.commit().filter(|commit| tips.commits.contains(commit))
            && let Ok(commit) = request.repository.walked(commit, reader)
        {
            blobs_of(commit.tree, reader, &mut head);
        }
        let mut excluded = Vec::new();
        if !request.exclude.is_empty() {
            excluded = (0..places.names.len() as PathId)
                .map(|path| path > TAG_MESSAGE && request.leaves_out(&places.names.text(path)))
                .collect();
        }
        Self {
            repository: request.repository,
            places,
            unplaced: matches!(request.extent, Extent::All),
            head,
            excluded,
            max_size: request.max_file_size.unwrap_or(u64::MAX),
            whole_blobs: request.whole_blobs,
            progress: request.progress.as_deref(),
            clean: clean.map(|clean| {
                let paths = 0..places.names.len() as PathId;
                let kinds = paths.map(|path| match path {
                    NO_PATH => kind_of(&unplaced_name(&Oid::default())),
                    path => kind_of(&places.names.text(path)),
                });
                (clean, kinds.collect())
            }),
        }
    }

    /// Counts a blob that is known to be clean as a file at `path`; `false` when that is not known.
    pub(super) fn pass_over(&self, id: &Oid, path: PathId, trouble: &mut Trouble) -> bool {
        let size = self.clean.as_ref().and_then(|(clean, kinds)| clean.size(id, kinds[path as usize]));
        size.is_some_and(|size| self.count(size, trouble))
    }

    /// Notes that a blob was found to be clean, if anybody remembers it.
    pub(super) fn note_clean(&self, id: Oid, path: PathId, size: usize, trouble: &mut Trouble) {
        if let (Some((_, kinds)), Ok(size)) = (&self.clean, u32::try_from(size)) {
            trouble.clean.push(Clean { id, kind: kinds[path as usize], size });
        }
    }

    /// How many blobs are left out by their path.
    pub(super) fn excluded_blobs(&self) -> u64 {
        if self.excluded.is_empty() {
            return 0;
        }
        self.places.blobs.values().filter(|place| self.leaves_out(place.path)).count() as u64
    }
}

/// What a blob is called that no commit holds.
pub(super) fn unplaced_name(id: &Oid) -> String {
    format!("blob {}", id.short())
}

/// The blobs of a tree; what cannot be read is missing here, and told elsewhere.
fn blobs_of(tree: Oid, reader: &mut Reader<'_>, blobs: &mut HashSet<Oid, Seeded>) {
    let mut seen: HashSet<Oid, Seeded> = HashSet::default();
    let mut rest = vec![tree];
    while let Some(id) = rest.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Ok(tree) = reader.read_as(&id, Kind::Tree) else { continue };
        for entry in entries(&tree.data).map_while(Result::ok) {
            if entry.is_tree() {
                rest.push(entry.id);
            } else if !entry.is_submodule() {
                blobs.insert(entry.id);
            }
        }
    }
}

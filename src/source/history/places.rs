//! Which commit introduced each blob, and under which path: trees are walked, the oldest commit's first, each once.

use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::thread;

use crate::finding::Skipped;
use crate::git::hash::Seeded;
use crate::git::object::{Entry, entries};
use crate::git::walk::Walked;
use crate::git::{Error, Kind, Object, Oid, Reader, Repository};

use super::graph::{NOWHERE, Order};
use super::introduced::changes_of;
use super::names::{FolderId, NO_PATH, Names, PathId, TOP};

/// How deep folders may be nested.
const DEEPEST: usize = 1000;
/// Fewest commits that are worth a thread of their own: each begins with a whole tree.
const SHARE: usize = 500;

/// A place that no commit has.
pub(super) const UNPLACED: BlobPlace = BlobPlace { order: NOWHERE, path: NO_PATH };

/// Where a blob was first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlobPlace {
    pub order: Order,
    pub path: PathId,
}

/// The blobs that commits hold.
#[derive(Debug)]
pub(super) struct Places {
    pub names: Names,
    pub blobs: HashMap<Oid, BlobPlace, Seeded>,
    /// Further files of the same content: in a whole history the first of each other class, in a range all.
    pub more: Vec<(Oid, BlobPlace)>,
    /// Trees that could not be read: what is wrong.
    pub troubles: Vec<String>,
    /// What is not looked at, as it should be.
    pub skipped: Vec<Skipped>,
}

impl Places {
    /// Walks the trees of `commits`, whose order begins at 0; then `loose_trees`, which belong to no commit. Paths of a
    /// class mean the same for a text.
    pub(super) fn find(
        repository: &Repository,
        commits: &[Walked],
        loose_trees: &[Oid],
        threads: usize,
        class_of: &(dyn Fn(&str) -> u8 + Sync),
    ) -> Self {
        let parts = threads.min(commits.len() / SHARE).max(1);
        let size = commits.len().div_ceil(parts).max(1);
        let walk = |part: usize, commits: &[Walked]| {
            let mut walk = Walk::new(repository, class_of);
            for (at, commit) in commits.iter().enumerate() {
                walk.tree(commit.tree, (part * size + at) as Order);
            }
            walk
        };
        let mut walks: Vec<Walk<'_>> = thread::scope(|scope| {
            let others: Vec<_> = commits
                .chunks(size)
                .enumerate()
                .skip(1)
                .map(|(part, commits)| scope.spawn(move || walk(part, commits)))
                .collect();
            let first = walk(0, commits.chunks(size).next().unwrap_or(&[]));
            let others = others
                .into_iter()
                .map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            std::iter::once(first).chain(others).collect()
        });
        let mut whole = walks.remove(0);
        for other in walks {
            let names = whole.names.merge(&other.names);
            // parts come in order, so what is there is earlier
            for (id, place) in other.blobs.into_iter().chain(other.more) {
                whole.blob(id, BlobPlace { path: names[place.path as usize], ..place });
            }
            whole.troubles.extend(other.troubles);
        }
        for tree in loose_trees {
            whole.tree(*tree, NOWHERE);
        }
        whole.troubles.sort();
        whole.troubles.dedup();
        // the first of each class: maps have no order, so neither has what parts add
        whole.more.sort_unstable_by_key(|(id, place)| (*id, place.order, place.path));
        let mut met = HashSet::new();
        let (classes, blobs) = (&mut whole.classes, &whole.blobs);
        whole.more.retain(|(id, place)| {
            let class = classes.of(place.path, &whole.names);
            class != classes.of(blobs[id].path, &whole.names) && met.insert((*id, class))
        });
        Self {
            names: whole.names,
            blobs: whole.blobs,
            more: whole.more,
            troubles: whole.troubles,
            skipped: Vec::new(),
        }
    }

    /// The files that each of `commits` changes: what none of its parents has there.
    pub(super) fn changed(repository: &Repository, commits: &[Walked]) -> Self {
        let mut places = Self {
            names: Names::new(),
            blobs: HashMap::default(),
            more: Vec::new(),
            troubles: Vec::new(),
            skipped: Vec::new(),
        };
        let mut reader = repository.reader();
        let mut seen: HashSet<(Oid, PathId), Seeded> = HashSet::default();
        for (order, commit) in commits.iter().enumerate() {
            let set = match changes_of(repository, commit, &mut reader) {
                Ok(set) => set,
                Err(error) => {
                    places.troubles.push(format!("commit {}: {error}", commit.id.short()));
                    continue;
                }
            };
            places.skipped.extend(set.skipped);
            for change in set.changes {
                let path = places.names.whole_path(&change.path);
                if !seen.insert((change.id, path)) {
                    continue;
                }
                let place = BlobPlace { order: order as Order, path };
                match places.blobs.entry(change.id) {
                    Slot::Vacant(slot) => drop(slot.insert(place)),
                    Slot::Occupied(_) => places.more.push((change.id, place)),
                }
            }
        }
        places
    }
}

struct Walk<'r> {
    reader: Reader<'r>,
    names: Names,
    classes: Classes<'r>,
    /// Trees by what class of folder they were met as.
    seen: HashSet<(Oid, u8), Seeded>,
    /// The last tree of each folder: most of its entries stand in the next one too.
    last: HashMap<FolderId, Arc<Object>, Seeded>,
    blobs: HashMap<Oid, BlobPlace, Seeded>,
    more: Vec<(Oid, BlobPlace)>,
    troubles: Vec<String>,
}

impl<'r> Walk<'r> {
    fn new(repository: &'r Repository, class_of: &'r (dyn Fn(&str) -> u8 + Sync)) -> Self {
        Self {
            reader: repository.reader(),
            names: Names::new(),
            classes: Classes { class_of, paths: Vec::new(), folders: Vec::new() },
            seen: HashSet::default(),
            last: HashMap::default(),
            blobs: HashMap::default(),
            more: Vec::new(),
            troubles: Vec::new(),
        }
    }

    /// Notes a file: the first of its content, or one of another class.
    fn blob(&mut self, id: Oid, place: BlobPlace) {
        match self.blobs.entry(id) {
            Slot::Vacant(slot) => drop(slot.insert(place)),
            Slot::Occupied(slot) if slot.get().path == place.path => {}
            Slot::Occupied(slot) => {
                let known = self.classes.of(slot.get().path, &self.names);
                if self.classes.of(place.path, &self.names) != known {
                    self.more.push((id, place));
                }
            }
        }
    }

    /// Notes the blobs of a tree that were not seen before.
    fn tree(&mut self, id: Oid, order: Order) {
        let class = self.classes.of_folder(TOP, &self.names);
        if !self.seen.insert((id, class)) {
            return;
        }
        let mut rest = vec![(id, TOP, 0)];
        let mut folders = Vec::new();
        while let Some((id, folder, depth)) = rest.pop() {
            let tree = match self.reader.read_as(&id, Kind::Tree) {
                Ok(tree) => tree,
                Err(error) => {
                    self.trouble(&id, &error);
                    continue;
                }
            };
            let last = self.last.insert(folder, tree.clone());
            let old = last.as_ref().map_or(&[][..], |last| &last.data);
            let same = alike(&tree.data, old);
            let mut old = Old { rest: &old[same..], entry: None };
            let mut rest_of_tree = &tree.data[same..];
            folders.clear();
            while !rest_of_tree.is_empty() {
                if old.entry.is_none() && old.rest == rest_of_tree {
                    break;
                }
                let before = rest_of_tree;
                let Some(entry) = entries(before).next() else { break };
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(error) => {
                        self.trouble(&id, &error);
                        break;
                    }
                };
                rest_of_tree = after(before, &entry);
                if old.has(&entry) || entry.is_submodule() {
                    continue;
                }
                if !entry.is_tree() {
                    let path = self.names.path(folder, entry.name);
                    self.blob(entry.id, BlobPlace { order, path });
                    continue;
                }
                let inner = self.names.folder(folder, entry.name);
                let class = self.classes.of_folder(inner, &self.names);
                if self.seen.insert((entry.id, class)) {
                    if depth >= DEEPEST {
                        self.troubles.push(format!("tree {}: folders are nested too deep", entry.id));
                        continue;
                    }
                    folders.push((entry.id, inner, depth + 1));
                }
            }
            // in the order of the tree, so that the first path of a blob is always the same
            rest.extend(folders.drain(..).rev());
        }
    }

    fn trouble(&mut self, id: &Oid, error: &Error) {
        self.troubles.push(match error {
            Error::Missing(_) => format!("tree {id} is missing"),
            _ => format!("tree {id}: {error}"),
        });
    }
}

/// The classes of paths and folders, each asked for once.
struct Classes<'r> {
    class_of: &'r (dyn Fn(&str) -> u8 + Sync),
    paths: Vec<Option<u8>>,
    folders: Vec<Option<u8>>,
}

impl Classes<'_> {
    fn of(&mut self, path: PathId, names: &Names) -> u8 {
        known(&mut self.paths, path as usize, || (self.class_of)(&names.text(path)))
    }

    /// That of a file without an ending in the folder.
    fn of_folder(&mut self, folder: FolderId, names: &Names) -> u8 {
        known(&mut self.folders, folder as usize, || (self.class_of)(&names.text_in(folder, b"x")))
    }
}

fn known(all: &mut Vec<Option<u8>>, at: usize, find: impl FnOnce() -> u8) -> u8 {
    if all.len() <= at {
        all.resize(at + 1, None);
    }
    *all[at].get_or_insert_with(find)
}

/// What follows an entry that `tree` begins with: mode, space, name, NUL, id.
fn after<'t>(tree: &'t [u8], entry: &Entry<'_>) -> &'t [u8] {
    let name = entry.name.as_ptr() as usize - tree.as_ptr() as usize + entry.name.len();
    &tree[name + 1 + Oid::LENGTH..]
}

/// How many bytes of whole entries two trees begin with alike.
fn alike(one: &[u8], other: &[u8]) -> usize {
    const STEP: usize = 64;
    let same =
        one.chunks(STEP).zip(other.chunks(STEP)).take_while(|(one, other)| one == other).count() * STEP;
    let same = same.min(one.len()).min(other.len());
    // go on from entry to entry up to there
    let mut at = 0;
    while let Some(nul) = memchr::memchr(0, &one[at..same])
        && at + nul + 1 + Oid::LENGTH <= same
    {
        at += nul + 1 + Oid::LENGTH;
    }
    at
}

/// The entries of a folder's last tree, read beside those of the next.
struct Old<'t> {
    rest: &'t [u8],
    entry: Option<Entry<'t>>,
}

impl Old<'_> {
    /// Whether the very same entry was there. Trees are sorted, so both are read once; where they are not, an entry
    /// that was there may count as new, which costs time only.
    fn has(&mut self, entry: &Entry<'_>) -> bool {
        loop {
            match self.entry {
                Some(old) if old == *entry => {
                    self.entry = None;
                    return true;
                }
                Some(old) if old.name > entry.name => return false,
                _ => {}
            }
            match entries(self.rest).next() {
                Some(Ok(next)) => {
                    self.rest = after(self.rest, &next);
                    self.entry = Some(next);
                }
                _ => {
                    self.entry = None;
                    self.rest = &[];
                    return false;
                }
            }
        }
    }
}

//! What the next commit changes: the index beside the last commit.
//!
//! Blobs are read as they are staged, not as the work tree has them. A directory whose tree id the index remembers and
//! the last commit has too is passed over, so the cost is that of the change and of reading the index.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{self, AtomicUsize};

use crate::config::PathGlobs;
use crate::finding::{Coverage, Skipped};
use crate::git::index::{CachedTree, Index, Kind as EntryKind};
use crate::git::{Commit, Error, Kind, Object, Oid, Reader, Repository, Result, object};
use crate::source::Progress;
use crate::source::name::push_text;
use crate::source::version::{ChangeSink, Versions};

/// Directories within one another; paths of a real repository are far from it.
const DEEPEST: usize = 500;
/// Deleted files that are looked at for where a new one came from.
const MOST_GONE: usize = 2_000;
/// Trees read of the part that a sparse checkout left out.
const MOST_TREES: usize = 1_000_000;

/// What to scan of what is staged.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Paths to leave out.
    pub exclude: PathGlobs,
    /// Files of more bytes are left out and counted.
    pub max_file_size: Option<u64>,
    /// Threads; 0 for one per processor.
    pub threads: usize,
    /// Counters to bump, if anybody watches.
    pub progress: Option<Arc<Progress>>,
}

/// A file whose staged content differs from the last commit's.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    path: Vec<u8>,
    id: Oid,
    /// What the commit's parents have at the same path.
    old: Vec<Oid>,
}

/// What the next commit no longer has.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Gone {
    path: Vec<u8>,
    id: Oid,
    is_tree: bool,
}

/// Hands each staged file to a sink, then what it was before, as far as the sink asks for it. The sinks, of which each
/// thread has one, come back with what was looked at.
///
/// # Errors
/// The index or the last commit cannot be read: then what is staged is not known.
pub fn scan_staged<S: ChangeSink>(
    repository: &Repository,
    request: &Request,
    new_sink: impl Fn() -> S + Sync,
) -> anyhow::Result<(Vec<S>, Coverage)> {
    let index = Index::read(repository.index_path(), repository.git_dir())?;
    let mut comparison = Comparison {
        index: &index,
        reader: repository.reader(),
        changes: Vec::new(),
        gone: Vec::new(),
        skipped: Vec::new(),
        trees: 0,
    };
    let parents = comparison.parents(repository)?;
    let first = parents.first().copied();
    comparison.directory(&mut Vec::new(), first, 0..index.entries().len(), index.cached_tree(), 0)?;
    for other in parents.iter().skip(1) {
        comparison.merge(*other)?;
    }
    let Comparison { changes, gone, skipped, mut reader, .. } = comparison;
    let mut coverage = Coverage { skipped, ..Coverage::default() };
    // only files without an old version may have been renamed
    let gone = if changes.iter().any(|change| change.old.is_empty()) {
        expand(gone, &mut reader)
    } else {
        Vec::new()
    };

    let next = AtomicUsize::new(0);
    let work = || {
        let mut versions = Versions::new(repository, request.max_file_size, new_sink());
        let mut coverage = Coverage::default();
        while let Some(change) = changes.get(next.fetch_add(1, atomic::Ordering::Relaxed)) {
            scan_change(change, &gone, request, &mut versions, &mut coverage);
        }
        (versions.into_sink(), coverage)
    };
    let threads = match request.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    // a thread costs as much as a few dozen small files
    let threads = threads.min(changes.len() / 32 + 1);
    let done = if threads == 1 {
        vec![work()]
    } else {
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(|worker| worker.join()).collect::<std::result::Result<_, _>>()
        })
        .map_err(|_| anyhow::anyhow!("internal error in a thread"))?
    };
    let mut sinks = Vec::new();
    for (sink, part) in done {
        sinks.push(sink);
        coverage.files += part.files;
        coverage.bytes += part.bytes;
        coverage.skipped.extend(part.skipped);
    }
    coverage.skipped.sort_unstable();
    Ok((sinks, coverage))
}

fn scan_change<S: ChangeSink>(
    change: &Change,
    gone: &[Gone],
    request: &Request,
    versions: &mut Versions<'_, S>,
    coverage: &mut Coverage,
) {
    let name = text(&change.path);
    if let Some(pattern) = request.exclude.covering(&name) {
        let reason = format!("excluded by \"{pattern}\"");
        coverage.skipped.push(Skipped { path: name, reason, expected: true });
        return;
    }
    let before = coverage.bytes;
    let found = versions.new_version(&name, &change.id, coverage);
    if let Some(progress) = &request.progress {
        progress.file(coverage.bytes - before);
    }
    if found {
        let same = change.old.iter().map(|old| (name.clone(), *old));
        // The same content first: mostly a file is renamed and left as it is.
        let renamed = gone.iter().filter(|gone| gone.id == change.id);
        let edited = gone.iter().filter(|gone| gone.id != change.id);
        let renamed = renamed.chain(edited).filter(|_| change.old.is_empty());
        versions.old_versions(same.chain(renamed.map(|gone| (text(&gone.path), gone.id))));
    }
}

fn text(path: &[u8]) -> String {
    let mut name = String::new();
    push_text(path, &mut name);
    name
}

/// Compares the index with a tree.
struct Comparison<'i, 'r> {
    index: &'i Index,
    reader: Reader<'r>,
    changes: Vec<Change>,
    gone: Vec<Gone>,
    skipped: Vec<Skipped>,
    trees: usize,
}

/// What a directory of the index holds.
struct Item<'i> {
    name: &'i [u8],
    entries: Range<usize>,
    is_directory: bool,
}

impl<'i> Comparison<'i, '_> {
    /// The trees of the commits that the next one will follow: that of HEAD, and those that are being merged.
    fn parents(&mut self, repository: &Repository) -> Result<Vec<Oid>> {
        let Some(head) = repository.head()?.commit() else { return Ok(Vec::new()) };
        let mut commits = vec![head];
        // not there in most cases
        if let Ok(merged) = fs::read(repository.git_dir().join("MERGE_HEAD")) {
            commits.extend(merged.split(|byte| *byte == b'\n').filter_map(Oid::read_hex));
        }
        let mut trees = Vec::new();
        for commit in commits {
            let object = self.reader.read_as(&commit, Kind::Commit)?;
            trees.push(Commit::parse(&object.data)?.tree);
        }
        Ok(trees)
    }

    /// Compares the entries of the directory `prefix` with the tree `old`.
    fn directory(
        &mut self,
        prefix: &mut Vec<u8>,
        old: Option<Oid>,
        entries: Range<usize>,
        cached: Option<CachedTree<'i>>,
        depth: usize,
    ) -> Result<()> {
        // git itself takes the remembered id for the directory when it commits
        if let (Some(old), Some((count, id))) = (old, cached.and_then(CachedTree::tree))
            && old == Oid::new(id)
            && count == entries.len()
        {
            return Ok(());
        }
        if depth > DEEPEST {
            return Err(too_deep());
        }
        let tree = old.map(|old| self.reader.read_as(&old, Kind::Tree)).transpose()?;
        let mut olds = old_entries(tree.as_ref())?.into_iter().peekable();
        let children: HashMap<&[u8], CachedTree<'i>> =
            cached.into_iter().flat_map(CachedTree::children).collect();
        let mut at = entries.start;
        loop {
            let item = (at < entries.end).then(|| self.item(prefix.len(), at..entries.end));
            let order = match (&item, olds.peek()) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(item), Some(old)) => {
                    tree_order((item.name, item.is_directory), (old.name, old.is_tree()))
                }
            };
            let old = if order == Ordering::Less { None } else { olds.next() };
            let Some(item) = item.filter(|_| order != Ordering::Greater) else {
                if let Some(old) = old.filter(|old| !old.is_submodule()) {
                    self.gone.push(Gone {
                        path: [prefix.as_slice(), old.name].concat(),
                        id: old.id,
                        is_tree: old.is_tree(),
                    });
                }
                continue;
            };
            at = item.entries.end;
            if item.is_directory {
                let length = prefix.len();
                prefix.extend_from_slice(item.name);
                prefix.push(b'/');
                let old = old.map(|old| old.id);
                let first = &self.index.entries()[item.entries.start];
                if first.kind() == Some(EntryKind::Directory) && self.index.path(first) == prefix.as_slice() {
                    self.sparse(prefix, old, Oid::new(first.id), depth + 1)?;
                } else {
                    let cached = children.get(item.name).copied();
                    self.directory(prefix, old, item.entries, cached, depth + 1)?;
                }
                prefix.truncate(length);
            } else {
                self.file(item.entries, old.map(|old| (old.id, old.is_submodule())));
            }
        }
    }

    /// What stands first in `entries`, all of one directory whose name has `prefix` bytes.
    fn item(&self, prefix: usize, entries: Range<usize>) -> Item<'i> {
        let all = self.index.entries();
        let path = self.index.path(&all[entries.start]);
        let start = entries.start;
        let rest = path.get(prefix..).unwrap_or_default();
        let (name, is_directory) = match memchr::memchr(b'/', rest) {
            Some(slash) => (&rest[..slash], true),
            None => (rest, false),
        };
        // entries are sorted, and those of one item stand together
        let length = prefix + name.len() + usize::from(is_directory);
        let same = |entry: &crate::git::index::Entry| {
            let other = self.index.path(entry);
            if is_directory { other.starts_with(&path[..length]) } else { other == path }
        };
        let count = all[entries].partition_point(same);
        Item { name, entries: start..start + count.max(1), is_directory }
    }

    /// Compares the entries of one path, more than one where a merge left it unsettled, with the old one: its id, and
    /// whether it was a submodule.
    fn file(&mut self, entries: Range<usize>, old: Option<(Oid, bool)>) {
        let entry = &self.index.entries()[entries.start];
        let path = self.index.path(entry);
        if entry.stage != 0 {
            self.skip(path, "unmerged: git commits it once the conflict is settled");
            return;
        }
        if entry.intent_to_add {
            return;
        }
        self.changed(path.to_vec(), Oid::new(entry.id), entry.kind() == Some(EntryKind::Submodule), old);
    }

    fn changed(&mut self, path: Vec<u8>, id: Oid, is_submodule: bool, old: Option<(Oid, bool)>) {
        match (is_submodule, old) {
            (is_submodule, Some((old, was_submodule))) if id == old && is_submodule == was_submodule => {}
            (true, _) => self.skip(&path, "a submodule: another repository, which is not scanned from here"),
            (false, old) => {
                let old = old.filter(|(_, was_submodule)| !was_submodule).map(|(old, _)| old);
                self.changes.push(Change { path, id, old: old.into_iter().collect() });
            }
        }
    }

    /// Compares a directory that the index holds as a whole, as a sparse checkout leaves it out.
    fn sparse(&mut self, prefix: &mut Vec<u8>, old: Option<Oid>, new: Oid, depth: usize) -> Result<()> {
        if old == Some(new) {
            return Ok(());
        }
        self.trees += 1;
        if depth > DEEPEST || self.trees > MOST_TREES {
            return Err(too_deep());
        }
        let new = self.reader.read_as(&new, Kind::Tree)?;
        let old = old.map(|old| self.reader.read_as(&old, Kind::Tree)).transpose()?;
        let mut olds: HashMap<(&[u8], bool), object::Entry<'_>> =
            old_entries(old.as_ref())?.into_iter().map(|old| ((old.name, old.is_tree()), old)).collect();
        for entry in object::entries(&new.data) {
            let entry = entry?;
            let old = olds.remove(&(entry.name, entry.is_tree()));
            let length = prefix.len();
            prefix.extend_from_slice(entry.name);
            if entry.is_tree() {
                prefix.push(b'/');
                self.sparse(prefix, old.map(|old| old.id), entry.id, depth + 1)?;
            } else {
                let old = old.map(|old| (old.id, old.is_submodule()));
                self.changed(prefix.clone(), entry.id, entry.is_submodule(), old);
            }
            prefix.truncate(length);
        }
        let gone = olds.into_values().filter(|old| !old.is_submodule()).map(|old| Gone {
            path: [prefix.as_slice(), old.name].concat(),
            id: old.id,
            is_tree: old.is_tree(),
        });
        let mut gone: Vec<Gone> = gone.collect();
        gone.sort_by(|a, b| a.path.cmp(&b.path));
        self.gone.extend(gone);
        Ok(())
    }

    /// Takes out what another parent of a merge has as it is, and notes what it has otherwise.
    fn merge(&mut self, tree: Oid) -> Result<()> {
        let mut changes = std::mem::take(&mut self.changes);
        let mut kept = Vec::new();
        for mut change in changes.drain(..) {
            match self.lookup(tree, &change.path)? {
                Some(id) if id == change.id => continue,
                Some(id) => change.old.push(id),
                None => {}
            }
            kept.push(change);
        }
        self.changes = kept;
        Ok(())
    }

    /// The blob at `path` in a tree.
    fn lookup(&mut self, mut tree: Oid, path: &[u8]) -> Result<Option<Oid>> {
        let mut parts = path.split(|byte| *byte == b'/').peekable();
        while let Some(part) = parts.next() {
            let object = self.reader.read_as(&tree, Kind::Tree)?;
            let is_last = parts.peek().is_none();
            let mut found = None;
            for entry in object::entries(&object.data) {
                let entry = entry?;
                if entry.name == part && entry.is_tree() != is_last && !entry.is_submodule() {
                    found = Some(entry.id);
                    break;
                }
            }
            match found {
                Some(id) if is_last => return Ok(Some(id)),
                Some(id) => tree = id,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    fn skip(&mut self, path: &[u8], reason: &str) {
        self.skipped.push(Skipped { path: text(path), reason: reason.to_owned(), expected: true });
    }
}

fn old_entries(tree: Option<&Arc<Object>>) -> Result<Vec<object::Entry<'_>>> {
    tree.into_iter().flat_map(|tree| object::entries(&tree.data)).collect()
}

fn too_deep() -> Error {
    Error::Unsupported("the directories of the index are nested too deep to be real".to_owned())
}

/// The order of names in a tree: as if those of directories ended with `/`.
fn tree_order(a: (&[u8], bool), b: (&[u8], bool)) -> Ordering {
    let shared = a.0.len().min(b.0.len());
    let next =
        |(name, is_tree): (&[u8], bool)| name.get(shared).copied().unwrap_or(if is_tree { b'/' } else { 0 });
    a.0[..shared].cmp(&b.0[..shared]).then_with(|| next(a).cmp(&next(b))).then(a.0.len().cmp(&b.0.len()))
}

/// The files among `gone`, directories taken apart, as far as they can be read and up to a number: what is missing only
/// makes a finding count as new.
fn expand(gone: Vec<Gone>, reader: &mut Reader<'_>) -> Vec<Gone> {
    let mut files = Vec::new();
    let mut trees = 0;
    let mut open = gone;
    open.reverse();
    while let Some(next) = open.pop() {
        if files.len() >= MOST_GONE || trees >= MOST_GONE {
            break;
        }
        if !next.is_tree {
            files.push(next);
            continue;
        }
        trees += 1;
        let Ok(tree) = reader.read_as(&next.id, Kind::Tree) else { continue };
        let inner = object::entries(&tree.data).flatten().filter(|entry| !entry.is_submodule());
        let mut inner: Vec<Gone> = inner
            .take(MOST_GONE)
            .map(|entry| Gone {
                path: [&next.path, &b"/"[..], entry.name].concat(),
                id: entry.id,
                is_tree: entry.is_tree(),
            })
            .collect();
        inner.reverse();
        open.extend(inner);
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_in_trees() {
        fn check(a: (&str, bool), b: (&str, bool), expected: Ordering) {
            assert_eq!(tree_order((a.0.as_bytes(), a.1), (b.0.as_bytes(), b.1)), expected, "{a:?} {b:?}");
        }
        check(("a", false), ("a", false), Ordering::Equal);
        check(("a", true), ("a", true), Ordering::Equal);
        check(("a", false), ("a", true), Ordering::Less);
        check(("a", true), ("a.b", false), Ordering::Greater);
        check(("a", false), ("a.b", false), Ordering::Less);
        check(("a", true), ("a0", false), Ordering::Less);
        check(("ab", false), ("b", true), Ordering::Less);
    }
}

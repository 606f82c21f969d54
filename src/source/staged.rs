//! What the next commit changes: the index beside the last commit.
//!
//! Blobs are read as they are staged, not as the work tree has them. A directory whose tree id the index remembers and
//! the last commit has too is passed over, so the cost is that of the change and of reading the index.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::sync::Arc;

use crate::finding::Coverage;
use crate::git::index::{CachedTree, Index, Kind as EntryKind};
use crate::git::{Commit, Kind, Object, Oid, Reader, Repository, Result, object};
use crate::source::changes::{self, ChangeSet, DEEPEST, Gone, Request, Trees, too_deep};
use crate::source::version::ChangeSink;

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
    let mut comparison =
        Comparison { index: &index, reader: repository.reader(), set: ChangeSet::default(), trees: 0 };
    let parents = comparison.parents(repository)?;
    let first = parents.first().copied();
    comparison.directory(&mut Vec::new(), first, 0..index.entries().len(), index.cached_tree(), 0)?;
    for other in parents.iter().skip(1) {
        comparison.merge(*other)?;
    }
    changes::scan(repository, comparison.set, request, new_sink)
}

/// Compares the index with a tree.
struct Comparison<'i, 'r> {
    index: &'i Index,
    reader: Reader<'r>,
    set: ChangeSet,
    /// Trees read of the part that a sparse checkout left out.
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
                    self.set.gone.push(Gone {
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
                    // as a whole, as a sparse checkout leaves it out
                    let mut trees = Trees { reader: &mut self.reader, into: &mut self.set, read: self.trees };
                    trees.compare(prefix, &[old], Oid::new(first.id), depth + 1)?;
                    self.trees = trees.read;
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
        let (id, is_submodule) = (Oid::new(entry.id), entry.kind() == Some(EntryKind::Submodule));
        if entry.stage != 0 {
            self.set.skip(path, "unmerged: git commits it once the conflict is settled");
        } else if !entry.intent_to_add && old != Some((id, is_submodule)) {
            self.set.changed(path, id, is_submodule, old.as_slice());
        }
    }

    /// Takes out what another parent of a merge has as it is, and notes what it has otherwise.
    fn merge(&mut self, tree: Oid) -> Result<()> {
        let mut kept = Vec::new();
        for mut change in std::mem::take(&mut self.set.changes) {
            match self.lookup(tree, &change.path)? {
                Some(id) if id == change.id => continue,
                Some(id) => change.old.push(id),
                None => {}
            }
            kept.push(change);
        }
        self.set.changes = kept;
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
}

fn old_entries(tree: Option<&Arc<Object>>) -> Result<Vec<object::Entry<'_>>> {
    tree.into_iter().flat_map(|tree| object::entries(&tree.data)).collect()
}

/// The order of names in a tree: as if those of directories ended with `/`.
fn tree_order(a: (&[u8], bool), b: (&[u8], bool)) -> Ordering {
    let shared = a.0.len().min(b.0.len());
    let next =
        |(name, is_tree): (&[u8], bool)| name.get(shared).copied().unwrap_or(if is_tree { b'/' } else { 0 });
    a.0[..shared].cmp(&b.0[..shared]).then_with(|| next(a).cmp(&next(b))).then(a.0.len().cmp(&b.0.len()))
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

//! Files as a change leaves them, each with what it was before: read and handed on by several threads.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::config::PathGlobs;
use crate::finding::{Coverage, Skipped};
use crate::git::{Error, Kind, Oid, Reader, Repository, Result, object};
use crate::source::Progress;
use crate::source::name::push_text;
use crate::source::version::{ChangeSink, Versions};

/// Directories within one another; paths of a real repository are far from it.
pub(super) const DEEPEST: usize = 500;
/// Trees that one comparison reads: a tree can be written that holds itself, in effect, without end.
const MOST_TREES: usize = 1_000_000;
/// Deleted files that are looked at for where a new one came from.
const MOST_GONE: usize = 2_000;

/// What to scan of changes.
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

/// A file whose content a change made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) path: Vec<u8>,
    pub(super) id: Oid,
    /// What was at the same path before: nothing, or one for each parent of a merge.
    pub(super) old: Vec<Oid>,
}

/// A file or directory that a change took away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gone {
    pub(super) path: Vec<u8>,
    pub(super) id: Oid,
    pub(super) is_tree: bool,
}

/// What one commit changes, or the next one.
#[derive(Clone, Debug, Default)]
pub(super) struct ChangeSet {
    pub(super) changes: Vec<Change>,
    pub(super) gone: Vec<Gone>,
    pub(super) skipped: Vec<Skipped>,
}

impl ChangeSet {
    /// Notes what is not looked at, as it should be.
    pub(super) fn skip(&mut self, path: &[u8], reason: &str) {
        self.skipped.push(Skipped { path: text(path), reason: reason.to_owned(), expected: true });
    }

    /// Notes that `path` is now `id`, and was one of `old`, if a file was there.
    pub(super) fn changed(&mut self, path: &[u8], id: Oid, is_submodule: bool, old: &[(Oid, bool)]) {
        if is_submodule {
            self.skip(path, "a submodule: another repository, which is not scanned from here");
            return;
        }
        let old = old.iter().filter(|(_, was_submodule)| !was_submodule).map(|(old, _)| *old).collect();
        self.changes.push(Change { path: path.to_vec(), id, old });
    }
}

/// Compares trees.
pub(super) struct Trees<'t, 'r> {
    pub(super) reader: &'t mut Reader<'r>,
    pub(super) into: &'t mut ChangeSet,
    /// Trees read so far.
    pub(super) read: usize,
}

impl Trees<'_, '_> {
    /// Notes what of the tree `new`, the directory `prefix`, is in none of `olds`, which has one for each parent.
    pub(super) fn compare(
        &mut self,
        prefix: &mut Vec<u8>,
        olds: &[Option<Oid>],
        new: Oid,
        depth: usize,
    ) -> Result<()> {
        if olds.contains(&Some(new)) {
            return Ok(());
        }
        self.read += 1;
        if depth > DEEPEST || self.read > MOST_TREES {
            return Err(too_deep());
        }
        let new = self.reader.read_as(&new, Kind::Tree)?;
        let old_trees = olds
            .iter()
            .map(|old| old.map(|old| self.reader.read_as(&old, Kind::Tree)).transpose())
            .collect::<Result<Vec<_>>>()?;
        let mut old_entries: Vec<HashMap<(&[u8], bool), object::Entry<'_>>> = Vec::new();
        for tree in &old_trees {
            let entries = tree.iter().flat_map(|tree| object::entries(&tree.data));
            let named = entries.map(|entry| entry.map(|entry| ((entry.name, entry.is_tree()), entry)));
            old_entries.push(named.collect::<Result<_>>()?);
        }
        for entry in object::entries(&new.data) {
            let entry = entry?;
            let key = (entry.name, entry.is_tree());
            let old: Vec<Option<object::Entry<'_>>> =
                old_entries.iter_mut().map(|entries| entries.remove(&key)).collect();
            let same =
                |old: &object::Entry<'_>| old.id == entry.id && old.is_submodule() == entry.is_submodule();
            if old.iter().flatten().any(same) {
                continue;
            }
            let length = prefix.len();
            prefix.extend_from_slice(entry.name);
            if entry.is_tree() {
                prefix.push(b'/');
                let olds: Vec<Option<Oid>> = old.iter().map(|old| old.map(|old| old.id)).collect();
                self.compare(prefix, &olds, entry.id, depth + 1)?;
            } else {
                let old: Vec<(Oid, bool)> =
                    old.iter().flatten().map(|old| (old.id, old.is_submodule())).collect();
                self.into.changed(prefix, entry.id, entry.is_submodule(), &old);
            }
            prefix.truncate(length);
        }
        let first = old_entries.into_iter().next().unwrap_or_default();
        let mut gone: Vec<Gone> = first
            .into_values()
            .filter(|old| !old.is_submodule())
            .map(|old| Gone {
                path: [prefix.as_slice(), old.name].concat(),
                id: old.id,
                is_tree: old.is_tree(),
            })
            .collect();
        gone.sort_by(|a, b| a.path.cmp(&b.path));
        self.into.gone.extend(gone);
        Ok(())
    }
}

pub(super) fn too_deep() -> Error {
    Error::Unsupported("directories are nested too deep to be real".to_owned())
}

/// Hands on each new version, then old ones as far as the sink asks for them. Each thread has one sink.
pub(super) fn scan<S: ChangeSink>(
    repository: &Repository,
    mut set: ChangeSet,
    request: &Request,
    new_sink: impl Fn() -> S + Sync,
) -> anyhow::Result<(Vec<S>, Coverage)> {
    let mut coverage = Coverage { skipped: std::mem::take(&mut set.skipped), ..Coverage::default() };
    let gone = std::mem::take(&mut set.gone);
    // only files without an old version may have been renamed
    if set.changes.iter().any(|change| change.old.is_empty()) {
        set.gone = expand(gone, &mut repository.reader());
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut versions = Versions::new(repository, request.max_file_size, new_sink());
        let mut coverage = Coverage::default();
        while let Some(change) = set.changes.get(next.fetch_add(1, Ordering::Relaxed)) {
            scan_change(change, &set.gone, request, &mut versions, &mut coverage);
        }
        (versions.into_sink(), coverage)
    };
    let threads = match request.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    // a thread costs as much as a few dozen small files
    let threads = threads.min(set.changes.len() / 32 + 1);
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

pub(super) fn text(path: &[u8]) -> String {
    let mut name = String::new();
    push_text(path, &mut name);
    name
}

/// The files among `gone`, directories taken apart, as far as they can be read and up to a number: what is missing only
/// makes a finding count as new.
pub(super) fn expand(gone: Vec<Gone>, reader: &mut Reader<'_>) -> Vec<Gone> {
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

//! The work tree. The walk is the thread pool: each thread reads and scans what it finds, with a buffer of its own.

use std::collections::{HashMap, HashSet};
use std::fs::FileType;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{mem, thread};

use anyhow::{Context, bail};
use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use crate::finding::{Coverage, Skipped};
use crate::source::file::{Taken, take};
use crate::source::name::Naming;
use crate::source::read::Buffer;
use crate::source::tracked::Repository;
use crate::source::{Request, Sink};

/// Scans the roots of `request`: each thread makes one sink (none if it gets no file), and all sinks come back, in
/// no order. A root that does not exist is an error, before anything is scanned; trouble with anything below a root
/// is a line of the coverage.
///
/// In a repository this takes what git tracks and what it would offer to add; outside, or with `no_ignore`, every
/// file. Never: what lies in `.git` (but for `.git/config`, where credentials do get stored), links below a root,
/// and anything that is no regular file.
pub fn scan_tree<S: Sink>(
    request: &Request,
    new_sink: impl Fn() -> S + Sync,
) -> anyhow::Result<(Vec<S>, Coverage)> {
    let roots = Roots::new(&request.roots)?;
    let plan = Plan {
        request,
        naming: roots.naming(),
        elsewhere: roots.elsewhere,
        hasher: RandomState::new(),
        new_sink,
        done: Mutex::new(Vec::new()),
    };
    let mut tally = Tally::default();
    if let Some((first, others)) = roots.directories.split_first() {
        plan.walk(first, others);
        tally = plan.merge(tally);
    }
    let mut files: Vec<(PathBuf, Place)> = roots.files.into_iter().map(|path| (path, Place::Named)).collect();
    if !request.no_ignore {
        let mut repositories = mem::take(&mut tally.repositories);
        repositories.extend(roots.directories.iter().filter_map(|root| Repository::around(root)));
        tally.visited.sort_unstable();
        for repository in repositories {
            match repository.missed(|path| plan.was_seen(path, &tally.visited)) {
                Ok(paths) => files.extend(paths.into_iter().map(|path| (path, Place::Tracked))),
                Err(cause) => tally.coverage.skipped.push(Skipped {
                    path: plan.name(&repository.dot_git),
                    reason: format!(
                        "could not read the index of the repository, so tracked files that are ignored may have been \
                         left out: {cause} (--no-ignore scans without it)"
                    ),
                    expected: false,
                }),
            }
        }
    }
    plan.each(&files);
    let mut tally = plan.merge(tally);
    tally.coverage.skipped.sort_unstable();
    tally.coverage.skipped.dedup();
    let sinks = plan.done.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((sinks.into_iter().filter_map(|(sink, _)| sink).collect(), tally.coverage))
}

/// The roots, sorted out.
struct Roots {
    directories: Vec<PathBuf>,
    files: Vec<PathBuf>,
    /// Paths the walk of one root would reach although they belong to another.
    elsewhere: HashSet<PathBuf>,
}

impl Roots {
    fn new(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let mut roots = Self { directories: Vec::new(), files: Vec::new(), elsewhere: HashSet::new() };
        let mut canonical = Vec::new();
        // First spelling of each directory, to find roots within roots without comparing all pairs.
        let mut directories: HashMap<PathBuf, PathBuf> = HashMap::new();
        let mut known = HashSet::new();
        for path in paths {
            if path.as_os_str().is_empty() {
                bail!("an empty path cannot be scanned; use \".\" for the current directory");
            }
            // `ignore` takes "-" for standard input.
            let path = if path.as_os_str() == "-" { Path::new("./-") } else { path };
            let cannot = || format!("cannot scan {}", path.display());
            let metadata = path.metadata().with_context(cannot)?;
            let real = path.canonicalize().with_context(cannot)?;
            if !known.insert(real.clone()) {
                continue;
            }
            if metadata.is_dir() {
                roots.directories.push(path.to_owned());
                directories.insert(real.clone(), path.to_owned());
            } else {
                roots.files.push(path.to_owned());
            }
            canonical.push(real);
        }
        for real in &canonical {
            for above in real.ancestors().skip(1) {
                if let (Some(root), Ok(rest)) = (directories.get(above), real.strip_prefix(above)) {
                    roots.elsewhere.insert(root.join(rest));
                }
            }
        }
        Ok(roots)
    }

    fn naming(&self) -> Naming {
        match (&self.directories[..], &self.files[..]) {
            ([root], []) => Naming::Below(root.as_os_str().len()),
            _ => Naming::AsGiven,
        }
    }
}

/// How a file came to be scanned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The user named it.
    Named,
    /// The walk found it.
    Found,
    /// The index lists it, and the walk left it out.
    Tracked,
}

/// What all threads share.
struct Plan<'r, F, S> {
    request: &'r Request,
    naming: Naming,
    elsewhere: HashSet<PathBuf>,
    hasher: RandomState,
    new_sink: F,
    /// Each worker puts its results here when it ends.
    done: Mutex<Vec<(Option<S>, Tally)>>,
}

/// What a thread counts.
#[derive(Default)]
struct Tally {
    coverage: Coverage,
    /// Hashes of the paths of all files met, for the comparison with the index. Keyed per run, so that a tree
    /// cannot be made to hide a file behind a collision.
    visited: Vec<u64>,
    repositories: Vec<Repository>,
}

impl<S: Sink, F: Fn() -> S + Sync> Plan<'_, F, S> {
    fn threads(&self) -> usize {
        match self.request.threads {
            0 => thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }

    fn walk(&self, first: &Path, others: &[PathBuf]) {
        let mut walk = WalkBuilder::new(first);
        for root in others {
            walk.add(root);
        }
        // `.ignore` files are for search tools: what they hide is still pushed.
        walk.standard_filters(!self.request.no_ignore).hidden(false).ignore(false).threads(self.threads());
        walk.build_parallel().visit(&mut Builder(self));
    }

    /// Scans single files; a few threads when there are many.
    fn each(&self, files: &[(PathBuf, Place)]) {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut worker = Worker::new(self);
            while let Some((path, place)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                worker.name_of(path);
                let excluded = *place == Place::Tracked
                    && worker.excluded(|globs, name| globs.covering(name).map(str::to_owned)).is_some();
                if !excluded {
                    worker.file(path, *place);
                }
            }
        };
        // A thread costs as much as a few dozen small files.
        let threads = self.threads().min(files.len() / 32 + 1);
        if threads == 1 {
            return work();
        }
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
    }

    /// Adds up what finished workers counted.
    fn merge(&self, mut into: Tally) -> Tally {
        for (_, tally) in self.done.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            let tally = mem::take(tally);
            into.coverage.files += tally.coverage.files;
            into.coverage.bytes += tally.coverage.bytes;
            into.coverage.skipped.extend(tally.coverage.skipped);
            into.visited.extend(tally.visited);
            into.repositories.extend(tally.repositories);
        }
        into
    }

    /// Whether the walk met the file, or another root takes care of it.
    fn was_seen(&self, path: &Path, visited: &[u64]) -> bool {
        visited.binary_search(&self.hash(path)).is_ok()
            || !self.elsewhere.is_empty() && path.ancestors().any(|above| self.elsewhere.contains(above))
    }

    fn hash(&self, path: &Path) -> u64 {
        self.hasher.hash_one(path.as_os_str().as_encoded_bytes())
    }

    fn name(&self, path: &Path) -> String {
        let mut name = String::new();
        // The repository may lie above the root.
        match self.naming {
            Naming::Below(_) if !self.is_below(path) => Naming::AsGiven.write(path, &mut name),
            naming => naming.write(path, &mut name),
        }
        name
    }

    fn is_below(&self, path: &Path) -> bool {
        self.request.roots.iter().any(|root| path.starts_with(root))
    }
}

struct Builder<'p, 'r, F, S>(&'p Plan<'r, F, S>);

impl<'p, S: Sink, F: Fn() -> S + Sync> ParallelVisitorBuilder<'p> for Builder<'p, '_, F, S> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'p> {
        Box::new(Worker::new(self.0))
    }
}

/// One thread's state.
struct Worker<'p, 'r, S: Sink, F: Fn() -> S + Sync> {
    plan: &'p Plan<'r, F, S>,
    sink: Option<S>,
    buffer: Buffer,
    name: String,
    prefixed: String,
    tally: Tally,
}

impl<S: Sink, F: Fn() -> S + Sync> Drop for Worker<'_, '_, S, F> {
    fn drop(&mut self) {
        let result = (self.sink.take(), mem::take(&mut self.tally));
        self.plan.done.lock().unwrap_or_else(PoisonError::into_inner).push(result);
    }
}

impl<S: Sink, F: Fn() -> S + Sync> ParallelVisitor for Worker<'_, '_, S, F> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) => self.entry(&entry),
            Err(error) => {
                self.walk_error(error);
                WalkState::Continue
            }
        }
    }
}

impl<'p, 'r, S: Sink, F: Fn() -> S + Sync> Worker<'p, 'r, S, F> {
    fn new(plan: &'p Plan<'r, F, S>) -> Self {
        Self {
            plan,
            sink: None,
            buffer: Buffer::default(),
            name: String::new(),
            prefixed: String::new(),
            tally: Tally::default(),
        }
    }

    fn entry(&mut self, entry: &DirEntry) -> WalkState {
        if entry.depth() == 0 {
            return WalkState::Continue;
        }
        let path = entry.path();
        let Some(kind) = entry.file_type() else { return WalkState::Continue };
        if entry.file_name() == ".git" {
            self.dot_git(entry, kind);
            return WalkState::Skip;
        }
        if !self.plan.elsewhere.is_empty() && self.plan.elsewhere.contains(path) {
            return WalkState::Skip;
        }
        if kind.is_symlink() {
            return WalkState::Skip;
        }
        self.name_of(path);
        if !kind.is_dir() && !self.plan.request.no_ignore {
            self.tally.visited.push(self.plan.hash(path));
        }
        if let Some(pattern) =
            self.excluded(|globs, name| globs.matched(name, kind.is_dir()).map(str::to_owned))
        {
            self.skip(format!("excluded by \"{pattern}\""), true);
            return WalkState::Skip;
        }
        if kind.is_file() {
            self.file(path, Place::Found);
        } else if !kind.is_dir() {
            self.skip(special(kind).to_owned(), true);
        }
        WalkState::Continue
    }

    /// `.git` is git's, not content; but its config is where tokens in remote URLs end up.
    fn dot_git(&mut self, entry: &DirEntry, kind: FileType) {
        // The root's own repository is looked for from the root upward.
        if entry.depth() > 1 && !self.plan.request.no_ignore && !kind.is_symlink() {
            self.tally.repositories.push(Repository::of(entry.path()));
        }
        if kind.is_dir() {
            let config = entry.path().join("config");
            if self.plan.elsewhere.contains(&config) {
                return;
            }
            self.name_of(&config);
            if let Some(pattern) = self.excluded(|globs, name| globs.covering(name).map(str::to_owned)) {
                self.skip(format!("excluded by \"{pattern}\""), true);
            } else {
                self.file(&config, Place::Tracked);
            }
        }
    }

    /// Scans the file at `path`, whose name is set.
    fn file(&mut self, path: &Path, place: Place) {
        let request = self.plan.request;
        let sink = self.sink.get_or_insert_with(&self.plan.new_sink);
        let follow = place == Place::Named;
        match take(path, &self.name, follow, request.max_file_size, &mut self.buffer, sink) {
            Taken::Scanned { bytes, trouble } => {
                self.tally.coverage.files += 1;
                self.tally.coverage.bytes += bytes;
                if let Some(progress) = &request.progress {
                    progress.file(bytes);
                }
                if let Some(trouble) = trouble {
                    self.skip(trouble, false);
                }
            }
            Taken::TooLarge => {
                let max = request.max_file_size.unwrap_or_default();
                self.skip(format!("larger than max_file_size ({max} bytes)"), true);
            }
            // A file that was named must be accounted for; others may come and go.
            Taken::Special if place == Place::Named => {
                self.skip("not a regular file; its content can be scanned with --stdin".to_owned(), false);
            }
            Taken::Special => self.skip("not a regular file".to_owned(), true),
            Taken::Gone if place == Place::Found => self.skip("deleted before it was read".to_owned(), true),
            Taken::Gone | Taken::Link if place != Place::Named => {}
            Taken::Gone | Taken::Link => {
                self.skip("deleted or replaced before it was read".to_owned(), false)
            }
            Taken::Failed(error) => self.skip(format!("could not be read: {error}"), false),
        }
    }

    fn walk_error(&mut self, error: ignore::Error) {
        // Trouble with a line of an ignore file hides nothing: the line does not count.
        if error.is_partial() {
            return;
        }
        let mut inner = &error;
        let mut path = None;
        loop {
            inner = match inner {
                ignore::Error::WithPath { path: at, err } => {
                    path = Some(at.as_path());
                    err
                }
                ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => err,
                _ => break,
            };
        }
        self.name_of(path.unwrap_or(Path::new("")));
        let gone = inner.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        self.skip(format!("could not be read: {inner}"), gone && path.is_some());
    }

    fn name_of(&mut self, path: &Path) {
        self.plan.naming.write(path, &mut self.name);
    }

    /// What `matched` says of the name, or of the name with the request's prefix.
    fn excluded(
        &mut self,
        matched: impl Fn(&crate::config::PathGlobs, &str) -> Option<String>,
    ) -> Option<String> {
        let request = self.plan.request;
        if request.exclude.is_empty() {
            return None;
        }
        matched(&request.exclude, &self.name).or_else(|| {
            if request.prefix.is_empty() {
                return None;
            }
            self.prefixed.clear();
            self.prefixed.extend([&request.prefix, "/", &self.name]);
            matched(&request.exclude, &self.prefixed)
        })
    }

    fn skip(&mut self, reason: String, expected: bool) {
        self.tally.coverage.skipped.push(Skipped { path: self.name.clone(), reason, expected });
    }
}

#[cfg(unix)]
fn special(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match kind {
        _ if kind.is_fifo() => "not a regular file: a FIFO",
        _ if kind.is_socket() => "not a regular file: a socket",
        _ => "not a regular file: a device",
    }
}

#[cfg(not(unix))]
fn special(_: FileType) -> &'static str {
    "not a regular file"
}

//! The history of a repository: every blob, once, and every message; or what the commits of a range bring.
//!
//! ```text
//! layouts of packs ──> commits, ordered ──> trees: who introduced which blob, as what ──> blobs ──> first places
//! ```
//!
//! A pack holds most blobs as deltas, whose inserted bytes are all that is new. So whole blobs are looked at wholly, and
//! of the others only the lines around what is new: `windows`. The paths of blobs come first, as they say what kind of
//! text they are. What is told of a blob by its base holds as long as nothing changed that it depends on; where that is
//! not sure, the blob is looked at whole. So both ways find the same, which tests compare.
//!
//! With a cache, blobs that are known to be clean are passed over, and of a history that has not changed at all only what
//! held something is looked at: `memory`.
//!
//! Of a range, only the files count that a commit changes, and of those only what no parent of the commit had:
//! `introduced`. Pushes, CI and `--history RANGE` all come here.

mod blobs;
mod clean;
mod examiner;
mod family;
mod found;
mod graph;
mod introduced;
mod layout;
mod memory;
mod messages;
mod names;
mod places;
mod plan;
mod repeat;
mod standing;
#[cfg(test)]
mod tests;
mod tips;
mod trouble;
mod windows;

use std::sync::Arc;
use std::thread;

use anyhow::Result;

use crate::cache::Cache;
use crate::config::PathGlobs;
use crate::finding::{Confidence, Coverage, Finding};
use crate::git::Repository;
use crate::source::Progress;
use crate::source::range::Commits;

pub use examiner::Examiner;

use found::Found;
use graph::{Graph, NOWHERE};
use memory::{Loud, Memory, Snapshot};
use places::{BlobPlace, Places};
use plan::Plan;
use tips::Tips;
use trouble::Trouble;

/// What to look at.
#[derive(Clone, Copy, Debug)]
pub enum Extent<'r> {
    /// All that is stored.
    All,
    /// What refs, HEADs and stashes lead to.
    Reachable,
    /// What these commits bring.
    Commits(&'r Commits),
}

/// What former scans have learned.
#[derive(Clone, Copy, Debug)]
pub struct Caching<'r> {
    /// Where that is.
    pub cache: &'r Cache,
    /// Stands for all that findings depend on beside the text and the kind of file.
    pub key: [u8; 32],
}

/// What to look at, and how.
#[derive(Debug)]
pub struct HistoryRequest<'r> {
    /// The repository.
    pub repository: &'r Repository,
    /// Which part of it.
    pub extent: Extent<'r>,
    /// Whether to say where findings stand today: in HEAD, on which branches. Costs a look at all refs.
    pub standing: bool,
    /// Of a range: what an old version shows below this does not make a finding known.
    pub confidence: Confidence,
    /// Paths to leave out.
    pub exclude: PathGlobs,
    /// Where names begin in the folder that `exclude` speaks of: see [`super::Request::prefix`].
    pub prefix: String,
    /// Blobs of more bytes are left out and counted.
    pub max_file_size: Option<u64>,
    /// Look at every blob wholly, also where its base tells of it: slower, and finds the same.
    pub whole_blobs: bool,
    /// Threads; 0 for one per processor.
    pub threads: usize,
    /// What former scans have learned, if that counts.
    pub cache: Option<Caching<'r>>,
    /// Counters to bump, if anybody watches.
    pub progress: Option<Arc<Progress>>,
}

impl HistoryRequest<'_> {
    /// Whether a path is left out.
    fn leaves_out(&self, path: &str) -> bool {
        !self.exclude.is_empty()
            && (self.exclude.covering(path).is_some()
                || !self.prefix.is_empty()
                    && self.exclude.covering(&format!("{}/{path}", self.prefix)).is_some())
    }
}

/// What came of it.
#[derive(Debug)]
pub struct History<E> {
    /// Each secret once per rule and path, with its commit.
    pub findings: Vec<Finding>,
    /// Of a range: how many of its secrets a parent had before.
    pub known: u64,
    /// Commits looked at.
    pub commits: usize,
    /// What was looked at.
    pub coverage: Coverage,
    /// The examiners of all threads.
    pub examiners: Vec<E>,
    /// What is wrong with the cache.
    pub notes: Vec<String>,
}

/// Looks at the history of a repository. What is missing or damaged is a line of the coverage; what is there is looked at
/// all the same.
///
/// # Errors
/// The refs cannot be read.
pub fn scan_history<E: Examiner>(
    request: &HistoryRequest<'_>,
    new_examiner: impl Fn() -> E + Sync,
) -> Result<History<E>> {
    let threads = match request.threads {
        0 => thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let run = Run { request, threads, new_examiner: &new_examiner };
    run.history()
}

struct Run<'r, N> {
    request: &'r HistoryRequest<'r>,
    threads: usize,
    new_examiner: &'r N,
}

impl<E: Examiner, N: Fn() -> E + Sync> Run<'_, N> {
    fn history(&self) -> Result<History<E>> {
        let repository = self.request.repository;
        let mut reader = repository.reader();
        let mut trouble = Trouble::default();
        let mut examiners = vec![(self.new_examiner)()];
        let tips = self.tips(&mut reader, &mut trouble)?;
        let mut notes = Vec::new();
        let memory = Memory::open(self.request, &tips, &mut notes);
        if let Some(snapshot) = memory.as_ref().and_then(|memory| memory.snapshot(&mut notes))
            && let Some(history) = self.repeat(&snapshot, &tips, &mut reader)
        {
            return Ok(History { notes, ..history });
        }
        let mut layouts = Vec::new();
        let messages = match self.request.extent {
            Extent::All => {
                layouts = self.layouts(&mut trouble);
                self.all_messages(&layouts, &mut examiners, &mut trouble)
            }
            Extent::Reachable => self.reachable_messages(&tips, &mut reader, &mut examiners[0], &mut trouble),
            Extent::Commits(range) => self.messages_of(range, &mut reader, &mut examiners[0], &mut trouble),
        };
        self.say_what_is_cut(&messages, &mut trouble);
        let ranged = matches!(self.request.extent, Extent::Commits(_));
        let graph = Graph::new(messages.commits, (!ranged).then_some(&tips.commits));
        let places = match self.request.extent {
            Extent::Commits(range) if range.bounded => Places::changed(repository, graph.commits()),
            Extent::Commits(_) => {
                Places::find(repository, graph.commits(), &[], self.threads, &|path| self.class_of(path))
            }
            _ => {
                let loose_trees = [messages.trees, tips.trees.clone()].concat();
                Places::find(repository, graph.commits(), &loose_trees, self.threads, &|path| {
                    self.class_of(path)
                })
            }
        };
        for line in &places.troubles {
            trouble.line("trees", line.clone());
        }
        trouble.skipped.extend(places.skipped.iter().cloned());
        let clean = memory.as_ref().map(|memory| &memory.clean);
        let plan = Plan::new(self.request, &places, &tips, &mut reader, clean, E::kind_of);
        let mut found = Found::default();
        for message in &messages.found {
            let place =
                BlobPlace { order: graph.order(&message.object).unwrap_or(NOWHERE), path: message.path };
            found.add_all(&message.findings, place, message.object, false);
            let identities = message.findings.iter().map(|finding| finding.identity).collect();
            trouble.loud.push(Loud { object: message.object, kind: message.kind, place, identities });
        }
        self.blobs(&plan, layouts, &tips, &mut examiners, &mut found, &mut trouble);
        self.look_again(&plan, &mut reader, &mut examiners[0], &mut found, &mut trouble);
        let bounded = matches!(self.request.extent, Extent::Commits(range) if range.bounded);
        let known = if bounded { self.drop_known(&graph, &plan, &mut reader, &mut found) } else { 0 };
        let commits = self.commit_places(&graph, &tips, &mut reader, &found);
        let clean = std::mem::take(&mut trouble.clean);
        let loud = std::mem::take(&mut trouble.loud);
        let outside = trouble.outside;
        let coverage = trouble.coverage(repository, plan.excluded_blobs());
        if let Some(memory) = &memory {
            let snapshot = Snapshot::of(loud, &commits, &graph, &plan, &found, &coverage);
            memory.keep(&clean, snapshot.filter(|_| !outside));
        }
        let findings = self.place(commits, &tips, &mut reader, found);
        Ok(History { findings, known, commits: graph.commits().len(), coverage, examiners, notes })
    }

    /// What a path means for a text: the kind of file, or that it is left out.
    fn class_of(&self, path: &str) -> u8 {
        if self.request.leaves_out(path) { u8::MAX } else { E::kind_of(path) }
    }

    /// What refs point at, as far as it matters. What is wrong with them is no matter of a range.
    fn tips(&self, reader: &mut crate::git::Reader<'_>, trouble: &mut Trouble) -> Result<Tips> {
        let repository = self.request.repository;
        match self.request.extent {
            Extent::Commits(_) if !self.request.standing => Ok(Tips::default()),
            Extent::Commits(_) => Tips::read(repository, reader, &mut Trouble::default()),
            _ => Tips::read(repository, reader, trouble),
        }
    }
}

/// Runs `work` on so many threads, this one included; all that came of it.
fn on_threads<T: Send>(threads: usize, work: impl Fn() -> Vec<T> + Sync) -> Vec<T> {
    let work = &work;
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            match other.join() {
                Ok(part) => done.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    })
}

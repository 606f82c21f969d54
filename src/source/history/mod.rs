//! The history of a repository: every blob, once, and every message.
//!
//! ```text
//! layouts of packs ──> commits, ordered ──> trees: who introduced which blob, as what ──> blobs ──> first places
//! ```
//!
//! A pack holds most blobs as deltas, whose inserted bytes are all that is new. So whole blobs are looked at wholly, and
//! of the others only the lines around what is new: `windows`. The paths of blobs come first, as they say what kind of
//! text they are. What is told of a blob by its base holds as long as nothing changed that it depends on; where that is
//! not sure, the blob is looked at whole. So both ways find the same, which tests compare.

mod examiner;
mod family;
mod found;
mod graph;
mod layout;
mod names;
mod places;
#[cfg(test)]
mod tests;
mod windows;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering as Atomic};
use std::thread;

use anyhow::{Context as _, Result, bail};

use crate::config::{self, PathGlobs};
use crate::finding::{CommitPlace, Coverage, Finding, Skipped, Standing};
use crate::git::hash::Seeded;
use crate::git::object::{Commit, entries};
use crate::git::walk::Walked;
use crate::git::{Error, Kind, Oid, Range, Reader, Repository, revision};
use crate::source::Progress;
use crate::stable_id::Identity;

pub use examiner::Examiner;

use family::{Families, Scratch, UNPLACED};
use found::Found;
use graph::{Graph, NOWHERE, Order};
use layout::Layout;
use names::{COMMIT_MESSAGE, NO_PATH, PathId, TAG_MESSAGE};
use places::Places;

/// What to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent<'r> {
    /// All that is stored.
    All,
    /// What refs, HEADs and stashes lead to.
    Reachable,
    /// What the commits of a range introduced.
    Range(&'r Range),
}

/// What to look at, and how.
#[derive(Debug)]
pub struct HistoryRequest<'r> {
    /// The repository.
    pub repository: &'r Repository,
    /// Which part of it.
    pub extent: Extent<'r>,
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
    /// Counters to bump, if anybody watches.
    pub progress: Option<Arc<Progress>>,
}

/// What came of it.
#[derive(Debug)]
pub struct History<E> {
    /// Each secret once per rule and path, with its commit.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub coverage: Coverage,
    /// The examiners of all threads.
    pub examiners: Vec<E>,
}

/// Looks at the history of a repository. What is missing or damaged is a line of the coverage; what is there is looked at
/// all the same.
///
/// # Errors
/// The refs cannot be read; the range is empty, or a commit of it is missing.
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

/// What goes wrong and what is left out, as one thread sees it.
#[derive(Debug, Default)]
struct Trouble {
    blobs: u64,
    bytes: u64,
    too_large: u64,
    skipped: Vec<Skipped>,
    more: u64,
}

/// Lines about single objects; the rest is counted.
const LINES: usize = 50;

impl Trouble {
    fn object(&mut self, what: &str, error: &Error) {
        let reason = match error {
            Error::Missing(_) => "it is missing from the repository".to_owned(),
            _ => error.to_string(),
        };
        self.line(what, reason);
    }

    fn line(&mut self, what: &str, reason: impl Into<String>) {
        if self.skipped.len() < LINES {
            self.skipped.push(Skipped { path: what.to_owned(), reason: reason.into(), expected: false });
        } else {
            self.more += 1;
        }
    }

    fn merge(&mut self, other: Self) {
        self.blobs += other.blobs;
        self.bytes += other.bytes;
        self.too_large += other.too_large;
        self.more += other.more;
        self.skipped.extend(other.skipped);
    }
}

/// What all threads know about blobs.
struct Plan<'p> {
    repository: &'p Repository,
    places: &'p Places,
    /// Whether blobs that no commit holds are looked at.
    unplaced: bool,
    /// The blobs of HEAD.
    head: HashSet<Oid, Seeded>,
    /// By path, whether it is left out.
    excluded: Vec<bool>,
    max_size: u64,
    whole_blobs: bool,
    progress: Option<&'p Progress>,
}

impl Plan<'_> {
    fn wants(&self, id: &Oid) -> bool {
        match self.places.blobs.get(id) {
            Some(place) => !self.excluded.get(place.path as usize).copied().unwrap_or(false),
            None => self.unplaced,
        }
    }

    fn place(&self, id: &Oid) -> (Order, PathId) {
        self.places.blobs.get(id).map_or(UNPLACED, |place| (place.order, place.path))
    }

    fn path_text(&self, path: PathId, id: &Oid) -> String {
        if path == NO_PATH { format!("blob {}", id.short()) } else { self.places.names.text(path) }
    }

    fn in_head(&self, id: &Oid) -> bool {
        self.head.contains(id)
    }

    /// Counts a blob; `false` when it is above the size that is looked at.
    fn count(&self, size: u64, trouble: &mut Trouble) -> bool {
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
}

/// Commits with what their messages hold.
#[derive(Default)]
struct Messages {
    commits: Vec<Walked>,
    found: Vec<(Oid, PathId, Finding)>,
    trees: Vec<Oid>,
}

/// What refs point at.
struct Tips {
    /// The commits, with the names of branches.
    branches: BTreeMap<String, Oid>,
    commits: Vec<Oid>,
    tags: Vec<Oid>,
    trees: Vec<Oid>,
    blobs: Vec<Oid>,
}

impl<E: Examiner, N: Fn() -> E + Sync> Run<'_, N> {
    fn history(&self) -> Result<History<E>> {
        let repository = self.request.repository;
        let mut reader = repository.reader();
        let mut trouble = Trouble::default();
        let mut examiners = vec![(self.new_examiner)()];
        let tips = self.tips(&mut reader, &mut trouble)?;
        let mut layouts = Vec::new();
        let messages = match self.request.extent {
            Extent::All => {
                layouts = self.layouts(&mut trouble);
                self.all_messages(&layouts, &mut examiners, &mut trouble)
            }
            Extent::Reachable => self.reachable_messages(&tips, &mut reader, &mut examiners[0], &mut trouble),
            Extent::Range(range) => {
                self.range_messages(range, &mut reader, &mut examiners[0], &mut trouble)?
            }
        };
        self.say_what_is_cut(&messages, &mut trouble);
        let ranged = matches!(self.request.extent, Extent::Range(_));
        let graph = Graph::new(messages.commits, (!ranged).then_some(&tips.commits));
        let before = if ranged { self.before(&graph, &mut reader, &mut trouble) } else { Vec::new() };
        let mut loose_trees = messages.trees;
        if !ranged {
            loose_trees.extend(&tips.trees);
        }
        let places = Places::find(repository, graph.commits(), &before, &loose_trees, self.threads);
        for line in &places.troubles {
            trouble.line("trees", line.clone());
        }
        let plan = self.plan(&places, &tips, &mut reader);
        let mut found = Found::default();
        for (object, path, finding) in &messages.found {
            let order = graph.order(object).unwrap_or(NOWHERE);
            found.add(finding.identity, *path, order, *object, false, Some(finding));
        }
        self.blobs(&plan, layouts, &tips, &mut examiners, &mut found, &mut trouble);
        self.look_again(&plan, &mut reader, &mut examiners[0], &mut found, &mut trouble);
        if let Extent::Range(range) = self.request.extent {
            self.drop_known(range, &mut reader, &mut examiners[0], &places, &mut found);
        }
        let findings = self.place(&graph, &tips, &mut reader, found);
        let coverage = self.coverage(&plan, trouble);
        Ok(History { findings, coverage, examiners })
    }

    fn tips(&self, reader: &mut Reader<'_>, trouble: &mut Trouble) -> Result<Tips> {
        let repository = self.request.repository;
        let refs = repository.references().context("the refs cannot be read")?;
        let mut tips = Tips {
            branches: BTreeMap::new(),
            commits: Vec::new(),
            tags: Vec::new(),
            trees: Vec::new(),
            blobs: Vec::new(),
        };
        let named = refs.iter().map(|(name, id)| (Some(name), *id));
        let others = repository.heads_of_worktrees()?.into_iter().chain(repository.log("refs/stash")?);
        for (name, id) in named.chain(others.map(|id| (None, id))) {
            match revision::peel(id, reader) {
                Ok((peeled, object)) => {
                    if peeled != id {
                        tips.tags.push(id);
                    }
                    match object.kind {
                        Kind::Commit => {
                            tips.commits.push(peeled);
                            let branch = name.and_then(|name| {
                                name.strip_prefix("refs/heads/")
                                    .or_else(|| name.strip_prefix("refs/remotes/"))
                            });
                            if let Some(branch) = branch.filter(|branch| !branch.ends_with("/HEAD")) {
                                tips.branches.insert(branch.to_owned(), peeled);
                            }
                        }
                        Kind::Tree => tips.trees.push(peeled),
                        Kind::Blob => tips.blobs.push(peeled),
                        Kind::Tag => {}
                    }
                }
                // what FETCH_HEAD and logs name may be gone
                Err(Error::Missing(_)) if name.is_none() => {}
                Err(error) => trouble.object(name.map_or("a worktree's HEAD", |name| name), &error),
            }
        }
        tips.commits.sort_unstable();
        tips.commits.dedup();
        tips.tags.sort_unstable();
        tips.tags.dedup();
        Ok(tips)
    }

    fn layouts(&self, trouble: &mut Trouble) -> Vec<(usize, Layout, Vec<u32>)> {
        let store = self.request.repository.store();
        let next = AtomicUsize::new(0);
        let read = || {
            let mut reader = store.reader();
            let mut layouts = Vec::new();
            loop {
                let pack = next.fetch_add(1, Atomic::Relaxed);
                if pack >= store.packs().len() {
                    return layouts;
                }
                let layout = Layout::read(&mut reader, pack);
                layouts.push((pack, layout));
            }
        };
        let mut read = on_threads(self.threads.min(store.packs().len()), read);
        read.sort_unstable_by_key(|(pack, _)| *pack);
        let mut reader = store.reader();
        let mut layouts = Vec::new();
        for (pack, layout) in read {
            let name =
                || store.packs()[pack].path().file_name().unwrap_or_default().to_string_lossy().into_owned();
            match layout {
                Ok(mut layout) => {
                    for line in std::mem::take(&mut layout.troubles) {
                        trouble.line(&name(), line);
                    }
                    for at in 0..layout.foreign.len() {
                        let (slot, base) = layout.foreign[at];
                        match reader.describe(&base) {
                            Ok((kind, _)) => layout.slots[slot as usize].kind = Some(kind),
                            Err(error) => trouble.object(&name(), &error),
                        }
                    }
                    let order = layout.spread();
                    let lost = layout.slots.len() - order.len();
                    if lost > 0 {
                        trouble.line(&name(), format!("{lost} objects are damaged, or made of damaged ones"));
                    }
                    layouts.push((pack, layout, order));
                }
                Err(error) => trouble.line(&name(), error.to_string()),
            }
        }
        layouts
    }

    /// All commits and tags that are stored, whatever leads to them.
    fn all_messages(
        &self,
        layouts: &[(usize, Layout, Vec<u32>)],
        examiners: &mut Vec<E>,
        trouble: &mut Trouble,
    ) -> Messages {
        let repository = self.request.repository;
        let mut wanted: Vec<(usize, u64, Oid)> = Vec::new();
        for (pack, layout, _) in layouts {
            let Ok(index) = repository.store().packs()[*pack].index() else { continue };
            let slots =
                layout.slots.iter().filter(|slot| matches!(slot.kind, Some(Kind::Commit | Kind::Tag)));
            wanted.extend(slots.map(|slot| (*pack, slot.offset, index.id(slot.name as usize))));
        }
        const SHARE: usize = 256;
        let next = AtomicUsize::new(0);
        let work = || {
            let mut reader = repository.reader();
            let mut examiner = (self.new_examiner)();
            let mut messages = Messages::default();
            let mut trouble = Trouble::default();
            loop {
                let from = next.fetch_add(SHARE, Atomic::Relaxed);
                if from >= wanted.len() {
                    return vec![(messages, trouble, examiner)];
                }
                for &(pack, offset, id) in &wanted[from..wanted.len().min(from + SHARE)] {
                    match reader.entry(pack, offset) {
                        Ok(object) => self.message(
                            id,
                            object.kind,
                            &object.data,
                            &mut examiner,
                            &mut messages,
                            &mut trouble,
                        ),
                        Err(error) => trouble.object(&format!("object {id}"), &error),
                    }
                }
            }
        };
        let mut messages = Messages::default();
        for (part, more, examiner) in on_threads(self.threads.min(wanted.len().div_ceil(SHARE)).max(1), work)
        {
            messages.commits.extend(part.commits);
            messages.found.extend(part.found);
            messages.trees.extend(part.trees);
            trouble.merge(more);
            examiners.push(examiner);
        }
        let mut reader = repository.reader();
        for id in self.loose(trouble) {
            match reader.describe(&id) {
                Ok((kind @ (Kind::Commit | Kind::Tag), _)) => match reader.read(&id) {
                    Ok(object) => {
                        self.message(id, kind, &object.data, &mut examiners[0], &mut messages, trouble)
                    }
                    Err(error) => trouble.object(&format!("object {id}"), &error),
                },
                // trees and blobs have their turn
                Ok(_) => {}
                Err(error) => trouble.object(&format!("object {id}"), &error),
            }
        }
        messages
    }

    /// Loose objects that are in no pack.
    fn loose(&self, trouble: &mut Trouble) -> Vec<Oid> {
        let store = self.request.repository.store();
        let loose = match store.loose() {
            Ok(loose) => loose,
            Err(error) => {
                trouble.line("loose objects", error.to_string());
                return Vec::new();
            }
        };
        let packed = |id: &Oid| {
            store.packs().iter().any(|pack| pack.index().is_ok_and(|index| index.find(id).is_some()))
        };
        loose.into_iter().filter(|id| !packed(id)).collect()
    }

    fn reachable_messages(
        &self,
        tips: &Tips,
        reader: &mut Reader<'_>,
        examiner: &mut E,
        trouble: &mut Trouble,
    ) -> Messages {
        let mut messages = Messages::default();
        let mut seen: HashSet<Oid, Seeded> = HashSet::default();
        let mut rest: Vec<Oid> = tips.commits.iter().chain(&tips.tags).copied().collect();
        while let Some(id) = rest.pop() {
            if !seen.insert(id) {
                continue;
            }
            match reader.read(&id) {
                Ok(object) => {
                    let before = messages.commits.len();
                    self.message(id, object.kind, &object.data, examiner, &mut messages, trouble);
                    rest.extend(messages.commits[before..].iter().flat_map(|commit| &commit.parents));
                    if object.kind == Kind::Tag
                        && let Ok(tag) = Commit::parse_tag(&object.data)
                        && matches!(reader.describe(&tag.tree), Ok((Kind::Tag | Kind::Commit, _)))
                    {
                        rest.push(tag.tree);
                    }
                }
                Err(error) => trouble.object(&format!("commit {id}"), &error),
            }
        }
        messages
    }

    fn range_messages(
        &self,
        range: &Range,
        reader: &mut Reader<'_>,
        examiner: &mut E,
        trouble: &mut Trouble,
    ) -> Result<Messages> {
        let commits = self.request.repository.commits(range, reader).context("the range cannot be walked")?;
        if commits.is_empty() {
            bail!("the range holds no commit: nothing would be looked at");
        }
        let mut messages = Messages::default();
        for commit in &commits {
            let object = reader.read(&commit.id)?;
            self.message(commit.id, object.kind, &object.data, examiner, &mut messages, trouble);
        }
        Ok(messages)
    }

    /// Takes a commit or tag apart, and looks at its message.
    fn message(
        &self,
        id: Oid,
        kind: Kind,
        data: &[u8],
        examiner: &mut E,
        messages: &mut Messages,
        trouble: &mut Trouble,
    ) {
        let (parsed, path, name) = match kind {
            Kind::Commit => (Commit::parse(data), COMMIT_MESSAGE, "COMMIT_EDITMSG"),
            _ => (Commit::parse_tag(data), TAG_MESSAGE, "TAG_EDITMSG"),
        };
        let commit = match parsed {
            Ok(commit) => commit,
            Err(error) => return trouble.object(&format!("{kind:?} {id}").to_lowercase(), &error),
        };
        let findings = examiner.whole(commit.message, name, &mut Vec::new());
        messages.found.extend(findings.into_iter().map(|finding| (id, path, finding)));
        if kind == Kind::Commit {
            let cut = self.request.repository.is_cut(&id);
            let parents = if cut { Vec::new() } else { commit.parents };
            messages.commits.push(Walked { id, tree: commit.tree, parents, time: commit.time });
        } else if let Ok((Kind::Tree, _)) = self.request.repository.reader().describe(&commit.tree) {
            messages.trees.push(commit.tree);
        }
    }

    /// Says what a shallow clone hides, and which parents are missing.
    fn say_what_is_cut(&self, messages: &Messages, trouble: &mut Trouble) {
        let repository = self.request.repository;
        let cut = messages.commits.iter().filter(|commit| repository.is_cut(&commit.id)).count();
        if cut > 0 {
            trouble.line(
                "shallow clone",
                "the history before it is not here: fetch it with `git fetch --unshallow`, or give the checkout a \
                 depth that reaches further back (0 for all)",
            );
        }
        if matches!(self.request.extent, Extent::Range(_)) {
            return;
        }
        let here: HashSet<Oid, Seeded> = messages.commits.iter().map(|commit| commit.id).collect();
        let mut missing: Vec<Oid> = messages
            .commits
            .iter()
            .flat_map(|commit| &commit.parents)
            .filter(|parent| !here.contains(parent))
            .copied()
            .collect();
        missing.sort_unstable();
        missing.dedup();
        for id in missing.into_iter().filter(|id| !repository.store().contains(id)) {
            trouble.object(&format!("commit {id}"), &Error::Missing(id));
        }
    }

    /// The trees that the commits of a range began with.
    fn before(&self, graph: &Graph, reader: &mut Reader<'_>, trouble: &mut Trouble) -> Vec<Oid> {
        let mut trees = Vec::new();
        let parents = graph.commits().iter().flat_map(|commit| &commit.parents);
        for parent in parents.filter(|parent| graph.order(parent).is_none()) {
            match self.request.repository.walked(*parent, reader) {
                Ok(parent) => trees.push(parent.tree),
                Err(error) => trouble.object(&format!("commit {parent}"), &error),
            }
        }
        trees.sort_unstable();
        trees.dedup();
        trees
    }

    fn plan<'p>(&'p self, places: &'p Places, tips: &Tips, reader: &mut Reader<'_>) -> Plan<'p> {
        let request = self.request;
        let mut head = HashSet::default();
        if let Ok(at) = request.repository.head()
            && let Some(commit) = at.commit().filter(|commit| tips.commits.contains(commit))
            && let Ok(commit) = request.repository.walked(commit, reader)
        {
            blobs_of(commit.tree, reader, &mut head);
        }
        let mut excluded = Vec::new();
        if !request.exclude.is_empty() {
            excluded = (0..places.names.len() as PathId)
                .map(|path| {
                    let text = places.names.text(path);
                    path > TAG_MESSAGE
                        && (request.exclude.covering(&text).is_some()
                            || !request.prefix.is_empty()
                                && request.exclude.covering(&format!("{}/{text}", request.prefix)).is_some())
                })
                .collect();
        }
        Plan {
            repository: request.repository,
            places,
            unplaced: request.extent == Extent::All,
            head,
            excluded,
            max_size: request.max_file_size.unwrap_or(u64::MAX),
            whole_blobs: request.whole_blobs,
            progress: request.progress.as_deref(),
        }
    }

    /// Looks at all blobs that the plan wants.
    fn blobs(
        &self,
        plan: &Plan<'_>,
        layouts: Vec<(usize, Layout, Vec<u32>)>,
        tips: &Tips,
        examiners: &mut Vec<E>,
        found: &mut Found,
        trouble: &mut Trouble,
    ) {
        /// Blobs up to this number are read one by one rather than by going through the packs.
        const FEW: usize = 2000;
        let store = self.request.repository.store();
        let all = self.request.extent == Extent::All;
        let mut single: Vec<Oid>;
        let mut layouts = layouts;
        if all {
            single = self.loose(trouble);
        } else if plan.places.blobs.len() <= FEW {
            single = plan.places.blobs.keys().copied().collect();
        } else {
            layouts = self.layouts(trouble);
            let packed = |id: &Oid| {
                store.packs().iter().any(|pack| pack.index().is_ok_and(|index| index.find(id).is_some()))
            };
            single = plan.places.blobs.keys().filter(|id| !packed(id)).copied().collect();
        }
        if self.request.extent == Extent::Reachable {
            single.extend(&tips.blobs);
        }
        single.retain(|id| plan.wants(id) || tips.blobs.contains(id));
        single.sort_unstable();
        single.dedup();
        let mut families = Vec::new();
        for (pack, layout, order) in layouts {
            let seen = |id: &Oid| {
                store.packs()[..pack]
                    .iter()
                    .any(|pack| pack.index().is_ok_and(|index| index.find(id).is_some()))
            };
            match Families::new(plan, pack, layout, &order, seen) {
                Ok(ready) => families.push(ready),
                Err(error) => trouble.line(&store.packs()[pack].path().to_string_lossy(), error.to_string()),
            }
        }
        let next = AtomicUsize::new(0);
        let work = || {
            let mut reader = store.reader();
            let mut examiner = (self.new_examiner)();
            let mut scratch = Scratch::new();
            let mut found = Found::default();
            let mut trouble = Trouble::default();
            for families in &families {
                families.work(&mut reader, &mut examiner, &mut scratch, &mut found, &mut trouble);
            }
            loop {
                let at = next.fetch_add(1, Atomic::Relaxed);
                let Some(id) = single.get(at) else { break };
                if let Err(error) =
                    self.single(plan, id, &mut reader, &mut examiner, &mut found, &mut trouble)
                {
                    trouble.object(&format!("blob {id}"), &error);
                }
            }
            vec![(found, trouble, examiner)]
        };
        for (more, other, examiner) in on_threads(self.threads, work) {
            found.merge(more);
            trouble.merge(other);
            examiners.push(examiner);
        }
        if all {
            // what trees name and packs do not hold
            let mut missing: Vec<&Oid> =
                plan.places.blobs.keys().filter(|id| plan.wants(id) && !store.contains(id)).collect();
            missing.sort_unstable();
            for id in missing {
                trouble.object(&format!("blob {id}"), &Error::Missing(*id));
            }
        }
    }

    /// Looks at one blob, wholly.
    fn single(
        &self,
        plan: &Plan<'_>,
        id: &Oid,
        reader: &mut Reader<'_>,
        examiner: &mut E,
        found: &mut Found,
        trouble: &mut Trouble,
    ) -> crate::git::Result<()> {
        let (kind, size) = reader.describe(id)?;
        if kind != Kind::Blob {
            return Ok(());
        }
        if !plan.count(size, trouble) {
            return Ok(());
        }
        let (order, path) = plan.place(id);
        for finding in self.findings_of(plan, id, size, reader, examiner)? {
            found.add(finding.identity, path, order, *id, plan.in_head(id), Some(&finding));
        }
        Ok(())
    }

    fn findings_of(
        &self,
        plan: &Plan<'_>,
        id: &Oid,
        size: u64,
        reader: &mut Reader<'_>,
        examiner: &mut E,
    ) -> crate::git::Result<Vec<Finding>> {
        let text = plan.path_text(plan.place(id).1, id);
        if size > crate::git::store::LARGEST {
            let (_, size, mut stream) = reader.stream(id)?;
            return examiner.stream(&mut *stream, &text, size);
        }
        let object = reader.read_as(id, Kind::Blob)?;
        Ok(examiner.whole(&object.data, &text, &mut Vec::new()))
    }

    /// Secrets whose first place was told by a base have no finding yet: these blobs are looked at whole.
    fn look_again(
        &self,
        plan: &Plan<'_>,
        reader: &mut Reader<'_>,
        examiner: &mut E,
        found: &mut Found,
        trouble: &mut Trouble,
    ) {
        let mut blobs: HashMap<Oid, Vec<(Identity, PathId)>, Seeded> = HashMap::default();
        for (key, first) in found.firsts.iter().filter(|(_, first)| first.finding.is_none()) {
            blobs.entry(first.object).or_default().push(*key);
        }
        let mut blobs: Vec<_> = blobs.into_iter().collect();
        blobs.sort_unstable_by_key(|(id, _)| *id);
        for (id, keys) in blobs {
            let findings = match self.findings_of(plan, &id, 0, reader, examiner) {
                Ok(findings) => findings,
                Err(error) => {
                    trouble.object(&format!("blob {id}"), &error);
                    continue;
                }
            };
            for key in keys {
                let finding = findings.iter().find(|finding| finding.identity == key.0).cloned();
                debug_assert!(finding.is_some(), "blob {id} was said to hold what it does not");
                match (finding, found.firsts.get_mut(&key)) {
                    (Some(finding), Some(first)) => first.finding = Some(finding),
                    _ => trouble
                        .line(&format!("blob {id}"), "internal error: scan with --whole-blobs and report it"),
                }
            }
        }
    }

    /// Of what a range holds, drops what the history before it held already, under the same path.
    fn drop_known(
        &self,
        range: &Range,
        reader: &mut Reader<'_>,
        examiner: &mut E,
        places: &Places,
        found: &mut Found,
    ) {
        if found.firsts.is_empty() || range.exclude.is_empty() {
            return;
        }
        let paths: HashSet<String> = found.firsts.keys().map(|(_, path)| places.names.text(*path)).collect();
        let repository = self.request.repository;
        let mut commits = Vec::new();
        let mut seen: HashSet<Oid, Seeded> = HashSet::default();
        let mut rest = range.exclude.clone();
        let mut known: HashSet<(Identity, String)> = HashSet::new();
        while let Some(id) = rest.pop() {
            if seen.insert(id)
                && let Ok(commit) = repository.walked(id, reader)
            {
                rest.extend(&commit.parents);
                commits.push(commit);
            }
        }
        if found.firsts.keys().any(|(_, path)| *path == COMMIT_MESSAGE) {
            let text = places.names.text(COMMIT_MESSAGE);
            for commit in &commits {
                let Ok(object) = reader.read(&commit.id) else { continue };
                let Ok(commit) = Commit::parse(&object.data) else { continue };
                let findings = examiner.whole(commit.message, &text, &mut Vec::new());
                known.extend(findings.into_iter().map(|finding| (finding.identity, text.clone())));
            }
        }
        let before = Places::find(repository, Graph::new(commits, None).commits(), &[], &[], self.threads);
        found.firsts.retain(|_, first| !before.blobs.contains_key(&first.object));
        let mut blobs: Vec<(Oid, String)> = before
            .blobs
            .iter()
            .map(|(id, place)| (*id, before.names.text(place.path)))
            .filter(|(_, path)| paths.contains(path))
            .collect();
        blobs.sort_unstable();
        for (id, path) in blobs {
            let Ok(object) = reader.read_as(&id, Kind::Blob) else { continue };
            let findings = examiner.whole(&object.data, &path, &mut Vec::new());
            known.extend(findings.into_iter().map(|finding| (finding.identity, path.clone())));
        }
        found.firsts.retain(|(identity, path), _| !known.contains(&(*identity, places.names.text(*path))));
    }

    /// Gives each finding its commit.
    fn place(&self, graph: &Graph, tips: &Tips, reader: &mut Reader<'_>, found: Found) -> Vec<Finding> {
        let mut orders: Vec<Order> =
            found.firsts.values().map(|first| first.order).filter(|&order| order != NOWHERE).collect();
        orders.sort_unstable();
        orders.dedup();
        let (names, at): (Vec<&String>, Vec<Oid>) =
            tips.branches.iter().map(|(name, id)| (name, *id)).unzip();
        let leading = graph.leading_to(&orders, &at);
        let ranged = matches!(self.request.extent, Extent::Range(_));
        let mut commits: HashMap<Order, CommitPlace> = HashMap::new();
        for (order, leading) in orders.iter().zip(leading) {
            let id = graph.commits()[*order as usize].id;
            let object = reader.read(&id);
            let parsed = object.as_ref().ok().and_then(|object| Commit::parse(&object.data).ok());
            commits.insert(
                *order,
                CommitPlace {
                    id: id.to_string(),
                    author: parsed.as_ref().map_or_else(String::new, |commit| lossy(commit.author)),
                    date: parsed
                        .as_ref()
                        .map_or_else(String::new, |commit| config::moment(commit.author_time)),
                    object: String::new(),
                    standing: Some(Standing {
                        in_head: false,
                        reachable: ranged || graph.is_reachable(*order),
                        branches: leading.into_iter().map(|at| names[at].clone()).collect(),
                    }),
                },
            );
        }
        let in_head = found.in_head;
        let findings = found.firsts.into_iter().filter_map(|((identity, path), first)| {
            let mut finding = first.finding?;
            let mut place = commits.get(&first.order).cloned().unwrap_or_default();
            place.object = first.object.to_string();
            let standing = place.standing.get_or_insert_default();
            standing.in_head = path > TAG_MESSAGE && in_head.contains(&identity);
            standing.reachable |= tips.blobs.contains(&first.object) || tips.tags.contains(&first.object);
            finding.commit = Some(Box::new(place));
            Some(finding)
        });
        findings.collect()
    }

    fn coverage(&self, plan: &Plan<'_>, mut trouble: Trouble) -> Coverage {
        let repository = self.request.repository;
        for line in repository.store().troubles() {
            trouble.line("objects", line.clone());
        }
        if trouble.more > 0 {
            trouble.skipped.push(Skipped {
                path: "objects".to_owned(),
                reason: format!("{} more could not be looked at", trouble.more),
                expected: false,
            });
        }
        if repository.is_partial() && !trouble.skipped.is_empty() {
            trouble.skipped.push(Skipped {
                path: "partial clone".to_owned(),
                reason: "objects were left out when it was cloned: scan a full clone, or fetch them first"
                    .to_owned(),
                expected: false,
            });
        }
        let expected = |count: u64, reason: &str| Skipped {
            path: "blobs".to_owned(),
            reason: format!("{count} {reason}"),
            expected: true,
        };
        if trouble.too_large > 0 {
            trouble.skipped.push(expected(trouble.too_large, "are above the size limit"));
        }
        let excluded = plan
            .places
            .blobs
            .values()
            .filter(|place| plan.excluded.get(place.path as usize).copied().unwrap_or(false))
            .count();
        if excluded > 0 {
            trouble.skipped.push(expected(excluded as u64, "are excluded by their path"));
        }
        trouble.skipped.sort();
        trouble.skipped.dedup();
        Coverage { files: trouble.blobs, bytes: trouble.bytes, skipped: trouble.skipped }
    }
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

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
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

//! Walks from commit to commit.

use std::collections::{BinaryHeap, HashMap, HashSet};

use super::hash::Seeded;
use super::object::{Commit, Kind};
use super::repository::Repository;
use super::revision::Range;
use super::store::Reader;
use super::{Oid, Result};

/// From which side a commit is reachable.
const INCLUDED: u8 = 1;
const EXCLUDED: u8 = 2;
/// Of [`Repository::merge_bases`]: already one, or older than one.
const STALE: u8 = 4;

/// The longest line of first parents.
const LONGEST: usize = 10_000_000;

/// What a walk needs to know of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// Its name.
    pub id: Oid,
    /// Its directory.
    pub tree: Oid,
    /// The commits before; those that a shallow clone left out are not among them.
    pub parents: Vec<Oid>,
    /// When it was committed, in seconds since 1970.
    pub time: i64,
}

impl Repository {
    /// Reads a commit for a walk.
    ///
    /// # Errors
    /// It is missing or damaged.
    pub fn walked(&self, id: Oid, reader: &mut Reader<'_>) -> Result<Walked> {
        let object = reader.read_as(&id, Kind::Commit)?;
        let commit = Commit::parse(&object.data)?;
        let parents = if self.is_cut(&id) { Vec::new() } else { commit.parents };
        Ok(Walked { id, tree: commit.tree, parents, time: commit.time })
    }

    /// The commit that all of HEAD's first parents lead to; `None` where there is none, or a shallow clone hides it.
    pub fn first_commit(&self) -> Option<Oid> {
        let mut reader = self.reader();
        let mut at = self.head().ok()?.commit()?;
        // in a forged repository, commits may stand in a circle
        for _ in 0..LONGEST {
            if self.is_cut(&at) {
                return None;
            }
            match self.walked(at, &mut reader).ok()?.parents.first() {
                Some(parent) => at = *parent,
                None => return Some(at),
            }
        }
        None
    }

    /// The commits of a range, in no order that means anything.
    ///
    /// # Errors
    /// A commit is missing or damaged: then the range is not known.
    pub fn commits(&self, range: &Range, reader: &mut Reader<'_>) -> Result<Vec<Walked>> {
        let mut flags: HashMap<Oid, u8, Seeded> = HashMap::default();
        let mut heap = BinaryHeap::new();
        let mut known: HashMap<Oid, Walked, Seeded> = HashMap::default();
        let mut queued: HashSet<Oid, Seeded> = HashSet::default();
        // commits in the heap that are not known to be excluded
        let mut wanted = 0_usize;
        for (ids, flag) in [(&range.exclude, EXCLUDED), (&range.include, INCLUDED)] {
            for &id in ids {
                let before = *flags.entry(id).or_default();
                flags.insert(id, before | flag);
                if before == 0 {
                    let commit = self.walked(id, reader)?;
                    heap.push((commit.time, id));
                    queued.insert(id);
                    known.insert(id, commit);
                    wanted += usize::from(flag == INCLUDED);
                }
            }
        }
        let mut oldest = i64::MAX;
        while let Some((time, id)) = heap.pop() {
            queued.remove(&id);
            let flag = flags[&id];
            if flag & EXCLUDED == 0 {
                wanted -= 1;
                oldest = oldest.min(time);
            }
            let parents = known[&id].parents.clone();
            for parent in parents {
                let before = *flags.entry(parent).or_default();
                let after = before | flag;
                if before == after {
                    continue;
                }
                flags.insert(parent, after);
                if before == 0 {
                    let commit = self.walked(parent, reader)?;
                    heap.push((commit.time, parent));
                    queued.insert(parent);
                    known.insert(parent, commit);
                    wanted += usize::from(after & EXCLUDED == 0);
                } else if before & EXCLUDED == 0 && after & EXCLUDED != 0 {
                    // seen as wanted before, because a clock was wrong: tell its ancestors
                    wanted -= usize::from(queued.contains(&parent));
                    wanted -= exclude(parent, &known, &mut flags, &queued);
                }
            }
            // the rest is excluded; what is older than all that is wanted cannot lead to it, unless clocks were wrong,
            // and then more is scanned than need be
            if wanted == 0 && heap.peek().is_none_or(|&(time, _)| time < oldest) {
                break;
            }
        }
        let commits = known.into_values().filter(|commit| flags[&commit.id] & EXCLUDED == 0);
        Ok(commits.collect())
    }

    /// The best common ancestors of two commits.
    ///
    /// # Errors
    /// A commit is missing or damaged.
    pub fn merge_bases(&self, a: Oid, b: Oid, reader: &mut Reader<'_>) -> Result<Vec<Oid>> {
        if a == b {
            return Ok(vec![a]);
        }
        let mut flags: HashMap<Oid, u8, Seeded> = HashMap::default();
        let mut queue = Queue::default();
        for (id, flag) in [(a, INCLUDED), (b, EXCLUDED)] {
            flags.insert(id, flag);
            queue.push(id, self.walked(id, reader)?.time, 0, flag);
        }
        let mut bases = Vec::new();
        while queue.fresh > 0
            && let Some(id) = queue.pop(&flags)
        {
            let mut flag = flags[&id];
            if flag & (INCLUDED | EXCLUDED) == INCLUDED | EXCLUDED {
                if flag & STALE == 0 && !bases.contains(&id) {
                    bases.push(id);
                }
                flag |= STALE;
            }
            for parent in self.walked(id, reader)?.parents {
                let before = *flags.entry(parent).or_default();
                if before | flag != before {
                    flags.insert(parent, before | flag);
                    queue.push(parent, self.walked(parent, reader)?.time, before, before | flag);
                }
            }
        }
        bases.retain(|id| flags[id] & STALE == 0);
        Ok(bases)
    }
}

/// Commits to look at, the youngest first, each once.
#[derive(Default)]
struct Queue {
    heap: BinaryHeap<(i64, Oid)>,
    queued: HashSet<Oid, Seeded>,
    /// How many of them are not stale.
    fresh: usize,
}

impl Queue {
    /// Adds a commit whose flags have changed.
    fn push(&mut self, id: Oid, time: i64, before: u8, after: u8) {
        if self.queued.insert(id) {
            self.heap.push((time, id));
            self.fresh += usize::from(after & STALE == 0);
        } else if before & STALE == 0 && after & STALE != 0 {
            self.fresh -= 1;
        }
    }

    fn pop(&mut self, flags: &HashMap<Oid, u8, Seeded>) -> Option<Oid> {
        let (_, id) = self.heap.pop()?;
        self.queued.remove(&id);
        self.fresh -= usize::from(flags[&id] & STALE == 0);
        Some(id)
    }
}

/// Marks the ancestors of a commit, as far as they are known, as excluded. How many of those are queued.
fn exclude(
    id: Oid,
    known: &HashMap<Oid, Walked, Seeded>,
    flags: &mut HashMap<Oid, u8, Seeded>,
    queued: &HashSet<Oid, Seeded>,
) -> usize {
    let mut waiting = 0;
    let mut rest = vec![id];
    while let Some(id) = rest.pop() {
        for parent in known.get(&id).into_iter().flat_map(|commit| &commit.parents) {
            if let Some(flag) = flags.get_mut(parent)
                && *flag & EXCLUDED == 0
            {
                *flag |= EXCLUDED;
                waiting += usize::from(queued.contains(parent));
                rest.push(*parent);
            }
        }
    }
    waiting
}

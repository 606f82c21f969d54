//! What the commits of a range bring that was not there before: what a file holds that no parent's version of it does.

use std::collections::{BTreeMap, HashSet};

use crate::git::hash::Seeded;
use crate::git::walk::Walked;
use crate::git::{Oid, Reader, Repository, Result};
use crate::source::changes::{Change, ChangeSet, Gone, Trees, expand, text};
use crate::stable_id::Identity;

use super::found::Found;
use super::graph::{Graph, NOWHERE};
use super::names::{PathId, TAG_MESSAGE};
use super::plan::Plan;
use super::trouble::Trouble;
use super::{Examiner, Run};

/// The files of a commit that none of its parents has as they are.
///
/// # Errors
/// A parent or a tree is missing or damaged.
pub(super) fn changes_of(
    repository: &Repository,
    commit: &Walked,
    reader: &mut Reader<'_>,
) -> Result<ChangeSet> {
    let mut set = ChangeSet::default();
    let parents = commit.parents.iter().map(|parent| Ok(Some(repository.walked(*parent, reader)?.tree)));
    let parents = parents.collect::<Result<Vec<_>>>()?;
    let mut trees = Trees { reader, into: &mut set, read: 0 };
    trees.compare(&mut Vec::new(), &parents, commit.tree, 0)?;
    Ok(set)
}

impl<E: Examiner, N: Fn() -> E + Sync> Run<'_, N> {
    /// Takes out what the first commit with it did not bring: a parent had it in the same file, or in one that the
    /// commit takes away. How many those are. Old versions that cannot be read make nothing known.
    pub(super) fn drop_known(
        &self,
        graph: &Graph,
        plan: &Plan<'_>,
        reader: &mut Reader<'_>,
        found: &mut Found,
    ) -> u64 {
        let mut by_commit: BTreeMap<_, BTreeMap<PathId, Vec<Identity>>> = BTreeMap::new();
        for ((identity, path), first) in &found.firsts {
            // what is not shown needs no comparing
            let shown = |finding: &crate::finding::Finding| finding.confidence >= self.request.confidence;
            if first.order != NOWHERE && *path > TAG_MESSAGE && first.finding.as_ref().is_some_and(shown) {
                by_commit.entry(first.order).or_default().entry(*path).or_default().push(*identity);
            }
        }
        // what old versions hold is no part of the report
        let mut examiner = (self.new_examiner)();
        let mut known = 0;
        for (order, paths) in by_commit {
            let commit = &graph.commits()[order as usize];
            let Ok(set) = changes_of(self.request.repository, commit, reader) else { continue };
            let mut gone = None;
            for (path, identities) in paths {
                let name = plan.places.names.bytes(path);
                let Some(change) = set.changes.iter().find(|change| change.path == name) else { continue };
                let mut open: HashSet<Identity, Seeded> = identities.iter().copied().collect();
                let gone: &[Gone] = match change.old.is_empty() {
                    true => gone.get_or_insert_with(|| expand(set.gone.clone(), reader)),
                    false => &[],
                };
                for (path, id) in before(change, gone) {
                    if open.is_empty() {
                        break;
                    }
                    for identity in self.shown_in(&id, &path, reader, &mut examiner) {
                        open.remove(&identity);
                    }
                }
                for identity in identities.into_iter().filter(|identity| !open.contains(identity)) {
                    known += u64::from(found.firsts.remove(&(identity, path)).is_some());
                }
            }
        }
        known
    }

    /// What a scan of an old version would show.
    fn shown_in(&self, id: &Oid, path: &str, reader: &mut Reader<'_>, examiner: &mut E) -> Vec<Identity> {
        let max = self.request.max_file_size.unwrap_or(u64::MAX);
        if !reader.describe(id).is_ok_and(|(_, size)| size <= max) {
            return Vec::new();
        }
        let findings = self.findings_of(id, path, reader, examiner, &mut Trouble::default());
        let shown = findings.unwrap_or_default().into_iter();
        let shown = shown.filter(|finding| finding.confidence >= self.request.confidence);
        shown.map(|finding| finding.identity).collect()
    }
}

/// What a file was before: the same file in each parent; for a new one, what the commit takes away, of which the same
/// content comes first, as most files are renamed and left as they are.
fn before<'c>(change: &'c Change, gone: &'c [Gone]) -> impl Iterator<Item = (String, Oid)> + 'c {
    let same = change.old.iter().map(|old| (text(&change.path), *old));
    let renamed = gone.iter().filter(|gone| gone.id == change.id);
    let edited = gone.iter().filter(|gone| gone.id != change.id);
    same.chain(renamed.chain(edited).map(|gone| (text(&gone.path), gone.id)))
}

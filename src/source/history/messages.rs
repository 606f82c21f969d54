//! Commits and tags: what their messages hold, and how commits hang together.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering as Atomic};

use crate::finding::Finding;
use crate::git::hash::Seeded;
use crate::git::object::Commit;
use crate::git::walk::Walked;
use crate::git::{Error, Kind, Oid, Reader};
use crate::source::range::Commits;

use super::layout::Layout;
use super::names::{COMMIT_MESSAGE, PathId, TAG_MESSAGE};
use super::tips::Tips;
use super::trouble::Trouble;
use super::{Examiner, Extent, Run, on_threads};

/// Commits with what their messages hold.
#[derive(Default)]
pub(super) struct Messages {
    pub commits: Vec<Walked>,
    /// Messages in which something was found or allowed.
    pub found: Vec<Message>,
    pub trees: Vec<Oid>,
}

/// The message of a commit or tag, with what it holds.
pub(super) struct Message {
    pub object: Oid,
    pub kind: Kind,
    pub path: PathId,
    pub findings: Vec<Finding>,
}

impl<E: Examiner, N: Fn() -> E + Sync> Run<'_, N> {
    /// All commits and tags that are stored, whatever leads to them.
    pub(super) fn all_messages(
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
    pub(super) fn loose(&self, trouble: &mut Trouble) -> Vec<Oid> {
        let store = self.request.repository.store();
        let loose = match store.loose() {
            Ok(loose) => loose,
            Err(error) => {
                trouble.line("loose objects", error.to_string());
                return Vec::new();
            }
        };
        loose.into_iter().filter(|id| !store.packs_hold(id)).collect()
    }

    pub(super) fn reachable_messages(
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

    /// The commits of a range, and the tags that come with it.
    pub(super) fn messages_of(
        &self,
        range: &Commits,
        reader: &mut Reader<'_>,
        examiner: &mut E,
        trouble: &mut Trouble,
    ) -> Messages {
        let mut messages = Messages::default();
        for id in range.commits.iter().map(|commit| &commit.id).chain(&range.tags) {
            match reader.read(id) {
                Ok(object) => {
                    self.message(*id, object.kind, &object.data, examiner, &mut messages, trouble);
                }
                Err(error) => trouble.object(&format!("object {id}"), &error),
            }
        }
        messages
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
        let commit = match Commit::parse_as(kind, data) {
            Ok(commit) => commit,
            Err(error) => return trouble.object(&format!("{kind:?} {id}").to_lowercase(), &error),
        };
        let marks = examiner.marks();
        let findings = self.findings_of_message(kind, &commit, examiner);
        if !findings.is_empty() || examiner.marks() != marks {
            let path = if kind == Kind::Tag { TAG_MESSAGE } else { COMMIT_MESSAGE };
            messages.found.push(Message { object: id, kind, path, findings });
        }
        if kind == Kind::Commit {
            let cut = self.request.repository.is_cut(&id);
            let parents = if cut { Vec::new() } else { commit.parents };
            messages.commits.push(Walked { id, tree: commit.tree, parents, time: commit.time });
        } else if let Ok((Kind::Tree, _)) = self.request.repository.reader().describe(&commit.tree) {
            messages.trees.push(commit.tree);
        }
    }

    /// What a message holds, under the name of the file in which git lets people write it.
    pub(super) fn findings_of_message(
        &self,
        kind: Kind,
        commit: &Commit<'_>,
        examiner: &mut E,
    ) -> Vec<Finding> {
        let name = if kind == Kind::Tag { "TAG_EDITMSG" } else { "COMMIT_EDITMSG" };
        examiner.whole(commit.message, name, &mut Vec::new())
    }

    /// Says what a shallow clone hides, and which parents are missing.
    pub(super) fn say_what_is_cut(&self, messages: &Messages, trouble: &mut Trouble) {
        let repository = self.request.repository;
        let cut = messages.commits.iter().filter(|commit| repository.is_cut(&commit.id)).count();
        if cut > 0 {
            trouble.line(
                "shallow clone",
                "the history before it is not here: fetch it with `git fetch --unshallow`, or give the checkout a \
                 depth that reaches further back (0 for all)",
            );
        }
        if matches!(self.request.extent, Extent::Commits(_)) {
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
}

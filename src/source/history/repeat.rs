//! A history of which nothing has changed since it was last looked at.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering as Atomic};

use crate::finding::Finding;
use crate::git::object::Commit;
use crate::git::{Kind, Oid, Reader};

use super::found::Found;
use super::graph::NOWHERE;
use super::memory::{Entry, Snapshot, Stored};
use super::names::{COMMIT_MESSAGE, NO_PATH, PathId, TAG_MESSAGE};
use super::places::BlobPlace;
use super::plan::unplaced_name;
use super::tips::Tips;
use super::trouble::Trouble;
use super::{Examiner, History, Run, on_threads};

impl<E: Examiner, N: Fn() -> E + Sync> Run<'_, N> {
    /// Looks again at what held something; `None` when it no longer holds as much, so that all must be looked at.
    pub(super) fn repeat(
        &self,
        snapshot: &Snapshot,
        tips: &Tips,
        reader: &mut Reader<'_>,
    ) -> Option<History<E>> {
        let mut paths: HashMap<&str, PathId> = HashMap::new();
        for path in snapshot.loud.iter().filter_map(|entry| entry.path.as_deref()) {
            let next = TAG_MESSAGE + 1 + paths.len() as PathId;
            paths.entry(path).or_insert(next);
        }
        let next = AtomicUsize::new(0);
        let work = || {
            let mut reader = self.request.repository.reader();
            let mut examiner = (self.new_examiner)();
            let mut found = Found::default();
            loop {
                let Some(entry) = snapshot.loud.get(next.fetch_add(1, Atomic::Relaxed)) else {
                    return vec![(Some(found), examiner)];
                };
                let looked = self.look_at(entry, &mut reader, &mut examiner);
                let Some((object, findings)) = looked.filter(|(_, all)| all.len() == entry.in_head.len())
                else {
                    return vec![(None, examiner)];
                };
                let path = match (entry.kind, entry.path.as_deref()) {
                    (Stored::Commit, _) => COMMIT_MESSAGE,
                    (Stored::Tag, _) => TAG_MESSAGE,
                    (Stored::Blob, path) => path.map_or(NO_PATH, |path| paths[path]),
                };
                let place = BlobPlace { order: entry.commit.unwrap_or(NOWHERE), path };
                found.add_all(&findings, place, object, false);
                let in_head = findings.iter().zip(&entry.in_head).filter(|(_, in_head)| **in_head);
                found.in_head.extend(in_head.map(|(finding, _)| finding.identity));
            }
        };
        let mut found = Found::default();
        let mut examiners = Vec::new();
        for (part, examiner) in on_threads(self.threads.min(snapshot.loud.len() / 32 + 1), work) {
            found.merge(part?);
            examiners.push(examiner);
        }
        let mut commits = snapshot.commits();
        for place in commits.values_mut() {
            self.describe(place, reader);
        }
        Some(History {
            findings: self.place(commits, tips, reader, found),
            known: 0,
            commits: snapshot.commits,
            coverage: snapshot.coverage(),
            examiners,
            notes: Vec::new(),
        })
    }

    fn look_at(
        &self,
        entry: &Entry,
        reader: &mut Reader<'_>,
        examiner: &mut E,
    ) -> Option<(Oid, Vec<Finding>)> {
        let id: Oid = entry.object.parse().ok()?;
        let message = |reader: &mut Reader<'_>, examiner: &mut E, kind| {
            let object = reader.read_as(&id, kind).ok()?;
            Some(self.findings_of_message(kind, &Commit::parse_as(kind, &object.data).ok()?, examiner))
        };
        let findings = match entry.kind {
            Stored::Commit => message(reader, examiner, Kind::Commit)?,
            Stored::Tag => message(reader, examiner, Kind::Tag)?,
            Stored::Blob => {
                let path = entry.path.clone().unwrap_or_else(|| unplaced_name(&id));
                self.findings_of(&id, &path, reader, examiner, &mut Trouble::default()).ok()?
            }
        };
        Some((id, findings))
    }
}

//! What the commits of a range bring: each file as a commit leaves it beside what its parents had, and what the commit
//! says. For pushes and CI, where old findings do not count, and where a secret counts that a later commit takes away.

use std::collections::HashSet;
use std::sync::Arc;

use crate::config;
use crate::finding::{CommitPlace, Coverage};
use crate::git::revision::peel;
use crate::git::{Commit, Error, Kind, Oid, Range, Repository, Result};
use crate::sanitize;
use crate::source::changes::{self, ChangeSet, Request, Trees};
use crate::source::version::ChangeSink;

/// What is wrong with a range.
#[derive(Debug)]
pub enum Trouble {
    /// A shallow clone has cut off commits, so that nobody can tell what the range holds.
    Shallow,
    /// Something cannot be read.
    Git(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Git(error)
    }
}

/// The changes of a range, not yet read.
pub struct Changes {
    sets: Vec<ChangeSet>,
    /// Number of commits.
    pub commits: usize,
}

/// Lists what the commits of `range` change. `tags` are annotated tags whose texts belong to it.
///
/// # Errors
/// The range is not known.
pub fn changes(
    repository: &Repository,
    range: &Range,
    tags: &[Oid],
) -> std::result::Result<Changes, Trouble> {
    let mut reader = repository.reader();
    let mut commits = repository.commits(range, &mut reader)?;
    if commits.iter().any(|commit| repository.is_cut(&commit.id)) {
        return Err(Trouble::Shallow);
    }
    // the order decides which of two equal findings is told, so it must not depend on chance
    commits.sort_by_key(|commit| (commit.time, commit.id));
    let mut seen: HashSet<(Oid, Vec<u8>)> = HashSet::new();
    let mut sets = Vec::new();
    for commit in &commits {
        let object = reader.read_as(&commit.id, Kind::Commit)?;
        let mut set = of_commit("commit", commit.id, &Commit::parse(&object.data)?);
        let parents =
            commit.parents.iter().map(|parent| Ok(Some(repository.walked(*parent, &mut reader)?.tree)));
        let parents = parents.collect::<Result<Vec<_>>>()?;
        let mut trees = Trees { reader: &mut reader, into: &mut set, read: 0 };
        trees.compare(&mut Vec::new(), &parents, commit.tree, 0)?;
        set.changes.retain(|change| seen.insert((change.id, change.path.clone())));
        sets.push(set);
    }
    for tag in tags {
        let object = reader.read_as(tag, Kind::Tag)?;
        sets.push(of_commit("tag", *tag, &Commit::parse_tag(&object.data)?));
    }
    Ok(Changes { commits: commits.len(), sets })
}

/// A set with what a commit or tag says.
fn of_commit(kind: &str, id: Oid, commit: &Commit<'_>) -> ChangeSet {
    let place = CommitPlace {
        id: id.to_string(),
        author: sanitize::utf8(commit.author).into_owned(),
        date: config::moment(commit.author_time),
        ..CommitPlace::default()
    };
    let message = (!commit.message.is_empty())
        .then(|| (format!("{kind} {} (message)", id.short()), commit.message.to_owned()));
    ChangeSet {
        commit: Some(Arc::new(place)),
        messages: message.into_iter().collect(),
        ..ChangeSet::default()
    }
}

impl Changes {
    /// Hands each file to a sink, then what it was before, as far as the sink asks for it.
    ///
    /// # Errors
    /// A thread failed.
    pub fn scan<S: ChangeSink>(
        self,
        repository: &Repository,
        request: &Request,
        new_sink: impl Fn() -> S + Sync,
    ) -> anyhow::Result<(Vec<S>, Coverage)> {
        changes::scan(repository, self.sets, request, new_sink)
    }
}

/// What of `ids` are commits, and the annotated tags on the way to them. Ids of other objects are errors, as what they
/// bring is not known.
///
/// # Errors
/// An object is missing, damaged, or no commit.
pub fn commits_of(repository: &Repository, ids: &[Oid]) -> Result<(Vec<Oid>, Vec<Oid>)> {
    let mut reader = repository.reader();
    let (mut commits, mut tags) = (Vec::new(), Vec::new());
    for id in ids {
        let mut at = *id;
        for _ in 0..16 {
            let object = reader.read(&at)?;
            if object.kind != Kind::Tag {
                break;
            }
            tags.push(at);
            at = Commit::parse_tag(&object.data)?.tree;
        }
        let (id, object) = peel(at, &mut reader)?;
        if object.kind != Kind::Commit {
            return Err(Error::Unsupported(format!(
                "object {id} is no commit, and what it brings is not scanned"
            )));
        }
        commits.push(id);
    }
    Ok((commits, tags))
}

/// Those of `ids` that are here.
pub fn present(repository: &Repository, ids: impl IntoIterator<Item = Oid>) -> Vec<Oid> {
    let mut reader = repository.reader();
    let is_here = |id: &Oid| reader.describe(id).is_ok_and(|(kind, _)| kind == Kind::Commit);
    let mut here: Vec<Oid> = ids.into_iter().collect();
    here.retain(is_here);
    here
}

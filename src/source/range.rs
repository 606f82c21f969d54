//! The commits of a range, for `--history RANGE`, pushes and CI: what they bring is for [`super::history`] to find out.

use crate::git::revision::peel;
use crate::git::walk::Walked;
use crate::git::{Commit, Error, Kind, Oid, Range, Repository, Result};

/// The commits of a range, and the annotated tags that come with them.
#[derive(Clone, Debug, Default)]
pub struct Commits {
    pub(super) commits: Vec<Walked>,
    pub(super) tags: Vec<Oid>,
    /// Whether there is anything before: of a whole history all is new.
    pub(super) bounded: bool,
}

impl Commits {
    /// Lists the commits of `range`. `tags` are annotated tags whose messages belong to it.
    ///
    /// # Errors
    /// A commit is missing or damaged: then the range is not known.
    pub fn of(repository: &Repository, range: &Range, tags: Vec<Oid>) -> Result<Self> {
        let commits = repository.commits(range, &mut repository.reader())?;
        Ok(Self { commits, tags, bounded: !range.exclude.is_empty() })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }

    /// Whether a shallow clone has cut off what comes before one of them, so that nobody can tell what it changed.
    pub fn are_cut(&self, repository: &Repository) -> bool {
        self.commits.iter().any(|commit| repository.is_cut(&commit.id))
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

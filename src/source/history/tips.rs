//! What refs, HEADs and stashes point at.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use crate::git::{Error, Kind, Oid, Reader, Repository, revision};

use super::trouble::Trouble;

/// What refs point at.
#[derive(Debug, Default)]
pub(super) struct Tips {
    /// The commits, with the names of branches.
    pub branches: BTreeMap<String, Oid>,
    pub commits: Vec<Oid>,
    pub tags: Vec<Oid>,
    pub trees: Vec<Oid>,
    pub blobs: Vec<Oid>,
}

impl Tips {
    /// Reads all refs. What one of them leads to may be missing, which is a line of `trouble`.
    ///
    /// # Errors
    /// The refs themselves cannot be read.
    pub(super) fn read(
        repository: &Repository,
        reader: &mut Reader<'_>,
        trouble: &mut Trouble,
    ) -> Result<Self> {
        let refs = repository.references().context("the refs cannot be read")?;
        let mut tips = Self::default();
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
}

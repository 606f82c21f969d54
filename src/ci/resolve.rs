//! From what a provider says to commits of the clone at hand.

use crate::git::{Error, Oid, Range, Repository};
use crate::source::range::{self, Commits, commits_of};

use super::{Base, Job, Unknown};

impl Job {
    /// The range in words: `push to main of GitHub Actions`.
    pub fn title(&self) -> String {
        format!("{} ({})", self.occasion, self.provider)
    }

    /// The commits of the run.
    ///
    /// # Errors
    /// The clone hides them: with the way to have all of them.
    pub fn commits(&self, repository: &Repository) -> Result<Commits, Unknown> {
        let (range, tags) = self.range(repository)?;
        match Commits::of(repository, &range, tags) {
            Ok(commits) if commits.are_cut(repository) => Err(self.shallow("cuts off commits of the run")),
            Ok(commits) => Ok(commits),
            Err(Error::Missing(id)) if is_shallow(repository) => {
                Err(self.shallow(&format!("does not have {id}")))
            }
            Err(error) => Err(Unknown(error.to_string())),
        }
    }

    /// The range, and the annotated tags on the way to them.
    fn range(&self, repository: &Repository) -> Result<(Range, Vec<Oid>), Unknown> {
        let mut reader = repository.reader();
        let head = match repository.resolve(&self.head, &mut reader) {
            Ok(head) => head,
            Err(_) if is_shallow(repository) => {
                return Err(self.shallow(&format!("does not have {}", self.head)));
            }
            Err(error) => {
                return Err(Unknown(format!(
                    "{}: the last commit of the run is not here: {error}",
                    self.head
                )));
            }
        };
        let (include, tags) = commits_of(repository, &[head]).map_err(|error| match error {
            Error::Missing(id) if is_shallow(repository) => self.shallow(&format!("does not have {id}")),
            error => Unknown(format!("{}: the last commit of the run cannot be read: {error}", self.head)),
        })?;
        for base in &self.bases {
            let found = match base {
                Base::Nothing => return Ok((Range { include, exclude: Vec::new() }, tags)),
                Base::Commit(id) => commit(repository, id)?,
                Base::Branch(name) => branch(repository, name)?,
                Base::DefaultBranch => default_branch(repository)?,
            };
            match found {
                Some(id) => {
                    let range = Range { include: include.clone(), exclude: vec![id] };
                    // on the default branch itself all commits are its own, and some of them new
                    let fail = |error: Error| Unknown(error.to_string());
                    if *base != Base::DefaultBranch
                        || !repository.commits(&range, &mut reader).map_err(fail)?.is_empty()
                    {
                        return Ok((range, tags));
                    }
                }
                // The base of a shallow clone lies behind the cut: a worse one would hide or add commits. In a whole
                // clone it was taken away by a forced push.
                None if is_shallow(repository) && *base != Base::DefaultBranch => {
                    return Err(self.shallow(&format!("does not have {}", shown(base))));
                }
                None => {}
            }
        }
        let bases: Vec<String> = self.bases.iter().map(shown).collect();
        Err(Unknown(format!(
            "where the commits of the run begin is not here: {}; fetch it before the scan",
            bases.join(", ")
        )))
    }

    fn shallow(&self, what: &str) -> Unknown {
        Unknown(format!(
            "the clone is shallow and {what}, so which commits are new cannot be told: {}",
            self.provider.depth_hint()
        ))
    }
}

fn is_shallow(repository: &Repository) -> bool {
    !repository.shallow().is_empty()
}

fn shown(base: &Base) -> String {
    match base {
        Base::Commit(id) => format!("commit {id}"),
        Base::Branch(name) => format!("branch {name}"),
        Base::DefaultBranch => "the default branch".to_owned(),
        Base::Nothing => "nothing".to_owned(),
    }
}

/// The commit of an id, which some providers shorten.
fn commit(repository: &Repository, id: &str) -> Result<Option<Oid>, Unknown> {
    if !(7..=40).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Unknown("the base of the run, as the provider says it, is no commit id".to_owned()));
    }
    let found = repository.resolve(&id.to_ascii_lowercase(), &mut repository.reader()).ok();
    Ok(range::present(repository, found).pop())
}

/// The commit of a branch, as the remote has it, or as it is here.
fn branch(repository: &Repository, name: &str) -> Result<Option<Oid>, Unknown> {
    for name in [format!("refs/remotes/origin/{name}"), format!("refs/heads/{name}")] {
        if let Some(id) = repository.reference(&name).map_err(|error| Unknown(error.to_string()))? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// The commit of the default branch: what the clone notes, or the usual names, as clones of CI often have no note.
fn default_branch(repository: &Repository) -> Result<Option<Oid>, Unknown> {
    for name in ["HEAD", "main", "master", "trunk"] {
        let name = format!("refs/remotes/origin/{name}");
        if let Some(id) = repository.reference(&name).map_err(|error| Unknown(error.to_string()))? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

//! `gate scan --history`: which repository, and which part of it.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::git::{Environment, Error, Repository};
use crate::source::history::Extent;
use crate::source::range::Commits;

/// A repository, and the commits that count.
pub(super) struct Past {
    repository: Repository,
    commits: Option<Commits>,
    /// Whether these commits are about to be taken, by a push or a run of CI: what is not new is told as usual, and
    /// where it stands is of no interest.
    arriving: bool,
}

/// The repository at or above the one path given, and the commits that `range` names; all when it is empty.
///
/// # Errors
/// There is no repository; the range is unknown.
pub(super) fn find(range: &str, paths: &[PathBuf]) -> Result<Past> {
    let path = match paths {
        [] => Path::new("."),
        [path] => path,
        _ => bail!("--history takes one repository at a time"),
    };
    let environment = Environment::from(|name| std::env::var_os(name));
    let found = open(path, range, &environment);
    // `--history FOLDER`: what was meant as the path was taken for the range
    let folder = Path::new(range);
    if path == Path::new(".")
        && !range.is_empty()
        && folder.is_dir()
        && matches!(found, Err(Error::Name(_) | Error::NoRepository(_)))
    {
        return Ok(open(folder, "", &environment)?);
    }
    Ok(found?)
}

fn open(path: &Path, range: &str, environment: &Environment) -> crate::git::Result<Past> {
    let repository = Repository::discover(path, environment)?;
    let commits = match range {
        "" => None,
        range => Some(Commits::of(&repository, &repository.range(range)?, Vec::new())?),
    };
    Ok(Past { repository, commits, arriving: false })
}

impl Past {
    /// Commits that a push or a run of CI is about.
    pub(super) fn arriving(repository: Repository, commits: Commits) -> Self {
        Self { repository, commits: Some(commits), arriving: true }
    }

    /// Whether these are commits of a push or a run of CI.
    pub(super) fn is_arriving(&self) -> bool {
        self.arriving
    }

    /// The folder whose settings count.
    pub(super) fn root(&self) -> PathBuf {
        self.repository.work_tree().unwrap_or(self.repository.git_dir()).to_owned()
    }

    pub(super) fn repository(&self) -> &Repository {
        &self.repository
    }

    /// What to look at.
    ///
    /// # Errors
    /// Both a range and all that is reachable were asked for; a range that was named holds nothing.
    pub(super) fn extent(&self, reachable: bool) -> Result<Extent<'_>> {
        match (&self.commits, reachable) {
            (Some(_), true) => bail!("--reachable and a range do not go together: a range is reachable"),
            (Some(commits), false) if commits.is_empty() && !self.arriving => {
                bail!("the range holds no commit: nothing would be looked at")
            }
            (Some(commits), false) => Ok(Extent::Commits(commits)),
            (None, true) => Ok(Extent::Reachable),
            (None, false) => Ok(Extent::All),
        }
    }

    /// What to say of a scan that looked at no commit and no file, though nothing is wrong.
    pub(super) fn emptiness(&self, extent: Extent<'_>) -> &'static str {
        match extent {
            Extent::All => "the repository is empty: it has no commits and no files yet",
            Extent::Reachable => "no branch, tag or stash leads to a commit: nothing to scan",
            Extent::Commits(_) => "no commit is new",
        }
    }
}

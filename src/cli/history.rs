//! `gate scan --history`: which repository, and which part of it.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::git::{Environment, Error, Range, Repository};
use crate::source::history::Extent;

/// A repository, and the range of it that was asked for.
pub(super) struct Past {
    repository: Repository,
    range: Option<Range>,
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
    let range = match range {
        "" => None,
        range => Some(repository.range(range)?),
    };
    Ok(Past { repository, range })
}

impl Past {
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
    /// Both a range and all that is reachable were asked for.
    pub(super) fn extent(&self, reachable: bool) -> Result<Extent<'_>> {
        match (&self.range, reachable) {
            (Some(_), true) => bail!("--reachable and a range do not go together: a range is reachable"),
            (Some(range), false) => Ok(Extent::Range(range)),
            (None, true) => Ok(Extent::Reachable),
            (None, false) => Ok(Extent::All),
        }
    }
}

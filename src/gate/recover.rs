//! Whether what a command removes could be had back: git knows it, tools make it again, or it is lost.
//!
//! Prompts that are always approved train people to approve; so before a question is asked, this looks. It reads the
//! repository in-process: no filter, hook or command of its config runs. Answers come within a time; what takes longer is
//! not known, and what is not known is asked about.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use git2::{Branch, BranchType, Repository, Status, StatusOptions};

use super::model::{Recoverable, Stake};

include!(concat!(env!("OUT_DIR"), "/build_products.rs"));

/// Most paths named in a question.
const EXAMPLES: usize = 5;

/// Runs `look` for at most `time`; what is not known by then is unknown.
fn within(time: Duration, look: impl FnOnce() -> Recoverable + Send + 'static) -> Recoverable {
    let (send, receive) = mpsc::channel();
    let spawned = thread::Builder::new().name("recover".to_owned()).spawn(move || {
        // nobody waits any more when the time was up
        let _ = send.send(look());
    });
    match spawned {
        Ok(_) => receive.recv_timeout(time).unwrap_or(Recoverable::Unknown),
        Err(_) => Recoverable::Unknown,
    }
}

/// Whether what lies at `path` (absolute) could be had back after it was removed or overwritten.
pub fn recoverable(path: &Path, time: Duration) -> Recoverable {
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            return Recoverable::Absent;
        }
        Err(_) => return Recoverable::Unknown,
    };
    if metadata.is_dir() && std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none()) {
        return Recoverable::Absent;
    }
    let path = path.to_owned();
    within(time, move || look_at(&path))
}

/// What of a repository's state would be lost.
pub fn at_stake(stake: &Stake, time: Duration) -> Recoverable {
    let stake = stake.clone();
    within(time, move || {
        let look = || match &stake {
            Stake::Changes(path) => below(path, Interest::Changes),
            Stake::Untracked(path) => below(path, Interest::Untracked),
            Stake::Ignored(path) => below(path, Interest::Ignored),
            Stake::Branch(path, name) => branch(path, name),
        };
        look().unwrap_or(Recoverable::Unknown)
    })
}

/// Whether a name is one that tools make: `anywhere`, or where git ignores it.
fn is_product(name: &str, ignored: bool) -> bool {
    let listed = |list: &[&str]| list.binary_search(&name).is_ok();
    listed(ANYWHERE) || (ignored && (listed(IGNORED) || ENDINGS.iter().any(|ending| name.ends_with(ending))))
}

fn look_at(path: &Path) -> Recoverable {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let parts = |path: &Path| -> Vec<String> {
        path.components()
            .filter_map(|part| match part {
                Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
                _ => None,
            })
            .collect()
    };
    let Some((repository, top)) = open(path) else {
        // without a repository only what tools alone make is known
        let made = parts(path).iter().any(|part| is_product(part, false));
        return if made { Recoverable::BuildProduct } else { Recoverable::Unknown };
    };
    let Some(relative) = relative(path, &top) else { return Recoverable::Unknown };
    if relative.as_os_str().is_empty() || parts(&relative).iter().any(|part| part == ".git") {
        return Recoverable::Lost { examples: vec![".git".to_owned()], count: 1 };
    }
    // a product by the name of the folder that git ignores, whatever lies in it
    let mut above = PathBuf::new();
    for part in relative.components() {
        above.push(part);
        let ignored = repository.is_path_ignored(&above).unwrap_or(false);
        let tracked = || index_holds(&repository, &above);
        if name(&above).is_some_and(|name| is_product(&name, ignored)) && !tracked() {
            return Recoverable::BuildProduct;
        }
    }
    match statuses(&repository, &relative, Interest::Everything) {
        Some(lost) if lost.is_empty() => Recoverable::Tracked,
        Some(lost) => lost_of(lost),
        None => Recoverable::Unknown,
    }
}

/// Whether git tracks something at or below a path.
fn index_holds(repository: &Repository, path: &Path) -> bool {
    let Ok(index) = repository.index() else { return true };
    if index.get_path(path, 0).is_some() {
        return true;
    }
    let mut folder = path.as_os_str().as_encoded_bytes().to_vec();
    folder.push(b'/');
    index.find_prefix(folder).is_ok()
}

/// What to look for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Interest {
    /// Whatever cannot be had back.
    Everything,
    /// Changes to tracked files.
    Changes,
    /// Untracked files.
    Untracked,
    /// Untracked files, also ignored ones.
    Ignored,
}

fn below(path: &Path, interest: Interest) -> Option<Recoverable> {
    let (repository, top) = open(path)?;
    let relative = relative(path, &top)?;
    let lost = statuses(&repository, &relative, interest)?;
    Some(if lost.is_empty() { Recoverable::Absent } else { lost_of(lost) })
}

/// Paths at or below `relative` that would be lost, sorted.
fn statuses(repository: &Repository, relative: &Path, interest: Interest) -> Option<BTreeSet<String>> {
    let untracked = interest != Interest::Changes;
    let ignored = matches!(interest, Interest::Everything | Interest::Ignored);
    let mut options = StatusOptions::new();
    options
        .include_untracked(untracked)
        .recurse_untracked_dirs(interest == Interest::Everything)
        .include_ignored(ignored)
        .recurse_ignored_dirs(false)
        .exclude_submodules(true)
        .no_refresh(true)
        .disable_pathspec_match(true);
    if !relative.as_os_str().is_empty() {
        options.pathspec(relative);
    }
    let statuses = repository.statuses(Some(&mut options)).ok()?;
    let changed = Status::WT_MODIFIED | Status::WT_TYPECHANGE;
    let staged = Status::INDEX_NEW
        | Status::INDEX_MODIFIED
        | Status::INDEX_RENAMED
        | Status::INDEX_TYPECHANGE
        | Status::INDEX_DELETED;
    let unmade =
        |path: &str, ignored| !path.trim_end_matches('/').split('/').any(|part| is_product(part, ignored));
    let left_out = |status: Status, path: &str| status.contains(Status::IGNORED) && unmade(path, true);
    let unknown_to_git = |status: Status, path: &str| status.contains(Status::WT_NEW) && unmade(path, false);
    let lost = statuses.iter().filter_map(|entry| {
        let path = String::from_utf8_lossy(entry.path_bytes()).into_owned();
        let status = entry.status();
        let kept = match interest {
            Interest::Everything => {
                status.intersects(changed | Status::CONFLICTED)
                    || unknown_to_git(status, &path)
                    || left_out(status, &path)
            }
            Interest::Changes => status.intersects(changed | staged | Status::CONFLICTED),
            Interest::Untracked => unknown_to_git(status, &path),
            Interest::Ignored => unknown_to_git(status, &path) || left_out(status, &path),
        };
        kept.then_some(path)
    });
    Some(lost.collect())
}

fn lost_of(lost: BTreeSet<String>) -> Recoverable {
    let count = lost.len();
    Recoverable::Lost { examples: lost.into_iter().take(EXAMPLES).collect(), count }
}

/// The commits that only this branch holds.
fn branch(path: &Path, name: &str) -> Option<Recoverable> {
    /// Enough to ask about.
    const COUNTED: usize = 1_000;
    let (repository, _) = open(path)?;
    let branch = repository.find_branch(name, BranchType::Local).ok()?;
    let mut walk = repository.revwalk().ok()?;
    walk.push(branch.get().target()?).ok()?;
    let own = branch.get().name_bytes().to_vec();
    for reference in repository.references().ok()? {
        let reference = reference.ok()?;
        let upstream_of_nothing = reference.is_branch() || reference.is_remote() || reference.is_tag();
        if reference.name_bytes() == own || !upstream_of_nothing {
            continue;
        }
        if let Ok(commit) = reference.peel_to_commit() {
            walk.hide(commit.id()).ok()?;
        }
    }
    if let Ok(head) = repository.head()
        && !(head.is_branch() && Branch::wrap(head).get().name_bytes() == own)
        && let Ok(commit) = repository.head().and_then(|head| head.peel_to_commit())
    {
        walk.hide(commit.id()).ok()?;
    }
    let mut examples = Vec::new();
    let mut count = 0;
    for id in walk.take(COUNTED) {
        let id = id.ok()?;
        count += 1;
        if examples.len() < EXAMPLES {
            examples.push(id.to_string()[..10].to_owned());
        }
    }
    Some(if count == 0 { Recoverable::Absent } else { Recoverable::Lost { examples, count } })
}

/// The repository that holds a path, and its top with links resolved.
fn open(path: &Path) -> Option<(Repository, PathBuf)> {
    let start = path.ancestors().find(|above| above.is_dir())?;
    // a repository that is removed as a whole lies in itself
    let repository = Repository::discover(start).ok()?;
    let top = repository.workdir()?.canonicalize().ok()?;
    Some((repository, top))
}

/// `path` below `top`: its folder with links resolved, its own name as it is.
fn relative(path: &Path, top: &Path) -> Option<PathBuf> {
    if let Ok(same) = path.canonicalize()
        && same == top
    {
        return Some(PathBuf::new());
    }
    let folder = path.parent()?.canonicalize().ok()?;
    Some(folder.join(path.file_name()?).strip_prefix(top).ok()?.to_owned())
}

#[cfg(test)]
mod tests;

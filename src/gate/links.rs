//! Symbolic links on the way to a path: those on disk, and those that the request makes itself.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use super::deadline::Deadline;
use super::model::{FileKind, Recoverable, Stake, World};
use super::paths;
use super::request::Environment;

/// Links followed at most for one path.
const MOST_LINKS: usize = 16;

/// Where a path really leads, where that is not what its text says. Only what lies below the workspace, the home folder
/// and temporary folders is looked at: links above are the system's own. `last` says whether its own name is followed.
pub(super) fn real(path: &Path, last: bool, world: &dyn World, environment: &Environment) -> Option<PathBuf> {
    let mut path = path.to_owned();
    let mut followed = false;
    for _ in 0..MOST_LINKS {
        let Some(next) = follow(&path, last, world, environment) else { break };
        path = next;
        followed = true;
    }
    followed.then_some(path)
}

/// The path after the first link on it.
fn follow(path: &Path, last: bool, world: &dyn World, environment: &Environment) -> Option<PathBuf> {
    let above = [Some(environment.workspace.as_path()), environment.home.as_deref()]
        .into_iter()
        .flatten()
        .chain(environment.temporary.iter().map(PathBuf::as_path))
        .filter(|above| path.starts_with(above))
        .max_by_key(|above| above.as_os_str().len())?;
    let below = path.strip_prefix(above).ok()?;
    let mut at = above.to_owned();
    let mut names = below.components().peekable();
    while let Some(name) = names.next() {
        let Component::Normal(name) = name else { return None };
        // what follows a pattern is not one path
        if name.to_string_lossy().contains(['*', '?', '[']) {
            return None;
        }
        let folder = at.clone();
        at.push(name);
        if names.peek().is_none() && !last {
            return None;
        }
        if let Some(target) = world.link(&at) {
            let rest: PathBuf = names.collect();
            let to = paths::normal(&folder.join(target));
            return Some(if rest.as_os_str().is_empty() { to } else { to.join(rest) });
        }
    }
    None
}

/// The world with the links that the request makes.
pub(super) struct Linked<'w> {
    pub(super) world: &'w dyn World,
    pub(super) links: &'w HashMap<PathBuf, PathBuf>,
    /// When there is no more time to look at repositories.
    pub(super) deadline: Option<Deadline>,
}

impl Linked<'_> {
    fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline.is_over())
    }
}

impl World for Linked<'_> {
    fn read(&self, path: &Path, limit: usize) -> Option<(Vec<u8>, bool)> {
        self.world.read(path, limit)
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        if self.links.contains_key(path) { Some(FileKind::Link) } else { self.world.kind(path) }
    }

    fn link(&self, path: &Path) -> Option<PathBuf> {
        self.links.get(path).cloned().or_else(|| self.world.link(path))
    }

    fn recoverable(&self, path: &Path) -> Recoverable {
        if self.is_late() { Recoverable::Unknown } else { self.world.recoverable(path) }
    }

    fn at_stake(&self, stake: &Stake) -> Recoverable {
        if self.is_late() { Recoverable::Unknown } else { self.world.at_stake(stake) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl World for Nothing {
        fn read(&self, _: &Path, _: usize) -> Option<(Vec<u8>, bool)> {
            None
        }
        fn kind(&self, _: &Path) -> Option<FileKind> {
            None
        }
        fn recoverable(&self, _: &Path) -> Recoverable {
            Recoverable::Absent
        }
        fn at_stake(&self, _: &Stake) -> Recoverable {
            Recoverable::Absent
        }
    }

    #[test]
    fn links_are_followed_as_far_as_the_path_goes() {
        let environment = Environment::new("/home/dev/project", "/home/dev");
        let links = HashMap::from([
            (PathBuf::from("/home/dev/project/docs"), PathBuf::from("../Documents")),
            (PathBuf::from("/home/dev/project/loop"), PathBuf::from("loop")),
            (PathBuf::from("/home/dev/project/etc"), PathBuf::from("/etc")),
        ]);
        let world = Linked { world: &Nothing, links: &links, deadline: None };
        let real = |path: &str, last| {
            real(Path::new(path), last, &world, &environment).map(|path| path.to_string_lossy().into_owned())
        };
        assert_eq!(real("/home/dev/project/docs", false), None);
        assert_eq!(real("/home/dev/project/docs", true).as_deref(), Some("/home/dev/Documents"));
        assert_eq!(real("/home/dev/project/docs/a/b", false).as_deref(), Some("/home/dev/Documents/a/b"));
        assert_eq!(real("/home/dev/project/etc/passwd", false).as_deref(), Some("/etc/passwd"));
        assert_eq!(real("/home/dev/project/src/a", true), None);
        // one that leads to itself ends
        assert!(real("/home/dev/project/loop/x", true).is_some());
    }
}

//! Files that git tracks although an ignore rule hides them: the walk leaves them out, a push does not.
//!
//! Only the index file is read. The repository is never opened, so its config, which may be hostile, has no say.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use crate::git::index::{Index, Kind};

/// A repository and where its files meet the walk.
#[derive(Clone, Debug)]
pub(super) struct Repository {
    /// The path under which the walk saw what lies in `within`.
    top: PathBuf,
    /// What index paths of that part begin with: empty, or a directory with `/` at the end.
    within: Vec<u8>,
    /// The `.git` directory or file.
    pub(super) dot_git: PathBuf,
}

impl Repository {
    /// The one that holds the directory `root`, itself or further up.
    pub(super) fn around(root: &Path) -> Option<Self> {
        let canonical = root.canonicalize().ok()?;
        let top = canonical.ancestors().find(|above| above.join(".git").symlink_metadata().is_ok())?;
        let mut within = Vec::new();
        for part in canonical.strip_prefix(top).ok()?.components() {
            within.extend_from_slice(part.as_os_str().as_encoded_bytes());
            within.push(b'/');
        }
        Some(Self { top: root.to_owned(), within, dot_git: top.join(".git") })
    }

    /// The one whose `.git` the walk met at `dot_git`.
    pub(super) fn of(dot_git: &Path) -> Self {
        let top = dot_git.parent().unwrap_or(Path::new("")).to_owned();
        Self { top, within: Vec::new(), dot_git: dot_git.to_owned() }
    }

    /// The paths, as the walk would have named them, of tracked files for which `seen` says no and that are there
    /// as what git tracks: regular files, not reached through a link. Errors are in words.
    pub(super) fn missed(&self, seen: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, String> {
        let Some(index_file) = self.index_file()? else { return Ok(Vec::new()) };
        let directory = index_file.parent().unwrap_or(Path::new(""));
        let index = Index::read(&index_file, directory).map_err(|error| error.to_string())?;
        let mut missed = Vec::new();
        let mut real_directories = HashSet::new();
        for entry in index.entries() {
            // Links and submodules are not content here.
            let path = index.path(entry).strip_prefix(&self.within[..]);
            let Some(rest) = path.filter(|_| entry.kind() == Some(Kind::File)) else { continue };
            let Some(relative) = native_path(rest) else { continue };
            let path = self.top.join(relative);
            if seen(&path) || missed.last() == Some(&path) || !self.is_plain(relative, &mut real_directories)
            {
                continue;
            }
            missed.push(path);
        }
        Ok(missed)
    }

    /// Whether no directory above `relative` is a link, and the file itself is a regular one.
    fn is_plain(&self, relative: &Path, real: &mut HashSet<PathBuf>) -> bool {
        let mut path = self.top.clone();
        for part in relative.parent().into_iter().flat_map(Path::components) {
            path.push(part);
            if real.contains(&path) {
                continue;
            }
            if !path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
                return false;
            }
            real.insert(path.clone());
        }
        self.top.join(relative).symlink_metadata().map_or_else(
            // Let the reader find out and report what hinders, if it is not absence.
            |error| error.kind() != std::io::ErrorKind::NotFound,
            |metadata| metadata.is_file(),
        )
    }

    /// The index, unless the repository has none yet.
    fn index_file(&self) -> Result<Option<PathBuf>, String> {
        let Ok(metadata) = self.dot_git.symlink_metadata() else { return Ok(None) };
        let directory =
            if metadata.is_file() { linked_directory(&self.dot_git)? } else { self.dot_git.clone() };
        let index = directory.join("index");
        match index.metadata() {
            // A FIFO would never answer.
            Ok(metadata) if !metadata.is_file() => Err("it is not a regular file".to_owned()),
            Ok(metadata) if metadata.len() == 0 => Err("it is empty".to_owned()),
            Ok(_) => Ok(Some(index)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Follows the `gitdir: PATH` of a linked work tree or a submodule.
fn linked_directory(dot_git: &Path) -> Result<PathBuf, String> {
    let mut text = String::new();
    let file = fs::File::open(dot_git).map_err(|error| error.to_string())?;
    file.take(16 << 10).read_to_string(&mut text).map_err(|error| error.to_string())?;
    let target = text.strip_prefix("gitdir:").ok_or("the .git file does not name a directory")?.trim();
    let directory = dot_git.parent().unwrap_or(Path::new("")).join(target);
    if directory.is_dir() {
        Ok(directory)
    } else {
        Err("the .git file names a directory that is not there".to_owned())
    }
}

/// The path of an index entry, if it stays in the work tree and is content: the index may be hostile.
fn native_path(bytes: &[u8]) -> Option<&Path> {
    #[cfg(unix)]
    let path = {
        use std::os::unix::ffi::OsStrExt;
        Path::new(std::ffi::OsStr::from_bytes(bytes))
    };
    #[cfg(not(unix))]
    let path = Path::new(std::str::from_utf8(bytes).ok()?);
    let plain = |part: Component<'_>| matches!(part, Component::Normal(name) if name != ".git");
    (!bytes.is_empty() && path.components().all(plain)).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_paths_stay_in_the_tree() {
        fn check(path: &str, expected: bool) {
            assert_eq!(native_path(path.as_bytes()).is_some(), expected, "{path}");
        }
        check("a/b", true);
        check("..a", true);
        check(".gitignore", true);
        check("", false);
        check("../a", false);
        check("a/../../b", false);
        check("/etc/a", false);
        check(".git/config", false);
        check("a/.git/config", false);
    }
}

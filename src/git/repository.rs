//! Finds and opens a repository. Nothing of it is run, and its config says only how it is stored.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::config::Config;
use super::file;
use super::store::{Reader, Store};
use super::{Error, Oid, Result};

/// The variables that git sets in hooks, and honours: as values, so that a test needs no environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `GIT_DIR`
    pub git_dir: Option<PathBuf>,
    /// `GIT_COMMON_DIR`
    pub common_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`
    pub work_tree: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`
    pub objects: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`: paths, separated as in `PATH`
    pub alternates: Option<OsString>,
    /// `GIT_INDEX_FILE`
    pub index: Option<PathBuf>,
}

impl Environment {
    /// The variables as `get` knows them; `std::env::var_os` in a program. Empty ones count as not set.
    pub fn from(get: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name: &str| get(name).filter(|value| !value.is_empty());
        Self {
            git_dir: value("GIT_DIR").map(PathBuf::from),
            common_dir: value("GIT_COMMON_DIR").map(PathBuf::from),
            work_tree: value("GIT_WORK_TREE").map(PathBuf::from),
            objects: value("GIT_OBJECT_DIRECTORY").map(PathBuf::from),
            alternates: value("GIT_ALTERNATE_OBJECT_DIRECTORIES"),
            index: value("GIT_INDEX_FILE").map(PathBuf::from),
        }
    }
}

/// A repository.
#[derive(Debug)]
pub struct Repository {
    git_dir: PathBuf,
    common_dir: PathBuf,
    work_tree: Option<PathBuf>,
    index: PathBuf,
    store: Store,
    shallow: Vec<Oid>,
    config: Config,
}

/// The most bytes of a small file: config, packed refs, shallow list.
pub(super) const SMALL: u64 = 256 << 20;

impl Repository {
    /// The repository that holds the folder `start`, itself or further up, or the one that `environment` names.
    ///
    /// # Errors
    /// There is none; it is of a form that is not read; a file of it cannot be read.
    pub fn discover(start: &Path, environment: &Environment) -> Result<Self> {
        if let Some(git_dir) = &environment.git_dir {
            // git takes the current folder as the top of the work tree when only GIT_DIR is set
            return Self::open(&start.join(git_dir), Some(start), environment);
        }
        let canonical = start.canonicalize().map_err(|error| Error::io(start, &error))?;
        for above in canonical.ancestors() {
            let dot_git = above.join(".git");
            if dot_git.symlink_metadata().is_ok() {
                return Self::open(&dot_git, Some(above), environment);
            }
            if is_git_dir(above) {
                return Self::open(above, None, environment);
            }
        }
        Err(Error::NoRepository(format!(
            "{}: neither this folder nor one above it is a git repository",
            start.display()
        )))
    }

    /// Opens the repository whose `.git` is at `dot_git`: a folder, or a file that names one. `top` is the folder of its
    /// work tree, if it has one; its config may say otherwise.
    fn open(dot_git: &Path, top: Option<&Path>, environment: &Environment) -> Result<Self> {
        let git_dir = follow(dot_git)?;
        let common_dir = match &environment.common_dir {
            Some(common) => common.clone(),
            None => match file::read(&git_dir.join("commondir"), 1 << 16)? {
                Some(text) => git_dir.join(path_of(&text)),
                None => git_dir.clone(),
            },
        };
        if !common_dir.join("objects").is_dir() && environment.objects.is_none() {
            return Err(Error::NoRepository(format!("{}: it is no git repository", dot_git.display())));
        }
        let config = file::read(&common_dir.join("config"), SMALL)?.unwrap_or_default();
        let config = Config::parse(&config);
        config.check()?;
        let linked = common_dir != git_dir;
        let work_tree = match (&environment.work_tree, &config.work_tree) {
            (Some(named), _) => Some(named.clone()),
            // a worktree of its own has its own top
            _ if linked => top.map(Path::to_owned),
            (None, Some(named)) => Some(git_dir.join(named)),
            (None, None) if config.bare == Some(true) => None,
            (None, None) => top.map(Path::to_owned),
        };
        let objects = environment.objects.clone().unwrap_or_else(|| common_dir.join("objects"));
        let mut more: Vec<PathBuf> = environment
            .alternates
            .iter()
            .flat_map(|paths| std::env::split_paths(paths).collect::<Vec<_>>())
            .filter(|path| !path.as_os_str().is_empty())
            .collect();
        if environment.objects.is_some() && common_dir.join("objects").is_dir() {
            // a quarantine of objects that are being received stands before the objects there are
            more.push(common_dir.join("objects"));
        }
        let store = Store::open(&objects, &more);
        let mut shallow: Vec<Oid> = file::read(&common_dir.join("shallow"), SMALL)?
            .unwrap_or_default()
            .split(|&byte| byte == b'\n')
            .filter_map(Oid::read_hex)
            .collect();
        shallow.sort_unstable();
        let index = environment.index.clone().unwrap_or_else(|| git_dir.join("index"));
        Ok(Self { git_dir, common_dir, work_tree, index, store, shallow, config })
    }

    /// Its `.git`; of a linked worktree, the folder of that worktree in it.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The `.git` that all its worktrees share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The top of the work tree; `None` in a bare repository.
    pub fn work_tree(&self) -> Option<&Path> {
        self.work_tree.as_deref()
    }

    /// The file of the index, which need not exist.
    pub fn index_path(&self) -> &Path {
        &self.index
    }

    /// Its objects.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// A reader of its objects, for one thread.
    pub fn reader(&self) -> Reader<'_> {
        self.store.reader()
    }

    /// The commits whose parents a shallow clone left out, sorted; empty in other repositories.
    pub fn shallow(&self) -> &[Oid] {
        &self.shallow
    }

    /// Whether a commit is one of [`Repository::shallow`].
    pub fn is_cut(&self, id: &Oid) -> bool {
        self.shallow.binary_search(id).is_ok()
    }

    /// Whether objects may be missing because a remote has them: a partial clone.
    pub fn is_partial(&self) -> bool {
        self.config.is_partial()
    }
}

/// Whether a folder is itself a `.git`, as bare repositories are.
fn is_git_dir(folder: &Path) -> bool {
    folder.join("objects").is_dir() && folder.join("HEAD").is_file() && folder.join("refs").is_dir()
}

/// The folder that `.git` is or names.
fn follow(dot_git: &Path) -> Result<PathBuf> {
    let metadata = dot_git.metadata().map_err(|error| Error::io(dot_git, &error))?;
    if metadata.is_dir() {
        return Ok(dot_git.to_owned());
    }
    let text = file::read(dot_git, 1 << 16)?.unwrap_or_default();
    let Some(path) = text.strip_prefix(b"gitdir:") else {
        return Err(Error::NoRepository(format!("{}: it names no repository", dot_git.display())));
    };
    let named = dot_git.parent().unwrap_or(Path::new("")).join(path_of(path));
    if !named.is_dir() {
        return Err(Error::NoRepository(format!(
            "{}: the repository it names is not there: {}",
            dot_git.display(),
            named.display()
        )));
    }
    Ok(named)
}

/// The path in a file of one line.
fn path_of(text: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(std::ffi::OsStr::from_bytes(text.trim_ascii()))
    }
    #[cfg(not(unix))]
    PathBuf::from(String::from_utf8_lossy(text.trim_ascii()).into_owned())
}

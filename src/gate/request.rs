//! What is asked, and what is known of the machine: all of it comes in as values.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::fingerprint::Matcher;

/// A command to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The command as the shell would get it; not necessarily UTF-8.
    pub command: Vec<u8>,
    /// The folder it is to run in, absolute.
    pub cwd: PathBuf,
}

impl Request {
    /// A request to run `command` in `cwd`.
    pub fn new(command: impl Into<Vec<u8>>, cwd: impl Into<PathBuf>) -> Self {
        Self { command: command.into(), cwd: cwd.into() }
    }
}

/// The machine and the user, as far as the gate needs to know them. Holds no variable that could be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// The user's name.
    pub user: Option<String>,
    /// The folder the agent works on: the root of the repository that holds the request's folder, or that folder.
    pub workspace: PathBuf,
    /// Folders for temporary files: `/tmp`, `/var/tmp`, `$TMPDIR`.
    pub temporary: Vec<PathBuf>,
    /// Whether commands run as root already.
    pub root: bool,
    /// The credentials that the user really has.
    pub stored: StoredCredentials,
}

/// What is known of the credentials that the user really has, by their fingerprints.
#[derive(Clone, Debug, Default)]
pub struct StoredCredentials {
    /// Finds them in a text.
    pub matcher: Arc<Matcher>,
    /// Why they can't be looked for, where that is so: then no command is known to be free of them.
    pub trouble: Option<String>,
}

impl PartialEq for StoredCredentials {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.matcher, &other.matcher) && self.trouble == other.trouble
    }
}

impl Eq for StoredCredentials {}

impl Environment {
    /// An environment with this workspace and home, and the usual temporary folders.
    pub fn new(workspace: impl Into<PathBuf>, home: impl Into<PathBuf>) -> Self {
        let home = home.into();
        Self {
            user: home.file_name().map(|name| name.to_string_lossy().into_owned()),
            home: Some(home),
            workspace: workspace.into(),
            temporary: vec![PathBuf::from("/tmp"), PathBuf::from("/var/tmp")],
            root: false,
            stored: StoredCredentials::default(),
        }
    }

    /// The home folder of `user`, as `~user` names it.
    pub fn home_of(&self, user: &str) -> Option<PathBuf> {
        if self.user.as_deref() == Some(user) {
            return self.home.clone();
        }
        if user == "root" {
            return Some(PathBuf::from("/root"));
        }
        let beside = self.home.as_deref().and_then(Path::parent)?;
        Some(beside.join(user))
    }
}

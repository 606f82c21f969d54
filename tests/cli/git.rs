//! Repositories made by the real git.

use std::path::Path;
use std::process::{Command, Output};

use crate::util::Session;

/// git in the folder `folder`, without the settings of whoever runs the tests.
pub(crate) fn git_in(folder: &Path, arguments: &[&str]) -> Output {
    git_command(folder, arguments).output().expect("git starts")
}

/// The command of [`git_in`].
pub(crate) fn git_command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(folder).env_clear();
    for name in ["PATH", "TMPDIR"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null").env("HOME", folder);
    for who in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{who}_NAME"), "Tester")
            .env(format!("GIT_{who}_EMAIL"), "tester@example.com");
    }
    command
}

impl Session {
    /// git in the folder; it must succeed.
    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = git_in(&self.path(""), arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    /// A repository with these files in one commit.
    pub(crate) fn repository(files: &[(&str, &str)]) -> Self {
        let session = Self::with(files);
        session.git(&["init", "-q", "-b", "main"]);
        if !files.is_empty() {
            session.commit("first");
        }
        session
    }

    /// Commits everything.
    #[track_caller]
    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }
}

//! A small harness: a folder, commands in it, and all there is to see when one goes wrong.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use portcullis::rules::shape::{Random, Shape};
use tempfile::TempDir;

/// A folder to scan, with an empty home beside it.
pub(crate) struct Session {
    root: TempDir,
}

/// What a command did.
pub(crate) struct Run {
    command: String,
    output: Output,
}

impl Session {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(root.path().join("work")).expect("created");
        fs::create_dir(root.path().join("home")).expect("created");
        Self { root }
    }

    /// A session with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let session = Self::new();
        files.iter().for_each(|(name, text)| session.write(name, text));
        session
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("work").join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("readable")
    }

    /// A file in the home folder.
    pub(crate) fn home(&self, name: &str) -> PathBuf {
        self.root.path().join("home").join(name)
    }

    /// `gate` in the folder, without the settings of whoever runs the tests.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gate"));
        let home = self.root.path().join("home");
        command.args(arguments).current_dir(self.path("")).env("HOME", &home).env("XDG_CONFIG_HOME", &home);
        command.env_remove("NO_COLOR").env_remove("RUST_BACKTRACE");
        // nor what CI or a hook around them says
        for name in [
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_OBJECT_DIRECTORY",
            "GITHUB_ACTIONS",
            "GITLAB_CI",
            "BITBUCKET_BUILD_NUMBER",
            "TF_BUILD",
            "CIRCLECI",
            "BUILDKITE",
            "CI_SYSTEM_NAME",
            "CI",
            "JENKINS_URL",
            "JENKINS_HOME",
            "GITHUB_STEP_SUMMARY",
        ] {
            command.env_remove(name);
        }
        // what is known of the credentials of whoever runs the tests
        command.env_remove("XDG_DATA_HOME").env_remove("XDG_STATE_HOME").env_remove("XDG_CACHE_HOME");
        command
    }

    pub(crate) fn gate(&self, arguments: &[&str]) -> Run {
        let mut command = self.command(arguments);
        let output = command.stdin(Stdio::null()).output().expect("gate starts");
        Run { command: format!("{command:?}"), output }
    }

    /// With variables of the environment.
    pub(crate) fn gate_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
        let mut command = self.command(arguments);
        command.envs(environment.iter().copied());
        let output = command.stdin(Stdio::null()).output().expect("gate starts");
        Run { command: format!("{command:?}"), output }
    }

    pub(crate) fn gate_reading(&self, arguments: &[&str], text: &str) -> Run {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("gate starts");
        // a command that complains about its arguments does not read
        let _ = child.stdin.take().expect("a pipe").write_all(text.as_bytes());
        Run { command: format!("{command:?}"), output: child.wait_with_output().expect("gate ends") }
    }
}

impl Run {
    /// What a command does.
    pub(crate) fn of(mut command: Command) -> Self {
        let output = command.stdin(Stdio::null()).output().expect("it starts");
        Self { command: format!("{command:?}"), output }
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    fn fail(&self, what: &str) -> ! {
        panic!(
            "{what}\ncommand: {}\nstatus: {}\nstdout:\n{}\nstderr:\n{}",
            self.command,
            self.output.status,
            self.stdout(),
            self.stderr()
        )
    }

    /// How it must have ended. Nothing may ever panic.
    #[track_caller]
    pub(crate) fn exits(&self, status: i32) -> &Self {
        if self.output.status.code() != Some(status) || self.stderr().contains("panicked") {
            self.fail(&format!("expected exit status {status}"));
        }
        self
    }

    /// A text that must be on standard output.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        if !self.stdout().contains(text) {
            self.fail(&format!("expected on stdout: {text}"));
        }
        self
    }

    /// A text that must be on standard error.
    #[track_caller]
    pub(crate) fn complains(&self, text: &str) -> &Self {
        if !self.stderr().contains(text) {
            self.fail(&format!("expected on stderr: {text}"));
        }
        self
    }

    /// A text that must be nowhere.
    #[track_caller]
    pub(crate) fn never_says(&self, text: &str) -> &Self {
        if self.stdout().contains(text) || self.stderr().contains(text) {
            self.fail(&format!("expected nowhere: {text}"));
        }
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.output.stdout)
            .unwrap_or_else(|error| self.fail(&format!("no JSON: {error}")))
    }
}

/// The value that a shape makes of a seed.
pub(crate) fn value(shape: &str, seed: u64) -> String {
    let shape = Shape::parse(shape).expect("a shape");
    String::from_utf8(shape.expand(&mut Random::new(seed))).expect("text")
}

/// A value of the built-in rule `id`.
pub(crate) fn secret(id: &str, seed: u64) -> String {
    let rule = portcullis::rules::builtin().iter().find(|rule| rule.id == id).expect("a built-in rule");
    value(rule.shapes[0], seed)
}

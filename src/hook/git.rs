//! Git hooks: small scripts that call `gate hook run git …`.
//!
//! git itself is asked where hooks are, as only it knows all of its settings; that runs nothing of the repository. A
//! hook that is there already is kept beside ours and runs first. Everything can be done twice, and undone.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::git::Oid;

/// The hooks there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Hook {
    /// Before a commit: what is staged.
    PreCommit,
    /// Before a push: the commits that the other side does not have.
    PrePush,
    /// On a server, before a push is taken: the commits it brings.
    PreReceive,
}

impl Hook {
    /// All hooks.
    pub const ALL: [Self; 3] = [Self::PreCommit, Self::PrePush, Self::PreReceive];

    /// The name that git calls it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PrePush => "pre-push",
            Self::PreReceive => "pre-receive",
        }
    }

    fn script(self, gate: &str) -> String {
        let template = match self {
            Self::PreCommit => include_str!("../../hooks/git/plain.sh"),
            Self::PrePush | Self::PreReceive => include_str!("../../hooks/git/input.sh"),
        };
        template.replace("@GATE@", &quoted(gate)).replace("@HOOK@", self.name())
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What stands in the second line of our scripts.
const MARK: &str = "# portcullis hook ";
/// The ending of a hook that was there before ours.
const BEFORE: &str = ".before-gate";
/// Bytes of a script that are read to tell whose it is.
const SCRIPT_LIMIT: usize = 64 << 10;

/// What is in a hook's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Missing,
    /// Ours, as this version writes it.
    Installed,
    /// Ours, of another version or for another `gate`.
    Outdated,
    /// Another hook.
    Foreign,
}

/// Where a repository has its hooks.
#[derive(Clone, Debug)]
pub struct Hooks {
    folder: PathBuf,
    /// Whether the repository has no work tree, as on a server.
    pub bare: bool,
    /// The setting `core.hooksPath`, if it says where hooks are.
    pub set_by: Option<String>,
}

/// What was done to a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing had to be.
    Nothing,
    /// Ours is in place now.
    Installed,
    /// Ours is in place now, and runs the one before it.
    Chained,
    /// Ours is gone.
    Removed,
    /// Ours is gone, and the one before it is back.
    Restored,
    /// Another hook is there, and was left.
    Left,
}

impl Hooks {
    /// The hooks of the repository that holds `folder`.
    ///
    /// # Errors
    /// git is not there, or there is no repository.
    pub fn of(folder: &Path) -> Result<Self> {
        let ask = |arguments: &[&str]| -> Result<Option<String>> {
            let output = Command::new("git")
                .arg("-C")
                .arg(folder)
                .args(arguments)
                .output()
                .context("git cannot be started")?;
            if output.status.success() {
                return Ok(Some(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()));
            }
            let error = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            if error.is_empty() { Ok(None) } else { bail!("{error}") }
        };
        let path = ask(&["rev-parse", "--git-path", "hooks"])?.context("git does not say where hooks are")?;
        let bare = ask(&["rev-parse", "--is-bare-repository"])?.as_deref() == Some("true");
        let set_by = ask(&["config", "--show-scope", "--get", "core.hooksPath"])?
            .map(|line| line.split_ascii_whitespace().next().unwrap_or_default().to_owned());
        Ok(Self { folder: folder.join(path), bare, set_by })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, hook: Hook) -> PathBuf {
        self.folder.join(hook.name())
    }

    fn before(&self, hook: Hook) -> PathBuf {
        self.folder.join(format!("{}{BEFORE}", hook.name()))
    }

    /// Whether a hook that was there before runs first.
    pub fn is_chained(&self, hook: Hook) -> bool {
        self.before(hook).symlink_metadata().is_ok()
    }

    /// What is in the place of `hook`. `gate` is the path of the program.
    ///
    /// # Errors
    /// The hook cannot be read.
    pub fn state(&self, hook: Hook, gate: &str) -> Result<State> {
        let path = self.path(hook);
        let script = match read(&path) {
            Ok(script) => script,
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() => {
                return Ok(State::Missing);
            }
            Err(error) => return Err(error).with_context(|| format!("{}: cannot be read", path.display())),
        };
        Ok(if script == hook.script(gate).as_bytes() && is_executable(&path) {
            State::Installed
        } else if is_ours(&script) {
            State::Outdated
        } else {
            State::Foreign
        })
    }

    /// Puts ours in place.
    ///
    /// # Errors
    /// The folder cannot be written, or what is there cannot be kept.
    pub fn install(&self, hook: Hook, gate: &str) -> Result<Done> {
        let path = self.path(hook);
        if self.folder.ends_with(".husky/_") {
            bail!(
                "husky keeps the hooks here and writes them anew: add the line `gate hook run git {hook}` to .husky/{hook}"
            );
        }
        let state = self.state(hook, gate)?;
        if state == State::Installed {
            return Ok(Done::Nothing);
        }
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("{}: cannot be made", self.folder.display()))?;
        let before = self.before(hook);
        if state == State::Foreign {
            if self.is_chained(hook) {
                bail!(
                    "{} and {} are both there, and neither is gate's: keep one of them, then install again",
                    path.display(),
                    before.display()
                );
            }
            fs::rename(&path, &before).with_context(|| format!("{}: cannot be kept", path.display()))?;
        }
        let written = write(&path, &hook.script(gate));
        if written.is_err() && state == State::Foreign {
            let _ = fs::rename(&before, &path);
        }
        written.with_context(|| format!("{}: cannot be written", path.display()))?;
        Ok(if self.is_chained(hook) { Done::Chained } else { Done::Installed })
    }

    /// Takes ours out, and puts back what was there before.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn uninstall(&self, hook: Hook) -> Result<Done> {
        let (path, before) = (self.path(hook), self.before(hook));
        match self.state(hook, "")? {
            State::Missing => return Ok(Done::Nothing),
            State::Foreign => return Ok(Done::Left),
            State::Installed | State::Outdated => {}
        }
        if self.is_chained(hook) {
            fs::rename(&before, &path)
                .with_context(|| format!("{}: cannot be put back", before.display()))?;
            return Ok(Done::Restored);
        }
        fs::remove_file(&path).with_context(|| format!("{}: cannot be removed", path.display()))?;
        Ok(Done::Removed)
    }
}

/// One ref that a push changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// What it is now on the side that is pushed to; `None` for a new one.
    pub old: Option<Oid>,
    /// What it shall be; `None` for one that is deleted.
    pub new: Option<Oid>,
}

/// Reads what git says of the refs on the standard input of `pre-push` (`local-ref local-id remote-ref remote-id`) or
/// `pre-receive` (`old-id new-id ref`), a line each.
///
/// # Errors
/// A line is of another form: then what is pushed is not known.
pub fn updates(hook: Hook, text: &str) -> Result<Vec<Update>> {
    let id = |text: Option<&str>| text.and_then(|text| text.parse::<Oid>().ok());
    let update = |line: &str| -> Option<Update> {
        // names of refs hold no spaces, but what is pushed may be given as any expression
        let words: Vec<&str> = line.split(' ').collect();
        let (old, new) = match hook {
            Hook::PrePush => {
                let last = words.len().checked_sub(1).filter(|last| *last >= 3)?;
                (id(Some(words[last]))?, id(Some(words[last - 2]))?)
            }
            Hook::PreReceive | Hook::PreCommit => {
                (id(words.first().copied())?, id(words.get(1).copied().filter(|_| words.len() >= 3))?)
            }
        };
        let some = |id: Oid| (!id.is_null()).then_some(id);
        Some(Update { old: some(old), new: some(new) })
    };
    text.lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            update(line)
                .with_context(|| format!("git says something of a ref that is not understood: {line}"))
        })
        .collect()
}

/// The start of a script.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    use std::io::Read as _;
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut script = Vec::new();
    fs::File::open(path)?.take(SCRIPT_LIMIT as u64).read_to_end(&mut script)?;
    Ok(script)
}

fn is_ours(script: &[u8]) -> bool {
    script.split(|byte| *byte == b'\n').nth(1).is_some_and(|line| line.starts_with(MARK.as_bytes()))
}

/// Writes beside the file and then over it: git may start the hook at any time.
fn write(path: &Path, script: &str) -> io::Result<()> {
    let beside = path.with_extension(format!("gate-{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o755);
    }
    let written = options
        .open(&beside)
        .and_then(|mut file| file.write_all(script.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    true
}

/// Text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_of_refs() {
        let (a, b, none) = ("a".repeat(40), "b".repeat(40), "0".repeat(40));
        let id = |text: &str| Some(text.parse::<Oid>().expect("an id"));
        let push = format!(
            "refs/heads/x {a} refs/heads/x {b}\n(delete) {none} refs/heads/y {a}\nHEAD^ {{a b}} {b} refs/heads/z {none}\n"
        );
        assert_eq!(
            updates(Hook::PrePush, &push).expect("understood"),
            [
                Update { old: id(&b), new: id(&a) },
                Update { old: id(&a), new: None },
                Update { old: None, new: id(&b) },
            ]
        );
        let receive = format!("{none} {a} refs/heads/x\n{a} {b} refs/heads/y\n");
        assert_eq!(
            updates(Hook::PreReceive, &receive).expect("understood"),
            [Update { old: None, new: id(&a) }, Update { old: id(&a), new: id(&b) }]
        );
        assert!(updates(Hook::PrePush, "").expect("understood").is_empty());
        for bad in ["x", "refs/heads/x 12 refs/heads/x 34", &format!("{a} refs/heads/x {b}"), &"c".repeat(64)]
        {
            assert!(updates(Hook::PrePush, bad).is_err(), "{bad}");
            assert!(updates(Hook::PreReceive, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn scripts_name_their_hook_and_program() {
        for hook in Hook::ALL {
            let script = hook.script("/home/a b/it's/gate");
            assert!(script.contains("\ngate='/home/a b/it'\\''s/gate'\n"), "{script}");
            assert!(script.contains(&format!("hook run git {} \"$@\"", hook.name())), "{script}");
            assert!(!script.contains("@GATE@") && !script.contains("@HOOK@"), "{script}");
            assert!(is_ours(script.as_bytes()));
        }
        assert!(!is_ours(b"#!/bin/sh\necho\n# portcullis hook 1"));
        assert!(!is_ours(b""));
    }
}

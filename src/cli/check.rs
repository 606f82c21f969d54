//! `gate check`.

use std::ffi::OsString;
use std::io::{self, BufRead, Read as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::exit::CheckStatus;
use crate::gate::decision::Decision;
use crate::gate::policy::Policy;
use crate::gate::request::{Environment, Request};
use crate::gate::world::Files;
use crate::gate::{self, Verdict};
use crate::report;

use super::args::{Check, CheckFormat};

/// A line of `--batch` longer than this is not read.
const MAX_LINE: u64 = 4 << 20;

/// Judges, says what came of it, and how.
///
/// # Errors
/// Bad arguments or settings, input that cannot be read.
pub(super) fn run(arguments: &Check) -> Result<CheckStatus> {
    let cwd = match &arguments.cwd {
        Some(cwd) => std::path::absolute(cwd).with_context(|| format!("{}", cwd.display()))?,
        None => std::env::current_dir().context("the current folder is not known")?,
    };
    if arguments.batch {
        return batch(&cwd, arguments);
    }
    let command = if arguments.stdin {
        let mut text = Vec::new();
        io::stdin()
            .lock()
            .take(gate::MAX_COMMAND as u64 + 1)
            .read_to_end(&mut text)
            .context("standard input could not be read")?;
        // the line end belongs to the pipe, not to the command
        if text.ends_with(b"\n") {
            text.pop();
        }
        text
    } else {
        match arguments.command.as_slice() {
            [] => bail!("no command: write `gate check -- COMMAND`, or use --stdin or --batch"),
            [one] => bytes(one),
            words => words.iter().map(|word| quoted(&bytes(word))).collect::<Vec<_>>().join(&b' '),
        }
    };
    if !cwd.is_dir() {
        bail!("{}: is no folder that can be looked into: name another with --cwd", cwd.display());
    }
    let judge = Judge::new(&cwd)?;
    let verdict = judge.judge(command, cwd);
    let mut out = io::stdout().lock();
    let written = match arguments.format {
        CheckFormat::Json => report::verdict::json(&verdict, arguments.explain, &mut out),
        CheckFormat::Text => report::verdict::text(&verdict, arguments.explain, &mut out),
    };
    written.context("cannot write the answer")?;
    Ok(status(verdict.decision))
}

fn status(decision: Decision) -> CheckStatus {
    match decision {
        Decision::Allow => CheckStatus::Allow,
        Decision::Ask => CheckStatus::Ask,
        Decision::Deny => CheckStatus::Deny,
    }
}

/// One line of a batch.
#[derive(Deserialize)]
struct Line {
    command: String,
    cwd: Option<PathBuf>,
}

/// Reads requests line by line and answers each in turn. A line that is no request is answered too.
fn batch(cwd: &Path, arguments: &Check) -> Result<CheckStatus> {
    let mut input = io::BufReader::with_capacity(1 << 16, io::stdin().lock());
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut worst = Decision::Allow;
    let mut judges: Vec<(PathBuf, Judge)> = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut input)
            .take(MAX_LINE)
            .read_until(b'\n', &mut line)
            .context("standard input could not be read")?;
        if read == 0 {
            break;
        }
        let verdict = if line.len() as u64 == MAX_LINE && !line.ends_with(b"\n") {
            // the rest of the line is not another one
            skip_line(&mut input)?;
            Verdict::of("limit-length", Decision::Deny, "the line is too long to be a request")
        } else if line.trim_ascii().is_empty() {
            continue;
        } else {
            match serde_json::from_slice::<Line>(&line) {
                Ok(request) => {
                    let folder = match request.cwd {
                        Some(folder) => cwd.join(folder),
                        None => cwd.to_path_buf(),
                    };
                    judge_in(&mut judges, folder, request.command)
                }
                Err(error) => Verdict::of(
                    "internal-bad-request",
                    Decision::Deny,
                    &format!(
                        "the line is no request: it must be {{\"command\": …, \"cwd\": …}} (column {})",
                        error.column()
                    ),
                ),
            }
        };
        worst = worst.max(verdict.decision);
        report::verdict::json(&verdict, arguments.explain, &mut out).context("cannot write the answer")?;
        // whoever sends one line and waits for its answer must get it
        if input.buffer().is_empty() {
            out.flush().context("cannot write the answer")?;
        }
    }
    out.flush().context("cannot write the answer")?;
    Ok(status(worst))
}

/// Judges one request of a batch. What is wrong with its folder concerns this request alone.
fn judge_in(judges: &mut Vec<(PathBuf, Judge)>, folder: PathBuf, command: String) -> Verdict {
    /// Folders whose settings are kept.
    const KEPT: usize = 64;
    if !folder.is_dir() {
        let reason = "the folder it is to run in cannot be looked into";
        return Verdict::of("unread-folder", Decision::Ask, reason);
    }
    let at = match judges.iter().position(|(known, _)| *known == folder) {
        Some(at) => at,
        None => match Judge::new(&folder) {
            Ok(judge) => {
                if judges.len() >= KEPT {
                    judges.remove(0);
                }
                judges.push((folder.clone(), judge));
                judges.len() - 1
            }
            Err(error) => {
                let reason = format!("the settings that hold there cannot be used: {error:#}");
                return Verdict::of("internal-bad-settings", Decision::Deny, &reason);
            }
        },
    };
    judges[at].1.judge(command.into_bytes(), folder)
}

fn skip_line(input: &mut impl BufRead) -> Result<()> {
    loop {
        let buffer = input.fill_buf().context("standard input could not be read")?;
        if buffer.is_empty() {
            return Ok(());
        }
        match memchr::memchr(b'\n', buffer) {
            Some(at) => {
                input.consume(at + 1);
                return Ok(());
            }
            None => {
                let length = buffer.len();
                input.consume(length);
            }
        }
    }
}

/// What judging in one folder needs.
struct Judge {
    policy: Policy,
    environment: Environment,
}

impl Judge {
    fn new(cwd: &Path) -> Result<Self> {
        let policy = super::policy::load(cwd)?.policy;
        Ok(Self { policy, environment: environment(cwd) })
    }

    fn judge(&self, command: Vec<u8>, cwd: PathBuf) -> Verdict {
        gate::evaluate(&Request { command, cwd }, &self.policy, &self.environment, &Files)
    }
}

/// What the gate is told of the machine.
fn environment(cwd: &Path) -> Environment {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = absolute("HOME");
    let workspace = cwd
        .ancestors()
        .find(|above| above.join(".git").symlink_metadata().is_ok())
        // a repository in the home folder itself is for dotfiles: not all of it is what is worked on
        .filter(|top| home.as_deref() != Some(top))
        .unwrap_or(cwd)
        .to_path_buf();
    let mut temporary = vec![PathBuf::from("/tmp"), PathBuf::from("/var/tmp")];
    temporary.extend(absolute("TMPDIR").filter(|folder| folder.components().count() > 2));
    let stored = super::fingerprint::stored_for_gate();
    Environment { user: std::env::var("USER").ok(), home, workspace, temporary, root: is_root(), stored }
}

#[cfg(unix)]
fn is_root() -> bool {
    // who owns the process: the kernel tells by whose directory in /proc it is, where there is one
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

#[cfg(unix)]
fn bytes(word: &OsString) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    word.as_bytes().to_vec()
}

#[cfg(not(unix))]
fn bytes(word: &OsString) -> Vec<u8> {
    word.to_string_lossy().into_owned().into_bytes()
}

/// A word as a shell reads it back.
fn quoted(word: &[u8]) -> Vec<u8> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-+./:=@%,^".contains(byte);
    if !word.is_empty() && word.iter().all(plain) {
        return word.to_vec();
    }
    let mut quoted = vec![b'\''];
    for byte in word {
        match byte {
            b'\'' => quoted.extend(b"'\\''"),
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_as_they_were() {
        for word in ["", "a", "a b", "it's", "$HOME", "a\nb", "*", "!x", "~", "{a,b}"] {
            let text = String::from_utf8(quoted(word.as_bytes())).unwrap();
            let verdict = gate::evaluate(
                &Request::new(format!("echo {text}"), "/work"),
                &Policy::default(),
                &Environment::new("/work", "/home/dev"),
                &Files,
            );
            assert_eq!(verdict.commands[0].words[1], word, "{text}");
        }
    }
}

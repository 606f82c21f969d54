//! What programs answer when a line asks them about the surroundings, as far as it can be told without running them: the
//! branch at hand, the top of the repository, a new temporary file, the date.
//!
//! Where only the shape of an answer is certain, such as the name of a commit, a word of that shape stands in for it.

use std::path::{Path, PathBuf};

use super::Resolver;
use super::setup;
use super::value::{Parts, State, text};
use crate::gate::model::{Cwd, Invocation, Word};

/// Stands in for the name of a commit: never an option, a path or a refspec.
const COMMIT: &str = "COMMIT";
/// The longest file that says where a repository is, or which branch is checked out, in bytes.
const MAX_HEAD: usize = 4096;

impl Resolver<'_> {
    /// The answer of `name`, if it is one that can be told. A program that is named by its path may be another one.
    pub(super) fn answer(&self, name: &str, invocation: &Invocation, state: &State) -> Option<Parts> {
        let arguments: Option<Vec<&str>> = invocation.words[1..].iter().map(Word::text).collect();
        let arguments = arguments?;
        let Some(Cwd::Known(cwd)) = &invocation.cwd else { return None };
        let answer = match name {
            "git" => self.git_answer(&arguments, cwd)?,
            "mktemp" => self.temporary_answer(&arguments, cwd, state)?,
            "date" => date(&arguments)?,
            "pwd" if arguments.iter().all(|argument| matches!(*argument, "-P" | "-L")) => {
                cwd.to_str()?.to_owned()
            }
            "nproc" => "8".to_owned(),
            "uname" if arguments == ["-m"] => "x86_64".to_owned(),
            "uname" if arguments.is_empty() || arguments == ["-s"] => "Linux".to_owned(),
            "uuidgen" => "UUID".to_owned(),
            // what it sets is of no concern to a line of commands
            _ if setup::prints_setup(name, &arguments) => String::new(),
            _ => return None,
        };
        Some(text(answer))
    }

    fn git_answer(&self, arguments: &[&str], cwd: &Path) -> Option<String> {
        let (folder, arguments) = match arguments {
            ["-C", folder, rest @ ..] => (cwd.join(folder), rest),
            _ => (cwd.to_path_buf(), arguments),
        };
        match arguments {
            ["rev-parse", "--show-toplevel"] => self.repository(&folder)?.to_str().map(str::to_owned),
            ["branch", "--show-current"]
            | ["rev-parse", "--abbrev-ref", "HEAD"]
            | ["symbolic-ref", "--short", "HEAD"]
            | ["symbolic-ref", "-q" | "--quiet", "--short", "HEAD"]
            | ["symbolic-ref", "--short", "-q" | "--quiet", "HEAD"] => self.branch(&folder),
            ["rev-parse", one] => is_head(one).then(|| COMMIT.to_owned()),
            // without these, what is no revision comes out as it went in
            ["rev-parse", rest @ ..]
                if rest.iter().any(|given| *given == "--verify" || given.starts_with("--short")) =>
            {
                commits(rest, &["--short", "--verify", "-q", "--quiet"], 1..=1)
            }
            ["merge-base", rest @ ..] => commits(rest, &["--fork-point", "--octopus"], 1..=8),
            ["rev-list", "-1" | "-n1" | "--max-count=1", rest @ ..] => commits(rest, &[], 1..=4),
            ["rev-list", "-n", "1", rest @ ..] => commits(rest, &[], 1..=4),
            ["rev-list", "--count", ..] => Some("1".to_owned()),
            [
                "log",
                "-1" | "-n1",
                "--format=%H" | "--format=%h" | "--pretty=%H" | "--pretty=format:%H" | "--pretty=format:%h",
                rest @ ..,
            ] => commits(rest, &[], 0..=4),
            ["describe", rest @ ..] => commits(
                rest,
                &[
                    "--tags",
                    "--abbrev=0",
                    "--always",
                    "--dirty",
                    "--long",
                    "--all",
                    "--exact-match",
                    "--contains",
                ],
                0..=2,
            ),
            ["stash", "create"] => Some(COMMIT.to_owned()),
            _ => None,
        }
    }

    /// The top folder of the work tree around a folder.
    fn repository(&self, folder: &Path) -> Option<PathBuf> {
        let has_git = |top: &&Path| self.world.kind(&top.join(".git")).is_some();
        folder.ancestors().find(has_git).map(Path::to_path_buf)
    }

    /// The branch that is checked out; `HEAD` where there is none.
    pub(super) fn branch(&self, folder: &Path) -> Option<String> {
        let top = self.repository(folder)?;
        let mut place = top.join(".git");
        if self.world.kind(&place.join("HEAD")).is_none() {
            // a linked work tree says where its own folder is
            let (bytes, _) = self.world.read(&place, MAX_HEAD)?;
            let text = String::from_utf8(bytes).ok()?;
            place = top.join(text.strip_prefix("gitdir:")?.trim());
        }
        let (bytes, whole) = self.world.read(&place.join("HEAD"), MAX_HEAD)?;
        let text = String::from_utf8(bytes).ok().filter(|_| whole)?;
        let text = text.trim_end();
        let name = match text.strip_prefix("ref: refs/heads/") {
            Some(name) => name,
            None if text.bytes().all(|byte| byte.is_ascii_hexdigit()) => "HEAD",
            None => return None,
        };
        // git takes no other names of branches either
        let odd = |character: char| {
            character.is_whitespace() || character.is_control() || "~^:?*[\\".contains(character)
        };
        (!name.is_empty() && !name.starts_with('-') && !name.contains(odd)).then(|| name.to_owned())
    }

    /// A file or folder that `mktemp` makes: its name stands in for the one that chance gives it.
    fn temporary_answer(&self, arguments: &[&str], cwd: &Path, state: &State) -> Option<String> {
        let mut folder = None;
        let mut template = None;
        let mut below = false;
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match *argument {
                "-d" | "--directory" | "-q" | "--quiet" | "-dq" | "-qd" => {}
                "-t" | "-dt" | "-td" => below = true,
                "-p" => folder = Some(*rest.next()?),
                "--tmpdir" => below = true,
                other => {
                    if let Some(given) = other.strip_prefix("--tmpdir=") {
                        folder = Some(given);
                    } else if other.starts_with("--suffix=") && !other.contains('/') {
                    } else if other.starts_with('-') || template.replace(other).is_some() {
                        return None;
                    }
                }
            }
        }
        let name = template.unwrap_or("tmp.XXXXXXXXXX");
        let base = match folder {
            Some(folder) => cwd.join(folder),
            None if template.is_some() && !below => cwd.to_path_buf(),
            // whatever the line made of it
            None if state.variable("TMPDIR").is_some() => return None,
            None => self.environment.temporary.first()?.clone(),
        };
        base.join(name).to_str().map(str::to_owned)
    }
}

/// Whether a word is the commit at hand or one before it, whatever else may have that name.
fn is_head(word: &str) -> bool {
    word.strip_prefix("HEAD")
        .is_some_and(|rest| rest.bytes().all(|byte| matches!(byte, b'~' | b'^' | b'0'..=b'9')))
}

/// The name of a commit, where these are names of revisions and options that change nothing about that.
fn commits(
    arguments: &[&str],
    options: &[&str],
    revisions: std::ops::RangeInclusive<usize>,
) -> Option<String> {
    let given = arguments.iter().filter(|argument| !argument.starts_with('-')).count();
    let known = |argument: &&str| {
        !argument.starts_with('-') || options.contains(argument) || argument.starts_with("--short=")
    };
    (arguments.iter().all(known) && revisions.contains(&given)).then(|| COMMIT.to_owned())
}

/// The date in a form that holds nothing but numbers and marks between them.
fn date(arguments: &[&str]) -> Option<String> {
    let mut format = None;
    for argument in arguments {
        match *argument {
            "-u" | "--utc" | "-I" | "-Iseconds" | "-Is" | "--iso-8601" => {}
            other => {
                if format.replace(other.strip_prefix('+')?).is_some() {
                    return None;
                }
            }
        }
    }
    let mut out = String::new();
    let mut characters = format.unwrap_or("%F").chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => match characters.next()? {
                'Y' | 'm' | 'd' | 'H' | 'M' | 'S' | 's' | 'N' | 'j' | 'u' | 'V' | 'F' | 'T' | 'y' | 'Z'
                | 'z' => out.push('0'),
                _ => return None,
            },
            '-' if out.is_empty() => return None,
            '-' | '_' | '.' | ':' | 'T' | 'Z' | '0'..='9' => out.push(character),
            _ => return None,
        }
    }
    Some(out)
}

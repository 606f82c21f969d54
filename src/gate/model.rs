//! What the steps of the gate hand to each other.

use std::path::PathBuf;

use crate::span::Span;

use super::decision::Decision;

pub use super::effect_kind::EffectKind;

/// A word as far as it is known before the command runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// Its parts, in order; empty for the empty word. Neighbouring texts are joined.
    pub parts: Vec<Part>,
    /// Where it stands in the text of the request; `None` for words that come from a file or an encoded text.
    pub span: Option<Span>,
}

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text as the program will see it: quotes and escapes are gone, known variables are in.
    Text(String),
    /// An unquoted `*`, `?` or `[…]` that the shell matches against files.
    Glob(String),
    /// Something not known: a variable from outside, the output of a command. Holds its source for messages.
    Unknown {
        /// As written, such as `$HOME_X` or `$(date)`.
        source: String,
        /// Whether it may turn into several words or none (unquoted).
        splits: bool,
    },
}

impl Word {
    /// A word that is wholly known.
    pub fn known(text: impl Into<String>) -> Self {
        let text = text.into();
        let parts = if text.is_empty() { Vec::new() } else { vec![Part::Text(text)] };
        Self { parts, span: None }
    }

    /// The text, if no part of it is unknown or a pattern.
    pub fn text(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The known text at its start.
    pub fn prefix(&self) -> &str {
        match self.parts.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        }
    }

    /// Whether some part is unknown.
    pub fn is_unknown(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Unknown { .. }))
    }
}

/// Where a command runs.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Place {
    /// On this machine.
    #[default]
    Local,
    /// On another machine, in a container or another root: its paths are not ours.
    Elsewhere(String),
}

/// The folder a command runs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cwd {
    /// This one, absolute.
    Known(PathBuf),
    /// `cd "$X"` and the like.
    Unknown,
}

/// What a command reads on its standard input.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Stdin {
    /// The terminal, or whatever the agent gives.
    #[default]
    Inherited,
    /// Nothing (`< /dev/null`).
    Empty,
    /// A text known from here-documents, here-strings or `echo`/`printf` of constants.
    Text(Word),
    /// A file.
    File(Word),
    /// The output of the invocations with these numbers (positions in the list of all invocations of the request);
    /// known text is given as [`Stdin::Text`] instead.
    Pipe(Vec<usize>),
}

/// A redirection to or from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// What is done to the file.
    pub kind: RedirectKind,
    /// The file.
    pub target: Word,
}

/// What a redirection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectKind {
    /// `<`
    Read,
    /// `>` and `>|`, `&>`
    Write,
    /// `>>`, `&>>`
    Append,
    /// `<>`
    ReadWrite,
}

/// One simple command that the request could run, its words resolved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Invocation {
    /// The program and its arguments; the first may be unknown.
    pub words: Vec<Word>,
    /// Variables put into its environment, by prefix, `env` or an earlier `export`: what it adds to the user's own.
    pub environment: Vec<(String, Word)>,
    /// Redirections of its own and of the compounds around it.
    pub redirects: Vec<Redirect>,
    /// Its standard input.
    pub stdin: Stdin,
    /// Whether its output goes into a pipe, and to which invocations.
    pub feeds: Vec<usize>,
    /// The folder it runs in; `None` before `resolve` has set it.
    pub cwd: Option<Cwd>,
    /// The machine it runs on.
    pub place: Place,
    /// Wrappers around it, the outermost first, as written: `sudo`, `env`, `xargs`.
    pub via: Vec<String>,
    /// Whether it runs as another user with more rights (`sudo`, `doas`, `su`).
    pub privileged: bool,
    /// Where it stands in the text of the request.
    pub span: Option<Span>,
    /// How deep it lies in wrappers, scripts and substitutions.
    pub depth: usize,
    /// Whether it stands in a file: a script or a target that the request runs.
    pub scripted: bool,
}

/// A command within a command, as a program's knowledge names it.
#[derive(Clone, Debug, PartialEq)]
pub enum Inner {
    /// Words of a command, run as they are. `xargs` and `find -exec` have unknown words in place of what they add.
    Words(Invocation),
    /// A line of shell.
    Shell {
        /// The text; unknown parts make it unread.
        text: Word,
        /// `sh`, `bash`, `zsh`, `fish`, `powershell`, `cmd`.
        dialect: String,
        /// Positional parameters, `$0` first.
        arguments: Vec<Word>,
        /// The invocation it runs under: environment, place, folder, rights.
        within: Box<Invocation>,
    },
    /// Inline code of another language.
    Code {
        /// As in the role `code:LANG`.
        language: String,
        /// The text.
        text: Word,
        /// As for shell.
        within: Box<Invocation>,
    },
    /// A file that is run.
    Script {
        /// As in the role `script:LANG`.
        language: String,
        /// The path.
        path: Word,
        /// Arguments it gets.
        arguments: Vec<Word>,
        /// As for shell.
        within: Box<Invocation>,
    },
    /// A target defined in a file here.
    Target {
        /// As in the role `target:KIND`.
        kind: String,
        /// The target; the default one if `None`.
        name: Option<Word>,
        /// As for shell.
        within: Box<Invocation>,
    },
}

/// What a command does to something, see `rules/commands/README.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The kind, such as `overwrites`.
    pub kind: EffectKind,
    /// What it does it to: a path as written (to be resolved against the folder), an address, a statement.
    pub target: Option<Word>,
    /// The rule or role that says so: an id such as `git-push-force`, or `redirect`, `operand`, `option -o`.
    pub source: String,
}

/// A decision of a rule, a role or the shell itself, with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// Id of the rule: `git-push-force`, `unknown-program`, `unread-command`.
    pub id: String,
    /// What it wants.
    pub decision: Decision,
    /// Why, as a sentence without any secret.
    pub reason: String,
    /// A safer way.
    pub suggestion: Option<String>,
    /// The part of the request it speaks of.
    pub span: Option<Span>,
}

/// A word that does nothing by itself: text, data, an address, a name. Where it goes may matter.
#[derive(Clone, Debug, PartialEq)]
pub struct Mention {
    /// The word.
    pub word: Word,
    /// The option whose value it is, as listed; empty for operands.
    pub option: String,
}

/// What knowledge says of one invocation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Paths that it prints, if it is a search: each stands for any number of them.
    pub found: Vec<Word>,
    /// The name the program is known by, with its subcommands: `git push`; empty when unknown.
    pub command: String,
    /// Decisions of the command itself and of its rules.
    pub opinions: Vec<Opinion>,
    /// What it does.
    pub effects: Vec<Effect>,
    /// Commands in it.
    pub inner: Vec<Inner>,
    /// Words that do nothing by themselves.
    pub mentions: Vec<Mention>,
    /// The folder that the rest works in, where an option changes it.
    pub cwd: Option<Word>,
}

/// What the gate may look at outside the command: files (bounded) and the state of repositories. Tests give a made-up
/// one.
pub trait World {
    /// The start of a regular file, at most `limit` bytes, and whether that is all of it; `None` when there is none or
    /// it cannot be read.
    fn read(&self, path: &std::path::Path, limit: usize) -> Option<(Vec<u8>, bool)>;
    /// What stands at a path, links not followed.
    fn kind(&self, path: &std::path::Path) -> Option<FileKind>;
    /// Where a symbolic link points, as it is written in it; `None` where there is no link.
    fn link(&self, _path: &std::path::Path) -> Option<PathBuf> {
        None
    }
    /// Whether what lies at `path` could be had back after it was deleted or overwritten.
    fn recoverable(&self, path: &std::path::Path) -> Recoverable;
    /// What of a repository's state would be lost: [`Recoverable::Absent`] when nothing would, else what, or that it could
    /// not be told.
    fn at_stake(&self, stake: &Stake) -> Recoverable;
}

/// State of a repository that a command throws away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stake {
    /// Uncommitted changes to tracked files at or below this path; a repository's top stands for all.
    Changes(PathBuf),
    /// Untracked files at or below this path that git does not ignore.
    Untracked(PathBuf),
    /// Untracked files at or below this path, also ignored ones that no tool makes again.
    Ignored(PathBuf),
    /// Commits that only this branch holds, in the repository that holds the path.
    Branch(PathBuf, String),
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A device, FIFO or socket.
    Other,
}

/// Whether something could be had back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recoverable {
    /// Nothing is there.
    Absent,
    /// Tracked by git and unchanged.
    Tracked,
    /// Made by tools and ignored by git: `target/`, `node_modules/`.
    BuildProduct,
    /// These would be lost: a few paths, and how many there are in all.
    Lost {
        /// At most five.
        examples: Vec<String>,
        /// All.
        count: usize,
    },
    /// Could not be told: no repository, too slow, too large.
    Unknown,
}

//! Arguments of `gate`: the one list that help and completions come from.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::report::Format;
use crate::{finding, hook};

/// Finds leaked credentials, and judges shell commands before agents run them.
#[derive(Debug, Parser)]
#[command(name = "gate", version, about, propagate_version = true, after_help = EXIT_STATUS)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Shown below every help text.
const EXIT_STATUS: &str = "Exit status of scan and rules check: 0 clean, 1 findings, 2 could not complete.\n\
     Exit status of check: 0 allow, 1 ask, 2 deny, 3 error.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look for credentials in files
    Scan(Scan),
    /// Judge a shell command before it runs: allow, ask or deny
    Check(Check),
    /// List, show and check rules
    Rules(Rules),
    /// Show, check and trust the settings of the gate
    Policy(super::policy::PolicyArguments),
    /// Write down known findings, so that only new ones count
    Baseline(Baseline),
    /// Show or clear what scans of histories remember, so that a repeat looks at what is new only
    Cache(Cache),
    /// Know the credentials of this machine by keyed hashes, so that scans recognise them anywhere
    Fingerprint(super::fingerprint::Fingerprint),
    /// Put hooks in place that ask gate before a commit or push
    Hook(Hook),
    /// Say what should be done about the credentials of this machine
    ///
    /// Old and expired ones, one value in several stores, credentials in shell histories and start-up files, stores
    /// that others can read, damaged fingerprints. Exit status 1 when there is something to do.
    Doctor(super::doctor::Doctor),
}

/// `gate scan`
#[derive(Debug, Default, Args)]
#[command(after_help = EXIT_STATUS, override_usage = "gate scan [OPTIONS] [PATH]...")]
pub struct Scan {
    /// Files and folders to scan; in a repository, what git ignores is left out
    /// [default: .]
    #[arg(value_name = "PATH", conflicts_with_all = ["stdin", "diff"])]
    pub paths: Vec<PathBuf>,

    /// Scan what the next commit changes, as it is staged; PATH is the repository. What was in the file before does
    /// not count
    #[arg(long, conflicts_with_all = ["stdin", "diff", "no_ignore"])]
    pub staged: bool,

    /// With --staged: show also what was there before the change
    #[arg(long, requires = "staged", conflicts_with_all = ["stdin", "diff", "history", "ci"])]
    pub all_staged: bool,

    /// Scan the lines that a unified diff adds; `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["stdin", "no_ignore"])]
    pub diff: Option<PathBuf>,

    /// Scan one text from standard input
    #[arg(long)]
    pub stdin: bool,

    /// Scan the history: every blob and message of the repository, or what the commits of RANGE (A..B) introduced
    #[arg(long, value_name = "RANGE", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["stdin", "staged", "diff", "no_ignore"])]
    pub history: Option<String>,

    /// With --history: only what branches, tags, stashes and the like lead to
    #[arg(long, requires = "history", conflicts_with_all = ["stdin", "diff", "staged"])]
    pub reachable: bool,

    /// With --history: look at every blob wholly; finds the same, slower
    #[arg(long, requires = "history", hide = true)]
    pub whole_blobs: bool,

    /// With --history and --ci: neither use nor keep what former scans have learned; see `gate cache`
    #[arg(long)]
    pub no_cache: bool,

    /// What to call the text of --stdin; its ending tells what kind of file it is
    #[arg(long, value_name = "NAME", requires = "stdin", conflicts_with_all = ["paths", "staged", "diff", "history", "ci"])]
    pub path: Option<String>,

    /// Scan also what git ignores
    #[arg(long)]
    pub no_ignore: bool,

    /// Leave out paths that match this pattern (.gitignore syntax); may be given several times
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,

    /// Leave out files of more bytes than this
    #[arg(long, value_name = "BYTES", allow_negative_numbers = true)]
    pub max_file_size: Option<u64>,

    /// Lowest confidence to show [default: medium, or what the settings say]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub confidence: Option<Confidence>,

    /// Say for each finding and each dropped candidate which rule and filter decided
    #[arg(long)]
    pub explain: bool,

    /// Settings to use in place of the project's .portcullis.toml
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Scan the commits that this run of continuous integration is about, as the provider's environment says
    #[arg(long, conflicts_with_all = ["stdin", "diff", "staged", "no_ignore"])]
    pub ci: bool,

    /// Leave out findings that this file knows; see `gate baseline`
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// Form of the report [default: text; with --ci what the provider reads]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,

    /// Write the report to this file in place of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Exit with 0 even when something is found
    #[arg(long)]
    pub exit_zero: bool,

    /// Threads to use, a few for each processor at most [default: one per processor]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub threads: Option<NonZeroUsize>,

    /// Show no progress line
    #[arg(long)]
    pub no_progress: bool,

    /// When to use colours
    #[arg(long, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub color: Colour,
}

/// `gate check`
#[derive(Debug, Args)]
#[command(after_help = CHECK_STATUS)]
pub struct Check {
    /// The command: one word is a line of shell, several are the words of a command
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<OsString>,

    /// Read the command from standard input
    #[arg(long, conflicts_with_all = ["command", "batch"])]
    pub stdin: bool,

    /// Read requests from standard input, one JSON object a line: {"command": "…", "cwd": "…"}; answer each in turn
    #[arg(long, conflicts_with_all = ["command", "format"])]
    pub batch: bool,

    /// The folder that the command is to run in [default: the current one]
    #[arg(long, value_name = "FOLDER")]
    pub cwd: Option<PathBuf>,

    /// Form of the answer
    #[arg(long, value_enum, default_value_t = CheckFormat::Text, value_name = "FORMAT")]
    pub format: CheckFormat,

    /// Show the commands found, what they do, every rule that spoke, and which one decided
    #[arg(long)]
    pub explain: bool,
}

/// Shown below the help text of `check`.
const CHECK_STATUS: &str = "Exit status: 0 allow, 1 ask, 2 deny, 3 error, which must be taken for a denial.";

/// Form of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// A few lines for people.
    Text,
    /// One line of JSON.
    Json,
}

/// `gate rules`
#[derive(Debug, Args)]
pub struct Rules {
    /// What to do with rules.
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the rules in use
    ///
    /// As JSON: an array sorted by id, each rule with `id`, `provider`, `name`, `severity` (critical, high, medium,
    /// low), `class` (secret, encrypted, hash, public), `confidence` (high, medium, low), `disabled` (true or false),
    /// and `origin` (`built-in`, or file:line of the settings).
    List {
        /// Form of the list
        #[arg(long, value_enum, default_value_t = ListFormat::Text, value_name = "FORMAT")]
        format: ListFormat,
        /// Settings to use in place of the project's .portcullis.toml
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Show all about one rule
    Show {
        /// The rule's id
        id: String,
        /// Settings to use in place of the project's .portcullis.toml
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Check rule files for mistakes and weaknesses
    ///
    /// Reads the entries of rule files and of settings files. Makes 50 values of each shape and scans them.
    /// Lines that begin with `note:` after their place leave the exit status alone.
    Check {
        /// Files with `[[rule]]` entries
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// `gate baseline`
#[derive(Debug, Args)]
pub struct Baseline {
    /// What to do with the baseline.
    #[command(subcommand)]
    pub command: BaselineCommand,
}

/// What to do with a baseline.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Add all findings to the file, which is made if it is not there
    Create {
        /// What to scan, and where
        #[command(flatten)]
        scan: BaselineScan,
        /// Why the findings are harmless or not yet mended
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// The last day on which the new entries apply, such as 2027-01-31
        #[arg(long, value_name = "DATE")]
        until: Option<String>,
    },
    /// Take out entries that no finding meets any more
    Prune {
        /// What to scan, and where
        #[command(flatten)]
        scan: BaselineScan,
    },
}

/// `gate cache`
#[derive(Debug, Args)]
pub struct Cache {
    /// What to do with the cache.
    #[command(subcommand)]
    pub command: CacheCommand,
}

/// What to do with the cache.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum CacheCommand {
    /// Say where it is; it may be deleted at any time
    Path,
    /// Delete it
    Clear,
}

/// `gate hook`
#[derive(Debug, Args)]
pub struct Hook {
    /// What to do with hooks.
    #[command(subcommand)]
    pub command: HookCommand,
}

/// What to do with hooks.
#[derive(Debug, Subcommand)]
pub enum HookCommand {
    /// Put hooks in place; a hook that is there already is kept, and runs first
    Install {
        /// Whose hooks.
        #[command(subcommand)]
        target: HookTarget,
    },
    /// Take hooks out, and put back what was there before
    Uninstall {
        /// Whose hooks.
        #[command(subcommand)]
        target: HookTarget,
    },
    /// Say which hooks are in place; exits with 1 when one is not
    Status {
        /// Whose hooks.
        #[command(subcommand)]
        target: HookTarget,
    },
    /// Do what a hook does; hooks call this
    Run {
        /// Whose hook.
        #[command(subcommand)]
        target: RunTarget,
    },
}

/// Programs that hooks can be put into.
#[derive(Debug, Subcommand)]
pub enum HookTarget {
    /// A git repository
    Git {
        /// The repository
        #[arg(default_value = ".", value_name = "PATH")]
        repository: PathBuf,
        /// Which hooks; may be given several times [default: pre-commit and pre-push, or pre-receive in a bare repository]
        #[arg(long, value_enum, value_name = "HOOK")]
        hook: Vec<hook::git::Hook>,
    },
}

/// Programs whose hooks call gate.
#[derive(Debug, Subcommand)]
pub enum RunTarget {
    /// git
    Git {
        /// Which hook
        #[arg(value_enum)]
        hook: hook::git::Hook,
        /// What git gives the hook
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

/// What the commands of `gate baseline` share.
#[derive(Debug, Args)]
pub struct BaselineScan {
    /// Files and folders to scan [default: .]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// The baseline [default: .portcullis-baseline in the folder that is scanned]
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// Lowest confidence of findings [default: medium, or what the settings say]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub confidence: Option<Confidence>,

    /// Leave out paths that match this pattern (.gitignore syntax); may be given several times
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,

    /// Settings to use in place of the project's .portcullis.toml
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Confidence as an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Confidence {
    /// Everything, noise included.
    Low,
    /// What is more likely real than not.
    Medium,
    /// What is nearly sure.
    High,
}

impl From<Confidence> for finding::Confidence {
    fn from(confidence: Confidence) -> Self {
        match confidence {
            Confidence::Low => Self::Low,
            Confidence::Medium => Self::Medium,
            Confidence::High => Self::High,
        }
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Form of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// A table.
    Text,
    /// A JSON array.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        super::Cli::command().debug_assert();
    }
}

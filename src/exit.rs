//! The exit status of `gate scan` and the other commands that look at content.
//!
//! | Status | Meaning |
//! |---|---|
//! | 0 | everything was looked at, and nothing was found |
//! | 1 | everything that matters was looked at, and something was found |
//! | 2 | could not complete: bad arguments or settings, unreadable input, incomplete coverage |
//!
//! Incomplete outranks found: a report that may be missing findings must never pass for a whole one.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitStatus {
    /// Everything was looked at and nothing was found.
    Clean,
    /// Something was found.
    Findings,
    /// The work could not be completed.
    Incomplete,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Clean => Self::from(0),
            ExitStatus::Findings => Self::from(1),
            ExitStatus::Incomplete => Self::from(2),
        }
    }
}

/// How `gate check` ended: what is to become of the command.
///
/// | Status | Meaning |
/// |---|---|
/// | 0 | allow |
/// | 1 | ask |
/// | 2 | deny |
/// | 3 | error: no answer, which callers must take for a denial |
///
/// A batch ends with the strictest of its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckStatus {
    /// It may run.
    Allow,
    /// A person is to be asked.
    Ask,
    /// It may not run.
    Deny,
    /// Bad arguments or settings, input that cannot be read, output that cannot be written.
    Error,
}

impl From<CheckStatus> for ExitCode {
    fn from(status: CheckStatus) -> Self {
        match status {
            CheckStatus::Allow => Self::from(0),
            CheckStatus::Ask => Self::from(1),
            CheckStatus::Deny => Self::from(2),
            CheckStatus::Error => Self::from(3),
        }
    }
}

//! The command line: wiring only. Everything it calls can be called from a test.

pub mod args;
mod baseline;
mod cache;
mod changes;
mod check;
mod ci;
pub mod doctor;
pub mod fingerprint;
mod history;
mod hook;
pub mod policy;
pub mod progress;
mod rules;
mod scan;

use std::io;
use std::process::ExitCode;

use clap::Parser as _;

use crate::exit::{CheckStatus, ExitStatus};
use crate::sanitize;

use args::{Cli, Command};

/// Runs a command; what goes wrong is said on standard error.
pub fn run(cli: Cli) -> ExitCode {
    match cli.command {
        Command::Scan(arguments) => ended(scan::run(&arguments), ExitStatus::Incomplete),
        Command::Check(arguments) => ended(check::run(&arguments), CheckStatus::Error),
        Command::Rules(arguments) => ended(rules::run(&arguments), ExitStatus::Incomplete),
        Command::Policy(arguments) => ended(policy::run(&arguments), ExitStatus::Incomplete),
        Command::Baseline(arguments) => ended(baseline::run(&arguments), ExitStatus::Incomplete),
        Command::Cache(arguments) => ended(cache::run(&arguments), ExitStatus::Incomplete),
        Command::Hook(arguments) => ended(hook::run(&arguments), ExitStatus::Incomplete),
        Command::Doctor(arguments) => ended(doctor::run(&arguments), ExitStatus::Incomplete),
        Command::Fingerprint(arguments) => ended(fingerprint::run(&arguments), ExitStatus::Incomplete),
    }
}

/// Reads the arguments of the process. Where they are wrong that is said, and `check` ends with a status of its own:
/// what clap uses would mean that a command is denied.
///
/// # Errors
/// The status to end with.
pub fn arguments() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(|error| {
        // nobody left to tell
        let _ = error.print();
        let checks = std::env::args_os().nth(1).is_some_and(|command| command == "check");
        match error.exit_code() {
            0 => ExitCode::SUCCESS,
            _ if checks => CheckStatus::Error.into(),
            _ => ExitStatus::Incomplete.into(),
        }
    })
}

fn ended<S: Into<ExitCode>>(done: anyhow::Result<S>, failed: S) -> ExitCode {
    match done {
        Ok(status) => status.into(),
        // whoever read the output has read enough; what was found is not known, so this is not clean either
        Err(error) if is_closed_pipe(&error) => failed.into(),
        Err(error) => {
            complain(&format!("{error:#}"));
            failed.into()
        }
    }
}

/// Makes panics say where they happened and nothing else: their messages may quote the text at hand.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
        complain(&format!("internal error{place}: please report it"));
    }));
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// Says on standard error what went wrong; a closed standard error is nobody's to tell.
fn complain(text: &str) {
    use std::io::Write as _;
    let mut err = io::stderr().lock();
    for line in text.lines() {
        let _ = writeln!(err, "gate: {}", sanitize::text(line));
    }
}

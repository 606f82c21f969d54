//! The command line: wiring only. Everything it calls can be called from a test.

pub mod args;
mod baseline;
mod changes;
pub mod fingerprint;
pub mod policy;
pub mod progress;
mod rules;
mod scan;

use std::io;

use crate::exit::ExitStatus;
use crate::sanitize;

use args::{Cli, Command};

/// Runs a command; what goes wrong is said on standard error.
pub fn run(cli: Cli) -> ExitStatus {
    let done = match cli.command {
        Command::Scan(arguments) => scan::run(&arguments),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Policy(arguments) => policy::run(&arguments),
        Command::Baseline(arguments) => baseline::run(&arguments),
        Command::Fingerprint(arguments) => fingerprint::run(&arguments),
    };
    match done {
        Ok(status) => status,
        // whoever read the output has read enough; what was found is not known, so this is not clean either
        Err(error) if is_closed_pipe(&error) => ExitStatus::Incomplete,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitStatus::Incomplete
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

//! `gate`: the command line of Portcullis.

use std::process::ExitCode;

use clap::Parser;
use portcullis::cli::{self, args::Cli};

fn main() -> ExitCode {
    cli::quiet_panics();
    cli::run(Cli::parse()).into()
}

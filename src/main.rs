//! `gate`: the command line of Portcullis.

use std::process::ExitCode;

use portcullis::cli;

fn main() -> ExitCode {
    cli::quiet_panics();
    match cli::arguments() {
        Ok(cli) => cli::run(cli),
        Err(status) => status,
    }
}

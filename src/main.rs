//! `gate`: the command line of Portcullis.

use std::process::ExitCode;

use portcullis::cli;
use portcullis::fingerprint::WipingAllocator;

// commands that read credentials leave none behind in memory that they give back
#[global_allocator]
static ALLOCATOR: WipingAllocator = WipingAllocator;

fn main() -> ExitCode {
    cli::quiet_panics();
    match cli::arguments() {
        Ok(cli) => cli::run(cli),
        Err(status) => status,
    }
}

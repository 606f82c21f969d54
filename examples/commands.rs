//! Checks files of command knowledge as they stand, without compiling them in: `commands rules/commands/git.toml …`.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;
use std::{env, fs};

use portcullis::gate::knowledge::load::Loaded;

fn main() -> ExitCode {
    let mut loaded = Loaded::default();
    for file in env::args().skip(1) {
        match fs::read_to_string(&file) {
            Ok(text) => loaded.file(&file, &text),
            Err(error) => loaded.mistakes.push(format!("{file}: {error}")),
        }
    }
    for mistake in &loaded.mistakes {
        eprintln!("{mistake}");
    }
    println!("{} programs, {} examples", loaded.commands.len(), loaded.examples.len());
    if loaded.mistakes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

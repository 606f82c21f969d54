//! Checks files of command knowledge as they stand, without compiling them in: `commands rules/commands/git.toml …`.
//! With `-c COMMAND` at the end, judges that command by them instead of their examples.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;
use std::{env, fs};

use portcullis::gate::knowledge::{self, load::Loaded};
use portcullis::gate::policy::Policy;
use portcullis::gate::request::Request;
use portcullis::gate::sample::{SampleWorld, environment, folder};
use portcullis::gate::{Verdict, evaluate_until};

fn main() -> ExitCode {
    let mut loaded = Loaded::default();
    let mut arguments = env::args().skip(1);
    let mut command = None;
    while let Some(file) = arguments.next() {
        if file == "-c" {
            command = arguments.next();
            continue;
        }
        match fs::read_to_string(&file) {
            Ok(text) => loaded.file(&file, &text),
            Err(error) => loaded.mistakes.push(format!("{file}: {error}")),
        }
    }
    let mut wrong = loaded.mistakes.len();
    for mistake in &loaded.mistakes {
        eprintln!("{mistake}");
    }
    let programs = loaded.commands.len();
    knowledge::try_out(std::mem::take(&mut loaded.commands));
    if let Some(command) = command {
        print(&command, &judge(&command));
        return ExitCode::SUCCESS;
    }
    for example in &loaded.examples {
        let verdict = judge(&example.text);
        if verdict.decision != example.decision {
            wrong += 1;
            let (wanted, got) = (example.decision.as_str(), verdict.decision.as_str());
            println!("{}: wanted {wanted}, got {got}", example.place);
            print(&example.text, &verdict);
        }
    }
    println!("{programs} programs, {} examples, {wrong} wrong", loaded.examples.len());
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn judge(command: &str) -> Verdict {
    let request = Request::new(command, folder());
    evaluate_until(&request, &Policy::default(), &environment(), &SampleWorld, None)
}

fn print(text: &str, verdict: &Verdict) {
    println!("    {text}");
    for found in &verdict.matches {
        println!("      {:5} {}: {}", found.decision.as_str(), found.id, found.reason);
    }
}

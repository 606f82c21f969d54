//! `rules/code/*.toml`: what inline code of other languages can call.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    names: Vec<String>,
    comments: Vec<String>,
    backticks: String,
    #[serde(default)]
    call: Vec<Call>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    does: String,
    names: Vec<String>,
    #[serde(default)]
    argument: usize,
    /// Whether it is the object that counts, and no argument.
    #[serde(default)]
    object: bool,
}

const DOES: &[&str] = &[
    "shell",
    "command",
    "code",
    "delete",
    "delete-tree",
    "overwrite",
    "write",
    "move",
    "read",
    "open",
    "fetch",
    "send",
    "socket",
    "descriptor",
    "environment",
    "process",
    "permissions",
    "unseen",
];

fn camel(name: &str) -> String {
    name.split('-').map(|part| part[..1].to_ascii_uppercase() + &part[1..]).collect()
}

/// The place of the argument that counts: none for the object itself.
fn argument_of(call: &Call) -> usize {
    if call.object { usize::from(u8::MAX) } else { call.argument }
}

/// The table of all languages.
pub(crate) fn table(folder: &Path) -> String {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("rules/code exists")
        .map(|entry| entry.expect("rules/code is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    let mut out = String::new();
    writeln!(out, "pub(crate) static LANGUAGES: [Language; {}] = [", files.len()).unwrap();
    for file in files {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed: File =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut calls: Vec<(String, String, usize)> = Vec::new();
        for call in &parsed.call {
            assert!(
                DOES.contains(&call.does.as_str()),
                "{}: `{}` is none of {DOES:?}",
                file.display(),
                call.does
            );
            for name in &call.names {
                assert!(
                    !calls.iter().any(|(other, ..)| other == name),
                    "{}: {name} is named twice",
                    file.display()
                );
                calls.push((name.clone(), camel(&call.does), argument_of(call)));
            }
        }
        let backticks = match parsed.backticks.as_str() {
            "none" | "shell" | "text" => camel(&parsed.backticks),
            other => panic!("{}: backticks = \"{other}\" is none of none, shell, text", file.display()),
        };
        write!(
            out,
            "Language {{ names: &{:?}, comments: &{:?}, backticks: Backticks::{backticks}, calls: &[",
            parsed.names, parsed.comments
        )
        .unwrap();
        for (name, does, argument) in calls {
            write!(out, "Call {{ name: {name:?}, does: Does::{does}, argument: {argument} }}, ").unwrap();
        }
        out.push_str("] },\n");
    }
    out.push_str("];\n");
    out
}

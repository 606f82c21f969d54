//! `rules/environment.toml`: variables that make programs run something else.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    variable: Vec<Variable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    names: Vec<String>,
    kind: String,
    reason: String,
    #[serde(default)]
    allow: Vec<String>,
}

/// The table, exact names before patterns.
pub(crate) fn table(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let parsed: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut rows = Vec::new();
    for variable in &parsed.variable {
        let kind = match variable.kind.as_str() {
            "value" => "Value",
            "prompt" => "Prompt",
            "command" => "Command",
            "folders" => "Folders",
            other => panic!("{}: kind `{other}` is none of value, prompt, command, folders", file.display()),
        };
        for name in &variable.names {
            assert!(
                !rows.iter().any(|(other, _)| other == name),
                "{}: {name} is named twice",
                file.display()
            );
            let row = format!(
                "Variable {{ name: {name:?}, kind: Kind::{kind}, reason: {:?}, allow: &{:?} }}",
                variable.reason, variable.allow
            );
            rows.push((name.clone(), row));
        }
    }
    rows.sort_by_key(|(name, _)| (name.contains('*'), name.clone()));
    let mut out = String::new();
    writeln!(out, "pub(crate) static VARIABLES: [Variable; {}] = [", rows.len()).unwrap();
    for (_, row) in rows {
        writeln!(out, "{row},").unwrap();
    }
    out.push_str("];\n");
    out
}

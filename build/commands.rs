//! `rules/commands/*.toml` as static tables.

use std::fmt::{Debug, Write as _};
use std::fs;
use std::path::{Path, PathBuf};

use crate::gate::knowledge::load::Loaded;
use crate::gate::knowledge::table::{Command, Form, Operand, Opt, Role, Rule, When};

/// The tables, and the examples that only tests need.
pub(crate) fn tables(folder: &Path) -> (String, String) {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("rules/commands exists")
        .map(|entry| entry.expect("rules/commands is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    let mut loaded = Loaded::default();
    for file in &files {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        loaded.file(&file.display().to_string(), &text);
    }
    assert!(loaded.mistakes.is_empty(), "\n{}", loaded.mistakes.join("\n"));

    let mut text = String::new();
    let mut names: Vec<(&str, usize)> = Vec::new();
    for (index, command) in loaded.commands.iter().enumerate() {
        writeln!(text, "static COMMAND_{index}: Command = {};", of_command(command)).unwrap();
        names.extend(command.names.iter().map(|name| (*name, index)));
    }
    names.sort_unstable();
    writeln!(text, "/// Programs by name, sorted.").unwrap();
    let index: Vec<String> =
        names.iter().map(|(name, index)| format!("({name:?}, &COMMAND_{index})")).collect();
    writeln!(
        text,
        "pub(super) static COMMANDS: [(&str, &Command); {}] = [{}];",
        index.len(),
        index.join(", ")
    )
    .unwrap();
    let examples: Vec<String> = loaded
        .examples
        .iter()
        .map(|example| format!("({:?}, {:?}, Decision::{:?})", example.place, example.text, example.decision))
        .collect();
    let examples = format!(
        "static EXAMPLES: [(&str, &str, Decision); {}] = [\n{}];\n",
        examples.len(),
        examples.join(",\n")
    );
    (text, examples)
}

fn list<T>(items: &[T], each: impl Fn(&T) -> String) -> String {
    format!("&[{}]", items.iter().map(each).collect::<Vec<_>>().join(", "))
}

fn words(words: &[&str]) -> String {
    format!("&{words:?}")
}

fn variant(name: &str, value: &impl Debug) -> String {
    format!("{name}::{value:?}")
}

fn option<T>(value: Option<T>, each: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "None".to_owned(), |value| format!("Some({})", each(value)))
}

fn of_command(command: &Command) -> String {
    format!(
        "Command {{ names: {}, summary: {:?}, decision: Decision::{:?}, reason: {:?}, style: Style::{:?}, \
         unknown_options: Decision::{:?}, bare: {}, global_first: {}, options: {}, operands: {}, stdin: {}, \
         forms: {}, rules: {}, subs: {} }}",
        words(command.names),
        command.summary,
        command.decision,
        command.reason,
        command.style,
        command.unknown_options,
        option(command.bare, |bare| variant("Decision", &bare)),
        command.global_first,
        list(command.options, of_option),
        option(command.operands, |operands| list(operands, of_operand)),
        role(&command.stdin),
        list(command.forms, of_form),
        list(command.rules, of_rule),
        list(command.subs, of_command),
    )
}

fn of_option(opt: &Opt) -> String {
    let values = list(opt.values, role);
    format!("Opt {{ names: {}, values: {values}, optional: {} }}", words(opt.names), opt.optional)
}

fn of_operand(operand: &Operand) -> String {
    format!("Operand {{ role: {}, count: Count::{:?} }}", role(&operand.role), operand.count)
}

fn role(role_: &Role) -> String {
    match role_ {
        Role::Paths(inner) => format!("Role::Paths(&{})", role(inner)),
        other => variant("Role", other),
    }
}

fn of_form(form: &Form) -> String {
    format!(
        "Form {{ when: {}, operands: {}, stdin: {} }}",
        of_when(&form.when),
        option(form.operands, |operands| list(operands, of_operand)),
        option(form.stdin, |stdin| role(&stdin)),
    )
}

fn of_rule(rule: &Rule) -> String {
    format!(
        "Rule {{ id: {:?}, when: {}, effect: {}, decision: {}, reason: {:?}, suggestion: {:?}, lifts: {} }}",
        rule.id,
        of_when(&rule.when),
        option(rule.effect, |effect| variant("EffectKind", &effect)),
        option(rule.decision, |decision| variant("Decision", &decision)),
        rule.reason,
        rule.suggestion,
        words(rule.lifts),
    )
}

fn of_when(when: &When) -> String {
    if *when == When::ALWAYS {
        return "When::ALWAYS".to_owned();
    }
    format!(
        "When {{ option: {}, all_options: {}, without: {}, values: {}, operand: {}, first: {}, second: {}, last: {}, \
         operands: {}, piped: {:?}, known: {} }}",
        words(when.option),
        words(when.all_options),
        words(when.without),
        list(when.values, |(name, patterns)| format!("({name:?}, {})", words(patterns))),
        words(when.operand),
        words(when.first),
        words(when.second),
        words(when.last),
        option(when.operands, |many| variant("HowMany", &many)),
        when.piped,
        when.known,
    )
}

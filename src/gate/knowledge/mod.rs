//! What programs do with their words: `rules/commands/*.toml`, and the reading of an invocation by it.

mod assign;
pub mod load;
#[cfg(test)]
mod load_tests;
mod packages;
mod program;
mod read;
mod rules;
mod split;
pub mod table;
#[cfg(test)]
mod tests;
pub mod words;

use std::sync::OnceLock;

use table::Command;

pub use program::is_wrapper;
pub use read::{MOUNTED, POSTED, SENT, read};

/// The tables as `build.rs` writes them.
mod tables {
    use super::table::{Command, Count, Form, HowMany, Operand, Opt, Role, Rule, Style, When};
    use crate::gate::decision::Decision;
    use crate::gate::effect_kind::EffectKind;

    include!(concat!(env!("OUT_DIR"), "/commands.rs"));
}
use tables::COMMANDS;

/// Programs that take the place of built-in ones, or stand beside them.
static EXTRA: OnceLock<Vec<&'static Command>> = OnceLock::new();

/// Puts programs in the place of the built-in ones of the same name, once in a process: for trying files of command
/// knowledge without compiling them.
pub fn try_out(commands: Vec<Command>) {
    let commands = commands.into_iter().map(|command| &*Box::leak(Box::new(command))).collect();
    // A second call changes nothing: whoever came first has answered by its programs already.
    let _ = EXTRA.set(commands);
}

/// Ids of all rules, those of subcommands too.
pub fn rule_ids() -> impl Iterator<Item = &'static str> {
    let mut left: Vec<&'static Command> = COMMANDS.iter().map(|(_, command)| *command).collect();
    std::iter::from_fn(move || {
        let command = left.pop()?;
        left.extend(command.subs);
        Some(command.rules.iter().map(|rule| rule.id))
    })
    .flatten()
}

/// What is known of a program, by its base name.
pub fn lookup(name: &str) -> Option<&'static Command> {
    exact(name).or_else(|| {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').trim_end_matches('-');
        if stem.is_empty() || stem.len() == name.len() { None } else { exact(&format!("{stem}#")) }
    })
}

fn exact(name: &str) -> Option<&'static Command> {
    if let Some(extra) = EXTRA.get()
        && let Some(command) = extra.iter().find(|command| command.names.contains(&name))
    {
        return Some(command);
    }
    COMMANDS.binary_search_by(|(known, _)| (*known).cmp(name)).ok().map(|index| COMMANDS[index].1)
}

/// All programs known, by name.
pub fn programs() -> impl Iterator<Item = (&'static str, &'static Command)> {
    COMMANDS.iter().map(|(name, command)| (*name, *command))
}

//! What programs do with their words: `rules/commands/*.toml`, and the reading of an invocation by it.

pub mod load;
#[cfg(test)]
mod load_tests;
pub mod table;

use crate::gate::decision::Decision;
#[allow(unused_imports)]
use crate::gate::effect_kind::EffectKind;
#[allow(unused_imports)]
use table::{Command, Count, Form, HowMany, Operand, Opt, Role, Rule, Style, When};

include!(concat!(env!("OUT_DIR"), "/commands.rs"));

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
    let exact = |name: &str| {
        COMMANDS.binary_search_by(|(known, _)| (*known).cmp(name)).ok().map(|index| COMMANDS[index].1)
    };
    exact(name).or_else(|| {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').trim_end_matches('-');
        if stem.is_empty() || stem.len() == name.len() { None } else { exact(&format!("{stem}#")) }
    })
}

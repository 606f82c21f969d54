//! Inline code of other languages: what it can be seen to call.
//!
//! No parser for each language: the text becomes tokens (names, strings, everything else), and the tables of `rules/code/`
//! say which calls matter. What is not a call of the tables computes, prints or reads, and is left alone. What could hide
//! a call (code made from text, lookups by name) is said to be unseen.

mod find;
mod small;
mod token;

use super::model::{EffectKind, Word};

include!(concat!(env!("OUT_DIR"), "/code.rs"));

/// What is known of a language.
#[derive(Debug)]
pub(crate) struct Language {
    pub(crate) names: &'static [&'static str],
    pub(crate) comments: &'static [&'static str],
    pub(crate) backticks: Backticks,
    pub(crate) calls: &'static [Call],
}

/// What backquotes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backticks {
    None,
    Shell,
    Text,
}

/// A call that matters.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) does: Does,
    /// The place of the argument that counts; out of reach where it is the object of the call.
    pub(crate) argument: usize,
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    Shell,
    Command,
    Code,
    Delete,
    DeleteTree,
    Overwrite,
    Write,
    Move,
    Read,
    Open,
    Fetch,
    Send,
    Socket,
    Descriptor,
    Environment,
    Process,
    Permissions,
    Unseen,
}

/// Something that code can be seen to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    /// Runs a line of shell.
    Shell(Word),
    /// Runs a line of shell, and writes into it what is not known.
    Fed(Word),
    /// Runs a program with these words.
    Command(Vec<Word>),
    /// Does something to a path or an address.
    Effect(EffectKind, Option<Word>),
    /// Runs something that cannot be seen; the reason.
    Unseen(String),
    /// Opens a way in from outside.
    WayIn,
}

/// What `text` can be seen to do; nothing for a language that is not known.
pub(crate) fn look(language: &str, text: &Word) -> Option<Vec<Seen>> {
    match language {
        "awk" | "sed" | "jq" | "vim" => return small::look(language, text),
        _ => {}
    }
    let language = LANGUAGES.iter().find(|known| known.names.contains(&language))?;
    Some(find::look(language, text, 0))
}

#[cfg(test)]
mod tests;

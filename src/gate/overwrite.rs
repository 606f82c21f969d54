//! Files of the workspace that a command overwrites, and what of that deserves a question.
//!
//! Rewriting files is an agent's work. A question is asked where what is lost is nowhere else, and where nothing says that
//! the file is rewritten on purpose: its new content stands in the command, it is made from the old one, or its name is one
//! that outputs have.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::knowledge::words::written;
use super::model::{Cwd, Effect, EffectKind, Invocation, Reading, Stdin, Word};
use super::paths;

/// The paths that the commands of a request read.
pub(super) fn read_paths(all: &[(Invocation, Reading)]) -> HashSet<PathBuf> {
    // only of use where something is overwritten
    let overwrites = |effect: &Effect| effect.kind == EffectKind::Overwrites;
    if !all.iter().any(|(_, reading)| reading.effects.iter().any(overwrites)) {
        return HashSet::new();
    }
    all.iter()
        .flat_map(|(invocation, reading)| {
            reading
                .effects
                .iter()
                .filter(|effect| matches!(effect.kind, EffectKind::Reads | EffectKind::Shows))
                .filter_map(|effect| path(effect.target.as_ref()?, invocation))
        })
        .collect()
}

fn path(word: &Word, invocation: &Invocation) -> Option<PathBuf> {
    let text = word.text().filter(|text| !text.is_empty())?;
    match (text.starts_with('/'), &invocation.cwd) {
        (true, _) => Some(paths::normal(Path::new(text))),
        (false, Some(Cwd::Known(cwd))) => Some(paths::normal(&cwd.join(text))),
        _ => None,
    }
}

/// Whether a file is rewritten on purpose: nothing need be asked whatever it held.
pub(super) fn is_meant(invocation: &Invocation, path: &Path, read: &HashSet<PathBuf>) -> bool {
    if empties(invocation) {
        return is_output(path);
    }
    invocation.scripted || read.contains(path) || is_output(path) || is_typed(invocation)
}

/// Whether nothing is written: what was there is merely gone.
fn empties(invocation: &Invocation) -> bool {
    let words: Vec<&str> = invocation.words.iter().skip(1).filter_map(Word::text).collect();
    match program(invocation) {
        "" | ":" | "true" | "false" | "exec" | "truncate" => true,
        "echo" | "printf" => {
            words.iter().all(|word| word.trim().is_empty() || matches!(*word, "-n" | "-e" | "\\n"))
        }
        "tee" => invocation.stdin == Stdin::Empty,
        _ => words.iter().any(|word| {
            matches!(
                *word,
                "/dev/null" | "if=/dev/null" | "if=/dev/zero" | "if=/dev/urandom" | "if=/dev/random"
            )
        }),
    }
}

/// Whether the content stands in the command: an edit, made by somebody who knows what the file is to hold.
fn is_typed(invocation: &Invocation) -> bool {
    let lines = |text: &str| text.trim_end().lines().count() > 1;
    match program(invocation) {
        "cat" | "tee" => {
            matches!(&invocation.stdin, Stdin::Text(text) if written(text).is_none_or(|text| lines(&text)))
        }
        "echo" | "printf" => invocation
            .words
            .iter()
            .skip(1)
            .filter_map(written)
            .any(|text| lines(&text) || lines(&text.replace("\\n", "\n"))),
        _ => false,
    }
}

/// Whether the name is one that outputs of commands have, which are written again and again.
fn is_output(path: &Path) -> bool {
    paths::is_made(path)
        || path.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
            let name = name.to_ascii_lowercase();
            paths::MADE_OUTPUTS.iter().any(|pattern| paths::name_fits(pattern, &name))
        })
}

fn program(invocation: &Invocation) -> &str {
    let name = invocation.words.first().and_then(Word::text).unwrap_or_default();
    name.rsplit('/').next().unwrap_or(name)
}

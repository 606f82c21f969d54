//! Programs that read whole folders, and come upon files of credentials in them.

use std::path::{Path, PathBuf};

use crate::gate::effect_kind::EffectKind;
use crate::gate::model::{Cwd, FileKind, Invocation, Part, Reading, Word, World};
use crate::gate::paths;
use crate::gate::request::Environment;

use super::names::{is, program};
use super::{PROGRAMS_DIGESTERS, PROGRAMS_SEARCHERS, PROGRAMS_SHOWERS, WORDS_SECRETIVE, WORDS_TREES};

/// The file of credentials that comes out by the way, if there is one.
pub(super) fn comes_upon(
    index: usize,
    all: &[(Invocation, Reading)],
    environment: &Environment,
    world: &dyn World,
) -> Option<PathBuf> {
    let (invocation, reading) = &all[index];
    let Some(Cwd::Known(cwd)) = &invocation.cwd else { return None };
    if is(&PROGRAMS_SEARCHERS, invocation) || program(invocation) == "git" && has(invocation, &["grep"]) {
        return if searches_all(invocation) && looks_for_secrets(reading) {
            roots(invocation, reading, cwd).iter().find_map(|root| secret_in(root, world))
        } else {
            None
        };
    }
    if is(&PROGRAMS_DIGESTERS, invocation) {
        return None;
    }
    let shown = reading.effects.iter().filter(|effect| effect.kind == EffectKind::Shows);
    let mut targets = shown.filter_map(|effect| effect.target.as_ref());
    // whatever is found below a folder, and names that begin with a dot
    let found = targets.clone().find_map(|target| match target.parts.as_slice() {
        // `fd` leaves out hidden files by itself
        [Part::Text(start), Part::Unknown { source, .. }]
            if source == "{}" && !invocation.via.iter().any(|name| name.starts_with("fd")) =>
        {
            secret_in(&paths::normal(&cwd.join(start)), world)
        }
        [rest @ .., Part::Glob(_)] | [Part::Glob(_), rest @ ..] if hidden_names(target) => {
            let folder = match rest.first() {
                Some(Part::Text(text)) => text.rfind('/').map_or("", |at| &text[..=at]),
                _ => "",
            };
            secret_in(&paths::normal(&cwd.join(folder)), world)
        }
        _ => None,
    });
    if found.is_some() {
        return found;
    }
    // names that a list of everything gives
    let taken = targets.any(|target| {
        matches!(target.parts.as_slice(), [Part::Unknown { source, .. }] if source == "standard input" || source.starts_with("$("))
    });
    let fed = |wanted: &dyn Fn(&Invocation, &Reading) -> bool| {
        all.iter().any(|(feeder, reading)| feeder.feeds.contains(&index) && wanted(feeder, reading))
    };
    let lists = |feeder: &Invocation, _: &Reading| match program(feeder) {
        "ls" => feeder.words.iter().skip(1).any(|word| {
            word.text().is_some_and(|text| {
                text.starts_with('-') && !text.starts_with("--") && text.contains(['a', 'A'])
            })
        }),
        "git" => {
            has(feeder, &["ls-files"])
                && feeder
                    .words
                    .iter()
                    .filter_map(Word::text)
                    .any(|word| word == "--others" || word.starts_with("-o"))
        }
        "rg" => has(feeder, &["--files"]) && (has(feeder, &["--hidden", "-.", "-uu", "-uuu"])),
        _ => false,
    };
    if taken && fed(&lists) {
        return secret_in(cwd, world);
    }
    // an archive of everything, taken apart for its texts
    let archive = |feeder: &Invocation, reading: &Reading| {
        is(&["tar", "bsdtar", "cpio", "zip"], feeder)
            && reading.effects.iter().any(|effect| {
                effect.kind == EffectKind::Reads
                    && effect
                        .target
                        .as_ref()
                        .and_then(Word::text)
                        .is_some_and(|text| matches!(text, "." | "./" | "*"))
            })
    };
    if is(&PROGRAMS_SHOWERS, invocation) && fed(&archive) {
        return secret_in(cwd, world);
    }
    let _ = environment;
    None
}

fn has(invocation: &Invocation, names: &[&str]) -> bool {
    invocation.words.iter().skip(1).filter_map(Word::text).any(|word| names.contains(&word))
}

/// Whether a glob reaches names that begin with a dot.
fn hidden_names(target: &Word) -> bool {
    let text = paths::template(target);
    let name = text.rsplit('/').next().unwrap_or(&text);
    name.starts_with('.')
        && name.trim_start_matches(['.', '[', ']', '!', '^', '?', '*', 'a', 'z', 'A', 'Z', '-']).is_empty()
}

/// Whether a search goes through a tree and leaves out neither hidden nor ignored files.
fn searches_all(invocation: &Invocation) -> bool {
    let words: Vec<&str> = invocation.words.iter().skip(1).filter_map(Word::text).collect();
    let cluster = |letter: char| {
        words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(letter))
    };
    let long = |names: &[&str]| words.iter().any(|word| names.contains(word));
    let picks = words.iter().any(|word| {
        let option = word.split('=').next().unwrap_or(word);
        matches!(
            option,
            "--include"
                | "-g"
                | "--glob"
                | "--iglob"
                | "-t"
                | "--type"
                | "-G"
                | "--exclude"
                | "-T"
                | "-l"
                | "-c"
                | "-q"
                | "-L"
                | "--count"
                | "--quiet"
                | "--files-with-matches"
        )
    });
    let deep = match program(invocation) {
        "rg" => {
            cluster('u') && !long(&["-u"])
                || long(&["--hidden", "-."]) && (cluster('u') || long(&["--no-ignore"]))
        }
        "ag" | "pt" => cluster('u') || long(&["--unrestricted"]),
        "git" => long(&["--no-index", "--untracked"]),
        "ack" | "sift" => true,
        _ => cluster('r') || cluster('R') || long(&["--recursive", "--dereference-recursive"]),
    };
    deep && !picks
}

/// Whether what is looked for is what stands in files of credentials, or just anything.
fn looks_for_secrets(reading: &Reading) -> bool {
    let mut patterns = reading
        .mentions
        .iter()
        .filter(|mention| matches!(mention.option.as_str(), "" | "-e" | "--regexp" | "--regex"))
        .filter_map(|mention| mention.word.text());
    patterns.next().is_some_and(|pattern| {
        let plain: String = pattern.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        let lower = pattern.to_ascii_lowercase();
        plain.is_empty() || WORDS_SECRETIVE.iter().any(|word| lower.contains(word))
    })
}

/// The folders that are searched.
fn roots(invocation: &Invocation, reading: &Reading, cwd: &Path) -> Vec<PathBuf> {
    let shown = reading.effects.iter().filter(|effect| effect.kind == EffectKind::Shows);
    let mut roots: Vec<PathBuf> = shown
        .filter_map(|effect| effect.target.as_ref().and_then(Word::text))
        .map(|text| paths::normal(&cwd.join(text)))
        .collect();
    if roots.is_empty() || program(invocation) == "git" {
        roots = vec![cwd.to_owned()];
    }
    roots.truncate(8);
    roots
}

/// A file of credentials right in a folder.
fn secret_in(folder: &Path, world: &dyn World) -> Option<PathBuf> {
    WORDS_TREES
        .iter()
        .map(|name| folder.join(name))
        .find(|path| matches!(world.kind(path), Some(FileKind::File | FileKind::Link)))
}

//! Words that are made of others: `{}` replaced, what a search finds, what standard input brings.

use crate::gate::knowledge::split::Split;
use crate::gate::knowledge::words::push_text;
use crate::gate::model::{Part, Word};

use super::MOST_ADDED;

pub(super) fn unknown(source: &str, splits: bool) -> Word {
    Word { parts: vec![Part::Unknown { source: source.to_owned(), splits }], span: None }
}

/// What comes in on standard input and is not known.
pub(super) fn from_stdin() -> Word {
    unknown("standard input", true)
}

pub(super) fn text_words(text: &Word) -> Vec<Word> {
    if let Some(words) = found_words(text) {
        return words;
    }
    match text.text() {
        Some(text) => text
            .split(['\0', '\n', ' ', '\t'])
            .filter(|word| !word.is_empty())
            .take(MOST_ADDED)
            .map(Word::known)
            .collect(),
        None => vec![from_stdin()],
    }
}

/// The paths that a search found, where nothing else is unknown.
fn found_words(text: &Word) -> Option<Vec<Word>> {
    let found = |part: &Part| matches!(part, Part::Unknown { source, .. } if source == "{}");
    let unknown = |part: &Part| matches!(part, Part::Unknown { .. });
    if text.text().is_some() || !text.parts.iter().filter(|part| unknown(part)).all(found) {
        return None;
    }
    let mut words = vec![Word { parts: Vec::new(), span: text.span }];
    for part in &text.parts {
        let Part::Text(known) = part else {
            words.last_mut()?.parts.push(part.clone());
            continue;
        };
        for (at, piece) in known.split('\n').enumerate() {
            if at > 0 {
                words.push(Word { parts: Vec::new(), span: text.span });
            }
            push_text(&mut words.last_mut()?.parts, piece);
        }
    }
    words.retain(|word| !word.parts.is_empty());
    words.truncate(MOST_ADDED);
    Some(words)
}

/// What most programs put a path in place of.
pub(super) const BRACES: &str = "{}";

pub(super) fn holds_braces(part: &Part) -> bool {
    holds_mark(part, BRACES)
}

pub(super) fn holds_mark(part: &Part, mark: &str) -> bool {
    matches!(part, Part::Text(text) if text.contains(mark))
}

/// The word with its stars and question marks as patterns.
pub(super) fn with_globs(word: &Word) -> Word {
    let mut parts = Vec::new();
    for part in &word.parts {
        let Part::Text(text) = part else {
            parts.push(part.clone());
            continue;
        };
        for piece in text.split_inclusive(['*', '?']) {
            let plain = piece.trim_end_matches(['*', '?']);
            push_text(&mut parts, plain);
            if plain.len() < piece.len() {
                parts.push(Part::Glob(piece[plain.len()..].to_owned()));
            }
        }
    }
    Word { parts, span: word.span }
}

/// The word with `{}` replaced.
pub(super) fn replace_braces(word: &Word, by: &Word) -> Word {
    replace_mark(word, BRACES, by)
}

/// The word with each `mark` replaced.
pub(super) fn replace_mark(word: &Word, mark: &str, by: &Word) -> Word {
    let mut parts = Vec::new();
    for part in &word.parts {
        let Part::Text(text) = part else {
            parts.push(part.clone());
            continue;
        };
        for (index, piece) in text.split(mark).enumerate() {
            if index > 0 {
                for part in &by.parts {
                    match part {
                        Part::Text(text) => push_text(&mut parts, text),
                        other => parts.push(other.clone()),
                    }
                }
            }
            push_text(&mut parts, piece);
        }
    }
    Word { parts, span: word.span }
}

/// A path that `find` or `fd` finds below `start`: its last name is the pattern that `-name` gives, if it does.
pub(super) fn below(start: &Word, split: &Split) -> Word {
    let mut parts = start.parts.clone();
    push_text(&mut parts, "/");
    // Where names are negated or alternatives, no one name holds.
    let plain = !["!", "-not", "-o", ","].iter().any(|name| split.has(name));
    let mut names = split.given.iter().filter(|given| plain && (given.is("-name") || given.is("-iname")));
    let name = names.next().and_then(|given| given.values.first());
    parts.push(Part::Unknown { source: "{}".to_owned(), splits: false });
    // A name that any file has says nothing.
    let says = |name: &&str| !name.trim_matches('*').is_empty();
    if let Some(name) = name.and_then(Word::text).filter(says) {
        push_text(&mut parts, "/");
        if name.contains(['*', '?', '[']) {
            parts.push(Part::Glob(name.to_owned()));
        } else {
            push_text(&mut parts, name);
        }
    }
    Word { parts, span: start.span }
}

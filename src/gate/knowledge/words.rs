//! Patterns against words that may be partly unknown.

use crate::gate::model::{Part, Word};

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// It does not.
    No,
    /// It does for some values of what is unknown.
    Maybe,
    /// It does.
    Sure,
}

impl Holds {
    /// The truth of something that is wholly known.
    pub fn known(holds: bool) -> Self {
        if holds { Self::Sure } else { Self::No }
    }
}

/// One character of a pattern or a word.
#[derive(Clone, Copy, PartialEq)]
enum Token {
    One(char),
    AnyOne,
    Any,
}

/// Words longer than this, in characters, are not compared with patterns that they might match: they might.
const LONGEST: usize = 4096;

/// Whether `word` matches `pattern`, in which `*` stands for any characters and `?` for one; a pattern that begins with
/// `i:` disregards case.
pub fn matches(pattern: &str, word: &Word) -> Holds {
    let (pattern, fold) = match pattern.strip_prefix("i:") {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    if let Some(text) = word.text() {
        if !pattern.contains(['*', '?']) {
            return Holds::known(if fold { text.eq_ignore_ascii_case(pattern) } else { text == pattern });
        }
        return Holds::known(meet(
            &pattern_tokens(pattern),
            &text.chars().map(Token::One).collect::<Vec<_>>(),
            fold,
        ));
    }
    let mut tokens = Vec::new();
    for part in &word.parts {
        match part {
            Part::Text(text) => tokens.extend(text.chars().map(Token::One)),
            Part::Glob(_) | Part::Unknown { .. } => tokens.push(Token::Any),
        }
    }
    if tokens.len() > LONGEST || meet(&pattern_tokens(pattern), &tokens, fold) {
        Holds::Maybe
    } else {
        Holds::No
    }
}

/// Whether any of the patterns does; an empty list says nothing.
pub fn matches_any(patterns: &[&str], word: &Word) -> Holds {
    patterns.iter().map(|pattern| matches(pattern, word)).max().unwrap_or(Holds::No)
}

fn pattern_tokens(pattern: &str) -> Vec<Token> {
    pattern
        .chars()
        .map(|c| match c {
            '*' => Token::Any,
            '?' => Token::AnyOne,
            c => Token::One(c),
        })
        .collect()
}

/// Whether some text matches both: one row of states of `a` for each token of `b`.
fn meet(a: &[Token], b: &[Token], fold: bool) -> bool {
    let close = |row: &mut Vec<bool>| {
        for at in 0..a.len() {
            if row[at] && a[at] == Token::Any {
                row[at + 1] = true;
            }
        }
    };
    let mut row = vec![false; a.len() + 1];
    row[0] = true;
    close(&mut row);
    for token in b {
        let mut next = vec![false; a.len() + 1];
        if *token == Token::Any {
            // What `b` leaves open can be nothing, or anything `a` asks for.
            let first = row.iter().position(|&on| on);
            for (at, on) in next.iter_mut().enumerate() {
                *on = first.is_some_and(|first| at >= first);
            }
        } else {
            for at in 0..a.len() {
                if !row[at] {
                    continue;
                }
                match (a[at], *token) {
                    (Token::Any, _) => next[at] = true,
                    (Token::AnyOne, _) | (_, Token::AnyOne) => next[at + 1] = true,
                    (Token::One(x), Token::One(y)) if x == y || fold && x.eq_ignore_ascii_case(&y) => {
                        next[at + 1] = true;
                    }
                    _ => {}
                }
            }
        }
        close(&mut next);
        row = next;
    }
    row[a.len()]
}

/// The word without its first `bytes` bytes, which must be known text.
pub fn strip(word: &Word, bytes: usize) -> Word {
    let mut parts = word.parts.clone();
    if bytes > 0
        && let Some(Part::Text(text)) = parts.first_mut()
    {
        text.drain(..bytes.min(text.len()));
        if text.is_empty() {
            parts.remove(0);
        }
    }
    Word { parts, span: word.span }
}

/// Words joined with spaces.
pub fn join(words: &[Word]) -> Word {
    let mut parts: Vec<Part> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            push_text(&mut parts, " ");
        }
        for part in &word.parts {
            match part {
                Part::Text(text) => push_text(&mut parts, text),
                other => parts.push(other.clone()),
            }
        }
    }
    Word { parts, span: words.first().and_then(|word| word.span) }
}

/// Adds text to parts; neighbouring texts stay joined.
pub fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Text(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// The word as it is written, its patterns too, unless part of it is unknown.
pub fn written(word: &Word) -> Option<String> {
    word.parts
        .iter()
        .map(|part| match part {
            Part::Text(text) | Part::Glob(text) => Some(text.as_str()),
            Part::Unknown { .. } => None,
        })
        .collect()
}

/// Whether the word may turn into several words or none.
pub fn splits(word: &Word) -> bool {
    word.parts.iter().any(|part| matches!(part, Part::Unknown { splits: true, .. }))
}

/// The word as text for messages: what is unknown stands as it was written.
pub fn shown(word: &Word) -> String {
    let text: String = word
        .parts
        .iter()
        .map(|part| match part {
            Part::Text(text) | Part::Glob(text) => text.as_str(),
            Part::Unknown { source, .. } => source.as_str(),
        })
        .collect();
    if text.chars().count() > 80 { text.chars().take(77).chain("…".chars()).collect() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(before: &str, after: &str) -> Word {
        let mut parts = Vec::new();
        push_text(&mut parts, before);
        parts.push(Part::Unknown { source: "$X".to_owned(), splits: false });
        if !after.is_empty() {
            parts.push(Part::Text(after.to_owned()));
        }
        Word { parts, span: None }
    }

    #[test]
    fn known_words_are_sure() {
        assert_eq!(matches("+*", &Word::known("+main")), Holds::Sure);
        assert_eq!(matches("+*", &Word::known("main")), Holds::No);
        assert_eq!(matches("i:delete", &Word::known("DELETE")), Holds::Sure);
        assert_eq!(matches("a?c*e", &Word::known("abcde")), Holds::Sure);
        assert_eq!(matches("a?c*e", &Word::known("acde")), Holds::No);
        assert_eq!(matches("", &Word::known("")), Holds::Sure);
    }

    #[test]
    fn unknown_parts_match_what_they_could_be() {
        assert_eq!(matches("+*", &unknown("", "")), Holds::Maybe);
        assert_eq!(matches("+*", &unknown("a", "")), Holds::No);
        assert_eq!(matches("a?c", &unknown("a", "c")), Holds::Maybe);
        assert_eq!(matches("abd", &unknown("a", "c")), Holds::No);
        assert_eq!(matches("*b", &unknown("a", "")), Holds::Maybe);
    }
}

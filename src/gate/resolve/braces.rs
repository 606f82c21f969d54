//! `{a,b}` and `{1..9}`: one word becomes several, before anything else is expanded.

use std::rc::Rc;

use crate::shell::ast::{Name, Piece};

/// Words that one word may become at most; the rest is left out and reported.
const MAX_WORDS: usize = 512;

/// A character of a word as braces see it: only unquoted ones can be special.
#[derive(Clone, Debug)]
enum Unit<'w> {
    Char(char),
    Piece(&'w Piece),
}

/// The words that `pieces` stand for, or nothing if there are no braces in them. The flag says that there were too many.
pub(crate) fn expand(pieces: &[Piece]) -> Option<(Vec<Vec<Piece>>, bool)> {
    let candidate = pieces.iter().any(|piece| matches!(piece, Piece::Literal(text) if text.contains('{')));
    if !candidate {
        return None;
    }
    let mut units = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Literal(text) => units.extend(text.chars().map(Unit::Char)),
            other => units.push(Unit::Piece(other)),
        }
    }
    let mut left = MAX_WORDS;
    let words = words(&units, &mut left, 0);
    if words.len() == 1 && left == MAX_WORDS - 1 && words[0].len() == units.len() {
        return None;
    }
    Some((words.iter().map(|word| pieces_of(word)).collect(), left == 0))
}

fn pieces_of(units: &[Unit<'_>]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for unit in units {
        match unit {
            Unit::Char(character) => match pieces.last_mut() {
                Some(Piece::Literal(text)) => text.push(*character),
                // `$y{1,2}` is `$y1 $y2`: braces know nothing of variables
                Some(Piece::Parameter { parameter, quoted: false })
                    if (character.is_ascii_alphanumeric() || *character == '_')
                        && !parameter.source.starts_with("${")
                        && matches!(parameter.name, Name::Variable(_)) =>
                {
                    let longer = Rc::make_mut(parameter);
                    if let Name::Variable(name) = &mut longer.name {
                        name.push(*character);
                    }
                    longer.source.push(*character);
                }
                _ => pieces.push(Piece::Literal(character.to_string())),
            },
            Unit::Piece(piece) => pieces.push((*piece).clone()),
        }
    }
    pieces
}

fn is(unit: &Unit<'_>, character: char) -> bool {
    matches!(unit, Unit::Char(other) if *other == character)
}

/// The first brace expression: the members, and where it begins and ends.
fn words<'w>(units: &[Unit<'w>], left: &mut usize, depth: usize) -> Vec<Vec<Unit<'w>>> {
    let mut from = 0;
    while let Some(open) = (from..units.len()).find(|&at| is(&units[at], '{')) {
        let Some((close, commas)) = closing(units, open) else {
            from = open + 1;
            continue;
        };
        let members: Vec<Vec<Unit<'w>>> = if commas.is_empty() {
            match sequence(&units[open + 1..close], left) {
                Some(members) => members,
                None => {
                    from = open + 1;
                    continue;
                }
            }
        } else {
            let mut members = Vec::new();
            let mut start = open + 1;
            for &end in commas.iter().chain([&close]) {
                if depth > 8 {
                    members.push(units[start..end].to_vec());
                } else {
                    members.extend(words(&units[start..end], left, depth + 1));
                }
                start = end + 1;
            }
            members
        };
        let rest = if depth > 8 {
            vec![units[close + 1..].to_vec()]
        } else {
            words(&units[close + 1..], left, depth + 1)
        };
        let mut all = Vec::new();
        for member in &members {
            for end in &rest {
                if *left == 0 {
                    return all;
                }
                *left -= 1;
                let mut word = units[..open].to_vec();
                word.extend(member.iter().cloned());
                word.extend(end.iter().cloned());
                all.push(word);
            }
        }
        return all;
    }
    *left = left.saturating_sub(1);
    vec![units.to_vec()]
}

/// The brace that closes the one at `open`, and the commas between them.
fn closing(units: &[Unit<'_>], open: usize) -> Option<(usize, Vec<usize>)> {
    let mut depth = 0_usize;
    let mut commas = Vec::new();
    for (at, unit) in units.iter().enumerate().skip(open + 1) {
        match unit {
            Unit::Char('{') => depth += 1,
            Unit::Char('}') if depth == 0 => return Some((at, commas)),
            Unit::Char('}') => depth -= 1,
            Unit::Char(',') if depth == 0 => commas.push(at),
            _ => {}
        }
    }
    None
}

/// `1..9`, `a..z`, `1..9..2`
fn sequence<'w>(units: &[Unit<'w>], left: &mut usize) -> Option<Vec<Vec<Unit<'w>>>> {
    let mut text = String::new();
    for unit in units {
        match unit {
            Unit::Char(character) => text.push(*character),
            Unit::Piece(_) => return None,
        }
    }
    let mut ends = text.split("..");
    let (first, last) = (ends.next()?, ends.next()?);
    let step = match ends.next() {
        Some(step) => step.parse::<i64>().ok()?.unsigned_abs().max(1),
        None => 1,
    };
    if ends.next().is_some() {
        return None;
    }
    let width = if [first, last]
        .iter()
        .any(|end| end.trim_start_matches('-').starts_with('0') && end.trim_start_matches('-').len() > 1)
    {
        first.len().max(last.len())
    } else {
        0
    };
    let (from, to, letters) = match (first.parse::<i64>(), last.parse::<i64>()) {
        (Ok(from), Ok(to)) => (from, to, false),
        _ => {
            let (mut from, mut to) = (first.chars(), last.chars());
            let (a, b) = (from.next()?, to.next()?);
            if from.next().is_some()
                || to.next().is_some()
                || !a.is_ascii_alphabetic()
                || !b.is_ascii_alphabetic()
            {
                return None;
            }
            (i64::from(u32::from(a)), i64::from(u32::from(b)), true)
        }
    };
    let mut members = Vec::new();
    let mut at = from;
    loop {
        if *left == 0 {
            break;
        }
        *left -= 1;
        let member = if letters {
            char::from_u32(u32::try_from(at).ok()?)?.to_string()
        } else {
            format!("{at:0width$}")
        };
        members.push(member.chars().map(Unit::Char).collect());
        if at == to || from.abs_diff(at).checked_add(step)? > from.abs_diff(to) {
            break;
        }
        at = if to > from { at.checked_add_unsigned(step)? } else { at.checked_sub_unsigned(step)? };
    }
    Some(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, expected: &[&str]) {
        let pieces = vec![Piece::Literal(word.to_owned())];
        let found: Vec<String> = match expand(&pieces) {
            None => vec![word.to_owned()],
            Some((words, _)) => words
                .iter()
                .map(|pieces| {
                    pieces
                        .iter()
                        .map(|piece| if let Piece::Literal(text) = piece { text.as_str() } else { "" })
                        .collect()
                })
                .collect(),
        };
        assert_eq!(found, expected, "{word}");
    }

    #[test]
    fn braces() {
        check("a", &["a"]);
        check("{}", &["{}"]);
        check("{a}", &["{a}"]);
        check("{a,b}", &["a", "b"]);
        check("x{a,b}y", &["xay", "xby"]);
        check("{a,b}{c,d}", &["ac", "ad", "bc", "bd"]);
        check("{a,{b,c}}", &["a", "b", "c"]);
        check("{1..3}", &["1", "2", "3"]);
        check("{3..1}", &["3", "2", "1"]);
        check("{01..03}", &["01", "02", "03"]);
        check("{a..c}", &["a", "b", "c"]);
        check("{1..9..4}", &["1", "5", "9"]);
        check("{a,}", &["a", ""]);
        check("{a", &["{a"]);
        check("{x{a,b}", &["{xa", "{xb"]);
        check("{1..99999999999999999999}", &["{1..99999999999999999999}"]);
    }
}

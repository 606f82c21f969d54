//! When rules and forms hold.

use crate::gate::model::{Part, Stdin, Word};

use super::split::Split;
use super::table::{HowMany, When};
use super::words::{Holds, matches_any, splits};

/// Whether the conditions hold for these words.
pub(super) fn holds(when: &When, split: &Split, stdin: &Stdin) -> Holds {
    let given = |name: &&&str| split.has(name);
    let doubtful = if split.doubt { Holds::Maybe } else { Holds::No };
    let mut all = Holds::Sure;
    if !when.option.is_empty() {
        all = all.min(if when.option.iter().any(|name| given(&name)) { Holds::Sure } else { doubtful });
    }
    if !when.all_options.is_empty() {
        all = all.min(if when.all_options.iter().all(|name| given(&name)) { Holds::Sure } else { doubtful });
    }
    if !when.without.is_empty() {
        let absent = if split.doubt { Holds::Maybe } else { Holds::Sure };
        all = all.min(if when.without.iter().any(|name| given(&name)) { Holds::No } else { absent });
    }
    for (name, patterns) in when.values {
        let found = split
            .given
            .iter()
            .filter(|given| given.is(name))
            .flat_map(|given| &given.values)
            .map(|value| matches_any(patterns, value))
            .max()
            .unwrap_or(Holds::No);
        all = all.min(found.max(doubtful));
    }
    if !when.operand.is_empty() {
        all = all.min(some_operand(when.operand, split));
    }
    let place = |patterns: &[&str], index: Option<usize>| {
        let found = index
            .and_then(|index| split.operands.get(index))
            .map_or(Holds::No, |word| matches_any(patterns, word));
        // A word before it that may be several moves it.
        let moved = split.operands.iter().take(index.map_or(0, |index| index + 1)).any(splits);
        if moved { found.max(some_operand(patterns, split)).min(Holds::Maybe) } else { found }
    };
    for (patterns, index) in
        [(when.first, Some(0)), (when.second, Some(1)), (when.last, split.operands.len().checked_sub(1))]
    {
        if !patterns.is_empty() {
            all = all.min(place(patterns, index));
        }
    }
    if let Some(many) = when.operands {
        // A word that is unknown and unquoted may be none, or several.
        let least = split.operands.iter().filter(|word| !vanishes(word)).count();
        let most = if split.operands.iter().any(splits) { usize::MAX } else { split.operands.len() };
        let (from, to) = match many {
            HowMany::None => (0, 0),
            HowMany::Some => (1, usize::MAX),
            HowMany::One => (1, 1),
            HowMany::Many => (2, usize::MAX),
        };
        all = all.min(if least >= from && most <= to {
            Holds::Sure
        } else if least > to || most < from {
            Holds::No
        } else {
            Holds::Maybe
        });
    }
    if let Some(piped) = when.piped {
        let is = matches!(stdin, Stdin::Text(_) | Stdin::File(_) | Stdin::Pipe(_));
        all = all.min(Holds::known(is == piped));
    }
    if when.known && all == Holds::Maybe { Holds::No } else { all }
}

/// Whether nothing of the word may be left.
fn vanishes(word: &Word) -> bool {
    splits(word) && word.parts.iter().all(|part| matches!(part, Part::Unknown { .. }))
}

fn some_operand(patterns: &[&str], split: &Split) -> Holds {
    split.operands.iter().map(|word: &Word| matches_any(patterns, word)).max().unwrap_or(Holds::No)
}

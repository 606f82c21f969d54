//! Which context words stand before a value.

/// How many bytes before a value may hold its keyword.
pub(crate) const NEAR: usize = 200;
/// How far ahead keywords are found at once, for the next values on the line.
const AHEAD: usize = 128;
/// How many line breaks may stand between a keyword and its value.
const LINES: usize = 2;

/// The keywords of a rule set: in lower case, without separators.
///
/// A keyword begins where a word does, and a window has few words: so each word's first three bytes are looked up,
/// which is several times quicker than an automaton over all bytes.
#[derive(Debug)]
pub(crate) struct KeywordTable {
    names: Vec<&'static str>,
    /// By hash of the first three bytes, the keywords; those of fewer bytes stand in every bucket's place, in `short`.
    buckets: Vec<Vec<u16>>,
    short: Vec<u16>,
}

const BUCKETS: usize = 1 << 12;

fn bucket(first: [u8; 3]) -> usize {
    (u32::from_le_bytes([first[0], first[1], first[2], 0]).wrapping_mul(0x9E37_79B1) >> 20) as usize
}

/// The keywords before one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeywordSet {
    /// The place it speaks of.
    at: Option<usize>,
    /// Whether there are none.
    empty: bool,
    /// Those on the value's own line.
    same_line: Vec<u64>,
    /// Those on its line and the lines before.
    any: Vec<u64>,
}

/// How near the nearest of some keywords stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nearness {
    /// On the value's line.
    SameLine,
    /// On one of the lines before.
    LinesBefore,
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'_' | b'-' | b'.' | b' ')
}

impl KeywordTable {
    /// A table of keywords in their [normal form](crate::rules::raw::normal_keyword).
    pub(crate) fn new(names: &[&'static str]) -> Self {
        let mut table = Self { names: names.to_vec(), buckets: vec![Vec::new(); BUCKETS], short: Vec::new() };
        for (index, name) in names.iter().enumerate() {
            match name.as_bytes().first_chunk() {
                Some(&first) => table.buckets[bucket(first)].push(index as u16),
                None => table.short.push(index as u16),
            }
        }
        table
    }

    /// The keywords that stand before `at`. `near` keeps what was found around the last place asked for, as values
    /// often stand side by side.
    pub(crate) fn before<'n>(&self, text: &[u8], at: usize, near: &'n mut Nearby) -> &'n KeywordSet {
        if near.set.at == Some(at) {
            return &near.set;
        }
        if !(near.line..near.end).contains(&at) {
            self.look(text, at, near);
        }
        let words = self.names.len().div_ceil(64);
        let set = &mut near.set;
        if !set.empty || set.any.len() != words {
            set.any.clear();
            set.any.resize(words, 0);
            set.same_line.clear();
            set.same_line.resize(words, 0);
        }
        (set.at, set.empty) = (Some(at), true);
        for hit in near.hits.iter().filter(|hit| hit.end <= at && hit.start + NEAR >= at) {
            let (word, bit) = (usize::from(hit.keyword) / 64, 1 << (hit.keyword % 64));
            set.any[word] |= bit;
            if hit.start >= near.line {
                set.same_line[word] |= bit;
            }
            set.empty = false;
        }
        set
    }

    /// Finds the keywords around `at`: on its line up to [`AHEAD`] bytes on, and before it.
    fn look(&self, text: &[u8], at: usize, near: &mut Nearby) {
        let floor = at.saturating_sub(NEAR);
        let mut breaks = memchr::memrchr_iter(b'\n', &text[floor..at]);
        let line = breaks.next().map_or(floor, |newline| floor + newline + 1);
        let first = breaks.nth(LINES - 1).map_or(floor, |newline| floor + newline + 1);
        let ahead = &text[at..text.len().min(at + AHEAD)];
        let end = at + memchr::memchr(b'\n', ahead).unwrap_or(ahead.len());
        // a line that began further back is the value's own line all the way
        (near.line, near.end) = (line, end.max(at + 1));
        near.hits.clear();
        // lower case without separators, with the place of each byte
        near.plain.clear();
        near.places.clear();
        for (i, &byte) in text[first..end].iter().enumerate() {
            if !is_separator(byte) {
                near.plain.push(byte.to_ascii_lowercase());
                near.places.push(first + i);
            }
        }
        let joint_at = |place: usize| place == 0 || joint(text[place - 1], text[place]);
        for (i, &start) in near.places.iter().enumerate() {
            if !joint_at(start) {
                continue;
            }
            let rest = &near.plain[i..];
            let long = rest.first_chunk().map_or(&[][..], |&first| &self.buckets[bucket(first)]);
            for &keyword in long.iter().chain(&self.short) {
                let name = self.names[usize::from(keyword)].as_bytes();
                if rest.starts_with(name) {
                    let end = near.places[i + name.len() - 1] + 1;
                    if end == text.len() || joint(text[end - 1], text[end]) {
                        near.hits.push(Hit { start, end, keyword });
                    }
                }
            }
        }
    }
}

/// What [`KeywordTable::before`] keeps from one call to the next on the same text.
#[derive(Debug, Default)]
pub(crate) struct Nearby {
    line: usize,
    end: usize,
    hits: Vec<Hit>,
    plain: Vec<u8>,
    places: Vec<usize>,
    set: KeywordSet,
}

#[derive(Debug)]
struct Hit {
    start: usize,
    end: usize,
    keyword: u16,
}

impl Default for KeywordSet {
    fn default() -> Self {
        Self { at: None, empty: true, same_line: Vec::new(), any: Vec::new() }
    }
}

impl KeywordSet {
    /// Whether any keyword of `mask` (one bit for each) was found.
    pub(crate) fn meets(&self, mask: &[u64]) -> bool {
        !self.empty && self.any.iter().zip(mask).any(|(found, wanted)| found & wanted != 0)
    }

    /// Where the nearest of `keywords` stands, if any does.
    pub(crate) fn nearest(&self, keywords: &[u16]) -> Option<Nearness> {
        if self.empty {
            return None;
        }
        let among = |bits: &[u64]| {
            keywords.iter().any(|&keyword| bits[usize::from(keyword) / 64] >> (keyword % 64) & 1 == 1)
        };
        if among(&self.same_line) {
            Some(Nearness::SameLine)
        } else if among(&self.any) {
            Some(Nearness::LinesBefore)
        } else {
            None
        }
    }
}

/// Whether a word ends between two neighbouring bytes: no letter on one side, or a hump of camelCase.
fn joint(before: u8, after: u8) -> bool {
    !before.is_ascii_alphabetic()
        || !after.is_ascii_alphabetic()
        || (before.is_ascii_lowercase() && after.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, expected: Option<Nearness>) {
        let table = KeywordTable::new(&["other", "exa", "apiexa"]);
        let text = format!("{before}value");
        assert_eq!(
            table.before(text.as_bytes(), before.len(), &mut Nearby::default()).nearest(&[1]),
            expected,
            "{before:?}"
        );
    }

    #[test]
    fn keywords_are_words_or_parts_of_identifiers() {
        for before in ["exa ", "EXA_API_KEY=", "exaKey: ", "my-exa.key = ", "myExa = ", "e.x.a: "] {
            check(before, Some(Nearness::SameLine));
        }
        for before in ["example ", "hexa = ", "flexact: ", "", "e xb a"] {
            check(before, None);
        }
    }

    #[test]
    fn keywords_stand_near() {
        check("exa:\n  key: ", Some(Nearness::LinesBefore));
        check("exa:\n\n  key: ", Some(Nearness::LinesBefore));
        check("exa:\n\n\n  key: ", None);
        check(&format!("exa {} = ", "k ".repeat(NEAR / 2)), None);
    }
}

//! Which context words stand before a value.

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// How many bytes before a value may hold its keyword.
pub(crate) const NEAR: usize = 200;
/// How many line breaks may stand between a keyword and its value.
const LINES: usize = 2;

/// The keywords of a rule set: in lower case, without separators.
#[derive(Debug)]
pub(crate) struct KeywordTable {
    automaton: AhoCorasick,
    count: usize,
}

/// The keywords before one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeywordSet {
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

/// A keyword as it is compared: in lower case and without separators.
pub(crate) fn normal(keyword: &str) -> String {
    keyword.chars().filter(|&c| !is_separator(c as u32)).collect::<String>().to_ascii_lowercase()
}

fn is_separator(character: u32) -> bool {
    [b'_', b'-', b'.', b' '].iter().any(|&separator| u32::from(separator) == character)
}

impl KeywordTable {
    /// A table of keywords in their [`normal`] form.
    pub(crate) fn new<K: AsRef<str>>(keywords: &[K]) -> Self {
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(keywords.iter().map(AsRef::as_ref))
            .expect("a few thousand short literals fit");
        Self { automaton, count: keywords.len() }
    }

    /// The keywords that stand before `at`.
    pub(crate) fn before(&self, text: &[u8], at: usize) -> KeywordSet {
        let window = &text[at.saturating_sub(NEAR)..at];
        let mut breaks = memchr::memrchr_iter(b'\n', window);
        let line = breaks.next().map_or(0, |newline| newline + 1);
        let first = breaks.nth(LINES - 1).map_or(0, |newline| newline + 1);
        self.find(&window[first..], line - first)
    }

    /// The keywords in `window`, whose last line begins at `line`.
    fn find(&self, window: &[u8], line: usize) -> KeywordSet {
        // lower case without separators, and for each byte whether a word may start and end there
        let mut plain = Vec::with_capacity(window.len());
        let mut joints = Vec::with_capacity(window.len());
        let mut own_line = window.len();
        for (i, &byte) in window.iter().enumerate() {
            if i == line {
                own_line = plain.len();
            }
            if is_separator(u32::from(byte)) {
                continue;
            }
            let before = i.checked_sub(1).map_or(b' ', |before| window[before]);
            let after = window.get(i + 1).copied().unwrap_or(b' ');
            plain.push(byte.to_ascii_lowercase());
            joints.push((joint(before, byte), joint(byte, after)));
        }
        let words = self.count.div_ceil(64);
        let mut set = KeywordSet { same_line: vec![0; words], any: vec![0; words] };
        for found in self.automaton.find_overlapping_iter(&plain) {
            if joints[found.start()].0 && joints[found.end() - 1].1 {
                let keyword = found.pattern().as_usize();
                set.any[keyword / 64] |= 1 << (keyword % 64);
                if found.start() >= own_line {
                    set.same_line[keyword / 64] |= 1 << (keyword % 64);
                }
            }
        }
        set
    }
}

impl KeywordSet {
    /// Whether any keyword of `mask` (one bit for each) was found.
    pub(crate) fn meets(&self, mask: &[u64]) -> bool {
        self.any.iter().zip(mask).any(|(found, wanted)| found & wanted != 0)
    }

    /// Where the nearest of `keywords` stands, if any does.
    pub(crate) fn nearest(&self, keywords: &[u16]) -> Option<Nearness> {
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
        assert_eq!(table.before(text.as_bytes(), before.len()).nearest(&[1]), expected, "{before:?}");
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

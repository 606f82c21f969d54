//! Which context words stand before a value.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use crate::rules::KEYWORDS;

/// How many bytes before a value may hold its keyword.
pub(crate) const NEAR: usize = 200;
/// How many line breaks may stand between a keyword and its value.
const LINES: usize = 2;

const WORDS: usize = KEYWORDS.len().div_ceil(64);

/// A set of keywords, by index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeywordSet {
    bits: [u64; WORDS],
    /// Those of the value's own line.
    same_line: [u64; WORDS],
}

/// How near the nearest of some keywords stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nearness {
    /// On the value's line.
    SameLine,
    /// On one of the lines before.
    LinesBefore,
}

impl KeywordSet {
    /// The keywords that stand before `at`.
    pub(crate) fn before(text: &[u8], at: usize) -> Self {
        let mut window = &text[at.saturating_sub(NEAR)..at];
        let mut breaks = memchr::memrchr_iter(b'\n', window);
        let line = breaks.next().map_or(0, |newline| newline + 1);
        let first = breaks.nth(LINES - 1).map_or(0, |newline| newline + 1);
        window = &window[first..];
        let line = line - first.min(line);
        Self::of(window, line)
    }

    fn of(window: &[u8], line: usize) -> Self {
        // lower case without separators, and for each byte whether a word may start or end there
        let mut plain = Vec::with_capacity(window.len());
        let mut starts = Vec::with_capacity(window.len());
        let mut ends = Vec::with_capacity(window.len());
        let mut own_line = usize::MAX;
        for (i, &byte) in window.iter().enumerate() {
            if i >= line && own_line == usize::MAX {
                own_line = plain.len();
            }
            if matches!(byte, b'_' | b'-' | b'.' | b' ') {
                continue;
            }
            let before = i.checked_sub(1).map_or(b' ', |before| window[before]);
            let after = window.get(i + 1).copied().unwrap_or(b' ');
            plain.push(byte.to_ascii_lowercase());
            starts.push(joint(before, byte));
            ends.push(joint(byte, after));
        }
        let mut set = Self { bits: [0; WORDS], same_line: [0; WORDS] };
        for found in automaton().find_overlapping_iter(&plain) {
            if starts[found.start()] && ends[found.end() - 1] {
                let keyword = found.pattern().as_usize();
                set.bits[keyword / 64] |= 1 << (keyword % 64);
                if found.start() >= own_line {
                    set.same_line[keyword / 64] |= 1 << (keyword % 64);
                }
            }
        }
        set
    }

    /// Where the nearest of `keywords` stands, if any does.
    pub(crate) fn nearest(&self, keywords: &[u16]) -> Option<Nearness> {
        let any = |bits: &[u64; WORDS]| {
            keywords.iter().any(|&keyword| bits[usize::from(keyword) / 64] >> (keyword % 64) & 1 == 1)
        };
        if any(&self.same_line) {
            Some(Nearness::SameLine)
        } else if any(&self.bits) {
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

fn automaton() -> &'static AhoCorasick {
    static AUTOMATON: OnceLock<AhoCorasick> = OnceLock::new();
    AUTOMATON.get_or_init(|| {
        AhoCorasick::builder()
            .kind(Some(aho_corasick::AhoCorasickKind::NoncontiguousNFA))
            .build(KEYWORDS)
            .expect("a few hundred short literals fit")
    })
}

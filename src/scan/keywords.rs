//! Which context words stand before a value.

/// How many bytes before a value may hold its keyword.
pub(crate) const NEAR: usize = 200;
/// How many line breaks may stand between a keyword and its value.
const LINES: usize = 2;
/// How many bytes are searched for the starts of words at a time.
const PIECE: usize = 128;
/// How many keywords are kept before those that are far behind are dropped.
const KEPT: usize = 256;

/// The keywords of a rule set: in lower case, without separators.
///
/// A keyword begins where a word does, and few words begin as one: so each word's first three bytes are looked up, which
/// is several times quicker than an automaton over all bytes.
#[derive(Debug)]
pub(crate) struct KeywordTable {
    names: Vec<&'static str>,
    /// What each byte is to the start of a word.
    kinds: Box<[u8; 256]>,
    /// Hashes of the first three bytes of all, a bit each.
    known: Box<[u64; 1 << (KNOWN - 6)]>,
    /// The keywords by hash of the first three bytes: where those of each hash begin in `entries`.
    offsets: Vec<u16>,
    entries: Vec<u16>,
    /// Those of fewer bytes.
    short: Vec<u16>,
}

/// log2 of the bits of [`KeywordTable::known`], and of the hashes of [`KeywordTable::offsets`].
const KNOWN: u32 = 15;
const BUCKETS: u32 = 11;

/// The hash of three bytes (little endian), letters folded: so many bits of it. Some signs count as others.
#[inline(always)]
fn hash(three: u32, bits: u32) -> usize {
    ((three & 0x00FF_FFFF | 0x0020_2020).wrapping_mul(0x9E37_79B1) >> (32 - bits)) as usize
}

/// Kinds of bytes: [`KeywordTable::kinds`].
const OTHER: u8 = 0;
const SEPARATOR: u8 = 1;
const LOWER: u8 = 2;
const UPPER: u8 = 3;
/// A digit, or a sign that some keyword begins with.
const OTHER_START: u8 = 4;

/// For two neighbouring bytes, by their kinds: whether a word begins with the second.
const BEGINS: u64 = {
    let mut begins = 0;
    let mut pair = 0;
    while pair < 64 {
        let (before, kind) = (pair / 8, pair % 8);
        let yes = match kind {
            OTHER_START => true,
            LOWER => before != LOWER && before != UPPER,
            UPPER => before != UPPER,
            _ => false,
        };
        begins |= (yes as u64) << pair;
        pair += 1;
    }
    begins
};

/// The keywords before one value.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeywordSet {
    /// The place it speaks of.
    at: Option<usize>,
    /// The keywords, and whether each stands on the value's own line.
    found: Vec<(u16, bool)>,
}

/// How near the nearest of some keywords stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
        let mut kinds = Box::new([OTHER; 256]);
        for byte in 0..=255_u8 {
            kinds[usize::from(byte)] = match byte {
                _ if is_separator(byte) => SEPARATOR,
                b'a'..=b'z' => LOWER,
                b'A'..=b'Z' => UPPER,
                b'0'..=b'9' => OTHER_START,
                _ => OTHER,
            };
        }
        let mut known = Box::new([0; 1 << (KNOWN - 6)]);
        let mut by_hash: Vec<(usize, u16)> = Vec::with_capacity(names.len());
        let mut short = Vec::new();
        for (index, name) in (0..).zip(names) {
            if let Some(&first) = name.as_bytes().first()
                && kinds[usize::from(first)] == OTHER
            {
                kinds[usize::from(first)] = OTHER_START;
            }
            match *name.as_bytes() {
                [a, b, c, ..] => {
                    let three = u32::from_le_bytes([a, b, c, 0]);
                    let bit = hash(three, KNOWN);
                    known[bit / 64] |= 1 << (bit % 64);
                    by_hash.push((hash(three, BUCKETS), index));
                }
                _ => short.push(index),
            }
        }
        by_hash.sort_unstable();
        let offsets = (0..=1 << BUCKETS)
            .map(|bucket| by_hash.partition_point(|&(hash, _)| hash < bucket) as u16)
            .collect();
        let entries = by_hash.into_iter().map(|(_, index)| index).collect();
        Self { names: names.to_vec(), kinds, known, offsets, entries, short }
    }

    /// The keywords that stand before `at`. `near` keeps what was found around the last places asked for, as values
    /// often stand near each other.
    pub(crate) fn before<'n>(&self, text: &[u8], at: usize, near: &'n mut Nearby) -> &'n KeywordSet {
        if near.set.at == Some(at) {
            return &near.set;
        }
        let floor = at.saturating_sub(NEAR);
        let mut breaks = memchr::memrchr_iter(b'\n', &text[floor..at]);
        // a line that began further back is the value's own line all the way
        let line = breaks.next().map_or(floor, |newline| floor + newline + 1);
        let first = breaks.nth(LINES - 1).map_or(floor, |newline| floor + newline + 1);
        if first < near.from || first > near.to {
            near.hits.clear();
            (near.from, near.to) = (first, first);
        }
        if at > near.to {
            if near.hits.len() > KEPT {
                near.hits.retain(|hit| hit.start >= first);
                near.from = first;
            }
            self.look(text, near.to, at, near);
            near.to = at;
        }
        near.set.at = Some(at);
        near.set.found.clear();
        let behind = near.hits.partition_point(|hit| hit.start < first);
        for hit in near.hits[behind..].iter().take_while(|hit| hit.start < at).filter(|hit| hit.end <= at) {
            near.set.found.push((hit.keyword, hit.start >= line));
        }
        &near.set
    }

    /// Finds the keywords that begin in `text[from..to]`.
    fn look(&self, text: &[u8], from: usize, to: usize, near: &mut Nearby) {
        let mut before = from.checked_sub(1).map_or(OTHER, |before| self.kinds[usize::from(text[before])]);
        let mut starts = [0_u8; PIECE];
        for at in (from..to).step_by(PIECE) {
            // written always, kept if a word begins: nothing here can be predicted
            let mut count = 0;
            for (place, &byte) in text[at..to.min(at + PIECE)].iter().enumerate() {
                let kind = self.kinds[usize::from(byte)];
                starts[count] = place as u8;
                count += (BEGINS >> (before * 8 + kind) & 1) as usize;
                before = kind;
            }
            for &start in &starts[..count] {
                self.begin(text, at + usize::from(start), near);
            }
        }
    }

    /// Finds the keywords that begin at `start`.
    #[inline(always)]
    fn begin(&self, text: &[u8], start: usize, near: &mut Nearby) {
        let separates = |byte: u8| self.kinds[usize::from(byte)] == SEPARATOR;
        let three = match text[start..] {
            [a, b, c, ..] if !separates(b) && !separates(c) => u32::from_le_bytes([a, b, c, 0]),
            _ => {
                let rest = text[start..].iter().take(NEAR).filter(|&&byte| !separates(byte));
                rest.take(3).zip([0, 8, 16]).fold(0, |bytes, (&byte, shift)| bytes | u32::from(byte) << shift)
            }
        };
        let bit = hash(three, KNOWN);
        if self.known[bit / 64] >> (bit % 64) & 1 == 1 {
            let bucket = hash(three, BUCKETS);
            let range = usize::from(self.offsets[bucket])..usize::from(self.offsets[bucket + 1]);
            self.compare(text, start, &self.entries[range], near);
        }
        if !self.short.is_empty() {
            self.compare(text, start, &self.short, near);
        }
    }

    /// Keeps those of `keywords` that stand at `start`.
    fn compare(&self, text: &[u8], start: usize, keywords: &[u16], near: &mut Nearby) {
        for &keyword in keywords {
            let mut rest = text[start..text.len().min(start + NEAR)].iter().enumerate();
            let mut plain = rest.by_ref().filter(|&(_, &byte)| !is_separator(byte));
            let mut end = start;
            let same = self.names[usize::from(keyword)].bytes().all(|wanted| {
                plain.next().is_some_and(|(place, byte)| {
                    end = start + place + 1;
                    byte.to_ascii_lowercase() == wanted
                })
            });
            if same && end > start && (end == text.len() || joint(text[end - 1], text[end])) {
                near.hits.push(Hit { start, end, keyword });
            }
        }
    }
}

/// What [`KeywordTable::before`] keeps from one call to the next on the same text.
#[derive(Debug, Default)]
pub(crate) struct Nearby {
    /// What was searched, and what begins there, in order.
    from: usize,
    to: usize,
    hits: Vec<Hit>,
    set: KeywordSet,
}

#[derive(Debug)]
struct Hit {
    start: usize,
    end: usize,
    keyword: u16,
}

impl KeywordSet {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether any keyword of `mask` (one bit for each) was found.
    pub(crate) fn meets(&self, mask: &[u64]) -> bool {
        self.found.iter().any(|&(keyword, _)| mask[usize::from(keyword) / 64] >> (keyword % 64) & 1 == 1)
    }

    /// Where the nearest of `keywords` stands, if any does.
    pub(crate) fn nearest(&self, keywords: &[u16]) -> Option<Nearness> {
        let among = self.found.iter().filter(|(keyword, _)| keywords.contains(keyword));
        among.map(|&(_, same_line)| if same_line { Nearness::SameLine } else { Nearness::LinesBefore }).min()
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

//! From masks to candidates: what all paths share. A path classifies a chunk of blocks at once; then all places of the
//! chunk that deserve it are listed, and the lists made shorter step by step.
//!
//! The steps but the last do not branch on what they see: a place is always written, and the end of the list moves on only
//! if it is kept. On ordinary text nothing of this can be predicted, and a wrong guess costs more than all the rest.

use std::ops::Range;

use super::{Candidate, Finder, Kind, RUN, behind_escape, is_word, looks_random};

/// Bytes per block.
pub(super) const BLOCK: usize = 64;
/// Blocks per chunk: the lists of one stay in the nearest cache.
const CHUNK: usize = 64;
/// Most starts of words in a chunk, and the blocks' worth of slack that is written without asking.
const STARTS: usize = CHUNK * BLOCK / 2 + BLOCK;
const HITS: usize = CHUNK * BLOCK + BLOCK;
/// How many characters of a run are looked at for a digit.
pub(super) const HEAD: u32 = 32;
/// Bytes that are read from a block's start on: an anchor's bytes may reach beyond the block.
pub(super) const READ: usize = BLOCK + 3;

/// What the bytes of a block are, a bit each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BlockMasks {
    /// Token characters.
    pub(super) token: u64,
    /// Word characters.
    pub(super) word: u64,
    /// Digits.
    pub(super) digit: u64,
    /// Where an anchor may begin.
    pub(super) anchor: u64,
}

/// Masks of a chunk, and of the block after it: bit `i` of a word speaks of byte `i` of its block.
#[derive(Debug)]
struct Masks {
    token: [u64; CHUNK + 1],
    word: [u64; CHUNK + 1],
    digit: [u64; CHUNK + 1],
    anchor: [u64; CHUNK + 1],
}

/// Memory for the finder's work, used for every text.
#[derive(Debug)]
pub(crate) struct Scratch(Box<Lists>);

#[derive(Debug)]
struct Lists {
    masks: Masks,
    /// Places within the chunk.
    starts: [u16; STARTS],
    hits: [u16; HITS],
    /// Among the starts: those that may begin with a prefix, and those with a digit.
    prefixes: [u16; STARTS],
    values: [u16; STARTS],
}

impl Default for Scratch {
    fn default() -> Self {
        let none = [0; CHUNK + 1];
        Self(Box::new(Lists {
            masks: Masks { token: none, word: none, digit: none, anchor: none },
            starts: [0; STARTS],
            hits: [0; HITS],
            prefixes: [0; STARTS],
            values: [0; STARTS],
        }))
    }
}

/// Appends to `found` the candidates that begin in `range` of `text`.
///
/// `classify` gives the masks of a block, `random` says whether a run of so many token characters (32 at most) looks
/// random. Both are all that sets one path apart from another.
#[inline(always)]
pub(super) fn find(
    finder: &Finder,
    text: &[u8],
    range: Range<usize>,
    scratch: &mut Scratch,
    found: &mut Vec<Candidate>,
    classify: impl Fn(&[u8; READ]) -> BlockMasks,
    random: impl Fn(&[u8; HEAD as usize], u32) -> bool,
) {
    let Range { start: from, end: to } = range;
    let lists = &mut *scratch.0;
    let mut word_before = u64::from(from > 0 && is_word(text[from - 1]));
    let mut at = from;
    while at < to {
        let blocks = (to - at).div_ceil(BLOCK).min(CHUNK);
        lists.masks.fill(text, at, blocks + 1, &classify);
        if to - at < blocks * BLOCK {
            // what begins beyond the end is for the next call
            lists.masks.cut(blocks - 1, (to - at) % BLOCK);
        }
        let (starts, hits) = lists.list(blocks, &mut word_before);
        let (prefixes, values) = lists.sort_starts(finder, text, at, starts);
        for &place in &lists.prefixes[..prefixes] {
            finder.prefix_or_escape(text, at + usize::from(place), found);
        }
        for &place in &lists.values[..values] {
            let run = lists.masks.run(place).min(HEAD);
            let place = at + usize::from(place);
            let looks_random = match text[place..].first_chunk() {
                Some(head) => random(head, run),
                None => looks_random(&text[place..]),
            };
            if looks_random {
                found.push(Candidate { at: place as u32, kind: Kind::Value });
            }
        }
        let hits = lists.sort_hits(finder, text, at, hits);
        for &place in &lists.hits[..hits] {
            let place = at + usize::from(place);
            finder.anchors.matches(text, place, first_bytes(text, place), |start, id| {
                found.push(Candidate { at: start as u32, kind: Kind::Anchor(id) });
            });
        }
        at += blocks * BLOCK;
    }
}

impl Masks {
    /// Classifies so many blocks of `text` from `at` on; past its end there are spaces.
    #[inline(always)]
    fn fill(&mut self, text: &[u8], at: usize, blocks: usize, classify: impl Fn(&[u8; READ]) -> BlockMasks) {
        let blocks = blocks.min(CHUNK + 1);
        let whole = (text.len().saturating_sub(READ - BLOCK).saturating_sub(at) / BLOCK).min(blocks);
        let mut set = |block: usize, masks: BlockMasks| {
            self.token[block] = masks.token;
            self.word[block] = masks.word;
            self.digit[block] = masks.digit;
            self.anchor[block] = masks.anchor;
        };
        // a loop without calls, so that tables stay in registers
        for block in 0..whole {
            let bytes = text[at + block * BLOCK..].first_chunk().expect("a whole block");
            set(block, classify(bytes));
        }
        for block in whole..blocks {
            set(block, classify(&padded(text, at + block * BLOCK)));
        }
    }

    /// Takes the starts and anchors from a block but for its first bytes.
    fn cut(&mut self, block: usize, length: usize) {
        let inside = (1 << length) - 1;
        // starts are words that begin, so the last byte's word must go on beyond the end
        self.anchor[block] &= inside;
        self.word[block] &= inside;
    }

    /// The bits of a mask from a place on.
    #[inline(always)]
    fn from(mask: &[u64; CHUNK + 1], place: u16) -> u64 {
        let (block, bit) = (usize::from(place) / BLOCK % CHUNK, u32::from(place) % BLOCK as u32);
        mask[block] >> bit | mask[block + 1] << 1 << (63 - bit)
    }

    /// How many token characters stand at a place, 64 at most.
    #[inline(always)]
    fn run(&self, place: u16) -> u32 {
        Self::from(&self.token, place).trailing_ones()
    }
}

impl Lists {
    /// Lists the words that begin where 16 token characters stand, and the places that may hold an anchor.
    #[inline(always)]
    fn list(&mut self, blocks: usize, word_before: &mut u64) -> (usize, usize) {
        let Masks { token, word, anchor, .. } = &self.masks;
        // a loop of its own, whose rounds do not depend on each other: they become vectors
        let mut begins = [0; CHUNK];
        let mut before = [0; CHUNK];
        before[0] = *word_before;
        for block in 1..CHUNK {
            before[block] = word[block - 1] >> 63;
        }
        for block in 0..CHUNK {
            let begin = word[block] & !(word[block] << 1 | before[block]);
            begins[block] = begin & runs(token[block], token[block + 1]);
        }
        let blocks = blocks.min(CHUNK);
        *word_before = word[blocks - 1] >> 63;
        let (mut starts, mut hits) = (0, 0);
        for (block, &begin) in begins[..blocks].iter().enumerate() {
            starts += spread(begin, (block * BLOCK) as u16, &mut self.starts[starts..]);
        }
        for (block, &anchor) in anchor[..blocks].iter().enumerate() {
            hits += spread(anchor, (block * BLOCK) as u16, &mut self.hits[hits..]);
        }
        (starts, hits)
    }

    /// Lists which of the starts may begin with a prefix or stand behind an escape, and which of the others have a digit
    /// among the first characters of their run.
    #[inline(always)]
    fn sort_starts(&mut self, finder: &Finder, text: &[u8], at: usize, starts: usize) -> (usize, usize) {
        let (mut prefixes, mut values) = (0, 0);
        for &place in &self.starts[..starts.min(STARTS)] {
            let here = at + usize::from(place);
            let before = text.get(here.wrapping_sub(1)).map_or(b' ', |&byte| byte);
            let escape = (before == b'\\') | (before == b'%');
            let prefix = finder.starts.may_start(first_bytes(text, here));
            self.prefixes[prefixes] = place;
            prefixes += usize::from(prefix | escape);
            // the run's length as so many set bits
            let token = Masks::from(&self.masks.token, place);
            let run = (token ^ token.wrapping_add(1)) >> 1 & (u64::MAX >> (64 - HEAD));
            let digit = Masks::from(&self.masks.digit, place) & run != 0;
            self.values[values] = place;
            values += usize::from(digit & !escape);
        }
        (prefixes, values)
    }

    /// Keeps the hits whose bytes are those of a fingerprint.
    #[inline(always)]
    fn sort_hits(&mut self, finder: &Finder, text: &[u8], at: usize, hits: usize) -> usize {
        let mut kept = 0;
        for i in 0..hits.min(HITS) {
            let place = self.hits[i];
            self.hits[kept] = place;
            kept += usize::from(finder.anchors.holds(first_bytes(text, at + usize::from(place))));
        }
        kept
    }
}

impl Finder {
    /// Appends the candidates of a word at `place` that may begin with a prefix or stand behind an escape.
    fn prefix_or_escape(&self, text: &[u8], place: usize, found: &mut Vec<Candidate>) {
        let mut push = |place: usize, kind: Kind| found.push(Candidate { at: place as u32, kind });
        let escape = place > 0 && matches!(text[place - 1], b'\\' | b'%');
        let start = if escape { behind_escape(text, place) } else { None };
        let word = start.unwrap_or(place);
        // what begins behind the escape with a sign goes on with a word that is found as others are
        if start.is_some() && !is_word(text[word]) {
            return;
        }
        if self.starts.may_start(first_bytes(text, word)) {
            push(word, Kind::Prefix);
        }
        if escape && looks_random(&text[word..]) {
            push(word, Kind::Value);
        }
    }
}

/// Writes the places of the bits, counted from `first`; how many there are. Two are always written.
#[inline(always)]
fn spread(mut bits: u64, first: u16, list: &mut [u16]) -> usize {
    let count = bits.count_ones() as usize;
    let Some(list) = list.first_chunk_mut::<BLOCK>() else { return 0 };
    for place in &mut list[..2] {
        *place = first.wrapping_add(bits.trailing_zeros() as u16);
        bits &= bits.wrapping_sub(1);
    }
    if count > 2 {
        for place in &mut list[2..count] {
            *place = first + bits.trailing_zeros() as u16;
            bits &= bits - 1;
        }
    }
    count
}

/// The bytes of a block at `at`, filled with spaces past the end: lets blocks at the end of a text be read like the
/// others.
#[cold]
#[inline(never)]
fn padded(text: &[u8], at: usize) -> [u8; READ] {
    let mut block = [b' '; READ];
    if let Some(rest) = text.get(at..) {
        let length = rest.len().min(block.len());
        block[..length].copy_from_slice(&rest[..length]);
    }
    block
}

/// The 4 bytes at `place`, little endian, filled up past the end.
#[inline(always)]
pub(super) fn first_bytes(text: &[u8], place: usize) -> u32 {
    let rest = &text[place..];
    match rest.first_chunk::<4>() {
        Some(four) => u32::from_le_bytes(*four),
        None => rest.iter().rev().fold(0, |bytes, &byte| bytes << 8 | u32::from(byte)),
    }
}

/// The bits of `token` at which 16 set bits begin, given the mask that follows.
#[inline(always)]
fn runs(token: u64, next: u64) -> u64 {
    const _: () = assert!(RUN == 16);
    let both = |bits: u64, after: u64, shift: u32| {
        (bits & (bits >> shift | after << (64 - shift)), after & after >> shift)
    };
    let (bits, after) = both(token, next, 1);
    let (bits, after) = both(bits, after, 2);
    let (bits, after) = both(bits, after, 4);
    both(bits, after, 8).0
}

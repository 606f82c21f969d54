//! The quick pass over a text: which of its windows may belong to a stored credential.
//!
//! A window is [`LONG`] bytes at an offset that is a multiple of [`STRIDE`]. Each form of a credential is registered
//! with `STRIDE` neighbouring windows, so one of them falls on such an offset wherever the form stands. Windows that
//! look like ordinary words are passed over, many at a time, unless one of that look is registered; of the rest one
//! multiplication gives the hash, and three bits say whether to look closer.

/// Distance of the windows that are looked at.
pub(super) const STRIDE: usize = 4;
/// Bytes in a window.
pub(super) const LONG: usize = 8;
/// Bytes in a window of forms too short for [`LONG`].
pub(super) const SHORT: usize = 5;
/// Bytes whose windows are marked before they are looked at: they stay in the nearest cache meanwhile.
const PIECE: usize = 16 * 1024;
/// Bytes of text to a word of marks: a mark for each four bytes.
pub(super) const MARKED: usize = 64 * STRIDE;
/// Windows that are noted at once.
const BATCH: usize = 8;
/// Bytes that are marked beyond a piece: what decides whether lines meet at its end.
const BEYOND: usize = 16 * STRIDE;
/// Letters differ from their capitals by this bit. Hashes leave it out, so hexadecimal digits have one hash whatever
/// their case; of other windows it makes few alike.
const CASE: u64 = 0x2020_2020_2020_2020;

/// A keyed hash of windows. The product is folded, so that the window can't be computed back from it.
#[derive(Clone, Copy)]
pub(super) struct WindowHash {
    add: [u64; 2],
    multiply: [u64; 2],
}

impl WindowHash {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let word = |at: usize| u64::from_le_bytes(key[at..at + 8].try_into().expect("eight bytes"));
        Self { add: [word(0), word(8)], multiply: [word(16) | 1, word(24) | 1] }
    }

    /// Of the window whose bytes are `bytes`, little endian.
    #[inline(always)]
    pub(super) fn long(&self, bytes: u64) -> u32 {
        fold((bytes | CASE) ^ self.add[0], self.multiply[0])
    }

    /// Of the first [`SHORT`] bytes of `bytes`.
    #[inline(always)]
    pub(super) fn short(&self, bytes: u64) -> u32 {
        fold(((bytes | CASE) & ((1 << (8 * SHORT)) - 1)) ^ self.add[1], self.multiply[1])
    }
}

#[inline(always)]
fn fold(a: u64, b: u64) -> u32 {
    let product = u128::from(a) * u128::from(b);
    let folded = (product >> 64) as u64 ^ product as u64;
    (folded >> 32) as u32 ^ folded as u32
}

/// What a window looks like. Few windows of ordinary text are [`Look::Mixed`], and nearly every credential has such
/// windows; a set without the other looks is not searched for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    /// No spaces or control characters, and a digit or upper-case letter among them.
    Mixed,
    /// No spaces or control characters, and neither digits nor upper-case letters.
    Plain,
    /// Anything else.
    Any,
}

impl Look {
    pub(super) const ALL: [Self; LOOKS] = [Self::Mixed, Self::Plain, Self::Any];

    pub(super) fn of(window: &[u8]) -> Self {
        match () {
            () if !window.iter().all(|&byte| is_visible(byte)) => Self::Any,
            () if window.iter().any(|&byte| is_telling(byte)) => Self::Mixed,
            () => Self::Plain,
        }
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

/// How many looks there are.
pub(super) const LOOKS: usize = 3;

#[inline(always)]
fn is_visible(byte: u8) -> bool {
    byte > b' '
}

#[inline(always)]
fn is_telling(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase()
}

/// A set of hashes that says yes for all it holds and for a few others.
pub(super) struct Filter {
    words: Vec<u64>,
    shift: u32,
}

/// Bits of the filter to a hash, at least: those of 1,000 credentials stay within the nearest cache, those of 10,000
/// within a usual second-level one, and one other window in 100 passes.
const BITS: usize = 8;
const MOST_BITS: usize = 1 << 23;

impl Filter {
    pub(super) fn new(hashes: impl ExactSizeIterator<Item = u32>) -> Self {
        let bits = (hashes.len() * BITS).next_power_of_two().clamp(1 << 12, MOST_BITS);
        let mut filter = Self { words: vec![0; bits / 64], shift: 32 - (bits / 64).trailing_zeros() };
        for hash in hashes {
            filter.words[(hash >> filter.shift) as usize] |=
                1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63);
        }
        filter
    }

    /// 1 for a hash that it holds, and for a few others; else 0.
    #[inline(always)]
    fn bit(&self, hash: u32) -> u64 {
        let word = self.words[(hash >> self.shift) as usize];
        word >> (hash & 63) & word >> (hash >> 6 & 63) & word >> (hash >> 12 & 63) & 1
    }

    #[inline(always)]
    pub(super) fn holds(&self, hash: u32) -> bool {
        self.bit(hash) != 0
    }
}

/// A window that the filter let pass.
#[derive(Clone, Copy, Default)]
pub(super) struct Passed {
    pub(super) at: u32,
    pub(super) hash: u32,
}

/// The filters of a set: of windows of [`LONG`] and of [`SHORT`] bytes, for each look.
pub(super) struct Sieve {
    pub(super) hash: WindowHash,
    pub(super) long: [Option<Filter>; LOOKS],
    pub(super) short: [Option<Filter>; LOOKS],
    /// Use no vector instructions though they are there.
    pub(super) portable: bool,
}

/// Space to work in, used again for the next text.
#[derive(Default)]
pub(super) struct Scratch {
    marks: Vec<Marks>,
    places: Vec<u32>,
    passed: Vec<Passed>,
    /// Where lines may meet within a value, and where 16-bit text may be: for a closer look.
    pub(super) notes: Notes,
}

/// Places of a text where a value may stand in pieces.
#[derive(Default)]
pub(super) struct Notes {
    /// Offsets in gaps between two long words.
    pub(super) gaps: Vec<u32>,
    /// Offsets of stretches of [`MARKED`] bytes that hold zeros.
    pub(super) zeros: Vec<u32>,
}

/// For each four bytes of a stretch one bit: all of them are visible, and one of them is telling.
#[derive(Clone, Copy, Default)]
struct Marks {
    visible: u64,
    telling: u64,
    /// Whether any byte is zero.
    zeros: bool,
}

impl Sieve {
    /// Hands on every window of `text` that may belong to a credential: `meet(at, hash, long)`. Leaves in `scratch`
    /// what is to be looked at besides. `text` holds less than 4 GiB.
    pub(super) fn each(&self, text: &[u8], scratch: &mut Scratch, mut meet: impl FnMut(usize, u32, bool)) {
        scratch.notes.gaps.clear();
        scratch.notes.zeros.clear();
        let mut from = 0;
        while from < text.len() {
            let to = text.len().min(from + PIECE);
            self.mark(&text[from..text.len().min(to + BEYOND)], &mut scratch.marks);
            note(&scratch.marks, from, to, &mut scratch.notes);
            for look in Look::ALL {
                for (filter, long) in [(&self.long, true), (&self.short, false)] {
                    let Some(filter) = &filter[look as usize] else { continue };
                    let probe = Probe { hash: self.hash, look, long, filter };
                    for passed in self.probe(&probe, text, from, scratch) {
                        // what lies beyond this piece is met in the next
                        if (passed.at as usize) < to {
                            meet(passed.at as usize, passed.hash, long);
                        }
                    }
                }
            }
            from = to;
        }
    }

    /// Whether some form has a window with this hash.
    pub(super) fn holds(&self, hash: u32, long: bool) -> bool {
        let filters = if long { &self.long } else { &self.short };
        filters.iter().flatten().any(|filter| filter.holds(hash))
    }

    fn mark(&self, piece: &[u8], marks: &mut Vec<Marks>) {
        marks.clear();
        #[cfg(target_arch = "x86_64")]
        if !self.portable && is_x86_feature_detected!("avx2") {
            // SAFETY: this processor has AVX2.
            unsafe { vector::mark(piece, marks) };
            return;
        }
        marks.extend(piece.chunks(MARKED).map(Marks::of));
    }

    fn probe<'s>(
        &self,
        probe: &Probe<'_>,
        text: &[u8],
        from: usize,
        scratch: &'s mut Scratch,
    ) -> &'s [Passed] {
        #[cfg(target_arch = "x86_64")]
        if !self.portable && vector::has_bit_instructions() {
            // SAFETY: this processor has them.
            return unsafe { vector::probe(probe, text, from, scratch) };
        }
        probe.run(text, from, scratch)
    }
}

/// One pass over a piece: windows of one look and length.
struct Probe<'f> {
    hash: WindowHash,
    look: Look,
    long: bool,
    filter: &'f Filter,
}

impl Probe<'_> {
    /// The windows of the marked piece at `from` that the filter lets pass.
    #[inline(always)]
    fn run<'s>(&self, text: &[u8], from: usize, scratch: &'s mut Scratch) -> &'s [Passed] {
        let Scratch { marks, places, passed, .. } = scratch;
        places.resize((PIECE + BEYOND).div_ceil(MARKED) * 64 + BATCH, 0);
        passed.resize(places.len(), Passed::default());
        let mut found = 0;
        for (i, mark) in marks.iter().enumerate() {
            let base = (from + i * MARKED) as u32;
            let mut bits = self.wanted(*mark, marks.get(i + 1).copied().unwrap_or_default());
            let count = bits.count_ones() as usize;
            let mut at = found;
            // several at once: nobody could foresee how many there are
            loop {
                for place in &mut places[at..at + BATCH] {
                    *place = base.wrapping_add(STRIDE as u32 * bits.trailing_zeros());
                    bits &= bits.wrapping_sub(1);
                }
                at += BATCH;
                if bits == 0 {
                    break;
                }
            }
            found += count;
        }
        let mut count = 0;
        for &at in &places[..found] {
            let Some(bytes) = load(text, at as usize) else { continue };
            let hash = if self.long { self.hash.long(bytes) } else { self.hash.short(bytes) };
            passed[count] = Passed { at, hash };
            count += self.filter.bit(hash) as usize;
        }
        &passed[..count]
    }

    /// Which windows of a stretch look as wanted.
    #[inline(always)]
    fn wanted(&self, mark: Marks, next: Marks) -> u64 {
        // a window is two neighbouring fours; a short one ends early in the second, so where that decides, both ways are
        // open
        let visible = mark.visible & (mark.visible >> 1 | next.visible << 63);
        let telling = mark.telling | mark.telling >> 1 | next.telling << 63;
        match (self.look, self.long) {
            (Look::Mixed, true) => visible & telling,
            (Look::Plain, true) => visible & !telling,
            (Look::Mixed, false) => mark.visible & telling,
            (Look::Plain, false) => mark.visible & !mark.telling,
            (Look::Any, true) => !visible,
            (Look::Any, false) => !0,
        }
    }
}

impl Marks {
    fn of(block: &[u8]) -> Self {
        let mut marks = Self::default();
        for (i, four) in block.chunks(STRIDE).enumerate() {
            marks.visible |=
                u64::from(four.len() == STRIDE && four.iter().all(|&byte| is_visible(byte))) << i;
            marks.telling |= u64::from(four.iter().any(|&byte| is_telling(byte))) << i;
        }
        marks.zeros = block.contains(&0);
        marks
    }
}

/// Notes gaps of up to [`GAP`] fours between two runs of three visible ones that tell something, and zeros.
fn note(marks: &[Marks], from: usize, to: usize, notes: &mut Notes) {
    /// Fours in a gap: a line break and some indentation.
    const GAP: u32 = 4;
    /// The bits from `count` on, where `next` goes on after `bits`.
    #[inline(always)]
    fn ahead(bits: u64, next: u64, count: u32) -> u64 {
        bits >> count | next << (64 - count)
    }
    // three visible fours from here on, one of them telling
    let run = |i: usize| {
        let mark = marks.get(i).copied().unwrap_or_default();
        let next = marks.get(i + 1).copied().unwrap_or_default();
        let visible =
            mark.visible & ahead(mark.visible, next.visible, 1) & ahead(mark.visible, next.visible, 2);
        let telling =
            mark.telling | ahead(mark.telling, next.telling, 1) | ahead(mark.telling, next.telling, 2);
        visible & telling
    };
    let mut next_run = run(0);
    for (i, mark) in marks.iter().enumerate() {
        let base = from + i * MARKED;
        if base >= to {
            return;
        }
        if mark.zeros {
            notes.zeros.push(base as u32);
        }
        let this_run = next_run;
        next_run = run(i + 1);
        let next = marks.get(i + 1).copied().unwrap_or_default();
        let mut gap = this_run & !ahead(mark.visible, next.visible, 3);
        let mut found = 0;
        for length in 1..=GAP {
            found |= gap & ahead(this_run, next_run, 3 + length);
            gap &= !ahead(mark.visible, next.visible, 3 + length);
        }
        while found != 0 {
            notes.gaps.push((base + STRIDE * (found.trailing_zeros() as usize + 3)) as u32);
            found &= found - 1;
        }
    }
}

/// The 8 bytes at `at`, little endian; of the last bytes of a text as many as a short window needs, filled up.
#[inline(always)]
pub(super) fn load(text: &[u8], at: usize) -> Option<u64> {
    match text.get(at..at + 8) {
        Some(eight) => Some(u64::from_le_bytes(eight.try_into().expect("eight bytes"))),
        None => load_last(text, at),
    }
}

#[cold]
fn load_last(text: &[u8], at: usize) -> Option<u64> {
    let rest = text.get(at..).filter(|rest| rest.len() >= SHORT)?;
    Some(rest.iter().rev().fold(0, |bytes, &byte| bytes << 8 | u64::from(byte)))
}

#[cfg(target_arch = "x86_64")]
mod vector {
    use std::arch::x86_64::*;

    use super::{MARKED, Marks, Passed, Probe, Scratch};

    /// Whether single bits are found and counted by instructions of their own.
    pub(super) fn has_bit_instructions() -> bool {
        is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("popcnt")
    }

    #[target_feature(enable = "bmi1,bmi2,popcnt")]
    pub(super) fn probe<'s>(
        probe: &Probe<'_>,
        text: &[u8],
        from: usize,
        scratch: &'s mut Scratch,
    ) -> &'s [Passed] {
        probe.run(text, from, scratch)
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn mark(piece: &[u8], marks: &mut Vec<Marks>) {
        let space = _mm256_set1_epi8(b' ' as i8);
        let within = |bytes, first: u8, count: u8| {
            let shifted = _mm256_sub_epi8(bytes, _mm256_set1_epi8(first as i8));
            _mm256_cmpeq_epi8(_mm256_min_epu8(shifted, _mm256_set1_epi8(count as i8 - 1)), shifted)
        };
        // which fours have no byte set
        let none = |bytes| {
            let zero = _mm256_cmpeq_epi32(bytes, _mm256_setzero_si256());
            u64::from(_mm256_movemask_ps(_mm256_castsi256_ps(zero)) as u8)
        };
        // bytes after the end are as spaces are
        let rest = piece.len() % MARKED;
        let mut last = [b' '; MARKED];
        last[..rest].copy_from_slice(&piece[piece.len() - rest..]);
        let last = (rest > 0).then_some(&last[..]);
        for block in piece.chunks_exact(MARKED).chain(last) {
            let (mut visible, mut plain) = (0, 0);
            let mut least = _mm256_set1_epi8(-1);
            for (i, part) in block.chunks_exact(32).enumerate() {
                // SAFETY: a part has the 32 bytes that are read.
                let bytes = unsafe { _mm256_loadu_si256(part.as_ptr().cast()) };
                least = _mm256_min_epu8(least, bytes);
                visible |= none(_mm256_cmpeq_epi8(_mm256_max_epu8(bytes, space), space)) << (8 * i);
                plain |= none(_mm256_or_si256(within(bytes, b'0', 10), within(bytes, b'A', 26))) << (8 * i);
            }
            let zero = _mm256_cmpeq_epi8(least, _mm256_setzero_si256());
            marks.push(Marks { visible, telling: !plain, zeros: _mm256_movemask_epi8(zero) != 0 });
        }
    }
}

//! The quick pass over a text: which of its windows may belong to a stored credential.
//!
//! A window is [`LONG`] bytes at an offset that is a multiple of [`STRIDE`]. Each form of a credential is registered
//! with `STRIDE` neighbouring windows, so one of them falls on such an offset wherever the form stands. Windows that
//! look like ordinary words are passed over, many at a time, unless one of that look is registered; of the rest one
//! multiplication gives the hash, and one bit says whether to look closer.

/// Distance of the windows that are looked at.
pub(super) const STRIDE: usize = 4;
/// Bytes in a window.
pub(super) const LONG: usize = 8;
/// Bytes in a window of forms too short for [`LONG`].
pub(super) const SHORT: usize = 5;
/// Bytes whose windows are marked before they are looked at: they stay in the nearest cache meanwhile.
const PIECE: usize = 16 * 1024;
/// Bytes of text to a word of marks: a mark for each four bytes.
const MARKED: usize = 64 * STRIDE;

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
        fold(bytes ^ self.add[0], self.multiply[0])
    }

    /// Of the first [`SHORT`] bytes of `bytes`.
    #[inline(always)]
    pub(super) fn short(&self, bytes: u64) -> u32 {
        fold((bytes & ((1 << (8 * SHORT)) - 1)) ^ self.add[1], self.multiply[1])
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

/// Bits to a hash: one other window in 16 passes, and 10,000 credentials stay within a usual second-level cache.
const BITS: usize = 16;
const MOST_BITS: usize = 1 << 23;

impl Filter {
    pub(super) fn new(hashes: impl ExactSizeIterator<Item = u32>) -> Self {
        let bits = (hashes.len() * BITS).next_power_of_two().clamp(1 << 12, MOST_BITS);
        let mut filter = Self { words: vec![0; bits / 64], shift: 32 - (bits / 64).trailing_zeros() };
        for hash in hashes {
            filter.words[(hash >> filter.shift) as usize] |= 1 << (hash & 63);
        }
        filter
    }

    #[inline(always)]
    fn bit(&self, hash: u32) -> u64 {
        self.words[(hash >> self.shift) as usize] >> (hash & 63) & 1
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
    passed: Vec<Passed>,
}

/// For each four bytes of a stretch one bit: all of them are visible, and one of them is telling.
#[derive(Clone, Copy, Default)]
struct Marks {
    visible: u64,
    telling: u64,
}

impl Sieve {
    /// Hands on every window of `text` that may belong to a credential: `meet(at, hash, long)`. `text` holds less than
    /// 4 GiB.
    pub(super) fn each(&self, text: &[u8], scratch: &mut Scratch, mut meet: impl FnMut(usize, u32, bool)) {
        let mut from = 0;
        while from < text.len() {
            let to = text.len().min(from + PIECE);
            self.mark(&text[from..text.len().min(to + STRIDE)], &mut scratch.marks);
            for look in Look::ALL {
                if let Some(filter) = &self.long[look as usize] {
                    self.probe::<true>(text, from, to, look, filter, scratch, &mut meet);
                }
                if let Some(filter) = &self.short[look as usize] {
                    self.probe::<false>(text, from, to, look, filter, scratch, &mut meet);
                }
            }
            from = to;
        }
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

    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "state of the hot loop, kept in registers")]
    fn probe<const IS_LONG: bool>(
        &self,
        text: &[u8],
        from: usize,
        to: usize,
        look: Look,
        filter: &Filter,
        scratch: &mut Scratch,
        meet: &mut impl FnMut(usize, u32, bool),
    ) {
        let Scratch { marks, passed } = scratch;
        passed.resize(PIECE / STRIDE + 64, Passed::default());
        let mut count = 0;
        for (i, mark) in marks.iter().enumerate() {
            let base = from + i * MARKED;
            let next = marks.get(i + 1).copied().unwrap_or_default();
            // a window is two neighbouring fours; a short one ends early in the second, so where that decides, both ways
            // are open
            let visible = mark.visible & (mark.visible >> 1 | next.visible << 63);
            let telling = mark.telling | mark.telling >> 1 | next.telling << 63;
            let mut bits = match (look, IS_LONG) {
                (Look::Mixed, true) => visible & telling,
                (Look::Plain, true) => visible & !telling,
                (Look::Mixed, false) => mark.visible & telling,
                (Look::Plain, false) => mark.visible & !mark.telling,
                (Look::Any, true) => !visible,
                (Look::Any, false) => !0,
            };
            while bits != 0 {
                let at = base + STRIDE * bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let Some(bytes) = load(text, at) else { continue };
                let hash = if IS_LONG { self.hash.long(bytes) } else { self.hash.short(bytes) };
                passed[count] = Passed { at: at as u32, hash };
                count += filter.bit(hash) as usize;
            }
        }
        for passed in &passed[..count] {
            if (passed.at as usize) < to {
                meet(passed.at as usize, passed.hash, IS_LONG);
            }
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
        marks
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

    use super::{MARKED, Marks};

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
        let mut whole = piece.chunks_exact(MARKED);
        for block in &mut whole {
            let (mut visible, mut plain) = (0, 0);
            for (i, part) in block.chunks_exact(32).enumerate() {
                // SAFETY: a part has the 32 bytes that are read.
                let bytes = unsafe { _mm256_loadu_si256(part.as_ptr().cast()) };
                visible |= none(_mm256_cmpeq_epi8(_mm256_max_epu8(bytes, space), space)) << (8 * i);
                plain |= none(_mm256_or_si256(within(bytes, b'0', 10), within(bytes, b'A', 26))) << (8 * i);
            }
            marks.push(Marks { visible, telling: !plain });
        }
        if !whole.remainder().is_empty() {
            marks.push(Marks::of(whole.remainder()));
        }
    }
}

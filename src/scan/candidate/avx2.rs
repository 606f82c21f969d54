//! The AVX2 path: 64 bytes a step.
//!
//! Classification by two nibble shuffles, after Langdale and Lemire, "Parsing gigabytes of JSON per second" (2019).

use std::arch::x86_64::*;

use super::anchors::AnchorTable;
use super::{
    BLOCK, Candidate, Classes, Finder, Kind, Masks, first_bytes, from_bit, looks_random, padded, runs,
};

/// Whether this processor can run [`find`].
pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("popcnt")
}

/// Classes as products of low and high nibbles: a byte has a class bit when both its nibbles do. The low four bits
/// are the word characters, the others the further token characters.
const CLASS_LOW: [u8; 16] = {
    let mut table = [0; 16];
    let mut low = 0;
    while low < 16 {
        let mut bits = 0;
        if low <= 9 {
            bits |= 0x01; // digits
        }
        if low >= 1 {
            bits |= 0x02; // A-O, a-o
        }
        if low <= 10 {
            bits |= 0x04; // P-Z, p-z
        }
        if low == 15 {
            bits |= 0x08; // _
        }
        if low == 11 || low >= 13 {
            bits |= 0x10; // + - . /
        }
        if low == 13 {
            bits |= 0x20; // =
        }
        if low == 14 {
            bits |= 0x40; // ~
        }
        table[low] = bits;
        low += 1;
    }
    table
};
const CLASS_HIGH: [u8; 16] =
    [0, 0, 0x10, 0x01 | 0x20, 0x02, 0x04 | 0x08, 0x02, 0x04 | 0x40, 0, 0, 0, 0, 0, 0, 0, 0];

struct Tables {
    class_low: __m256i,
    class_high: __m256i,
    anchor_low: [__m256i; 3],
    anchor_high: [__m256i; 3],
}

#[inline]
#[target_feature(enable = "avx2")]
fn both_lanes(table: &[u8; 16]) -> __m256i {
    // SAFETY: the table has the 16 bytes that an unaligned load reads.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(table.as_ptr().cast()) })
}

impl Tables {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(anchors: &AnchorTable) -> Self {
        Self {
            class_low: both_lanes(&CLASS_LOW),
            class_high: both_lanes(&CLASS_HIGH),
            anchor_low: [
                both_lanes(&anchors.low[0]),
                both_lanes(&anchors.low[1]),
                both_lanes(&anchors.low[2]),
            ],
            anchor_high: [
                both_lanes(&anchors.high[0]),
                both_lanes(&anchors.high[1]),
                both_lanes(&anchors.high[2]),
            ],
        }
    }

    /// Token, word, digit and anchor masks of the 32 bytes at `block`.
    ///
    /// # Safety
    /// 34 bytes must be readable at `block`.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn masks(&self, block: *const u8) -> [u32; 4] {
        // SAFETY: the caller vouches for 34 readable bytes.
        let [zero, one, two] = unsafe {
            [
                _mm256_loadu_si256(block.cast()),
                _mm256_loadu_si256(block.add(1).cast()),
                _mm256_loadu_si256(block.add(2).cast()),
            ]
        };
        let nibble = _mm256_set1_epi8(15);
        let high = |bytes| _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble);
        let look = |low, high, bytes, nibbles| {
            _mm256_and_si256(_mm256_shuffle_epi8(low, bytes), _mm256_shuffle_epi8(high, nibbles))
        };
        let zero_high = high(zero);
        let class = look(self.class_low, self.class_high, zero, zero_high);
        let groups = _mm256_and_si256(
            _mm256_and_si256(
                look(self.anchor_low[0], self.anchor_high[0], zero, zero_high),
                look(self.anchor_low[1], self.anchor_high[1], one, high(one)),
            ),
            look(self.anchor_low[2], self.anchor_high[2], two, high(two)),
        );
        let none = _mm256_setzero_si256();
        let is_zero = |bytes| _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, none)) as u32;
        // the digits' class bit, moved to where the mask is taken from
        let digits = _mm256_movemask_epi8(_mm256_slli_epi16::<7>(class)) as u32;
        [!is_zero(class), !is_zero(_mm256_and_si256(class, nibble)), digits, !is_zero(groups)]
    }

    /// The masks of the 64 bytes at `block`.
    ///
    /// # Safety
    /// 66 bytes must be readable at `block`.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn block(&self, block: *const u8) -> Masks {
        // SAFETY: the caller vouches for 66 readable bytes.
        let (a, b) = unsafe { (self.masks(block), self.masks(block.add(32))) };
        let join = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        Masks {
            token: join(a[0], b[0]),
            word: join(a[1], b[1]),
            digit: join(a[2], b[2]),
            anchor: join(a[3], b[3]),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn at(&self, text: &[u8], at: usize) -> Masks {
        if at + BLOCK + 2 <= text.len() {
            // SAFETY: the 66 bytes lie within `text`.
            unsafe { self.block(text.as_ptr().add(at)) }
        } else {
            self.last(text, at)
        }
    }

    /// The masks of the 64 bytes at `at`, of which some are past the end.
    #[cold]
    #[inline(never)]
    #[target_feature(enable = "avx2")]
    fn last(&self, text: &[u8], at: usize) -> Masks {
        // SAFETY: a padded block has 96 bytes.
        unsafe { self.block(padded(text, at).as_ptr()) }
    }
}

/// Whether the 32 bytes at `text` look random; the vector form of [`looks_random`] for a place where at least 16
/// token characters stand.
///
/// # Safety
/// 32 bytes must be readable at `text`.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
unsafe fn looks_random_here(text: *const u8, length: u32) -> bool {
    // SAFETY: the caller vouches for 32 readable bytes.
    let bytes = unsafe { _mm256_loadu_si256(text.cast()) };
    let within = |first: u8, count: u8| {
        let shifted = _mm256_sub_epi8(bytes, _mm256_set1_epi8(first as i8));
        let inside = _mm256_cmpeq_epi8(_mm256_min_epu8(shifted, _mm256_set1_epi8(count as i8 - 1)), shifted);
        _mm256_movemask_epi8(inside) as u32
    };
    let inside = u32::MAX >> (32 - length);
    let digits = within(b'0', 10) & inside;
    if digits == 0 {
        return false;
    }
    let uppers = within(b'A', 26) & inside;
    let lowers = within(b'a', 26) & inside;
    let dashes = within(b'-', 1) & inside;
    Classes { digits, uppers, lowers, dashes, length }.look_random()
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn find(finder: &Finder, text: &[u8], from: usize, to: usize, found: &mut Vec<Candidate>) {
    if from >= to {
        return;
    }
    let tables = Tables::new(&finder.anchors);
    let mut masks = tables.at(text, from);
    let mut word_before = u64::from(from > 0 && super::is_word(text[from - 1]));
    let mut at = from;
    while at < to {
        let next = tables.at(text, at + BLOCK);
        let begin = masks.word & !(masks.word << 1 | word_before);
        let mut starts = begin & runs(masks.token, next.token);
        let mut anchors = masks.anchor;
        if to - at < BLOCK {
            let inside = (1_u64 << (to - at)) - 1;
            starts &= inside;
            anchors &= inside;
        }
        while starts != 0 {
            let bit = starts.trailing_zeros();
            starts &= starts - 1;
            let place = at + bit as usize;
            if finder.escaped(text, place, found) {
                continue;
            }
            // SAFETY: a run of 16 token characters begins here, so 4 bytes are within `text`.
            let four = unsafe { text.as_ptr().add(place).cast::<u32>().read_unaligned() };
            if finder.starts.may_start(u32::from_le(four)) {
                found.push(Candidate { at: place as u32, kind: Kind::Prefix });
            }
            // the first 32 bytes of the run; without a digit among them it is no value
            let run = from_bit(masks.token, next.token, bit).trailing_ones().min(32);
            let digits = from_bit(masks.digit, next.digit, bit) & (u64::MAX >> (64 - run));
            let random = digits != 0
                && match place + 32 <= text.len() {
                    // SAFETY: the 32 bytes lie within `text`.
                    true => unsafe { looks_random_here(text.as_ptr().add(place), run) },
                    false => looks_random(&text[place..]),
                };
            if random {
                found.push(Candidate { at: place as u32, kind: Kind::Value });
            }
        }
        while anchors != 0 {
            let place = at + anchors.trailing_zeros() as usize;
            anchors &= anchors - 1;
            if finder.anchors.holds(first_bytes(text, place)) {
                found.push(Candidate { at: place as u32, kind: Kind::Anchor });
            }
        }
        word_before = masks.word >> 63;
        masks = next;
        at += BLOCK;
    }
}

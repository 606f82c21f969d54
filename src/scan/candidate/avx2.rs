//! The AVX2 path: 64 bytes a step.
//!
//! Classification by two nibble shuffles, after Langdale and Lemire, "Parsing gigabytes of JSON per second" (2019).

use std::arch::x86_64::*;

use super::anchors::AnchorTable;
use super::blocks::{self, BLOCK, BlockMasks, HEAD, READ, Scratch};
use super::{Candidate, Classes, Finder};

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
    anchor_low: [__m256i; 4],
    anchor_high: [__m256i; 4],
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
            anchor_low: [0, 1, 2, 3].map(|position| both_lanes(&anchors.low[position])),
            anchor_high: [0, 1, 2, 3].map(|position| both_lanes(&anchors.high[position])),
        }
    }

    /// The masks of a block.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn block(&self, bytes: &[u8; READ]) -> BlockMasks {
        let (a, b) = (self.half(bytes, 0), self.half(bytes, BLOCK / 2));
        let join = |i: usize| u64::from(a[i]) | u64::from(b[i]) << 32;
        BlockMasks { token: join(0), word: join(1), digit: join(2), anchor: join(3) }
    }

    /// Token, word, digit and anchor masks of 32 bytes of a block from `from` on.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn half(&self, block: &[u8; READ], from: usize) -> [u32; 4] {
        let bytes = [
            load(&block[from..]),
            load(&block[from + 1..]),
            load(&block[from + 2..]),
            load(&block[from + 3..]),
        ];
        let nibble = _mm256_set1_epi8(15);
        let high = |bytes| _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble);
        // a set high bit picks zero from the low table: no byte of 128 and more is of a class, or of an anchor but
        // where the table of high nibbles alone says so
        let look = |low, high, bytes, nibbles| {
            _mm256_and_si256(_mm256_shuffle_epi8(low, bytes), _mm256_shuffle_epi8(high, nibbles))
        };
        let first_high = high(bytes[0]);
        let class = look(self.class_low, self.class_high, bytes[0], first_high);
        let groups = |i: usize, nibbles| look(self.anchor_low[i], self.anchor_high[i], bytes[i], nibbles);
        let last = {
            let low = _mm256_shuffle_epi8(self.anchor_low[3], _mm256_and_si256(bytes[3], nibble));
            _mm256_and_si256(low, _mm256_shuffle_epi8(self.anchor_high[3], high(bytes[3])))
        };
        let groups = _mm256_and_si256(
            _mm256_and_si256(groups(0, first_high), groups(1, high(bytes[1]))),
            _mm256_and_si256(groups(2, high(bytes[2])), last),
        );
        let none = _mm256_setzero_si256();
        let is_zero = |bytes| _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, none)) as u32;
        // the digits' class bit, moved to where the mask is taken from
        let digits = _mm256_movemask_epi8(_mm256_slli_epi16::<7>(class)) as u32;
        [!is_zero(class), !is_zero(_mm256_and_si256(class, nibble)), digits, !is_zero(groups)]
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8]) -> __m256i {
    let bytes: &[u8; 32] = bytes.first_chunk().expect("32 bytes");
    // SAFETY: they are the 32 bytes that an unaligned load reads.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// Whether a run of at least 16 token characters looks random: the vector form of [`super::looks_random`].
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn looks_random(head: &[u8; HEAD as usize], length: u32) -> bool {
    let bytes = load(head);
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
pub(super) fn find(
    finder: &Finder,
    text: &[u8],
    from: usize,
    to: usize,
    scratch: &mut Scratch,
    found: &mut Vec<Candidate>,
) {
    let tables = Tables::new(&finder.anchors);
    let classify = |bytes: &[u8; READ]| tables.block(bytes);
    blocks::find(finder, text, from..to, scratch, found, classify, |head, run| looks_random(head, run));
}

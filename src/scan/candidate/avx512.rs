//! The AVX-512 path: 64 bytes a step, each looked up whole in tables of 128 entries that lie in registers.

use std::arch::x86_64::*;

use super::anchors::{AnchorTable, PRINT};
use super::blocks::{self, BLOCK, BlockMasks, READ, Scratch};
use super::{CLASS, Candidate, Finder, TOKEN, WORD, avx2};

/// Whether this processor can run [`find`].
pub(super) fn available() -> bool {
    avx2::available()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vbmi")
}

/// The class bit of digits, beside [`TOKEN`] and [`WORD`].
const DIGIT: u8 = 4;

/// The classes of bytes below 128.
static CLASSES: [u8; 128] = {
    let mut classes = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        classes[byte] = CLASS[byte] | if (byte as u8).is_ascii_digit() { DIGIT } else { 0 };
        byte += 1;
    }
    classes
};

/// A table of 128 entries, in two registers.
#[derive(Clone, Copy)]
struct Table(__m512i, __m512i);

struct Tables {
    class: Table,
    /// For each half of the groups, and each byte of a fingerprint.
    anchor: [[Table; PRINT]; 2],
}

impl Table {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn new(entries: &[u8; 128]) -> Self {
        // SAFETY: the entries are the 128 bytes that two unaligned loads read.
        unsafe {
            Self(
                _mm512_loadu_si512(entries.as_ptr().cast()),
                _mm512_loadu_si512(entries[64..].as_ptr().cast()),
            )
        }
    }

    /// The entries of the bytes, less their highest bits.
    #[inline]
    #[target_feature(enable = "avx512f,avx512vbmi")]
    fn of(self, bytes: __m512i) -> __m512i {
        _mm512_permutex2var_epi8(self.0, bytes, self.1)
    }
}

impl Tables {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn new(anchors: &AnchorTable) -> Self {
        let tables = |half: usize| {
            [0, 1, 2, 3].map(|position: usize| {
                let (low, _) = anchors.bytes[half][position].split_first_chunk().expect("128 of 256");
                Table::new(low)
            })
        };
        Self { class: Table::new(&CLASSES), anchor: [tables(0), tables(1)] }
    }

    /// The masks of a block.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    fn block(&self, bytes: &[u8; READ]) -> BlockMasks {
        // no closure here is handed to a function of the library: it would not be compiled for these instructions
        let shifted = [load::<0>(bytes), load::<1>(bytes), load::<2>(bytes), load::<3>(bytes)];
        let class = self.class.of(shifted[0]);
        // bytes from 128 on look like others to the tables; none of them is of a class, and anchors are compared later
        let plain = !_mm512_movepi8_mask(shifted[0]);
        BlockMasks {
            token: has::<{ TOKEN as i8 }>(plain, class),
            word: has::<{ WORD as i8 }>(plain, class),
            digit: has::<{ DIGIT as i8 }>(plain, class),
            anchor: groups(&self.anchor[0], &shifted) | groups(&self.anchor[1], &shifted),
        }
    }
}

/// The 64 bytes of a block from `AT` on.
#[inline]
#[target_feature(enable = "avx512f")]
fn load<const AT: usize>(bytes: &[u8; READ]) -> __m512i {
    const { assert!(AT + BLOCK <= READ) };
    // SAFETY: the 64 bytes that are read lie within the block.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().add(AT).cast()) }
}

/// Which bytes have a class bit, among those of `which`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn has<const BIT: i8>(which: u64, class: __m512i) -> u64 {
    _mm512_mask_test_epi8_mask(which, class, _mm512_set1_epi8(BIT))
}

/// Where some group has all bytes of a fingerprint.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn groups(tables: &[Table; PRINT], shifted: &[__m512i; PRINT]) -> u64 {
    let first = _mm512_and_si512(tables[0].of(shifted[0]), tables[1].of(shifted[1]));
    let last = _mm512_and_si512(tables[2].of(shifted[2]), tables[3].of(shifted[3]));
    _mm512_test_epi8_mask(first, last)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx2,bmi1,bmi2,popcnt")]
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
    blocks::find(finder, text, from..to, scratch, found, classify, |head, run| avx2::looks_random(head, run));
}

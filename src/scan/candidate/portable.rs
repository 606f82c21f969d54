//! The portable path: one table lookup a byte, the same masks as the vector paths.

use super::blocks::{self, BLOCK, BlockMasks, READ, Scratch};
use super::{CLASS, Candidate, Finder, TOKEN, WORD, looks_random};

pub(super) fn find(
    finder: &Finder,
    text: &[u8],
    from: usize,
    to: usize,
    scratch: &mut Scratch,
    found: &mut Vec<Candidate>,
) {
    let classify = |bytes: &[u8; READ]| {
        let mut masks = BlockMasks::default();
        for i in 0..BLOCK {
            let class = CLASS[usize::from(bytes[i])];
            masks.token |= u64::from(class & TOKEN) << i;
            masks.word |= u64::from(class & WORD != 0) << i;
            masks.digit |= u64::from(bytes[i].is_ascii_digit()) << i;
            let four = [bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]];
            masks.anchor |= u64::from(finder.anchors.may_hold(four)) << i;
        }
        masks
    };
    blocks::find(finder, text, from..to, scratch, found, classify, |head, _| looks_random(head));
}

//! The portable path: one table lookup a byte, the same masks as the vector paths.

use super::blocks::{self, BLOCK, Masks, Scratch, padded};
use super::{CLASS, Candidate, Finder, TOKEN, WORD, looks_random};

pub(super) fn find(
    finder: &Finder,
    text: &[u8],
    from: usize,
    to: usize,
    scratch: &mut Scratch,
    found: &mut Vec<Candidate>,
) {
    let classify = |at: usize, count: usize, masks: &mut Masks| {
        for block in 0..count {
            let bytes = padded(text, at + block * BLOCK);
            let (mut token, mut word, mut digit, mut anchor) = (0, 0, 0, 0);
            for i in 0..BLOCK {
                let class = CLASS[usize::from(bytes[i])];
                token |= u64::from(class & TOKEN) << i;
                word |= u64::from(class & WORD != 0) << i;
                digit |= u64::from(bytes[i].is_ascii_digit()) << i;
                let four = [bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]];
                anchor |= u64::from(finder.anchors.may_hold(four)) << i;
            }
            masks.token[block] = token;
            masks.word[block] = word;
            masks.digit[block] = digit;
            masks.anchor[block] = anchor;
        }
    };
    let random = |place: usize, _: u32| looks_random(&text[place..]);
    blocks::find(finder, text, from..to, scratch, found, classify, random);
}

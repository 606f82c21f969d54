//! The portable path: one table lookup a byte, the same masks as the vector paths.

use super::{
    BLOCK, CLASS, Candidate, Finder, Kind, Masks, TOKEN, WORD, first_bytes, looks_random, padded, runs,
};

pub(super) fn find(finder: &Finder, text: &[u8], from: usize, to: usize, found: &mut Vec<Candidate>) {
    if from >= to {
        return;
    }
    let mut masks = masks(finder, &padded(text, from));
    let mut word_before = from > 0 && super::is_word(text[from - 1]);
    let mut at = from;
    while at < to {
        let next = self::masks(finder, &padded(text, at + BLOCK));
        let begin = masks.word & !(masks.word << 1 | u64::from(word_before));
        let mut starts = begin & runs(masks.token, next.token);
        let mut anchors = masks.anchor;
        if to - at < BLOCK {
            let inside = (1_u64 << (to - at)) - 1;
            starts &= inside;
            anchors &= inside;
        }
        while starts != 0 {
            let place = at + starts.trailing_zeros() as usize;
            starts &= starts - 1;
            if finder.escaped(text, place, found) {
                continue;
            }
            if finder.starts.may_start(first_bytes(text, place)) {
                found.push(Candidate { at: place as u32, kind: Kind::Prefix });
            }
            if looks_random(&text[place..]) {
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
        word_before = masks.word >> 63 == 1;
        masks = next;
        at += BLOCK;
    }
}

fn masks(finder: &Finder, block: &[u8; BLOCK + 32]) -> Masks {
    let mut masks = Masks::default();
    for i in 0..BLOCK {
        let class = CLASS[usize::from(block[i])];
        masks.token |= u64::from(class & TOKEN) << i;
        masks.word |= (u64::from(class & WORD) / u64::from(WORD)) << i;
        let three = [block[i], block[i + 1], block[i + 2]];
        masks.digit |= u64::from(block[i].is_ascii_digit()) << i;
        masks.anchor |= u64::from(finder.anchors.may_hold(three)) << i;
    }
    masks
}

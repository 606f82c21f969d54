//! Seed phrases of wallets (BIP-39): 12 to 24 words whose last bits are a checksum.

use crate::checksum::Checksum;
use crate::finding::Confidence;
use crate::scan::matches::{Match, Rank, Verdict};
use crate::span::Span;

use super::{Context, lower, reason};

/// How far after its name the phrase may begin, and how long it may be, in bytes.
const GAP: usize = 48;
const LONGEST: usize = 24 * 9;

/// The phrase after the name that begins at `at`.
pub(crate) fn detect(context: &Context<'_>, at: usize) -> Option<Match> {
    if context.binary() {
        return None;
    }
    let text = &context.text[at..context.text.len().min(at + GAP + LONGEST)];
    let line = &text[..memchr::memchr(b'\n', text).unwrap_or(text.len())];
    // the phrase is the longest stretch of lower-case words
    let mut best = Span::new(0, 0);
    let mut start = 0;
    for (i, &byte) in line.iter().chain(b"\n").enumerate() {
        if !byte.is_ascii_lowercase() && byte != b' ' {
            if i - start > best.len() {
                best = Span::new(start, i);
            }
            start = i + 1;
        }
    }
    let phrase = &line[best.range()];
    let inner = phrase.trim_ascii();
    let lead = phrase.len() - phrase.trim_ascii_start().len();
    let words: Vec<&[u8]> = inner.split(|&byte| byte == b' ').collect();
    if !matches!(words.len(), 12 | 15 | 18 | 21 | 24) || !Checksum::Bip39.verify(inner) {
        return None;
    }
    let mut distinct = words.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let verdict = if distinct.len() * 2 < words.len() {
        Verdict::Drop(reason("filler", "it repeats a few words"))
    } else {
        Verdict::Report(if context.kind().test { lower(Confidence::High) } else { Confidence::High })
    };
    let span = Span::new(at + best.start + lead, at + best.start + lead + inner.len());
    let mut found = Match::placed("bip39-mnemonic", span, Rank::Verified, verdict);
    found.guessable = false;
    Some(found)
}

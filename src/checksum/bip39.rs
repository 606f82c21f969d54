//! Seed phrases of wallets (BIP-39), English words only.

use bip39::Language;
use sha2::{Digest, Sha256};

/// Bits that a word stands for.
const BITS: usize = 11;
/// The longest phrase.
const MAX_WORDS: usize = 24;
const MAX_BYTES: usize = (MAX_WORDS * BITS).div_ceil(8);

/// The words of a phrase as numbers, gathered bit by bit.
struct Phrase {
    bytes: [u8; MAX_BYTES],
    words: usize,
}

impl Phrase {
    /// `None` where a word is not in the list or there are too many. Whatever is no letter parts words, so that
    /// numbered lists, arrays and escaped line breaks read as well.
    fn read(text: &[u8]) -> Option<Self> {
        let mut phrase = Self { bytes: [0; MAX_BYTES], words: 0 };
        for word in text.split(|byte| !byte.is_ascii_alphabetic()).filter(|word| !word.is_empty()) {
            phrase.push(index_of(word)?)?;
        }
        Some(phrase)
    }

    fn push(&mut self, index: usize) -> Option<()> {
        if self.words == MAX_WORDS {
            return None;
        }
        for bit in 0..BITS {
            if index >> (BITS - 1 - bit) & 1 == 1 {
                let at = self.words * BITS + bit;
                self.bytes[at / 8] |= 0x80 >> (at % 8);
            }
        }
        self.words += 1;
        Some(())
    }

    /// Bytes of entropy in a phrase that may be complete: 12, 15, 18, 21 or 24 words.
    fn entropy(&self) -> Option<&[u8]> {
        matches!(self.words, 12 | 15 | 18 | 21 | 24).then(|| &self.bytes[..self.words * 4 / 3])
    }

    /// The checksum stands in the byte after the entropy, from its highest bit on.
    fn check_right(&self) -> bool {
        self.entropy().is_some_and(|entropy| self.bytes[entropy.len()] == check(entropy))
    }
}

/// One bit for each four bytes of entropy, from the highest bit on.
fn check(entropy: &[u8]) -> u8 {
    Sha256::digest(entropy)[0] & !(0xFF_u16 >> (entropy.len() / 4)) as u8
}

fn index_of(word: &[u8]) -> Option<usize> {
    // No word of the list is longer than eight letters.
    let mut lower = [0; 8];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    let lower: &[u8] = lower;
    Language::English.word_list().binary_search_by(|entry| entry.as_bytes().cmp(lower)).ok()
}

pub(super) fn verify(token: &[u8]) -> bool {
    Phrase::read(token).is_some_and(|phrase| phrase.check_right())
}

/// The last word, after all the others and a space. The bits of entropy in it are zero.
pub(super) fn complete(head: &[u8]) -> Option<Vec<u8>> {
    head.strip_suffix(b" ")?;
    let mut phrase = Phrase::read(head)?;
    phrase.push(0)?;
    let entropy = phrase.entropy()?;
    let last = check(entropy) >> (8 - entropy.len() / 4);
    Some(Language::English.word_list()[usize::from(last)].into())
}

/// The phrase for `entropy`, words parted by spaces; `None` unless that has 16, 20, 24, 28 or 32 bytes.
pub fn mnemonic(entropy: &[u8]) -> Option<Vec<u8>> {
    if !matches!(entropy.len(), 16 | 20 | 24 | 28 | 32) {
        return None;
    }
    let bytes = [entropy, &[check(entropy)]].concat();
    let words: Vec<&str> = (0..entropy.len() * 3 / 4)
        .map(|word| {
            let index = (0..BITS).fold(0, |index, bit| {
                let at = word * BITS + bit;
                index << 1 | usize::from(bytes[at / 8] >> (7 - at % 8) & 1)
            });
            Language::English.word_list()[index]
        })
        .collect();
    Some(words.join(" ").into_bytes())
}

//! How random a text looks: letters judged by three-letter statistics of words, digits and signs by their place.

use crate::scan::candidate::is_token;

/// 8 * log2 of how much likelier a letter is after two others in words than by chance; see
/// `benches/lab/train_trigrams.py`.
static TRIGRAMS: &[u8; 27 * 27 * 27] = include_bytes!("../../../rules/trigrams.bin");

/// What a text is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Profile {
    /// Bytes looked at.
    pub length: usize,
    /// Letters.
    pub letters: usize,
    /// Digits.
    pub digits: usize,
    /// Bytes that are neither letters nor digits.
    pub signs: usize,
    /// Whether upper-case letters occur.
    pub upper: bool,
    /// Whether lower-case letters occur.
    pub lower: bool,
    /// Distinct bytes.
    pub distinct: usize,
    /// Mean score of the letters in bits: above 0 they read as words, below they do not.
    pub wordiness: f32,
    /// Stretches of letters, or of digits, or of signs.
    pub pieces: usize,
}

/// Looks at `text` (its first 256 bytes).
pub(crate) fn profile(text: &[u8]) -> Profile {
    let text = &text[..text.len().min(256)];
    let mut profile = Profile { length: text.len(), ..Profile::default() };
    let mut seen = [false; 256];
    let (mut before, mut last) = (0_usize, 0_usize);
    let (mut total, mut previous, mut kind) = (0_i32, b' ', 0);
    for &byte in text {
        seen[usize::from(byte)] = true;
        let now = if byte.is_ascii_alphabetic() {
            profile.letters += 1;
            profile.upper |= byte.is_ascii_uppercase();
            profile.lower |= byte.is_ascii_lowercase();
            // a hump of camelCase begins a word, at a price: random text is full of them
            if byte.is_ascii_uppercase() && previous.is_ascii_lowercase() {
                (before, last) = (0, 0);
                total -= 12;
            } else if byte.is_ascii_lowercase() && previous.is_ascii_uppercase() && last != 0 && before != 0 {
                total -= 12;
            }
            let letter = usize::from(byte.to_ascii_lowercase() - b'a') + 1;
            total += i32::from(TRIGRAMS[(before * 27 + last) * 27 + letter] as i8);
            (before, last) = (last, letter);
            1
        } else {
            (before, last) = (0, 0);
            if byte.is_ascii_digit() {
                profile.digits += 1;
                2
            } else {
                profile.signs += 1;
                3
            }
        };
        profile.pieces += usize::from(now != kind);
        kind = now;
        previous = byte;
    }
    profile.distinct = seen.iter().filter(|&&seen| seen).count();
    profile.wordiness = if profile.letters == 0 { 0.0 } else { total as f32 / 8.0 / profile.letters as f32 };
    profile
}

/// The mean score, in eighths of a bit, above which a run counts as words. Above what random runs reach by accident:
/// three in a thousand.
const WORDY: i32 = 3;

/// Whether the first 32 token characters of `text` read as words with a digit here and there, as identifiers of
/// camelCase do: the quick form of [`Profile::reads_as_words`].
pub(crate) fn run_reads_as_words(text: &[u8]) -> bool {
    let head = &text[..text.len().min(32)];
    let head = &head[..head.iter().position(|&byte| !is_token(byte)).unwrap_or(head.len())];
    // counted first, which settles most
    let letters = head.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let digits = head.iter().filter(|byte| byte.is_ascii_digit()).count();
    if letters * 4 < head.len() * 3 || digits * 8 > head.len() {
        return false;
    }
    let (mut before, mut last, mut previous, mut total) = (0_usize, 0_usize, b' ', 0_i32);
    for &byte in head {
        if byte.is_ascii_alphabetic() {
            let hump = byte.is_ascii_uppercase() && previous.is_ascii_lowercase();
            if hump {
                (before, last) = (0, 0);
            }
            let letter = usize::from(byte.to_ascii_lowercase() - b'a') + 1;
            total += i32::from(TRIGRAMS[(before * 27 + last) * 27 + letter] as i8) - 12 * i32::from(hump);
            (before, last) = (last, letter);
        } else {
            (before, last) = (0, 0);
        }
        previous = byte;
    }
    total > WORDY * letters as i32
}

impl Profile {
    /// How random the text looks, in bits: at least 0 for what a generator could have made, below for words, names
    /// and numbers. Longer texts must be more decided.
    pub(crate) fn randomness(&self) -> f32 {
        if self.length == 0 {
            return -9.0;
        }
        let length = self.length as f32;
        // letters that do not read as words speak for chance; the fewer, the less they say
        let letters = -self.wordiness * (self.letters as f32 / length);
        let mixed = f32::from(u8::from(self.upper))
            + f32::from(u8::from(self.lower))
            + f32::from(u8::from(self.digits > 0))
            - 1.0;
        // random text changes between letters and digits often, names seldom
        let changes = (self.pieces as f32 - 1.0) / length;
        let changes = if self.digits > 0 && self.letters > 0 { changes * 6.0 - 0.6 } else { -0.6 };
        letters + 0.35 * mixed.max(0.0) + changes
    }

    /// Whether the text reads as words: names, sentences, identifiers.
    pub(crate) fn reads_as_words(&self) -> bool {
        self.letters * 4 >= self.length * 3 && self.wordiness > -0.3 && self.digits * 8 <= self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::shape::{Random, Shape};

    #[test]
    fn names_read_as_words() {
        for name in
            ["getElementById", "user_password_reset", "CONFIG_SECURITY_NETWORK", "application-token", "hello"]
        {
            let profile = profile(name.as_bytes());
            assert!(profile.reads_as_words(), "{name}: {profile:?}");
            assert!(profile.randomness() < 0.0, "{name}: {}", profile.randomness());
        }
    }

    #[test]
    fn generated_values_do_not() {
        let mut random = Random::new(7);
        for shape in ["{base62:20}", "{base62:32}", "{hex:32}", "{base64:40}", "{base36:24}"] {
            let shape = Shape::parse(shape).unwrap();
            let values: Vec<Vec<u8>> = (0..200).map(|_| shape.expand(&mut random)).collect();
            let found = values.iter().filter(|value| profile(value).randomness() > 0.0).count();
            assert!(found >= 196, "only {found} of 200 look random");
            assert!(values.iter().all(|value| !profile(value).reads_as_words()));
        }
    }
}

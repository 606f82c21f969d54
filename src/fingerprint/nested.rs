//! Credentials under several encodings, or escaped wholly: for short texts such as commands, which are decoded outright.
//!
//! The matcher itself finds a value in one encoding, at the speed of reading. What stands deeper, such as base64 of
//! 16-bit text or of a list of passwords in base64, is found by decoding.

use zeroize::Zeroizing;

use crate::decode::{base64, escape, hex};
use crate::finding::Encoding;
use crate::span::Span;

use super::matcher::{Finder, Hit};

/// How deep encodings may be nested.
const DEPTH: usize = 3;
/// Fewest characters of base64 or hexadecimal that are decoded.
const SHORTEST: usize = 16;

impl Finder<'_> {
    /// As [`Finder::find`], and besides what stands under up to three encodings. Takes time in proportion to the
    /// length of the text, but several times that of a search.
    pub fn find_nested(&mut self, text: &[u8]) -> Vec<Hit> {
        let mut found = self.find(text);
        if !self.is_empty() {
            self.decode(text, 0, &mut found);
        }
        found
    }

    fn decode(&mut self, text: &[u8], depth: usize, found: &mut Vec<Hit>) {
        if depth >= DEPTH {
            return;
        }
        for (sign, encoding) in [(b'%', Encoding::Percent), (b'\\', Encoding::Escape)] {
            if memchr::memchr(sign, text).is_none() {
                continue;
            }
            let undone = match encoding {
                Encoding::Percent => escape::percent(text),
                _ => escape::backslash(text),
            };
            if undone.changed {
                let inner = Zeroizing::new(undone.text);
                let place = |span: Span| {
                    Span::new(undone.origin[span.start] as usize, undone.origin[span.end] as usize)
                };
                self.look_inside(&inner, depth, encoding, place, found);
            }
        }
        let mut at = 0;
        while at < text.len() {
            let run = text[at..].iter().take_while(|&&byte| is_encoded(byte)).count();
            if run >= SHORTEST {
                let place = Span::new(at, at + run);
                let run = &text[place.range()];
                for (inner, encoding) in
                    [(base64::decode(run), Encoding::Base64), (hex::decode(run), Encoding::Hex)]
                {
                    let inner = Zeroizing::new(inner.text);
                    if inner.len() >= super::SHORTEST {
                        self.look_inside(&inner, depth, encoding, |_| place, found);
                    }
                }
            }
            at += run.max(1);
        }
    }

    fn look_inside(
        &mut self,
        inner: &[u8],
        depth: usize,
        encoding: Encoding,
        place: impl Fn(Span) -> Span,
        found: &mut Vec<Hit>,
    ) {
        let mut hits = self.find(inner);
        self.decode(inner, depth + 1, &mut hits);
        for mut hit in hits {
            hit.span = place(hit.span);
            hit.decoded.insert(0, encoding);
            add(found, hit);
        }
    }
}

/// Adds a hit unless its value is known to be there.
pub(crate) fn add(found: &mut Vec<Hit>, hit: Hit) {
    let known = |known: &Hit| known.value_id == hit.value_id && known.span.overlaps(hit.span);
    if !found.iter().any(known) {
        found.push(hit);
    }
}

fn is_encoded(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}

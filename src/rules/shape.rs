//! Shapes: templates from which tests, benches and documentation make values, so that no text which looks like a
//! credential stands in the repository. The language is described in `rules/README.md`.

mod alphabet;
mod parse;
mod random;
#[cfg(test)]
mod tests;

use std::fmt;

use data_encoding::{BASE32_NOPAD, BASE64, BASE64URL_NOPAD, HEXLOWER};

use self::alphabet::Alphabet;
pub use self::random::Random;
use crate::checksum::{self, Base58, Checksum};

/// A parsed template.
#[derive(Debug)]
pub struct Shape {
    parts: Vec<Part>,
}

/// Why a template cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeError {
    /// Where in the template, in characters from 1.
    pub column: usize,
    /// What is wrong.
    pub cause: String,
    /// What to write instead.
    pub way_out: String,
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}; {}", self.column, self.cause, self.way_out)
    }
}

impl std::error::Error for ShapeError {}

/// One piece of a template.
#[derive(Debug)]
enum Part {
    /// Itself.
    Text(Vec<u8>),
    /// Random characters, from the first to the second number of them.
    Draw(&'static Alphabet, usize, usize),
    /// A random UUID (version 4).
    Uuid,
    /// One of these texts.
    OneOf(Vec<Vec<u8>>),
    /// `{start}`: the credential begins here; checksums do not cover what stands before.
    Start,
    /// The checksum of the text so far, and the column of the part.
    Check(Checksum, usize),
    /// `{azure-cask-v1:88}`: the long form, and the column.
    Cask88(usize),
    /// A whole value.
    Value(Checksum),
    /// Base58Check of these bytes.
    Base58Check(Base58, Vec<Piece>),
    /// A seed phrase over this many bytes.
    Mnemonic(usize),
    /// A key pair in this encoding.
    Ed25519(Encoding),
    /// Another template, encoded.
    Encoded(Encoding, Vec<Part>),
}

/// Bytes inside a Base58Check.
#[derive(Debug)]
enum Piece {
    Fixed(Vec<u8>),
    Random(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// With padding.
    Base64,
    /// Without.
    Base64Url,
    /// Without.
    Base32,
    /// Lower case.
    Hex,
    /// Bitcoin's.
    Base58,
}

impl Encoding {
    const ALL: &[(&'static str, Self)] = &[
        ("base64", Self::Base64),
        ("base64url", Self::Base64Url),
        ("base32", Self::Base32),
        ("hex", Self::Hex),
        ("base58", Self::Base58),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|&(_, encoding)| encoding)
    }

    fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Base64 => BASE64.encode(bytes),
            Self::Base64Url => BASE64URL_NOPAD.encode(bytes),
            Self::Base32 => BASE32_NOPAD.encode(bytes),
            Self::Hex => HEXLOWER.encode(bytes),
            Self::Base58 => bs58::encode(bytes).into_string(),
        }
    }
}

/// The column of a checksum that the text before it does not suit.
struct Unsuited(usize);

impl Shape {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// With column, cause and way out, where a part is unknown, a length is missing or too large, a brace is left
    /// open, or a checksum stands after text that is not the beginning it asks for.
    pub fn parse(text: &str) -> Result<Self, ShapeError> {
        let shape = Self { parts: parse::parse(text)? };
        // Whether a checksum suits depends on the lengths before it, which may vary: try some.
        for seed in 0..16 {
            if let Err(Unsuited(column)) = shape.try_expand(&mut Random::new(seed)).1 {
                return Err(ShapeError {
                    column,
                    cause: "the text before this checksum is not the beginning that it asks for".into(),
                    way_out: "see the table of checksums in rules/README.md, or write {start} where the credential \
                              begins"
                        .into(),
                });
            }
        }
        Ok(shape)
    }

    /// A value: the same for the same state of `random`.
    pub fn expand(&self, random: &mut Random) -> Vec<u8> {
        self.try_expand(random).0
    }

    /// The value as far as it goes, a checksum that does not suit being left out.
    fn try_expand(&self, random: &mut Random) -> (Vec<u8>, Result<(), Unsuited>) {
        let mut value = Vec::new();
        let result = expand(&self.parts, random, &mut value);
        (value, result)
    }
}

/// Appends what `parts` make to `value`, to the end even when a checksum does not suit.
fn expand(parts: &[Part], random: &mut Random, value: &mut Vec<u8>) -> Result<(), Unsuited> {
    let mut start = value.len();
    let mut result = Ok(());
    for part in parts {
        match part {
            Part::Text(text) => value.extend_from_slice(text),
            Part::Draw(alphabet, least, most) => {
                let length = least + random.below(most - least + 1);
                value.extend(alphabet.draw(length, random));
            }
            Part::Uuid => value.extend(uuid(random).bytes()),
            Part::OneOf(texts) => value.extend_from_slice(&texts[random.below(texts.len())]),
            Part::Start => start = value.len(),
            Part::Check(checksum, column) => match checksum.complete(&value[start..]) {
                Some(tail) => value.extend(tail),
                None => result = result.and(Err(Unsuited(*column))),
            },
            Part::Cask88(column) => match checksum::cask_88_tail(&value[start..]) {
                Some(tail) => value.extend(tail),
                None => result = result.and(Err(Unsuited(*column))),
            },
            Part::Value(checksum) => {
                value.extend(checksum.generate(&mut || random.byte()).unwrap_or_default())
            }
            Part::Base58Check(alphabet, pieces) => {
                let mut payload = Vec::new();
                for piece in pieces {
                    match piece {
                        Piece::Fixed(bytes) => payload.extend_from_slice(bytes),
                        Piece::Random(count) => payload.extend((0..*count).map(|_| random.byte())),
                    }
                }
                value.extend(checksum::encode_check(&payload, *alphabet));
            }
            Part::Mnemonic(count) => {
                let entropy: Vec<u8> = (0..*count).map(|_| random.byte()).collect();
                value.extend(checksum::mnemonic(&entropy).unwrap_or_default());
            }
            Part::Ed25519(encoding) => {
                let pair = checksum::ed25519_pair(&mut || random.byte());
                value.extend(pair.map(|pair| encoding.encode(&pair)).unwrap_or_default().bytes());
            }
            Part::Encoded(encoding, inner) => {
                let mut bytes = Vec::new();
                result = result.and(expand(inner, random, &mut bytes));
                value.extend(encoding.encode(&bytes).bytes());
            }
        }
    }
    result
}

fn uuid(random: &mut Random) -> String {
    // Version 4, variant 1.
    let high = random.next_u64() & !0xF000 | 0x4000;
    let low = random.next_u64() & !(0b11 << 62) | 0b10 << 62;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}

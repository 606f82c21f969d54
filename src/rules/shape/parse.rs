//! From the text of a template to its parts.

use std::ops::RangeInclusive;

use data_encoding::HEXLOWER_PERMISSIVE;

use super::alphabet::{ALPHABETS, Alphabet};
use super::{Encoding, Part, Piece, ShapeError};
use crate::checksum::{Base58, Checksum};

/// The longest part: a private key has some thousand characters.
const MAX_LENGTH: usize = 65_536;
/// How deep encoded templates may nest.
const MAX_DEPTH: usize = 4;

pub(super) fn parse(text: &str) -> Result<Vec<Part>, ShapeError> {
    Parser { text, at: 0 }.parts(0)
}

struct Parser<'t> {
    text: &'t str,
    /// Offset of the next byte, at a character's boundary.
    at: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn eat(&mut self, literal: &str) -> bool {
        let found = self.rest().starts_with(literal);
        if found {
            self.at += literal.len();
        }
        found
    }

    fn column(&self, at: usize) -> usize {
        self.text[..at].chars().count() + 1
    }

    fn error<T>(
        &self,
        at: usize,
        cause: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Result<T, ShapeError> {
        Err(ShapeError { column: self.column(at), cause: cause.into(), way_out: way_out.into() })
    }

    /// Parts up to the end, or inside an encoded part up to its `>}`.
    fn parts(&mut self, depth: usize) -> Result<Vec<Part>, ShapeError> {
        let opened = self.at;
        let mut parts = Vec::new();
        let mut text = Vec::new();
        loop {
            let Some(next) = self.rest().chars().next() else {
                if depth > 0 {
                    return self.error(
                        opened,
                        "the encoded text that begins here has no end",
                        "write >} after it",
                    );
                }
                break;
            };
            if depth > 0 && self.eat(">}") {
                break;
            }
            if self.eat("{{") {
                text.push(b'{');
            } else if self.eat("}}") {
                text.push(b'}');
            } else if next == '{' {
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(self.part(depth)?);
            } else if next == '}' {
                return self.error(self.at, "a closing brace without an opening one", "write }} for a brace");
            } else {
                text.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
                self.at += next.len_utf8();
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(parts)
    }

    /// One part, from its opening brace to after its closing one.
    fn part(&mut self, depth: usize) -> Result<Part, ShapeError> {
        let opened = self.at;
        self.at += 1;
        for &(name, encoding) in Encoding::ALL {
            if self.rest().strip_prefix(name).is_some_and(|rest| rest.starts_with('<')) {
                if depth == MAX_DEPTH {
                    return self.error(
                        opened,
                        "encoded parts nest too deep",
                        format!("nest at most {MAX_DEPTH}"),
                    );
                }
                self.at += name.len() + 1;
                return Ok(Part::Encoded(encoding, self.parts(depth + 1)?));
            }
        }
        let Some(end) = self.rest().find(['{', '}']).filter(|&end| self.rest()[end..].starts_with('}'))
        else {
            return self.error(
                opened,
                "this brace is never closed",
                "write } after the part, or {{ for a brace",
            );
        };
        let inner = &self.rest()[..end];
        self.at += end + 1;
        if inner.contains('|') {
            return Ok(Part::OneOf(inner.split('|').map(|text| text.as_bytes().to_vec()).collect()));
        }
        match inner.split_once(':') {
            Some((name, argument)) => self.with_argument(opened, name, argument),
            None => self.plain(opened, inner),
        }
    }

    /// A part without an argument.
    fn plain(&self, opened: usize, name: &str) -> Result<Part, ShapeError> {
        match name {
            "uuid" => return Ok(Part::Uuid),
            "start" => return Ok(Part::Start),
            "jwt" => return Ok(Part::Value(Checksum::JwtHeader)),
            _ => {}
        }
        if let Some(checksum) = Checksum::from_name(name) {
            return Ok(match checksum.generate(&mut || 1) {
                // A seed phrase is completed after words, as its test vectors are.
                Some(_) if checksum != Checksum::Bip39 => Part::Value(checksum),
                _ => Part::Check(checksum, self.column(opened)),
            });
        }
        if Alphabet::named(name).is_some() {
            return self.error(opened, format!("`{name}` has no length"), format!("write {{{name}:32}}"));
        }
        self.unknown(opened, name)
    }

    fn with_argument(&self, opened: usize, name: &str, argument: &str) -> Result<Part, ShapeError> {
        if let Some(alphabet) = Alphabet::named(name) {
            let Some(lengths) = lengths(argument) else {
                return self.error(
                    opened,
                    format!("`{argument}` is no length"),
                    format!("write {{{name}:32}} or {{{name}:20-40}}, up to {MAX_LENGTH}, the smaller number first"),
                );
            };
            return Ok(Part::Draw(alphabet, *lengths.start(), *lengths.end()));
        }
        let part = match (name, argument) {
            ("azure-cask-v1", "84") => Some(Part::Check(Checksum::AzureCask, self.column(opened))),
            ("azure-cask-v1", "88") => Some(Part::Cask88(self.column(opened))),
            ("base58check", pieces) => {
                self::pieces(pieces).map(|bytes| Part::Base58Check(Base58::Bitcoin, bytes))
            }
            ("base58check-ripple", pieces) => {
                self::pieces(pieces).map(|bytes| Part::Base58Check(Base58::Ripple, bytes))
            }
            ("bip39-checksum", "12" | "15" | "18" | "21" | "24") => {
                argument.parse().ok().map(|words: usize| Part::Mnemonic(words * 4 / 3))
            }
            ("ed25519-pair", encoding) => Encoding::named(encoding).map(Part::Ed25519),
            _ => None,
        };
        if let Some(part) = part {
            return Ok(part);
        }
        let forms = match name {
            "azure-cask-v1" => "{azure-cask-v1}, {azure-cask-v1:84} or {azure-cask-v1:88}",
            "base58check" | "base58check-ripple" => {
                "{base58check:0x80+32+0x01}: bytes in hex, and numbers of random bytes"
            }
            "bip39-checksum" => "{bip39-checksum:12}, 15, 18, 21 or 24 words",
            "ed25519-pair" => "{ed25519-pair}, {ed25519-pair:base58} or {ed25519-pair:base64}",
            "uuid" | "start" | "jwt" => "the name alone: this part takes no length",
            _ if Checksum::from_name(name).is_some() => "the name alone: its length is fixed",
            _ => return self.unknown(opened, name),
        };
        self.error(opened, format!("`{name}` does not take `{argument}`"), format!("write {forms}"))
    }

    fn unknown<T>(&self, opened: usize, name: &str) -> Result<T, ShapeError> {
        let alphabets: Vec<&str> = ALPHABETS.iter().map(|alphabet| alphabet.name).collect();
        self.error(
            opened,
            format!("`{name}` is no alphabet and no checksum"),
            format!(
                "write {{{{ and }}}} for braces, or one of {}, uuid, or a checksum's name",
                alphabets.join(" ")
            ),
        )
    }
}

/// `32` or `20-40`.
fn lengths(text: &str) -> Option<RangeInclusive<usize>> {
    let (least, most) = text.split_once('-').unwrap_or((text, text));
    let lengths = number(least)?..=number(most)?;
    (!lengths.is_empty()).then_some(lengths)
}

/// `0x80+32+0x01`.
fn pieces(text: &str) -> Option<Vec<Piece>> {
    text.split('+')
        .map(|piece| match piece.strip_prefix("0x") {
            Some(hex) => HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok().map(Piece::Fixed),
            // What decodes must fit the validator, which takes at most 128 characters.
            None => number(piece).filter(|&count| count <= 80).map(Piece::Random),
        })
        .collect()
}

fn number(text: &str) -> Option<usize> {
    // `parse` would take a plus sign.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|&number| number <= MAX_LENGTH)
}

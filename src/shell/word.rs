//! Words: quotes, escapes, and what is expanded in them.

use crate::span::Span;

use super::ast::{Piece, Word};
use super::parse::{Mode, Parsed, Parser, UnreadKind, name_length};

/// A word as it grows: neighbouring texts of one kind are joined.
#[derive(Default)]
pub(super) struct Pieces(pub(super) Vec<Piece>);

impl Pieces {
    pub(super) fn literal(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Piece::Literal(last)) => last.push_str(text),
            _ => self.0.push(Piece::Literal(text.to_owned())),
        }
    }

    pub(super) fn quoted(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Piece::Quoted(last)) => last.push_str(text),
            _ => self.0.push(Piece::Quoted(text.to_owned())),
        }
    }

    pub(super) fn push(&mut self, piece: Piece) {
        self.0.push(piece);
    }
}

/// Whether a byte ends an unquoted word.
fn is_meta(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>')
}

fn is_special(byte: u8) -> bool {
    is_meta(byte) || matches!(byte, b'\'' | b'"' | b'\\' | b'$' | b'`')
}

impl Parser<'_> {
    /// A word; there must be one.
    pub(super) fn word(&mut self, mode: Mode) -> Parsed<Word> {
        self.step()?;
        let start = self.at;
        let mut pieces = Pieces::default();
        // open parentheses of extended patterns and regexes
        let mut groups = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'<' | b'>' if self.peek_at(1) == Some(b'(') && mode != Mode::Regex => {
                    self.process(&mut pieces)?
                }
                b'(' if mode == Mode::Regex
                    || groups > 0
                    || ((self.extglob || mode == Mode::Test)
                        && self.at > start
                        && matches!(self.bytes[self.at - 1], b'?' | b'*' | b'+' | b'@' | b'!')
                        && matches!(pieces.0.last(), Some(Piece::Literal(_)))
                        // a line that begins so negates a subshell where patterns are off
                        && !(mode == Mode::Normal && self.at == start + 1 && self.bytes[start] == b'!')) =>
                {
                    groups += 1;
                    pieces.literal("(");
                    self.at += 1;
                }
                b'(' if self.at > start
                    && self.bytes[self.at - 1] == b'='
                    && array_name(&pieces.0).is_some() =>
                {
                    let array = self.array()?;
                    pieces.push(array);
                }
                b')' if groups > 0 => {
                    groups -= 1;
                    pieces.literal(")");
                    self.at += 1;
                }
                b'|' if mode == Mode::Regex || groups > 0 => {
                    pieces.literal("|");
                    self.at += 1;
                }
                b' ' | b'\t' | b'<' | b'>' | b'&' | b';' if groups > 0 => {
                    pieces.quoted(&self.text[self.at..=self.at]);
                    self.at += 1;
                }
                byte if is_meta(byte) => break,
                b'\'' => {
                    self.at += 1;
                    let text = self.single_quoted()?;
                    pieces.quoted(text);
                }
                b'"' => {
                    self.at += 1;
                    self.double_quoted(&mut pieces)?;
                }
                b'\\' => self.escape(&mut pieces),
                b'$' => self.dollar(&mut pieces, false)?,
                b'`' => self.backquotes(&mut pieces, false)?,
                _ => {
                    let rest = &self.bytes[self.at..];
                    let length = rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len());
                    pieces.literal(&self.text[self.at..self.at + length]);
                    self.at += length;
                }
            }
        }
        if groups > 0 {
            return self.error(UnreadKind::Unterminated("pattern"));
        }
        if self.at == start {
            return self.error(UnreadKind::Syntax("a word is missing"));
        }
        Ok(Word { pieces: pieces.0, span: Some(self.span(start)) })
    }

    pub(super) fn single_quoted(&mut self) -> Parsed<&str> {
        let start = self.at;
        match memchr::memchr(b'\'', &self.bytes[start..]) {
            Some(length) => {
                self.at = start + length + 1;
                Ok(&self.text[start..start + length])
            }
            None => self.error(UnreadKind::Unterminated("quote")),
        }
    }

    /// A backslash outside quotes.
    fn escape(&mut self, pieces: &mut Pieces) {
        self.at += 1;
        match self.peek() {
            None => pieces.quoted("\\"),
            Some(b'\n') => self.at += 1,
            Some(_) => {
                let mut text = String::new();
                self.push_char(&mut text);
                pieces.quoted(&text);
            }
        }
    }

    /// The rest of a text between double quotes.
    pub(super) fn double_quoted(&mut self, pieces: &mut Pieces) -> Parsed<()> {
        self.deeper(|parser| {
            pieces.quoted("");
            loop {
                match parser.peek() {
                    None => return parser.error(UnreadKind::Unterminated("quote")),
                    Some(b'"') => {
                        parser.at += 1;
                        return Ok(());
                    }
                    Some(_) => parser.quoted_piece(pieces, b'"')?,
                }
            }
        })
    }

    /// One piece of a text in which only `$`, `` ` `` and `\` count, up to the next of them or to `end`.
    fn quoted_piece(&mut self, pieces: &mut Pieces, end: u8) -> Parsed<()> {
        match self.bytes[self.at] {
            b'\\' => {
                match self.peek_at(1) {
                    Some(b'\n') => self.at += 2,
                    Some(byte @ (b'$' | b'`' | b'\\')) => {
                        pieces.quoted(char::from(byte).encode_utf8(&mut [0; 4]));
                        self.at += 2;
                    }
                    Some(b'"') if end == b'"' => {
                        pieces.quoted("\"");
                        self.at += 2;
                    }
                    _ => {
                        pieces.quoted("\\");
                        self.at += 1;
                    }
                }
                Ok(())
            }
            b'$' => self.dollar(pieces, true),
            b'`' => self.backquotes(pieces, true),
            _ => {
                let rest = &self.bytes[self.at..];
                let length = rest
                    .iter()
                    .position(|byte| matches!(byte, b'\\' | b'$' | b'`') || *byte == end)
                    .unwrap_or(rest.len())
                    .max(1);
                let length = self.text[self.at..]
                    .char_indices()
                    .map(|(at, _)| at)
                    .find(|at| *at >= length)
                    .unwrap_or(rest.len());
                pieces.quoted(&self.text[self.at..self.at + length]);
                self.at += length;
                Ok(())
            }
        }
    }

    /// The body of a here-document, up to `end`.
    pub(super) fn here_body(&mut self, end: usize) -> Parsed<Word> {
        let start = self.at;
        let (text, bytes) = (self.text, self.bytes);
        (self.text, self.bytes) = (&text[..end], &bytes[..end]);
        let done = self.deeper(|parser| {
            let mut pieces = Pieces::default();
            while parser.at < parser.bytes.len() {
                // no byte ends it: NUL cannot stand in a text that came this far
                parser.quoted_piece(&mut pieces, 0)?;
            }
            Ok(pieces)
        });
        (self.text, self.bytes) = (text, bytes);
        let pieces = done?;
        Ok(Word { pieces: pieces.0, span: Some(self.fixed.unwrap_or(Span { start, end })) })
    }

    /// The operand of an operation within `${…}`, up to one of `stops` outside quotes.
    pub(super) fn operand(&mut self, stops: &[u8], quoted: bool) -> Parsed<Word> {
        let start = self.at;
        let mut pieces = Pieces::default();
        loop {
            self.step()?;
            let Some(byte) = self.peek() else { return self.error(UnreadKind::Unterminated("`${`")) };
            if stops.contains(&byte) {
                return Ok(Word { pieces: pieces.0, span: Some(self.span(start)) });
            }
            match byte {
                b'\'' if !quoted => {
                    self.at += 1;
                    let text = self.single_quoted()?;
                    pieces.quoted(text);
                }
                b'"' => {
                    self.at += 1;
                    self.double_quoted(&mut pieces)?;
                }
                b'\\' if quoted => match self.peek_at(1) {
                    Some(b'}' | b'/') => {
                        self.at += 1;
                        let mut text = String::new();
                        self.push_char(&mut text);
                        pieces.quoted(&text);
                    }
                    _ => self.quoted_piece(&mut pieces, b'"')?,
                },
                b'\\' => self.escape(&mut pieces),
                b'$' => self.dollar(&mut pieces, quoted)?,
                b'`' => self.backquotes(&mut pieces, quoted)?,
                b'<' | b'>' if !quoted && self.peek_at(1) == Some(b'(') => self.process(&mut pieces)?,
                _ => {
                    let rest = &self.bytes[self.at..];
                    let mut length = rest
                        .iter()
                        .skip(1)
                        .position(|byte| {
                            stops.contains(byte)
                                || matches!(byte, b'\'' | b'"' | b'\\' | b'$' | b'`' | b'<' | b'>')
                        })
                        .map_or(rest.len(), |at| at + 1);
                    while !self.text.is_char_boundary(self.at + length) {
                        length += 1;
                    }
                    let text = &self.text[self.at..self.at + length];
                    if quoted {
                        pieces.quoted(text)
                    } else {
                        pieces.literal(text)
                    }
                    self.at += length;
                }
            }
        }
    }
}

/// The name before `=(`, where a word may hold an array.
fn array_name(pieces: &[Piece]) -> Option<&str> {
    let [Piece::Literal(text)] = pieces else { return None };
    let name = text.strip_suffix('=')?;
    let name = name.strip_suffix('+').unwrap_or(name);
    (!name.is_empty() && name_length(name.as_bytes()) == name.len()).then_some(name)
}

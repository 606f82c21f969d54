//! The cursor over a text, and what every room of the grammar needs: blanks, reserved words, bounds, errors.

use crate::span::Span;

use super::ast::{List, Word};
use super::redirect::Pending;

/// Nesting of compounds, substitutions and quotes beyond which nothing is read: nobody writes such a line.
const MAX_DEPTH: u32 = 40;

/// Why a text could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unread {
    pub(crate) kind: UnreadKind,
    /// Byte offset.
    pub(crate) at: usize,
}

/// The kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnreadKind {
    /// Not the grammar of bash.
    Syntax(&'static str),
    /// Something was opened and not closed.
    Unterminated(&'static str),
    /// Nested too deeply.
    TooDeep,
    /// Too ambiguous to be read in linear time.
    TooMuch,
}

pub(super) type Parsed<T> = Result<T, Unread>;

/// Reads a program. Places are offsets into `text`, or all `fixed` where that is given.
pub(crate) fn parse(text: &str, fixed: Option<Span>) -> Parsed<List> {
    let mut parser = Parser::new(text, fixed);
    let list = parser.list()?;
    if parser.at < text.len() {
        return Err(parser.unexpected());
    }
    parser.end_of_input()?;
    Ok(list)
}

/// Reads a text as if it stood between double quotes: for what is expanded a second time.
pub(crate) fn parse_double_quoted(text: &str, fixed: Option<Span>) -> Parsed<Word> {
    Parser::new(text, fixed).here_body(text.len())
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Normal,
    /// Within `[[ ]]`: patterns may have groups.
    Test,
    /// After `=~`: parentheses and bars belong to the word.
    Regex,
}

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) bytes: &'t [u8],
    pub(super) at: usize,
    pub(super) fixed: Option<Span>,
    pub(super) depth: u32,
    pub(super) extglob: bool,
    steps: usize,
    pub(super) pending: Vec<Pending>,
}

const RESERVED: &[&str] = &[
    "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "select",
    "function", "coproc", "{", "}", "!", "[[", "time", "in",
];

/// Words that end a list.
pub(super) const CLOSING: &[&str] = &["then", "else", "elif", "fi", "do", "done", "esac", "}"];

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, fixed: Option<Span>) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            fixed,
            depth: 0,
            // bash has extended patterns switched off until a line says otherwise
            extglob: memchr::memmem::find(text.as_bytes(), b"extglob").is_some(),
            steps: 100_000 + 8 * text.len(),
            pending: Vec::new(),
        }
    }

    pub(super) fn span(&self, start: usize) -> Span {
        self.fixed.unwrap_or(Span { start, end: self.at })
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    pub(super) fn looking_at(&self, text: &str) -> bool {
        self.bytes[self.at..].starts_with(text.as_bytes())
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.looking_at(text);
        if found {
            self.at += text.len();
        }
        found
    }

    pub(super) fn error<T>(&self, kind: UnreadKind) -> Parsed<T> {
        Err(Unread { kind, at: self.at })
    }

    pub(super) fn unexpected(&self) -> Unread {
        let what = match self.peek() {
            None => "the command ends too early",
            Some(b'(') => "unexpected `(`",
            Some(b')') => "unexpected `)`",
            Some(b';') => "unexpected `;`",
            Some(b'&') => "unexpected `&`",
            Some(b'|') => "unexpected `|`",
            Some(b'\n') => "unexpected end of line",
            _ => "unexpected word",
        };
        Unread { kind: UnreadKind::Syntax(what), at: self.at }
    }

    /// Counts work: what is read again after a wrong guess is paid for.
    pub(super) fn step(&mut self) -> Parsed<()> {
        match self.steps.checked_sub(1) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => self.error(UnreadKind::TooMuch),
        }
    }

    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return self.error(UnreadKind::TooDeep);
        }
        self.depth += 1;
        let done = read(self);
        self.depth -= 1;
        done
    }

    /// Blanks, joined lines, and a comment.
    pub(super) fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\\') if self.peek_at(1) == Some(b'\n') => self.at += 2,
                Some(b'#') if self.at_word_start() => {
                    self.at = memchr::memchr(b'\n', &self.bytes[self.at..])
                        .map_or(self.bytes.len(), |length| self.at + length);
                }
                _ => return,
            }
        }
    }

    /// Whether a `#` here begins a comment.
    fn at_word_start(&self) -> bool {
        self.at == 0
            || matches!(
                self.bytes[self.at - 1],
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>'
            )
    }

    /// Blanks and line ends, and the bodies of here-documents after those.
    pub(super) fn newlines(&mut self) -> Parsed<()> {
        loop {
            self.blanks();
            if self.peek() != Some(b'\n') {
                return Ok(());
            }
            self.newline()?;
        }
    }

    fn newline(&mut self) -> Parsed<()> {
        self.at += 1;
        for here in std::mem::take(&mut self.pending) {
            self.here_document(&here)?;
        }
        Ok(())
    }

    /// Bash reads a here-document that is never closed up to the end, with a warning.
    fn end_of_input(&mut self) -> Parsed<()> {
        if self.pending.is_empty() { Ok(()) } else { self.error(UnreadKind::Unterminated("here-document")) }
    }

    /// The reserved word that begins here, if it stands alone.
    pub(super) fn reserved(&self) -> Option<&'static str> {
        let rest = &self.bytes[self.at..];
        let length = rest
            .iter()
            .position(|byte| {
                matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>')
            })
            .unwrap_or(rest.len());
        if length == 0 || length > 8 {
            return None;
        }
        let word = &rest[..length];
        RESERVED.iter().copied().find(|reserved| reserved.as_bytes() == word)
    }

    pub(super) fn eat_reserved(&mut self, word: &'static str) -> bool {
        let found = self.reserved() == Some(word);
        if found {
            self.at += word.len();
        }
        found
    }

    pub(super) fn expect_reserved(&mut self, word: &'static str) -> Parsed<()> {
        self.newlines()?;
        if self.eat_reserved(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn close(&mut self, byte: u8) -> Parsed<()> {
        self.newlines()?;
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        match self.peek() {
            None => self.error(UnreadKind::Unterminated("parenthesis")),
            Some(_) => Err(self.unexpected()),
        }
    }

    pub(super) fn push_char(&mut self, text: &mut String) {
        if let Some(character) = self.text[self.at..].chars().next() {
            text.push(character);
            self.at += character.len_utf8();
        }
    }
}

/// Length of the variable name at the start.
pub(super) fn name_length(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => bytes
            .iter()
            .position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
            .unwrap_or(bytes.len()),
        _ => 0,
    }
}

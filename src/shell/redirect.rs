//! Redirections and here-documents.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::span::Span;

use super::ast::{Piece, Redirect, RedirectOp, Target, Word};
use super::parse::{Mode, Parsed, Parser, UnreadKind, name_length};

/// A here-document whose body is yet to come.
pub(super) struct Pending {
    delimiter: String,
    quoted: bool,
    tabs: bool,
    body: Rc<OnceCell<Word>>,
}

impl Parser<'_> {
    pub(super) fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let start = self.at;
        let mut fd = None;
        let mut at = start;
        match self.bytes.get(at) {
            Some(b'0'..=b'9') => {
                while matches!(self.bytes.get(at), Some(b'0'..=b'9')) {
                    at += 1;
                }
                if !matches!(self.bytes.get(at), Some(b'<' | b'>')) {
                    return Ok(None);
                }
                fd = Some(self.text[start..at].parse().unwrap_or(u32::MAX));
            }
            // `{name}>file`
            Some(b'{') => {
                let length = name_length(&self.bytes[at + 1..]);
                let after = at + 1 + length;
                if length == 0
                    || self.bytes.get(after) != Some(&b'}')
                    || !matches!(self.bytes.get(after + 1), Some(b'<' | b'>'))
                {
                    return Ok(None);
                }
                at = after + 1;
                fd = Some(u32::MAX);
            }
            Some(b'<' | b'>') => {}
            Some(b'&') if self.bytes.get(at + 1) == Some(&b'>') => {}
            _ => return Ok(None),
        }
        let rest = &self.bytes[at..];
        // a process substitution is a word
        if fd.is_none() && matches!(rest, [b'<' | b'>', b'(', ..]) {
            return Ok(None);
        }
        const OPERATORS: &[(&str, RedirectOp)] = &[
            ("&>>", RedirectOp::AppendBoth),
            ("&>", RedirectOp::WriteBoth),
            ("<<<", RedirectOp::HereString),
            ("<<-", RedirectOp::HereDocument),
            ("<<", RedirectOp::HereDocument),
            ("<&", RedirectOp::DupInput),
            ("<>", RedirectOp::ReadWrite),
            ("<", RedirectOp::Read),
            (">>", RedirectOp::Append),
            (">&", RedirectOp::DupOutput),
            (">|", RedirectOp::Write),
            (">", RedirectOp::Write),
        ];
        let Some((text, op)) = OPERATORS.iter().copied().find(|(text, _)| rest.starts_with(text.as_bytes()))
        else {
            return Ok(None);
        };
        self.at = at + text.len();
        // what is joined to an operator may make another one of it: `<<` and `-`
        if self.looking_at("\\\n") {
            return self.error(UnreadKind::Syntax("a line is joined within an operator"));
        }
        self.blanks();
        if matches!(self.peek(), None | Some(b'\n' | b';' | b'&' | b'|' | b')')) {
            return Err(self.unexpected());
        }
        if op == RedirectOp::HereDocument {
            let (delimiter, quoted) = self.delimiter()?;
            let body = Rc::new(OnceCell::new());
            self.pending.push(Pending { delimiter, quoted, tabs: text == "<<-", body: body.clone() });
            return Ok(Some(Redirect { fd, op, target: Target::Here(body) }));
        }
        let target = Target::Word(self.word(Mode::Normal)?);
        Ok(Some(Redirect { fd, op, target }))
    }

    /// The delimiter of a here-document: quotes are taken away, nothing is expanded.
    fn delimiter(&mut self) -> Parsed<(String, bool)> {
        let mut text = String::new();
        let mut quoted = false;
        loop {
            match self.peek() {
                None | Some(b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>') => break,
                Some(b'\\') => {
                    self.at += 1;
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                        continue;
                    }
                    quoted = true;
                    self.push_char(&mut text);
                }
                Some(quote @ (b'\'' | b'"')) => {
                    quoted = true;
                    self.at += 1;
                    let Some(length) = memchr::memchr(quote, &self.bytes[self.at..]) else {
                        return self.error(UnreadKind::Unterminated("quote"));
                    };
                    let inner = &self.text[self.at..self.at + length];
                    if inner.contains(['\\', '\n']) {
                        return self.error(UnreadKind::Syntax("a delimiter nobody writes"));
                    }
                    text.push_str(inner);
                    self.at += length + 1;
                }
                // bash takes these apart in ways that are not worth following
                Some(b'$' | b'`') => return self.error(UnreadKind::Syntax("a delimiter nobody writes")),
                Some(_) => self.push_char(&mut text),
            }
        }
        Ok((text, quoted))
    }

    pub(super) fn here_document(&mut self, here: &Pending) -> Parsed<()> {
        let start = self.at;
        let mut lines: Vec<(usize, usize)> = Vec::new();
        loop {
            if self.at >= self.bytes.len() {
                self.at = start;
                return self.error(UnreadKind::Unterminated("here-document"));
            }
            let begin = self.at;
            let mut end =
                memchr::memchr(b'\n', &self.bytes[begin..]).map_or(self.bytes.len(), |length| begin + length);
            // a joined line is one line, also where it is compared with the delimiter
            while !here.quoted && end < self.bytes.len() && ends_in_escape(&self.bytes[begin..end]) {
                end = memchr::memchr(b'\n', &self.bytes[end + 1..])
                    .map_or(self.bytes.len(), |length| end + 1 + length);
            }
            let mut from = begin;
            if here.tabs {
                while self.bytes.get(from) == Some(&b'\t') && from < end {
                    from += 1;
                }
            }
            self.at = (end + 1).min(self.bytes.len());
            let line = &self.text[from..end];
            let joined;
            let line = if !here.quoted && line.contains("\\\n") {
                joined = line.replace("\\\n", "");
                joined.as_str()
            } else {
                line
            };
            // within `$(…)` bash lets the closing parenthesis follow the delimiter
            if line == here.delimiter {
                if end < self.bytes.len() {
                    self.at = end + 1;
                }
                // the line end before the next command is already eaten, as the caller expects
                break;
            }
            if self.depth > 1
                && line.strip_prefix(here.delimiter.as_str()).is_some_and(|rest| rest.starts_with(')'))
            {
                self.at = from + here.delimiter.len();
                break;
            }
            lines.push((from, self.at));
        }
        let word = if here.tabs {
            let text: String = lines.iter().map(|&(from, to)| &self.text[from..to]).collect();
            let fixed = Some(self.fixed.unwrap_or(Span { start, end: self.at }));
            if here.quoted {
                quoted_word(text, fixed)
            } else {
                let mut inner = Parser::new(&text, fixed);
                inner.depth = self.depth;
                inner.here_body(text.len())?
            }
        } else {
            let end = lines.last().map_or(start, |&(_, to)| to);
            if here.quoted {
                quoted_word(self.text[start..end].to_owned(), Some(self.fixed.unwrap_or(Span { start, end })))
            } else {
                let after = self.at;
                self.at = start;
                let word = self.here_body(end)?;
                self.at = after;
                word
            }
        };
        let _ = here.body.set(word);
        Ok(())
    }
}

fn quoted_word(text: String, span: Option<Span>) -> Word {
    Word { pieces: vec![Piece::Quoted(text)], span }
}

fn ends_in_escape(line: &[u8]) -> bool {
    line.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

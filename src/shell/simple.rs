//! Simple commands: assignments, arrays, words.

use super::ast::{Assignment, Command, Kind, Piece, Word};
use super::parse::{Mode, Parsed, Parser, UnreadKind, name_length};

impl Parser<'_> {
    pub(super) fn simple(&mut self, start: usize) -> Parsed<Command> {
        let mut assignments = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            match self.peek() {
                None | Some(b'\n' | b';' | b'&' | b'|' | b')') => break,
                Some(b'(') => {
                    if let ([word], true, true) =
                        (words.as_slice(), assignments.is_empty(), redirects.is_empty())
                    {
                        let name = match word.pieces.as_slice() {
                            [Piece::Literal(name)] => name.clone(),
                            _ => return Err(self.unexpected()),
                        };
                        self.at += 1;
                        self.blanks();
                        if name != "!" && !self.eat(")") {
                            return Err(self.unexpected());
                        }
                        if name == "!" {
                            // `!(…)` without extended patterns
                            let list = self.some_list()?;
                            self.close(b')')?;
                            return Ok(Command {
                                kind: Kind::Subshell(list),
                                redirects,
                                span: self.span(start),
                            });
                        }
                        let kind = self.function_body(name)?;
                        return Ok(Command { kind, redirects, span: self.span(start) });
                    }
                    return Err(self.unexpected());
                }
                _ => {}
            }
            if words.is_empty()
                && let Some(assignment) = self.assignment()?
            {
                assignments.push(assignment);
                continue;
            }
            let word = self.word(Mode::Normal)?;
            words.push(word);
        }
        if words.is_empty() && assignments.is_empty() && redirects.is_empty() {
            return Err(self.unexpected());
        }
        Ok(Command { kind: Kind::Simple { assignments, words }, redirects, span: self.span(start) })
    }

    /// `name=`, `name+=`, `name[…]=` and the value.
    fn assignment(&mut self) -> Parsed<Option<Assignment>> {
        let start = self.at;
        let length = name_length(&self.bytes[start..]);
        if length == 0 {
            return Ok(None);
        }
        let name = self.text[start..start + length].to_owned();
        self.at = start + length;
        let mut index = None;
        if self.peek() == Some(b'[') {
            self.at += 1;
            match self.deeper(|parser| parser.arithmetic(b']'))? {
                Some(word) if matches!(self.peek(), Some(b'=' | b'+')) => index = Some(word),
                _ => {
                    self.at = start;
                    return Ok(None);
                }
            }
        }
        let append = self.peek() == Some(b'+') && self.peek_at(1) == Some(b'=');
        if append {
            self.at += 1;
        }
        if self.peek() != Some(b'=') {
            self.at = start;
            return Ok(None);
        }
        self.at += 1;
        let value = if self.peek() == Some(b'(') {
            let from = self.at;
            let array = self.array()?;
            Word { pieces: vec![array], span: Some(self.span(from)) }
        } else if matches!(self.peek(), None | Some(b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b')')) {
            Word { pieces: Vec::new(), span: Some(self.span(self.at)) }
        } else {
            self.word(Mode::Normal)?
        };
        Ok(Some(Assignment { name, index, append, value, span: self.span(start) }))
    }

    /// `(…)` of an array.
    pub(super) fn array(&mut self) -> Parsed<Piece> {
        self.at += 1;
        self.deeper(|parser| {
            let mut elements = Vec::new();
            loop {
                parser.newlines()?;
                match parser.peek() {
                    Some(b')') => {
                        parser.at += 1;
                        return Ok(Piece::Array(elements));
                    }
                    None => return parser.error(UnreadKind::Unterminated("array")),
                    Some(b';' | b'&' | b'|' | b'(') => return Err(parser.unexpected()),
                    _ => {}
                }
                let start = parser.at;
                let mut key = None;
                if parser.peek() == Some(b'[') {
                    parser.at += 1;
                    match parser.deeper(|parser| parser.arithmetic(b']')) {
                        Ok(Some(word)) if parser.peek() == Some(b'=') => {
                            parser.at += 1;
                            key = Some(word);
                        }
                        _ => parser.at = start,
                    }
                }
                let value = match parser.peek() {
                    None | Some(b' ' | b'\t' | b'\n' | b')') if key.is_some() => Word::default(),
                    _ => parser.word(Mode::Normal)?,
                };
                elements.push((key, value));
            }
        })
    }
}

//! `${…}`.

use std::rc::Rc;

use super::ast::{Name, Op, Parameter, Piece, Replace, Word};
use super::parse::{Parsed, Parser, UnreadKind, name_length};

impl Parser<'_> {
    /// What follows `${`; `start` is where the `$` stands.
    pub(super) fn braced(&mut self, start: usize, quoted: bool) -> Parsed<Piece> {
        // `${ command; }` and `${| command; }` of newer shells
        if matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'|')) {
            if self.peek() == Some(b'|') {
                self.at += 1;
            }
            let list = self.list()?;
            self.newlines()?;
            if !self.eat("}") {
                return self.error(UnreadKind::Unterminated("`${`"));
            }
            let source = Rc::from(&self.text[start..self.at]);
            return Ok(Piece::Substitution { list: Rc::new(list), source, quoted });
        }
        let mut indirect = false;
        let mut length = false;
        match (self.peek(), self.peek_at(1)) {
            (Some(b'#'), Some(next)) if next != b'}' && (is_name_byte(next) || b"@*?!$-".contains(&next)) => {
                length = true;
                self.at += 1;
            }
            (Some(b'!'), Some(next)) if is_name_byte(next) || b"@*#".contains(&next) => {
                indirect = true;
                self.at += 1;
            }
            _ => {}
        }
        let Some(name) = self.parameter_name() else {
            let word = self.operand(b"}", quoted)?;
            return self.close_brace(start, Name::Special('!'), false, Op::Odd(word), quoted);
        };
        let mut index = None;
        if matches!(name, Name::Variable(_)) && self.peek() == Some(b'[') {
            self.at += 1;
            match self.arithmetic(b']')? {
                Some(word) => index = Some(word),
                None => return self.error(UnreadKind::Unterminated("`[`")),
            }
        }
        let op = if length {
            if self.peek() == Some(b'}') { Op::Length } else { Op::Odd(self.operand(b"}", quoted)?) }
        } else {
            self.operation(quoted, indirect)?
        };
        let op = match index {
            Some(word) => Op::Index(word, Box::new(op)),
            None => op,
        };
        self.close_brace(start, name, indirect, op, quoted)
    }

    fn close_brace(
        &mut self,
        start: usize,
        name: Name,
        indirect: bool,
        op: Op,
        quoted: bool,
    ) -> Parsed<Piece> {
        if self.peek() != Some(b'}') {
            return self.error(UnreadKind::Unterminated("`${`"));
        }
        self.at += 1;
        let source = self.text[start..self.at].to_owned();
        Ok(Piece::Parameter { parameter: Rc::new(Parameter { name, indirect, op, source }), quoted })
    }

    fn parameter_name(&mut self) -> Option<Name> {
        let rest = &self.bytes[self.at..];
        let length = name_length(rest);
        if length > 0 {
            let name = self.text[self.at..self.at + length].to_owned();
            self.at += length;
            return Some(Name::Variable(name));
        }
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 {
            let number = self.text[self.at..self.at + digits].parse().unwrap_or(u32::MAX);
            self.at += digits;
            return Some(Name::Positional(number));
        }
        let byte = *rest.first()?;
        if b"@*#?-$!".contains(&byte) {
            self.at += 1;
            return Some(Name::Special(char::from(byte)));
        }
        None
    }

    fn operation(&mut self, quoted: bool, indirect: bool) -> Parsed<Op> {
        let Some(byte) = self.peek() else { return self.error(UnreadKind::Unterminated("`${`")) };
        match byte {
            b'}' => Ok(Op::None),
            b'-' | b'=' | b'?' | b'+' => {
                self.at += 1;
                Ok(Op::Default { colon: false, kind: char::from(byte), word: self.operand(b"}", quoted)? })
            }
            b':' => match self.peek_at(1) {
                Some(kind @ (b'-' | b'=' | b'?' | b'+')) => {
                    self.at += 2;
                    Ok(Op::Default { colon: true, kind: char::from(kind), word: self.operand(b"}", quoted)? })
                }
                _ => {
                    self.at += 1;
                    let offset = self.operand(b":}", true)?;
                    let length = if self.eat(":") { Some(self.operand(b"}", true)?) } else { None };
                    Ok(Op::Substring { offset, length })
                }
            },
            b'#' | b'%' => {
                self.at += 1;
                let longest = self.peek() == Some(byte);
                if longest {
                    self.at += 1;
                }
                Ok(Op::Trim { suffix: byte == b'%', longest, pattern: self.operand(b"}", false)? })
            }
            b'/' => {
                self.at += 1;
                let how = match self.peek() {
                    Some(b'/') => Replace::All,
                    Some(b'#') => Replace::Start,
                    Some(b'%') => Replace::End,
                    _ => Replace::First,
                };
                if how != Replace::First {
                    self.at += 1;
                }
                let pattern = self.operand(b"/}", false)?;
                let with = if self.eat("/") { self.operand(b"}", false)? } else { Word::default() };
                Ok(Op::Replace { how, pattern, with })
            }
            b'^' | b',' => {
                self.at += 1;
                let all = self.peek() == Some(byte);
                if all {
                    self.at += 1;
                }
                Ok(Op::Case { upper: byte == b'^', all, pattern: self.operand(b"}", false)? })
            }
            b'@' if indirect && self.peek_at(1) == Some(b'}') => {
                self.at += 1;
                Ok(Op::Names)
            }
            b'*' if indirect && self.peek_at(1) == Some(b'}') => {
                self.at += 1;
                Ok(Op::Names)
            }
            b'@' if self.peek_at(2) == Some(b'}') => {
                let kind = self.peek_at(1).map_or('?', char::from);
                if !kind.is_ascii_alphabetic() {
                    return Ok(Op::Odd(self.operand(b"}", quoted)?));
                }
                self.at += 2;
                Ok(Op::Transform(kind))
            }
            _ => Ok(Op::Odd(self.operand(b"}", quoted)?)),
        }
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

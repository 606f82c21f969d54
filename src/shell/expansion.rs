//! What a dollar sign, backquotes and `<(` begin: variables, substitutions, arithmetic.

use std::rc::Rc;

use super::ast::{Name, Op, Parameter, Piece, Word};
use super::parse::{Parsed, Parser, UnreadKind, name_length};
use super::word::Pieces;

impl Parser<'_> {
    /// `<(…)` and `>(…)`
    pub(super) fn process(&mut self, pieces: &mut Pieces) -> Parsed<()> {
        let start = self.at;
        let write = self.bytes[start] == b'>';
        self.at += 2;
        let list = self.list()?;
        self.close(b')')?;
        pieces.push(Piece::Process { list: Rc::new(list), write });
        Ok(())
    }

    /// What begins with `$`.
    pub(super) fn dollar(&mut self, pieces: &mut Pieces, quoted: bool) -> Parsed<()> {
        let start = self.at;
        self.at += 1;
        // the shell joins lines before it looks at what follows
        while self.looking_at("\\\n") {
            self.at += 2;
        }
        match self.peek() {
            Some(b'\'') if !quoted => {
                self.at += 1;
                let text = self.ansi_c()?;
                pieces.quoted(&text);
            }
            Some(b'"') if !quoted => {
                self.at += 1;
                self.double_quoted(pieces)?;
            }
            Some(b'(') => {
                if self.peek_at(1) == Some(b'(') {
                    self.at += 2;
                    if let Some(word) = self.deeper(|parser| parser.arithmetic(b')'))? {
                        let source = Rc::from(&self.text[start..self.at]);
                        pieces.push(Piece::Arithmetic { word: Rc::new(word), source });
                        return Ok(());
                    }
                    self.at = start + 1;
                }
                self.at += 1;
                let list = self.list()?;
                self.close(b')')?;
                let source = Rc::from(&self.text[start..self.at]);
                pieces.push(Piece::Substitution { list: Rc::new(list), source, quoted });
            }
            Some(b'[') => {
                self.at += 1;
                match self.deeper(|parser| parser.arithmetic(b']'))? {
                    Some(word) => {
                        let source = Rc::from(&self.text[start..self.at]);
                        pieces.push(Piece::Arithmetic { word: Rc::new(word), source });
                    }
                    None => return self.error(UnreadKind::Unterminated("arithmetic")),
                }
            }
            Some(b'{') => {
                self.at += 1;
                let piece = self.deeper(|parser| parser.braced(start, quoted))?;
                pieces.push(piece);
            }
            Some(byte) => {
                let rest = &self.bytes[self.at..];
                let length = name_length(rest);
                let name = if length > 0 {
                    let mut name = self.text[self.at..self.at + length].to_owned();
                    self.at += length;
                    while self.looking_at("\\\n") {
                        let more = name_bytes(&self.bytes[self.at + 2..]);
                        if more == 0 {
                            break;
                        }
                        name.push_str(&self.text[self.at + 2..self.at + 2 + more]);
                        self.at += 2 + more;
                    }
                    Name::Variable(name)
                } else if byte.is_ascii_digit() {
                    self.at += 1;
                    Name::Positional(u32::from(byte - b'0'))
                } else if b"@*#?-$!".contains(&byte) {
                    self.at += 1;
                    Name::Special(char::from(byte))
                } else {
                    if quoted {
                        pieces.quoted("$")
                    } else {
                        pieces.literal("$")
                    }
                    return Ok(());
                };
                let source = self.text[start..self.at].to_owned();
                let parameter = Parameter { name, indirect: false, op: Op::None, source };
                pieces.push(Piece::Parameter { parameter: Rc::new(parameter), quoted });
            }
            None => {
                if quoted {
                    pieces.quoted("$");
                } else {
                    pieces.literal("$");
                }
            }
        }
        Ok(())
    }

    /// `` `…` ``: within, a backslash only counts before `$`, `` ` `` and itself.
    pub(super) fn backquotes(&mut self, pieces: &mut Pieces, quoted: bool) -> Parsed<()> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.peek() {
                None => {
                    self.at = start;
                    return self.error(UnreadKind::Unterminated("backquote"));
                }
                Some(b'`') => {
                    self.at += 1;
                    break;
                }
                Some(b'\\') => {
                    match self.peek_at(1) {
                        Some(b'$' | b'`' | b'\\') => self.at += 1,
                        Some(b'"') if quoted => self.at += 1,
                        _ => {
                            text.push('\\');
                            self.at += 1;
                            continue;
                        }
                    }
                    self.push_char(&mut text);
                }
                Some(_) => {
                    let rest = &self.bytes[self.at..];
                    let length =
                        rest.iter().position(|byte| matches!(byte, b'`' | b'\\')).unwrap_or(rest.len());
                    text.push_str(&self.text[self.at..self.at + length]);
                    self.at += length;
                }
            }
        }
        let span = self.span(start);
        let list = self.deeper(|parser| {
            let mut inner = Parser::new(&text, Some(span));
            inner.depth = parser.depth;
            inner.extglob = parser.extglob;
            inner.whole()
        })?;
        let source = Rc::from(&self.text[start..self.at]);
        pieces.push(Piece::Substitution { list: Rc::new(list), source, quoted });
        Ok(())
    }

    fn whole(&mut self) -> Parsed<super::ast::List> {
        let list = self.list()?;
        if self.at < self.bytes.len() || !self.pending.is_empty() {
            return self.error(UnreadKind::Syntax("unexpected word"));
        }
        Ok(list)
    }

    /// `$'…'`, its escapes resolved.
    fn ansi_c(&mut self) -> Parsed<String> {
        let start = self.at;
        loop {
            match self.peek() {
                None => {
                    self.at = start;
                    return self.error(UnreadKind::Unterminated("quote"));
                }
                Some(b'\'') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
            }
        }
        let text = crate::shell::escape::ansi_c(&self.text[start..self.at.min(self.text.len())]);
        self.at += 1;
        Ok(text)
    }

    /// An arithmetic expression up to the byte that closes it (`))` for `)`), as pieces; nothing if a single
    /// parenthesis closes it, which means that it never was one.
    pub(super) fn arithmetic(&mut self, end: u8) -> Parsed<Option<Word>> {
        let start = self.at;
        let mut pieces = Pieces::default();
        let mut open = 0_usize;
        let mut run = start;
        loop {
            self.step()?;
            let Some(byte) = self.peek() else {
                return if end == b')' {
                    Ok(None)
                } else {
                    self.error(UnreadKind::Unterminated("arithmetic"))
                };
            };
            let special = matches!(byte, b'$' | b'`' | b'"' | b'\'' | b'\\') || (byte == end && open == 0);
            if !special {
                match byte {
                    b'(' if end == b')' => open += 1,
                    b')' if end == b')' => open -= 1,
                    b'[' if end == b']' => open += 1,
                    b']' if end == b']' => open -= 1,
                    _ => {}
                }
                self.at += 1;
                continue;
            }
            pieces.quoted(&self.text[run..self.at]);
            match byte {
                b'$' => self.dollar(&mut pieces, true)?,
                b'`' => self.backquotes(&mut pieces, true)?,
                b'"' => {
                    self.at += 1;
                    self.double_quoted(&mut pieces)?;
                }
                b'\'' => {
                    self.at += 1;
                    let text = self.single_quoted()?;
                    pieces.quoted(text);
                }
                b'\\' => {
                    self.at += 1;
                    let mut text = String::new();
                    self.push_char(&mut text);
                    if text != "\n" {
                        pieces.quoted(&text);
                    }
                }
                _ => {
                    // the closing byte
                    if end == b')' {
                        if self.peek_at(1) != Some(b')') {
                            return Ok(None);
                        }
                        self.at += 1;
                    }
                    let word = Word { pieces: pieces.0, span: Some(self.span(start)) };
                    self.at += 1;
                    return Ok(Some(word));
                }
            }
            run = self.at;
        }
    }
}

/// How many bytes at the start may go on a name.
fn name_bytes(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
}

//! Lists, pipelines, and whether a command is simple or compound.

use super::ast::{Command, Connector, Item, List, Pipeline};
use super::parse::{CLOSING, Parsed, Parser};

impl<'t> Parser<'t> {
    /// Commands up to whatever cannot go on the list.
    pub(super) fn list(&mut self) -> Parsed<List> {
        self.deeper(|parser| {
            let mut list = List::default();
            loop {
                parser.newlines()?;
                match parser.peek() {
                    None | Some(b')') => return Ok(list),
                    Some(b';') if matches!(parser.peek_at(1), Some(b';' | b'&')) => return Ok(list),
                    _ => {}
                }
                if parser.reserved().is_some_and(|word| CLOSING.contains(&word)) {
                    return Ok(list);
                }
                let mut item = parser.item()?;
                parser.blanks();
                match parser.peek() {
                    Some(b';') if !matches!(parser.peek_at(1), Some(b';' | b'&')) => parser.at += 1,
                    Some(b'&') => {
                        parser.at += 1;
                        item.background = true;
                    }
                    None | Some(b'\n' | b')' | b';') => {}
                    // after a compound command its closing word may follow at once
                    _ if parser.reserved().is_some_and(|word| CLOSING.contains(&word)) => {}
                    _ => return Err(parser.unexpected()),
                }
                list.items.push(item);
            }
        })
    }

    /// A list that must hold something.
    pub(super) fn some_list(&mut self) -> Parsed<List> {
        let list = self.list()?;
        if list.items.is_empty() { Err(self.unexpected()) } else { Ok(list) }
    }

    fn item(&mut self) -> Parsed<Item> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let connector = if self.eat("&&") {
                Connector::And
            } else if self.eat("||") {
                Connector::Or
            } else {
                return Ok(Item { first, rest, background: false });
            };
            self.newlines()?;
            rest.push((connector, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Parsed<Pipeline> {
        self.step()?;
        let mut prefixed = false;
        loop {
            self.blanks();
            // without extended patterns, `!(` is a negated subshell
            if self.eat_reserved("!") {
                // what it makes of the result is nobody's concern here
            } else if self.eat_reserved("time") {
                self.blanks();
                while matches!(self.option_word(), Some("-p" | "--")) {
                    self.at += 2;
                    self.blanks();
                }
            } else {
                break;
            }
            prefixed = true;
        }
        let mut commands = Vec::new();
        if prefixed && matches!(self.peek(), None | Some(b'\n' | b';' | b')')) {
            return Ok(Pipeline { commands });
        }
        loop {
            commands.push(self.command()?);
            self.blanks();
            if self.peek() != Some(b'|') || self.peek_at(1) == Some(b'|') {
                return Ok(Pipeline { commands });
            }
            self.at += 1;
            if self.peek() == Some(b'&') {
                self.at += 1;
            }
            self.newlines()?;
        }
    }

    /// A two-letter word.
    fn option_word(&self) -> Option<&'t str> {
        let word = self.text.get(self.at..self.at + 2)?;
        matches!(self.peek_at(2), None | Some(b' ' | b'\t' | b'\n' | b';')).then_some(word)
    }

    pub(super) fn command(&mut self) -> Parsed<Command> {
        self.step()?;
        self.blanks();
        let start = self.at;
        let kind = match self.compound()? {
            Some(kind) => kind,
            None => return self.simple(start),
        };
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            match self.redirect()? {
                Some(redirect) => redirects.push(redirect),
                None => return Ok(Command { kind, redirects, span: self.span(start) }),
            }
        }
    }
}

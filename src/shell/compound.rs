//! Compound commands: groups, loops, conditions, functions, coprocesses, tests.

use std::rc::Rc;

use super::ast::{CaseItem, Command, Kind, List, Piece, Word};
use super::parse::{CLOSING, Mode, Parsed, Parser, UnreadKind, name_length};

impl Parser<'_> {
    pub(super) fn compound(&mut self) -> Parsed<Option<Kind>> {
        if self.peek() == Some(b'(') {
            if self.peek_at(1) == Some(b'(')
                && let Some(word) = self.arithmetic_command()?
            {
                return Ok(Some(Kind::Arithmetic(word)));
            }
            self.at += 1;
            let list = self.some_list()?;
            self.close(b')')?;
            return Ok(Some(Kind::Subshell(list)));
        }
        let Some(word) = self.reserved() else { return Ok(None) };
        if matches!(word, "in" | "time" | "!") {
            return Ok(None);
        }
        if CLOSING.contains(&word) {
            return Err(self.unexpected());
        }
        self.at += word.len();
        let kind = match word {
            "{" => {
                let list = self.some_list()?;
                self.expect_reserved("}")?;
                Kind::Group(list)
            }
            "if" => self.if_clause()?,
            "while" | "until" => {
                let condition = self.some_list()?;
                self.expect_reserved("do")?;
                let body = self.some_list()?;
                self.expect_reserved("done")?;
                Kind::While { condition, body }
            }
            "for" | "select" => self.for_clause(word == "select")?,
            "case" => self.case_clause()?,
            "function" => self.function_clause()?,
            "coproc" => self.coprocess()?,
            "[[" => self.test_clause()?,
            _ => return Err(self.unexpected()),
        };
        Ok(Some(kind))
    }

    /// `((…))`, or nothing when it turns out to be a subshell in a subshell.
    fn arithmetic_command(&mut self) -> Parsed<Option<Word>> {
        let start = self.at;
        self.at += 2;
        let found = self.deeper(|parser| parser.arithmetic(b')'))?;
        if found.is_none() {
            self.at = start;
        }
        Ok(found)
    }

    fn if_clause(&mut self) -> Parsed<Kind> {
        let mut branches = Vec::new();
        loop {
            let condition = self.some_list()?;
            self.expect_reserved("then")?;
            let body = self.some_list()?;
            branches.push((condition, body));
            self.newlines()?;
            if self.eat_reserved("elif") {
                continue;
            }
            let otherwise = if self.eat_reserved("else") { Some(self.some_list()?) } else { None };
            self.expect_reserved("fi")?;
            return Ok(Kind::If { branches, otherwise });
        }
    }

    fn do_group(&mut self) -> Parsed<List> {
        self.newlines()?;
        if self.eat_reserved("do") {
            let body = self.some_list()?;
            self.expect_reserved("done")?;
            return Ok(body);
        }
        if self.eat_reserved("{") {
            let body = self.some_list()?;
            self.expect_reserved("}")?;
            return Ok(body);
        }
        Err(self.unexpected())
    }

    fn for_clause(&mut self, select: bool) -> Parsed<Kind> {
        self.blanks();
        if !select && self.looking_at("((") {
            self.at += 2;
            let Some(parts) = self.deeper(|parser| parser.arithmetic(b')'))? else {
                return Err(self.unexpected());
            };
            self.blanks();
            self.eat(";");
            let body = self.do_group()?;
            return Ok(Kind::ArithmeticFor { parts, body });
        }
        let name = self.plain_word()?;
        if !is_name(&name) {
            return self.error(UnreadKind::Syntax("not the name of a variable"));
        }
        self.newlines()?;
        let words = if self.eat_reserved("in") {
            let mut words = Vec::new();
            loop {
                self.blanks();
                match self.peek() {
                    Some(b';') => {
                        self.at += 1;
                        break;
                    }
                    Some(b'\n') => break,
                    None | Some(b'&' | b'|' | b'(' | b')') => return Err(self.unexpected()),
                    _ => words.push(self.word(Mode::Normal)?),
                }
            }
            Some(words)
        } else {
            self.blanks();
            self.eat(";");
            None
        };
        let body = self.do_group()?;
        Ok(Kind::For { name, words, body, select })
    }

    fn case_clause(&mut self) -> Parsed<Kind> {
        self.blanks();
        let word = self.word(Mode::Normal)?;
        self.expect_reserved("in")?;
        let mut items = Vec::new();
        loop {
            self.newlines()?;
            if self.eat_reserved("esac") {
                return Ok(Kind::Case { word, items });
            }
            self.eat("(");
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                patterns.push(self.word(Mode::Normal)?);
                self.blanks();
                if self.eat("|") {
                    continue;
                }
                if self.eat(")") {
                    break;
                }
                return Err(self.unexpected());
            }
            let body = self.list()?;
            self.newlines()?;
            let falls = self.looking_at(";;&") || self.looking_at(";&");
            let ended = self.eat(";;&") || self.eat(";;") || self.eat(";&");
            items.push(CaseItem { patterns, body, falls });
            if !ended {
                self.expect_reserved("esac")?;
                return Ok(Kind::Case { word, items });
            }
        }
    }

    fn function_clause(&mut self) -> Parsed<Kind> {
        self.blanks();
        let name = self.plain_word()?;
        self.blanks();
        if self.eat("(") {
            self.blanks();
            if !self.eat(")") {
                return Err(self.unexpected());
            }
        }
        self.function_body(name)
    }

    pub(super) fn function_body(&mut self, name: String) -> Parsed<Kind> {
        self.newlines()?;
        let start = self.at;
        let body = self.deeper(|parser| {
            let Some(kind) = parser.compound()? else { return Err(parser.unexpected()) };
            let mut redirects = Vec::new();
            loop {
                parser.blanks();
                match parser.redirect()? {
                    Some(redirect) => redirects.push(redirect),
                    None => return Ok(Command { kind, redirects, span: parser.span(start) }),
                }
            }
        })?;
        Ok(Kind::Function { name, body: Rc::new(body) })
    }

    fn coprocess(&mut self) -> Parsed<Kind> {
        self.blanks();
        let start = self.at;
        // a name counts as one only before a compound command
        if self.reserved().is_none() && self.peek() != Some(b'(') {
            let word = self.word(Mode::Normal)?;
            self.blanks();
            let compound = self.peek() == Some(b'(') || self.reserved().is_some_and(|word| word != "in");
            if !matches!(word.pieces.as_slice(), [Piece::Literal(name)] if is_name(name)) || !compound {
                self.at = start;
            }
        }
        let command = self.deeper(Self::command)?;
        Ok(Kind::Coprocess(Box::new(command)))
    }

    fn test_clause(&mut self) -> Parsed<Kind> {
        let mut words: Vec<Word> = Vec::new();
        let mut mode = Mode::Test;
        loop {
            self.newlines()?;
            if self.looking_at("]]")
                && matches!(
                    self.peek_at(2),
                    None | Some(b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b')' | b'<' | b'>')
                )
            {
                self.at += 2;
                return Ok(Kind::Test(words));
            }
            if mode == Mode::Test && (self.eat("&&") || self.eat("||") || self.eat("(") || self.eat(")")) {
                continue;
            }
            if mode == Mode::Test && matches!(self.peek(), Some(b'<' | b'>')) && self.peek_at(1) != Some(b'(')
            {
                self.at += 1;
                continue;
            }
            match self.peek() {
                None => return self.error(UnreadKind::Unterminated("[[")),
                Some(b';' | b'&' | b'|') if mode == Mode::Test => return Err(self.unexpected()),
                _ => {}
            }
            let word = self.word(mode)?;
            mode = match word.pieces.as_slice() {
                [Piece::Literal(text)] if text == "=~" => Mode::Regex,
                _ => Mode::Test,
            };
            words.push(word);
        }
    }

    /// A word without any expansion, such as a name.
    fn plain_word(&mut self) -> Parsed<String> {
        let word = self.word(Mode::Normal)?;
        match word.pieces.as_slice() {
            [Piece::Literal(text)] => Ok(text.clone()),
            _ => self.error(UnreadKind::Syntax("not a name")),
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && name_length(text.as_bytes()) == text.len()
}

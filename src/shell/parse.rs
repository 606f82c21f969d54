//! Lists, pipelines, commands, redirections.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::span::Span;

use super::ast::{
    Assignment, CaseItem, Command, Connector, Item, Kind, List, Piece, Pipeline, Redirect, RedirectOp,
    Target, Word,
};

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

/// A here-document whose body is yet to come.
pub(super) struct Pending {
    delimiter: String,
    quoted: bool,
    tabs: bool,
    body: Rc<OnceCell<Word>>,
}

/// What ends a word besides blanks.
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
const CLOSING: &[&str] = &["then", "else", "elif", "fi", "do", "done", "esac", "}"];

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

    fn unexpected(&self) -> Unread {
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

    fn here_document(&mut self, here: &Pending) -> Parsed<()> {
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

    /// The reserved word that begins here, if it stands alone.
    fn reserved(&self) -> Option<&'static str> {
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

    fn eat_reserved(&mut self, word: &'static str) -> bool {
        let found = self.reserved() == Some(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn expect_reserved(&mut self, word: &'static str) -> Parsed<()> {
        self.newlines()?;
        if self.eat_reserved(word) { Ok(()) } else { Err(self.unexpected()) }
    }

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
    fn some_list(&mut self) -> Parsed<List> {
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

    fn command(&mut self) -> Parsed<Command> {
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

    fn compound(&mut self) -> Parsed<Option<Kind>> {
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

    fn function_body(&mut self, name: String) -> Parsed<Kind> {
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

    fn simple(&mut self, start: usize) -> Parsed<Command> {
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

    pub(super) fn push_char(&mut self, text: &mut String) {
        if let Some(character) = self.text[self.at..].chars().next() {
            text.push(character);
            self.at += character.len_utf8();
        }
    }
}

fn quoted_word(text: String, span: Option<Span>) -> Word {
    Word { pieces: vec![Piece::Quoted(text)], span }
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

fn ends_in_escape(line: &[u8]) -> bool {
    line.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && name_length(text.as_bytes()) == text.len()
}

//! Code to tokens.

use crate::gate::model::Part;
use crate::shell::escape;

use super::{Backticks, Language};

/// A piece of code.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A name, with the dots, colons and arrows in it written as dots: `os.path.join`, `File::Path.rmtree`.
    Name(String),
    /// A string, its escapes resolved.
    Text(Vec<Part>),
    /// Text between backquotes where they run it.
    Shell(Vec<Part>),
    Number,
    Mark(char),
    /// The end of a line.
    Line,
}

/// More tokens than this are not looked at.
const MAX_TOKENS: usize = 60_000;

/// The tokens of a text; nothing if a string in it does not end, or it is too long.
pub(crate) fn tokens(language: &Language, text: &str) -> Option<Vec<Token>> {
    let mut reader = Reader { language, text, bytes: text.as_bytes(), at: 0, tokens: Vec::new() };
    while reader.at < text.len() {
        reader.next()?;
        if reader.tokens.len() > MAX_TOKENS {
            return None;
        }
    }
    Some(reader.tokens)
}

struct Reader<'t> {
    language: &'t Language,
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    tokens: Vec<Token>,
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl Reader<'_> {
    fn is(&self, name: &str) -> bool {
        self.language.names.contains(&name)
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn next(&mut self) -> Option<()> {
        let byte = self.bytes[self.at];
        match byte {
            b'\n' => {
                self.tokens.push(Token::Line);
                self.at += 1;
            }
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'\\' if self.bytes.get(self.at + 1) == Some(&b'\n') => self.at += 2,
            _ if self.comment() => {}
            b'"' | b'\'' => {
                let parts = self.string(byte, "")?;
                self.push_text(parts);
            }
            b'`' => {
                let parts = match self.language.backticks {
                    Backticks::None => {
                        self.at += 1;
                        return Some(());
                    }
                    _ => {
                        self.string(b'`', if self.language.backticks == Backticks::Text { "$" } else { "" })?
                    }
                };
                if self.language.backticks == Backticks::Shell {
                    self.tokens.push(Token::Shell(parts));
                } else {
                    self.push_text(parts);
                }
            }
            b'%' if self.is("ruby") && self.percent_text()? => {}
            b'/' if self.regex_may_begin() => self.regex()?,
            byte if byte.is_ascii_digit() => {
                while self.bytes.get(self.at).is_some_and(|byte| is_word(*byte) || *byte == b'.') {
                    self.at += 1;
                }
                self.tokens.push(Token::Number);
            }
            byte if is_word(byte) || matches!(byte, b'$' | b'@') => self.name()?,
            _ => {
                let character = self.rest().chars().next()?;
                self.tokens.push(Token::Mark(character));
                self.at += character.len_utf8();
            }
        }
        Some(())
    }

    fn comment(&mut self) -> bool {
        // `#` in `$#` and `$#{` is none
        let begins = self.language.comments.iter().any(|comment| self.rest().starts_with(comment));
        if begins {
            let length = memchr::memchr(b'\n', &self.bytes[self.at..]).unwrap_or(self.rest().len());
            // a comment may be one only by mistake: `//` in a text the tokens did not follow
            self.at += length;
            return true;
        }
        if self.rest().starts_with("/*") && (self.is("node") || self.is("php")) {
            let length = self.rest().find("*/").map_or(self.rest().len(), |length| length + 2);
            self.at += length;
            return true;
        }
        false
    }

    fn push_text(&mut self, parts: Vec<Part>) {
        self.tokens.push(Token::Text(parts));
    }

    /// A quoted text; `before` holds what stands before the quote (`r`, `f`), or `$` where `${…}` counts.
    fn string(&mut self, quote: u8, before: &str) -> Option<Vec<Part>> {
        let raw = before.contains(['r', 'R']);
        let triple: &[u8] = &[quote, quote, quote];
        let close: &[u8] = if self.bytes[self.at..].starts_with(triple) && self.is("python") {
            triple
        } else {
            &triple[..1]
        };
        self.at += close.len();
        let start = self.at;
        loop {
            match self.bytes.get(self.at)? {
                b'\\' => self.at += 2,
                _ if self.bytes[self.at..].starts_with(close) => break,
                _ => self.at += 1,
            }
        }
        let inner = self.text.get(start..self.at)?;
        self.at += close.len();
        let interpolates = match quote {
            b'`' => before == "$" || self.is("ruby") || self.is("perl") || self.is("php"),
            b'"' => {
                self.is("ruby")
                    || self.is("perl")
                    || self.is("php")
                    || before.contains(['f', 'F'])
                    || self.is("julia")
            }
            _ => before.contains(['f', 'F']),
        };
        let plain = raw || (quote == b'\'' && (self.is("perl") || self.is("php") || self.is("ruby")));
        Some(self.parts(inner, interpolates, plain))
    }

    fn parts(&self, inner: &str, interpolates: bool, plain: bool) -> Vec<Part> {
        let resolve = |text: &str| if plain { text.replace("\\'", "'") } else { escape::ansi_c(text) };
        if !interpolates {
            let text = resolve(inner);
            return if text.is_empty() { Vec::new() } else { vec![Part::Text(text)] };
        }
        let mut parts = Vec::new();
        let mut rest = inner;
        let python = self.is("python");
        while let Some(at) = rest.find(if python { ['{', '{'] } else { ['$', '#'] }) {
            let after = &rest[at..];
            let length = if python {
                if after.starts_with("{{") { 0 } else { after.find('}').map_or(0, |end| end + 1) }
            } else if after.starts_with("${") || after.starts_with("#{") {
                after.find('}').map_or(0, |end| end + 1)
            } else if after.starts_with('$') && !self.is("node") && !self.is("ruby") {
                let name = after[1..]
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(after.len() - 1);
                if name == 0 { 0 } else { name + 1 }
            } else {
                0
            };
            let plain_length = if length == 0 { at + 1 } else { at };
            let text = resolve(&rest[..plain_length]);
            if !text.is_empty() {
                parts.push(Part::Text(text));
            }
            if length > 0 {
                parts.push(Part::Unknown { source: after[..length].to_owned(), splits: false });
            }
            rest = if length == 0 { &rest[at + 1..] } else { &after[length..] };
        }
        let text = resolve(rest);
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        // neighbours that belong together
        let mut joined: Vec<Part> = Vec::new();
        for part in parts {
            match (joined.last_mut(), part) {
                (Some(Part::Text(last)), Part::Text(text)) => last.push_str(&text),
                (_, part) => joined.push(part),
            }
        }
        joined
    }

    /// A name, or what Perl quotes with `q`, `qq`, `qx`, `m`, `s` and the like.
    fn name(&mut self) -> Option<()> {
        let start = self.at;
        let mut name = String::new();
        loop {
            let from = self.at;
            while self.bytes.get(self.at).is_some_and(|byte| is_word(*byte) || matches!(byte, b'$' | b'@')) {
                self.at += 1;
            }
            name.push_str(self.text[from..self.at].trim_start_matches(['$', '@']));
            let rest = self.rest();
            let (joint, length) = if rest.starts_with("::") {
                ("::", 2)
            } else if rest.starts_with("->") || rest.starts_with("?.") {
                (".", 2)
            } else if rest.starts_with('.') && !rest.starts_with("..") {
                (".", 1)
            } else {
                break;
            };
            if !self
                .bytes
                .get(self.at + length)
                .is_some_and(|byte| is_word(*byte) || matches!(byte, b'$' | b'@'))
            {
                break;
            }
            name.push_str(joint);
            self.at += length;
        }
        let next = self.bytes.get(self.at).copied();
        let word = &self.text[start..self.at];
        // `$f(…)` and `&$f(…)` call what a variable names
        let calls =
            next == Some(b'(') && word.starts_with('$') && !word.contains("->") && !word.contains("::");
        if calls && (self.is("php") || self.is("perl") && self.tokens.last() == Some(&Token::Mark('&'))) {
            self.tokens.push(Token::Name("__call_by_name".to_owned()));
            return Some(());
        }
        if self.is("python")
            && matches!(next, Some(b'"' | b'\''))
            && word.len() <= 2
            && word.bytes().all(|b| b"rRbBuUfF".contains(&b))
        {
            let prefix = word.to_owned();
            let parts = self.string(next?, &prefix)?;
            self.push_text(parts);
            return Some(());
        }
        if self.is("perl") && matches!(word, "q" | "qq" | "qw" | "qx" | "m" | "s" | "tr" | "y" | "qr") {
            return self.perl_quote(word.to_owned());
        }
        self.tokens.push(Token::Name(name));
        Some(())
    }

    fn perl_quote(&mut self, kind: String) -> Option<()> {
        let after = self.rest().trim_start();
        let open = after
            .chars()
            .next()
            .filter(|c| !c.is_alphanumeric() && !matches!(c, ',' | ';' | '=' | ')' | '_'));
        let Some(open) = open else {
            self.tokens.push(Token::Name(kind));
            return Some(());
        };
        if !open.is_ascii() {
            return None;
        }
        self.at += self.rest().len() - after.len();
        let text = self.delimited(open)?;
        match kind.as_str() {
            "qx" => self.tokens.push(Token::Shell(self.parts(&text, true, false))),
            "q" | "qq" => {
                let parts = self.parts(&text, kind == "qq", kind == "q");
                self.push_text(parts);
            }
            "qw" => {
                for (at, word) in text.split_whitespace().enumerate() {
                    if at > 0 {
                        self.tokens.push(Token::Mark(','));
                    }
                    self.tokens.push(Token::Text(vec![Part::Text(word.to_owned())]));
                }
            }
            "s" | "tr" | "y" => {
                let replacement = if matches!(open, '{' | '(' | '[' | '<') {
                    let rest = self.rest().trim_start();
                    let next = rest.chars().next()?;
                    self.at += self.rest().len() - rest.len();
                    self.delimited(next)?
                } else {
                    self.at -= 1;
                    self.delimited(open)?
                };
                let flags: String = self.rest().chars().take_while(char::is_ascii_alphabetic).collect();
                self.at += flags.len();
                // the replacement is code
                if kind == "s" && flags.contains('e') {
                    let inner = tokens(self.language, &replacement)?;
                    self.tokens.extend(inner);
                }
                self.tokens.push(Token::Number);
            }
            _ => self.tokens.push(Token::Number),
        }
        Some(())
    }

    /// The text between `open` and what closes it.
    fn delimited(&mut self, open: char) -> Option<String> {
        let close = match open {
            '(' => ')',
            '[' => ']',
            '{' => '}',
            '<' => '>',
            other => other,
        };
        self.at += open.len_utf8();
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            let character = self.rest().chars().next()?;
            if character == '\\' {
                self.at += 1;
                self.at += self.rest().chars().next()?.len_utf8();
                continue;
            }
            if character == close && depth == 0 {
                let text = self.text[start..self.at].to_owned();
                self.at += close.len_utf8();
                return Some(text);
            }
            if open != close {
                if character == open {
                    depth += 1;
                } else if character == close {
                    depth -= 1;
                }
            }
            self.at += character.len_utf8();
        }
    }

    /// Ruby's `%x(…)`, `%w(…)`, `%q(…)`.
    fn percent_text(&mut self) -> Option<bool> {
        let rest = &self.rest()[1..];
        let kind = rest.chars().next().unwrap_or(' ');
        let (kind, skip) = if kind.is_ascii_alphabetic() { (kind, 2) } else { ('Q', 1) };
        let Some(open) = self.rest()[skip..].chars().next() else { return Some(false) };
        if !matches!(open, '(' | '[' | '{' | '<' | '|' | '!')
            || !"xwWqQiI".contains(kind)
            || (skip == 1 && open != '(')
        {
            return Some(false);
        }
        self.at += skip;
        let text = self.delimited(open)?;
        match kind {
            'x' => self.tokens.push(Token::Shell(self.parts(&text, true, false))),
            'w' | 'W' => {
                for (at, word) in text.split_whitespace().enumerate() {
                    if at > 0 {
                        self.tokens.push(Token::Mark(','));
                    }
                    self.tokens.push(Token::Text(vec![Part::Text(word.to_owned())]));
                }
            }
            _ => {
                let parts = self.parts(&text, kind == 'Q', kind == 'q');
                self.push_text(parts);
            }
        }
        Some(true)
    }

    /// Whether a `/` here begins a regex rather than divides.
    fn regex_may_begin(&self) -> bool {
        if !(self.is("node") || self.is("ruby") || self.is("perl")) {
            return false;
        }
        match self.tokens.last() {
            None | Some(Token::Line) => true,
            Some(Token::Mark(mark)) => !matches!(mark, ')' | ']' | '}'),
            Some(Token::Name(name)) => matches!(
                name.as_str(),
                "return" | "if" | "unless" | "and" | "or" | "not" | "typeof" | "case" | "split" | "grep"
            ),
            _ => false,
        }
    }

    fn regex(&mut self) -> Option<()> {
        self.at += 1;
        let mut class = false;
        loop {
            match self.bytes.get(self.at)? {
                b'\\' => self.at += 1,
                b'\n' => return None,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => break,
                _ => {}
            }
            self.at += 1;
        }
        self.at += 1;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_alphabetic) {
            self.at += 1;
        }
        while !self.text.is_char_boundary(self.at.min(self.text.len())) {
            self.at += 1;
        }
        self.tokens.push(Token::Number);
        Some(())
    }
}

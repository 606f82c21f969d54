//! Words: quotes, escapes, and what is expanded in them.

use std::rc::Rc;

use crate::span::Span;

use super::ast::{Name, Op, Parameter, Piece, Word};
use super::parse::{Mode, Parsed, Parser, UnreadKind, name_length};

/// A word as it grows: neighbouring texts of one kind are joined.
#[derive(Default)]
pub(super) struct Pieces(pub(super) Vec<Piece>);

impl Pieces {
    fn literal(&mut self, text: &str) {
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

    fn single_quoted(&mut self) -> Parsed<&str> {
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
    fn double_quoted(&mut self, pieces: &mut Pieces) -> Parsed<()> {
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

    /// `<(…)` and `>(…)`
    fn process(&mut self, pieces: &mut Pieces) -> Parsed<()> {
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

/// How many bytes at the start may go on a name.
fn name_bytes(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
}

/// The name before `=(`, where a word may hold an array.
fn array_name(pieces: &[Piece]) -> Option<&str> {
    let [Piece::Literal(text)] = pieces else { return None };
    let name = text.strip_suffix('=')?;
    let name = name.strip_suffix('+').unwrap_or(name);
    (!name.is_empty() && name_length(name.as_bytes()) == name.len()).then_some(name)
}

//! Reads the bytes from a name on to its value.

use crate::scan::filter::file_kind::Syntax;
use crate::span::Span;

use super::{Assignment, GAP, Tie, VALUE, command, is_name, positional};

pub(super) struct Reader<'t> {
    pub(super) text: &'t [u8],
    pub(super) at: usize,
    pub(super) syntax: Syntax,
    pub(super) name: Span,
    /// Whether the name is quoted itself.
    pub(super) closed: bool,
    /// Whether the value stands in a field of its own: `name: X, value: Y`.
    pub(super) paired: bool,
}

impl Reader<'_> {
    pub(super) fn value(&mut self) -> Option<Assignment> {
        let before = self.name.start.checked_sub(1).map_or(b'\n', |i| self.text[i]);
        if self.peek() == b'('
            && let Some(found) = positional::call(self.text, self.name)
        {
            return Some(found);
        }
        if let Some(found) = command::read(self.text, self.name) {
            return Some(found);
        }
        // what stands behind most names of code: nothing below begins with these
        if matches!(
            self.peek(),
            b')' | b';' | b'-' | b'*' | b'&' | b'+' | b'/' | b'}' | b'^' | b'@' | b'#' | b'$' | b'~'
        ) {
            return None;
        }
        let element = before == b'<'
            || (before == b':' && self.text[..self.name.start].iter().rev().take(24).any(|&b| b == b'<'));
        if element && self.peek() == b'>' {
            self.at += 1;
            return self.element();
        }
        // `${NAME:?message}` is a reference; `${NAME:-value}`, `${NAME:=value}` and Spring's `${name:value}` have a default
        let substituted = before == b'{' && self.text[..self.name.start].ends_with(b"${");
        if substituted {
            return self.default_value();
        }
        let closed = self.closers();
        self.closed = closed;
        // a class or the target of a label names no value
        let tag = &self.text[self.name.start.saturating_sub(24)..self.name.start];
        let tag = tag.strip_suffix(b"\"").or_else(|| tag.strip_suffix(b"'")).unwrap_or(b"");
        if [&b"class="[..], b"className=", b"for=", b"href=", b"src="].iter().any(|end| tag.ends_with(end)) {
            return None;
        }
        // `<string name="x">value</string>`, `<key>x</key> <string>value</string>`, `<setting name="x"> <value>value</value>`
        if closed && matches!(self.peek(), b'>' | b' ') && self.in_tag() && self.end_of_tag() {
            self.spaces(true);
            let _ = self.eat(b"<value>");
            return self.element();
        }
        if before == b'>' && self.eat(b"</key>") {
            self.spaces(true);
            return if self.eat(b"<string>") { self.element() } else { None };
        }
        self.paired = self.field_value();
        self.spaces(false);
        let mut tie = self.tie(closed, before)?;
        // `"Password:"`: the quote ends a label
        if !closed && matches!(before, b'"' | b'\'') && self.peek() == before {
            return None;
        }
        self.spaces(true);
        if tie == Tie::Assign
            && let Some(found) = positional::pair(self.text, self.name, self.at)
        {
            return Some(found);
        }
        let call = self.wrapper();
        if let Some(value) = self.quoted() {
            if tie == Tie::List {
                // `"token", "key": …`: the next name, not a value
                if self.name_follows(value.end) {
                    return None;
                }
                if self.in_setter() {
                    tie = Tie::Setter;
                }
            }
            return Some(Assignment { name: self.name, value, quoted: true, tie, place: None });
        }
        if call || matches!(tie, Tie::List | Tie::Call | Tie::Compare) {
            return None;
        }
        self.bare(tie)
    }

    /// Whether the quoted text that ends at `end` is itself a name with a value.
    fn name_follows(&self, end: usize) -> bool {
        let after = &self.text[end..self.text.len().min(end + 8)];
        let after = after.trim_ascii_start();
        let after = after.strip_prefix(b"\\").unwrap_or(after);
        let after = after.get(1..).unwrap_or(b"").trim_ascii_start();
        after.starts_with(b":") && !after.starts_with(b"::") || after.starts_with(b"=")
    }

    /// Whether the name is the first argument of a call that sets what it names.
    fn in_setter(&self) -> bool {
        const SETTERS: [&[u8]; 15] = [
            b"put",
            b"set",
            b"setproperty",
            b"define",
            b"setenv",
            b"putenv",
            b"property",
            b"setattribute",
            b"addproperty",
            b"withproperty",
            b"withenv",
            b"add_option",
            b"setoption",
            b"env",
            b"set_param",
        ];
        let before = &self.text[self.name.start.saturating_sub(64)..self.name.start];
        let Some(open) = memchr::memrchr(b'(', before) else { return false };
        let quote = before[open + 1..].trim_ascii();
        let word = before[..open].iter().rev().take_while(|&&byte| is_name(byte) && byte != b'.').count();
        let word = before[open - word..open].to_ascii_lowercase();
        quote.len() <= 1 + 40
            && quote.iter().filter(|byte| matches!(byte, b'"' | b'\'')).count() == 1
            && SETTERS.contains(&word.as_slice())
    }

    pub(super) fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(b'\n')
    }

    pub(super) fn rest(&self) -> &[u8] {
        &self.text[self.at.min(self.text.len())..]
    }

    pub(super) fn eat(&mut self, literal: &[u8]) -> bool {
        let eaten = self.rest().starts_with(literal);
        if eaten {
            self.at += literal.len();
        }
        eaten
    }

    /// Passes over white space, and over one line break if `lines`.
    pub(super) fn spaces(&mut self, lines: bool) {
        let mut breaks = 0;
        for _ in 0..GAP {
            match self.peek() {
                b' ' | b'\t' => self.at += 1,
                b'\r' | b'\n' if lines && self.at < self.text.len() => {
                    breaks += usize::from(self.peek() == b'\n');
                    if breaks > 1 {
                        return;
                    }
                    self.at += 1;
                }
                _ => return,
            }
        }
    }

    /// Passes over what may close a name: quotes, brackets, escaped quotes. Whether a quote was there.
    pub(super) fn closers(&mut self) -> bool {
        let mut quoted = false;
        for _ in 0..4 {
            match self.rest() {
                [b'\\', b'"' | b'\'', ..] => {
                    self.at += 2;
                    quoted = true;
                }
                [b'"' | b'\'' | b'`', ..] => {
                    self.at += 1;
                    quoted = true;
                }
                [b']', ..] => self.at += 1,
                [b')', ..] if quoted => self.at += 1,
                // `char password[] =`, `password[64] =`
                [b'[', rest @ ..] => {
                    let inside = rest.iter().take(8).take_while(|byte| byte.is_ascii_alphanumeric()).count();
                    if rest.get(inside) != Some(&b']') {
                        return quoted;
                    }
                    self.at += inside + 2;
                }
                [b'?' | b'!', b':', ..] => self.at += 1,
                _ => return quoted,
            }
        }
        quoted
    }

    /// Whether the name is a part of a URL's path.
    pub(super) fn in_address(&self) -> bool {
        let before = &self.text[self.name.start.saturating_sub(120)..self.name.start];
        let word = before
            .iter()
            .rposition(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'('));
        memchr::memmem::find(&before[word.map_or(0, |at| at + 1)..], b"://").is_some()
    }

    /// Whether an XML tag is open before the name.
    fn in_tag(&self) -> bool {
        let before = &self.text[self.name.start.saturating_sub(80)..self.name.start];
        matches!(memchr::memrchr2(b'<', b'>', before), Some(at) if before[at] == b'<')
    }

    /// Passes over `, "value"` and the like: the second field of a name and value pair, or the default of a Terraform
    /// variable.
    fn field_value(&mut self) -> bool {
        let start = self.at;
        if self.closed && self.rest().starts_with(b" {") {
            let block = &self.rest()[..self.rest().len().min(300)];
            let block = &block[..memchr::memchr(b'}', block).unwrap_or(block.len())];
            if let Some(default) = memchr::memmem::find(block, b"default") {
                self.at += default + b"default".len();
                return true;
            }
        }
        let mut gap = 0;
        while gap < GAP
            && matches!(self.peek(), b' ' | b'\t' | b'\r' | b'\n' | b',' | b'"' | b'\'' | b'\\' | b':')
            && self.at < self.text.len()
        {
            self.at += 1;
            gap += 1;
        }
        let may_be_field = gap > 0 && matches!(self.peek(), b'v' | b'V' | b'd' | b'D' | b'w' | b'W');
        for field in [&b"value"[..], b"defaultvalue", b"default", b"with"] {
            let there = may_be_field
                && self.rest().get(..field.len()).is_some_and(|there| there.eq_ignore_ascii_case(field));
            if there && !self.rest().get(field.len()).is_some_and(|&byte| is_name(byte)) {
                self.at += field.len();
                self.closers();
                return true;
            }
        }
        self.at = start;
        false
    }

    /// Passes over what may stand between the tie and a quote: string prefixes, a constructor call. Whether a call
    /// was there.
    fn wrapper(&mut self) -> bool {
        let rest = self.rest();
        let word = rest
            .iter()
            .take(40)
            .take_while(|&&byte| {
                byte.is_ascii_alphanumeric()
                    || matches!(byte, b'_' | b'.' | b':' | b'<' | b'>' | b'@' | b'$' | b' ' | b'[' | b']')
            })
            .count();
        let after = rest.get(word).copied().unwrap_or(b'\n');
        let head = &rest[..word];
        if matches!(after, b'"' | b'\'' | b'`')
            && word <= 3
            && head.iter().all(|byte| b"rRbBuUfFLN@$ ".contains(byte))
        {
            self.at += word;
            return false;
        }
        if after == b'(' && word > 0 {
            let call = String::from_utf8_lossy(head).trim().to_ascii_lowercase();
            let last = call.rsplit(['.', ':', ' ', ']']).next().unwrap_or("");
            const MAKERS: &[&str] = &[
                "from",
                "new",
                "string",
                "str",
                "secretstr",
                "secret",
                "secretstring",
                "bytes",
                "b",
                "of",
                "byte",
                "tochararray",
                "buffer",
                "text",
                "quote",
                "to_string",
                "securestring",
                "cstr",
                "std",
                "nsstring",
                "password",
                "sha256",
                "unicode",
                "fromhex",
                "unhexlify",
                "b64decode",
                "decodestring",
                "frombase64string",
                "getbytes",
                "atob",
                "data",
                "encode",
                "some",
            ];
            if MAKERS.contains(&last) || call.starts_with("new ") {
                self.at += word + 1;
                self.spaces(false);
                let prefix = self.rest();
                if let [b'b' | b'r' | b'u' | b'@', b'"' | b'\'', ..] = prefix {
                    self.at += 1;
                }
            }
            return true;
        }
        false
    }

    /// The text between quotes at this place.
    pub(super) fn quoted(&mut self) -> Option<Span> {
        let (open, escaped) = match *self.rest() {
            [b'\\', quote @ (b'"' | b'\''), ..] => (quote, true),
            // Python's long strings
            [first @ (b'"' | b'\''), second, third, ..] if first == second && second == third => {
                self.at += 2;
                (first, false)
            }
            [quote @ (b'"' | b'\'' | b'`'), ..] => (quote, false),
            _ => return None,
        };
        self.at += 1 + usize::from(escaped);
        let start = self.at;
        let inside = &self.text[start..self.text.len().min(start + VALUE)];
        let mut i = 0;
        while i < inside.len() {
            match inside[i] {
                b'\n' => return None,
                b'\\' if escaped => {
                    if inside.get(i + 1) == Some(&open) {
                        return Some(Span::new(start, start + i));
                    }
                    i += 2;
                }
                b'\\' => i += 2,
                byte if byte == open => return Some(Span::new(start, start + i)),
                _ => i += 1,
            }
        }
        None
    }

    /// Passes over the rest of a tag's attributes and its end.
    fn end_of_tag(&mut self) -> bool {
        let tag = &self.rest()[..self.rest().len().min(GAP)];
        let attributes = |byte: &u8| is_name(*byte) || matches!(byte, b' ' | b'=' | b'"' | b'\'' | b':');
        let end = tag.iter().position(|byte| !attributes(byte));
        let ends = end.filter(|&end| tag[end] == b'>' && !tag[..end].windows(5).any(|word| word == b"value"));
        self.at += ends.map_or(0, |end| end + 1);
        ends.is_some()
    }

    /// The default in `${name:value}`, from the sign after the name on.
    fn default_value(&mut self) -> Option<Assignment> {
        // `${secret:name}` asks a resolver of that name
        let setting = self.text[self.name.range()].iter().any(|byte| !byte.is_ascii_lowercase());
        let defaulted = self.eat(b":-") || self.eat(b":=") || setting && self.eat(b":");
        if !defaulted {
            return None;
        }
        let start = self.at;
        let inside = &self.rest()[..self.rest().len().min(VALUE)];
        // in code only Spring's annotations hold such strings, and a template may be anything else
        let end =
            inside.iter().position(|byte| b"}\n\"'` \\".contains(byte)).filter(|&end| inside[end] == b'}')?;
        let value = Span::new(start, start + end);
        let what = inside.first().is_some_and(|first| !b"?+-=$#{".contains(first));
        what.then_some(Assignment { name: self.name, value, quoted: false, tie: Tie::Assign, place: None })
    }

    /// The text between tags, on their line or on the next.
    fn element(&mut self) -> Option<Assignment> {
        self.spaces(true);
        let start = self.at;
        let inside = &self.text[start..self.text.len().min(start + VALUE)];
        let end = memchr::memchr2(b'<', b'\n', inside)?;
        let after = inside[end..].trim_ascii_start();
        // CDATA, comments and child elements are no values; a closing tag must follow
        (after.starts_with(b"</") && end > 0).then_some(Assignment {
            name: self.name,
            value: trimmed(self.text, Span::new(start, start + end)),
            quoted: true,
            tie: Tie::Element,
            place: None,
        })
    }

    /// A value without quotes, where the file's syntax has such.
    fn bare(&mut self, tie: Tie) -> Option<Assignment> {
        // `Authorization: Token …`: the scheme is no part of the value
        for scheme in [&b"Token "[..], b"token ", b"ApiKey ", b"apikey "] {
            if self.eat(scheme) {
                break;
            }
        }
        let inside = self.inside_string();
        if self.syntax == Syntax::Code && !inside && tie != Tie::Argument {
            return None;
        }
        if self.syntax == Syntax::Settings && tie == Tie::Assign && self.block() {
            self.paired = true;
        }
        let start = self.at;
        if start >= self.text.len() || (!self.paired && self.text[self.name.end..start].contains(&b'\n')) {
            return None;
        }
        let rest = &self.text[start..self.text.len().min(start + VALUE)];
        // `{type:"blob"}`, `(a,b)=>`: code, in a string or not
        if matches!(rest.first(), Some(b'(' | b'.' | b'|' | b'['))
            || rest.starts_with(b"{") && !rest.starts_with(b"{{")
        {
            return None;
        }
        let spaced = self.text[self.name.end..start].iter().any(|&byte| byte == b' ' || byte == b'\t');
        let ends = |byte: u8| match byte {
            b'\n' | b'\r' | b'"' | b'\'' | b'`' | b'<' | b'>' | b' ' | b'\t' | 0 => true,
            // `a=b&c=d`, `a=b;c=d` and lists
            b'&' | b';' | b',' | b'}' => true,
            b'\\' => inside,
            b')' | b']' => true,
            _ => false,
        };
        let mut end = rest.iter().position(|&byte| ends(byte)).unwrap_or(rest.len());
        // a password in a settings file may hold most signs; cut only where the line says so
        if self.syntax == Syntax::Settings && !inside {
            let line = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            let whole = &rest[..line];
            if !whole.iter().any(|&byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'`' | b'<' | 0))
                && !whole.contains(&b'&')
            {
                let cut =
                    whole.iter().rposition(|&byte| !matches!(byte, b',' | b';')).map_or(0, |last| last + 1);
                end = cut;
            }
        }
        // a sentence goes on after its word; a value ends the line, or a comment follows
        let after = &rest[end..rest.len().min(end + 64)];
        let after = &after[..memchr::memchr(b'\n', after).unwrap_or(after.len())];
        let comment =
            after.trim_ascii_start().starts_with(b"#") || after.trim_ascii_start().starts_with(b"//");
        let alone = after.trim_ascii().is_empty() || comment;
        if end == 0 || (spaced && tie == Tie::Assign && !alone && !inside && self.syntax == Syntax::Prose) {
            return None;
        }
        let value = Span::new(start, start + end);
        Some(Assignment { name: self.name, value, quoted: false, tie, place: None })
    }

    /// Passes over `|`, `>-` and the like, behind which YAML has a block of text, to its first line.
    fn block(&mut self) -> bool {
        let (mark, start) = (self.at, self.rest());
        let signs = start.iter().take(4).take_while(|byte| b"|>+-123456789".contains(byte)).count();
        if !matches!(self.peek(), b'|' | b'>')
            || start[signs..].trim_ascii_start().len() == start.len() - signs
        {
            return false;
        }
        self.at += signs;
        self.spaces(true);
        let line = &self.rest()[..self.rest().len().min(VALUE)];
        let line = line[..memchr::memchr(b'\n', line).unwrap_or(line.len())].trim_ascii();
        let one_word = self.text[mark..self.at].contains(&b'\n') && !line.iter().any(u8::is_ascii_whitespace);
        self.at = if one_word { self.at } else { mark };
        one_word
    }

    /// Whether an odd number of quotes stands before the name on its line: `"Server=x;Password=y"`.
    pub(super) fn inside_string(&self) -> bool {
        // the name's own quote opens no string around it
        let start = self.name.start - usize::from(self.closed && self.name.start > 0);
        let before = &self.text[start.saturating_sub(300)..start];
        let line = &before[memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1)..];
        [b'"', b'\''].iter().any(|&quote| {
            let mut count = 0;
            for (i, &byte) in line.iter().enumerate() {
                count += usize::from(byte == quote && (i == 0 || line[i - 1] != b'\\'));
            }
            count % 2 == 1
        })
    }
}

fn trimmed(text: &[u8], span: Span) -> Span {
    let inner = &text[span.range()];
    let start = inner.len() - inner.trim_ascii_start().len();
    let end = inner.trim_ascii_end().len();
    if start >= end {
        Span::new(span.start, span.start)
    } else {
        Span::new(span.start + start, span.start + end)
    }
}

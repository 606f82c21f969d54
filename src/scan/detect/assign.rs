//! Reads what is assigned to a name, in the ways of many languages at once: `name = "value"`, `"name": "value"`,
//! `name => 'value'`, `<name>value</name>`, `set_name("value")`, `--name value`, `NAME=value`, a name and its value
//! in two fields (`name: X, value: Y`), and the same inside a JSON string with escaped quotes.
//!
//! It knows no grammar: it reads a few bytes on from the name and gives up at the first that does not fit. Every
//! step is bounded, so hostile text costs no more than other text.

use crate::scan::filter::file_kind::Syntax;
use crate::span::Span;

/// How a name and its value are tied together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tie {
    /// `=`, `:`, `=>`, `:=`.
    Assign,
    /// `==`, `!=`, `.equals(`.
    Compare,
    /// `name("value")`.
    Call,
    /// `"name", "value"`.
    List,
    /// `<name>value</name>`.
    Element,
    /// `--name value`, `ENV NAME value`, `password value` in a netrc file.
    Argument,
}

/// A name with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The whole name.
    pub name: Span,
    /// The value without its quotes.
    pub value: Span,
    /// Whether the value stands in quotes (or between XML tags).
    pub quoted: bool,
    /// How they are tied.
    pub tie: Tie,
}

/// The longest name, value, and gap between them.
const NAME: usize = 80;
const VALUE: usize = 4096;
const GAP: usize = 64;

/// The name around the bytes `stem`.
pub(crate) fn name_around(text: &[u8], stem: Span) -> Span {
    let start = text[..stem.start].iter().rev().take(NAME).take_while(|&&byte| is_name(byte)).count();
    let end = text[stem.end..].iter().take(NAME).take_while(|&&byte| is_name(byte)).count();
    let mut name = Span::new(stem.start - start, stem.end + end);
    // a sentence's full stop, and the dashes of an option, belong to no name
    while name.start < stem.start && matches!(text[name.start], b'-' | b'.') {
        name.start += 1;
    }
    while name.end > stem.end && matches!(text[name.end - 1], b'-' | b'.') {
        name.end -= 1;
    }
    // `\npassword` in a string: the n belongs to the escape
    if name.start > 0
        && text[name.start - 1] == b'\\'
        && name.start < stem.start
        && matches!(text[name.start], b'n' | b't' | b'r')
    {
        name.start += 1;
    }
    name
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// The value assigned to the name at `name`, if one is.
pub(crate) fn read(text: &[u8], name: Span, syntax: Syntax) -> Option<Assignment> {
    let mut reader = Reader { text, at: name.end, syntax, name, closed: false, paired: false };
    reader.value()
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    syntax: Syntax,
    name: Span,
    /// Whether the name is quoted itself.
    closed: bool,
    /// Whether the value stands in a field of its own: `name: X, value: Y`.
    paired: bool,
}

impl Reader<'_> {
    fn value(&mut self) -> Option<Assignment> {
        let before = self.name.start.checked_sub(1).map_or(b'\n', |i| self.text[i]);
        let element = before == b'<'
            || (before == b':' && self.text[..self.name.start].iter().rev().take(24).any(|&b| b == b'<'));
        if element && self.peek() == b'>' {
            self.at += 1;
            return self.element();
        }
        let closed = self.closers();
        self.closed = closed;
        // `<string name="x">value</string>`, `<key>x</key> <string>value</string>`
        if self.in_tag() && self.peek() == b'>' && closed {
            self.at += 1;
            return self.element();
        }
        if before == b'>' && self.eat(b"</key>") {
            self.spaces(true);
            return if self.eat(b"<string>") { self.element() } else { None };
        }
        self.paired = self.field_value();
        self.spaces(false);
        let tie = self.tie(closed, before)?;
        self.spaces(true);
        let call = self.wrapper();
        if let Some(value) = self.quoted() {
            return Some(Assignment { name: self.name, value, quoted: true, tie });
        }
        if call || matches!(tie, Tie::List | Tie::Call | Tie::Compare) {
            return None;
        }
        self.bare(tie)
    }

    fn peek(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(b'\n')
    }

    fn rest(&self) -> &[u8] {
        &self.text[self.at.min(self.text.len())..]
    }

    fn eat(&mut self, literal: &[u8]) -> bool {
        let eaten = self.rest().starts_with(literal);
        if eaten {
            self.at += literal.len();
        }
        eaten
    }

    /// Passes over white space, and over one line break if `lines`.
    fn spaces(&mut self, lines: bool) {
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
    fn closers(&mut self) -> bool {
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
    fn in_address(&self) -> bool {
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
            && matches!(self.peek(), b' ' | b'\t' | b'\r' | b'\n' | b',' | b'"' | b'\'' | b'\\')
            && self.at < self.text.len()
        {
            self.at += 1;
            gap += 1;
        }
        let may_be_field = gap > 0 && matches!(self.peek(), b'v' | b'V' | b'd' | b'D');
        for field in [&b"value"[..], b"defaultvalue", b"default"] {
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

    fn tie(&mut self, closed: bool, before: u8) -> Option<Tie> {
        // most names are followed by something else
        let may_be_sign = matches!(self.peek(), b'=' | b'!' | b':' | b'?' | b'|' | b'o' | b'%' | b'\\');
        let signs: &[(&[u8], Tie)] = &[
            (b"=== ", Tie::Compare),
            (b"===", Tie::Compare),
            (b"!==", Tie::Compare),
            (b"==", Tie::Compare),
            (b"!=", Tie::Compare),
            (b"=>", Tie::Assign),
            (b"=~", Tie::List),
            (b":=", Tie::Assign),
            (b"?=", Tie::Assign),
            (b"||=", Tie::Assign),
            (b"??=", Tie::Assign),
            (b"||", Tie::List),
            (b"??", Tie::List),
            (b"or ", Tie::List),
            (b"=", Tie::Assign),
            (b"::", Tie::List),
            (b"%3D", Tie::Assign),
            (b"%3d", Tie::Assign),
            (b"\\u003d", Tie::Assign),
        ];
        for &(sign, tie) in signs.iter().take(if may_be_sign { signs.len() } else { 0 }) {
            if self.eat(sign) {
                return (sign != b"::" && sign != b"=~").then_some(tie);
            }
        }
        if self.peek() == b'.' && (self.eat(b".equals(") || self.eat(b".Equals(") || self.eat(b".equal?(")) {
            return Some(Tie::Compare);
        }
        match self.peek() {
            // `arn:…:secret:…` and `a:password:b` are no assignments
            b':' if before == b':' || self.in_address() => None,
            b':' => {
                self.at += 1;
                self.annotation();
                Some(Tie::Assign)
            }
            b'(' | b'{' if !closed => {
                self.at += 1;
                Some(Tie::Call)
            }
            b',' if closed || before == b':' => {
                self.at += 1;
                Some(Tie::List)
            }
            _ => {
                let spaced = self.at > self.name.end;
                let option = before == b'-'
                    && matches!(
                        self.name.start.checked_sub(2).map(|i| self.text[i]),
                        Some(b'-' | b' ' | b'"' | b'\'' | b'\t')
                    );
                (spaced && !closed && (option || self.is_argument())).then_some(Tie::Argument)
            }
        }
    }

    /// After `name:`, passes over `Type =` if that is what follows.
    fn annotation(&mut self) {
        let rest = self.rest();
        let spaces = rest.iter().take_while(|&&byte| byte == b' ').count();
        let kind = rest[spaces..]
            .iter()
            .take(40)
            .take_while(|&&byte| {
                byte.is_ascii_alphanumeric()
                    || matches!(
                        byte,
                        b'_' | b'<' | b'>' | b'&' | b'\'' | b'.' | b'[' | b']' | b'|' | b'?' | b' '
                    )
            })
            .count();
        let after = &rest[spaces + kind..];
        let starts_type = rest.get(spaces).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'&');
        if kind > 0
            && starts_type
            && after.starts_with(b"=")
            && !after.starts_with(b"==")
            && rest[..spaces + kind].ends_with(b" ")
        {
            self.at += spaces + kind + 1;
        }
    }

    /// Whether the words before make `name value` an argument: `ENV NAME value`, `machine … password value`,
    /// `IDENTIFIED BY 'value'`, `WITH PASSWORD 'value'`.
    fn is_argument(&self) -> bool {
        let quote_follows = matches!(self.peek(), b'\'' | b'"');
        let line = &self.text[self.name.start.saturating_sub(200)..self.name.start];
        let same_line = &line[memchr::memrchr(b'\n', line).map_or(0, |newline| newline + 1)..];
        let ends = |word: &[u8]| {
            same_line.len() >= word.len()
                && same_line[same_line.len() - word.len()..].eq_ignore_ascii_case(word)
        };
        let holds = |text: &[u8], word: &[u8]| memchr::memmem::find(text, word).is_some();
        let begins_line = same_line.iter().all(|byte| matches!(byte, b' ' | b'\t'));
        let capitals = self.text[self.name.range()].iter().all(u8::is_ascii_uppercase);
        if quote_follows && (begins_line || (capitals && self.peek() == b'\''))
            || (quote_follows && same_line.trim_ascii_start() == b"#define ")
        {
            return true;
        }
        (quote_follows
            && (ends(b"with ")
                || ends(b"with encrypted ")
                || ends(b"user ")
                || ends(b"role ")
                || holds(same_line, b"USER ")
                || ends(b"set ")))
            || ((ends(b"ENV ") || ends(b"ARG ")) && self.syntax != Syntax::Code)
            || (holds(line, b"login ") && (holds(line, b"machine ") || holds(line, b"default ")))
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
                "encode",
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
    fn quoted(&mut self) -> Option<Span> {
        let (open, escaped) = match *self.rest() {
            [b'\\', quote @ (b'"' | b'\''), ..] => (quote, true),
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

    /// The text between tags.
    fn element(&mut self) -> Option<Assignment> {
        let start = self.at;
        let inside = &self.text[start..self.text.len().min(start + VALUE)];
        let end = memchr::memchr2(b'<', b'\n', inside)?;
        let after = &inside[end..];
        // CDATA, comments and child elements are no values; a closing tag must follow
        (after.starts_with(b"</") && end > 0).then_some(Assignment {
            name: self.name,
            value: trimmed(self.text, Span::new(start, start + end)),
            quoted: true,
            tie: Tie::Element,
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
        let start = self.at;
        if start >= self.text.len() || (!self.paired && self.text[self.name.end..start].contains(&b'\n')) {
            return None;
        }
        let rest = &self.text[start..self.text.len().min(start + VALUE)];
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
        Some(Assignment { name: self.name, value: Span::new(start, start + end), quoted: false, tie })
    }

    /// Whether an odd number of quotes stands before the name on its line: `"Server=x;Password=y"`.
    fn inside_string(&self) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check_in(syntax: Syntax, text: &str, expected: Option<&str>) {
        let stem = text.to_ascii_lowercase().find("pass").expect("the text names a password");
        let name = name_around(text.as_bytes(), Span::new(stem, stem + 4));
        let read = read(text.as_bytes(), name, syntax).map(|found| &text[found.value.range()]);
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn quoted_values_in_code() {
        for text in [
            r#"password = "v4lue""#,
            r#"password: "v4lue""#,
            r#""password": "v4lue""#,
            r#"'password' => 'v4lue'"#,
            r#"password := "v4lue""#,
            r#"let password: String = "v4lue";"#,
            r#"password: &'static str = "v4lue""#,
            r#"char password[] = "v4lue";"#,
            r#"char password[64] = "v4lue";"#,
            r#"os.environ["DB_PASSWORD"] = "v4lue""#,
            r#"define('DB_PASSWORD', 'v4lue')"#,
            r#"setPassword("v4lue")"#,
            r#"#define PASSWORD("v4lue")"#,
            r#"if password == "v4lue":"#,
            r#"password.equals("v4lue")"#,
            r#"password = b"v4lue""#,
            r#"password = new String("v4lue")"#,
            r#"password = String::from("v4lue")"#,
            r#"{\"password\": \"v4lue\"}"#,
            "password =\n    \"v4lue\"",
            r#"<password>v4lue</password>"#,
            r#"<ns:password>v4lue</ns:password>"#,
            r#"<add key="DbPassword" value="v4lue"/>"#,
            r#"{"name": "DB_PASSWORD", "value": "v4lue"}"#,
            r#"CREATE USER x WITH PASSWORD 'v4lue'"#,
            r#"conn = "Server=db;Password=v4lue;""#,
            r#"url = "/login?password=v4lue&x=y""#,
            r#"run("tool --password v4lue")"#,
            r#"#define DB_PASSWORD "v4lue""#,
            r#"set :db_password, "v4lue""#,
            r#"  storePassword "v4lue""#,
            r#"CREATE ROLE x LOGIN PASSWORD 'v4lue'"#,
            r#"password = N'v4lue'"#,
            r#"process.env.DB_PASSWORD || "v4lue""#,
            r#"password := []byte("v4lue")"#,
            r#"<string name="password">v4lue</string>"#,
            "<key>password</key>\n<string>v4lue</string>",
            "variable \"db_password\" {\n  type = string\n  default = \"v4lue\"\n}",
        ] {
            check_in(Syntax::Code, text, Some("v4lue"));
        }
    }

    #[test]
    fn bare_values_in_settings() {
        for text in [
            "password=v4lue",
            "PASSWORD=v4lue\nNEXT=1",
            "password: v4lue",
            "password: v4lue # old",
            "- name: DB_PASSWORD\n  value: v4lue",
            "ENV DB_PASSWORD v4lue",
            "machine host login me password v4lue",
            "tool --password v4lue --verbose",
            "tool --password=v4lue",
            "password = v4lue",
        ] {
            check_in(Syntax::Settings, text, Some("v4lue"));
        }
        check_in(Syntax::Settings, "password=a&b;c", Some("a"));
        check_in(Syntax::Settings, "password=a#b!c)d", Some("a#b!c)d"));
    }

    #[test]
    fn what_is_no_value() {
        for text in [
            "password = getPassword()",
            "password = other",
            "the password is secret",
            "password",
            "password:",
            "password\n\n\"x\"",
            "Password::new(\"x\")",
            "<label>Password</label>",
            "{\"password\": auth[1]}",
            "arn:aws:x:password:v4lue",
            "password = os.environ[\"X\"]",
            "password = getenv(\"X\")",
        ] {
            check_in(Syntax::Code, text, None);
        }
        check_in(Syntax::Prose, "password: choose one that is long", None);
    }
}

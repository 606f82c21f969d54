//! How names are tied to values: the signs between them, and the words before a name that make what follows its
//! value.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::scan::filter::file_kind::Syntax;

use super::Tie;
use super::reader::Reader;

/// Words that are searched for before every name with a word behind it: made ready once.
static MYSQLADMIN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"mysqladmin "));
static LOGIN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"login "));

impl Reader<'_> {
    pub(super) fn tie(&mut self, closed: bool, before: u8) -> Option<Tie> {
        // most names are followed by something else
        let may_be_sign =
            matches!(self.peek(), b'=' | b'!' | b':' | b'?' | b'|' | b'o' | b'%' | b'\\' | b'<');
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
            (b"<- ", Tie::Assign),
            (b"::", Tie::List),
            (b"%3D", Tie::Assign),
            (b"%3d", Tie::Assign),
            (b"\\u003d", Tie::Assign),
        ];
        for &(sign, tie) in signs.iter().take(if may_be_sign { signs.len() } else { 0 }) {
            if self.eat(sign) {
                // `f('', 'secret') => 'digest'`: what a call yields
                if sign == b"=>" && self.after_call() {
                    return None;
                }
                return (sign != b"::" && sign != b"=~").then_some(tie);
            }
        }
        if self.peek() == b'.' && (self.eat(b".equals(") || self.eat(b".Equals(") || self.eat(b".equal?(")) {
            return Some(Tie::Compare);
        }
        // `find('#password').type('value')`
        if closed && self.peek() == b'.' {
            const CALLS: [&[u8]; 8] = [
                b".type(",
                b".val(",
                b".fill(",
                b".sendKeys(",
                b".send_keys(",
                b".setValue(",
                b".set(",
                b".clear().type(",
            ];
            return CALLS.iter().any(|call| self.eat(call)).then_some(Tie::Setter);
        }
        // "the password is `value`", "with password `value`", `| password | value |`
        if let [b'i', b's', b' ', b'`' | b'"' | b'\'', ..] = self.rest() {
            self.at += 3;
            return Some(Tie::Compare);
        }
        // (`pass` is what one does with arguments)
        let of_prose = self.syntax == Syntax::Prose && self.at > self.name.end && self.name.len() > 4;
        if of_prose && self.peek() == b'`' && !closed {
            return Some(Tie::Compare);
        }
        if self.at == self.name.end + 1 && self.says_what_it_is() {
            return Some(Tie::Argument);
        }
        // `ENV.fetch("PASSWORD") { "value" }`
        if closed && self.text[..self.at].ends_with(b") ") && (self.eat(b"{ \"") || self.eat(b"{ '")) {
            self.at -= 1;
            return Some(Tie::Assign);
        }
        // `Password { get; set; } = "value"`
        if self.peek() == b'{' && !closed {
            const ACCESSORS: [&[u8]; 4] =
                [b"{ get; set; } = ", b"{ get; } = ", b"{ get; init; } = ", b"{ get; private set; } = "];
            if ACCESSORS.iter().any(|accessors| self.eat(accessors)) {
                return Some(Tie::Assign);
            }
        }
        // `IDENTIFIED WITH mysql_native_password BY 'value'`
        if self.at > self.name.end && (self.eat(b"BY '") || self.eat(b"by '") || self.eat(b"BY \"")) {
            self.at -= 1;
            return Some(Tie::Assign);
        }
        // `var password string = "value"`
        if self.typed() {
            return Some(Tie::Assign);
        }
        // `Dim password As String = "value"`
        if self.rest().get(..3).is_some_and(|there| there.eq_ignore_ascii_case(b"as ")) {
            let rest = self.rest();
            let kind = rest[3..].iter().take(24).take_while(|byte| byte.is_ascii_alphanumeric()).count();
            if rest[3 + kind..].starts_with(b" = ") {
                self.at += 3 + kind + 3;
                return Some(Tie::Assign);
            }
        }
        match self.peek() {
            // `arn:…:secret:…` and `a:password:b` are no assignments
            b':' if before == b':' || self.in_address() => None,
            // `:!PSK:!SRP`, `/etc/passwd: …`
            b':' if before == b'/' || before == b'!' => None,
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
            // `{password, "value"}`
            b',' if before == b'{' => {
                self.at += 1;
                Some(Tie::Setter)
            }
            // `put(Context.CREDENTIALS, "value")`, `curl_setopt($c, CURLOPT_USERPWD, "user:value")`
            b',' if self.is_constant() && matches!(self.rest(), [_, b' ', b'"' | b'\'', ..]) => {
                self.at += 1;
                Some(Tie::List)
            }
            _ => {
                let spaced = self.at > self.name.end;
                let option = before == b'-'
                    && matches!(
                        self.name.start.checked_sub(2).map_or(b'\n', |i| self.text[i]),
                        b'-' | b' ' | b'"' | b'\'' | b'\t' | b'\n'
                    );
                (spaced && !closed && (option || self.is_argument())).then_some(Tie::Argument)
            }
        }
    }

    /// Passes over `is ` where no word of a sentence follows, but letters, digits and more.
    fn says_what_it_is(&mut self) -> bool {
        let Some(rest) = self.rest().strip_prefix(b"is ") else { return false };
        let word = &rest[..rest.iter().take(65).take_while(|byte| byte.is_ascii_graphic()).count()];
        let word = &word[..memchr::memchr3(b'"', b'\\', b'`', word).unwrap_or(word.len())];
        let (upper, lower) =
            (word.iter().any(u8::is_ascii_uppercase), word.iter().any(u8::is_ascii_lowercase));
        let signs = word.iter().any(|byte| b"!@#$%^&*".contains(byte));
        let chosen = (8..=64).contains(&word.len())
            && word.iter().any(u8::is_ascii_digit)
            && (upper && lower || signs && (upper || lower));
        self.at += if chosen { 3 } else { 0 };
        chosen
    }

    /// After a name and a space, passes over `type =` if a string follows, as Go declares variables.
    fn typed(&mut self) -> bool {
        if self.at != self.name.end + 1 || self.syntax != Syntax::Code {
            return false;
        }
        let rest = self.rest();
        let word = rest
            .iter()
            .take(24)
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'*'));
        let kind = word.count();
        let typed = kind > 2 && matches!(&rest[kind..], [b' ', b'=', b' ', b'"' | b'`', ..]);
        self.at += if typed { kind + 2 } else { 0 };
        typed
    }

    /// Whether the last part of the name is in capitals.
    fn is_constant(&self) -> bool {
        let name = &self.text[self.name.range()];
        let last = &name[memchr::memrchr(b'.', name).map_or(0, |dot| dot + 1)..];
        last.len() >= 6 && last.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
    }

    /// Whether what was passed over after the name closes a call.
    fn after_call(&self) -> bool {
        self.text[self.name.end..self.at].contains(&b')')
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

    /// Whether one word is left on the line.
    fn last_word_of_line(&self) -> bool {
        let rest = self.rest();
        let line = &rest[..rest.len().min(200)];
        let line = line[..memchr::memchr(b'\n', line).unwrap_or(line.len())].trim_ascii();
        !line.is_empty() && !line.iter().any(|byte| matches!(byte, b' ' | b'\t' | b'=' | b':'))
    }

    /// Whether the words before make `name value` an argument: `ENV NAME value`, `machine … password value`,
    /// `IDENTIFIED BY 'value'`, `WITH PASSWORD 'value'`.
    fn is_argument(&self) -> bool {
        let quote_follows = matches!(self.rest(), [b'\'' | b'"', ..] | [b'@', b'"', ..]);
        let line = &self.text[self.name.start.saturating_sub(200)..self.name.start];
        let same_line = &line[memchr::memrchr(b'\n', line).map_or(0, |newline| newline + 1)..];
        let ends = |word: &[u8]| {
            same_line.len() >= word.len()
                && same_line[same_line.len() - word.len()..].eq_ignore_ascii_case(word)
        };
        let begins_line = same_line.iter().all(|byte| matches!(byte, b' ' | b'\t'));
        let capitals = self.text[self.name.range()].iter().all(u8::is_ascii_uppercase);
        if quote_follows && (begins_line || (capitals && self.peek() == b'\''))
            || (quote_follows && same_line.trim_ascii_start() == b"#define ")
        {
            return true;
        }
        let says_password = || {
            let name = self.text[self.name.range()].to_ascii_lowercase();
            memchr::memmem::find(&name, b"pass").is_some() || name.ends_with(b"pw") || name == b"masterauth"
        };
        // `:password "value"`, `requirepass value`, `mysqladmin … password value`
        if quote_follows && (same_line.ends_with(b" :") || same_line.trim_ascii() == b":")
            || self.syntax == Syntax::Settings && begins_line && says_password() && self.last_word_of_line()
            || MYSQLADMIN.find(same_line).is_some()
        {
            return true;
        }
        (quote_follows
            && (ends(b"with ")
                || ends(b"with encrypted ")
                || ends(b"user ")
                || ends(b"role ")
                || memchr::memmem::find(same_line, b"USER ").is_some()
                || ends(b"set ")))
            || ((ends(b"ENV ") || ends(b"ARG ")) && self.syntax != Syntax::Code)
            || (LOGIN.find(line).is_some()
                && (memchr::memmem::find(line, b"machine ").is_some()
                    || memchr::memmem::find(line, b"default ").is_some()))
    }
}

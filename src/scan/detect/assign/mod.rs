//! Reads what is assigned to a name, in the ways of many languages at once: `name = "value"`, `"name": "value"`,
//! `name => 'value'`, `<name>value</name>`, `set_name("value")`, `--name value`, `NAME=value`, a name and its value
//! in two fields (`name: X, value: Y`), and the same inside a JSON string with escaped quotes.
//!
//! It knows no grammar: it reads a few bytes on from the name and gives up at the first that does not fit. Every
//! step is bounded, so hostile text costs no more than other text.

mod command;
pub(crate) mod positional;
mod reader;
mod ties;

use crate::scan::filter::file_kind::Syntax;
use crate::span::Span;

use super::name::Named;
use reader::Reader;

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
    /// `put("name", "value")`, `setProperty("name", "value")`.
    Setter,
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
    /// What the value is by its place, where the name alone does not say: the second of `auth=("user", "value")`.
    pub place: Option<Named>,
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

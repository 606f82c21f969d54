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

/// `password.equals("…")`: the method is no part of the name.
fn without_comparison(text: &[u8], name: Span) -> Span {
    const METHODS: [&[u8]; 3] = [b".equals", b".Equals", b".equal?"];
    let length =
        METHODS.iter().find(|method| text[name.range()].ends_with(method)).map_or(0, |method| method.len());
    Span::new(name.start, name.end - length)
}

/// `API key: …`: what people write apart.
fn with_its_word_before(text: &[u8], name: Span) -> Span {
    if name.len() != b"key".len() {
        return name;
    }
    const WORDS: [&[u8]; 5] = [b"api ", b"access ", b"secret ", b"private ", b"license "];
    let before = text[name.start.saturating_sub(8)..name.start].to_ascii_lowercase();
    let length = WORDS.iter().find(|word| before.ends_with(word)).map_or(0, |word| word.len());
    Span::new(name.start - length, name.end)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// The value assigned to the name at `name`, if one is.
pub(crate) fn read(text: &[u8], name: Span, syntax: Syntax) -> Option<Assignment> {
    let name = with_its_word_before(text, without_comparison(text, name));
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
            r#"public string Password { get; set; } = "v4lue";"#,
            r#"var password string = "v4lue""#,
            r#"password = """v4lue""""#,
            r#"ENV.fetch("PASSWORD") { "v4lue" }"#,
            "IDENTIFIED WITH mysql_native_password BY 'v4lue'",
            r#"@Value("${db.password:v4lue}")"#,
            r#"put(Context.SECURITY_PASSWORD, "v4lue")"#,
            "<password>\n    v4lue\n</password>",
            "<setting name=\"Password\" serializeAs=\"String\">\n  <value>v4lue</value>\n</setting>",
            r#"password: Some("v4lue".into())"#,
            r#"#define kPassword @"v4lue""#,
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
            "password: |\n  v4lue\nother: x",
            "password: >-\n  v4lue\n",
            "mail.secret=${MAIL_PASSWORD:v4lue}",
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
            r#"label("Password:"),f("v4lue")"#,
            "x = \"${password:v4lue}\"",
            "password: string = x",
        ] {
            check_in(Syntax::Code, text, None);
        }
        check_in(Syntax::Prose, "password: choose one that is long", None);
        check_in(Syntax::Settings, "password: |\n  a text of words\n", None);
        check_in(Syntax::Prose, "the password is required", None);
        check_in(Syntax::Prose, "the password is v4lue!Xy", Some("v4lue!Xy"));
        check_in(Syntax::Prose, "with password `v4lue`.", Some("v4lue"));
        check_in(Syntax::Prose, "pass `v4lue` to it", None);
    }
}

//! Terminal-safe text. File names, rule texts and notes are written by others: a terminal must show them, not
//! obey them, and two different names must not look alike.
//!
//! Shown escaped besides: a `::` that begins a text and a `##[` or `##vso[` in it, which the logs of GitHub Actions and
//! Azure Pipelines take for commands.
//!
//! Shown escaped: control characters (`\x1b`, `\n`), and characters that have no width of their own or turn
//! the direction of the text (`\u{202e}`). A backslash stays as it is, so that ordinary names do: the escaped
//! form is for reading, not for parsing back.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with every character escaped that a terminal would act on or hide; borrowed when there is none.
pub fn text(text: &str) -> Cow<'_, str> {
    let first = match (text.find(is_unsafe), text.find("##")) {
        (unsafe_at, hashes) if text.trim_start().starts_with("::") || hashes.is_some() => {
            return Cow::Owned(no_command(&escaped(text, unsafe_at.unwrap_or(text.len()))));
        }
        (None, _) => return Cow::Borrowed(text),
        (Some(first), _) => first,
    };
    Cow::Owned(escaped(text, first))
}

/// The text, in which nothing is a command of a log.
fn no_command(text: &str) -> String {
    let text = text.replace("##[", "#\\x23[").replace("##vso[", "#\\x23vso[");
    let start = text.len() - text.trim_start().len();
    match text[start..].strip_prefix("::") {
        Some(rest) => format!("{}\\x3a:{rest}", &text[..start]),
        None => text,
    }
}

/// The text with every character escaped that is unsafe, the first of which stands at `first`.
fn escaped(text: &str, first: usize) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    safe.push_str(&text[..first]);
    for character in text[first..].chars() {
        match character {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            c if !is_unsafe(c) => safe.push(c),
            c if c.is_ascii() => _ = write!(safe, "\\x{:02x}", u32::from(c)),
            c => _ = write!(safe, "\\u{{{:x}}}", u32::from(c)),
        }
    }
    safe
}

/// `bytes` as UTF-8, each byte that is not part of it written `\xff`; borrowed when all are. Everything else stays
/// as it is, control characters included: this is how a file name becomes a report's path, and [`text`] how
/// that path becomes safe to show.
pub fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            _ = write!(text, "\\x{byte:02x}");
        }
    }
    Cow::Owned(text)
}

/// Whether a terminal, or a reader's eye, could be misled by the character: controls, line and paragraph separators,
/// bidirectional controls, characters without width, fillers, variation selectors and tags.
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || (!character.is_ascii()
            && matches!(
                character,
                '\u{ad}'
                    | '\u{34f}'
                    | '\u{61c}'
                    | '\u{115f}'..='\u{1160}'
                    | '\u{17b4}'..='\u{17b5}'
                    | '\u{180b}'..='\u{180f}'
                    | '\u{200b}'..='\u{200f}'
                    | '\u{2028}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}'
                    | '\u{3164}'
                    | '\u{fe00}'..='\u{fe0f}'
                    | '\u{feff}'
                    | '\u{ffa0}'
                    | '\u{fff0}'..='\u{fffb}'
                    | '\u{1bca0}'..='\u{1bca3}'
                    | '\u{1d173}'..='\u{1d17a}'
                    | '\u{e0000}'..='\u{e0fff}'
            ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        assert_eq!(text(input), expected);
    }

    #[test]
    fn ordinary_text_is_borrowed() {
        for plain in ["", "src/main.rs", "a b\\c", "Grüße/日本語/🦀.txt", "'\"$`"] {
            assert!(matches!(text(plain), Cow::Borrowed(same) if same == plain), "{plain}");
        }
    }

    #[test]
    fn controls_are_escaped() {
        check("a\nb\r\tc", "a\\nb\\r\\tc");
        check("\x1b[31mred", "\\x1b[31mred");
        check("\0\x07\x7f", "\\x00\\x07\\x7f");
        check("\u{9b}31m", "\\u{9b}31m");
    }

    #[test]
    fn invisible_and_turning_characters_are_escaped() {
        check("gpj.\u{202e}exe", "gpj.\\u{202e}exe");
        check("a\u{2066}b\u{2069}", "a\\u{2066}b\\u{2069}");
        check("a\u{200b}\u{200d}\u{feff}b", "a\\u{200b}\\u{200d}\\u{feff}b");
        check("a\u{2028}b", "a\\u{2028}b");
        check("a\u{e0041}\u{fe0f}", "a\\u{e0041}\\u{fe0f}");
    }

    #[test]
    fn commands_of_logs_are_escaped() {
        check("::error::x", "\\x3a:error::x");
        check("  ::error::x", "  \\x3a:error::x");
        check("a::b", "a::b");
        check("x ##vso[task]", "x #\\x23vso[task]");
        check("##[error]\x1b", "#\\x23[error]\\x1b");
        check("## title", "## title");
    }

    #[test]
    fn bytes_that_are_no_utf8_are_escaped() {
        fn check(input: &[u8], expected: &str) {
            assert_eq!(utf8(input), expected);
        }
        check(b"plain", "plain");
        check("ä\n".as_bytes(), "ä\n");
        check(b"a\xffb", "a\\xffb");
        check(b"\xe2\x82", "\\xe2\\x82");
        check(b"\xed\xa0\x80", "\\xed\\xa0\\x80");
        assert_eq!(text(&utf8(b"\xff\x1b")), "\\xff\\x1b");
    }
}

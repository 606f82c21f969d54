//! Escaped text: where it may hide a token or a URL, how far it goes, and what it says without its escapes.

use crate::decode::escape::{self, Unescaped};
use crate::finding::Encoding;
use crate::span::Span;

use super::candidate::{is_token, is_word};

/// How far before and after an escape the text around it is undone.
const BEFORE: usize = 512;
const AFTER: usize = 4096;
/// How far a line goes on over line breaks that a backslash takes away. Less than [`super::reach::AHEAD`].
const CONTINUED: usize = 1024;
/// Fewest bytes of a text in percent escapes that is searched: what is shorter holds no token.
const SHORTEST: usize = super::candidate::RUN;

/// How many token characters there are.
const TOKENS: usize = 69;

/// The percent escapes of token characters, in lower case: nobody has to write those, but some encode everything.
static PERCENT: [[u8; 3]; TOKENS] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut anchors = [[b'%'; 3]; TOKENS];
    let (mut byte, mut next) = (0_u8, 0);
    while next < TOKENS {
        if is_token(byte) {
            anchors[next][1] = DIGITS[(byte >> 4) as usize];
            anchors[next][2] = DIGITS[(byte & 15) as usize];
            next += 1;
        }
        byte += 1;
    }
    anchors
};

/// A percent escape that was escaped.
const TWICE: &[u8] = b"%25";

/// How backslash escapes of token characters begin: hexadecimal, octal, and in braces.
const BACKSLASH: &[&str] = &[
    "\\x2", "\\x3", "\\x4", "\\x5", "\\x6", "\\x7", "\\05", "\\06", "\\07", "\\10", "\\11", "\\12", "\\13",
    "\\14", "\\15", "\\16", "\\17", "\\u{",
];

/// The anchors of escapes, beside those of [`super::detect::ANCHORS`].
pub(super) fn anchors() -> impl Iterator<Item = &'static [u8]> {
    let percent = PERCENT.iter().map(<[u8; 3]>::as_slice).chain([TWICE]);
    percent.chain(BACKSLASH.iter().map(|anchor| anchor.as_bytes()))
}

/// A stretch of text and what it says.
pub(super) struct Undone {
    /// The stretch.
    pub(super) span: Span,
    /// What it says, and whence each byte of it comes.
    pub(super) text: Unescaped,
    /// How it was written.
    pub(super) encoding: Encoding,
    /// Whether only what holds an escape is of interest: the stretch reaches beyond the escaped text.
    pub(super) wide: bool,
}

/// Undoes the escapes around the one at `at`. The stretch is told even when there is nothing to search in it.
pub(super) fn undo(text: &[u8], at: usize) -> (Span, Option<Undone>) {
    if text[at] == b'%' { undo_percent(text, at) } else { undo_backslash(text, at) }
}

fn undo_percent(text: &[u8], at: usize) -> (Span, Option<Undone>) {
    let span = stretch(text, at, |byte| !is_url(byte));
    let undone = escape::percent(&text[span.range()]);
    if !undone.changed || undone.text.len() < SHORTEST && span.len() < 3 * SHORTEST {
        return (span, None);
    }
    // a value that is all escapes stands beside a name that is not
    let wide = 2 * undone.text.len() <= span.len();
    let told = if wide {
        let line = stretch(text, at, |byte| byte == b'\n');
        Undone { span: line, text: escape::percent(&text[line.range()]), encoding: Encoding::Percent, wide }
    } else {
        Undone { span, text: undone, encoding: Encoding::Percent, wide }
    };
    (told.span, Some(told))
}

fn undo_backslash(text: &[u8], at: usize) -> (Span, Option<Undone>) {
    let mut span = stretch(text, at, |byte| byte == b'\n');
    while let Some(next) = joined(text, span.end).filter(|&next| next < at + CONTINUED) {
        let end = text.len().min(at + CONTINUED);
        span.end = memchr::memchr(b'\n', &text[next..end]).map_or(end, |length| next + length);
    }
    let undone = escape::backslash(&text[span.range()]);
    let told =
        undone.changed.then_some(Undone { span, text: undone, encoding: Encoding::Escape, wide: false });
    (span, told)
}

/// The text around `at` as far as no byte stops it.
fn stretch(text: &[u8], at: usize, stops: impl Fn(u8) -> bool) -> Span {
    let floor = at.saturating_sub(BEFORE);
    let before = text[floor..at].iter().rposition(|&byte| stops(byte));
    let start = before.map_or(floor, |stop| floor + stop + 1);
    let after = &text[at..text.len().min(at + AFTER)];
    let length = after.iter().position(|&byte| stops(byte)).unwrap_or(after.len());
    Span::new(start, at + length)
}

/// Where the next line begins, if a backslash takes away the line break at `end`.
fn joined(text: &[u8], end: usize) -> Option<usize> {
    let before = text[..end].strip_suffix(b"\r").unwrap_or(&text[..end]);
    (text.get(end) == Some(&b'\n') && before.ends_with(b"\\")).then_some(end + 1)
}

/// Whether the run of token characters at `at` goes on in the next line, its line break taken away by a backslash: where
/// that backslash stands.
pub(super) fn continued(text: &[u8], at: usize) -> Option<usize> {
    let near = &text[at..text.len().min(at + CONTINUED / 2)];
    let end = at + near.iter().position(|&byte| !is_token(byte))?;
    let next = match text[end..] {
        [b'\\', b'\n', next, ..] | [b'\\', b'\r', b'\n', next, ..] => next,
        _ => return None,
    };
    is_token(next).then_some(end)
}

/// Bytes of a URL and its escapes.
fn is_url(byte: u8) -> bool {
    is_word(byte)
        || matches!(
            byte,
            b'%' | b'-'
                | b'.'
                | b'~'
                | b':'
                | b'/'
                | b'?'
                | b'#'
                | b'@'
                | b'!'
                | b'$'
                | b'&'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_character_has_a_percent_anchor() {
        for byte in 0..=255_u8 {
            let escape = format!("%{byte:02x}");
            let anchored = anchors().any(|anchor| anchor == escape.as_bytes());
            assert_eq!(anchored, is_token(byte) || byte == b'%', "{escape}");
        }
    }

    #[test]
    fn every_token_character_has_backslash_anchors() {
        for byte in (0..=255_u8).filter(|&byte| is_token(byte)) {
            for escape in [format!("\\x{byte:02x}"), format!("\\{byte:03o}"), format!("\\u{{{byte:x}}}")] {
                assert!(anchors().any(|anchor| escape.as_bytes().starts_with(anchor)), "{escape}");
            }
        }
    }
}

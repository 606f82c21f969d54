//! Compares what stands around a window with the value that the window belongs to.

use zeroize::Zeroizing;

use crate::finding::Encoding;
use crate::span::Span;

use super::index::{Entry, Known};
use super::prints::HashKeys;
use super::variants::Form;
use super::walk::{Walk, canonical, reach};

/// Where the value stands, and how it is written, if the bytes around the window at `at` are it.
pub(super) fn compare(
    keys: &HashKeys,
    text: &[u8],
    at: usize,
    offset: u16,
    entry: &Entry,
    value: &Known,
) -> Option<(Span, Vec<Encoding>)> {
    let before = usize::from(offset);
    let length = match entry.form {
        Form::Plain | Form::Escaped(_) => usize::from(value.length),
        Form::Base64(_) | Form::Hex => usize::from(entry.length),
    };
    let mut written = Zeroizing::new(Vec::with_capacity(length));
    let mut compare = |walk: Walk| {
        written.clear();
        let span = match entry.form {
            Form::Escaped(_) => {
                let start = at.checked_sub(before)?;
                Span::new(start, walk.forward(text, start, length, &mut written)?)
            }
            _ => {
                let start = walk.backward(text, at, before, &mut written)?;
                Span::new(start, walk.forward(text, at, length.checked_sub(before)?, &mut written)?)
            }
        };
        let mut decoded = Vec::new();
        if written[..] != text[span.range()] && walk != Walk::Plain {
            decoded.push(walk.encoding());
        }
        let hash = match entry.form {
            Form::Plain | Form::Escaped(_) => keys.value(&written),
            Form::Base64(phase) => {
                decoded.push(Encoding::Base64);
                keys.value(&canonical(&decode_base64(&written, phase)?))
            }
            Form::Hex => {
                decoded.push(Encoding::Hex);
                keys.value(&canonical(&decode_hex(&written)?))
            }
        };
        // compared in constant time
        if hash != blake3::Hash::from_bytes(value.hash) {
            return None;
        }
        let plain = matches!(entry.form, Form::Plain | Form::Escaped(_));
        (!value.bounded || !plain || is_apart(text, span)).then_some((span, decoded))
    };
    match entry.form {
        Form::Escaped(walk) => compare(walk),
        _ => compare(Walk::Plain).or_else(|| {
            let region = &text
                [at.saturating_sub(reach(before))..text.len().min(at + reach(length.saturating_sub(before)))];
            Walk::ESCAPING.into_iter().filter(|walk| walk.shows_in(region)).find_map(compare)
        }),
    }
}

/// Whether no word goes on before or after the span.
fn is_apart(text: &[u8], span: Span) -> bool {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 128;
    let before = &text[..span.start];
    (!before.last().is_some_and(word) || ends_in_escape(before)) && !text.get(span.end).is_some_and(word)
}

/// Whether the letters or digits that `text` ends with are part of an escape: `\n`, `%3D`, `\x3d`, `\u003d`.
fn ends_in_escape(text: &[u8]) -> bool {
    let digits = |count: usize, sign: &[u8]| {
        text.len()
            .checked_sub(count)
            .is_some_and(|at| text[at..].iter().all(u8::is_ascii_hexdigit) && text[..at].ends_with(sign))
    };
    let letter = match text {
        [rest @ .., b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'a' | b'e' | b'0'] => {
            rest.iter().rev().take_while(|&&byte| byte == b'\\').count() > 0
        }
        _ => false,
    };
    letter || digits(2, b"%") || digits(2, b"\\x") || digits(4, b"\\u") || digits(3, b"\\")
}

/// The bytes that base64 of either alphabet stands for, without the bits before the first whole byte.
fn decode_base64(text: &[u8], phase: u8) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut bits, mut held) = (0_u32, 0);
    let mut skip = 2 * u32::from(phase);
    for &byte in text {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        (bits, held) = (bits << 6 | u32::from(six), held + 6 - skip);
        skip = 0;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    Some(out)
}

fn decode_hex(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(text).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_before_a_value_are_no_part_of_a_word() {
        let apart = |before: &str, after: &str| {
            let text = format!("{before}VALUE{after}");
            is_apart(text.as_bytes(), Span::new(before.len(), before.len() + 5))
        };
        for before in ["", " ", "\"", "x\\n", "a%3D", "\\x3d", "\\u003d", "\\t", "\\0", "\\075"] {
            assert!(apart(before, "\""), "{before}");
        }
        for before in ["x", "_", "n", "3D", "é", "x3d"] {
            assert!(!apart(before, ""), "{before}");
        }
        assert!(!apart("", "x") && !apart("=", "_"));
    }
}

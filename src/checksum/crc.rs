//! CRC-32 (IEEE) written after the text that it covers, in the digits each provider chose.

use crc32fast::hash as crc32;
use data_encoding::{BASE64, HEXLOWER, HEXUPPER};

/// Digits, upper case, lower case.
pub(super) const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE62_LOWER_FIRST: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const BASE36: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// How many underscores, from the last, may end the prefix. Bodies are base62 by the book, but scanners have seen
/// `_` in some; a limit keeps the time linear.
const UNDERSCORES: usize = 8;

/// `value` in the base that `digits` gives, most significant digit first, padded on the left with the zero digit.
/// `N` digits must hold any `u32`.
fn number<const N: usize>(mut value: u32, digits: &[u8]) -> [u8; N] {
    let base = digits.len() as u32;
    let mut text = [digits[0]; N];
    for place in text.iter_mut().rev() {
        *place = digits[(value % base) as usize];
        value /= base;
    }
    text
}

fn hex(bytes: [u8; 4]) -> [u8; 8] {
    let mut text = [0; 8];
    HEXLOWER.encode_mut(&bytes, &mut text);
    text
}

/// What follows the last underscore; everything where there is none.
fn after_underscore(text: &[u8]) -> &[u8] {
    text.rsplit(|&byte| byte == b'_').next().unwrap_or(text)
}

pub(super) fn base62_body(head: &[u8]) -> Option<[u8; 6]> {
    Some(number(crc32(after_underscore(head)), BASE62))
}

pub(super) fn verify_base62_body(token: &[u8]) -> bool {
    let Some((head, check)) = token.split_last_chunk::<6>() else { return false };
    // Djblets 3.0 wrote the digits with upper and lower case exchanged.
    let exchanged = check.map(|byte| if byte.is_ascii_alphabetic() { byte ^ 0x20 } else { byte });
    let right = |body: &[u8]| {
        let expected = number(crc32(body), BASE62);
        expected == *check || expected == exchanged
    };
    let underscores = head.iter().enumerate().rev().filter(|&(_, &byte)| byte == b'_').take(UNDERSCORES);
    let mut starts = underscores.map(|(at, _)| at + 1).peekable();
    match starts.peek() {
        Some(_) => starts.any(|start| right(&head[start..])),
        None => right(head),
    }
}

pub(super) fn base62_all(head: &[u8]) -> Option<[u8; 6]> {
    Some(number(crc32(head), BASE62))
}

pub(super) fn base62_lower_first_all(head: &[u8]) -> Option<[u8; 6]> {
    Some(number(crc32(head), BASE62_LOWER_FIRST))
}

pub(super) fn base62_all_underscore(head: &[u8]) -> Option<[u8; 6]> {
    Some(number(crc32(head.strip_suffix(b"_")?), BASE62))
}

pub(super) fn base62_lsb_underscore(head: &[u8]) -> Option<[u8; 6]> {
    let text: [u8; 6] = number(crc32(head.strip_suffix(b"_")?), BASE62);
    // The provider reverses the digits first and pads on the left afterwards.
    let zeros = text.iter().take_while(|&&digit| digit == b'0').count();
    let mut reversed = text;
    reversed[zeros..].reverse();
    Some(reversed)
}

pub(super) fn hex_upper_all(head: &[u8]) -> Option<[u8; 8]> {
    const ESCAPED_EQUALS: [&[u8]; 5] = [br"\=", b"%3D", b"%3d", br"\u003d", br"\u003D"];
    let mut hasher = crc32fast::Hasher::new();
    match ESCAPED_EQUALS.iter().find_map(|escape| head.strip_suffix(*escape)) {
        Some(rest) => {
            hasher.update(rest);
            hasher.update(b"=");
        }
        None => hasher.update(head),
    }
    let mut text = [0; 8];
    HEXUPPER.encode_mut(&hasher.finalize().to_be_bytes(), &mut text);
    Some(text)
}

pub(super) fn hex_all(head: &[u8]) -> Option<[u8; 8]> {
    Some(hex(crc32(head).to_be_bytes()))
}

pub(super) fn hex_body(head: &[u8]) -> Option<[u8; 8]> {
    Some(hex(crc32(after_underscore(head.strip_suffix(b"_")?)).to_be_bytes()))
}

pub(super) fn le_hex_prefix(head: &[u8]) -> Option<[u8; 8]> {
    Some(hex(crc32(head.strip_suffix(b"_")?).to_le_bytes()))
}

pub(super) fn verify_le_hex_prefix(token: &[u8]) -> bool {
    let Some((head, check)) = token.split_last_chunk::<8>() else { return false };
    le_hex_prefix(head)
        .is_some_and(|expected| expected == *check || expected.to_ascii_uppercase() == check.as_slice())
}

pub(super) fn le_base64_6(head: &[u8]) -> Option<[u8; 6]> {
    let mut text = [0; 8];
    BASE64.encode_mut(&crc32(head.strip_prefix(b"cflt")?).to_le_bytes(), &mut text);
    text.first_chunk().copied()
}

pub(super) fn cloudflare(head: &[u8]) -> Option<[u8; 8]> {
    Some(hex(crc32(head.last_chunk::<40>()?).to_be_bytes()))
}

/// The seven digits that end a GitLab routable token.
pub(super) fn gitlab(head: &[u8]) -> [u8; 7] {
    number(crc32(head), BASE36)
}

/// The lengths that the payload may be said to have, in base36, of a GitLab routable token's `head`, which is
/// everything up to the two digits of the length. Two readings: the payload of a runner token follows `t1_`, but a
/// payload could begin so too.
fn gitlab_lengths(head: &[u8]) -> Option<[[u8; 2]; 2]> {
    let dash = head.iter().position(|&byte| byte == b'-')?;
    let rest = &head[dash + 1..];
    let long = rest.iter().position(|&byte| byte == b'.')?;
    let short = match rest {
        [b't', digit, b'_', ..] if digit.is_ascii_digit() => long.checked_sub(3)?,
        _ => long,
    };
    // Longer than two digits can say is longer than any token.
    if long >= BASE36.len() * BASE36.len() {
        return None;
    }
    let two = |length: usize| [BASE36[length / BASE36.len()], BASE36[length % BASE36.len()]];
    Some([two(short), two(long)])
}

pub(super) fn verify_gitlab(token: &[u8]) -> bool {
    let Some((head, check)) = token.split_last_chunk::<7>() else { return false };
    let Some((before, length)) = head.split_last_chunk::<2>() else { return false };
    before.ends_with(b".")
        && gitlab_lengths(before).is_some_and(|lengths| lengths.contains(length))
        && gitlab(head) == *check
}

/// After a dot, length and checksum; otherwise the checksum, the length being there already.
pub(super) fn complete_gitlab(head: &[u8]) -> Option<Vec<u8>> {
    if !head.ends_with(b".") {
        return Some(gitlab(head).to_vec());
    }
    let [length, _] = gitlab_lengths(head)?;
    let whole = [head, &length].concat();
    Some([&length[..], &gitlab(&whole)].concat())
}

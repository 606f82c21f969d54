//! What a value under the name of a password is worth. Passwords that people choose are words, or words with something
//! to them; so are labels, placeholders and names of fields. How the value is written tells them apart.

use crate::finding::{Confidence, Reason};
use crate::scan::filter::file_kind::Syntax;
use crate::scan::filter::value::Value;
use crate::scan::filter::words::{VALUES_WEAK, holds};

use super::assign::{Assignment, Tie};
use super::{Context, reason};

/// Whether a value is four groups of four letters, as the app passwords of mail providers are shown.
pub(super) fn is_app_password(bytes: &[u8]) -> bool {
    bytes.len() == 19
        && bytes
            .iter()
            .enumerate()
            .all(|(i, byte)| if i % 5 == 4 { *byte == b' ' } else { byte.is_ascii_lowercase() })
        && Value::new(bytes).profile.wordiness < -0.3
}

/// Whether a value that reads as a name may be a password all the same.
pub(super) fn may_be_words(value: &Value<'_>, found: Assignment) -> bool {
    let strict = matches!(found.tie, Tie::Assign | Tie::Setter | Tie::Element);
    // `OPT_CHG_PWD_2`
    let constant = value.bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
        && value.bytes.iter().filter(|&&b| b == b'_').count() >= 2;
    if constant {
        return false;
    }
    let spiced = value.profile.digits > 0 || value.bytes.iter().any(|byte| b"!@#*$%^&+?".contains(byte));
    strict && (spiced && !names_a_secret(value) || !is_identifier(value.bytes))
}

/// Whether a value is joined words, as identifiers are.
fn is_identifier(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| matches!(byte, b'_' | b'-' | b'.' | b':' | b'/' | b'['))
        || bytes.windows(2).any(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase())
}

/// Whether a value of several words names a secret, as names of methods to check one do.
fn names_a_secret(value: &Value<'_>) -> bool {
    const WORDS: [&[u8]; 9] =
        [b"password", b"passwd", b"pwd", b"pass", b"secret", b"token", b"key", b"filter", b"auth"];
    is_identifier(value.bytes)
        && value.lower.split(|byte| !byte.is_ascii_alphabetic()).any(|word| WORDS.contains(&word))
}

/// How sure it is that a value is a password.
pub(super) fn weigh(
    context: &Context<'_>,
    value: &Value<'_>,
    name: &[u8],
    found: Assignment,
) -> Result<Confidence, Reason> {
    let p = &value.profile;
    let randomness = p.randomness();
    let mixed =
        usize::from(p.upper) + usize::from(p.lower) + usize::from(p.digits > 0) + usize::from(p.signs > 0);
    let strict = matches!(found.tie, Tie::Assign | Tie::Setter | Tie::Element)
        || found.tie == Tie::Argument && found.quoted;
    if p.letters == 0 && p.signs == 0 {
        // a PIN or `123456`
        return if p.length >= 5 && strict && (found.quoted || p.length >= 6 && found.name.len() > 2) {
            Ok(Confidence::Medium)
        } else {
            Err(reason("number", "it is a number"))
        };
    }
    // `mysql_native_password`, `sha256_password`: values of other settings
    if matches!(found.tie, Tie::List | Tie::Compare | Tie::Call) && names_a_secret(value) {
        return Err(reason("name", "it names a secret, and the tie is loose"));
    }
    if p.signs * 2 > p.length && p.digits + p.letters < 4 {
        return Err(reason("signs", "it is made of signs"));
    }
    if found.tie == Tie::List && (p.reads_as_words() || p.digits == 0 || p.digits == 1 && p.length < 10) {
        return Err(reason("words", "it reads as a name, and the tie is loose"));
    }
    // letters beyond ASCII: a word of some language
    if !value.bytes.is_ascii() && p.digits == 0 {
        return Ok(Confidence::Low);
    }
    if mixed >= 3 && p.length >= 8 && (randomness > -1.0 || p.digits > 0) {
        return Ok(Confidence::High);
    }
    if p.digits > 0 && p.letters > 0 || (randomness > 0.0 && p.length >= 8) {
        return Ok(Confidence::Medium);
    }
    if p.signs > 0 && p.letters >= 3 && !p.reads_as_words() && strict {
        return Ok(Confidence::Medium);
    }
    // `cackle!`: a label would begin with a capital
    let signed = p.length >= 6 && !p.upper && value.bytes.iter().any(|byte| b"!@#$%^&*".contains(byte));
    if signed && strict && value.bytes[0].is_ascii_lowercase() && found.quoted {
        return Ok(Confidence::Medium);
    }
    let opaque = !p.reads_as_words() && p.wordiness < -0.6 && p.length >= 6;
    if opaque && strict {
        return Ok(Confidence::Medium);
    }
    word(context, value, name, found)
}

/// A value that is a word.
fn word(
    context: &Context<'_>,
    value: &Value<'_>,
    name: &[u8],
    found: Assignment,
) -> Result<Confidence, Reason> {
    let text = context.text;
    match found.tie {
        Tie::Assign | Tie::Setter | Tie::Element => {}
        // `setPassword("…")`, `.password("…")`
        Tie::Call if sets(text, found) => {}
        Tie::Argument if found.quoted || context.syntax() == Syntax::Settings => {}
        _ => return Err(reason("words", "it reads as a word, and the tie to the name is loose")),
    }
    // `Required`, `Passwort`: labels begin like sentences
    let label = value.bytes[0].is_ascii_uppercase() && value.profile.lower;
    if label || !value.bytes.is_ascii() {
        return Ok(Confidence::Low);
    }
    let gap = text.get(found.name.end..found.value.start).unwrap_or(b"");
    // `disable passphrase: done` in a message
    let message = context.syntax() == Syntax::Code && memchr::memmem::find(gap, b": ").is_some();
    let prose = context.syntax() != Syntax::Settings || found.tie == Tie::Argument;
    if !found.quoted && found.place.is_none() && prose && (message || in_sentence(text, found)) {
        return Ok(Confidence::Low);
    }
    // `password --silent`, `pass-through mode.`
    if found.tie == Tie::Argument && (value.bytes[0] == b'-' || value.bytes.ends_with(b".")) {
        return Err(reason("words", "it is the next option, or the end of a sentence"));
    }
    if !found.quoted && context.syntax() == Syntax::Prose && !stands_in_a_list(text, found) {
        return Ok(Confidence::Low);
    }
    // A word is a password, a placeholder for one, or something else altogether, and no statistics of letters tell.
    // Where it takes effect as it stands, or is known to be chosen, it is one.
    let known = std::str::from_utf8(&value.lower).is_ok_and(|word| holds(&VALUES_WEAK, word));
    let in_effect = found.place.is_some() || found.tie == Tie::Argument;
    if !known && !in_effect && value.profile.wordiness > WORD {
        return Ok(Confidence::Low);
    }
    // `pass` means many things: next to a user it means one
    const OWNERS: [&[u8]; 15] = [
        b"db", b"user", b"my", b"admin", b"root", b"mail", b"smtp", b"wifi", b"ftp", b"ssh", b"sql", b"ldap",
        b"key", b"store", b"require",
    ];
    let lower = name.to_ascii_lowercase();
    let owner = lower.strip_suffix(b"pass").map(<[u8]>::trim_ascii);
    let owned = |owner: &[u8]| OWNERS.iter().any(|word| memchr::memmem::find(owner, word).is_some());
    if owner.is_some_and(|owner| !owned(owner)) && found.place.is_none() {
        let before = text[found.name.start.saturating_sub(100)..found.name.start].to_ascii_lowercase();
        if memchr::memmem::find(&before, b"user").is_none() {
            return Ok(Confidence::Low);
        }
    }
    Ok(Confidence::Medium)
}

/// The mean score of letters above which they are taken for a word: below are 19 in 20 random ones, and few words.
const WORD: f32 = -0.1;

/// Whether the call of a password's name sets it: a method, or `set…`, `with…`.
fn sets(text: &[u8], found: Assignment) -> bool {
    let name = text[found.name.range()].to_ascii_lowercase();
    let method = found.name.start.checked_sub(1).is_some_and(|at| matches!(text[at], b'.' | b'>'));
    let last = name.rsplit(|&byte| byte == b'.').next().unwrap_or(&name);
    // `store_password("user", "value")`: it is not the first argument
    let after = text.get(found.value.end + 1..).unwrap_or(b"").trim_ascii_start();
    if after.starts_with(b",") {
        return false;
    }
    // `= PASSWORD('value')`
    if text[..found.name.start].ends_with(b"= ") {
        return true;
    }
    method || last.len() < name.len() || last.starts_with(b"set") || last.starts_with(b"with")
}

/// Whether name and value make a line of their own, or follow a user, and no sentence.
fn stands_in_a_list(text: &[u8], found: Assignment) -> bool {
    let before = &text[found.name.start.saturating_sub(80)..found.name.start];
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let mark = |byte: &u8| matches!(byte, b' ' | b'\t' | b'-' | b'*' | b'>' | b'#' | b'`');
    let begins = before[line_start..].iter().all(mark);
    let lower = before.to_ascii_lowercase();
    let user = [&b"user"[..], b"login"].iter().any(|word| memchr::memmem::find(&lower, word).is_some());
    let after = &text[found.value.end..text.len().min(found.value.end + 3)];
    let ends = after.trim_ascii_start().is_empty() || matches!(after.first(), Some(b'\n' | b'\r' | b'`'));
    ends && (begins || user)
}

/// Whether words follow the value, as in a sentence: `password=foo, then …`.
fn in_sentence(text: &[u8], found: Assignment) -> bool {
    let after = &text[found.value.end..text.len().min(found.value.end + 40)];
    let after = &after[..memchr::memchr3(b'\n', b'"', b'\'', after).unwrap_or(after.len())];
    let after = after.trim_ascii_start();
    let words = after.strip_prefix(b",").unwrap_or(after).trim_ascii_start();
    words.first().is_some_and(u8::is_ascii_alphabetic) && !words.contains(&b'=')
}

//! Secrets without a shape of their own: judged by the name they are assigned to and by what they are made of.

use zeroize::Zeroizing;

use crate::decode::{base64, escape};
use crate::finding::{Confidence, Encoding, Reason};
use crate::scan::filter::value::Value;
use crate::scan::matches::{Match, Rank, Verdict};
use crate::span::Span;

use super::assign::{self, Assignment, Tie};
use super::name::{self, Named};
use super::password::{self, is_app_password};
use super::{Context, lower, reason};

/// What came of a name.
pub(crate) struct Read {
    /// Where it ends: its other stems need no look.
    pub name_end: usize,
    /// Where a value without quotes ends that it was given; further names may stand in it.
    pub bare_end: usize,
    /// What was found.
    pub found: Option<Match>,
}

impl Read {
    fn nothing(name_end: usize) -> Self {
        Self { name_end, bare_end: 0, found: None }
    }
}

/// Finds what is assigned to the name around `stem`.
pub(crate) fn detect(context: &Context<'_>, stem: Span) -> Read {
    let text = context.text;
    // `pw=`: the sign only tells the word from the ends of others
    let letters = text[stem.range()].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let short = Span::new(stem.start, stem.start + letters);
    let name = assign::name_around(text, if letters == 2 { short } else { stem });
    if letters == 2 {
        let before = stem.start.checked_sub(1).map_or(b' ', |at| text[at]);
        // `iPw:` is a name of a program that shortens names
        let no_name = name.len() < 5
            || text[stem.start].is_ascii_lowercase()
            || !text[name.range()].iter().all(u8::is_ascii_alphabetic);
        if before.is_ascii_alphanumeric() && no_name {
            return Read::nothing(short.end);
        }
    }
    if context.binary() {
        return Read::nothing(name.end);
    }
    let mut bare_end = 0;
    // reading comes first: most names in code are assigned nothing readable, and classifying is dearer
    let found = if text[stem.range()].ends_with(b" ") {
        after_identified_by(text, stem).map(|found| (Named::Password, found))
    } else {
        assign::read(text, name, context.syntax()).and_then(|found| {
            bare_end = if found.quoted { 0 } else { found.value.end };
            Some((found.place.or_else(|| classify(text, found))?, found))
        })
    };
    let found = found.and_then(|(named, found)| judge(context, named, found));
    Read { name_end: name.end, bare_end, found }
}

/// What the name says of its value. Of a method's name only the last part counts: `pass.setLabel("…")`.
fn classify(text: &[u8], found: Assignment) -> Option<Named> {
    let mut name = &text[found.name.range()];
    if found.tie == Tie::Call {
        name = &name[memchr::memrchr(b'.', name).map_or(0, |dot| dot + 1)..];
        // `assert::pass("…")`, `t.pass("…")`: verdicts of tests
        if name.eq_ignore_ascii_case(b"pass") {
            return None;
        }
    }
    name::classify(name)
}

/// Finds the secret among the arguments of a call, whose name ends at the parenthesis that ends `anchor`.
pub(crate) fn call(context: &Context<'_>, anchor: Span) -> Option<Match> {
    if context.binary() {
        return None;
    }
    let text = context.text;
    let mut name = assign::name_around(text, Span::new(anchor.start, anchor.end - 1));
    if text[..name.start].ends_with(b"DBI->") {
        name.start -= b"DBI->".len();
    }
    let found = assign::positional::call(text, name)?;
    judge(context, found.place?, found)
}

/// Finds the text that becomes an array of characters, in whose quotes `at` is the last: keys and stores of Java take
/// their passwords so.
pub(crate) fn chars(context: &Context<'_>, at: usize) -> Option<Match> {
    if context.binary() {
        return None;
    }
    let text = context.text;
    let before = &text[at.saturating_sub(200)..at];
    let line = &before[memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1)..];
    let quote = memchr::memrchr(b'"', line)?;
    let lower = line[..quote].to_ascii_lowercase();
    if ![&b"key"[..], b"store", b"pass", b"load", b"secret", b"cred", b"kmf", b"ks, ", b"ks,\""]
        .iter()
        .any(|word| memchr::memmem::find(&lower, word).is_some())
    {
        return None;
    }
    let value = Span::new(at - (line.len() - quote - 1), at);
    let name = Span::new(at - line.len(), at - line.len());
    let found = Assignment { name, value, quoted: true, tie: Tie::Assign, place: Some(Named::Password) };
    judge(context, Named::Password, found)
}

fn after_identified_by(text: &[u8], stem: Span) -> Option<Assignment> {
    // in prose too things are identified by others
    let before = &text[stem.start.saturating_sub(200)..stem.start];
    let lower = before.to_ascii_lowercase();
    let statement = [&b"create "[..], b"grant ", b"alter ", b"set password", b" to "]
        .iter()
        .any(|word| memchr::memmem::find(&lower, word).is_some());
    if !statement && text[stem.start] != b'I' {
        return None;
    }
    let rest = &text[stem.end..text.len().min(stem.end + 300)];
    let rest = rest.strip_prefix(b"PASSWORD ").unwrap_or(rest);
    let start = text[..text.len().min(stem.end + 300)].len() - rest.len();
    let (value, quoted) = match *rest.first()? {
        quote @ (b'\'' | b'"') => {
            let end = rest[1..].iter().position(|&byte| byte == quote || byte == b'\n')?;
            (Span::new(start + 1, start + 1 + end), true)
        }
        // Oracle takes passwords without quotes; in a sentence another word follows
        _ => {
            let end =
                rest.iter().position(|&byte| !byte.is_ascii_alphanumeric() && !b"_$#".contains(&byte))?;
            let after = rest[end..].trim_ascii_start();
            let ends = after.first() == Some(&b';') || matches!(rest[end], b'"' | b'\'' | b'\\');
            (Span::new(start, start + end), (statement && ends).then_some(false)?)
        }
    };
    Some(Assignment { name: stem, value, quoted, tie: Tie::Assign, place: None })
}

/// Lengths in which a value is looked at at all.
const LONGEST: usize = 1000;

fn judge(context: &Context<'_>, named: Named, found: Assignment) -> Option<Match> {
    let mut span = found.value;
    // `Authorization: Token …`: the scheme is no part of the secret
    if named == Named::Credential || named == Named::Token {
        for scheme in [&b"Token "[..], b"token ", b"ApiKey ", b"apikey ", b"Key "] {
            if context.text[span.range()].starts_with(scheme) {
                span.start += scheme.len();
            }
        }
    }
    // `CURLOPT_USERPWD, "user:value"`
    if named == Named::Password
        && context.text[found.name.range()].ends_with(b"USERPWD")
        && let Some(colon) = memchr::memchr(b':', &context.text[span.range()])
    {
        span.start += colon + 1;
    }
    let bytes = &context.text[span.range()];
    // as parts of URLs are written
    let undone = (named == Named::Password && bytes.contains(&b'%'))
        .then(|| Zeroizing::new(escape::percent(bytes).text));
    let bytes = undone.as_deref().map_or(bytes, Vec::as_slice);
    let shortest = if named == Named::Password { 4 } else { 8 };
    if bytes.len() < shortest || bytes.len() > LONGEST {
        return None;
    }
    let id = match named {
        Named::Password => "generic-password",
        Named::Secret => "generic-secret",
        Named::Token => "generic-token",
        Named::Key | Named::BareKey => "generic-key",
        Named::Credential => "generic-credential",
        Named::Salt => "generic-salt",
    };
    let name = &context.text[found.name.range()];
    let mut decoded = Vec::new();
    let judged = match decoded_secret(context, named, bytes, found) {
        Some((inner, named)) => {
            decoded.push(Encoding::Base64);
            weigh(context, named, &inner, name, found)
        }
        None => weigh(context, named, bytes, name, found),
    };
    let (verdict, reasons) = match judged {
        Ok((confidence, reasons)) => (Verdict::Report(confidence), reasons),
        Err(reason) => (Verdict::Drop(reason), Vec::new()),
    };
    let mut found = Match::placed(id, span, Rank::Assigned, verdict);
    found.decoded = decoded;
    found.reasons = reasons;
    Some(found)
}

/// The text in a value that is base64 of text, as in a Kubernetes Secret or a docker `auth`, and what it is.
fn decoded_secret(
    context: &Context<'_>,
    named: Named,
    bytes: &[u8],
    found: Assignment,
) -> Option<(Vec<u8>, Named)> {
    if bytes.len() < 8 || !bytes.len().is_multiple_of(4) || found.tie != Tie::Assign {
        return None;
    }
    let inner = base64::decode_all(bytes)?;
    let plain = inner.iter().all(|&byte| (0x20..0x7F).contains(&byte) || byte == b'\n');
    let pair = named == Named::Credential && inner.contains(&b':');
    let padded = bytes.ends_with(b"=");
    let manifest = || {
        let start = found.name.start.saturating_sub(2000);
        let before = &context.text[start..found.name.start];
        context.looks_far(start, found.value.end);
        memchr::memmem::find(before, b"kind: Secret").is_some()
            || memchr::memmem::find(before, b"\"Secret\"").is_some()
    };
    if !plain || !(pair || padded || manifest()) {
        return None;
    }
    let inner = inner.trim_ascii_end().to_vec();
    match inner.iter().position(|&byte| byte == b':') {
        // a user name and a password: what matters is the password
        Some(colon) if pair => {
            let password = inner[colon + 1..].to_vec();
            (!password.is_empty()).then_some((password, Named::Password))
        }
        _ => Some((inner, named)),
    }
}

type Judged = Result<(Confidence, Vec<Reason>), Reason>;

fn weigh(context: &Context<'_>, named: Named, bytes: &[u8], name: &[u8], found: Assignment) -> Judged {
    let kind = context.kind();
    let white = bytes.iter().filter(|byte| byte.is_ascii_whitespace()).count();
    if named == Named::Password && is_app_password(bytes) {
        return Ok((Confidence::High, vec![reason("structure", "it has the form of an app password")]));
    }
    if white > 0 || bytes.iter().any(|&byte| byte < 0x20) {
        return Err(reason("words", "it holds white space or control characters"));
    }
    if kind.lock {
        return Err(reason("file", "lock files hold digests, not secrets"));
    }
    let value = Value::new(bytes);
    for reason in [value.reference(), value.placeholder(name), value.structure()].into_iter().flatten() {
        match reason.filter {
            "name" if named == Named::Password && password::may_be_words(&value, found) => {}
            // `12345678` and `1q2w3e4r` are the passwords that people choose
            "filler" if named == Named::Password && bytes.len() <= 10 && value.profile.distinct >= 5 => {}
            "uuid" if is_secret_uuid(&value, named, name, found) => {
                let confidence = if kind.test { Confidence::Low } else { Confidence::Medium };
                return Ok((confidence, vec![self::reason("uuid", "a UUID, under a name that says secret")]));
            }
            _ => return Err(reason),
        }
    }
    if let Some(reason) = unfit(context, named, name, found) {
        return Err(reason);
    }
    let p = value.profile;
    let randomness = p.randomness();
    let mut reasons = vec![reason("randomness", format!("{randomness:.1}: {}", in_words(randomness)))];
    let mut confidence = match named {
        Named::Password => password::weigh(context, &value, name, found)?,
        Named::Secret | Named::Token | Named::Key => generated(&value, named, found)?,
        Named::Credential => {
            // `b"openssh-key-v1\x00"`: a mark of a format
            let escaped = bytes.contains(&b'\\');
            if randomness > 0.2
                && !value.holds_words()
                && !escaped
                && !is_signature(bytes)
                && p.length >= 16
                && p.digits > 0
            {
                Confidence::Medium
            } else {
                return Err(reason("randomness", "it does not look generated"));
            }
        }
        Named::Salt => {
            // `BIP0340/nonce`: a label
            let label = [&b"nonce"[..], b"salt"]
                .iter()
                .any(|word| memchr::memmem::find(&value.lower, word).is_some());
            // `cnon:12345678`: a number with its kind
            let label = label || bytes.contains(&b':');
            if randomness > 0.2 && !label && p.length >= 8 && p.digits > 0 {
                Confidence::Medium
            } else {
                return Err(reason("randomness", "it does not look generated"));
            }
        }
        Named::BareKey => bare_key(&value, found)?,
    };
    if bytes.starts_with(b"eyJ") {
        reasons.push(reason("structure", "it is a part of a JSON Web Token, or other JSON in base64"));
        confidence = Confidence::Low;
    }
    if kind.translation {
        reasons.push(reason("file", "translations hold labels"));
        confidence = if randomness > 0.6 && p.length >= 20 { lower(confidence) } else { Confidence::Low };
    }
    let mixed = p.upper && p.lower && p.digits > 0;
    if kind.generated && (randomness < 0.6 || p.length < if mixed && p.signs == 0 { 12 } else { 20 }) {
        reasons.push(reason("file", "bundled code is full of short strings"));
        confidence = Confidence::Low;
    }
    if kind.template && randomness < 0.5 {
        reasons.push(reason("file", "templates of settings hold values to be replaced"));
        confidence = lower(confidence);
    }
    // a weak password in a test is still one that somebody may use elsewhere
    if kind.test && confidence == Confidence::High && randomness < 0.5 {
        reasons.push(reason("file", "tests and examples hold made-up values"));
        confidence = Confidence::Medium;
    }
    Ok((confidence, reasons))
}

/// What is under the name of a secret, token or key must look generated, or at least like no word.
fn generated(value: &Value<'_>, named: Named, found: Assignment) -> Result<Confidence, Reason> {
    let p = value.profile;
    let randomness = p.randomness();
    let loose = matches!(found.tie, Tie::List | Tie::Compare | Tie::Call);
    if p.letters == 0 {
        return Err(reason("number", "it is a number"));
    }
    if value.holds_words() && (loose || randomness < 0.6) {
        return Err(reason("name", "words stand in it, as in names"));
    }
    if randomness > 0.3 && p.length >= 16 && p.distinct >= 8 {
        return Ok(Confidence::High);
    }
    let generated = randomness > 0.0 && p.length >= 10 && p.digits > 0 && !loose;
    // a secret chosen by a person: weak, but no name
    let chosen = named == Named::Secret
        && (p.digits > 0 || p.signs > 0)
        && !value.is_name()
        && !p.reads_as_words()
        && found.tie == Tie::Assign;
    // letters that make no word: seldom is a short text that is no secret like that
    let opaque = p.wordiness < OPAQUE
        && p.letters >= 8
        && p.distinct >= 5
        && p.signs * 4 <= p.length
        && !loose
        && !value.is_name();
    let long = !p.reads_as_words() && p.length >= 20 && randomness > -0.3;
    if generated || chosen || opaque || long {
        Ok(Confidence::Medium)
    } else {
        Err(reason("randomness", "it does not look generated"))
    }
}

/// The mean score of letters below which they make no word: of random letters, eight on end or more, 19 in 20 score
/// lower, of words one in 20.
const OPAQUE: f32 = -0.8;

fn bare_key(value: &Value<'_>, found: Assignment) -> Result<Confidence, Reason> {
    let p = value.profile;
    let randomness = p.randomness();
    let mixed = p.upper && p.lower && p.digits > 0;
    let plain = value.bytes.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"+/=_-.~".contains(&byte));
    let hexadecimal = value.bytes.iter().all(u8::is_ascii_hexdigit);
    let cipher = matches!(p.length, 32 | 48 | 64) && p.distinct >= 8;
    if !plain {
        return Err(reason("signs", "it holds signs that generated keys do not hold"));
    }
    if hexadecimal && cipher {
        // the length of a cipher's key; without quotes it is a line of test vectors more often than not
        return Ok(if found.quoted { Confidence::Medium } else { Confidence::Low });
    }
    if randomness > 0.4 && p.length >= 20 && mixed {
        Ok(Confidence::Medium)
    } else if randomness > 0.2 && p.length >= 24 && p.digits > 0 {
        Ok(Confidence::Low)
    } else {
        Err(reason("randomness", "a bare key is a secret only when it looks generated"))
    }
}

/// Whether a UUID is a secret: only where its name leaves no doubt, as most UUIDs name things.
fn is_secret_uuid(value: &Value<'_>, named: Named, name: &[u8], found: Assignment) -> bool {
    const NAMES: [&str; 9] = [
        "password",
        "secret",
        "apikey",
        "accesskey",
        "privatekey",
        "authkey",
        "authtoken",
        "accesstoken",
        "apitoken",
    ];
    let name: Vec<u8> =
        name.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    !matches!(named, Named::BareKey | Named::Salt | Named::Credential)
        && matches!(found.tie, Tie::Assign | Tie::Setter | Tie::Element)
        && value.profile.distinct >= 10
        && value.filler().is_none()
        && NAMES.iter().any(|end| name.ends_with(end.as_bytes()))
}

/// What speaks against a name and the way its value is tied to it.
fn unfit(context: &Context<'_>, named: Named, name: &[u8], found: Assignment) -> Option<Reason> {
    let loose = matches!(found.tie, Tie::List | Tie::Element | Tie::Compare)
        || named == Named::BareKey && found.tie == Tie::Call;
    if loose && matches!(named, Named::BareKey | Named::Credential | Named::Salt) {
        return Some(reason("name", "the name says little, and the tie to it is loose"));
    }
    // `PASS: …` is the verdict of a test
    if name == b"PASS" && !found.quoted {
        return Some(reason("name", "it is the verdict of a test"));
    }
    // the token in the address of a badge is meant to be public
    let before = &context.text[found.name.start.saturating_sub(200)..found.name.start];
    let line = &before[memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1)..];
    let holds =
        |text: &[u8], words: &[&[u8]]| words.iter().any(|word| memchr::memmem::find(text, word).is_some());
    if matches!(named, Named::Token | Named::BareKey)
        && (holds(line, &[b"badge", b"shields.io", b"pkcs11:", b"codecov.io"]) || holds(name, &[b"badge"]))
    {
        return Some(reason("public", "it is part of the address of a badge, or a label"));
    }
    if !matches!(named, Named::BareKey | Named::Salt) {
        return None;
    }
    // `siteKey`, and what a server lists with its id
    if named == Named::BareKey
        && (holds(name, &[b"site", b"Site", b"SITE"]) || holds(line_and_above(before), &KEY_IDS))
    {
        return Some(reason("public", "its name, or the id beside it, says that it is a public key"));
    }
    // the challenge of a server
    if named == Named::Salt && holds(line, &[b"realm=", b"qop="]) {
        return Some(reason("public", "it is part of a challenge"));
    }
    among_vectors(context, found.value)
        .then(|| reason("vector", "it stands among other values in hexadecimal, as in test vectors"))
}

/// Whether a value is the name of a key and what it signed a request with.
fn is_signature(bytes: &[u8]) -> bool {
    const DIGITS: usize = 64;
    let Some(colon) = memchr::memchr(b':', bytes) else { return false };
    bytes.len() == colon + 1 + DIGITS && bytes[colon + 1..].iter().all(u8::is_ascii_hexdigit)
}

/// Names of the id that goes with a public key.
const KEY_IDS: [&[u8]; 4] = [b"\"key_id\"", b"\"keyId\"", b"\"kid\"", b"\"key_hash\""];

/// The last two lines of `before`.
fn line_and_above(before: &[u8]) -> &[u8] {
    let line = memchr::memrchr(b'\n', before).unwrap_or(0);
    &before[memchr::memrchr(b'\n', &before[..line]).unwrap_or(0)..]
}

/// How far around a key the other parts of a test vector stand, and how many of them, of so many digits, there must be.
const VECTOR_NEAR: usize = 600;
const VECTOR_PARTS: usize = 2;
const VECTOR_DIGITS: usize = 24;

/// Whether a value in hexadecimal has others around it: plaintext, ciphertext, vector.
fn among_vectors(context: &Context<'_>, value: Span) -> bool {
    if !context.text[value.range()].iter().all(u8::is_ascii_hexdigit) {
        return false;
    }
    let from = value.start.saturating_sub(VECTOR_NEAR);
    let to = context.text.len().min(value.end + VECTOR_NEAR);
    context.looks_far(from, to);
    let parts = |text: &[u8]| {
        text.split(|byte| !byte.is_ascii_alphanumeric())
            .filter(|run| run.len() >= VECTOR_DIGITS && run.iter().all(u8::is_ascii_hexdigit))
            .count()
    };
    parts(&context.text[from..value.start]) + parts(&context.text[value.end..to]) >= VECTOR_PARTS
}

fn in_words(randomness: f32) -> &'static str {
    if randomness > 0.3 {
        "looks generated"
    } else if randomness > 0.0 {
        "may be generated"
    } else {
        "does not look generated"
    }
}

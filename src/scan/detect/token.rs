//! Tokens with a shape of their own: the judgement after a rule's pattern has matched.

use crate::finding::{Confidence, Reason};
use crate::rules::{Class, Route, Rule};
use crate::scan::confirm::Hit;
use crate::scan::filter::dummies;
use crate::scan::filter::value::Value;
use crate::scan::keywords::Nearness;
use crate::scan::matches::{Match, Rank, Verdict};

use super::{Context, reason};
use crate::scan::candidate::is_word;
use crate::scan::filter::value::is_uuid;
use crate::span::Span;

/// Judges a hit of `rule`, which began with `prefix` bytes of it; `nearness` tells where its keyword stands, if it needs
/// one. `None` when it is none of the rule's: values without a prefix are told apart by checksum and alphabet alone.
pub(crate) fn judge(
    context: &Context<'_>,
    rule: &'static Rule,
    prefix: usize,
    hit: Hit,
    nearness: Option<Nearness>,
) -> Option<Match> {
    let token = &context.text[hit.whole.range()];
    let secret = &context.text[hit.secret.range()];
    if rule.route == Route::Value
        && (rule.check.iter().any(|check| !check.verify(token))
            || Value::new(token).profile.distinct < usize::from(rule.min_distinct))
    {
        return None;
    }
    let before = &context.text[..hit.whole.start];
    // `1234567-` and a UUID
    let continues =
        rule.route == Route::Value && matches!(before, [.., word, b'-'] if is_word(*word)) && is_uuid(secret);
    let mut reasons = Vec::new();
    let mut rank = if rule.route == Route::Value && nearness.is_some() { Rank::Context } else { Rank::Shape };
    let digests = context.kind().lock && rule.route == Route::Value && rule.check.is_empty();
    let verdict = match weigh(rule, token, secret, prefix, nearness, &mut reasons, &mut rank) {
        Ok(_) if rank < Rank::Verified && rule.route == Route::Prefix && within_base64(before) => {
            Verdict::Drop(reason("structure", "it lies within a longer encoded text"))
        }
        Ok(_) if continues => Verdict::Drop(reason("structure", "it is part of something longer")),
        Ok(_) if digests => Verdict::Drop(reason("file", "lock files hold digests, not secrets")),
        Ok(confidence) => Verdict::Report(confidence),
        Err(reason) => Verdict::Drop(reason),
    };
    if rule.provider.is_empty() {
        // a format that many providers issue gives way to those of one provider
        rank = rank.min(Rank::Context);
    }
    let length = secret.len();
    Some(Match {
        rule,
        secret: hit.secret,
        rank,
        severity: rule.severity,
        verdict,
        guessable: length < 20,
        decoded: Vec::new(),
        reasons,
        plain: None,
        group: 0,
    })
}

fn weigh(
    rule: &Rule,
    token: &[u8],
    secret: &[u8],
    prefix: usize,
    nearness: Option<Nearness>,
    reasons: &mut Vec<Reason>,
    rank: &mut Rank,
) -> Result<Confidence, Reason> {
    if rule.class == Class::Public {
        return Err(reason("public", "it is meant to be public"));
    }
    if dummies::is_dummy(secret) {
        return Err(reason("dummy", "the provider's documentation shows this very value"));
    }
    let body = token.get(prefix..).filter(|body| !body.is_empty()).unwrap_or(token);
    // a pattern that holds more than a password says nothing about it, and people choose passwords
    let chosen = rule.provider.is_empty() && secret.len() < token.len();
    let value = Value::new(if chosen { secret } else { body });
    if chosen
        && let Some(reason) = [value.reference(), value.placeholder(b"password")].into_iter().flatten().next()
    {
        return Err(reason);
    }
    if chosen && value.is_name() && secret.contains(&b'_') {
        return Err(reason("name", "it reads as a name or as words"));
    }
    for check in rule.check {
        if !check.verify(token) {
            reasons.push(reason(check.name(), "the checksum is wrong: mistyped, cut or made up"));
            // nobody types a prefix and a body of the right length by accident: a token that was spoilt, or one made
            // for a test of something that does not know the checksum
            let likely = prefix >= LONG_PREFIX
                && value.filler().is_none()
                && made_up(&value.lower).is_none()
                && value.profile.distinct >= usize::from(rule.min_distinct).max(10)
                && value.profile.randomness() > 0.2;
            return Ok(if likely { Confidence::Medium } else { Confidence::Low });
        }
        *rank = Rank::Verified;
        reasons.push(reason(check.name(), "the checksum is right"));
    }
    if *rank != Rank::Verified {
        if let Some(filler) = value.filler() {
            return Err(filler);
        }
        if usize::from(rule.min_distinct) > value.profile.distinct {
            return Err(reason("filler", "it has too few distinct characters"));
        }
        if let Some(word) = made_up(&value.lower) {
            return Err(reason("placeholder", format!("it holds \"{word}\", as made-up values do")));
        }
        // a fixed shape outweighs letters that happen to read well; a loose one does not
        let loose = rule.longest > rule.shortest || rule.route != Route::Prefix;
        if !chosen && value.is_name() && (loose || value.profile.digits == 0) && value.profile.wordiness > 0.0
        {
            return Err(reason("name", "it reads as a name or as words"));
        }
    }
    let mut confidence = rule.confidence;
    if rule.confirm.iter().any(|check| check.verify(token)) {
        reasons.push(reason("checksum", "the checksum is right"));
        *rank = Rank::Verified;
        confidence = Confidence::High;
    }
    match nearness {
        Some(Nearness::SameLine) => {
            reasons.push(reason("keyword", "a word of its provider stands on the line"))
        }
        Some(Nearness::LinesBefore) => {
            reasons.push(reason("keyword", "a word of its provider stands on a line before"));
            if rule.route == Route::Value && rule.check.is_empty() {
                confidence = confidence.min(Confidence::Medium);
            }
        }
        None => {}
    }
    Ok(confidence)
}

/// How many bytes of base64 before a token make it a part of them.
const WITHIN: usize = 48;

/// Whether a token follows a sign of base64 behind which no token begins by itself: paths hold other signs too.
fn within_base64(before: &[u8]) -> bool {
    let Some(near) = before.len().checked_sub(WITHIN).map(|start| &before[start..]) else { return false };
    near.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        && near.iter().any(u8::is_ascii_digit)
        && near.iter().any(u8::is_ascii_uppercase)
        && near.iter().any(u8::is_ascii_lowercase)
}

/// Bytes after a prefix, at least, that make a token of it although it is not as long as its rule says.
const SHORTEST_BODY: usize = 20;

/// A token that begins with the `prefix` of `rule` at `at` and is of another length, or holds other characters, than the
/// rule knows: cut, made up, or of a form that is new.
pub(crate) fn of_unknown_form(
    context: &Context<'_>,
    rule: &'static Rule,
    prefix: &[u8],
    at: usize,
) -> Option<Match> {
    // words that begin other things too
    const WORDS: [&[u8]; 11] = [
        b"live_",
        b"test_",
        b"api_",
        b"key_",
        b"cli_",
        b"ext_",
        b"production_",
        b"PRODUCTION_",
        b"sandbox_",
        b"STAGE_",
        b"TEST-",
    ];
    if prefix.len() < 4
        || !matches!(prefix.last(), Some(b'_' | b'-'))
        || rule.class != Class::Secret
        || !rule.keywords.is_empty()
        || WORDS.contains(&prefix)
    {
        return None;
    }
    let text = context.text;
    let start = at + prefix.len();
    let length = text[start..]
        .iter()
        .take(rule.longest)
        .take_while(|&&byte| is_word(byte) || matches!(byte, b'-' | b'.' | b'+' | b'/' | b'='))
        .count();
    let body = &text[start..start + length];
    let body = &body[..body.iter().rposition(|&byte| is_word(byte)).map_or(0, |last| last + 1)];
    if body.len() < SHORTEST_BODY || within_base64(&text[..at]) || context.kind().lock {
        return None;
    }
    let value = Value::new(body);
    let p = &value.profile;
    let hexadecimal = body.len() >= 32 && body.iter().all(u8::is_ascii_hexdigit);
    let random = p.upper && p.lower && p.randomness() > 0.3 && !value.holds_words();
    let generated = p.digits >= 2
        && p.distinct >= 10
        && (hexadecimal || random)
        && value.filler().is_none()
        && made_up(&value.lower).is_none()
        && value.placeholder(b"token").is_none();
    if !generated {
        return None;
    }
    let secret = Span::new(at, start + body.len());
    let mut found =
        Match::placed("provider-prefix", secret, Rank::Placed, Verdict::Report(Confidence::Medium));
    found.reasons.push(reason(
        "prefix",
        format!("it begins as a token of {} does, and goes on otherwise", rule.provider),
    ));
    found.guessable = false;
    Some(found)
}

/// The shortest prefix that says enough without the checksum.
const LONG_PREFIX: usize = 4;

/// A word in `lower` that no generated value of its length would hold.
fn made_up(lower: &[u8]) -> Option<&'static str> {
    const WORDS: [&str; 17] = [
        "example",
        "xxxxx",
        "placeholder",
        "changeme",
        "redacted",
        "notreal",
        "dummy",
        "sample",
        "insert",
        "0000000",
        "1234567890",
        "abcdefghij",
        "deadbeefdeadbeef",
        "your_",
        "your-",
        "testtest",
        "fakefake",
    ];
    if lower.ends_with(b"_here") || lower.ends_with(b"-here") {
        return Some("here");
    }
    WORDS.into_iter().find(|word| memchr::memmem::find(lower, word.as_bytes()).is_some())
}

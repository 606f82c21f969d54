//! Tokens with a shape of their own: the judgement after a rule's pattern has matched.

use crate::finding::{Confidence, Reason};
use crate::rules::{Class, Route, Rule};
use crate::scan::confirm::Hit;
use crate::scan::filter::dummies;
use crate::scan::filter::value::Value;
use crate::scan::keywords::Nearness;
use crate::scan::matches::{Match, Rank, Verdict};

use super::{Context, reason};

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
    let mut reasons = Vec::new();
    let mut rank = if rule.route == Route::Value && nearness.is_some() { Rank::Context } else { Rank::Shape };
    let digests = context.kind().lock && rule.route == Route::Value && rule.check.is_empty();
    let verdict = match weigh(rule, token, secret, prefix, nearness, &mut reasons, &mut rank) {
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

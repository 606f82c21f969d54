//! The user's own rules: from settings to [`Rule`]s.

use std::sync::OnceLock;

use crate::checksum::Checksum;
use crate::config::{Complaint, ConfigError, Located, RawRule, nearest};
use crate::finding::{Confidence, Severity};

use super::analyze::{LONGEST, lengths, may_lack_secret};
use super::raw::normal_keyword;
use super::shape::Shape;
use super::{Class, End, KEYWORDS, Route, Rule, compile};

/// The user's own rules, and the keywords that no built-in rule has.
///
/// Rules and keywords live as long as the process: they are loaded once, and shared by all threads.
#[derive(Debug, Default)]
pub struct OwnRules {
    /// The rules.
    pub rules: Vec<&'static Rule>,
    /// Their keywords; their indices go on where those of the built-in rules end.
    pub keywords: Vec<&'static str>,
}

/// Checks the rules of the settings and makes them ready to use.
///
/// # Errors
/// All complaints, each with its place.
pub fn load(raw: &[RawRule]) -> Result<OwnRules, ConfigError> {
    let mut own = OwnRules::default();
    let mut complaints = Vec::new();
    for raw in raw {
        match rule(raw, &mut own.keywords, true) {
            Ok(rule) => {
                let id = rule.id;
                let known =
                    super::builtin().iter().map(|rule| rule.id).chain(own.rules.iter().map(|rule| rule.id));
                if known.into_iter().any(|known| known == id) {
                    complaints
                        .push(complaint(raw, format!("rule \"{id}\": exists already: give it another id")));
                }
                own.rules.push(rule);
            }
            Err(mut more) => complaints.append(&mut more),
        }
    }
    if complaints.is_empty() { Ok(own) } else { Err(ConfigError(complaints)) }
}

fn complaint(raw: &RawRule, text: String) -> Complaint {
    Complaint { origin: raw.origin.clone(), text }
}

fn leak(text: &Option<Located<String>>) -> &'static str {
    text.as_ref().map_or("", |text| text.value.clone().leak())
}

fn leak_all(texts: &[Located<String>]) -> &'static [&'static str] {
    texts.iter().map(|text| -> &'static str { text.value.clone().leak() }).collect::<Vec<_>>().leak()
}

/// Checks one rule and makes it ready to use. What is not the user's `own` may name a detector in place of a pattern.
///
/// # Errors
/// All complaints, each with its place.
pub(super) fn rule(
    raw: &RawRule,
    keywords: &mut Vec<&'static str>,
    own: bool,
) -> Result<&'static Rule, Vec<Complaint>> {
    let mut complaints = Vec::new();
    let id = leak(&raw.id);
    if let Some(detector) = raw.detector.as_ref().filter(|_| own) {
        let text = format!("rule \"{id}\": only built-in rules have a `detector`: write a `pattern`");
        complaints.push(Complaint { origin: detector.origin.clone(), text });
    }
    if id.is_empty()
        || !id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    {
        complaints
            .push(complaint(raw, "a rule needs an `id` of lower-case letters, digits and dashes".into()));
    }
    let pattern = leak(&raw.pattern);
    let (shortest, longest) = if pattern.is_empty() {
        if raw.detector.is_none() {
            complaints.push(complaint(raw, format!("rule \"{id}\": has no `pattern`: write what it finds")));
        }
        (0, 0)
    } else {
        let checked = lengths(pattern).and_then(|lengths| match compile(pattern) {
            Ok(_) if lengths.0 == 0 => {
                Err("the pattern can match nothing at all: give it a least length, such as {20,40}".into())
            }
            Ok(_) if may_lack_secret(pattern) => {
                Err("the group `secret` can match nothing at all: give it a least length".into())
            }
            Ok(_) => Ok(lengths),
            Err(regex::Error::CompiledTooBig(_)) => {
                Err("the pattern is too large when compiled: shorten it or lower its counts".into())
            }
            Err(_) => Err("the pattern does not compile: see the syntax of the regex crate".into()),
        });
        checked.unwrap_or_else(|problem| {
            let origin = raw.pattern.as_ref().map_or(&raw.origin, |pattern| &pattern.origin);
            complaints.push(Complaint { origin: origin.clone(), text: format!("rule \"{id}\": {problem}") });
            (0, LONGEST)
        })
    };
    let mut one_of = |value: &Option<Located<String>>, known: &[&str]| -> Option<usize> {
        let value = value.as_ref()?;
        let found = known.iter().position(|known| *known == value.value);
        if found.is_none() {
            let hint = nearest(&value.value, known.iter().copied())
                .map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
            let text = format!("rule \"{id}\": \"{}\" is none of {}{hint}", value.value, known.join(", "));
            complaints.push(Complaint { origin: value.origin.clone(), text });
        }
        found
    };
    let class = [Class::Secret, Class::Encrypted, Class::Hash, Class::Public]
        [one_of(&raw.class, &["secret", "encrypted", "hash", "public"]).unwrap_or(0)];
    let end = [End::Word, End::Open, End::Strict][one_of(&raw.end, &["word", "open", "strict"]).unwrap_or(0)];
    let mut checksums = |names: &[Located<String>]| -> &'static [Checksum] {
        let mut found = Vec::new();
        for name in names {
            match Checksum::from_name(&name.value) {
                Some(checksum) => found.push(checksum),
                None => {
                    let hint = nearest(&name.value, Checksum::ALL.iter().map(|checksum| checksum.name()))
                        .map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
                    let text = format!("rule \"{id}\": there is no validator \"{}\"{hint}", name.value);
                    complaints.push(Complaint { origin: name.origin.clone(), text });
                }
            }
        }
        found.leak()
    };
    let (check, confirm) = (checksums(&raw.check), checksums(&raw.confirm));
    // an empty one would stand before every value
    for keyword in raw.keywords.iter().filter(|keyword| normal_keyword(&keyword.value).is_empty()) {
        let text = format!("rule \"{id}\": a keyword has no letter or digit: write a word or remove it");
        complaints.push(Complaint { origin: keyword.origin.clone(), text });
    }
    for shape in raw.shapes.iter().chain(&raw.refuses) {
        if let Err(error) = Shape::parse(&shape.value) {
            complaints
                .push(Complaint { origin: shape.origin.clone(), text: format!("rule \"{id}\": {error}") });
        }
    }
    if !complaints.is_empty() {
        return Err(complaints);
    }
    let keywords: Vec<u16> = raw.keywords.iter().map(|keyword| number(&keyword.value, keywords)).collect();
    Ok(Box::leak(Box::new(Rule {
        id,
        provider: leak(&raw.provider),
        name: if raw.name.is_some() { leak(&raw.name) } else { id },
        why: leak(&raw.why),
        revoke: leak(&raw.revoke),
        severity: raw.severity.as_ref().map_or(Severity::High, |severity| severity.value),
        class,
        confidence: raw.confidence.as_ref().map_or(Confidence::High, |confidence| confidence.value),
        pattern,
        route: Route::Search,
        literals: &[],
        head: &[],
        probe: 0,
        run: 0,
        word: false,
        shortest,
        longest,
        keywords: keywords.leak(),
        check,
        confirm,
        min_distinct: raw.min_distinct.as_ref().map_or(0, |least| least.value.min(255) as u8),
        end,
        shapes: leak_all(&raw.shapes),
        refuses: leak_all(&raw.refuses),
        regex: OnceLock::new(),
        search: OnceLock::new(),
    })))
}

/// The index of a keyword, new ones after the built-in ones.
fn number(keyword: &str, own: &mut Vec<&'static str>) -> u16 {
    let normal = normal_keyword(keyword);
    let known = KEYWORDS.iter().chain(own.iter()).position(|known| *known == normal);
    known.unwrap_or_else(|| {
        own.push(normal.leak());
        KEYWORDS.len() + own.len() - 1
    }) as u16
}

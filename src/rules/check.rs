//! The linter of rule files: what loading them would refuse, and whether they find what they say they find.

use std::collections::BTreeMap;

use crate::blob::Blob;
use crate::config::{Complaint, Located, Origin, RawRule, today};
use crate::finding::{Confidence, Severity};
use crate::scan::filter::allow::AllowList;
use crate::scan::{Scanner, Tally};

use super::analyze::{self, analyze};
use super::load::{self, OwnRules};
use super::shape::{Random, Shape};
use super::{Class, Route, Rule, builtin};

/// Values made of each shape.
const VALUES: usize = 50;
/// How many of them may be missed with a note only: chance makes values that a filter takes for made up.
const TOLERATED: usize = VALUES / 10;
/// Where they begin: the same values on every run.
const SEED: u64 = 1;
/// Words that stand before too many values to be context, unless the pattern has a prefix.
const COMMON: [&str; 4] = ["token", "key", "oauth", "clientsecret"];

/// Something to say about a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where, and what.
    pub complaint: Complaint,
    /// Whether it needs mending; what does not is a note.
    pub problem: bool,
}

/// Checks rules with each other and with the built-in ones. A rule that is a built-in one, with its id and pattern, is
/// checked as such.
pub fn check(rules: &[RawRule]) -> Vec<Remark> {
    let mut linter = Linter::default();
    let mut first: BTreeMap<&str, &Origin> = BTreeMap::new();
    let mut own = OwnRules::default();
    let mut subjects: Vec<(&RawRule, &'static Rule)> = Vec::new();
    for raw in rules {
        let twin = twin(raw);
        let rule = match load::rule(raw, &mut own.keywords, twin.is_none()) {
            Ok(rule) => rule,
            Err(complaints) => {
                linter
                    .remarks
                    .extend(complaints.into_iter().map(|complaint| Remark { complaint, problem: true }));
                continue;
            }
        };
        linter.parts(raw, rule, twin.is_some());
        if let Some(place) = first.insert(rule.id, &raw.origin) {
            linter.problem(
                rule.id,
                &raw.origin,
                format!("the id is used twice, also at {place}: give one of them another id"),
            );
        } else if let Some(twin) = twin {
            subjects.push((raw, twin));
        } else if builtin().iter().any(|known| known.id == rule.id) {
            linter.problem(
                rule.id,
                &raw.origin,
                "a built-in rule of another pattern has this id: give it another".into(),
            );
        } else {
            own.rules.push(rule);
            subjects.push((raw, rule));
        }
    }
    let others: Vec<&Rule> = builtin().iter().chain(own.rules.iter().copied()).collect();
    let today = today();
    let scanner = Scanner::new(own, Vec::new(), AllowList::new([], today, ""), today).explaining(true);
    for (raw, rule) in subjects {
        (1..).zip(&raw.shapes).for_each(|shape| linter.shape(&scanner, raw, rule, shape, &others));
        (1..).zip(&raw.refuses).for_each(|shape| linter.refusal(&scanner, raw, rule, shape));
    }
    linter.remarks
}

/// The built-in rule that `raw` is the source of.
fn twin(raw: &RawRule) -> Option<&'static Rule> {
    let id = &raw.id.as_ref()?.value;
    let rule = builtin().iter().find(|rule| rule.id == id)?;
    let same = match (&raw.pattern, &raw.detector) {
        (Some(pattern), None) => pattern.value == rule.pattern,
        (None, Some(detector)) => matches!(rule.route, Route::Detector(name) if name == detector.value),
        _ => false,
    };
    same.then_some(rule)
}

#[derive(Default)]
struct Linter {
    remarks: Vec<Remark>,
}

impl Linter {
    fn say(&mut self, problem: bool, id: &str, origin: &Origin, text: String) {
        let complaint = Complaint { origin: origin.clone(), text: format!("rule \"{id}\": {text}") };
        self.remarks.push(Remark { complaint, problem });
    }

    fn problem(&mut self, id: &str, origin: &Origin, text: String) {
        self.say(true, id, origin, text);
    }

    fn note(&mut self, id: &str, origin: &Origin, text: String) {
        self.say(false, id, origin, text);
    }

    /// What is there and what is not, before anything is scanned. Own rules may leave out more than built-in ones.
    fn parts(&mut self, raw: &RawRule, rule: &Rule, builtin: bool) {
        let id = rule.id;
        let text =
            |text: &Option<Located<String>>| text.as_ref().is_some_and(|text| !text.value.trim().is_empty());
        for (there, key, why) in [
            (text(&raw.why), "why", "say what its holder can do"),
            (text(&raw.revoke) || rule.class == Class::Public, "revoke", "say how to revoke it"),
            (!raw.shapes.is_empty(), "shapes", "nothing shows that it finds anything; see rules/README.md"),
            (!raw.refuses.is_empty(), "refuses", "write a shape that comes close and must not be found"),
        ] {
            // among the built-in rules some have no near miss that another rule would not find
            if !there {
                self.say(builtin && key != "refuses", id, &raw.origin, format!("has no `{key}`: {why}"));
            }
        }
        let severity = raw.severity.as_ref().map_or(&raw.origin, |severity| &severity.origin);
        if matches!(rule.class, Class::Encrypted | Class::Hash) && rule.severity > Severity::Medium {
            let class = rule.class.as_str();
            let text = format!("{} is too severe for class {class}: write medium or low", rule.severity);
            self.problem(id, severity, text);
        }
        let Some(pattern) = &raw.pattern else { return };
        let anchors: Vec<String> = raw.anchors.iter().map(|anchor| anchor.value.clone()).collect();
        let analysis = analyze(&pattern.value, &anchors);
        if let Err(reason) = &analysis {
            if builtin {
                self.problem(id, &pattern.origin, reason.clone());
            } else {
                let text = format!("is searched for in all text, which is slower, as {reason}");
                self.note(id, &pattern.origin, text);
            }
        }
        if !analysis.is_ok_and(|analysis| analysis.route != analyze::Route::Value) {
            for keyword in &raw.keywords {
                if COMMON.contains(&&*super::raw::normal_keyword(&keyword.value)) {
                    let text =
                        "a keyword is too common for a pattern without a prefix: name the provider".into();
                    self.problem(id, &keyword.origin, text);
                }
            }
        }
    }

    /// Whether all values of a shape are found, and which other rules match them.
    fn shape(
        &mut self,
        scanner: &Scanner,
        raw: &RawRule,
        rule: &'static Rule,
        (number, shape): (usize, &Located<String>),
        others: &[&Rule],
    ) {
        let values = values(&shape.value);
        let mut missed = 0;
        let mut why = String::new();
        for value in &values {
            let tallies: Vec<Tally> =
                texts(raw, value).into_iter().map(|text| scan(scanner, &text)).collect();
            if !tallies.iter().any(|tally| finds(tally, rule)) {
                missed += 1;
                if why.is_empty() {
                    why = reason(&tallies, rule, value);
                }
            }
        }
        if missed > 0 {
            let text = format!("does not find {missed} of {VALUES} values of shape {number}: {why}");
            self.say(missed > TOLERATED, rule.id, &shape.origin, text);
        }
        let rivals: Vec<&str> = others
            .iter()
            .filter(|other| other.id != rule.id && values.iter().any(|value| rivals(rule, other, value)))
            .map(|other| other.id)
            .collect();
        if !rivals.is_empty() {
            let text = format!(
                "values of shape {number} also match {}: narrow one of the patterns, or disable one of the rules",
                rivals.join(", ")
            );
            self.note(rule.id, &shape.origin, text);
        }
    }

    fn refusal(
        &mut self,
        scanner: &Scanner,
        raw: &RawRule,
        rule: &'static Rule,
        (number, shape): (usize, &Located<String>),
    ) {
        let found = values(&shape.value)
            .iter()
            .filter(|value| texts(raw, value).iter().any(|text| is_found(&scan(scanner, text), rule)))
            .count();
        if found > 0 {
            let text = format!(
                "finds {found} of {VALUES} values of shape {number} of `refuses`: narrow the pattern or remove the shape"
            );
            self.problem(rule.id, &shape.origin, text);
        }
    }
}

/// Values of a shape; none where it does not parse, which is a complaint of its own.
fn values(shape: &str) -> Vec<Vec<u8>> {
    let mut random = Random::new(SEED);
    Shape::parse(shape)
        .map_or_else(|_| Vec::new(), |shape| (0..VALUES).map(|_| shape.expand(&mut random)).collect())
}

/// The texts of which one must show the value: alone, or after a keyword where the rule asks for one.
fn texts(raw: &RawRule, value: &[u8]) -> Vec<Vec<u8>> {
    match raw.keywords.first() {
        None => vec![[value, b"\n"].concat()],
        Some(keyword) => {
            let keyword = keyword.value.as_bytes();
            vec![[keyword, b" = \"", value, b"\"\n"].concat(), [keyword, b" ", value, b"\n"].concat()]
        }
    }
}

fn scan(scanner: &Scanner, text: &[u8]) -> Tally {
    let mut worker = scanner.worker();
    worker.scan(&Blob::new(text, "settings.conf"));
    worker.into_tally()
}

/// Whether the rule found something, and would show it at the usual threshold if it can at all.
fn finds(tally: &Tally, rule: &Rule) -> bool {
    let threshold = rule.confidence.min(Confidence::Medium);
    let found =
        |finding: &crate::finding::Finding| &*finding.rule_id == rule.id && finding.confidence >= threshold;
    let kept =
        |dropped: &crate::finding::Dropped| &*dropped.rule_id == rule.id && dropped.reason.filter == "public";
    tally.findings.iter().any(found) || tally.dropped.iter().any(kept)
}

/// Whether the rule found what it should refuse: a wrong checksum leaves less confidence, and no silence.
fn is_found(tally: &Tally, rule: &Rule) -> bool {
    let sure = |finding: &crate::finding::Finding| {
        &*finding.rule_id == rule.id && (rule.check.is_empty() || finding.confidence == Confidence::High)
    };
    finds(tally, rule) && tally.findings.iter().any(sure)
}

/// Why a value was not found, and the way out.
fn reason(tallies: &[Tally], rule: &Rule, value: &[u8]) -> String {
    let dropped = || tallies.iter().flat_map(|tally| &tally.dropped);
    let found = || tallies.iter().flat_map(|tally| &tally.findings);
    if let Some(dropped) = dropped().find(|dropped| &*dropped.rule_id == rule.id) {
        let reason = &dropped.reason;
        format!("the filter {} drops it, as {}: mend the shape", reason.filter, reason.text)
    } else if found().any(|finding| &*finding.rule_id == rule.id) {
        "its confidence is below medium, as a validator of `check` fails: mend the shape or the list".into()
    } else if let Some(other) =
        found().map(|finding| &finding.rule_id).chain(dropped().map(|dropped| &dropped.rule_id)).next()
    {
        format!(
            "the rule \"{other}\" has the last word on them: narrow the pattern, or disable the other rule"
        )
    } else if !rule.pattern.is_empty() && !rule.regex().is_match(value) {
        "the pattern does not match: mend the pattern or the shape".into()
    } else {
        "the pattern matches only a part, or no candidate begins there: mend the pattern, the shape or `end`"
            .into()
    }
}

/// Whether `other` would match the whole value, too, where it stands among the keywords of `rule`.
fn rivals(rule: &Rule, other: &Rule, value: &[u8]) -> bool {
    let shares =
        other.keywords.is_empty() || other.keywords.iter().any(|keyword| rule.keywords.contains(keyword));
    shares
        && !other.pattern.is_empty()
        && other.may_start(value)
        && other.regex().find(value).is_some_and(|found| found.end() == value.len())
        && other.check.iter().all(|check| check.verify(value))
}

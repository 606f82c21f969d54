//! The settings of the gate: layers kept apart, since a stronger layer's word counts for more.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::config::raw::{RawGate, RawGateRule};
use crate::config::{Complaint, Layer, Located, Origin};
use crate::gate::decision::Decision;

/// The `[gate]` tables of all layers.
#[derive(Clone, Debug, Default)]
pub struct GateSettings {
    /// Entries of the lists `allow`, `ask` and `deny`, in the order of layers and files.
    pub lists: Vec<GateEntry>,
    /// `[[gate.rule]]` entries.
    pub rules: Vec<GateRule>,
    /// What is to become of unknown programs, options and subcommands: the strictest word of all layers.
    pub unknown: Option<Located<Decision>>,
    /// What is to become of what cannot be read: the strictest word of all layers.
    pub unread: Option<Located<Decision>>,
    /// The project's file as it was read, for the question whether the person trusts it.
    pub project: Option<ProjectFile>,
}

/// A project's settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectFile {
    /// Absolute, links resolved.
    pub path: PathBuf,
    /// What it holds.
    pub content: String,
}

/// The list an entry stands in: the decision it asks for.
pub type GateList = Decision;

/// One pattern of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateEntry {
    /// Which list.
    pub list: GateList,
    /// The pattern, with its place.
    pub pattern: Located<String>,
}

/// A `[[gate.rule]]` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateRule {
    /// Where the entry begins.
    pub origin: Origin,
    /// Its id.
    pub id: String,
    /// Patterns of which one must match.
    pub patterns: Vec<Located<String>>,
    /// What it wants.
    pub decision: Decision,
    /// Why.
    pub reason: String,
    /// A safer way.
    pub suggestion: Option<String>,
    /// Ids of built-in rules that it lifts.
    pub lifts: Vec<Located<String>>,
    /// Commands that it must match.
    pub examples: Vec<Located<String>>,
    /// Commands that it must not match.
    pub refuses: Vec<Located<String>>,
}

impl GateSettings {
    /// Adds a layer's table, the weakest layer's last word being no weaker than any other's: lists add up, doubts take the
    /// strictest.
    pub(super) fn add(&mut self, raw: RawGate, complaints: &mut Vec<Complaint>) {
        let lists = [(Decision::Allow, raw.allow), (Decision::Ask, raw.ask), (Decision::Deny, raw.deny)];
        for (list, patterns) in lists {
            for pattern in patterns {
                if pattern.value.trim().is_empty() {
                    complain(
                        complaints,
                        &pattern.origin,
                        "an empty pattern matches nothing: write a command",
                    );
                    continue;
                }
                self.lists.push(GateEntry { list, pattern });
            }
        }
        self.rules.extend(raw.rules.into_iter().filter_map(|raw| rule(raw, complaints)));
        for (own, more) in [(&mut self.unknown, raw.unknown), (&mut self.unread, raw.unread)] {
            if more.as_ref().is_some_and(|more| own.as_ref().is_none_or(|own| own.value < more.value)) {
                *own = more;
            }
        }
    }

    /// Complains of ids that two rules have.
    pub(super) fn check_ids(&self, complaints: &mut Vec<Complaint>) {
        let mut seen: HashMap<&str, &Origin> = HashMap::new();
        for rule in &self.rules {
            if let Some(first) = seen.insert(&rule.id, &rule.origin) {
                complain(
                    complaints,
                    &rule.origin,
                    &format!("the id \"{}\" is that of another rule, at {first}", rule.id),
                );
            }
        }
    }
}

fn complain(complaints: &mut Vec<Complaint>, origin: &Origin, text: &str) {
    complaints.push(Complaint { origin: origin.clone(), text: text.to_owned() });
}

fn rule(raw: RawGateRule, complaints: &mut Vec<Complaint>) -> Option<GateRule> {
    let before = complaints.len();
    let required = |field: &Option<Located<String>>, what: &str, complaints: &mut Vec<Complaint>| {
        let value = field.as_ref().map(|field| field.value.trim().to_owned()).unwrap_or_default();
        if value.is_empty() {
            let origin = field.as_ref().map_or(&raw.origin, |field| &field.origin);
            complain(complaints, origin, &format!("a gate rule needs {what}"));
        }
        value
    };
    let id = required(&raw.id, "an id: write id = \"my-rule\"", complaints);
    let well_formed =
        |id: &str| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if let Some(field) = raw.id.as_ref().filter(|field| !well_formed(&field.value)) {
        complain(complaints, &field.origin, "an id is made of lower-case letters, digits and dashes");
    }
    let reason = required(&raw.reason, "a reason, which whoever is asked or refused will read", complaints);
    if raw.patterns.iter().all(|pattern| pattern.value.trim().is_empty()) {
        complain(complaints, &raw.origin, "a gate rule needs a pattern: write match = \"git push *\"");
    }
    let decision = raw.decision.as_ref().map(|decision| decision.value);
    if decision.is_none() && complaints.len() == before {
        complain(complaints, &raw.origin, "a gate rule needs a decision: allow, ask or deny");
    }
    if decision.is_some_and(|decision| decision != Decision::Allow)
        && let Some(lift) = raw.lifts.first()
    {
        complain(complaints, &lift.origin, "\"lifts\" goes with decision = \"allow\" alone");
    }
    if let Some(lift) = raw.lifts.first().filter(|lift| lift.origin.layer == Layer::Project) {
        complain(
            complaints,
            &lift.origin,
            "\"lifts\" counts in the user's or the administrator's file alone: a project may not lift a built-in rule",
        );
    }
    (complaints.len() == before).then_some(())?;
    Some(GateRule {
        origin: raw.origin,
        id,
        patterns: raw.patterns,
        decision: decision?,
        reason,
        suggestion: raw.suggestion.map(|suggestion| suggestion.value),
        lifts: raw.lifts,
        examples: raw.examples,
        refuses: raw.refuses,
    })
}

//! The `[gate]` table of a settings file.

use toml::de::DeTable;

use crate::config::{Located, Origin};
use crate::gate::decision::Decision;

use super::{RawConfig, Reader, Value};

/// The `[gate]` table of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::config) struct RawGate {
    pub(in crate::config) allow: Vec<Located<String>>,
    pub(in crate::config) ask: Vec<Located<String>>,
    pub(in crate::config) deny: Vec<Located<String>>,
    pub(in crate::config) unknown: Option<Located<Decision>>,
    pub(in crate::config) unread: Option<Located<Decision>>,
    pub(in crate::config) rules: Vec<RawGateRule>,
}

/// A `[[gate.rule]]` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct RawGateRule {
    pub(in crate::config) origin: Origin,
    pub(in crate::config) id: Option<Located<String>>,
    pub(in crate::config) patterns: Vec<Located<String>>,
    pub(in crate::config) decision: Option<Located<Decision>>,
    pub(in crate::config) reason: Option<Located<String>>,
    pub(in crate::config) suggestion: Option<Located<String>>,
    pub(in crate::config) lifts: Vec<Located<String>>,
    pub(in crate::config) examples: Vec<Located<String>>,
    pub(in crate::config) refuses: Vec<Located<String>>,
}

const GATE_KEYS: &[&str] = &["allow", "ask", "deny", "unknown", "unread", "rule"];
const RULE_KEYS: &[&str] =
    &["id", "match", "decision", "reason", "suggestion", "lifts", "examples", "refuses"];
const DECISIONS: &[(&str, Decision)] =
    &[("allow", Decision::Allow), ("ask", Decision::Ask), ("deny", Decision::Deny)];
/// What may become of the unknown: never allowed by a word here, as `allow = ["*"]` says it plainly.
const DOUBTS: &[(&str, Decision)] = &[("ask", Decision::Ask), ("deny", Decision::Deny)];

impl Reader<'_> {
    pub(super) fn gate(&mut self, value: Value<'_>, config: &mut RawConfig) {
        let gate = &mut config.gate;
        for (key, value) in self.table(value, "gate").into_iter().flatten() {
            match key.get_ref().as_ref() {
                "allow" => gate.allow = self.strings(value, "allow"),
                "ask" => gate.ask = self.strings(value, "ask"),
                "deny" => gate.deny = self.strings(value, "deny"),
                "unknown" => gate.unknown = self.choice(value, "unknown", DOUBTS),
                "unread" => gate.unread = self.choice(value, "unread", DOUBTS),
                "rule" => {
                    let entries = self.tables(value, "gate.rule");
                    gate.rules = entries.into_iter().map(|entry| self.gate_rule(entry)).collect();
                }
                _ => self.unknown(&key, "in [gate]", GATE_KEYS),
            }
        }
    }

    fn gate_rule(&mut self, (at, table): (usize, DeTable<'_>)) -> RawGateRule {
        let mut rule = RawGateRule {
            origin: self.origin(at),
            id: None,
            patterns: Vec::new(),
            decision: None,
            reason: None,
            suggestion: None,
            lifts: Vec::new(),
            examples: Vec::new(),
            refuses: Vec::new(),
        };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            match name {
                "id" => rule.id = self.string(value, name),
                "match" => rule.patterns = self.strings(value, name),
                "decision" => rule.decision = self.choice(value, name, DECISIONS),
                "reason" => rule.reason = self.string(value, name),
                "suggestion" => rule.suggestion = self.string(value, name),
                "lifts" => rule.lifts = self.strings(value, name),
                "examples" => rule.examples = self.strings(value, name),
                "refuses" => rule.refuses = self.strings(value, name),
                _ => self.unknown(&key, "in [[gate.rule]]", RULE_KEYS),
            }
        }
        rule
    }
}

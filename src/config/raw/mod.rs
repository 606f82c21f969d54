//! A settings file as written: the TOML walked key by key, so that every mistake is found and has its line.

use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::Date;
use crate::config::{Complaint, Layer, Located, Origin, did_you_mean, parse_date};
use crate::finding::{Confidence, Severity};

mod gate;

pub(in crate::config) use gate::{RawGate, RawGateRule};

/// One file.
#[derive(Debug, Default)]
pub(in crate::config) struct RawConfig {
    pub(in crate::config) confidence: Option<Located<Confidence>>,
    pub(in crate::config) max_file_size: Option<Located<u64>>,
    pub(in crate::config) exclude: Vec<Located<String>>,
    pub(in crate::config) disable: Vec<Located<String>>,
    pub(in crate::config) allow: Vec<RawAllow>,
    pub(in crate::config) rules: Vec<RawRule>,
    pub(in crate::config) gate: RawGate,
}

/// A `[[scan.allow]]` entry.
#[derive(Debug)]
pub(in crate::config) struct RawAllow {
    pub(in crate::config) origin: Origin,
    pub(in crate::config) rule: Vec<Located<String>>,
    pub(in crate::config) path: Vec<Located<String>>,
    pub(in crate::config) regex: Option<Located<String>>,
    pub(in crate::config) words: Vec<Located<String>>,
    pub(in crate::config) reason: Option<Located<String>>,
    pub(in crate::config) expires: Option<Located<Date>>,
}

/// A `[[rule]]` entry of a settings or rule file, with the fields of `rules/README.md`. Only types and names of keys have
/// been checked; what a rule needs and what its pattern may be is for the rule loader to say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of rules/README.md, which says what they mean")]
pub struct RawRule {
    /// Where the entry begins.
    pub origin: Origin,
    pub id: Option<Located<String>>,
    pub provider: Option<Located<String>>,
    pub name: Option<Located<String>>,
    pub severity: Option<Located<Severity>>,
    pub confidence: Option<Located<Confidence>>,
    pub class: Option<Located<String>>,
    pub why: Option<Located<String>>,
    pub revoke: Option<Located<String>>,
    pub detector: Option<Located<String>>,
    pub pattern: Option<Located<String>>,
    pub end: Option<Located<String>>,
    pub min_distinct: Option<Located<u64>>,
    pub anchors: Vec<Located<String>>,
    pub keywords: Vec<Located<String>>,
    pub check: Vec<Located<String>>,
    pub confirm: Vec<Located<String>>,
    pub shapes: Vec<Located<String>>,
    pub refuses: Vec<Located<String>>,
}

const TOP_KEYS: &[&str] = &["scan", "rule", "gate"];
const SCAN_KEYS: &[&str] = &["confidence", "max_file_size", "exclude", "disable", "allow"];
const ALLOW_KEYS: &[&str] = &["rule", "path", "regex", "words", "reason", "expires"];
const RULE_KEYS: &[&str] = &[
    "id",
    "provider",
    "name",
    "severity",
    "confidence",
    "class",
    "why",
    "revoke",
    "detector",
    "pattern",
    "end",
    "min_distinct",
    "anchors",
    "keywords",
    "check",
    "confirm",
    "shapes",
    "refuses",
];
const CONFIDENCES: &[(&str, Confidence)] =
    &[("high", Confidence::High), ("medium", Confidence::Medium), ("low", Confidence::Low)];
const SEVERITIES: &[(&str, Severity)] = &[
    ("critical", Severity::Critical),
    ("high", Severity::High),
    ("medium", Severity::Medium),
    ("low", Severity::Low),
];

/// Reads `text`, the content of `file`. Mistakes go to `complaints`, and what is right is still returned.
pub(in crate::config) fn parse(
    text: &str,
    file: &Arc<Path>,
    layer: Layer,
    complaints: &mut Vec<Complaint>,
) -> RawConfig {
    let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
    let mut reader = Reader { file, layer, breaks, complaints };
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // What was salvaged of a file that is no TOML would only bring complaints that mislead.
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            reader.complain(at, format!("not valid TOML: {}", without_values(error.message())));
        }
        return RawConfig::default();
    }
    let mut config = RawConfig::default();
    for (key, value) in table.into_inner() {
        match key.get_ref().as_ref() {
            "scan" => reader.scan(value, &mut config),
            "gate" => reader.gate(value, &mut config),
            "rule" => {
                config.rules =
                    reader.tables(value, "rule").into_iter().map(|entry| reader.rule(entry)).collect()
            }
            _ => reader.unknown(&key, "at the top level", TOP_KEYS),
        }
    }
    config
}

/// Messages of the parser quote keys at most, but they may span lines.
fn without_values(message: &str) -> String {
    message.lines().map(str::trim).collect::<Vec<_>>().join(", ")
}

type Value<'t> = Spanned<DeValue<'t>>;

struct Reader<'f> {
    file: &'f Arc<Path>,
    layer: Layer,
    /// Offsets of all line breaks.
    breaks: Vec<usize>,
    complaints: &'f mut Vec<Complaint>,
}

impl Reader<'_> {
    fn origin(&self, offset: usize) -> Origin {
        let line = self.breaks.partition_point(|end| *end < offset) + 1;
        Origin { file: Arc::clone(self.file), line, layer: self.layer }
    }

    fn complain(&mut self, offset: usize, text: String) {
        let origin = self.origin(offset);
        self.complaints.push(Complaint { origin, text });
    }

    fn unknown(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, place: &str, known: &[&str]) {
        // A key this long is no slip of the pen, and may be anything.
        let name: String = key.get_ref().chars().take(40).collect();
        let hint = did_you_mean(key.get_ref(), known.iter().copied());
        let hint = if hint.is_empty() { format!("; known keys: {}", known.join(", ")) } else { hint };
        self.complain(key.span().start, format!("unknown key \"{name}\" {place}{hint}"));
    }

    fn table<'t>(&mut self, value: Value<'t>, name: &str) -> Option<DeTable<'t>> {
        let at = value.span().start;
        match value.into_inner() {
            DeValue::Table(table) => Some(table),
            _ => {
                self.complain(at, format!("\"{name}\" must be a table: write [{name}]"));
                None
            }
        }
    }

    /// The tables of `[[name]]`, each with its offset.
    fn tables<'t>(&mut self, value: Value<'t>, name: &str) -> Vec<(usize, DeTable<'t>)> {
        let at = value.span().start;
        let DeValue::Array(array) = value.into_inner() else {
            self.complain(at, format!("\"{name}\" must be a list of tables: write [[{name}]]"));
            return Vec::new();
        };
        let entries = array.into_iter().filter_map(|entry| {
            let at = entry.span().start;
            match entry.into_inner() {
                DeValue::Table(table) => Some((at, table)),
                _ => {
                    self.complain(at, format!("\"{name}\" must be a list of tables: write [[{name}]]"));
                    None
                }
            }
        });
        entries.collect()
    }

    fn scan(&mut self, value: Value<'_>, config: &mut RawConfig) {
        for (key, value) in self.table(value, "scan").into_iter().flatten() {
            match key.get_ref().as_ref() {
                "confidence" => config.confidence = self.choice(value, "confidence", CONFIDENCES),
                "max_file_size" => {
                    config.max_file_size =
                        self.number(value, "max_file_size", "a number of bytes, 1 or more");
                }
                "exclude" => config.exclude = self.strings(value, "exclude"),
                "disable" => config.disable = self.strings(value, "disable"),
                "allow" => {
                    let entries = self.tables(value, "scan.allow");
                    config.allow = entries.into_iter().map(|entry| self.allow(entry)).collect();
                }
                _ => self.unknown(&key, "in [scan]", SCAN_KEYS),
            }
        }
    }

    fn allow(&mut self, (at, table): (usize, DeTable<'_>)) -> RawAllow {
        let mut allow = RawAllow {
            origin: self.origin(at),
            rule: Vec::new(),
            path: Vec::new(),
            regex: None,
            words: Vec::new(),
            reason: None,
            expires: None,
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "rule" => allow.rule = self.strings(value, "rule"),
                "path" => allow.path = self.strings(value, "path"),
                "regex" => allow.regex = self.string(value, "regex"),
                "words" => allow.words = self.strings(value, "words"),
                "reason" => allow.reason = self.string(value, "reason"),
                "expires" => allow.expires = self.date(value),
                _ => self.unknown(&key, "in [[scan.allow]]", ALLOW_KEYS),
            }
        }
        allow
    }

    fn rule(&mut self, (at, table): (usize, DeTable<'_>)) -> RawRule {
        let mut rule = RawRule {
            origin: self.origin(at),
            id: None,
            provider: None,
            name: None,
            severity: None,
            confidence: None,
            class: None,
            why: None,
            revoke: None,
            detector: None,
            pattern: None,
            end: None,
            min_distinct: None,
            anchors: Vec::new(),
            keywords: Vec::new(),
            check: Vec::new(),
            confirm: Vec::new(),
            shapes: Vec::new(),
            refuses: Vec::new(),
        };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            match name {
                "id" => rule.id = self.string(value, name),
                "provider" => rule.provider = self.string(value, name),
                "name" => rule.name = self.string(value, name),
                "severity" => rule.severity = self.choice(value, name, SEVERITIES),
                "confidence" => rule.confidence = self.choice(value, name, CONFIDENCES),
                "class" => rule.class = self.string(value, name),
                "why" => rule.why = self.string(value, name),
                "revoke" => rule.revoke = self.string(value, name),
                "detector" => rule.detector = self.string(value, name),
                "pattern" => rule.pattern = self.string(value, name),
                "end" => rule.end = self.string(value, name),
                "min_distinct" => {
                    rule.min_distinct = self.number(value, name, "a number of characters, 1 or more")
                }
                "anchors" => rule.anchors = self.strings(value, name),
                "keywords" => rule.keywords = self.strings(value, name),
                "check" => rule.check = self.strings(value, name),
                "confirm" => rule.confirm = self.strings(value, name),
                "shapes" => rule.shapes = self.strings(value, name),
                "refuses" => rule.refuses = self.strings(value, name),
                _ => self.unknown(&key, "in [[rule]]", RULE_KEYS),
            }
        }
        rule
    }

    fn string(&mut self, value: Value<'_>, name: &str) -> Option<Located<String>> {
        let at = value.span().start;
        match value.into_inner() {
            DeValue::String(text) => Some(Located { value: text.into_owned(), origin: self.origin(at) }),
            _ => {
                self.complain(at, format!("\"{name}\" must be a string in quotes"));
                None
            }
        }
    }

    /// A string or a list of strings.
    fn strings(&mut self, value: Value<'_>, name: &str) -> Vec<Located<String>> {
        let at = value.span().start;
        match value.into_inner() {
            DeValue::String(text) => vec![Located { value: text.into_owned(), origin: self.origin(at) }],
            DeValue::Array(array) => array.into_iter().filter_map(|entry| self.string(entry, name)).collect(),
            _ => {
                self.complain(at, format!("\"{name}\" must be a string or a list of strings"));
                Vec::new()
            }
        }
    }

    fn number(&mut self, value: Value<'_>, name: &str, what: &str) -> Option<Located<u64>> {
        let at = value.span().start;
        let number = value.get_ref().as_integer();
        let number = number.and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
        match number.filter(|number| *number > 0) {
            Some(value) => Some(Located { value, origin: self.origin(at) }),
            None => {
                self.complain(at, format!("\"{name}\" must be {what}"));
                None
            }
        }
    }

    fn choice<T: Copy>(&mut self, value: Value<'_>, name: &str, choices: &[(&str, T)]) -> Option<Located<T>> {
        let at = value.span().start;
        let text = value.get_ref().as_str();
        if let Some((_, value)) = choices.iter().find(|(name, _)| Some(*name) == text) {
            return Some(Located { value: *value, origin: self.origin(at) });
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let hint = text.map(|text| did_you_mean(text, names.iter().copied())).unwrap_or_default();
        self.complain(at, format!("\"{name}\" must be one of {}{hint}", names.join(", ")));
        None
    }

    fn date(&mut self, value: Value<'_>) -> Option<Located<Date>> {
        let at = value.span().start;
        let date = match value.get_ref() {
            DeValue::Datetime(moment) => moment.date.filter(|_| moment.time.is_none()),
            DeValue::String(text) => parse_date(text),
            _ => None,
        };
        if date.is_none() {
            self.complain(at, "\"expires\" must be a day that exists, written 2027-01-31".to_owned());
        }
        date.map(|value| Located { value, origin: self.origin(at) })
    }
}

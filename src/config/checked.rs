//! Settings ready for use: layers merged, patterns compiled.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use regex::bytes::{Regex, RegexBuilder};

use crate::config::raw::{RawAllow, RawConfig};
use crate::config::{
    Complaint, ConfigError, Date, GateSettings, Layer, Located, Origin, PathGlobs, RawRule, did_you_mean,
};
use crate::finding::{Confidence, STORED_RULE};

/// Compiled size of a regex. The project's file is as hostile as its content, and this bounds what it may cost.
const REGEX_LIMIT: usize = 1 << 20;

/// All layers merged.
#[derive(Debug)]
pub struct Settings {
    /// The lowest confidence to show.
    pub confidence: Confidence,
    /// Files of more bytes are left out; `None` for no cap.
    pub max_file_size: Option<u64>,
    /// Paths to leave out.
    pub exclude: PathGlobs,
    /// What of the two the project's settings say, which do not speak for the user.
    pub project: ProjectLimits,
    /// Rules not to use.
    pub disable: Vec<Located<String>>,
    /// Findings not to report.
    pub allow: Vec<Allow>,
    /// Rules of the settings themselves.
    pub rules: Vec<RawRule>,
    /// Settings of the gate.
    pub gate: GateSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            confidence: Confidence::Medium,
            max_file_size: None,
            exclude: PathGlobs::default(),
            project: ProjectLimits::default(),
            disable: Vec::new(),
            allow: Vec::new(),
            rules: Vec::new(),
            gate: GateSettings::default(),
        }
    }
}

/// What the project's settings leave out, and what the others do.
#[derive(Clone, Debug, Default)]
pub struct ProjectLimits {
    /// Paths that the project leaves out.
    pub exclude: PathGlobs,
    /// The size above which the project leaves files out.
    pub max_file_size: Option<u64>,
    /// Paths that the user or the administrator leaves out.
    pub others_exclude: PathGlobs,
    /// The size above which these leave files out.
    pub others_max_file_size: Option<u64>,
}

/// One `[[scan.allow]]` entry: all conditions given must hold.
#[derive(Clone, Debug)]
pub struct Allow {
    /// Where the entry begins. Its layer tells whether it may silence everything.
    pub origin: Origin,
    /// Rule ids of which one must match; empty for any.
    pub rules: Vec<Located<String>>,
    /// Patterns of which one must match the path or a directory above it; empty for any.
    pub paths: PathGlobs,
    /// Must match in the secret.
    pub regex: Option<Regex>,
    /// Of these the secret must hold one, in any case.
    pub words: Option<AhoCorasick>,
    /// Why it is harmless.
    pub reason: String,
    /// The last day on which the entry applies.
    pub expires: Option<Date>,
}

impl Settings {
    /// Merges layers, given from the weakest to the strongest. Complaints of earlier steps come in and go out with
    /// those of this one.
    pub(super) fn check(layers: Vec<RawConfig>, mut complaints: Vec<Complaint>) -> Result<Self, ConfigError> {
        let mut settings = Self::default();
        let (mut exclude, mut of_project, mut of_others) = (Vec::new(), Vec::new(), Vec::new());
        for layer in layers {
            if let Some(confidence) = layer.confidence {
                settings.confidence = confidence.value;
            }
            if let Some(size) = layer.max_file_size {
                settings.max_file_size = Some(size.value);
                match size.origin.layer {
                    Layer::Project => settings.project.max_file_size = Some(size.value),
                    _ => settings.project.others_max_file_size = Some(size.value),
                }
            }
            for pattern in layer.exclude {
                let of = match pattern.origin.layer {
                    Layer::Project => &mut of_project,
                    _ => &mut of_others,
                };
                of.push(pattern.value.clone());
                exclude.push(pattern);
            }
            settings.disable.extend(layer.disable);
            settings.allow.extend(layer.allow.into_iter().filter_map(|raw| allow(raw, &mut complaints)));
            settings.rules.extend(layer.rules);
            settings.gate.add(layer.gate, &mut complaints);
        }
        settings.gate.check_ids(&mut complaints);
        settings.exclude = globs("exclude", exclude, &mut complaints);
        // what is wrong with a pattern was said just now
        settings.project.exclude = PathGlobs::new(of_project).unwrap_or_default();
        settings.project.others_exclude = PathGlobs::new(of_others).unwrap_or_default();
        if complaints.is_empty() { Ok(settings) } else { Err(ConfigError::sorted(complaints)) }
    }

    /// Checks that the rules which `disable` and allow entries name exist: among `known`, or in the settings.
    pub fn check_rule_ids<'k>(&self, known: impl IntoIterator<Item = &'k str>) -> Result<(), ConfigError> {
        let own = self.rules.iter().filter_map(|rule| rule.id.as_ref());
        let mut all: BTreeSet<&str> = own.map(|id| id.value.as_str()).collect();
        for id in known {
            all.insert(id);
        }
        let named = self.disable.iter().chain(self.allow.iter().flat_map(|allow| &allow.rules));
        let complaints: Vec<Complaint> = named
            .filter(|id| !all.contains(id.value.as_str()))
            .map(|id| {
                if id.value == STORED_RULE {
                    let text = format!(
                        "\"{STORED_RULE}\" cannot be disabled or allowed: it finds credentials that are in use on this \
                         machine; `gate fingerprint remove` takes one out"
                    );
                    return Complaint { origin: id.origin.clone(), text };
                }
                let name: String = id.value.chars().take(60).collect();
                let hint = did_you_mean(&id.value, all.iter().copied());
                let hint = if hint.is_empty() { "; `gate rules list` shows all".to_owned() } else { hint };
                Complaint { origin: id.origin.clone(), text: format!("there is no rule \"{name}\"{hint}") }
            })
            .collect();
        if complaints.is_empty() { Ok(()) } else { Err(ConfigError::sorted(complaints)) }
    }
}

impl ConfigError {
    fn sorted(mut complaints: Vec<Complaint>) -> Self {
        complaints.sort_by(|a, b| {
            let key = |complaint: &Complaint| (complaint.origin.layer, complaint.origin.line);
            key(a).cmp(&key(b))
        });
        Self(complaints)
    }
}

fn globs(key: &str, patterns: Vec<Located<String>>, complaints: &mut Vec<Complaint>) -> PathGlobs {
    PathGlobs::new(patterns.iter().map(|pattern| pattern.value.as_str())).unwrap_or_else(|errors| {
        complaints.extend(errors.into_iter().map(|(index, cause)| Complaint {
            origin: patterns[index].origin.clone(),
            text: format!("bad pattern in \"{key}\": {cause}"),
        }));
        PathGlobs::default()
    })
}

/// Checks one entry; `None` when it is no use. Everything wrong with it is said at once.
fn allow(raw: RawAllow, complaints: &mut Vec<Complaint>) -> Option<Allow> {
    let before = complaints.len();
    let mut complain = |origin: &Origin, text: &str| {
        complaints.push(Complaint { origin: origin.clone(), text: text.to_owned() });
    };
    if raw.rule.is_empty() && raw.path.is_empty() && raw.regex.is_none() && raw.words.is_empty() {
        complain(&raw.origin, "an allow entry needs a condition: rule, path, regex or words");
    }
    let reason = raw.reason.as_ref().map(|reason| reason.value.trim()).unwrap_or_default();
    if reason.is_empty() {
        let origin = raw.reason.as_ref().map_or(&raw.origin, |reason| &reason.origin);
        complain(origin, "an allow entry needs a reason: say in `reason` why the finding is harmless");
    }
    let regex = raw.regex.as_ref().and_then(|located| {
        if located.value.is_empty() {
            complain(&located.origin, "\"regex\" is empty and would match every secret; leave the key out");
            return None;
        }
        let compiled = RegexBuilder::new(&located.value).unicode(false).size_limit(REGEX_LIMIT).build();
        compiled
            .map_err(|error| complain(&located.origin, &format!("bad \"regex\": {}", regex_cause(&error))))
            .ok()
    });
    for word in raw.words.iter().filter(|word| word.value.is_empty()) {
        complain(&word.origin, "\"words\" holds an empty word, which every secret contains; remove it");
    }
    let words = (!raw.words.is_empty()).then(|| {
        let words = raw.words.iter().map(|word| word.value.as_bytes());
        AhoCorasick::builder().ascii_case_insensitive(true).build(words)
    });
    let words = match words.transpose() {
        Ok(words) => words,
        Err(_) => {
            complain(&raw.origin, "\"words\" holds too much text; use fewer or shorter words");
            None
        }
    };
    let reason = reason.to_owned();
    let paths = globs("path", raw.path, complaints);
    (complaints.len() == before).then_some(Allow {
        origin: raw.origin,
        rules: raw.rule,
        paths,
        regex,
        words,
        reason,
        expires: raw.expires.map(|expires| expires.value),
    })
}

/// The cause without the drawing of the pattern, in which somebody may have put a secret.
fn regex_cause(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => {
            "it is too large when compiled; shorten it or lower its counts".to_owned()
        }
        error => {
            let text = error.to_string();
            text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned()
        }
    }
}

//! What settings make of the opinions on a command: lists and rules of the administrator, the user and the project.
//!
//! One order holds, whatever the order of entries: the administrator's denials; denials of the user and the project;
//! what is built in; what allows. All opinions are kept, and the strictest that nothing lifted wins.
//!
//! - A `deny` or `ask` entry beats every `allow` entry of its own layer and of weaker ones; a stronger layer's `allow` lifts
//!   it. The administrator's denials cannot be lifted.
//! - An `allow` entry lifts built-in questions on the command's own words, not those on its surroundings (poisoned
//!   environment, redirections, text that could not be read).
//! - `allow = ["*"]` lifts what is asked because it is unknown, and nothing else.
//! - A built-in denial is lifted by a rule of the user or the administrator that names its id, and by nothing else.
//! - A project's entries that allow count only once the person has trusted that very file: see [`trust`].

use std::fmt;

use crate::config::{GateSettings, Layer, Origin};

use super::decision::Decision;
use super::model::{Opinion, Word};

pub mod lint;
mod pattern;
pub mod trust;

pub use pattern::{Matched, Pattern};

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Authority {
    /// What is built in.
    BuiltIn,
    /// The project's file.
    Project,
    /// The person's file.
    User,
    /// The administrator's file.
    Administrator,
}

impl Authority {
    /// The name used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Project => "project",
            Self::User => "user",
            Self::Administrator => "administrator",
        }
    }
}

impl From<Layer> for Authority {
    fn from(layer: Layer) -> Self {
        match layer {
            Layer::System => Self::Administrator,
            Layer::User => Self::User,
            Layer::Project => Self::Project,
        }
    }
}

/// An opinion with who holds it, and what lifted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruled {
    /// The opinion.
    pub opinion: Opinion,
    /// Who holds it.
    pub authority: Authority,
    /// The entry that lifted it, with its place; `None` while it stands.
    pub lifted_by: Option<String>,
}

/// The strictest opinion that stands; `Allow` when none does.
pub fn strictest(ruled: &[Ruled]) -> Decision {
    let standing = ruled.iter().filter(|ruled| ruled.lifted_by.is_none());
    standing.map(|ruled| ruled.opinion.decision).max().unwrap_or(Decision::Allow)
}

/// Settings of the gate, compiled.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    entries: Vec<Entry>,
    unknown: Option<(Decision, Authority, Origin)>,
    unread: Option<(Decision, Authority, Origin)>,
    /// Entries of the project that do not count, as it is not trusted.
    pub untrusted: usize,
}

/// A pattern with what it asks for.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Compiled.
    pub pattern: Pattern,
    /// As written.
    pub text: String,
    /// What it asks for.
    pub decision: Decision,
    /// The rule's id; for entries of lists `allowlist`, `asklist`, `blocklist`.
    pub id: String,
    /// Why, for rules.
    pub reason: Option<String>,
    /// A safer way, for rules.
    pub suggestion: Option<String>,
    /// Ids of built-in rules whose denials it lifts.
    pub lifts: Vec<String>,
    /// Whose it is.
    pub authority: Authority,
    /// Where it stands.
    pub origin: Origin,
    /// Whether it counts: an entry of an untrusted project that allows does not.
    pub counts: bool,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} \"{}\" ({}, {})",
            self.decision.as_str(),
            self.text,
            self.authority.as_str(),
            self.origin
        )
    }
}

/// A pattern that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPattern {
    /// Where.
    pub origin: Origin,
}

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: the pattern holds no word or an open quote: write it as you would type the command",
            self.origin
        )
    }
}

impl std::error::Error for BadPattern {}

/// Where an opinion comes from decides what may lift it. Ids begin with a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    /// The command is not known: `unknown-program`, `unknown-option`.
    Unknown,
    /// It could not be read: `unread-…`.
    Unread,
    /// It is not about the command's own words.
    Surroundings,
    /// A rule or role of the command.
    Command,
}

impl Family {
    fn of(id: &str) -> Self {
        const SURROUNDINGS: &[&str] =
            &["environment-", "redirect-", "secret-", "stored-", "flow-", "hidden-", "internal-", "limit-"];
        match id {
            _ if id.starts_with("unknown-") => Self::Unknown,
            _ if id.starts_with("unread-") => Self::Unread,
            _ if SURROUNDINGS.iter().any(|prefix| id.starts_with(prefix)) => Self::Surroundings,
            _ => Self::Command,
        }
    }
}

impl Policy {
    /// Compiles settings. `trusted`: whether the person has trusted the project's file as it is.
    ///
    /// # Errors
    /// A pattern that cannot be read, with its place.
    pub fn new(settings: &GateSettings, trusted: bool) -> Result<Self, BadPattern> {
        let mut policy = Self::default();
        let lists = settings.lists.iter().map(|entry| {
            let id = match entry.list {
                Decision::Allow => "allowlist",
                Decision::Ask => "asklist",
                Decision::Deny => "blocklist",
            };
            (&entry.pattern, entry.list, id, None)
        });
        let rules = settings.rules.iter().flat_map(|rule| {
            rule.patterns.iter().map(move |pattern| (pattern, rule.decision, rule.id.as_str(), Some(rule)))
        });
        for (pattern, decision, id, rule) in lists.chain(rules) {
            let authority = Authority::from(pattern.origin.layer);
            let compiled =
                Pattern::new(&pattern.value).ok_or(BadPattern { origin: pattern.origin.clone() })?;
            let counts = trusted || authority != Authority::Project || decision != Decision::Allow;
            policy.untrusted += usize::from(!counts);
            policy.entries.push(Entry {
                pattern: compiled,
                text: pattern.value.clone(),
                decision,
                id: id.to_owned(),
                reason: rule.map(|rule| rule.reason.clone()),
                suggestion: rule.and_then(|rule| rule.suggestion.clone()),
                lifts: rule.into_iter().flat_map(|rule| &rule.lifts).map(|lift| lift.value.clone()).collect(),
                authority,
                origin: pattern.origin.clone(),
                counts,
            });
        }
        // the strongest first: of equals the one to name
        policy.entries.sort_by_key(|entry| std::cmp::Reverse(entry.authority));
        let doubt = |setting: &Option<crate::config::Located<Decision>>| {
            setting
                .as_ref()
                .map(|setting| (setting.value, Authority::from(setting.origin.layer), setting.origin.clone()))
        };
        policy.unknown = doubt(&settings.unknown);
        policy.unread = doubt(&settings.unread);
        Ok(policy)
    }

    /// All entries, the strongest layer's first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What becomes of unknown programs, options and subcommands, with where it is said; `Ask` by default.
    pub fn unknown(&self) -> (Decision, Option<&Origin>) {
        self.unknown.as_ref().map_or((Decision::Ask, None), |(decision, _, origin)| (*decision, Some(origin)))
    }

    /// What becomes of what cannot be read, with where it is said; `Ask` by default.
    pub fn unread(&self) -> (Decision, Option<&Origin>) {
        self.unread.as_ref().map_or((Decision::Ask, None), |(decision, _, origin)| (*decision, Some(origin)))
    }

    /// Rules on one command: `words` as resolved; `canonical` the same without the options that stand before
    /// subcommands, so that `git -C x push` is a `git push`; `opinions` what is built in. Everything comes back.
    pub fn judge(&self, words: &[Word], canonical: &[Word], opinions: Vec<Opinion>) -> Vec<Ruled> {
        let allows: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|entry| entry.counts && entry.decision == Decision::Allow && entry.pattern.allows(words))
            .collect();
        let mut ruled: Vec<Ruled> =
            self.entries.iter().filter_map(|entry| forbid(entry, words, canonical, &allows)).collect();
        ruled.extend(opinions.into_iter().map(|opinion| self.built_in(opinion, &allows)));
        ruled
    }

    /// Rules on what belongs to no command: text that cannot be read, secrets in it.
    pub fn judge_request(&self, opinions: Vec<Opinion>) -> Vec<Ruled> {
        opinions.into_iter().map(|opinion| self.built_in(opinion, &[])).collect()
    }

    fn built_in(&self, mut opinion: Opinion, allows: &[&Entry]) -> Ruled {
        let family = Family::of(&opinion.id);
        let lifts = |entry: &&&Entry| {
            let named = entry.authority > Authority::Project && entry.lifts.contains(&opinion.id);
            let plain = match family {
                Family::Unknown => true,
                Family::Command => !entry.pattern.is_everything(),
                Family::Unread | Family::Surroundings => false,
            };
            match opinion.decision {
                Decision::Allow => false,
                Decision::Ask => named || plain,
                Decision::Deny => named,
            }
        };
        let lifted_by = allows.iter().find(lifts).map(|entry| entry.to_string());
        let mut authority = Authority::BuiltIn;
        let doubt = match family {
            Family::Unknown => &self.unknown,
            Family::Unread => &self.unread,
            Family::Command | Family::Surroundings => &None,
        };
        if let Some((decision, by, _)) = doubt
            && lifted_by.is_none()
            && opinion.decision < *decision
            && opinion.decision != Decision::Allow
        {
            opinion.decision = *decision;
            authority = *by;
        }
        Ruled { opinion, authority, lifted_by }
    }
}

/// What an entry that asks or denies makes of a command.
fn forbid(entry: &Entry, words: &[Word], canonical: &[Word], allows: &[&Entry]) -> Option<Ruled> {
    if entry.decision == Decision::Allow {
        return None;
    }
    let matched = entry.pattern.forbids(words).max(entry.pattern.forbids(canonical));
    let decision = match matched {
        Matched::No => return None,
        Matched::Maybe => Decision::Ask,
        Matched::Yes => entry.decision,
    };
    let final_word = entry.authority == Authority::Administrator && entry.decision == Decision::Deny;
    let lifted_by = allows
        .iter()
        .find(|allow| !final_word && allow.authority > entry.authority)
        .map(|allow| allow.to_string());
    let who = match (entry.authority, entry.decision) {
        (Authority::Administrator, Decision::Deny) => "blocked by administrator".to_owned(),
        (Authority::Administrator, _) => "the administrator wants to be asked".to_owned(),
        (authority, Decision::Deny) => format!("blocked by the {}'s settings", authority.as_str()),
        (authority, _) => format!("the {}'s settings want a question", authority.as_str()),
    };
    let doubt =
        if matched == Matched::Maybe { "; whether it is one depends on what is not known yet" } else { "" };
    let why = entry.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    let opinion = Opinion {
        id: entry.id.clone(),
        decision,
        reason: format!("{who} (\"{}\"){why}{doubt}", entry.text),
        suggestion: entry.suggestion.clone(),
        span: words.first().and_then(|word| word.span),
    };
    Some(Ruled { opinion, authority: entry.authority, lifted_by })
}

#[cfg(test)]
mod tests;

//! Rules: what credentials look like, as static tables made from `rules/secrets/*.toml` at build time.

pub mod analyze;
pub mod check;
pub mod load;
pub mod page;
pub mod raw;
pub mod shape;
pub mod stores;

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

pub use analyze::ByteSet;

use crate::checksum::Checksum;
use crate::finding::{Confidence, Severity};

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// How candidates of a rule are found: see `rules/README.md`, Pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// By a literal prefix at the start of a word, in a run of token characters.
    Prefix,
    /// By a literal that may stand anywhere.
    Anchor,
    /// At the start of a word, in a run of token characters that looks random.
    Value,
    /// By searching the whole text: rules of the user's own that allow no quicker way.
    Search,
    /// By code in `scan/detect`, by name.
    Detector(&'static str),
}

/// What the thing found is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Usable as it is.
    Secret,
    /// Needs a passphrase.
    Encrypted,
    /// Must be cracked first.
    Hash,
    /// Meant to be public: never reported, and no other rule may take it for a secret.
    Public,
}

impl Class {
    /// The name that rule files use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Encrypted => "encrypted",
            Self::Hash => "hash",
            Self::Public => "public",
        }
    }
}

/// What may follow the last byte of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// No letter, digit or underscore.
    Word,
    /// Anything.
    Open,
    /// No letter, digit, underscore or dash.
    Strict,
}

/// One rule. Fields without a comment are those of `rules/README.md`.
#[derive(Debug)]
pub struct Rule {
    /// Unique, kebab-case, stable.
    pub id: &'static str,
    /// Who issues the credential.
    pub provider: &'static str,
    /// What it is, without the provider.
    pub name: &'static str,
    /// What its holder can do.
    pub why: &'static str,
    /// How to revoke or replace it.
    pub revoke: &'static str,
    /// How bad a real one is.
    pub severity: Severity,
    /// Secret, encrypted, hash or public.
    pub class: Class,
    /// Confidence of a match that no filter doubts.
    pub confidence: Confidence,
    /// The pattern's text; empty for detectors.
    pub pattern: &'static str,
    /// How candidates are found.
    pub route: Route,
    /// Prefixes, or anchors in lower case.
    pub literals: &'static [&'static [u8]],
    /// For each first position of every match, an index into the table of byte sets.
    pub head: &'static [u16],
    /// Which of these positions is the pickiest: looked at first, as many patterns begin with anything and hold a few
    /// fixed bytes far on.
    pub probe: usize,
    /// Token characters that every match begins with, at least.
    pub run: usize,
    /// Whether matches hold letters, digits and underscores only.
    pub word: bool,
    /// Bytes in the shortest match.
    pub shortest: usize,
    /// Bytes in the longest match.
    pub longest: usize,
    /// Context words, as indices into the table of keywords.
    pub keywords: &'static [u16],
    /// Validators whose failure drops a match.
    pub check: &'static [Checksum],
    /// Validators whose success raises the confidence.
    pub confirm: &'static [Checksum],
    /// Least number of distinct characters; 0 leaves it to the filters.
    pub min_distinct: u8,
    /// What may follow.
    pub end: End,
    /// Templates that must be found.
    pub shapes: &'static [&'static str],
    /// Templates that must not be found.
    pub refuses: &'static [&'static str],
    /// The pattern anchored at its start, compiled when first needed.
    regex: OnceLock<Regex>,
    /// The pattern unanchored, for [`Route::Search`].
    search: OnceLock<Regex>,
}

impl Rule {
    /// The pattern as a regex that matches at the start of its text only.
    ///
    /// Compiled on first use: most runs need few of the rules.
    pub fn regex(&self) -> &Regex {
        self.regex.get_or_init(|| {
            compile(&format!("\\A(?:{})", self.pattern))
                .expect("patterns are parsed when the rule is built or loaded")
        })
    }

    /// Where the next match of the pattern at or after `from` begins.
    pub(crate) fn search(&self, text: &[u8], from: usize) -> Option<usize> {
        let regex = self.search.get_or_init(|| {
            compile(self.pattern).expect("patterns are parsed when the rule is built or loaded")
        });
        regex.find_at(text, from).map(|found| found.start())
    }

    /// Whether `text` can begin a match, judged by its first bytes alone.
    #[inline]
    pub(crate) fn may_start(&self, text: &[u8]) -> bool {
        let may_hold = |set: u16, byte: u8| analyze::has(&BYTE_SETS[usize::from(set)], byte);
        text.len() >= self.shortest
            && self.head.get(self.probe).is_none_or(|&set| may_hold(set, text[self.probe]))
            && self.head.iter().zip(text).all(|(&set, &byte)| may_hold(set, byte))
    }

    /// The built-in keywords of the rule: in lower case, without separators.
    pub fn keyword_names(&self) -> impl Iterator<Item = &'static str> {
        self.keywords.iter().filter_map(|&keyword| KEYWORDS.get(usize::from(keyword)).copied())
    }

    /// Its context words, in lower case and without separators, given those that only own rules have.
    pub fn keyword_texts<'k>(
        &self,
        own: &'k [&'static str],
    ) -> impl Iterator<Item = &'static str> + use<'_, 'k> {
        self.keywords.iter().filter_map(|&index| {
            let index = usize::from(index);
            KEYWORDS.get(index).or_else(|| own.get(index.checked_sub(KEYWORDS.len())?)).copied()
        })
    }

    /// The rule's name with its provider, for reports.
    pub fn title(&self) -> String {
        match self.provider {
            "" => self.name.to_owned(),
            provider => format!("{provider} {}", self.name),
        }
    }
}

/// Compiles a pattern the way all rules are: on bytes, without Unicode.
///
/// # Errors
/// The regex crate's, for syntax and size.
pub fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).unicode(false).size_limit(4 << 20).build()
}

/// The built-in rules, sorted by id.
pub fn builtin() -> &'static [Rule] {
    &RULES
}

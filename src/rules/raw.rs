//! Rule files as written: the TOML types. `build.rs` shares this file.

use serde::Deserialize;

/// A rule file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawFile {
    /// The rules, in the file's order.
    #[serde(default)]
    pub rule: Vec<RawRule>,
}

/// One `[[rule]]` entry: see `rules/README.md` for the meaning of each field.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRule {
    /// Unique, kebab-case, stable.
    pub id: String,
    /// Who issues the credential.
    #[serde(default)]
    pub provider: String,
    /// What it is, without the provider.
    #[serde(default)]
    pub name: String,
    /// `critical`, `high`, `medium`, `low`.
    #[serde(default)]
    pub severity: Option<String>,
    /// `secret`, `encrypted`, `hash`, `public`.
    #[serde(default)]
    pub class: Option<String>,
    /// What its holder can do.
    #[serde(default)]
    pub why: String,
    /// How to revoke or replace it.
    #[serde(default)]
    pub revoke: String,
    /// Built-in detector that finds it, in place of `pattern`.
    #[serde(default)]
    pub detector: Option<String>,
    /// The credential itself, anchored where it begins.
    #[serde(default)]
    pub pattern: Option<String>,
    /// Literals the pattern begins with, for patterns that do not begin with token characters.
    #[serde(default)]
    pub anchors: Vec<String>,
    /// Context words.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Validators whose failure drops a match.
    #[serde(default)]
    pub check: Vec<String>,
    /// Validators whose success raises the confidence.
    #[serde(default)]
    pub confirm: Vec<String>,
    /// `high`, `medium`, `low`.
    #[serde(default)]
    pub confidence: Option<String>,
    /// Least number of distinct characters.
    #[serde(default)]
    pub min_distinct: Option<u8>,
    /// `word` (default), `open`, `strict`.
    #[serde(default)]
    pub end: Option<String>,
    /// Templates that must be found.
    #[serde(default)]
    pub shapes: Vec<String>,
    /// Templates that must not be found.
    #[serde(default)]
    pub refuses: Vec<String>,
}

/// A keyword as it is compared: in lower case and without separators.
pub fn normal_keyword(keyword: &str) -> String {
    keyword.chars().filter(|character| !"_-. ".contains(*character)).collect::<String>().to_ascii_lowercase()
}

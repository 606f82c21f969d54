//! `rules/secrets/*.toml` and the word lists as static tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::analyze::{self, Analysis, ByteSet, Route};
use crate::raw::{self, RawFile, RawRule};

/// All rules.
pub(crate) fn tables() -> String {
    Tables::of(&read_rules(Path::new("rules/secrets"))).text
}

/// The hashes of documented dummy values, sorted.
pub(crate) fn dummies(file: &Path) -> String {
    #[derive(serde::Deserialize)]
    struct File {
        dummy: Vec<Dummy>,
    }
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Dummy {
        hash: String,
        #[serde(rename = "of")]
        _of: String,
    }
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let parsed: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut hashes: Vec<u64> = parsed
        .dummy
        .iter()
        .map(|dummy| {
            u64::from_str_radix(&dummy.hash, 16).unwrap_or_else(|error| panic!("{}: {error}", dummy.hash))
        })
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    format!("static DUMMIES: [u64; {}] = {hashes:?};\n", hashes.len())
}

/// Each list of the word file as a sorted table, named after its section and key.
pub(crate) fn words(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let sections: BTreeMap<String, BTreeMap<String, Vec<String>>> =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut out = String::new();
    for (section, lists) in sections {
        for (list, mut words) in lists {
            words.sort();
            words.dedup();
            let name = format!("{section}_{list}").to_ascii_uppercase();
            writeln!(out, "pub(crate) static {name}: [&str; {}] = {words:?};", words.len()).unwrap();
        }
    }
    out
}

/// Every rule of the folder, by file name and then in the file's order.
fn read_rules(folder: &Path) -> Vec<RawRule> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("rules/secrets exists")
        .map(|entry| entry.expect("rules/secrets is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    let mut rules: Vec<RawRule> = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed: RawFile =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for rule in parsed.rule {
            if rules.iter().any(|other| other.id == rule.id) {
                panic!("{}: rule {} is defined twice", file.display(), rule.id);
            }
            rules.push(rule);
        }
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules
}

struct Tables {
    text: String,
    keywords: BTreeMap<String, usize>,
    sets: Vec<ByteSet>,
}

impl Tables {
    fn of(rules: &[RawRule]) -> Self {
        let mut names: Vec<String> = rules
            .iter()
            .flat_map(|rule| &rule.keywords)
            .map(|keyword| raw::normal_keyword(keyword))
            .collect();
        names.sort();
        names.dedup();
        let keywords = names.into_iter().enumerate().map(|(index, name)| (name, index)).collect();
        let mut tables = Self { text: String::new(), keywords, sets: Vec::new() };
        let mut list = String::new();
        let mut wrong = Vec::new();
        for rule in rules {
            match rule.pattern.as_deref().map(|pattern| analyze::analyze(pattern, &rule.anchors)).transpose()
            {
                Ok(analysis) => tables.rule(rule, analysis, &mut list),
                Err(error) => wrong.push(format!("rule {}: {error}", rule.id)),
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
        let text = &mut tables.text;
        writeln!(text, "pub(crate) static RULES: [Rule; {}] = [\n{list}];", rules.len()).unwrap();
        let keywords: Vec<&String> = tables.keywords.keys().collect();
        writeln!(text, "pub(crate) static KEYWORDS: [&str; {}] = {keywords:?};", keywords.len()).unwrap();
        writeln!(text, "pub(crate) static BYTE_SETS: [[u64; 4]; {}] = {:?};", tables.sets.len(), tables.sets)
            .unwrap();
        tables
    }

    fn rule(&mut self, rule: &RawRule, analysis: Option<Analysis>, list: &mut String) {
        let keywords: Vec<usize> =
            rule.keywords.iter().map(|keyword| self.keywords[&raw::normal_keyword(keyword)]).collect();
        let (route, literals, head, probe, run, word, shortest, longest) = match &analysis {
            None => (
                format!(
                    "Route::Detector({:?})",
                    rule.detector
                        .as_deref()
                        .unwrap_or_else(|| panic!("rule {}: needs a pattern or a detector", rule.id))
                ),
                String::from("&[]"),
                Vec::new(),
                0,
                0,
                false,
                0,
                0,
            ),
            Some(Analysis { route, literals, head, probe, run, word, shortest, longest }) => (
                match route {
                    Route::Prefix => "Route::Prefix",
                    Route::Anchor => "Route::Anchor",
                    Route::Value => "Route::Value",
                }
                .to_owned(),
                byte_strings(literals),
                head.iter().map(|set| self.set(set)).collect(),
                *probe,
                *run,
                *word,
                *shortest,
                *longest,
            ),
        };
        let pick = |value: &Option<String>, default: &str, known: &[&str]| {
            let value = value.as_deref().unwrap_or(default);
            assert!(known.contains(&value), "rule {}: `{value}` is none of {known:?}", rule.id);
            capital(value)
        };
        let severity = pick(&rule.severity, "high", &["low", "medium", "high", "critical"]);
        let class = pick(&rule.class, "secret", &["secret", "encrypted", "hash", "public"]);
        let confidence = pick(&rule.confidence, "high", &["low", "medium", "high"]);
        let end = pick(&rule.end, "word", &["word", "open", "strict"]);
        writeln!(
            list,
            "Rule {{ id: {:?}, provider: {:?}, name: {:?}, why: {:?}, revoke: {:?}, severity: Severity::{severity}, \
             class: Class::{class}, confidence: Confidence::{confidence}, pattern: {:?}, route: {route}, \
             literals: {literals}, head: &{head:?}, probe: {probe}, run: {run}, word: {word}, shortest: {shortest}, \
             longest: {longest}, keywords: &{keywords:?}, check: &{}, confirm: &{}, min_distinct: {}, end: End::{end}, shapes: &{:?}, \
             refuses: &{:?}, regex: OnceLock::new(), search: OnceLock::new() }},",
            rule.id,
            rule.provider,
            rule.name,
            rule.why,
            rule.revoke,
            rule.pattern.as_deref().unwrap_or(""),
            checksums(&rule.check),
            checksums(&rule.confirm),
            rule.min_distinct.unwrap_or(0),
            rule.shapes,
            rule.refuses,
        )
        .unwrap();
    }

    fn set(&mut self, set: &ByteSet) -> usize {
        self.sets.iter().position(|known| known == set).unwrap_or_else(|| {
            self.sets.push(*set);
            self.sets.len() - 1
        })
    }
}

fn capital(word: &str) -> String {
    word[..1].to_ascii_uppercase() + &word[1..]
}

/// Validators are looked up by name when the tables are compiled.
fn checksums(names: &[String]) -> String {
    let validators: Vec<String> = names.iter().map(|name| format!("Checksum::named({name:?})")).collect();
    format!("[{}]", validators.join(", "))
}

fn byte_strings(literals: &[Vec<u8>]) -> String {
    let strings: Vec<String> =
        literals.iter().map(|literal| format!("b\"{}\"", literal.escape_ascii())).collect();
    format!("&[{}]", strings.join(", "))
}

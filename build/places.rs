//! `rules/effects.toml`, `rules/places.toml` and `rules/git-config.toml` as static tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::gate::effect_kind::EffectKind;

fn read<T: DeserializeOwned>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn kind(file: &Path, name: &str) -> EffectKind {
    EffectKind::named(name).unwrap_or_else(|| panic!("{}: `{name}` is no effect", file.display()))
}

fn camel(name: &str) -> String {
    name.split('-').map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}

fn judgement(file: &Path, word: &str) -> String {
    assert!(
        ["allow", "ask", "deny", "recover"].contains(&word),
        "{}: `{word}` is none of allow, ask, deny, recover",
        file.display()
    );
    format!("Judgement::{}", camel(word))
}

/// What effects deserve, by area.
pub(crate) fn effects(file: &Path) -> String {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        usual: BTreeMap<String, String>,
        area: Vec<Area>,
    }
    #[derive(Deserialize)]
    struct Area {
        name: String,
        says: String,
        #[serde(flatten)]
        judgements: BTreeMap<String, String>,
    }
    let parsed: File = read(file);
    let mut out = String::new();
    let of_kinds = |given: &BTreeMap<String, String>, placed: bool, what: &str| {
        for name in given.keys() {
            kind(file, name);
        }
        let each: Vec<String> = EffectKind::ALL
            .iter()
            .map(|kind| match given.get(kind.as_str()) {
                Some(word) => judgement(file, word),
                None => {
                    assert!(
                        kind.has_place() != placed,
                        "{}: {what} says nothing of `{}`",
                        file.display(),
                        kind.as_str()
                    );
                    "Judgement::Ask".to_owned()
                }
            })
            .collect();
        format!("[{}]", each.join(", "))
    };
    let kinds = EffectKind::ALL.len();
    writeln!(out, "static USUAL: [Judgement; {kinds}] = {};", of_kinds(&parsed.usual, false, "[usual]"))
        .unwrap();
    writeln!(out, "static PLACED: [[Judgement; {kinds}]; {}] = [", parsed.area.len()).unwrap();
    for area in &parsed.area {
        writeln!(out, "{},", of_kinds(&area.judgements, true, &area.name)).unwrap();
    }
    writeln!(out, "];").unwrap();
    let says: Vec<&str> = parsed.area.iter().map(|area| area.says.as_str()).collect();
    writeln!(out, "static SAYS: [&str; {}] = {says:?};", says.len()).unwrap();
    let names: Vec<&str> = parsed.area.iter().map(|area| area.name.as_str()).collect();
    writeln!(out, "#[cfg(test)]\nstatic AREAS: [&str; {}] = {names:?};", names.len()).unwrap();
    out
}

/// Sections of named lists.
type Sections = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Each list of the file as a table, named after its section and key.
pub(crate) fn places(file: &Path) -> String {
    lists(read(file))
}

/// The same, with the hosts that each name is at home at as one table.
pub(crate) fn flows(file: &Path) -> String {
    let mut sections: Sections = read(file);
    let homes = sections.remove("homes").unwrap_or_default();
    let mut out = lists(sections);
    writeln!(out, "static HOMES: [(&str, &[&str]); {}] = [", homes.len()).unwrap();
    for (name, hosts) in homes {
        writeln!(out, "({name:?}, &{hosts:?}),").unwrap();
    }
    writeln!(out, "];").unwrap();
    out
}

fn lists(sections: Sections) -> String {
    let mut out = String::new();
    for (section, lists) in sections {
        for (list, patterns) in lists {
            let name = format!("{section}_{list}").replace('-', "_").to_ascii_uppercase();
            writeln!(out, "pub(super) static {name}: [&str; {}] = {patterns:?};", patterns.len()).unwrap();
        }
    }
    out
}

/// Keys of git's configuration.
pub(crate) fn git_config(file: &Path) -> String {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        harmless: Vec<String>,
        key: Vec<Key>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Key {
        keys: Vec<String>,
        decision: String,
        reason: String,
    }
    let parsed: File = read(file);
    let mut out = String::new();
    writeln!(out, "static HARMLESS: [&str; {}] = {:?};", parsed.harmless.len(), parsed.harmless).unwrap();
    writeln!(out, "static KEYS: [(&[&str], Decision, &str); {}] = [", parsed.key.len()).unwrap();
    for key in parsed.key {
        let decision = camel(&key.decision);
        writeln!(out, "(&{:?}, Decision::{decision}, {:?}),", key.keys, key.reason).unwrap();
    }
    writeln!(out, "];").unwrap();
    out
}

//! Files of command knowledge: from TOML to tables, with every mistake named by file, line and the nearest known key.
//! `build.rs` shares this file. What is loaded lives as long as the process.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::gate::decision::Decision;
use crate::gate::effect_kind::EffectKind;
use crate::gate::knowledge::table::{
    Command, Count, DIALECTS, Form, HowMany, LANGUAGES, Operand, Opt, Role, Rule, Style, TARGETS, When,
};

/// An example of a file, and the decision it must get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The file, and the line it stands on.
    pub place: String,
    /// The command.
    pub text: String,
    /// Its decision.
    pub decision: Decision,
}

/// What a folder of files holds.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The programs, in the order of the files.
    pub commands: Vec<Command>,
    /// Their examples.
    pub examples: Vec<Example>,
    /// Mistakes, each with file and line.
    pub mistakes: Vec<String>,
    ids: BTreeMap<String, String>,
    names: BTreeMap<String, String>,
}

type Table<'t> = DeTable<'t>;
type Value<'t> = Spanned<DeValue<'t>>;

const COMMAND_KEYS: &[&str] = &[
    "name",
    "summary",
    "decision",
    "reason",
    "style",
    "unknown_options",
    "flags",
    "options",
    "operands",
    "stdin",
    "bare",
    "global_first",
    "form",
    "rule",
    "sub",
    "examples",
];
const RULE_KEYS: &[&str] = &["id", "when", "effect", "decision", "reason", "suggestion", "lifts"];
const FORM_KEYS: &[&str] = &["when", "operands", "stdin"];
const WHEN_KEYS: &[&str] = &[
    "option",
    "all_options",
    "without",
    "value",
    "operand",
    "first",
    "second",
    "last",
    "operands",
    "stdin",
    "known",
];

impl Loaded {
    /// Adds a file.
    pub fn file(&mut self, name: &str, text: &str) {
        let parsed = match DeTable::parse(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                let line = error.span().map_or(1, |span| line_of(text, span.start));
                self.mistakes.push(format!("{name}:{line}: {}", error.message()));
                return;
            }
        };
        let mut reader = File { name, text, loaded: self, family: Vec::new(), lifts: Vec::new() };
        reader.known(parsed.get_ref(), &["command"], "a file");
        let commands: Vec<Command> = reader
            .tables(parsed.get_ref(), "command")
            .into_iter()
            .map(|(at, table)| reader.top(at, table))
            .collect();
        self.commands.extend(commands);
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|&&byte| byte == b'\n').count() + 1
}

fn leak<T>(list: Vec<T>) -> &'static [T] {
    list.leak()
}

/// The known word nearest to a mistaken one, for complaints.
fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(word, known), known))
        .filter(|(distance, known)| *distance <= known.chars().count().max(3) / 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(word, known).map_or_else(String::new, |known| format!(": did you mean `{known}`?"))
}

struct File<'f> {
    name: &'f str,
    text: &'f str,
    loaded: &'f mut Loaded,
    /// Names of the program being read.
    family: Vec<String>,
    /// Rules that are lifted, to be checked when the program is read.
    lifts: Vec<(usize, String)>,
}

impl File<'_> {
    fn mistake(&mut self, at: usize, text: impl std::fmt::Display) {
        let line = line_of(self.text, at);
        self.loaded.mistakes.push(format!("{}:{line}: {text}", self.name));
    }

    fn known(&mut self, table: &Table<'_>, keys: &[&str], of: &str) {
        for key in table.keys() {
            if !keys.contains(&key.get_ref().as_ref()) {
                let hint = did_you_mean(key.get_ref(), keys.iter().copied());
                self.mistake(key.span().start, format!("`{}` is no key of {of}{hint}", key.get_ref()));
            }
        }
    }

    fn tables<'t, 'v>(&mut self, table: &'v Table<'t>, key: &str) -> Vec<(usize, &'v Table<'t>)> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let DeValue::Array(array) = value.get_ref() else {
            self.mistake(value.span().start, format!("`{key}` is written [[{key}]]"));
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in array.iter() {
            match item.get_ref() {
                DeValue::Table(table) => found.push((item.span().start, table)),
                _ => self.mistake(item.span().start, format!("`{key}` is a list of tables")),
            }
        }
        found
    }

    fn string(&mut self, value: &Value<'_>, what: &str) -> &'static str {
        if let DeValue::String(text) = value.get_ref() {
            return text.clone().into_owned().leak();
        }
        self.mistake(value.span().start, format!("{what} is a string"));
        ""
    }

    fn text(&mut self, table: &Table<'_>, key: &str) -> Option<(usize, &'static str)> {
        let value = table.get(key)?;
        Some((value.span().start, self.string(value, &format!("`{key}`"))))
    }

    fn strings(&mut self, value: &Value<'_>, what: &str) -> Vec<(usize, &'static str)> {
        let DeValue::Array(array) = value.get_ref() else {
            return vec![(value.span().start, self.string(value, what))];
        };
        array.iter().map(|item| (item.span().start, self.string(item, what))).collect()
    }

    fn list(&mut self, table: &Table<'_>, key: &str) -> Vec<(usize, &'static str)> {
        table.get(key).map_or_else(Vec::new, |value| self.strings(value, &format!("`{key}`")))
    }

    fn words(&mut self, table: &Table<'_>, key: &str) -> &'static [&'static str] {
        leak(self.list(table, key).into_iter().map(|(_, word)| word).collect())
    }

    fn pick<T: Copy>(&mut self, at: usize, word: &str, what: &str, known: &[(&str, T)]) -> Option<T> {
        let found = known.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
        if found.is_none() {
            let hint = did_you_mean(word, known.iter().map(|(name, _)| *name));
            self.mistake(at, format!("`{word}` is no {what}{hint}"));
        }
        found
    }

    fn truth(&mut self, table: &Table<'_>, key: &str) -> bool {
        match table.get(key).map(|value| (value.span(), value.get_ref())) {
            None => false,
            Some((_, DeValue::Boolean(value))) => *value,
            Some((span, _)) => {
                self.mistake(span.start, format!("`{key}` is true or false"));
                false
            }
        }
    }

    fn decision(&mut self, table: &Table<'_>, key: &str) -> Option<Decision> {
        let known =
            [Decision::Allow, Decision::Ask, Decision::Deny].map(|decision| (decision.as_str(), decision));
        self.text(table, key).and_then(|(at, word)| self.pick(at, word, "decision", &known))
    }

    fn role(&mut self, at: usize, word: &'static str) -> Role {
        let Some(role) = Role::named(word) else {
            let prefixes: Vec<String> = Role::TAGGED.iter().map(|tag| format!("{tag}:")).collect();
            let known = Role::PLAIN.iter().map(|(name, _)| *name).chain(prefixes.iter().map(String::as_str));
            let hint = did_you_mean(word, known);
            self.mistake(at, format!("`{word}` is no role{hint}"));
            return Role::Text;
        };
        let (tag, known) = match role {
            Role::Script(tag) if DIALECTS.contains(&tag) => return role,
            Role::Code(tag) | Role::Script(tag) | Role::Module(tag) => (tag, LANGUAGES),
            Role::Target(tag) => (tag, TARGETS),
            Role::Sql(tag) => (tag, DIALECTS),
            _ => return role,
        };
        if !known.contains(&tag) {
            let hint = did_you_mean(tag, known.iter().copied());
            self.mistake(at, format!("`{word}`: `{tag}` is not known there{hint}"));
        }
        role
    }

    fn operands(&mut self, table: &Table<'_>) -> Option<&'static [Operand]> {
        let value = table.get("operands")?;
        let words = self.strings(value, "`operands`");
        if let DeValue::String(_) = value.get_ref() {
            let (at, word) = words[0];
            return Some(match word {
                "none" => &[],
                _ => {
                    leak(vec![Operand { role: self.role(at, word.trim_end_matches('*')), count: Count::Any }])
                }
            });
        }
        let mut any = false;
        let mut operands = Vec::new();
        for (at, word) in words {
            let (name, count) = match word.as_bytes().last() {
                Some(b'*') => (&word[..word.len() - 1], Count::Any),
                Some(b'?') => (&word[..word.len() - 1], Count::Maybe),
                _ => (word, Count::One),
            };
            if count == Count::Any && std::mem::replace(&mut any, true) {
                self.mistake(at, "only one of the operands can have a `*`");
            }
            operands.push(Operand { role: self.role(at, name), count });
        }
        Some(leak(operands))
    }

    fn top(&mut self, at: usize, table: &Table<'_>) -> Command {
        self.family.clear();
        self.lifts.clear();
        for (at, name) in self.list(table, "name") {
            self.family.push(name.to_owned());
            let place = format!("{}:{}", self.name, line_of(self.text, at));
            if let Some(other) = self.loaded.names.insert(name.to_owned(), place) {
                self.mistake(at, format!("`{name}` is also defined at {other}"));
            }
        }
        let before = self.loaded.examples.len();
        let ids: Vec<String> = self.loaded.ids.keys().cloned().collect();
        let command = self.command(at, table, &[], "");
        if self.loaded.examples.len() == before {
            self.mistake(at, format!("`{}` has no examples", command.names.first().unwrap_or(&"")));
        }
        for (at, lifted) in std::mem::take(&mut self.lifts) {
            let own = || self.loaded.ids.keys().filter(|id| !ids.contains(id)).map(String::as_str);
            if !own().any(|id| id == lifted) {
                let hint = did_you_mean(&lifted, own());
                self.mistake(at, format!("`lifts`: `{lifted}` is no rule of this command{hint}"));
            }
        }
        command
    }

    fn command(&mut self, at: usize, table: &Table<'_>, inherited: &[&'static str], path: &str) -> Command {
        self.known(table, COMMAND_KEYS, "a command");
        let names = self.words(table, "name");
        let Some(first) = names.first() else {
            self.mistake(at, "a command has a `name`");
            return Command { names, ..EMPTY };
        };
        let path = format!("{path} {first}").trim_start().to_owned();
        let options = self.options(table);
        let mut spelled: Vec<&'static str> = inherited.to_vec();
        spelled.extend(options.iter().flat_map(|option| option.names.iter().copied()));
        let style = match self.text(table, "style") {
            Some((at, word)) => self.pick(at, word, "style", Style::ALL).unwrap_or(Style::Gnu),
            None => Style::Gnu,
        };
        let rules: Vec<Rule> = self
            .tables(table, "rule")
            .into_iter()
            .filter_map(|(at, rule)| self.rule(at, rule, &spelled))
            .collect();
        let forms: Vec<Form> =
            self.tables(table, "form").into_iter().map(|(_, form)| self.form(form, &spelled)).collect();
        let subs: Vec<Command> = self
            .tables(table, "sub")
            .into_iter()
            .map(|(at, sub)| self.command(at, sub, &spelled, &path))
            .collect();
        let mut seen: Vec<&str> = Vec::new();
        for name in subs.iter().flat_map(|sub| sub.names) {
            if seen.contains(name) {
                self.mistake(at, format!("`{path}`: the subcommand `{name}` is defined twice"));
            }
            seen.push(name);
        }
        let decision = self.decision(table, "decision").unwrap_or(Decision::Ask);
        let unknown_options = self.decision(table, "unknown_options").unwrap_or(Decision::Ask);
        let bare = self.decision(table, "bare");
        let operands = self.operands(table);
        if operands.is_none() && subs.is_empty() {
            self.mistake(at, format!("`{path}`: say what its `operands` are, or \"none\""));
        }
        let reason = self.text(table, "reason").map_or("", |(_, reason)| reason);
        if reason.is_empty() && decision != Decision::Allow && subs.is_empty() {
            self.mistake(at, format!("`{path}`: a decision other than allow needs a `reason`"));
        }
        let summary = self.text(table, "summary").map_or("", |(_, summary)| summary);
        let stdin = self.text(table, "stdin").map_or(Role::Text, |(at, role)| self.role(at, role));
        let global_first = self.truth(table, "global_first");
        self.examples(table);
        Command {
            names,
            summary,
            decision,
            reason,
            style,
            unknown_options,
            bare,
            global_first,
            options: leak(options),
            operands,
            stdin,
            forms: leak(forms),
            rules: leak(rules),
            subs: leak(subs),
        }
    }

    fn options(&mut self, table: &Table<'_>) -> Vec<Opt> {
        let mut options: Vec<(usize, Opt)> = Vec::new();
        for (at, words) in self.list(table, "flags") {
            let names = leak(words.split_whitespace().collect());
            options.push((at, Opt { names, values: &[], optional: false }));
        }
        match table.get("options").map(|value| (value.span(), value.get_ref())) {
            None => {}
            Some((_, DeValue::Table(table))) => {
                for (key, value) in table.iter() {
                    let key_at = key.span().start;
                    let words: String = key.get_ref().clone().into_owned();
                    let optional = words.ends_with('?');
                    let names = leak(words.leak().trim_end_matches('?').split_whitespace().collect());
                    let roles = self
                        .strings(value, "a role")
                        .into_iter()
                        .map(|(at, role)| self.role(at, role))
                        .collect::<Vec<_>>();
                    if roles.is_empty() || optional && roles.len() > 1 {
                        self.mistake(
                            key_at,
                            "an option here has one role, or several values with one role each",
                        );
                    }
                    options.push((key_at, Opt { names, values: leak(roles), optional }));
                }
            }
            Some((span, _)) => self.mistake(span.start, "`options` is a table"),
        }
        let mut seen: Vec<&str> = Vec::new();
        for (at, option) in &options {
            if option.names.is_empty() {
                self.mistake(*at, "an option has a spelling");
            }
            for name in option.names {
                if seen.contains(name) {
                    self.mistake(*at, format!("the option `{name}` is listed twice"));
                }
                seen.push(name);
            }
        }
        options.into_iter().map(|(_, option)| option).collect()
    }

    fn rule(&mut self, at: usize, table: &Table<'_>, spelled: &[&'static str]) -> Option<Rule> {
        self.known(table, RULE_KEYS, "a rule");
        let Some((id_at, id)) = self.text(table, "id") else {
            self.mistake(at, "a rule has an `id`");
            return None;
        };
        let family = self.family.iter().map(|name| name.trim_end_matches('#').to_ascii_lowercase());
        let stem = self.name.rsplit('/').next().unwrap_or("").trim_end_matches(".toml").to_owned();
        if !id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            || !family.chain([stem]).any(|name| id.starts_with(&name.replace(['.', '_'], "-")))
        {
            let family = self.family.join("`, `");
            self.mistake(id_at, format!("`{id}`: an id is kebab-case and begins with `{family}`"));
        }
        let place = format!("{}:{}", self.name, line_of(self.text, id_at));
        if let Some(other) = self.loaded.ids.insert(id.to_owned(), place) {
            self.mistake(id_at, format!("the rule `{id}` is also defined at {other}"));
        }
        let effect = self.text(table, "effect").and_then(|(at, word)| {
            let known: Vec<(&str, EffectKind)> =
                EffectKind::ALL.iter().map(|kind| (kind.as_str(), *kind)).collect();
            self.pick(at, word, "effect", &known)
        });
        let decision = self.decision(table, "decision");
        let reason = self.text(table, "reason").map_or("", |(_, reason)| reason);
        let suggestion = self.text(table, "suggestion").map_or("", |(_, text)| text);
        let lifts = self.list(table, "lifts");
        if effect.is_none() && decision.is_none() {
            self.mistake(at, format!("the rule `{id}` has neither `effect` nor `decision`"));
        }
        if decision == Some(Decision::Allow) && lifts.is_empty() {
            self.mistake(
                at,
                format!("the rule `{id}` allows: it needs `lifts`, the ids of the rules it takes back"),
            );
        }
        if !lifts.is_empty() && decision != Some(Decision::Allow) {
            self.mistake(at, format!("the rule `{id}` lifts others: its decision is \"allow\""));
        }
        if reason.is_empty() {
            self.mistake(at, format!("the rule `{id}` has no `reason`"));
        }
        self.lifts.extend(lifts.iter().map(|(at, id)| (*at, (*id).to_owned())));
        let lifts = leak(lifts.into_iter().map(|(_, id)| id).collect());
        let when = self.when(table, spelled);
        Some(Rule { id, when, effect, decision, reason, suggestion, lifts })
    }

    fn form(&mut self, table: &Table<'_>, spelled: &[&'static str]) -> Form {
        self.known(table, FORM_KEYS, "a form");
        let stdin = self.text(table, "stdin").map(|(at, role)| self.role(at, role));
        Form { when: self.when(table, spelled), operands: self.operands(table), stdin }
    }

    fn when(&mut self, table: &Table<'_>, spelled: &[&'static str]) -> When {
        let table = match table.get("when").map(|value| (value.span(), value.get_ref())) {
            None => return When::ALWAYS,
            Some((_, DeValue::Table(table))) => table,
            Some((span, _)) => {
                self.mistake(span.start, "`when` is a table: write `when.option = [\"-f\"]`");
                return When::ALWAYS;
            }
        };
        self.known(table, WHEN_KEYS, "`when`");
        for key in ["option", "all_options", "without"] {
            for (at, name) in self.list(table, key) {
                self.option_known(at, name, spelled);
            }
        }
        let mut values = Vec::new();
        match table.get("value").map(|value| (value.span(), value.get_ref())) {
            None => {}
            Some((_, DeValue::Table(table))) => {
                for (key, value) in table.iter() {
                    self.option_known(key.span().start, key.get_ref(), spelled);
                    let patterns =
                        self.strings(value, "a pattern").into_iter().map(|(_, pattern)| pattern).collect();
                    let name: &'static str = key.get_ref().clone().into_owned().leak();
                    values.push((name, leak(patterns)));
                }
            }
            Some((span, _)) => self.mistake(span.start, "write `when.value.\"--option\" = [\"pattern\"]`"),
        }
        let operands = self
            .text(table, "operands")
            .and_then(|(at, word)| self.pick(at, word, "number of operands", HowMany::ALL));
        let piped = self.text(table, "stdin").and_then(|(at, word)| {
            self.pick(at, word, "state of stdin", &[("piped", true), ("open", false)])
        });
        When {
            option: self.words(table, "option"),
            all_options: self.words(table, "all_options"),
            without: self.words(table, "without"),
            values: leak(values),
            operand: self.words(table, "operand"),
            first: self.words(table, "first"),
            second: self.words(table, "second"),
            last: self.words(table, "last"),
            operands,
            piped,
            known: self.truth(table, "known"),
        }
    }

    fn option_known(&mut self, at: usize, name: &str, spelled: &[&'static str]) {
        if !spelled.contains(&name) {
            let hint = did_you_mean(name, spelled.iter().copied());
            self.mistake(at, format!("`{name}` is no option of this command or its parents{hint}"));
        }
    }

    fn examples(&mut self, table: &Table<'_>) {
        let table = match table.get("examples").map(|value| (value.span(), value.get_ref())) {
            None => return,
            Some((_, DeValue::Table(table))) => table,
            Some((span, _)) => return self.mistake(span.start, "`examples` is a table"),
        };
        self.known(table, &["allow", "ask", "deny"], "examples");
        for decision in [Decision::Allow, Decision::Ask, Decision::Deny] {
            for (at, text) in self.list(table, decision.as_str()) {
                if self.loaded.examples.iter().any(|example| example.text == text) {
                    self.mistake(at, format!("the example `{text}` stands twice"));
                }
                let place = format!("{}:{}", self.name, line_of(self.text, at));
                self.loaded.examples.push(Example { place, text: text.to_owned(), decision });
            }
        }
    }
}

const EMPTY: Command = Command {
    names: &[],
    summary: "",
    decision: Decision::Ask,
    reason: "",
    style: Style::Gnu,
    unknown_options: Decision::Ask,
    bare: None,
    global_first: false,
    options: &[],
    operands: None,
    stdin: Role::Text,
    forms: &[],
    rules: &[],
    subs: &[],
};

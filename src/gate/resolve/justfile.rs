//! Recipes of a justfile: looked up, and judged by the lines of shell that they run.

use std::collections::BTreeMap;
use std::path::Path;

use crate::gate::model::{Invocation, Word};

use super::inner::child;
use super::targets::MAX_TARGETS;
use super::value::{State, text};
use super::{Io, Resolver};

/// What stands in a line for a value that is not known.
const UNKNOWN: &str = "${UNKNOWN_HERE}";

#[derive(Clone, Debug, Default)]
struct Recipe {
    parameters: Vec<Parameter>,
    /// Recipes that run before it, with their arguments.
    needs: Vec<(String, Vec<String>)>,
    lines: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Parameter {
    name: String,
    default: Option<String>,
    /// Whether it takes all arguments that are left.
    rest: bool,
}

#[derive(Clone, Debug, Default)]
struct Justfile {
    variables: BTreeMap<String, String>,
    recipes: BTreeMap<String, Recipe>,
    aliases: BTreeMap<String, String>,
    first: Option<String>,
    /// Whether some recipes stand in files that were not read.
    open: bool,
}

/// One run of `just`.
struct Run<'r> {
    file: Justfile,
    folder: &'r Path,
    within: &'r Invocation,
    state: &'r State,
    /// Recipes with arguments that were run, so that none runs twice.
    done: Vec<(String, Vec<String>)>,
}

impl Resolver<'_> {
    /// `just NAME ARGUMENT…`: arguments that a recipe does not take name further recipes.
    pub(super) fn just(&mut self, cwd: &Path, name: Option<String>, within: &Invocation, state: &State) {
        let span = within.span;
        let found = cwd.ancestors().take(16).find_map(|folder| {
            let text = ["justfile", "Justfile", ".justfile"]
                .iter()
                .find_map(|name| self.read_text(&folder.join(name)))?;
            Some((folder.to_path_buf(), text))
        });
        let Some((folder, content)) = found else {
            self.ask("unread-target", "there is no justfile here that could be read", span);
            return;
        };
        let file = read(&content);
        for value in file.variables.values() {
            if let Some(line) = value.strip_prefix('`').and_then(|value| value.strip_suffix('`')) {
                self.line(line, &folder, within, state, "a command of the justfile");
            }
        }
        let mut next = name.or_else(|| file.first.clone());
        let mut arguments: Vec<String> = within
            .words
            .iter()
            .map(|word: &Word| word.text().map_or_else(|| UNKNOWN.to_owned(), str::to_owned))
            .collect();
        let mut run = Run { file, folder: &folder, within, state, done: Vec::new() };
        while let Some(name) = next.take() {
            let name = run.file.aliases.get(&name).cloned().unwrap_or(name);
            let Some(recipe) = run.file.recipes.get(&name) else {
                if !run.file.open {
                    self.ask("unread-target", format!("the justfile has no recipe `{name}`"), span);
                }
                return;
            };
            let takes = if recipe.parameters.iter().any(|parameter| parameter.rest) {
                arguments.len()
            } else {
                recipe.parameters.len().min(arguments.len())
            };
            let left = arguments.split_off(takes);
            self.just_recipe(&name, arguments, &mut run);
            let mut left = left.into_iter();
            next = left.next();
            arguments = left.collect();
        }
    }

    fn just_recipe(&mut self, name: &str, arguments: Vec<String>, run: &mut Run<'_>) {
        let name = run.file.aliases.get(name).cloned().unwrap_or_else(|| name.to_owned());
        let call = (name.clone(), arguments);
        if run.done.contains(&call) || run.done.len() >= MAX_TARGETS {
            return;
        }
        let key = run.folder.join(format!("justfile#{name}"));
        let Some(recipe) = run.file.recipes.get(&name).cloned().filter(|_| !self.scripts.contains(&key))
        else {
            return;
        };
        let mut values = run.file.variables.clone();
        values.extend(bind(&recipe.parameters, &call.1));
        run.done.push(call);
        for (need, arguments) in recipe.needs {
            self.just_recipe(&need, arguments, run);
        }
        self.scripts.push(key);
        let lines: Vec<String> = recipe.lines.iter().map(|line| interpolate(line, &values)).collect();
        match lines.first() {
            Some(first) if first.trim_start().starts_with("#!") => {
                let whole = lines.join("\n");
                let mut inside = child(run.state, run.within);
                let whole = text(whole.trim_start());
                self.content("", &whole, run.within.span, run.within, &mut inside, &Io::default());
            }
            _ => {
                for line in lines {
                    let line = line.trim_start().trim_start_matches(['@', '-']);
                    self.line(line, run.folder, run.within, run.state, &format!("the recipe `{name}`"));
                }
            }
        }
        self.scripts.pop();
    }
}

/// The values of parameters.
fn bind(parameters: &[Parameter], arguments: &[String]) -> Vec<(String, String)> {
    let mut left = arguments;
    let mut values = Vec::new();
    for parameter in parameters {
        let value = if parameter.rest {
            let all = std::mem::take(&mut left);
            let default = parameter.default.clone().unwrap_or_default();
            if all.is_empty() { default } else { all.join(" ") }
        } else if let Some((first, others)) = left.split_first() {
            left = others;
            first.clone()
        } else {
            parameter.default.clone().unwrap_or_else(|| UNKNOWN.to_owned())
        };
        values.push((parameter.name.clone(), value));
    }
    values
}

fn read(content: &str) -> Justfile {
    let mut justfile = Justfile::default();
    let mut current: Option<String> = None;
    for line in content.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some(recipe) = current.as_ref().and_then(|name| justfile.recipes.get_mut(name)) {
                let text = line
                    .strip_prefix("    ")
                    .or_else(|| line.strip_prefix('\t'))
                    .unwrap_or(line.trim_start());
                // a backslash at the end joins lines
                match recipe.lines.last_mut() {
                    Some(last) if last.ends_with('\\') => {
                        last.push('\n');
                        last.push_str(text.trim_start());
                    }
                    _ => recipe.lines.push(text.to_owned()),
                }
            }
            continue;
        }
        let line = line.trim_end();
        if line.is_empty() || line.starts_with(['#', '[']) {
            continue;
        }
        if line.starts_with("import") || line.starts_with("mod ") {
            justfile.open = true;
            continue;
        }
        let plain = line.strip_prefix("export ").unwrap_or(line);
        if let Some((name, value)) = plain.split_once(":=") {
            assign(name, value.trim(), &mut justfile);
            current = None;
            continue;
        }
        let Some((head, needs)) = line.split_once(':') else { continue };
        let mut words = head.trim_start_matches('@').split_whitespace();
        let Some(name) = words.next() else { continue };
        if justfile.first.is_none() {
            justfile.first = Some(name.to_owned());
        }
        let recipe =
            Recipe { parameters: words.map(parameter).collect(), needs: calls(needs), lines: Vec::new() };
        justfile.recipes.insert(name.to_owned(), recipe);
        current = Some(name.to_owned());
    }
    justfile
}

/// `name := value` and `alias name := recipe`.
fn assign(name: &str, value: &str, justfile: &mut Justfile) {
    let mut words = name.split_whitespace();
    match (words.next(), words.next()) {
        (Some("alias"), Some(alias)) => {
            justfile.aliases.insert(alias.to_owned(), value.to_owned());
        }
        (Some("set"), _) => {}
        (Some(name), None) => {
            let plain = unquoted(value);
            if plain.is_some() || value.starts_with('`') {
                justfile.variables.insert(name.to_owned(), plain.unwrap_or(value).to_owned());
            }
        }
        _ => {}
    }
}

fn unquoted(value: &str) -> Option<&str> {
    ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
}

/// `name`, `name='default'`, `*rest`, `+rest`, each with a `$` where it is exported.
fn parameter(word: &str) -> Parameter {
    let rest = word.starts_with(['*', '+']);
    let word = word.trim_start_matches(['*', '+', '$']);
    let (name, default) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    let default = default.map(|value| unquoted(value).unwrap_or(UNKNOWN).to_owned());
    Parameter { name: name.to_owned(), default, rest }
}

/// What a recipe needs: `lint (build "release") && clean`.
fn calls(needs: &str) -> Vec<(String, Vec<String>)> {
    let mut calls = Vec::new();
    let mut rest = needs.trim();
    while let Some(first) = rest.chars().next() {
        let (call, after) = match (first, rest.find(')')) {
            ('(', Some(end)) => (&rest[1..end], &rest[end + 1..]),
            _ => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        let mut words = call.split_whitespace();
        if let Some(name) = words.next().filter(|name| *name != "&&") {
            let arguments = words.map(|word| unquoted(word).unwrap_or(UNKNOWN).to_owned()).collect();
            calls.push((name.to_owned(), arguments));
        }
        rest = after.trim_start();
    }
    calls
}

/// Puts the values of variables into a line.
fn interpolate(line: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("{{") {
        out.push_str(&rest[..at]);
        let inner = &rest[at + 2..];
        let Some(end) = inner.find("}}") else { break };
        match variables.get(inner[..end].trim()) {
            Some(value) if !value.starts_with('`') => out.push_str(value),
            _ => out.push_str(UNKNOWN),
        }
        rest = &inner[end + 2..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_take_arguments() {
        let file = read(
            "test *args: (build 'debug') lint\n    cargo test {{args}}\nbuild kind='x':\n    echo {{kind}}\n",
        );
        let test = &file.recipes["test"];
        assert_eq!(test.needs, [("build".to_owned(), vec!["debug".to_owned()]), ("lint".to_owned(), vec![])]);
        let values = bind(&test.parameters, &["--lib".to_owned(), "x".to_owned()]).into_iter().collect();
        assert_eq!(interpolate(&test.lines[0], &values), "cargo test --lib x");
        let values = bind(&test.parameters, &[]).into_iter().collect();
        assert_eq!(interpolate(&test.lines[0], &values), "cargo test ");
        let values = bind(&file.recipes["build"].parameters, &[]).into_iter().collect();
        assert_eq!(interpolate(&file.recipes["build"].lines[0], &values), "echo x");
        assert_eq!(file.first.as_deref(), Some("test"));
    }
}

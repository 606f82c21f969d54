//! Targets of build files: looked up, and judged by the lines of shell that they run.

use std::collections::BTreeMap;
use std::path::Path;

use crate::gate::model::{Cwd, Invocation, Place, Word};

use super::inner::child;
use super::value::{State, text};
use super::{Io, Resolver};

/// Build files longer than this are not read.
const MAX_FILE: usize = 512 << 10;
/// Targets followed at most for one request.
pub(super) const MAX_TARGETS: usize = 64;

/// What a build file says of a target.
#[derive(Clone, Debug, Default)]
struct Recipe {
    needs: Vec<String>,
    lines: Vec<String>,
}

/// What is known of a build file.
#[derive(Clone, Debug, Default)]
struct Makefile {
    variables: BTreeMap<String, String>,
    recipes: BTreeMap<String, Recipe>,
    first: Option<String>,
    /// Whether some targets may be made by patterns or files that were not read.
    open: bool,
}

impl Resolver<'_> {
    pub(super) fn target(&mut self, kind: &str, name: Option<&Word>, within: &Invocation, state: &State) {
        if within.place != Place::Local {
            return;
        }
        let span = within.span;
        let name = match name {
            None => None,
            Some(word) => match word.text() {
                Some(text) => Some(text.to_owned()),
                None => {
                    self.ask("unread-target", "which target runs is only known when it does", span);
                    return;
                }
            },
        };
        let Some(Cwd::Known(cwd)) = &within.cwd else {
            self.ask("unread-target", "the target runs in a folder that is not known beforehand", span);
            return;
        };
        let cwd = cwd.clone();
        match kind {
            "npm" => self.package_script(&cwd, name.as_deref(), within, state),
            "composer" => self.composer_script(&cwd, name.as_deref(), within, state),
            "make" => self.make(&cwd, name, within, state),
            "just" => self.just(&cwd, name, within, state),
            // programs of the workspace in languages of their own
            _ => {}
        }
    }

    pub(super) fn read_text(&self, file: &Path) -> Option<String> {
        let (bytes, whole) = self.world.read(file, MAX_FILE)?;
        String::from_utf8(bytes).ok().filter(|_| whole)
    }

    /// A line of a build file, run as shell in `folder`.
    pub(super) fn line(&mut self, line: &str, folder: &Path, within: &Invocation, state: &State, what: &str) {
        let mut inside = child(state, within);
        inside.cwd = vec![Cwd::Known(folder.to_path_buf())];
        let before = self.frame.local_bin.replace(folder.join("node_modules/.bin"));
        let scripted = std::mem::replace(&mut self.frame.scripted, true);
        self.deeper(|resolver| {
            resolver.shell_text(&text(line), within.span, &mut inside, &Io::default(), what)
        });
        self.frame.local_bin = before;
        self.frame.scripted = scripted;
    }

    /// `npm run NAME`, with what runs before and after it.
    fn package_script(&mut self, cwd: &Path, name: Option<&str>, within: &Invocation, state: &State) {
        let Some(name) = name else { return };
        let span = within.span;
        let found = cwd.ancestors().take(16).find_map(|folder| {
            let text = self.read_text(&folder.join("package.json"))?;
            Some((folder.to_path_buf(), text))
        });
        let Some((folder, content)) = found else {
            self.ask(
                "unread-target",
                format!("there is no package.json that could hold the script `{name}`"),
                span,
            );
            return;
        };
        let Some(scripts) = serde_json::from_str::<serde_json::Value>(&content).ok() else {
            self.ask("unread-target", "package.json could not be read", span);
            return;
        };
        let script = |name: &str| scripts.get("scripts")?.get(name)?.as_str().map(str::to_owned);
        let mut any = false;
        for name in [format!("pre{name}"), name.to_owned(), format!("post{name}")] {
            let Some(line) = script(&name) else { continue };
            any = true;
            let key = folder.join(format!("package.json#{name}"));
            if self.scripts.contains(&key) || self.scripts.len() >= MAX_TARGETS {
                continue;
            }
            self.scripts.push(key);
            self.line(&line, &folder, within, state, &format!("the script `{name}`"));
            self.scripts.pop();
        }
        // `npm start` without a script runs server.js, and a name without one is a program of node_modules
        let local = self.world.kind(&folder.join("node_modules/.bin").join(name)).is_some();
        if !any
            && !local
            && !matches!(
                name,
                "start" | "test" | "stop" | "restart" | "install" | "prepare" | "preinstall" | "postinstall"
            )
        {
            self.ask("unread-target", format!("package.json has no script `{name}`"), span);
        }
    }

    fn composer_script(&mut self, cwd: &Path, name: Option<&str>, within: &Invocation, state: &State) {
        let Some(name) = name else { return };
        let Some(content) = self.read_text(&cwd.join("composer.json")) else {
            self.ask("unread-target", "there is no composer.json here", within.span);
            return;
        };
        let parsed = serde_json::from_str::<serde_json::Value>(&content).unwrap_or_default();
        let lines: Vec<String> = match parsed.get("scripts").and_then(|scripts| scripts.get(name)) {
            Some(serde_json::Value::String(line)) => vec![line.clone()],
            Some(serde_json::Value::Array(lines)) => {
                lines.iter().filter_map(|line| line.as_str().map(str::to_owned)).collect()
            }
            _ => {
                self.ask("unread-target", format!("composer.json has no script `{name}`"), within.span);
                return;
            }
        };
        let key = cwd.join(format!("composer.json#{name}"));
        if self.scripts.contains(&key) || self.scripts.len() >= MAX_TARGETS {
            return;
        }
        self.scripts.push(key);
        for line in lines {
            match line.strip_prefix('@') {
                Some(rest) => match rest.split_once(' ').map_or((rest, ""), |(first, rest)| (first, rest)) {
                    ("php" | "putenv" | "composer", arguments) => {
                        let program = rest.split(' ').next().unwrap_or_default();
                        if program != "putenv" {
                            self.line(
                                &format!("{program} {arguments}"),
                                cwd,
                                within,
                                state,
                                "a script of composer",
                            );
                        }
                    }
                    (other, _) => self.composer_script(cwd, Some(other), within, state),
                },
                // a method of a class of the project
                None if line.contains("::") && !line.contains(' ') => {}
                None => self.line(&line, cwd, within, state, "a script of composer"),
            }
        }
        self.scripts.pop();
    }

    fn make(&mut self, cwd: &Path, name: Option<String>, within: &Invocation, state: &State) {
        let span = within.span;
        let found =
            ["GNUmakefile", "makefile", "Makefile"].iter().find_map(|name| self.read_text(&cwd.join(name)));
        let Some(content) = found else {
            self.ask("unread-target", "there is no Makefile here that could be read", span);
            return;
        };
        let mut makefile = Makefile::default();
        self.read_makefile(&content, cwd, &mut makefile, 0);
        for (name, word) in &within.environment {
            if let Some(text) = word.text() {
                makefile.variables.insert(name.clone(), text.to_owned());
            }
        }
        // what the file runs when it is read
        for value in makefile.variables.values().cloned().collect::<Vec<_>>() {
            self.make_shell(&value, &makefile, cwd, within, state);
        }
        let name = match name.or_else(|| makefile.first.clone()) {
            Some(name) => name,
            None => return,
        };
        self.make_target(&name, &makefile, cwd, within, state, &mut Vec::new());
    }

    /// `$(shell …)` in a value.
    fn make_shell(
        &mut self,
        value: &str,
        makefile: &Makefile,
        cwd: &Path,
        within: &Invocation,
        state: &State,
    ) {
        let mut rest = value;
        while let Some(at) = rest.find("$(shell ") {
            let inner = &rest[at + 8..];
            let Some(end) = closing(inner) else { return };
            let line = expand(&inner[..end], makefile, "", &[], 0);
            self.line(&line, cwd, within, state, "a command of the Makefile");
            rest = &inner[end..];
        }
    }

    fn read_makefile(&self, content: &str, cwd: &Path, makefile: &mut Makefile, depth: usize) {
        let mut current: Vec<String> = Vec::new();
        let mut define = false;
        let mut lines = content.lines();
        while let Some(line) = lines.next() {
            let mut line = line.to_owned();
            while line.ends_with('\\') {
                let Some(more) = lines.next() else { break };
                if line.starts_with('\t') {
                    line.push('\n');
                    line.push_str(more.strip_prefix('\t').unwrap_or(more));
                } else {
                    line.pop();
                    line.push(' ');
                    line.push_str(more.trim_start());
                }
            }
            if define {
                define = !line.trim_start().starts_with("endef");
                continue;
            }
            if let Some(recipe) = line.strip_prefix('\t') {
                for target in &current {
                    if let Some(entry) = makefile.recipes.get_mut(target) {
                        entry.lines.push(recipe.to_owned());
                    }
                }
                continue;
            }
            let line = line.split(" #").next().unwrap_or_default().trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let first = line.split_whitespace().next().unwrap_or_default();
            match first {
                "define" => {
                    define = true;
                    makefile.open = true;
                    continue;
                }
                "ifeq" | "ifneq" | "ifdef" | "ifndef" | "else" | "endif" | "undefine" | "vpath"
                | "unexport" => continue,
                "include" | "-include" | "sinclude" => {
                    makefile.open = true;
                    for file in line.split_whitespace().skip(1).take(8) {
                        let file = expand(file, makefile, "", &[], 0);
                        if depth < 4
                            && let Some(content) = self.read_text(&cwd.join(file))
                        {
                            self.read_makefile(&content, cwd, makefile, depth + 1);
                        }
                    }
                    continue;
                }
                _ => {}
            }
            let line =
                line.strip_prefix("export ").or_else(|| line.strip_prefix("override ")).unwrap_or(line);
            // an assignment has `=` before any `:` that is not part of its operator
            if let Some((name, operator, value)) = assignment(line) {
                let value = value.trim().to_owned();
                match operator {
                    "+=" => {
                        let old = makefile.variables.entry(name.to_owned()).or_default();
                        old.push(' ');
                        old.push_str(&value);
                    }
                    "?=" => {
                        makefile.variables.entry(name.to_owned()).or_insert(value);
                    }
                    _ => {
                        makefile.variables.insert(name.to_owned(), value);
                    }
                }
                current.clear();
                continue;
            }
            let Some((targets, rest)) = line.split_once(':') else { continue };
            let rest = rest.trim_start_matches(':');
            let (needs, inline) =
                rest.split_once(';').map_or((rest, None), |(needs, line)| (needs, Some(line)));
            // `target: VAR = value`
            if assignment(needs).is_some() {
                continue;
            }
            let needs: Vec<String> = expand(needs, makefile, "", &[], 0)
                .split_whitespace()
                .filter(|need| *need != "|")
                .map(str::to_owned)
                .collect();
            current = expand(targets, makefile, "", &[], 0).split_whitespace().map(str::to_owned).collect();
            for target in &current {
                if target.contains('%') {
                    makefile.open = true;
                }
                if makefile.first.is_none() && !target.starts_with('.') && !target.contains('%') {
                    makefile.first = Some(target.clone());
                }
                let recipe = makefile.recipes.entry(target.clone()).or_default();
                recipe.needs.extend(needs.iter().cloned());
                recipe.lines.extend(inline.map(str::to_owned));
            }
        }
    }

    fn make_target(
        &mut self,
        name: &str,
        makefile: &Makefile,
        cwd: &Path,
        within: &Invocation,
        state: &State,
        done: &mut Vec<String>,
    ) {
        if done.iter().any(|other| other == name) || done.len() >= MAX_TARGETS {
            return;
        }
        done.push(name.to_owned());
        let key = cwd.join(format!("Makefile#{name}"));
        if self.scripts.contains(&key) {
            return;
        }
        let Some(recipe) = makefile.recipes.get(name) else {
            let is_first = done.len() == 1;
            if is_first && !makefile.open {
                self.ask("unread-target", format!("the Makefile has no target `{name}`"), within.span);
            }
            return;
        };
        for need in &recipe.needs {
            self.make_target(need, makefile, cwd, within, state, done);
        }
        self.scripts.push(key);
        for line in &recipe.lines {
            let line = line.trim_start_matches(['@', '-', '+', ' ', '\t']);
            self.make_shell(line, makefile, cwd, within, state);
            let line = expand(line, makefile, name, &recipe.needs, 0);
            self.line(&line, cwd, within, state, &format!("the target `{name}`"));
        }
        self.scripts.pop();
    }
}

/// Where the parenthesis closes that was open at the start.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// `name = value` of a Makefile.
fn assignment(line: &str) -> Option<(&str, &str, &str)> {
    let equals = line.find('=')?;
    let before = &line[..equals];
    let (name, operator) = match before.char_indices().next_back() {
        Some((at, '+')) => (&before[..at], "+="),
        Some((at, '?')) => (&before[..at], "?="),
        Some((at, '!')) => (&before[..at], "="),
        Some((_, ':')) => (before.trim_end_matches(':'), "="),
        _ => (before, "="),
    };
    let name = name.trim();
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
    plain.then_some((name, operator, &line[equals + 1..]))
}

/// Puts the values of variables into a line of a Makefile; what is not known becomes a variable of the shell's.
fn expand(line: &str, makefile: &Makefile, target: &str, needs: &[String], depth: usize) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let mut chars = after.chars();
        match chars.next() {
            Some('$') => {
                out.push('$');
                rest = &after[1..];
            }
            Some('@') => {
                out.push_str(target);
                rest = &after[1..];
            }
            Some('<') => {
                out.push_str(needs.first().map_or("", String::as_str));
                rest = &after[1..];
            }
            Some('^' | '+') => {
                out.push_str(&needs.join(" "));
                rest = &after[1..];
            }
            Some(open @ ('(' | '{')) => {
                let inner = &after[1..];
                let end = if open == '(' { closing(inner) } else { inner.find('}') };
                let Some(end) = end else {
                    out.push_str("$UNKNOWN_HERE");
                    return out;
                };
                let name = &inner[..end];
                match (makefile.variables.get(name), name) {
                    (Some(value), _) if depth < 8 && !value.contains("$(shell") => {
                        out.push_str(&expand(value, makefile, target, needs, depth + 1));
                    }
                    (None, "MAKE") => out.push_str("make"),
                    (None, "RM") => out.push_str("rm -f"),
                    (None, "CURDIR" | "PWD") => out.push_str("$PWD"),
                    (None, "HOME") => out.push_str("$HOME"),
                    (None, "CC") => out.push_str("cc"),
                    (None, "CXX") => out.push_str("c++"),
                    (None, "SHELL") => out.push_str("/bin/sh"),
                    (None, name) if name.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                        // the environment's, or nothing at all
                        out.push_str("${");
                        out.push_str(name);
                        out.push('}');
                    }
                    _ => out.push_str("$UNKNOWN_HERE"),
                }
                rest = &inner[end + 1..];
            }
            Some(character) => {
                let name = character.to_string();
                match makefile.variables.get(&name) {
                    Some(value) if depth < 8 => {
                        out.push_str(&expand(value, makefile, target, needs, depth + 1))
                    }
                    _ => out.push_str("$UNKNOWN_HERE"),
                }
                rest = &after[character.len_utf8()..];
            }
            None => rest = "",
        }
        if out.len() > MAX_FILE {
            return out;
        }
    }
    out.push_str(rest);
    out
}

//! The reading of one invocation: opinions, effects and inner commands.

use crate::gate::decision::Decision;
use crate::gate::effect_kind::EffectKind;
use crate::gate::model::{
    Cwd, Effect, FileKind, Inner, Invocation, Opinion, Part, Place, Reading, RedirectKind, Stdin, Word, World,
};
use crate::gate::request::Environment;
use crate::gate::{credentials, effects, git_config, paths, statements};

use super::assign::{assign, is_assignment};
use super::packages;
use super::program::{self, Program};
use super::rules::holds;
use super::split::{Split, split};
use super::table::{Command, Count, Operand, Role, Rule};
use super::words::{Holds, join, matches, push_text, shown, splits, strip, written};

/// What a file that is sent stands in the effects as.
pub const SENT: &str = "sent file";
/// The most of a file of statements that is read, in bytes.
const MOST_STATEMENTS: usize = 256 * 1024;
/// The most folders a search begins in for which its command is read.
const MOST_STARTS: usize = 16;
/// Kinds of targets of which one is taken when none is named.
const HAVE_DEFAULT: &[&str] = &["make", "just", "rake", "task"];
/// The most words of standard input that are given to a command.
const MOST_ADDED: usize = 256;

/// Reads an invocation by what is known of its program.
pub fn read(invocation: &Invocation, environment: &Environment, world: &dyn World) -> Reading {
    let mut reader = Reader {
        invocation,
        world,
        name: String::new(),
        out: Reading::default(),
        environment: Vec::new(),
        privileged: false,
        pending: Vec::new(),
        shows_stdin: false,
    };
    if !invocation.words.is_empty() {
        match program::program(invocation, environment) {
            Program::Known(command, name) => reader.known(command, name),
            Program::Own => reader.own_program(),
            Program::Wrapper(command, name) => {
                reader.known(command, name);
                reader.own_program();
            }
            Program::Stray(path) => {
                reader.opinion(
                    "stray-program",
                    Decision::Ask,
                    format!("`{path}` lies outside the workspace and is no program of the system"),
                );
                reader.own_program();
            }
            Program::Unknown(name) => reader.opinion(
                "unknown-program",
                Decision::Ask,
                format!("nothing is known of the program `{name}`"),
            ),
            Program::Unread(word) => reader.opinion(
                "unread-command",
                Decision::Ask,
                format!("which program `{word}` is shows only when it runs"),
            ),
        }
    }
    reader.redirects();
    reader.finish()
}

struct Reader<'r> {
    invocation: &'r Invocation,
    world: &'r dyn World,
    /// The program's name as it is called.
    name: String,
    out: Reading,
    /// What it puts into the environment of inner commands.
    environment: Vec<(String, Word)>,
    privileged: bool,
    /// Inner commands: they are made when environment, folder and rights are known.
    pending: Vec<(Role, Vec<Word>)>,
    shows_stdin: bool,
}

impl Reader<'_> {
    fn opinion(&mut self, id: impl Into<String>, decision: Decision, reason: impl Into<String>) {
        self.out.opinions.push(Opinion {
            id: id.into(),
            decision,
            reason: reason.into(),
            suggestion: None,
            span: self.invocation.span,
        });
    }

    fn effect(&mut self, kind: EffectKind, target: Option<&Word>, source: &str) {
        self.out.effects.push(Effect { kind, target: target.cloned(), source: source.to_owned() });
    }

    fn own_program(&mut self) {
        let (path, arguments) = (self.invocation.words[0].clone(), self.invocation.words[1..].to_vec());
        let words = std::iter::once(path).chain(arguments).collect();
        self.pending.push((Role::Script("any"), words));
    }

    fn known(&mut self, command: &'static Command, name: String) {
        self.name = name;
        let split = split(command, &self.invocation.words[1..]);
        let leaf = split.leaf();
        self.out.command = std::iter::once(self.name.as_str())
            .chain(split.levels[1..].iter().map(|level| level.names[0]))
            .collect::<Vec<_>>()
            .join(" ");
        let asked_for_help = split.help
            && !split.doubt
            && split.operands.is_empty()
            && split.unknown.is_empty()
            && split.given.iter().all(|given| given.option.values.is_empty());
        if asked_for_help {
            return;
        }
        self.own_decision(&split);
        for option in &split.unknown {
            if split.levels.iter().all(|level| level.unknown_options != Decision::Allow)
                || leaf.unknown_options != Decision::Allow
            {
                let reason = format!("the option `{option}` is not known for `{}`", self.out.command);
                self.opinion("unknown-option", leaf.unknown_options, reason);
            }
        }
        let rules = self.rules(&split);
        for given in &split.given {
            let source = format!("option {}", given.name);
            let rest = given.option.values.first().is_some_and(|role| {
                matches!(role, Role::Command | Role::CommandMore | Role::CommandUntil | Role::CommandRemote)
            });
            if let Some(Role::Module(language)) = given.option.values.first() {
                self.module(language, &given.values);
                continue;
            }
            if rest {
                if !given.values.is_empty() {
                    self.command_option(given.option.values[0], &given.values, &split);
                }
                continue;
            }
            if let (true, true, [Role::Paths(role)]) =
                (given.option.optional, given.values.is_empty(), given.option.values)
            {
                for start in self.starts(&split) {
                    self.role(**role, &below(&start, &split), &[], &source);
                }
                continue;
            }
            for (role, value) in given.option.values.iter().zip(&given.values) {
                self.role(*role, value, &[], &source);
            }
        }
        self.operands(&split);
        self.targets_of_rules(&split, &rules);
    }

    fn own_decision(&mut self, split: &Split) {
        let leaf = split.leaf();
        let id = self.out.command.replace(' ', "-");
        let command = self.out.command.clone();
        if let Some(word) = &split.no_sub {
            let reason = if leaf.reason.is_empty() {
                format!("`{command}` is not known to have a subcommand `{}`", shown(word))
            } else {
                leaf.reason.to_owned()
            };
            let decision =
                if word.text().is_none() { leaf.decision.max(Decision::Ask) } else { leaf.decision };
            if decision != Decision::Allow {
                self.opinion("unknown-subcommand", decision, reason);
            }
            return;
        }
        let bare = !leaf.subs.is_empty() && split.operands.is_empty();
        let decision = if bare { leaf.bare.unwrap_or(leaf.decision) } else { leaf.decision };
        if decision != Decision::Allow {
            let reason = if leaf.reason.is_empty() {
                format!("what `{command}` does is not known")
            } else {
                leaf.reason.to_owned()
            };
            self.opinion(id, decision, reason);
        }
    }

    /// Rules that hold, of the command and its parents; what they say is kept.
    fn rules(&mut self, split: &Split) -> Vec<&'static Rule> {
        let all = || split.levels.iter().flat_map(|level| level.rules);
        let mut kept: Vec<&'static Rule> = Vec::new();
        let mut lifted: Vec<&'static str> = Vec::new();
        for rule in all() {
            let held = holds(&rule.when, split, &self.invocation.stdin);
            if rule.decision == Some(Decision::Allow) {
                if held == Holds::Sure {
                    lifted.extend(rule.lifts);
                }
            } else if held != Holds::No {
                kept.push(rule);
            }
        }
        kept.retain(|rule| !lifted.contains(&rule.id));
        for rule in &kept {
            let decision = match (rule.decision, rule.effect) {
                (Some(decision), _) => decision,
                (None, Some(kind)) if !paths::has_place(kind) && !effects::is_stake(kind) => {
                    effects::usual(kind)
                }
                _ => continue,
            };
            self.privileged |= rule.effect == Some(EffectKind::Privilege);
            self.out.opinions.push(Opinion {
                id: rule.id.to_owned(),
                decision,
                reason: rule.reason.to_owned(),
                suggestion: (!rule.suggestion.is_empty()).then(|| rule.suggestion.to_owned()),
                span: self.invocation.span,
            });
        }
        kept
    }

    /// Effects of rules: those with a place are had on every operand that is a path.
    fn targets_of_rules(&mut self, split: &Split, rules: &[&'static Rule]) {
        for rule in rules {
            let Some(kind) = rule.effect else { continue };
            if kind == EffectKind::DropsBranch {
                for word in &split.operands {
                    self.effect(kind, Some(word), rule.id);
                }
                continue;
            }
            let before = self.out.effects.len();
            for (operands, _) in self.forms(split) {
                for (word, role) in split.operands.iter().zip(assign(operands, &split.operands)) {
                    if role.is_some_and(is_path) && (paths::has_place(kind) || effects::is_stake(kind)) {
                        self.effect(kind, Some(word), rule.id);
                    }
                }
            }
            if self.out.effects.len() == before {
                self.effect(kind, None, rule.id);
            }
        }
    }

    /// The readings of the operands that are possible, and the roles of standard input with them.
    fn forms(&self, split: &Split) -> Vec<(&'static [Operand], Role)> {
        let leaf = split.leaf();
        let mut found = Vec::new();
        for form in leaf.forms {
            let held = holds(&form.when, split, &self.invocation.stdin);
            if held == Holds::No {
                continue;
            }
            let operands = form.operands.or(leaf.operands).unwrap_or(&[]);
            found.push((operands, form.stdin.unwrap_or(leaf.stdin)));
            if held == Holds::Sure {
                return found;
            }
        }
        if let Some(operands) = leaf.operands {
            found.push((operands, leaf.stdin));
        }
        found
    }

    fn operands(&mut self, split: &Split) {
        let forms = self.forms(split);
        for (operands, _) in &forms {
            let target = operands.iter().map(|operand| operand.role).find_map(|role| match role {
                Role::Target(kind) if HAVE_DEFAULT.contains(&kind) => Some(kind),
                _ => None,
            });
            // `make` without a target makes the first one; assignments name none.
            if let Some(kind) = target
                && split.operands.iter().all(is_assignment)
            {
                self.pending.push((Role::Target(kind), Vec::new()));
            }
        }
        let sure = forms.len() == 1;
        for (operands, stdin) in forms {
            let roles = assign(operands, &split.operands);
            // `eval a b` is the line `a b`.
            let joined =
                operands.iter().any(|operand| operand.role == Role::Shell && operand.count == Count::Any);
            for (at, (word, role)) in split.operands.iter().zip(&roles).enumerate() {
                match role {
                    Some(Role::Shell) if joined => {
                        let line = join(&split.operands[at..]);
                        self.role(Role::Shell, &line, &[], "operand");
                        break;
                    }
                    Some(role) => {
                        self.role(*role, word, &split.operands[at + 1..], "operand");
                        if takes_all(*role) {
                            break;
                        }
                    }
                    None if sure => {
                        let reason =
                            format!("`{}` is more than `{}` is known to take", shown(word), self.out.command);
                        self.opinion("unexpected-operand", Decision::Ask, reason);
                    }
                    None => {}
                }
            }
            // Several words may hide in an unknown one: they have the roles of its neighbours as well.
            if split.operands.iter().any(splits) {
                let any: Vec<Role> = operands.iter().map(|operand| operand.role).collect();
                for word in split.operands.iter().filter(|word| splits(word)) {
                    for role in any.iter().filter(|role| is_path(**role)) {
                        if !roles.contains(&Some(*role)) {
                            self.role(*role, word, &[], "operand");
                        }
                    }
                }
            }
            let shows = operands.iter().any(|operand| operand.role == Role::Show);
            self.shows_stdin |= shows;
            let names_file = roles
                .iter()
                .zip(&split.operands)
                .any(|(role, word)| role.is_some_and(names_file) && word.text() != Some("-"));
            if !names_file {
                self.stdin(stdin);
            }
        }
    }

    /// What the program does with its standard input.
    fn stdin(&mut self, role: Role) {
        let stdin = &self.invocation.stdin;
        match (role, stdin) {
            (_, Stdin::Inherited | Stdin::Empty) | (Role::Text, _) => {}
            (Role::Shell | Role::ShellRemote | Role::Code(_), Stdin::Text(text)) => {
                self.pending.push((role, vec![text.clone()]));
            }
            (Role::Shell, Stdin::File(path)) => {
                self.pending.push((Role::Script("shell"), vec![path.clone()]))
            }
            (Role::Code(language), Stdin::File(path)) => {
                self.pending.push((Role::Script(language), vec![path.clone()]));
            }
            (Role::Shell | Role::ShellRemote | Role::Code(_), _) => {
                self.pending.push((role, vec![from_stdin()]));
            }
            (Role::Sql(dialect), Stdin::Text(text)) => self.statements(dialect, &text.clone()),
            (Role::Sql(dialect), Stdin::File(path)) => self.statement_file(dialect, &path.clone()),
            (Role::Sql(dialect), _) => self.statements(dialect, &from_stdin()),
            (Role::Paths(inner), Stdin::Text(text)) => {
                for word in text_words(text) {
                    self.role(*inner, &word, &[], "standard input");
                }
            }
            (Role::Paths(inner), _) => self.role(*inner, &from_stdin(), &[], "standard input"),
            _ => {}
        }
    }

    /// Where a search begins: the operands that are paths, or the folder itself.
    fn starts(&self, split: &Split) -> Vec<Word> {
        let mut starts: Vec<Word> = Vec::new();
        for (operands, _) in self.forms(split) {
            for (word, role) in split.operands.iter().zip(assign(operands, &split.operands)) {
                if role.is_some_and(is_path) {
                    starts.push(word.clone());
                }
            }
        }
        starts.truncate(MOST_STARTS);
        if starts.is_empty() { vec![Word::known(".")] } else { starts }
    }

    fn command_option(&mut self, role: Role, words: &[Word], split: &Split) {
        let starts = self.starts(split);
        if !words.iter().any(|word| word.parts.iter().any(holds_braces)) && role == Role::CommandUntil {
            self.pending.push((Role::Command, words.to_vec()));
            return;
        }
        for start in starts {
            let found = below(&start, split);
            let mut replaced: Vec<Word> = words.iter().map(|word| replace_braces(word, &found)).collect();
            if role == Role::CommandMore && !words.iter().any(|word| word.parts.iter().any(holds_braces)) {
                replaced.push(found);
            }
            self.pending.push((Role::Command, replaced));
        }
    }

    /// A module run as a program: one of the workspace, or one that is known as a program.
    fn module(&mut self, language: &'static str, words: &[Word]) {
        let Some((module, arguments)) = words.split_first() else { return };
        let own = module.text().and_then(|name| self.own_module(name));
        if let Some(path) = own {
            let words = std::iter::once(Word::known(path)).chain(arguments.iter().cloned()).collect();
            self.pending.push((Role::Script(language), words));
        } else if module.text().is_none_or(|name| super::lookup(name).is_some()) {
            self.pending.push((Role::Command, words.to_vec()));
        } else {
            let reason =
                format!("nothing is known of the module `{}`, and it is none of this project", shown(module));
            self.opinion("unknown-module", Decision::Ask, reason);
        }
    }

    /// Scripts of `package.json`, if it can be read.
    fn own_scripts(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        let cwd = match &self.out.cwd {
            Some(word) => paths::enter(self.invocation.cwd.as_ref(), word),
            None => self.invocation.cwd.clone()?,
        };
        let Cwd::Known(cwd) = cwd else { return None };
        let (bytes, _) = self.world.read(&cwd.join("package.json"), MOST_STATEMENTS)?;
        let package: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
        package.get("scripts").and_then(serde_json::Value::as_object).cloned()
    }

    /// Whether `package.json` has a script of this name; where that cannot be told of a name, it has.
    fn has_script(&self, name: &Word) -> bool {
        name.text().is_none_or(|name| self.own_scripts().is_some_and(|scripts| scripts.contains_key(name)))
    }

    /// Scripts by name, or by a pattern as `run-s` and `concurrently` take them; what follows a space is for the script.
    fn scripts(&mut self, word: &Word) {
        let text = written(word);
        let name = text.as_deref().and_then(|text| text.split_whitespace().next());
        let scripts = name.filter(|name| name.contains('*')).and_then(|_| self.own_scripts());
        let (Some(pattern), Some(scripts)) = (name, scripts) else {
            let name = name.map_or_else(|| word.clone(), Word::known);
            self.pending.push((Role::Target("npm"), vec![name]));
            return;
        };
        for (name, _) in scripts {
            if matches(pattern, &Word::known(name.as_str())) == Holds::Sure {
                self.pending.push((Role::Target("npm"), vec![Word::known(name)]));
            }
        }
    }

    /// The file of a module of Python, below the folder the command runs in.
    fn own_module(&self, name: &str) -> Option<String> {
        let Some(Cwd::Known(cwd)) = &self.invocation.cwd else { return None };
        if name.split('.').any(|part| part.is_empty() || part.contains('/')) {
            return None;
        }
        let stem = name.replace('.', "/");
        ["", "src/"]
            .iter()
            .flat_map(|root| [format!("{root}{stem}.py"), format!("{root}{stem}/__main__.py")])
            .find(|path| self.world.kind(&cwd.join(path)) == Some(FileKind::File))
    }

    fn path(&mut self, kind: EffectKind, word: &Word, source: &str) {
        if !matches!(word.text(), Some("-" | "")) {
            self.effect(kind, Some(word), source);
        }
    }

    /// What a word with this role does.
    fn role(&mut self, role: Role, word: &Word, after: &[Word], source: &str) {
        match role {
            Role::Text | Role::Secret | Role::Use | Role::Assignment => {}
            Role::Print => {
                if credentials::prints_secret_variable(word) {
                    self.effect(EffectKind::CredentialPrint, Some(word), source);
                }
            }
            Role::Read => self.path(EffectKind::Reads, word, source),
            Role::Show => self.path(EffectKind::Shows, word, source),
            Role::List => self.path(EffectKind::Lists, word, source),
            Role::Create | Role::Append | Role::Modify => self.path(EffectKind::Writes, word, source),
            Role::Write => self.path(EffectKind::Overwrites, word, source),
            Role::Move => self.path(EffectKind::Moves, word, source),
            Role::Delete => self.path(EffectKind::Deletes, word, source),
            Role::DeleteTree => self.path(EffectKind::DeletesTree, word, source),
            Role::DeleteGlob => self.path(EffectKind::DeletesTree, &with_globs(word), source),
            Role::ShellNpm => match written(word).as_deref().and_then(|text| text.strip_prefix("npm:")) {
                Some(script) => self.scripts(&Word::known(script)),
                None => self.pending.push((Role::Shell, vec![word.clone()])),
            },
            Role::Target("npm") => self.scripts(word),
            Role::Device => self.effect(EffectKind::Device, Some(word), source),
            Role::Url => self.effect(EffectKind::Fetches, Some(word), source),
            Role::UrlSend | Role::Host => self.effect(EffectKind::Sends, Some(word), source),
            Role::Send => self.path(EffectKind::Sends, word, SENT),
            Role::Data => {
                // `@file`, and `field=@file` or `field=<file` of a form
                let prefix = word.prefix();
                let at = match prefix.split_once('=') {
                    Some((name, value)) if value.starts_with(['@', '<']) => Some(name.len() + 2),
                    _ => prefix.starts_with('@').then_some(1),
                };
                if let Some(at) = at {
                    self.path(EffectKind::Sends, &strip(word, at), SENT);
                }
            }
            Role::Remote | Role::RemoteFrom | Role::RemoteTo => self.remote(role, word, source),
            Role::Cwd => self.out.cwd = Some(word.clone()),
            Role::Env => {
                if is_assignment(word) {
                    let name = word.prefix().split_once('=').map_or("", |(name, _)| name).to_owned();
                    let value = strip(word, name.len() + 1);
                    self.environment.push((name, value));
                }
            }
            Role::Load => self.path(EffectKind::Executes, word, source),
            Role::Dependency if packages::is_registry_name(word) => {}
            Role::Package | Role::Dependency => self.effect(EffectKind::Installs, Some(word), source),
            Role::GitConfig => {
                let value = after.first();
                if let Some((decision, reason)) = git_config::judge(word, value) {
                    self.opinion("git-config", decision, reason);
                }
            }
            Role::Sql(dialect) => self.statements(dialect, word),
            Role::Script(dialect) if super::table::DIALECTS.contains(&dialect) => {
                self.statement_file(dialect, word);
            }
            Role::Script(language) if matches!(word.text(), Some("-" | "/dev/stdin")) => {
                self.stdin(if language == "shell" { Role::Shell } else { Role::Code(language) });
            }
            Role::Target("npm-bin") => {
                let mut words = vec![word.clone()];
                words.extend(after.iter().cloned());
                let role = if self.has_script(word) { Role::Target("npm") } else { Role::Command };
                self.pending.push((role, words));
            }
            Role::Target(_) if is_assignment(word) => {
                let name = word.prefix().split_once('=').map_or("", |(name, _)| name).to_owned();
                let value = strip(word, name.len() + 1);
                self.environment.push((name, value));
            }
            Role::Paths(inner) => self.role(*inner, word, after, source),
            Role::Command
            | Role::CommandMore
            | Role::CommandRemote
            | Role::CommandUntil
            | Role::Shell
            | Role::ShellRemote
            | Role::Code(_)
            | Role::Script(_)
            | Role::Module(_)
            | Role::Target(_)
            | Role::Program => {
                let mut words = vec![word.clone()];
                words.extend(after.iter().cloned());
                self.pending.push((role, words));
            }
        }
    }

    fn remote(&mut self, role: Role, word: &Word, source: &str) {
        let prefix = word.prefix();
        let is_url = prefix.contains("://");
        let host = prefix.split_once(':').is_some_and(|(host, _)| !host.is_empty() && !host.contains('/'));
        if is_url || host {
            let kind = if role == Role::RemoteFrom { EffectKind::Fetches } else { EffectKind::Sends };
            self.effect(kind, Some(word), source);
            return;
        }
        let others_remote = self.invocation.words.iter().skip(1).any(|other| {
            let prefix = other.prefix();
            prefix.split_once(':').is_some_and(|(host, _)| !host.is_empty() && !host.contains('/'))
        });
        match role {
            Role::RemoteTo => self.path(EffectKind::Overwrites, word, source),
            _ if others_remote => self.path(EffectKind::Sends, word, SENT),
            _ => self.path(EffectKind::Reads, word, source),
        }
    }

    fn statements(&mut self, dialect: &str, word: &Word) {
        let judged = match word.text() {
            Some(text) => statements::judge(dialect, text),
            None => {
                let known: String = word
                    .parts
                    .iter()
                    .map(|part| match part {
                        Part::Text(text) | Part::Glob(text) => text.as_str(),
                        Part::Unknown { .. } => "?",
                    })
                    .collect();
                let mut judged = statements::judge(dialect, &known);
                let whole = matches!(word.parts.as_slice(), [Part::Unknown { .. }]);
                if whole {
                    judged.clear();
                    judged.push(statements::unread());
                }
                judged
            }
        };
        for found in judged {
            self.opinion(found.id, found.decision, found.reason);
        }
    }

    fn statement_file(&mut self, dialect: &str, path: &Word) {
        let text = self.invocation.cwd.as_ref().and_then(|cwd| {
            let Cwd::Known(cwd) = cwd else { return None };
            let (bytes, whole) = self.world.read(&paths::normal(&cwd.join(path.text()?)), MOST_STATEMENTS)?;
            if whole { String::from_utf8(bytes).ok() } else { None }
        });
        self.path(EffectKind::Reads, path, "operand");
        match text {
            Some(text) => self.statements(dialect, &Word::known(text)),
            None => {
                let found = statements::unread();
                self.opinion(found.id, found.decision, format!("`{}`: {}", shown(path), found.reason));
            }
        }
    }

    fn redirects(&mut self) {
        for redirect in &self.invocation.redirects {
            let kind = match redirect.kind {
                RedirectKind::Read if self.shows_stdin => EffectKind::Shows,
                RedirectKind::Read => EffectKind::Reads,
                RedirectKind::Write => EffectKind::Overwrites,
                RedirectKind::Append | RedirectKind::ReadWrite => EffectKind::Writes,
            };
            self.effect(kind, Some(&redirect.target), "redirect");
        }
    }

    fn finish(mut self) -> Reading {
        let mut within = self.invocation.clone();
        within.words.clear();
        within.redirects.clear();
        within.depth += 1;
        within.privileged |= self.privileged;
        within.via.push(if self.name.is_empty() {
            program::first(self.invocation)
        } else {
            self.name.clone()
        });
        within.environment.append(&mut self.environment);
        if let Some(cwd) = &self.out.cwd {
            within.cwd = Some(paths::enter(self.invocation.cwd.as_ref(), cwd));
        }
        for (role, words) in std::mem::take(&mut self.pending) {
            let inner = self.inner(role, words, within.clone());
            self.out.inner.extend(inner);
        }
        self.out
    }

    fn inner(&self, role: Role, mut words: Vec<Word>, mut within: Invocation) -> Option<Inner> {
        let dialect = program::dialect(&self.name).to_owned();
        if let (Role::Target(kind), true) = (role, words.is_empty()) {
            return Some(Inner::Target { kind: kind.to_owned(), name: None, within: Box::new(within) });
        }
        let first = words.first().cloned()?;
        Some(match role {
            Role::Command | Role::CommandUntil => Inner::Words(Invocation { words, ..within }),
            Role::CommandMore => {
                add_words(&mut words, &self.invocation.stdin);
                Inner::Words(Invocation { words, stdin: Stdin::Empty, ..within })
            }
            Role::Program => {
                words.truncate(1);
                words.push(unknown("arguments", true));
                Inner::Words(Invocation { words, ..within })
            }
            Role::CommandRemote => {
                within.place = Place::Elsewhere(self.out.command.clone());
                Inner::Words(Invocation { words, ..within })
            }
            Role::Shell => {
                let arguments = words.split_off(1);
                Inner::Shell { text: first, dialect, arguments, within: Box::new(within) }
            }
            Role::ShellRemote => {
                within.place = Place::Elsewhere(self.out.command.clone());
                Inner::Shell {
                    text: join(&words),
                    dialect: "sh".to_owned(),
                    arguments: Vec::new(),
                    within: Box::new(within),
                }
            }
            Role::Code(language) => {
                Inner::Code { language: language.to_owned(), text: first, within: Box::new(within) }
            }
            Role::Script(language) => {
                let arguments = words.split_off(1);
                Inner::Script {
                    language: language.to_owned(),
                    path: first,
                    arguments,
                    within: Box::new(within),
                }
            }
            Role::Target(kind) => {
                Inner::Target { kind: kind.to_owned(), name: Some(first), within: Box::new(within) }
            }
            _ => return None,
        })
    }
}

/// Whether a role takes all words that follow.
fn takes_all(role: Role) -> bool {
    matches!(role, Role::Command | Role::CommandMore | Role::CommandRemote | Role::ShellRemote)
}

fn is_path(role: Role) -> bool {
    matches!(
        role,
        Role::Read
            | Role::Show
            | Role::List
            | Role::Create
            | Role::Write
            | Role::Append
            | Role::Modify
            | Role::Move
            | Role::Delete
            | Role::DeleteTree
            | Role::DeleteGlob
    )
}

fn names_file(role: Role) -> bool {
    is_path(role)
        || matches!(role, Role::Shell | Role::ShellRemote | Role::Code(_) | Role::Script(_) | Role::Sql(_))
}

fn unknown(source: &str, splits: bool) -> Word {
    Word { parts: vec![Part::Unknown { source: source.to_owned(), splits }], span: None }
}

/// What comes in on standard input and is not known.
fn from_stdin() -> Word {
    unknown("standard input", true)
}

fn text_words(text: &Word) -> Vec<Word> {
    match text.text() {
        Some(text) => text
            .split(['\0', '\n', ' ', '\t'])
            .filter(|word| !word.is_empty())
            .take(MOST_ADDED)
            .map(Word::known)
            .collect(),
        None => vec![from_stdin()],
    }
}

fn holds_braces(part: &Part) -> bool {
    matches!(part, Part::Text(text) if text.contains("{}"))
}

/// Adds to the words of `xargs` and `parallel` what they take from standard input or after `:::`.
fn add_words(words: &mut Vec<Word>, stdin: &Stdin) {
    let separator = words.iter().position(|word| word.text().is_some_and(|text| text.starts_with(":::")));
    let added = match separator {
        Some(at) => words.split_off(at).split_off(1),
        None => match stdin {
            Stdin::Text(text) => text_words(text),
            Stdin::Empty => Vec::new(),
            _ => vec![from_stdin()],
        },
    };
    let takes_place = words.iter().any(|word| word.parts.iter().any(holds_braces));
    if !takes_place {
        words.extend(added);
        return;
    }
    let by = match added.as_slice() {
        [one] => one.clone(),
        _ => unknown("standard input", false),
    };
    for word in words.iter_mut() {
        *word = replace_braces(word, &by);
    }
}

/// The word with its stars and question marks as patterns.
fn with_globs(word: &Word) -> Word {
    let mut parts = Vec::new();
    for part in &word.parts {
        let Part::Text(text) = part else {
            parts.push(part.clone());
            continue;
        };
        for piece in text.split_inclusive(['*', '?']) {
            let plain = piece.trim_end_matches(['*', '?']);
            push_text(&mut parts, plain);
            if plain.len() < piece.len() {
                parts.push(Part::Glob(piece[plain.len()..].to_owned()));
            }
        }
    }
    Word { parts, span: word.span }
}

/// The word with `{}` replaced.
fn replace_braces(word: &Word, by: &Word) -> Word {
    let mut parts = Vec::new();
    for part in &word.parts {
        let Part::Text(text) = part else {
            parts.push(part.clone());
            continue;
        };
        for (index, piece) in text.split("{}").enumerate() {
            if index > 0 {
                for part in &by.parts {
                    match part {
                        Part::Text(text) => push_text(&mut parts, text),
                        other => parts.push(other.clone()),
                    }
                }
            }
            push_text(&mut parts, piece);
        }
    }
    Word { parts, span: word.span }
}

/// A path that `find` or `fd` finds below `start`: its last name is the pattern that `-name` gives, if it does.
fn below(start: &Word, split: &Split) -> Word {
    let mut parts = start.parts.clone();
    push_text(&mut parts, "/");
    // Where names are negated or alternatives, no one name holds.
    let plain = !["!", "-not", "-o", ","].iter().any(|name| split.has(name));
    let mut names = split.given.iter().filter(|given| plain && (given.is("-name") || given.is("-iname")));
    let name = names.next().and_then(|given| given.values.first());
    parts.push(Part::Unknown { source: "{}".to_owned(), splits: false });
    if let Some(name) = name.and_then(Word::text) {
        push_text(&mut parts, "/");
        if name.contains(['*', '?', '[']) {
            parts.push(Part::Glob(name.to_owned()));
        } else {
            push_text(&mut parts, name);
        }
    }
    Word { parts, span: start.span }
}

//! The reading of one invocation: opinions, effects and inner commands.

mod found;
mod inner;
mod lines;
mod operands;
mod roles;
mod rules;
mod scripts;
mod sql;
mod texts;

use crate::gate::decision::Decision;
use crate::gate::effect_kind::EffectKind;
use crate::gate::knowledge::program::{self, Program};
use crate::gate::knowledge::split::{Split, split};
use crate::gate::knowledge::table::{Command, Role};
use crate::gate::knowledge::words::shown;
use crate::gate::model::{Effect, Invocation, Opinion, Place, Reading, RedirectKind, Word, World};
use crate::gate::paths;
use crate::gate::request::Environment;

use texts::below;

/// What a file that is sent stands in the effects as.
pub const SENT: &str = "sent file";
/// What a path of this machine that a container gets stands in the effects as.
pub const MOUNTED: &str = "mounted path";
/// What a file stands in the effects as whose text is put where others see it.
pub const POSTED: &str = "posted file";
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
    };
    if !invocation.words.is_empty() {
        match program::program(invocation, environment) {
            Program::Known(command, name) => reader.known(command, name),
            Program::Own => reader.own_program(),
            Program::Wrapper(command, name) => {
                reader.known(command, name);
                reader.own_program();
            }
            // What a container holds is its own; where another machine is reached, that asks.
            Program::Stray(_) | Program::Unknown(_) if invocation.place != Place::Local => {}
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
        if self.asks_for_help(&split) {
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
        self.out.found = self.found(&split);
        self.targets_of_rules(&split, &rules);
    }

    /// Whether nothing but help or a version is asked for. A subcommand that runs nothing of its words shows its help
    /// whatever else they say.
    fn asks_for_help(&self, split: &Split) -> bool {
        if !split.help || split.doubt || !split.unknown.is_empty() {
            return false;
        }
        let bare =
            split.operands.is_empty() && split.given.iter().all(|given| given.option.values.is_empty());
        let says_help = self.invocation.words.last().and_then(Word::text) == Some("--help");
        let leaf = split.leaf();
        let roles = leaf.operands.iter().copied().chain(leaf.forms.iter().filter_map(|form| form.operands));
        let plain = split.levels.len() > 1
            && split.given.iter().flat_map(|given| given.option.values).all(|role| *role == Role::Text)
            && roles.flatten().all(|operand| matches!(operand.role, Role::Text | Role::Read | Role::List));
        bare || says_help && plain
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

    fn redirects(&mut self) {
        for redirect in &self.invocation.redirects {
            let kind = match redirect.kind {
                // what is read may come out again, whatever reads it
                RedirectKind::Read => EffectKind::Shows,
                RedirectKind::Write | RedirectKind::ReadWrite => EffectKind::Overwrites,
                RedirectKind::Append => EffectKind::Writes,
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
}

//! What the shell would run: every simple command, its words as far as they can be known beforehand.
//!
//! The walk follows the syntax tree as the shell would, but takes every branch, and keeps what each variable may hold.
//! Where something can have several values, the command is walked once for each ([`Resolver::each_way`]). All work is
//! bounded; what goes beyond the bounds is said in an opinion, never dropped silently.

mod answer;
mod arithmetic;
mod braces;
mod built;
mod builtins;
mod choices;
mod code;
mod expand;
mod feeds;
mod git_alias;
mod inner;
mod justfile;
mod later;
mod output;
mod parameter;
mod pattern;
mod poison;
mod push;
mod redirect;
mod settings;
mod setup;
mod simple;
mod suspect;
mod targets;
#[cfg(test)]
mod tests;
mod value;
mod walk;

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::rc::Rc;

use crate::shell::ast::Command;
use crate::shell::{Unread, UnreadKind};
use crate::span::Span;

use super::deadline::Deadline;
use super::decision::Decision;
use super::model::{Cwd, Invocation, Opinion, Place, Reading, Redirect, Stdin, Word, World};
use super::request::Environment;

pub(crate) use code::destroys;

use choices::Choices;
use value::{Parts, State};

/// Simple commands walked at most, repetitions counted.
const MAX_STEPS: usize = 20_000;
/// Invocations kept at most.
const MAX_INVOCATIONS: usize = 4_000;
/// How deep commands may lie in wrappers, scripts, functions and substitutions.
const MAX_DEPTH: usize = 24;
/// Bytes of expanded text in all.
const MAX_TEXT: usize = 8 << 20;
/// Ways that one command is walked in at most, where variables may have several values.
const MAX_WAYS: usize = 16;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    /// Every command that could run, in the order of the text, outer ones first.
    pub(crate) invocations: Vec<Invocation>,
    /// What is known of each.
    pub(crate) readings: Vec<Reading>,
    /// What the shell itself has to say.
    pub(crate) opinions: Vec<Opinion>,
    /// Invocations that stand in the workspace's own programs: running those is allowed, so only what is plainly harmful
    /// counts.
    pub(crate) own: Vec<Range<usize>>,
    /// Symbolic links that the request makes, and where they point.
    pub(crate) links: HashMap<PathBuf, PathBuf>,
}

/// Walks a request's command.
pub(crate) fn resolve(
    text: &str,
    cwd: PathBuf,
    environment: &Environment,
    world: &dyn World,
    deadline: Option<Deadline>,
) -> Resolved {
    let mut resolver = Resolver::new(environment, world, deadline);
    match crate::shell::parse(text, None) {
        Ok(list) => {
            let mut state = State::new(Cwd::Known(cwd));
            resolver.list(&list, &mut state, &Io::default());
            resolver.uncalled();
        }
        Err(unread) => resolver.unread(unread, text, "the command"),
    }
    resolver.resolved
}

/// Streams around a command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Io {
    stdin: Stdin,
    redirects: Vec<Redirect>,
}

/// What a command writes on its standard output: exactly this, or nobody knows what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Out {
    Known(Parts),
    Unknown,
}

impl Out {
    fn nothing() -> Self {
        Self::Known(Vec::new())
    }

    /// This, then that.
    fn then(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Known(parts), Self::Known(more)) => value::push_parts(parts, &more),
            _ => *self = Self::Unknown,
        }
    }

    /// One of the two.
    fn or(&mut self, other: &Self) {
        if self != other {
            *self = Self::Unknown;
        }
    }
}

/// The surroundings in which a text is walked.
#[derive(Clone, Debug, Default)]
struct Frame {
    /// Where texts that are not the request's own are said to stand; `None` in the request's text itself.
    fixed: Option<Option<Span>>,
    depth: usize,
    place: Place,
    via: Vec<String>,
    privileged: bool,
    /// Whether the text comes from a file.
    scripted: bool,
    /// Where a package keeps the programs that its scripts call by name.
    local_bin: Option<PathBuf>,
}

/// A file that the line itself writes.
#[derive(Clone, Debug)]
struct Written {
    /// What is in it then.
    content: Out,
    /// The commands that write it.
    by: Range<usize>,
}

/// A process substitution: what it writes, and its commands.
#[derive(Clone, Debug)]
struct Process {
    out: Out,
    by: Range<usize>,
    /// Whether it reads what is written there: `>(…)`.
    reads: bool,
}

/// A function, with what was known where it was defined.
struct Defined {
    body: Rc<Command>,
    state: State,
    frame: Frame,
}

pub(crate) struct Resolver<'a> {
    environment: &'a Environment,
    world: &'a dyn World,
    deadline: Option<Deadline>,
    resolved: Resolved,
    frame: Frame,
    choices: Choices,
    written: HashMap<PathBuf, Written>,
    /// Sources of unknown outputs, and the commands that make them.
    substitutions: Vec<(Rc<str>, Range<usize>)>,
    processes: Vec<Process>,
    /// Files that descriptors above the standard ones were opened on, anywhere in the line.
    descriptors: HashMap<u32, Word>,
    steps: usize,
    text: usize,
    defined: Vec<Defined>,
    /// Functions that were called at least once.
    called: Vec<Rc<Command>>,
    /// Functions being called, to stop recursion.
    calls: Vec<Rc<Command>>,
    /// Scripts being read, to stop recursion.
    scripts: Vec<PathBuf>,
    ended: bool,
}

impl<'a> Resolver<'a> {
    fn new(environment: &'a Environment, world: &'a dyn World, deadline: Option<Deadline>) -> Self {
        Self {
            environment,
            world,
            deadline,
            resolved: Resolved::default(),
            frame: Frame::default(),
            choices: Choices::default(),
            written: HashMap::new(),
            substitutions: Vec::new(),
            processes: Vec::new(),
            descriptors: HashMap::new(),
            steps: 0,
            text: 0,
            defined: Vec::new(),
            called: Vec::new(),
            calls: Vec::new(),
            scripts: Vec::new(),
            ended: false,
        }
    }

    /// Counts a step; false once a bound is met, which is said once.
    fn step(&mut self) -> bool {
        if self.ended {
            return false;
        }
        self.steps += 1;
        if self.steps > MAX_STEPS || self.resolved.invocations.len() >= MAX_INVOCATIONS {
            self.end("limit-size", "the command expands to more than can be looked at");
            return false;
        }
        if self.deadline.is_some_and(|deadline| deadline.is_over()) {
            self.end("limit-time", "the command could not be looked at in time");
            return false;
        }
        true
    }

    /// Counts expanded text.
    fn spend(&mut self, bytes: usize) -> bool {
        self.text += bytes;
        if self.text > MAX_TEXT {
            self.end("limit-size", "the command expands to more than can be looked at");
        }
        !self.ended
    }

    fn end(&mut self, id: &str, reason: &str) {
        if !self.ended {
            self.ended = true;
            self.opine(id, Decision::Ask, reason, None);
        }
    }

    fn opine(&mut self, id: &str, decision: Decision, reason: impl Into<String>, span: Option<Span>) {
        let opinion = Opinion { id: id.to_owned(), decision, reason: reason.into(), suggestion: None, span };
        if !self.resolved.opinions.contains(&opinion) {
            self.resolved.opinions.push(opinion);
        }
    }

    /// Says that a text could not be read.
    fn unread(&mut self, unread: Unread, text: &str, what: &str) {
        let span = match self.frame.fixed {
            None => Some(Span { start: unread.at.min(text.len()), end: text.len() }),
            Some(fixed) => fixed,
        };
        let (id, reason) = match unread.kind {
            UnreadKind::Syntax(problem) => ("unread-command", format!("{what} could not be read: {problem}")),
            UnreadKind::Unterminated(what) => {
                ("unread-unterminated", format!("a {what} is opened and never closed"))
            }
            UnreadKind::TooDeep => ("limit-depth", format!("{what} is nested more deeply than can be read")),
            UnreadKind::TooMuch => ("limit-size", format!("{what} is too tangled to be read")),
        };
        self.opine(id, Decision::Ask, reason, span);
    }

    /// Where something of the text at hand stands in the request.
    fn at(&self, span: Option<Span>) -> Option<Span> {
        match self.frame.fixed {
            None => span,
            Some(fixed) => fixed,
        }
    }

    /// Walks something a level deeper; false if that is too deep.
    fn deeper<T>(&mut self, walk: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.frame.depth >= MAX_DEPTH {
            self.opine(
                "limit-depth",
                Decision::Ask,
                "the command lies in more layers of other commands than are looked through",
                self.frame.fixed.flatten(),
            );
            return None;
        }
        self.frame.depth += 1;
        let done = walk(self);
        self.frame.depth -= 1;
        Some(done)
    }

    /// Walks in every way that the values of variables allow, and joins what comes of them.
    fn each_way(&mut self, state: &mut State, mut walk: impl FnMut(&mut Self, &mut State) -> Out) -> Out {
        let before = state.clone();
        let outer = std::mem::take(&mut self.choices);
        let mut out = walk(self, state);
        let mut ways = 1;
        while self.choices.advance() {
            if ways == MAX_WAYS {
                self.opine(
                    "limit-ways",
                    Decision::Ask,
                    "variables of the command can have too many values to look at each",
                    self.frame.fixed.flatten(),
                );
                break;
            }
            ways += 1;
            let mut other = before.clone();
            let way = walk(self, &mut other);
            out.or(&way);
            state.join(&other);
        }
        self.choices = outer;
        out
    }
}

//! Lists, pipelines and compound commands.

use std::rc::Rc;

use crate::gate::decision::Decision;
use crate::gate::model::{Part, Stdin};
use crate::shell::ast::{Command, Connector, Kind, List, Piece, Pipeline};

use super::value::{Parts, State, Value, known, unknown};
use super::{Defined, Io, Out, Resolver};

/// Values of a loop variable that are looked at one by one.
const MAX_ROUNDS: usize = 64;

impl Resolver<'_> {
    /// Walks the functions that were defined and never called: what calls them may not be in sight.
    pub(super) fn uncalled(&mut self) {
        for defined in std::mem::take(&mut self.defined) {
            if self.called.iter().any(|body| Rc::ptr_eq(body, &defined.body)) {
                continue;
            }
            let mut state = defined.state;
            state.positional = None;
            self.frame = defined.frame;
            self.deeper(|resolver| resolver.command(&defined.body, &mut state, &Io::default()));
        }
    }

    pub(super) fn list(&mut self, list: &List, state: &mut State, io: &Io) -> Out {
        let mut out = Out::nothing();
        for item in &list.items {
            if self.ended {
                return Out::Unknown;
            }
            if item.background {
                // a subshell of its own
                let mut inside = state.clone();
                let wrote = self.and_or(item, &mut inside, io);
                out.then(wrote);
            } else {
                let wrote = self.and_or(item, state, io);
                out.then(wrote);
            }
        }
        out
    }

    fn and_or(&mut self, item: &crate::shell::ast::Item, state: &mut State, io: &Io) -> Out {
        let mut out = self.pipeline(&item.first, state, io);
        // the state after a failure of what came so far, where that differs
        let mut failed = after_failure(state);
        for (connector, pipeline) in &item.rest {
            match connector {
                Connector::And => {
                    let wrote = self.pipeline(pipeline, state, io);
                    let failure = after_failure(state);
                    failed.join(&failure);
                    out.then(wrote);
                }
                Connector::Or => {
                    let mut other = failed.clone();
                    let wrote = self.pipeline(pipeline, &mut other, io);
                    failed = after_failure(&mut other);
                    // a command that ends the shell leaves nothing to join
                    if ends(pipeline) {
                        failed = state.clone();
                    } else {
                        state.join(&other);
                    }
                    // whether it ran is not known
                    if wrote != Out::nothing() {
                        out = Out::Unknown;
                    }
                }
            }
        }
        state.join(&failed);
        out
    }

    fn pipeline(&mut self, pipeline: &Pipeline, state: &mut State, io: &Io) -> Out {
        if let [command] = pipeline.commands.as_slice() {
            return self.command(command, state, io);
        }
        let mut out = Out::nothing();
        let mut stdin = io.stdin.clone();
        let mut before = 0..0;
        let last = pipeline.commands.len().saturating_sub(1);
        for (index, command) in pipeline.commands.iter().enumerate() {
            let io = Io { stdin, redirects: io.redirects.clone() };
            let start = self.resolved.invocations.len();
            let mut inside = state.clone();
            out = self.command(command, &mut inside, &io);
            let range = start..self.resolved.invocations.len();
            for invocation in &mut self.resolved.invocations[before.clone()] {
                invocation.feeds.extend(range.clone());
            }
            // the last one may run in the shell itself (zsh, `lastpipe`)
            if index == last {
                state.join(&inside);
            }
            stdin = match &out {
                Out::Known(parts) => Stdin::Text(word(parts.clone())),
                Out::Unknown => Stdin::Pipe(range.clone().collect()),
            };
            before = range;
        }
        out
    }

    pub(super) fn command(&mut self, command: &Command, state: &mut State, io: &Io) -> Out {
        if !self.step() {
            return Out::Unknown;
        }
        if let Kind::Simple { assignments, words } = &command.kind {
            return self.each_way(state, |resolver, state| {
                resolver.simple(assignments, words, &command.redirects, command.span, state, io)
            });
        }
        let mut inner = io.clone();
        let mut files = Vec::new();
        if !command.redirects.is_empty() {
            self.each_way(state, |resolver, state| {
                let redirected = resolver.redirects(&command.redirects, state, &mut inner.stdin);
                files.extend(redirected.redirects);
                Out::nothing()
            });
            inner.redirects.extend(files.iter().cloned());
            self.record_bare(files.clone(), command.span, state);
        }
        let start = self.resolved.invocations.len();
        let out = self.compound(command, state, &inner);
        if files.is_empty() {
            return out;
        }
        let by = start..self.resolved.invocations.len();
        let goes = self.write_files(&files, &out, by, state);
        if goes { Out::nothing() } else { out }
    }

    fn compound(&mut self, command: &Command, state: &mut State, io: &Io) -> Out {
        match &command.kind {
            Kind::Simple { .. } => Out::nothing(),
            Kind::Group(list) => self.list(list, state, io),
            Kind::Subshell(list) => self.list(list, &mut state.clone(), io),
            Kind::If { branches, otherwise } => {
                let mut out = Out::nothing();
                let mut ends: Vec<State> = Vec::new();
                for (condition, body) in branches {
                    let wrote = self.list(condition, state, io);
                    out.then(wrote);
                    let mut taken = state.clone();
                    let wrote = self.list(body, &mut taken, io);
                    if wrote != Out::nothing() {
                        out = Out::Unknown;
                    }
                    if !list_ends(body) {
                        ends.push(taken);
                    }
                }
                if let Some(body) = otherwise {
                    let wrote = self.list(body, state, io);
                    if wrote != Out::nothing() {
                        out = Out::Unknown;
                    }
                    if list_ends(body)
                        && let Some(end) = ends.pop()
                    {
                        *state = end;
                    }
                }
                for end in &ends {
                    state.join(end);
                }
                out
            }
            Kind::While { condition, body } => {
                if is_endless(condition) && multiplies(body) {
                    self.ask(
                        "limit-recursion",
                        "starts programs in the background without an end",
                        self.at(Some(command.span)),
                    );
                }
                let mut out = self.list(condition, state, io);
                let mut taken = state.clone();
                // the second round sees what the first one changed
                for _ in 0..2 {
                    self.list(body, &mut taken, io);
                    self.list(condition, &mut taken, io);
                    taken.join(state);
                }
                state.join(&taken);
                out.then(Out::Unknown);
                out
            }
            Kind::For { name, words, body, select } => self.each_way(state, |resolver, state| {
                resolver.for_loop(name, words.as_deref(), body, *select, state, io)
            }),
            Kind::ArithmeticFor { parts, body } => {
                self.arithmetic(parts, &Rc::from("$((…))"), state);
                for name in names(parts) {
                    state.set(&name, Value::Scalar(unknown(&format!("${name}"))));
                }
                let mut taken = state.clone();
                for _ in 0..2 {
                    self.list(body, &mut taken, io);
                }
                state.join(&taken);
                Out::Unknown
            }
            Kind::Case { word, items } => {
                self.each_way(state, |resolver, state| {
                    resolver.joined(word, state);
                    for pattern in items.iter().flat_map(|item| &item.patterns) {
                        resolver.joined(pattern, state);
                    }
                    Out::nothing()
                });
                let mut out = Out::nothing();
                let before = state.clone();
                let mut falling: Option<State> = None;
                for item in items {
                    let mut taken = before.clone();
                    if let Some(fallen) = falling.take() {
                        taken.join(&fallen);
                    }
                    let wrote = self.list(&item.body, &mut taken, io);
                    if wrote != Out::nothing() {
                        out = Out::Unknown;
                    }
                    if item.falls {
                        falling = Some(taken.clone());
                    }
                    if !list_ends(&item.body) {
                        state.join(&taken);
                    }
                }
                out
            }
            Kind::Function { name, body } => {
                state.define(name, body.clone());
                let defined = Defined { body: body.clone(), state: state.clone(), frame: self.frame.clone() };
                self.defined.push(defined);
                Out::nothing()
            }
            Kind::Coprocess(command) => {
                self.deeper(|resolver| resolver.command(command, &mut state.clone(), io));
                Out::nothing()
            }
            Kind::Test(words) => self.each_way(state, |resolver, state| {
                for (index, word) in words.iter().enumerate() {
                    let parts = resolver.joined(word, state);
                    let around = [index.checked_sub(1), Some(index + 1)].into_iter().flatten();
                    let numeric = around.filter_map(|index| words.get(index)).any(is_numeric_test);
                    if numeric && let Some(text) = known(&parts).map(str::to_owned) {
                        resolver.subscript(&text, state, 0);
                    }
                }
                Out::nothing()
            }),
            Kind::Arithmetic(word) => self.each_way(state, |resolver, state| {
                resolver.arithmetic(word, &Rc::from("((…))"), state);
                for name in names(word) {
                    state.set(&name, Value::Scalar(unknown(&format!("${name}"))));
                }
                Out::nothing()
            }),
        }
    }

    fn for_loop(
        &mut self,
        name: &str,
        words: Option<&[crate::shell::ast::Word]>,
        body: &List,
        select: bool,
        state: &mut State,
        io: &Io,
    ) -> Out {
        let mut values: Vec<Parts> = Vec::new();
        match words {
            Some(words) => {
                let mut fields = Vec::new();
                for word in words {
                    self.fields(word, state, &mut fields);
                }
                values.extend(fields.into_iter().map(|field| field.parts));
            }
            None => match &state.positional {
                Some(positional) => values.extend(positional.iter().cloned()),
                None => values.push(unknown("$@")),
            },
        }
        values.dedup();
        // numbers are all alike
        let many = values.len() > MAX_ROUNDS;
        if many {
            let odd = |parts: &Parts| {
                !known(parts).is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
            };
            let numbers = values.iter().filter(|parts| !odd(parts)).take(4).cloned().collect::<Vec<_>>();
            values.retain(odd);
            values.extend(numbers);
            if values.len() > MAX_ROUNDS {
                values.truncate(MAX_ROUNDS);
                values.push(unknown(&format!("${name}")));
            }
        }
        if select {
            self.ask("unread-select", "which of the choices is taken is only known when it runs", None);
        }
        let mut out = Out::nothing();
        let mut taken = state.clone();
        for parts in values {
            if self.ended {
                break;
            }
            // a pattern becomes names of files, whatever they are
            let parts = parts
                .into_iter()
                .map(|part| match part {
                    Part::Unknown { source, .. } => Part::Unknown { source, splits: false },
                    other => other,
                })
                .collect();
            taken.set(name, Value::Scalar(parts));
            if select {
                taken.set("REPLY", Value::Scalar(unknown("$REPLY")));
            }
            let wrote = self.list(body, &mut taken, io);
            out.then(wrote);
            // a round may be skipped or cut short
            if taken.is_plural() || changes_folder(body) {
                taken.join(state);
            }
        }
        state.join(&taken);
        if many || select { Out::Unknown } else { out }
    }

    /// Asks, once, about something at the present place.
    pub(super) fn ask(&mut self, id: &str, reason: impl Into<String>, span: Option<crate::span::Span>) {
        self.opine(id, Decision::Ask, reason, span);
    }
}

pub(super) fn word(parts: Parts) -> crate::gate::model::Word {
    crate::gate::model::Word { parts, span: None }
}

/// The state if the last command had failed: what it changes, it changes all the same, but for `cd`, which stays.
fn after_failure(state: &mut State) -> State {
    let doubt = std::mem::take(&mut state.doubt);
    let mut failed = state.clone();
    if !doubt.is_empty() {
        failed.cwd = doubt;
    }
    failed
}

/// Whether the shell or the loop is left after the list.
fn list_ends(list: &List) -> bool {
    list.items.last().is_some_and(|item| item.rest.is_empty() && ends(&item.first))
}

fn ends(pipeline: &Pipeline) -> bool {
    let [command] = pipeline.commands.as_slice() else { return false };
    match &command.kind {
        Kind::Simple { words, .. } => words.first().is_some_and(|word| {
            matches!(word.pieces.as_slice(), [Piece::Literal(name)] if matches!(name.as_str(), "exit" | "return"))
        }),
        Kind::Group(list) => list_ends(list),
        _ => false,
    }
}

/// The literal first word of the list's only command.
fn only_word(list: &List) -> Option<&str> {
    let [item] = list.items.as_slice() else { return None };
    let [command] = item.first.commands.as_slice() else { return None };
    first_word(command).filter(|_| item.rest.is_empty())
}

fn first_word(command: &Command) -> Option<&str> {
    let Kind::Simple { words, .. } = &command.kind else { return None };
    match words.first()?.pieces.as_slice() {
        [Piece::Literal(name)] => Some(name),
        _ => None,
    }
}

/// Whether a loop with this condition ends by itself never.
fn is_endless(condition: &List) -> bool {
    matches!(only_word(condition), Some(":" | "true"))
}

/// Whether a list starts something in the background and never waits.
fn multiplies(body: &List) -> bool {
    let waits = |item: &crate::shell::ast::Item| {
        std::iter::once(&item.first).chain(item.rest.iter().map(|(_, pipeline)| pipeline)).any(|pipeline| {
            pipeline.commands.iter().any(|command| {
                matches!(
                    first_word(command),
                    Some("wait" | "sleep" | "read" | "break" | "exit" | "inotifywait")
                ) || !matches!(command.kind, Kind::Simple { .. })
            })
        })
    };
    body.items.iter().any(|item| item.background) && !body.items.iter().any(waits)
}

fn changes_folder(list: &List) -> bool {
    list.items.iter().any(|item| {
        std::iter::once(&item.first).chain(item.rest.iter().map(|(_, pipeline)| pipeline)).any(|pipeline| {
            pipeline.commands.iter().any(|command| match &command.kind {
                Kind::Simple { words, .. } => words.first().is_some_and(|word| {
                    matches!(word.pieces.as_slice(), [Piece::Literal(name)] if matches!(name.as_str(), "cd" | "pushd" | "popd"))
                }),
                Kind::Group(list) => changes_folder(list),
                _ => false,
            })
        })
    })
}

fn is_numeric_test(word: &crate::shell::ast::Word) -> bool {
    matches!(word.pieces.as_slice(), [Piece::Literal(text)]
        if matches!(text.as_str(), "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" | "-v"))
}

/// Names that an arithmetic expression may assign to.
fn names(word: &crate::shell::ast::Word) -> Vec<String> {
    let mut names = Vec::new();
    for piece in &word.pieces {
        let Piece::Quoted(text) = piece else { continue };
        if !text.contains(['=', '+', '-']) {
            continue;
        }
        for name in text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_') {
            if name.starts_with(|character: char| character.is_ascii_alphabetic() || character == '_') {
                names.push(name.to_owned());
            }
        }
    }
    names
}

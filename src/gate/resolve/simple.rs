//! Simple commands: words to an invocation, the invocation to its reading, the reading to commands within.

use std::rc::Rc;

use crate::gate::decision::Decision;
use crate::gate::knowledge;
use crate::gate::model::{
    Cwd, Effect, EffectKind, FileKind, Invocation, Opinion, Part, Reading, RedirectKind, Word,
};
use crate::shell::ast::{self, Assignment, Piece};
use crate::span::Span;

use super::value::{Parts, State, Value, known, push_parts};
use super::{Io, Out, Resolver, output, pattern};

/// Programs that a pattern in place of a program's name may be meant to reach.
const REACHED_BY_PATTERN: &[&str] = &[
    "rm", "dd", "mkfs", "shred", "chmod", "chown", "sudo", "bash", "sh", "curl", "wget", "nc", "kill", "mv",
    "cp", "find", "python3", "perl", "shutdown", "reboot", "cat",
];

/// Programs that change what a file says, by what only they know.
const EDITS: &[&str] = &["sed", "gsed", "perl", "ruby", "ed", "ex", "vim", "patch", "awk", "gawk"];

impl Resolver<'_> {
    pub(super) fn simple(
        &mut self,
        assignments: &[Assignment],
        words: &[ast::Word],
        redirects: &[ast::Redirect],
        span: Span,
        state: &mut State,
        io: &Io,
    ) -> Out {
        if words.is_empty() {
            for assignment in assignments {
                self.assign(assignment, state);
            }
            let mut stdin = io.stdin.clone();
            let redirected = self.redirects(redirects, state, &mut stdin);
            let at = self.resolved.invocations.len();
            self.write_files(&redirected.redirects, &Out::nothing(), at..at, state);
            self.record_bare(redirected.redirects, span, state);
            for assignment in assignments {
                self.judge_assignment(&assignment.name, state, assignment.span);
            }
            return Out::nothing();
        }
        // an alias is text that takes the place of an unquoted first word
        if let Some(out) = self.alias(assignments, words, redirects, span, state, io) {
            return out;
        }
        let mut environment = Vec::new();
        for assignment in assignments {
            let parts = self.joined(&assignment.value, state);
            environment.push((assignment.name.clone(), super::walk::word(parts)));
        }
        let mut fields = Vec::new();
        let mut arrays = Vec::new();
        for word in words {
            // `declare a=(…)`
            if let [Piece::Literal(name), Piece::Array(elements)] = word.pieces.as_slice() {
                let append = name.ends_with("+=");
                let name = name.trim_end_matches(['+', '=']);
                fields.push(Word { parts: super::value::text(name), span: self.at(word.span) });
                arrays.push(Assignment {
                    name: name.to_owned(),
                    index: None,
                    append,
                    value: ast::Word { pieces: vec![Piece::Array(elements.clone())], span: word.span },
                    span: word.span.unwrap_or(span),
                });
                continue;
            }
            self.fields(word, state, &mut fields);
        }
        let mut stdin = io.stdin.clone();
        let redirected = self.redirects(redirects, state, &mut stdin);
        if fields.is_empty() {
            self.record_bare(redirected.redirects, span, state);
            for (name, word) in environment {
                state.set(&name, Value::Scalar(word.parts));
            }
            return Out::nothing();
        }
        let invocation = Invocation {
            words: fields,
            environment,
            redirects: redirected.redirects,
            stdin,
            span: self.at(Some(span)),
            ..Invocation::default()
        };
        let out = self.start(invocation, state, io, true);
        for array in &arrays {
            self.assign(array, state);
        }
        out
    }

    /// Runs an invocation in the shell at hand: functions and builtins come before programs.
    pub(super) fn start(
        &mut self,
        mut invocation: Invocation,
        state: &mut State,
        io: &Io,
        functions: bool,
    ) -> Out {
        if !self.step() {
            return Out::Unknown;
        }
        let before = self.resolved.invocations.len();
        let files = invocation.redirects.clone();
        let first = invocation.words[0].clone();
        let out = match super::redirect::plain(&first) {
            None => self.unknown_program(invocation, state, io),
            Some(name) => {
                let bodies = if functions { state.functions(name).cloned() } else { None };
                match bodies {
                    Some(bodies) if !bodies.is_empty() => self.call(&bodies, invocation, state, io),
                    _ => {
                        // zsh: `=name` is the path of a program
                        if let Some(bare) = name.strip_prefix('=')
                            && !bare.is_empty()
                        {
                            let bare = bare.to_owned();
                            invocation.words[0] = Word { parts: vec![Part::Text(bare)], span: first.span };
                        }
                        match self.builtin(&mut invocation, state, io) {
                            Some(out) => out,
                            None => self.program(invocation, state),
                        }
                    }
                }
            }
        };
        if files.is_empty() {
            return out;
        }
        let after = self.resolved.invocations.len();
        if self.write_files(&files, &out, before..after, state) { Out::nothing() } else { out }
    }

    /// A program whose name nobody knows before it runs.
    fn unknown_program(&mut self, invocation: Invocation, state: &mut State, io: &Io) -> Out {
        let first = &invocation.words[0];
        if self.made_by_network(&first.parts) {
            self.fetched_code(first.span.or(invocation.span));
        }
        let opinion = Opinion {
            id: "unread-program-name".to_owned(),
            decision: Decision::Ask,
            reason: format!("which program runs is only known when it does: {}", shown(first)),
            suggestion: None,
            span: first.span.or(invocation.span),
        };
        let reading = Reading { opinions: vec![opinion], ..Reading::default() };
        self.record(&invocation, reading, state);
        // what is unknown may be nothing at all
        let text: String = first
            .parts
            .iter()
            .filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None })
            .collect();
        let splits = first.parts.iter().all(|part| matches!(part, Part::Unknown { splits: true, .. }));
        let globbed = first.parts.iter().any(|part| matches!(part, Part::Glob(_)));
        let mut candidates = Vec::new();
        if globbed && !first.is_unknown() {
            let pattern: String = first
                .parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) | Part::Glob(text) => text.as_str(),
                    Part::Unknown { .. } => "*",
                })
                .collect();
            let base: Vec<char> = pattern.rsplit('/').next().unwrap_or_default().chars().collect();
            if !base.iter().all(|character| matches!(character, '*')) {
                for name in REACHED_BY_PATTERN {
                    if pattern::matches(&base, &name.chars().collect::<Vec<_>>()) {
                        candidates.push((*name).to_owned());
                    }
                }
            }
        } else if !text.is_empty() {
            candidates.push(text);
        }
        for candidate in candidates {
            let mut other = invocation.clone();
            other.words[0] = Word { parts: vec![Part::Text(candidate)], span: first.span };
            self.deeper(|resolver| resolver.start(other, &mut state.clone(), io, false));
        }
        if splits && invocation.words.len() > 1 {
            let mut rest = invocation.clone();
            rest.words.remove(0);
            self.deeper(|resolver| resolver.start(rest, &mut state.clone(), io, true));
        }
        Out::Unknown
    }

    /// Calls a function of the line.
    fn call(
        &mut self,
        bodies: &[Rc<ast::Command>],
        invocation: Invocation,
        state: &mut State,
        io: &Io,
    ) -> Out {
        let positional: Vec<Parts> = invocation.words[1..].iter().map(|word| word.parts.clone()).collect();
        // words that may split leave the count open
        let splits = invocation
            .words
            .iter()
            .any(|word| word.parts.iter().any(|part| matches!(part, Part::Unknown { splits: true, .. })));
        let outer = state.positional.take();
        let mut out: Option<Out> = None;
        let before = state.clone();
        for body in bodies {
            if !self.called.iter().any(|other| Rc::ptr_eq(other, body)) {
                self.called.push(body.clone());
            }
            if self.calls.iter().filter(|other| Rc::ptr_eq(other, body)).count() >= 2 {
                // a function that calls itself: two rounds show all it does
                let (decision, reason) = match invocation.stdin {
                    crate::gate::model::Stdin::Pipe(_) => (
                        Decision::Deny,
                        "a function pipes into itself: it multiplies until the machine stops",
                    ),
                    _ => (Decision::Ask, "a function calls itself, perhaps without an end"),
                };
                self.opine("limit-recursion", decision, reason.to_owned(), invocation.span);
                continue;
            }
            self.calls.push(body.clone());
            let mut inside = before.clone();
            inside.positional = if splits { None } else { Some(Rc::new(positional.clone())) };
            for (name, word) in &invocation.environment {
                inside.set(name, Value::Scalar(word.parts.clone()));
            }
            let mut inner = Io { stdin: invocation.stdin.clone(), redirects: io.redirects.clone() };
            inner.redirects.extend(invocation.redirects.iter().cloned());
            let wrote =
                self.deeper(|resolver| resolver.command(body, &mut inside, &inner)).unwrap_or(Out::Unknown);
            self.calls.pop();
            match &mut out {
                None => {
                    *state = inside;
                    out = Some(wrote);
                }
                Some(out) => {
                    state.join(&inside);
                    out.or(&wrote);
                }
            }
        }
        state.positional = outer;
        out.unwrap_or(Out::Unknown)
    }

    /// Expands an alias of the line.
    fn alias(
        &mut self,
        assignments: &[Assignment],
        words: &[ast::Word],
        redirects: &[ast::Redirect],
        span: Span,
        state: &mut State,
        io: &Io,
    ) -> Option<Out> {
        let [Piece::Literal(name)] = words.first()?.pieces.as_slice() else { return None };
        let parts = state.alias(name)?.clone();
        if self.calls.len() > 8 {
            return None;
        }
        let Some(text) = known(&parts).map(str::to_owned) else {
            self.ask(
                "unread-command",
                format!("the alias `{name}` is only known when it runs"),
                self.at(Some(span)),
            );
            return Some(Out::Unknown);
        };
        // one that stands for nothing leaves the words after it
        if text.trim().is_empty() {
            return Some(self.simple(assignments, &words[1..], redirects, span, state, io));
        }
        let fixed = self.at(Some(span));
        let mut list = match crate::shell::parse(&text, fixed) {
            Ok(list) => list,
            Err(unread) => {
                self.unread(unread, &text, "an alias");
                return Some(Out::Unknown);
            }
        };
        // the other words belong to the alias's last command
        let last = list
            .items
            .last_mut()
            .map(|item| item.rest.last_mut().map_or(&mut item.first, |(_, pipeline)| pipeline));
        let command = last.and_then(|pipeline| pipeline.commands.last_mut());
        if let Some(command) = command
            && let ast::Kind::Simple { assignments: theirs, words: their_words } = &mut command.kind
        {
            theirs.splice(0..0, assignments.iter().cloned());
            their_words.extend(words[1..].iter().cloned());
            command.redirects.extend(redirects.iter().cloned());
        }
        let frame = self.frame.clone();
        self.frame.fixed = Some(fixed);
        // an alias is not expanded within itself
        let mut inside = state.clone();
        inside.unset_alias(name);
        let out = self.deeper(|resolver| resolver.list(&list, &mut inside, io)).unwrap_or(Out::Unknown);
        inside.set_alias(name, parts);
        *state = inside;
        self.frame = frame;
        Some(out)
    }

    /// A program: what is known of it, and the commands within it.
    pub(super) fn program(&mut self, mut invocation: Invocation, state: &mut State) -> Out {
        self.surround(&mut invocation, state);
        let mut out = match super::redirect::plain(&invocation.words[0]) {
            Some(name) => match self.answer(name, &invocation, state) {
                Some(answer) => Out::Known(answer),
                None => output::of(base_name(name), &invocation.words[1..], &invocation.stdin),
            },
            None => Out::Unknown,
        };
        let mut reading = knowledge::read(&invocation, self.environment, self.world);
        self.settle(&invocation, &mut reading);
        self.forced_push(&invocation, &mut reading);
        if out == Out::Unknown && !reading.found.is_empty() {
            out = output::lines(&reading.found);
        }
        let aliased = reading.command == "git"
            && reading.opinions.iter().any(|opinion| opinion.id == "unknown-subcommand");
        if aliased && let Some(out) = self.git_alias(&invocation, state) {
            reading.opinions.retain(|opinion| opinion.id != "unknown-subcommand");
            self.record(&invocation, reading, state);
            return out;
        }
        let inner = reading.inner.clone();
        if reading.command == "ln" {
            self.remember_link(&invocation, state);
        }
        let index = self.record(&invocation, reading, state);
        self.remember_written(index, &out, state);
        if self.resolved.readings[index].command == "crontab" {
            self.crontab(&invocation, state);
        }
        let mut inner_out = None;
        for inner in inner {
            let wrote = self.inner(inner, index, state);
            inner_out = match inner_out {
                None => Some(wrote),
                Some(_) => Some(Out::Unknown),
            };
        }
        match inner_out {
            Some(wrote) if out == Out::Unknown => wrote,
            _ => out,
        }
    }

    /// Programs that a package brings along are its own: its scripts call them by name.
    fn settle(&self, invocation: &Invocation, reading: &mut Reading) {
        let Some(folder) = &self.frame.local_bin else { return };
        if !reading.opinions.iter().any(|opinion| opinion.id == "unknown-program") {
            return;
        }
        if let Some(name) = invocation.words[0].text()
            && !name.contains('/')
            && self.world.kind(&folder.join(name)).is_some()
        {
            reading.opinions.retain(|opinion| opinion.id != "unknown-program");
        }
    }

    /// Fills in what comes from the surroundings.
    pub(super) fn surround(&mut self, invocation: &mut Invocation, state: &State) {
        for (name, variable) in state.exported() {
            if invocation.environment.iter().any(|(other, _)| other == name) {
                continue;
            }
            if let Some(Some(value)) = variable.values.first() {
                invocation.environment.push((name.clone(), super::walk::word(value.scalar())));
            }
        }
        let choice = self.choices.choose("$PWD", state.cwd.len());
        invocation.cwd.get_or_insert_with(|| state.cwd.get(choice).cloned().unwrap_or(Cwd::Unknown));
        if invocation.via.is_empty() {
            invocation.via.clone_from(&self.frame.via);
        }
        if invocation.place == crate::gate::model::Place::Local {
            invocation.place = self.frame.place.clone();
        }
        invocation.privileged |= self.frame.privileged;
        invocation.depth = self.frame.depth;
        invocation.scripted |= self.frame.scripted;
        if self.frame.fixed.is_some() {
            invocation.span = self.at(invocation.span);
        }
    }

    /// Keeps an invocation and its reading; its place in the list.
    pub(super) fn record(&mut self, invocation: &Invocation, mut reading: Reading, state: &State) -> usize {
        let mut invocation = invocation.clone();
        if !reading.effects.iter().any(|effect| effect.source == "redirect") {
            redirect_effects(&invocation, &mut reading);
        }
        self.poison(&invocation, state, &mut reading);
        self.surround(&mut invocation, state);
        let index = self.resolved.invocations.len();
        self.feed(&mut invocation, index);
        self.resolved.invocations.push(invocation);
        self.resolved.readings.push(reading);
        index
    }

    /// Remembers what a link that the line makes points to.
    fn remember_link(&mut self, invocation: &Invocation, state: &State) {
        let operands: Vec<&str> = invocation
            .words
            .iter()
            .skip(1)
            .filter_map(Word::text)
            .filter(|word| !word.starts_with('-'))
            .collect();
        let (target, link) = match operands.as_slice() {
            [target] => (*target, "."),
            [target, link] => (*target, *link),
            _ => return,
        };
        let Some(mut link) = self.absolute(link, state) else { return };
        if self.world.kind(&link) == Some(FileKind::Folder)
            && let Some(name) = std::path::Path::new(target).file_name()
        {
            link.push(name);
        }
        // what a hard link is made of is named from the folder the command runs in
        let soft = invocation.words.iter().skip(1).filter_map(Word::text).any(|word| {
            word == "--symbolic" || word.starts_with('-') && !word.starts_with("--") && word.contains('s')
        });
        let target = if soft { Some(std::path::PathBuf::from(target)) } else { self.absolute(target, state) };
        if let Some(target) = target {
            self.resolved.links.insert(link, target);
        }
    }

    /// Remembers files that a program writes, so that running them later in the line is seen for what it is.
    fn remember_written(&mut self, index: usize, out: &Out, state: &State) {
        let reading = &self.resolved.readings[index];
        let fetches = reading.effects.iter().any(|effect| effect.kind == EffectKind::Fetches);
        let copies = reading.command == "tee";
        let edits = EDITS.contains(&reading.command.as_str());
        let paths: Vec<_> = reading
            .effects
            .iter()
            .filter(|effect| {
                matches!(effect.kind, EffectKind::Writes | EffectKind::Overwrites)
                    && effect.source != "redirect"
            })
            .filter_map(|effect| effect.target.as_ref()?.text().map(str::to_owned))
            .collect();
        if paths.len() > 64 {
            return;
        }
        for path in paths {
            let Some(path) = self.absolute(&path, state) else { continue };
            // changes in place (`chmod`, `sed -i`) leave it what it was, unless it was written before
            if !fetches && !copies && !edits {
                continue;
            }
            let content = if copies { out.clone() } else { Out::Unknown };
            if let Out::Known(content) = &content {
                self.write_later(&path, content, state);
            }
            self.written.insert(path, super::Written { content, by: index..index + 1 });
        }
    }

    pub(super) fn assign(&mut self, assignment: &Assignment, state: &mut State) {
        let name = assignment.name.as_str();
        if let [Piece::Array(elements)] = assignment.value.pieces.as_slice() {
            let array = self.elements(elements, state);
            let value = match (assignment.append, self.current(name, state)) {
                (true, Some(Value::Array(mut old))) => {
                    let offset = old.len();
                    old.extend(array.into_iter().map(|(key, parts)| {
                        let key = key.parse::<usize>().map_or(key, |number| (number + offset).to_string());
                        (key, parts)
                    }));
                    Value::Array(old)
                }
                (true, Some(Value::Scalar(parts))) => {
                    let mut old = vec![("0".to_owned(), parts)];
                    old.extend(array.into_iter().map(|(key, parts)| {
                        let key = key.parse::<usize>().map_or(key, |number| (number + 1).to_string());
                        (key, parts)
                    }));
                    Value::Array(old)
                }
                _ => Value::Array(array),
            };
            state.set(name, value);
            return;
        }
        let parts = self.joined(&assignment.value, state);
        self.assign_parts(name, assignment.index.as_ref(), assignment.append, parts, state);
    }

    /// Fields of `name=(…)`.
    fn elements(
        &mut self,
        elements: &[(Option<ast::Word>, ast::Word)],
        state: &mut State,
    ) -> Vec<(String, Parts)> {
        let mut array = Vec::new();
        for (key, word) in elements {
            match key {
                Some(key) => {
                    let key = self.joined(key, state);
                    let key = known(&key).unwrap_or("?").to_owned();
                    self.subscript(&key, state, 0);
                    let parts = self.joined(word, state);
                    array.push((key, parts));
                }
                None => {
                    let mut fields = Vec::new();
                    self.fields(word, state, &mut fields);
                    for field in fields {
                        array.push((array.len().to_string(), field.parts));
                    }
                }
            }
        }
        array
    }

    fn current(&mut self, name: &str, state: &State) -> Option<Value> {
        let variable = state.variable(name)?;
        let choice = self.choices.choose(name, variable.values.len());
        variable.values.get(choice).cloned().flatten()
    }

    pub(super) fn assign_parts(
        &mut self,
        name: &str,
        index: Option<&ast::Word>,
        append: bool,
        parts: Parts,
        state: &mut State,
    ) {
        let old = self.current(name, state);
        if let Some(index) = index {
            let key = self.joined(index, state);
            let key = known(&key).unwrap_or("?").to_owned();
            self.subscript(&key, state, 0);
            let mut elements = match old {
                Some(Value::Array(elements)) => elements,
                Some(Value::Scalar(parts)) => vec![("0".to_owned(), parts)],
                None => Vec::new(),
            };
            match elements.iter_mut().find(|(other, _)| *other == key) {
                Some((_, old)) if append => push_parts(old, &parts),
                Some((_, old)) => *old = parts,
                None => elements.push((key, parts)),
            }
            state.set(name, Value::Array(elements));
            return;
        }
        let value = match old {
            Some(Value::Array(mut elements)) => {
                match elements.iter_mut().find(|(key, _)| key == "0") {
                    Some((_, old)) if append => push_parts(old, &parts),
                    Some((_, old)) => *old = parts,
                    None => elements.push(("0".to_owned(), parts)),
                }
                Value::Array(elements)
            }
            Some(Value::Scalar(mut old)) if append => {
                push_parts(&mut old, &parts);
                Value::Scalar(old)
            }
            None if append && state.variable(name).is_none() => {
                let mut old = super::value::unknown(&format!("${name}"));
                push_parts(&mut old, &parts);
                Value::Scalar(old)
            }
            _ => Value::Scalar(parts),
        };
        state.set(name, value);
    }
}

/// The effects of redirections.
pub(super) fn redirect_effects(invocation: &Invocation, reading: &mut Reading) {
    for redirect in &invocation.redirects {
        let kind = match redirect.kind {
            // what is read may come out again, whatever reads it
            RedirectKind::Read => EffectKind::Shows,
            RedirectKind::Write | RedirectKind::ReadWrite => EffectKind::Overwrites,
            RedirectKind::Append => EffectKind::Writes,
        };
        reading.effects.push(Effect {
            kind,
            target: Some(redirect.target.clone()),
            source: "redirect".to_owned(),
        });
    }
}

/// The last component of a path.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A word for a message.
pub(super) fn shown(word: &Word) -> String {
    let mut text = String::new();
    for part in &word.parts {
        match part {
            Part::Text(part) | Part::Glob(part) => text.push_str(part),
            Part::Unknown { source, .. } => text.push_str(source),
        }
    }
    if text.chars().count() > 60 {
        text = text.chars().take(60).collect::<String>() + "…";
    }
    text
}

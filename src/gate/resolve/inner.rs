//! Commands within commands: lines of shell, scripts, code of other languages, targets.

use std::path::Path;
use std::rc::Rc;

use crate::gate::decision::Decision;
use crate::gate::flows;
use crate::gate::knowledge;
use crate::gate::model::{
    Cwd, EffectKind, Inner, Invocation, Part, Place, Reading, RedirectKind, Stdin, Word,
};
use crate::span::Span;

use super::simple::{base_name, shown};
use super::value::{Parts, State, Value, known, push_text};
use super::{Io, Out, Resolver};

/// Scripts longer than this are not read.
const MAX_SCRIPT: usize = 256 << 10;

/// The variable that holds the file at hand, of which `${BASH_SOURCE[0]}` is the usual form.
const SOURCE: &str = "BASH_SOURCE";

impl Resolver<'_> {
    /// Walks a command within the invocation at `index`.
    pub(super) fn inner(&mut self, inner: Inner, index: usize, state: &State) -> Out {
        let frame = self.frame.clone();
        let out = self.deeper(|resolver| resolver.inner_at(inner, index, state)).unwrap_or(Out::Unknown);
        self.frame = frame;
        out
    }

    fn inner_at(&mut self, inner: Inner, index: usize, state: &State) -> Out {
        match inner {
            Inner::Words(mut invocation) => {
                if invocation.words.is_empty() {
                    return Out::Unknown;
                }
                self.enter(&mut invocation, index);
                self.poison_inner(&invocation, index, state);
                let mut inside = child(state, &invocation);
                self.start(invocation, &mut inside, &Io::default(), false)
            }
            Inner::Shell { text, dialect, arguments, mut within } => {
                self.enter(&mut within, index);
                let mut inside = child(state, &within);
                if matches!(dialect.as_str(), "powershell" | "pwsh" | "cmd") {
                    self.ask(
                        "unread-foreign-shell",
                        format!("a line of {dialect} that is not understood here"),
                        within.span,
                    );
                    return Out::Unknown;
                }
                if let Some(zero) = arguments.first() {
                    inside.zero = Some(zero.parts.clone());
                    inside.positional =
                        Some(Rc::new(arguments[1..].iter().map(|word| word.parts.clone()).collect()));
                }
                let io = Io { stdin: within.stdin.clone(), redirects: Vec::new() };
                let span = text.span.or(within.span);
                if let Stdin::Pipe(feeders) = &within.stdin
                    && matches!(text.parts.as_slice(), [Part::Unknown { .. }])
                    && let Some(file) = self.only_file(feeders)
                {
                    return self.script("shell", &file, &within, &mut inside, &io);
                }
                if text.is_unknown()
                    && let Stdin::Pipe(feeders) = &within.stdin
                    && self.fetched(feeders.iter().copied())
                {
                    self.fetched_code(span);
                    return Out::Unknown;
                }
                self.shell_text(&text.parts, span, &mut inside, &io, "a line of shell")
            }
            Inner::Script { language, path, arguments, mut within } => {
                self.enter(&mut within, index);
                let mut inside = child(state, &within);
                inside.zero = Some(path.parts.clone());
                inside.positional = Some(Rc::new(arguments.iter().map(|word| word.parts.clone()).collect()));
                let io = Io { stdin: within.stdin.clone(), redirects: Vec::new() };
                self.script(&language, &path, &within, &mut inside, &io)
            }
            Inner::Code { language, text, mut within } => {
                self.enter(&mut within, index);
                self.code(&language, &text, &within, state);
                Out::Unknown
            }
            Inner::Target { kind, name, mut within } => {
                self.enter(&mut within, index);
                self.target(&kind, name.as_ref(), &within, state);
                Out::Unknown
            }
        }
    }

    /// Takes over the surroundings that a wrapper makes.
    fn enter(&mut self, invocation: &mut Invocation, index: usize) {
        let outer = &self.resolved.invocations[index];
        let name = outer.words.first().and_then(Word::text).map(base_name).unwrap_or_default();
        if invocation.via.len() <= outer.via.len() {
            invocation.via.clone_from(&outer.via);
            invocation.via.push(name.to_owned());
        }
        if invocation.place == Place::Local {
            invocation.place = outer.place.clone();
        }
        invocation.privileged |= outer.privileged;
        if invocation.cwd.is_none() {
            invocation.cwd.clone_from(&outer.cwd);
        }
        if invocation.span.is_none() {
            invocation.span = outer.span;
        }
        self.frame.via.clone_from(&invocation.via);
        self.frame.place = invocation.place.clone();
        self.frame.privileged = invocation.privileged;
        self.frame.fixed = Some(invocation.span);
    }

    /// Reads a text as shell and walks it. What is unknown in it asks; what is known is looked at all the same.
    pub(super) fn shell_text(
        &mut self,
        parts: &Parts,
        span: Option<Span>,
        state: &mut State,
        io: &Io,
        what: &str,
    ) -> Out {
        let whole;
        let text = match known(parts) {
            Some(text) => text,
            None => {
                self.computed(parts, span, what);
                whole = with_placeholders(parts);
                &whole
            }
        };
        if text.trim().is_empty() {
            return Out::nothing();
        }
        if !self.spend(text.len()) {
            return Out::Unknown;
        }
        let frame = self.frame.clone();
        self.frame.fixed = Some(span);
        let list = crate::shell::parse(text, span);
        let out = match list {
            Ok(list) => self.deeper(|resolver| resolver.list(&list, state, io)).unwrap_or(Out::Unknown),
            Err(unread) => {
                self.unread(unread, text, what);
                Out::Unknown
            }
        };
        self.frame = frame;
        out
    }

    /// The file that these commands put out as it is: `cat FILE`.
    fn only_file(&self, feeders: &[usize]) -> Option<Word> {
        let [only] = feeders else { return None };
        let reading = self.resolved.readings.get(*only).filter(|reading| reading.command == "cat")?;
        match reading.effects.as_slice() {
            [effect]
                if effect.kind == EffectKind::Shows && self.resolved.invocations[*only].words.len() == 2 =>
            {
                effect.target.clone()
            }
            _ => None,
        }
    }

    /// Whether something unknown in the parts comes from the network.
    pub(super) fn made_by_network(&self, parts: &[Part]) -> bool {
        parts.iter().any(|part| {
            let Part::Unknown { source, .. } = part else { return false };
            self.substitutions
                .iter()
                .filter(|(other, _)| **other == **source)
                .any(|(_, range)| self.fetched(range.clone()))
        })
    }

    /// Says that code is only known when it runs.
    pub(super) fn computed(&mut self, parts: &Parts, span: Option<Span>, what: &str) {
        if self.made_by_network(parts) {
            self.fetched_code(span);
        } else {
            self.ask("unread-computed", format!("{what} is only known when it runs"), span);
        }
    }

    pub(super) fn fetched_code(&mut self, span: Option<Span>) {
        self.opine(
            "flow-fetched-code",
            Decision::Deny,
            "what comes from the network is run unseen; save it to a file, read it, then run it",
            span,
        );
    }

    /// Whether one of these commands, or one that feeds it, reads the network.
    pub(super) fn fetched(&self, indices: impl IntoIterator<Item = usize>) -> bool {
        let mut left: Vec<usize> = indices.into_iter().collect();
        let mut seen = std::collections::HashSet::new();
        while let Some(index) = left.pop() {
            if !seen.insert(index) {
                continue;
            }
            let Some(reading) = self.resolved.readings.get(index) else { continue };
            if reading.effects.iter().any(|effect| effect.kind == EffectKind::Fetches)
                || self
                    .resolved
                    .invocations
                    .get(index)
                    .is_some_and(|invocation| self.connects(invocation, reading))
            {
                return true;
            }
            if let Some(Invocation { stdin: Stdin::Pipe(feeders), .. }) = self.resolved.invocations.get(index)
            {
                left.extend(feeders);
            }
        }
        false
    }

    /// Whether what an invocation reads or writes is what somebody at the other end of a connection sends.
    fn connects(&self, invocation: &Invocation, reading: &Reading) -> bool {
        let name = invocation.words.first().and_then(Word::text).map(base_name).unwrap_or_default();
        let connects = flows::PROGRAMS_CONNECTORS.contains(&name)
            && (name != "openssl"
                || reading.command.contains("s_client")
                || reading.mentions.iter().any(|mention| mention.word.text() == Some("s_client")));
        let socket =
            |word: &Word| word.prefix().starts_with("/dev/tcp/") || word.prefix().starts_with("/dev/udp/");
        connects
            || matches!(&invocation.stdin, Stdin::File(file) if socket(file))
            || invocation
                .redirects
                .iter()
                .any(|redirect| redirect.kind != RedirectKind::Write && socket(&redirect.target))
    }

    /// `source path`: in the shell at hand.
    pub(super) fn script_in(
        &mut self,
        path: &Word,
        invocation: &Invocation,
        state: &mut State,
        io: &Io,
    ) -> Out {
        let mut within = invocation.clone();
        self.surround(&mut within, state);
        self.script("shell", path, &within, state, io)
    }

    /// A file that is run.
    fn script(
        &mut self,
        language: &str,
        path: &Word,
        within: &Invocation,
        state: &mut State,
        io: &Io,
    ) -> Out {
        let span = path.span.or(within.span);
        let Some(name) = super::redirect::plain(path).map(str::to_owned) else {
            let parts = path.parts.clone();
            if !path.is_unknown() && !is_shell(language) && self.is_pattern_of_ours(path, state) {
                return Out::Unknown;
            }
            if path.is_unknown() {
                self.computed(&parts, span, "which script runs");
            } else {
                self.ask(
                    "unread-script",
                    format!("which file is run is only known when it is: {}", shown(path)),
                    span,
                );
            }
            return Out::Unknown;
        };
        // What runs elsewhere cannot be read here. A container's own program is its own affair; where another machine is
        // reached, that asks.
        if within.place != Place::Local {
            return Out::Unknown;
        }
        if matches!(name.as_str(), "-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0") {
            return self.stdin_code(language, within, state, io);
        }
        if let Some(process) = self.process_of(&name).cloned() {
            return match process.out {
                Out::Known(parts) => self.content(language, &parts, span, within, state, io),
                Out::Unknown => {
                    if self.fetched(process.by) {
                        self.fetched_code(span);
                    } else {
                        self.ask("unread-computed", "a script is only known when it runs", span);
                    }
                    Out::Unknown
                }
            };
        }
        let Some(file) = self.absolute(&name, state) else {
            self.ask(
                "unread-script",
                format!("`{name}` is run in a folder that is not known beforehand"),
                span,
            );
            return Out::Unknown;
        };
        if let Some(written) = self.written.get(&file).cloned() {
            return match written.content {
                Out::Known(parts) => self.content(language, &parts, span, within, state, io),
                Out::Unknown => {
                    if self.fetched(written.by) {
                        self.fetched_code(span);
                    } else {
                        self.ask(
                            "unread-script-changed",
                            format!("`{name}` is written by the command itself before it runs"),
                            span,
                        );
                    }
                    Out::Unknown
                }
            };
        }
        self.file(language, &name, &file, within, state, io)
    }

    /// Code that a program reads on its standard input.
    fn stdin_code(&mut self, language: &str, within: &Invocation, state: &mut State, io: &Io) -> Out {
        let span = within.span;
        match within.stdin.clone() {
            Stdin::Text(word) => self.content(language, &word.parts, span, within, state, io),
            Stdin::Empty => Out::nothing(),
            Stdin::Inherited => Out::Unknown,
            Stdin::File(word) => self.script(language, &word, within, state, io),
            Stdin::Pipe(feeders) => {
                if self.fetched(feeders) {
                    self.fetched_code(span);
                } else {
                    self.ask("unread-computed", "the output of another program is run as code", span);
                }
                Out::Unknown
            }
        }
    }

    /// The content of a script.
    pub(super) fn content(
        &mut self,
        language: &str,
        parts: &Parts,
        span: Option<Span>,
        within: &Invocation,
        state: &mut State,
        io: &Io,
    ) -> Out {
        let language = if language == "any" { "" } else { language };
        let language = match known(parts).and_then(shebang) {
            Some(found) if language.is_empty() => found.to_owned(),
            _ if language.is_empty() => "sh".to_owned(),
            _ => language.to_owned(),
        };
        if is_shell(&language) {
            return self.shell_text(parts, span, state, io, "a script");
        }
        self.code(&language, &Word { parts: parts.clone(), span }, within, state);
        Out::Unknown
    }

    fn file(
        &mut self,
        language: &str,
        name: &str,
        file: &Path,
        within: &Invocation,
        state: &mut State,
        io: &Io,
    ) -> Out {
        let span = within.span;
        if self.is_setup(file) {
            return Out::Unknown;
        }
        let Some((bytes, whole)) = self.world.read(file, MAX_SCRIPT) else {
            if language != "make" && self.world.kind(file).is_none() && self.is_built(file) {
                return Out::Unknown;
            }
            self.ask(
                "unread-script-missing",
                format!("`{name}` is run, but it is not there or cannot be read"),
                span,
            );
            return Out::Unknown;
        };
        let here = self.is_ours(file);
        if self.is_secret_file(file) {
            let text = String::from_utf8_lossy(&bytes);
            return self.secret_file(name, file, &text, within, state);
        }
        let Ok(text) = std::str::from_utf8(&bytes) else {
            // a compiled program
            if !here {
                self.ask(
                    "program-outside-workspace",
                    format!("`{name}` is a program outside the workspace"),
                    span,
                );
            }
            return Out::Unknown;
        };
        if shebang(text).is_none() && is_no_code(name) {
            self.ask(
                "unread-script",
                format!("`{name}` is run, though its name is not that of a script"),
                span,
            );
        }
        let language = if language.is_empty() || language == "any" {
            match shebang(text) {
                Some(found) => found.to_owned(),
                None => by_ending(name).unwrap_or("sh").to_owned(),
            }
        } else {
            language.to_owned()
        };
        if !whole {
            self.ask("unread-script-too-long", format!("`{name}` is too long to be read"), span);
            return Out::Unknown;
        }
        if self.scripts.iter().any(|other| other == file) {
            return Out::Unknown;
        }
        if !here {
            self.ask("script-outside-workspace", format!("`{name}` lies outside the workspace"), span);
        }
        self.scripts.push(file.to_path_buf());
        let (start, said) = (self.resolved.invocations.len(), self.resolved.opinions.len());
        let scripted = std::mem::replace(&mut self.frame.scripted, true);
        let out = if is_shell(&language) {
            let outer =
                state.variable(SOURCE).and_then(|variable| variable.values.first().cloned().flatten());
            state.set(SOURCE, Value::Array(vec![("0".to_owned(), super::value::text(name))]));
            let out = self.shell_text(&super::value::text(text), span, state, io, &format!("`{name}`"));
            match outer {
                Some(outer) => state.set(SOURCE, outer),
                None => state.unset(SOURCE),
            }
            // the start script of a build tool: the tool runs code of the workspace in any case
            if file.starts_with(&self.environment.workspace) && knowledge::is_wrapper(base_name(name)) {
                self.own_since(start, said);
            }
            out
        } else {
            self.code_file(&language, text, within, state);
            Out::Unknown
        };
        self.frame.scripted = scripted;
        self.scripts.pop();
        out
    }

    /// Whether a pattern finds only files of the workspace.
    fn is_pattern_of_ours(&self, path: &Word, state: &State) -> bool {
        let [cwd] = state.cwd.as_slice() else { return false };
        let spots = crate::gate::paths::locate(path, Some(cwd), self.environment);
        !spots.is_empty() && spots.iter().all(|spot| spot.area == crate::gate::paths::Area::Workspace)
    }

    /// Whether a file belongs to what the agent works on.
    pub(super) fn is_ours(&self, file: &Path) -> bool {
        file.starts_with(&self.environment.workspace)
            || self.environment.temporary.iter().any(|folder| file.starts_with(folder))
    }
}

/// The state of a program's own shell.
pub(super) fn child(state: &State, within: &Invocation) -> State {
    let mut inside = state.for_child();
    for (name, word) in &within.environment {
        inside.set(name, Value::Scalar(word.parts.clone()));
        inside.export(name);
    }
    match &within.cwd {
        Some(cwd) => inside.cwd = vec![cwd.clone()],
        None if inside.cwd.is_empty() => inside.cwd = vec![Cwd::Unknown],
        None => {}
    }
    inside
}

/// A text in which variables stand for what is unknown, so that the rest can be read.
fn with_placeholders(parts: &Parts) -> String {
    let mut text = Parts::new();
    for part in parts {
        match part {
            Part::Text(known) | Part::Glob(known) => push_text(&mut text, known),
            Part::Unknown { .. } => push_text(&mut text, "${UNKNOWN_HERE}"),
        }
    }
    known(&text).unwrap_or_default().to_owned()
}

fn is_shell(language: &str) -> bool {
    matches!(language, "sh" | "bash" | "zsh" | "dash" | "ksh" | "ash" | "shell" | "fish" | "mksh" | "busybox")
}

/// The language that the first line names.
fn shebang(text: &str) -> Option<&'static str> {
    let line = text.strip_prefix("#!")?.lines().next()?;
    let mut words = line.split_whitespace();
    let mut program = base_name(words.next()?);
    if program == "env" {
        program = words.find(|word| !word.starts_with('-') && !word.contains('=')).map(base_name)?;
    }
    let program = program.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.');
    Some(match program {
        "sh" | "bash" | "zsh" | "dash" | "ksh" | "ash" => "sh",
        "python" | "pypy" => "python",
        "node" | "nodejs" | "bun" | "deno" | "tsx" => "node",
        "perl" => "perl",
        "ruby" => "ruby",
        "php" => "php",
        "awk" | "gawk" | "mawk" => "awk",
        "sed" => "sed",
        "lua" => "lua",
        "make" => "make",
        _ => "other",
    })
}

/// Whether a file's name is one of text or data.
fn is_no_code(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| {
        matches!(
            ending,
            "txt"
                | "md"
                | "log"
                | "csv"
                | "tsv"
                | "json"
                | "dat"
                | "data"
                | "tmp"
                | "bak"
                | "orig"
                | "out"
                | "html"
                | "xml"
                | "png"
                | "jpg"
                | "gif"
                | "pdf"
                | "yml"
                | "yaml"
        )
    })
}

fn by_ending(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "sh" | "bash" => "sh",
        "py" => "python",
        "js" | "mjs" | "cjs" | "ts" => "node",
        "pl" => "perl",
        "rb" => "ruby",
        "php" => "php",
        "lua" => "lua",
        _ => return None,
    })
}

impl Resolver<'_> {
    /// Code of which nothing is known.
    pub(super) fn computed_code(&mut self, text: &Word, within: &Invocation) {
        let span = text.span.or(within.span);
        match &within.stdin {
            Stdin::Pipe(feeders) if self.fetched(feeders.clone()) => self.fetched_code(span),
            _ => self.computed(&text.parts, span, "the code"),
        }
    }
}

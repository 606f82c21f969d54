//! Redirections: where input comes from, which files are written.

use std::ops::Range;
use std::path::PathBuf;

use crate::gate::model::{Cwd, Invocation, Part, Reading, Redirect, RedirectKind, Stdin, Word};
use crate::shell::ast::{self, RedirectOp, Target};
use crate::span::Span;

use super::value::{State, known, push_text};
use super::walk::word;
use super::{Out, Resolver, Written};

/// The descriptor that the first process substitution is said to have.
pub(super) const FIRST_PROCESS: usize = 63;

/// What redirections come to.
#[derive(Debug, Default)]
pub(super) struct Redirected {
    pub(super) redirects: Vec<Redirect>,
}

impl Resolver<'_> {
    /// Resolves redirections; standard input is set where they say so.
    pub(super) fn redirects(
        &mut self,
        redirects: &[ast::Redirect],
        state: &mut State,
        stdin: &mut Stdin,
    ) -> Redirected {
        let mut redirected = Redirected::default();
        for redirect in redirects {
            let input = matches!(redirect.fd, None | Some(0));
            match (&redirect.target, redirect.op) {
                (Target::Here(body), _) => {
                    let parts = match body.get() {
                        Some(body) => self.joined(body, state),
                        None => Vec::new(),
                    };
                    if input {
                        *stdin = Stdin::Text(word(parts));
                    }
                }
                (Target::Word(target), RedirectOp::HereString) => {
                    let mut parts = self.joined(target, state);
                    push_text(&mut parts, "\n");
                    if input {
                        *stdin = Stdin::Text(word(parts));
                    }
                }
                (Target::Word(target), op) => {
                    let span = self.at(target.span);
                    let mut words = Vec::new();
                    self.fields(target, state, &mut words);
                    let target = match words.len() {
                        1 => words.remove(0),
                        // the shell calls anything else ambiguous
                        _ => Word { parts: self.joined(target, state), span },
                    };
                    let mut target = target;
                    let mut op = op;
                    if matches!(op, RedirectOp::DupInput | RedirectOp::DupOutput) {
                        let text = target.text().unwrap_or_default();
                        let opened = text.parse().ok().and_then(|number: u32| self.descriptors.get(&number));
                        if let Some(file) = opened {
                            op = if op == RedirectOp::DupInput {
                                RedirectOp::Read
                            } else {
                                RedirectOp::Append
                            };
                            target = file.clone();
                        } else {
                            let descriptor = !text.is_empty()
                                && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
                            if descriptor || op == RedirectOp::DupInput {
                                continue;
                            }
                        }
                    } else if let Some(number @ 3..) = redirect.fd {
                        self.descriptors.insert(number, target.clone());
                    }
                    let kind = match op {
                        RedirectOp::Read | RedirectOp::DupInput => RedirectKind::Read,
                        RedirectOp::Append | RedirectOp::AppendBoth => RedirectKind::Append,
                        RedirectOp::ReadWrite => RedirectKind::ReadWrite,
                        _ => RedirectKind::Write,
                    };
                    if kind == RedirectKind::Read && input {
                        *stdin = self.input_from(&target, state);
                    }
                    if target.text().is_some_and(|text| is_harmless(text) && self.process_of(text).is_none())
                    {
                        continue;
                    }
                    redirected.redirects.push(Redirect { kind, target });
                }
            }
        }
        redirected
    }

    /// What a file holds, as far as the line itself tells.
    fn input_from(&mut self, target: &Word, state: &State) -> Stdin {
        let Some(text) = target.text() else { return Stdin::File(target.clone()) };
        if text == "/dev/null" {
            return Stdin::Empty;
        }
        if let Some(process) = self.process_of(text) {
            return match &process.out {
                Out::Known(parts) => Stdin::Text(word(parts.clone())),
                Out::Unknown => Stdin::Pipe(process.by.clone().collect()),
            };
        }
        if let Some(written) = self.absolute(text, state).and_then(|path| self.written.get(&path)) {
            return match &written.content {
                Out::Known(parts) => Stdin::Text(word(parts.clone())),
                Out::Unknown => Stdin::Pipe(written.by.clone().collect()),
            };
        }
        Stdin::File(target.clone())
    }

    /// The process substitution that a path names.
    pub(super) fn process_of(&self, path: &str) -> Option<&super::Process> {
        // also `@/dev/fd/63` and `name=/dev/fd/63`
        let (_, number) = path.split_once("/dev/fd/")?;
        let number: usize = number.parse().ok()?;
        self.processes.get(number.checked_sub(FIRST_PROCESS)?)
    }

    /// A path made absolute, if the folder is known.
    pub(super) fn absolute(&self, path: &str, state: &State) -> Option<PathBuf> {
        let joined = match (path.starts_with('/'), state.cwd.as_slice()) {
            (true, _) => PathBuf::from(path),
            (false, [Cwd::Known(folder)]) => folder.join(path),
            _ => return None,
        };
        Some(normal(&joined))
    }

    /// Remembers what is written to files; true if the output goes there and nowhere else.
    pub(super) fn write_files(
        &mut self,
        files: &[Redirect],
        out: &Out,
        by: Range<usize>,
        state: &State,
    ) -> bool {
        let mut goes = false;
        for redirect in files {
            if !matches!(redirect.kind, RedirectKind::Write | RedirectKind::Append) {
                continue;
            }
            goes = true;
            let Some(path) = redirect.target.text().and_then(|text| self.absolute(text, state)) else {
                continue;
            };
            if let Out::Known(content) = out {
                self.write_later(&path, content, state);
            }
            let content = match (redirect.kind, self.written.get(&path)) {
                (RedirectKind::Append, Some(written)) => {
                    let mut content = written.content.clone();
                    content.then(out.clone());
                    content
                }
                (RedirectKind::Append, None) => Out::Unknown,
                _ => out.clone(),
            };
            let by = match self.written.get(&path) {
                Some(written) => written.by.start.min(by.start)..by.end,
                None => by.clone(),
            };
            self.written.insert(path, Written { content, by });
        }
        goes
    }

    /// Records redirections that stand alone or around a compound: `> file`.
    pub(super) fn record_bare(&mut self, redirects: Vec<Redirect>, span: Span, state: &State) {
        if redirects.is_empty() {
            return;
        }
        for cwd in state.cwd.clone() {
            let invocation = Invocation {
                redirects: redirects.clone(),
                cwd: Some(cwd),
                place: self.frame.place.clone(),
                via: self.frame.via.clone(),
                privileged: self.frame.privileged,
                span: self.at(Some(span)),
                depth: self.frame.depth,
                ..Invocation::default()
            };
            let mut reading = Reading::default();
            super::simple::redirect_effects(&invocation, &mut reading);
            self.resolved.invocations.push(invocation);
            self.resolved.readings.push(reading);
        }
    }
}

/// Whether writing there or reading from there does nothing.
fn is_harmless(path: &str) -> bool {
    matches!(
        path,
        "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/dev/stdin" | "/dev/tty" | "/dev/zero" | "/dev/full"
    ) || path.strip_prefix("/dev/fd/").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A path without `.` and `..`, by its text alone.
pub(super) fn normal(path: &std::path::Path) -> PathBuf {
    use std::path::Component;
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

/// Whether a word is known and holds no pattern.
pub(super) fn plain(word: &Word) -> Option<&str> {
    known(&word.parts).filter(|_| !word.parts.iter().any(|part| matches!(part, Part::Glob(_))))
}

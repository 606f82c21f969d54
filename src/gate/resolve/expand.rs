//! Words to fields: tilde, braces, variables, substitutions, splitting, patterns.

use std::rc::Rc;

use crate::gate::model::{Cwd, Part, Word};
use crate::shell::ast::{self, Kind, List, Piece};

use super::parameter::Expanded;
use super::value::{Parts, State, Value, known, push_parts, push_text, unknown};
use super::{Io, Out, Process, Resolver, braces};

/// Fields as they grow.
#[derive(Default)]
struct Fields {
    done: Vec<Parts>,
    current: Parts,
    /// Whether there is a field at all: an empty quoted text makes one, an empty variable does not.
    live: bool,
}

impl Fields {
    fn quoted(&mut self, text: &str) {
        self.live = true;
        push_text(&mut self.current, text);
    }

    /// Unquoted text: patterns in it count.
    fn unquoted(&mut self, text: &str) {
        self.live |= !text.is_empty();
        push_pattern(&mut self.current, text);
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.live) {
            self.done.push(std::mem::take(&mut self.current));
        }
    }

    /// The value of an unquoted expansion: split at blanks (or what IFS says), patterns count.
    fn expansion(&mut self, parts: &[Part], separators: &str) {
        for part in parts {
            match part {
                Part::Text(text) => {
                    let mut first = true;
                    for piece in text.split(|character| separators.contains(character)) {
                        if !first {
                            self.end();
                        }
                        first = false;
                        self.unquoted(piece);
                    }
                }
                Part::Glob(pattern) => {
                    self.live = true;
                    self.current.push(Part::Glob(pattern.clone()));
                }
                Part::Unknown { source, .. } => {
                    self.live = true;
                    self.current
                        .push(Part::Unknown { source: source.clone(), splits: !separators.is_empty() });
                }
            }
        }
    }
}

/// Appends unquoted text, with what the shell would match against files set apart.
fn push_pattern(parts: &mut Parts, text: &str) {
    if !text.contains(['*', '?', '[', '(']) {
        push_text(parts, text);
        return;
    }
    // a group of extended patterns: not taken apart
    if text.contains('(') {
        parts.push(Part::Glob(text.to_owned()));
        return;
    }
    let mut plain = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = match character {
            '*' | '?' => 1,
            '[' => match rest[1..].char_indices().skip(1).find(|(_, character)| *character == ']') {
                Some((at, _)) => at + 2,
                None => 0,
            },
            _ => 0,
        };
        if length == 0 {
            plain.push(character);
            rest = &rest[character.len_utf8()..];
            continue;
        }
        push_text(parts, &plain);
        plain.clear();
        match parts.last_mut() {
            Some(Part::Glob(last)) => last.push_str(&rest[..length]),
            _ => parts.push(Part::Glob(rest[..length].to_owned())),
        }
        rest = &rest[length..];
    }
    push_text(parts, &plain);
}

impl Resolver<'_> {
    /// The fields that a word becomes.
    pub(super) fn fields(&mut self, word: &ast::Word, state: &mut State, out: &mut Vec<Word>) {
        let span = self.at(word.span);
        if let [Piece::Literal(text)] = word.pieces.as_slice()
            && !text.contains(['*', '?', '[', '(', '{', '~'])
        {
            out.push(Word { parts: vec![Part::Text(text.clone())], span });
            return;
        }
        let mut fields = Fields::default();
        match braces::expand(&word.pieces) {
            None => {
                self.pieces(&word.pieces, state, &mut fields);
                fields.end();
            }
            Some((words, cut)) => {
                if cut {
                    self.end("limit-size", "braces expand to more words than can be looked at");
                }
                for pieces in words {
                    self.pieces(&pieces, state, &mut fields);
                    fields.end();
                }
            }
        }
        for parts in fields.done {
            let bytes =
                parts.iter().map(|part| if let Part::Text(text) = part { text.len() } else { 1 }).sum();
            if !self.spend(bytes) {
                return;
            }
            out.push(Word { parts, span });
        }
    }

    fn pieces(&mut self, pieces: &[Piece], state: &mut State, fields: &mut Fields) {
        for (index, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Literal(text) => {
                    let more = index + 1 < pieces.len();
                    let rest = if index == 0 { self.tilde(text, more, state, fields) } else { text.as_str() };
                    fields.unquoted(rest);
                }
                Piece::Quoted(text) => fields.quoted(text),
                Piece::Parameter { parameter, quoted } => {
                    let expanded = self.parameter(parameter, *quoted, state);
                    let separators = separators(state);
                    match (expanded, *quoted) {
                        (Expanded::Operand, _) => {
                            if let ast::Op::Default { word, .. } = &parameter.op {
                                self.operand(&word.pieces, state, fields, &separators);
                            }
                        }
                        (Expanded::Scalar(parts), true) => {
                            fields.live = true;
                            push_parts(&mut fields.current, &parts);
                        }
                        (Expanded::Scalar(parts), false) => fields.expansion(&parts, &separators),
                        (Expanded::Fields(values), quoted) => {
                            for (index, parts) in values.iter().enumerate() {
                                if index > 0 {
                                    fields.end();
                                }
                                if quoted {
                                    fields.live = true;
                                    push_parts(&mut fields.current, parts);
                                } else {
                                    fields.expansion(parts, &separators);
                                }
                            }
                        }
                    }
                }
                Piece::Substitution { list, source, quoted } => {
                    let parts = self.substitution(list, source, state);
                    if *quoted {
                        fields.live = true;
                        push_parts(&mut fields.current, &parts);
                    } else {
                        fields.expansion(&parts, &separators(state));
                    }
                }
                Piece::Arithmetic { word, source } => {
                    let parts = self.arithmetic(word, source, state);
                    fields.live = true;
                    push_parts(&mut fields.current, &parts);
                }
                Piece::Process { list, write, .. } => {
                    let path = self.process(list, *write, state);
                    fields.quoted(&path);
                }
                Piece::Array(elements) => {
                    fields.quoted("(");
                    for (_, word) in elements {
                        let parts = self.joined(word, state);
                        push_parts(&mut fields.current, &parts);
                        fields.quoted(" ");
                    }
                    fields.quoted(")");
                }
            }
        }
    }

    /// The operand of `${x:-operand}` outside quotes: it is split, but for what is quoted in it.
    fn operand(&mut self, pieces: &[Piece], state: &mut State, fields: &mut Fields, separators: &str) {
        for (index, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Literal(text) => {
                    let rest =
                        if index == 0 { self.tilde(text, pieces.len() > 1, state, fields) } else { text };
                    fields.expansion(&super::value::text(rest), separators);
                }
                piece => self.pieces(std::slice::from_ref(piece), state, fields),
            }
        }
    }

    /// `~`, `~user`, `~+`, `~-` at the start of a word, or after the `=` of what looks like an assignment.
    fn tilde<'t>(&mut self, text: &'t str, more: bool, state: &State, fields: &mut Fields) -> &'t str {
        let before = match text.split_once('=') {
            Some((name, rest)) if rest.starts_with('~') && !name.is_empty() => name.len() + 1,
            _ => 0,
        };
        let Some(rest) = text[before..].strip_prefix('~') else { return text };
        let end = rest.find(['/', ':']).unwrap_or(rest.len());
        if end == rest.len() && more {
            return text;
        }
        fields.unquoted(&text[..before]);
        let home = match &rest[..end] {
            "" => match state.variable("HOME") {
                Some(variable) => match variable.values.as_slice() {
                    [Some(Value::Scalar(parts))] => Some(parts.clone()),
                    _ => None,
                },
                None => self.environment.home.as_deref().map(path_parts),
            },
            "+" => match state.cwd.as_slice() {
                [Cwd::Known(path)] => Some(path_parts(path)),
                _ => None,
            },
            "-" => match &state.previous {
                Some(Cwd::Known(path)) => Some(path_parts(path)),
                _ => None,
            },
            user if user.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')) => {
                self.environment.home_of(user).as_deref().map(path_parts)
            }
            _ => return &text[before..],
        };
        let parts = home.unwrap_or_else(|| unknown(&text[before..=before + end]));
        fields.live = true;
        push_parts(&mut fields.current, &parts);
        &rest[end..]
    }

    /// A word where the shell splits nothing: values of assignments, targets of redirections, subjects of `case`.
    pub(super) fn joined(&mut self, word: &ast::Word, state: &mut State) -> Parts {
        match word.pieces.as_slice() {
            [] => return Vec::new(),
            [Piece::Literal(text)] if !text.contains('~') => return vec![Part::Text(text.clone())],
            [Piece::Quoted(text)] => return super::value::text(text.as_str()),
            _ => {}
        }
        let mut parts = Parts::new();
        for (index, piece) in word.pieces.iter().enumerate() {
            match piece {
                Piece::Literal(text) => {
                    if index == 0 && text.starts_with('~') {
                        let mut fields = Fields::default();
                        let rest = self.tilde(text, word.pieces.len() > 1, state, &mut fields);
                        push_parts(&mut parts, &fields.current);
                        push_text(&mut parts, rest);
                    } else {
                        push_text(&mut parts, text);
                    }
                }
                Piece::Quoted(text) => push_text(&mut parts, text),
                Piece::Parameter { parameter, .. } => match self.parameter(parameter, true, state) {
                    // only outside quotes
                    Expanded::Operand => {}
                    Expanded::Scalar(more) => push_parts(&mut parts, &more),
                    Expanded::Fields(values) => {
                        for (index, more) in values.iter().enumerate() {
                            if index > 0 {
                                push_text(&mut parts, " ");
                            }
                            push_parts(&mut parts, more);
                        }
                    }
                },
                Piece::Substitution { list, source, .. } => {
                    let more = self.substitution(list, source, state);
                    push_parts(&mut parts, &more);
                }
                Piece::Arithmetic { word, source } => {
                    let more = self.arithmetic(word, source, state);
                    push_parts(&mut parts, &more);
                }
                Piece::Process { list, write, .. } => {
                    let path = self.process(list, *write, state);
                    push_text(&mut parts, &path);
                }
                Piece::Array(elements) => {
                    for (_, word) in elements {
                        let more = self.joined(word, state);
                        push_parts(&mut parts, &more);
                        push_text(&mut parts, " ");
                    }
                }
            }
        }
        self.spend(parts.iter().map(|part| if let Part::Text(text) = part { text.len() } else { 1 }).sum());
        parts
    }

    /// A word as a pattern: what is quoted in it is escaped. Nothing if some of it is unknown.
    pub(super) fn pattern(&mut self, word: &ast::Word, state: &mut State) -> Option<Vec<char>> {
        let mut pattern = Vec::new();
        for piece in &word.pieces {
            match piece {
                Piece::Literal(text) => {
                    if text.contains('(') {
                        return None;
                    }
                    pattern.extend(text.chars());
                }
                Piece::Quoted(text) => {
                    for character in text.chars() {
                        pattern.extend(['\\', character]);
                    }
                }
                other => {
                    let quoted = matches!(
                        other,
                        Piece::Parameter { quoted: true, .. } | Piece::Substitution { quoted: true, .. }
                    );
                    let word = ast::Word { pieces: vec![other.clone()], span: word.span };
                    let parts = self.joined(&word, state);
                    for character in known(&parts)?.chars() {
                        if quoted {
                            pattern.push('\\');
                        }
                        pattern.push(character);
                    }
                }
            }
        }
        Some(pattern)
    }

    /// The output of `$(…)`.
    pub(super) fn substitution(&mut self, list: &List, source: &Rc<str>, state: &State) -> Parts {
        let start = self.resolved.invocations.len();
        let mut inside = state.clone();
        let out = self.deeper(|resolver| {
            // choices made outside hold inside, those made inside end there
            let outer = self_choices(resolver);
            let out = resolver.list(list, &mut inside, &Io::default());
            resolver.choices = outer;
            out
        });
        let range = start..self.resolved.invocations.len();
        // `$(<file)` is what the file holds
        let reads_file = matches!(list.items.as_slice(), [item] if item.rest.is_empty()
            && matches!(item.first.commands.as_slice(), [command] if matches!(&command.kind,
                Kind::Simple { assignments, words } if assignments.is_empty() && words.is_empty())
                && command.redirects.iter().any(|redirect| redirect.op == ast::RedirectOp::Read)));
        match out {
            Some(Out::Known(mut parts)) if !reads_file => {
                for part in &parts {
                    if let Part::Unknown { source, .. } = part {
                        self.substitutions.push((Rc::from(source.as_str()), range.clone()));
                    }
                }
                if let Some(Part::Text(last)) = parts.last_mut() {
                    last.truncate(last.trim_end_matches('\n').len());
                    if last.is_empty() {
                        parts.pop();
                    }
                }
                parts
            }
            _ => {
                self.substitutions.push((source.clone(), range));
                vec![Part::Unknown { source: source.to_string(), splits: false }]
            }
        }
    }

    /// The path of `<(…)`.
    fn process(&mut self, list: &List, write: bool, state: &State) -> String {
        let start = self.resolved.invocations.len();
        let mut inside = state.clone();
        let io = if write {
            Io { stdin: crate::gate::model::Stdin::Pipe(Vec::new()), ..Io::default() }
        } else {
            Io::default()
        };
        let out = self.deeper(|resolver| {
            let outer = self_choices(resolver);
            let out = resolver.list(list, &mut inside, &io);
            resolver.choices = outer;
            out
        });
        let by = start..self.resolved.invocations.len();
        let out = if write { Out::Unknown } else { out.unwrap_or(Out::Unknown) };
        self.processes.push(Process { out, by, reads: write });
        format!("/dev/fd/{}", super::redirect::FIRST_PROCESS + self.processes.len() - 1)
    }
}

fn self_choices(resolver: &Resolver<'_>) -> super::Choices {
    resolver.choices.clone()
}

fn path_parts(path: &std::path::Path) -> Parts {
    super::value::text(path.to_string_lossy())
}

/// What splits unquoted values.
fn separators(state: &State) -> String {
    match state.variable("IFS").map(|variable| variable.values.as_slice()) {
        Some([Some(value)]) => match known(&value.scalar()) {
            Some(text) => text.to_owned(),
            None => " \t\n".to_owned(),
        },
        _ => " \t\n".to_owned(),
    }
}

//! `$name` and `${name…}`.

use std::rc::Rc;

use crate::gate::decision::Decision;
use crate::gate::model::{Cwd, Part};
use crate::shell::ast::{self, Name, Op, Parameter, Replace};

use super::value::{Parts, State, Value, known, push_parts, push_text, text, unknown};
use super::{Resolver, arithmetic, pattern};

/// What an expansion gives.
pub(super) enum Expanded {
    Scalar(Parts),
    /// `"$@"` and `"${array[@]}"`
    Fields(Vec<Parts>),
    /// The operand of `:-` and its like, where quotes in it still count.
    Operand,
}

/// What `:-` and its like give.
enum Given {
    Value(Parts),
    Operand,
}

/// What a name stands for.
enum Lookup {
    Unset,
    Value(Value),
    /// Set outside the line, if at all.
    Outside,
}

impl Resolver<'_> {
    pub(super) fn parameter(&mut self, parameter: &Parameter, quoted: bool, state: &mut State) -> Expanded {
        if let Op::Odd(word) = &parameter.op {
            self.joined(word, state);
            if parameter.source.starts_with("${(") {
                self.opine(
                    "unread-command",
                    Decision::Ask,
                    "an expansion that only zsh knows may run what is in a variable",
                    None,
                );
            }
            return Expanded::Scalar(unknown(&parameter.source));
        }
        let source = parameter.source.as_str();
        if parameter.indirect {
            return self.indirect(parameter, quoted, state);
        }
        if let Name::Special(kind @ ('@' | '*')) = parameter.name {
            return self.all_positional(kind, &parameter.op, source, quoted, state);
        }
        if let Op::Index(index, op) = &parameter.op {
            return self.indexed(&parameter.name, index, op, source, quoted, state);
        }
        let lookup = self.lookup(&parameter.name, state);
        if let Op::Default { colon, kind, word } = &parameter.op
            && !quoted
            && *kind != '='
        {
            return match self.default(lookup, *colon, *kind, word, source, state) {
                Given::Value(parts) => Expanded::Scalar(parts),
                Given::Operand => Expanded::Operand,
            };
        }
        Expanded::Scalar(self.operate(&parameter.name, lookup, &parameter.op, source, state))
    }

    /// `${!name}`: the value is a name. `${!prefix*}` and `${!array[@]}` give names and keys.
    fn indirect(&mut self, parameter: &Parameter, quoted: bool, state: &mut State) -> Expanded {
        let source = parameter.source.as_str();
        match (&parameter.op, &parameter.name) {
            (Op::Names, Name::Variable(prefix)) => {
                let mut names: Parts = Vec::new();
                for name in state.names().filter(|name| name.starts_with(prefix.as_str())) {
                    push_text(&mut names, name);
                    push_text(&mut names, " ");
                }
                names.extend(unknown(source));
                Expanded::Scalar(names)
            }
            (Op::Index(index, inner), Name::Variable(name)) if matches!(**inner, Op::None) => {
                let all = matches!(index.pieces.as_slice(), [ast::Piece::Quoted(text)] if text == "@" || text == "*");
                match state.variable(name).and_then(|variable| variable.values.first().cloned().flatten()) {
                    Some(Value::Array(elements)) if all => {
                        Expanded::Fields(elements.iter().map(|(key, _)| text(key.as_str())).collect())
                    }
                    _ => Expanded::Scalar(unknown(source)),
                }
            }
            (op, name) => {
                let lookup = self.lookup(name, state);
                let target = self.operate(name, lookup, &Op::None, source, state);
                let Some(target) = known(&target) else { return Expanded::Scalar(unknown(source)) };
                self.subscript(target, state, 0);
                let target = match target.split_once('[') {
                    Some((name, rest)) => {
                        let index = rest.trim_end_matches(']').to_owned();
                        let word = ast::Word { pieces: vec![ast::Piece::Quoted(index)], span: None };
                        let name = Name::Variable(name.to_owned());
                        return self.indexed(&name, &word, &Op::None, source, quoted, state);
                    }
                    None if target.chars().all(|character| character.is_ascii_digit())
                        && !target.is_empty() =>
                    {
                        Name::Positional(target.parse().unwrap_or(u32::MAX))
                    }
                    None => match target {
                        "@" | "*" => {
                            return self.all_positional(
                                if target == "@" { '@' } else { '*' },
                                op,
                                source,
                                quoted,
                                state,
                            );
                        }
                        _ => Name::Variable(target.to_owned()),
                    },
                };
                let lookup = self.lookup(&target, state);
                Expanded::Scalar(self.operate(&target, lookup, op, source, state))
            }
        }
    }

    fn lookup(&mut self, name: &Name, state: &State) -> Lookup {
        match name {
            Name::Positional(0) => {
                Lookup::Value(Value::Scalar(state.zero.clone().unwrap_or_else(|| text("bash"))))
            }
            Name::Positional(number) => match &state.positional {
                Some(positional) => match positional.get(*number as usize - 1) {
                    Some(parts) => Lookup::Value(Value::Scalar(parts.clone())),
                    None => Lookup::Unset,
                },
                None => Lookup::Outside,
            },
            Name::Special('#') => match &state.positional {
                Some(positional) => Lookup::Value(Value::Scalar(text(positional.len().to_string()))),
                None => Lookup::Outside,
            },
            Name::Special(_) => Lookup::Outside,
            Name::Variable(name) => self.variable(name, state),
        }
    }

    fn variable(&mut self, name: &str, state: &State) -> Lookup {
        if let Some(variable) = state.variable(name) {
            let choice = self.choices.choose(name, variable.values.len());
            return match variable.values.get(choice) {
                Some(Some(value)) => Lookup::Value(value.clone()),
                _ => Lookup::Unset,
            };
        }
        let path = |path: Option<&std::path::Path>| {
            path.map_or(Lookup::Outside, |path| Lookup::Value(Value::Scalar(text(path.to_string_lossy()))))
        };
        match name {
            "HOME" => path(self.environment.home.as_deref()),
            "PWD" => {
                let choice = self.choices.choose("$PWD", state.cwd.len());
                match state.cwd.get(choice) {
                    Some(Cwd::Known(known)) => path(Some(known)),
                    _ => Lookup::Outside,
                }
            }
            "OLDPWD" => match &state.previous {
                Some(Cwd::Known(known)) => path(Some(known)),
                _ => Lookup::Outside,
            },
            "USER" | "LOGNAME" => match &self.environment.user {
                Some(user) => Lookup::Value(Value::Scalar(text(user.as_str()))),
                None => Lookup::Outside,
            },
            "SHELL" | "BASH" => Lookup::Value(Value::Scalar(text("/bin/bash"))),
            "IFS" => Lookup::Value(Value::Scalar(text(" \t\n"))),
            _ => Lookup::Outside,
        }
    }

    /// Applies an operation to a single value.
    fn operate(&mut self, name: &Name, lookup: Lookup, op: &Op, source: &str, state: &mut State) -> Parts {
        if let Op::Default { colon, kind, word } = op {
            return match self.default(lookup, *colon, *kind, word, source, state) {
                Given::Value(parts) => parts,
                Given::Operand => {
                    let parts = self.joined(word, state);
                    if let ('=', Name::Variable(name)) = (*kind, name) {
                        state.set(name, Value::Scalar(parts.clone()));
                    }
                    parts
                }
            };
        }
        let value = match lookup {
            Lookup::Unset => Vec::new(),
            Lookup::Outside => unknown(source),
            Lookup::Value(value) => value.scalar(),
        };
        self.transform(value, op, source, state)
    }

    /// `:-`, `:=`, `:?`, `:+` and their forms without the colon.
    fn default(
        &mut self,
        lookup: Lookup,
        colon: bool,
        kind: char,
        word: &ast::Word,
        source: &str,
        state: &mut State,
    ) -> Given {
        let (value, present) = match lookup {
            Lookup::Unset => (Vec::new(), Some(false)),
            Lookup::Outside => (unknown(source), None),
            Lookup::Value(value) => {
                let parts = value.scalar();
                let present = match parts.as_slice() {
                    [] => Some(!colon),
                    parts if parts.iter().any(|part| matches!(part, Part::Text(_))) => Some(true),
                    _ => None,
                };
                (parts, present)
            }
        };
        // where nobody knows whether it is set, both ways are looked at
        let present = present.unwrap_or_else(|| self.choices.choose(source, 2) == 1);
        match (kind, present) {
            ('-' | '=' | '?', true) => Given::Value(value),
            ('?', false) => {
                self.joined(word, state);
                // the shell ends here
                Given::Value(unknown(source))
            }
            ('-' | '=', false) | (_, true) => Given::Operand,
            (_, false) => Given::Value(Vec::new()),
        }
    }

    /// Operations that turn one text into another.
    fn transform(&mut self, value: Parts, op: &Op, source: &str, state: &mut State) -> Parts {
        let plain = known(&value).map(str::to_owned);
        let result = match op {
            Op::None | Op::Names | Op::Default { .. } | Op::Odd(_) | Op::Index(..) => return value,
            Op::Length => plain.map(|plain| plain.chars().count().to_string()),
            Op::Trim { suffix, longest, pattern } => {
                let pattern = self.pattern(pattern, state);
                if plain.is_none()
                    && let Some(trimmed) =
                        pattern.as_deref().and_then(|pattern| trim_end_of(&value, pattern, *suffix))
                {
                    return trimmed;
                }
                match (plain, pattern) {
                    (Some(plain), Some(pattern)) => trim(&plain, &pattern, *suffix, *longest),
                    _ => None,
                }
            }
            Op::Replace { how, pattern, with } => {
                let pattern = self.pattern(pattern, state);
                let with = self.joined(with, state);
                match (plain, pattern, known(&with)) {
                    (Some(plain), Some(pattern), Some(with)) => replace(&plain, &pattern, with, *how),
                    _ => None,
                }
            }
            Op::Substring { offset, length } => {
                let offset = self.number(offset, state);
                let length = length.as_ref().map(|length| self.number(length, state));
                match (plain, offset, length) {
                    (Some(plain), Some(offset), None) => substring(&plain, offset, None),
                    (Some(plain), Some(offset), Some(Some(length))) => {
                        substring(&plain, offset, Some(length))
                    }
                    _ => None,
                }
            }
            Op::Case { upper, all, pattern } => {
                let any = pattern.pieces.is_empty();
                self.joined(pattern, state);
                plain.filter(|_| any).map(|plain| {
                    let turn = |text: &str| if *upper { text.to_uppercase() } else { text.to_lowercase() };
                    match (all, plain.chars().next()) {
                        (true, _) | (_, None) => turn(&plain),
                        (false, Some(first)) => {
                            turn(first.encode_utf8(&mut [0; 4])) + &plain[first.len_utf8()..]
                        }
                    }
                })
            }
            Op::Transform(kind) => match (plain, kind) {
                (Some(plain), 'U') => Some(plain.to_uppercase()),
                (Some(plain), 'L') => Some(plain.to_lowercase()),
                (Some(plain), 'u') => Some(match plain.chars().next() {
                    Some(first) => first.to_uppercase().collect::<String>() + &plain[first.len_utf8()..],
                    None => plain,
                }),
                (Some(plain), 'E') => Some(crate::shell::escape::ansi_c(&plain)),
                (Some(plain), 'Q') => Some(format!("'{}'", plain.replace('\'', "'\\''"))),
                (Some(plain), 'P') => {
                    // prompts are expanded a second time
                    self.double_quoted(&plain, state);
                    None
                }
                _ => None,
            },
        };
        match result {
            Some(result) => text(result),
            None => unknown(source),
        }
    }

    fn all_positional(
        &mut self,
        kind: char,
        op: &Op,
        source: &str,
        quoted: bool,
        state: &mut State,
    ) -> Expanded {
        let Some(positional) = state.positional.clone() else {
            return Expanded::Scalar(unknown(source));
        };
        let values: Vec<Parts> = match op {
            Op::None => positional.to_vec(),
            Op::Length => return Expanded::Scalar(text(positional.len().to_string())),
            Op::Substring { offset, length } => {
                let offset = self.number(offset, state);
                let length = match length {
                    Some(length) => self.number(length, state),
                    None => Some(i64::MAX),
                };
                match (offset, length) {
                    (Some(offset), Some(length)) if offset >= 0 && length >= 0 => {
                        let all = std::iter::once(text("bash")).chain(positional.iter().cloned());
                        all.skip(offset as usize)
                            .take(usize::try_from(length).unwrap_or(usize::MAX))
                            .collect()
                    }
                    _ => return Expanded::Scalar(unknown(source)),
                }
            }
            Op::Default { kind, word, .. } if positional.is_empty() && *kind != '+' => {
                return Expanded::Scalar(self.joined(word, state));
            }
            Op::Default { kind, word, .. } if !positional.is_empty() && *kind == '+' => {
                return Expanded::Scalar(self.joined(word, state));
            }
            Op::Default { .. } => positional.to_vec(),
            op => positional.iter().map(|parts| self.transform(parts.clone(), op, source, state)).collect(),
        };
        Self::several(values, kind, quoted)
    }

    /// Several values as `@` or `*` give them.
    fn several(values: Vec<Parts>, kind: char, quoted: bool) -> Expanded {
        if kind == '*' && quoted {
            let mut joined = Parts::new();
            for (index, parts) in values.iter().enumerate() {
                if index > 0 {
                    push_text(&mut joined, " ");
                }
                push_parts(&mut joined, parts);
            }
            return Expanded::Scalar(joined);
        }
        Expanded::Fields(values)
    }

    /// `${name[index]…}`
    fn indexed(
        &mut self,
        name: &Name,
        index: &ast::Word,
        op: &Op,
        source: &str,
        quoted: bool,
        state: &mut State,
    ) -> Expanded {
        let lookup = self.lookup(name, state);
        let key = self.joined(index, state);
        let key = known(&key).map(str::to_owned);
        if let Some(key) = &key {
            self.subscript(key, state, 0);
        }
        let elements = match lookup {
            Lookup::Value(Value::Array(elements)) => elements,
            Lookup::Value(Value::Scalar(parts)) => vec![("0".to_owned(), parts)],
            Lookup::Unset => Vec::new(),
            Lookup::Outside => return Expanded::Scalar(unknown(source)),
        };
        match key.as_deref() {
            Some(kind @ ("@" | "*")) => {
                let values: Vec<Parts> = match op {
                    Op::Length => return Expanded::Scalar(text(elements.len().to_string())),
                    Op::None => elements.into_iter().map(|(_, parts)| parts).collect(),
                    Op::Substring { offset, length } => {
                        let offset =
                            self.number(offset, state).and_then(|offset| usize::try_from(offset).ok());
                        let length = match length {
                            Some(length) => {
                                self.number(length, state).and_then(|length| usize::try_from(length).ok())
                            }
                            None => Some(usize::MAX),
                        };
                        match (offset, length) {
                            (Some(offset), Some(length)) => elements
                                .into_iter()
                                .map(|(_, parts)| parts)
                                .skip(offset)
                                .take(length)
                                .collect(),
                            _ => return Expanded::Scalar(unknown(source)),
                        }
                    }
                    Op::Default { kind, word, .. } => match (elements.is_empty(), *kind) {
                        (true, '+') | (false, '-' | '=' | '?') => {
                            elements.into_iter().map(|(_, parts)| parts).collect()
                        }
                        _ => return Expanded::Scalar(self.joined(word, state)),
                    },
                    op => elements
                        .into_iter()
                        .map(|(_, parts)| self.transform(parts, op, source, state))
                        .collect(),
                };
                Self::several(values, if kind == "@" { '@' } else { '*' }, quoted)
            }
            Some(key) => {
                let found = elements.iter().find(|(other, _)| other == key).or_else(|| {
                    let number = self.calculate(key, state)?;
                    let number = if number < 0 { number + elements.len() as i64 } else { number };
                    elements.iter().find(|(other, _)| *other == number.to_string())
                });
                let lookup = match found {
                    Some((_, parts)) => Lookup::Value(Value::Scalar(parts.clone())),
                    // a key that could not be worked out is one of them
                    None if key.chars().all(|c| c.is_ascii_digit()) => Lookup::Unset,
                    None => return Expanded::Scalar(unknown(source)),
                };
                Expanded::Scalar(self.operate(name, lookup, op, source, state))
            }
            None => {
                // any of them
                let choice = self.choices.choose(source, elements.len().min(8));
                let lookup = match elements.get(choice) {
                    Some((_, parts)) if elements.len() <= 8 => Lookup::Value(Value::Scalar(parts.clone())),
                    _ => Lookup::Outside,
                };
                Expanded::Scalar(self.operate(name, lookup, op, source, state))
            }
        }
    }

    /// The value of `$((…))`; what it may run is walked.
    pub(super) fn arithmetic(&mut self, word: &ast::Word, source: &Rc<str>, state: &mut State) -> Parts {
        let parts = self.joined(word, state);
        let Some(expression) = known(&parts) else {
            // the names in it count all the same
            for part in &parts {
                if let Part::Text(text) = part {
                    self.subscript(text, state, 0);
                }
            }
            return unknown(source);
        };
        self.subscript(expression, state, 0);
        match self.calculate(expression, state) {
            Some(value) => text(value.to_string()),
            None => unknown(source),
        }
    }

    fn number(&mut self, word: &ast::Word, state: &mut State) -> Option<i64> {
        let parts = self.joined(word, state);
        let expression = known(&parts)?.to_owned();
        self.subscript(&expression, state, 0);
        self.calculate(&expression, state)
    }

    fn calculate(&mut self, expression: &str, state: &State) -> Option<i64> {
        arithmetic::value(expression, &mut |name| {
            let variable = state.variable(name)?;
            match variable.values.as_slice() {
                [Some(value)] => known(&value.scalar())?.trim().parse().ok(),
                [None] => Some(0),
                _ => None,
            }
        })
    }

    /// Where a text is evaluated as arithmetic or as the name of a variable, a substitution in a subscript runs: also
    /// in the values of the variables it names.
    pub(super) fn subscript(&mut self, expression: &str, state: &State, depth: usize) {
        if expression.contains("$(") || expression.contains('`') || expression.contains("${") {
            self.double_quoted(expression, state);
        }
        if depth > 4 {
            return;
        }
        let mut rest = expression;
        while let Some(start) =
            rest.find(|character: char| character.is_ascii_alphabetic() || character == '_')
        {
            rest = &rest[start..];
            let end = rest
                .find(|character: char| !character.is_ascii_alphanumeric() && character != '_')
                .unwrap_or(rest.len());
            let values: Vec<Parts> = match state.variable(&rest[..end]) {
                Some(variable) => variable.values.iter().flatten().map(Value::scalar).collect(),
                None => Vec::new(),
            };
            for parts in values {
                if let Some(text) = known(&parts)
                    && text.contains('[')
                {
                    let text = text.to_owned();
                    self.subscript(&text, state, depth + 1);
                }
            }
            rest = &rest[end..];
        }
    }

    /// Walks the substitutions of a text that the shell expands a second time.
    pub(super) fn double_quoted(&mut self, expression: &str, state: &State) {
        let span = self.frame.fixed.flatten();
        match crate::shell::parse_double_quoted(expression, span) {
            Ok(word) => {
                let frame = self.frame.clone();
                self.frame.fixed = Some(span);
                self.deeper(|resolver| resolver.joined(&word, &mut state.clone()));
                self.frame = frame;
            }
            Err(unread) => self.unread(unread, expression, "an expression"),
        }
    }
}

/// What is left of a value that is known only in part, where a plain text is taken off its known end: `${f%.ts}`.
fn trim_end_of(value: &Parts, pattern: &[char], suffix: bool) -> Option<Parts> {
    let plain: String = pattern.iter().collect();
    if plain.is_empty() || plain.contains(['*', '?', '[', '\\', '(']) {
        return None;
    }
    let mut left = value.clone();
    let end = if suffix { left.last_mut() } else { left.first_mut() };
    let Some(Part::Text(text)) = end else { return None };
    let kept = if suffix { text.strip_suffix(&plain) } else { text.strip_prefix(&plain) }?.to_owned();
    *text = kept;
    left.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
    Some(left)
}

fn trim(text: &str, pattern: &[char], suffix: bool, longest: bool) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > pattern::MAX_TEXT {
        return None;
    }
    let lengths: Box<dyn Iterator<Item = usize>> =
        if longest { Box::new((0..=chars.len()).rev()) } else { Box::new(0..=chars.len()) };
    for length in lengths {
        let (part, rest) = if suffix {
            (&chars[chars.len() - length..], &chars[..chars.len() - length])
        } else {
            chars.split_at(length)
        };
        if pattern::matches(pattern, part) {
            return Some(rest.iter().collect());
        }
    }
    Some(text.to_owned())
}

fn replace(text: &str, pattern: &[char], with: &str, how: Replace) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > 300 {
        return None;
    }
    if pattern.is_empty() {
        return Some(match how {
            Replace::Start => format!("{with}{text}"),
            Replace::End => format!("{text}{with}"),
            _ => text.to_owned(),
        });
    }
    let longest =
        |start: usize| (start..=chars.len()).rev().find(|&end| pattern::matches(pattern, &chars[start..end]));
    match how {
        Replace::Start => Some(match longest(0) {
            Some(end) => format!("{with}{}", chars[end..].iter().collect::<String>()),
            None => text.to_owned(),
        }),
        Replace::End => {
            let start = (0..=chars.len()).find(|&start| pattern::matches(pattern, &chars[start..]));
            Some(match start {
                Some(start) => format!("{}{with}", chars[..start].iter().collect::<String>()),
                None => text.to_owned(),
            })
        }
        Replace::First | Replace::All => {
            let mut out = String::new();
            let mut at = 0;
            let mut done = false;
            while at < chars.len() {
                match longest(at).filter(|end| *end > at && !done) {
                    Some(end) => {
                        out.push_str(with);
                        at = end;
                        done = how == Replace::First;
                    }
                    None => {
                        out.push(chars[at]);
                        at += 1;
                    }
                }
            }
            Some(out)
        }
    }
}

fn substring(text: &str, offset: i64, length: Option<i64>) -> Option<String> {
    let count = text.chars().count() as i64;
    let start = if offset < 0 { count + offset } else { offset };
    if start < 0 || start > count {
        return Some(String::new());
    }
    let end = match length {
        None => count,
        Some(length) if length < 0 => count + length,
        Some(length) => start.saturating_add(length).min(count),
    };
    if end < start {
        return None;
    }
    Some(text.chars().skip(start as usize).take((end - start) as usize).collect())
}

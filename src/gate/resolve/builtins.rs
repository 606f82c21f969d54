//! Builtins of the shell, as far as they change what comes after them or run something.

use std::rc::Rc;

use crate::gate::decision::Decision;
use crate::gate::knowledge;
use crate::gate::model::{Cwd, FileKind, Invocation, Opinion, Part, Reading, Stdin, Word};

use super::redirect::plain;
use super::value::{Parts, State, Value, known, push_parts, push_text, text, unknown};
use super::{Io, Out, Resolver, output};

/// Builtins that do nothing worth a question, whatever their words.
const HARMLESS: &[&str] = &[
    ":", "true", "false", "pwd", "dirs", "return", "exit", "logout", "break", "continue", "wait", "jobs",
    "fg", "bg", "disown", "umask", "ulimit", "shopt", "getopts", "type", "hash", "times", "caller",
    "compgen", "compopt", "help", "suspend", "let", "test", "[", "echo", "printf", "history", "setopt",
    "unsetopt", "emulate", "autoload", "rehash", "whence", "where", "print",
];

impl Resolver<'_> {
    /// Runs a builtin; nothing if the name is none that matters here.
    pub(super) fn builtin(&mut self, invocation: &mut Invocation, state: &mut State, io: &Io) -> Option<Out> {
        let name = plain(&invocation.words[0])?.to_owned();
        let arguments = invocation.words[1..].to_vec();
        self.subscripts(&name, &arguments, state);
        let out = match name.as_str() {
            "cd" | "pushd" | "chdir" => self.change_folder(&name, &arguments, state),
            "popd" => {
                let to = state.stack.pop().unwrap_or(Cwd::Unknown);
                state.go(to);
                Out::nothing()
            }
            "export" | "declare" | "typeset" | "local" | "readonly" | "integer" | "float" => {
                self.declare(&name, &arguments, invocation, state);
                let reading = self.known_builtin(&name, invocation);
                // Assignments are nothing to speak of; printing all variables is.
                if reading.opinions.iter().any(|opinion| opinion.decision != Decision::Allow) {
                    self.record(invocation, reading, state);
                }
                return Some(Out::nothing());
            }
            "unset" => {
                for word in &arguments {
                    match plain(word) {
                        Some("-f" | "-v" | "-n") => {}
                        Some(name) => {
                            state.unset(name);
                            state.undefine(name);
                        }
                        None => {}
                    }
                }
                Out::nothing()
            }
            "set" => {
                self.set_positional(&arguments, state);
                Out::nothing()
            }
            "shift" => {
                let count: usize =
                    arguments.first().map_or(Some(1), |word| plain(word)?.parse().ok()).unwrap_or(1);
                state.positional = state
                    .positional
                    .take()
                    .map(|positional| Rc::new(positional.get(count..).unwrap_or_default().to_vec()));
                Out::nothing()
            }
            "read" | "mapfile" | "readarray" => {
                self.read_variables(&name, &arguments, &invocation.stdin.clone(), state);
                Out::nothing()
            }
            "printf" if arguments.first().and_then(plain) == Some("-v") => {
                let value = arguments.get(2..).and_then(output::printf);
                if let Some(variable) = arguments.get(1).and_then(plain) {
                    let parts = value.unwrap_or_else(|| unknown(&format!("${variable}")));
                    state.set(variable, Value::Scalar(parts));
                }
                Out::nothing()
            }
            "getopts" => {
                if let Some(variable) = arguments.get(1).and_then(plain) {
                    state.set(variable, Value::Scalar(unknown(&format!("${variable}"))));
                    state.set("OPTARG", Value::Scalar(unknown("$OPTARG")));
                }
                Out::nothing()
            }
            "alias" => {
                self.aliases(&arguments, state);
                Out::nothing()
            }
            "unalias" => Out::nothing(),
            "eval" => return Some(self.eval(&arguments, invocation, state, io)),
            "source" | "." => return Some(self.source(&arguments, invocation, state, io)),
            "trap" => {
                self.record(invocation, allowed("trap"), state);
                self.trap(&arguments, invocation, state);
                return Some(Out::nothing());
            }
            "command" | "builtin" | "exec" | "nocorrect" | "noglob" | "-" => {
                return self.prefixed(&name, &arguments, invocation, state, io);
            }
            "hash" if arguments.iter().any(|word| word.text() == Some("-p")) => {
                self.record(
                    invocation,
                    asked("hash-path", "names another program in place of a known one"),
                    state,
                );
                return Some(Out::nothing());
            }
            "enable" if arguments.iter().any(|word| word.prefix().starts_with("-f")) => {
                self.record(invocation, asked("enable-load", "loads code into the shell"), state);
                return Some(Out::nothing());
            }
            "bind" if arguments.iter().any(|word| word.prefix().starts_with("-x")) => {
                self.record(invocation, asked("bind-command", "ties a command to a key"), state);
                return Some(Out::nothing());
            }
            "fc" => {
                self.record(invocation, asked("fc", "runs commands of the history again"), state);
                return Some(Out::Unknown);
            }
            "complete" => self.completion(&arguments, invocation, state),
            "bind" | "enable" => Out::nothing(),
            "pwd" if arguments.is_empty() => match state.cwd.as_slice() {
                [Cwd::Known(path)] => Out::Known(text(format!("{}\n", path.to_string_lossy()))),
                _ => Out::Unknown,
            },
            harmless if HARMLESS.contains(&harmless) => output::of(harmless, &arguments, &invocation.stdin),
            _ => return None,
        };
        let reading = self.known_builtin(&name, invocation);
        self.record(invocation, reading, state);
        Some(out)
    }

    /// What command knowledge says of a builtin: `echo $TOKEN` prints, `history -c` clears. What it runs was dealt with.
    fn known_builtin(&self, name: &str, invocation: &Invocation) -> Reading {
        let mut reading = allowed(name);
        if knowledge::lookup(name).is_some() {
            let known = knowledge::read(invocation, self.environment, self.world);
            reading.opinions.extend(known.opinions);
            reading.effects = known.effects;
        }
        reading
    }

    /// Builtins that take names of variables evaluate subscripts in them.
    fn subscripts(&mut self, name: &str, arguments: &[Word], state: &State) {
        let takes_names = matches!(
            name,
            "test"
                | "["
                | "unset"
                | "read"
                | "printf"
                | "declare"
                | "typeset"
                | "local"
                | "export"
                | "readonly"
                | "let"
                | "mapfile"
                | "wait"
        );
        if !takes_names {
            return;
        }
        for word in arguments {
            let Some(text) = word.text() else { continue };
            if name == "let" || (text.contains('[') && (text.contains("$(") || text.contains('`'))) {
                self.subscript(text, state, 0);
            }
        }
    }

    fn change_folder(&mut self, name: &str, arguments: &[Word], state: &mut State) -> Out {
        let mut operands = arguments
            .iter()
            .filter(|word| !matches!(plain(word), Some("-P" | "-L" | "-e" | "-@" | "--" | "-q" | "-n")));
        let target = operands.next();
        if name == "pushd" {
            let here = match state.cwd.as_slice() {
                [one] => one.clone(),
                _ => Cwd::Unknown,
            };
            state.stack.push(here);
        }
        let to = match target {
            None => self.environment.home.clone().map_or(Cwd::Unknown, Cwd::Known),
            Some(word) => match plain(word) {
                Some("-") => state.previous.clone().unwrap_or(Cwd::Unknown),
                Some("") => return Out::nothing(),
                Some(path) => {
                    let choice = self.choices.choose("$PWD", state.cwd.len());
                    match (path.starts_with('/'), state.cwd.get(choice)) {
                        (true, _) => Cwd::Known(super::redirect::normal(std::path::Path::new(path))),
                        (false, Some(Cwd::Known(folder))) => {
                            Cwd::Known(super::redirect::normal(&folder.join(path)))
                        }
                        _ => Cwd::Unknown,
                    }
                }
                None => Cwd::Unknown,
            },
        };
        let choice = self.choices.choose("$PWD", state.cwd.len());
        let before = state.cwd.get(choice).cloned().unwrap_or(Cwd::Unknown);
        // where the folder is there, it will not fail
        let sure = match &to {
            Cwd::Known(path) => self.world.kind(path) == Some(FileKind::Folder),
            Cwd::Unknown => false,
        };
        state.go(to.clone());
        state.previous = Some(before.clone());
        if !sure && before != to {
            state.doubt = vec![before];
        }
        Out::nothing()
    }

    /// `export`, `declare` and their like.
    fn declare(&mut self, name: &str, arguments: &[Word], invocation: &Invocation, state: &mut State) {
        let mut exports = name == "export";
        let mut functions = false;
        let mut touched = Vec::new();
        for word in arguments {
            let shown = word.prefix();
            if shown.starts_with(['-', '+']) && word.text().is_some() {
                exports |= shown.starts_with('-') && shown.contains('x');
                functions |= shown.contains('f') || shown.contains('F');
                continue;
            }
            if functions {
                continue;
            }
            let Some((variable, value)) = split_assignment(word) else {
                match plain(word) {
                    Some(variable) if is_name(variable) => {
                        if exports {
                            state.export(variable);
                        }
                        if name == "local" {
                            state.set(variable, Value::Scalar(Vec::new()));
                        }
                    }
                    _ => {}
                }
                continue;
            };
            let (variable, append) = match variable.strip_suffix('+') {
                Some(variable) => (variable.to_owned(), true),
                None => (variable, false),
            };
            if !is_name(variable.split('[').next().unwrap_or_default()) {
                continue;
            }
            self.assign_parts(&variable, None, append, value, state);
            if exports {
                state.export(&variable);
            }
            touched.push(variable);
        }
        let mut reading = allowed(name);
        reading.opinions.clear();
        for variable in &touched {
            self.poison_variable(variable, state, invocation.span, &mut reading);
        }
        self.record(invocation, reading, state);
    }

    fn set_positional(&mut self, arguments: &[Word], state: &mut State) {
        let mut rest = arguments;
        loop {
            match rest.first() {
                None => return,
                Some(word) => match plain(word) {
                    Some("--") => {
                        rest = &rest[1..];
                        break;
                    }
                    Some("-o" | "+o") => rest = rest.get(2..).unwrap_or_default(),
                    Some(option) if option.starts_with(['-', '+']) => rest = &rest[1..],
                    _ => break,
                },
            }
        }
        let splits = rest.iter().any(|word| {
            word.parts.iter().any(|part| matches!(part, Part::Unknown { splits: true, .. } | Part::Glob(_)))
        });
        state.positional =
            if splits { None } else { Some(Rc::new(rest.iter().map(|word| word.parts.clone()).collect())) };
    }

    /// `read`: known where the input is.
    fn read_variables(&mut self, name: &str, arguments: &[Word], stdin: &Stdin, state: &mut State) {
        let mut names: Vec<String> = Vec::new();
        let mut array = name != "read";
        let mut rest = arguments.iter();
        while let Some(word) = rest.next() {
            match plain(word) {
                Some("-p" | "-t" | "-n" | "-N" | "-d" | "-u" | "-i" | "-O" | "-s" | "-c" | "-C")
                    if word.text() != Some("-s") =>
                {
                    rest.next();
                }
                Some(option) if option.starts_with('-') && option.len() > 1 => array |= option.ends_with('a'),
                Some(variable) => names.push(variable.to_owned()),
                None => {}
            }
        }
        let input = match stdin {
            Stdin::Text(word) => known(&word.parts).map(str::to_owned),
            _ => None,
        };
        if names.is_empty() {
            names.push(if array { "MAPFILE".to_owned() } else { "REPLY".to_owned() });
        }
        let Some(input) = input else {
            for variable in &names {
                let source = match stdin {
                    Stdin::Text(word) => super::simple::shown(word),
                    _ => format!("${variable}"),
                };
                // what `read` reads is what the variable holds; it is recorded next
                let next = self.resolved.invocations.len();
                self.substitutions.push((Rc::from(source.as_str()), next..next + 1));
                state.set(variable, Value::Scalar(unknown(&source)));
            }
            return;
        };
        if array {
            let fields: Vec<&str> =
                if name == "read" { input.split_whitespace().collect() } else { input.lines().collect() };
            let fields = fields.into_iter().enumerate().map(|(at, field)| (at.to_string(), text(field)));
            state.set(&names[0], Value::Array(fields.collect()));
            return;
        }
        // in a loop, each line comes in turn: which one is not known
        let lines: Vec<&str> = input.lines().collect();
        let separators = match state.variable("IFS").map(|variable| variable.values.as_slice()) {
            Some([Some(value)]) => known(&value.scalar()).map(str::to_owned),
            _ => None,
        };
        let separators = separators.unwrap_or_else(|| " \t\n".to_owned());
        let line = match lines.as_slice() {
            [] => "",
            [line] => line,
            many => {
                let choice = self.choices.choose("read", many.len().min(super::MAX_WAYS));
                many[choice]
            }
        };
        let mut left = line.trim_matches(|character| separators.contains(character) && character != ':');
        for (at, variable) in names.iter().enumerate() {
            let value = if at + 1 == names.len() {
                std::mem::take(&mut left)
            } else {
                match left.split_once(|character| separators.contains(character)) {
                    Some((value, rest)) => {
                        left = rest.trim_start_matches(|character: char| {
                            separators.contains(character) && character.is_whitespace()
                        });
                        value
                    }
                    None => std::mem::take(&mut left),
                }
            };
            state.set(variable, Value::Scalar(text(value)));
        }
    }

    fn aliases(&mut self, arguments: &[Word], state: &mut State) {
        for word in arguments {
            let Some((name, parts)) = split_assignment(word) else { continue };
            state.set_alias(&name, parts);
        }
    }

    /// The words of `eval`, read as a line of their own.
    fn eval(&mut self, arguments: &[Word], invocation: &Invocation, state: &mut State, io: &Io) -> Out {
        self.record(invocation, allowed("eval"), state);
        let mut parts = Parts::new();
        let mut arguments = arguments;
        if arguments.first().and_then(plain) == Some("--") {
            arguments = &arguments[1..];
        }
        for (index, word) in arguments.iter().enumerate() {
            if index > 0 {
                push_text(&mut parts, " ");
            }
            push_parts(&mut parts, &word.parts);
        }
        let io = Io { stdin: invocation.stdin.clone(), redirects: joined_redirects(io, invocation) };
        self.shell_text(&parts, invocation.span, state, &io, "eval")
    }

    fn source(&mut self, arguments: &[Word], invocation: &Invocation, state: &mut State, io: &Io) -> Out {
        self.record(invocation, allowed("source"), state);
        let Some(path) = arguments.first() else { return Out::nothing() };
        let io = Io { stdin: invocation.stdin.clone(), redirects: joined_redirects(io, invocation) };
        let outer = state.positional.clone();
        if arguments.len() > 1 {
            state.positional = Some(Rc::new(arguments[1..].iter().map(|word| word.parts.clone()).collect()));
        }
        let out = self.script_in(path, invocation, state, &io);
        state.positional = outer;
        out
    }

    fn trap(&mut self, arguments: &[Word], invocation: &Invocation, state: &State) {
        let mut rest = arguments;
        while let Some(option) = rest.first().and_then(plain)
            && matches!(option, "--" | "-l" | "-p")
        {
            rest = &rest[1..];
        }
        let Some(action) = rest.first() else { return };
        if rest.len() == 1 || matches!(plain(action), Some("-" | "")) {
            return;
        }
        self.shell_text(&action.parts, invocation.span, &mut state.clone(), &Io::default(), "a trap");
    }

    fn completion(&mut self, arguments: &[Word], invocation: &Invocation, state: &State) -> Out {
        if let Some(at) = arguments.iter().position(|word| plain(word) == Some("-C"))
            && let Some(command) = arguments.get(at + 1)
        {
            self.shell_text(
                &command.parts,
                invocation.span,
                &mut state.clone(),
                &Io::default(),
                "a completion",
            );
        }
        Out::nothing()
    }

    /// `command`, `builtin`, `exec`: what follows is the command.
    fn prefixed(
        &mut self,
        name: &str,
        arguments: &[Word],
        invocation: &mut Invocation,
        state: &mut State,
        io: &Io,
    ) -> Option<Out> {
        let mut rest = arguments;
        let mut lookup = false;
        while let Some(option) = rest.first().and_then(plain) {
            match (name, option) {
                (_, "--") => {
                    rest = &rest[1..];
                    break;
                }
                ("exec", "-a") => rest = rest.get(2..).unwrap_or_default(),
                ("command", option) if option.starts_with('-') => {
                    lookup |= option.contains(['v', 'V']);
                    rest = &rest[1..];
                }
                ("exec", option) if option.starts_with('-') => rest = &rest[1..],
                _ => break,
            }
        }
        let reading = allowed(name);
        if lookup || rest.is_empty() {
            self.record(invocation, reading, state);
            return Some(if lookup { Out::Unknown } else { Out::nothing() });
        }
        let mut inner = invocation.clone();
        inner.words = rest.to_vec();
        inner.via = self.frame.via.clone();
        inner.via.push(name.to_owned());
        let mut outer = invocation.clone();
        outer.redirects.clear();
        self.record(&outer, reading, state);
        let frame = self.frame.clone();
        self.frame.via.push(name.to_owned());
        let out = self.deeper(|resolver| resolver.start(inner, state, io, false)).unwrap_or(Out::Unknown);
        self.frame = frame;
        Some(out)
    }
}

pub(super) fn allowed(name: &str) -> Reading {
    Reading {
        command: name.to_owned(),
        opinions: vec![Opinion {
            id: "shell-builtin".to_owned(),
            decision: Decision::Allow,
            reason: "a builtin of the shell".to_owned(),
            suggestion: None,
            span: None,
        }],
        ..Reading::default()
    }
}

fn asked(id: &str, reason: &str) -> Reading {
    Reading {
        command: id.to_owned(),
        opinions: vec![Opinion {
            id: id.to_owned(),
            decision: Decision::Ask,
            reason: reason.to_owned(),
            suggestion: None,
            span: None,
        }],
        ..Reading::default()
    }
}

fn joined_redirects(io: &Io, invocation: &Invocation) -> Vec<crate::gate::model::Redirect> {
    io.redirects.iter().chain(&invocation.redirects).cloned().collect()
}

/// `name=value` as a word.
fn split_assignment(word: &Word) -> Option<(String, Parts)> {
    let Some(Part::Text(first)) = word.parts.first() else { return None };
    let (name, rest) = first.split_once('=')?;
    let mut value = text(rest);
    push_parts(&mut value, &word.parts[1..]);
    Some((name.to_owned(), value))
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|character: char| character.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

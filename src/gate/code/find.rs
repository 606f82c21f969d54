//! Tokens to what they do.

use std::collections::HashMap;

use crate::gate::model::{EffectKind, Part, Word};

use super::token::{Token, tokens};
use super::{Call, Does, Language, Seen};

/// How deep code in texts of code is followed.
const MAX_DEPTH: usize = 4;

pub(super) fn look(language: &'static Language, text: &Word, depth: usize) -> Vec<Seen> {
    let mut finder = Finder {
        language,
        aliases: HashMap::new(),
        values: HashMap::new(),
        seen: Vec::new(),
        socket: false,
        shell: false,
        depth,
    };
    let (code, whole) = source(text);
    if !whole {
        finder.unseen("some of the code is only known when it runs");
    }
    match tokens(language, &code) {
        Some(tokens) => finder.walk(&tokens),
        None => finder.unseen("the code could not be taken apart"),
    }
    if finder.socket && finder.shell {
        finder.seen.push(Seen::WayIn);
    }
    finder.hidden(&code);
    if !reaches_out(&code) {
        // a file that code finds by itself, in the folder it runs in
        finder.seen.retain(|seen| {
            !matches!(seen, Seen::Effect(EffectKind::Overwrites | EffectKind::Writes, Some(target))
            if matches!(target.parts.as_slice(), [Part::Unknown { .. }]))
        });
    }
    finder.seen
}

/// Whether code holds anything that could lead out of the folder it runs in: other folders, arguments, input.
fn reaches_out(code: &str) -> bool {
    const SIGNS: &[&str] = &[
        "\"/",
        "'/",
        "`/",
        "~",
        "..",
        "home",
        "HOME",
        "expanduser",
        "argv",
        "ARGV",
        "stdin",
        "STDIN",
        "input(",
        "environ",
        "env",
        "ENV",
        "chdir",
        "gettempdir",
        "\\x",
        "decode",
        "chr(",
        "fromCharCode",
        ".sep",
        ".parent",
        "pardir",
        ".root",
        ".anchor",
        "%c",
        "bytes(",
        "unhex",
    ];
    SIGNS.iter().any(|sign| code.contains(sign))
}

/// The text of code, with names in place of what is unknown.
fn source(text: &Word) -> (String, bool) {
    let mut code = String::new();
    let mut whole = true;
    for part in &text.parts {
        match part {
            Part::Text(text) | Part::Glob(text) => code.push_str(text),
            Part::Unknown { .. } => {
                whole = false;
                code.push_str("unknown_here");
            }
        }
    }
    (code, whole)
}

struct Finder {
    language: &'static Language,
    /// Names and what they were imported from.
    aliases: HashMap<String, String>,
    /// Variables that hold a known value.
    values: HashMap<String, Vec<Part>>,
    seen: Vec<Seen>,
    socket: bool,
    shell: bool,
    depth: usize,
}

impl Finder {
    fn unseen(&mut self, reason: &str) {
        let unseen = Seen::Unseen(reason.to_owned());
        if !self.seen.contains(&unseen) {
            self.seen.push(unseen);
        }
    }

    fn walk(&mut self, tokens: &[Token]) {
        self.imports(tokens);
        for (at, token) in tokens.iter().enumerate() {
            match token {
                Token::Shell(parts) => {
                    self.shell = true;
                    self.seen.push(Seen::Shell(word(parts.clone())));
                }
                Token::Name(name) => self.name(name, tokens, at),
                Token::Text(parts) if self.language.names.contains(&"php") => {
                    self.named_call(parts, tokens, at);
                }
                _ => {}
            }
        }
    }

    /// `import a as b`, `from a import b as c`, `const {b} = require("a")`, `import {b} from "a"`.
    fn imports(&mut self, tokens: &[Token]) {
        let name = |at: usize| match tokens.get(at) {
            Some(Token::Name(name)) => Some(name.as_str()),
            _ => None,
        };
        let module = |parts: &[Part]| match parts {
            [Part::Text(text)] => Some(text.trim_start_matches("node:").to_owned()),
            _ => None,
        };
        for at in 0..tokens.len() {
            match name(at) {
                Some("import") if name(at.wrapping_sub(2)) != Some("from") => {
                    let mut next = at + 1;
                    while let Some(path) = name(next) {
                        if name(next + 1) == Some("as") {
                            if let Some(alias) = name(next + 2) {
                                self.aliases.insert(alias.to_owned(), path.to_owned());
                            }
                            next += 2;
                        }
                        next += 1;
                        if tokens.get(next) != Some(&Token::Mark(',')) {
                            break;
                        }
                        next += 1;
                    }
                }
                Some("from") => {
                    // Python
                    if let (Some(path), Some("import")) = (name(at + 1), name(at + 2)) {
                        let mut next = at + 3;
                        loop {
                            if tokens.get(next) == Some(&Token::Mark('('))
                                || tokens.get(next) == Some(&Token::Mark(','))
                            {
                                next += 1;
                                continue;
                            }
                            if tokens.get(next) == Some(&Token::Mark('*')) {
                                self.aliases.insert("*".to_owned(), path.to_owned());
                                break;
                            }
                            let Some(item) = name(next) else { break };
                            let alias = if name(next + 1) == Some("as") {
                                next += 2;
                                name(next).unwrap_or(item)
                            } else {
                                item
                            };
                            self.aliases.insert(alias.to_owned(), format!("{path}.{item}"));
                            next += 1;
                            if tokens.get(next) != Some(&Token::Mark(',')) {
                                break;
                            }
                        }
                    }
                    // `import {a, b as c} from "m"`, `import m from "m"`
                    if let Some(Token::Text(parts)) = tokens.get(at + 1)
                        && let Some(module) = module(parts)
                    {
                        self.destructured(tokens, at, &module);
                    }
                }
                Some("require") => {
                    if let (Some(Token::Mark('(')), Some(Token::Text(parts))) =
                        (tokens.get(at + 1), tokens.get(at + 2))
                        && let Some(module) = module(parts)
                        && tokens.get(at.wrapping_sub(1)) == Some(&Token::Mark('='))
                    {
                        self.destructured(tokens, at - 1, &module);
                    }
                }
                // `x = "text"`
                Some(variable)
                    if tokens.get(at + 1) == Some(&Token::Mark('='))
                        && tokens.get(at + 2) != Some(&Token::Mark('=')) =>
                {
                    let end = (at + 2..tokens.len())
                        .find(|&end| matches!(tokens[end], Token::Line | Token::Mark(';')))
                        .unwrap_or(tokens.len());
                    if let Some(parts) = self.constant(&tokens[at + 2..end]) {
                        self.values.insert(variable.to_owned(), parts);
                    } else if let (Some(path), true) = (name(at + 2), end == at + 3) {
                        self.aliases.insert(variable.to_owned(), self.resolved(path));
                    } else {
                        self.values.remove(variable);
                    }
                }
                _ => {}
            }
        }
    }

    /// Names between braces (or a single one) that end before `end`.
    fn destructured(&mut self, tokens: &[Token], end: usize, module: &str) {
        let mut at = end;
        if at > 0 && tokens[at - 1] == Token::Mark('}') {
            at -= 1;
            let mut names: Vec<&str> = Vec::new();
            while at > 0 && tokens[at] != Token::Mark('{') {
                at -= 1;
                match &tokens[at] {
                    Token::Name(name) => names.push(name),
                    Token::Mark(',') => {}
                    _ => continue,
                }
                // `a: b` and `a as b`, read backwards
                let alias = match (tokens.get(at + 1), tokens.get(at + 2)) {
                    (Some(Token::Mark(':')), Some(Token::Name(alias))) => Some(alias.clone()),
                    (Some(Token::Name(middle)), Some(Token::Name(alias))) if middle == "as" => {
                        Some(alias.clone())
                    }
                    _ => None,
                };
                if let Token::Name(name) = &tokens[at] {
                    self.aliases.insert(alias.unwrap_or_else(|| name.clone()), format!("{module}.{name}"));
                }
            }
        } else if let Some(Token::Name(name)) = at.checked_sub(1).and_then(|at| tokens.get(at)) {
            self.aliases.insert(name.clone(), module.to_owned());
        }
    }

    /// The full path of a name.
    fn resolved(&self, name: &str) -> String {
        let (first, rest) = match name.find(['.', ':']) {
            Some(at) => name.split_at(at),
            None => (name, ""),
        };
        match self.aliases.get(first) {
            Some(path) => format!("{path}{rest}"),
            None => name.to_owned(),
        }
    }

    fn lookup(&self, name: &str) -> Option<&'static Call> {
        let path = self.resolved(name);
        let path = path.trim_start_matches("node:");
        let star = self.aliases.get("*").map(|module| format!("{module}.{path}"));
        let matches = |call: &&Call| match call.name.strip_prefix('.') {
            // `process.env.HOME` is a look at `process.env`
            None if call.does == Does::Environment
                && path.strip_prefix(call.name).is_some_and(|rest| rest.starts_with('.')) =>
            {
                true
            }
            Some(last) => path.rsplit(['.', ':']).next() == Some(last),
            None => {
                path == call.name
                    || path
                        .strip_suffix(call.name)
                        .is_some_and(|before| before.ends_with(['.', ':']) && call.name.contains('.'))
                    || star.as_deref() == Some(call.name)
            }
        };
        self.language
            .calls
            .iter()
            .find(|call| !call.name.starts_with('.') && matches(call))
            .or_else(|| self.language.calls.iter().find(matches))
    }

    fn name(&mut self, name: &str, tokens: &[Token], at: usize) {
        // `require("fs").rmSync(…)`, `__import__("os").system(…)`: the path stands in a text
        let mut full = name.to_owned();
        if at >= 4
            && tokens[at - 1] == Token::Mark('.')
            && tokens[at - 2] == Token::Mark(')')
            && let (Token::Text(parts), Token::Mark('('), Some(Token::Name(loader))) =
                (&tokens[at - 3], &tokens[at - 4], at.checked_sub(5).map(|at| &tokens[at]))
            && matches!(loader.as_str(), "require" | "__import__" | "import" | "importlib.import_module")
            && let [Part::Text(module)] = parts.as_slice()
        {
            full = format!("{}.{name}", module.trim_start_matches("node:"));
        } else if at >= 1 && tokens[at - 1] == Token::Mark('.') {
            // of some object
            full = format!("?.{name}");
        }
        if imported(tokens, at) {
            return;
        }
        // defined here, not called
        if at >= 1
            && matches!(&tokens[at - 1], Token::Name(word) if matches!(word.as_str(), "def" | "function" | "sub" | "import" | "from" | "as" | "class"))
        {
            return;
        }
        let dynamic_import = matches!(name, "__import__" | "require" | "import")
            && tokens.get(at + 1) == Some(&Token::Mark('('));
        if name == "__import__" && dynamic_import {
            self.unseen("`__import__` hides what is imported");
        }
        if dynamic_import
            && !matches!(tokens.get(at + 2), Some(Token::Text(parts)) if matches!(parts.as_slice(), [Part::Text(_)]))
        {
            self.unseen("it loads code whose name is only known when it runs");
            return;
        }
        let Some(call) = self.lookup(&full) else { return self.far_call(name, tokens, at) };
        if call.does == Does::Environment {
            if !handed_on(tokens, at) {
                self.environment(name, tokens, at);
            }
            return;
        }
        // a call has parentheses, but for languages that do without, and for names handed on
        let arguments = match tokens.get(at + 1) {
            Some(Token::Mark('(')) => arguments(tokens, at + 2),
            Some(Token::Mark('!' | '?')) if tokens.get(at + 2) == Some(&Token::Mark('(')) => {
                arguments(tokens, at + 3)
            }
            Some(Token::Text(_) | Token::Name(_) | Token::Shell(_)) if self.bare_calls() => {
                bare(tokens, at + 1)
            }
            Some(Token::Mark('=')) if tokens.get(at + 2) != Some(&Token::Mark('=')) => return,
            _ if matches!(call.does, Does::Read | Does::Open | Does::Fetch | Does::Environment) => return,
            _ => Vec::new(),
        };
        self.call(call, &full, &arguments, tokens, at);
    }

    /// Whether `system "ls"` is a call.
    fn bare_calls(&self) -> bool {
        self.language.names.iter().any(|name| matches!(*name, "perl" | "ruby" | "php" | "lua"))
    }

    fn environment(&mut self, name: &str, tokens: &[Token], at: usize) {
        let key = match tokens.get(at + 1) {
            Some(Token::Mark('[' | '{' | '(')) => match tokens.get(at + 2) {
                Some(Token::Text(parts)) => match parts.as_slice() {
                    [Part::Text(text)] => Some(text.clone()),
                    _ => None,
                },
                Some(Token::Name(name)) if tokens.get(at + 1) == Some(&Token::Mark('{')) => {
                    Some(name.clone())
                }
                _ => None,
            },
            _ => name
                .split(['.', ':'])
                .next_back()
                .filter(|last| last.chars().any(|c| c.is_ascii_uppercase()) && *last != "ENV")
                .map(str::to_owned),
        };
        // `os.environ.get("X")`
        let key = key.or_else(|| match (tokens.get(at + 1), tokens.get(at + 2)) {
            (Some(Token::Mark('(')), Some(Token::Text(parts))) => match parts.as_slice() {
                [Part::Text(text)] => Some(text.clone()),
                _ => None,
            },
            _ => None,
        });
        match key {
            Some(key) if !crate::gate::credentials::is_secret_name(&key) => {}
            Some(key) => {
                let source = Part::Unknown { source: format!("${key}"), splits: false };
                self.seen.push(Seen::Effect(EffectKind::CredentialPrint, Some(word(vec![source]))));
            }
            None if name.contains(".get") || name.contains(".setdefault") || name.contains(".update") => {}
            None => self.seen.push(Seen::Effect(EffectKind::CredentialPrint, None)),
        }
    }

    /// A call of anything else with an address: it asks there for something, if it does not merely print.
    fn far_call(&mut self, name: &str, tokens: &[Token], at: usize) {
        if tokens.get(at + 1) != Some(&Token::Mark('(')) {
            return;
        }
        let last = name.rsplit(['.', ':']).next().unwrap_or(name);
        let prints = matches!(
            last,
            "print"
                | "log"
                | "error"
                | "warn"
                | "info"
                | "debug"
                | "puts"
                | "echo"
                | "printf"
                | "urlparse"
                | "push"
                | "append"
                | "write"
        );
        let Some(address) = arguments(tokens, at + 2).first().and_then(|first| self.constant(first)) else {
            return;
        };
        let far = matches!(address.first(), Some(Part::Text(text)) if text.starts_with("http://") || text.starts_with("https://"));
        if far && !prints {
            self.seen.push(Seen::Effect(EffectKind::Fetches, Some(word(address))));
        }
    }

    /// A name of a call that is handed on as a text: `array_map("unlink", …)`.
    fn named_call(&mut self, parts: &[Part], tokens: &[Token], at: usize) {
        let [Part::Text(text)] = parts else { return };
        let handed = matches!(tokens.get(at.wrapping_sub(1)), Some(Token::Mark('(' | ',')))
            && matches!(tokens.get(at + 1), Some(Token::Mark(',' | ')')));
        let runs = |call: &&Call| {
            call.name == text
                && matches!(
                    call.does,
                    Does::Shell
                        | Does::Command
                        | Does::Code
                        | Does::Delete
                        | Does::DeleteTree
                        | Does::Overwrite
                )
        };
        if handed && self.language.calls.iter().any(|call| runs(&call)) {
            self.unseen(&format!("`{text}` is called by its name"));
        }
    }

    fn call(&mut self, call: &Call, name: &str, arguments: &[&[Token]], tokens: &[Token], at: usize) {
        let argument = arguments.get(call.argument).copied();
        // `Path("x").unlink()`: the path is the object
        let object = || self.object(tokens, at);
        let target = match argument {
            Some(argument) => word_of(self.constant(argument), argument),
            None => match object() {
                Some(parts) => word(parts),
                None => unknown(name),
            },
        };
        let effect = |kind: EffectKind, target: Word| Seen::Effect(kind, Some(target));
        match call.does {
            Does::Shell => {
                self.shell = true;
                // several words are no line of shell
                let plain = arguments.iter().filter(|argument| !is_option(argument)).count();
                if plain > 1 && self.bare_calls() && !self.language.names.contains(&"php") {
                    self.command(
                        &arguments
                            .iter()
                            .filter(|argument| !is_option(argument))
                            .copied()
                            .collect::<Vec<_>>(),
                    );
                } else if !arguments.is_empty() {
                    match argument.and_then(list) {
                        Some(items) => self.command(&items),
                        None => self.seen.push(Seen::Shell(target)),
                    }
                } else {
                    self.unseen(&format!("`{name}` is handed on, so what it runs is not in sight"));
                }
            }
            Does::Command => {
                self.shell = true;
                let Some(argument) = argument else {
                    self.unseen(&format!("`{name}` is handed on, so what it runs is not in sight"));
                    return;
                };
                match list(argument) {
                    Some(items) => self.command(&items),
                    None => {
                        let second = arguments.get(call.argument + 1).copied();
                        match second.and_then(|second| list(second).or_else(|| list_in(second))) {
                            // `spawn("rm", ["-rf", "/"])`
                            Some(items) => {
                                let mut all = vec![argument];
                                all.extend(items);
                                self.command(&all);
                            }
                            None => self.seen.push(Seen::Shell(target)),
                        }
                    }
                }
            }
            Does::Code => match (argument, target.text()) {
                (Some(_), Some(_)) if self.depth < MAX_DEPTH => {
                    let inner = look(self.language, &target, self.depth + 1);
                    self.seen.extend(inner);
                }
                // Perl's and Ruby's blocks
                (None, _)
                    if tokens.get(at + 1) == Some(&Token::Mark('{'))
                        || tokens.get(at + 1) == Some(&Token::Name("do".to_owned())) => {}
                _ => self.unseen(&format!("`{name}` runs code that is only known when it runs")),
            },
            Does::Unseen => {
                let block = tokens.get(at + 1) == Some(&Token::Mark('{'))
                    || matches!(tokens.get(at + 1), Some(Token::Line));
                // a lookup of a plain name in a plain object is none of the doors
                let harmless = matches!(name, "do" | "load" | "get" | "source" | "include")
                    && (block || argument.is_none());
                let plain_attribute = name == "getattr"
                    && arguments.first().is_some_and(|first| !matches!(first, [Token::Name(module)] if matches!(module.as_str(), "os" | "subprocess" | "builtins" | "__builtins__" | "sys" | "shutil")))
                    && arguments.get(1).is_some_and(|second| matches!(second, [Token::Text(parts)] if matches!(parts.as_slice(), [Part::Text(text)] if !text.starts_with("__"))));
                if !harmless && !plain_attribute {
                    self.unseen(&format!("`{name}` can call what is not in sight"));
                }
            }
            Does::Delete => self.paths(EffectKind::Deletes, arguments, target),
            Does::DeleteTree => self.paths(EffectKind::DeletesTree, arguments, target),
            Does::Overwrite => self.seen.push(effect(EffectKind::Overwrites, target)),
            Does::Write => self.seen.push(effect(EffectKind::Writes, target)),
            Does::Move => {
                self.seen.push(effect(EffectKind::Moves, target));
                if let Some(to) = arguments.get(call.argument + 1) {
                    self.seen.push(effect(EffectKind::Overwrites, word_of(self.constant(to), to)));
                }
            }
            Does::Read => {
                // PHP and Ruby read addresses as they read files
                let far = target.prefix().contains("://") && !target.prefix().starts_with("file:");
                self.seen.push(effect(if far { EffectKind::Fetches } else { EffectKind::Shows }, target));
            }
            Does::Open => self.open(call, arguments, target),
            Does::Fetch => {
                // data makes a request that sends
                let sends = arguments.iter().any(|argument| matches!(argument, [Token::Name(name), Token::Mark('='), ..] if matches!(name.as_str(), "data" | "json" | "files" | "params")));
                let kind = if sends { EffectKind::Sends } else { EffectKind::Fetches };
                self.seen.push(effect(kind, target));
            }
            Does::Send => {
                // `fetch(url)` without options reads
                let reads = name.ends_with("fetch") && arguments.len() < 2;
                self.seen.push(effect(if reads { EffectKind::Fetches } else { EffectKind::Sends }, target));
            }
            Does::Socket => {
                self.socket = true;
                self.seen.push(effect(EffectKind::Sends, unknown(name)));
            }
            Does::Descriptor => self.shell |= self.socket || self.shell,
            Does::Environment => {}
            Does::Process => self.seen.push(Seen::Effect(EffectKind::Process, None)),
            Does::Permissions => {
                // Perl's and Ruby's functions take the mode first
                let target = if self.bare_calls() && arguments.len() > 1 {
                    word_of(self.constant(arguments[1]), arguments[1])
                } else {
                    target
                };
                self.seen.push(effect(EffectKind::Permissions, target));
            }
        }
    }

    /// An effect on every path that a call names.
    fn paths(&mut self, kind: EffectKind, arguments: &[&[Token]], target: Word) {
        let many = self.bare_calls();
        if !many || arguments.len() < 2 {
            match arguments.first().and_then(|argument| list(argument)) {
                Some(items) => {
                    for item in items {
                        let target = word_of(self.constant(item), item);
                        self.seen.push(Seen::Effect(kind, Some(target)));
                    }
                }
                None => self.seen.push(Seen::Effect(kind, Some(target))),
            }
            return;
        }
        for argument in arguments.iter().filter(|argument| !is_option(argument)) {
            let target = word_of(self.constant(argument), argument);
            self.seen.push(Seen::Effect(kind, Some(target)));
        }
    }

    fn command(&mut self, items: &[&[Token]]) {
        let words = items.iter().map(|item| word_of(self.constant(item), item)).collect();
        self.seen.push(Seen::Command(words));
    }

    fn open(&mut self, call: &Call, arguments: &[&[Token]], target: Word) {
        // Perl: open(F, "<", "file"), open(F, ">file"), open(F, "cmd|")
        if self.language.names.contains(&"perl") {
            let mode = arguments
                .get(call.argument)
                .map(|mode| word_of(self.constant(mode), mode))
                .unwrap_or_default();
            let text = mode.prefix().trim().to_owned();
            if text.starts_with('|') || text.ends_with('|') || text == "-|" || text == "|-" {
                self.shell = true;
                let rest: Vec<&[Token]> = arguments.iter().skip(call.argument + 1).copied().collect();
                let line = Word::known(text.trim_matches(['|', ' ', '-']));
                if rest.is_empty() {
                    self.seen.push(if text.starts_with('|') { Seen::Fed(line) } else { Seen::Shell(line) });
                } else if text.starts_with("|-") && rest.len() == 1 {
                    self.seen.push(Seen::Fed(word_of(self.constant(rest[0]), rest[0])));
                } else {
                    self.command(&rest);
                }
                return;
            }
            let path = match arguments.get(call.argument + 1) {
                Some(path) => word_of(self.constant(path), path),
                None => match mode.text() {
                    Some(text) => Word::known(text.trim_start_matches(['<', '>', '+', ' '])),
                    None => mode.clone(),
                },
            };
            let kind = match text.trim_start_matches('+') {
                text if text.starts_with(">>") => EffectKind::Writes,
                text if text.starts_with('>') => EffectKind::Overwrites,
                _ => EffectKind::Shows,
            };
            self.seen.push(Seen::Effect(kind, Some(path)));
            return;
        }
        if target.prefix().starts_with('|') {
            self.shell = true;
            self.seen.push(Seen::Fed(Word::known(target.prefix().trim_start_matches('|'))));
            return;
        }
        let mode = arguments.get(call.argument + 1).map(|mode| match mode {
            // `mode="w"`
            [Token::Name(_), Token::Mark('='), rest @ ..] => word_of(self.constant(rest), rest),
            mode => word_of(self.constant(mode), mode),
        });
        let kind = match mode.as_ref().map(|mode| mode.text().map(str::to_owned)) {
            None => EffectKind::Shows,
            Some(Some(mode)) if mode.contains('w') || mode.contains('x') => EffectKind::Overwrites,
            Some(Some(mode)) if mode.contains(['a', '+']) => EffectKind::Writes,
            Some(Some(_)) => EffectKind::Shows,
            Some(None) => EffectKind::Shows,
        };
        self.seen.push(Seen::Effect(kind, Some(target)));
    }

    /// The path that `Path("…")` before a method holds.
    fn object(&self, tokens: &[Token], at: usize) -> Option<Vec<Part>> {
        if let Some(Token::Name(name)) = tokens.get(at)
            && let Some((object, _)) = name.rsplit_once('.')
            && let Some(parts) = self.values.get(object)
        {
            return Some(parts.clone());
        }
        if tokens.get(at.checked_sub(1)?) != Some(&Token::Mark('.'))
            || tokens.get(at.checked_sub(2)?) != Some(&Token::Mark(')'))
        {
            return None;
        }
        let mut depth = 0;
        let open = (0..at - 1).rev().find(|&open| {
            match tokens[open] {
                Token::Mark(')') => depth += 1,
                Token::Mark('(') => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        self.constant(&tokens[open.checked_sub(1)?..at - 1])
    }

    /// The value of an expression, as far as it is known; nothing if none of it is.
    fn constant(&self, tokens: &[Token]) -> Option<Vec<Part>> {
        let tokens: Vec<&Token> = tokens.iter().filter(|token| **token != Token::Line).collect();
        self.sum(&tokens, 0)
    }

    fn sum(&self, tokens: &[&Token], depth: usize) -> Option<Vec<Part>> {
        if depth > 6 || tokens.is_empty() {
            return None;
        }
        let mut pieces: Vec<&[&Token]> = Vec::new();
        let mut level = 0_i32;
        let mut start = 0;
        for (at, token) in tokens.iter().enumerate() {
            match token {
                Token::Mark('(' | '[' | '{') => level += 1,
                Token::Mark(')' | ']' | '}') => level -= 1,
                // joined by `+` or `.`, and Python's `/` between paths
                Token::Mark(mark @ ('+' | '.' | '/')) if level == 0 && at > start => {
                    if *mark == '.' && !self.bare_calls() {
                        continue;
                    }
                    pieces.push(&tokens[start..at]);
                    if *mark == '/' {
                        pieces.push(&[]);
                    }
                    start = at + 1;
                }
                _ => {}
            }
        }
        pieces.push(&tokens[start..]);
        let mut parts: Vec<Part> = Vec::new();
        let mut known = false;
        for piece in pieces {
            let value = if piece.is_empty() {
                vec![Part::Text("/".to_owned())]
            } else {
                match self.single(piece, depth) {
                    Some(value) => {
                        known = true;
                        value
                    }
                    None => vec![Part::Unknown { source: "…".to_owned(), splits: false }],
                }
            };
            for part in value {
                match (parts.last_mut(), part) {
                    (Some(Part::Text(last)), Part::Text(text)) => last.push_str(&text),
                    (_, part) => parts.push(part),
                }
            }
        }
        known.then_some(parts)
    }

    fn single(&self, tokens: &[&Token], depth: usize) -> Option<Vec<Part>> {
        match tokens {
            [Token::Text(parts)] => Some(parts.clone()),
            // texts one after another are one in Python
            [Token::Text(_), ..] if tokens.iter().all(|token| matches!(token, Token::Text(_))) => {
                let mut all = Vec::new();
                for token in tokens {
                    if let Token::Text(parts) = token {
                        for part in parts {
                            match (all.last_mut(), part) {
                                (Some(Part::Text(last)), Part::Text(text)) => last.push_str(text),
                                (_, part) => all.push(part.clone()),
                            }
                        }
                    }
                }
                Some(all)
            }
            [Token::Name(name)] => match self.resolved(name).as_str() {
                "process.env.HOME" | "Dir.home" => Some(home()),
                _ => self.values.get(name.as_str()).cloned(),
            },
            [Token::Mark('('), inner @ .., Token::Mark(')')] => self.sum(inner, depth + 1),
            [Token::Name(name), Token::Mark('[' | '{'), Token::Text(key), ..]
                if is_environment(name) && is_home(key) =>
            {
                Some(home())
            }
            [Token::Name(name), Token::Mark('{'), Token::Name(key), ..] if name == "ENV" && key == "HOME" => {
                Some(home())
            }
            [Token::Name(name), Token::Mark('('), inner @ .., Token::Mark(')')] => {
                let path = self.resolved(name);
                let last = path.rsplit(['.', ':']).next().unwrap_or_default();
                match last {
                    "home" | "homedir" if inner.is_empty() => Some(home()),
                    "getenv" | "get" | "fetch" if matches!(inner, [Token::Text(key), ..] if is_home(key)) => {
                        Some(home())
                    }
                    "join" | "resolve" | "joinpath"
                        if last == "joinpath" || path.contains("path") || path.starts_with("File") =>
                    {
                        let mut parts: Vec<Part> = Vec::new();
                        // below a path that stands before it
                        if last == "joinpath" {
                            parts.push(Part::Unknown { source: "…".to_owned(), splits: false });
                        }
                        for argument in split(inner) {
                            let value = self.sum(argument, depth + 1).unwrap_or_else(|| {
                                vec![Part::Unknown { source: "…".to_owned(), splits: false }]
                            });
                            if matches!(value.first(), Some(Part::Text(text)) if text.starts_with('/')) {
                                parts.clear();
                            } else if !parts.is_empty() {
                                parts.push(Part::Text("/".to_owned()));
                            }
                            parts.extend(value);
                        }
                        Some(joined(parts))
                    }
                    // texts that stay what they are, or nearly so
                    "Path" | "PurePath" | "PosixPath" | "str" | "String" | "expanduser" | "expandvars"
                    | "abspath" | "realpath" | "normpath" | "resolve" | "expand_path" | "quote"
                    | "shellescape" | "bytes" | "fspath" | "encode" => {
                        let value = self.sum(split(inner).first()?, depth + 1)?;
                        Some(if matches!(last, "expanduser" | "expand_path" | "expandvars") {
                            expanded(value)
                        } else {
                            value
                        })
                    }
                    "shlex.split" | "split" => self.sum(split(inner).first()?, depth + 1),
                    _ => None,
                }
            }
            // `x.expanduser()`, `"…".split()`, `Path("~").resolve()`
            [first @ .., Token::Mark('.'), Token::Name(method), Token::Mark('('), Token::Mark(')')] => {
                let value = self.sum(first, depth + 1)?;
                Some(if method == "expanduser" {
                    expanded(value)
                } else if matches!(
                    method.as_str(),
                    "split" | "strip" | "resolve" | "absolute" | "encode" | "trim" | "toString"
                ) {
                    value
                } else {
                    return None;
                })
            }
            _ => None,
        }
    }

    /// Names of dangerous calls that stand in texts or comments only: joined, decoded or looked up, they run all the same.
    fn hidden(&mut self, code: &str) {
        // a replacement of everything by nothing, as `perl -pi` runs it
        let plain: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        if matches!(
            plain.trim_end_matches(';'),
            "s/.*//"
                | "s/.*//s"
                | "s/.*//sg"
                | "s/.*//gs"
                | "s/.*//g"
                | "s/.+//"
                | "s/.+//s"
                | "$_=''"
                | "$_=\"\""
                | "undef$_"
                | "s/^.*$//"
        ) {
            self.unseen("it leaves nothing of what it edits");
        }
        if plain.is_empty() {
            self.unseen("it does nothing with what it is given");
        }
        if self.depth > 0 || !self.seen.is_empty() {
            return;
        }
        let doors = self.language.calls.iter().any(|call| {
            matches!(call.does, Does::Shell | Does::Command | Does::DeleteTree)
                && call.name.contains('.')
                && !call.name.starts_with('.')
                && call.name.len() > 8
                && code.contains(call.name)
        });
        let reflects = code.contains("__")
            || code.contains("decode")
            || code.contains("atob")
            || code.contains("fromCharCode")
            || code.contains("pack(");
        if doors && reflects {
            self.unseen("names of calls stand in texts that may be run");
        }
    }
}

fn is_environment(name: &str) -> bool {
    matches!(name, "os.environ" | "process.env" | "ENV" | "_ENV" | "environ")
}

fn is_home(parts: &[Part]) -> bool {
    matches!(parts, [Part::Text(text)] if text == "HOME" || text == "USERPROFILE")
}

/// The home folder, as the shell writes it.
fn home() -> Vec<Part> {
    vec![Part::Text("~".to_owned())]
}

fn expanded(parts: Vec<Part>) -> Vec<Part> {
    match parts.split_first() {
        Some((Part::Text(text), rest)) if text.starts_with("$HOME") => {
            let mut parts = vec![Part::Text(format!("~{}", &text[5..]))];
            parts.extend(rest.iter().cloned());
            parts
        }
        _ => parts,
    }
}

fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    for part in parts {
        match (all.last_mut(), part) {
            (Some(Part::Text(last)), Part::Text(text)) => last.push_str(&text),
            (_, part) => all.push(part),
        }
    }
    all
}

fn word(parts: Vec<Part>) -> Word {
    Word { parts, span: None }
}

fn unknown(source: &str) -> Word {
    word(vec![Part::Unknown { source: source.to_owned(), splits: false }])
}

fn word_of(constant: Option<Vec<Part>>, tokens: &[Token]) -> Word {
    match constant {
        Some(parts) => word(parts),
        None => match tokens {
            [Token::Name(name), ..] => unknown(name),
            _ => unknown("…"),
        },
    }
}

/// Whether a name stands in a list of what is imported, where nothing is called.
fn imported(tokens: &[Token], at: usize) -> bool {
    let lists = |token: &&Token| matches!(token, Token::Name(_) | Token::Mark(',' | ':' | '(' | '*'));
    // Python: `from a import b, c as d`
    let before = tokens[..at].iter().rev().take_while(lists);
    let mut past_import = before.map_while(|token| match token {
        Token::Name(name) => Some(name.as_str()),
        _ => Some(""),
    });
    if past_import.any(|name| name == "import") {
        return true;
    }
    // `const {a, b: c} = require("x")`, `import {a} from "x"`
    let Some(close) = tokens[at..].iter().position(|token| !lists(&token)).map(|length| at + length) else {
        return false;
    };
    if tokens[close] != Token::Mark('}') {
        return false;
    }
    match (tokens.get(close + 1), tokens.get(close + 2)) {
        (Some(Token::Mark('=')), Some(Token::Name(name))) => matches!(name.as_str(), "require" | "await"),
        (Some(Token::Name(name)), _) => name == "from",
        _ => false,
    }
}

/// `shell=True`, `{stdio: 'inherit'}`
fn is_option(tokens: &&[Token]) -> bool {
    matches!(
        tokens,
        [Token::Name(_), Token::Mark('=' | ':'), ..] | [Token::Mark('{'), ..] | [Token::Mark(':'), ..]
    )
}

/// The arguments between a parenthesis, whose inside begins at `start`, and the one that closes it.
fn arguments(tokens: &[Token], start: usize) -> Vec<&[Token]> {
    let mut arguments = Vec::new();
    let mut depth = 0;
    let mut from = start;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark(')' | ']' | '}') if depth == 0 => {
                if at > from {
                    arguments.push(&tokens[from..at]);
                }
                return arguments;
            }
            Token::Mark(')' | ']' | '}') => depth -= 1,
            Token::Mark(',') if depth == 0 => {
                arguments.push(&tokens[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    if from < tokens.len() {
        arguments.push(&tokens[from..]);
    }
    arguments
}

/// The arguments of a call without parentheses: up to the end of the statement.
fn bare(tokens: &[Token], start: usize) -> Vec<&[Token]> {
    let end = (start..tokens.len())
        .find(|&at| match &tokens[at] {
            Token::Line | Token::Mark(';' | '}' | ')') => true,
            Token::Name(name) => {
                matches!(name.as_str(), "if" | "unless" | "or" | "and" | "for" | "while" | "do")
            }
            _ => false,
        })
        .unwrap_or(tokens.len());
    let mut arguments = Vec::new();
    let mut from = start;
    let mut depth = 0;
    for at in start..end {
        match tokens[at] {
            Token::Mark('(' | '[') => depth += 1,
            Token::Mark(']') => depth -= 1,
            Token::Mark(',') if depth == 0 => {
                arguments.push(&tokens[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    if from < end {
        arguments.push(&tokens[from..end]);
    }
    arguments
}

/// Whether an environment is only handed on to a program, or looked at for its names: `env=os.environ`,
/// `{...process.env}`, `"X" in os.environ`, `Object.keys(process.env)`.
fn handed_on(tokens: &[Token], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map(|at| &tokens[at]);
    let named = |back: usize, names: &[&str]| matches!(before(back), Some(Token::Name(name)) if names.contains(&name.as_str()));
    match before(1) {
        Some(Token::Mark('=' | ':')) => named(2, &["env"]),
        Some(Token::Mark('.')) => {
            before(2) == Some(&Token::Mark('.')) && before(3) == Some(&Token::Mark('.'))
        }
        Some(Token::Mark('*')) => before(2) == Some(&Token::Mark('*')),
        Some(Token::Mark('(')) => named(2, &["Object.keys", "len"]),
        Some(Token::Name(name)) => {
            let whole = matches!(&tokens[at], Token::Name(own) if is_environment(own));
            name == "in" && whole && !matches!(tokens.get(at + 1), Some(Token::Mark('.' | '[')))
        }
        _ => false,
    }
}

/// The list of arguments among options: `{args: ["-rf", "x"]}`.
fn list_in(tokens: &[Token]) -> Option<Vec<&[Token]>> {
    let at = tokens.windows(3).position(|window| {
        matches!(window, [Token::Name(name), Token::Mark(':'), Token::Mark('[')] if name == "args" || name == "argv")
    })?;
    Some(arguments(tokens, at + 3))
}

/// The items of a list literal.
fn list(tokens: &[Token]) -> Option<Vec<&[Token]>> {
    let start = tokens.iter().position(|token| *token != Token::Line)?;
    match tokens[start] {
        Token::Mark('[' | '(') => {}
        _ => return None,
    }
    // the whole argument must be the list
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token {
            Token::Mark('[' | '(' | '{') => depth += 1,
            Token::Mark(']' | ')' | '}') => {
                depth -= 1;
                if depth == 0 && tokens[at + 1..].iter().any(|token| *token != Token::Line) {
                    return None;
                }
            }
            _ => {}
        }
    }
    let items = arguments(tokens, start + 1);
    (tokens[start] == Token::Mark('[') || items.len() > 1).then_some(items)
}

/// Arguments of tokens that are borrowed one by one.
fn split<'a, 't>(tokens: &'a [&'t Token]) -> Vec<&'a [&'t Token]> {
    let mut all = Vec::new();
    let mut depth = 0;
    let mut from = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark(')' | ']' | '}') => depth -= 1,
            Token::Mark(',') if depth == 0 => {
                all.push(&tokens[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    if from < tokens.len() {
        all.push(&tokens[from..]);
    }
    all
}

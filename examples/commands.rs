//! Checks files of command knowledge as they stand, without compiling them in: `commands rules/commands/git.toml …`.
//! With `-c COMMAND` at the end, judges that command by them instead of their examples.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;
use std::{env, fs};

use portcullis::gate::decision::Decision;
use portcullis::gate::knowledge::load::Loaded;
use portcullis::gate::knowledge::{self};
use portcullis::gate::model::{Cwd, Inner, Invocation, Opinion, Part, Redirect, RedirectKind, Stdin, Word};
use portcullis::gate::sample::{SampleWorld, environment, folder};
use portcullis::gate::{effects, flows};

fn main() -> ExitCode {
    let mut loaded = Loaded::default();
    let mut arguments = env::args().skip(1);
    let mut command = None;
    while let Some(file) = arguments.next() {
        if file == "-c" {
            command = arguments.next();
            continue;
        }
        match fs::read_to_string(&file) {
            Ok(text) => loaded.file(&file, &text),
            Err(error) => loaded.mistakes.push(format!("{file}: {error}")),
        }
    }
    let mut wrong = loaded.mistakes.len();
    for mistake in &loaded.mistakes {
        eprintln!("{mistake}");
    }
    let programs = loaded.commands.len();
    knowledge::try_out(std::mem::take(&mut loaded.commands));
    if let Some(command) = command {
        print(&command, &judge(&command));
        return ExitCode::SUCCESS;
    }
    for example in &loaded.examples {
        let opinions = judge(&example.text);
        let got = strictest(&opinions);
        if got != example.decision {
            wrong += 1;
            println!("{}: wanted {}, got {}", example.place, example.decision.as_str(), got.as_str());
            print(&example.text, &opinions);
        }
    }
    println!("{programs} programs, {} examples, {wrong} wrong", loaded.examples.len());
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn strictest(opinions: &[Opinion]) -> Decision {
    opinions.iter().map(|opinion| opinion.decision).max().unwrap_or(Decision::Allow)
}

fn print(text: &str, opinions: &[Opinion]) {
    println!("    {text}");
    for opinion in opinions {
        println!("      {:5} {}: {}", opinion.decision.as_str(), opinion.id, opinion.reason);
    }
}

/// A plain reading of a line: quotes, pipes, lists and redirections, nothing else. Stands in for `gate::evaluate`.
fn judge(line: &str) -> Vec<Opinion> {
    let mut out = Vec::new();
    let mut all = Vec::new();
    line_of_shell(
        line,
        &Invocation { cwd: Some(Cwd::Known(folder())), ..Invocation::default() },
        &mut out,
        &mut all,
    );
    out.extend(flows::judge(&all, &environment()));
    out
}

fn line_of_shell(
    line: &str,
    within: &Invocation,
    out: &mut Vec<Opinion>,
    all: &mut Vec<(Invocation, portcullis::gate::model::Reading)>,
) {
    let mut invocation = Invocation { words: Vec::new(), redirects: Vec::new(), ..within.clone() };
    let mut redirect = None;
    let mut tokens = tokens(line).into_iter().peekable();
    let mut stdin = within.stdin.clone();
    loop {
        let token = tokens.next();
        match token {
            None | Some(Token::Operator("|" | "||" | "&&" | ";" | "&" | "\n")) => {
                let piped = matches!(token, Some(Token::Operator("|")));
                if !invocation.words.is_empty() || !invocation.redirects.is_empty() {
                    invocation.stdin = std::mem::take(&mut stdin);
                    let at = all.len();
                    if piped {
                        // The next command may itself hold others: its number is not known before.
                        invocation.feeds = (at + 1..at + 8).collect();
                        stdin = Stdin::Pipe(vec![at]);
                        let words: Option<Vec<&str>> = invocation.words.iter().map(Word::text).collect();
                        if let Some(["echo" | "printf", rest @ ..]) = words.as_deref() {
                            stdin = Stdin::Text(Word::known(rest.join(" ")));
                        }
                    }
                    run(invocation, out, all);
                }
                invocation = Invocation { words: Vec::new(), redirects: Vec::new(), ..within.clone() };
                if token.is_none() {
                    return;
                }
            }
            Some(Token::Operator(operator)) => redirect = Some(operator),
            Some(Token::Word(word)) => match redirect.take() {
                Some("<<<") => stdin = Stdin::Text(word),
                Some("<") => {
                    stdin = Stdin::File(word.clone());
                    invocation.redirects.push(Redirect { kind: RedirectKind::Read, target: word });
                }
                Some(operator) => {
                    let kind = if operator == ">>" { RedirectKind::Append } else { RedirectKind::Write };
                    if !word.text().is_some_and(|text| text.starts_with('&')) {
                        invocation.redirects.push(Redirect { kind, target: word });
                    }
                }
                None => invocation.words.push(word),
            },
        }
    }
}

fn run(
    invocation: Invocation,
    out: &mut Vec<Opinion>,
    all: &mut Vec<(Invocation, portcullis::gate::model::Reading)>,
) {
    let environment = environment();
    let reading = knowledge::read(&invocation, &environment, &SampleWorld);
    out.extend(reading.opinions.clone());
    out.extend(effects::judge(&invocation, &reading, &environment, &SampleWorld));
    let inner = reading.inner.clone();
    all.push((invocation, reading));
    for inner in inner {
        match inner {
            Inner::Words(invocation) if !invocation.words.is_empty() => run(invocation, out, all),
            Inner::Shell { text, within, .. } => match text.text() {
                Some(text) => line_of_shell(text, &within, out, all),
                None => ask(out, "shell text shows only when it runs"),
            },
            Inner::Code { language, text, .. } => {
                if text.is_unknown() {
                    ask(out, &format!("{language} code shows only when it runs"));
                } else {
                    println!("    (code of {language}: `gate check` judges it)");
                }
            }
            Inner::Script { .. } | Inner::Target { .. } | Inner::Words(_) => {}
        }
    }
}

fn ask(out: &mut Vec<Opinion>, reason: &str) {
    out.push(Opinion {
        id: "unread-command".to_owned(),
        decision: Decision::Ask,
        reason: reason.to_owned(),
        suggestion: None,
        span: None,
    });
}

enum Token {
    Word(Word),
    Operator(&'static str),
}

const OPERATORS: &[&str] = &["&&", "||", "<<<", ">>", ">|", "&>", "|", ";", "&", "<", ">", "\n"];

fn tokens(line: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut parts: Vec<Part> = Vec::new();
    let mut begun = false;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        let operator = OPERATORS.iter().find(|operator| rest.starts_with(**operator));
        if c.is_whitespace() && c != '\n' || operator.is_some() {
            if std::mem::take(&mut begun) {
                // `2>` names a stream.
                let digits = matches!(parts.as_slice(), [Part::Text(text)] if text.parse::<u8>().is_ok());
                if !(digits && operator.is_some_and(|operator| operator.starts_with(['<', '>']))) {
                    out.push(Token::Word(Word { parts: std::mem::take(&mut parts), span: None }));
                }
                parts.clear();
            }
            if let Some(operator) = operator {
                out.push(Token::Operator(operator));
                length = operator.len();
                if operator.ends_with('>') && rest[length..].starts_with('&') {
                    begun = true;
                    push(&mut parts, "&");
                    length += 1;
                }
            }
            rest = &rest[length..];
            continue;
        }
        begun = true;
        match c {
            '\'' => {
                let end = rest[1..].find('\'').map_or(rest.len(), |end| end + 1);
                push(&mut parts, &rest[1..end]);
                length = (end + 1).min(rest.len());
            }
            '"' => {
                let mut at = 1;
                while at < rest.len() && !rest[at..].starts_with('"') {
                    if rest[at..].starts_with('\\') {
                        at += 1;
                    }
                    if rest[at..].starts_with('$') && !rest[..at].ends_with('\\') {
                        let taken = variable(&rest[at..]);
                        unknown(&mut parts, &rest[at..at + taken], false);
                        at += taken;
                        continue;
                    }
                    let width = rest[at..].chars().next().map_or(1, char::len_utf8);
                    push(&mut parts, &rest[at..at + width]);
                    at += width;
                }
                length = (at + 1).min(rest.len());
            }
            '\\' => {
                length += rest[1..].chars().next().map_or(0, char::len_utf8);
                push(&mut parts, &rest[1..length]);
            }
            '$' => {
                length = variable(rest);
                unknown(&mut parts, &rest[..length], true);
            }
            '*' | '?' => parts.push(Part::Glob(c.to_string())),
            '~' if parts.is_empty() && rest[1..].starts_with(['/', ' ']) || rest == "~" => {
                push(&mut parts, "/home/dev")
            }
            _ => push(&mut parts, &rest[..length]),
        }
        rest = &rest[length..];
    }
    if begun {
        out.push(Token::Word(Word { parts, span: None }));
    }
    out
}

fn variable(rest: &str) -> usize {
    if rest.starts_with("$(") {
        return rest.find(')').map_or(rest.len(), |end| end + 1);
    }
    if rest.starts_with("${") {
        return rest.find('}').map_or(rest.len(), |end| end + 1);
    }
    rest[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(rest.len(), |end| end + 1)
}

fn unknown(parts: &mut Vec<Part>, source: &str, splits: bool) {
    match source {
        "$HOME" => push(parts, "/home/dev"),
        "$PWD" => push(parts, "/home/dev/project"),
        _ => parts.push(Part::Unknown { source: source.to_owned(), splits }),
    }
}

fn push(parts: &mut Vec<Part>, text: &str) {
    knowledge::words::push_text(parts, text);
}

//! Languages of filters: awk, sed, jq, and the commands that vim is started with.

use crate::gate::model::{EffectKind, Part, Word};

use super::Seen;

pub(super) fn look(language: &str, text: &Word) -> Option<Vec<Seen>> {
    let mut code = String::new();
    let mut seen = Vec::new();
    for part in &text.parts {
        match part {
            Part::Text(text) | Part::Glob(text) => code.push_str(text),
            // a value that stands where a value stands is no code as a rule, but may be
            Part::Unknown { .. } if language == "jq" => code.push('0'),
            Part::Unknown { .. } => {
                seen.push(Seen::Unseen("some of the script is only known when it runs".to_owned()));
                code.push('0');
            }
        }
    }
    match language {
        "awk" => awk(&code, &mut seen),
        "sed" => sed(&code, &mut seen),
        "jq" => jq(&code, &mut seen),
        _ => vim(&code, &mut seen),
    }
    Some(seen)
}

fn known(text: &str) -> Word {
    Word::known(text)
}

fn unknown(source: &str) -> Word {
    Word { parts: vec![Part::Unknown { source: source.to_owned(), splits: false }], span: None }
}

/// awk: `system(…)`, pipes to and from commands, output to files.
fn awk(code: &str, seen: &mut Vec<Seen>) {
    #[derive(Debug, PartialEq)]
    enum Token {
        Text(String),
        Name(String),
        Mark(&'static str),
        Other,
    }
    let bytes = code.as_bytes();
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b' ' | b'\t' => at += 1,
            b'#' => at += code[at..].find('\n').unwrap_or(code.len() - at),
            b'"' => {
                let start = at + 1;
                at = start;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                let text = code.get(start..at.min(code.len())).unwrap_or_default();
                tokens.push(Token::Text(crate::shell::escape::ansi_c(text)));
                at += 1;
            }
            b'/' if !matches!(tokens.last(), Some(Token::Name(_) | Token::Text(_))) || tokens.is_empty() => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'/' && bytes[at] != b'\n' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
                tokens.push(Token::Other);
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                let start = at;
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
                    at += 1;
                }
                tokens.push(Token::Name(code[start..at].to_owned()));
            }
            b'|' if bytes.get(at + 1) == Some(&b'|') => {
                tokens.push(Token::Other);
                at += 2;
            }
            b'|' => {
                at += 1 + usize::from(bytes.get(at + 1) == Some(&b'&'));
                tokens.push(Token::Mark("|"));
            }
            b'>' if bytes.get(at + 1) == Some(&b'=') => {
                tokens.push(Token::Other);
                at += 2;
            }
            b'>' => {
                let append = bytes.get(at + 1) == Some(&b'>');
                at += if append { 2 } else { 1 };
                tokens.push(Token::Mark(if append { ">>" } else { ">" }));
            }
            b'(' => {
                tokens.push(Token::Mark("("));
                at += 1;
            }
            b')' => {
                tokens.push(Token::Mark(")"));
                at += 1;
            }
            b'\n' | b';' | b'{' | b'}' => {
                tokens.push(Token::Mark(";"));
                at += 1;
            }
            b'@' => {
                // indirect calls and `@load`
                seen.push(Seen::Unseen("calls what is only named when it runs".to_owned()));
                at += 1;
            }
            _ => {
                tokens.push(Token::Other);
                at += 1;
            }
        }
    }
    let mut prints = false;
    // `print a > b` writes only outside parentheses
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        let text = |at: usize| match (tokens.get(at), tokens.get(at + 1)) {
            (Some(Token::Text(text)), Some(Token::Mark(")" | ";") | Token::Name(_)) | None) => known(text),
            (Some(Token::Text(text)), _) => Word {
                parts: vec![
                    Part::Text(text.clone()),
                    Part::Unknown { source: "…".to_owned(), splits: false },
                ],
                span: None,
            },
            _ => unknown("…"),
        };
        match token {
            Token::Text(text) if text.starts_with("/inet") => {
                seen.push(Seen::Effect(EffectKind::Sends, Some(known(text))));
            }
            Token::Mark("(") => depth += 1,
            Token::Mark(")") => depth -= 1,
            Token::Mark(";") => {
                prints = false;
                depth = 0;
            }
            Token::Name(name) if matches!(name.as_str(), "print" | "printf") => {
                prints = true;
                depth = 0;
            }
            Token::Name(name) if name == "system" => {
                let from = if tokens.get(at + 1) == Some(&Token::Mark("(")) { at + 2 } else { at + 1 };
                seen.push(Seen::Shell(text(from)));
            }
            Token::Mark("|") => match tokens.get(at + 1) {
                Some(Token::Name(name)) if name == "getline" => {
                    let word = match at.checked_sub(1).and_then(|at| tokens.get(at)) {
                        Some(Token::Text(text)) => known(text),
                        _ => unknown("…"),
                    };
                    seen.push(Seen::Shell(word));
                }
                _ => seen.push(Seen::Fed(text(at + 1))),
            },
            Token::Mark(kind @ (">" | ">>")) if prints && depth == 0 => {
                let target = text(at + 1);
                if !matches!(target.text(), Some("/dev/stderr" | "/dev/stdout" | "/dev/null")) {
                    let kind = if *kind == ">" { EffectKind::Overwrites } else { EffectKind::Writes };
                    seen.push(Seen::Effect(kind, Some(target)));
                }
            }
            Token::Name(name) if name == "ENVIRON" => {
                let key = match tokens.get(at + 2) {
                    Some(Token::Text(key)) => Some(key),
                    _ => None,
                };
                if key.is_none_or(|key| crate::gate::credentials::is_secret_name(key)) {
                    seen.push(Seen::Effect(EffectKind::CredentialPrint, None));
                }
            }
            _ => {}
        }
    }
}

/// sed: `e`, `w`, `r` and the flags of `s`.
fn sed(code: &str, seen: &mut Vec<Seen>) {
    let chars: Vec<char> = code.chars().collect();
    let mut at = 0;
    let rest_of_line = |at: &mut usize| {
        let start = *at;
        while *at < chars.len() && chars[*at] != '\n' {
            *at += 1;
        }
        chars[start..*at].iter().collect::<String>().trim().to_owned()
    };
    // skips up to an unescaped delimiter; false if there is none
    let delimited = |at: &mut usize, delimiter: char| {
        let mut class = false;
        while *at < chars.len() {
            match chars[*at] {
                '\\' => *at += 1,
                '[' if delimiter != '[' => class = true,
                ']' => class = false,
                c if c == delimiter && !class => {
                    *at += 1;
                    return true;
                }
                // a bracket may hold the delimiter, or not be closed at all
                _ => {}
            }
            *at += 1;
        }
        false
    };
    while at < chars.len() {
        match chars[at] {
            ' ' | '\t' | '\n' | ';' | '{' | '}' | '!' | ',' | '~' | '+' | '$' | '0'..='9' => at += 1,
            '#' => {
                rest_of_line(&mut at);
            }
            '/' => {
                at += 1;
                if !delimited(&mut at, '/') {
                    return seen.push(unread());
                }
                while matches!(chars.get(at), Some('I' | 'M')) {
                    at += 1;
                }
            }
            '\\' if at + 1 < chars.len() => {
                let delimiter = chars[at + 1];
                at += 2;
                if !delimited(&mut at, delimiter) {
                    return seen.push(unread());
                }
            }
            's' | 'y' => {
                let kind = chars[at];
                let Some(&delimiter) = chars.get(at + 1) else { return seen.push(unread()) };
                at += 2;
                let start = at;
                // a class that is not closed is no class
                if !delimited(&mut at, delimiter) || !plain_until(&chars, &mut at, delimiter) {
                    at = start;
                    if !(plain_until(&chars, &mut at, delimiter) && plain_until(&chars, &mut at, delimiter)) {
                        return seen.push(unread());
                    }
                }
                if kind == 's' {
                    while let Some(flag) = chars.get(at) {
                        match flag {
                            'g' | 'p' | 'i' | 'I' | 'm' | 'M' | '0'..='9' => at += 1,
                            'e' => {
                                seen.push(Seen::Unseen(
                                    "the flag `e` runs what comes of a replacement".to_owned(),
                                ));
                                at += 1;
                            }
                            'w' => {
                                at += 1;
                                let file = rest_of_line(&mut at);
                                written(&file, seen);
                            }
                            _ => break,
                        }
                    }
                }
            }
            'e' => {
                at += 1;
                let command = rest_of_line(&mut at);
                if command.is_empty() {
                    seen.push(Seen::Unseen("the command `e` runs what is read".to_owned()));
                } else {
                    seen.push(Seen::Shell(known(&command)));
                }
            }
            'w' | 'W' => {
                at += 1;
                let file = rest_of_line(&mut at);
                written(&file, seen);
            }
            'r' | 'R' => {
                at += 1;
                let file = rest_of_line(&mut at);
                if !file.is_empty() {
                    seen.push(Seen::Effect(EffectKind::Shows, Some(known(&file))));
                }
            }
            'a' | 'i' | 'c' => {
                at += 1;
                loop {
                    let line = rest_of_line(&mut at);
                    at += 1;
                    if !line.ends_with('\\') {
                        break;
                    }
                }
            }
            ':' | 'b' | 't' | 'T' => {
                at += 1;
                while at < chars.len() && !matches!(chars[at], '\n' | ';' | '}') {
                    at += 1;
                }
            }
            'd' if everything(&chars[..at]) => {
                seen.push(Seen::Unseen("it leaves nothing of what it edits".to_owned()));
                at += 1;
            }
            'd' | 'D' | 'p' | 'P' | 'q' | 'Q' | 'n' | 'N' | 'g' | 'G' | 'h' | 'H' | 'x' | 'l' | '=' | 'F'
            | 'z' => at += 1,
            _ => return seen.push(unread()),
        }
    }
}

/// Whether the address before a command of sed is every line.
fn everything(before: &[char]) -> bool {
    let start = before.iter().rposition(|c| matches!(c, ';' | '\n' | '{' | '}')).map_or(0, |at| at + 1);
    let address: String = before[start..].iter().filter(|c| !c.is_whitespace()).collect();
    matches!(address.as_str(), "" | "1,$" | "0,$" | "1~1" | "/.*/" | "/^/" | "/$/")
        && before[..start].is_empty()
}

/// Skips to an unescaped delimiter, classes not regarded.
fn plain_until(chars: &[char], at: &mut usize, delimiter: char) -> bool {
    while *at < chars.len() {
        match chars[*at] {
            '\\' => *at += 1,
            c if c == delimiter => {
                *at += 1;
                return true;
            }
            _ => {}
        }
        *at += 1;
    }
    false
}

fn unread() -> Seen {
    Seen::Unseen("the script could not be taken apart".to_owned())
}

fn written(file: &str, seen: &mut Vec<Seen>) {
    if !matches!(file, "/dev/stdout" | "/dev/stderr" | "") {
        seen.push(Seen::Effect(EffectKind::Overwrites, Some(known(file))));
    }
}

/// jq computes; only the environment is of note.
fn jq(code: &str, seen: &mut Vec<Seen>) {
    let mut rest = code;
    while let Some(at) = rest.find("env").or_else(|| rest.find("ENV")) {
        let before = rest[..at].chars().next_back();
        let after = &rest[at + 3..];
        let whole = !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '-'))
            && !after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '-'));
        if whole {
            let key: String = after
                .trim_start_matches('.')
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if key.is_empty() || crate::gate::credentials::is_secret_name(&key) {
                seen.push(Seen::Effect(EffectKind::CredentialPrint, None));
                return;
            }
        }
        rest = after;
    }
}

/// Commands of vim that run no other program.
const HARMLESS_EX: &[&str] = &[
    "",
    "q",
    "qa",
    "wq",
    "wqa",
    "x",
    "w",
    "set",
    "syntax",
    "colorscheme",
    "e",
    "help",
    "noh",
    "quit",
    "vsplit",
    "split",
    "d",
    "s",
];

/// Commands of vim: moving about and writing files is fine, the rest may run anything.
fn vim(code: &str, seen: &mut Vec<Seen>) {
    for command in code.split(['|', '\n']) {
        let command = command.trim().trim_start_matches(':');
        if let Some(shell) = command.strip_prefix('!') {
            seen.push(Seen::Shell(known(shell)));
            continue;
        }
        let name: String = command.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
        // `g`, `v` and `normal` run other commands
        if matches!(command, "%d" | "1,$d" | "%delete" | "g/.*/d" | "g/^/d") {
            seen.push(Seen::Unseen("it leaves nothing of what it edits".to_owned()));
            continue;
        }
        let harmless = HARMLESS_EX.contains(&name.as_str()) && !command.contains(['`', '(']);
        if !harmless {
            seen.push(Seen::Unseen(format!("`{name}` may run anything")));
        } else if matches!(name.as_str(), "w" | "wq")
            && command.contains('!')
            && command.trim_end() != "w!"
            && command.trim_end() != "wq!"
        {
            seen.push(Seen::Shell(known(command.split_once('!').map_or("", |(_, shell)| shell))));
        }
    }
}

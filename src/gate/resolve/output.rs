//! What simple programs write, where it can be told: `echo`, `printf`, `cat`, decoders.

use crate::gate::model::{Part, Stdin, Word};
use crate::shell::escape;

use super::Out;
use super::redirect::plain;
use super::value::{Parts, known, push_parts, push_text, text};

/// Longest output that is worked out.
const MAX_OUTPUT: usize = 256 << 10;

/// The output of `name`, given its arguments and what it reads.
pub(super) fn of(name: &str, arguments: &[Word], stdin: &Stdin) -> Out {
    let out = match name {
        "true" | "false" | ":" | "cd" | "mkdir" | "rm" | "touch" | "export" | "set" | "unset" | "exit"
        | "return" | "shift" | "trap" | "alias" | "sleep" | "wait" | "test" | "[" => return Out::nothing(),
        "echo" => echo(arguments),
        "printf" => printf(arguments),
        "cat" | "tee" => pass(name, arguments, stdin),
        "base64" | "gbase64" => base64(arguments, stdin),
        "base32" => base32(arguments, stdin),
        "openssl" => openssl(arguments, stdin),
        "xxd" => xxd(arguments, stdin),
        "rev" => filter(arguments.is_empty(), stdin, |input| {
            input.lines().map(|line| line.chars().rev().collect::<String>() + "\n").collect()
        }),
        "tac" => filter(arguments.is_empty(), stdin, |input| {
            input.lines().rev().map(|line| format!("{line}\n")).collect()
        }),
        "tr" => tr(arguments, stdin),
        "sed" | "gsed" => sed(arguments, stdin),
        "basename" => base(arguments),
        "dirname" => folder(arguments),
        "head" | "tail" | "sort" | "uniq" | "grep" => chosen(name, arguments, stdin),
        _ => None,
    };
    match out {
        Some(parts) => Out::Known(parts),
        None => Out::Unknown,
    }
}

/// Paths, one on each line.
pub(super) fn lines(paths: &[Word]) -> Out {
    let mut parts = Parts::new();
    for path in paths {
        push_parts(&mut parts, &path.parts);
        push_text(&mut parts, "\n");
    }
    Out::Known(parts)
}

/// What is left of paths that a search found when lines of it are chosen or sorted: the same, for all that is known.
fn chosen(name: &str, arguments: &[Word], stdin: &Stdin) -> Option<Parts> {
    let Stdin::Text(input) = stdin else { return None };
    let found = input.parts.iter().any(|part| matches!(part, Part::Unknown { source, .. } if source == "{}"));
    let mut patterns = 0;
    let plain = arguments.iter().all(|word| match word.text() {
        Some(text) if name != "grep" => {
            text.starts_with('-') || text.bytes().all(|byte| byte.is_ascii_digit())
        }
        Some(text) if text.starts_with('-') => text[1..].chars().all(|letter| "viEFPwxez".contains(letter)),
        _ => {
            patterns += 1;
            patterns == 1
        }
    });
    (found && plain).then(|| input.parts.clone())
}

fn joined(words: &[Word]) -> Parts {
    let mut parts = Parts::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            push_text(&mut parts, " ");
        }
        push_parts(&mut parts, &word.parts);
    }
    parts
}

fn echo(arguments: &[Word]) -> Option<Parts> {
    let mut rest = arguments;
    let mut newline = true;
    let mut escapes = false;
    while let Some((first, others)) = rest.split_first() {
        let option = first.text().unwrap_or_default();
        let Some(letters) = option.strip_prefix('-').filter(|letters| {
            !letters.is_empty() && letters.bytes().all(|letter| matches!(letter, b'n' | b'e' | b'E'))
        }) else {
            break;
        };
        for letter in letters.bytes() {
            match letter {
                b'n' => newline = false,
                b'e' => escapes = true,
                _ => escapes = false,
            }
        }
        rest = others;
    }
    let mut parts = joined(rest);
    if escapes {
        let mut resolved = Parts::new();
        for part in &parts {
            match part {
                Part::Text(text) => {
                    let (text, ended) = escape::echo(text);
                    push_text(&mut resolved, &text);
                    if ended {
                        return Some(resolved);
                    }
                }
                other => resolved.push(other.clone()),
            }
        }
        parts = resolved;
    }
    Some(parts_with_newline(parts, newline))
}

fn parts_with_newline(mut parts: Parts, newline: bool) -> Parts {
    if newline {
        push_text(&mut parts, "\n");
    }
    parts
}

/// `printf FORMAT ARGUMENT…`, for the conversions that matter.
pub(super) fn printf(arguments: &[Word]) -> Option<Parts> {
    let mut arguments = arguments;
    if arguments.first().and_then(Word::text) == Some("--") {
        arguments = &arguments[1..];
    }
    let (format, mut rest) = arguments.split_first()?;
    let format = plain(format)?;
    let mut out = Parts::new();
    let mut size = 0;
    loop {
        let before = rest.len();
        let mut chars = format;
        while let Some(at) = chars.find('%') {
            let (text, ended) = escape::printf(&chars[..at]);
            push_text(&mut out, &text);
            if ended {
                return Some(out);
            }
            chars = &chars[at + 1..];
            let flags =
                chars.find(|character: char| !"-+ #0123456789.".contains(character)).unwrap_or(chars.len());
            let plain_flags = chars[..flags].is_empty();
            let kind = chars[flags..].chars().next()?;
            chars = &chars[flags + kind.len_utf8()..];
            if kind == '%' {
                push_text(&mut out, "%");
                continue;
            }
            let argument = rest.split_first();
            if let Some((_, others)) = argument {
                rest = others;
            }
            let argument = argument.map(|(first, _)| first);
            match kind {
                's' if plain_flags => {
                    if let Some(word) = argument {
                        push_parts(&mut out, &word.parts);
                    }
                }
                'b' if plain_flags => {
                    if let Some(word) = argument {
                        let (text, ended) = escape::echo(word.text()?);
                        push_text(&mut out, &text);
                        if ended {
                            return Some(out);
                        }
                    }
                }
                'c' if plain_flags => {
                    if let Some(word) = argument {
                        push_text(&mut out, &word.text()?.chars().take(1).collect::<String>());
                    }
                }
                'd' | 'i' if plain_flags => {
                    let number: i64 = argument.map_or(Some(0), |word| word.text()?.trim().parse().ok())?;
                    push_text(&mut out, &number.to_string());
                }
                'q' if plain_flags => {
                    if let Some(word) = argument {
                        push_text(&mut out, &format!("'{}'", word.text()?.replace('\'', "'\\''")));
                    }
                }
                _ => return None,
            }
        }
        let (text, ended) = escape::printf(chars);
        push_text(&mut out, &text);
        size += format.len();
        if ended || rest.is_empty() || rest.len() == before || size > MAX_OUTPUT {
            return Some(out);
        }
    }
}

/// Programs that hand on what they read.
fn pass(name: &str, arguments: &[Word], stdin: &Stdin) -> Option<Parts> {
    let reads_input = name == "tee" || arguments.iter().all(|word| matches!(word.text(), Some("-" | "-u")));
    if !reads_input {
        return None;
    }
    match stdin {
        Stdin::Text(word) => Some(word.parts.clone()),
        Stdin::Empty => Some(Vec::new()),
        _ => None,
    }
}

fn input(stdin: &Stdin) -> Option<&str> {
    match stdin {
        Stdin::Text(word) => known(&word.parts).filter(|input| input.len() <= MAX_OUTPUT),
        _ => None,
    }
}

fn filter(plain: bool, stdin: &Stdin, change: impl FnOnce(&str) -> String) -> Option<Parts> {
    input(stdin).filter(|_| plain).map(|input| text(change(input)))
}

fn bytes(bytes: Vec<u8>) -> Option<Parts> {
    Some(text(String::from_utf8_lossy(&bytes)))
}

fn base64(arguments: &[Word], stdin: &Stdin) -> Option<Parts> {
    let words: Vec<&str> = arguments.iter().map(Word::text).collect::<Option<_>>()?;
    let decodes = words.iter().any(|word| {
        matches!(*word, "-d" | "-D" | "-di" | "-id" | "-Di")
            || (word.starts_with("--d") && "--decode".starts_with(word))
    });
    let only_options = words.iter().all(|word| word.starts_with('-'));
    let input = input(stdin)?;
    if !only_options {
        return None;
    }
    if decodes {
        let clean: String = input
            .chars()
            .filter(|character| character.is_ascii_alphanumeric() || "+/".contains(*character))
            .collect();
        let whole = clean.len() - if clean.len() % 4 == 1 { 1 } else { 0 };
        return bytes(data_encoding::BASE64_NOPAD.decode(&clean.as_bytes()[..whole]).ok().or_else(|| {
            // trailing bits that are not zero are let through by the program
            let mut spec = data_encoding::BASE64_NOPAD.specification();
            spec.check_trailing_bits = false;
            spec.encoding().ok()?.decode(&clean.as_bytes()[..whole]).ok()
        })?);
    }
    Some(text(data_encoding::BASE64.encode(input.as_bytes()) + "\n"))
}

fn base32(arguments: &[Word], stdin: &Stdin) -> Option<Parts> {
    let decodes = arguments.iter().any(|word| matches!(word.text(), Some("-d" | "--decode")));
    let clean: String = input(stdin)?.chars().filter(char::is_ascii_alphanumeric).collect();
    if !decodes || arguments.len() != 1 {
        return None;
    }
    bytes(data_encoding::BASE32_NOPAD.decode(clean.as_bytes()).ok()?)
}

fn openssl(arguments: &[Word], stdin: &Stdin) -> Option<Parts> {
    let words: Vec<&str> = arguments.iter().map(Word::text).collect::<Option<_>>()?;
    let base =
        words.first() == Some(&"base64") || (words.first() == Some(&"enc") && words.contains(&"-base64"));
    if base && words.contains(&"-d") && !words.iter().any(|word| matches!(*word, "-in" | "-out")) {
        return base64(&[Word::known("-d")], stdin);
    }
    None
}

fn xxd(arguments: &[Word], stdin: &Stdin) -> Option<Parts> {
    let letters: String = arguments
        .iter()
        .map(|word| word.text().and_then(|word| word.strip_prefix('-')))
        .collect::<Option<Vec<_>>>()?
        .concat();
    let input = input(stdin)?;
    if !letters.contains('r') || !(letters.contains('p') || letters.contains("ps")) {
        return None;
    }
    let digits: String =
        input.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()).collect();
    bytes(data_encoding::HEXLOWER.decode(&digits.as_bytes()[..digits.len() / 2 * 2]).ok()?)
}

/// `tr SET1 SET2` and `tr -d SET`
fn tr(arguments: &[Word], stdin: &Stdin) -> Option<Parts> {
    let words: Vec<&str> = arguments.iter().map(Word::text).collect::<Option<_>>()?;
    let input = input(stdin)?;
    match words.as_slice() {
        ["-d", set] => {
            let set = tr_set(set)?;
            Some(text(input.chars().filter(|character| !set.contains(character)).collect::<String>()))
        }
        [from, to] if !from.starts_with('-') => {
            let (from, to) = (tr_set(from)?, tr_set(to)?);
            let last = *to.last()?;
            let change = |character: char| match from.iter().rposition(|other| *other == character) {
                Some(at) => to.get(at).copied().unwrap_or(last),
                None => character,
            };
            Some(text(input.chars().map(change).collect::<String>()))
        }
        _ => None,
    }
}

fn tr_set(set: &str) -> Option<Vec<char>> {
    let set = set.replace("[:upper:]", "A-Z").replace("[:lower:]", "a-z").replace("[:digit:]", "0-9");
    if set.contains("[:") || set.contains("[=") || set.contains("*]") {
        return None;
    }
    let (set, _) = escape::printf(&set);
    let chars: Vec<char> = set.chars().collect();
    let mut all = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if at + 2 < chars.len() && chars[at + 1] == '-' && chars[at] <= chars[at + 2] {
            let (low, high) = (u32::from(chars[at]), u32::from(chars[at + 2]));
            if high - low > 1024 {
                return None;
            }
            all.extend((low..=high).filter_map(char::from_u32));
            at += 3;
        } else {
            all.push(chars[at]);
            at += 1;
        }
    }
    Some(all)
}

/// `sed s/plain/text/[g]` where the pattern holds nothing special.
fn sed(arguments: &[Word], stdin: &Stdin) -> Option<Parts> {
    let words: Vec<&str> = arguments.iter().map(Word::text).collect::<Option<_>>()?;
    let mut script = match words.as_slice() {
        [script] | ["-e" | "-E" | "-r", script] => *script,
        _ => return None,
    };
    let mut result = input(stdin)?.to_owned();
    loop {
        script = script.trim_start_matches([';', ' ']);
        if script.is_empty() {
            return Some(text(result));
        }
        let rest = script.strip_prefix('s')?;
        let delimiter =
            rest.chars().next().filter(|delimiter| !delimiter.is_alphanumeric() && *delimiter != '\\')?;
        let mut fields = rest[delimiter.len_utf8()..].splitn(3, delimiter);
        let (from, to, after) = (fields.next()?, fields.next()?, fields.next()?);
        if from.is_empty()
            || from.contains(['\\', '.', '*', '[', '^', '$', '+', '?', '(', ')', '{', '|'])
            || to.contains(['\\', '&'])
        {
            return None;
        }
        let all = after.starts_with('g');
        script = if all { &after[1..] } else { after };
        if !script.is_empty() && !script.starts_with(';') {
            return None;
        }
        let changed: Vec<String> = result
            .split('\n')
            .map(|line| if all { line.replace(from, to) } else { line.replacen(from, to, 1) })
            .collect();
        result = changed.join("\n");
        if result.len() > MAX_OUTPUT {
            return None;
        }
    }
}

fn base(arguments: &[Word]) -> Option<Parts> {
    match arguments {
        [path] => Some(text(plain(path)?.trim_end_matches('/').rsplit('/').next()?.to_owned() + "\n")),
        _ => None,
    }
}

fn folder(arguments: &[Word]) -> Option<Parts> {
    let [path] = arguments else { return None };
    let path = plain(path)?.trim_end_matches('/');
    let folder = match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => ".",
    };
    Some(text(format!("{folder}\n")))
}

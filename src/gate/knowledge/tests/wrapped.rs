//! What stands around a command never makes its verdict milder: wrappers from the tables, quoting, nesting in the shell.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::super::table::{Command, Count, Role};
use super::{EXAMPLES, judge, opinions};
use crate::gate::decision::Decision;

/// A command with a verdict of its own, as it would be typed.
#[derive(Clone, Copy, Debug)]
struct Base {
    text: &'static str,
    /// Whether it is one program with its words: it can stand behind a wrapper.
    words: bool,
}

/// Examples that are asked about or denied.
fn bases() -> Vec<Base> {
    EXAMPLES
        .iter()
        .filter(|(_, text, wanted)| *wanted != Decision::Allow && !text.contains(['\n', '#', '!']))
        // what ends by itself cannot be ended again: `{ a &; }` is no shell
        .filter(|(_, text, _)| !text.trim_end().ends_with(['&', ';', '|', '\\']))
        // what these run comes from an input, which a pipe into a shell leaves empty
        .filter(|(_, text, _)| !text.contains("xargs") && !text.contains("parallel"))
        .map(|(_, text, _)| {
            let first = text.split(' ').next().unwrap_or_default();
            let plain =
                !text.contains(['|', '&', ';', '<', '>', '(', ')', '`', '$', '{', '*', '?', '~', '=', '[']);
            let name = first.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            Base { text, words: plain && name && !BUILTINS.contains(&first) }
        })
        .collect()
}

/// What a wrapper cannot start: the shell's own.
const BUILTINS: &[&str] = &[
    "alias", "bind", "builtin", "cd", "command", "complete", "coproc", "declare", "enable", "eval", "exec",
    "export", "fc", "hash", "history", "let", "local", "mapfile", "printf", "read", "readonly", "set",
    "shopt", "source", "trap", "type", "typeset", "ulimit", "umask", "unalias", "unset", "wait", "if",
    "while", "for", "case", "until", "select", "function", "time", "compgen", "jobs", "fg", "bg", "disown",
    "pushd", "popd", "exit", "return", "suspend", "logout", "test", "echo", "kill",
];

/// Every wrapper of the tables, with words for what must stand before the command.
fn wrappers() -> Vec<(String, &'static Command)> {
    let mut all = Vec::new();
    for (name, command) in super::super::programs() {
        // `-` is a modifier of zsh, and an option to whoever gets it as a word
        let Some(operands) = command.operands.filter(|_| !name.starts_with('-')) else { continue };
        let Some(at) = operands.iter().position(|operand| operand.role == Role::Command) else { continue };
        // what may be left out before the command could take its first word
        let before: Option<Vec<&str>> = operands[..at]
            .iter()
            .map(|operand| match (operand.role, operand.count) {
                (Role::Text, Count::One) => Some("5"),
                (Role::Use | Role::Read | Role::Create | Role::Write | Role::Append, Count::One) => {
                    Some("/tmp/x")
                }
                _ => None,
            })
            .collect();
        if let Some(before) = before {
            let words: Vec<String> = std::iter::once(name.replace('#', "3"))
                .chain(before.iter().map(|word| (*word).to_owned()))
                .collect();
            all.push((words.join(" "), command));
        }
    }
    all
}

/// Ways to write a line of shell within another, with `%` where it stands and `@` where it stands quoted.
const NESTINGS: &[&str] = &[
    "{ %; }",
    "( % )",
    "true && %",
    "false || %",
    "true; %",
    "( % & )",
    "if true; then %; fi",
    "for i in 1; do %; done",
    "while true; do %; break; done",
    "case x in x) % ;; esac",
    "f() { %; }; f",
    "echo \"$( % )\"",
    "x=$( % )",
    "cat <( % )",
    "time %",
    "bash -c @",
    "sh -c @",
    "zsh -c @",
    "dash -c @",
    "eval @",
    "trap @ EXIT",
    "echo @ | sh",
    "printf '%s' @ | bash",
    "bash <<< @",
    "sh -c 'eval \"$0\"' @",
    "command bash -c @",
    "env sh -c @",
    "sudo sh -c @",
    "nohup sh -c @",
    "x=@; eval \"$x\"",
    "coproc { %; }",
    "until %; do break; done",
    "xargs -IQQ sh -c @ < /dev/null",
    "python3 -c \"import os; os.system(@)\"",
];

/// Ends that change nothing.
const ENDS: &[&str] =
    &["; true", " || true", " && true", "\n", " # a comment", "\n# a comment\n", " ;", "; :"];

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// One way of quoting the first word.
fn requoted(text: &str, way: usize) -> String {
    let (first, rest) = text.split_at(text.find(' ').unwrap_or(text.len()));
    let (head, tail) = first.split_at(1);
    match way {
        0 => format!("\"{first}\"{rest}"),
        1 => format!("'{head}'{tail}{rest}"),
        2 => format!("\\{first}{rest}"),
        3 => format!("{head}\"\"{tail}{rest}"),
        4 => format!("x={first}; $x{rest}"),
        5 => format!("$'{first}'{rest}"),
        _ => format!("${{not_set:-{first}}}{rest}"),
    }
}

/// Something done to a command.
#[derive(Clone, Debug)]
enum Around {
    Wrapper(usize),
    Nesting(usize),
    Quoting(usize),
}

fn around() -> impl Strategy<Value = Around> {
    prop_oneof![
        (0..10_000_usize).prop_map(Around::Wrapper),
        (0..10_000_usize).prop_map(Around::Nesting),
        (0..7_usize).prop_map(Around::Quoting),
    ]
}

/// The command with all that around it; the innermost first. Words only stand behind wrappers while they are words.
fn wrap(base: Base, wraps: &[Around], wrappers: &[(String, &Command)]) -> String {
    let mut text = base.text.to_owned();
    let mut words = base.words;
    let mut untouched = base.words;
    for wrap in wraps {
        match wrap {
            Around::Wrapper(at) if words => {
                let (wrapper, command) = &wrappers[at % wrappers.len()];
                let first = text.split(' ').next().unwrap_or_default();
                // `corepack install x` is a subcommand
                if !command.subs.iter().any(|sub| sub.names.contains(&first)) {
                    text = format!("{wrapper} {text}");
                }
            }
            Around::Quoting(way) if untouched => {
                text = requoted(&text, *way);
                words &= !matches!(way, 4);
            }
            Around::Wrapper(at) | Around::Nesting(at) => {
                let nesting = NESTINGS[at % NESTINGS.len()];
                text = if nesting.contains("import os") {
                    // a text that had to be changed to fit into the code would be another command
                    if text.contains(['\\', '\'', '"', '$', '`', '!']) {
                        continue;
                    }
                    nesting.replace('@', &format!("'{text}'"))
                } else if nesting.contains('@') {
                    nesting.replace('@', &quoted(&text))
                } else {
                    nesting.replace('%', &text)
                };
                words = false;
            }
            Around::Quoting(_) => {}
        }
        untouched = false;
    }
    text
}

#[test]
fn nothing_around_a_command_makes_it_milder() {
    let (bases, wrappers) = (bases(), wrappers());
    assert!(wrappers.len() > 20, "{}", wrappers.len());
    let mut runner = TestRunner::new(Config { cases: 1_500, failure_persistence: None, ..Config::default() });
    let strategy = (0..bases.len(), proptest::collection::vec(around(), 1..4));
    runner
        .run(&strategy, |(base, wraps)| {
            let base = bases[base];
            let wrapped = wrap(base, &wraps, &wrappers);
            let (plain, got) = (judge(base.text), judge(&wrapped));
            prop_assert!(
                got.decision >= plain.decision,
                "{}: {}\n{wrapped}: {}{}",
                base.text,
                plain.decision.as_str(),
                got.decision.as_str(),
                opinions(&got)
            );
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn an_end_that_does_nothing_changes_nothing() {
    let mut runner = TestRunner::new(Config { cases: 1_000, failure_persistence: None, ..Config::default() });
    runner
        .run(&(0..EXAMPLES.len(), 0..ENDS.len()), |(example, end)| {
            let (_, text, _) = EXAMPLES[example];
            // a heredoc, an open comment or another end would take it in
            prop_assume!(!text.contains(['#', '\n', '\\']) && !text.trim_end().ends_with([';', '&', '|']));
            let longer = format!("{text}{}", ENDS[end]);
            let (plain, got) = (judge(text), judge(&longer));
            prop_assert_eq!(got.decision, plain.decision, "{:?}{}", longer, opinions(&got));
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

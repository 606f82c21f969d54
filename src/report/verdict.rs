//! Verdicts of the gate, as JSON and as text.

use std::collections::HashSet;
use std::io::{self, Write};

use serde::Serialize;

use crate::gate::decision::Decision;
use crate::gate::{Match, Verdict};
use crate::sanitize;

#[derive(Serialize)]
struct Answer<'v> {
    decision: Decision,
    reason: &'v str,
    rules: Vec<Rule<'v>>,
    commands: Vec<Command<'v>>,
    suggestion: Option<&'v str>,
}

#[derive(Serialize)]
struct Rule<'v> {
    id: &'v str,
    decision: Decision,
    reason: &'v str,
    span: Option<[usize; 2]>,
    layer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifted_by: Option<&'v str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<usize>,
}

#[derive(Serialize)]
struct Command<'v> {
    words: &'v [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    known_as: &'v str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    via: &'v [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    cwd: Option<&'v str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    effects: &'v [String],
}

/// Whether a match is worth a line: what allows is only shown in explanations.
fn tells(found: &Match, explain: bool) -> bool {
    explain || found.decision != Decision::Allow
}

/// One line of JSON.
///
/// # Errors
/// Where `out` cannot be written.
pub fn json(verdict: &Verdict, explain: bool, out: &mut dyn Write) -> io::Result<()> {
    let answer = Answer {
        decision: verdict.decision,
        reason: verdict.reason(),
        rules: verdict
            .matches
            .iter()
            .filter(|found| tells(found, explain))
            .map(|found| Rule {
                id: &found.id,
                decision: found.decision,
                reason: &found.reason,
                span: found.span.map(|span| [span.start, span.end]),
                layer: found.layer.as_str(),
                lifted_by: found.lifted_by.as_deref(),
                command: found.command,
            })
            .collect(),
        commands: verdict
            .commands
            .iter()
            .map(|command| Command {
                words: &command.words,
                known_as: &command.known_as,
                via: &command.via,
                cwd: command.cwd.as_deref().filter(|_| explain),
                effects: if explain { &command.effects } else { &[] },
            })
            .collect(),
        suggestion: suggestion(verdict),
    };
    serde_json::to_writer(&mut *out, &answer)?;
    out.write_all(b"\n")
}

fn suggestion(verdict: &Verdict) -> Option<&str> {
    if verdict.decision == Decision::Allow {
        return None;
    }
    verdict
        .matches
        .iter()
        .filter(|found| found.lifted_by.is_none() && found.decision == verdict.decision)
        .find_map(|found| found.suggestion.as_deref())
}

/// A few lines for people.
///
/// # Errors
/// Where `out` cannot be written.
pub fn text(verdict: &Verdict, explain: bool, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {}", verdict.decision.as_str(), sanitize::text(verdict.reason()))?;
    let more: Vec<&Match> = verdict
        .matches
        .iter()
        .filter(|found| {
            explain
                || (found.lifted_by.is_none()
                    && found.decision == verdict.decision
                    && found.decision != Decision::Allow)
        })
        .collect();
    let mut seen = HashSet::new();
    let more: Vec<&Match> =
        more.into_iter().filter(|found| explain || seen.insert((&found.id, &found.reason))).collect();
    if explain && !verdict.commands.is_empty() {
        writeln!(out, "\ncommands:")?;
        for (index, command) in verdict.commands.iter().enumerate() {
            let words: Vec<_> = command.words.iter().map(|word| shown(word)).collect();
            let words = if words.is_empty() { "(redirection)".to_owned() } else { words.join(" ") };
            write!(out, "  {}. {}", index + 1, sanitize::text(&words))?;
            if !command.via.is_empty() {
                write!(out, "  (within {})", sanitize::text(&command.via.join(" ")))?;
            }
            writeln!(out)?;
            let known = if command.known_as.is_empty() { "not known" } else { &command.known_as };
            let cwd = command.cwd.as_deref().unwrap_or("a folder that is not known");
            writeln!(out, "     known as: {}; in {}", sanitize::text(known), sanitize::text(cwd))?;
            if !command.effects.is_empty() {
                writeln!(out, "     effects: {}", sanitize::text(&command.effects.join(", ")))?;
            }
        }
    }
    if explain && !more.is_empty() {
        writeln!(out, "\nrules, the strictest first:")?;
    }
    for found in more {
        write!(
            out,
            "  {} [{}, {}] {}",
            found.decision.as_str(),
            found.id,
            found.layer.as_str(),
            sanitize::text(&found.reason)
        )?;
        if let Some(command) = found.command.filter(|_| explain) {
            write!(out, " (command {})", command + 1)?;
        }
        if let Some(entry) = &found.lifted_by {
            write!(out, "; lifted by {}", sanitize::text(entry))?;
        }
        writeln!(out)?;
    }
    if let Some(suggestion) = suggestion(verdict) {
        writeln!(out, "  rather: {}", sanitize::text(suggestion))?;
    }
    if explain {
        writeln!(out, "\nthe strictest rule that nothing lifts decides: {}", verdict.decision.as_str())?;
    }
    Ok(())
}

/// A word so that its bounds can be seen.
fn shown(word: &str) -> String {
    if word.is_empty() || word.contains([' ', '\t', '\n', '\'', '"']) {
        format!("{word:?}")
    } else {
        word.to_owned()
    }
}

//! One request to one verdict.

use super::deadline::{Deadline, LIMIT, WORK};
use super::decision::Decision;
use super::hidden;
use super::links::Linked;
use super::material::Material;
use super::model::{Effect, Invocation, Opinion, Part, Reading, Word, World};
use super::policy::{Authority, Policy, Ruled};
use super::request::{Environment, Request};
use super::resolve::{Resolved, destroys, resolve};
use super::{effects, flows, material, overwrite};
use crate::span::Span;

/// Commands longer than this are not read.
pub const MAX_COMMAND: usize = 1 << 18;

/// Commands with more brackets open at once are not read.
const MAX_NESTING: usize = 200;

/// What is to become of a command, and why.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The answer.
    pub decision: Decision,
    /// Everything that was said of it, the strictest first.
    pub matches: Vec<Match>,
    /// The commands found in it.
    pub commands: Vec<Found>,
}

/// An opinion as it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Id of the rule.
    pub id: String,
    /// What it wants.
    pub decision: Decision,
    /// Why; without any secret.
    pub reason: String,
    /// A safer way.
    pub suggestion: Option<String>,
    /// The part of the command it speaks of.
    pub span: Option<Span>,
    /// Who says so.
    pub layer: Authority,
    /// The entry that lifted it.
    pub lifted_by: Option<String>,
    /// The command it is about, by its place in [`Verdict::commands`].
    pub command: Option<usize>,
}

/// A command that the request could run, without any secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its words as they would be seen by the program.
    pub words: Vec<String>,
    /// The name it is known by; empty for unknown programs.
    pub known_as: String,
    /// Wrappers around it, the outermost first.
    pub via: Vec<String>,
    /// The folder it runs in, if that is known.
    pub cwd: Option<String>,
    /// What it does, in words.
    pub effects: Vec<String>,
    /// Where it stands.
    pub span: Option<Span>,
}

impl Verdict {
    /// A verdict with a single reason.
    pub fn of(id: &str, decision: Decision, reason: &str) -> Self {
        let only = Match {
            id: id.to_owned(),
            decision,
            reason: reason.to_owned(),
            suggestion: None,
            span: None,
            layer: Authority::BuiltIn,
            lifted_by: None,
            command: None,
        };
        Self { decision, matches: vec![only], commands: Vec::new() }
    }

    /// The match that decided.
    pub fn decisive(&self) -> Option<&Match> {
        self.matches.iter().find(|found| found.lifted_by.is_none() && found.decision == self.decision)
    }

    /// The reason of the match that decided.
    pub fn reason(&self) -> &str {
        match (self.decision, self.decisive()) {
            (Decision::Allow, _) | (_, None) => "nothing in it needs a question",
            (_, Some(found)) => &found.reason,
        }
    }
}

/// Judges a request. Runs nothing, writes nothing, and reads nothing but through `world`.
///
/// A panic within becomes a denial: an answer that is wrong in that way is better than none.
pub fn evaluate(request: &Request, policy: &Policy, environment: &Environment, world: &dyn World) -> Verdict {
    evaluate_until(request, policy, environment, world, Some(Deadline::new(WORK, LIMIT)))
}

/// The same, with a deadline of the caller's choice, or none.
pub fn evaluate_until(
    request: &Request,
    policy: &Policy,
    environment: &Environment,
    world: &dyn World,
    deadline: Option<Deadline>,
) -> Verdict {
    let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        judge(request, policy, environment, world, deadline)
    }));
    judged.unwrap_or_else(|_| {
        Verdict::of(
            "internal-error",
            Decision::Deny,
            "the command could not be judged: an internal error, please report it",
        )
    })
}

fn judge(
    request: &Request,
    policy: &Policy,
    environment: &Environment,
    world: &dyn World,
    deadline: Option<Deadline>,
) -> Verdict {
    let command = request.command.as_slice();
    if command.len() > MAX_COMMAND {
        return Verdict::of("limit-length", Decision::Ask, "the command is too long to be read");
    }
    let mut opinions = hidden::look(command);
    let text = String::from_utf8_lossy(command);
    if text.trim_matches([' ', '\t', '\n', '\r']).is_empty() {
        return Verdict::of("unread-empty", Decision::Ask, "there is no command");
    }
    if nesting(command) > MAX_NESTING {
        return Verdict::of(
            "limit-depth",
            Decision::Ask,
            "the command is nested more deeply than can be read",
        );
    }
    if repeats(&text) {
        return Verdict::of(
            "limit-repetition",
            Decision::Ask,
            "the command says the same again and again, more often than anybody means it",
        );
    }
    let mut material = material::look(text.as_bytes(), &environment.stored);
    opinions.extend(material.opinions.iter().cloned());
    let Resolved { invocations, readings, opinions: said, own, links } =
        resolve(&text, request.cwd.clone(), environment, world, deadline);
    opinions.extend(said);
    let all: Vec<(Invocation, Reading)> = invocations.into_iter().zip(readings).collect();
    opinions.extend(material.look_at_words(&text, &all));
    opinions.extend(flows::judge(&all, environment, world));
    let mut matches: Vec<Match> =
        policy.judge_request(opinions).into_iter().map(|ruled| of_rule(ruled, None, &material)).collect();
    let surroundings = effects::Surroundings {
        environment,
        world: &Linked { world, links: &links, deadline },
        read: overwrite::read_paths(&all),
    };
    let mut commands = Vec::with_capacity(all.len());
    for (index, (invocation, reading)) in all.iter().enumerate() {
        let mut opinions;
        if own.iter().any(|range| range.contains(&index)) {
            // a program of the workspace: only what it plainly destroys
            let mut plain = reading.clone();
            plain.effects.retain(|effect| {
                destroys(effect.kind) && effect.target.as_ref().is_some_and(|target| target.text().is_some())
            });
            opinions = effects::judge(invocation, &plain, &surroundings);
            opinions.extend(
                reading.opinions.iter().filter(|opinion| opinion.decision == Decision::Deny).cloned(),
            );
        } else {
            opinions = reading.opinions.clone();
            opinions.extend(effects::judge(invocation, reading, &surroundings));
        }
        let canonical = canonical(invocation, reading);
        let ruled = policy.judge(&invocation.words, &canonical, opinions);
        matches.extend(ruled.into_iter().map(|ruled| of_rule(ruled, Some(index), &material)));
        commands.push(found(invocation, reading, &material, &text));
    }
    let decision = matches
        .iter()
        .filter(|found| found.lifted_by.is_none())
        .map(|found| found.decision)
        .max()
        .unwrap_or(Decision::Allow);
    // what is said twice is said once
    matches.sort_by(|a, b| {
        (b.lifted_by.is_none(), b.decision)
            .cmp(&(a.lifted_by.is_none(), a.decision))
            .then(a.command.cmp(&b.command))
    });
    let mut seen = std::collections::HashSet::new();
    matches.retain(|found| {
        seen.insert((
            found.id.clone(),
            found.decision,
            found.reason.clone(),
            found.span.map(|span| (span.start, span.end)),
        ))
    });
    Verdict { decision, matches, commands }
}

/// Whether the same word, pair of words or level of a pattern follows itself more often than anybody would write it.
fn repeats(text: &str) -> bool {
    /// Words are repeated this often in lists at times, keywords never.
    const OFTEN: usize = 200;
    if text.len() < OFTEN {
        return false;
    }
    if text.matches("*/").count() > 64 && text.contains("*/*/*/*/*/*/*/*/") {
        return true;
    }
    let (mut before, mut last, mut same, mut pairs) = ("", "", 0, 0);
    for word in text.split_ascii_whitespace() {
        same = if word == last { same + 1 } else { 0 };
        pairs = if word == before { pairs + 1 } else { 0 };
        if same >= OFTEN || pairs >= 2 * OFTEN {
            return true;
        }
        (before, last) = (last, word);
    }
    false
}

/// How many brackets are open at once at the most, wherever they stand.
fn nesting(command: &[u8]) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for byte in command {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => continue,
        }
        deepest = deepest.max(open);
    }
    deepest
}

/// The words without what stands between a program and its subcommand.
fn canonical(invocation: &Invocation, reading: &Reading) -> Vec<Word> {
    let mut names = reading.command.split(' ').filter(|name| !name.is_empty()).skip(1).peekable();
    if names.peek().is_none() {
        return invocation.words.clone();
    }
    let mut words: Vec<Word> = invocation.words.first().cloned().into_iter().collect();
    let mut rest = invocation.words.get(1..).unwrap_or_default();
    for name in names {
        let Some(at) = rest.iter().position(|word| word.text() == Some(name)) else {
            return invocation.words.clone();
        };
        words.push(rest[at].clone());
        rest = &rest[at + 1..];
    }
    words.extend(rest.iter().cloned());
    words
}

fn of_rule(ruled: Ruled, command: Option<usize>, material: &Material) -> Match {
    let Ruled { opinion, authority, lifted_by } = ruled;
    let Opinion { id, decision, reason, suggestion, span } = opinion;
    let hide = |text: String| material.shown(text);
    Match {
        id,
        decision,
        reason: hide(reason),
        suggestion: suggestion.map(hide),
        span,
        layer: authority,
        lifted_by,
        command,
    }
}

fn found(invocation: &Invocation, reading: &Reading, material: &Material, text: &str) -> Found {
    let words = invocation.words.iter().map(|word| shown(word, material, text)).collect();
    let effects = reading.effects.iter().map(|effect| described(effect, material, text)).collect();
    let cwd = match &invocation.cwd {
        Some(super::model::Cwd::Known(path)) => Some(path.to_string_lossy().into_owned()),
        _ => None,
    };
    Found {
        words,
        known_as: reading.command.clone(),
        via: invocation.via.clone(),
        cwd,
        effects,
        span: invocation.span,
    }
}

/// A word for people: what must not be shown is not.
fn shown(word: &Word, material: &Material, text: &str) -> String {
    let mut whole = String::new();
    for part in &word.parts {
        match part {
            Part::Text(part) | Part::Glob(part) => whole.push_str(part),
            Part::Unknown { source, .. } => whole.push_str(source),
        }
    }
    let hides = match word.span {
        Some(span) => material.spans.iter().any(|hidden| hidden.overlaps(span)),
        None => !material.spans.is_empty(),
    };
    if !hides {
        return material.shown(whole);
    }
    // as it stands in the request, if it stands there so; else whatever of it the scanner knows, else nothing
    match word.span.and_then(|span| text.get(span.range()).map(|source| (source, span.start))) {
        Some((source, start)) if source.contains(whole.as_str()) => {
            let at = start + source.find(whole.as_str()).unwrap_or(0);
            material.shown(material.mask(&whole, at))
        }
        Some(_) => "…".to_owned(),
        None => material.shown(whole),
    }
}

fn described(effect: &Effect, material: &Material, text: &str) -> String {
    match &effect.target {
        Some(target) => format!("{} {}", effect.kind.as_str(), shown(target, material, text)),
        None => effect.kind.as_str().to_owned(),
    }
}

//! Variables that make programs run, load or trust something else: `rules/environment.toml`.

use crate::gate::decision::Decision;
use crate::gate::model::{Invocation, Opinion, Part, Reading};
use crate::span::Span;

use super::value::{Parts, State, known};
use super::{Io, Resolver};

include!(concat!(env!("OUT_DIR"), "/environment.rs"));

/// What a variable can do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variable {
    /// Its name; one star in it stands for anything.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) reason: &'static str,
    /// Values that do no harm, with `*`.
    pub(crate) allow: &'static [&'static str],
}

/// How its value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any value but the allowed ones asks.
    Value,
    /// Shown by a shell, which runs what stands in it as a substitution.
    Prompt,
    /// A line of shell that will be run.
    Command,
    /// Folders that programs or libraries are taken from.
    Folders,
}

/// What is known of a variable.
fn lookup(name: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| match variable.name.split_once('*') {
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
        None => variable.name == name,
    })
}

impl Resolver<'_> {
    /// Judges the variables put before a command.
    pub(super) fn poison(&mut self, invocation: &Invocation, state: &State, reading: &mut Reading) {
        for (name, word) in &invocation.environment {
            // what the line itself exported was judged there
            let exported = state.variable(name).is_some_and(|variable| {
                variable.exported
                    && variable
                        .values
                        .iter()
                        .flatten()
                        .any(|value| super::value::Value::scalar(value) == word.parts)
            });
            if exported {
                continue;
            }
            self.poison_value(name, &word.parts, state, word.span.or(invocation.span), reading);
        }
    }

    /// Judges the variables that a wrapper puts before its command: `env NAME=value`.
    pub(super) fn poison_inner(&mut self, invocation: &Invocation, outer: usize, state: &State) {
        let mut reading = Reading::default();
        for (name, word) in &invocation.environment {
            if !self.resolved.invocations[outer].environment.contains(&(name.clone(), word.clone())) {
                self.poison_value(name, &word.parts, state, word.span.or(invocation.span), &mut reading);
            }
        }
        self.resolved.readings[outer].opinions.extend(reading.opinions);
    }

    /// Judges a variable of the shell that programs will see.
    pub(super) fn poison_variable(
        &mut self,
        name: &str,
        state: &State,
        span: Option<Span>,
        reading: &mut Reading,
    ) {
        let Some(variable) = state.variable(name) else { return };
        let values: Vec<Parts> = variable.values.iter().flatten().map(super::value::Value::scalar).collect();
        for parts in values {
            self.poison_value(name, &parts, state, span, reading);
        }
    }

    /// Judges a bare assignment: what the variable is, it is exported already as a rule.
    pub(super) fn judge_assignment(&mut self, name: &str, state: &State, span: Span) {
        if lookup(name).is_none() {
            return;
        }
        let mut reading = Reading::default();
        let span = self.at(Some(span));
        self.poison_variable(name, state, span, &mut reading);
        for opinion in reading.opinions {
            self.opine(&opinion.id, opinion.decision, opinion.reason, opinion.span);
        }
    }

    fn poison_value(
        &mut self,
        name: &str,
        parts: &Parts,
        state: &State,
        span: Option<Span>,
        reading: &mut Reading,
    ) {
        let Some(variable) = lookup(name) else { return };
        if parts.is_empty() {
            return;
        }
        let text = known(parts);
        if let Some(text) = text
            && variable.allow.iter().any(|pattern| {
                super::pattern::matches(
                    &pattern.chars().collect::<Vec<_>>(),
                    &text.chars().collect::<Vec<_>>(),
                )
            })
        {
            return;
        }
        if parts.iter().all(|part| is_former(part, name)) {
            return;
        }
        match variable.kind {
            Kind::Value => {}
            Kind::Prompt => {
                let plain = |part: &Part| match part {
                    Part::Text(text) | Part::Glob(text) => !text.contains(['$', '`']),
                    Part::Unknown { .. } => is_former(part, name),
                };
                if parts.iter().all(plain) {
                    return;
                }
            }
            Kind::Command => {
                if text.is_some() {
                    self.deeper(|resolver| {
                        resolver.shell_text(
                            parts,
                            span,
                            &mut state.for_child(),
                            &Io::default(),
                            &format!("the command in {name}"),
                        );
                    });
                    return;
                }
            }
            Kind::Folders => {
                if !self.doubtful_folders(parts, name == "PATH") {
                    return;
                }
            }
        }
        reading.opinions.push(Opinion {
            id: format!("environment-{}", name.to_ascii_lowercase().replace('_', "-")),
            decision: Decision::Ask,
            reason: format!("sets {name}: {}", variable.reason),
            suggestion: None,
            span,
        });
    }

    /// Whether a list of folders puts others before the usual ones: relative, temporary, or not known.
    fn doubtful_folders(&self, parts: &Parts, programs: bool) -> bool {
        let mut before = String::new();
        for part in parts {
            match part {
                Part::Text(text) | Part::Glob(text) => before.push_str(text),
                Part::Unknown { source, .. } => {
                    // what comes after the old value is only looked at last
                    if source.contains("PATH") {
                        break;
                    }
                    // scripts of the workspace work out where they lie; what they load is the workspace's own
                    let own = self
                        .scripts
                        .last()
                        .is_some_and(|script| script.starts_with(&self.environment.workspace));
                    before.push_str(if own { "/own" } else { "/unknown" });
                }
            }
        }
        before.split(':').filter(|folder| !folder.is_empty()).any(|folder| {
            let path = std::path::Path::new(folder);
            let temporary = self.environment.temporary.iter().any(|temporary| path.starts_with(temporary));
            let own = !path.is_absolute() || path.starts_with(&self.environment.workspace);
            if temporary || folder.starts_with("/dev/shm") || folder.starts_with("/unknown") {
                return true;
            }
            // programs of the project's tools; anything else of its own could stand in for `git` or `ls`
            programs
                && own
                && !["node_modules/.bin", "venv/bin", "vendor/bin", "target/release", "target/debug", "bin"]
                    .iter()
                    .any(|known| {
                        folder.trim_end_matches('/').ends_with(known)
                            && (path.is_absolute() || *known != "bin")
                    })
        })
    }
}

/// Whether a part is what the variable was before, or a copy that was kept of it: `$PS1`, `${_OLD_PS1:-}`.
fn is_former(part: &Part, name: &str) -> bool {
    let Part::Unknown { source, .. } = part else { return false };
    let variable = source.strip_prefix('$').unwrap_or_default();
    variable.ends_with([name.chars().last().unwrap_or('}'), '-', '}'])
        && variable.contains(name)
        && variable.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_{}:-".contains(&byte))
}

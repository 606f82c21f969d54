//! The linter of gate settings: entries that do nothing, that something else undoes, or that allow more than they seem to.

use crate::config::{Complaint, GateRule};
use crate::gate::decision::Decision;
use crate::gate::effects;
use crate::gate::knowledge;
use crate::gate::knowledge::table::{Command, Role};
use crate::gate::model::Word;

use super::{Authority, Entry, Matched, Pattern, Policy};

/// Something to say about an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where, and what.
    pub complaint: Complaint,
    /// Whether it needs mending; what does not is a note.
    pub problem: bool,
}

/// Checks a policy's entries with each other and with what is built in.
pub fn lint(policy: &Policy) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (index, entry) in policy.entries().iter().enumerate() {
        let mut say = |problem: bool, text: String| {
            remarks.push(Remark { complaint: Complaint { origin: entry.origin.clone(), text }, problem });
        };
        let text = &entry.text;
        if !entry.counts {
            say(
                false,
                format!(
                    "\"{text}\" does not count before `gate policy trust`: a project's file may only tighten"
                ),
            );
        }
        // entries stand by strength, so whatever stands before is at least as strong
        let others = policy.entries().iter().enumerate().filter(|(other, _)| *other != index);
        for (other_index, other) in others.filter(|(_, other)| other.counts && covers(other, entry)) {
            let at = &other.origin;
            let stronger = other.authority > entry.authority;
            match (other.decision, entry.decision) {
                (Decision::Allow, Decision::Allow)
                | (Decision::Deny, Decision::Deny)
                | (Decision::Ask, Decision::Ask)
                    if entry.lifts.is_empty() && (other_index < index || !covers(entry, other)) =>
                {
                    say(
                        false,
                        format!("\"{text}\" says nothing that \"{}\" at {at} does not say", other.text),
                    );
                    break;
                }
                (Decision::Ask | Decision::Deny, Decision::Allow) if other.authority >= entry.authority => {
                    say(
                        true,
                        format!(
                            "\"{text}\" is dead: \"{}\" at {at} {} it; remove one of them",
                            other.text,
                            if other.decision == Decision::Deny { "denies" } else { "asks about" }
                        ),
                    );
                    break;
                }
                (Decision::Allow, Decision::Ask | Decision::Deny)
                    if stronger
                        && entry.authority != Authority::Administrator
                        && !other.pattern.is_everything() =>
                {
                    say(
                        true,
                        format!(
                            "\"{text}\" is shadowed: \"{}\" at {at}, a stronger file, allows it",
                            other.text
                        ),
                    );
                    break;
                }
                _ => {}
            }
        }
        if entry.decision == Decision::Allow {
            if let Some(why) = over_broad(entry) {
                say(false, format!("\"{text}\" is broad: {why}"));
            }
            for lift in &entry.lifts {
                if let Some(what) = effects::denies(lift) {
                    say(
                        false,
                        format!("\"{text}\" lifts \"{lift}\": a command that {what} runs without a question"),
                    );
                }
                if !is_built_in(lift) {
                    let effects: Vec<String> = effects::rule_ids().collect();
                    let own = knowledge::rule_ids().map(|id| -> &str { id });
                    let all = own.chain(effects.iter().map(String::as_str));
                    let near = crate::config::nearest(lift, all);
                    let hint = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
                    say(true, format!("there is no built-in gate rule \"{lift}\"{hint}"));
                }
            }
        }
    }
    remarks.sort_by(|a, b| {
        let key = |remark: &Remark| {
            let origin = &remark.complaint.origin;
            (origin.file.clone(), origin.line, !remark.problem)
        };
        key(a).cmp(&key(b)).then_with(|| a.complaint.text.cmp(&b.complaint.text))
    });
    remarks.dedup();
    remarks
}

/// How ids begin that are in code: what cannot be read, statements of databases, credentials, the shell's surroundings.
const FAMILIES: &[&str] = &[
    "code-",
    "environment-",
    "flow-",
    "hidden-",
    "limit-",
    "redirect-",
    "secret-",
    "sql-",
    "stored-",
    "unknown-",
    "unread-",
];

/// Whether a built-in rule may have this id.
fn is_built_in(id: &str) -> bool {
    knowledge::rule_ids().any(|known| known == id)
        || effects::rule_ids().any(|known| known == id)
        || FAMILIES.iter().any(|family| id.strip_prefix(family).is_some_and(|rest| !rest.is_empty()))
}

/// Whether every command that `entry` means is meant by `other`: the entry's own text, taken as a command, is.
fn covers(other: &Entry, entry: &Entry) -> bool {
    let words: Vec<Word> = entry.text.split_whitespace().map(Word::known).collect();
    other.pattern.matches_text(&words) == Matched::Yes
}

/// Why an entry allows more than it seems to.
fn over_broad(entry: &Entry) -> Option<String> {
    if entry.pattern.is_everything() {
        return Some("every program that is not known runs without a question".to_owned());
    }
    let program = entry.pattern.program()?;
    let command = knowledge::lookup(program.rsplit('/').next()?)?;
    (entry.pattern.is_program_only() && runs_others(command))
        .then(|| format!("`{program}` runs other commands or code; name what it may run"))
}

/// Whether a program's own operands or options are commands or code.
fn runs_others(command: &Command) -> bool {
    let runs = |role: &Role| {
        matches!(
            role,
            Role::Command
                | Role::CommandUntil
                | Role::Shell
                | Role::ShellRemote
                | Role::CommandRemote
                | Role::Code(_)
                | Role::Script(_)
        )
    };
    command.operands.into_iter().flatten().any(|operand| runs(&operand.role))
        || command.options.iter().flat_map(|option| option.values).any(runs)
}

/// Checks that rules match the commands they say they match, and no other that they name.
pub fn examples(rules: &[GateRule]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for rule in rules {
        let patterns: Vec<Pattern> =
            rule.patterns.iter().filter_map(|pattern| Pattern::new(&pattern.value)).collect();
        let wanted = rule.examples.iter().map(|text| (text, true));
        for (text, wanted) in wanted.chain(rule.refuses.iter().map(|text| (text, false))) {
            let complaint = match simple_words(&text.value) {
                None => "is no simple command that can be read".to_owned(),
                Some(words) => {
                    let matched = patterns.iter().any(|pattern| match rule.decision {
                        Decision::Allow => pattern.allows(&words),
                        Decision::Ask | Decision::Deny => pattern.forbids(&words) == Matched::Yes,
                    });
                    match (matched, wanted) {
                        (false, true) => format!("is not matched by the rule \"{}\"", rule.id),
                        (true, false) => format!("is matched by the rule \"{}\"", rule.id),
                        _ => continue,
                    }
                }
            };
            let text = format!("the example \"{}\" {complaint}", text.value);
            let origin = rule.origin.clone();
            remarks.push(Remark { complaint: Complaint { origin, text }, problem: true });
        }
    }
    remarks
}

/// The words of a command that is nothing but words and quotes.
fn simple_words(text: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let (mut current, mut quote): (Option<String>, Option<char>) = (None, None);
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match (quote, char) {
            (Some(open), _) if char == open => quote = None,
            (Some('"') | None, '\\') => current.get_or_insert_default().push(chars.next()?),
            (Some('"') | None, '$' | '`') => return None,
            (None, ';' | '&' | '|' | '<' | '>' | '(' | ')' | '\n') => return None,
            (None, '"' | '\'') => {
                quote = Some(char);
                current.get_or_insert_default();
            }
            (None, _) if char.is_whitespace() => words.extend(current.take()),
            _ => current.get_or_insert_default().push(char),
        }
    }
    words.extend(current);
    (quote.is_none() && !words.is_empty()).then(|| words.into_iter().map(Word::known).collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{GateEntry, GateSettings, Layer, Located, Origin};

    fn remarks(entries: &[(Decision, &str, Layer)]) -> Vec<(String, bool)> {
        let at = |layer, line| Origin { file: Path::new("s.toml").into(), line, layer };
        let lists = entries.iter().enumerate().map(|(line, (list, pattern, layer))| GateEntry {
            list: *list,
            pattern: Located { value: (*pattern).to_owned(), origin: at(*layer, line + 1) },
        });
        let settings = GateSettings { lists: lists.collect(), ..GateSettings::default() };
        let policy = Policy::new(&settings, true).expect("patterns");
        lint(&policy).into_iter().map(|remark| (remark.complaint.text, remark.problem)).collect()
    }

    #[track_caller]
    fn check(entries: &[(Decision, &str, Layer)], wanted: &str, problem: bool) {
        let remarks = remarks(entries);
        assert!(
            remarks.iter().any(|(text, is_problem)| text.contains(wanted) && *is_problem == problem),
            "wanted {wanted}, got {remarks:#?}"
        );
    }

    #[test]
    fn entries_that_do_nothing_are_named() {
        use Decision::{Allow, Deny};
        check(
            &[(Deny, "docker *", Layer::User), (Allow, "docker ps *", Layer::User)],
            "\"docker ps *\" is dead: \"docker *\" at s.toml:1 denies it",
            true,
        );
        check(
            &[(Allow, "make *", Layer::User), (Deny, "make deploy", Layer::Project)],
            "\"make deploy\" is shadowed",
            true,
        );
        check(
            &[(Allow, "npm *", Layer::User), (Allow, "npm test", Layer::User)],
            "\"npm test\" says nothing that \"npm *\" at s.toml:1 does not say",
            false,
        );
        check(&[(Allow, "*", Layer::User)], "is broad: every program", false);
    }

    #[test]
    fn entries_that_say_something_are_left_alone() {
        use Decision::{Allow, Deny};
        let entries = [
            (Allow, "npm run *", Layer::User),
            (Deny, "npm publish *", Layer::User),
            (Deny, "docker *", Layer::System),
        ];
        assert_eq!(remarks(&entries), []);
    }

    #[test]
    fn examples_are_run() {
        let origin = Origin { file: Path::new("s.toml").into(), line: 1, layer: Layer::User };
        let located = |text: &str| Located { value: text.to_owned(), origin: origin.clone() };
        let rule = GateRule {
            origin: origin.clone(),
            id: "deploy".to_owned(),
            patterns: vec![located("deploy prod *")],
            decision: Decision::Deny,
            reason: "no".to_owned(),
            suggestion: None,
            lifts: Vec::new(),
            examples: vec![located("deploy 'prod' now"), located("deploy test"), located("a | b")],
            refuses: vec![located("deploy prod"), located("deploy staging")],
        };
        let texts: Vec<String> = examples(&[rule]).into_iter().map(|remark| remark.complaint.text).collect();
        assert_eq!(
            texts,
            [
                "the example \"deploy test\" is not matched by the rule \"deploy\"",
                "the example \"a | b\" is no simple command that can be read",
                "the example \"deploy prod\" is matched by the rule \"deploy\"",
            ]
        );
    }
}

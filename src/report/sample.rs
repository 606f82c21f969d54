//! Small outcomes that the tests of all formats share.

use super::{Format, Options};
use crate::finding::{
    CommitPlace, Confidence, Coverage, Dropped, Encoding, Finding, Outcome, Reason, Severity, Skipped,
    Standing,
};
use crate::span::Position;

pub(super) const REMEDY: &str = "Delete the token in the account's developer settings, then issue a new one.";

pub(super) fn options() -> Options {
    Options { version: "0.1.0".to_owned(), ..Options::default() }
}

pub(super) fn report(format: Format, outcome: &Outcome, options: &Options) -> String {
    let mut out = Vec::new();
    super::write(format, outcome, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A token of 40 bytes; its line holds one character of two bytes before it.
pub(super) fn finding(path: &str, line: u64, column: u64) -> Finding {
    Finding {
        id: format!("id-{line}"),
        identity: crate::stable_id::Identity::default(),
        rule_id: "github-pat".into(),
        rule_name: "GitHub personal access token (classic)".into(),
        why: "Reads and writes the account's repositories.".into(),
        remedy: REMEDY.into(),
        severity: Severity::High,
        confidence: Confidence::High,
        path: path.into(),
        offset: Some(512),
        start: Position { line, column },
        end: Position { line, column: column + 40 },
        columns_utf16: Some((column.max(2) - 1, column.max(2) + 39)),
        decoded: Vec::new(),
        masked: "ghp_… (40 bytes)".to_owned(),
        stored: None,
        reasons: vec![Reason { filter: "checksum", text: "CRC-32 of the body agrees".to_owned() }],
        commit: None,
    }
}

pub(super) fn aws(path: &str, line: u64, column: u64) -> Finding {
    Finding {
        rule_id: "aws-access-key".into(),
        rule_name: "AWS access key".into(),
        why: "Opens the cloud account.".into(),
        remedy: "Deactivate the key, then delete it.".into(),
        severity: Severity::Critical,
        confidence: Confidence::Medium,
        masked: "(20 bytes)".to_owned(),
        ..finding(path, line, column)
    }
}

pub(super) fn coverage(files: u64, bytes: u64) -> Coverage {
    Coverage { files, bytes, skipped: Vec::new() }
}

pub(super) fn clean() -> Outcome {
    Outcome { coverage: coverage(3, 1_234), ..Outcome::default() }
}

pub(super) fn one_finding() -> Outcome {
    Outcome {
        findings: vec![finding("config/prod.env", 12, 9)],
        coverage: coverage(1, 600),
        ..Outcome::default()
    }
}

pub(super) fn several_files() -> Outcome {
    Outcome {
        findings: vec![
            aws("a.env", 3, 1),
            finding("a.env", 112, 9),
            finding("b/c.rs", 7, 20),
            finding("b/c.rs", 8, 20),
        ],
        dropped: vec![Dropped {
            rule_id: "github-pat".into(),
            path: "docs/a.md".into(),
            offset: 9,
            start: Position { line: 2, column: 4 },
            reason: Reason { filter: "placeholder", text: "one character repeated".to_owned() },
        }],
        coverage: Coverage {
            skipped: vec![skipped("dist/a.js", "excluded", true), skipped("dist/b.js", "excluded", true)],
            ..coverage(12, 3_400_000)
        },
        below_threshold: 2,
        allowed: 1,
        known: 0,
        notes: vec!["the allow entry for old.env matched nothing".to_owned()],
    }
}

pub(super) fn decoded() -> Outcome {
    let mut outcome = one_finding();
    outcome.findings[0].decoded = vec![Encoding::Base64, Encoding::Escape];
    outcome
}

pub(super) fn incomplete() -> Outcome {
    Outcome {
        coverage: Coverage {
            skipped: vec![
                skipped("dist/a.js", "excluded", true),
                skipped("private.pem", "permission denied", false),
            ],
            ..coverage(2, 120)
        },
        ..Outcome::default()
    }
}

/// Names and texts that try to speak to the terminal.
pub(super) fn hostile() -> Outcome {
    let nasty = "a\u{1b}[2J\u{202e}\u{e0041}\n\"\\.env";
    let mut outcome = several_files();
    for finding in &mut outcome.findings {
        finding.path = nasty.into();
        finding.rule_id = nasty.into();
        finding.rule_name = nasty.into();
        finding.remedy = nasty.into();
        finding.why = nasty.into();
        finding.masked = nasty.to_owned();
        finding.reasons[0].text = nasty.to_owned();
    }
    outcome.dropped[0].path = nasty.into();
    outcome.dropped[0].rule_id = nasty.into();
    outcome.dropped[0].reason.text = nasty.to_owned();
    outcome.coverage.skipped = vec![skipped(nasty, nasty, true), skipped(nasty, nasty, false)];
    outcome.notes = vec![nasty.to_owned()];
    outcome
}

/// In a commit that is gone from HEAD, in a tag's message, and in an object of no commit.
pub(super) fn in_history() -> Outcome {
    let mut outcome = several_files();
    outcome.findings.truncate(3);
    let standing =
        |reachable| Some(Standing { reachable, branches: vec!["main".to_owned()], ..Standing::default() });
    let tag = CommitPlace {
        id: String::new(),
        author: "A <a@b.example>".to_owned(),
        date: "2027-01-31T12:00:00Z".to_owned(),
        object: "a".repeat(40),
        standing: None,
    };
    let commit = CommitPlace {
        id: "0123456789abcdef0123456789abcdef01234567".to_owned(),
        standing: standing(true),
        ..tag.clone()
    };
    let object =
        CommitPlace { object: tag.object.clone(), standing: standing(false), ..CommitPlace::default() };
    for (finding, place) in outcome.findings.iter_mut().zip([commit, tag, object]) {
        finding.commit = Some(Box::new(place));
    }
    outcome
}

pub(super) fn skipped(path: &str, reason: &str, expected: bool) -> Skipped {
    Skipped { path: path.to_owned(), reason: reason.to_owned(), expected }
}

//! `gitlab`: a Code Quality report, which GitLab shows in merge requests: a JSON array with an object for each finding, and
//! for each gap in the coverage.

use std::io;

use serde::Serialize;

use super::json::write_line;
use crate::finding::{Outcome, Severity};

#[derive(Serialize)]
struct Issue<'o> {
    description: String,
    check_name: &'o str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'o>,
}

#[derive(Serialize)]
struct Location<'o> {
    path: &'o str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u64,
    end: u64,
}

/// Writes the array.
pub(super) fn write(outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
    let findings = outcome.findings.iter().map(|finding| Issue {
        description: format!("{}: {}. {}", finding.rule_name, finding.masked, finding.remedy),
        check_name: &finding.rule_id,
        // GitLab takes issues of one fingerprint for one; it must not change when lines move
        fingerprint: fingerprint(&[&finding.id, &finding.path]),
        severity: match finding.severity {
            Severity::Critical => "blocker",
            Severity::High => "critical",
            Severity::Medium => "major",
            Severity::Low => "minor",
        },
        location: Location {
            path: &finding.path,
            lines: Lines { begin: finding.start.line, end: finding.end.line },
        },
    });
    let gaps = outcome.coverage.skipped.iter().filter(|skipped| !skipped.expected).map(|gap| Issue {
        description: format!("Not scanned: {}", gap.reason),
        check_name: "not-scanned",
        fingerprint: fingerprint(&["not-scanned", &gap.path, &gap.reason]),
        severity: "critical",
        location: Location { path: &gap.path, lines: Lines { begin: 1, end: 1 } },
    });
    write_line(&findings.chain(gaps).collect::<Vec<_>>(), out)
}

fn fingerprint(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::finding::Outcome;
    use crate::report::{Format, sample};

    #[test]
    fn issues() {
        let issues = |outcome: &Outcome| -> Value {
            serde_json::from_str(&sample::report(Format::Gitlab, outcome, &sample::options())).unwrap()
        };
        let one = &issues(&sample::one_finding())[0];
        assert_eq!(one["check_name"], "github-pat");
        assert_eq!(one["severity"], "critical");
        assert_eq!(one["location"], json!({"path": "config/prod.env", "lines": {"begin": 12, "end": 12}}));
        assert_eq!(issues(&sample::incomplete())[0]["check_name"], "not-scanned");
        assert_eq!(issues(&sample::clean()), json!([]));
        let several = issues(&sample::several_files());
        let mut prints: Vec<&str> =
            several.as_array().unwrap().iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), 4);
    }
}

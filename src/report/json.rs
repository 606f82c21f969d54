//! `json` and `jsonl`.
//!
//! `json` is one object:
//!
//! ```text
//! version   "1": the version of this shape; it rises when a field goes or changes its meaning, not when one is added
//! tool      name, version
//! findings  id, rule_id, rule_name, severity, confidence, path, start_line, start_column, end_line, end_column,
//!           decoded, remedy, masked, why; with --explain reasons: filter, text; of stored credentials stored:
//!           label, source, scope, profile, rotated, also; of a history commit: id (null when no commit
//!           holds it), author, date (null of an object that is neither in a commit nor a tag), object, and, where the whole history was looked at, in_head, reachable, branches
//! dropped   only with --explain: rule_id, path, start_line, start_column, filter, text
//! coverage  complete, files, bytes, skipped: path, reason, expected
//! summary   total, severity, confidence, below_threshold, allowed, known, notes
//! ```
//!
//! Lines and columns count from 1, columns in bytes, the end column is exclusive (one past the last byte). `decoded`
//! lists the encodings around the secret, the outermost first, and is empty when it stood there as it is.
//! `coverage.complete` is false when something that is not `expected` was skipped; then an empty list of
//! findings does not mean that nothing is there.
//!
//! `jsonl` is the same in lines: one of `"type":"finding"` per finding, with --explain one of `"type":"dropped"` per
//! dropped candidate, and last, always, one `"type":"summary"` with `version`, `tool`, `coverage`, `summary`. A
//! reader who misses that line knows that the report broke off.

use std::io;

use serde::{Serialize, Serializer};

use super::counts::{ByConfidence, BySeverity};
use super::{Options, TOOL};
use crate::finding::{
    CommitPlace, Confidence, Coverage, Dropped, Encoding, Finding, Outcome, Reason, Severity, Standing,
};
use crate::fingerprint::Stored;
use crate::sanitize;

const VERSION: &str = "1";

/// Writes one object and a line break.
pub(super) fn write(outcome: &Outcome, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let report = Report {
        version: VERSION,
        tool: Tool::new(options),
        findings: Each(&outcome.findings, |finding| FindingRow::new(finding, options)),
        dropped: options.explain.then(|| Each(&outcome.dropped, DroppedRow::new)),
        coverage: CoverageRow::new(&outcome.coverage),
        summary: Summary::new(outcome),
    };
    write_line(&report, out)
}

/// Writes one object per line.
pub(super) fn write_lines(outcome: &Outcome, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    for finding in &outcome.findings {
        write_line(&Line { r#type: "finding", content: FindingRow::new(finding, options) }, out)?;
    }
    for dropped in outcome.dropped.iter().filter(|_| options.explain) {
        write_line(&Line { r#type: "dropped", content: DroppedRow::new(dropped) }, out)?;
    }
    let closing = Closing {
        version: VERSION,
        tool: Tool::new(options),
        coverage: CoverageRow::new(&outcome.coverage),
        summary: Summary::new(outcome),
    };
    write_line(&Line { r#type: "summary", content: closing }, out)
}

/// Writes `value` as JSON in one line, with a line break.
pub(crate) fn write_line(value: &impl Serialize, mut out: &mut dyn io::Write) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Escaped))?;
    out.write_all(b"\n")
}

/// Compact JSON whose strings escape the characters of [`sanitize::is_unsafe`]: JSON also ends up on terminals, and
/// a parser reads the escaped form as the same text.
struct Escaped;

impl serde_json::ser::Formatter for Escaped {
    fn write_string_fragment<W>(&mut self, out: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        let mut rest = fragment;
        while let Some(at) = rest.find(sanitize::is_unsafe) {
            out.write_all(&rest.as_bytes()[..at])?;
            let mut after = rest[at..].chars();
            for unit in after.next().unwrap_or_default().encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = after.as_str();
        }
        out.write_all(rest.as_bytes())
    }
}

/// Rows made one at a time, so that a report of many findings is never held a second time.
pub(super) struct Each<'o, T, F>(pub(super) &'o [T], pub(super) F);

impl<'o, T, R: Serialize, F: Fn(&'o T) -> R> Serialize for Each<'o, T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(&self.1))
    }
}

#[derive(Serialize)]
struct Report<'o, F: Serialize, D: Serialize> {
    version: &'static str,
    tool: Tool<'o>,
    findings: F,
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<D>,
    coverage: CoverageRow<'o>,
    summary: Summary<'o>,
}

#[derive(Serialize)]
struct Line<C: Serialize> {
    r#type: &'static str,
    #[serde(flatten)]
    content: C,
}

#[derive(Serialize)]
struct Closing<'o> {
    version: &'static str,
    tool: Tool<'o>,
    coverage: CoverageRow<'o>,
    summary: Summary<'o>,
}

#[derive(Serialize)]
struct Tool<'o> {
    name: &'static str,
    version: &'o str,
}

impl<'o> Tool<'o> {
    fn new(options: &'o Options) -> Self {
        Self { name: TOOL, version: &options.version }
    }
}

#[derive(Serialize)]
struct FindingRow<'o> {
    id: &'o str,
    rule_id: &'o str,
    rule_name: &'o str,
    severity: Severity,
    confidence: Confidence,
    path: &'o str,
    start_line: u64,
    start_column: u64,
    end_line: u64,
    end_column: u64,
    decoded: &'o [Encoding],
    remedy: &'o str,
    masked: &'o str,
    why: &'o str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<&'o Stored>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<CommitRow<'o>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasons: Option<Vec<ReasonRow<'o>>>,
}

#[derive(Serialize)]
pub(super) struct CommitRow<'o> {
    id: Option<&'o str>,
    author: Option<&'o str>,
    date: Option<&'o str>,
    object: &'o str,
    #[serde(flatten)]
    standing: Option<StandingRow<'o>>,
}

#[derive(Serialize)]
struct StandingRow<'o> {
    in_head: bool,
    reachable: bool,
    branches: &'o [String],
}

impl<'o> CommitRow<'o> {
    pub(super) fn new(place: &'o CommitPlace) -> Self {
        let known = |text: &'o String| (!text.is_empty()).then_some(text.as_str());
        Self {
            id: known(&place.id),
            author: known(&place.author),
            date: known(&place.date),
            object: &place.object,
            standing: place.standing.as_ref().map(|Standing { in_head, reachable, branches }| StandingRow {
                in_head: *in_head,
                reachable: *reachable,
                branches,
            }),
        }
    }
}

impl<'o> FindingRow<'o> {
    fn new(finding: &'o Finding, options: &Options) -> Self {
        Self {
            id: &finding.id,
            rule_id: &finding.rule_id,
            rule_name: &finding.rule_name,
            severity: finding.severity,
            confidence: finding.confidence,
            path: &finding.path,
            start_line: finding.start.line,
            start_column: finding.start.column,
            end_line: finding.end.line,
            end_column: finding.end.column,
            decoded: &finding.decoded,
            remedy: &finding.remedy,
            masked: &finding.masked,
            why: &finding.why,
            stored: finding.stored.as_deref(),
            commit: finding.commit.as_deref().map(CommitRow::new),
            reasons: options.explain.then(|| finding.reasons.iter().map(ReasonRow::new).collect()),
        }
    }
}

#[derive(Serialize)]
struct ReasonRow<'o> {
    filter: &'o str,
    text: &'o str,
}

impl<'o> ReasonRow<'o> {
    fn new(reason: &'o Reason) -> Self {
        Self { filter: reason.filter, text: &reason.text }
    }
}

#[derive(Serialize)]
struct DroppedRow<'o> {
    rule_id: &'o str,
    path: &'o str,
    start_line: u64,
    start_column: u64,
    #[serde(flatten)]
    reason: ReasonRow<'o>,
}

impl<'o> DroppedRow<'o> {
    fn new(dropped: &'o Dropped) -> Self {
        Self {
            rule_id: &dropped.rule_id,
            path: &dropped.path,
            start_line: dropped.start.line,
            start_column: dropped.start.column,
            reason: ReasonRow::new(&dropped.reason),
        }
    }
}

#[derive(Serialize)]
struct CoverageRow<'o> {
    complete: bool,
    files: u64,
    bytes: u64,
    skipped: Vec<SkippedRow<'o>>,
}

#[derive(Serialize)]
struct SkippedRow<'o> {
    path: &'o str,
    reason: &'o str,
    expected: bool,
}

impl<'o> CoverageRow<'o> {
    fn new(coverage: &'o Coverage) -> Self {
        Self {
            complete: coverage.complete(),
            files: coverage.files,
            bytes: coverage.bytes,
            skipped: coverage
                .skipped
                .iter()
                .map(|skipped| SkippedRow {
                    path: &skipped.path,
                    reason: &skipped.reason,
                    expected: skipped.expected,
                })
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct Summary<'o> {
    total: usize,
    severity: BySeverity,
    confidence: ByConfidence,
    below_threshold: u64,
    allowed: u64,
    known: u64,
    notes: &'o [String],
}

impl<'o> Summary<'o> {
    fn new(outcome: &'o Outcome) -> Self {
        Self {
            total: outcome.findings.len(),
            severity: BySeverity::of(&outcome.findings),
            confidence: ByConfidence::of(&outcome.findings),
            below_threshold: outcome.below_threshold,
            allowed: outcome.allowed,
            known: outcome.known,
            notes: &outcome.notes,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::finding::Outcome;
    use crate::report::{Format, Options, sample};

    fn explain() -> Options {
        Options { explain: true, ..sample::options() }
    }

    fn lines(outcome: &Outcome, options: &Options) -> Vec<Value> {
        let text = sample::report(Format::Jsonl, outcome, options);
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn one_finding_in_exact_bytes() {
        let expected = concat!(
            r#"{"version":"1","tool":{"name":"portcullis","version":"0.1.0"},"#,
            r#""findings":[{"id":"id-12","rule_id":"github-pat","#,
            r#""rule_name":"GitHub personal access token (classic)","severity":"high","confidence":"high","#,
            r#""path":"config/prod.env","start_line":12,"start_column":9,"end_line":12,"end_column":49,"#,
            r#""decoded":["base64","escape"],"#,
            r#""remedy":"Delete the token in the account's developer settings, then issue a new one.","#,
            r#""masked":"ghp_… (40 bytes)","why":"Reads and writes the account's repositories."}],"#,
            r#""coverage":{"complete":true,"files":1,"bytes":600,"skipped":[]},"#,
            r#""summary":{"total":1,"severity":{"critical":0,"high":1,"medium":0,"low":0},"#,
            r#""confidence":{"high":1,"medium":0,"low":0},"below_threshold":0,"allowed":0,"known":0,"notes":[]}}"#,
            "\n",
        );
        assert_eq!(sample::report(Format::Json, &sample::decoded(), &sample::options()), expected);
    }

    #[test]
    fn explain_adds_reasons_and_dropped_and_changes_nothing_else() {
        let text = sample::report(Format::Json, &sample::several_files(), &explain());
        let mut explained: Value = serde_json::from_str(&text).unwrap();
        let dropped = explained.as_object_mut().unwrap().remove("dropped");
        let expected = json!([{
            "rule_id": "github-pat", "path": "docs/a.md", "start_line": 2, "start_column": 4,
            "filter": "placeholder", "text": "one character repeated",
        }]);
        assert_eq!(dropped, Some(expected));
        for finding in explained["findings"].as_array_mut().unwrap() {
            let reasons = finding.as_object_mut().unwrap().remove("reasons");
            assert_eq!(reasons, Some(json!([{"filter": "checksum", "text": "CRC-32 of the body agrees"}])));
        }
        let plain = sample::report(Format::Json, &sample::several_files(), &sample::options());
        assert_eq!(explained, serde_json::from_str::<Value>(&plain).unwrap());
    }

    #[test]
    fn coverage_and_summary() {
        let text = sample::report(Format::Json, &sample::incomplete(), &sample::options());
        let report: Value = serde_json::from_str(&text).unwrap();
        let expected = json!({"complete": false, "files": 2, "bytes": 120, "skipped": [
            {"path": "dist/a.js", "reason": "excluded", "expected": true},
            {"path": "private.pem", "reason": "permission denied", "expected": false},
        ]});
        assert_eq!(report["coverage"], expected);
        let text = sample::report(Format::Json, &sample::several_files(), &sample::options());
        let report: Value = serde_json::from_str(&text).unwrap();
        let expected = json!({
            "total": 4,
            "severity": {"critical": 1, "high": 3, "medium": 0, "low": 0},
            "confidence": {"high": 3, "medium": 1, "low": 0},
            "below_threshold": 2,
            "allowed": 1,
            "known": 0,
            "notes": ["the allow entry for old.env matched nothing"],
        });
        assert_eq!(report["summary"], expected);
    }

    #[test]
    fn lines_hold_what_the_object_holds() {
        let outcome = sample::several_files();
        let text = sample::report(Format::Json, &outcome, &explain());
        let whole: Value = serde_json::from_str(&text).unwrap();
        let mut rebuilt = json!({"findings": [], "dropped": []});
        for mut line in lines(&outcome, &explain()) {
            let kind = line.as_object_mut().unwrap().remove("type").unwrap();
            match kind.as_str().unwrap() {
                "finding" => rebuilt["findings"].as_array_mut().unwrap().push(line),
                "dropped" => rebuilt["dropped"].as_array_mut().unwrap().push(line),
                "summary" => rebuilt.as_object_mut().unwrap().append(line.as_object_mut().unwrap()),
                other => panic!("{other}"),
            }
        }
        assert_eq!(rebuilt, whole);
    }

    #[test]
    fn the_last_line_is_the_summary() {
        for (outcome, count) in
            [(Outcome::default(), 1), (sample::one_finding(), 2), (sample::several_files(), 5)]
        {
            let lines = lines(&outcome, &sample::options());
            assert_eq!(lines.len(), count);
            assert_eq!(lines[count - 1]["type"], "summary");
            assert!(lines[..count - 1].iter().all(|line| line["type"] == "finding"));
        }
    }

    #[test]
    fn hostile_text_is_escaped_and_reads_back_the_same() {
        let outcome = sample::hostile();
        for format in [Format::Json, Format::Jsonl, Format::Sarif] {
            let text = sample::report(format, &outcome, &explain());
            let seen = text.chars().find(|&c| c != '\n' && crate::sanitize::is_unsafe(c));
            assert_eq!(seen, None, "{format:?}");
        }
        let text = sample::report(Format::Json, &outcome, &explain());
        let report: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(report["findings"][0]["path"], *outcome.findings[0].path);
        assert_eq!(report["dropped"][0]["text"], *outcome.dropped[0].reason.text);
        assert!(text.contains(r"\u202e\udb40\udc41\n\"), "{text}");
    }
}

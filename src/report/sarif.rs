//! SARIF 2.1.0, the format of code hosts and editors.
//!
//! Columns are UTF-16 code units, which SARIF and its readers take for granted. Where a finding does not know
//! them, its region is the whole lines: a column in the wrong unit would point at the wrong text. The offset in
//! bytes is given where the length in bytes is known, that is for findings on one line.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use super::json::{CommitRow, Each, write_line};
use super::{Options, TOOL, uri};
use crate::finding::{Confidence, Encoding, Finding, Outcome, Severity, Skipped};
use crate::fingerprint::Stored;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const SRCROOT: &str = "SRCROOT";

/// Writes one log with one run.
pub(super) fn write(outcome: &Outcome, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    // Each rule once, by id, described by its worst finding: the severity of a finding may differ from its rule's.
    let mut rules: BTreeMap<&str, &Finding> = BTreeMap::new();
    for finding in &outcome.findings {
        let worst = rules.entry(&finding.rule_id).or_insert(finding);
        if finding.severity > worst.severity {
            *worst = finding;
        }
    }
    let indices: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(index, id)| (*id, index)).collect();
    let notifications = outcome.coverage.skipped.iter().map(Notification::skipped);
    let notes = outcome.notes.iter().map(|note| Notification::note(note));
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: TOOL,
                version: &options.version,
                rules: rules.values().map(|finding| Rule::new(finding)).collect(),
            },
        },
        invocations: [Invocation {
            execution_successful: outcome.coverage.complete(),
            tool_execution_notifications: notifications.chain(notes).collect(),
        }],
        original_uri_base_ids: BTreeMap::from([(
            SRCROOT,
            BaseId { description: Message::new("The root of the scan.") },
        )]),
        column_kind: "utf16CodeUnits",
        results: Each(&outcome.findings, |finding| {
            ResultRow::new(finding, indices.get(&*finding.rule_id).copied().unwrap_or_default(), options)
        }),
    };
    write_line(&Log { schema: SCHEMA, version: "2.1.0", runs: [run] }, out)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// A score in the middle of the range that code hosts give the word: critical from 9, high from 7, medium from 4.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

#[derive(Serialize)]
struct Log<R: Serialize> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [R; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'o, R: Serialize> {
    tool: Tool<'o>,
    invocations: [Invocation; 1],
    original_uri_base_ids: BTreeMap<&'static str, BaseId>,
    column_kind: &'static str,
    results: R,
}

#[derive(Serialize)]
struct Tool<'o> {
    driver: Driver<'o>,
}

#[derive(Serialize)]
struct Driver<'o> {
    name: &'static str,
    version: &'o str,
    rules: Vec<Rule<'o>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'o> {
    id: &'o str,
    name: &'o str,
    short_description: Message,
    full_description: Message,
    help: Message,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    /// Code hosts read the score only of rules with this tag.
    tags: [&'static str; 1],
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
}

impl<'o> Rule<'o> {
    fn new(finding: &'o Finding) -> Self {
        // Code hosts refuse rules with empty texts.
        let or_name = |text: &str| Message::new(if text.is_empty() { &finding.rule_name } else { text });
        Self {
            id: &finding.rule_id,
            name: &finding.rule_name,
            short_description: Message::new(&finding.rule_name),
            full_description: or_name(&finding.why),
            help: or_name(&finding.remedy),
            default_configuration: Configuration { level: level(finding.severity) },
            properties: RuleProperties {
                tags: ["security"],
                security_severity: security_severity(finding.severity),
            },
        }
    }
}

#[derive(Serialize)]
struct Message {
    text: String,
}

impl Message {
    /// In the message strings of SARIF, braces mark placeholders and are doubled to stand for themselves.
    fn new(text: &str) -> Self {
        Self { text: text.replace('{', "{{").replace('}', "}}") }
    }
}

#[derive(Serialize)]
struct BaseId {
    description: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    locations: Option<[Location; 1]>,
}

impl Notification {
    fn skipped(skipped: &Skipped) -> Self {
        Self {
            level: if skipped.expected { "note" } else { "error" },
            message: Message::new(&format!("Not scanned: {}", skipped.reason)),
            locations: Some([Location::new(&skipped.path, None)]),
        }
    }

    fn note(text: &str) -> Self {
        Self { level: "note", message: Message::new(text), locations: None }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

impl Location {
    fn new(path: &str, region: Option<Region>) -> Self {
        // A path outside the root has no base; SARIF forbids one beside an absolute URI.
        let artifact_location = if path.starts_with('/') {
            ArtifactLocation { uri: uri::file(path), uri_base_id: None }
        } else {
            ArtifactLocation { uri: uri::relative(path), uri_base_id: Some(SRCROOT) }
        };
        Self { physical_location: PhysicalLocation { artifact_location, region } }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<u64>,
    end_line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    byte_offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    byte_length: Option<u64>,
}

impl Region {
    fn new(finding: &Finding) -> Self {
        let length = (finding.start.line == finding.end.line)
            .then(|| finding.end.column.checked_sub(finding.start.column))
            .flatten();
        Self {
            start_line: finding.start.line,
            start_column: finding.columns_utf16.map(|(start, _)| start),
            end_line: finding.end.line,
            end_column: finding.columns_utf16.map(|(_, end)| end),
            // Without a length, an offset would mean an empty region.
            byte_offset: length.and(finding.offset),
            byte_length: finding.offset.and(length),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultRow<'o> {
    rule_id: &'o str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    partial_fingerprints: BTreeMap<&'static str, &'o str>,
    properties: ResultProperties<'o>,
}

#[derive(Serialize)]
struct ResultProperties<'o> {
    severity: Severity,
    confidence: Confidence,
    decoded: &'o [Encoding],
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<&'o Stored>,
    /// As in the JSON report. SARIF has no place for the commit that brought a result; its provenance speaks of runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<CommitRow<'o>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasons: Option<Vec<String>>,
}

impl<'o> ResultRow<'o> {
    fn new(finding: &'o Finding, rule_index: usize, options: &Options) -> Self {
        let decoded: String = finding.decoded.iter().map(|encoding| format!(", in {encoding}")).collect();
        let commit = finding.commit.as_ref().map_or_else(String::new, |place| {
            let standing = place
                .standing
                .as_ref()
                .map_or_else(String::new, |standing| format!("; {}", standing.in_words()));
            format!(" First in {}{standing}.", place.in_words().trim_start_matches("in "))
        });
        let message = format!("{}: {}{decoded}.{commit}", finding.rule_name, finding.masked);
        Self {
            rule_id: &finding.rule_id,
            rule_index,
            level: level(finding.severity),
            message: Message::new(&message),
            locations: [Location::new(&finding.path, Some(Region::new(finding)))],
            partial_fingerprints: BTreeMap::from([("portcullis/v1", &*finding.id)]),
            properties: ResultProperties {
                severity: finding.severity,
                confidence: finding.confidence,
                decoded: &finding.decoded,
                stored: finding.stored.as_deref(),
                commit: finding.commit.as_deref().map(CommitRow::new),
                reasons: options.explain.then(|| {
                    finding
                        .reasons
                        .iter()
                        .map(|reason| format!("{}: {}", reason.filter, reason.text))
                        .collect()
                }),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::finding::{Outcome, Severity};
    use crate::report::{Format, Options, sample};
    use crate::span::Position;

    fn report(outcome: &Outcome, options: &Options) -> Value {
        serde_json::from_str(&sample::report(Format::Sarif, outcome, options)).unwrap()
    }

    #[test]
    fn valid_against_the_schema() {
        let schema = include_str!("../../tests/fixtures/sarif-2.1.0.schema.json");
        let mut schema: Value = serde_json::from_str(schema).unwrap();
        // The one pattern with a bracket too many, which strict readers of regexes refuse; we write no `language`.
        for place in ["/definitions/run", "/definitions/toolComponent"] {
            let language = schema.pointer_mut(&format!("{place}/properties/language")).unwrap();
            language.as_object_mut().unwrap().remove("pattern").unwrap();
        }
        let schema = jsonschema::validator_for(&schema).unwrap();
        let explain = Options { explain: true, ..sample::options() };
        for outcome in [
            Outcome::default(),
            sample::several_files(),
            sample::hostile(),
            sample::in_history(),
            sample::incomplete(),
            sample::clean(),
        ] {
            for options in [&sample::options(), &explain] {
                let log = report(&outcome, options);
                let errors: Vec<_> =
                    schema.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
                assert!(errors.is_empty(), "{errors:#?}\n{log:#}");
            }
        }
        let mut wrong = report(&sample::several_files(), &explain);
        wrong["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = json!(0);
        assert!(!schema.is_valid(&wrong), "the schema checks nothing");
    }

    #[test]
    fn rules_stand_once_sorted_and_results_point_at_them() {
        let log = report(&sample::several_files(), &sample::options());
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let ids: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["aws-access-key", "github-pat"]);
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), 4);
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(result["ruleId"], rules[index]["id"]);
        }
        assert_eq!(rules[0]["properties"]["security-severity"], "9.5");
        assert_eq!(rules[0]["defaultConfiguration"]["level"], "error");
        assert_eq!(rules[1]["help"]["text"], sample::REMEDY);
    }

    #[test]
    fn a_rule_is_as_severe_as_its_worst_finding() {
        let mut outcome = sample::one_finding();
        outcome.findings.push(sample::finding("b", 1, 1));
        outcome.findings[0].severity = Severity::Low;
        outcome.findings[1].severity = Severity::Medium;
        let run = &report(&outcome, &sample::options())["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"][0]["defaultConfiguration"]["level"], "warning");
        assert_eq!(run["results"][0]["level"], "note");
        assert_eq!(run["results"][1]["level"], "warning");
    }

    #[test]
    fn a_result_in_full() {
        let run = &report(&sample::one_finding(), &sample::options())["runs"][0];
        let expected = json!({
            "ruleId": "github-pat",
            "ruleIndex": 0,
            "level": "error",
            "message": { "text": "GitHub personal access token (classic): ghp_… (40 bytes)." },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": "config/prod.env", "uriBaseId": "SRCROOT" },
                "region": {
                    "startLine": 12, "startColumn": 8, "endLine": 12, "endColumn": 48,
                    "byteOffset": 512, "byteLength": 40,
                },
            }}],
            "partialFingerprints": { "portcullis/v1": "id-12" },
            "properties": { "severity": "high", "confidence": "high", "decoded": [] },
        });
        assert_eq!(run["results"][0], expected);
        assert_eq!(run["columnKind"], "utf16CodeUnits");
        assert_eq!(
            run["invocations"],
            json!([{"executionSuccessful": true, "toolExecutionNotifications": []}])
        );
    }

    #[test]
    fn a_result_of_a_history_has_its_commit() {
        let run = &report(&sample::in_history(), &sample::options())["runs"][0];
        let texts: Vec<_> =
            run["results"].as_array().unwrap().iter().map(|row| &row["message"]["text"]).collect();
        let expected = [
            "First in commit 0123456789ab, 2027-01-31, A <a@b.example>; not in HEAD.",
            "First in tag aaaaaaaaaaaa, 2027-01-31, A <a@b.example>.",
            "First in no commit, object aaaaaaaaaaaa; only in unreachable objects.",
        ];
        for (text, expected) in texts.iter().zip(expected) {
            assert!(text.as_str().unwrap().ends_with(expected), "{text}");
        }
        assert_eq!(
            run["results"][0]["properties"]["commit"],
            json!({
                "id": "0123456789abcdef0123456789abcdef01234567", "author": "A <a@b.example>",
                "date": "2027-01-31T12:00:00Z", "object": "a".repeat(40), "in_head": false, "reachable": true,
                "branches": ["main"],
            })
        );
    }

    #[test]
    fn regions_say_only_what_is_known() {
        fn check(change: impl Fn(&mut crate::finding::Finding), expected: Value) {
            let mut outcome = sample::one_finding();
            change(&mut outcome.findings[0]);
            let log = report(&outcome, &sample::options());
            let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
            assert_eq!(location["region"], expected);
        }
        check(
            |finding| finding.columns_utf16 = None,
            json!({"startLine": 12, "endLine": 12, "byteOffset": 512, "byteLength": 40}),
        );
        check(
            |finding| {
                finding.end = Position { line: 14, column: 3 };
                finding.columns_utf16 = Some((8, 3));
            },
            json!({"startLine": 12, "startColumn": 8, "endLine": 14, "endColumn": 3}),
        );
    }

    #[test]
    fn locations_are_uris() {
        fn check(path: &str, expected: Value) {
            let mut outcome = sample::one_finding();
            outcome.findings[0].path = path.into();
            let log = report(&outcome, &sample::options());
            let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
            assert_eq!(location["artifactLocation"], expected);
        }
        check("a b/ä#1.txt", json!({"uri": "a%20b/%C3%A4%231.txt", "uriBaseId": "SRCROOT"}));
        check("c:/x", json!({"uri": "c%3A/x", "uriBaseId": "SRCROOT"}));
        check("/tmp/x", json!({"uri": "file:///tmp/x"}));
    }

    #[test]
    fn what_was_not_looked_at_is_a_notification() {
        let run = &report(&sample::incomplete(), &sample::options())["runs"][0];
        let location = |uri: &str| json!([{"physicalLocation": {"artifactLocation": {"uri": uri, "uriBaseId": "SRCROOT"}}}]);
        let expected = json!([{
            "executionSuccessful": false,
            "toolExecutionNotifications": [
                {"level": "note", "message": {"text": "Not scanned: excluded"}, "locations": location("dist/a.js")},
                {
                    "level": "error",
                    "message": {"text": "Not scanned: permission denied"},
                    "locations": location("private.pem"),
                },
            ],
        }]);
        assert_eq!(run["invocations"], expected);
    }

    #[test]
    fn messages_double_their_braces_and_name_encodings() {
        let mut outcome = sample::decoded();
        outcome.findings[0].rule_name = "Key in {braces}".into();
        let run = &report(&outcome, &sample::options())["runs"][0];
        let expected = "Key in {{braces}}: ghp_… (40 bytes), in base64, in escape.";
        assert_eq!(run["results"][0]["message"]["text"], expected);
    }
}

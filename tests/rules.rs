//! The rules as data: every value that a shape makes is found in every surrounding it may stand in, every refusal
//! is left alone, and the texts around them are complete.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use portcullis::blob::Blob;
use portcullis::finding::{Confidence, Finding, Severity};
use portcullis::rules::shape::{Random, Shape};
use portcullis::rules::{Class, Route, Rule, builtin};
use portcullis::scan::Scanner;

/// Values made of each rule's shapes, at least.
const VALUES: usize = 50;
/// Complaints shown, at most.
const SHOWN: usize = 100;

/// Rules that may stand in for one another: by nature one value fits both, and either finding is right.
const EQUALS: &[(&[&str], &str)] = &[(
    &["salesforce-sfdx-auth-url", "salesforce-refresh-token"],
    "the URL holds a refresh token: the same secret by two ways",
)];

fn equals(wanted: &str, found: &str) -> bool {
    wanted == found || EQUALS.iter().any(|(ids, _)| ids.contains(&wanted) && ids.contains(&found))
}

/// What stands around a value.
struct Surrounding {
    name: &'static str,
    path: &'static str,
    /// `NAME` and `VALUE` are replaced.
    line: &'static str,
    /// Bytes that a value in it cannot hold.
    forbidden: &'static [u8],
    encoding: Stored,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stored {
    Utf8,
    /// Little endian with a byte order mark.
    Utf16,
}

const fn around(
    name: &'static str,
    path: &'static str,
    line: &'static str,
    forbidden: &'static [u8],
) -> Surrounding {
    Surrounding { name, path, line, forbidden, encoding: Stored::Utf8 }
}

const SURROUNDINGS: &[Surrounding] = &[
    around("env", ".env", "NAME=VALUE\n", b" \t\n\"'#"),
    around("json", "config.json", "  \"NAME\": \"VALUE\",\n", b"\"\\\n\t"),
    around("yaml", "config.yaml", "NAME: VALUE\n", b" \t\n\"'#{[,"),
    around("source", "src/main.ts", "const NAME = \"VALUE\";\n", b"\"\\\n"),
    around("url", "notes.txt", "https://host.internal.net/path?NAME=VALUE&b=1\n", b" \t\n\"'#&<>{}|\\^`?%"),
    around("header", "request.http", "X-NAME: VALUE\r\n", b"\n\""),
    around("minified", "app.js", "var a=1,NAME=\"VALUE\",c=function(b){return b+2};", b"\"\\\n"),
    around("markdown", "guide.md", "- Set `NAME` to `VALUE` before the start.\n", b"`\n"),
    around("crlf", "settings.ini", "NAME = VALUE\r\n", b" \t\n\"'#;"),
    around("escape", "src/main.go", "text := \"NAME:\\nVALUE\\n\"\n", b"\"\\\n"),
    around("percent", "notes.txt", "callback?x=NAME%3DVALUE%26b\n", b" \t\n\"'#&<>{}|\\^`?%/"),
    Surrounding {
        name: "utf-16",
        path: "settings.reg",
        line: "\"NAME\"=\"VALUE\"\r\n",
        forbidden: b"\"\\\n",
        encoding: Stored::Utf16,
    },
];

/// Shapes that hold their own surroundings.
const ALONE: &[Surrounding] = &[
    around("alone", "notes.conf", "VALUE\n\n", b""),
    around("alone, crlf", "notes.conf", "VALUE\r\n\r\n", b"\n"),
    Surrounding {
        name: "alone, utf-16",
        path: "notes.conf",
        line: "VALUE\r\n\r\n",
        forbidden: b"",
        encoding: Stored::Utf16,
    },
];

/// A value in a text: where it begins and ends, in bytes of the text before it is stored.
struct Placed {
    start: usize,
    end: usize,
}

/// The text with all values in this surrounding, each under `name`.
fn place(surrounding: &Surrounding, name: &str, values: &[Vec<u8>]) -> (Vec<u8>, Vec<(usize, Placed)>) {
    let mut text = Vec::new();
    let mut places = Vec::new();
    let line = surrounding.line.replace("NAME", name);
    let (before, after) = line.split_once("VALUE").unwrap();
    for (index, value) in values.iter().enumerate() {
        if value.iter().any(|byte| surrounding.forbidden.contains(byte)) {
            continue;
        }
        text.extend_from_slice(before.as_bytes());
        let start = text.len();
        text.extend_from_slice(value);
        places.push((index, Placed { start, end: text.len() }));
        text.extend_from_slice(after.as_bytes());
    }
    (text, places)
}

fn stored(text: &[u8], encoding: Stored) -> Vec<u8> {
    match encoding {
        Stored::Utf8 => text.to_vec(),
        Stored::Utf16 => {
            let text = std::str::from_utf8(text).expect("shapes are UTF-8");
            let units = [0xFEFF].into_iter().chain(text.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        }
    }
}

/// Line and column of an offset, in stored bytes.
fn position(text: &[u8], at: usize, encoding: Stored) -> (u64, u64) {
    let line = text[..at].iter().filter(|&&byte| byte == b'\n').count();
    let start = text[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let column = match encoding {
        Stored::Utf8 => at - start,
        // the mark is part of no column
        Stored::Utf16 => 2 * std::str::from_utf8(&text[start..at]).unwrap().encode_utf16().count(),
    };
    (line as u64 + 1, column as u64 + 1)
}

/// Whether a value begins so plainly that the scanner passes it by, as `rules/README.md` says of the third way.
fn begins_plainly(value: &[u8]) -> bool {
    let head = &value[..value.len().min(32)];
    let changes = |is: fn(&u8) -> bool| head.windows(2).filter(|two| is(&two[0]) != is(&two[1])).count();
    !head.iter().any(u8::is_ascii_digit) || changes(u8::is_ascii_digit) + changes(u8::is_ascii_uppercase) < 3
}

/// At least [`VALUES`] values of the rule's shapes, the same in every run.
fn values(rule: &Rule) -> Vec<Vec<u8>> {
    let mut random = Random::new(seed(rule.id));
    let shapes: Vec<Shape> = rule.shapes.iter().map(|text| Shape::parse(text).unwrap()).collect();
    let each = VALUES.div_ceil(shapes.len());
    let mut values = Vec::new();
    for shape in &shapes {
        let made = std::iter::repeat_with(|| shape.expand(&mut random));
        values.extend(made.filter(|value| rule.route != Route::Value || !begins_plainly(value)).take(each));
    }
    values
}

fn seed(id: &str) -> u64 {
    id.bytes().fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

fn refusals(rule: &Rule) -> Vec<Vec<u8>> {
    let mut random = Random::new(seed(rule.id));
    rule.refuses
        .iter()
        .flat_map(|text| {
            let shape = Shape::parse(text).unwrap();
            (0..3).map(|_| shape.expand(&mut random)).collect::<Vec<_>>()
        })
        .collect()
}

/// The rule's first keyword as part of a name, in the way names are written.
fn name(rule: &Rule) -> String {
    let keyword = rule.keyword_names().next().unwrap_or("setting");
    format!("{}_ITEM", keyword.to_ascii_uppercase())
}

fn scan(scanner: &Scanner, bytes: &[u8], path: &str) -> Vec<Finding> {
    let mut worker = scanner.worker();
    worker.scan(&Blob::new(bytes, path));
    worker.into_tally().findings
}

/// What drops were made, for complaints.
fn why_dropped(scanner: &Scanner, bytes: &[u8], path: &str) -> BTreeSet<String> {
    let mut worker = scanner.worker();
    worker.scan(&Blob::new(bytes, path));
    let tally = worker.into_tally();
    tally
        .dropped
        .iter()
        .map(|dropped| {
            format!("dropped {}: {} {}", dropped.rule_id, dropped.reason.filter, dropped.reason.text)
        })
        .collect()
}

/// Runs `look` on every rule, on all processors, and fails with its complaints.
#[track_caller]
fn check(look: impl Fn(&Scanner, &Rule, &mut Vec<String>) + Sync) {
    let scanner = Scanner::builtin().explaining(true);
    let next = AtomicUsize::new(0);
    let complaints = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, |count| count.get());
    let only = std::env::var("RULE").ok();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(rule) = builtin().get(next.fetch_add(1, Ordering::Relaxed)) {
                    if only.as_deref().is_some_and(|only| only != rule.id) {
                        continue;
                    }
                    let mut own = Vec::new();
                    look(&scanner, rule, &mut own);
                    complaints.lock().unwrap().append(&mut own);
                }
            });
        }
    });
    let mut complaints = complaints.into_inner().unwrap();
    complaints.sort();
    complaints.dedup();
    let mut text = String::new();
    for complaint in complaints.iter().take(SHOWN) {
        writeln!(text, "{complaint}").unwrap();
    }
    assert!(complaints.is_empty(), "{} complaints:\n{text}", complaints.len());
}

fn start(finding: &Finding) -> (u64, u64) {
    (finding.start.line, finding.start.column)
}

fn end(finding: &Finding) -> (u64, u64) {
    (finding.end.line, finding.end.column)
}

/// Whether the shapes of a rule hold their own surroundings.
fn stands_alone(rule: &Rule) -> bool {
    matches!(rule.route, Route::Detector(_))
}

#[test]
fn every_value_is_found_in_every_surrounding() {
    check(|scanner, rule, complaints| {
        if rule.class == Class::Public {
            return;
        }
        let values = values(rule);
        let name = name(rule);
        let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for surrounding in if stands_alone(rule) { ALONE } else { SURROUNDINGS } {
            let (text, places) = place(surrounding, &name, &values);
            if places.is_empty() {
                continue;
            }
            let bytes = stored(&text, surrounding.encoding);
            let findings = scan(scanner, &bytes, surrounding.path);
            let mut missed = Vec::new();
            for (index, placed) in &places {
                let value = &values[*index];
                let at = |offset| position(&text, offset, surrounding.encoding);
                let here: Vec<&Finding> = if stands_alone(rule) {
                    let (from, to) = (at(placed.start), at(placed.end));
                    let inside = |finding: &&Finding| from <= start(finding) && end(finding) <= to;
                    findings.iter().filter(inside).collect()
                } else {
                    let found = rule.regex().captures(value);
                    let secret = found.and_then(|found| found.name("secret").or(found.get(0)));
                    let Some(secret) = secret.map(|secret| secret.range()) else {
                        missed.push((*index, BTreeSet::from(["(the pattern fails)".to_owned()])));
                        continue;
                    };
                    let (from, to) = (at(placed.start + secret.start), at(placed.start + secret.end));
                    let same = |finding: &&Finding| (from, to) == (start(finding), end(finding));
                    findings.iter().filter(same).collect()
                };
                if !here.iter().any(|finding| equals(rule.id, &finding.rule_id)) {
                    missed.push((*index, here.iter().map(|finding| finding.rule_id.to_string()).collect()));
                }
            }
            if !missed.is_empty() {
                let others: BTreeSet<&String> = missed.iter().flat_map(|(_, others)| others).collect();
                let shapes: BTreeSet<usize> =
                    missed.iter().map(|(index, _)| index / VALUES.div_ceil(rule.shapes.len())).collect();
                let dropped = why_dropped(scanner, &bytes, surrounding.path);
                let problem = format!(
                    "{} of {} missed; shapes {shapes:?}; found by {others:?}; {dropped:?}",
                    missed.len(),
                    places.len(),
                );
                groups.entry(problem).or_default().push(surrounding.name);
            }
        }
        complaints.extend(
            groups.iter().map(|(problem, names)| format!("{} in {}: {problem}", rule.id, names.join(", "))),
        );
    });
}

#[test]
fn public_values_are_no_findings_whatever_their_name() {
    check(|scanner, rule, complaints| {
        if rule.class != Class::Public {
            return;
        }
        let values = values(rule);
        let named = around("token", "config.py", "token = \"VALUE\"\n", b"\"\\\n");
        let known =
            Surrounding { line: "NAME_token = \"VALUE\"\n", ..around("", "config.py", "", b"\"\\\n") };
        let surroundings: &[Surrounding] = if rule.keywords.is_empty() { &[named, known] } else { &[known] };
        for surrounding in surroundings {
            let (text, _) = place(surrounding, &name(rule), &values);
            let findings = scan(scanner, &text, surrounding.path);
            let ids: BTreeSet<&str> = findings.iter().map(|finding| &*finding.rule_id).collect();
            if !ids.is_empty() {
                complaints.push(format!("{}: {} found by {ids:?}", rule.id, findings.len()));
            }
        }
    });
}

#[test]
fn refusals_are_left_alone() {
    check(|scanner, rule, complaints| {
        let name = name(rule);
        let lines = [
            around("alone", "notes.conf", "VALUE\n", b""),
            around("named", "notes.conf", "NAME = \"VALUE\"\n", b"\"\n"),
        ];
        for surrounding in &lines {
            for value in refusals(rule) {
                let (text, _) = place(surrounding, &name, std::slice::from_ref(&value));
                let found = scan(scanner, &text, surrounding.path);
                // a wrong checksum behind the right prefix leaves less confidence, and no silence
                let wrong = |finding: &Finding| {
                    *finding.rule_id == *rule.id
                        && (finding.confidence == Confidence::High || rule.check.is_empty())
                };
                if found.iter().any(wrong) {
                    complaints.push(format!(
                        "{}, {}: finds a refusal of {} bytes: {:?}",
                        rule.id,
                        surrounding.name,
                        value.len(),
                        rule.refuses
                    ));
                }
            }
        }
    });
}

#[test]
fn every_rule_is_complete() {
    let mut ids = BTreeSet::new();
    check(|_, rule, complaints| {
        let mut say = |text: &str| complaints.push(format!("{}: {text}", rule.id));
        if rule.why.is_empty() || rule.name.is_empty() {
            say("needs a name and a reason to care");
        }
        if (rule.class == Class::Public) != rule.revoke.is_empty() {
            say("says how to revoke it, unless it is public");
        }
        if rule.shapes.is_empty() || rule.refuses.is_empty() {
            say("needs a shape and a refusal at least");
        }
        if matches!(rule.class, Class::Encrypted | Class::Hash) && rule.severity > Severity::Medium {
            say("is protected, and so of medium severity at most");
        }
        if let Some(wrong) =
            rule.shapes.iter().chain(rule.refuses).find_map(|shape| Shape::parse(shape).err())
        {
            say(&format!("a shape is wrong: {wrong}"));
        }
    });
    for rule in builtin() {
        assert!(ids.insert(rule.id), "{} is there twice", rule.id);
    }
}

/// What the scanner takes for values in the rule files, and why it may.
const KNOWN: &[(&str, &str)] = &[
    ("blockchain-keys.toml:", "keywords that follow one another as names and values do"),
    ("google-oauth.toml:", "the same"),
    ("generic.toml:", "a named group `secret` in a pattern"),
    ("private-keys.toml:", "the frame of a PuTTY key, and a named group"),
];

/// Rule files hold shapes, no values; the scanner finds nothing in them at any confidence.
#[test]
fn the_rules_hold_no_credentials() {
    let scanner = Scanner::builtin();
    let mut complaints = Vec::new();
    // what shapes draw: templates under the names of secrets are there for good
    let parts = regex::Regex::new(r#"\{[a-z0-9|:<>+-]*\}"#).unwrap();
    for folder in ["rules", "rules/secrets"] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                let bytes = parts.replace_all(&text, "").into_owned().into_bytes();
                for finding in scan(&scanner, &bytes, path.to_str().unwrap()) {
                    complaints.push(format!("{}:{}: {}", finding.path, finding.start.line, finding.rule_id));
                }
            }
        }
    }
    complaints.retain(|complaint| !KNOWN.iter().any(|(known, _)| complaint.contains(known)));
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

//! Both ways of looking find the same, on histories made to make them differ.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;
use crate::blob::{Blob, Window};
use crate::git::Environment;
use crate::git::tests::Scratch;
use crate::rules::shape::{Random, Shape};
use crate::scan::{Scanner, Worker, reach};
use crate::source::Sink;
use crate::span::Span;

/// The scanner itself, as the command line uses it.
struct Looking<'s> {
    scanner: &'s Scanner,
    worker: Worker<'s>,
    /// Bytes looked at in whole texts, and in parts.
    whole: usize,
    parts: usize,
}

impl Sink for Looking<'_> {
    fn blob(&mut self, blob: &Blob<'_>) {
        self.worker.scan(blob);
    }
}

impl Examiner for Looking<'_> {
    fn whole(&mut self, text: &[u8], path: &str, far: &mut Vec<Span>) -> Vec<Finding> {
        self.whole += text.len();
        self.worker.scan_noting(&Blob::new(text, path), far);
        self.worker.take_findings()
    }

    fn may_hold(&mut self, text: &[u8], path: &str, binary: bool, within: Span, far: &mut Vec<Span>) -> bool {
        self.parts += within.len();
        let window = Window { binary: Some(binary), ..Window::whole() };
        self.worker.may_hold(&Blob { window, ..Blob::new(text, path) }, within, far)
    }

    fn take(&mut self) -> Vec<Finding> {
        self.worker.take_findings()
    }

    fn judges_alike(&self, one: &str, other: &str) -> bool {
        self.scanner.judges_alike(one, other)
    }

    fn reach(&self) -> (usize, usize) {
        (self.scanner.reach_ahead(), reach::BEHIND)
    }
}

struct Outcome {
    findings: Vec<Finding>,
    coverage: Coverage,
    whole: usize,
    parts: usize,
}

fn look(scratch: &Scratch, extent: Extent<'_>, whole_blobs: bool, threads: usize) -> Outcome {
    let repository = Repository::discover(&scratch.path, &Environment::default()).unwrap();
    let scanner = Scanner::builtin();
    let request = HistoryRequest {
        repository: &repository,
        extent,
        exclude: PathGlobs::default(),
        prefix: String::new(),
        max_file_size: None,
        whole_blobs,
        threads,
        progress: None,
    };
    let new = || Looking { scanner: &scanner, worker: scanner.worker(), whole: 0, parts: 0 };
    let mut history = scan_history(&request, new).unwrap();
    history.findings.sort_by_key(|finding| {
        let place = finding.commit.clone().unwrap_or_default();
        (
            finding.path.clone(),
            finding.offset,
            finding.rule_id.clone(),
            finding.id.clone(),
            place.id,
            place.object,
        )
    });
    let sum = |count: fn(&Looking<'_>) -> usize| history.examiners.iter().map(count).sum();
    let (whole, parts) = (sum(|looking| looking.whole), sum(|looking| looking.parts));
    Outcome { findings: history.findings, coverage: history.coverage, whole, parts }
}

fn number(random: &mut Random, below: usize) -> usize {
    random.below(below)
}

fn value(shape: &str, random: &mut Random) -> String {
    String::from_utf8_lossy(&Shape::parse(shape).unwrap().expand(random)).into_owned()
}

/// Lines that hold secrets, parts of them, and what decides about them from afar.
fn line(random: &mut Random) -> String {
    let rules = crate::rules::builtin();
    match number(random, 24) {
        0..=7 => format!("let value_{} = compute(a, b); // nothing to see", number(random, 1000)),
        8 | 9 => {
            let rule = &rules[number(random, rules.len())];
            rule.shapes.first().map_or_else(String::new, |shape| value(shape, random))
        }
        10 => {
            let rule = &rules[number(random, rules.len())];
            format!("# {}", rule.keyword_names().next().unwrap_or("nothing"))
        }
        11 => format!("password = \"{}\"", value("{base62:14}", random)),
        12 => "db_password:".to_owned(),
        13 => format!("  \"{}\"", value("{base62:18}", random)),
        14 => "-----BEGIN RSA PRIVATE KEY-----".to_owned(),
        15 | 16 => (0..12).map(|_| value("{base64:64}", random)).collect::<Vec<_>>().join("\n"),
        17 => "-----END RSA PRIVATE KEY-----".to_owned(),
        18 => "kind: Secret".to_owned(),
        19 => format!("  token: {}", data_encoding::BASE64.encode(value("{base62:13}", random).as_bytes())),
        20 => ["{\"kty\": \"RSA\",", "\"kty\": \"oct\",", "}"][number(random, 3)].to_owned(),
        21 => format!("\"d\": \"{}\",", value("{base64url:43}", random)),
        22 => ["# gate:allow-next-line", "# gate:allow", "// gitleaks:allow"][number(random, 3)].to_owned(),
        _ => {
            let inner = format!("export API_TOKEN={}", value("{base62:32}", random));
            let mut long = "var a=function(b){return b+1};".repeat(number(random, 200));
            long.push_str(&data_encoding::BASE64.encode(inner.as_bytes()));
            long
        }
    }
}

fn edit(text: &mut Vec<u8>, random: &mut Random) {
    let starts = |text: &[u8]| -> Vec<usize> {
        std::iter::once(0).chain(memchr::memchr_iter(b'\n', text).map(|at| at + 1)).collect()
    };
    for _ in 0..=number(random, 3) {
        let lines = starts(text);
        let at = lines[number(random, lines.len())];
        let to = lines[number(random, lines.len())];
        let (from, to) = (at.min(to), at.max(to));
        let to = to.min(from + 3000);
        match number(random, 8) {
            0..=2 => {
                let new = format!("{}\n", line(random));
                text.splice(at..at, new.into_bytes());
            }
            3 => drop(text.drain(from..to)),
            4 => {
                let moved: Vec<u8> = text.drain(from..to).collect();
                let lines = starts(text);
                let at = lines[number(random, lines.len())];
                text.splice(at..at, moved);
            }
            5 => {
                let copied = text[from..to].to_vec();
                text.splice(at..at, copied);
            }
            // anywhere in a line: what was a secret is none, or the other way
            6 => {
                let at = number(random, text.len() + 1);
                let new = [&b"\""[..], b" ", b"=", b"x", b"\n", b"...", b"$"][number(random, 7)];
                text.splice(at..at, new.iter().copied());
            }
            _ => {
                let at = number(random, text.len());
                let to = text.len().min(at + 1 + number(random, 40));
                text.drain(at..to);
            }
        }
        if text.len() < 500 {
            text.extend(b"some line that fills the file up again\n".repeat(40));
        }
    }
}

/// A history of files with secrets that come, change and go.
fn hostile_history(seed: u64, commits: usize) -> Scratch {
    let scratch = Scratch::new(&[]);
    let mut random = Random::new(seed);
    let names = ["src/a.py", "conf/b.yaml", "tests/c.json", "d.md", "e.min.js", "f"];
    let mut texts: Vec<Vec<u8>> = names
        .iter()
        .map(|_| (0..60).map(|_| line(&mut random) + "\n").collect::<String>().into_bytes())
        .collect();
    let mut stream = Vec::new();
    for commit in 0..commits {
        let message = format!("commit {commit}, {}", line(&mut random).replace('\n', " "));
        let mut head = format!("commit refs/heads/main\nmark :{}\n", commit + 1);
        _ = writeln!(head, "committer C <c@d.example> {} +0000", 1_600_000_000 + commit * 100);
        _ = write!(head, "data {}\n{message}\n", message.len());
        if commit > 0 {
            _ = writeln!(head, "from :{commit}");
        }
        stream.extend(head.bytes());
        for _ in 0..2 {
            let at = number(&mut random, names.len());
            if number(&mut random, 12) == 0 {
                // a file becomes like another, of another kind
                texts[at] = texts[number(&mut random, names.len())].clone();
            }
            edit(&mut texts[at], &mut random);
            stream.extend(format!("M 100644 inline {}\ndata {}\n", names[at], texts[at].len()).bytes());
            stream.extend(&texts[at]);
            stream.push(b'\n');
        }
    }
    scratch.feed(&scratch.path, &["fast-import", "--quiet"], &stream);
    scratch.git(&["repack", "-adfq", "--depth=50", "--window=20"]);
    scratch
}

#[test]
fn what_is_new_tells_as_much_as_the_whole() {
    for seed in 1..=4 {
        let scratch = hostile_history(seed, 120);
        let parts = look(&scratch, Extent::All, false, 1);
        let whole = look(&scratch, Extent::All, true, 1);
        assert!(parts.coverage.complete() && parts.coverage == whole.coverage, "{:?}", parts.coverage);
        assert!(whole.findings.len() > 30, "{}", whole.findings.len());
        assert_same(&parts.findings, &whole.findings, seed);
        assert!(parts.parts > 0 && parts.whole < whole.whole, "{} of {}", parts.whole, whole.whole);
        let threads = look(&scratch, Extent::All, false, 4);
        assert_same(&threads.findings, &parts.findings, seed);
        let reachable = look(&scratch, Extent::Reachable, false, 2);
        assert_same(&reachable.findings, &whole.findings, seed);
    }
}

#[track_caller]
fn assert_same(a: &[Finding], b: &[Finding], seed: u64) {
    let key = |finding: &Finding| {
        let place = finding.commit.clone().unwrap_or_default();
        format!(
            "{} {} {} {} {:?}",
            finding.rule_id, finding.path, finding.start.line, place.id, finding.confidence
        )
    };
    let (left, right): (BTreeSet<_>, BTreeSet<_>) =
        (a.iter().map(key).collect(), b.iter().map(key).collect());
    let only_left: Vec<_> = left.difference(&right).collect();
    let only_right: Vec<_> = right.difference(&left).collect();
    assert!(only_left.is_empty() && only_right.is_empty(), "seed {seed}: {only_left:#?} {only_right:#?}");
    assert_eq!(a, b, "seed {seed}");
}

#[test]
fn a_range_is_the_difference_of_wholes() {
    for seed in 5..=6 {
        let scratch = hostile_history(seed, 60);
        for (old, new) in [("main~30", "main"), ("main~1", "main"), ("main~50", "main~20")] {
            let find = |text: &str| {
                let range = scratch.open().range(text).unwrap();
                let found = look(&scratch, Extent::Range(&range), false, 1).findings;
                found.into_iter().map(|finding| (finding.path, finding.identity)).collect::<BTreeSet<_>>()
            };
            let expected: BTreeSet<_> = find(new).difference(&find(old)).cloned().collect();
            assert_eq!(find(&format!("{old}..{new}")), expected, "{old}..{new} of {seed}");
        }
    }
}

#[test]
fn commits_that_are_gone_and_objects_of_none() {
    let scratch = Scratch::new(&[]);
    let mut random = Random::new(9);
    let mut secret = || format!("password = \"{}\"\n", value("{base62:20}", &mut random));
    scratch.commit("kept.py", secret());
    scratch.commit("removed.py", secret());
    scratch.git(&["rm", "-q", "removed.py"]);
    scratch.commit("other", "text");
    scratch.commit("reset.py", secret());
    scratch.git(&["reset", "-q", "--hard", "HEAD~1"]);
    scratch.write("stashed.py", secret());
    scratch.git(&["add", "-A"]);
    scratch.git(&["stash", "-q"]);
    scratch.feed(&scratch.path, &["hash-object", "-w", "--stdin"], secret().as_bytes());
    scratch.git(&["notes", "add", "-m", &secret()]);
    scratch.git(&["commit", "-q", "--allow-empty", "-m", &secret()]);
    scratch.git(&["tag", "-a", "v1", "-m", &secret()]);
    for packed in [false, true] {
        if packed {
            scratch.git(&["repack", "-adfq", "--keep-unreachable"]);
        }
        let found = look(&scratch, Extent::All, false, 2);
        assert!(found.coverage.complete(), "{:?}", found.coverage);
        let standing: Vec<(&str, &str, bool)> = found
            .findings
            .iter()
            .map(|finding| (&*finding.path, finding.commit.as_ref().unwrap()))
            .map(|(path, place)| (path, place.standing.as_ref().unwrap()))
            .map(|(path, standing)| (path, standing.in_words(), standing.branches == ["main"]))
            .collect();
        let of =
            |path: &str| standing.iter().find(|(found, ..)| *found == path).map(|found| (found.1, found.2));
        assert_eq!(of("kept.py"), Some(("still in HEAD", true)));
        assert_eq!(of("removed.py"), Some(("not in HEAD", true)));
        assert_eq!(of("reset.py"), Some(("only in unreachable objects", false)));
        assert_eq!(of("stashed.py"), Some(("not in HEAD", false)));
        assert_eq!(of("COMMIT_EDITMSG"), Some(("not in HEAD", true)));
        assert_eq!(of("TAG_EDITMSG").map(|found| found.0), Some("not in HEAD"));
        assert_eq!(found.findings.len(), 8, "{standing:?}");
        let reachable = look(&scratch, Extent::Reachable, false, 2);
        // neither the commit that was reset nor the object of no commit
        assert_eq!(reachable.findings.len(), 6);
    }
}

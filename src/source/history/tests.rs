//! Both ways of looking find the same, on histories made to make them differ.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use super::*;
use crate::blob::{Blob, Window};
use crate::git::Environment;
use crate::git::tests::Scratch;
use crate::rules::shape::{Random, Shape};
use crate::scan::{Scanner, Worker, reach};
use crate::source::Sink;
use crate::span::Span;
use crate::stable_id::Identity;

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

    fn kind_of(path: &str) -> u8 {
        Scanner::kind_of(path)
    }

    fn marks(&self) -> u64 {
        self.worker.marks()
    }

    fn reach(&self) -> (usize, usize) {
        (self.scanner.reach_ahead(), reach::BEHIND)
    }
}

struct Outcome {
    findings: Vec<Finding>,
    coverage: Coverage,
    allowed: u64,
    whole: usize,
    parts: usize,
}

fn look(scratch: &Scratch, extent: Extent<'_>, whole_blobs: bool, threads: usize) -> Outcome {
    look_with(None, scratch, extent, whole_blobs, threads)
}

fn look_with(
    cache: Option<&Cache>,
    scratch: &Scratch,
    extent: Extent<'_>,
    whole_blobs: bool,
    threads: usize,
) -> Outcome {
    let repository = Repository::discover(&scratch.path, &Environment::default()).unwrap();
    let scanner = Scanner::builtin();
    let request = HistoryRequest {
        repository: &repository,
        extent,
        standing: true,
        confidence: Confidence::Low,
        exclude: PathGlobs::default(),
        prefix: String::new(),
        max_file_size: None,
        whole_blobs,
        threads,
        cache: cache.map(|cache| Caching { cache, key: scanner.cache_key(b"a test") }),
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
    let allowed = history.examiners.iter_mut().map(|looking| looking.worker.take().allowed).sum();
    assert_eq!(history.notes, [] as [String; 0]);
    Outcome { findings: history.findings, coverage: history.coverage, allowed, whole, parts }
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

fn find_in(scratch: &Scratch, text: &str) -> BTreeSet<(Arc<str>, Identity)> {
    let repository = scratch.open();
    let range = Commits::of(&repository, &repository.range(text).unwrap(), Vec::new()).unwrap();
    let found = look(scratch, Extent::Commits(&range), false, 1).findings;
    found.into_iter().map(|finding| (finding.path, finding.identity)).collect()
}

/// What the commits of a range bring, by scans of whole files, each beside the one before.
fn brought(scratch: &Scratch, old: &str, new: &str) -> BTreeSet<(Arc<str>, Identity)> {
    let scanner = Scanner::builtin();
    let mut worker = scanner.worker();
    let mut of = |commit: &str, path: &str| -> BTreeSet<Identity> {
        let shown = std::process::Command::new("git")
            .args(["-C", scratch.path.to_str().unwrap(), "show", &format!("{commit}:{path}")])
            .output()
            .unwrap();
        worker.scan(&Blob::new(&shown.stdout, path));
        worker.take_findings().into_iter().map(|finding| finding.identity).collect()
    };
    let mut met = BTreeSet::new();
    let mut brought = BTreeSet::new();
    for commit in scratch.git(&["rev-list", "--reverse", &format!("{old}..{new}")]).lines() {
        for path in scratch.git(&["diff-tree", "-r", "--no-commit-id", "--name-only", commit]).lines() {
            let (before, after) = (of(&format!("{commit}~1"), path), of(commit, path));
            let path: Arc<str> = path.into();
            for identity in after {
                if met.insert((path.clone(), identity)) && !before.contains(&identity) {
                    brought.insert((path.clone(), identity));
                }
            }
        }
    }
    brought
}

#[test]
fn a_range_is_what_its_commits_bring() {
    for seed in 5..=6 {
        let scratch = hostile_history(seed, 60);
        for (old, new) in [("main~30", "main"), ("main~1", "main"), ("main~50", "main~20")] {
            let found = find_in(&scratch, &format!("{old}..{new}"));
            let (files, messages): (BTreeSet<_>, BTreeSet<_>) =
                found.iter().cloned().partition(|(path, _)| &**path != "COMMIT_EDITMSG");
            assert_eq!(files, brought(&scratch, old, new), "{old}..{new} of {seed}");
            // the difference of wholes, and what was there once, was taken out, and comes back
            let (before, after) = (find_in(&scratch, old), find_in(&scratch, new));
            let difference: BTreeSet<_> = after.difference(&before).cloned().collect();
            assert!(found.is_superset(&difference), "{old}..{new} of {seed}");
            assert!(found.is_subset(&after));
            assert!(!messages.is_empty() || new == "main" && old == "main~1");
        }
    }
}

#[test]
fn a_range_is_the_difference_of_wholes_where_nothing_comes_back() {
    let scratch = Scratch::new(&[]);
    let mut random = Random::new(11);
    let mut secret = || format!("password = \"{}\"\n", value("{base62:20}", &mut random));
    let mut text = String::new();
    for number in 0..12 {
        text.push_str(&secret());
        scratch.commit(&format!("dir{}/f{}.py", number % 2, number % 3), &text);
        scratch.commit("other.py", secret());
    }
    for (old, new) in [("main~9", "main"), ("main~20", "main~5"), ("main~1", "main")] {
        let (before, after) = (find_in(&scratch, old), find_in(&scratch, new));
        let difference: BTreeSet<_> = after.difference(&before).cloned().collect();
        assert!(!difference.is_empty());
        assert_eq!(find_in(&scratch, &format!("{old}..{new}")), difference, "{old}..{new}");
    }
}

#[test]
fn a_repeat_tells_the_same_of_less() {
    for seed in 21..=22 {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().to_owned());
        let scratch = hostile_history(seed, 60);
        for (whole_blobs, threads) in [(true, 1), (false, 3)] {
            cache.clear().unwrap();
            let plain = look(&scratch, Extent::All, whole_blobs, threads);
            let check = |most: usize| {
                let again = look_with(Some(&cache), &scratch, Extent::All, whole_blobs, threads);
                assert_same(&again.findings, &plain.findings, seed);
                assert_eq!((again.coverage, again.allowed), (plain.coverage.clone(), plain.allowed));
                assert!(again.whole + again.parts <= most, "{} {}", again.whole, again.parts);
            };
            check(plain.whole + plain.parts);
            // of the same state: only what held something
            check(plain.whole);
        }
    }
}

#[test]
fn what_is_new_is_found_beside_what_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path().to_owned());
    let scratch = Scratch::new(&[]);
    let mut random = Random::new(31);
    let mut secret = || format!("password = \"{}\"\n", value("{base62:20}", &mut random));
    let filler = "a line of a file in which nothing is to be found\n".repeat(200);
    for number in 0..20 {
        scratch.commit(&format!("f{}.py", number % 4), format!("{filler}{number}\n"));
    }
    let leak = secret();
    scratch.commit("leak.py", format!("{filler}{leak}"));
    scratch.commit("allowed.py", format!("{}  # gate:allow\n", secret().trim_end()));
    for packed in [false, true] {
        if packed {
            scratch.git(&["repack", "-adfq"]);
        }
        let first = look_with(Some(&cache), &scratch, Extent::All, false, 1);
        assert_eq!((first.findings.len(), first.allowed), (1 + 2 * usize::from(packed), 1));
        let again = look_with(Some(&cache), &scratch, Extent::All, false, 1);
        assert_same(&again.findings, &first.findings, 0);
        assert!(again.whole < 30_000 && again.allowed == 1, "{}", again.whole);
        // one more commit: the clean blobs of before are not looked at again, and the older place stays the first
        scratch.commit(&format!("new{packed}.py"), format!("{leak}{}", secret()));
        let more = look_with(Some(&cache), &scratch, Extent::All, false, 1);
        let plain = look(&scratch, Extent::All, false, 1);
        assert_same(&more.findings, &plain.findings, 0);
        assert_eq!(more.coverage, plain.coverage);
        // of a pack, deltas are looked at in part anyway
        let most = (plain.whole + plain.parts) / if packed { 1 } else { 3 };
        assert!(more.whole + more.parts < most, "{} {}", more.whole, plain.whole);
        scratch.git(&["reset", "-q", "--hard", "HEAD~1"]);
        let reset = look_with(Some(&cache), &scratch, Extent::All, false, 1);
        assert_same(&reset.findings, &look(&scratch, Extent::All, false, 1).findings, 0);
        scratch.git(&["reset", "-q", "--hard", "ORIG_HEAD"]);
    }
}

#[test]
fn a_file_counts_as_whatever_it_was() {
    let scratch = Scratch::new(&[]);
    let mut random = Random::new(41);
    let mut secret = || format!("password = \"{}\"\n", value("{base62:20}", &mut random));
    let (file, folder) = (secret(), secret());
    scratch.commit("tests/a.py", &file);
    scratch.commit("src/a.py", &file);
    scratch.commit("vendor/test/b.py", &folder);
    scratch.git(&["mv", "vendor/test", "lib"]);
    scratch.git(&["commit", "-q", "-m", "moved"]);
    for threads in [1, 3] {
        let found = look(&scratch, Extent::All, false, threads).findings;
        let places: Vec<_> = found.iter().map(|finding| &*finding.path).collect();
        let expected = ["lib/b.py", "src/a.py", "tests/a.py", "vendor/test/b.py"];
        assert_eq!(places, expected);
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

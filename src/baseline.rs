//! Baselines: findings that are known, so that only new ones count.
//!
//! ```text
//! # portcullis baseline 1
//! salt 0123456789abcdef0123456789abcdef
//! 6f0c…  generic-password  reason="rotated in March" until=2027-01-31
//! ```
//!
//! One line per finding, sorted: its id under the file's salt, its rule, and if somebody adds them a reason and the
//! last day on which the entry applies. No place, no time, nothing of the secret but what [`crate::stable_id`] says of
//! ids. So an entry survives edits and renames of its file, and the baselines of two branches merge as the union of
//! their lines; lines may stand in any order, and twice. Anything else is damage, and an error with its line: a
//! baseline that is half understood would silence half of what it should, or more.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fmt::Write as _;
use std::hash::BuildHasher as _;

use crate::config::{Date, parse_date};
use crate::finding::Finding;
use crate::stable_id::IdKey;

/// What a baseline is called when nobody says otherwise.
pub const FILE_NAME: &str = ".portcullis-baseline";
/// Bytes of a baseline file: some 500,000 entries.
pub const FILE_LIMIT: u64 = 64 << 20;

const HEADER: &str = "# portcullis baseline 1";
const HINT: &str = "\
# Known findings, one a line; made by `gate baseline create`. A line may end with reason=\"…\" and until=YYYY-MM-DD.
# When branches meet, keep the lines of both: `.portcullis-baseline merge=union` in .gitattributes does so.
";
/// Hexadecimal digits of a salt, of which git and the scanner think nothing, and of an id.
const DIGITS: usize = 32;

/// What a line says beside id and rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Entry {
    rule: String,
    reason: Option<String>,
    until: Option<Date>,
}

/// Known findings.
#[derive(Clone, Debug)]
pub struct Baseline {
    salt: String,
    entries: BTreeMap<String, Entry>,
}

/// What is wrong with a baseline, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.problem)
    }
}

impl std::error::Error for Damaged {}

/// What became of the entries in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Findings that were known.
    pub known: u64,
    /// Ids of entries that met a finding but have expired.
    pub expired: Vec<String>,
    /// Ids of entries that met no finding, sorted.
    pub stale: Vec<String>,
}

/// What became of findings that were added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// They were not known.
    pub new: usize,
    /// Their entries had expired.
    pub renewed: usize,
    /// Their entries apply and were left as they are.
    pub kept: usize,
}

impl Baseline {
    /// An empty one with a salt of its own.
    pub fn new() -> Self {
        // The salt need not be secret, only no other repository's: the keys of the standard library's hash maps come
        // from the system's random numbers.
        let draw = |number: u8| RandomState::new().hash_one(number);
        Self { salt: format!("{:016x}{:016x}", draw(0), draw(1)), entries: BTreeMap::new() }
    }

    /// An empty one whose salt comes of a repository's first commit: whoever makes one in any clone or on any branch has
    /// the same, so that they merge.
    pub fn of_repository(first_commit: &[u8]) -> Self {
        let salt = blake3::derive_key("portcullis 2026 baseline salt v1", first_commit);
        Self { salt: blake3::Hash::from(salt).to_hex()[..DIGITS].to_owned(), entries: BTreeMap::new() }
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// The first line that is not as it should be.
    pub fn parse(text: &[u8]) -> Result<Self, Damaged> {
        let mut salt: Option<String> = None;
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        let mut number = 0;
        for line in text.split(|byte| *byte == b'\n') {
            number += 1;
            let fail = |problem| Damaged { line: number, problem };
            let line = std::str::from_utf8(line).map_err(|_| fail("it is no text"))?.trim();
            if number == 1 && line != HEADER {
                return Err(fail(match line.strip_prefix("# portcullis baseline ") {
                    Some(_) => "the baseline has another version than 1: a newer gate has written it",
                    None => "it is no baseline: the first line must be `# portcullis baseline 1`",
                }));
            }
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark)) {
                return Err(fail("a merge conflict: keep the lines of both sides"));
            }
            if let Some(text) = line.strip_prefix("salt ") {
                let text = text.trim();
                match &salt {
                    _ if !is_hex(text) => return Err(fail("the salt must be 32 hexadecimal digits")),
                    Some(known) if known != text => {
                        return Err(fail(
                            "a second salt: two baselines were made apart; take this line out, then run `gate baseline create` and `gate baseline prune`",
                        ));
                    }
                    _ => salt = Some(text.to_owned()),
                }
                continue;
            }
            let (id, entry) = Entry::parse(line).map_err(fail)?;
            entries.entry(id).and_modify(|known| known.join(&entry)).or_insert(entry);
        }
        match salt {
            Some(salt) => Ok(Self { salt, entries }),
            None => Err(Damaged { line: number, problem: "the line with the salt is missing" }),
        }
    }

    /// The key under which a scanner's ids are those of this baseline.
    pub fn key(&self) -> IdKey {
        IdKey::from_salt(self.salt.as_bytes())
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes the findings that are known out of `findings`, whose ids must be under [`Baseline::key`].
    pub fn apply(&self, findings: &mut Vec<Finding>, today: Date) -> Applied {
        let mut applied = Applied::default();
        let mut met = BTreeMap::new();
        findings.retain(|finding| {
            // a repository's file does not silence what is in use on this machine
            if finding.stored.is_some() {
                return true;
            }
            let Some(entry) = self.entries.get(&finding.id).filter(|entry| entry.rule == *finding.rule_id)
            else {
                return true;
            };
            let expired = entry.until.is_some_and(|until| until < today);
            met.insert(finding.id.as_str().to_owned(), expired);
            applied.known += u64::from(!expired);
            expired
        });
        applied.expired = met.iter().filter(|(_, expired)| **expired).map(|(id, _)| id.clone()).collect();
        applied.stale = self.entries.keys().filter(|id| !met.contains_key(*id)).cloned().collect();
        applied
    }

    /// Adds what is not there yet, with a reason and a last day, and renews what expired before `today`. What is there and
    /// applies stays as it is. Ids must be under [`Baseline::key`].
    pub fn add(
        &mut self,
        findings: &[Finding],
        reason: Option<&str>,
        until: Option<Date>,
        today: Date,
    ) -> Added {
        let reason = reason.and_then(plain_reason);
        let mut seen = BTreeSet::new();
        let mut added = Added::default();
        for finding in findings.iter().filter(|finding| finding.stored.is_none()) {
            if !seen.insert(finding.id.as_str()) {
                continue;
            }
            match self.entries.get_mut(&finding.id) {
                None => {
                    let rule = finding.rule_id.to_string();
                    self.entries.insert(finding.id.clone(), Entry { rule, reason: reason.clone(), until });
                    added.new += 1;
                }
                Some(entry) if entry.until.is_some_and(|last| last < today) => {
                    entry.until = until;
                    entry.reason = reason.clone().or(entry.reason.take());
                    added.renewed += 1;
                }
                Some(_) => added.kept += 1,
            }
        }
        added
    }

    /// Takes out the entries with these ids.
    pub fn remove(&mut self, ids: &[String]) {
        for id in ids {
            self.entries.remove(id);
        }
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = format!("{HEADER}\n{HINT}salt {}\n", self.salt);
        for (id, entry) in &self.entries {
            _ = write!(text, "{id} {}", entry.rule);
            if let Some(reason) = &entry.reason {
                _ = write!(text, " reason=\"{reason}\"");
            }
            if let Some(until) = entry.until {
                _ = write!(text, " until={until}");
            }
            text.push('\n');
        }
        text
    }
}

impl Default for Baseline {
    fn default() -> Self {
        Self::new()
    }
}

impl Entry {
    fn parse(line: &str) -> Result<(String, Self), &'static str> {
        let (id, rest) = line.split_once(' ').ok_or("an entry needs an id and a rule")?;
        if !is_hex(id) {
            return Err("the id must be 32 hexadecimal digits");
        }
        let rest = rest.trim_start();
        let (rule, mut rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let is_rule = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if rule.is_empty() || !rule.bytes().all(is_rule) {
            return Err("the rule must be of lower-case letters, digits and dashes");
        }
        let mut entry = Self { rule: rule.to_owned(), ..Self::default() };
        rest = rest.trim_start();
        if let Some(text) = rest.strip_prefix("reason=\"") {
            let (reason, after) = text.split_once('"').ok_or("the reason has no closing quote")?;
            entry.reason = plain_reason(reason);
            rest = after.trim_start();
        }
        if let Some(text) = rest.strip_prefix("until=") {
            let (date, after) = text.split_at(text.find(' ').unwrap_or(text.len()));
            let date = parse_date(date).ok_or("`until` must be a day that exists, written 2027-01-31")?;
            entry.until = Some(date);
            rest = after.trim_start();
        }
        if !rest.is_empty() {
            return Err("after the rule only reason=\"…\" and until=… may stand, in this order");
        }
        Ok((id.to_owned(), entry))
    }

    /// Joins what another line says of the same finding: it applies no longer than the shorter of both.
    fn join(&mut self, other: &Self) {
        self.until = match (self.until, other.until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.reason = self.reason.take().max(other.reason.clone());
    }
}

fn is_hex(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// A reason as it can stand in a line.
fn plain_reason(reason: &str) -> Option<String> {
    let plain: String = reason
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| *c != '"')
        .take(200)
        .collect();
    let plain = plain.trim();
    (!plain.is_empty()).then(|| plain.to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::finding::{Confidence, Severity};
    use crate::span::Position;
    use crate::stable_id::Identity;

    fn finding(id: &str, rule: &str) -> Finding {
        let none: Arc<str> = "".into();
        Finding {
            id: id.repeat(DIGITS),
            identity: Identity::default(),
            rule_id: rule.into(),
            rule_name: none.clone(),
            why: none.clone(),
            remedy: none.clone(),
            severity: Severity::High,
            confidence: Confidence::High,
            path: none,
            offset: None,
            start: Position { line: 1, column: 1 },
            end: Position { line: 1, column: 1 },
            columns_utf16: None,
            decoded: Vec::new(),
            masked: String::new(),
            stored: None,
            reasons: Vec::new(),
            commit: None,
        }
    }

    fn day(text: &str) -> Date {
        parse_date(text).expect("a date")
    }

    #[test]
    fn a_baseline_survives_its_text() {
        let mut baseline = Baseline::new();
        assert_eq!(
            baseline
                .add(
                    &[finding("b", "x"), finding("a", "y-1"), finding("b", "x")],
                    None,
                    None,
                    day("2026-06-15")
                )
                .new,
            2
        );
        let until = Some(day("2027-01-31"));
        assert_eq!(
            baseline.add(&[finding("c", "x")], Some(" say \"it\"\n "), until, day("2026-06-15")).new,
            1
        );
        let text = baseline.text();
        let lines: Vec<&str> = text.lines().skip(4).collect();
        let (a, b, c) = ("a".repeat(32), "b".repeat(32), "c".repeat(32));
        assert_eq!(
            lines,
            [format!("{a} y-1"), format!("{b} x"), format!("{c} x reason=\"say it\" until=2027-01-31")]
        );
        let again = Baseline::parse(text.replace('\n', "\r\n").as_bytes()).expect("a baseline");
        assert_eq!(again.text(), text);
        assert_ne!(Baseline::new().salt, baseline.salt);
    }

    #[test]
    fn known_findings_go_and_the_rest_is_told() {
        let mut baseline = Baseline::new();
        baseline.add(&[finding("a", "x"), finding("d", "x")], None, None, day("2026-06-15"));
        baseline.add(&[finding("b", "x")], None, Some(day("2026-01-01")), day("2026-06-15"));
        let mut findings = vec![finding("a", "x"), finding("a", "x"), finding("b", "x"), finding("c", "x")];
        findings.push(finding("a", "another"));
        let applied = baseline.apply(&mut findings, day("2026-01-02"));
        let left: Vec<&str> = findings.iter().map(|finding| &finding.id[..1]).collect();
        assert_eq!(left, ["b", "c", "a"]);
        assert_eq!(applied, Applied { known: 2, expired: vec!["b".repeat(32)], stale: vec!["d".repeat(32)] });
        let applied = baseline.apply(&mut vec![finding("b", "x")], day("2026-01-01"));
        assert_eq!((applied.known, applied.expired.len()), (1, 0));
        baseline.remove(&applied.stale);
        assert_eq!(baseline.len(), 1);
    }

    #[test]
    fn branches_merge_as_a_union() {
        let (a, b) = ("a".repeat(32), "b".repeat(32));
        let salt = "0".repeat(32);
        let text = format!(
            "{HEADER}\nsalt {salt}\n{b} x\nsalt {salt}\n{a} x until=2027-01-31\n# words\n\n{a} x reason=\"r\" until=2026-01-01\n{a} x"
        );
        let baseline = Baseline::parse(text.as_bytes()).expect("a baseline");
        let expected = format!("salt {salt}\n{a} x reason=\"r\" until=2026-01-01\n{b} x\n");
        assert!(baseline.text().ends_with(&expected), "{}", baseline.text());
    }

    #[test]
    fn damage_is_named_with_its_line() {
        fn check(text: &str, line: usize, problem: &str) {
            let damaged = Baseline::parse(text.as_bytes()).expect_err(text);
            assert_eq!(damaged.line, line, "{text}: {damaged}");
            assert!(damaged.problem.contains(problem), "{damaged}");
        }
        let (a, salt) = ("a".repeat(32), "0".repeat(32));
        let head = format!("{HEADER}\nsalt {salt}\n");
        check("", 1, "no baseline");
        check("[]", 1, "no baseline");
        check("# portcullis baseline 2\n", 1, "another version");
        check(&format!("{HEADER}\n{a} x\n"), 3, "salt is missing");
        check(&format!("{HEADER}\nsalt abc\n"), 2, "32 hexadecimal");
        check(&format!("{head}salt {a}\n"), 3, "second salt");
        check(&format!("{head}<<<<<<< HEAD\n"), 3, "merge conflict");
        check(&format!("{head}{a}\n"), 3, "id and a rule");
        check(&format!("{head}{} x\n", &a[1..]), 3, "the id");
        check(&format!("{head}{} x\n", a.to_uppercase()), 3, "the id");
        check(&format!("{head}{a} X\n"), 3, "the rule");
        check(&format!("{head}{a} x reason=\"y\n"), 3, "closing quote");
        check(&format!("{head}{a} x until=2027-02-30\n"), 3, "until");
        check(&format!("{head}{a} x until=2027-01-31 reason=\"y\"\n"), 3, "in this order");
        check(&format!("{head}{a} x y\n"), 3, "in this order");
        assert_eq!(Baseline::parse(b"# portcullis baseline 1\n\xff").unwrap_err().line, 2);
    }
}

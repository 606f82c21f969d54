//! Findings in real files, where hardly any is a secret.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use portcullis::blob::Blob;
use portcullis::finding::{Confidence, Encoding, Finding};
use portcullis::sanitize;
use portcullis::scan::{Scanner, Worker};
use portcullis::source::{Request, Sink, scan_tree};

use crate::panics::survive;
use crate::results::Results;

/// What is to be listed of the findings.
pub(crate) struct Listing {
    pub(crate) list: bool,
    pub(crate) show_line: bool,
    pub(crate) rules: Vec<String>,
    pub(crate) least: Confidence,
    /// At most so many of each rule and confidence, spread over the files.
    pub(crate) per_rule: Option<usize>,
}

struct Judge<'s>(Worker<'s>);

impl Sink for Judge<'_> {
    fn blob(&mut self, blob: &Blob<'_>) {
        survive(|| self.0.scan(blob));
    }
}

/// Scans `directory`, prints what was found by rule and confidence.
pub(crate) fn run(
    directory: &Path,
    threads: usize,
    listing: &Listing,
    results: &mut Results,
    out: &mut dyn Write,
) -> Result<()> {
    let scanner = Scanner::builtin();
    let request =
        Request { roots: vec![directory.to_owned()], no_ignore: true, threads, ..Request::default() };
    let started = Instant::now();
    let (judges, coverage) = scan_tree(&request, || Judge(scanner.worker()))?;
    let seconds = started.elapsed().as_secs_f64();
    let mut findings: Vec<Finding> =
        judges.into_iter().flat_map(|judge| judge.0.into_tally().findings).collect();
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    let megabytes = coverage.bytes as f64 / 1e6;
    let name = directory.display();
    writeln!(
        out,
        "\n== {name}: {} files, {megabytes:.1} MB, {seconds:.1} s with {threads} threads, {} left out",
        coverage.files,
        coverage.skipped.len()
    )?;
    let mut rules: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for finding in &findings {
        rules.entry(&finding.rule_id).or_default()[finding.confidence as usize] += 1;
        results.set(
            format!("noise-findings/{name}/{}:{} {}", finding.path, finding.start.line, finding.rule_id),
            finding.confidence,
        );
    }
    let mut rows: Vec<(&str, [usize; 3])> = rules.into_iter().collect();
    rows.sort_by_key(|(rule, [_, medium, high])| (std::cmp::Reverse(medium + high), *rule));
    let all = rows.iter().fold([0; 3], |sum: [usize; 3], (_, row)| std::array::from_fn(|i| sum[i] + row[i]));
    writeln!(out, "rule                                      high  medium     low  shown per MB")?;
    for (rule, [low, medium, high]) in rows.iter().chain([&("all", all)]) {
        let rate = (medium + high) as f64 / megabytes.max(1e-9);
        writeln!(out, "{rule:<38}{high:>8}{medium:>8}{low:>8}{rate:>14.4}")?;
        results.set(format!("noise/{name}/{rule}"), format!("{high} high, {medium} medium, {low} low"));
    }
    if listing.list || listing.show_line {
        list(directory, &findings, listing, out)?;
    }
    Ok(())
}

fn list(directory: &Path, findings: &[Finding], listing: &Listing, out: &mut dyn Write) -> Result<()> {
    let wanted = |finding: &Finding| {
        finding.confidence >= listing.least
            && (listing.rules.is_empty() || listing.rules.iter().any(|rule| **rule == *finding.rule_id))
    };
    let mut groups: BTreeMap<(&str, Confidence), Vec<usize>> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate().filter(|(_, finding)| wanted(finding)) {
        groups.entry((&finding.rule_id, finding.confidence)).or_default().push(at);
    }
    let mut last: (PathBuf, Vec<u8>) = Default::default();
    for places in groups.values() {
        let shown = listing.per_rule.map_or(places.len(), |most| most.min(places.len()));
        for i in 0..shown {
            let finding = &findings[places[i * places.len() / shown]];
            let Finding { path, start, rule_id, confidence, masked, .. } = finding;
            writeln!(out, "{}:{} {rule_id} {confidence} {masked}", sanitize::text(path), start.line)?;
            if listing.show_line {
                let file = directory.join(&**path);
                if last.0 != file {
                    last = (file.clone(), std::fs::read(file).unwrap_or_default());
                }
                writeln!(out, "    {}", line(&last.1, finding, findings))?;
            }
        }
    }
    Ok(())
}

/// How much of a line is shown before and after a secret.
const BEFORE: usize = 120;
const AFTER: usize = 80;

/// The line of a finding, with a description in the place of every secret that was found in it.
fn line(text: &[u8], finding: &Finding, findings: &[Finding]) -> String {
    if finding.decoded.first() == Some(&Encoding::Utf16) {
        return "(UTF-16)".to_owned();
    }
    let at = (finding.offset.unwrap_or_default() as usize).min(text.len());
    let end = ending(text, finding);
    let from = at.saturating_sub(BEFORE);
    let from = memchr::memrchr(b'\n', &text[from..at]).map_or(from, |newline| from + newline + 1);
    let to = text.len().min(end + AFTER);
    let to = memchr::memchr(b'\n', &text[end..to]).map_or(to, |newline| end + newline);
    let mut shown = String::new();
    let mut done = from;
    // findings are sorted by path and place
    let first = findings.partition_point(|other| other.path < finding.path);
    for other in findings[first..].iter().take_while(|other| other.path == finding.path) {
        let (start, stop) = (other.offset.unwrap_or_default() as usize, ending(text, other));
        if start >= to || start > text.len() {
            break;
        }
        if stop > done {
            let visible = start.max(done);
            shown += &sanitize::utf8(&text[done..visible]);
            shown += &describe(&text[start.max(from)..stop]);
            done = stop;
        }
    }
    shown += &sanitize::utf8(&text[done.min(to)..to]);
    shown
}

/// Where a secret ends, or its first line.
fn ending(text: &[u8], finding: &Finding) -> usize {
    let start = (finding.offset.unwrap_or_default() as usize).min(text.len());
    let end = if finding.start.line == finding.end.line {
        start + finding.end.column.saturating_sub(finding.start.column) as usize
    } else {
        memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |newline| start + newline)
    };
    end.min(text.len())
}

/// The least alphabet that a secret fits in, its length, and for short ones how it is put together: `a` stands for
/// small letters, `A` for capitals, `9` for digits, `!` for signs, each with their number.
fn describe(secret: &[u8]) -> String {
    type Class = fn(u8) -> bool;
    const ALPHABETS: [(&str, Class); 10] = [
        ("digits", |b| b.is_ascii_digit()),
        ("lower", |b| b.is_ascii_lowercase()),
        ("upper", |b| b.is_ascii_uppercase()),
        ("letters", |b| b.is_ascii_alphabetic()),
        ("hex", |b| b.is_ascii_hexdigit()),
        ("base62", |b| b.is_ascii_alphanumeric()),
        ("base64url", |b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'),
        ("base64", |b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')),
        ("printable", |b| b.is_ascii_graphic() || b == b' '),
        ("bytes", |_| true),
    ];
    let name =
        ALPHABETS.iter().find(|(_, class)| secret.iter().all(|&b| class(b))).map_or("", |(name, _)| name);
    let kind = |byte: u8| match byte {
        b'a'..=b'z' => 'a',
        b'A'..=b'Z' => 'A',
        b'0'..=b'9' => '9',
        b'_' | b'-' | b'.' | b'/' | b':' | b' ' => char::from(byte),
        _ => '!',
    };
    let mut runs: Vec<(char, usize)> = Vec::new();
    for kind in secret.iter().map(|&byte| kind(byte)) {
        match runs.last_mut() {
            Some((last, count)) if *last == kind => *count += 1,
            _ => runs.push((kind, 1)),
        }
    }
    if runs.len() > 9 || runs.len() < 2 {
        return format!("[{name} {}]", secret.len());
    }
    let built: String = runs
        .iter()
        .map(|(kind, count)| if *count == 1 { kind.to_string() } else { format!("{kind}{count}") })
        .collect();
    format!("[{name} {}: {built}]", secret.len())
}

//! What comes after the findings: how to fix them, and the summary.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::style::{Style, bytes, count, duration};
use crate::finding::{Coverage, Finding, Outcome, Severity};
use crate::report::Options;
use crate::report::counts::BySeverity;
use crate::sanitize;

/// How many unexpected gaps in the coverage are listed by name.
const LISTED: usize = 20;
/// How many reasons for skipping are counted one by one.
const REASONS: usize = 5;

/// Writes each remedy once with its rules, the most severe first, then the most frequent.
pub(super) fn write_remedies(findings: &[Finding], style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    struct Group<'o> {
        severity: Severity,
        findings: u64,
        rules: BTreeSet<&'o str>,
    }
    let mut groups: BTreeMap<&str, Group<'_>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| !finding.remedy.is_empty()) {
        let group = groups.entry(&finding.remedy).or_insert(Group {
            severity: finding.severity,
            findings: 0,
            rules: BTreeSet::new(),
        });
        group.severity = group.severity.max(finding.severity);
        group.findings += 1;
        group.rules.insert(&finding.rule_id);
    }
    if groups.is_empty() {
        return Ok(());
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| (Reverse(group.severity), Reverse(group.findings)));
    writeln!(out, "{}", style.bold("how to fix"))?;
    for (remedy, group) in groups {
        let rules: Vec<_> = group.rules.into_iter().map(sanitize::text).collect();
        writeln!(out, "  {} ({})", rules.join(", "), count(group.findings, "finding"))?;
        style.write_wrapped(4, remedy, out)?;
    }
    writeln!(out)
}

/// Writes what was found, what was looked at, and what was not.
pub(super) fn write_summary(
    outcome: &Outcome,
    options: &Options,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    write_verdict(outcome, options, style, out)?;
    write_skipped(&outcome.coverage, out)?;
    if outcome.below_threshold > 0 {
        let hidden = count(outcome.below_threshold, "finding");
        writeln!(out, "{hidden} below the confidence threshold: show with --confidence low")?;
    }
    if outcome.allowed > 0 {
        writeln!(out, "{} allowed by entries or comments", count(outcome.allowed, "finding"))?;
    }
    if outcome.known > 0 {
        let does = if outcome.known == 1 { "does" } else { "do" };
        writeln!(out, "{} known before, which {does} not count", count(outcome.known, "finding"))?;
    }
    for note in &outcome.notes {
        writeln!(out, "note: {}", sanitize::text(note))?;
    }
    write_gaps(&outcome.coverage, style, out)
}

/// The line that answers the question of the run.
fn write_verdict(
    outcome: &Outcome,
    options: &Options,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let coverage = &outcome.coverage;
    let mut scanned = vec![count(coverage.files, "file"), bytes(coverage.bytes)];
    scanned.extend(options.elapsed.map(duration));
    let scanned = scanned.join(", ");
    if outcome.findings.is_empty() {
        return if coverage.bytes == 0 {
            writeln!(out, "{} ({scanned})", style.bold("nothing was scanned"))
        } else if coverage.complete() {
            writeln!(out, "{} ({scanned})", style.good("no credentials found"))
        } else {
            writeln!(out, "no credentials found in what was scanned ({scanned})")
        };
    }
    let by_severity = BySeverity::of(&outcome.findings).pairs().into_iter().filter(|(_, number)| *number > 0);
    let by_severity: Vec<_> = by_severity
        .map(|(severity, number)| style.severity(severity, &format!("{number} {severity}")))
        .collect();
    let paths = outcome.findings.chunk_by(|a, b| a.path == b.path).count() as u64;
    let found = count(outcome.findings.len() as u64, "finding");
    let total = style.bold(&format!("{found} in {}", count(paths, "file")));
    writeln!(out, "{total}: {} (scanned {scanned})", by_severity.join(", "))
}

/// What the user had left out, counted by reason.
fn write_skipped(coverage: &Coverage, out: &mut dyn io::Write) -> io::Result<()> {
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for skipped in coverage.skipped.iter().filter(|skipped| skipped.expected) {
        *reasons.entry(&skipped.reason).or_default() += 1;
    }
    let total: u64 = reasons.values().sum();
    if total == 0 {
        return Ok(());
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, number)| Reverse(*number));
    let others: u64 = reasons.iter().skip(REASONS).map(|(_, number)| number).sum();
    let mut parts: Vec<_> = reasons
        .iter()
        .take(REASONS)
        .map(|(reason, number)| format!("{number} {}", sanitize::text(reason)))
        .collect();
    if others > 0 {
        parts.push(format!("{others} for other reasons"));
    }
    writeln!(out, "skipped {}: {}", count(total, "path"), parts.join(", "))
}

/// What should have been looked at and was not, by name.
fn write_gaps(coverage: &Coverage, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let gaps: Vec<_> = coverage.skipped.iter().filter(|skipped| !skipped.expected).collect();
    if gaps.is_empty() {
        return Ok(());
    }
    writeln!(out, "not scanned, or not wholly:")?;
    for gap in gaps.iter().take(LISTED) {
        writeln!(out, "  {}: {}", sanitize::text(&gap.path), sanitize::text(&gap.reason))?;
    }
    if gaps.len() > LISTED {
        writeln!(out, "  and {} more; --format json lists all", gaps.len() - LISTED)?;
    }
    let gaps = count(gaps.len() as u64, "path");
    writeln!(out, "{} ({gaps} not scanned)", style.bad("incomplete: this is not a clean result"))
}

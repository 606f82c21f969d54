//! `github` and `azure`: a line for each finding that the provider's log turns into an annotation, and one that counts.
//!
//! Such lines are commands, and paths are written by others: everything that ends a value is escaped in the form of the
//! provider, so that a file cannot be named like a command.

use std::io;

use super::TOOL;
use super::counts::BySeverity;
use crate::finding::{Finding, Outcome, Severity};
use crate::sanitize;

/// Workflow commands of GitHub Actions: `::error file=…,line=…::message`.
pub(super) fn write_github(outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
    for finding in &outcome.findings {
        let level = match finding.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low => "notice",
        };
        let (path, title) = (github_property(&finding.path), github_property(&finding.rule_name));
        let (start, end) = (finding.start, finding.end);
        write!(out, "::{level} file={path},line={},endLine={}", start.line, end.line)?;
        // columns of one line only
        if start.line == end.line {
            write!(out, ",col={},endColumn={}", start.column, end.column)?;
        }
        writeln!(out, ",title={title}::{}", github_data(&message(finding)))?;
    }
    for (path, reason) in gaps(outcome) {
        writeln!(out, "::error file={},title=not scanned::{}", github_property(path), github_data(reason))?;
    }
    writeln!(out, "{}", verdict(outcome))
}

/// Logging commands of Azure Pipelines: `##vso[task.logissue …]message`.
pub(super) fn write_azure(outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
    for finding in &outcome.findings {
        let level = if finding.severity >= Severity::High { "error" } else { "warning" };
        writeln!(
            out,
            "##vso[task.logissue type={level};sourcepath={};linenumber={};columnnumber={};code={}]{}",
            azure(&finding.path),
            finding.start.line,
            finding.start.column,
            azure(&finding.rule_id),
            azure(&message(finding))
        )?;
    }
    for (path, reason) in gaps(outcome) {
        writeln!(
            out,
            "##vso[task.logissue type=error;sourcepath={}]not scanned: {}",
            azure(path),
            azure(reason)
        )?;
    }
    writeln!(out, "{}", verdict(outcome))
}

fn message(finding: &Finding) -> String {
    let mut message = format!("{}: {}", finding.rule_name, finding.masked);
    if let Some(commit) = finding.commit.as_ref().and_then(|place| place.short()) {
        message.push_str(&format!(", in commit {commit}"));
    }
    if !finding.remedy.is_empty() {
        message.push_str(". ");
        message.push_str(&finding.remedy);
    }
    message
}

fn gaps(outcome: &Outcome) -> impl Iterator<Item = (&str, &str)> {
    let gaps = outcome.coverage.skipped.iter().filter(|skipped| !skipped.expected);
    gaps.map(|gap| (gap.path.as_str(), gap.reason.as_str()))
}

/// The last line: numbers only, so nothing of it is written by others.
fn verdict(outcome: &Outcome) -> String {
    let counts: Vec<String> = BySeverity::of(&outcome.findings)
        .pairs()
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(severity, number)| format!("{number} {severity}"))
        .collect();
    let found = if counts.is_empty() { "no credentials found".to_owned() } else { counts.join(", ") };
    let gaps = gaps(outcome).count();
    let missing = if gaps == 0 { String::new() } else { format!("; incomplete: {gaps} not scanned") };
    let known = if outcome.known == 0 { String::new() } else { format!("; {} known before", outcome.known) };
    let files = outcome.coverage.files;
    let unit = if files == 1 { "file" } else { "files" };
    format!("{TOOL}: {found}{known}{missing} (scanned {files} {unit})")
}

fn github_data(text: &str) -> String {
    sanitize::text(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn github_property(text: &str) -> String {
    github_data(text).replace(':', "%3A").replace(',', "%2C")
}

fn azure(text: &str) -> String {
    let text = sanitize::text(text).replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A");
    text.replace(']', "%5D").replace(';', "%3B")
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, sample};

    #[test]
    fn github_in_exact_bytes() {
        let text = sample::report(Format::Github, &sample::one_finding(), &sample::options());
        assert_eq!(
            text,
            "::error file=config/prod.env,line=12,endLine=12,col=9,endColumn=49,\
             title=GitHub personal access token (classic)::GitHub personal access token (classic): \
             ghp_… (40 bytes). Delete the token in the account's developer settings, then issue a new one.\n\
             portcullis: 1 high (scanned 1 file)\n"
        );
        let text = sample::report(Format::Github, &sample::incomplete(), &sample::options());
        assert!(
            text.starts_with("::error file=private.pem,title=not scanned::permission denied\n"),
            "{text}"
        );
    }

    #[test]
    fn azure_in_exact_bytes() {
        let text = sample::report(Format::Azure, &sample::one_finding(), &sample::options());
        assert!(
            text.starts_with(
                "##vso[task.logissue type=error;sourcepath=config/prod.env;linenumber=12;columnnumber=9;code=github-pat]GitHub"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_name_is_no_command() {
        let mut outcome = sample::one_finding();
        outcome.findings[0].path = "a,line=1::x\n::error::y%0A]##vso[task.x];z".into();
        outcome.findings[0].rule_name = "r,title=z::\r\n::error::]".into();
        for (format, begin) in [(Format::Github, "::"), (Format::Azure, "##vso[")] {
            let text = sample::report(format, &outcome, &sample::options());
            assert_eq!(text.lines().count(), 2, "{text}");
            let first = text.lines().next().unwrap();
            let end = if begin == "::" { "::" } else { "]" };
            let properties = first[begin.len()..].split(end).next().unwrap();
            if format == Format::Github {
                assert!(!properties.contains(":x") && properties.contains("r%2Ctitle"), "{text}");
            } else {
                assert_eq!(properties.matches(';').count(), 4, "{text}");
            }
        }
    }
}

//! `html`, a page to look at, and `markdown`, for summaries of jobs.

use std::io;

use super::counts::BySeverity;
use super::{Options, TOOL};
use crate::finding::{Finding, Outcome};
use crate::sanitize;

/// Rows of a Markdown table: summaries have a limit.
const ROWS: usize = 500;

/// Text that can stand in XML and HTML, in attributes too, and in a terminal.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in sanitize::text(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // XML has no way to write these
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2em;color:#222;background:#fff}\
table{border-collapse:collapse}td,th{padding:.3em .8em;border-bottom:1px solid #ccc;text-align:left;vertical-align:top}\
code{font:13px ui-monospace,monospace}.critical,.high{color:#b00}.medium{color:#950}.low{color:#666}";

/// Writes a page that loads nothing and runs nothing.
pub(super) fn write_html(outcome: &Outcome, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{TOOL}: {}</title>\n<style>{STYLE}</style>\n<h1>{}</h1>\n<p>{} files, {} bytes scanned by {TOOL} {}.</p>",
        verdict(outcome),
        verdict(outcome),
        outcome.coverage.files,
        outcome.coverage.bytes,
        escape(&options.version),
    )?;
    if !outcome.findings.is_empty() {
        writeln!(out, "<table>\n<tr><th>Severity<th>Place<th>What<th>How to revoke</tr>")?;
        for finding in &outcome.findings {
            let commit =
                commit(finding).map_or_else(String::new, |commit| format!("<br>commit {}", escape(&commit)));
            writeln!(
                out,
                "<tr><td class=\"{0}\">{0}<br>{1} confidence<td><code>{2}:{3}:{4}</code>{commit}<td>{5}<br><code>{6}</code><br>\
                 <code>{7}</code><td>{8}</tr>",
                finding.severity,
                finding.confidence,
                escape(&finding.path),
                finding.start.line,
                finding.start.column,
                escape(&finding.rule_name),
                escape(&finding.masked),
                escape(&finding.rule_id),
                escape(&finding.remedy),
            )?;
        }
        writeln!(out, "</table>")?;
    }
    let gaps: Vec<_> = outcome.coverage.skipped.iter().filter(|skipped| !skipped.expected).collect();
    for (title, lines) in [
        ("Not scanned", gaps.iter().map(|gap| format!("{}: {}", gap.path, gap.reason)).collect()),
        ("Notes", outcome.notes.clone()),
    ] {
        if !lines.is_empty() {
            writeln!(out, "<h2>{title}</h2>\n<ul>")?;
            for line in lines {
                writeln!(out, "<li>{}", escape(&line))?;
            }
            writeln!(out, "</ul>")?;
        }
    }
    writeln!(out, "</html>")
}

/// Writes a heading and a table.
pub(super) fn write_markdown(outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "### {TOOL}: {}\n", verdict(outcome))?;
    if !outcome.findings.is_empty() {
        writeln!(out, "| Severity | Place | What | Rule |\n|---|---|---|---|")?;
        for finding in outcome.findings.iter().take(ROWS) {
            let commit = commit(finding).map_or_else(String::new, |commit| format!(" in {commit}"));
            let place = format!("{}:{}", finding.path, finding.start.line);
            writeln!(
                out,
                "| {} | {}{commit} | {}: {} | {} |",
                finding.severity,
                code(&place),
                plain(&finding.rule_name),
                code(&finding.masked),
                code(&finding.rule_id),
            )?;
        }
        if outcome.findings.len() > ROWS {
            writeln!(out, "\n… and {} more.", outcome.findings.len() - ROWS)?;
        }
        writeln!(out)?;
    }
    for gap in outcome.coverage.skipped.iter().filter(|skipped| !skipped.expected).take(ROWS) {
        writeln!(out, "- not scanned: {}: {}", code(&gap.path), plain(&gap.reason))?;
    }
    Ok(())
}

/// The answer, of numbers only.
fn verdict(outcome: &Outcome) -> String {
    let counts = BySeverity::of(&outcome.findings).pairs().into_iter().filter(|(_, number)| *number > 0);
    let counts: Vec<String> = counts.map(|(severity, number)| format!("{number} {severity}")).collect();
    let found = if counts.is_empty() { "no credentials found".to_owned() } else { counts.join(", ") };
    if outcome.coverage.complete() { found } else { format!("incomplete; {found}") }
}

fn commit(finding: &Finding) -> Option<String> {
    finding.commit.as_ref().and_then(|commit| commit.short()).map(str::to_owned)
}

/// Markdown text in which nothing means anything.
fn plain(text: &str) -> String {
    let mut safe = String::new();
    for character in escape(text).chars() {
        if matches!(character, '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '!' | '~' | '@') {
            safe.push('\\');
        }
        safe.push(character);
    }
    safe
}

/// HTML code, in which Markdown means nothing but the bars of tables and its own signs.
fn code(text: &str) -> String {
    format!("<code>{}</code>", plain(text))
}

#[cfg(test)]
mod tests {
    use crate::finding::Outcome;
    use crate::report::{Format, sample};

    #[test]
    fn nothing_of_others_is_markup() {
        let mut outcome = sample::several_files();
        outcome.findings[0].path = "<script>alert(1)</script>|`x`[y](z)\"'".into();
        outcome.coverage.skipped.push(sample::skipped("<b>", "&\n", false));
        for format in [Format::Html, Format::Junit, Format::Markdown] {
            let text = sample::report(format, &outcome, &sample::options());
            assert!(!text.contains("<script") && !text.contains("<b>"), "{text}");
            assert!(text.contains("&lt;script&gt;"), "{text}");
        }
        let text = sample::report(Format::Markdown, &outcome, &sample::options());
        let row = text.lines().find(|line| line.contains("script")).unwrap();
        assert_eq!(row.replace("\\|", "").matches('|').count(), 5, "{row}");
    }

    #[test]
    fn pages_tell_the_verdict() {
        let html = |outcome: &Outcome| sample::report(Format::Html, outcome, &sample::options());
        assert!(html(&sample::clean()).contains("<h1>no credentials found</h1>"));
        assert!(html(&sample::incomplete()).contains("<h1>incomplete; no credentials found</h1>"));
        assert!(html(&sample::several_files()).contains("<h1>1 critical, 3 high</h1>"));
        let text = sample::report(Format::Markdown, &sample::one_finding(), &sample::options());
        assert!(text.starts_with("### portcullis: 1 high\n\n| Severity"), "{text}");
    }
}

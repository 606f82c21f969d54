//! The findings under their files, and what was dropped.

use std::fmt::Write as _;
use std::io;

use unicode_width::UnicodeWidthStr;

use super::style::{Style, pad, shorten};
use crate::finding::{CommitPlace, Dropped, Finding};
use crate::report::Options;
use crate::sanitize;

/// Spaces before what belongs to a finding.
const INDENT: usize = 6;
/// A rule's name shortened further says nothing that its id does not.
const SHORTEST_NAME: usize = 12;

/// One finding's line as plain text, by column.
struct Row {
    place: String,
    severity: &'static str,
    confidence: String,
    rule_id: String,
    rule_name: String,
    masked: String,
    decoded: String,
}

impl Row {
    fn new(finding: &Finding) -> Self {
        let mut decoded = String::new();
        for (index, encoding) in finding.decoded.iter().enumerate() {
            decoded.push_str(if index == 0 { "[decoded: " } else { ", " });
            _ = write!(decoded, "{encoding}");
        }
        if !decoded.is_empty() {
            decoded.push(']');
        }
        Self {
            place: format!("{}:{}", finding.start.line, finding.start.column),
            severity: finding.severity.as_str(),
            // In words, as two bare levels side by side would leave open which is which.
            confidence: format!("{} confidence", finding.confidence),
            rule_id: sanitize::text(&finding.rule_id).into_owned(),
            rule_name: sanitize::text(&finding.rule_name).into_owned(),
            masked: sanitize::text(&finding.masked).into_owned(),
            decoded,
        }
    }
}

/// Columns that the findings of one file share.
struct Widths {
    place: usize,
    severity: usize,
    confidence: usize,
    rule_id: usize,
    /// 0 when there is no room for names.
    rule_name: usize,
}

impl Widths {
    fn new(rows: &[Row], terminal: Option<usize>) -> Self {
        let widest = |column: fn(&Row) -> &str| rows.iter().map(|row| column(row).width()).max().unwrap_or(0);
        let mut widths = Self {
            place: widest(|row| &row.place),
            severity: widest(|row| row.severity),
            confidence: widest(|row| &row.confidence),
            rule_id: widest(|row| &row.rule_id),
            rule_name: widest(|row| &row.rule_name),
        };
        if let Some(terminal) = terminal {
            // The name gives way first: the id says the same, and the rest is needed whole.
            let tail = |row: &Row| {
                row.masked.width() + row.decoded.width() + 2 * usize::from(!row.decoded.is_empty())
            };
            let others = widths.place + widths.severity + widths.confidence + widths.rule_id;
            let tail = rows.iter().map(tail).max().unwrap_or(0);
            let room = terminal.saturating_sub(others + tail + 6 * 2);
            if room < widths.rule_name {
                widths.rule_name = if room < SHORTEST_NAME { 0 } else { room };
            }
        }
        widths
    }
}

/// Writes all findings; with `inline`, how to fix each below it.
pub(super) fn write(
    findings: &[Finding],
    inline: bool,
    options: &Options,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    for file in findings.chunk_by(|a, b| a.path == b.path) {
        write_heading(&file[0].path, style, out)?;
        let rows: Vec<Row> = file.iter().map(Row::new).collect();
        let widths = Widths::new(&rows, style.width);
        for (finding, row) in file.iter().zip(&rows) {
            write_row(finding, row, &widths, style, out)?;
            if let Some(place) = &finding.commit {
                write_commit(place, style, out)?;
            }
            if options.explain {
                style.write_wrapped(INDENT, &finding.why, out)?;
                for reason in &finding.reasons {
                    style.write_wrapped(INDENT, &format!("{}: {}", reason.filter, reason.text), out)?;
                }
            }
            if inline {
                style.write_wrapped(INDENT, &finding.remedy, out)?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// How many branches are named.
const BRANCHES: usize = 5;

/// Writes where in the history a finding was first, and where it stands.
fn write_commit(place: &CommitPlace, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut line = place.in_words();
    if let Some(standing) = &place.standing {
        _ = write!(line, "; {}", standing.in_words());
        for (at, branch) in standing.branches.iter().take(BRANCHES).enumerate() {
            _ = write!(line, "{}{branch}", if at == 0 { "; on " } else { ", " });
        }
        if standing.branches.len() > BRANCHES {
            _ = write!(line, " and {} more", standing.branches.len() - BRANCHES);
        }
    }
    style.write_wrapped(INDENT, &line, out)
}

fn write_heading(path: &str, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "{}", style.link(path, None, style.bold(&sanitize::text(path))))
}

fn write_row(
    finding: &Finding,
    row: &Row,
    widths: &Widths,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    // Places line up at the right, with the link on the text alone.
    let place = style.link(&finding.path, Some(finding.start.line), row.place.clone());
    write!(out, "  {:1$}{place}", "", widths.place - row.place.width())?;
    write!(out, "  {}", style.severity(finding.severity, &pad(row.severity, widths.severity)))?;
    write!(out, "  {}", pad(&row.confidence, widths.confidence))?;
    write!(out, "  {}", pad(&row.rule_id, widths.rule_id))?;
    if widths.rule_name > 0 {
        write!(out, "  {}", pad(&shorten(&row.rule_name, widths.rule_name), widths.rule_name))?;
    }
    write!(out, "  {}", row.masked)?;
    if !row.decoded.is_empty() {
        write!(out, "  {}", style.dim(&row.decoded))?;
    }
    writeln!(out)
}

/// Writes the candidates that were no findings, and which filter decided.
pub(super) fn write_dropped(dropped: &[Dropped], style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    if dropped.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", style.bold("dropped candidates"))?;
    for file in dropped.chunk_by(|a, b| a.path == b.path) {
        write!(out, "  ")?;
        write_heading(&file[0].path, style, out)?;
        for candidate in file {
            let place = format!("{}:{}", candidate.start.line, candidate.start.column);
            let place = style.link(&candidate.path, Some(candidate.start.line), place);
            let rule_id = sanitize::text(&candidate.rule_id);
            let filter = sanitize::text(candidate.reason.filter);
            writeln!(out, "    {place}  {rule_id}  {filter}: {}", sanitize::text(&candidate.reason.text))?;
        }
    }
    writeln!(out)
}

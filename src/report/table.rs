//! `csv`: a row for each finding, and for each gap in the coverage.
//!
//! Columns: `kind` (`finding` or `not-scanned`), then those of the JSON report. Quoted as RFC 4180 says. Spreadsheets take
//! a cell that begins with `=`, `+`, `-` or `@` for a formula, and paths are written by others: such cells begin with
//! an apostrophe.

use std::io;

use crate::finding::{Finding, Outcome};
use crate::sanitize;

const HEADER: &str = "kind,id,rule_id,rule_name,severity,confidence,path,start_line,start_column,end_line,end_column,\
                      commit,masked,remedy";

/// Writes the table.
pub(super) fn write(outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
    write!(out, "{HEADER}\r\n")?;
    for finding in &outcome.findings {
        let Finding {
            id, rule_id, rule_name, severity, confidence, path, start, end, masked, remedy, ..
        } = finding;
        let commit = finding.commit.as_ref().map_or("", |commit| &commit.id);
        let cells = [cell(id), cell(rule_id), cell(rule_name)];
        write!(out, "finding,{},{severity},{confidence},{}", cells.join(","), cell(path))?;
        write!(out, ",{},{},{},{}", start.line, start.column, end.line, end.column)?;
        write!(out, ",{},{},{}\r\n", cell(commit), cell(masked), cell(remedy))?;
    }
    for gap in outcome.coverage.skipped.iter().filter(|skipped| !skipped.expected) {
        write!(out, "not-scanned,,,,,,{},,,,,,,{}\r\n", cell(&gap.path), cell(&gap.reason))?;
    }
    Ok(())
}

fn cell(text: &str) -> String {
    let text = sanitize::text(text);
    let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    if guard.is_empty() && !text.contains(['"', ',', '\n', '\r']) {
        return text.into_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Format, sample};

    #[test]
    fn rows() {
        let text = sample::report(Format::Csv, &sample::one_finding(), &sample::options());
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines[0], HEADER);
        assert_eq!(
            lines[1],
            "finding,id-12,github-pat,GitHub personal access token (classic),high,high,config/prod.env,12,9,12,49,,\
             ghp_… (40 bytes),\"Delete the token in the account's developer settings, then issue a new one.\""
        );
        let text = sample::report(Format::Csv, &sample::incomplete(), &sample::options());
        assert!(text.ends_with("not-scanned,,,,,,private.pem,,,,,,,permission denied\r\n"), "{text}");
        assert!(text.lines().all(|line| line.split(',').count() >= HEADER.split(',').count()));
    }

    #[test]
    fn cells_are_no_formulas() {
        assert_eq!(cell("a b"), "a b");
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
        assert_eq!(cell("@x"), "\"'@x\"");
        assert_eq!(cell("a\nb"), "a\\nb");
    }
}

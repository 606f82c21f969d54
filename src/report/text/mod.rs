//! `text`: the report for people.
//!
//! Findings stand under the path of their file, one line each. How to fix them follows directly where there are few
//! and each has its own remedy; otherwise once for each remedy after the findings, the most urgent first, as
//! three hundred findings are mostly of three rules. The summary comes last: that is what a terminal shows.

mod closing;
mod findings;
mod style;

use std::collections::BTreeSet;
use std::io;

use self::style::Style;
use super::Options;
use crate::finding::Outcome;

/// Up to this many findings, remedies stand beside them.
const FEW: usize = 5;

/// Writes the report.
pub(super) fn write(outcome: &Outcome, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let style = Style::new(options);
    let remedies: BTreeSet<&str> = outcome.findings.iter().map(|finding| &*finding.remedy).collect();
    let inline = outcome.findings.len() <= FEW && remedies.len() == outcome.findings.len();
    findings::write(&outcome.findings, inline, options, &style, out)?;
    if options.explain {
        findings::write_dropped(&outcome.dropped, &style, out)?;
    }
    if !inline {
        closing::write_remedies(&outcome.findings, &style, out)?;
    }
    closing::write_summary(outcome, options, &style, out)
}

#[cfg(test)]
mod tests;

//! `junit`: the XML that CI systems show as test results. A finding is a failed test, a gap in the coverage an error; where
//! there is neither, one test has passed.

use std::io;

use super::TOOL;
use super::markup::escape;
use crate::finding::Outcome;

/// Writes the test suite.
pub(super) fn write(outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
    let gaps: Vec<_> = outcome.coverage.skipped.iter().filter(|skipped| !skipped.expected).collect();
    let (failures, errors) = (outcome.findings.len(), gaps.len());
    let tests = (failures + errors).max(1);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"{TOOL}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">\n\
         <testsuite name=\"{TOOL}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">"
    )?;
    for finding in &outcome.findings {
        let place = format!("{}:{}:{}", finding.path, finding.start.line, finding.start.column);
        writeln!(
            out,
            "<testcase classname=\"{}\" name=\"{} at {}\" file=\"{}\" line=\"{}\">\n\
             <failure type=\"{}\" message=\"{}: {}\">{}\n{} severity, {} confidence\n{}</failure>\n</testcase>",
            escape(&finding.path),
            escape(&finding.rule_id),
            escape(&place),
            escape(&finding.path),
            finding.start.line,
            escape(&finding.rule_id),
            escape(&finding.rule_name),
            escape(&finding.masked),
            escape(&place),
            finding.severity,
            finding.confidence,
            escape(&finding.remedy),
        )?;
    }
    for gap in &gaps {
        let (path, reason) = (escape(&gap.path), escape(&gap.reason));
        writeln!(
            out,
            "<testcase classname=\"{path}\" name=\"scan of {path}\">\n<error type=\"not-scanned\" message=\"{reason}\"/>\n</testcase>"
        )?;
    }
    if failures + errors == 0 {
        writeln!(out, "<testcase classname=\"{TOOL}\" name=\"no credentials\"/>")?;
    }
    writeln!(out, "</testsuite>\n</testsuites>")
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, sample};

    #[test]
    fn findings_fail_and_gaps_are_errors() {
        let text = sample::report(Format::Junit, &sample::one_finding(), &sample::options());
        assert!(text.contains("tests=\"1\" failures=\"1\" errors=\"0\""), "{text}");
        assert!(text.contains("name=\"github-pat at config/prod.env:12:9\""), "{text}");
        let text = sample::report(Format::Junit, &sample::incomplete(), &sample::options());
        assert!(text.contains("tests=\"1\" failures=\"0\" errors=\"1\""), "{text}");
        assert!(text.contains("<error type=\"not-scanned\" message=\"permission denied\"/>"), "{text}");
        let text = sample::report(Format::Junit, &sample::clean(), &sample::options());
        assert!(text.contains("name=\"no credentials\"/>") && text.contains("tests=\"1\" failures=\"0\""));
    }
}

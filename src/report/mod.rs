//! From an [`Outcome`] to text.
//!
//! A format is one file here, one value of [`Format`] and one line in [`write()`].
//!
//! | Format | Reader | Shape |
//! |---|---|---|
//! | `text` | people | findings by file, how to fix them, a closing summary |
//! | `json` | programs | one object: `version`, `tool`, `findings`, `coverage`, `summary` |
//! | `jsonl` | programs that stream | one object per line: each finding, then the summary |
//! | `sarif` | code hosts and editors | SARIF 2.1.0 |
//! | `csv` | spreadsheets | a row for each finding |
//! | `junit` | CI systems | a failed test for each finding |
//! | `github`, `azure` | logs of GitHub Actions and Azure Pipelines | an annotation for each finding |
//! | `gitlab` | merge requests of GitLab | a Code Quality report |
//! | `html`, `markdown` | people, in a browser or a job's summary | a table |
//!
//! Lines and columns count from 1. Columns count bytes, the end column is exclusive (one past the last byte); SARIF
//! knows no columns in bytes, so there they count UTF-16 code units.
//!
//! All but `text` depend on nothing but the outcome, `explain` and `version`: no time, no duration, no path of
//! the machine. The same outcome gives the same bytes. No format holds a secret, as a finding holds none.

mod annotation;
mod counts;
mod gitlab;
mod json;
mod junit;
mod markup;
#[cfg(test)]
mod sample;
mod sarif;
mod table;
mod text;
mod uri;
pub mod verdict;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use crate::finding::Outcome;

pub(crate) use self::json::write_line as write_json;

/// The name of the tool in reports.
const TOOL: &str = "portcullis";

/// What a report looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// One JSON object per line: each finding, then a summary.
    Jsonl,
    /// SARIF 2.1.0, for code hosts and editors.
    Sarif,
    /// A table for spreadsheets.
    Csv,
    /// Test results as XML: a finding is a failed test.
    Junit,
    /// Annotations in the log of GitHub Actions.
    Github,
    /// A Code Quality report of GitLab.
    Gitlab,
    /// Annotations in the log of Azure Pipelines.
    Azure,
    /// A page for a browser.
    Html,
    /// A table for the summary of a job.
    Markdown,
}

/// How to write a report.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Say how each judgement came about: reasons, and the candidates that were dropped.
    pub explain: bool,
    /// The version of the tool.
    pub version: String,
    /// Text only: colours and other styles.
    pub colour: bool,
    /// Text only: the absolute path of the scan root, when paths shall be links that a terminal can open; `None`
    /// for no links.
    pub hyperlinks: Option<PathBuf>,
    /// Text only: the columns of the terminal; `None` when the output is no terminal, and nothing is shortened.
    pub width: Option<usize>,
    /// Text only: how long the run took.
    pub elapsed: Option<Duration>,
}

/// Writes the report and flushes it.
///
/// # Errors
///
/// Those of `out`, as they come: a closed pipe is [`io::ErrorKind::BrokenPipe`], for the caller to judge.
pub fn write(
    format: Format,
    outcome: &Outcome,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    // Reports come in many small pieces, and standard output would write each line on its own.
    let mut out = io::BufWriter::new(out);
    let result = match format {
        Format::Text => text::write(outcome, options, &mut out),
        Format::Json => json::write(outcome, options, &mut out),
        Format::Jsonl => json::write_lines(outcome, options, &mut out),
        Format::Sarif => sarif::write(outcome, options, &mut out),
        Format::Csv => table::write(outcome, &mut out),
        Format::Junit => junit::write(outcome, &mut out),
        Format::Github => annotation::write_github(outcome, &mut out),
        Format::Gitlab => gitlab::write(outcome, &mut out),
        Format::Azure => annotation::write_azure(outcome, &mut out),
        Format::Html => markup::write_html(outcome, options, &mut out),
        Format::Markdown => markup::write_markdown(outcome, &mut out),
    };
    let result = result.and_then(|()| out.flush());
    if result.is_err() {
        // What is still buffered has nowhere to go; dropping the buffer would try once more.
        let _ = out.into_parts();
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes `room` bytes, then fails as a closed pipe does.
    struct Pipe {
        room: usize,
    }

    impl io::Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::Error::new(io::ErrorKind::BrokenPipe, "closed by the reader"));
            }
            let taken = bytes.len().min(self.room);
            self.room -= taken;
            Ok(taken)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn errors_of_the_writer_come_through_untouched() {
        let few = sample::several_files();
        let mut many = sample::several_files();
        many.findings = std::iter::repeat_n(sample::finding("a.env", 1, 1), 1_000).collect();
        for format in Format::value_variants() {
            for (outcome, room) in [(&few, 0), (&few, 10), (&many, 10_000)] {
                let error = write(*format, outcome, &sample::options(), &mut Pipe { room }).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::BrokenPipe, "{format:?} {room}");
                assert_eq!(error.to_string(), "closed by the reader", "{format:?} {room}");
            }
        }
    }

    #[test]
    fn only_text_depends_on_the_terminal_and_the_clock() {
        let plain = sample::options();
        let terminal = Options {
            colour: true,
            hyperlinks: Some(PathBuf::from("/machine/path")),
            width: Some(40),
            elapsed: Some(Duration::from_secs(3)),
            ..sample::options()
        };
        let outcome = sample::several_files();
        for format in Format::value_variants() {
            let same =
                sample::report(*format, &outcome, &plain) == sample::report(*format, &outcome, &terminal);
            assert_eq!(same, *format != Format::Text, "{format:?}");
        }
    }

    #[test]
    fn formats_have_the_names_of_the_command_line() {
        for (name, format) in [
            ("text", Format::Text),
            ("json", Format::Json),
            ("jsonl", Format::Jsonl),
            ("sarif", Format::Sarif),
            ("csv", Format::Csv),
            ("junit", Format::Junit),
            ("github", Format::Github),
            ("gitlab", Format::Gitlab),
            ("azure", Format::Azure),
            ("html", Format::Html),
            ("markdown", Format::Markdown),
        ] {
            assert_eq!(Format::from_str(name, false), Ok(format));
        }
    }

    #[test]
    fn an_empty_outcome_has_every_form() {
        for format in Format::value_variants() {
            assert!(sample::report(*format, &Outcome::default(), &sample::options()).ends_with('\n'));
        }
    }
}

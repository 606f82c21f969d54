//! `gate scan`.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::blob::Blob;
use crate::config::{self, PathGlobs, Places, Settings};
use crate::exit::ExitStatus;
use crate::finding::{Confidence, Coverage, Outcome, Skipped};
use crate::report::{self, Format};
use crate::rules;
use crate::scan::filter::allow::AllowList;
use crate::scan::{Scanner, Tally, Worker};
use crate::source::{self, Progress, Request, Sink};

use super::args::{Colour, Scan};
use super::progress::ProgressLine;

/// Scans, reports, and says how it ended.
///
/// # Errors
/// Bad arguments or settings, before anything is scanned; an output that cannot be written.
pub(super) fn run(arguments: &Scan) -> Result<ExitStatus> {
    let started = Instant::now();
    let places = places(arguments.config.as_deref(), arguments.paths.first().map(PathBuf::as_path));
    let mut settings = config::load(&places)?;
    let confidence = arguments.confidence.map_or(settings.confidence, Confidence::from);
    let prefix = config::path_prefix(places.project.as_deref(), &arguments.paths);
    let (scanner, exclude) = prepare(arguments, &mut settings, &prefix)?;
    // an output that cannot be written is found out before the work, not after
    let mut output = Output::open(arguments.output.as_deref())?;
    let (sinks, mut coverage) = if arguments.stdin {
        let mut sink = Scanning::new(&scanner);
        let coverage = source::scan_stdin(&arguments.path, io::stdin().lock(), &mut sink);
        (vec![sink], coverage)
    } else {
        let progress = Arc::new(Progress::default());
        let line = (!arguments.no_progress).then(|| ProgressLine::start(progress.clone())).flatten();
        let request = Request {
            roots: arguments.paths.clone(),
            no_ignore: arguments.no_ignore,
            exclude,
            prefix,
            max_file_size: arguments.max_file_size.or(settings.max_file_size),
            threads: arguments.threads,
            progress: line.is_some().then_some(progress),
        };
        let scanned = source::scan_tree(&request, || Scanning::new(&scanner))?;
        drop(line);
        scanned
    };
    let mut tallies = Vec::new();
    for sink in sinks {
        coverage.skipped.extend(sink.failed);
        tallies.push(sink.worker.into_tally());
    }
    coverage.skipped.sort();
    coverage.skipped.dedup();
    let mut outcome = gather(tallies, coverage, confidence);
    outcome.notes.extend(scanner.unused_allow_entries());
    let options = report::Options {
        explain: arguments.explain,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        colour: output.colour(arguments),
        hyperlinks: output.links(arguments),
        width: output.width(),
        elapsed: Some(started.elapsed()),
    };
    report::write(arguments.format, &outcome, &options, output.writer())
        .context("cannot write the report")?;
    Ok(status(&outcome, arguments.exit_zero))
}

/// Where the settings of all layers are for a scan of `root`.
pub(super) fn places(named: Option<&Path>, root: Option<&Path>) -> Places {
    let root = root.unwrap_or(Path::new("."));
    Places::find(root, named.map(Path::to_owned), |name| std::env::var_os(name))
}

/// The scanner and the excludes that arguments and settings ask for.
fn prepare(arguments: &Scan, settings: &mut Settings, prefix: &str) -> Result<(Scanner, PathGlobs)> {
    let own = rules::load::load(&settings.rules)?;
    settings.check_rule_ids(rules::builtin().iter().map(|rule| rule.id))?;
    let patterns = settings.exclude.patterns().iter().cloned().chain(arguments.exclude.iter().cloned());
    let exclude = PathGlobs::new(patterns).map_err(|problems| {
        let problems: Vec<String> = problems.into_iter().map(|(_, problem)| problem).collect();
        anyhow::anyhow!("--exclude: {}", problems.join("; "))
    })?;
    let today = config::today();
    let disabled = std::mem::take(&mut settings.disable).into_iter().map(|rule| rule.value).collect();
    let allow = AllowList::new(std::mem::take(&mut settings.allow), today, prefix);
    Ok((Scanner::new(own, disabled, allow, today).explaining(arguments.explain), exclude))
}

/// A worker as the source of files sees it.
struct Scanning<'s> {
    worker: Worker<'s>,
    failed: Vec<Skipped>,
}

impl<'s> Scanning<'s> {
    fn new(scanner: &'s Scanner) -> Self {
        Self { worker: scanner.worker(), failed: Vec::new() }
    }
}

impl Sink for Scanning<'_> {
    fn blob(&mut self, blob: &Blob<'_>) {
        let marked = blob.bytes.starts_with(b"\xff\xfe") || blob.bytes.starts_with(b"\xfe\xff");
        if marked && blob.window.offset == 0 && blob.window.keep.1 < blob.bytes.len() {
            let reason = "large UTF-16 text is read in part only: convert it to UTF-8".to_owned();
            self.failed.push(Skipped { path: blob.path.to_owned(), reason, expected: false });
        }
        // a mistake of ours in one file must cost no other file its scan, and must not pass for a clean one
        let scan = std::panic::AssertUnwindSafe(|| self.worker.scan(blob));
        if std::panic::catch_unwind(scan).is_err() {
            let reason = "internal error while scanning it".to_owned();
            self.failed.push(Skipped { path: blob.path.to_owned(), reason, expected: false });
        }
    }
}

/// What all workers found, in the order of reports.
fn gather(tallies: Vec<Tally>, coverage: Coverage, threshold: Confidence) -> Outcome {
    let mut outcome = Outcome { coverage, ..Outcome::default() };
    for tally in tallies {
        outcome.findings.extend(tally.findings);
        outcome.dropped.extend(tally.dropped);
        outcome.notes.extend(tally.notes);
        outcome.allowed += tally.allowed;
    }
    let all = outcome.findings.len();
    outcome.findings.retain(|finding| finding.confidence >= threshold);
    outcome.below_threshold = (all - outcome.findings.len()) as u64;
    outcome.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()).then_with(|| a.id.cmp(&b.id)));
    outcome.dropped.sort_by(|a, b| {
        (&a.path, a.offset, &a.rule_id, &a.reason.text).cmp(&(&b.path, b.offset, &b.rule_id, &b.reason.text))
    });
    outcome.notes.sort();
    outcome.notes.dedup();
    outcome
}

fn status(outcome: &Outcome, exit_zero: bool) -> ExitStatus {
    match () {
        () if !outcome.coverage.complete() => ExitStatus::Incomplete,
        () if exit_zero || outcome.findings.is_empty() => ExitStatus::Clean,
        () => ExitStatus::Findings,
    }
}

/// Where the report goes.
enum Output {
    Stdout(io::Stdout),
    File(File),
}

impl Output {
    fn open(path: Option<&Path>) -> Result<Self> {
        match path {
            None => Ok(Self::Stdout(io::stdout())),
            Some(path) if path.is_dir() => bail!("{}: is a folder: name a file for --output", path.display()),
            Some(path) => {
                let file =
                    File::create(path).with_context(|| format!("{}: cannot be written", path.display()))?;
                Ok(Self::File(file))
            }
        }
    }

    fn is_terminal(&self) -> bool {
        matches!(self, Self::Stdout(stdout) if stdout.is_terminal())
    }

    fn colour(&self, arguments: &Scan) -> bool {
        match arguments.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => {
                self.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        }
    }

    /// The folder that links begin at: only on a terminal, and only when one folder is scanned.
    fn links(&self, arguments: &Scan) -> Option<PathBuf> {
        let [root] = arguments.paths.as_slice() else { return None };
        (self.is_terminal() && !arguments.stdin && arguments.format == Format::Text && root.is_dir())
            .then(|| std::path::absolute(root).ok())
            .flatten()
    }

    fn width(&self) -> Option<usize> {
        self.is_terminal().then(console_width).flatten()
    }

    fn writer(&mut self) -> &mut dyn io::Write {
        match self {
            Self::Stdout(stdout) => stdout,
            Self::File(file) => file,
        }
    }
}

fn console_width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

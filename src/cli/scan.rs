//! `gate scan`.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::baseline::Baseline;
use crate::blob::{Blob, Window};
use crate::config::{self, Date, PathGlobs, Places, Settings};
use crate::exit::ExitStatus;
use crate::finding::{Confidence, Coverage, Finding, Outcome, Skipped};
use crate::git::{self, Repository};
use crate::report::{self, Format};
use crate::rules;
use crate::scan::filter::allow::AllowList;
use crate::scan::{LeftOut, Scanner, Tally, Worker, reach};
use crate::source::history::{Caching, Examiner, HistoryRequest, scan_history};
use crate::source::{self, Progress, Request, Sink, changes, staged};
use crate::span::Span;
use crate::stable_id::IdKey;

use super::args::{Colour, Scan};
use super::baseline;
use super::cache;
use super::changes::{Comparing, Hunks};
use super::history::{self, Past};
use super::progress::ProgressLine;

/// Scans, reports, and says how it ended.
///
/// # Errors
/// Bad arguments or settings, before anything is scanned; an output that cannot be written.
pub(super) fn run(arguments: &Scan) -> Result<ExitStatus> {
    let started = Instant::now();
    let input = Input::of(arguments)?;
    let job = Job::new(arguments, &input)?;
    let format = arguments.format.unwrap_or(if arguments.ci { super::ci::format() } else { Format::Text });
    // an output that cannot be written is found out before the work, not after
    let mut output = Output::open(arguments.output.as_deref())?;
    let outcome = job.run(arguments, input)?;
    let options = report::Options {
        explain: arguments.explain,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        colour: output.colour(arguments),
        hyperlinks: output.links(arguments),
        width: output.width(),
        elapsed: Some(started.elapsed()),
    };
    report::write(format, &outcome, &options, output.writer()).context("cannot write the report")?;
    if arguments.ci {
        super::ci::write_summary(&outcome, &options)?;
    }
    Ok(status(&outcome, arguments.exit_zero))
}

/// What is scanned.
pub(super) enum Input {
    /// Files and folders.
    Tree,
    /// One text.
    Stdin,
    /// What the next commit changes.
    Staged(Box<Repository>),
    /// The new side of a diff.
    Diff,
    /// The past of a repository, or what commits bring.
    History(Box<Past>),
}

impl Input {
    pub(super) fn of(arguments: &Scan) -> Result<Self> {
        Ok(if arguments.stdin {
            Self::Stdin
        } else if arguments.staged {
            Self::Staged(Box::new(repository(&arguments.paths)?))
        } else if let Some(range) = &arguments.history {
            Self::History(Box::new(history::find(range, &arguments.paths)?))
        } else if arguments.diff.is_some() {
            Self::Diff
        } else if arguments.ci {
            super::ci::input(&arguments.paths)?
        } else {
            Self::Tree
        })
    }

    /// The folder that names are relative to, and that has the project's settings.
    fn root(&self, arguments: &Scan) -> PathBuf {
        let folder = match self {
            Self::Staged(repository) => repository.work_tree().map(Path::to_owned),
            Self::History(past) => Some(past.root()),
            Self::Tree | Self::Stdin | Self::Diff => arguments.paths.first().cloned(),
        };
        folder.unwrap_or_else(|| PathBuf::from("."))
    }
}

/// Where commits of CI are scanned, the baseline at its usual place counts.
fn usual_baseline(arguments: &Scan, input: &Input) -> Option<PathBuf> {
    let Input::History(past) = input else { return None };
    let path = past.repository().work_tree()?.join(crate::baseline::FILE_NAME);
    (arguments.ci && path.exists()).then_some(path)
}

/// The repository of the folder named, or of the current one.
pub(super) fn repository(paths: &[PathBuf]) -> Result<Repository> {
    let folder = match paths {
        [] => Path::new("."),
        [folder] => folder,
        _ => bail!("name one folder, that of the repository: what is scanned is what the repository holds"),
    };
    let environment = git::Environment::from(|name| std::env::var_os(name));
    Ok(Repository::discover(folder, &environment)?)
}

/// All that settings and arguments ask for.
pub(super) struct Job {
    scanner: Scanner,
    exclude: PathGlobs,
    prefix: String,
    confidence: Confidence,
    max_file_size: Option<u64>,
    today: Date,
    baseline: Option<(PathBuf, Baseline)>,
    /// Why stored credentials cannot be looked for.
    trouble: Option<Skipped>,
}

impl Job {
    pub(super) fn new(arguments: &Scan, input: &Input) -> Result<Self> {
        let root = input.root(arguments);
        let places = places(arguments.config.as_deref(), Some(&root));
        let mut settings = config::load(&places)?;
        let confidence = arguments.confidence.map_or(settings.confidence, Confidence::from);
        let roots = match input {
            Input::Tree if !arguments.paths.is_empty() => &arguments.paths,
            _ => &vec![root],
        };
        let prefix = config::path_prefix(places.project.as_deref(), roots);
        let (stored, trouble) = super::fingerprint::stored();
        let mut max_file_size = settings.max_file_size;
        let mut left_out = LeftOut::default();
        if !stored.is_empty() {
            // what the project leaves out is searched for stored credentials all the same
            let project = std::mem::take(&mut settings.project);
            (settings.exclude, max_file_size) = (project.others_exclude, project.others_max_file_size);
            let (exclude, max_file_size) = (project.exclude, project.max_file_size);
            // a size given with the command replaces all others
            let max_file_size = max_file_size.filter(|_| arguments.max_file_size.is_none());
            left_out = LeftOut { exclude, prefix: prefix.clone(), max_file_size };
        }
        let (scanner, exclude) = prepare(arguments, &mut settings, &prefix)?;
        let scanner = scanner.with_stored(stored).leaving_out(left_out);
        let path = arguments.baseline.clone().or_else(|| usual_baseline(arguments, input));
        let baseline = path.as_deref().map(baseline::read).transpose()?;
        Ok(Self {
            scanner: match &baseline {
                Some(baseline) => scanner.with_ids(baseline.key()),
                None => scanner,
            },
            exclude,
            prefix,
            confidence,
            max_file_size: arguments.max_file_size.or(max_file_size),
            today: config::today(),
            baseline: path.zip(baseline),
            trouble,
        })
    }

    /// The same job, with ids under another key.
    pub(super) fn with_ids(self, key: IdKey) -> Self {
        Self { scanner: self.scanner.with_ids(key), ..self }
    }

    /// The same job, with what is known beforehand.
    pub(super) fn with_baseline(self, path: PathBuf, baseline: Baseline) -> Self {
        Self { baseline: Some((path, baseline.clone())), ..self.with_ids(baseline.key()) }
    }

    /// The day of the run.
    pub(super) fn today(&self) -> Date {
        self.today
    }

    /// Scans, and takes out what is known.
    pub(super) fn run(&self, arguments: &Scan, input: Input) -> Result<Outcome> {
        let whole = matches!(input, Input::Tree);
        let mut outcome = self.scan(arguments, input)?;
        if let Some((path, baseline)) = &self.baseline {
            let applied = baseline.apply(&mut outcome.findings, self.today);
            outcome.known += applied.known;
            outcome.notes.extend(baseline::notes(path, &applied, whole && outcome.coverage.complete()));
        }
        Ok(outcome)
    }

    fn scan(&self, arguments: &Scan, input: Input) -> Result<Outcome> {
        let compare = || Comparing::new(Scanning::new(&self.scanner), self.confidence, arguments.all_staged);
        let progress = Arc::new(Progress::default());
        let watched = !arguments.no_progress && !matches!(input, Input::Stdin | Input::Diff);
        let line = watched.then(|| ProgressLine::start(progress.clone())).flatten();
        let progress = line.is_some().then_some(progress);
        let whole = matches!(input, Input::Tree)
            && arguments.paths.is_empty()
            && arguments.exclude.is_empty()
            && self.prefix.is_empty();
        let mut notes = Vec::new();
        let (scanned, mut coverage): (Vec<Scanned>, Coverage) = match input {
            Input::Stdin => {
                let mut sink = Scanning::new(&self.scanner);
                let coverage = source::scan_stdin(
                    arguments.path.as_deref().unwrap_or("stdin"),
                    io::stdin().lock(),
                    &mut sink,
                );
                (vec![sink.take()], coverage)
            }
            Input::Diff => {
                let mut sink = Hunks::new(Scanning::new(&self.scanner));
                let coverage = self.diff(arguments.diff.as_deref().unwrap_or(Path::new("-")), &mut sink)?;
                (vec![sink.into_scanned()], coverage)
            }
            Input::Staged(repository) => {
                let request = self.changes(arguments, progress);
                let (sinks, coverage) = staged::scan_staged(&repository, &request, compare)?;
                if coverage.files == 0 && coverage.skipped.is_empty() {
                    notes.push("nothing is staged: the index has what the last commit has".to_owned());
                }
                (sinks.into_iter().map(Comparing::into_scanned).collect(), coverage)
            }
            Input::History(past) => {
                let extent = past.extent(arguments.reachable)?;
                // a hook looks at little, and should leave no trace
                let caches =
                    !arguments.no_cache && !arguments.explain && (arguments.ci || !past.is_arriving());
                let caches = caches && self.scanner.is_cacheable();
                let cache = caches.then(|| cache::of(past.repository(), &mut notes)).flatten();
                let program = cache.as_ref().and_then(|_| cache::program());
                let request = HistoryRequest {
                    repository: past.repository(),
                    extent,
                    standing: !past.is_arriving(),
                    confidence: self.confidence,
                    exclude: self.exclude.clone(),
                    prefix: self.prefix.clone(),
                    max_file_size: self.max_file_size,
                    whole_blobs: arguments.whole_blobs,
                    threads: threads(arguments),
                    cache: cache
                        .as_ref()
                        .zip(program)
                        .map(|(cache, program)| Caching { cache, key: self.scanner.cache_key(&program) }),
                    progress,
                };
                let history = scan_history(&request, || Scanning::new(&self.scanner))?;
                if history.commits == 0 && history.coverage.files == 0 && history.coverage.complete() {
                    notes.push(past.emptiness(extent).to_owned());
                }
                notes.extend(history.notes);
                let mut scanned: Vec<_> = history.examiners.into_iter().map(|mut sink| sink.take()).collect();
                let tally = Tally { findings: history.findings, ..Tally::default() };
                scanned.push(Scanned { tally, known: history.known, ..Scanned::default() });
                (scanned, history.coverage)
            }
            Input::Tree => {
                let paths = &arguments.paths;
                let request = Request {
                    roots: if paths.is_empty() { vec![PathBuf::from(".")] } else { paths.clone() },
                    no_ignore: arguments.no_ignore,
                    exclude: self.exclude.clone(),
                    prefix: self.prefix.clone(),
                    max_file_size: self.max_file_size,
                    threads: threads(arguments),
                    progress,
                };
                let (sinks, coverage) = source::scan_tree(&request, || Scanning::new(&self.scanner))?;
                (sinks.into_iter().map(|mut sink| sink.take()).collect(), coverage)
            }
        };
        drop(line);
        coverage.skipped.extend(self.trouble.clone());
        coverage.skipped.extend(self.scanner.trouble().map(super::fingerprint::hole));
        let mut outcome = gather(scanned, coverage, self.confidence);
        outcome.notes.extend(notes);
        outcome.notes.extend(self.scanner.unused_allow_entries(whole));
        Ok(outcome)
    }

    fn changes(&self, arguments: &Scan, progress: Option<Arc<Progress>>) -> changes::Request {
        changes::Request {
            exclude: self.exclude.clone(),
            max_file_size: self.max_file_size,
            threads: threads(arguments),
            progress,
        }
    }

    fn diff(&self, path: &Path, sink: &mut Hunks<'_>) -> Result<Coverage> {
        if path == Path::new("-") {
            return Ok(source::diff::scan_diff(io::stdin().lock(), "stdin", &self.exclude, sink));
        }
        let file = File::open(path).with_context(|| format!("{}: cannot be read", path.display()))?;
        Ok(source::diff::scan_diff(file, &path.to_string_lossy(), &self.exclude, sink))
    }
}

/// Threads beyond a few for each processor only get into each other's way; the report is the same.
fn threads(arguments: &Scan) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    arguments.threads.map_or(0, NonZeroUsize::get).min(4 * processors.max(16))
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

/// What one worker found, and what it could not look at.
#[derive(Default)]
pub(super) struct Scanned {
    pub(super) tally: Tally,
    pub(super) failed: Vec<Skipped>,
    /// Findings that were there before.
    pub(super) known: u64,
}

/// A worker as the source of files sees it.
pub(super) struct Scanning<'s> {
    scanner: &'s Scanner,
    worker: Worker<'s>,
    failed: Vec<Skipped>,
}

impl<'s> Scanning<'s> {
    pub(super) fn new(scanner: &'s Scanner) -> Self {
        Self { scanner, worker: scanner.worker(), failed: Vec::new() }
    }

    /// What was found since this was last asked.
    pub(super) fn take(&mut self) -> Scanned {
        Scanned { tally: self.worker.take(), failed: std::mem::take(&mut self.failed), known: 0 }
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

impl Examiner for Scanning<'_> {
    fn whole(&mut self, text: &[u8], path: &str, far: &mut Vec<Span>) -> Vec<Finding> {
        let blob = Blob::new(text, path);
        let scan = std::panic::AssertUnwindSafe(|| self.worker.scan_noting(&blob, far));
        if std::panic::catch_unwind(scan).is_err() {
            let reason = "internal error while scanning it".to_owned();
            self.failed.push(Skipped { path: path.to_owned(), reason, expected: false });
        }
        self.worker.take_findings()
    }

    fn may_hold(&mut self, text: &[u8], path: &str, binary: bool, within: Span, far: &mut Vec<Span>) -> bool {
        let blob =
            Blob { window: Window { binary: Some(binary), ..Window::whole() }, ..Blob::new(text, path) };
        let look = std::panic::AssertUnwindSafe(|| self.worker.may_hold(&blob, within, far));
        // looking at the whole text will tell what is wrong
        std::panic::catch_unwind(look).unwrap_or(true)
    }

    fn take(&mut self) -> Vec<Finding> {
        self.worker.take_findings()
    }

    fn judges_alike(&self, one: &str, other: &str) -> bool {
        self.scanner.judges_alike(one, other)
    }

    fn kind_of(path: &str) -> u8 {
        Scanner::kind_of(path)
    }

    fn marks(&self) -> u64 {
        self.worker.marks() + self.failed.len() as u64
    }

    fn reach(&self) -> (usize, usize) {
        (self.scanner.reach_ahead(), reach::BEHIND)
    }
}

/// What all workers found, in the order of reports.
fn gather(scanned: Vec<Scanned>, coverage: Coverage, threshold: Confidence) -> Outcome {
    let mut outcome = Outcome { coverage, ..Outcome::default() };
    for Scanned { tally, failed, known } in scanned {
        outcome.findings.extend(tally.findings);
        outcome.dropped.extend(tally.dropped);
        outcome.notes.extend(tally.notes);
        outcome.coverage.skipped.extend(tally.left_out);
        outcome.allowed += tally.allowed;
        outcome.known += known;
        outcome.coverage.skipped.extend(failed);
    }
    outcome.coverage.skipped.sort();
    outcome.coverage.skipped.dedup();
    let all = outcome.findings.len();
    outcome.findings.retain(|finding| finding.confidence >= threshold);
    outcome.below_threshold = (all - outcome.findings.len()) as u64;
    // what stood at one place over time, in the order of time
    fn commit(finding: &Finding) -> Option<(&str, &str, &str)> {
        finding.commit.as_ref().map(|place| (&*place.date, &*place.id, &*place.object))
    }
    outcome.findings.sort_by(|a, b| {
        let keys = a.sort_key().cmp(&b.sort_key());
        keys.then_with(|| commit(a).cmp(&commit(b))).then_with(|| a.id.cmp(&b.id))
    });
    outcome.dropped.sort_by(|a, b| {
        (&a.path, a.offset, &a.rule_id, &a.reason.text).cmp(&(&b.path, b.offset, &b.rule_id, &b.reason.text))
    });
    outcome.notes.sort();
    outcome.notes.dedup();
    outcome
}

pub(super) fn status(outcome: &Outcome, exit_zero: bool) -> ExitStatus {
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
        let root = match arguments.paths.as_slice() {
            [] => Path::new("."),
            [root] => root,
            _ => return None,
        };
        let is_tree = !arguments.stdin && !arguments.staged && !arguments.ci && arguments.diff.is_none();
        (self.is_terminal()
            && is_tree
            && arguments.format.is_none_or(|format| format == Format::Text)
            && root.is_dir())
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

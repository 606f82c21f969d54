//! `gate baseline`, and baselines of `gate scan`.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};

use crate::baseline::{Added, Applied, Baseline, FILE_LIMIT, FILE_NAME};
use crate::config::{Date, parse_date};
use crate::exit::ExitStatus;
use crate::git::{Environment, Repository};
use crate::sanitize;

use super::args::{self, BaselineCommand, BaselineScan, Scan};
use super::scan::{Input, Job};

/// Writes or shortens a baseline.
///
/// # Errors
/// Bad arguments or settings, a damaged baseline, a scan that is not complete, a file that cannot be written.
pub(super) fn run(arguments: &args::Baseline) -> Result<ExitStatus> {
    let (scan, create) = match &arguments.command {
        BaselineCommand::Create { scan, .. } => (scan, true),
        BaselineCommand::Prune { scan } => (scan, false),
    };
    let path = scan.file();
    let mut baseline = match read(&path) {
        Ok(baseline) => baseline,
        Err(_) if create && !exists(&path) => new(&path),
        Err(error) => return Err(error),
    };
    let arguments_of_scan = scan.arguments();
    let input = Input::of(&arguments_of_scan)?;
    let job = Job::new(&arguments_of_scan, &input)?.with_ids(baseline.key());
    let today = job.today();
    let mut outcome = job.run(&arguments_of_scan, input)?;
    if !outcome.coverage.complete() {
        let gap = outcome.coverage.skipped.iter().find(|skipped| !skipped.expected);
        let gap = gap.map_or_else(String::new, |gap| format!(", such as {}: {}", gap.path, gap.reason));
        bail!("not everything could be scanned{gap}; nothing was written");
    }
    let said = match &arguments.command {
        BaselineCommand::Create { reason, until, .. } => {
            let until = until.as_deref().map(|text| last_day(text, today)).transpose()?;
            let Added { new, renewed, kept } =
                baseline.add(&outcome.findings, reason.as_deref(), until, today);
            let mut said = format!("{new} added, ");
            if renewed > 0 {
                _ = write!(said, "{renewed} renewed, ");
            }
            _ = write!(said, "{} in all", baseline.len());
            if kept > 0 && (reason.is_some() || until.is_some()) {
                _ = write!(said, "; {kept} in force already and left unchanged");
            }
            said
        }
        BaselineCommand::Prune { .. } => {
            let stale = baseline.apply(&mut outcome.findings, today).stale;
            baseline.remove(&stale);
            format!("{} taken out, {} left", stale.len(), baseline.len())
        }
    };
    write(&path, &baseline.text()).with_context(|| format!("{}: cannot be written", path.display()))?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}: {said}", sanitize::text(&path.to_string_lossy()))?;
    out.flush()?;
    Ok(ExitStatus::Clean)
}

impl BaselineScan {
    /// The file: the one named, or the usual one of the folder that is scanned.
    fn file(&self) -> PathBuf {
        match (&self.baseline, self.paths.as_slice()) {
            (Some(named), _) => named.clone(),
            (None, [folder]) if folder.is_dir() => folder.join(FILE_NAME),
            _ => PathBuf::from(FILE_NAME),
        }
    }

    fn arguments(&self) -> Scan {
        Scan {
            paths: self.paths.clone(),
            confidence: self.confidence,
            exclude: self.exclude.clone(),
            config: self.config.clone(),
            ..Scan::default()
        }
    }
}

/// An empty baseline for this place.
fn new(path: &Path) -> Baseline {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let environment = Environment::from(|name| std::env::var_os(name));
    let first =
        Repository::discover(folder, &environment).ok().and_then(|repository| repository.first_commit());
    first.map_or_else(Baseline::new, |first| Baseline::of_repository(first.bytes()))
}

/// The last day of new entries.
fn last_day(text: &str, today: Date) -> Result<Date> {
    let day =
        parse_date(text).ok_or_else(|| anyhow!("--until must be a day that exists, such as 2027-01-31"))?;
    if day < today {
        bail!("--until {day} is over, so the entries would not apply: name {today} or a later day");
    }
    Ok(day)
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Reads a baseline.
///
/// # Errors
/// It cannot be read, or is damaged: then with the line.
pub(super) fn read(path: &Path) -> Result<Baseline> {
    let cannot = || format!("{}: the baseline cannot be read", path.display());
    // asked first: a FIFO would never answer
    if !path.metadata().with_context(cannot)?.is_file() {
        bail!("{}: it is not a regular file", cannot());
    }
    let mut text = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FILE_LIMIT + 1).read_to_end(&mut text))
        .with_context(cannot)?;
    if text.len() as u64 > FILE_LIMIT {
        bail!("{}: it is larger than {FILE_LIMIT} bytes", cannot());
    }
    parse(&text, path)
}

/// Reads the text of a baseline that is at `path`, or is to be there.
///
/// # Errors
/// It is damaged: with the line.
pub(super) fn parse(text: &[u8], path: &Path) -> Result<Baseline> {
    Baseline::parse(text).map_err(|damaged| anyhow!("{}:{damaged}", path.display()))
}

/// Writes beside the file and then over it, so that no reader meets a half of it.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let written = File::create_new(&beside)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// What the user should know of a baseline after a run. Entries that met nothing are stale only where everything was
/// scanned.
pub(super) fn notes(path: &Path, applied: &Applied, whole: bool) -> Vec<String> {
    let (path, entries) = (path.display(), |count| if count == 1 { "entry" } else { "entries" });
    let mut notes = Vec::new();
    let (expired, stale) = (applied.expired.len(), applied.stale.len());
    if expired > 0 {
        notes.push(format!("{path}: {expired} {} expired, so what they knew counts again", entries(expired)));
    }
    if stale > 0 && whole {
        notes.push(format!(
            "{path}: {stale} {} met no finding; `gate baseline prune` takes out what is mended",
            entries(stale)
        ));
    }
    notes
}

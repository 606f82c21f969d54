//! `gate scan --ci`.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::ci::{self, Provider};
use crate::finding::Outcome;
use crate::report::{self, Format};

use super::history::Past;
use super::scan::{Input, repository};

/// Bytes of an event file.
const EVENT_LIMIT: u64 = 64 << 20;

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn detect() -> Result<ci::Job, ci::Unknown> {
    ci::detect(variable, read)
}

/// What the run is about, in the repository of the folder named or the current one.
///
/// # Errors
/// No provider is known, or the clone hides the commits.
pub(super) fn input(paths: &[PathBuf]) -> Result<Input> {
    let job = detect()?;
    let repository = repository(paths)?;
    let commits = job.commits(&repository).with_context(|| job.title())?;
    Ok(Input::History(Box::new(Past::arriving(repository, commits))))
}

/// The form that the provider's log understands.
pub(super) fn format() -> Format {
    match detect().map(|job| job.provider) {
        Ok(Provider::GitHub) => Format::Github,
        Ok(Provider::Azure) => Format::Azure,
        _ => Format::Text,
    }
}

/// Adds to the summary of the job, where the provider has one.
///
/// # Errors
/// It cannot be written.
pub(super) fn write_summary(outcome: &Outcome, options: &report::Options) -> Result<()> {
    let Some(path) = variable("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return Ok(()) };
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .with_context(|| format!("GITHUB_STEP_SUMMARY: {path}: cannot be written"))?;
    report::write(Format::Markdown, outcome, options, &mut file).context("cannot write the summary")
}

/// The text of the event file.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let read = path.metadata().and_then(|metadata| {
        if !metadata.is_file() {
            return Err(std::io::Error::other("it is not a regular file"));
        }
        File::open(path)?.take(EVENT_LIMIT + 1).read_to_end(&mut text)
    });
    match read {
        Ok(_) if text.len() as u64 > EVENT_LIMIT => Err(format!("it is larger than {EVENT_LIMIT} bytes")),
        Ok(_) => Ok(text),
        Err(error) => Err(error.to_string()),
    }
}

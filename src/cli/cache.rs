//! `gate cache`, and the cache of `gate scan --history` and `--ci`.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result, anyhow};

use crate::cache::Cache;
use crate::exit::ExitStatus;
use crate::git::Repository;
use crate::sanitize;

use super::args::{self, CacheCommand};

/// Shows or clears the cache.
///
/// # Errors
/// There is no home; a file cannot be removed.
pub(super) fn run(arguments: &args::Cache) -> Result<ExitStatus> {
    let cache = find().ok_or_else(|| anyhow!("neither XDG_CACHE_HOME nor HOME says where caches are"))?;
    let folder = cache.folder().display();
    let said = match arguments.command {
        CacheCommand::Path => folder.to_string(),
        CacheCommand::Clear => {
            let (files, bytes) = cache.clear().with_context(|| format!("{folder}: cannot be cleared"))?;
            format!("{folder}: {files} files, {bytes} bytes deleted")
        }
    };
    let mut out = io::stdout().lock();
    writeln!(out, "{}", sanitize::text(&said))?;
    out.flush()?;
    Ok(ExitStatus::Clean)
}

fn find() -> Option<Cache> {
    Cache::find(|name| std::env::var_os(name))
}

/// The cache for a scan of a repository. Why it is not used, if it could be, is a line of `notes`.
pub(super) fn of(repository: &Repository, notes: &mut Vec<String>) -> Option<Cache> {
    let cache = find()?;
    let mut scanned = vec![repository.common_dir(), repository.git_dir()];
    scanned.extend(repository.work_tree());
    match cache.prepare(&scanned) {
        Ok(()) => Some(cache),
        Err(problem) => {
            notes.push(format!("no cache: {problem}"));
            None
        }
    }
}

/// Stands for this program: another build may find something else.
pub(super) fn program() -> Option<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(std::env::current_exe().ok()?).ok()?).ok()?;
    Some(*hasher.finalize().as_bytes())
}

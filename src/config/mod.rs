//! Settings: read from up to three layers, checked, merged. Every mistake is reported at once, each with its place.
//!
//! | Layer | File | Comes from |
//! |---|---|---|
//! | system | `/etc/portcullis/config.toml` | the administrator |
//! | user | `$XDG_CONFIG_HOME/portcullis/config.toml` | the person |
//! | project | `.portcullis.toml`, or the file named with `--config` | the repository: as hostile as its content |
//!
//! Single values of a later layer replace those of an earlier one; lists add up.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

mod checked;
mod date;
mod gate;
mod globs;
mod layers;
mod raw;

pub use checked::{Allow, Settings};
pub use date::{Date, date_of_days, moment, parse_date, today};
pub use gate::{GateEntry, GateList, GateRule, GateSettings, ProjectFile};
pub use globs::PathGlobs;
pub use layers::{Places, load, path_prefix, read_rules};
pub use raw::RawRule;

/// Where a setting comes from; later layers have the last word on single values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The administrator's file.
    System,
    /// The person's own file.
    User,
    /// The repository's file, or the one named with `--config`.
    Project,
}

/// The place of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file, as it was opened.
    pub file: Arc<Path>,
    /// Line, from 1.
    pub line: usize,
    /// The layer the file belongs to.
    pub layer: Layer,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file.display()),
            line => write!(f, "{}:{line}", self.file.display()),
        }
    }
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub origin: Origin,
}

/// One mistake in a settings file. Values are not repeated in the text: somebody may have pasted a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Where.
    pub origin: Origin,
    /// What is wrong, and the way out.
    pub text: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.text)
    }
}

/// All mistakes of all files, in the order of files and lines; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(pub Vec<Complaint>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, complaint) in self.0.iter().enumerate() {
            write!(f, "{}{complaint}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// The known word closest to `word`, if it is close enough to be meant.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // The comparison is quadratic in the length, and no known word is this long.
    if word.len() > 100 {
        return None;
    }
    let scored = known.into_iter().map(|known| (strsim::damerau_levenshtein(word, known), known));
    scored.filter(|(distance, known)| *distance <= 1 + known.len() / 4).min().map(|(_, known)| known)
}

/// `; did you mean "x"?`, or nothing.
fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(word, known).map(|known| format!("; did you mean \"{known}\"?")).unwrap_or_default()
}

#[cfg(test)]
mod tests;

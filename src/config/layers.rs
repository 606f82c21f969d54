//! Which files hold settings, and reading them.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::config::raw::{self, RawConfig};
use crate::config::{Complaint, ConfigError, Layer, Origin, ProjectFile, RawRule, Settings};

/// A file of settings is written by hand; one this large is something else.
const FILE_LIMIT: u64 = 1 << 20;

const PROJECT_FILE: &str = ".portcullis.toml";

/// The files that may hold settings. Those of the system and the user need not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The administrator's file.
    pub system: Option<PathBuf>,
    /// Whether the administrator's file counts only when root owns it and nobody else can write it. Else whoever can
    /// write to its place would speak with the administrator's voice.
    pub guarded: bool,
    /// The person's file.
    pub user: Option<PathBuf>,
    /// The project's file, or the one named on the command line. It must exist.
    pub project: Option<PathBuf>,
}

impl Places {
    /// The usual places for a scan of `root`. `environment` gives environment variables; `named` is the file of
    /// `--config`, which stands in for the project's.
    pub fn find(root: &Path, named: Option<PathBuf>, environment: impl Fn(&str) -> Option<OsString>) -> Self {
        let absolute = |name: &str| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let user = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
        Self {
            system: cfg!(unix).then(|| PathBuf::from("/etc/portcullis/config.toml")),
            guarded: true,
            user: user.map(|folder| folder.join("portcullis/config.toml")),
            project: named.or_else(|| project_file(root)),
        }
    }
}

/// The project file in the scan root or the nearest directory above it, up to the top of the repository. Outside a
/// repository only the root is looked at: what lies above it (such as `/tmp`) may be anybody's.
fn project_file(root: &Path) -> Option<PathBuf> {
    let canonical = root.canonicalize().ok()?;
    let start = if canonical.is_dir() { &*canonical } else { canonical.parent()? };
    let top = start.ancestors().find(|above| above.join(".git").symlink_metadata().is_ok()).unwrap_or(start);
    let candidates = start.ancestors().take_while(|above| above.starts_with(top));
    candidates.map(|above| above.join(PROJECT_FILE)).find(|file| file.symlink_metadata().is_ok())
}

/// Where names of a scan begin in the folder of the project file `project`: what to set as the prefix of path
/// patterns, so that a project's patterns mean the same files wherever a scan starts. Empty when they agree, or
/// nothing is known. `roots` are the roots of the scan.
pub fn path_prefix(project: Option<&Path>, roots: &[PathBuf]) -> String {
    let find = || {
        let folder = project?.parent()?.canonicalize().ok()?;
        // Names are relative to a single directory, else to the current one.
        let start = match roots {
            [root] if root.is_dir() => root.canonicalize().ok()?,
            _ => Path::new(".").canonicalize().ok()?,
        };
        let below = start.strip_prefix(folder).ok()?;
        let parts = below.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy()),
            _ => None,
        });
        Some(parts.collect::<Vec<_>>().join("/"))
    };
    find().unwrap_or_default()
}

/// Reads, checks and merges the files of `places`.
pub fn load(places: &Places) -> Result<Settings, ConfigError> {
    let mut complaints = Vec::new();
    let mut layers = Vec::new();
    let mut project = None;
    let files =
        [(&places.system, Layer::System), (&places.user, Layer::User), (&places.project, Layer::Project)];
    for (file, layer) in files {
        let Some(path) = file else { continue };
        let file: Arc<Path> = path.as_path().into();
        let guarded = places.guarded && layer == Layer::System;
        match read(path, guarded) {
            Ok(text) => {
                layers.push(raw::parse(&text, &file, layer, &mut complaints));
                if layer == Layer::Project {
                    project = path.canonicalize().ok().map(|path| ProjectFile { path, content: text });
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && layer != Layer::Project => {
                layers.push(RawConfig::default());
            }
            Err(error) => complaints.push(Complaint {
                origin: Origin { file, line: 0, layer },
                text: format!("could not be read: {error}"),
            }),
        }
    }
    let mut settings = Settings::check(layers, complaints)?;
    settings.gate.project = project;
    Ok(settings)
}

/// The `[[rule]]` entries of one file, a rule file or one of settings, and the mistakes in it. Nothing else of it is
/// used.
///
/// # Errors
/// Where the file cannot be read.
pub fn read_rules(path: &Path) -> io::Result<(Vec<RawRule>, Vec<Complaint>)> {
    let text = read(path, false)?;
    let mut complaints = Vec::new();
    let config = raw::parse(&text, &path.into(), Layer::Project, &mut complaints);
    Ok((config.rules, complaints))
}

fn read(path: &Path, guarded: bool) -> io::Result<String> {
    let metadata = path.metadata()?;
    // Asked first: opening a FIFO that came with a clone would wait for ever.
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if guarded {
        refuse_unguarded(&metadata)?;
    }
    let mut text = String::new();
    File::open(path)?.take(FILE_LIMIT + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_LIMIT {
        return Err(io::Error::other(format!("it is larger than {FILE_LIMIT} bytes")));
    }
    Ok(text)
}

/// Refuses the administrator's file where others could have written it.
#[cfg(unix)]
fn refuse_unguarded(metadata: &std::fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    if metadata.uid() == 0 && metadata.mode() & 0o022 == 0 {
        return Ok(());
    }
    Err(io::Error::other(
        "only root may own and write the administrator's settings: `chown root` and `chmod 644` it, or remove it",
    ))
}

#[cfg(not(unix))]
fn refuse_unguarded(_: &std::fs::Metadata) -> io::Result<()> {
    Ok(())
}

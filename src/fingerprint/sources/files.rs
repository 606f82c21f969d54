//! Which files of the machine a store of the table means.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::rules::stores::CredentialStore;

/// Most files that one pattern may stand for.
const MOST: usize = 200;

/// Gives the value of an environment variable.
pub type Variables = Box<dyn Fn(&str) -> Option<OsString>>;

/// The machine as `sync` sees it: values, so that tests can have their own.
pub struct Machine {
    /// The home folder.
    pub home: PathBuf,
    /// The top of the repository at hand, or the current folder.
    pub project: Option<PathBuf>,
    /// An environment variable.
    pub variable: Variables,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine")
            .field("home", &self.home)
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

impl Machine {
    /// The one this runs on; `None` without a home folder.
    pub fn this() -> Option<Self> {
        let variable = |name: &str| std::env::var_os(name);
        let home = variable("HOME").or_else(|| variable("USERPROFILE")).map(PathBuf::from)?;
        let here = std::env::current_dir().ok();
        let top =
            |here: &Path| here.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned);
        let project = here.map(|here| top(&here).unwrap_or(here)).filter(|project| *project != home);
        Some(Self { home, project, variable: Box::new(variable) })
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        (self.variable)(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// The files of `store` that exist, sorted.
    pub fn files(&self, store: &CredentialStore) -> Vec<PathBuf> {
        let mut found = BTreeSet::new();
        // what processes hold is not what lies on the disk
        for pattern in store.files().iter().filter(|pattern| !pattern.starts_with("/proc/")) {
            for path in self.readings(pattern) {
                expand(&path, &mut found);
            }
        }
        for variable in store.moved_by.iter().filter(|name| !name.starts_with("XDG_")) {
            for path in (self.variable)(variable).iter().flat_map(std::env::split_paths) {
                if !path.is_absolute() {
                    continue;
                }
                if path.is_file() {
                    found.insert(path);
                } else if path.is_dir() {
                    let names = store
                        .files()
                        .iter()
                        .filter(|file| !file.ends_with('/'))
                        .filter_map(|file| file.rsplit(['/', '\\']).next());
                    names.for_each(|name| expand(&path.join(name), &mut found));
                }
            }
        }
        found.into_iter().collect()
    }

    /// The paths that a pattern may mean, with names still open.
    fn readings(&self, pattern: &str) -> Vec<PathBuf> {
        let pattern = pattern.split(" (").next().unwrap_or(pattern);
        let rooted = |root: &Path, rest: &str| root.join(rest);
        if let Some(rest) = pattern.strip_prefix("<project>/") {
            return self.project.iter().map(|project| rooted(project, rest)).collect();
        }
        if let Some(rest) = pattern.strip_prefix("${XDG_RUNTIME_DIR}/") {
            return self.path("XDG_RUNTIME_DIR").iter().map(|root| rooted(root, rest)).collect();
        }
        if let Some((name, rest)) = pattern.strip_prefix('$').and_then(|pattern| pattern.split_once('/')) {
            return self.path(name).iter().map(|root| rooted(root, rest)).collect();
        }
        if let Some((name, rest)) = pattern.strip_prefix('%').and_then(|pattern| pattern.split_once('%')) {
            let rest = rest.trim_start_matches('\\').replace('\\', "/");
            return self.path(name).iter().map(|root| rooted(root, &rest)).collect();
        }
        let Some(rest) = pattern.strip_prefix("~/") else {
            return if pattern.starts_with('/') { vec![PathBuf::from(pattern)] } else { Vec::new() };
        };
        let mut readings = vec![self.home.join(rest)];
        for (place, name) in [
            (".config/", "XDG_CONFIG_HOME"),
            (".local/share/", "XDG_DATA_HOME"),
            (".cache/", "XDG_CACHE_HOME"),
        ] {
            if let (Some(rest), Some(root)) = (rest.strip_prefix(place), self.path(name)) {
                readings.push(root.join(rest));
            }
        }
        readings
    }

    /// The path as people write it.
    pub fn shown(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(rest) => format!("~/{}", rest.display()),
            Err(_) => path.display().to_string(),
        }
    }
}

/// Adds the files that `pattern` stands for. What cannot be looked at is not there for us either.
fn expand(pattern: &Path, found: &mut BTreeSet<PathBuf>) {
    let folder = pattern.as_os_str().to_string_lossy().ends_with('/');
    let mut paths = vec![PathBuf::new()];
    for part in pattern.components() {
        let name = part.as_os_str().to_string_lossy();
        if !name.contains(['*', '<']) {
            paths.iter_mut().for_each(|path| path.push(part));
            continue;
        }
        let mut open = String::new();
        let mut inside = false;
        for c in name.chars() {
            match c {
                '<' => (inside, open) = (true, open + "*"),
                '>' => inside = false,
                c if !inside => open.push(c),
                _ => {}
            }
        }
        paths = paths.iter().flat_map(|path| entries(path, &open)).take(MOST).collect();
    }
    for path in paths {
        if path.is_file() {
            found.insert(path);
        } else if folder && path.is_dir() {
            found.extend(entries(&path, "*").into_iter().filter(|path| path.is_file()));
        }
    }
}

/// What is in a folder under names like `pattern`, sorted.
fn entries(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| like(pattern, &name.to_string_lossy())))
        .take(MOST)
        .collect();
    paths.sort();
    paths
}

/// Whether `text` is like `pattern`, in which `*` stands for anything.
pub(super) fn like(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    true
}

//! Where a path lies: the words of a command against the folders that matter. Lexical: only the text of paths counts.

use std::path::{Component, Path, PathBuf};

use super::knowledge::words::{push_text, splits};
use super::model::{Cwd, Part, Word};
use super::request::Environment;

include!(concat!(env!("OUT_DIR"), "/places.rs"));

macro_rules! areas {
    ($($variant:ident => $name:literal),+ $(,)?) => {
        /// The areas of `rules/effects.toml`, in its order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Area { $($variant),+ }

        impl Area {
            /// All, in order.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($name, Self::$variant)),+];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

areas! {
    Workspace => "workspace",
    WorkspaceRoot => "workspace-root",
    WorkspaceContent => "workspace-content",
    Git => "git",
    GitRoot => "git-root",
    Hooks => "hooks",
    Guard => "guard",
    Temporary => "temporary",
    TemporaryRoot => "temporary-root",
    Cache => "cache",
    Home => "home",
    HomeRoot => "home-root",
    Store => "store",
    Start => "start",
    RemoteAccess => "remote-access",
    OtherHome => "other-home",
    System => "system",
    SystemTop => "system-top",
    Critical => "critical",
    Root => "root",
    Parent => "parent",
    Device => "device",
    Stream => "stream",
    Network => "network",
    Outside => "outside",
    Elsewhere => "elsewhere",
    Unknown => "unknown",
}

/// Stands for an unknown part in the text of a path. No file name holds it.
const HOLE: char = '\0';

/// A place that a word may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Where it lies.
    pub area: Area,
    /// The path, absolute and normal, with globs as written; up to the first unknown part. `None` where nothing is known.
    pub path: Option<PathBuf>,
    /// Whether it is what the folder holds rather than the folder.
    pub content: bool,
    /// Whether it takes an unknown part to be empty.
    pub emptied: bool,
}

/// The path without `.`, `..` and doubled slashes. `..` above the root stays at the root.
pub fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                if !out.pop() || out.as_os_str().is_empty() {
                    out = PathBuf::from("/");
                }
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// The folder after `cd word`.
pub fn enter(cwd: Option<&Cwd>, word: &Word) -> Cwd {
    match (word.text(), cwd) {
        (Some(text), _) if text.starts_with('/') => Cwd::Known(normal(Path::new(text))),
        (Some(text), Some(Cwd::Known(cwd))) => Cwd::Known(normal(&cwd.join(text))),
        _ => Cwd::Unknown,
    }
}

/// All places that the word may name. Never empty, but for the empty word.
pub fn locate(word: &Word, cwd: Option<&Cwd>, environment: &Environment) -> Vec<Spot> {
    let text = template(word);
    let mut found = Vec::new();
    let cwd = match cwd {
        Some(Cwd::Known(path)) => Some(path.as_path()),
        _ => None,
    };
    if text.is_empty() {
        return found;
    }
    let by_search =
        word.parts.iter().any(|part| matches!(part, Part::Unknown { source, .. } if source == "{}"));
    found.extend(spot(&text, cwd, environment, false, by_search));
    if text.contains(HOLE) && may_be_empty(word) {
        let emptied: String = text.chars().filter(|&c| c != HOLE).collect();
        // A lone slash after something unknown is refused by the programs themselves.
        let refused = text.starts_with(HOLE) && emptied == "/";
        if !emptied.is_empty() && !refused {
            found.extend(spot(&emptied, cwd, environment, true, false));
        }
    }
    found
}

/// The text of a word, with holes for unknown parts.
pub(super) fn template(word: &Word) -> String {
    let mut text = String::new();
    for part in &word.parts {
        match part {
            Part::Text(known) => text.extend(known.chars().filter(|&c| c != HOLE)),
            Part::Glob(glob) => text.push_str(glob),
            Part::Unknown { .. } => text.push(HOLE),
        }
    }
    text
}

fn may_be_empty(word: &Word) -> bool {
    word.parts.iter().all(|part| match part {
        // `${X:?}` ends the shell when X is empty; `{}` is a file that was found.
        Part::Unknown { source, .. } => {
            !source.contains(":?") && source != "{}" && source != "standard input"
        }
        _ => true,
    })
}

fn spot(
    text: &str,
    cwd: Option<&Path>,
    environment: &Environment,
    emptied: bool,
    found: bool,
) -> Option<Spot> {
    let nowhere = Some(Spot { area: Area::Unknown, path: None, content: false, emptied });
    if text.starts_with(HOLE) {
        return nowhere;
    }
    let absolute = if text.starts_with('/') {
        PathBuf::from(text)
    } else {
        match cwd {
            Some(cwd) => cwd.join(text),
            None => return nowhere,
        }
    };
    let mut path = normal(&absolute);
    for prefix in ["/proc/self/root", "/proc/thread-self/root", "/proc/1/root"] {
        if let Ok(rest) = path.strip_prefix(prefix) {
            path = Path::new("/").join(rest);
        }
    }
    if let (Ok(rest), Some(cwd)) = (path.strip_prefix("/proc/self/cwd"), cwd) {
        path = normal(&cwd.join(rest));
    }
    // Up to the first unknown part.
    let full = path.to_string_lossy().into_owned();
    let mut content = false;
    if let Some(hole) = full.find(HOLE) {
        let folder = full[..hole].rfind('/').unwrap_or(0);
        let known = &full[..folder.max(1)];
        let name = &full[folder + 1..];
        // A name below a known folder, whose own text is not: what is said of names in the folder holds.
        if found && name.starts_with(HOLE) && name.len() == 1 && full.len() == hole + 1 {
            // Everything that is found below a folder.
            let path = PathBuf::from(known);
            let area = match area(&path, environment) {
                Area::WorkspaceRoot => Area::WorkspaceContent,
                other => other,
            };
            return Some(Spot { area, path: Some(path), content: true, emptied });
        }
        let area = area(&Path::new(known).join("\u{1}"), environment);
        let area = match area {
            // Unknown names below home or the root could be anything there.
            Area::Home | Area::OtherHome if name.starts_with(HOLE) => Area::Home,
            other => other,
        };
        return Some(Spot { area, path: Some(PathBuf::from(known)), content: false, emptied });
    }
    // A last name of `*` is what the folder holds.
    if let (Some(name), Some(folder)) = (path.file_name().and_then(|name| name.to_str()), path.parent())
        && is_all(name)
    {
        content = true;
        path = folder.to_owned();
    }
    let mut found = area(&path, environment);
    if content && found == Area::WorkspaceRoot {
        found = Area::WorkspaceContent;
    }
    Some(Spot { area: found, path: Some(path), content, emptied })
}

/// Whether a glob stands for everything in a folder: `*`, `.*`, `.[!.]*`, `?*`.
fn is_all(name: &str) -> bool {
    matches!(
        name,
        "*" | "**"
            | ".*"
            | ".[!.]*"
            | ".[^.]*"
            | ".??*"
            | "?*"
            | "*.*"
            | "[!.]*"
            | ".[A-Za-z]*"
            | "[a-z]*"
            | "[A-Za-z]*"
    )
}

pub(super) fn area(path: &Path, environment: &Environment) -> Area {
    let text = path.to_string_lossy();
    if path == Path::new("/") {
        return Area::Root;
    }
    if listed(&DEVICE_STREAM, &text) {
        return Area::Stream;
    }
    if listed(&DEVICE_NETWORK, &text) {
        return Area::Network;
    }
    if listed(&DEVICE_TEMPORARY, &text) {
        return Area::Temporary;
    }
    if text.starts_with("/dev/") {
        return Area::Device;
    }
    let home = environment.home.as_deref();
    let workspace = environment.workspace.as_path();
    if home == Some(path) {
        return Area::HomeRoot;
    }
    if workspace != path && workspace.starts_with(path) {
        return if is_top(&text) { Area::SystemTop } else { Area::Parent };
    }
    if home.is_some_and(|home| home.starts_with(path)) {
        return Area::SystemTop;
    }
    if let Some(below) = home.and_then(|home| path.strip_prefix(home).ok()) {
        let below = below.to_string_lossy();
        for (patterns, area) in [
            (HOME_REMOTE_ACCESS.as_slice(), Area::RemoteAccess),
            (HOME_STORE.as_slice(), Area::Store),
            (HOME_GUARD.as_slice(), Area::Guard),
            (HOME_START.as_slice(), Area::Start),
            (HOME_CACHE.as_slice(), Area::Cache),
        ] {
            // A workspace in `~/bin` is a workspace.
            if listed(patterns, &below) && !(area != Area::Guard && inside(path, workspace, home)) {
                return area;
            }
        }
    }
    if path == workspace {
        return Area::WorkspaceRoot;
    }
    if let Ok(below) = path.strip_prefix(workspace) {
        let below = below.to_string_lossy();
        return if listed(&WORKSPACE_HOOKS, &below) {
            Area::Hooks
        } else if below == ".git" {
            Area::GitRoot
        } else if listed(&WORKSPACE_GIT, &below) {
            Area::Git
        } else if listed(&WORKSPACE_GUARD, &below) {
            Area::Guard
        } else {
            Area::Workspace
        };
    }
    for folder in &environment.temporary {
        if path == folder {
            return Area::TemporaryRoot;
        }
        if path.starts_with(folder) {
            return Area::Temporary;
        }
    }
    if home.is_some_and(|home| path.starts_with(home)) {
        return Area::Home;
    }
    if let Some((_, below)) = of_other_home(&text) {
        return if listed(&HOME_REMOTE_ACCESS, below) { Area::RemoteAccess } else { Area::OtherHome };
    }
    if listed(&SYSTEM_CRITICAL, &text) {
        return Area::Critical;
    }
    if is_top(&text) {
        return Area::SystemTop;
    }
    if listed(&SYSTEM_START, &text) {
        return Area::Start;
    }
    if listed(&SYSTEM_BELOW, &text) {
        return Area::System;
    }
    // `/et?`, `/h*`: a pattern among the folders of the root.
    if path.parent() == Some(Path::new("/")) && text.contains(['*', '?', '[']) {
        return Area::SystemTop;
    }
    Area::Outside
}

/// Whether the path lies in a workspace that is a folder of its own.
fn inside(path: &Path, workspace: &Path, home: Option<&Path>) -> bool {
    home != Some(workspace) && workspace != Path::new("/") && path.starts_with(workspace)
}

fn is_top(text: &str) -> bool {
    SYSTEM_TOP.contains(&text)
}

/// The folder and the rest of a path below the home folder of anybody.
pub(super) fn of_other_home(text: &str) -> Option<(&str, &str)> {
    if text == "/root" {
        return Some((text, ""));
    }
    if let Some(rest) = text.strip_prefix("/root/") {
        return Some(("/root", rest));
    }
    let rest = text.strip_prefix("/home/").or_else(|| text.strip_prefix("/Users/"))?;
    let (user, below) = rest.split_once('/').unwrap_or((rest, ""));
    Some((&text[..text.len() - rest.len() + user.len()], below))
}

/// Whether a path is one of the patterns; globs in the path may be what the pattern asks for.
pub(super) fn listed(patterns: &[&str], path: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, path))
}

/// Whether a path fits one pattern.
pub(super) fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, below) = match pattern.strip_suffix('/') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    // Most paths share no first letter with most patterns.
    if let (Some(&a), Some(&b)) = (pattern.as_bytes().first(), path.as_bytes().first())
        && a != b
        && !b"*?".contains(&a)
        && !b"*?[".contains(&b)
    {
        return false;
    }
    let mut names = path.split('/');
    for wanted in pattern.split('/') {
        match names.next() {
            Some(name) if name_fits(wanted, name) => {}
            _ => return false,
        }
    }
    below || names.next().is_none()
}

/// Whether a name, which may be a glob, fits a pattern.
pub(super) fn name_fits(pattern: &str, name: &str) -> bool {
    if !name.contains(['*', '?', '[', HOLE]) {
        let Some(first) = pattern.find(['*', '?']) else { return pattern == name };
        let last = pattern.rfind(['*', '?']).unwrap_or(first);
        // most names end here
        if !name.starts_with(&pattern[..first]) || !name.ends_with(&pattern[last + 1..]) {
            return false;
        }
    }
    // A pattern of the shell that begins with a star reaches no hidden name; nor do those of tools.
    if pattern.starts_with('.') && name.starts_with(['*', '?', '[']) {
        return false;
    }
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(at) = rest.find(['*', '?', '[', HOLE]) {
        push_text(&mut parts, &rest[..at]);
        let end = if rest[at..].starts_with('[') {
            rest[at..].find(']').map_or(rest.len(), |close| at + close + 1)
        } else {
            at + 1
        };
        parts.push(Part::Glob(rest[at..end].to_owned()));
        rest = &rest[end..];
    }
    push_text(&mut parts, rest);
    let word = Word { parts, span: None };
    super::knowledge::words::matches(pattern, &word) != super::knowledge::words::Holds::No
}

/// Whether the name is one that tools make again.
pub(super) fn is_made(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
        MADE_NAMES
            .iter()
            .any(|pattern| *pattern == name || !name.contains(['*', '?', '[']) && name_fits(pattern, name))
    })
}

/// Whether the last name of the word, a glob, is one that tools make again.
pub(super) fn names_made(word: &Word) -> bool {
    let text = template(word);
    let name = text.trim_end_matches('/').rsplit('/').next().unwrap_or("");
    !splits(word) && MADE_NAMES.contains(&name)
}

//! Which program a first word names.

use std::path::Path;

use crate::gate::model::{Cwd, Invocation, Place, Word};
use crate::gate::paths;
use crate::gate::request::Environment;

use super::lookup;
use super::table::Command;

/// What the first word of an invocation names.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Program {
    /// A known program, and its base name.
    Known(&'static Command, String),
    /// A file of the workspace.
    Own,
    /// A file of the workspace that stands for a known program.
    Wrapper(&'static Command, String),
    /// A file elsewhere.
    Stray(String),
    /// A program nothing is known of.
    Unknown(String),
    /// Not known before it runs.
    Unread(String),
}

/// Folders whose programs are those of the system or of the user's package managers.
const FOLDERS: &[&str] = &[
    "/bin",
    "/sbin",
    "/usr/bin",
    "/usr/sbin",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/opt/homebrew/bin",
    "/opt/local/bin",
    "/snap/bin",
    "/home/linuxbrew/.linuxbrew/bin",
    "/run/current-system/sw/bin",
];
/// The same, below the home folder.
const HOME_FOLDERS: &[&str] =
    &[".cargo/bin", ".local/bin", "go/bin", ".deno/bin", ".bun/bin", ".nix-profile/bin", ".npm-global/bin"];
/// Folders of a workspace whose programs a package manager put there.
const LOCAL_FOLDERS: &[&str] = &["node_modules/.bin", "venv/bin", ".venv/bin", "env/bin", "vendor/bin"];

/// Files that projects bring along and that take the words of the program they stand for.
const WRAPPERS: &[&str] = &["gradlew", "mvnw", "manage.py", "rails", "rake", "artisan", "setup.py", "bazelw"];

/// Programs that run packages by name.
const RUNNERS: &[&str] = &["npx", "bunx", "pnpx", "npm", "pnpm", "yarn", "bun"];

/// The name of a package without the version behind it: `eslint@8`, `@scope/name@latest`.
fn package(text: &str) -> &str {
    match text.rfind('@') {
        Some(at) if at > 0 => &text[..at],
        _ => text,
    }
}

/// Whether scripts of this name are how projects bring a known tool along.
pub fn is_wrapper(name: &str) -> bool {
    WRAPPERS.contains(&name)
}

pub(super) fn program(invocation: &Invocation, environment: &Environment) -> Program {
    let Some(word) = invocation.words.first() else { return Program::Unknown(String::new()) };
    let Some(text) = word.text() else { return Program::Unread(super::words::shown(word)) };
    // a path is one within a package's script, too
    let is_package = text.contains('@') && (text.starts_with('@') || !text.contains('/'));
    if is_package && invocation.via.last().is_some_and(|name| RUNNERS.contains(&name.as_str())) {
        let name = package(text);
        let of_package = || Program::Unknown(text.to_owned());
        return lookup(name).map_or_else(of_package, |command| Program::Known(command, name.to_owned()));
    }
    if !text.contains('/') {
        let name = text.strip_suffix(".exe").unwrap_or(text);
        return match lookup(name) {
            Some(command) => Program::Known(command, name.to_owned()),
            None => Program::Unknown(text.to_owned()),
        };
    }
    let known = |name: &str| lookup(name).map(|command| Program::Known(command, name.to_owned()));
    let Some((folder, name)) = text.rsplit_once('/') else { return Program::Unknown(text.to_owned()) };
    let cwd = invocation.cwd.as_ref().and_then(|cwd| match cwd {
        Cwd::Known(path) => Some(path.as_path()),
        Cwd::Unknown => None,
    });
    let absolute = if text.starts_with('/') {
        Some(paths::normal(Path::new(folder)))
    } else {
        cwd.map(|cwd| paths::normal(&cwd.join(folder)))
    };
    let Some(absolute) = absolute else { return Program::Stray(text.to_owned()) };
    let of_home = environment
        .home
        .as_deref()
        .is_some_and(|home| HOME_FOLDERS.iter().any(|below| absolute == home.join(below)));
    if FOLDERS.iter().any(|folder| absolute == Path::new(folder)) || of_home {
        return known(name).unwrap_or_else(|| Program::Unknown(text.to_owned()));
    }
    if invocation.place == Place::Local && absolute.starts_with(&environment.workspace) {
        if LOCAL_FOLDERS.iter().any(|below| absolute.ends_with(below)) {
            return known(name).unwrap_or(Program::Own);
        }
        return match lookup(name).filter(|_| is_wrapper(name)) {
            Some(command) => Program::Wrapper(command, name.to_owned()),
            None => Program::Own,
        };
    }
    Program::Stray(text.to_owned())
}

/// The shell that a program is, for inner lines of shell.
pub(super) fn dialect(name: &str) -> &'static str {
    match name {
        "bash" | "rbash" => "bash",
        "zsh" => "zsh",
        "fish" => "fish",
        "pwsh" | "powershell" => "powershell",
        "cmd" => "cmd",
        _ => "sh",
    }
}

/// The first words of an invocation, for messages.
pub(super) fn first(invocation: &Invocation) -> String {
    invocation.words.first().map(|word: &Word| super::words::shown(word)).unwrap_or_default()
}

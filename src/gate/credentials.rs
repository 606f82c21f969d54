//! Which words name credentials: files that hold them, variables that carry them.

use super::model::{Cwd, Part, Word};
use super::paths::{self, Spot, fits, listed, name_fits, template};
use super::request::Environment;

/// Whether one of the places is a file that holds credentials. `word` is what was written.
pub fn is_credential_file(word: &Word, spots: &[Spot], cwd: Option<&Cwd>, environment: &Environment) -> bool {
    if searches_for_keys(word) {
        return true;
    }
    let text = template(word);
    let cwd = match cwd {
        Some(Cwd::Known(path)) => Some(path.as_path()),
        _ => None,
    };
    let full = if text.starts_with(['/', '\0']) {
        text.clone()
    } else {
        cwd.map_or_else(|| text.clone(), |cwd| cwd.join(&text).to_string_lossy().into_owned())
    };
    let normal = paths::normal(std::path::Path::new(&full)).to_string_lossy().into_owned();
    if spots.is_empty() {
        return false;
    }
    let normal = plain_classes(&normal);
    let name = normal.rsplit('/').next().unwrap_or("");
    // whatever is unknown in it, its end must be harmless
    let with_hole_filled = name.replace('\0', "x");
    if !name.contains(['*', '?', '['])
        && paths::CREDENTIAL_HARMLESS.iter().any(|pattern| name_fits(pattern, &with_hole_filled))
    {
        return false;
    }
    let below_home = environment
        .home
        .as_deref()
        .and_then(|home| std::path::Path::new(&normal).strip_prefix(home).ok())
        .map(|below| below.to_string_lossy().into_owned())
        .or_else(|| paths::of_other_home(&normal).map(|(_, below)| below.to_owned()));
    if let Some(below) = below_home
        && !below.is_empty()
        && (listed_narrowly(&paths::CREDENTIAL_HOME, &below) || holds_credentials(&below))
    {
        return true;
    }
    if listed(&paths::CREDENTIAL_SYSTEM, &normal) {
        return true;
    }
    // Below something unknown: what is known of the end decides.
    if let Some(hole) = normal.rfind('\0') {
        let known = normal[hole + 1..].trim_start_matches('/');
        if !known.is_empty() && listed_narrowly(&paths::CREDENTIAL_HOME, known) {
            return true;
        }
    }
    name_is_credential(name)
}

/// Whether a path is what a search finds by a name that only keys have.
fn searches_for_keys(word: &Word) -> bool {
    let (Some(last), true) = (word.parts.last(), word.parts.len() > 1) else { return false };
    let name = match last {
        Part::Glob(name) => name.as_str(),
        Part::Text(name) => name.rsplit('/').next().unwrap_or(name),
        Part::Unknown { .. } => return false,
    };
    paths::CREDENTIAL_SEARCHED.contains(&name)
        && word.parts.iter().any(|part| matches!(part, Part::Unknown { source, .. } if source == "{}"))
}

/// The path with classes of a single character, as in `.[e]nv`, as that character.
fn plain_classes(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('[') {
        out.push_str(&rest[..at]);
        let inner = &rest[at + 1..];
        let mut chars = inner.chars();
        match (chars.next(), chars.next()) {
            (Some(one), Some(']')) if one != '!' && one != '^' => {
                out.push(one);
                rest = &inner[one.len_utf8() + 1..];
            }
            _ => {
                out.push('[');
                rest = inner;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Whether a folder of the home is one that credential files lie right in, such as `.ssh`.
fn holds_credentials(folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    paths::CREDENTIAL_HOME.iter().any(|pattern| {
        pattern
            .strip_prefix(folder)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|name| !name.contains('/'))
    })
}

/// Whether a file of this name, which may be a glob, holds credentials wherever it lies.
fn name_is_credential(name: &str) -> bool {
    if !name.contains(['*', '?', '[', '\0']) {
        return paths::CREDENTIAL_NAMES.iter().any(|pattern| name_fits(pattern, name));
    }
    // `*` and `*.js` may reach such a file, but nobody means it; `.e*`, `.en?`, `id_*` do.
    let known = name.chars().filter(|c| !matches!(c, '*' | '?' | '[' | ']' | '\0')).count();
    known >= 2
        && name.starts_with(['.', 'i', 'c', 's', 'p'])
        && !name.starts_with("*")
        && paths::CREDENTIAL_NAMES.iter().any(|pattern| {
            !pattern.starts_with('*') && name_fits(pattern, name) && shares_start(pattern, name)
        })
}

/// Whether the text before the first wildcard of a name begins the pattern, or the other way round.
fn shares_start(pattern: &str, name: &str) -> bool {
    let known = |text: &str| text.find(['*', '?', '[', '\0']).map_or(text.len(), |at| at);
    let (a, b) = (&pattern[..known(pattern)], &name[..known(name)]);
    b.len() >= 2 && (a.starts_with(b) || b.starts_with(a))
}

/// As [`listed`], but a name of the path that is `*` only counts below a folder that a pattern names.
fn listed_narrowly(patterns: &[&str], path: &str) -> bool {
    if path.starts_with(['*', '?', '\0']) {
        return false;
    }
    patterns.iter().any(|pattern| fits(pattern, path))
}

/// Whether an unknown part of the word is a variable that carries a credential by its name.
pub fn prints_secret_variable(word: &Word) -> bool {
    word.parts.iter().any(|part| match part {
        Part::Unknown { source, .. } => is_secret_variable(source),
        _ => false,
    })
}

/// Whether the source of an unknown part, such as `$API_TOKEN` or `${API_TOKEN:0:4}`, is such a variable.
pub fn is_secret_variable(source: &str) -> bool {
    let Some(rest) = source.strip_prefix('$') else { return false };
    // `${!name}` is the value of whatever variable; `${!name*}` and `${!name[@]}` are names only
    if let Some(name) = rest.strip_prefix("{!") {
        return !name.contains(['*', '@']);
    }
    // `${#X}` is its length, `${X:+…}` whether it is set.
    let rest = rest.strip_prefix('{').unwrap_or(rest);
    let name: &str =
        &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())];
    if name.is_empty() || rest[name.len()..].starts_with(":+") || rest[name.len()..].starts_with('+') {
        return false;
    }
    is_secret_name(name)
}

/// Whether a variable of this name carries a credential.
pub fn is_secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let fits = |patterns: &[&str]| patterns.iter().any(|pattern| name_fits(pattern, &upper));
    fits(&paths::CREDENTIAL_VARIABLES) && !fits(&paths::CREDENTIAL_PLAIN_VARIABLES)
}

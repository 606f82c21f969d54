//! Names of programs, and of credential files in words that are not known to be paths.

use crate::gate::credentials;
use crate::gate::knowledge::words::{Holds, matches};
use crate::gate::model::{Cwd, Invocation, Word};
use crate::gate::paths;
use crate::gate::request::Environment;

/// The base name of the program that is called.
pub(super) fn program(invocation: &Invocation) -> &str {
    let name = invocation.words.first().and_then(Word::text).unwrap_or_default();
    name.rsplit('/').next().unwrap_or(name)
}

/// Whether the program is one of these.
pub(super) fn is(names: &[&str], invocation: &Invocation) -> bool {
    names.contains(&program(invocation))
}

/// Whether a text surely matches one of the patterns.
pub(super) fn fits(patterns: &[&str], text: &str) -> bool {
    let word = Word::known(text);
    patterns.iter().any(|pattern| matches(pattern, &word) == Holds::Sure)
}

/// The credential file that a word names which may hold more than a path: `x@.env`, `FILE:.env`, `name=@~/.netrc`.
pub(super) fn credential_in<'t>(
    text: &'t str,
    cwd: Option<&Cwd>,
    environment: &Environment,
) -> Option<&'t str> {
    if text.is_empty() || text.len() > 4096 || text.contains("://") && !text.starts_with("file://") {
        return None;
    }
    let rest = text.strip_prefix("file://").unwrap_or(text);
    let after = |sign: char| rest.rsplit_once(sign).map(|(_, after)| after);
    let file = rest
        .get(..5)
        .filter(|start| start.eq_ignore_ascii_case("file:"))
        .map(|start| &rest[start.len()..])
        .or_else(|| rest.get(..5).filter(|start| start.eq_ignore_ascii_case("open:")).map(|_| &rest[5..]));
    [Some(rest), after('@'), after('='), after('<'), file.map(|file| file.split(',').next().unwrap_or(file))]
        .into_iter()
        .flatten()
        .map(|name| name.trim_start_matches(['@', '<', '"', '\'']).trim_end_matches(['"', '\'']))
        .find(|name| is_credential(name, cwd, environment))
}

/// Whether a text is the path of a credential file.
pub(super) fn is_credential(name: &str, cwd: Option<&Cwd>, environment: &Environment) -> bool {
    if name.len() < 4 || name.contains([' ', '\n']) {
        return false;
    }
    let word = Word::known(match (name.strip_prefix("~/"), &environment.home) {
        (Some(rest), Some(home)) => home.join(rest).to_string_lossy().into_owned(),
        _ => name.to_owned(),
    });
    let spots = paths::locate(&word, cwd, environment);
    credentials::is_credential_file(&word, &spots, cwd, environment)
}

/// What a pattern that files are looked for by says of their names: `^\.env$`, `**/.env`.
pub(super) fn plain_pattern(text: &str) -> String {
    let text: String = text.chars().filter(|c| !matches!(c, '\\' | '^' | '$' | '(' | ')')).collect();
    text.trim_start_matches("**/").trim_start_matches("*/").trim_start_matches(".*/").to_owned()
}

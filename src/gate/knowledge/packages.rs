//! Names of packages, told apart from addresses and paths.

use crate::gate::model::Word;

use super::words::written;

/// Registries that a name can say it is of.
const REGISTRIES: &[&str] = &["npm:", "jsr:"];
/// Versions that stand in the project's own settings.
const OF_THE_PROJECT: &[&str] = &["workspace:", "catalog:"];
/// Endings of package files.
const FILES: &[&str] = &[".whl", ".tgz", ".tar.gz", ".zip", ".gem", ".crate", ".nupkg"];

/// Whether a word names a package of a registry, with or without extras and a version (`lodash`, `@types/node@20`,
/// `black[d]==24.1`, `x@npm:y@1`): neither an address, nor a repository (`user/repo` is one for npm), nor a path.
pub(super) fn is_registry_name(word: &Word) -> bool {
    written(word).is_some_and(|text| {
        let (name, version) = split(of_registry(&text).unwrap_or(&text));
        is_name(name)
            && match version.strip_prefix('@') {
                Some(version) => match of_registry(version) {
                    Some(other) => {
                        let (name, version) = split(other);
                        is_name(name) && is_version(version)
                    }
                    None => {
                        let own = OF_THE_PROJECT.iter().find_map(|start| version.strip_prefix(start));
                        is_version(own.unwrap_or(version))
                    }
                },
                None => is_version(version),
            }
    })
}

fn of_registry(text: &str) -> Option<&str> {
    REGISTRIES.iter().find_map(|registry| text.strip_prefix(registry))
}

/// A name, and what follows it: extras, a version, a range of versions.
fn split(text: &str) -> (&str, &str) {
    let begins = usize::from(text.starts_with('@'));
    text.split_at(
        text[begins..]
            .find(['@', '[', '=', '<', '>', '~', '!', '^', ';', ' ', ',', '*'])
            .map_or(text.len(), |at| at + begins),
    )
}

fn is_name(name: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '-'])
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
    };
    match name.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').is_some_and(|(scope, name)| plain(scope) && plain(name)),
        None => plain(name) && !FILES.iter().any(|ending| name.ends_with(ending)),
    }
}

fn is_version(version: &str) -> bool {
    !version.contains(['/', ':', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions() {
        for name in [
            "lodash",
            "@types/node@20",
            "black[d]==24.1",
            "serde@1.0",
            "left-pad@^1",
            "requests>=2,<3",
            "x@npm:@y/z@1",
            "jsr:@std/path",
            "npm:chalk@5",
            "pkg@workspace:*",
            "zope.interface",
        ] {
            assert!(is_registry_name(&Word::known(name)), "{name}");
        }
    }

    #[test]
    fn addresses_and_paths() {
        for other in [
            "user/repo",
            "git+ssh://host.example/x",
            "https://host.example/x.tgz",
            "./x",
            "../x",
            "/tmp/x",
            "x.tgz",
            "github:user/repo",
            "file:x",
            "x @ https://host.example/x.whl",
            "x@git+https://host.example/x",
            "git@host.example:x",
            "~/x",
            "C:\\x",
            "@scope",
            "",
        ] {
            assert!(!is_registry_name(&Word::known(other)), "{other}");
        }
    }
}

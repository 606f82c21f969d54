//! Path patterns of the settings: which paths an exclude or an allow entry speaks of.
//!
//! The syntax is that of `.gitignore` lines, without negation, since that is what people know:
//!
//! | Pattern | Means |
//! |---|---|
//! | `*.min.js` | no `/` inside: at any depth |
//! | `node_modules/` | `/` at the end: directories only, with all they hold |
//! | `/build`, `docs/gen` | `/` at the start or inside: from the top |
//! | `vendor/**` | all that `vendor` holds |
//!
//! `*` and `?` do not match `/`; `**` does. A pattern that matches a directory covers everything below it.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Compiled path patterns.
#[derive(Clone, Debug, Default)]
pub struct PathGlobs {
    patterns: Vec<String>,
    /// Matched against files and directories; `any_owner` names the pattern of each glob.
    any: GlobSet,
    any_owner: Vec<usize>,
    /// Matched against directories only.
    directories: GlobSet,
    directory_owner: Vec<usize>,
}

impl PathGlobs {
    /// Compiles `patterns`. The errors, one for each bad pattern, hold its index and the cause in words.
    pub fn new<P: Into<String>>(patterns: impl IntoIterator<Item = P>) -> Result<Self, Vec<(usize, String)>> {
        let patterns: Vec<String> = patterns.into_iter().map(Into::into).collect();
        let (mut any, mut any_owner) = (GlobSetBuilder::new(), Vec::new());
        let (mut directories, mut directory_owner) = (GlobSetBuilder::new(), Vec::new());
        let mut errors = Vec::new();
        for (index, pattern) in patterns.iter().enumerate() {
            let compiled = normalize(pattern).and_then(|normal| {
                let glob = glob(&normal.glob)?;
                let holder =
                    normal.glob.strip_suffix("/**").filter(|holder| !holder.is_empty() && *holder != "**");
                Ok((glob, normal.directories_only, holder.map(self::glob).transpose()?))
            });
            match compiled {
                Ok((glob, directories_only, holder)) => {
                    if directories_only {
                        directories.add(glob);
                        directory_owner.push(index);
                    } else {
                        any.add(glob);
                        any_owner.push(index);
                    }
                    // `vendor/**` leaves nothing of `vendor`, so the directory need not even be entered.
                    if let Some(holder) = holder {
                        directories.add(holder);
                        directory_owner.push(index);
                    }
                }
                Err(cause) => errors.push((index, cause)),
            }
        }
        let any = any.build().unwrap_or_else(|error| {
            errors.push((0, error.to_string()));
            GlobSet::empty()
        });
        let directories = directories.build().unwrap_or_else(|error| {
            errors.push((0, error.to_string()));
            GlobSet::empty()
        });
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self { patterns, any, any_owner, directories, directory_owner })
    }

    /// Whether there is no pattern at all.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The patterns as written.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// The first pattern that matches `path` itself (relative, `/` separators), not the directories above it.
    pub fn matched(&self, path: &str, is_directory: bool) -> Option<&str> {
        self.matched_index(path, is_directory).map(|index| self.patterns[index].as_str())
    }

    /// The first pattern that matches the file `path` or a directory above it.
    pub fn covering(&self, path: &str) -> Option<&str> {
        if self.is_empty() {
            return None;
        }
        let above = memchr::memchr_iter(b'/', path.as_bytes()).map(|slash| &path[..slash]);
        above
            .filter(|path| !path.is_empty())
            .find_map(|path| self.matched(path, true))
            .or_else(|| self.matched(path, false))
    }

    fn matched_index(&self, path: &str, is_directory: bool) -> Option<usize> {
        // is_match allocates nothing, and nearly every path matches nothing.
        let of = |globs: &GlobSet, owners: &[usize]| {
            if globs.is_empty() || !globs.is_match(path) {
                return None;
            }
            globs.matches(path).into_iter().map(|glob| owners[glob]).min()
        };
        let any = of(&self.any, &self.any_owner);
        let directory = is_directory.then(|| of(&self.directories, &self.directory_owner)).flatten();
        any.into_iter().chain(directory).min()
    }
}

struct Normal {
    glob: String,
    directories_only: bool,
}

fn normalize(pattern: &str) -> Result<Normal, String> {
    if pattern.starts_with('!') {
        return Err("a pattern cannot be negated with \"!\"; narrow the other patterns".to_owned());
    }
    let body = pattern.trim_end_matches('/');
    let body = body.strip_prefix("./").unwrap_or(body);
    let from_top = body.contains('/');
    let body = body.trim_start_matches('/');
    if body.is_empty() {
        return Err("the pattern is empty".to_owned());
    }
    let glob = if from_top { body.to_owned() } else { format!("**/{body}") };
    Ok(Normal { glob, directories_only: pattern.ends_with('/') })
}

fn glob(text: &str) -> Result<globset::Glob, String> {
    let glob = GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build();
    glob.map_err(|error| error.kind().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, path: &str, expected: bool) {
        let globs = PathGlobs::new([pattern]).expect("pattern compiles");
        assert_eq!(globs.covering(path).is_some(), expected, "{pattern} on {path}");
    }

    #[test]
    fn patterns_read_like_gitignore_lines() {
        check("*.min.js", "a.min.js", true);
        check("*.min.js", "x/y/a.min.js", true);
        check("*.min.js", "a.js", false);
        check("vendor/**", "vendor/a/b", true);
        check("vendor/**", "x/vendor/a", false);
        check("vendor", "x/vendor/a", true);
        check("vendor", "vendored/a", false);
        check("build/", "build/a", true);
        check("build/", "x/build/a", true);
        check("build/", "build", false);
        check("/build", "build", true);
        check("/build", "x/build", false);
        check("docs/*.md", "docs/a.md", true);
        check("docs/*.md", "docs/x/a.md", false);
        check("./docs/a.md", "docs/a.md", true);
        check("**/gen/*.rs", "a/b/gen/c.rs", true);
        check("{a,b}.txt", "x/b.txt", true);
        check("**", "anything/at/all", true);
    }

    #[test]
    fn directories_are_matched_before_they_are_entered() {
        let globs = PathGlobs::new(["vendor/**", "out/"]).expect("patterns compile");
        assert_eq!(globs.matched("vendor", true), Some("vendor/**"));
        assert_eq!(globs.matched("vendor", false), None);
        assert_eq!(globs.matched("a/out", true), Some("out/"));
        assert_eq!(globs.matched("a", true), None);
    }

    #[test]
    fn bad_patterns_are_all_named() {
        let errors = PathGlobs::new(["ok", "a[", "!x", "/", "{a"]).expect_err("four are bad");
        assert_eq!(errors.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 2, 3, 4]);
    }
}

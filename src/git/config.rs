//! The few settings of a repository that say how it is stored. Nothing in it names a program that is run, and
//! includes are not followed.

use super::{Error, Result};

/// What the config says of the repository's form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Config {
    pub bare: Option<bool>,
    pub work_tree: Option<String>,
    version: u64,
    extensions: Vec<(String, String)>,
    promisor: bool,
}

impl Config {
    /// Reads the text of a config file. What it cannot read it passes over: only the form of the repository matters.
    pub(super) fn parse(text: &[u8]) -> Self {
        let mut config = Self::default();
        let mut section = String::new();
        let text = String::from_utf8_lossy(text);
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let mut line = line.trim().to_owned();
            while line.ends_with('\\') && !line.ends_with("\\\\") {
                line.pop();
                match lines.next() {
                    Some(next) => line.push_str(next),
                    None => break,
                }
            }
            let mut rest = line.as_str();
            if let Some(head) = rest.strip_prefix('[') {
                let Some(close) = head.find(']') else { continue };
                section = head[..close].trim().to_ascii_lowercase();
                rest = head[close + 1..].trim();
            }
            if rest.is_empty() || rest.starts_with(['#', ';']) {
                continue;
            }
            let (key, value) = match rest.split_once('=') {
                Some((key, value)) => (key.trim().to_ascii_lowercase(), plain(value)),
                None => (rest.to_ascii_lowercase(), "true".to_owned()),
            };
            config.set(&section, &key, value);
        }
        config
    }

    fn set(&mut self, section: &str, key: &str, value: String) {
        match (section, key) {
            ("core", "bare") => self.bare = Some(is_true(&value)),
            ("core", "worktree") => self.work_tree = Some(value),
            ("core", "repositoryformatversion") => self.version = value.parse().unwrap_or(u64::MAX),
            ("extensions", _) => {
                self.promisor |= key == "partialclone";
                self.extensions.push((key.to_owned(), value));
            }
            _ if section.starts_with("remote ") && key == "promisor" => self.promisor |= is_true(&value),
            _ if section.starts_with("remote ") && key == "partialclonefilter" => self.promisor = true,
            _ => {}
        }
    }

    /// Whether objects may be missing because a remote has them.
    pub(super) fn is_partial(&self) -> bool {
        self.promisor
    }

    /// Whether worktrees have a config of their own.
    pub(super) fn check(&self) -> Result<()> {
        if self.version > 1 {
            return Err(Error::Unsupported("the repository has a format of the future".to_owned()));
        }
        for (key, value) in &self.extensions {
            match key.as_str() {
                "objectformat" if !value.eq_ignore_ascii_case("sha1") => {
                    return Err(Error::Unsupported(format!(
                        "the repository names its objects by {}, which is not read yet: scan a checkout of it with \
                         `gate scan --no-ignore PATH`",
                        crate::sanitize::text(value)
                    )));
                }
                "refstorage" if !value.eq_ignore_ascii_case("files") => {
                    return Err(Error::Unsupported(format!(
                        "the repository stores its refs as {}, which is not read yet: `git refs migrate \
                         --ref-format=files` changes that",
                        crate::sanitize::text(value)
                    )));
                }
                "objectformat" | "refstorage" | "partialclone" | "worktreeconfig" | "noop" | "noop-v1"
                | "preciousobjects" | "relativeworktrees" | "compatobjectformat" => {}
                // git itself looks at others only from version 1 on
                _ if self.version == 0 => {}
                _ => {
                    return Err(Error::Unsupported(format!(
                        "the repository has the extension {}, which is not known",
                        crate::sanitize::text(key)
                    )));
                }
            }
        }
        Ok(())
    }
}

/// A value without quotes, escapes and comment.
fn plain(value: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut chars = value.trim().chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '#' | ';' if !quoted => break,
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => {}
            },
            _ => out.push(c),
        }
    }
    out.trim_end().to_owned()
}

fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_repository_is_read() {
        let text = "# c\n[core]\n\tbare = true ; c\n\trepositoryformatversion = 1\n[extensions]\n\tnoop\n\
                    [remote \"o\"]\n promisor = yes\n[include]\n path = /dev/zero\n[core] worktree = \"a b\"\n";
        let config = Config::parse(text.as_bytes());
        assert_eq!((config.bare, config.is_partial(), config.version), (Some(true), true, 1));
        assert_eq!(config.work_tree.as_deref(), Some("a b"));
        assert!(config.check().is_ok());
    }

    #[test]
    fn other_forms_are_refused() {
        for (text, expected) in [
            ("[core]\nrepositoryformatversion=1\n[extensions]\nobjectformat=sha256", "sha256"),
            ("[extensions]\nrefStorage=reftable", "reftable"),
            ("[core]\nrepositoryformatversion=2", "future"),
            ("[core]\nrepositoryformatversion=1\n[extensions]\nnovel=1", "novel"),
        ] {
            let error = Config::parse(text.as_bytes()).check().expect_err(text);
            assert!(error.to_string().contains(expected), "{error}");
        }
        assert!(Config::parse(b"[extensions]\nnovel=1").check().is_ok());
    }
}

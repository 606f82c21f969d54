//! Allow entries of the settings: findings that somebody has looked at and called harmless.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::{Allow, Date, Layer};

/// An entry in use: remembers whether it ever silenced anything.
#[derive(Debug)]
pub struct AllowEntry {
    allow: Allow,
    expired: bool,
    used: AtomicBool,
}

impl AllowEntry {
    /// Readies `allow` for a run on the day `today`. It applies up to and on the day it expires.
    pub fn new(allow: Allow, today: Date) -> Self {
        let expired = allow.expires.is_some_and(|expires| expires < today);
        Self { allow, expired, used: AtomicBool::new(false) }
    }

    /// The entry as configured.
    pub fn allow(&self) -> &Allow {
        &self.allow
    }

    /// Whether the entry silences a finding of `rule_id` at `path` with the bytes `secret`; notes that it was used.
    pub fn matches(&self, rule_id: &str, path: &str, secret: &[u8]) -> bool {
        let applies = !self.expired && self.conditions_hold(rule_id, path, secret);
        // Load first: many threads asking must not fight for the cache line.
        if applies && !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
        applies
    }

    fn conditions_hold(&self, rule_id: &str, path: &str, secret: &[u8]) -> bool {
        let Allow { rules, paths, regex, words, .. } = &self.allow;
        (rules.is_empty() || rules.iter().any(|rule| rule.value == rule_id))
            && (paths.is_empty() || paths.covering(path).is_some())
            && regex.as_ref().is_none_or(|regex| regex.is_match(secret))
            && words.as_ref().is_none_or(|words| words.is_match(secret))
    }

    /// What the user should know about the entry after a run, in one line. Whether it is of use can be told only when the
    /// `whole` project was scanned, and of entries of that project only.
    fn note(&self, whole: bool) -> Option<String> {
        let Allow { origin, reason, .. } = &self.allow;
        if let (true, Some(date)) = (self.expired, self.allow.expires) {
            return Some(format!(
                "{origin}: allow entry ({reason}) expired on {date} and does not apply; renew or remove it"
            ));
        }
        let unused = whole && origin.layer == Layer::Project && !self.used.load(Ordering::Relaxed);
        unused.then(|| {
            format!("{origin}: allow entry ({reason}) silenced nothing; remove it if it is out of date")
        })
    }
}

/// All entries of a run.
#[derive(Debug, Default)]
pub struct AllowList {
    entries: Vec<AllowEntry>,
    prefix: String,
}

impl AllowList {
    /// Readies `entries` for a run on the day `today`. `prefix` is where names begin in the project's folder: see
    /// [`crate::config::path_prefix`].
    pub fn new(entries: impl IntoIterator<Item = Allow>, today: Date, prefix: &str) -> Self {
        let entries = entries.into_iter().map(|allow| AllowEntry::new(allow, today)).collect();
        Self { entries, prefix: prefix.to_owned() }
    }

    /// The first entry that silences the finding.
    pub fn find(&self, rule_id: &str, path: &str, secret: &[u8]) -> Option<&Allow> {
        if self.entries.is_empty() {
            return None;
        }
        let from_top = (!self.prefix.is_empty()).then(|| format!("{}/{path}", self.prefix));
        let found = self.entries.iter().find(|entry| {
            entry.matches(rule_id, path, secret)
                || from_top.as_ref().is_some_and(|path| entry.matches(rule_id, path, secret))
        });
        found.map(AllowEntry::allow)
    }

    /// Whether an entry speaks of paths: then the same text may be judged differently under another path.
    pub fn names_paths(&self) -> bool {
        self.entries.iter().any(|entry| !entry.allow.paths.is_empty())
    }

    /// Entries that expired or, after a run over the `whole` project, silenced nothing; one line each.
    pub fn unused(&self, whole: bool) -> Vec<String> {
        self.entries.iter().filter_map(|entry| entry.note(whole)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Places, load, parse_date};

    fn list(entry: &str, prefix: &str) -> AllowList {
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = folder.path().join("config.toml");
        std::fs::write(&file, format!("[[scan.allow]]\nreason = 'why'\n{entry}")).expect("written");
        let settings = load(&Places { project: Some(file), ..Places::default() }).expect("valid settings");
        AllowList::new(settings.allow, parse_date("2026-06-15").expect("a date"), prefix)
    }

    fn check(entry: &str, rule: &str, path: &str, secret: &str, expected: bool) {
        let list = list(entry, "");
        assert_eq!(list.find(rule, path, secret.as_bytes()).is_some(), expected, "{entry}");
        assert_eq!(list.unused(true).is_empty(), expected, "{entry}");
    }

    #[test]
    fn all_conditions_must_hold() {
        check("rule = 'a'", "a", "x", "s", true);
        check("rule = 'a'", "ab", "x", "s", false);
        check("rule = ['b', 'a']", "a", "x", "s", true);
        check("path = 'tests/**'", "a", "tests/x/y", "s", true);
        check("path = 'tests'", "a", "tests/x/y", "s", true);
        check("path = 'tests/**'", "a", "src/x", "s", false);
        check("path = ['docs/**', '*.md']", "a", "src/x.md", "s", true);
        check("regex = '^dummy-'", "a", "x", "dummy-1", true);
        check("regex = '^dummy-'", "a", "x", "no dummy-1", false);
        check("words = ['Example']", "a", "x", "AnEXAMPLEvalue", true);
        check("words = ['example']", "a", "x", "exampl", false);
        check("rule = 'a'\npath = 'tests/**'", "a", "tests/x", "s", true);
        check("rule = 'a'\npath = 'tests/**'", "a", "src/x", "s", false);
        check("rule = 'a'\npath = 'tests/**'", "b", "tests/x", "s", false);
        check("path = 'tests/**'\nregex = 'z'\nwords = 'y'", "a", "tests/x", "yz", true);
        check("path = 'tests/**'\nregex = 'z'\nwords = 'y'", "a", "tests/x", "y", false);
    }

    #[test]
    fn entries_apply_until_they_expire() {
        check("rule = 'a'\nexpires = 2026-06-15", "a", "x", "s", true);
        check("rule = 'a'\nexpires = '2026-06-14'", "a", "x", "s", false);
        let notes = list("rule = 'a'\nexpires = 2026-06-14", "").unused(true);
        assert!(notes[0].contains("config.toml:1: allow entry (why) expired on 2026-06-14"), "{notes:?}");
    }

    #[test]
    fn patterns_mean_the_same_files_wherever_a_scan_starts() {
        let list = list("path = 'api/tests/**'", "api");
        assert!(list.find("a", "src/x", b"s").is_none());
        assert!(list.find("a", "tests/x", b"s").is_some());
    }
}

//! Keys of git's configuration that make git run a program, or trust more than it did.

use super::decision::Decision;
use super::knowledge::words::{Holds, matches};
use super::model::Word;

include!(concat!(env!("OUT_DIR"), "/git_config.rs"));

/// Judges `key=value`, or a key with the value beside it. `None`: nothing to say.
pub fn judge(word: &Word, value: Option<&Word>) -> Option<(Decision, String)> {
    let prefix = word.prefix();
    let (key, value) = match prefix.find('=') {
        Some(at) => (prefix[..at].to_owned(), Some(super::knowledge::words::strip(word, at + 1))),
        None if word.text().is_some() => (prefix.to_owned(), value.cloned()),
        None => {
            return Some((
                Decision::Ask,
                "sets something of git's configuration that shows only when it runs".to_owned(),
            ));
        }
    };
    let known = value.as_ref().and_then(Word::text);
    let key = Word::known(key.to_ascii_lowercase());
    KEYS.iter().find_map(|(patterns, decision, reason)| {
        let found = patterns.iter().any(|pattern| matches(pattern, &key) == Holds::Sure);
        let harmless = known.is_some_and(|value| {
            let value = Word::known(value.trim());
            *decision == Decision::Ask
                && HARMLESS.iter().any(|pattern| matches(pattern, &value) == Holds::Sure)
                && !reason.starts_with("switches")
        });
        (found && !harmless).then(|| (*decision, format!("`{}` {reason}", key.prefix())))
    })
}

/// The line of shell that a key makes git run, if its value is one. Only of keys that [`judge`] speaks of.
pub fn line(word: &Word, value: Option<&Word>) -> Option<Word> {
    let (key, value) = match word.prefix().split_once('=') {
        Some((key, _)) => (key, super::knowledge::words::strip(word, key.len() + 1)),
        None => (word.prefix(), value?.clone()),
    };
    let key = key.to_ascii_lowercase();
    if key.starts_with("alias.") {
        return value.prefix().starts_with('!').then(|| super::knowledge::words::strip(&value, 1));
    }
    let last = key.rsplit('.').next().unwrap_or_default();
    LINES.contains(&last).then_some(value)
}

/// Last parts of keys whose value git hands to a shell.
const LINES: &[&str] = &[
    "sshcommand",
    "editor",
    "pager",
    "askpass",
    "external",
    "command",
    "textconv",
    "driver",
    "cmd",
    "clean",
    "smudge",
    "process",
    "fsmonitor",
    "uploadpack",
    "receivepack",
    "difffilter",
    "packobjectshook",
    "helper",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_run_programs_ask() {
        for key in ["core.fsmonitor=./x", "CORE.SSHCommand=ssh -v", "alias.x=!sh", "diff.foo.textconv=x"] {
            assert!(judge(&Word::known(key), None).is_some(), "{key}");
        }
        for key in ["core.pager=cat", "user.name=A", "commit.gpgsign=false", "credential.helper="] {
            assert_eq!(judge(&Word::known(key), None), None, "{key}");
        }
        assert!(judge(&Word::known("http.sslVerify=false"), None).is_some());
        assert!(judge(&Word::known("core.editor"), Some(&Word::known("./x.sh"))).is_some());
    }
}

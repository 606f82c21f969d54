//! What a search prints: paths below the places it looks in.

use crate::gate::knowledge::split::Split;
use crate::gate::model::Word;

use super::Reader;
use super::texts::below;

/// Options of `find` that print something else, or run something.
const FIND_ELSE: &[&str] = &["-printf", "-fprintf", "-exec", "-execdir", "-ok", "-okdir", "-ls", "-fls"];
/// The same of `fd`.
const FD_ELSE: &[&str] = &["-x", "-X", "-l", "--format"];

impl Reader<'_> {
    /// The paths that it prints if it is a search by names: each stands for any number of them.
    pub(super) fn found(&self, split: &Split) -> Vec<Word> {
        let has = |names: &[&str]| names.iter().any(|name| split.has(name));
        let names = match self.out.command.as_str() {
            "find" => !has(FIND_ELSE),
            "fd" | "fdfind" => !has(FD_ELSE),
            "grep" | "egrep" | "fgrep" | "ggrep" => has(&["-l", "-L"]),
            "rg" => has(&["-l", "--files-with-matches", "--files", "--files-without-match"]),
            "git ls-files" => !has(&["-s", "--stage", "--format", "-t", "-v"]),
            "git diff" => has(&["--name-only"]),
            "git grep" => has(&["-l", "--name-only", "--files-with-matches"]),
            _ => false,
        };
        if !names || split.doubt {
            return Vec::new();
        }
        if self.out.command.starts_with("git") {
            return vec![below(&Word::known("."), split)];
        }
        self.starts(split).iter().map(|start| below(start, split)).collect()
    }
}

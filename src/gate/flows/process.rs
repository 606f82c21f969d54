//! Processes that are ended by a list which another command makes.

use crate::gate::model::{Invocation, Reading, Word};

use super::names::is;
use super::{PROGRAMS_LISTERS, PROGRAMS_SEARCHERS};

/// Why ending the processes at `index` deserves a question: the list it gets holds whatever runs, not what somebody named.
pub(super) fn judge(index: usize, all: &[(Invocation, Reading)], fed_by: &[Vec<usize>]) -> Option<String> {
    if !is(&["kill", "skill", "renice"], &all[index].0) {
        return None;
    }
    let mut open = fed_by[index].clone();
    let mut seen = vec![false; all.len()];
    let mut lists = false;
    while let Some(at) = open.pop() {
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        let invocation = &all[at].0;
        if is(&PROGRAMS_LISTERS, invocation) {
            lists |= !names_some(invocation);
        } else if narrows(invocation) {
            return None;
        }
        open.extend(&fed_by[at]);
    }
    lists.then(|| "ends every process that a list of all names".to_owned())
}

/// Whether a program that lists processes is told which: `pgrep -f vite`, `lsof -ti:3000`, `ps -C node`.
fn names_some(invocation: &Invocation) -> bool {
    let mut words = invocation.words.iter().skip(1).peekable();
    if is(&["pgrep", "pidof"], invocation) {
        let mut takes_value = false;
        return words.any(|word| {
            let option = word.prefix().starts_with('-');
            let value = std::mem::replace(
                &mut takes_value,
                option && matches!(word.text(), Some("-u" | "-U" | "-g" | "-G" | "-t" | "-s" | "-P")),
            );
            !option && !value && !matches!(word.text(), Some("." | ".*" | "" | "^" | "$"))
        });
    }
    if is(&["lsof", "fuser", "ss", "netstat"], invocation) {
        return words.any(|word| word.prefix().contains(['i', ':', '/']));
    }
    words.any(|word| matches!(word.text(), Some("-C" | "--pid" | "-p" | "--ppid")))
}

/// Whether a command lets only some lines through: `grep node`, `awk '/node/ {print $2}'`.
fn narrows(invocation: &Invocation) -> bool {
    is(&PROGRAMS_SEARCHERS, invocation)
        && invocation
            .words
            .iter()
            .skip(1)
            .filter_map(Word::text)
            .any(|word| !word.starts_with('-') && !matches!(word, "." | ".*" | ""))
        && !invocation.words.iter().any(|word| matches!(word.text(), Some("-v")))
        || is(&["awk", "gawk", "mawk", "sed"], invocation)
            && invocation
                .words
                .iter()
                .skip(1)
                .filter_map(Word::text)
                .any(|word| word.contains('/') || word.contains("=="))
}

//! Commands that stand in code which is not understood: what they would destroy is named, whether they run or not.

use crate::gate::decision::Decision;
use crate::gate::model::{Invocation, Word};

use super::inner::child;
use super::value::{State, text};
use super::{Io, Resolver};

/// Words that commands worth a wall begin with.
const BEGINS: &[&str] = &[
    "rm ", "sudo ", "mkfs", "dd ", "shred ", "find ", "chmod ", "chown ", "curl ", "wget ", "nc ", "bash ",
    "sh ", "mv ", "cat ", "git push", "wipefs ", "rsync ",
];
/// Commands looked at in one text.
const MOST: usize = 16;
/// Longest text that is searched, in bytes.
const LONGEST: usize = 16 << 10;

impl Resolver<'_> {
    /// Looks for commands in a text that asks already; only what deserves a wall counts.
    pub(super) fn suspect(&mut self, code: &Word, within: &Invocation, state: &State) {
        let Some(code) = code.text().filter(|code| code.len() <= LONGEST) else { return };
        let found = commands(code);
        if found.is_empty() {
            return;
        }
        let start = self.resolved.invocations.len();
        let said = self.resolved.opinions.len();
        for command in found {
            let mut inside = child(state, within);
            self.deeper(|resolver| {
                let parts = text(command);
                resolver.shell_text(&parts, within.span, &mut inside, &Io::default(), "a command in the code")
            });
        }
        let mut at = 0;
        self.resolved.opinions.retain(|opinion| {
            at += 1;
            at <= said || opinion.decision == Decision::Deny
        });
        self.resolved.own.push(start..self.resolved.invocations.len());
    }
}

/// Texts from the first word of a command to where a string, a line or a call ends.
fn commands(code: &str) -> Vec<String> {
    // words given one by one: `"rm", "-rf"`
    let code = code.replace("\", \"", " ").replace("\",\"", " ").replace("', '", " ").replace("','", " ");
    let mut found: Vec<String> = Vec::new();
    for begin in BEGINS {
        for (at, _) in code.match_indices(begin) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) {
                continue;
            }
            let rest = &code[at..];
            let end = rest.find(['"', '\'', '`', '\n', ')', '}', ']']).unwrap_or(rest.len());
            let command =
                rest[..end].trim_end_matches("\\n").trim_end_matches("/e").trim_end_matches("/ge").trim();
            if !found.iter().any(|other| other == command) {
                found.push(command.to_owned());
            }
            if found.len() >= MOST {
                return found;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_in_texts() {
        assert_eq!(commands("spawn rm -rf /; interact"), ["rm -rf /; interact"]);
        assert_eq!(commands("BEGIN{print \"rm -rf ~\" | \"sh\"}"), ["rm -rf ~"]);
        assert_eq!(commands("s/.*/rm -rf ~/e"), ["rm -rf ~"]);
        assert_eq!(commands("new ProcessBuilder(\"rm\",\"-rf\",\"/home\").start()"), ["rm -rf /home"]);
        assert_eq!(commands("inform them"), Vec::<String>::new());
    }
}

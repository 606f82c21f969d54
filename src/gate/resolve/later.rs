//! What is written where it runs later: start files of shells, tables of cron. It is judged as if it ran now.

use std::path::Path;

use crate::gate::model::{Invocation, Stdin, Word};
use crate::gate::paths::{self, Area};

use super::simple::base_name;
use super::value::{Parts, State, known, text};
use super::{Io, Out, Resolver, output};

/// Words of a schedule before the command (`0 3 * * 1`).
const SCHEDULE: usize = 5;

impl Resolver<'_> {
    /// What is written to a file, if a shell or cron reads that file later.
    pub(super) fn write_later(&mut self, path: &Path, content: &Parts, state: &State) {
        let shown = path.to_string_lossy();
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let cron = shown.starts_with("/etc/cron") || shown.starts_with("/var/spool/cron");
        let shell = name.ends_with("rc")
            || name.ends_with("profile")
            || matches!(
                &*name,
                ".zshenv" | ".zlogin" | ".bash_login" | ".bash_logout" | "config.fish" | "rc.local"
            )
            || shown.contains("/profile.d/");
        let spots = paths::locate(&Word::known(&*shown), None, self.environment);
        let starts =
            spots.iter().any(|spot| matches!(spot.area, Area::Start | Area::System | Area::Critical));
        if !(cron || shell && starts) {
            return;
        }
        if cron {
            // tables below `/etc` name a user after the schedule
            let user = usize::from(shown.starts_with("/etc/cron.d/") || shown == "/etc/crontab");
            self.run_scheduled(content, user, state);
        } else {
            let mut inside = state.for_child();
            self.shell_text(content, self.frame.fixed.flatten(), &mut inside, &Io::default(), "a start file");
        }
    }

    /// What `crontab` is given on its standard input.
    pub(super) fn crontab(&mut self, invocation: &Invocation, state: &State) {
        let texts: Vec<Parts> = match &invocation.stdin {
            Stdin::Text(word) => vec![word.parts.clone()],
            Stdin::Pipe(feeders) => {
                let feeders = feeders.iter().filter_map(|index| self.resolved.invocations.get(*index));
                feeders.filter_map(printed).collect()
            }
            _ => return,
        };
        for content in texts {
            self.run_scheduled(&content, 0, state);
        }
    }

    /// The commands of a table, without their schedules and as many words more.
    fn run_scheduled(&mut self, table: &Parts, more: usize, state: &State) {
        let Some(table) = known(table).map(str::to_owned) else { return };
        for line in table.lines() {
            let line = line.trim_start();
            let words = if line.starts_with('@') { 1 } else { SCHEDULE } + more;
            let Some(command) = after_words(line, words).filter(|_| !line.starts_with('#')) else { continue };
            let mut inside = state.for_child();
            let span = self.frame.fixed.flatten();
            self.shell_text(&text(command), span, &mut inside, &Io::default(), "a line of cron");
        }
    }
}

/// What `echo` and its like print.
fn printed(invocation: &Invocation) -> Option<Parts> {
    let name = invocation.words.first()?.text().map(base_name)?;
    match output::of(name, &invocation.words[1..], &Stdin::Empty) {
        Out::Known(parts) => Some(parts),
        Out::Unknown => None,
    }
}

/// The line after a number of words.
fn after_words(line: &str, words: usize) -> Option<&str> {
    let mut rest = line;
    for _ in 0..words {
        let end = rest.find(char::is_whitespace)?;
        rest = rest[end..].trim_start();
    }
    (!rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_stand_after_the_schedule() {
        assert_eq!(after_words("*/5 * * * *  make test", SCHEDULE), Some("make test"));
        assert_eq!(after_words("@reboot make test", 1), Some("make test"));
        assert_eq!(after_words("MAILTO=x", SCHEDULE), None);
    }
}

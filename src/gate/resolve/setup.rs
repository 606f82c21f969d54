//! What sets up the shell at hand, and is the user's own: start files, and tools that print lines for `eval`.

use std::path::Path;

use super::Resolver;

// COMMANDS and FILES
include!(concat!(env!("OUT_DIR"), "/shell_setups.rs"));

/// Whether a program with these arguments prints lines that set up a shell.
pub(super) fn prints_setup(name: &str, arguments: &[&str]) -> bool {
    COMMANDS.iter().any(|command| {
        let mut words = command.split(' ');
        words.next() == Some(name)
            && words
                .zip(arguments.iter().map(Some).chain(std::iter::repeat(None)))
                .all(|(word, given)| given == Some(&word))
    })
}

impl Resolver<'_> {
    /// Whether a file outside the workspace is one that people set up their shells with.
    pub(super) fn is_setup(&self, file: &Path) -> bool {
        FILES.iter().any(|known| match known.strip_prefix("~/") {
            Some(below) => self.environment.home.as_deref().is_some_and(|home| file == home.join(below)),
            None => file == Path::new(known),
        })
    }
}

//! Whose output gets into which command: by substitutions, variables and files of the line. Pipes are seen to in `walk`.

use crate::gate::model::{Invocation, Part, Stdin, Word};

use super::Resolver;

impl Resolver<'_> {
    /// Notes which commands made what is unknown in an invocation.
    pub(super) fn feed(&mut self, invocation: &Invocation, index: usize) {
        let mut feeders: Vec<std::ops::Range<usize>> = Vec::new();
        let stdin = match &invocation.stdin {
            Stdin::Text(word) => Some(word),
            _ => None,
        };
        let words =
            invocation.words.iter().chain(invocation.environment.iter().map(|(_, word)| word)).chain(stdin);
        for word in words {
            self.feeders(word, &mut feeders);
        }
        if let Stdin::Pipe(piped) = &invocation.stdin {
            feeders.extend(piped.iter().map(|&feeder| feeder..feeder + 1));
        }
        for feeder in feeders.into_iter().flatten() {
            if let Some(feeder) = self.resolved.invocations.get_mut(feeder)
                && !feeder.feeds.contains(&index)
            {
                feeder.feeds.push(index);
            }
        }
    }

    /// The commands that made the unknown parts of a word.
    fn feeders(&self, word: &Word, out: &mut Vec<std::ops::Range<usize>>) {
        for part in &word.parts {
            match part {
                Part::Unknown { source, .. } => {
                    let made = self.substitutions.iter().filter(|(other, _)| **other == **source);
                    out.extend(made.map(|(_, range)| range.clone()));
                }
                Part::Text(text) => {
                    if let Some(process) = self.process_of(text) {
                        out.push(process.by.clone());
                    }
                }
                Part::Glob(_) => {}
            }
        }
    }
}

//! Whose output gets into which command: by substitutions, variables and files of the line. Pipes are seen to in `walk`.

use crate::gate::model::{Invocation, Part, Stdin, Word};

use super::Resolver;

impl Resolver<'_> {
    /// Notes which commands made what is unknown in an invocation.
    pub(super) fn feed(&mut self, invocation: &mut Invocation, index: usize) {
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
        // `> >(…)` and `tee >(…)`: what is written there comes to the commands in it
        let written = invocation.redirects.iter().map(|redirect| &redirect.target).chain(&invocation.words);
        let readers: Vec<usize> = written
            .filter_map(Word::text)
            .filter_map(|text| self.process_of(text))
            .filter(|process| process.reads)
            .flat_map(|process| process.by.clone())
            .collect();
        if let Stdin::Pipe(piped) = &invocation.stdin {
            feeders.extend(piped.iter().map(|&feeder| feeder..feeder + 1));
        }
        invocation.feeds.extend(readers);
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

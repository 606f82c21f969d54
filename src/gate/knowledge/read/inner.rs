//! The commands, code and scripts that an invocation runs.

use crate::gate::knowledge::program;
use crate::gate::knowledge::table::Role;
use crate::gate::knowledge::words::join;
use crate::gate::model::{Inner, Invocation, Place, Stdin, Word};

use super::Reader;
use super::lines::add_words;
use super::texts::unknown;

impl Reader<'_> {
    pub(super) fn inner(&self, role: Role, mut words: Vec<Word>, mut within: Invocation) -> Option<Inner> {
        let dialect = program::dialect(&self.name).to_owned();
        if let (Role::Target(kind), true) = (role, words.is_empty()) {
            return Some(Inner::Target { kind: kind.to_owned(), name: None, within: Box::new(within) });
        }
        let is_command =
            matches!(role, Role::Command | Role::CommandMore | Role::CommandRemote | Role::CommandUntil);
        if is_command && words.len() > 1 && words[0].text() == Some("--") {
            words.remove(0);
        }
        let first = words.first().cloned()?;
        Some(match role {
            Role::Command | Role::CommandUntil => Inner::Words(Invocation { words, ..within }),
            Role::CommandMore => {
                let before = self.invocation.words.len().saturating_sub(words.len());
                add_words(&mut words, &self.invocation.words[..before], &self.invocation.stdin);
                Inner::Words(Invocation { words, stdin: Stdin::Empty, ..within })
            }
            Role::Program => {
                words.truncate(1);
                words.push(unknown("arguments", true));
                Inner::Words(Invocation { words, ..within })
            }
            Role::CommandRemote => {
                within.place = Place::Elsewhere(self.out.command.clone());
                Inner::Words(Invocation { words, ..within })
            }
            Role::Shell => {
                let arguments = words.split_off(1);
                Inner::Shell { text: first, dialect, arguments, within: Box::new(within) }
            }
            Role::ShellRemote => {
                within.place = Place::Elsewhere(self.out.command.clone());
                Inner::Shell {
                    text: join(&words),
                    dialect: "sh".to_owned(),
                    arguments: Vec::new(),
                    within: Box::new(within),
                }
            }
            Role::Code(language) => {
                Inner::Code { language: language.to_owned(), text: first, within: Box::new(within) }
            }
            Role::Script(language) => {
                let arguments = words.split_off(1);
                Inner::Script {
                    language: language.to_owned(),
                    path: first,
                    arguments,
                    within: Box::new(within),
                }
            }
            Role::Target(kind) => {
                // What follows a target may be its arguments.
                within.words = words.split_off(1);
                Inner::Target { kind: kind.to_owned(), name: Some(first), within: Box::new(within) }
            }
            _ => return None,
        })
    }
}

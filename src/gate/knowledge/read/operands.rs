//! Operands and standard input: which role each has.

use crate::gate::decision::Decision;
use crate::gate::knowledge::assign::{assign, is_assignment, is_number};
use crate::gate::knowledge::rules::holds;
use crate::gate::knowledge::split::Split;
use crate::gate::knowledge::table::{Count, Operand, Role};
use crate::gate::knowledge::words::{Holds, join, shown, splits};
use crate::gate::model::{Stdin, Word};

use super::roles::is_path;
use super::texts::{below, from_stdin, holds_braces, replace_braces, text_words};
use super::{HAVE_DEFAULT, MOST_STARTS, Reader};

impl Reader<'_> {
    /// The readings of the operands that are possible, and the roles of standard input with them.
    pub(super) fn forms(&self, split: &Split) -> Vec<(&'static [Operand], Role)> {
        let leaf = split.leaf();
        let mut found = Vec::new();
        for form in leaf.forms {
            let held = holds(&form.when, split, &self.invocation.stdin);
            if held == Holds::No {
                continue;
            }
            let operands = form.operands.or(leaf.operands).unwrap_or(&[]);
            found.push((operands, form.stdin.unwrap_or(leaf.stdin)));
            if held == Holds::Sure {
                return found;
            }
        }
        if let Some(operands) = leaf.operands {
            found.push((operands, leaf.stdin));
        }
        found
    }

    pub(super) fn operands(&mut self, split: &Split) {
        let forms = self.forms(split);
        for (operands, _) in &forms {
            let target = operands.iter().map(|operand| operand.role).find_map(|role| match role {
                Role::Target(kind) if HAVE_DEFAULT.contains(&kind) => Some(kind),
                _ => None,
            });
            // `make` without a target makes the first one; assignments name none.
            if let Some(kind) = target
                && split.operands.iter().all(|word| is_assignment(word) || is_number(word))
            {
                self.pending.push((Role::Target(kind), Vec::new()));
            }
        }
        let sure = forms.len() == 1;
        for (operands, stdin) in forms {
            let roles = assign(operands, &split.operands);
            // `eval a b` is the line `a b`.
            let joined =
                operands.iter().any(|operand| operand.role == Role::Shell && operand.count == Count::Any);
            for (at, (word, role)) in split.operands.iter().zip(&roles).enumerate() {
                match role {
                    Some(Role::Shell) if joined => {
                        let line = join(&split.operands[at..]);
                        self.role(Role::Shell, &line, &[], "operand");
                        break;
                    }
                    Some(role) => {
                        self.role(*role, word, &split.operands[at + 1..], "operand");
                        if takes_all(*role) {
                            break;
                        }
                    }
                    None if sure => {
                        let reason =
                            format!("`{}` is more than `{}` is known to take", shown(word), self.out.command);
                        self.opinion("unexpected-operand", Decision::Ask, reason);
                    }
                    None => {}
                }
            }
            // Several words may hide in an unknown one: they have the roles of its neighbours as well.
            if split.operands.iter().any(splits) {
                let any: Vec<Role> = operands.iter().map(|operand| operand.role).collect();
                for word in split.operands.iter().filter(|word| splits(word)) {
                    for role in any.iter().filter(|role| is_path(**role)) {
                        if !roles.contains(&Some(*role)) {
                            self.role(*role, word, &[], "operand");
                        }
                    }
                }
            }
            let names_file = roles
                .iter()
                .zip(&split.operands)
                .any(|(role, word)| role.is_some_and(names_file) && word.text() != Some("-"));
            // A database that is named is no file of statements.
            let statements =
                roles.iter().flatten().any(|role| matches!(role, Role::Sql(_) | Role::Script(_)));
            if !names_file || matches!(stdin, Role::Sql(_)) && !statements {
                self.stdin(stdin);
            }
        }
    }

    /// What the program does with its standard input.
    pub(super) fn stdin(&mut self, role: Role) {
        let stdin = &self.invocation.stdin;
        match (role, stdin) {
            (_, Stdin::Inherited | Stdin::Empty) | (Role::Text, _) => {}
            (Role::Shell | Role::ShellRemote | Role::Code(_), Stdin::Text(text)) => {
                self.pending.push((role, vec![text.clone()]));
            }
            (Role::Shell, Stdin::File(path)) => {
                self.pending.push((Role::Script("shell"), vec![path.clone()]))
            }
            (Role::Code(language), Stdin::File(path)) => {
                self.pending.push((Role::Script(language), vec![path.clone()]));
            }
            (Role::Shell | Role::ShellRemote | Role::Code(_), _) => {
                self.pending.push((role, vec![from_stdin()]));
            }
            (Role::Sql(dialect), Stdin::Text(text)) => self.statements(dialect, &text.clone()),
            (Role::Sql(dialect), Stdin::File(path)) => self.statement_file(dialect, &path.clone()),
            (Role::Sql(dialect), _) => self.statements(dialect, &from_stdin()),
            (Role::Paths(inner), Stdin::Text(text)) => {
                for word in text_words(text) {
                    self.role(*inner, &word, &[], "standard input");
                }
            }
            (Role::Paths(inner), _) => self.role(*inner, &from_stdin(), &[], "standard input"),
            _ => {}
        }
    }

    /// Where a search begins: the operands that are paths, or the folder itself.
    pub(super) fn starts(&self, split: &Split) -> Vec<Word> {
        let mut starts: Vec<Word> = Vec::new();
        for (operands, _) in self.forms(split) {
            for (word, role) in split.operands.iter().zip(assign(operands, &split.operands)) {
                if role.is_some_and(is_path) {
                    starts.push(word.clone());
                }
            }
        }
        starts.truncate(MOST_STARTS);
        if starts.is_empty() { vec![Word::known(".")] } else { starts }
    }

    pub(super) fn command_option(&mut self, role: Role, words: &[Word], split: &Split) {
        let starts = self.starts(split);
        if !words.iter().any(|word| word.parts.iter().any(holds_braces)) && role == Role::CommandUntil {
            self.pending.push((Role::Command, words.to_vec()));
            return;
        }
        for start in starts {
            let found = below(&start, split);
            let mut replaced: Vec<Word> = words.iter().map(|word| replace_braces(word, &found)).collect();
            if role == Role::CommandMore && !words.iter().any(|word| word.parts.iter().any(holds_braces)) {
                replaced.push(found);
            }
            self.pending.push((Role::Command, replaced));
        }
    }
}

/// Whether a role takes all words that follow.
pub(super) fn takes_all(role: Role) -> bool {
    matches!(
        role,
        Role::Command | Role::CommandMore | Role::CommandRemote | Role::ShellRemote | Role::ShellMore
    )
}

pub(super) fn names_file(role: Role) -> bool {
    is_path(role)
        || matches!(role, Role::Shell | Role::ShellRemote | Role::Code(_) | Role::Script(_) | Role::Sql(_))
}

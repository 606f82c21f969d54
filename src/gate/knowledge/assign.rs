//! Which operand has which role.

use super::table::{Count, Operand, Role};
use crate::gate::model::Word;

/// The role of each operand; `None` for those that no role is left for.
pub(super) fn assign(operands: &[Operand], words: &[Word]) -> Vec<Option<Role>> {
    let needed = operands.iter().filter(|operand| operand.count == Count::One).count();
    let mut spare = words.len().saturating_sub(needed);
    let mut roles: Vec<Option<Role>> = Vec::with_capacity(words.len());
    let mut missing = needed.saturating_sub(words.len());
    for (index, operand) in operands.iter().enumerate() {
        let takes = match operand.count {
            // `mv a`, `cp -t folder a`: what comes last is there, what comes first is missing.
            Count::One
                if missing > 0
                    && operands[..index].iter().all(|other| other.count == Count::One)
                    && index > 0 =>
            {
                missing -= 1;
                0
            }
            Count::One => 1,
            Count::Maybe => usize::from(spare > 0),
            Count::Any if operand.role == Role::Env => {
                words[roles.len()..].iter().take_while(|word| is_assignment(word)).count()
            }
            Count::Any => match operands.get(index + 1).map(|next| next.role) {
                Some(Role::Command | Role::CommandMore | Role::CommandRemote | Role::ShellMore) => 0,
                _ => spare,
            },
        };
        if operand.count != Count::One {
            spare = spare.saturating_sub(takes);
        }
        for _ in 0..takes {
            if roles.len() < words.len() {
                roles.push(Some(operand.role));
            }
        }
        if takes_rest(operand.role) {
            roles.resize(words.len(), Some(Role::Text));
            return roles;
        }
    }
    roles.resize(words.len(), None);
    roles
}

/// Whether the words after one of this role belong to it.
pub(super) fn takes_rest(role: Role) -> bool {
    matches!(role, Role::Command | Role::CommandMore | Role::CommandRemote | Role::ShellMore)
}

/// `NAME=…`
pub(super) fn is_assignment(word: &Word) -> bool {
    let Some((name, _)) = word.prefix().split_once('=') else { return false };
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A number, which an option takes that may stand without one (`make -j 8`).
pub(super) fn is_number(word: &Word) -> bool {
    word.text().is_some_and(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(operands: &[(Role, Count)], words: &[&str]) -> Vec<Option<Role>> {
        let operands: Vec<Operand> =
            operands.iter().map(|(role, count)| Operand { role: *role, count: *count }).collect();
        assign(&operands, &words.iter().copied().map(Word::known).collect::<Vec<_>>())
    }

    #[test]
    fn what_follows_a_star_counts_from_the_end() {
        let mv = [(Role::Move, Count::Any), (Role::Write, Count::One)];
        assert_eq!(roles(&mv, &["a", "b", "c"]), [Some(Role::Move), Some(Role::Move), Some(Role::Write)]);
        assert_eq!(roles(&mv, &["a"]), [Some(Role::Write)]);
    }

    #[test]
    fn too_many_have_none() {
        assert_eq!(roles(&[(Role::Read, Count::Maybe)], &["a", "b"]), [Some(Role::Read), None]);
    }

    #[test]
    fn a_command_takes_the_rest() {
        let env = [(Role::Env, Count::Any), (Role::Command, Count::One)];
        assert_eq!(
            roles(&env, &["A=1", "ls", "B=2"]),
            [Some(Role::Env), Some(Role::Command), Some(Role::Text)]
        );
        let timeout = [(Role::Text, Count::One), (Role::Command, Count::One)];
        assert_eq!(
            roles(&timeout, &["5", "ls", "x"]),
            [Some(Role::Text), Some(Role::Command), Some(Role::Text)]
        );
    }
}

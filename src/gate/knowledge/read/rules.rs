//! What the rules of a command say, and what they do to its operands.

use crate::gate::decision::Decision;
use crate::gate::effect_kind::EffectKind;
use crate::gate::effects;
use crate::gate::knowledge::assign::assign;
use crate::gate::knowledge::rules::holds;
use crate::gate::knowledge::split::Split;
use crate::gate::knowledge::table::Rule;
use crate::gate::knowledge::words::Holds;
use crate::gate::model::{Opinion, Word};

use super::Reader;
use super::roles::is_path;

impl Reader<'_> {
    /// Rules that hold, of the command and its parents; what they say is kept.
    pub(super) fn rules(&mut self, split: &Split) -> Vec<&'static Rule> {
        let all = || split.levels.iter().flat_map(|level| level.rules);
        let mut kept: Vec<&'static Rule> = Vec::new();
        let mut lifted: Vec<&'static str> = Vec::new();
        for rule in all() {
            let held = holds(&rule.when, split, &self.invocation.stdin);
            if rule.decision == Some(Decision::Allow) {
                if held == Holds::Sure {
                    lifted.extend(rule.lifts);
                }
            } else if held != Holds::No {
                kept.push(rule);
            }
        }
        kept.retain(|rule| !lifted.contains(&rule.id));
        for rule in &kept {
            let decision = match (rule.decision, rule.effect) {
                (Some(decision), _) => decision,
                (None, Some(kind)) if !kind.has_place() && !effects::is_stake(kind) => effects::usual(kind),
                _ => continue,
            };
            self.privileged |= rule.effect == Some(EffectKind::Privilege);
            self.out.opinions.push(Opinion {
                id: rule.id.to_owned(),
                decision,
                reason: rule.reason.to_owned(),
                suggestion: (!rule.suggestion.is_empty()).then(|| rule.suggestion.to_owned()),
                span: self.invocation.span,
            });
        }
        kept
    }

    /// Effects of rules: those with a place are had on every operand that is a path.
    pub(super) fn targets_of_rules(&mut self, split: &Split, rules: &[&'static Rule]) {
        for rule in rules {
            let Some(kind) = rule.effect else { continue };
            if kind == EffectKind::DropsBranch {
                for word in &split.operands {
                    self.effect(kind, Some(word), rule.id);
                }
                continue;
            }
            let before = self.out.effects.len();
            for (operands, _) in self.forms(split) {
                for (word, role) in split.operands.iter().zip(assign(operands, &split.operands)) {
                    if role.is_some_and(is_path) && (kind.has_place() || effects::is_stake(kind)) {
                        self.effect(kind, Some(word), rule.id);
                    }
                }
            }
            if self.out.effects.len() == before {
                // what is unpacked or written by nobody's name lies in the folder it works in
                let here = (kind == EffectKind::Writes).then(|| Word::known("."));
                self.effect(kind, here.as_ref(), rule.id);
            }
        }
    }
}

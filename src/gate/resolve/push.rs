//! Which branch a push without a refspec overwrites: the one at hand, also after a `git checkout` of the same line.

use crate::gate::decision::Decision;
use crate::gate::model::{Cwd, Invocation, Opinion, Reading, Word};

use super::Resolver;

/// Branches that everyone builds on.
const SHARED: &[&str] = &["main", "master", "trunk", "develop", "production"];

impl Resolver<'_> {
    /// Denies a forced push that names no branch where the one at hand is shared.
    pub(super) fn forced_push(&self, invocation: &Invocation, reading: &mut Reading) {
        let forced = reading.command == "git push"
            && reading
                .opinions
                .iter()
                .any(|opinion| matches!(opinion.id.as_str(), "git-push-force" | "git-push-lease"));
        if !forced {
            return;
        }
        let words: Option<Vec<&str>> = invocation.words[1..].iter().map(Word::text).collect();
        let Some(words) = words else { return };
        let after = words.iter().skip_while(|word| **word != "push").skip(1);
        let mut operands = after.filter(|word| !word.starts_with('-')).skip(1);
        if !operands.all(|refspec| *refspec == "HEAD") {
            return;
        }
        if self.branch_at_hand(invocation).is_some_and(|branch| SHARED.contains(&branch.as_str())) {
            reading.opinions.push(Opinion {
                id: "git-push-force-main".to_owned(),
                decision: Decision::Deny,
                reason: "overwrites the branch that everyone builds on, which is the one at hand".to_owned(),
                suggestion: Some("git push".to_owned()),
                span: invocation.span,
            });
        }
    }

    fn branch_at_hand(&self, invocation: &Invocation) -> Option<String> {
        let switched = self.resolved.invocations.iter().rev().find_map(|earlier| {
            let words: Vec<&str> = earlier.words.iter().map(Word::text).collect::<Option<_>>()?;
            match words.as_slice() {
                ["git", "checkout" | "switch", branch] if !branch.starts_with('-') => {
                    Some((*branch).to_owned())
                }
                ["git", "checkout" | "switch", "-b" | "-B" | "-c" | "-C", branch, ..] => {
                    Some((*branch).to_owned())
                }
                _ => None,
            }
        });
        match (switched, &invocation.cwd) {
            (Some(branch), _) => Some(branch),
            (None, Some(Cwd::Known(cwd))) => self.branch(cwd),
            _ => None,
        }
    }
}

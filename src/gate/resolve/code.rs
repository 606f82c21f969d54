//! Code of other languages within a command.

use crate::gate::code::{self, Seen};
use crate::gate::decision::Decision;
use crate::gate::model::{Effect, EffectKind, Invocation, Opinion, Part, Reading, Stdin, Word};

use super::inner::child;
use super::value::State;
use super::{Io, Resolver};

impl Resolver<'_> {
    /// Inline code: everything it can be seen to do counts.
    pub(super) fn code(&mut self, language: &str, text: &Word, within: &Invocation, state: &State) {
        let span = text.span.or(within.span);
        let bytes =
            text.parts.iter().map(|part| if let Part::Text(text) = part { text.len() } else { 1 }).sum();
        if !self.spend(bytes) {
            return;
        }
        let unknown = matches!(text.parts.as_slice(), [Part::Unknown { .. }]);
        if unknown {
            self.computed_code(text, within);
            return;
        }
        let Some(seen) = code::look(language, text) else {
            self.ask(
                "unread-code",
                format!("code of a language that is not understood here ({language})"),
                span,
            );
            self.suspect(text, within, state);
            return;
        };
        for seen in &seen {
            match seen {
                Seen::Unseen(reason) => {
                    self.ask("unread-code", format!("the {language} code: {reason}"), span)
                }
                Seen::WayIn => self.opine(
                    "flow-way-in",
                    Decision::Deny,
                    "the code gives a shell to whoever is at the other end of a connection",
                    span,
                ),
                _ => {}
            }
        }
        let doubtful = seen.iter().any(|seen| match seen {
            Seen::Unseen(_) | Seen::Fed(_) => true,
            Seen::Shell(text) => text.is_unknown(),
            _ => false,
        });
        if doubtful {
            self.suspect(text, within, state);
        }
        self.see(language, &seen, within, state);
    }

    /// A program of the workspace: only what it plainly destroys counts.
    pub(super) fn code_file(&mut self, language: &str, text: &str, within: &Invocation, state: &State) {
        if !self.spend(text.len()) {
            return;
        }
        let Some(seen) = code::look(language, &Word::known(text)) else { return };
        let known: Vec<Seen> = seen
            .into_iter()
            .filter(|seen| match seen {
                Seen::Shell(word) | Seen::Fed(word) => word.text().is_some(),
                Seen::Command(words) => words.iter().all(|word| word.text().is_some()),
                Seen::Effect(kind, target) => {
                    destroys(*kind) && target.as_ref().is_some_and(|target| target.text().is_some())
                }
                Seen::Unseen(_) | Seen::WayIn => false,
            })
            .collect();
        let start = self.resolved.invocations.len();
        let said = self.resolved.opinions.len();
        self.see(language, &known, within, state);
        self.own_since(start, said);
    }

    /// What was found and said since then is of a program of the workspace, which may run: what could not be read of it
    /// is no question, and of its commands only what they plainly destroy counts.
    pub(super) fn own_since(&mut self, start: usize, said: usize) {
        let mut at = 0;
        self.resolved.opinions.retain(|opinion| {
            at += 1;
            at <= said || opinion.decision == Decision::Deny
        });
        self.resolved.own.push(start..self.resolved.invocations.len());
    }

    fn see(&mut self, language: &str, seen: &[Seen], within: &Invocation, state: &State) {
        let mut effects = Vec::new();
        for seen in seen {
            match seen {
                Seen::Shell(text) | Seen::Fed(text) => {
                    let mut inside = child(state, within);
                    let fed = matches!(seen, Seen::Fed(_));
                    let stdin = if fed { Stdin::Pipe(Vec::new()) } else { Stdin::default() };
                    self.shell_text(
                        &text.parts,
                        within.span,
                        &mut inside,
                        &Io { stdin, ..Io::default() },
                        "a line of shell in the code",
                    );
                }
                Seen::Command(words) => {
                    let mut invocation = within.clone();
                    invocation.words = words.iter().map(|word| self.at_home(word)).collect();
                    if invocation.words.is_empty() {
                        continue;
                    }
                    let mut inside = child(state, within);
                    self.deeper(|resolver| resolver.start(invocation, &mut inside, &Io::default(), false));
                }
                Seen::Effect(kind, target) => effects.push(Effect {
                    kind: *kind,
                    target: target.as_ref().map(|target| self.at_home(target)),
                    source: "code".to_owned(),
                }),
                Seen::Unseen(_) | Seen::WayIn => {}
            }
        }
        if !effects.is_empty() {
            let mut invocation = within.clone();
            invocation.words = vec![Word::known(language)];
            invocation.redirects.clear();
            let mut reading = Reading { command: language.to_owned(), effects, ..Reading::default() };
            if reading
                .effects
                .iter()
                .any(|effect| effect.kind == EffectKind::CredentialPrint && effect.target.is_none())
            {
                reading.opinions.push(Opinion {
                    id: "credential-print".to_owned(),
                    decision: Decision::Ask,
                    reason: "reads the whole environment, in which credentials may stand".to_owned(),
                    suggestion: None,
                    span: within.span,
                });
            }
            self.record(&invocation, reading, state);
        }
    }

    /// `~` at the start of a path, which code writes where it means the home folder.
    fn at_home(&self, word: &Word) -> Word {
        let Some(home) = &self.environment.home else { return word.clone() };
        let mut word = word.clone();
        if let Some(Part::Text(text)) = word.parts.first_mut()
            && (text == "~" || text.starts_with("~/"))
        {
            *text = format!("{}{}", home.display(), &text[1..]);
        }
        word
    }
}

/// Whether an effect is one that a program should not have on what is not its own.
pub(crate) fn destroys(kind: EffectKind) -> bool {
    matches!(
        kind,
        EffectKind::Deletes
            | EffectKind::DeletesTree
            | EffectKind::Overwrites
            | EffectKind::Moves
            | EffectKind::Permissions
            | EffectKind::PermissionsTree
            | EffectKind::Device
            | EffectKind::Catastrophe
    )
}

//! Files of secrets that a shell reads in: `source .env`. Only the names in them are taken; no value leaves the file.

use std::path::Path;
use std::rc::Rc;

use crate::gate::credentials;
use crate::gate::model::{Cwd, Effect, EffectKind, Invocation, Reading, Word};
use crate::gate::paths;

use super::value::{State, Value, unknown};
use super::{Out, Resolver};

/// Variables of one file at most.
const MOST: usize = 512;

impl Resolver<'_> {
    /// Whether a file holds credentials by its name, so that none of it may come into what is said of the request.
    pub(super) fn is_secret_file(&self, file: &Path) -> bool {
        let word = Word::known(file.to_string_lossy());
        let cwd = file.parent().map(|folder| Cwd::Known(folder.to_owned()));
        let spots = paths::locate(&word, cwd.as_ref(), self.environment);
        credentials::is_credential_file(&word, &spots, cwd.as_ref(), self.environment)
    }

    /// Takes the names that a file of settings assigns: what they hold comes from the file.
    pub(super) fn secret_file(
        &mut self,
        name: &str,
        file: &Path,
        text: &str,
        within: &Invocation,
        state: &mut State,
    ) -> Out {
        let mut reading = Reading { command: "source".to_owned(), ..Reading::default() };
        reading.effects.push(Effect {
            kind: EffectKind::Reads,
            target: Some(Word { span: within.span, ..Word::known(file.to_string_lossy()) }),
            source: "source".to_owned(),
        });
        let mut invocation = within.clone();
        invocation.words = vec![Word::known("source"), Word::known(name)];
        invocation.redirects.clear();
        let index = self.record(&invocation, reading, state);
        let mut commands = false;
        for line in
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).take(MOST)
        {
            let line = line.strip_prefix("export ").unwrap_or(line);
            let assigned = line.split_once('=').filter(|(name, _)| {
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            });
            match assigned {
                Some((variable, value)) => {
                    let source = format!("${variable}");
                    self.substitutions.push((Rc::from(source.as_str()), index..index + 1));
                    state.set(variable, Value::Scalar(unknown(&source)));
                    commands |= value.contains("$(") || value.contains('`') || value.contains(';');
                }
                None => commands |= !line.starts_with("set "),
            }
        }
        if commands {
            self.ask(
                "unread-script",
                format!("`{name}` holds more than settings, and is not looked at, as it holds credentials"),
                within.span,
            );
        }
        Out::nothing()
    }
}

//! Statements of databases, in words and in files.

use crate::gate::effect_kind::EffectKind;
use crate::gate::knowledge::words::shown;
use crate::gate::model::{Cwd, Part, Word};
use crate::gate::{paths, statements};

use super::{MOST_STATEMENTS, Reader};

impl Reader<'_> {
    pub(super) fn statements(&mut self, dialect: &str, word: &Word) {
        let judged = match word.text() {
            Some(text) => statements::judge(dialect, text),
            None => {
                let known: String = word
                    .parts
                    .iter()
                    .map(|part| match part {
                        Part::Text(text) | Part::Glob(text) => text.as_str(),
                        Part::Unknown { .. } => "?",
                    })
                    .collect();
                let mut judged = statements::judge(dialect, &known);
                let whole = matches!(word.parts.as_slice(), [Part::Unknown { .. }]);
                if whole {
                    judged.clear();
                    judged.push(statements::unread());
                }
                judged
            }
        };
        for found in judged {
            self.opinion(found.id, found.decision, found.reason);
        }
    }

    pub(super) fn statement_file(&mut self, dialect: &str, path: &Word) {
        let text = self.invocation.cwd.as_ref().and_then(|cwd| {
            let Cwd::Known(cwd) = cwd else { return None };
            let (bytes, whole) = self.world.read(&paths::normal(&cwd.join(path.text()?)), MOST_STATEMENTS)?;
            if whole { String::from_utf8(bytes).ok() } else { None }
        });
        self.path(EffectKind::Reads, path, "operand");
        match text {
            Some(text) => self.statements(dialect, &Word::known(text)),
            None => {
                let found = statements::unread();
                self.opinion(found.id, found.decision, format!("`{}`: {}", shown(path), found.reason));
            }
        }
    }
}

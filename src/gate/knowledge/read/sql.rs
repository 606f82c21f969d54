//! Statements of databases, in words and in files.

use crate::gate::address;
use crate::gate::decision::Decision;
use crate::gate::effect_kind::EffectKind;
use crate::gate::knowledge::table::Role;
use crate::gate::knowledge::words::{shown, strip};
use crate::gate::model::{Cwd, Part, Word};
use crate::gate::{paths, statements};

use super::{MOST_STATEMENTS, Reader};

/// What adds to a database and takes nothing away.
const ADDS: &[&str] = &["sql-add", "redis-add", "mongo-add"];
/// Parts of names that say that others use a database.
const OTHERS: &[&str] = &["prod", "live", "staging"];

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
        let here = judged.iter().any(|found| ADDS.contains(&found.id) || found.id == "redis-flush")
            && self.database_is_here();
        // what a client runs for a line is a line of shell
        if judged.iter().any(|found| found.id == "sql-shell")
            && let Some(text) = word.text()
        {
            let lines = text.lines().filter_map(|line| {
                [".shell ", ".system ", "\\! ", "\\!", "system "]
                    .iter()
                    .find_map(|start| line.trim().strip_prefix(start))
            });
            for line in lines {
                self.pending.push((Role::Shell, vec![Word { span: word.span, ..Word::known(line) }]));
            }
        }
        for found in judged {
            if ADDS.contains(&found.id) && here {
                continue;
            }
            // What a developer's own server holds can be made again.
            let elsewhere = found.id == "redis-flush" && !here;
            let decision = if elsewhere { Decision::Deny } else { found.decision };
            self.opinion(found.id, decision, found.reason);
        }
    }

    /// Whether the words name no machine but this one, and nothing that sounds as if others used it.
    fn database_is_here(&self) -> bool {
        let words = &self.invocation.words[1..];
        let far = |at: usize, word: &Word| {
            let text = word.prefix();
            let host =
                ["--host=", "-h"].into_iter().find(|name| text.len() > name.len() && text.starts_with(name));
            let after_host = at > 0 && matches!(words[at - 1].text(), Some("-h" | "-H" | "--host"));
            match host {
                _ if after_host || text.contains("://") => !address::is_local(word),
                Some(name) => !address::is_local(&strip(word, name.len())),
                None => text.is_empty() && word.is_unknown(),
            }
        };
        let of_others = |word: &Word| {
            let text = word.prefix().to_ascii_lowercase();
            !text.contains(char::is_whitespace) && OTHERS.iter().any(|name| text.contains(name))
        };
        let by_environment = self.invocation.environment.iter().any(|(name, value)| {
            matches!(name.as_str(), "PGHOST" | "PGSERVICE" | "DATABASE_URL" | "MYSQL_HOST" | "REDIS_URL")
                && !address::is_local(value)
        });
        !by_environment && !words.iter().enumerate().any(|(at, word)| far(at, word) || of_others(word))
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

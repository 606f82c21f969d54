//! Aliases of git: subcommands that a settings file makes.

use std::path::{Path, PathBuf};

use crate::gate::model::{Cwd, Invocation, Place, Word};

use super::value::{Parts, State, push_parts, push_text, text};
use super::{Io, Out, Resolver};

/// Settings files longer than this are not read.
const MAX_CONFIG: usize = 128 << 10;

/// Options of git that take a word of their own.
const WITH_VALUE: &[&str] =
    &["-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env", "--super-prefix"];

impl Resolver<'_> {
    /// Walks what an alias of git stands for; nothing if the subcommand is none.
    pub(super) fn git_alias(&mut self, invocation: &Invocation, state: &State) -> Option<Out> {
        if invocation.place != Place::Local {
            return None;
        }
        let mut at = 1;
        while let Some(word) = invocation.words.get(at).and_then(Word::text) {
            if WITH_VALUE.contains(&word) {
                at += 2;
            } else if word.starts_with('-') {
                at += 1;
            } else {
                break;
            }
        }
        let name = invocation.words.get(at)?.text()?.to_owned();
        let value = self.configured(&name, invocation)?;
        let rest = &invocation.words[at + 1..];
        self.deeper(|resolver| {
            let mut inside = super::inner::child(state, invocation);
            match value.strip_prefix('!') {
                Some(line) => {
                    let mut parts: Parts = text(line);
                    for word in rest {
                        push_text(&mut parts, " ");
                        push_parts(&mut parts, &word.parts);
                    }
                    resolver.shell_text(
                        &parts,
                        invocation.span,
                        &mut inside,
                        &Io::default(),
                        "an alias of git",
                    )
                }
                None => {
                    let mut other = invocation.clone();
                    other.words.truncate(at);
                    // git takes quotes in aliases apart as a shell does
                    let words = crate::shell::parse(&value, invocation.span)
                        .ok()
                        .and_then(|list| simple_words(&list));
                    let words =
                        words.unwrap_or_else(|| value.split_whitespace().map(str::to_owned).collect());
                    other.words.extend(words.into_iter().map(Word::known));
                    other.words.extend(rest.iter().cloned());
                    resolver.start(other, &mut inside, &Io::default(), false)
                }
            }
        })
    }

    /// The value of an alias in the settings of the repository or the user.
    fn configured(&self, name: &str, invocation: &Invocation) -> Option<String> {
        let mut files: Vec<PathBuf> = Vec::new();
        if let Some(Cwd::Known(cwd)) = &invocation.cwd {
            files.extend(cwd.ancestors().take(32).map(|folder| folder.join(".git/config")));
        }
        if let Some(home) = &self.environment.home {
            files.push(home.join(".gitconfig"));
            files.push(home.join(".config/git/config"));
        }
        files.iter().find_map(|file| self.alias_in(file, name))
    }

    fn alias_in(&self, file: &Path, name: &str) -> Option<String> {
        let (bytes, whole) = self.world.read(file, MAX_CONFIG)?;
        let text = String::from_utf8(bytes).ok().filter(|_| whole)?;
        let mut inside = false;
        let mut found = None;
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let line = line.trim();
            if let Some(section) = line.strip_prefix('[') {
                inside = section.trim_end_matches(']').trim().eq_ignore_ascii_case("alias");
                continue;
            }
            if !inside || line.starts_with(['#', ';']) {
                continue;
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            let mut value = value.trim().to_owned();
            while value.ends_with('\\') {
                value.pop();
                value.push_str(lines.next().unwrap_or_default().trim());
            }
            if key.trim().eq_ignore_ascii_case(name) {
                let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
                found =
                    Some(bare.map_or(value.clone(), |bare| bare.replace("\\\"", "\"").replace("\\\\", "\\")));
            }
        }
        found
    }
}

/// The words of a single simple command without any expansion.
fn simple_words(list: &crate::shell::ast::List) -> Option<Vec<String>> {
    use crate::shell::ast::{Kind, Piece};
    let [item] = list.items.as_slice() else { return None };
    let [command] = item.first.commands.as_slice() else { return None };
    let Kind::Simple { assignments, words } = &command.kind else { return None };
    if !assignments.is_empty() || !item.rest.is_empty() {
        return None;
    }
    words
        .iter()
        .map(|word| {
            word.pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Literal(text) | Piece::Quoted(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect::<Option<String>>()
        })
        .collect()
}

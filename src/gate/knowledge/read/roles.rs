//! What a word with a role does.

use crate::gate::effect_kind::EffectKind;
use crate::gate::knowledge::assign::{is_assignment, is_number};
use crate::gate::knowledge::packages;
use crate::gate::knowledge::table::Role;
use crate::gate::knowledge::words::{strip, written};
use crate::gate::model::{Mention, Word};
use crate::gate::{credentials, git_config};

use super::texts::with_globs;
use super::{MOUNTED, POSTED, Reader, SENT, lines};

impl Reader<'_> {
    pub(super) fn path(&mut self, kind: EffectKind, word: &Word, source: &str) {
        if !matches!(word.text(), Some("-" | "")) {
            self.effect(kind, Some(word), source);
        }
    }

    /// What a word with this role does.
    pub(super) fn role(&mut self, role: Role, word: &Word, after: &[Word], source: &str) {
        if is_mentioned(role) {
            let option = source.strip_prefix("option ").unwrap_or_default().to_owned();
            self.out.mentions.push(Mention { word: word.clone(), option });
        }
        match role {
            Role::Text | Role::Secret | Role::Use | Role::Assignment => {}
            Role::Print => {
                if credentials::prints_secret_variable(word) {
                    self.effect(EffectKind::CredentialPrint, Some(word), source);
                }
            }
            Role::Read => self.path(EffectKind::Reads, word, source),
            Role::Show => self.path(EffectKind::Shows, word, source),
            Role::List => self.path(EffectKind::Lists, word, source),
            Role::Create | Role::Append | Role::Modify => self.path(EffectKind::Writes, word, source),
            // `strace -o '|command'` and its like
            Role::Write if word.prefix().starts_with('|') => {
                self.pending.push((Role::Shell, vec![strip(word, 1)]));
            }
            Role::Write => self.path(EffectKind::Overwrites, word, source),
            Role::Move => self.path(EffectKind::Moves, word, source),
            Role::Delete => self.path(EffectKind::Deletes, word, source),
            Role::DeleteTree => self.path(EffectKind::DeletesTree, word, source),
            Role::DeleteGlob => self.path(EffectKind::DeletesTree, &with_globs(word), source),
            Role::ShellNpm => match written(word).as_deref().and_then(|text| text.strip_prefix("npm:")) {
                Some(script) => self.scripts(&Word::known(script)),
                None => self.pending.push((Role::Shell, vec![word.clone()])),
            },
            Role::CommandMore => {
                let words: Vec<Word> = std::iter::once(word).chain(after).cloned().collect();
                let all = lines::each(&words, &self.invocation.stdin).unwrap_or_else(|| vec![words]);
                self.pending.extend(all.into_iter().map(|words| (Role::CommandMore, words)));
            }
            Role::ShellMore => {
                let words: Vec<Word> = std::iter::once(word).chain(after).cloned().collect();
                self.pending.extend(lines::filled(words, &self.invocation.stdin));
            }
            Role::WritePipe if word.prefix().starts_with(['|', '!']) => {
                self.pending.push((Role::Shell, vec![strip(word, 1)]));
            }
            Role::WritePipe => self.path(EffectKind::Overwrites, word, source),
            Role::ExecAction => {
                if word.prefix().starts_with("exec=") {
                    self.pending.push((Role::Shell, vec![strip(word, "exec=".len())]));
                }
            }
            Role::Mount => {
                if let Some((path, read_only)) = lines::mounted(word) {
                    let kind = if read_only { EffectKind::Reads } else { EffectKind::Writes };
                    self.path(kind, &path, MOUNTED);
                }
            }
            Role::Target("npm") => self.scripts(word),
            Role::Device => self.effect(EffectKind::Device, Some(word), source),
            Role::Url => self.effect(EffectKind::Fetches, Some(word), source),
            Role::UrlSend | Role::Host => self.effect(EffectKind::Sends, Some(word), source),
            Role::Send => self.path(EffectKind::Sends, word, SENT),
            Role::Post => self.path(EffectKind::Sends, word, POSTED),
            Role::Data => {
                // `@file`, and `field=@file` or `field=<file` of a form
                let prefix = word.prefix();
                let at = match prefix.split_once('=') {
                    Some((name, value)) if value.starts_with(['@', '<']) => Some(name.len() + 2),
                    _ => prefix.starts_with('@').then_some(1),
                };
                if let Some(at) = at {
                    self.path(EffectKind::Sends, &strip(word, at), SENT);
                }
            }
            Role::Remote | Role::RemoteFrom | Role::RemoteTo => self.remote(role, word, source),
            Role::Cwd => self.out.cwd = Some(word.clone()),
            Role::Env => {
                if is_assignment(word) {
                    let name = word.prefix().split_once('=').map_or("", |(name, _)| name).to_owned();
                    let value = strip(word, name.len() + 1);
                    self.environment.push((name, value));
                }
            }
            Role::Load => self.path(EffectKind::Executes, word, source),
            Role::Dependency if packages::is_registry_name(word) => {}
            Role::Package | Role::Dependency => self.effect(EffectKind::Installs, Some(word), source),
            Role::GitConfig => {
                let value = after.first();
                if let Some((decision, reason)) = git_config::judge(word, value) {
                    self.opinion("git-config", decision, reason);
                    self.pending.extend(git_config::line(word, value).map(|line| (Role::Shell, vec![line])));
                }
            }
            Role::Sql(dialect) => self.statements(dialect, word),
            Role::Script(dialect) if crate::gate::knowledge::table::DIALECTS.contains(&dialect) => {
                self.statement_file(dialect, word);
            }
            Role::Script(language) if matches!(word.text(), Some("-" | "/dev/stdin")) => {
                self.stdin(if language == "shell" { Role::Shell } else { Role::Code(language) });
            }
            Role::Target("npm-bin") => {
                let mut words = vec![word.clone()];
                words.extend(after.iter().cloned());
                let role = if self.has_script(word) { Role::Target("npm") } else { Role::Command };
                self.pending.push((role, words));
            }
            // `make -j 8`
            Role::Target("make") if is_number(word) => {}
            Role::Target(_) if is_assignment(word) => {
                let name = word.prefix().split_once('=').map_or("", |(name, _)| name).to_owned();
                let value = strip(word, name.len() + 1);
                self.environment.push((name, value));
            }
            Role::Paths(inner) => self.role(*inner, word, after, source),
            Role::CommandRemote => self.command_remote(word, after),
            Role::Command
            | Role::CommandUntil
            | Role::Shell
            | Role::ShellRemote
            | Role::Code(_)
            | Role::Script(_)
            | Role::Module(_)
            | Role::Target(_)
            | Role::Program => {
                let mut words = vec![word.clone()];
                words.extend(after.iter().cloned());
                self.pending.push((role, words));
            }
        }
    }

    /// A command in a container: of an entry point if one is named; of the image's own if there are only options.
    fn command_remote(&mut self, word: &Word, after: &[Word]) {
        let mut words: Vec<Word> = std::iter::once(word).chain(after).cloned().collect();
        let given = &self.invocation.words;
        let entry = given.iter().enumerate().find_map(|(at, word)| match word.prefix() {
            "--entrypoint" => given.get(at + 1).cloned(),
            prefix if prefix.starts_with("--entrypoint=") => Some(strip(word, "--entrypoint=".len())),
            _ => None,
        });
        match entry {
            Some(entry) => words.insert(0, entry),
            None if word.prefix().starts_with('-') && word.text() != Some("--") => return,
            None => {}
        }
        self.pending.push((Role::CommandRemote, words));
    }

    pub(super) fn remote(&mut self, role: Role, word: &Word, source: &str) {
        let prefix = word.prefix();
        let is_url = prefix.contains("://");
        let host = prefix.split_once(':').is_some_and(|(host, _)| !host.is_empty() && !host.contains('/'));
        if is_url || host {
            let kind = if role == Role::RemoteFrom { EffectKind::Fetches } else { EffectKind::Sends };
            self.effect(kind, Some(word), source);
            return;
        }
        let others_remote = self.invocation.words.iter().skip(1).any(|other| {
            let prefix = other.prefix();
            prefix.split_once(':').is_some_and(|(host, _)| !host.is_empty() && !host.contains('/'))
        });
        let given =
            |start: &str| self.invocation.words.iter().skip(1).any(|word| word.prefix().starts_with(start));
        match role {
            // `rsync --delete` leaves nothing there but what it brings
            Role::RemoteTo if given("--del") && !given("-n") && !given("--dry-run") => {
                self.path(EffectKind::DeletesTree, word, source);
            }
            Role::RemoteTo => self.path(EffectKind::Overwrites, word, source),
            _ if others_remote => self.path(EffectKind::Sends, word, SENT),
            _ => self.path(EffectKind::Reads, word, source),
        }
    }
}

/// Whether a word with this role does nothing by itself.
fn is_mentioned(role: Role) -> bool {
    matches!(
        role,
        Role::Text
            | Role::Print
            | Role::Data
            | Role::Url
            | Role::UrlSend
            | Role::Host
            | Role::Secret
            | Role::ShellRemote
            | Role::Remote
            | Role::RemoteFrom
            | Role::RemoteTo
    )
}

pub(super) fn is_path(role: Role) -> bool {
    matches!(
        role,
        Role::Read
            | Role::Show
            | Role::List
            | Role::Create
            | Role::Write
            | Role::Append
            | Role::Modify
            | Role::Move
            | Role::Delete
            | Role::DeleteTree
            | Role::DeleteGlob
    )
}

//! `gate hook`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};

use crate::baseline::{Baseline, FILE_NAME};
use crate::exit::ExitStatus;
use crate::finding::{Finding, Outcome};
use crate::git::index::Index;
use crate::git::{Commit, Kind, Oid, Range, Repository, object};
use crate::hook::git::{Done, Hook, Hooks, State, Update, updates};
use crate::sanitize;
use crate::source::range::{self, Commits};

use super::args::{self, HookCommand, HookTarget, RunTarget, Scan};
use super::history::Past;
use super::scan::{Input, Job, repository, status};

/// How many findings and remedies a blocked commit shows.
const SHOWN: usize = 10;
const REMEDIES: usize = 3;
/// Bytes that git may say of refs: a hundred thousand of them.
const INPUT_LIMIT: u64 = 64 << 20;

/// Installs, removes, shows or is a hook.
///
/// # Errors
/// No repository; a hook that cannot be written; in a hook, whatever keeps it from knowing: then it blocks.
pub(super) fn run(arguments: &args::Hook) -> Result<ExitStatus> {
    match &arguments.command {
        HookCommand::Install { target: HookTarget::Git { repository, hook } } => install(repository, hook),
        HookCommand::Uninstall { target: HookTarget::Git { repository, hook } } => {
            uninstall(repository, hook)
        }
        HookCommand::Status { target: HookTarget::Git { repository, hook } } => show(repository, hook),
        HookCommand::Run { target: RunTarget::Git { hook, arguments } } => match hook {
            Hook::PreCommit => pre_commit(),
            Hook::PrePush => push(*hook, arguments.first().map_or("", String::as_str)),
            Hook::PreReceive => push(*hook, ""),
        },
    }
}

/// The hooks to work on: those named, or those that make sense in the repository.
fn chosen(hooks: &Hooks, named: &[Hook]) -> Vec<Hook> {
    match named {
        [] if hooks.bare => vec![Hook::PreReceive],
        [] => vec![Hook::PreCommit, Hook::PrePush],
        named => named.to_vec(),
    }
}

/// The path of this program.
fn gate() -> Result<String> {
    let path = std::env::current_exe().context("the path of this program is not known")?;
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| anyhow!("{}: the path of this program is no text", path.display()))
}

fn say(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    for line in text.lines() {
        writeln!(out, "{}", sanitize::text(line))?;
    }
    Ok(out.flush()?)
}

fn install(folder: &Path, named: &[Hook]) -> Result<ExitStatus> {
    let (hooks, gate) = (Hooks::of(folder)?, gate()?);
    // of a form that is not read, the hooks would block every commit
    repository(&[folder.to_owned()])?;
    let mut text = String::new();
    for hook in chosen(&hooks, named) {
        let done = match hooks.install(hook, &gate)? {
            Done::Nothing => "is in place already",
            Done::Chained => "is in place; the hook that was there runs first",
            _ => "is in place",
        };
        _ = writeln!(text, "{hook} {done}");
    }
    _ = write!(text, "hooks are in {}", hooks.folder().display());
    match hooks.set_by.as_deref() {
        Some("local" | "worktree") => text.push_str(", as core.hooksPath says"),
        Some(scope) => {
            _ = write!(
                text,
                ", as core.hooksPath of your {scope} settings says: they are for all repositories that use it"
            )
        }
        None => {}
    }
    say(&text)?;
    Ok(ExitStatus::Clean)
}

fn uninstall(folder: &Path, named: &[Hook]) -> Result<ExitStatus> {
    let hooks = Hooks::of(folder)?;
    let mut text = String::new();
    let all = if named.is_empty() { Hook::ALL.to_vec() } else { named.to_vec() };
    for hook in all {
        match hooks.uninstall(hook)? {
            Done::Removed => _ = writeln!(text, "{hook} is gone"),
            Done::Restored => _ = writeln!(text, "{hook} is gone; the hook that was there before is back"),
            Done::Left => _ = writeln!(text, "{hook} is not gate's, and was left"),
            _ => {}
        }
    }
    say(if text.is_empty() { "no hook was in place" } else { &text })?;
    Ok(ExitStatus::Clean)
}

fn show(folder: &Path, named: &[Hook]) -> Result<ExitStatus> {
    let (hooks, gate) = (Hooks::of(folder)?, gate()?);
    let mut text = String::new();
    let mut status = ExitStatus::Clean;
    for hook in chosen(&hooks, named) {
        let state = match hooks.state(hook, &gate)? {
            State::Installed if hooks.is_chained(hook) => "in place; another hook runs first",
            State::Installed => "in place",
            State::Outdated => "in place, but of another gate or another version: install again",
            State::Missing => "missing",
            State::Foreign => "missing: another hook is there",
        };
        if state.starts_with("missing") {
            status = ExitStatus::Findings;
        }
        _ = writeln!(text, "{hook}: {state}");
    }
    _ = write!(text, "folder: {}", hooks.folder().display());
    say(&text)?;
    Ok(status)
}

fn pre_commit() -> Result<ExitStatus> {
    let repository = repository(&[])?;
    let born = repository.head()?.commit().is_some();
    let arguments = Scan { staged: true, ..of_hook() };
    let known = Known::of_index(&repository)?;
    let input = Input::Staged(Box::new(repository));
    let outcome = known.scan(&arguments, input)?;
    answer(&outcome, Hook::PreCommit, born)
}

/// Before a push to `remote`, a name or an address, or on its arrival.
fn push(hook: Hook, remote: &str) -> Result<ExitStatus> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let framework = variable("PRE_COMMIT_TO_REF").filter(|_| hook == Hook::PrePush);
    let (updates, remote) = if let Some(to) = framework {
        // the pre-commit framework reads what git says, and tells it in its own way
        let repository = repository(&[])?;
        let resolve = |name: &str| repository.resolve(name, &mut repository.reader());
        let old = variable("PRE_COMMIT_FROM_REF").and_then(|name| resolve(&name).ok());
        let update = Update { old, new: Some(resolve(&to)?) };
        (vec![update], variable("PRE_COMMIT_REMOTE_NAME").unwrap_or_default())
    } else {
        let mut text = String::new();
        let mut input = io::stdin().lock().take(INPUT_LIMIT + 1);
        input.read_to_string(&mut text).context("what git says cannot be read")?;
        if text.len() as u64 > INPUT_LIMIT {
            bail!("git says more of refs than is read; push fewer at once");
        }
        (updates(hook, &text)?, remote.to_owned())
    };
    let new: Vec<_> = updates.iter().filter_map(|update| update.new).collect();
    if new.is_empty() {
        return Ok(ExitStatus::Clean);
    }
    let repository = repository(&[])?;
    let (include, tags) = range::commits_of(&repository, &new)?;
    let baseline =
        if hook == Hook::PrePush { Known::of_commits(&repository, &include)? } else { Known::default() };
    // what the other side has as far as is known: what git says it has, and what was fetched from it
    let tracking = format!("refs/remotes/{remote}/");
    let known = repository.references()?.into_iter().filter_map(|(name, id)| {
        (hook == Hook::PreReceive || !remote.is_empty() && name.starts_with(&tracking)).then_some(id)
    });
    let exclude = range::present(&repository, updates.iter().filter_map(|update| update.old).chain(known));
    let commits = Commits::of(&repository, &Range { include, exclude }, tags)?;
    if commits.are_cut(&repository) {
        bail!(
            "this clone is shallow, so which commits are new cannot be told: run `git fetch --unshallow`, then push again"
        );
    }
    let arguments = of_hook();
    let input = Input::History(Box::new(Past::arriving(repository, commits)));
    let outcome = baseline.scan(&arguments, input)?;
    answer(&outcome, hook, true)
}

/// Arguments of a scan that nobody has given.
fn of_hook() -> Scan {
    Scan { no_progress: true, ..Scan::default() }
}

/// The baseline that counts: the one that goes with what is committed or pushed, so that others see why a finding passed.
#[derive(Default)]
struct Known {
    baseline: Option<Baseline>,
    /// Why a baseline does not count.
    note: Option<String>,
}

impl Known {
    /// The baseline in the index.
    fn of_index(repository: &Repository) -> Result<Self> {
        let index = Index::read(repository.index_path(), repository.git_dir())?;
        let staged = index.entries().iter().find(|entry| index.path(entry) == FILE_NAME.as_bytes());
        match staged {
            Some(entry) if entry.intent_to_add => Ok(Self::missing(repository, "not staged: `git add` it")),
            Some(entry) if entry.stage == 0 => Self::read(repository, &Oid::new(entry.id)),
            Some(_) => {
                bail!("{FILE_NAME}: a merge conflict: keep the lines of both sides, then `git add` it")
            }
            None => Ok(Self::missing(repository, "not staged: `git add` it")),
        }
    }

    /// The baseline of the commits that are pushed; where they have different ones, none.
    fn of_commits(repository: &Repository, tips: &[Oid]) -> Result<Self> {
        let mut reader = repository.reader();
        let mut found = BTreeSet::new();
        for tip in tips {
            let object = reader.read_as(tip, Kind::Commit)?;
            let tree = reader.read_as(&Commit::parse(&object.data)?.tree, Kind::Tree)?;
            for entry in object::entries(&tree.data) {
                let entry = entry?;
                if entry.name == FILE_NAME.as_bytes() && !entry.is_tree() {
                    found.insert(entry.id);
                }
            }
        }
        match found.len() {
            0 => Ok(Self::missing(repository, "not in the commits that are pushed: commit it")),
            1 => found.first().map_or_else(|| Ok(Self::default()), |id| Self::read(repository, id)),
            _ => Ok(Self {
                baseline: None,
                note: Some(format!(
                    "{FILE_NAME}: does not count, as the branches have different ones: push them apart"
                )),
            }),
        }
    }

    fn read(repository: &Repository, id: &Oid) -> Result<Self> {
        let object = repository.reader().read_as(id, Kind::Blob)?;
        let baseline = super::baseline::parse(&object.data, Path::new(FILE_NAME))?;
        Ok(Self { baseline: Some(baseline), note: None })
    }

    fn missing(repository: &Repository, why: &str) -> Self {
        let there = repository.work_tree().is_some_and(|top| top.join(FILE_NAME).exists());
        Self { baseline: None, note: there.then(|| format!("{FILE_NAME}: does not count, as it is {why}")) }
    }

    fn scan(self, arguments: &Scan, input: Input) -> Result<Outcome> {
        let job = Job::new(arguments, &input)?;
        let job = match self.baseline {
            Some(baseline) => job.with_baseline(FILE_NAME.into(), baseline),
            None => job,
        };
        let mut outcome = job.run(arguments, input)?;
        outcome.notes.extend(self.note);
        Ok(outcome)
    }
}

/// Says why something is blocked; nothing when it is not.
fn answer(outcome: &Outcome, hook: Hook, born: bool) -> Result<ExitStatus> {
    let status = status(outcome, false);
    if status == ExitStatus::Clean {
        return Ok(status);
    }
    let mut err = io::stderr().lock();
    for line in explanation(outcome, hook, born).lines() {
        writeln!(err, "{}", sanitize::text(line))?;
    }
    err.flush()?;
    Ok(status)
}

fn explanation(outcome: &Outcome, hook: Hook, born: bool) -> String {
    let mut text = String::new();
    let act = if hook == Hook::PreCommit { "commit" } else { "push" };
    if !outcome.coverage.complete() {
        _ = writeln!(text, "gate: {act} blocked, as not everything could be looked at:");
        let gaps = outcome.coverage.skipped.iter().filter(|skipped| !skipped.expected);
        for gap in gaps.take(SHOWN) {
            _ = writeln!(text, "  {}: {}", sanitize::text(&gap.path), sanitize::text(&gap.reason));
        }
    }
    let Some(first) = outcome.findings.first() else { return text };
    let count = match outcome.findings.len() {
        1 => "a credential".to_owned(),
        count => format!("{count} credentials"),
    };
    let place = match hook {
        Hook::PreCommit => "in what is staged",
        Hook::PrePush | Hook::PreReceive => "in the commits of this push",
    };
    _ = writeln!(text, "gate: {act} blocked: {count} {place}");
    for finding in outcome.findings.iter().take(SHOWN) {
        let Finding { path, start, rule_name, masked, commit, .. } = finding;
        let commit = commit.as_ref().and_then(|commit| commit.short());
        let commit = commit.map_or_else(String::new, |commit| format!("  in {commit}"));
        _ = writeln!(
            text,
            "  {}:{}:{}  {rule_name}  {masked}{commit}",
            sanitize::text(path),
            start.line,
            start.column
        );
    }
    if outcome.findings.len() > SHOWN {
        _ = writeln!(text, "  and {} more", outcome.findings.len() - SHOWN);
    }
    match hook {
        Hook::PreCommit => {
            let unstage = if born { "git restore --staged" } else { "git rm --cached" };
            _ = writeln!(
                text,
                "  to fix: move the value to the environment or to a file that git ignores (.env), and stage again;\n    \
                 or leave the file out: {unstage} {}",
                word(&first.path)
            );
        }
        Hook::PrePush | Hook::PreReceive => {
            text.push_str(
                "  to fix: rewrite those commits (git commit --amend, git rebase -i): taking it out in a later one still pushes it\n",
            );
        }
    }
    let rules: BTreeSet<&str> = outcome
        .findings
        .iter()
        .filter(|finding| finding.stored.is_none())
        .map(|finding| &*finding.rule_id)
        .collect();
    for rule in rules {
        _ = writeln!(text, "  if it is harmless: write this beside it: gate:allow({rule}) reason=\"…\"");
    }
    for note in &outcome.notes {
        _ = writeln!(text, "  note: {}", sanitize::text(note));
    }
    let mut remedies: Vec<&str> = outcome.findings.iter().map(|finding| &*finding.remedy).collect();
    remedies.dedup();
    for remedy in remedies.into_iter().filter(|remedy| !remedy.is_empty()).take(REMEDIES) {
        _ = writeln!(text, "  to revoke: {remedy}");
    }
    text
}

/// A path as one word of a shell.
fn word(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+,@%".contains(&byte);
    if !path.starts_with('-') && path.bytes().all(plain) {
        path.to_owned()
    } else {
        format!("-- '{}'", path.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_words() {
        assert_eq!(word("src/a-b.rs"), "src/a-b.rs");
        assert_eq!(word("a b"), "-- 'a b'");
        assert_eq!(word("-x"), "-- '-x'");
        assert_eq!(word("it's"), "-- 'it'\\''s'");
    }
}

//! `gate policy`: the settings of the gate, shown, checked and trusted.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::config::{self, GateSettings, Origin, ProjectFile};
use crate::exit::ExitStatus;
use crate::gate::decision::Decision;
use crate::gate::policy::lint::lint;
use crate::gate::policy::trust::TrustStore;
use crate::gate::policy::{Entry, Policy};
use crate::report;
use crate::sanitize;

use super::args::ListFormat;

/// `gate policy`
#[derive(Debug, Args)]
pub struct PolicyArguments {
    /// What to do with the policy.
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// What to do with the policy.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Show the merged policy, with the place of each entry
    ///
    /// As JSON: an object with `unknown` and `unread` (`decision`, `origin`), `project` (`path`, `trusted`, or null) and
    /// `entries`, the strongest file's first, each with `decision`, `pattern`, `id`, `reason`, `suggestion`, `lifts`,
    /// `layer` (administrator, user, project), `origin` (file:line) and `counts`.
    Show {
        /// Form of the list
        #[arg(long, value_enum, default_value_t = ListFormat::Text, value_name = "FORMAT")]
        format: ListFormat,
    },
    /// Check the policy for entries that do nothing, contradict each other or allow too much
    ///
    /// Lines that begin with `note:` after their place leave the exit status alone.
    Check,
    /// Let the entries of this project's .portcullis.toml count that allow something
    ///
    /// Shows them and asks; the answer must come from a terminal. Any edit of the file needs trust again.
    Trust {
        /// Take the trust back
        #[arg(long)]
        forget: bool,
    },
}

/// Shows, checks or trusts the policy that holds in the current folder.
///
/// # Errors
/// Bad settings, no project file to trust, no terminal to ask on.
pub(super) fn run(arguments: &PolicyArguments) -> Result<ExitStatus> {
    match &arguments.command {
        PolicyCommand::Show { format } => show(*format),
        PolicyCommand::Check => check(),
        PolicyCommand::Trust { forget } => trust(*forget),
    }
}

/// The policy that holds in a folder.
pub(super) struct Loaded {
    pub(super) policy: Policy,
    pub(super) project: Option<ProjectFile>,
    pub(super) trusted: bool,
    settings: GateSettings,
}

/// Reads the policy that holds in `folder`.
///
/// # Errors
/// Bad settings; a record of trust that cannot be relied on.
pub(super) fn load(folder: &Path) -> Result<Loaded> {
    let settings = config::load(&super::scan::places(None, Some(folder)))?.gate;
    let project = settings.project.clone();
    let allows = settings.lists.iter().any(|entry| entry.list == Decision::Allow)
        || settings.rules.iter().any(|rule| rule.decision == Decision::Allow);
    let trusted = match (&project, store()) {
        // the record need not be read when nothing hangs on it
        (Some(project), Some(store)) if allows => store.trusts(&project.path, project.content.as_bytes())?,
        _ => false,
    };
    let policy = Policy::new(&settings, trusted)?;
    Ok(Loaded { policy, project, trusted, settings })
}

fn store() -> Option<TrustStore> {
    TrustStore::find(|name| std::env::var_os(name))
}

/// An entry as JSON.
#[derive(Serialize)]
struct Row<'p> {
    decision: Decision,
    pattern: &'p str,
    id: &'p str,
    reason: Option<&'p str>,
    suggestion: Option<&'p str>,
    lifts: &'p [String],
    layer: &'static str,
    origin: String,
    counts: bool,
}

#[derive(Serialize)]
struct Doubt {
    decision: Decision,
    origin: String,
}

#[derive(Serialize)]
struct Project {
    path: String,
    trusted: bool,
}

#[derive(Serialize)]
struct Shown<'p> {
    unknown: Doubt,
    unread: Doubt,
    project: Option<Project>,
    entries: Vec<Row<'p>>,
}

fn row(entry: &Entry) -> Row<'_> {
    Row {
        decision: entry.decision,
        pattern: &entry.text,
        id: &entry.id,
        reason: entry.reason.as_deref(),
        suggestion: entry.suggestion.as_deref(),
        lifts: &entry.lifts,
        layer: entry.authority.as_str(),
        origin: entry.origin.to_string(),
        counts: entry.counts,
    }
}

fn doubt((decision, origin): (Decision, Option<&Origin>)) -> Doubt {
    Doubt { decision, origin: origin.map_or_else(|| "built-in".to_owned(), Origin::to_string) }
}

fn show(format: ListFormat) -> Result<ExitStatus> {
    let loaded = load(Path::new("."))?;
    let policy = &loaded.policy;
    let shown = Shown {
        unknown: doubt(policy.unknown()),
        unread: doubt(policy.unread()),
        project: loaded
            .project
            .as_ref()
            .map(|project| Project { path: project.path.display().to_string(), trusted: loaded.trusted }),
        entries: policy.entries().iter().map(row).collect(),
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    if format == ListFormat::Json {
        report::write_json(&shown, &mut out)?;
        out.flush()?;
        return Ok(ExitStatus::Clean);
    }
    writeln!(out, "{:5}  {:13}  {:24}  PATTERN", "", "LAYER", "RULE")?;
    for entry in &shown.entries {
        let off = if entry.counts { "" } else { "  [does not count: not trusted]" };
        let (pattern, origin) = (sanitize::text(entry.pattern), sanitize::text(&entry.origin));
        writeln!(
            out,
            "{:5}  {:13}  {:24}  {pattern}  ({origin}){off}",
            entry.decision.as_str(),
            entry.layer,
            entry.id
        )?;
        if let Some(reason) = entry.reason {
            writeln!(out, "       {}", sanitize::text(reason))?;
        }
    }
    for (what, doubt) in
        [("unknown programs and options", &shown.unknown), ("what cannot be read", &shown.unread)]
    {
        writeln!(out, "{:5}  {what}  ({})", doubt.decision.as_str(), sanitize::text(&doubt.origin))?;
    }
    if let Some(project) = &shown.project {
        let trusted = if project.trusted { "trusted" } else { "not trusted: it may only tighten" };
        writeln!(out, "{}: {trusted}", sanitize::text(&project.path))?;
    }
    out.flush()?;
    Ok(ExitStatus::Clean)
}

fn check() -> Result<ExitStatus> {
    let loaded = load(Path::new("."))?;
    let remarks = lint(&loaded.policy);
    let examples = crate::gate::policy::lint::examples(&loaded.settings.rules);
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut problems = 0;
    for remark in remarks.iter().chain(&examples) {
        problems += usize::from(remark.problem);
        let note = if remark.problem { "" } else { "note: " };
        let complaint = &remark.complaint;
        writeln!(
            out,
            "{}: {note}{}",
            sanitize::text(&complaint.origin.to_string()),
            sanitize::text(&complaint.text)
        )?;
    }
    let entries = loaded.policy.entries().len();
    let notes = remarks.len() + examples.len() - problems;
    writeln!(out, "entries: {entries}, problems: {problems}, notes: {notes}")?;
    out.flush()?;
    Ok(if problems == 0 { ExitStatus::Clean } else { ExitStatus::Findings })
}

fn trust(forget: bool) -> Result<ExitStatus> {
    let loaded = load(Path::new("."))?;
    let project = loaded
        .project
        .as_ref()
        .ok_or_else(|| anyhow!("there is no .portcullis.toml here or above, in this repository"))?;
    let store = store().ok_or_else(|| anyhow!("HOME is not set: there is no place to record trust in"))?;
    let place = store.path().display().to_string();
    let mut out = io::stdout().lock();
    let name = project.path.display().to_string();
    let name = sanitize::text(&name);
    if forget {
        let known = store.forget(&project.path).with_context(|| format!("{place}: cannot be changed"))?;
        writeln!(out, "{name}: {}", if known { "trusted no more" } else { "was not trusted" })?;
        return Ok(ExitStatus::Clean);
    }
    if loaded.trusted {
        writeln!(out, "{name}: trusted already, as it is")?;
        return Ok(ExitStatus::Clean);
    }
    let allowing: Vec<&Entry> = loaded.policy.entries().iter().filter(|entry| !entry.counts).collect();
    if allowing.is_empty() {
        writeln!(out, "{name}: allows nothing, so there is nothing to trust")?;
        return Ok(ExitStatus::Clean);
    }
    // an agent has no terminal of its own; a person has
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        bail!("trust is given by a person at a terminal; standard input is none");
    }
    writeln!(out, "{name} wants to allow:")?;
    for entry in allowing {
        writeln!(out, "  {}  (line {})", sanitize::text(&entry.text), entry.origin.line)?;
    }
    write!(out, "Trust it as it is now? [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        writeln!(out, "not trusted")?;
        return Ok(ExitStatus::Findings);
    }
    store
        .trust(&project.path, project.content.as_bytes())
        .with_context(|| format!("{place}: cannot be written"))?;
    writeln!(out, "trusted")?;
    Ok(ExitStatus::Clean)
}

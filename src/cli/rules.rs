//! `gate rules`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde::Serialize;

use crate::config::{self, Settings};
use crate::exit::ExitStatus;
use crate::finding::{Confidence, Severity};
use crate::report;
use crate::rules::check::check;
use crate::rules::load::{OwnRules, load};
use crate::rules::page::{Surroundings, page};
use crate::rules::{Class, Rule, builtin};
use crate::sanitize;
use crate::scan::stored;

use super::args::{ListFormat, Rules, RulesCommand};

/// Lists, shows or checks rules.
///
/// # Errors
/// Bad settings, an unknown rule, a file that cannot be read, an output that cannot be written.
pub(super) fn run(arguments: &Rules) -> Result<ExitStatus> {
    match &arguments.command {
        RulesCommand::List { format, config } => list(*format, config.as_deref()),
        RulesCommand::Show { id, config } => show(id, config.as_deref()),
        RulesCommand::Check { files } => check_files(files),
    }
}

/// All rules in use, and what the settings say of them.
struct Book {
    settings: Settings,
    own: OwnRules,
}

impl Book {
    fn load(named: Option<&Path>) -> Result<Self> {
        let settings = config::load(&super::scan::places(named, None))?;
        let own = load(&settings.rules)?;
        settings.check_rule_ids(builtin().iter().map(|rule| rule.id))?;
        Ok(Self { settings, own })
    }

    fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        builtin().iter().chain(self.own.rules.iter().copied())
    }

    fn disabled(&self, rule: &Rule) -> bool {
        self.settings.disable.iter().any(|id| id.value == rule.id)
    }

    fn origin(&self, rule: &Rule) -> String {
        let own =
            self.settings.rules.iter().find(|raw| raw.id.as_ref().is_some_and(|id| id.value == rule.id));
        own.map_or_else(|| "built-in".to_owned(), |raw| raw.origin.to_string())
    }
}

/// One rule of a list: the fields of its JSON.
#[derive(Serialize)]
struct Row {
    id: &'static str,
    provider: &'static str,
    name: &'static str,
    severity: Severity,
    class: Class,
    confidence: Confidence,
    disabled: bool,
    origin: String,
}

fn list(format: ListFormat, named: Option<&Path>) -> Result<ExitStatus> {
    let book = Book::load(named)?;
    let row = |rule: &'static Rule| Row {
        id: rule.id,
        provider: rule.provider,
        name: rule.name,
        severity: rule.severity,
        class: rule.class,
        confidence: rule.confidence,
        disabled: book.disabled(rule),
        origin: book.origin(rule),
    };
    let mut rows: Vec<(Row, String)> = book.rules().map(|rule| (row(rule), rule.title())).collect();
    rows.sort_by_key(|(row, _)| row.id);
    let mut out = io::BufWriter::new(io::stdout().lock());
    match format {
        ListFormat::Json => {
            let rows: Vec<&Row> = rows.iter().map(|(row, _)| row).collect();
            report::write_json(&rows, &mut out)?;
        }
        ListFormat::Text => {
            let width = rows.iter().map(|(row, _)| row.id.len()).max().unwrap_or(0);
            writeln!(out, "{:width$}  {:8}  {:9}  {:10}  NAME", "ID", "SEVERITY", "CLASS", "CONFIDENCE")?;
            for (row, title) in &rows {
                let class = row.class.as_str();
                write!(
                    out,
                    "{:width$}  {:8}  {class:9}  {:10}  {}",
                    row.id,
                    row.severity,
                    row.confidence,
                    sanitize::text(title)
                )?;
                if row.origin != "built-in" {
                    write!(out, "  [{}]", sanitize::text(&row.origin))?;
                }
                writeln!(out, "{}", if row.disabled { "  [disabled]" } else { "" })?;
            }
        }
    }
    out.flush()?;
    Ok(ExitStatus::Clean)
}

fn show(id: &str, named: Option<&Path>) -> Result<ExitStatus> {
    if id == stored::RULE {
        let mut out = io::stdout().lock();
        out.write_all(stored::page().as_bytes())?;
        out.flush()?;
        return Ok(ExitStatus::Clean);
    }
    let book = Book::load(named)?;
    let rule = book.rules().find(|rule| rule.id == id).ok_or_else(|| {
        let near = config::nearest(id, book.rules().map(|rule| rule.id));
        let hint = near.map_or_else(
            || "`gate rules list` shows all".to_owned(),
            |near| format!("did you mean \"{near}\"?"),
        );
        anyhow!("there is no rule \"{id}\"; {hint}")
    })?;
    let around = Surroundings {
        origin: &book.origin(rule),
        disabled: book.disabled(rule),
        own_keywords: &book.own.keywords,
    };
    let mut out = io::stdout().lock();
    out.write_all(page(rule, around).as_bytes())?;
    out.flush()?;
    Ok(ExitStatus::Clean)
}

fn check_files(files: &[PathBuf]) -> Result<ExitStatus> {
    let mut rules = Vec::new();
    let mut lines = Vec::new();
    for file in files {
        let (more, complaints) =
            config::read_rules(file).with_context(|| format!("{}: could not be read", file.display()))?;
        if more.is_empty() && complaints.is_empty() {
            let place = file.display();
            lines.push((
                place.to_string(),
                1,
                true,
                format!("{place}:1: holds no [[rule]]: name a file with rules"),
            ));
        }
        rules.extend(more);
        lines.extend(complaints.into_iter().map(|complaint| line(&complaint, true)));
    }
    lines.extend(check(&rules).iter().map(|remark| line(&remark.complaint, remark.problem)));
    lines.sort();
    lines.dedup();
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (_, _, _, text) in &lines {
        writeln!(out, "{}", sanitize::text(text))?;
    }
    let problems = lines.iter().filter(|(_, _, problem, _)| *problem).count();
    writeln!(out, "rules: {}, problems: {problems}, notes: {}", rules.len(), lines.len() - problems)?;
    out.flush()?;
    Ok(if problems == 0 { ExitStatus::Clean } else { ExitStatus::Findings })
}

/// What a line sorts by, whether it is a problem, and its text.
fn line(complaint: &config::Complaint, problem: bool) -> (String, usize, bool, String) {
    let config::Complaint { origin, text } = complaint;
    let text = format!("{origin}: {}{text}", if problem { "" } else { "note: " });
    (origin.file.display().to_string(), origin.line, problem, text)
}

//! Precision and recall on labelled lines: secrets without a known shape, and what looks like them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use portcullis::blob::Blob;
use portcullis::finding::{Confidence, Finding};
use portcullis::rules::shape::Random;
use portcullis::scan::{Scanner, Tally};
use portcullis::span::Span;
use serde::Deserialize;

use crate::panics::survive;
use crate::results::Results;
use crate::template::{Instance, Template, Words};

/// A kind of labelled text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    /// Whether its templates hold a secret.
    secret: bool,
    /// Path and template.
    cases: Vec<(String, String)>,
}

pub(crate) struct Case {
    pub(crate) kind: String,
    pub(crate) secret: bool,
    pub(crate) path: String,
    text: String,
    template: Template,
}

impl Case {
    /// Texts of this template, the same in every run.
    pub(crate) fn instances(&self, words: &Words, count: usize) -> Vec<Instance> {
        let seed = blake3::hash(format!("{}\n{}", self.path, self.text).as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&seed.as_bytes()[..8]);
        let mut random = Random::new(u64::from_le_bytes(first));
        (0..count).map(|_| self.template.expand(words, &mut random)).collect()
    }
}

/// Texts by what they are and what was said of them.
#[derive(Clone, Copy, Default)]
struct Confusion {
    found: usize,
    missed: usize,
    noise: usize,
    quiet: usize,
}

impl Confusion {
    fn add(&mut self, secret: bool, found: bool) {
        match (secret, found) {
            (true, true) => self.found += 1,
            (true, false) => self.missed += 1,
            (false, true) => self.noise += 1,
            (false, false) => self.quiet += 1,
        }
    }

    fn precision(&self) -> f64 {
        ratio(self.found, self.found + self.noise)
    }

    fn recall(&self) -> f64 {
        ratio(self.found, self.found + self.missed)
    }

    fn f1(&self) -> f64 {
        ratio(2 * self.found, 2 * self.found + self.missed + self.noise)
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

const LEVELS: [Confidence; 3] = [Confidence::Low, Confidence::Medium, Confidence::High];

/// The templates of a folder.
pub(crate) fn read(folder: &Path) -> Result<Vec<Case>> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut cases: Vec<Case> = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).with_context(|| name.clone())?;
        let kinds: BTreeMap<String, Kind> = toml::from_str(&text).with_context(|| name.clone())?;
        for (kind, Kind { secret, cases: listed }) in kinds {
            for (path, text) in listed {
                let template = Template::parse(&text).with_context(|| format!("{name}: {text}"))?;
                if secret != template.has_secret() {
                    bail!(
                        "{name}: {text}: [{kind}] says secret = {secret}; a secret, and only that, is marked «!…»"
                    );
                }
                if cases.iter().any(|case| case.path == path && case.text == text) {
                    bail!("{name}: stands there twice: {path}: {text}");
                }
                cases.push(Case { kind: kind.clone(), secret, path, text, template });
            }
        }
    }
    Ok(cases)
}

/// The span of a finding in a text that was scanned whole.
fn span(text: &[u8], finding: &Finding) -> Span {
    let start = finding.offset.unwrap_or_default() as usize;
    let mut line_start = start - (finding.start.column as usize - 1);
    for _ in finding.start.line..finding.end.line {
        line_start = memchr::memchr(b'\n', &text[line_start..]).map_or(text.len(), |at| line_start + at + 1);
    }
    Span::new(start, (line_start + finding.end.column as usize - 1).max(start))
}

/// The findings that count for an instance: on the secret, or anywhere where there is none; and how many others.
fn counted<'t>(case: &Case, instance: &Instance, tally: &'t Tally) -> (Vec<&'t Finding>, usize) {
    let on_secret = |finding: &&Finding| {
        !case.secret || instance.secrets.iter().any(|secret| secret.overlaps(span(&instance.text, finding)))
    };
    let hits: Vec<&Finding> = tally.findings.iter().filter(on_secret).collect();
    let stray = tally.findings.iter().filter(|finding| finding.confidence >= Confidence::Medium).count();
    let shown = hits.iter().filter(|finding| finding.confidence >= Confidence::Medium).count();
    (hits, stray - shown)
}

/// Runs every template of `folder` `instances` times, prints tables and the templates that came out wrong.
pub(crate) fn run(
    part: &str,
    folder: &Path,
    words: &Words,
    instances: usize,
    results: &mut Results,
    out: &mut dyn Write,
) -> Result<()> {
    let cases = read(folder)?;
    let scanner = Scanner::builtin().explaining(true);
    let mut levels = [Confusion::default(); 3];
    let mut kinds: BTreeMap<(bool, &str), [usize; 4]> = BTreeMap::new();
    let mut wrong: Vec<(&Case, String)> = Vec::new();
    let mut strays: Vec<&Case> = Vec::new();
    for case in &cases {
        let kind = kinds.entry((!case.secret, &case.kind)).or_default();
        kind[0] += 1;
        let (mut right, mut said, mut stray) = (0, BTreeMap::<String, usize>::new(), 0);
        for instance in case.instances(words, instances) {
            let mut worker = scanner.worker();
            survive(|| worker.scan(&Blob::new(&instance.text, &case.path)));
            let tally = worker.into_tally();
            let (hits, others) = counted(case, &instance, &tally);
            stray += others;
            let most = hits.iter().map(|finding| finding.confidence).max();
            for (confusion, level) in levels.iter_mut().zip(LEVELS) {
                confusion.add(case.secret, most >= Some(level));
            }
            kind[1] += 1;
            let found = most >= Some(Confidence::Medium);
            kind[2] += usize::from(found);
            kind[3] += usize::from(most == Some(Confidence::Low));
            if found == case.secret {
                right += 1;
            } else {
                *said.entry(opinion(&hits, &tally)).or_default() += 1;
            }
        }
        results.set(
            format!("{part}-templates/{}/{}: {}", case.kind, case.path, case.text),
            format!("{right}/{instances} right"),
        );
        if right < instances {
            let said: Vec<String> = said.iter().map(|(what, count)| format!("{count}× {what}")).collect();
            wrong.push((case, said.join("; ")));
        }
        if case.secret && stray > 0 {
            strays.push(case);
        }
    }
    writeln!(out, "== {part}: {} templates, {instances} texts each", cases.len())?;
    writeln!(out, "from        found missed  noise  quiet precision recall    F1")?;
    for (level, confusion) in LEVELS.iter().zip(&levels) {
        let Confusion { found, missed, noise, quiet } = confusion;
        writeln!(
            out,
            "{level:<10} {found:>6} {missed:>6} {noise:>6} {quiet:>6}    {:>6.3} {:>6.3} {:>5.3}",
            confusion.precision(),
            confusion.recall(),
            confusion.f1()
        )?;
        results.set(format!("{part}/{level}/precision"), format!("{:.3}", confusion.precision()));
        results.set(format!("{part}/{level}/recall"), format!("{:.3}", confusion.recall()));
        results.set(format!("{part}/{level}/f1"), format!("{:.3}", confusion.f1()));
    }
    writeln!(out, "\nkind                            label  templates  texts  shown     %  low only")?;
    for ((negative, kind), [templates, texts, shown, low]) in &kinds {
        let label = if *negative { "false" } else { "true" };
        let percent = 100.0 * ratio(*shown, *texts);
        writeln!(out, "{kind:<32}{label:<7}{templates:>9} {texts:>6} {shown:>6} {percent:>5.1} {low:>9}")?;
        results.set(format!("{part}/{label}/{kind}"), format!("{shown}/{texts} shown, {low} low"));
    }
    writeln!(out, "\nwrong: {} templates", wrong.len())?;
    for (case, said) in &wrong {
        let label = if case.secret { "true " } else { "false" };
        writeln!(out, "{label} {:<22} {} | {}\n      {said}", case.kind, case.path, one_line(&case.text))?;
    }
    writeln!(out, "\nfindings beside the secret: {} templates", strays.len())?;
    for case in strays {
        writeln!(out, "{} | {}", case.path, one_line(&case.text))?;
    }
    Ok(())
}

/// What the scanner said of a text that it judged wrongly, without any of the text.
fn opinion(hits: &[&Finding], tally: &Tally) -> String {
    if let Some(best) = hits.iter().max_by_key(|finding| finding.confidence) {
        let reasons: Vec<String> = best
            .reasons
            .iter()
            .map(|reason| if reason.filter == "randomness" { reason.filter } else { &reason.text }.to_owned())
            .collect();
        return format!("{} {} [{}]", best.rule_id, best.confidence, reasons.join(", "));
    }
    let dropped: Vec<String> = tally
        .dropped
        .iter()
        .map(|dropped| {
            format!("{} dropped by {}: {}", dropped.rule_id, dropped.reason.filter, dropped.reason.text)
        })
        .collect();
    if dropped.is_empty() { "no candidate".to_owned() } else { dropped.join(" + ") }
}

fn one_line(text: &str) -> String {
    text.trim_end().replace('\n', "⏎")
}

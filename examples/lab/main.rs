//! The accuracy lab: shows in both directions what a change to a rule or filter does.
//!
//! `cargo run --release --example lab -- [NEGATIVES_DIR…]` prints recall per rule and surrounding, precision and
//! recall on the labelled templates of `benches/lab/labelled` and `benches/lab/independent`, and findings per megabyte in
//! directories of real files.
//! `--baseline FILE` saves the results, or, when the file exists, prints only what differs from it.

mod expand;
mod labelled;
mod noise;
mod panics;
mod results;
mod surroundings;
mod template;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Parser;
use portcullis::finding::Confidence;

#[derive(Parser)]
struct Arguments {
    /// Directories of real files in which hardly anything is a secret.
    negatives: Vec<PathBuf>,
    /// Saves the results here; when the file exists, prints what differs from it instead.
    #[arg(long)]
    baseline: Option<PathBuf>,
    /// With --baseline: after comparing, replaces what is saved.
    #[arg(long, requires = "baseline")]
    update: bool,
    /// Runs only these parts: recall, labelled, independent, noise.
    #[arg(long, value_delimiter = ',', default_value = "recall,labelled,independent,noise")]
    only: Vec<String>,
    /// Texts made from each labelled template.
    #[arg(long, default_value_t = 8)]
    instances: usize,
    /// Values made from each shape of a rule.
    #[arg(long, default_value_t = 4)]
    values: usize,
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Scans nothing: writes the texts of both samples into this directory, a file each, and `labels.tsv`, which
    /// tells what is secret in them. For running other scanners on them.
    #[arg(long)]
    expand: Option<PathBuf>,
    /// Lists the findings in directories: place, rule, confidence, masked.
    #[arg(long)]
    list: bool,
    /// Lists them with their line, the secret replaced by a description of its characters.
    #[arg(long)]
    show_line: bool,
    /// Lists findings of these rules only.
    #[arg(long)]
    rule: Vec<String>,
    /// Lists findings from this confidence on: low, medium, high.
    #[arg(long, default_value = "medium")]
    least: String,
    /// Lists at most so many findings of each rule and confidence, spread evenly.
    #[arg(long)]
    per_rule: Option<usize>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let levels = [Confidence::Low, Confidence::Medium, Confidence::High];
    let Some(least) = levels.into_iter().find(|level| level.as_str() == arguments.least) else {
        bail!("--least {}: write low, medium or high", arguments.least);
    };
    if let Some(part) = arguments
        .only
        .iter()
        .find(|part| !["recall", "labelled", "independent", "noise"].contains(&part.as_str()))
    {
        bail!("--only {part}: write recall, labelled, independent or noise");
    }
    let runs = |part: &str| arguments.only.iter().any(|only| only == part);
    let listing = noise::Listing {
        list: arguments.list,
        show_line: arguments.show_line,
        rules: arguments.rule.clone(),
        least,
        per_rule: arguments.per_rule,
    };
    panics::count();
    let mut stdout = std::io::stdout().lock();
    let before = match &arguments.baseline {
        Some(file) if file.exists() => Some(results::Results::read(file)?),
        _ => None,
    };
    let mut nowhere = std::io::sink();
    let out: &mut dyn Write = if before.is_some() { &mut nowhere } else { &mut stdout };
    let mut results = results::Results::default();
    let words = template::Words::read(&root.join("benches/lab/words.toml"))?;
    let samples = ["labelled", "independent"].map(|part| (part, root.join("benches/lab").join(part)));
    if let Some(target) = &arguments.expand {
        for (part, folder) in &samples {
            expand::run(folder, &words, arguments.instances, &target.join(part))?;
        }
        return Ok(());
    }
    if runs("recall") {
        surroundings::run(&root.join("rules/secrets"), arguments.values, &mut results, out)?;
    }
    if runs("noise") {
        for directory in &arguments.negatives {
            noise::run(directory, arguments.threads, &listing, &mut results, out)?;
        }
    }
    for (part, folder) in samples.iter().filter(|(part, _)| runs(part)) {
        labelled::run(part, folder, &words, arguments.instances, &mut results, out)?;
    }
    panics::report(&mut stdout)?;
    if let Some(before) = &before {
        results.compare(before, &mut stdout)?;
    }
    match arguments.baseline {
        Some(file) if before.is_none() || arguments.update => results.write(&file),
        _ => Ok(()),
    }
}

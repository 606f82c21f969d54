//! The labelled texts as files, so that other scanners can be run on them.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::labelled;
use crate::template::Words;

/// Writes `instances` texts of every template of `folder` below `target`: each in a folder of its own, under the path
/// that the template names. `labels.tsv` beside them has a line per text: its file, `true` or `false`, its kind, and
/// where its secrets lie, as `start-end` in bytes.
pub(crate) fn run(folder: &Path, words: &Words, instances: usize, target: &Path) -> Result<()> {
    let mut labels = String::new();
    for (number, case) in labelled::read(folder)?.iter().enumerate() {
        for (copy, instance) in case.instances(words, instances).iter().enumerate() {
            let path = format!("{number:04}-{copy}/{}", case.path);
            let file = target.join("texts").join(&path);
            if let Some(parent) = file.parent() {
                fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
            }
            fs::write(&file, &instance.text).with_context(|| file.display().to_string())?;
            write!(labels, "{path}\t{}\t{}", case.secret, case.kind)?;
            for secret in &instance.secrets {
                write!(labels, "\t{}-{}", secret.start, secret.end)?;
            }
            labels.push('\n');
        }
    }
    let file = target.join("labels.tsv");
    fs::write(&file, labels).with_context(|| file.display().to_string())
}

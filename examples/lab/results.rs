//! Results by name, so that two runs can be compared.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

/// How many differences of one section are listed.
const LISTED: usize = 60;

/// Results: `section/…` to what it came out as.
#[derive(Default)]
pub(crate) struct Results(BTreeMap<String, String>);

impl Results {
    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl ToString) {
        self.0.insert(name.into(), value.to_string());
    }

    pub(crate) fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        Ok(Self(serde_json::from_str(&text).with_context(|| file.display().to_string())?))
    }

    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(&self.0)?;
        std::fs::write(file, text).with_context(|| file.display().to_string())
    }

    /// Prints what differs from `before`: before → after. Sections that were not run are left out.
    pub(crate) fn compare(&self, before: &Self, out: &mut dyn Write) -> Result<()> {
        let section = |name: &str| name.split('/').next().unwrap_or("").to_owned();
        let ran: std::collections::BTreeSet<String> = self.0.keys().map(|name| section(name)).collect();
        let mut names: Vec<&String> = self.0.keys().chain(before.0.keys()).collect();
        names.sort();
        names.dedup();
        let mut listed: BTreeMap<String, usize> = BTreeMap::new();
        for name in names.into_iter().filter(|name| ran.contains(&section(name))) {
            let get = |results: &Self| results.0.get(name).cloned().unwrap_or_else(|| "-".to_owned());
            let (old, new) = (get(before), get(self));
            if old != new {
                let count = listed.entry(section(name)).or_default();
                *count += 1;
                if *count <= LISTED {
                    writeln!(out, "{name}: {old} → {new}")?;
                }
            }
        }
        for (section, count) in &listed {
            writeln!(out, "{section}: {count} results differ")?;
        }
        if listed.is_empty() {
            writeln!(out, "no result differs")?;
        }
        Ok(())
    }
}

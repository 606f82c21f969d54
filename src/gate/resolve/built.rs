//! Programs that the line builds before it runs them: `make && ./app`.

use std::path::Path;

use super::Resolver;
use crate::gate::effect_kind::EffectKind;

// COMMANDS and SOURCES
include!(concat!(env!("OUT_DIR"), "/builders.rs"));

impl Resolver<'_> {
    /// Whether a file that is not there is likely to be made, by an earlier command of the line, of sources that were in
    /// the workspace before: then it may be run as any program of the workspace.
    pub(super) fn is_built(&self, file: &Path) -> bool {
        let readings = &self.resolved.readings;
        file.starts_with(&self.environment.workspace)
            && readings.iter().any(|reading| COMMANDS.binary_search(&reading.command.as_str()).is_ok())
            && !readings
                .iter()
                .flat_map(|reading| &reading.effects)
                .any(|effect| effect.kind == EffectKind::Fetches)
            && !self.written.keys().any(|path| is_source(path))
    }
}

fn is_source(path: &Path) -> bool {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some(ending) => SOURCES.binary_search(&ending.to_ascii_lowercase().as_str()).is_ok(),
        // `Makefile` and its like
        None => true,
    }
}

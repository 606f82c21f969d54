//! Finds credentials in bytes: `candidate` says where to look, `confirm` and `detect` what is there, `filter` what of
//! it is kept. Knows nothing of files, settings files or reports.

mod candidate;
mod confirm;
mod detect;
pub mod filter;
mod keywords;
mod layer;
mod matches;
pub mod reach;
pub(crate) mod stored;
mod tables;
#[cfg(test)]
mod tests;
mod worker;

/// Passes for `benches/`; not part of the interface.
#[doc(hidden)]
pub mod bench {
    /// How many candidates the finder of the built-in rules sees in `text`.
    pub fn find_candidates(text: &[u8], portable: bool) -> usize {
        use std::sync::LazyLock;

        use super::candidate::{Finder, Scratch};
        use super::tables::Tables;

        static QUICK: LazyLock<Finder> = LazyLock::new(|| Tables::new(&[], &[]).finder);
        static PORTABLE: LazyLock<Finder> = LazyLock::new(|| Tables::new(&[], &[]).finder.portable());
        let mut found = Vec::new();
        let finder = if portable { &PORTABLE } else { &QUICK };
        finder.find(text, 0, text.len(), &mut Scratch::default(), &mut found);
        found.len()
    }
}

pub use filter::dummies::hash as dummy_hash;
pub use worker::{Scanner, Tally, Worker};

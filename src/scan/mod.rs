//! Finds credentials in bytes: `candidate` says where to look, `confirm` and `detect` what is there, `filter` what of
//! it is kept. Knows nothing of files, settings files or reports.

mod candidate;
mod confirm;
mod detect;
mod escapes;
pub mod filter;
mod keywords;
mod layer;
mod left_out;
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
    use super::candidate::{Finder, Path, Scratch};
    use super::tables::Tables;

    /// The finders of the built-in rules, by the instructions that they use; the quickest first.
    pub struct Finders(Vec<(String, Finder)>);

    impl Finders {
        /// One for each path that this processor can take.
        pub fn available() -> Self {
            let on = |path| (format!("{path:?}").to_lowercase(), Tables::new(&[], &[]).finder.on(path));
            Self(Path::available().into_iter().map(on).collect())
        }

        /// Their names.
        pub fn names(&self) -> impl Iterator<Item = &str> {
            self.0.iter().map(|(name, _)| name.as_str())
        }

        /// How many candidates one of them sees in `text`.
        pub fn find(&self, name: &str, text: &[u8]) -> usize {
            let mut found = Vec::new();
            let finder = self.0.iter().find(|(known, _)| known == name);
            finder.expect("a path by its name").1.find(
                text,
                0,
                text.len(),
                &mut Scratch::default(),
                &mut found,
            );
            found.len()
        }
    }

    /// All anchors: the literal, where in it its fingerprint begins, and the fingerprint's group.
    pub fn anchors() -> Vec<(&'static [u8], usize, usize)> {
        Tables::new(&[], &[]).finder.anchors().collect()
    }
}

pub use filter::dummies::hash as dummy_hash;
pub use left_out::LeftOut;
pub use worker::{Scanner, Tally, Worker};

//! The word lists of `rules/words.toml`.

include!(concat!(env!("OUT_DIR"), "/words.rs"));

/// Whether a sorted list holds `word`.
pub(crate) fn holds(list: &[&str], word: &str) -> bool {
    list.binary_search(&word).is_ok()
}

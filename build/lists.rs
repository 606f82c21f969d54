//! Files of `rules/` that are nothing but lists of words.

use std::fs;
use std::path::Path;

/// The lists of a file, each a sorted static slice of its name in capitals.
pub(crate) fn lists(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let list = |(name, value): (&String, &toml::Value)| {
        let words = value.as_array().unwrap_or_else(|| panic!("{}: {name} is no list", file.display()));
        let mut words: Vec<&str> = words
            .iter()
            .map(|word| word.as_str().unwrap_or_else(|| panic!("{}: {name} holds no word", file.display())))
            .collect();
        words.sort_unstable();
        words.dedup();
        format!("static {}: &[&str] = &{words:?};\n", name.to_uppercase())
    };
    table.iter().map(list).collect()
}

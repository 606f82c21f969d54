//! What is kept of what was found: one filter a file, cheapest first, each with its reason in words.

pub mod allow;
pub(crate) mod dummies;
pub(crate) mod file_kind;
pub mod inline;
pub(crate) mod randomness;
pub(crate) mod value;
pub(crate) mod words;

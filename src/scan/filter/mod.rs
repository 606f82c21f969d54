//! What keeps a match from being reported, one file each.

pub mod allow;
pub mod inline;

//! Hooks of other programs, by which they ask before they act: putting them in place and taking them out.
//!
//! One file per kind of program. What a hook decides is not here but where the question belongs: `scan` for git.

pub mod git;

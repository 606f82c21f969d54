//! The command line: wiring only.

pub mod progress;

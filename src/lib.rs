//! Portcullis finds credentials that are about to leave the machine they belong to.
//!
//! ```text
//! scan:  source ──> candidate ──> confirm ──> filter ──> finding ──> report
//!        bytes      (rule, at)    captures    kept?      redacted    text/json/sarif
//! ```
//!
//! Nothing points back to its left. Modules in reading order:

pub mod baseline;
pub mod blob;
pub mod cache;
pub mod exit;
pub mod finding;
pub mod sanitize;
pub mod span;
pub mod stable_id;

pub mod checksum;
pub mod ci;
pub mod cli;
pub mod config;
pub(crate) mod decode;
pub mod fingerprint;
pub mod gate;
pub mod git;
pub mod hook;
pub mod report;
pub mod rules;
pub mod scan;
pub(crate) mod shell;
pub mod source;

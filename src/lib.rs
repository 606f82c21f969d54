//! Portcullis finds credentials that are about to leave the machine they belong to.
//!
//! ```text
//! scan:  source ──> candidate ──> confirm ──> filter ──> finding ──> report
//!        bytes      (rule, at)    captures    kept?      redacted    text/json/sarif
//! ```
//!
//! Nothing points back to its left. Modules in reading order:

pub mod span;
pub mod blob;
pub mod finding;
pub mod stable_id;
pub mod sanitize;
pub mod exit;

pub mod checksum;
pub(crate) mod decode;
pub mod rules;
pub mod config;
pub mod source;
pub mod scan;
pub mod report;
pub mod cli;

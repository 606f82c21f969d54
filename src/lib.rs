//! Portcullis: finds leaked credentials, and judges commands before they run.

pub mod blob;
pub mod cli;
pub mod config;
pub mod exit;
pub mod finding;
pub mod scan;
pub mod source;
pub mod span;

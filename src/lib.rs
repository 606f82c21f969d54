//! Portcullis: finds leaked credentials, and judges commands before they run.

pub mod blob;
pub mod exit;
pub mod finding;
pub mod report;
pub mod sanitize;
pub mod span;

//! Portcullis: finds leaked credentials, and judges commands before they run.

pub mod blob;
pub mod checksum;
pub mod exit;
pub mod finding;
pub mod rules;
pub mod span;

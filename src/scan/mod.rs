//! Finds credentials in bytes: `candidate` says where to look, `confirm` and `detect` what is there, `filter` what of
//! it is kept. Knows nothing of files, settings files or reports.

mod candidate;
mod confirm;
mod detect;
pub mod filter;
mod keywords;
mod layer;
mod matches;
mod tables;
#[cfg(test)]
mod tests;
mod worker;

pub(crate) use keywords::normal as normal_keyword;

pub use filter::dummies::hash as dummy_hash;
pub use worker::{Scanner, Tally, Worker};

//! Reads git repositories: objects, refs, names of revisions. In-process, without git, and without running anything:
//! of the repository's config only what says how it is stored counts.
//!
//! Everything in a repository may be hostile. Sizes are checked before memory is taken for them, chains of deltas have
//! a limit, nothing is opened that waits. What cannot be read is an [`Error`], never an absence.
//!
//! Objects that `refs/replace/` puts in place of others do not count here, nor do grafts: what is stored is what gets
//! pushed. A shallow clone's cuts do, as the commits behind them are not there.
//!
//! ```text
//! repository ──> refs, revision, walk ──> store ──> pack, loose objects ──> inflate, delta
//! ```

mod config;
pub mod delta;
mod error;
mod file;
pub mod hash;
pub mod index;
mod inflate;
pub mod object;
mod oid;
pub mod pack;
pub mod refs;
mod repository;
pub mod revision;
pub mod store;
pub mod walk;

pub use error::{Error, Result};
pub use object::{Commit, Entry, Kind, Object};
pub use oid::Oid;
pub use repository::{Environment, Repository};
pub use revision::Range;
pub use store::{Reader, Store};

#[cfg(test)]
pub(crate) mod tests;

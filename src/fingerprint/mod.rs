//! Fingerprints of the credentials that the user really has, and the matcher that finds them in any text.
//!
//! ```text
//! sources ──> strength ──> variants ──> store ──> matcher ──> hits
//! values      accepted?    windows      sealed    sieve, walk
//! ```
//!
//! A value passes through memory that is zeroed, and is gone: what stays are keyed hashes of it. `variants` chooses
//! for each form of a value (plain, base64, hexadecimal, escaped) the windows by which the `sieve` finds it, and
//! `matcher` compares what stands around such a window with the keyed hash of the whole.

mod access;
mod compare;
mod file;
pub mod health;
mod index;
mod key;
pub mod keychain;
mod matcher;
pub(crate) mod nested;
mod places;
mod prints;
mod record;
mod sealed;
mod seam;
mod set;
pub mod share;
mod sieve;
pub mod sources;
mod store;
pub mod strength;
mod table;
#[cfg(test)]
mod tests;
mod variants;
mod walk;
mod wide;
mod wipe;

pub use access::{KeyPlace, Locked, keep_key, load, records};
pub use file::FileError;
pub use key::Key;
pub use matcher::{Finder, Hit, Matcher};
pub use places::Places;
pub use record::{Record, Stored};
pub use store::{Added, Store};
pub use variants::{LONGEST, SHORTEST};
pub use wipe::{WipingAllocator, wipe_from_now_on};

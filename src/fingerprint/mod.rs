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

mod file;
pub mod health;
mod index;
mod key;
mod matcher;
mod record;
pub mod share;
mod sieve;
pub mod sources;
mod store;
pub mod strength;
#[cfg(test)]
mod tests;
mod variants;
mod walk;
mod wipe;

pub use file::FileError;
pub use key::Key;
pub use matcher::{Finder, Hit, Matcher};
pub use record::{Record, Stored};
pub use store::{Added, Locked, Places, Store, load, records};
pub use variants::{LONGEST, SHORTEST};
pub use wipe::{WipingAllocator, wipe_from_now_on};

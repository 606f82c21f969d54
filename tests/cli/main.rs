//! Sessions with the built `gate`: folders, commands, what they print, how they exit.

mod baseline;
mod canary;
mod check;
mod ci;
mod diff;
mod fingerprint;
mod git;
mod history;
mod hook;
mod packs;
mod policy;
mod rules;
mod scan;
mod staged;
mod stores;
mod util;

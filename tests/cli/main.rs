//! Sessions with the built `gate`: folders, commands, what they print, how they exit.

mod policy;
mod rules;
mod scan;
mod util;

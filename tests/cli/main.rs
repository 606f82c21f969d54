//! Sessions with the built `gate`: folders, commands, what they print, how they exit.

mod rules;
mod scan;
mod util;

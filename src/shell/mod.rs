//! The grammar of the shell: text to syntax tree, in one pass, without backtracking to speak of.
//!
//! Own code in place of a crate, see "Decisions" in `ARCHITECTURE.md`: what is read here must be exactly what bash
//! would run, at any input, in linear time and bounded stack.

pub(crate) mod ast;
mod compound;
pub(crate) mod escape;
mod expansion;
mod list;
mod parameter;
mod parse;
mod redirect;
mod simple;
#[cfg(test)]
mod tests;
mod word;

pub(crate) use parse::{Unread, UnreadKind, parse, parse_double_quoted};

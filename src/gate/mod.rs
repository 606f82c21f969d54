//! Judges a shell command before an agent runs it: allow, ask or deny.
//!
//! ```text
//! request ─> parse ─> resolve ─────────────> effects ─> policy ─> decision ─> answer
//!            AST      invocations <─ reading             matches   strictest
//! ```
//!
//! `resolve` walks what the shell would do and hands each simple command, as an [`model::Invocation`] of resolved words,
//! to `knowledge::read`, which answers with a [`model::Reading`]: effects, and inner commands that `resolve` walks in
//! turn. Nothing here reads the environment of the process or writes anything: what is known of the world comes in as
//! values and through [`model::World`].

mod address;
mod code;
pub mod credentials;
mod deadline;
pub mod decision;
pub mod effect_kind;
pub mod effects;
mod evaluate;
pub mod flows;
pub mod git_config;
mod hidden;
pub mod knowledge;
mod links;
mod material;
pub mod model;
mod overwrite;
pub mod paths;
pub mod policy;
pub mod recover;
pub mod request;
mod resolve;
pub mod sample;
pub mod statements;
pub mod world;

pub use deadline::Deadline;
pub use evaluate::{Found, MAX_COMMAND, Match, Verdict, evaluate, evaluate_until};

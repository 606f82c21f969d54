//! Rules: what credentials look like.

pub mod shape;

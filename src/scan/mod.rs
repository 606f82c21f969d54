//! Finds credentials in bytes.

pub mod filter;

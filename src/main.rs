//! `gate`: the command line of Portcullis.
fn main() {}

//! Hashes documented dummy values for `rules/dummies.toml`: reads lines `rule<TAB>value` from standard input and prints
//! the entries, so that no value needs to stand in the repository.

use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let Some((rule, value)) = line.split_once('\t') else { continue };
        let hash = portcullis::scan::dummy_hash(value.as_bytes());
        writeln!(out, "[[dummy]]\nof = \"{rule}\"\nhash = \"{hash:016x}\"\n")?;
    }
    Ok(())
}

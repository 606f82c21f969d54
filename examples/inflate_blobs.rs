//! Inflates every blob entry of a repository's packs and looks at nothing: what `benches/history.sh` compares with.

use std::collections::HashMap;
use std::path::Path;

use portcullis::git::pack::Stored;
use portcullis::git::{Environment, Kind, Repository};

#[expect(clippy::print_stderr, reason = "a program for measuring")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: inflate_blobs REPOSITORY")?;
    let repository = Repository::discover(Path::new(&folder), &Environment::default())?;
    let mut reader = repository.reader();
    let (mut entries, mut bytes) = (0_u64, 0_u64);
    let mut into = Vec::new();
    for (number, pack) in repository.store().packs().iter().enumerate() {
        let index = pack.index()?;
        let mut offsets: Vec<u64> = (0..index.len()).filter_map(|at| index.offset(at)).collect();
        offsets.sort_unstable();
        let mut kinds: HashMap<u64, Kind> = HashMap::with_capacity(offsets.len());
        for (at, &offset) in offsets.iter().enumerate() {
            let head = reader.head(number, offset)?;
            let kind = match head.stored {
                Stored::Whole(kind) => Some(kind),
                Stored::DeltaAt(base) => kinds.get(&base).copied(),
                Stored::DeltaOf(id) => Some(reader.describe(&id)?.0),
            };
            let Some(kind) = kind else { continue };
            kinds.insert(offset, kind);
            if kind == Kind::Blob {
                let end = offsets.get(at + 1).copied().or(pack.end().ok());
                reader.inflate(number, offset, &head, end, &mut into)?;
                entries += 1;
                bytes += into.len() as u64;
            }
        }
    }
    eprintln!("{entries} blob entries, {bytes} bytes inflated");
    Ok(())
}

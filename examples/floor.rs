//! The baseline that the scanner's speed is measured against: walks and reads the same files with the same crates,
//! and looks at nothing. It does the least that reading a tree takes: the parallel walk with all filters off, one
//! open, one fstat and as few reads as the size needs for each regular file, into one buffer per thread.
//!
//! `floor PATH [THREADS]` does that; `floor --empty PATH [THREADS]` runs the scanner's own source (`--no-ignore`)
//! with a sink that looks at nothing, `floor --git PATH [THREADS]` the same honouring git. Prints files and bytes.
//! Compare the two by CPU time, side by side:
//! `for how in "" --empty; do env time -f "%U %S %e %M" target/release/examples/floor $how PATH; done`.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use ignore::{WalkBuilder, WalkState};
use portcullis::blob::Blob;
use portcullis::source::{Request, Sink, scan_tree};

struct Nothing;

impl Sink for Nothing {
    fn blob(&mut self, blob: &Blob<'_>) {
        std::hint::black_box(blob.bytes);
    }
}

/// The files and bytes of a thread, added up when it ends.
struct Count<'t>(u64, u64, &'t [AtomicU64; 2]);

impl Count<'_> {
    fn add(&mut self, bytes: usize) {
        self.0 += 1;
        self.1 += bytes as u64;
    }
}

impl Drop for Count<'_> {
    fn drop(&mut self) {
        self.2[0].fetch_add(self.0, Ordering::Relaxed);
        self.2[1].fetch_add(self.1, Ordering::Relaxed);
    }
}

fn floor(root: PathBuf, threads: usize) -> (u64, u64) {
    let totals = [AtomicU64::new(0), AtomicU64::new(0)];
    WalkBuilder::new(root).standard_filters(false).threads(threads).build_parallel().run(|| {
        let mut count = Count(0, 0, &totals);
        let mut buffer: Vec<u8> = Vec::new();
        Box::new(move |entry| {
            let Ok(entry) = entry else { return WalkState::Continue };
            if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                return WalkState::Continue;
            }
            let Ok(mut file) = File::open(entry.path()) else { return WalkState::Continue };
            let size = file.metadata().map_or(0, |metadata| metadata.len() as usize);
            if buffer.len() < size {
                buffer = vec![0; size.next_power_of_two()];
            }
            let mut filled = 0;
            while filled < size {
                match file.read(&mut buffer[filled..size]) {
                    Ok(read) if read > 0 => filled += read,
                    _ => break,
                }
            }
            std::hint::black_box(&buffer[..filled]);
            count.add(filled);
            WalkState::Continue
        })
    });
    let [files, bytes] = totals;
    (files.into_inner(), bytes.into_inner())
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1).peekable();
    let how = arguments.next_if(|argument| argument.starts_with("--"));
    let root = PathBuf::from(arguments.next().unwrap_or_else(|| ".".to_owned()));
    let threads = arguments.next().and_then(|threads| threads.parse().ok()).unwrap_or(2);
    let (files, bytes) = match how.as_deref() {
        None => floor(root, threads),
        Some(how) => {
            let request =
                Request { roots: vec![root], no_ignore: how == "--empty", threads, ..Request::default() };
            let (_, coverage) = scan_tree(&request, || Nothing)?;
            (coverage.files, coverage.bytes)
        }
    };
    writeln!(std::io::stdout(), "{files} files, {bytes} bytes")?;
    Ok(())
}

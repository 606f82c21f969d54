//! Searches for the groups of `src/scan/candidate/anchors.rs`: `anchor_groups FOLDER…` prints the fingerprints of all
//! anchors in groups, and how often the tables made of them say yes, a megabyte of the folders' files.
//!
//! Run it when anchors were added: one that is not listed there is given a fingerprint when the table is made, which is
//! rarely a good one. Simulated annealing, from the groups as they are; a minute of work.

use std::collections::HashMap;
use std::io::Write;

use ignore::WalkBuilder;
use portcullis::rules::shape::Random;
use portcullis::scan::bench::anchors;

/// Groups of the byte tables; two of them share a bit of the tables of nibbles.
const GROUPS: usize = 16;
/// Bytes of files that are read in all, and of one file.
const SAMPLE: usize = 300 << 20;
const FILE: usize = 256 << 10;
/// Sequences that occur less often, a megabyte, are left out of the search.
const RARE: f64 = 0.6;
const ROUNDS: usize = 120_000;

/// Sequences of four bytes, letters folded, with how often they occur a megabyte.
type Counts = Vec<([u8; 4], f64)>;

fn count(folders: &[String]) -> Counts {
    let mut files: Vec<_> = folders
        .iter()
        .flat_map(|folder| WalkBuilder::new(folder).standard_filters(false).build().flatten())
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
        .collect();
    files.sort();
    // files from everywhere, not those that come first
    let mut random = Random::new(1);
    for i in (1..files.len()).rev() {
        files.swap(i, random.below(i + 1));
    }
    let (mut counts, mut bytes) = (HashMap::<[u8; 4], u32>::new(), 0);
    for path in files {
        let Ok(mut text) = std::fs::read(path) else { continue };
        text.truncate(FILE);
        text.make_ascii_lowercase();
        bytes += text.len();
        text.windows(4).for_each(|four| *counts.entry(four.try_into().expect("four")).or_default() += 1);
        if bytes > SAMPLE {
            break;
        }
    }
    let mut counts: Counts =
        counts.into_iter().map(|(four, count)| (four, f64::from(count) * 1e6 / bytes as f64)).collect();
    counts.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    counts
}

/// A literal, where its fingerprint begins, and its group.
#[derive(Clone)]
struct Anchor {
    literal: &'static [u8],
    offset: usize,
    group: usize,
}

impl Anchor {
    fn print(&self) -> &'static [u8] {
        &self.literal[self.offset..self.literal.len().min(self.offset + 4)]
    }
}

/// Hits a megabyte: of the byte tables, and of the tables of nibbles.
fn hits(counts: &Counts, anchors: &[Anchor]) -> (f64, f64) {
    let mut bytes = [[0_u16; 256]; 4];
    let (mut low, mut high) = ([[0_u8; 16]; 4], [[0_u8; 16]; 4]);
    for anchor in anchors {
        let (own, half) = (1 << anchor.group, 1 << (anchor.group % 8));
        for i in 0..4 {
            match anchor.print().get(i) {
                Some(&byte) => {
                    bytes[i][usize::from(byte)] |= own;
                    for byte in [byte, byte.to_ascii_uppercase()] {
                        low[i][usize::from(byte & 15)] |= half;
                        high[i][usize::from(byte >> 4)] |= half;
                    }
                }
                None => {
                    bytes[i].iter_mut().for_each(|groups| *groups |= own);
                    low[i].iter_mut().for_each(|groups| *groups |= half);
                    high[i].iter_mut().for_each(|groups| *groups |= half);
                }
            }
        }
    }
    let nibbles = |i: usize, byte: u8| low[i][usize::from(byte & 15)] & high[i][usize::from(byte >> 4)];
    let mut sums = (0.0, 0.0);
    for ([a, b, c, d], count) in counts {
        let held = bytes[0][usize::from(*a)] & bytes[1][usize::from(*b)] & bytes[2][usize::from(*c)];
        sums.0 += if held & bytes[3][usize::from(*d)] != 0 { *count } else { 0.0 };
        let held = nibbles(0, *a) & nibbles(1, *b) & nibbles(2, *c) & nibbles(3, *d);
        sums.1 += if held != 0 { *count } else { 0.0 };
    }
    sums
}

fn main() -> std::io::Result<()> {
    let folders: Vec<String> = std::env::args().skip(1).collect();
    let counts = count(&folders);
    let often: Counts = counts.iter().copied().take_while(|(_, count)| *count >= RARE).collect();
    let mut out = std::io::stdout();
    let mut random = Random::new(2);
    let mut all: Vec<Anchor> =
        anchors().into_iter().map(|(literal, offset, group)| Anchor { literal, offset, group }).collect();
    let cost = |anchors: &[Anchor]| {
        let (bytes, nibbles) = hits(&often, anchors);
        bytes + nibbles / 2.0
    };
    let report = |out: &mut std::io::Stdout, anchors: &[Anchor]| {
        let (bytes, nibbles) = hits(&counts, anchors);
        writeln!(out, "hits a megabyte: {bytes:.0} by bytes, {nibbles:.0} by nibbles")
    };
    report(&mut out, &all)?;
    let mut now = cost(&all);
    for round in 0..ROUNDS {
        let heat = (now / 150.0) * (1.0 - round as f64 / ROUNDS as f64).powi(3);
        let mut changed = all.clone();
        let one = random.below(all.len());
        let other = random.below(all.len());
        let anchor = &mut changed[one];
        match random.below(4) {
            0 => anchor.offset = random.below(anchor.literal.len().saturating_sub(4) + 1),
            1 => {
                let group = std::mem::replace(&mut anchor.group, all[other].group);
                changed[other].group = group;
            }
            2 => anchor.group = random.below(GROUPS),
            _ => {
                // the fingerprint of another one, if this has it too
                let known = all[other].print();
                let Some(offset) = anchor.literal.windows(known.len()).position(|print| print == known)
                else {
                    continue;
                };
                if known.len() < anchor.literal.len().min(4) {
                    continue;
                }
                (anchor.offset, anchor.group) = (offset, all[other].group);
            }
        }
        let then = cost(&changed);
        let chance = (random.below(1 << 20) as f64 + 1.0) / f64::from(1 << 20);
        if then - now <= -heat * chance.ln() {
            (all, now) = (changed, then);
        }
    }
    for group in 0..GROUPS {
        let mut prints: Vec<String> = all
            .iter()
            .filter(|anchor| anchor.group == group)
            .map(|anchor| format!("{:?}", String::from_utf8_lossy(anchor.print())))
            .collect();
        prints.sort();
        prints.dedup();
        writeln!(out, "    &[{}],", prints.join(", "))?;
    }
    report(&mut out, &all)
}

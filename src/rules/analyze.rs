//! What a rule's pattern says about where to look for it. `build.rs` shares this file.
//!
//! From the pattern's syntax tree: the literals it may begin with, the bytes that may stand at each of its first
//! positions, its shortest and longest match. From these, the [`Route`] by which candidates reach it.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Bytes that runs are made of. A pattern whose first [`RUN`] bytes all belong to it is found through runs.
pub const TOKEN_BYTES: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+/=.~-";
/// The shortest run of token bytes that makes a candidate.
pub const RUN: usize = 16;
/// How many first positions of a pattern are kept as byte sets, to turn away candidates without a regex.
pub const HEAD: usize = 32;
/// The longest match a pattern may have, in bytes.
pub const LONGEST: usize = 16 * 1024;
/// How many ways a pattern may begin before some are taken together.
const WAYS: usize = 512;

/// A set of bytes.
pub type ByteSet = [u64; 4];

/// How candidates of a rule are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// By one of its first literals, at the start of a word in a run.
    Prefix,
    /// By its anchors, wherever they stand.
    Anchor,
    /// At the start of a word in a run that looks random.
    Value,
}

/// What the scanner needs to know of a pattern.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// How candidates are found.
    pub route: Route,
    /// The literals it begins with ([`Route::Prefix`]: 3 bytes or more) or its anchors, in lower case.
    pub literals: Vec<Vec<u8>>,
    /// The bytes that may stand at each of the first positions of every match.
    pub head: Vec<ByteSet>,
    /// Length of the shortest match in bytes.
    pub shortest: usize,
    /// Length of the longest match in bytes.
    pub longest: usize,
}

/// Analyses `pattern`, given the rule's declared anchors.
///
/// # Errors
/// A sentence on what the pattern lacks and how to mend it.
pub fn analyze(pattern: &str, anchors: &[String]) -> Result<Analysis, String> {
    let hir = parse(pattern)?;
    let (shortest, longest) = bounds(&hir)?;
    let heads = heads(&hir)?;
    if heads.iter().any(Vec::is_empty) {
        return Err("the pattern can match nothing at all".into());
    }
    let head = union(&heads);
    let token = set_of(TOKEN_BYTES);
    let is_run = heads.iter().all(|way| way.len() >= RUN && way[..RUN].iter().all(|set| subset(set, &token)));
    let (route, literals) = if !anchors.is_empty() {
        let folded: Vec<Vec<u8>> =
            anchors.iter().map(|anchor| anchor.to_ascii_lowercase().into_bytes()).collect();
        if let Some(short) = folded.iter().find(|anchor| anchor.len() < 3) {
            let short = String::from_utf8_lossy(short);
            return Err(format!("the anchor \"{short}\" is shorter than 3 bytes: lengthen it"));
        }
        let all: Vec<&[u8]> = folded.iter().map(Vec::as_slice).collect();
        if !heads.iter().all(|way| covered(way, &all, 0)) {
            return Err("the pattern can begin with something that no anchor covers: add the anchor".into());
        }
        (Route::Anchor, folded)
    } else if is_run {
        match prefixes(&heads) {
            Some(literals) => (Route::Prefix, literals),
            None => (Route::Value, Vec::new()),
        }
    } else {
        return Err(format!(
            "the first {RUN} bytes are not all token characters (letters, digits, _+/=.~-): give the rule `anchors`, \
             or a longer minimum"
        ));
    };
    Ok(Analysis { route, literals, head, shortest, longest })
}

/// The lengths of the shortest and the longest match of `pattern`.
///
/// # Errors
/// As [`analyze`], for what every pattern must keep to.
pub fn lengths(pattern: &str) -> Result<(usize, usize), String> {
    bounds(&parse(pattern)?)
}

fn parse(pattern: &str) -> Result<Hir, String> {
    regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(pattern)
        .map_err(|error| format!("the pattern is no regular expression: {error}"))
}

fn bounds(hir: &Hir) -> Result<(usize, usize), String> {
    let properties = hir.properties();
    if !properties.look_set().is_empty() {
        return Err("the pattern holds an assertion (^, $, \\b): it is anchored where it begins, boundaries are checked \
                    by the scanner; remove it"
            .into());
    }
    let shortest = properties.minimum_len().unwrap_or(0);
    match properties.maximum_len() {
        Some(longest) if longest <= LONGEST => Ok((shortest, longest)),
        _ => Err(format!(
            "the pattern's length is unbounded or beyond {LONGEST} bytes: write {{m,n}} in place of + and *"
        )),
    }
}

/// A set of the given bytes.
pub fn set_of(bytes: &[u8]) -> ByteSet {
    let mut set = [0; 4];
    for &byte in bytes {
        set[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }
    set
}

/// Whether `set` holds `byte`.
pub fn has(set: &ByteSet, byte: u8) -> bool {
    set[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
}

fn subset(inner: &ByteSet, outer: &ByteSet) -> bool {
    inner.iter().zip(outer).all(|(a, b)| a & !b == 0)
}

fn single(set: &ByteSet) -> Option<u8> {
    (set.iter().map(|word| word.count_ones()).sum::<u32>() == 1)
        .then(|| (0..=255).find(|&byte| has(set, byte)))
        .flatten()
}

/// Whether everything that `way` can begin with begins with one of `anchors`, of which `at` bytes are matched.
fn covered(way: &[ByteSet], anchors: &[&[u8]], at: usize) -> bool {
    if at == HEAD || anchors.iter().any(|anchor| anchor.len() == at) {
        return true;
    }
    let Some(set) = way.get(at) else { return false };
    (0..=255_u8).filter(|&byte| has(set, byte)).all(|byte| {
        let left: Vec<&[u8]> =
            anchors.iter().copied().filter(|anchor| anchor[at].eq_ignore_ascii_case(&byte)).collect();
        !left.is_empty() && covered(way, &left, at + 1)
    })
}

/// The literals that the ways begin with, cut to what all of a group share; `None` when one is shorter than 3 bytes.
fn prefixes(heads: &[Vec<ByteSet>]) -> Option<Vec<Vec<u8>>> {
    let mut literals: Vec<Vec<u8>> =
        heads.iter().map(|way| way.iter().map_while(single).take(RUN).collect()).collect();
    if literals.iter().any(|literal: &Vec<u8>| literal.len() < 3) {
        return None;
    }
    literals.sort();
    literals.dedup();
    // a literal that begins with a shorter one is found through it
    let shorter = literals.clone();
    literals.retain(|literal| !shorter.iter().any(|other| other != literal && literal.starts_with(other)));
    Some(literals)
}

fn union(heads: &[Vec<ByteSet>]) -> Vec<ByteSet> {
    let shortest = heads.iter().map(Vec::len).min().unwrap_or(0);
    (0..shortest)
        .map(|position| {
            heads.iter().fold([0; 4], |mut all: ByteSet, way| {
                for (word, more) in all.iter_mut().zip(&way[position]) {
                    *word |= more;
                }
                all
            })
        })
        .collect()
}

/// Every way the first [`HEAD`] positions can look, as byte sets; a way ends early where a match may end.
fn heads(hir: &Hir) -> Result<Vec<Vec<ByteSet>>, String> {
    let mut ways = vec![Vec::new()];
    extend(hir, &mut ways)?;
    Ok(ways)
}

fn extend(hir: &Hir, ways: &mut Vec<Vec<ByteSet>>) -> Result<(), String> {
    if ways.iter().all(|way| way.len() >= HEAD) {
        return Ok(());
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => {
            for &byte in &*literal.0 {
                push(ways, set_of(&[byte]));
            }
        }
        HirKind::Class(class) => {
            let mut set = [0; 4];
            match class {
                Class::Bytes(class) => {
                    for range in class.iter() {
                        for byte in range.start()..=range.end() {
                            set[usize::from(byte >> 6)] |= 1 << (byte & 63);
                        }
                    }
                }
                // without Unicode these can hold ASCII only
                Class::Unicode(class) => {
                    for range in class.iter() {
                        for character in range.start()..=range.end() {
                            let byte = u8::try_from(character)
                                .ok()
                                .filter(u8::is_ascii)
                                .ok_or("the pattern holds a Unicode class: write ASCII ones")?;
                            set[usize::from(byte >> 6)] |= 1 << (byte & 63);
                        }
                    }
                }
            }
            push(ways, set);
        }
        HirKind::Capture(capture) => extend(&capture.sub, ways)?,
        HirKind::Concat(parts) => {
            for part in parts {
                extend(part, ways)?;
            }
        }
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                let mut branch = ways.clone();
                extend(part, &mut branch)?;
                all.append(&mut branch);
            }
            settle(&mut all);
            *ways = all;
        }
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min.min(HEAD as u32) {
                extend(&repetition.sub, ways)?;
            }
            // every further round is a way of its own, as a match may go on after any of them
            let further = repetition.max.unwrap_or(u32::MAX).saturating_sub(repetition.min);
            let mut longer = ways.clone();
            for _ in 0..further.min(HEAD as u32) {
                if longer.iter().all(|way| way.len() >= HEAD) {
                    break;
                }
                extend(&repetition.sub, &mut longer)?;
                ways.extend(longer.iter().cloned());
                settle(ways);
            }
        }
    }
    Ok(())
}

fn push(ways: &mut [Vec<ByteSet>], set: ByteSet) {
    for way in ways.iter_mut().filter(|way| way.len() < HEAD) {
        way.push(set);
    }
}

/// Keeps the ways few: with too many, those that begin alike and are of one length become one that allows what any
/// of them does. That forgets which bytes go together, never which may occur.
fn settle(ways: &mut Vec<Vec<ByteSet>>) {
    ways.sort();
    ways.dedup();
    for alike in [8, 3, 0] {
        if ways.len() <= WAYS {
            return;
        }
        ways.sort_by(|a, b| (a.len(), &a[..alike.min(a.len())]).cmp(&(b.len(), &b[..alike.min(b.len())])));
        ways.dedup_by(|way, kept| {
            let same =
                way.len() == kept.len() && way[..alike.min(way.len())] == kept[..alike.min(kept.len())];
            if same {
                for (set, more) in kept.iter_mut().zip(&*way) {
                    set.iter_mut().zip(more).for_each(|(word, more)| *word |= more);
                }
            }
            same
        });
    }
}

//! What a rule's pattern says about where to look for it. `build.rs` shares this file.
//!
//! From the pattern's syntax tree: the literals it may begin with, the bytes that may stand at each of its first
//! positions, its shortest and longest match. From these, the [`Route`] by which candidates reach it.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Bytes that runs are made of. A pattern whose first [`RUN`] bytes all belong to it is found through runs.
pub const TOKEN_BYTES: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+/=.~-";
/// How many of them, from the first, are word characters.
const WORD_BYTES: usize = 63;
/// The shortest run of token bytes that makes a candidate.
pub const RUN: usize = 16;
/// How many first positions of a pattern are kept as byte sets, to turn away candidates without a regex.
pub const HEAD: usize = 96;
/// The longest match a pattern may have, in bytes.
pub const LONGEST: usize = 16 * 1024;
/// How many ways a pattern may begin before they are followed no further.
const WAYS: usize = 256;

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
    /// Which of these positions is the pickiest.
    pub probe: usize,
    /// Token characters that every match begins with, at least.
    pub run: usize,
    /// Whether matches hold letters, digits and underscores only.
    pub word: bool,
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
    if heads.iter().any(|way| way.sets.is_empty()) {
        return Err("the pattern can match nothing at all".into());
    }
    let head = union(&heads);
    let token = set_of(TOKEN_BYTES);
    let is_run = heads
        .iter()
        .all(|way| way.sets.len() >= RUN && way.sets[..RUN].iter().all(|set| subset(set, &token)));
    let (route, literals) = if !anchors.is_empty() {
        let folded: Vec<Vec<u8>> =
            anchors.iter().map(|anchor| anchor.to_ascii_lowercase().into_bytes()).collect();
        if let Some(short) = folded.iter().find(|anchor| anchor.len() < 3) {
            let short = String::from_utf8_lossy(short);
            return Err(format!("the anchor \"{short}\" is shorter than 3 bytes: lengthen it"));
        }
        let all: Vec<&[u8]> = folded.iter().map(Vec::as_slice).collect();
        let longest = all.iter().map(|anchor| anchor.len()).max().unwrap_or(0);
        let mut starts: Vec<&[ByteSet]> =
            heads.iter().map(|way| &way.sets[..longest.min(way.sets.len())]).collect();
        starts.sort();
        starts.dedup();
        if !starts.iter().all(|start| covered(start, &all, 0)) {
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
    let probe = (0..head.len()).min_by_key(|&at| (size(&head[at]), usize::MAX - at)).unwrap_or(0);
    let run = if is_solid(&hir, &token) {
        shortest
    } else {
        head.iter().take_while(|set| subset(set, &token)).count()
    };
    let word = is_solid(&hir, &set_of(&TOKEN_BYTES[..WORD_BYTES]));
    Ok(Analysis { route, literals, head, probe, run, word, shortest, longest })
}

/// The lengths of the shortest and the longest match of `pattern`.
///
/// # Errors
/// As [`analyze`], for what every pattern must keep to.
pub fn lengths(pattern: &str) -> Result<(usize, usize), String> {
    bounds(&parse(pattern)?)
}

/// Whether the group `secret` of `pattern` can match without holding a byte.
pub fn may_lack_secret(pattern: &str) -> bool {
    fn within(hir: &Hir) -> bool {
        match hir.kind() {
            HirKind::Capture(capture) if capture.name.as_deref() == Some("secret") => {
                capture.sub.properties().minimum_len().is_none_or(|least| least == 0)
            }
            HirKind::Capture(capture) => within(&capture.sub),
            HirKind::Repetition(repetition) => within(&repetition.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(within),
            _ => false,
        }
    }
    parse(pattern).is_ok_and(|hir| within(&hir))
}

fn parse(pattern: &str) -> Result<Hir, String> {
    regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(pattern)
        // the last line says the cause; those before it draw the pattern, in which somebody may have put a secret
        .map_err(|error| {
            let text = error.to_string();
            let cause = text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
            format!("the pattern is no regular expression: {cause}")
        })
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
#[inline]
pub fn has(set: &ByteSet, byte: u8) -> bool {
    set[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
}

fn size(set: &ByteSet) -> u32 {
    set.iter().map(|bits| bits.count_ones()).sum()
}

fn subset(inner: &ByteSet, outer: &ByteSet) -> bool {
    inner.iter().zip(outer).all(|(a, b)| a & !b == 0)
}

fn single(set: &ByteSet) -> Option<u8> {
    let mut found = None;
    for (word, &bits) in set.iter().enumerate() {
        match (bits.count_ones(), found) {
            (0, _) => {}
            (1, None) => found = Some((word as u32 * 64 + bits.trailing_zeros()) as u8),
            _ => return None,
        }
    }
    found
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
fn prefixes(heads: &[Way]) -> Option<Vec<Vec<u8>>> {
    let mut literals: Vec<Vec<u8>> =
        heads.iter().map(|way| way.sets.iter().map_while(single).take(RUN).collect()).collect();
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

fn union(heads: &[Way]) -> Vec<ByteSet> {
    let shortest = heads.iter().map(|way| way.sets.len()).min().unwrap_or(0);
    (0..shortest)
        .map(|position| {
            heads.iter().fold([0; 4], |mut all: ByteSet, way| {
                for (word, more) in all.iter_mut().zip(&way.sets[position]) {
                    *word |= more;
                }
                all
            })
        })
        .collect()
}

/// One way a match can begin: the bytes that may stand at each position.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    sets: Vec<ByteSet>,
    /// Whether what follows is left open: after a part of variable length, positions say little.
    closed: bool,
}

impl Way {
    fn is_done(&self) -> bool {
        self.closed || self.sets.len() >= HEAD
    }
}

/// The ways a match can begin, for [`RUN`] positions at least where the shortest match has as many, and up to [`HEAD`].
fn heads(hir: &Hir) -> Result<Vec<Way>, String> {
    let mut ways = vec![Way::default()];
    extend(hir, &mut ways)?;
    Ok(ways)
}

fn extend(hir: &Hir, ways: &mut Vec<Way>) -> Result<(), String> {
    if ways.iter().all(Way::is_done) {
        return Ok(());
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => {
            for &byte in &*literal.0 {
                push(ways, set_of(&[byte]));
            }
        }
        HirKind::Class(class) => push(ways, class_set(class)?),
        HirKind::Capture(capture) => extend(&capture.sub, ways)?,
        HirKind::Concat(parts) => {
            for part in parts {
                extend(part, ways)?;
            }
        }
        HirKind::Alternation(parts) => {
            let mut all: Vec<Way> = ways.iter().filter(|way| way.is_done()).cloned().collect();
            let mut open: Vec<Way> = ways.iter().filter(|way| !way.is_done()).cloned().collect();
            // what a run must show is known; following alternatives of several lengths would tell little more
            if parts.iter().any(|part| part.properties().maximum_len() != parts[0].properties().minimum_len())
            {
                open.iter_mut().filter(|way| way.sets.len() >= RUN).for_each(|way| way.closed = true);
            }
            for part in parts {
                let mut branch = open.clone();
                extend(part, &mut branch)?;
                all.append(&mut branch);
            }
            *ways = all;
            settle(ways);
        }
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min.min(HEAD as u32) {
                extend(&repetition.sub, ways)?;
            }
            let further = repetition.max.unwrap_or(u32::MAX).saturating_sub(repetition.min);
            let mut longer: Vec<Way> = ways.iter().filter(|way| !way.is_done()).cloned().collect();
            // an option is followed both ways; longer variation only as far as a run must be known
            if further > 1 {
                ways.iter_mut().filter(|way| way.sets.len() >= RUN).for_each(|way| way.closed = true);
                longer.retain(|way| way.sets.len() < RUN);
            }
            for _ in 0..further.min(RUN as u32) {
                if longer.is_empty() {
                    break;
                }
                extend(&repetition.sub, &mut longer)?;
                if further > 1 {
                    longer.iter_mut().filter(|way| way.sets.len() >= RUN).for_each(|way| way.closed = true);
                }
                ways.extend(longer.iter().cloned());
                longer.retain(|way| !way.is_done());
            }
            settle(ways);
        }
    }
    Ok(())
}

/// Whether matches hold bytes of `set` only.
fn is_solid(hir: &Hir, set: &ByteSet) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => literal.0.iter().all(|&byte| has(set, byte)),
        HirKind::Class(class) => class_set(class).is_ok_and(|class| subset(&class, set)),
        HirKind::Capture(capture) => is_solid(&capture.sub, set),
        HirKind::Repetition(repetition) => is_solid(&repetition.sub, set),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(|part| is_solid(part, set)),
    }
}

fn class_set(class: &Class) -> Result<ByteSet, String> {
    let mut set = [0; 4];
    let mut add = |byte: u8| set[usize::from(byte >> 6)] |= 1 << (byte & 63);
    match class {
        Class::Bytes(class) => {
            class.iter().for_each(|range| (range.start()..=range.end()).for_each(&mut add))
        }
        // without Unicode these can hold ASCII only
        Class::Unicode(class) => {
            for character in class.iter().flat_map(|range| range.start()..=range.end()) {
                let byte = u8::try_from(character).ok().filter(u8::is_ascii);
                add(byte.ok_or("the pattern holds a Unicode class: write ASCII ones")?);
            }
        }
    }
    Ok(set)
}

fn push(ways: &mut [Way], set: ByteSet) {
    for way in ways.iter_mut().filter(|way| !way.is_done()) {
        way.sets.push(set);
    }
}

/// Ends ways that become too many: what is known so far is known, and the rest is left to the regex.
fn settle(ways: &mut Vec<Way>) {
    ways.sort();
    ways.dedup();
    if ways.len() > WAYS {
        ways.iter_mut().for_each(|way| way.closed = true);
    }
}

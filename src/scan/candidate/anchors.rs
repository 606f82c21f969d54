//! Anchors: literals that are searched for in all bytes, in any case, by a fingerprint of four bytes of each.
//!
//! The search is the one known as Teddy: for each of four neighbouring bytes, a table gives the set of groups whose
//! fingerprints have such a byte there; a place where one group survives all four may hold an anchor. Anchors of three
//! bytes leave the fourth open. Letters are matched in both cases by the tables themselves. What survives is looked up
//! by hash, and only then compared.

/// The fingerprints by group, in lower case. A local search over the counts of all four-byte sequences in 300 MB of source
/// code and published packages found them: how they are grouped decides how many other bytes survive the tables, as
/// every mixture of the members of one survives. A literal that holds none of these is given one at start-up.
/// `examples/anchor_groups.rs` is that search.
const GROUPS: [&[&str]; 16] = [
    &["\\u00", "dapm", "mnem"],
    &["://", "key"],
    &["e://", "eed ", "es25", "ied ", "oxd-"],
    &["s-cl", "sql ", "sqla", "url "],
    &["bear", "once", "onne", "sear", "secr", "teke", "toch", "toke"],
    &["\"kty", "apr1", "auth"],
    &["@tcp", "pw:", "pwd"],
    &["$2b$", "qli(", "sibl", "sig="],
    &["ared", "argo", "begi", "cred", "logi", "loud"],
    &[":\\/\\", "jwt"],
    &["$2a$", "%3a%", "d3b4", "dom ", "e64:", "erm:", "krb5"],
    &["padd", "pass", "pw =", "salt", "sqld"],
    &["pdo(", "secu", "te_k", "te_u"],
    &["atza", "basi"],
    &["$1$", "$5$", "$6$", "$y$", "00d", "psk", "pw="],
    &["$2x$", "$2y$", "qlim", "tzr|", "uper"],
];

/// The group of the escapes of [`super::super::escapes`]: three bytes each, and too many to list. The bytes that they
/// begin with stand in it already.
const ESCAPES: usize = 9;

/// Bytes of a fingerprint.
pub(super) const PRINT: usize = 4;

/// One anchor: a literal in lower case, and where in it its fingerprint stands.
#[derive(Clone, Debug)]
struct Anchor {
    literal: &'static [u8],
    /// Where the fingerprint begins, and its bytes: 3 or 4.
    offset: usize,
    length: usize,
    /// The number of its group.
    group: usize,
    /// What the creator of the table knows it by.
    id: u16,
}

/// The tables and the exact literals behind them.
#[derive(Debug)]
pub(crate) struct AnchorTable {
    /// For each byte of a fingerprint, groups by low nibble: two groups share a bit.
    pub(super) low: [[u8; 16]; PRINT],
    /// For each byte of a fingerprint, groups by high nibble.
    pub(super) high: [[u8; 16]; PRINT],
    /// For each byte of a fingerprint, groups by byte: the first eight, then the others. Exact, where nibbles match mixtures.
    pub(super) bytes: Box<[[[u8; 256]; PRINT]; 2]>,
    anchors: Vec<Anchor>,
    /// From the hash of a fingerprint to the anchors that are searched by it.
    buckets: Vec<Vec<u16>>,
    /// Hashes of all fingerprints, a bit each.
    exact: Box<[u64; EXACT / 64]>,
}

const BUCKETS: usize = 256;
const EXACT: usize = 1 << 13;

/// Four bytes (little endian) with upper-case letters as lower-case ones. Some signs become others, always the same
/// way, which only lets more through.
#[inline(always)]
fn fold(four: u32) -> u32 {
    four | 0x2020_2020
}

/// The first three of four folded bytes.
#[inline(always)]
fn three(four: u32) -> u32 {
    four & 0x00FF_FFFF
}

/// The place of a fingerprint, folded, in [`AnchorTable::exact`].
#[inline(always)]
fn exact_bit(key: u32) -> usize {
    (key.wrapping_mul(0x9E37_79B1) >> 19) as usize
}

/// The place of a fingerprint, folded, in [`AnchorTable::buckets`].
#[inline(always)]
fn bucket(key: u32) -> usize {
    (key.wrapping_mul(0x9E37_79B1) >> 24) as usize
}

/// The key of a fingerprint of three bytes or four.
fn key(print: &[u8]) -> u32 {
    let mut four = [0; PRINT];
    four[..print.len()].copy_from_slice(print);
    let key = fold(u32::from_le_bytes(four));
    if print.len() < PRINT { three(key) } else { key }
}

impl AnchorTable {
    /// A table of anchors: literals in lower case, 3 bytes or more, each with an id.
    pub(crate) fn new(literals: impl IntoIterator<Item = (&'static [u8], u16)>) -> Self {
        let mut table = Self {
            low: [[0; 16]; PRINT],
            high: [[0; 16]; PRINT],
            bytes: Box::new([[[0; 256]; PRINT]; 2]),
            anchors: Vec::new(),
            buckets: vec![Vec::new(); BUCKETS],
            exact: Box::new([0; EXACT / 64]),
        };
        let mut unlisted = Vec::new();
        for (literal, id) in literals {
            match listed(literal) {
                Some((offset, length, group)) => table.add(Anchor { literal, offset, length, group, id }),
                None => unlisted.push((literal, id)),
            }
        }
        for (literal, id) in unlisted {
            let length = literal.len().min(PRINT);
            let offset = rarest(literal, length);
            let group = table.cheapest_group(&literal[offset..offset + length]);
            table.add(Anchor { literal, offset, length, group, id });
        }
        table
    }

    /// Each literal, where its fingerprint begins, and the number of its group.
    pub(super) fn prints(&self) -> impl Iterator<Item = (&'static [u8], usize, usize)> {
        self.anchors.iter().map(|anchor| (anchor.literal, anchor.offset, anchor.group))
    }

    fn add(&mut self, anchor: Anchor) {
        let print = &anchor.literal[anchor.offset..anchor.offset + anchor.length];
        self.join(anchor.group, print);
        let key = key(print);
        self.buckets[bucket(key)].push(self.anchors.len() as u16);
        self.exact[exact_bit(key) / 64] |= 1 << (exact_bit(key) % 64);
        self.anchors.push(anchor);
    }

    /// Adds a fingerprint to a group, letters in both cases; bytes that it does not have may be any.
    fn join(&mut self, group: usize, print: &[u8]) {
        let bit = 1 << (group % 8);
        for (position, bytes) in self.bytes[group / 8].iter_mut().enumerate() {
            let (low, high) = (&mut self.low[position], &mut self.high[position]);
            let Some(&byte) = print.get(position) else {
                low.iter_mut().chain(high).chain(bytes).for_each(|groups| *groups |= bit);
                continue;
            };
            for byte in [byte, byte.to_ascii_uppercase()] {
                low[usize::from(byte & 15)] |= bit;
                high[usize::from(byte >> 4)] |= bit;
                bytes[usize::from(byte)] |= bit;
            }
        }
    }

    /// The group whose chance to match ordinary text by accident grows least when `print` joins it.
    fn cheapest_group(&self, print: &[u8]) -> usize {
        let chance = |group: usize, with: &[u8]| -> u64 {
            (0..PRINT)
                .map(|position| -> u64 {
                    let joins =
                        |byte: u8| with.get(position).is_none_or(|&own| own == byte.to_ascii_lowercase());
                    let groups = &self.bytes[group / 8][position];
                    let member = |byte: u8| groups[usize::from(byte)] >> (group % 8) & 1 == 1;
                    let bytes = (0..128_u8).filter(|&byte| member(byte) || (!with.is_empty() && joins(byte)));
                    bytes.map(|byte| u64::from(commonness(byte))).sum()
                })
                .product()
        };
        let growth = |group: usize| chance(group, print) - chance(group, &[]);
        (0..GROUPS.len()).min_by_key(|&group| growth(group)).unwrap_or(0)
    }

    /// Whether four bytes may be those of a fingerprint.
    #[inline(always)]
    pub(super) fn may_hold(&self, four: [u8; PRINT]) -> bool {
        self.bytes.iter().any(|bytes| {
            let groups = |position: usize| bytes[position][usize::from(four[position])];
            groups(0) & groups(1) & groups(2) & groups(3) != 0
        })
    }

    /// Whether these four bytes (little endian) are those of a fingerprint, but for a few of the same hash.
    #[inline(always)]
    pub(super) fn holds(&self, four: u32) -> bool {
        let bit = |key: u32| self.exact[exact_bit(key) / 64] >> (exact_bit(key) % 64);
        (bit(fold(four)) | bit(three(fold(four)))) & 1 == 1
    }

    /// The anchors whose fingerprint is `four`, at `at`, and whose whole literal stands around it: calls `each` with start
    /// and id.
    #[inline]
    pub(super) fn matches(&self, text: &[u8], at: usize, four: u32, mut each: impl FnMut(usize, u16)) {
        let key = fold(four);
        for (key, length) in [(key, PRINT), (three(key), PRINT - 1)] {
            for &index in &self.buckets[bucket(key)] {
                let anchor = &self.anchors[usize::from(index)];
                // an anchor may share its bucket with those of the other length
                if anchor.length != length {
                    continue;
                }
                let Some(start) = at.checked_sub(anchor.offset) else { continue };
                let Some(there) = text.get(start..start + anchor.literal.len()) else { continue };
                if there.eq_ignore_ascii_case(anchor.literal) {
                    each(start, anchor.id);
                }
            }
        }
    }
}

/// Offset, length and group of the fingerprint that is listed for a literal.
fn listed(literal: &[u8]) -> Option<(usize, usize, usize)> {
    if let [b'%' | b'\\', _, _] = literal {
        return Some((0, literal.len(), ESCAPES));
    }
    GROUPS.iter().enumerate().find_map(|(group, prints)| {
        prints.iter().find_map(|print| {
            let offset = literal.windows(print.len()).position(|window| window == print.as_bytes())?;
            Some((offset, print.len(), group))
        })
    })
}

/// How common a byte is in source code, roughly, per thousand.
fn commonness(byte: u8) -> u32 {
    match byte {
        b' ' => 150,
        b'e' | b't' => 60,
        b'a' | b'i' | b'n' | b'o' | b'r' | b's' => 45,
        b'_' | b'c' | b'd' | b'l' | b'u' | b'p' | b'm' | b'f' | b'\n' | b'\t' => 25,
        b'g' | b'h' | b'b' | b'x' | b'0' | b',' | b'.' | b';' | b'(' | b')' | b'*' | b'-' | b'=' | b'/' => 12,
        b'a'..=b'z' | b'0'..=b'9' | b'>' | b'"' | b':' => 8,
        _ => 4,
    }
}

/// Where in a literal the bytes stand that are least common in source code.
fn rarest(literal: &[u8], length: usize) -> usize {
    let chance =
        |offset: usize| -> u32 { literal[offset..offset + length].iter().map(|&b| commonness(b)).product() };
    (0..=literal.len() - length).min_by_key(|&offset| chance(offset)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_found_by_their_fingerprints() {
        let literals = ["key", "token", "force://", "an unlisted one", "zzz"];
        let table = AnchorTable::new(literals.iter().zip(0..).map(|(literal, id)| (literal.as_bytes(), id)));
        for (id, literal) in literals.iter().enumerate() {
            for text in [literal.to_string(), format!("--{}\u{e9}", literal.to_uppercase())] {
                let bytes = text.as_bytes();
                let mut found = Vec::new();
                for at in 0..bytes.len() {
                    let mut four = [0; PRINT];
                    let rest = &bytes[at..bytes.len().min(at + PRINT)];
                    four[..rest.len()].copy_from_slice(rest);
                    let key = u32::from_le_bytes(four);
                    table.matches(bytes, at, key, |start, id| {
                        assert!(table.may_hold(four) && table.holds(key));
                        found.push((start, id));
                    });
                }
                let start = text.to_lowercase().find(literal).unwrap();
                assert_eq!(found, [(start, id as u16)], "{text}");
            }
        }
    }
}

//! Anchors: literals that are searched for in all bytes, in any case, three bytes of each at a time.
//!
//! The search is the one known as Teddy: for each of three neighbouring bytes, two 16-entry tables (by low and by high
//! nibble) give the set of groups whose anchors have such a byte there; a place where one group survives all three
//! may hold an anchor. Letters are matched in both cases by the tables themselves: upper and lower case differ in
//! the high nibble only.

/// One anchor: a literal in lower case, and which three of its bytes are searched for.
#[derive(Clone, Debug)]
pub(crate) struct Anchor {
    literal: &'static [u8],
    /// Offset of the three bytes in the literal.
    offset: usize,
    /// What the creator of the table knows it by.
    id: u16,
}

/// The nibble tables and the exact literals behind them.
#[derive(Debug)]
pub(crate) struct AnchorTable {
    /// For each of the three bytes, groups by low nibble.
    pub(super) low: [[u8; 16]; 3],
    /// For each of the three bytes, groups by high nibble.
    pub(super) high: [[u8; 16]; 3],
    anchors: Vec<Anchor>,
    /// From the hash of three folded bytes to the anchors that are searched by them.
    buckets: Vec<Vec<u16>>,
    /// Hashes of the three bytes of all anchors, a bit each: the tables match mixtures of their groups too.
    exact: Box<[u64; EXACT / 64]>,
}

const GROUPS: u32 = 8;
const BUCKETS: usize = 256;
const EXACT: usize = 1 << 13;

/// Upper-case letters as lower-case ones; other bytes may change too, always the same way.
#[inline(always)]
fn fold(byte: u8) -> u8 {
    if byte.is_ascii_uppercase() { byte | 0x20 } else { byte }
}

/// The place of three bytes in [`AnchorTable::exact`]; the fourth of `four` does not count. Upper-case letters count as
/// lower-case ones (and some signs as others, which only lets more through).
#[inline(always)]
fn exact_bit(four: u32) -> usize {
    ((four & 0x00FF_FFFF | 0x0020_2020).wrapping_mul(0x9E37_79B1) >> 19) as usize
}

#[inline(always)]
fn bucket(three: [u8; 3]) -> usize {
    let key = u32::from_le_bytes([three[0], three[1], three[2], 0]);
    (key.wrapping_mul(0x9E37_79B1) >> 24) as usize
}

impl AnchorTable {
    /// A table of anchors: literals in lower case, 3 bytes or more, each with an id.
    pub(crate) fn new(literals: impl IntoIterator<Item = (&'static [u8], u16)>) -> Self {
        let anchors: Vec<Anchor> = literals
            .into_iter()
            .map(|(literal, id)| Anchor { literal, offset: rarest(literal), id })
            .collect();
        let mut table = Self {
            low: [[0; 16]; 3],
            high: [[0; 16]; 3],
            anchors: Vec::new(),
            buckets: vec![Vec::new(); BUCKETS],
            exact: Box::new([0; EXACT / 64]),
        };
        for (index, anchor) in anchors.iter().enumerate() {
            let three = anchor.three();
            table.join(table.cheapest_group(three), three);
            table.buckets[bucket(three)].push(index as u16);
            let bit = exact_bit(u32::from_le_bytes([three[0], three[1], three[2], 0]));
            table.exact[bit / 64] |= 1 << (bit % 64);
        }
        table.anchors = anchors;
        table
    }

    /// Adds three bytes to a group, letters in both cases.
    fn join(&mut self, group: u8, three: [u8; 3]) {
        for (position, byte) in three.into_iter().enumerate() {
            self.low[position][usize::from(byte & 15)] |= group;
            self.high[position][usize::from(byte >> 4)] |= group;
            if byte.is_ascii_lowercase() {
                self.high[position][usize::from(byte >> 4) - 2] |= group;
            }
        }
    }

    /// The group whose chance to match ordinary text by accident grows least when `three` joins it: the tables
    /// match every mixture of a group's nibbles.
    fn cheapest_group(&self, three: [u8; 3]) -> u8 {
        let chance = |low: &[[u8; 16]; 3], high: &[[u8; 16]; 3], group: u8| -> u64 {
            (0..3)
                .map(|position| -> u64 {
                    (0..128_u8)
                        .filter(|byte| {
                            low[position][usize::from(byte & 15)]
                                & high[position][usize::from(byte >> 4)]
                                & group
                                != 0
                        })
                        .map(|byte| u64::from(commonness(byte)))
                        .sum()
                })
                .product()
        };
        let growth = |group: u8| {
            let mut trial = Self {
                low: self.low,
                high: self.high,
                anchors: Vec::new(),
                buckets: Vec::new(),
                exact: Box::new([0; EXACT / 64]),
            };
            trial.join(group, three);
            chance(&trial.low, &trial.high, group) - chance(&self.low, &self.high, group)
        };
        (0..GROUPS).map(|group| 1 << group).min_by_key(|&group| growth(group)).unwrap_or(1)
    }

    /// Whether three bytes may be those of an anchor: the scalar form of the nibble tables.
    #[inline(always)]
    pub(super) fn may_hold(&self, three: [u8; 3]) -> bool {
        let groups = |position: usize| {
            let byte = three[position];
            // bytes of 128 and more belong to no anchor
            if byte >= 128 {
                return 0;
            }
            self.low[position][usize::from(byte & 15)] & self.high[position][usize::from(byte >> 4)]
        };
        groups(0) & groups(1) & groups(2) != 0
    }

    /// Whether the first three of these bytes (little endian) are those of an anchor, but for a few of the same hash.
    #[inline(always)]
    pub(super) fn holds(&self, four: u32) -> bool {
        let bit = exact_bit(four);
        self.exact[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// The anchors whose three bytes stand at `at` and whose whole literal stands around them: calls `each` with start and id.
    #[inline]
    pub(crate) fn matches(&self, text: &[u8], at: usize, mut each: impl FnMut(usize, u16)) {
        let Some(&[a, b, c]) = text.get(at..).and_then(|rest| rest.first_chunk()) else { return };
        for &index in &self.buckets[bucket([fold(a), fold(b), fold(c)])] {
            let anchor = &self.anchors[usize::from(index)];
            let Some(start) = at.checked_sub(anchor.offset) else { continue };
            let Some(there) = text.get(start..start + anchor.literal.len()) else { continue };
            if there.eq_ignore_ascii_case(anchor.literal) {
                each(start, anchor.id);
            }
        }
    }
}

impl Anchor {
    fn three(&self) -> [u8; 3] {
        [self.literal[self.offset], self.literal[self.offset + 1], self.literal[self.offset + 2]]
    }
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

/// Where in a literal the three bytes stand that are least common in source code.
fn rarest(literal: &[u8]) -> usize {
    (0..=literal.len() - 3)
        .min_by_key(|&offset| literal[offset..offset + 3].iter().map(|&b| commonness(b)).product::<u32>())
        .unwrap_or(0)
}

//! Which words can begin a known prefix: two bit sets over hashes of the first bytes, then the exact table.

/// The prefixes of a rule set.
#[derive(Debug)]
pub(crate) struct StartTable {
    /// Over hashes of the first 4 bytes, for prefixes of 4 and more.
    four: Box<[u64; WORDS]>,
    /// Over hashes of the first 3 bytes, for prefixes of 3.
    three: Box<[u64; WORDS]>,
    /// Prefix and the rules that begin with it, sorted by prefix.
    exact: Vec<(&'static [u8], Vec<u16>)>,
    /// By hash of the first 3 bytes, indices into `exact`.
    buckets: Vec<Vec<u16>>,
}

const BUCKETS: usize = 1 << 11;

fn bucket(first: [u8; 3]) -> usize {
    (u32::from_le_bytes([first[0], first[1], first[2], 0]).wrapping_mul(0x9E37_79B1) >> 21) as usize
}

const WORDS: usize = 1 << 9;
/// log2 of the bits in each set.
const BITS: u32 = 15;

#[inline(always)]
fn hash(key: u32) -> usize {
    (key.wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}

impl StartTable {
    /// A table of prefixes (3 bytes or more) and the rules that begin with them.
    pub(crate) fn new(prefixes: impl IntoIterator<Item = (&'static [u8], u16)>) -> Self {
        let mut pairs: Vec<(&'static [u8], u16)> = prefixes.into_iter().collect();
        pairs.sort();
        let mut table = Self {
            four: Box::new([0; WORDS]),
            three: Box::new([0; WORDS]),
            exact: Vec::new(),
            buckets: vec![Vec::new(); BUCKETS],
        };
        for (prefix, rule) in pairs {
            debug_assert!(prefix.len() >= 3);
            let three = u32::from_le_bytes([prefix[0], prefix[1], prefix[2], 0]);
            let (set, key) = match prefix.get(3) {
                Some(&fourth) => (&mut table.four, three | u32::from(fourth) << 24),
                None => (&mut table.three, three),
            };
            set[hash(key) / 64] |= 1 << (hash(key) % 64);
            match table.exact.last_mut() {
                Some((last, rules)) if *last == prefix => rules.push(rule),
                _ => table.exact.push((prefix, vec![rule])),
            }
        }
        for (index, (prefix, _)) in table.exact.iter().enumerate() {
            table.buckets[bucket([prefix[0], prefix[1], prefix[2]])].push(index as u16);
        }
        table
    }

    /// Whether a prefix may begin with these 4 bytes (little endian).
    #[inline(always)]
    pub(crate) fn may_start(&self, four: u32) -> bool {
        let bit = |set: &[u64; WORDS], key: u32| set[hash(key) / 64] >> (hash(key) % 64) & 1;
        bit(&self.four, four) | bit(&self.three, four & 0x00FF_FFFF) != 0
    }

    /// The prefixes that `text` begins with, with their rules.
    pub(crate) fn matches(&self, text: &[u8]) -> impl Iterator<Item = (&'static [u8], &[u16])> {
        let bucket = text.first_chunk().map_or(&[][..], |&first| &self.buckets[bucket(first)]);
        bucket
            .iter()
            .map(|&index| &self.exact[usize::from(index)])
            .filter(move |(prefix, _)| text.starts_with(prefix))
            .map(|(prefix, rules)| (*prefix, rules.as_slice()))
    }
}

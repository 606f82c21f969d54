//! Finds the places worth a closer look, at memory speed.
//!
//! Nearly every credential is a long run of token characters, or stands after one of a few words. So each block of
//! bytes is classified once: which bytes are token characters, which are word characters, and where one of the
//! [`anchors`] may begin. From these, three kinds of [`Candidate`]:
//!
//! * [`Kind::Prefix`]: a word starts here, at least 16 token characters follow, and the first 3 or 4 of them are
//!   those of a known prefix;
//! * [`Kind::Value`]: a word starts here, at least 16 token characters follow, and they look random: a digit among
//!   the first 32, and several changes between digits, upper and lower case;
//! * [`Kind::Anchor`]: one of the anchors stands here.
//!
//! A candidate is a promise to look, never a finding: what is found here and turns out wrong costs time only, what
//! is missed here is lost. The paths (portable, AVX2, AVX-512) give the same
//! candidates; a property test compares them.

pub(crate) mod anchors;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod blocks;
mod portable;
mod starts;

pub(crate) use blocks::Scratch;
pub(crate) use starts::StartTable;

use anchors::AnchorTable;

/// Why a place is worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A known prefix may begin here.
    Prefix,
    /// A random-looking run begins here.
    Value,
    /// An anchor begins here: the id that its creator gave it.
    Anchor(u16),
}

/// A place worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    /// Offset in the text.
    pub at: u32,
    /// Why.
    pub kind: Kind,
}

/// Token characters: what runs are made of.
const TOKEN: u8 = 1;
/// Word characters: letters, digits, underscore.
const WORD: u8 = 2;

/// The class bits of each byte.
static CLASS: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        if b.is_ascii_alphanumeric() || b == b'_' {
            classes[byte] = TOKEN | WORD;
        } else if matches!(b, b'+' | b'/' | b'=' | b'.' | b'~' | b'-') {
            classes[byte] = TOKEN;
        }
        byte += 1;
    }
    classes
};

/// Whether `byte` is a letter, a digit or an underscore.
#[inline]
pub(crate) const fn is_word(byte: u8) -> bool {
    CLASS[byte as usize] & WORD != 0
}

/// Whether `byte` may stand in a run.
#[inline]
pub(crate) const fn is_token(byte: u8) -> bool {
    CLASS[byte as usize] & TOKEN != 0
}

/// Finds candidates with the tables of one rule set. Built once, shared by all threads.
#[derive(Debug)]
pub(crate) struct Finder {
    starts: StartTable,
    anchors: AnchorTable,
    path: Path,
}

/// Which instructions are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// Any processor's.
    Portable,
    /// AVX2, BMI and POPCNT.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// These, AVX-512 BW and VBMI.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Path {
    /// The paths that this processor can take, the quickest first.
    pub(crate) fn available() -> Vec<Self> {
        let mut paths = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            paths.extend(avx512::available().then_some(Self::Avx512));
            paths.extend(avx2::available().then_some(Self::Avx2));
        }
        paths.push(Self::Portable);
        paths
    }
}

/// The shortest run of token characters that makes a candidate.
pub(super) const RUN: usize = crate::rules::analyze::RUN;

impl Finder {
    /// A finder for the given prefixes and anchors (in lower case).
    pub(crate) fn new(starts: StartTable, anchors: AnchorTable) -> Self {
        Self { starts, anchors, path: Path::available()[0] }
    }

    /// The same finder on another path, which must be [available](Path::available).
    pub(crate) fn on(mut self, path: Path) -> Self {
        assert!(Path::available().contains(&path));
        self.path = path;
        self
    }

    /// The path that it takes.
    #[cfg(test)]
    pub(crate) fn path(&self) -> Path {
        self.path
    }

    /// See [`AnchorTable::prints`].
    pub(crate) fn anchors(&self) -> impl Iterator<Item = (&'static [u8], usize, usize)> {
        self.anchors.prints()
    }

    /// The prefixes that `text` begins with, with their rules.
    pub(crate) fn prefix_matches(&self, text: &[u8]) -> impl Iterator<Item = (&'static [u8], &[u16])> {
        self.starts.matches(text)
    }

    /// Appends to `found` the candidates of `text[from..to]`, in no order; runs, anchors and escapes may reach beyond
    /// `to`.
    ///
    /// Offsets are 32-bit: `text` must be shorter than 4 GiB, which windows see to.
    pub(crate) fn find(
        &self,
        text: &[u8],
        from: usize,
        to: usize,
        scratch: &mut Scratch,
        found: &mut Vec<Candidate>,
    ) {
        debug_assert!(to <= text.len() && text.len() < u32::MAX as usize);
        match self.path {
            // SAFETY: the path is available, so the processor has all that it uses.
            #[cfg(target_arch = "x86_64")]
            Path::Avx512 => unsafe { avx512::find(self, text, from, to, scratch, found) },
            // SAFETY: the same.
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 => unsafe { avx2::find(self, text, from, to, scratch, found) },
            Path::Portable => portable::find(self, text, from, to, scratch, found),
        }
    }
}

/// Where the run that begins with the word at `place` begins once more: behind the escape that its first bytes end, as
/// in `\nword` and `%3Dword`. Only where 16 token characters follow. Rare, so both paths share it.
///
/// What is searched for begins there only, lest the escape count as part of it: `\nrt_…` is no `nrt_…`.
#[inline]
pub(crate) fn behind_escape(text: &[u8], place: usize) -> Option<usize> {
    let before = *text.get(place.checked_sub(1)?)?;
    if before != b'\\' && before != b'%' {
        return None;
    }
    let length = match (before, text.get(place)?) {
        (b'%', _) => 2,
        (_, b'x') => 3,
        (_, b'u') => 5,
        _ => 1,
    };
    let start = place + length;
    let run = text.get(start..start + RUN)?;
    (escape_ends(&text[..start]) && run.iter().all(|&byte| is_token(byte))).then_some(start)
}

/// Whether `before` ends with an escape sequence that stands for a character no word holds: `\n`, `%3D`, `\u003d`,
/// `\x3d`.
pub(crate) fn escape_ends(before: &[u8]) -> bool {
    let hex = |digits: &[u8]| {
        let digits = digits.iter().map(|&digit| char::from(digit).to_digit(16));
        digits.reduce(|code, digit| Some(code? << 4 | digit?)).flatten()
    };
    let splits = |code: Option<u32>| code.is_some_and(|code| code >= 128 || !is_word(code as u8));
    match before {
        [.., b'\\', b'n' | b'r' | b't' | b'f' | b'b' | b'v' | b'0' | b'a' | b'e'] => true,
        [.., b'%', a, b] => splits(hex(&[*a, *b])),
        [.., b'\\', b'x', a, b] => splits(hex(&[*a, *b])),
        [.., b'\\', b'u', a, b, c, d] => splits(hex(&[*a, *b, *c, *d])),
        _ => false,
    }
}

/// Whether the token characters at the start of `text` look random, judged by the first 32 bytes: see
/// [`Classes::look_random`].
///
/// Part of the meaning of [`crate::rules::Route::Value`], so both paths and the plain reference share it.
pub(crate) fn looks_random(text: &[u8]) -> bool {
    let mut classes = Classes::default();
    for (i, &byte) in text.iter().take(32).take_while(|&&byte| is_token(byte)).enumerate() {
        classes.digits |= u32::from(byte.is_ascii_digit()) << i;
        classes.uppers |= u32::from(byte.is_ascii_uppercase()) << i;
        classes.lowers |= u32::from(byte.is_ascii_lowercase()) << i;
        classes.dashes |= u32::from(byte == b'-') << i;
        classes.length = i as u32 + 1;
    }
    classes.look_random()
}

/// Fewest changes of character class in a value that looks random.
const CHANGES: u32 = 3;
/// Most signs but dashes in one; generated text of base64 hardly has more.
const SIGNS: u32 = 8;
/// Fewest changes, and letters of each case, where other signs come early and so names are to be told apart.
const MIXED_CHANGES: u32 = 5;
const MIXED_LETTERS: u32 = 2;

/// The first 32 bytes of a run: bit `i` speaks of byte `i`, bits from `length` on are zero.
#[derive(Clone, Copy, Debug, Default)]
struct Classes {
    digits: u32,
    uppers: u32,
    lowers: u32,
    dashes: u32,
    length: u32,
}

impl Classes {
    /// A digit is there, few signs, and the class changes often enough from one letter or digit to the next; and somewhere stand
    /// 16 letters and digits on end, or dashes as in a UUID, or both cases are mixed thoroughly. What is turned away
    /// are names, paths and numbers of source code.
    #[inline(always)]
    fn look_random(self) -> bool {
        let Self { digits, uppers, lowers, dashes, .. } = self;
        let alphanumeric = digits | uppers | lowers;
        // between neighbours i and i+1, for all i with both inside
        let pairs = if self.length >= 2 { u32::MAX >> (33 - self.length) } else { 0 };
        let changes_among = |pairs: u32| {
            ((digits ^ digits >> 1) & pairs).count_ones() + ((uppers ^ uppers >> 1) & pairs).count_ones()
        };
        let changes = changes_among(pairs);
        let signs = self.length - (alphanumeric | dashes).count_ones();
        if digits == 0 || changes < CHANGES || signs > SIGNS {
            return false;
        }
        let mut runs = alphanumeric;
        runs &= runs >> 1;
        runs &= runs >> 2;
        runs &= runs >> 4;
        runs &= runs >> 8;
        let uuid = dashes & 1 << 8 | dashes & dashes >> 5 & dashes >> 10;
        let mixed = changes_among(pairs & alphanumeric & alphanumeric >> 1) >= MIXED_CHANGES
            && uppers.count_ones() >= MIXED_LETTERS
            && lowers.count_ones() >= MIXED_LETTERS;
        runs != 0 || uuid != 0 || mixed
    }
}

//! Finds stored credentials in texts: at any offset, in any of their forms.
//!
//! Long texts go through the [`Sieve`]; a short one is not worth building its filters, so there every offset is looked
//! up by the first window of each form. Both find the same. What passes is compared whole: the text is read back to
//! where the value would begin, decoded, and its keyed hash compared.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use zeroize::Zeroizing;

use crate::finding::Encoding;
use crate::span::Span;

use super::index::{Index, Windows};
use super::record::{Record, Stored};
use super::sieve::{Filter, LOOKS, Look, STRIDE, Scratch, Sieve, WindowHash, load};
use super::variants::Form;
use super::walk::{Walk, canonical, reach};

/// Bytes of text after which the filters are worth building.
const WORTH: usize = 256 * 1024;

/// Bytes of text from which on filters for it are.
const LINES: usize = 2048;

/// The keys that hashes are made with, derived from one that the store holds.
#[derive(Clone)]
pub(super) struct HashKeys {
    pub(super) windows: WindowHash,
    value: Zeroizing<[u8; 32]>,
}

impl HashKeys {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let windows = Zeroizing::new(blake3::derive_key("portcullis 2026 fingerprint windows v1", key));
        let value = Zeroizing::new(blake3::derive_key("portcullis 2026 fingerprint values v1", key));
        Self { windows: WindowHash::new(&windows), value }
    }

    /// Of a value in canonical form.
    pub(super) fn value(&self, canonical: &[u8]) -> blake3::Hash {
        blake3::keyed_hash(&self.value, canonical)
    }
}

/// What a store knows of one value.
#[derive(Clone)]
pub(super) struct Value {
    /// Keyed hash of the canonical value.
    pub(super) hash: [u8; 32],
    /// Bytes of the canonical value.
    pub(super) length: u16,
    /// Whether it counts only where no word goes on before or after it.
    pub(super) bounded: bool,
    /// Its forms.
    pub(super) forms: Vec<Print>,
}

/// One form of a value, as hashes.
#[derive(Clone, Copy)]
pub(super) struct Print {
    pub(super) form: Form,
    pub(super) length: u16,
    pub(super) short: bool,
    /// Of each window: where in the form it begins, what it looks like, its hash. But for the first offset and hash,
    /// they are filled in when they are needed.
    pub(super) offsets: [u16; STRIDE],
    pub(super) looks: [Look; STRIDE],
    pub(super) tags: [u32; STRIDE],
}

/// All fingerprints under one key.
pub(super) struct Set {
    keys: HashKeys,
    index: Index,
    /// Opens the records, the first time that something is found.
    records: Records,
    /// Opens the windows of all forms, the first time that a long text comes.
    windows: OpenWindows,
    /// For texts of some length.
    near: OnceLock<Near>,
    /// For long texts.
    far: OnceLock<Far>,
    seen: AtomicUsize,
}

/// Opens the windows section.
pub(super) type OpenWindows = Box<dyn Fn() -> Result<Windows, String> + Send + Sync>;

/// Records that are opened when they are first asked for.
pub(super) struct Records {
    pub(super) open: Box<dyn Fn() -> Vec<Record> + Send + Sync>,
    pub(super) opened: OnceLock<Vec<Record>>,
}

impl Records {
    pub(super) fn get(&self) -> &[Record] {
        self.opened.get_or_init(|| (self.open)())
    }
}

/// The hashes of first windows, long and short.
struct Near([Option<Filter>; 2]);

struct Far {
    sieve: Sieve,
    tags: Table,
}

/// Where each tag leads, in groups by its first bits.
struct Table {
    items: Vec<Item>,
    starts: Vec<u32>,
    shift: u32,
}

/// A window of a form.
#[derive(Clone, Copy)]
struct Item {
    tag: u32,
    /// Number of the form.
    form: u32,
    offset: u16,
    short: bool,
}

impl Table {
    fn new(items: Vec<Item>) -> Self {
        let bits = (items.len().next_power_of_two().trailing_zeros() + 1).clamp(4, 20);
        let shift = 32 - bits;
        let mut starts = vec![0_u32; (1 << bits) + 1];
        for item in &items {
            starts[(item.tag >> shift) as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut sorted = items.clone();
        for item in items {
            let place = &mut next[(item.tag >> shift) as usize];
            sorted[*place as usize] = item;
            *place += 1;
        }
        Self { items: sorted, starts, shift }
    }

    #[inline]
    fn get(&self, tag: u32) -> impl Iterator<Item = Item> + '_ {
        let bucket = (tag >> self.shift) as usize;
        let items = &self.items[self.starts[bucket] as usize..self.starts[bucket + 1] as usize];
        items.iter().copied().filter(move |item| item.tag == tag)
    }
}

/// A stored credential at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Where: in its encoded form, if it is encoded.
    pub span: Span,
    /// Which.
    pub stored: Arc<Stored>,
    /// How it is written there.
    pub decoded: Vec<Encoding>,
    /// Bytes of the credential itself, line breaks not counted.
    pub length: usize,
    /// Stands for the value in finding ids: a keyed hash.
    pub value_id: [u8; 16],
}

/// What the scanner and the gate ask. Shared by all threads.
#[derive(Default)]
pub struct Matcher {
    pub(super) sets: Vec<Set>,
}

impl std::fmt::Debug for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matcher").field("values", &self.len()).finish()
    }
}

impl Matcher {
    /// How many different values are known.
    pub fn len(&self) -> usize {
        self.sets.iter().map(|set| set.index.len()).sum()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes of text a stored credential may take up at most; 0 when nothing is known.
    pub fn reach(&self) -> usize {
        let values = self
            .sets
            .iter()
            .flat_map(|set| (0..set.index.len() as u32).filter_map(|number| set.index.value(number)));
        values.map(|(_, length, _)| reach(usize::from(length))).max().unwrap_or(0)
    }

    /// Every stored credential in `text`, sorted by place. Overlapping ones of several entries are all there.
    pub fn scan_text(&self, text: &[u8]) -> Vec<Hit> {
        self.finder().find(text)
    }

    /// One thread's way to search many texts.
    pub fn finder(&self) -> Finder<'_> {
        Finder { matcher: self, scratch: Scratch::default() }
    }

    /// Stands for the set of values, for caches of what was found: another after each change of it, says nothing of
    /// the values.
    pub fn set_hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("portcullis 2026 fingerprint set v1");
        for set in &self.sets {
            let mut values: Vec<_> =
                (0..set.index.len() as u32).filter_map(|number| set.index.value(number)).collect();
            values.sort_unstable();
            hasher.update(&(values.len() as u64).to_le_bytes());
            for (hash, length, bounded) in values {
                hasher.update(&hash).update(&length.to_le_bytes()).update(&[u8::from(bounded)]);
            }
            hasher.update(&(set.index.forms() as u64).to_le_bytes());
        }
        *hasher.finalize().as_bytes()
    }

    /// Opens what is opened when first needed, so that damage is known before a scan and not in the middle of it.
    ///
    /// # Errors
    /// When a part of a store is damaged; the text names the file.
    pub fn check(&self) -> Result<(), String> {
        self.sets.iter().try_for_each(|set| {
            (set.windows)()?;
            if set.records.get().is_empty() && set.index.len() > 0 {
                return Err(
                    "the names of the stored credentials cannot be read: the store is damaged".to_owned()
                );
            }
            Ok(())
        })
    }

    /// The same, without vector instructions and always by the filters: for tests.
    #[cfg(test)]
    pub(super) fn scan_portable(&self, text: &[u8]) -> Vec<Hit> {
        let mut found = Vec::new();
        for set in &self.sets {
            let mut far = Far::new(set);
            far.sieve.portable = true;
            far.find(set, text, &mut Scratch::default(), &mut found);
        }
        settle(found)
    }

    /// By the filters, however short the text is: for tests.
    #[cfg(test)]
    pub(super) fn scan_far(&self, text: &[u8]) -> Vec<Hit> {
        let mut found = Vec::new();
        for set in &self.sets {
            Far::new(set).find(set, text, &mut Scratch::default(), &mut found);
        }
        settle(found)
    }
}

/// Searches texts on one thread.
pub struct Finder<'m> {
    matcher: &'m Matcher,
    scratch: Scratch,
}

impl std::fmt::Debug for Finder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Finder").finish_non_exhaustive()
    }
}

impl Finder<'_> {
    /// As [`Matcher::scan_text`].
    pub fn find(&mut self, text: &[u8]) -> Vec<Hit> {
        let mut found = Vec::new();
        for set in &self.matcher.sets {
            set.find(text, &mut self.scratch, &mut found);
        }
        if found.is_empty() { found } else { settle(found) }
    }
}

/// Sorted, each once; of hits of one entry that overlap, the longest.
fn settle(mut found: Vec<Hit>) -> Vec<Hit> {
    found.sort_by(|a, b| {
        (&a.stored.label, a.value_id, a.span.start, b.span.end, &a.decoded).cmp(&(
            &b.stored.label,
            b.value_id,
            b.span.start,
            a.span.end,
            &b.decoded,
        ))
    });
    found.dedup_by(|next, kept| {
        next.value_id == kept.value_id && next.span.start < kept.span.end && next.stored == kept.stored
    });
    found.sort_by(|a, b| (a.span, &a.stored.label, a.value_id).cmp(&(b.span, &b.stored.label, b.value_id)));
    found
}

impl Set {
    pub(super) fn new(index: Index, records: Records, windows: OpenWindows) -> Self {
        let keys = HashKeys::new(&index.key());
        let (near, far) = (OnceLock::new(), OnceLock::new());
        Self { keys, index, records, windows, near, far, seen: AtomicUsize::new(0) }
    }

    fn find(&self, text: &[u8], scratch: &mut Scratch, found: &mut Vec<Hit>) {
        if self.index.len() == 0 {
            return;
        }
        let far = match self.far.get() {
            Some(far) => far,
            None if self.seen.fetch_add(text.len(), Ordering::Relaxed) < WORTH && text.len() < WORTH => {
                return self.find_near(text, found);
            }
            None => self.far.get_or_init(|| Far::new(self)),
        };
        far.find(self, text, scratch, found);
    }

    /// Compares what stands around the window at `at` with the value.
    #[cold]
    fn meet(&self, text: &[u8], at: usize, form: usize, offset: u16, found: &mut Vec<Hit>) {
        let Some(print) = self.index.entry(form) else { return };
        let Some((value_hash, value_length, bounded)) = self.index.value(print.value) else { return };
        let before = usize::from(offset);
        let length = match print.form {
            Form::Plain | Form::Escaped(_) => usize::from(value_length),
            Form::Base64(_) | Form::Hex => usize::from(print.length),
        };
        let mut written = Zeroizing::new(Vec::with_capacity(length));
        let mut compare = |walk: Walk| {
            written.clear();
            let span = match print.form {
                Form::Escaped(_) => {
                    let start = at.checked_sub(before)?;
                    Span::new(start, walk.forward(text, start, length, &mut written)?)
                }
                _ => {
                    let start = walk.backward(text, at, before, &mut written)?;
                    Span::new(start, walk.forward(text, at, length - before, &mut written)?)
                }
            };
            let mut decoded = Vec::new();
            if written[..] != text[span.range()] && walk != Walk::Plain {
                decoded.push(if matches!(walk, Walk::Percent | Walk::Form) {
                    Encoding::Percent
                } else {
                    Encoding::Escape
                });
            }
            let hash = match print.form {
                Form::Plain | Form::Escaped(_) => self.keys.value(&written),
                Form::Base64(phase) => {
                    decoded.push(Encoding::Base64);
                    self.keys.value(&canonical(&decode_base64(&written, phase)?))
                }
                Form::Hex => {
                    decoded.push(Encoding::Hex);
                    self.keys.value(&canonical(&decode_hex(&written)?))
                }
            };
            // compared in constant time
            if hash != blake3::Hash::from_bytes(value_hash) {
                return None;
            }
            let apart =
                !bounded || !matches!(print.form, Form::Plain | Form::Escaped(_)) || is_apart(text, span);
            apart.then_some((span, decoded))
        };
        let hit = match print.form {
            Form::Escaped(walk) => compare(walk),
            _ => compare(Walk::Plain).or_else(|| {
                let region =
                    &text[at.saturating_sub(reach(before))..text.len().min(at + reach(length - before))];
                Walk::ESCAPING.into_iter().filter(|walk| walk.shows_in(region)).find_map(compare)
            }),
        };
        let Some((span, decoded)) = hit else { return };
        let records: Vec<&Record> =
            self.records.get().iter().filter(|record| record.value == print.value).collect();
        let stored = Stored::of(&records);
        let mut value_id = [0; 16];
        value_id.copy_from_slice(&value_hash[..16]);
        found.push(Hit {
            span,
            stored: Arc::new(stored),
            decoded,
            length: usize::from(value_length),
            value_id,
        });
    }

    /// Every offset of a short text, by the first window of each form.
    fn find_near(&self, text: &[u8], found: &mut Vec<Hit>) {
        // of a text of a line or two, searching for each hash costs less than building the filters
        let filters = (text.len() > LINES || self.near.get().is_some())
            .then(|| self.near.get_or_init(|| Near::new(&self.index)));
        for at in 0..text.len() {
            let Some(bytes) = load(text, at) else { break };
            let windows = [self.keys.windows.long(bytes), self.keys.windows.short(bytes)];
            for (short, tag) in windows.into_iter().enumerate() {
                if filters.is_some_and(|near| !near.0[short].as_ref().is_some_and(|filter| filter.holds(tag)))
                {
                    continue;
                }
                for form in self.index.with_tag(tag) {
                    if let Some(entry) = self.index.entry(form).filter(|entry| entry.short == (short == 1)) {
                        self.meet(text, at, form, entry.offset, found);
                    }
                }
            }
        }
    }
}

impl Near {
    fn new(index: &Index) -> Self {
        let filter = |short: bool| {
            let entries = (0..index.forms()).filter_map(|form| index.entry(form));
            let tags: Vec<u32> =
                entries.filter(|entry| entry.short == short).map(|entry| entry.tag).collect();
            (!tags.is_empty()).then(|| Filter::new(tags.into_iter()))
        };
        Self([filter(false), filter(true)])
    }
}

impl Far {
    fn new(set: &Set) -> Self {
        // it was opened before, when the scan began: only a damaged disk or memory gets here, and then no scan may pass
        // for one
        let windows = (set.windows)().expect("the windows of the store can be opened");
        let mut items = Vec::with_capacity(set.index.forms() * STRIDE);
        let mut tags: [[Vec<u32>; LOOKS]; 2] = Default::default();
        for form in 0..set.index.forms() {
            let (entry, looks) = set.index.entry(form).zip(windows.looks(form)).expect("the store is whole");
            for (i, look) in looks.into_iter().enumerate() {
                let (offset, tag) = match i {
                    0 => (entry.offset, entry.tag),
                    _ => windows.window(form, i).expect("the store is whole"),
                };
                tags[usize::from(entry.short)][look as usize].push(tag);
                items.push(Item { tag, form: form as u32, offset, short: entry.short });
            }
        }
        let [long, short] =
            tags.map(|looks| looks.map(|tags| (!tags.is_empty()).then(|| Filter::new(tags.into_iter()))));
        let sieve = Sieve { hash: set.keys.windows, long, short, portable: false };
        Self { sieve, tags: Table::new(items) }
    }

    fn find(&self, set: &Set, text: &[u8], scratch: &mut Scratch, found: &mut Vec<Hit>) {
        self.sieve.each(text, scratch, |at, tag, long| {
            for item in self.tags.get(tag).filter(|item| item.short != long) {
                set.meet(text, at, item.form as usize, item.offset, found);
            }
        });
    }
}

/// Whether no word goes on before or after the span.
fn is_apart(text: &[u8], span: Span) -> bool {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 128;
    !text[..span.start].last().is_some_and(word) && !text.get(span.end).is_some_and(word)
}

/// The bytes that base64 of either alphabet stands for, without the bits before the first whole byte.
fn decode_base64(text: &[u8], phase: u8) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut bits, mut held) = (0_u32, 0);
    let mut skip = 2 * u32::from(phase);
    for &byte in text {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        (bits, held) = (bits << 6 | u32::from(six), held + 6 - skip);
        skip = 0;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    Some(out)
}

fn decode_hex(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(text).ok().map(Zeroizing::new)
}

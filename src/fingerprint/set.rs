//! All fingerprints under one key, and how texts are searched for them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::finding::Encoding;
use crate::span::Span;

use super::compare::compare;
use super::index::{Entry, Index};
use super::matcher::Hit;
use super::prints::HashKeys;
use super::record::{Record, Stored};
use super::seam::Seam;
use super::sieve::{Filter, LOOKS, MARKED, STRIDE, Scratch, Sieve, load};
use super::table::{Item, Table};
use super::wide::Wide;

/// Bytes of text after which the filters are worth building.
const WORTH: usize = 256 * 1024;

/// All fingerprints under one key.
pub(super) struct Set {
    keys: HashKeys,
    pub(super) index: Index,
    /// What reports say of each value; opened the first time that something is found.
    stored: OnceLock<Vec<Arc<Stored>>>,
    /// For long texts.
    far: OnceLock<Far>,
    seen: AtomicUsize,
}

impl Set {
    pub(super) fn new(index: Index) -> Self {
        let keys = HashKeys::new(&index.key());
        Self { keys, index, stored: OnceLock::new(), far: OnceLock::new(), seen: AtomicUsize::new(0) }
    }

    /// Adds what is found. Long texts go through a sieve; a few short ones are not worth building it: there, every
    /// offset is looked up by the first window of each form. Both find the same.
    pub(super) fn find(&self, text: &[u8], scratch: &mut Scratch, found: &mut Vec<Hit>) {
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

    /// Every offset of a short text, by the first window of each form.
    fn find_near(&self, text: &[u8], found: &mut Vec<Hit>) {
        let mut look_up = |at: usize, bytes: u64, short: bool| {
            let tag = if short { self.keys.windows.short(bytes) } else { self.keys.windows.long(bytes) };
            if self.index.may_hold(tag, short) {
                for entry in self.index.with_tag(tag).iter().filter(|entry| entry.short == short) {
                    self.meet(text, at, entry.offset, entry, found);
                }
            }
        };
        for at in 0..text.len() {
            let Some(bytes) = load(text, at) else { break };
            look_up(at, bytes, false);
            look_up(at, bytes, true);
        }
        for newline in memchr::memchr2_iter(b'\n', b'\r', text) {
            for (at, bytes) in Seam::at(text, newline).iter().flat_map(Seam::windows) {
                look_up(at, bytes, false);
            }
        }
        let mut from = 0;
        while let Some(stretch) = Wide::find(text, from, text.len()) {
            for wide in stretch {
                from = from.max(wide.next());
                let mut inside = Vec::new();
                self.find_near(&wide.text, &mut inside);
                found.extend(inside.into_iter().map(|hit| widened(hit, &wide)));
            }
        }
    }

    /// Compares what stands around the window at `at` with the value.
    #[cold]
    fn meet(&self, text: &[u8], at: usize, offset: u16, entry: &Entry, found: &mut Vec<Hit>) {
        let Some(value) = self.index.value(entry.value) else { return };
        let Some((span, decoded)) = compare(&self.keys, text, at, offset, entry, &value) else { return };
        let mut value_id = [0; 16];
        value_id.copy_from_slice(&value.hash[..16]);
        found.push(Hit {
            span,
            stored: self.stored(entry.value),
            decoded,
            length: usize::from(value.length),
            value_id,
        });
    }

    fn stored(&self, value: u32) -> Arc<Stored> {
        let all = self.stored.get_or_init(|| {
            let records = self.index.records().unwrap_or_default();
            let mut by_value: Vec<Vec<&Record>> = vec![Vec::new(); self.index.len()];
            for record in &records {
                if let Some(of_value) = by_value.get_mut(record.value as usize) {
                    of_value.push(record);
                }
            }
            by_value.iter().map(|records| Arc::new(Stored::of(records))).collect()
        });
        all.get(value as usize).cloned().unwrap_or_else(|| Arc::new(Stored::of(&[])))
    }
}

/// Sieve and table, for long texts.
pub(super) struct Far {
    pub(super) sieve: Sieve,
    table: Table,
}

impl Far {
    /// Opens all of the index. What cannot be opened is known as its trouble.
    pub(super) fn new(set: &Set) -> Self {
        let forms = set.index.forms();
        let mut items = Vec::with_capacity(forms * STRIDE);
        let mut tags: [[Vec<u32>; LOOKS]; 2] = Default::default();
        for form in 0..forms {
            let Some(((_, entry), windows)) = set.index.entry(form).zip(set.index.windows(form)) else {
                continue;
            };
            for (offset, look, tag) in windows {
                tags[usize::from(entry.short)][look as usize].push(tag);
                items.push(Item { tag, form: form as u32, offset, short: entry.short });
            }
        }
        let [long, short] =
            tags.map(|looks| looks.map(|tags| (!tags.is_empty()).then(|| Filter::new(tags.into_iter()))));
        let sieve = Sieve { hash: set.keys.windows, long, short, portable: false };
        Self { sieve, table: Table::new(items) }
    }

    pub(super) fn find(&self, set: &Set, text: &[u8], scratch: &mut Scratch, found: &mut Vec<Hit>) {
        self.sieve.each(text, scratch, |at, tag, long| self.meet(set, text, at, tag, long, found));
        for &gap in &scratch.notes.gaps {
            let Some(seam) = Seam::near(text, gap as usize) else { continue };
            for (at, bytes) in seam.windows() {
                let tag = self.sieve.hash.long(bytes);
                if self.sieve.holds(tag, true) {
                    self.meet(set, text, at, tag, true, found);
                }
            }
        }
        let mut from = 0;
        for zeros in std::mem::take(&mut scratch.notes.zeros) {
            let zeros = zeros as usize;
            from = from.max(zeros);
            while let Some(stretch) = Wide::find(text, from, (zeros + MARKED).min(text.len())) {
                for wide in stretch {
                    from = from.max(wide.next());
                    let mut inside = Vec::new();
                    // it holds no zeros, so this goes no deeper
                    self.find(set, &wide.text, scratch, &mut inside);
                    found.extend(inside.into_iter().map(|hit| widened(hit, &wide)));
                }
            }
        }
    }

    fn meet(&self, set: &Set, text: &[u8], at: usize, tag: u32, long: bool, found: &mut Vec<Hit>) {
        for item in self.table.get(tag).filter(|item| item.short != long) {
            if let Some((_, entry)) = set.index.entry(item.form as usize) {
                set.meet(text, at, item.offset, &entry, found);
            }
        }
    }
}

/// A hit in wide text, at its place in the text around it.
fn widened(mut hit: Hit, wide: &Wide) -> Hit {
    hit.span = Span::new(wide.origin(hit.span.start), wide.origin(hit.span.end));
    hit.decoded.insert(0, Encoding::Utf16);
    hit
}

//! The opened index of a store, searched as it lies there: whoever checks one command has no time to build tables, and
//! opens of the store what the command needs.
//!
//! ```text
//! quick     key that hashes are made with 32 bytes, hash of the set 32 bytes, length of the longest value u16, zero u16,
//!           words of the filters of long and short first windows u32 each; tag of the first form on each page of forms
//!           u32; the words of the filters u64
//! forms     in pages, sorted: tag of the first window u32, value u32, offset of that window u16, length u16, form u8,
//!           short u8
//! values    in pages: keyed BLAKE3 of the canonical value 32 bytes, its length u16, bounded u8, a byte that is zero
//! windows   a row for each form, in the same order: looks of its windows, 2 bits each, u8; for each but the first window
//!           its offset u16 and tag u32
//! ```
//!
//! A window whose hash the quick filters do not hold belongs to no value. Of others the page is opened.

use std::sync::OnceLock;

use zeroize::Zeroizing;

use super::file::FileError;
use super::prints::{Print, Value};
use super::record::Record;
use super::sealed::{Counts, Sealed, Section};
use super::sieve::{Look, STRIDE};
use super::variants::Form;

const HEAD: usize = 76;
/// Bytes of a value, of a form, and of a row of windows.
pub(super) const VALUE: usize = 36;
pub(super) const FORM: usize = 14;
pub(super) const ROW: usize = 1 + 6 * (STRIDE - 1);
/// Forms and values on a page.
pub(super) const FORMS: usize = 256;
pub(super) const VALUES: usize = 128;
/// Bits of a quick filter to each hash; four of them are set. One other window in 2,000 passes.
const QUICK_BITS: usize = 24;

/// The index of a store.
pub(super) struct Index {
    sealed: Sealed,
    quick: Zeroizing<Vec<u8>>,
    /// Words of the filters: of long windows, and of short ones.
    words: [usize; 2],
    forms: Box<[OnceLock<Page>]>,
    values: Box<[OnceLock<Page>]>,
    windows: OnceLock<Page>,
    trouble: OnceLock<String>,
}

/// An opened section, or nothing where it could not be opened.
type Page = Option<Zeroizing<Vec<u8>>>;

/// A form of a value, as far as the index says.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) value: u32,
    pub(super) offset: u16,
    pub(super) length: u16,
    pub(super) form: Form,
    pub(super) short: bool,
}

/// A value, as far as the index says.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) hash: [u8; 32],
    pub(super) length: u16,
    pub(super) bounded: bool,
}

/// The sections of an index before they are sealed.
pub(super) struct Written {
    pub(super) quick: Zeroizing<Vec<u8>>,
    pub(super) forms: Zeroizing<Vec<u8>>,
    pub(super) values: Zeroizing<Vec<u8>>,
    pub(super) windows: Zeroizing<Vec<u8>>,
}

impl Index {
    /// Of a store.
    pub(super) fn open(sealed: Sealed) -> Result<Self, FileError> {
        let quick = sealed.section(Section::Quick)?;
        let Counts { values, forms } = sealed.counts();
        let number = |at: usize| Some(u32::from_le_bytes(quick.get(at..at + 4)?.try_into().ok()?) as usize);
        let pages = forms.div_ceil(FORMS);
        let words = number(68).zip(number(72)).map(|(long, short)| [long, short]);
        let words = words.filter(|words| HEAD + 4 * pages + 8 * (words[0] + words[1]) == quick.len());
        let words = words.ok_or_else(|| sealed.damaged())?;
        let closed = |pages: usize| (0..pages).map(|_| OnceLock::new()).collect();
        Ok(Self {
            quick,
            words,
            forms: closed(pages),
            values: closed(values.div_ceil(VALUES)),
            windows: OnceLock::new(),
            trouble: OnceLock::new(),
            sealed,
        })
    }

    /// What is to be said when something in it is not as it was written.
    pub(super) fn damaged(&self) -> FileError {
        self.sealed.damaged()
    }

    /// What could not be opened, if anything: then what was not found may be there all the same.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.get().map(String::as_str)
    }

    /// Opens every part, so that damage anywhere is known.
    pub(super) fn check(&self) -> Result<(), String> {
        for page in 0..self.forms.len() {
            self.page(&self.forms[page], Section::Forms(page));
        }
        for page in 0..self.values.len() {
            self.page(&self.values[page], Section::Values(page));
        }
        self.page(&self.windows, Section::Windows);
        self.sealed.section(Section::Records).map_err(|error| error.to_string())?;
        self.trouble().map_or(Ok(()), |trouble| Err(trouble.to_owned()))
    }

    fn page<'p>(&self, place: &'p OnceLock<Page>, section: Section) -> Option<&'p [u8]> {
        let page = place.get_or_init(|| match self.sealed.section(section) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                self.trouble.get_or_init(|| error.to_string());
                None
            }
        });
        page.as_ref().map(|bytes| &bytes[..])
    }

    /// The records, opened each time.
    pub(super) fn records(&self) -> Option<Vec<Record>> {
        self.sealed.records().map_err(|error| self.trouble.get_or_init(|| error.to_string())).ok()
    }

    /// The key that hashes are made with.
    pub(super) fn key(&self) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&self.quick[..32]);
        key
    }

    /// Stands for the set of values: another after each change of it.
    pub(super) fn set_hash(&self) -> [u8; 32] {
        self.quick[32..64].try_into().expect("32 bytes")
    }

    /// Bytes of the longest value.
    pub(super) fn longest(&self) -> usize {
        usize::from(u16::from_le_bytes([self.quick[64], self.quick[65]]))
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.sealed.counts().values
    }

    /// How many forms of values there are.
    pub(super) fn forms(&self) -> usize {
        self.sealed.counts().forms
    }

    /// Whether a form may have a first window with this tag.
    #[inline]
    pub(super) fn may_hold(&self, tag: u32, short: bool) -> bool {
        let words = self.words[usize::from(short)];
        if words == 0 {
            return false;
        }
        let before = HEAD + 4 * self.forms.len() + if short { 8 * self.words[0] } else { 0 };
        let (word, bits) = quick_bits(tag, words);
        let at = before + 8 * word;
        let word = u64::from_le_bytes(self.quick[at..at + 8].try_into().expect("eight bytes"));
        word & bits == bits
    }

    /// The forms whose first window has this tag.
    pub(super) fn with_tag(&self, tag: u32) -> Vec<Entry> {
        let first = |page: usize| {
            let at = HEAD + 4 * page;
            u32::from_le_bytes(self.quick[at..at + 4].try_into().expect("four bytes"))
        };
        let (mut low, mut high) = (0, self.forms.len());
        while low < high {
            let middle = low.midpoint(high);
            if first(middle) < tag { low = middle + 1 } else { high = middle }
        }
        let mut found = Vec::new();
        // it may begin on the page before
        for page in low.saturating_sub(1)..self.forms.len() {
            if first(page) > tag {
                break;
            }
            let rows = self.page(&self.forms[page], Section::Forms(page)).unwrap_or_default();
            let rows = rows.chunks_exact(FORM).filter(|row| row_tag(row) == tag);
            found.extend(rows.filter_map(|row| Some(row_entry(row)?.1)));
        }
        found
    }

    /// Form `number`, with the tag of its first window.
    pub(super) fn entry(&self, number: usize) -> Option<(u32, Entry)> {
        let page = number / FORMS;
        let rows = self.page(self.forms.get(page)?, Section::Forms(page))?;
        row_entry(rows.get(number % FORMS * FORM..)?.get(..FORM)?)
    }

    /// Value `number`.
    pub(super) fn value(&self, number: u32) -> Option<Known> {
        let number = number as usize;
        let page = number / VALUES;
        let rows = self.page(self.values.get(page)?, Section::Values(page))?;
        let row: &[u8; VALUE] = rows.get(number % VALUES * VALUE..)?.first_chunk()?;
        let length = u16::from_le_bytes([row[32], row[33]]);
        Some(Known { hash: *row.first_chunk()?, length, bounded: row[34] != 0 })
    }

    /// All windows of form `number`: offsets, looks, tags.
    pub(super) fn windows(&self, number: usize) -> Option<[(u16, Look, u32); STRIDE]> {
        let rows = self.page(&self.windows, Section::Windows)?;
        let row: &[u8; ROW] = rows.get(number * ROW..)?.first_chunk()?;
        let (first, entry) = self.entry(number)?;
        let mut windows = [(entry.offset, Look::Any, first); STRIDE];
        for (i, window) in windows.iter_mut().enumerate() {
            window.1 = Look::from_code(row[0] >> (2 * i) & 3)?;
            if let Some(at) = i.checked_sub(1).map(|i| 1 + 6 * i) {
                window.0 = u16::from_le_bytes([row[at], row[at + 1]]);
                window.2 = u32::from_le_bytes([row[at + 2], row[at + 3], row[at + 4], row[at + 5]]);
            }
        }
        Some(windows)
    }

    /// Everything, to change it.
    pub(super) fn unpack(&self) -> Option<Vec<Value>> {
        let mut values = Vec::with_capacity(self.len());
        for number in 0..self.len() {
            let Known { hash, length, bounded } = self.value(number as u32)?;
            values.push(Value { hash, length, bounded, forms: Vec::new() });
        }
        for number in 0..self.forms() {
            let ((_, entry), windows) = self.entry(number).zip(self.windows(number))?;
            values.get_mut(entry.value as usize)?.forms.push(Print {
                form: entry.form,
                length: entry.length,
                short: entry.short,
                offsets: windows.map(|(offset, ..)| offset),
                looks: windows.map(|(_, look, _)| look),
                tags: windows.map(|(.., tag)| tag),
            });
        }
        Some(values)
    }
}

/// The sections for `values` under `key`.
pub(super) fn write(key: &[u8; 32], values: &[Value]) -> (Counts, Written) {
    let mut forms: Vec<(u32, u32, &Print)> = Vec::new();
    for (number, value) in values.iter().enumerate() {
        forms.extend(value.forms.iter().map(|form| (form.tags[0], number as u32, form)));
    }
    forms.sort_by_key(|(tag, value, form)| (*tag, *value, form.form, form.offsets));
    let space = |size: usize| Zeroizing::new(Vec::with_capacity(size));
    let mut written = Written {
        quick: space(HEAD + forms.len() * 8 + 64),
        forms: space(forms.len() * FORM),
        values: space(values.len() * VALUE),
        windows: space(forms.len() * ROW),
    };
    written.quick.extend(key);
    written.quick.extend(set_hash(values, forms.len()));
    let longest = values.iter().map(|value| value.length).max().unwrap_or(0);
    written.quick.extend(longest.to_le_bytes());
    written.quick.extend([0; 2]);
    let filters = [false, true].map(|short| {
        let tags: Vec<u32> =
            forms.iter().filter(|(.., form)| form.short == short).map(|(tag, ..)| *tag).collect();
        let mut words = vec![0_u64; (tags.len() * QUICK_BITS).div_ceil(64)];
        for tag in tags {
            let (word, bits) = quick_bits(tag, words.len());
            words[word] |= bits;
        }
        words
    });
    filters.iter().for_each(|words| written.quick.extend((words.len() as u32).to_le_bytes()));
    forms.iter().step_by(FORMS).for_each(|(tag, ..)| written.quick.extend(tag.to_le_bytes()));
    filters.iter().flatten().for_each(|word| written.quick.extend(word.to_le_bytes()));
    for value in values {
        written.values.extend(value.hash);
        written.values.extend(value.length.to_le_bytes());
        written.values.extend([u8::from(value.bounded), 0]);
    }
    for (tag, value, form) in &forms {
        written.forms.extend(tag.to_le_bytes());
        written.forms.extend(value.to_le_bytes());
        written.forms.extend(form.offsets[0].to_le_bytes());
        written.forms.extend(form.length.to_le_bytes());
        written.forms.extend([form.form.code(), u8::from(form.short)]);
        written.windows.push(form.looks.iter().rev().fold(0, |bits, &look| bits << 2 | look as u8));
        for i in 1..STRIDE {
            written.windows.extend(form.offsets[i].to_le_bytes());
            written.windows.extend(form.tags[i].to_le_bytes());
        }
    }
    (Counts { values: values.len(), forms: forms.len() }, written)
}

/// Says nothing of the values, as their hashes are keyed.
fn set_hash(values: &[Value], forms: usize) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("portcullis 2026 fingerprint set v1");
    let mut values: Vec<_> = values.iter().map(|value| (value.hash, value.length, value.bounded)).collect();
    values.sort_unstable();
    hasher.update(&(values.len() as u64).to_le_bytes());
    for (hash, length, bounded) in values {
        hasher.update(&hash).update(&length.to_le_bytes()).update(&[u8::from(bounded)]);
    }
    hasher.update(&(forms as u64).to_le_bytes());
    *hasher.finalize().as_bytes()
}

/// The word of a quick filter that stands for a tag, and the bits of it.
fn quick_bits(tag: u32, words: usize) -> (usize, u64) {
    let word = ((u64::from(tag) * words as u64) >> 32) as usize;
    // the first bits chose the word
    let mixed = tag.wrapping_mul(0x9e37_79b1);
    let bits = [0, 6, 12, 18].iter().fold(0, |bits, shift| bits | 1 << (mixed >> shift & 63));
    (word, bits)
}

fn row_tag(row: &[u8]) -> u32 {
    u32::from_le_bytes([row[0], row[1], row[2], row[3]])
}

fn row_entry(row: &[u8]) -> Option<(u32, Entry)> {
    let entry = Entry {
        value: u32::from_le_bytes([row[4], row[5], row[6], row[7]]),
        offset: u16::from_le_bytes([row[8], row[9]]),
        length: u16::from_le_bytes([row[10], row[11]]),
        form: Form::from_code(row[12])?,
        short: row[13] != 0,
    };
    Some((row_tag(row), entry))
}

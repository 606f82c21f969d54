//! The opened index of a store, searched as it lies there: whoever checks one command has no time to build tables.
//!
//! ```text
//! key       32 bytes, that hashes are made with
//! values    u32, how many
//! forms     u32, how many
//! values    keyed BLAKE3 of the canonical value 32 bytes, its length u16, bounded u8, a byte that is zero
//! forms     sorted: tag of the first window u32, value u32, offset of the first window u16, length u16, form u8, short u8
//! ```
//!
//! The windows section has a row for each form, in the same order: looks of its windows, 2 bits each, u8; for each but
//! the first window its offset u16 and tag u32.

use zeroize::Zeroizing;

use super::matcher::{Print, Value};
use super::sieve::{Look, STRIDE};
use super::variants::Form;

const HEAD: usize = 40;
const VALUE: usize = 36;
const FORM: usize = 14;
const ROW: usize = 1 + 6 * (STRIDE - 1);

/// The index of a store.
pub(super) struct Index {
    bytes: Zeroizing<Vec<u8>>,
    values: usize,
    forms: usize,
}

/// A form of a value, as far as the index says.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) tag: u32,
    pub(super) value: u32,
    pub(super) offset: u16,
    pub(super) length: u16,
    pub(super) form: Form,
    pub(super) short: bool,
}

impl Index {
    /// Of the bytes of an opened section; `None` when they are not one.
    pub(super) fn new(bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
        let (values, forms) = (number(32)?, number(36)?);
        let size = values.checked_mul(VALUE)?.checked_add(forms.checked_mul(FORM)?)?.checked_add(HEAD)?;
        (size == bytes.len()).then_some(Self { bytes, values, forms })
    }

    /// The bytes of `values` under `key`, and those of their windows.
    pub(super) fn write(key: &[u8; 32], values: &[Value]) -> (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>) {
        let mut forms: Vec<(u32, u32, &Print)> = Vec::new();
        for (number, value) in values.iter().enumerate() {
            forms.extend(value.forms.iter().map(|form| (form.tags[0], number as u32, form)));
        }
        forms.sort_by_key(|(tag, value, form)| (*tag, *value, form.form, form.offsets));
        let mut index = Zeroizing::new(Vec::with_capacity(HEAD + values.len() * VALUE + forms.len() * FORM));
        let mut windows = Zeroizing::new(Vec::with_capacity(forms.len() * ROW));
        index.extend(key);
        index.extend((values.len() as u32).to_le_bytes());
        index.extend((forms.len() as u32).to_le_bytes());
        for value in values {
            index.extend(value.hash);
            index.extend(value.length.to_le_bytes());
            index.extend([u8::from(value.bounded), 0]);
        }
        for (tag, value, form) in forms {
            index.extend(tag.to_le_bytes());
            index.extend(value.to_le_bytes());
            index.extend(form.offsets[0].to_le_bytes());
            index.extend(form.length.to_le_bytes());
            index.extend([form.form.code(), u8::from(form.short)]);
            windows.push(form.looks.iter().rev().fold(0, |bits, &look| bits << 2 | look as u8));
            for i in 1..STRIDE {
                windows.extend(form.offsets[i].to_le_bytes());
                windows.extend(form.tags[i].to_le_bytes());
            }
        }
        (index, windows)
    }

    /// The key that hashes are made with.
    pub(super) fn key(&self) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&self.bytes[..32]);
        key
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.values
    }

    /// How many forms of values there are.
    pub(super) fn forms(&self) -> usize {
        self.forms
    }

    /// Hash and length of a value, and whether it is bounded.
    pub(super) fn value(&self, number: u32) -> Option<([u8; 32], u16, bool)> {
        let number = number as usize;
        let at = HEAD + (number < self.values).then_some(number)? * VALUE;
        let row: &[u8; VALUE] = self.bytes.get(at..)?.first_chunk()?;
        Some((*row.first_chunk()?, u16::from_le_bytes([row[32], row[33]]), row[34] != 0))
    }

    fn row(&self, number: usize) -> &[u8] {
        let at = HEAD + self.values * VALUE + number * FORM;
        &self.bytes[at..at + FORM]
    }

    /// The tag of form `number`.
    #[inline]
    pub(super) fn tag(&self, number: usize) -> u32 {
        let row = self.row(number);
        u32::from_le_bytes([row[0], row[1], row[2], row[3]])
    }

    /// Form `number`.
    pub(super) fn entry(&self, number: usize) -> Option<Entry> {
        let row = self.row(number);
        Some(Entry {
            tag: self.tag(number),
            value: u32::from_le_bytes([row[4], row[5], row[6], row[7]]),
            offset: u16::from_le_bytes([row[8], row[9]]),
            length: u16::from_le_bytes([row[10], row[11]]),
            form: Form::from_code(row[12])?,
            short: row[13] != 0,
        })
    }

    /// The forms whose first window has this tag.
    #[inline]
    pub(super) fn with_tag(&self, tag: u32) -> impl Iterator<Item = usize> + '_ {
        let (mut low, mut high) = (0, self.forms);
        while low < high {
            let middle = low.midpoint(high);
            if self.tag(middle) < tag { low = middle + 1 } else { high = middle }
        }
        (low..self.forms).take_while(move |&number| self.tag(number) == tag)
    }

    /// Everything, to change it.
    pub(super) fn unpack(&self, windows: &Windows) -> Option<Vec<Value>> {
        let mut values = Vec::with_capacity(self.values);
        for number in 0..self.values {
            let (hash, length, bounded) = self.value(number as u32)?;
            values.push(Value { hash, length, bounded, forms: Vec::new() });
        }
        for number in 0..self.forms {
            let entry = self.entry(number)?;
            let mut print = Print {
                form: entry.form,
                length: entry.length,
                short: entry.short,
                offsets: [entry.offset, 0, 0, 0],
                looks: windows.looks(number)?,
                tags: [entry.tag, 0, 0, 0],
            };
            for i in 1..STRIDE {
                (print.offsets[i], print.tags[i]) = windows.window(number, i)?;
            }
            values.get_mut(entry.value as usize)?.forms.push(print);
        }
        Some(values)
    }
}

/// The opened windows section of a store.
pub(super) struct Windows(Zeroizing<Vec<u8>>);

impl Windows {
    /// Of the bytes of an opened section, for `forms` forms; `None` when they are not one.
    pub(super) fn new(bytes: Zeroizing<Vec<u8>>, forms: usize) -> Option<Self> {
        (Some(bytes.len()) == forms.checked_mul(ROW)).then_some(Self(bytes))
    }

    /// What the windows of form `number` look like.
    pub(super) fn looks(&self, number: usize) -> Option<[Look; STRIDE]> {
        let bits = *self.0.get(number * ROW)?;
        let mut looks = [Look::Any; STRIDE];
        for (i, look) in looks.iter_mut().enumerate() {
            *look = Look::from_code(bits >> (2 * i) & 3)?;
        }
        Some(looks)
    }

    /// Offset and tag of window `i`, which is not the first, of form `number`.
    pub(super) fn window(&self, number: usize, i: usize) -> Option<(u16, u32)> {
        let at = number * ROW + 1 + 6 * (i - 1);
        let row: &[u8; 6] = self.0.get(at..)?.first_chunk()?;
        Some((u16::from_le_bytes([row[0], row[1]]), u32::from_le_bytes([row[2], row[3], row[4], row[5]])))
    }
}

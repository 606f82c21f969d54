//! The file of a store: sections that are sealed apart, so that each is opened when it is needed.
//!
//! ```text
//! magic     "PCFPRINT"
//! version   u32, little endian like all numbers; a reader refuses what it does not know
//! key       16 bytes that tell with which key it is sealed, and nothing of the key
//! nonce     24 random bytes, new for each writing
//! counts    u32 each: values, forms, bytes of the quick section, bytes of the records
//! sections  sealed, each with a tag of 16 bytes: quick, pages of forms, pages of values, windows, records
//! ```
//!
//! Sections are sealed with XChaCha20-Poly1305, the header being part of what each tag confirms, so without the key the
//! file says how much it holds and nothing else. What is in them [`super::index`] says; the records are JSON.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::file::{self, FileError};
use super::index::{FORM, FORMS, ROW, VALUE, VALUES, Written};
use super::key::{self, Key};
use super::record::Record;

const MAGIC: &[u8; 8] = b"PCFPRINT";
/// The layout that is written, and the oldest that is read. The first was never in a release.
const VERSION: u32 = 2;
const NONCE: usize = 28;
const COUNTS: usize = NONCE + 24;
const HEADER: usize = COUNTS + 4 * 4;
const TAG: usize = 16;
/// No store of a person is larger.
const MOST: u64 = 1 << 30;
const SEAL: &str = "portcullis 2026 fingerprint store seal v1";
const KEY_ID: &str = "portcullis 2026 fingerprint store key id v1";

/// How much a store holds.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    pub(super) values: usize,
    pub(super) forms: usize,
}

/// A part of a store that is sealed by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Quick,
    Forms(usize),
    Values(usize),
    Windows,
    Records,
}

/// A store that is still closed.
pub(super) struct Sealed {
    path: PathBuf,
    bytes: Bytes,
    header: [u8; HEADER],
    counts: Counts,
    quick: usize,
    records: usize,
    cipher: XChaCha20Poly1305,
}

enum Bytes {
    File(File),
    Memory(Vec<u8>),
}

impl Bytes {
    fn read(&self, into: &mut [u8], at: usize) -> io::Result<()> {
        match self {
            Self::File(file) => file::read_exact_at(file, into, at as u64),
            Self::Memory(bytes) => {
                let part = bytes.get(at..at + into.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
                into.copy_from_slice(part);
                Ok(())
            }
        }
    }
}

impl Sealed {
    /// The store in `file`, which is at `path`.
    pub(super) fn of_file(path: &Path, file: File, key: &Key) -> Result<Self, FileError> {
        let size = file.metadata().map_err(|error| FileError::io(path, error))?.len();
        Self::new(path, Bytes::File(file), size, key)
    }

    /// The store that `bytes` are, which come from `path`.
    pub(super) fn parse(path: &Path, bytes: Vec<u8>, key: &Key) -> Result<Self, FileError> {
        let size = bytes.len() as u64;
        Self::new(path, Bytes::Memory(bytes), size, key)
    }

    fn new(path: &Path, bytes: Bytes, size: u64, key: &Key) -> Result<Self, FileError> {
        let damaged = |cause: &str| FileError::Damaged {
            path: path.to_owned(),
            cause: format!("{cause}; restore it from a backup, or remove it and run `gate fingerprint sync`"),
        };
        let mut header = [0; HEADER];
        let start = HEADER.min(usize::try_from(size).unwrap_or(HEADER));
        bytes.read(&mut header[..start], 0).map_err(|error| FileError::io(path, error))?;
        if start < 12 || header[..8] != *MAGIC {
            return Err(damaged("is no fingerprint store, or its start is damaged"));
        }
        let version = u32::from_le_bytes(header[8..12].try_into().expect("four bytes"));
        if version != VERSION {
            let cause = match version < VERSION {
                true => format!(
                    "was written by an earlier gate (layout {version}, this one reads {VERSION}): remove it and run \
                     `gate fingerprint sync`, and add entries of your own again"
                ),
                false => format!(
                    "was written by a later gate (layout {version}, this one reads {VERSION}): use that one, or \
                     remove the file and run `gate fingerprint sync`"
                ),
            };
            return Err(FileError::Damaged { path: path.to_owned(), cause });
        }
        if start < HEADER {
            return Err(damaged("is cut short"));
        }
        if header[12..NONCE] != key.derive(KEY_ID)[..16] {
            return Err(damaged(
                "is sealed with another key than the one at hand: restore the key that belongs to it",
            ));
        }
        let count = |i: usize| {
            let at = COUNTS + 4 * i;
            u32::from_le_bytes(header[at..at + 4].try_into().expect("four bytes")) as usize
        };
        let counts = Counts { values: count(0), forms: count(1) };
        let cipher = XChaCha20Poly1305::new(&(*key.derive(SEAL)).into());
        let (quick, records) = (count(2), count(3));
        let sealed = Self { path: path.to_owned(), bytes, header, counts, quick, records, cipher };
        let (at, length) = sealed.place(Section::Records);
        match (at + length + TAG).cmp(&usize::try_from(size).unwrap_or(usize::MAX)) {
            _ if size > MOST => Err(damaged("is larger than a store can be")),
            std::cmp::Ordering::Greater => Err(damaged("is cut short")),
            std::cmp::Ordering::Less => Err(damaged("goes on past its end")),
            std::cmp::Ordering::Equal => Ok(sealed),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// What is to be said when something in it is not as it was written.
    pub(super) fn damaged(&self) -> FileError {
        FileError::Damaged {
            path: self.path.clone(),
            cause: "is damaged or was changed by another program; restore it from a backup, or remove it and run \
                    `gate fingerprint sync`"
                .to_owned(),
        }
    }

    /// Where a section begins, and its length without its tag.
    fn place(&self, section: Section) -> (usize, usize) {
        let Counts { values, forms } = self.counts;
        let page = |number: usize, rows: usize, most: usize, row: usize| {
            (number * (most * row + TAG), rows.saturating_sub(number * most).min(most) * row)
        };
        let pages = |rows: usize, most: usize, row: usize| rows * row + rows.div_ceil(most) * TAG;
        let forms_at = HEADER + self.quick + TAG;
        let values_at = forms_at + pages(forms, FORMS, FORM);
        let windows_at = values_at + pages(values, VALUES, VALUE);
        match section {
            Section::Quick => (HEADER, self.quick),
            Section::Forms(number) => {
                let (at, length) = page(number, forms, FORMS, FORM);
                (forms_at + at, length)
            }
            Section::Values(number) => {
                let (at, length) = page(number, values, VALUES, VALUE);
                (values_at + at, length)
            }
            Section::Windows => (windows_at, forms * ROW),
            Section::Records => (windows_at + forms * ROW + TAG, self.records),
        }
    }

    /// Opens a section.
    pub(super) fn section(&self, section: Section) -> Result<Zeroizing<Vec<u8>>, FileError> {
        let (at, length) = self.place(section);
        let mut text = Zeroizing::new(vec![0; length + TAG]);
        self.bytes.read(&mut text, at).map_err(|error| FileError::io(&self.path, error))?;
        let tag = Tag::from(<[u8; TAG]>::try_from(&text[length..]).expect("16 bytes"));
        text.truncate(length);
        let nonce = self.header[NONCE..COUNTS].try_into().expect("24 bytes");
        self.cipher
            .decrypt_inout_detached(&nonce_of(nonce, section), &self.header, text.as_mut_slice().into(), &tag)
            .map_err(|_| self.damaged())?;
        Ok(text)
    }

    /// The entries.
    pub(super) fn records(&self) -> Result<Vec<Record>, FileError> {
        serde_json::from_slice(&self.section(Section::Records)?).map_err(|_| self.damaged())
    }
}

/// The bytes of a store.
pub(super) fn seal(key: &Key, counts: Counts, written: Written, records: &[Record]) -> io::Result<Vec<u8>> {
    let records = Zeroizing::new(serde_json::to_vec(records)?);
    let mut header = Vec::with_capacity(HEADER);
    header.extend(MAGIC);
    header.extend(VERSION.to_le_bytes());
    header.extend(&key.derive(KEY_ID)[..16]);
    let mut nonce = [0; 24];
    key::random(&mut nonce)?;
    header.extend(nonce);
    for count in [counts.values, counts.forms, written.quick.len(), records.len()] {
        let count = u32::try_from(count).map_err(|_| io::Error::other("too large to store"))?;
        header.extend(count.to_le_bytes());
    }
    let header: [u8; HEADER] = header.try_into().expect("the header is whole");
    let cipher = XChaCha20Poly1305::new(&(*key.derive(SEAL)).into());
    let mut bytes = header.to_vec();
    let mut add = |section: Section, text: &[u8]| -> io::Result<()> {
        let at = bytes.len();
        bytes.extend(text);
        let tag = cipher
            .encrypt_inout_detached(&nonce_of(&nonce, section), &header, (&mut bytes[at..]).into())
            .map_err(|_| io::Error::other("too large to seal"))?;
        bytes.extend(tag);
        Ok(())
    };
    add(Section::Quick, &written.quick)?;
    for (number, page) in written.forms.chunks(FORMS * FORM).enumerate() {
        add(Section::Forms(number), page)?;
    }
    for (number, page) in written.values.chunks(VALUES * VALUE).enumerate() {
        add(Section::Values(number), page)?;
    }
    add(Section::Windows, &written.windows)?;
    add(Section::Records, &records)?;
    Ok(bytes)
}

/// The nonce of a section: the file's, made another by the section's number.
fn nonce_of(nonce: &[u8; 24], section: Section) -> XNonce {
    let number = match section {
        Section::Quick => 0,
        Section::Windows => 1,
        Section::Records => 2,
        Section::Forms(page) => 4 + 2 * page as u64,
        Section::Values(page) => 5 + 2 * page as u64,
    };
    let mut nonce = *nonce;
    for (byte, number) in nonce[16..].iter_mut().zip(number.to_le_bytes()) {
        *byte ^= number;
    }
    nonce.into()
}

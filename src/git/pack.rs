//! A pack and its index.
//!
//! Both are read with `pread` into buffers of ours. A map would be no quicker here, as entries are visited in the
//! order of the file, would count the whole pack as memory, and a pack that is cut while it is mapped kills the process.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::file;
use super::object::Kind;
use super::{Error, Oid, Result};

/// A pack with its index.
#[derive(Debug)]
pub struct Pack {
    path: PathBuf,
    file: OnceLock<Result<(File, u64)>>,
    index: OnceLock<Result<Index>>,
}

/// How an entry is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// As it is.
    Whole(Kind),
    /// As a delta to the entry at this offset, which is a lower one.
    DeltaAt(u64),
    /// As a delta to the object of this name.
    DeltaOf(Oid),
}

/// The head of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How it is stored.
    pub stored: Stored,
    /// Bytes when inflated: of the object, or of the delta.
    pub size: u64,
    /// Bytes of the head itself: the deflated data follows.
    pub length: usize,
}

/// The most bytes a head takes: ten of a size, twenty of a name.
pub const LONGEST_HEAD: usize = 32;
/// The trailer of a pack: its checksum.
const TRAILER: u64 = 20;

impl Pack {
    /// The pack whose index is at `index`; nothing is opened yet.
    pub(super) fn new(index: &Path) -> Self {
        Self { path: index.with_extension("pack"), file: OnceLock::new(), index: OnceLock::new() }
    }

    /// The path of the pack.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its index.
    ///
    /// # Errors
    /// It cannot be read, or is damaged.
    pub fn index(&self) -> Result<&Index> {
        self.index
            .get_or_init(|| {
                let index = Index::read(&self.path.with_extension("idx"))?;
                Ok(index)
            })
            .as_ref()
            .map_err(Clone::clone)
    }

    fn file(&self) -> Result<(&File, u64)> {
        let opened = self.file.get_or_init(|| {
            let (file, size) = file::open(&self.path).map_err(|error| Error::io(&self.path, &error))?;
            let mut head = [0; 12];
            let read = file::read_at(&file, &mut head, 0).map_err(|error| Error::io(&self.path, &error))?;
            if read < 12 || &head[..4] != b"PACK" || !matches!(head[7], 2 | 3) || size < 12 + TRAILER {
                return Err(Error::corrupt(format!("{}: it is no pack", self.path.display())));
            }
            Ok((file, size - TRAILER))
        });
        opened.as_ref().map(|(file, size)| (file, *size)).map_err(Clone::clone)
    }

    /// Where entries end.
    ///
    /// # Errors
    /// The pack cannot be opened.
    pub fn end(&self) -> Result<u64> {
        Ok(self.file()?.1)
    }

    /// Fills `into` from `offset` on, up to the end of the entries; the number of bytes read.
    ///
    /// # Errors
    /// The pack cannot be read.
    pub fn read_at(&self, into: &mut [u8], offset: u64) -> Result<usize> {
        let (file, end) = self.file()?;
        let most = into.len().min(usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX));
        file::read_at(file, &mut into[..most], offset).map_err(|error| Error::io(&self.path, &error))
    }

    /// A reader from `offset` on.
    pub(super) fn stream(&self, offset: u64) -> impl Read + '_ {
        Stream { pack: self, offset }
    }

    /// What is wrong with the pack, with its name.
    pub fn corrupt(&self, offset: u64, what: &str) -> Error {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        Error::corrupt(format!("{name}, offset {offset}: {what}"))
    }

    /// The head of the entry at `offset`, which `bytes` begin with.
    ///
    /// # Errors
    /// It is malformed.
    pub fn head(&self, offset: u64, bytes: &[u8]) -> Result<Head> {
        head(offset, bytes).ok_or_else(|| self.corrupt(offset, "the entry is malformed"))
    }
}

fn head(offset: u64, bytes: &[u8]) -> Option<Head> {
    let mut at = 0;
    let mut next = || {
        let byte = *bytes.get(at)?;
        at += 1;
        Some(byte)
    };
    let first = next()?;
    let mut size = u64::from(first & 0x0F);
    let mut shift = 4;
    let mut byte = first;
    while byte & 0x80 != 0 {
        byte = next()?;
        let bits = u64::from(byte & 0x7F);
        if shift > 60 || (shift == 60 && bits > 0x0F) {
            return None;
        }
        size |= bits << shift;
        shift += 7;
    }
    let stored = match first >> 4 & 0x07 {
        1 => Stored::Whole(Kind::Commit),
        2 => Stored::Whole(Kind::Tree),
        3 => Stored::Whole(Kind::Blob),
        4 => Stored::Whole(Kind::Tag),
        6 => {
            let mut byte = next()?;
            let mut back = u64::from(byte & 0x7F);
            while byte & 0x80 != 0 {
                byte = next()?;
                back = back.checked_add(1)?.checked_mul(128)? | u64::from(byte & 0x7F);
            }
            if back == 0 || back > offset {
                return None;
            }
            Stored::DeltaAt(offset - back)
        }
        7 => {
            let id = Oid::read(bytes.get(at..)?)?;
            at += Oid::LENGTH;
            Stored::DeltaOf(id)
        }
        _ => return None,
    };
    Some(Head { stored, size, length: at })
}

struct Stream<'p> {
    pack: &'p Pack,
    offset: u64,
}

impl Read for Stream<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.pack.read_at(into, self.offset).map_err(io::Error::other)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// Where the objects of a pack are.
#[derive(Debug)]
pub struct Index {
    bytes: Vec<u8>,
    count: usize,
    first_version: bool,
}

const FANOUT: usize = 1024;
/// The largest index that is read: one of 150 million objects.
const LARGEST_INDEX: u64 = 4 << 30;

impl Index {
    fn read(path: &Path) -> Result<Self> {
        let bytes = file::read(path, LARGEST_INDEX)?
            .ok_or_else(|| Error::corrupt(format!("{}: it is missing", path.display())))?;
        Self::parse(bytes)
            .ok_or_else(|| Error::corrupt(format!("{}: the index is damaged or cut off", path.display())))
    }

    fn parse(bytes: Vec<u8>) -> Option<Self> {
        let first_version = !bytes.starts_with(b"\xFFtOc");
        if !first_version && bytes.get(4..8)? != [0, 0, 0, 2] {
            return None;
        }
        let mut index = Self { bytes, count: 0, first_version };
        let mut last = 0;
        for bucket in 0..256 {
            let count = index.u32_at(index.fanout() + bucket * 4)?;
            if count < last {
                return None;
            }
            last = count;
        }
        index.count = last as usize;
        let needed =
            if first_version { FANOUT + index.count * 24 + 40 } else { 8 + FANOUT + index.count * 28 + 40 };
        (index.bytes.len() >= needed).then_some(index)
    }

    fn fanout(&self) -> usize {
        if self.first_version { 0 } else { 8 }
    }

    fn u32_at(&self, at: usize) -> Option<u32> {
        Some(u32::from_be_bytes(*self.bytes.get(at..)?.first_chunk()?))
    }

    /// Number of objects.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The name at `at`, in the order of names.
    ///
    /// # Panics
    /// There are fewer.
    pub fn id(&self, at: usize) -> Oid {
        assert!(at < self.count);
        let (start, step) = if self.first_version { (FANOUT + 4, 24) } else { (8 + FANOUT, 20) };
        Oid::read(&self.bytes[start + at * step..]).unwrap_or_default()
    }

    /// The offset in the pack of the object at `at`, in the order of names; `None` when the index is damaged.
    pub fn offset(&self, at: usize) -> Option<u64> {
        if self.first_version {
            return self.u32_at(FANOUT + at * 24).map(u64::from);
        }
        let offsets = 8 + FANOUT + self.count * 24;
        let offset = self.u32_at(offsets + at * 4)?;
        if offset & 0x8000_0000 == 0 {
            return Some(u64::from(offset));
        }
        let large = offsets + self.count * 4 + (offset & 0x7FFF_FFFF) as usize * 8;
        let end = self.bytes.len() - 40;
        let bytes = self.bytes.get(large..large + 8).filter(|_| large + 8 <= end)?;
        Some(u64::from_be_bytes(*bytes.first_chunk()?))
    }

    /// The places of names that begin with `first`.
    fn bucket(&self, first: u8) -> (usize, usize) {
        let bucket = |at: usize| self.u32_at(self.fanout() + at * 4).unwrap_or(0) as usize;
        let first = usize::from(first);
        (if first == 0 { 0 } else { bucket(first - 1) }, bucket(first))
    }

    /// The place of a name, in the order of names.
    pub fn find(&self, id: &Oid) -> Option<usize> {
        let (mut from, mut to) = self.bucket(id.bytes()[0]);
        while from < to {
            let middle = (from + to) / 2;
            match self.id(middle).cmp(id) {
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Greater => to = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// Names between `low` and `high`, both included, that begin with the same byte; at most `most`.
    pub(super) fn between(&self, low: &Oid, high: &Oid, most: usize) -> Vec<Oid> {
        let (mut from, to) = self.bucket(low.bytes()[0]);
        let mut end = to;
        while from < end {
            let middle = (from + end) / 2;
            if self.id(middle) < *low { from = middle + 1 } else { end = middle }
        }
        (from..to).map(|at| self.id(at)).take_while(|id| id <= high).take(most).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read() {
        let whole = Head { stored: Stored::Whole(Kind::Blob), size: 5, length: 1 };
        assert_eq!(head(12, &[0x35]), Some(whole));
        assert_eq!(head(12, &[0xB5, 0x01]), Some(Head { size: 21, length: 2, ..whole }));
        let delta = Head { stored: Stored::DeltaAt(100), size: 1, length: 3 };
        assert_eq!(head(100 + 129, &[0x61, 0x80, 0x01]), Some(delta));
    }

    #[test]
    fn malformed_heads_are_none() {
        for bytes in
            [&[][..], &[0x05], &[0x55], &[0xB5], &[0xFF; 12], &[0x61, 0x00], &[0x61, 0x7F], &[0x71, 1, 2]]
        {
            assert_eq!(head(12, bytes), None, "{bytes:?}");
        }
        let mut far = [0xFF; 16];
        far[0] = 0x61;
        assert_eq!(head(u64::MAX, &far), None);
    }

    #[test]
    fn indexes_that_lie_are_refused() {
        let mut bytes = b"\xFFtOc\0\0\0\x02".to_vec();
        bytes.extend([0; FANOUT]);
        bytes.extend([0; 40]);
        assert!(Index::parse(bytes.clone()).is_some());
        bytes[8 + 1023] = 1;
        assert!(Index::parse(bytes.clone()).is_none(), "cut off");
        bytes[8 + 3] = 9;
        assert!(Index::parse(bytes).is_none(), "falling");
        assert!(Index::parse(Vec::new()).is_none());
        assert!(Index::parse(vec![0xFF; 2000]).is_none());
    }
}

//! The index: what the next commit will contain. Read as git documents it in gitformat-index(5): versions 2 to 4,
//! split indexes, sparse directories, and the cached tree ids that tell which directories nobody touched.
//!
//! The file is as hostile as the rest of a repository. Every length is checked, entries must be in order, and what
//! prefix compression may expand to is bounded.

use std::cmp::Ordering;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;

use sha1::{Digest as _, Sha1};

/// Bytes of an index file. Ten million entries fit.
const FILE_LIMIT: u64 = 1 << 30;
/// Bytes of an id, and of the checksum at the end.
const ID: usize = 20;
/// Bytes of an entry before its path: times, device, owner, size; mode; id; flags.
const FIXED: usize = 62;
const MODE_AT: usize = 24;
const ID_AT: usize = 40;
const FLAGS_AT: usize = 60;
/// Files above this are summed up on a thread of their own, while they are parsed.
const SUM_APART: usize = 256 << 10;

/// What an entry's mode says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A symbolic link; the blob holds its text.
    Link,
    /// A commit of a submodule, which is another repository.
    Submodule,
    /// A directory outside of a sparse checkout; the id is that of a tree.
    Directory,
}

/// One path of the index.
#[derive(Clone, Debug)]
pub struct Entry {
    path: Range<usize>,
    mode: u32,
    /// The object.
    pub id: [u8; ID],
    /// 0, or during a merge 1 to 3: base, ours, theirs.
    pub stage: u8,
    /// Added with `git add --intent-to-add`: nothing of it would be committed.
    pub intent_to_add: bool,
}

impl Entry {
    /// What the entry is; `None` for a mode that git does not write.
    pub fn kind(&self) -> Option<Kind> {
        match self.mode >> 12 {
            0o10 => Some(Kind::File),
            0o12 => Some(Kind::Link),
            0o16 => Some(Kind::Submodule),
            0o04 => Some(Kind::Directory),
            _ => None,
        }
    }
}

/// A directory whose tree id the index remembers.
#[derive(Clone, Debug)]
struct Cached {
    name: Range<usize>,
    /// Number of entries below and the id, unless something below has changed since.
    tree: Option<(usize, [u8; ID])>,
    /// One past the last directory below this one, in the list of all.
    end: usize,
}

/// A directory of the cached tree.
#[derive(Clone, Copy)]
pub struct CachedTree<'i> {
    index: &'i Index,
    at: usize,
}

impl<'i> CachedTree<'i> {
    /// Number of index entries in the directory and the id of the tree they make, if nothing has changed since it
    /// was noted.
    pub fn tree(self) -> Option<(usize, [u8; ID])> {
        self.index.cached[self.at].tree
    }

    /// The directories in this one, by name.
    pub fn children(self) -> impl Iterator<Item = (&'i [u8], CachedTree<'i>)> {
        let all = &self.index.cached;
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            let child = all.get(at).filter(|_| at < all[self.at].end)?;
            let found = CachedTree { index: self.index, at };
            at = child.end;
            Some((&self.index.bytes[child.name.clone()], found))
        })
    }

    /// The directory `name` in this one.
    #[cfg(test)]
    fn child(self, name: &[u8]) -> Option<Self> {
        self.children().find(|(child, _)| *child == name).map(|(_, child)| child)
    }
}

/// Why an index cannot be used, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexError(String);

impl fmt::Display for IndexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for IndexError {}

fn bad<T>(text: impl Into<String>) -> Result<T, IndexError> {
    Err(IndexError(text.into()))
}

type Parsed<T> = Result<T, IndexError>;

/// An index, whole.
#[derive(Clone, Default)]
pub struct Index {
    bytes: Vec<u8>,
    /// The paths of all entries.
    paths: Vec<u8>,
    entries: Vec<Entry>,
    cached: Vec<Cached>,
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Index({} entries)", self.entries.len())
    }
}

impl Index {
    /// Reads the file `path`; an index that does not exist is empty. `shared` is the directory that holds the base of
    /// a split index.
    ///
    /// # Errors
    /// An index that cannot be read, is damaged, or uses what is not known here.
    pub fn read(path: &Path, shared: &Path) -> Parsed<Self> {
        let named = |file: &Path, error: IndexError| IndexError(format!("{}: {error}", file.display()));
        let Some(bytes) = read(path).map_err(|error| named(path, IndexError(error.to_string())))? else {
            return Ok(Self::default());
        };
        let (index, link) = parse(bytes).map_err(|error| named(path, error))?;
        let Some(link) = link else { return index.ordered().map_err(|error| named(path, error)) };
        let base_path = shared.join(format!("sharedindex.{}", hex(&link.base)));
        let base = match read(&base_path) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                return Err(named(&base_path, IndexError("the split index's base is missing".into())));
            }
            Err(error) => return Err(named(&base_path, IndexError(error.to_string()))),
        };
        let (base, nested) = parse(base).map_err(|error| named(&base_path, error))?;
        if nested.is_some() {
            return Err(named(&base_path, IndexError("the base of a split index is itself split".into())));
        }
        let base = base.ordered().map_err(|error| named(&base_path, error))?;
        index.over(base, &link).and_then(Self::ordered).map_err(|error| named(path, error))
    }

    /// All entries, by path and stage.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The path of one of this index's entries: relative to the top, with `/`. That of a directory ends with `/`.
    pub fn path(&self, entry: &Entry) -> &[u8] {
        &self.paths[entry.path.clone()]
    }

    /// What the index remembers of the tree of the top directory.
    pub fn cached_tree(&self) -> Option<CachedTree<'_>> {
        (!self.cached.is_empty()).then_some(CachedTree { index: self, at: 0 })
    }

    /// Itself, if its entries stand in order.
    fn ordered(self) -> Parsed<Self> {
        if self.entries.iter().any(|entry| entry.path.is_empty()) {
            return bad("it is damaged: an entry has no path");
        }
        let in_order = self.entries.windows(2).all(|pair| self.compare(&pair[0], &pair[1]) == Ordering::Less);
        if in_order { Ok(self) } else { bad("it is damaged: its entries are not in order") }
    }

    fn compare(&self, a: &Entry, b: &Entry) -> Ordering {
        self.path(a).cmp(self.path(b)).then(a.stage.cmp(&b.stage))
    }

    /// The whole of a split index: this one laid over its base.
    fn over(mut self, base: Self, link: &Link) -> Parsed<Self> {
        let mut merged = Vec::with_capacity(base.entries.len() + self.entries.len());
        let at = self.paths.len();
        self.paths.extend_from_slice(&base.paths);
        let (mut deleted, mut replaced) = (link.deleted.iter().peekable(), link.replaced.iter().peekable());
        let mut own = std::mem::take(&mut self.entries).into_iter();
        for (position, mut entry) in base.entries.into_iter().enumerate() {
            entry.path = entry.path.start + at..entry.path.end + at;
            let gone = deleted.next_if(|next| **next == position).is_some();
            if replaced.next_if(|next| **next == position).is_some() {
                match own.next() {
                    Some(new) if new.path.is_empty() && !gone => {
                        entry = Entry { path: entry.path, ..new };
                    }
                    _ => return bad("it is damaged: the split index does not fit its base"),
                }
            }
            if !gone {
                merged.push(entry);
            }
        }
        if deleted.next().is_some() || replaced.next().is_some() {
            return bad("it is damaged: the split index speaks of entries that its base does not have");
        }
        merged.extend(own);
        let mut entries = merged;
        // Two sorted runs, which the standard sort merges in one go.
        entries.sort_by(|a, b| self.compare(a, b));
        self.entries = entries;
        Ok(self)
    }
}

/// The bytes of a regular file; `None` if it is not there.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // Asked first: a FIFO would never answer.
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(FILE_LIMIT)).unwrap_or(0) + 1);
    File::open(path)?.take(FILE_LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(io::Error::other(format!("it is larger than {FILE_LIMIT} bytes")));
    }
    Ok(Some(bytes))
}

/// How a split index changes its base: positions in the base, rising.
struct Link {
    base: [u8; ID],
    deleted: Vec<usize>,
    replaced: Vec<usize>,
}

/// Parses one file. Entries are not yet checked for order, as those of a split index need not have any.
fn parse(bytes: Vec<u8>) -> Parsed<(Index, Option<Link>)> {
    let content = if bytes.len() < SUM_APART {
        checksum(&bytes).and_then(|()| parse_content(&bytes))?
    } else {
        // The sum takes longer than the parsing.
        std::thread::scope(|scope| {
            let sum = scope.spawn(|| checksum(&bytes));
            let parsed = parse_content(&bytes);
            sum.join().unwrap_or_else(|_| bad("its checksum could not be computed")).and(parsed)
        })?
    };
    let Content { paths, entries, cached, link } = content;
    Ok((Index { bytes, paths, entries, cached }, link))
}

/// Whether the file ends with the SHA-1 of what is before, or with zeros, as `index.skipHash` has it.
fn checksum(bytes: &[u8]) -> Parsed<()> {
    let Some(at) = bytes.len().checked_sub(ID) else { return bad("it is cut short") };
    let (content, stated) = bytes.split_at(at);
    if stated.iter().all(|byte| *byte == 0) || Sha1::digest(content)[..] == *stated {
        return Ok(());
    }
    bad("its checksum is wrong: it is damaged, or of a repository with SHA-256 ids, which are not supported")
}

/// What a file says.
struct Content {
    paths: Vec<u8>,
    entries: Vec<Entry>,
    cached: Vec<Cached>,
    link: Option<Link>,
}

fn parse_content(bytes: &[u8]) -> Parsed<Content> {
    let end = bytes.len().saturating_sub(ID);
    let mut reader = Reader { bytes, at: 0, end };
    if reader.take(4)? != b"DIRC" {
        return bad("it is no git index");
    }
    let version = reader.number()?;
    if !(2..=4).contains(&version) {
        return bad(format!("it has version {version}; 2, 3 and 4 are known"));
    }
    let count = reader.number()? as usize;
    if count > end / FIXED {
        return bad("it is cut short");
    }
    let path_limit = (64 << 20) + 16 * bytes.len();
    let mut paths = Vec::with_capacity(end - count * FIXED);
    let mut entries: Vec<Entry> = Vec::with_capacity(count);
    for _ in 0..count {
        let start = reader.at;
        let fixed = reader.take(FIXED)?;
        let be32 = |at: usize| u32::from_be_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        let flags = u16::from_be_bytes([fixed[FLAGS_AT], fixed[FLAGS_AT + 1]]);
        let (mode, mut id) = (be32(MODE_AT), [0; ID]);
        id.copy_from_slice(&fixed[ID_AT..ID_AT + ID]);
        let mut more = 0;
        if flags & 0x4000 != 0 {
            if version == 2 {
                return bad("it is damaged: an entry has flags that its version does not know");
            }
            let bytes = reader.take(2)?;
            more = u16::from_be_bytes([bytes[0], bytes[1]]);
            if more & !0x6000 != 0 {
                return bad("an entry has flags that are not known");
            }
        }
        let path_start = paths.len();
        if version == 4 {
            let strip = reader.varint()?;
            let last = entries.last().map_or(0..0, |entry| entry.path.clone());
            let Some(kept) = last.len().checked_sub(strip) else {
                return bad("it is damaged: a path is shortened by more than its length");
            };
            let rest = reader.until(0)?;
            if path_start + kept + rest.len() > path_limit {
                return bad("its paths expand beyond all measure");
            }
            paths.extend_from_within(last.start..last.start + kept);
            paths.extend_from_slice(rest);
        } else {
            paths.extend_from_slice(reader.until(0)?);
            // 1 to 8 NULs, one of which is taken, bring the entry to a multiple of 8 bytes
            let length = reader.at - start;
            reader.take(length.next_multiple_of(8) - length)?;
        }
        entries.push(Entry {
            path: path_start..paths.len(),
            mode,
            id,
            stage: ((flags >> 12) & 3) as u8,
            intent_to_add: more & 0x2000 != 0,
        });
    }
    let (mut cached, mut link) = (Vec::new(), None);
    while reader.at < end {
        let signature = reader.take(4)?;
        let size = reader.number()? as usize;
        let from = reader.at;
        let content = reader.take(size)?;
        match signature {
            b"TREE" => cached = cached_trees(bytes, from..from + size)?,
            b"link" => link = link_of(content, end)?,
            // sparse directories are among the entries, where they show as such
            b"sdir" => {}
            // by convention, what begins with a capital letter may be ignored
            [b'A'..=b'Z', ..] => {}
            other => {
                let name = String::from_utf8_lossy(other).into_owned();
                return bad(format!("it has an extension that is not known: {name:?}"));
            }
        }
    }
    Ok(Content { paths, entries, cached, link })
}

/// The `TREE` extension: directories in preorder.
fn cached_trees(bytes: &[u8], at: Range<usize>) -> Parsed<Vec<Cached>> {
    let mut reader = Reader { bytes, at: at.start, end: at.end };
    let mut all: Vec<Cached> = Vec::new();
    // directories not yet complete, with the number of those still to come below each
    let mut open: Vec<(usize, usize)> = Vec::new();
    loop {
        let start = reader.at;
        let name = start..start + reader.until(0)?.len();
        let entries = decimal(reader.until(b' ')?);
        let Some(Ok(below)) = decimal(reader.until(b'\n')?).map(usize::try_from) else {
            return bad("it is damaged: the cached tree cannot be read");
        };
        let tree = match entries.map(usize::try_from) {
            None => return bad("it is damaged: the cached tree cannot be read"),
            Some(Err(_)) => None,
            Some(Ok(entries)) => {
                let mut id = [0; ID];
                id.copy_from_slice(reader.take(ID)?);
                Some((entries, id))
            }
        };
        all.push(Cached { name, tree, end: all.len() + 1 });
        open.push((all.len() - 1, below));
        while let Some((at, below)) = open.last_mut() {
            if *below > 0 {
                *below -= 1;
                break;
            }
            let at = *at;
            all[at].end = all.len();
            open.pop();
        }
        if open.is_empty() {
            return Ok(all);
        }
    }
}

fn decimal(digits: &[u8]) -> Option<i64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The `link` extension; `None` when it names no base. `limit` bounds positions: no base has more entries.
fn link_of(content: &[u8], limit: usize) -> Parsed<Option<Link>> {
    let mut reader = Reader { bytes: content, at: 0, end: content.len() };
    let mut base = [0; ID];
    base.copy_from_slice(reader.take(ID)?);
    if base == [0; ID] {
        return Ok(None);
    }
    if reader.at == reader.end {
        return Ok(Some(Link { base, deleted: Vec::new(), replaced: Vec::new() }));
    }
    let limit = (FILE_LIMIT as usize / FIXED).max(limit);
    let deleted = reader.bitmap(limit)?;
    let replaced = reader.bitmap(limit)?;
    Ok(Some(Link { base, deleted, replaced }))
}

/// Takes bytes from the front, and never past the end.
struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    end: usize,
}

impl<'b> Reader<'b> {
    fn take(&mut self, length: usize) -> Parsed<&'b [u8]> {
        let taken = self.at.checked_add(length).filter(|to| *to <= self.end);
        let Some(taken) = taken.and_then(|to| self.bytes.get(self.at..to)) else {
            return bad("it is cut short");
        };
        self.at += length;
        Ok(taken)
    }

    fn number(&mut self) -> Parsed<u32> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// The bytes before the next `end`, which is taken too.
    fn until(&mut self, end: u8) -> Parsed<&'b [u8]> {
        let rest = self.bytes.get(self.at..self.end).unwrap_or_default();
        let Some(length) = memchr::memchr(end, rest) else { return bad("it is cut short") };
        self.at += length + 1;
        Ok(&rest[..length])
    }

    /// A number in the form of pack offsets: seven bits a byte, the highest first, each further byte adding one.
    fn varint(&mut self) -> Parsed<usize> {
        let mut value: usize = 0;
        loop {
            let byte = self.take(1)?[0];
            value |= usize::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            if value > FILE_LIMIT as usize {
                return bad("it is damaged: a number is out of range");
            }
            value = (value + 1) << 7;
        }
    }

    /// The positions set in a compressed bitmap (EWAH, as git's bitmaps are): words of 64 bits, runs of equal words,
    /// and literal ones.
    fn bitmap(&mut self, limit: usize) -> Parsed<Vec<usize>> {
        let bits = self.number()? as usize;
        let words = self.number()? as usize;
        if bits > limit {
            return bad("it is damaged: a bitmap is larger than any index");
        }
        let content = self.take(words.saturating_mul(8))?;
        self.take(4)?;
        let mut words = content.chunks_exact(8).map(|word| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(word);
            u64::from_be_bytes(bytes)
        });
        let mut set = Vec::new();
        let mut at: usize = 0;
        while let Some(marker) = words.next() {
            let run = ((marker >> 1) & 0xffff_ffff) as usize * 64;
            if marker & 1 == 1 {
                set.extend(at.min(bits)..at.saturating_add(run).min(bits));
            }
            at = at.saturating_add(run);
            for _ in 0..marker >> 33 {
                let Some(mut word) = words.next() else {
                    return bad("it is damaged: a bitmap is cut short");
                };
                while word != 0 {
                    let position = at.saturating_add(word.trailing_zeros() as usize);
                    if position >= bits {
                        return bad("it is damaged: a bitmap goes past its end");
                    }
                    set.push(position);
                    word &= word - 1;
                }
                at = at.saturating_add(64);
            }
        }
        Ok(set)
    }
}

fn hex(id: &[u8; ID]) -> String {
    data_encoding::HEXLOWER.encode(id)
}

#[cfg(test)]
mod tests;

//! All objects of a repository: packs, loose objects, and those of its alternates.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::delta::Delta;
use super::file;
use super::hash::Seeded;
use super::inflate::{Exactly, Inflater, stream};
use super::object::{Kind, Object};
use super::oid::digit;
use super::pack::{Head, LONGEST_HEAD, Pack, Stored};
use super::{Error, Oid, Result};

/// The largest object that is held in memory, and the most that its deltas may take together. Larger ones that are
/// stored whole can be had as a stream.
pub const LARGEST: u64 = 256 << 20;
/// The longest chain of deltas; git makes none above 4,095.
pub const DEEPEST: usize = 4096;
/// The most bytes that are made on the way to one object.
const WORK: u64 = 8 << 30;
/// How deep alternates may have alternates, as in git.
const ALTERNATES: usize = 5;
/// The most folders of objects.
const FOLDERS: usize = 64;

/// The objects of a repository. Shared by all threads, each with a [`Reader`].
#[derive(Debug, Default)]
pub struct Store {
    packs: Vec<Pack>,
    folders: Vec<PathBuf>,
    troubles: Vec<String>,
}

impl Store {
    /// The objects in `objects`, those of `more`, and of the alternates of all.
    pub(super) fn open(objects: &Path, more: &[PathBuf]) -> Self {
        let mut store = Self::default();
        let mut seen = HashSet::new();
        let mut queue: VecDeque<(PathBuf, usize)> = VecDeque::from([(objects.to_owned(), 0)]);
        queue.extend(more.iter().map(|path| (path.clone(), 1)));
        while let Some((folder, depth)) = queue.pop_front() {
            let canonical = match folder.canonicalize() {
                Ok(canonical) if canonical.is_dir() => canonical,
                _ => {
                    store.troubles.push(format!("{}: the folder of objects is not there", folder.display()));
                    continue;
                }
            };
            if !seen.insert(canonical.clone()) {
                continue;
            }
            if store.folders.len() >= FOLDERS || depth > ALTERNATES {
                store.troubles.push(format!("{}: too many alternates", folder.display()));
                continue;
            }
            match file::read(&canonical.join("info/alternates"), 1 << 20) {
                Ok(None) => {}
                Ok(Some(text)) => {
                    for line in String::from_utf8_lossy(&text).lines() {
                        let line = line.trim_end();
                        if !line.is_empty() && !line.starts_with('#') {
                            queue.push_back((canonical.join(line), depth + 1));
                        }
                    }
                }
                Err(error) => store.troubles.push(error.to_string()),
            }
            store.add_packs(&canonical.join("pack"));
            store.folders.push(canonical);
        }
        store
    }

    fn add_packs(&mut self, folder: &Path) {
        let Ok(listed) = fs::read_dir(folder) else { return };
        let mut packs = Vec::new();
        for entry in listed {
            match entry {
                Ok(entry) => packs.push(entry.path()),
                Err(error) => self.troubles.push(Error::io(folder, &error).to_string()),
            }
        }
        // the order of a folder is no order
        packs.sort();
        let ending =
            |path: &Path, ending: &str| path.extension().is_some_and(|extension| extension == ending);
        for path in &packs {
            if ending(path, "idx") {
                if packs.binary_search(&path.with_extension("pack")).is_ok() {
                    self.packs.push(Pack::new(path));
                } else {
                    self.troubles.push(format!("{}: its pack is missing", path.display()));
                }
            } else if ending(path, "pack") && packs.binary_search(&path.with_extension("idx")).is_err() {
                self.troubles.push(format!("{}: its index is missing", path.display()));
            }
        }
    }

    /// The packs.
    pub fn packs(&self) -> &[Pack] {
        &self.packs
    }

    /// What could not be opened, one line each: the objects in there are missing.
    pub fn troubles(&self) -> &[String] {
        &self.troubles
    }

    /// A reader for one thread.
    pub fn reader(&self) -> Reader<'_> {
        Reader {
            store: self,
            inflater: Inflater::new(),
            window: Window { pack: usize::MAX, offset: 0, room: Vec::new(), held: 0 },
            cache: Cache::new(CACHED),
            last: 0,
        }
    }

    /// The pack that holds an object, and where. `last` is where to look first.
    fn find(&self, id: &Oid, last: usize) -> Result<Option<(usize, u64)>> {
        let mut trouble = None;
        let order = self.packs.get(last).map(|_| last).into_iter();
        for at in order.chain((0..self.packs.len()).filter(|&at| at != last)) {
            let index = match self.packs[at].index() {
                Ok(index) => index,
                Err(error) => {
                    trouble = Some(error);
                    continue;
                }
            };
            if let Some(place) = index.find(id) {
                let offset = index.offset(place);
                let offset = offset.ok_or_else(|| self.packs[at].corrupt(0, "its index is damaged"))?;
                return Ok(Some((at, offset)));
            }
        }
        // it may be in the pack that could not be looked at
        trouble.map_or(Ok(None), Err)
    }

    fn loose_path(folder: &Path, id: &Oid) -> PathBuf {
        let name = id.to_string();
        folder.join(&name[..2]).join(&name[2..])
    }

    /// Whether a pack holds an object; one whose index cannot be read holds none.
    pub fn packs_hold(&self, id: &Oid) -> bool {
        self.packs.iter().any(|pack| pack.index().is_ok_and(|index| index.find(id).is_some()))
    }

    /// Whether an object is there.
    pub fn contains(&self, id: &Oid) -> bool {
        matches!(self.find(id, 0), Ok(Some(_)))
            || self.folders.iter().any(|folder| Self::loose_path(folder, id).is_file())
    }

    /// The names of all loose objects, sorted, each once.
    ///
    /// # Errors
    /// A folder cannot be listed.
    pub fn loose(&self) -> Result<Vec<Oid>> {
        let mut names = Vec::new();
        for folder in &self.folders {
            for first in 0..=255_u8 {
                self.loose_in(folder, first, &mut names)?;
            }
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    fn loose_in(&self, folder: &Path, first: u8, names: &mut Vec<Oid>) -> Result<()> {
        let prefix = format!("{first:02x}");
        let folder = folder.join(&prefix);
        let listed = match fs::read_dir(&folder) {
            Ok(listed) => listed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io(&folder, &error)),
        };
        for entry in listed {
            let entry = entry.map_err(|error| Error::io(&folder, &error))?;
            if let Some(rest) = entry.file_name().to_str()
                && let Ok(id) = format!("{prefix}{rest}").parse()
            {
                names.push(id);
            }
        }
        Ok(())
    }

    /// The objects whose names begin with `digits`, at least four of them in hexadecimal; at most a few.
    pub(super) fn abbreviated(&self, digits: &str) -> Result<Vec<Oid>> {
        const MOST: usize = 8;
        let (mut low, mut high) = ([0_u8; 20], [0xFF_u8; 20]);
        for (at, byte) in digits.bytes().enumerate() {
            let Some(value) = digit(byte).filter(|_| at < 40) else { return Ok(Vec::new()) };
            let shift = if at % 2 == 0 { 4 } else { 0 };
            low[at / 2] = (low[at / 2] & !(0x0F << shift)) | (value << shift);
            high[at / 2] = (high[at / 2] & !(0x0F << shift)) | (value << shift);
        }
        let (low, high) = (Oid::new(low), Oid::new(high));
        let mut names = Vec::new();
        for pack in &self.packs {
            names.extend(pack.index()?.between(&low, &high, MOST));
        }
        let mut loose = Vec::new();
        for folder in &self.folders {
            self.loose_in(folder, low.bytes()[0], &mut loose)?;
        }
        names.extend(loose.into_iter().filter(|id| (low..=high).contains(id)));
        names.sort_unstable();
        names.dedup();
        names.truncate(MOST);
        Ok(names)
    }
}

/// Bytes of objects that a reader keeps.
const CACHED: usize = 64 << 20;
/// Bytes of a pack that are read at a time: where one entry follows the other, and elsewhere.
const AHEAD: usize = 128 << 10;
const AROUND: usize = 8 << 10;

/// Reads objects on one thread; keeps the last ones, as deltas lead back to them.
#[derive(Debug)]
pub struct Reader<'s> {
    store: &'s Store,
    inflater: Inflater,
    window: Window,
    cache: Cache,
    last: usize,
}

/// A stretch of a pack.
#[derive(Debug)]
struct Window {
    pack: usize,
    offset: u64,
    /// As long as it ever had to be; `held` bytes of it are of the pack.
    room: Vec<u8>,
    held: usize,
}

impl Window {
    /// The bytes of a pack from `offset` on: `length` of them, or as many as there are.
    fn at(&mut self, store: &Store, pack: usize, offset: u64, length: usize) -> Result<&[u8]> {
        let held = self.held as u64;
        let here = self.pack == pack && offset >= self.offset && offset + length as u64 <= self.offset + held;
        if !here {
            // going on from what is held, or jumping about
            let next = self.pack == pack && offset >= self.offset && offset <= self.offset + held;
            let wanted = length.max(if next { AHEAD } else { AROUND });
            if self.room.len() < wanted {
                self.room.resize(wanted, 0);
            }
            self.pack = usize::MAX;
            self.held = store.packs[pack].read_at(&mut self.room[..wanted], offset)?;
            (self.pack, self.offset) = (pack, offset);
        }
        let start = (offset - self.offset) as usize;
        Ok(&self.room[start..self.held.min(start + length)])
    }
}

impl<'s> Reader<'s> {
    /// The store it reads.
    pub fn store(&self) -> &'s Store {
        self.store
    }

    /// An object.
    ///
    /// # Errors
    /// It is missing, damaged, or larger than [`LARGEST`].
    pub fn read(&mut self, id: &Oid) -> Result<Arc<Object>> {
        match self.store.find(id, self.last)? {
            Some((pack, offset)) => {
                self.last = pack;
                self.entry(pack, offset)
            }
            None => self.loose(id),
        }
    }

    /// An object of a kind.
    ///
    /// # Errors
    /// As [`Reader::read`], or it is of another kind.
    pub fn read_as(&mut self, id: &Oid, kind: Kind) -> Result<Arc<Object>> {
        let object = self.read(id)?;
        if object.kind != kind {
            return Err(Error::corrupt(format!("object {id} is no {kind:?}").to_lowercase()));
        }
        Ok(object)
    }

    /// The kind and size of an object.
    ///
    /// # Errors
    /// As [`Reader::read`], but for the size.
    pub fn describe(&mut self, id: &Oid) -> Result<(Kind, u64)> {
        let Some((pack, offset)) = self.store.find(id, self.last)? else {
            let (kind, size, _) = self.open_loose(id)?;
            return Ok((kind, size));
        };
        let (mut pack, mut offset, mut size) = (pack, offset, None);
        for _ in 0..DEEPEST {
            let head = self.head(pack, offset)?;
            match head.stored {
                Stored::Whole(kind) => return Ok((kind, size.unwrap_or(head.size))),
                _ if size.is_none() => {
                    // the sizes stand first in a delta
                    let mut first = [0; 20];
                    let data =
                        stream(BufReader::new(self.store.packs[pack].stream(offset + head.length as u64)));
                    let mut read = 0;
                    let mut data = data.take(20);
                    while let Ok(count @ 1..) = data.read(&mut first[read..]) {
                        read += count;
                    }
                    size = Some(Delta::parse(&first[..read])?.size);
                }
                _ => {}
            }
            (pack, offset) = match head.stored {
                Stored::DeltaOf(base) => match self.base(pack, &base)? {
                    Some(place) => place,
                    None => {
                        let (kind, own, _) = self.open_loose(&base)?;
                        return Ok((kind, size.unwrap_or(own)));
                    }
                },
                Stored::DeltaAt(base) => (pack, base),
                Stored::Whole(_) => (pack, offset),
            };
        }
        Err(Error::corrupt(format!("object {id}: its chain of deltas is too long")))
    }

    /// The content of an object as a stream: from the file where it is stored whole, from memory where it is a delta.
    /// Its size is known beforehand; a stream of another length is an error at its end.
    ///
    /// # Errors
    /// As [`Reader::read`], but only deltas may be too large.
    pub fn stream(&mut self, id: &Oid) -> Result<(Kind, u64, Box<dyn Read + 's>)> {
        if let Some((pack, offset)) = self.store.find(id, self.last)? {
            return self.stream_entry(pack, offset);
        }
        let (kind, size, data) = self.open_loose(id)?;
        Ok((kind, size, Box::new(data)))
    }

    /// As [`Reader::stream`], for the entry of a pack at an offset.
    ///
    /// # Errors
    /// As there.
    pub fn stream_entry(&mut self, pack: usize, offset: u64) -> Result<(Kind, u64, Box<dyn Read + 's>)> {
        let head = self.head(pack, offset)?;
        if let Stored::Whole(kind) = head.stored {
            let input =
                BufReader::with_capacity(1 << 16, self.store.packs[pack].stream(offset + head.length as u64));
            return Ok((kind, head.size, Box::new(Exactly::new(stream(input), head.size))));
        }
        let object = self.entry(pack, offset)?;
        let size = object.data.len() as u64;
        Ok((object.kind, size, Box::new(Held { object, at: 0 })))
    }

    /// The head of the entry at an offset.
    ///
    /// # Errors
    /// It is malformed.
    pub fn head(&mut self, pack: usize, offset: u64) -> Result<Head> {
        let bytes = self.window.at(self.store, pack, offset, LONGEST_HEAD)?;
        self.store.packs[pack].head(offset, bytes)
    }

    /// Inflates the data of an entry, object or delta, replacing what is in `into`. `end` is where the next entry
    /// begins, if that is known.
    ///
    /// # Errors
    /// It is damaged, or larger than [`LARGEST`].
    pub fn inflate(
        &mut self,
        pack: usize,
        offset: u64,
        head: &Head,
        end: Option<u64>,
        into: &mut Vec<u8>,
    ) -> Result<()> {
        if head.size > LARGEST {
            return Err(Error::TooLarge { size: head.size });
        }
        let size = head.size as usize;
        // `resize` alone would clear what is overwritten anyway, but only beyond the length it had
        into.resize(size, 0);
        let start = offset + head.length as u64;
        // more than any stream of zlib's own takes for so many bytes
        let most = size + size / 1000 + 256;
        let tries = match end {
            Some(end) if end > start => [(end - start).min(most as u64 * 2) as usize, 0],
            _ => [most.min(size / 3 + 4096), most],
        };
        for length in tries.into_iter().filter(|&length| length > 0) {
            let input = self.window.at(self.store, pack, start, length)?;
            if self.inflater.inflate(input, into) {
                return Ok(());
            }
        }
        // streams of other makes may be longer
        let input = BufReader::new(self.store.packs[pack].stream(start));
        *into = Exactly::new(stream(input), head.size)
            .whole()
            .map_err(|error| self.store.packs[pack].corrupt(offset, &error.to_string()))?;
        Ok(())
    }

    /// Where the base of a delta is: in its own pack, or in another.
    fn base(&self, pack: usize, id: &Oid) -> Result<Option<(usize, u64)>> {
        self.store.find(id, pack)
    }

    /// The object of the entry at an offset.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub fn entry(&mut self, pack: usize, offset: u64) -> Result<Arc<Object>> {
        let mut deltas: Vec<((usize, u64), Vec<u8>)> = Vec::new();
        let mut held = 0;
        let mut at = (pack, offset);
        let mut object = loop {
            if let Some(found) = self.cache.get(at) {
                break found;
            }
            if deltas.len() >= DEEPEST {
                return Err(
                    self.store.packs[pack].corrupt(offset, "its chain of deltas is too long or a circle")
                );
            }
            let head = self.head(at.0, at.1)?;
            held += head.size;
            if held > LARGEST {
                return Err(Error::TooLarge { size: held });
            }
            let mut data = Vec::new();
            self.inflate(at.0, at.1, &head, None, &mut data)?;
            match head.stored {
                Stored::Whole(kind) => {
                    let object = Arc::new(Object { kind, data });
                    self.cache.put(at, &object);
                    break object;
                }
                Stored::DeltaAt(base) => {
                    deltas.push((at, data));
                    at = (at.0, base);
                }
                Stored::DeltaOf(base) => {
                    deltas.push((at, data));
                    match self.base(at.0, &base)? {
                        Some(place) => at = place,
                        None => break self.loose(&base)?,
                    }
                }
            }
        };
        let mut work = 0;
        while let Some((at, delta)) = deltas.pop() {
            let delta = Delta::parse(&delta)?;
            work += delta.size;
            if delta.size > LARGEST || work > WORK {
                return Err(Error::TooLarge { size: delta.size });
            }
            let mut data = Vec::new();
            delta
                .apply(&object.data, &mut data)
                .map_err(|error| self.store.packs[at.0].corrupt(at.1, &error.to_string()))?;
            object = Arc::new(Object { kind: object.kind, data });
            self.cache.put(at, &object);
        }
        Ok(object)
    }

    fn loose(&mut self, id: &Oid) -> Result<Arc<Object>> {
        let (kind, size, data) = self.open_loose(id)?;
        if size > LARGEST {
            return Err(Error::TooLarge { size });
        }
        let data = data.whole().map_err(|error| Error::corrupt(format!("loose object {id}: {error}")))?;
        Ok(Arc::new(Object { kind, data }))
    }

    fn open_loose(&mut self, id: &Oid) -> Result<(Kind, u64, Exactly<impl Read + use<>>)> {
        for folder in &self.store.folders {
            let path = Store::loose_path(folder, id);
            let file = match file::open(&path) {
                Ok((file, _)) => file,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Error::io(&path, &error)),
            };
            let mut data = stream(BufReader::with_capacity(1 << 16, file));
            let corrupt = |what: &str| Error::corrupt(format!("loose object {id}: {what}"));
            let mut header = Vec::new();
            loop {
                let mut byte = [0];
                match data.read(&mut byte) {
                    Ok(1) if byte[0] == 0 => break,
                    Ok(1) if header.len() < 32 => header.push(byte[0]),
                    _ => return Err(corrupt("its header is malformed")),
                }
            }
            let header = std::str::from_utf8(&header).map_err(|_| corrupt("its header is malformed"))?;
            let (kind, size) = header.split_once(' ').ok_or_else(|| corrupt("its header is malformed"))?;
            let kind = match kind {
                "commit" => Kind::Commit,
                "tree" => Kind::Tree,
                "blob" => Kind::Blob,
                "tag" => Kind::Tag,
                _ => return Err(corrupt("it is of an unknown kind")),
            };
            let size = size.parse().map_err(|_| corrupt("its size is malformed"))?;
            return Ok((kind, size, Exactly::new(data, size)));
        }
        Err(Error::Missing(*id))
    }
}

/// An object as a stream.
struct Held {
    object: Arc<Object>,
    at: usize,
}

impl Read for Held {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = (&self.object.data[self.at..]).read(into)?;
        self.at += read;
        Ok(read)
    }
}

/// The last objects, up to a number of bytes: first in, first out.
#[derive(Debug)]
struct Cache {
    objects: HashMap<(usize, u64), Arc<Object>, Seeded>,
    order: VecDeque<(usize, u64)>,
    bytes: usize,
    most: usize,
}

impl Cache {
    fn new(most: usize) -> Self {
        Self { objects: HashMap::default(), order: VecDeque::new(), bytes: 0, most }
    }

    fn get(&self, at: (usize, u64)) -> Option<Arc<Object>> {
        self.objects.get(&at).cloned()
    }

    fn put(&mut self, at: (usize, u64), object: &Arc<Object>) {
        /// What a small object takes beside its bytes.
        const OVERHEAD: usize = 128;
        let size = object.data.len() + OVERHEAD;
        if size > self.most / 4 || self.objects.insert(at, object.clone()).is_some() {
            return;
        }
        self.bytes += size;
        self.order.push_back(at);
        while self.bytes > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            if let Some(gone) = self.objects.remove(&oldest) {
                self.bytes -= gone.data.len() + OVERHEAD;
            }
        }
    }
}

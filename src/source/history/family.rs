//! Looks at the blobs of a pack, each made of its base: whole ones wholly, others where they are new.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::git::delta::Delta;
use crate::git::store::LARGEST;
use crate::git::{Error, Kind, Oid, Reader, Result};
use crate::source::lfs;
use crate::span::Span;
use crate::stable_id::Identity;

use super::examiner::{Examiner, end_of, is_binary};
use super::found::Found;
use super::layout::{Layout, NONE};
use super::memory::Loud;
use super::names::{NO_PATH, PathId};
use super::places::BlobPlace;
use super::plan::Plan;
use super::trouble::Trouble;
use super::windows::{Change, Piece};

/// Texts above this many bytes are held by one thread at a time.
const BIG: usize = 32 << 20;
/// Bytes of a pack in the families that are handed to a thread at a time.
const SHARE: u64 = 1 << 20;
/// What all texts of a pack may come to: so many bytes, and so many times its own. Real packs stay below a few hundred
/// times; what goes beyond was made to.
const MADE: u64 = 8 << 30;
const MADE_RATIO: u64 = 1000;
/// Far reaches that are kept of a text.
const FAR: usize = 64;
/// Buffers up to this size are kept for the next text.
const SPARE: usize = 1 << 20;

/// A pack ready to be looked at.
pub(super) struct Families<'p> {
    plan: &'p Plan<'p>,
    pack: usize,
    layout: Layout,
    /// For each slot, how many blobs to look at it leads to, itself included.
    weight: Vec<u32>,
    /// Whole blobs, in the order of the pack; shares begin at these.
    roots: Vec<u32>,
    shares: Vec<usize>,
    next: AtomicUsize,
    made: AtomicU64,
    most: u64,
    big: Mutex<()>,
}

/// A blob in memory, with what it holds.
struct Held {
    slot: u32,
    id: Oid,
    text: Vec<u8>,
    /// Whether it was looked at: only then its places and reaches are known.
    examined: bool,
    /// Whether it holds nothing at all, not even what is allowed.
    quiet: bool,
    path: PathId,
    binary: bool,
    places: Vec<(Span, Identity)>,
    far: Vec<Span>,
    /// The next of its children to visit.
    next: usize,
}

/// What a thread needs beside.
pub(super) struct Scratch {
    change: Change,
    windows: Vec<Span>,
    delta: Vec<u8>,
    spare: Vec<Vec<u8>>,
    path: (PathId, String),
    other: (PathId, String),
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self {
            change: Change::default(),
            windows: Vec::new(),
            delta: Vec::new(),
            spare: Vec::new(),
            path: (NO_PATH, String::new()),
            other: (NO_PATH, String::new()),
        }
    }

    fn buffer(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    fn give_back(&mut self, buffer: Vec<u8>) {
        if buffer.capacity() <= SPARE && self.spare.len() < 64 {
            self.spare.push(buffer);
        }
    }
}

impl<'p> Families<'p> {
    /// Readies a pack. `seen` tells whether an object was in a pack before.
    pub(super) fn new(
        plan: &'p Plan<'p>,
        pack: usize,
        mut layout: Layout,
        order: &[u32],
        seen: impl Fn(&Oid) -> bool,
        trouble: &mut Trouble,
    ) -> Result<Self> {
        let file = &plan.repository.store().packs()[pack];
        let index = file.index()?;
        let mut weight = vec![0_u32; layout.slots.len()];
        for (at, slot) in layout.slots.iter().enumerate() {
            if slot.kind == Some(Kind::Blob) {
                let id = index.id(slot.name as usize);
                let wanted = plan.wants(&id) && !seen(&id);
                weight[at] = u32::from(wanted && !plan.pass_over(&id, plan.place(&id).path, trouble));
            }
        }
        for &slot in order.iter().rev() {
            let base = layout.slots[slot as usize].base;
            if base != NONE {
                weight[base as usize] += weight[slot as usize];
            }
        }
        layout.sort_by_weight(&weight);
        let roots: Vec<u32> = (0..layout.slots.len() as u32)
            .filter(|&at| layout.slots[at as usize].base == NONE && weight[at as usize] > 0)
            .collect();
        let mut shares = Vec::new();
        let mut from = None;
        for (at, &root) in roots.iter().enumerate() {
            let offset = layout.slots[root as usize].offset;
            if from.is_none_or(|from| offset - from > SHARE) {
                shares.push(at);
                from = Some(offset);
            }
        }
        shares.push(roots.len());
        let size = file.end()?;
        Ok(Self {
            plan,
            pack,
            layout,
            weight,
            roots,
            shares,
            next: AtomicUsize::new(0),
            made: AtomicU64::new(0),
            most: MADE + size.saturating_mul(MADE_RATIO),
            big: Mutex::new(()),
        })
    }

    /// Takes shares of the pack until none is left.
    pub(super) fn work<E: Examiner>(
        &self,
        reader: &mut Reader<'_>,
        examiner: &mut E,
        scratch: &mut Scratch,
        found: &mut Found,
        trouble: &mut Trouble,
    ) {
        let mut thread = Thread { families: self, reader, examiner, scratch, found, trouble };
        loop {
            let share = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(&[from, to]) = self.shares.get(share..share + 2) else { return };
            for &root in &self.roots[from..to] {
                thread.family(root);
            }
        }
    }
}

struct Thread<'t, 'p, 'r, E> {
    families: &'t Families<'p>,
    reader: &'t mut Reader<'r>,
    examiner: &'t mut E,
    scratch: &'t mut Scratch,
    found: &'t mut Found,
    trouble: &'t mut Trouble,
}

impl<'t, E: Examiner> Thread<'t, '_, '_, E> {
    /// Visits a whole blob and all that is made of it, bases first.
    fn family(&mut self, root: u32) {
        let families = self.families;
        let mut big: Option<MutexGuard<'t, ()>> = None;
        let mut stack: Vec<Held> = Vec::new();
        match self.root(root, &mut big) {
            Ok(held) => stack.push(held),
            Err(error) => return self.failed(root, &error),
        }
        while let Some(top) = stack.last_mut() {
            let children = families.layout.children(top.slot);
            let Some(&child) = children.get(top.next) else {
                if let Some(done) = stack.pop() {
                    self.scratch.give_back(done.text);
                }
                continue;
            };
            top.next += 1;
            if families.weight[child as usize] == 0 {
                continue;
            }
            let last = top.next == children.len();
            match self.child(child, top, &mut big) {
                Ok(held) => {
                    if last && let Some(done) = stack.pop() {
                        self.scratch.give_back(done.text);
                    }
                    if families.layout.children(child).is_empty() {
                        self.scratch.give_back(held.text);
                    } else {
                        stack.push(held);
                    }
                }
                Err(error) => self.failed(child, &error),
            }
        }
    }

    /// Counts all blobs that an entry leads to as not looked at.
    fn failed(&mut self, slot: u32, error: &Error) {
        let families = self.families;
        let name = families.layout.slots[slot as usize].name as usize;
        let index = families.plan.repository.store().packs()[families.pack].index();
        let id = index.map_or_else(|_| String::new(), |index| index.id(name).to_string());
        let others = families.weight[slot as usize].saturating_sub(1);
        let others = match others {
            0 => String::new(),
            1 => ", and one that is made of it".to_owned(),
            _ => format!(", and {others} that are made of it"),
        };
        self.trouble.object(&format!("blob {id}{others}"), error);
    }

    fn id(&self, slot: u32) -> Result<Oid> {
        let families = self.families;
        let index = families.plan.repository.store().packs()[families.pack].index()?;
        Ok(index.id(families.layout.slots[slot as usize].name as usize))
    }

    /// Whether a blob itself is to be looked at; its children alone may be.
    fn wanted(&self, slot: u32) -> bool {
        let children = self.families.layout.children(slot).iter();
        let below: u32 = children.map(|&child| self.families.weight[child as usize]).sum();
        self.families.weight[slot as usize] > below
    }

    fn root(&mut self, slot: u32, big: &mut Option<MutexGuard<'t, ()>>) -> Result<Held> {
        let families = self.families;
        let offset = families.layout.slots[slot as usize].offset;
        let head = self.reader.head(families.pack, offset)?;
        let mut text = self.scratch.buffer();
        if let Some((_, base)) = families.layout.foreign.iter().find(|(foreign, _)| *foreign == slot) {
            // made of what another pack holds
            let base = self.reader.read_as(base, Kind::Blob)?;
            let mut delta = std::mem::take(&mut self.scratch.delta);
            self.reader.inflate(families.pack, offset, &head, None, &mut delta)?;
            let made = Delta::parse(&delta).and_then(|delta| {
                self.make_room(delta.size, big)?;
                delta.apply(&base.data, &mut text)
            });
            self.scratch.delta = delta;
            made?;
        } else if head.size > LARGEST {
            let id = self.id(slot)?;
            let place = families.plan.place(&id);
            self.set_path(place.path, &id);
            let (_, _, mut stream) = self.reader.stream_entry(families.pack, offset)?;
            let path_text = self.scratch.path.1.clone();
            let findings = self.examiner.stream(&mut *stream, &path_text, head.size)?;
            families.plan.count(head.size, self.trouble);
            self.found.add_all(&findings, place, id, families.plan.in_head(&id));
            // what it has to tell beside findings is not told twice
            self.trouble.outside = true;
            let children = families.layout.children(slot);
            for &child in children.iter().filter(|&&child| families.weight[child as usize] > 0) {
                self.failed(child, &Error::TooLarge { size: head.size });
            }
            return Ok(Held { next: children.len(), ..Held::new(slot, id, text) });
        } else {
            self.make_room(head.size, big)?;
            self.reader.inflate(families.pack, offset, &head, Some(families.layout.end(slot)), &mut text)?;
        }
        self.examine(slot, text, None)
    }

    fn child(&mut self, slot: u32, base: &Held, big: &mut Option<MutexGuard<'t, ()>>) -> Result<Held> {
        let families = self.families;
        let offset = families.layout.slots[slot as usize].offset;
        let head = self.reader.head(families.pack, offset)?;
        let mut delta = std::mem::take(&mut self.scratch.delta);
        let inflated =
            self.reader.inflate(families.pack, offset, &head, Some(families.layout.end(slot)), &mut delta);
        let mut text = self.scratch.buffer();
        let made = inflated.and_then(|()| {
            let delta = Delta::parse(&delta)?;
            self.make_room(delta.size, big)?;
            delta.apply(&base.text, &mut text)?;
            self.scratch.change.read(&delta, base.text.len())
        });
        self.scratch.delta = delta;
        made.map_err(|error| {
            families.plan.repository.store().packs()[families.pack].corrupt(offset, &error.to_string())
        })?;
        self.examine(slot, text, Some(base))
    }

    /// Sees to it that a text of so many bytes may be made.
    fn make_room(&self, size: u64, big: &mut Option<MutexGuard<'t, ()>>) -> Result<()> {
        let families = self.families;
        if size > LARGEST {
            return Err(Error::TooLarge { size });
        }
        let made = families.made.fetch_add(size, Ordering::Relaxed) + size;
        if made > families.most {
            return Err(Error::Corrupt("the pack expands to far more than packs do".to_owned()));
        }
        if size > BIG as u64 && big.is_none() {
            *big = Some(families.big.lock().unwrap_or_else(PoisonError::into_inner));
        }
        Ok(())
    }

    fn set_path(&mut self, path: PathId, id: &Oid) {
        if self.scratch.path.0 != path || path == NO_PATH {
            self.scratch.path = (path, self.families.plan.path_text(path, id));
        }
    }

    /// Looks at a text: where it changed, if `base` tells of the rest, and else wholly.
    fn examine(&mut self, slot: u32, text: Vec<u8>, base: Option<&Held>) -> Result<Held> {
        let families = self.families;
        let id = self.id(slot)?;
        let mut held = Held::new(slot, id, text);
        if !self.wanted(slot) {
            return Ok(held);
        }
        let place = families.plan.place(&id);
        if !families.plan.count(held.text.len() as u64, self.trouble) {
            return Ok(held);
        }
        if lfs::is_pointer(&held.text) {
            self.trouble.open_pointers.push(id);
            return Ok(held);
        }
        held.examined = true;
        held.path = place.path;
        self.set_path(place.path, &id);
        let inherits =
            base.filter(|_| !families.plan.whole_blobs).is_some_and(|base| self.inherit(&mut held, base));
        if inherits {
            held.quiet = base.is_some_and(|base| base.quiet);
            for &(_, identity) in &held.places {
                self.found.add(identity, place.path, place.order, id, families.plan.in_head(&id), None);
            }
        } else {
            self.whole(&mut held, id, place);
        }
        if held.quiet {
            families.plan.note_clean(id, place.path, held.text.len(), self.trouble);
        }
        Ok(held)
    }

    fn whole(&mut self, held: &mut Held, id: Oid, place: BlobPlace) {
        held.places.clear();
        held.far.clear();
        let marks = self.examiner.marks();
        let findings = self.examiner.whole(&held.text, &self.scratch.path.1, &mut held.far);
        held.bound_far();
        for finding in &findings {
            let start = finding.offset.unwrap_or(0) as usize;
            held.places.push((Span::new(start, end_of(&held.text, finding)), finding.identity));
        }
        self.found.add_all(&findings, place, id, self.families.plan.in_head(&id));
        held.quiet = findings.is_empty() && self.examiner.marks() == marks;
        if !held.quiet {
            self.trouble.loud.push(Loud::blob(id, place, &findings));
        }
    }

    /// Looks at what is new in a text only. `false` when that is not enough: something may be there, or what the base
    /// holds cannot be told of this text.
    fn inherit(&mut self, held: &mut Held, base: &Held) -> bool {
        let Scratch { change, windows, path, other, .. } = &mut *self.scratch;
        if !base.examined || base.binary != held.binary {
            return false;
        }
        if base.path != held.path {
            if other.0 != base.path || base.path == NO_PATH {
                *other = (base.path, self.families.plan.path_text(base.path, &base.id));
            }
            if !self.examiner.judges_alike(&path.1, &other.1) {
                return false;
            }
        }
        let (before, after) = (base.text.len(), held.text.len());
        if !base.far.iter().all(|&far| change.keeps(far, before, after)) {
            return false;
        }
        let (ahead, behind) = self.examiner.reach();
        change.windows(&held.text, ahead, behind, windows);
        for &window in windows.iter() {
            if self.examiner.may_hold(&held.text, &path.1, held.binary, window, &mut held.far) {
                return false;
            }
        }
        for piece in &change.pieces {
            let end = piece.from + piece.length;
            let from = base.places.partition_point(|(span, _)| span.start < piece.from);
            for (span, identity) in base.places[from..].iter().take_while(|(span, _)| span.start < end) {
                if span.end > end {
                    continue;
                }
                let span = moved(*span, piece);
                let window = windows.partition_point(|window| window.end <= span.start);
                match windows.get(window).filter(|window| window.overlaps(span)) {
                    None => held.places.push((span, *identity)),
                    // the window would have told if it were still one
                    Some(window) if window.contains(span) => {}
                    Some(_) => return false,
                }
            }
            let inside = base.far.iter().filter(|far| piece.from <= far.start && far.end <= end);
            held.far.extend(inside.map(|&far| moved(far, piece)));
        }
        held.places.sort_unstable();
        held.far.sort_unstable();
        held.far.dedup();
        held.bound_far();
        true
    }
}

impl Held {
    fn new(slot: u32, id: Oid, text: Vec<u8>) -> Self {
        let binary = is_binary(&text);
        Self {
            slot,
            id,
            text,
            examined: false,
            quiet: false,
            path: NO_PATH,
            binary,
            places: Vec::new(),
            far: Vec::new(),
            next: 0,
        }
    }

    /// Keeps the list of far reaches short: a text with many is looked at whole each time.
    fn bound_far(&mut self) {
        if self.far.len() > FAR {
            self.far = vec![Span::new(0, self.text.len())];
        }
    }
}

fn moved(span: Span, piece: &Piece) -> Span {
    Span::new(span.start - piece.from + piece.at, span.end - piece.from + piece.at)
}

//! The entries of a pack in the order of the file, and which is made of which.

use crate::git::pack::Stored;
use crate::git::{Kind, Oid, Reader, Result};

/// No entry.
pub(super) const NONE: u32 = u32::MAX;

/// An entry of a pack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// Where it begins.
    pub offset: u64,
    /// Its place in the index.
    pub name: u32,
    /// The slot of its base; [`NONE`] when it has none in this pack.
    pub base: u32,
    /// What it is; `None` while its base is not known.
    pub kind: Option<Kind>,
}

/// The entries of a pack.
#[derive(Debug)]
pub(super) struct Layout {
    pub slots: Vec<Slot>,
    /// Entries that are made of others, grouped by those: `children[first[slot]..first[slot + 1]]`.
    children: Vec<u32>,
    first: Vec<u32>,
    /// Where entries end.
    end: u64,
    /// Entries whose base is in another pack or loose, with its name.
    pub foreign: Vec<(u32, Oid)>,
    /// What is wrong, one line each.
    pub troubles: Vec<String>,
}

impl Layout {
    /// Reads the heads of all entries of a pack.
    ///
    /// # Errors
    /// The pack or its index cannot be read at all.
    pub(super) fn read(reader: &mut Reader<'_>, pack: usize) -> Result<Self> {
        let file = &reader.store().packs()[pack];
        let index = file.index()?;
        let end = file.end()?;
        let mut troubles = Vec::new();
        let mut slots = Vec::with_capacity(index.len());
        for name in 0..index.len() {
            match index.offset(name) {
                Some(offset) if offset < end => {
                    slots.push(Slot { offset, name: name as u32, base: NONE, kind: None });
                }
                _ => troubles.push(format!(
                    "object {}: {}",
                    index.id(name),
                    file.corrupt(0, "its place is damaged")
                )),
            }
        }
        slots.sort_unstable_by_key(|slot| (slot.offset, slot.name));
        let mut by_name: Vec<u32> = Vec::new();
        let mut foreign = Vec::new();
        for at in 0..slots.len() {
            let offset = slots[at].offset;
            let head = match reader.head(pack, offset) {
                Ok(head) => head,
                Err(error) => {
                    troubles.push(format!("object {}: {error}", index.id(slots[at].name as usize)));
                    continue;
                }
            };
            match head.stored {
                Stored::Whole(kind) => slots[at].kind = Some(kind),
                Stored::DeltaAt(base) => match slots[..at].binary_search_by_key(&base, |slot| slot.offset) {
                    Ok(base) => slots[at].base = base as u32,
                    Err(_) => troubles.push(format!(
                        "object {}: {}",
                        index.id(slots[at].name as usize),
                        file.corrupt(offset, "its delta has no base there")
                    )),
                },
                Stored::DeltaOf(id) => match index.find(&id) {
                    Some(name) => {
                        if by_name.is_empty() {
                            by_name = vec![NONE; index.len()];
                            slots
                                .iter()
                                .enumerate()
                                .for_each(|(at, slot)| by_name[slot.name as usize] = at as u32);
                        }
                        slots[at].base = by_name[name];
                    }
                    None => foreign.push((at as u32, id)),
                },
            }
        }
        let mut layout = Self { slots, children: Vec::new(), first: Vec::new(), end, foreign, troubles };
        layout.group();
        Ok(layout)
    }

    fn group(&mut self) {
        let count = self.slots.len();
        let mut first = vec![0_u32; count + 2];
        for slot in self.slots.iter().filter(|slot| slot.base != NONE) {
            first[slot.base as usize + 2] += 1;
        }
        for at in 2..first.len() {
            first[at] += first[at - 1];
        }
        let mut children = vec![0; first[count + 1] as usize];
        for (at, slot) in self.slots.iter().enumerate().filter(|(_, slot)| slot.base != NONE) {
            let place = &mut first[slot.base as usize + 1];
            children[*place as usize] = at as u32;
            *place += 1;
        }
        first.pop();
        (self.children, self.first) = (children, first);
    }

    /// The entries that are made of an entry, directly.
    pub(super) fn children(&self, slot: u32) -> &[u32] {
        let at = slot as usize;
        &self.children[self.first[at] as usize..self.first[at + 1] as usize]
    }

    /// Where an entry ends: where the next begins.
    pub(super) fn end(&self, slot: u32) -> u64 {
        let offset = self.slots[slot as usize].offset;
        self.slots[slot as usize + 1..]
            .iter()
            .map(|next| next.offset)
            .find(|&next| next > offset)
            .unwrap_or(self.end)
    }

    /// Gives each entry the kind of the one that it is made of in the end; the order in which that came about, bases
    /// before what is made of them. Entries that stay without are in a circle, or their base is damaged.
    pub(super) fn spread(&mut self) -> Vec<u32> {
        let mut order: Vec<u32> =
            (0..self.slots.len() as u32).filter(|&at| self.slots[at as usize].kind.is_some()).collect();
        let mut at = 0;
        while let Some(&slot) = order.get(at) {
            at += 1;
            let kind = self.slots[slot as usize].kind;
            for child in self.first[slot as usize]..self.first[slot as usize + 1] {
                let child = self.children[child as usize];
                self.slots[child as usize].kind = kind;
                order.push(child);
            }
        }
        order
    }

    /// Sorts what is made of each entry by `weight`, the heaviest last: what comes last can take the place of its base
    /// in memory, so that few texts are held at a time.
    pub(super) fn sort_by_weight(&mut self, weight: &[u32]) {
        for at in 0..self.slots.len() {
            let range = self.first[at] as usize..self.first[at + 1] as usize;
            if range.len() > 1 {
                self.children[range].sort_unstable_by_key(|&child| (weight[child as usize], child));
            }
        }
    }
}

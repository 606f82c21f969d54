//! Looks at blobs: whole packs by families, single ones one by one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering as Atomic};

use crate::finding::Finding;
use crate::git::hash::Seeded;
use crate::git::store::LARGEST;
use crate::git::{Error, Kind, Oid, Reader};
use crate::source::file;
use crate::source::lfs;
use crate::source::read::Buffer;
use crate::stable_id::Identity;

use super::family::{Families, Scratch};
use super::found::Found;
use super::layout::Layout;
use super::memory::Loud;
use super::names::PathId;
use super::places::BlobPlace;
use super::plan::Plan;
use super::tips::Tips;
use super::trouble::Trouble;
use super::{Examiner, Extent, Run, on_threads};

impl<E: Examiner, N: Fn() -> E + Sync> Run<'_, N> {
    pub(super) fn layouts(&self, trouble: &mut Trouble) -> Vec<(usize, Layout, Vec<u32>)> {
        let store = self.request.repository.store();
        let next = AtomicUsize::new(0);
        let read = || {
            let mut reader = store.reader();
            let mut layouts = Vec::new();
            loop {
                let pack = next.fetch_add(1, Atomic::Relaxed);
                if pack >= store.packs().len() {
                    return layouts;
                }
                let layout = Layout::read(&mut reader, pack);
                layouts.push((pack, layout));
            }
        };
        let mut read = on_threads(self.threads.min(store.packs().len()), read);
        read.sort_unstable_by_key(|(pack, _)| *pack);
        let mut reader = store.reader();
        let mut layouts = Vec::new();
        for (pack, layout) in read {
            let name =
                || store.packs()[pack].path().file_name().unwrap_or_default().to_string_lossy().into_owned();
            match layout {
                Ok(mut layout) => {
                    for line in std::mem::take(&mut layout.troubles) {
                        trouble.line(&name(), line);
                    }
                    for at in 0..layout.foreign.len() {
                        let (slot, base) = layout.foreign[at];
                        match reader.describe(&base) {
                            Ok((kind, _)) => layout.slots[slot as usize].kind = Some(kind),
                            Err(error) => trouble.object(&name(), &error),
                        }
                    }
                    let order = layout.spread();
                    let lost = layout.slots.len() - order.len();
                    if lost > 0 {
                        trouble.line(&name(), format!("{lost} objects are damaged, or made of damaged ones"));
                    }
                    layouts.push((pack, layout, order));
                }
                Err(error) => trouble.line(&name(), error.to_string()),
            }
        }
        layouts
    }

    /// Looks at all blobs that the plan wants.
    pub(super) fn blobs(
        &self,
        plan: &Plan<'_>,
        layouts: Vec<(usize, Layout, Vec<u32>)>,
        tips: &Tips,
        examiners: &mut Vec<E>,
        found: &mut Found,
        trouble: &mut Trouble,
    ) {
        /// Blobs up to this number are read one by one rather than by going through the packs.
        const FEW: usize = 2000;
        let store = self.request.repository.store();
        let all = matches!(self.request.extent, Extent::All);
        let mut ids: Vec<Oid>;
        let mut layouts = layouts;
        if all {
            ids = self.loose(trouble);
        } else if plan.places.blobs.len() <= FEW {
            ids = plan.places.blobs.keys().copied().collect();
        } else {
            layouts = self.layouts(trouble);
            ids = plan.places.blobs.keys().filter(|id| !store.packs_hold(id)).copied().collect();
        }
        if matches!(self.request.extent, Extent::Reachable) {
            ids.extend(&tips.blobs);
        }
        ids.retain(|id| plan.wants(id) || tips.blobs.contains(id));
        ids.sort_unstable();
        ids.dedup();
        let mut single: Vec<(Oid, BlobPlace)> = ids.into_iter().map(|id| (id, plan.place(&id))).collect();
        single.extend(plan.places.more.iter().filter(|(_, place)| !plan.leaves_out(place.path)));
        let mut families = Vec::new();
        for (pack, layout, order) in layouts {
            let seen = |id: &Oid| {
                store.packs()[..pack]
                    .iter()
                    .any(|pack| pack.index().is_ok_and(|index| index.find(id).is_some()))
            };
            match Families::new(plan, pack, layout, &order, seen, trouble) {
                Ok(ready) => families.push(ready),
                Err(error) => trouble.line(&store.packs()[pack].path().to_string_lossy(), error.to_string()),
            }
        }
        let next = AtomicUsize::new(0);
        let work = || {
            let mut reader = store.reader();
            let mut examiner = (self.new_examiner)();
            let mut scratch = Scratch::new();
            let mut found = Found::default();
            let mut trouble = Trouble::default();
            for families in &families {
                families.work(&mut reader, &mut examiner, &mut scratch, &mut found, &mut trouble);
            }
            loop {
                let at = next.fetch_add(1, Atomic::Relaxed);
                let Some((id, place)) = single.get(at) else { break };
                if let Err(error) =
                    self.single(plan, id, *place, &mut reader, &mut examiner, &mut found, &mut trouble)
                {
                    trouble.object(&format!("blob {id}"), &error);
                }
            }
            vec![(found, trouble, examiner)]
        };
        // a thread costs as much as a few dozen small blobs
        let threads =
            if families.is_empty() { self.threads.min(single.len() / 32 + 1) } else { self.threads };
        for (more, other, examiner) in on_threads(threads, work) {
            found.merge(more);
            trouble.merge(other);
            examiners.push(examiner);
        }
        self.pointers(plan, examiners, found, trouble);
        if all {
            // what trees name and packs do not hold
            let mut missing: Vec<&Oid> =
                plan.places.blobs.keys().filter(|id| plan.wants(id) && !store.contains(id)).collect();
            missing.sort_unstable();
            for id in missing {
                trouble.object(&format!("blob {id}"), &Error::Missing(*id));
            }
        }
    }

    /// Looks at what the Git LFS pointers stand for that were met among the blobs of packs.
    fn pointers(&self, plan: &Plan<'_>, examiners: &mut [E], found: &mut Found, trouble: &mut Trouble) {
        let mut ids = std::mem::take(&mut trouble.open_pointers);
        ids.sort_unstable();
        let mut reader = self.request.repository.reader();
        for id in ids {
            let place = plan.place(&id);
            let path = plan.path_text(place.path, &id);
            match self.findings_of(&id, &path, &mut reader, &mut examiners[0], trouble) {
                Ok(findings) => found.add_all(&findings, place, id, plan.in_head(&id)),
                Err(error) => trouble.object(&format!("blob {id}"), &error),
            }
        }
    }

    /// Looks at one blob, wholly.
    #[expect(clippy::too_many_arguments, reason = "what one thread has, and one blob of it")]
    fn single(
        &self,
        plan: &Plan<'_>,
        id: &Oid,
        place: BlobPlace,
        reader: &mut Reader<'_>,
        examiner: &mut E,
        found: &mut Found,
        trouble: &mut Trouble,
    ) -> crate::git::Result<()> {
        // it must be there, also where what it would hold is known
        let (kind, size) = reader.describe(id)?;
        if kind != Kind::Blob || plan.pass_over(id, place.path, trouble) || !plan.count(size, trouble) {
            return Ok(());
        }
        let path = plan.path_text(place.path, id);
        let (marks, outside) = (examiner.marks(), std::mem::take(&mut trouble.outside));
        let findings = self.findings_of(id, &path, reader, examiner, trouble)?;
        found.add_all(&findings, place, *id, plan.in_head(id));
        if !findings.is_empty() || examiner.marks() != marks {
            trouble.loud.push(Loud::blob(*id, place, &findings));
        } else if !trouble.outside {
            plan.note_clean(*id, place.path, size as usize, trouble);
        }
        trouble.outside |= outside;
        Ok(())
    }

    /// What a blob holds as the file `path`; of a Git LFS pointer, what the content holds that it stands for.
    pub(super) fn findings_of(
        &self,
        id: &Oid,
        path: &str,
        reader: &mut Reader<'_>,
        examiner: &mut E,
        trouble: &mut Trouble,
    ) -> crate::git::Result<Vec<Finding>> {
        let (_, size) = reader.describe(id)?;
        if size > LARGEST {
            let (_, size, mut stream) = reader.stream(id)?;
            return examiner.stream(&mut *stream, path, size);
        }
        let object = reader.read_as(id, Kind::Blob)?;
        if !lfs::is_pointer(&object.data) {
            return Ok(examiner.whole(&object.data, path, &mut Vec::new()));
        }
        trouble.outside = true;
        let taken = lfs::content(&object.data, self.request.repository.common_dir()).map(|file| {
            let mut buffer = Buffer::default();
            file::take(&file, path, false, self.request.max_file_size, &mut buffer, examiner)
        });
        match taken {
            Some(file::Taken::Scanned { trouble: problem, .. }) => {
                if let Some(problem) = problem {
                    trouble.line(path, problem);
                }
                Ok(examiner.take())
            }
            Some(file::Taken::TooLarge) => {
                trouble.too_large += 1;
                Ok(Vec::new())
            }
            _ => {
                trouble.pointers += 1;
                Ok(examiner.whole(&object.data, path, &mut Vec::new()))
            }
        }
    }

    /// Secrets whose first place was told by a base have no finding yet: these blobs are looked at whole.
    pub(super) fn look_again(
        &self,
        plan: &Plan<'_>,
        reader: &mut Reader<'_>,
        examiner: &mut E,
        found: &mut Found,
        trouble: &mut Trouble,
    ) {
        let mut blobs: HashMap<Oid, Vec<(Identity, PathId)>, Seeded> = HashMap::default();
        for (key, first) in found.firsts.iter().filter(|(_, first)| first.finding.is_none()) {
            blobs.entry(first.object).or_default().push(*key);
        }
        let mut blobs: Vec<_> = blobs.into_iter().collect();
        blobs.sort_unstable_by_key(|(id, _)| *id);
        for (id, keys) in blobs {
            let place = plan.place(&id);
            let path = plan.path_text(place.path, &id);
            let findings = match self.findings_of(&id, &path, reader, examiner, trouble) {
                Ok(findings) => findings,
                Err(error) => {
                    trouble.object(&format!("blob {id}"), &error);
                    continue;
                }
            };
            trouble.loud.push(Loud::blob(id, place, &findings));
            for key in keys {
                let finding = findings.iter().find(|finding| finding.identity == key.0).cloned();
                debug_assert!(finding.is_some(), "blob {id} was said to hold what it does not");
                match (finding, found.firsts.get_mut(&key)) {
                    (Some(finding), Some(first)) => first.finding = Some(finding),
                    _ => trouble
                        .line(&format!("blob {id}"), "internal error: scan with --whole-blobs and report it"),
                }
            }
        }
    }
}

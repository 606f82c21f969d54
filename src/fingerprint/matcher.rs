//! Finds stored credentials in texts: at any offset, in any of their forms.

use std::sync::Arc;

use crate::finding::Encoding;
use crate::span::Span;

use super::record::Stored;
#[cfg(test)]
use super::set::Far;
use super::set::Set;
use super::sieve::Scratch;
use super::walk::reach;

/// A stored credential at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Where: in its encoded form, if it is encoded.
    pub span: Span,
    /// Which.
    pub stored: Arc<Stored>,
    /// How it is written there.
    pub decoded: Vec<Encoding>,
    /// Bytes of the credential itself, line breaks not counted.
    pub length: usize,
    /// Stands for the value in finding ids: a keyed hash.
    pub value_id: [u8; 16],
}

/// What the scanner and the gate ask. Shared by all threads.
#[derive(Default)]
pub struct Matcher {
    pub(super) sets: Vec<Set>,
}

impl std::fmt::Debug for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matcher").field("values", &self.len()).finish()
    }
}

impl Matcher {
    /// Adds what another knows.
    pub fn append(&mut self, other: Self) {
        self.sets.extend(other.sets);
    }

    /// How many different values are known.
    pub fn len(&self) -> usize {
        self.sets.iter().map(|set| set.index.len()).sum()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes of text a stored credential may take up at most; 0 when nothing is known.
    pub fn reach(&self) -> usize {
        let known = self.sets.iter().filter(|set| set.index.len() > 0);
        known.map(|set| reach(set.index.longest())).max().unwrap_or(0)
    }

    /// Every stored credential in `text`, sorted by place. Overlapping ones of several entries are all there.
    pub fn scan_text(&self, text: &[u8]) -> Vec<Hit> {
        self.finder().find(text)
    }

    /// One thread's way to search many texts.
    pub fn finder(&self) -> Finder<'_> {
        Finder { matcher: self, scratch: Scratch::default() }
    }

    /// Stands for the set of values, for caches of what was found: another after each change of it, says nothing of
    /// the values.
    pub fn set_hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("portcullis 2026 fingerprint sets v1");
        self.sets.iter().for_each(|set| {
            hasher.update(&set.index.set_hash());
        });
        *hasher.finalize().as_bytes()
    }

    /// What of the stores could not be opened when it was needed: then what was not found may be there all the same.
    /// Asked after searching.
    pub fn trouble(&self) -> Option<&str> {
        self.sets.iter().find_map(|set| set.index.trouble())
    }

    /// Opens all that is otherwise opened when first needed.
    ///
    /// # Errors
    /// When a part of a store is damaged; the text names the file.
    pub fn check(&self) -> Result<(), String> {
        self.sets.iter().try_for_each(|set| set.index.check())
    }

    /// The same as [`Matcher::scan_text`], by the filters however short the text is; `portable` without vector
    /// instructions: for tests.
    #[cfg(test)]
    pub(super) fn scan_far(&self, text: &[u8], portable: bool) -> Vec<Hit> {
        let mut found = Vec::new();
        for set in &self.sets {
            let mut far = Far::new(set);
            far.sieve.portable = portable;
            far.find(set, text, &mut Scratch::default(), &mut found);
        }
        settle(found)
    }
}

/// Searches texts on one thread.
pub struct Finder<'m> {
    matcher: &'m Matcher,
    scratch: Scratch,
}

impl std::fmt::Debug for Finder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Finder").finish_non_exhaustive()
    }
}

impl Finder<'_> {
    /// As [`Matcher::scan_text`].
    pub fn find(&mut self, text: &[u8]) -> Vec<Hit> {
        let mut found = Vec::new();
        for set in &self.matcher.sets {
            set.find(text, &mut self.scratch, &mut found);
        }
        if found.is_empty() { found } else { settle(found) }
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.matcher.is_empty()
    }
}

/// Sorted, each once; of hits of one entry that overlap, the longest.
fn settle(mut found: Vec<Hit>) -> Vec<Hit> {
    found.sort_by(|a, b| {
        (&a.stored.label, a.value_id, a.span.start, b.span.end, &a.decoded).cmp(&(
            &b.stored.label,
            b.value_id,
            b.span.start,
            a.span.end,
            &b.decoded,
        ))
    });
    found.dedup_by(|next, kept| {
        next.value_id == kept.value_id && next.span.start < kept.span.end && next.stored == kept.stored
    });
    found.sort_by(|a, b| (a.span, &a.stored.label, a.value_id).cmp(&(b.span, &b.stored.label, b.value_id)));
    found
}

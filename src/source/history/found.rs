//! What was found in the blobs of a history: each secret once per rule and path, where it was first.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use crate::finding::Finding;
use crate::git::Oid;
use crate::git::hash::Seeded;
use crate::stable_id::Identity;

use super::graph::Order;
use super::names::PathId;
use super::places::BlobPlace;

/// The first place of a secret.
#[derive(Debug)]
pub(super) struct First {
    /// The commit.
    pub order: Order,
    /// The blob, or the commit or tag whose message it is.
    pub object: Oid,
    /// The finding; `None` when the blob was not looked at whole.
    pub finding: Option<Finding>,
}

/// What one thread found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub firsts: HashMap<(Identity, PathId), First, Seeded>,
    /// What stands in blobs of HEAD.
    pub in_head: HashSet<Identity, Seeded>,
}

impl Found {
    /// Notes that an object holds a secret. Of several in one object, the first noted counts.
    pub(super) fn add(
        &mut self,
        identity: Identity,
        path: PathId,
        order: Order,
        object: Oid,
        in_head: bool,
        finding: Option<&Finding>,
    ) {
        if in_head {
            self.in_head.insert(identity);
        }
        self.note((identity, path), order, object, || finding.cloned());
    }

    /// Notes all that a blob holds that was looked at whole.
    pub(super) fn add_all(&mut self, findings: &[Finding], place: BlobPlace, object: Oid, in_head: bool) {
        for finding in findings {
            self.add(finding.identity, place.path, place.order, object, in_head, Some(finding));
        }
    }

    fn note(
        &mut self,
        key: (Identity, PathId),
        order: Order,
        object: Oid,
        finding: impl FnOnce() -> Option<Finding>,
    ) {
        match self.firsts.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(First { order, object, finding: finding() });
            }
            Entry::Occupied(mut entry) => {
                let first = entry.get_mut();
                let earlier = (order, object) < (first.order, first.object);
                if earlier || (first.finding.is_none() && (order, object) == (first.order, first.object)) {
                    *first = First { order, object, finding: finding() };
                }
            }
        }
    }

    /// Takes in what another thread found.
    pub(super) fn merge(&mut self, other: Self) {
        for (key, first) in other.firsts {
            self.note(key, first.order, first.object, || first.finding);
        }
        self.in_head.extend(other.in_head);
    }
}

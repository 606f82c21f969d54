//! What a scan remembers for the next one: which blobs are clean, and what a scan of the very same state came to.
//!
//! A state is what is stored and what refs point at, under the same scanner and request. Where nothing of it changed, only
//! those objects are looked at again that held something: what they hold is never written down. Where something did, all
//! is done anew, but for the blobs that are known to be clean.

use std::collections::HashMap;
use std::fs;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::finding::{CommitPlace, Coverage, Finding, Skipped, Standing};
use crate::git::{Kind, Oid};
use crate::stable_id::Identity;

use super::clean::{Clean, CleanBlobs};
use super::found::Found;
use super::graph::{Graph, NOWHERE, Order};
use super::names::NO_PATH;
use super::places::BlobPlace;
use super::plan::Plan;
use super::tips::Tips;
use super::{Caching, Extent, HistoryRequest};

/// Objects that held something: with more of them, a whole scan is about as quick.
const LOUD: usize = 5_000;

/// An object in which something was found or allowed, looked at whole.
#[derive(Clone, Debug)]
pub(super) struct Loud {
    pub object: Oid,
    pub kind: Kind,
    pub place: BlobPlace,
    pub identities: Vec<Identity>,
}

impl Loud {
    /// A blob that was looked at whole.
    pub(super) fn blob(object: Oid, place: BlobPlace, findings: &[Finding]) -> Self {
        let identities = findings.iter().map(|finding| finding.identity).collect();
        Self { object, kind: Kind::Blob, place, identities }
    }
}

/// What a whole history came to.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Snapshot {
    state: String,
    files: u64,
    bytes: u64,
    skipped: Vec<(String, String)>,
    pub(super) commits: usize,
    /// The commits of `loud`, in their order.
    places: Vec<Place>,
    pub(super) loud: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Place {
    id: String,
    reachable: bool,
    branches: Vec<String>,
}

/// An object to look at again.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) object: String,
    pub(super) kind: Stored,
    /// The path of a blob; `None` when no commit holds it.
    pub(super) path: Option<String>,
    /// Where its commit stands in `places`.
    pub(super) commit: Option<Order>,
    /// For each finding, whether a file of HEAD holds it too.
    pub(super) in_head: Vec<bool>,
}

/// [`Kind`] as it is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stored {
    Blob,
    Commit,
    Tag,
}

/// The memory of one scan.
pub(super) struct Memory<'r> {
    caching: Caching<'r>,
    pub(super) clean: CleanBlobs,
    /// Of a whole history: the name of its snapshot, and its state.
    whole: Option<(String, String)>,
}

impl<'r> Memory<'r> {
    /// What is remembered. Damage is a line of `notes`.
    pub(super) fn open(request: &HistoryRequest<'r>, tips: &Tips, notes: &mut Vec<String>) -> Option<Self> {
        let caching = request.cache?;
        let clean = CleanBlobs::read(caching.cache, &caching.key).unwrap_or_else(|problem| {
            notes.push(ignored(&problem));
            CleanBlobs::default()
        });
        let whole = !matches!(request.extent, Extent::Commits(_));
        let whole = whole.then(|| Some((name(request), state(request, caching, tips)?))).flatten();
        Some(Self { caching, clean, whole })
    }

    /// What a scan of the very same state came to.
    pub(super) fn snapshot(&self, notes: &mut Vec<String>) -> Option<Snapshot> {
        let (name, state) = self.whole.as_ref()?;
        let text = match self.caching.cache.read(name) {
            Ok(text) => text?,
            Err(problem) => {
                notes.push(ignored(&problem));
                return None;
            }
        };
        let snapshot: Snapshot = serde_json::from_slice(&text).ok()?;
        (snapshot.state == *state).then_some(snapshot)
    }

    /// Writes down what was learned. What cannot be written is not worth a word: the next scan takes longer.
    pub(super) fn keep(&self, clean: &[Clean], snapshot: Option<Snapshot>) {
        let Caching { cache, key } = self.caching;
        if !clean.is_empty() {
            let _ = CleanBlobs::add(cache, &key, clean);
        }
        if let (Some(snapshot), Some((name, state))) = (snapshot, &self.whole)
            && let Ok(text) = serde_json::to_vec(&Snapshot { state: state.clone(), ..snapshot })
        {
            let _ = cache.write(name, &text);
        }
    }
}

fn ignored(problem: &str) -> String {
    format!("{problem}: that part of the cache was not used")
}

/// What a snapshot of this history is called.
fn name(request: &HistoryRequest<'_>) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("portcullis 2026 history snapshot name v1");
    let folder = request.repository.common_dir();
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    hasher.update(folder.as_os_str().as_encoded_bytes());
    hasher.update(&[u8::from(matches!(request.extent, Extent::All))]);
    format!("history-{}", &hasher.finalize().to_hex()[..32])
}

/// All that the outcome depends on; `None` where that cannot be told.
fn state(request: &HistoryRequest<'_>, caching: Caching<'_>, tips: &Tips) -> Option<String> {
    let repository = request.repository;
    let mut hasher = blake3::Hasher::new_derive_key("portcullis 2026 history state v1");
    hasher.update(&caching.key);
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(format!("{:?} {:?}", request.max_file_size, request.prefix).as_bytes());
    request.exclude.patterns().iter().for_each(|pattern| part(pattern.as_bytes()));
    part(format!("{tips:?} {:?} {:?}", repository.head().ok(), repository.shallow()).as_bytes());
    for pack in repository.store().packs() {
        let metadata = fs::metadata(pack.path()).ok()?;
        let written = metadata.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        part(pack.path().as_os_str().as_encoded_bytes());
        part(format!("{} {}", metadata.len(), written.as_nanos()).as_bytes());
    }
    repository.store().loose().ok()?.iter().for_each(|id| part(id.bytes()));
    Some(hasher.finalize().to_hex().to_string())
}

impl Snapshot {
    /// What a scan came to; `None` when it is not worth keeping, or not for a snapshot to tell.
    pub(super) fn of(
        mut loud: Vec<Loud>,
        commits: &HashMap<Order, CommitPlace>,
        graph: &Graph,
        plan: &Plan<'_>,
        found: &Found,
        coverage: &Coverage,
    ) -> Option<Self> {
        if loud.len() > LOUD || !coverage.complete() {
            return None;
        }
        loud.sort_unstable_by_key(|loud| (loud.place.order, loud.object, loud.place.path));
        loud.dedup_by_key(|loud| (loud.object, loud.place.path));
        let mut orders: Vec<Order> =
            loud.iter().map(|loud| loud.place.order).filter(|&order| order != NOWHERE).collect();
        orders.dedup();
        let places = orders.iter().map(|order| {
            let standing = commits.get(order).and_then(|place| place.standing.clone()).unwrap_or_default();
            Place {
                id: graph.commits()[*order as usize].id.to_string(),
                reachable: standing.reachable,
                branches: standing.branches,
            }
        });
        let entries = loud.iter().map(|loud| Entry {
            object: loud.object.to_string(),
            kind: match loud.kind {
                Kind::Commit => Stored::Commit,
                Kind::Tag => Stored::Tag,
                _ => Stored::Blob,
            },
            path: (loud.place.path != NO_PATH).then(|| plan.places.names.text(loud.place.path)),
            commit: orders.binary_search(&loud.place.order).ok().map(|at| at as Order),
            in_head: loud.identities.iter().map(|identity| found.in_head.contains(identity)).collect(),
        });
        Some(Self {
            state: String::new(),
            files: coverage.files,
            bytes: coverage.bytes,
            skipped: coverage.skipped.iter().map(|gap| (gap.path.clone(), gap.reason.clone())).collect(),
            commits: graph.commits().len(),
            places: places.collect(),
            loud: entries.collect(),
        })
    }

    /// The commits of the objects to look at, by their place in the list.
    pub(super) fn commits(&self) -> HashMap<Order, CommitPlace> {
        let places = self.places.iter().enumerate().map(|(at, place)| {
            let standing =
                Standing { in_head: false, reachable: place.reachable, branches: place.branches.clone() };
            let place =
                CommitPlace { id: place.id.clone(), standing: Some(standing), ..CommitPlace::default() };
            (at as Order, place)
        });
        places.collect()
    }

    /// What was looked at.
    pub(super) fn coverage(&self) -> Coverage {
        let skipped = self.skipped.iter().cloned();
        let skipped = skipped.map(|(path, reason)| Skipped { path, reason, expected: true });
        Coverage { files: self.files, bytes: self.bytes, skipped: skipped.collect() }
    }
}

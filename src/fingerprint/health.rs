//! What should be done about the credentials of a machine: old ones, expired ones, doubles, and ones in the clear.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;

use crate::rules::stores::STORES;
use crate::span::LineCounter;

use super::matcher::Matcher;
use super::record::Record;
use super::sources::Machine;

/// Days after which a credential should have been replaced.
pub const OLD: u32 = 90;
/// Bytes of a history that are looked at, its end.
const HISTORY: u64 = 64 << 20;

/// Days since an entry was first seen.
pub fn age(record: &Record, today: u32) -> u32 {
    today.saturating_sub(record.first_seen)
}

/// Whether an entry in use is older than [`OLD`] days.
pub fn is_old(record: &Record, today: u32) -> bool {
    record.rotated.is_none() && age(record, today) > OLD
}

/// Whether an entry in use has expired; `now` in seconds since 1970.
pub fn is_expired(record: &Record, now: i64) -> bool {
    record.rotated.is_none() && record.expires.is_some_and(|expires| expires < now)
}

/// Labels of entries that have one value, in groups, sorted.
pub fn doubles(records: &[Record]) -> Vec<Vec<&str>> {
    let mut by_value: BTreeMap<u32, Vec<&Record>> = BTreeMap::new();
    for record in records.iter().filter(|record| record.rotated.is_none()) {
        by_value.entry(record.value).or_default().push(record);
    }
    let mut groups: Vec<Vec<&str>> = by_value
        .into_values()
        .map(|group| {
            let mut labels: Vec<&str> = group.iter().map(|record| record.label.as_str()).collect();
            labels.sort_unstable();
            labels.dedup();
            labels
        })
        .filter(|labels| labels.len() > 1)
        .collect();
    groups.sort();
    groups
}

/// A stored credential in a file that is not made to hold one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InTheClear {
    /// The file, with `~` for the home folder.
    pub place: String,
    /// The line, from 1.
    pub line: u64,
    /// Which credential.
    pub label: String,
}

/// Stored credentials in shell histories and start-up files, sorted; and files that could not be read.
pub fn in_the_clear(machine: &Machine, matcher: &Matcher) -> (Vec<InTheClear>, Vec<String>) {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    let mut finder = matcher.finder();
    for store in STORES.iter().filter(|store| matches!(store.id, "shell-history" | "shell-startup")) {
        for path in machine.files(store) {
            let place = machine.shown(&path);
            let mut text = zeroize::Zeroizing::new(Vec::new());
            let read = fs::File::open(&path).and_then(|file| file.take(HISTORY).read_to_end(&mut text));
            if let Err(error) = read {
                unread.push(format!("{place}: {error}"));
                continue;
            }
            let mut lines = LineCounter::new(&text);
            for hit in finder.find(&text) {
                let line = lines.position(hit.span.start).line;
                found.push(InTheClear { place: place.clone(), line, label: hit.stored.label.clone() });
            }
        }
    }
    found.sort();
    found.dedup();
    (found, unread)
}

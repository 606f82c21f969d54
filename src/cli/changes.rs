//! Sinks of changes: what was there before does not count.

use std::collections::HashSet;

use crate::blob::Blob;
use crate::finding::{Confidence, Finding, Skipped};
use crate::scan::Tally;
use crate::source::Sink;
use crate::source::diff::HunkSink;
use crate::source::version::ChangeSink;
use crate::stable_id::Identity;

use super::scan::{Scanned, Scanning};

/// A worker that sees files as they are and as they were.
pub(super) struct Comparing<'s> {
    scanning: Scanning<'s>,
    threshold: Confidence,
    /// Whether to keep what was there before.
    all: bool,
    kept: Tally,
    failed: Vec<Skipped>,
    /// Findings of the file at hand that no old version has shown to be old.
    fresh: Vec<Finding>,
    known: u64,
}

impl<'s> Comparing<'s> {
    pub(super) fn new(scanning: Scanning<'s>, threshold: Confidence, all: bool) -> Self {
        Self {
            scanning,
            threshold,
            all,
            kept: Tally::default(),
            failed: Vec::new(),
            fresh: Vec::new(),
            known: 0,
        }
    }

    pub(super) fn into_scanned(mut self) -> Scanned {
        self.kept.findings.append(&mut self.fresh);
        Scanned { tally: self.kept, failed: self.failed, known: self.known }
    }
}

impl Sink for Comparing<'_> {
    fn blob(&mut self, blob: &Blob<'_>) {
        self.scanning.blob(blob);
    }
}

impl ChangeSink for Comparing<'_> {
    fn new_version(&mut self) -> bool {
        let Scanned { tally, failed, .. } = self.scanning.take();
        self.failed.extend(failed);
        // what is not shown needs no comparing
        let (fresh, hidden): (Vec<_>, Vec<_>) =
            tally.findings.into_iter().partition(|finding| finding.confidence >= self.threshold && !self.all);
        self.kept.append(Tally { findings: hidden, ..tally });
        self.fresh = fresh;
        !self.fresh.is_empty()
    }

    fn old_version(&mut self) -> bool {
        // trouble with an old version makes nothing known
        let shown = self.scanning.take().tally.findings.into_iter();
        let shown = shown.filter(|finding| finding.confidence >= self.threshold);
        let old: HashSet<Identity> = shown.map(|finding| finding.identity).collect();
        let before = self.fresh.len();
        self.fresh.retain(|finding| !old.contains(&finding.identity));
        self.known += (before - self.fresh.len()) as u64;
        !self.fresh.is_empty()
    }

    fn end_of_change(&mut self) {
        self.kept.findings.append(&mut self.fresh);
    }
}

/// A worker that sees hunks, and keeps what is in the lines they add.
pub(super) struct Hunks<'s> {
    scanning: Scanning<'s>,
    kept: Tally,
    failed: Vec<Skipped>,
}

impl<'s> Hunks<'s> {
    pub(super) fn new(scanning: Scanning<'s>) -> Self {
        Self { scanning, kept: Tally::default(), failed: Vec::new() }
    }

    pub(super) fn into_scanned(self) -> Scanned {
        Scanned { tally: self.kept, failed: self.failed, known: 0 }
    }
}

impl Sink for Hunks<'_> {
    fn blob(&mut self, blob: &Blob<'_>) {
        self.scanning.blob(blob);
    }
}

impl HunkSink for Hunks<'_> {
    fn hunk(&mut self, added: &[(u64, u64)]) {
        let Scanned { mut tally, failed, .. } = self.scanning.take();
        self.failed.extend(failed);
        let is_new = |first: u64, last: u64| {
            // the first range that does not end before the finding begins
            let at = added.partition_point(|(_, to)| *to < first);
            added.get(at).is_some_and(|(from, _)| *from <= last)
        };
        tally.findings.retain(|finding| {
            // a secret that ends with its line break has its end at the start of the next line
            let last = finding.end.line
                - u64::from(finding.end.column == 1 && finding.end.line > finding.start.line);
            is_new(finding.start.line, last)
        });
        tally.dropped.retain(|dropped| is_new(dropped.start.line, dropped.start.line));
        // where in the file the hunk begins is not known
        tally.findings.iter_mut().for_each(|finding| finding.offset = None);
        self.kept.append(tally);
    }
}

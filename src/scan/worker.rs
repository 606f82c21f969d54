//! The scanner that all threads share, and the worker that each has.

use std::collections::HashMap;
use std::sync::Arc;

use crate::blob::Blob;
use crate::config::Date;
use crate::decode::utf16::{Origin, Utf16};
use crate::finding::{Confidence, Dropped, Encoding, Finding, Reason, Severity, Skipped};
use crate::fingerprint::{Finder, Hit, Matcher, nested};
use crate::rules::{Route, Rule};
use crate::span::{LineCounter, Position, Span};
use crate::stable_id::{IdKey, Identity, Subject};

use super::detect::Context;
use super::filter::allow::AllowList;
use super::filter::file_kind::FileKind;
use super::filter::inline::{Around, Inline, inline_allow};
use super::layer::Searcher;
use super::left_out::LeftOut;
use super::matches::{Match, Verdict};
use super::stored::{self, Known};
use super::tables::Tables;

/// Rules and settings, ready to scan with. Built once, shared, immutable.
#[derive(Debug)]
pub struct Scanner {
    tables: Tables,
    allow: AllowList,
    today: Date,
    ids: IdKey,
    explain: bool,
    stored: Arc<Matcher>,
    left_out: LeftOut,
}

impl Scanner {
    /// A scanner with the built-in rules and the user's `own`, without those in `disabled`.
    pub fn new(
        own: crate::rules::load::OwnRules,
        disabled: Vec<String>,
        allow: AllowList,
        today: Date,
    ) -> Self {
        let mut tables = Tables::new(&own.rules, &own.keywords);
        tables.disabled = disabled;
        Self {
            tables,
            allow,
            today,
            ids: IdKey::default(),
            explain: false,
            stored: Arc::default(),
            left_out: LeftOut::default(),
        }
    }

    /// A scanner with the built-in rules and nothing else.
    pub fn builtin() -> Self {
        let today = crate::config::today();
        Self::new(crate::rules::load::OwnRules::default(), Vec::new(), AllowList::new([], today, ""), today)
    }

    /// The same scanner, keeping the reasons of every judgement.
    pub fn explaining(mut self, explain: bool) -> Self {
        self.explain = explain;
        self
    }

    /// The same scanner, with a key for its ids.
    pub fn with_ids(mut self, ids: IdKey) -> Self {
        self.ids = ids;
        self
    }

    /// The same scanner, which also finds the stored credentials that `matcher` knows. No setting silences those.
    pub fn with_stored(mut self, matcher: Arc<Matcher>) -> Self {
        self.stored = matcher;
        self
    }

    /// The same scanner, which searches what `left_out` covers for stored credentials only.
    pub fn leaving_out(mut self, left_out: LeftOut) -> Self {
        self.left_out = left_out;
        self
    }

    /// What of the stored credentials could not be looked for after all. Asked when all is scanned.
    pub fn trouble(&self) -> Option<&str> {
        self.stored.trouble()
    }

    /// A worker for one thread.
    pub fn worker(&self) -> Worker<'_> {
        Worker {
            scanner: self,
            searcher: Searcher::new(&self.tables).knowing(&self.stored),
            finder: self.stored.finder(),
            texts: HashMap::new(),
            tally: Tally::default(),
        }
    }

    /// Whether the same text means the same under both paths.
    pub fn judges_alike(&self, one: &str, other: &str) -> bool {
        let names_paths = self.allow.names_paths() || self.left_out.names_paths();
        one == other || (!names_paths && FileKind::of(one) == FileKind::of(other))
    }

    /// Stands for the kind of file that a path is, as far as judgements depend on it.
    pub fn kind_of(path: &str) -> u8 {
        FileKind::of(path).number()
    }

    /// Whether what is found in a text depends on the text alone and on what [`Scanner::cache_key`] stands for: not where
    /// a project leaves files out, nor where stored credentials cannot be looked for.
    pub fn is_cacheable(&self) -> bool {
        self.left_out.is_empty() && self.stored.check().is_ok()
    }

    /// Stands for rules, disabled rules and stored credentials: for caches of what was found to be clean. Allow entries
    /// are not in it, as a text in which nothing is found has nothing to allow.
    pub fn cache_key(&self, program: &[u8]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("portcullis 2026 scan cache v1");
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(program);
        for &own in &self.tables.searched {
            part(format!("{:?}", self.tables.rules[usize::from(own)]).as_bytes());
        }
        part(b"");
        self.tables.disabled.iter().for_each(|id| part(id.as_bytes()));
        part(&self.stored.set_hash());
        *hasher.finalize().as_bytes()
    }

    /// How far a match may begin before what it depends on, in bytes: see [`super::reach`]. Rules of the user's own may
    /// be longer than those of ours.
    pub fn reach_ahead(&self) -> usize {
        let own = self.tables.searched.iter().map(|&rule| self.tables.rules[usize::from(rule)].longest);
        own.max().unwrap_or(0).max(super::reach::AHEAD)
    }

    /// Allow entries that expired or, after a run over the `whole` project, silenced nothing; one line each.
    pub fn unused_allow_entries(&self, whole: bool) -> Vec<String> {
        self.allow.unused(whole)
    }

    #[cfg(test)]
    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }
}

/// What one worker found.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Findings of every confidence, in the order of the blobs.
    pub findings: Vec<Finding>,
    /// What was dropped, if the scanner explains.
    pub dropped: Vec<Dropped>,
    /// Findings silenced by allow entries and inline marks.
    pub allowed: u64,
    /// Marks that are spelled wrong or have expired, one line each.
    pub notes: Vec<String>,
    /// What was searched for stored credentials only.
    pub left_out: Vec<Skipped>,
}

impl Tally {
    /// Adds what another has.
    pub fn append(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.dropped.extend(other.dropped);
        self.allowed += other.allowed;
        self.notes.extend(other.notes);
        self.left_out.extend(other.left_out);
    }
}

/// A scanner's work on one thread, with its scratch space.
#[derive(Debug)]
pub struct Worker<'s> {
    scanner: &'s Scanner,
    searcher: Searcher<'s>,
    finder: Finder<'s>,
    /// The texts of rules that were found, shared by their findings.
    texts: HashMap<&'static str, RuleTexts>,
    tally: Tally,
}

#[derive(Clone, Debug)]
struct RuleTexts {
    id: Arc<str>,
    name: Arc<str>,
    why: Arc<str>,
    remedy: Arc<str>,
}

impl Worker<'_> {
    /// Scans one blob; what is found is kept until [`Worker::into_tally`].
    pub fn scan(&mut self, blob: &Blob<'_>) {
        if let Some(utf16) = Utf16::read(blob.bytes) {
            let context = Context::new(&utf16.text, blob.path, Some(false));
            let (found, hits) = self.look(blob, &context);
            self.settle(blob, &context, found, hits, Some(&utf16));
            return;
        }
        let context = Context::new(blob.bytes, blob.path, blob.window.binary);
        let keep = blob.window.keep.0..blob.window.keep.1.min(blob.bytes.len());
        let (mut found, mut hits) = self.look(blob, &context);
        found.retain(|found| keep.contains(&found.secret.start));
        hits.retain(|hit| keep.contains(&hit.span.start));
        self.settle(blob, &context, found, hits, None);
    }

    /// What rules find in a text, and the stored credentials in it.
    fn look(&mut self, blob: &Blob<'_>, context: &Context<'_>) -> (Vec<Match>, Vec<Hit>) {
        let mut hits = self.finder.find(context.text);
        if let Some(left_out) = self.scanner.left_out.covering(blob) {
            self.tally.left_out.push(left_out);
            return (Vec::new(), hits);
        }
        let found = self.searcher.search(context, 0, context.text.len());
        let deep = self.searcher.take_deep();
        if !deep.is_empty() {
            deep.into_iter().for_each(|hit| nested::add(&mut hits, hit));
            hits.sort_by(|a, b| (a.span, &a.stored.label).cmp(&(b.span, &b.stored.label)));
        }
        (found, hits)
    }

    /// Reports what rules and fingerprints found.
    fn settle(
        &mut self,
        blob: &Blob<'_>,
        context: &Context<'_>,
        mut found: Vec<Match>,
        hits: Vec<Hit>,
        utf16: Option<&Utf16>,
    ) {
        if found.is_empty() && hits.is_empty() {
            return;
        }
        let known = stored::join(&mut self.finder, hits, &mut found);
        if !known.is_empty() {
            self.report_stored(blob, context, known, utf16);
        }
        if !found.is_empty() {
            self.report(blob, context, found, utf16);
        }
    }

    /// What was found since this was last asked; the worker starts anew.
    pub fn take(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// How much there is to tell beside findings.
    pub fn marks(&self) -> u64 {
        self.tally.allowed + self.tally.notes.len() as u64
    }

    /// Takes out what was found since the last time.
    pub fn take_findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.tally.findings)
    }

    /// Scans a whole text, and adds to `far` the stretches that judgements in it depend on beside their
    /// [near surroundings](super::reach).
    pub fn scan_noting(&mut self, blob: &Blob<'_>, far: &mut Vec<Span>) {
        let context = Context::new(blob.bytes, blob.path, blob.window.binary);
        if Utf16::read(blob.bytes).is_some() {
            // what it depends on is not known in terms of these bytes
            far.push(Span::new(0, blob.bytes.len()));
            return self.scan(blob);
        }
        let (found, hits) = self.look(blob, &context);
        self.settle(blob, &context, found, hits, None);
        far.extend(context.into_far());
    }

    /// Whether anything might be found that begins in `within`, which begins and ends where lines do. Asked before
    /// overlaps are settled and marks and allow entries count: it answers "yes" more often than something is found
    /// in the end, and never "no" when something is. `far` as in [`Worker::scan_noting`].
    pub fn may_hold(&mut self, blob: &Blob<'_>, within: Span, far: &mut Vec<Span>) -> bool {
        let context = Context::new(blob.bytes, blob.path, blob.window.binary);
        let found = match self.scanner.left_out.covering(blob) {
            Some(left_out) => {
                self.tally.left_out.push(left_out);
                Vec::new()
            }
            None => self.searcher.gather(&context, within.start, within.end, 0),
        };
        far.extend(context.into_far());
        if !self.searcher.take_deep().is_empty() {
            return true;
        }
        let reported = |found: &Match| matches!(found.verdict, Verdict::Report(_));
        if found.iter().any(reported) {
            return true;
        }
        let reach = self.scanner.stored.reach();
        if reach == 0 {
            return false;
        }
        // a stored credential may begin lines before
        let start = within.start.saturating_sub(reach);
        let around = &blob.bytes[start..blob.bytes.len().min(within.end + reach)];
        let mut hits = self.finder.find(around).into_iter();
        hits.any(|hit| Span::new(start + hit.span.start, start + hit.span.end).overlaps(within))
    }

    /// What was found.
    pub fn into_tally(self) -> Tally {
        self.tally
    }

    /// Reports stored credentials. Neither allow entries nor marks on the line are asked.
    fn report_stored(
        &mut self,
        blob: &Blob<'_>,
        context: &Context<'_>,
        known: Vec<Known>,
        utf16: Option<&Utf16>,
    ) {
        let path: Arc<str> = blob.path.into();
        let mut places = Places::new(blob, context.text, utf16);
        let mut last = 0;
        for Known { hit, rule } in known {
            if hit.span.start < last {
                // places are asked for in rising order
                places = Places::new(blob, context.text, utf16);
            }
            last = hit.span.end;
            let (offset, start) = places.of(hit.span.start);
            let (end, columns_utf16) = places.end_of(hit.span);
            let mut decoded = hit.decoded;
            if utf16.is_some() {
                decoded.insert(0, Encoding::Utf16);
            }
            let mut reasons = vec![Reason {
                filter: "fingerprint",
                text: "its keyed hash is that of a credential stored on this machine".to_owned(),
            }];
            if let Some(rule) = rule {
                reasons
                    .push(Reason { filter: "rule", text: format!("it also matches the rule {}", rule.id) });
            }
            self.tally.findings.push(Finding {
                // the keyed hash stands for the secret, so nobody can confirm a guess by an id
                id: self.scanner.ids.id(&Subject {
                    rule: stored::RULE,
                    secret: &hit.value_id,
                    guessable: false,
                    path: blob.path,
                    around: (b"", b""),
                }),
                identity: Identity::of(stored::RULE, &hit.value_id),
                rule_id: stored::RULE.into(),
                rule_name: stored::NAME.into(),
                why: stored::WHY.into(),
                remedy: rule.map_or(stored::REMEDY, |rule| rule.revoke).into(),
                severity: Severity::Critical,
                confidence: Confidence::High,
                path: path.clone(),
                commit: None,
                offset: Some(offset),
                start,
                end,
                columns_utf16,
                decoded,
                masked: format!("{} ({} bytes)", hit.stored.describe(), hit.length),
                stored: Some(hit.stored),
                reasons: if self.scanner.explain { reasons } else { Vec::new() },
            });
        }
    }

    fn report(&mut self, blob: &Blob<'_>, context: &Context<'_>, found: Vec<Match>, utf16: Option<&Utf16>) {
        let path: Arc<str> = blob.path.into();
        let mut places = Places::new(blob, context.text, utf16);
        for found in found {
            let (offset, start) = places.of(found.secret.start);
            let dropped = |tally: &mut Tally, reason: Reason| {
                if self.scanner.explain {
                    tally.dropped.push(Dropped {
                        rule_id: found.rule.id.into(),
                        path: path.clone(),
                        offset,
                        start,
                        reason,
                    });
                }
            };
            let confidence = match found.verdict {
                Verdict::Report(confidence) => confidence,
                Verdict::Drop(reason) => {
                    dropped(&mut self.tally, reason);
                    continue;
                }
            };
            let secret: &[u8] =
                found.plain.as_ref().map_or(&context.text[found.secret.range()], |plain| plain);
            if let Some(entry) = self.scanner.allow.find(found.rule.id, blob.path, secret) {
                self.tally.allowed += 1;
                dropped(
                    &mut self.tally,
                    Reason { filter: "allow", text: format!("an allow entry says: {}", entry.reason) },
                );
                continue;
            }
            let around = Around::of(context.text, found.secret);
            match inline_allow(&around, found.rule.id, self.scanner.today) {
                None => {}
                Some(Inline::Allowed { reason }) => {
                    self.tally.allowed += 1;
                    let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
                    dropped(
                        &mut self.tally,
                        Reason { filter: "inline", text: format!("a mark on the line allows it{reason}") },
                    );
                    continue;
                }
                Some(Inline::Expired { until }) => {
                    self.tally.notes.push(format!(
                        "{path}:{}: the mark that allows this line expired on {until}",
                        start.line
                    ));
                }
                Some(Inline::Invalid { problem }) => {
                    self.tally.notes.push(format!(
                        "{path}:{}: the mark that allows this line says nothing: {problem}",
                        start.line
                    ));
                }
            }
            let (end, columns_utf16) = places.end_of(found.secret);
            let id = self.scanner.ids.id(&Subject {
                rule: found.rule.id,
                secret,
                guessable: found.guessable,
                path: blob.path,
                around: line_around(context.text, found.secret),
            });
            let masked = masked(found.rule, secret, &found.decoded);
            let texts = self.texts.entry(found.rule.id).or_insert_with(|| RuleTexts::of(found.rule));
            let mut decoded = found.decoded;
            if utf16.is_some() {
                decoded.insert(0, Encoding::Utf16);
            }
            self.tally.findings.push(Finding {
                id,
                identity: Identity::of(found.rule.id, secret),
                rule_id: texts.id.clone(),
                rule_name: texts.name.clone(),
                why: texts.why.clone(),
                remedy: texts.remedy.clone(),
                severity: found.severity,
                confidence,
                path: path.clone(),
                offset: Some(offset),
                start,
                end,
                columns_utf16,
                decoded,
                masked,
                stored: None,
                reasons: if self.scanner.explain { found.reasons } else { Vec::new() },
                commit: None,
            });
        }
    }
}

impl RuleTexts {
    fn of(rule: &Rule) -> Self {
        Self {
            id: rule.id.into(),
            name: rule.title().into(),
            why: rule.why.into(),
            remedy: rule.revoke.into(),
        }
    }
}

/// The rule's public prefix and the length; nothing else of the secret.
fn masked(rule: &Rule, secret: &[u8], decoded: &[Encoding]) -> String {
    let prefix = match rule.route {
        Route::Prefix if decoded.is_empty() => {
            // a prefix is shown only as far as the rule itself makes it public
            let shown = rule.literals.iter().find(|literal| secret.starts_with(literal));
            shown.map_or("", |literal| std::str::from_utf8(literal).unwrap_or(""))
        }
        _ => "",
    };
    match secret.len() {
        1 => format!("{prefix}… (1 byte)"),
        length => format!("{prefix}… ({length} bytes)"),
    }
}

/// The bytes of the line before and after a span, a few hundred at most.
fn line_around(text: &[u8], span: Span) -> (&[u8], &[u8]) {
    const NEAR: usize = 256;
    let before = &text[span.start.saturating_sub(NEAR)..span.start];
    let before = &before[memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1)..];
    let after = &text[span.end..text.len().min(span.end + NEAR)];
    let after = &after[..memchr::memchr(b'\n', after).unwrap_or(after.len())];
    (before, after)
}

/// From offsets in the searched text to places in the file.
struct Places<'a> {
    counter: LineCounter<'a>,
    blob: &'a Blob<'a>,
    /// For texts made from UTF-16, the ways back: of offsets, and of the starts of their lines. Both rise, so that
    /// each walks the text once.
    utf16: Option<(Origin, Origin)>,
}

impl<'a> Places<'a> {
    fn new(blob: &'a Blob<'a>, text: &'a [u8], utf16: Option<&Utf16>) -> Self {
        let counter = match utf16 {
            Some(_) => LineCounter::new(text),
            None => LineCounter::starting_at(text, blob.window.position),
        };
        Self { counter, blob, utf16: utf16.map(|utf16| (utf16.origin(), utf16.origin())) }
    }

    fn of(&mut self, offset: usize) -> (u64, Position) {
        let position = self.counter.position(offset);
        match &mut self.utf16 {
            None => (self.blob.window.offset + offset as u64, position),
            Some((offsets, lines)) => {
                // columns count the bytes of the file, not those of the text made from it
                let line_start = offset - (position.column as usize - 1);
                let stored = offsets.of(self.blob.bytes, offset);
                let column = stored - lines.of(self.blob.bytes, line_start) + 1;
                (
                    self.blob.window.offset + stored as u64,
                    Position { line: position.line, column: column as u64 },
                )
            }
        }
    }

    /// Where a span ends, and its columns in UTF-16. Offsets are asked for in rising order, as the counter wants them.
    fn end_of(&mut self, span: Span) -> (Position, Option<(u64, u64)>) {
        if self.utf16.is_some() {
            return (self.of(span.end).1, None);
        }
        let start = self.counter.utf16_column(span.start);
        let end = self.counter.position(span.end);
        (end, start.zip(self.counter.utf16_column(span.end)))
    }
}

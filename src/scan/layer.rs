//! One text searched: its candidates met by rules and detectors, its encoded parts decoded and searched in turn.

use zeroize::Zeroizing;

use crate::decode::{base64, hex};
use crate::finding::Encoding;
use crate::fingerprint::{Finder, Hit, Matcher};
use crate::rules::{Route, Rule};
use crate::span::Span;

use super::candidate::{Candidate, Kind, Scratch, is_token, is_word};
use super::confirm::{confirm, may_begin, word_starts};
use super::detect::{Context, Detector, assigned, header, jwk, mnemonic, pem, putty, token, url};
use super::escapes;
use super::filter::randomness::run_reads_as_words;
use super::keywords::Nearby;
use super::matches::{Match, settle};
use super::reach;
use super::tables::{Tables, Target};

/// How deep encodings may be nested.
pub(super) const DEPTH: usize = 3;
/// How many bytes are searched for candidates at a time: they stay in the nearest cache until they are met.
const STRIDE: usize = 16 * 1024;
/// Fewest characters in encoded text that is decoded: what is shorter holds no token, and passwords are decoded
/// under their names.
const BASE64_GROUPS: usize = 5;
const HEX_PAIRS: usize = 12;
/// The longest encoded text that is decoded in one piece.
const LONGEST_ENCODED: usize = 1 << 20;
/// How many signs a value may begin with before its first word.
const VALUE_SIGNS: usize = 2;
/// How many names are read within the value without quotes of another, as in `pw=pw=pw=…`, where each would be read to
/// the end of all.
const BARE_NAMES: usize = 8;

/// Searches texts; holds what can be used again for the next one.
#[derive(Debug)]
pub(crate) struct Searcher<'s> {
    tables: &'s Tables,
    spare: Vec<Vec<Candidate>>,
    scratch: Scratch,
    groups: u32,
    /// Looks for stored credentials in what is decoded.
    stored: Option<Finder<'s>>,
    /// What it found there.
    deep: Vec<Hit>,
}

/// The state of one text's search.
struct Layer<'a, 's, 't> {
    searcher: &'a mut Searcher<'s>,
    context: &'a Context<'t>,
    depth: usize,
    found: Vec<Match>,
    /// Ends of what was already decoded, and of the last name that was read.
    base64_done: usize,
    hex_done: usize,
    escape_done: usize,
    name_done: usize,
    /// Where the values without quotes end that begin before here, and how many names in them were read.
    bare_end: usize,
    bare_names: usize,
    nearby: Nearby,
}

impl<'s> Searcher<'s> {
    /// A searcher with the tables of a rule set.
    pub(crate) fn new(tables: &'s Tables) -> Self {
        Self {
            tables,
            spare: Vec::new(),
            scratch: Scratch::default(),
            groups: 0,
            stored: None,
            deep: Vec::new(),
        }
    }

    /// The same, which looks for stored credentials in decoded texts too: see [`Searcher::take_deep`].
    pub(crate) fn knowing(mut self, stored: &'s Matcher) -> Self {
        self.stored = (!stored.is_empty()).then(|| stored.finder());
        self
    }

    /// The stored credentials that were found in encodings since this was last asked, at the places of these.
    pub(crate) fn take_deep(&mut self) -> Vec<Hit> {
        std::mem::take(&mut self.deep)
    }

    /// Looks for stored credentials in a decoded text; [`Searcher::place_deep`] takes them out of it.
    fn look_deep(&mut self, inner: &[u8]) -> usize {
        let before = self.deep.len();
        if let Some(stored) = &mut self.stored {
            self.deep.extend(stored.find(inner));
        }
        before
    }

    fn place_deep(&mut self, from: usize, encoding: Encoding, place: impl Fn(Span) -> Span) {
        for hit in &mut self.deep[from..] {
            hit.span = place(hit.span);
            hit.decoded.insert(0, encoding);
        }
    }

    /// Every match in the text that begins between `from` and `to`, overlaps settled, sorted by place.
    pub(crate) fn search(&mut self, context: &Context<'_>, from: usize, to: usize) -> Vec<Match> {
        self.search_layer(context, from, to, 0)
    }

    fn search_layer(&mut self, context: &Context<'_>, from: usize, to: usize, depth: usize) -> Vec<Match> {
        let mut found = self.gather(context, from, to, depth);
        if !found.is_empty() {
            settle(&mut found);
        }
        found
    }

    /// Every match, overlaps included. At [`DEPTH`] nothing is decoded.
    pub(super) fn gather(
        &mut self,
        context: &Context<'_>,
        from: usize,
        to: usize,
        depth: usize,
    ) -> Vec<Match> {
        let tables = self.tables;
        let mut candidates = self.spare.pop().unwrap_or_default();
        let mut layer = Layer {
            searcher: self,
            context,
            depth,
            found: Vec::new(),
            base64_done: 0,
            hex_done: 0,
            escape_done: 0,
            name_done: 0,
            bare_end: 0,
            bare_names: 0,
            nearby: Nearby::default(),
        };
        let mut at = from;
        while at < to {
            let next = to.min(at + STRIDE);
            candidates.clear();
            tables.finder.find(context.text, at, next, &mut layer.searcher.scratch, &mut candidates);
            for candidate in &candidates {
                layer.meet(*candidate);
            }
            at = next;
        }
        for &index in &tables.searched {
            layer.search_rule(index, from, to);
        }
        let mut found = layer.found;
        for found in &mut found {
            if tables.disabled.iter().any(|id| id == found.rule.id) {
                found.disable();
            }
        }
        self.spare.push(candidates);
        found
    }
}

impl Layer<'_, '_, '_> {
    fn meet(&mut self, candidate: Candidate) {
        let text = self.context.text;
        let at = candidate.at as usize;
        match candidate.kind {
            Kind::Prefix => {
                let tables = self.searcher.tables;
                let (before, mut longest) = (self.found.len(), None);
                for (prefix, rules) in tables.finder.prefix_matches(&text[at..]) {
                    for &rule in rules {
                        self.try_rule(rule, at, prefix.len());
                    }
                    longest = longest.max(rules.first().map(|&rule| (prefix.len(), prefix, rule)));
                }
                if let Some((_, prefix, rule)) = longest.filter(|_| self.found.len() == before) {
                    self.try_prefix(prefix, rule, at);
                }
                if let Some(backslash) = escapes::continued(text, at) {
                    self.undo_escapes(backslash);
                }
            }
            Kind::Value => {
                let tables = self.searcher.tables;
                let values = tables.values();
                for start in value_starts(text, at).filter(|&start| is_value(&text[start..])) {
                    let mut accepted = values.groups(&text[start..]);
                    if values.want_keywords(&accepted)
                        && tables.keywords().before(text, start, &mut self.nearby).is_empty()
                    {
                        values.without_keywords(&mut accepted);
                    }
                    while let Some(group) = values.next(&mut accepted) {
                        if let Some(mask) = &group.keywords
                            && !tables.keywords().before(text, start, &mut self.nearby).meets(mask)
                        {
                            continue;
                        }
                        for &rule in &group.rules {
                            self.try_rule(rule, start, 0);
                        }
                    }
                }
                self.decode_run(at);
            }
            Kind::Anchor(target) => {
                let (target, length) = self.searcher.tables.targets[usize::from(target)];
                match target {
                    Target::Rule(rule) => self.try_rule(rule, at, length),
                    Target::Detector(detector) => self.detect(detector, Span::new(at, at + length)),
                }
            }
        }
    }

    /// Tries a rule at a place.
    fn try_rule(&mut self, index: u16, at: usize, prefix: usize) {
        let tables = self.searcher.tables;
        let rule: &'static Rule = tables.rules[usize::from(index)];
        let text = self.context.text;
        if !may_begin(rule, text, at) {
            return;
        }
        let mut nearness = None;
        if !rule.keywords.is_empty() {
            let set = tables.keywords().before(text, at, &mut self.nearby);
            nearness = set.nearest(rule.keywords);
            if nearness.is_none() {
                return;
            }
        }
        if rule.longest > reach::AHEAD && rule.route == Route::Anchor {
            self.context.looks_far(at, at + rule.longest);
        }
        if let Some(hit) = confirm(rule, text, at) {
            self.found.extend(token::judge(self.context, rule, prefix, hit, nearness));
        }
    }

    /// Tries what begins as tokens of a rule do, and is none of its.
    fn try_prefix(&mut self, prefix: &[u8], rule: u16, at: usize) {
        let rule = self.searcher.tables.rules[usize::from(rule)];
        let text = self.context.text;
        if word_starts(text, at) && !self.context.binary() {
            self.found.extend(token::of_unknown_form(self.context, rule, prefix, at));
        }
    }

    /// Searches the whole text for a rule that offers no quicker way.
    fn search_rule(&mut self, index: u16, from: usize, to: usize) {
        let rule = self.searcher.tables.rules[usize::from(index)];
        let text = self.context.text;
        let mut at = from;
        while let Some(found) = rule.search(text, at).filter(|&found| found < to) {
            let before = self.found.len();
            self.try_rule(index, found, 0);
            at = match self.found.get(before) {
                Some(hit) => hit.secret.end.max(found + 1),
                None => found + 1,
            };
            // nothing begins within a word, and a long one would be read again from each of its bytes
            while at < to && is_word(text[at]) && !word_starts(text, at) {
                at += 1;
            }
        }
    }

    fn detect(&mut self, detector: Detector, anchor: Span) {
        let context = self.context;
        let at = anchor.start;
        let found = match detector {
            Detector::Assigned => {
                if at < self.name_done {
                    return;
                }
                self.bare_names = if at < self.bare_end { self.bare_names + 1 } else { 0 };
                if self.bare_names > BARE_NAMES {
                    return;
                }
                let read = assigned::detect(context, anchor);
                self.name_done = read.name_end;
                self.bare_end = self.bare_end.max(read.bare_end);
                read.found
            }
            Detector::Call => assigned::call(context, anchor),
            Detector::Chars => assigned::chars(context, at),
            Detector::Dsn => url::dsn(context, at),
            Detector::Url => url::detect(context, at),
            Detector::Bearer => header::bearer(context, at),
            Detector::Basic => header::basic(context, at),
            Detector::Pem => pem::detect(context, at),
            Detector::Putty => putty::detect(context, at),
            Detector::Jwk => jwk::detect(context, at),
            Detector::Mnemonic => mnemonic::detect(context, anchor.end),
            Detector::Escape => {
                self.undo_escapes(at);
                None
            }
        };
        self.found.extend(found);
    }

    /// Decodes the run at `at` if it is text in base64 or hexadecimal, and searches the text.
    fn decode_run(&mut self, at: usize) {
        if self.depth >= DEPTH {
            return;
        }
        let text = self.context.text;
        let rest = &text[at..text.len().min(at + LONGEST_ENCODED)];
        let begins = |rest: &[u8]| base64::begins_plain(rest, BASE64_GROUPS) || base64::begins_wide(rest);
        if at >= self.base64_done && begins(rest) {
            let decoded = base64::decode(rest);
            self.base64_done = at + decoded.read;
            self.search_decoded(decoded.text, Span::new(at, at + decoded.read), Encoding::Base64);
        }
        if at >= self.hex_done && hex::begins_plain(rest, HEX_PAIRS) {
            let decoded = hex::decode(rest);
            self.hex_done = at + decoded.read;
            self.search_decoded(decoded.text, Span::new(at, at + decoded.read), Encoding::Hex);
        }
    }

    fn search_decoded(&mut self, inner: Vec<u8>, place: Span, encoding: Encoding) {
        let inner = Zeroizing::new(inner);
        let context = self.context.within(&inner);
        let deep = self.searcher.look_deep(&inner);
        let found = self.searcher.search_layer(&context, 0, inner.len(), self.depth + 1);
        self.searcher.place_deep(deep, encoding, |_| place);
        self.searcher.groups += 1;
        for mut found in found {
            found.plain.get_or_insert_with(|| Zeroizing::new(inner[found.secret.range()].to_vec()));
            found.secret = place;
            found.decoded.insert(0, encoding);
            found.group = self.searcher.groups;
            self.found.push(found);
        }
    }

    /// Undoes the escapes in the text around `at`, and searches the result.
    fn undo_escapes(&mut self, at: usize) {
        if self.depth >= DEPTH || at < self.escape_done {
            return;
        }
        let text = self.context.text;
        let (span, undone) = escapes::undo(text, at);
        self.escape_done = span.end.max(at + 1);
        let Some(undone) = undone else { return };
        let inner = Zeroizing::new(undone.text.text);
        let context = self.context.within(&inner);
        let origin = |offset: usize| undone.span.start + undone.text.origin[offset] as usize;
        let deep = self.searcher.look_deep(&inner);
        let found = self.searcher.search_layer(&context, 0, inner.len(), self.depth + 1);
        let placed = |span: Span| Span::new(origin(span.start), origin(span.end));
        self.searcher.place_deep(deep, undone.encoding, placed);
        for mut found in found {
            let place = Span::new(origin(found.secret.start), origin(found.secret.end));
            let same = text[place.range()] == inner[found.secret.range()];
            if same && undone.wide {
                continue;
            }
            if !same {
                found.plain.get_or_insert_with(|| Zeroizing::new(inner[found.secret.range()].to_vec()));
            }
            found.decoded.insert(0, undone.encoding);
            found.secret = place;
            self.found.push(found);
        }
    }
}

/// Where a value may begin whose first word begins at `at`: there, or at one of up to two signs before it, such as `+`
/// and `/` of base64, where no word ends.
pub(super) fn value_starts(text: &[u8], at: usize) -> impl Iterator<Item = usize> {
    let signs =
        text[..at].iter().rev().take(VALUE_SIGNS).take_while(|&&byte| is_token(byte) && !is_word(byte));
    (at - signs.count()..=at).filter(move |&start| word_starts(text, start))
}

/// Whether value rules look at a run: it does not read as words.
pub(super) fn is_value(text: &[u8]) -> bool {
    !run_reads_as_words(text)
}

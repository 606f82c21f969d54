//! The lookup tables of one rule set: from prefixes, anchors and random-looking values to rules.

use std::sync::OnceLock;

use crate::rules::{BYTE_SETS, End, KEYWORDS, Route, Rule, analyze};

use super::candidate::anchors::AnchorTable;
use super::candidate::{Finder, StartTable, is_token, is_word};
use super::detect::{ANCHORS, Detector};
use super::keywords::KeywordTable;

/// What an anchor leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// A rule, by index: its pattern begins here.
    Rule(u16),
    /// A detector.
    Detector(Detector),
}

/// Rules and the ways to them. Built once, shared by all threads.
#[derive(Debug)]
pub(crate) struct Tables {
    /// All rules, the user's own last.
    pub rules: Vec<&'static Rule>,
    /// Finds candidates.
    pub finder: Finder,
    /// What each anchor leads to.
    pub targets: Vec<(Target, usize)>,
    /// Rules whose pattern is searched for in the whole text.
    pub searched: Vec<u16>,
    /// Keywords of all rules.
    keyword_names: Vec<&'static str>,
    keywords: OnceLock<KeywordTable>,
    values: OnceLock<ValueIndex>,
}

/// Positions that [`ValueIndex`] looks at byte by byte.
const DEPTH: usize = analyze::RUN;

/// How far a run is measured.
const LONGEST_RUN: usize = 96;

/// Which value rules may begin at a place, by its first bytes: one bit for each group of rules that begin alike.
#[derive(Debug)]
pub(crate) struct ValueIndex {
    accepted: Box<[[u64; 256]; DEPTH]>,
    groups: Vec<ValueGroup>,
    /// Token characters without which no group accepts.
    least: usize,
}

/// Value rules that begin alike.
#[derive(Debug)]
pub(crate) struct ValueGroup {
    /// The rules, by index.
    pub rules: Vec<u16>,
    /// Token characters that each of them begins with.
    least: usize,
    /// The length of the word that each of them is, where that is fixed.
    exact: Option<usize>,
    /// The keywords of all, one bit each; `None` when some rule needs none.
    pub keywords: Option<Vec<u64>>,
}

impl Tables {
    /// Tables of the built-in rules and the user's own.
    pub(crate) fn new(own: &[&'static Rule], own_keywords: &[&'static str]) -> Self {
        let mut rules: Vec<&'static Rule> = crate::rules::builtin().iter().collect();
        rules.extend_from_slice(own);
        let numbered = || rules.iter().enumerate().map(|(index, rule)| (index as u16, *rule));
        let by_route = |route: Route| numbered().filter(move |(_, rule)| rule.route == route);
        let starts = StartTable::new(
            by_route(Route::Prefix)
                .flat_map(|(index, rule)| rule.literals.iter().map(move |&literal| (literal, index))),
        );
        let mut targets = Vec::new();
        let mut literals: Vec<(&'static [u8], u16)> = Vec::new();
        for &(literal, detector) in ANCHORS {
            literals.push((literal.as_bytes(), targets.len() as u16));
            targets.push((Target::Detector(detector), literal.len()));
        }
        for (index, rule) in by_route(Route::Anchor) {
            for &literal in rule.literals {
                literals.push((literal, targets.len() as u16));
                targets.push((Target::Rule(index), literal.len()));
            }
        }
        let searched = by_route(Route::Search).map(|(index, _)| index).collect();
        let finder = Finder::new(starts, AnchorTable::new(literals));
        let keyword_names = KEYWORDS.iter().chain(own_keywords).copied().collect();
        Self {
            rules,
            finder,
            targets,
            searched,
            keyword_names,
            keywords: OnceLock::new(),
            values: OnceLock::new(),
        }
    }

    /// The keywords of all rules; the automaton is built when first needed.
    pub(crate) fn keywords(&self) -> &KeywordTable {
        self.keywords.get_or_init(|| KeywordTable::new(&self.keyword_names))
    }

    /// The index of value rules; built when first needed.
    pub(crate) fn values(&self) -> &ValueIndex {
        self.values.get_or_init(|| ValueIndex::new(&self.rules, self.keyword_names.len()))
    }
}

impl ValueIndex {
    fn new(rules: &[&'static Rule], keywords: usize) -> Self {
        let mut heads: Vec<(&[u16], usize, Option<usize>)> = Vec::new();
        let mut groups: Vec<ValueGroup> = Vec::new();
        for (index, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.route == Route::Value) {
            let least = rule.run.min(LONGEST_RUN);
            let fixed = rule.word && rule.shortest == rule.longest && rule.end != End::Open;
            let exact = fixed.then_some(rule.shortest);
            let key = (&rule.head[..DEPTH], least, exact);
            let group = heads.iter().position(|known| *known == key).unwrap_or_else(|| {
                heads.push(key);
                groups.push(ValueGroup {
                    rules: Vec::new(),
                    least,
                    exact,
                    keywords: Some(vec![0; keywords.div_ceil(64)]),
                });
                heads.len() - 1
            });
            let group = &mut groups[group];
            group.rules.push(index as u16);
            match &mut group.keywords {
                Some(mask) if !rule.keywords.is_empty() => {
                    for &keyword in rule.keywords {
                        mask[usize::from(keyword) / 64] |= 1 << (keyword % 64);
                    }
                }
                mask => *mask = None,
            }
        }
        let mut accepted = Box::new([[0; 256]; DEPTH]);
        for (group, (head, ..)) in heads.iter().enumerate() {
            // with more groups than bits, some share one: the rule's own head decides in the end
            let bit = 1_u64 << (group % 64);
            for (position, &set) in head.iter().enumerate() {
                for byte in 0..=255_u8 {
                    if analyze::has(&BYTE_SETS[usize::from(set)], byte) {
                        accepted[position][usize::from(byte)] |= bit;
                    }
                }
            }
        }
        let least = groups.iter().map(|group| group.least).min().unwrap_or(usize::MAX);
        Self { accepted, groups, least }
    }

    /// The groups that may begin with `text`, one bit each; groups 64 apart share one, and are told apart by
    /// [`ValueIndex::next`].
    pub(crate) fn groups(&self, text: &[u8]) -> Accepted {
        let run = text.iter().take(LONGEST_RUN).take_while(|&&byte| is_token(byte)).count();
        let mut bits = if run < self.least.max(DEPTH) { 0 } else { u64::MAX };
        for (position, &byte) in text.iter().take(DEPTH).enumerate() {
            bits &= self.accepted[position][usize::from(byte)];
            if bits == 0 {
                break;
            }
        }
        let word = match bits {
            0 => 0,
            _ => text.iter().take_while(|&&byte| is_word(byte)).take(analyze::LONGEST).count(),
        };
        Accepted { bits, run, word, next: 0 }
    }

    /// The next of the accepted groups.
    pub(crate) fn next(&self, accepted: &mut Accepted) -> Option<&ValueGroup> {
        while accepted.bits != 0 && accepted.next < self.groups.len() {
            let at = accepted.next;
            accepted.next += 1;
            let group = &self.groups[at];
            if accepted.bits >> (at % 64) & 1 == 1
                && group.least <= accepted.run
                && group.exact.is_none_or(|exact| exact == accepted.word)
            {
                return Some(group);
            }
        }
        None
    }
}

/// What [`ValueIndex::groups`] accepted, and how far it has been asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepted {
    bits: u64,
    run: usize,
    word: usize,
    next: usize,
}

//! The lookup tables of one rule set: from prefixes, anchors and random-looking values to rules.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::rules::{BYTE_SETS, End, KEYWORDS, Route, Rule, analyze};

use super::candidate::anchors::AnchorTable;
use super::candidate::{Finder, StartTable, is_token, is_word};
use super::detect::{ANCHORS, Detector};
use super::escapes;
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
    /// Ids of rules that are not to be reported.
    pub disabled: Vec<String>,
    /// Keywords of all rules.
    keyword_names: Vec<&'static str>,
    keywords: OnceLock<KeywordTable>,
    values: OnceLock<ValueIndex>,
}

/// Positions that [`ValueIndex`] looks at byte by byte.
const DEPTH: usize = analyze::RUN;

/// How far a run is measured.
const LONGEST_RUN: usize = 96;

/// One bit for each group of value rules; groups this many apart share one.
type Bits = [u64; BITS / 64];
const BITS: usize = 256;

/// How long a word is looked up by [`ValueIndex::words`]; longer ones count as this.
const LONGEST_WORD: usize = 160;

/// Which value rules may begin at a place, by its first bytes: one bit for each group of rules that begin alike.
#[derive(Debug)]
pub(crate) struct ValueIndex {
    /// Bytes that no group tells apart are of one class.
    classes: Box<[u8; 256]>,
    /// The groups that accept a class: those of all classes at the first position, then at the second, and so on.
    accepted: Vec<Bits>,
    /// How many classes there are.
    width: usize,
    /// The groups that a run of so many token characters is long enough for.
    runs: Vec<Bits>,
    /// The groups that a word of so many characters has the length for.
    words: Vec<Bits>,
    /// The groups with a rule that needs no keyword.
    keyless: Bits,
    groups: Vec<ValueGroup>,
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
        for literal in escapes::anchors() {
            literals.push((literal, targets.len() as u16));
            targets.push((Target::Detector(Detector::Escape), literal.len()));
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
            disabled: Vec::new(),
            keyword_names,
            keywords: OnceLock::new(),
            values: OnceLock::new(),
        }
    }

    /// The keywords of all rules; the table is built when first needed.
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
        let mut heads: Vec<&[u16]> = Vec::new();
        let mut known: HashMap<(&[u16], usize, Option<usize>), usize> = HashMap::new();
        let mut groups: Vec<ValueGroup> = Vec::new();
        for (index, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.route == Route::Value) {
            let least = rule.run.min(LONGEST_RUN);
            let fixed = rule.word && rule.shortest == rule.longest && rule.end != End::Open;
            let exact = fixed.then_some(rule.shortest);
            let head = &rule.head[..DEPTH];
            let group = *known.entry((head, least, exact)).or_insert_with(|| {
                heads.push(head);
                let keywords = Some(vec![0; keywords.div_ceil(64)]);
                groups.push(ValueGroup { rules: Vec::new(), least, exact, keywords });
                groups.len() - 1
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
        let (classes, width) = classes(heads.iter().flat_map(|head| head.iter().copied()));
        let some_of_class: Vec<u8> = (0..width)
            .map(|class| (0..=255).find(|&byte| classes[usize::from(byte)] == class as u8).unwrap_or(0))
            .collect();
        let mut accepted = vec![[0; BITS / 64]; DEPTH * width];
        for (group, head) in heads.iter().enumerate() {
            for (position, &set) in head.iter().enumerate() {
                for (class, &byte) in some_of_class.iter().enumerate() {
                    if analyze::has(&BYTE_SETS[usize::from(set)], byte) {
                        set_bit(&mut accepted[position * width + class], group);
                    }
                }
            }
        }
        let bits_of = |accepts: &dyn Fn(&ValueGroup) -> bool| {
            let mut bits = [0; BITS / 64];
            groups
                .iter()
                .enumerate()
                .filter(|(_, group)| accepts(group))
                .for_each(|(at, _)| set_bit(&mut bits, at));
            bits
        };
        let runs =
            (0..=LONGEST_RUN).map(|run| bits_of(&|group| group.least <= run && run >= DEPTH)).collect();
        let words = (0..=LONGEST_WORD)
            .map(|word| bits_of(&|group| group.exact.is_none_or(|exact| exact.min(LONGEST_WORD) == word)))
            .collect();
        let keyless = bits_of(&|group| group.keywords.is_none());
        Self { classes, accepted, width, runs, words, keyless, groups }
    }

    /// The groups that may begin with `text`.
    pub(crate) fn groups(&self, text: &[u8]) -> Accepted {
        let run = text.iter().take(LONGEST_RUN).take_while(|&&byte| is_token(byte)).count();
        let mut bits = self.runs[run];
        if run >= DEPTH {
            for (position, &byte) in text[..DEPTH].iter().enumerate() {
                meet(
                    &mut bits,
                    &self.accepted[position * self.width + usize::from(self.classes[usize::from(byte)])],
                );
            }
        }
        let mut word = 0;
        if bits != [0; BITS / 64] {
            word = text.iter().take(analyze::LONGEST).take_while(|&&byte| is_word(byte)).count();
            meet(&mut bits, &self.words[word.min(LONGEST_WORD)]);
        }
        Accepted { bits, run, word, at: 0 }
    }

    /// Whether some of the accepted groups need a keyword.
    pub(crate) fn want_keywords(&self, accepted: &Accepted) -> bool {
        accepted.bits.iter().zip(&self.keyless).any(|(bits, keyless)| bits & !keyless != 0)
    }

    /// Takes away the groups all of whose rules need a keyword.
    pub(crate) fn without_keywords(&self, accepted: &mut Accepted) {
        meet(&mut accepted.bits, &self.keyless);
    }

    /// The next of the accepted groups.
    pub(crate) fn next(&self, accepted: &mut Accepted) -> Option<&ValueGroup> {
        loop {
            // the next bit, and of the groups that share it the next
            let group = match accepted.bits.iter_mut().enumerate().find(|(_, bits)| **bits != 0) {
                None => return None,
                Some((word, bits)) => {
                    let group = accepted.at + word * 64 + bits.trailing_zeros() as usize;
                    accepted.at += BITS;
                    if group + BITS >= self.groups.len() {
                        *bits &= *bits - 1;
                        accepted.at = 0;
                    }
                    &self.groups[group]
                }
            };
            if group.least <= accepted.run && group.exact.is_none_or(|exact| exact == accepted.word) {
                return Some(group);
            }
        }
    }
}

fn set_bit(bits: &mut Bits, group: usize) {
    bits[group % BITS / 64] |= 1 << (group % 64);
}

fn meet(bits: &mut Bits, others: &Bits) {
    bits.iter_mut().zip(others).for_each(|(bits, others)| *bits &= others);
}

/// For each byte a class, such that no set tells apart two bytes of one; and how many there are.
fn classes(sets: impl Iterator<Item = u16>) -> (Box<[u8; 256]>, usize) {
    let mut sets: Vec<u16> = sets.collect();
    sets.sort_unstable();
    sets.dedup();
    let mut numbers: HashMap<Vec<bool>, u8> = HashMap::new();
    let mut classes = Box::new([0; 256]);
    for byte in 0..=255_u8 {
        let member: Vec<bool> =
            sets.iter().map(|&set| analyze::has(&BYTE_SETS[usize::from(set)], byte)).collect();
        let next = numbers.len() as u8;
        classes[usize::from(byte)] = *numbers.entry(member).or_insert(next);
    }
    (classes, numbers.len())
}

/// What [`ValueIndex::groups`] accepted, and how far it has been asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepted {
    bits: Bits,
    run: usize,
    word: usize,
    /// Which of the groups that share the next bit comes next.
    at: usize,
}

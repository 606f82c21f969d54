//! Properties of the whole scanner: both finders agree, candidates lose nothing that the plain patterns would find,
//! windows find what one look does, nothing panics, nothing shows a secret.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use proptest::prelude::*;
use regex::bytes::Regex;

use crate::blob::{Blob, Window};
use crate::finding::Outcome;
use crate::report::{Format, Options, write};
use crate::rules::shape::{Random, Shape};
use crate::rules::{Class, End, Route, Rule, builtin, compile};
use crate::span::LineCounter;

use super::candidate::{Candidate, Finder, Path, Scratch, behind_escape, is_token, is_word, looks_random};
use super::confirm::word_starts;
use super::detect::{ANCHORS, Context};
use super::keywords::Nearby;
use super::layer::{DEPTH, Searcher, is_value};
use super::tables::Tables;
use super::{Scanner, Tally};

fn scanner() -> &'static Scanner {
    static SCANNER: OnceLock<Scanner> = OnceLock::new();
    SCANNER.get_or_init(|| Scanner::builtin().explaining(true))
}

/// One finder for each path that this processor can take.
fn finders() -> &'static [Finder] {
    static FINDERS: OnceLock<Vec<Finder>> = OnceLock::new();
    let on = |path| Tables::new(&[], &[]).finder.on(path);
    FINDERS.get_or_init(|| Path::available().into_iter().map(on).collect())
}

/// The pattern of a rule, to be searched for anywhere.
fn plain(rule: &'static Rule) -> &'static Regex {
    static PLAIN: OnceLock<Vec<OnceLock<Regex>>> = OnceLock::new();
    let all = PLAIN.get_or_init(|| builtin().iter().map(|_| OnceLock::new()).collect());
    let index = builtin().iter().position(|other| other.id == rule.id).unwrap();
    all[index].get_or_init(|| compile(rule.pattern).unwrap())
}

/// One piece of a made-up text: what it is, and the seed it is made from.
type Piece = (u8, u64);

fn pieces(most: usize) -> impl Strategy<Value = Vec<Piece>> {
    prop::collection::vec((0_u8..12, any::<u64>()), 0..most)
}

fn one<'a, T: ?Sized>(random: &mut Random, all: &[&'a T]) -> &'a T {
    all[random.below(all.len())]
}

fn value_of(rule: &Rule, random: &mut Random) -> Vec<u8> {
    let shape = one(random, rule.shapes);
    Shape::parse(shape).unwrap().expand(random)
}

fn mutated(mut value: Vec<u8>, random: &mut Random) -> Vec<u8> {
    for _ in 0..=random.below(3) {
        let at = random.below(value.len().max(1));
        match random.below(4) {
            0 => value.truncate(at),
            1 => value.insert(at.min(value.len()), random.byte()),
            2 if at < value.len() => value[at] = random.byte(),
            _ => {
                let tail = value.split_off(at.min(value.len()));
                value.splice(0..0, tail);
            }
        }
    }
    value
}

/// A text of pieces that the scanner has an eye for, and the rules whose values are among them.
fn assemble(pieces: &[Piece]) -> (Vec<u8>, Vec<&'static Rule>) {
    const TOKENS: &[u8] = b"ABCXYZabcxyz0123456789_+/=.~-";
    let mut text = Vec::new();
    let mut rules = Vec::new();
    for &(kind, seed) in pieces {
        let random = &mut Random::new(seed);
        let rule = &builtin()[random.below(builtin().len())];
        match kind {
            0 => text.extend_from_slice(
                one(
                    random,
                    &[
                        " ", "=", " = \"", "\"", "'", ": ", ",", ";", "/", "-", "_", ".", "+", "é", "(", "%",
                        "\\",
                    ],
                )
                .as_bytes(),
            ),
            1 => text.extend_from_slice(
                one(
                    random,
                    &[
                        "\\n", "\\t", "%3D", "%20", "%41", "\\u003d", "\\u00e9", "\\x22", "\\x41", "\\q",
                        "%3", "\\u00",
                    ],
                )
                .as_bytes(),
            ),
            2 => {
                let literal = rule.literals.first().map_or(&b"abc"[..], |literal| literal);
                text.extend_from_slice(&literal[..random.below(literal.len()) + 1]);
            }
            3 => {
                let (anchor, _) = ANCHORS[random.below(ANCHORS.len())];
                text.extend(
                    anchor.bytes().map(
                        |byte| {
                            if random.below(2) == 0 { byte.to_ascii_uppercase() } else { byte }
                        },
                    ),
                );
            }
            4..=6 => {
                rules.push(rule);
                if let Some(keyword) = rule.keyword_names().next() {
                    text.extend_from_slice(keyword.as_bytes());
                    text.extend_from_slice(
                        one(random, &[" = ", "=\"", ": ", "\n", "\\n", "%3D", "=+", "=-"]).as_bytes(),
                    );
                }
                let value = value_of(rule, random);
                text.extend(if kind == 6 { mutated(value, random) } else { value });
            }
            7 => text.extend((0..random.below(80)).map(|_| TOKENS[random.below(TOKENS.len())])),
            8 => text.extend((0..random.below(24)).map(|_| random.byte())),
            9 => text.extend(std::iter::repeat_n(b' ', random.below(200))),
            10 => text.extend(std::iter::repeat_n(TOKENS[random.below(TOKENS.len())], random.below(70))),
            _ => text.push(b'\n'),
        }
    }
    (text, rules)
}

fn candidates(finder: &Finder, text: &[u8], step: usize) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let to = text.len().min(at.saturating_add(step));
        finder.find(text, at, to, &mut Scratch::default(), &mut found);
        at = to;
    }
    found.sort();
    found
}

/// All paths give the same candidates, however the text is cut.
#[track_caller]
fn check_finders(text: &[u8]) {
    let expected = candidates(&scanner().tables().finder, text, usize::MAX);
    for finder in finders() {
        for step in [usize::MAX, 1, 64, 100] {
            assert_eq!(candidates(finder, text, step), expected, "{:?} in steps of {step}", finder.path());
        }
    }
}

/// Where one of `rules` matches: its place in the list, start and end of the secret.
type Hits = BTreeSet<(usize, usize, usize)>;

/// By way of candidates.
fn hits(text: &[u8], rules: &[&'static Rule]) -> Hits {
    let context = Context::new(text, "file.conf", Some(false));
    let found = Searcher::new(scanner().tables()).gather(&context, 0, text.len(), DEPTH);
    found
        .iter()
        .filter_map(|hit| {
            let index = rules.iter().position(|rule| std::ptr::eq(*rule, hit.rule))?;
            Some((index, hit.secret.start, hit.secret.end))
        })
        .collect()
}

/// By the plain pattern at every place, and the conditions of `rules/README.md`.
fn plain_hits(text: &[u8], rules: &[&'static Rule]) -> Hits {
    let mut hits = Hits::new();
    for (index, rule) in rules.iter().enumerate() {
        let mut at = 0;
        while let Some(found) = plain(rule).captures_at(text, at) {
            let whole = found.get(0).unwrap();
            let secret = found.name("secret").unwrap_or(whole);
            at = whole.start() + 1;
            if may_begin(rule, text, whole.start()) && may_end(rule, text, whole.end()) {
                let mut nearby = Nearby::default();
                let keywords = scanner().tables().keywords().before(text, whole.start(), &mut nearby);
                let known = rule.keywords.is_empty() || keywords.nearest(rule.keywords).is_some();
                // what judges values by checksum and alphabet is no part of the search
                let own = rule.route != Route::Value
                    || rule.check.iter().all(|check| check.verify(whole.as_bytes()))
                        && (rule.min_distinct == 0
                            || judged_distinct(whole.as_bytes()) >= usize::from(rule.min_distinct));
                if known && own {
                    hits.insert((index, secret.start(), secret.end()));
                }
            }
        }
    }
    hits
}

fn judged_distinct(token: &[u8]) -> usize {
    super::filter::value::Value::new(token).profile.distinct
}

fn may_begin(rule: &Rule, text: &[u8], start: usize) -> bool {
    // a word starts here, and not within an escape
    let starts = |at: usize| word_starts(text, at) && behind_escape(text, at).is_none();
    match rule.route {
        Route::Prefix => is_word(text[start]) && starts(start),
        Route::Anchor => !is_word(text[start]) || word_starts(text, start),
        Route::Value => {
            let signs = text[start..].iter().take_while(|&&byte| is_token(byte) && !is_word(byte)).count();
            let word = start + signs;
            let run = text[word..].iter().take_while(|&&byte| is_token(byte)).count();
            signs <= 2
                && run >= 16
                && is_word(text[word])
                && word_starts(text, start)
                && starts(word)
                && looks_random(&text[word..])
                && is_value(&text[start..])
        }
        Route::Search | Route::Detector(_) => false,
    }
}

fn may_end(rule: &Rule, text: &[u8], end: usize) -> bool {
    let next = text.get(end).copied().unwrap_or(b' ');
    match rule.end {
        End::Open => true,
        End::Word => !is_word(next),
        End::Strict => !is_word(next) && next != b'-',
    }
}

#[track_caller]
fn check_hits(text: &[u8], rules: &[&'static Rule]) {
    let rules: Vec<&'static Rule> =
        rules.iter().copied().filter(|rule| !matches!(rule.route, Route::Detector(_))).collect();
    let name = |hits: Hits| -> BTreeSet<(&str, usize, usize)> {
        hits.into_iter().map(|(index, start, end)| (rules[index].id, start, end)).collect()
    };
    assert_eq!(
        name(hits(text, &rules)),
        name(plain_hits(text, &rules)),
        "{:?}",
        String::from_utf8_lossy(text)
    );
}

#[test]
fn detectors_name_rules_that_exist() {
    let sources = concat!(
        include_str!("detect/assigned.rs"),
        include_str!("detect/header.rs"),
        include_str!("detect/jwk.rs"),
        include_str!("detect/mnemonic.rs"),
        include_str!("detect/pem.rs"),
        include_str!("detect/putty.rs"),
        include_str!("detect/token.rs"),
        include_str!("detect/url.rs"),
    );
    let literal = compile(r#"(?:placed\(\s*|=> |", )"([a-z0-9]+(?:-[a-z0-9]+)+)"[,)]"#).unwrap();
    let named: BTreeSet<&[u8]> =
        literal.captures_iter(sources.as_bytes()).map(|found| found.get(1).unwrap().as_bytes()).collect();
    let known: BTreeSet<&[u8]> = builtin().iter().map(|rule| rule.id.as_bytes()).collect();
    let strangers: Vec<_> =
        named.difference(&known).map(|id| String::from_utf8_lossy(id).into_owned()).collect();
    assert!(strangers.is_empty(), "{strangers:?}");
    // every detector's rule is named somewhere, so the expression above has seen them all
    for rule in builtin().iter().filter(|rule| matches!(rule.route, Route::Detector(_))) {
        assert!(named.contains(rule.id.as_bytes()), "no detector names {}", rule.id);
    }
}

#[test]
fn every_rule_is_reached_where_its_pattern_matches() {
    let random = &mut Random::new(7);
    for rule in builtin().iter().filter(|rule| !matches!(rule.route, Route::Detector(_))) {
        let mut text = Vec::new();
        for before in ["= ", "\\n", "%3D", "=+", "=--", "=+/", "a", "é"] {
            text.extend_from_slice(rule.keyword_names().next().unwrap_or("name").as_bytes());
            text.extend_from_slice(before.as_bytes());
            text.extend(value_of(rule, random));
            text.extend_from_slice(one(random, &["\n", "\\n\n", "-\n", "x\n", "\n\n"]).as_bytes());
        }
        check_hits(&text, &[rule]);
        assert!(!hits(&text, &[rule]).is_empty(), "{}", rule.id);
    }
}

/// What a tally says, place by place.
fn places(tally: &Tally) -> BTreeSet<String> {
    tally.findings.iter().map(|finding| format!("{finding:?}")).collect()
}

fn scan(text: &[u8], path: &str) -> Tally {
    let mut worker = scanner().worker();
    worker.scan(&Blob::new(text, path));
    worker.into_tally()
}

/// In windows of `kept` bytes with context around them, as `source::read` makes them.
fn scan_in_windows(text: &[u8], path: &str, before: usize, kept: usize, after: usize) -> Tally {
    let mut worker = scanner().worker();
    let mut at = 0;
    while at < text.len() {
        let start = at.saturating_sub(before);
        let to = text.len().min(at + kept);
        let end = text.len().min(to + after);
        let window = Window {
            offset: start as u64,
            position: LineCounter::new(text).position(start),
            keep: (at - start, to - start),
            binary: (at > 0).then_some(text[..text.len().min(8000)].contains(&0)),
        };
        worker.scan(&Blob { bytes: &text[start..end], path, window });
        at = to;
    }
    worker.into_tally()
}

/// Whatever was said of `value`, no 8 bytes of it are among it; what every value of the shape holds is no secret.
#[track_caller]
fn check_silence(rule: &Rule, said: &str, value: &[u8], other: &[u8]) {
    let said = said.as_bytes();
    let holds = |text: &[u8], piece: &[u8]| memchr::memmem::find(text, piece).is_some();
    for piece in value.windows(8) {
        let public = rule.literals.iter().any(|literal| holds(literal, piece));
        if !public && !holds(other, piece) {
            assert!(
                memchr::memmem::find(said, piece).is_none(),
                "a piece of a value of {} is shown",
                rule.id
            );
        }
    }
}

/// Whether a value of a rule without a prefix looks like one, as [`may_begin`] asks.
fn value_starts_randomly(value: &[u8]) -> bool {
    let signs = value.iter().take_while(|&&byte| !is_word(byte)).count();
    looks_random(&value[signs..])
}

#[test]
fn no_report_holds_a_secret() {
    let random = &mut Random::new(11);
    for rule in builtin() {
        for shape in rule.shapes {
            let shape = Shape::parse(shape).unwrap();
            let value = std::iter::repeat_with(|| shape.expand(random))
                .take(1000)
                .find(|value| rule.route != Route::Value || value_starts_randomly(value))
                .unwrap_or_else(|| panic!("{}: no value of its shape looks random", rule.id));
            let other = shape.expand(random);
            let name = rule.keyword_names().next().unwrap_or("secret_token");
            // shapes of detectors hold their own surroundings
            let alone = matches!(rule.route, Route::Detector(_));
            let encoded = data_encoding::BASE64.encode(&value);
            let mut text = Vec::new();
            for line in [&value[..], encoded.as_bytes()] {
                if alone {
                    text.extend_from_slice(line);
                } else {
                    text.extend_from_slice(name.as_bytes());
                    text.extend_from_slice(b" = \"");
                    text.extend_from_slice(line);
                    text.extend_from_slice(b"\" # gate:allow until=2000-01-01");
                }
                text.extend_from_slice(b"\n\n");
            }
            let tally = scan(&text, if alone { "settings.conf" } else { "settings/main.py" });
            assert!(rule.class == Class::Public || !tally.findings.is_empty(), "{}", rule.id);
            let mut said = format!("{tally:?}");
            let outcome = Outcome {
                findings: tally.findings,
                dropped: tally.dropped,
                notes: tally.notes,
                ..Outcome::default()
            };
            for format in [Format::Text, Format::Json, Format::Jsonl, Format::Sarif] {
                for explain in [false, true] {
                    let mut out = Vec::new();
                    let options = Options { explain, version: "0".into(), ..Options::default() };
                    write(format, &outcome, &options, &mut out).unwrap();
                    said.push_str(&String::from_utf8(out).unwrap());
                }
            }
            check_silence(rule, &said, &value, &other);
            check_silence(rule, &said, encoded.as_bytes(), data_encoding::BASE64.encode(&other).as_bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn finders_agree_on_texts(pieces in pieces(24), lead in 0_usize..200) {
        let mut text = vec![b' '; lead];
        text.extend(assemble(&pieces).0);
        check_finders(&text);
    }

    #[test]
    fn finders_agree_on_bytes(text in prop::collection::vec(any::<u8>(), 0..600)) {
        check_finders(&text);
    }

    #[test]
    fn candidates_lose_nothing(pieces in pieces(16), more in any::<u64>()) {
        let (text, mut rules) = assemble(&pieces);
        let random = &mut Random::new(more);
        rules.extend((0..4).map(|_| &builtin()[random.below(builtin().len())]));
        rules.sort_by_key(|rule| rule.id);
        rules.dedup_by_key(|rule| rule.id);
        check_hits(&text, &rules);
    }

    #[test]
    fn windows_find_what_one_look_does(pieces in pieces(40), kept in 64_usize..1500) {
        let mut text = Vec::new();
        for piece in &pieces {
            // longer than the context reaches
            let (line, _) = assemble(std::slice::from_ref(piece));
            if line.len() < 1000 {
                text.extend_from_slice(&line);
                text.push(b'\n');
            }
        }
        for path in ["notes.txt", "app.py"] {
            prop_assert_eq!(
                places(&scan(&text, path)),
                places(&scan_in_windows(&text, path, 4096, kept, 4096))
            );
        }
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        pieces in pieces(16),
        path in prop::sample::select(vec![".env", "a.json", "b.yml", "c.rs", "d", "e.md", "", "tests/x.min.js", "\u{e9}/..", "f.lock"]),
        mark in prop::sample::select(vec![&b""[..], b"\xFF\xFE", b"\xFE\xFF", b"\xEF\xBB\xBF"]),
    ) {
        scan(&bytes, path);
        let text = assemble(&pieces).0;
        scan(&text, path);
        scan(&[mark, &text].concat(), path);
        scan(&[mark, &bytes, &text, &bytes].concat(), path);
        scan_in_windows(&text, path, 40, 37, 50);
    }
}

//! Credentials in the text of a command: found by the scanner, named by rule, never shown.

use std::sync::{Arc, OnceLock};

use zeroize::Zeroizing;

use super::decision::Decision;
use super::model::{Inner, Invocation, Opinion, Part, Reading, Stdin, Word};
use super::request::StoredCredentials;
use crate::blob::Blob;
use crate::finding::Confidence;
use crate::fingerprint::{Hit, Matcher};
use crate::scan::Scanner;
use crate::span::{Position, Span};

/// The scanner is built when the first text wants it.
static SCANNER: OnceLock<Scanner> = OnceLock::new();

/// What was found in a text. Holds what must not be shown, so that it can be left out: no `Debug`.
#[derive(Default)]
pub(crate) struct Material {
    pub(crate) opinions: Vec<Opinion>,
    /// Parts of the text that must not be shown, in order.
    pub(crate) spans: Vec<Span>,
    /// Finds what must not be shown in texts that are put together.
    stored: Arc<Matcher>,
    /// Whether a credential is in words as the program would see them.
    in_words: bool,
    /// What was found, in the request or in words put together.
    values: Vec<Zeroizing<String>>,
}

/// Shorter ones are no secret, and leaving them out would eat words.
const SHORTEST_VALUE: usize = 4;
/// As much of a credential that was put together from pieces is not shown.
const PIECE: usize = 6;

/// Looks for stored credentials, and for what the scanner's rules call a credential.
pub(crate) fn look(text: &[u8], stored: &StoredCredentials) -> Material {
    let mut material = Material { stored: stored.matcher.clone(), ..Material::default() };
    material.opinions.extend(stored.trouble.as_deref().map(unreadable));
    for hit in stored.matcher.finder().find_nested(text) {
        material.remember(text, hit.span);
        material.spans.push(hit.span);
        material.opinions.push(holds(&hit, Some(hit.span)));
    }
    for (span, opinion) in find_by_rules(text) {
        material.remember(text, span);
        material.spans.push(span);
        material.opinions.extend(opinion);
    }
    material.spans.sort_unstable();
    material
}

/// Part of what is known could not be looked at.
fn unreadable(trouble: &str) -> Opinion {
    Opinion {
        id: "stored-unreadable".to_owned(),
        decision: Decision::Ask,
        reason: format!("whether it holds a stored credential could not be told: {trouble}"),
        suggestion: None,
        span: None,
    }
}

/// A stored credential in a command: denied, whatever the command is.
fn holds(hit: &Hit, span: Option<Span>) -> Opinion {
    Opinion {
        id: "stored-credential".to_owned(),
        decision: Decision::Deny,
        reason: format!("holds the stored credential {}", hit.stored.describe()),
        suggestion: Some("let the program read it from where it is kept".to_owned()),
        span,
    }
}

/// What the scanner's rules find in a text, with what is to be said of it; of what is more likely noise, nothing.
fn find_by_rules(text: &[u8]) -> Vec<(Span, Option<Opinion>)> {
    if !worth_a_look(text) {
        return Vec::new();
    }
    let scanner = SCANNER.get_or_init(Scanner::builtin);
    let mut worker = scanner.worker();
    worker.scan(&Blob::new(text, "command.sh"));
    let found = worker.into_tally().findings.into_iter().map(|finding| {
        // a finding without a place hides the whole text
        let start = finding.offset.map_or(0, |offset| offset as usize);
        let end = if finding.offset.is_some() { offset(text, finding.end).max(start) } else { text.len() };
        let span = Span { start, end };
        let opinion = (finding.confidence >= Confidence::Medium).then(|| Opinion {
            id: format!("secret-{}", finding.rule_id),
            decision: Decision::Ask,
            reason: format!("holds what looks like a credential: {}", finding.rule_name),
            suggestion: Some("put it into a file or a variable that the program reads by itself".to_owned()),
            span: Some(span),
        });
        (span, opinion)
    });
    found.collect()
}

/// Whether the text has what any rule of the scanner begins with: a run of token characters, or a name that secrets have.
/// The scanner costs more to build than most commands cost to judge.
fn worth_a_look(text: &[u8]) -> bool {
    let mut run = 0;
    let mut kinds = 0_u8;
    for byte in text {
        let kind = match byte {
            b'a'..=b'z' => 1,
            b'A'..=b'Z' => 2,
            b'0'..=b'9' => 4,
            b'_' | b'+' | b'/' | b'=' | b'.' | b'-' | b'~' => 0,
            _ => {
                run = 0;
                kinds = 0;
                continue;
            }
        };
        run += 1;
        kinds |= kind;
        if run >= 16 && kinds & 4 != 0 && kinds & 3 != 0 {
            return true;
        }
    }
    const NAMES: &[&[u8]] = &[
        b"pass",
        b"pwd",
        b"secret",
        b"token",
        b"key",
        b"auth",
        b"cred",
        b"bearer",
        b"-----begin",
        b"mnemonic",
        b"seed",
        b"://",
    ];
    let lower = text.to_ascii_lowercase();
    // a user and a password in an address
    let address = memchr::memmem::find(&lower, b"://").is_some() && memchr::memchr(b'@', &lower).is_some();
    address
        || NAMES
            .iter()
            .filter(|name| **name != b"://")
            .any(|name| memchr::memmem::find(&lower, name).is_some())
}

fn offset(text: &[u8], position: Position) -> usize {
    let mut start = 0;
    for _ in 1..position.line {
        match memchr::memchr(b'\n', &text[start..]) {
            Some(at) => start += at + 1,
            None => return text.len(),
        }
    }
    (start + position.column as usize - 1).min(text.len())
}

impl Material {
    /// Keeps what stands at a span, so that it is shown nowhere else either.
    fn remember(&mut self, text: &[u8], span: Span) {
        let value = String::from_utf8_lossy(&text[span.range()]);
        if value.len() >= SHORTEST_VALUE {
            self.values.push(Zeroizing::new(value.into_owned()));
        }
    }

    /// Looks for credentials in the words as programs would see them: split by quotes, joined from variables, over
    /// several words, or in what is piped into a command. `request` is the text they come from.
    pub(crate) fn look_at_words(&mut self, request: &str, all: &[(Invocation, Reading)]) -> Vec<Opinion> {
        let mut opinions: Vec<Opinion> = Vec::new();
        let stored = self.stored.clone();
        let mut finder = (!stored.is_empty()).then(|| stored.finder());
        for (invocation, reading) in all {
            let mut texts: Vec<Zeroizing<String>> = Vec::new();
            let words = || {
                let set = invocation.environment.iter().map(|(_, word)| word);
                let files = invocation.redirects.iter().map(|redirect| &redirect.target);
                invocation.words.iter().chain(set).chain(files)
            };
            // what stands in the request as it is was looked at there
            let mut assembled = false;
            let mut take = |word: &Word| {
                let text = known_text(word);
                let source = word.span.and_then(|span| request.get(span.range())).unwrap_or_default();
                assembled |= !source.contains(text.as_str());
                texts.push(text);
            };
            words().for_each(&mut take);
            if let Stdin::Text(word) = &invocation.stdin {
                take(word);
            }
            for inner in &reading.inner {
                if let Inner::Shell { text, .. } = inner {
                    take(text);
                }
            }
            if assembled {
                let joined = |between: &str| {
                    let texts: Vec<&str> = texts.iter().map(|text| text.as_str()).collect();
                    Zeroizing::new(texts.join(between))
                };
                for text in [joined(" "), joined("")] {
                    for (span, opinion) in find_by_rules(text.as_bytes()) {
                        self.in_words = true;
                        self.remember(text.as_bytes(), span);
                        opinions.extend(opinion.map(|opinion| Opinion { span: invocation.span, ..opinion }));
                    }
                }
            }
            let Some(finder) = &mut finder else { continue };
            // each word by itself, and all of them as one
            texts.push(Zeroizing::new(words().map(known_text).fold(String::new(), |all, text| all + &text)));
            for text in texts {
                for hit in finder.find_nested(text.as_bytes()) {
                    self.in_words = true;
                    self.remember(text.as_bytes(), hit.span);
                    opinions.push(holds(&hit, invocation.span));
                }
            }
        }
        // asked last: what is opened when it is needed may turn out to be damaged
        opinions.extend(stored.trouble().map(unreadable));
        opinions
    }

    /// A text that is put together from words, if nothing in it must be hidden; else what may be shown of it.
    pub(crate) fn shown(&self, mut text: String) -> String {
        if !self.in_words && self.spans.is_empty() {
            return text;
        }
        if !self.stored.finder().find_nested(text.as_bytes()).is_empty() {
            return "…".to_owned();
        }
        for value in &self.values {
            text = text.replace(value.as_str(), "…");
        }
        // a line of shell within the request may hold it in pieces
        let piece_of = |value: &Zeroizing<String>| {
            value
                .as_bytes()
                .windows(PIECE)
                .any(|piece| memchr::memmem::find(text.as_bytes(), piece).is_some())
        };
        if self.in_words && self.values.iter().any(piece_of) {
            return "…".to_owned();
        }
        Self::mask_other(&text)
    }

    /// A text of the request without what must not be shown. `base` is where it begins in the request.
    pub(crate) fn mask(&self, text: &str, base: usize) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut at = 0;
        for span in &self.spans {
            let start = span.start.saturating_sub(base).min(text.len());
            let end = span.end.saturating_sub(base).min(text.len());
            if end <= at || start >= text.len() || span.end <= base {
                continue;
            }
            let (start, end) = (floor(text, start.max(at)), ceiling(text, end));
            shown.push_str(&text[at..start]);
            shown.push('…');
            at = end;
        }
        shown.push_str(&text[at..]);
        shown
    }

    /// A text that is not the request's own: looked at by itself.
    pub(crate) fn mask_other(text: &str) -> String {
        let spans: Vec<Span> = find_by_rules(text.as_bytes()).into_iter().map(|(span, _)| span).collect();
        if spans.is_empty() {
            return text.to_owned();
        }
        let mut material = Self { spans, ..Self::default() };
        material.spans.sort_unstable();
        material.mask(text, 0)
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceiling(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// The parts of a word that are known, joined.
fn known_text(word: &Word) -> Zeroizing<String> {
    let known = word.parts.iter().map(|part| match part {
        Part::Text(text) | Part::Glob(text) => text.as_str(),
        Part::Unknown { .. } => "",
    });
    Zeroizing::new(known.collect())
}

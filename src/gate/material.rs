//! Credentials in the text of a command: found by the scanner, named by rule, never shown.

use std::sync::{Arc, OnceLock};

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

/// What was found in a text.
#[derive(Debug, Default)]
pub(crate) struct Material {
    pub(crate) opinions: Vec<Opinion>,
    /// Parts of the text that must not be shown, in order.
    pub(crate) spans: Vec<Span>,
    /// Finds what must not be shown in texts that are put together.
    stored: Arc<Matcher>,
    /// Whether a stored credential is in words as the program would see them.
    in_words: bool,
}

/// Looks for stored credentials, and for what the scanner's rules call a credential.
pub(crate) fn look(text: &[u8], stored: &StoredCredentials) -> Material {
    let mut material = Material { stored: stored.matcher.clone(), ..Material::default() };
    if let Some(trouble) = &stored.trouble {
        material.opinions.push(Opinion {
            id: "stored-unreadable".to_owned(),
            decision: Decision::Ask,
            reason: format!("whether it holds a stored credential could not be told: {trouble}"),
            suggestion: None,
            span: None,
        });
    }
    for hit in stored.matcher.scan_text(text) {
        material.spans.push(hit.span);
        material.opinions.push(holds(&hit, Some(hit.span)));
    }
    look_by_rules(text, &mut material);
    material.spans.sort_unstable();
    material
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

fn look_by_rules(text: &[u8], material: &mut Material) {
    if !worth_a_look(text) {
        return;
    }
    let scanner = SCANNER.get_or_init(Scanner::builtin);
    let mut worker = scanner.worker();
    worker.scan(&Blob::new(text, "command.sh"));
    for finding in worker.into_tally().findings {
        // a finding without a place hides the whole text
        let start = finding.offset.map_or(0, |offset| offset as usize);
        let end = if finding.offset.is_some() { offset(text, finding.end).max(start) } else { text.len() };
        let span = Span { start, end };
        material.spans.push(span);
        if finding.confidence < Confidence::Medium {
            continue;
        }
        material.opinions.push(Opinion {
            id: format!("secret-{}", finding.rule_id),
            decision: Decision::Ask,
            reason: format!("holds what looks like a credential: {}", finding.rule_name),
            suggestion: Some("put it into a file or a variable that the program reads by itself".to_owned()),
            span: Some(span),
        });
    }
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
    /// Looks for stored credentials in the words as programs would see them: split by quotes, joined from variables,
    /// over several words, or in what is piped into a command.
    pub(crate) fn look_at_words(&mut self, all: &[(Invocation, Reading)]) -> Vec<Opinion> {
        let mut opinions = Vec::new();
        if self.stored.is_empty() {
            return opinions;
        }
        let mut finder = self.stored.finder();
        for (invocation, reading) in all {
            let mut texts: Vec<String> = Vec::new();
            let words = || {
                let set = invocation.environment.iter().map(|(_, word)| word);
                let files = invocation.redirects.iter().map(|redirect| &redirect.target);
                invocation.words.iter().chain(set).chain(files)
            };
            // each word by itself, and all of them as one
            texts.extend(words().map(known_text));
            texts.push(words().map(known_text).collect());
            if let Stdin::Text(word) = &invocation.stdin {
                texts.push(known_text(word));
            }
            texts.extend(reading.inner.iter().filter_map(|inner| match inner {
                Inner::Shell { text, .. } => Some(known_text(text)),
                _ => None,
            }));
            for text in texts {
                for hit in finder.find(text.as_bytes()) {
                    self.in_words = true;
                    opinions.push(holds(&hit, invocation.span));
                }
            }
        }
        opinions
    }

    /// A text that is put together from words, if nothing in it must be hidden; else what may be shown of it.
    pub(crate) fn shown(&self, text: String) -> String {
        if !self.in_words && self.spans.is_empty() {
            return text;
        }
        if !self.stored.scan_text(text.as_bytes()).is_empty() {
            return "…".to_owned();
        }
        if self.spans.is_empty() { text } else { Self::mask_other(&text) }
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
        let material = look(text.as_bytes(), &StoredCredentials::default());
        if material.spans.is_empty() { text.to_owned() } else { material.mask(text, 0) }
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
fn known_text(word: &Word) -> String {
    let known = word.parts.iter().map(|part| match part {
        Part::Text(text) | Part::Glob(text) => text.as_str(),
        Part::Unknown { .. } => "",
    });
    known.collect()
}

//! Detectors: what no single pattern can say. Each begins at an anchor and answers with a [`Match`], or nothing.

pub(crate) mod assign;
pub(crate) mod assigned;
pub(crate) mod header;
pub(crate) mod jwk;
pub(crate) mod mnemonic;
pub(crate) mod name;
pub(crate) mod password;
pub(crate) mod pem;
pub(crate) mod putty;
pub(crate) mod token;
pub(crate) mod url;

use std::cell::{OnceCell, RefCell};

use crate::finding::{Confidence, Reason};
use crate::rules::Rule;
use crate::scan::matches::{Match, Rank, Verdict};
use crate::span::Span;

use super::filter::file_kind::{FileKind, Syntax};

/// A text and what detectors know of its surroundings; each thing is found out when first asked for, as most files
/// never need it.
pub(crate) struct Context<'t> {
    /// The text.
    pub text: &'t [u8],
    path: &'t str,
    kind: OnceCell<FileKind>,
    binary: OnceCell<bool>,
    far: RefCell<Vec<Span>>,
}

/// How many bytes at the start of a file tell whether it is binary, as in git.
const BINARY_HEAD: usize = 8000;

impl<'t> Context<'t> {
    /// A text in the file at `path`, known to be binary or not, or to be found out.
    pub(crate) fn new(text: &'t [u8], path: &'t str, binary: Option<bool>) -> Self {
        let binary = binary.map_or_else(OnceCell::new, OnceCell::from);
        Self { text, path, kind: OnceCell::new(), binary, far: RefCell::new(Vec::new()) }
    }

    /// Another text of the same file, such as a decoded part of it.
    pub(crate) fn within<'u>(&self, text: &'u [u8]) -> Context<'u>
    where
        't: 'u,
    {
        let binary = OnceCell::from(false);
        let kind = match text.starts_with(b"{\"version\":3") {
            // the map of a bundle, at its end
            true => OnceCell::from(FileKind { generated: true, ..self.kind() }),
            false => self.kind.clone(),
        };
        Context { text, path: self.path, kind, binary, far: RefCell::new(Vec::new()) }
    }

    /// Notes that a judgement depends on bytes further away than [`super::reach`] allows for, other than those of its own
    /// lines. Every detector that looks so far must say so: a change there is a reason to look again.
    pub(crate) fn looks_far(&self, from: usize, to: usize) {
        let span = Span::new(from, to.min(self.text.len()));
        let mut far = self.far.borrow_mut();
        match far.last_mut() {
            // hostile text may say so at every other byte
            Some(last) if (last.start..=last.end).contains(&from) => last.end = last.end.max(span.end),
            _ => far.push(span),
        }
    }

    /// What [`Context::looks_far`] noted.
    pub(crate) fn into_far(self) -> Vec<Span> {
        self.far.into_inner()
    }

    /// What the file is, by its name.
    pub(crate) fn kind(&self) -> FileKind {
        *self.kind.get_or_init(|| FileKind::of(self.path))
    }

    /// How values are written in it.
    pub(crate) fn syntax(&self) -> Syntax {
        self.kind().syntax
    }

    /// Whether it is binary: names and quotes mean nothing there.
    pub(crate) fn binary(&self) -> bool {
        *self
            .binary
            .get_or_init(|| memchr::memchr(0, &self.text[..self.text.len().min(BINARY_HEAD)]).is_some())
    }
}

/// What an anchor leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detector {
    /// A name of a secret: what is assigned to it.
    Assigned,
    /// The name of a function that takes a password.
    Call,
    /// `".toCharArray(`: how Java takes passwords.
    Chars,
    /// `@tcp(`: the address after a user and a password.
    Dsn,
    /// `://`: user info in a URL.
    Url,
    /// `Bearer `.
    Bearer,
    /// `Basic `.
    Basic,
    /// `-----BEGIN`.
    Pem,
    /// `PuTTY-User-Key-File-`.
    Putty,
    /// `"kty`.
    Jwk,
    /// `mnemonic`, `seed phrase`.
    Mnemonic,
    /// An escape that may hide a whole token or URL.
    Escape,
}

/// The anchors of the built-in detectors, in lower case.
pub(crate) const ANCHORS: &[(&str, Detector)] = &[
    ("pass", Detector::Assigned),
    ("pwd", Detector::Assigned),
    ("secret", Detector::Assigned),
    ("token", Detector::Assigned),
    ("key", Detector::Assigned),
    ("auth", Detector::Assigned),
    ("cred", Detector::Assigned),
    ("salt", Detector::Assigned),
    ("nonce", Detector::Assigned),
    ("jwt", Detector::Assigned),
    ("psk", Detector::Assigned),
    ("identified by ", Detector::Assigned),
    ("connect(", Detector::Call),
    ("getconnection(", Detector::Call),
    ("login(", Detector::Call),
    ("create_user(", Detector::Call),
    ("create_superuser(", Detector::Call),
    ("mysqli(", Detector::Call),
    ("pdo(", Detector::Call),
    ("@tcp(", Detector::Dsn),
    ("\".tochararray(", Detector::Chars),
    ("pw:", Detector::Assigned),
    ("pw=", Detector::Assigned),
    ("pw =", Detector::Assigned),
    ("://", Detector::Url),
    (":\\/\\/", Detector::Escape),
    ("%3a%2f%2f", Detector::Escape),
    ("\\u00", Detector::Escape),
    ("bearer ", Detector::Bearer),
    ("basic ", Detector::Basic),
    ("-----begin ", Detector::Pem),
    ("---- begin ", Detector::Pem),
    ("putty-user-key-file-", Detector::Putty),
    ("\"kty", Detector::Jwk),
    ("mnemonic", Detector::Mnemonic),
    ("seed phrase", Detector::Mnemonic),
];

/// The built-in rule named `id`.
///
/// Detectors name their rules; a test sees to it that all exist.
pub(crate) fn rule(id: &str) -> &'static Rule {
    let rules = crate::rules::builtin();
    match rules.binary_search_by(|rule| rule.id.cmp(id)) {
        Ok(at) => &rules[at],
        Err(_) => unreachable!("no built-in rule named {id}"),
    }
}

/// A reason of a detector.
pub(crate) fn reason(filter: &'static str, text: impl Into<String>) -> Reason {
    Reason { filter, text: text.into() }
}

impl Match {
    /// A match of a built-in detector.
    pub(crate) fn placed(id: &str, secret: Span, rank: Rank, verdict: Verdict) -> Self {
        let rule = rule(id);
        Self {
            rule,
            secret,
            rank,
            severity: rule.severity,
            verdict,
            guessable: true,
            decoded: Vec::new(),
            reasons: Vec::new(),
            plain: None,
            group: 0,
        }
    }
}

/// One step less confident.
pub(crate) fn lower(confidence: Confidence) -> Confidence {
    match confidence {
        Confidence::High => Confidence::Medium,
        _ => Confidence::Low,
    }
}

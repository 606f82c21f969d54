//! Detectors: what no single pattern can say. Each begins at an anchor and answers with a [`Match`], or nothing.

pub(crate) mod assign;
pub(crate) mod assigned;
pub(crate) mod header;
pub(crate) mod jwk;
pub(crate) mod mnemonic;
pub(crate) mod name;
pub(crate) mod pem;
pub(crate) mod putty;
pub(crate) mod token;
pub(crate) mod url;

use crate::finding::{Confidence, Reason};
use crate::rules::Rule;
use crate::scan::matches::{Match, Rank, Verdict};
use crate::span::Span;

use super::filter::file_kind::FileKind;

/// A text and what detectors know of its surroundings.
#[derive(Clone, Copy)]
pub(crate) struct Context<'t> {
    /// The text.
    pub text: &'t [u8],
    /// What the file is.
    pub kind: FileKind,
    /// Whether the file is binary: bare words and quotes mean nothing there.
    pub binary: bool,
}

/// What an anchor leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detector {
    /// A name of a secret: what is assigned to it.
    Assigned,
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
    ("psw", Detector::Assigned),
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
        Self { rule, secret, rank, severity: rule.severity, verdict, guessable: true, decoded: Vec::new(), reasons: Vec::new() }
    }
}

/// One step less confident.
pub(crate) fn lower(confidence: Confidence) -> Confidence {
    match confidence {
        Confidence::High => Confidence::Medium,
        _ => Confidence::Low,
    }
}

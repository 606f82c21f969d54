//! What was found, redacted by construction: a [`Finding`] never holds the bytes of a secret.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::fingerprint::Stored;
use crate::span::Position;
use crate::stable_id::Identity;

/// The rule of findings that are credentials stored on this machine. It is no rule of `rules/`, and cannot be disabled.
pub const STORED_RULE: &str = "stored-credential";

/// How bad it is when the credential is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Little can be done with it.
    Low,
    /// Limited, short-lived or still protected.
    Medium,
    /// Opens an account or a service.
    High,
    /// Opens everything.
    Critical,
}

/// How sure the scanner is that the credential is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// More likely noise; not shown by default.
    Low,
    /// More likely real than not.
    Medium,
    /// A distinctive shape, a checksum or clear context.
    High,
}

/// How a secret was written where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Base64, standard or URL alphabet.
    Base64,
    /// Hexadecimal digits.
    Hex,
    /// `%41` escapes of URLs and forms.
    Percent,
    /// `\u0041`, `\x41` and the other backslash escapes of JSON and source code.
    Escape,
    /// UTF-16 with a byte order mark.
    Utf16,
}

macro_rules! lowercase_display {
    ($($name:ident { $($variant:ident => $text:literal),+ $(,)? })+) => {$(
        impl $name {
            /// The lower-case name used in reports and settings.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    )+};
}

lowercase_display! {
    Severity { Low => "low", Medium => "medium", High => "high", Critical => "critical" }
    Confidence { Low => "low", Medium => "medium", High => "high" }
    Encoding {
        Base64 => "base64", Hex => "hex", Percent => "percent", Escape => "escape", Utf16 => "utf16",
    }
}

/// One step of the judgement, in words, for `--explain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The filter or validator that spoke, such as `placeholder` or `crc32-base62-body`.
    pub filter: &'static str,
    /// What it said, without any byte of the secret.
    pub text: String,
}

/// Where in a history a secret was first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitPlace {
    /// The first commit that held it; empty when no commit does.
    pub id: String,
    /// Its author, `Name <address>`.
    pub author: String,
    /// When it was written, in UTC: `2027-01-31T12:00:00Z`.
    pub date: String,
    /// The blob, or the commit or tag whose message it is.
    pub object: String,
    /// What became of it; `None` where that was not looked for.
    pub standing: Option<Standing>,
}

impl CommitPlace {
    /// The first 12 digits of the commit's id; `None` when no commit holds it.
    pub fn short(&self) -> Option<&str> {
        self.id.get(..12)
    }

    /// Commit, day and author in one line: `commit 0123456789ab, 2027-01-31, Name <address>`; of a tag's message, the
    /// tag in the commit's place; else the object.
    pub fn in_words(&self) -> String {
        let object = self.object.get(..12).unwrap_or_default();
        let what = match self.short() {
            Some(id) => format!("commit {id}"),
            None if self.author.is_empty() => return format!("in no commit, object {object}"),
            None => format!("tag {object}"),
        };
        format!("{what}, {}, {}", self.date.get(..10).unwrap_or_default(), self.author)
    }
}

/// Where a secret of the past stands today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether the files of HEAD hold it, under its path or another.
    pub in_head: bool,
    /// Whether any ref, HEAD or stash leads to its commit; if not, only the objects are left.
    pub reachable: bool,
    /// The branches that lead to its commit, those of remotes too, sorted.
    pub branches: Vec<String>,
}

impl Standing {
    /// In a few words.
    pub fn in_words(&self) -> &'static str {
        match (self.in_head, self.reachable) {
            (true, _) => "still in HEAD",
            (false, true) => "not in HEAD",
            (false, false) => "only in unreachable objects",
        }
    }
}

/// One credential at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable id, free of places: see [`crate::stable_id`].
    pub id: String,
    /// The same for the same secret of the same rule in this run, and for no other; not for reports.
    pub identity: Identity,
    /// The rule that found it.
    pub rule_id: Arc<str>,
    /// The rule's name with its provider, such as `GitHub personal access token (classic)`.
    pub rule_name: Arc<str>,
    /// What the holder of the credential can do: the rule's `why`.
    pub why: Arc<str>,
    /// How to revoke or replace it: the rule's `revoke`.
    pub remedy: Arc<str>,
    /// How bad it is when real.
    pub severity: Severity,
    /// How sure the scanner is.
    pub confidence: Confidence,
    /// Path relative to the scan root, with `/`.
    pub path: Arc<str>,
    /// Offset of the first byte in the file; `None` where only a part of it was seen, as in a diff.
    pub offset: Option<u64>,
    /// Place of the first byte.
    pub start: Position,
    /// Place just after the last byte (SARIF's convention: exclusive end column).
    pub end: Position,
    /// The columns of `start` and `end` in UTF-16 code units, from 1, for reports whose readers count so (SARIF);
    /// `None` where they are not known: the line begins before the window, or the file is not UTF-8.
    /// See [`crate::span::LineCounter::utf16_column`].
    pub columns_utf16: Option<(u64, u64)>,
    /// Encodings around the secret, the outermost first; the place is that of the encoded text.
    pub decoded: Vec<Encoding>,
    /// The rule's public prefix, if any, and the length: `ghp_… (40 bytes)`.
    pub masked: String,
    /// Which stored credential it is; only with the rule `stored-credential`.
    pub stored: Option<Arc<Stored>>,
    /// How the judgement came about; filled only for `--explain`.
    pub reasons: Vec<Reason>,
    /// Where in the history it was first; `None` for files.
    pub commit: Option<Box<CommitPlace>>,
}

impl Finding {
    /// The order of reports: by path, then place, then rule.
    pub fn sort_key(&self) -> (&str, Position, &str, &[Encoding]) {
        (&self.path, self.start, &self.rule_id, &self.decoded)
    }
}

/// A candidate that a filter dropped or an allow entry silenced, for `--explain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The rule that had matched.
    pub rule_id: Arc<str>,
    /// Path relative to the scan root, with `/`.
    pub path: Arc<str>,
    /// Offset of the first byte in the file.
    pub offset: u64,
    /// Place of the first byte.
    pub start: Position,
    /// Which filter decided, and why.
    pub reason: Reason,
}

/// Something that was not looked at, or not wholly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// Path relative to the scan root, with `/`.
    pub path: String,
    /// Why, in words.
    pub reason: String,
    /// Whether the user asked for it (excludes, size cap) or it makes coverage incomplete (unreadable, changed).
    pub expected: bool,
}

/// What was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Files scanned.
    pub files: u64,
    /// Bytes scanned.
    pub bytes: u64,
    /// What was left out, sorted by path.
    pub skipped: Vec<Skipped>,
}

impl Coverage {
    /// Whether everything that should have been looked at was.
    pub fn complete(&self) -> bool {
        self.skipped.iter().all(|skipped| skipped.expected)
    }
}

/// A whole run, ready to be reported.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Findings to show, sorted.
    pub findings: Vec<Finding>,
    /// Candidates that were dropped, sorted; filled only for `--explain`.
    pub dropped: Vec<Dropped>,
    /// What was looked at.
    pub coverage: Coverage,
    /// Findings not shown because their confidence is below the threshold.
    pub below_threshold: u64,
    /// Findings silenced by allow entries and inline comments.
    pub allowed: u64,
    /// Findings that were known: there before the change that was looked at, or in the baseline.
    pub known: u64,
    /// Things the user should know: unused or expired allow entries, nothing scanned, and the like. One line each.
    pub notes: Vec<String>,
}

//! What is kept beside the hashes of a credential: where it came from, what it opens, when it was seen.

use serde::{Deserialize, Serialize};

/// One stored credential. Holds nothing of its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The name that reports give, unique in a store.
    pub label: String,
    /// Id of the store that it was read from, such as `aws`; `own` for entries of the user's own.
    pub source: String,
    /// The file and field that it was read from, with `~` for the home folder; empty for own entries.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// What it opens: a URL, a host or an environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Whose it is: an account or profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// What kind of value it is, such as `access-token`; empty when that is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Bytes of the value.
    pub length: u64,
    /// Day of the first sight, in days since 1970.
    pub first_seen: u32,
    /// Day of the last sight.
    pub last_seen: u32,
    /// Day on which another value was found in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated: Option<u32>,
    /// When it expires, in seconds since 1970, where its store says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<i64>,
    /// Whether it could be guessed: never exported.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub weak: bool,
    /// Which value of the store it is.
    pub(super) value: u32,
}

impl Record {
    /// An entry seen first on the day `today`.
    pub fn new(label: &str, source: &str, today: u32) -> Self {
        Self {
            label: label.to_owned(),
            source: source.to_owned(),
            place: String::new(),
            scope: None,
            profile: None,
            kind: String::new(),
            length: 0,
            first_seen: today,
            last_seen: today,
            rotated: None,
            expires: None,
            weak: false,
            value: 0,
        }
    }
}

/// What a report says of the credential that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
pub struct Stored {
    /// The entry's name.
    pub label: String,
    /// Id of the store that it was read from.
    pub source: String,
    /// What it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Whether another value has taken its place since.
    pub rotated: bool,
    /// Names of other entries with the same value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

impl Stored {
    /// From all records of one value: one that is still in use speaks, the others are named.
    pub(super) fn of(records: &[&Record]) -> Self {
        let mut sorted = records.to_vec();
        sorted.sort_by_key(|record| (record.rotated.is_some(), record.source != "own", record.label.clone()));
        let Some((first, others)) = sorted.split_first() else {
            return Self {
                label: "a stored credential".to_owned(),
                source: "unknown".to_owned(),
                ..Self::default()
            };
        };
        Self {
            label: first.label.clone(),
            source: first.source.clone(),
            scope: first.scope.clone(),
            profile: first.profile.clone(),
            rotated: first.rotated.is_some(),
            also: others.iter().map(|record| record.label.clone()).collect(),
        }
    }

    /// In one line: `"prod db" (own, scope production, profile alice)`.
    pub fn describe(&self) -> String {
        let mut text = format!("\"{}\" (from {}", self.label, self.source);
        if let Some(scope) = &self.scope {
            text += &format!(", scope {scope}");
        }
        if let Some(profile) = &self.profile {
            text += &format!(", profile {profile}");
        }
        if self.rotated {
            text += ", rotated since";
        }
        text.push(')');
        text
    }
}

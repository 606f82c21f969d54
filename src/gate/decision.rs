//! The three answers.

use serde::{Deserialize, Serialize};

/// What is to become of a command. Later is stricter: the strictest of all matches wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It may run.
    Allow,
    /// A person is to be asked first.
    Ask,
    /// It may not run.
    Deny,
}

impl Decision {
    /// The lower-case name used in reports and settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

//! Names of objects.

use std::fmt;
use std::str::FromStr;

/// The SHA-1 name of an object.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid([u8; 20]);

impl Oid {
    /// Bytes in a name.
    pub const LENGTH: usize = 20;

    /// The name with these bytes.
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The name that `bytes` begin with, if they are long enough.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        bytes.first_chunk().map(|bytes| Self(*bytes))
    }

    /// The name in hexadecimal at the start of `text`.
    pub fn read_hex(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; 20];
        for (byte, pair) in bytes.iter_mut().zip(text.get(..40)?.chunks_exact(2)) {
            *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// The bytes.
    pub const fn bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Whether it is the name of nothing, as hooks write for a ref that is made or deleted.
    pub fn is_null(&self) -> bool {
        self.0 == [0; 20]
    }

    /// The first twelve digits: enough for people.
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}

pub(super) fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Oid {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.len() != 40 {
            return Err(());
        }
        Self::read_hex(text.as_bytes()).ok_or(())
    }
}

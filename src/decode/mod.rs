//! Decoders for text that hides other text: base64, hexadecimal, percent and backslash escapes, UTF-16.
//!
//! All are bounded by their input (none grows it), stop at the first byte that is not theirs, and report what they
//! read, so that a hostile input is never read twice by the same decoder.

pub(crate) mod base64;
pub(crate) mod escape;
pub(crate) mod hex;
pub(crate) mod utf16;

/// Text taken out of an encoding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// The text.
    pub text: Vec<u8>,
    /// How many bytes of the encoded form were read.
    pub read: usize,
}

/// Whether a byte may stand in decoded text worth scanning.
///
/// Bytes of 128 and more may: passwords are UTF-8. The first bytes decide by [`is_plain`].
pub(crate) fn is_textual(byte: u8) -> bool {
    byte >= 0x20 && byte != 0x7F || matches!(byte, b'\t' | b'\n' | b'\r' | 0)
}

/// Whether a byte is printable ASCII or white space.
pub(crate) fn is_plain(byte: u8) -> bool {
    (0x20..0x7F).contains(&byte) || matches!(byte, b'\t' | b'\n' | b'\r')
}

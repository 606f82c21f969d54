//! Inflating: small objects at once, which is quickest, large ones and odd streams in steps.

use std::io::{self, Read};

use flate2::bufread::ZlibDecoder;
use libdeflater::Decompressor;

use super::{Error, Result};

/// Inflates; one per thread.
pub(super) struct Inflater {
    at_once: Decompressor,
}

impl Inflater {
    pub(super) fn new() -> Self {
        Self { at_once: Decompressor::new() }
    }

    /// Inflates the stream that `input` begins with to exactly the length of `into`. `false`: it is damaged, has another
    /// length, or goes on past `input`.
    pub(super) fn inflate(&mut self, input: &[u8], into: &mut [u8]) -> bool {
        self.at_once.zlib_decompress(input, into).is_ok_and(|length| length == into.len())
    }
}

impl std::fmt::Debug for Inflater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Inflater")
    }
}

/// A stream of exactly `size` bytes, or an error at its end.
pub(super) struct Exactly<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Exactly<R> {
    pub(super) fn new(inner: R, size: u64) -> Self {
        Self { inner, left: size }
    }

    /// All of it.
    pub(super) fn whole(mut self) -> Result<Vec<u8>> {
        let mut data = Vec::with_capacity(self.left as usize);
        self.read_to_end(&mut data).map_err(|error| Error::corrupt(error.to_string()))?;
        Ok(data)
    }
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            // the checksum at the end is looked at only by reading on
            return match self.inner.read(&mut [0; 1]) {
                Ok(0) => Ok(0),
                Ok(_) => Err(io::Error::other("an object is longer than it says")),
                Err(error) => Err(error),
            };
        }
        let most = into.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.inner.read(&mut into[..most])?;
        if read == 0 {
            return Err(io::Error::other("an object is shorter than it says"));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

/// Inflates step by step.
pub(super) fn stream<R: io::BufRead>(input: R) -> ZlibDecoder<R> {
    ZlibDecoder::new(input)
}

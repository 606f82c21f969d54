//! What a history needs of a scanner.

use std::io::Read;

use crate::finding::Finding;
use crate::git::{Error, Result};
use crate::source::Sink;
use crate::source::read::Buffer;
use crate::span::Span;

/// Looks at texts for one thread.
pub trait Examiner: Sink + Sized {
    /// What a whole text holds, in the order of places. Adds to `far` the stretches that this depends on beyond the near
    /// surroundings of each place.
    fn whole(&mut self, text: &[u8], path: &str, far: &mut Vec<Span>) -> Vec<Finding>;

    /// Whether the text may hold something that begins in `within`: whole lines. "No" must be sure. `far` as before.
    fn may_hold(&mut self, text: &[u8], path: &str, binary: bool, within: Span, far: &mut Vec<Span>) -> bool;

    /// What was found in the blobs that it took as a [`Sink`], since the last time.
    fn take(&mut self) -> Vec<Finding>;

    /// Whether the same text means the same under both paths.
    fn judges_alike(&self, one: &str, other: &str) -> bool;

    /// Stands for the kind of file that a path is: a text in which nothing is found under one path holds nothing under
    /// any other of the same kind. Never 255.
    fn kind_of(path: &str) -> u8;

    /// How much there is to tell so far beside findings: what was allowed, marks that are wrong, trouble.
    fn marks(&self) -> u64;

    /// How many bytes before and after a change may matter, beyond the lines it is on.
    fn reach(&self) -> (usize, usize);

    /// What a text holds that is too large for memory.
    ///
    /// # Errors
    /// It cannot be read to its end.
    fn stream(&mut self, mut text: &mut (dyn Read + '_), path: &str, size: u64) -> Result<Vec<Finding>> {
        let passed = Buffer::default().pass(&mut text, path, None, self);
        let findings = self.take();
        match passed.error {
            Some(error) => Err(Error::Corrupt(error.to_string())),
            None if passed.bytes != size => {
                Err(Error::Corrupt("it has another size than it says".to_owned()))
            }
            None => Ok(findings),
        }
    }
}

/// Where a finding ends in its text, found from its lines and columns.
pub(super) fn end_of(text: &[u8], finding: &Finding) -> usize {
    let start = (finding.offset.unwrap_or(0) as usize).min(text.len());
    let lines = finding.end.line.saturating_sub(finding.start.line) as usize;
    let end = match lines {
        0 => start + finding.end.column.saturating_sub(finding.start.column) as usize,
        _ => memchr::memchr_iter(b'\n', &text[start..])
            .nth(lines - 1)
            .map_or(text.len(), |newline| start + newline + finding.end.column as usize),
    };
    end.clamp((start + 1).min(text.len()), text.len())
}

/// Whether a text is binary, as git has it.
pub(super) fn is_binary(text: &[u8]) -> bool {
    memchr::memchr(0, &text[..text.len().min(8000)]).is_some()
}

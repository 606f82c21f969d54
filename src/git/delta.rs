//! Deltas: an object as pieces of another, its base, and new bytes.

use super::{Error, Result};

/// A delta, its two sizes read.
#[derive(Clone, Copy, Debug)]
pub struct Delta<'d> {
    /// Bytes of the base.
    pub base_size: u64,
    /// Bytes of the result.
    pub size: u64,
    instructions: &'d [u8],
}

/// A step of a delta: where the next bytes of the result come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'d> {
    /// So many bytes of the base from this offset.
    Copy {
        /// Offset in the base.
        from: usize,
        /// Bytes.
        length: usize,
    },
    /// These bytes.
    Insert(&'d [u8]),
}

fn malformed() -> Error {
    Error::corrupt("a delta is malformed")
}

impl<'d> Delta<'d> {
    /// Reads the sizes.
    ///
    /// # Errors
    /// They are cut off or too large for 64 bits.
    pub fn parse(data: &'d [u8]) -> Result<Self> {
        let mut rest = data;
        let base_size = varint(&mut rest).ok_or_else(malformed)?;
        let size = varint(&mut rest).ok_or_else(malformed)?;
        Ok(Self { base_size, size, instructions: rest })
    }

    /// Calls `each` with every step and its offset in the result. Checked: all copies lie in the base, and the result
    /// has its size.
    ///
    /// # Errors
    /// The delta is malformed or made for another base.
    pub fn steps(&self, base_size: usize, mut each: impl FnMut(usize, Step<'d>)) -> Result<()> {
        if self.base_size != base_size as u64 {
            return Err(Error::corrupt("a delta has a base of another size"));
        }
        let mut rest = self.instructions;
        let mut at = 0_u64;
        while let Some((&code, after)) = rest.split_first() {
            rest = after;
            let step = if code & 0x80 != 0 {
                let mut number = |bits: u8, bytes: u32| {
                    (0..bytes).filter(|byte| bits >> byte & 1 == 1).try_fold(0_usize, |number, byte| {
                        let (&next, after) = rest.split_first()?;
                        rest = after;
                        Some(number | usize::from(next) << (8 * byte))
                    })
                };
                let from = number(code & 0x0F, 4).ok_or_else(malformed)?;
                let length = number(code >> 4 & 0x07, 3).ok_or_else(malformed)?;
                let length = if length == 0 { 0x1_0000 } else { length };
                if from.checked_add(length).is_none_or(|end| end > base_size) {
                    return Err(Error::corrupt("a delta copies what its base has not"));
                }
                Step::Copy { from, length }
            } else {
                if code == 0 || usize::from(code) > rest.len() {
                    return Err(malformed());
                }
                let (bytes, after) = rest.split_at(usize::from(code));
                rest = after;
                Step::Insert(bytes)
            };
            let length = match step {
                Step::Copy { length, .. } => length,
                Step::Insert(bytes) => bytes.len(),
            };
            if at + length as u64 > self.size {
                return Err(Error::corrupt("a delta makes more than it says"));
            }
            each(at as usize, step);
            at += length as u64;
        }
        if at != self.size {
            return Err(Error::corrupt("a delta makes less than it says"));
        }
        Ok(())
    }

    /// Makes the result of `base`, replacing what is in `into`.
    ///
    /// # Errors
    /// As [`Delta::steps`].
    pub fn apply(&self, base: &[u8], into: &mut Vec<u8>) -> Result<()> {
        into.clear();
        into.reserve(usize::try_from(self.size).map_err(|_| malformed())?);
        self.steps(base.len(), |_, step| match step {
            Step::Copy { from, length } => into.extend_from_slice(&base[from..from + length]),
            Step::Insert(bytes) => into.extend_from_slice(bytes),
        })
    }
}

/// A number in groups of seven bits, the lowest first.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        let bits = u64::from(byte & 0x7F);
        if shift == 63 && bits > 1 {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(delta: &[u8], base: &[u8], expected: Option<&[u8]>) {
        let mut into = b"old".to_vec();
        let done = Delta::parse(delta).and_then(|delta| delta.apply(base, &mut into));
        assert_eq!(done.is_ok().then_some(&into[..]), expected, "{delta:?}");
    }

    #[test]
    fn deltas_copy_and_insert() {
        check(&[6, 7, 0x91, 2, 4, 3, b'x', b'y', b'z'], b"abcdef", Some(b"cdefxyz"));
        check(&[6, 0], b"abcdef", Some(b""));
        check(&[0x80, 0x80, 4, 0x80, 0x80, 4, 0x80], &[b'a'; 0x1_0000], Some(&[b'a'; 0x1_0000]));
    }

    #[test]
    fn malformed_deltas_are_errors() {
        for delta in [
            &[][..],
            &[6],
            &[0xFF; 12],
            &[6, 1, 0],
            &[6, 4, 0x91, 3, 4],
            &[6, 3, 0x91, 0, 4],
            &[6, 5, 0x91, 0, 4],
            &[6, 4, 0x91, 0],
            &[6, 4, 4, b'a'],
            &[5, 4, 0x91, 0, 4],
            &[6, 4, 0xFF, 1, 1, 1, 1, 1, 1, 1],
        ] {
            check(delta, b"abcdef", None);
        }
    }
}

//! The write-ahead log of an SQLite database: what was written last, and is not in the database itself yet. Format:
//! "WAL File Format" of the SQLite file format.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

const HEADER: usize = 32;
const FRAME: usize = 24;
/// The magic number; its last bit says that checksums read big-endian words.
const MAGIC: u32 = 0x377f_0682;
/// Pages are no larger.
const LARGEST: usize = 65_536;

/// The database with what its log has committed, as whoever opens it would see it. A log that is of another database,
/// or damaged from some frame on, counts as far as it is whole.
pub(super) fn merged(database: Zeroizing<Vec<u8>>, log: &[u8]) -> Zeroizing<Vec<u8>> {
    let Some(header) = log.get(..HEADER) else { return database };
    let word =
        |bytes: &[u8], at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let page = word(header, 8) as usize;
    let magic = word(header, 0);
    if magic & !1 != MAGIC || !page.is_power_of_two() || !(512..=LARGEST).contains(&page) {
        return database;
    }
    let big_endian = magic & 1 == 1;
    let mut sums = checksum((0, 0), &header[..24], big_endian);
    if sums != (word(header, 24), word(header, 28)) {
        return database;
    }
    // a frame counts once a later one, or itself, commits
    let mut pending: Vec<(usize, &[u8])> = Vec::new();
    let mut committed: BTreeMap<usize, &[u8]> = BTreeMap::new();
    let mut pages = None;
    for frame in log[HEADER..].chunks_exact(FRAME + page) {
        let (head, content) = frame.split_at(FRAME);
        sums = checksum(checksum(sums, &head[..8], big_endian), content, big_endian);
        if head[8..16] != header[16..24] || sums != (word(head, 16), word(head, 20)) {
            break;
        }
        pending.push((word(head, 0) as usize, content));
        let size = word(head, 4) as usize;
        if size > 0 {
            committed.extend(pending.drain(..));
            pages = Some(size);
        }
    }
    let Some(pages) = pages else { return database };
    // no commit makes a database larger than its log and itself
    let size = (pages * page).min(database.len() + log.len());
    let mut merged = Zeroizing::new(vec![0; size]);
    let kept = size.min(database.len());
    merged[..kept].copy_from_slice(&database[..kept]);
    for (number, content) in committed {
        let at = number.saturating_sub(1) * page;
        if let Some(place) = merged.get_mut(at..at + page) {
            place.copy_from_slice(content);
        }
    }
    merged
}

fn checksum(sums: (u32, u32), bytes: &[u8], big_endian: bool) -> (u32, u32) {
    bytes.chunks_exact(8).fold(sums, |(first, second), eight| {
        let word = |at: usize| {
            let four = eight[at..at + 4].try_into().expect("four bytes");
            if big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
        };
        let first = first.wrapping_add(word(0)).wrapping_add(second);
        (first, second.wrapping_add(word(4)).wrapping_add(first))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 512;

    /// A log of these pages, each with the size of the database where it commits.
    fn log(frames: &[(u32, u32, u8)]) -> Vec<u8> {
        let mut log = Vec::new();
        for word in [MAGIC, 3_007_000, PAGE as u32, 0, 7, 9] {
            log.extend(word.to_be_bytes());
        }
        let mut sums = checksum((0, 0), &log, false);
        log.extend([sums.0.to_be_bytes(), sums.1.to_be_bytes()].concat());
        for &(number, pages, fill) in frames {
            let head = [number.to_be_bytes(), pages.to_be_bytes()].concat();
            let content = vec![fill; PAGE];
            sums = checksum(checksum(sums, &head, false), &content, false);
            log.extend(head);
            log.extend([7_u32.to_be_bytes(), 9_u32.to_be_bytes()].concat());
            log.extend([sums.0.to_be_bytes(), sums.1.to_be_bytes()].concat());
            log.extend(content);
        }
        log
    }

    #[test]
    fn committed_pages_count_and_others_do_not() {
        let database = || Zeroizing::new(vec![1; PAGE]);
        let read = merged(database(), &log(&[(1, 0, 2), (2, 2, 3), (1, 0, 4)]));
        assert_eq!((read.len(), read[0], read[PAGE]), (2 * PAGE, 2, 3));
        let mut damaged = log(&[(1, 1, 2), (1, 1, 3)]);
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        assert_eq!(merged(database(), &damaged)[0], 2);
        for cut in 0..damaged.len() {
            merged(database(), &damaged[..cut]);
        }
        assert_eq!(merged(database(), b"no log")[0], 1);
        assert!(merged(database(), &log(&[(u32::MAX, u32::MAX, 5)])).len() < 8 * PAGE);
    }
}

//! The CRC-24 line of armoured OpenPGP blocks.

use data_encoding::BASE64;

pub(super) fn crc24(bytes: impl IntoIterator<Item = u8>) -> u32 {
    bytes.into_iter().fold(0x00B7_04CE, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte) << 16, |crc, _| {
            let crc = crc << 1;
            if crc & 0x0100_0000 == 0 { crc } else { crc ^ 0x0186_4CFB }
        })
    })
}

/// Lines, whether broken by real line breaks or by `\n` and `\r` as a string in source code writes them.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr::memchr2(b'\n', b'\\', text);
        let Some(end) = end else {
            rest = None;
            return Some(text.trim_ascii());
        };
        // An escape is two bytes, whatever it stands for: no other occurs in armour.
        let width = if text[end] == b'\n' { 1 } else { 2 };
        rest = Some(text.get(end + width..).unwrap_or_default());
        Some(text[..end].trim_ascii())
    })
}

/// The checksum line that belongs after the data lines of `text`, and the one that is there, if any.
fn armour(text: &[u8]) -> Option<([u8; 5], Option<&[u8]>)> {
    let mut data = Vec::new();
    let mut found = None;
    for line in lines(text) {
        match line.first() {
            Some(b'=') => {
                found = Some(line);
                break;
            }
            // `-----BEGIN`, `Version: …` and the empty line after them.
            None | Some(b'-') => continue,
            Some(_) if line.contains(&b':') => continue,
            Some(_) => data.extend_from_slice(line),
        }
    }
    let bytes = BASE64.decode(&data).ok().filter(|bytes| !bytes.is_empty())?;
    let [_, check @ ..] = crc24(bytes).to_be_bytes();
    let mut line = [b'='; 5];
    BASE64.encode_mut(&check, &mut line[1..]);
    Some((line, found))
}

pub(super) fn verify(token: &[u8]) -> bool {
    armour(token).is_some_and(|(expected, found)| found == Some(&expected))
}

/// The line without its break; `head` ends with the break of the last line of data.
pub(super) fn complete(head: &[u8]) -> Option<[u8; 5]> {
    armour(head).filter(|(_, found)| found.is_none()).map(|(line, _)| line)
}

//! The escapes of `$'…'`, `echo -e` and `printf`.

/// Resolves the escapes of `$'…'`.
pub(crate) fn ansi_c(text: &str) -> String {
    resolve(text, Flavour::AnsiC).0
}

/// Resolves the escapes of `echo -e` and of `%b`; also says whether `\c` ended the output.
pub(crate) fn echo(text: &str) -> (String, bool) {
    resolve(text, Flavour::Echo)
}

/// Resolves the escapes of a `printf` format.
pub(crate) fn printf(text: &str) -> (String, bool) {
    resolve(text, Flavour::Printf)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavour {
    AnsiC,
    Echo,
    Printf,
}

fn resolve(text: &str, flavour: Flavour) -> (String, bool) {
    if !text.contains('\\') {
        return (text.to_owned(), false);
    }
    let bytes = text.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        at += 1;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some(&kind) = bytes.get(at) else {
            out.push(b'\\');
            break;
        };
        at += 1;
        match kind {
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'e' | b'E' => out.push(27),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'\\' => out.push(b'\\'),
            b'\'' | b'"' | b'?' if flavour != Flavour::Echo => out.push(kind),
            b'c' if flavour == Flavour::AnsiC => {
                if let Some(&control) = bytes.get(at) {
                    out.push(control & 0x1f);
                    at += 1;
                }
            }
            b'c' => return (String::from_utf8_lossy(&out).into_owned(), true),
            b'x' => match number(bytes, &mut at, 16, 2) {
                Some(value) => out.push(value as u8),
                None => out.extend(b"\\x"),
            },
            b'u' | b'U' => match number(bytes, &mut at, 16, if kind == b'u' { 4 } else { 8 }) {
                Some(value) => match char::from_u32(value) {
                    Some(character) => out.extend(character.encode_utf8(&mut [0; 4]).bytes()),
                    None => out.extend("\u{fffd}".bytes()),
                },
                None => out.extend([b'\\', kind]),
            },
            b'0' if flavour == Flavour::Echo => {
                out.push(number(bytes, &mut at, 8, 3).unwrap_or(0) as u8);
            }
            b'0'..=b'7' => {
                at -= 1;
                out.push(number(bytes, &mut at, 8, 3).unwrap_or(0) as u8);
            }
            _ => out.extend([b'\\', kind]),
        }
    }
    // a NUL ends the text of `$'…'`
    if flavour == Flavour::AnsiC
        && let Some(end) = out.iter().position(|byte| *byte == 0)
    {
        out.truncate(end);
    }
    (String::from_utf8_lossy(&out).into_owned(), false)
}

/// At most `most` digits.
fn number(bytes: &[u8], at: &mut usize, base: u32, most: usize) -> Option<u32> {
    let mut value = 0_u32;
    let start = *at;
    while *at < start + most {
        let Some(digit) = bytes.get(*at).and_then(|byte| char::from(*byte).to_digit(base)) else { break };
        value = value.wrapping_mul(base).wrapping_add(digit);
        *at += 1;
    }
    (*at > start).then_some(value)
}

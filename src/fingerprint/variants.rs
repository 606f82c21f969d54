//! The forms in which a value may stand in a text, and the windows by which each form is found.

use std::cmp::Reverse;
use std::ops::Range;

use zeroize::Zeroizing;

use super::sieve::{LONG, Look, SHORT, STRIDE};
use super::walk::{Walk, canonical, joints};

/// The longest value that is fingerprinted whole, in bytes; of a longer one this much from its start.
pub const LONGEST: usize = 16 * 1024;
/// Bytes of a stretch with more than one place for each window.
pub(super) const STRETCH: usize = 19;
/// Different bytes in a stretch that are as good as more.
const DISTINCT: usize = 6;
/// The shortest value that windows can find.
pub const SHORTEST: usize = 8;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// As it is, or with escapes outside of the window.
    Plain,
    /// In base64 of either alphabet, beginning so many bytes after a group of three.
    Base64(u8),
    /// In hexadecimal digits.
    Hex,
    /// With escapes that the window may touch.
    Escaped(Walk),
}

impl Form {
    /// The number that stands for the form in a store.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Plain => 0,
            Self::Base64(phase) => 1 + phase,
            Self::Hex => 4,
            Self::Escaped(walk) => 16 + walk.code(),
        }
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Plain),
            1..=3 => Some(Self::Base64(code - 1)),
            4 => Some(Self::Hex),
            _ => code.checked_sub(16).and_then(Walk::from_code).map(Self::Escaped),
        }
    }
}

/// One form of a value.
pub(super) struct Variant {
    pub(super) form: Form,
    /// Where in the form each window begins: one offset of each remainder by [`STRIDE`].
    pub(super) offsets: [usize; STRIDE],
    /// Bytes of the form.
    pub(super) length: usize,
    /// The first 8 bytes of each window, as the sieve loads them; short windows use fewer.
    pub(super) windows: Zeroizing<[u64; STRIDE]>,
    /// Of each window.
    pub(super) looks: [Look; STRIDE],
    /// Whether windows are [`SHORT`].
    pub(super) short: bool,
}

/// All forms of `value`, which holds from [`SHORTEST`] to [`LONGEST`] bytes.
pub(super) fn variants(value: &[u8]) -> Vec<Variant> {
    let mut all = Vec::new();
    let plain = canonical(value);
    let joints = joints(value);
    let safe = |at: usize, window: &[u8]| {
        window.iter().all(|&byte| is_never_escaped(byte))
            && !joints.iter().any(|joint| (at + 1..at + window.len()).contains(joint))
    };
    let found = choose(Form::Plain, &plain, 0..plain.len(), &safe);
    let escapes = found.as_ref().is_none_or(|(_, safe)| !safe);
    all.extend(found.map(|(variant, _)| variant));
    if escapes {
        for (walk, text) in written(&plain) {
            let found = choose(Form::Escaped(walk), &text, 0..text.len(), &|_, _| true);
            all.extend(found.map(|(variant, _)| variant));
        }
    }
    for phase in 0..3 {
        base64(value, phase, &mut all);
    }
    hex(value, &mut all);
    all
}

/// The value in hexadecimal digits. Hashes of windows do not tell their cases apart, but what they look like does where
/// no digit is among them: then both are forms.
fn hex(value: &[u8], all: &mut Vec<Variant>) {
    for alphabet in [b"0123456789abcdef", b"0123456789ABCDEF"] {
        let digits = value
            .iter()
            .flat_map(|byte| [alphabet[usize::from(byte >> 4)], alphabet[usize::from(byte & 15)]]);
        let text: Zeroizing<Vec<u8>> = Zeroizing::new(digits.collect());
        let Some((variant, _)) = choose(Form::Hex, &text, 0..text.len(), &|_, _| true) else { return };
        let has_digit = |&at: &usize| text[at..at + LONG].iter().any(u8::is_ascii_digit);
        let one_look = variant.offsets.iter().all(has_digit);
        all.push(variant);
        if one_look {
            return;
        }
    }
}

/// The value in base64 where it begins `phase` bytes after a group. Only characters that the value determines wholly
/// are in windows.
fn base64(value: &[u8], phase: u8, all: &mut Vec<Variant>) {
    let mut padded = Zeroizing::new(vec![0; usize::from(phase)]);
    padded.extend_from_slice(value);
    // the characters that hold bits of the value: the first and the last may hold others as well
    let first = usize::from(phase) * 8 / 6;
    let end = (padded.len() * 8).div_ceil(6);
    let whole = (usize::from(phase) * 8).div_ceil(6) - first..padded.len() * 8 / 6 - first;
    for encoding in [data_encoding::BASE64_NOPAD, data_encoding::BASE64URL_NOPAD] {
        let text = Zeroizing::new(encoding.encode(&padded).into_bytes());
        let common = |_: usize, window: &[u8]| window.iter().all(u8::is_ascii_alphanumeric);
        let text = &text[first..end];
        let Some((variant, liked)) = choose(Form::Base64(phase), text, whole.clone(), &common) else {
            return;
        };
        all.push(variant);
        if liked {
            // the same windows in either alphabet
            return;
        }
    }
}

/// How good a stretch is, less is better: whether it is disliked, how common its windows look, how many bytes are
/// different.
type Rating = (bool, u32, Reverse<usize>);

/// The windows to find `text` by, within `range`, one for each remainder by [`STRIDE`]: ones that few other texts have,
/// that lie in the middle, as credentials of a kind begin alike, and in a stretch that `prefer` likes. Also whether it
/// does.
///
/// The stretch is short, and no escape or line break may come into it: else the windows would not stand as far apart in
/// a text as they do here.
fn choose(
    form: Form,
    text: &[u8],
    range: Range<usize>,
    prefer: &dyn Fn(usize, &[u8]) -> bool,
) -> Option<(Variant, bool)> {
    let short = range.len() < LONG + STRIDE - 1;
    let size = if short { SHORT } else { LONG };
    let least = size + STRIDE - 1;
    if range.len() < least {
        return None;
    }
    let middle = range.start + (range.len() - least) / 2;
    let window = |at: usize| &text[at..at + size];
    // of a stretch, the best window of each remainder
    let best = |stretch: &Range<usize>| -> [usize; STRIDE] {
        std::array::from_fn(|i| {
            let places = (stretch.start + i..=stretch.end - size).step_by(STRIDE);
            places.min_by_key(|&at| Look::of(window(at))).unwrap_or(stretch.start + i)
        })
    };
    // from the middle outwards: nearer ones win where others are no better
    let last = range.end - least;
    let starts = (0..=(last - middle).max(middle - range.start)).flat_map(|distance| {
        let before = middle.checked_sub(distance).filter(|&start| start >= range.start);
        let after = (distance > 0 && middle + distance <= last).then_some(middle + distance);
        [before, after].into_iter().flatten()
    });
    let mut chosen: Option<(Rating, Range<usize>)> = None;
    'places: for start in starts {
        for stretch in [least, STRETCH].map(|length| start..start + length) {
            if stretch.end > range.end || stretch.len() < least {
                continue;
            }
            let bytes = &text[stretch.clone()];
            let common = best(&stretch).map(|at| Look::of(window(at)) as u32).iter().sum::<u32>();
            let rated = (!prefer(stretch.start, bytes), common, Reverse(distinct(bytes).min(DISTINCT)));
            if chosen.as_ref().is_none_or(|(best, _)| rated < *best) {
                let perfect = rated == (false, 0, Reverse(DISTINCT));
                chosen = Some((rated, stretch));
                if perfect {
                    break 'places;
                }
            }
        }
    }
    let ((disliked, ..), stretch) = chosen?;
    let offsets = best(&stretch);
    let mut windows = Zeroizing::new([0; STRIDE]);
    for (word, at) in windows.iter_mut().zip(offsets) {
        *word = window(at).iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
    }
    let looks = offsets.map(|at| Look::of(window(at)));
    Some((Variant { form, offsets, length: text.len(), windows, looks, short }, !disliked))
}

/// How many different bytes `text` holds.
pub(super) fn distinct(text: &[u8]) -> usize {
    let mut seen = [0_u64; 4];
    for &byte in text {
        seen[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }
    seen.iter().map(|word| word.count_ones() as usize).sum()
}

/// Bytes that no usual form of escaping changes.
fn is_never_escaped(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// The value as the usual escapings write it, without those that leave it alone.
fn written(value: &[u8]) -> Vec<(Walk, Zeroizing<Vec<u8>>)> {
    let mut all: Vec<(Walk, Zeroizing<Vec<u8>>)> = Vec::new();
    let mut add = |walk: Walk, write: &mut dyn FnMut(u8, &mut Vec<u8>)| {
        let mut text = Zeroizing::new(Vec::with_capacity(value.len() * 6));
        for &byte in value {
            write(byte, &mut text);
        }
        if text[..] != *value && !all.iter().any(|(_, other)| *other == text) {
            all.push((walk, text));
        }
    };
    let percent = |kept: &'static [u8], digits: &'static [u8; 16], plus: bool| {
        move |byte: u8, text: &mut Vec<u8>| match byte {
            b' ' if plus => text.push(b'+'),
            _ if byte.is_ascii_alphanumeric() || kept.contains(&byte) => text.push(byte),
            _ => text.extend([b'%', digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]),
        }
    };
    const UPPER: &[u8; 16] = b"0123456789ABCDEF";
    const LOWER: &[u8; 16] = b"0123456789abcdef";
    for digits in [UPPER, LOWER] {
        add(Walk::Percent, &mut percent(b"-_.~", digits, false));
        add(Walk::Percent, &mut percent(b"-_.", digits, false));
        add(Walk::Percent, &mut percent(b"-_.~/", digits, false));
        add(Walk::Percent, &mut percent(b"-_.!~*'()", digits, false));
        add(Walk::Percent, &mut percent(b"-_.!~*'();/?:@&=+$,#", digits, false));
        // what a form or a URL's user info keeps
        add(Walk::Percent, &mut percent(b"-_.~!$&'()*+,;=", digits, false));
    }
    add(Walk::Percent, &mut percent(b"", UPPER, false));
    add(Walk::Form, &mut percent(b"-_.~", UPPER, true));
    add(Walk::Form, &mut percent(b"-_.*", UPPER, true));
    let json = |slash: bool| {
        move |byte: u8, text: &mut Vec<u8>| match byte {
            b'"' | b'\\' => text.extend([b'\\', byte]),
            b'/' if slash => text.extend(*b"\\/"),
            b'\t' => text.extend(*b"\\t"),
            byte => text.push(byte),
        }
    };
    add(Walk::Backslash, &mut json(false));
    add(Walk::Backslash, &mut json(true));
    // as languages write it that keep HTML safe
    add(Walk::Backslash, &mut |byte, text| match byte {
        b'<' | b'>' | b'&' | b'\'' => {
            text.extend(*b"\\u00");
            text.extend([LOWER[usize::from(byte >> 4)], LOWER[usize::from(byte & 15)]]);
        }
        byte => json(false)(byte, text),
    });
    // twice: a JSON text in a string of another
    add(Walk::Deep, &mut |byte, text| match byte {
        b'"' => text.extend(*b"\\\\\\\""),
        b'\\' => text.extend(*b"\\\\\\\\"),
        byte => text.push(byte),
    });
    // shells: double quotes, single quotes, a backslash before every special character
    add(Walk::Backslash, &mut |byte, text| {
        if matches!(byte, b'"' | b'\\' | b'$' | b'`') {
            text.push(b'\\');
        }
        text.push(byte);
    });
    add(Walk::Backslash, &mut |byte, text| {
        if matches!(byte, b'"' | b'\\' | b'$' | b'`' | b'!') {
            text.push(b'\\');
        }
        text.push(byte);
    });
    add(Walk::Quotes, &mut |byte, text| match byte {
        b'\'' => text.extend(*b"'\\''"),
        byte => text.push(byte),
    });
    add(Walk::Backslash, &mut |byte, text| match byte {
        b'\'' => text.extend(*b"'\"'\"'"),
        byte => text.push(byte),
    });
    add(Walk::Backslash, &mut |byte, text| match byte {
        b'\'' | b'\\' => text.extend([b'\\', byte]),
        byte => text.push(byte),
    });
    for kept in [&b"_-.,/:=+@%^~"[..], b"_-./:=@%+", b"_-./:=@%+,", b"_-.", b"_", b""] {
        add(Walk::Backslash, &mut |byte, text| {
            if !byte.is_ascii_alphanumeric() && byte < 128 && !kept.contains(&byte) {
                text.push(b'\\');
            }
            text.push(byte);
        });
    }
    let html = |quote: &'static [u8], apostrophe: &'static [u8]| {
        move |byte: u8, text: &mut Vec<u8>| match byte {
            b'&' => text.extend(*b"&amp;"),
            b'<' => text.extend(*b"&lt;"),
            b'>' => text.extend(*b"&gt;"),
            b'"' => text.extend(quote),
            b'\'' => text.extend(apostrophe),
            byte => text.push(byte),
        }
    };
    add(Walk::Html, &mut html(b"&quot;", b"&#39;"));
    add(Walk::Html, &mut html(b"&quot;", b"&apos;"));
    add(Walk::Html, &mut html(b"&quot;", b"&#x27;"));
    add(Walk::Html, &mut html(b"\"", b"'"));
    all.extend(only_ascii(value).map(|text| (Walk::Backslash, text)));
    all
}

/// The value in JSON that has no other characters than those of ASCII; `None` if it has none.
fn only_ascii(value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let value = std::str::from_utf8(value).ok().filter(|value| !value.is_ascii())?;
    let mut text = Zeroizing::new(Vec::with_capacity(value.len() * 6));
    for character in value.chars() {
        match character {
            '"' | '\\' => text.extend([b'\\', character as u8]),
            '\t' => text.extend(*b"\\t"),
            _ if character.is_ascii() => text.push(character as u8),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    text.extend(*b"\\u");
                    text.extend(data_encoding::HEXLOWER.encode(&unit.to_be_bytes()).bytes());
                }
            }
        }
    }
    Some(text)
}

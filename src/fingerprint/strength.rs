//! Which values can be told from ordinary text.

use crate::scan::filter::randomness::profile;

use super::variants::{LONGEST, SHORTEST, distinct};

/// What is to be done with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// Found anywhere, inside of longer words too.
    Strong,
    /// Found only where no word goes on before or after it. Never exported.
    Bounded(&'static str),
    /// Would be found everywhere, or nowhere.
    Refused(&'static str),
}

/// Bytes from which a value of few kinds of characters is no word.
const LONG_ENOUGH: usize = 12;
/// Values that many have, or that stand for one yet to be filled in.
const COMMON: [&str; 22] = [
    "password",
    "passw0rd",
    "changeme",
    "change-me",
    "changeit",
    "letmein",
    "qwerty",
    "administrator",
    "placeholder",
    "undefined",
    "localhost",
    "postgres",
    "example",
    "your-",
    "your_",
    "insert",
    "replace",
    "todo",
    "12345678",
    "abcdef",
    "redacted",
    "keychain",
];

/// Judges a value without its line breaks at the ends.
pub fn judge(value: &[u8]) -> Strength {
    let kinds = Kinds::of(value);
    let different = distinct(&value[..value.len().min(LONGEST)]);
    match () {
        () if value.len() < SHORTEST => {
            Strength::Refused("shorter than 8 bytes: it would be found in ordinary text")
        }
        () if different < 5 => {
            Strength::Refused("it has few different characters: it would be found in ordinary text")
        }
        () if is_reference(value) => Strength::Refused("it refers to a value that is kept elsewhere"),
        () if value.len() < LONG_ENOUGH && kinds.count() < 2 => {
            Strength::Refused("a single word or number can be guessed, and would be found in ordinary text")
        }
        () if is_common(value) => Strength::Refused("it is a well-known password or a placeholder"),
        () if is_plain_place(value) => Strength::Refused("it is a path or an address without a password"),
        () if value.len() < LONG_ENOUGH => {
            Strength::Bounded("shorter than 12 bytes: found only where no letter or digit goes on beside it")
        }
        () if different < 6 || kinds.count() < 2 && value.len() < 20 && may_be_words(value) => {
            Strength::Bounded("guessable: found only where no letter or digit goes on beside it")
        }
        () => Strength::Strong,
    }
}

/// A rough lower bound of what a guesser must try, in bits; for values that are worth exporting.
pub fn bits(value: &[u8]) -> u32 {
    let letters = match Kinds::of(value) {
        Kinds { other: true, .. } | Kinds { upper: true, lower: true, .. } => 5,
        Kinds { digit: true, .. } if value.iter().all(u8::is_ascii_hexdigit) => 3,
        Kinds { lower: true, .. } | Kinds { upper: true, .. } => 2,
        _ => 3,
    };
    let different = distinct(&value[..value.len().min(LONGEST)]) as u32;
    (value.len() as u32 * letters).min(different * 12)
}

/// Whether letters read as words, by which they could stand within other words of a text. Digits alone do not.
fn may_be_words(value: &[u8]) -> bool {
    let profile = profile(value);
    profile.letters > 0 && profile.wordiness > RANDOM
}

/// Letters of one kind score below this where chance chose them, all but one in a hundred.
const RANDOM: f32 = -0.3;

struct Kinds {
    digit: bool,
    upper: bool,
    lower: bool,
    other: bool,
    /// Both cases, in no order that words have.
    mixed: bool,
}

impl Kinds {
    fn of(value: &[u8]) -> Self {
        let any = |test: fn(&u8) -> bool| value.iter().any(test);
        Self {
            digit: any(u8::is_ascii_digit),
            upper: any(u8::is_ascii_uppercase),
            lower: any(u8::is_ascii_lowercase),
            other: any(|byte| !byte.is_ascii_alphanumeric()),
            mixed: value
                .windows(2)
                .filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
                .count()
                * 6
                >= value.len(),
        }
    }

    /// An initial capital makes no second kind of a word, so both cases count as one.
    fn count(&self) -> usize {
        usize::from(self.digit)
            + usize::from(self.upper || self.lower)
            + usize::from(self.other)
            + usize::from(self.mixed)
    }
}

/// `${VAR}`, `$VAR`, `{{ var }}`, `%VAR%`, `op://…`, `!command`
fn is_reference(value: &[u8]) -> bool {
    let starts = |sign: &[u8]| value.starts_with(sign);
    let inside = |open: &[u8], close: &[u8]| value.strip_prefix(open)?.strip_suffix(close);
    let name = |text: &[u8]| text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-. :/".contains(byte));
    inside(b"${", b"}").is_some()
        || inside(b"{{", b"}}").is_some()
        || inside(b"<", b">").is_some_and(name)
        || inside(b"%", b"%").is_some_and(name)
        || starts(b"op://")
        || starts(b"vault:")
        || starts(b"env:")
        || starts(b"file://")
        || starts(b"$")
            && value[1..]
                .iter()
                .all(|&byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// One of the common words makes up most of the value.
fn is_common(value: &[u8]) -> bool {
    let lower = zeroize::Zeroizing::new(value.to_ascii_lowercase());
    let repeated = value.windows(2).filter(|pair| pair[0] == pair[1]).count() * 2 > value.len();
    repeated
        || COMMON.iter().any(|word| {
            word.len() * 5 >= lower.len() * 2 && memchr::memmem::find(&lower, word.as_bytes()).is_some()
        })
}

/// A path or URL that holds no secret part.
fn is_plain_place(value: &[u8]) -> bool {
    if let Some(after) = memchr::memmem::find(value, b"://") {
        let rest = &value[after + 3..];
        return value[..after].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
            && !rest.contains(&b'@')
            && !rest.contains(&b'?')
            // webhooks carry their secret in the path
            && rest.split(|&byte| byte == b'/').all(|part| part.len() < 20);
    }
    let path = value.starts_with(b"/") || value.starts_with(b"~/") || value.starts_with(b"./");
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/~._-+ @".contains(byte);
    path && value.iter().filter(|&&byte| byte == b'/').count() >= 2
        && value.iter().all(plain)
        && value.split(|&byte| byte == b'/').all(|part| part.len() < 20)
        && profile(value).randomness() < 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: fn(&Strength) -> bool) {
        assert!(expected(&judge(value.as_bytes())), "{value}: {:?}", judge(value.as_bytes()));
    }

    #[test]
    fn values_are_judged_by_length_and_look() {
        let strong = |strength: &Strength| *strength == Strength::Strong;
        let bounded = |strength: &Strength| matches!(strength, Strength::Bounded(_));
        let refused = |strength: &Strength| matches!(strength, Strength::Refused(_));
        check(concat!("k7#Qv", "z!9Lm2p"), strong);
        check(concat!("x9f3k2", "m4q8z1"), strong);
        check("correct horse battery staple", strong);
        check(concat!("q7Xk", "9wPm"), bounded);
        check("sunshinemorning", bounded);
        check("administrations", bounded);
        check(concat!("LRGfyDL", "EBYMLxNA"), strong);
        check(concat!("xqvzkw", "jtbfhg"), strong);
        check("729406183528", strong);
        check("short7", refused);
        check("production", refused);
        check("aaaaaaaaaaaaaaaa", refused);
        check("${DATABASE_SECRET}", refused);
        check("$DATABASE_SECRET", refused);
        check("changeme123", refused);
        check(concat!("/aB3$x/", "9&kQ2.z/!"), strong);
        check(concat!("<k7#Qv", "z!9Lm2p>"), strong);
        check("https://api.service.test/v1", refused);
        check("/home/alice/.ssh/id_rsa", refused);
    }
}

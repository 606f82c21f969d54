use super::Random;

const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

/// Characters that a shape draws from.
#[derive(Debug)]
pub(super) struct Alphabet {
    pub(super) name: &'static str,
    characters: &'static [u8],
}

macro_rules! alphabets {
    ($($name:literal: $characters:expr),+ $(,)?) => {
        /// Every alphabet; each character of one as likely as the next.
        pub(super) static ALPHABETS: &[Alphabet] = &[$(Alphabet { name: $name, characters: $characters }),+];
    };
}

alphabets! {
    "base62": b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "base64": b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/",
    "base64url": b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-",
    "base62-dash": b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-",
    "word": b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_",
    "hex": b"0123456789abcdef",
    "hex-upper": b"0123456789ABCDEF",
    "base32": b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "base32-lower": b"abcdefghijklmnopqrstuvwxyz234567",
    "base36": b"0123456789abcdefghijklmnopqrstuvwxyz",
    "base36-upper": b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "base58": b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "bech32": b"qpzry9x8gf2tvdw0s3jn54khce6mua7l",
    "bech32-upper": b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "digits": b"0123456789",
    "upper": UPPER,
    "lower": LOWER,
    "letters": b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "unreserved": b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._~-",
    // Without what ends a quoted string or begins an escape or a reference: space " ' ` \ $ % < > { }
    "printable": b"!#&()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz|~",
}

/// From this length on a value must look as real ones do.
const PLAUSIBLE_FROM: usize = 8;
/// Fewer different characters than this are filler.
const MIN_DISTINCT: usize = 5;
/// Draws before giving up on plausibility: the unlikeliest demand fails one draw in three.
const DRAWS: usize = 100;

impl Alphabet {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        ALPHABETS.iter().find(|alphabet| alphabet.name == name)
    }

    /// Draws `length` characters. From eight on they hold a digit, a lower-case and an upper-case letter, each
    /// where the alphabet has them, and five different characters.
    pub(super) fn draw(&self, length: usize, random: &mut Random) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..DRAWS {
            text.clear();
            text.extend((0..length).map(|_| self.characters[random.below(self.characters.len())]));
            if length < PLAUSIBLE_FROM || self.plausible(&text) {
                break;
            }
        }
        text
    }

    fn plausible(&self, text: &[u8]) -> bool {
        let mut seen = [false; 256];
        text.iter().for_each(|&byte| seen[usize::from(byte)] = true);
        let classes = [u8::is_ascii_digit, u8::is_ascii_lowercase, u8::is_ascii_uppercase];
        seen.iter().filter(|&&seen| seen).count() >= MIN_DISTINCT
            && classes.iter().all(|class| text.iter().any(class) || !self.characters.iter().any(class))
    }
}

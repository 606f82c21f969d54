//! Ids of findings: the same for the same secret of the same rule, wherever it stands, and free of places.
//!
//! An id must not let a weak password be guessed from a published report or a committed baseline, whose salt is
//! published with it. So of secrets that could be guessed only `CHECK_BITS` bits of the hash enter, beside something
//! of what stands around them. Those bits make a new secret on an old line a new finding (but for one case in 4,096),
//! and are too few to confirm a guess.
//!
//! | | Random part of a token | What could be guessed |
//! |---|---|---|
//! | without a salt | rule, secret | rule, 12 bits, path, line around the secret |
//! | with a salt (baselines) | rule, secret, both keyed | rule, 12 bits keyed, the word before the secret on its line |
//!
//! With a salt no id holds a path, a line or a place: an entry of a baseline survives moves, renames and edits, even
//! of the rest of its line. [`Identity`] is for comparing within one run: it holds all of the secret, under a key
//! that nobody ever sees.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher as _;
use std::sync::LazyLock;

/// A key for ids, of any length.
#[derive(Clone, Debug, Default)]
pub struct IdKey(Option<[u8; 32]>);

/// Bits of a guessable secret's hash that enter an id.
const CHECK_BITS: u32 = 12;
/// Bytes of the word before a guessable secret that enter an id.
const WORD_LIMIT: usize = 64;
const PURPOSE: &str = "portcullis 2026 finding id v1";

/// What an id is made of.
pub struct Subject<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// The secret.
    pub secret: &'a [u8],
    /// Whether the secret could be found by guessing: anything but the long random part of a token.
    pub guessable: bool,
    /// The path, relative to the scan root.
    pub path: &'a str,
    /// The line before and after the secret.
    pub around: (&'a [u8], &'a [u8]),
}

impl IdKey {
    /// A key from a repository's salt.
    pub fn from_salt(salt: &[u8]) -> Self {
        Self(Some(blake3::derive_key(PURPOSE, salt)))
    }

    /// The id of a finding: 32 hexadecimal digits.
    pub fn id(&self, subject: &Subject<'_>) -> String {
        let hasher = || match &self.0 {
            Some(key) => blake3::Hasher::new_keyed(key),
            None => blake3::Hasher::new_derive_key(PURPOSE),
        };
        let mut id = hasher();
        let mut part = |bytes: &[u8]| {
            id.update(&(bytes.len() as u64).to_le_bytes());
            id.update(bytes);
        };
        part(subject.rule.as_bytes());
        if !subject.guessable {
            part(subject.secret);
        } else {
            let whole = hasher().update(subject.secret).finalize();
            let bits = u32::from_le_bytes([whole.as_bytes()[0], whole.as_bytes()[1], 0, 0]);
            part(&(bits & ((1 << CHECK_BITS) - 1)).to_le_bytes());
            if self.0.is_some() {
                part(word_before(subject.around.0));
            } else {
                part(subject.path.as_bytes());
                part(subject.around.0.trim_ascii_start());
                part(subject.around.1.trim_ascii_end());
            }
        }
        id.finalize().to_hex()[..32].to_owned()
    }
}

/// The last word of the text before a secret on its line: mostly the name it is assigned to.
fn word_before(before: &[u8]) -> &[u8] {
    let is_word =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') || *byte >= 0x80;
    let end = before.iter().rposition(is_word).map_or(0, |last| last + 1);
    let start = before[..end].iter().rposition(|byte| !is_word(byte)).map_or(0, |gap| gap + 1);
    &before[start.max(end.saturating_sub(WORD_LIMIT))..end]
}

/// Which secret of which rule a finding is, for comparing findings of one run. The key is drawn anew by each process
/// and never leaves it, so the value tells nothing to anybody else, and is not for reports.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity([u8; 16]);

impl Identity {
    /// The identity of `secret` as a finding of `rule`.
    pub fn of(rule: &str, secret: &[u8]) -> Self {
        static KEY: LazyLock<[u8; 32]> = LazyLock::new(|| {
            let mut seed = blake3::Hasher::new_derive_key("portcullis 2026 identity within a run");
            for number in 0..4_u8 {
                seed.update(&RandomState::new().hash_one(number).to_le_bytes());
            }
            *seed.finalize().as_bytes()
        });
        let mut hasher = blake3::Hasher::new_keyed(&KEY);
        hasher.update(&(rule.len() as u64).to_le_bytes()).update(rule.as_bytes()).update(secret);
        let mut short = [0; 16];
        short.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(short)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject<'a>(secret: &'a [u8], guessable: bool, path: &'a str) -> Subject<'a> {
        Subject { rule: "rule", secret, guessable, path, around: (b"key = \"", b"\"") }
    }

    #[test]
    fn ids_of_tokens_do_not_depend_on_the_place() {
        let key = IdKey::default();
        assert_eq!(key.id(&subject(b"token", false, "a")), key.id(&subject(b"token", false, "b")));
        assert_ne!(key.id(&subject(b"token", false, "a")), key.id(&subject(b"other", false, "a")));
    }

    #[test]
    fn ids_of_guessable_secrets_hold_few_bits_of_them() {
        for key in [IdKey::default(), IdKey::from_salt(b"published")] {
            let ids: std::collections::HashSet<String> = (0..20_000)
                .map(|guess: u32| key.id(&subject(format!("password{guess}").as_bytes(), true, "a")))
                .collect();
            assert!(ids.len() <= 1 << CHECK_BITS);
            assert!(ids.len() > 3_000, "another secret is nearly always another finding");
        }
    }

    #[test]
    fn a_salt_changes_every_id_and_frees_it_of_places() {
        let (one, two) = (IdKey::from_salt(b"one"), IdKey::from_salt(b"two"));
        for guessable in [true, false] {
            assert_ne!(one.id(&subject(b"pw", guessable, "a")), two.id(&subject(b"pw", guessable, "a")));
            assert_eq!(one.id(&subject(b"pw", guessable, "a")), one.id(&subject(b"pw", guessable, "b")));
        }
    }

    #[test]
    fn a_salted_id_outlives_edits_of_its_line() {
        let id = |before, after| {
            let around: (&[u8], &[u8]) = (before, after);
            IdKey::from_salt(b"one").id(&Subject { around, ..subject(b"pw", true, "a") })
        };
        let first = id(b"password = '", b"'");
        assert_eq!(first, id(b"\texport const password: '", b"';  // a word"));
        assert_ne!(first, id(b"passphrase = '", b"'"));
    }

    #[test]
    fn the_word_before_is_the_name() {
        fn check(before: &str, expected: &str) {
            assert_eq!(word_before(before.as_bytes()), expected.as_bytes());
        }
        check("password = \"", "password");
        check("  db.password: ", "db.password");
        check("scheme://user:", "user");
        check("", "");
        check(" = '", "");
        check(&"x".repeat(100), &"x".repeat(WORD_LIMIT));
    }

    #[test]
    fn identities_tell_secrets_and_rules_apart() {
        assert_eq!(Identity::of("a", b"x"), Identity::of("a", b"x"));
        assert_ne!(Identity::of("a", b"x"), Identity::of("a", b"y"));
        assert_ne!(Identity::of("a", b"x"), Identity::of("b", b"x"));
        assert_ne!(Identity::of("a", b"bx"), Identity::of("ab", b"x"));
        assert_eq!(format!("{:?}", Identity::of("a", b"x")), "Identity(…)");
    }
}

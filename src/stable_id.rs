//! Ids of findings: the same for the same secret of the same rule, wherever it stands, and free of places.
//!
//! With a salt (a repository's baseline or settings hold one), an id is a keyed hash of rule and secret. Without one
//! it must still not let a weak password be guessed from a published report: so for secrets that could be guessed only
//! `CHECK_BITS` bits of the secret's hash enter, beside the path and the redacted line it stands in. Those bits make
//! a new secret on an old line a new finding (but for one case in 4,096), and are too few to confirm a guess.

/// A key for ids, of any length.
#[derive(Clone, Debug, Default)]
pub struct IdKey(Option<[u8; 32]>);

/// Bits of a guessable secret's hash that enter an id made without a salt.
const CHECK_BITS: u32 = 12;
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
        let mut hasher = match &self.0 {
            Some(key) => blake3::Hasher::new_keyed(key),
            None => blake3::Hasher::new_derive_key(PURPOSE),
        };
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(subject.rule.as_bytes());
        if self.0.is_some() || !subject.guessable {
            part(subject.secret);
        } else {
            let whole = blake3::Hasher::new_derive_key(PURPOSE).update(subject.secret).finalize();
            let bits = u32::from_le_bytes([whole.as_bytes()[0], whole.as_bytes()[1], 0, 0]);
            part(&(bits & ((1 << CHECK_BITS) - 1)).to_le_bytes());
            part(subject.path.as_bytes());
            part(subject.around.0.trim_ascii_start());
            part(subject.around.1.trim_ascii_end());
        }
        hasher.finalize().to_hex()[..32].to_owned()
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
        let key = IdKey::default();
        let ids: std::collections::HashSet<String> = (0..20_000)
            .map(|guess: u32| key.id(&subject(format!("password{guess}").as_bytes(), true, "a")))
            .collect();
        assert!(ids.len() <= 1 << CHECK_BITS);
        assert!(ids.len() > 3_000, "another secret is nearly always another finding");
    }

    #[test]
    fn a_salt_changes_every_id_and_frees_it_of_places() {
        let (one, two) = (IdKey::from_salt(b"one"), IdKey::from_salt(b"two"));
        assert_ne!(one.id(&subject(b"pw", true, "a")), two.id(&subject(b"pw", true, "a")));
        assert_eq!(one.id(&subject(b"pw", true, "a")), one.id(&subject(b"pw", true, "b")));
    }
}

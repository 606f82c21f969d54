//! Names: does `db_password`, `apiKey` or `X-Auth-Token` name a secret, and of what kind?

use crate::scan::filter::words::*;

/// What a name says its value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A password: may be short and weak.
    Password,
    /// A secret.
    Secret,
    /// A token.
    Token,
    /// A key to a service or a cipher.
    Key,
    /// `auth`, `credentials`: often a pair, often something else.
    Credential,
    /// A salt or nonce.
    Salt,
    /// `key` without a word that says what for: a secret only if the value insists.
    BareKey,
}

/// The longest name that is looked at.
const LONGEST: usize = 80;

/// What the name says, if it names a secret at all.
pub(crate) fn classify(name: &[u8]) -> Option<Named> {
    if name.len() > LONGEST {
        return None;
    }
    let words = split(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let joined = words.concat();
    if holds(&NAMES_NEVER, &joined) || words.iter().any(|word| holds(&NAMES_NEVER, word)) {
        return None;
    }
    // the last word that names a secret decides, unless a later one takes it back
    let (at, named) =
        words.iter().enumerate().rev().find_map(|(at, word)| Some((at, named(word, &words[..at])?)))?;
    let (before, after) = (&words[..at], &words[at + 1..]);
    if after.iter().any(|word| holds(&NAMES_NOT_AFTER, word)) {
        return None;
    }
    // only the words near the secret's speak of it: `test_client_password` is a password
    let near = &before[before.len().saturating_sub(2)..];
    let exempt = |word: &str| matches!(named, Named::Key) && holds(&NAMES_KEY_OF, word);
    if near.iter().any(|word| holds(&NAMES_NOT_BEFORE, word) && !exempt(word)) {
        return None;
    }
    Some(named)
}

fn named(word: &str, before: &[&str]) -> Option<Named> {
    let ends = |list: &[&str]| {
        list.iter().any(|stem| word == *stem || (word.len() > stem.len() && word.ends_with(stem)))
    };
    let last = before.last().copied().unwrap_or("");
    if holds(&NAMES_WHOLE, word) || ends(&NAMES_PASSWORD) {
        return Some(Named::Password);
    }
    if word == "key" || word == "keys" {
        return Some(match last {
            _ if holds(&NAMES_KEY_OF, last) => Named::Key,
            _ => Named::BareKey,
        });
    }
    if ends(&NAMES_KEY) {
        return Some(Named::Key);
    }
    if holds(&NAMES_SECRET, word) || (word.len() > 6 && word.ends_with("secret")) {
        return Some(Named::Secret);
    }
    if holds(&NAMES_TOKEN, word) || (word.len() > 5 && word.ends_with("token")) {
        return Some(Named::Token);
    }
    if holds(&NAMES_CREDENTIAL, word) {
        return Some(Named::Credential);
    }
    holds(&NAMES_SALT, word).then_some(Named::Salt)
}

/// The words of a name in lower case: `dbPassword_2` is `db`, `password`, `2`.
fn split(name: &[u8]) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for (i, &byte) in name.iter().enumerate() {
        if !byte.is_ascii_alphanumeric() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            continue;
        }
        let before = i.checked_sub(1).map_or(b'_', |i| name[i]);
        let after = name.get(i + 1).copied().unwrap_or(b'_');
        let hump = byte.is_ascii_uppercase()
            && (before.is_ascii_lowercase() || (before.is_ascii_uppercase() && after.is_ascii_lowercase()));
        // digits stay with sha256 and md5, and end other words
        let number = byte.is_ascii_digit() != before.is_ascii_digit()
            && !matches!(word.as_str(), "sha" | "md" | "i" | "oauth" | "base");
        if (hump || number) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.push(char::from(byte.to_ascii_lowercase()));
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: Option<Named>) {
        assert_eq!(classify(name.as_bytes()), expected, "{name}");
    }

    #[test]
    fn names_of_secrets() {
        for name in [
            "password",
            "DB_PASSWORD",
            "dbPassword2",
            "user.password",
            "userPass",
            "PGPASSWORD",
            "root-passwd",
            "pwd",
        ] {
            check(name, Some(Named::Password));
        }
        for name in [
            "api_key",
            "apiKey",
            "X-Api-Key",
            "AWS_ACCESS_KEY",
            "encryptionKey",
            "APIKEY",
            "private_key",
            "storageAccountKey",
        ] {
            check(name, Some(Named::Key));
        }
        for name in ["client_secret", "clientSecret", "SECRET", "jwtSecret", "aws_secret"] {
            check(name, Some(Named::Secret));
        }
        for name in ["token", "accessToken", "_authToken", "GITHUB_TOKEN", "X-Auth-Token"] {
            check(name, Some(Named::Token));
        }
        check("key", Some(Named::BareKey));
        check("auth", Some(Named::Credential));
        check("test_client_password", Some(Named::Password));
    }

    #[test]
    fn names_of_other_things() {
        for name in [
            "compass",
            "bypass",
            "monkey",
            "keyword",
            "author",
            "authority",
            "publicKey",
            "public_key_token",
            "passwordHash",
            "password_field",
            "tokenType",
            "max_tokens",
            "token_url",
            "passwordResetUrl",
            "key_id",
            "keyCode",
            "tokenizer",
            "secretName",
            "secretKeyRef",
            "csrf_token",
            "nextPageToken",
            "isPassword",
            "showPassword",
            "getToken",
            "sha256_key_hash",
        ] {
            check(name, None);
        }
    }
}

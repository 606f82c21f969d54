//! Which texts of a store are credentials, and which parts of them.

use zeroize::Zeroizing;

use crate::fingerprint::strength::{Strength, judge};

/// A value to fingerprint; `part` says which part of a text it is, if not the whole.
pub(super) struct Picked {
    pub(super) part: &'static str,
    pub(super) value: Zeroizing<Vec<u8>>,
}

impl Picked {
    fn new(part: &'static str, value: impl Into<Vec<u8>>) -> Self {
        Self { part, value: Zeroizing::new(value.into()) }
    }
}

/// The values in the text of a field that holds a secret.
pub(super) fn values(text: &str) -> Vec<Picked> {
    let text = text.trim();
    // `Authorization: Bearer …` and the like, with or without the header's name
    let mut rest = text;
    if let Some((name, value)) = text.split_once(": ")
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        rest = value;
    }
    for scheme in ["Bearer ", "Basic ", "Token ", "token ", "bearer ", "basic ", "Negotiate ", "ApiKey "] {
        if let Some(value) = rest.strip_prefix(scheme) {
            return with_pair(value.trim());
        }
    }
    let in_url = user_info(rest);
    if !in_url.is_empty() {
        return in_url;
    }
    if rest.starts_with("http://") || rest.starts_with("https://") {
        // Conda writes tokens into paths, webhooks are secret as a whole
        if let Some((_, token)) = rest.split_once("/t/") {
            return vec![Picked::new("", token.split('/').next().unwrap_or_default())];
        }
        return vec![Picked::new("", rest)];
    }
    with_pair(rest)
}

/// The value, and what stands in it in base64: the password of `user:password`, a key in PEM.
fn with_pair(text: &str) -> Vec<Picked> {
    let mut all = vec![Picked::new("", text)];
    let bytes = text.trim_end_matches('=').as_bytes();
    if text.len() >= 12
        && let Ok(inner) = data_encoding::BASE64_NOPAD.decode(bytes).map(Zeroizing::new)
    {
        if let Ok(pair) = std::str::from_utf8(&inner)
            && let Some((user, password)) = pair.split_once(':')
            && !user.is_empty()
            && user.bytes().all(|byte| byte.is_ascii_graphic())
            && !password.is_empty()
            && password.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
        {
            all.push(Picked::new("password", password));
        }
        let readable = inner.len() >= 12
            && inner.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
        if all.len() == 1 && readable {
            all.push(Picked::new("decoded", inner.to_vec()));
        }
    }
    all
}

/// Passwords of URLs in `text`, and user names that are tokens.
pub(super) fn user_info(text: &str) -> Vec<Picked> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("://") {
        rest = after;
        let authority = after.split(['/', '?', '#', ' ', '"', '\'']).next().unwrap_or_default();
        let Some((info, _)) = authority.rsplit_once('@') else { continue };
        let decode =
            |text: &str| Zeroizing::new(percent_encoding::percent_decode_str(text).collect::<Vec<u8>>());
        match info.split_once(':') {
            Some((user, password)) => {
                if password.is_empty() || password == "x-oauth-basic" {
                    all.push(Picked { part: "user", value: decode(user) });
                } else {
                    all.push(Picked { part: "password", value: decode(password) });
                }
            }
            None if is_token_like(info.as_bytes()) => all.push(Picked { part: "user", value: decode(info) }),
            None => {}
        }
    }
    all
}

/// Whether something without a telling name is a token all the same.
pub(super) fn is_token_like(value: &[u8]) -> bool {
    value.len() >= 20
        && judge(value) == Strength::Strong
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-+/=.~".contains(byte))
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
}

/// Whether a name says that its value is secret.
pub(super) fn says_secret(name: &str) -> bool {
    let name: String = split_words(name);
    let ends = |endings: &[&str]| {
        endings.iter().any(|ending| name == *ending || name.ends_with(&format!("_{ending}")))
    };
    // what such names end with when the value is public
    if ends(&[
        "id",
        "ids",
        "url",
        "uri",
        "type",
        "name",
        "file",
        "path",
        "dir",
        "expires",
        "expiry",
        "expiration",
        "at",
        "in",
        "on",
        "endpoint",
        "host",
        "user",
        "username",
        "email",
        "scope",
        "scopes",
        "region",
        "version",
        "count",
        "limit",
        "length",
        "enabled",
        "method",
        "public_key",
        "public",
        "algorithm",
        "alg",
        "ttl",
        "command",
        "helper",
        "provider",
        "issuer",
        "audience",
        "cmd",
        "format",
        "prefix",
    ]) {
        return false;
    }
    let holds = |words: &[&str]| words.iter().any(|word| name.contains(word));
    holds(&[
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "api_key",
        "apikey",
        "access_key",
        "private_key",
        "privatekey",
        "credential",
        "auth_key",
        "authkey",
        "signing_key",
        "encryption_key",
        "master_key",
        "webhook",
        "connection_string",
        "dsn",
    ]) || ends(&["pass", "pwd", "key", "pat", "auth", "salt", "psk", "jwt", "cookie", "pw"])
}

/// `accessToken` and `ACCESS-TOKEN` as `access_token`.
fn split_words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut lower = false;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            if c.is_ascii_uppercase() && lower {
                words.push('_');
            }
            words.push(c.to_ascii_lowercase());
        } else if !words.ends_with('_') {
            words.push('_');
        }
        lower = c.is_ascii_lowercase();
    }
    words
}

/// Whether a value under a telling name is one all the same: no sentence, number or switch.
pub(super) fn is_value(name: &str, value: &[u8]) -> bool {
    let says_password = name.to_ascii_lowercase().contains("pass");
    let words = value.iter().filter(|&&byte| byte == b' ').count();
    let plain = value
        .iter()
        .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b':'));
    match judge(value) {
        Strength::Refused(_) => false,
        Strength::Bounded(_) => says_password && words == 0,
        Strength::Strong => words == 0 && (!plain || says_password) || value.starts_with(b"-----BEGIN "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(text: &str) -> Vec<String> {
        values(text).into_iter().map(|picked| String::from_utf8_lossy(&picked.value).into_owned()).collect()
    }

    #[test]
    fn values_are_taken_out_of_what_is_around_them() {
        assert_eq!(picked(" plain "), ["plain"]);
        assert_eq!(picked("Bearer abc"), ["abc"]);
        assert_eq!(picked("Authorization: token abc"), ["abc"]);
        assert_eq!(picked(concat!("https://alice:", "p%40ss@host.test/x")), ["p@ss"]);
        let pair = data_encoding::BASE64.encode(b"alice:wonder");
        assert_eq!(picked(&pair), [pair.clone(), "wonder".to_owned()]);
        assert_eq!(picked(&format!("AUTHORIZATION: basic {pair}")), [pair.clone(), "wonder".to_owned()]);
        assert!(user_info("https://host.test/a@b").is_empty());
        assert!(user_info("ssh://git@host.test/a").is_empty());
    }

    #[test]
    fn names_say_what_is_secret() {
        for name in [
            "apiKey",
            "API_KEY",
            "db.password",
            "refreshToken",
            "OPENAI_API_KEY",
            "auth",
            "clientSecret",
            "SESSION_SECRET",
        ] {
            assert!(says_secret(name), "{name}");
        }
        for name in [
            "clientId",
            "token_type",
            "tokenUrl",
            "expiresAt",
            "keyboard",
            "TOKEN_FILE",
            "username",
            "monkeys",
            "secret_name",
        ] {
            assert!(!says_secret(name), "{name}");
        }
    }
}

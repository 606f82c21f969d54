//! Hosts of addresses, as far as they are known.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::model::{Part, Word};
use super::paths::NETWORK_METADATA;

/// The host of an address or of a bare `host:port/path`, in lower case, as far as it is known; whether that is all.
fn host(word: &Word) -> (String, bool) {
    let prefix = word.prefix();
    let rest = prefix.split_once("://").map_or(prefix, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']);
    let whole = end.is_some() || word.text().is_some();
    let authority = &rest[..end.unwrap_or(rest.len())];
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let (host, whole) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or((rest, false), |(host, _)| (host, true)),
        None => host.split_once(':').map_or((host, whole), |(host, _)| (host, true)),
    };
    (host.to_ascii_lowercase(), whole)
}

/// Whether an address or host is this machine. A port may be unknown, a host may not.
pub(super) fn is_local(word: &Word) -> bool {
    let (host, whole) = host(word);
    whole
        && (matches!(host.as_str(), "localhost" | "::1" | "0.0.0.0" | "host.docker.internal")
            || host.ends_with(".localhost")
            || host.strip_prefix("127.").is_some_and(|rest| {
                rest.split('.').count() == 3 && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            }))
}

/// Whether an address is that of the service which hands a cloud machine its own credentials.
pub(super) fn is_metadata(word: &Word) -> bool {
    let (host, whole) = host(word);
    if !whole {
        // which machine it is shows later; what is asked of it, or how its name begins, may be plain
        let asks = |part: &Part| matches!(part, Part::Text(text) if text.contains("/meta-data") || text.contains("/computeMetadata"));
        let begins = !host.is_empty() && NETWORK_METADATA.iter().any(|name| name.starts_with(&host));
        return begins || word.parts.iter().any(asks);
    }
    let host = host.trim_end_matches('.');
    let numeric = address(host).map(|address| address.to_string());
    let names = |name: &str| name == host || numeric.as_deref() == Some(name);
    NETWORK_METADATA.iter().any(|name| names(name))
}

/// An address in any spelling that resolvers take: dotted, in one number, hexadecimal, octal, mapped into IPv6.
fn address(host: &str) -> Option<Ipv4Addr> {
    if let Ok(address) = host.parse::<Ipv6Addr>() {
        return address.to_ipv4_mapped();
    }
    let parts: Option<Vec<u64>> = host.split('.').map(number).collect();
    let parts = parts.filter(|parts| parts.len() <= 4)?;
    let (last, first) = parts.split_last()?;
    let mut bits: u64 = 0;
    for part in first {
        bits = bits << 8 | Some(*part).filter(|part| *part < 256)?;
    }
    let left = 8 * (4 - first.len());
    u32::try_from(bits << left | Some(*last).filter(|last| *last < 1 << left)?).ok().map(Ipv4Addr::from)
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None if text.len() > 1 && text.starts_with('0') => u64::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_service_is_known_in_any_spelling() {
        for text in [
            "http://169.254.169.254/latest/meta-data/",
            "169.254.169.254",
            "http://2852039166/latest/",
            "http://0xA9FEA9FE/",
            "http://0xa9.0376.43518/",
            "http://[::ffff:169.254.169.254]/",
            "http://user@metadata.google.internal:80/x",
        ] {
            assert!(is_metadata(&Word::known(text)), "{text}");
        }
        for text in
            ["http://localhost:3000/169.254.169.254", "https://docs.example/meta-data", "10.0.0.1", "", "."]
        {
            assert!(!is_metadata(&Word::known(text)), "{text}");
        }
        let unknown = || Part::Unknown { source: "$X".to_owned(), splits: false };
        let word = |before: &str, after: &str| Word {
            parts: vec![Part::Text(before.to_owned()), unknown(), Part::Text(after.to_owned())],
            span: None,
        };
        assert!(is_metadata(&word("http://", "/latest/meta-data/iam")));
        assert!(is_metadata(&word("http://169.254.", ".254/latest/")));
        assert!(!is_metadata(&word("http://", "/health")));
        assert!(!is_metadata(&word("http://localhost:", "/health")));
        assert!(!is_metadata(&word("http://localhost/items?", "")));
    }

    #[test]
    fn addresses_of_this_machine() {
        for local in
            ["http://localhost:3000/x", "127.0.0.1:80", "http://[::1]:8080/", "https://app.localhost"]
        {
            assert!(is_local(&Word::known(local)), "{local}");
        }
        for far in [
            "http://localhost.evil.test/",
            "https://a@b.test",
            "http://localhost@evil.test/",
            "127.evil.test",
        ] {
            assert!(!is_local(&Word::known(far)), "{far}");
        }
    }
}

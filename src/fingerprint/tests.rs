use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use proptest::prelude::*;

use super::strength::{Strength, judge};
use super::*;

fn record(label: &str) -> Record {
    Record::new(label, "own", 0)
}

fn matcher(values: &[&[u8]]) -> Matcher {
    let mut store = Store::new().expect("a store");
    for (i, value) in values.iter().enumerate() {
        let strength = judge(value);
        assert!(!matches!(strength, Strength::Refused(_)), "{strength:?}");
        store.add(value, strength, record(&format!("entry {i}")));
    }
    store.matcher()
}

/// A value made of the characters of `alphabet`.
fn random(alphabet: &[u8], length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            alphabet[(state >> 33) as usize % alphabet.len()]
        })
        .collect()
}

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const PRINTABLE: &[u8] =
    b"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

fn percent(value: &[u8], lower: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for &byte in value {
        match byte {
            _ if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => out.push(byte),
            _ if lower => out.extend(format!("%{byte:02x}").bytes()),
            _ => out.extend(format!("%{byte:02X}").bytes()),
        }
    }
    out
}

/// The ways in which `value` is written, with a name each.
fn written(value: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let text = String::from_utf8(value.to_vec()).expect("text");
    let json = serde_json::to_string(&text).expect("JSON");
    let json = json[1..json.len() - 1].to_owned();
    let prefixed = |prefix: &str| [prefix.as_bytes(), value].concat();
    let mut all = vec![
        ("plain", value.to_vec()),
        ("base64", BASE64.encode(value).into_bytes()),
        ("base64 after 1", BASE64.encode(&prefixed("u")).into_bytes()),
        ("base64 after 2", BASE64.encode(&prefixed("u:")).into_bytes()),
        ("base64 within", BASE64.encode(&[&prefixed("alice:"), &b"\ntail"[..]].concat()).into_bytes()),
        ("base64url", BASE64URL_NOPAD.encode(value).into_bytes()),
        ("base64url after 1", BASE64URL_NOPAD.encode(&prefixed(":")).into_bytes()),
        ("base64url after 2", BASE64URL_NOPAD.encode(&prefixed("::")).into_bytes()),
        ("hex", HEXLOWER.encode(value).into_bytes()),
        ("HEX", HEXUPPER.encode(value).into_bytes()),
        ("percent", percent(value, false)),
        ("percent lower", percent(value, true)),
        ("json", json.clone().into_bytes()),
        ("json with slashes", json.replace('/', "\\/").into_bytes()),
        ("single quotes", text.replace('\'', "'\\''").into_bytes()),
        (
            "double quotes",
            text.chars()
                .flat_map(|c| "\\\"$`".contains(c).then_some('\\').into_iter().chain([c]))
                .collect::<String>()
                .into_bytes(),
        ),
        (
            "backslashes",
            text.chars()
                .flat_map(|c| {
                    (!c.is_ascii_alphanumeric() && c != '\n').then_some('\\').into_iter().chain([c])
                })
                .collect::<String>()
                .into_bytes(),
        ),
        (
            "html",
            text.replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
                .into_bytes(),
        ),
    ];
    for (name, width) in
        [("base64 in lines of 76", 76), ("base64 in lines of 64", 64), ("base64 in lines of 60", 60)]
    {
        let text = BASE64.encode(value);
        all.push((name, text.as_bytes().chunks(width).collect::<Vec<_>>().join(&b"\r\n"[..])));
    }
    all
}

/// By every way to search; they must agree.
#[track_caller]
fn found(matcher: &Matcher, text: &[u8]) -> Vec<Hit> {
    let near = matcher.scan_text(text);
    let far = matcher.scan_far(text, false);
    assert!(far == matcher.scan_far(text, true), "vectors find something else");
    let places = |hits: &[Hit]| -> Vec<(String, usize)> {
        hits.iter().map(|hit| (hit.stored.label.clone(), hit.span.end)).collect()
    };
    assert_eq!(places(&near), places(&far), "long texts find something else");
    near
}

#[test]
fn every_form_is_found_at_any_offset() {
    for (alphabet, lengths) in [
        (LETTERS, &[12, 13, 14, 15, 16, 20, 32, 40, 64, 200, 4_000][..]),
        (PRINTABLE, &[12, 13, 15, 17, 24, 40, 100, 1_000]),
        (b"0123456789abcdef", &[16, 32, 40, 64]),
    ] {
        for (seed, &length) in lengths.iter().enumerate() {
            let value = random(alphabet, length, seed as u64 + 1);
            let matcher = matcher(&[&value]);
            for (form, text) in written(&value) {
                for offset in [0, 1, 2, 3, 5, 61, 4_093] {
                    let mut place = random(b"ab cd=\n", offset, 9);
                    if form.starts_with("base64") {
                        // a letter right before would be part of the base64
                        if let Some(last) = place.last_mut() {
                            *last = b' ';
                        }
                    }
                    place.extend(&text);
                    place.extend(b"\" and so on");
                    let hits = found(&matcher, &place);
                    assert_eq!(hits.len(), 1, "{form} of {length} bytes at {offset}");
                    assert_eq!(hits[0].length, length);
                    if form == "plain" {
                        assert_eq!((hits[0].span.start, hits[0].span.len()), (offset, length));
                        assert!(hits[0].decoded.is_empty());
                    }
                }
            }
        }
    }
}

#[test]
fn keys_of_several_lines_are_found_however_their_lines_are_broken() {
    let mut value = b"-----BEGIN PRIVATE".to_vec();
    value.extend(b" KEY-----\n");
    for line in 0..20 {
        value.extend(random(LETTERS, 64, line + 1));
        value.push(b'\n');
    }
    value.extend(b"-----END PRIVATE");
    value.extend(b" KEY-----\n");
    let text = String::from_utf8(value.clone()).expect("text");
    let matcher = matcher(&[&value]);
    for (how, text) in [
        ("as it is", text.clone()),
        ("of another system", text.replace('\n', "\r\n")),
        ("indented", text.replace('\n', "\n    ")),
        ("in JSON", text.replace('\n', "\\n")),
        ("in JSON in JSON", text.replace('\n', "\\\\n")),
        ("in a URL", String::from_utf8(percent(text.as_bytes(), false)).expect("text")),
        ("in one line", text.replace('\n', "")),
        ("in base64", BASE64.encode(text.as_bytes())),
        ("in hexadecimal", HEXLOWER.encode(text.as_bytes())),
    ] {
        let hits = found(&matcher, format!("key: '{text}' # end").as_bytes());
        assert_eq!(hits.len(), 1, "{how}");
    }
    let mut changed = value.clone();
    changed[500] ^= 1;
    assert!(found(&matcher, &changed).is_empty());
}

#[test]
fn short_values_need_the_ends_of_words() {
    let value = random(LETTERS, 9, 5);
    let matcher = matcher(&[&value]);
    let text = |before: &str, after: &str| [before.as_bytes(), &value, after.as_bytes()].concat();
    assert_eq!(found(&matcher, &text("pw=", ";")).len(), 1);
    assert_eq!(found(&matcher, &value).len(), 1);
    assert!(found(&matcher, &text("x", ";")).is_empty());
    assert!(found(&matcher, &text("'", "y'")).is_empty());
}

#[test]
fn values_without_telling_characters_are_found() {
    let value = b"gentle walrus orbiting quietly";
    let matcher = matcher(&[value]);
    let text = [b"let phrase = \"", &value[..], b"\";"].concat();
    assert_eq!(found(&matcher, &text).len(), 1);
}

#[test]
fn a_value_in_several_places_is_one_entry_with_two_names() {
    let value = random(LETTERS, 24, 3);
    let mut store = Store::new().expect("a store");
    store.add(&value, Strength::Strong, record("one"));
    store.add(&value, Strength::Strong, record("two"));
    let hits = found(&store.matcher(), &value);
    assert_eq!(hits.len(), 1);
    assert_eq!((hits[0].stored.label.as_str(), &hits[0].stored.also[..]), ("one", &["two".to_owned()][..]));
}

#[test]
fn the_set_hash_changes_with_the_values_and_only_with_them() {
    let mut store = Store::new().expect("a store");
    let empty = store.matcher().set_hash();
    let value = random(LETTERS, 24, 3);
    store.add(&value, Strength::Strong, record("one"));
    let one = store.matcher().set_hash();
    assert_ne!(empty, one);
    store.rename("one", "two");
    assert_eq!(one, store.matcher().set_hash());
}

#[test]
fn a_changed_value_keeps_its_fingerprint_and_is_marked() {
    let (old, new) = (random(LETTERS, 24, 3), random(LETTERS, 24, 4));
    let mut store = Store::new().expect("a store");
    assert_eq!(store.add(&old, Strength::Strong, record("token")), Added::New);
    assert_eq!(store.add(&old, Strength::Strong, record("token")), Added::Same);
    assert_eq!(store.add(&new, Strength::Strong, record("token")), Added::Rotated);
    let matcher = store.matcher();
    assert!(found(&matcher, &old)[0].stored.rotated);
    assert!(!found(&matcher, &new)[0].stored.rotated);
    assert_eq!(store.add(&old, Strength::Strong, record("token")), Added::Rotated);
    assert_eq!(store.records().len(), 2);
    assert!(!found(&store.matcher(), &old)[0].stored.rotated);
    assert_eq!(store.remove("token"), 2);
    assert!(store.matcher().is_empty());
}

fn places() -> (tempfile::TempDir, Places) {
    let folder = tempfile::tempdir().expect("a folder");
    let places = Places::at(folder.path().join("data"));
    (folder, places)
}

#[test]
fn a_store_is_written_private_and_read_again() {
    let (_folder, places) = places();
    assert!(load(&places).expect("no store is no mistake").is_empty());
    let value = random(LETTERS, 32, 7);
    let mut locked = Locked::open(&places).expect("a store");
    locked.store.add(&value, Strength::Strong, record("one"));
    locked.save().expect("written");
    drop(locked);
    let matcher = load(&places).expect("loaded");
    matcher.check().expect("whole");
    assert_eq!(found(&matcher, &value).len(), 1);
    assert_eq!(records(&places).expect("read").len(), 1);
    #[cfg(unix)]
    for path in [places.store(), places.key()] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("changed");
        assert!(matches!(load(&places), Err(FileError::Exposed { .. })));
        assert!(Locked::open(&places).is_err());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("changed");
    }
    // nothing of the value or its name is in the file
    let bytes = std::fs::read(places.store()).expect("read");
    for needle in [&value[..6], &b"own"[..], b"one", b"label"] {
        assert!(memchr::memmem::find(&bytes, needle).is_none() || needle.len() < 4);
    }
}

#[test]
fn damage_is_reported_wherever_it_is_and_replaces_nothing() {
    let (_folder, places) = places();
    let mut locked = Locked::open(&places).expect("a store");
    locked.store.add(&random(LETTERS, 32, 7), Strength::Strong, record("one"));
    locked.save().expect("written");
    drop(locked);
    let whole = std::fs::read(places.store()).expect("read");
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x20;
        std::fs::write(places.store(), &bytes).expect("written");
        let opened = load(&places).map_err(|error| error.to_string()).and_then(|matcher| matcher.check());
        assert!(opened.is_err(), "a change of byte {at} of {} goes unnoticed", whole.len());
        assert!(Locked::open(&places).is_err());
        assert!(std::fs::read(places.store()).expect("read") == bytes);
    }
    for length in 0..whole.len() {
        std::fs::write(places.store(), &whole[..length]).expect("written");
        assert!(load(&places).is_err(), "cut at {length}");
    }
    std::fs::write(places.store(), &whole).expect("written");
    std::fs::remove_file(places.key()).expect("removed");
    assert!(matches!(load(&places), Err(FileError::Damaged { .. })));
    assert!(Locked::open(&places).is_err(), "a lost key is not replaced by a new one");
}

#[test]
fn writers_wait_for_each_other() {
    let (_folder, places) = places();
    std::thread::scope(|scope| {
        for writer in 0..8_u64 {
            let places = places.clone();
            scope.spawn(move || {
                let mut locked = Locked::open(&places).expect("opened");
                let value = random(LETTERS, 20, writer + 1);
                locked.store.add(&value, Strength::Strong, record(&format!("entry {writer}")));
                locked.save().expect("written");
            });
        }
    });
    assert_eq!(records(&places).expect("read").len(), 8);
}

mod hunt;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn all_ways_to_search_agree(
        seeds in prop::collection::vec((8usize..60, any::<u64>(), 0usize..2), 1..6),
        parts in prop::collection::vec((0usize..6, 0usize..40, any::<u64>()), 0..30),
    ) {
        let values: Vec<Vec<u8>> = seeds.iter().map(|&(length, seed, kind)| random([LETTERS, PRINTABLE][kind], length, seed)).collect();
        let kept: Vec<&[u8]> = values.iter().map(|value| &value[..]).filter(|value| !matches!(judge(value), Strength::Refused(_))).collect();
        let matcher = matcher(&kept);
        let mut text = Vec::new();
        let mut planted = 0;
        for (which, filler, seed) in parts {
            text.extend(random(b"aB0 \n=/%\\", filler, seed));
            if let Some(value) = kept.get(which) {
                text.push(b' ');
                text.extend(*value);
                text.push(b' ');
                planted += 1;
            }
        }
        prop_assert!(found(&matcher, &text).len() >= planted);
    }

    #[test]
    fn a_store_of_any_bytes_is_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300), magic: bool) {
        let (_folder, places) = places();
        Locked::open(&places).expect("a store").save().expect("written");
        let mut file = if magic { b"PCFPRINT\x01\0\0\0".to_vec() } else { Vec::new() };
        file.extend(bytes);
        std::fs::write(places.store(), file).expect("written");
        prop_assert!(load(&places).is_err());
    }
}

use std::collections::BTreeSet;

use super::*;

fn expand_all(text: &str) -> Vec<String> {
    let shape = Shape::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    (0..200).map(|seed| String::from_utf8(shape.expand(&mut Random::new(seed))).unwrap()).collect()
}

/// Every value of the shape matches the pattern as a whole.
#[track_caller]
fn check(shape: &str, pattern: &str) {
    let regex = regex::bytes::Regex::new(&format!("(?-u)^(?:{pattern})$")).unwrap();
    for value in expand_all(shape) {
        assert!(regex.is_match(value.as_bytes()), "{shape}: {value}");
    }
}

/// Every value of the shape verifies.
#[track_caller]
fn check_sum(name: &str, shape: &str) {
    let checksum = Checksum::from_name(name).unwrap();
    let values = expand_all(shape);
    for value in &values {
        assert!(checksum.verify(value.as_bytes()), "{shape}: {value}");
    }
    assert!(values.iter().collect::<BTreeSet<_>>().len() > 150, "{shape}");
}

#[track_caller]
fn check_error(shape: &str, column: usize, cause: &str) {
    let error = Shape::parse(shape).unwrap_err();
    assert_eq!((error.column, error.cause.as_str()), (column, cause));
    assert!(!error.way_out.is_empty());
}

#[test]
fn text_and_alphabets() {
    check("", "");
    check("plain", "plain");
    check("{{\"a\": {hex:0}}}", r#"\{"a": \}"#);
    check("é{digits:3}", r"\xC3\xA9[0-9]{3}");
    for (name, class) in [
        ("base62", "[A-Za-z0-9]"),
        ("base64", "[A-Za-z0-9+/]"),
        ("base64url", "[A-Za-z0-9_-]"),
        ("base62-dash", "[A-Za-z0-9-]"),
        ("word", "[A-Za-z0-9_]"),
        ("hex", "[a-f0-9]"),
        ("hex-upper", "[A-F0-9]"),
        ("base32", "[A-Z2-7]"),
        ("base32-lower", "[a-z2-7]"),
        ("base36", "[a-z0-9]"),
        ("base36-upper", "[A-Z0-9]"),
        ("base58", "[1-9A-HJ-NP-Za-km-z]"),
        ("bech32", "[ac-hj-np-z02-9]"),
        ("bech32-upper", "[AC-HJ-NP-Z02-9]"),
        ("digits", "[0-9]"),
        ("upper", "[A-Z]"),
        ("lower", "[a-z]"),
        ("letters", "[A-Za-z]"),
        ("unreserved", "[A-Za-z0-9._~-]"),
        ("printable", r"[!-~&&[^\x22'`\\$%<>{}]]"),
    ] {
        check(&format!("{{{name}:40}}"), &format!("{class}{{40}}"));
        check(&format!("{{{name}:0-12}}"), &format!("{class}{{0,12}}"));
    }
    check("{uuid}", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
}

#[test]
fn every_choice_is_taken() {
    let taken =
        |shape: &str| expand_all(shape).into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>();
    assert_eq!(taken("{us|eu|a:p|}"), ["", "a:p", "eu", "us"]);
    assert_eq!(taken("{upper:1-3}").iter().map(String::len).collect::<BTreeSet<_>>().len(), 3);
    assert_eq!(taken("{digits:1}").len(), 10);
}

#[test]
fn values_look_real() {
    for length in [8, 20, 64] {
        for name in ["base62", "base58", "hex", "base32", "bech32", "base36-upper", "digits", "unreserved"] {
            for value in expand_all(&format!("{{{name}:{length}}}")) {
                let has = |class: fn(char) -> bool| value.contains(class);
                let digit_and_letter = has(|c| c.is_ascii_digit()) && has(|c| c.is_ascii_alphabetic());
                assert!(digit_and_letter || name == "digits", "{name}: {value}");
                let mixed = has(|c| c.is_ascii_lowercase()) && has(|c| c.is_ascii_uppercase());
                assert!(mixed || !matches!(name, "base62" | "base58" | "unreserved"), "{name}: {value}");
                assert!(value.chars().collect::<BTreeSet<_>>().len() >= 5, "{name}: {value}");
            }
        }
    }
}

#[test]
fn values_never_change() {
    let value =
        |shape: &str| String::from_utf8(Shape::parse(shape).unwrap().expand(&mut Random::new(1))).unwrap();
    assert_eq!(value("{lower:6}"), value("{lower:6}"));
    // The reference implementation's first number for seed 0.
    assert_eq!(Random::new(0).next_u64(), 0xE220_A839_7B1D_CDAF);
}

#[test]
fn checksums_of_the_text_so_far() {
    for (name, shape) in [
        ("crc32-base62-body", "ghp_{base62:30}{crc32-base62-body}"),
        ("crc32-base62-body", "salad_cloud_{lower:4-9}_{base62:40-200}{crc32-base62-body}"),
        ("crc32-base62-all", "wandb_v1_{base62:27}_{base62:43}{crc32-base62-all}"),
        ("crc32-base62-lower-first-all", "apify_api_{base62:30}{crc32-base62-lower-first-all}"),
        ("crc32-base62-all-underscore", "syt_{base64<{lower:6}>}_{letters:20}_{crc32-base62-all-underscore}"),
        ("crc32-base62-lsb-underscore", "mat_{base62:30}_{crc32-base62-lsb-underscore}"),
        ("crc32-hex-upper-all", "ATBB{base62:24}{crc32-hex-upper-all}"),
        ("crc32-hex-all", "packagist_{uut|out|ort}_{hex:60}{crc32-hex-all}"),
        ("crc32-hex-body", "zpka_{hex:32}_{crc32-hex-body}"),
        ("crc32-le-hex-prefix", "glsa_{base62:32}_{crc32-le-hex-prefix}"),
        ("crc32-le-base64-6", "cflt{base64:54}{crc32-le-base64-6}"),
        ("gitlab-routable-crc32-base36", "glpat-{base64url:27-300}.01.{gitlab-routable-crc32-base36}"),
        ("gitlab-routable-crc32-base36", "glrt-t{1|2|3}_{base64url:27-300}.{gitlab-routable-crc32-base36}"),
        ("sha256-base32-8-prefix", "github_pat_{base62:22}_{base62:43}{sha256-base32-8-prefix}{base62:8}"),
        ("xor-mod62", "cio_tp_{base62:31}{xor-mod62}"),
        ("azure-his-marvin32", "{base64:76}+ASt{azure-his-marvin32}"),
        ("azure-his-marvin32", "{base64url:44}AzFu{azure-his-marvin32}"),
        ("azure-his-marvin32", "{base62:42}AzSe{azure-his-marvin32}"),
        ("azure-his-marvin32", "{base64:33}{+ASb|+AEh|+ARm|AIoT|AzCa|AZEG}{azure-his-marvin32}"),
        ("azure-entra-marvin32", "{base62:3}8Q~{unreserved:31}{azure-entra-marvin32}"),
        ("azure-cask-v1", "{base62:52}JQQJ99{B|C}{A|F|L}{base62:16}AZDO{azure-cask-v1}"),
        ("azure-cask-v1", "{base62:52}JQQJ99{B|C}{A|F|L}{base62:16}ACOG{azure-cask-v1:88}"),
        ("cloudflare-checksum", "cfut_{base62:40}{cloudflare-checksum}"),
        ("supabase-ref-sha256", "sb_secret_{base64url:22}_{supabase-ref-sha256}"),
        ("bech32", "AGE-SECRET-KEY-1{bech32-upper:51}{Q|S}{bech32}"),
        ("bech32", "nsec1{bech32:51}{q|s}{bech32}"),
        ("crc16-xmodem-base32", "S{A|B|C|D}{base32:50}{crc16-xmodem-base32}"),
        ("crc16-xmodem-base32", "S{U|A|O|C|N|X}A{A|B|C|D|E|F|G|H}{base32:50}{crc16-xmodem-base32}"),
        ("crc24-openpgp", "-----BEGIN X-----\n\n{base64:64}\n{base64:32}\n{crc24-openpgp}\n-----END X-----"),
    ] {
        check_sum(name, shape);
    }
}

#[test]
fn whole_values() {
    for (name, shape) in [
        ("crc32-le-bitpacked-base62", "{xau|xao}_{crc32-le-bitpacked-base62}"),
        ("azure-devops-legacy-crc32", "{azure-devops-legacy-crc32}"),
        ("base58check", "{base58check:0x80+32+0x01}"),
        ("base58check", "{base58check-ripple:0x21+16}"),
        ("base58-len", "{base58-len}"),
        ("base58-len", "AKCp{base58:69}"),
        ("bip39-checksum", "{bip39-checksum:12}"),
        ("bip39-checksum", "{bip39-checksum:24}"),
        ("wireguard-clamp", "{wireguard-clamp}"),
        ("ed25519-pair", "{ed25519-pair:base64}"),
        ("aws-account-id", "{aws-account-id}"),
        ("aws-account-id", "ASIAQ{base32:15}"),
        ("jwt-header", "{jwt-header}"),
        (
            "jwt-header",
            "{base64url<{{\"alg\":\"HS256\"}}>}.{base64url<{{\"role\":\"service_role\",\"iat\":1{digits:9}}}>}.{base64url:43}",
        ),
        ("discord-id", "{discord-id}"),
        ("discord-id", "{base64url<{digits:18}>}.{base64url:6}.{base64url:27}"),
    ] {
        check_sum(name, shape);
    }
    check("{base58check:0x80+32}", "5[1-9A-HJ-NP-Za-km-z]{50}");
    check("{base58check:0x80+32+0x01}", "[KL][1-9A-HJ-NP-Za-km-z]{51}");
    check("{base58check:0xef+32}", "9[1-9A-HJ-NP-Za-km-z]{50}");
    check("{base58check:0x0488ade4+74}", "xprv[1-9A-HJ-NP-Za-km-z]{107}");
    check("{base58check:0x0142c0+36}", "6P[1-9A-HJ-NP-Za-km-z]{56}");
    check("{base58check:0x0d0f3a07+32}", "edsk[1-9A-HJ-NP-Za-km-z]{50}");
    check("{base58check:0x2bf64e07+64}", "edsk[1-9A-HJ-NP-Za-km-z]{94}");
    check("{base58check:0x11a2e0c9+32}", "spsk[1-9A-HJ-NP-Za-km-z]{50}");
    check("{base58check:0x1051eebd+32}", "p2sk[1-9A-HJ-NP-Za-km-z]{50}");
    check("{base58check-ripple:0x21+16}", "s[1-9A-HJ-NP-Za-km-z]{27,28}");
    check("{base58check-ripple:0x01e14b+16}", "sEd[1-9A-HJ-NP-Za-km-z]{28}");
}

#[test]
fn a_credential_inside_other_text() {
    let text = "password={start}cnvca{base64url:43}{crc32-hex-all}";
    for value in expand_all(text) {
        assert!(Checksum::Crc32HexAll.verify(&value.as_bytes()["password=".len()..]));
        assert!(!Checksum::Crc32HexAll.verify(value.as_bytes()));
    }
}

#[test]
fn encoded_text() {
    check("{base64<a:b>}", "YTpi");
    check("{base64<a>}", "YQ==");
    check("{base64url<a>}", "YQ");
    check("{base32<a>}", "ME");
    check("{hex<{{a}}>}", "7b617d");
    check("{base64<{hex<a>}>}", "NjE=");
    check("{hex<a>b>}", "613e62");
}

#[test]
fn errors_name_the_column() {
    check_error("ab{base63:3}", 3, "`base63` is no alphabet and no checksum");
    check_error("é{base63}", 2, "`base63` is no alphabet and no checksum");
    check_error("{base62}", 1, "`base62` has no length");
    for length in ["", "x", "+3", "4-3", "-3", "3-", "65537", "99999999999999999999"] {
        check_error(&format!("{{hex:{length}}}"), 1, &format!("`{length}` is no length"));
    }
    check_error("a}", 2, "a closing brace without an opening one");
    check_error("a{hex:3", 2, "this brace is never closed");
    check_error("a{hex:{hex:3}", 2, "this brace is never closed");
    check_error("a{base64<b", 10, "the encoded text that begins here has no end");
    check_error(&"{hex<".repeat(1000), 21, "encoded parts nest too deep");
    check_error("{uuid:3}", 1, "`uuid` does not take `3`");
    check_error("{crc32-hex-all:8}", 1, "`crc32-hex-all` does not take `8`");
    check_error("{base58check:0x8+3}", 1, "`base58check` does not take `0x8+3`");
    check_error("{bip39-checksum:13}", 1, "`bip39-checksum` does not take `13`");
    let unsuited = "the text before this checksum is not the beginning that it asks for";
    check_error("{base64:75-76}+ASt{azure-his-marvin32}", 19, unsuited);
    check_error("x_{base62:32}{crc32-hex-body}", 14, unsuited);
    let error = Shape::parse("ab{base62}").unwrap_err().to_string();
    assert_eq!(error, "column 3: `base62` has no length; write {base62:32}");
}

#[test]
fn nothing_panics() {
    use proptest::prelude::*;
    proptest!(|(text in "([{}|:<>a-]|\\{[a-z0-9-]{0,9}(:[0-9x+-]{0,4})?\\}|\\{base64<){0,12}")| {
        if let Ok(shape) = Shape::parse(&text) {
            shape.expand(&mut Random::new(7));
        }
    });
}

/// Every shape that the description of the language shows can be read.
#[test]
fn the_description_is_right() {
    let readme = include_str!("../../../rules/README.md");
    let section = readme.split("### ").find(|section| section.starts_with("Shapes")).unwrap();
    let quoted = section.split('`').skip(1).step_by(2).map(|text| text.replace(r"\|", "|"));
    let shapes: Vec<String> =
        quoted.filter(|text| text.contains('{') && !text.contains(['…', ' '])).collect();
    let placeholders = ["{{", "}}", "{alphabet:20}", "{alphabet:20-40}", "{checksum-id}"];
    for shape in shapes.iter().filter(|shape| !placeholders.contains(&shape.as_str())) {
        let text = shape.replace(r"\n", "\n");
        if let Err(error) = Shape::parse(&text) {
            panic!("{shape}: {error}");
        }
    }
    assert!(shapes.len() > 35, "{}", shapes.len());
    for &checksum in Checksum::ALL {
        assert!(section.contains(checksum.name()), "{}", checksum.name());
    }
}

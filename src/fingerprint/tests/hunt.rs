//! A thousand values, each in every form at a place of its own: all are found.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, HEXLOWER, HEXUPPER};

use super::*;
use crate::rules::shape::Random;

/// Text for values to stand in: some of our own code.
const AROUND: &str = concat!(include_str!("../walk.rs"), include_str!("../sieve.rs"));
const OTHER: &str = "äöüßéñ€😀Жж";

/// Lengths from 12 to 4,000, each order of magnitude as likely as the next.
fn length(random: &mut Random) -> usize {
    let bits = random.below(8_300) as f64 / 1_000.0;
    (12.0 * 2_f64.powf(bits)).min(4_000.0) as usize
}

fn text_of(random: &mut Random, alphabet: &[char], length: usize) -> String {
    (0..length).map(|_| alphabet[random.below(alphabet.len())]).collect()
}

fn mixed_case(text: &str, random: &mut Random) -> String {
    text.chars().map(|c| if random.below(2) == 0 { c.to_ascii_uppercase() } else { c }).collect()
}

fn in_lines(text: &str, width: usize, between: &str) -> String {
    let lines: Vec<&str> =
        text.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    lines.join(between)
}

fn wide(text: &str, big_endian: bool) -> Vec<u8> {
    text.encode_utf16()
        .flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() })
        .collect()
}

/// The value in each form, in something that holds it.
fn forms(value: &str, random: &mut Random) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, text: Vec<u8>| all.push((name.to_owned(), text));
    add("plain", value.into());
    let alphabets = [("base64", BASE64), ("base64 unpadded", BASE64_NOPAD), ("base64url", BASE64URL)];
    for (name, encoding) in alphabets {
        add(name, format!(" {} ", encoding.encode(value.as_bytes())).into());
        // within a file of which all is encoded
        let start = random.below(AROUND.len() / 2);
        let start = (start..).find(|&at| AROUND.is_char_boundary(at)).expect("a place");
        let before: String = AROUND[start..].chars().take(random.below(200)).collect();
        let file =
            format!("{before}{value}\nand the rest of a file, long enough to fill a line or two, and more");
        let text = encoding.encode(file.as_bytes());
        add(&format!("{name} within"), text.clone().into());
        add(&format!("{name} in lines of 76"), in_lines(&text, 76, "\n").into());
        add(&format!("{name} in lines of 64"), in_lines(&text, 64, "\r\n").into());
        add(&format!("{name} indented"), in_lines(&text, 60, "\n      ").into());
    }
    let digits = HEXLOWER.encode(value.as_bytes());
    add("hex", digits.clone().into());
    add("HEX", HEXUPPER.encode(value.as_bytes()).into());
    add("hEx", mixed_case(&digits, random).into());
    add("hex in lines", in_lines(&digits, 64, "\n").into());
    add("percent", percent(value.as_bytes(), false));
    add("percent lower", percent(value.as_bytes(), true));
    let json = serde_json::to_string(value).expect("JSON");
    add("json", json.clone().into());
    add("json with slashes", json.replace('/', "\\/").into());
    let only_ascii: String = json
        .chars()
        .map(|c| match c {
            c if c.is_ascii() => c.to_string(),
            c => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        })
        .collect();
    add("json of ASCII", only_ascii.into());
    add("single quotes", value.replace('\'', "'\\''").into());
    add("utf-16le", wide(&format!("secret = {value};"), false));
    add("utf-16be", wide(&format!("secret = {value};"), true));
    add("base64 in utf-16", wide(&BASE64.encode(value.as_bytes()), false));
    all
}

fn hunt(alphabet: &str, count: usize, seed: u64) {
    let mut random = Random::new(seed);
    let alphabet: Vec<char> = alphabet.chars().collect();
    let values: Vec<String> = (0..count)
        .map(|_| {
            let length = length(&mut random);
            text_of(&mut random, &alphabet, length)
        })
        .collect();
    let kept: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
    let matcher = matcher(&kept);
    let mut finder = matcher.finder();
    let mut missed = Vec::new();
    for (number, value) in values.iter().enumerate() {
        let id = format!("entry {number}");
        for (form, text) in forms(value, &mut random) {
            let at = random.below(AROUND.len() - 3_000);
            let before = random.below(1_500);
            let around = &AROUND.as_bytes()[at..at + before];
            let mut place = around.to_vec();
            if form.starts_with("utf-16be") {
                place.push(b'\n');
            }
            place.extend(&text);
            place.extend(&AROUND.as_bytes()[at + before..at + before + 200]);
            // now and then as short texts are searched
            let hits = match random.below(16) {
                0 => self::matcher(&[value.as_bytes()]).scan_text(&place).len(),
                _ => finder.find(&place).iter().filter(|hit| hit.stored.label == id).count(),
            };
            if hits == 0 {
                missed.push(format!("{form} of value {number}, {} bytes, at {before}", value.len()));
            }
        }
    }
    assert!(missed.is_empty(), "{} missed: {:#?}", missed.len(), &missed[..missed.len().min(30)]);
}

#[test]
fn letters_and_digits_are_found_in_every_form() {
    hunt(std::str::from_utf8(LETTERS).expect("text"), 1_000, 1);
}

#[test]
fn printable_characters_are_found_in_every_form() {
    hunt(std::str::from_utf8(PRINTABLE).expect("text"), 300, 2);
}

#[test]
fn characters_beyond_ascii_are_found_in_every_form() {
    let alphabet = [std::str::from_utf8(LETTERS).expect("text"), OTHER].concat();
    hunt(&alphabet, 200, 3);
}

#[test]
fn digits_of_few_kinds_are_found_in_every_form() {
    hunt("0123456789abcdef", 200, 4);
    hunt("abcdefghijklmnopqrstuvwxyz", 200, 5);
}

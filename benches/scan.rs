//! Bytes per second of the finder, on each of its paths, and of a worker's whole scan.
//!
//! `cargo bench --bench scan` runs all, `cargo bench --bench scan -- finder` some. A change to the hot loop shows
//! these before and after, with the machine. How fast a tree is scanned is for `benches/figures.sh` to say.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use portcullis::blob::Blob;
use portcullis::rules;
use portcullis::rules::shape::{Random, Shape};
use portcullis::scan::Scanner;
use portcullis::scan::bench::Finders;

/// Bytes of each text: larger than the nearest caches, small enough for many rounds.
const SIZE: usize = 4 << 20;

/// Lines of code between two credentials in the mixed text: more than real code has, so that what follows a
/// candidate shows.
const APART: usize = 200;

/// Words that the lines of code are made of.
const WORDS: [&str; 24] = [
    "user", "order", "total", "index", "buffer", "parse", "request", "handler", "result", "state", "node",
    "value", "count", "apply", "filter", "width", "client", "stream", "offset", "length", "config", "token",
    "key", "path",
];

/// Lines as source code has them.
fn code(random: &mut Random, text: &mut Vec<u8>) {
    let [a, b, c] = [0; 3].map(|_| WORDS[random.below(WORDS.len())]);
    let number = random.below(4096);
    let line = match random.below(8) {
        0 => format!("fn {a}_{b}({c}: &{a}::{b}) -> Option<usize> {{"),
        1 => format!("    let {a}_{b} = self.{c}.get_{a}({b}, {number});"),
        2 => format!("    if {a}.{b}_{c}() > {number} && !{b}.is_empty() {{"),
        3 => format!("        return Err(format!(\"the {a} has no {b}: {{{c}}}\"));"),
        4 => format!("    // the {a} comes before the {b}, as the {c} needs it"),
        5 => format!("    {a}.{b}({c}.iter().map(|{a}| {a}.{b}).collect());"),
        6 => "    }".to_owned(),
        _ => String::new(),
    };
    text.extend_from_slice(line.as_bytes());
    text.push(b'\n');
}

/// Code, and nothing else.
fn plain_code() -> Vec<u8> {
    let (mut random, mut text) = (Random::new(1), Vec::new());
    while text.len() < SIZE {
        code(&mut random, &mut text);
    }
    text
}

/// Code with a value of a rule every [`APART`] lines, each rule in turn.
fn mixed() -> Vec<u8> {
    let shapes: Vec<Shape> = rules::builtin()
        .iter()
        .filter_map(|rule| rule.shapes.first())
        .map(|text| Shape::parse(text).expect("a test expands every shape"))
        .collect();
    let (mut random, mut text) = (Random::new(2), Vec::new());
    for shape in shapes.iter().cycle() {
        for _ in 0..APART {
            code(&mut random, &mut text);
        }
        text.extend_from_slice(b"    connect(\"");
        text.extend_from_slice(&shape.expand(&mut random));
        text.extend_from_slice(b"\");\n");
        if text.len() >= SIZE {
            break;
        }
    }
    text
}

/// Base64 of random bytes in lines of 76 and, every tenth time, of code: what decoding costs.
fn base64_heavy() -> Vec<u8> {
    let (mut random, mut text) = (Random::new(3), Vec::new());
    let random_bytes = Shape::parse("{base64:76}").expect("a shape");
    let mut inner = Vec::new();
    while text.len() < SIZE {
        for _ in 0..90 {
            text.extend(random_bytes.expand(&mut random));
            text.push(b'\n');
        }
        inner.clear();
        for _ in 0..10 {
            code(&mut random, &mut inner);
        }
        text.extend_from_slice(data_encoding::BASE64.encode(&inner).as_bytes());
        text.push(b'\n');
    }
    text
}

/// Texts that are nothing but places worth a look, as hostile ones may be: none may cost so much more a byte that a scan
/// of it seems to hang.
const DENSE: [(&str, &str); 6] = [
    ("key names", r#"{"tokenType":"a","secretName":"b","apiKey":"c"},"#),
    ("values in values", "pw="),
    ("calls in calls", "login("),
    ("key objects", "\"kty"),
    ("addresses", "://a:b@"),
    ("begins of keys", "-----BEGIN "),
];

fn repeated(piece: &str) -> Vec<u8> {
    piece.bytes().cycle().take(SIZE / 4).collect()
}

fn finder(criterion: &mut Criterion) {
    let finders = Finders::available();
    let mut group = criterion.benchmark_group("finder");
    for (name, text) in [("code", plain_code()), ("mixed", mixed()), ("base64", base64_heavy())] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        for path in finders.names() {
            group.bench_function(format!("{name}/{path}"), |bencher| {
                bencher.iter(|| finders.find(path, black_box(&text)));
            });
        }
    }
}

fn scan(criterion: &mut Criterion) {
    let scanner = Scanner::builtin();
    let mut group = criterion.benchmark_group("scan");
    for (name, text) in [("code", plain_code()), ("mixed", mixed()), ("base64", base64_heavy())] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut worker = scanner.worker();
                worker.scan(&Blob::new(black_box(&text), "source.rs"));
                worker.into_tally().findings.len()
            });
        });
    }
}

fn dense(criterion: &mut Criterion) {
    let scanner = Scanner::builtin();
    let mut group = criterion.benchmark_group("dense");
    group.sample_size(10);
    for (name, piece) in DENSE {
        let text = repeated(piece);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut worker = scanner.worker();
                worker.scan(&Blob::new(black_box(&text), "source.txt"));
                worker.into_tally().findings.len()
            });
        });
    }
}

criterion_group!(benches, finder, scan, dense);
criterion_main!(benches);

//! `gate scan --history` of packs that no git has made: each must end soon, in little memory, and never as clean.

use std::fs;
use std::io::Write as _;
use std::process::Command;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use sha1::{Digest as _, Sha1};

use crate::util::{Run, Session, secret};

const COMMIT: u8 = 1;
const TREE: u8 = 2;
const BLOB: u8 = 3;
const DELTA: u8 = 7;

/// A name as good as any: nobody checks it against the content.
fn id(name: u8) -> [u8; 20] {
    [name; 20]
}

fn hex(id: [u8; 20]) -> String {
    data_encoding::HEXLOWER.encode(&id)
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).expect("deflated");
    encoder.finish().expect("deflated")
}

/// A number in groups of seven bits, the lowest first.
fn groups(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let more = number > 0x7F;
        bytes.push((number & 0x7F) as u8 | u8::from(more) << 7);
        number >>= 7;
        if !more {
            return bytes;
        }
    }
}

/// A pack and its index.
#[derive(Default)]
struct Pack {
    bytes: Vec<u8>,
    places: Vec<([u8; 20], u32)>,
}

impl Pack {
    fn new() -> Self {
        Self { bytes: b"PACK\0\0\0\x02\0\0\0\0".to_vec(), places: Vec::new() }
    }

    /// An entry that says to have `size` bytes, and of a delta the name of its base.
    fn entry(&mut self, id: [u8; 20], kind: u8, size: usize, base: Option<[u8; 20]>, stream: &[u8]) {
        self.places.push((id, self.bytes.len() as u32));
        let more = size > 0x0F;
        self.bytes.push(kind << 4 | (size & 0x0F) as u8 | u8::from(more) << 7);
        if more {
            self.bytes.extend(groups(size >> 4));
        }
        self.bytes.extend(base.into_iter().flatten());
        self.bytes.extend(stream);
    }

    fn whole(&mut self, id: [u8; 20], kind: u8, data: &[u8]) {
        self.entry(id, kind, data.len(), None, &deflated(data));
    }

    /// A delta of a base of `from` bytes that makes `copies` copies of its first `length` bytes.
    fn copies(&mut self, id: [u8; 20], base: [u8; 20], from: usize, length: usize, copies: usize) {
        let mut delta = [groups(from), groups(length * copies)].concat();
        for _ in 0..copies {
            delta.push(0xF0);
            delta.extend(&(length as u32).to_le_bytes()[..3]);
        }
        self.entry(id, DELTA, delta.len(), Some(base), &deflated(&delta));
    }

    /// Writes both files into the repository of a session.
    fn write(mut self, session: &Session) {
        let count = self.places.len() as u32;
        self.bytes[8..12].copy_from_slice(&count.to_be_bytes());
        let sum = Sha1::digest(&self.bytes);
        self.bytes.extend(&sum);
        self.places.sort_unstable();
        let mut index = b"\xfftOc\0\0\0\x02".to_vec();
        for first in 0..=255 {
            let below = self.places.partition_point(|(id, _)| id[0] <= first) as u32;
            index.extend(below.to_be_bytes());
        }
        self.places.iter().for_each(|(id, _)| index.extend(id));
        self.places.iter().for_each(|_| index.extend([0; 4]));
        self.places.iter().for_each(|(_, offset)| index.extend(offset.to_be_bytes()));
        index.extend(&sum);
        let sum = Sha1::digest(&index);
        index.extend(&sum);
        session.write(".git/objects/pack/pack-hostile.pack", self.bytes);
        session.write(".git/objects/pack/pack-hostile.idx", index);
    }
}

fn session(pack: Pack) -> Session {
    let session = Session::repository(&[]);
    pack.write(&session);
    session
}

/// A scan that may take neither long nor much memory.
fn scan(session: &Session, more: &str) -> Run {
    let mut limited = Command::new("sh");
    let gate = env!("CARGO_BIN_EXE_gate");
    let line = format!(
        "ulimit -v 2500000; ulimit -t 60; exec '{gate}' scan --no-progress --no-cache --history {more}"
    );
    limited.args(["-c", &line]).current_dir(session.path("")).env("HOME", session.home(""));
    Run::of(limited)
}

/// A secret beside what is broken: it is found all the same.
fn with_secret() -> Pack {
    let mut pack = Pack::new();
    pack.whole(id(200), BLOB, format!("login with {}\n", secret("github-pat-classic", 1)).as_bytes());
    pack
}

#[test]
fn a_pack_of_this_make_is_read() {
    let mut pack = with_secret();
    let base = format!("{}\n", "a line of a file in which nothing stands").repeat(50);
    pack.whole(id(1), BLOB, base.as_bytes());
    pack.copies(id(2), id(1), base.len(), 400, 3);
    scan(&session(pack), "").exits(1).says("1 finding in 1 file").says("scanned 3 files");
}

#[test]
fn deltas_that_blow_up() {
    let mut pack = with_secret();
    let base = vec![b'x'; 1 << 20];
    pack.whole(id(1), BLOB, &base);
    // 300 MB of half a kilobyte
    pack.copies(id(2), id(1), base.len(), 1 << 20, 300);
    pack.copies(id(3), id(2), 300 << 20, 1 << 20, 2);
    let run = scan(&session(pack), "");
    run.exits(2)
        .says("and one that is made of it")
        .says("is larger than what is read")
        .says("1 finding in 1 file");
    // each makes a little more of the last, without end in sight
    let mut pack = with_secret();
    pack.whole(id(1), BLOB, &vec![b'x'; 4096]);
    let mut size = 4096;
    for name in 2..=30 {
        pack.copies(id(name), id(name - 1), size, size, 2);
        size *= 2;
        if size > 8 << 20 {
            break;
        }
    }
    // git cannot write this one: the copy is longer than a copy may be
    scan(&session(pack), "").exits(1).says("1 finding in 1 file");
}

#[test]
fn deltas_in_a_circle() {
    let mut pack = with_secret();
    pack.copies(id(1), id(2), 100, 100, 1);
    pack.copies(id(2), id(1), 100, 100, 1);
    pack.copies(id(3), id(3), 100, 100, 1);
    pack.copies(id(4), id(99), 100, 100, 1);
    let run = scan(&session(pack), "");
    run.exits(2).says("objects are damaged, or made of damaged ones").says("1 finding in 1 file");
}

#[test]
fn sizes_that_are_wrong() {
    for size in [0, 3, 5_000, 200 << 20, 1 << 40] {
        let mut pack = with_secret();
        pack.entry(id(1), BLOB, size, None, &deflated(&[b'x'; 100]));
        scan(&session(pack), "").exits(2).says("1 finding in 1 file");
    }
    // a delta that makes less than it says, one of a longer base, one that copies from beyond it
    for delta in [
        [groups(100), groups(300), vec![0x90, 100]].concat(),
        [groups(101), groups(100), vec![0x90, 100]].concat(),
        [groups(100), groups(100), vec![0x91, 50, 100]].concat(),
        [groups(100), groups(100), vec![0]].concat(),
        vec![0xFF; 30],
    ] {
        let mut pack = with_secret();
        pack.whole(id(1), BLOB, &[b'x'; 100]);
        pack.entry(id(2), DELTA, delta.len(), Some(id(1)), &deflated(&delta));
        scan(&session(pack), "").exits(2).says("1 finding in 1 file");
    }
}

#[test]
fn data_that_is_damaged() {
    let mut pack = with_secret();
    let mut stream = deflated(&vec![b'x'; 10_000]);
    let middle = stream.len() / 2;
    stream[middle] ^= 0xFF;
    pack.entry(id(1), BLOB, 10_000, None, &stream);
    pack.entry(id(2), 5, 10, None, b"no such kind");
    scan(&session(pack), "").exits(2).says("1 finding in 1 file");
}

#[test]
fn files_that_are_cut() {
    for name in ["pack", "idx"] {
        let mut pack = with_secret();
        pack.whole(id(1), BLOB, &[b'x'; 1000]);
        let session = session(pack);
        let path = session.path(&format!(".git/objects/pack/pack-hostile.{name}"));
        let bytes = fs::read(&path).expect("there");
        for length in (0..bytes.len()).step_by(bytes.len() / 12 + 1) {
            fs::write(&path, &bytes[..length]).expect("written");
            scan(&session, "").exits(2);
        }
        fs::remove_file(&path).expect("removed");
        scan(&session, "").exits(2).says("is missing");
    }
}

fn tree(entries: &[(&str, &[u8], [u8; 20])]) -> Vec<u8> {
    let entry = |(mode, name, id): &(&str, &[u8], [u8; 20])| {
        [mode.as_bytes(), b" ", name, b"\0", id.as_slice()].concat()
    };
    entries.iter().flat_map(entry).collect()
}

fn commit(tree: [u8; 20], parent: Option<[u8; 20]>) -> Vec<u8> {
    let parent = parent.map_or_else(String::new, |parent| format!("parent {}\n", hex(parent)));
    let who = "A <a@b.example> 1700000000 +0000";
    format!("tree {}\n{parent}author {who}\ncommitter {who}\n\nwords\n", hex(tree)).into_bytes()
}

/// A repository whose branch is the commit 250, with the tree 10, after one with the tree 11, which is empty.
fn with_tree(mut pack: Pack) -> Session {
    pack.whole(id(11), TREE, b"");
    pack.whole(id(251), COMMIT, &commit(id(11), None));
    pack.whole(id(250), COMMIT, &commit(id(10), Some(id(251))));
    let session = session(pack);
    session.write(".git/refs/heads/main", format!("{}\n", hex(id(250))));
    session
}

#[test]
fn trees_without_end() {
    // one that holds itself
    let mut pack = with_secret();
    pack.whole(id(10), TREE, &tree(&[("40000", b"a", id(10)), ("100644", b"b", id(200))]));
    let session = with_tree(pack);
    scan(&session, "").exits(1).says("b\n");
    scan(&session, "HEAD").exits(1).says("b\n");
    scan(&session, "HEAD~1..HEAD").exits(2).says("nested too deep");
    // two of the same in each, forty deep: a million million of paths
    let mut pack = with_secret();
    for name in 10..=50 {
        let next = if name == 50 { id(11) } else { id(if name == 10 { 12 } else { name + 1 }) };
        if name != 11 {
            let entries = [("40000", &b"a"[..], next), ("40000", b"b", next), ("100644", b"c", id(200))];
            pack.whole(id(name), TREE, &tree(&entries));
        }
    }
    let session = with_tree(pack);
    scan(&session, "").exits(1);
    let run = scan(&session, "HEAD~1..HEAD");
    run.exits(2).says("nested too deep");
    // malformed ones
    for bytes in [&b"40000 a"[..], b"40000 a\0short", b"x", b"999999999 a\0aaaaaaaaaaaaaaaaaaaa"] {
        let mut pack = with_secret();
        pack.whole(id(10), TREE, bytes);
        scan(&with_tree(pack), "").exits(2).says("malformed");
    }
}

#[test]
fn trees_deep_and_wide() {
    let mut pack = with_secret();
    let name = |level: u32| {
        let mut name = [77; 20];
        name[..4].copy_from_slice(&level.to_be_bytes());
        name
    };
    for level in 0..3000 {
        pack.whole(name(level), TREE, &tree(&[("40000", b"d", name(level + 1))]));
    }
    pack.whole(name(3000), TREE, &tree(&[("100644", b"b", id(200))]));
    pack.whole(id(10), TREE, &tree(&[("40000", b"d", name(0))]));
    let session = with_tree(pack);
    scan(&session, "").exits(2).says("nested too deep");
    scan(&session, "HEAD~1..HEAD").exits(2).says("nested too deep");
    let mut pack = with_secret();
    let names: Vec<String> = (0..100_000).map(|number| format!("f{number:06}")).collect();
    let entries: Vec<_> = names.iter().map(|name| ("100644", name.as_bytes(), id(200))).collect();
    pack.whole(id(10), TREE, &tree(&entries));
    let session = with_tree(pack);
    scan(&session, "").exits(1).says("f000000\n").says("1 finding in 1 file");
}

#[test]
fn what_a_repository_says_to_run_is_not_run() {
    let session = Session::repository(&[("a", "x\n"), (".gitattributes", "* diff=evil filter=evil\n")]);
    let marker = session.path("../ran");
    let command = format!("touch {}", marker.display());
    for key in [
        "diff.evil.textconv",
        "diff.evil.command",
        "diff.external",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "core.fsmonitor",
        "core.sshCommand",
        "core.alternateRefsCommand",
        "uploadpack.packObjectsHook",
        "core.pager",
    ] {
        session.git(&["config", key, &command]);
    }
    session.git(&["config", "include.path", "/dev/zero"]);
    for arguments in
        [&["scan", "--history"][..], &["scan", "--history", "HEAD"], &["scan", "--staged"], &["scan"]]
    {
        session.gate(arguments).exits(0);
    }
    assert!(!marker.exists());
}

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// A repository made by the real git.
struct Repository(TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().expect("a temporary folder"));
        repository.git(&["init", "-q"]);
        repository
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .expect("git starts");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }

    fn path(&self) -> PathBuf {
        self.0.path().join(".git/index")
    }

    fn index(&self) -> Index {
        Index::read(&self.path(), &self.0.path().join(".git")).expect("readable")
    }

    /// The index as `git ls-files --stage` shows it.
    fn check(&self) -> Index {
        let index = self.index();
        let lines: String = index
            .entries()
            .iter()
            .map(|entry| {
                let path = String::from_utf8_lossy(index.path(entry)).into_owned();
                format!("{:06o} {} {}\t{path}\0", entry.mode, hex(&entry.id), entry.stage)
            })
            .collect();
        assert_eq!(lines, self.git(&["ls-files", "--stage", "--sparse", "-z"]));
        index
    }
}

/// Some files in some directories, committed.
fn repository() -> Repository {
    let repository = Repository::new();
    for number in 0..40 {
        repository.write(&format!("a{}/b{number}/file-{number}.txt", number % 3), &number.to_string());
        repository.write(&format!("file {number} ä"), &number.to_string());
    }
    repository.git(&["add", "."]);
    repository.git(&["commit", "-qm", "first"]);
    repository
}

#[test]
fn all_versions_say_what_git_says() {
    let repository = repository();
    for version in ["2", "3", "4"] {
        repository.git(&["update-index", "--index-version", version]);
        repository.write("a0/b0/file-0.txt", version);
        repository.git(&["add", "a0"]);
        assert_eq!(repository.check().entries().len(), 80);
    }
}

#[test]
fn an_index_that_does_not_exist_is_empty() {
    assert!(Repository::new().index().entries().is_empty());
}

#[test]
fn kinds_of_entries() {
    let repository = repository();
    repository.write("later", "x");
    repository.git(&["add", "--intent-to-add", "later"]);
    std::os::unix::fs::symlink("target", repository.0.path().join("link")).expect("linked");
    repository.git(&["add", "link"]);
    let head = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},module", head.trim())]);
    let index = repository.check();
    let kind = |path: &str| {
        let entry = index.entries().iter().find(|entry| index.path(entry) == path.as_bytes());
        let entry = entry.expect("there");
        (entry.kind(), entry.intent_to_add)
    };
    assert_eq!(kind("later"), (Some(Kind::File), true));
    assert_eq!(kind("link"), (Some(Kind::Link), false));
    assert_eq!(kind("module"), (Some(Kind::Submodule), false));
    assert_eq!(kind("file 1 ä"), (Some(Kind::File), false));
}

#[test]
fn stages_of_a_merge() {
    let repository = Repository::new();
    for (branch, text) in [("one", "1"), ("two", "2")] {
        repository.git(&["checkout", "-q", "--orphan", branch]);
        repository.write("f", text);
        repository.git(&["add", "f"]);
        repository.git(&["commit", "-qm", branch]);
    }
    let git = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args(["merge", "-q", "--allow-unrelated-histories", "one"])
        .current_dir(repository.0.path())
        .output()
        .expect("git starts");
    assert!(!git.status.success(), "a conflict");
    let stages: Vec<u8> = repository.check().entries().iter().map(|entry| entry.stage).collect();
    assert_eq!(stages, [2, 3]);
}

#[test]
fn a_split_index() {
    let repository = repository();
    repository.git(&["config", "splitIndex.maxPercentChange", "100"]);
    repository.git(&["update-index", "--split-index"]);
    assert_eq!(repository.check().entries().len(), 80);
    repository.write("a1/b1/file-1.txt", "changed");
    repository.write("file 7 ä", "changed");
    repository.write("new/file", "new");
    repository.write("a0/a", "new");
    repository.git(&["add", "."]);
    repository.git(&["rm", "-q", "--cached", "file 3 ä", "a2/b2/file-2.txt"]);
    assert_eq!(repository.check().entries().len(), 80);
    repository.git(&["update-index", "--index-version", "4"]);
    repository.write("a1/b1/file-1.txt", "changed again");
    repository.git(&["add", "."]);
    repository.check();
    repository.git(&["update-index", "--split-index"]);
    repository.write("a1/b1/file-1.txt", "changed yet again");
    repository.git(&["add", "."]);
    repository.check();
    for file in fs::read_dir(repository.0.path().join(".git")).expect("readable").flatten() {
        if file.file_name().to_string_lossy().starts_with("sharedindex.") {
            fs::remove_file(file.path()).expect("removed");
        }
    }
    let error = Index::read(&repository.path(), &repository.0.path().join(".git")).unwrap_err();
    assert!(error.to_string().contains("base is missing"), "{error}");
}

#[test]
fn sparse_directories_and_skipped_checksums() {
    let repository = repository();
    repository.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "a0"]);
    let index = repository.check();
    let directories = index.entries().iter().filter(|entry| entry.kind() == Some(Kind::Directory));
    assert_eq!(directories.map(|entry| index.path(entry)).collect::<Vec<_>>(), [b"a1/", b"a2/"]);
    repository.git(&["config", "index.skipHash", "true"]);
    repository.git(&["update-index", "--force-write-index"]);
    assert!(fs::read(repository.path()).expect("readable").ends_with(&[0; 20]));
    repository.check();
}

#[test]
fn cached_trees_are_those_of_git() {
    let repository = repository();
    let tree = |path: &str| repository.git(&["rev-parse", &format!("HEAD:{path}")]).trim().to_owned();
    let cached = |index: &Index, path: &[&str]| {
        let top = index.cached_tree().expect("cached");
        let at = path.iter().try_fold(top, |at, name| at.child(name.as_bytes()));
        at.and_then(CachedTree::tree).map(|(count, id)| (count, hex(&id)))
    };
    let index = repository.index();
    assert_eq!(cached(&index, &[]), Some((80, tree(""))));
    assert_eq!(cached(&index, &["a1"]), Some((13, tree("a1"))));
    assert_eq!(cached(&index, &["a2", "b38"]), Some((1, tree("a2/b38"))));
    assert_eq!(cached(&index, &["a2", "b0"]), None);
    repository.write("a2/b2/new", "x");
    repository.git(&["add", "a2/b2/new"]);
    let index = repository.index();
    assert_eq!(cached(&index, &[]), None);
    assert_eq!(cached(&index, &["a2"]), None);
    assert!(index.cached_tree().and_then(|top| top.child(b"a2")).is_some(), "{:?}", index.cached);
    assert_eq!(cached(&index, &["a1"]), Some((13, tree("a1"))));
    assert_eq!(cached(&index, &["a2", "b5"]), Some((1, tree("a2/b5"))));
}

#[test]
fn damage_is_an_error() {
    fn check(bytes: &[u8], expected: &str) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("index"), bytes).expect("written");
        let error = Index::read(&folder.path().join("index"), folder.path()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let repository = repository();
    let good = fs::read(repository.path()).expect("readable");
    check(b"", "cut short");
    check(&[0; 100], "no git index");
    check(&good[..good.len() - 1], "checksum");
    let mut flipped = good.clone();
    flipped[100] ^= 1;
    check(&flipped, "checksum");
    let rewritten = |change: fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        bytes.truncate(bytes.len() - ID);
        change(&mut bytes);
        bytes.extend([0; ID]);
        bytes
    };
    check(&rewritten(|bytes| bytes[7] = 5), "version 5");
    check(&rewritten(|bytes| bytes[8] = 0xff), "cut short");
    check(&rewritten(|bytes| bytes.extend(b"link\0\0\0\x01x")), "cut short");
    check(&rewritten(|bytes| bytes.extend(b"what\0\0\0\0")), "\"what\"");
    check(&rewritten(|bytes| bytes.extend(b"TREE\0\0\0\x01x")), "cut short");
    let mut twice = sample();
    let at = twice.iter().rposition(|byte| *byte == b'c').expect("the second path");
    twice[at] = b'b';
    let (index, _) = parse(twice).expect("an index");
    assert!(index.ordered().is_err(), "the same path twice");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn any_bytes_end_well(
        version in 2_u8..5,
        count in 0_u8..4,
        rest in proptest::collection::vec(
            prop_oneof![any::<u8>(), Just(0), Just(0x40), Just(0xff)], 0..400),
    ) {
        let mut bytes = b"DIRC\0\0\0".to_vec();
        bytes.push(version);
        bytes.extend([0, 0, 0, count]);
        bytes.extend(rest);
        bytes.extend([0; ID]);
        if let Ok((index, _)) = parse(bytes) {
            prop_assert_eq!(index.entries().len(), usize::from(count));
        }
    }

    #[test]
    fn a_changed_byte_ends_well(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = sample();
        let length = bytes.len();
        bytes[at.index(length)] = byte;
        let _ = parse(bytes).and_then(|(index, _)| index.ordered());
    }
}

/// An index of version 4 with a cached tree and a `link` extension, without a checksum.
fn sample() -> Vec<u8> {
    let mut bytes = b"DIRC\0\0\0\x04\0\0\0\x02".to_vec();
    for (strip, rest) in [(0, "a/b"), (1, "c")] {
        let mut entry = [0; FIXED];
        entry[MODE_AT + 2] = 0x81;
        entry[FLAGS_AT + 1] = 3;
        bytes.extend(entry);
        bytes.push(strip);
        bytes.extend(rest.as_bytes());
        bytes.push(0);
    }
    let mut tree = b"\x002 1\n".to_vec();
    tree.extend([1; ID]);
    tree.extend(b"a\x002 0\n");
    tree.extend([2; ID]);
    let mut link = vec![3; ID];
    for word in [3_u64 << 1 | 1, 1 << 33] {
        link.extend([0, 0, 0, 200, 0, 0, 0, 2]);
        link.extend(word.to_be_bytes());
        link.extend(5_u64.to_be_bytes());
        link.extend([0; 4]);
    }
    for (name, content) in [(b"TREE", tree), (b"link", link)] {
        bytes.extend(name);
        bytes.extend(u32::try_from(content.len()).expect("small").to_be_bytes());
        bytes.extend(content);
    }
    bytes.extend([0; ID]);
    bytes
}

#[test]
fn the_sample_is_understood() {
    let (index, link) = parse(sample()).expect("an index");
    let paths: Vec<&[u8]> = index.entries().iter().map(|entry| index.path(entry)).collect();
    assert_eq!(paths, [b"a/b", b"a/c"]);
    let top = index.cached_tree().expect("cached");
    assert_eq!(top.child(b"a").and_then(CachedTree::tree), Some((2, [2; ID])));
    let link = link.expect("a link");
    assert_eq!(link.deleted.len(), 200);
    assert_eq!(link.replaced, [0, 2]);
}

//! Repositories made by git, read without it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::*;

/// A repository in a temporary folder; git runs in it without anybody's settings.
pub(crate) struct Scratch {
    root: tempfile::TempDir,
    pub(crate) path: PathBuf,
}

impl Scratch {
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let path = root.path().join("repo");
        fs::create_dir(&path).expect("created");
        let scratch = Self { root, path };
        scratch.git(&[&["init", "-q", "-b", "main"], arguments].concat());
        scratch
    }

    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn git_in(&self, folder: &Path, arguments: &[&str]) -> String {
        self.feed(folder, arguments, b"")
    }

    pub(crate) fn feed(&self, folder: &Path, arguments: &[&str], input: &[u8]) -> String {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
            command.env_remove(name);
        }
        command.current_dir(folder).args(arguments).env("HOME", self.root.path());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "A").env(format!("GIT_{role}_EMAIL"), "a@b.example");
            command.env(format!("GIT_{role}_DATE"), "1700000000 +0000");
        }
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("git");
        let mut pipe = child.stdin.take().expect("a pipe");
        let writer = std::thread::spawn({
            let input = input.to_vec();
            move || std::io::Write::write_all(&mut pipe, &input)
        });
        let output = child.wait_with_output().expect("git ends");
        let _ = writer.join();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.path, arguments)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }

    pub(crate) fn commit(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        self.write(name, text);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", name]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn open(&self) -> Repository {
        Repository::discover(&self.path, &Environment::default()).expect("a repository")
    }

    /// Every object, as git itself has it, is what is read.
    fn compare(&self) {
        let repository = self.open();
        let mut reader = repository.reader();
        let list = self.git(&[
            "cat-file",
            "--batch-all-objects",
            "--batch-check=%(objectname) %(objecttype) %(objectsize)",
        ]);
        assert!(!list.is_empty());
        for line in list.lines() {
            let [id, kind, size] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let id: Oid = id.parse().expect("a name");
            let object = reader.read(&id).expect(line);
            assert_eq!(format!("{:?}", object.kind).to_lowercase(), kind);
            assert_eq!(reader.describe(&id).expect(line), (object.kind, object.data.len() as u64));
            assert_eq!(object.data.len().to_string(), size);
            let mut streamed = Vec::new();
            let (_, _, mut stream) = reader.stream(&id).expect(line);
            std::io::Read::read_to_end(&mut stream, &mut streamed).expect(line);
            assert!(streamed == object.data);
            assert!(repository.store().contains(&id));
        }
        for line in list.lines().take(40) {
            let shown = self.git(&["cat-file", "-p", &line[..40]]);
            let object = reader.read(&line[..40].parse().expect("a name")).expect(line);
            if object.kind == Kind::Tree {
                assert_eq!(
                    object::entries(&object.data).filter(|entry| entry.is_ok()).count(),
                    shown.lines().count()
                );
            } else {
                assert_eq!(String::from_utf8_lossy(&object.data).trim_end(), shown);
            }
        }
    }
}

/// Some history: a file that changes a little with every commit.
pub(crate) fn history(scratch: &Scratch, commits: usize) {
    let mut lines: Vec<String> = (0..200).map(|line| format!("line {line} of the file\n")).collect();
    for commit in 0..commits {
        let at = commit * 7 % 200;
        lines[at] = format!("line {at}, changed by commit {commit}\n");
        scratch.commit("folder/file.txt", lines.concat());
    }
}

#[test]
fn objects_are_read_loose_and_packed() {
    let scratch = Scratch::new(&[]);
    history(&scratch, 12);
    scratch.git(&["tag", "-a", "-m", "note", "v1"]);
    scratch.compare();
    scratch.git(&["repack", "-adfq", "--depth=50"]);
    scratch.compare();
    history(&scratch, 3);
    scratch.compare();
    scratch.git(&["repack", "-dq"]);
    scratch.git(&["multi-pack-index", "write"]);
    scratch.compare();
}

#[test]
fn packs_with_deltas_by_name_and_old_indexes_are_read() {
    let scratch = Scratch::new(&[]);
    history(&scratch, 12);
    scratch.git(&["-c", "repack.useDeltaBaseOffset=false", "-c", "pack.indexVersion=1", "repack", "-adfq"]);
    scratch.git(&["prune-packed"]);
    scratch.compare();
}

#[test]
fn every_way_to_a_repository() {
    let scratch = Scratch::new(&[]);
    history(&scratch, 2);
    let head: Oid = scratch.git(&["rev-parse", "HEAD"]).parse().unwrap();
    let open = |path: &Path| Repository::discover(path, &Environment::default());
    let commit = |repository: &Repository| repository.head().unwrap().commit();
    assert_eq!(commit(&open(&scratch.path.join("folder")).unwrap()), Some(head));
    let linked = scratch.beside("linked");
    scratch.git(&["worktree", "add", "-q", "-b", "side", linked.to_str().unwrap()]);
    let worktree = open(&linked).unwrap();
    assert_eq!(commit(&worktree), Some(head));
    assert_eq!(worktree.head().unwrap(), refs::Head::Branch("refs/heads/side".into(), Some(head)));
    assert_eq!(worktree.work_tree(), Some(&*linked.canonicalize().unwrap()));
    assert!(worktree.index_path().is_file());
    let bare = scratch.beside("bare.git");
    scratch.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let repository = open(&bare).unwrap();
    assert_eq!((commit(&repository), repository.work_tree()), (Some(head), None));
    let shared = scratch.beside("shared");
    scratch.git(&["clone", "-q", "--shared", ".", shared.to_str().unwrap()]);
    assert!(open(&shared).unwrap().store().contains(&head));
    let environment = Environment { git_dir: Some(bare.clone()), ..Environment::default() };
    assert_eq!(commit(&Repository::discover(&shared, &environment).unwrap()), Some(head));
    assert!(matches!(open(Path::new("/")), Err(Error::NoRepository(_))));
}

#[test]
fn other_hashes_are_refused() {
    let scratch = Scratch::new(&["--object-format=sha256"]);
    let error = Repository::discover(&scratch.path, &Environment::default()).unwrap_err();
    assert!(error.to_string().contains("sha256"), "{error}");
}

#[test]
fn names_of_revisions() {
    let scratch = Scratch::new(&[]);
    history(&scratch, 5);
    scratch.git(&["tag", "-a", "-m", "note", "v1", "HEAD~2"]);
    scratch.git(&["checkout", "-q", "-b", "side", "HEAD~3"]);
    scratch.commit("other", "text");
    scratch.git(&["merge", "-q", "--no-edit", "main"]);
    scratch.git(&["pack-refs", "--all"]);
    scratch.git(&["update-ref", "refs/remotes/origin/x", "HEAD~1"]);
    let repository = scratch.open();
    let mut reader = repository.reader();
    let head = scratch.git(&["rev-parse", "HEAD"]);
    for name in [
        "HEAD",
        "@",
        "main",
        "refs/heads/main",
        "heads/main",
        "side",
        "v1",
        "v1^{}",
        "v1^{commit}",
        "v1~1",
        "HEAD^",
        "HEAD^2",
        "HEAD^1~1",
        "HEAD~2",
        "HEAD^0",
        "main^{tree}",
        "v1^{tree}",
        "origin/x",
        &head,
        &head[..7],
        "HEAD^^",
    ] {
        let expected = scratch.git(&["rev-parse", name]);
        assert_eq!(repository.resolve(name, &mut reader).expect(name).to_string(), expected, "{name}");
    }
    for name in
        ["", "nothing", "HEAD~99", "HEAD^3", "../../etc/passwd", "HEAD@{1}", "HEAD^{blob}", "-x", "ffffffff"]
    {
        assert!(repository.resolve(name, &mut reader).is_err(), "{name}");
    }
    for range in [
        "main",
        "main..side",
        "side..main",
        "main...side",
        "HEAD~3..",
        "^main side",
        "v1..side",
        "side ^v1 ^main~1",
    ] {
        let arguments: Vec<&str> = ["rev-list"].into_iter().chain(range.split(' ')).collect();
        let mut expected: Vec<String> = scratch.git(&arguments).lines().map(str::to_owned).collect();
        expected.sort();
        let commits = repository.commits(&repository.range(range).expect(range), &mut reader).expect(range);
        let mut names: Vec<String> = commits.iter().map(|commit| commit.id.to_string()).collect();
        names.sort();
        assert_eq!(names, expected, "{range}");
    }
    assert!(repository.range("^main").is_err());
    let mut expected = scratch.git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
    expected.push('\n');
    let refs: String =
        repository.references().unwrap().iter().map(|(name, id)| format!("{name} {id}\n")).collect();
    assert_eq!(refs, expected);
}

#[test]
fn shallow_and_partial_clones_say_so() {
    let scratch = Scratch::new(&[]);
    history(&scratch, 4);
    scratch.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", scratch.path.display());
    for (name, option) in [("shallow", "--depth=1"), ("partial", "--filter=blob:none")] {
        scratch.git(&["clone", "-q", "--no-checkout", option, &url, scratch.beside(name).to_str().unwrap()]);
        let repository = Repository::discover(&scratch.beside(name), &Environment::default()).unwrap();
        assert_eq!(
            (!repository.shallow().is_empty(), repository.is_partial()),
            (name == "shallow", name == "partial")
        );
        let mut reader = repository.reader();
        let error =
            repository.resolve("HEAD~1:x", &mut reader).and(repository.resolve("HEAD~1", &mut reader));
        assert!(error.is_err());
        let blob = scratch.git(&["rev-parse", "HEAD~1:folder/file.txt"]).parse().unwrap();
        assert_eq!(reader.read(&blob), Err(Error::Missing(blob)));
    }
}

#[test]
fn damage_is_an_error() {
    let scratch = Scratch::new(&[]);
    history(&scratch, 12);
    scratch.git(&["repack", "-adfq", "--depth=50"]);
    let packs = scratch.path.join(".git/objects/pack");
    let file = |ending: &str| {
        let mut found = fs::read_dir(&packs).unwrap().map(|entry| entry.unwrap().path());
        found.find(|path| path.extension().is_some_and(|extension| extension == ending)).unwrap()
    };
    let names: Vec<Oid> = scratch
        .git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"])
        .lines()
        .map(|name| name.parse().unwrap())
        .collect();
    for ending in ["pack", "idx"] {
        let path = file(ending);
        let original = fs::read(&path).unwrap();
        let mut permissions = path.metadata().unwrap().permissions();
        #[expect(clippy::permissions_set_readonly_false, reason = "a file of the test's own")]
        permissions.set_readonly(false);
        fs::set_permissions(&path, permissions).unwrap();
        for cut in [0, 10, 500, original.len() / 2, original.len() - 1] {
            fs::write(&path, &original[..cut]).unwrap();
            let repository = scratch.open();
            let mut reader = repository.reader();
            let failed = names.iter().filter(|id| reader.read(id).is_err()).count();
            assert!(failed > 0 || cut == original.len() - 1 && ending == "pack", "{ending} {cut}");
        }
        // whatever a byte is turned into: an answer, and no panic
        for at in (0..original.len()).step_by(original.len() / 300 + 1) {
            let mut bytes = original.clone();
            bytes[at] ^= 0xFF;
            fs::write(&path, &bytes).unwrap();
            let repository = scratch.open();
            let mut reader = repository.reader();
            names.iter().for_each(|id| drop(reader.read(id)));
            names.iter().for_each(|id| drop(reader.describe(id)));
        }
        fs::write(&path, &original).unwrap();
    }
}

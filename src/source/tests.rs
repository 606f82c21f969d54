use std::fs;
use std::path::Path;
use std::process::Command;

use super::*;
use crate::finding::{Coverage, Skipped};

/// Keeps names and contents.
#[derive(Default)]
struct Collect(Vec<(String, Vec<u8>)>);

impl Sink for Collect {
    fn blob(&mut self, blob: &Blob<'_>) {
        self.0.push((blob.path.to_owned(), blob.bytes.to_vec()));
    }
}

/// A folder, and the files of it that a scan sees.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new(files: &[&str]) -> Self {
        let tree = Self(tempfile::tempdir().expect("temporary folder"));
        for file in files {
            tree.write(file, &format!("content of {file}"));
        }
        tree
    }

    fn path(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.0.path().to_owned() } else { self.0.path().join(path) }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn git(&self, folder: &str, arguments: &[&str]) {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.path(folder)).args(["-c", "core.excludesFile=/dev/null"]).args(arguments);
        let output = command.output().expect("git runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn request(&self) -> Request {
        Request { roots: vec![self.path("")], ..Request::default() }
    }
}

/// Scans with one thread and with several, which must agree.
fn scan(request: &Request) -> (Vec<(String, Vec<u8>)>, Coverage) {
    let with = |threads| {
        let request = Request { threads, ..request.clone() };
        let (sinks, coverage) = scan_tree(&request, Collect::default).expect("roots exist");
        let mut found: Vec<_> = sinks.into_iter().flat_map(|sink| sink.0).collect();
        found.sort();
        assert!(coverage.skipped.is_sorted());
        (found, coverage)
    };
    let (one, several) = (with(1), with(5));
    assert_eq!(one, several);
    one
}

fn names(request: &Request) -> Vec<String> {
    scan(request).0.into_iter().map(|(name, _)| name).collect()
}

fn skipped(path: &str, reason: &str, expected: bool) -> Skipped {
    Skipped { path: path.to_owned(), reason: reason.to_owned(), expected }
}

#[test]
fn all_files_are_scanned_outside_a_repository() {
    let tree = Tree::new(&["a", ".hidden/b", "c/d/e", ".ignore", ".rgignore"]);
    tree.write(".gitignore", "a\n");
    tree.write(".ignore", "c\n");
    tree.write("empty", "");
    let (found, coverage) = scan(&tree.request());
    let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, [".gitignore", ".hidden/b", ".ignore", ".rgignore", "a", "c/d/e"]);
    assert!(found.contains(&("c/d/e".to_owned(), b"content of c/d/e".to_vec())));
    let bytes = found.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    assert_eq!(coverage, Coverage { files: 7, bytes, skipped: Vec::new() });
}

fn repository() -> Tree {
    let tree =
        Tree::new(&["a", "sub/b", "out/tracked", "out/untracked", "sub/x.log", "sub/y.log", "excluded"]);
    tree.write(".gitignore", "out/\n*.log\ngone\n");
    tree.write("gone", "x");
    tree.git("", &["init", "-q"]);
    fs::write(tree.path(".git/info/exclude"), "excluded\n").expect("written");
    tree.git("", &["add", "-f", "a", "out/tracked", "sub/x.log", "gone", ".gitignore"]);
    fs::remove_file(tree.path("gone")).expect("removed");
    tree
}

#[test]
fn in_a_repository_ignored_files_count_only_when_tracked() {
    let tree = repository();
    let expected = [".git/config", ".gitignore", "a", "out/tracked", "sub/b", "sub/x.log"];
    assert_eq!(names(&tree.request()), expected);
    assert!(scan(&tree.request()).1.complete());
    // The rules and the index of the repository hold below it, too.
    let sub = Request { roots: vec![tree.path("sub")], ..Request::default() };
    assert_eq!(names(&sub), ["b", "x.log"]);
    // An ignored directory that is named is wanted.
    let out = Request { roots: vec![tree.path("out")], ..Request::default() };
    assert_eq!(names(&out), ["tracked", "untracked"]);
    let all = Request { no_ignore: true, ..tree.request() };
    let expected = [
        ".git/config",
        ".gitignore",
        "a",
        "excluded",
        "out/tracked",
        "out/untracked",
        "sub/b",
        "sub/x.log",
        "sub/y.log",
    ];
    assert_eq!(names(&all), expected);
}

#[test]
fn repositories_below_the_root_count() {
    let tree = Tree::new(&["a", "inner/b.log", "inner/c.log", "d.log"]);
    tree.git("inner", &["init", "-q"]);
    tree.write("inner/.gitignore", "*.log\n");
    tree.git("inner", &["add", "-f", "b.log"]);
    assert_eq!(
        names(&tree.request()),
        ["a", "d.log", "inner/.git/config", "inner/.gitignore", "inner/b.log"]
    );
}

#[test]
fn linked_work_trees_have_their_own_index() {
    let tree = repository();
    let user = ["-c", "user.name=n", "-c", "user.email=e@example.invalid", "-c", "commit.gpgSign=false"];
    tree.git("", &[&user[..], &["commit", "-q", "-m", "m"]].concat());
    // Elsewhere, as linked work trees are, and removed when the test ends.
    let elsewhere = Tree::new(&[]);
    let linked = elsewhere.path("linked");
    tree.git("", &["worktree", "add", "-q", linked.to_str().expect("UTF-8"), "-b", "other"]);
    let found = names(&Request { roots: vec![linked], ..Request::default() });
    assert_eq!(found, [".gitignore", "a", "gone", "out/tracked", "sub/x.log"]);
}

#[test]
fn an_unreadable_index_is_incomplete_coverage() {
    let check = |spoil: &dyn Fn(&Tree), cause: &str| {
        let tree = repository();
        spoil(&tree);
        let (found, coverage) = scan(&tree.request());
        assert!(found.iter().any(|(name, _)| name == "a"), "the rest is scanned");
        assert!(!coverage.complete());
        let reason = &coverage.skipped[0].reason;
        assert!(reason.starts_with("could not read the index") && reason.contains(cause), "{reason}");
    };
    let index = |tree: &Tree| tree.path(".git/index");
    check(&|tree| fs::write(index(tree), "garbage that is no index file").expect("written"), "");
    check(&|tree| fs::write(index(tree), "").expect("written"), "it is empty");
    check(
        &|tree| {
            fs::remove_file(index(tree)).expect("removed");
            fs::create_dir(index(tree)).expect("made");
        },
        "not a regular file",
    );
    check(
        &|tree| {
            fs::remove_dir_all(tree.path(".git")).expect("removed");
            fs::write(tree.path(".git"), "gitdir: nowhere").expect("written");
        },
        "not there",
    );
}

#[cfg(unix)]
#[test]
fn tracked_files_are_not_reached_through_links() {
    use std::os::unix::fs::symlink;
    let tree = repository();
    let outside = Tree::new(&["tracked", "secret"]);
    fs::remove_dir_all(tree.path("out")).expect("removed");
    symlink(outside.path(""), tree.path("out")).expect("linked");
    fs::remove_file(tree.path("sub/x.log")).expect("removed");
    symlink(outside.path("secret"), tree.path("sub/x.log")).expect("linked");
    assert_eq!(names(&tree.request()), [".git/config", ".gitignore", "a", "sub/b"]);
}

#[test]
fn excluded_files_are_counted_and_directories_not_entered() {
    let tree = Tree::new(&["a", "b.min.js", "vendor/x/y", "vendor/z", "keep/vendor/c"]);
    let exclude = PathGlobs::new(["*.min.js", "/vendor/**"]).expect("patterns compile");
    let request = Request { exclude, ..tree.request() };
    let (_, coverage) = scan(&request);
    assert_eq!(names(&request), ["a", "keep/vendor/c"]);
    let expected = [
        skipped("b.min.js", "excluded by \"*.min.js\"", true),
        skipped("vendor", "excluded by \"/vendor/**\"", true),
    ];
    assert_eq!(coverage.skipped, expected);
    // A file that is named is scanned all the same.
    let named = Request { roots: vec![tree.path("b.min.js")], ..request.clone() };
    assert_eq!(scan(&named).1.files, 1);
    // Patterns speak of the project; the scan may start below it.
    let below = Request { roots: vec![tree.path("vendor")], prefix: "vendor".to_owned(), ..request };
    assert_eq!(names(&below), Vec::<String>::new());
}

#[test]
fn tracked_files_in_excluded_directories_stay_excluded() {
    let tree = repository();
    let exclude = PathGlobs::new(["out", ".git/config"]).expect("patterns compile");
    assert_eq!(names(&Request { exclude, ..tree.request() }), [".gitignore", "a", "sub/b", "sub/x.log"]);
}

#[test]
fn the_size_cap_leaves_out_and_counts() {
    let tree = Tree::new(&[]);
    tree.write("at", "12345");
    tree.write("over", "123456");
    let request = Request { max_file_size: Some(5), ..tree.request() };
    assert_eq!(names(&request), ["at"]);
    let coverage = scan(&request).1;
    assert_eq!(coverage.skipped, [skipped("over", "larger than max_file_size (5 bytes)", true)]);
    assert!(coverage.complete());
}

#[test]
fn several_roots_are_named_as_given_and_scanned_once() {
    let tree = Tree::new(&["a/b", "a/c/d", "a/c/e", "f"]);
    let given = |path: &str| tree.path(path).to_str().expect("UTF-8").to_owned();
    let roots = |paths: &[&str]| Request {
        roots: paths.iter().map(|path| tree.path(path)).collect(),
        ..tree.request()
    };
    let expected = ["a/b", "a/c/d", "a/c/e", "f"].map(given);
    assert_eq!(names(&roots(&["a", "f"])), expected);
    assert_eq!(names(&roots(&["a", "a/c", "a/b", "f", "a", "a/../f"])), expected);
    assert_eq!(names(&roots(&["a/c/d"])), [given("a/c/d")]);
    assert_eq!(names(&roots(&["a", "a/."])), ["b", "c/d", "c/e"]);
}

#[test]
fn many_named_files_are_scanned_in_parallel() {
    let names_of: Vec<String> = (0..200).map(|number| format!("n{number}")).collect();
    let tree = Tree::new(&names_of.iter().map(String::as_str).collect::<Vec<_>>());
    let roots = names_of.iter().map(|name| tree.path(name)).collect();
    assert_eq!(names(&Request { roots, ..Request::default() }).len(), 200);
}

#[test]
fn a_missing_root_is_an_error_before_anything_is_scanned() {
    let tree = Tree::new(&["a"]);
    let check = |root: PathBuf| {
        let request = Request { roots: vec![tree.path(""), root], ..Request::default() };
        let made = AtomicU64::new(0);
        let result = scan_tree(&request, || {
            made.fetch_add(1, Ordering::Relaxed);
            Collect::default()
        });
        let error = result.err().map(|error| format!("{error:#}")).expect("no such root");
        assert!(error.contains("cannot"), "{error}");
        assert_eq!(made.into_inner(), 0);
    };
    check(tree.path("missing"));
    check(tree.path("a/b"));
    check(PathBuf::new());
    check("-".into());
}

#[cfg(unix)]
#[test]
fn links_below_a_root_are_not_followed_and_roots_are() {
    use std::os::unix::fs::symlink;
    let outside = Tree::new(&["x"]);
    let tree = Tree::new(&["a", "d/b"]);
    symlink(outside.path(""), tree.path("out")).expect("linked");
    symlink(outside.path("x"), tree.path("file")).expect("linked");
    symlink(tree.path(""), tree.path("d/loop")).expect("linked");
    symlink("nowhere", tree.path("broken")).expect("linked");
    let (found, coverage) = scan(&tree.request());
    assert_eq!(found.len(), 2);
    assert_eq!(coverage.skipped, []);
    let root = |path: &str| Request { roots: vec![tree.path(path)], ..Request::default() };
    assert_eq!(names(&root("out")), ["x"]);
    assert_eq!(scan(&root("file")).0[0].1, b"content of x");
}

#[cfg(unix)]
#[test]
fn nothing_but_regular_files_is_opened() {
    use std::os::unix::ffi::OsStrExt;
    let tree = Tree::new(&["a"]);
    let fifo = std::ffi::CString::new(tree.path("fifo").as_os_str().as_bytes()).expect("no NUL");
    // SAFETY: the pointer is to a string that ends in NUL and lives through the call.
    assert_eq!(unsafe { libc::mkfifo(fifo.as_ptr(), 0o600) }, 0);
    let _socket = std::os::unix::net::UnixListener::bind(tree.path("socket")).expect("bound");
    let (found, coverage) = scan(&tree.request());
    assert_eq!(found.len(), 1);
    let expected = [
        skipped("fifo", "not a regular file: a FIFO", true),
        skipped("socket", "not a regular file: a socket", true),
    ];
    assert_eq!(coverage.skipped, expected);
    // Named, it was wanted, and could not be looked at.
    let named = Request { roots: vec![tree.path("fifo")], ..Request::default() };
    assert!(!scan(&named).1.complete());
    // The opening itself must not wait either: a FIFO may take the place of a file.
    let mut buffer = read::Buffer::default();
    let taken = file::take(&tree.path("fifo"), "fifo", false, None, &mut buffer, &mut Collect::default());
    assert!(matches!(taken, file::Taken::Special), "{taken:?}");
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_makes_coverage_incomplete() {
    use std::os::unix::fs::PermissionsExt;
    // SAFETY: has no preconditions.
    if unsafe { libc::geteuid() } == 0 {
        // Root reads everything, so there is nothing to see.
        return;
    }
    let tree = Tree::new(&["a", "closed/b", "file"]);
    for path in ["closed", "file"] {
        fs::set_permissions(tree.path(path), fs::Permissions::from_mode(0o000)).expect("set");
    }
    let (found, coverage) = scan(&tree.request());
    fs::set_permissions(tree.path("closed"), fs::Permissions::from_mode(0o700)).expect("set");
    assert_eq!(found.len(), 1);
    let paths: Vec<_> =
        coverage.skipped.iter().map(|skipped| (skipped.path.as_str(), skipped.expected)).collect();
    assert_eq!(paths, [("closed", false), ("file", false)]);
    assert!(coverage.skipped[0].reason.starts_with("could not be read: "));
}

#[cfg(target_os = "linux")]
#[test]
fn names_need_not_be_text() {
    use std::os::unix::ffi::OsStrExt;
    let tree = Tree::new(&["new\nline", "-", "ä", "a\\b"]);
    fs::write(tree.path("").join(std::ffi::OsStr::from_bytes(b"bad\xff")), "x").expect("written");
    fs::write(tree.path("bad\\xff"), "y").expect("written");
    assert_eq!(names(&tree.request()), ["-", "a\\b", "bad\\\\xff", "bad\\xff", "new\nline", "ä"]);
}

#[test]
fn files_that_change_are_scanned_and_noted() {
    /// Spoils the file when its first window comes by.
    struct Spoil(PathBuf, u64, u64);
    impl Sink for Spoil {
        fn blob(&mut self, blob: &Blob<'_>) {
            if blob.window.offset == 0 {
                let file = fs::File::options().write(true).open(&self.0).expect("opened");
                file.set_len(self.1).expect("set");
            }
            self.2 += blob.bytes.len() as u64;
        }
    }
    let check = |first: u64, then: u64, complete: bool| {
        let tree = Tree::new(&["a"]);
        fs::File::create(tree.path("a")).and_then(|file| file.set_len(first)).expect("set");
        let (sinks, coverage) =
            scan_tree(&tree.request(), || Spoil(tree.path("a"), then, 0)).expect("the root exists");
        assert_eq!((coverage.files, coverage.complete()), (1, complete), "{coverage:?}");
        assert!(sinks[0].2 > 0);
        if !complete {
            assert!(coverage.skipped[0].reason.starts_with("changed while being read"));
        }
    };
    let large = 3 * WHOLE as u64;
    check(large, large / 2, false);
    check(large, large + 1, false);
    // Read in one go before the sink sees it.
    check(1000, 2000, true);
}

#[cfg(target_os = "linux")]
#[test]
fn files_without_a_size_are_read() {
    let request = Request { roots: vec!["/proc/self/status".into()], ..Request::default() };
    let (sinks, coverage) = scan_tree(&request, Collect::default).expect("it is there");
    assert!(sinks[0].0[0].1.starts_with(b"Name:"));
    assert!(coverage.complete(), "{coverage:?}");
}

#[test]
fn progress_counts() {
    let tree = Tree::new(&[]);
    tree.write("a", "123");
    tree.write("b/c", "4567");
    let progress = Arc::new(Progress::default());
    let request = Request { progress: Some(Arc::clone(&progress)), ..tree.request() };
    scan_tree(&request, Collect::default).expect("the root exists");
    assert_eq!(progress.so_far(), (2, 7));
}

#[test]
fn the_tree_may_be_large() {
    let tree = Tree::new(&[]);
    for number in 0..300 {
        tree.write(&format!("d{}/f{number}", number % 17), "x");
    }
    assert_eq!(scan(&tree.request()).1.files, 300);
    assert!(Path::new(&tree.path("d0")).is_dir());
}

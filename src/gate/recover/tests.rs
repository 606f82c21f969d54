use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::*;

const TIME: Duration = Duration::from_secs(20);

/// A repository with a tracked, a changed, an untracked and an ignored file, and things that tools made.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let top = folder.path();
    git(top, &["init", "-q", "-b", "main"]);
    write(top, ".gitignore", "target/\n.env\n*.log\n/data/\n");
    write(top, "src/kept.rs", "kept");
    write(top, "src/changed.rs", "old");
    git(top, &["add", "."]);
    git(top, &["commit", "-q", "-m", "first"]);
    write(top, "src/changed.rs", "a longer text");
    write(top, "notes/draft.md", "draft");
    write(top, "target/debug/app", "app");
    write(top, "web/node_modules/x/index.js", "x");
    write(top, ".env", "A=b");
    write(top, "run.log", "log");
    write(top, "data/rows.csv", "rows");
    fs::create_dir(top.join("empty")).expect("created");
    folder
}

fn write(top: &Path, name: &str, text: &str) {
    let path = top.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("created");
    fs::write(path, text).expect("written");
}

fn git(top: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .current_dir(top)
        .args(["-c", "user.name=a", "-c", "user.email=a@b.c"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("git starts");
    assert!(status.success(), "git {arguments:?}");
}

fn lost(examples: &[&str]) -> Recoverable {
    let count = examples.len();
    Recoverable::Lost { examples: examples.iter().map(|&example| example.to_owned()).collect(), count }
}

#[test]
fn what_git_holds_or_tools_make_can_be_had_back() {
    let folder = repository();
    for (name, wanted) in [
        ("missing", Recoverable::Absent),
        ("empty", Recoverable::Absent),
        ("src/kept.rs", Recoverable::Tracked),
        ("src/changed.rs", lost(&["src/changed.rs"])),
        ("src", lost(&["src/changed.rs"])),
        ("notes", lost(&["notes/draft.md"])),
        ("target", Recoverable::BuildProduct),
        ("target/debug/app", Recoverable::BuildProduct),
        ("web/node_modules", Recoverable::BuildProduct),
        ("web", Recoverable::Tracked),
        (".env", lost(&[".env"])),
        ("run.log", Recoverable::BuildProduct),
        ("data", lost(&["data/"])),
        (".git", lost(&[".git"])),
        ("", lost(&[".git"])),
    ] {
        let got = recoverable(&folder.path().join(name), TIME);
        assert_eq!(got, wanted, "{name}");
    }
}

#[test]
fn a_tracked_folder_is_no_build_product() {
    let folder = repository();
    write(folder.path(), "target/kept.txt", "kept");
    git(folder.path(), &["add", "-f", "target/kept.txt"]);
    git(folder.path(), &["commit", "-q", "-m", "kept"]);
    write(folder.path(), "target/kept.txt", "changed, and longer");
    assert_eq!(recoverable(&folder.path().join("target"), TIME), lost(&["target/kept.txt"]));
}

#[test]
fn without_a_repository_only_what_tools_alone_make_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "node_modules/x.js", "x");
    write(folder.path(), "build/x", "x");
    let look = |name: &str| recoverable(&folder.path().join(name), TIME);
    assert_eq!(look("node_modules"), Recoverable::BuildProduct);
    assert_eq!(look("build"), Recoverable::Unknown);
}

#[test]
fn what_is_at_stake_is_named() {
    let folder = repository();
    let top = folder.path().to_owned();
    let look = |stake| at_stake(&stake, TIME);
    assert_eq!(look(Stake::Changes(top.clone())), lost(&["src/changed.rs"]));
    assert_eq!(look(Stake::Changes(top.join("src/kept.rs"))), Recoverable::Absent);
    assert_eq!(look(Stake::Untracked(top.join("notes"))), lost(&["notes/"]));
    let Recoverable::Lost { examples, .. } = look(Stake::Ignored(top.clone())) else { panic!("lost") };
    assert!(examples.contains(&".env".to_owned()) && !examples.iter().any(|name| name.contains("target")));
    git(&top, &["add", "src/changed.rs"]);
    assert_eq!(look(Stake::Changes(top.clone())), lost(&["src/changed.rs"]), "staged changes are lost, too");
    git(&top, &["commit", "-q", "-m", "second"]);
    assert_eq!(look(Stake::Changes(top.clone())), Recoverable::Absent);
    assert_eq!(look(Stake::Changes(PathBuf::from("/"))), Recoverable::Unknown);
}

#[test]
fn a_branch_is_lost_with_the_commits_that_only_it_holds() {
    let folder = repository();
    let top = folder.path().to_owned();
    let look = |name: &str| at_stake(&Stake::Branch(top.clone(), name.to_owned()), TIME);
    git(&top, &["branch", "same"]);
    assert_eq!(look("same"), Recoverable::Absent);
    git(&top, &["checkout", "-q", "-b", "own"]);
    write(&top, "own.txt", "own");
    git(&top, &["add", "own.txt"]);
    git(&top, &["commit", "-q", "-m", "own"]);
    git(&top, &["checkout", "-q", "main"]);
    assert!(matches!(look("own"), Recoverable::Lost { count: 1, .. }));
    assert_eq!(look("missing"), Recoverable::Unknown);
    git(&top, &["branch", "copy", "own"]);
    assert_eq!(look("own"), Recoverable::Absent, "the copy holds them");
}

#[test]
fn what_takes_too_long_is_not_known() {
    // the answer comes only once the question is over
    let (over, wait) = mpsc::channel::<()>();
    let late = move || {
        let _ = wait.recv();
        Recoverable::Tracked
    };
    assert_eq!(within(Duration::from_millis(1), late), Recoverable::Unknown);
    drop(over);
    assert_eq!(within(TIME, || Recoverable::Tracked), Recoverable::Tracked);
}

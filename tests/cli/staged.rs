//! `gate scan --staged`.

use std::fs;

use crate::git::{git_command, git_in};
use crate::util::{Run, Session, secret};

const RULE: &str = "github-pat-classic";

fn line(seed: u64) -> String {
    format!("login with {}\n", secret(RULE, seed))
}

fn staged(session: &Session) -> Run {
    session.gate(&["scan", "--staged"])
}

#[test]
fn nothing_staged() {
    let session = Session::repository(&[("a", "x\n")]);
    staged(&session).exits(0).says("nothing is staged");
    session.write("a", line(1));
    staged(&session).exits(0).says("nothing is staged");
}

#[test]
fn no_repository() {
    Session::new().gate(&["scan", "--staged"]).exits(2).complains("repository");
}

#[test]
fn the_first_commit() {
    let session = Session::repository(&[]);
    staged(&session).exits(0);
    session.write("dir/a.txt", line(1));
    session.git(&["add", "."]);
    staged(&session).exits(1).says("dir/a.txt").says("1:12").never_says(&secret(RULE, 1));
}

#[test]
fn what_is_staged_counts_and_not_the_work_tree() {
    let session = Session::repository(&[("a", "x\n")]);
    session.write("a", line(1));
    session.git(&["add", "a"]);
    session.write("a", "clean again\n");
    staged(&session).exits(1).says(RULE);
    session.git(&["add", "a"]);
    session.write("a", line(1));
    staged(&session).exits(0);
}

#[test]
fn what_was_there_before_does_not_count() {
    let session = Session::repository(&[("a", &line(1)), ("b", &line(2))]);
    session.write("a", format!("new line\n{}", line(1)));
    session.git(&["add", "a"]);
    staged(&session).exits(0).says("1 finding known before");
    session.gate(&["scan", "--staged", "--all-staged"]).exits(1).says("2:12");
    assert_eq!(session.gate(&["scan", "--staged", "--format", "json"]).json()["summary"]["known"], 1);
    // another secret in the same place, and the same secret in another file
    session.write("a", line(3));
    session.git(&["add", "a"]);
    staged(&session).exits(1);
    session.write("a", line(2));
    session.git(&["add", "a"]);
    staged(&session).exits(1);
}

#[test]
fn a_line_that_completes_a_secret() {
    let secret = secret(RULE, 1);
    let session = Session::repository(&[("a.sh", "GITHUB_TOKEN=\\\n\n")]);
    session.write("a.sh", format!("GITHUB_TOKEN=\\\n{secret}\n"));
    session.git(&["add", "."]);
    staged(&session).exits(1);
    // the value was there, and its name makes it a secret
    let password = ["kX9$wq!T", "z7#pLm2"].concat();
    let session = Session::repository(&[("b.py", &format!("x = '{password}'\n"))]);
    session.write("b.py", format!("db_password = '{password}'\n"));
    session.git(&["add", "."]);
    staged(&session).exits(1);
}

#[test]
fn renames() {
    let session = Session::repository(&[("a", &line(1)), ("dir/b", &line(2)), ("dir/c", "x\n")]);
    session.git(&["mv", "a", "new/../z"]);
    session.git(&["mv", "dir", "moved"]);
    staged(&session).exits(0).says("2 findings known before");
    session.write("z", format!("more\n{}", line(1)));
    session.git(&["add", "."]);
    staged(&session).exits(0);
    session.write("z", format!("{}{}", line(1), line(3)));
    session.git(&["add", "."]);
    staged(&session).exits(1).says("2:12");
    // a copy is new: the first file stays
    let session = Session::repository(&[("a", &line(1))]);
    session.write("b", line(1));
    session.git(&["add", "."]);
    staged(&session).exits(1);
}

#[test]
fn an_allowed_place_does_not_move_along() {
    let session = Session::repository(&[
        (
            ".portcullis.toml",
            "[[scan.allow]]\npath = ['tests/']\nrule = ['github-pat-classic']\nreason = 'made up'\n",
        ),
        ("tests/a", &line(1)),
    ]);
    session.git(&["mv", "tests/a", "a"]);
    staged(&session).exits(1).says(RULE);
}

#[test]
fn a_mark_that_goes() {
    let marked = format!("{} # gate:allow\n", line(1).trim_end());
    let session = Session::repository(&[("a", &marked)]);
    session.write("a", line(1));
    session.git(&["add", "."]);
    staged(&session).exits(1);
}

#[test]
fn modes_links_and_submodules() {
    let session = Session::repository(&[("a", &line(1))]);
    session.git(&["update-index", "--chmod=+x", "a"]);
    staged(&session).exits(0);
    std::os::unix::fs::symlink(secret(RULE, 2), session.path("link")).expect("linked");
    session.git(&["add", "link"]);
    staged(&session).exits(1).says("link").says("1:1");
    session.git(&["rm", "-q", "--cached", "link"]);
    let head = session.git(&["rev-parse", "HEAD"]);
    session.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},module", head.trim())]);
    staged(&session).exits(0).says("submodule");
}

#[test]
fn a_file_becomes_a_folder_and_back() {
    let session = Session::repository(&[("a", &line(1)), ("b/c", &line(2))]);
    session.git(&["rm", "-rq", "a", "b"]);
    session.write("a/x", line(3));
    session.write("b", line(4));
    session.git(&["add", "."]);
    staged(&session).exits(1).says("2 findings in 2 files");
}

#[test]
fn intent_to_add() {
    let session = Session::repository(&[("a", "x\n")]);
    session.write("b", line(1));
    session.git(&["add", "-N", "b"]);
    staged(&session).exits(0);
    session.git(&["add", "b"]);
    staged(&session).exits(1);
}

#[test]
fn merges() {
    let session = Session::repository(&[("a", "x\n"), ("b", "x\n")]);
    session.git(&["checkout", "-qb", "other"]);
    session.write("other", line(1));
    session.write("a", format!("theirs\n{}", line(2)));
    session.commit("theirs");
    session.git(&["checkout", "-q", "main"]);
    session.write("a", "ours\n");
    session.commit("ours");
    assert!(!git_in(&session.path(""), &["merge", "-q", "other"]).status.success(), "a conflict");
    staged(&session).exits(0).says("unmerged");
    // what the other branch brings is not new, what the merge adds is
    session.write("a", format!("both\n{}", line(2)));
    session.git(&["add", "a"]);
    staged(&session).exits(0).says("1 finding known before");
    session.write("a", format!("both\n{}{}", line(2), line(3)));
    session.git(&["add", "a"]);
    staged(&session).exits(1).says("3:12");
}

#[test]
fn linked_worktrees() {
    let session = Session::repository(&[("a", "x\n")]);
    session.git(&["worktree", "add", "-q", "../tree"]);
    let tree = session.path("../tree");
    fs::write(tree.join("b"), line(1)).expect("written");
    assert!(git_in(&tree, &["add", "."]).status.success());
    staged(&session).exits(0);
    session.gate(&["scan", "--staged", "../tree"]).exits(1).says("b\n");
}

#[test]
fn the_index_that_git_names() {
    let session = Session::repository(&[("a", "x\n")]);
    session.write("b", line(1));
    let other = session.path(".git/other-index");
    let added = git_command(&session.path(""), &["add", "."]).env("GIT_INDEX_FILE", &other).status();
    assert!(added.expect("git starts").success());
    staged(&session).exits(0);
    let run = session.gate_with(&["scan", "--staged"], &[("GIT_INDEX_FILE", ".git/other-index")]);
    run.exits(1).says("b\n");
    let run = session.gate_with(
        &["scan", "--staged"],
        &[("GIT_INDEX_FILE", ".git/other-index"), ("GIT_DIR", ".git"), ("GIT_WORK_TREE", ".")],
    );
    run.exits(1);
}

#[test]
fn forms_of_the_index() {
    for preparation in [
        &["update-index", "--index-version", "4"][..],
        &["update-index", "--split-index"],
        &["sparse-checkout", "set", "--cone", "--sparse-index", "kept"],
        &["read-tree", "HEAD"],
        &["gc", "-q"],
    ] {
        let session = Session::repository(&[("kept/a", "x\n"), ("left/b", &line(1)), ("left/deep/c", "x\n")]);
        session.git(preparation);
        staged(&session).exits(0).says("nothing is staged");
        session.write("kept/a", line(2));
        session.git(&["add", "kept/a"]);
        staged(&session).exits(1).says("kept/a").says("1 finding in 1 file");
    }
}

#[test]
fn a_sparse_index_whose_left_out_part_changes() {
    let session = Session::repository(&[("kept/a", "x\n"), ("left/b", "x\n"), ("left/deep/c", "x\n")]);
    session.git(&["checkout", "-qb", "other"]);
    session.write("left/deep/c", line(1));
    session.commit("other");
    session.git(&["checkout", "-q", "main"]);
    session.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "kept"]);
    session.git(&["read-tree", "-m", "-u", "HEAD", "other"]);
    staged(&session).exits(1).says("left/deep/c");
}

#[test]
fn large_file_storage() {
    let oid = "ab".repeat(32);
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 100\n");
    let session = Session::repository(&[("a", "x\n")]);
    session.write("big.bin", &pointer);
    session.git(&["add", "."]);
    staged(&session).exits(0).says("Git LFS pointer");
    session.write(&format!(".git/lfs/objects/ab/ab/{oid}"), line(1));
    staged(&session).exits(1).says("big.bin");
}

#[test]
fn excluded_and_large_files() {
    let session = Session::repository(&[(".portcullis.toml", "[scan]\nexclude = ['vendor/']\n")]);
    session.write("vendor/a", line(1));
    session.git(&["add", "."]);
    staged(&session).exits(0).says("excluded by \"vendor/\"");
    session.write("a", line(1));
    session.git(&["add", "."]);
    staged(&session).exits(1);
    session.gate(&["scan", "--staged", "--max-file-size", "10"]).exits(0).says("larger than");
    session.gate(&["scan", "--staged", "--exclude", "a"]).exits(0);
}

#[test]
fn trouble_is_never_clean() {
    let session = Session::repository(&[("a", "x\n")]);
    session.write("b", "fresh\n");
    session.git(&["add", "b"]);
    let id = session.git(&["rev-parse", ":b"]);
    let object = session.path(&format!(".git/objects/{}/{}", &id[..2], id[2..].trim()));
    fs::remove_file(object).expect("removed");
    staged(&session).exits(2).says("is missing");
    session.write(".git/index", "DIRC");
    staged(&session).exits(2).complains("index");
}

#[test]
fn nothing_of_the_repository_runs() {
    let session = Session::repository(&[("a", "x\n")]);
    let ran = session.path("ran");
    let program = format!("touch {}", ran.display());
    for key in [
        "core.fsmonitor",
        "diff.external",
        "filter.f.clean",
        "filter.f.smudge",
        "diff.d.textconv",
        "core.pager",
    ] {
        session.git(&["config", key, &program]);
    }
    session.write(".gitattributes", "* filter=f diff=d\n");
    session.write("b", line(1));
    let added = git_command(
        &session.path(""),
        &["-c", "core.fsmonitor=false", "-c", "filter.f.clean=cat", "add", "."],
    )
    .status();
    assert!(added.expect("git starts").success());
    staged(&session).exits(1).says("b\n");
    assert!(!ran.exists(), "a program of the config ran");
}

#[test]
fn threads_give_the_same_bytes() {
    let session = Session::repository(&[]);
    for number in 0..200 {
        session.write(
            &format!("d{}/f{number}", number % 7),
            if number % 10 == 0 { line(number) } else { "x\n".into() },
        );
    }
    session.git(&["add", "."]);
    let report = |threads| {
        let run = session.gate(&["scan", "--staged", "--format", "json", "--threads", threads]);
        run.exits(1);
        run.stdout()
    };
    assert_eq!(report("1"), report("4"));
}

//! `gate hook`: real commits and pushes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use crate::git::{git_command, git_in};
use crate::util::{Session, secret};

const RULE: &str = "github-pat-classic";

fn line(seed: u64) -> String {
    format!("login with {}\n", secret(RULE, seed))
}

/// A clone with hooks, whose origin is beside it.
fn clone() -> Session {
    let session = Session::repository(&[("a.txt", "x\n")]);
    session.git(&["init", "-q", "--bare", "-b", "main", "../origin.git"]);
    session.git(&["remote", "add", "origin", "../origin.git"]);
    session.git(&["push", "-q", "-u", "origin", "main"]);
    session
        .gate(&["hook", "install", "git"])
        .exits(0)
        .says("pre-commit is in place")
        .says("pre-push is in place");
    session
}

fn script(session: &Session, name: &str, text: &str) {
    session.write(name, text);
    fs::set_permissions(session.path(name), fs::Permissions::from_mode(0o755)).expect("executable");
}

impl Session {
    fn try_git(&self, arguments: &[&str]) -> (bool, String) {
        said(&git_in(&self.path(""), arguments))
    }
}

/// Whether it went well, and all it said.
fn said(output: &Output) -> (bool, String) {
    let text = [&output.stdout[..], &output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn a_commit_with_a_secret_is_blocked() {
    let session = clone();
    session.write("b.txt", line(1));
    session.git(&["add", "."]);
    let (done, said) = session.try_git(&["commit", "-m", "leak"]);
    assert!(!done);
    for expected in [
        "gate: commit blocked: a credential in what is staged",
        "b.txt:1:12  GitHub",
        "git restore --staged b.txt",
        "gate:allow(github-pat-classic)",
        "to revoke: ",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(!said.contains(&secret(RULE, 1)), "{said}");
    assert!(said.lines().count() <= 8, "{said}");
    session.git(&["restore", "--staged", "b.txt"]);
    session.git(&["commit", "-q", "--allow-empty", "-m", "clean"]);
}

#[test]
fn an_ordinary_day_goes_unnoticed() {
    let session = clone();
    let quiet = |arguments: &[&str]| {
        let (done, said) = session.try_git(arguments);
        assert!(done && said.is_empty(), "{arguments:?}: {said}");
    };
    session.write("b c/d.rs", "fn main() {}\n");
    session.git(&["add", "."]);
    quiet(&["commit", "-q", "-m", "one"]);
    session.write("a.txt", "y\n");
    quiet(&["commit", "-q", "-am", "two"]);
    session.write("a.txt", "z\n");
    session.write("e", "z\n");
    session.git(&["add", "e"]);
    quiet(&["commit", "-q", "-m", "three", "a.txt"]);
    quiet(&["commit", "-q", "--amend", "-m", "four"]);
    quiet(&["mv", "a.txt", "f.txt"]);
    quiet(&["commit", "-q", "-m", "five"]);
    quiet(&["push", "-q", "origin", "main"]);
    quiet(&["push", "-q", "origin", "main:new-branch"]);
    quiet(&["push", "-q", "origin", ":new-branch"]);
    session.git(&["tag", "-a", "-m", "v1", "v1"]);
    quiet(&["push", "-q", "origin", "v1"]);
}

#[test]
fn commits_of_all_kinds_are_looked_at() {
    let session = clone();
    let blocked = |arguments: &[&str]| {
        let (done, said) = session.try_git(arguments);
        assert!(!done && said.contains("commit blocked"), "{arguments:?}: {said}");
    };
    session.write("a.txt", line(1));
    blocked(&["commit", "-qam", "all"]);
    blocked(&["commit", "-qm", "named", "a.txt"]);
    session.git(&["add", "."]);
    blocked(&["commit", "-q", "--amend", "-m", "again"]);
    session.write("deep/er/b", line(2));
    session.git(&["worktree", "add", "-q", "../tree"]);
    fs::write(session.path("../tree/c"), line(3)).expect("written");
    let tree = session.path("../tree");
    assert!(git_in(&tree, &["add", "."]).status.success());
    let (done, text) = said(&git_in(&tree, &["commit", "-qm", "in a worktree"]));
    assert!(!done && text.contains("c:1:12"), "{text}");
    // from a folder below
    assert!(git_in(&session.path("deep"), &["add", "er"]).status.success());
    let (done, text) = said(&git_in(&session.path("deep"), &["commit", "-qm", "below"]));
    assert!(!done && text.contains("deep/er/b:1:12"), "{text}");
}

#[test]
fn the_first_commit_of_all() {
    let session = Session::repository(&[]);
    session.gate(&["hook", "install", "git"]).exits(0);
    session.write("a b", line(1));
    session.git(&["add", "."]);
    let (done, said) = session.try_git(&["commit", "-qm", "first"]);
    assert!(!done && said.contains("git rm --cached -- 'a b'"), "{said}");
}

#[test]
fn a_push_with_a_secret_is_blocked() {
    let session = clone();
    let push = |arguments: &[&str]| session.try_git(&[&["push", "-q", "origin"], arguments].concat());
    session.write("b", line(1));
    session.git(&["add", "."]);
    session.git(&["commit", "-q", "--no-verify", "-m", "leak"]);
    session.git(&["rm", "-q", "b"]);
    session.git(&["commit", "-q", "-m", "taken out"]);
    for target in ["main", "main:other", "HEAD:refs/heads/a/b"] {
        let (done, said) = push(&[target]);
        assert!(!done && said.contains("push blocked: a credential in the commits of this push"), "{said}");
        assert!(said.contains("b:1:12") && said.contains("git rebase -i"), "{said}");
    }
    // what the other side already has does not count
    let (done, said) = push(&["main~2:refs/heads/older"]);
    assert!(done, "{said}");
    assert!(session.try_git(&["push", "-q", "--no-verify", "origin", "main"]).0);
    let (done, said) = push(&["main:other"]);
    assert!(done, "{said}");
}

#[test]
fn a_push_of_what_messages_say() {
    let session = clone();
    session.git(&["commit", "-q", "--allow-empty", "-m", &line(1)]);
    let (done, said) = session.try_git(&["push", "-q", "origin", "main"]);
    assert!(!done && said.contains("COMMIT_EDITMSG:1:12"), "{said}");
    session.git(&["reset", "-q", "--hard", "HEAD~"]);
    session.git(&["tag", "-a", "-m", &line(2), "v1"]);
    let (done, said) = session.try_git(&["push", "-q", "origin", "v1"]);
    assert!(!done && said.contains("TAG_EDITMSG:1:12"), "{said}");
}

#[test]
fn a_push_as_the_pre_commit_framework_tells_it() {
    let session = clone();
    session.write("b", line(1));
    session.git(&["add", "."]);
    session.git(&["commit", "-q", "--no-verify", "-m", "leak"]);
    let variables = [("PRE_COMMIT_TO_REF", "HEAD"), ("PRE_COMMIT_REMOTE_NAME", "origin")];
    let run = ["hook", "run", "git", "pre-push"];
    session.gate_with(&run, &variables).exits(1).complains("b:1:12");
    session.gate_with(&run, &[variables[0], ("PRE_COMMIT_FROM_REF", "HEAD")]).exits(0);
    session.gate_with(&run, &[("PRE_COMMIT_TO_REF", "nothing")]).exits(2).complains("nothing");
}

#[test]
fn merges_bring_nothing_new() {
    let session = clone();
    // somebody without hooks has pushed a secret
    session.git(&["clone", "-q", "../origin.git", "../theirs"]);
    let theirs = session.path("../theirs");
    fs::write(theirs.join("b"), line(1)).expect("written");
    for arguments in [&["add", "."][..], &["commit", "-qm", "leak"], &["push", "-q"]] {
        assert!(git_in(&theirs, arguments).status.success());
    }
    session.write("c", "x\n");
    session.commit("ours");
    session.git(&["pull", "-q", "--no-rebase", "--no-edit"]);
    let (done, said) = session.try_git(&["push", "-q", "origin", "main"]);
    assert!(done, "{said}");
}

#[test]
fn a_server_takes_no_secret() {
    let session = Session::repository(&[("a", "x\n")]);
    session.git(&["init", "-q", "--bare", "-b", "main", "../origin.git"]);
    session.gate(&["hook", "install", "git", "../origin.git"]).exits(0).says("pre-receive is in place");
    session.git(&["remote", "add", "origin", "../origin.git"]);
    session.git(&["push", "-q", "origin", "main"]);
    session.write("b", line(1));
    session.commit("leak");
    let (done, said) = session.try_git(&["push", "-q", "origin", "main"]);
    assert!(!done && said.contains("remote: gate: push blocked") && said.contains("b:1:12"), "{said}");
    let (done, said) = session.try_git(&["push", "-q", "origin", "main:new"]);
    assert!(!done, "{said}");
    session.git(&["reset", "-q", "--hard", "HEAD~"]);
    session.write("c", "x\n");
    session.commit("clean");
    let (done, said) = session.try_git(&["push", "-q", "origin", "main", "main:new"]);
    assert!(done, "{said}");
}

#[test]
fn a_hook_that_was_there_runs_first() {
    let session = Session::repository(&[("a", "x\n")]);
    let text = "#!/bin/sh\necho \"before $@\" >> ran\n[ ! -e fail ] || exit 3\n";
    script(&session, ".git/hooks/pre-commit", text);
    script(&session, ".git/hooks/pre-push", "#!/bin/sh\necho \"$1\" >> ran\ncat >> ran\n");
    let install = || session.gate(&["hook", "install", "git"]);
    install().exits(0).says("the hook that was there runs first");
    install().exits(0).says("pre-commit is in place already");
    session.gate(&["hook", "status", "git"]).exits(0).says("pre-commit: in place; another hook runs first");
    session.git(&["commit", "-q", "--allow-empty", "-m", "one"]);
    assert_eq!(session.read("ran"), "before \n");
    session.write("fail", "");
    assert!(!session.try_git(&["commit", "-q", "--allow-empty", "-m", "two"]).0);
    fs::remove_file(session.path("fail")).expect("removed");
    session.git(&["init", "-q", "--bare", "../origin.git"]);
    session.git(&["remote", "add", "origin", "../origin.git"]);
    session.git(&["push", "-q", "origin", "main"]);
    let head = session.git(&["rev-parse", "HEAD"]);
    assert!(session.read("ran").ends_with(&format!(
        "origin\nrefs/heads/main {} refs/heads/main {}\n",
        head.trim(),
        "0".repeat(40)
    )));
    session.gate(&["hook", "uninstall", "git"]).exits(0).says("the hook that was there before is back");
    assert_eq!(session.read(".git/hooks/pre-commit"), text);
    assert!(!session.path(".git/hooks/pre-commit.before-gate").exists());
    session.gate(&["hook", "uninstall", "git"]).exits(0).says("pre-commit is not gate's, and was left");
    session.gate(&["hook", "status", "git"]).exits(1).says("pre-commit: missing: another hook is there");
}

#[test]
fn hooks_where_the_settings_say() {
    let session = Session::repository(&[("a", "x\n")]);
    session.git(&["config", "core.hooksPath", "my hooks"]);
    session.gate(&["hook", "install", "git"]).exits(0).says("my hooks, as core.hooksPath says");
    assert!(session.path("my hooks/pre-commit").exists() && !session.path(".git/hooks/pre-commit").exists());
    session.write("a", line(1));
    session.git(&["add", "a"]);
    assert!(!session.try_git(&["commit", "-qm", "leak"]).0);
    session.gate(&["hook", "uninstall", "git"]).exits(0).says("pre-commit is gone");
    session.git(&["config", "core.hooksPath", ".husky/_"]);
    session.gate(&["hook", "install", "git"]).exits(2).complains(".husky/pre-commit");
}

#[test]
fn a_gate_that_is_gone_blocks() {
    let session = clone();
    let hook = session.read(".git/hooks/pre-commit");
    let gate = env!("CARGO_BIN_EXE_gate");
    session.write(".git/hooks/pre-commit", hook.replace(gate, "/nowhere/gate"));
    let run = git_command(&session.path(""), &["commit", "--allow-empty", "-m", "x"]);
    let (done, said) = said(&{ run }.output().expect("git starts"));
    assert!(
        !done && said.contains("gate is not found") && said.contains("rm '.git/hooks/pre-commit'"),
        "{said}"
    );
    session.gate(&["hook", "status", "git"]).exits(0).says("install again");
    session.gate(&["hook", "install", "git"]).exits(0);
    session.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
}

#[test]
fn trouble_blocks() {
    let session = clone();
    session.write("b", "fresh\n");
    session.git(&["add", "b"]);
    session.write(".portcullis.toml", "[scan]\nnonsense = 1\n");
    let (done, said) = session.try_git(&["commit", "-qm", "x"]);
    assert!(!done && said.contains(".portcullis.toml:2:"), "{said}");
    let run = session.gate_reading(&["hook", "run", "git", "pre-push", "origin", "url"], "what is this\n");
    run.exits(2).complains("is not understood");
    Session::new().gate(&["hook", "install", "git"]).exits(2).complains("not a git repository");
}

#[test]
fn the_usual_baseline_counts() {
    let session = clone();
    session.write("b", line(1));
    session.gate(&["baseline", "create"]).exits(0);
    session.commit("known");
}

#[test]
fn a_baseline_that_nobody_else_gets_does_not_count() {
    let session = clone();
    session.write("b", line(1));
    session.gate(&["baseline", "create"]).exits(0);
    session.git(&["add", "b"]);
    let (done, said) = session.try_git(&["commit", "-qm", "x"]);
    assert!(!done && said.contains(".portcullis-baseline: does not count, as it is not staged"), "{said}");
    session.git(&["commit", "-qm", "x", "--no-verify"]);
    let (done, said) = session.try_git(&["push", "-q", "origin", "main"]);
    assert!(!done && said.contains("not in the commits that are pushed: commit it"), "{said}");
    // with the file in the commits, it goes through
    session.git(&["add", ".portcullis-baseline"]);
    session.git(&["commit", "-qm", "known"]);
    session.git(&["push", "-q", "origin", "main"]);
}

#[test]
fn each_rule_of_a_blocked_commit_has_its_mark() {
    let session = clone();
    session.write("b.py", format!("{}p = \"{}\"\n", line(1), secret("npm-access-token", 2)));
    session.git(&["add", "."]);
    let (done, said) = session.try_git(&["commit", "-qm", "x"]);
    assert!(!done, "{said}");
    for rule in [RULE, "npm-access-token"] {
        assert!(said.contains(&format!("gate:allow({rule})")), "{said}");
    }
}

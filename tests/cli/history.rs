//! `gate scan --history`, on repositories of all the forms that git makes.

use std::fs;
use std::path::Path;

use crate::git::git_in;
use crate::util::{Session, secret};

const RULE: &str = "github-pat-classic";

fn line(seed: u64) -> String {
    format!("login with {}\n", secret(RULE, seed))
}

/// One secret in HEAD, one that was taken out, one of a branch, one of a commit that nothing leads to any more, and one
/// in a message.
fn repository() -> Session {
    let session = Session::repository(&[("kept", &line(1)), ("gone", &line(2)), ("a/b", "x\n")]);
    session.git(&["rm", "-q", "gone"]);
    session.commit("taken out");
    session.git(&["checkout", "-qb", "topic"]);
    session.write("topic", line(3));
    session.commit("topic");
    session.git(&["checkout", "-q", "main"]);
    session.write("reset", line(4));
    session.commit("reset");
    session.git(&["reset", "-q", "--hard", "HEAD~1"]);
    session.git(&["commit", "-q", "--allow-empty", "-m", &line(5)]);
    session
}

const SCAN: [&str; 2] = ["scan", "--history"];

fn scan(session: &Session, more: &[&str]) -> crate::util::Run {
    session.gate(&[&SCAN[..], more].concat())
}

/// Path, what became of it, branches: of every finding, sorted.
fn places(session: &Session, more: &[&str]) -> Vec<String> {
    let report = scan(session, &[more, &["--format", "json"]].concat()).exits(1).json();
    let places = report["findings"].as_array().expect("findings").iter().map(|finding| {
        let commit = &finding["commit"];
        assert!(commit["id"].is_null() || commit["author"] == "Tester <tester@example.com>", "{commit}");
        let branches: Vec<_> =
            commit["branches"].as_array().into_iter().flatten().filter_map(|name| name.as_str()).collect();
        format!(
            "{} head={} reachable={} {}",
            finding["path"].as_str().unwrap_or_default(),
            commit["in_head"],
            commit["reachable"],
            branches.join("+")
        )
    });
    let mut places: Vec<String> = places.collect();
    places.sort();
    places
}

#[test]
fn everything_that_is_stored_and_where_it_stands() {
    let session = repository();
    let all = [
        "COMMIT_EDITMSG head=false reachable=true main",
        "gone head=false reachable=true main+topic",
        "kept head=true reachable=true main+topic",
        "reset head=false reachable=false ",
        "topic head=false reachable=true topic",
    ];
    // ORIG_HEAD still leads to the commit that was reset
    let _ = fs::remove_file(session.path(".git/ORIG_HEAD"));
    assert_eq!(places(&session, &[]), all);
    assert_eq!(places(&session, &["--no-cache", "--threads", "1"]), all);
    assert_eq!(places(&session, &["--no-cache", "--whole-blobs", "--threads", "4"]), all);
    let reachable: Vec<_> = all.into_iter().filter(|place| !place.starts_with("reset")).collect();
    assert_eq!(places(&session, &["--reachable"]), reachable);
    for pack in
        [&["gc", "-q", "--prune=never"][..], &["repack", "-adfq", "--write-midx", "--keep-unreachable"]]
    {
        session.git(pack);
        assert_eq!(places(&session, &[]), all, "{pack:?}");
    }
    let text = scan(&session, &[]).exits(1).stdout();
    assert!(text.contains("not in HEAD") && text.contains("only in unreachable objects"), "{text}");
    assert!(
        text.contains("Tester <tester@example.com>") && text.contains("still in HEAD; on main, topic"),
        "{text}"
    );
    for seed in 1..=5 {
        scan(&session, &["--format", "sarif"]).never_says(&secret(RULE, seed));
    }
}

#[test]
fn ranges_and_what_is_none() {
    let session = repository();
    scan(&session, &["main~2..main"]).exits(1).says("1 finding in 1 file");
    let run = scan(&session, &["main..topic"]);
    run.exits(1).says("topic\n").says("on topic").never_says("kept");
    scan(&session, &["topic"]).exits(1).says("3 findings");
    scan(&session, &["main..main"]).exits(2).complains("the range holds no commit");
    scan(&session, &["nothing..main"]).exits(2).complains("nothing: no such branch, tag or commit");
    scan(&session, &["main", "--reachable"]).exits(2).complains("do not go together");
    // a file that was renamed, and one that kept what it had, bring nothing
    session.git(&["mv", "kept", "renamed"]);
    session.commit("renamed");
    scan(&session, &["main~1..main"]).exits(0).says("1 finding known before");
    session.write("renamed", format!("more\n{}", line(1)));
    session.commit("edited");
    scan(&session, &["main~1..main"]).exits(0).says("1 finding known before");
    // what was taken out and comes back does
    session.write("gone", line(2));
    session.commit("back");
    scan(&session, &["main~1..main"]).exits(1).says("gone\n");
}

#[test]
fn an_empty_repository_is_said_to_be_empty() {
    let session = Session::new();
    scan(&session, &[]).exits(2).complains("neither this folder nor one above it is a git repository");
    session.git(&["init", "-q", "-b", "main"]);
    scan(&session, &[]).exits(0).says("nothing was scanned").says("the repository is empty");
    scan(&session, &["--reachable"]).exits(0).says("nothing to scan");
    scan(&session, &["HEAD"]).exits(2).complains("no such branch, tag or commit");
    let report = scan(&session, &["--format", "json"]).exits(0).json();
    assert!(report["summary"]["notes"][0].as_str().is_some_and(|note| note.contains("is empty")), "{report}");
    session.write("a", line(1));
    session.git(&["add", "a"]);
    // what is staged is stored
    scan(&session, &[]).exits(1).says("in no commit");
    scan(&session, &["--reachable"]).exits(0).says("nothing to scan");
}

#[test]
fn shallow_and_partial_clones_are_no_clean_ones() {
    let session = Session::repository(&[("a", "x\n")]);
    session.write("b", "y\n");
    session.commit("second");
    session.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", session.path("").display());
    session.git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    let run = session.gate(&["scan", "--history", "../shallow"]);
    run.exits(2).says("git fetch --unshallow").says("incomplete: this is not a clean result");
    session.gate(&["scan", "--history", "HEAD", "../shallow"]).exits(2);
    session.git(&["clone", "-q", "--no-checkout", "--filter=blob:none", &url, "../partial"]);
    let run = session.gate(&["scan", "--history", "../partial"]);
    run.exits(2).says("it is missing from the repository").says("objects were left out when it was cloned");
    session.gate(&["scan", "--history", "HEAD~1..HEAD", "../partial"]).exits(2).says("missing");
    // twice: an incomplete scan is not remembered as a whole one
    session.gate(&["scan", "--history", "../partial"]).exits(2);
}

#[test]
fn a_missing_object_is_named() {
    let session = Session::repository(&[("a", "x\n"), ("b", &line(1))]);
    let blob = session.git(&["rev-parse", "HEAD:a"]).trim().to_owned();
    fs::remove_file(session.path(&format!(".git/objects/{}/{}", &blob[..2], &blob[2..]))).expect("removed");
    let run = scan(&session, &[]);
    run.exits(2).says(&blob).says("it is missing from the repository").says("1 finding in 1 file");
    session.git(&["update-ref", "refs/heads/broken", "HEAD"]);
    fs::write(session.path(".git/refs/heads/broken"), format!("{}\n", "1".repeat(40))).expect("written");
    scan(&session, &["--reachable"]).exits(2).says("refs/heads/broken");
}

#[test]
fn objects_of_alternates_are_read() {
    let session = repository();
    let url = session.path("").display().to_string();
    session.git(&["clone", "-q", "--shared", &url, "../shared"]);
    let run = session.gate(&["scan", "--history", "../shared"]);
    run.exits(1).says("kept\n").says("gone\n");
    fs::write(session.path("../shared/.git/objects/info/alternates"), "/nowhere/at/all\n").expect("written");
    let run = session.gate(&["scan", "--history", "../shared"]);
    run.exits(2).says("/nowhere/at/all: the folder of objects is not there");
}

#[test]
fn replaced_commits_and_grafts_hide_nothing() {
    let session = repository();
    let first = session.git(&["rev-list", "--max-parents=0", "main"]).trim().to_owned();
    let head = session.git(&["rev-parse", "main"]).trim().to_owned();
    // git itself shows a history without what was taken out
    session.git(&["replace", "--graft", &head]);
    assert_eq!(session.git(&["rev-list", "--count", "main"]).trim(), "1");
    scan(&session, &["--reachable"]).exits(1).says("gone\n");
    scan(&session, &["main"]).exits(1).says("gone\n");
    fs::create_dir_all(session.path(".git/info")).expect("made");
    fs::write(session.path(".git/info/grafts"), format!("{head}\n{first} {head}\n")).expect("written");
    scan(&session, &["--reachable"]).exits(1).says("gone\n");
}

#[test]
fn bare_repositories_and_worktrees() {
    let session = repository();
    let url = session.path("").display().to_string();
    session.git(&["clone", "-q", "--bare", &url, "../bare.git"]);
    let run = session.gate(&["scan", "--history", "../bare.git"]);
    run.exits(1).says("kept\n").says("still in HEAD; on main, topic");
    session.git(&["worktree", "add", "-q", "../linked", "topic"]);
    // HEAD is that of the worktree
    let run = session.gate(&["scan", "--history", "../linked", "--reachable", "--format", "json"]);
    let report = run.exits(1).json();
    let topic =
        report["findings"].as_array().expect("findings").iter().find(|found| found["path"] == "topic");
    assert_eq!(topic.expect("there")["commit"]["in_head"], true);
    session.gate(&["scan", "--history", "main..topic", "../linked"]).exits(1).says("1 finding");
}

#[test]
fn forms_that_are_not_read_are_named() {
    for (form, name) in [("--object-format=sha256", "sha256"), ("--ref-format=reftable", "reftable")] {
        let session = Session::with(&[("a", &line(1))]);
        if !git_in(&session.path(""), &["init", "-q", form]).status.success() {
            // an older git does not know it
            continue;
        }
        session.commit("first");
        let run = scan(&session, &[]);
        run.exits(2);
        assert!(run.stderr().contains(name), "{}", run.stderr());
        // a hook there would block every commit
        session.gate(&["hook", "install", "git"]).exits(2).complains(name);
    }
}

#[test]
fn git_lfs_pointers_are_looked_through() {
    let content = line(1);
    let oid = "ab".repeat(32);
    let pointer =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {}\n", content.len());
    let session = Session::repository(&[("big.bin", &pointer)]);
    scan(&session, &[]).exits(0).says("Git LFS pointers, whose contents are not here: 1");
    session.write(&format!(".git/lfs/objects/ab/ab/{oid}"), &content);
    for pack in [false, true] {
        if pack {
            session.git(&["repack", "-adq"]);
        }
        scan(&session, &[]).exits(1).says("big.bin\n");
        scan(&session, &["HEAD"]).exits(1).says("big.bin\n");
    }
}

#[test]
fn a_repeat_says_the_same_and_the_cache_is_no_ones_to_forge() {
    let session = repository();
    let report = |more: &[&str]| scan(&session, &[&["--format", "json"], more].concat()).exits(1).stdout();
    let plain = report(&["--no-cache"]);
    assert!(!session.home(".cache").exists());
    assert_eq!([report(&[]), report(&[])], [plain.clone(), plain.clone()]);
    let folder = session.gate(&["cache", "path"]).exits(0).stdout();
    let files = || -> Vec<_> {
        let listed = fs::read_dir(folder.trim()).expect("a folder");
        listed.map(|entry| entry.expect("an entry").path()).collect()
    };
    assert_eq!(files().len(), 2);
    for file in files() {
        let text = fs::read(&file).expect("read");
        for seed in 1..=5 {
            let secret = secret(RULE, seed);
            assert!(!text.windows(12).any(|part| secret.as_bytes().windows(12).any(|other| other == part)));
        }
        fs::write(&file, &text[..text.len() - 1]).expect("damaged");
    }
    scan(&session, &[]).exits(1).says("it is damaged: that part of the cache was not used");
    assert_eq!(report(&[]), plain);
    // other rules, another answer
    session.write(".portcullis.toml", format!("[scan]\ndisable = [\"{RULE}\"]\n"));
    scan(&session, &[]).exits(0);
    fs::remove_file(session.path(".portcullis.toml")).expect("removed");
    assert_eq!(report(&[]), plain);
    // a cache that lies in the repository came with it
    let within = session.path("cache").display().to_string();
    let run = session.gate_with(&["scan", "--history"], &[("XDG_CACHE_HOME", &within)]);
    run.exits(1).says("no cache: ").says("it lies in the repository");
    session.gate(&["cache", "clear"]).exits(0).says("bytes deleted");
    assert_eq!(files(), [] as [&Path; 0]);
    assert_eq!(report(&[]), plain);
}

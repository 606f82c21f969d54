//! `gate baseline`, and `gate scan --baseline`.

use std::collections::BTreeSet;
use std::fs;

use crate::util::{Run, Session, secret};

const RULE: &str = "github-pat-classic";
const FILE: &str = ".portcullis-baseline";

fn line(seed: u64) -> String {
    format!("login with {}\n", secret(RULE, seed))
}

fn weak(password: &str) -> String {
    format!("db_password = \"{password}\"\n")
}

fn scan(session: &Session) -> Run {
    session.gate(&["scan", "--baseline", FILE])
}

fn known() -> Session {
    let session = Session::with(&[("a", &format!("x\n{}", line(1))), ("b.py", &weak("hunter2kitten!"))]);
    session.gate(&["baseline", "create"]).exits(0).says("2 added, 2 in all");
    session
}

#[test]
fn known_findings_do_not_count() {
    let session = known();
    scan(&session).exits(0).says("2 findings known before");
    session.gate(&["scan"]).exits(1);
    session.write("c", line(2));
    scan(&session).exits(1).says("1 finding in 1 file");
}

#[test]
fn entries_survive_edits_and_renames() {
    let session = known();
    session.write("a", format!("more\nlines\n  {}", line(1)));
    fs::rename(session.path("a"), session.path("z")).expect("renamed");
    session.write("b.py", format!("import os\n\n  {}", weak("hunter2kitten!").trim_end()) + "  # a word\n");
    scan(&session).exits(0);
}

#[test]
fn a_new_secret_on_an_old_line_is_new() {
    let session = known();
    session.write("a", format!("x\n{}", line(2)));
    session.write("b.py", weak("hunter3kitten!"));
    scan(&session).exits(1).says("2 findings in 2 files").says("2 entries met no finding");
}

#[test]
fn the_file_holds_no_secret_and_no_place() {
    let session = known();
    let text = session.read(FILE);
    for hidden in [secret(RULE, 1).as_str(), "hunter2", "kitten", "a\n", "b.py", ":2"] {
        assert!(
            !text.lines().skip(3).any(|line| line.contains(hidden.trim_end()) && hidden != "a\n"),
            "{text}"
        );
    }
    let entries: Vec<&str> = text.lines().skip(4).collect();
    assert!(entries.is_sorted(), "{text}");
    // the scanner thinks nothing of it
    session.gate(&["scan", FILE]).exits(0);
    session.gate(&["scan", FILE, "--confidence", "low"]).exits(0);
    // and it is the same however often it is made
    session.gate(&["baseline", "create"]).exits(0).says("0 added, 2 in all");
    assert_eq!(session.read(FILE), text);
}

#[test]
fn reasons_and_last_days() {
    let session = Session::with(&[("a", &line(1))]);
    let create = ["baseline", "create", "--reason", "rotated", "--until", "2999-12-31"];
    session.gate(&create).exits(0);
    let text = session.read(FILE);
    assert!(text.contains("reason=\"rotated\" until=2999-12-31"), "{text}");
    session.write(FILE, text.replace("2999-12-31", "2020-01-01"));
    scan(&session).exits(1).says("1 entry expired");
    session.gate(&["baseline", "create", "--until", "soon"]).exits(2).complains("--until");
}

#[test]
fn mended_entries_go() {
    let session = known();
    session.write("a", "clean\n");
    scan(&session).exits(0).says("1 entry met no finding");
    session.gate(&["baseline", "prune"]).exits(0).says("1 taken out, 1 left");
    scan(&session).exits(0).never_says("met no finding");
    session.gate(&["baseline", "prune", "--baseline", "none"]).exits(2).complains("none");
}

#[test]
fn damage_is_named_with_its_line() {
    let session = known();
    let text = session.read(FILE);
    session.write(FILE, text.clone() + "<<<<<<< HEAD\n");
    scan(&session).exits(2).complains(".portcullis-baseline:7: a merge conflict");
    session.write(FILE, &text[..text.len() - 30]);
    scan(&session).exits(2).complains(".portcullis-baseline:6:");
    session.gate(&["baseline", "create"]).exits(2).complains(".portcullis-baseline:6:");
    session.write(FILE, "");
    scan(&session).exits(2).complains(":1: it is no baseline");
    session.gate(&["scan", "--baseline", "none"]).exits(2).complains("none");
}

#[test]
fn nothing_is_written_after_half_a_scan() {
    let session = known();
    let text = session.read(FILE);
    session.write("c", line(2));
    // UTF-16 this large is read in part only
    let mut large = b"\xff\xfe".to_vec();
    large.resize(9 << 20, b'x');
    session.write("large", large);
    session.gate(&["baseline", "create"]).exits(2).complains("nothing was written");
    assert_eq!(session.read(FILE), text);
}

#[test]
fn branches_merge() {
    let session =
        Session::repository(&[("a", &line(1)), (".gitattributes", "/.portcullis-baseline merge=union\n")]);
    session.gate(&["baseline", "create"]).exits(0);
    session.commit("baseline");
    session.git(&["checkout", "-qb", "other"]);
    session.write("b", line(2));
    session.gate(&["baseline", "create"]).exits(0);
    session.commit("other");
    session.git(&["checkout", "-q", "main"]);
    session.write("c", line(3));
    session.gate(&["baseline", "create"]).exits(0);
    session.commit("ours");
    session.git(&["merge", "-q", "other"]);
    scan(&session).exits(0).says("3 findings known before");
}

#[test]
fn branches_merge_that_made_their_own() {
    let session =
        Session::repository(&[("a", &line(1)), (".gitattributes", "/.portcullis-baseline merge=union\n")]);
    session.git(&["checkout", "-qb", "other"]);
    session.write("b", line(2));
    session.gate(&["baseline", "create"]).exits(0).says("2 added");
    session.commit("other");
    session.git(&["checkout", "-q", "main"]);
    session.write("c", line(3));
    session.gate(&["baseline", "create"]).exits(0).says("2 added");
    session.commit("ours");
    session.git(&["merge", "-q", "other"]);
    scan(&session).exits(0).says("3 findings known before");
    // in a clone, too
    session.git(&["clone", "-q", ".", "../clone"]);
    session.gate(&["baseline", "create", "../clone", "--baseline", "../clone/new"]).exits(0);
    let lines = |name: &str| -> BTreeSet<String> { session.read(name).lines().map(str::to_owned).collect() };
    assert_eq!(lines("../clone/new"), lines(FILE));
}

#[test]
fn a_second_salt_has_a_way_out() {
    let session = known();
    let ours = session.read(FILE);
    fs::remove_file(session.path(FILE)).expect("removed");
    session.write("c", line(3));
    session.gate(&["baseline", "create"]).exits(0).says("3 added");
    let theirs = session.read(FILE);
    let second: Vec<&str> = ours.lines().filter(|line| !line.starts_with('#')).collect();
    session.write(FILE, format!("{theirs}{}\n", second.join("\n")));
    scan(&session).exits(2).complains("a second salt").complains("take this line out");
    session.write(FILE, format!("{theirs}{}\n", second[1..].join("\n")));
    session.gate(&["baseline", "create"]).exits(0);
    session.gate(&["baseline", "prune"]).exits(0).says("2 taken out, 3 left");
    scan(&session).exits(0);
}

#[test]
fn with_changes() {
    let session = Session::repository(&[("a", &line(1))]);
    session.gate(&["baseline", "create"]).exits(0);
    session.commit("baseline");
    // a copy is a change, and known
    session.write("b", line(1));
    session.git(&["add", "."]);
    session.gate(&["scan", "--staged"]).exits(1);
    session.gate(&["scan", "--staged", "--baseline", FILE]).exits(0);
    let diff = session.git(&["diff", "--cached"]);
    session.gate_reading(&["scan", "--diff", "-", "--baseline", FILE], &diff).exits(0);
    session.gate_reading(&["scan", "--stdin", "--baseline", FILE], &line(1)).exits(0);
}

#[test]
fn what_expired_is_renewed() {
    let session = known();
    let expired = session.read(FILE).replace(RULE, &format!("{RULE} reason=\"old\" until=2020-01-01"));
    session.write(FILE, &expired);
    scan(&session).exits(1).says(RULE);
    let create = ["baseline", "create", "--reason", "to be rotated", "--until", "2999-12-31"];
    session
        .gate(&create)
        .exits(0)
        .says("0 added, 1 renewed, 2 in all; 1 in force already and left unchanged");
    scan(&session).exits(0).says("2 findings known before, which do not count");
    let text = session.read(FILE);
    assert!(text.contains(&format!("{RULE} reason=\"to be rotated\" until=2999-12-31")), "{text}");
    assert!(!text.contains("generic-password reason"), "{text}");
}

#[test]
fn a_last_day_that_is_over_is_refused() {
    let session = known();
    let before = session.read(FILE);
    let run = session.gate(&["baseline", "create", "--until", "2020-01-01"]);
    run.exits(2).complains("is over").complains("or a later day");
    assert_eq!(session.read(FILE), before);
}

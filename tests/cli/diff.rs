//! `gate scan --diff`.

use crate::util::{Session, secret, value};

const RULE: &str = "github-pat-classic";

fn line(seed: u64) -> String {
    format!("login with {}\n", secret(RULE, seed))
}

#[test]
fn added_lines_count() {
    let session = Session::repository(&[("a", &format!("one\n{}three\n", line(1))), ("b", &line(2))]);
    session.write("a", format!("one\n{}three\n{}", line(1), line(3)));
    session.git(&["rm", "-q", "b"]);
    session.write("new dir/ä", line(4));
    session.git(&["add", "-A"]);
    let diff = session.git(&["diff", "--cached"]);
    let run = session.gate_reading(&["scan", "--diff", "-"], &diff);
    run.exits(1).says("a\n  4:12").says("new dir/ä\n  1:12").says("2 findings in 2 files");
    for seed in 1..5 {
        run.never_says(&secret(RULE, seed));
    }
    session.write("the.diff", &diff);
    session.gate(&["scan", "--diff", "the.diff"]).exits(1).says("4:12");
}

#[test]
fn a_secret_of_old_and_new_lines() {
    // the body was there, and the new first line makes it a key
    let label = ["PRIVATE", "KEY-----"].join(" ");
    let body: String = (0..12).map(|seed| value("{base64:64}", seed) + "\n").collect();
    let rest = format!("{body}-----END RSA {label}\n");
    let session = Session::repository(&[("key", &rest)]);
    session.write("key", format!("-----BEGIN RSA {label}\n{rest}"));
    let diff = session.git(&["diff", "-U100"]);
    let added = diff.lines().filter(|line| line.starts_with('+') && !line.starts_with("+++"));
    assert_eq!(added.count(), 1);
    session.gate_reading(&["scan", "--diff", "-"], &diff).exits(1).says("key\n  1:1");
}

#[test]
fn clean_and_broken_diffs() {
    let session = Session::new();
    let scan = |diff: &str| session.gate_reading(&["scan", "--diff", "-"], diff);
    scan("").exits(0).says("nothing was scanned");
    scan(&format!("--- a\n+++ a\n@@ -1,2 +1 @@\n {}-gone\n", line(1))).exits(0);
    scan("hello\n").exits(2).says("no unified diff");
    scan(&format!("--- a\n+++ a\n@@ -1 +1,3 @@\n x\n+{}", line(1))).exits(2).says(RULE).says("stdin: line");
    session.gate(&["scan", "--diff", "none"]).exits(2).complains("none");
}

#[test]
fn reports_know_lines_and_no_offsets() {
    let session = Session::new();
    let diff = format!("--- a\n+++ a\n@@ -7 +7,2 @@\n x\n+{}", line(1));
    let run = session.gate_reading(&["scan", "--diff", "-", "--format", "sarif"], &diff);
    let region = &run.json()["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startLine"], 8);
    assert!(region.get("byteOffset").is_none(), "{region}");
}

//! `gate scan`.

use std::process::Stdio;

use crate::util::{Run, Session, secret};

const RULE: &str = "github-pat-classic";

/// A line with a secret in it, and the secret.
fn planted(seed: u64) -> (String, String) {
    let secret = secret(RULE, seed);
    (format!("login with {secret}\n"), secret)
}

/// A folder with one secret, in `a.txt`.
fn leaky() -> (Session, String) {
    let (line, secret) = planted(1);
    (Session::with(&[("a.txt", &line)]), secret)
}

#[test]
fn a_clean_folder() {
    Session::with(&[("a.txt", "nothing here\n")]).gate(&["scan"]).exits(0).says("no credentials found");
}

#[test]
fn a_secret() {
    let (session, secret) = leaky();
    session.gate(&["scan"]).exits(1).says("a.txt").says("1:12").says(RULE).never_says(&secret);
}

#[test]
fn several_paths() {
    let (session, _) = leaky();
    session.write("b.txt", "nothing\n");
    session.gate(&["scan", "b.txt"]).exits(0);
    session.gate(&["scan", "b.txt", "a.txt"]).exits(1).says(RULE);
}

#[test]
fn a_path_that_does_not_exist() {
    Session::new().gate(&["scan", "nowhere"]).exits(2).complains("nowhere");
}

#[test]
fn an_unknown_key() {
    let session = Session::with(&[(".portcullis.toml", "\n[scan]\nexclud = ['x']\n")]);
    session.gate(&["scan"]).exits(2).complains(".portcullis.toml:3:").complains("did you mean \"exclude\"?");
}

#[test]
fn an_unknown_rule_in_disable() {
    let session = Session::with(&[(".portcullis.toml", "[scan]\ndisable = ['github-pat-clasic']\n")]);
    session.gate(&["scan"]).exits(2).complains(".portcullis.toml:2:").complains(RULE);
}

#[test]
fn settings_that_do_not_exist() {
    Session::new().gate(&["scan", "--config", "none.toml"]).exits(2).complains("none.toml");
}

#[test]
fn a_bad_exclude() {
    let (session, _) = leaky();
    session.gate(&["scan", "--exclude", "[a"]).exits(2).complains("--exclude");
    session.write(".portcullis.toml", "[scan]\nexclude = ['[a']\n");
    session.gate(&["scan"]).exits(2).complains(".portcullis.toml:2:").complains("exclude");
}

#[test]
fn excluded_files() {
    let (session, _) = leaky();
    session.gate(&["scan", "--exclude", "a.*"]).exits(0).says("nothing was scanned");
    session.write(".portcullis.toml", "[scan]\nexclude = ['a.*']\n");
    session.gate(&["scan"]).exits(0);
}

#[test]
fn an_empty_folder() {
    Session::new().gate(&["scan"]).exits(0).says("nothing was scanned");
}

#[test]
fn exit_zero_covers_findings_only() {
    let (session, _) = leaky();
    session.gate(&["scan", "--exit-zero"]).exits(0).says(RULE);
    session.gate(&["scan", "--exit-zero", "nowhere"]).exits(2);
}

#[test]
fn standard_input() {
    let (line, secret) = planted(1);
    let session = Session::new();
    session.gate_reading(&["scan", "--stdin"], &line).exits(1).says("stdin").never_says(&secret);
    session.gate_reading(&["scan", "--stdin", "--path", "notes/a.md"], &line).exits(1).says("notes/a.md");
    session.gate_reading(&["scan", "--stdin"], "nothing\n").exits(0);
    session.gate_reading(&["scan", "--stdin", "."], "").exits(2);
}

#[test]
fn formats_for_programs() {
    let (session, secret) = leaky();
    let run = |format: &str| -> Run {
        let run = session.gate(&["scan", "--format", format]);
        run.exits(1).never_says(&secret);
        run
    };
    assert_eq!(run("json").json()["findings"][0]["rule_id"], RULE);
    assert_eq!(run("sarif").json()["runs"][0]["results"][0]["ruleId"], RULE);
    let lines = run("jsonl").stdout();
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON in each line")).collect();
    assert_eq!((&lines[0]["rule_id"], &lines[1]["type"]), (&RULE.into(), &"summary".into()));
}

#[test]
fn threads_change_nothing() {
    let session = Session::new();
    for seed in 0..40 {
        session.write(&format!("{}/{seed}.txt", seed % 7), planted(seed).0);
    }
    let one = session.gate(&["scan", "--format", "json", "--threads", "1"]);
    let four = session.gate(&["scan", "--format", "json", "--threads", "4"]);
    assert_eq!(one.exits(1).json()["findings"].as_array().map(Vec::len), Some(40));
    assert_eq!(one.stdout(), four.exits(1).stdout());
}

#[cfg(unix)]
#[test]
fn an_unreadable_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let (session, _) = leaky();
    session.write("b.txt", "nothing\n");
    let closed = std::fs::Permissions::from_mode(0o000);
    std::fs::set_permissions(session.path("b.txt"), closed).expect("owned");
    // permissions stop everyone but root
    if std::fs::read(session.path("b.txt")).is_err() {
        session.gate(&["scan"]).exits(2).says("b.txt").says(RULE);
        session.gate(&["scan", "--exit-zero"]).exits(2);
    }
}

#[test]
fn what_git_ignores() {
    let (session, _) = leaky();
    session.write(".gitignore", "a.txt\n");
    session.write(".git/HEAD", "ref: refs/heads/main\n");
    session.gate(&["scan"]).exits(0);
    session.gate(&["scan", "--no-ignore"]).exits(1).says("a.txt");
}

#[test]
fn an_allow_entry() {
    let (session, _) = leaky();
    let entry = format!("[[scan.allow]]\nrule = '{RULE}'\npath = 'a.txt'\nreason = 'made up'\n");
    session.write(".portcullis.toml", &entry);
    session.gate(&["scan"]).exits(0).says("1 finding allowed");
    session.write("a.txt", "nothing\n");
    session.gate(&["scan"]).exits(0).says(".portcullis.toml:1: allow entry (made up) silenced nothing");
    // what looks at a part only cannot tell
    session.write("src/b.txt", "x\n");
    for part in [&["scan", "src"][..], &["scan", "--stdin"], &["scan", "--exclude", "*.md"]] {
        let run = session.gate(part);
        run.exits(0);
        assert!(!run.stdout().contains("silenced nothing"), "{}", run.stdout());
    }
}

#[test]
fn an_allow_entry_for_something_else() {
    let (session, _) = leaky();
    session.write(".portcullis.toml", "[[scan.allow]]\npath = 'b.txt'\nreason = 'made up'\n");
    session.gate(&["scan"]).exits(1).says(RULE);
}

#[test]
fn an_inline_mark() {
    let (line, _) = planted(1);
    let line = line.trim_end();
    for (mark, status) in [("gate:allow", 0), ("gate:allow(github-pat-classic)", 0), ("gate:allow(other)", 1)]
    {
        Session::with(&[("a.txt", &format!("{line} # {mark}\n"))]).gate(&["scan"]).exits(status);
    }
}

#[test]
fn a_report_in_a_file() {
    let (session, _) = leaky();
    let run = session.gate(&["scan", "--format", "json", "--output", "../report.json"]);
    assert_eq!(run.exits(1).stdout(), "");
    assert!(session.read("../report.json").contains(RULE));
    session.gate(&["scan", "--output", "no/such/folder"]).exits(2).complains("no/such/folder");
}

#[test]
fn a_closed_pipe() {
    let session = Session::new();
    for seed in 0..30 {
        session.write(&format!("{seed}.txt"), planted(seed).0);
    }
    let mut command = session.command(&["scan", "--format", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("gate starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("gate ends");
    assert_eq!(output.status.code(), Some(2), "not seen by anyone is not clean");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn explanations_hold_reasons_and_no_secret() {
    let (session, secret) = leaky();
    let filler = format!("ghp_{}", "x".repeat(36));
    session.write("b.txt", format!("login with {filler}\n"));
    session
        .gate(&["scan", "--explain"])
        .exits(1)
        .says("checksum is right")
        .never_says(&secret)
        .never_says(&secret[4..20]);
    let json = session.gate(&["scan", "--explain", "--format", "json"]);
    json.exits(1).never_says(&secret);
    assert!(json.json()["findings"][0]["reasons"].is_array());
}

#[test]
fn utf16() {
    let (line, secret) = planted(1);
    let session = Session::new();
    let bytes: Vec<u8> = format!("\u{feff}{line}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    session.write("a.txt", bytes);
    session.gate(&["scan"]).exits(1).says(RULE).never_says(&secret);
}

#[test]
fn two_on_a_line() {
    let session = Session::with(&[("a.txt", &format!("{} {}\n", secret(RULE, 1), secret(RULE, 2)))]);
    let json = session.gate(&["scan", "--format", "json"]);
    let findings = json.exits(1).json()["findings"].clone();
    assert_eq!((&findings[0]["start_column"], &findings[1]["start_column"]), (&1.into(), &42.into()));
    assert_ne!(findings[0]["id"], findings[1]["id"]);
}

#[test]
fn a_disabled_rule() {
    let (session, _) = leaky();
    session.write(".portcullis.toml", format!("[scan]\ndisable = ['{RULE}']\n"));
    session.gate(&["scan"]).exits(0).never_says(RULE);
}

/// A secret written in escapes, one name for each way.
fn escaped(secret: &str) -> Vec<(&'static str, String)> {
    let each = |form: fn(u8) -> String| secret.bytes().map(form).collect::<String>();
    let (head, tail) = secret.split_at(24);
    vec![
        ("percent", each(|byte| format!("%{byte:02x}"))),
        ("percent, upper case", each(|byte| format!("%{byte:02X}"))),
        ("percent, one sign", secret.replacen('_', "%5F", 1)),
        ("percent, every third", {
            let bytes = secret.bytes().enumerate();
            bytes
                .map(|(i, b)| if i % 3 == 1 { format!("%{b:02X}") } else { char::from(b).to_string() })
                .collect()
        }),
        ("percent, twice", each(|byte| format!("%25{byte:02X}"))),
        ("hexadecimal", each(|byte| format!("\\x{byte:02x}"))),
        ("octal", each(|byte| format!("\\{byte:03o}"))),
        ("four digits", each(|byte| format!("\\u{byte:04x}"))),
        ("eight digits", each(|byte| format!("\\U{byte:08x}"))),
        ("braces", each(|byte| format!("\\u{{{byte:x}}}"))),
        ("over two lines", format!("{head}\\\n{tail}")),
    ]
}

#[test]
fn escapes_hide_no_token() {
    let secret = secret(RULE, 7);
    for (name, text) in escaped(&secret) {
        for line in
            [format!("say = \"{text}\"\n"), format!("{text}\n"), format!("https://x.example/?t={text}&u=1\n")]
        {
            let file = format!("{name}.py");
            Session::with(&[(&file, &line)]).gate(&["scan"]).exits(1).says(RULE).never_says(&secret);
        }
    }
}

#[test]
fn escapes_hide_no_assigned_secret() {
    let token = secret(RULE, 9);
    let password = &token[8..24];
    for escape in [|byte: u8| format!("%{byte:02X}"), |byte: u8| format!("\\x{byte:02x}")] {
        let text: String = password.bytes().map(escape).collect();
        for line in [format!("db_password = \"{text}\"\n"), format!("password='{text}'\n")] {
            let session = Session::with(&[("a.py", &line)]);
            session.gate(&["scan"]).exits(1).says("generic-password").never_says(password);
        }
    }
}

#[test]
fn escapes_of_ordinary_text_are_no_findings() {
    let text = "printf(\"%3d:%4d:%5d %2d\\x41\\x42 \\101\\102 %41%42%43\\n\");\n\
                static const char key[] = \"\\x61\\x62\\x63\\x64\\x65\\x66\\x67\\x68\\x69\\x6a\\x6b\\x6c\\x6d\";\n\
                #define LONG_NAME_OF_A_MACRO\\\nanother_name_that_goes_on_and_on\n";
    Session::with(&[("a.c", text)]).gate(&["scan"]).exits(0);
}

#[test]
fn arguments_that_mean_nothing_together() {
    let (session, _) = leaky();
    for arguments in [
        &["--threads", "0"][..],
        &["--threads", "-1"],
        &["--path", "x", "."],
        &["--path", "x"],
        &["--all-staged", "--stdin"],
        &["--reachable", "--diff", "-"],
        &["--max-file-size", "-1"],
    ] {
        let run = session.gate(&[&["scan"], arguments].concat());
        run.exits(2).complains("error:");
        assert!(!run.stderr().contains("-- -1"), "{}", run.stderr());
    }
    session.gate(&["scan", "--threads", "99999999"]).exits(1).says(RULE);
}

#[test]
fn a_rule_in_the_place_of_a_disabled_one() {
    let (session, _) = leaky();
    let own = "[[rule]]\nid = 'our-github-token'\npattern = 'ghp_[A-Za-z0-9]{36}'\n";
    session.write(".portcullis.toml", format!("[scan]\ndisable = ['{RULE}']\n\n{own}"));
    session.gate(&["scan"]).exits(1).says("our-github-token").never_says(RULE);
}

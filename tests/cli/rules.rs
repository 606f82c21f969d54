//! `gate rules`, and rules of the user's own.

use crate::util::{Session, value};

const SHAPE: &str = "acme-{base62:24}";

/// Settings with one rule of pattern `acme-…` and `more` keys.
fn own(more: &str) -> String {
    format!("[[rule]]\nid = 'acme-key'\npattern = 'acme-[A-Za-z0-9]{{24}}'\n{more}\n")
}

fn session(more: &str, text: &str) -> Session {
    Session::with(&[(".portcullis.toml", &own(more)), ("a.txt", text)])
}

fn acme(seed: u64) -> String {
    value(SHAPE, seed)
}

/// What `gate rules check` says of a file.
fn check(text: &str, status: i32, says: &[&str]) {
    let session = Session::with(&[("r.toml", text)]);
    let run = session.gate(&["rules", "check", "r.toml"]);
    run.exits(status);
    says.iter().for_each(|text| _ = run.says(text));
}

#[test]
fn list() {
    let session = session("name = 'Key of Acme'", "");
    session.write("settings.toml", own("") + "[scan]\ndisable = ['acme-key']\n");
    let text = session.gate(&["rules", "list"]);
    text.exits(0).says("github-pat-classic").says("Key of Acme  [").says(".portcullis.toml:1]");
    let json = session.gate(&["rules", "list", "--format", "json", "--config", "settings.toml"]);
    let rules = json.exits(0).json();
    let find =
        |id: &str| rules.as_array().and_then(|rules| rules.iter().find(|rule| rule["id"] == id)).cloned();
    let own = find("acme-key").expect("listed");
    assert_eq!((&own["origin"], &own["disabled"]), (&"settings.toml:1".into(), &true.into()));
    let built_in = find("github-pat-classic").expect("listed");
    assert_eq!(
        built_in,
        serde_json::json!({
            "id": "github-pat-classic", "provider": "GitHub", "name": "Personal access token (classic)",
            "severity": "critical", "class": "secret", "confidence": "high", "disabled": false, "origin": "built-in",
        })
    );
}

#[test]
fn show() {
    let session = session("keywords = ['acme_corp']\nwhy = 'Opens the gate.'", "");
    let run = session.gate(&["rules", "show", "github-pat-classic"]);
    run.exits(0).says("GitHub Personal access token").says("how to revoke").says("{crc32-base62-body}");
    run.says("gate:allow(github-pat-classic)").says("rule = [\"github-pat-classic\"]").says("disable = [");
    let run = session.gate(&["rules", "show", "acme-key"]);
    run.exits(0)
        .says(".portcullis.toml:1")
        .says("acmecorp")
        .says("Opens the gate.")
        .says("searching the whole text");
    session
        .gate(&["rules", "show", "github-pat-clasic"])
        .exits(2)
        .complains("did you mean \"github-pat-classic\"?");
    session.gate(&["rules", "show", "zzzzzzzzzzzz"]).exits(2).complains("gate rules list");
}

#[test]
fn every_built_in_rule_has_a_page() {
    use portcullis::rules::page::{Surroundings, page};
    for rule in portcullis::rules::builtin() {
        let page = page(rule, Surroundings { origin: "built-in", disabled: false, own_keywords: &[] });
        assert!(page.contains("why it matters") && page.contains("how it is found"), "{page}");
    }
}

#[test]
fn an_own_rule_finds() {
    let secret = acme(1);
    let session = session("severity = 'low'", &format!("x: {secret}.\nx: {secret}_\nx: y{secret}\n"));
    let json = session.gate(&["scan", "--format", "json"]);
    let findings = json.exits(1).never_says(&secret).json()["findings"].clone();
    assert_eq!(findings.as_array().map(Vec::len), Some(1), "words begin and end: {findings}");
    assert_eq!((&findings[0]["rule_id"], &findings[0]["severity"]), (&"acme-key".into(), &"low".into()));
}

#[test]
fn an_own_rule_disabled() {
    let session = session("[scan]\ndisable = ['acme-key']", &format!("x: {}\n", acme(1)));
    session.gate(&["scan"]).exits(0);
}

#[test]
fn keywords_of_an_own_rule() {
    for (before, status) in [("acme_corp: ", 1), ("AcmeCorp\n\n", 1), ("other: ", 0), ("acmecorporal: ", 0)] {
        let session = session("keywords = ['acme corp']", &format!("{before}{}\n", acme(1)));
        session.gate(&["scan"]).exits(status);
    }
}

#[test]
fn ends_of_an_own_rule() {
    for (end, after, status) in
        [("word", "-", 1), ("word", "a", 0), ("open", "a", 1), ("strict", "-", 0), ("strict", ".", 1)]
    {
        let session = session(&format!("end = '{end}'"), &format!("x: {}{after}\n", acme(1)));
        session.gate(&["scan"]).exits(status);
    }
}

#[test]
fn long_words_are_read_once() {
    // read again from each of its bytes, this would take hours
    let rule = "[[rule]]\nid = 'long'\npattern = '[ab]{3,16000}'\n";
    let session = Session::with(&[(".portcullis.toml", rule), ("a.txt", &"ab".repeat(1 << 20))]);
    session.gate(&["scan"]).exits(0);
}

#[test]
fn the_group_that_is_the_secret() {
    let rule = "[[rule]]\nid = 'acme-url'\npattern = 'acme[.]test/(?P<secret>[a-z0-9]{24})/x'\n";
    let text = format!("see acme.test/{}/x\n", value("{base36:24}", 1));
    let session = Session::with(&[(".portcullis.toml", rule), ("a.txt", &text)]);
    let json = session.gate(&["scan", "--format", "json"]);
    let finding = json.exits(1).json()["findings"][0].clone();
    assert_eq!((&finding["start_column"], &finding["end_column"]), (&15.into(), &39.into()));
}

#[test]
fn bad_own_rules_stop_before_the_scan() {
    for (rule, line, cause) in [
        ("id = 'a'\npattern = '(a'", 3, "no regular expression"),
        ("id = 'a'\npattern = '^a{3}'", 3, "remove it"),
        ("id = 'a'\npattern = 'a+'", 3, "write {m,n}"),
        ("id = 'a'\npattern = 'a{0,5}'", 3, "nothing at all"),
        ("id = 'a'\npattern = 'ab(?P<secret>c{0,5})'", 3, "nothing at all"),
        ("id = 'a'", 1, "write what it finds"),
        ("pattern = 'abc'", 1, "needs an `id`"),
        ("id = 'A'\npattern = 'abc'", 1, "lower-case letters"),
        ("id = 'a'\npattern = 'abc'\nend = 'opn'", 4, "did you mean \"open\"?"),
        ("id = 'a'\npattern = 'abc'\nclass = 'hsh'", 4, "did you mean \"hash\"?"),
        ("id = 'a'\npattern = 'abc'\nseverity = 'hihg'", 4, "did you mean \"high\"?"),
        ("id = 'a'\npattern = 'abc'\ncheck = ['bech3']", 4, "did you mean \"bech32\"?"),
        ("id = 'a'\npattern = 'abc'\nkeyword = 'x'", 4, "did you mean \"keywords\"?"),
        ("id = 'a'\npattern = 'abc'\nkeywords = ['_']", 4, "write a word"),
        ("id = 'a'\npattern = 'abc'\nshapes = ['{base62}']", 4, "column"),
        ("id = 'a'\ndetector = 'pem'", 3, "only built-in rules"),
        ("id = 'github-pat-classic'\npattern = 'abc'", 1, "give it another id"),
    ] {
        let text = format!("[[rule]]\n{rule}\n");
        let session = Session::with(&[(".portcullis.toml", &text), ("a.txt", "a\n")]);
        let run = session.gate(&["scan"]);
        run.exits(2).complains(&format!(".portcullis.toml:{line}: ")).complains(cause);
        assert_eq!(run.stdout(), "", "{rule}");
    }
}

#[test]
fn check_of_a_good_rule() {
    let shapes = format!("why = 'w'\nrevoke = 'r'\nshapes = ['{SHAPE}']\nrefuses = ['acme-{{base62:23}}']");
    check(&own(&shapes), 0, &["rules: 1, problems: 0, notes: 0"]);
    check(&own(&format!("keywords = ['acme corp']\n{shapes}")), 0, &["problems: 0, notes: 0"]);
    check(&format!("{}[scan]\nexclude = ['x']\n", own(&shapes)), 0, &["problems: 0"]);
}

#[test]
fn check_of_files() {
    let number = "shapes = ['acme-{base62:24}', 'acme-{base62:23}']";
    check(&own(number), 1, &["does not find 50 of 50 values of shape 2"]);
    check("x = [", 1, &["r.toml:1: not valid TOML"]);
    check("", 1, &["r.toml:1: holds no [[rule]]"]);
    check("[[rule]]\nid = 'a'\npatern = 'x'\n", 1, &["r.toml:3: unknown key", "did you mean \"pattern\"?"]);
    Session::new().gate(&["rules", "check", "none.toml"]).exits(2).complains("none.toml: could not be read");
}

#[test]
fn check_of_weak_rules() {
    let rule = |pattern: &str, more: &str| format!("[[rule]]\nid = 'a'\npattern = '{pattern}'\n{more}\n");
    check(&own(""), 0, &["r.toml:1: note: rule \"acme-key\": has no `why`", "has no `shapes`"]);
    check(&own("shapes = ['acme-{base62:23}']"), 1, &["r.toml:4: rule \"acme-key\": does not find 50 of 50"]);
    check(
        &own(&format!("refuses = ['{SHAPE}']")),
        1,
        &["r.toml:4:", "finds 50 of 50", "shape 1 of `refuses`"],
    );
    check(&own("shapes = ['acme-{bse62:24}']"), 1, &["r.toml:4: rule \"acme-key\": column"]);
    check(&(own("") + &own("")), 1, &["r.toml:5: rule \"acme-key\": the id is used twice, also at r.toml:1"]);
    check(&rule("[a-f0-9]{3}", ""), 0, &["note: rule \"a\": is searched for in all text"]);
    check(&rule("[a-f0-9]{32}", "keywords = ['token']"), 1, &["r.toml:4:", "too common"]);
    check(&rule("abc[a-z0-9]{32}", "class = 'hash'\nseverity = 'high'"), 1, &["r.toml:5:", "too severe"]);
    check(
        &rule("ghp_[A-Za-z0-9]{36}", "shapes = ['ghp_{base62:30}{crc32-base62-body}']"),
        1,
        &["r.toml:4:", "also match github-pat-classic"],
    );
    check(
        &(own(&format!("shapes = ['{SHAPE}']")) + &rule("acme-[a-zA-Z0-9]{20,30}", "")),
        1,
        &["also match a:", "\"a\" has the last word"],
    );
}

#[test]
fn built_in_files_are_checked_as_such() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/secrets/github.toml");
    Session::new().gate(&["rules", "check", file]).exits(0).says("problems: 0");
}

#[test]
fn the_rule_of_stored_credentials_has_a_page_and_stays() {
    let session = Session::new();
    session.gate(&["rules", "show", "stored-credential"]).exits(0).says("fingerprint");
    session.write(".portcullis.toml", "[scan]\ndisable = [\"stored-credential\"]\n");
    session.gate(&["scan"]).exits(2).complains("cannot be disabled").complains("gate fingerprint remove");
}

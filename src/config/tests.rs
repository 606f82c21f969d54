use std::fs;

use super::*;
use crate::finding::{Confidence, Severity};

/// Loads `text` as the project's file.
fn parse(text: &str) -> Result<Settings, ConfigError> {
    layers([None, None, Some(text)])
}

fn layers(texts: [Option<&str>; 3]) -> Result<Settings, ConfigError> {
    let folder = tempfile::tempdir().expect("temporary folder");
    let [system, user, project] = [0, 1, 2].map(|layer| {
        let file = folder.path().join(format!("{layer}.toml"));
        if let Some(text) = texts[layer] {
            fs::write(&file, text).expect("written");
        }
        (layer < 2 || texts[layer].is_some()).then_some(file)
    });
    load(&Places { system, guarded: false, user, project })
}

/// The complaints about `text`, as `line: text`.
fn complaints(text: &str) -> Vec<String> {
    let error = parse(text).expect_err("something is wrong");
    error.0.iter().map(|complaint| format!("{}: {}", complaint.origin.line, complaint.text)).collect()
}

fn check(text: &str, expected: &str) {
    assert_eq!(complaints(text), [expected], "{text}");
}

#[test]
fn every_key_is_read() {
    let settings = parse(
        r#"
[scan]
confidence = "high"
max_file_size = 10_000_000
exclude = ["vendor/**", "*.min.js"]
disable = ["rule-id"]
[[scan.allow]]
rule = "generic-password"
path = "tests/**"
regex = "^dummy-"
words = ["example"]
reason = "test fixtures"
expires = 2027-01-31
[[rule]]
id = "own"
severity = "low"
pattern = 'own_[a-z]{20}'
min_distinct = 3
keywords = ["own"]
"#,
    )
    .expect("valid");
    assert_eq!(settings.confidence, Confidence::High);
    assert_eq!(settings.max_file_size, Some(10_000_000));
    assert_eq!(settings.exclude.patterns(), ["vendor/**", "*.min.js"]);
    assert_eq!((settings.disable[0].value.as_str(), settings.disable[0].origin.line), ("rule-id", 6));
    let allow = &settings.allow[0];
    assert_eq!(
        (allow.origin.line, allow.origin.layer, allow.reason.as_str()),
        (7, Layer::Project, "test fixtures")
    );
    assert_eq!(allow.expires, parse_date("2027-01-31"));
    let rule = &settings.rules[0];
    assert_eq!(rule.origin.line, 14);
    assert_eq!(rule.severity.as_ref().map(|located| located.value), Some(Severity::Low));
    assert_eq!(rule.pattern.as_ref().map(|located| located.origin.line), Some(17));
    assert_eq!(rule.min_distinct.as_ref().map(|located| located.value), Some(3));
    assert_eq!(rule.keywords[0].value, "own");
}

#[test]
fn nothing_written_means_defaults() {
    for settings in [parse(""), parse("[scan]\n"), layers([None, None, None])] {
        let settings = settings.expect("valid");
        assert_eq!((settings.confidence, settings.max_file_size), (Confidence::Medium, None));
        assert!(settings.exclude.is_empty() && settings.allow.is_empty());
    }
}

#[test]
fn later_layers_replace_values_and_add_to_lists() {
    let settings = layers([
        Some("[scan]\nconfidence = 'low'\nmax_file_size = 1\nexclude = 'a'"),
        Some("[scan]\nconfidence = 'high'\nexclude = 'b'\ndisable = 'x'"),
        Some("[scan]\nmax_file_size = 3\nexclude = 'c'\ndisable = 'y'"),
    ]);
    let settings = settings.expect("valid");
    assert_eq!((settings.confidence, settings.max_file_size), (Confidence::High, Some(3)));
    assert_eq!(settings.exclude.patterns(), ["a", "b", "c"]);
    let origins: Vec<_> = settings.disable.iter().map(|id| (id.value.as_str(), id.origin.layer)).collect();
    assert_eq!(origins, [("x", Layer::User), ("y", Layer::Project)]);
}

#[test]
fn unknown_keys_name_the_nearest() {
    check("[scn]", "1: unknown key \"scn\" at the top level; did you mean \"scan\"?");
    check("[scan]\n\nexcludes = []", "3: unknown key \"excludes\" in [scan]; did you mean \"exclude\"?");
    check(
        "[scan]\nallow = [{ rule = 'a', reason = 'b', xpires = 1 }]",
        "2: unknown key \"xpires\" in [[scan.allow]]; did you mean \"expires\"?",
    );
    check("[[rule]]\nkeyword = 'x'", "2: unknown key \"keyword\" in [[rule]]; did you mean \"keywords\"?");
    check(
        "[quite_different]",
        "1: unknown key \"quite_different\" at the top level; known keys: scan, rule, gate",
    );
}

#[test]
fn wrong_values_say_what_is_right() {
    check("scan = 1", "1: \"scan\" must be a table: write [scan]");
    check("rule = 1", "1: \"rule\" must be a list of tables: write [[rule]]");
    check("[scan]\nallow = [1]", "2: \"scan.allow\" must be a list of tables: write [[scan.allow]]");
    check(
        "[scan]\nconfidence = 'hihg'",
        "2: \"confidence\" must be one of high, medium, low; did you mean \"high\"?",
    );
    check("[scan]\nconfidence = 1", "2: \"confidence\" must be one of high, medium, low");
    for size in ["'10 MB'", "-1", "0", "1.5", "99999999999999999999"] {
        check(
            &format!("[scan]\nmax_file_size = {size}"),
            "2: \"max_file_size\" must be a number of bytes, 1 or more",
        );
    }
    check("[scan]\nexclude = ['a',\n  2]", "3: \"exclude\" must be a string in quotes");
    check("[scan]\ndisable = true", "2: \"disable\" must be a string or a list of strings");
}

#[test]
fn allow_entries_are_checked() {
    let with = |line: &str| format!("[[scan.allow]]\nreason = 'r'\nrule = 'a'\n{line}");
    check("[[scan.allow]]\nreason = 'r'", "1: an allow entry needs a condition: rule, path, regex or words");
    let no_reason = "an allow entry needs a reason: say in `reason` why the finding is harmless";
    check("\n[[scan.allow]]\nrule = 'a'", &format!("2: {no_reason}"));
    check("[[scan.allow]]\nrule = 'a'\nreason = ' '", &format!("3: {no_reason}"));
    for date in ["'soon'", "'2027-02-30'", "2027-01-31T00:00:00", "20270131"] {
        check(
            &with(&format!("expires = {date}")),
            "4: \"expires\" must be a day that exists, written 2027-01-31",
        );
    }
    check(&with("regex = ''"), "4: \"regex\" is empty and would match every secret; leave the key out");
    check(
        &with("regex = '(a{1000}){1000}'"),
        "4: bad \"regex\": it is too large when compiled; shorten it or lower its counts",
    );
    check(
        &with("words = ['x', '']"),
        "4: \"words\" holds an empty word, which every secret contains; remove it",
    );
    assert!(complaints(&with("regex = '(a'"))[0].starts_with("4: bad \"regex\": unclosed group"));
    assert!(complaints(&with("path = ['a', 'b[']"))[0].starts_with("4: bad pattern in \"path\": "));
    assert!(complaints("[scan]\nexclude = [\n'a',\n'!b']")[0].starts_with("4: bad pattern in \"exclude\": "));
}

#[test]
fn all_complaints_come_at_once_in_order() {
    let text = "[[scan.allow]]\nregex = '('\nexpires = 'x'\n[scan.x]\n[[rule]]\nid = 1\n[top]";
    let lines: Vec<_> = complaints(text).iter().map(|complaint| complaint[..2].to_owned()).collect();
    assert_eq!(lines, ["1:", "2:", "3:", "4:", "6:", "7:"]);
    let error =
        layers([Some("a = 1"), Some("b = 1"), Some("[scan]\nexclude = '['")]).expect_err("three are bad");
    let layers: Vec<_> = error.0.iter().map(|complaint| complaint.origin.layer).collect();
    assert_eq!(layers, [Layer::System, Layer::User, Layer::Project]);
}

#[test]
fn bad_toml_has_its_line() {
    assert!(complaints("[scan]\nexclude = [")[0].contains("not valid TOML: "));
    assert!(complaints("[scan]\n\nx y")[0].starts_with("3: not valid TOML: "));
    assert!(complaints(&format!("a = {}", "[".repeat(100_000)))[0].starts_with("1: not valid TOML: "));
}

#[test]
fn values_are_not_repeated() {
    let value = "s3cretS3cret";
    for text in [
        format!("[scan]\nconfidence = '{value}'"),
        format!("[scan]\nmax_file_size = '{value}'"),
        format!("[scan]\nmax_file_size = {value}"),
        format!("[scan]\nexclude = '{value}['"),
        format!("[[scan.allow]]\nrule = 'a'\nreason = 'r'\nregex = '{value}('"),
        format!("[[scan.allow]]\nrule = 'a'\nreason = 'r'\nexpires = '{value}'"),
        format!("[[rule]]\nseverity = '{value}'"),
    ] {
        let error = parse(&text).expect_err("bad value");
        assert!(!error.to_string().contains(value), "{error}");
        assert!(!format!("{error:?}").contains(value), "{error:?}");
    }
}

#[test]
fn rule_ids_must_exist() {
    let text = "[scan]\ndisable = ['some-key', 'own', 'some-kye']\n[[scan.allow]]\nreason = 'r'\nrule = 'zzz'\n\
                [[rule]]\nid = 'own'";
    let settings = parse(text).expect("valid");
    let error = settings.check_rule_ids(["some-key"]).expect_err("two are unknown");
    let texts: Vec<_> =
        error.0.iter().map(|complaint| (complaint.origin.line, complaint.text.as_str())).collect();
    let expected = [
        (2, "there is no rule \"some-kye\"; did you mean \"some-key\"?"),
        (5, "there is no rule \"zzz\"; `gate rules list` shows all"),
    ];
    assert_eq!(texts, expected);
    assert!(settings.check_rule_ids(["some-key", "some-kye", "zzz"]).is_ok());
}

#[test]
fn the_project_file_is_found_up_to_the_top_of_the_repository() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let top = folder.path().canonicalize().expect("exists");
    let deep = top.join("repo/a/b");
    fs::create_dir_all(&deep).expect("made");
    let find = |root: &Path| Places::find(root, None, |_| None).project;
    fs::write(top.join(".portcullis.toml"), "").expect("written");
    fs::write(top.join("repo/.portcullis.toml"), "").expect("written");
    assert_eq!(find(&deep), None, "outside a repository only the root counts");
    assert_eq!(find(&top), Some(top.join(".portcullis.toml")));
    fs::create_dir(top.join("repo/.git")).expect("made");
    assert_eq!(find(&deep), Some(top.join("repo/.portcullis.toml")));
    fs::write(top.join("repo/a/.portcullis.toml"), "").expect("written");
    assert_eq!(find(&deep), Some(top.join("repo/a/.portcullis.toml")));
    fs::write(deep.join("file"), "").expect("written");
    assert_eq!(find(&deep.join("file")), Some(top.join("repo/a/.portcullis.toml")));
    fs::remove_file(top.join("repo/a/.portcullis.toml")).expect("removed");
    fs::remove_file(top.join("repo/.portcullis.toml")).expect("removed");
    assert_eq!(find(&deep), None, "the top of the repository is the end");
    let named = Places::find(&deep, Some("x.toml".into()), |_| None);
    assert_eq!(named.project, Some("x.toml".into()));
}

#[test]
fn the_user_file_follows_the_environment() {
    fn check(variables: &[(&str, &str)], expected: Option<&str>) {
        let value =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
        assert_eq!(Places::find(Path::new("/"), None, value).user, expected.map(Into::into));
    }
    check(&[], None);
    check(&[("HOME", "/h")], Some("/h/.config/portcullis/config.toml"));
    check(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")], Some("/x/portcullis/config.toml"));
    check(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "")], Some("/h/.config/portcullis/config.toml"));
    check(&[("XDG_CONFIG_HOME", "relative")], None);
}

#[test]
fn files_that_cannot_be_read_are_complaints() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let check = |project: &str, expected: &str| {
        let error = load(&Places { project: Some(folder.path().join(project)), ..Places::default() });
        let text = error.expect_err("unreadable").to_string();
        assert!(text.contains(&format!("{project}: could not be read: {expected}")), "{text}");
    };
    check("missing.toml", "No such file");
    check("", "it is not a regular file");
    fs::write(folder.path().join("large.toml"), vec![b'#'; (1 << 20) + 1]).expect("written");
    check("large.toml", "it is larger");
    fs::write(folder.path().join("bytes.toml"), b"a = '\xff'").expect("written");
    check("bytes.toml", "stream did not contain valid UTF-8");
}

#[test]
fn the_prefix_leads_from_the_project_to_the_scan_root() {
    let folder = tempfile::tempdir().expect("temporary folder");
    fs::create_dir_all(folder.path().join("a/b")).expect("made");
    let file = folder.path().join(".portcullis.toml");
    let prefix = |root: &str| path_prefix(Some(&file), &[folder.path().join(root)]);
    assert_eq!(prefix("a/b"), "a/b");
    assert_eq!(prefix(""), "");
    assert_eq!(path_prefix(None, &[folder.path().join("a")]), "");
    assert_eq!(path_prefix(Some(&file), &["/".into()]), "");
}

proptest::proptest! {
    #[test]
    fn nothing_panics_on_any_file(text in "\\PC{0,60}") {
        let _ = parse(&format!("[scan]\n{text}"));
    }
}

#[test]
fn settings_of_the_gate_say_what_is_wrong_with_them() {
    let text = "[gate]\nallow = [\"npm test *\", \" \"]\nunknown = \"allow\"\nunraed = \"deny\"\n[[gate.rule]]\nid = \"My Rule\"\nmatch = \"x *\"\ndecision = \"ask\"\nlifts = [\"y\"]\n";
    assert_eq!(
        complaints(text),
        [
            "2: an empty pattern matches nothing: write a command",
            "3: \"unknown\" must be one of ask, deny",
            "4: unknown key \"unraed\" in [gate]; did you mean \"unread\"?",
            "5: a gate rule needs a reason, which whoever is asked or refused will read",
            "6: an id is made of lower-case letters, digits and dashes",
            "9: \"lifts\" goes with decision = \"allow\" alone",
            "9: \"lifts\" counts in the user's or the administrator's file alone: a project may not lift a built-in rule",
        ],
    );
}

#[test]
fn settings_of_the_gate_add_up_and_doubts_take_the_strictest() {
    use crate::gate::decision::Decision;
    let user = "[gate]\nallow = \"a *\"\nunknown = \"deny\"\n";
    let project = "[gate]\ndeny = [\"b *\"]\nunknown = \"ask\"\n[[gate.rule]]\nid = \"r\"\nmatch = \"c *\"\ndecision = \"deny\"\nreason = \"because\"\n";
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Some(path)
    };
    let places = Places {
        system: None,
        guarded: true,
        user: write("user.toml", user),
        project: write("p.toml", project),
    };
    let gate = load(&places).unwrap().gate;
    assert_eq!(gate.lists.len(), 2);
    assert_eq!(gate.rules.len(), 1);
    assert_eq!(
        gate.unknown.map(|unknown| (unknown.value, unknown.origin.layer)),
        Some((Decision::Deny, Layer::User))
    );
    assert_eq!(gate.project.map(|project| project.content), Some(project.to_owned()));
}

#[cfg(unix)]
#[test]
fn an_administrators_file_that_others_can_write_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, "[gate]\nallow = \"*\"\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    let places = Places { system: Some(path), guarded: true, user: None, project: None };
    let error = load(&places).unwrap_err().to_string();
    assert!(error.contains("only root may own and write"), "{error}");
}

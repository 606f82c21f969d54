//! `gate policy`.

use crate::util::Session;

const SETTINGS: &str =
    "[gate]\nallow = [\"make *\"]\ndeny = [\"make deploy *\", \"docker *\"]\nunknown = \"deny\"\n";

#[test]
fn the_merged_policy_shows_where_each_entry_stands() {
    let session = Session::with(&[(".portcullis.toml", SETTINGS)]);
    let run = session.gate(&["policy", "show"]);
    run.exits(0);
    let text = run.stdout();
    assert!(text.contains("make deploy *  ("), "{text}");
    assert!(text.contains(".portcullis.toml:3)"), "{text}");
    assert!(text.contains("[does not count: not trusted]"), "{text}");
    let json = session.gate(&["policy", "show", "--format", "json"]);
    let shown = json.json();
    assert_eq!(shown["unknown"]["decision"], "deny");
    assert_eq!(shown["unread"]["origin"], "built-in");
    assert_eq!(shown["project"]["trusted"], false);
    assert_eq!(shown["entries"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_check_names_what_does_nothing() {
    let session =
        Session::with(&[(".portcullis.toml", "[gate]\nallow = \"docker ps\"\ndeny = \"docker *\"\n")]);
    let run = session.gate(&["policy", "check"]);
    run.exits(1);
    run.says("\"docker ps\" is dead");
    let session = Session::with(&[(".portcullis.toml", "[gate]\ndeny = \"docker *\"\n")]);
    session.gate(&["policy", "check"]).exits(0);
}

#[test]
fn trust_is_not_given_without_a_terminal() {
    let session = Session::with(&[(".portcullis.toml", SETTINGS)]);
    let run = session.gate(&["policy", "trust"]);
    run.exits(2);
    run.complains("by a person at a terminal");
    session.gate(&["policy", "trust", "--forget"]).exits(0);
}

#[test]
fn bad_settings_are_an_error_with_a_place() {
    let session = Session::with(&[(".portcullis.toml", "[gate]\nalow = \"x\"\n")]);
    let run = session.gate(&["policy", "show"]);
    run.exits(2);
    run.complains(".portcullis.toml:2: unknown key \"alow\" in [gate]; did you mean \"allow\"?");
}

#[test]
fn a_check_knows_the_rules_of_effects() {
    let session = Session::with(&[]);
    let settings = |lift: &str| {
        format!(
            "[[gate.rule]]\nid = \"own\"\nmatch = \"rm *\"\ndecision = \"allow\"\nreason = \"why not\"\nlifts = [\"{lift}\"]\n"
        )
    };
    let file = session.home("portcullis/config.toml");
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("created");
    std::fs::write(&file, settings("deletes-tree-root")).expect("written");
    session.gate(&["policy", "check"]).exits(0).says("lifts \"deletes-tree-root\": a command that");
    std::fs::write(&file, settings("deletes-tree-rot")).expect("written");
    session.gate(&["policy", "check"]).exits(1).says("did you mean \"deletes-tree-root\"?");
}

use std::path::Path;

use crate::config::{GateEntry, GateRule, GateSettings, Layer, Located, Origin};
use crate::gate::decision::Decision::{self, Allow, Ask, Deny};
use crate::gate::model::{Opinion, Word};

use super::{Policy, strictest};

fn at(layer: Layer) -> Origin {
    Origin { file: Path::new("settings.toml").into(), line: 1, layer }
}

fn located<T>(value: T, layer: Layer) -> Located<T> {
    Located { value, origin: at(layer) }
}

fn entry(list: Decision, pattern: &str, layer: Layer) -> GateEntry {
    GateEntry { list, pattern: located(pattern.to_owned(), layer) }
}

fn lists(entries: &[(Decision, &str, Layer)]) -> GateSettings {
    let lists = entries.iter().map(|(list, pattern, layer)| entry(*list, pattern, *layer)).collect();
    GateSettings { lists, ..GateSettings::default() }
}

fn words(line: &str) -> Vec<Word> {
    line.split(' ').map(Word::known).collect()
}

fn opinion(id: &str, decision: Decision) -> Opinion {
    Opinion { id: id.to_owned(), decision, reason: "a reason".to_owned(), suggestion: None, span: None }
}

#[track_caller]
fn check(
    settings: &GateSettings,
    trusted: bool,
    line: &str,
    built_in: &[(&str, Decision)],
    wanted: Decision,
) {
    let policy = Policy::new(settings, trusted).expect("patterns");
    let opinions = built_in.iter().map(|(id, decision)| opinion(id, *decision)).collect();
    let words = words(line);
    let ruled = policy.judge(&words, &words, opinions);
    assert_eq!(strictest(&ruled), wanted, "{line}: {ruled:#?}");
}

#[test]
fn an_allow_lifts_a_built_in_question_and_no_denial() {
    let settings = lists(&[(Allow, "git push *", Layer::User)]);
    check(&settings, false, "git push -f", &[("git-push-force", Ask)], Allow);
    check(&settings, false, "git push -f", &[("git-push-force", Deny)], Deny);
    check(&settings, false, "git reset", &[("git-reset-hard", Ask)], Ask);
}

#[test]
fn a_star_lifts_the_unknown_and_nothing_else() {
    let settings = lists(&[(Allow, "*", Layer::User)]);
    check(&settings, false, "frobnicate", &[("unknown-program", Ask)], Allow);
    check(&settings, false, "git push -f", &[("git-push-force", Ask)], Ask);
    check(&settings, false, "x", &[("unread-command", Ask)], Ask);
}

#[test]
fn an_allow_says_nothing_of_the_surroundings() {
    let settings = lists(&[(Allow, "git push *", Layer::System)]);
    for id in ["environment-git", "redirect-system", "secret-in-command", "unread-word"] {
        check(&settings, false, "git push", &[(id, Ask)], Ask);
    }
}

#[test]
fn denials_beat_what_is_allowed_in_the_same_or_a_weaker_layer() {
    for (deny, allow, wanted) in [
        (Layer::User, Layer::User, Deny),
        (Layer::User, Layer::Project, Deny),
        (Layer::Project, Layer::User, Allow),
        (Layer::User, Layer::System, Allow),
        (Layer::System, Layer::System, Deny),
    ] {
        let settings = lists(&[(Deny, "docker *", deny), (Allow, "docker *", allow)]);
        check(&settings, true, "docker ps", &[], wanted);
    }
}

#[test]
fn a_project_may_tighten_and_allows_once_trusted() {
    let settings = lists(&[(Deny, "curl *", Layer::Project), (Allow, "make *", Layer::Project)]);
    check(&settings, false, "curl x", &[], Deny);
    check(&settings, false, "make x", &[("make-target", Ask)], Ask);
    check(&settings, true, "make x", &[("make-target", Ask)], Allow);
}

#[test]
fn a_named_rule_lifts_a_built_in_denial() {
    let rule = |layer| GateRule {
        origin: at(layer),
        id: "wipe-the-lab".to_owned(),
        patterns: vec![located("dd * of=/dev/sdz".to_owned(), layer)],
        decision: Allow,
        reason: "the test disk".to_owned(),
        suggestion: None,
        lifts: vec![located("dd-device".to_owned(), layer)],
        examples: Vec::new(),
        refuses: Vec::new(),
    };
    let with = |layer| GateSettings { rules: vec![rule(layer)], ..GateSettings::default() };
    let line = "dd if=x of=/dev/sdz";
    check(&with(Layer::User), false, line, &[("dd-device", Deny)], Allow);
    check(&with(Layer::User), false, line, &[("dd-other", Deny)], Deny);
    check(&with(Layer::Project), true, line, &[("dd-device", Deny)], Deny);
}

#[test]
fn options_before_a_subcommand_hide_nothing() {
    let settings = lists(&[(Deny, "git push *", Layer::User)]);
    let policy = Policy::new(&settings, false).expect("patterns");
    let ruled = policy.judge(&words("git -C x push"), &words("git push"), Vec::new());
    assert_eq!(strictest(&ruled), Deny);
}

#[test]
fn doubts_take_the_strictest_word() {
    let mut settings = lists(&[]);
    settings.unknown = Some(located(Deny, Layer::User));
    settings.unread = Some(located(Deny, Layer::Project));
    check(&settings, false, "frobnicate", &[("unknown-program", Ask)], Deny);
    check(&settings, false, "x", &[("unread-word", Ask)], Deny);
    check(&settings, false, "git push", &[("git-push", Ask)], Ask);
    settings.lists = vec![entry(Allow, "frobnicate *", Layer::User)];
    check(&settings, false, "frobnicate", &[("unknown-program", Ask)], Allow);
}

#[test]
fn the_administrators_denial_says_so() {
    let settings = lists(&[(Deny, "docker *", Layer::System)]);
    let policy = Policy::new(&settings, false).expect("patterns");
    let ruled = policy.judge(&words("docker ps"), &words("docker ps"), Vec::new());
    assert!(ruled[0].opinion.reason.starts_with("blocked by administrator"), "{ruled:?}");
}

#[test]
fn a_pattern_that_cannot_be_read_is_an_error_with_its_place() {
    let settings = lists(&[(Deny, "docker \"ps", Layer::User)]);
    let error = Policy::new(&settings, false).expect_err("refused").to_string();
    assert!(error.starts_with("settings.toml:1: "), "{error}");
}

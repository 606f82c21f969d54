use super::load::Loaded;

fn mistakes(text: &str) -> String {
    let mut loaded = Loaded::default();
    loaded.file("rules/commands/sort.toml", text);
    loaded.mistakes.join("\n")
}

const GOOD: &str = r#"
[[command]]
name = "sort"
decision = "allow"
flags = ["-u --unique"]
operands = ["read*"]
[command.options]
"-o --output" = "write"
[[command.rule]]
id = "sort-output"
when.option = ["-o"]
decision = "ask"
reason = "writes"
[command.examples]
allow = ["sort x"]
"#;

#[test]
fn a_good_file_has_no_mistakes() {
    assert_eq!(mistakes(GOOD), "");
}

#[track_caller]
fn changed(from: &str, to: &str, expected: &str) {
    assert!(GOOD.contains(from), "{from}");
    let got = mistakes(&GOOD.replace(from, to));
    assert!(got.contains(expected), "wanted {expected}\ngot    {got}");
}

#[test]
fn mistakes_name_line_and_nearest_word() {
    changed("flags =", "flgas =", "sort.toml:5: `flgas` is no key of a command: did you mean `flags`?");
    changed("\"read*\"", "\"raed*\"", "sort.toml:6: `raed` is no role: did you mean `read`?");
    changed(
        "when.option",
        "when.options",
        "sort.toml:11: `options` is no key of `when`: did you mean `option`?",
    );
    changed(
        "[\"-o\"]",
        "[\"--ouput\"]",
        "sort.toml:11: `--ouput` is no option of this command or its parents: did you mean `--output`?",
    );
    changed(
        "decision = \"ask\"",
        "decision = \"aks\"",
        "sort.toml:12: `aks` is no decision: did you mean `ask`?",
    );
    changed("decision = \"ask\"", "effect = \"write\"", "`write` is no effect: did you mean `writes`?");
    changed("flags", "style = \"posixx\"\nflags", "`posixx` is no style: did you mean `posix`?");
    changed("\"write\"", "\"code:pyhton\"", "`pyhton` is not known there: did you mean `python`?");
    changed("name = \"sort\"", "nmae = \"sort\"", "sort.toml:3: `nmae` is no key of a command");
    changed("allow = [\"sort x\"]", "alow = []", "`alow` is no key of examples: did you mean `allow`?");
}

#[test]
fn a_file_must_say_what_matters() {
    changed("operands = [\"read*\"]", "", "`sort`: say what its `operands` are, or \"none\"");
    changed("decision = \"allow\"", "", "`sort`: a decision other than allow needs a `reason`");
    changed("allow = [\"sort x\"]", "", "`sort` has no examples");
    changed("reason = \"writes\"", "", "the rule `sort-output` has no `reason`");
    changed("decision = \"ask\"", "", "has neither `effect` nor `decision`");
    changed("decision = \"ask\"", "decision = \"allow\"", "the rule `sort-output` allows: it needs `lifts`");
    changed(
        "decision = \"ask\"",
        "decision = \"allow\"\nlifts = [\"sort-input\"]",
        "`sort-input` is no rule of this command: did you mean `sort-output`?",
    );
    changed("sort-output", "Output", "`Output`: an id is kebab-case and begins with `sort`");
}

#[test]
fn nothing_is_said_twice() {
    changed("-u --unique", "-u --output", "the option `--output` is listed twice");
    changed("[\"sort x\"]", "[\"sort x\", \"sort x\"]", "the example `sort x` stands twice");
    let twice = format!("{GOOD}{GOOD}");
    let got = mistakes(&twice);
    assert!(got.contains("`sort` is also defined at rules/commands/sort.toml:3"), "{got}");
    assert!(got.contains("the rule `sort-output` is also defined at rules/commands/sort.toml:10"), "{got}");
}

#[test]
fn broken_toml_has_a_line() {
    assert!(mistakes("[[command]]\nname = \n").starts_with("rules/commands/sort.toml:2: "));
}

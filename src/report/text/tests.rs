use std::path::PathBuf;
use std::time::Duration;

use crate::finding::{Coverage, Outcome, Severity};
use crate::report::{Format, Options, sample};

fn check(outcome: &Outcome, options: &Options, expected: &str) {
    assert_eq!(sample::report(Format::Text, outcome, options), expected);
}

fn plain(outcome: &Outcome, expected: &str) {
    check(outcome, &sample::options(), expected);
}

#[test]
fn one_finding() {
    plain(
        &sample::one_finding(),
        "\
config/prod.env
  12:9  high  high confidence  github-pat  GitHub personal access token (classic)  ghp_… (40 bytes)
      Delete the token in the account's developer settings, then issue a new one.

1 finding in 1 file: 1 high (scanned 1 file, 600 bytes)
",
    );
}

#[test]
fn several_files_share_their_remedies() {
    plain(
        &sample::several_files(),
        "\
a.env
    3:1  critical  medium confidence  aws-access-key  AWS access key                          (20 bytes)
  112:9  high      high confidence    github-pat      GitHub personal access token (classic)  ghp_… (40 bytes)

b/c.rs
  7:20  high  high confidence  github-pat  GitHub personal access token (classic)  ghp_… (40 bytes)
  8:20  high  high confidence  github-pat  GitHub personal access token (classic)  ghp_… (40 bytes)

how to fix
  aws-access-key (1 finding)
    Deactivate the key, then delete it.
  github-pat (3 findings)
    Delete the token in the account's developer settings, then issue a new one.

4 findings in 2 files: 1 critical, 3 high (scanned 12 files, 3.4 MB)
skipped 2 paths: 2 excluded
2 findings below the confidence threshold: show with --confidence low
1 finding allowed by entries or comments
note: the allow entry for old.env matched nothing
",
    );
}

#[test]
fn two_findings_with_a_remedy_each() {
    let mut outcome = sample::one_finding();
    outcome.findings.insert(0, sample::aws("a.env", 3, 1));
    plain(
        &outcome,
        "\
a.env
  3:1  critical  medium confidence  aws-access-key  AWS access key  (20 bytes)
      Deactivate the key, then delete it.

config/prod.env
  12:9  high  high confidence  github-pat  GitHub personal access token (classic)  ghp_… (40 bytes)
      Delete the token in the account's developer settings, then issue a new one.

2 findings in 2 files: 1 critical, 1 high (scanned 1 file, 600 bytes)
",
    );
}

#[test]
fn decoded_findings_name_their_encodings() {
    let text = sample::report(Format::Text, &sample::decoded(), &sample::options());
    let line = text.lines().nth(1).unwrap();
    assert!(line.ends_with("  ghp_… (40 bytes)  [decoded: base64, escape]"), "{line}");
}

#[test]
fn explain_tells_reasons_and_what_was_dropped() {
    let mut outcome = sample::one_finding();
    outcome.dropped = sample::several_files().dropped;
    check(
        &outcome,
        &Options { explain: true, ..sample::options() },
        "\
config/prod.env
  12:9  high  high confidence  github-pat  GitHub personal access token (classic)  ghp_… (40 bytes)
      Reads and writes the account's repositories.
      checksum: CRC-32 of the body agrees
      Delete the token in the account's developer settings, then issue a new one.

dropped candidates
  docs/a.md
    2:4  github-pat  placeholder: one character repeated

1 finding in 1 file: 1 high (scanned 1 file, 600 bytes)
",
    );
}

#[test]
fn clean_is_one_line() {
    plain(&sample::clean(), "no credentials found (3 files, 1.2 kB)\n");
    let elapsed = Options { elapsed: Some(Duration::from_millis(8)), ..sample::options() };
    check(&sample::clean(), &elapsed, "no credentials found (3 files, 1.2 kB, 8 ms)\n");
    let one = Outcome { coverage: sample::coverage(1, 1), ..Outcome::default() };
    plain(&one, "no credentials found (1 file, 1 byte)\n");
}

#[test]
fn nothing_scanned_is_not_clean() {
    plain(&Outcome::default(), "nothing was scanned (0 files, 0 bytes)\n");
    let empty = Outcome { coverage: sample::coverage(1, 0), ..Outcome::default() };
    plain(&empty, "nothing was scanned (1 file, 0 bytes)\n");
}

#[test]
fn incomplete_says_so_last() {
    plain(
        &sample::incomplete(),
        "\
no credentials found in what was scanned (2 files, 120 bytes)
skipped 1 path: 1 excluded
not scanned, or not wholly:
  private.pem: permission denied
incomplete: this is not a clean result (1 path not scanned)
",
    );
}

#[test]
fn long_lists_end() {
    let skipped = |number: u64, reason: &str, expected| {
        (0..number).map(move |_| sample::skipped("x", reason, expected)).collect::<Vec<_>>()
    };
    let gaps = skipped(23, "unreadable", false);
    let outcome =
        Outcome { coverage: Coverage { skipped: gaps, ..sample::coverage(1, 1) }, ..Outcome::default() };
    let text = sample::report(Format::Text, &outcome, &sample::options());
    assert_eq!(text.matches("  x: unreadable\n").count(), 20);
    assert!(text.contains("\n  and 3 more; --format json lists all\n"), "{text}");

    let reasons = ["b", "a", "c", "d", "e", "f", "g"];
    let counted = (1..).zip(reasons).flat_map(|(number, reason)| skipped(number, reason, true)).collect();
    let outcome =
        Outcome { coverage: Coverage { skipped: counted, ..sample::coverage(1, 1) }, ..Outcome::default() };
    plain(
        &outcome,
        "no credentials found (1 file, 1 byte)\nskipped 28 paths: 7 g, 6 f, 5 e, 4 d, 3 c, 3 for other reasons\n",
    );
}

#[test]
fn hostile_text_does_not_reach_the_terminal() {
    let explain = Options { explain: true, ..sample::options() };
    let text = sample::report(Format::Text, &sample::hostile(), &explain);
    let seen = text.chars().find(|&c| c != '\n' && crate::sanitize::is_unsafe(c));
    assert_eq!(seen, None);
    assert_eq!(text.lines().next(), Some("a\\x1b[2J\\u{202e}\\u{e0041}\\n\"\\.env"));
}

#[test]
fn a_terminal_shortens_names_and_wraps_remedies() {
    let width = |width| Options { width: Some(width), ..sample::options() };
    check(
        &sample::one_finding(),
        &width(80),
        "\
config/prod.env
  12:9  high  high confidence  github-pat  GitHub personal ac…  ghp_… (40 bytes)
      Delete the token in the account's developer settings, then issue a new
      one.

1 finding in 1 file: 1 high (scanned 1 file, 600 bytes)
",
    );
    let text = sample::report(Format::Text, &sample::one_finding(), &width(70));
    assert_eq!(text.lines().nth(1), Some("  12:9  high  high confidence  github-pat  ghp_… (40 bytes)"));
}

#[test]
fn colours_and_links_change_nothing_but_themselves() {
    let options = Options { colour: true, hyperlinks: Some(PathBuf::from("/my repo")), ..sample::options() };
    let text = sample::report(Format::Text, &sample::several_files(), &options);
    let link = "\x1b]8;;file:///my%20repo/a.env#112\x1b\\112:9\x1b]8;;\x1b\\";
    assert!(text.contains(&format!("  {link}  \x1b[31mhigh    ")), "{text:?}");
    assert!(
        text.starts_with("\x1b]8;;file:///my%20repo/a.env\x1b\\\x1b[1ma.env\x1b[0m\x1b]8;;\x1b\\\n"),
        "{text:?}"
    );
    let unlinked: String = text
        .split("\x1b]8;;")
        .enumerate()
        .map(|(index, part)| if index == 0 { part } else { part.split_once("\x1b\\").unwrap().1 })
        .collect();
    let stripped = anstream::adapter::strip_str(&unlinked).to_string();
    assert_eq!(stripped, sample::report(Format::Text, &sample::several_files(), &sample::options()));
}

/// Findings of as many rules, each with its own remedy.
fn of_different_rules(number: u64) -> Outcome {
    let mut outcome = sample::clean();
    for index in 1..=number {
        let mut finding = sample::finding("a", index, 1);
        finding.remedy = format!("remedy {index}").into();
        outcome.findings.push(finding);
    }
    outcome
}

#[test]
fn many_remedies_go_to_the_end() {
    for (number, apart) in [(5, false), (6, true)] {
        let text = sample::report(Format::Text, &of_different_rules(number), &sample::options());
        assert_eq!(text.contains("\nhow to fix\n"), apart, "{number}");
        assert_eq!(text.matches("remedy ").count(), usize::try_from(number).unwrap());
    }
}

#[test]
fn remedies_come_in_order_of_urgency() {
    let mut outcome = of_different_rules(8);
    // The same remedy at its second, worse finding decides; among equals, the more frequent one comes first.
    for (index, remedy, severity) in [
        (2, "remedy 1", Severity::Critical),
        (3, "remedy 4", Severity::High),
        (4, "remedy 6", Severity::High),
        (5, "remedy 6", Severity::Low),
        (6, "remedy 6", Severity::Low),
    ] {
        outcome.findings[index].remedy = remedy.into();
        outcome.findings[index].severity = severity;
    }
    let text = sample::report(Format::Text, &outcome, &sample::options());
    let order: Vec<_> = text.lines().filter_map(|line| line.trim().strip_prefix("remedy ")).collect();
    assert_eq!(order, ["1", "6", "2", "4", "8"]);
}

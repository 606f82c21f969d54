use proptest::prelude::*;

use super::*;

/// What hunks hold: path, first line, text; and which lines are new.
#[derive(Default)]
struct Seen {
    texts: Vec<(String, u64, String)>,
    added: Vec<Vec<(u64, u64)>>,
}

impl Sink for Seen {
    fn blob(&mut self, blob: &Blob<'_>) {
        let text = String::from_utf8_lossy(blob.bytes).into_owned();
        self.texts.push((blob.path.to_owned(), blob.window.position.line, text));
    }
}

impl HunkSink for Seen {
    fn hunk(&mut self, added: &[(u64, u64)]) {
        self.added.push(added.to_vec());
    }
}

fn seen(diff: &str) -> (Seen, Coverage) {
    let mut seen = Seen::default();
    let coverage = scan_diff(diff.as_bytes(), "the diff", &PathGlobs::default(), &mut seen);
    (seen, coverage)
}

/// A diff that must be understood whole.
fn whole(diff: &str) -> Seen {
    let (seen, coverage) = seen(diff);
    assert!(coverage.complete(), "{coverage:?}");
    seen
}

fn text(path: &str, line: u64, text: &str) -> (String, u64, String) {
    (path.to_owned(), line, text.to_owned())
}

const GIT: &str = "\
diff --git a/src/a.rs b/src/a.rs
index 1..2 100644
--- a/src/a.rs
+++ b/src/a.rs
@@ -3,3 +5,4 @@ fn main
 one
-two
+2
+3
 four
@@ -20 +22,0 @@
-gone
";

#[test]
fn the_new_side_of_a_hunk() {
    let seen = whole(GIT);
    assert_eq!(seen.texts, [text("src/a.rs", 5, "one\n2\n3\nfour\n")]);
    assert_eq!(seen.added, [vec![(6, 7)], vec![]]);
}

#[test]
fn added_lines_may_look_like_headers() {
    let seen = whole("--- a\n+++ a\n@@ -1,2 +1,3 @@\n--- x\n+++ b/y\n+@@ -1 +1 @@\n \n");
    assert_eq!(seen.texts, [text("a", 1, "++ b/y\n@@ -1 +1 @@\n\n")]);
    assert_eq!(seen.added, [[(1, 2)]]);
}

#[test]
fn names_of_files() {
    fn check(headers: &str, expected: &str) {
        let seen = whole(&format!("{headers}@@ -0,0 +1 @@\n+x\n"));
        assert_eq!(seen.texts, [text(expected, 1, "x\n")], "{headers}");
    }
    check("--- old/f\t2026-01-01\n+++ new/f\t2026-01-02\n", "new/f");
    check("--- a/f\n+++ b/f\n", "f");
    check("--- b/f\n+++ b/f\n", "b/f");
    check("diff --git a/b/f b/b/f\n--- /dev/null\n+++ b/b/f\n", "b/f");
    check("diff --git b/f b/f\n--- /dev/null\n+++ b/f\n", "b/f");
    check("diff --git i/f w/f\n--- i/f\n+++ w/f\n", "f");
    check("diff --git a/f b/g\nrename from f\nrename to g\n--- a/f\n+++ b/g\n", "g");
    check(
        "diff --git \"a/\\303\\244\\n\" \"b/\\303\\244\\n\"\n--- /dev/null\n+++ \"b/\\303\\244\\n\"\n",
        "ä\n",
    );
    check("diff --cc f\n--- a/f\n+++ b/f\n", "f");
    check("diff --git a/a b b/a b\r\n--- a/a b\t\r\n+++ b/a b\t\r\n", "a b");
    check("+++ \"b/\\xff\n", "b/xff");
    check("", NAMELESS);
}

#[test]
fn combined_diffs() {
    let seen = whole(
        "diff --cc f\nindex 1,2..3\n--- a/f\n+++ b/f\n@@@ -1,4 -1,3 +1,4 @@@\n  same\n- gone\n +theirs\n++both\n -gone too\n  end\n",
    );
    assert_eq!(seen.texts, [text("f", 1, "same\ntheirs\nboth\nend\n")]);
    assert_eq!(seen.added, [[(2, 3)]]);
}

#[test]
fn line_ends_and_missing_ones() {
    let seen = whole(
        "--- a\n+++ a\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\r\n\\ No newline at end of file\n",
    );
    assert_eq!(seen.texts, [text("a", 1, "y\r\n")]);
    let seen = whole("--- a\n+++ a\n@@ -1,3 +1,3 @@\n x\n\n+y\n-z");
    assert_eq!(seen.texts, [text("a", 1, "x\n\ny\n")]);
}

#[test]
fn several_files_and_words_between() {
    let mail = format!("From 1\nSubject: x\n\n+not a line\n---\n 1 file changed\n\n{GIT}-- \n2.47\n\n{GIT}");
    let (seen, coverage) = seen(&mail);
    assert!(coverage.complete(), "{coverage:?}");
    assert_eq!((seen.texts.len(), coverage.files), (2, 2));
}

#[test]
fn what_holds_no_lines() {
    for diff in [
        "",
        "\n",
        "diff --git a/f b/f\nold mode 100644\nnew mode 100755\n",
        "diff --git a/f b/g\nsimilarity index 100%\nrename from f\nrename to g\n",
    ] {
        assert!(whole(diff).texts.is_empty());
    }
    let (_, coverage) =
        seen("diff --git a/x.png b/x.png\nindex 1..2\nBinary files a/x.png and b/x.png differ\n");
    assert_eq!(coverage.skipped.len(), 1);
    assert_eq!(coverage.skipped[0].path, "x.png");
    assert!(coverage.complete(), "said, but no trouble");
    let (_, coverage) = seen("diff --git a/x b/x\nBinary files a/x and /dev/null differ\n");
    assert!(coverage.skipped.is_empty());
}

#[test]
fn what_does_not_add_up_is_incomplete() {
    fn check(diff: &str, expected: &str) {
        let (_, coverage) = seen(diff);
        assert!(!coverage.complete(), "{diff}");
        assert!(coverage.skipped[0].reason.contains(expected), "{:?}", coverage.skipped);
    }
    check("no diff\n", "no unified diff");
    check("*** a\n--- b\n***************\n*** 1 ****\n! x\n--- 1 ----\n! y\n", "no unified diff");
    check("--- a\n+++ a\n@@ -1,2 +1,2 @@\n x\n", "line 5: the hunk ends early");
    check("--- a\n+++ a\n@@ -1,2 +1,2 @@\n x\n?\n", "line 5: the hunk has a line");
    check("--- a\n+++ a\n@@ -1,1 +1,1 @@\n x\n+y\n", "line 5: an added line stands outside");
    check("--- a\n+++ a\n@@ -1,1 +1,1 @@\n x\n--- b\n+++ b\n+y\n", "line 7: an added line stands outside");
    check("--- a\n+++ a\n@@ -1,1 +1,2 @@\n-x\n y\n", "line 5: the hunk has more lines");
    check("--- a\n+++ a\n@@ -1,x +1 @@\n", "line 3: the header of a hunk");
    check("--- a\n+++ a\n@@ -1 +99999999999999999999 @@\n", "line 3: the header of a hunk");
    check("@@@@ -1 -1 -1 +1 @@@\n", "line 1: the header of a hunk");
}

#[test]
fn a_hunk_after_a_broken_one_is_still_read() {
    let (seen, coverage) = seen(&format!("--- a\n+++ a\n@@ -1,2 +1,2 @@\n x\n?\n{GIT}"));
    assert!(!coverage.complete());
    assert_eq!(seen.texts.last(), Some(&text("src/a.rs", 5, "one\n2\n3\nfour\n")));
}

#[test]
fn excluded_files_are_read_over() {
    let exclude = PathGlobs::new(["src/"]).expect("patterns");
    let mut seen = Seen::default();
    let diff = format!("{GIT}--- b\n+++ b\n@@ -0,0 +1 @@\n+x\n");
    let coverage = scan_diff(diff.as_bytes(), "the diff", &exclude, &mut seen);
    assert_eq!(seen.texts, [text("b", 1, "x\n")]);
    assert_eq!(coverage.skipped.len(), 1, "once for both hunks");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]
    #[test]
    fn any_lines_end_well(lines in proptest::collection::vec(
        prop_oneof![
            Just("--- a/x"), Just("+++ b/x"), Just("@@ -1,2 +1,2 @@"), Just("@@@ -1 -1 +1,2 @@@"), Just("+y"),
            Just(" z"), Just("-w"), Just("\\ No"), Just(""), Just("diff --git a/x b/x"), Just("Binary files a and b differ"),
            Just("rename to \"\\30"), Just("++++"), Just("diff --git "), Just("diff --git \"\" \"\""),
        ], 0..30))
    {
        let (seen, _) = seen(&lines.join("\n"));
        for (_, line, text) in &seen.texts {
            prop_assert!(*line > 0 && text.len() < 200);
        }
    }

    /// Every added line of a diff that was made from two texts is seen as added, and the text is that of the new side.
    #[test]
    fn hunks_are_the_new_side(lines in proptest::collection::vec((0_u8..3, "[a-z+ -]{0,6}"), 1..30)) {
        let (mut diff, mut new, mut added) = (String::new(), String::new(), 0);
        let (mut old_count, mut new_count) = (0, 0);
        for (kind, line) in &lines {
            let mark = [' ', '+', '-'][usize::from(*kind)];
            diff.push_str(&format!("{mark}{line}\n"));
            old_count += u64::from(mark != '+');
            new_count += u64::from(mark != '-');
            added += u64::from(mark == '+');
            if mark != '-' {
                new.push_str(&format!("{line}\n"));
            }
        }
        let seen = whole(&format!("--- f\n+++ f\n@@ -1,{old_count} +7,{new_count} @@\n{diff}"));
        let texts: String = seen.texts.iter().map(|(_, _, text)| text.as_str()).collect();
        prop_assert_eq!(texts, new);
        let counted: u64 = seen.added[0].iter().map(|(first, last)| last - first + 1).sum();
        prop_assert_eq!(counted, added);
    }
}

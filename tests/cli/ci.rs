//! `gate scan --ci`, in clones as providers make them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::util::{Run, Session, secret};

const RULE: &str = "github-pat-classic";

fn line(seed: u64) -> String {
    format!("login with {}\n", secret(RULE, seed))
}

/// A repository of three commits on main, the second of which leaks what the third takes out, and a clean branch.
struct Remote {
    session: Session,
    ids: Vec<String>,
}

impl Remote {
    fn new() -> Self {
        let session = Session::repository(&[("a", "x\n"), ("old", &line(9))]);
        session.write("b", line(1));
        session.commit("leak");
        session.write("b", "taken out\n");
        session.commit("clean");
        session.git(&["checkout", "-qb", "topic"]);
        session.write("c", "x\n");
        session.write("old", format!("more\n{}", line(9)));
        session.commit("topic");
        session.git(&["checkout", "-q", "main"]);
        let ids = ["main~2", "main~1", "main", "topic"]
            .map(|name| session.git(&["rev-parse", name]).trim().to_owned());
        Self { session, ids: ids.to_vec() }
    }

    /// A clone beside it.
    fn clone(&self, name: &str, options: &[&str]) -> PathBuf {
        let url = format!("file://{}", self.session.path("").display());
        let target = format!("../{name}");
        let arguments = [&["clone", "-q"], options, &[url.trim_end_matches('/'), target.as_str()]].concat();
        self.session.git(&arguments);
        self.session.path(&target)
    }

    fn event(&self, text: &str) -> String {
        let path = self.session.path("../event.json");
        fs::write(&path, text).expect("written");
        path.to_str().expect("text").to_owned()
    }

    fn scan(&self, clone: &Path, more: &[&str], variables: &[(&str, &str)]) -> Run {
        let clone = clone.to_str().expect("text");
        let arguments = [&["scan", "--ci"], more, &[clone]].concat();
        self.session.gate_with(&arguments, variables)
    }

    /// A push of GitHub from one commit to another.
    fn push(&self, clone: &Path, before: &str, after: &str) -> Run {
        let event = self.event(&format!(
            r#"{{"before":"{before}","after":"{after}","repository":{{"default_branch":"main"}}}}"#
        ));
        let summary = self.session.path("../summary.md");
        let variables = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", "push"),
            ("GITHUB_EVENT_PATH", &event),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_STEP_SUMMARY", summary.to_str().expect("text")),
        ];
        self.scan(clone, &[], &variables)
    }
}

#[test]
fn a_push_with_a_secret_that_a_later_commit_takes_out() {
    let remote = Remote::new();
    let clone = remote.clone("full", &[]);
    let [first, leak, head, _] = &remote.ids[..] else { panic!("four commits") };
    let run = remote.push(&clone, first, head);
    run.exits(1).says("::error file=b,line=1,endLine=1,col=12,endColumn=52,title=GitHub");
    run.says(&format!("in commit {}", &leak[..12])).never_says(&secret(RULE, 1));
    let summary = fs::read_to_string(remote.session.path("../summary.md")).expect("a summary");
    assert!(summary.starts_with("### portcullis: 1 ") && summary.contains("b:1"), "{summary}");
    remote.push(&clone, leak, head).exits(0).says("no credentials found");
    // everything that leads to the head, as nothing is known of what was before
    let zero = "0".repeat(40);
    remote.push(&clone, &zero, head).exits(1).says("file=old").says("file=b");
    // the commit before was taken away by a forced push
    remote.push(&clone, &"3".repeat(40), head).exits(1).says("file=old");
}

#[test]
fn shallow_clones_say_what_to_set() {
    let remote = Remote::new();
    let [first, leak, head, topic] = &remote.ids[..] else { panic!("four commits") };
    let shallow = remote.clone("shallow", &["--depth", "1"]);
    remote.push(&shallow, first, head).exits(2).complains("fetch-depth: 0");
    let two = remote.clone("two", &["--depth", "2"]);
    remote.push(&two, first, head).exits(2).complains("fetch-depth: 0");
    // here the cut hides nothing of the range
    remote.push(&two, leak, head).exits(0);
    let gitlab = |more: &[(&str, &str)]| {
        let variables =
            [&[("GITLAB_CI", "true"), ("CI_COMMIT_SHA", head.as_str()), ("CI_DEFAULT_BRANCH", "main")], more];
        remote.scan(&shallow, &[], &variables.concat())
    };
    gitlab(&[("CI_PIPELINE_SOURCE", "schedule")]).exits(2).complains("GIT_DEPTH");
    let only = [("CIRCLECI", "true"), ("CIRCLE_SHA1", topic.as_str()), ("CIRCLE_BRANCH", "topic")];
    remote.scan(&shallow, &[], &only).exits(2).complains("method: full");
    let only =
        [("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_COMMIT", head.as_str()), ("BITBUCKET_BRANCH", "main")];
    remote.scan(&shallow, &[], &only).exits(2).complains("depth: full");
}

#[test]
fn requests_and_branches() {
    let remote = Remote::new();
    let clone = remote.clone("full", &[]);
    let [first, _, head, topic] = &remote.ids[..] else { panic!("four commits") };
    let azure = |target| {
        let variables = [
            ("TF_BUILD", "True"),
            ("BUILD_SOURCEVERSION", topic.as_str()),
            ("SYSTEM_PULLREQUEST_TARGETBRANCH", target),
        ];
        remote.scan(&clone, &[], &variables)
    };
    // an old secret in a file that the branch changes does not count
    azure("refs/heads/main").exits(0).says("1 known before");
    azure("refs/heads/gone").exits(2).complains("branch gone");
    let event = remote.event(&format!(
        r#"{{"number":1,"pull_request":{{"base":{{"sha":"{first}","ref":"main"}},"head":{{"sha":"{topic}"}}}}}}"#
    ));
    let github = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_PATH", event.as_str()),
        ("GITHUB_SHA", head.as_str()),
    ];
    remote.scan(&clone, &[], &github).exits(1).says("file=b");
    remote.scan(&clone, &["--format", "json"], &github).exits(1).json();
    // the default branch, whose name is not told: all of its commits
    let circle = [("CIRCLECI", "true"), ("CIRCLE_SHA1", head.as_str()), ("CIRCLE_BRANCH", "main")];
    remote.scan(&clone, &[], &circle).exits(1).says("2 findings");
    let circle = [("CIRCLECI", "true"), ("CIRCLE_SHA1", topic.as_str()), ("CIRCLE_BRANCH", "topic")];
    remote.scan(&clone, &[], &circle).exits(0);
}

#[test]
fn the_usual_baseline_counts() {
    let remote = Remote::new();
    let clone = remote.clone("full", &[]);
    fs::write(clone.join("b"), line(1)).expect("written");
    remote.session.gate(&["baseline", "create", clone.to_str().expect("text")]).exits(0).says("2 added");
    remote.push(&clone, &remote.ids[0], &remote.ids[2]).exits(0).says("1 known before");
}

#[test]
fn names_that_try_to_command() {
    let session = Session::repository(&[("a", "x\n")]);
    let base = session.git(&["rev-parse", "HEAD"]);
    session.write("x,line=1::y\n::error::z", line(1));
    session.write("##vso[task.complete result=Succeeded;]", line(2));
    session.commit("hostile");
    let head = session.git(&["rev-parse", "HEAD"]);
    let variables = [
        ("GITLAB_CI", "true"),
        ("CI_MERGE_REQUEST_IID", "1"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", base.trim()),
        ("CI_COMMIT_SHA", head.trim()),
    ];
    for format in ["github", "azure", "text"] {
        let run = session.gate_with(&["scan", "--ci", "--format", format], &variables);
        run.exits(1).never_says("\n::error::z").never_says("##vso[task.complete");
    }
}

#[test]
fn no_provider() {
    let session = Session::repository(&[("a", "x\n")]);
    session.gate(&["scan", "--ci"]).exits(2).complains("no provider");
    let variables = [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_PATH", "/nowhere.json")];
    session.gate_with(&["scan", "--ci"], &variables).exits(2).complains("/nowhere.json");
}

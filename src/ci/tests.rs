use super::*;

const BEFORE: &str = "1111111111111111111111111111111111111111";
const HEAD: &str = "2222222222222222222222222222222222222222";
const ZERO: &str = "0000000000000000000000000000000000000000";

fn job(variables: &[(&str, &str)], event: &str) -> Result<Job, Unknown> {
    let get =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    detect(get, |_| Ok(event.as_bytes().to_vec()))
}

#[track_caller]
fn check(variables: &[(&str, &str)], event: &str, occasion: &str, head: &str, bases: &[Base]) {
    let job = job(variables, event).expect("a job");
    assert_eq!((job.occasion.as_str(), job.head.as_str(), &job.bases[..]), (occasion, head, bases));
}

fn commit(id: &str) -> Base {
    Base::Commit(id.to_owned())
}

fn branch(name: &str) -> Base {
    Base::Branch(name.to_owned())
}

fn github<'v>(event: &'v str, reference: &'v str) -> Vec<(&'v str, &'v str)> {
    vec![
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", event),
        ("GITHUB_EVENT_PATH", "/event.json"),
        ("GITHUB_SHA", HEAD),
        ("GITHUB_REF", reference),
    ]
}

#[test]
fn github_pushes() {
    let event = |before: &str| {
        format!(r#"{{"before":"{before}","after":"{HEAD}","repository":{{"default_branch":"main","x":1}}}}"#)
    };
    let main = github("push", "refs/heads/main");
    check(&main, &event(BEFORE), "push to main", HEAD, &[commit(BEFORE), Base::Nothing]);
    check(&main, &event(ZERO), "push to main", HEAD, &[Base::Nothing]);
    let topic = github("push", "refs/heads/a/b");
    check(&topic, &event(BEFORE), "push to a/b", HEAD, &[commit(BEFORE), branch("main"), Base::Nothing]);
    check(&topic, &event(ZERO), "push to a/b", HEAD, &[branch("main"), Base::Nothing]);
    let tag = github("push", "refs/tags/v1");
    check(&tag, &event(ZERO), "tag v1", HEAD, &[branch("main"), Base::Nothing]);
    check(&github("schedule", "refs/heads/main"), "{}", "schedule", HEAD, &[Base::Nothing]);
    let dispatch = github("workflow_dispatch", "refs/heads/x");
    check(&dispatch, &event(BEFORE), "workflow_dispatch", HEAD, &[branch("main"), Base::Nothing]);
}

#[test]
fn github_pull_requests() {
    let event = format!(
        r#"{{"number":7,"pull_request":{{"base":{{"sha":"{BEFORE}","ref":"main"}},"head":{{"sha":"{HEAD}"}}}}}}"#
    );
    let bases = [commit(BEFORE), branch("main")];
    for name in ["pull_request", "pull_request_target"] {
        let mut variables = github(name, "refs/pull/7/merge");
        variables[3].1 = BEFORE;
        check(&variables, &event, "pull request 7", HEAD, &bases);
    }
    let group = format!(r#"{{"merge_group":{{"base_sha":"{BEFORE}","head_sha":"{HEAD}"}}}}"#);
    let bases = [commit(BEFORE), Base::DefaultBranch, Base::Nothing];
    check(&github("merge_group", "refs/heads/q"), &group, "merge queue", HEAD, &bases);
    assert!(job(&github("pull_request", "x"), "{}").is_err());
    let error = job(&github("push", "x"), "[\n1,").unwrap_err().to_string();
    assert!(error.contains("/event.json: line 2"), "{error}");
}

#[test]
fn gitlab() {
    let with = |more: &[(&'static str, &'static str)]| {
        let mut variables =
            vec![("GITLAB_CI", "true"), ("CI_COMMIT_SHA", HEAD), ("CI_DEFAULT_BRANCH", "main")];
        variables.extend(more);
        variables
    };
    let push = [("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_BRANCH", "x"), ("CI_COMMIT_BEFORE_SHA", BEFORE)];
    check(&with(&push), "", "push to x", HEAD, &[commit(BEFORE), branch("main"), Base::Nothing]);
    let new = [("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_BRANCH", "x"), ("CI_COMMIT_BEFORE_SHA", ZERO)];
    check(&with(&new), "", "push to x", HEAD, &[branch("main"), Base::Nothing]);
    let main =
        [("CI_PIPELINE_SOURCE", "web"), ("CI_COMMIT_BRANCH", "main"), ("CI_COMMIT_BEFORE_SHA", BEFORE)];
    check(&with(&main), "", "push to main", HEAD, &[Base::Nothing]);
    let request = [
        ("CI_MERGE_REQUEST_IID", "3"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", BEFORE),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "dev"),
    ];
    check(&with(&request), "", "merge request 3", HEAD, &[commit(BEFORE), branch("dev")]);
    check(&with(&[("CI_PIPELINE_SOURCE", "schedule")]), "", "schedule", HEAD, &[Base::Nothing]);
    check(&with(&[("CI_COMMIT_TAG", "v1")]), "", "tag v1", HEAD, &[branch("main"), Base::Nothing]);
}

#[test]
fn other_providers() {
    let bitbucket = [("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_COMMIT", HEAD)];
    let request = [("BITBUCKET_PR_ID", "2"), ("BITBUCKET_PR_DESTINATION_COMMIT", &BEFORE[..12])];
    check(&[bitbucket, request].concat(), "", "pull request 2", HEAD, &[commit(&BEFORE[..12])]);
    let push = [bitbucket[0], bitbucket[1], ("BITBUCKET_BRANCH", "x")];
    check(&push, "", "push to x", HEAD, &[Base::DefaultBranch, Base::Nothing]);

    let azure = [("TF_BUILD", "True"), ("BUILD_SOURCEVERSION", HEAD)];
    let request =
        [("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"), ("SYSTEM_PULLREQUEST_PULLREQUESTID", "4")];
    check(&[azure, request].concat(), "", "pull request 4", HEAD, &[branch("main")]);
    let schedule = [azure[0], azure[1], ("BUILD_REASON", "Schedule")];
    check(&schedule, "", "schedule", HEAD, &[Base::Nothing]);
    let tag = [azure[0], azure[1], ("BUILD_SOURCEBRANCH", "refs/tags/v1")];
    check(&tag, "", "tag v1", HEAD, &[Base::DefaultBranch, Base::Nothing]);

    let jenkins = [("JENKINS_URL", "https://ci.example.com/"), ("GIT_COMMIT", HEAD)];
    let push = [("GIT_BRANCH", "origin/x"), ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", BEFORE)];
    let bases = [commit(BEFORE), Base::DefaultBranch, Base::Nothing];
    check(&[jenkins, push].concat(), "", "push to x", HEAD, &bases);
    let request = [("CHANGE_TARGET", "main"), ("CHANGE_ID", "5")];
    check(&[jenkins, request].concat(), "", "pull request 5", HEAD, &[branch("main")]);

    let circle = [("CIRCLECI", "true"), ("CIRCLE_SHA1", HEAD), ("CIRCLE_BRANCH", "x")];
    check(&circle, "", "push to x", HEAD, &[Base::DefaultBranch, Base::Nothing]);

    let buildkite = [("BUILDKITE", "true"), ("BUILDKITE_COMMIT", "HEAD"), ("BUILDKITE_BRANCH", "x")];
    let default = ("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main");
    let request = [("BUILDKITE_PULL_REQUEST", "6"), ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "dev")];
    check(&[&buildkite[..], &request].concat(), "", "pull request 6", "HEAD", &[branch("dev")]);
    let push = [("BUILDKITE_PULL_REQUEST", "false"), default];
    check(&[&buildkite[..], &push].concat(), "", "push to x", "HEAD", &[branch("main"), Base::Nothing]);

    let woodpecker = [("CI", "woodpecker"), ("CI_COMMIT_SHA", HEAD), ("CI_COMMIT_BRANCH", "main")];
    let push =
        [("CI_PIPELINE_EVENT", "push"), ("CI_PREV_COMMIT_SHA", BEFORE), ("CI_REPO_DEFAULT_BRANCH", "main")];
    check(&[woodpecker, push].concat(), "", "push to main", HEAD, &[commit(BEFORE), Base::Nothing]);
    let request = [
        ("CI_PIPELINE_EVENT", "pull_request"),
        ("CI_COMMIT_PULL_REQUEST", "8"),
        ("CI_COMMIT_TARGET_BRANCH", "dev"),
    ];
    check(&[woodpecker, request].concat(), "", "pull request 8", HEAD, &[branch("dev")]);
}

#[test]
fn no_provider() {
    for variables in [&[][..], &[("CI", "true")], &[("GITHUB_ACTIONS", "false"), ("GITLAB_CI", " ")]] {
        assert!(job(variables, "").is_err(), "{variables:?}");
    }
}

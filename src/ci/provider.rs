//! What each provider says of a run.
//!
//! | Provider | Known by | Push: before | Pull or merge request: base |
//! |---|---|---|---|
//! | GitHub Actions | `GITHUB_ACTIONS` | `before` of the event | `pull_request.base.sha` of the event |
//! | GitLab CI | `GITLAB_CI` | `CI_COMMIT_BEFORE_SHA` | `CI_MERGE_REQUEST_DIFF_BASE_SHA` |
//! | Bitbucket Pipelines | `BITBUCKET_BUILD_NUMBER` | not told | `BITBUCKET_PR_DESTINATION_COMMIT` |
//! | Azure Pipelines | `TF_BUILD` | not told | `SYSTEM_PULLREQUEST_TARGETBRANCH` |
//! | Jenkins | `JENKINS_URL` | `GIT_PREVIOUS_SUCCESSFUL_COMMIT` | `CHANGE_TARGET` |
//! | CircleCI | `CIRCLECI` | not told | not told |
//! | Buildkite | `BUILDKITE` | not told | `BUILDKITE_PULL_REQUEST_BASE_BRANCH` |
//! | Woodpecker | `CI_SYSTEM_NAME`, `CI` | `CI_PREV_COMMIT_SHA` | `CI_COMMIT_TARGET_BRANCH` |
//!
//! From the providers' documentation of predefined variables. Where the commit before a push is not told, or is all
//! zeros as for a new branch, new commits are those that the default branch does not have; on the default branch itself,
//! and for schedules, everything that leads to the head.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Base, Job, Provider, Unknown};

type Get<'e> = &'e dyn Fn(&str) -> Option<String>;

/// What the environment says. `get` gives its variables, `read` the text of GitHub's event file.
///
/// # Errors
/// No provider is known by it, or what one says cannot be understood.
pub fn detect(
    get: impl Fn(&str) -> Option<String>,
    read: impl FnOnce(&Path) -> Result<Vec<u8>, String>,
) -> Result<Job, Unknown> {
    let get = |name: &str| get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let is = |name: &str| get(name).is_some_and(|value| !value.eq_ignore_ascii_case("false"));
    // Some set the variables of others too: those that are sure come first.
    if is("GITHUB_ACTIONS") {
        github(&get, read)
    } else if is("GITLAB_CI") {
        Ok(gitlab(&get))
    } else if is("BITBUCKET_BUILD_NUMBER") {
        Ok(bitbucket(&get))
    } else if is("TF_BUILD") {
        Ok(azure(&get))
    } else if is("CIRCLECI") {
        Ok(circle(&get))
    } else if is("BUILDKITE") {
        Ok(buildkite(&get))
    } else if get("CI_SYSTEM_NAME").is_some_and(|name| name == "woodpecker")
        || get("CI").is_some_and(|name| name == "woodpecker")
    {
        Ok(woodpecker(&get))
    } else if is("JENKINS_URL") || is("JENKINS_HOME") {
        Ok(jenkins(&get))
    } else {
        Err(Unknown(
            "no provider of continuous integration is known by the environment; name the commits with \
             `--history A..B`, or scan the files with `gate scan`"
                .to_owned(),
        ))
    }
}

/// Bases for a push to `branch`: the commit before, then the default branch unless it is that.
fn pushed(before: Option<String>, branch: Option<&str>, default: Option<String>) -> Vec<Base> {
    let before = before.filter(|id| id.bytes().any(|byte| byte != b'0'));
    let mut bases: Vec<Base> = before.into_iter().map(Base::Commit).collect();
    match default {
        Some(default) if branch == Some(default.as_str()) => {}
        Some(default) => bases.push(Base::Branch(default)),
        None => bases.push(Base::DefaultBranch),
    }
    bases.push(Base::Nothing);
    bases
}

/// The name of a branch without `refs/heads/`.
fn branch(name: &str) -> String {
    name.strip_prefix("refs/heads/").unwrap_or(name).to_owned()
}

/// The part of GitHub's event that matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    before: Option<String>,
    after: Option<String>,
    number: Option<u64>,
    pull_request: Option<PullRequest>,
    merge_group: Option<MergeGroup>,
    repository: Option<EventRepository>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PullRequest {
    base: Option<End>,
    head: Option<End>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct End {
    sha: Option<String>,
    r#ref: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MergeGroup {
    base_sha: Option<String>,
    head_sha: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EventRepository {
    default_branch: Option<String>,
}

fn github(get: Get<'_>, read: impl FnOnce(&Path) -> Result<Vec<u8>, String>) -> Result<Job, Unknown> {
    let name = get("GITHUB_EVENT_NAME").unwrap_or_default();
    let event: Event = match get("GITHUB_EVENT_PATH").map(PathBuf::from) {
        None => Event::default(),
        Some(path) => {
            let fail = |cause: String| Unknown(format!("GITHUB_EVENT_PATH: {}: {cause}", path.display()));
            let text = read(&path).map_err(fail)?;
            serde_json::from_slice(&text)
                .map_err(|error| fail(format!("line {}: it is no event", error.line())))?
        }
    };
    let head = get("GITHUB_SHA").unwrap_or_else(|| "HEAD".to_owned());
    let default = event.repository.and_then(|repository| repository.default_branch);
    let ref_name = get("GITHUB_REF").unwrap_or_default();
    let job = |occasion: String, head: String, bases: Vec<Base>| Job {
        provider: Provider::GitHub,
        occasion,
        head,
        bases,
    };
    Ok(match name.as_str() {
        "pull_request" | "pull_request_target" | "pull_request_review" => {
            let PullRequest { base, head: theirs } = event.pull_request.unwrap_or_default();
            let (base, theirs) = (base.unwrap_or_default(), theirs.unwrap_or_default());
            let mut bases: Vec<Base> = base.sha.into_iter().map(Base::Commit).collect();
            bases.extend(base.r#ref.or_else(|| get("GITHUB_BASE_REF")).map(Base::Branch));
            if bases.is_empty() {
                return Err(Unknown("the event names no base of the pull request".to_owned()));
            }
            let number = event.number.map_or_else(String::new, |number| format!(" {number}"));
            // of pull_request_target, GITHUB_SHA is the base
            let head = theirs.sha.unwrap_or(head);
            job(format!("pull request{number}"), head, bases)
        }
        "merge_group" => {
            let group = event.merge_group.unwrap_or_default();
            let bases = pushed(group.base_sha, None, default);
            job("merge queue".to_owned(), group.head_sha.unwrap_or(head), bases)
        }
        "push" => {
            let head = event.after.unwrap_or(head);
            if let Some(tag) = ref_name.strip_prefix("refs/tags/") {
                return Ok(job(format!("tag {tag}"), head, pushed(event.before, None, default)));
            }
            let branch = branch(&ref_name);
            let bases = pushed(event.before, Some(&branch), default);
            job(format!("push to {branch}"), head, bases)
        }
        "schedule" => job("schedule".to_owned(), head, vec![Base::Nothing]),
        name => {
            let bases = pushed(None, Some(&branch(&ref_name)), default);
            job(name.to_owned(), head, bases)
        }
    })
}

fn gitlab(get: Get<'_>) -> Job {
    let head = get("CI_COMMIT_SHA").unwrap_or_else(|| "HEAD".to_owned());
    let default = get("CI_DEFAULT_BRANCH");
    let source = get("CI_PIPELINE_SOURCE").unwrap_or_default();
    let target = get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
    let (occasion, bases) = if let Some(number) = get("CI_MERGE_REQUEST_IID") {
        let base = get("CI_MERGE_REQUEST_DIFF_BASE_SHA").map(Base::Commit);
        let mut bases: Vec<Base> = base.into_iter().chain(target.map(Base::Branch)).collect();
        if bases.is_empty() {
            bases = pushed(None, None, default);
        }
        (format!("merge request {number}"), bases)
    } else if source == "schedule" {
        ("schedule".to_owned(), vec![Base::Nothing])
    } else if let Some(tag) = get("CI_COMMIT_TAG") {
        (format!("tag {tag}"), pushed(None, None, default))
    } else {
        let branch = get("CI_COMMIT_BRANCH").or_else(|| get("CI_COMMIT_REF_NAME")).unwrap_or_default();
        let before = get("CI_COMMIT_BEFORE_SHA").filter(|_| source == "push" || source.is_empty());
        (format!("push to {branch}"), pushed(before, Some(&branch), default))
    };
    Job { provider: Provider::GitLab, occasion, head, bases }
}

fn bitbucket(get: Get<'_>) -> Job {
    let head = get("BITBUCKET_COMMIT").unwrap_or_else(|| "HEAD".to_owned());
    let (occasion, bases) = if let Some(number) = get("BITBUCKET_PR_ID") {
        let base = get("BITBUCKET_PR_DESTINATION_COMMIT").map(Base::Commit);
        let target = get("BITBUCKET_PR_DESTINATION_BRANCH").map(Base::Branch);
        let mut bases: Vec<Base> = base.into_iter().chain(target).collect();
        if bases.is_empty() {
            bases = pushed(None, None, None);
        }
        (format!("pull request {number}"), bases)
    } else if let Some(tag) = get("BITBUCKET_TAG") {
        (format!("tag {tag}"), pushed(None, None, None))
    } else {
        let branch = get("BITBUCKET_BRANCH").unwrap_or_default();
        (format!("push to {branch}"), pushed(None, Some(&branch), None))
    };
    Job { provider: Provider::Bitbucket, occasion, head, bases }
}

fn azure(get: Get<'_>) -> Job {
    let head = get("BUILD_SOURCEVERSION").unwrap_or_else(|| "HEAD".to_owned());
    let source = get("BUILD_SOURCEBRANCH").unwrap_or_default();
    let reason = get("BUILD_REASON").unwrap_or_default();
    let (occasion, bases) = if let Some(target) = get("SYSTEM_PULLREQUEST_TARGETBRANCH") {
        let number =
            get("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER").or_else(|| get("SYSTEM_PULLREQUEST_PULLREQUESTID"));
        (format!("pull request {}", number.unwrap_or_default()), vec![Base::Branch(branch(&target))])
    } else if reason.eq_ignore_ascii_case("Schedule") {
        ("schedule".to_owned(), vec![Base::Nothing])
    } else if let Some(tag) = source.strip_prefix("refs/tags/") {
        (format!("tag {tag}"), pushed(None, None, None))
    } else {
        let branch = branch(&source);
        (format!("push to {branch}"), pushed(None, Some(&branch), None))
    };
    Job { provider: Provider::Azure, occasion, head, bases }
}

fn jenkins(get: Get<'_>) -> Job {
    let head = get("GIT_COMMIT").unwrap_or_else(|| "HEAD".to_owned());
    let (occasion, bases) = if let Some(target) = get("CHANGE_TARGET") {
        let number = get("CHANGE_ID").unwrap_or_default();
        (format!("pull request {number}"), vec![Base::Branch(target)])
    } else if let Some(tag) = get("TAG_NAME") {
        (format!("tag {tag}"), pushed(None, None, None))
    } else {
        let branch = get("BRANCH_NAME").or_else(|| get("GIT_BRANCH")).unwrap_or_default();
        let branch = branch.strip_prefix("origin/").unwrap_or(&branch);
        // what was looked at in a run that failed was not mended
        (format!("push to {branch}"), pushed(get("GIT_PREVIOUS_SUCCESSFUL_COMMIT"), Some(branch), None))
    };
    Job { provider: Provider::Jenkins, occasion, head, bases }
}

fn circle(get: Get<'_>) -> Job {
    let head = get("CIRCLE_SHA1").unwrap_or_else(|| "HEAD".to_owned());
    let (occasion, branch) = match (get("CIRCLE_TAG"), get("CIRCLE_BRANCH")) {
        (Some(tag), _) => (format!("tag {tag}"), None),
        (None, branch) => (format!("push to {}", branch.as_deref().unwrap_or_default()), branch),
    };
    // a pipeline can hand on what it knows: `GATE_BASE: << pipeline.git.base_revision >>`
    let bases = pushed(get("GATE_BASE"), branch.as_deref(), None);
    Job { provider: Provider::CircleCi, occasion, head, bases }
}

fn buildkite(get: Get<'_>) -> Job {
    let head = get("BUILDKITE_COMMIT").unwrap_or_else(|| "HEAD".to_owned());
    let default = get("BUILDKITE_PIPELINE_DEFAULT_BRANCH");
    let request = get("BUILDKITE_PULL_REQUEST").filter(|number| number != "false");
    let (occasion, bases) = match (request, get("BUILDKITE_PULL_REQUEST_BASE_BRANCH"), get("BUILDKITE_TAG")) {
        (Some(number), Some(target), _) => (format!("pull request {number}"), vec![Base::Branch(target)]),
        (_, _, Some(tag)) => (format!("tag {tag}"), pushed(None, None, default)),
        (request, ..) => {
            let branch = get("BUILDKITE_BRANCH").unwrap_or_default();
            let is_request = request.is_some();
            let occasion = request
                .map_or_else(|| format!("push to {branch}"), |number| format!("pull request {number}"));
            (occasion, pushed(None, (!is_request).then_some(branch.as_str()), default))
        }
    };
    Job { provider: Provider::Buildkite, occasion, head, bases }
}

fn woodpecker(get: Get<'_>) -> Job {
    let head = get("CI_COMMIT_SHA").unwrap_or_else(|| "HEAD".to_owned());
    let default = get("CI_REPO_DEFAULT_BRANCH");
    let branch = get("CI_COMMIT_BRANCH").unwrap_or_default();
    let (occasion, bases) = match get("CI_PIPELINE_EVENT").unwrap_or_default().as_str() {
        "pull_request" | "pull_request_closed" => {
            let number = get("CI_COMMIT_PULL_REQUEST").unwrap_or_default();
            let target = get("CI_COMMIT_TARGET_BRANCH").unwrap_or(branch);
            (format!("pull request {number}"), vec![Base::Branch(target)])
        }
        "tag" | "release" => {
            (format!("tag {}", get("CI_COMMIT_TAG").unwrap_or_default()), pushed(None, None, default))
        }
        "cron" => ("schedule".to_owned(), vec![Base::Nothing]),
        "push" => (format!("push to {branch}"), pushed(get("CI_PREV_COMMIT_SHA"), Some(&branch), default)),
        other => (other.to_owned(), pushed(None, Some(&branch), default)),
    };
    Job { provider: Provider::Woodpecker, occasion, head, bases }
}

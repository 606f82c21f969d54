//! Continuous integration: which commits a run is about, as each provider says it in its environment.
//!
//! The environment comes in as values and goes out as a [`Job`]: names and ids as the provider gives them. What of them
//! the clone at hand has is for `Job::range` to find out. One file for what providers say, one for turning it
//! into commits.

mod provider;
mod resolve;
#[cfg(test)]
mod tests;

use std::fmt;

pub use provider::detect;

/// A provider of continuous integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// GitHub Actions, and what speaks like it: Gitea, Forgejo.
    GitHub,
    /// GitLab CI.
    GitLab,
    /// Bitbucket Pipelines.
    Bitbucket,
    /// Azure Pipelines.
    Azure,
    /// Jenkins.
    Jenkins,
    /// CircleCI.
    CircleCi,
    /// Buildkite.
    Buildkite,
    /// Woodpecker.
    Woodpecker,
}

impl Provider {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub Actions",
            Self::GitLab => "GitLab CI",
            Self::Bitbucket => "Bitbucket Pipelines",
            Self::Azure => "Azure Pipelines",
            Self::Jenkins => "Jenkins",
            Self::CircleCi => "CircleCI",
            Self::Buildkite => "Buildkite",
            Self::Woodpecker => "Woodpecker",
        }
    }

    /// How to have all commits in the clone.
    pub const fn depth_hint(self) -> &'static str {
        match self {
            Self::GitHub => "set `fetch-depth: 0` for actions/checkout",
            Self::GitLab => "set the variable `GIT_DEPTH: \"0\"` for the job",
            Self::Bitbucket => "set `clone: depth: full` for the step",
            Self::Azure => "set `fetchDepth: 0` for the `checkout` step",
            Self::Jenkins => "turn off the shallow clone, or set its depth to 0, in the checkout of the job",
            Self::CircleCi => "set `method: full` for the `checkout` step, or run `git fetch --unshallow`",
            Self::Buildkite => "take --depth out of BUILDKITE_GIT_CLONE_FLAGS and BUILDKITE_GIT_FETCH_FLAGS",
            Self::Woodpecker => "set `depth: 0` and `partial: false` in the settings of the clone step",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where new commits begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// After this commit, by its id.
    Commit(String),
    /// Where they leave this branch of the repository.
    Branch(String),
    /// Where they leave the default branch, whose name the provider does not tell. No use on that branch itself.
    DefaultBranch,
    /// At the very first commit: everything that leads to the head.
    Nothing,
}

/// What a run is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Who runs it.
    pub provider: Provider,
    /// What it is for, in words: `push to main`, `pull request 7`.
    pub occasion: String,
    /// The last commit, by id or as `HEAD`.
    pub head: String,
    /// Where to begin: the first of these that the clone knows, the best one first; never empty.
    pub bases: Vec<Base>,
}

/// Why a range cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown(pub String);

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unknown {}

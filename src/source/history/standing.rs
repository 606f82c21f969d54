//! Gives each finding its commit, and says where that stands today.

use std::collections::HashMap;

use crate::config;
use crate::finding::{CommitPlace, Finding, Standing};
use crate::git::object::Commit;
use crate::git::{Oid, Reader};

use super::found::Found;
use super::graph::{Graph, NOWHERE, Order};
use super::names::TAG_MESSAGE;
use super::tips::Tips;
use super::{Examiner, Extent, Run};

impl<E: Examiner, N: Fn() -> E + Sync> Run<'_, N> {
    /// The commits that have something first.
    pub(super) fn commit_places(
        &self,
        graph: &Graph,
        tips: &Tips,
        reader: &mut Reader<'_>,
        found: &Found,
    ) -> HashMap<Order, CommitPlace> {
        let mut orders: Vec<Order> =
            found.firsts.values().map(|first| first.order).filter(|&order| order != NOWHERE).collect();
        orders.sort_unstable();
        orders.dedup();
        let (names, at): (Vec<&String>, Vec<Oid>) =
            tips.branches.iter().map(|(name, id)| (name, *id)).unzip();
        let leading = graph.leading_to(&orders, &at);
        let ranged = matches!(self.request.extent, Extent::Commits(_));
        let mut commits = HashMap::new();
        for (order, leading) in orders.into_iter().zip(leading) {
            let mut place = CommitPlace {
                id: graph.commits()[order as usize].id.to_string(),
                standing: self.request.standing.then(|| Standing {
                    in_head: false,
                    reachable: ranged || graph.is_reachable(order),
                    branches: leading.into_iter().map(|at| names[at].clone()).collect(),
                }),
                ..CommitPlace::default()
            };
            self.describe(&mut place, reader);
            commits.insert(order, place);
        }
        commits
    }

    /// Adds who wrote a commit, and when.
    pub(super) fn describe(&self, place: &mut CommitPlace, reader: &mut Reader<'_>) {
        if let Ok(id) = place.id.parse()
            && let Ok(object) = reader.read(&id)
            && let Ok(commit) = Commit::parse(&object.data)
        {
            (place.author, place.date) = (lossy(commit.author), config::moment(commit.author_time));
        }
    }

    /// Gives each finding its commit.
    pub(super) fn place(
        &self,
        commits: HashMap<Order, CommitPlace>,
        tips: &Tips,
        reader: &mut Reader<'_>,
        found: Found,
    ) -> Vec<Finding> {
        let in_head = found.in_head;
        let findings = found.firsts.into_iter().filter_map(|((identity, path), first)| {
            let mut finding = first.finding?;
            let mut place = commits.get(&first.order).cloned().unwrap_or_default();
            place.object = first.object.to_string();
            if path == TAG_MESSAGE
                && let Ok(object) = reader.read(&first.object)
                && let Ok(tag) = Commit::parse_tag(&object.data)
            {
                (place.author, place.date) = (lossy(tag.author), config::moment(tag.author_time));
            }
            if self.request.standing {
                let standing = place.standing.get_or_insert_default();
                standing.in_head = path > TAG_MESSAGE && in_head.contains(&identity);
                standing.reachable |= tips.blobs.contains(&first.object) || tips.tags.contains(&first.object);
            }
            finding.commit = Some(Box::new(place));
            Some(finding)
        });
        findings.collect()
    }
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

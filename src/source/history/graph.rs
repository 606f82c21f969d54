//! The commits of a history, in the order in which they may have introduced something.

use std::collections::HashMap;

use crate::git::hash::Seeded;
use crate::git::{Oid, walk::Walked};

/// A commit by its place in the order.
pub(super) type Order = u32;
/// Not in any commit.
pub(super) const NOWHERE: Order = Order::MAX;

/// Commits, those before others first: what is reachable from a ref before what is not, then by time, but never before
/// their parents. The order of two commits depends on nothing but them and their ancestors.
#[derive(Debug, Default)]
pub(super) struct Graph {
    commits: Vec<Walked>,
    /// How many of them are reachable.
    reachable: usize,
    index: HashMap<Oid, Order, Seeded>,
}

impl Graph {
    /// Orders commits. `tips` are what refs point at; with `None`, all commits count as reachable.
    pub(super) fn new(mut commits: Vec<Walked>, tips: Option<&[Oid]>) -> Self {
        commits.sort_unstable_by_key(|commit| commit.id);
        commits.dedup_by_key(|commit| commit.id);
        let places: HashMap<Oid, u32, Seeded> =
            commits.iter().enumerate().map(|(at, commit)| (commit.id, at as u32)).collect();
        let parents: Vec<Vec<u32>> = commits
            .iter()
            .map(|commit| commit.parents.iter().filter_map(|id| places.get(id).copied()).collect())
            .collect();
        let reachable = reachable(&parents, &places, tips);
        let times = times(&commits, &parents);
        let mut order: Vec<u32> = (0..commits.len() as u32).collect();
        order.sort_unstable_by_key(|&at| {
            let place = at as usize;
            (!reachable[place], times[place], commits[place].id)
        });
        let mut taken: Vec<Option<Walked>> = commits.into_iter().map(Some).collect();
        let commits: Vec<Walked> = order.iter().filter_map(|&at| taken[at as usize].take()).collect();
        let index = commits.iter().enumerate().map(|(at, commit)| (commit.id, at as Order)).collect();
        Self { commits, reachable: reachable.iter().filter(|&&reachable| reachable).count(), index }
    }

    /// All commits, in order.
    pub(super) fn commits(&self) -> &[Walked] {
        &self.commits
    }

    /// The place of a commit.
    pub(super) fn order(&self, id: &Oid) -> Option<Order> {
        self.index.get(id).copied()
    }

    /// Whether a ref leads to the commit at a place.
    pub(super) fn is_reachable(&self, order: Order) -> bool {
        (order as usize) < self.reachable
    }

    /// For each of `wanted`, which of `tips` lead to it, by index.
    pub(super) fn leading_to(&self, wanted: &[Order], tips: &[Oid]) -> Vec<Vec<usize>> {
        let mut found = vec![Vec::new(); wanted.len()];
        for (round, tips) in tips.chunks(64).enumerate() {
            let mut masks = vec![0_u64; self.commits.len()];
            for (bit, tip) in tips.iter().enumerate() {
                if let Some(order) = self.order(tip) {
                    masks[order as usize] |= 1 << bit;
                }
            }
            // parents stand before their children
            for at in (0..self.commits.len()).rev() {
                let mask = masks[at];
                if mask != 0 {
                    for parent in &self.commits[at].parents {
                        if let Some(parent) = self.order(parent) {
                            masks[parent as usize] |= mask;
                        }
                    }
                }
            }
            for (found, &order) in found.iter_mut().zip(wanted) {
                let mask = masks.get(order as usize).copied().unwrap_or(0);
                found.extend((0..tips.len()).filter(|bit| mask >> bit & 1 == 1).map(|bit| round * 64 + bit));
            }
        }
        found
    }
}

fn reachable(parents: &[Vec<u32>], places: &HashMap<Oid, u32, Seeded>, tips: Option<&[Oid]>) -> Vec<bool> {
    let Some(tips) = tips else { return vec![true; parents.len()] };
    let mut reachable = vec![false; parents.len()];
    let mut rest: Vec<u32> = tips.iter().filter_map(|tip| places.get(tip).copied()).collect();
    while let Some(at) = rest.pop() {
        if !std::mem::replace(&mut reachable[at as usize], true) {
            rest.extend(&parents[at as usize]);
        }
    }
    reachable
}

/// The time of each commit, but later than those of its parents.
fn times(commits: &[Walked], parents: &[Vec<u32>]) -> Vec<i64> {
    let mut times: Vec<i64> = commits.iter().map(|commit| commit.time).collect();
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); commits.len()];
    let mut waiting: Vec<usize> = parents.iter().map(Vec::len).collect();
    for (at, parents) in parents.iter().enumerate() {
        parents.iter().for_each(|&parent| children[parent as usize].push(at as u32));
    }
    // commits in a circle, which only a forged index can make, keep their own
    let mut ready: Vec<u32> = (0..commits.len() as u32).filter(|&at| waiting[at as usize] == 0).collect();
    while let Some(at) = ready.pop() {
        for &child in &children[at as usize] {
            let child = child as usize;
            times[child] = times[child].max(times[at as usize].saturating_add(1));
            waiting[child] -= 1;
            if waiting[child] == 0 {
                ready.push(child as u32);
            }
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(name: u8, parents: &[u8], time: i64) -> Walked {
        let id = |name: u8| Oid::new([name; 20]);
        Walked { id: id(name), tree: id(0), parents: parents.iter().map(|&name| id(name)).collect(), time }
    }

    #[test]
    fn parents_come_first_whatever_the_clocks_said() {
        let commits = vec![
            commit(1, &[], 100),
            commit(2, &[1], 50),
            commit(3, &[1], 70),
            commit(4, &[2, 3], 10),
            commit(9, &[2], 1),
        ];
        let graph = Graph::new(commits, Some(&[Oid::new([4; 20])]));
        let order: Vec<u8> = graph.commits().iter().map(|commit| commit.id.bytes()[0]).collect();
        assert_eq!(order, [1, 2, 3, 4, 9]);
        assert!(graph.is_reachable(3) && !graph.is_reachable(4));
        let tips: Vec<Oid> = [3, 4, 9].map(|name| Oid::new([name; 20])).to_vec();
        assert_eq!(graph.leading_to(&[0, 1, 4], &tips), [vec![0, 1, 2], vec![1, 2], vec![2]]);
    }

    #[test]
    fn circles_end() {
        let graph = Graph::new(vec![commit(1, &[2], 1), commit(2, &[1], 2)], None);
        assert_eq!(graph.commits().len(), 2);
    }
}

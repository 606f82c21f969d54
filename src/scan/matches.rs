//! Matches and verdicts: what the detectors say, before anything is reported.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::finding::{Confidence, Encoding, Reason, Severity};
use crate::rules::Rule;
use crate::span::Span;

/// What is to become of a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A finding, with this confidence.
    Report(Confidence),
    /// No secret, for this reason. Still keeps weaker rules from reporting the same bytes.
    Drop(Reason),
}

/// One rule's opinion on one stretch of text.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    /// The rule.
    pub rule: &'static Rule,
    /// The secret.
    pub secret: Span,
    /// How specific the rule is: where matches overlap, the highest speaks.
    pub rank: Rank,
    /// How bad, where that depends on the value.
    pub severity: Severity,
    /// Reported or dropped.
    pub verdict: Verdict,
    /// Whether the secret could be found by guessing: see [`crate::stable_id`].
    pub guessable: bool,
    /// Encodings within the match itself, such as base64 of `user:password`.
    pub decoded: Vec<Encoding>,
    /// The steps of the judgement.
    pub reasons: Vec<Reason>,
    /// The secret as decoded, where the text holds it encoded only.
    pub plain: Option<Zeroizing<Vec<u8>>>,
    /// Matches out of one encoded text share a number, and their place; 0 for all others.
    pub group: u32,
}

impl Match {
    /// Makes it the match of a disabled rule: no finding, and in the way of none but those that go by a name. Whoever
    /// replaces a rule wants their own to speak; whoever wants silence would not like another name for the same thing.
    pub(crate) fn disable(&mut self) {
        self.rank = self.rank.min(Rank::Placed);
        self.verdict =
            Verdict::Drop(Reason { filter: "disabled", text: "its rule is disabled in the settings".into() });
    }

    /// Among rules of one rank: what is known to be public or a dummy outweighs what is reported, and that what was
    /// dropped for another reason.
    fn weight(&self) -> u8 {
        match &self.verdict {
            Verdict::Drop(reason) if matches!(reason.filter, "public" | "dummy") => 2,
            Verdict::Report(_) => 1,
            Verdict::Drop(_) => 0,
        }
    }
}

/// How specific a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// A value under a secret-like name.
    Assigned,
    /// A value in a known place: a header, a URL.
    Placed,
    /// A provider's shape in the provider's context, or a general token format.
    Context,
    /// A provider's prefix or a key format.
    Shape,
    /// A verified checksum.
    Verified,
}

/// Of overlapping matches, keeps the most specific; of equals the weightier, the longer, the first rule by id, the one that needed
/// less decoding. What is left is sorted by place.
pub(crate) fn settle(matches: &mut Vec<Match>) {
    matches.sort_by(|a, b| {
        (b.rank, b.weight(), b.secret.len(), a.secret.start, a.rule.id)
            .cmp(&(a.rank, a.weight(), a.secret.len(), b.secret.start, b.rule.id))
            .then_with(|| a.decoded.len().cmp(&b.decoded.len()))
    });
    // by start, those kept so far: no two overlap but those of one group, so neighbours decide
    let mut kept: BTreeMap<usize, (usize, u32)> = BTreeMap::new();
    matches.retain(|candidate| {
        let before = kept.range(..candidate.secret.end).next_back();
        let free = before.is_none_or(|(&start, &(end, group))| {
            end <= candidate.secret.start
                || (group != 0 && group == candidate.group && Span::new(start, end) == candidate.secret)
        });
        if free {
            kept.insert(candidate.secret.start, (candidate.secret.end, candidate.group));
        }
        free
    });
    matches.sort_by(|a, b| (a.secret, a.rule.id).cmp(&(b.secret, b.rule.id)));
}

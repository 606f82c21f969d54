//! Stored credentials among the matches: what the fingerprints recognise outranks what rules say of the same bytes.

use crate::fingerprint::{Finder, Hit};
use crate::rules::Rule;
use crate::span::Span;

use super::matches::{Match, Verdict};

/// The rule id of their findings.
pub(crate) const RULE: &str = crate::finding::STORED_RULE;
pub(super) const NAME: &str = "Stored credential";
pub(super) const WHY: &str =
    "This is a credential that is in use on this machine: whoever reads it here has what it opens.";
pub(super) const REMEDY: &str = "Remove it from here and replace it with a new one where it is used; `gate fingerprint list` shows where it is kept.";

/// What `gate rules show` says of it: there is no pattern to show.
pub(crate) fn page() -> String {
    format!(
        "{RULE}\n{NAME}\n\nseverity    critical\nconfidence  high\norigin      built-in; no setting of a project, allow \
         entry or mark silences it\n\nMatches     every credential that `gate fingerprint list` shows, by its keyed hash: at \
         any offset, and in\n            base64, hexadecimal, percent and backslash escapes, HTML entities, UTF-16, over \
         line breaks\nWhy         {WHY}\nRemedy      {REMEDY}\n"
    )
}

/// A stored credential, with the rule that matched it as well.
pub(super) struct Known {
    pub(super) hit: Hit,
    pub(super) rule: Option<&'static Rule>,
}

/// Takes out of `found` what the hits are, and adds hits for what stands deeper in encodings than the fingerprints
/// look. Sorted by place; where one lies in another, the outer names both.
pub(super) fn join(finder: &mut Finder<'_>, hits: Vec<Hit>, found: &mut Vec<Match>) -> Vec<Known> {
    let mut known: Vec<Known> = Vec::with_capacity(hits.len());
    for mut hit in hits {
        if let Some(outer) = known.last_mut().filter(|outer| outer.hit.span.contains(hit.span)) {
            note(&mut outer.hit, hit);
            continue;
        }
        // they begin together, and the longer comes later
        if let Some(inner) = known.pop_if(|inner| hit.span.contains(inner.hit.span)) {
            note(&mut hit, inner.hit);
        }
        known.push(Known { hit, rule: None });
    }
    found.retain(|matched| {
        let same = known.iter_mut().find(|known| is_same(known.hit.span, matched.secret));
        if let Some(known) = same {
            if matches!(matched.verdict, Verdict::Report(_)) {
                known.rule.get_or_insert(matched.rule);
            }
            return false;
        }
        let Some(plain) = &matched.plain else { return true };
        let Some(hit) = finder.find(plain).into_iter().next() else { return true };
        let mut decoded = matched.decoded.clone();
        decoded.extend(hit.decoded);
        known.push(Known { hit: Hit { span: matched.secret, decoded, ..hit }, rule: Some(matched.rule) });
        false
    });
    known.sort_by(|a, b| (a.hit.span, &a.hit.stored.label).cmp(&(b.hit.span, &b.hit.stored.label)));
    known
}

/// Names a credential that lies in another.
fn note(outer: &mut Hit, inner: Hit) {
    if outer.stored.label == inner.stored.label || outer.stored.also.contains(&inner.stored.label) {
        return;
    }
    let mut stored = (*outer.stored).clone();
    stored.also.push(inner.stored.label.clone());
    outer.stored = stored.into();
}

/// Whether a match is about the credential: they share most of the shorter one's bytes.
fn is_same(known: Span, matched: Span) -> bool {
    let shared = known.end.min(matched.end).saturating_sub(known.start.max(matched.start));
    shared * 2 > known.len().min(matched.len())
}

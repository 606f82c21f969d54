//! What no file of command knowledge can say of itself.

use crate::gate::decision::Decision;
use crate::gate::effect_kind::EffectKind;
use crate::gate::effects;
use crate::gate::evaluate::{Verdict, evaluate_until};
use crate::gate::policy::Policy;
use crate::gate::request::Request;
use crate::gate::sample::{SampleWorld, environment, folder};

use super::table::{Command, Rule};

mod wrapped;

include!(concat!(env!("OUT_DIR"), "/command_examples.rs"));

fn judge(command: &str) -> Verdict {
    let request = Request::new(command, folder());
    evaluate_until(&request, &Policy::default(), &environment(), &SampleWorld, None)
}

fn opinions(verdict: &Verdict) -> String {
    let lines: Vec<String> = verdict
        .matches
        .iter()
        .map(|found| format!("\n      {:5} {}: {}", found.decision.as_str(), found.id, found.reason))
        .collect();
    lines.concat()
}

#[test]
fn every_example_gets_its_verdict() {
    let wrong: Vec<String> = EXAMPLES
        .iter()
        .filter_map(|(place, text, wanted)| {
            let verdict = judge(text);
            (verdict.decision != *wanted).then(|| {
                let (wanted, got) = (wanted.as_str(), verdict.decision.as_str());
                format!("{place}: wanted {wanted}, got {got}\n    {text}{}", opinions(&verdict))
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), EXAMPLES.len(), wrong.join("\n"));
}

#[test]
fn at_least_250_programs_are_known() {
    let mut names: Vec<&str> = super::programs().map(|(name, _)| name).collect();
    assert!(names.is_sorted(), "lookup searches a sorted table");
    names.dedup();
    assert!(names.len() >= 250, "{}", names.len());
}

/// A plain word more, unquoted and unknown: it may be any option, and several words.
#[test]
fn an_unknown_word_makes_nothing_milder() {
    let plain = |text: &str| !text.contains(['|', '&', ';', '<', '>', '(', '`', '\n', '#', '\'', '"', '\\']);
    let milder: Vec<String> = EXAMPLES
        .iter()
        .filter(|(_, text, wanted)| *wanted != Decision::Allow && plain(text))
        .filter_map(|(place, text, wanted)| {
            let verdict = judge(&format!("{text} $UNSEEN"));
            // What stands as a word of its own may shift what follows from a refusal to a question, never further.
            let least = (*wanted).min(Decision::Ask);
            (verdict.decision < least).then(|| format!("{place}: {text} $UNSEEN{}", opinions(&verdict)))
        })
        .collect();
    assert!(milder.is_empty(), "{}", milder.join("\n"));
}

#[test]
fn suggestions_are_milder_than_the_rule_that_makes_them() {
    let mut wrong = Vec::new();
    for (_, command) in super::programs() {
        each_rule(command, &mut |rule| {
            if rule.suggestion.is_empty() {
                return;
            }
            let own = rule.decision.or_else(|| rule.effect.map(effects::usual)).unwrap_or(Decision::Ask);
            let own =
                if rule.effect.is_some_and(EffectKind::has_place) { own.max(Decision::Ask) } else { own };
            let verdict = judge(rule.suggestion);
            if verdict.decision >= own {
                let line = format!("{}: `{}`{}", rule.id, rule.suggestion, opinions(&verdict));
                if !wrong.contains(&line) {
                    wrong.push(line);
                }
            }
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn each_rule(command: &'static Command, visit: &mut impl FnMut(&'static Rule)) {
    command.rules.iter().for_each(&mut *visit);
    for sub in command.subs {
        each_rule(sub, visit);
    }
}

//! Credentials in the words of a command, and the machines they are meant for.

use crate::gate::address;
use crate::gate::credentials::is_secret_variable;
use crate::gate::decision::Decision;
use crate::gate::effect_kind::EffectKind;
use crate::gate::model::{Invocation, Mention, Part, Reading, Word};

use super::names::{fits, program};
use super::{HOMES, PROGRAMS_RESOLVERS, WORDS_AUTH_HEADERS, WORDS_AUTH_OPTIONS};

/// What variables that carry credentials deserve in the words of a command that reaches other machines: nothing where
/// they say who asks and the machine is theirs.
pub(super) fn judge(invocation: &Invocation, reading: &Reading) -> Option<(Decision, String)> {
    let mut worst = None;
    for mention in &reading.mentions {
        for part in &mention.word.parts {
            let Part::Unknown { source, .. } = part else { continue };
            if !is_secret_variable(source) {
                continue;
            }
            let hosts = hosts(reading);
            // nobody is asked but this machine
            if hosts.is_empty() && reading.mentions.iter().any(|mention| address::is_local(&mention.word)) {
                continue;
            }
            let known = !hosts.is_empty() && hosts.iter().all(Option::is_some);
            let theirs = known && hosts.iter().flatten().all(|host| is_home(variable_brand(source), host));
            let decision = match (says_who_asks(mention), theirs) {
                (true, true) => continue,
                // an address of the project's own that is in a variable as well
                (true, false) if !known => continue,
                (true, false)
                    if is_known_brand(variable_brand(source))
                        && !super::names::is(&PROGRAMS_RESOLVERS, invocation) =>
                {
                    Decision::Deny
                }
                (true, false) | (false, true) => Decision::Ask,
                (false, false) if known || named_far(reading) => Decision::Deny,
                (false, false) => Decision::Ask,
            };
            if worst.as_ref().is_none_or(|(other, _)| *other < decision) {
                worst = Some((decision, format!("`{source}`")));
            }
        }
    }
    worst
}

/// Whether a here-string hands a secret to a program that shows its input: `cat <<< "$TOKEN"`.
pub(super) fn is_said(invocation: &Invocation) -> bool {
    let crate::gate::model::Stdin::Text(text) = &invocation.stdin else { return false };
    super::names::is(&super::PROGRAMS_SHOWERS, invocation)
        && invocation.feeds.is_empty()
        && crate::gate::credentials::prints_secret_variable(text)
}

/// Whether everything in the words that is made by other commands says who asks.
pub(super) fn says_who(reading: &Reading) -> bool {
    let mut made = reading.mentions.iter().filter(|mention| is_made(&mention.word)).peekable();
    made.peek().is_some() && made.all(says_who_asks)
}

/// Whether the machines that are asked are those a program speaks for: `gh auth token` and GitHub.
pub(super) fn is_of(feeder: &Invocation, reading: &Reading) -> bool {
    let hosts = hosts(reading);
    !hosts.is_empty()
        && hosts.iter().all(|host| host.as_deref().is_none_or(|host| is_home(program(feeder), host)))
}

/// Whether some of a word is the output of a command.
fn is_made(word: &Word) -> bool {
    word.parts.iter().any(|part| matches!(part, Part::Unknown { source, .. } if source.starts_with("$(") || source.starts_with('`')))
}

/// Whether the word is a name below a known domain whose first part is made by a command.
pub(super) fn is_made_name(word: &Word) -> bool {
    is_made(word)
        && word.parts.windows(2).any(|pair| {
            matches!(pair, [Part::Unknown { .. }, Part::Text(text)] if text.starts_with('.') && text.len() > 3)
        })
}

/// Whether a word is where a request says who asks: a header for it, `-u`, the user of an address.
fn says_who_asks(mention: &Mention) -> bool {
    let header = mention.option.contains("header") || matches!(mention.option.as_str(), "-H");
    let start = mention.word.prefix();
    if fits(&WORDS_AUTH_OPTIONS, &mention.option) {
        return true;
    }
    if (header || mention.option.is_empty()) && fits(&WORDS_AUTH_HEADERS, start) {
        return true;
    }
    // `https://user:$TOKEN@host/`
    let address = start.split_once("://").is_some_and(|(_, rest)| !rest.contains('/'));
    let mut rest = mention.word.parts.iter().skip_while(|part| matches!(part, Part::Text(_)));
    rest.next();
    address && matches!(rest.next(), Some(Part::Text(text)) if text.starts_with('@'))
}

/// The hosts that a command speaks to; nothing for one that is not known.
fn hosts(reading: &Reading) -> Vec<Option<String>> {
    reading
        .effects
        .iter()
        .filter(|effect| {
            matches!(effect.kind, EffectKind::Sends | EffectKind::Fetches)
                && effect.source != crate::gate::knowledge::SENT
        })
        .filter_map(|effect| effect.target.as_ref())
        .filter(|target| !address::is_local(target))
        .map(host)
        .collect()
}

/// Whether some other machine stands in the words.
fn named_far(reading: &Reading) -> bool {
    reading.mentions.iter().any(|mention| {
        mention.option.is_empty()
            && mention.word.parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains('.')))
    })
}

fn host(word: &Word) -> Option<String> {
    let text: String = word
        .parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.as_str(),
            _ => "\0",
        })
        .collect();
    let rest = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = host.split(':').next().unwrap_or(host);
    // what is unknown in front of a known domain changes nothing
    let known = host.rsplit('\0').next().unwrap_or(host);
    (known.matches('.').count() >= 1 && (known == host || known.starts_with('.')))
        .then(|| host.to_ascii_lowercase())
}

/// The first word of a variable's name: `$GITHUB_TOKEN` is GitHub's.
fn variable_brand(source: &str) -> &str {
    let name = source.trim_start_matches(['$', '{']);
    let name = &name[..name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len())];
    name.split('_').next().unwrap_or(name)
}

/// Whether a name belongs to a service that has a host of its own.
fn is_known_brand(brand: &str) -> bool {
    HOMES.iter().any(|(name, _)| name.eq_ignore_ascii_case(brand))
}

/// Whether a host is one of those that credentials of this name are for.
fn is_home(brand: &str, host: &str) -> bool {
    let labels: Vec<&str> = host.rsplit('.').skip(1).collect();
    let brand = brand.to_ascii_lowercase();
    // of `a.b.co.uk` the third from the end counts
    let own = match labels.as_slice() {
        [second, third, ..]
            if second.len() <= 3 && matches!(*second, "co" | "com" | "org" | "net" | "gov" | "ac") =>
        {
            third
        }
        [second, ..] => second,
        [] => return false,
    };
    match HOMES.iter().find(|(name, _)| *name == brand) {
        Some((_, homes)) => homes.contains(own),
        None => brand.len() >= 3 && (*own == brand || own.starts_with(&brand) && brand.len() >= 4),
    }
}

//! Which invocations reach other machines.

use crate::gate::address;
use crate::gate::effect_kind::EffectKind;
use crate::gate::knowledge::words::written;
use crate::gate::model::{Invocation, Reading};
use crate::gate::paths::{self, Area};
use crate::gate::request::Environment;

use super::names::{fits, is};
use super::{
    PROGRAMS_APPLIERS, PROGRAMS_RESOLVERS, PROGRAMS_SENDERS, PROGRAMS_SENDERS_WITH_HOST, WORDS_KEEPERS,
};

/// How far what an invocation gets can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It stays here.
    Nowhere,
    /// It asks another machine for something: what stands in the question is seen there.
    Fetches,
    /// It hands something to another machine.
    Sends,
}

/// Where an invocation reaches.
pub(super) fn of(invocation: &Invocation, reading: &Reading, environment: &Environment) -> Reach {
    if socket(invocation, reading, environment) {
        return Reach::Sends;
    }
    if is(&PROGRAMS_APPLIERS, invocation) || keeps_secrets(reading, invocation) {
        return Reach::Nowhere;
    }
    if reading.command == "git push" {
        return Reach::Sends;
    }
    let mut reach = Reach::Nowhere;
    let mut local = false;
    for effect in &reading.effects {
        let here = effect.target.as_ref().is_some_and(address::is_local);
        local |= here;
        match effect.kind {
            _ if here => {}
            EffectKind::Sends | EffectKind::Publishes | EffectKind::RemoteChange => return Reach::Sends,
            EffectKind::Fetches => reach = Reach::Fetches,
            _ => {}
        }
    }
    if is(&PROGRAMS_SENDERS, invocation) && !local {
        let far = |mention: &&crate::gate::model::Mention| {
            mention.option.is_empty() && !address::is_local(&mention.word)
        };
        let here = reading.mentions.iter().any(|mention| address::is_local(&mention.word))
            || reading.command.is_empty() && invocation.words.iter().skip(1).any(address::is_local);
        let names_host = !is(&PROGRAMS_SENDERS_WITH_HOST, invocation)
            || reading.command.contains("s_client")
            || reading.mentions.iter().filter(far).any(|mention| {
                written(&mention.word).is_none_or(|text| text.contains(['.', '@']) && !text.starts_with('.'))
            });
        if !here && names_host {
            return if is(&PROGRAMS_RESOLVERS, invocation) { Reach::Fetches } else { Reach::Sends };
        }
    }
    // addresses may stand in a file of settings
    if reach == Reach::Nowhere && !local && is(&["curl", "wget"], invocation) && invocation.words.len() > 1 {
        return Reach::Sends;
    }
    reach
}

/// Whether it opens a connection that the shell makes: `/dev/tcp/host/port`.
pub(super) fn socket(invocation: &Invocation, reading: &Reading, environment: &Environment) -> bool {
    reading.effects.iter().any(|effect| {
        effect.kind != EffectKind::Lists
            && effect.kind.has_place()
            && effect.target.as_ref().is_some_and(|target| {
                target.prefix().starts_with("/dev/")
                    && paths::locate(target, invocation.cwd.as_ref(), environment)
                        .iter()
                        .any(|spot| spot.area == Area::Network)
            })
    })
}

/// Whether its output or input is such a connection by a redirection.
pub(super) fn is_socket(invocation: &Invocation) -> bool {
    invocation.redirects.iter().any(|redirect| {
        let target = redirect.target.prefix();
        target.starts_with("/dev/tcp/") || target.starts_with("/dev/udp/")
    })
}

/// Whether it puts secrets where secrets belong: `gh secret set`, `fly secrets import`.
fn keeps_secrets(reading: &Reading, invocation: &Invocation) -> bool {
    let sends =
        reading.effects.iter().any(|effect| effect.kind == EffectKind::Sends && effect.target.is_some());
    !sends
        && invocation
            .words
            .iter()
            .skip(1)
            .filter_map(|word| word.text())
            .filter(|word| !word.starts_with('-'))
            .take(3)
            .any(|word| fits(&WORDS_KEEPERS, word))
}

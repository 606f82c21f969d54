//! Credentials on their way out: one invocation of a request shows or reads them, another that gets its output reaches
//! the network.

use super::credentials;
use super::decision::Decision;
use super::effect_kind::EffectKind;
use super::effects::is_local_address;
use super::knowledge::words::shown;
use super::model::{Invocation, Opinion, Part, Reading, Word};
use super::paths::{self, Area};
use super::request::Environment;

/// Denies what sends credentials. `all` are the invocations of one request with their readings, in the order that
/// [`Invocation::feeds`] counts.
pub fn judge(all: &[(Invocation, Reading)], environment: &Environment) -> Vec<Opinion> {
    let mut out = Vec::new();
    let sinks: Vec<bool> =
        all.iter().map(|(invocation, reading)| reaches_network(invocation, reading, environment)).collect();
    if !sinks.contains(&true) {
        return out;
    }
    for (index, (invocation, reading)) in all.iter().enumerate() {
        let Some(what) = credential(invocation, reading, environment) else { continue };
        // what a client of a service prints comes out here, though the client reaches the network
        let printed = reading
            .effects
            .iter()
            .any(|effect| effect.kind == EffectKind::CredentialPrint && effect.target.is_none());
        let own = sinks[index] && !printed;
        if !(own || feeds_sink(index, all, &sinks)) {
            continue;
        }
        out.push(Opinion {
            id: "credential-sent".to_owned(),
            decision: Decision::Deny,
            reason: format!("{what} can reach another machine"),
            suggestion: None,
            span: invocation.span,
        });
    }
    out
}

/// Whether its output comes, through pipes and substitutions, to an invocation that reaches the network.
fn feeds_sink(from: usize, all: &[(Invocation, Reading)], sinks: &[bool]) -> bool {
    let mut seen = vec![false; all.len()];
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for &next in &all[at].0.feeds {
            if next < all.len() && !std::mem::replace(&mut seen[next], true) {
                if sinks[next] {
                    return true;
                }
                open.push(next);
            }
        }
    }
    false
}

fn reaches_network(invocation: &Invocation, reading: &Reading, environment: &Environment) -> bool {
    reading.effects.iter().any(|effect| {
        let network = matches!(
            effect.kind,
            EffectKind::Sends | EffectKind::Fetches | EffectKind::Publishes | EffectKind::RemoteChange
        );
        let local = effect.target.as_ref().is_some_and(is_local_address);
        let socket = effect.kind != EffectKind::Lists
            && effect.target.as_ref().is_some_and(|target| {
                effect.kind.has_place()
                    && paths::locate(target, invocation.cwd.as_ref(), environment)
                        .iter()
                        .any(|spot| spot.area == Area::Network)
            });
        network && !local || socket
    })
}

/// What credential an invocation brings out, in words.
fn credential(invocation: &Invocation, reading: &Reading, environment: &Environment) -> Option<String> {
    for effect in &reading.effects {
        match (effect.kind, &effect.target) {
            (EffectKind::CredentialPrint, Some(target)) => return Some(format!("`{}`", shown(target))),
            (EffectKind::CredentialPrint, None) => {
                return Some(format!("the credential that `{}` prints", reading.command));
            }
            (EffectKind::Shows | EffectKind::Reads | EffectKind::Sends, Some(target)) if is_file(target) => {
                let spots = paths::locate(target, invocation.cwd.as_ref(), environment);
                if credentials::is_credential_file(target, &spots, invocation.cwd.as_ref(), environment) {
                    return Some(format!("`{}`, which holds credentials,", shown(target)));
                }
            }
            _ => {}
        }
    }
    None
}

fn is_file(word: &Word) -> bool {
    !word.prefix().contains("://")
        && !matches!(word.parts.first(), None | Some(Part::Unknown { .. }) if word.parts.len() < 2)
}

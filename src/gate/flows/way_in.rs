//! Shells and programs given to whoever is at the other end of a connection, and code of others put where it runs later.

use crate::gate::decision::Decision;
use crate::gate::effect_kind::EffectKind;
use crate::gate::model::{Invocation, Opinion, Reading, Stdin, Word};
use crate::gate::paths::{self, Area};
use crate::gate::request::Environment;

use super::names::is;
use super::reach::{self, Reach};
use super::{PROGRAMS_CONNECTORS, PROGRAMS_SHELLS};

/// Looks for ways in.
pub(super) fn judge(all: &[(Invocation, Reading)], environment: &Environment) -> Vec<Opinion> {
    let mut out = Vec::new();
    for (index, (invocation, reading)) in all.iter().enumerate() {
        let mut deny = |id: &str, reason: &str| {
            out.push(Opinion {
                id: id.to_owned(),
                decision: Decision::Deny,
                reason: reason.to_owned(),
                suggestion: None,
                span: invocation.span,
            });
        };
        if is(&PROGRAMS_SHELLS, invocation) && takes_commands(invocation) {
            let connected = reach::socket(invocation, reading, environment)
                || matches!(&invocation.stdin, Stdin::File(file) if file.prefix().starts_with("/dev/tcp/") || file.prefix().starts_with("/dev/udp/"));
            let answers = !matches!(invocation.stdin, Stdin::Text(_) | Stdin::Empty)
                && leads_to(index, all, |(next, reading)| {
                    is(&PROGRAMS_CONNECTORS, next) && reach::of(next, reading, environment) != Reach::Nowhere
                        || reach::socket(next, reading, environment)
                });
            if connected || answers {
                deny("flow-way-in", "gives a shell to whoever is at the other end of a connection");
            }
        }
        if is(&["socat"], invocation) && joins_program(invocation) {
            deny("flow-way-in", "gives a program to whoever is at the other end of a connection");
        }
        if writes_start(invocation, reading, environment)
            && all.iter().enumerate().any(|(from, (other, reading))| {
                from != index
                    && reading.effects.iter().any(|effect| effect.kind == EffectKind::Fetches)
                    && other.feeds.contains(&index)
            })
        {
            deny("flow-fetched-code", "what comes from the network is put unseen where it runs later");
        }
    }
    out
}

/// Whether `socat` joins a program and a connection.
fn joins_program(invocation: &Invocation) -> bool {
    let words = || invocation.words.iter().skip(1).map(|word| word.prefix().to_ascii_lowercase());
    let begins = |word: &str, starts: &[&str]| starts.iter().any(|start| word.starts_with(start));
    words().any(|word| begins(&word, &["exec:", "system:", "shell:"]))
        && words().any(|word| {
            begins(
                &word,
                &["tcp", "udp", "openssl", "ssl", "sctp", "socks", "proxy", "vsock", "dtls", "dccp", "ws"],
            )
        })
}

/// Whether a shell reads its commands from its input: nothing but options stands after it.
fn takes_commands(invocation: &Invocation) -> bool {
    let mut words = invocation.words.iter().skip(1).map(Word::text);
    words.all(|word| word.is_some_and(|word| word.starts_with(['-', '+']) && word != "-c"))
}

/// Whether what an invocation writes gets to one that is so.
fn leads_to(
    from: usize,
    all: &[(Invocation, Reading)],
    wanted: impl Fn(&(Invocation, Reading)) -> bool,
) -> bool {
    let mut seen = vec![false; all.len()];
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for &next in &all[at].0.feeds {
            if next < all.len() && !std::mem::replace(&mut seen[next], true) {
                if wanted(&all[next]) {
                    return true;
                }
                open.push(next);
            }
        }
    }
    false
}

/// Whether an invocation writes a file that runs later: at login, by a timer, by git.
fn writes_start(invocation: &Invocation, reading: &Reading, environment: &Environment) -> bool {
    reading.effects.iter().any(|effect| {
        matches!(effect.kind, EffectKind::Writes | EffectKind::Overwrites)
            && effect.target.as_ref().is_some_and(|target| {
                paths::locate(target, invocation.cwd.as_ref(), environment).iter().any(|spot| {
                    matches!(spot.area, Area::Start | Area::Hooks | Area::RemoteAccess | Area::Critical)
                })
            })
    })
}

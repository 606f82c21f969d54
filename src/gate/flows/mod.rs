//! What gets from one command of a request into another: credentials on their way out, shells for whoever is at the
//! other end of a connection, code from the network into files that run later.
//!
//! ```text
//! source ─> carry (pipes, words, files of the line) ─> reach (network) ─> opinion
//! ```

mod carry;
mod endless;
mod home;
mod names;
mod process;
mod reach;
mod trees;
mod way_in;

use super::decision::Decision;
use super::knowledge::words::shown;
use super::model::{Invocation, Opinion, Reading, RedirectKind, World};
use super::request::Environment;

use carry::Carried;
use reach::Reach;

include!(concat!(env!("OUT_DIR"), "/flows.rs"));

/// Judges what flows. `all` are the invocations of one request with their readings, in the order that
/// [`Invocation::feeds`] counts.
pub fn judge(all: &[(Invocation, Reading)], environment: &Environment, world: &dyn World) -> Vec<Opinion> {
    let mut out = way_in::judge(all, environment);
    let reaches: Vec<Reach> =
        all.iter().map(|(invocation, reading)| reach::of(invocation, reading, environment)).collect();
    let fed_by = carry::feeders(all);
    let carried = carry::spread(all, &reaches, &fed_by, environment);
    for (index, (invocation, reading)) in all.iter().enumerate() {
        let mut say = |id: &str, decision: Decision, reason: String| {
            out.push(Opinion {
                id: id.to_owned(),
                decision,
                reason,
                suggestion: None,
                span: invocation.span,
            });
        };
        if reaches[index] != Reach::Nowhere {
            if let Some(what) = sent(index, all, &carried, &fed_by) {
                say("credential-sent", Decision::Deny, format!("{what} can reach another machine"));
            } else if let Some((decision, what)) = home::judge(invocation, reading) {
                say("credential-sent", decision, format!("gives {what} to another machine"));
            } else if let Some(reason) = data(index, all, &reaches, &fed_by) {
                say("data-sent", Decision::Ask, reason);
            }
        }
        if let Some(Carried { what, found: true, .. }) = &carried[index] {
            say("credential-print", Decision::Ask, format!("may print {what} as another command finds it"));
        }
        if let Some(Carried { what, file: Some(file), .. }) = &carried[index]
            && carry::shows(invocation, reading, file)
        {
            say(
                "credential-print",
                Decision::Ask,
                format!("prints `{}`, which comes from {what}", file.display()),
            );
        }
        if let Some(Carried { what, fed: true, .. }) = &carried[index]
            && invocation.feeds.is_empty()
            && names::is(&PROGRAMS_SPEAKERS, invocation)
            && !invocation.redirects.iter().any(|redirect| redirect.kind != RedirectKind::Read)
        {
            say("credential-print", Decision::Ask, format!("prints {what}"));
        }
        if home::is_said(invocation) {
            say(
                "credential-print",
                Decision::Ask,
                "prints a variable that carries a credential by its name".to_owned(),
            );
        }
        if let Some(file) = trees::comes_upon(index, all, environment, world) {
            let reason =
                format!("comes upon `{}`, which holds credentials, and prints what is in it", file.display());
            say("credential-print", Decision::Ask, reason);
        }
        if endless::fills(invocation) {
            say("endless", Decision::Ask, "writes to a file without an end".to_owned());
        }
        if let Some(reason) = process::judge(index, all, &fed_by) {
            say("process", Decision::Ask, reason);
        }
        if carry::links_in(invocation, &carried[index], environment) {
            say("credential-read", Decision::Ask, "makes a link to what holds credentials".to_owned());
        }
        if carry::is_printed(invocation, reading, carried[index].as_ref(), environment) {
            say("credential-print", Decision::Ask, "prints a file that holds credentials".to_owned());
        }
    }
    out
}

/// What credential an invocation that reaches the network gives away, in words.
fn sent(
    index: usize,
    all: &[(Invocation, Reading)],
    carried: &[Option<Carried>],
    fed_by: &[Vec<usize>],
) -> Option<String> {
    let (invocation, reading) = &all[index];
    if let Some(own) = &carried[index]
        && (!own.printed || reach::is_socket(invocation))
        && !own.fed
    {
        return Some(own.what.clone());
    }
    let only_says_who = home::says_who(reading);
    fed_by[index]
        .iter()
        .filter(|&&feeder| !(only_says_who && home::is_of(&all[feeder].0, reading)))
        .find_map(|&feeder| carried[feeder].as_ref().map(|carried| carried.what.clone()))
}

/// Data of this machine that goes out where nothing is sent on the face of it: in a name that is looked up, or written
/// so that it fits into an address.
fn data(
    index: usize,
    all: &[(Invocation, Reading)],
    reaches: &[Reach],
    fed_by: &[Vec<usize>],
) -> Option<String> {
    if reaches[index] != Reach::Fetches {
        return None;
    }
    let (invocation, reading) = &all[index];
    if names::is(&PROGRAMS_RESOLVERS, invocation)
        && reading.mentions.iter().any(|mention| home::is_made_name(&mention.word))
    {
        return Some(
            "looks up a name that is made of what is on this machine: whoever answers learns it".to_owned(),
        );
    }
    let encoder = fed_by[index].iter().find(|&&feeder| names::is(&PROGRAMS_ENCODERS, &all[feeder].0))?;
    Some(format!(
        "puts what `{}` writes into an address: whoever answers learns it",
        all[*encoder].0.words.first().map(shown).unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests;

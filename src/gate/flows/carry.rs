//! Which invocations carry a credential: they read or print one, or get it from another by a pipe, in their words, or
//! through a file that the request itself writes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use crate::gate::credentials;
use crate::gate::effect_kind::EffectKind;
use crate::gate::knowledge::words::shown;
use crate::gate::model::{Invocation, Part, Place, Reading, Stdin, Word};
use crate::gate::paths::{self, Area};
use crate::gate::request::Environment;

use super::names::{credential_in, fits, is, is_credential, plain_pattern, program};
use super::reach::Reach;
use super::{
    PROGRAMS_COPIERS, PROGRAMS_DIGESTERS, PROGRAMS_FINDERS, PROGRAMS_PRINTERS, PROGRAMS_SEARCHERS,
    PROGRAMS_SHELLS, WORDS_COMMITTED, WORDS_FILTERS, WORDS_PICKED, WORDS_SEARCHED,
};

/// Rounds after which what is carried no further is left: files may be read before they are written in loops only.
const ROUNDS: usize = 3;
/// Words of an input that are looked at as names of files.
const MOST_WORDS: usize = 256;

/// Files of the request that hold a credential, and which.
type Files = BTreeMap<PathBuf, String>;

/// A credential that an invocation carries.
#[derive(Clone, Debug)]
pub(super) struct Carried {
    /// What, in words.
    pub(super) what: String,
    /// Whether a client of a service prints it: that it reaches the network is no news then.
    pub(super) printed: bool,
    /// Whether it comes in by a pipe or in a word.
    pub(super) fed: bool,
    /// The file of the request that it was read from.
    pub(super) file: Option<PathBuf>,
    /// Whether it stands in a file that another command finds.
    pub(super) found: bool,
}

impl Carried {
    fn of(what: String) -> Self {
        Self { what, printed: false, fed: false, file: None, found: false }
    }
}

/// For each invocation, those whose output it gets.
pub(super) fn feeders(all: &[(Invocation, Reading)]) -> Vec<Vec<usize>> {
    let mut fed_by = vec![Vec::new(); all.len()];
    for (index, (invocation, _)) in all.iter().enumerate() {
        for &next in &invocation.feeds {
            if next < all.len() && !fed_by[next].contains(&index) {
                fed_by[next].push(index);
            }
        }
    }
    fed_by
}

/// What each invocation carries.
pub(super) fn spread(
    all: &[(Invocation, Reading)],
    reaches: &[Reach],
    fed_by: &[Vec<usize>],
    environment: &Environment,
) -> Vec<Option<Carried>> {
    let mut carried: Vec<Option<Carried>> = all
        .iter()
        .zip(reaches)
        .map(|((invocation, reading), reach)| source(invocation, reading, *reach, environment))
        .collect();
    let mut files: Files = BTreeMap::new();
    for _ in 0..ROUNDS {
        let mut changed = false;
        for (index, (invocation, reading)) in all.iter().enumerate() {
            if carried[index].is_none() {
                carried[index] = from_files(invocation, reading, &files)
                    .or_else(|| found(&fed_by[index], all, invocation, reading, environment));
                changed |= carried[index].is_some();
            }
            let Some(own) = &carried[index] else { continue };
            let what = own.what.clone();
            for &next in &invocation.feeds {
                if next < all.len() && carried[next].is_none() && !is(&PROGRAMS_DIGESTERS, invocation) {
                    carried[next] = Some(Carried { fed: true, ..Carried::of(what.clone()) });
                    changed = true;
                }
            }
            for path in written(invocation, reading, environment) {
                if let Entry::Vacant(file) = files.entry(path) {
                    file.insert(what.clone());
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    carried
}

/// The credential that an invocation brings out by itself.
fn source(
    invocation: &Invocation,
    reading: &Reading,
    reach: Reach,
    environment: &Environment,
) -> Option<Carried> {
    let cwd = invocation.cwd.as_ref();
    if let Some(what) = printer(invocation) {
        return Some(Carried {
            printed: true,
            ..Carried::of(format!("the credential that `{what}` prints"))
        });
    }
    for effect in &reading.effects {
        match (effect.kind, &effect.target) {
            (EffectKind::CredentialPrint, Some(target)) => {
                return Some(Carried::of(format!("`{}`", shown(target))));
            }
            (EffectKind::CredentialPrint, None) => {
                return Some(Carried {
                    printed: effect.source != "code",
                    ..Carried::of(format!("the credential that `{}` prints", reading.command))
                });
            }
            (EffectKind::Shows | EffectKind::Reads | EffectKind::Sends | EffectKind::Moves, Some(target))
                if is_file(target) =>
            {
                let spots = paths::locate(target, cwd, environment);
                if credentials::is_credential_file(target, &spots, cwd, environment) {
                    return Some(Carried::of(holds(target)));
                }
            }
            _ => {}
        }
    }
    if let Stdin::File(file) = &invocation.stdin {
        let spots = paths::locate(file, cwd, environment);
        if credentials::is_credential_file(file, &spots, cwd, environment) {
            return Some(Carried::of(holds(file)));
        }
    }
    let links = is(&["ln", "link"], invocation);
    if reach != Reach::Sends && !adds_to_git(invocation) && !links {
        return None;
    }
    let mut named = reading.mentions.iter().find_map(|mention| {
        if fits(&WORDS_FILTERS, &mention.option) || brings_here(invocation, &mention.word) {
            return None;
        }
        credential_in(mention.word.text()?, cwd, environment).map(str::to_owned)
    });
    // nothing is known of the words of these
    if named.is_none() && (reading.command.is_empty() || adds_to_git(invocation) || links) {
        let mut words = invocation.words.iter().skip(1).filter_map(Word::text);
        named = words.find_map(|word| credential_in(word, cwd, environment).map(str::to_owned));
    }
    let named = named.or_else(|| match &invocation.stdin {
        // commands of a client of files, settings of curl
        Stdin::Text(text)
            if matches!(
                program(invocation),
                "sftp" | "ftp" | "lftp" | "tftp" | "curl" | "wget" | "smbclient"
            ) =>
        {
            let text = text.text()?.replace("\\n", "\n");
            let mut words = text.split_whitespace().take(MOST_WORDS);
            words.find_map(|word| credential_in(word, cwd, environment).map(str::to_owned))
        }
        _ => None,
    })?;
    let name = named.rsplit('/').next().unwrap_or(&named);
    let forced =
        || invocation.words.iter().any(|word| matches!(word.text(), Some("-f" | "--force" | "-Af" | "-fA")));
    if adds_to_git(invocation) && fits(&WORDS_COMMITTED, name) && !forced() {
        return None;
    }
    Some(Carried::of(format!("`{named}`, which holds credentials,")))
}

/// The command that prints a secret, if it is one of those.
fn printer(invocation: &Invocation) -> Option<String> {
    let name = program(invocation);
    let known = |entry: &&&str| match entry.strip_prefix(name) {
        Some(rest) => rest.is_empty() || rest.starts_with(' '),
        None => entry.ends_with('*') && fits(&[entry], name),
    };
    if !PROGRAMS_PRINTERS.iter().any(|entry| known(&entry)) {
        return None;
    }
    let words: Vec<&str> = invocation.words.iter().skip(1).filter_map(Word::text).take(8).collect();
    PROGRAMS_PRINTERS.iter().filter(known).find_map(|entry| {
        let mut rest = entry.split(' ').skip(1).peekable();
        // `pass` by itself lists
        let found = match rest.peek() {
            None => words.first().is_some_and(|word| !word.starts_with('-')),
            Some(_) => {
                let mut words = words.iter();
                rest.all(|wanted| words.any(|word| *word == wanted))
            }
        };
        found.then(|| (*entry).to_owned())
    })
}

fn adds_to_git(invocation: &Invocation) -> bool {
    program(invocation) == "git"
        && invocation.words.iter().skip(1).take(6).any(|word| matches!(word.text(), Some("add" | "stage")))
}

/// Whether the word is where something from another machine is put: the last operand after an address.
fn brings_here(invocation: &Invocation, word: &Word) -> bool {
    let is_far = |word: &Word| {
        let prefix = word.prefix();
        prefix.contains("://")
            || prefix.split_once(':').is_some_and(|(host, _)| host.len() > 1 && !host.contains('/'))
    };
    let at = invocation.words.iter().position(|other| other == word);
    at.is_some_and(|at| at > 0 && invocation.words[1..at].iter().any(is_far))
}

fn holds(word: &Word) -> String {
    format!("`{}`, which holds credentials,", shown(word))
}

fn is_file(word: &Word) -> bool {
    !word.prefix().contains("://")
        && !matches!(word.parts.first(), None | Some(Part::Unknown { .. }) if word.parts.len() < 2)
}

/// A file of the request that holds a credential, and is read.
fn from_files(invocation: &Invocation, reading: &Reading, files: &Files) -> Option<Carried> {
    if files.is_empty() || invocation.place != Place::Local {
        return None;
    }
    let read = reading.effects.iter().filter(|effect| {
        matches!(effect.kind, EffectKind::Shows | EffectKind::Reads | EffectKind::Sends | EffectKind::Moves)
    });
    let targets = read.filter_map(|effect| effect.target.as_ref());
    let mentions = reading.mentions.iter().map(|mention| &mention.word);
    let stdin = match &invocation.stdin {
        Stdin::File(file) => Some(file),
        _ => None,
    };
    targets
        .chain(mentions)
        .chain(stdin)
        .filter_map(|word| path(word, invocation))
        .find_map(|path| {
            let what = path.ancestors().find_map(|above| files.get(above))?;
            Some(Carried { file: Some(path), ..Carried::of(what.clone()) })
        })
        .or_else(|| {
            // what was added to a repository leaves with the next push
            let pushes = reading.command == "git push";
            let (_, what) = files.iter().find(|(file, _)| pushes && file.ends_with(".git"))?;
            Some(Carried::of(what.clone()))
        })
}

/// A credential file that another command finds, and this one reads: `find . -name .env | xargs cat`.
fn found(
    fed_by: &[usize],
    all: &[(Invocation, Reading)],
    invocation: &Invocation,
    reading: &Reading,
    environment: &Environment,
) -> Option<Carried> {
    let reads = reading.effects.iter().any(|effect| {
        matches!(effect.kind, EffectKind::Shows | EffectKind::Reads | EffectKind::Sends)
            && effect.target.as_ref().is_some_and(Word::is_unknown)
    });
    if !reads {
        return None;
    }
    let cwd = invocation.cwd.as_ref();
    let feeders = fed_by.iter().map(|&feeder| &all[feeder]);
    let mut names = feeders.filter_map(|(feeder, reading)| {
        let mut patterns =
            reading.mentions.iter().filter_map(|mention| mention.word.text()).map(plain_pattern);
        if is(&PROGRAMS_FINDERS, feeder) {
            return patterns.find(|name| is_credential(name, cwd, environment));
        }
        // a list of names, of which only some are let through
        let picks = is(&PROGRAMS_SEARCHERS, feeder) && matches!(feeder.stdin, Stdin::Pipe(_));
        patterns.find(|name| picks && fits(&WORDS_PICKED, name))
    });
    let name = names.next()?;
    Some(Carried { found: true, ..Carried::of(format!("`{name}`, which holds credentials,")) })
}

/// The files that an invocation may put what it carries into.
fn written(invocation: &Invocation, reading: &Reading, environment: &Environment) -> Vec<PathBuf> {
    if invocation.place != Place::Local {
        return Vec::new();
    }
    if adds_to_git(invocation) {
        return vec![environment.workspace.join(".git")];
    }
    let effects = reading
        .effects
        .iter()
        .filter(|effect| matches!(effect.kind, EffectKind::Writes | EffectKind::Overwrites));
    let mut words: Vec<&Word> = effects.filter_map(|effect| effect.target.as_ref()).collect();
    if is(&PROGRAMS_COPIERS, invocation) {
        words.extend(reading.mentions.iter().map(|mention| &mention.word));
    }
    words
        .into_iter()
        .filter_map(|word| path(word, invocation))
        .filter(|path| !path.starts_with("/dev"))
        .collect()
}

/// The path of a word that is wholly known.
fn path(word: &Word, invocation: &Invocation) -> Option<PathBuf> {
    use crate::gate::model::Cwd;
    let text = word.text().filter(|text| !text.is_empty() && text.len() < 4096 && !text.contains('\n'))?;
    let text = text.rsplit_once('@').map_or(text, |(_, file)| file);
    match (text.starts_with('/'), &invocation.cwd) {
        (true, _) => Some(paths::normal(Path::new(text))),
        (false, Some(Cwd::Known(cwd))) => Some(paths::normal(&cwd.join(text))),
        _ => None,
    }
}

/// Whether a link is made to credentials that lie outside the workspace.
pub(super) fn links_in(
    invocation: &Invocation,
    carried: &Option<Carried>,
    environment: &Environment,
) -> bool {
    is(&["ln", "link"], invocation)
        && carried.is_some()
        && invocation
            .words
            .iter()
            .skip(1)
            .filter(|word| !word.prefix().starts_with('-'))
            .take(1)
            .any(|word| path(word, invocation).is_some_and(|path| !path.starts_with(&environment.workspace)))
}

/// Whether what is read of a file comes out.
pub(super) fn shows(invocation: &Invocation, reading: &Reading, file: &Path) -> bool {
    reading.effects.iter().any(|effect| {
        effect.kind == EffectKind::Shows
            && effect
                .target
                .as_ref()
                .and_then(|target| path(target, invocation))
                .is_some_and(|path| path == file)
    })
}

/// Whether git shows a credential file as it is or was: `git show HEAD:.env`, `git diff -- .env`.
fn shows_old(invocation: &Invocation, reading: &Reading, environment: &Environment) -> bool {
    let words: Vec<&str> = invocation.words.iter().skip(1).filter_map(Word::text).collect();
    let has = |names: &[&str]| words.iter().any(|word| names.contains(word));
    let shows = has(&["show", "cat-file", "diff", "blame", "annotate", "archive", "difftool"])
        || has(&["log", "stash"]) && has(&["-p", "--patch", "-u"]);
    let quiet = has(&["--stat", "--name-only", "--name-status", "--quiet", "--shortstat", "-q", "-e", "-t"]);
    let named = |word: &str| {
        let path = word.rsplit_once(':').map_or(word, |(_, path)| path);
        is_credential(path, invocation.cwd.as_ref(), environment)
    };
    shows && !quiet && words.iter().skip(1).any(|word| named(word)) && !reading.command.is_empty()
}

/// Whether a credential file comes out on standard output although the program only reads it: `cp .env /dev/stdout`,
/// `tar cO .env`.
pub(super) fn is_printed(
    invocation: &Invocation,
    reading: &Reading,
    carried: Option<&Carried>,
    environment: &Environment,
) -> bool {
    let cwd = invocation.cwd.as_ref();
    if program(invocation) == "git" {
        return shows_old(invocation, reading, environment);
    }
    if is(&PROGRAMS_SEARCHERS, invocation) {
        return reading.mentions.iter().any(|mention| {
            WORDS_SEARCHED.contains(&mention.option.as_str())
                && mention.word.text().is_some_and(|text| {
                    !text.starts_with('!') && is_credential(&plain_pattern(text), cwd, environment)
                })
        });
    }
    // whoever reads one carries one
    let reads = carried.is_some_and(|carried| !carried.fed)
        && reading.effects.iter().any(|effect| {
            effect.kind == EffectKind::Reads
                && effect.target.as_ref().is_some_and(|target| {
                    is_file(target)
                        && credentials::is_credential_file(
                            target,
                            &paths::locate(target, cwd, environment),
                            cwd,
                            environment,
                        )
                })
        });
    if !reads || is(&PROGRAMS_SHELLS, invocation) {
        return false;
    }
    let mut writes = reading
        .effects
        .iter()
        .filter(|effect| matches!(effect.kind, EffectKind::Writes | EffectKind::Overwrites));
    let to_stream = writes.clone().filter_map(|effect| effect.target.as_ref()).any(|target| {
        target.prefix().starts_with("/dev/")
            && paths::locate(target, cwd, environment).iter().any(|spot| spot.area == Area::Stream)
            && target.text() != Some("/dev/null")
    });
    let names_output = || {
        let file = |mention: &crate::gate::model::Mention| {
            mention.word.text().is_some_and(|text| text.len() > 1 && text.contains('.'))
        };
        reading.mentions.iter().any(file)
    };
    to_stream || is(&PROGRAMS_COPIERS, invocation) && writes.next().is_none() && !names_output()
}

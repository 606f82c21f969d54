//! The credentials that a machine holds: read from the stores of the table, from variables, and from the `.env` files of
//! the repository at hand.
//!
//! Nothing here prints or keeps a value: it is handed on in memory that is zeroed, and what goes wrong is said without
//! a word of what was read.

mod files;
mod formats;
mod keychain;
mod pick;
mod sqlite;
mod tree;
mod wal;

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::rules::stores::{CredentialStore, Holds, STORES, VARIABLES};

use super::keychain::Keychain;
use super::record::Record;
use super::store::{Added, Store};
use super::strength::{Strength, judge};

pub use files::{Machine, Variables};
use tree::Leaf;

/// Larger text files hold no settings.
const TEXT_LIMIT: u64 = 8 << 20;
const DATABASE_LIMIT: u64 = 128 << 20;

/// What databases of SQLite begin with.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// One credential on its way to the store.
pub struct Credential {
    /// Its record, without length and value.
    pub record: Record,
    /// Its value.
    pub value: Zeroizing<Vec<u8>>,
    /// How well its store knows the place, less is better.
    rank: (usize, bool, usize),
}

/// What was looked at, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Looked {
    /// Id of the store; `environment` for variables.
    pub source: String,
    /// The tool's name.
    pub tool: String,
    /// The file, with `~` for the home folder, or the variable.
    pub place: String,
    /// How many credentials were found.
    pub found: usize,
    /// What was found and not taken, and what could not be read; without values.
    pub notes: Vec<String>,
    /// Whether others than the owner can read it.
    pub exposed: bool,
}

/// Reads all sources of the machine.
pub fn look(machine: &Machine, keychain: &dyn Keychain, today: u32) -> (Vec<Credential>, Vec<Looked>) {
    let mut credentials = Vec::new();
    let mut looked = Vec::new();
    // a file that several stores name is read for each, as each knows other fields of it
    for store in &STORES {
        for path in machine.files(store) {
            looked.push(read_file(machine, store, &path, today, &mut credentials));
        }
    }
    for variable in VARIABLES.iter().filter(|variable| matches!(variable.holds, Holds::Secret | Holds::Url)) {
        let Some(value) = (machine.variable)(variable.name) else { continue };
        let Ok(text) = value.into_string().map(Zeroizing::new) else { continue };
        let mut seen = Looked {
            source: "environment".to_owned(),
            tool: variable.provider.to_owned(),
            place: format!("${}", variable.name),
            ..Looked::default()
        };
        let picked = match variable.holds {
            Holds::Url => pick::user_info(&text),
            _ => pick::values(&text),
        };
        for picked in picked {
            take(
                picked,
                "environment",
                &seen.place.clone(),
                variable.name,
                None,
                today,
                &mut credentials,
                &mut seen,
            );
        }
        looked.push(seen);
    }
    looked.extend(keychain::look(machine, keychain, today, &mut credentials));
    (credentials, looked)
}

/// Reads one file of a store.
fn read_file(
    machine: &Machine,
    store: &CredentialStore,
    path: &Path,
    today: u32,
    found: &mut Vec<Credential>,
) -> Looked {
    let mut looked = Looked {
        source: store.id.to_owned(),
        tool: store.tool.to_owned(),
        place: machine.shown(path),
        exposed: path.starts_with(&machine.home) && is_exposed(store, path),
        ..Looked::default()
    };
    if store.fields.is_empty() {
        looked.notes.push("not read: it is encrypted, or holds nothing in a form of its own".to_owned());
        return looked;
    }
    let bytes = match read_bytes(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            looked.notes.push(format!("not read: {error}"));
            return looked;
        }
    };
    let tree = match formats::read(path, store.format, &bytes) {
        Ok(tree) => tree,
        Err(trouble) => {
            looked.notes.push(format!("not read: it {trouble}"));
            return looked;
        }
    };
    for leaf in tree::leaves(&tree) {
        let Some((pattern, name)) = wanted(store, path, &leaf) else { continue };
        let mut label = store.id.to_owned();
        let (mut scope, mut profile) = (None, None);
        for open in tree::open_names(pattern, &leaf.path) {
            if open.bytes().all(|byte| byte.is_ascii_digit()) && open.len() < 4 {
                continue;
            }
            let shown = public_name(open);
            if shown.contains('.') || shown.contains("//") {
                scope.get_or_insert(shown.clone());
            } else if open != name {
                profile.get_or_insert(shown.clone());
            }
            if open != name {
                label += &format!(" {shown}");
            }
        }
        let name = public_name(&name);
        let label = if name.is_empty() { label } else { format!("{label} {name}") };
        for picked in picked(store, pattern, &leaf) {
            let names: Vec<String> = leaf.path.iter().map(|name| public_name(name)).collect();
            let place = format!(
                "{}#/{}{}",
                looked.place,
                names.join("/"),
                if picked.part.is_empty() { "" } else { "#" }
            );
            let rank = rank(store, path, pattern);
            if let Some(known) = found
                .iter_mut()
                .find(|known| known.record.place == place && *known.value == *picked.value.trim_ascii())
            {
                // several tools share the file: whoever knows best what stands there speaks
                if known.rank <= rank {
                    continue;
                }
                let mut taken = Vec::new();
                take(picked, store.id, &place, &label, leaf.expires, today, &mut taken, &mut looked);
                if let Some(mut credential) = taken.pop() {
                    credential.rank = rank;
                    credential.record.scope = scope.clone();
                    credential.record.profile = profile.clone();
                    name.clone_into(&mut credential.record.kind);
                    *known = credential;
                }
                continue;
            }
            let before = found.len();
            take(picked, store.id, &place, &label, leaf.expires, today, found, &mut looked);
            if let Some(credential) = found.get_mut(before) {
                credential.rank = rank;
                credential.record.scope = scope.clone();
                credential.record.profile = profile.clone();
                name.clone_into(&mut credential.record.kind);
            }
        }
    }
    looked.notes.sort();
    looked.notes.dedup();
    looked
}

/// How well a store knows a place: by a pattern that leaves little open, in a file that has its name, as one of few.
fn rank(store: &CredentialStore, path: &Path, pattern: &str) -> (usize, bool, usize) {
    let own = path
        .file_name()
        .is_some_and(|name| name.to_string_lossy().trim_start_matches(['.', '_']) == store.id);
    (pattern.matches('*').count(), !own, store.files().len())
}

/// The pattern by which a text of a store is wanted, and the name to call it by.
fn wanted(store: &CredentialStore, path: &Path, leaf: &Leaf) -> Option<(&'static str, String)> {
    let last = leaf.path.iter().rev().find(|name| !name.bytes().all(|byte| byte.is_ascii_digit()));
    let name = last.cloned().unwrap_or_default();
    if leaf.path.is_empty() {
        // a whole file: one value, or a key
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let whole = store.fields.contains(&"")
            && !file.ends_with(".pub")
            && (leaf.text.lines().count() <= 2
                || leaf.text.contains("PRIVATE KEY")
                || leaf.text.contains("SECRET-KEY"));
        return whole.then_some(("", file));
    }
    let pattern = store.fields.iter().find(|pattern| tree::fits(pattern, &leaf.path)).copied();
    let vague = matches!(store.format, "dotenv" | "shell")
        || pattern.is_some_and(|pattern| pattern.ends_with("/env/*"));
    match pattern {
        // of settings with anything in them, what its name or value says
        Some(pattern) if vague => {
            let known =
                VARIABLES.iter().any(|variable| variable.name == name && variable.holds == Holds::Secret);
            let secret =
                (known || pick::says_secret(&name)) && pick::is_value(&name, leaf.text.trim().as_bytes());
            (secret || !pick::user_info(&leaf.text).is_empty()).then_some((pattern, name))
        }
        Some(pattern) => Some((pattern, name)),
        // of a file that many tools share, each its own
        None if matches!(store.format, "netrc") => None,
        None => {
            let telling = pick::says_secret(&name) && pick::is_value(&name, leaf.text.trim().as_bytes());
            (telling || !pick::user_info(&leaf.text).is_empty()).then_some(("/**", name))
        }
    }
}

fn picked(store: &CredentialStore, pattern: &str, leaf: &Leaf) -> Vec<pick::Picked> {
    match store.id {
        // user:password
        "bundler" => {
            let mut all = pick::values(&leaf.text);
            if let Some((_, password)) = leaf.text.split_once(':').filter(|(_, rest)| !rest.starts_with("//"))
            {
                all = pick::values(password);
            }
            all
        }
        // host=token pairs
        "nix" => leaf
            .text
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .flat_map(|(_, token)| pick::values(token))
            .collect(),
        _ if pattern == "/**" && !pick::user_info(&leaf.text).is_empty() => pick::user_info(&leaf.text),
        _ => pick::values(&leaf.text),
    }
}

/// Takes a value if it can be told from ordinary text.
#[expect(
    clippy::too_many_arguments,
    reason = "one call site each for files and variables, and no state to share"
)]
fn take(
    picked: pick::Picked,
    source: &str,
    place: &str,
    label: &str,
    expires: Option<i64>,
    today: u32,
    found: &mut Vec<Credential>,
    looked: &mut Looked,
) {
    let label = if picked.part.is_empty() { label.to_owned() } else { format!("{label} {}", picked.part) };
    let value = picked.value.trim_ascii();
    if value.is_empty() {
        return;
    }
    match judge(value) {
        Strength::Refused(why) => {
            looked.notes.push(format!("{label}: not taken: {why}"));
            return;
        }
        Strength::Bounded(why) => looked.notes.push(format!("{label}: {why}")),
        Strength::Strong => {}
    }
    let mut record = Record::new(&label, source, today);
    place.clone_into(&mut record.place);
    record.expires = expires;
    looked.found += 1;
    found.push(Credential { record, value: Zeroizing::new(value.to_vec()), rank: (0, false, 0) });
}

/// A name as far as it may be shown: names can hold secrets too.
fn public_name(name: &str) -> String {
    let host = name.split_once("://").map_or(name, |(_, rest)| rest);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let secret = host
        .split(['/', ':', ' ', '?', '&', '='])
        .any(|part| pick::is_token_like(part.as_bytes()) && !part.contains('.'));
    if secret || name.chars().count() > 120 {
        return "…".to_owned();
    }
    host.trim_matches('"').chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn read_bytes(path: &Path) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("is no file"));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(
        usize::try_from(metadata.len().min(DATABASE_LIMIT)).unwrap_or(0) + 1,
    ));
    let mut file = fs::File::open(path)?;
    file.by_ref().take(DATABASE_LIMIT).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > TEXT_LIMIT && !bytes.starts_with(SQLITE) {
        return Err(std::io::Error::other("is larger than settings are"));
    }
    if bytes.starts_with(SQLITE) {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        // without one, all is in the database
        if fs::metadata(&log).is_ok_and(|metadata| metadata.is_file()) {
            let mut text = Zeroizing::new(Vec::new());
            fs::File::open(&log)?.take(DATABASE_LIMIT).read_to_end(&mut text)?;
            return Ok(wal::merged(bytes, &text));
        }
    }
    Ok(bytes)
}

#[cfg(unix)]
fn is_exposed(store: &CredentialStore, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Some(widest) = store.mode else { return false };
    fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o077 & !widest != 0)
}

#[cfg(not(unix))]
fn is_exposed(_: &CredentialStore, _: &Path) -> bool {
    false
}

/// What a synchronization changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New entries.
    pub new: usize,
    /// Entries whose value is another now.
    pub rotated: usize,
    /// Entries seen again.
    pub same: usize,
}

/// Brings `store` up to date with what was found.
pub fn apply(store: &mut Store, credentials: Vec<Credential>) -> Changes {
    let mut changes = Changes::default();
    let mut labels: HashMap<String, (String, usize)> = HashMap::new();
    for Credential { mut record, value, .. } in credentials {
        // one label leads to one place
        let (place, count) = labels.entry(record.label.clone()).or_insert_with(|| (record.place.clone(), 0));
        *count += 1;
        if *count > 1 {
            let file = PathBuf::from(record.place.split('#').next().unwrap_or_default());
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            record.label +=
                &if *place == record.place { format!(" #{count}") } else { format!(" ({name} #{count})") };
        }
        match store.add(&value, judge(value.trim_ascii()), record) {
            Added::New => changes.new += 1,
            Added::Same => changes.same += 1,
            Added::Rotated => changes.rotated += 1,
        }
    }
    changes
}

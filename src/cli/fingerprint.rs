//! `gate fingerprint`: which credentials this machine really holds.

use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::config;
use crate::exit::ExitStatus;
use crate::finding::Skipped;
use crate::fingerprint::health;
use crate::fingerprint::keychain::SystemKeychain;
use crate::fingerprint::share;
use crate::fingerprint::sources::{self, Changes, Looked, Machine};
use crate::fingerprint::strength::{Strength, judge};
use crate::fingerprint::{self, Added, FileError, Key, KeyPlace, LONGEST, Locked, Matcher, Places, Record};
use crate::gate::request::StoredCredentials;
use crate::report::write_json;
use crate::sanitize;

use super::args::ListFormat;

/// `gate fingerprint`
#[derive(Debug, Args)]
pub struct Fingerprint {
    /// What to do with fingerprints.
    #[command(subcommand)]
    pub command: FingerprintCommand,
    /// Where to keep the key of the store from now on: it is moved there
    #[arg(long, global = true, value_enum, value_name = "PLACE")]
    pub key: Option<KeptIn>,
}

/// Where the key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeptIn {
    /// In a file beside the store, readable by its owner only
    File,
    /// In the keychain of the system
    Keychain,
}

/// What to do with fingerprints.
#[derive(Debug, Subcommand)]
pub enum FingerprintCommand {
    /// Read the credential stores of this machine and know what they hold
    ///
    /// Looks at the files of some 275 tools, environment variables and the .env files of the repository at hand. Values
    /// that changed are known as before too, marked as rotated. Prints no value.
    Sync {
        /// Form of what it says
        #[arg(long, value_enum, default_value_t = ListFormat::Text, value_name = "FORMAT")]
        format: ListFormat,
    },
    /// Say which stores this machine has, and what is found in them, without values
    ///
    /// As JSON: an array of objects with `source`, `tool`, `place`, `found`, `notes`, `exposed`.
    Sources {
        /// Form of the list
        #[arg(long, value_enum, default_value_t = ListFormat::Text, value_name = "FORMAT")]
        format: ListFormat,
    },
    /// Add a credential of your own; its value is read from standard input, or asked for without showing it
    ///
    /// Only keyed hashes of the value are kept. The value is never an argument, as those stand in the shell's history
    /// and in the list of processes.
    Add(Add),
    /// List the credentials that are known, without their values
    ///
    /// As JSON: an array sorted by label, each entry with `label`, `source`, `place`, `scope`, `profile`, `kind`,
    /// `length`, `first_seen` and `last_seen` (days as 2026-11-25), `rotated`, `expires` (seconds since 1970),
    /// `age_days`, `expired`, `weak`.
    List {
        /// Only those in use for more than 90 days, and those that have expired
        #[arg(long)]
        age: bool,
        /// Form of the list
        #[arg(long, value_enum, default_value_t = ListFormat::Text, value_name = "FORMAT")]
        format: ListFormat,
    },
    /// Write the fingerprints for others to know these credentials by: CI runners of a team
    ///
    /// The file is sealed with the team's key; without it, it says nothing but its size. Values that could be guessed
    /// are left out and listed. The key file is made if there is none; give it to those who shall recognise the
    /// credentials, and not into the repository.
    Export {
        /// The file with the team's key
        #[arg(long, value_name = "KEYFILE")]
        team: PathBuf,
        /// Where to write to
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
        /// Leave out labels, sources, scopes and profiles
        #[arg(long)]
        no_labels: bool,
    },
    /// Know the credentials of an export too
    Import {
        /// The export
        file: PathBuf,
        /// The file with the team's key, or - for standard input
        #[arg(long, value_name = "KEYFILE")]
        team: PathBuf,
        /// What to call it here; an earlier import of this name is replaced
        #[arg(long, value_name = "NAME", default_value = "team")]
        name: String,
    },
    /// Forget a credential, and what it was before it was rotated
    Remove {
        /// Its label
        #[arg(required = true, value_name = "LABEL")]
        labels: Vec<String>,
    },
    /// Give a credential another label
    Rename {
        /// Its label
        label: String,
        /// Its new label
        new: String,
    },
}

/// `gate fingerprint add`
#[derive(Debug, Args)]
pub struct Add {
    /// What to call it in reports
    #[arg(value_name = "LABEL")]
    label: String,
    /// What it opens: a URL, or an environment such as production
    #[arg(long)]
    scope: Option<String>,
    /// Whose it is: an account
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

/// Does it, and says how it ended.
///
/// # Errors
/// Files that are damaged, exposed or cannot be written; labels that are not there.
pub(super) fn run(arguments: &Fingerprint) -> Result<ExitStatus> {
    let places = places()?;
    if !matches!(arguments.command, FingerprintCommand::List { .. }) {
        fingerprint::wipe_from_now_on();
    }
    if let Some(place) = arguments.key {
        let place = match place {
            KeptIn::File => KeyPlace::File,
            KeptIn::Keychain => KeyPlace::Keychain,
        };
        fingerprint::keep_key(&places, place, &SystemKeychain)?;
    }
    match &arguments.command {
        FingerprintCommand::Sync { format } => sync(&places, *format),
        FingerprintCommand::Sources { format } => sources(*format),
        FingerprintCommand::Add(add) => add.run(&places),
        FingerprintCommand::List { age, format } => list(&places, *age, *format),
        FingerprintCommand::Export { team, output, no_labels } => export(&places, team, output, !no_labels),
        FingerprintCommand::Import { file, team, name } => import(&places, file, team, name),
        FingerprintCommand::Remove { labels } => remove(&places, labels),
        FingerprintCommand::Rename { label, new } => rename(&places, label, new),
    }
}

/// Where the store is.
pub(super) fn places() -> Result<Places> {
    Places::find(|name| std::env::var_os(name))
        .context("there is no home folder to keep fingerprints in: set HOME or XDG_DATA_HOME")
}

/// What is known, to search with; when it is not to be had, that is a hole in the coverage of whoever asked, and must
/// not pass for knowing nothing.
pub(super) fn stored() -> (Arc<Matcher>, Option<Skipped>) {
    match load() {
        Ok(matcher) => (Arc::new(matcher), None),
        Err(error) => (Arc::default(), Some(hole_in(&error.path().to_string_lossy(), &error.cause()))),
    }
}

/// Of the folder that the environment names, and of the account's own: whoever changes `HOME` for a command must not
/// hide what the user knows.
fn load() -> Result<Matcher, FileError> {
    let named = Places::find(|name| std::env::var_os(name));
    let own = Places::of_account().filter(|own| Some(own) != named.as_ref());
    let mut matcher = Matcher::default();
    for places in named.iter().chain(&own) {
        matcher.append(fingerprint::load(places)?);
    }
    Ok(matcher)
}

/// The same for the gate, which has no time to open what it does not need.
pub(super) fn stored_for_gate() -> StoredCredentials {
    match load() {
        Ok(matcher) => StoredCredentials { matcher: Arc::new(matcher), trouble: None },
        Err(error) => StoredCredentials { trouble: Some(error.to_string()), ..StoredCredentials::default() },
    }
}

/// What of the stores turned out to be damaged during a scan.
pub(super) fn hole(cause: &str) -> Skipped {
    hole_in("fingerprints", cause)
}

fn hole_in(path: &str, cause: &str) -> Skipped {
    let reason = format!("stored credentials were not looked for: {cause}");
    Skipped { path: path.to_owned(), reason, expected: false }
}

impl Add {
    fn run(&self, places: &Places) -> Result<ExitStatus> {
        let label = label(&self.label)?;
        // a damaged store is known before somebody types a password
        let mut locked = Locked::open(places)?;
        let value = read_value(label)?;
        let strength = judge(value.trim_ascii());
        match strength {
            Strength::Refused(why) => bail!("not added: {why}"),
            Strength::Bounded(why) => say(&format!("{label}: {why}"))?,
            Strength::Strong => {}
        }
        if value.trim_ascii().len() > LONGEST {
            say(&format!("{label}: longer than {LONGEST} bytes: known by its first {LONGEST}"))?;
        }
        let mut record = Record::new(label, "own", today());
        record.scope = self.scope.clone();
        record.profile = self.profile.clone();
        let added = locked.store.add(&value, strength, record);
        locked.save()?;
        say(&match added {
            Added::New => format!("added {label}"),
            Added::Same => format!("{label} was known with this value"),
            Added::Rotated => format!("added {label}; its former value stays known, as rotated"),
        })?;
        Ok(ExitStatus::Clean)
    }
}

/// The value, from a prompt on a terminal, else from standard input to its end.
fn read_value(label: &str) -> Result<Zeroizing<Vec<u8>>> {
    if io::stdin().is_terminal() {
        let prompt = format!("value of {}: ", sanitize::text(label));
        let value = Zeroizing::new(rpassword::prompt_password(prompt).context("cannot read the value")?);
        return Ok(Zeroizing::new(value.as_bytes().to_vec()));
    }
    // grown at once, so that no part of it stays behind in memory that was given back
    let mut value = Zeroizing::new(Vec::with_capacity(1 << 20));
    io::stdin().lock().take(1 << 20).read_to_end(&mut value).context("cannot read the value")?;
    Ok(value)
}

fn label(label: &str) -> Result<&str> {
    let trimmed = label.trim();
    if trimmed.is_empty() || trimmed.len() > 200 || trimmed.chars().any(char::is_control) {
        bail!("a label needs 1 to 200 characters, and no control characters");
    }
    Ok(trimmed)
}

fn machine() -> Result<Machine> {
    Machine::this().context("there is no home folder to look for credentials in: set HOME")
}

fn sync(places: &Places, format: ListFormat) -> Result<ExitStatus> {
    let machine = machine()?;
    let mut locked = Locked::open(places)?;
    let (credentials, looked) = sources::look(&machine, &SystemKeychain, today());
    let changes = sources::apply(&mut locked.store, credentials);
    locked.save()?;
    let mut out = io::stdout().lock();
    match format {
        ListFormat::Json => {
            let Changes { new, rotated, same } = changes;
            write_json(
                &serde_json::json!({ "new": new, "rotated": rotated, "same": same, "sources": looked }),
                &mut out,
            )?;
        }
        ListFormat::Text => {
            write_sources(&looked, &mut out)?;
            let known = locked.store.records().len();
            writeln!(
                out,
                "{} new, {} rotated, {} seen again; {known} known",
                changes.new, changes.rotated, changes.same
            )?;
        }
    }
    out.flush()?;
    Ok(ExitStatus::Clean)
}

fn sources(format: ListFormat) -> Result<ExitStatus> {
    let (_, looked) = sources::look(&machine()?, &SystemKeychain, today());
    let mut out = io::stdout().lock();
    match format {
        ListFormat::Json => write_json(&looked, &mut out)?,
        ListFormat::Text if looked.is_empty() => writeln!(out, "no credential stores are here")?,
        ListFormat::Text => write_sources(&looked, &mut out)?,
    }
    out.flush()?;
    Ok(ExitStatus::Clean)
}

fn write_sources(looked: &[Looked], out: &mut dyn Write) -> io::Result<()> {
    for seen in looked {
        let count = match seen.found {
            1 => "1 credential".to_owned(),
            count => format!("{count} credentials"),
        };
        writeln!(out, "{}  {}  {count}", sanitize::text(&seen.source), sanitize::text(&seen.place))?;
        if seen.exposed {
            writeln!(out, "    others can read this file: run `chmod 600` on it")?;
        }
        for note in &seen.notes {
            writeln!(out, "    {}", sanitize::text(note))?;
        }
    }
    Ok(())
}

fn list(places: &Places, age: bool, format: ListFormat) -> Result<ExitStatus> {
    let mut records = fingerprint::records(places)?;
    if age {
        records.retain(|record| health::is_old(record, today()) || health::is_expired(record, now()));
    }
    records.sort_by(|a, b| (&a.label, a.rotated).cmp(&(&b.label, b.rotated)));
    let mut out = io::stdout().lock();
    match format {
        ListFormat::Json => {
            let rows: Vec<Row> = records.iter().map(Row::new).collect();
            write_json(&rows, &mut out)?;
        }
        ListFormat::Text if age && records.is_empty() => {
            writeln!(out, "nothing has expired, and nothing is older than {} days", health::OLD)?;
        }
        ListFormat::Text if records.is_empty() => {
            writeln!(out, "no credentials are known: `gate fingerprint sync` reads those of this machine")?;
        }
        ListFormat::Text => {
            for record in &records {
                writeln!(out, "{}", line(record))?;
            }
        }
    }
    out.flush()?;
    Ok(ExitStatus::Clean)
}

fn line(record: &Record) -> String {
    let mut text = format!("{}  {}", sanitize::text(&record.label), sanitize::text(&record.source));
    for (name, part) in [("scope", &record.scope), ("profile", &record.profile)] {
        if let Some(part) = part {
            text += &format!("  {name} {}", sanitize::text(part));
        }
    }
    text += &format!("  {} bytes  seen {}", record.length, config::date_of_days(record.last_seen));
    if let Some(day) = record.rotated {
        text += &format!("  rotated {}", config::date_of_days(day));
    }
    if health::is_old(record, today()) {
        text += &format!("  {} days old", health::age(record, today()));
    }
    if health::is_expired(record, now()) {
        text += "  expired";
    }
    if record.weak {
        text += "  guessable";
    }
    text
}

#[derive(Serialize)]
struct Row<'r> {
    label: &'r str,
    source: &'r str,
    place: &'r str,
    scope: Option<&'r str>,
    profile: Option<&'r str>,
    kind: &'r str,
    length: u64,
    first_seen: String,
    last_seen: String,
    rotated: Option<String>,
    expires: Option<i64>,
    age_days: u32,
    expired: bool,
    weak: bool,
}

impl<'r> Row<'r> {
    fn new(record: &'r Record) -> Self {
        Self {
            label: &record.label,
            source: &record.source,
            place: &record.place,
            scope: record.scope.as_deref(),
            profile: record.profile.as_deref(),
            kind: &record.kind,
            length: record.length,
            first_seen: config::date_of_days(record.first_seen).to_string(),
            last_seen: config::date_of_days(record.last_seen).to_string(),
            rotated: record.rotated.map(|day| config::date_of_days(day).to_string()),
            expires: record.expires,
            age_days: health::age(record, today()),
            expired: health::is_expired(record, now()),
            weak: record.weak,
        }
    }
}

fn export(places: &Places, team: &Path, output: &Path, labels: bool) -> Result<ExitStatus> {
    let locked = Locked::open(places)?;
    let (key, made) = share::team_key(team)?;
    let share::Exported { count, left_out } = share::export(&locked.store, &key, output, labels)?;
    if made {
        say(&format!("{}: a new key; whoever has it can use the export", team.display()))?;
    }
    for label in &left_out {
        say(&format!("left out: {label}: it could be guessed"))?;
    }
    say(&format!("{}: {count} exported, {} left out", output.display(), left_out.len()))?;
    Ok(ExitStatus::Clean)
}

fn import(places: &Places, file: &Path, team: &Path, name: &str) -> Result<ExitStatus> {
    if name.is_empty()
        || name.len() > 60
        || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    {
        bail!("the name of an import has letters, digits, - and _ only");
    }
    let key = if team == Path::new("-") {
        let mut text = Zeroizing::new(Vec::with_capacity(256));
        io::stdin().lock().take(256).read_to_end(&mut text).context("cannot read the key")?;
        Key::from_text(&text).context("standard input holds no key: it is a line of 64 hexadecimal digits")?
    } else {
        Key::read(team)?
    };
    let count = share::import(places, file, &key, name)?;
    say(&format!("{count} credentials are known as {name}"))?;
    Ok(ExitStatus::Clean)
}

fn remove(places: &Places, labels: &[String]) -> Result<ExitStatus> {
    let mut locked = Locked::open(places)?;
    for label in labels {
        if locked.store.remove(label) == 0 {
            bail!("there is no credential {label:?}{}", hint(&locked, label));
        }
    }
    locked.save()?;
    labels.iter().try_for_each(|label| say(&format!("removed {label}")))?;
    Ok(ExitStatus::Clean)
}

fn rename(places: &Places, old: &str, new: &str) -> Result<ExitStatus> {
    let new = label(new)?;
    let mut locked = Locked::open(places)?;
    if locked.store.records().iter().any(|record| record.label == new) {
        bail!("{new:?} is the label of another credential");
    }
    if locked.store.rename(old, new) == 0 {
        bail!("there is no credential {old:?}{}", hint(&locked, old));
    }
    locked.save()?;
    say(&format!("{old} is now {new}"))?;
    Ok(ExitStatus::Clean)
}

fn hint(locked: &Locked, label: &str) -> String {
    let known = locked.store.records().iter().map(|record| record.label.as_str());
    match config::nearest(label, known) {
        Some(near) => format!("; did you mean {near:?}?"),
        None => "; `gate fingerprint list` shows all".to_owned(),
    }
}

/// Today, in days since 1970.
pub(super) fn today() -> u32 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs() / 86_400).unwrap_or(0)
}

/// Now, in seconds since 1970.
pub(super) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// One line on standard output.
fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{}", sanitize::text(text))
}

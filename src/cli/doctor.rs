//! `gate doctor`: what is wrong with this machine's credentials, and what to do about it.

use std::io::{self, Write};

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use crate::config;
use crate::exit::ExitStatus;
use crate::fingerprint::health;
use crate::fingerprint::keychain::SystemKeychain;
use crate::fingerprint::sources::{self, Machine};
use crate::fingerprint::{self, Places};
use crate::report::write_json;
use crate::sanitize;

use super::args::ListFormat;
use super::fingerprint::{now, today};

/// `gate doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = ListFormat::Text, value_name = "FORMAT")]
    format: ListFormat,
}

/// One thing to do something about.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Complaint {
    /// `store`, `exposed`, `clear`, `expired`, `old`, `double`.
    what: &'static str,
    text: String,
}

/// Looks, and says what it found: status 1 when there is something to do, 2 when something could not be looked at.
///
/// # Errors
/// Output that cannot be written.
pub(super) fn run(arguments: &Doctor) -> Result<ExitStatus> {
    let mut complaints = Vec::new();
    let mut incomplete = false;
    let places = Places::find(|name| std::env::var_os(name));
    let loaded = places.as_ref().map(|places| {
        let records = fingerprint::records(places)?;
        fingerprint::load(places).map(|matcher| (records, matcher))
    });
    let machine = Machine::this();
    let mut known = 0;
    match loaded {
        None => incomplete = true,
        Some(Err(error)) => {
            incomplete = true;
            complaints.push(Complaint { what: "store", text: error.to_string() });
        }
        Some(Ok((records, matcher))) => {
            known = records.len();
            if let Err(cause) = matcher.check() {
                incomplete = true;
                complaints.push(Complaint { what: "store", text: cause });
            } else if let Some(machine) = &machine {
                let (clear, unread) = health::in_the_clear(machine, &matcher);
                incomplete |= !unread.is_empty();
                complaints.extend(unread.into_iter().map(|text| Complaint { what: "store", text }));
                complaints.extend(clear.into_iter().map(|clear| Complaint {
                    what: "clear",
                    text: format!(
                        "{}:{}: holds {} in the clear: remove the line and replace the credential",
                        clear.place, clear.line, clear.label
                    ),
                }));
            }
            for record in &records {
                if health::is_expired(record, now()) {
                    let text = format!("{}: has expired: log in again, or remove it", record.label);
                    complaints.push(Complaint { what: "expired", text });
                } else if health::is_old(record, today()) {
                    let since = config::date_of_days(record.first_seen);
                    let days = health::age(record, today());
                    let text =
                        format!("{}: in use for {days} days (since {since}): replace it", record.label);
                    complaints.push(Complaint { what: "old", text });
                }
            }
            for group in health::doubles(&records) {
                complaints
                    .push(Complaint { what: "double", text: format!("one value in {}", group.join(", ")) });
            }
        }
    }
    if let Some(machine) = &machine {
        fingerprint::wipe_from_now_on();
        let (_, looked) = sources::look(machine, &SystemKeychain, today());
        for seen in looked.into_iter().filter(|seen| seen.exposed) {
            let text = format!("{}: others can read it: run `chmod 600` on it", seen.place);
            complaints.push(Complaint { what: "exposed", text });
        }
    }
    complaints.sort();
    complaints.dedup();
    let mut out = io::stdout().lock();
    match arguments.format {
        ListFormat::Json => write_json(&complaints, &mut out)?,
        ListFormat::Text => {
            for complaint in &complaints {
                writeln!(out, "{:8} {}", complaint.what, sanitize::text(&complaint.text))?;
            }
            match (known, complaints.is_empty()) {
                (0, true) => writeln!(out, "no credentials are known: run `gate fingerprint sync`")?,
                (_, true) => writeln!(out, "{known} credentials are known; nothing to do")?,
                _ => {}
            }
        }
    }
    out.flush()?;
    Ok(match () {
        () if incomplete => ExitStatus::Incomplete,
        () if complaints.is_empty() => ExitStatus::Clean,
        () => ExitStatus::Findings,
    })
}

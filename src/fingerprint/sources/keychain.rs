//! What the keychain of the system holds for the tools of the table.

use crate::rules::stores::STORES;

use super::super::keychain::Keychain;
use super::{Credential, Looked, Machine, formats, pick, take, tree};

/// Reads the entries that the table names. Names that it leaves open stand for the user, or for the service that most
/// have.
pub(super) fn look(
    machine: &Machine,
    keychain: &dyn Keychain,
    today: u32,
    found: &mut Vec<Credential>,
) -> Vec<Looked> {
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| (machine.variable)(name));
    let user = user.map(|user| user.to_string_lossy().into_owned()).unwrap_or_default();
    let mut looked = Vec::new();
    for store in &STORES {
        for (service, account) in store.keychain {
            let (Some(service), Some(account)) = (known(service, &user), known(account, &user)) else {
                continue;
            };
            let value = match keychain.get(&service, &account) {
                Ok(Some(value)) => value,
                Ok(None) => continue,
                Err(cause) => {
                    looked.push(Looked {
                        source: "keychain".to_owned(),
                        tool: "keychain of the system".to_owned(),
                        place: "keychain".to_owned(),
                        notes: vec![format!("not read: {cause}")],
                        ..Looked::default()
                    });
                    return looked;
                }
            };
            let mut seen = Looked {
                source: store.id.to_owned(),
                tool: store.tool.to_owned(),
                place: format!("keychain: {service}"),
                ..Looked::default()
            };
            let Ok(text) = std::str::from_utf8(&value) else {
                seen.notes.push("not read: it is no text".to_owned());
                looked.push(seen);
                continue;
            };
            // some keep one token, others all of a settings file
            let leaves = match text.trim_start().starts_with('{') {
                true => formats::read(std::path::Path::new("entry.json"), "json", value.as_slice())
                    .map(|tree| tree::leaves(&tree))
                    .unwrap_or_default(),
                false => Vec::new(),
            };
            let place = seen.place.clone();
            let label = format!("{} keychain", store.id);
            if leaves.is_empty() {
                for picked in pick::values(text) {
                    take(picked, store.id, &place, &label, None, today, found, &mut seen);
                }
            }
            for leaf in leaves {
                let name = leaf.path.last().cloned().unwrap_or_default();
                if !pick::says_secret(&name) || !pick::is_value(&name, leaf.text.trim().as_bytes()) {
                    continue;
                }
                let names: Vec<&str> = leaf.path.iter().map(String::as_str).collect();
                let (place, label) = (
                    format!("{place}#/{}", names.join("/")),
                    format!("{label} {}", super::public_name(&name)),
                );
                for picked in pick::values(&leaf.text) {
                    take(picked, store.id, &place, &label, leaf.expires, today, found, &mut seen);
                }
            }
            looked.push(seen);
        }
    }
    looked
}

/// A name of the table with what it leaves open filled in, where that can be known.
fn known(name: &str, user: &str) -> Option<String> {
    let name = name
        .replace("<user name>", user)
        .replace("<user>", user)
        .replace("<host>", "github.com")
        .replace("<profile>", "default");
    (!name.contains(['<', '*'])).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::fingerprint::keychain::Fake;

    fn machine() -> Machine {
        let variable = |name: &str| (name == "USER").then(|| "alice".into());
        Machine { home: "/home/alice".into(), project: None, variable: Box::new(variable) }
    }

    #[test]
    fn tokens_and_settings_in_a_keychain_are_read() {
        let (one, two) = (concat!("q7Xk9wPm", "T2vB4nZs8Rc1"), concat!("Hd5Lj0Ye", "U6oA3iKf7Gt2"));
        let settings =
            format!("{{\"claudeAiOauth\":{{\"accessToken\":\"{two}\",\"expiresAt\":1767225600000}}}}");
        let held = vec![
            ("gh:github.com".to_owned(), "alice".to_owned(), one.as_bytes().to_vec()),
            ("Claude Code-credentials".to_owned(), "alice".to_owned(), settings.into_bytes()),
        ];
        let mut found = Vec::new();
        let looked = look(&machine(), &Fake(Ok(RefCell::new(held))), 1, &mut found);
        assert_eq!(looked.iter().map(|seen| seen.found).sum::<usize>(), 2, "{looked:?}");
        let token = found.iter().find(|credential| *credential.value == *two.as_bytes()).expect("found");
        assert_eq!(token.record.expires, Some(1_767_225_600));
        assert!(found.iter().any(|credential| *credential.value == *one.as_bytes()));
    }

    #[test]
    fn a_keychain_that_is_locked_or_absent_is_said_once() {
        let mut found = Vec::new();
        let looked = look(&machine(), &Fake(Err("it is locked".to_owned())), 1, &mut found);
        assert_eq!(looked.len(), 1);
        assert_eq!(looked[0].notes, ["not read: it is locked"]);
        assert!(found.is_empty());
    }
}

//! `rules/stores.toml` as tables.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    store: Vec<Store>,
    variable: Vec<Variable>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Store {
    id: String,
    tool: String,
    category: String,
    purpose: String,
    #[serde(default)]
    linux: Vec<String>,
    #[serde(default)]
    macos: Vec<String>,
    #[serde(default)]
    windows: Vec<String>,
    #[serde(default)]
    moved_by: Vec<String>,
    format: String,
    fields: Vec<String>,
    #[serde(default)]
    keychain: Vec<Keychain>,
    #[serde(default)]
    variables: Vec<String>,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    mode: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Keychain {
    service: String,
    account: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    name: String,
    provider: String,
    holds: String,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    stores: Vec<String>,
}

/// The tables of stores and of variables, each in the order of the file.
pub(crate) fn tables(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let parsed: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut out = String::new();
    writeln!(out, "/// Every store.\npub static STORES: [CredentialStore; {}] = [", parsed.store.len())
        .unwrap();
    for (index, store) in parsed.store.iter().enumerate() {
        let twice = parsed.store[..index].iter().any(|other| other.id == store.id);
        assert!(!twice, "{}: store {} is defined twice", file.display(), store.id);
        for field in &store.fields {
            assert!(
                field.is_empty() || field.starts_with('/'),
                "{}: {}: field {field:?}",
                file.display(),
                store.id
            );
        }
        let keychain: Vec<_> = store.keychain.iter().map(|entry| (&entry.service, &entry.account)).collect();
        let mode = match store.mode.as_str() {
            "" => None,
            mode => {
                Some(u32::from_str_radix(mode, 8).unwrap_or_else(|error| panic!("{}: {error}", store.id)))
            }
        };
        writeln!(
            out,
            "CredentialStore {{ id: {:?}, tool: {:?}, category: {:?}, purpose: {:?}, linux: &{:?}, macos: &{:?}, \
             windows: &{:?}, moved_by: &{:?}, format: {:?}, fields: &{:?}, keychain: &{keychain:?}, variables: &{:?}, \
             kinds: &{:?}, mode: {mode:?} }},",
            store.id,
            store.tool,
            store.category,
            store.purpose,
            store.linux,
            store.macos,
            store.windows,
            store.moved_by,
            store.format,
            store.fields,
            store.variables,
            store.kinds,
        )
        .unwrap();
    }
    writeln!(
        out,
        "];\n/// Every variable.\npub static VARIABLES: [CredentialVariable; {}] = [",
        parsed.variable.len()
    )
    .unwrap();
    for variable in &parsed.variable {
        let holds = match variable.holds.as_str() {
            "secret" => "Secret",
            "file" => "File",
            "url" => "Url",
            "identifier" => "Identifier",
            other => panic!("{}: {}: holds {other:?}", file.display(), variable.name),
        };
        writeln!(
            out,
            "CredentialVariable {{ name: {:?}, provider: {:?}, holds: Holds::{holds}, kinds: &{:?}, stores: &{:?} }},",
            variable.name, variable.provider, variable.kinds, variable.stores,
        )
        .unwrap();
    }
    out.push_str("];\n");
    out
}

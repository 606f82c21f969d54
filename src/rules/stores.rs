//! Where tools keep credentials: files, variables and keychains, as static tables made from `rules/stores.toml`.

include!(concat!(env!("OUT_DIR"), "/stores.rs"));

/// A place where a tool keeps credentials.
#[derive(Clone, Copy, Debug)]
pub struct CredentialStore {
    /// Name in reports and labels, such as `aws`.
    pub id: &'static str,
    /// The tool's name.
    pub tool: &'static str,
    /// `ai-agent`, `cloud`, `vcs` and the like.
    pub category: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Its files on Linux. `~` is the home folder, `<project>` the repository at hand, `<…>` and `*` any name; a slash
    /// at the end marks a folder.
    pub linux: &'static [&'static str],
    /// Its files on macOS.
    pub macos: &'static [&'static str],
    /// Its files on Windows, with `%NAME%` for variables.
    pub windows: &'static [&'static str],
    /// Variables that name the file, or the folder that it lies in.
    pub moved_by: &'static [&'static str],
    /// Format of its files, where their names don't say it.
    pub format: &'static str,
    /// Where in a file the secrets are: see the head of `rules/stores.toml`.
    pub fields: &'static [&'static str],
    /// Service and account in the keychain of the system.
    pub keychain: &'static [(&'static str, &'static str)],
    /// Variables that carry the same credential.
    pub variables: &'static [&'static str],
    /// Rules that usually match what is in there.
    pub kinds: &'static [&'static str],
    /// The widest permission that its files should have.
    pub mode: Option<u32>,
}

/// An environment variable that carries a credential, or leads to one.
#[derive(Clone, Copy, Debug)]
pub struct CredentialVariable {
    /// Its name.
    pub name: &'static str,
    /// Whose credential it is.
    pub provider: &'static str,
    /// What its value is.
    pub holds: Holds,
    /// Rules that usually match the value.
    pub kinds: &'static [&'static str],
    /// Stores that hold the same credential.
    pub stores: &'static [&'static str],
}

/// What the value of a variable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A credential.
    Secret,
    /// The path of a file with one.
    File,
    /// A URL, perhaps with a password.
    Url,
    /// A name or number that is no secret.
    Identifier,
}

impl CredentialStore {
    /// Its files on this system.
    pub fn files(&self) -> &'static [&'static str] {
        match () {
            () if cfg!(target_os = "macos") => self.macos,
            () if cfg!(windows) => self.windows,
            () => self.linux,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_variables_and_stores_name_exists() {
        for variable in &VARIABLES {
            for id in variable.stores {
                assert!(STORES.iter().any(|store| store.id == *id), "{}: no store {id}", variable.name);
            }
        }
        let same: Vec<_> = (1..VARIABLES.len())
            .filter(|&i| VARIABLES[..i].iter().any(|other| other.name == VARIABLES[i].name))
            .collect();
        assert!(same.is_empty(), "variables that stand there twice: {same:?}");
    }

    #[test]
    fn fields_are_paths() {
        for store in &STORES {
            assert!(
                store.fields.iter().all(|field| field.is_empty() || field.starts_with('/')),
                "{}",
                store.id
            );
            assert!(
                !store.linux.is_empty() || !store.macos.is_empty() || !store.windows.is_empty(),
                "{}",
                store.id
            );
        }
    }
}

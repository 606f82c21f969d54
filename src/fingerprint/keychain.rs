//! The keychain of the system: Keychain Services on macOS, the Credential Manager on Windows, the Secret Service
//! elsewhere. There may be none, or it may be locked; that is said, and nothing else depends on it.

use zeroize::Zeroizing;

/// What is kept for a service and an account.
pub trait Keychain {
    /// The entry, if there is one.
    ///
    /// # Errors
    /// Why the keychain cannot be asked, in words; without a word of what is in it.
    fn get(&self, service: &str, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String>;

    /// Adds or replaces an entry.
    ///
    /// # Errors
    /// As for reading.
    fn set(&self, service: &str, account: &str, value: &[u8]) -> Result<(), String>;
}

/// The one of this system.
#[derive(Clone, Copy, Debug)]
pub struct SystemKeychain;

#[cfg(any(feature = "keychain", target_os = "macos", windows))]
mod system {
    use keyring::{Entry, Error};
    use zeroize::Zeroizing;

    use super::{Keychain, SystemKeychain};

    fn entry(service: &str, account: &str) -> Result<Entry, String> {
        // asking for a bus that is not there takes a while
        #[cfg(all(unix, not(target_os = "macos")))]
        if std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_none() {
            let folder = std::env::var_os("XDG_RUNTIME_DIR").map(std::path::PathBuf::from);
            if !folder.is_some_and(|folder| folder.join("bus").exists()) {
                return Err("there is no session bus, so no Secret Service".to_owned());
            }
        }
        Entry::new(service, account).map_err(|error| cause(&error))
    }

    /// Some errors hold what was read, so none speaks for itself.
    fn cause(error: &Error) -> String {
        match error {
            Error::NoStorageAccess(_) => "it is locked, or access to it was denied",
            Error::NoDefaultStore => "there is none, or it does not answer",
            Error::Ambiguous(_) => "it has several entries of that name",
            Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::BadStoreFormat(_) => {
                "an entry is not in a form that can be read"
            }
            _ => "it does not answer as it should",
        }
        .to_owned()
    }

    impl Keychain for SystemKeychain {
        fn get(&self, service: &str, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
            match entry(service, account)?.get_secret() {
                Ok(value) => Ok(Some(Zeroizing::new(value))),
                Err(Error::NoEntry | Error::Invalid(..)) => Ok(None),
                Err(error) => Err(cause(&error)),
            }
        }

        fn set(&self, service: &str, account: &str, value: &[u8]) -> Result<(), String> {
            entry(service, account)?.set_secret(value).map_err(|error| cause(&error))
        }
    }
}

#[cfg(not(any(feature = "keychain", target_os = "macos", windows)))]
impl Keychain for SystemKeychain {
    fn get(&self, _: &str, _: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        Err(WITHOUT.to_owned())
    }

    fn set(&self, _: &str, _: &str, _: &[u8]) -> Result<(), String> {
        Err(WITHOUT.to_owned())
    }
}

#[cfg(not(any(feature = "keychain", target_os = "macos", windows)))]
const WITHOUT: &str = "this gate was built without it: build it with `--features keychain`";

/// What a keychain for tests holds: service, account, value.
#[cfg(test)]
pub(super) type Held = std::cell::RefCell<Vec<(String, String, Vec<u8>)>>;

/// A keychain for tests: what it holds, or why it cannot be asked.
#[cfg(test)]
pub(super) struct Fake(pub(super) Result<Held, String>);

#[cfg(test)]
impl Keychain for Fake {
    fn get(&self, service: &str, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        let held = self.0.as_ref().map_err(Clone::clone)?.borrow();
        let entry = held.iter().find(|entry| (entry.0.as_str(), entry.1.as_str()) == (service, account));
        Ok(entry.map(|entry| Zeroizing::new(entry.2.clone())))
    }

    fn set(&self, service: &str, account: &str, value: &[u8]) -> Result<(), String> {
        let mut held = self.0.as_ref().map_err(Clone::clone)?.borrow_mut();
        held.retain(|entry| (entry.0.as_str(), entry.1.as_str()) != (service, account));
        held.push((service.to_owned(), account.to_owned(), value.to_vec()));
        Ok(())
    }
}

//! Refs: files under `refs/`, the list of packed ones, and HEAD.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::repository::{Repository, SMALL};
use super::{Error, Oid, Result, file};

/// How often a ref may lead to another.
const HOPS: usize = 5;
/// How deep folders of refs may be nested, and how many refs there may be.
const DEEP: usize = 32;
const MOST: usize = 5_000_000;

/// Where HEAD is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// On a branch, by its full name; without a commit yet if that is `None`.
    Branch(String, Option<Oid>),
    /// On a commit.
    Detached(Oid),
}

impl Head {
    /// The commit, if there is one.
    pub fn commit(&self) -> Option<Oid> {
        match self {
            Self::Branch(_, commit) => *commit,
            Self::Detached(commit) => Some(*commit),
        }
    }
}

enum Value {
    Id(Oid),
    Symbolic(String),
}

/// Whether a name can be that of a ref: no way out of the folder of refs, nothing that git refuses.
fn is_valid(name: &str) -> bool {
    !name.is_empty()
        && name.len() < 4096
        && !name.bytes().any(|byte| {
            byte < 0x20 || matches!(byte, b'\\' | b' ' | b'~' | b'^' | b':' | b'?' | b'*' | b'[' | 0x7F)
        })
        && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"))
        && !name.contains("..")
        && !name.contains("@{")
}

impl Repository {
    /// Where HEAD is.
    ///
    /// # Errors
    /// It is missing or malformed.
    pub fn head(&self) -> Result<Head> {
        let path = self.git_dir().join("HEAD");
        let text = file::read(&path, 1 << 16)?
            .ok_or_else(|| Error::NoRepository(format!("{}: it is missing", path.display())))?;
        match value(&text) {
            Some(Value::Id(id)) => Ok(Head::Detached(id)),
            Some(Value::Symbolic(name)) => {
                let commit = self.reference(&name)?;
                Ok(Head::Branch(name, commit))
            }
            None => Err(Error::corrupt(format!("{}: it is malformed", path.display()))),
        }
    }

    /// What the ref of a full name, such as `refs/heads/main` or `HEAD`, points at; `None` when there is none.
    ///
    /// # Errors
    /// It cannot be read, is malformed, or leads in a circle.
    pub fn reference(&self, name: &str) -> Result<Option<Oid>> {
        let mut name = name.to_owned();
        for _ in 0..HOPS {
            if !is_valid(&name) {
                return Ok(None);
            }
            // HEAD and its like, and a few others, belong to a worktree
            let own = !name.starts_with("refs/")
                || ["refs/bisect/", "refs/worktree/", "refs/rewritten/"]
                    .iter()
                    .any(|own| name.starts_with(own));
            let folder = if own { self.git_dir() } else { self.common_dir() };
            let path = folder.join(&name);
            let text = if path.is_dir() { None } else { file::read(&path, 1 << 16)? };
            match text.as_deref().map(value) {
                Some(Some(Value::Id(id))) => return Ok(Some(id)),
                Some(Some(Value::Symbolic(next))) => name = next,
                Some(None) => return Err(Error::corrupt(format!("the ref {name} is malformed"))),
                None => {
                    let mut found = None;
                    self.packed(|packed, id| {
                        if packed == name {
                            found = Some(id);
                        }
                    })?;
                    return Ok(found);
                }
            }
        }
        Err(Error::corrupt(format!("the ref {name} leads in a circle")))
    }

    /// All refs with what they point at, by full name, sorted; HEAD is not among them, and refs that lead to nothing
    /// are left out.
    ///
    /// # Errors
    /// They cannot be read, or one is malformed.
    pub fn references(&self) -> Result<BTreeMap<String, Oid>> {
        let mut refs = BTreeMap::new();
        self.packed(|name, id| {
            refs.insert(name.to_owned(), id);
        })?;
        let mut names = Vec::new();
        list(&self.common_dir().join("refs"), "refs", DEEP, &mut names)?;
        if self.git_dir() != self.common_dir() {
            list(&self.git_dir().join("refs"), "refs", DEEP, &mut names)?;
        }
        for name in names {
            if let Some(id) = self.reference(&name)? {
                refs.insert(name, id);
            }
        }
        Ok(refs)
    }

    /// What HEAD of each worktree points at, and what unfinished merges and the like hold on to.
    ///
    /// # Errors
    /// A folder cannot be listed.
    pub fn heads_of_worktrees(&self) -> Result<Vec<Oid>> {
        const NAMES: [&str; 7] = [
            "HEAD",
            "ORIG_HEAD",
            "FETCH_HEAD",
            "MERGE_HEAD",
            "CHERRY_PICK_HEAD",
            "REVERT_HEAD",
            "REBASE_HEAD",
        ];
        let mut folders = vec![self.common_dir().to_owned(), self.git_dir().to_owned()];
        if let Ok(listed) = fs::read_dir(self.common_dir().join("worktrees")) {
            folders.extend(listed.filter_map(|entry| Some(entry.ok()?.path())));
        }
        folders.sort();
        folders.dedup();
        let mut heads = Vec::new();
        for folder in folders {
            for name in NAMES {
                let Some(text) = file::read(&folder.join(name), SMALL)? else { continue };
                match value(&text) {
                    Some(Value::Symbolic(branch)) => heads.extend(self.reference(&branch)?),
                    // FETCH_HEAD and MERGE_HEAD have a line for each commit
                    _ => heads.extend(text.split(|&byte| byte == b'\n').filter_map(Oid::read_hex)),
                }
            }
        }
        heads.retain(|id| !id.is_null());
        Ok(heads)
    }

    /// What the log of a ref says it pointed at, the last first.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn log(&self, name: &str) -> Result<Vec<Oid>> {
        if !is_valid(name) {
            return Ok(Vec::new());
        }
        let text = file::read(&self.common_dir().join("logs").join(name), SMALL)?.unwrap_or_default();
        let mut ids: Vec<Oid> = text
            .split(|&byte| byte == b'\n')
            .filter_map(|line| Oid::read_hex(line.get(41..)?))
            .filter(|id| !id.is_null())
            .collect();
        ids.reverse();
        Ok(ids)
    }

    fn packed(&self, mut each: impl FnMut(&str, Oid)) -> Result<()> {
        let Some(text) = file::read(&self.common_dir().join("packed-refs"), SMALL)? else { return Ok(()) };
        for line in text.split(|&byte| byte == b'\n') {
            // `#` begins the header, `^` what the tag before points at
            if let (Some(id), Some(b' ')) = (Oid::read_hex(line), line.get(40))
                && let Ok(name) = std::str::from_utf8(line[41..].trim_ascii_end())
            {
                each(name, id);
            }
        }
        Ok(())
    }
}

fn value(text: &[u8]) -> Option<Value> {
    if let Some(name) = text.strip_prefix(b"ref:") {
        return Some(Value::Symbolic(std::str::from_utf8(name.trim_ascii()).ok()?.to_owned()));
    }
    Oid::read_hex(text).map(Value::Id)
}

fn list(folder: &Path, prefix: &str, depth: usize, names: &mut Vec<String>) -> Result<()> {
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io(folder, &error)),
    };
    for entry in listed {
        let entry = entry.map_err(|error| Error::io(folder, &error))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let name = format!("{prefix}/{name}");
        let kind = entry.file_type().map_err(|error| Error::io(folder, &error))?;
        if kind.is_dir() {
            if depth == 0 || names.len() > MOST {
                return Err(Error::corrupt(format!("{}: too many refs", folder.display())));
            }
            list(&entry.path(), &name, depth - 1, names)?;
        } else if is_valid(&name) {
            names.push(name);
        }
    }
    Ok(())
}

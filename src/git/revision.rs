//! Names of revisions, as people and CI systems write them: `main`, `v1.2^{commit}`, `HEAD~3`, `A..B`.

use std::sync::Arc;

use super::object::{Commit, Kind, Object};
use super::repository::Repository;
use super::store::Reader;
use super::{Error, Oid, Result};

/// A set of commits: what is reachable from some and not from others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// Reachable from one of these,
    pub include: Vec<Oid>,
    /// and from none of these.
    pub exclude: Vec<Oid>,
}

/// How often a name may step to a parent, and a tag lead to another.
const STEPS: usize = 1_000_000;
const TAGS: usize = 16;

impl Repository {
    /// The commits that a text names: `A..B`, `A...B`, `B`, `^A`, or several of them with spaces between. Either end of
    /// the dots may be left out, which means HEAD.
    ///
    /// # Errors
    /// A name is unknown or ambiguous, or names no commit.
    pub fn range(&self, text: &str) -> Result<Range> {
        let mut reader = self.reader();
        let mut range = Range::default();
        for word in text.split_ascii_whitespace() {
            let or_head = |name: &str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
            if let Some((a, b)) = word.split_once("...") {
                let (a, b) = (self.commit(&or_head(a), &mut reader)?, self.commit(&or_head(b), &mut reader)?);
                range.exclude.extend(self.merge_bases(a, b, &mut reader)?);
                range.include.extend([a, b]);
            } else if let Some((a, b)) = word.split_once("..") {
                range.exclude.push(self.commit(&or_head(a), &mut reader)?);
                range.include.push(self.commit(&or_head(b), &mut reader)?);
            } else if let Some(name) = word.strip_prefix('^') {
                range.exclude.push(self.commit(name, &mut reader)?);
            } else {
                range.include.push(self.commit(word, &mut reader)?);
            }
        }
        if range.include.is_empty() {
            return Err(Error::Name(format!("{}: it names no commit to begin at", shown(text))));
        }
        Ok(range)
    }

    /// The commit that a name leads to.
    ///
    /// # Errors
    /// As [`Repository::resolve`], or it leads to no commit.
    pub fn commit(&self, name: &str, reader: &mut Reader<'_>) -> Result<Oid> {
        let id = self.resolve(name, reader)?;
        match peel(id, reader)? {
            (id, object) if object.kind == Kind::Commit => Ok(id),
            _ => Err(Error::Name(format!("{}: it is no commit", shown(name)))),
        }
    }

    /// The object that a name leads to.
    ///
    /// # Errors
    /// The name is unknown or ambiguous, or an object on the way is missing or damaged.
    pub fn resolve(&self, name: &str, reader: &mut Reader<'_>) -> Result<Oid> {
        let end = name.find(['^', '~']).unwrap_or(name.len());
        let mut id = self.base(&name[..end])?;
        let mut rest = &name[end..];
        let unknown = || Error::Name(format!("{}: this form of a revision is not known", shown(name)));
        while let Some(sign) = rest.chars().next() {
            rest = &rest[1..];
            if let Some(braces) = rest.strip_prefix('{').filter(|_| sign == '^') {
                let (kind, after) = braces.split_once('}').ok_or_else(unknown)?;
                rest = after;
                let (peeled, object) = peel(id, reader)?;
                id = match kind {
                    "" | "object" => peeled,
                    "commit" if object.kind == Kind::Commit => peeled,
                    "tree" if object.kind == Kind::Commit => Commit::parse(&object.data)?.tree,
                    "tree" if object.kind == Kind::Tree => peeled,
                    _ => return Err(unknown()),
                };
                continue;
            }
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number = if digits == 0 { 1 } else { rest[..digits].parse().map_err(|_| unknown())? };
            rest = &rest[digits..];
            let (steps, parent) = match sign {
                '~' => (number, 0),
                '^' if number == 0 => (0, 0),
                '^' => (1, number - 1),
                _ => return Err(unknown()),
            };
            if steps > STEPS {
                return Err(unknown());
            }
            let (mut commit, mut object) = peel(id, reader)?;
            for _ in 0..steps {
                if object.kind != Kind::Commit {
                    return Err(Error::Name(format!("{}: it is no commit", shown(name))));
                }
                let parents = Commit::parse(&object.data)?.parents;
                let next = parents.get(parent).copied();
                commit = next.ok_or_else(|| {
                    Error::Name(match self.is_cut(&commit) {
                        true => format!(
                            "{}: the clone is shallow and ends before it; `git fetch --unshallow` fetches the rest",
                            shown(name)
                        ),
                        false => format!("{}: there is no such parent", shown(name)),
                    })
                })?;
                object = reader.read(&commit)?;
            }
            id = commit;
        }
        Ok(id)
    }

    fn base(&self, name: &str) -> Result<Oid> {
        if name == "@" {
            return self.base("HEAD");
        }
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        for before in ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"] {
            // only names in capitals stand at the top
            if before.is_empty()
                && !name.starts_with("refs/")
                && !name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
            {
                continue;
            }
            if let Some(id) = self.reference(&format!("{before}{name}"))? {
                return Ok(id);
            }
        }
        if let Some(id) = self.reference(&format!("refs/remotes/{name}/HEAD"))? {
            return Ok(id);
        }
        if (4..40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let found = self.store().abbreviated(name)?;
            match found.as_slice() {
                [] => {}
                [id] => return Ok(*id),
                _ => return Err(Error::Name(format!("{}: several objects begin so", shown(name)))),
            }
        }
        let shallow = match self.shallow() {
            [] => "",
            _ => "; the clone is shallow: fetch the commit, or all with `git fetch --unshallow`",
        };
        Err(Error::Name(format!("{}: no such branch, tag or commit{shallow}", shown(name))))
    }
}

/// The object that a tag leads to, through other tags.
///
/// # Errors
/// An object is missing or damaged, or tags lead in a circle.
pub fn peel(id: Oid, reader: &mut Reader<'_>) -> Result<(Oid, Arc<Object>)> {
    let mut id = id;
    for _ in 0..TAGS {
        let object = reader.read(&id)?;
        if object.kind != Kind::Tag {
            return Ok((id, object));
        }
        id = Commit::parse_tag(&object.data)?.tree;
    }
    Err(Error::corrupt("tags lead in a circle"))
}

/// A name as it may be shown.
fn shown(name: &str) -> String {
    let short: String = name.chars().take(200).collect();
    crate::sanitize::text(&short).into_owned()
}

//! Objects as they are stored.

use super::{Error, Oid, Result};

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A commit.
    Commit,
    /// A directory.
    Tree,
    /// The content of a file.
    Blob,
    /// An annotated tag.
    Tag,
}

/// An object in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// Its bytes, without the header that is hashed before them.
    pub data: Vec<u8>,
}

/// An entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'t> {
    /// The mode: see [`Entry::is_tree`] and its like.
    pub mode: u32,
    /// The name, without `/` in any tree that git has made; trees are hostile, so it may be anything without NUL.
    pub name: &'t [u8],
    /// The object.
    pub id: Oid,
}

impl Entry<'_> {
    /// Whether it is a directory.
    pub fn is_tree(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    /// Whether it is a commit of another repository.
    pub fn is_submodule(&self) -> bool {
        self.mode & 0o170_000 == 0o160_000
    }
}

/// The entries of a tree, up to the first that is malformed: that one is an error.
pub fn entries(tree: &[u8]) -> impl Iterator<Item = Result<Entry<'_>>> {
    let mut rest = tree;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let entry = entry(rest);
        match entry {
            Some((entry, after)) => {
                rest = after;
                Some(Ok(entry))
            }
            None => {
                rest = &[];
                Some(Err(Error::corrupt("a tree is malformed")))
            }
        }
    })
}

#[inline]
fn entry(text: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let mut mode = 0_u32;
    let mut at = 0;
    loop {
        match *text.get(at)? {
            b' ' => break,
            digit @ b'0'..=b'7' if at < 7 => mode = (mode << 3) | u32::from(digit - b'0'),
            _ => return None,
        }
        at += 1;
    }
    let rest = &text[at + 1..];
    let end = memchr::memchr(0, rest)?;
    let id = Oid::read(&rest[end + 1..])?;
    Some((Entry { mode, name: &rest[..end], id }, &rest[end + 1 + Oid::LENGTH..]))
}

/// A commit or tag, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit<'c> {
    /// The directory; of a tag, the tagged object.
    pub tree: Oid,
    /// The commits before.
    pub parents: Vec<Oid>,
    /// Name and address of the author, `Name <address>`; of a tag, the tagger.
    pub author: &'c [u8],
    /// When it was written, in seconds since 1970.
    pub author_time: i64,
    /// When it was committed, in seconds since 1970.
    pub time: i64,
    /// The message.
    pub message: &'c [u8],
}

impl<'c> Commit<'c> {
    /// Takes a commit apart.
    ///
    /// # Errors
    /// It names no tree, or a parent that is no name.
    pub fn parse(data: &'c [u8]) -> Result<Self> {
        let mut commit = Self::default();
        let mut tree = None;
        commit.message = headers(data, |key, value| {
            match key {
                b"tree" if tree.is_none() => tree = Oid::read_hex(value),
                b"parent" => commit
                    .parents
                    .push(Oid::read_hex(value).ok_or_else(|| Error::corrupt("a commit is malformed"))?),
                b"author" => (commit.author, commit.author_time) = signature(value),
                b"committer" => commit.time = signature(value).1,
                _ => {}
            }
            Ok(())
        })?;
        commit.tree = tree.ok_or_else(|| Error::corrupt("a commit names no tree"))?;
        Ok(commit)
    }

    /// Takes a commit or a tag apart.
    ///
    /// # Errors
    /// Those of [`Commit::parse`] and [`Commit::parse_tag`].
    pub fn parse_as(kind: Kind, data: &'c [u8]) -> Result<Self> {
        if kind == Kind::Tag { Self::parse_tag(data) } else { Self::parse(data) }
    }

    /// Takes a tag apart.
    ///
    /// # Errors
    /// It names no object.
    pub fn parse_tag(data: &'c [u8]) -> Result<Self> {
        let mut tag = Self::default();
        let mut object = None;
        tag.message = headers(data, |key, value| {
            match key {
                b"object" if object.is_none() => object = Oid::read_hex(value),
                b"tagger" => {
                    (tag.author, tag.author_time) = signature(value);
                    tag.time = tag.author_time;
                }
                _ => {}
            }
            Ok(())
        })?;
        tag.tree = object.ok_or_else(|| Error::corrupt("a tag names no object"))?;
        Ok(tag)
    }
}

/// Calls `each` with every header; what follows them is the message.
fn headers<'d>(data: &'d [u8], mut each: impl FnMut(&[u8], &'d [u8]) -> Result<()>) -> Result<&'d [u8]> {
    let mut rest = data;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = &rest[..end];
        rest = &rest[(end + 1).min(rest.len())..];
        if line.is_empty() {
            break;
        }
        // a line that begins with a space goes on with the header before, such as a signature
        if line[0] != b' '
            && let Some(space) = memchr::memchr(b' ', line)
        {
            each(&line[..space], &line[space + 1..])?;
        }
    }
    Ok(rest)
}

/// `Name <address> 1700000000 +0100` as name with address, and time.
fn signature(value: &[u8]) -> (&[u8], i64) {
    let close = memchr::memrchr(b'>', value).map_or(value.len(), |close| close + 1);
    let time = std::str::from_utf8(&value[close..]).unwrap_or("");
    let time = time.split_ascii_whitespace().next().and_then(|time| time.parse().ok());
    (&value[..close], time.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_read_up_to_the_first_fault() {
        let mut tree = b"100644 a b\0".to_vec();
        tree.extend([7; 20]);
        tree.extend(b"40000 d\0");
        tree.extend([8; 20]);
        let read: Vec<_> = entries(&tree).map(|entry| entry.unwrap()).collect();
        assert_eq!((read[0].name, read[0].id, read[0].is_tree()), (&b"a b"[..], Oid::new([7; 20]), false));
        assert!(read[1].is_tree());
        tree.extend(b"100644 x\0abc");
        let last = entries(&tree).last().unwrap();
        assert!(last.is_err());
        assert_eq!(entries(&tree).count(), 3);
        for bad in [&b"x"[..], b"100644", b"99 a\0", b"100644 a", b"777777777 a\0"] {
            assert!(entries(bad).all(|entry| entry.is_err()), "{bad:?}");
        }
    }

    #[test]
    fn commits_are_taken_apart() {
        let id = "0123456789012345678901234567890123456789";
        let text = format!(
            "tree {id}\nparent {id}\nparent {id}\nauthor A B <a@b> 12 +0100\ncommitter C <c> 34 +0000\n\
             gpgsig -----BEGIN\n tree {}\n\nsubject\n\nbody\n",
            "f".repeat(40)
        );
        let commit = Commit::parse(text.as_bytes()).unwrap();
        assert_eq!((commit.parents.len(), commit.author, commit.author_time), (2, &b"A B <a@b>"[..], 12));
        assert_eq!((commit.time, commit.message), (34, &b"subject\n\nbody\n"[..]));
        assert_eq!(commit.tree.to_string(), id);
        assert!(Commit::parse(b"author A <a> 1 +0000\n\nx").is_err());
        assert!(Commit::parse(b"tree 12\n\nx").is_err());
        let tag = format!("object {id}\ntype commit\ntag v\ntagger T <t> 5 +0000\n\nm");
        let tag = Commit::parse_tag(tag.as_bytes()).unwrap();
        assert_eq!((tag.time, tag.message, tag.author), (5, &b"m"[..], &b"T <t>"[..]));
    }
}

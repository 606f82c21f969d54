//! The new side of a unified diff: what `git diff`, `git show`, `diff -u` and their like print.
//!
//! Each hunk becomes one text: the lines it adds and, as context, those it leaves, so that a secret is whole even when
//! only a part of it is new. Lines are counted by the numbers in the hunk's header, as `patch` does it: an added line
//! may look like a header. Diffs are hostile: what does not add up makes the coverage incomplete.

use std::io::{self, BufRead, BufReader, Read};

use crate::blob::{Blob, Window};
use crate::config::PathGlobs;
use crate::finding::{Coverage, Skipped};
use crate::source::Sink;
use crate::source::name::push_text;
use crate::source::read::Buffer;
use crate::span::Position;

/// Bytes of a header line that are looked at: paths are shorter.
const HEADER_LIMIT: usize = 64 << 10;
/// Parents of a merge whose combined diff is read.
const PARENTS: usize = 64;

/// What a diff is called where it names no file.
const NAMELESS: &str = "(no name)";

/// Takes hunks.
pub trait HunkSink: Sink {
    /// The hunk that was handed on as blobs has ended; it added these lines of the new file: first and last, rising.
    fn hunk(&mut self, added: &[(u64, u64)]);
}

/// Hands every hunk of `input` to `sink`, but those of files that `exclude` covers. `label` is what the diff itself is
/// called where trouble is reported.
pub fn scan_diff<S: HunkSink>(input: impl Read, label: &str, exclude: &PathGlobs, sink: &mut S) -> Coverage {
    let mut reader = Reader {
        input: BufReader::with_capacity(64 << 10, input),
        line: 0,
        header: Vec::new(),
        buffer: Buffer::default(),
        coverage: Coverage::default(),
        label,
    };
    if let Err(trouble) = reader.run(exclude, sink) {
        reader.incomplete(&trouble);
    }
    reader.coverage
}

struct Reader<'l, R> {
    input: BufReader<R>,
    /// Number of the line read last.
    line: u64,
    header: Vec<u8>,
    buffer: Buffer,
    coverage: Coverage,
    label: &'l str,
}

/// The file that headers have named so far.
#[derive(Default)]
struct File {
    /// What follows `diff --git `.
    git: Option<Vec<u8>>,
    old: Option<Vec<u8>>,
    new: Option<Vec<u8>>,
    /// From `rename to` and its like, and from combined diffs, which have no prefix.
    certain: Option<Vec<u8>>,
    counted: bool,
}

impl<R: Read> Reader<'_, R> {
    fn run<S: HunkSink>(&mut self, exclude: &PathGlobs, sink: &mut S) -> Result<(), String> {
        let mut file = File::default();
        let (mut any, mut anything) = (false, false);
        let (mut after_hunk, mut after_old) = (false, false);
        while self.next_header()? {
            let line = trim_return(&self.header);
            anything |= !line.is_empty();
            match Hunk::parse(line) {
                Ok(None) => {}
                Ok(Some(hunk)) => {
                    (any, after_hunk) = (true, true);
                    self.hunk(&hunk, &mut file, exclude, sink)?;
                    continue;
                }
                Err(problem) => {
                    any = true;
                    self.incomplete(&format!("line {}: {problem}", self.line));
                    continue;
                }
            }
            // Lines that a hunk's header does not count would go unseen.
            let new_path = line.starts_with(b"+++ ") && after_old;
            after_old = line.starts_with(b"--- ");
            if after_hunk && line.starts_with(b"+") && !new_path {
                after_hunk = false;
                self.incomplete(&format!(
                    "line {}: an added line stands outside of its hunk, so the diff was edited or cut",
                    self.line
                ));
                continue;
            }
            after_hunk &= matches!(line.first(), Some(b'+' | b'-' | b' ' | b'\\'));
            any |= self.read_header(&mut file);
        }
        if anything && !any {
            return Err("holds no unified diff: make one with `git diff` or `diff -u`".to_owned());
        }
        Ok(())
    }

    /// Takes what a line outside of hunks says of the file; whether it said something.
    fn read_header(&mut self, file: &mut File) -> bool {
        let line = trim_return(&self.header);
        if let Some(rest) = line.strip_prefix(b"diff --git ") {
            *file = File { git: Some(rest.to_owned()), ..File::default() };
        } else if let Some(rest) =
            line.strip_prefix(b"diff --cc ").or_else(|| line.strip_prefix(b"diff --combined "))
        {
            *file = File { certain: Some(unquoted(rest)), ..File::default() };
        } else if let Some(rest) = line.strip_prefix(b"--- ") {
            // a plain diff has no other header, so this one begins a file
            if file.git.is_none() && file.certain.is_none() {
                *file = File::default();
            }
            file.old = Some(header_path(rest));
            // alone it may be of a context diff
            return false;
        } else if let Some(rest) = line.strip_prefix(b"+++ ") {
            file.new = Some(header_path(rest));
            return file.old.is_some();
        } else if let Some(rest) = line.strip_prefix(b"rename to ").or_else(|| line.strip_prefix(b"copy to "))
        {
            file.certain = Some(unquoted(rest));
        } else if line.starts_with(b"Binary files ") && line.ends_with(b" differ")
            || line == b"GIT binary patch"
        {
            // a deleted file adds nothing
            if !line.ends_with(b" and /dev/null differ") {
                let path = file.name();
                let reason = "binary: the diff does not hold its content as text".to_owned();
                self.coverage.skipped.push(Skipped { path, reason, expected: true });
            }
        } else {
            return false;
        }
        true
    }

    fn hunk<S: HunkSink>(
        &mut self,
        hunk: &Hunk,
        file: &mut File,
        exclude: &PathGlobs,
        sink: &mut S,
    ) -> Result<(), String> {
        let name = file.name();
        let excluded = exclude.covering(&name).map(str::to_owned);
        if !std::mem::replace(&mut file.counted, true) {
            match &excluded {
                None => self.coverage.files += 1,
                Some(pattern) => self.coverage.skipped.push(Skipped {
                    path: name.clone(),
                    reason: format!("excluded by \"{pattern}\""),
                    expected: true,
                }),
            }
        }
        let mut lines = Lines {
            input: &mut self.input,
            line: &mut self.line,
            parents: hunk.parents,
            old: hunk.old.clone(),
            new: hunk.new,
            next: hunk.first,
            within: None,
            added: Vec::new(),
        };
        let error = if excluded.is_some() {
            io::copy(&mut lines, &mut io::sink()).err()
        } else {
            let mut placed = Placed { sink, first: hunk.first };
            let passed = self.buffer.pass(&mut lines, &name, None, &mut placed);
            self.coverage.bytes += passed.bytes;
            sink.hunk(&lines.added);
            passed.error
        };
        match error {
            None => Ok(()),
            // the next header may be in order
            Some(error) if error.kind() == io::ErrorKind::InvalidData => {
                self.incomplete(&format!("line {}: {error}", self.line));
                Ok(())
            }
            Some(error) => Err(format!("could not be read to its end: {error}")),
        }
    }

    /// Reads a line outside of hunks; whether there was one.
    fn next_header(&mut self) -> Result<bool, String> {
        self.header.clear();
        let cannot = |error: io::Error| format!("could not be read to its end: {error}");
        let mut limited = (&mut self.input).take(HEADER_LIMIT as u64);
        if limited.read_until(b'\n', &mut self.header).map_err(cannot)? == 0 {
            return Ok(false);
        }
        self.line += 1;
        if self.header.last() != Some(&b'\n') {
            self.input.skip_until(b'\n').map_err(cannot)?;
        }
        Ok(true)
    }

    fn incomplete(&mut self, reason: &str) {
        self.coverage.skipped.push(Skipped {
            path: self.label.to_owned(),
            reason: reason.to_owned(),
            expected: false,
        });
    }
}

impl File {
    /// What the new side is called, as a report shows it.
    fn name(&self) -> String {
        let mut name = String::new();
        push_text(&self.path().unwrap_or_else(|| NAMELESS.into()), &mut name);
        name
    }

    fn path(&self) -> Option<Vec<u8>> {
        if let Some(certain) = &self.certain {
            return Some(certain.clone());
        }
        let real = |path: &&Vec<u8>| path.as_slice() != b"/dev/null";
        let (old, new) = (self.old.as_ref().filter(real), self.new.as_ref().filter(real));
        let Some(path) = new.or(old) else {
            // only `diff --git` names the file, as for binary ones: both names are the same but for the prefix
            let git = self.git.as_ref()?;
            let half = git.len() / 2;
            let (first, second) = (unquoted(git.get(..half)?), unquoted(git.get(half + 1..)?));
            return Some(if first == second {
                second
            } else if prefixed(&first) && first.get(1..) == second.get(1..) {
                second[2..].to_owned()
            } else {
                git.clone()
            });
        };
        let prefix = match (old, new, &self.git) {
            (Some(old), Some(new), _) => prefixed(old) && prefixed(new) && old[0] != new[0],
            (_, _, Some(git)) => {
                let (old, new) = (git.trim_ascii_start(), path.as_slice());
                let unquoted = old.strip_prefix(b"\"").unwrap_or(old);
                prefixed(unquoted) && prefixed(new) && !unquoted.starts_with(new)
            }
            _ => false,
        };
        Some(if prefix { path[2..].to_owned() } else { path.clone() })
    }
}

/// Whether a path begins as git's prefixes do: `a/`, `b/`, and with `diff.mnemonicPrefix` `c/`, `i/`, `o/`, `w/`.
fn prefixed(path: &[u8]) -> bool {
    matches!(path, [b'a' | b'b' | b'c' | b'i' | b'o' | b'w', b'/', ..])
}

fn trim_return(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The path of a `---` or `+++` line: up to a tab, after which `diff` puts a time.
fn header_path(rest: &[u8]) -> Vec<u8> {
    if rest.starts_with(b"\"") {
        return unquoted(rest);
    }
    rest[..memchr::memchr(b'\t', rest).unwrap_or(rest.len())].to_owned()
}

/// A path as it is, where git has quoted it as C does.
fn unquoted(text: &[u8]) -> Vec<u8> {
    let Some(quoted) = text.strip_prefix(b"\"") else { return text.to_owned() };
    let mut path = Vec::with_capacity(quoted.len());
    let mut bytes = quoted.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => match bytes.next() {
                Some(digit @ b'0'..=b'3') => {
                    let mut value = digit - b'0';
                    for _ in 0..2 {
                        match bytes.next() {
                            Some(digit @ b'0'..=b'7') => value = value << 3 | (digit - b'0'),
                            _ => return text.to_owned(),
                        }
                    }
                    path.push(value);
                }
                Some(b'n') => path.push(b'\n'),
                Some(b't') => path.push(b'\t'),
                Some(b'r') => path.push(b'\r'),
                Some(b'a') => path.push(7),
                Some(b'b') => path.push(8),
                Some(b'v') => path.push(11),
                Some(b'f') => path.push(12),
                Some(other) => path.push(other),
                None => return text.to_owned(),
            },
            byte => path.push(byte),
        }
    }
    path
}

/// The header of a hunk.
struct Hunk {
    parents: usize,
    /// Lines of each old side.
    old: Vec<u64>,
    /// Lines of the new side.
    new: u64,
    /// Number of the first line of the new side.
    first: u64,
}

impl Hunk {
    /// Reads `@@ -1,2 +3,4 @@ …`, with one more `@` and one more range for each further parent of a merge. `None` for
    /// another line.
    fn parse(line: &[u8]) -> Result<Option<Self>, &'static str> {
        let marks = line.iter().take_while(|byte| **byte == b'@').count();
        if marks < 2 || line.get(marks) != Some(&b' ') {
            return Ok(None);
        }
        const BAD: &str = "the header of a hunk cannot be read";
        let parents = marks - 1;
        if parents > PARENTS {
            return Err(BAD);
        }
        let text = line[marks + 1..].split(|byte| *byte == b' ');
        let mut words = text.map(|word| std::str::from_utf8(word).unwrap_or_default());
        let mut range = |sign| {
            let range = words.next()?.strip_prefix(sign)?;
            let (first, count) = range.split_once(',').unwrap_or((range, "1"));
            Some((number(first)?, number(count)?))
        };
        let old: Option<Vec<u64>> = (0..parents).map(|_| range('-').map(|(_, count)| count)).collect();
        let (old, (first, new)) = (old.ok_or(BAD)?, range('+').ok_or(BAD)?);
        if words.next().is_none_or(|end| end.len() != marks || end.bytes().any(|byte| byte != b'@')) {
            return Err(BAD);
        }
        Ok(Some(Self { parents, old, new, first: first.max(1) }))
    }
}

fn number(digits: &str) -> Option<u64> {
    // more lines than that no file has, and sums must not overflow
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| plain && *number < 1 << 48)
}

/// The new side of a hunk, as a stream.
struct Lines<'r, R> {
    input: &'r mut BufReader<R>,
    line: &'r mut u64,
    parents: usize,
    /// Lines still to come, of the old sides and the new.
    old: Vec<u64>,
    new: u64,
    /// Number of the next line of the new side.
    next: u64,
    /// In the middle of a line: whether it belongs to the new side.
    within: Option<bool>,
    added: Vec<(u64, u64)>,
}

impl<R: Read> Lines<'_, R> {
    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.input.fill_buf()?.first().copied())
    }

    /// Reads the marks before a line; whether there is one.
    fn begin(&mut self) -> io::Result<bool> {
        loop {
            if self.new == 0 && self.old.iter().all(|count| *count == 0) {
                return Ok(false);
            }
            // `\ No newline at end of file` may stand between old and new lines
            if self.peek()? != Some(b'\\') {
                break;
            }
            self.input.skip_until(b'\n')?;
            *self.line += 1;
        }
        *self.line += 1;
        let mut marks = [b' '; PARENTS];
        for mark in &mut marks[..self.parents] {
            *mark = match self.peek()? {
                Some(mark @ (b' ' | b'+' | b'-')) => mark,
                // mail and editors cut the space off empty lines
                Some(b'\n' | b'\r') => break,
                Some(_) => {
                    return Err(malformed("the hunk has a line that begins with none of ' ', '+', '-'"));
                }
                None => return Err(malformed("the hunk ends early: the diff was cut")),
            };
            self.input.consume(1);
        }
        let marks = &marks[..self.parents];
        let removed = marks.contains(&b'-');
        for (count, mark) in self.old.iter_mut().zip(marks) {
            if *mark == b'-' || *mark == b' ' && !removed {
                *count = count.checked_sub(1).ok_or_else(|| malformed(TOO_MANY))?;
            }
        }
        if !removed {
            self.new = self.new.checked_sub(1).ok_or_else(|| malformed(TOO_MANY))?;
            if marks.contains(&b'+') {
                match self.added.last_mut() {
                    Some((_, last)) if *last + 1 == self.next => *last += 1,
                    _ => self.added.push((self.next, self.next)),
                }
            }
            self.next += 1;
        }
        self.within = Some(!removed);
        Ok(true)
    }
}

const TOO_MANY: &str = "the hunk has more lines than its header says";

fn malformed(text: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

impl<R: Read> Read for Lines<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            let Some(kept) = self.within else {
                if !self.begin()? {
                    return Ok(0);
                }
                continue;
            };
            let available = self.input.fill_buf()?;
            let newline = memchr::memchr(b'\n', available);
            let length = newline.map_or(available.len(), |at| at + 1);
            let taken = if kept { length.min(into.len()) } else { length };
            if kept {
                into[..taken].copy_from_slice(&available[..taken]);
            }
            let ended = available.is_empty() || newline.is_some_and(|at| taken == at + 1);
            self.input.consume(taken);
            if ended {
                self.within = None;
            }
            if kept && taken > 0 {
                return Ok(taken);
            }
        }
    }
}

/// Moves blobs to where the hunk begins in its file.
struct Placed<'s, S> {
    sink: &'s mut S,
    first: u64,
}

impl<S: Sink> Sink for Placed<'_, S> {
    fn blob(&mut self, blob: &Blob<'_>) {
        let Position { line, column } = blob.window.position;
        let position = Position { line: line + self.first - 1, column };
        self.sink.blob(&Blob { window: Window { position, ..blob.window }, ..*blob });
    }

    fn is_binary(&self, first: &[u8]) -> bool {
        self.sink.is_binary(first)
    }
}

#[cfg(test)]
mod tests;

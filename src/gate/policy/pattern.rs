//! Patterns over the words of a command: `git push *`.
//!
//! | Token | Stands for |
//! |---|---|
//! | `*` alone | any number of words, also none |
//! | `*` and `?` within a token | any characters, one character, within one word |
//! | anything else | itself |
//!
//! Tokens are separated by white space; quotes hold white space together (`echo "a b"`). The first token is a program:
//! without a `/` it matches the program's base name.

use crate::gate::model::{Part, Word};

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    tokens: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// `*` alone.
    Words,
    /// One word.
    Glob(Vec<char>),
}

/// Whether a command is one that a pattern means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matched {
    /// It is not.
    No,
    /// It is if its unknown words turn out so.
    Maybe,
    /// It is.
    Yes,
}

/// Folders whose programs are the system's: an entry for `git` means `/usr/bin/git` too, but not `./git`.
const SYSTEM_FOLDERS: &[&str] =
    &["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/opt/homebrew/bin/"];

impl Pattern {
    /// Reads a pattern; `None` when it holds no token or an open quote.
    pub fn new(text: &str) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut current: Option<String> = None;
        let mut quote = None;
        for char in text.chars() {
            match (quote, char) {
                (Some(open), _) if char == open => quote = None,
                (Some(_), _) => current.get_or_insert_default().push(char),
                (None, '"' | '\'') => {
                    quote = Some(char);
                    current.get_or_insert_default();
                }
                (None, _) if char.is_whitespace() => tokens.extend(current.take()),
                (None, _) => current.get_or_insert_default().push(char),
            }
        }
        tokens.extend(current);
        (quote.is_none() && !tokens.is_empty())
            .then(|| Self { tokens: tokens.iter().map(|text| token(text)).collect() })
    }

    /// Whether it is `*`, which means everything.
    pub fn is_everything(&self) -> bool {
        self.tokens.iter().all(|token| *token == Token::Words)
    }

    /// Whether nothing but the program is said: `git *`, `git`.
    pub fn is_program_only(&self) -> bool {
        self.tokens[1..].iter().all(|token| *token == Token::Words)
    }

    /// The program's name, when it is spelled out.
    pub fn program(&self) -> Option<String> {
        match &self.tokens[0] {
            Token::Glob(glob) if !glob.iter().any(|char| matches!(char, '*' | '?')) => {
                Some(glob.iter().collect())
            }
            _ => None,
        }
    }

    /// Whether it surely means these words: for entries that allow. A program elsewhere than in the system's folders
    /// must be written as the entry has it.
    pub fn allows(&self, words: &[Word]) -> bool {
        let program = words.first().and_then(Word::text).map(|program| {
            let system = SYSTEM_FOLDERS.iter().find_map(|folder| program.strip_prefix(folder));
            system.filter(|name| !name.contains('/')).unwrap_or(program)
        });
        self.matches(program, words, false) == Matched::Yes
    }

    /// Whether it means these words, or might: for entries that ask or deny.
    pub fn forbids(&self, words: &[Word]) -> Matched {
        let program = words.first().and_then(Word::text).map(|path| path.rsplit('/').next().unwrap_or(path));
        match self.matches(program, words, false) {
            Matched::No => self.matches(program, words, true),
            sure => sure,
        }
    }

    /// Whether it means these words exactly as they are, the program too.
    pub(super) fn matches_text(&self, words: &[Word]) -> Matched {
        self.matches(None, words, false)
    }

    /// Matches word by word; a row says for each count of tokens whether they match the words so far. With `doubt`,
    /// an unknown part may be anything.
    fn matches(&self, base: Option<&str>, words: &[Word], doubt: bool) -> Matched {
        if words.is_empty() {
            return Matched::No;
        }
        let tokens = &self.tokens;
        let mut row = vec![false; tokens.len() + 1];
        row[0] = true;
        open_ends(tokens, &mut row);
        for (index, word) in words.iter().enumerate() {
            let splits =
                doubt && word.parts.iter().any(|part| matches!(part, Part::Unknown { splits: true, .. }));
            let mut next = vec![false; tokens.len() + 1];
            for at in 0..tokens.len() {
                let here = match &tokens[at] {
                    Token::Words => row[at] || row[at + 1],
                    Token::Glob(glob) => {
                        row[at] && {
                            let by_name = index == 0
                                && !glob.contains(&'/')
                                && base.is_some_and(|base| glob_matches(glob, base));
                            by_name || word_matches(glob, word, doubt)
                        }
                    }
                };
                next[at + 1] |= here;
            }
            if splits {
                // any number of words, also none
                let mut reached = false;
                for at in 0..=tokens.len() {
                    reached |= row[at];
                    next[at] |= reached;
                }
            }
            open_ends(tokens, &mut next);
            row = next;
        }
        match row[tokens.len()] {
            true if doubt => Matched::Maybe,
            true => Matched::Yes,
            false => Matched::No,
        }
    }
}

/// `*` may stand for no word.
fn open_ends(tokens: &[Token], row: &mut [bool]) {
    for at in 0..tokens.len() {
        if row[at] && tokens[at] == Token::Words {
            row[at + 1] = true;
        }
    }
}

fn token(text: &str) -> Token {
    match text {
        "*" => Token::Words,
        text => Token::Glob(text.chars().collect()),
    }
}

fn word_matches(glob: &[char], word: &Word, doubt: bool) -> bool {
    if let Some(text) = word.text() {
        return glob_matches(glob, text);
    }
    if !word.is_unknown() {
        // a pattern that the shell will match against files: compared as written
        let text: String = word
            .parts
            .iter()
            .map(|part| match part {
                Part::Text(text) | Part::Glob(text) => text.as_str(),
                Part::Unknown { .. } => "",
            })
            .collect();
        return glob_matches(glob, &text) || (doubt && globs_meet(glob, word.prefix()));
    }
    doubt && globs_meet(glob, word.prefix())
}

/// Whether some text that begins with `prefix` could match.
fn globs_meet(glob: &[char], prefix: &str) -> bool {
    let plain: String = glob.iter().take_while(|char| !matches!(char, '*' | '?')).collect();
    plain.starts_with(prefix) || prefix.starts_with(&plain)
}

/// `*` and `?` against a text, in time of their product.
fn glob_matches(glob: &[char], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while place < text.len() {
        match glob.get(at) {
            Some('*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(&char) if char == '?' || char == text[place] => {
                at += 1;
                place += 1;
            }
            _ => match star {
                Some((star_at, star_place)) => {
                    at = star_at + 1;
                    place = star_place + 1;
                    star = Some((star_at, star_place + 1));
                }
                None => return false,
            },
        }
    }
    glob[at..].iter().all(|char| *char == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Word> {
        line.split(' ')
            .map(|word| match word.strip_prefix('$') {
                Some(_) => {
                    Word { parts: vec![Part::Unknown { source: word.to_owned(), splits: true }], span: None }
                }
                None => Word::known(word),
            })
            .collect()
    }

    #[track_caller]
    fn check(pattern: &str, line: &str, allows: bool, forbids: Matched) {
        let pattern = Pattern::new(pattern).expect("a pattern");
        let words = words(line);
        assert_eq!(pattern.allows(&words), allows, "allows {line}");
        assert_eq!(pattern.forbids(&words), forbids, "forbids {line}");
    }

    #[test]
    fn a_lone_star_is_any_number_of_words() {
        check("git push *", "git push", true, Matched::Yes);
        check("git push *", "git push origin main", true, Matched::Yes);
        check("git push *", "git pull", false, Matched::No);
        check("git push * --force *", "git push origin --force", true, Matched::Yes);
        check("git push * --force *", "git push origin", false, Matched::No);
        check("*", "anything at all", true, Matched::Yes);
        check("git status", "git status -s", false, Matched::No);
    }

    #[test]
    fn a_star_in_a_token_stays_in_its_word() {
        check("npm run test:*", "npm run test:unit", true, Matched::Yes);
        check("npm run test:*", "npm run test:unit extra", false, Matched::No);
        check("make build-?", "make build-a", true, Matched::Yes);
        check("make build-?", "make build-ab", false, Matched::No);
    }

    #[test]
    fn programs_match_by_name_where_it_is_the_systems() {
        check("git *", "/usr/bin/git status", true, Matched::Yes);
        check("git *", "./git status", false, Matched::Yes);
        check("git *", "/tmp/git status", false, Matched::Yes);
        check("./run.sh *", "./run.sh fast", true, Matched::Yes);
        check("./run.sh *", "run.sh fast", false, Matched::No);
    }

    #[test]
    fn unknown_words_are_doubt_where_it_is_stricter() {
        check("git push * --force *", "git push $X", false, Matched::Maybe);
        check("git push *", "git push $X", true, Matched::Yes);
        check("docker rm *", "docker $X", false, Matched::Maybe);
        check("docker rm *", "docker ps $X", false, Matched::No);
    }

    #[test]
    fn quotes_hold_white_space_and_must_close() {
        check("echo \"a b\"", "echo", false, Matched::No);
        assert!(Pattern::new("echo \"a").is_none());
        assert!(Pattern::new("  ").is_none());
        let pattern = Pattern::new("echo 'a b'").expect("a pattern");
        assert!(pattern.allows(&[Word::known("echo"), Word::known("a b")]));
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = Pattern::new(&format!("x {}", "*a".repeat(200))).expect("a pattern");
        let long = "b".repeat(20_000);
        assert!(!pattern.allows(&[Word::known("x"), Word::known(long)]));
    }
}

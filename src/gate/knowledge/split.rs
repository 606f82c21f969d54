//! Words of an invocation as the program will take them: subcommands, options with their values, operands.

use crate::gate::model::Word;

use super::table::{Command, Opt, Role, Style};
use super::words::{splits, strip};

/// An option that is given.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// The option.
    pub(super) option: &'static Opt,
    /// The spelling it was found by.
    pub(super) name: &'static str,
    /// Its values.
    pub(super) values: Vec<Word>,
}

impl Given {
    /// Whether one of its spellings is `name`.
    pub(super) fn is(&self, name: &str) -> bool {
        self.option.names.contains(&name)
    }
}

/// The words of a command, told apart.
#[derive(Clone, Debug)]
pub(super) struct Split {
    /// The program, then the subcommand, and so on.
    pub(super) levels: Vec<&'static Command>,
    /// Options in order.
    pub(super) given: Vec<Given>,
    /// Operands in order.
    pub(super) operands: Vec<Word>,
    /// Options that are not listed, as written.
    pub(super) unknown: Vec<String>,
    /// Whether an unknown word could be any option.
    pub(super) doubt: bool,
    /// The word where a subcommand was expected.
    pub(super) no_sub: Option<Word>,
    /// Whether help or the version is asked for.
    pub(super) help: bool,
}

impl Split {
    /// The command whose operands these are.
    pub(super) fn leaf(&self) -> &'static Command {
        self.levels.last().expect("a command has a name")
    }

    /// Whether an option is given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.given.iter().any(|given| given.is(name))
    }
}

/// Tells the words after the program's name apart.
pub(super) fn split(command: &'static Command, words: &[Word]) -> Split {
    let mut splitter = Splitter {
        out: Split {
            levels: vec![command],
            given: Vec::new(),
            operands: Vec::new(),
            unknown: Vec::new(),
            doubt: false,
            no_sub: None,
            help: false,
        },
        words,
        at: 0,
        ended: false,
    };
    splitter.run();
    splitter.out
}

struct Splitter<'w> {
    out: Split,
    words: &'w [Word],
    at: usize,
    /// Whether options have ended.
    ended: bool,
}

impl<'w> Splitter<'w> {
    fn run(&mut self) {
        let mut first = true;
        while let Some(word) = self.words.get(self.at) {
            self.at += 1;
            if self.ended || self.out.leaf().style == Style::None {
                self.operand(word);
                continue;
            }
            if first && self.out.leaf().style == Style::Bsd && self.bsd(word) {
                first = false;
                continue;
            }
            first = false;
            if !self.option(word) {
                self.operand(word);
            }
        }
    }

    fn next(&mut self) -> Option<&'w Word> {
        let word = self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    /// Options that may stand here: the command's own and those of its parents.
    fn tables(&self) -> impl Iterator<Item = &'static Opt> + '_ {
        let leaf = self.out.levels.len() - 1;
        self.out
            .levels
            .iter()
            .enumerate()
            .rev()
            .filter(move |(index, command)| *index == leaf || !command.global_first)
            .flat_map(|(_, command)| command.options)
    }

    fn find(&self, spelling: &str) -> Option<(&'static Opt, &'static str)> {
        self.tables().find_map(|option| {
            option.names.iter().find(|name| **name == spelling).map(|name| (option, *name))
        })
    }

    fn operand(&mut self, word: &Word) {
        let leaf = self.out.leaf();
        if self.out.operands.is_empty() && !leaf.subs.is_empty() && self.out.no_sub.is_none() {
            if let Some(sub) =
                word.text().and_then(|name| leaf.subs.iter().find(|sub| sub.names.contains(&name)))
            {
                self.out.levels.push(sub);
                self.ended = false;
                return;
            }
            if leaf.operands.is_none() || word.text().is_none() {
                self.out.no_sub = Some(word.clone());
            }
        }
        let place = self.out.operands.len();
        self.out.operands.push(word.clone());
        let takes_rest = leaf.operands.and_then(|operands| operands.get(place)).is_some_and(|operand| {
            matches!(
                operand.role,
                Role::Command | Role::CommandMore | Role::CommandRemote | Role::ShellRemote | Role::ShellMore
            )
        });
        if leaf.style == Style::Posix || takes_rest {
            self.ended = true;
        }
    }

    /// A first word that is a cluster without a dash: values follow as words of their own.
    fn bsd(&mut self, word: &Word) -> bool {
        let Some(text) = word.text().filter(|text| !text.is_empty() && !text.starts_with('-')) else {
            return false;
        };
        let letters: Option<Vec<_>> = text.chars().map(|c| self.find(&format!("-{c}"))).collect();
        let Some(letters) = letters else { return false };
        for (option, name) in letters {
            let values = if option.optional { Vec::new() } else { self.values(option, None) };
            self.out.given.push(Given { option, name, values });
        }
        true
    }

    fn values(&mut self, option: &'static Opt, attached: Option<Word>) -> Vec<Word> {
        let mut values: Vec<Word> = attached.into_iter().collect();
        if matches!(option.values.first(), Some(Role::Module(_))) {
            // `python -m pytest …`: all that follows belongs to the module.
            values.extend(self.words[self.at..].iter().cloned());
            self.at = self.words.len();
            return values;
        }
        while values.len() < option.values.len() {
            if matches!(option.values[values.len()], Role::Command | Role::CommandMore) {
                // The rest, or all up to the word that ends it, belongs to the command.
                let from = self.at;
                self.at = self.words.len();
                values.extend(self.words[from..].iter().cloned());
                break;
            }
            if option.values[values.len()] == Role::CommandUntil {
                while let Some(word) = self.next() {
                    let ends = match word.text() {
                        Some(";") => true,
                        // Only after `{}` does a plus end a command of `find`.
                        Some("+") => values.last().is_some_and(|last| last.text() == Some("{}")),
                        _ => false,
                    };
                    if ends {
                        break;
                    }
                    values.push(word.clone());
                }
                break;
            }
            let Some(word) = self.next() else { break };
            values.push(word.clone());
        }
        values
    }

    fn give(&mut self, (option, name): (&'static Opt, &'static str), attached: Option<Word>) {
        let values = if option.values.is_empty() {
            Vec::new()
        } else if option.optional {
            attached.into_iter().collect()
        } else {
            self.values(option, attached)
        };
        self.out.given.push(Given { option, name, values });
    }

    /// Takes the word as an option, or says that it is none.
    fn option(&mut self, word: &Word) -> bool {
        let prefix = word.prefix();
        let whole = word.text();
        if whole.is_none() && (prefix.is_empty() && splits(word)) {
            self.out.doubt = true;
            return false;
        }
        let style = self.out.leaf().style;
        if let Some(text) = whole {
            if text == "--" && style != Style::Expression {
                if let Some(found) = self.find("--") {
                    self.give(found, None);
                }
                self.ended = true;
                return true;
            }
            if let Some(found) = self.find(text) {
                self.give(found, None);
                return true;
            }
            if text == "--help" || text == "--version" {
                self.out.help = true;
                return true;
            }
        }
        if let Some(found) = self.by_prefix(prefix) {
            self.give(found, None);
            return true;
        }
        if prefix.starts_with('+')
            && let Some(found) = self.find("+")
        {
            self.give(found, Some(strip(word, 1)));
            return true;
        }
        if style == Style::Keyword && !prefix.starts_with('-') {
            let Some(equals) = prefix.find('=') else { return false };
            return match self.find(&prefix[..=equals]) {
                Some(found) => {
                    self.give(found, Some(strip(word, equals + 1)));
                    true
                }
                None => false,
            };
        }
        if !prefix.starts_with('-') || whole == Some("-") {
            return false;
        }
        match style {
            Style::Expression => self.expression(word),
            Style::Long => self.long(word),
            _ if prefix.starts_with("--") => self.double(word),
            _ => self.cluster(word),
        }
        true
    }

    /// Spellings that end in `*`, and numbers.
    fn by_prefix(&self, prefix: &str) -> Option<(&'static Opt, &'static str)> {
        let digits = prefix
            .strip_prefix('-')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()));
        self.tables().find_map(|option| {
            option
                .names
                .iter()
                .find(|name| match name.strip_suffix('*') {
                    Some(stem) => stem.len() > 1 && prefix.starts_with(stem),
                    None => digits && **name == "-#",
                })
                .map(|name| (option, *name))
        })
    }

    fn not_listed(&mut self, word: &Word) {
        if word.is_unknown() && !word.prefix().contains('=') {
            self.out.doubt = true;
        }
        self.out.unknown.push(super::words::shown(word));
    }

    fn expression(&mut self, word: &Word) {
        self.not_listed(word);
    }

    fn long(&mut self, word: &Word) {
        let prefix = word.prefix();
        let name = prefix.trim_start_matches('-');
        let (name, value) = match name.find('=') {
            Some(equals) => (&name[..equals], Some(strip(word, prefix.len() - name.len() + equals + 1))),
            None if word.text().is_none() => return self.not_listed(word),
            None => (name, None),
        };
        match self.find(&format!("-{name}")).or_else(|| self.find(&format!("--{name}"))) {
            Some(found) => self.give(found, value),
            None if matches!(name, "help" | "version") => self.out.help = true,
            None => self.not_listed(word),
        }
    }

    fn double(&mut self, word: &Word) {
        let prefix = word.prefix();
        let (name, value) = match prefix.find('=') {
            Some(equals) => (&prefix[..equals], Some(strip(word, equals + 1))),
            None if word.text().is_none() => return self.not_listed(word),
            None => (prefix, None),
        };
        let found = self.find(name).or_else(|| {
            let mut starting = self.tables().flat_map(|option| {
                option.names.iter().filter(|known| known.starts_with(name)).map(move |known| (option, *known))
            });
            let first = starting.next()?;
            // `--for` is `--force` unless it could be something else.
            starting.all(|(option, _)| std::ptr::eq(option, first.0)).then_some(first)
        });
        match found {
            Some((option, known)) if value.is_some() && option.values.is_empty() => {
                // A flag with a value, such as `--flag=false`: given or not, we cannot tell.
                self.give((option, known), None);
            }
            Some(found) => self.give(found, value),
            None => self.not_listed(word),
        }
    }

    fn cluster(&mut self, word: &Word) {
        let prefix = word.prefix();
        if let Some(equals) = prefix.find('=')
            && let Some(found) = self
                .find(&prefix[..equals])
                .filter(|(option, name)| name.len() > 2 && !option.values.is_empty())
        {
            let value = strip(word, equals + 1);
            return self.give(found, Some(value));
        }
        let before = self.out.given.len();
        for (at, letter) in prefix.char_indices().skip(1) {
            let Some(found) = self.find(&format!("-{letter}")) else {
                if at == 1 {
                    self.out.given.truncate(before);
                }
                return self.not_listed(word);
            };
            let rest = strip(word, at + letter.len_utf8());
            if found.0.values.is_empty() {
                self.give(found, None);
            } else {
                let attached = (!rest.parts.is_empty()).then_some(rest);
                return self.give(found, attached);
            }
        }
        if word.text().is_none() {
            self.not_listed(word);
        }
    }
}

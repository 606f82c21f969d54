//! The shape of a shell program: bash grammar, which holds that of POSIX.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::span::Span;

/// Commands one after another.
#[derive(Clone, Debug, Default)]
pub(crate) struct List {
    pub(crate) items: Vec<Item>,
}

/// One entry of a list.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) first: Pipeline,
    pub(crate) rest: Vec<(Connector, Pipeline)>,
    /// Ended by `&`.
    pub(crate) background: bool,
}

/// What stands between two pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connector {
    And,
    Or,
}

/// Commands that feed each other.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub(crate) commands: Vec<Command>,
}

/// A simple or compound command with its redirections.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) kind: Kind,
    pub(crate) redirects: Vec<Redirect>,
    pub(crate) span: Span,
}

/// What a command is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Simple {
        assignments: Vec<Assignment>,
        words: Vec<Word>,
    },
    Group(List),
    Subshell(List),
    If {
        branches: Vec<(List, List)>,
        otherwise: Option<List>,
    },
    While {
        condition: List,
        body: List,
    },
    /// `for` and `select`; without words, the positional parameters.
    For {
        name: String,
        words: Option<Vec<Word>>,
        body: List,
        select: bool,
    },
    ArithmeticFor {
        parts: Word,
        body: List,
    },
    Case {
        word: Word,
        items: Vec<CaseItem>,
    },
    Function {
        name: String,
        body: Rc<Command>,
    },
    Coprocess(Box<Command>),
    /// `[[ … ]]`: its words, operators of comparison among them.
    Test(Vec<Word>),
    /// `(( … ))`
    Arithmetic(Word),
}

/// One branch of a `case`.
#[derive(Clone, Debug)]
pub(crate) struct CaseItem {
    pub(crate) patterns: Vec<Word>,
    pub(crate) body: List,
    /// Whether the next branch may run too (`;&`, `;;&`).
    pub(crate) falls: bool,
}

/// `name=value`, `name+=value`, `name[index]=value`, `name=(…)`.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    pub(crate) index: Option<Word>,
    pub(crate) append: bool,
    pub(crate) value: Word,
    pub(crate) span: Span,
}

/// A redirection.
#[derive(Clone, Debug)]
pub(crate) struct Redirect {
    /// The descriptor, if one is named.
    pub(crate) fd: Option<u32>,
    pub(crate) op: RedirectOp,
    pub(crate) target: Target,
}

/// The operator of a redirection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectOp {
    Read,
    Write,
    Append,
    ReadWrite,
    DupInput,
    DupOutput,
    /// `&>`
    WriteBoth,
    /// `&>>`
    AppendBoth,
    HereDocument,
    HereString,
}

/// What a redirection leads to.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Word(Word),
    /// Filled in once the line with the operator has ended.
    Here(Rc<OnceCell<Word>>),
}

/// A word before expansion.
#[derive(Clone, Debug, Default)]
pub(crate) struct Word {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) span: Option<Span>,
}

/// A piece of a word.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// Unquoted: tilde, braces and patterns in it count.
    Literal(String),
    /// Quoted or escaped; the empty text keeps an empty word alive.
    Quoted(String),
    Parameter {
        parameter: Rc<Parameter>,
        quoted: bool,
    },
    /// `$(…)`, backquotes, and `${ …; }`.
    Substitution {
        list: Rc<List>,
        source: Rc<str>,
        quoted: bool,
    },
    /// `$((…))`: its text as pieces.
    Arithmetic {
        word: Rc<Word>,
        source: Rc<str>,
    },
    /// `<(…)` or `>(…)`.
    Process {
        list: Rc<List>,
        write: bool,
    },
    /// The parenthesised part of `name=(…)`.
    Array(Vec<(Option<Word>, Word)>),
}

/// `$name`, `${name…}`.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: Name,
    /// `${!name}`
    pub(crate) indirect: bool,
    pub(crate) op: Op,
    /// As written.
    pub(crate) source: String,
}

/// What is expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Variable(String),
    Positional(u32),
    /// One of `@ * # ? - $ !`.
    Special(char),
}

/// What is done to the value.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    None,
    /// `[index]`, `[@]`, `[*]`, and an operation on that.
    Index(Word, Box<Op>),
    Length,
    /// `:-`, `-`, `:=`, `=`, `:?`, `?`, `:+`, `+`
    Default {
        colon: bool,
        kind: char,
        word: Word,
    },
    /// `#`, `##`, `%`, `%%`
    Trim {
        suffix: bool,
        longest: bool,
        pattern: Word,
    },
    /// `/`, `//`, `/#`, `/%`
    Replace {
        how: Replace,
        pattern: Word,
        with: Word,
    },
    Substring {
        offset: Word,
        length: Option<Word>,
    },
    /// `^`, `^^`, `,`, `,,`
    Case {
        upper: bool,
        all: bool,
        pattern: Word,
    },
    /// `@Q` and the like.
    Transform(char),
    /// `${!prefix*}`
    Names,
    /// What bash does not know; the words in it still count.
    Odd(Word),
}

/// Which matches are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replace {
    First,
    All,
    Start,
    End,
}

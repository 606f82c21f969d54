//! What is known of a program: the types of the tables that `build.rs` writes from `rules/commands/*.toml`. `build.rs`
//! shares this file.

use crate::gate::decision::Decision;
use crate::gate::effect_kind::EffectKind;

/// A program or one of its subcommands: see `rules/commands/README.md` for the meaning of each field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Command {
    /// Names it goes by; a `#` at the end stands for a version.
    pub names: &'static [&'static str],
    /// What it does, for `--explain`.
    pub summary: &'static str,
    /// What its plain use deserves.
    pub decision: Decision,
    /// Why, for other decisions than allow.
    pub reason: &'static str,
    /// How its options are written.
    pub style: Style,
    /// What an option that is not listed deserves.
    pub unknown_options: Decision,
    /// What it deserves without a subcommand.
    pub bare: Option<Decision>,
    /// Whether its own options must stand before a subcommand.
    pub global_first: bool,
    /// Options with and without values.
    pub options: &'static [Opt],
    /// Roles of the operands; `None` where only subcommands are expected.
    pub operands: Option<&'static [Operand]>,
    /// Role of what it reads on standard input.
    pub stdin: Role,
    /// Other operands in certain uses; the first that matches holds.
    pub forms: &'static [Form],
    /// Rules.
    pub rules: &'static [Rule],
    /// Subcommands.
    pub subs: &'static [Command],
}

/// How options are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Style {
    Gnu,
    Posix,
    Long,
    Bsd,
    Keyword,
    Expression,
    None,
}

impl Style {
    /// All, with the names used in rule files.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("gnu", Self::Gnu),
        ("posix", Self::Posix),
        ("long", Self::Long),
        ("bsd", Self::Bsd),
        ("keyword", Self::Keyword),
        ("expression", Self::Expression),
        ("none", Self::None),
    ];
}

/// An option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opt {
    /// Its spellings.
    pub names: &'static [&'static str],
    /// Roles of its values; empty for a flag.
    pub values: &'static [Role],
    /// Whether its value only counts when attached.
    pub optional: bool,
}

/// What one operand, or a run of them, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operand {
    /// The role.
    pub role: Role,
    /// How many have it.
    pub count: Count,
}

/// How many operands have a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// One.
    One,
    /// None or one (`?`).
    Maybe,
    /// Any number (`*`).
    Any,
}

macro_rules! roles {
    ($($variant:ident => $name:literal),+ ; $($tagged:ident => $prefix:literal),+ $(,)?) => {
        /// What a word is to a program. Documented in `rules/commands/README.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Role { $($variant,)+ $($tagged(&'static str),)+ Paths(&'static Role) }

        impl Role {
            /// Names of those without a language or kind.
            pub const PLAIN: &'static [(&'static str, Self)] = &[$(($name, Self::$variant)),+];
            /// Prefixes of the others.
            pub const TAGGED: &'static [&'static str] = &[$($prefix),+, "paths"];

            /// The role with this name; `paths:` takes another role.
            pub fn named(name: &'static str) -> Option<Self> {
                if let Some((_, role)) = Self::PLAIN.iter().find(|(known, _)| *known == name) {
                    return Some(*role);
                }
                let (prefix, tag) = name.split_once(':')?;
                match prefix {
                    $($prefix => Some(Self::$tagged(tag)),)+
                    "paths" => Some(Self::Paths(Box::leak(Box::new(Self::named(tag)?)))),
                    _ => None,
                }
            }

            /// The name, as written in rule files.
            pub fn name(self) -> String {
                match self {
                    $(Self::$variant => $name.to_owned(),)+
                    $(Self::$tagged(tag) => format!("{}:{tag}", $prefix),)+
                    Self::Paths(role) => format!("paths:{}", role.name()),
                }
            }
        }
    };
}

roles! {
    Text => "text",
    Print => "print",
    Read => "read",
    Use => "use",
    Show => "show",
    List => "list",
    Create => "create",
    Write => "write",
    Append => "append",
    Modify => "modify",
    Move => "move",
    Delete => "delete",
    DeleteTree => "delete-tree",
    DeleteGlob => "delete-glob",
    Cwd => "cwd",
    Device => "device",
    Url => "url",
    UrlSend => "url-send",
    Host => "host",
    Data => "data",
    Send => "send",
    Remote => "remote",
    RemoteFrom => "remote-from",
    RemoteTo => "remote-to",
    Command => "command",
    CommandMore => "command-more",
    CommandUntil => "command-until",
    CommandRemote => "command-remote",
    Shell => "shell",
    ShellRemote => "shell-remote",
    ShellNpm => "shell-npm",
    ShellMore => "shell-more",
    WritePipe => "write-pipe",
    ExecAction => "exec-action",
    Mount => "mount",
    Post => "post",
    Program => "program",
    GitConfig => "git-config",
    Env => "env",
    Package => "package",
    Dependency => "dependency",
    Load => "load",
    Secret => "secret",
    Assignment => "assignment";
    Code => "code",
    Script => "script",
    Module => "module",
    Target => "target",
    Sql => "sql",
}

/// Languages that `code:` and `script:` may name.
pub const LANGUAGES: &[&str] = &[
    "shell",
    "python",
    "node",
    "perl",
    "ruby",
    "php",
    "awk",
    "sed",
    "lua",
    "tcl",
    "powershell",
    "cmd",
    "osascript",
    "r",
    "julia",
    "vim",
    "jq",
    "make",
    "gdb",
    "any",
];
/// Kinds that `target:` may name.
pub const TARGETS: &[&str] = &["npm-bin", "make", "just", "npm", "composer", "rake", "task", "cargo"];
/// Dialects that `sql:` may name.
pub const DIALECTS: &[&str] =
    &["postgres", "mysql", "sqlite", "mssql", "oracle", "mongo", "redis", "cql", "other"];

/// Another reading of the operands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Form {
    /// When it holds.
    pub when: When,
    /// The operands then.
    pub operands: Option<&'static [Operand]>,
    /// What standard input is then.
    pub stdin: Option<Role>,
}

/// A decision or effect of some uses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Unique in all files.
    pub id: &'static str,
    /// When it holds.
    pub when: When,
    /// What such a use does.
    pub effect: Option<EffectKind>,
    /// What it deserves; that of the effect if `None`.
    pub decision: Option<Decision>,
    /// Why.
    pub reason: &'static str,
    /// A safer way.
    pub suggestion: &'static str,
    /// Rules of the same command that it takes back.
    pub lifts: &'static [&'static str],
}

/// Conditions, all of which must hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct When {
    /// One of these options is given.
    pub option: &'static [&'static str],
    /// All of these are.
    pub all_options: &'static [&'static str],
    /// None of these is.
    pub without: &'static [&'static str],
    /// Values of options, as patterns.
    pub values: &'static [(&'static str, &'static [&'static str])],
    /// Some operand matches one of these patterns.
    pub operand: &'static [&'static str],
    /// The first does.
    pub first: &'static [&'static str],
    /// The second does.
    pub second: &'static [&'static str],
    /// The last does.
    pub last: &'static [&'static str],
    /// How many operands there are.
    pub operands: Option<HowMany>,
    /// Whether standard input is piped.
    pub piped: Option<bool>,
    /// Whether what is unknown does not count.
    pub known: bool,
}

impl When {
    /// Always.
    pub const ALWAYS: Self = Self {
        option: &[],
        all_options: &[],
        without: &[],
        values: &[],
        operand: &[],
        first: &[],
        second: &[],
        last: &[],
        operands: None,
        piped: None,
        known: false,
    };
}

/// How many operands there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum HowMany {
    None,
    Some,
    One,
    Many,
}

impl HowMany {
    /// All, with the names used in rule files.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("none", Self::None), ("some", Self::Some), ("one", Self::One), ("many", Self::Many)];
}

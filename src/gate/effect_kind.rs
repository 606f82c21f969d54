//! The kinds of effects. `build.rs` shares this file.

macro_rules! effect_kinds {
    ($($(#[$doc:meta])+ $variant:ident => $name:literal),+ $(,)?) => {
        /// The kinds of effects.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EffectKind { $($(#[$doc])+ $variant),+ }

        impl EffectKind {
            /// All, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name used in rules and reports.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

effect_kinds! {
    /// Names or attributes are shown.
    Lists => "lists",
    /// A path is read; `shows` when its content comes out.
    Reads => "reads",
    /// A path's content comes out on standard output.
    Shows => "shows",
    /// A path is made, grown or changed in place.
    Writes => "writes",
    /// A path is overwritten.
    Overwrites => "overwrites",
    /// A path goes elsewhere.
    Moves => "moves",
    /// A path is removed.
    Deletes => "deletes",
    /// A path is removed with all below it.
    DeletesTree => "deletes-tree",
    /// Mode, owner or attributes change.
    Permissions => "permissions",
    /// Mode, owner or attributes of everything below a path change.
    PermissionsTree => "permissions-tree",
    /// Code runs that cannot be seen here.
    Executes => "executes",
    /// Code comes onto the machine.
    Installs => "installs",
    /// The network is read.
    Fetches => "fetches",
    /// Data leaves the machine.
    Sends => "sends",
    /// Something becomes public.
    Publishes => "publishes",
    /// Rights widen.
    Privilege => "privilege",
    /// History is lost.
    HistoryLoss => "history-loss",
    /// Uncommitted changes to tracked files below a path are thrown away; all of them without a target.
    DropsChanges => "drops-changes",
    /// Untracked files below a path are removed; all of them without a target.
    DropsUntracked => "drops-untracked",
    /// Untracked files below a path are removed, ignored ones too.
    DropsIgnored => "drops-ignored",
    /// A branch is removed with the commits that only it holds.
    DropsBranch => "drops-branch",
    /// State elsewhere changes.
    RemoteChange => "remote-change",
    /// State elsewhere is destroyed.
    RemoteDestroy => "remote-destroy",
    /// A credential comes out.
    CredentialPrint => "credential-print",
    /// Credentials or rights change.
    CredentialChange => "credential-change",
    /// Something runs again later.
    Persistence => "persistence",
    /// Raw devices.
    Device => "device",
    /// Services, kernel, other users' processes.
    System => "system",
    /// Processes end.
    Process => "process",
    /// Protection goes off.
    SecurityOff => "security-off",
    /// Never right.
    Catastrophe => "catastrophe",
}

impl EffectKind {
    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// Whether an effect is judged by where its target lies: by the areas of `rules/effects.toml`.
    pub fn has_place(self) -> bool {
        use EffectKind as K;
        matches!(
            self,
            K::Lists
                | K::Reads
                | K::Shows
                | K::Writes
                | K::Overwrites
                | K::Moves
                | K::Deletes
                | K::DeletesTree
                | K::Permissions
                | K::PermissionsTree
        )
    }
}

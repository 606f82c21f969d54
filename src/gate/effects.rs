//! What effects deserve: kind of effect by place of its target, from `rules/effects.toml`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::address;
use super::credentials;
use super::decision::Decision;
use super::effect_kind::EffectKind;
use super::knowledge::words::{shown, strip};
use super::knowledge::{MOUNTED, POSTED, SENT};
use super::model::{Cwd, Effect, Invocation, Opinion, Place, Reading, Recoverable, Stake, Word, World};
use super::paths::{self, Area, Spot};
use super::request::{Environment, StoredCredentials};

/// What the table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Judgement {
    Allow,
    /// Look whether it could be had back.
    Recover,
    Ask,
    Deny,
}

include!(concat!(env!("OUT_DIR"), "/effects.rs"));

/// What an effect deserves whose target is not known, or does not matter.
pub fn usual(kind: EffectKind) -> Decision {
    decision(USUAL[kind as usize])
}

fn decision(judgement: Judgement) -> Decision {
    match judgement {
        Judgement::Allow => Decision::Allow,
        Judgement::Recover | Judgement::Ask => Decision::Ask,
        Judgement::Deny => Decision::Deny,
    }
}

/// The ids of the rules that effects and their places make.
pub(super) fn rule_ids() -> impl Iterator<Item = String> {
    let placed = |kind: &EffectKind| if kind.has_place() { Area::ALL } else { &[] };
    let of_kind = move |kind: &EffectKind| {
        let name = kind.as_str();
        let areas = placed(kind).iter().map(move |(area, _)| format!("{name}-{area}"));
        std::iter::once(name.to_owned()).chain(areas)
    };
    EffectKind::ALL.iter().flat_map(of_kind).chain(["credential-read".to_owned()])
}

/// What would pass without a word if the rule were lifted; only of rules that deny.
pub(super) fn denies(id: &str) -> Option<String> {
    EffectKind::ALL.iter().find_map(|&kind| {
        let rest = id.strip_prefix(kind.as_str())?;
        if rest.is_empty() {
            return (usual(kind) == Decision::Deny).then(|| does(kind).to_owned());
        }
        let (_, area) = Area::ALL.iter().find(|(name, _)| rest.strip_prefix('-') == Some(*name))?;
        let denied = kind.has_place() && PLACED[*area as usize][kind as usize] == Judgement::Deny;
        denied.then(|| format!("{} {}", does(kind), SAYS[*area as usize]))
    })
}

/// Whether an effect throws away state of a repository, so that what it deserves hangs on what there is to lose.
pub fn is_stake(kind: EffectKind) -> bool {
    matches!(
        kind,
        EffectKind::DropsChanges
            | EffectKind::DropsUntracked
            | EffectKind::DropsIgnored
            | EffectKind::DropsBranch
    )
}

/// What effects are judged against.
pub struct Surroundings<'s> {
    /// The machine and the user.
    pub environment: &'s Environment,
    /// Files and repositories.
    pub world: &'s dyn World,
    /// The paths that some command of the request reads.
    pub read: HashSet<PathBuf>,
}

/// What the effects of a reading deserve; those that deserve nothing but leave are not named.
pub fn judge(invocation: &Invocation, reading: &Reading, surroundings: &Surroundings<'_>) -> Vec<Opinion> {
    let entered = reading.cwd.as_ref().map(|word| paths::enter(invocation.cwd.as_ref(), word));
    let mut judge = Judge {
        invocation,
        cwd: entered.as_ref().or(invocation.cwd.as_ref()),
        environment: surroundings.environment,
        world: surroundings.world,
        read: &surroundings.read,
        sends_home: sends_home(reading),
        away: moves_away(reading, invocation, surroundings.environment),
        out: Vec::new(),
    };
    for effect in &reading.effects {
        match &effect.target {
            _ if is_stake(effect.kind) => judge.at_stake(effect.kind, effect.target.as_ref()),
            Some(target) => judge.effect(effect, target),
            None => {}
        }
    }
    judge.out
}

/// Whether what is moved ends in a temporary folder or in nothing.
fn moves_away(reading: &Reading, invocation: &Invocation, environment: &Environment) -> bool {
    reading.effects.iter().any(|effect| effect.kind == EffectKind::Moves)
        && reading.effects.iter().filter(|effect| effect.kind == EffectKind::Overwrites).any(|effect| {
            effect.target.as_ref().is_some_and(|target| {
                paths::locate(target, invocation.cwd.as_ref(), environment).iter().any(|spot| {
                    matches!(spot.area, Area::Temporary | Area::TemporaryRoot | Area::Stream | Area::Cache)
                })
            })
        })
}

/// Whether all the machines that data goes to are this one.
fn sends_home(reading: &Reading) -> bool {
    let mut hosts = reading.effects.iter().filter(|effect| {
        matches!(effect.kind, EffectKind::Sends | EffectKind::Fetches)
            && effect.source != SENT
            && effect.source != POSTED
            && effect.target.is_some()
    });
    let mut any = false;
    let all = hosts.all(|effect| {
        any = true;
        effect.target.as_ref().is_some_and(address::is_local)
    });
    any && all
}

struct Judge<'j> {
    invocation: &'j Invocation,
    cwd: Option<&'j Cwd>,
    environment: &'j Environment,
    world: &'j dyn World,
    read: &'j HashSet<PathBuf>,
    sends_home: bool,
    /// Whether what is moved goes where nobody looks for it again.
    away: bool,
    out: Vec<Opinion>,
}

impl Judge<'_> {
    fn opinion(&mut self, id: String, decision: Decision, reason: String, suggestion: Option<&str>) {
        let known = self.out.iter().any(|other| other.id == id && other.reason == reason);
        if decision == Decision::Allow || known {
            return;
        }
        self.out.push(Opinion {
            id,
            decision,
            reason,
            suggestion: suggestion.map(str::to_owned),
            span: self.invocation.span,
        });
    }

    fn effect(&mut self, effect: &Effect, target: &Word) {
        let kind = effect.kind;
        match kind {
            EffectKind::Sends if effect.source == SENT => self.sent(target),
            EffectKind::Sends if effect.source == POSTED => self.posted(target),
            _ if effect.source == MOUNTED => self.mounted(kind, target),
            EffectKind::Sends
            | EffectKind::RemoteChange
            | EffectKind::RemoteDestroy
            | EffectKind::Publishes => {
                if !address::is_local(target) {
                    let reason = format!("sends data to `{}`", shown(target));
                    self.opinion(kind.as_str().to_owned(), usual(kind), reason, None);
                }
            }
            EffectKind::Fetches => self.fetched(target),
            EffectKind::Installs => self.installed(target),
            EffectKind::Executes => self.loaded(target),
            EffectKind::CredentialPrint => {
                let reason = format!("prints `{}`, which carries a credential by its name", shown(target));
                self.opinion("credential-print".to_owned(), usual(kind), reason, None);
            }
            EffectKind::Device => {
                let spots = paths::locate(target, self.cwd, self.environment);
                if !spots.iter().all(|spot| spot.area == Area::Stream) {
                    let reason = format!("works on the device or file system `{}`", shown(target));
                    self.opinion("device".to_owned(), usual(kind), reason, None);
                }
            }
            kind if kind.has_place() => self.placed(kind, target),
            kind => {
                let reason = format!("{}: `{}`", kind.as_str(), shown(target));
                self.opinion(kind.as_str().to_owned(), usual(kind), reason, None);
            }
        }
    }

    /// State of the repository that goes away: the named paths or branch, or all of it.
    fn at_stake(&mut self, kind: EffectKind, target: Option<&Word>) {
        let ask = |judge: &mut Self, reason: &str| {
            judge.opinion(kind.as_str().to_owned(), usual(kind), reason.to_owned(), None);
        };
        let Some(Cwd::Known(cwd)) = self.cwd.filter(|_| self.invocation.place == Place::Local) else {
            return ask(self, "throws away what a repository holds; which one shows only when it runs");
        };
        let top =
            if cwd.starts_with(&self.environment.workspace) { &self.environment.workspace } else { cwd };
        let paths: Vec<PathBuf> = match target {
            Some(_) if kind == EffectKind::DropsBranch => vec![cwd.clone()],
            None => vec![top.clone()],
            Some(word) => paths::locate(word, self.cwd, self.environment)
                .into_iter()
                .map(|spot| spot.path.map_or_else(|| top.clone(), |path| before_globs(&path)))
                .collect(),
        };
        for path in paths {
            let stake = match (kind, target) {
                (EffectKind::DropsUntracked, _) => Stake::Untracked(path),
                (EffectKind::DropsIgnored, _) => Stake::Ignored(path),
                (EffectKind::DropsBranch, target) => match target.and_then(Word::text) {
                    Some(branch) => Stake::Branch(path, branch.to_owned()),
                    None => return ask(self, "removes a branch; which one shows only when it runs"),
                },
                _ => Stake::Changes(path),
            };
            match self.world.at_stake(&stake) {
                Recoverable::Absent | Recoverable::Tracked | Recoverable::BuildProduct => {}
                Recoverable::Unknown => ask(self, "could not be told what would be lost"),
                Recoverable::Lost { examples, count } => {
                    let reason = format!("would lose {}", listed(&examples, count));
                    ask(self, &reason);
                }
            }
        }
    }

    fn is_credential(&self, target: &Word, spots: &[Spot]) -> bool {
        credentials::is_credential_file(target, spots, self.cwd, self.environment)
    }

    fn posted(&mut self, target: &Word) {
        let spots = paths::locate(target, self.cwd, self.environment);
        if self.is_credential(target, &spots) {
            let reason = format!("puts `{}`, which holds credentials, where others see it", shown(target));
            self.opinion("credential-sent".to_owned(), Decision::Deny, reason, None);
        }
    }

    fn sent(&mut self, target: &Word) {
        if self.sends_home {
            return;
        }
        let spots = paths::locate(target, self.cwd, self.environment);
        if self.is_credential(target, &spots) {
            let reason = format!("sends `{}`, which holds credentials, to another machine", shown(target));
            self.opinion("credential-sent".to_owned(), Decision::Deny, reason, None);
            return;
        }
        let reason = format!("sends the file `{}` to another machine", shown(target));
        self.opinion("sends".to_owned(), usual(EffectKind::Sends), reason, None);
    }

    /// A path of this machine that a container gets, to change or only to read.
    fn mounted(&mut self, kind: EffectKind, target: &Word) {
        let spots = paths::locate(target, self.cwd, self.environment);
        let name = shown(target);
        if self.is_credential(target, &spots) {
            let reason = format!("gives a container `{name}`, which holds credentials");
            self.opinion("mounts-credential".to_owned(), Decision::Ask, reason, None);
        }
        let writes = kind != EffectKind::Reads;
        for spot in spots.iter().filter(|spot| !spot.emptied) {
            let decision = match spot.area {
                Area::Workspace
                | Area::WorkspaceRoot
                | Area::WorkspaceContent
                | Area::Git
                | Area::GitRoot
                | Area::Temporary
                | Area::TemporaryRoot
                | Area::Cache
                | Area::Stream => Decision::Allow,
                Area::Root
                | Area::HomeRoot
                | Area::OtherHome
                | Area::SystemTop
                | Area::Device
                | Area::RemoteAccess => Decision::Deny,
                Area::Critical if writes => Decision::Deny,
                Area::Home | Area::System | Area::Outside | Area::Parent if !writes => Decision::Allow,
                _ => Decision::Ask,
            };
            let says = SAYS[spot.area as usize];
            let reason = format!("gives a container `{name}`: {says}");
            self.opinion(format!("mounts-{}", spot.area.as_str()), decision, reason, None);
        }
    }

    fn fetched(&mut self, target: &Word) {
        if target.prefix().starts_with("file://") {
            self.placed(EffectKind::Shows, &strip(target, "file://".len()));
        }
        if address::is_metadata(target) {
            let reason = "asks the cloud for the credentials of this machine".to_owned();
            self.opinion("cloud-metadata".to_owned(), Decision::Ask, reason, None);
        }
    }

    /// A file whose code a program loads: that of the project runs anyway. Temporary files are another matter: what they
    /// hold is not read here.
    fn loaded(&mut self, target: &Word) {
        let spots = paths::locate(&without_extras(target), self.cwd, self.environment);
        let own = |spot: &Spot| {
            matches!(
                spot.area,
                Area::Workspace | Area::WorkspaceRoot | Area::WorkspaceContent | Area::Guard | Area::Stream
            )
        };
        let here = self.invocation.place == Place::Local && !spots.is_empty() && spots.iter().all(own);
        let address = target.prefix().split_once(':').is_some_and(|(scheme, _)| scheme.len() > 1);
        if !here || address {
            let reason = format!("loads code from `{}`, which is not of this project", shown(target));
            self.opinion("executes".to_owned(), usual(EffectKind::Executes), reason, None);
        }
    }

    fn installed(&mut self, target: &Word) {
        let prefix = target.prefix();
        let text = paths::template(target);
        let archive =
            [".whl", ".tgz", ".tar.gz", ".zip", ".gem", ".deb", ".rpm"].iter().any(|end| text.ends_with(end));
        let is_path =
            prefix.starts_with(['.', '/']) || prefix.starts_with("file:") || archive && !text.contains(':');
        if is_path {
            let path =
                without_extras(&strip(target, if prefix.starts_with("file:") { "file:".len() } else { 0 }));
            let spots = paths::locate(&path, self.cwd, self.environment);
            let own = |spot: &Spot| {
                matches!(spot.area, Area::Workspace | Area::WorkspaceRoot | Area::WorkspaceContent)
            };
            if !spots.is_empty() && spots.iter().all(own) {
                return;
            }
        }
        let reason = format!("installs `{}`, which may run code of others", shown(target));
        self.opinion("installs".to_owned(), usual(EffectKind::Installs), reason, None);
    }

    fn placed(&mut self, kind: EffectKind, target: &Word) {
        if self.invocation.place != Place::Local {
            self.elsewhere(kind, target);
            return;
        }
        let mut spots = paths::locate(target, self.cwd, self.environment);
        self.credential(kind, target, &spots);
        let removes = matches!(kind, EffectKind::Deletes | EffectKind::DeletesTree | EffectKind::Moves);
        let home = spots.iter().any(|spot| {
            !spot.emptied && matches!(spot.area, Area::Home | Area::RemoteAccess | Area::OtherHome)
        });
        if removes && home && self.is_credential(target, &spots) {
            let reason = format!("removes `{}`: keys that nothing else may hold", shown(target));
            self.opinion("credential-lost".to_owned(), Decision::Deny, reason, None);
        }
        if kind != EffectKind::Lists
            && let Some(real) = self.behind_links(kind, target, &spots)
        {
            let word = Word { span: target.span, ..Word::known(real.to_string_lossy()) };
            let behind = paths::locate(&word, self.cwd, self.environment);
            self.credential(kind, &word, &behind);
            spots.extend(behind);
        }
        for spot in &spots {
            let tree = matches!(kind, EffectKind::DeletesTree | EffectKind::PermissionsTree);
            if spot.emptied && !tree {
                continue;
            }
            let mut judgement = PLACED[spot.area as usize][kind as usize];
            if self.away
                && kind == EffectKind::Moves
                && judgement == Judgement::Allow
                && spot.area == Area::Workspace
            {
                judgement = Judgement::Recover;
            }
            if spot.emptied && judgement == Judgement::Deny && spot.area != Area::Root {
                judgement = Judgement::Ask;
            }
            let does = does(kind);
            let shown = shown(target);
            let says = SAYS[spot.area as usize];
            let id = format!("{}-{}", kind.as_str(), spot.area.as_str());
            match judgement {
                Judgement::Allow => {}
                Judgement::Recover => self.recover(id, kind, target, spot),
                judgement => {
                    let reason = if spot.emptied {
                        format!("{does} `{shown}`; where what is unknown in it is empty, that is {says}")
                    } else if spot.content {
                        format!("{does} `{shown}`: all of {says}")
                    } else {
                        format!("{does} `{shown}`: {says}")
                    };
                    self.opinion(id, decision(judgement), reason, None);
                }
            }
        }
    }

    /// Where a path leads if a link stands on the way.
    fn behind_links(&self, kind: EffectKind, target: &Word, spots: &[Spot]) -> Option<PathBuf> {
        let [Spot { path: Some(path), content, .. }] = spots else { return None };
        // what is removed or moved is the link, but for a slash after it
        let links = self
            .invocation
            .words
            .first()
            .and_then(Word::text)
            .is_some_and(|name| matches!(name.rsplit('/').next(), Some("ln" | "link")));
        let removes = matches!(kind, EffectKind::Deletes | EffectKind::DeletesTree | EffectKind::Moves);
        let itself = (removes || links && kind == EffectKind::Overwrites)
            && !content
            && !paths::template(target).ends_with('/');
        super::links::real(path, !itself, self.world, self.environment)
    }

    fn credential(&mut self, kind: EffectKind, target: &Word, spots: &[Spot]) {
        let judged = match kind {
            EffectKind::Shows => true,
            // A copy of a file of the workspace stays in it; one of the user's own keys is another matter.
            EffectKind::Reads => {
                !spots.iter().all(|spot| matches!(spot.area, Area::Workspace | Area::Temporary))
            }
            _ => false,
        };
        if !judged || !self.is_credential(target, spots) {
            return;
        }
        let (id, does) = match kind {
            EffectKind::Shows => ("credential-print", "prints"),
            _ => ("credential-read", "reads"),
        };
        let reason = format!("{does} `{}`, which holds credentials", shown(target));
        self.opinion(id.to_owned(), usual(EffectKind::CredentialPrint), reason, None);
    }

    fn elsewhere(&mut self, kind: EffectKind, target: &Word) {
        let nowhere = Environment {
            home: None,
            user: None,
            workspace: PathBuf::from("/\u{1}"),
            temporary: vec![PathBuf::from("/tmp"), PathBuf::from("/var/tmp")],
            root: false,
            stored: StoredCredentials::default(),
        };
        let cwd = Cwd::Unknown;
        let spots = paths::locate(target, Some(&cwd), &nowhere);
        let worst = spots
            .iter()
            .filter(|spot| !spot.emptied)
            .map(|spot| match spot.area {
                Area::Root
                | Area::SystemTop
                | Area::Critical
                | Area::Device
                | Area::RemoteAccess
                | Area::Temporary
                | Area::Stream => PLACED[spot.area as usize][kind as usize],
                _ => PLACED[Area::Elsewhere as usize][kind as usize],
            })
            .max()
            .unwrap_or(Judgement::Allow);
        if credentials::is_credential_file(target, &spots, Some(&cwd), &nowhere) && kind == EffectKind::Shows
        {
            let reason = format!("prints `{}`, which holds credentials", shown(target));
            self.opinion("credential-print".to_owned(), Decision::Ask, reason, None);
        }
        let reason = format!("{} `{}` {}", does(kind), shown(target), SAYS[Area::Elsewhere as usize]);
        self.opinion(format!("{}-elsewhere", kind.as_str()), decision(worst), reason, None);
    }

    fn recover(&mut self, id: String, kind: EffectKind, target: &Word, spot: &Spot) {
        let unknown = || "could not be told whether it could be had back".to_owned();
        if paths::names_made(target) {
            return;
        }
        if kind == EffectKind::Overwrites {
            return self.overwrites(id, target, spot);
        }
        let lost = match spot.path.as_deref() {
            None => unknown(),
            Some(path) => match self.world.recoverable(&before_globs(path)) {
                Recoverable::Absent | Recoverable::Tracked | Recoverable::BuildProduct => return,
                Recoverable::Unknown => unknown(),
                Recoverable::Lost { .. } if paths::is_made(path) => return,
                Recoverable::Lost { examples, count } => {
                    format!("would lose what git does not have: {}", listed(&examples, count))
                }
            },
        };
        let reason = format!("{} `{}`: {lost}", does(kind), shown(target));
        self.opinion(id, Decision::Ask, reason, None);
    }
}

impl Judge<'_> {
    /// A file of the workspace that is written anew.
    fn overwrites(&mut self, id: String, target: &Word, spot: &Spot) {
        let Some(path) = spot.path.as_deref().filter(|_| target.text().is_some()) else { return };
        if super::overwrite::is_meant(self.invocation, path, self.read) {
            return;
        }
        let reason = match self.world.recoverable(path) {
            Recoverable::Lost { .. } => {
                format!("overwrites `{}`: what it holds now is nowhere else", shown(target))
            }
            // without a repository nothing could be had back, and everything would be asked about
            Recoverable::Unknown if self.world.kind(&self.environment.workspace.join(".git")).is_some() => {
                format!("overwrites `{}`: could not be told whether it could be had back", shown(target))
            }
            _ => return,
        };
        self.opinion(id, Decision::Ask, reason, None);
    }
}

/// `.[dev]` without the extras that Python packages have.
fn without_extras(target: &Word) -> Word {
    match target.text().filter(|text| text.ends_with(']')).and_then(|text| text.rsplit_once('[')) {
        Some((path, _)) if !path.is_empty() => Word { span: target.span, ..Word::known(path) },
        _ => target.clone(),
    }
}

/// Examples, and how many more there are.
fn listed(examples: &[String], count: usize) -> String {
    let more = count.saturating_sub(examples.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", examples.join(", "))
}

/// The path up to the folder in which its first glob stands.
fn before_globs(path: &Path) -> PathBuf {
    let plain = path
        .components()
        .take_while(|component| !component.as_os_str().to_string_lossy().contains(['*', '?', '[']))
        .collect::<PathBuf>();
    if plain.as_os_str().is_empty() { path.to_owned() } else { plain }
}

fn does(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Lists => "lists",
        EffectKind::Reads => "reads",
        EffectKind::Shows => "shows",
        EffectKind::Writes => "changes",
        EffectKind::Overwrites => "overwrites",
        EffectKind::Moves => "moves",
        EffectKind::Deletes => "deletes",
        EffectKind::DeletesTree => "deletes all of",
        EffectKind::Permissions => "changes the mode or owner of",
        EffectKind::PermissionsTree => "changes the mode or owner of all of",
        other => other.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lists_the_areas_in_their_order() {
        let names: Vec<&str> = Area::ALL.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, AREAS);
    }
}

//! Scripts of `package.json` and modules of the project.

use crate::gate::decision::Decision;
use crate::gate::knowledge::table::Role;
use crate::gate::knowledge::words::{Holds, matches, shown, written};
use crate::gate::model::{Cwd, FileKind, Word};
use crate::gate::paths;

use super::{MOST_STATEMENTS, Reader};

impl Reader<'_> {
    /// A module run as a program: one of the workspace, or one that is known as a program.
    pub(super) fn module(&mut self, language: &'static str, words: &[Word]) {
        let Some((module, arguments)) = words.split_first() else { return };
        let own = module.text().and_then(|name| self.own_module(name));
        if let Some(path) = own {
            let words = std::iter::once(Word::known(path)).chain(arguments.iter().cloned()).collect();
            self.pending.push((Role::Script(language), words));
        } else if module.text().is_none_or(|name| crate::gate::knowledge::lookup(name).is_some()) {
            self.pending.push((Role::Command, words.to_vec()));
        } else {
            let reason =
                format!("nothing is known of the module `{}`, and it is none of this project", shown(module));
            self.opinion("unknown-module", Decision::Ask, reason);
        }
    }

    /// Scripts of `package.json`, if it can be read.
    pub(super) fn own_scripts(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        let cwd = match &self.out.cwd {
            Some(word) => paths::enter(self.invocation.cwd.as_ref(), word),
            None => self.invocation.cwd.clone()?,
        };
        let Cwd::Known(cwd) = cwd else { return None };
        let (bytes, _) = self.world.read(&cwd.join("package.json"), MOST_STATEMENTS)?;
        let package: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
        package.get("scripts").and_then(serde_json::Value::as_object).cloned()
    }

    /// Whether `package.json` has a script of this name; where that cannot be told of a name, it has.
    pub(super) fn has_script(&self, name: &Word) -> bool {
        name.text().is_none_or(|name| self.own_scripts().is_some_and(|scripts| scripts.contains_key(name)))
    }

    /// Scripts by name, or by a pattern as `run-s` and `concurrently` take them; what follows a space is for the script.
    pub(super) fn scripts(&mut self, word: &Word) {
        let text = written(word);
        let name = text.as_deref().and_then(|text| text.split_whitespace().next());
        let scripts = name.filter(|name| name.contains('*')).and_then(|_| self.own_scripts());
        let (Some(pattern), Some(scripts)) = (name, scripts) else {
            let name = name.map_or_else(|| word.clone(), Word::known);
            self.pending.push((Role::Target("npm"), vec![name]));
            return;
        };
        for (name, _) in scripts {
            if matches(pattern, &Word::known(name.as_str())) == Holds::Sure {
                self.pending.push((Role::Target("npm"), vec![Word::known(name)]));
            }
        }
    }

    /// The file of a module of Python, below the folder the command runs in.
    pub(super) fn own_module(&self, name: &str) -> Option<String> {
        let Some(Cwd::Known(cwd)) = &self.invocation.cwd else { return None };
        if name.split('.').any(|part| part.is_empty() || part.contains('/')) {
            return None;
        }
        let stem = name.replace('.', "/");
        ["", "src/"]
            .iter()
            .flat_map(|root| [format!("{root}{stem}.py"), format!("{root}{stem}/__main__.py")])
            .find(|path| self.world.kind(&cwd.join(path)) == Some(FileKind::File))
    }
}

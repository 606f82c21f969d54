//! A made-up machine that examples of command knowledge are judged on: user `dev` works in the repository
//! `/home/dev/project`. Everything in it is committed, but for what the names below say, and for changes to `draft.md`. The
//! branch `merged` is part of others; no other branch is.

use std::path::{Path, PathBuf};

use super::model::{FileKind, Recoverable, Stake, World};
use super::request::Environment;

/// The folder that examples run in.
pub const FOLDER: &str = "/home/dev/project";

/// The environment of examples.
pub fn environment() -> Environment {
    Environment::new(FOLDER, "/home/dev")
}

/// The files of examples.
#[derive(Clone, Copy, Debug, Default)]
pub struct SampleWorld;

/// Made by tools and ignored by git.
const MADE: &[&str] = &[
    "target",
    "build",
    "dist",
    "node_modules",
    "out",
    "coverage",
    "__pycache__",
    ".venv",
    "venv",
    ".next",
    ".cache",
    "tmp",
    ".tox",
    ".pytest_cache",
    "vendor",
    "bin",
    "obj",
];
/// Never committed.
const LOST: &[&str] = &["notes.txt", "draft.md", "untracked", ".env", "data.db", "work"];

impl World for SampleWorld {
    fn read(&self, path: &Path, limit: usize) -> Option<(Vec<u8>, bool)> {
        let text = match path.strip_prefix(FOLDER).ok()?.to_str()? {
            "schema.sql" | "queries.sql" => "SELECT id, name FROM users WHERE id = 1;\n",
            "drop.sql" => "DROP TABLE users;\n",
            "script.sh" | "build.sh" | "run.sh" | "test.sh" | "scripts/test.sh" | "scripts/build.sh" => {
                "#!/bin/sh\nset -e\necho building\nls -la src\n"
            }
            "wipe.sh" => "#!/bin/sh\nrm -rf ~/\n",
            "Makefile" | "sub/Makefile" => {
                "build:\n\techo building\n\ntest:\n\techo testing\n\nwipe:\n\trm -rf ~/\n"
            }
            "justfile" => "build:\n  echo building\n\ntest:\n  echo testing\n\nwipe:\n  rm -rf ~/\n",
            "package.json" => {
                r#"{"name": "x", "scripts": {"build": "echo building", "test": "echo testing", "start": "echo started", "dev": "echo dev", "lint": "echo lint", "format": "echo format", "wipe": "rm -rf ~/"}}"#
            }
            "main.py" | "app.py" | "script.py" | "manage.py" | "scripts/check.py" => "print('hello')\n",
            "main.ts" | "scripts/build.js" | "index.js" | "app.js" | "server.js" | "script.js" => {
                "console.log('hello')\n"
            }
            "script.rb" | "app.rb" => "puts 'hello'\n",
            "script.pl" | "x.pl" => "print \"hello\\n\";\n",
            "index.php" | "script.php" | "artisan" | "bin/console" => "<?php echo 'hello';\n",
            "setup.py" => "from setuptools import setup\nsetup()\n",
            "build.groovy" | "Hello.java" | "script.lua" | "script.tcl" | "x.exp" | "script.R"
            | "scripts/x.R" | "script.jl" | "script.m" | "plot.gp" | "script.sage" | "script.rkt"
            | "script.scm" | "x.lisp" | "x.smt2" | "x.lean" | "script.exs" | "x.hs" | "x.fsx" | "x.csx" => {
                "\n"
            }
            _ => return None,
        };
        let bytes = text.as_bytes();
        Some((bytes[..bytes.len().min(limit)].to_vec(), bytes.len() <= limit))
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        if path == Path::new(FOLDER).join(".git") {
            return Some(FileKind::Folder);
        }
        self.read(path, 1).map(|_| FileKind::File)
    }

    fn recoverable(&self, path: &Path) -> Recoverable {
        let Ok(below) = path.strip_prefix(FOLDER) else { return Recoverable::Unknown };
        let named =
            |names: &[&str]| below.iter().any(|name| name.to_str().is_some_and(|name| names.contains(&name)));
        if named(MADE) {
            Recoverable::BuildProduct
        } else if below.as_os_str().is_empty() {
            Recoverable::Lost { examples: vec!["notes.txt".to_owned()], count: 1 }
        } else if named(LOST) {
            Recoverable::Lost { examples: vec![below.display().to_string()], count: 1 }
        } else {
            Recoverable::Tracked
        }
    }

    fn at_stake(&self, stake: &Stake) -> Recoverable {
        let lost = |what: &str| Recoverable::Lost { examples: vec![what.to_owned()], count: 1 };
        let holds = |path: &Path, name: &str| Path::new(FOLDER).join(name).starts_with(path);
        match stake {
            Stake::Changes(path) if holds(path, "draft.md") => lost("draft.md"),
            Stake::Untracked(path) if holds(path, "notes.txt") => lost("notes.txt"),
            Stake::Ignored(path) if holds(path, ".env") => lost(".env"),
            Stake::Branch(_, name) if name == "merged" => Recoverable::Absent,
            Stake::Branch(_, name) => lost(name),
            _ => Recoverable::Absent,
        }
    }
}

/// The folder that examples run in, as a path.
pub fn folder() -> PathBuf {
    PathBuf::from(FOLDER)
}

//! Turns `rules/` into static tables, so that `gate` parses no TOML when it starts.

#[path = "src/rules/analyze.rs"]
#[allow(dead_code, unreachable_pub)]
mod analyze;
#[path = "build/code.rs"]
mod code;
#[path = "build/commands.rs"]
mod commands;
#[path = "build/environment.rs"]
mod environment;
#[path = "build/lists.rs"]
mod lists;
#[path = "src/gate"]
#[allow(dead_code, unreachable_pub)]
mod gate {
    pub mod decision;
    pub mod effect_kind;
    pub mod knowledge {
        pub mod load;
        pub mod table;
    }
}
#[path = "build/places.rs"]
mod places;
#[path = "src/rules/raw.rs"]
#[allow(dead_code, unreachable_pub)]
mod raw;
#[path = "build/secrets.rs"]
mod secrets;
#[path = "build/stores.rs"]
mod stores;

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    for path in ["build.rs", "build", "rules", "src/rules/analyze.rs", "src/rules/raw.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    for file in ["decision.rs", "effect_kind.rs", "knowledge/load.rs", "knowledge/table.rs"] {
        println!("cargo::rerun-if-changed=src/gate/{file}");
    }
    write("rules.rs", &secrets::tables());
    write("dummies.rs", &secrets::dummies(Path::new("rules/dummies.toml")));
    write("words.rs", &secrets::words(Path::new("rules/words.toml")));
    write("build_products.rs", &lists::lists(Path::new("rules/build-products.toml")));
    write("builders.rs", &lists::lists(Path::new("rules/builders.toml")));
    write("shell_setups.rs", &lists::lists(Path::new("rules/shell-setups.toml")));
    write("stores.rs", &stores::tables(Path::new("rules/stores.toml")));
    write("code.rs", &code::table(Path::new("rules/code")));
    write("environment.rs", &environment::table(Path::new("rules/environment.toml")));
    let (commands, examples) = commands::tables(Path::new("rules/commands"));
    write("commands.rs", &commands);
    write("command_examples.rs", &examples);
    write("effects.rs", &places::effects(Path::new("rules/effects.toml")));
    write("places.rs", &places::places(Path::new("rules/places.toml")));
    write("flows.rs", &places::flows(Path::new("rules/flows.toml")));
    write("git_config.rs", &places::git_config(Path::new("rules/git-config.toml")));
}

/// Writes a table, unless it stands there already.
fn write(name: &str, text: &str) {
    let path = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join(name);
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return;
    }
    fs::write(&path, text).expect("OUT_DIR is writable");
}

//! What the shell would know at a point of the line: variables, functions, folders.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::gate::model::{Cwd, Part};
use crate::shell::ast::Command;

/// Pieces of a text that is known in part.
pub(crate) type Parts = Vec<Part>;

/// Values a variable may have at most before it counts as unknown.
const MAX_ALTERNATIVES: usize = 4;

/// Appends a text, joining neighbours.
pub(crate) fn push_text(parts: &mut Parts, text: &str) {
    if text.is_empty() {
        return;
    }
    match parts.last_mut() {
        Some(Part::Text(last)) => last.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// Appends parts, joining neighbours.
pub(crate) fn push_parts(parts: &mut Parts, more: &[Part]) {
    for part in more {
        match part {
            Part::Text(text) => push_text(parts, text),
            other => parts.push(other.clone()),
        }
    }
}

/// The text, if it is wholly known.
pub(crate) fn known(parts: &[Part]) -> Option<&str> {
    match parts {
        [] => Some(""),
        [Part::Text(text)] => Some(text),
        _ => None,
    }
}

/// A text as parts.
pub(crate) fn text(text: impl Into<String>) -> Parts {
    let text = text.into();
    if text.is_empty() { Vec::new() } else { vec![Part::Text(text)] }
}

/// Something unknown, as parts.
pub(crate) fn unknown(source: &str) -> Parts {
    vec![Part::Unknown { source: source.to_owned(), splits: false }]
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Scalar(Parts),
    /// Keys and values; the keys of indexed arrays are numbers.
    Array(Vec<(String, Parts)>),
}

impl Value {
    /// What `$name` gives: of an array, its first element.
    pub(crate) fn scalar(&self) -> Parts {
        match self {
            Self::Scalar(parts) => parts.clone(),
            Self::Array(elements) => {
                elements.iter().find(|(key, _)| key == "0").map_or_else(Vec::new, |(_, parts)| parts.clone())
            }
        }
    }
}

/// A variable: the values it may have, `None` for unset.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Variable {
    pub(crate) values: Vec<Option<Value>>,
    pub(crate) exported: bool,
}

/// The state of a shell.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    variables: Rc<BTreeMap<String, Variable>>,
    functions: Rc<BTreeMap<String, Vec<Rc<Command>>>>,
    aliases: Rc<BTreeMap<String, Parts>>,
    /// `$1` and so on; `None` where they are not known.
    pub(crate) positional: Option<Rc<Vec<Parts>>>,
    /// The folders it may be in: one nearly always.
    pub(crate) cwd: Vec<Cwd>,
    pub(crate) previous: Option<Cwd>,
    /// Where it still is if the last `cd` failed; taken by the list that `cd` stands in.
    pub(crate) doubt: Vec<Cwd>,
    /// `$0`, where it is not the shell's name.
    pub(crate) zero: Option<Parts>,
    pub(crate) stack: Vec<Cwd>,
}

impl State {
    pub(crate) fn new(cwd: Cwd) -> Self {
        Self { cwd: vec![cwd], ..Self::default() }
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.get(name)
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        let variables = Rc::make_mut(&mut self.variables);
        match variables.get_mut(name) {
            Some(variable) => variable.values = vec![Some(value)],
            None => {
                variables.insert(name.to_owned(), Variable { values: vec![Some(value)], exported: false });
            }
        }
    }

    pub(crate) fn unset(&mut self, name: &str) {
        let variables = Rc::make_mut(&mut self.variables);
        variables.insert(name.to_owned(), Variable { values: vec![None], exported: false });
    }

    pub(crate) fn export(&mut self, name: &str) {
        if let Some(variable) = Rc::make_mut(&mut self.variables).get_mut(name) {
            variable.exported = true;
        }
    }

    pub(crate) fn exported(&self) -> impl Iterator<Item = (&String, &Variable)> {
        self.variables.iter().filter(|(_, variable)| variable.exported)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.variables.keys()
    }

    /// Only what a program that is started would get.
    pub(crate) fn for_child(&self) -> Self {
        let variables = self
            .variables
            .iter()
            .filter(|(_, variable)| variable.exported)
            .map(|(name, variable)| (name.clone(), variable.clone()))
            .collect();
        Self { variables: Rc::new(variables), cwd: self.cwd.clone(), ..Self::default() }
    }

    pub(crate) fn define(&mut self, name: &str, body: Rc<Command>) {
        Rc::make_mut(&mut self.functions).insert(name.to_owned(), vec![body]);
    }

    pub(crate) fn undefine(&mut self, name: &str) {
        Rc::make_mut(&mut self.functions).remove(name);
    }

    pub(crate) fn functions(&self, name: &str) -> Option<&Vec<Rc<Command>>> {
        self.functions.get(name)
    }

    pub(crate) fn set_alias(&mut self, name: &str, parts: Parts) {
        Rc::make_mut(&mut self.aliases).insert(name.to_owned(), parts);
    }

    pub(crate) fn unset_alias(&mut self, name: &str) {
        Rc::make_mut(&mut self.aliases).remove(name);
    }

    pub(crate) fn alias(&self, name: &str) -> Option<&Parts> {
        self.aliases.get(name)
    }

    pub(crate) fn go(&mut self, cwd: Cwd) {
        self.previous = match self.cwd.as_slice() {
            [one] => Some(one.clone()),
            _ => Some(Cwd::Unknown),
        };
        self.cwd = vec![cwd];
    }

    /// Whether something has more than one possible value.
    pub(crate) fn is_plural(&self) -> bool {
        self.cwd.len() > 1 || self.variables.values().any(|variable| variable.values.len() > 1)
    }

    /// What holds where either of two ways may have been taken.
    pub(crate) fn join(&mut self, other: &Self) {
        if !Rc::ptr_eq(&self.variables, &other.variables) {
            let mut names: Vec<&String> = self.variables.keys().chain(other.variables.keys()).collect();
            names.sort_unstable();
            names.dedup();
            let outside = |name: &String| Variable {
                values: vec![Some(Value::Scalar(unknown(&format!("${name}"))))],
                exported: false,
            };
            let mut joined = BTreeMap::new();
            for name in names {
                let one = self.variables.get(name).cloned().unwrap_or_else(|| outside(name));
                let two = other.variables.get(name).cloned().unwrap_or_else(|| outside(name));
                joined.insert(name.clone(), either(name, one, two));
            }
            self.variables = Rc::new(joined);
        }
        if !Rc::ptr_eq(&self.functions, &other.functions) {
            let functions = Rc::make_mut(&mut self.functions);
            for (name, bodies) in other.functions.iter() {
                let known = functions.entry(name.clone()).or_default();
                for body in bodies {
                    if !known.iter().any(|other| Rc::ptr_eq(other, body)) {
                        known.push(body.clone());
                    }
                }
            }
        }
        if !Rc::ptr_eq(&self.aliases, &other.aliases) {
            let aliases = Rc::make_mut(&mut self.aliases);
            for (name, parts) in other.aliases.iter() {
                aliases.insert(name.clone(), parts.clone());
            }
        }
        if self.positional != other.positional {
            self.positional = None;
        }
        for cwd in &other.cwd {
            if !self.cwd.contains(cwd) {
                self.cwd.push(cwd.clone());
            }
        }
        for cwd in &other.doubt {
            if !self.doubt.contains(cwd) {
                self.doubt.push(cwd.clone());
            }
        }
        if self.cwd.len() > 3 {
            self.cwd = vec![self.cwd[0].clone(), Cwd::Unknown];
        }
        if self.previous != other.previous {
            self.previous = Some(Cwd::Unknown);
        }
        if self.stack != other.stack {
            self.stack.clear();
        }
    }
}

fn either(name: &str, mut one: Variable, two: Variable) -> Variable {
    one.exported |= two.exported;
    for value in two.values {
        if !one.values.contains(&value) {
            one.values.push(value);
        }
    }
    if one.values.len() > MAX_ALTERNATIVES {
        one.values = vec![Some(Value::Scalar(unknown(&format!("${name}"))))];
    }
    one
}

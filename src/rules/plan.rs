//! The rules of one type, and their compiled form, made when it is first needed.
//!
//! A scan of one kind of resource, or the gate on a small plan, does not wait for the rules of the
//! other types to be compiled.

use std::sync::OnceLock;

use super::pack::Pack;
use super::rego::{Interpreter, Machine};
use crate::model::Rule;

/// The rules of one type, and which of them the machine can run.
pub(super) struct Plan {
    /// Positions in the pack's rules.
    pub(super) rules: Vec<usize>,
    /// Positions in `rules`.
    compiled: OnceLock<Vec<usize>>,
}

impl Plan {
    pub(super) const fn new(rules: Vec<usize>) -> Self {
        Self { rules, compiled: OnceLock::new() }
    }

    /// Positions in `rules` of those that the machine compiles: all of them, or else each that
    /// compiles alone.
    pub(super) fn compiled(&self, pack: &Pack) -> &[usize] {
        self.compiled.get_or_init(|| {
            if self.compile(pack, &self.all()).is_ok() {
                return self.all();
            }
            let alone: Vec<usize> = self.all().into_iter().filter(|&at| self.compile(pack, &[at]).is_ok()).collect();
            if self.compile(pack, &alone).is_ok() { alone } else { Vec::new() }
        })
    }

    fn all(&self) -> Vec<usize> {
        (0..self.rules.len()).collect()
    }

    /// Backends of one thread: the machine, if it can run any of the rules, and the interpreter if
    /// it has all of them.
    pub(super) fn backends(&self, pack: &Pack) -> Option<(Machine, Option<Interpreter>)> {
        // Nobody knows yet whether all compile: the attempt is what was asked for.
        if self.compiled.get().is_none()
            && let Ok((machine, interpreter)) = self.compile(pack, &self.all())
        {
            self.compiled.get_or_init(|| self.all());
            return Some((machine, Some(interpreter)));
        }
        let compiled = self.compiled(pack);
        let (machine, interpreter) = self.compile(pack, compiled).ok()?;
        Some((machine, (compiled.len() == self.rules.len()).then_some(interpreter)))
    }

    fn compile(&self, pack: &Pack, compiled: &[usize]) -> Result<(Machine, Interpreter), String> {
        let rules: Vec<&Rule> = compiled.iter().map(|&at| &pack.rules[self.rules[at]]).collect();
        let paths: Vec<String> = rules.iter().map(|rule| pack.deny_path(rule)).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        Machine::with_interpreter(&pack.sources(&rules), &paths, &pack.data)
    }
}

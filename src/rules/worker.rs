//! The backends of one thread, and the comparison of what they say.
//!
//! A panic inside a backend costs that backend and makes the rule suspect, not the scan.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use super::engine::{Engine, Task};
use super::plan::Plan;
use super::rego::{Input, Interpreter, Machine};
use super::verdict;
use crate::model::{Denial, ResourceType, Rule};

/// What one rule denied, or why that cannot be told.
pub(super) type Denied = Result<Vec<Denial>, String>;

/// The backends of one thread, made when they are first needed.
#[derive(Default)]
pub(super) struct Worker {
    machines: BTreeMap<ResourceType, Machine>,
    interpreters: BTreeMap<ResourceType, Interpreter>,
}

impl Worker {
    /// The types whose rules it has compiled.
    pub(super) fn compiled_types(&self) -> BTreeSet<ResourceType> {
        self.machines.keys().copied().collect()
    }

    /// What each of the task's rules denies, in their order.
    pub(super) fn denied(
        &mut self,
        engine: &Engine,
        task: &Task<'_>,
        document: &Value,
        input: &Input,
        rechecked: &mut usize,
    ) -> Vec<Denied> {
        let of = task.resource.resource_type;
        let Some(plan) = engine.plans.get(&of) else { return Vec::new() };
        let mut values = self.compiled(engine, of, plan, &task.rules, input);
        for (value, &at) in values.iter_mut().zip(&task.rules) {
            let path = &engine.paths[plan.rules[at]];
            match value {
                None => *value = Some(self.interpreted(engine, of, plan, path, input)),
                Some(fast @ Ok(_)) if task.sampled => {
                    *rechecked += 1;
                    let truth = self.interpreted(engine, of, plan, path, input);
                    if let Some(difference) = difference(fast, &truth) {
                        *fast = Err(difference);
                    }
                }
                Some(_) => {}
            }
        }
        let read = |value: Option<Result<Value, String>>| {
            verdict::read_denials(&value.unwrap_or_else(|| Err("it was not evaluated".to_owned()))?, document)
        };
        values.into_iter().map(read).collect()
    }

    /// The machine's values; `None` where the machine lacks the rule.
    fn compiled(
        &mut self,
        engine: &Engine,
        of: ResourceType,
        plan: &Plan,
        rules: &[usize],
        input: &Input,
    ) -> Vec<Option<Result<Value, String>>> {
        if !self.machines.contains_key(&of)
            && let Some((machine, interpreter)) = plan.backends(&engine.pack)
        {
            self.machines.insert(of, machine);
            self.interpreters.extend(interpreter.map(|interpreter| (of, interpreter)));
        }
        let Some(machine) = self.machines.get_mut(&of) else { return rules.iter().map(|_| None).collect() };
        if rules.len() == plan.rules.len()
            && let Ok(Ok(values)) = catch_unwind(AssertUnwindSafe(|| machine.all(input)))
        {
            let mut all: Vec<Option<Result<Value, String>>> = rules.iter().map(|_| None).collect();
            for (&at, value) in plan.compiled(&engine.pack).iter().zip(values) {
                all[at] = Some(Ok(value));
            }
            return all;
        }
        let mut panicked = false;
        let one = |&at: &usize| {
            let position = plan.compiled(&engine.pack).binary_search(&at).ok()?;
            let value = catch_unwind(AssertUnwindSafe(|| machine.one(position, input)));
            panicked |= value.is_err();
            let value = value.unwrap_or_else(|_| Err("the engine panicked".to_owned()));
            Some(value.and_then(|value| value.ok_or_else(|| "deny has no value".to_owned())))
        };
        let values = rules.iter().map(one).collect();
        if panicked {
            self.machines.remove(&of);
        }
        values
    }

    fn interpreted(
        &mut self,
        engine: &Engine,
        of: ResourceType,
        plan: &Plan,
        path: &str,
        input: &Input,
    ) -> Result<Value, String> {
        let interpreter = match self.interpreters.entry(of) {
            Entry::Occupied(made) => made.into_mut(),
            Entry::Vacant(place) => {
                let rules: Vec<&Rule> = plan.rules.iter().map(|&position| &engine.pack.rules[position]).collect();
                place.insert(Interpreter::new(&engine.pack.sources(&rules), &engine.pack.data)?)
            }
        };
        let Ok(value) = catch_unwind(AssertUnwindSafe(|| interpreter.evaluate(path, input))) else {
            self.interpreters.remove(&of);
            return Err("the engine panicked".to_owned());
        };
        value?.ok_or_else(|| "deny has no value".to_owned())
    }
}

/// How the compiled form's value differs from the interpreter's.
fn difference(fast: &Result<Value, String>, truth: &Result<Value, String>) -> Option<String> {
    match (fast, truth) {
        (Err(error), _) => Some(error.clone()),
        (_, Err(error)) => Some(format!("the interpreter says: {}", error.trim())),
        (Ok(fast), Ok(truth)) if sorted(fast) != sorted(truth) => {
            Some(format!("the compiled form gives {fast}, the interpreter {truth}"))
        }
        _ => None,
    }
}

fn sorted(value: &Value) -> Vec<String> {
    let mut items: Vec<String> = value.as_array().into_iter().flatten().map(ToString::to_string).collect();
    items.sort();
    items
}

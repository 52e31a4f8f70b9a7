//! What an expression of the configuration refers to, followed through variables, outputs, module
//! calls and `each`, to the instances it names.
//!
//! Locals are nowhere in a plan file, so a chain through one ends there.

use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};

use super::address::{Key, Step, steps};
use super::estate::{Estate, Id, Instance};
use super::json::Value;
use super::value::{Expression, Field, MORE, Place, references};

/// Where a reference ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    /// At an attribute of an instance; empty for the whole object.
    Instance(Id, String),
    /// At a value.
    Value(Value),
    /// Nowhere that the plan shows.
    Stopped(String),
}

/// Where an expression stands.
#[derive(Debug, Clone)]
struct Scope<'a> {
    module: Vec<Step>,
    /// The key that `each.key` or `count.index` has here.
    key: Option<Key>,
    for_each: Option<&'a Value>,
    /// The keys of which a reference without one means one; any, where they are not known.
    keys: Option<Vec<Key>>,
}

/// How long a chain of references may be, and how many steps one question may take. Real
/// configurations need a tenth of it; a hostile one cannot make it slow.
const DEPTH: u32 = 24;
const STEPS: u32 = 1_000;

struct Search<'e, 'a> {
    estate: &'e Estate<'a>,
    left: Cell<u32>,
}

/// What an expression in an instance's block refers to. Many questions about much share what steps
/// the estate has.
pub(super) fn targets(estate: &Estate<'_>, instance: &Instance<'_>, expression: &Value) -> Vec<Target> {
    let steps = estate.steps.get().min(STEPS);
    if steps == 0 {
        return vec![Target::Stopped(MORE.to_owned())];
    }
    let search = Search { estate, left: Cell::new(steps) };
    let scope = Scope {
        module: instance.module.to_vec(),
        key: instance.key.clone(),
        for_each: instance.block.and_then(|block| block.for_each_expression.as_ref()),
        keys: None,
    };
    let mut found = search.expression(&scope, expression, DEPTH);
    estate.steps.set(estate.steps.get().saturating_sub(steps - search.left.get()));
    let (mut instances, mut others) = (HashSet::new(), HashSet::new());
    found.retain(|target| match target {
        Target::Instance(id, attribute) => instances.insert((*id, attribute.clone())),
        Target::Value(value) => others.insert((true, value.to_string())),
        Target::Stopped(reference) => others.insert((false, reference.clone())),
    });
    found
}

/// The one value that an expression of a module outside all blocks refers to, such as that of a variable;
/// `None` when it may be another.
pub(super) fn only_value(estate: &Estate<'_>, module: &[Step], expression: &Value) -> Option<Value> {
    let search = Search { estate, left: Cell::new(STEPS) };
    let scope = Scope { module: module.to_vec(), key: None, for_each: None, keys: None };
    let mut found = search.expression(&scope, expression, DEPTH).into_iter();
    match (found.next(), found.next()) {
        (Some(Target::Value(value)), None) => Some(value),
        _ => None,
    }
}

/// The place, as not configured when its expression can only have given null.
///
/// A module passes on what its caller may leave out: `mfa_delete = var.mfa_delete`. When all that
/// the expression refers to is known, its value is known; that the attribute is unknown all the
/// same means that the value is null, and that the provider fills it in.
pub(super) fn unset_if_null<'a>(estate: &Estate<'_>, instance: &Instance<'_>, place: Place<'a>) -> Place<'a> {
    let (Expression::Set(expression), Field::Unknown(_), true) = (place.expression, place.field(), place.creating)
    else {
        return place;
    };
    let targets = targets(estate, instance, expression);
    let all_known = !targets.is_empty() && targets.iter().all(|target| matches!(target, Target::Value(_)));
    if all_known { Place { expression: Expression::Unset, ..place } } else { place }
}

impl Search<'_, '_> {
    fn expression(&self, scope: &Scope<'_>, expression: &Value, depth: u32) -> Vec<Target> {
        if let Some(constant) = expression.get("constant_value") {
            return vec![Target::Value(constant.clone())];
        }
        let references = references(expression);
        let keys = scope.keys.clone().or_else(|| self.keys(scope, &references, depth));
        let scope = Scope { keys, ..scope.clone() };
        let mut found = Vec::new();
        for reference in references {
            found.extend(self.reference(&scope, reference, depth));
            if self.left.get() == 0 {
                break;
            }
        }
        found
    }

    fn reference(&self, scope: &Scope<'_>, reference: &str, depth: u32) -> Vec<Target> {
        self.left.set(self.left.get().saturating_sub(1));
        let stopped = || vec![Target::Stopped(reference.to_owned())];
        if depth == 0 || self.left.get() == 0 {
            return stopped();
        }
        let Some(path) = steps(reference) else { return stopped() };
        let found = match path.as_slice() {
            [word, value, ..] if word.name == "each" && value.name == "value" => {
                let rest = reference.strip_prefix("each.value").unwrap_or_default();
                self.each_value(scope, rest, depth)
            }
            [word, ..] if matches!(word.name.as_str(), "each" | "count" | "path" | "terraform" | "self") => {
                return Vec::new();
            }
            [word, variable, ..] if word.name == "var" => self.variable(scope, &variable.name, depth),
            [word, call, output, ..] if word.name == "module" => self.output(scope, call, &output.name, depth),
            [word, kind, name, rest @ ..] if word.name == "data" => self.instances(scope, true, &kind.name, name, rest),
            [kind, name, rest @ ..] if kind.name != "local" => self.instances(scope, false, &kind.name, name, rest),
            _ => Vec::new(),
        };
        if found.is_empty() { stopped() } else { found }
    }

    /// Takes so many steps at once, if so many are left.
    fn has_left(&self, steps: usize) -> bool {
        let left = u32::try_from(steps).ok().and_then(|steps| self.left.get().checked_sub(steps));
        self.left.set(left.unwrap_or_default());
        left.is_some()
    }

    /// The keys by which an expression may choose of several instances: its block's own, and what
    /// `each.value` holds that could be one. `None` when it has none, or when they are not known.
    fn keys(&self, scope: &Scope<'_>, references: &[&str], depth: u32) -> Option<Vec<Key>> {
        let own = scope.key.as_ref()?;
        let mut keys = Vec::new();
        for reference in references {
            if let Some(rest) = reference.strip_prefix("each.value") {
                keys.extend(Key::from_value(&self.held_by_each(scope, rest, depth)?));
            } else if reference.starts_with("each.") || reference.starts_with("count.") {
                keys.push(own.clone());
            }
        }
        keys.sort();
        keys.dedup();
        (!keys.is_empty()).then_some(keys)
    }

    /// What `each.value` and what follows it hold, where `for_each` shows it: the value of its map, or the
    /// member of its set, which is the key.
    fn held_by_each(&self, scope: &Scope<'_>, rest: &str, depth: u32) -> Option<Value> {
        let (Some(Key::Name(key)), true) = (&scope.key, depth > 0) else { return None };
        let for_each = scope.for_each?;
        let own = Scope { keys: scope.key.clone().map(|key| vec![key]), ..scope.clone() };
        let found = self.expression(&own, for_each, depth - 1);
        let member = || rest.is_empty().then(|| Value::String(key.as_str().into()));
        let all = match found.as_slice() {
            // A function of constants, such as `toset(["a", "b"])`, is shown as nothing.
            [] => return member(),
            [Target::Value(all)] => all,
            _ => return None,
        };
        match all.as_array() {
            Some(all) => all.iter().find(|member| member.as_str() == Some(key)).and_then(|_| member()),
            None => steps(&format!("each{rest}"))?[1..]
                .iter()
                .try_fold(all.get(key)?, |value, step| value.get(&step.name).filter(|_| step.key.is_none()))
                .cloned(),
        }
    }

    /// `each.value` and what follows it: of a whole resource or module that `for_each` runs over, its
    /// attribute or output.
    fn each_value(&self, scope: &Scope<'_>, rest: &str, depth: u32) -> Vec<Target> {
        let scope = Scope { keys: scope.key.clone().map(|key| vec![key]), ..scope.clone() };
        let Some(for_each) = scope.for_each else { return Vec::new() };
        match references(for_each).as_slice() {
            [whole] if !rest.is_empty() && is_whole(whole) => {
                self.reference(&scope, &format!("{whole}{rest}"), depth - 1)
            }
            _ => self.expression(&scope, for_each, depth - 1),
        }
    }

    fn variable(&self, scope: &Scope<'_>, name: &str, depth: u32) -> Vec<Target> {
        let default = || {
            let variable = self.estate.module(&scope.module)?.variables.as_ref()?.get(name)?;
            Some(vec![Target::Value(variable.default.clone().unwrap_or(Value::Null))])
        };
        let Some((call, above)) = scope.module.split_last() else {
            let value = self.estate.root_variable(name).cloned();
            return value.map(|value| vec![Target::Value(value)]).or_else(default).unwrap_or_default();
        };
        let Some(module_call) = self.estate.module_call(&scope.module) else { return Vec::new() };
        let Some(expression) = module_call.expressions.as_ref().and_then(|expressions| expressions.get(name)) else {
            return default().unwrap_or_default();
        };
        let above = Scope {
            module: above.to_vec(),
            key: call.key.clone(),
            for_each: module_call.for_each_expression.as_ref(),
            keys: None,
        };
        self.expression(&above, expression, depth - 1)
    }

    fn output(&self, scope: &Scope<'_>, call: &Step, output: &str, depth: u32) -> Vec<Target> {
        let keys = self.estate.call_keys(&scope.module, &call.name);
        let count = keys.map_or(0, BTreeSet::len);
        let chosen = || -> Vec<Option<Key>> {
            let those = scope.keys.iter().flatten().cloned().map(Some);
            those.filter(|key| keys.is_some_and(|keys| keys.contains(key))).collect()
        };
        let keys = match (&call.key, chosen()) {
            (Some(key), _) => vec![Some(key.clone())],
            (None, chosen) if count > 1 && !chosen.is_empty() => chosen,
            (None, _) if !self.has_left(count) => return Vec::new(),
            (None, _) => keys.into_iter().flatten().cloned().collect(),
        };
        let mut found = Vec::new();
        for key in keys {
            let mut module = scope.module.clone();
            module.push(Step { name: call.name.clone(), key });
            let expression = (|| self.estate.module(&module)?.outputs.as_ref()?.get(output)?.expression.as_ref())();
            let Some(expression) = expression else { continue };
            let below = Scope { module, key: None, for_each: None, keys: None };
            found.extend(self.expression(&below, expression, depth - 1));
        }
        found
    }

    fn instances(&self, scope: &Scope<'_>, data: bool, kind: &str, name: &Step, rest: &[Step]) -> Vec<Target> {
        let attribute = rest.first().map(|step| step.name.clone()).unwrap_or_default();
        let all = self.estate.of_block(&scope.module, data, kind, &name.name);
        let one = |key: Option<Key>| {
            self.estate.exactly(&scope.module, data, kind, &name.name, key).into_iter().collect::<Vec<_>>()
        };
        let chosen = || -> Vec<Id> { scope.keys.iter().flatten().cloned().flat_map(|key| one(Some(key))).collect() };
        let found = match (&name.key, chosen()) {
            (Some(key), _) => one(Some(key.clone())),
            (None, chosen) if all.len() > 1 && !chosen.is_empty() => chosen,
            (None, _) if !self.has_left(all.len()) => return Vec::new(),
            (None, _) => all.to_vec(),
        };
        found.into_iter().map(|id| Target::Instance(id, attribute.clone())).collect()
    }
}

/// Whether a reference is to all instances of a resource or of a module call.
fn is_whole(reference: &str) -> bool {
    let path = steps(reference).unwrap_or_default();
    let words = ["var", "local", "each", "count", "data", "self", "path", "terraform"];
    matches!(path.as_slice(), [kind, name] if name.key.is_none() && !words.contains(&kind.name.as_str()))
}

//! Whether a plan may use something where its configuration does not show it.
//!
//! Dynamic blocks are nowhere in a plan. A nested block of which Terraform does not know how often it
//! is repeated looks like one that nobody wrote and the provider fills in. But Terraform lists the
//! attributes that its changes rest on: one that is not known yet, and that no expression shows, is used
//! by a dynamic block, or through a local. What an expression shows and a dynamic block uses as well is
//! not found this way. Terraform before 1.2 makes no such list.

use std::collections::{HashMap, HashSet};

use super::address::{Step, module_of, steps};
use super::estate::{Estate, Instance};
use super::format::{ConfigurationModule, PlanFile};
use super::json::{Object, Value};
use super::value::references;

/// An attribute of the blocks of one name in a module: module path, `data`, type, name, attribute.
type Used = (Vec<String>, bool, String, String, String);

/// Whether what is not known yet is used where the configuration does not show it.
pub(super) fn uses_unseen(plan: &PlanFile, estate: &Estate<'_>) -> bool {
    let Some(relevant) = &plan.relevant_attributes else { return false };
    let mut shown = HashSet::new();
    if let Some(root) = plan.configuration.as_ref().and_then(|configuration| configuration.root_module.as_ref()) {
        show(&[], root, &mut shown);
    }
    let mut open = OpenAttributes::default();
    let unseen = |one: &'_ super::format::RelevantAttribute| {
        let path = steps(one.resource.as_deref()?)?;
        let calls = module_of(&path);
        let attribute = one.attribute.iter().flatten().next().and_then(Value::as_str).unwrap_or_default();
        let used = used(&names(&calls), path.get(calls.len() * 2..)?, Some(attribute))?;
        Some(!shown.contains(&used) && open.holds(estate, &calls, &used))
    };
    relevant.iter().map(unseen).any(Option::unwrap_or_default)
}

/// What the expressions of a module and of those below it refer to.
fn show(module: &[String], configuration: &ConfigurationModule, shown: &mut HashSet<Used>) {
    let blocks = configuration.resources.iter().flatten();
    let blocks = blocks.flat_map(|block| [&block.expressions, &block.for_each_expression]);
    let outputs = configuration.outputs.iter().flatten().map(|(_, output)| &output.expression);
    let calls = configuration.module_calls.iter().flatten();
    let arguments = calls.clone().flat_map(|(_, call)| [&call.expressions, &call.for_each_expression]);
    for expression in blocks.chain(outputs).chain(arguments).flatten() {
        shown.extend(references(expression).into_iter().filter_map(|path| used(module, &steps(path)?, None)));
    }
    for (name, call) in calls {
        if let Some(called) = &call.module {
            let below: Vec<String> = module.iter().chain([name]).cloned().collect();
            show(&below, called, shown);
        }
    }
}

fn names(module: &[Step]) -> Vec<String> {
    module.iter().map(|step| step.name.clone()).collect()
}

/// What a path within a module names; its own last name is the attribute, unless that is given.
fn used(module: &[String], path: &[Step], attribute: Option<&str>) -> Option<Used> {
    let (data, path) = match path {
        [word, rest @ ..] if word.name == "data" => (true, rest),
        rest => (false, rest),
    };
    let [kind, name, rest @ ..] = path else { return None };
    let own = || rest.first().map_or("", |step| step.name.as_str());
    let attribute = attribute.unwrap_or_else(own).to_owned();
    Some((module.to_vec(), data, kind.name.clone(), name.name.clone(), attribute))
}

/// What is not known yet of the instances of blocks, gathered once for all attributes of a block.
#[derive(Default)]
struct OpenAttributes<'a>(HashMap<(Vec<Step>, bool, String, String), Open<'a>>);

/// What is not known yet of the instances of one block.
#[derive(Default)]
struct Open<'a> {
    creating: bool,
    /// In one of them nothing is known.
    all: bool,
    attributes: HashSet<&'a str>,
    /// Instances that leave out what is not known, and how many of them have an attribute.
    sparse: usize,
    held: HashMap<&'a str, usize>,
}

impl<'a> OpenAttributes<'a> {
    /// Whether the attribute is not known yet in any instance.
    fn holds(&mut self, estate: &Estate<'a>, module: &[Step], (_, data, kind, name, attribute): &Used) -> bool {
        let block = (module.to_vec(), *data, kind.clone(), name.clone());
        let open = self.0.entry(block).or_insert_with(|| {
            let ids = estate.of_block(module, *data, kind, name);
            ids.iter().fold(Open::default(), |open, &id| open.with(estate.instance(id)))
        });
        if attribute.is_empty() { open.creating } else { open.has(attribute) }
    }
}

impl<'a> Open<'a> {
    fn with(mut self, instance: &Instance<'a>) -> Self {
        let place = instance.place();
        self.creating |= instance.creating;
        self.all |= matches!(place.unknown, Value::Bool(true));
        let marks = place.unknown.as_object().into_iter().flat_map(Object::keys);
        self.attributes.extend(marks.filter(|name| place.get(name).is_open()));
        if place.sparse {
            self.sparse += 1;
            for name in place.value.as_object().into_iter().flat_map(Object::keys) {
                *self.held.entry(name).or_default() += 1;
            }
        }
        self
    }

    fn has(&self, attribute: &str) -> bool {
        self.all
            || self.attributes.contains(attribute)
            || self.held.get(attribute).copied().unwrap_or_default() < self.sparse
    }
}

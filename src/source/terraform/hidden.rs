//! Whether a plan may use something where its configuration does not show it.
//!
//! Dynamic blocks are nowhere in a plan. A nested block of which Terraform does not know how often it
//! is repeated looks like one that nobody wrote and the provider fills in. But Terraform lists the
//! attributes that its changes rest on: one that is not known yet, and that no expression shows, is used
//! by a dynamic block, or through a local. What an expression shows and a dynamic block uses as well is
//! not found this way. Terraform before 1.2 makes no such list.

use std::collections::HashSet;

use super::address::{Step, module_of, steps};
use super::estate::Estate;
use super::format::{ConfigurationModule, PlanFile};
use super::json::Value;
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
    let unseen = |one: &super::format::RelevantAttribute| {
        let path = steps(one.resource.as_deref()?)?;
        let calls = module_of(&path);
        let attribute = one.attribute.iter().flatten().next().and_then(Value::as_str).unwrap_or_default();
        let used = used(&names(&calls), path.get(calls.len() * 2..)?, Some(attribute))?;
        Some(!shown.contains(&used) && is_open(estate, &calls, &used))
    };
    relevant.iter().any(|one| unseen(one).unwrap_or_default())
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

/// Whether the attribute is not known yet in any instance.
fn is_open(estate: &Estate<'_>, module: &[Step], (_, data, kind, name, attribute): &Used) -> bool {
    let found = estate.of_block(module, *data, kind, name);
    found.iter().map(|&id| estate.instance(id)).any(|instance| {
        if attribute.is_empty() { instance.creating } else { instance.place().get(attribute).is_open() }
    })
}

//! What a plan may use where its configuration does not show it, and where that may be.
//!
//! Dynamic blocks are nowhere in a plan. A nested block of which Terraform does not know how often it
//! is repeated looks like one that nobody wrote and the provider fills in. But Terraform lists the
//! attributes that its changes rest on: one that is not known yet, and that no expression shows, is used
//! by a dynamic block, or through a local. So is a variable of a module that such an attribute is given
//! to, and that no expression of the module shows. What an expression shows and a dynamic block uses as
//! well is not found this way. Terraform before 1.2 makes no such list.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::address::{Step, module_of, steps};
use super::estate::{Estate, Instance};
use super::format::{ConfigurationModule, PlanFile};
use super::json::{Object, Value};
use super::value::references;

/// An attribute of the blocks of one name in a module: module path, `data`, type, name, attribute.
type Used = (Vec<String>, bool, String, String, String);

/// A module, by the names of its calls.
type Module = Vec<String>;

/// More references than this are not named.
const MOST: usize = 13;

/// What is used unseen, as an expression would refer to it, by the module that it may be used in.
#[derive(Debug, Default)]
pub(super) struct Unseen {
    anywhere: BTreeSet<String>,
    at: BTreeMap<Module, BTreeSet<String>>,
    below: BTreeMap<Module, BTreeSet<String>>,
    /// The same, for each module.
    by_module: HashMap<Module, Vec<String>>,
}

impl Unseen {
    pub(super) fn of(plan: &PlanFile, estate: &Estate<'_>) -> Self {
        let mut unseen = Self::default();
        let root = plan.configuration.as_ref().and_then(|configuration| configuration.root_module.as_ref());
        let (Some(relevant), Some(root)) = (&plan.relevant_attributes, root) else { return unseen };
        let mut attributes = OpenAttributes::default();
        let open: HashSet<Used> = relevant.iter().filter_map(|one| open(estate, one, &mut attributes)).collect();
        if open.is_empty() {
            return unseen;
        }
        let mut shown = HashSet::new();
        let mut modules = Vec::new();
        show(&[], root, &mut shown, &mut modules);
        let by_path: HashMap<&Module, &ConfigurationModule> =
            modules.iter().map(|(path, module)| (path, *module)).collect();
        let mut found: BTreeMap<&Module, BTreeSet<String>> = BTreeMap::new();
        for used in open.difference(&shown) {
            if let Some((path, _)) = by_path.get_key_value(&used.0) {
                found.entry(path).or_default().insert(told(used));
            }
        }
        let mut given = BTreeMap::new();
        for (path, module) in &modules {
            given_unseen(path, module, &open, &mut given);
        }
        for (path, what) in &given {
            if let Some((path, _)) = by_path.get_key_value(path) {
                found.entry(path).or_default().extend(what.iter().cloned());
            }
        }
        for (path, what) in found {
            unseen.put(path, by_path[path], &what);
        }
        unseen.by_module = by_path.keys().filter_map(|path| Some(((*path).clone(), unseen.all_in(path)?))).collect();
        unseen
    }

    /// What may be used unseen in the block of an instance; `None` when nothing is. Nothing uses
    /// itself.
    pub(super) fn in_block(&self, instance: &Instance<'_>) -> Option<&[String]> {
        if self.by_module.is_empty() {
            return None;
        }
        let module = names(&instance.module);
        let all = self.by_module.get(&module)?;
        let name = instance.block?.name.clone()?;
        let own = told(&(module, instance.data, instance.kind.to_owned(), name, String::new())) + ".";
        all.iter().any(|used| !used.starts_with(&own)).then_some(all)
    }

    /// What is not known is used unseen in a module: there, or where its locals lead.
    fn put(&mut self, path: &Module, module: &ConfigurationModule, what: &BTreeSet<String>) {
        let put = |into: &mut BTreeSet<String>| into.extend(what.iter().take(MOST).cloned());
        put(self.at.entry(path.clone()).or_default());
        let (calls, is_output) = led_by_locals(module);
        for call in calls {
            put(self.below.entry([path.as_slice(), &[call.to_owned()]].concat()).or_default());
        }
        if is_output {
            put(&mut self.anywhere);
        }
    }

    fn all_in(&self, path: &Module) -> Option<Vec<String>> {
        let below = (1..=path.len()).filter_map(|depth| self.below.get(&path[..depth]));
        let all: BTreeSet<&String> =
            self.at.get(path).into_iter().chain(below).chain([&self.anywhere]).flatten().take(MOST).collect();
        (!all.is_empty()).then(|| all.into_iter().cloned().collect())
    }
}

/// The variables of called modules that are given what is not known, and that no expression there shows.
fn given_unseen(
    path: &Module,
    module: &ConfigurationModule,
    open: &HashSet<Used>,
    given: &mut BTreeMap<Module, BTreeSet<String>>,
) {
    for (name, call) in module.module_calls.iter().flatten() {
        let Some(called) = &call.module else { continue };
        let arguments = call.expressions.as_ref().and_then(Value::as_object);
        let mut visible = None;
        for (variable, expression) in arguments.into_iter().flat_map(Object::iter) {
            let used = |reference: &str| used(path, &steps(reference)?, None).filter(|used| open.contains(used));
            let Some(used) = references(expression).into_iter().find_map(used) else { continue };
            let visible = visible.get_or_insert_with(|| variables_shown(called));
            if !visible.contains(variable) {
                let below = [path.as_slice(), std::slice::from_ref(name)].concat();
                given.entry(below).or_default().insert(told(&used));
            }
        }
    }
}

/// The attribute, if it is not known yet.
fn open<'a>(
    estate: &Estate<'a>,
    one: &super::format::RelevantAttribute,
    attributes: &mut OpenAttributes<'a>,
) -> Option<Used> {
    let path = steps(one.resource.as_deref()?)?;
    let calls = module_of(&path);
    let attribute = one.attribute.iter().flatten().next().and_then(Value::as_str).unwrap_or_default();
    let used = used(&names(&calls), path.get(calls.len() * 2..)?, Some(attribute))?;
    attributes.holds(estate, &calls, &used).then_some(used)
}

/// The expressions of a module.
fn expressions(configuration: &ConfigurationModule) -> impl Iterator<Item = &Value> {
    let blocks = configuration.resources.iter().flatten();
    let blocks = blocks.flat_map(|block| [&block.expressions, &block.for_each_expression]);
    let outputs = configuration.outputs.iter().flatten().map(|(_, output)| &output.expression);
    let calls = configuration.module_calls.iter().flatten();
    let arguments = calls.flat_map(|(_, call)| [&call.expressions, &call.for_each_expression]);
    blocks.chain(outputs).chain(arguments).flatten()
}

/// What the expressions of a module and of those below it refer to.
fn show<'a>(
    module: &[String],
    configuration: &'a ConfigurationModule,
    shown: &mut HashSet<Used>,
    modules: &mut Vec<(Module, &'a ConfigurationModule)>,
) {
    modules.push((module.to_vec(), configuration));
    for expression in expressions(configuration) {
        shown.extend(references(expression).into_iter().filter_map(|path| used(module, &steps(path)?, None)));
    }
    for (name, call) in configuration.module_calls.iter().flatten() {
        if let Some(called) = &call.module {
            let below: Vec<String> = module.iter().chain([name]).cloned().collect();
            show(&below, called, shown, modules);
        }
    }
}

/// The variables that expressions of a module name.
fn variables_shown(module: &ConfigurationModule) -> HashSet<String> {
    let names = expressions(module).flat_map(references).filter_map(|reference| reference.strip_prefix("var."));
    names.map(|name| name.split(['.', '[']).next().unwrap_or(name).to_owned()).collect()
}

/// The calls of a module that may be given what a local holds, and whether an output may.
fn led_by_locals(module: &ConfigurationModule) -> (BTreeSet<&str>, bool) {
    let mut led: BTreeSet<&str> = BTreeSet::new();
    let mut fed: HashMap<&str, Vec<&str>> = HashMap::new();
    for (name, call) in module.module_calls.iter().flatten() {
        for expression in [&call.expressions, &call.for_each_expression].into_iter().flatten() {
            for source in sources(expression) {
                match source {
                    Lead::Local => _ = led.insert(name),
                    Lead::Call(other) => fed.entry(other).or_default().push(name),
                }
            }
        }
    }
    // What one call gives back may be given to the next.
    let mut next: Vec<&str> = led.iter().copied().collect();
    while let Some(call) = next.pop() {
        next.extend(fed.remove(call).into_iter().flatten().filter(|other| led.insert(other)));
    }
    let mut outputs = module.outputs.iter().flatten().filter_map(|(_, output)| output.expression.as_ref());
    let is_output = outputs.any(|expression| {
        sources(expression).into_iter().any(|source| match source {
            Lead::Local => true,
            Lead::Call(call) => led.contains(call),
        })
    });
    (led, is_output)
}

/// Where an expression may have something unseen from.
enum Lead<'a> {
    Local,
    Call(&'a str),
}

fn sources(expression: &Value) -> Vec<Lead<'_>> {
    references(expression).into_iter().filter_map(source).collect()
}

fn source(reference: &str) -> Option<Lead<'_>> {
    if reference.starts_with("local.") {
        return Some(Lead::Local);
    }
    let rest = reference.strip_prefix("module.")?;
    Some(Lead::Call(rest.split(['.', '[']).next().unwrap_or(rest)))
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

/// The attribute as people write it.
fn told((module, data, kind, name, attribute): &Used) -> String {
    let calls = module.iter().fold(String::new(), |calls, call| calls + "module." + call + ".");
    let data = if *data { "data." } else { "" };
    let dot = if attribute.is_empty() { "" } else { "." };
    format!("{calls}{data}{kind}.{name}{dot}{attribute}")
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

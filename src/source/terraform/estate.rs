//! All resources of one side of a plan, before or after, with indexes to find them by.
//!
//! Before is the prior state. After is the planned changes, and whatever of the prior state the
//! plan does not touch. Data sources are on both sides: what was read, and what will be.

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::address::{Key, Step, module_of, steps};
use super::format::{Block, Configuration, ConfigurationModule, ModuleCall, PlanFile, ResourceChange, StateResource};
use super::hidden::Unseen;
use super::join::Namesakes;
use super::json::Value;
use super::value::{Expression, Place};

static NULL: Value = Value::Null;

/// Position of an instance in its estate.
pub(super) type Id = usize;

/// One instance of a resource or data source.
#[derive(Debug)]
pub(super) struct Instance<'a> {
    pub(super) address: &'a str,
    /// The module instance it stands in.
    pub(super) module: Rc<[Step]>,
    pub(super) data: bool,
    pub(super) kind: &'a str,
    pub(super) key: Option<Key>,
    pub(super) value: &'a Value,
    pub(super) unknown: &'a Value,
    /// Whether it does not exist yet: what nobody sets gets its default.
    pub(super) creating: bool,
    /// Its block in the configuration.
    pub(super) block: Option<&'a Block>,
    has_configuration: bool,
    sparse: bool,
}

impl<'a> Instance<'a> {
    /// The whole object.
    pub(super) fn place(&self) -> Place<'a> {
        let expression = match self.block.map(|block| block.expressions.as_ref()) {
            _ if !self.has_configuration => Expression::Hidden,
            None => Expression::Hidden,
            Some(None) => Expression::Unset,
            Some(Some(expressions)) => Expression::Set(expressions),
        };
        Place { value: self.value, unknown: self.unknown, expression, creating: self.creating, sparse: self.sparse }
    }

    /// An attribute.
    pub(super) fn get(&self, attribute: &str) -> Place<'a> {
        self.place().get(attribute)
    }
}

/// Terraform type, name and module instance.
type NameKey = (String, String, ModulePath);

type BlockKey<'a> = (ModulePath, bool, &'a str, &'a str);

/// Values that stand for those of the plan, by address.
pub(super) type Substitutes = HashMap<String, Value>;

/// A module instance.
type ModulePath = Rc<[Step]>;

/// All resources of one side.
#[derive(Debug, Default)]
pub(super) struct Estate<'a> {
    pub(super) instances: Vec<Instance<'a>>,
    by_kind: BTreeMap<&'a str, Vec<Id>>,
    by_address: HashMap<&'a str, Id>,
    by_block: HashMap<BlockKey<'a>, Vec<Id>>,
    exact: HashMap<(BlockKey<'a>, Option<Key>), Id>,
    by_literal: HashMap<(&'a str, &'a str), Vec<Id>>,
    /// The resources that adopt default groups, by VPC, when somebody has asked for them.
    pub(super) default_groups: OnceCell<HashMap<Id, Id>>,
    /// The same by module instance; made when a name is found that many have.
    by_literal_in: OnceCell<HashMap<NameKey, Vec<Id>>>,
    /// The buckets whose names are made of others' names, when somebody has asked for them.
    pub(super) namesakes: OnceCell<Namesakes>,
    /// How many steps the search for what expressions refer to may still take.
    pub(super) steps: Cell<u32>,
    /// Keys of the instances of each module call, by the module instance it stands in.
    calls: HashMap<(ModulePath, String), BTreeSet<Option<Key>>>,
    /// Every module instance once.
    paths: HashSet<ModulePath>,
    modules: HashMap<Vec<String>, &'a ConfigurationModule>,
    blocks: HashMap<(Vec<String>, bool, &'a str, &'a str), &'a Block>,
    module_calls: HashMap<Vec<String>, &'a ModuleCall>,
    plan: Option<&'a PlanFile>,
    unseen: Unseen,
    substitutes: Option<&'a Substitutes>,
}

/// Steps of a search that each instance gives, and those that there are at least. Real plans take a
/// tenth of it.
const STEPS_EACH: usize = 20;
const STEPS_AT_LEAST: usize = 200_000;

/// Attributes by which other resources name one.
pub(super) const NAMING: [&str; 5] = ["id", "arn", "bucket", "name", "user_name"];

impl<'a> Estate<'a> {
    /// What existed when the plan was made.
    pub(super) fn before(plan: &'a PlanFile, changes: &'a [ResourceChange]) -> Self {
        Self::before_with(plan, changes, None)
    }

    /// The same with other values for some of the resources.
    pub(super) fn before_with(
        plan: &'a PlanFile,
        changes: &'a [ResourceChange],
        substitutes: Option<&'a Substitutes>,
    ) -> Self {
        let mut estate = Self::new(plan, substitutes);
        for resource in prior(plan) {
            estate.add_state(resource);
        }
        for change in changes.iter().filter(|change| change.is_managed()) {
            let before = change.change.as_ref().and_then(|change| change.before.as_ref());
            if let Some(before) = before.filter(|before| !before.is_null())
                && !estate.by_address.contains_key(change.address.as_str())
            {
                estate.add_change(change, before, &NULL, false);
            }
        }
        estate.count_steps();
        estate
    }

    /// What will exist when the plan has been applied.
    pub(super) fn after(plan: &'a PlanFile, changes: &'a [ResourceChange]) -> Self {
        Self::after_with(plan, changes, None)
    }

    /// The same with other values for some of the resources.
    pub(super) fn after_with(
        plan: &'a PlanFile,
        changes: &'a [ResourceChange],
        substitutes: Option<&'a Substitutes>,
    ) -> Self {
        let mut estate = Self::new(plan, substitutes);
        for change in changes {
            estate.add_planned(change);
        }
        let gone: BTreeSet<&str> = changes
            .iter()
            .filter(|change| change.is_managed() && change.does("delete"))
            .map(|change| change.address.as_str())
            .collect();
        for resource in prior(plan) {
            let address = resource.address.as_str();
            if !estate.by_address.contains_key(address) && !gone.contains(address) {
                estate.add_state(resource);
            }
        }
        estate.unseen = Unseen::of(plan, &estate);
        estate.count_steps();
        estate
    }

    fn count_steps(&self) {
        let steps = STEPS_AT_LEAST.saturating_add(self.instances.len().saturating_mul(STEPS_EACH));
        self.steps.set(u32::try_from(steps).unwrap_or(u32::MAX));
    }

    fn new(plan: &'a PlanFile, substitutes: Option<&'a Substitutes>) -> Self {
        let mut estate = Self { plan: Some(plan), substitutes, ..Self::default() };
        if let Some(root) = plan.configuration.as_ref().and_then(|configuration| configuration.root_module.as_ref()) {
            estate.add_module(Vec::new(), root);
        }
        estate
    }

    fn add_module(&mut self, path: Vec<String>, module: &'a ConfigurationModule) {
        for (name, call) in module.module_calls.iter().flatten() {
            let below: Vec<String> = path.iter().chain([name]).cloned().collect();
            self.module_calls.insert(below.clone(), call);
            if let Some(module) = &call.module {
                self.add_module(below, module);
            }
        }
        for block in module.resources.iter().flatten() {
            if let (Some(kind), Some(name)) = (&block.kind, &block.name) {
                self.blocks.insert((path.clone(), block.mode.as_deref() == Some("data"), kind, name), block);
            }
        }
        self.modules.insert(path, module);
    }

    fn add_planned(&mut self, change: &'a ResourceChange) {
        let Some(planned) = &change.change else { return };
        let unknown = planned.after_unknown.as_ref().unwrap_or(&NULL);
        let known = |value: &'a Option<Value>| value.as_ref().filter(|value| !value.is_null());
        if change.mode.as_deref() == Some("data") {
            self.add_change(change, known(&planned.after).unwrap_or(&NULL), unknown, true);
        } else if change.is_managed() {
            match (known(&planned.after), known(&planned.before)) {
                (Some(after), _) if !is_end(change) => self.add_change(change, after, unknown, change.does("create")),
                // What Terraform forgets, and what it leaves alone in a file without `after`, stays.
                (_, Some(before)) if change.does("forget") || change.does("no-op") => {
                    self.add_change(change, before, &NULL, false);
                }
                _ => {}
            }
        }
    }

    fn add_change(&mut self, change: &'a ResourceChange, value: &'a Value, unknown: &'a Value, creating: bool) {
        self.add(
            (&change.address, change.mode.as_deref(), change.kind.as_deref(), change.name.as_deref()),
            change.index.as_ref(),
            (value, unknown, creating),
        );
        if let Some(instance) = self.instances.last_mut() {
            instance.sparse = change.sparse;
        }
    }

    fn add_state(&mut self, resource: &'a StateResource) {
        self.add(
            (&resource.address, resource.mode.as_deref(), resource.kind.as_deref(), resource.name.as_deref()),
            resource.index.as_ref(),
            (resource.values.as_ref().unwrap_or(&NULL), &NULL, false),
        );
    }

    fn add(
        &mut self,
        (address, mode, kind, name): (&'a str, Option<&str>, Option<&'a str>, Option<&'a str>),
        index: Option<&Value>,
        (value, unknown, creating): (&'a Value, &'a Value, bool),
    ) {
        let (Some(kind), Some(name)) = (kind, name) else { return };
        let value = self.substitutes.and_then(|substitutes| substitutes.get(address)).unwrap_or(value);
        let module = self.share(&steps(address).map(|steps| module_of(&steps)).unwrap_or_default());
        let key = index.and_then(Key::from_value);
        let data = mode == Some("data");
        let block = self.blocks.get(&(names(&module), data, kind, name)).copied();
        let has_configuration = self.modules.contains_key(&Vec::new());
        let id = self.instances.len();
        let block_key = (Rc::clone(&module), data, kind, name);
        self.exact.insert((block_key.clone(), key.clone()), id);
        self.by_block.entry(block_key).or_default().push(id);
        self.by_address.insert(address, id);
        for depth in 0..module.len() {
            let call = (self.share(&module[..depth]), module[depth].name.clone());
            self.calls.entry(call).or_default().insert(module[depth].key.clone());
        }
        if !data {
            self.by_kind.entry(kind).or_default().push(id);
            self.index_literals(id, kind, value);
        }
        self.instances.push(Instance {
            address,
            module,
            data,
            kind,
            key,
            value,
            unknown,
            creating,
            block,
            has_configuration,
            sparse: false,
        });
    }

    fn share(&mut self, module: &[Step]) -> ModulePath {
        if let Some(known) = self.paths.get(module) {
            return Rc::clone(known);
        }
        let module: ModulePath = module.into();
        self.paths.insert(Rc::clone(&module));
        module
    }

    /// A module instance, when anything stands in it.
    fn path(&self, module: &[Step]) -> Option<ModulePath> {
        self.paths.get(module).cloned()
    }

    fn index_literals(&mut self, id: Id, kind: &'a str, value: &'a Value) {
        for text in NAMING.iter().filter_map(|attribute| value.get(attribute)?.as_str()) {
            let named = self.by_literal.entry((kind, text)).or_default();
            if named.last() != Some(&id) {
                named.push(id);
            }
        }
    }

    /// One instance.
    pub(super) fn instance(&self, id: Id) -> &Instance<'a> {
        &self.instances[id]
    }

    /// All managed instances of a Terraform type, in the order of the plan.
    pub(super) fn of_kind(&self, kind: &str) -> &[Id] {
        self.by_kind.get(kind).map_or(&[], Vec::as_slice)
    }

    /// The managed instance at an address.
    pub(super) fn at(&self, address: &str) -> Option<Id> {
        self.by_address.get(address).copied()
    }

    /// The instances of a block in a module instance.
    pub(super) fn of_block(&self, module: &[Step], data: bool, kind: &'a str, name: &'a str) -> &[Id] {
        let ids = self.path(module).and_then(|module| self.by_block.get(&(module, data, kind, name)));
        ids.map_or(&[], Vec::as_slice)
    }

    /// The instance with a key.
    pub(super) fn exactly(
        &self,
        module: &[Step],
        data: bool,
        kind: &'a str,
        name: &'a str,
        key: Option<Key>,
    ) -> Option<Id> {
        self.exact.get(&((self.path(module)?, data, kind, name), key)).copied()
    }

    /// The instances of a type that are known by this name, ARN or id.
    pub(super) fn named(&self, kind: &'a str, text: &'a str) -> &[Id] {
        self.by_literal.get(&(kind, text)).map_or(&[], Vec::as_slice)
    }

    /// Those of them in one module instance; of names that many have.
    pub(super) fn named_in(&self, kind: &str, text: &str, module: &[Step]) -> &[Id] {
        let index = self.by_literal_in.get_or_init(|| {
            let mut index: HashMap<_, Vec<Id>> = HashMap::new();
            for ((kind, text), ids) in &self.by_literal {
                for &id in ids {
                    let key = ((*kind).to_owned(), (*text).to_owned(), Rc::clone(&self.instances[id].module));
                    index.entry(key).or_default().push(id);
                }
            }
            index
        });
        let ids = self.path(module).and_then(|module| index.get(&(kind.to_owned(), text.to_owned(), module)));
        ids.map_or(&[], Vec::as_slice)
    }

    /// The keys of the instances of a module call.
    pub(super) fn call_keys(&self, module: &[Step], name: &str) -> Option<&BTreeSet<Option<Key>>> {
        self.calls.get(&(self.path(module)?, name.to_owned()))
    }

    /// The configuration of a module instance.
    pub(super) fn module(&self, module: &[Step]) -> Option<&'a ConfigurationModule> {
        self.modules.get(&names(module)).copied()
    }

    /// The call that makes a module instance.
    pub(super) fn module_call(&self, module: &[Step]) -> Option<&'a ModuleCall> {
        self.module_calls.get(&names(module)).copied()
    }

    /// The value of a variable of the root module.
    pub(super) fn root_variable(&self, name: &str) -> Option<&'a Value> {
        self.plan?.variables.as_ref()?.get(name)?.get("value")
    }

    /// What the plan may use in an instance's block where its configuration does not show it.
    pub(super) fn unseen(&self, instance: &Instance<'_>) -> Option<&[String]> {
        self.unseen.in_block(instance)
    }

    /// The blocks of the configuration.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &'a Block> {
        self.blocks.values().copied()
    }

    /// The configuration, when the plan has one.
    pub(super) fn configuration(&self) -> Option<&'a Configuration> {
        self.plan?.configuration.as_ref()
    }
}

/// Whether nothing of the resource stays under this address.
fn is_end(change: &ResourceChange) -> bool {
    (change.does("delete") || change.does("forget")) && !change.does("create")
}

fn names(module: &[Step]) -> Vec<String> {
    module.iter().map(|step| step.name.clone()).collect()
}

/// The resources of the prior state, deposed ones left out.
pub(super) fn prior(plan: &PlanFile) -> Vec<&StateResource> {
    let mut found = Vec::new();
    if let Some(root) = plan.prior_state.as_ref().and_then(|state| state.values.as_ref()?.root_module.as_ref()) {
        root.all(&mut found);
    }
    found.retain(|resource| resource.deposed_key.as_deref().is_none_or(str::is_empty));
    found
}

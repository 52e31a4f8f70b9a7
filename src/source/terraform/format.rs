//! The plan file as Terraform and OpenTofu write it: format 0.1 to 1.x.
//!
//! Fields that are not used are ignored, and nearly everything may be absent or null: other
//! programs re-write plans and drop what is empty. Of marks (unknown, sensitive) only what is marked
//! is kept: in a large plan they are mostly empty objects.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::json::{Value, marks};

#[derive(Debug, Default, Deserialize)]
pub(super) struct PlanFile {
    pub(super) format_version: Option<Value>,
    pub(super) terraform_version: Option<String>,
    pub(super) planned_values: Option<IgnoredAny>,
    pub(super) resource_changes: Option<Vec<ResourceChange>>,
    pub(super) deferred_changes: Option<Vec<IgnoredAny>>,
    pub(super) prior_state: Option<State>,
    pub(super) configuration: Option<Configuration>,
    pub(super) variables: Option<BTreeMap<String, Value>>,
    pub(super) relevant_attributes: Option<Vec<RelevantAttribute>>,
    pub(super) complete: Option<bool>,
    pub(super) errored: Option<bool>,
    /// The resources of a state; in a plan they are in `prior_state`.
    pub(super) values: Option<StateValues>,
    pub(super) lineage: Option<IgnoredAny>,
    /// Whether this is a state, which stands in `prior_state` then.
    #[serde(skip)]
    pub(super) is_state: bool,
}

/// An attribute that the changes rest on.
#[derive(Debug, Default, Deserialize)]
pub(super) struct RelevantAttribute {
    pub(super) resource: Option<String>,
    pub(super) attribute: Option<Vec<Value>>,
}

/// Read again on its own, when a plan has no `resource_changes`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct PlannedValues {
    pub(super) planned_values: Option<StateValues>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct ResourceChange {
    pub(super) address: String,
    pub(super) mode: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
    pub(super) index: Option<Value>,
    pub(super) index_unknown: Option<bool>,
    pub(super) deposed: Option<String>,
    pub(super) change: Option<Change>,
    /// Whether unknown attributes are left out instead of marked, as in `planned_values`.
    #[serde(skip)]
    pub(super) sparse: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Change {
    pub(super) actions: Option<Vec<String>>,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
    #[serde(default, deserialize_with = "marks")]
    pub(super) after_unknown: Option<Value>,
    #[serde(default, deserialize_with = "marks")]
    pub(super) before_sensitive: Option<Value>,
    #[serde(default, deserialize_with = "marks")]
    pub(super) after_sensitive: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct State {
    pub(super) values: Option<StateValues>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct StateValues {
    pub(super) root_module: Option<StateModule>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct StateModule {
    pub(super) address: Option<String>,
    pub(super) resources: Option<Vec<StateResource>>,
    pub(super) child_modules: Option<Vec<Self>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct StateResource {
    pub(super) address: String,
    pub(super) mode: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
    pub(super) index: Option<Value>,
    pub(super) values: Option<Value>,
    #[serde(default, deserialize_with = "marks")]
    pub(super) sensitive_values: Option<Value>,
    pub(super) deposed_key: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Configuration {
    pub(super) provider_config: Option<BTreeMap<String, ProviderConfig>>,
    pub(super) root_module: Option<ConfigurationModule>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ProviderConfig {
    pub(super) expressions: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ConfigurationModule {
    pub(super) outputs: Option<BTreeMap<String, Output>>,
    pub(super) resources: Option<Vec<Block>>,
    pub(super) module_calls: Option<BTreeMap<String, ModuleCall>>,
    pub(super) variables: Option<BTreeMap<String, Variable>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Output {
    pub(super) expression: Option<Value>,
    pub(super) sensitive: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Variable {
    pub(super) default: Option<Value>,
    pub(super) sensitive: Option<bool>,
}

/// A `resource` or `data` block.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Block {
    pub(super) mode: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
    pub(super) provider_config_key: Option<String>,
    pub(super) expressions: Option<Value>,
    pub(super) for_each_expression: Option<Value>,
    pub(super) count_expression: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ModuleCall {
    pub(super) source: Option<String>,
    pub(super) expressions: Option<Value>,
    pub(super) for_each_expression: Option<Value>,
    pub(super) count_expression: Option<IgnoredAny>,
    pub(super) module: Option<ConfigurationModule>,
}

/// No module's address is longer; one that is would be written once for each of its resources.
const LONGEST_MODULE: usize = 4_096;

impl StateModule {
    /// Completes addresses: Terraform 0.12 left out module and instance key.
    pub(super) fn complete_addresses(&mut self) {
        let module = self.address.as_deref().filter(|address| !address.is_empty());
        for resource in self.resources.iter_mut().flatten() {
            resource.complete_address(module);
        }
        self.child_modules.iter_mut().flatten().for_each(Self::complete_addresses);
    }

    /// Every resource of this module and of those below it.
    pub(super) fn all<'a>(&'a self, found: &mut Vec<&'a StateResource>) {
        found.extend(self.resources.iter().flatten());
        for child in self.child_modules.iter().flatten() {
            child.all(found);
        }
    }
}

impl StateResource {
    fn complete_address(&mut self, module: Option<&str>) {
        let is_below = |module: &str| self.address.strip_prefix(module).is_some_and(|rest| rest.starts_with('.'));
        if let Some(module) = module.filter(|module| module.len() <= LONGEST_MODULE && !is_below(module)) {
            self.address = format!("{module}.{}", self.address);
        }
        let index = self.index.as_ref().filter(|index| !index.is_null());
        if let (Some(index), false) = (index, self.address.ends_with(']')) {
            self.address = format!("{}[{index}]", self.address);
        }
    }
}

impl ResourceChange {
    /// Whether the plan does this to the resource.
    pub(super) fn does(&self, action: &str) -> bool {
        self.actions().iter().any(|planned| planned == action)
    }

    /// The planned actions.
    pub(super) fn actions(&self) -> &[String] {
        self.change.as_ref().and_then(|change| change.actions.as_deref()).unwrap_or_default()
    }

    /// Whether this is a resource that Terraform manages, in its current (not deposed) form.
    pub(super) fn is_managed(&self) -> bool {
        self.mode.as_deref() != Some("data") && self.deposed.as_deref().is_none_or(str::is_empty)
    }
}

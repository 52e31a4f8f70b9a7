//! What a state or a plan declares: the other side of what is live.
//!
//! A state declares what it holds. A plan declares what will be there when it has been applied,
//! and not its prior state: that was read from AWS when the plan was made, so that whatever had
//! been changed outside Terraform until then already stands in it.
//!
//! A parent in a state echoes the resources that hang on it, as they were when it was last read:
//! what only the echo tells is kept apart, since it may be gone, or somebody else's.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::model::{Configuration, Declaration, Declared, Pointer, Resource, ResourceId, ResourceType, Snapshot};

use super::format::{PlanFile, ResourceChange, State, StateModule, StateResource, StateValues};
use super::identity::BY_ADDRESS;
use super::json::{Value as Planned, reading};
use super::read::{check_format, decode, expanded, explain};
use super::side::{BY_OTHER_ACLS, BY_RANGES, BY_SERVICE, BY_SUBNET, BY_VPN, NEVER_HELD, NOT_HELD};
use super::{Plan, PlanError, Redaction, read_plan};

/// What a file that declares resources is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclaredBy {
    /// `terraform show -json` of a state.
    State,
    /// `terraform show -json` of a plan.
    Plan,
}

/// A state or plan, read.
#[derive(Debug)]
pub struct DeclaredFile {
    /// Of a state, one that only has a prior state.
    plan: Plan,
    /// The same state without what parents echo of the resources that hang on them.
    without_echoes: Option<Plan>,
}

/// Why a file declares nothing that can be compared.
#[derive(Debug, thiserror::Error)]
pub enum DeclaredFileError {
    /// A state as it is stored.
    #[error(
        "this is a Terraform state as it is stored, not its JSON form\n\
         help: make the file with: terraform show -json > state.json"
    )]
    StoredState,
    /// Neither state nor plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// Reads the output of `terraform show -json` on a state or on a plan file.
///
/// # Errors
/// When the bytes are neither; the message says what they are instead.
pub fn read_declared(bytes: &[u8]) -> Result<DeclaredFile, DeclaredFileError> {
    let bytes = &*expanded(bytes)?;
    match read_state(bytes)? {
        Some(plan) => Ok(DeclaredFile { plan, without_echoes: read_state_without_echoes(bytes)? }),
        None => Ok(DeclaredFile { plan: read_plan(bytes)?, without_echoes: None }),
    }
}

impl DeclaredFile {
    /// What the file is.
    #[must_use]
    pub fn declared_by(&self) -> DeclaredBy {
        if self.without_echoes.is_some() { DeclaredBy::State } else { DeclaredBy::Plan }
    }

    /// What it declares.
    #[must_use]
    pub fn declaration(&self, at: Timestamp) -> Declaration {
        let (before, after) = self.plan.snapshots(at);
        let Some(bare) = &self.without_echoes else {
            let pending = self.pending();
            let resources = after.resources.into_iter().filter(is_declared);
            let resources: Vec<Declared> = resources.map(|resource| declared(resource, &pending)).collect();
            let mut besides = self.deposed();
            besides.extend(before.resources.into_iter().map(|resource| resource.id));
            let incomplete = self.plan.incomplete().iter().map(ToString::to_string).collect();
            return Declaration { resources, besides, incomplete };
        };
        let mut echoing: BTreeMap<String, Resource> = by_address(before);
        let bare = bare.snapshots(at).0.resources.into_iter().filter(is_declared);
        let resources = bare.map(|resource| {
            let address = resource.origin.terraform_address.clone().unwrap_or_default();
            let echoed = echoing.remove(&address).map(|full| echoes(&full, &resource)).unwrap_or_default();
            Declared { echoed, ..declared(resource, &BTreeSet::new()) }
        });
        Declaration { resources: resources.collect(), besides: self.deposed(), incomplete: Vec::new() }
    }

    /// Takes the file's sensitive values out of texts.
    #[must_use]
    pub fn redaction(&self) -> Redaction {
        self.plan.redaction()
    }

    /// Addresses of what is not yet as the plan wants it.
    fn pending(&self) -> BTreeSet<String> {
        let acts = |change: &&ResourceChange| change.does("create") || change.does("update");
        let changes = self.plan.changes.iter().filter(|change| change.is_managed()).filter(acts);
        changes.map(|change| change.address.clone()).collect()
    }

    /// Objects that a replacement left behind, and that are still there.
    fn deposed(&self) -> BTreeSet<ResourceId> {
        let mut resources = Vec::new();
        let state = self.plan.file.prior_state.as_ref().and_then(|state| state.values.as_ref());
        if let Some(root) = state.and_then(|values| values.root_module.as_ref()) {
            root.all(&mut resources);
        }
        resources.retain(|resource| resource.deposed_key.as_deref().is_some_and(|key| !key.is_empty()));
        let arn = |resource: &StateResource| resource.values.as_ref()?.get("arn")?.as_str()?.parse().ok();
        resources.into_iter().filter_map(arn).collect()
    }
}

/// What is made up for the rules' sake, AWS's own policies, is not declared.
fn is_declared(resource: &Resource) -> bool {
    !matches!(&resource.configuration, Configuration::ManagedPolicy(policy) if policy.aws_managed)
}

fn by_address(snapshot: Snapshot) -> BTreeMap<String, Resource> {
    let keyed = |resource: Resource| Some((resource.origin.terraform_address.clone()?, resource));
    snapshot.resources.into_iter().filter_map(keyed).collect()
}

fn declared(mut resource: Resource, pending: &BTreeSet<String>) -> Declared {
    let mut not_held = Vec::new();
    let because = std::mem::take(&mut resource.origin.unknown_because);
    resource.unknown.retain(|place| {
        let held = because.get(place).is_none_or(|why| !says_not_held(why));
        if !held {
            not_held.push(place.clone());
        }
        held
    });
    resource.origin.unknown_because = because;
    let left_open =
        matches!(resource.resource_type, ResourceType::User | ResourceType::Role | ResourceType::SecurityGroup);
    if left_open {
        // What using it leaves behind, what only its user sets, and a name that is made up.
        not_held.extend(std::mem::take(&mut resource.origin.defaults));
    }
    let mut stand_ins = Vec::new();
    put_stand_ins(&resource.document()["configuration"], &Pointer::new("/configuration"), &mut stand_ins);
    for place in stand_ins.into_iter().filter(|place| !not_held.contains(place)) {
        resource.mark_unknown(place);
    }
    let address = resource.origin.terraform_address.clone().unwrap_or_default();
    let whole = not_held.iter().all(|place| place.as_str() != "/tags");
    // An address stands for a name that is not known.
    if !whole || resource.name == address {
        not_held.push(Pointer::new("/name"));
    }
    Declared { pending: pending.contains(&address), resource, not_held, echoed: Vec::new(), whole }
}

/// The places that hold what something is called until it has an id.
fn put_stand_ins(value: &Value, at: &Pointer, found: &mut Vec<Pointer>) {
    match value {
        Value::String(text) if text.starts_with(BY_ADDRESS) => found.push(at.clone()),
        Value::Array(members) => {
            members.iter().enumerate().for_each(|(index, member)| put_stand_ins(member, &at.child(index), found));
        }
        Value::Object(fields) => fields.iter().for_each(|(key, value)| put_stand_ins(value, &at.child(key), found)),
        _ => {}
    }
}

/// Whether a place is unknown because nobody declares it: what is left to AWS or the provider
/// counts as not declared either.
fn says_not_held(why: &str) -> bool {
    const LEFT_OPEN: [&str; 9] = [
        NEVER_HELD,
        BY_SUBNET,
        BY_OTHER_ACLS,
        BY_RANGES,
        BY_SERVICE,
        BY_VPN,
        "the provider makes up a name",
        "the default VPC",
        "known after apply; the provider computes it",
    ];
    let left_open = |part: &str| part.is_empty() || LEFT_OPEN.contains(&part) || part.ends_with(" is not in the plan");
    why == NOT_HELD || left_open(why) || why.replace(NOT_HELD, "").split("; ").all(left_open)
}

/// Attributes that read back what resources of their own give to a parent.
const ECHOING: [&str; 4] = ["ingress", "egress", "attached_policies", "inline_policies"];

/// The elements that the resource has with the echoes, and not without.
fn echoes(full: &Resource, bare: &Resource) -> Vec<(Pointer, Value)> {
    let (full, bare) = (full.document(), bare.document());
    let mut found = Vec::new();
    for place in ECHOING.map(Pointer::configuration) {
        let elements = |document| Pointer::resolve(&place, document).and_then(Value::as_array);
        let own = elements(&bare).map(Vec::as_slice).unwrap_or_default();
        let beyond = elements(&full).into_iter().flatten().filter(|element| !own.contains(element));
        found.extend(beyond.map(|element| (place.clone(), element.clone())));
    }
    found
}

/// `terraform show -json` of a state.
#[derive(Deserialize)]
struct StateFile {
    format_version: Option<Planned>,
    terraform_version: Option<String>,
    values: Option<StateValues>,
    lineage: Option<IgnoredAny>,
    planned_values: Option<IgnoredAny>,
    resource_changes: Option<IgnoredAny>,
    prior_state: Option<IgnoredAny>,
    configuration: Option<IgnoredAny>,
}

/// The state in a file, as a plan that has nothing else; `None` when the file is something else.
///
/// # Errors
/// When the file is a state as Terraform stores it, or no JSON.
fn read_state(bytes: &[u8]) -> Result<Option<Plan>, DeclaredFileError> {
    let text = decode(bytes)?;
    let file: StateFile = reading(|| serde_json::from_str(&text)).map_err(|error| explain(&text, error))?;
    if file.planned_values.is_some()
        || file.resource_changes.is_some()
        || file.prior_state.is_some()
        || file.configuration.is_some()
    {
        return Ok(None);
    }
    if file.lineage.is_some() && file.values.is_none() {
        return Err(DeclaredFileError::StoredState);
    }
    // An empty state has no values: all there is are the versions.
    let versions_only = file.terraform_version.is_some()
        || serde_json::from_str::<Map<String, Value>>(&text).is_ok_and(|fields| fields.len() == 1);
    if file.values.is_none() && !(versions_only && file.format_version.is_some()) {
        return Ok(None);
    }
    let mut plan = PlanFile {
        format_version: file.format_version,
        terraform_version: file.terraform_version,
        prior_state: Some(State { values: file.values }),
        ..PlanFile::default()
    };
    check_format(&plan)?;
    if let Some(root) = root_of(&mut plan) {
        root.complete_addresses();
    }
    Ok(Some(Plan { file: plan, changes: Vec::new(), incomplete: Vec::new() }))
}

fn root_of(file: &mut PlanFile) -> Option<&mut StateModule> {
    file.prior_state.as_mut()?.values.as_mut()?.root_module.as_mut()
}

fn read_state_without_echoes(bytes: &[u8]) -> Result<Option<Plan>, DeclaredFileError> {
    let mut plan = read_state(bytes)?;
    if let Some(root) = plan.as_mut().and_then(|plan| root_of(&mut plan.file)) {
        let given = Given::of(root);
        given.take_from(root);
    }
    Ok(plan)
}

/// Whom the resources of their own give something: parents and the attribute that echoes it.
#[derive(Default)]
struct Given(BTreeSet<(&'static str, String)>);

impl Given {
    fn of(root: &StateModule) -> Self {
        let mut resources = Vec::new();
        root.all(&mut resources);
        let mut given = Self::default();
        for resource in resources {
            given.add(resource);
        }
        given
    }

    fn add(&mut self, resource: &StateResource) {
        let Some(values) = &resource.values else { return };
        let text = |attribute: &str| values.get(attribute).and_then(Planned::as_str);
        let given = match resource.kind.as_deref() {
            Some("aws_security_group_rule") if text("type") == Some("egress") => ("egress", text("security_group_id")),
            Some("aws_security_group_rule" | "aws_vpc_security_group_ingress_rule") => {
                ("ingress", text("security_group_id"))
            }
            Some("aws_vpc_security_group_egress_rule") => ("egress", text("security_group_id")),
            Some("aws_iam_role_policy") => ("inline_policy", text("role")),
            Some("aws_iam_role_policy_attachment") => ("managed_policy_arns", text("role")),
            Some("aws_iam_policy_attachment") => {
                let roles = values.get("roles").and_then(Planned::as_array).into_iter().flatten();
                let roles = roles.filter_map(Planned::as_str).map(|role| ("managed_policy_arns", role.to_owned()));
                self.0.extend(roles);
                return;
            }
            _ => return,
        };
        if let (attribute, Some(parent)) = given {
            self.0.insert((attribute, parent.to_owned()));
        }
    }

    fn take_from(&self, module: &mut StateModule) {
        for resource in module.resources.iter_mut().flatten() {
            let named_by = match resource.kind.as_deref() {
                Some("aws_security_group" | "aws_default_security_group") => "id",
                Some("aws_iam_role") => "name",
                _ => continue,
            };
            let Some(Planned::Object(values)) = &mut resource.values else { continue };
            let Some(name) = values.get(named_by).and_then(Planned::as_str).map(str::to_owned) else { continue };
            for attribute in ["ingress", "egress", "inline_policy", "managed_policy_arns"] {
                if self.0.contains(&(attribute, name.clone())) {
                    values.replace(attribute, Planned::Array(Box::default()));
                }
            }
        }
        module.child_modules.iter_mut().flatten().for_each(|child| self.take_from(child));
    }
}

//! A Terraform (or OpenTofu) plan as two snapshots: what exists, and what will exist.
//!
//! [`read_plan`] takes the output of `terraform show -json`. The documents are those that the
//! collectors make of the live resources, so that one rule judges both. What is not known before
//! apply stands in [`crate::model::Resource::unknown`], with the references it waits for in
//! [`crate::model::Origin::unknown_because`]; nothing unknown ever becomes a default unless nobody
//! sets it and the resource is new. What a plan leaves out is listed in [`Plan::incomplete`].

mod access_point;
mod account;
mod address;
mod adopted;
mod beside;
mod blocks;
mod bucket;
mod bucket_settings;
mod device;
mod ec2;
mod elastic;
mod encrypting;
mod endpoint;
mod estate;
mod fill;
mod fill_region;
mod flow_log;
mod format;
mod gateway;
mod grants;
mod hidden;
mod identity;
mod image;
mod instance;
mod join;
#[cfg(test)]
mod join_tests;
mod json;
mod judged;
mod launch_template;
mod missing;
mod network_acl;
mod other_side;
mod outside;
mod peering;
mod policy_document;
mod policy_outside;
mod prefix_list;
mod principal;
mod principal_outside;
mod read;
mod reference;
mod region_settings;
mod route;
mod route_table;
mod security_group;
mod sensitive;
mod sensitive_places;
mod side;
mod state;
mod touched;
mod user_data;
mod value;
mod volume;
mod vpc;

#[cfg(test)]
mod ec2_tests;
#[cfg(test)]
mod identity_tests;
#[cfg(test)]
mod outside_tests;
#[cfg(test)]
mod parts_tests;
#[cfg(test)]
mod shapes_tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::{Resource, Snapshot};

use estate::Estate;
use fill::{Live, Planned};
use format::{Change, PlanFile, ResourceChange, StateResource, StateValues};
use identity::Accounts;
use side::Side;

pub use fill::Filling;
pub use read::PlanError;
pub use sensitive::{REDACTED, Redaction};
pub use state::{DeclaredBy, DeclaredFile, DeclaredFileError, read_declared};

/// A plan, read.
#[derive(Debug)]
pub struct Plan {
    file: PlanFile,
    changes: Vec<ResourceChange>,
    incomplete: Vec<Incomplete>,
}

/// Why a plan tells less than everything. Such a plan may be denied, but never passes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Incomplete {
    /// Planning failed; Terraform wrote what it had.
    #[error("planning failed, and the plan holds only what was planned until then")]
    Errored,
    /// Made with `-target`, or with deferred changes.
    #[error("the plan leaves out resources that exist ({}): it was made with -target or -exclude", .0)]
    Targeted(usize),
    /// Made with `-target` by a Terraform that does not say so: blocks of the configuration that the
    /// plan does not name.
    #[error("the plan leaves out what the configuration asks for ({}{}): it was made with -target", .0, and_more(*.1))]
    Missing(String, usize),
    /// The plan says so itself.
    #[error("the plan says that it is not complete: it was made with -target, or changes are deferred")]
    NotComplete,
    /// Changes that another plan will hold.
    #[error("changes are deferred to a later plan ({})", .0)]
    Deferred(usize),
    /// Made with `-refresh-only`.
    #[error("the plan changes nothing but the state: it was made with -refresh-only")]
    RefreshOnly,
    /// Every resource is deleted.
    #[error("the plan deletes everything: nothing is left that could be judged")]
    Destroy,
    /// No `resource_changes`.
    #[error("the plan has no resource_changes")]
    NoChanges,
    /// The keys of a resource's instances are not known.
    #[error("how many instances {} has is not known yet", .0)]
    InstancesUnknown(String),
}

/// Reads the output of `terraform show -json` on a plan file or a state: format 0.1 to 1.x, in UTF-8
/// or UTF-16, also compressed with gzip. A state is read as a plan that changes nothing.
///
/// # Errors
/// When the bytes are neither; the message says what they are instead, and how to make
/// the right file.
pub fn read_plan(bytes: &[u8]) -> Result<Plan, PlanError> {
    let bytes = &*read::expanded(bytes)?;
    let mut file = read::plan_file(bytes)?;
    let mut incomplete = incomplete(&file);
    let changes = if let Some(changes) = file.resource_changes.take() {
        changes
    } else {
        let changes = read::planned_values(bytes)?.map(|planned| as_changes(&file, planned)).unwrap_or_default();
        incomplete.extend(without_changes(&file, &changes));
        changes
    };
    Ok(Plan { file, changes, incomplete })
}

impl Plan {
    /// What exists, as the plan found it, and what will exist when it has been applied.
    #[must_use]
    pub fn snapshots(&self, taken_at: Timestamp) -> (Snapshot, Snapshot) {
        let before = Estate::before(&self.file, &self.changes);
        let after = Estate::after(&self.file, &self.changes);
        snapshots(&before, &after, &Accounts::of(&[&before, &after]), taken_at)
    }

    /// The same, with what the plan does not hold of existing resources from a scan, and with live
    /// resources beside them that facts need.
    ///
    /// What the plan knows wins, and what is known after apply stays unknown. What the scan did not
    /// read, or has of an earlier scan only, stays unknown too.
    #[must_use]
    pub fn snapshots_beside(&self, live: &Snapshot, taken_at: Timestamp) -> (Snapshot, Snapshot, Filling) {
        let live = Live::of(live);
        let estates = (Estate::before(&self.file, &self.changes), Estate::after(&self.file, &self.changes));
        let (before, after) = (&estates.0, &estates.1);
        let accounts = Accounts::proven(before, &[before, after], |bucket| live.account_of(before, bucket));
        let (mut before, mut after) = snapshots(before, after, &accounts, taken_at);
        let planned = Planned { changes: &self.changes, before: &mut before, after: &mut after };
        let filling = fill::fill(planned, &live);
        (before, after, filling)
    }

    /// Whether this is a state and no plan: what exists, and nothing that changes it.
    #[must_use]
    pub const fn is_state(&self) -> bool {
        self.file.is_state
    }

    /// Why the plan tells less than everything; empty when it tells all.
    #[must_use]
    pub fn incomplete(&self) -> &[Incomplete] {
        &self.incomplete
    }

    /// Addresses of managed resources that the plan touches, with the planned actions (`create`,
    /// `update`, `delete`, `forget`); resources without change are left out. The volumes of a changed
    /// instance have addresses of their own.
    #[must_use]
    pub fn changed(&self) -> BTreeMap<String, Vec<String>> {
        let changed = self.changes.iter().filter(|change| change.is_managed() && !change.does("no-op"));
        let of = |change: &ResourceChange| {
            let mut addresses = device::addresses(change);
            addresses.extend(principal_outside::addresses(change));
            addresses.insert(change.address.clone());
            let actions = change.actions().to_vec();
            addresses.into_iter().map(move |address| (address, actions.clone()))
        };
        changed.flat_map(of).collect()
    }

    /// How many resources the plan changes of types that are part of nothing a rule judges: what that
    /// does to risk nobody knows.
    #[must_use]
    pub fn unjudged(&self) -> usize {
        let changed = self.changes.iter().filter(|change| change.is_managed() && !change.does("no-op"));
        changed.filter(|change| !change.kind.as_deref().is_some_and(judged::is_judged)).count()
    }

    /// Takes the plan's sensitive values out of texts.
    #[must_use]
    pub fn redaction(&self) -> Redaction {
        Redaction::of(&self.file, &self.changes, self.sensitive_places())
    }

    /// Where in the documents of both sides sensitive values stand.
    fn sensitive_places(&self) -> sensitive_places::Places {
        let mut places = sensitive_places::Places::new();
        if let Some(changed) = sensitive_places::Changed::of(&self.file, &self.changes) {
            let before = Estate::before_with(&self.file, &self.changes, Some(&changed.before));
            let after = Estate::after_with(&self.file, &self.changes, Some(&changed.after));
            let others = snapshots(&before, &after, &Accounts::of(&[&before, &after]), Timestamp::UNIX_EPOCH);
            let own = self.snapshots(Timestamp::UNIX_EPOCH);
            sensitive_places::add_differences(&mut places, &own.0, &others.0);
            sensitive_places::add_differences(&mut places, &own.1, &others.1);
        }
        places
    }

    /// The version of Terraform that made the plan.
    #[must_use]
    pub fn terraform_version(&self) -> Option<&str> {
        self.file.terraform_version.as_deref()
    }
}

type Map = fn(&Side<'_, '_>) -> Vec<Resource>;

const EC2_AND_ACCESS_POINTS: [Map; 18] = [
    access_point::access_points,
    region_settings::region_settings,
    volume::volumes,
    image::images,
    device::devices,
    instance::instances,
    launch_template::launch_templates,
    vpc::vpcs,
    vpc::subnets,
    vpc::internet_gateways,
    flow_log::flow_logs,
    network_acl::network_acls,
    route_table::route_tables,
    gateway::nat_gateways,
    gateway::addresses,
    endpoint::endpoints,
    peering::peerings,
    prefix_list::prefix_lists,
];

fn snapshots(
    before: &Estate<'_>,
    after: &Estate<'_>,
    accounts: &Accounts,
    taken_at: Timestamp,
) -> (Snapshot, Snapshot) {
    (
        snapshot(&Side::new(before, None, accounts, taken_at), taken_at),
        snapshot(&Side::new(after, Some(before), accounts, taken_at), taken_at),
    )
}

fn snapshot(side: &Side<'_, '_>, taken_at: Timestamp) -> Snapshot {
    let mut snapshot = Snapshot::empty(taken_at);
    snapshot.resources = [principal::roles(side), principal::users(side), principal::groups(side)].concat();
    snapshot.resources.extend(account::accounts(side));
    snapshot.resources.extend(account::managed_policies(side));
    snapshot.resources.extend(bucket::buckets(side));
    snapshot.resources.extend(security_group::security_groups(side));
    for map in EC2_AND_ACCESS_POINTS {
        snapshot.resources.extend(map(side));
    }
    let estates: Vec<&Estate<'_>> = [Some(side.estate), side.previous].into_iter().flatten().collect();
    side.accounts.tell_apart(&estates, &mut snapshot.resources);
    let policies = account::aws_policies(side, &snapshot.resources);
    let read = policy_outside::read_policies(side, &snapshot.resources);
    snapshot.resources.extend(policies.into_iter().chain(read));
    keep_apart(&mut snapshot);
    snapshot.sort();
    snapshot
}

/// Two planned resources may claim one ARN, such as a bucket declared twice: each keeps its own
/// identity, by address.
fn keep_apart(snapshot: &mut Snapshot) {
    let mut seen = BTreeSet::new();
    for resource in &mut snapshot.resources {
        let known = (resource.account.clone(), resource.region.clone(), resource.resource_type, resource.id.clone());
        if !seen.insert(known) {
            let address = resource.origin.terraform_address.clone().unwrap_or_default();
            resource.id = identity::by_address(&address);
        }
    }
}

fn has_prior_resources(file: &PlanFile) -> bool {
    estate::prior(file).iter().any(|resource| resource.mode.as_deref() != Some("data"))
}

fn incomplete(file: &PlanFile) -> Vec<Incomplete> {
    let mut reasons = Vec::new();
    if file.is_state {
        return reasons;
    }
    if file.errored == Some(true) {
        reasons.push(Incomplete::Errored);
    }
    if let Some(deferred) = file.deferred_changes.as_ref().filter(|deferred| !deferred.is_empty()) {
        reasons.push(Incomplete::Deferred(deferred.len()));
    }
    let Some(changes) = &file.resource_changes else { return reasons };
    let managed: Vec<&ResourceChange> = changes.iter().filter(|change| change.is_managed()).collect();
    let left_out = left_out(file, &managed);
    if left_out > 0 {
        reasons.push(Incomplete::Targeted(left_out));
    } else if file.complete == Some(false) && file.errored != Some(true) {
        reasons.push(Incomplete::NotComplete);
    } else if let Some((first, others)) = missing::blocks(file, &managed).split_first() {
        reasons.push(Incomplete::Missing(first.clone(), others.len()));
    }
    if !managed.is_empty() && managed.iter().all(|change| change.does("delete") && !change.does("create")) {
        reasons.push(Incomplete::Destroy);
    }
    let unknown = changes.iter().filter(|change| change.index_unknown == Some(true));
    reasons.extend(unknown.map(|change| Incomplete::InstancesUnknown(change.address.clone())));
    reasons
}

/// ` and 3 more`, or nothing.
fn and_more(count: usize) -> String {
    if count == 0 { String::new() } else { format!(" and {count} more") }
}

/// What a plan without `resource_changes` is: one that only refreshes the state, one that another
/// program stripped, or one of nothing at all.
fn without_changes(file: &PlanFile, planned: &[ResourceChange]) -> Option<Incomplete> {
    if planned.is_empty() && has_prior_resources(file) {
        Some(Incomplete::RefreshOnly)
    } else if planned.is_empty() && file.complete == Some(true) {
        None
    } else {
        Some(Incomplete::NoChanges)
    }
}

/// How many resources that exist are not in the plan: a whole plan names each, if only as
/// `no-op`.
fn left_out(file: &PlanFile, changes: &[&ResourceChange]) -> usize {
    let named: BTreeSet<&str> = changes.iter().map(|change| change.address.as_str()).collect();
    estate::prior(file)
        .iter()
        .filter(|resource| resource.mode.as_deref() != Some("data") && !named.contains(resource.address.as_str()))
        .count()
}

/// A plan without `resource_changes` still says in `planned_values` what it wants. Unknown
/// attributes are left out there.
fn as_changes(file: &PlanFile, planned: StateValues) -> Vec<ResourceChange> {
    let prior = estate::prior(file);
    let existing: BTreeSet<&str> = prior.iter().map(|resource| resource.address.as_str()).collect();
    let root = planned.root_module.unwrap_or_default();
    let mut resources = Vec::new();
    root.all(&mut resources);
    let change = |resource: &StateResource| {
        let action = if existing.contains(resource.address.as_str()) { "update" } else { "create" };
        Change {
            actions: Some(vec![action.to_owned()]),
            after: resource.values.clone(),
            after_sensitive: resource.sensitive_values.clone(),
            ..Change::default()
        }
    };
    resources
        .into_iter()
        .map(|resource| ResourceChange {
            address: resource.address.clone(),
            mode: resource.mode.clone(),
            kind: resource.kind.clone(),
            name: resource.name.clone(),
            index: resource.index.clone(),
            change: Some(change(resource)),
            sparse: true,
            ..ResourceChange::default()
        })
        .collect()
}

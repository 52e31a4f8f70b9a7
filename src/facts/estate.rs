//! The snapshot as facts look things up in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Account, AccountId, Bucket, Configuration, FlowLog, Grants, Group, ManagedPolicy, Pointer, Region, Resource,
    ResourceType, Snapshot,
};
use crate::network::PrefixLists;

/// Other resources, by what refers to them. Stale resources are left out.
#[derive(Debug)]
pub(super) struct Estate<'a> {
    pub(super) prefix_lists: PrefixLists<'a>,
    accounts: BTreeMap<&'a AccountId, (&'a Resource, &'a Account)>,
    buckets: BTreeMap<&'a str, (&'a Resource, &'a Bucket)>,
    policies: BTreeMap<&'a str, (&'a Resource, &'a ManagedPolicy)>,
    groups: BTreeMap<(&'a AccountId, &'a str), (&'a Resource, &'a Group)>,
    complete: BTreeSet<(&'a AccountId, &'a Region, ResourceType)>,
    /// Resources that hold security groups, with the groups.
    members: Vec<(&'a Resource, &'a [String])>,
    flow_logs: Vec<(&'a Resource, &'a FlowLog)>,
    principals: Vec<(&'a Resource, &'a Grants)>,
}

impl<'a> Estate<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let mut estate = Self {
            prefix_lists: PrefixLists::of(snapshot),
            accounts: BTreeMap::new(),
            buckets: BTreeMap::new(),
            policies: BTreeMap::new(),
            groups: BTreeMap::new(),
            complete: BTreeSet::new(),
            members: Vec::new(),
            flow_logs: Vec::new(),
            principals: Vec::new(),
        };
        let complete = snapshot.listings.iter().filter(|listing| listing.complete);
        estate.complete.extend(complete.map(|listing| (&listing.account, &listing.region, listing.resource_type)));
        snapshot
            .resources
            .iter()
            .filter(|resource| resource.stale_since.is_none())
            .for_each(|resource| estate.add(resource));
        estate
    }

    fn add(&mut self, resource: &'a Resource) {
        match &resource.configuration {
            Configuration::Account(account) => {
                self.accounts.insert(&resource.account, (resource, account));
            }
            Configuration::Bucket(bucket) => {
                self.buckets.insert(&resource.name, (resource, bucket));
            }
            Configuration::ManagedPolicy(policy) => {
                self.policies.insert(resource.id.as_str(), (resource, policy));
            }
            Configuration::Group(group) => {
                self.groups.insert((&resource.account, &resource.name), (resource, group));
                self.principals.push((resource, &group.grants));
            }
            Configuration::Role(role) => self.principals.push((resource, &role.grants)),
            Configuration::User(user) => self.principals.push((resource, &user.grants)),
            Configuration::NetworkInterface(interface) => self.members.push((resource, &interface.security_groups)),
            Configuration::Instance(instance) => self.members.push((resource, &instance.security_groups)),
            Configuration::FlowLog(log) => self.flow_logs.push((resource, log)),
            Configuration::AccessPoint(_)
            | Configuration::NetworkAcl(_)
            | Configuration::PrefixList(_)
            | Configuration::SecurityGroup(_)
            | Configuration::Subnet(_)
            | Configuration::Vpc(_)
            | Configuration::Volume(_)
            | Configuration::OidcProvider(_)
            | Configuration::SamlProvider(_)
            | Configuration::ServerCertificate(_)
            | Configuration::RegionSettings(_) => {}
        }
    }

    pub(super) fn account(&self, account: &AccountId) -> Option<(&'a Resource, &'a Account)> {
        self.accounts.get(account).copied()
    }

    pub(super) fn bucket(&self, name: &str) -> Option<(&'a Resource, &'a Bucket)> {
        self.buckets.get(name).copied()
    }

    pub(super) fn policy(&self, arn: &str) -> Option<(&'a Resource, &'a ManagedPolicy)> {
        self.policies.get(arn).copied()
    }

    pub(super) fn group(&self, account: &AccountId, name: &str) -> Option<(&'a Resource, &'a Group)> {
        self.groups.get(&(account, name)).copied()
    }

    pub(super) fn principals(&self, account: &AccountId) -> impl Iterator<Item = (&'a Resource, &'a Grants)> {
        self.principals.iter().copied().filter(move |(resource, _)| resource.account == *account)
    }

    /// Interfaces and instances, with the security groups they hold.
    pub(super) fn members(&self) -> impl Iterator<Item = (&'a Resource, &'a [String])> {
        self.members.iter().copied()
    }

    pub(super) fn flow_logs(&self) -> impl Iterator<Item = (&'a Resource, &'a FlowLog)> {
        self.flow_logs.iter().copied()
    }

    /// What an answer "there is none" waits for: nothing when the list is whole.
    pub(super) fn unlisted(&self, account: &AccountId, region: &Region, resource_type: ResourceType) -> Option<String> {
        let complete = self.complete.contains(&(account, region, resource_type));
        (!complete).then(|| format!("list of {resource_type} in {account} {region}"))
    }
}

/// The unknown places of a resource that overlap a place, as seen from another resource.
pub(super) fn waits_elsewhere(resource: &Resource, place: &Pointer) -> Vec<String> {
    let unknown = resource.unknown.iter().filter(|other| other.overlaps(place));
    unknown.map(|place| format!("{}#{place}", resource.id)).collect()
}

/// The unknown places of a resource that overlap a place, as seen from itself.
pub(super) fn waits_here(resource: &Resource, place: &Pointer) -> Vec<String> {
    resource.unknown.iter().filter(|other| other.overlaps(place)).map(ToString::to_string).collect()
}

#[cfg(test)]
pub(super) mod testing {
    use crate::model::{
        AccountId, Configuration, Listing, Pointer, Region, Resource, ResourceId, ResourceType, Snapshot,
    };

    pub(crate) const ACCOUNT: &str = "111122223333";

    pub(crate) fn resource(arn: &str, name: &str, configuration: impl Into<Configuration>) -> Resource {
        let region = arn.split(':').nth(3).filter(|region| !region.is_empty()).unwrap_or("global");
        Resource::new(
            ResourceId::new(arn).unwrap(),
            AccountId::new(ACCOUNT).unwrap(),
            Region::new(region).unwrap(),
            name,
            configuration,
        )
    }

    pub(crate) fn snapshot(resources: impl IntoIterator<Item = Resource>) -> Snapshot {
        let mut snapshot = Snapshot::empty(jiff::Timestamp::UNIX_EPOCH);
        snapshot.resources.extend(resources);
        snapshot
    }

    pub(crate) fn listed(snapshot: &mut Snapshot, region: &str, resource_type: ResourceType, complete: bool) {
        let (account, region) = (AccountId::new(ACCOUNT).unwrap(), Region::new(region).unwrap());
        snapshot.listings.push(Listing { account, region, resource_type, complete });
    }

    pub(crate) fn without(mut resource: Resource, places: &[&str]) -> Resource {
        for place in places {
            resource.mark_unknown(Pointer::new(*place));
        }
        resource
    }
}

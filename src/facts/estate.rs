//! The snapshot as facts look things up in it.

use std::collections::{BTreeMap, BTreeSet};

use super::account::Identities;
use super::analyzer::Analyzers;
use super::between::Between;
use super::compute::Parts;
use super::grants::Memo;
use super::topology::{Topology, first_few};
use super::trail::Trails;
use crate::model::{
    AccessPoint, Account, AccountId, Bucket, Configuration, Fact, FlowLog, Grants, Group, ManagedPolicy,
    MultiRegionAccessPoint, Places, Pointer, Region, Resource, ResourceType, Snapshot,
};
use crate::network::{PrefixLists, short_id};

/// Other resources, by what refers to them. Stale resources are left out.
#[derive(Debug)]
pub(super) struct Estate<'a> {
    pub(super) analyzers: Analyzers<'a>,
    pub(super) identities: Identities<'a>,
    pub(super) prefix_lists: PrefixLists<'a>,
    pub(super) topology: Topology<'a>,
    pub(super) between: Between<'a>,
    pub(super) compute: Parts<'a>,
    accounts: BTreeMap<&'a AccountId, (&'a Resource, &'a Account)>,
    buckets: BTreeMap<&'a str, (&'a Resource, &'a Bucket)>,
    access_points: BTreeMap<&'a str, Vec<(&'a Resource, &'a AccessPoint)>>,
    multi_region_access_points: BTreeMap<&'a str, Vec<(&'a Resource, &'a MultiRegionAccessPoint)>>,
    policies: BTreeMap<&'a str, (&'a Resource, &'a ManagedPolicy)>,
    groups: BTreeMap<(&'a AccountId, &'a str), (&'a Resource, &'a Group)>,
    complete: BTreeSet<(&'a AccountId, &'a Region, ResourceType)>,
    users_of_groups: Holders<(&'a Region, &'a str), &'a Region>,
    holders_of_policies: Holders<(&'a AccountId, &'a str), &'a AccountId>,
    pub(super) trails: Trails<'a>,
    active_flow_logs: Holders<(&'a Region, &'a str), &'a Region>,
    /// What it waits for whether the flow log of something counts.
    unsure_flow_logs: BTreeMap<(&'a Region, &'a str), Vec<String>>,
    /// ARNs of users and roles.
    principals: BTreeSet<&'a str>,
    /// The organization of each account, or what its answer waits for.
    organizations: BTreeMap<&'a str, Result<Option<&'a str>, Vec<String>>>,
    /// What was worked out for policy documents.
    pub(super) memo: Memo<'a>,
}

/// How many unknown places of an area are named: each of many subjects waits for all of them.
pub(super) const NAMED: usize = 20;

/// What is referred to, and by area (a region or an account) the unknown places that may refer to
/// anything in it.
#[derive(Debug)]
struct Holders<Subject, Area> {
    held: BTreeSet<Subject>,
    unknown: BTreeMap<Area, Vec<String>>,
}

impl<Subject: Ord, Area: Ord> Holders<Subject, Area> {
    const fn new() -> Self {
        Self { held: BTreeSet::new(), unknown: BTreeMap::new() }
    }

    fn add(&mut self, area: Area, subjects: impl IntoIterator<Item = Subject>, waits_for: Vec<String>) {
        self.held.extend(subjects);
        if !waits_for.is_empty() {
            self.unknown.entry(area).or_default().extend(waits_for);
        }
    }

    /// Whether the subject is referred to; known to be not only when nothing is unlisted.
    fn hold(&self, subject: &Subject, area: &Area, unlisted: impl IntoIterator<Item = String>) -> Fact<bool> {
        if self.held.contains(subject) {
            return Fact::known(true, Vec::new());
        }
        let mut waits_for = first_few(self.unknown.get(area).into_iter(), "resources");
        waits_for.extend(unlisted);
        if waits_for.is_empty() { Fact::known(false, Vec::new()) } else { Fact::unknown(waits_for) }
    }
}

impl<'a> Estate<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let mut estate = Self {
            analyzers: Analyzers::default(),
            identities: Identities::default(),
            prefix_lists: PrefixLists::of(snapshot),
            topology: Topology::default(),
            between: Between::default(),
            compute: Parts::default(),
            accounts: BTreeMap::new(),
            buckets: BTreeMap::new(),
            access_points: BTreeMap::new(),
            multi_region_access_points: BTreeMap::new(),
            policies: BTreeMap::new(),
            groups: BTreeMap::new(),
            complete: BTreeSet::new(),
            users_of_groups: Holders::new(),
            holders_of_policies: Holders::new(),
            trails: Trails::default(),
            active_flow_logs: Holders::new(),
            unsure_flow_logs: BTreeMap::new(),
            principals: BTreeSet::new(),
            organizations: BTreeMap::new(),
            memo: Memo::default(),
        };
        let complete = snapshot.listings.iter().filter(|listing| listing.complete);
        estate.complete.extend(complete.map(|listing| (&listing.account, &listing.region, listing.resource_type)));
        for resource in &snapshot.resources {
            match (&resource.configuration, resource.stale_since) {
                (_, None) => estate.add(resource),
                (Configuration::OrganizationAccount(_), Some(_)) => {
                    let waits_for = vec![format!("{}#/configuration/organization", resource.id)];
                    estate.organizations.insert(resource.account.as_str(), Err(waits_for));
                }
                _stale => {}
            }
        }
        estate.analyzers.miss(snapshot);
        estate
    }

    fn add(&mut self, resource: &'a Resource) {
        self.between.add(resource);
        self.memo.add(resource);
        self.topology.add(resource);
        self.analyzers.add(resource);
        self.identities.add(resource);
        self.compute.add(resource);
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
                self.add_grants(resource, &group.grants);
            }
            Configuration::Role(role) => self.add_principal(resource, &role.grants),
            Configuration::User(user) => self.add_principal(resource, &user.grants),
            Configuration::OrganizationAccount(account) => {
                let waits_for = waits_elsewhere(resource, &Pointer::configuration("organization/id"));
                let organization = account.organization.as_ref().map(|membership| membership.id.as_str());
                let known = if waits_for.is_empty() { Ok(organization) } else { Err(waits_for) };
                self.organizations.insert(resource.account.as_str(), known);
            }
            Configuration::NetworkInterface(interface) => self.add_groups(resource, &interface.security_groups),
            Configuration::Instance(instance) => self.add_groups(resource, &instance.security_groups),
            Configuration::Trail(trail) => self.trails.add(resource, trail),
            Configuration::FlowLog(log) => self.add_flow_log(resource, log),
            Configuration::AccessPoint(point) => {
                self.access_points.entry(&point.bucket).or_default().push((resource, point));
            }
            Configuration::MultiRegionAccessPoint(point) => {
                for bucket in &point.buckets {
                    self.multi_region_access_points.entry(bucket).or_default().push((resource, point));
                }
            }
            _ => {}
        }
    }

    fn add_principal(&mut self, resource: &'a Resource, grants: &'a Grants) {
        self.principals.insert(resource.id.as_str());
        self.add_grants(resource, grants);
    }

    fn add_grants(&mut self, resource: &'a Resource, grants: &'a Grants) {
        let place = Pointer::configuration("attached_policies");
        let attached = known_elements(resource, &place, &grants.attached_policies);
        let subjects = attached.map(|arn| (&resource.account, arn));
        self.holders_of_policies.add(&resource.account, subjects, waits_elsewhere(resource, &place));
    }

    fn add_groups(&mut self, resource: &'a Resource, groups: &'a [String]) {
        let place = Pointer::configuration("security_groups");
        let subjects = known_elements(resource, &place, groups).map(|group| (&resource.region, group));
        self.users_of_groups.add(&resource.region, subjects, waits_elsewhere(resource, &place));
    }

    /// A log of accepted traffic alone does not tell who knocked, and one whose records do not
    /// arrive tells nothing, so that neither counts.
    fn add_flow_log(&mut self, resource: &'a Resource, log: &'a FlowLog) {
        let status = waits_elsewhere(resource, &Pointer::configuration("status"));
        let traffic = waits_elsewhere(resource, &Pointer::configuration("traffic_type"));
        // One that is yet to be made has failed in nothing.
        let delivery = if is_to_be_made(resource) {
            Vec::new()
        } else {
            waits_elsewhere(resource, &Pointer::configuration("observed").child("deliver_status"))
        };
        let inactive = status.is_empty() && log.status != "ACTIVE";
        let lost = log.observed.as_ref().and_then(|seen| seen.deliver_status.as_deref()) == Some("FAILED");
        if inactive || traffic.is_empty() && log.traffic_type == "ACCEPT" || delivery.is_empty() && lost {
            return;
        }
        let mut waits_for = waits_elsewhere(resource, &Pointer::configuration("resource_id"));
        let known = waits_for.is_empty().then_some((&resource.region, log.resource_id.as_str()));
        waits_for.extend(status);
        waits_for.extend(traffic);
        waits_for.extend(delivery);
        match known {
            Some(subject) if !waits_for.is_empty() => {
                self.unsure_flow_logs.entry(subject).or_default().extend(waits_for);
            }
            subject => self.active_flow_logs.add(&resource.region, subject, waits_for),
        }
    }

    pub(super) fn account(&self, account: &AccountId) -> Option<(&'a Resource, &'a Account)> {
        self.accounts.get(account).copied()
    }

    pub(super) fn bucket(&self, name: &str) -> Option<(&'a Resource, &'a Bucket)> {
        self.buckets.get(name).copied()
    }

    /// The access points of a bucket.
    pub(super) fn access_points(&self, bucket: &str) -> &[(&'a Resource, &'a AccessPoint)] {
        self.access_points.get(bucket).map_or(&[], Vec::as_slice)
    }

    /// The multi-region access points that lead to a bucket.
    pub(super) fn multi_region_access_points(&self, bucket: &str) -> &[(&'a Resource, &'a MultiRegionAccessPoint)] {
        self.multi_region_access_points.get(bucket).map_or(&[], Vec::as_slice)
    }

    pub(super) fn policy(&self, arn: &str) -> Option<(&'a Resource, &'a ManagedPolicy)> {
        self.policies.get(arn).copied()
    }

    pub(super) fn group(&self, account: &AccountId, name: &str) -> Option<(&'a Resource, &'a Group)> {
        self.groups.get(&(account, name)).copied()
    }

    /// Whether there is a user or role of this ARN.
    pub(super) fn has_principal(&self, arn: &str) -> bool {
        self.principals.contains(arn)
    }

    /// Whether two accounts are in the same organization; an account that is not read is in none.
    pub(super) fn in_one_organization(&self, one: &AccountId, other: &str) -> Fact<bool> {
        let membership = |account| self.organizations.get(account).cloned().unwrap_or(Ok(None));
        match (membership(one.as_str()), membership(other)) {
            (Ok(one), Ok(other)) => Fact::known(one.is_some() && one == other, Vec::new()),
            (Ok(None), Err(_)) | (Err(_), Ok(None)) => Fact::known(false, Vec::new()),
            (one, other) => Fact::unknown([one, other].into_iter().filter_map(Result::err).flatten().collect()),
        }
    }

    /// The organization of an account, if it is in one.
    pub(super) fn organization(&self, account: &AccountId) -> Fact<Option<&'a str>> {
        match self.organizations.get(account.as_str()) {
            Some(Ok(id)) => Fact::known(*id, Vec::new()),
            Some(Err(waits_for)) => Fact::unknown(waits_for.clone()),
            None => Fact::unknown(vec![format!("organization of {account}")]),
        }
    }

    /// Whether an interface or an instance holds a security group.
    pub(super) fn group_in_use(&self, group: &Resource) -> Fact<bool> {
        let unlisted = self.unlisted(group, ResourceType::NetworkInterface);
        self.users_of_groups.hold(&(&group.region, short_id(&group.id)), &&group.region, unlisted)
    }

    /// Whether a user, group or role has a managed policy attached.
    pub(super) fn policy_attached(&self, policy: &Resource) -> Fact<bool> {
        self.attached(policy.id.as_str(), policy)
    }

    /// Whether a user, group or role in the account of this resource has a managed policy attached.
    pub(super) fn attached(&self, arn: &str, beside: &Resource) -> Fact<bool> {
        let holders = [ResourceType::Group, ResourceType::Role, ResourceType::User];
        let unlisted = holders.into_iter().filter_map(|holder| self.unlisted(beside, holder));
        self.holders_of_policies.hold(&(&beside.account, arn), &&beside.account, unlisted)
    }

    /// Whether an active flow log records a VPC's rejected traffic. Nobody can have made one for a
    /// VPC that does not exist yet, so that the plan which makes it holds them all.
    pub(super) fn vpc_logged(&self, vpc: &Resource) -> Fact<bool> {
        let subject = (&vpc.region, short_id(&vpc.id));
        let unsure = self.unsure_flow_logs.get(&subject).into_iter().flatten().cloned();
        let unlisted = if is_to_be_made(vpc) { None } else { self.unlisted(vpc, ResourceType::FlowLog) };
        self.active_flow_logs.hold(&subject, &&vpc.region, unsure.chain(unlisted))
    }

    /// The same for what is listed once per account, under `global`.
    pub(super) fn unlisted_in_account(&self, account: &AccountId, resource_type: ResourceType) -> Option<String> {
        let global = Region::global();
        let complete = self.complete.contains(&(account, &global, resource_type));
        (!complete).then(|| format!("list of {resource_type} in {account} {global}"))
    }

    /// What the answer "there is none beside this resource" waits for: nothing when the list of
    /// its account and region is whole.
    pub(super) fn unlisted(&self, beside: &Resource, resource_type: ResourceType) -> Option<String> {
        self.unlisted_in(&beside.account, &beside.region, resource_type)
    }

    /// The same for any account and region.
    pub(super) fn unlisted_in(
        &self,
        account: &AccountId,
        region: &Region,
        resource_type: ResourceType,
    ) -> Option<String> {
        let complete = self.complete.contains(&(account, region, resource_type));
        (!complete).then(|| format!("list of {resource_type} in {account} {region}"))
    }
}

/// Whether a resource does not exist yet: it has no ARN but an address in a plan. A default VPC
/// exists before a plan adopts it.
fn is_to_be_made(resource: &Resource) -> bool {
    let is_default = matches!(&resource.configuration, Configuration::Vpc(vpc) if vpc.is_default);
    resource.id.as_str().starts_with("terraform:") && !is_default
}

/// The elements of a list that are not unknown.
pub(super) fn known_elements<'a>(
    resource: &'a Resource,
    place: &Pointer,
    elements: &'a [String],
) -> impl Iterator<Item = &'a str> {
    let place = place.clone();
    let unknown: Places<'_> = resource.unknown.iter().collect();
    let known = move |index: usize| {
        let at = place.child(index);
        !unknown.overlapping(&at).any(|other| other.covers(&at))
    };
    elements.iter().enumerate().filter(move |(index, _)| known(*index)).map(|(_, element)| element.as_str())
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
        snapshot.listings.push(Listing { account, region, resource_type, complete, listed_before: false });
    }

    pub(crate) fn without(mut resource: Resource, places: &[&str]) -> Resource {
        for place in places {
            resource.mark_unknown(Pointer::new(*place));
        }
        resource
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{listed, resource, snapshot, without};
    use super::*;
    use crate::model::{Facts, FlowLogObserved, NetworkInterface, ResourceId, SecurityGroup, Vpc};

    fn logged(logs: &[(&str, &str)], complete: bool) -> Option<bool> {
        let vpc = resource("arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-0a", "vpc-0a", Vpc::default());
        let logs = logs.iter().enumerate().map(|(index, (subject, status))| {
            let log =
                FlowLog { resource_id: (*subject).to_owned(), status: (*status).to_owned(), ..FlowLog::default() };
            resource(&format!("arn:aws:ec2:eu-central-1:111122223333:vpc-flow-log/fl-{index}"), "log", log)
        });
        let mut snapshot = snapshot([vpc].into_iter().chain(logs));
        listed(&mut snapshot, "eu-central-1", ResourceType::FlowLog, complete);
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.as_ref().unwrap() {
            Facts::Vpc(facts) => facts.flow_logged.value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_active_log_on_the_vpc_itself_counts() {
        assert_eq!(logged(&[("vpc-0a", "ACTIVE")], false), Some(true));
        assert_eq!(logged(&[("vpc-0a", "FAILED"), ("subnet-0a", "ACTIVE")], true), Some(false));
        assert_eq!(logged(&[("vpc-0b", "ACTIVE")], false), None);
    }

    #[test]
    fn a_log_whose_records_do_not_arrive_does_not_count() {
        let of = |delivered: Option<&str>, unknown: &[&str]| {
            let vpc = resource("arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-0a", "vpc-0a", Vpc::default());
            let seen = FlowLogObserved { deliver_status: delivered.map(str::to_owned), deliver_error: None };
            let log = FlowLog {
                resource_id: "vpc-0a".to_owned(),
                status: "ACTIVE".to_owned(),
                observed: Some(seen),
                ..FlowLog::default()
            };
            let log = resource("arn:aws:ec2:eu-central-1:111122223333:vpc-flow-log/fl-0", "log", log);
            let mut snapshot = snapshot([vpc.clone(), without(log, unknown)]);
            listed(&mut snapshot, "eu-central-1", ResourceType::FlowLog, true);
            Estate::of(&snapshot).vpc_logged(&vpc).value
        };
        assert_eq!(of(Some("SUCCESS"), &[]), Some(true));
        assert_eq!(of(None, &[]), Some(true), "nothing was to be delivered yet");
        assert_eq!(of(Some("FAILED"), &[]), Some(false));
        assert_eq!(of(None, &["/configuration/observed"]), None);
    }

    #[test]
    fn a_vpc_that_a_plan_makes_has_only_the_logs_of_the_plan() {
        let planned = |is_default| {
            let mut vpc =
                resource("arn:aws:ec2:eu-central-1:111122223333:vpc/x", "x", Vpc { is_default, ..Vpc::default() });
            vpc.id = ResourceId::new("terraform:aws_vpc.x").unwrap();
            vpc
        };
        let log = |about: &str| {
            let log = FlowLog { resource_id: about.to_owned(), status: "ACTIVE".to_owned(), ..FlowLog::default() };
            resource("arn:aws:ec2:eu-central-1:111122223333:vpc-flow-log/fl-0", "log", log)
        };
        let logged = |vpc: Resource, logs: Vec<Resource>| {
            Estate::of(&snapshot([vec![vpc.clone()], logs].concat())).vpc_logged(&vpc).value
        };
        assert_eq!(logged(planned(false), vec![log("terraform:aws_vpc.x")]), Some(true));
        let mut planned_log = without(log("terraform:aws_vpc.x"), &["/configuration/observed"]);
        planned_log.id = ResourceId::new("terraform:aws_flow_log.x").unwrap();
        assert_eq!(logged(planned(false), vec![planned_log]), Some(true), "it has failed in nothing yet");
        assert_eq!(logged(planned(false), vec![]), Some(false));
        assert_eq!(logged(planned(true), vec![]), None, "a default VPC may have one already");
        let of_unknown = without(log(""), &["/configuration/resource_id"]);
        assert_eq!(logged(planned(false), vec![of_unknown]), None, "it may be about this one");
        let unsure = without(log("vpc-0a"), &["/configuration/observed"]);
        assert_eq!(logged(planned(false), vec![unsure]), Some(false), "it is about another one");
    }

    #[test]
    fn a_planned_resource_is_referred_to_by_its_address() {
        let mut group =
            resource("arn:aws:ec2:eu-central-1:111122223333:security-group/x", "web", SecurityGroup::default());
        group.id = ResourceId::new("terraform:aws_security_group.web").unwrap();
        let interface = NetworkInterface {
            security_groups: vec!["terraform:aws_security_group.web".to_owned(), "later".to_owned()],
            ..NetworkInterface::default()
        };
        let interface = resource("arn:aws:ec2:eu-central-1:111122223333:network-interface/eni-0a", "eni", interface);
        let used = snapshot([group.clone(), interface.clone()]);
        assert_eq!(Estate::of(&used).group_in_use(&group).value, Some(true));
        let unread = snapshot([group.clone(), without(interface, &["/configuration/security_groups/0"])]);
        let fact = Estate::of(&unread).group_in_use(&group);
        assert_eq!((fact.value, fact.waits_for.len()), (None, 2));
    }

    #[test]
    fn of_many_places_that_may_refer_to_something_the_first_are_named() {
        let id = |index: usize| format!("arn:aws:ec2:eu-central-1:111122223333:network-interface/eni-{index:04}");
        let group =
            resource("arn:aws:ec2:eu-central-1:111122223333:security-group/sg-0a", "web", SecurityGroup::default());
        let waits_for = |count: usize| {
            let interface = |index| resource(&id(index), "eni", NetworkInterface::default());
            let unread = (0..count).map(|index| without(interface(index), &["/configuration/security_groups"]));
            let mut snapshot = snapshot([group.clone()].into_iter().chain(unread));
            listed(&mut snapshot, "eu-central-1", ResourceType::NetworkInterface, true);
            let fact = Estate::of(&snapshot).group_in_use(&group);
            assert_eq!(fact.value, None);
            fact.waits_for
        };
        assert_eq!(waits_for(NAMED).len(), NAMED);
        let many = waits_for(NAMED + 30);
        assert_eq!((many.len(), many[NAMED].as_str()), (NAMED + 1, "30 more places of resources"));
    }
}

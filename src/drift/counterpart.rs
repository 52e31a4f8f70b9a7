//! The live counterpart of a declared resource: by ARN, or by a name that no other has.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::model::{
    AccountId, Configuration, Declaration, Declared, Lists, Region, Resource, ResourceKey, ResourceType, Snapshot,
};

/// Where a declared resource is.
pub(super) enum Found {
    /// This one of the live resources.
    Live(usize),
    /// Nowhere, and it would have been seen.
    Missing(ResourceKey),
    /// It cannot be told; which ones it may be, and why.
    Unclear(Vec<usize>, String),
}

/// The live resources, to be found by id and by name.
pub(super) struct Index<'a> {
    live: &'a Snapshot,
    lists: Lists<'a>,
    by_id: HashMap<(ResourceType, &'a str), Vec<usize>>,
    by_name: HashMap<(ResourceType, &'a str), Vec<usize>>,
    /// By the last part of an ARN, such as `sg-0a`.
    by_short_id: HashMap<(ResourceType, &'a str), Vec<usize>>,
    /// The account of what the declaration does not tell the account of: the only one there is.
    assumed: Option<AccountId>,
}

impl<'a> Index<'a> {
    pub(super) fn of(live: &'a Snapshot, declaration: &Declaration) -> Self {
        let mut by_id: HashMap<_, Vec<usize>> = HashMap::new();
        let mut by_name: HashMap<_, Vec<usize>> = HashMap::new();
        let mut by_short_id: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, resource) in live.resources.iter().enumerate() {
            by_id.entry((resource.resource_type, resource.id.as_str())).or_default().push(at);
            by_name.entry((resource.resource_type, resource.name.as_str())).or_default().push(at);
            let short = resource.id.as_str().rsplit('/').next().unwrap_or_default();
            by_short_id.entry((resource.resource_type, short)).or_default().push(at);
        }
        let accounts: BTreeSet<&AccountId> =
            declaration.resources.iter().map(|declared| &declared.resource.account).collect();
        let tells_none = accounts.len() == 1 && accounts.iter().all(|account| account.is_unknown());
        let scanned: BTreeSet<&AccountId> = live.listings.iter().map(|listing| &listing.account).collect();
        let only = scanned.first().filter(|_| scanned.len() == 1).map(|&account| account.clone());
        Self { live, lists: live.lists(), by_id, by_name, by_short_id, assumed: only.filter(|_| tells_none) }
    }

    pub(super) fn notes(&self) -> Vec<String> {
        let note =
            |account| format!("the declaration tells no account: {account}, the only one that was read, is meant");
        self.assumed.iter().map(note).collect()
    }

    pub(super) fn find(&self, declared: &Declared) -> Found {
        let resource = &declared.resource;
        let account = if resource.account.is_unknown() { self.assumed.clone() } else { Some(resource.account.clone()) };
        let candidates = self.candidates(declared, account.as_ref());
        let own = |at: &&usize| account.as_ref().is_none_or(|account| self.live.resources[**at].account == *account);
        let in_account: Vec<usize> = candidates.iter().filter(own).copied().collect();
        match in_account.as_slice() {
            [one] => Found::Live(*one),
            [] => self.absent(resource, account.as_ref(), &candidates),
            several => {
                let why = format!("{} live resources may be meant, in {}", several.len(), self.places(several));
                Found::Unclear(several.to_vec(), why)
            }
        }
    }

    /// The live resources that may be meant, in any account.
    fn candidates(&self, declared: &Declared, account: Option<&AccountId>) -> Vec<usize> {
        let resource = &declared.resource;
        let resource_type = resource.resource_type;
        let region = |at: &usize| {
            let live = &self.live.resources[*at].region;
            resource.region == Region::unknown() || resource_type == ResourceType::Bucket || resource.region == *live
        };
        if is_setting(resource_type) {
            let all = self.live.resources.iter().enumerate();
            let of_type = all.filter(|(_, live)| live.resource_type == resource_type && Some(&live.account) == account);
            return of_type.map(|(at, _)| at).filter(region).collect();
        }
        if is_known(resource) {
            return self.by_id.get(&(resource_type, resource.id.as_str())).cloned().unwrap_or_default();
        }
        if !declared.whole {
            // Rules for a group that is not declared: they name it by its id.
            let named = self.by_short_id.get(&(resource_type, resource.name.as_str())).into_iter().flatten().copied();
            return named.filter(region).collect();
        }
        if !has_name_of_its_own(resource) || declared.not_held.iter().any(|place| place.as_str() == "/name") {
            return Vec::new();
        }
        let named = self.by_name.get(&(resource_type, resource.name.as_str())).into_iter().flatten().copied();
        named.filter(|at| region(at) && same_network(resource, &self.live.resources[*at])).collect()
    }

    /// Not among the live resources of its account: missing, or out of sight.
    fn absent(&self, resource: &Resource, account: Option<&AccountId>, elsewhere: &[usize]) -> Found {
        let unclear = |why: String| Found::Unclear(elsewhere.to_vec(), why);
        let Some(account) = account else {
            return unclear("the declaration does not tell its account, and several were read".to_owned());
        };
        // An ARN without an account, such as a bucket's: the account is that of the file's others.
        if !elsewhere.is_empty() && !tells_account(resource) {
            let why = format!("live in {}; the declaration does not tell its account for sure", self.places(elsewhere));
            return unclear(why);
        }
        if !is_known(resource) && !has_name_of_its_own(resource) {
            return unclear("its id is not known before apply: compare with the state instead".to_owned());
        }
        if resource.region == Region::unknown() && resource.resource_type != ResourceType::Bucket {
            return unclear("the declaration does not tell its region".to_owned());
        }
        let (region, resource_type) = (&resource.region, resource.resource_type);
        match self.lists.whole((account, region, resource_type, &resource.id)) {
            Some(true) => Found::Missing(ResourceKey { account: account.clone(), ..ResourceKey::from(resource) }),
            Some(false) => unclear(format!("the list of {resource_type} in {account} {region} is not whole")),
            None => unclear(format!("{resource_type} in {account} {region} was not read")),
        }
    }

    fn places(&self, all: &[usize]) -> String {
        let places: BTreeSet<String> = all
            .iter()
            .map(|&at| format!("{} {}", self.live.resources[at].account, self.live.resources[at].region))
            .collect();
        places.into_iter().collect::<Vec<_>>().join(", ")
    }
}

fn is_known(resource: &Resource) -> bool {
    resource.id.as_str().starts_with("arn:")
}

/// Whether the ARN itself says which account it is in.
fn tells_account(resource: &Resource) -> bool {
    resource.id.as_str().starts_with("arn:")
        && resource.id.as_str().split(':').nth(4).is_some_and(|account| !account.is_empty())
}

/// Whether no two of a kind have one name in an account and region. A security group's name is its
/// own in its VPC.
fn has_name_of_its_own(resource: &Resource) -> bool {
    use ResourceType as Type;
    match resource.resource_type {
        Type::Bucket | Type::AccessPoint | Type::Role | Type::User | Type::Group | Type::ManagedPolicy => true,
        Type::SecurityGroup => network(resource).is_some(),
        _ => false,
    }
}

fn same_network(one: &Resource, other: &Resource) -> bool {
    one.resource_type != ResourceType::SecurityGroup || network(one) == network(other)
}

fn network(resource: &Resource) -> Option<&str> {
    match &resource.configuration {
        Configuration::SecurityGroup(group) => group.vpc_id.as_deref(),
        _ => None,
    }
}

/// Settings that are there in every account or region, whether anybody set them or not.
pub(super) const fn is_setting(resource_type: ResourceType) -> bool {
    matches!(resource_type, ResourceType::Account | ResourceType::RegionSettings)
}

/// What AWS makes by itself, or for one of its services.
pub(super) fn is_made_by_aws(resource: &Resource) -> bool {
    match &resource.configuration {
        Configuration::ManagedPolicy(policy) => policy.aws_managed,
        Configuration::Role(role) => {
            ["/aws-service-role/", "/aws-reserved/"].iter().any(|own| role.path.starts_with(own))
        }
        Configuration::SecurityGroup(group) => group.group_name == "default",
        Configuration::Vpc(vpc) => vpc.is_default,
        Configuration::NetworkAcl(acl) => acl.is_default,
        // It came with the VPC, unless somebody put another one in its place.
        Configuration::RouteTable(table) => table.main,
        Configuration::PrefixList(list) => list.owner == "AWS",
        _ => false,
    }
}

/// Account and id of the live instances that nobody declares, as `is_nobodys` tells of each resource.
pub(super) fn instances_beside(
    live: &Snapshot,
    is_nobodys: impl Fn(usize, &Resource) -> bool,
) -> HashSet<(&AccountId, &str)> {
    let all = live.resources.iter().enumerate();
    let instances =
        all.filter(|(at, resource)| resource.resource_type == ResourceType::Instance && is_nobodys(*at, resource));
    instances.filter_map(|(_, instance)| Some((&instance.account, instance.id.as_str().rsplit('/').next()?))).collect()
}

/// Whether it is a volume that these instances alone use: it is told with them.
pub(super) fn hangs_on(instances: &HashSet<(&AccountId, &str)>, resource: &Resource) -> bool {
    match &resource.configuration {
        Configuration::Volume(volume) => {
            let all = |id: &String| instances.contains(&(&resource.account, id.as_str()));
            !volume.instance_ids.is_empty() && volume.instance_ids.iter().all(all)
        }
        _ => false,
    }
}

/// Account and id of the default VPCs.
pub(super) fn default_networks(live: &Snapshot) -> HashSet<(&AccountId, &str)> {
    let is_default =
        |resource: &&Resource| matches!(&resource.configuration, Configuration::Vpc(vpc) if vpc.is_default);
    let networks = live.resources.iter().filter(is_default);
    networks.filter_map(|vpc| Some((&vpc.account, vpc.id.as_str().rsplit('/').next()?))).collect()
}

/// Whether it is a subnet that came with a default VPC.
pub(super) fn stands_in(networks: &HashSet<(&AccountId, &str)>, resource: &Resource) -> bool {
    match &resource.configuration {
        Configuration::Subnet(subnet) => {
            subnet.vpc_id.as_deref().is_some_and(|vpc| networks.contains(&(&resource.account, vpc)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{resource, snapshot};
    use super::*;
    use crate::model::{Instance, RouteTable, Volume};

    fn arn(what: &str) -> String {
        format!("arn:aws:ec2:eu-central-1:111122223333:{what}")
    }

    #[test]
    fn the_volumes_of_an_instance_that_nobody_declares_are_told_with_it() {
        let live = snapshot(["i-0a", "i-0b"].map(|id| resource(&arn(&format!("instance/{id}")), Instance::default())));
        let others = instances_beside(&live, |_, instance| instance.id.as_str().ends_with("i-0a"));
        let hangs = |instances: &[&str]| {
            let instance_ids = instances.iter().map(|id| (*id).to_owned()).collect();
            hangs_on(&others, &resource(&arn("volume/vol-0a"), Volume { instance_ids, ..Volume::default() }))
        };
        assert!(hangs(&["i-0a"]));
        assert!(!hangs(&["i-0b"]) && !hangs(&["i-0a", "i-0b"]), "an instance that is declared has it");
        assert!(!hangs(&[]), "it belongs to nobody");
    }

    #[test]
    fn the_main_route_table_came_with_its_vpc() {
        let made =
            |main| is_made_by_aws(&resource(&arn("route-table/rtb-0a"), RouteTable { main, ..RouteTable::default() }));
        assert!(made(true) && !made(false));
    }
}

//! What the world can send to an instance, and which subnets lead to the internet.
//!
//! An interface is reached through three gates: its security groups, the network ACL of its
//! subnet, and the routes by which an answer finds back to an internet gateway. Only what all
//! three admit from the same address counts. Each gate is known between two bounds; where the
//! narrowest and the widest reading agree, what is unknown did not matter.

use std::collections::BTreeSet;

use super::Estate;
use super::estate::{known_elements, waits_elsewhere, waits_here};
use super::security_group::{shapes, source_at};
use crate::model::{
    Fact, Instance, InstanceFacts, NetworkInterface, Pointer, PublicAddress, Reach, Resource, ResourceType, Subnet,
    VpcFacts, WorldReach,
};
use crate::network::{
    Bounds, Entry, Family, Peers, PortRange, Protocol, Traffic, is_global_ipv6, short_id, world_through,
};

/// Facts of an instance.
pub(super) fn instance<'a>(resource: &'a Resource, instance: &'a Instance, estate: &Estate<'a>) -> InstanceFacts {
    let (doors, unlisted) = doors(resource, instance, estate);
    let mut addresses = Vec::new();
    let mut reaches = Vec::new();
    let (mut addresses_wait, mut reaches_wait) = (unlisted.clone(), unlisted);
    for door in doors {
        addresses.extend(door.addresses.iter().map(|(family, address)| PublicAddress {
            address: address.clone(),
            family: family.name().to_owned(),
            interface: door.interface.clone(),
            because: door.because.clone(),
        }));
        addresses_wait.extend(door.addresses_wait.iter().cloned());
        let (known, waits_for) = door.reached(estate);
        reaches.extend(known);
        reaches_wait.extend(waits_for);
    }
    addresses.sort();
    addresses.dedup();
    reaches.sort();
    reaches.dedup();
    let because = |places: Vec<&Vec<Pointer>>| {
        let places: BTreeSet<Pointer> = places.into_iter().flatten().cloned().collect();
        places.into_iter().collect::<Vec<_>>()
    };
    let addresses_because = because(addresses.iter().map(|address| &address.because).collect());
    let reaches_because = because(reaches.iter().map(|reach| &reach.because).collect());
    InstanceFacts {
        public_addresses: Fact::partial(addresses, addresses_because, addresses_wait),
        world_reach: Fact::partial(reaches, reaches_because, reaches_wait),
    }
}

/// The doors of an instance, and what may hold further ones: its interfaces and, where these do
/// not tell of its public address, what the instance itself tells of the first of them.
fn doors<'a>(resource: &'a Resource, instance: &'a Instance, estate: &Estate<'a>) -> (Vec<Door<'a>>, Vec<String>) {
    let topology = &estate.topology;
    let interfaces = topology.interfaces_of(resource);
    let is_known = |id: &String| interfaces.iter().any(|(interface, _)| short_id(&interface.id) == id);
    let named = &instance.network_interface_ids;
    let names_wait = !waits_here(resource, &Pointer::configuration("network_interface_ids")).is_empty();
    let mut unlisted = Vec::new();
    if named.is_empty() || names_wait || !named.iter().all(is_known) {
        unlisted.extend(estate.unlisted(resource, ResourceType::NetworkInterface));
        unlisted.extend(topology.unplaced_interfaces(&resource.region).cloned());
    }
    let of = |(interface, configuration): &(&'a Resource, &'a NetworkInterface)| {
        Door::of_interface(interface, configuration, instance, estate)
    };
    let mut doors: Vec<Door<'a>> = interfaces.iter().map(of).collect();
    let told = |address: &String| doors.iter().any(|door| door.addresses.iter().any(|(_, known)| known == address));
    if doors.is_empty() || instance.public_ip.as_ref().is_some_and(|address| !told(address)) {
        doors.push(Door::of_instance(resource, instance));
    }
    (doors, unlisted)
}

/// One interface of an instance.
struct Door<'a> {
    /// Whose document says which groups, subnet and VPC it has.
    told_by: &'a Resource,
    interface: Option<String>,
    vpc: Option<&'a str>,
    subnet: Option<&'a str>,
    groups: &'a [String],
    addresses: Vec<(Family, String)>,
    /// Families of which there may be an address that is not known, and what that waits for.
    open_families: Vec<Family>,
    addresses_wait: Vec<String>,
    /// Where the instance's document tells of it.
    because: Vec<Pointer>,
}

impl<'a> Door<'a> {
    fn of_instance(resource: &'a Resource, instance: &'a Instance) -> Self {
        let place = Pointer::configuration("public_ip");
        let addresses_wait = waits_here(resource, &place);
        let known = instance.public_ip.iter().filter(|_| addresses_wait.is_empty());
        Self {
            told_by: resource,
            interface: None,
            vpc: instance.vpc_id.as_deref(),
            subnet: instance.subnet_id.as_deref(),
            groups: &instance.security_groups,
            addresses: known.map(|address| (Family::Ipv4, address.clone())).collect(),
            open_families: if addresses_wait.is_empty() { Vec::new() } else { vec![Family::Ipv4] },
            addresses_wait,
            because: vec![place],
        }
    }

    fn of_interface(
        interface: &'a Resource,
        configuration: &'a NetworkInterface,
        instance: &Instance,
        estate: &Estate<'a>,
    ) -> Self {
        let id = short_id(&interface.id);
        let elastic = estate.topology.addresses_of(interface).iter().map(|address| (*address).to_owned());
        let ipv4: BTreeSet<String> = configuration.public_ip.iter().cloned().chain(elastic).collect();
        let ipv6 = configuration.ipv6_addresses.iter().filter(|address| is_global_ipv6(address)).cloned();
        let mut ipv4_waits = waits_elsewhere(interface, &Pointer::configuration("public_ip"));
        // A further private address may have an elastic one, which only the list of these tells.
        ipv4_waits.extend(estate.unlisted(interface, ResourceType::Address));
        let ipv6_waits = waits_elsewhere(interface, &Pointer::configuration("ipv6_addresses"));
        let addresses: Vec<(Family, String)> = ipv4
            .into_iter()
            .map(|address| (Family::Ipv4, address))
            .chain(ipv6.map(|address| (Family::Ipv6, address)))
            .collect();
        let mut open_families = Vec::new();
        let mut addresses_wait = Vec::new();
        for (family, waits_for) in [(Family::Ipv4, ipv4_waits), (Family::Ipv6, ipv6_waits)] {
            if !waits_for.is_empty() && addresses.iter().all(|(known, _)| *known != family) {
                open_families.push(family);
                addresses_wait.extend(waits_for);
            }
        }
        let position = instance.network_interface_ids.iter().position(|named| named == id);
        let named = position.map(|index| Pointer::configuration("network_interface_ids").child(index));
        let public_ip = || instance.public_ip.as_ref().map(|_| Pointer::configuration("public_ip"));
        Self {
            told_by: interface,
            interface: Some(id.to_owned()),
            vpc: configuration.vpc_id.as_deref(),
            subnet: configuration.subnet_id.as_deref(),
            groups: &configuration.security_groups,
            addresses,
            open_families,
            addresses_wait,
            because: named.or_else(public_ip).into_iter().collect(),
        }
    }

    /// What comes in through it from the world, and what more may come in waits for.
    fn reached(&self, estate: &Estate<'_>) -> (Vec<WorldReach>, Vec<String>) {
        if self.addresses.is_empty() && self.open_families.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let families: Vec<Family> = self.addresses.iter().map(|(family, _)| *family).collect();
        let possible_families: Vec<Family> = families.iter().chain(&self.open_families).copied().collect();
        let held = Bounds {
            certain: Traffic(vec![anything(&families)]),
            possible: Traffic(vec![anything(&possible_families)]),
            waits_for: self.addresses_wait.clone(),
        };
        let gates = [self.groups(estate), self.acl(estate), self.routes(estate), held];
        let certain = world_through(&gates.each_ref().map(|gate| &gate.certain));
        let possible = world_through(&gates.each_ref().map(|gate| &gate.possible));
        let mut waits_for = Vec::new();
        if shapes(&certain) != shapes(&possible) {
            waits_for.extend(gates.into_iter().flat_map(|gate| gate.waits_for));
        }
        (certain.into_iter().filter_map(|reach| self.told(reach, estate)).collect(), waits_for)
    }

    fn told(&self, reach: Reach, estate: &Estate<'_>) -> Option<WorldReach> {
        let (_, address) = self.addresses.iter().find(|(family, _)| family.name() == reach.family)?;
        let through: BTreeSet<&str> =
            reach.because.iter().map(Pointer::as_str).filter(|place| !place.is_empty()).collect();
        let mut groups = BTreeSet::new();
        let mut sources = BTreeSet::new();
        for (id, place) in through.iter().filter_map(|place| place.split_once('#')) {
            let short = id.rsplit_once('/').map_or(id, |(_, short)| short);
            let gate = [short, id].into_iter().find_map(|id| estate.topology.group(&self.told_by.region, id));
            if let Some(gate) = gate.filter(|gate| gate.resource.id.as_str() == id) {
                groups.insert(short_id(&gate.resource.id).to_owned());
                sources.extend(source_at(gate.configuration.ingress.as_deref().unwrap_or_default(), place));
            }
        }
        Some(WorldReach {
            address: address.clone(),
            groups: groups.into_iter().collect(),
            sources: sources.into_iter().collect(),
            through: through.into_iter().map(str::to_owned).collect(),
            because: self.because.clone(),
            protocol: reach.protocol,
            from_port: reach.from_port,
            to_port: reach.to_port,
            family: reach.family,
        })
    }

    /// What its security groups let in.
    fn groups(&self, estate: &Estate<'_>) -> Bounds {
        let place = Pointer::configuration("security_groups");
        let mut bounds = Bounds::default();
        let mut lost = waits_elsewhere(self.told_by, &place);
        for id in known_elements(self.told_by, &place, self.groups) {
            let Some(gate) = estate.topology.group(&self.told_by.region, id) else {
                lost.push(self.lost(ResourceType::SecurityGroup, id, estate));
                continue;
            };
            let ingress = gate.ingress(&estate.prefix_lists);
            bounds.certain.0.extend(labelled(&ingress.certain, gate.resource).0);
            bounds.possible.0.extend(ingress.possible.0.iter().cloned());
            bounds.waits_for.extend(ingress.waits_for.iter().map(|place| elsewhere(place, gate.resource)));
        }
        if !lost.is_empty() {
            bounds.possible.0.push(anything(&[Family::Ipv4, Family::Ipv6]));
            bounds.waits_for.extend(lost);
        }
        bounds
    }

    /// What the network ACL of its subnet lets in.
    fn acl(&self, estate: &Estate<'_>) -> Bounds {
        let unknown = waits_elsewhere(self.told_by, &Pointer::configuration("subnet_id"));
        let Some(subnet) = self.subnet.filter(|_| unknown.is_empty()) else { return self.open(unknown) };
        match estate.topology.acl_of(&self.told_by.region, subnet) {
            Some((acl, bounds)) => labelled_bounds(bounds, acl),
            None => self.open(vec![self.lost(ResourceType::NetworkAcl, subnet, estate)]),
        }
    }

    /// The addresses that its subnet leads to an internet gateway.
    fn routes(&self, estate: &Estate<'_>) -> Bounds {
        let unknown = waits_elsewhere(self.told_by, &Pointer::configuration("subnet_id"));
        match self.subnet.filter(|_| unknown.is_empty()) {
            Some(subnet) => routes(self.told_by, subnet, self.vpc, estate),
            None => self.open(unknown),
        }
    }

    /// A gate of which nothing is known.
    fn open(&self, mut waits_for: Vec<String>) -> Bounds {
        if waits_for.is_empty() {
            waits_for.push(format!("{}#{}", self.told_by.id, Pointer::configuration("subnet_id")));
        }
        Bounds { waits_for, ..open() }
    }

    fn lost(&self, resource_type: ResourceType, id: &str, estate: &Estate<'_>) -> String {
        lost(self.told_by, resource_type, id, estate)
    }
}

/// The addresses that the route table of a subnet leads to internet gateways. The main table of
/// the VPC counts only when every table was listed: another one may name the subnet.
fn routes(told_by: &Resource, subnet: &str, vpc: Option<&str>, estate: &Estate<'_>) -> Bounds {
    let table = estate.topology.table_of(&told_by.region, subnet, vpc, &estate.prefix_lists);
    let Some((resource, bounds)) = table.found else {
        let mut waits_for = table.unplaced;
        waits_for.push(lost(told_by, ResourceType::RouteTable, subnet, estate));
        return Bounds { waits_for, ..open() };
    };
    let mut waits_for = Vec::new();
    if !table.by_name {
        waits_for.extend(estate.unlisted(resource, ResourceType::RouteTable));
        waits_for.extend(table.unplaced);
    }
    if waits_for.is_empty() { labelled_bounds(bounds, resource) } else { Bounds { waits_for, ..open() } }
}

/// Facts of a subnet: whether the world's addresses are led to an internet gateway.
pub(super) fn internet_routed(resource: &Resource, subnet: &Subnet, estate: &Estate<'_>) -> Fact<bool> {
    let unknown = waits_here(resource, &Pointer::configuration("vpc_id"));
    let bounds = routes(resource, short_id(&resource.id), subnet.vpc_id.as_deref(), estate);
    if !bounds.certain.world().is_empty() {
        Fact::known(true, Vec::new())
    } else if bounds.possible.world().is_empty() {
        Fact::known(false, Vec::new())
    } else {
        Fact::unknown(bounds.waits_for.into_iter().chain(unknown).collect())
    }
}

/// Facts of a VPC: its flow logs, and how its subnets are spread.
pub(super) fn vpc(resource: &Resource, estate: &Estate<'_>) -> VpcFacts {
    let (subnets, mut unlisted) = estate.topology.subnets_of(resource);
    unlisted.extend(estate.unlisted(resource, ResourceType::Subnet));
    let mut zones = BTreeSet::new();
    let mut zones_wait = unlisted.clone();
    let (mut public, mut private, mut open) = (Vec::new(), Vec::new(), unlisted);
    for (subnet, configuration) in subnets {
        let waits_for = waits_elsewhere(subnet, &Pointer::configuration("availability_zone"));
        zones.extend(configuration.availability_zone.clone().filter(|_| waits_for.is_empty()));
        zones_wait.extend(waits_for);
        let id = short_id(&subnet.id).to_owned();
        let routed = internet_routed(subnet, configuration, estate);
        match routed.value {
            Some(true) => public.push(id),
            Some(false) => private.push(id),
            None => open.extend(routed.waits_for.iter().map(|place| elsewhere(place, subnet))),
        }
    }
    public.sort();
    private.sort();
    let zones: Vec<String> = zones.into_iter().collect();
    VpcFacts {
        flow_logged: estate.vpc_logged(resource),
        zones: if zones.len() > 1 || zones_wait.is_empty() {
            Fact::known(zones, Vec::new())
        } else {
            Fact::unknown(zones_wait)
        },
        public_subnets: Fact::partial(public, Vec::new(), open.clone()),
        private_subnets: Fact::partial(private, Vec::new(), open),
    }
}

/// What an answer about a resource that refers to another one waits for while that was not read.
fn lost(beside: &Resource, resource_type: ResourceType, id: &str, estate: &Estate<'_>) -> String {
    estate
        .unlisted(beside, resource_type)
        .unwrap_or_else(|| format!("{resource_type} of {id}, not in {}", beside.account))
}

fn anything(families: &[Family]) -> Entry {
    Entry {
        allow: true,
        protocol: Protocol::All,
        ports: PortRange::ALL,
        peers: Peers::every(families),
        name: None,
        because: Pointer::default(),
    }
}

/// Nothing at least, and everything at most.
fn open() -> Bounds {
    Bounds { possible: Traffic(vec![anything(&[Family::Ipv4, Family::Ipv6])]), ..Bounds::default() }
}

fn labelled_bounds(bounds: &Bounds, resource: &Resource) -> Bounds {
    Bounds {
        certain: labelled(&bounds.certain, resource),
        possible: bounds.possible.clone(),
        waits_for: bounds.waits_for.iter().map(|place| elsewhere(place, resource)).collect(),
    }
}

/// The same traffic with its places as another resource names them.
fn labelled(traffic: &Traffic, resource: &Resource) -> Traffic {
    let label =
        |entry: &Entry| Entry { because: Pointer::new(elsewhere(entry.because.as_str(), resource)), ..entry.clone() };
    Traffic(traffic.0.iter().map(label).collect())
}

/// A place of a resource as another one names it.
fn elsewhere(place: &str, resource: &Resource) -> String {
    if place.starts_with('/') { format!("{}#{place}", resource.id) } else { place.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{listed, resource, snapshot, without};
    use super::*;
    use crate::model::{
        Address, Facts, GroupRule, NetworkAcl, NetworkAclEntry, Route, RouteTable, SecurityGroup, Snapshot, Vpc,
    };

    fn arn(kind: &str, id: &str) -> String {
        format!("arn:aws:ec2:eu-central-1:111122223333:{kind}/{id}")
    }

    fn group(id: &str, entries: &[(i32, &str)]) -> Resource {
        let ingress = entries.iter().map(|(port, range)| GroupRule {
            protocol: "tcp".to_owned(),
            from_port: Some(*port),
            to_port: Some(*port),
            cidr_ipv4: Some((*range).to_owned()).filter(|range| !range.contains(':')),
            cidr_ipv6: Some((*range).to_owned()).filter(|range| range.contains(':')),
            ..GroupRule::default()
        });
        let ingress = Some(ingress.collect());
        resource(&arn("security-group", id), id, SecurityGroup { ingress, ..SecurityGroup::default() })
    }

    fn acl(denied: Option<i32>) -> Resource {
        let entry = |number, allow, protocol: &str, port, range: &str| NetworkAclEntry {
            number,
            allow,
            protocol: protocol.to_owned(),
            from_port: port,
            to_port: port,
            cidr_ipv4: Some(range.to_owned()).filter(|range| !range.contains(':')),
            cidr_ipv6: Some(range.to_owned()).filter(|range| range.contains(':')),
            ..NetworkAclEntry::default()
        };
        let mut entries: Vec<NetworkAclEntry> =
            denied.map(|port| entry(50, false, "tcp", Some(port), "0.0.0.0/0")).into_iter().collect();
        entries.push(entry(100, true, "all", None, "0.0.0.0/0"));
        entries.push(entry(101, true, "all", None, "::/0"));
        let configuration = NetworkAcl { subnet_ids: vec!["subnet-0a".to_owned()], entries, ..NetworkAcl::default() };
        resource(&arn("network-acl", "acl-0a"), "acl-0a", configuration)
    }

    fn table(id: &str, subnets: &[&str], routes: &[(&str, &str)]) -> Resource {
        let routes = routes.iter().map(|(destination, target)| Route {
            destination: (*destination).to_owned(),
            target: Some((*target).to_owned()),
            state: Some("active".to_owned()),
        });
        let configuration = RouteTable {
            vpc_id: Some("vpc-0a".to_owned()),
            main: subnets.is_empty(),
            subnet_ids: subnets.iter().map(|subnet| (*subnet).to_owned()).collect(),
            routes: routes.collect(),
        };
        resource(&arn("route-table", id), id, configuration)
    }

    fn interface(id: &str, groups: &[&str], public_ip: Option<&str>, ipv6: &[&str]) -> Resource {
        let configuration = NetworkInterface {
            vpc_id: Some("vpc-0a".to_owned()),
            subnet_id: Some("subnet-0a".to_owned()),
            security_groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            public_ip: public_ip.map(str::to_owned),
            ipv6_addresses: ipv6.iter().map(|address| (*address).to_owned()).collect(),
            instance_id: Some("i-0a".to_owned()),
            ..NetworkInterface::default()
        };
        resource(&arn("network-interface", id), id, configuration)
    }

    fn machine() -> Resource {
        let configuration = Instance {
            vpc_id: Some("vpc-0a".to_owned()),
            subnet_id: Some("subnet-0a".to_owned()),
            ..Instance::default()
        };
        resource(&arn("instance", "i-0a"), "i-0a", configuration)
    }

    /// A machine that the world reaches on port 22; `instead` takes the place of what has its id.
    fn exposed(instead: impl IntoIterator<Item = Resource>) -> Vec<Resource> {
        let mut resources = vec![
            machine(),
            interface("eni-0a", &["sg-0a"], Some("18.193.0.1"), &[]),
            group("sg-0a", &[(22, "0.0.0.0/0")]),
            acl(None),
            table("rtb-0a", &["subnet-0a"], &[("10.0.0.0/16", "local"), ("0.0.0.0/0", "igw-0a")]),
        ];
        for resource in instead {
            match resources.iter_mut().find(|other| other.id == resource.id) {
                Some(other) => *other = resource,
                None => resources.push(resource),
            }
        }
        resources
    }

    const LISTS: &[ResourceType] = &[
        ResourceType::NetworkInterface,
        ResourceType::SecurityGroup,
        ResourceType::NetworkAcl,
        ResourceType::RouteTable,
        ResourceType::Address,
        ResourceType::Subnet,
    ];

    fn facts(resources: Vec<Resource>, lost: &[ResourceType]) -> Snapshot {
        let mut snapshot = snapshot(resources);
        for list in LISTS {
            listed(&mut snapshot, "eu-central-1", *list, !lost.contains(list));
        }
        crate::facts::derive(&mut snapshot);
        snapshot
    }

    fn of_machine(resources: Vec<Resource>, lost: &[ResourceType]) -> InstanceFacts {
        match facts(resources, lost).resources[0].facts.clone().unwrap() {
            Facts::Instance(facts) => *facts,
            other => panic!("{other:?}"),
        }
    }

    fn words(fact: &Fact<Vec<WorldReach>>) -> String {
        let word = |reach: &WorldReach| {
            let WorldReach { protocol, from_port, to_port, address, groups, .. } = reach;
            format!("{protocol} {from_port}-{to_port} {address} {}", groups.join(","))
        };
        let known = fact.value.as_ref().map(|reaches| reaches.iter().map(word).collect::<Vec<_>>().join("; "));
        match (known, fact.waits_for.is_empty()) {
            (Some(known), true) => known,
            (Some(known), false) => format!("{known} and more"),
            (None, _) => "unknown".to_owned(),
        }
    }

    fn check(instead: impl IntoIterator<Item = Resource>, lost: &[ResourceType], expected: &str) {
        let fact = of_machine(exposed(instead), lost).world_reach;
        assert_eq!(words(&fact), expected, "{:?}", fact.waits_for);
    }

    const OPEN: &str = "tcp 22-22 18.193.0.1 sg-0a";

    #[test]
    fn address_group_acl_and_route_together_let_the_world_in() {
        check([], &[], OPEN);
        check([interface("eni-0a", &["sg-0a"], None, &[])], &[], "");
        check([group("sg-0a", &[(22, "10.0.0.0/8")])], &[], "");
        check([group("sg-0a", &[(22, "0.0.0.0/1"), (22, "128.0.0.0/1")])], &[], OPEN);
        check([acl(Some(22))], &[], "");
        check([table("rtb-0a", &["subnet-0a"], &[("0.0.0.0/0", "nat-0a")])], &[], "");
        let fact = of_machine(exposed([]), &[]).world_reach.value.unwrap().remove(0);
        assert_eq!(fact.sources, ["0.0.0.0/0"]);
        let places: Vec<&str> = fact.through.iter().map(|place| place.rsplit_once('/').unwrap().0).collect();
        assert_eq!(places.len(), 3, "{places:?}");
        assert!(places[0].ends_with("network-acl/acl-0a#/configuration/entries"), "{places:?}");
        assert!(places[1].ends_with("route-table/rtb-0a#/configuration/routes"), "{places:?}");
        assert!(places[2].ends_with("security-group/sg-0a#/configuration/ingress"), "{places:?}");
    }

    #[test]
    fn groups_of_one_interface_are_united_and_interfaces_stand_alone() {
        let halves = [group("sg-0a", &[(22, "0.0.0.0/1")]), group("sg-0b", &[(22, "128.0.0.0/1"), (80, "0.0.0.0/0")])];
        let both = interface("eni-0a", &["sg-0a", "sg-0b"], Some("18.193.0.1"), &[]);
        check([both].into_iter().chain(halves), &[], "tcp 22-22 18.193.0.1 sg-0a,sg-0b; tcp 80-80 18.193.0.1 sg-0b");
        let hidden =
            [interface("eni-0a", &["sg-0a"], None, &[]), interface("eni-0b", &["sg-0b"], Some("18.193.0.2"), &[])];
        check(hidden.into_iter().chain([group("sg-0b", &[])]), &[], "");
        let second = interface("eni-0b", &["sg-0b"], Some("18.193.0.2"), &[]);
        check(
            [second, group("sg-0b", &[(3389, "0.0.0.0/0")])],
            &[],
            &format!("{OPEN}; tcp 3389-3389 18.193.0.2 sg-0b"),
        );
    }

    #[test]
    fn ipv6_goes_its_own_way() {
        let six = || interface("eni-0a", &["sg-0a"], None, &["2a05:d014:1c2::5"]);
        let routes = || table("rtb-0a", &["subnet-0a"], &[("0.0.0.0/0", "nat-0a"), ("::/0", "igw-0a")]);
        check([six(), routes(), group("sg-0a", &[(22, "::/0")])], &[], "tcp 22-22 2a05:d014:1c2::5 sg-0a");
        check([six(), routes(), group("sg-0a", &[(22, "0.0.0.0/0")])], &[], "");
        let local = interface("eni-0a", &["sg-0a"], None, &["fd00::5"]);
        check([local, routes(), group("sg-0a", &[(22, "::/0")])], &[], "");
    }

    #[test]
    fn the_main_table_counts_when_no_other_can_name_the_subnet() {
        let elsewhere = || table("rtb-0a", &["subnet-0b"], &[("0.0.0.0/0", "nat-0a")]);
        let main = || table("rtb-0b", &[], &[("0.0.0.0/0", "igw-0a")]);
        check([elsewhere(), main()], &[], OPEN);
        check([elsewhere(), main()], &[ResourceType::RouteTable], "unknown");
        check([elsewhere()], &[], "unknown");
        check([], &[ResourceType::RouteTable], OPEN);
    }

    #[test]
    fn what_was_not_listed_leaves_open_only_what_it_can_decide() {
        let without_public = || interface("eni-0a", &["sg-0a"], None, &[]);
        check([], &[ResourceType::NetworkInterface], &format!("{OPEN} and more"));
        check([without_public()], &[ResourceType::Address], "unknown");
        check([without_public()], &[ResourceType::RouteTable, ResourceType::NetworkAcl], "");
        check([], &[ResourceType::SecurityGroup, ResourceType::NetworkAcl, ResourceType::Address], OPEN);
        let lost_group = interface("eni-0a", &["sg-0a", "sg-9"], Some("18.193.0.1"), &[]);
        check([lost_group], &[ResourceType::SecurityGroup], &format!("{OPEN} and more"));
        let unknown_range = without(group("sg-0a", &[(22, "10.0.0.0/8")]), &["/configuration/ingress/0/cidr_ipv4"]);
        check([unknown_range.clone()], &[], "unknown");
        check([unknown_range, acl(Some(22))], &[], "");
        check([without(acl(None), &["/configuration/entries"])], &[], "unknown");
        check([without(acl(None), &["/configuration/entries"]), group("sg-0a", &[])], &[], "");
    }

    #[test]
    fn an_elastic_address_of_a_further_private_one_counts() {
        let elastic = Address {
            public_ip: Some("18.193.0.9".to_owned()),
            network_interface_id: Some("eni-0a".to_owned()),
            ..Address::default()
        };
        let address = resource(&arn("elastic-ip", "eipalloc-0a"), "eipalloc-0a", elastic);
        check([interface("eni-0a", &["sg-0a"], None, &[]), address], &[], "tcp 22-22 18.193.0.9 sg-0a");
    }

    #[test]
    fn while_interfaces_are_not_listed_the_instance_tells_of_the_first() {
        let mut machine = machine();
        machine.configuration = Instance {
            vpc_id: Some("vpc-0a".to_owned()),
            subnet_id: Some("subnet-0a".to_owned()),
            security_groups: vec!["sg-0a".to_owned()],
            public_ip: Some("18.193.0.1".to_owned()),
            ..Instance::default()
        }
        .into();
        let mut resources = exposed([machine]);
        resources.retain(|resource| resource.resource_type != ResourceType::NetworkInterface);
        let fact = of_machine(resources, &[ResourceType::NetworkInterface]);
        assert_eq!(words(&fact.world_reach), format!("{OPEN} and more"));
        assert_eq!(fact.world_reach.because, [Pointer::configuration("public_ip")]);
        assert_eq!(fact.public_addresses.value.unwrap()[0].address, "18.193.0.1");
    }

    #[test]
    fn subnets_of_a_vpc_are_public_by_their_routes() {
        let subnet = |id: &str, zone: &str| {
            let configuration = Subnet {
                vpc_id: Some("vpc-0a".to_owned()),
                availability_zone: Some(zone.to_owned()),
                ..Subnet::default()
            };
            resource(&arn("subnet", id), id, configuration)
        };
        let of = |lost: &[ResourceType]| {
            let resources = vec![
                resource(&arn("vpc", "vpc-0a"), "vpc-0a", Vpc::default()),
                subnet("subnet-0a", "eu-central-1a"),
                subnet("subnet-0b", "eu-central-1a"),
                table("rtb-0a", &["subnet-0a"], &[("0.0.0.0/0", "igw-0a")]),
                table("rtb-0b", &[], &[("0.0.0.0/0", "nat-0a")]),
            ];
            match facts(resources, lost).resources[0].facts.clone().unwrap() {
                Facts::Vpc(facts) => *facts,
                other => panic!("{other:?}"),
            }
        };
        let whole = of(&[]);
        assert_eq!(whole.public_subnets.value.unwrap(), ["subnet-0a"]);
        assert_eq!(whole.private_subnets.value.unwrap(), ["subnet-0b"]);
        assert_eq!(whole.zones.value.unwrap(), ["eu-central-1a"]);
        assert_eq!(of(&[ResourceType::RouteTable]).private_subnets.value, None);
        assert_eq!(of(&[ResourceType::Subnet]).zones.value, None);
    }
}

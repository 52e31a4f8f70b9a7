//! What the world can send to an instance, and which subnets lead to the internet.
//!
//! An interface is reached through four gates: its security groups, the network ACL of its
//! subnet, the routes by which an answer finds back to an internet gateway, and the region's VPC
//! block public access. Only what all four admit from the same address counts. Each gate is known
//! between two bounds; where the narrowest and the widest reading agree, what is unknown did not
//! matter.

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
    let stopped = instance.observed.as_ref().and_then(|seen| seen.state.as_deref()) == Some("stopped");
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
        reaches.extend(known.into_iter().map(|reach| WorldReach { stopped, ..reach }));
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
    let is_known = |id: &str| interfaces.iter().any(|(interface, _)| short_id(&interface.id) == id);
    let named = &instance.network_interface_ids;
    let names_wait = !waits_here(resource, &Pointer::configuration("network_interface_ids")).is_empty();
    let mut unlisted = Vec::new();
    if named.is_empty() || names_wait || !named.iter().all(|id| is_known(id)) {
        let list = estate.unlisted(resource, ResourceType::NetworkInterface);
        if list.is_none() {
            // A whole list may lack one that came while the other list was read, or that is hidden.
            let place = Pointer::configuration("network_interface_ids");
            let lost = known_elements(resource, &place, named).filter(|id| !is_known(id));
            unlisted.extend(lost.map(|id| format!("the interface {id}")));
        }
        unlisted.extend(list);
        unlisted.extend(topology.unplaced_interfaces(&resource.region));
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
        let ipv6 = configuration.ipv6_addresses.iter().chain(&configuration.ipv6_prefixes);
        let ipv6 = ipv6.filter(|address| is_global_ipv6(address)).cloned();
        let mut ipv4_waits = waits_elsewhere(interface, &Pointer::configuration("public_ip"));
        // A further private address may have an elastic one, which only the list of these tells.
        ipv4_waits.extend(estate.unlisted(interface, ResourceType::Address));
        let mut ipv6_waits = waits_elsewhere(interface, &Pointer::configuration("ipv6_addresses"));
        ipv6_waits.extend(waits_elsewhere(interface, &Pointer::configuration("ipv6_prefixes")));
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
        let gates = [self.groups(estate), self.acl(estate), self.routes(estate), self.block(estate), held];
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
            stopped: false,
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

    /// What VPC block public access lets in: everything, where it is off. Both of its modes keep
    /// the world out, and which VPCs and subnets are excluded from that is not read.
    fn block(&self, estate: &Estate<'_>) -> Bounds {
        let blocked = estate.compute.gateways_blocked(self.told_by, estate);
        match blocked.value {
            Some(false) => {
                let everything = anything(&[Family::Ipv4, Family::Ipv6]);
                Bounds { certain: Traffic(vec![everything]), ..open() }
            }
            Some(true) => {
                let region = &self.told_by.region;
                Bounds { waits_for: vec![format!("exclusions of VPC block public access in {region}")], ..open() }
            }
            None => Bounds { waits_for: blocked.waits_for, ..open() },
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
        interface_endpoints: super::endpoints::services_of(resource, estate),
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

//! The network as facts look things up in it: groups, interfaces, addresses, subnets, ACLs and
//! route tables, by what refers to them. What one of them admits is computed once, when somebody
//! first asks.
//!
//! Ids are unique in a region across accounts, and a shared subnet is used by other accounts than
//! its owner's, so that the account is left aside in every key.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::estate::{NAMED, waits_elsewhere};
use crate::model::{
    Address, Configuration, NetworkAcl, NetworkInterface, Pointer, Region, Resource, RouteTable, SecurityGroup, Subnet,
};
use crate::network::{Bounds, PrefixLists, acl_traffic, group_traffic, route_traffic, short_id};

/// A thing of a region, by its id.
type Key<'a> = (&'a Region, &'a str);

/// A resource and what it admits.
#[derive(Debug)]
pub(super) struct Gate<'a, T> {
    pub(super) resource: &'a Resource,
    pub(super) configuration: &'a T,
    bounds: OnceCell<Bounds>,
}

impl<'a, T> Gate<'a, T> {
    const fn new(resource: &'a Resource, configuration: &'a T) -> Self {
        Self { resource, configuration, bounds: OnceCell::new() }
    }
}

impl Gate<'_, SecurityGroup> {
    /// What a group lets in.
    pub(super) fn ingress(&self, lists: &PrefixLists<'_>) -> &Bounds {
        self.bounds.get_or_init(|| {
            let rules = self.configuration.ingress.as_deref();
            group_traffic(self.resource, &Pointer::configuration("ingress"), rules, lists)
        })
    }
}

/// The network resources of a snapshot.
#[derive(Debug, Default)]
pub(super) struct Topology<'a> {
    groups: BTreeMap<Key<'a>, Gate<'a, SecurityGroup>>,
    interfaces_of_instances: BTreeMap<Key<'a>, Vec<(&'a Resource, &'a NetworkInterface)>>,
    /// Interfaces that may belong to any instance.
    unplaced: BTreeMap<&'a Region, Vec<String>>,
    addresses_of_interfaces: BTreeMap<Key<'a>, Vec<&'a str>>,
    acls: Vec<Gate<'a, NetworkAcl>>,
    acls_of_subnets: BTreeMap<Key<'a>, usize>,
    tables: Vec<Gate<'a, RouteTable>>,
    tables_of_subnets: BTreeMap<Key<'a>, usize>,
    main_tables: BTreeMap<Key<'a>, usize>,
    /// Places of route tables that may name any subnet of a region, and any of a VPC.
    unplaced_tables: BTreeMap<&'a Region, Vec<String>>,
    unplaced_tables_of_vpcs: BTreeMap<Key<'a>, Vec<String>>,
    gateways: BTreeSet<Key<'a>>,
    endpoints: BTreeSet<Key<'a>>,
    subnets_of_vpcs: BTreeMap<Key<'a>, Vec<(&'a Resource, &'a Subnet)>>,
    unplaced_subnets: BTreeMap<&'a Region, Vec<String>>,
}

impl<'a> Topology<'a> {
    /// Takes in a resource that is not stale; those that are no network are left aside.
    pub(super) fn add(&mut self, resource: &'a Resource) {
        let key = (&resource.region, short_id(&resource.id));
        match &resource.configuration {
            Configuration::SecurityGroup(group) => {
                self.groups.insert(key, Gate::new(resource, group));
            }
            Configuration::NetworkInterface(interface) => self.add_interface(resource, interface),
            Configuration::Address(address) => self.add_address(resource, address),
            Configuration::NetworkAcl(acl) => {
                let subnets =
                    acl.subnet_ids.iter().map(|subnet| ((&resource.region, subnet.as_str()), self.acls.len()));
                self.acls_of_subnets.extend(subnets);
                self.acls.push(Gate::new(resource, acl));
            }
            Configuration::RouteTable(table) => self.add_table(resource, table),
            Configuration::InternetGateway(_) => {
                self.gateways.insert(key);
            }
            Configuration::VpcEndpoint(_) => {
                self.endpoints.insert(key);
            }
            Configuration::Subnet(subnet) => self.add_subnet(resource, subnet),
            _ => {}
        }
    }

    fn add_interface(&mut self, resource: &'a Resource, interface: &'a NetworkInterface) {
        let waits_for = waits_elsewhere(resource, &Pointer::configuration("instance_id"));
        if !waits_for.is_empty() {
            self.unplaced.entry(&resource.region).or_default().extend(waits_for);
        } else if let Some(instance) = &interface.instance_id {
            let key = (&resource.region, instance.as_str());
            self.interfaces_of_instances.entry(key).or_default().push((resource, interface));
        }
    }

    fn add_address(&mut self, resource: &'a Resource, address: &'a Address) {
        if let (Some(interface), Some(public_ip)) = (&address.network_interface_id, &address.public_ip) {
            let key = (&resource.region, interface.as_str());
            self.addresses_of_interfaces.entry(key).or_default().push(public_ip);
        }
    }

    fn add_table(&mut self, resource: &'a Resource, table: &'a RouteTable) {
        let index = self.tables.len();
        let places = ["subnet_ids", "main"].map(Pointer::configuration);
        let mut unplaced: Vec<String> = places.iter().flat_map(|place| waits_elsewhere(resource, place)).collect();
        let of_any_vpc = waits_elsewhere(resource, &Pointer::configuration("vpc_id"));
        match &table.vpc_id {
            Some(vpc) if of_any_vpc.is_empty() => {
                self.unplaced_tables_of_vpcs.entry((&resource.region, vpc)).or_default().extend(unplaced);
            }
            _ => {
                unplaced.extend(of_any_vpc);
                self.unplaced_tables.entry(&resource.region).or_default().extend(unplaced);
            }
        }
        self.tables_of_subnets
            .extend(table.subnet_ids.iter().map(|subnet| ((&resource.region, subnet.as_str()), index)));
        if let Some(vpc) = table.vpc_id.as_deref().filter(|_| table.main) {
            self.main_tables.insert((&resource.region, vpc), index);
        }
        self.tables.push(Gate::new(resource, table));
    }

    fn add_subnet(&mut self, resource: &'a Resource, subnet: &'a Subnet) {
        let waits_for = waits_elsewhere(resource, &Pointer::configuration("vpc_id"));
        if !waits_for.is_empty() {
            self.unplaced_subnets.entry(&resource.region).or_default().extend(waits_for);
        } else if let Some(vpc) = &subnet.vpc_id {
            self.subnets_of_vpcs.entry((&resource.region, vpc)).or_default().push((resource, subnet));
        }
    }

    pub(super) fn group<'b>(&'b self, region: &'b Region, id: &'b str) -> Option<&'b Gate<'a, SecurityGroup>> {
        self.groups.get(&(region, id))
    }

    /// The entry of a group itself, unless it is stale.
    pub(super) fn group_of<'b>(&'b self, group: &'b Resource) -> Option<&'b Gate<'a, SecurityGroup>> {
        self.group(&group.region, short_id(&group.id)).filter(|gate| std::ptr::eq(gate.resource, group))
    }

    /// The interfaces of an instance that are known.
    pub(super) fn interfaces_of<'b>(&'b self, instance: &'b Resource) -> &'b [(&'a Resource, &'a NetworkInterface)] {
        self.interfaces_of_instances.get(&(&instance.region, short_id(&instance.id))).map_or(&[], Vec::as_slice)
    }

    /// What may belong to any instance of the region.
    pub(super) fn unplaced_interfaces(&self, region: &Region) -> Vec<String> {
        first_few(self.unplaced.get(region).into_iter(), "network interfaces")
    }

    /// The elastic addresses of an interface.
    pub(super) fn addresses_of<'b>(&'b self, interface: &'b Resource) -> &'b [&'a str] {
        self.addresses_of_interfaces.get(&(&interface.region, short_id(&interface.id))).map_or(&[], Vec::as_slice)
    }

    /// The subnets of a VPC that are known, and the places that may belong to it too.
    pub(super) fn subnets_of<'b>(&'b self, vpc: &'b Resource) -> (&'b [(&'a Resource, &'a Subnet)], Vec<String>) {
        let subnets = self.subnets_of_vpcs.get(&(&vpc.region, short_id(&vpc.id))).map_or(&[][..], Vec::as_slice);
        (subnets, first_few(self.unplaced_subnets.get(&vpc.region).into_iter(), "subnets"))
    }

    /// The network ACL of a subnet and what it lets in.
    pub(super) fn acl_of<'b>(&'b self, region: &'b Region, subnet: &'b str) -> Option<(&'a Resource, &'b Bounds)> {
        let gate = self.acls.get(*self.acls_of_subnets.get(&(region, subnet))?)?;
        let bounds = gate.bounds.get_or_init(|| acl_traffic(gate.resource, &gate.configuration.entries, false));
        Some((gate.resource, bounds))
    }

    /// The route table of a subnet and the addresses it leads to internet gateways: the one that
    /// names the subnet or, when no other can, the main one of the VPC.
    pub(super) fn table_of<'b>(
        &'b self,
        region: &'b Region,
        subnet: &'b str,
        vpc: Option<&'b str>,
        lists: &PrefixLists<'_>,
    ) -> Table<'a, 'b> {
        let own = self.tables_of_subnets.get(&(region, subnet));
        let main = || vpc.and_then(|vpc| self.main_tables.get(&(region, vpc)));
        let (index, unplaced) = match (own, main()) {
            (Some(own), _) => (own, Vec::new()),
            (None, Some(main)) => (main, self.unplaced_tables(region, vpc)),
            (None, None) => {
                return Table { found: None, by_name: false, unplaced: self.unplaced_tables(region, vpc) };
            }
        };
        let by_name = own.is_some();
        let found = self.tables.get(*index).map(|gate| {
            let bounds = gate.bounds.get_or_init(|| {
                let is_gateway = |target: &str| {
                    target.starts_with("igw-") || self.gateways.contains(&(&gate.resource.region, target))
                };
                let is_endpoint = |target: &str| {
                    target.starts_with("vpce-") || self.endpoints.contains(&(&gate.resource.region, target))
                };
                route_traffic(gate.resource, &gate.configuration.routes, lists, is_gateway, is_endpoint)
            });
            (gate.resource, bounds)
        });
        Table { found, by_name, unplaced }
    }

    /// Places of tables that may name a subnet; of a subnet whose VPC is not known, those of any VPC.
    fn unplaced_tables<'b>(&'b self, region: &'b Region, vpc: Option<&'b str>) -> Vec<String> {
        let anywhere = self.unplaced_tables.get(region).into_iter();
        let Some(vpc) = vpc else {
            let of_region = self.unplaced_tables_of_vpcs.range((region, "")..);
            let of_region = of_region.take_while(|((other, _), _)| *other == region);
            return first_few(anywhere.chain(of_region.map(|(_, places)| places)), "route tables");
        };
        first_few(anywhere.chain(self.unplaced_tables_of_vpcs.get(&(region, vpc))), "route tables")
    }
}

/// The first places of some lists, and how many more there are: each of many resources waits for all
/// of them.
pub(super) fn first_few<'s>(lists: impl Iterator<Item = &'s Vec<String>> + Clone, of: &str) -> Vec<String> {
    let count: usize = lists.clone().map(Vec::len).sum();
    let mut few: Vec<String> = lists.flatten().take(NAMED).cloned().collect();
    if let Some(more @ 1..) = count.checked_sub(NAMED) {
        few.push(format!("{more} more places of {of}"));
    }
    few
}

/// The route table of a subnet, as far as it is known.
pub(super) struct Table<'a, 'b> {
    pub(super) found: Option<(&'a Resource, &'b Bounds)>,
    /// Whether the table names the subnet. Otherwise it is the main one, and counts only when no
    /// other table can name the subnet.
    pub(super) by_name: bool,
    /// Places that may name the subnet too.
    pub(super) unplaced: Vec<String>,
}

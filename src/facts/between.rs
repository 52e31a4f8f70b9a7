//! What stands between networks, as facts look things up in it.

use std::collections::BTreeMap;

use super::estate::waits_elsewhere;
use super::topology::first_few;
use crate::model::{AccountId, Configuration, Pointer, Region, Resource, RouteTable, Subnet, VpcEndpoint};
use crate::network::short_id;

/// A VPC of a region and account, by its id.
type Vpc<'a> = (&'a Region, &'a AccountId, &'a str);

/// Endpoints, subnets and route tables of all accounts. Stale resources are left out.
#[derive(Debug, Default)]
pub(super) struct Between<'a> {
    endpoints_of_vpcs: BTreeMap<Vpc<'a>, Vec<(&'a Resource, &'a VpcEndpoint)>>,
    /// Places that tell which VPC an endpoint stands in, and are not known.
    unplaced_endpoints: BTreeMap<(&'a Region, &'a AccountId), Vec<String>>,
    subnets: BTreeMap<(&'a Region, &'a str), (&'a Resource, &'a Subnet)>,
    tables: BTreeMap<&'a Region, Vec<(&'a Resource, &'a RouteTable)>>,
}

impl<'a> Between<'a> {
    /// Takes a resource in, when it is one of these.
    pub(super) fn add(&mut self, resource: &'a Resource) {
        match &resource.configuration {
            Configuration::VpcEndpoint(endpoint) => {
                self.add_endpoint(resource, endpoint);
            }
            Configuration::Subnet(subnet) => {
                self.subnets.insert((&resource.region, short_id(&resource.id)), (resource, subnet));
            }
            Configuration::RouteTable(table) => {
                self.tables.entry(&resource.region).or_default().push((resource, table));
            }
            _ => {}
        }
    }

    fn add_endpoint(&mut self, resource: &'a Resource, endpoint: &'a VpcEndpoint) {
        let (region, account) = (&resource.region, &resource.account);
        let waits_for = waits_elsewhere(resource, &Pointer::configuration("vpc_id"));
        if !waits_for.is_empty() {
            self.unplaced_endpoints.entry((region, account)).or_default().extend(waits_for);
        } else if let Some(vpc) = &endpoint.vpc_id {
            self.endpoints_of_vpcs.entry((region, account, vpc)).or_default().push((resource, endpoint));
        }
    }

    /// Endpoints of a VPC that are of its account.
    pub(super) fn endpoints_of<'b>(&'b self, vpc: &'b Resource) -> &'b [(&'a Resource, &'a VpcEndpoint)] {
        let key = (&vpc.region, &vpc.account, short_id(&vpc.id));
        self.endpoints_of_vpcs.get(&key).map_or(&[], Vec::as_slice)
    }

    /// What may be an endpoint of any VPC of the account and region.
    pub(super) fn unplaced_endpoints<'b>(&'b self, vpc: &'b Resource) -> Vec<String> {
        first_few(self.unplaced_endpoints.get(&(&vpc.region, &vpc.account)).into_iter(), "endpoints")
    }

    /// Route tables of the resource's account and region.
    pub(super) fn tables_beside(
        &self,
        resource: &Resource,
    ) -> impl Iterator<Item = (&'a Resource, &'a RouteTable)> + '_ {
        beside(self.tables.get(&resource.region), resource)
    }

    /// The subnet of a region. A shared one stands in whichever account listed it last.
    pub(super) fn subnet(&self, region: &Region, id: &str) -> Option<(&'a Resource, &'a Subnet)> {
        self.subnets.get(&(region, id)).copied()
    }
}

fn beside<'s, 'a: 's, T>(
    listed: Option<&'s Vec<(&'a Resource, &'a T)>>,
    resource: &Resource,
) -> impl Iterator<Item = (&'a Resource, &'a T)> + 's {
    let account = resource.account.clone();
    listed.into_iter().flatten().copied().filter(move |(other, _)| other.account == account)
}

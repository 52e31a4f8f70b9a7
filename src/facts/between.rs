//! What stands between networks, as facts look things up in it.

use std::collections::BTreeMap;

use crate::model::{Configuration, Region, Resource, RouteTable, Subnet, VpcEndpoint};
use crate::network::short_id;

/// Endpoints, subnets and route tables of all accounts. Stale resources are left out.
#[derive(Debug, Default)]
pub(super) struct Between<'a> {
    endpoints: BTreeMap<&'a Region, Vec<(&'a Resource, &'a VpcEndpoint)>>,
    subnets: BTreeMap<(&'a Region, &'a str), (&'a Resource, &'a Subnet)>,
    tables: BTreeMap<&'a Region, Vec<(&'a Resource, &'a RouteTable)>>,
}

impl<'a> Between<'a> {
    /// Takes a resource in, when it is one of these.
    pub(super) fn add(&mut self, resource: &'a Resource) {
        match &resource.configuration {
            Configuration::VpcEndpoint(endpoint) => {
                self.endpoints.entry(&resource.region).or_default().push((resource, endpoint));
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

    /// Endpoints of the resource's account and region.
    pub(super) fn endpoints_beside(
        &self,
        resource: &Resource,
    ) -> impl Iterator<Item = (&'a Resource, &'a VpcEndpoint)> + '_ {
        beside(self.endpoints.get(&resource.region), resource)
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

//! The network of one region: security groups and what they name, interfaces, VPCs, subnets,
//! ACLs and flow logs; instances and volumes; and the region's settings.
//!
//! Every list asks for pages, because AWS gives lists without pages a much smaller quota, and for
//! what AWS services manage in the account: accounts can be set to hide that, and it is reached
//! and read like anything else.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    FlowLog, Instance, ManagedPrefixList, NetworkAcl, NetworkInterface, PrefixListEntry, SecurityGroup, Subnet, Volume,
    Vpc,
};
use futures::StreamExt;

use super::cell::{Chain, Page, Regional};
use super::ec2_convert::Convert;
use super::ec2_network::NetworkLists;
use super::fault::Fault;
use super::meter::Meter;
use super::region_settings::Settings;
use super::{Collected, Progress, Scope, Session, ec2_compute, instance_details};
use crate::model::{Configuration, Gap, GapReason, Pointer, Region, Resource, ResourceType, Service};

/// Reads one region.
pub(super) async fn collect(
    session: &Session,
    scope: &Scope,
    region: &Region,
    progress: &(dyn Fn(Progress) + Sync),
) -> Collected {
    let ec2 = session.ec2(region);
    let mut lists = Lists::new(&ec2);
    let mut compute = ec2_compute::Lists::new(&ec2);
    let mut settings = Settings::new(&ec2);
    let mut network = NetworkLists::new(&ec2, scope);
    let of = Lists::COUNT + ec2_compute::Lists::COUNT + Settings::COUNT + network.count();
    let meter = Meter::new(Service::Ec2, region, of, progress);
    tokio::join!(lists.read(&meter), compute.read(&meter), settings.read(&meter), network.read(&meter));
    ec2.cell.last_chance();
    tokio::join!(lists.read_again(), compute.read_again(), settings.read_again(), network.read_again());

    let mut collected = Collected::default();
    let convert = Convert { session, region };
    let mut resources = lists.convert(&convert);
    let named = named_prefix_lists(&resources).into_iter().chain(network.routed_prefix_lists()).collect();
    let prefix_lists = PrefixLists::read(&ec2, &named).await;
    prefix_lists.convert(&ec2, &convert, &mut collected);
    instance_details::read(&ec2, scope, &mut resources, &mut collected).await;
    collected.resources.append(&mut resources);
    compute.convert(session, &ec2, &convert, &mut collected);
    let faults = [prefix_lists.fault(), network.route_tables_fault()];
    lists.list_types(session, region, &ec2, &mut collected, faults);
    network.convert(&ec2, &convert, &mut collected).await;
    network.list_types(session, region, &ec2, &mut collected);
    settings.convert(session, &ec2, &mut collected);
    collected
}

/// The largest page that AWS gives; volumes have a smaller one.
const PAGE: i32 = 1000;
const VOLUMES_PAGE: i32 = 500;
const PREFIX_LISTS_PAGE: i32 = 100;

/// The lists of a region.
struct Lists<'a> {
    groups: Chain<'a, SecurityGroup>,
    interfaces: Chain<'a, NetworkInterface>,
    vpcs: Chain<'a, Vpc>,
    subnets: Chain<'a, Subnet>,
    acls: Chain<'a, NetworkAcl>,
    flow_logs: Chain<'a, FlowLog>,
    instances: Chain<'a, Instance>,
    volumes: Chain<'a, Volume>,
}

/// A list operation of EC2: all take a page size and a token and give a list and a token. Some
/// take more, which stands last.
macro_rules! chain {
    ($ec2:expr, $operation:literal, $method:ident, $page:expr, $items:ident $(, $setter:ident($value:expr))?) => {{
        let ec2 = $ec2;
        Chain::new($operation, move |token| async move {
            let request = || {
                ec2.client
                    .$method()
                    $(.$setter($value))?
                    .max_results(ec2.cell.page($page))
                    .set_next_token(token.clone())
                    .send()
            };
            let answer = ec2.cell.call($operation, request).await?;
            Ok(Page { items: answer.$items.unwrap_or_default(), next: answer.next_token })
        })
    }};
}
pub(super) use chain;

impl<'a> Lists<'a> {
    const COUNT: usize = 8;

    fn new(ec2: &'a Regional<Client>) -> Self {
        Self {
            groups: chain!(ec2, "DescribeSecurityGroups", describe_security_groups, PAGE, security_groups),
            interfaces: chain!(
                ec2,
                "DescribeNetworkInterfaces",
                describe_network_interfaces,
                PAGE,
                network_interfaces,
                include_managed_resources(true)
            ),
            vpcs: chain!(ec2, "DescribeVpcs", describe_vpcs, PAGE, vpcs),
            subnets: chain!(ec2, "DescribeSubnets", describe_subnets, PAGE, subnets),
            acls: chain!(ec2, "DescribeNetworkAcls", describe_network_acls, PAGE, network_acls),
            flow_logs: chain!(ec2, "DescribeFlowLogs", describe_flow_logs, PAGE, flow_logs),
            instances: instances(ec2),
            volumes: chain!(
                ec2,
                "DescribeVolumes",
                describe_volumes,
                VOLUMES_PAGE,
                volumes,
                include_managed_resources(true)
            ),
        }
    }

    async fn read(&mut self, meter: &Meter<'_>) {
        tokio::join!(
            meter.measure(self.groups.read()),
            meter.measure(self.interfaces.read()),
            meter.measure(self.vpcs.read()),
            meter.measure(self.subnets.read()),
            meter.measure(self.acls.read()),
            meter.measure(self.flow_logs.read()),
            meter.measure(self.instances.read()),
            meter.measure(self.volumes.read()),
        );
    }

    async fn read_again(&mut self) {
        tokio::join!(
            self.groups.read_again(),
            self.interfaces.read_again(),
            self.vpcs.read_again(),
            self.subnets.read_again(),
            self.acls.read_again(),
            self.flow_logs.read_again(),
            self.instances.read_again(),
            self.volumes.read_again(),
        );
    }

    fn convert(&self, convert: &Convert<'_>) -> Vec<Resource> {
        let mut resources = Vec::new();
        resources.extend(self.groups.items.iter().map(|group| convert.security_group(group)));
        resources.extend(self.interfaces.items.iter().map(|interface| convert.interface(interface)));
        resources.extend(self.vpcs.items.iter().map(|vpc| convert.vpc(vpc)));
        resources.extend(self.subnets.items.iter().map(|subnet| convert.subnet(subnet)));
        resources.extend(self.acls.items.iter().map(|acl| convert.network_acl(acl)));
        resources.extend(self.flow_logs.items.iter().map(|flow_log| convert.flow_log(flow_log)));
        resources.extend(self.instances.items.iter().filter_map(|instance| convert.instance(instance)));
        resources.extend(self.volumes.items.iter().map(|volume| convert.volume(volume)));
        resources
    }

    /// Which types were listed whole. Prefix lists are found through the groups and the route tables
    /// that name them; `prefix_lists` says what came of reading the lists, and of the route tables.
    fn list_types(
        &self,
        session: &Session,
        region: &Region,
        ec2: &Regional<Client>,
        collected: &mut Collected,
        [prefix_lists, route_tables]: [Option<&Fault>; 2],
    ) {
        let faults = [
            (&[ResourceType::SecurityGroup, ResourceType::PrefixList][..], self.groups.fault.as_ref()),
            (&[ResourceType::NetworkInterface], self.interfaces.fault.as_ref()),
            (&[ResourceType::Vpc], self.vpcs.fault.as_ref()),
            (&[ResourceType::Subnet], self.subnets.fault.as_ref()),
            (&[ResourceType::NetworkAcl], self.acls.fault.as_ref()),
            (&[ResourceType::FlowLog], self.flow_logs.fault.as_ref()),
            (&[ResourceType::Instance], self.instances.fault.as_ref()),
            (&[ResourceType::Volume], self.volumes.fault.as_ref()),
            (&[ResourceType::PrefixList], prefix_lists),
        ];
        let mut complete: BTreeMap<ResourceType, bool> = BTreeMap::new();
        for (types, fault) in faults {
            for resource_type in types {
                *complete.entry(*resource_type).or_insert(true) &= fault.is_none();
            }
            collected.gaps.extend(fault.map(|fault| ec2.cell.unlisted(fault, types)));
        }
        complete.entry(ResourceType::PrefixList).and_modify(|complete| *complete &= route_tables.is_none());
        for (resource_type, complete) in complete {
            collected.listed(session, region, resource_type, complete);
        }
    }
}

/// Instances come grouped by reservation.
fn instances(ec2: &Regional<Client>) -> Chain<'_, Instance> {
    const OPERATION: &str = "DescribeInstances";
    Chain::new(OPERATION, move |token| async move {
        let request = || {
            ec2.client
                .describe_instances()
                .include_managed_resources(true)
                .max_results(ec2.cell.page(PAGE))
                .set_next_token(token.clone())
                .send()
        };
        let answer = ec2.cell.call(OPERATION, request).await?;
        let reservations = answer.reservations.unwrap_or_default();
        let items =
            reservations.into_iter().flat_map(|reservation| reservation.instances.unwrap_or_default()).collect();
        Ok(Page { items, next: answer.next_token })
    })
}

/// The prefix lists that security groups and routes name, with their entries.
struct PrefixLists {
    lists: Vec<ManagedPrefixList>,
    entries: BTreeMap<String, Result<Vec<PrefixListEntry>, Fault>>,
    fault: Option<Fault>,
}

impl PrefixLists {
    async fn read(ec2: &Regional<Client>, named: &BTreeSet<String>) -> Self {
        let (mut lists, mut fault) = (Vec::new(), None);
        // A filter holds at most 200 values.
        for ids in named.iter().cloned().collect::<Vec<_>>().chunks(200) {
            let mut chain = described(ec2, ids.to_vec());
            chain.read().await;
            chain.read_again().await;
            lists.append(&mut chain.items);
            fault = fault.or(chain.fault);
        }
        let ids: Vec<String> = lists.iter().filter_map(|list| list.prefix_list_id.clone()).collect();
        let read = |id: String| async move {
            let mut chain = entries(ec2, id.clone());
            chain.read().await;
            chain.read_again().await;
            let Chain { items, fault, .. } = chain;
            (id, fault.map_or(Ok(items), Err))
        };
        let entries = futures::stream::iter(ids).map(read).buffered(ec2.cell.concurrency()).collect().await;
        Self { lists, entries, fault }
    }

    const fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    fn convert(&self, ec2: &Regional<Client>, convert: &Convert<'_>, collected: &mut Collected) {
        for list in &self.lists {
            let entries = list.prefix_list_id().and_then(|id| self.entries.get(id));
            let known = entries.and_then(|entries| entries.as_deref().ok());
            let mut resource = convert.prefix_list(list, known);
            if let Some(Err(fault)) = entries {
                collected.gaps.push(ec2.cell.unread(fault, &mut resource, &[Pointer::configuration("entries")]));
            }
            collected.resources.push(resource);
        }
    }
}

fn named_prefix_lists(resources: &[Resource]) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for resource in resources {
        let Configuration::SecurityGroup(group) = &resource.configuration else { continue };
        let rules = group.ingress.iter().chain(&group.egress).flatten();
        named.extend(rules.filter_map(|rule| rule.prefix_list_id.clone()));
    }
    named
}

fn described(ec2: &Regional<Client>, ids: Vec<String>) -> Chain<'_, ManagedPrefixList> {
    const OPERATION: &str = "DescribeManagedPrefixLists";
    Chain::new(OPERATION, move |token| {
        let ids = ids.clone();
        async move {
            let filter = aws_sdk_ec2::types::Filter::builder().name("prefix-list-id").set_values(Some(ids)).build();
            let request = || {
                ec2.client
                    .describe_managed_prefix_lists()
                    .filters(filter.clone())
                    .max_results(ec2.cell.page(PREFIX_LISTS_PAGE))
                    .set_next_token(token.clone())
                    .send()
            };
            let answer = ec2.cell.call(OPERATION, request).await?;
            Ok(Page { items: answer.prefix_lists.unwrap_or_default(), next: answer.next_token })
        }
    })
}

fn entries(ec2: &Regional<Client>, id: String) -> Chain<'_, PrefixListEntry> {
    const OPERATION: &str = "GetManagedPrefixListEntries";
    Chain::new(OPERATION, move |token| {
        let id = id.clone();
        async move {
            let request = || {
                ec2.client
                    .get_managed_prefix_list_entries()
                    .prefix_list_id(id.clone())
                    .max_results(ec2.cell.page(PREFIX_LISTS_PAGE))
                    .set_next_token(token.clone())
                    .send()
            };
            let answer = ec2.cell.call(OPERATION, request).await?;
            Ok(Page { items: answer.entries.unwrap_or_default(), next: answer.next_token })
        }
    })
}

/// Whether a gap says that the account has not enabled the region.
pub(super) fn is_disabled(gap: &Gap) -> bool {
    gap.reason == GapReason::RegionDisabled
}

//! What stands between the networks of one region: addresses, gateways, routes, endpoints,
//! peerings and VPNs.
//!
//! Types that nothing but a rule about tags looks at are listed only when a rule judges them, or
//! when everything is asked for; a type that is not asked for has no listing.

use std::collections::BTreeMap;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types as sdk;
use futures::StreamExt;

use super::cell::{Chain, Page, Regional};
use super::ec2::chain;
use super::ec2_convert::Convert;
use super::fault::Fault;
use super::meter::Meter;
use super::{Collected, Scope, Session, filled};
use crate::model::{Gap, Pointer, Region, Resource, ResourceType};

/// The largest page that AWS gives; route tables have a smaller one.
const PAGE: i32 = 1000;
const ROUTE_TABLES_PAGE: i32 = 100;

/// A list operation of EC2 that knows no pages.
macro_rules! whole {
    ($ec2:expr, $operation:literal, $method:ident, $items:ident) => {{
        let ec2 = $ec2;
        Chain::new($operation, move |_| async move {
            let answer = ec2.cell.call($operation, || ec2.client.$method().send()).await?;
            Ok(Page { items: answer.$items.unwrap_or_default(), next: None })
        })
    }};
}

/// One row for each list: its field and items, the type it lists, and how it is read.
macro_rules! lists {
    ($($field:ident: $item:ident, $listed:ident, |$ec2:ident| $chain:expr;)*) => {
        /// The lists of a region; absent when not asked for.
        pub(super) struct NetworkLists<'a> {
            $($field: Option<Chain<'a, sdk::$item>>,)*
        }

        impl<'a> NetworkLists<'a> {
            pub(super) fn new(ec2: &'a Regional<Client>, scope: &Scope) -> Self {
                Self { $($field: scope.reads(ResourceType::$listed).then(|| { let $ec2 = ec2; $chain }),)* }
            }

            /// How many lists are asked for.
            pub(super) fn count(&self) -> usize {
                [$(self.$field.is_some(),)*].into_iter().filter(|asked| *asked).count()
            }

            pub(super) async fn read(&mut self, meter: &Meter<'_>) {
                tokio::join!($(read(self.$field.as_mut(), meter),)*);
            }

            pub(super) async fn read_again(&mut self) {
                tokio::join!($(read_again(self.$field.as_mut()),)*);
            }

            /// Which types were listed whole.
            pub(super) fn list_types(
                &self,
                session: &Session,
                region: &Region,
                ec2: &Regional<Client>,
                collected: &mut Collected,
            ) {
                let faults = [
                    $((ResourceType::$listed, self.$field.as_ref().map(|chain| chain.fault.as_ref())),)*
                ];
                for (resource_type, fault) in faults {
                    let Some(fault) = fault else { continue };
                    collected.gaps.extend(fault.map(|fault| ec2.cell.unlisted(fault, &[resource_type])));
                    collected.listed(session, region, resource_type, fault.is_none());
                }
            }
        }
    };
}

lists! {
    addresses: Address, Address, |ec2| whole!(ec2, "DescribeAddresses", describe_addresses, addresses);
    route_tables: RouteTable, RouteTable, |ec2| {
        chain!(ec2, "DescribeRouteTables", describe_route_tables, ROUTE_TABLES_PAGE, route_tables)
    };
    internet_gateways: InternetGateway, InternetGateway, |ec2| {
        chain!(ec2, "DescribeInternetGateways", describe_internet_gateways, PAGE, internet_gateways)
    };
    nat_gateways: NatGateway, NatGateway, |ec2| {
        chain!(ec2, "DescribeNatGateways", describe_nat_gateways, PAGE, nat_gateways)
    };
    peerings: VpcPeeringConnection, VpcPeeringConnection, |ec2| {
        chain!(ec2, "DescribeVpcPeeringConnections", describe_vpc_peering_connections, PAGE, vpc_peering_connections)
    };
    endpoints: VpcEndpoint, VpcEndpoint, |ec2| {
        chain!(ec2, "DescribeVpcEndpoints", describe_vpc_endpoints, PAGE, vpc_endpoints)
    };
    endpoint_services: ServiceConfiguration, VpcEndpointService, |ec2| {
        chain!(
            ec2,
            "DescribeVpcEndpointServiceConfigurations",
            describe_vpc_endpoint_service_configurations,
            PAGE,
            service_configurations
        )
    };
    transit_gateways: TransitGateway, TransitGateway, |ec2| {
        chain!(ec2, "DescribeTransitGateways", describe_transit_gateways, PAGE, transit_gateways)
    };
    vpn_connections: VpnConnection, VpnConnection, |ec2| {
        whole!(ec2, "DescribeVpnConnections", describe_vpn_connections, vpn_connections)
    };
    client_vpns: ClientVpnEndpoint, ClientVpnEndpoint, |ec2| {
        chain!(ec2, "DescribeClientVpnEndpoints", describe_client_vpn_endpoints, PAGE, client_vpn_endpoints)
    };
    customer_gateways: CustomerGateway, CustomerGateway, |ec2| {
        whole!(ec2, "DescribeCustomerGateways", describe_customer_gateways, customer_gateways)
    };
    vpn_gateways: VpnGateway, VpnGateway, |ec2| {
        whole!(ec2, "DescribeVpnGateways", describe_vpn_gateways, vpn_gateways)
    };
    dhcp_options: DhcpOptions, DhcpOptions, |ec2| {
        chain!(ec2, "DescribeDhcpOptions", describe_dhcp_options, PAGE, dhcp_options)
    };
    attachments: TransitGatewayAttachment, TransitGatewayAttachment, |ec2| {
        chain!(
            ec2,
            "DescribeTransitGatewayAttachments",
            describe_transit_gateway_attachments,
            PAGE,
            transit_gateway_attachments
        )
    };
    gateway_route_tables: TransitGatewayRouteTable, TransitGatewayRouteTable, |ec2| {
        chain!(
            ec2,
            "DescribeTransitGatewayRouteTables",
            describe_transit_gateway_route_tables,
            PAGE,
            transit_gateway_route_tables
        )
    };
    mirror_filters: TrafficMirrorFilter, TrafficMirrorFilter, |ec2| {
        chain!(ec2, "DescribeTrafficMirrorFilters", describe_traffic_mirror_filters, PAGE, traffic_mirror_filters)
    };
    mirror_sessions: TrafficMirrorSession, TrafficMirrorSession, |ec2| {
        chain!(ec2, "DescribeTrafficMirrorSessions", describe_traffic_mirror_sessions, PAGE, traffic_mirror_sessions)
    };
    mirror_targets: TrafficMirrorTarget, TrafficMirrorTarget, |ec2| {
        chain!(ec2, "DescribeTrafficMirrorTargets", describe_traffic_mirror_targets, PAGE, traffic_mirror_targets)
    };
}

async fn read<T>(chain: Option<&mut Chain<'_, T>>, meter: &Meter<'_>) {
    if let Some(chain) = chain {
        meter.measure(chain.read()).await;
    }
}

async fn read_again<T>(chain: Option<&mut Chain<'_, T>>) {
    if let Some(chain) = chain {
        chain.read_again().await;
    }
}

/// What a list holds; nothing when it was not asked for.
fn items<'c, T>(chain: Option<&'c Chain<'_, T>>) -> impl Iterator<Item = &'c T> {
    chain.into_iter().flat_map(|chain| &chain.items)
}

impl NetworkLists<'_> {
    /// The prefix lists that routes lead somewhere. Those of gateway endpoints are AWS's own lists of
    /// S3 and DynamoDB, which nothing asks for.
    pub(super) fn routed_prefix_lists(&self) -> impl Iterator<Item = String> {
        let routes = items(self.route_tables.as_ref()).flat_map(sdk::RouteTable::routes);
        let to_endpoint = |route: &&sdk::Route| route.gateway_id().is_some_and(|target| target.starts_with("vpce-"));
        routes.filter(move |route| !to_endpoint(route)).filter_map(|route| filled(route.destination_prefix_list_id()))
    }

    /// Why route tables were not listed whole, if so.
    pub(super) fn route_tables_fault(&self) -> Option<&Fault> {
        self.route_tables.as_ref().and_then(|chain| chain.fault.as_ref())
    }

    /// The resources of the lists, with the permissions of endpoint services.
    pub(super) async fn convert(&self, ec2: &Regional<Client>, convert: &Convert<'_>, collected: &mut Collected) {
        let resources = &mut collected.resources;
        resources.extend(items(self.addresses.as_ref()).filter_map(|address| convert.address(address)));
        resources.extend(items(self.route_tables.as_ref()).map(|table| convert.route_table(table)));
        resources.extend(items(self.internet_gateways.as_ref()).map(|gateway| convert.internet_gateway(gateway)));
        resources.extend(items(self.nat_gateways.as_ref()).filter_map(|gateway| convert.nat_gateway(gateway)));
        resources.extend(items(self.peerings.as_ref()).filter_map(|peering| convert.peering(peering)));
        resources.extend(items(self.transit_gateways.as_ref()).filter_map(|gateway| convert.transit_gateway(gateway)));
        resources.extend(items(self.vpn_connections.as_ref()).filter_map(|vpn| convert.vpn_connection(vpn)));
        resources.extend(items(self.client_vpns.as_ref()).filter_map(|vpn| convert.client_vpn(vpn)));
        resources.extend(items(self.customer_gateways.as_ref()).filter_map(|one| convert.customer_gateway(one)));
        resources.extend(items(self.vpn_gateways.as_ref()).filter_map(|gateway| convert.vpn_gateway(gateway)));
        resources.extend(items(self.dhcp_options.as_ref()).map(|options| convert.dhcp_options(options)));
        resources.extend(items(self.attachments.as_ref()).filter_map(|one| convert.attachment(one)));
        resources.extend(items(self.gateway_route_tables.as_ref()).filter_map(|one| convert.gateway_route_table(one)));
        resources.extend(items(self.mirror_filters.as_ref()).map(|filter| convert.mirror_filter(filter)));
        resources.extend(items(self.mirror_sessions.as_ref()).map(|session| convert.mirror_session(session)));
        resources.extend(items(self.mirror_targets.as_ref()).map(|target| convert.mirror_target(target)));
        for endpoint in items(self.endpoints.as_ref()) {
            let Some((mut resource, wrong)) = convert.endpoint(endpoint) else { continue };
            collected.gaps.extend(wrong.map(|why| malformed_policy(ec2, &mut resource, why)));
            collected.resources.push(resource);
        }
        let mut permissions = Permissions::read(ec2, items(self.endpoint_services.as_ref())).await;
        for service in items(self.endpoint_services.as_ref()) {
            let Some(mut resource) = convert.endpoint_service(service, None) else { continue };
            match permissions.of(service) {
                Some(Ok(principals)) => {
                    resource = convert.endpoint_service(service, Some(&principals)).unwrap_or(resource);
                }
                Some(Err(fault)) => {
                    let place = Pointer::configuration("allowed_principals");
                    collected.gaps.push(ec2.cell.unread(&fault, &mut resource, &[place]));
                }
                None => resource.mark_unknown(Pointer::configuration("allowed_principals")),
            }
            collected.resources.push(resource);
        }
    }
}

/// A policy that cannot be understood is a gap, and unknown.
fn malformed_policy(ec2: &Regional<Client>, resource: &mut Resource, why: String) -> Gap {
    let fault = Fault::malformed("DescribeVpcEndpoints", why);
    ec2.cell.unread(&fault, resource, &[Pointer::configuration("policy")])
}

/// Who may use each endpoint service, by its id.
struct Permissions(BTreeMap<String, Result<Vec<sdk::AllowedPrincipal>, Fault>>);

impl Permissions {
    async fn read(ec2: &Regional<Client>, services: impl Iterator<Item = &sdk::ServiceConfiguration>) -> Self {
        let ids: Vec<String> = services.filter_map(|service| service.service_id.clone()).collect();
        let read = |id: String| async move {
            let mut chain = permissions(ec2, id.clone());
            chain.read().await;
            chain.read_again().await;
            let Chain { items, fault, .. } = chain;
            (id, fault.map_or(Ok(items), Err))
        };
        Self(futures::stream::iter(ids).map(read).buffered(ec2.cell.concurrency()).collect().await)
    }

    fn of(&mut self, service: &sdk::ServiceConfiguration) -> Option<Result<Vec<sdk::AllowedPrincipal>, Fault>> {
        self.0.remove(service.service_id()?)
    }
}

fn permissions(ec2: &Regional<Client>, id: String) -> Chain<'_, sdk::AllowedPrincipal> {
    const OPERATION: &str = "DescribeVpcEndpointServicePermissions";
    Chain::new(OPERATION, move |token| {
        let id = id.clone();
        async move {
            let request = || {
                ec2.client
                    .describe_vpc_endpoint_service_permissions()
                    .service_id(id.clone())
                    .max_results(ec2.cell.page(PAGE))
                    .set_next_token(token.clone())
                    .send()
            };
            let answer = ec2.cell.call(OPERATION, request).await?;
            Ok(Page { items: answer.allowed_principals.unwrap_or_default(), next: answer.next_token })
        }
    })
}

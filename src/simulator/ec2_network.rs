//! EC2: what stands between networks, and how each is written.
//!
//! `DescribeAddresses`, `DescribeVpnConnections`, `DescribeCustomerGateways` and
//! `DescribeVpnGateways` know no pages, and answer everything at once.

use super::ec2::{Listing, Place, list, page_of, whole};
use super::ec2_items::{Values, tag_set, value};
use super::ec2_network_gateways as gateways;
use super::estate::{Tags, document_text, hex_id};
use super::estate_network::{
    ElasticAddress, Endpoint, EndpointService, Network, Peering, PeeringSide, Route, RouteTable,
};
use super::refusal::Refusal;
use super::request::Call;
use super::xml::{Xml, ec2_answer};

/// The policy of an endpoint to which none was given.
const FULL_ACCESS: &str = r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;

/// A paged list with the usual page sizes.
macro_rules! listing {
    ($things:expr, $id:literal, $not_found:literal, $set:literal) => {
        listing!($things, $id, $not_found, $set, 5..=1000)
    };
    ($things:expr, $id:literal, $not_found:literal, $set:literal, $pages:expr) => {
        Listing {
            things: $things.iter().collect(),
            id_parameter: $id,
            not_found: (concat!("Invalid", $not_found, ".NotFound"), $id),
            page_sizes: $pages,
            set: $set,
        }
    };
}

pub(super) fn answer(call: &Call, place: &Place<'_>) -> Result<String, Refusal> {
    let network = &place.region.network;
    match call.operation() {
        "DescribeAddresses" => whole(
            call,
            listing!(network.addresses, "AllocationId", "AllocationID", "addressesSet"),
            |address| (&address.id, &address.tags),
            |address, filter| address_attribute(address, filter),
            |xml, one| address(xml, place, one),
        ),
        "DescribeRouteTables" => list(
            call,
            listing!(network.route_tables, "RouteTableId", "RouteTableID", "routeTableSet", 5..=100),
            |table| (&table.id, &table.tags),
            |table, filter| route_table_attribute(table, filter),
            |xml, table| route_table(xml, place, table),
        ),
        "DescribeVpcPeeringConnections" => list(
            call,
            listing!(network.peerings, "VpcPeeringConnectionId", "VpcPeeringConnectionID", "vpcPeeringConnectionSet"),
            |peering| (&peering.id, &peering.tags),
            |_, _| None,
            |xml, one| peering(xml, place, one),
        ),
        "DescribeVpcEndpoints" => list(
            call,
            listing!(network.endpoints, "VpcEndpointId", "VpcEndpointId", "vpcEndpointSet", 1..=1000),
            |endpoint| (&endpoint.id, &endpoint.tags),
            |endpoint, filter| endpoint_attribute(endpoint, filter),
            |xml, one| endpoint(xml, place, one),
        ),
        "DescribeVpcEndpointServiceConfigurations" => list(
            call,
            listing!(
                network.endpoint_services,
                "ServiceId",
                "VpcEndpointServiceId",
                "serviceConfigurationSet",
                1..=1000
            ),
            |service| (&service.id, &service.tags),
            |_, _| None,
            |xml, service| endpoint_service(xml, place, service),
        ),
        "DescribeVpcEndpointServicePermissions" => endpoint_service_permissions(call, network),
        _ => gateways::answer(call, place),
    }
}

fn address_attribute(address: &ElasticAddress, filter: &str) -> Values {
    match filter {
        "allocation-id" => value(&address.id),
        "public-ip" => value(&address.address),
        "network-interface-id" => Some(address.interface.iter().cloned().collect()),
        _ => None,
    }
}

fn address(xml: &mut Xml, place: &Place<'_>, address: &ElasticAddress) {
    xml.text("publicIp", &address.address);
    xml.text("allocationId", &address.id);
    xml.text("domain", "vpc");
    xml.text("publicIpv4Pool", "amazon");
    xml.text("networkBorderGroup", place.region_name);
    xml.maybe("instanceId", address.instance.as_ref());
    let interface = address.instance.as_ref().map(|instance| instance.replacen("i-", "eni-", 1));
    if let Some(interface) = address.interface.clone().or(interface) {
        xml.text("associationId", hex_id("eipassoc", &address.id));
        xml.text("networkInterfaceId", interface);
        xml.text("networkInterfaceOwnerId", &place.account.id);
    }
    tag_set(xml, &address.tags);
}

fn route_table_attribute(table: &RouteTable, filter: &str) -> Values {
    match filter {
        "route-table-id" => value(&table.id),
        "vpc-id" => value(&table.vpc),
        "association.main" => value(&table.main.to_string()),
        "association.subnet-id" => Some(table.subnets.clone()),
        _ => None,
    }
}

fn route_table(xml: &mut Xml, place: &Place<'_>, table: &RouteTable) {
    xml.text("routeTableId", &table.id);
    xml.text("vpcId", &table.vpc);
    xml.text("ownerId", &place.account.id);
    let vpc = place.region.vpcs.iter().find(|vpc| vpc.id == table.vpc);
    let own = vpc.into_iter().flat_map(|vpc| vpc.ranges.iter().chain(&vpc.ipv6_range));
    let local = own.map(|range| Route { to: range.clone(), via: "local".to_owned(), blackhole: false });
    let routes: Vec<Route> = local.chain(table.routes.iter().cloned()).collect();
    xml.list("routeSet", "item", &routes, route);
    let main = table.main.then_some(None);
    let associations: Vec<Option<&String>> = main.into_iter().chain(table.subnets.iter().map(Some)).collect();
    xml.list("associationSet", "item", associations, |xml, subnet| {
        let of = subnet.map_or("main", String::as_str);
        xml.text("routeTableAssociationId", hex_id("rtbassoc", &format!("{}/{of}", table.id)));
        xml.text("routeTableId", &table.id);
        xml.maybe("subnetId", subnet);
        xml.text("main", subnet.is_none());
        xml.element("associationState", |xml| xml.text("state", "associated"));
    });
    xml.list("propagatingVgwSet", "item", Vec::<&str>::new(), |_, _| {});
    tag_set(xml, &table.tags);
}

fn route(xml: &mut Xml, route: &Route) {
    let destination = match route.to.as_str() {
        to if to.starts_with("pl-") => "destinationPrefixListId",
        to if to.contains(':') => "destinationIpv6CidrBlock",
        _ => "destinationCidrBlock",
    };
    xml.text(destination, &route.to);
    let target = match route.via.split('-').next().unwrap_or_default() {
        "nat" => "natGatewayId",
        "tgw" => "transitGatewayId",
        "pcx" => "vpcPeeringConnectionId",
        "eigw" => "egressOnlyInternetGatewayId",
        "eni" => "networkInterfaceId",
        "i" => "instanceId",
        // Internet gateways, virtual private gateways, endpoints and `local`.
        _ => "gatewayId",
    };
    xml.text(target, &route.via);
    xml.text("state", if route.blackhole { "blackhole" } else { "active" });
    xml.text("origin", if route.via == "local" { "CreateRouteTable" } else { "CreateRoute" });
}

fn peering(xml: &mut Xml, place: &Place<'_>, peering: &Peering) {
    xml.text("vpcPeeringConnectionId", &peering.id);
    xml.element("requesterVpcInfo", |xml| peering_side(xml, place, &peering.requester));
    xml.element("accepterVpcInfo", |xml| peering_side(xml, place, &peering.accepter));
    let code = peering.status.as_deref().unwrap_or("active");
    xml.element("status", |xml| {
        xml.text("code", code);
        xml.text("message", code);
    });
    tag_set(xml, &peering.tags);
}

fn peering_side(xml: &mut Xml, place: &Place<'_>, side: &PeeringSide) {
    xml.text("ownerId", side.account.as_ref().unwrap_or(&place.account.id));
    xml.text("vpcId", &side.vpc);
    xml.text("region", side.region.as_deref().unwrap_or(place.region_name));
    xml.maybe("cidrBlock", side.ranges.first());
    xml.list("cidrBlockSet", "item", &side.ranges, |xml, range| xml.text("cidrBlock", range));
}

fn endpoint_attribute(endpoint: &Endpoint, filter: &str) -> Values {
    match filter {
        "vpc-endpoint-id" => value(&endpoint.id),
        "vpc-id" => value(&endpoint.vpc),
        "service-name" => value(&endpoint.service),
        "vpc-endpoint-type" => value(&endpoint.kind),
        _ => None,
    }
}

fn endpoint(xml: &mut Xml, place: &Place<'_>, endpoint: &Endpoint) {
    xml.text("vpcEndpointId", &endpoint.id);
    xml.text("vpcEndpointType", &endpoint.kind);
    xml.text("vpcId", &endpoint.vpc);
    xml.text("serviceName", &endpoint.service);
    xml.text("state", endpoint.state.as_deref().unwrap_or("available"));
    if endpoint.kind != "GatewayLoadBalancer" {
        xml.text("policyDocument", endpoint.policy.as_ref().map_or_else(|| FULL_ACCESS.to_owned(), document_text));
    }
    xml.texts("routeTableIdSet", "item", &endpoint.route_tables);
    xml.texts("subnetIdSet", "item", &endpoint.subnets);
    xml.list("groupSet", "item", &endpoint.groups, |xml, group| xml.text("groupId", group));
    xml.text("privateDnsEnabled", endpoint.private_dns);
    xml.text("requesterManaged", false);
    xml.text("ownerId", &place.account.id);
    tag_set(xml, &endpoint.tags);
}

fn endpoint_service(xml: &mut Xml, place: &Place<'_>, service: &EndpointService) {
    xml.text("serviceId", &service.id);
    xml.text("serviceName", format!("com.amazonaws.vpce.{}.{}", place.region_name, service.id));
    xml.list("serviceType", "item", ["Interface"], |xml, kind| xml.text("serviceType", kind));
    xml.text("serviceState", "Available");
    xml.text("acceptanceRequired", service.acceptance_required);
    xml.texts("networkLoadBalancerArnSet", "item", &service.balancers);
    tag_set(xml, &service.tags);
}

fn endpoint_service_permissions(call: &Call, network: &Network) -> Result<String, Refusal> {
    let id = call.needed("ServiceId")?;
    let service = network.endpoint_services.iter().find(|service| service.id == id).ok_or_else(|| {
        let message = format!("The VpcEndpointService Id '{id}' does not exist");
        Refusal::new(400, "InvalidVpcEndpointServiceId.NotFound", message)
    })?;
    let page = page_of(call, &service.allowed, &(1..=1000))?;
    Ok(ec2_answer(call.operation(), &call.request, |xml| {
        xml.list("allowedPrincipals", "item", page.items, |xml, principal| {
            xml.text("principal", principal);
            xml.text("principalType", if principal == "*" { "All" } else { "Account" });
            xml.text("serviceId", id);
            tag_set(xml, &Tags::new());
        });
        xml.maybe("nextToken", page.next);
    }))
}

//! EC2: gateways, VPNs and traffic mirrors.

use super::ec2::{Listing, Place, list, whole};
use super::ec2_items::{Values, tag_set, value};
use super::estate_network::{
    Attachment, ClientVpn, DhcpOptions, InternetGateway, MirrorSession, NatGateway, TransitGateway, Tunnel,
    VpnConnection, VpnGateway,
};
use super::refusal::Refusal;
use super::request::Call;
use super::xml::Xml;

/// What identifies a thing.
macro_rules! identity {
    () => {
        |one| (&one.id, &one.tags)
    };
}

/// A list whose ids stand in one parameter.
fn listing<'a, T>(
    things: &'a [T],
    id_parameter: &'a str,
    not_found: (&'a str, &'a str),
    set: &'a str,
) -> Listing<'a, &'a T> {
    Listing { things: things.iter().collect(), id_parameter, not_found, page_sizes: 5..=1000, set }
}

pub(super) fn answer(call: &Call, place: &Place<'_>) -> Result<String, Refusal> {
    let network = &place.region.network;
    match call.operation() {
        "DescribeInternetGateways" => {
            let not_found = ("InvalidInternetGatewayID.NotFound", "internetGateway ID");
            let of = listing(&network.internet_gateways, "InternetGatewayId", not_found, "internetGatewaySet");
            list(
                call,
                of,
                identity!(),
                |one, filter| internet_gateway_attribute(one, filter),
                |xml, one| {
                    internet_gateway(xml, place, one);
                },
            )
        }
        "DescribeNatGateways" => {
            let not_found = ("NatGatewayNotFound", "NAT gateway");
            let of = listing(&network.nat_gateways, "NatGatewayId", not_found, "natGatewaySet");
            list(call, of, identity!(), |_, _| None, |xml, one| nat_gateway(xml, place, one))
        }
        "DescribeTransitGateways" => {
            let not_found = ("InvalidTransitGatewayID.NotFound", "transit gateway");
            let of = listing(&network.transit_gateways, "TransitGatewayIds", not_found, "transitGatewaySet");
            list(call, of, identity!(), |_, _| None, |xml, one| transit_gateway(xml, place, one))
        }
        "DescribeVpnConnections" => {
            let not_found = ("InvalidVpnConnectionID.NotFound", "vpnConnection ID");
            let of = listing(&network.vpn_connections, "VpnConnectionId", not_found, "vpnConnectionSet");
            whole(call, of, identity!(), |_, _| None, |xml, one| vpn_connection(xml, one))
        }
        "DescribeClientVpnEndpoints" => {
            let not_found = ("InvalidClientVpnEndpointId.NotFound", "client VPN endpoint");
            let of = listing(&network.client_vpns, "ClientVpnEndpointId", not_found, "clientVpnEndpoint");
            list(call, of, identity!(), |_, _| None, |xml, one| client_vpn(xml, one))
        }
        _ => seldom(call, place),
    }
}

/// What only a rule about tags asks for.
fn seldom(call: &Call, place: &Place<'_>) -> Result<String, Refusal> {
    let network = &place.region.network;
    match call.operation() {
        "DescribeCustomerGateways" => {
            let not_found = ("InvalidCustomerGatewayID.NotFound", "customerGateway ID");
            let of = listing(&network.customer_gateways, "CustomerGatewayId", not_found, "customerGatewaySet");
            whole(
                call,
                of,
                identity!(),
                |_, _| None,
                |xml, one| {
                    xml.text("customerGatewayId", &one.id);
                    xml.text("state", "available");
                    xml.text("type", "ipsec.1");
                    xml.text("ipAddress", &one.address);
                    xml.text("bgpAsn", 65_000);
                    tag_set(xml, &one.tags);
                },
            )
        }
        "DescribeVpnGateways" => {
            let not_found = ("InvalidVpnGatewayID.NotFound", "vpnGateway ID");
            let of = listing(&network.vpn_gateways, "VpnGatewayId", not_found, "vpnGatewaySet");
            whole(call, of, identity!(), |_, _| None, |xml, one| vpn_gateway(xml, one))
        }
        "DescribeDhcpOptions" => {
            let not_found = ("InvalidDhcpOptionsID.NotFound", "dhcpOptions ID");
            let of = listing(&network.dhcp_options, "DhcpOptionsId", not_found, "dhcpOptionsSet");
            list(call, of, identity!(), |_, _| None, |xml, one| dhcp_options(xml, place, one))
        }
        "DescribeTransitGatewayAttachments" => {
            let not_found = ("InvalidTransitGatewayAttachmentID.NotFound", "transit gateway attachment");
            let set = "transitGatewayAttachments";
            let of = listing(&network.attachments, "TransitGatewayAttachmentIds", not_found, set);
            list(call, of, identity!(), |_, _| None, |xml, one| attachment(xml, place, one))
        }
        "DescribeTransitGatewayRouteTables" => {
            let not_found = ("InvalidRouteTableID.NotFound", "transit gateway route table");
            let set = "transitGatewayRouteTables";
            let of = listing(&network.gateway_route_tables, "TransitGatewayRouteTableIds", not_found, set);
            list(
                call,
                of,
                identity!(),
                |_, _| None,
                |xml, one| {
                    xml.text("transitGatewayRouteTableId", &one.id);
                    xml.text("transitGatewayId", &one.gateway);
                    xml.text("state", "available");
                    tag_set(xml, &one.tags);
                },
            )
        }
        _ => mirrors(call, place),
    }
}

fn mirrors(call: &Call, place: &Place<'_>) -> Result<String, Refusal> {
    let network = &place.region.network;
    match call.operation() {
        "DescribeTrafficMirrorFilters" => {
            let not_found = ("InvalidTrafficMirrorFilterId.NotFound", "traffic mirror filter");
            let of = listing(&network.mirror_filters, "TrafficMirrorFilterId", not_found, "trafficMirrorFilterSet");
            list(
                call,
                of,
                identity!(),
                |_, _| None,
                |xml, one| {
                    xml.text("trafficMirrorFilterId", &one.id);
                    xml.text("description", &one.description);
                    tag_set(xml, &one.tags);
                },
            )
        }
        "DescribeTrafficMirrorSessions" => {
            let not_found = ("InvalidTrafficMirrorSessionId.NotFound", "traffic mirror session");
            let of = listing(&network.mirror_sessions, "TrafficMirrorSessionId", not_found, "trafficMirrorSessionSet");
            list(call, of, identity!(), |_, _| None, |xml, one| mirror_session(xml, place, one))
        }
        "DescribeTrafficMirrorTargets" => {
            let not_found = ("InvalidTrafficMirrorTargetId.NotFound", "traffic mirror target");
            let of = listing(&network.mirror_targets, "TrafficMirrorTargetId", not_found, "trafficMirrorTargetSet");
            list(
                call,
                of,
                identity!(),
                |_, _| None,
                |xml, one| {
                    xml.text("trafficMirrorTargetId", &one.id);
                    xml.text("networkLoadBalancerArn", &one.balancer);
                    xml.text("type", "network-load-balancer");
                    xml.text("ownerId", &place.account.id);
                    tag_set(xml, &one.tags);
                },
            )
        }
        _ => Err(Refusal::unsupported(&call.asked)),
    }
}

fn internet_gateway_attribute(gateway: &InternetGateway, filter: &str) -> Values {
    match filter {
        "internet-gateway-id" => value(&gateway.id),
        "attachment.vpc-id" => Some(gateway.vpc.iter().cloned().collect()),
        _ => None,
    }
}

fn internet_gateway(xml: &mut Xml, place: &Place<'_>, gateway: &InternetGateway) {
    xml.text("internetGatewayId", &gateway.id);
    xml.text("ownerId", &place.account.id);
    xml.list("attachmentSet", "item", &gateway.vpc, |xml, vpc| {
        xml.text("vpcId", vpc);
        xml.text("state", "available");
    });
    tag_set(xml, &gateway.tags);
}

fn nat_gateway(xml: &mut Xml, place: &Place<'_>, gateway: &NatGateway) {
    let network = &place.region.network;
    xml.text("natGatewayId", &gateway.id);
    xml.text("vpcId", &gateway.vpc);
    xml.text("subnetId", &gateway.subnet);
    xml.text("state", gateway.state.as_deref().unwrap_or("available"));
    xml.maybe("failureMessage", gateway.failure.as_ref());
    xml.text("connectivityType", if gateway.address.is_some() { "public" } else { "private" });
    xml.list("natGatewayAddressSet", "item", &gateway.address, |xml, id| {
        xml.text("allocationId", id);
        xml.maybe("publicIp", network.addresses.iter().find(|one| one.id == *id).map(|one| &one.address));
        xml.text("isPrimary", true);
    });
    tag_set(xml, &gateway.tags);
}

fn transit_gateway(xml: &mut Xml, place: &Place<'_>, gateway: &TransitGateway) {
    let owner = gateway.owner.as_ref().unwrap_or(&place.account.id);
    let arn = format!("arn:aws:ec2:{}:{owner}:transit-gateway/{}", place.region_name, gateway.id);
    xml.text("transitGatewayId", &gateway.id);
    xml.text("transitGatewayArn", arn);
    xml.text("state", "available");
    xml.text("ownerId", owner);
    xml.element("options", |xml| {
        xml.text("amazonSideAsn", 64_512);
        xml.text("autoAcceptSharedAttachments", if gateway.auto_accept { "enable" } else { "disable" });
        xml.text("defaultRouteTableAssociation", "enable");
        xml.text("defaultRouteTablePropagation", "enable");
        xml.text("dnsSupport", "enable");
    });
    tag_set(xml, &gateway.tags);
}

/// The configuration holds the tunnels' keys, as AWS gives it.
fn vpn_connection(xml: &mut Xml, vpn: &VpnConnection) {
    xml.text("vpnConnectionId", &vpn.id);
    xml.text("state", "available");
    xml.text(
        "customerGatewayConfiguration",
        "<vpn_connection><pre_shared_key>simulated</pre_shared_key></vpn_connection>",
    );
    xml.text("type", "ipsec.1");
    xml.text("customerGatewayId", &vpn.customer_gateway);
    xml.maybe("vpnGatewayId", vpn.vpn_gateway.as_ref());
    xml.maybe("transitGatewayId", vpn.transit_gateway.as_ref());
    xml.text("category", "VPN");
    xml.element("options", |xml| {
        xml.text("staticRoutesOnly", false);
        xml.list("tunnelOptionSet", "item", &vpn.tunnels, tunnel_options);
    });
    xml.list("vgwTelemetry", "item", &vpn.tunnels, |xml, tunnel| {
        xml.text("outsideIpAddress", &tunnel.address);
        xml.text("status", if tunnel.down { "DOWN" } else { "UP" });
        xml.text("acceptedRouteCount", if tunnel.down { 0 } else { 3 });
        xml.text("statusMessage", if tunnel.down { "IPSEC IS DOWN" } else { "" });
    });
    tag_set(xml, &vpn.tags);
}

fn tunnel_options(xml: &mut Xml, tunnel: &Tunnel) {
    xml.text("outsideIpAddress", &tunnel.address);
    xml.text("tunnelInsideCidr", "169.254.44.0/30");
    xml.text("preSharedKey", "simulated");
    if !tunnel.ike.is_empty() {
        xml.list("ikeVersionSet", "item", &tunnel.ike, |xml, version| xml.text("value", version));
    }
    xml.element("logOptions", |xml| {
        xml.element("cloudWatchLogOptions", |xml| xml.text("logEnabled", tunnel.logged));
    });
}

fn client_vpn(xml: &mut Xml, vpn: &ClientVpn) {
    xml.text("clientVpnEndpointId", &vpn.id);
    xml.text("description", &vpn.description);
    xml.element("status", |xml| xml.text("code", "available"));
    xml.maybe("vpcId", vpn.vpc.as_ref());
    xml.text("clientCidrBlock", "10.250.0.0/16");
    xml.text("splitTunnel", true);
    xml.list("authenticationOptions", "item", [&vpn.authentication], |xml, kind| xml.text("type", kind));
    xml.element("connectionLogOptions", |xml| xml.text("Enabled", vpn.logged));
    xml.texts("securityGroupIdSet", "item", &vpn.groups);
    tag_set(xml, &vpn.tags);
}

fn vpn_gateway(xml: &mut Xml, gateway: &VpnGateway) {
    xml.text("vpnGatewayId", &gateway.id);
    xml.text("state", "available");
    xml.text("type", "ipsec.1");
    xml.list("attachments", "item", &gateway.vpc, |xml, vpc| {
        xml.text("vpcId", vpc);
        xml.text("state", "attached");
    });
    tag_set(xml, &gateway.tags);
}

fn dhcp_options(xml: &mut Xml, place: &Place<'_>, options: &DhcpOptions) {
    xml.text("dhcpOptionsId", &options.id);
    xml.text("ownerId", &place.account.id);
    xml.list("dhcpConfigurationSet", "item", &options.options, |xml, (key, values)| {
        xml.text("key", key);
        xml.list("valueSet", "item", values, |xml, one| xml.text("value", one));
    });
    tag_set(xml, &options.tags);
}

fn attachment(xml: &mut Xml, place: &Place<'_>, attachment: &Attachment) {
    xml.text("transitGatewayAttachmentId", &attachment.id);
    xml.text("transitGatewayId", &attachment.gateway);
    xml.text("transitGatewayOwnerId", &place.account.id);
    xml.text("resourceOwnerId", &place.account.id);
    xml.text("resourceType", &attachment.kind);
    xml.text("resourceId", &attachment.of);
    xml.text("state", "available");
    tag_set(xml, &attachment.tags);
}

fn mirror_session(xml: &mut Xml, place: &Place<'_>, session: &MirrorSession) {
    xml.text("trafficMirrorSessionId", &session.id);
    xml.text("trafficMirrorTargetId", &session.target);
    xml.text("trafficMirrorFilterId", &session.filter);
    xml.text("networkInterfaceId", &session.interface);
    xml.text("ownerId", &place.account.id);
    xml.text("sessionNumber", 1);
    tag_set(xml, &session.tags);
}

//! What stands between the networks of a region, in the words of an administrator.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::estate::{Tags, is_default};

/// Addresses, gateways, routes, endpoints, peerings and VPNs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Elastic IP addresses.
    #[serde(default, skip_serializing_if = "is_default")]
    pub addresses: Vec<ElasticAddress>,
    /// Route tables.
    #[serde(default, skip_serializing_if = "is_default")]
    pub route_tables: Vec<RouteTable>,
    /// Internet gateways.
    #[serde(default, skip_serializing_if = "is_default")]
    pub internet_gateways: Vec<InternetGateway>,
    /// NAT gateways.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nat_gateways: Vec<NatGateway>,
    /// Peering connections.
    #[serde(default, skip_serializing_if = "is_default")]
    pub peerings: Vec<Peering>,
    /// Endpoints.
    #[serde(default, skip_serializing_if = "is_default")]
    pub endpoints: Vec<Endpoint>,
    /// Endpoint services of the account.
    #[serde(default, skip_serializing_if = "is_default")]
    pub endpoint_services: Vec<EndpointService>,
    /// Transit gateways.
    #[serde(default, skip_serializing_if = "is_default")]
    pub transit_gateways: Vec<TransitGateway>,
    /// Site-to-site VPN connections.
    #[serde(default, skip_serializing_if = "is_default")]
    pub vpn_connections: Vec<VpnConnection>,
    /// Client VPN endpoints.
    #[serde(default, skip_serializing_if = "is_default")]
    pub client_vpns: Vec<ClientVpn>,
    /// Customer gateways.
    #[serde(default, skip_serializing_if = "is_default")]
    pub customer_gateways: Vec<CustomerGateway>,
    /// Virtual private gateways.
    #[serde(default, skip_serializing_if = "is_default")]
    pub vpn_gateways: Vec<VpnGateway>,
    /// Sets of DHCP options.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dhcp_options: Vec<DhcpOptions>,
    /// Attachments of transit gateways.
    #[serde(default, skip_serializing_if = "is_default")]
    pub attachments: Vec<Attachment>,
    /// Route tables of transit gateways.
    #[serde(default, skip_serializing_if = "is_default")]
    pub gateway_route_tables: Vec<GatewayRouteTable>,
    /// Traffic mirror filters.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mirror_filters: Vec<MirrorFilter>,
    /// Traffic mirror sessions.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mirror_sessions: Vec<MirrorSession>,
    /// Traffic mirror targets.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mirror_targets: Vec<MirrorTarget>,
}

/// An Elastic IP address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticAddress {
    /// `eipalloc-…`.
    pub id: String,
    /// The address.
    pub address: String,
    /// Interface it is tied to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// Instance it is tied to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A route table. The routes within the VPC are not listed: AWS adds them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteTable {
    /// `rtb-…`.
    pub id: String,
    /// VPC id.
    pub vpc: String,
    /// Whether subnets without a table use it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub main: bool,
    /// Subnets that use it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub subnets: Vec<String>,
    /// Routes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub routes: Vec<Route>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A route.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Range, or prefix list id.
    pub to: String,
    /// Id of the target.
    pub via: String,
    /// Whether the target is gone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub blackhole: bool,
}

/// An internet gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InternetGateway {
    /// `igw-…`.
    pub id: String,
    /// VPC it is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<String>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A NAT gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NatGateway {
    /// `nat-…`.
    pub id: String,
    /// VPC id.
    pub vpc: String,
    /// Subnet it stands in.
    pub subnet: String,
    /// Allocation id of its address; a private one has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// State; absent for `available`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A peering connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peering {
    /// `pcx-…`.
    pub id: String,
    /// Who asked for it.
    pub requester: PeeringSide,
    /// Who was asked.
    pub accepter: PeeringSide,
    /// Status; absent for `active`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// One side of a peering connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeeringSide {
    /// VPC id.
    pub vpc: String,
    /// Account; absent for the own one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Region; absent for the own one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// IPv4 ranges, the primary one first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ranges: Vec<String>,
}

/// An endpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// `vpce-…`.
    pub id: String,
    /// VPC id.
    pub vpc: String,
    /// `com.amazonaws.eu-central-1.s3`.
    pub service: String,
    /// `Interface`, `Gateway` or `GatewayLoadBalancer`.
    pub kind: String,
    /// State; absent for `available`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Subnets of an interface endpoint.
    #[serde(default, skip_serializing_if = "is_default")]
    pub subnets: Vec<String>,
    /// Security groups of an interface endpoint.
    #[serde(default, skip_serializing_if = "is_default")]
    pub groups: Vec<String>,
    /// Route tables of a gateway endpoint.
    #[serde(default, skip_serializing_if = "is_default")]
    pub route_tables: Vec<String>,
    /// Whether names of the service lead to it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub private_dns: bool,
    /// Policy; absent for the default, which allows everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Value>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// An endpoint service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointService {
    /// `vpce-svc-…`.
    pub id: String,
    /// Whether connections have to be accepted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub acceptance_required: bool,
    /// Who may connect: ARNs or `*`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub allowed: Vec<String>,
    /// ARNs of network load balancers.
    #[serde(default, skip_serializing_if = "is_default")]
    pub balancers: Vec<String>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A transit gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitGateway {
    /// `tgw-…`.
    pub id: String,
    /// Whether shared attachments need no consent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub auto_accept: bool,
    /// Account it is shared by; absent for the own one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A site-to-site VPN connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VpnConnection {
    /// `vpn-…`.
    pub id: String,
    /// Customer gateway id.
    pub customer_gateway: String,
    /// Virtual private gateway id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpn_gateway: Option<String>,
    /// Transit gateway id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transit_gateway: Option<String>,
    /// Its two tunnels.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tunnels: Vec<Tunnel>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A tunnel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tunnel {
    /// Address on the side of AWS.
    pub address: String,
    /// Whether it is down.
    #[serde(default, skip_serializing_if = "is_default")]
    pub down: bool,
    /// Versions of IKE; none for no choice.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ike: Vec<String>,
    /// Whether it is logged.
    #[serde(default, skip_serializing_if = "is_default")]
    pub logged: bool,
}

/// A client VPN endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientVpn {
    /// `cvpn-endpoint-…`.
    pub id: String,
    /// VPC id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<String>,
    /// Description.
    #[serde(default, skip_serializing_if = "is_default")]
    pub description: String,
    /// `certificate-authentication`, `federated-authentication`, …
    pub authentication: String,
    /// Whether connections are logged.
    #[serde(default, skip_serializing_if = "is_default")]
    pub logged: bool,
    /// Security groups.
    #[serde(default, skip_serializing_if = "is_default")]
    pub groups: Vec<String>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A customer gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerGateway {
    /// `cgw-…`.
    pub id: String,
    /// Address of the device.
    pub address: String,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A virtual private gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VpnGateway {
    /// `vgw-…`.
    pub id: String,
    /// VPC it is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<String>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A set of DHCP options.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DhcpOptions {
    /// `dopt-…`.
    pub id: String,
    /// Values by option.
    #[serde(default, skip_serializing_if = "is_default")]
    pub options: BTreeMap<String, Vec<String>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// An attachment of a transit gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// `tgw-attach-…`.
    pub id: String,
    /// Transit gateway id.
    pub gateway: String,
    /// `vpc`, `vpn` or `peering`.
    pub kind: String,
    /// Id of what is attached.
    pub of: String,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A route table of a transit gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayRouteTable {
    /// `tgw-rtb-…`.
    pub id: String,
    /// Transit gateway id.
    pub gateway: String,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A traffic mirror filter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MirrorFilter {
    /// `tmf-…`.
    pub id: String,
    /// Description.
    pub description: String,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A traffic mirror session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MirrorSession {
    /// `tms-…`.
    pub id: String,
    /// Interface whose traffic is copied.
    pub interface: String,
    /// Traffic mirror target id.
    pub target: String,
    /// Traffic mirror filter id.
    pub filter: String,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A traffic mirror target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MirrorTarget {
    /// `tmt-…`.
    pub id: String,
    /// ARN of the load balancer that takes the copies.
    pub balancer: String,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

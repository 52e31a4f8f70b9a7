//! Configuration of what stands between networks: addresses, gateways, routes, endpoints, peerings
//! and VPNs.
//!
//! What AWS shows for a while after it is gone (a deleted NAT gateway, a rejected peering
//! connection) is no resource. States that come and go by themselves stand in `observed`, which
//! is no drift.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PolicyDocument;

/// `AWS::EC2::ClientVpnEndpoint`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientVpnEndpoint {
    /// VPC id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// How clients prove who they are, sorted: `certificate-authentication`,
    /// `directory-service-authentication`, `federated-authentication`.
    #[serde(default)]
    pub authentication: Vec<String>,
    /// Whether connections are logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_log_enabled: Option<bool>,
    /// Security group ids, sorted.
    #[serde(default)]
    pub security_groups: Vec<String>,
    /// Whether only traffic for the VPC goes through the tunnel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_tunnel: Option<bool>,
}

/// `AWS::EC2::CustomerGateway`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CustomerGateway {
    /// Address of the device on the other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
}

/// `AWS::EC2::DHCPOptions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DhcpOptions {
    /// Values by option, such as `domain-name-servers`, in their order.
    #[serde(default)]
    pub options: BTreeMap<String, Vec<String>>,
}

/// `AWS::EC2::EIP`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Address {
    /// Allocation id.
    pub allocation_id: String,
    /// The address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_ip: Option<String>,
    /// What ties it to an interface; absent when it is tied to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub association_id: Option<String>,
    /// The interface it is tied to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_interface_id: Option<String>,
    /// The instance it is tied to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
}

/// `AWS::EC2::InternetGateway`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InternetGateway {
    /// VPCs it is attached to, sorted.
    #[serde(default)]
    pub vpc_ids: Vec<String>,
}

/// `AWS::EC2::NatGateway`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NatGateway {
    /// VPC id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// Subnet it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet_id: Option<String>,
    /// `public` or `private`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connectivity_type: Option<String>,
    /// What was seen of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<NatGatewayObserved>,
}

/// What was seen of a NAT gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NatGatewayObserved {
    /// `available`, `pending`, `failed` or `deleting`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Why it failed, in the words of AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// `AWS::EC2::RouteTable`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RouteTable {
    /// VPC id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// Whether subnets without a table of their own use it.
    pub main: bool,
    /// Subnets that use it by name, sorted.
    #[serde(default)]
    pub subnet_ids: Vec<String>,
    /// Routes, sorted.
    #[serde(default)]
    pub routes: Vec<Route>,
}

/// One route: a destination, and exactly one target.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Route {
    /// IPv4 or IPv6 range, or prefix list id.
    pub destination: String,
    /// `local`, or the id of a gateway, interface, peering connection, endpoint or instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// `active`, or `blackhole` when the target is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// `AWS::EC2::TrafficMirrorFilter`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrafficMirrorFilter {
    /// Description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// `AWS::EC2::TrafficMirrorSession`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrafficMirrorSession {
    /// The interface whose traffic is copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_interface_id: Option<String>,
    /// Where the copies go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
    /// What is copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter_id: Option<String>,
}

/// `AWS::EC2::TrafficMirrorTarget`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrafficMirrorTarget {
    /// The interface that takes copies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_interface_id: Option<String>,
    /// The load balancer that takes copies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_balancer_arn: Option<String>,
    /// The endpoint that takes copies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
}

/// `AWS::EC2::TransitGateway`. Those that other accounts share are not resources.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TransitGateway {
    /// Whether attachments of accounts that it is shared with need no consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_accept_shared_attachments: Option<bool>,
    /// Whether attachments get the default route table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_route_table_association: Option<bool>,
    /// Whether attachments announce their routes to the default route table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_route_table_propagation: Option<bool>,
}

/// `AWS::EC2::TransitGatewayAttachment`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TransitGatewayAttachment {
    /// The transit gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transit_gateway_id: Option<String>,
    /// `vpc`, `vpn`, `peering`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attached_type: Option<String>,
    /// What is attached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attached_id: Option<String>,
    /// Account of what is attached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attached_account: Option<String>,
}

/// `AWS::EC2::TransitGatewayRouteTable`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TransitGatewayRouteTable {
    /// The transit gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transit_gateway_id: Option<String>,
}

/// `AWS::EC2::VPCEndpoint`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VpcEndpoint {
    /// VPC id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// `com.amazonaws.eu-central-1.s3`.
    pub service_name: String,
    /// `Interface`, `Gateway` or `GatewayLoadBalancer`.
    pub endpoint_type: String,
    /// `available`, `pending`, `pendingacceptance`, …, in lower case.
    pub state: String,
    /// Subnets of an interface endpoint, sorted.
    #[serde(default)]
    pub subnet_ids: Vec<String>,
    /// Route tables of a gateway endpoint, sorted.
    #[serde(default)]
    pub route_table_ids: Vec<String>,
    /// Security group ids of an interface endpoint, sorted.
    #[serde(default)]
    pub security_groups: Vec<String>,
    /// Whether the names of the service lead to the endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_dns_enabled: Option<bool>,
    /// The endpoint's policy; absent where the kind of endpoint has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyDocument>,
}

/// `AWS::EC2::VPCEndpointService`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VpcEndpointService {
    /// The name by which others find it.
    pub service_name: String,
    /// Whether each new connection has to be accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceptance_required: Option<bool>,
    /// Who may ask for a connection, sorted: ARNs, or `*` for everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_principals: Option<Vec<String>>,
    /// Load balancers behind it, sorted.
    #[serde(default)]
    pub load_balancer_arns: Vec<String>,
    /// Private DNS name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_dns_name: Option<String>,
}

/// `AWS::EC2::VPCPeeringConnection`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VpcPeeringConnection {
    /// `active`, `pending-acceptance`, `provisioning`, …
    pub status: String,
    /// Who asked for it.
    #[serde(default)]
    pub requester: PeeringSide,
    /// Who was asked.
    #[serde(default)]
    pub accepter: PeeringSide,
}

/// One side of a peering connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PeeringSide {
    /// VPC id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// Account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// IPv4 and IPv6 ranges of the VPC, sorted; empty while AWS does not tell, before acceptance.
    #[serde(default)]
    pub cidr_blocks: Vec<String>,
}

/// `AWS::EC2::VPNConnection`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VpnConnection {
    /// The device on the other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_gateway_id: Option<String>,
    /// The virtual private gateway on this side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpn_gateway_id: Option<String>,
    /// The transit gateway on this side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transit_gateway_id: Option<String>,
    /// Options of the tunnels, sorted by address.
    #[serde(default)]
    pub tunnels: Vec<VpnTunnel>,
    /// What was seen of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<VpnObserved>,
}

/// Options of one tunnel.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct VpnTunnel {
    /// Address on AWS's side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside_ip: Option<String>,
    /// Versions of IKE that may be used, sorted: `ikev1`, `ikev2`; both where none was chosen.
    #[serde(default)]
    pub ike_versions: Vec<String>,
    /// Whether the tunnel's activity is logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_enabled: Option<bool>,
}

/// What was seen of a VPN connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VpnObserved {
    /// Tunnels, sorted by address.
    #[serde(default)]
    pub tunnels: Vec<TunnelStatus>,
}

/// Whether a tunnel was up.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct TunnelStatus {
    /// Address on AWS's side.
    pub outside_ip: String,
    /// Whether it was up.
    pub up: bool,
}

/// `AWS::EC2::VPNGateway`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VpnGateway {
    /// VPCs it is attached to, sorted.
    #[serde(default)]
    pub vpc_ids: Vec<String>,
}

//! Configuration of what stands between networks: addresses, gateways, routes, endpoints, peerings
//! and VPNs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PolicyDocument;

/// `AWS::EC2::ClientVpnEndpoint`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientVpnEndpoint {
    /// `available`, `pending`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// `AWS::EC2::CustomerGateway`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CustomerGateway {
    /// `available`, `pending`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// `AWS::EC2::DHCPOptions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DhcpOptions {
    /// `available`, `pending`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
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

/// `AWS::EC2::TrafficMirrorFilter`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrafficMirrorFilter {
    /// `available`, `pending`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// `AWS::EC2::TrafficMirrorSession`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrafficMirrorSession {
    /// `available`, `pending`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// `AWS::EC2::TrafficMirrorTarget`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrafficMirrorTarget {
    /// `available`, `pending`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// `AWS::EC2::TransitGateway`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TransitGateway {
    /// `available`, `pending`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// `AWS::EC2::TransitGatewayAttachment`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TransitGatewayAttachment {
    /// `available`, `pending`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// `AWS::EC2::TransitGatewayRouteTable`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TransitGatewayRouteTable {
    /// `available`, `pending`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
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
    /// `available`, `pending`, …
    pub state: String,
    /// Subnets of an interface endpoint, sorted.
    #[serde(default)]
    pub subnet_ids: Vec<String>,
    /// The endpoint's policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyDocument>,
}

/// `AWS::EC2::VPCEndpointService`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VpcEndpointService {
    /// `available`, `pending`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// `AWS::EC2::VPCPeeringConnection`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VpcPeeringConnection {
    /// `available`, `pending`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// `AWS::EC2::VPNConnection`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VpnConnection {
    /// `available`, `pending`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// `AWS::EC2::VPNGateway`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VpnGateway {
    /// `available`, `pending`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
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

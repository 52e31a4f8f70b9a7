//! Configuration of EC2 network resources, instances and volumes, and of a region's EC2 settings.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::UserData;

/// `AWS::EC2::SecurityGroup`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecurityGroup {
    /// Group name; `default` is the VPC's default group.
    pub group_name: String,
    /// Description.
    #[serde(default)]
    pub description: String,
    /// VPC id; absent when unknown or EC2-Classic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// What may come in, one entry per source, sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingress: Option<Vec<GroupRule>>,
    /// What may go out, one entry per destination, sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub egress: Option<Vec<GroupRule>>,
}

/// One entry of a security group: a protocol, ports, and exactly one peer.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct GroupRule {
    /// `all`, `tcp`, `udp`, `icmp`, `icmpv6`, or the protocol's number.
    pub protocol: String,
    /// First port, or ICMP type; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_port: Option<i32>,
    /// Last port, or ICMP code; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_port: Option<i32>,
    /// IPv4 range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidr_ipv4: Option<String>,
    /// IPv6 range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidr_ipv6: Option<String>,
    /// Prefix list id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix_list_id: Option<String>,
    /// Security group id; `self` for the group itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// Account of that group, when it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_account: Option<String>,
    /// Description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// `AWS::EC2::NetworkInterface`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NetworkInterface {
    /// `interface`, `lambda`, `nat_gateway`, …
    pub interface_type: String,
    /// VPC id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// Subnet id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet_id: Option<String>,
    /// Security group ids, sorted.
    #[serde(default)]
    pub security_groups: Vec<String>,
    /// Public IPv4 address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_ip: Option<String>,
    /// IPv6 addresses, sorted.
    #[serde(default)]
    pub ipv6_addresses: Vec<String>,
    /// IPv6 ranges of which every address is the interface's, sorted: those of containers. IPv4
    /// ranges are always private.
    #[serde(default)]
    pub ipv6_prefixes: Vec<String>,
    /// Instance it is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// Whether it drops traffic that is neither from nor for its own addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_dest_check: Option<bool>,
}

/// `AWS::EC2::PrefixList`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PrefixList {
    /// `IPv4` or `IPv6`.
    pub address_family: String,
    /// Owner account, or `AWS`.
    pub owner: String,
    /// CIDR ranges, sorted; absent when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<String>>,
}

/// `AWS::EC2::VPC`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Vpc {
    /// IPv4 and IPv6 ranges, sorted.
    #[serde(default)]
    pub cidr_blocks: Vec<String>,
    /// Whether AWS made it.
    pub is_default: bool,
}

/// `AWS::EC2::Subnet`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subnet {
    /// VPC id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// Availability zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// IPv4 range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidr_block: Option<String>,
    /// Whether instances get a public IPv4 address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map_public_ip_on_launch: Option<bool>,
}

/// `AWS::EC2::NetworkAcl`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NetworkAcl {
    /// VPC id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// Whether it is the VPC's default.
    pub is_default: bool,
    /// Subnets it guards, sorted.
    #[serde(default)]
    pub subnet_ids: Vec<String>,
    /// Entries, sorted by direction and number; the first that matches decides.
    #[serde(default)]
    pub entries: Vec<NetworkAclEntry>,
}

/// One entry of a network ACL.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct NetworkAclEntry {
    /// Whether it is about traffic that leaves.
    pub egress: bool,
    /// Rule number; 32767 is the final deny.
    pub number: i32,
    /// Whether it allows.
    pub allow: bool,
    /// `all`, `tcp`, `udp`, `icmp`, `icmpv6`, or the number.
    pub protocol: String,
    /// First port; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_port: Option<i32>,
    /// Last port; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_port: Option<i32>,
    /// IPv4 range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidr_ipv4: Option<String>,
    /// IPv6 range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidr_ipv6: Option<String>,
}

/// `AWS::EC2::FlowLog`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowLog {
    /// Id of the VPC, subnet or interface it records.
    pub resource_id: String,
    /// `ALL`, `ACCEPT` or `REJECT`.
    pub traffic_type: String,
    /// `ACTIVE` when it is recording.
    pub status: String,
    /// ARN or name of the destination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
    /// Whether its records arrive, which is no drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<FlowLogObserved>,
}

/// What was seen of a flow log, without anybody configuring it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowLogObserved {
    /// `SUCCESS` or `FAILED`; absent while nothing was to be delivered yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliver_status: Option<String>,
    /// Why delivery failed, in AWS's words: `Access error`, `Rate limited`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliver_error: Option<String>,
}

/// `AWS::EC2::Instance`. Terminated instances are not resources.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Instance {
    /// VPC id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// Subnet id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet_id: Option<String>,
    /// Security group ids, sorted.
    #[serde(default)]
    pub security_groups: Vec<String>,
    /// Public IPv4 address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_ip: Option<String>,
    /// ARN of the instance profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_profile: Option<String>,
    /// Instance metadata service options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_options: Option<MetadataOptions>,
    /// Network interfaces attached to it, sorted.
    #[serde(default)]
    pub network_interface_ids: Vec<String>,
    /// Whether it may run Nitro enclaves: memory and CPU that not even its administrator sees into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enclave_enabled: Option<bool>,
    /// The image it was launched from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_id: Option<String>,
    /// `hvm` or `paravirtual`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtualization_type: Option<String>,
    /// Whether metrics come every minute, not every five.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detailed_monitoring: Option<bool>,
    /// What runs at its first start, without its text; absent (and not unknown) when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_data: Option<UserData>,
    /// What it does, which is no drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<InstanceObserved>,
}

/// What was seen of an instance, without anybody configuring it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstanceObserved {
    /// `running`, `stopped` or `shutting-down`; one that starts is running, one that stops is stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The day of its last start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub launched: Option<Timestamp>,
    /// The day since which it is stopped; unknown where AWS does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub stopped_since: Option<Timestamp>,
    /// What has become of the image it was launched from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageStanding>,
}

/// What has become of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImageStanding {
    /// Whether the account can still see it: not deregistered, and still shared.
    pub available: bool,
    /// Account of its owner, or `amazon`, `aws-marketplace`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The day from which its owner calls it deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub deprecated: Option<Timestamp>,
}

/// Options of the instance metadata service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MetadataOptions {
    /// `required` (IMDSv2 only), `optional` or `no-preference`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_tokens: Option<String>,
    /// `enabled`, `disabled` or `no-preference`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_endpoint: Option<String>,
    /// Hops a reply may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_put_response_hop_limit: Option<i32>,
}

/// `AWS::EC2::Volume`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Volume {
    /// Whether it is encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
    /// KMS key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    /// Instances it is attached to, sorted.
    #[serde(default)]
    pub instance_ids: Vec<String>,
    /// The snapshot it was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<String>,
}

/// `Plimsoll::EC2::RegionSettings`: what holds for EC2 in one account and region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RegionSettings {
    /// Whether new volumes are encrypted by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ebs_encryption_by_default: Option<bool>,
    /// Metadata options of new instances; absent (and not unknown) when none were set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_defaults: Option<MetadataOptions>,
    /// `block-all-sharing`, `block-new-sharing` or `unblocked`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_block_public_access: Option<String>,
    /// `block-new-sharing` or `unblocked`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_block_public_access: Option<String>,
    /// What VPCs are cut off from at internet gateways: `off`, `block-ingress` or
    /// `block-bidirectional`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_block_public_access: Option<String>,
}

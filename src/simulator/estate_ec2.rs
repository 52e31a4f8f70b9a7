//! What EC2 holds in one region of an account.

use serde::{Deserialize, Serialize};

use super::estate::{Tags, is_default};
use super::estate_compute::{Image, LaunchTemplate, Snapshot, SpotFleet};
use super::estate_network::Network;

/// One region.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Settings of the whole region.
    #[serde(default)]
    pub settings: Settings,
    /// VPCs.
    #[serde(default)]
    pub vpcs: Vec<Vpc>,
    /// Subnets.
    #[serde(default)]
    pub subnets: Vec<Subnet>,
    /// Network ACLs.
    #[serde(default)]
    pub network_acls: Vec<NetworkAcl>,
    /// Flow logs.
    #[serde(default)]
    pub flow_logs: Vec<FlowLog>,
    /// Prefix lists.
    #[serde(default)]
    pub prefix_lists: Vec<PrefixList>,
    /// Security groups.
    #[serde(default)]
    pub security_groups: Vec<SecurityGroup>,
    /// Interfaces that belong to no instance; each instance has one of its own besides.
    #[serde(default)]
    pub interfaces: Vec<Interface>,
    /// Instances.
    #[serde(default)]
    pub instances: Vec<Instance>,
    /// Volumes.
    #[serde(default)]
    pub volumes: Vec<Volume>,
    /// Snapshots of volumes.
    #[serde(default)]
    pub snapshots: Vec<Snapshot>,
    /// Images, the account's own and those of others that instances run on.
    #[serde(default)]
    pub images: Vec<Image>,
    /// Launch templates.
    #[serde(default)]
    pub launch_templates: Vec<LaunchTemplate>,
    /// Spot fleet requests.
    #[serde(default)]
    pub spot_fleets: Vec<SpotFleet>,
    /// What AWS Backup has backed up: ids of volumes and instances, or ARNs.
    #[serde(default)]
    pub backed_up: Vec<String>,
    /// What stands between networks.
    #[serde(default, skip_serializing_if = "is_default")]
    pub network: Network,
}

/// Settings of a region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// New volumes are encrypted.
    #[serde(default)]
    pub ebs_encryption: bool,
    /// `required` or `optional` metadata tokens for new instances; absent when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_tokens: Option<String>,
    /// `block-all-sharing`, `block-new-sharing` or (absent) `unblocked`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_block: Option<String>,
    /// `block-new-sharing` or (absent) `unblocked`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_block: Option<String>,
    /// `block-ingress`, `block-bidirectional` or (absent) `off`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_block: Option<String>,
}

/// A VPC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// IPv4 ranges, the primary one first.
    pub ranges: Vec<String>,
    /// IPv6 range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6_range: Option<String>,
    /// Whether AWS made it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_default: bool,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A subnet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// VPC id.
    pub vpc: String,
    /// Availability zone.
    pub zone: String,
    /// IPv4 range.
    pub range: String,
    /// Whether new interfaces get a public address.
    #[serde(default, skip_serializing_if = "is_default")]
    pub public_addresses: bool,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A network ACL. The final deny of each direction is not listed: AWS adds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkAcl {
    /// `acl-…`.
    pub id: String,
    /// VPC id.
    pub vpc: String,
    /// Whether it is the VPC's default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_default: bool,
    /// Subnets it guards.
    #[serde(default, skip_serializing_if = "is_default")]
    pub subnets: Vec<String>,
    /// Entries.
    pub entries: Vec<AclEntry>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// One entry of a network ACL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AclEntry {
    /// Whether it is about traffic that leaves.
    #[serde(default, skip_serializing_if = "is_default")]
    pub egress: bool,
    /// Number; the lowest that matches decides.
    pub number: u16,
    /// Whether it denies.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deny: bool,
    /// `all`, `tcp`, `udp` or `icmp`.
    pub protocol: String,
    /// First and last port; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<(u16, u16)>,
    /// IPv4 or IPv6 range.
    pub range: String,
}

/// A flow log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowLog {
    /// `fl-…`.
    pub id: String,
    /// VPC, subnet or interface it records.
    pub of: String,
    /// `ALL`, `ACCEPT` or `REJECT`.
    pub traffic: String,
    /// Name of a log group, or ARN of a bucket.
    pub to: String,
    /// Why its records do not arrive, if so: `Access error`, `Rate limited`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// When it was created.
    pub created_days_ago: i64,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A prefix list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrefixList {
    /// `pl-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether AWS owns it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub of_aws: bool,
    /// Ranges; all IPv4 or all IPv6.
    pub entries: Vec<String>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A security group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroup {
    /// `sg-…`.
    pub id: String,
    /// Its name; `default` for a VPC's default group.
    pub name: String,
    /// Description.
    pub description: String,
    /// VPC id.
    pub vpc: String,
    /// What may come in.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ingress: Vec<Opening>,
    /// What may go out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub egress: Vec<Opening>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A protocol and ports that some peers may use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// `all`, `tcp`, `udp`, `icmp`, `icmpv6`, or a number.
    pub protocol: String,
    /// First and last port; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<(u16, u16)>,
    /// Ranges (`10.0.0.0/8`, `::/0`), prefix lists (`pl-…`), groups (`sg-…`, `111122223333/sg-…`).
    pub peers: Vec<String>,
    /// Description, of each peer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A network interface that is not an instance's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// `eni-…`.
    pub id: String,
    /// `interface`, `lambda`, `nat_gateway`, …
    pub kind: String,
    /// Description.
    #[serde(default, skip_serializing_if = "is_default")]
    pub description: String,
    /// Subnet id.
    pub subnet: String,
    /// Security group ids.
    #[serde(default, skip_serializing_if = "is_default")]
    pub groups: Vec<String>,
    /// Private address.
    pub address: String,
    /// Public address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_address: Option<String>,
    /// IPv6 addresses.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ipv6_addresses: Vec<String>,
    /// IPv6 ranges of which every address is the interface's.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ipv6_prefixes: Vec<String>,
    /// Whether it passes on what is neither from nor for itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub forwards: bool,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// An instance. Its interface has the same suffix: `i-0a` has `eni-0a`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// `i-…`.
    pub id: String,
    /// Instance type.
    #[serde(rename = "type")]
    pub instance_type: String,
    /// `running`, `stopped` or `terminated`.
    #[serde(default = "running")]
    pub state: String,
    /// When it was launched.
    pub launched_days_ago: i64,
    /// Subnet id.
    pub subnet: String,
    /// Security group ids.
    pub groups: Vec<String>,
    /// Private address.
    pub address: String,
    /// Public address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_address: Option<String>,
    /// Name of the instance profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Metadata tokens: `required` or `optional`.
    pub metadata_tokens: String,
    /// Hops a metadata reply may take.
    #[serde(default = "one_hop")]
    pub metadata_hops: u8,
    /// Image it was launched from.
    #[serde(default = "usual_image")]
    pub image: String,
    /// When it was stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_days_ago: Option<i64>,
    /// Whether it may run enclaves.
    #[serde(default, skip_serializing_if = "is_default")]
    pub enclave: bool,
    /// `paravirtual` for very old ones; absent for `hvm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtualization: Option<String>,
    /// Whether metrics come every minute.
    #[serde(default, skip_serializing_if = "is_default")]
    pub monitored: bool,
    /// What it ran at its first start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_data: Option<String>,
    /// Whether an AWS service manages it, its interface and its volumes, and the account hides that.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hidden: bool,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// `vol-…`.
    pub id: String,
    /// Availability zone.
    pub zone: String,
    /// Size in GiB.
    pub gib: u32,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// ARN of the KMS key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Instance it is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// When it was created.
    pub created_days_ago: i64,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

fn running() -> String {
    "running".to_owned()
}

fn usual_image() -> String {
    "ami-0a1b2c3d4e5f60718".to_owned()
}

fn one_hop() -> u8 {
    1
}

//! Facts of what the network admits: of security groups, network ACLs, instances, subnets and VPCs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fact, Pointer};

/// Traffic that the world may send: a protocol and a range of ports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Reach {
    /// `all`, `tcp`, `udp`, `icmp`, `icmpv6`, or the protocol's number.
    pub protocol: String,
    /// First port, 0 to 65535; for ICMP 0 to 65535 stands for all types.
    pub from_port: u16,
    /// Last port.
    pub to_port: u16,
    /// `ipv4` or `ipv6`.
    pub family: String,
    /// The entries that admit it: those that are the world by themselves or, when it takes
    /// several, all that hold public addresses.
    pub because: Vec<Pointer>,
    /// The ranges and prefix lists that these entries name, sorted.
    #[serde(default)]
    pub sources: Vec<String>,
}

/// Facts of a security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecurityGroupFacts {
    /// What may come in from the world: addresses of all entries united, prefix lists resolved.
    /// The world is at least a quarter of the public unicast addresses of a family (see
    /// `network::is_world`). `all` means every protocol on every port, and where it is
    /// open no other protocol of that family is listed.
    pub world_ingress: Fact<Vec<Reach>>,
    /// What may go out to the world.
    pub world_egress: Fact<Vec<Reach>>,
    /// Whether a network interface or an instance uses the group.
    pub in_use: Fact<bool>,
    /// The other groups that entries name, as far as it is known whether they exist.
    #[serde(default)]
    pub group_references: Fact<Vec<GroupReference>>,
    /// The prefix lists that entries name, and who may change them.
    #[serde(default)]
    pub prefix_lists: Fact<Vec<PrefixListReference>>,
    /// For each direction and family the most public addresses that any port is open to, short of
    /// the world. Prefix lists of AWS are left aside: they hold AWS's own addresses.
    #[serde(default)]
    pub public_ranges: Fact<Vec<PublicRange>>,
    /// Single public addresses that may come in.
    #[serde(default)]
    pub public_hosts: Fact<Vec<PublicHost>>,
    /// Entries that admit nothing which one other entry does not admit.
    #[serde(default)]
    pub shadowed: Fact<Vec<ShadowedEntry>>,
}

/// An entry of a security group that names another group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct GroupReference {
    /// `ingress` or `egress`.
    pub direction: String,
    /// Group id.
    pub group: String,
    /// Its account.
    pub account: String,
    /// Whether there is such a group.
    pub exists: bool,
    /// The entry.
    pub because: Vec<Pointer>,
}

/// An entry of a security group that names a prefix list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PrefixListReference {
    /// `ingress` or `egress`.
    pub direction: String,
    /// Prefix list id.
    pub prefix_list: String,
    /// Its owner's account, or `AWS`.
    pub owner: String,
    /// The entry.
    pub because: Vec<Pointer>,
}

/// Public addresses that a range of ports is open to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PublicRange {
    /// `ingress` or `egress`.
    pub direction: String,
    /// `ipv4` or `ipv6`.
    #[serde(default = "ipv4")]
    pub family: String,
    /// How many public IPv4 addresses; of IPv6, how many networks of /48, as one site has, the
    /// last one counted whole.
    pub addresses: u64,
    /// `all`, `tcp`, `udp`, `icmp`, `icmpv6`, or the protocol's number.
    pub protocol: String,
    /// First port.
    pub from_port: u16,
    /// Last port.
    pub to_port: u16,
    /// The entries that hold them.
    pub because: Vec<Pointer>,
    /// The ranges and prefix lists that these entries name, sorted.
    #[serde(default)]
    pub sources: Vec<String>,
}

fn ipv4() -> String {
    "ipv4".to_owned()
}

/// An entry of a security group for one public address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PublicHost {
    /// The address, as its entry writes it.
    pub address: String,
    /// The entry, in words: `tcp 22 from 8.8.8.8/32`.
    pub entry: String,
    /// The entry.
    pub because: Vec<Pointer>,
}

/// An entry of a security group without effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ShadowedEntry {
    /// `ingress` or `egress`.
    pub direction: String,
    /// The entry, in words: `tcp 22 from 10.1.0.0/16`.
    pub entry: String,
    /// The wider one, in words.
    pub wider: String,
    /// The entry.
    pub because: Vec<Pointer>,
}

/// Facts of a network ACL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NetworkAclFacts {
    /// What may come in from the world after the ordered entries are applied.
    pub world_ingress: Fact<Vec<Reach>>,
}

/// Facts of a VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VpcFacts {
    /// Whether an active flow log of rejected traffic, or of all, records the VPC itself.
    pub flow_logged: Fact<bool>,
    /// Availability zones of its subnets, sorted; unknown while there may be more than the one
    /// that is known.
    #[serde(default)]
    pub zones: Fact<Vec<String>>,
    /// Its subnets from which a route leads to an internet gateway, sorted.
    #[serde(default)]
    pub public_subnets: Fact<Vec<String>>,
    /// Its other subnets, sorted.
    #[serde(default)]
    pub private_subnets: Fact<Vec<String>>,
    /// Services that have an available interface endpoint in it, sorted: `ec2`, `ecr.api`, …
    #[serde(default)]
    pub interface_endpoints: Fact<Vec<String>>,
}

/// Facts of a subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubnetFacts {
    /// Whether its route table (its own, or else the main one of the VPC) leads the world's
    /// addresses to an internet gateway.
    #[serde(default)]
    pub internet_routed: Fact<bool>,
}

/// Facts of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstanceFacts {
    /// The public addresses of its interfaces: public IPv4 addresses, and IPv6 addresses that are
    /// not local, whether they are routed or not.
    #[serde(default)]
    pub public_addresses: Fact<Vec<PublicAddress>>,
    /// What the world can send to the instance: for each interface with a public address, what
    /// its security groups and the network ACL of its subnet both admit from addresses that the
    /// subnet routes to an internet gateway. Where VPC block public access is on, that waits for
    /// its exclusions. Paths through load balancers and firewall endpoints are left aside.
    #[serde(default)]
    pub world_reach: Fact<Vec<WorldReach>>,
}

/// A public address of an instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PublicAddress {
    /// The address.
    pub address: String,
    /// `ipv4` or `ipv6`.
    pub family: String,
    /// The interface that holds it; absent when only the instance tells of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// Where the instance's document tells of it.
    #[serde(default)]
    pub because: Vec<Pointer>,
}

/// Traffic that the world can send to an instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct WorldReach {
    /// `all`, `tcp`, `udp`, `icmp`, `icmpv6`, or the protocol's number.
    pub protocol: String,
    /// First port, 0 to 65535; for ICMP 0 to 65535 stands for all types.
    pub from_port: u16,
    /// Last port.
    pub to_port: u16,
    /// `ipv4` or `ipv6`.
    pub family: String,
    /// The address that it is sent to.
    pub address: String,
    /// Security groups that admit it, sorted.
    #[serde(default)]
    pub groups: Vec<String>,
    /// The ranges and prefix lists that their entries name, sorted.
    #[serde(default)]
    pub sources: Vec<String>,
    /// The places in other documents that it rests on, `<resource id>#<pointer>`: entries of
    /// groups and of the network ACL, and routes. Sorted.
    #[serde(default)]
    pub through: Vec<String>,
    /// The places in the instance's document that it rests on.
    #[serde(default)]
    pub because: Vec<Pointer>,
    /// Whether the instance is stopped, so that the traffic arrives only once it runs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
}

//! EC2's answers as resources of the model.

use aws_sdk_ec2::types::{self as sdk, IpPermission, Tag};

use super::{Session, filled, sorted};
use crate::model::{
    Configuration, FlowLog, FlowLogObserved, GroupRule, MetadataOptions, NetworkAcl, NetworkAclEntry, NetworkInterface,
    PrefixList, Region, Resource, ResourceId, SecurityGroup, Subnet, Vpc,
};

/// Makes the resources of one region.
pub(super) struct Convert<'a> {
    pub(super) session: &'a Session,
    pub(super) region: &'a Region,
}

impl Convert<'_> {
    pub(super) fn arn(&self, kind: &str, id: &str) -> ResourceId {
        self.session.arn("ec2", self.region.as_str(), &format!("{kind}/{id}"))
    }

    /// A resource that people know by its `Name` tag, or else by its id.
    pub(super) fn resource(
        &self,
        arn: ResourceId,
        id: &str,
        list: &[Tag],
        configuration: impl Into<Configuration>,
    ) -> Resource {
        let tags = super::tags(list, |tag| (tag.key(), tag.value()));
        let name = tags.get("Name").filter(|name| !name.is_empty()).map_or(id, String::as_str).to_owned();
        let mut resource = Resource::new(arn, self.session.account.clone(), self.region.clone(), name, configuration);
        resource.tags = tags;
        resource
    }

    pub(super) fn security_group(&self, group: &sdk::SecurityGroup) -> Resource {
        let id = group.group_id().unwrap_or_default();
        let name = group.group_name().unwrap_or(id);
        let own = OwnGroup { id, account: self.session.account.as_str() };
        let configuration = SecurityGroup {
            group_name: name.to_owned(),
            description: group.description().unwrap_or_default().to_owned(),
            vpc_id: filled(group.vpc_id()),
            ingress: Some(group_rules(group.ip_permissions(), own)),
            egress: Some(group_rules(group.ip_permissions_egress(), own)),
        };
        let arn = self.arn("security-group", id);
        Resource { name: name.to_owned(), ..self.resource(arn, id, group.tags(), configuration) }
    }

    pub(super) fn interface(&self, interface: &sdk::NetworkInterface) -> Resource {
        let id = interface.network_interface_id().unwrap_or_default();
        let groups = interface.groups().iter().filter_map(|group| filled(group.group_id()));
        let addresses = interface.ipv6_addresses().iter().filter_map(|address| filled(address.ipv6_address()));
        let prefixes = interface.ipv6_prefixes().iter().filter_map(|prefix| filled(prefix.ipv6_prefix()));
        let configuration = NetworkInterface {
            interface_type: interface.interface_type().map_or("interface", |kind| kind.as_str()).to_owned(),
            vpc_id: filled(interface.vpc_id()),
            subnet_id: filled(interface.subnet_id()),
            security_groups: sorted(groups),
            public_ip: interface.association().and_then(|association| filled(association.public_ip())),
            ipv6_addresses: sorted(addresses),
            ipv6_prefixes: sorted(prefixes),
            instance_id: interface.attachment().and_then(|attachment| filled(attachment.instance_id())),
            source_dest_check: interface.source_dest_check(),
        };
        self.resource(self.arn("network-interface", id), id, interface.tag_set(), configuration)
    }

    pub(super) fn vpc(&self, vpc: &sdk::Vpc) -> Resource {
        let id = vpc.vpc_id().unwrap_or_default();
        let ipv4 = vpc.cidr_block_association_set().iter().filter_map(|block| filled(block.cidr_block()));
        let ipv6 = vpc.ipv6_cidr_block_association_set().iter().filter_map(|block| filled(block.ipv6_cidr_block()));
        let mut cidr_blocks = sorted(ipv4.chain(ipv6).chain(filled(vpc.cidr_block())));
        cidr_blocks.dedup();
        let configuration = Vpc { cidr_blocks, is_default: vpc.is_default().unwrap_or_default() };
        self.resource(self.arn("vpc", id), id, vpc.tags(), configuration)
    }

    pub(super) fn subnet(&self, subnet: &sdk::Subnet) -> Resource {
        let id = subnet.subnet_id().unwrap_or_default();
        let configuration = Subnet {
            vpc_id: filled(subnet.vpc_id()),
            availability_zone: filled(subnet.availability_zone()),
            cidr_block: filled(subnet.cidr_block()),
            map_public_ip_on_launch: subnet.map_public_ip_on_launch(),
        };
        let path = format!("subnet/{id}");
        let arn = self.session.given_arn(subnet.subnet_arn(), "ec2", self.region.as_str(), &path);
        self.resource(arn, id, subnet.tags(), configuration)
    }

    pub(super) fn network_acl(&self, acl: &sdk::NetworkAcl) -> Resource {
        let id = acl.network_acl_id().unwrap_or_default();
        let configuration = NetworkAcl {
            vpc_id: filled(acl.vpc_id()),
            is_default: acl.is_default().unwrap_or_default(),
            subnet_ids: sorted(acl.associations().iter().filter_map(|association| filled(association.subnet_id()))),
            entries: sorted(acl.entries().iter().map(acl_entry)),
        };
        self.resource(self.arn("network-acl", id), id, acl.tags(), configuration)
    }

    pub(super) fn flow_log(&self, flow_log: &sdk::FlowLog) -> Resource {
        let id = flow_log.flow_log_id().unwrap_or_default();
        let configuration = FlowLog {
            resource_id: flow_log.resource_id().unwrap_or_default().to_owned(),
            traffic_type: flow_log.traffic_type().map_or("ALL", |traffic| traffic.as_str()).to_owned(),
            status: flow_log.flow_log_status().unwrap_or_default().to_owned(),
            destination: filled(flow_log.log_destination()).or_else(|| filled(flow_log.log_group_name())),
            observed: Some(FlowLogObserved {
                deliver_status: filled(flow_log.deliver_logs_status()),
                deliver_error: filled(flow_log.deliver_logs_error_message()),
            }),
        };
        self.resource(self.arn("vpc-flow-log", id), id, flow_log.tags(), configuration)
    }

    pub(super) fn prefix_list(
        &self,
        list: &sdk::ManagedPrefixList,
        entries: Option<&[sdk::PrefixListEntry]>,
    ) -> Resource {
        let id = list.prefix_list_id().unwrap_or_default();
        let cidrs = entries.map(|entries| sorted(entries.iter().filter_map(|entry| filled(entry.cidr()))));
        let configuration = PrefixList {
            address_family: list.address_family().unwrap_or_default().to_owned(),
            owner: list.owner_id().unwrap_or_default().to_owned(),
            entries: cidrs,
        };
        let path = format!("prefix-list/{id}");
        let arn = self.session.given_arn(list.prefix_list_arn(), "ec2", self.region.as_str(), &path);
        let name = list.prefix_list_name().unwrap_or(id).to_owned();
        Resource { name, ..self.resource(arn, id, list.tags(), configuration) }
    }
}

/// Metadata defaults, when any was set.
pub(super) fn metadata_defaults(defaults: &sdk::InstanceMetadataDefaultsResponse) -> Option<MetadataOptions> {
    let options = MetadataOptions {
        http_tokens: defaults.http_tokens().map(|tokens| tokens.as_str().to_owned()),
        http_endpoint: defaults.http_endpoint().map(|endpoint| endpoint.as_str().to_owned()),
        http_put_response_hop_limit: defaults.http_put_response_hop_limit(),
    };
    (options != MetadataOptions::default()).then_some(options)
}

/// The group whose rules are read, to recognise references to itself.
#[derive(Debug, Clone, Copy)]
struct OwnGroup<'a> {
    id: &'a str,
    account: &'a str,
}

/// One rule for each source, sorted.
fn group_rules(permissions: &[IpPermission], own: OwnGroup<'_>) -> Vec<GroupRule> {
    let mut rules = sorted(permissions.iter().flat_map(|permission| split(permission, own)));
    rules.dedup();
    rules
}

fn split(permission: &IpPermission, own: OwnGroup<'_>) -> Vec<GroupRule> {
    let protocol = protocol(permission.ip_protocol().unwrap_or("-1"));
    let (from_port, to_port) = ports(&protocol, permission.from_port(), permission.to_port());
    let rule = |description: Option<&str>| GroupRule {
        protocol: protocol.clone(),
        from_port,
        to_port,
        description: filled(description),
        ..GroupRule::default()
    };
    let ipv4 = permission
        .ip_ranges()
        .iter()
        .map(|range| GroupRule { cidr_ipv4: filled(range.cidr_ip()), ..rule(range.description()) });
    let ipv6 = permission
        .ipv6_ranges()
        .iter()
        .map(|range| GroupRule { cidr_ipv6: filled(range.cidr_ipv6()), ..rule(range.description()) });
    let lists = permission
        .prefix_list_ids()
        .iter()
        .map(|list| GroupRule { prefix_list_id: filled(list.prefix_list_id()), ..rule(list.description()) });
    let groups = permission.user_id_group_pairs().iter().map(|pair| {
        let itself = pair.group_id() == Some(own.id);
        GroupRule {
            group_id: if itself { Some("self".to_owned()) } else { filled(pair.group_id()) },
            group_account: filled(pair.user_id()).filter(|account| account != own.account),
            ..rule(pair.description())
        }
    });
    ipv4.chain(ipv6).chain(lists).chain(groups).collect()
}

/// The name of a protocol that has one in security groups, or else its number.
fn protocol(text: &str) -> String {
    match text {
        "-1" => "all",
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "58" => "icmpv6",
        other => other,
    }
    .to_owned()
}

/// Absent where all are meant: for `all`, and −1 for any ICMP type or code.
fn ports(protocol: &str, from: Option<i32>, to: Option<i32>) -> (Option<i32>, Option<i32>) {
    if protocol == "all" {
        return (None, None);
    }
    (from.filter(|port| *port != -1), to.filter(|port| *port != -1))
}

fn acl_entry(entry: &sdk::NetworkAclEntry) -> NetworkAclEntry {
    let protocol = protocol(entry.protocol().unwrap_or("-1"));
    let (from, to) = match (entry.port_range(), entry.icmp_type_code()) {
        (Some(range), _) => (range.from(), range.to()),
        (None, Some(icmp)) => (icmp.r#type(), icmp.code()),
        (None, None) => (None, None),
    };
    let (from_port, to_port) = ports(&protocol, from, to);
    NetworkAclEntry {
        egress: entry.egress().unwrap_or_default(),
        number: entry.rule_number().unwrap_or_default(),
        allow: entry.rule_action() == Some(&sdk::RuleAction::Allow),
        protocol,
        from_port,
        to_port,
        cidr_ipv4: filled(entry.cidr_block()),
        cidr_ipv6: filled(entry.ipv6_cidr_block()),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{IpRange, Ipv6Range, PrefixListId, UserIdGroupPair};

    use super::*;

    const OWN: OwnGroup<'_> = OwnGroup { id: "sg-1", account: "111122223333" };

    #[test]
    fn each_source_is_a_rule_of_its_own() {
        let permission = IpPermission::builder()
            .ip_protocol("6")
            .from_port(443)
            .to_port(443)
            .ip_ranges(IpRange::builder().cidr_ip("10.0.0.0/8").description("office").build())
            .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build())
            .ipv6_ranges(Ipv6Range::builder().cidr_ipv6("::/0").build())
            .prefix_list_ids(PrefixListId::builder().prefix_list_id("pl-1").build())
            .user_id_group_pairs(UserIdGroupPair::builder().group_id("sg-1").user_id("111122223333").build())
            .user_id_group_pairs(UserIdGroupPair::builder().group_id("sg-2").user_id("444455556666").build())
            .build();
        let rules = group_rules(&[permission.clone(), permission], OWN);
        assert_eq!(rules.len(), 6);
        assert!(rules.iter().all(|rule| rule.protocol == "tcp" && rule.from_port == Some(443)));
        assert!(rules.is_sorted());
        let groups: Vec<_> =
            rules.iter().filter_map(|rule| Some((rule.group_id.as_deref()?, rule.group_account.as_deref()))).collect();
        assert_eq!(groups, [("self", None), ("sg-2", Some("444455556666"))]);
    }

    #[test]
    fn all_protocols_have_no_ports_and_any_icmp_type_is_absent() {
        assert_eq!(ports("all", Some(-1), Some(-1)), (None, None));
        assert_eq!(ports("icmp", Some(-1), Some(-1)), (None, None));
        assert_eq!(ports("icmp", Some(8), Some(-1)), (Some(8), None));
        assert_eq!(ports("tcp", Some(0), Some(65_535)), (Some(0), Some(65_535)));
        assert_eq!((protocol("-1"), protocol("tcp"), protocol("50")), ("all".into(), "tcp".into(), "50".into()));
    }

    #[test]
    fn no_defaults_set_is_absent() {
        assert_eq!(metadata_defaults(&sdk::InstanceMetadataDefaultsResponse::builder().build()), None);
    }
}

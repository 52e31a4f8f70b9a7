//! How EC2 writes one VPC, interface, instance, …, and what filters see of it.

use super::ec2::Place;
use super::estate::{Tags, hex_id};
use super::estate_ec2::{AclEntry, FlowLog, Instance, Interface, NetworkAcl, PrefixList, Region, Subnet, Volume, Vpc};
use super::s3::instant;
use super::xml::Xml;

/// What a filter compares with; nothing when there is no such filter.
pub(super) type Values = Option<Vec<String>>;

#[expect(clippy::unnecessary_wraps, reason = "every filter that is known has values")]
pub(super) fn value(text: &str) -> Values {
    Some(vec![text.to_owned()])
}

pub(super) fn tag_set(xml: &mut Xml, tags: &Tags) {
    xml.list("tagSet", "item", tags, |xml, (key, value)| {
        xml.text("key", key);
        xml.text("value", value);
    });
}

pub(super) fn vpc_attribute(vpc: &Vpc, filter: &str) -> Values {
    match filter {
        "vpc-id" => value(&vpc.id),
        "cidr" => value(vpc.ranges.first()?),
        "state" => value("available"),
        "is-default" | "isDefault" => value(&vpc.is_default.to_string()),
        _ => None,
    }
}

pub(super) fn vpc(xml: &mut Xml, place: &Place<'_>, vpc: &Vpc) {
    xml.text("vpcId", &vpc.id);
    xml.text("ownerId", &place.account.id);
    xml.text("state", "available");
    xml.maybe("cidrBlock", vpc.ranges.first());
    xml.list("cidrBlockAssociationSet", "item", &vpc.ranges, |xml, range| {
        xml.text("associationId", hex_id("vpc-cidr-assoc", &format!("{}/{range}", vpc.id)));
        xml.text("cidrBlock", range);
        xml.element("cidrBlockState", |xml| xml.text("state", "associated"));
    });
    xml.list("ipv6CidrBlockAssociationSet", "item", &vpc.ipv6_range, |xml, range| {
        xml.text("associationId", hex_id("vpc-cidr-assoc", &format!("{}/{range}", vpc.id)));
        xml.text("ipv6CidrBlock", range);
        xml.element("ipv6CidrBlockState", |xml| xml.text("state", "associated"));
    });
    xml.text("dhcpOptionsId", "dopt-0a1b2c3d4e5f60718");
    xml.text("instanceTenancy", "default");
    xml.text("isDefault", vpc.is_default);
    tag_set(xml, &vpc.tags);
}

pub(super) fn subnet_attribute(subnet: &Subnet, filter: &str) -> Values {
    match filter {
        "subnet-id" => value(&subnet.id),
        "vpc-id" => value(&subnet.vpc),
        "availability-zone" => value(&subnet.zone),
        "state" => value("available"),
        _ => None,
    }
}

pub(super) fn subnet(xml: &mut Xml, place: &Place<'_>, subnet: &Subnet) {
    xml.text("subnetId", &subnet.id);
    xml.text("subnetArn", format!("arn:aws:ec2:{}:{}:subnet/{}", place.region_name, place.account.id, subnet.id));
    xml.text("ownerId", &place.account.id);
    xml.text("state", "available");
    xml.text("vpcId", &subnet.vpc);
    xml.text("cidrBlock", &subnet.range);
    xml.text("availabilityZone", &subnet.zone);
    xml.text("availableIpAddressCount", 251);
    xml.text("defaultForAz", false);
    xml.text("mapPublicIpOnLaunch", subnet.public_addresses);
    xml.text("assignIpv6AddressOnCreation", false);
    tag_set(xml, &subnet.tags);
}

pub(super) fn network_acl_attribute(acl: &NetworkAcl, filter: &str) -> Values {
    match filter {
        "network-acl-id" => value(&acl.id),
        "vpc-id" => value(&acl.vpc),
        "default" => value(&acl.is_default.to_string()),
        "association.subnet-id" => Some(acl.subnets.clone()),
        _ => None,
    }
}

pub(super) fn network_acl(xml: &mut Xml, place: &Place<'_>, acl: &NetworkAcl) {
    xml.text("networkAclId", &acl.id);
    xml.text("vpcId", &acl.vpc);
    xml.text("ownerId", &place.account.id);
    xml.text("default", acl.is_default);
    let last = |egress, range: &str| AclEntry {
        egress,
        number: 32_767,
        deny: true,
        protocol: "all".to_owned(),
        ports: None,
        range: range.to_owned(),
    };
    let finals = [last(false, "0.0.0.0/0"), last(true, "0.0.0.0/0")];
    xml.list("entrySet", "item", acl.entries.iter().chain(&finals), acl_entry);
    xml.list("associationSet", "item", &acl.subnets, |xml, subnet| {
        xml.text("networkAclAssociationId", hex_id("aclassoc", subnet));
        xml.text("networkAclId", &acl.id);
        xml.text("subnetId", subnet);
    });
    tag_set(xml, &acl.tags);
}

fn acl_entry(xml: &mut Xml, entry: &AclEntry) {
    xml.text("ruleNumber", entry.number);
    xml.text("protocol", protocol_number(&entry.protocol));
    xml.text("ruleAction", if entry.deny { "deny" } else { "allow" });
    xml.text("egress", entry.egress);
    xml.text(if entry.range.contains(':') { "ipv6CidrBlock" } else { "cidrBlock" }, &entry.range);
    match (entry.protocol.as_str(), entry.ports) {
        ("icmp" | "icmpv6", _) => xml.element("icmpTypeCode", |xml| {
            xml.text("type", -1);
            xml.text("code", -1);
        }),
        (_, Some((from, to))) => xml.element("portRange", |xml| {
            xml.text("from", from);
            xml.text("to", to);
        }),
        (_, None) => {}
    }
}

/// Network ACLs know protocols by number.
fn protocol_number(protocol: &str) -> &str {
    match protocol {
        "all" => "-1",
        "icmp" => "1",
        "tcp" => "6",
        "udp" => "17",
        "icmpv6" => "58",
        other => other,
    }
}

pub(super) fn flow_log_attribute(log: &FlowLog, filter: &str) -> Values {
    match filter {
        "flow-log-id" => value(&log.id),
        "resource-id" => value(&log.of),
        "traffic-type" => value(&log.traffic),
        _ => None,
    }
}

pub(super) fn flow_log(xml: &mut Xml, place: &Place<'_>, log: &FlowLog) {
    let to_bucket = log.to.starts_with("arn:aws:s3:");
    xml.text("flowLogId", &log.id);
    xml.text("flowLogStatus", "ACTIVE");
    xml.text("deliverLogsStatus", if log.failure.is_some() { "FAILED" } else { "SUCCESS" });
    xml.maybe("deliverLogsErrorMessage", log.failure.as_ref());
    xml.text("creationTime", instant(place.estate.days_ago(log.created_days_ago)));
    xml.text("resourceId", &log.of);
    xml.text("trafficType", &log.traffic);
    xml.text("logDestinationType", if to_bucket { "s3" } else { "cloud-watch-logs" });
    if to_bucket {
        xml.text("logDestination", &log.to);
    } else {
        xml.text("logGroupName", &log.to);
    }
    xml.text("maxAggregationInterval", 600);
    tag_set(xml, &log.tags);
}

pub(super) fn volume_attribute(volume: &Volume, filter: &str) -> Values {
    match filter {
        "volume-id" => value(&volume.id),
        "encrypted" => value(&volume.encrypted.to_string()),
        "attachment.instance-id" => Some(volume.instance.clone().into_iter().collect()),
        "status" => value(if volume.instance.is_some() { "in-use" } else { "available" }),
        _ => None,
    }
}

pub(super) fn volume(xml: &mut Xml, place: &Place<'_>, volume: &Volume) {
    let created = place.estate.days_ago(volume.created_days_ago);
    xml.text("volumeId", &volume.id);
    xml.text("size", volume.gib);
    xml.text("availabilityZone", &volume.zone);
    xml.text("status", if volume.instance.is_some() { "in-use" } else { "available" });
    xml.text("createTime", instant(created));
    xml.list("attachmentSet", "item", &volume.instance, |xml, instance| {
        xml.text("volumeId", &volume.id);
        xml.text("instanceId", instance);
        xml.text("device", "/dev/xvda");
        xml.text("status", "attached");
        xml.text("attachTime", instant(created));
        xml.text("deleteOnTermination", true);
    });
    xml.text("volumeType", "gp3");
    xml.text("encrypted", volume.encrypted);
    xml.maybe("kmsKeyId", volume.key.as_ref());
    xml.text("multiAttachEnabled", false);
    tag_set(xml, &volume.tags);
}

/// A network interface, an instance's or not.
pub(super) struct Card {
    pub(super) id: String,
    pub(super) tags: Tags,
    pub(super) hidden: bool,
    as_listed: Interface,
    instance: Option<String>,
    vpc: Option<String>,
}

pub(super) fn interfaces(region: &Region) -> Vec<Card> {
    let vpc_of = |subnet: &str| region.subnets.iter().find(|one| one.id == subnet).map(|one| one.vpc.clone());
    let standing = region.interfaces.iter().map(|interface| (interface.clone(), None, false));
    let of_instances = region
        .instances
        .iter()
        .filter(|instance| instance.state != "terminated")
        .map(|instance| (interface_of(instance), Some(instance.id.clone()), instance.hidden));
    standing
        .chain(of_instances)
        .map(|(as_listed, instance, hidden)| Card {
            id: as_listed.id.clone(),
            tags: as_listed.tags.clone(),
            vpc: vpc_of(&as_listed.subnet),
            hidden,
            as_listed,
            instance,
        })
        .collect()
}

fn interface_of(instance: &Instance) -> Interface {
    Interface {
        id: instance.id.replacen("i-", "eni-", 1),
        kind: "interface".to_owned(),
        description: String::new(),
        subnet: instance.subnet.clone(),
        groups: instance.groups.clone(),
        address: instance.address.clone(),
        public_address: instance.public_address.clone(),
        ipv6_addresses: Vec::new(),
        ipv6_prefixes: Vec::new(),
        forwards: false,
        tags: Tags::new(),
    }
}

pub(super) fn interface_attribute(card: &Card, filter: &str) -> Values {
    let interface = &card.as_listed;
    match filter {
        "network-interface-id" => value(&card.id),
        "vpc-id" => Some(card.vpc.clone().into_iter().collect()),
        "subnet-id" => value(&interface.subnet),
        "group-id" => Some(interface.groups.clone()),
        "interface-type" => value(&interface.kind),
        "attachment.instance-id" => Some(card.instance.clone().into_iter().collect()),
        "association.public-ip" => Some(interface.public_address.clone().into_iter().collect()),
        _ => None,
    }
}

pub(super) fn interface(xml: &mut Xml, place: &Place<'_>, card: &Card) {
    let interface = &card.as_listed;
    xml.text("networkInterfaceId", &interface.id);
    xml.text("subnetId", &interface.subnet);
    xml.maybe("vpcId", card.vpc.as_ref());
    let zone = place.region.subnets.iter().find(|subnet| subnet.id == interface.subnet).map(|subnet| &subnet.zone);
    xml.maybe("availabilityZone", zone);
    xml.text("description", &interface.description);
    xml.text("ownerId", &place.account.id);
    xml.text("requesterManaged", interface.kind != "interface");
    xml.text("status", "in-use");
    xml.text("privateIpAddress", &interface.address);
    xml.text("sourceDestCheck", !interface.forwards && interface.kind != "nat_gateway");
    group_set(xml, place.region, &interface.groups);
    if let Some(instance) = &card.instance {
        xml.element("attachment", |xml| {
            xml.text("attachmentId", hex_id("eni-attach", &interface.id));
            xml.text("instanceId", instance);
            xml.text("instanceOwnerId", &place.account.id);
            xml.text("deviceIndex", 0);
            xml.text("status", "attached");
            xml.text("deleteOnTermination", true);
        });
    }
    if let Some(public) = &interface.public_address {
        xml.element("association", |xml| {
            xml.text("publicIp", public);
            xml.text("ipOwnerId", "amazon");
        });
    }
    xml.list("ipv6AddressesSet", "item", &interface.ipv6_addresses, |xml, address| xml.text("ipv6Address", address));
    xml.list("ipv6PrefixSet", "item", &interface.ipv6_prefixes, |xml, prefix| xml.text("ipv6Prefix", prefix));
    xml.text("interfaceType", &interface.kind);
    tag_set(xml, &interface.tags);
}

fn group_set(xml: &mut Xml, region: &Region, groups: &[String]) {
    xml.list("groupSet", "item", groups, |xml, id| {
        xml.text("groupId", id);
        xml.maybe("groupName", region.security_groups.iter().find(|group| group.id == *id).map(|group| &group.name));
    });
}

pub(super) fn instance_attribute(instance: &Instance, filter: &str) -> Values {
    match filter {
        "instance-id" => value(&instance.id),
        "instance-state-name" => value(&instance.state),
        "instance-type" => value(&instance.instance_type),
        "subnet-id" => value(&instance.subnet),
        "instance.group-id" => Some(instance.groups.clone()),
        "metadata-options.http-tokens" => value(&instance.metadata_tokens),
        _ => None,
    }
}

/// Each instance is the only one of its reservation.
pub(super) fn reservation(xml: &mut Xml, place: &Place<'_>, instance: &Instance) {
    xml.text("reservationId", instance.id.replacen("i-", "r-", 1));
    xml.text("ownerId", &place.account.id);
    xml.list("groupSet", "item", Vec::<&str>::new(), |_, _| {});
    xml.list("instancesSet", "item", [instance], |xml, one| write_instance(xml, place, one));
}

fn write_instance(xml: &mut Xml, place: &Place<'_>, instance: &Instance) {
    let code = match instance.state.as_str() {
        "running" => 16,
        "terminated" => 48,
        _ => 80,
    };
    let subnet = place.region.subnets.iter().find(|subnet| subnet.id == instance.subnet);
    xml.text("instanceId", &instance.id);
    xml.text("imageId", &instance.image);
    xml.element("instanceState", |xml| {
        xml.text("code", code);
        xml.text("name", &instance.state);
    });
    if let Some(days) = instance.stopped_days_ago {
        let at = place.estate.days_ago(days).strftime("%Y-%m-%d %H:%M:%S").to_string();
        xml.text("reason", format!("User initiated ({at} GMT)"));
    }
    xml.text("instanceType", &instance.instance_type);
    xml.text("launchTime", instant(place.estate.days_ago(instance.launched_days_ago)));
    if instance.state == "terminated" {
        tag_set(xml, &instance.tags);
        return;
    }
    xml.element("placement", |xml| {
        xml.maybe("availabilityZone", subnet.map(|subnet| &subnet.zone));
        xml.text("tenancy", "default");
    });
    let monitored = if instance.monitored { "enabled" } else { "disabled" };
    xml.element("monitoring", |xml| xml.text("state", monitored));
    xml.text("subnetId", &instance.subnet);
    xml.maybe("vpcId", subnet.map(|subnet| &subnet.vpc));
    xml.text("privateIpAddress", &instance.address);
    xml.maybe("ipAddress", instance.public_address.as_ref());
    group_set(xml, place.region, &instance.groups);
    if let Some(profile) = &instance.profile {
        xml.element("iamInstanceProfile", |xml| {
            xml.text("arn", place.account.iam_arn("instance-profile", "/", profile));
            xml.text("id", super::estate::opaque_id("AIPA", profile));
        });
    }
    xml.text("virtualizationType", instance.virtualization.as_deref().unwrap_or("hvm"));
    xml.list("networkInterfaceSet", "item", [interface_of(instance)], |xml, interface| {
        xml.text("networkInterfaceId", &interface.id);
        xml.text("subnetId", &interface.subnet);
        xml.text("status", "in-use");
    });
    xml.element("enclaveOptions", |xml| xml.text("enabled", instance.enclave));
    xml.element("metadataOptions", |xml| {
        xml.text("state", "applied");
        xml.text("httpTokens", &instance.metadata_tokens);
        xml.text("httpPutResponseHopLimit", instance.metadata_hops);
        xml.text("httpEndpoint", "enabled");
        xml.text("httpProtocolIpv6", "disabled");
        xml.text("instanceMetadataTags", "disabled");
    });
    tag_set(xml, &instance.tags);
}

pub(super) fn prefix_list_attribute(list: &PrefixList, filter: &str) -> Values {
    match filter {
        "prefix-list-id" => value(&list.id),
        "prefix-list-name" => value(&list.name),
        _ => None,
    }
}

pub(super) fn prefix_list(xml: &mut Xml, place: &Place<'_>, list: &PrefixList) {
    let owner = if list.of_aws { "AWS" } else { &place.account.id };
    let six = list.entries.iter().any(|range| range.contains(':'));
    xml.text("prefixListId", &list.id);
    xml.text("addressFamily", if six { "IPv6" } else { "IPv4" });
    xml.text("state", "create-complete");
    if !list.of_aws {
        xml.text("maxEntries", list.entries.len().max(1));
        xml.text("version", 1);
    }
    let account = if list.of_aws { "aws" } else { &place.account.id };
    xml.text("prefixListArn", format!("arn:aws:ec2:{}:{account}:prefix-list/{}", place.region_name, list.id));
    xml.text("prefixListName", &list.name);
    xml.text("ownerId", owner);
    tag_set(xml, &list.tags);
}

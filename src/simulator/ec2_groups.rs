//! How EC2 writes security groups: as permissions inside the group, and as one rule for each peer.

use std::collections::BTreeMap;

use super::ec2::Place;
use super::ec2_items::{Values, tag_set, value};
use super::estate::{Tags, hex_id};
use super::estate_ec2::{Opening, Region, SecurityGroup};
use super::xml::Xml;

pub(super) fn security_group_attribute(group: &SecurityGroup, filter: &str) -> Values {
    match filter {
        "group-id" => value(&group.id),
        "group-name" => value(&group.name),
        "vpc-id" => value(&group.vpc),
        "description" => value(&group.description),
        _ => None,
    }
}

pub(super) fn security_group(xml: &mut Xml, place: &Place<'_>, group: &SecurityGroup) {
    xml.text("ownerId", &place.account.id);
    xml.text("groupId", &group.id);
    xml.text(
        "securityGroupArn",
        format!("arn:aws:ec2:{}:{}:security-group/{}", place.region_name, place.account.id, group.id),
    );
    xml.text("groupName", &group.name);
    xml.text("groupDescription", &group.description);
    xml.text("vpcId", &group.vpc);
    permissions(xml, place, "ipPermissions", &group.ingress);
    permissions(xml, place, "ipPermissionsEgress", &group.egress);
    tag_set(xml, &group.tags);
}

/// AWS keeps one permission for each protocol and port range, whoever added what.
fn permissions(xml: &mut Xml, place: &Place<'_>, name: &str, openings: &[Opening]) {
    let mut merged = BTreeMap::new();
    for opening in openings {
        let peers: &mut Vec<(&str, Option<&String>)> =
            merged.entry((opening.protocol.as_str(), opening.ports)).or_default();
        peers.extend(opening.peers.iter().map(|peer| (peer.as_str(), opening.description.as_ref())));
    }
    xml.list(name, "item", merged, |xml, ((protocol, ports), peers)| {
        xml.text("ipProtocol", protocol_name(protocol));
        for (element, port) in port_numbers(protocol, ports, "fromPort", "toPort") {
            xml.text(element, port);
        }
        let of = |kind: Kind| peers.iter().filter(move |(peer, _)| Kind::of(peer) == kind);
        xml.list("groups", "item", of(Kind::Group), |xml, (peer, description)| {
            let (account, id) = group_of(peer, &place.account.id);
            xml.text("userId", account);
            xml.text("groupId", id);
            xml.maybe("description", *description);
        });
        let mut ranges = |set: &str, element: &str, kind: Kind| {
            xml.list(set, "item", of(kind), |xml, (peer, description)| {
                xml.text(element, peer);
                xml.maybe("description", *description);
            });
        };
        ranges("ipRanges", "cidrIp", Kind::Ipv4);
        ranges("ipv6Ranges", "cidrIpv6", Kind::Ipv6);
        ranges("prefixListIds", "prefixListId", Kind::PrefixList);
    });
}

/// Ports are left out for "all" protocols; ICMP writes −1 for every type and code.
fn port_numbers<'a>(
    protocol: &str,
    ports: Option<(u16, u16)>,
    from: &'a str,
    to: &'a str,
) -> impl Iterator<Item = (&'a str, i32)> {
    let numbers = match (protocol, ports) {
        (_, Some((first, last))) => Some((i32::from(first), i32::from(last))),
        ("icmp" | "icmpv6", None) => Some((-1, -1)),
        ("tcp" | "udp", None) => Some((0, 65_535)),
        _ => None,
    };
    numbers.into_iter().flat_map(move |(first, last)| [(from, first), (to, last)])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ipv4,
    Ipv6,
    PrefixList,
    Group,
}

impl Kind {
    fn of(peer: &str) -> Self {
        match peer {
            _ if peer.starts_with("pl-") => Self::PrefixList,
            _ if peer.contains("sg-") => Self::Group,
            _ if peer.contains(':') => Self::Ipv6,
            _ => Self::Ipv4,
        }
    }
}

fn group_of<'a>(peer: &'a str, own_account: &'a str) -> (&'a str, &'a str) {
    peer.split_once('/').unwrap_or((own_account, peer))
}

/// One row of `DescribeSecurityGroupRules`: a group, a direction and one peer.
pub(super) struct GroupRule<'a> {
    pub(super) id: String,
    group: &'a SecurityGroup,
    egress: bool,
    opening: &'a Opening,
    peer: &'a str,
}

pub(super) fn group_rules(region: &Region) -> Vec<GroupRule<'_>> {
    let mut rules = Vec::new();
    for group in &region.security_groups {
        let openings = group.ingress.iter().map(|opening| (false, opening));
        for (egress, opening) in openings.chain(group.egress.iter().map(|opening| (true, opening))) {
            for peer in &opening.peers {
                let of = format!("{}/{egress}/{}/{:?}/{peer}", group.id, opening.protocol, opening.ports);
                rules.push(GroupRule { id: hex_id("sgr", &of), group, egress, opening, peer });
            }
        }
    }
    rules
}

pub(super) fn group_rule_attribute(rule: &GroupRule<'_>, filter: &str) -> Values {
    match filter {
        "group-id" => value(&rule.group.id),
        "security-group-rule-id" => value(&rule.id),
        _ => None,
    }
}

pub(super) fn group_rule(xml: &mut Xml, place: &Place<'_>, rule: &GroupRule<'_>) {
    let account = &place.account.id;
    xml.text("securityGroupRuleId", &rule.id);
    xml.text(
        "securityGroupRuleArn",
        format!("arn:aws:ec2:{}:{account}:security-group-rule/{}", place.region_name, rule.id),
    );
    xml.text("groupId", &rule.group.id);
    xml.text("groupOwnerId", account);
    xml.text("isEgress", rule.egress);
    xml.text("ipProtocol", protocol_name(&rule.opening.protocol));
    let mut ports: Vec<_> = port_numbers(&rule.opening.protocol, rule.opening.ports, "fromPort", "toPort").collect();
    if ports.is_empty() {
        ports = vec![("fromPort", -1), ("toPort", -1)];
    }
    for (element, port) in ports {
        xml.text(element, port);
    }
    match Kind::of(rule.peer) {
        Kind::Ipv4 => xml.text("cidrIpv4", rule.peer),
        Kind::Ipv6 => xml.text("cidrIpv6", rule.peer),
        Kind::PrefixList => xml.text("prefixListId", rule.peer),
        Kind::Group => xml.element("referencedGroupInfo", |xml| {
            let (owner, id) = group_of(rule.peer, account);
            xml.text("groupId", id);
            xml.text("userId", owner);
            xml.text("vpcId", &rule.group.vpc);
        }),
    }
    xml.maybe("description", rule.opening.description.as_ref());
    tag_set(xml, &Tags::new());
}

/// Security groups know the common protocols by name.
fn protocol_name(protocol: &str) -> &str {
    if protocol == "all" { "-1" } else { protocol }
}

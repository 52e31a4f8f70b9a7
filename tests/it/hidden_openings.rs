//! Security groups that are open to the world and do not look like it: each is a wrong pass that
//! scanners are known for, and fails here.

use std::collections::BTreeSet;

use jiff::Timestamp;
use plimsoll::model::{
    AccountId, GroupRule, PrefixList, Region, Resource, ResourceId, SecurityGroup, Snapshot, Verdict,
};
use plimsoll::rules::{Engine, Pack, Parameters};

const GROUP: &str = "arn:aws:ec2:eu-central-1:111122223333:security-group/sg-0a";
const LIST: &str = "arn:aws:ec2:eu-central-1:111122223333:prefix-list/pl-0a";

fn resource(id: &str, configuration: impl Into<plimsoll::model::Configuration>) -> Resource {
    let account = AccountId::new("111122223333").unwrap();
    Resource::new(ResourceId::new(id).unwrap(), account, Region::new("eu-central-1").unwrap(), id, configuration)
}

/// `tcp/22 0.0.0.0/0`, `tcp/0-65535 ::/0`, `all self`, `tcp/22 pl-0a`.
fn entry(text: &str) -> GroupRule {
    let (what, peer) = text.split_once(' ').unwrap();
    let (protocol, ports) = what.split_once('/').unwrap_or((what, ""));
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let peer = Some(peer.to_owned());
    let mut rule = GroupRule {
        protocol: protocol.to_owned(),
        from_port: first.parse().ok(),
        to_port: last.parse().ok(),
        ..GroupRule::default()
    };
    match peer.as_deref() {
        Some("self") => rule.group_id = peer,
        Some(name) if name.starts_with("pl-") => rule.prefix_list_id = peer,
        Some(range) if range.contains(':') => rule.cidr_ipv6 = peer,
        _ => rule.cidr_ipv4 = peer,
    }
    rule
}

/// The rules that a group with these entries fails, and what they say.
fn failed(entries: &[&str]) -> (BTreeSet<String>, Vec<String>) {
    let group = SecurityGroup {
        group_name: "web".to_owned(),
        ingress: Some(entries.iter().map(|text| entry(text)).collect()),
        egress: Some(Vec::new()),
        ..SecurityGroup::default()
    };
    let list = PrefixList {
        address_family: "IPv4".to_owned(),
        owner: "111122223333".to_owned(),
        entries: Some(vec!["0.0.0.0/1".to_owned(), "128.0.0.0/1".to_owned()]),
    };
    let mut snapshot = Snapshot::empty(Timestamp::UNIX_EPOCH);
    snapshot.resources.extend([resource(GROUP, group), resource(LIST, list)]);
    plimsoll::facts::derive(&mut snapshot);
    let engine = Engine::new(&Pack::embedded(&Parameters::default()).unwrap());
    let evaluated = engine.evaluate(&[&snapshot.resources[0]], Timestamp::UNIX_EPOCH);
    let mut rules = BTreeSet::new();
    let mut messages = Vec::new();
    for evaluation in evaluated.evaluations {
        if let Verdict::Fail { denials, .. } = evaluation.verdict {
            rules.insert(evaluation.rule.to_string());
            messages.extend(denials.into_iter().map(|denial| denial.message));
        }
    }
    (rules, messages)
}

fn check(entries: &[&str], rule: &str, message: &str) {
    let (rules, messages) = failed(entries);
    assert!(rules.contains(rule), "{entries:?} fails {rules:?}");
    assert!(messages.iter().any(|said| said == message), "{entries:?} says {messages:?}");
}

const SSH: &str = "aws-ec2-ssh-closed-to-world";
const RDP: &str = "aws-ec2-rdp-closed-to-world";
const ALL: &str = "aws-ec2-all-ports-closed-to-world";

#[test]
fn the_world_in_two_halves_is_the_world() {
    let halves = ["tcp/22 0.0.0.0/1", "tcp/22 128.0.0.0/1"];
    check(&halves, SSH, "port 22 (SSH) is open to the world, by 0.0.0.0/1 and 128.0.0.0/1");
    check(&["tcp/22 0.0.0.0/1"], SSH, "port 22 (SSH) is open to the world, by 0.0.0.0/1");
}

#[test]
fn the_world_in_a_prefix_list_is_the_world() {
    check(&["tcp/22 pl-0a"], SSH, "port 22 (SSH) is open to the world, by pl-0a");
}

#[test]
fn a_self_rule_listed_first_hides_nothing() {
    check(&["all self", "tcp/3389 0.0.0.0/0"], RDP, "port 3389 (RDP) is open to 0.0.0.0/0");
}

#[test]
fn an_entry_for_all_protocols_opens_each_port() {
    for rule in
        [SSH, RDP, ALL, "aws-ec2-high-risk-ports-closed-to-world", "aws-ec2-amplification-ports-closed-to-world"]
    {
        check(&["all 0.0.0.0/0"], rule, "all traffic is open to 0.0.0.0/0");
    }
}

#[test]
fn every_port_of_a_protocol_opens_each_port() {
    check(&["tcp/0-65535 0.0.0.0/0"], SSH, "TCP on all ports is open to 0.0.0.0/0");
    check(&["tcp/0-65535 0.0.0.0/0"], ALL, "TCP on all ports is open to 0.0.0.0/0");
    check(&["tcp/1-65535 0.0.0.0/0"], ALL, "TCP port range 1-65535 is open to 0.0.0.0/0");
    check(&["tcp/0-30000 0.0.0.0/0", "tcp/30002-65535 0.0.0.0/0"], ALL, "TCP port range 0-30000 is open to 0.0.0.0/0");
}

#[test]
fn ipv6_is_the_world_too() {
    check(&["tcp/22 ::/0"], SSH, "port 22 (SSH) is open to ::/0");
    check(&["tcp/22 2000::/3"], SSH, "port 22 (SSH) is open to the world, by 2000::/3");
}

#[test]
fn icmp_is_no_port_and_has_a_rule_of_its_own() {
    let (rules, _) = failed(&["icmp 0.0.0.0/0", "icmpv6 ::/0"]);
    for rule in [SSH, RDP, ALL, "aws-ec2-high-risk-ports-closed-to-world", "aws-ec2-only-allowed-ports-open-to-world"] {
        assert!(!rules.contains(rule), "{rules:?}");
    }
    check(&["icmp 0.0.0.0/0"], "aws-ec2-icmp-closed-to-world", "icmp is open to 0.0.0.0/0 in all types");
}

#[test]
fn a_wide_public_range_in_pieces_is_a_wide_range() {
    let pieces = ["tcp/443 8.8.8.0/24", "tcp/443 8.8.9.0/24"];
    let said = "TCP port 443 is open from 512 public addresses: 8.8.8.0/24, 8.8.9.0/24";
    check(&pieces, "aws-ec2-public-ranges-narrow", said);
}

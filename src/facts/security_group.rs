//! What a security group admits from and to the world.

use super::Estate;
use super::group_entries;
use crate::model::{Fact, GroupRule, Pointer, Reach, Resource, SecurityGroup, SecurityGroupFacts};
use crate::network::{Bounds, group_traffic};

/// Facts of a security group.
pub(super) fn facts(resource: &Resource, group: &SecurityGroup, estate: &Estate<'_>) -> SecurityGroupFacts {
    let ingress = group.ingress.as_deref();
    let egress = group.egress.as_deref();
    let own;
    let inward = if let Some(gate) = estate.topology.group_of(resource) {
        gate.ingress(&estate.prefix_lists)
    } else {
        // A stale group is not in the estate, but its facts are told all the same.
        own = group_traffic(resource, &Pointer::configuration("ingress"), ingress, &estate.prefix_lists);
        &own
    };
    let outward = group_traffic(resource, &Pointer::configuration("egress"), egress, &estate.prefix_lists);
    let sources = |direction: &'static str| {
        let rules = if direction == "ingress" { ingress } else { egress };
        move |place: &Pointer| source_at(rules.unwrap_or_default(), place.as_str())
    };
    SecurityGroupFacts {
        world_ingress: reach(inward, sources("ingress")),
        world_egress: reach(&outward, sources("egress")),
        in_use: estate.group_in_use(resource),
        group_references: group_entries::group_references(resource, group, estate),
        prefix_lists: group_entries::prefix_lists(resource, group, estate),
        public_ranges: group_entries::public_ranges(resource, group, [inward, &outward], estate),
        public_hosts: group_entries::public_hosts(resource, group),
        shadowed: group_entries::shadowed(group, [inward, &outward]),
    }
}

/// Known where the unknown makes no difference, otherwise the part that is certain. `source_of`
/// tells what the entry at a place names.
pub(super) fn reach(bounds: &Bounds, source_of: impl Fn(&Pointer) -> Option<String>) -> Fact<Vec<Reach>> {
    let mut certain = bounds.certain.world();
    let decided = bounds.waits_for.is_empty() || shapes(&certain) == shapes(&bounds.possible.world());
    for reach in &mut certain {
        reach.sources = reach.because.iter().filter_map(&source_of).collect();
        reach.sources.sort();
        reach.sources.dedup();
    }
    let mut because: Vec<Pointer> = certain.iter().flat_map(|reach| reach.because.iter().cloned()).collect();
    because.sort();
    because.dedup();
    Fact::partial(certain, because, if decided { Vec::new() } else { bounds.waits_for.clone() })
}

/// What is open, without the reasons.
pub(super) fn shapes(reaches: &[Reach]) -> Vec<(&str, u16, u16, &str)> {
    reaches.iter().map(|r| (r.protocol.as_str(), r.from_port, r.to_port, r.family.as_str())).collect()
}

/// The range or prefix list of the entry at a place, `/configuration/ingress/3`.
pub(super) fn source_at(rules: &[GroupRule], place: &str) -> Option<String> {
    let rule = rules.get(place.rsplit('/').next()?.parse::<usize>().ok()?)?;
    rule.cidr_ipv4.clone().or_else(|| rule.cidr_ipv6.clone()).or_else(|| rule.prefix_list_id.clone())
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::estate::testing::{listed, resource, snapshot, without};
    use super::*;
    use crate::model::{Facts, NetworkInterface, PrefixList, ResourceType, SecurityGroupFacts, Snapshot};

    pub(crate) const GROUP: &str = "arn:aws:ec2:eu-central-1:111122223333:security-group/sg-0a";
    const LIST: &str = "arn:aws:ec2:eu-central-1:111122223333:prefix-list/pl-0a";

    fn rule(text: &str) -> GroupRule {
        let (what, peer) = text.split_once(' ').unwrap();
        let (protocol, ports) = what.split_once('/').unwrap_or((what, ""));
        let mut ports = ports.split('-').map(|port| port.parse().ok());
        let from_port = ports.next().flatten();
        let mut rule = GroupRule {
            protocol: protocol.to_owned(),
            from_port,
            to_port: ports.next().flatten().or(from_port),
            ..GroupRule::default()
        };
        let peer = Some(peer.to_owned());
        match peer.as_deref() {
            Some(text) if text.starts_with("pl-") => rule.prefix_list_id = peer,
            Some(text) if text.starts_with("sg-") || text == "self" => rule.group_id = peer,
            Some(text) if text.contains(':') => rule.cidr_ipv6 = peer,
            _ => rule.cidr_ipv4 = peer,
        }
        rule
    }

    pub(crate) fn group(rules: &[&str]) -> Resource {
        let ingress = Some(rules.iter().map(|text| rule(text)).collect());
        resource(GROUP, "web", SecurityGroup { ingress, ..SecurityGroup::default() })
    }

    pub(crate) fn list(entries: Option<&[&str]>) -> Resource {
        let entries = entries.map(|entries| entries.iter().map(|entry| (*entry).to_owned()).collect());
        resource(LIST, "offices", PrefixList { address_family: "IPv4".to_owned(), entries, ..PrefixList::default() })
    }

    pub(crate) fn facts(mut snapshot: Snapshot) -> SecurityGroupFacts {
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.clone().unwrap() {
            Facts::SecurityGroup(facts) => *facts,
            other => panic!("{other:?}"),
        }
    }

    fn ingress_of(resources: impl IntoIterator<Item = Resource>) -> Fact<Vec<Reach>> {
        facts(snapshot(resources)).world_ingress
    }

    fn words(fact: &Fact<Vec<Reach>>) -> Option<Vec<String>> {
        let word = |r: &Reach| format!("{} {}-{} {} {}", r.protocol, r.from_port, r.to_port, r.family, entries(r));
        fact.value.as_ref().map(|reaches| reaches.iter().map(word).collect())
    }

    fn entries(reach: &Reach) -> String {
        let index = |place: &Pointer| place.as_str().rsplit_once('/').unwrap().1.to_owned();
        reach.because.iter().map(index).collect::<Vec<_>>().join(",")
    }

    fn check(rules: &[&str], expected: &[&str]) {
        assert_eq!(words(&ingress_of([group(rules)])).unwrap(), expected, "{rules:?}");
    }

    #[test]
    fn the_union_of_entries_decides() {
        check(&["tcp/22 0.0.0.0/0"], &["tcp 22-22 ipv4 0"]);
        check(&["tcp/22 0.0.0.0/1", "tcp/22 128.0.0.0/1"], &["tcp 22-22 ipv4 0,1"]);
        check(
            &["tcp/22 10.0.0.0/8", "tcp/22 0.0.0.0/3", "tcp/22 96.0.0.0/4", "tcp/22 64.0.0.0/4"],
            &["tcp 22-22 ipv4 1,2,3"],
        );
        check(&["tcp/22 ::/0"], &["tcp 22-22 ipv6 0"]);
        check(&["tcp/22 10.0.0.0/8", "tcp/22 8.8.8.8/32", "tcp/22 fc00::/7"], &[]);
        check(&[], &[]);
    }

    #[test]
    fn an_entry_for_all_protocols_opens_every_port() {
        check(&["all 0.0.0.0/0"], &["all 0-65535 ipv4 0"]);
        check(&["-1 ::/0"], &["all 0-65535 ipv6 0"]);
        check(&["tcp/443 0.0.0.0/0", "all 0.0.0.0/0"], &["all 0-65535 ipv4 1"]);
        check(&["all 10.0.0.0/8", "tcp/443 0.0.0.0/0"], &["tcp 443-443 ipv4 1"]);
        check(&["all 0.0.0.0/3", "tcp/22 96.0.0.0/3", "tcp/22 128.0.0.0/3"], &["tcp 22-22 ipv4 0,1,2"]);
    }

    #[test]
    fn a_self_reference_listed_first_hides_nothing() {
        check(&["all self", "tcp/3389 0.0.0.0/0"], &["tcp 3389-3389 ipv4 1"]);
        check(&["all self", "all sg-0b"], &[]);
    }

    #[test]
    fn port_ranges_are_maximal() {
        check(&["tcp/20-25 0.0.0.0/0", "tcp/22 0.0.0.0/0", "tcp/26-30 0.0.0.0/0"], &["tcp 20-30 ipv4 0,1,2"]);
        check(&["tcp/0-65535 0.0.0.0/0"], &["tcp 0-65535 ipv4 0"]);
        check(&["tcp/20-30 0.0.0.0/3", "tcp/25-40 96.0.0.0/3"], &["tcp 25-30 ipv4 0,1"]);
        check(&["tcp 0.0.0.0/0"], &["tcp 0-65535 ipv4 0"]);
        check(&["icmp 0.0.0.0/0", "icmp/8 ::/0"], &["icmp 0-65535 ipv4 0", "icmp 8-8 ipv6 1"]);
    }

    #[test]
    fn a_prefix_list_is_what_is_in_it() {
        let open = ingress_of([group(&["tcp/22 pl-0a"]), list(Some(&["0.0.0.0/1", "128.0.0.0/1"]))]);
        assert_eq!(words(&open).unwrap(), ["tcp 22-22 ipv4 0"]);
        let shut = ingress_of([group(&["tcp/22 pl-0a"]), list(Some(&["198.51.100.0/24"]))]);
        assert_eq!(words(&shut).unwrap(), [""; 0]);
        let unread = ingress_of([group(&["tcp/22 pl-0a"]), list(None)]);
        assert_eq!((unread.value, unread.waits_for), (None, vec![format!("{LIST}#/configuration/entries")]));
        let missing = ingress_of([group(&["tcp/22 pl-0a"])]);
        assert_eq!(missing.waits_for, ["/configuration/ingress/0/prefix_list_id"]);
    }

    #[test]
    fn an_unknown_range_may_open_a_group_and_an_unknown_group_may_not() {
        let entry = "/configuration/ingress/0";
        let cidr = ingress_of([without(group(&["tcp/22 0.0.0.0/32"]), &[&format!("{entry}/cidr_ipv4")])]);
        assert_eq!((cidr.value, cidr.waits_for), (None, vec![format!("{entry}/cidr_ipv4")]));
        let peer = ingress_of([without(group(&["tcp/22 sg-0b"]), &[&format!("{entry}/group_id")])]);
        assert_eq!(words(&peer).unwrap(), [""; 0]);
        let described = ingress_of([without(group(&["tcp/22 10.0.0.0/8"]), &[&format!("{entry}/description")])]);
        assert_eq!(words(&described).unwrap(), [""; 0]);
        let port = ingress_of([without(group(&["tcp/22 0.0.0.0/0"]), &[&format!("{entry}/from_port")])]);
        assert_eq!(port.value, None);
        let private_port = ingress_of([without(group(&["tcp/22 10.0.0.0/8"]), &[&format!("{entry}/from_port")])]);
        assert_eq!(words(&private_port).unwrap(), [""; 0]);
    }

    #[test]
    fn a_known_opening_stays_known_beside_an_unknown_range() {
        let second = &["/configuration/ingress/1/cidr_ipv4"];
        let mut snapshot = snapshot([without(group(&["tcp/443 0.0.0.0/0", "tcp/22 0.0.0.0/32"]), second)]);
        crate::facts::derive(&mut snapshot);
        let document = snapshot.resources[0].document();
        assert_eq!(document.pointer("/facts/world_ingress/value/0/from_port").unwrap(), 443);
        let places = snapshot.resources[0].unknown_places(&document);
        let partial = Pointer::new("/facts/world_ingress/partial");
        assert!(places.contains(&partial), "{places:?}");
        assert!(!partial.covers(&Pointer::new("/facts/world_ingress/value/0")));

        let moot = ingress_of([without(group(&["all 0.0.0.0/0", "tcp/22 0.0.0.0/32"]), second)]);
        assert_eq!((words(&moot).unwrap(), moot.waits_for.len()), (vec!["all 0-65535 ipv4 0".to_owned()], 0));
    }

    #[test]
    fn an_unread_list_is_unknown_and_an_absent_one_is_empty() {
        let bare = || resource(GROUP, "web", SecurityGroup::default());
        assert_eq!(words(&ingress_of([bare()])).unwrap(), [""; 0]);
        assert_eq!(ingress_of([without(bare(), &["/configuration/ingress"])]).value, None);
        let beyond = ingress_of([without(group(&["tcp/443 0.0.0.0/0"]), &["/configuration/ingress/1"])]);
        assert_eq!((words(&beyond).unwrap().len(), beyond.waits_for.len()), (1, 1));
    }

    #[test]
    fn a_group_is_unused_only_when_every_interface_was_listed() {
        let interface = |groups: &[&str]| {
            let security_groups = groups.iter().map(|group| (*group).to_owned()).collect();
            let id = "arn:aws:ec2:eu-central-1:111122223333:network-interface/eni-0a";
            resource(id, "eni-0a", NetworkInterface { security_groups, ..NetworkInterface::default() })
        };
        let in_use = |resources: Vec<Resource>, complete: bool| {
            let mut snapshot = snapshot(resources);
            listed(&mut snapshot, "eu-central-1", ResourceType::NetworkInterface, complete);
            facts(snapshot).in_use.value
        };
        assert_eq!(in_use(vec![group(&[]), interface(&["sg-0a"])], false), Some(true));
        assert_eq!(in_use(vec![group(&[]), interface(&["sg-0b"])], true), Some(false));
        assert_eq!(in_use(vec![group(&[])], false), None);
        let unread = without(interface(&[]), &["/configuration/security_groups"]);
        assert_eq!(in_use(vec![group(&[]), unread], true), None);
    }
}

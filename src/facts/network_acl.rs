//! Facts of a network ACL.

use super::security_group::reach;
use crate::model::{Fact, NetworkAcl, Pointer, Reach, Resource};
use crate::network::acl_traffic;

/// What may come in from the world once the ordered entries are applied.
pub(super) fn world_ingress(resource: &Resource, acl: &NetworkAcl) -> Fact<Vec<Reach>> {
    let source_of = |place: &Pointer| {
        let entry = acl.entries.get(place.as_str().rsplit('/').next()?.parse::<usize>().ok()?)?;
        entry.cidr_ipv4.clone().or_else(|| entry.cidr_ipv6.clone())
    };
    reach(&acl_traffic(resource, &acl.entries, false), source_of)
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{resource, without};
    use super::*;
    use crate::model::NetworkAclEntry;

    fn entry(number: i32, allow: bool, protocol: &str, ports: Option<(i32, i32)>, cidr: &str) -> NetworkAclEntry {
        NetworkAclEntry {
            number,
            allow,
            protocol: protocol.to_owned(),
            from_port: ports.map(|ports| ports.0),
            to_port: ports.map(|ports| ports.1),
            cidr_ipv4: Some(cidr.to_owned()),
            ..NetworkAclEntry::default()
        }
    }

    fn open(entries: &[NetworkAclEntry], unknown: &[&str]) -> Fact<Vec<(String, u16, u16)>> {
        let acl = NetworkAcl { entries: entries.to_vec(), ..NetworkAcl::default() };
        let id = "arn:aws:ec2:eu-central-1:111122223333:network-acl/acl-0a";
        let resource = without(resource(id, "acl-0a", acl.clone()), unknown);
        world_ingress(&resource, &acl)
            .map(|reaches| reaches.into_iter().map(|reach| (reach.protocol, reach.from_port, reach.to_port)).collect())
    }

    fn tcp(first: u16, last: u16) -> (String, u16, u16) {
        ("tcp".to_owned(), first, last)
    }

    #[test]
    fn the_first_entry_that_matches_decides() {
        let allow = entry(100, true, "all", None, "0.0.0.0/0");
        let deny = |number| entry(number, false, "tcp", Some((22, 22)), "0.0.0.0/0");
        let all = ("all".to_owned(), 0, u16::MAX);
        assert_eq!(open(std::slice::from_ref(&allow), &[]).value.unwrap(), std::slice::from_ref(&all));
        assert_eq!(open(&[allow.clone(), deny(200)], &[]).value.unwrap(), [all]);
        let guarded = open(&[deny(50), allow], &[]).value.unwrap();
        assert!(guarded.contains(&tcp(0, 21)) && guarded.contains(&tcp(23, u16::MAX)));
        assert!(guarded.iter().all(|reach| reach.0 != "all"), "{guarded:?}");
    }

    #[test]
    fn a_deny_for_part_of_the_world_does_not_close_it() {
        let deny = entry(50, false, "all", None, "203.0.113.0/24");
        let allow = entry(100, true, "tcp", Some((22, 22)), "0.0.0.0/0");
        assert_eq!(open(&[deny, allow.clone()], &[]).value.unwrap(), [tcp(22, 22)]);
        let halves = [entry(50, false, "tcp", None, "0.0.0.0/1"), entry(60, false, "tcp", None, "128.0.0.0/1")];
        assert_eq!(open(&[halves[0].clone(), halves[1].clone(), allow], &[]).value.unwrap(), []);
    }

    #[test]
    fn an_unknown_entry_counts_only_where_it_can_decide() {
        let deny = entry(50, false, "tcp", Some((22, 22)), "0.0.0.0/0");
        let allow = entry(100, true, "tcp", Some((22, 22)), "0.0.0.0/0");
        let place = "/configuration/entries/1/cidr_ipv4";
        assert_eq!(open(&[deny.clone(), allow.clone()], &[place]).value.unwrap(), [], "denied before");
        let first = "/configuration/entries/0/cidr_ipv4";
        assert_eq!(open(&[deny.clone(), allow.clone()], &[first]).value, None);
        assert_eq!(open(&[deny, allow.clone()], &["/configuration/entries/0/number"]).value, None);
        assert_eq!(open(&[allow], &["/configuration/entries"]).value, None);
    }
}

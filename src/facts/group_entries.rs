//! What the single entries of a security group name: other groups, prefix lists, public addresses;
//! and which of them have no effect.

use std::collections::BTreeSet;

use super::Estate;
use super::security_group::source_at;
use crate::model::{
    AccountId, Fact, GroupReference, GroupRule, Places, Pointer, PrefixListReference, PublicHost, PublicRange,
    Resource, ResourceType, SecurityGroup, ShadowedEntry,
};
use crate::network::{Bounds, Entry, Family, PortRange, Protocol, Traffic, is_public_host};

const DIRECTIONS: [&str; 2] = ["ingress", "egress"];

/// The entries of both directions, with where they stand.
fn entries(group: &SecurityGroup) -> impl Iterator<Item = (&'static str, Pointer, &GroupRule)> {
    DIRECTIONS.into_iter().zip([&group.ingress, &group.egress]).flat_map(|(direction, rules)| {
        let place = Pointer::configuration(direction);
        rules.iter().flatten().enumerate().map(move |(index, rule)| (direction, place.child(index), rule))
    })
}

/// Unknown places of the group that touch one of these attributes of any entry, or stand for
/// entries that are not in the lists.
fn waits(resource: &Resource, group: &SecurityGroup, attributes: &[&str]) -> Vec<String> {
    let lists = DIRECTIONS.map(Pointer::configuration).into_iter().zip([&group.ingress, &group.egress]);
    let touched = |place: &Pointer| {
        lists.clone().any(|(list, rules)| match list.element(place) {
            Some(index) if index < rules.as_deref().map_or(0, <[GroupRule]>::len) => {
                let at = list.child(index);
                attributes.iter().any(|name| at.child(name).overlaps(place))
            }
            _ => list.overlaps(place),
        })
    };
    resource.unknown.iter().filter(|place| touched(place)).map(ToString::to_string).collect()
}

fn unknown_of(resource: &Resource) -> Places<'_> {
    resource.unknown.iter().collect()
}

/// The other groups that entries name. One of an account whose groups were not listed may exist.
pub(super) fn group_references(
    resource: &Resource,
    group: &SecurityGroup,
    estate: &Estate<'_>,
) -> Fact<Vec<GroupReference>> {
    if resource.unknown.is_empty() && entries(group).all(|(_, _, rule)| rule.group_id.is_none()) {
        return Fact::known(Vec::new(), Vec::new());
    }
    let mut waits_for = waits(resource, group, &["group_id", "group_account"]);
    let unknown = unknown_of(resource);
    let mut references = Vec::new();
    for (direction, at, rule) in entries(group) {
        let Some(id) = rule.group_id.as_deref().filter(|id| *id != "self") else { continue };
        if unknown.overlap(&at.child("group_id")) || unknown.overlap(&at.child("group_account")) {
            continue;
        }
        // An owner that is no account is AWS itself, such as `amazon-elb`.
        let account = rule
            .group_account
            .as_deref()
            .map_or(Some(resource.account.clone()), |account| AccountId::new(account).ok());
        let Some(account) = account else { continue };
        let exists = if estate.topology.group(&resource.region, id).is_some() {
            true
        } else if let Some(list) = estate.unlisted_in(&account, &resource.region, ResourceType::SecurityGroup) {
            waits_for.push(list);
            continue;
        } else {
            false
        };
        references.push(GroupReference {
            direction: direction.to_owned(),
            group: id.to_owned(),
            account: account.to_string(),
            exists,
            because: vec![at],
        });
    }
    sorted(references, waits_for)
}

/// The prefix lists that entries name, as far as their owners are known.
pub(super) fn prefix_lists(
    resource: &Resource,
    group: &SecurityGroup,
    estate: &Estate<'_>,
) -> Fact<Vec<PrefixListReference>> {
    if resource.unknown.is_empty() && entries(group).all(|(_, _, rule)| rule.prefix_list_id.is_none()) {
        return Fact::known(Vec::new(), Vec::new());
    }
    let mut waits_for = waits(resource, group, &["prefix_list_id"]);
    let unknown = unknown_of(resource);
    let mut references = Vec::new();
    for (direction, at, rule) in entries(group) {
        let place = at.child("prefix_list_id");
        let Some(id) = rule.prefix_list_id.as_deref().filter(|_| !unknown.overlap(&place)) else { continue };
        match estate.prefix_lists.owner(&resource.region, id) {
            Some(owner) => references.push(PrefixListReference {
                direction: direction.to_owned(),
                prefix_list: id.to_owned(),
                owner: owner.to_owned(),
                because: vec![at],
            }),
            None => waits_for.push(place.to_string()),
        }
    }
    sorted(references, waits_for)
}

/// For each direction and family the most public addresses that any port is open to, short of the
/// world.
pub(super) fn public_ranges(
    resource: &Resource,
    group: &SecurityGroup,
    bounds: [&Bounds; 2],
    estate: &Estate<'_>,
) -> Fact<Vec<PublicRange>> {
    let mut ranges = Vec::new();
    let mut waits_for = Vec::new();
    for ((direction, rules), bounds) in DIRECTIONS.into_iter().zip([&group.ingress, &group.egress]).zip(bounds) {
        let rules = rules.as_deref().unwrap_or_default();
        let of_aws: Vec<Pointer> = rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| {
                let list = rule.prefix_list_id.as_deref();
                list.and_then(|id| estate.prefix_lists.owner(&resource.region, id)) == Some("AWS")
            })
            .map(|(index, _)| Pointer::configuration(direction).child(index))
            .collect();
        for family in [Family::Ipv4, Family::Ipv6] {
            let [certain, possible] =
                [&bounds.certain, &bounds.possible].map(|traffic| of_family(traffic, family, &of_aws));
            if certain != possible {
                waits_for.extend(bounds.waits_for.iter().cloned());
            }
            ranges.extend(certain.widest_public(family).map(|widest| PublicRange {
                direction: direction.to_owned(),
                family: family.name().to_owned(),
                addresses: widest.addresses,
                protocol: widest.protocol.to_string(),
                from_port: widest.ports.first,
                to_port: widest.ports.last,
                sources: united(widest.because.iter().filter_map(|place| source_at(rules, place.as_str()))),
                because: widest.because,
            }));
        }
    }
    settled(ranges, waits_for)
}

fn of_family(traffic: &Traffic, family: Family, without: &[Pointer]) -> Traffic {
    let counts = |entry: &&Entry| !entry.peers.family(family).is_empty() && !without.contains(&entry.because);
    Traffic(traffic.0.iter().filter(counts).cloned().collect())
}

/// Single public addresses that may come in.
pub(super) fn public_hosts(resource: &Resource, group: &SecurityGroup) -> Fact<Vec<PublicHost>> {
    let waits_for: Vec<String> = waits(resource, group, &["cidr_ipv4", "cidr_ipv6"])
        .into_iter()
        .filter(|place| Pointer::configuration("ingress").overlaps(&Pointer::new(place.as_str())))
        .collect();
    let places = unknown_of(resource);
    let hosts =
        entries(group).filter(|(direction, _, _)| *direction == "ingress").filter_map(|(direction, at, rule)| {
            let unknown = ["cidr_ipv4", "cidr_ipv6"].iter().any(|name| places.overlap(&at.child(name)));
            let address = rule.cidr_ipv4.as_deref().or(rule.cidr_ipv6.as_deref())?;
            (!unknown && is_public_host(address)).then(|| PublicHost {
                address: address.to_owned(),
                entry: in_words(rule, direction),
                because: vec![at],
            })
        });
    sorted(hosts.collect(), waits_for)
}

/// Entries that admit nothing which one other entry does not admit. Of two that admit the same,
/// the second is the one without effect.
pub(super) fn shadowed(group: &SecurityGroup, bounds: [&Bounds; 2]) -> Fact<Vec<ShadowedEntry>> {
    let mut shadowed = Vec::new();
    let mut waits_for = Vec::new();
    for ((direction, rules), bounds) in DIRECTIONS.into_iter().zip([&group.ingress, &group.egress]).zip(bounds) {
        let rules = rules.as_deref().unwrap_or_default();
        if bounds.certain != bounds.possible {
            waits_for.extend(bounds.waits_for.iter().cloned());
        }
        let entries = &bounds.certain.0;
        for (index, entry) in entries.iter().enumerate() {
            let wider = entries.iter().enumerate().find(|(other, wider)| {
                *other != index && covers(wider, entry) && (*other < index || !covers(entry, wider))
            });
            let words = |entry: &Entry| Some(in_words(rule_at(rules, &entry.because)?, direction));
            if let Some((entry_words, wider_words)) = wider.and_then(|(_, wider)| Some((words(entry)?, words(wider)?)))
            {
                shadowed.push(ShadowedEntry {
                    direction: direction.to_owned(),
                    entry: entry_words,
                    wider: wider_words,
                    because: vec![entry.because.clone()],
                });
            }
        }
    }
    settled(shadowed, waits_for)
}

/// Whether an entry admits all that another one does.
fn covers(wider: &Entry, entry: &Entry) -> bool {
    let protocol = wider.protocol == Protocol::All || wider.protocol == entry.protocol;
    protocol
        && wider.ports.first <= entry.ports.first
        && entry.ports.last <= wider.ports.last
        && !is_code_only(wider)
        && Family::ALL.iter().all(|family| {
            let (wide, narrow) = (wider.peers.family(*family), entry.peers.family(*family));
            narrow.is_empty() || narrow.difference(wide).is_empty()
        })
}

/// ICMP entries are read without their codes, so that one for a type may be narrower than it looks.
fn is_code_only(entry: &Entry) -> bool {
    let icmp = matches!(&entry.protocol, Protocol::One(name) if name.starts_with("icmp"));
    icmp && entry.ports != PortRange::ALL
}

fn rule_at<'a>(rules: &'a [GroupRule], place: &Pointer) -> Option<&'a GroupRule> {
    rules.get(place.as_str().rsplit('/').next()?.parse::<usize>().ok()?)
}

/// An entry as people say it: `tcp 22 from 10.0.0.0/8`.
fn in_words(rule: &GroupRule, direction: &str) -> String {
    let what = match (rule.protocol.as_str(), rule.from_port, rule.to_port) {
        ("all" | "-1", _, _) => "all traffic".to_owned(),
        (protocol, None, None) => protocol.to_owned(),
        (protocol, Some(first), last) if last.is_none_or(|last| last == first) => format!("{protocol} {first}"),
        (protocol, first, last) => format!("{protocol} {}-{}", first.unwrap_or(0), last.unwrap_or(65_535)),
    };
    let peers = [&rule.cidr_ipv4, &rule.cidr_ipv6, &rule.prefix_list_id, &rule.group_id];
    let peer = peers.into_iter().flatten().next().map_or("nobody", String::as_str);
    let way = if direction == "ingress" { "from" } else { "to" };
    format!("{what} {way} {peer}")
}

fn united(items: impl Iterator<Item = String>) -> Vec<String> {
    items.collect::<BTreeSet<_>>().into_iter().collect()
}

/// A list of which each element hangs on all entries, so that there is no part of it.
fn settled<T: Ord>(items: Vec<T>, waits_for: Vec<String>) -> Fact<Vec<T>> {
    if waits_for.is_empty() { sorted(items, waits_for) } else { Fact::unknown(united(waits_for.into_iter())) }
}

fn sorted<T: Ord>(mut items: Vec<T>, waits_for: Vec<String>) -> Fact<Vec<T>> {
    items.sort();
    Fact::partial(items, Vec::new(), waits_for)
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{listed, resource, snapshot, without};
    use super::super::security_group::tests::{GROUP, facts, group, list};
    use super::*;
    use crate::model::{SecurityGroupFacts, Snapshot};

    const LIST_PLACE: &str = "/configuration/ingress/0/prefix_list_id";

    fn of(resources: impl IntoIterator<Item = Resource>) -> SecurityGroupFacts {
        facts(whole(resources))
    }

    fn whole(resources: impl IntoIterator<Item = Resource>) -> Snapshot {
        let mut snapshot = snapshot(resources);
        listed(&mut snapshot, "eu-central-1", ResourceType::SecurityGroup, true);
        snapshot
    }

    fn other(id: &str) -> Resource {
        resource(&GROUP.replace("sg-0a", id), id, SecurityGroup::default())
    }

    fn foreign(account: &str) -> Resource {
        let mut group = group(&["tcp/22 sg-0c"]);
        if let crate::model::Configuration::SecurityGroup(configuration) = &mut group.configuration {
            configuration.ingress.as_mut().unwrap()[0].group_account = Some(account.to_owned());
        }
        group
    }

    #[test]
    fn a_group_that_is_named_exists_is_gone_or_was_not_listed() {
        let names = || group(&["tcp/22 sg-0b", "all self", "tcp/22 10.0.0.0/8"]);
        let exists = |fact: &Fact<Vec<GroupReference>>| {
            fact.value.as_ref().map(|all| all.iter().map(|r| r.exists).collect::<Vec<_>>())
        };
        assert_eq!(exists(&of([names(), other("sg-0b")]).group_references), Some(vec![true]));
        assert_eq!(exists(&of([names()]).group_references), Some(vec![false]));
        let unlisted = facts(snapshot([names()])).group_references;
        assert_eq!((exists(&unlisted), unlisted.waits_for.len()), (None, 1));
        let peered = of([foreign("444455556666")]).group_references;
        assert_eq!(peered.waits_for, ["list of AWS::EC2::SecurityGroup in 444455556666 eu-central-1"]);
        assert_eq!(exists(&of([foreign("amazon-elb")]).group_references), Some(vec![]));
        let unknown = of([without(names(), &["/configuration/ingress/0/group_id"])]).group_references;
        assert_eq!(exists(&unknown), None);
        let elsewhere = of([without(names(), &["/configuration/ingress/0/description"])]).group_references;
        assert_eq!(exists(&elsewhere), Some(vec![false]));
    }

    #[test]
    fn a_prefix_list_belongs_to_somebody() {
        let names = || group(&["tcp/22 pl-0a"]);
        let mut owned = list(Some(&["10.0.0.0/8"]));
        if let crate::model::Configuration::PrefixList(list) = &mut owned.configuration {
            list.owner = "444455556666".to_owned();
        }
        assert_eq!(of([names(), owned]).prefix_lists.value.unwrap()[0].owner, "444455556666");
        assert_eq!(of([names()]).prefix_lists.waits_for, [LIST_PLACE]);
    }

    #[test]
    fn public_addresses_are_counted_and_single_ones_are_told() {
        let ranges = |rules: &[&str]| {
            let fact = of([group(rules)]).public_ranges.value.unwrap();
            fact.into_iter().map(|range| (range.addresses, range.sources.join(" "))).collect::<Vec<_>>()
        };
        assert_eq!(ranges(&["tcp/443 8.8.8.0/23"]), [(512, "8.8.8.0/23".to_owned())]);
        assert_eq!(ranges(&["tcp/443 8.8.8.0/24", "tcp/443 8.8.9.0/24"]), [(512, "8.8.8.0/24 8.8.9.0/24".to_owned())]);
        assert_eq!(ranges(&["tcp/443 0.0.0.0/0", "tcp/443 10.0.0.0/8"]), []);
        assert_eq!(
            ranges(&["tcp/443 2a00::/11", "tcp/443 8.8.8.0/24"]),
            [(256, "8.8.8.0/24".to_owned()), (1 << 37, "2a00::/11".to_owned())]
        );
        let hosts = |rules: &[&str]| {
            let fact = of([group(rules)]).public_hosts.value.unwrap();
            fact.into_iter().map(|host| host.entry).collect::<Vec<_>>()
        };
        assert_eq!(
            hosts(&["tcp/22 8.8.8.8/32", "tcp/22 10.0.0.1/32", "tcp/22 8.8.8.0/24"]),
            ["tcp 22 from 8.8.8.8/32"]
        );
        assert_eq!(hosts(&["all 2600::1/128"]), ["all traffic from 2600::1/128"]);
        let second =
            without(group(&["tcp/22 10.0.0.0/8", "tcp/22 10.0.0.0/8"]), &["/configuration/ingress/1/cidr_ipv4"]);
        let fact = of([second]);
        assert_eq!((fact.public_ranges.value, fact.public_hosts.value), (None, None));
    }

    #[test]
    fn an_entry_inside_a_wider_one_has_no_effect() {
        let told = |rules: &[&str]| {
            let fact = of([group(rules)]).shadowed.value.unwrap();
            fact.into_iter().map(|one| format!("{} < {}", one.entry, one.wider)).collect::<Vec<_>>()
        };
        assert_eq!(
            told(&["tcp/22 10.1.0.0/16", "tcp/20-30 10.0.0.0/8"]),
            ["tcp 22 from 10.1.0.0/16 < tcp 20-30 from 10.0.0.0/8"]
        );
        assert_eq!(
            told(&["tcp/22 10.1.0.0/16", "all 0.0.0.0/0"]),
            ["tcp 22 from 10.1.0.0/16 < all traffic from 0.0.0.0/0"]
        );
        assert_eq!(told(&["tcp/22 10.0.0.0/8", "udp/22 10.0.0.0/8", "tcp/22 ::/0", "tcp/22 sg-0b"]), [""; 0]);
        assert_eq!(told(&["icmp/8 10.1.0.0/16", "icmp/8 10.0.0.0/8"]), [""; 0], "codes are not read");
        assert_eq!(told(&["all self", "tcp/22 self"]), ["tcp 22 from self < all traffic from self"]);
    }
}

//! The entries of security groups and network ACLs as traffic, with what is not known.

use std::collections::BTreeMap;

use super::{Entry, Family, Peers, PortRange, Protocol, Traffic, parse_cidr};
use crate::model::{
    Configuration, GroupRule, NetworkAclEntry, Places, Pointer, PrefixList, Region, Resource, ResourceId, Snapshot,
};

/// What is admitted when the unknown turns out as narrow, and as wide, as it can be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Admitted whatever the unknown is.
    pub certain: Traffic,
    /// Admitted if the unknown is as wide as it can be.
    pub possible: Traffic,
    /// The unknown places, as [`crate::model::Fact::waits_for`] writes them; sorted.
    pub waits_for: Vec<String>,
}

/// The entries of prefix lists, by region and id.
#[derive(Debug, Default)]
pub struct PrefixLists<'a>(BTreeMap<(&'a Region, &'a str), (&'a Resource, &'a PrefixList)>);

impl<'a> PrefixLists<'a> {
    /// The lists of a snapshot. Ids are unique in a region across accounts, and a shared list
    /// stands in its owner's account, so that the account is left aside.
    #[must_use]
    pub fn of(snapshot: &'a Snapshot) -> Self {
        let lists = snapshot.resources.iter().filter_map(|resource| match &resource.configuration {
            Configuration::PrefixList(list) => Some(((&resource.region, short_id(&resource.id)), (resource, &**list))),
            _ => None,
        });
        Self(lists.collect())
    }

    /// The ranges of a list; `None` when they are not known.
    pub(super) fn ranges(&self, region: &Region, id: &str) -> Option<&'a [String]> {
        let (resource, list) = self.0.get(&(region, id))?;
        list.entries.as_deref().filter(|_| is_known(resource, "entries"))
    }

    /// Who owns a list: an account, or `AWS`; `None` when that is not known.
    #[must_use]
    pub fn owner(&self, region: &Region, id: &str) -> Option<&'a str> {
        let (resource, list) = self.0.get(&(region, id))?;
        Some(list.owner.as_str()).filter(|owner| !owner.is_empty() && is_known(resource, "owner"))
    }

    /// The addresses of a list; `None` when they are not known.
    #[must_use]
    pub fn addresses(&self, region: &Region, id: &str) -> Option<Peers> {
        let ranges: Option<Vec<Peers>> = self.ranges(region, id)?.iter().map(|entry| parse_cidr(entry)).collect();
        Some(Peers::united(&ranges?.iter().collect::<Vec<_>>()))
    }

    /// The addresses of a list, or what they wait for.
    fn peers(&self, region: &Region, id: &str, place: &Pointer) -> Result<Peers, (Peers, String)> {
        let Some((resource, list)) = self.0.get(&(region, id)) else {
            return Err((Peers::every(&[Family::Ipv4, Family::Ipv6]), place.to_string()));
        };
        let entries = Pointer::configuration("entries");
        self.addresses(region, id).ok_or_else(|| {
            let family = if list.address_family == "IPv6" { Family::Ipv6 } else { Family::Ipv4 };
            (Peers::every(&[family]), format!("{}#{entries}", resource.id))
        })
    }
}

fn is_known(list: &Resource, attribute: &str) -> bool {
    let place = Pointer::configuration(attribute);
    list.stale_since.is_none() && !list.unknown.iter().any(|other| other.overlaps(&place))
}

/// What other resources call this one: the part of an ARN after its last slash (`pl-0123`,
/// `sg-0123`, `vpc-0123`), or the whole id of a planned resource, which has no other yet.
#[must_use]
pub(crate) fn short_id(id: &ResourceId) -> &str {
    let id = id.as_str();
    id.strip_prefix("arn:").and_then(|arn| arn.rsplit_once('/')).map_or(id, |(_, short)| short)
}

/// The entries of a security group in one direction; `place` is where the list stands.
#[must_use]
pub fn group_traffic(
    group: &Resource,
    place: &Pointer,
    rules: Option<&[GroupRule]>,
    lists: &PrefixLists<'_>,
) -> Bounds {
    let mut bounds = BoundsBuilder::new(&group.unknown, place);
    for (index, rule) in rules.unwrap_or_default().iter().enumerate() {
        bounds.add_group_rule(rule, &place.child(index), &group.region, lists);
    }
    bounds.finish(rules.map_or(0, <[GroupRule]>::len))
}

/// The entries of a network ACL in one direction, in the order in which they are tried.
#[must_use]
pub fn acl_traffic(acl: &Resource, entries: &[NetworkAclEntry], egress: bool) -> Bounds {
    let place = Pointer::configuration("entries");
    let mut bounds = BoundsBuilder::new(&acl.unknown, &place);
    let mut ordered: Vec<(usize, &NetworkAclEntry)> =
        entries.iter().enumerate().filter(|(index, entry)| may_go(acl, &place.child(index), entry, egress)).collect();
    ordered.sort_by_key(|(index, entry)| (entry.number, *index));
    for (index, entry) in ordered {
        bounds.add_acl_entry(entry, &place.child(index));
    }
    if !bounds.unlisted(entries.len()).is_empty() {
        // An entry that is not known may stand before all others and deny everything.
        bounds.bounds.certain = Traffic::default();
    }
    bounds.finish(entries.len())
}

/// Whether an entry is about this direction; one whose direction is not known is about both.
fn may_go(acl: &Resource, at: &Pointer, entry: &NetworkAclEntry, egress: bool) -> bool {
    let direction = at.child("egress");
    entry.egress == egress || acl.unknown.iter().any(|place| place.overlaps(&direction))
}

struct BoundsBuilder<'a> {
    unknown: Places<'a>,
    place: &'a Pointer,
    bounds: Bounds,
}

impl<'a> BoundsBuilder<'a> {
    fn new(unknown: &'a [Pointer], place: &'a Pointer) -> Self {
        Self {
            unknown: unknown.iter().filter(|other| other.overlaps(place)).collect(),
            place,
            bounds: Bounds::default(),
        }
    }

    /// Whether one of these fields of an entry is unknown; notes the places.
    fn waits(&mut self, at: &Pointer, fields: &[&str]) -> bool {
        let mut waits = false;
        for field in fields {
            let field = at.child(field);
            for place in self.unknown.overlapping(&field) {
                waits = true;
                self.bounds.waits_for.push(place.to_string());
            }
        }
        waits
    }

    fn add_group_rule(&mut self, rule: &GroupRule, at: &Pointer, region: &Region, lists: &PrefixLists<'_>) {
        let (protocol, ports, shape_waits) = self.shape(&rule.protocol, rule.from_port, rule.to_port, at);
        let (known, possible) = self.group_peers(rule, at, region, lists);
        let name = group_name(rule).or_else(|| rule.prefix_list_id.clone());
        let entry = Entry { allow: true, protocol, ports, peers: possible, name, because: at.clone() };
        if let Some(peers) = known.filter(|_| !shape_waits) {
            self.bounds.certain.0.push(Entry { peers, ..entry.clone() });
        }
        self.bounds.possible.0.push(entry);
    }

    /// Protocol and ports, as wide as they can be, and whether they are unknown.
    fn shape(
        &mut self,
        protocol: &str,
        from: Option<i32>,
        to: Option<i32>,
        at: &Pointer,
    ) -> (Protocol, PortRange, bool) {
        if self.waits(at, &["protocol"]) {
            return (Protocol::All, PortRange::ALL, true);
        }
        let protocol = Protocol::new(protocol);
        if protocol != Protocol::All && self.waits(at, &["from_port", "to_port"]) {
            return (protocol, PortRange::ALL, true);
        }
        let ports = PortRange::of_entry(&protocol, from, to);
        (protocol, ports, false)
    }

    /// Who an entry of a group is about if that is known, and who it could be about.
    fn group_peers(
        &mut self,
        rule: &GroupRule,
        at: &Pointer,
        region: &Region,
        lists: &PrefixLists<'_>,
    ) -> (Option<Peers>, Peers) {
        let mut known = Some(Peers::default());
        let mut possible = Peers::default();
        for (field, cidr, families) in
            [("cidr_ipv4", &rule.cidr_ipv4, [Family::Ipv4].as_slice()), ("cidr_ipv6", &rule.cidr_ipv6, &[Family::Ipv6])]
        {
            match self.cidr(cidr.as_deref(), at, field, families) {
                Ok(peers) => join(&mut known, &mut possible, &peers),
                Err(widest) => (known, possible) = (None, possible.union(&widest)),
            }
        }
        if self.waits(at, &["prefix_list_id"]) {
            (known, possible) = (None, possible.union(&Peers::every(&[Family::Ipv4, Family::Ipv6])));
        } else if let Some(id) = &rule.prefix_list_id {
            match lists.peers(region, id, &at.child("prefix_list_id")) {
                Ok(peers) => join(&mut known, &mut possible, &peers),
                Err((widest, waits_for)) => {
                    // Which list it is is known, only not what is in it.
                    join(&mut known, &mut possible, &Peers::named(id));
                    possible = possible.union(&widest);
                    self.bounds.waits_for.push(waits_for);
                }
            }
        }
        // Another group is never the world, but which one it is decides what drifted.
        if self.waits(at, &["group_id", "group_account"]) {
            (known, possible) = (None, possible.union(&Peers::every(&[Family::Named])));
        } else if let Some(name) = group_name(rule) {
            join(&mut known, &mut possible, &Peers::named(&name));
        }
        (known, possible)
    }

    /// The addresses of a CIDR field (none when it is absent), or the widest it can be.
    fn cidr(&mut self, text: Option<&str>, at: &Pointer, field: &str, families: &[Family]) -> Result<Peers, Peers> {
        if self.waits(at, &[field]) {
            return Err(Peers::every(families));
        }
        let Some(text) = text else { return Ok(Peers::default()) };
        parse_cidr(text).ok_or_else(|| {
            self.bounds.waits_for.push(at.child(field).to_string());
            Peers::every(families)
        })
    }

    fn add_acl_entry(&mut self, entry: &NetworkAclEntry, at: &Pointer) {
        let (protocol, ports, mut waits) = self.shape(&entry.protocol, entry.from_port, entry.to_port, at);
        let mut peers = Peers::default();
        for (field, cidr, families) in [
            ("cidr_ipv4", &entry.cidr_ipv4, [Family::Ipv4].as_slice()),
            ("cidr_ipv6", &entry.cidr_ipv6, &[Family::Ipv6]),
        ] {
            peers = peers.union(&self.cidr(cidr.as_deref(), at, field, families).unwrap_or_else(|widest| {
                waits = true;
                widest
            }));
        }
        let effect_waits = self.waits(at, &["allow", "egress"]);
        let widest = Entry { allow: entry.allow, protocol, ports, peers, name: None, because: at.clone() };
        if self.waits(at, &["number"]) {
            // It may stand anywhere, so it stands first where it narrows and where it widens.
            self.bounds.certain.0.insert(0, Entry { allow: false, ..widest.clone() });
            self.bounds.possible.0.insert(0, Entry { allow: true, ..widest });
        } else if effect_waits {
            self.bounds.certain.0.push(Entry { allow: false, ..widest.clone() });
            self.bounds.possible.0.push(Entry { allow: true, ..widest });
        } else if !waits {
            self.bounds.certain.0.push(widest.clone());
            self.bounds.possible.0.push(widest);
        } else if entry.allow {
            self.bounds.possible.0.push(widest);
        } else {
            self.bounds.certain.0.push(widest);
        }
    }

    /// Unknown places that stand for entries which are not in the list.
    fn unlisted(&self, entries: usize) -> Vec<String> {
        let listed = |place: &Pointer| self.place.element(place).is_some_and(|index| index < entries);
        let unlisted = self.unknown.iter().filter(|place| place.covers(self.place) || !listed(place));
        unlisted.map(ToString::to_string).collect()
    }

    fn finish(mut self, entries: usize) -> Bounds {
        let unlisted = self.unlisted(entries);
        if !unlisted.is_empty() {
            self.bounds.waits_for.extend(unlisted);
            let widest = Entry {
                allow: true,
                protocol: Protocol::All,
                ports: PortRange::ALL,
                peers: Peers::every(Family::ALL),
                name: None,
                because: self.place.clone(),
            };
            self.bounds.possible.0.insert(0, widest);
        }
        self.bounds.waits_for.sort();
        self.bounds.waits_for.dedup();
        self.bounds
    }
}

/// The group an entry refers to, with its account when that is another one.
fn group_name(rule: &GroupRule) -> Option<String> {
    let id = rule.group_id.as_ref()?;
    Some(rule.group_account.as_ref().map_or_else(|| id.clone(), |account| format!("{account}/{id}")))
}

fn join(known: &mut Option<Peers>, possible: &mut Peers, peers: &Peers) {
    *possible = possible.union(peers);
    *known = known.as_ref().map(|known| known.union(peers));
}

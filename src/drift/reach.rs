//! Changes of network entries: what is admitted now and was not, and the other way round.
//!
//! Entries are compared as sets of address × protocol × port. Two ranges that become one, or a
//! renumbered entry with the same effect, are the same written otherwise. Where entries are unknown, only what is
//! certain is told: gained is what the new side surely admits and the old one cannot have.

use std::collections::BTreeSet;

use serde_json::Value;

use super::direction::by_gain;
use super::document::ordered;
use crate::model::{
    Configuration, Direction, FieldChange, GroupRule, NetworkAcl, Pointer, PrefixList, Resource, SecurityGroup, Witness,
};
use crate::network::{Bounds, Family, Peers, PrefixLists, Towards, acl_traffic, cidrs, group_traffic, parse_cidr};

pub(super) fn differences(old: &Resource, new: &Resource, lists: &PrefixLists<'_>) -> Vec<FieldChange> {
    match (&old.configuration, &new.configuration) {
        (Configuration::SecurityGroup(before), Configuration::SecurityGroup(after)) => {
            security_group((old, before), (new, after), lists)
        }
        (Configuration::NetworkAcl(before), Configuration::NetworkAcl(after)) => {
            network_acl((old, before), (new, after)).into_iter().collect()
        }
        (Configuration::PrefixList(before), Configuration::PrefixList(after)) => {
            prefix_list((old, before), (new, after)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn security_group(
    (old, before): (&Resource, &SecurityGroup),
    (new, after): (&Resource, &SecurityGroup),
    lists: &PrefixLists<'_>,
) -> Vec<FieldChange> {
    let directions = [
        ("ingress", &before.ingress, &after.ingress, Towards::Inside),
        ("egress", &before.egress, &after.egress, Towards::Outside),
    ];
    let mut changes = Vec::new();
    for (attribute, before, after, towards) in directions {
        let place = Pointer::configuration(attribute);
        let earlier = group_traffic(old, &place, before.as_deref(), lists);
        let later = group_traffic(new, &place, after.as_deref(), lists);
        let mut change = FieldChange::new(place, value(before.as_ref()), value(after.as_ref()));
        tell(&mut change, &earlier, &later, towards);
        let known = is_known(&earlier, &later) && !is_unknown(old, new, &change.path);
        let described = known && descriptions(before.as_deref()) != descriptions(after.as_deref());
        changes.extend(settled(change, known, described));
    }
    changes
}

/// The change, if it is one: access moved, or something else did, or, where all is known, the
/// same is only written otherwise.
fn settled(mut change: FieldChange, known: bool, otherwise: bool) -> Option<FieldChange> {
    let moved = change.direction != Direction::Neutral;
    change.same_meaning = known && !moved && !otherwise && change.old != change.new;
    (moved || otherwise || change.same_meaning).then_some(change)
}

fn is_known(earlier: &Bounds, later: &Bounds) -> bool {
    earlier.waits_for.is_empty() && later.waits_for.is_empty()
}

fn network_acl((old, before): (&Resource, &NetworkAcl), (new, after): (&Resource, &NetworkAcl)) -> Option<FieldChange> {
    let place = Pointer::configuration("entries");
    let mut change = FieldChange::new(place, value(Some(&before.entries)), value(Some(&after.entries)));
    let mut known = !is_unknown(old, new, &change.path);
    for (egress, towards) in [(false, Towards::Inside), (true, Towards::Outside)] {
        let earlier = acl_traffic(old, &before.entries, egress);
        let later = acl_traffic(new, &after.entries, egress);
        known &= is_known(&earlier, &later);
        tell(&mut change, &earlier, &later, towards);
    }
    settled(change, known, false)
}

/// Adds what was surely gained and lost, each with a packet that shows it.
fn tell(change: &mut FieldChange, earlier: &Bounds, later: &Bounds, towards: Towards) {
    let packet =
        |one: &Bounds, other: &Bounds| one.certain.packet_beyond(&other.possible, towards).map(Witness::Packet);
    change.gained.extend(later.certain.beyond(&earlier.possible, towards));
    change.lost.extend(earlier.certain.beyond(&later.possible, towards));
    change.gained_witness = change.gained_witness.take().or_else(|| packet(later, earlier));
    change.lost_witness = change.lost_witness.take().or_else(|| packet(earlier, later));
    change.direction = by_gain(&change.gained, &change.lost);
}

/// A prefix list whose addresses changed; entries that admit it admit the new ones.
fn prefix_list((old, before): (&Resource, &PrefixList), (new, after): (&Resource, &PrefixList)) -> Option<FieldChange> {
    let place = Pointer::configuration("entries");
    if [old, new].iter().any(|resource| resource.unknown.iter().any(|other| other.overlaps(&place))) {
        return None;
    }
    let (earlier, later) = (addresses(before)?, addresses(after)?);
    let beyond = |one: &Peers, other: &Peers| -> Vec<String> {
        [Family::Ipv4, Family::Ipv6]
            .into_iter()
            .flat_map(|family| cidrs(family, &one.family(family).difference(other.family(family))))
            .collect()
    };
    let mut change = FieldChange::new(place, value(before.entries.as_ref()), value(after.entries.as_ref()));
    change.gained = beyond(&later, &earlier);
    change.lost = beyond(&earlier, &later);
    change.direction = by_gain(&change.gained, &change.lost);
    settled(change, true, false)
}

fn addresses(list: &PrefixList) -> Option<Peers> {
    let ranges: Vec<Peers> = list.entries.iter().flatten().map(|entry| parse_cidr(entry)).collect::<Option<_>>()?;
    Some(Peers::united(&ranges.iter().collect::<Vec<_>>()))
}

/// A list as a canonical value; absent when there is nothing in it.
fn value<T: serde::Serialize>(list: Option<&Vec<T>>) -> Option<Value> {
    let list = list.filter(|list| !list.is_empty())?;
    serde_json::to_value(list).ok().map(ordered)
}

fn descriptions(rules: Option<&[GroupRule]>) -> BTreeSet<&str> {
    rules.unwrap_or_default().iter().filter_map(|rule| rule.description.as_deref()).collect()
}

fn is_unknown(old: &Resource, new: &Resource, place: &Pointer) -> bool {
    old.unknown.iter().chain(&new.unknown).any(|other| other.overlaps(place))
}

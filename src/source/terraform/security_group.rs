//! `AWS::EC2::SecurityGroup`: inline rules, rules of their own, and the default group.
//!
//! One entry per source, as the live document has it. The group's `ingress` and `egress` are
//! either what the configuration sets, or an echo of the separate rules: then a rule that the plan
//! changes is taken out of the echo before it is put in anew.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AccountId, GroupRule, Pointer, Region, Resource, ResourceId, SecurityGroup};

use super::estate::{Estate, Id, Instance};
use super::identity::{BY_ADDRESS, by_address, partition, region};
use super::join::{Children, DEFAULT_GROUP_OF, Parent, parent, stray};
use super::json::Value;
use super::prefix_list::LIST;
use super::reference::unset_if_null;
use super::side::{Notes, Side};
use super::value::{Expression, Field, Place, Settled, references};

const GROUPS: [&str; 2] = ["aws_security_group", "aws_default_security_group"];

/// Which way traffic goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

impl Way {
    /// The attribute, and the `type` of an `aws_security_group_rule`.
    const fn name(self) -> &'static str {
        match self {
            Self::In => "ingress",
            Self::Out => "egress",
        }
    }

    const fn rule_kind(self) -> &'static str {
        match self {
            Self::In => "aws_vpc_security_group_ingress_rule",
            Self::Out => "aws_vpc_security_group_egress_rule",
        }
    }
}

/// Entries of one direction while they are gathered.
#[derive(Default)]
struct Entries {
    rules: Vec<Entry>,
    /// What further entries wait for.
    missing: Vec<String>,
}

/// One entry, and why its peer is unknown, with the attribute that would hold it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    rule: GroupRule,
    unknown: Option<(&'static str, String)>,
}

/// The separate rules of one direction, by group.
struct Rules {
    classic: Children,
    modern: Children,
}

impl Rules {
    fn of(estate: &Estate<'_>, way: Way) -> Self {
        let this_way = |instance: &Instance<'_>| {
            instance.value.get("type").and_then(Value::as_str).is_none_or(|kind| kind == way.name())
        };
        Self {
            classic: Children::join_some(estate, "aws_security_group_rule", "security_group_id", &GROUPS, this_way)
                .with_strays_and(estate, is_of_the_world),
            modern: Children::join(estate, way.rule_kind(), "security_group_id", &GROUPS)
                .with_strays_and(estate, is_of_the_world),
        }
    }

    fn add(&self, estate: &Estate<'_>, group: Id, entries: &mut Entries) {
        for children in [&self.classic, &self.modern] {
            for &rule in children.of(group) {
                separate_rule(estate, rule, Some(group), entries);
            }
            entries.missing.extend(children.doubt(group));
        }
    }
}

/// Whether a rule is surely about everyone, whichever group it belongs to.
fn is_of_the_world(rule: &Instance<'_>) -> bool {
    let everyone = |value: &Value| value.as_str().is_some_and(|range| range.ends_with("/0"));
    let lists = ["cidr_blocks", "ipv6_cidr_blocks"].iter().filter_map(|name| rule.value.get(name)?.as_array());
    let single = ["cidr_ipv4", "cidr_ipv6"].iter().filter_map(|name| rule.value.get(name));
    lists.flatten().chain(single).any(everyone)
}

/// All security groups of a side, and those outside the plan that it adds rules to.
pub(super) fn security_groups(side: &Side<'_, '_>) -> Vec<Resource> {
    let ways = [Way::In, Way::Out]
        .map(|way| (way, Rules::of(side.estate, way), side.previous.map(|previous| Rules::of(previous, way))));
    let all = GROUPS.iter().flat_map(|kind| side.estate.of_kind(kind));
    let mut found: Vec<Resource> = all.map(|&id| security_group(side, id, &ways)).collect();
    found.extend(outside(side, &ways));
    found
}

type Ways = [(Way, Rules, Option<Rules>); 2];

fn security_group(side: &Side<'_, '_>, id: Id, ways: &Ways) -> Resource {
    let instance = side.instance(id);
    let mut notes = Notes::default();
    let [ingress, egress] = ways.each_ref().map(|(way, now, previously)| {
        let entries = gather(side, id, *way, now, previously.as_ref());
        entries.finish(*way, &mut notes)
    });
    let is_default = instance.kind == "aws_default_security_group";
    let group_name =
        if is_default { Some("default".to_owned()) } else { notes.take("group_name", group_name(side, instance)) };
    if group_name.as_ref().is_some_and(|name| name.starts_with(BY_ADDRESS)) {
        notes.left_to_aws(Pointer::configuration("group_name"));
    }
    // AWS's own words, when the provider does not know them yet.
    let default_description = is_default.then(|| "default VPC security group".to_owned());
    let description = instance.get("description").text().or(default_description);
    let description = notes.take("description", description).unwrap_or_default();
    let vpc_id = match instance.get("vpc_id").field() {
        Field::Default => {
            notes.unknown(Pointer::configuration("vpc_id"), "the default VPC");
            None
        }
        _ => notes.take("vpc_id", instance.get("vpc_id").text().or(None)),
    };
    let is_made_up = group_name.as_ref().is_some_and(|name| name.starts_with(BY_ADDRESS));
    let name = group_name.clone().filter(|_| !is_made_up).unwrap_or_else(|| instance.address.to_owned());
    let configuration = SecurityGroup {
        group_name: group_name.unwrap_or_default(),
        description,
        vpc_id,
        ingress: Some(ingress),
        egress: Some(egress),
    };
    side.resource(id, region(side.estate, instance), name, configuration, notes)
}

/// The name; of a group whose name the provider makes up, what it is called in this plan. Made-up
/// names begin with `terraform-` or with the prefix that is given: none of them is `default`.
fn group_name(side: &Side<'_, '_>, instance: &Instance<'_>) -> Settled<String> {
    let name = unset_if_null(side.estate, instance, instance.get("name"));
    if !matches!(name.field(), Field::Default) {
        return name.text().or(None);
    }
    match unset_if_null(side.estate, instance, instance.get("name_prefix")).text() {
        Field::Unknown(why) => Err(why),
        // A rule asks for the beginning of these.
        Field::Known(prefix) if prefix.starts_with("launch-wizard") => Err("the provider makes up a name".to_owned()),
        Field::Known(_) | Field::Absent | Field::Default => Ok(Some(by_address(instance.address).as_str().to_owned())),
    }
}

fn gather(side: &Side<'_, '_>, group: Id, way: Way, now: &Rules, previously: Option<&Rules>) -> Entries {
    let instance = side.instance(group);
    let mut entries = Entries::default();
    let own = unset_if_null(side.estate, instance, instance.get(way.name()));
    inline_rules(side.estate, group, own, &mut entries);
    if let (Some((previous, before)), Some(rules)) = (side.before(group), previously) {
        let changed = previous.instance(before).value.get(way.name()) != instance.value.get(way.name());
        if !changed && !instance.get(way.name()).is_configured() {
            let mut echoed = Entries::default();
            rules.add(previous, before, &mut echoed);
            let echoed: BTreeSet<Entry> = echoed.rules.into_iter().collect();
            entries.rules.retain(|entry| !echoed.contains(entry));
        }
    }
    now.add(side.estate, group, &mut entries);
    let own = side.accounts.account(instance);
    for entry in &mut entries.rules {
        entry.rule.group_account.take_if(|account| *account == own.as_str());
    }
    entries
}

impl Entries {
    /// Sorts the entries, and notes the unknown places of the sorted list.
    fn finish(mut self, way: Way, notes: &mut Notes) -> Vec<GroupRule> {
        self.rules.sort();
        self.rules.dedup();
        let list = Pointer::configuration(way.name());
        for (index, entry) in self.rules.iter().enumerate() {
            if let Some((attribute, why)) = &entry.unknown {
                notes.unknown(list.child(index).child(attribute), why.clone());
            }
        }
        if !self.missing.is_empty() {
            self.missing.sort();
            self.missing.dedup();
            // The place after the last entry: there may be more.
            notes.unknown(list.child(self.rules.len()), self.missing.join("; "));
        }
        self.rules.into_iter().map(|entry| entry.rule).collect()
    }

    fn put(&mut self, base: &GroupRule, set: impl FnOnce(&mut GroupRule)) {
        let mut rule = base.clone();
        set(&mut rule);
        self.rules.push(Entry { rule, unknown: None });
    }

    /// An entry whose peer is not known.
    fn put_unknown(&mut self, base: &GroupRule, attribute: &'static str, why: String) {
        self.rules.push(Entry { rule: base.clone(), unknown: Some((attribute, why)) });
    }
}

/// Entries of an inline `ingress` or `egress`.
fn inline_rules(estate: &Estate<'_>, group: Id, place: Place<'_>, entries: &mut Entries) {
    let members = place.items();
    entries.missing.extend(members.unknown);
    for member in members.known {
        match base(member, "protocol") {
            Ok(base) => {
                ranges(estate, group, member, &base, entries);
                let groups = member.get("security_groups").texts();
                for id in groups.known {
                    put_group(estate, group, &id, &base, entries);
                }
                if let Some(why) = groups.unknown {
                    match only(estate, group, member.get("security_groups"), &GROUPS) {
                        Some(peer) => put_planned_group(estate, Some(group), peer, &base, entries),
                        None => entries.put_unknown(&base, "group_id", why),
                    }
                }
                put_self(member, &base, entries);
            }
            Err(why) => entries.missing.push(why),
        }
    }
}

/// Entries of a rule of its own.
fn separate_rule(estate: &Estate<'_>, id: Id, group: Option<Id>, entries: &mut Entries) {
    let instance = estate.instance(id);
    let place = instance.place();
    let classic = instance.kind == "aws_security_group_rule";
    let base = match base(place, if classic { "protocol" } else { "ip_protocol" }) {
        Ok(base) => base,
        Err(why) => return entries.missing.push(why),
    };
    let peer = if classic {
        let count = entries.rules.len();
        ranges(estate, id, place, &base, entries);
        put_self(place, &base, entries);
        if entries.rules.len() > count {
            // The provider fills in a source group that has no meaning beside ranges.
            return;
        }
        "source_security_group_id"
    } else {
        for (attribute, name) in
            [("cidr_ipv4", "cidr_ipv4"), ("cidr_ipv6", "cidr_ipv6"), ("prefix_list_id", "prefix_list_id")]
        {
            match place.get(attribute).text() {
                Field::Known(text) => entries.put(&base, |rule| set_peer(rule, name, text)),
                Field::Unknown(why) => match parent(estate, id, place.get(attribute), &[LIST]) {
                    Parent::One(list) if name == "prefix_list_id" => put_planned_list(estate, list, &base, entries),
                    _ => entries.put_unknown(&base, name, why),
                },
                Field::Absent | Field::Default => {}
            }
        }
        "referenced_security_group_id"
    };
    let place = place.get(peer);
    match place.text() {
        Field::Known(text) => match group {
            Some(group) => put_group(estate, group, &text, &base, entries),
            None => put_named_group(&text, &base, entries),
        },
        Field::Unknown(why) => match parent(estate, id, place, &GROUPS) {
            Parent::One(peer) => put_planned_group(estate, group, peer, &base, entries),
            _ => entries.put_unknown(&base, "group_id", why),
        },
        Field::Absent | Field::Default => {}
    }
}

/// Protocol, ports and description: what all entries of one rule share.
fn base(place: Place<'_>, protocol: &str) -> Result<GroupRule, String> {
    let protocol = protocol_name(&place.get(protocol).text().or(None)?.unwrap_or_else(|| "-1".to_owned()));
    let port = |attribute: &str| place.get(attribute).number().or(None);
    let (from_port, to_port) = if protocol == "all" { (None, None) } else { (port("from_port")?, port("to_port")?) };
    let any = |port: Option<i32>| port.filter(|&port| port >= 0);
    let description = place.get("description").text().or(None).ok().flatten();
    Ok(GroupRule { protocol, from_port: any(from_port), to_port: any(to_port), description, ..GroupRule::default() })
}

/// One spelling per protocol: `-1` is `all`, and numbers that have a name are named.
pub(super) fn protocol_name(written: &str) -> String {
    match written.to_ascii_lowercase().as_str() {
        "-1" | "all" => "all",
        "6" | "tcp" => "tcp",
        "17" | "udp" => "udp",
        "1" | "icmp" => "icmp",
        "58" | "icmpv6" => "icmpv6",
        other => return other.to_owned(),
    }
    .to_owned()
}

fn ranges(estate: &Estate<'_>, owner: Id, place: Place<'_>, base: &GroupRule, entries: &mut Entries) {
    for (attribute, name) in
        [("cidr_blocks", "cidr_ipv4"), ("ipv6_cidr_blocks", "cidr_ipv6"), ("prefix_list_ids", "prefix_list_id")]
    {
        let members = place.get(attribute).texts();
        for text in members.known {
            entries.put(base, |rule| set_peer(rule, name, text));
        }
        let Some(why) = members.unknown else { continue };
        match only(estate, owner, place.get(attribute), &[LIST]) {
            Some(list) if name == "prefix_list_id" => put_planned_list(estate, list, base, entries),
            _ => entries.put_unknown(base, name, why),
        }
    }
}

fn set_peer(rule: &mut GroupRule, name: &str, text: String) {
    match name {
        "cidr_ipv4" => rule.cidr_ipv4 = Some(range(text)),
        "cidr_ipv6" => rule.cidr_ipv6 = Some(range(text)),
        _ => rule.prefix_list_id = Some(text),
    }
}

/// The range as EC2 writes it: without host bits, IPv6 in its short form.
pub(super) fn range(text: String) -> String {
    text.parse::<ipnet::IpNet>().map_or(text, |range| range.trunc().to_string())
}

fn put_self(place: Place<'_>, base: &GroupRule, entries: &mut Entries) {
    match place.get("self").truth() {
        Field::Known(true) => entries.put(base, |rule| rule.group_id = Some("self".to_owned())),
        Field::Unknown(why) => entries.put_unknown(base, "group_id", why),
        _ => {}
    }
}

/// A group as peer; the group itself is written `self`.
fn put_group(estate: &Estate<'_>, group: Id, text: &str, base: &GroupRule, entries: &mut Entries) {
    let own = estate.instance(group).value.get("id").and_then(Value::as_str);
    if own == Some(text) {
        entries.put(base, |rule| rule.group_id = Some("self".to_owned()));
    } else {
        put_named_group(text, base, entries);
    }
}

/// The resource that a list names which is not known yet. The configuration shows all inline rules as
/// one expression, so that it has to be all that this refers to.
fn only(estate: &Estate<'_>, owner: Id, place: Place<'_>, kinds: &[&str]) -> Option<Id> {
    let Expression::Set(expression) = place.expression else { return None };
    match parent(estate, owner, place, kinds) {
        Parent::One(peer) if references(expression).len() == 1 => Some(peer),
        _ => None,
    }
}

/// A prefix list of the plan as peer, by what it is called there.
fn put_planned_list(estate: &Estate<'_>, list: Id, base: &GroupRule, entries: &mut Entries) {
    let called = by_address(estate.instance(list).address).as_str().to_owned();
    entries.put(base, |rule| rule.prefix_list_id = Some(called));
}

/// A group of the plan as peer, by what it is called there.
fn put_planned_group(estate: &Estate<'_>, group: Option<Id>, peer: Id, base: &GroupRule, entries: &mut Entries) {
    let called = if Some(peer) == group {
        "self".to_owned()
    } else {
        by_address(estate.instance(peer).address).as_str().to_owned()
    };
    entries.put(base, |rule| rule.group_id = Some(called));
}

/// A group as peer, `sg-1` or `111122223333/sg-1`.
fn put_named_group(text: &str, base: &GroupRule, entries: &mut Entries) {
    let (account, id) = match text.split_once('/') {
        Some((account, id)) => (Some(account.to_owned()), id),
        None => (None, text),
    };
    entries.put(base, |rule| {
        rule.group_id = Some(id.to_owned());
        rule.group_account = account;
    });
}

/// Groups that the plan adds rules to without holding them: those rules, and nothing else known.
fn outside(side: &Side<'_, '_>, ways: &Ways) -> Vec<Resource> {
    let mut by_name: BTreeMap<&str, [Vec<Id>; 2]> = BTreeMap::new();
    for (at, (_, rules, _)) in ways.iter().enumerate() {
        for (name, ids) in rules.classic.outside.iter().chain(&rules.modern.outside) {
            by_name.entry(name).or_default()[at].extend(ids);
        }
    }
    let strangers = by_name.into_iter();
    strangers
        .filter_map(|(name, rules)| Some(stranger(side, name, first_outside(side, name, &rules, ways)?, &rules)))
        .collect()
}

/// The first rule of a group outside the plan. One that it had before counts more, so that the group
/// goes by the same address on both sides.
fn first_outside<'e, 'a>(
    side: &Side<'e, 'a>,
    name: &str,
    rules: &[Vec<Id>; 2],
    ways: &Ways,
) -> Option<&'e Instance<'a>> {
    let previously = ways.iter().filter_map(|(_, _, previously)| previously.as_ref());
    let all = previously.flat_map(|rules| [&rules.classic, &rules.modern]);
    let earlier = all.filter_map(|children| children.outside.get(name)?.iter().min()).min();
    match (side.previous, earlier) {
        (Some(previous), Some(&rule)) => Some(previous.instance(rule)),
        _ => Some(side.instance(*rules.iter().flatten().min()?)),
    }
}

fn stranger(side: &Side<'_, '_>, name: &str, first: &Instance<'_>, rules: &[Vec<Id>; 2]) -> Resource {
    const WHY: &str = "the security group is not in the plan";
    let mut notes = Notes::default();
    let mut lists = [Way::In, Way::Out].into_iter().zip(rules).map(|(way, ids)| {
        let mut entries = Entries::default();
        for &rule in ids {
            separate_rule(side.estate, rule, None, &mut entries);
        }
        entries.missing.push(WHY.to_owned());
        entries.finish(way, &mut notes)
    });
    let (ingress, egress) = (lists.next(), lists.next());
    drop(lists);
    let is_default = name.starts_with(DEFAULT_GROUP_OF);
    for attribute in ["group_name", "description", "vpc_id"].iter().skip(usize::from(is_default)) {
        notes.unknown(Pointer::configuration(attribute), WHY);
    }
    notes.unknown(Pointer::new("/tags"), WHY);
    let group_name = if is_default { "default".to_owned() } else { String::new() };
    let configuration = SecurityGroup { group_name, ingress, egress, ..SecurityGroup::default() };
    let (account, region) = (side.accounts.account(first), region(side.estate, first));
    let arn = if stray(name).is_some() { None } else { group_arn(&account, &region, name) };
    let id = arn.unwrap_or_else(|| by_address(first.address));
    let called = stray(name).unwrap_or(name).to_owned();
    let mut resource = Resource::new(id, account, region, called, configuration);
    resource.origin.terraform_address = Some(first.address.to_owned());
    notes.write_to(&mut resource);
    resource
}

fn group_arn(account: &AccountId, region: &Region, id: &str) -> Option<ResourceId> {
    if *account == AccountId::unknown() || *region == Region::unknown() || id.contains(' ') {
        return None;
    }
    format!("arn:{}:ec2:{region}:{account}:security-group/{id}", partition(region)).parse().ok()
}

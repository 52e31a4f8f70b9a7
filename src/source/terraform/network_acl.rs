//! `AWS::EC2::NetworkAcl`: inline entries, entries of their own, and the default ACL of a VPC.
//!
//! An entry is known by its direction and number, of which there is one. The ACL's `ingress` and
//! `egress` are either what the configuration sets, or an echo of the separate entries: then an
//! entry that the plan changes is taken out of the echo before it is put in anew. AWS adds the
//! final denies. Of an ACL that is not in the plan, the entries that it gets there are known.

use std::collections::BTreeMap;

use crate::model::{NetworkAcl, NetworkAclEntry, Pointer, Resource};

use super::adopted::{Adopted, FirstOfVpc};
use super::ec2::{Ids, SUBNETS, VPCS, name, own, plain, reference};
use super::estate::{Estate, Id, Instance};
use super::identity::region;
use super::join::{Children, Parent, parent};
use super::outside::{Outside, first_part};
use super::security_group::{protocol_name, range};
use super::side::{BY_OTHER_ACLS, NOT_HELD, Notes, Side};
use super::value::{Field, Place, Settled};
use super::vpc::has_ipv6;

const ACL: &str = "aws_network_acl";
const DEFAULT: &str = "aws_default_network_acl";
const ACLS: [&str; 2] = [ACL, DEFAULT];
/// Rules of their own, and what names their ACL.
const RULE: (&str, &str) = ("aws_network_acl_rule", "network_acl_id");
const FIRST: FirstOfVpc = FirstOfVpc { kind: DEFAULT, names: &["default_network_acl_id"] };

/// The numbers of the final denies.
const LAST_IPV4: i32 = 32_767;
const LAST_IPV6: i32 = 32_768;

/// What belongs to the ACLs of one side.
struct Parts {
    rules: Children,
    associations: Children,
    adopted: Adopted,
}

impl Parts {
    fn of(estate: &Estate<'_>) -> Self {
        let adopted = Adopted::of(estate, &FIRST, RULE);
        Self {
            rules: adopted.others(estate, RULE, &ACLS).with_strays(estate),
            associations: Children::join(estate, "aws_network_acl_association", "network_acl_id", &ACLS),
            adopted,
        }
    }

    fn rules_of(&self, acl: Id) -> Vec<Id> {
        self.rules.of(acl).iter().chain(self.adopted.parts(acl)).copied().collect()
    }
}

/// All network ACLs of a side.
pub(super) fn network_acls(side: &Side<'_, '_>) -> Vec<Resource> {
    let (now, previously) = (Parts::of(side.estate), side.previous.map(Parts::of));
    let all = ACLS.iter().flat_map(|kind| side.estate.of_kind(kind));
    let mut found: Vec<Resource> = all.map(|&id| network_acl(side, &now, previously.as_ref(), id)).collect();
    found.extend(outside(side, &now, previously.as_ref()));
    found
}

/// ACLs that the plan adds rules to without holding them, and default ones that no resource adopts.
fn outside(side: &Side<'_, '_>, now: &Parts, previously: Option<&Parts>) -> Vec<Resource> {
    let of_others = now.rules.outside.iter().filter_map(|(name, rules)| {
        let first = first_part(side, name, rules, previously.map(|parts| &parts.rules))?;
        Some(stranger(side, name.clone(), (first, rules), None))
    });
    let of_defaults = now.adopted.unadopted().filter_map(|(vpc, rules)| {
        let name = format!("default network ACL of {}", side.instance(vpc).address);
        Some(stranger(side, name, (side.instance(*rules.iter().min()?), rules), Some(vpc)))
    });
    of_others.chain(of_defaults).collect()
}

fn stranger(side: &Side<'_, '_>, name: String, (first, rules): (&Instance<'_>, &[Id]), vpc: Option<Id>) -> Resource {
    let outside = Outside { name, path: "network-acl", what: "network ACL", first };
    let mut notes = Notes::default();
    let mut entries = Entries { missing: vec![outside.why()], ..Entries::default() };
    for &rule in rules {
        entries.put(separate_entry(side.instance(rule).place()));
    }
    let configuration = NetworkAcl {
        vpc_id: vpc.map(|vpc| super::ec2::id_of(side, vpc)),
        is_default: vpc.is_some(),
        entries: entries.finish(&mut notes),
        subnet_ids: Vec::new(),
    };
    let unknown: &[&str] = if vpc.is_some() { &["subnet_ids"] } else { &["vpc_id", "is_default", "subnet_ids"] };
    outside.resource(side, configuration, unknown, notes)
}

fn network_acl(side: &Side<'_, '_>, now: &Parts, previously: Option<&Parts>, id: Id) -> Resource {
    let instance = side.instance(id);
    let is_default = instance.kind == DEFAULT;
    let mut notes = Notes::default();
    let place = instance.get("vpc_id");
    let vpc = match parent(side.estate, id, place, &VPCS) {
        Parent::One(vpc) => Some(vpc),
        _ => now.adopted.vpc(id),
    };
    let vpc_id = match (place.field(), vpc) {
        (Field::Default, Some(vpc)) => Ok(Some(super::ec2::id_of(side, vpc))),
        (Field::Default, None) => Err("the VPC of the adopted ACL".to_owned()),
        _ => reference(side, id, place, &VPCS),
    };
    let mut entries = gather(side, now, previously, id);
    entries.add_last(vpc.is_some_and(|vpc| has_ipv6(side, vpc)));
    let configuration = NetworkAcl {
        vpc_id: notes.take("vpc_id", vpc_id),
        is_default,
        subnet_ids: subnets(side, now, previously, id).finish("subnet_ids", &mut notes),
        entries: entries.finish(&mut notes),
    };
    side.resource(id, region(side.estate, instance), name(instance), configuration, notes)
}

fn subnets(side: &Side<'_, '_>, now: &Parts, previously: Option<&Parts>, id: Id) -> Ids {
    let instance = side.instance(id);
    let place = own(side, instance, "subnet_ids");
    let mut subnets = Ids::default();
    if place.field() != Field::Default {
        subnets.put_references(side, id, place, &SUBNETS);
    }
    if let (Some((previous, before)), Some(earlier), false) = (side.before(id), previously, place.is_configured()) {
        for &gone in earlier.associations.of(before) {
            let echo = previous.instance(gone).get("subnet_id").text().or(None).ok().flatten();
            subnets.remove(echo.as_deref());
        }
    }
    for &association in now.associations.of(id) {
        let subnet = side.instance(association).get("subnet_id");
        subnets.put(reference(side, association, subnet, &SUBNETS));
    }
    if let Some(doubt) = now.associations.doubt(id) {
        subnets.more(doubt);
    }
    if instance.kind == DEFAULT {
        subnets.more(BY_OTHER_ACLS);
    } else if !instance.creating && !place.is_configured() {
        subnets.more(NOT_HELD);
    }
    subnets
}

/// Entries while they are gathered: by direction and number, those with an unknown number, and
/// what further ones wait for.
#[derive(Default)]
struct Entries {
    by_number: BTreeMap<(bool, i32), Entry>,
    unnumbered: Vec<Entry>,
    missing: Vec<String>,
}

/// One entry, and which of its attributes are unknown.
struct Entry {
    entry: NetworkAclEntry,
    unknown: Vec<(&'static str, String)>,
}

fn gather(side: &Side<'_, '_>, now: &Parts, previously: Option<&Parts>, acl: Id) -> Entries {
    let instance = side.instance(acl);
    let mut entries = Entries::default();
    for (egress, attribute) in [(false, "ingress"), (true, "egress")] {
        let place = if instance.kind == DEFAULT { plain(instance, attribute) } else { own(side, instance, attribute) };
        let members = place.items();
        entries.missing.extend(members.unknown);
        for member in members.known {
            match stands_for_any(member) {
                Some(why) => entries.missing.push(why),
                None => entries.put(inline_entry(member, egress)),
            }
        }
        if let (Some((previous, before)), Some(earlier)) = (side.before(acl), previously) {
            let changed = previous.instance(before).value.get(attribute) != instance.value.get(attribute);
            if !changed && !place.is_configured() {
                for gone in earlier.rules_of(before) {
                    let echo = separate_entry(previous.instance(gone).place());
                    if echo.entry.egress == egress {
                        entries.by_number.remove(&(egress, echo.entry.number));
                    }
                }
            }
        }
    }
    for rule in now.rules_of(acl) {
        entries.put(separate_entry(side.instance(rule).place()));
    }
    entries.missing.extend(now.rules.doubt(acl));
    entries
}

/// Why an entry stands for any number of them: where Terraform does not know how often a dynamic
/// block is repeated, it shows one entry of which nothing is known that the block sets.
fn stands_for_any(place: Place<'_>) -> Option<String> {
    let required = ["rule_no", "action", "protocol"].map(|name| place.get(name).text().or(None).err());
    required.into_iter().collect::<Option<Vec<String>>>()?.pop()
}

fn inline_entry(place: Place<'_>, egress: bool) -> Entry {
    let mut reading = Reading::of(place);
    let number = reading.number("rule_no", "number");
    let allow = reading.action("action");
    let egress = Some(egress);
    reading.entry(number, allow, egress)
}

fn separate_entry(place: Place<'_>) -> Entry {
    let mut reading = Reading::of(place);
    let number = reading.number("rule_number", "number");
    let allow = reading.action("rule_action");
    let egress = reading.take("egress", place.get("egress").truth().or(Some(false)));
    reading.entry(number, allow, egress)
}

/// An entry while it is read.
struct Reading<'a> {
    place: Place<'a>,
    unknown: Vec<(&'static str, String)>,
}

impl<'a> Reading<'a> {
    const fn of(place: Place<'a>) -> Self {
        Self { place, unknown: Vec::new() }
    }

    fn take<T>(&mut self, attribute: &'static str, settled: Settled<T>) -> Option<T> {
        settled.unwrap_or_else(|why| {
            self.unknown.push((attribute, why));
            None
        })
    }

    fn number(&mut self, name: &str, attribute: &'static str) -> Option<i32> {
        let settled = self.place.get(name).number().or(None);
        self.take(attribute, settled)
    }

    fn action(&mut self, name: &str) -> bool {
        let settled = self.place.get(name).text().or(None);
        self.take("allow", settled).is_some_and(|action| action.eq_ignore_ascii_case("allow"))
    }

    fn entry(mut self, number: Option<i32>, allow: bool, egress: Option<bool>) -> Entry {
        let protocol = self.place.get("protocol").text().or(Some("-1".to_owned()));
        let protocol = self.take("protocol", protocol);
        let protocol = protocol.map(|protocol| protocol_name(&protocol)).unwrap_or_default();
        let (from, to) = match protocol.as_str() {
            "icmp" | "icmpv6" => ("icmp_type", "icmp_code"),
            "tcp" | "udp" => ("from_port", "to_port"),
            _ => ("", ""),
        };
        let (from_port, to_port) = if from.is_empty() {
            (None, None)
        } else {
            // What is left out the provider sends as 0.
            let port = |name: &str| self.place.get(name).number().or(Some(0));
            let (from, to) = (port(from), port(to));
            (self.take("from_port", from), self.take("to_port", to))
        };
        let range_of = |name: &str| self.place.get(name).text().or(None).map(|text| text.map(range));
        let (ipv4, ipv6) = (range_of("cidr_block"), range_of("ipv6_cidr_block"));
        let entry = NetworkAclEntry {
            egress: egress.unwrap_or_default(),
            number: number.unwrap_or_default(),
            allow,
            protocol,
            from_port: from_port.filter(|port| *port != -1),
            to_port: to_port.filter(|port| *port != -1),
            cidr_ipv4: self.take("cidr_ipv4", ipv4),
            cidr_ipv6: self.take("cidr_ipv6", ipv6),
        };
        Entry { entry, unknown: self.unknown }
    }
}

impl Entries {
    fn put(&mut self, entry: Entry) {
        if entry.unknown.iter().any(|(attribute, _)| ["number", "egress"].contains(attribute)) {
            self.unnumbered.push(entry);
        } else {
            self.by_number.insert((entry.entry.egress, entry.entry.number), entry);
        }
    }

    /// The denies with which every ACL ends; those of IPv6 where the VPC has a range of it.
    fn add_last(&mut self, ipv6: bool) {
        for egress in [false, true] {
            let last = |number, ipv4: Option<&str>, ipv6: Option<&str>| NetworkAclEntry {
                egress,
                number,
                allow: false,
                protocol: "all".to_owned(),
                from_port: None,
                to_port: None,
                cidr_ipv4: ipv4.map(str::to_owned),
                cidr_ipv6: ipv6.map(str::to_owned),
            };
            self.put(Entry { entry: last(LAST_IPV4, Some("0.0.0.0/0"), None), unknown: Vec::new() });
            if ipv6 {
                self.put(Entry { entry: last(LAST_IPV6, None, Some("::/0")), unknown: Vec::new() });
            }
        }
    }

    /// Sorts the entries, and notes the unknown places of the sorted list.
    fn finish(self, notes: &mut Notes) -> Vec<NetworkAclEntry> {
        let list = Pointer::configuration("entries");
        let mut entries: Vec<Entry> = self.by_number.into_values().chain(self.unnumbered).collect();
        entries.sort_by(|a, b| a.entry.cmp(&b.entry));
        for (index, entry) in entries.iter().enumerate() {
            for (attribute, why) in &entry.unknown {
                notes.unknown(list.child(index).child(attribute), why.clone());
            }
        }
        if !self.missing.is_empty() {
            let mut missing = self.missing;
            missing.sort();
            missing.dedup();
            // The place after the last entry: there may be more.
            notes.unknown(list.child(entries.len()), missing.join("; "));
        }
        entries.into_iter().map(|entry| entry.entry).collect()
    }
}

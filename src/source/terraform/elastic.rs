//! Which Elastic IPs the plan gives to instances: what makes the public address that an instance
//! has now no longer its own. A state may hold an instance as it was before it got one.

use super::estate::{Estate, Id, Instance};
use super::join::Children;
use super::side::Side;
use super::value::{Field, Place};

/// The types that associate an address, and by which attribute.
const ASSOCIATING: [(&str, &str); 4] = [
    ("aws_eip", "instance"),
    ("aws_eip", "network_interface"),
    ("aws_eip_association", "instance_id"),
    ("aws_eip_association", "network_interface_id"),
];

/// The associations of both sides.
pub(super) struct Elastic {
    now: Vec<Children>,
    before: Vec<Children>,
}

impl Elastic {
    pub(super) fn of(side: &Side<'_, '_>) -> Self {
        let join = |estate: &Estate<'_>| {
            let one = |(kind, attribute): &(&str, &str)| Children::join(estate, kind, attribute, &["aws_instance"]);
            ASSOCIATING.iter().map(one).collect()
        };
        Self { now: join(side.estate), before: side.previous.map(join).unwrap_or_default() }
    }

    /// Why the public address of an instance is not, or may not be, the one that it has by itself
    /// or had before.
    pub(super) fn changes(&self, side: &Side<'_, '_>, id: Id, interface: Option<&str>) -> Option<String> {
        if let Some(doubt) = self.now.iter().find_map(|children| children.doubt(id)) {
            return Some(doubt);
        }
        let now = addresses(&self.now, side.estate, id, interface);
        let is_new = side.instance(id).creating || now.iter().any(|&child| side.instance(child).creating);
        if is_new && let Some(&first) = now.first() {
            return Some(format!("{} gives it an Elastic IP", side.instance(first).address));
        }
        let (previous, before) = side.before(id)?;
        let names = |estate: &Estate<'_>, ids: &[Id]| -> Vec<String> {
            ids.iter().map(|&id| estate.instance(id).address.to_owned()).collect()
        };
        let earlier = addresses(&self.before, previous, before, interface);
        (names(side.estate, &now) != names(previous, &earlier)).then(|| "the plan changes its Elastic IP".to_owned())
    }

    /// The public address that an Elastic IP gives to an instance which has it already; nothing where
    /// that is not told, or may be another one's.
    pub(super) fn given(&self, side: &Side<'_, '_>, id: Id, interface: Option<&str>) -> Option<String> {
        let private = text(side.instance(id).get("private_ip"));
        let is_of_first = |taker: &Instance<'_>| {
            let one_of = |names: [&str; 2]| names.into_iter().find_map(|name| text(taker.get(name)));
            let same = |one: Option<&str>, other: Option<&str>| one.is_none() || other.is_none() || one == other;
            same(one_of(["network_interface", "network_interface_id"]).as_deref(), interface)
                && same(one_of(["private_ip", "private_ip_address"]).as_deref(), private.as_deref())
        };
        let takers = addresses(&self.now, side.estate, id, interface);
        let takers = takers.into_iter().map(|taker| side.instance(taker)).filter(|taker| is_of_first(taker));
        let mut told = takers.map(|taker| text(taker.get("public_ip")));
        let first = told.next()??;
        told.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }
}

fn text(place: Place<'_>) -> Option<String> {
    match place.text() {
        Field::Known(text) => Some(text),
        _ => None,
    }
}

fn addresses(all: &[Children], estate: &Estate<'_>, id: Id, interface: Option<&str>) -> Vec<Id> {
    let by_id = |children: &Children| interface.and_then(|interface| children.outside.get(interface)).cloned();
    let mut found: Vec<Id> = all
        .iter()
        .flat_map(|children| children.of(id).iter().copied().chain(by_id(children).unwrap_or_default()))
        .collect();
    found.sort_by_key(|&id| estate.instance(id).address);
    found.dedup();
    found
}

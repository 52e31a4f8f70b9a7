//! What the documents of EC2 share: names, and references to other resources by their ids.
//!
//! A resource that does not exist yet is referred to by what it is called in this plan,
//! `terraform:` and its address, which is its id there.

use std::collections::BTreeSet;

use crate::model::Pointer;
use crate::network::short_id;

use super::estate::{Id, Instance};
use super::identity::resource_id;
use super::join::{Parent, parent, parents};
use super::reference::unset_if_null;
use super::side::{Notes, Side};
use super::value::{Expression, Field, Place, Settled};

/// VPCs.
pub(super) const VPCS: [&str; 2] = ["aws_vpc", "aws_default_vpc"];
/// Subnets.
pub(super) const SUBNETS: [&str; 2] = ["aws_subnet", "aws_default_subnet"];
/// Security groups.
pub(super) const GROUPS: [&str; 2] = ["aws_security_group", "aws_default_security_group"];

/// The name that people know it by: its `Name` tag, else its id, else its address.
pub(super) fn name(instance: &Instance<'_>) -> String {
    let tag = |tags: &str| match instance.get(tags).get("Name").text() {
        Field::Known(name) => Some(name),
        _ => None,
    };
    let id = || instance.get("id").text().or(None).ok().flatten();
    tag("tags_all").or_else(|| tag("tags")).or_else(id).unwrap_or_else(|| instance.address.to_owned())
}

/// An attribute that a module may pass on as null.
pub(super) fn own<'a>(side: &Side<'_, 'a>, instance: &Instance<'a>, attribute: &str) -> Place<'a> {
    unset_if_null(side.estate, instance, instance.get(attribute))
}

/// An attribute that the provider never computes: where it is unknown and the configuration does
/// not show it, a dynamic block sets it.
pub(super) fn plain<'a>(instance: &Instance<'a>, attribute: &str) -> Place<'a> {
    let place = instance.get(attribute);
    let expression = match place.expression {
        Expression::Unset => Expression::Hidden,
        shown => shown,
    };
    Place { expression, ..place }
}

/// A nested block that the provider fills in where nobody writes it: unknown while a dynamic block
/// may stand for it.
pub(super) fn filled_in<'e>(side: &Side<'e, '_>, instance: &'e Instance<'_>, attribute: &str) -> Place<'e> {
    let place = instance.get(attribute);
    match (place.expression, side.estate.unseen(instance)) {
        (Expression::Unset, Some(unseen)) => Place { expression: Expression::Unseen(unseen), ..place },
        _ => place,
    }
}

/// What others call a resource of the plan.
pub(super) fn id_of(side: &Side<'_, '_>, id: Id) -> String {
    short_id(&resource_id(side.estate, side.accounts, id)).to_owned()
}

/// The id of the resource that an attribute names.
pub(super) fn reference(side: &Side<'_, '_>, owner: Id, place: Place<'_>, kinds: &[&str]) -> Settled<String> {
    match place.text() {
        Field::Unknown(why) => match parent(side.estate, owner, place, kinds) {
            Parent::One(id) => Ok(Some(id_of(side, id))),
            _ => Err(why),
        },
        field => field.or(None),
    }
}

/// The ARN of the resource that an attribute names, or the id it has in this plan.
pub(super) fn arn(side: &Side<'_, '_>, owner: Id, place: Place<'_>, kinds: &[&str]) -> Settled<String> {
    match place.text() {
        Field::Unknown(why) => match parent(side.estate, owner, place, kinds) {
            Parent::One(id) => Ok(Some(resource_id(side.estate, side.accounts, id).to_string())),
            _ => Err(why),
        },
        field => field.or(None),
    }
}

/// Where the rest of a list stands: after the last known one. A list of which nothing is known is
/// unknown as a whole, so that nobody takes it for an empty one.
pub(super) fn rest(list: &Pointer, known: usize) -> Pointer {
    if known == 0 { list.clone() } else { list.child(known) }
}

/// Ids of other resources while they are gathered, and what further ones wait for.
#[derive(Debug, Default)]
pub(super) struct Ids {
    known: BTreeSet<String>,
    missing: BTreeSet<String>,
}

impl Ids {
    /// One id, if there is one.
    pub(super) fn put(&mut self, id: Settled<String>) {
        match id {
            Ok(id) => self.known.extend(id),
            Err(why) => self.more(why),
        }
    }

    /// There may be more, and why that is not known.
    pub(super) fn more(&mut self, why: impl Into<String>) {
        self.missing.insert(why.into());
    }

    /// The members of a list. A plan that does not know one of them shows none, and of constants
    /// among the members nothing at all: what a list refers to is in it, and more may be.
    pub(super) fn put_list(&mut self, side: &Side<'_, '_>, owner: Id, place: Place<'_>, kinds: &[&str]) {
        let members = place.texts();
        self.known.extend(members.known);
        if let Some(why) = members.unknown {
            let named = parents(side.estate, owner, place, kinds).into_iter().filter_map(|parent| match parent {
                Parent::One(id) => Some(id_of(side, id)),
                _ => None,
            });
            self.known.extend(named);
            self.more(why);
        }
    }

    /// The members of a list of which the resources that it refers to are taken for all: where
    /// one more makes no difference.
    pub(super) fn put_references(&mut self, side: &Side<'_, '_>, owner: Id, place: Place<'_>, kinds: &[&str]) {
        let members = place.texts();
        self.known.extend(members.known);
        let Some(why) = members.unknown else { return };
        let count = self.known.len();
        for parent in parents(side.estate, owner, place, kinds) {
            match parent {
                Parent::One(id) => self.known.extend([id_of(side, id)]),
                Parent::Outside(_) | Parent::Nobody => {}
                Parent::Doubt(_, why) | Parent::Crowd(_, why) | Parent::Anyone(why) => self.more(why),
            }
        }
        if self.known.len() == count {
            self.more(why);
        }
    }

    /// The ids that are known.
    pub(super) fn known(&self) -> impl Iterator<Item = &String> {
        self.known.iter()
    }

    /// What further ones wait for.
    pub(super) fn missing(&self) -> impl Iterator<Item = &String> {
        self.missing.iter()
    }

    /// Whether no id is known.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Takes an id out, if there is one.
    pub(super) fn remove(&mut self, id: Option<&str>) {
        if let Some(id) = id {
            self.known.remove(id);
        }
    }

    /// The ids, sorted, with a note that there may be more.
    pub(super) fn finish(self, attribute: &str, notes: &mut Notes) -> Vec<String> {
        self.finish_at(&Pointer::configuration(attribute), notes)
    }

    /// The same at any place.
    pub(super) fn finish_at(self, place: &Pointer, notes: &mut Notes) -> Vec<String> {
        if !self.missing.is_empty() {
            let why: Vec<String> = self.missing.into_iter().collect();
            notes.unknown(rest(place, self.known.len()), why.join("; "));
        }
        self.known.into_iter().collect()
    }
}

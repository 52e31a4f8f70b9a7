//! One side of a plan on its way to a snapshot, and the notes taken while one document is made.

use std::collections::BTreeMap;

use crate::model::{Configuration, NOT_IN_PLAN, Pointer, PolicyDocument, Region, Resource};

pub(super) use crate::model::{NEVER_HELD, NOT_HELD, is_not_held};

use super::estate::{Estate, Id, Instance};
use super::identity::{Accounts, resource_id};
use super::policy_document::PlannedPolicy;
use super::reference::unset_if_null;
use super::region_settings::Defaults;
use super::value::{Field, Place, Settled};

/// The subnet decides, and is not there.
pub(super) const BY_SUBNET: &str = "the subnet decides, which the plan does not hold";
/// The ranges of a VPC that is not there.
pub(super) const BY_RANGES: &str = "the ranges of the VPC, which the plan does not hold";
/// A prefix list that no endpoint of the plan tells.
pub(super) const BY_SERVICE: &str = "the prefix list of the endpoint's service";
/// Routes that AWS adds and takes away.
pub(super) const BY_VPN: &str = "a VPN gateway announces routes";
/// Subnets that a default network ACL has because no other has them.
pub(super) const BY_OTHER_ACLS: &str = "subnets without another network ACL";
/// What the region sets, where no resource of the plan does.
pub(super) const BY_REGION: &str = "the region's default decides, which the plan does not hold";
/// Whether a volume made of a snapshot is encrypted.
pub(super) const BY_SNAPSHOT: &str = "the snapshot that it is made of decides";
/// Whether a volume that the image describes is encrypted.
pub(super) const BY_IMAGE: &str = "the image decides, or the region's default";
/// The key of a volume that names none.
pub(super) const BY_KEY: &str = "the account's default key, if it is encrypted";

/// One side of a plan.
#[derive(Debug)]
pub(super) struct Side<'e, 'a> {
    pub(super) estate: &'e Estate<'a>,
    /// The state before, when this is the side after: what a deleted child leaves behind.
    pub(super) previous: Option<&'e Estate<'a>>,
    pub(super) accounts: &'e Accounts,
    /// The resources that set a region's defaults, when somebody has asked for them.
    pub(super) defaults: Defaults,
}

/// Whether the plan holds parts of the resource, and not the resource itself.
pub(super) fn is_outside(resource: &Resource) -> bool {
    let tags = resource.origin.unknown_because.get(&Pointer::new("/tags"));
    tags.is_some_and(|why| why.ends_with(NOT_IN_PLAN))
}

impl<'e, 'a> Side<'e, 'a> {
    pub(super) fn new(estate: &'e Estate<'a>, previous: Option<&'e Estate<'a>>, accounts: &'e Accounts) -> Self {
        Self { estate, previous, accounts, defaults: Defaults::default() }
    }

    /// One instance.
    pub(super) fn instance(&self, id: Id) -> &'e Instance<'a> {
        self.estate.instance(id)
    }

    /// The same resource before, when it exists and is not about to be replaced.
    pub(super) fn before(&self, id: Id) -> Option<(&'e Estate<'a>, Id)> {
        let previous = self.previous?;
        let instance = self.instance(id);
        if instance.creating { None } else { Some((previous, previous.at(instance.address)?)) }
    }

    /// A resource with tags, identity and what was noted about it.
    pub(super) fn resource(
        &self,
        id: Id,
        region: Region,
        name: String,
        configuration: impl Into<Configuration>,
        mut notes: Notes,
    ) -> Resource {
        let instance = self.instance(id);
        let account = self.accounts.account(instance);
        let mut resource =
            Resource::new(resource_id(self.estate, self.accounts, id), account, region, name, configuration);
        resource.tags = tags(instance, &mut notes);
        resource.origin.terraform_address = Some(instance.address.to_owned());
        notes.write_to(&mut resource);
        resource
    }
}

/// An attribute of the parent that older providers set and newer ones echo. On an existing
/// resource it is known or not held at all.
pub(super) fn inline<'a>(side: &Side<'_, 'a>, id: Id, attribute: &str) -> Settled<Place<'a>> {
    let instance = side.instance(id);
    let held = instance.value.get(attribute).is_some() || instance.unknown.get(attribute).is_some();
    if instance.creating || held {
        Ok(Some(unset_if_null(side.estate, instance, instance.get(attribute))))
    } else {
        Err(NOT_HELD.to_owned())
    }
}

/// Tags with the provider's default tags.
fn tags(instance: &Instance<'_>, notes: &mut Notes) -> BTreeMap<String, String> {
    let all = instance.get("tags_all");
    let own = instance.get("tags");
    let chosen = if all.value.is_object() { all } else { own };
    let mut tags = BTreeMap::new();
    for key in chosen.keys() {
        match chosen.get(key).text() {
            Field::Known(value) => {
                tags.insert(key.to_owned(), value);
            }
            Field::Absent => {
                tags.insert(key.to_owned(), String::new());
            }
            // Nobody sets `tags_all`: it follows from `tags` and from the provider's tags.
            Field::Default | Field::Unknown(_) => notes.unknown(Pointer::new("/tags").child(key), own.waits_for()),
        }
    }
    if let Field::Unknown(why) = own.field()
        && tags.is_empty()
    {
        notes.unknown(Pointer::new("/tags"), why);
    }
    tags
}

/// What is unknown about a document that is being made, and why.
#[derive(Debug, Default)]
pub(super) struct Notes {
    unknown: BTreeMap<Pointer, String>,
    texts: BTreeMap<Pointer, String>,
}

impl Notes {
    /// A place is unknown.
    pub(super) fn unknown(&mut self, place: Pointer, why: impl Into<String>) {
        self.unknown.entry(place).or_insert_with(|| why.into());
    }

    /// The value of an attribute of the configuration, or a note that it is unknown.
    pub(super) fn take<T>(&mut self, attribute: &str, settled: Settled<T>) -> Option<T> {
        self.take_at(Pointer::configuration(attribute), settled)
    }

    /// The value of a place, or a note that it is unknown.
    pub(super) fn take_at<T>(&mut self, place: Pointer, settled: Settled<T>) -> Option<T> {
        match settled {
            Ok(value) => value,
            Err(why) => {
                self.unknown(place, why);
                None
            }
        }
    }

    /// A policy document, with notes about its unknown places.
    pub(super) fn policy(&mut self, place: &Pointer, settled: Settled<PlannedPolicy>) -> Option<PolicyDocument> {
        let planned = self.take_at(place.clone(), settled)?;
        for (path, why) in planned.unknown {
            let place = path.iter().fold(place.clone(), |place, step| place.child(step));
            self.unknown(place, why);
        }
        if let Some(text) = planned.text {
            self.texts.insert(place.clone(), text);
        }
        Some(planned.document)
    }

    /// Puts the notes into the resource they are about.
    pub(super) fn write_to(self, resource: &mut Resource) {
        for place in self.unknown.keys() {
            resource.mark_unknown(place.clone());
        }
        resource.origin.unknown_because = self.unknown;
        resource.origin.policy_texts = self.texts;
    }
}

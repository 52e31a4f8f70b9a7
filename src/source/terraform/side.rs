//! One side of a plan on its way to a snapshot, and the notes taken while one document is made.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::{Configuration, NOT_IN_PLAN, Pointer, PolicyDocument, Region, Resource};

pub(super) use crate::model::{NEVER_HELD, NOT_HELD, is_not_held};

use super::estate::{Estate, Id, Instance};
use super::identity::{Accounts, resource_id};
use super::json::Value;
use super::policy_document::PlannedPolicy;
use super::reference::{Target, targets, unset_if_null};
use super::region_settings::Defaults;
use super::value::{Expression, Field, Place, Settled};

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
    /// The day that what is created is taken to be made on.
    pub(super) today: Timestamp,
    /// The resources that set a region's defaults, when somebody has asked for them.
    pub(super) defaults: Defaults,
}

/// Whether the plan holds parts of the resource, and not the resource itself.
pub(super) fn is_outside(resource: &Resource) -> bool {
    let tags = resource.origin.unknown_because.get(&Pointer::new("/tags"));
    tags.is_some_and(|why| why.ends_with(NOT_IN_PLAN))
}

impl<'e, 'a> Side<'e, 'a> {
    pub(super) fn new(
        estate: &'e Estate<'a>,
        previous: Option<&'e Estate<'a>>,
        accounts: &'e Accounts,
        now: Timestamp,
    ) -> Self {
        const DAY: i64 = 86_400;
        let today = Timestamp::from_second(now.as_second() - now.as_second().rem_euclid(DAY)).unwrap_or(now);
        Self { estate, previous, accounts, today, defaults: Defaults::default() }
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

/// Whether an attribute is set, and does not only echo what another resource has set before: by an
/// expression that gives something, or by what the plan does not show, when it is not what it was.
pub(super) fn is_set(side: &Side<'_, '_>, id: Id, attribute: &str) -> bool {
    let instance = side.instance(id);
    let place = unset_if_null(side.estate, instance, instance.get(attribute));
    let is_shown = match place.expression {
        Expression::Set(expression) => !may_be_null(side.estate, instance, expression),
        Expression::AnyOf(_) => true,
        Expression::Unset | Expression::Unseen(_) | Expression::Hidden => false,
    };
    let was = side.before(id).map(|(previous, before)| previous.instance(before).get(attribute).value);
    match place.field() {
        Field::Absent | Field::Default => false,
        Field::Known(value) => is_shown || was.is_some_and(|was| was != value),
        Field::Unknown(_) => is_shown,
    }
}

/// Whether an expression refers to nothing but null, so that the provider keeps what is there.
fn may_be_null(estate: &Estate<'_>, instance: &Instance<'_>, expression: &Value) -> bool {
    if expression.get("references").is_none() {
        return false;
    }
    let targets = targets(estate, instance, expression);
    !targets.is_empty() && targets.iter().all(|target| *target == Target::Value(Value::Null))
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
    defaults: BTreeSet<Pointer>,
    texts: BTreeMap<Pointer, String>,
}

impl Notes {
    /// A place is unknown.
    pub(super) fn unknown(&mut self, place: Pointer, why: impl Into<String>) {
        self.unknown.entry(place).or_insert_with(|| why.into());
    }

    /// What AWS gives to what is new, for an attribute that nothing in the plan sets.
    pub(super) fn aws_default<T>(&mut self, attribute: &str, value: T) -> T {
        self.left_to_aws(Pointer::configuration(attribute));
        value
    }

    /// A place holds what AWS gives to what is new.
    pub(super) fn left_to_aws(&mut self, place: Pointer) {
        self.defaults.insert(place);
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
        resource.origin.defaults = self.defaults;
        resource.origin.policy_texts = self.texts;
    }
}

//! What exists on both sides although the plan holds a part of it on one of them only: a group
//! outside the plan that gets its first rule here, or loses its last one.
//!
//! On the other side stands what the scan has: with nothing of the plan before, and without what the
//! plan takes away after. Whatever else is wrong there is then no doing of the plan.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::model::{Configuration, Pointer, Resource, ResourceKey, ResourceType, Snapshot};

use super::fill::{BY_SHORT_ID, Live, attributes, is_same};
use super::side::{NOT_HELD, is_outside};

/// Whether it exists whatever the plan creates: an account, a region, or what is not in the plan.
pub(super) fn stands_already(resource: &Resource) -> bool {
    is_outside(resource) || matches!(resource.resource_type, ResourceType::Account | ResourceType::RegionSettings)
}

/// Documents for both sides, made before anything is filled.
pub(super) struct OtherSide {
    pub(super) before: Vec<Resource>,
    pub(super) after: Vec<Resource>,
}

impl OtherSide {
    pub(super) fn of(before: &Snapshot, after: &Snapshot, live: &Live<'_>) -> Self {
        let scanned = |planned: &Resource| live.find(planned).filter(|live| live.stale_since.is_none());
        let only_in = |one: &Snapshot, other: &Snapshot, test: fn(&Resource) -> bool| {
            let held: BTreeSet<ResourceKey> =
                other.resources.iter().filter_map(|resource| live.find(resource)).map(ResourceKey::from).collect();
            let found = one.resources.iter().filter(|resource| test(resource));
            let found = found.filter_map(|planned| Some((planned.clone(), scanned(planned)?.clone())));
            found.filter(|(_, live)| !held.contains(&ResourceKey::from(live))).collect::<Vec<_>>()
        };
        let new = only_in(after, before, stands_already);
        let gone =
            only_in(before, after, |planned| is_outside(planned) && BY_SHORT_ID.contains(&planned.resource_type));
        Self {
            before: new.iter().map(|(planned, live)| as_scanned(planned, live)).collect(),
            after: gone.iter().filter_map(|(planned, live)| without_parts(planned, live)).collect(),
        }
    }
}

/// The live document, called as it is in the plan.
fn as_scanned(planned: &Resource, live: &Resource) -> Resource {
    let mut resource = live.clone();
    resource.id = planned.id.clone();
    resource.facts = None;
    resource.origin.terraform_address.clone_from(&planned.origin.terraform_address);
    for place in &resource.unknown {
        let why = format!("{NOT_HELD}, and the last scan could not read it");
        resource.origin.unknown_because.insert(place.clone(), why);
    }
    resource
}

/// The live document without the parts that the plan had.
fn without_parts(planned: &Resource, live: &Resource) -> Option<Resource> {
    let mut resource = as_scanned(planned, live);
    let (parts, mut left) = (attributes(planned)?, attributes(live)?);
    for (name, part) in parts {
        let place = Pointer::configuration(&name);
        if planned.unknown.iter().any(|unknown| unknown.covers(&place)) {
            continue;
        }
        match (part, left.get_mut(&name)) {
            (Value::Array(parts), Some(Value::Array(members))) => {
                members.retain(|member| !parts.iter().any(|part| is_same(&name, part, member)));
            }
            (Value::Null | Value::Array(_), _) | (_, None) => {}
            // What comes after it is not known.
            (_, Some(_)) => {
                resource.mark_unknown(place.clone());
                resource.origin.unknown_because.insert(place, "the plan takes it away".to_owned());
            }
        }
    }
    resource.configuration = configuration(live.resource_type, left)?;
    Some(resource)
}

fn configuration(resource_type: ResourceType, attributes: Map<String, Value>) -> Option<Configuration> {
    Configuration::from_value(resource_type, Value::Object(attributes)).ok()
}

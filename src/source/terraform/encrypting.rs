//! New volumes in regions that encrypt by default, as the last scan says.
//!
//! The provider sends `encrypted` only when it is true, so that the region's default encrypts what was
//! asked for in clear as well. A default that the plan holds itself has decided already.

use std::collections::BTreeSet;

use crate::model::{AccountId, Configuration, Pointer, Region, Resource, Snapshot};

use super::region_settings::ENCRYPTION;
use super::side::{BY_IMAGE, BY_KEY, BY_REGION, BY_SNAPSHOT};
use super::touched::Touched;

const ENCRYPTED: &str = "encrypted";
const DEFAULT: &str = "ebs_encryption_by_default";

/// What the scan says of the regions of which the plan says nothing.
pub(super) struct Encrypting<'a> {
    by_default: BTreeSet<(&'a AccountId, &'a Region)>,
    in_clear: BTreeSet<(&'a AccountId, &'a Region)>,
}

impl<'a> Encrypting<'a> {
    /// Of a plan before anything is filled.
    pub(super) fn of(live: &'a Snapshot, planned: &Snapshot, touched: &Touched<'_>) -> Self {
        let mut found = Self { by_default: BTreeSet::new(), in_clear: BTreeSet::new() };
        if touched.any(ENCRYPTION) {
            return found;
        }
        let held = planned.resources.iter().filter(|resource| default_of(resource).is_some());
        let held: BTreeSet<(&AccountId, &Region)> = held.map(area).collect();
        for resource in live.resources.iter().filter(|resource| resource.stale_since.is_none()) {
            match default_of(resource) {
                Some(_) if held.contains(&area(resource)) => {}
                Some(true) => _ = found.by_default.insert(area(resource)),
                Some(false) => _ = found.in_clear.insert(area(resource)),
                None => {}
            }
        }
        found
    }

    /// Decides on a volume that the plan makes; gives the place, if there was something to decide.
    pub(super) fn decide(&self, planned: &mut Resource) -> Option<Pointer> {
        let place = Pointer::configuration(ENCRYPTED);
        let why = planned.origin.unknown_because.get(&place).cloned();
        let (by_default, in_clear) = (self.by_default.contains(&area(planned)), self.in_clear.contains(&area(planned)));
        let Configuration::Volume(volume) = &mut planned.configuration else { return None };
        let encrypted = match why.as_deref() {
            None if volume.encrypted == Some(false) && by_default => true,
            Some(BY_REGION | BY_SNAPSHOT | BY_IMAGE) if by_default => true,
            Some(BY_REGION) if in_clear => false,
            _ => return None,
        };
        volume.encrypted = Some(encrypted);
        let has_key = volume.kms_key_id.is_some();
        planned.unknown.retain(|unknown| *unknown != place);
        planned.origin.unknown_because.remove(&place);
        let key = Pointer::configuration("kms_key_id");
        if encrypted && !has_key && !planned.unknown.contains(&key) {
            planned.mark_unknown(key.clone());
            planned.origin.unknown_because.insert(key, BY_KEY.to_owned());
        }
        Some(place)
    }
}

fn area(resource: &Resource) -> (&AccountId, &Region) {
    (&resource.account, &resource.region)
}

/// Whether a region encrypts by default, where the document of its settings says so.
fn default_of(resource: &Resource) -> Option<bool> {
    let place = Pointer::configuration(DEFAULT);
    match &resource.configuration {
        Configuration::RegionSettings(settings) if !resource.unknown.iter().any(|unknown| unknown.overlaps(&place)) => {
            settings.ebs_encryption_by_default
        }
        _ => None,
    }
}

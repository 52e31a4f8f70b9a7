//! One organization, seen from several accounts: the account that may read it tells for all
//! others of the scan where they stand, and what they could not read themselves is not missing.

use std::collections::BTreeMap;

use crate::model::{Gap, Listing, Resource, ResourceType, Service, Snapshot};

/// Keeps of every account's place and of every policy the fullest account of it, and drops the
/// gaps that it fills. A list that one account read whole is whole.
pub(super) fn join(snapshot: &mut Snapshot) {
    let (found, mut resources): (Vec<_>, Vec<_>) =
        std::mem::take(&mut snapshot.resources).into_iter().partition(|resource| is_ours(resource.resource_type));
    let mut fullest = BTreeMap::new();
    for resource in found {
        let key = (resource.account.clone(), resource.id.clone());
        match fullest.get(&key) {
            Some(kept) if lacks(kept) <= lacks(&resource) => {}
            _ => drop(fullest.insert(key, resource)),
        }
    }
    snapshot.gaps.retain(|gap| !fullest.values().any(|resource| fills(resource, gap)));
    resources.extend(fullest.into_values());
    snapshot.resources = resources;

    let whole: Vec<Listing> = snapshot.listings.iter().filter(|listing| listing.complete).cloned().collect();
    let superseded = |listing: &Listing| {
        is_ours(listing.resource_type) && whole.contains(&Listing { complete: true, ..listing.clone() })
    };
    snapshot.listings.retain(|listing| listing.complete || !superseded(listing));
}

fn is_ours(resource_type: ResourceType) -> bool {
    resource_type.service() == Service::Organizations
}

/// How many places are unknown. A place as a whole weighs more than one below it.
fn lacks(resource: &Resource) -> (bool, usize) {
    let whole = |place: &&crate::model::Pointer| place.as_str() == "/configuration/organization";
    (resource.unknown.iter().any(|place| whole(&place)), resource.unknown.len())
}

/// Whether the resource has all that the gap says is missing of it.
fn fills(resource: &Resource, gap: &Gap) -> bool {
    gap.resource.as_ref() == Some(&resource.id)
        && gap.places.iter().filter(|place| place.as_str() != "/tags").all(|place| !resource.unknown.contains(place))
}

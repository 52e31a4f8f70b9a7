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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::{GapReason, Membership, OrganizationAccount, Pointer, Region, ResourceId};

    const MEMBER: &str = "111122223333";

    fn account(parents: Option<&str>) -> Resource {
        let organization = Membership {
            id: "o-exampleorgid".into(),
            management_account: "999900001111".parse().unwrap(),
            management: false,
            policy_types: Some(Vec::new()),
            parents: parents.map(|root| vec![root.to_owned()]),
        };
        let id = ResourceId::new(format!("arn:aws:organizations::{MEMBER}:account")).unwrap();
        let configuration = OrganizationAccount { organization: Some(organization) };
        let mut resource = Resource::new(id, MEMBER.parse().unwrap(), Region::global(), MEMBER, configuration);
        if parents.is_none() {
            resource.mark_unknown(Pointer::configuration("organization/parents"));
        }
        resource
    }

    fn gap(place: &str) -> Gap {
        Gap {
            account: MEMBER.parse().unwrap(),
            region: Region::global(),
            service: Service::Organizations,
            operation: "ListRoots".into(),
            resource: Some(account(None).id),
            unlisted: vec![ResourceType::OrganizationPolicy],
            places: vec![Pointer::configuration(place), Pointer::new("/tags")],
            reason: GapReason::Denied,
            message: String::new(),
            permission: None,
        }
    }

    fn listing(complete: bool) -> Listing {
        Listing {
            account: "999900001111".parse().unwrap(),
            region: Region::global(),
            resource_type: ResourceType::OrganizationPolicy,
            complete,
            listed_before: false,
        }
    }

    #[test]
    fn the_fullest_account_stays_with_the_gaps_that_nobody_fills() {
        for resources in [[account(None), account(Some("r-ab12"))], [account(Some("r-ab12")), account(None)]] {
            let mut snapshot = Snapshot::empty(Timestamp::UNIX_EPOCH);
            snapshot.resources = resources.to_vec();
            snapshot.gaps = vec![gap("organization/parents")];
            snapshot.listings = vec![listing(false), listing(true)];
            join(&mut snapshot);
            assert_eq!(snapshot.resources, [account(Some("r-ab12"))]);
            assert_eq!((snapshot.gaps, snapshot.listings), (Vec::new(), vec![listing(true)]));
        }
    }

    #[test]
    fn what_one_account_alone_says_stays_as_it_is() {
        let mut snapshot = Snapshot::empty(Timestamp::UNIX_EPOCH);
        snapshot.resources = vec![account(None)];
        snapshot.gaps = vec![gap("organization/parents")];
        snapshot.listings = vec![listing(false)];
        let before = snapshot.clone();
        join(&mut snapshot);
        assert_eq!(snapshot, before);
    }
}

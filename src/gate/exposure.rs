//! What a plan would do if nothing outside it helped.
//!
//! Whether a bucket is public also hangs on the account's S3 access block, which most plans do not
//! hold. Such an evaluation stays unknown. But a plan that opens a bucket unless something else
//! happens to keep it shut has to be stopped: so the change is judged a second time, as if the
//! account had no access block, which is what AWS gives a new account.
//!
//! So does a plan that gives everyone an ACL and leaves the bucket with the ownership under which
//! AWS refuses one: what it asks for is a public bucket, and that AWS says no is not its doing.

use std::collections::BTreeSet;

use crate::model::{
    Account, AccountId, Bucket, Configuration, Denial, Pointer, Region, Resource, ResourceId, ResourceType, Snapshot,
};

/// The snapshot as if accounts whose S3 access block is not known had none, and as if AWS took each
/// public ACL. `None` when nothing would be different: then there is nothing to judge a second time.
#[must_use]
pub fn unprotected(snapshot: &Snapshot) -> Option<Snapshot> {
    let place = Pointer::configuration("s3_public_access_block");
    let mut exposed = snapshot.clone();
    let mut changed = false;
    let mut known = BTreeSet::new();
    for resource in &mut exposed.resources {
        if matches!(resource.configuration, Configuration::Account(_)) {
            known.insert(resource.account.clone());
            let count = resource.unknown.len();
            resource.unknown.retain(|unknown| !unknown.covers(&place));
            changed |= resource.unknown.len() != count;
        }
        if let Configuration::Bucket(bucket) = &mut resource.configuration {
            changed |= let_acl_count(bucket);
        }
    }
    let with_buckets: BTreeSet<AccountId> = snapshot
        .resources
        .iter()
        .filter(|resource| matches!(resource.resource_type, ResourceType::Bucket | ResourceType::AccessPoint))
        .map(|resource| resource.account.clone())
        .collect();
    for account in with_buckets.difference(&known) {
        exposed.resources.push(bare(account));
        changed = true;
    }
    exposed.sort();
    changed.then_some(exposed)
}

/// Whether what is said of resources of this type hangs on what [`unprotected`] takes away.
#[must_use]
pub const fn is_protected(of: ResourceType) -> bool {
    matches!(
        of,
        ResourceType::Account | ResourceType::Bucket | ResourceType::AccessPoint | ResourceType::MultiRegionAccessPoint
    )
}

/// Lets a public ACL have the effect that it is asked for. AWS keeps no such ACL under this ownership,
/// so that only a plan has both.
fn let_acl_count(bucket: &mut Bucket) -> bool {
    let everyone =
        |grantee: &str| grantee.ends_with("/global/AllUsers") || grantee.ends_with("/global/AuthenticatedUsers");
    let refused = bucket.ownership.as_deref() == Some("BucketOwnerEnforced")
        && bucket.acl.iter().flatten().any(|grant| everyone(&grant.grantee));
    if refused {
        bucket.ownership = Some("ObjectWriter".to_owned());
    }
    refused
}

/// Whether a denial is about what the plan asks for, and not about what was assumed here.
pub(super) fn is_of_the_plan(denial: &Denial) -> bool {
    let assumed = Pointer::configuration("ownership");
    !std::iter::once(&denial.path).chain(&denial.because).any(|place| place.overlaps(&assumed))
}

/// An account of which nothing else is known.
#[expect(clippy::expect_used, reason = "the prefix makes every text a resource id")]
fn bare(account: &AccountId) -> Resource {
    let id = ResourceId::new(format!("terraform:account {account}")).expect("the prefix makes it an id");
    let mut resource = Resource::new(id, account.clone(), Region::global(), account.to_string(), Account::default());
    for attribute in ["root", "password_policy", "observed"] {
        resource.mark_unknown(Pointer::configuration(attribute));
    }
    resource
}

//! What a plan would do if nothing outside it helped.
//!
//! Whether a bucket is public also hangs on the account's S3 access block, which most plans do not
//! hold. Such an evaluation stays unknown. But a plan that opens a bucket unless something else
//! happens to keep it shut has to be stopped: so the change is judged a second time, as if the
//! account had no access block, which is what AWS gives a new account.
//!
//! So does a plan that gives everyone an ACL, or a policy for everyone, and leaves to AWS's defaults
//! for new buckets what AWS refuses them by: ownership and access block. What it asks for is a public
//! bucket, and that AWS says no is not its doing. Of a bucket that exists, what the plan does not
//! hold of these is taken for missing in the same way.

use std::collections::BTreeSet;

use crate::model::{
    Account, AccountId, Bucket, Configuration, Denial, NOT_HELD, Pointer, PolicyDocument, Region, Resource, ResourceId,
    ResourceType, Snapshot, is_not_held,
};

const BLOCK: &str = "public_access_block";
const OWNERSHIP: &str = "ownership";

/// The snapshot as if accounts whose S3 access block is not known had none, and as if AWS took what
/// the plan gives everyone. `None` when nothing would be different: then there is nothing to judge a
/// second time.
#[must_use]
pub fn unprotected(snapshot: &Snapshot) -> Option<Snapshot> {
    let mut exposed = snapshot.clone();
    let mut changed = false;
    let mut known = BTreeSet::new();
    let behind_points: BTreeSet<&str> = snapshot.resources.iter().filter_map(behind_open_point).collect();
    for resource in &mut exposed.resources {
        changed |= match &resource.configuration {
            Configuration::Account(_) => {
                known.insert(resource.account.clone());
                forget(resource, "s3_public_access_block")
            }
            Configuration::Bucket(_) => open_bucket(resource, behind_points.contains(resource.name.as_str())),
            Configuration::AccessPoint(_) => open_point(resource),
            _ => false,
        };
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

/// The name of the bucket behind an access point whose policy names everyone.
fn behind_open_point(resource: &Resource) -> Option<&str> {
    let Configuration::AccessPoint(point) = &resource.configuration else { return None };
    point.policy.as_ref().is_some_and(names_anyone).then_some(point.bucket.as_str())
}

/// Takes away what nothing in the plan sets and would keep a bucket shut that the plan opens.
fn open_bucket(resource: &mut Resource, through_a_point: bool) -> bool {
    let Configuration::Bucket(bucket) = &resource.configuration else { return false };
    let by_acl = grants_everyone(bucket);
    let opens = by_acl || through_a_point || bucket.policy.as_ref().is_some_and(names_anyone);
    let block = opens && is_left_to_aws(resource, BLOCK);
    let ownership = by_acl && (is_left_to_aws(resource, OWNERSHIP) || refuses_acls(bucket));
    if let Configuration::Bucket(bucket) = &mut resource.configuration {
        if block {
            bucket.public_access_block = None;
        }
        if ownership {
            bucket.ownership = Some("ObjectWriter".to_owned());
        }
    }
    for (_, attribute) in [(block, BLOCK), (ownership, OWNERSHIP)].into_iter().filter(|(taken, _)| *taken) {
        forget(resource, attribute);
    }
    block || ownership
}

/// The same of an access point.
fn open_point(resource: &mut Resource) -> bool {
    let left = is_left_to_aws(resource, BLOCK);
    let Configuration::AccessPoint(point) = &mut resource.configuration else { return false };
    if !left || !point.policy.as_ref().is_some_and(names_anyone) {
        return false;
    }
    point.public_access_block = None;
    forget(resource, BLOCK);
    true
}

/// Whether nothing in the plan sets an attribute: AWS does, or somebody has outside the plan.
fn is_left_to_aws(resource: &Resource, attribute: &str) -> bool {
    let place = Pointer::configuration(attribute);
    let why = resource.origin.unknown_because.get(&place);
    resource.origin.defaults.contains(&place) || why.is_some_and(|why| is_not_held(why) || why.starts_with(NOT_HELD))
}

/// An attribute is no longer unknown.
fn forget(resource: &mut Resource, attribute: &str) -> bool {
    let place = Pointer::configuration(attribute);
    let count = resource.unknown.len();
    resource.unknown.retain(|unknown| !unknown.covers(&place));
    resource.unknown.len() != count
}

fn grants_everyone(bucket: &Bucket) -> bool {
    let groups = ["/global/AllUsers", "/global/AuthenticatedUsers"];
    bucket.acl.iter().flatten().any(|grant| groups.iter().any(|group| grant.grantee.ends_with(group)))
}

/// AWS keeps no ACL for others under this ownership, so that only a plan has both.
fn refuses_acls(bucket: &Bucket) -> bool {
    bucket.ownership.as_deref() == Some("BucketOwnerEnforced")
}

/// Whether a policy may let in everyone: a first look, which facts then take more closely.
fn names_anyone(policy: &PolicyDocument) -> bool {
    policy.statement.iter().filter(|statement| statement.effect == "Allow").any(|statement| {
        let mut principals = statement.principal.iter().flatten();
        let is_open = |name: &String| name.contains(['*', '?', '$']);
        statement.not_principal.is_some()
            || principals.any(|(kind, names)| kind == "Federated" || names.iter().any(is_open))
    })
}

/// Whether a denial is about what the plan asks for, and not about what was assumed here.
pub(super) fn is_of_the_plan(resource: Option<&Resource>, denial: &Denial) -> bool {
    let public = ["/facts/public", "/facts/public_access"].map(Pointer::new);
    if public.iter().any(|place| place.covers(&denial.path)) {
        return true;
    }
    let Some(resource) = resource else { return true };
    let refuses = matches!(&resource.configuration, Configuration::Bucket(bucket) if refuses_acls(bucket));
    let assumed = |attribute: &&str| is_left_to_aws(resource, attribute) || (refuses && **attribute == *OWNERSHIP);
    let mut assumed = [BLOCK, OWNERSHIP].into_iter().filter(assumed).map(Pointer::configuration);
    let rests_on =
        |place: Pointer| std::iter::once(&denial.path).chain(&denial.because).any(|one| one.overlaps(&place));
    !assumed.any(rests_on)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;
    use crate::model::{AccessPoint, AclGrant, NEVER_HELD, PublicAccessBlock, Statement};

    const SHUT: PublicAccessBlock = PublicAccessBlock {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };

    fn allow(principal: &str) -> PolicyDocument {
        let principal = BTreeMap::from([("AWS".to_owned(), vec![principal.to_owned()])]);
        let statement = Statement { effect: "Allow".to_owned(), principal: Some(principal), ..Statement::default() };
        PolicyDocument { statement: vec![statement], ..PolicyDocument::default() }
    }

    fn new_bucket() -> Bucket {
        let ownership = Some("BucketOwnerEnforced".to_owned());
        Bucket { public_access_block: Some(SHUT), ownership, ..Bucket::default() }
    }

    fn with_acl(grantee: &str) -> Bucket {
        let grant = AclGrant { grantee: grantee.to_owned(), permission: "READ".to_owned() };
        Bucket { acl: Some(vec![grant]), ..new_bucket() }
    }

    fn resource(name: &str, configuration: impl Into<Configuration>) -> Resource {
        let id = ResourceId::new(format!("arn:aws:s3:::{name}")).unwrap();
        let mut resource = Resource::new(id, AccountId::unknown(), Region::unknown(), name, configuration);
        resource.origin.defaults = [BLOCK, OWNERSHIP].map(Pointer::configuration).into();
        resource
    }

    /// The bucket's own block and ownership as they are judged a second time.
    fn opened(resources: impl IntoIterator<Item = Resource>) -> (Option<PublicAccessBlock>, Option<String>) {
        let mut snapshot = Snapshot::empty(Timestamp::UNIX_EPOCH);
        snapshot.resources.extend(resources);
        let exposed = unprotected(&snapshot).unwrap();
        let mut buckets = exposed.resources.iter().filter_map(|resource| match &resource.configuration {
            Configuration::Bucket(bucket) => Some((bucket.public_access_block, bucket.ownership.clone())),
            _ => None,
        });
        buckets.next().unwrap()
    }

    #[test]
    fn defaults_are_taken_away_from_a_bucket_that_the_plan_opens_and_from_no_other() {
        let enforced = Some("BucketOwnerEnforced".to_owned());
        let everyone = "http://acs.amazonaws.com/groups/global/AllUsers";
        assert_eq!(opened([resource("b", with_acl(everyone))]), (None, Some("ObjectWriter".to_owned())));
        let by_policy = |principal| Bucket { policy: Some(allow(principal)), ..new_bucket() };
        assert_eq!(opened([resource("b", by_policy("*"))]), (None, enforced.clone()));
        for private in [by_policy("arn:aws:iam::111122223333:role/r"), with_acl("owner"), new_bucket()] {
            assert_eq!(opened([resource("b", private)]), (Some(SHUT), enforced.clone()));
        }
        let set = Resource { origin: crate::model::Origin::default(), ..resource("b", by_policy("*")) };
        assert_eq!(opened([set]).0, Some(SHUT), "what the plan sets protects");
    }

    #[test]
    fn an_open_access_point_opens_the_bucket_behind_it() {
        let point = |principal| AccessPoint {
            bucket: "b".to_owned(),
            policy: Some(allow(principal)),
            public_access_block: Some(SHUT),
            ..AccessPoint::default()
        };
        assert_eq!(opened([resource("p", point("*")), resource("b", new_bucket())]).0, None);
        assert_eq!(opened([resource("p", point("me")), resource("b", new_bucket())]).0, Some(SHUT));
    }

    #[test]
    fn what_the_plan_does_not_hold_is_taken_for_missing_and_what_waits_for_apply_is_not() {
        let bucket = |why: &str| {
            let configuration = Bucket { policy: Some(allow("*")), ..Bucket::default() };
            let mut bucket = resource("b", configuration);
            let place = Pointer::configuration(BLOCK);
            bucket.mark_unknown(place.clone());
            bucket.origin.defaults.clear();
            bucket.origin.unknown_because.insert(place, why.to_owned());
            let mut snapshot = Snapshot::empty(Timestamp::UNIX_EPOCH);
            snapshot.resources.push(bucket);
            let exposed = unprotected(&snapshot).unwrap();
            exposed.resources.iter().filter(|one| one.name == "b").any(|one| one.unknown.is_empty())
        };
        assert!(bucket(NOT_HELD) && bucket(NEVER_HELD) && bucket("the bucket is not in the plan"));
        assert!(bucket(&format!("{NOT_HELD}, and the last scan could not read it")));
        assert!(!bucket("known after apply; waits for var.block"));
    }

    #[test]
    fn denials_about_what_was_assumed_are_not_the_plans() {
        let denial = |path: &str, because: &[&str]| Denial {
            message: String::new(),
            path: Pointer::new(path),
            because: because.iter().map(|place| Pointer::new(*place)).collect(),
            topic: None,
        };
        let block = "/configuration/public_access_block";
        let blocked = denial("/facts/public_access_block/value/block_public_acls", &[block]);
        let bucket = resource("b", new_bucket());
        assert!(!is_of_the_plan(Some(&bucket), &blocked));
        assert!(!is_of_the_plan(Some(&bucket), &denial("/configuration/ownership", &[])));
        assert!(is_of_the_plan(Some(&bucket), &denial("/facts/public", &[block])));
        assert!(is_of_the_plan(Some(&bucket), &denial("/facts/public_access/value/0", &["/configuration/acl/0"])));
        let set = Resource { origin: crate::model::Origin::default(), ..bucket };
        assert!(is_of_the_plan(Some(&set), &blocked));
    }
}

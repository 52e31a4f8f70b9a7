//! Facts of an access point.

use super::Estate;
use super::access_block::{account_flags, flags, own_flags};
use super::estate::waits_here;
use crate::model::{
    AccessPoint, AccessPointFacts, Fact, MultiRegionAccessPoint, MultiRegionAccessPointFacts, Pointer, Resource,
};
use crate::policy::{Guards, PolicyView, policy_public};

/// An access point limited to a VPC is never public; another one is when its policy is and
/// neither its own, nor the bucket's, nor the account's access block restricts it.
pub(super) fn facts(resource: &Resource, point: &AccessPoint, estate: &Estate<'_>) -> AccessPointFacts {
    let policy = PolicyView::new(point.policy.as_ref(), Pointer::configuration("policy"), &resource.unknown);
    let place = Pointer::configuration("public_access_block");
    let own = || own_flags(point.public_access_block, &place, |flag| waits_here(resource, &place.child(flag)));
    let above = match estate.bucket(&point.bucket) {
        Some((bucket, configuration)) => flags(bucket, configuration, estate),
        None => account_flags(&resource.account, estate),
    };
    let mut restricted = Fact::any([own().restrict_public_buckets, above.restrict_public_buckets]);
    if estate.bucket(&point.bucket).is_none() && restricted.value == Some(false) {
        // A bucket that was not read, or another account's, may have a block of its own.
        restricted = Fact::unknown(vec![format!("arn:aws:s3:::{}#/configuration/public_access_block", point.bucket)]);
    }
    let public =
        Fact::all([policy_public(&policy, Guards::Other), from_internet(resource, point), restricted.negated()]);
    AccessPointFacts { public, public_access_block: own().or(account_flags(&resource.account, estate)).united() }
}

/// Of a multi-region access point.
pub(super) fn multi_region(
    resource: &Resource,
    point: &MultiRegionAccessPoint,
    estate: &Estate<'_>,
) -> MultiRegionAccessPointFacts {
    let place = Pointer::configuration("public_access_block");
    let own = own_flags(point.public_access_block, &place, |flag| waits_here(resource, &place.child(flag)));
    MultiRegionAccessPointFacts { public_access_block: own.or(account_flags(&resource.account, estate)).united() }
}

fn from_internet(resource: &Resource, point: &AccessPoint) -> Fact<bool> {
    match waits_here(resource, &Pointer::configuration("network_origin")) {
        waits_for if waits_for.is_empty() => Fact::known(point.network_origin != "VPC", Vec::new()),
        waits_for => Fact::unknown(waits_for),
    }
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{ACCOUNT, resource, snapshot};
    use super::*;
    use crate::model::{Account, Bucket, Facts, PublicAccessBlock};
    use crate::policy::parse;

    fn public(origin: &str, condition: &str, bucket: Option<PublicAccessBlock>) -> Option<bool> {
        let policy = format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
                "Resource":"arn:aws:s3:eu-west-1:111122223333:accesspoint/p/object/*","Condition":{condition}}}}}"#
        );
        let point = AccessPoint {
            bucket: "photos".to_owned(),
            network_origin: origin.to_owned(),
            policy: Some(parse(&policy).unwrap()),
            ..AccessPoint::default()
        };
        let mut snapshot = snapshot([
            resource("arn:aws:s3:eu-west-1:111122223333:accesspoint/p", "p", point),
            resource("arn:aws:s3:::photos", "photos", Bucket { public_access_block: bucket, ..Bucket::default() }),
            resource("arn:aws:iam::111122223333:root", ACCOUNT, Account::default()),
        ]);
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.as_ref().unwrap() {
            Facts::AccessPoint(facts) => facts.public.value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_access_point_is_public_by_its_policy_unless_its_origin_or_a_block_stops_it() {
        assert_eq!(public("Internet", "{}", None), Some(true));
        assert_eq!(public("VPC", "{}", None), Some(false));
        let block = PublicAccessBlock { restrict_public_buckets: true, ..PublicAccessBlock::default() };
        assert_eq!(public("Internet", "{}", Some(block)), Some(false));
    }

    #[test]
    fn its_own_arn_is_no_limit() {
        let condition = r#"{"StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:eu-west-1:111122223333:accesspoint/p"}}"#;
        assert_eq!(public("Internet", condition, None), Some(true));
    }
}

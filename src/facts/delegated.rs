//! Who gets at a bucket through its access points.
//!
//! A bucket that leaves the decision to its access points (by `s3:DataAccessPointAccount` or
//! `s3:DataAccessPointArn`) lets in whom their policies let in. Both have to allow: what the access
//! point allows is asked again of the bucket, as a request that comes through it. Access points
//! limited to a VPC are left out: nobody reaches them from elsewhere. Multi-region access points
//! are asked in the same way.

use std::collections::BTreeSet;

use super::Estate;
use super::access_block::own_flags;
use super::bucket::bucket_arn;
use super::bucket_access::{BucketView, Denies};
use super::estate::waits_elsewhere;
use super::grantee::{grants, unknown_in};
use super::s3_actions::targets;
use crate::model::{
    AccessPoint, BucketAccess, Fact, Grantee, MultiRegionAccessPoint, Pointer, PolicyDocument, PublicAccessBlock,
    Resource, ResourceType,
};
use crate::policy::admits::{Admits, Caller, Target, admits, admits_request};
use crate::policy::{Guards, KeyValue, PolicyView, Request, policy_public};

/// Adds an entry for each caller that an access point lets in; gives the places that hide more.
pub(super) fn add(seen: &BucketView<'_>, estate: &Estate<'_>, entries: &mut BTreeSet<BucketAccess>) -> Vec<String> {
    let (name, account) = (&seen.resource.name, &seen.resource.account);
    let points = estate.access_points(name).iter().map(|(resource, point)| Door::regional(resource, point));
    let multi_region = estate.multi_region_access_points(name);
    let multi_region = multi_region.iter().map(|(resource, point)| Door::multi_region(resource, point));
    let mut waits_for: Vec<String> = estate.unlisted(seen.resource, ResourceType::AccessPoint).into_iter().collect();
    waits_for.extend(estate.unlisted_in_account(account, ResourceType::MultiRegionAccessPoint));
    for door in points.chain(multi_region) {
        match callers(seen, &door) {
            Ok(found) => entries.extend(found),
            Err(places) => waits_for.extend(places),
        }
    }
    waits_for
}

/// An access point of either kind.
struct Door<'a> {
    point: &'a Resource,
    policy: Option<&'a PolicyDocument>,
    block: Option<PublicAccessBlock>,
    is_limited_to_vpc: bool,
    /// What `s3:AccessPointNetworkOrigin` can be.
    origins: Vec<KeyValue>,
    /// Places that decide whom it lets in.
    read: Vec<Pointer>,
}

impl<'a> Door<'a> {
    fn regional(point: &'a Resource, configuration: &'a AccessPoint) -> Self {
        Self {
            point,
            policy: configuration.policy.as_ref(),
            block: configuration.public_access_block,
            is_limited_to_vpc: configuration.network_origin == "VPC",
            origins: vec![internet()],
            read: ["network_origin", POLICY, BLOCK].map(Pointer::configuration).into(),
        }
    }

    /// One without alias has no ARN that a policy could name. AWS does not say whether requests
    /// through one have a network origin.
    fn multi_region(point: &'a Resource, configuration: &'a MultiRegionAccessPoint) -> Self {
        Self {
            point,
            policy: configuration.policy.as_ref(),
            block: configuration.public_access_block,
            is_limited_to_vpc: false,
            origins: vec![internet(), KeyValue::Absent],
            read: ["alias", POLICY, BLOCK].map(Pointer::configuration).into(),
        }
    }
}

const POLICY: &str = "policy";
const BLOCK: &str = "public_access_block";

fn internet() -> KeyValue {
    KeyValue::Known(vec!["Internet".to_owned()])
}

/// Whom one access point lets in, or the places that this waits for.
fn callers(seen: &BucketView<'_>, door: &Door<'_>) -> Result<Vec<BucketAccess>, Vec<String>> {
    let unknown: Vec<String> = door.read.iter().flat_map(|place| waits_elsewhere(door.point, place)).collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    if door.is_limited_to_vpc {
        return Ok(Vec::new());
    }
    let place = Pointer::configuration(POLICY);
    let view = PolicyView::new(door.policy, place.clone(), &door.point.unknown);
    let own = own_flags(door.block, &Pointer::configuration(BLOCK), |_| Vec::new());
    // The strictest block of access point, bucket and account counts.
    let restricts = Fact::any([own.restrict_public_buckets, seen.restricts.clone()]);
    let shut = Fact::all([policy_public(&view, Guards::Other), restricts]);
    // A bucket whose own policy is restricted serves no stranger through an access point either.
    let shut = Fact::any([shut, seen.restricted.clone()]);
    match (shut.value, seen.policy.statements().flat_map(|statement| unknown_in(&statement)).collect::<Vec<_>>()) {
        (Some(true), _) => return Ok(Vec::new()),
        (Some(false), unknown) if unknown.is_empty() && seen.policy.unread().is_empty() => {}
        (_, unknown) => return Err([unknown, seen.policy.unread(), shut.waits_for].concat()),
    }
    entries(seen, door, &view).ok_or_else(|| vec![format!("{}#{place}", door.point.id)])
}

/// `None` when it cannot be told what one of the callers is allowed.
fn entries(seen: &BucketView<'_>, door: &Door<'_>, view: &PolicyView<'_>) -> Option<Vec<BucketAccess>> {
    let point = door.point;
    let version = door.policy.map(|policy| policy.version.as_str());
    let denies = Denies::of(view, version);
    let also = seen.bucket.policy.as_ref().map_or(&[][..], |policy| &policy.statement);
    let mut entries = Vec::new();
    for statement in view.statements().filter(|statement| statement.statement.effect == "Allow") {
        let document = denies.beside(statement.statement);
        let within = format!("{}/object/", point.id);
        let found = targets(&document, also, point.id.as_str(), &within);
        for grant in grants(&statement, &document, &seen.resource.account) {
            let callers: Vec<Caller> = grant.callers.iter().map(|caller| through(caller, door)).collect();
            let tried = grant.tried(&document);
            let levels = found.levels(|targets| both_allow(seen, point, &tried, &callers, targets))?;
            let said = |entry: &BucketAccess| entry.who == Grantee::Everyone && entry.levels == levels;
            if levels.is_empty() || (grant.who == Grantee::AwsAccounts && entries.iter().any(said)) {
                continue;
            }
            entries.push(BucketAccess {
                levels,
                evidence: format!("{}#{}", point.id, statement.place),
                because: vec![seen.policy.place().clone()],
                ..grant.entry(&statement)
            });
        }
    }
    Some(entries)
}

/// The caller, coming through the access point.
fn through(caller: &Caller, door: &Door<'_>) -> Caller {
    let mut caller = caller.clone();
    let known = |value: &str| vec![KeyValue::Known(vec![value.to_owned()])];
    let keys = [
        ("s3:dataaccesspointarn", known(door.point.id.as_str())),
        ("s3:dataaccesspointaccount", known(door.point.account.as_str())),
        ("s3:accesspointnetworkorigin", door.origins.clone()),
    ];
    caller.choices.extend(keys.map(|(key, values)| (key.to_owned(), values)));
    caller
}

/// Whether the access point allows one of the things, and the bucket the same request.
fn both_allow(
    seen: &BucketView<'_>,
    point: &Resource,
    document: &PolicyDocument,
    callers: &[Caller],
    targets: &[Target],
) -> Admits {
    let Some(policy) = &seen.bucket.policy else { return Admits::No };
    let (arn, owner) = (bucket_arn(seen.resource), seen.resource.account.as_str());
    let mut answer = Admits::No;
    for (caller, target) in callers.iter().flat_map(|caller| targets.iter().map(move |target| (caller, target))) {
        let both = match admits(document, caller, std::slice::from_ref(target), owner) {
            Admits::Yes(request) => {
                let object = request.resource.strip_prefix(point.id.as_str()).unwrap_or_default();
                let resource = format!("{arn}{}", object.strip_prefix("/object").unwrap_or_default());
                admits_request(policy, caller, Request { resource, ..*request })
            }
            other => other,
        };
        match both {
            Admits::No => {}
            Admits::Unsure => answer = Admits::Unsure,
            yes @ Admits::Yes(_) => return yes,
        }
    }
    answer
}

//! Who gets at a bucket through its access points.
//!
//! A bucket that leaves the decision to its access points (by `s3:DataAccessPointAccount` or
//! `s3:DataAccessPointArn`) lets in whom their policies let in. Both have to allow: what the access
//! point allows is asked again of the bucket, as a request that comes through it. Access points
//! limited to a VPC are left out: nobody reaches them from elsewhere.

use std::collections::BTreeSet;

use super::Estate;
use super::access_block::own_flags;
use super::bucket::bucket_arn;
use super::bucket_access::{BucketView, Denies};
use super::estate::waits_elsewhere;
use super::grantee::{grants, unknown_in};
use super::s3_actions::targets;
use crate::model::{AccessPoint, BucketAccess, Fact, Grantee, Pointer, PolicyDocument, Resource, ResourceType};
use crate::policy::admits::{Admits, Caller, Target, admits, admits_request};
use crate::policy::{Guards, KeyValue, PolicyView, Request, policy_public};

/// Adds an entry for each caller that an access point lets in; gives the places that hide more.
pub(super) fn add(seen: &BucketView<'_>, estate: &Estate<'_>, entries: &mut BTreeSet<BucketAccess>) -> Vec<String> {
    let mut waits_for: Vec<String> = estate.unlisted(seen.resource, ResourceType::AccessPoint).into_iter().collect();
    for (point, configuration) in estate.access_points(&seen.resource.name) {
        match callers(seen, point, configuration) {
            Ok(found) => entries.extend(found),
            Err(places) => waits_for.extend(places),
        }
    }
    waits_for
}

/// Whom one access point lets in, or the places that this waits for.
fn callers(
    seen: &BucketView<'_>,
    point: &Resource,
    configuration: &AccessPoint,
) -> Result<Vec<BucketAccess>, Vec<String>> {
    let read = ["network_origin", "policy", "public_access_block"].map(Pointer::configuration);
    let unknown: Vec<String> = read.iter().flat_map(|place| waits_elsewhere(point, place)).collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    if configuration.network_origin == "VPC" {
        return Ok(Vec::new());
    }
    let view = PolicyView::new(configuration.policy.as_ref(), read[1].clone(), &point.unknown);
    let own = own_flags(configuration.public_access_block, &read[2], |_| Vec::new());
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
    entries(seen, point, &view, configuration).ok_or_else(|| vec![format!("{}#{}", point.id, read[1])])
}

/// `None` when it cannot be told what one of the callers is allowed.
fn entries(
    seen: &BucketView<'_>,
    point: &Resource,
    view: &PolicyView<'_>,
    configuration: &AccessPoint,
) -> Option<Vec<BucketAccess>> {
    let version = configuration.policy.as_ref().map(|policy| policy.version.as_str());
    let denies = Denies::of(view, version);
    let also = seen.bucket.policy.as_ref().map_or(&[][..], |policy| &policy.statement);
    let mut entries = Vec::new();
    for statement in view.statements().filter(|statement| statement.statement.effect == "Allow") {
        let document = denies.beside(statement.statement);
        let within = format!("{}/object/", point.id);
        let found = targets(&document, also, point.id.as_str(), &within);
        for grant in grants(&statement, &document, &seen.resource.account) {
            let callers: Vec<Caller> = grant.callers.iter().map(|caller| through(caller, point)).collect();
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
fn through(caller: &Caller, point: &Resource) -> Caller {
    let mut caller = caller.clone();
    let keys = [
        ("s3:dataaccesspointarn", point.id.as_str()),
        ("s3:dataaccesspointaccount", point.account.as_str()),
        ("s3:accesspointnetworkorigin", "Internet"),
    ];
    let known = |value: &str| vec![KeyValue::Known(vec![value.to_owned()])];
    caller.choices.extend(keys.map(|(key, value)| (key.to_owned(), known(value))));
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

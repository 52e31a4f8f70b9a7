//! The smaller parts of a bucket: ACL, lifecycle, object lock, replication, notifications,
//! website.

use std::collections::BTreeSet;

use crate::model::{
    AclGrant, LifecycleRule, NOT_IN_PLAN, Notifications, ObjectLock, Replication, ReplicationRule, Website,
};

use super::bucket::Part;
use super::ec2::filled_in;
use super::estate::{Id, Instance};
use super::identity::resource_id;
use super::join::{Parent, parent};
use super::reference::{Target, targets};
use super::side::{NOT_HELD, Side, inline};
use super::value::{Expression, Field, Place, Settled};

const GROUPS: &str = "http://acs.amazonaws.com/groups/";

/// The grants of an `aws_s3_bucket_acl`: a canned ACL, or an access control policy.
pub(super) fn acl_of(instance: &Instance<'_>) -> Settled<Vec<AclGrant>> {
    if let Some(canned_name) = instance.get("acl").text().or(None)? {
        return Ok(Some(canned(&canned_name)));
    }
    // The one or the other is there: where neither is shown, a dynamic block sets it.
    let Some(control) = instance.place().written("access_control_policy").block()? else {
        return Ok(Some(canned("private")));
    };
    let owner = match control.get("owner").block()? {
        Some(owner) => owner.get("id").text().or(None).ok().flatten(),
        None => None,
    };
    let members = control.written("grant").items();
    let mut grants = Vec::new();
    for grant in &members.known {
        let Some(grantee) = grant.get("grantee").block()? else { continue };
        let Some(name) = grantee_name(grantee)? else { continue };
        let permission = grant.get("permission").text().or(None)?.unwrap_or_default();
        let grantee = if Some(&name) == owner.as_ref() { "owner".to_owned() } else { name };
        grants.push(AclGrant { grantee, permission });
    }
    members.unknown.map_or_else(|| Ok(Some(sorted(grants))), Err)
}

/// The ACL on the bucket itself: the argument of older providers, or the grants that newer ones
/// read back.
pub(super) fn inline_acl(side: &Side<'_, '_>, id: Id) -> Settled<Vec<AclGrant>> {
    let bucket = side.instance(id);
    if let Some(canned_name) = inline(side, id, "acl")?.map_or(Ok(None), |place| place.text().or(None))? {
        return Ok(Some(canned(&canned_name)));
    }
    let members = filled_in(side, bucket, "grant").items();
    if let Some(why) = members.unknown {
        return Err(why);
    }
    if members.known.is_empty() {
        return if bucket.creating { Ok(Some(canned("private"))) } else { Err(NOT_HELD.to_owned()) };
    }
    let mut grants = Vec::new();
    for grant in members.known {
        let Some(name) = grantee_name(grant)? else { continue };
        let permissions = grant.get("permissions").texts();
        if let Some(why) = permissions.unknown {
            return Err(why);
        }
        for permission in permissions.known {
            grants.push(AclGrant { grantee: name.clone(), permission });
        }
    }
    let grants = if bucket.get("grant").is_configured() {
        with_known_owner(grants, &own_ids(side, id))?
    } else {
        with_owner(grants)
    };
    Ok(Some(sorted(grants)))
}

/// Of grants that AWS has told, the only canonical user with full control is taken for the owner,
/// whose canonical id is not in a plan.
fn with_owner(mut grants: Vec<AclGrant>) -> Vec<AclGrant> {
    let mut owners = grants.iter().enumerate().filter(|(_, grant)| is_like_owner(grant)).map(|(index, _)| index);
    if let (Some(only), None) = (owners.next(), owners.next()) {
        "owner".clone_into(&mut grants[only].grantee);
    }
    grants
}

/// Grants that somebody wrote: anybody may have full control in them, and who the owner is tells only
/// the data source that they refer to.
fn with_known_owner(mut grants: Vec<AclGrant>, own: &BTreeSet<String>) -> Result<Vec<AclGrant>, String> {
    for grant in &mut grants {
        if own.contains(&grant.grantee) {
            "owner".clone_into(&mut grant.grantee);
        } else if own.is_empty() && is_like_owner(grant) {
            return Err(format!("whether {} is the owner{NOT_IN_PLAN}", grant.grantee));
        }
    }
    Ok(grants)
}

fn is_like_owner(grant: &AclGrant) -> bool {
    grant.permission == "FULL_CONTROL" && !grant.grantee.starts_with("http") && !grant.grantee.contains('@')
}

/// The canonical ids of own accounts that the grants on a bucket refer to.
fn own_ids(side: &Side<'_, '_>, bucket: Id) -> BTreeSet<String> {
    let instance = side.instance(bucket);
    let Expression::Set(expression) = instance.get("grant").expression else { return BTreeSet::new() };
    let own_id = |target| match target {
        Target::Instance(id, _) if side.instance(id).kind == "aws_canonical_user_id" => {
            side.instance(id).get("id").text().or(None).ok().flatten()
        }
        _ => None,
    };
    targets(side.estate, instance, expression).into_iter().filter_map(own_id).collect()
}

fn grantee_name(place: Place<'_>) -> Settled<String> {
    for attribute in ["uri", "id", "email_address"] {
        if let Some(name) = place.get(attribute).text().or(None)? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// The grants of a canned ACL on a bucket. `bucket-owner-*` have no meaning on a bucket.
fn canned(name: &str) -> Vec<AclGrant> {
    let group = |path: &str, permission: &str| AclGrant {
        grantee: format!("{GROUPS}{path}"),
        permission: permission.to_owned(),
    };
    let mut grants = vec![AclGrant { grantee: "owner".to_owned(), permission: "FULL_CONTROL".to_owned() }];
    match name {
        "public-read" => grants.push(group("global/AllUsers", "READ")),
        "public-read-write" => {
            grants.extend([group("global/AllUsers", "READ"), group("global/AllUsers", "WRITE")]);
        }
        "authenticated-read" => grants.push(group("global/AuthenticatedUsers", "READ")),
        "log-delivery-write" => {
            grants.extend([group("s3/LogDelivery", "READ_ACP"), group("s3/LogDelivery", "WRITE")]);
        }
        "aws-exec-read" => grants.push(AclGrant {
            // Amazon's own canonical user, which EC2 reads bundles with.
            grantee: "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b93c".to_owned(),
            permission: "READ".to_owned(),
        }),
        _ => {}
    }
    sorted(grants)
}

fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items.dedup();
    items
}

/// The members of a list, when all are known.
fn all(place: Place<'_>) -> Result<Vec<Place<'_>>, String> {
    let members = place.items();
    members.unknown.map_or(Ok(members.known), Err)
}

/// A value one block further down; absent when the block is.
fn below<T>(place: Place<'_>, block: &str, read: impl FnOnce(Place<'_>) -> Settled<T>) -> Settled<T> {
    place.written(block).block()?.map_or(Ok(None), read)
}

pub(super) fn lifecycle(side: &Side<'_, '_>, bucket: Id, part: Part) -> Settled<Vec<LifecycleRule>> {
    let rules = match part {
        Part::Own(child) => all(side.instance(child).place().written("rule"))?
            .into_iter()
            .map(lifecycle_rule)
            .collect::<Result<Vec<_>, _>>()?,
        Part::Removed(_) => return Ok(None),
        Part::Doubt(why) => return Err(why),
        Part::Nobody => match inline(side, bucket, "lifecycle_rule")? {
            Some(place) => all(place)?.into_iter().map(inline_lifecycle_rule).collect::<Result<Vec<_>, _>>()?,
            None => return Ok(None),
        },
    };
    Ok(if rules.is_empty() { None } else { Some(sorted(rules)) })
}

fn lifecycle_rule(place: Place<'_>) -> Result<LifecycleRule, String> {
    let filter = place.written("filter").block()?;
    let filtered = match filter {
        Some(filter) => match filter.get("prefix").text().or(None)? {
            Some(prefix) => Some(prefix),
            None => below(filter, "and", |and| and.get("prefix").text().or(None))?,
        },
        None => None,
    };
    let prefix = match filtered {
        Some(prefix) => Some(prefix),
        None => place.get("prefix").text().or(None)?,
    };
    Ok(LifecycleRule {
        id: place.get("id").text().or(None)?.unwrap_or_default(),
        enabled: place.get("status").text().or(None)?.is_some_and(|status| status == "Enabled"),
        prefix,
        expiration_days: below(place, "expiration", |block| block.get("days").number().or(None))?
            .filter(|&days| days > 0),
        noncurrent_expiration_days: below(place, "noncurrent_version_expiration", |block| {
            block.get("noncurrent_days").number().or(None)
        })?,
        abort_incomplete_upload_days: below(place, "abort_incomplete_multipart_upload", |block| {
            block.get("days_after_initiation").number().or(None)
        })?,
        transition_days: first(place, "transition", "days")?,
        noncurrent_transition_days: first(place, "noncurrent_version_transition", "noncurrent_days")?,
    })
}

fn inline_lifecycle_rule(place: Place<'_>) -> Result<LifecycleRule, String> {
    let positive = |days: &i32| *days > 0;
    Ok(LifecycleRule {
        id: place.get("id").text().or(None)?.unwrap_or_default(),
        enabled: place.get("enabled").truth().or(Some(false))?.unwrap_or_default(),
        prefix: place.get("prefix").text().or(None)?,
        expiration_days: below(place, "expiration", |block| block.get("days").number().or(None))?.filter(positive),
        noncurrent_expiration_days: below(place, "noncurrent_version_expiration", |block| {
            block.get("days").number().or(None)
        })?,
        abort_incomplete_upload_days: place
            .get("abort_incomplete_multipart_upload_days")
            .number()
            .or(None)?
            .filter(positive),
        transition_days: first(place, "transition", "days")?,
        noncurrent_transition_days: first(place, "noncurrent_version_transition", "days")?,
    })
}

/// The least number of days in blocks of a kind.
fn first(place: Place<'_>, blocks: &str, days: &str) -> Settled<i32> {
    let found: Result<Vec<Option<i32>>, _> =
        all(place.written(blocks))?.into_iter().map(|block| block.get(days).number().or(None)).collect();
    Ok(found?.into_iter().flatten().min())
}

pub(super) fn object_lock(side: &Side<'_, '_>, bucket: Id, part: Part) -> Settled<ObjectLock> {
    let place = match part {
        Part::Own(child) => Some(side.instance(child).place()),
        Part::Removed(_) => None,
        Part::Doubt(why) => return Err(why),
        Part::Nobody => side.instance(bucket).get("object_lock_configuration").block()?,
    };
    let on_bucket = side.instance(bucket).get("object_lock_enabled").truth().or(Some(false))?.unwrap_or_default();
    let Some(place) = place else {
        return Ok(on_bucket.then(|| ObjectLock { enabled: true, ..ObjectLock::default() }));
    };
    let enabled = place.get("object_lock_enabled").text().or(Some("Enabled".to_owned()))?;
    let mut lock =
        ObjectLock { enabled: on_bucket || enabled.is_some_and(|state| state == "Enabled"), ..ObjectLock::default() };
    let retention = match place.written("rule").block()? {
        Some(rule) => rule.written("default_retention").block()?,
        None => None,
    };
    if let Some(retention) = retention {
        lock.mode = retention.get("mode").text().or(None)?;
        lock.days = retention.get("days").number().or(None)?.filter(|&days| days > 0);
        lock.years = retention.get("years").number().or(None)?.filter(|&years| years > 0);
    }
    Ok(Some(lock))
}

pub(super) fn replication(side: &Side<'_, '_>, bucket: Id, part: Part) -> Settled<Replication> {
    let (owner, place, rules) = match part {
        Part::Own(child) => (child, side.instance(child).place(), "rule"),
        Part::Removed(_) => return Ok(None),
        Part::Doubt(why) => return Err(why),
        Part::Nobody => match inline(side, bucket, "replication_configuration")?.map_or(Ok(None), Place::block)? {
            Some(block) => (bucket, block, "rules"),
            None => return Ok(None),
        },
    };
    let role = arn(side, owner, place.get("role"), "aws_iam_role")?.unwrap_or_default();
    let own = side.accounts.account(side.instance(bucket));
    let mut found = Vec::new();
    for rule in all(place.written(rules))? {
        let Some(destination) = rule.written("destination").block()? else { continue };
        let account = match destination.get("account").text().or(None)? {
            Some(account) => Some(account),
            None => destination.get("account_id").text().or(None)?,
        };
        found.push(ReplicationRule {
            id: rule.get("id").text().or(None)?.unwrap_or_default(),
            enabled: rule.get("status").text().or(None)?.is_some_and(|status| status == "Enabled"),
            destination: arn(side, owner, destination.get("bucket"), "aws_s3_bucket")?.unwrap_or_default(),
            account: account.filter(|account| *account != own.as_str()),
        });
    }
    Ok(Some(Replication { role, rules: sorted(found) }))
}

/// An ARN; of a resource to be created, the id it has in this plan.
fn arn(side: &Side<'_, '_>, owner: Id, place: Place<'_>, kind: &str) -> Settled<String> {
    match place.text() {
        Field::Unknown(why) => match parent(side.estate, owner, place, &[kind]) {
            Parent::One(id) => Ok(Some(resource_id(side.estate, side.accounts, id).to_string())),
            _ => Err(why),
        },
        field => field.or(None),
    }
}

pub(super) fn notifications(side: &Side<'_, '_>, bucket: Id, part: Part) -> Settled<Notifications> {
    let child = match part {
        Part::Own(child) => side.instance(child),
        Part::Removed(_) => return Ok(None),
        Part::Doubt(why) => return Err(why),
        Part::Nobody if side.instance(bucket).creating => return Ok(None),
        Part::Nobody => return Err(NOT_HELD.to_owned()),
    };
    let mut targets = Vec::new();
    for (block, attribute) in
        [("lambda_function", "lambda_function_arn"), ("queue", "queue_arn"), ("topic", "topic_arn")]
    {
        for place in all(child.place().written(block))? {
            targets.extend(place.get(attribute).text().or(None)?);
        }
    }
    let event_bridge = child.get("eventbridge").truth().or(Some(false))?.unwrap_or_default();
    if targets.is_empty() && !event_bridge {
        return Ok(None);
    }
    Ok(Some(Notifications { targets: sorted(targets), event_bridge }))
}

pub(super) fn website(side: &Side<'_, '_>, bucket: Id, part: Part) -> Settled<Website> {
    match part {
        Part::Own(child) => {
            let place = side.instance(child).place();
            Ok(Some(Website {
                index_document: below(place, "index_document", |block| block.get("suffix").text().or(None))?,
                redirect_all_requests_to: below(place, "redirect_all_requests_to", |block| {
                    block.get("host_name").text().or(None)
                })?,
            }))
        }
        Part::Removed(_) => Ok(None),
        Part::Doubt(why) => Err(why),
        Part::Nobody => {
            let block = inline(side, bucket, "website")?.map_or(Ok(None), Place::block)?;
            block.map_or(Ok(None), |block| {
                Ok(Some(Website {
                    index_document: block.get("index_document").text().or(None)?,
                    redirect_all_requests_to: block.get("redirect_all_requests_to").text().or(None)?,
                }))
            })
        }
    }
}

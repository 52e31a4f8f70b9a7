//! A bucket or access point that became public, or is so no longer, after all that plays a part:
//! policy, ACL, ownership and the access blocks above.

use std::collections::BTreeMap;

use crate::model::{
    AclGrant, Bucket, BucketFacts, Configuration, Direction, Fact, Facts, FieldChange, Pointer, PolicyDocument,
    Resource, Statement,
};

/// The change of `/facts/public`, when something in the resource itself has moved access; what
/// an account's access block opens and closes is told of the account. Also remarks on flags of
/// the bucket that the account's block makes idle.
pub(super) fn difference(old: &Resource, new: &Resource, fields: &mut [FieldChange]) -> Option<FieldChange> {
    remark(old, new, fields);
    if fields.iter().all(|field| field.direction == Direction::Neutral) {
        return None;
    }
    let (was, is) = (is_public(old)?, is_public(new)?);
    let mut change = FieldChange::new(place(), Some(was.into()), Some(is.into()));
    match (was, is) {
        (false, true) => (change.direction, change.gained) = (Direction::Widened, ways_in(new)),
        (true, false) => (change.direction, change.lost) = (Direction::Narrowed, ways_in(old)),
        _ => return None,
    }
    Some(change)
}

/// What lets in everyone, of a resource that is public; `None` when it is not, or that is not
/// known.
pub(super) fn told(resource: &Resource) -> Option<Vec<String>> {
    is_public(resource)?.then(|| ways_in(resource))
}

pub(super) fn place() -> Pointer {
    Pointer::new("/facts/public")
}

/// Whether everyone can reach a bucket or access point.
pub(super) fn is_public(resource: &Resource) -> Option<bool> {
    fact(resource)?.value
}

fn fact(resource: &Resource) -> Option<&Fact<bool>> {
    match resource.facts.as_ref()? {
        Facts::Bucket(facts) => Some(&facts.public),
        Facts::AccessPoint(facts) => Some(&facts.public),
        _ => None,
    }
}

/// What everyone can do, statement by statement and grant by grant.
fn ways_in(resource: &Resource) -> Vec<String> {
    let (policy, acl) = match &resource.configuration {
        Configuration::Bucket(bucket) => (bucket.policy.as_ref(), acl(bucket)),
        Configuration::AccessPoint(point) => (point.policy.as_ref(), &[][..]),
        _ => (None, &[][..]),
    };
    let because = fact(resource).map_or(&[][..], |fact| &fact.because);
    let ways: Vec<String> =
        because.iter().filter_map(|place| in_policy(policy, place).or_else(|| in_acl(acl, place))).collect();
    if ways.is_empty() { vec!["everyone can reach it".to_owned()] } else { ways }
}

fn acl(bucket: &Bucket) -> &[AclGrant] {
    bucket.acl.as_deref().unwrap_or_default()
}

fn in_policy(policy: Option<&PolicyDocument>, place: &Pointer) -> Option<String> {
    let index = index(place, "policy/Statement")?;
    policy?.statement.get(index).map(|statement| format!("everyone can {}", in_words(statement)))
}

fn in_acl(acl: &[AclGrant], place: &Pointer) -> Option<String> {
    let grant = acl.get(index(place, "acl")?)?;
    let what = match grant.permission.as_str() {
        "READ" => "list the objects",
        "WRITE" => "create, overwrite and delete objects",
        "READ_ACP" => "read the ACL",
        "WRITE_ACP" => "write the ACL, and so grant the rest",
        "FULL_CONTROL" => "list, write and delete objects, and read and write the ACL",
        other => other,
    };
    let who = if grant.grantee.ends_with("/AuthenticatedUsers") { "every AWS account" } else { "everyone" };
    Some(format!("{who} can {what}"))
}

fn index(place: &Pointer, list: &str) -> Option<usize> {
    let rest = place.as_str().strip_prefix(Pointer::configuration(list).as_str())?;
    rest.split('/').nth(1)?.parse().ok()
}

fn in_words(statement: &Statement) -> String {
    let listed = |list: &Option<Vec<String>>| list.as_deref().unwrap_or_default().join(", ");
    let what = match &statement.not_action {
        Some(_) => format!("do everything but {}", listed(&statement.not_action)),
        None => listed(&statement.action),
    };
    let target = match (&statement.resource, &statement.not_resource) {
        (Some(_), _) => format!(" on {}", listed(&statement.resource)),
        (None, Some(_)) => format!(" on everything but {}", listed(&statement.not_resource)),
        (None, None) => String::new(),
    };
    let keys: Vec<&str> = statement.condition.values().flat_map(BTreeMap::keys).map(String::as_str).collect();
    let condition = if keys.is_empty() { "" } else { " under a condition on " };
    format!("{what}{target}{condition}{}", keys.join(", "))
}

/// Says of a flag that changed on a bucket while the account's block sets it all the same.
fn remark(old: &Resource, new: &Resource, fields: &mut [FieldChange]) {
    for field in fields {
        let Some(flag) = field.path.as_str().strip_prefix("/configuration/public_access_block/") else { continue };
        field.reason = match field.direction {
            Direction::Widened if in_force(new, flag) => Some("the account's access block sets it still"),
            Direction::Narrowed if in_force(old, flag) => Some("the account's access block set it already"),
            _ => None,
        }
        .map(str::to_owned);
    }
}

/// Whether a flag is set, on the bucket or above it.
fn in_force(resource: &Resource, flag: &str) -> bool {
    let Some(Facts::Bucket(facts)) = &resource.facts else { return false };
    let BucketFacts { public_access_block, .. } = &**facts;
    public_access_block.value.is_some_and(|block| match flag {
        "block_public_acls" => block.block_public_acls,
        "ignore_public_acls" => block.ignore_public_acls,
        "block_public_policy" => block.block_public_policy,
        "restrict_public_buckets" => block.restrict_public_buckets,
        _ => false,
    })
}

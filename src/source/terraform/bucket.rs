//! `AWS::S3::Bucket`: `aws_s3_bucket` with the resources that each hold a part of it.
//!
//! A part comes from its own resource; else from the inline argument, which newer providers only
//! echo; else, on creation, it is AWS's default for new buckets. When the resource of a part is
//! deleted, the echo on the bucket is stale: what AWS is left with counts.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    AclGrant, Bucket, BucketEncryption, BucketLogging, BucketVersioning, Pointer, PublicAccessBlock, Resource,
    ResourceId,
};

use super::bucket_settings as settings;
use super::estate::{Estate, Id, Instance};
use super::identity::{by_address, known_name, partition, region, resource_id};
use super::join::{Children, Parent, parent, stray};
use super::policy_document::{PlannedPolicy, policy};
use super::reference::unset_if_null;
use super::side::{NEVER_HELD, NOT_HELD, Notes, Side, inline, is_set};
use super::value::{Field, Place, Settled};

/// The Terraform types that hold a part of a bucket.
const PARTS: [&str; 11] = [
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_acl",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_logging",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_object_lock_configuration",
    "aws_s3_bucket_replication_configuration",
    "aws_s3_bucket_website_configuration",
];
const NOTIFICATION: &str = "aws_s3_bucket_notification";
const NOT_IN_PLAN: &str = "the bucket is not in the plan";

/// The arguments of `aws_s3_bucket` that set what a resource of this type sets.
fn arguments(kind: &str) -> &'static [&'static str] {
    match kind {
        "aws_s3_bucket_policy" => &["policy"],
        "aws_s3_bucket_acl" => &["acl", "grant"],
        "aws_s3_bucket_server_side_encryption_configuration" => &["server_side_encryption_configuration"],
        "aws_s3_bucket_versioning" => &["versioning"],
        "aws_s3_bucket_logging" => &["logging"],
        "aws_s3_bucket_lifecycle_configuration" => &["lifecycle_rule"],
        "aws_s3_bucket_object_lock_configuration" => &["object_lock_configuration"],
        "aws_s3_bucket_replication_configuration" => &["replication_configuration"],
        "aws_s3_bucket_website_configuration" => &["website"],
        _ => &[],
    }
}

/// Where a part of a bucket comes from.
pub(super) enum Part {
    /// Its own resource.
    Own(Id),
    /// Its own resource is deleted by this plan, and the bucket does not set it instead.
    Removed(Id),
    /// A resource that may belong to this bucket or to another.
    Doubt(String),
    /// No resource of the plan sets it.
    Nobody,
}

/// The parts of all buckets of one side.
struct Parts {
    now: BTreeMap<&'static str, Children>,
    previously: BTreeMap<&'static str, Children>,
}

impl Parts {
    fn of(side: &Side<'_, '_>) -> Self {
        let join = |estate: &Estate<'_>| {
            let kinds = PARTS.iter().chain([&NOTIFICATION]);
            let join = |kind| Children::join(estate, kind, "bucket", &["aws_s3_bucket"]).with_strays(estate);
            kinds.map(|&kind| (kind, join(kind))).collect()
        };
        Self { now: join(side.estate), previously: side.previous.map(join).unwrap_or_default() }
    }

    fn find(&self, side: &Side<'_, '_>, bucket: Id, kind: &str) -> Part {
        let Some(children) = self.now.get(kind) else { return Part::Nobody };
        match children.of(bucket) {
            [only] => return Part::Own(*only),
            [] => {}
            _ => return Part::Doubt(format!("several {kind} resources set it")),
        }
        if let Some(doubt) = children.doubt(bucket) {
            return Part::Doubt(doubt);
        }
        let removed =
            side.before(bucket).and_then(|(_, before)| self.previously.get(kind)?.of(before).first().copied());
        match removed {
            Some(child) if !arguments(kind).iter().any(|argument| is_set(side, bucket, argument)) => {
                Part::Removed(child)
            }
            _ => Part::Nobody,
        }
    }

    /// The buckets outside the plan that have a part in it, or had one.
    fn names_outside(&self, side: &Side<'_, '_>) -> BTreeSet<&str> {
        let all = self.now.values().chain(self.previously.values()).flat_map(|children| children.outside.keys());
        all.map(String::as_str).filter(|name| side.estate.named("aws_s3_bucket", name).is_empty()).collect()
    }

    /// The first part of a bucket outside the plan. One that it had before counts more, so that the
    /// bucket goes by the same address on both sides.
    fn first_outside<'e, 'a>(&self, side: &Side<'e, 'a>, name: &str) -> Option<&'e Instance<'a>> {
        let first = |parts: &BTreeMap<&'static str, Children>| {
            parts.values().filter_map(|children| children.outside.get(name)?.iter().min()).min().copied()
        };
        let earlier = || Some(side.previous?.instance(first(&self.previously)?));
        earlier().or_else(|| Some(side.instance(first(&self.now)?)))
    }

    fn find_outside(&self, name: &str, kind: &str) -> Part {
        let of = |parts: &BTreeMap<&'static str, Children>| {
            parts.get(kind).and_then(|children| children.outside.get(name)).cloned().unwrap_or_default()
        };
        match (of(&self.now).as_slice(), of(&self.previously).first()) {
            ([only], _) => Part::Own(*only),
            // That objects can be locked is a property of the bucket, which stays.
            ([], Some(removed)) if kind != "aws_s3_bucket_object_lock_configuration" => Part::Removed(*removed),
            ([], _) => Part::Doubt(NOT_IN_PLAN.to_owned()),
            _ => Part::Doubt(format!("several {kind} resources set it")),
        }
    }
}

/// All buckets of a side, and the buckets outside the plan that it attaches something to, or takes
/// something from.
pub(super) fn buckets(side: &Side<'_, '_>) -> Vec<Resource> {
    let parts = Parts::of(side);
    let mut found: Vec<Resource> =
        side.estate.of_kind("aws_s3_bucket").iter().map(|&id| bucket(side, &parts, id)).collect();
    found.extend(parts.names_outside(side).into_iter().filter_map(|name| stranger(side, &parts, name)));
    found
}

fn bucket(side: &Side<'_, '_>, parts: &Parts, id: Id) -> Resource {
    let instance = side.instance(id);
    let mut notes = Notes::default();
    let configuration = configuration(side, id, |kind| parts.find(side, id, kind), &mut notes);
    let name = known_name(instance).unwrap_or_else(|| instance.address.to_owned());
    side.resource(id, region(side.estate, instance), name, configuration, notes)
}

/// The bucket's document; `id` is the bucket itself, which is asked for what has no part of its own.
fn configuration(side: &Side<'_, '_>, id: Id, part: impl Fn(&str) -> Part, notes: &mut Notes) -> Bucket {
    let policy_place = Pointer::configuration("policy");
    let configuration = Bucket {
        policy: notes.policy(&policy_place, bucket_policy(side, id, part("aws_s3_bucket_policy"))),
        ownership: {
            let settled = ownership(side, id, part("aws_s3_bucket_ownership_controls"), notes);
            notes.take("ownership", settled)
        },
        acl: notes.take("acl", acl(side, id, part("aws_s3_bucket_acl"))),
        public_access_block: {
            let settled = access_block(side, id, part("aws_s3_bucket_public_access_block"), notes);
            notes.take("public_access_block", settled)
        },
        encryption: encryption(side, id, part("aws_s3_bucket_server_side_encryption_configuration"), notes),
        versioning: {
            let settled = versioning(side, id, part("aws_s3_bucket_versioning"), notes);
            notes.take("versioning", settled)
        },
        logging: notes.take("logging", logging(side, id, part("aws_s3_bucket_logging"))),
        lifecycle_rules: notes
            .take("lifecycle_rules", settings::lifecycle(side, id, part("aws_s3_bucket_lifecycle_configuration"))),
        object_lock: notes
            .take("object_lock", settings::object_lock(side, id, part("aws_s3_bucket_object_lock_configuration"))),
        replication: notes
            .take("replication", settings::replication(side, id, part("aws_s3_bucket_replication_configuration"))),
        notifications: notes.take("notifications", settings::notifications(side, id, part(NOTIFICATION))),
        website: notes.take("website", settings::website(side, id, part("aws_s3_bucket_website_configuration"))),
        observed: None,
    };
    notes.unknown(Pointer::configuration("observed"), NEVER_HELD);
    configuration
}

fn bucket_policy(side: &Side<'_, '_>, id: Id, part: Part) -> Settled<PlannedPolicy> {
    let read = |id: Id, place: Place<'_>| policy(side.estate, side.instance(id), place);
    match part {
        Part::Own(child) => read(child, side.instance(child).get("policy")),
        Part::Removed(_) => Ok(None),
        Part::Doubt(why) => Err(why),
        // A policy is never taken for null: that would be a pass if the expression is not pure.
        Part::Nobody => inline(side, id, "policy")?.map_or(Ok(None), |_| read(id, side.instance(id).get("policy"))),
    }
}

fn ownership(side: &Side<'_, '_>, id: Id, part: Part, notes: &mut Notes) -> Settled<String> {
    match part {
        Part::Own(child) => match side.instance(child).place().written("rule").block()? {
            Some(rule) => rule.get("object_ownership").text().or(None),
            None => Ok(None),
        },
        Part::Removed(_) => Ok(None),
        Part::Doubt(why) => Err(why),
        Part::Nobody if side.instance(id).creating => {
            Ok(Some(notes.aws_default("ownership", "BucketOwnerEnforced".to_owned())))
        }
        Part::Nobody => Err(NOT_HELD.to_owned()),
    }
}

fn access_block(side: &Side<'_, '_>, id: Id, part: Part, notes: &mut Notes) -> Settled<PublicAccessBlock> {
    match part {
        Part::Own(child) => flags(side.instance(child).place()),
        Part::Removed(child) => match side.previous.map(|previous| previous.instance(child)) {
            Some(previous) if previous.get("skip_destroy").truth() == Field::Known(true) => flags(previous.place()),
            _ => Ok(None),
        },
        Part::Doubt(why) => Err(why),
        Part::Nobody if side.instance(id).creating => Ok(Some(notes.aws_default("public_access_block", ALL_BLOCKED))),
        Part::Nobody => Err(NOT_HELD.to_owned()),
    }
}

/// What AWS gives new buckets, and access points that are made without flags of their own.
pub(super) const ALL_BLOCKED: PublicAccessBlock = PublicAccessBlock {
    block_public_acls: true,
    ignore_public_acls: true,
    block_public_policy: true,
    restrict_public_buckets: true,
};

/// The four flags; the provider's default for each is false.
pub(super) fn flags(place: Place<'_>) -> Settled<PublicAccessBlock> {
    let flag = |name: &str| place.get(name).truth().or(Some(false)).map(Option::unwrap_or_default);
    Ok(Some(PublicAccessBlock {
        block_public_acls: flag("block_public_acls")?,
        ignore_public_acls: flag("ignore_public_acls")?,
        block_public_policy: flag("block_public_policy")?,
        restrict_public_buckets: flag("restrict_public_buckets")?,
    }))
}

fn acl(side: &Side<'_, '_>, id: Id, part: Part) -> Settled<Vec<AclGrant>> {
    match part {
        Part::Own(child) => settings::acl_of(side.instance(child)),
        // Deleting an ACL resource leaves the ACL as it is.
        Part::Removed(child) => match side.previous {
            Some(previous) => settings::acl_of(previous.instance(child)),
            None => Ok(None),
        },
        Part::Doubt(why) => Err(why),
        Part::Nobody => settings::inline_acl(side, id),
    }
}

fn encryption(side: &Side<'_, '_>, id: Id, part: Part, notes: &mut Notes) -> Option<BucketEncryption> {
    let default = || BucketEncryption { algorithm: "AES256".to_owned(), kms_key_id: None, bucket_key_enabled: false };
    let owner = if let Part::Own(child) = part { child } else { id };
    let rule = match part {
        Part::Own(child) => side.instance(child).place().written("rule").block(),
        Part::Removed(_) => Ok(None),
        Part::Doubt(why) => Err(why),
        Part::Nobody => match inline(side, id, "server_side_encryption_configuration") {
            Ok(Some(place)) => {
                place.block().and_then(|block| block.map_or(Ok(None), |block| block.get("rule").block()))
            }
            Ok(None) => Ok(None),
            Err(why) => Err(why),
        },
    };
    let settled = rule.and_then(|rule| {
        let Some(rule) = rule else { return Ok(Some(default())) };
        let Some(applied) = rule.written("apply_server_side_encryption_by_default").block()? else {
            return Ok(Some(default()));
        };
        let algorithm = applied.get("sse_algorithm").text().or(None)?.unwrap_or_else(|| "AES256".to_owned());
        let key = Pointer::configuration("encryption").child("kms_key_id");
        let kms_key_id = notes.take_at(key, kms_key(side, owner, applied.get("kms_master_key_id")));
        let bucket_key_enabled = rule.get("bucket_key_enabled").truth().or(Some(false))?.unwrap_or_default();
        Ok(Some(BucketEncryption { algorithm, kms_key_id, bucket_key_enabled }))
    });
    notes.take("encryption", settled)
}

/// The key as it is named; of a key to be created, the id it has in this plan.
fn kms_key(side: &Side<'_, '_>, owner: Id, place: Place<'_>) -> Settled<String> {
    match place.text() {
        Field::Unknown(why) => match parent(side.estate, owner, place, &["aws_kms_key", "aws_kms_alias"]) {
            Parent::One(key) => Ok(Some(resource_id(side.estate, side.accounts, key).to_string())),
            _ => Err(why),
        },
        field => field.or(None),
    }
}

fn versioning(side: &Side<'_, '_>, id: Id, part: Part, notes: &mut Notes) -> Settled<BucketVersioning> {
    let never = || BucketVersioning { status: "Disabled".to_owned(), mfa_delete: false };
    match part {
        Part::Own(child) => versioning_of(side.estate, child, notes),
        Part::Removed(child) => {
            let previous = match side.previous {
                Some(previous) => versioning_of(previous, child, &mut Notes::default())?,
                None => None,
            };
            // Deleting the resource suspends versioning; a bucket never goes back to "never".
            let was_on = previous.is_some_and(|versioning| versioning.status != "Disabled");
            Ok(Some(if was_on { BucketVersioning { status: "Suspended".to_owned(), ..never() } } else { never() }))
        }
        Part::Doubt(why) => Err(why),
        Part::Nobody => {
            let block = inline(side, id, "versioning")?.map_or(Ok(None), Place::block)?;
            let Some(block) = block else { return Ok(Some(never())) };
            let enabled = block.get("enabled").truth().or(Some(false))?.unwrap_or_default();
            let mfa_delete = block.get("mfa_delete").truth().or(Some(false))?.unwrap_or_default();
            let status = if enabled { "Enabled" } else { "Disabled" };
            Ok(Some(BucketVersioning { status: status.to_owned(), mfa_delete }))
        }
    }
}

fn versioning_of(estate: &Estate<'_>, id: Id, notes: &mut Notes) -> Settled<BucketVersioning> {
    let instance = estate.instance(id);
    let Some(block) = instance.place().written("versioning_configuration").block()? else { return Ok(None) };
    let status = block.get("status").text().or(None)?.unwrap_or_else(|| "Disabled".to_owned());
    let mfa_delete = unset_if_null(estate, instance, block.get("mfa_delete")).text().or(None);
    let place = Pointer::configuration("versioning").child("mfa_delete");
    let mfa_delete = notes.take_at(place, mfa_delete).is_some_and(|state| state == "Enabled");
    Ok(Some(BucketVersioning { status, mfa_delete }))
}

fn logging(side: &Side<'_, '_>, id: Id, part: Part) -> Settled<BucketLogging> {
    let (owner, place) = match part {
        Part::Own(child) => (child, side.instance(child).place()),
        Part::Removed(_) => return Ok(None),
        Part::Doubt(why) => return Err(why),
        Part::Nobody => match inline(side, id, "logging")?.map_or(Ok(None), Place::block)? {
            Some(block) => (id, block),
            None => return Ok(None),
        },
    };
    let target_prefix = place.get("target_prefix").text().or(None)?.unwrap_or_default();
    let target = place.get("target_bucket");
    let target_bucket = match target.text() {
        Field::Unknown(why) => match parent(side.estate, owner, target, &["aws_s3_bucket"]) {
            Parent::One(bucket) => known_name(side.instance(bucket)).ok_or(why)?,
            _ => return Err(why),
        },
        field => match field.or(None)? {
            Some(name) => name,
            None => return Ok(None),
        },
    };
    Ok(Some(BucketLogging { target_bucket, target_prefix }))
}

/// A bucket that the plan gives a part, or takes one from, without holding it: that part, and nothing
/// else known.
fn stranger(side: &Side<'_, '_>, parts: &Parts, name: &str) -> Option<Resource> {
    let first = parts.first_outside(side, name)?;
    let mut notes = Notes::default();
    // Where no part is left, none is asked for.
    let any = parts.now.values().find_map(|children| children.outside.get(name)?.first().copied()).unwrap_or_default();
    let configuration = configuration(side, any, |kind| parts.find_outside(name, kind), &mut notes);
    notes.unknown(Pointer::new("/tags"), NOT_IN_PLAN);
    let (account, region) = (side.accounts.account(first), region(side.estate, first));
    let partition = partition(&region);
    let (id, name) = if let Some(address) = stray(name) {
        (None, address)
    } else {
        let name = name.strip_prefix("arn:aws:s3:::").unwrap_or(name);
        (ResourceId::new(format!("arn:{partition}:s3:::{name}")).ok(), name)
    };
    let id = id.unwrap_or_else(|| by_address(first.address));
    let mut resource = Resource::new(id, account, region, name.to_owned(), configuration);
    resource.origin.terraform_address = Some(first.address.to_owned());
    notes.write_to(&mut resource);
    Some(resource)
}

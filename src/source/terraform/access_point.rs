//! `AWS::S3::AccessPoint`: `aws_s3_access_point` and the policy that may stand beside it.

use std::collections::BTreeSet;

use crate::model::{AccessPoint, Pointer, PublicAccessBlock, Resource, ResourceId};

use super::bucket::ALL_BLOCKED;
use super::ec2::{VPCS, plain, reference};
use super::estate::{Estate, Id};
use super::identity::{by_address, known_name, region};
use super::join::{Children, Parent, parent, stray};
use super::policy_document::{PlannedPolicy, policy};
use super::side::{NOT_HELD, Notes, Side, inline, is_set};
use super::value::{Field, Settled};

const POINT: &str = "aws_s3_access_point";
const POLICY: &str = "aws_s3control_access_point_policy";
const NOT_IN_PLAN: &str = "the access point is not in the plan";

/// Policies of their own, on both sides.
struct Policies {
    now: Children,
    previously: Option<Children>,
}

/// All access points of a side, and those outside the plan that it gives a policy, or takes one from.
pub(super) fn access_points(side: &Side<'_, '_>) -> Vec<Resource> {
    let join = |estate: &Estate<'_>| Children::join(estate, POLICY, "access_point_arn", &[POINT]).with_strays(estate);
    let policies = Policies { now: join(side.estate), previously: side.previous.map(join) };
    let mut found: Vec<Resource> =
        side.estate.of_kind(POINT).iter().map(|&id| access_point(side, &policies, id)).collect();
    found.extend(policies.names_outside(side).into_iter().filter_map(|name| stranger(side, &policies, name)));
    found
}

/// An access point that the plan gives a policy, or takes it from, without holding it: that policy, and
/// nothing else known.
fn stranger(side: &Side<'_, '_>, policies: &Policies, name: &str) -> Option<Resource> {
    let of = |children: &Children| children.outside.get(name).cloned().unwrap_or_default();
    let now = of(&policies.now);
    let earlier = || Some(side.previous?.instance(*of(policies.previously.as_ref()?).iter().min()?));
    let first = earlier().or_else(|| Some(side.instance(*now.iter().min()?)))?;
    let mut notes = Notes::default();
    let settled = match now.as_slice() {
        [] => Ok(None),
        [only] => policy(side.estate, side.instance(*only), side.instance(*only).get("policy")),
        _ => Err(format!("several {POLICY} resources set it")),
    };
    let document = notes.policy(&Pointer::configuration("policy"), settled);
    for attribute in ["bucket", "network_origin", "vpc_id", "public_access_block"] {
        notes.unknown(Pointer::configuration(attribute), NOT_IN_PLAN);
    }
    notes.unknown(Pointer::new("/tags"), NOT_IN_PLAN);
    let configuration = AccessPoint {
        bucket: String::new(),
        network_origin: String::new(),
        vpc_id: None,
        policy: document,
        public_access_block: None,
    };
    // arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME
    let part = |position: usize| name.split(':').nth(position).filter(|_| stray(name).is_none());
    let region = part(3).and_then(|region| region.parse().ok()).unwrap_or_else(|| region(side.estate, first));
    let account = part(4).and_then(|account| account.parse().ok());
    let account = account.unwrap_or_else(|| side.accounts.account(first));
    let id = stray(name).map_or_else(|| ResourceId::new(name).ok(), |_| None);
    let short = part(5).and_then(|path| path.split_once('/')).map_or(first.address, |(_, short)| short);
    let id = id.unwrap_or_else(|| by_address(first.address));
    let mut resource = Resource::new(id, account, region, short.to_owned(), configuration);
    resource.origin.terraform_address = Some(first.address.to_owned());
    notes.write_to(&mut resource);
    Some(resource)
}

fn access_point(side: &Side<'_, '_>, policies: &Policies, id: Id) -> Resource {
    let instance = side.instance(id);
    let mut notes = Notes::default();
    let (network_origin, vpc_id) = match plain(instance, "vpc_configuration").block() {
        Ok(Some(block)) => ("VPC", reference(side, id, block.get("vpc_id"), &VPCS)),
        Ok(None) => ("Internet", Ok(None)),
        Err(why) => {
            notes.unknown(Pointer::configuration("network_origin"), why.clone());
            ("", Err(why))
        }
    };
    let configuration = AccessPoint {
        bucket: notes.take("bucket", bucket(side, id)).unwrap_or_default(),
        network_origin: network_origin.to_owned(),
        vpc_id: notes.take("vpc_id", vpc_id),
        policy: notes.policy(&Pointer::configuration("policy"), policies.of(side, id)),
        public_access_block: {
            let settled = access_block(side, id, &mut notes);
            notes.take("public_access_block", settled)
        },
    };
    let name = known_name(instance).unwrap_or_else(|| instance.address.to_owned());
    side.resource(id, region(side.estate, instance), name, configuration, notes)
}

/// The bucket's name; of one whose name is made up on creation, its address, which it is called by
/// here.
fn bucket(side: &Side<'_, '_>, id: Id) -> Settled<String> {
    let place = side.instance(id).get("bucket");
    match place.text() {
        Field::Known(bucket) => Ok(Some(bucket.strip_prefix("arn:aws:s3:::").unwrap_or(&bucket).to_owned())),
        Field::Unknown(why) => match parent(side.estate, id, place, &["aws_s3_bucket"]) {
            Parent::One(bucket) => {
                let bucket = side.instance(bucket);
                Ok(Some(known_name(bucket).unwrap_or_else(|| bucket.address.to_owned())))
            }
            _ => Err(why),
        },
        Field::Absent | Field::Default => Err(NOT_HELD.to_owned()),
    }
}

/// The flags, each true where it is left out. They cannot be changed later on.
fn access_block(side: &Side<'_, '_>, id: Id, notes: &mut Notes) -> Settled<PublicAccessBlock> {
    let instance = side.instance(id);
    let Some(block) = plain(instance, "public_access_block_configuration").block()? else {
        if !instance.creating {
            return Err(NOT_HELD.to_owned());
        }
        return Ok(Some(notes.aws_default("public_access_block", ALL_BLOCKED)));
    };
    let flag = |name: &str| block.get(name).truth().or(Some(true)).map(Option::unwrap_or_default);
    Ok(Some(PublicAccessBlock {
        block_public_acls: flag("block_public_acls")?,
        ignore_public_acls: flag("ignore_public_acls")?,
        block_public_policy: flag("block_public_policy")?,
        restrict_public_buckets: flag("restrict_public_buckets")?,
    }))
}

impl Policies {
    /// The access points outside the plan that have a policy in it, or had one.
    fn names_outside(&self, side: &Side<'_, '_>) -> BTreeSet<&str> {
        let all = [Some(&self.now), self.previously.as_ref()].into_iter().flatten();
        let names = all.flat_map(|children| children.outside.keys()).map(String::as_str);
        names.filter(|name| side.estate.named(POINT, name).is_empty()).collect()
    }

    fn of(&self, side: &Side<'_, '_>, id: Id) -> Settled<PlannedPolicy> {
        if let Some(doubt) = self.now.doubt(id) {
            return Err(doubt);
        }
        match self.now.of(id) {
            [only] => return policy(side.estate, side.instance(*only), side.instance(*only).get("policy")),
            [] => {}
            _ => return Err(format!("several {POLICY} resources set it")),
        }
        let removed = || Some(!self.previously.as_ref()?.of(side.before(id)?.1).is_empty());
        if removed() == Some(true) && !is_set(side, id, "policy") {
            // What the access point echoes is the policy that goes.
            return Ok(None);
        }
        let Some(place) = inline(side, id, "policy")? else { return Ok(None) };
        match place.text() {
            Field::Absent | Field::Default => Ok(None),
            // The provider's way of saying that there is none.
            Field::Known(text) if text.split_whitespace().eq(["{}"]) => Ok(None),
            _ => policy(side.estate, side.instance(id), side.instance(id).get("policy")),
        }
    }
}

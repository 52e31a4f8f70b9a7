//! `AWS::S3::AccessPoint`: `aws_s3_access_point` and the policy that may stand beside it.

use crate::model::{AccessPoint, Pointer, PublicAccessBlock, Resource};

use super::bucket::ALL_BLOCKED;
use super::ec2::{VPCS, plain, reference};
use super::estate::{Estate, Id};
use super::identity::{known_name, region};
use super::join::{Children, Parent, parent};
use super::policy_document::{PlannedPolicy, policy};
use super::side::{NOT_HELD, Notes, Side, inline};
use super::value::{Field, Settled};

const POINT: &str = "aws_s3_access_point";

/// Policies of their own, on both sides.
struct Policies {
    now: Children,
    previously: Option<Children>,
}

/// All access points of a side.
pub(super) fn access_points(side: &Side<'_, '_>) -> Vec<Resource> {
    let join =
        |estate: &Estate<'_>| Children::join(estate, "aws_s3control_access_point_policy", "access_point_arn", &[POINT]);
    let policies = Policies { now: join(side.estate), previously: side.previous.map(join) };
    side.estate.of_kind(POINT).iter().map(|&id| access_point(side, &policies, id)).collect()
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
    fn of(&self, side: &Side<'_, '_>, id: Id) -> Settled<PlannedPolicy> {
        if let Some(doubt) = self.now.doubt(id) {
            return Err(doubt);
        }
        match self.now.of(id) {
            [only] => return policy(side.estate, side.instance(*only), side.instance(*only).get("policy")),
            [] => {}
            _ => return Err("several aws_s3control_access_point_policy resources set it".to_owned()),
        }
        let removed = || Some(!self.previously.as_ref()?.of(side.before(id)?.1).is_empty());
        if removed() == Some(true) {
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

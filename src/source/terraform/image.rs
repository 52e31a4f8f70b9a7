//! `AWS::EC2::Image`: `aws_ami` and what makes images of other things, with launch permissions.
//!
//! A launch permission for everyone is seen also where the image is not in the plan.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{AccountId, Image, Pointer, Region, Resource};

use super::ec2::{name, own};
use super::estate::{Estate, Id, Instance};
use super::identity::{by_address, ec2_arn, region};
use super::join::Children;
use super::side::{NOT_HELD, Notes, Side};
use super::value::{Field, Settled};

const IMAGES: [&str; 3] = ["aws_ami", "aws_ami_copy", "aws_ami_from_instance"];

/// All images of a side.
pub(super) fn images(side: &Side<'_, '_>) -> Vec<Resource> {
    let permissions = permissions(side.estate);
    let of_kinds = IMAGES.iter().flat_map(|kind| side.estate.of_kind(kind));
    let mut images: Vec<Resource> = of_kinds.map(|&id| image(side, &permissions, id)).collect();
    let previous = side.previous.map(|estate| (estate, self::permissions(estate).outside));
    images.extend(permissions.outside.iter().map(|(name, ids)| stranger(side, name, ids, previous.as_ref())));
    images
}

fn permissions(estate: &Estate<'_>) -> Children {
    Children::join(estate, "aws_ami_launch_permission", "image_id", &IMAGES)
}

fn image(side: &Side<'_, '_>, permissions: &Children, id: Id) -> Resource {
    let instance = side.instance(id);
    let mut notes = Notes::default();
    let doubt = permissions.doubt(id).or_else(|| (!instance.creating).then(|| NOT_HELD.to_owned()));
    let configuration = Image {
        public: notes.take("public", public(side, permissions.of(id), doubt)),
        deprecated: notes.take("deprecated", deprecated(side, instance)),
        block_devices: Vec::new(),
    };
    notes.unknown(Pointer::configuration("block_devices"), "the disks of an image are not read from a plan");
    let mut resource = side.resource(id, region(side.estate, instance), name(instance), configuration, notes);
    // The provider's ARN of an image is without the account.
    if let Field::Known(image) = instance.get("id").text()
        && let Some(arn) = ec2_arn(&resource.region, &resource.account, "image", &image)
    {
        resource.id = arn;
    }
    resource
}

/// Whether one of the launch permissions is for everyone.
fn public(side: &Side<'_, '_>, permissions: &[Id], mut doubt: Option<String>) -> Settled<bool> {
    for &permission in permissions {
        match own(side, side.instance(permission), "group").text() {
            Field::Known(group) if group == "all" => return Ok(Some(true)),
            Field::Unknown(why) => doubt = Some(why),
            Field::Known(_) | Field::Absent | Field::Default => {}
        }
    }
    doubt.map_or(Ok(Some(false)), Err)
}

fn deprecated<'a>(side: &Side<'_, 'a>, instance: &Instance<'a>) -> Settled<Timestamp> {
    match own(side, instance, "deprecation_time").text().or(None)? {
        None => Ok(None),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_error| format!("{text:?} is no time")),
    }
}

/// An image that the plan shares without holding it. It goes by the address of the first permission
/// that it had before, so that it has the same one on both sides.
fn stranger(
    side: &Side<'_, '_>,
    name: &str,
    permissions: &[Id],
    previous: Option<&(&Estate<'_>, BTreeMap<String, Vec<Id>>)>,
) -> Resource {
    const WHY: &str = "the image is not in the plan";
    let first = |estate: &Estate<'_>, ids: &[Id]| ids.iter().min().map(|&id| estate.instance(id).address.to_owned());
    let earlier = previous.and_then(|(estate, outside)| first(estate, outside.get(name)?));
    let address = earlier.or_else(|| first(side.estate, permissions)).unwrap_or_default();
    let (account, region) = permissions.first().map_or_else(
        || (AccountId::unknown(), Region::unknown()),
        |&id| (side.accounts.account(side.instance(id)), region(side.estate, side.instance(id))),
    );
    let mut notes = Notes::default();
    let public = notes.take("public", public(side, permissions, Some(WHY.to_owned())));
    for place in [Pointer::configuration("deprecated"), Pointer::configuration("block_devices"), Pointer::new("/tags")]
    {
        notes.unknown(place, WHY);
    }
    let known = !account.is_unknown() && region != Region::unknown();
    let arn = if known { ec2_arn(&region, &account, "image", name) } else { None };
    let id = arn.unwrap_or_else(|| by_address(&address));
    let configuration = Image { public, ..Image::default() };
    let mut resource = Resource::new(id, account, region, name.to_owned(), configuration);
    resource.origin.terraform_address = Some(address);
    notes.write_to(&mut resource);
    resource
}

//! `AWS::EC2::Image`: `aws_ami` and what makes images of other things, with launch permissions.
//!
//! A launch permission for everyone is seen also where the image is not in the plan, or cannot be told.

use jiff::Timestamp;

use crate::model::{Image, Pointer, Resource};

use super::ec2::{name, own};
use super::estate::{Estate, Id, Instance};
use super::identity::{ec2_arn, region};
use super::join::Children;
use super::outside::{Outside, first_part};
use super::side::{NOT_HELD, Notes, Side};
use super::value::{Field, Settled};

const IMAGES: [&str; 3] = ["aws_ami", "aws_ami_copy", "aws_ami_from_instance"];
const PATH: &str = "image";

/// All images of a side, and those outside the plan that it shares.
pub(super) fn images(side: &Side<'_, '_>) -> Vec<Resource> {
    let (now, previously) = (permissions(side.estate), side.previous.map(permissions));
    let of_kinds = IMAGES.iter().flat_map(|kind| side.estate.of_kind(kind));
    let own = of_kinds.map(|&id| image(side, &now, id));
    let outside = now.outside.iter().filter_map(|(name, permissions)| {
        Some(stranger(side, name, first_part(side, name, permissions, previously.as_ref())?, permissions))
    });
    own.chain(outside).collect()
}

fn permissions(estate: &Estate<'_>) -> Children {
    let for_everyone = |permission: &Instance<'_>| is_all(&permission.get("group").text());
    Children::join(estate, "aws_ami_launch_permission", "image_id", &IMAGES).with_strays_and(estate, for_everyone)
}

fn is_all(group: &Field<String>) -> bool {
    matches!(group, Field::Known(group) if group == "all")
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
        && let Some(arn) = ec2_arn(&resource.region, &resource.account, PATH, &image)
    {
        resource.id = arn;
    }
    resource
}

/// Whether one of the launch permissions is for everyone.
fn public(side: &Side<'_, '_>, permissions: &[Id], mut doubt: Option<String>) -> Settled<bool> {
    for &permission in permissions {
        match own(side, side.instance(permission), "group").text() {
            group if is_all(&group) => return Ok(Some(true)),
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

/// An image that the plan shares without holding it.
fn stranger(side: &Side<'_, '_>, name: &str, first: &Instance<'_>, permissions: &[Id]) -> Resource {
    let outside = Outside { name: name.to_owned(), path: PATH, what: "image", first };
    let mut notes = Notes::default();
    let public = notes.take("public", public(side, permissions, Some(outside.why())));
    outside.resource(side, Image { public, ..Image::default() }, &["deprecated", "block_devices"], notes)
}

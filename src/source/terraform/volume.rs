//! `AWS::EC2::Volume`: `aws_ebs_volume` with its attachments.
//!
//! A volume for which nobody asks for encryption is encrypted if the region's default says so, or
//! the snapshot it is made of is encrypted.

use crate::model::{Pointer, Resource, Volume};

use super::ec2::{Ids, arn, name, own, reference};
use super::estate::Id;
use super::identity::region;
use super::join::Children;
use super::region_settings::encrypts_by_default;
use super::side::{BY_KEY, BY_SNAPSHOT, NOT_HELD, Notes, Side};
use super::value::{Field, Settled};

/// All volumes of a side.
pub(super) fn volumes(side: &Side<'_, '_>) -> Vec<Resource> {
    let attachments = Children::join(side.estate, "aws_volume_attachment", "volume_id", &["aws_ebs_volume"]);
    side.estate.of_kind("aws_ebs_volume").iter().map(|&id| volume(side, &attachments, id)).collect()
}

fn volume(side: &Side<'_, '_>, attachments: &Children, id: Id) -> Resource {
    let instance = side.instance(id);
    let mut notes = Notes::default();
    let encrypted = notes.take("encrypted", encrypted(side, id));
    let snapshot_id = match own(side, instance, "snapshot_id").text() {
        Field::Unknown(why) => {
            notes.unknown(Pointer::configuration("snapshot_id"), why);
            None
        }
        field => field.or(None).ok().flatten(),
    };
    let configuration = Volume {
        encrypted,
        kms_key_id: notes.take("kms_key_id", kms_key(side, id, encrypted)),
        instance_ids: instances(side, attachments, id).finish("instance_ids", &mut notes),
        snapshot_id,
    };
    side.resource(id, region(side.estate, instance), name(instance), configuration, notes)
}

fn encrypted(side: &Side<'_, '_>, id: Id) -> Settled<bool> {
    let instance = side.instance(id);
    let asked = match own(side, instance, "encrypted").truth() {
        Field::Known(true) => return Ok(Some(true)),
        Field::Unknown(why) => return Err(why),
        Field::Known(false) if !instance.creating => return Ok(Some(false)),
        Field::Absent | Field::Default if !instance.creating => return Err(NOT_HELD.to_owned()),
        Field::Known(false) => Some(false),
        Field::Absent | Field::Default => None,
    };
    if !matches!(own(side, instance, "snapshot_id").text(), Field::Absent | Field::Default) {
        return Err(BY_SNAPSHOT.to_owned());
    }
    match encrypts_by_default(side, instance) {
        // The default also encrypts what was asked for in clear.
        Ok(default) => Ok(default),
        Err(_) if asked.is_some() => Ok(asked),
        Err(why) => Err(why),
    }
}

fn kms_key(side: &Side<'_, '_>, id: Id, encrypted: Option<bool>) -> Settled<String> {
    let instance = side.instance(id);
    let place = own(side, instance, "kms_key_id");
    match place.text() {
        Field::Default | Field::Absent if instance.creating && encrypted != Some(false) => Err(BY_KEY.to_owned()),
        _ => arn(side, id, place, &["aws_kms_key", "aws_kms_alias"]),
    }
}

fn instances(side: &Side<'_, '_>, attachments: &Children, id: Id) -> Ids {
    let mut instances = Ids::default();
    for &attachment in attachments.of(id) {
        let place = side.instance(attachment).get("instance_id");
        instances.put(reference(side, attachment, place, &["aws_instance"]));
    }
    if let Some(doubt) = attachments.doubt(id) {
        instances.more(doubt);
    }
    if !side.instance(id).creating {
        instances.more(NOT_HELD);
    }
    instances
}

//! `AWS::EC2::LaunchTemplate`: `aws_launch_template`, in its default version.
//!
//! The plan holds the latest version. That is the default one for a new template, and later on
//! only when the configuration says so.

use crate::model::{BlockDevice, LaunchTemplate, MetadataOptions, Pointer, Resource, TemplateInterface};

use super::ec2::{GROUPS, Ids, SUBNETS, filled_in, plain, reference, rest};
use super::estate::{Id, Instance};
use super::identity::{known_name, region};
use super::side::{Notes, Side};
use super::user_data::user_data;
use super::value::{Field, Place, Settled};

/// All launch templates of a side.
pub(super) fn launch_templates(side: &Side<'_, '_>) -> Vec<Resource> {
    side.estate.of_kind("aws_launch_template").iter().map(|&id| launch_template(side, id)).collect()
}

fn launch_template(side: &Side<'_, '_>, id: Id) -> Resource {
    let instance = side.instance(id);
    let mut notes = Notes::default();
    let version = notes.take("version", version(instance)).map(i64::from);
    let configuration = match holds_default(side, id) {
        Ok(()) => LaunchTemplate { version, ..template(side, id, &mut notes) },
        Err(why) => {
            for attribute in ["image_id", "metadata_options", "network_interfaces", "block_devices", "user_data"] {
                notes.unknown(Pointer::configuration(attribute), why);
            }
            LaunchTemplate { version, ..LaunchTemplate::default() }
        }
    };
    let name = known_name(instance).unwrap_or_else(|| instance.address.to_owned());
    side.resource(id, region(side.estate, instance), name, configuration, notes)
}

fn version(instance: &Instance<'_>) -> Settled<i32> {
    if instance.creating {
        return Ok(Some(1));
    }
    match instance.get("default_version").number().or(None)? {
        Some(version) => Ok(Some(version)),
        None => Err("the default version is known after apply".to_owned()),
    }
}

/// Whether what the plan holds is the default version, or why it may be another one.
fn holds_default(side: &Side<'_, '_>, id: Id) -> Result<(), &'static str> {
    let instance = side.instance(id);
    if instance.creating || instance.get("update_default_version").truth() == Field::Known(true) {
        return Ok(());
    }
    let number = |attribute: &str| instance.get(attribute).number().or(None).ok().flatten();
    let same = |(default, latest)| default == latest;
    if number("default_version").zip(number("latest_version")).is_some_and(same) {
        Ok(())
    } else {
        Err("the plan holds the latest version, and another one may be the default")
    }
}

fn template(side: &Side<'_, '_>, id: Id, notes: &mut Notes) -> LaunchTemplate {
    let instance = side.instance(id);
    let devices = plain(instance, "block_device_mappings").items();
    let interfaces = plain(instance, "network_interfaces").items();
    let mut block_devices = Vec::new();
    for mapping in devices.known {
        let at = Pointer::configuration("block_devices").child(block_devices.len());
        block_devices.extend(block_device(mapping, &at, notes));
    }
    let mut network_interfaces = Vec::new();
    for block in interfaces.known {
        let at = Pointer::configuration("network_interfaces").child(network_interfaces.len());
        network_interfaces.push(interface(side, id, block, &at, notes));
    }
    for (attribute, why, count) in [
        ("block_devices", devices.unknown, block_devices.len()),
        ("network_interfaces", interfaces.unknown, network_interfaces.len()),
    ] {
        if let Some(why) = why {
            notes.unknown(rest(&Pointer::configuration(attribute), count), why);
        }
    }
    LaunchTemplate {
        version: None,
        image_id: notes.take("image_id", instance.get("image_id").text().or(None)),
        metadata_options: metadata_options(filled_in(side, instance, "metadata_options"), notes),
        network_interfaces,
        block_devices,
        user_data: user_data(instance.get("user_data").text().or(None), notes),
    }
}

/// A volume; a mapping without one is a disk of the host, or leaves a device out.
fn block_device(mapping: Place<'_>, at: &Pointer, notes: &mut Notes) -> Option<BlockDevice> {
    let volume = match mapping.get("ebs").block() {
        Ok(None) => return None,
        Ok(Some(volume)) => volume,
        Err(why) => {
            notes.unknown(at.clone(), why);
            return Some(BlockDevice::default());
        }
    };
    Some(BlockDevice {
        device_name: notes.take_at(at.child("device_name"), mapping.get("device_name").text().or(None)),
        encrypted: notes.take_at(at.child("encrypted"), volume.get("encrypted").truth().or(None)),
        snapshot_id: notes.take_at(at.child("snapshot_id"), volume.get("snapshot_id").text().or(None)),
    })
}

fn interface(side: &Side<'_, '_>, id: Id, block: Place<'_>, at: &Pointer, notes: &mut Notes) -> TemplateInterface {
    let mut groups = Ids::default();
    groups.put_references(side, id, block.get("security_groups"), &GROUPS);
    let index = block.get("device_index").number().or(Some(0));
    let public = block.get("associate_public_ip_address").truth().or(None);
    TemplateInterface {
        device_index: notes.take_at(at.child("device_index"), index),
        associate_public_ip_address: notes.take_at(at.child("associate_public_ip_address"), public),
        security_groups: groups.finish_at(&at.child("security_groups"), notes),
        subnet_id: notes.take_at(at.child("subnet_id"), reference(side, id, block.get("subnet_id"), &SUBNETS)),
    }
}

/// The options that the template sets. What a block leaves out AWS may fill in.
fn metadata_options(place: Place<'_>, notes: &mut Notes) -> Option<MetadataOptions> {
    const LEFT_OUT: &str = "the template leaves it out";
    let at = Pointer::configuration("metadata_options");
    let block = notes.take_at(at.clone(), place.block())?;
    let text =
        |name: &str| block.get(name).text().or(None)?.map_or_else(|| Err(LEFT_OUT.to_owned()), |text| Ok(Some(text)));
    let hops = block.get("http_put_response_hop_limit").number();
    let hops = match hops {
        Field::Known(hops) if hops > 0 => Ok(Some(hops)),
        Field::Unknown(why) => Err(why),
        _ => Err(LEFT_OUT.to_owned()),
    };
    Some(MetadataOptions {
        http_tokens: notes.take_at(at.child("http_tokens"), text("http_tokens")),
        http_endpoint: notes.take_at(at.child("http_endpoint"), text("http_endpoint")),
        http_put_response_hop_limit: notes.take_at(at.child("http_put_response_hop_limit"), hops),
    })
}

//! Tests of EC2 documents that the stand-in provider of the fixtures cannot make: small plans,
//! written out.

use serde_json::{Value, json};

use super::read_plan;
use crate::model::{Resource, ResourceType, Snapshot};

/// A resource of a plan: address, actions, `before`, `after`, `after_unknown`, `expressions`.
struct Planned(&'static str, &'static [&'static str], Value, Value, Value, Value);

fn created(address: &'static str, after: Value, unknown: Value, expressions: Value) -> Planned {
    Planned(address, &["create"], Value::Null, after, unknown, expressions)
}

fn unchanged(address: &'static str, value: Value) -> Planned {
    Planned(address, &["no-op"], value.clone(), value, json!({}), json!({}))
}

fn after(planned: Vec<Planned>) -> Snapshot {
    let (mut changes, mut blocks) = (Vec::new(), Vec::new());
    for Planned(address, actions, before, after, unknown, expressions) in planned {
        let (kind, name) = address.split_once('.').unwrap();
        let provider = expressions.get("provider").and_then(Value::as_str).unwrap_or("aws").to_owned();
        let change = json!({"actions": actions, "before": before, "after": after, "after_unknown": unknown});
        changes.push(json!({"address": address, "mode": "managed", "type": kind, "name": name, "change": change}));
        blocks.push(json!({"address": address, "mode": "managed", "type": kind, "name": name,
                           "provider_config_key": provider, "expressions": expressions}));
    }
    let region = json!({"region": {"constant_value": "eu-central-1"}});
    let plan = json!({
        "format_version": "1.2", "complete": true, "resource_changes": changes,
        "configuration": {
            "provider_config": {"aws": {"expressions": region}, "aws.other": {"expressions": region}},
            "root_module": {"resources": blocks},
        },
    });
    read_plan(plan.to_string().as_bytes()).unwrap().snapshots(jiff::Timestamp::UNIX_EPOCH).1
}

fn only(snapshot: &Snapshot, resource_type: ResourceType) -> &Resource {
    let mut found = snapshot.resources.iter().filter(|resource| resource.resource_type == resource_type);
    let first = found.next().unwrap();
    assert!(found.next().is_none(), "several {resource_type}");
    first
}

/// What stands at a place of the configuration: a value, or why it is unknown.
fn at(resource: &Resource, place: &str) -> Result<Value, String> {
    let pointer = crate::model::Pointer::new(format!("/configuration/{place}"));
    match resource.origin.unknown_because.iter().find(|(unknown, _)| unknown.covers(&pointer)) {
        Some((_, why)) => Err(why.clone()),
        None => Ok(pointer.resolve(&resource.document()).cloned().unwrap_or_default()),
    }
}

fn refers(to: &str) -> Value {
    json!({"references": [format!("{to}.id"), to]})
}

const ARN: &str = "arn:aws:ec2:eu-central-1:111122223333";

fn instance_with(options: &Value) -> Planned {
    let mut value = json!({"id": "i-0a", "arn": format!("{ARN}:instance/i-0a"), "public_ip": "203.0.113.7",
                           "primary_network_interface_id": "eni-0a"});
    value.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    unchanged("aws_instance.old", value)
}

#[test]
fn a_volume_is_attached_by_reference_and_one_that_exists_may_be_attached_elsewhere_too() {
    let attachment = || {
        created(
            "aws_volume_attachment.a",
            json!({"device_name": "/dev/sdb", "instance_id": "i-0a"}),
            json!({"volume_id": true}),
            json!({"volume_id": refers("aws_ebs_volume.a")}),
        )
    };
    let new = created("aws_ebs_volume.a", json!({"encrypted": true}), json!({"id": true}), json!({}));
    let snapshot = after(vec![new, attachment()]);
    let volume = only(&snapshot, ResourceType::Volume);
    assert_eq!(at(volume, "instance_ids"), Ok(json!(["i-0a"])));
    let old = json!({"id": "vol-0a", "encrypted": false, "snapshot_id": "", "kms_key_id": ""});
    let snapshot = after(vec![unchanged("aws_ebs_volume.a", old), attachment()]);
    let volume = only(&snapshot, ResourceType::Volume);
    assert_eq!(at(volume, "instance_ids/0"), Ok(json!("i-0a")));
    assert!(at(volume, "instance_ids/1").is_err());
    assert_eq!(at(volume, "encrypted"), Ok(json!(false)));
    assert_eq!(volume.id.as_str(), "arn:aws:ec2:eu-central-1:unknown:volume/vol-0a", "others name it by its id");
}

#[test]
fn an_elastic_ip_makes_the_public_address_unknown_unless_it_was_there_before() {
    let new = |address: &'static str| {
        let unknown = json!({"id": true, "public_ip": true});
        created(address, json!({"associate_public_ip_address": false}), unknown, json!({}))
    };
    let snapshot = after(vec![new("aws_instance.a")]);
    assert_eq!(at(only(&snapshot, ResourceType::Instance), "public_ip"), Ok(Value::Null));
    for (kind, attribute) in [("aws_eip.a", "instance"), ("aws_eip_association.a", "instance_id")] {
        let expressions = json!({attribute: refers("aws_instance.a")});
        let address = created(kind, json!({}), json!({attribute: true}), expressions);
        let snapshot = after(vec![new("aws_instance.a"), address]);
        let why = at(only(&snapshot, ResourceType::Instance), "public_ip").unwrap_err();
        assert_eq!(why, format!("{kind} gives it an Elastic IP"));
    }
    let held = unchanged("aws_eip.a", json!({"id": "eipalloc-0a", "instance": "i-0a"}));
    let snapshot = after(vec![instance_with(&json!({})), held]);
    assert_eq!(at(only(&snapshot, ResourceType::Instance), "public_ip"), Ok(json!("203.0.113.7")));
    let by_interface = json!({"network_interface_id": "eni-0a"});
    let given = created("aws_eip_association.a", by_interface, json!({"id": true}), json!({}));
    let snapshot = after(vec![instance_with(&json!({})), given]);
    assert!(at(only(&snapshot, ResourceType::Instance), "public_ip").is_err());
}

#[test]
fn what_an_existing_instance_is_told_to_have_is_known_and_the_rest_is_not_made_up() {
    let block = json!([{"http_tokens": "required", "http_endpoint": "enabled", "http_put_response_hop_limit": 2}]);
    let hash = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12";
    let snapshot = after(vec![instance_with(&json!({
        "metadata_options": block, "user_data": hash, "vpc_security_group_ids": ["sg-0b", "sg-0a"],
        "subnet_id": "subnet-0a", "monitoring": false,
    }))]);
    let instance = only(&snapshot, ResourceType::Instance);
    assert_eq!(at(instance, "metadata_options/http_tokens"), Ok(json!("required")));
    assert_eq!(at(instance, "security_groups"), Ok(json!(["sg-0a", "sg-0b"])));
    assert_eq!(at(instance, "network_interface_ids/0"), Ok(json!("eni-0a")));
    assert_eq!(at(instance, "detailed_monitoring"), Ok(json!(false)));
    for place in ["user_data", "enclave_enabled", "vpc_id", "network_interface_ids/1", "observed"] {
        assert!(at(instance, place).is_err(), "{place}");
    }
}

#[test]
fn the_regions_standing_default_decides_what_an_instance_leaves_open() {
    let launched = || created("aws_instance.a", json!({}), json!({"metadata_options": true}), json!({}));
    let options = || json!({"http_tokens": "required", "http_endpoint": "no-preference"});
    let standing = unchanged("aws_ec2_instance_metadata_defaults.a", options());
    let snapshot = after(vec![launched(), standing]);
    let instance = only(&snapshot, ResourceType::Instance);
    assert_eq!(at(instance, "metadata_options/http_tokens"), Ok(json!("required")));
    assert_eq!(at(instance, "metadata_options/http_endpoint"), Err("the image decides".to_owned()));
    let set_now = created("aws_ec2_instance_metadata_defaults.a", options(), json!({}), json!({}));
    let snapshot = after(vec![launched(), set_now]);
    let why = at(only(&snapshot, ResourceType::Instance), "metadata_options").unwrap_err();
    assert!(why.contains("aws_ec2_instance_metadata_defaults.a changes at the same time"), "{why}");
}

#[test]
fn settings_whose_account_may_be_that_of_either_provider_are_unknown() {
    let settings = || created("aws_ebs_encryption_by_default.a", json!({"enabled": true}), json!({}), json!({}));
    let volume = |provider: &str| {
        created("aws_ebs_volume.a", json!({}), json!({"encrypted": true}), json!({"provider": provider}))
    };
    let of = |provider: &str| {
        let snapshot = after(vec![settings(), volume(provider)]);
        at(only(&snapshot, ResourceType::RegionSettings), "ebs_encryption_by_default")
    };
    assert_eq!(of("aws"), Ok(json!(true)));
    assert!(of("aws.other").unwrap_err().contains("which account and region its provider works in"));
}

#[test]
fn a_launch_template_is_told_in_its_default_version_only() {
    let template = |options: Value| {
        let value = |options: &Value| {
            let mut value = json!({"id": "lt-0a", "name": "web", "image_id": "ami-0a", "metadata_options": []});
            value.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
            value
        };
        let before = value(&json!({"default_version": 1, "latest_version": 1}));
        let unknown = json!({"latest_version": true});
        let planned = Planned("aws_launch_template.a", &["update"], before, value(&options), unknown, json!({}));
        after(vec![planned])
    };
    let kept = template(json!({"default_version": 1}));
    let kept = only(&kept, ResourceType::LaunchTemplate);
    assert_eq!(at(kept, "version"), Ok(json!(1)));
    assert!(at(kept, "image_id").is_err() && at(kept, "metadata_options").is_err());
    let moved = template(json!({"update_default_version": true}));
    let moved = only(&moved, ResourceType::LaunchTemplate);
    assert_eq!(at(moved, "image_id"), Ok(json!("ami-0a")));
    assert!(at(moved, "version").is_err());
}

#[test]
fn a_dynamic_block_that_is_not_known_yet_may_hold_anything() {
    let unknown = json!({"block_device_mappings": true, "metadata_options": true, "id": true});
    let snapshot = after(vec![created("aws_launch_template.a", json!({"name": "web"}), unknown, json!({}))]);
    let template = only(&snapshot, ResourceType::LaunchTemplate);
    assert!(at(template, "block_devices/0").is_err());
    assert_eq!(at(template, "metadata_options"), Ok(Value::Null), "the provider computes it where nobody sets it");
}

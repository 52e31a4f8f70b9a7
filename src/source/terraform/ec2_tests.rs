//! Tests of EC2 documents that the stand-in provider of the fixtures cannot make: small plans,
//! written out.

use serde_json::{Value, json};

use super::read_plan;
use crate::model::{Resource, ResourceType, Snapshot};

/// A resource of a plan: address, actions, `before`, `after`, `after_unknown`, `expressions`.
pub(super) struct Planned(
    pub(super) &'static str,
    pub(super) &'static [&'static str],
    pub(super) Value,
    pub(super) Value,
    pub(super) Value,
    pub(super) Value,
);

pub(super) fn created(address: &'static str, after: Value, unknown: Value, expressions: Value) -> Planned {
    Planned(address, &["create"], Value::Null, after, unknown, expressions)
}

pub(super) fn unchanged(address: &'static str, value: Value) -> Planned {
    Planned(address, &["no-op"], value.clone(), value, json!({}), json!({}))
}

fn after(planned: Vec<Planned>) -> Snapshot {
    both(planned).1
}

/// What exists, and what will.
pub(super) fn both(planned: Vec<Planned>) -> (Snapshot, Snapshot) {
    read_plan(plan(planned).to_string().as_bytes()).unwrap().snapshots(jiff::Timestamp::UNIX_EPOCH)
}

pub(super) fn plan(planned: Vec<Planned>) -> Value {
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
    json!({
        "format_version": "1.2", "complete": true, "resource_changes": changes,
        "configuration": {
            "provider_config": {"aws": {"expressions": region}, "aws.other": {"expressions": region}},
            "root_module": {"resources": blocks},
        },
    })
}

pub(super) fn only(snapshot: &Snapshot, resource_type: ResourceType) -> &Resource {
    let mut found = snapshot.resources.iter().filter(|resource| resource.resource_type == resource_type);
    let first = found.next().unwrap();
    assert!(found.next().is_none(), "several {resource_type}");
    first
}

/// What stands at a place of the configuration: a value, or why it is unknown.
pub(super) fn at(resource: &Resource, place: &str) -> Result<Value, String> {
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

pub(super) fn of<'s>(snapshot: &'s Snapshot, resource_type: ResourceType, address: &str) -> &'s Resource {
    let is = |resource: &&Resource| {
        resource.resource_type == resource_type && resource.origin.terraform_address.as_deref() == Some(address)
    };
    snapshot.resources.iter().find(is).unwrap()
}

#[test]
fn the_volumes_of_an_instance_are_told_once() {
    let blocks = json!({
        "root_block_device": [{"volume_id": "vol-0r", "encrypted": false, "tags": {}}],
        "ebs_block_device": [
            {"device_name": "/dev/sdf", "volume_id": "vol-0a", "encrypted": true, "snapshot_id": ""},
            {"device_name": "/dev/sdg", "volume_id": "vol-0b", "encrypted": true, "snapshot_id": ""},
        ],
    });
    let own = unchanged("aws_ebs_volume.b", json!({"id": "vol-0b", "encrypted": true}));
    let snapshot = after(vec![instance_with(&blocks), own]);
    let mut volumes: Vec<&str> = snapshot
        .resources
        .iter()
        .filter(|resource| resource.resource_type == ResourceType::Volume)
        .filter_map(|resource| resource.origin.terraform_address.as_deref())
        .collect();
    volumes.sort_unstable();
    let further = "aws_instance.old.ebs_block_device[\"/dev/sdf\"]";
    assert_eq!(volumes, ["aws_ebs_volume.b", further, "aws_instance.old.root_block_device"]);
    let root = of(&snapshot, ResourceType::Volume, "aws_instance.old.root_block_device");
    assert_eq!(root.id.as_str(), "arn:aws:ec2:eu-central-1:111122223333:volume/vol-0r");
    assert_eq!(at(root, "encrypted"), Ok(json!(false)));
    assert_eq!(at(root, "instance_ids"), Ok(json!(["i-0a"])));
    assert!(at(root, "snapshot_id").is_err(), "the state does not tell it");
}

#[test]
fn a_state_that_does_not_tell_of_volumes_has_none() {
    let snapshot = after(vec![instance_with(&json!({}))]);
    assert!(snapshot.resources.iter().all(|resource| resource.resource_type != ResourceType::Volume));
}

#[test]
fn an_encryption_that_waits_for_something_is_unknown_and_the_regions_default_encrypts() {
    let instance = |expressions: Value, unknown: Value| {
        let block = json!({"device_name": "/dev/sdf"});
        created(
            "aws_instance.new",
            json!({"ebs_block_device": [block]}),
            json!({"root_block_device": true, "ebs_block_device": [unknown]}),
            json!({"ebs_block_device": [expressions]}),
        )
    };
    let waits = || instance(json!({"encrypted": {"references": ["aws_x.y.z"]}}), json!({"encrypted": true}));
    let further = "aws_instance.new.ebs_block_device[\"/dev/sdf\"]";
    let snapshot = after(vec![waits()]);
    let why = at(of(&snapshot, ResourceType::Volume, further), "encrypted").unwrap_err();
    assert!(why.contains("aws_x.y.z"), "{why}");
    let root = at(of(&snapshot, ResourceType::Volume, "aws_instance.new.root_block_device"), "encrypted");
    assert!(root.unwrap_err().contains("the image decides"));
    let default = unchanged("aws_ebs_encryption_by_default.d", json!({"id": "d", "enabled": true}));
    let snapshot = after(vec![instance(json!({}), json!({"encrypted": true})), default]);
    for address in [further, "aws_instance.new.root_block_device"] {
        assert_eq!(at(of(&snapshot, ResourceType::Volume, address), "encrypted"), Ok(json!(true)), "{address}");
    }
}

fn table(routes: &Value) -> Planned {
    unchanged("aws_route_table.t", json!({"id": "rtb-0a", "vpc_id": "vpc-0a", "route": routes}))
}

#[test]
fn a_separate_route_tells_its_state_and_an_inline_one_only_where_its_target_is_in_the_plan() {
    let inline = json!([
        {"cidr_block": "0.0.0.0/0", "gateway_id": "igw-0a"},
        {"cidr_block": "10.1.0.0/16", "transit_gateway_id": "tgw-0a"},
        {"cidr_block": "10.2.0.0/16", "network_interface_id": "eni-0a"},
    ]);
    let separate = json!({"route_table_id": "rtb-0a", "destination_cidr_block": "10.3.0.0/16", "state": "blackhole",
                          "nat_gateway_id": "nat-0a"});
    let gateway = unchanged("aws_internet_gateway.g", json!({"id": "igw-0a", "vpc_id": "vpc-0a"}));
    let vpc = unchanged("aws_vpc.v", json!({"id": "vpc-0a", "cidr_block": "10.0.0.0/16"}));
    let snapshot = after(vec![table(&inline), unchanged("aws_route.r", separate), gateway, vpc]);
    let table = only(&snapshot, ResourceType::RouteTable);
    let route =
        |index: usize| ["destination", "target", "state"].map(|name| at(table, &format!("routes/{index}/{name}")).ok());
    let known = |values: [&str; 3]| values.map(|value| Some(json!(value)));
    assert_eq!(route(0), known(["0.0.0.0/0", "igw-0a", "active"]));
    assert_eq!(route(1), known(["10.0.0.0/16", "local", "active"]));
    assert_eq!(route(2), [Some(json!("10.1.0.0/16")), Some(json!("tgw-0a")), None]);
    assert_eq!(route(3), [Some(json!("10.2.0.0/16")), None, None], "the instance of an interface is its target");
    assert_eq!(route(4), known(["10.3.0.0/16", "nat-0a", "blackhole"]));
    assert!(at(table, "main").is_err(), "it may have been made the main table by hand");
}

#[test]
fn a_table_that_a_resource_makes_the_main_one_is_it_and_the_first_one_is_not_any_more() {
    let vpc = created(
        "aws_vpc.v",
        json!({"cidr_block": "10.0.0.0/16"}),
        json!({"id": true, "default_route_table_id": true}),
        json!({}),
    );
    let first = created(
        "aws_default_route_table.first",
        json!({}),
        json!({"id": true, "vpc_id": true, "default_route_table_id": true, "route": true}),
        json!({"default_route_table_id": {"references": ["aws_vpc.v.default_route_table_id", "aws_vpc.v"]}}),
    );
    let other = created(
        "aws_route_table.other",
        json!({}),
        json!({"id": true, "vpc_id": true, "route": true}),
        json!({"vpc_id": refers("aws_vpc.v")}),
    );
    let main = created(
        "aws_main_route_table_association.m",
        json!({}),
        json!({"vpc_id": true, "route_table_id": true}),
        json!({"vpc_id": refers("aws_vpc.v"), "route_table_id": refers("aws_route_table.other")}),
    );
    let snapshot = after(vec![vpc, first, other, main]);
    let is_main = |address| at(of(&snapshot, ResourceType::RouteTable, address), "main");
    assert_eq!(is_main("aws_route_table.other"), Ok(json!(true)));
    assert_eq!(is_main("aws_default_route_table.first"), Ok(json!(false)));
    let first = of(&snapshot, ResourceType::RouteTable, "aws_default_route_table.first");
    assert_eq!(at(first, "vpc_id"), Ok(json!("terraform:aws_vpc.v")));
}

#[test]
fn an_address_is_tied_as_its_state_tells_until_the_plan_changes_what_takes_it() {
    let held = json!({"id": "eipalloc-0a", "public_ip": "203.0.113.7", "association_id": "", "instance": "",
                      "network_interface": ""});
    let address = || unchanged("aws_eip.a", held.clone());
    let snapshot = after(vec![address()]);
    assert_eq!(at(only(&snapshot, ResourceType::Address), "association_id"), Ok(Value::Null), "it is in use by nobody");
    let gateway = created("aws_nat_gateway.n", json!({"allocation_id": "eipalloc-0a"}), json!({"id": true}), json!({}));
    let snapshot = after(vec![address(), gateway]);
    let why = at(only(&snapshot, ResourceType::Address), "association_id").unwrap_err();
    assert!(why.contains("aws_nat_gateway.n"), "{why}");
}

#[test]
fn an_endpoint_whose_policy_goes_lets_everything_through() {
    let narrow =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}"#;
    let endpoint = json!({"id": "vpce-0a", "arn": format!("{ARN}:vpc-endpoint/vpce-0a"), "vpc_id": "vpc-0a",
                          "service_name": "com.amazonaws.eu-central-1.s3", "vpc_endpoint_type": "Gateway",
                          "state": "available", "policy": narrow});
    let beside = json!({"vpc_endpoint_id": "vpce-0a", "policy": narrow});
    let effect = |actions: &'static [&'static str], then: Value| {
        let gone = Planned("aws_vpc_endpoint_policy.p", actions, beside.clone(), then, json!({}), json!({}));
        let snapshot = after(vec![unchanged("aws_vpc_endpoint.e", endpoint.clone()), gone]);
        at(only(&snapshot, ResourceType::VpcEndpoint), "policy/Statement/0/Effect")
    };
    assert_eq!(effect(&["no-op"], beside.clone()), Ok(json!("Deny")));
    assert_eq!(effect(&["delete"], Value::Null), Ok(json!("Allow")));
}

#[test]
fn a_block_that_the_provider_fills_in_is_unknown_while_a_dynamic_block_may_stand_for_it() {
    let plan = |relevant: &Value, output: &str| {
        let block = |kind: &str, name: &str| {
            json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
                   "provider_config_key": "aws", "expressions": {}})
        };
        let change = |kind: &str, name: &str, unknown: Value| {
            json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
                   "change": {"actions": ["create"], "before": null, "after": {}, "after_unknown": unknown}})
        };
        let plan = json!({
            "format_version": "1.2", "complete": true, "relevant_attributes": relevant,
            "resource_changes": [
                change("aws_instance", "a", json!({"enclave_options": true})),
                change("aws_vpc", "v", json!({"id": true, "arn": true})),
            ],
            "configuration": {"root_module": {
                "resources": [block("aws_instance", "a"), block("aws_vpc", "v")],
                "outputs": {"o": {"expression": {"references": [output, "aws_vpc.v"]}}},
            }},
        });
        let after = read_plan(plan.to_string().as_bytes()).unwrap().snapshots(jiff::Timestamp::UNIX_EPOCH).1;
        at(only(&after, ResourceType::Instance), "enclave_enabled")
    };
    let on = |attribute: &str| json!([{"resource": "aws_vpc.v", "attribute": [attribute]}]);
    assert_eq!(plan(&Value::Null, "aws_vpc.v.id"), Ok(json!(false)));
    assert_eq!(plan(&on("id"), "aws_vpc.v.id"), Ok(json!(false)), "the output shows what is used");
    assert!(plan(&on("arn"), "aws_vpc.v.id").is_err());
    assert_eq!(plan(&on("cidr_block"), "aws_vpc.v.id"), Ok(json!(false)), "it is known");
}

#[test]
fn an_image_is_public_by_a_launch_permission_for_everyone_also_outside_the_plan() {
    let permission = |address, image: Value, unknown: Value, group: Value| {
        let after = json!({"image_id": image, "group": group, "account_id": null});
        created(address, after, unknown, json!({"image_id": refers("aws_ami.a"), "group": {"constant_value": group}}))
    };
    let image = || {
        created(
            "aws_ami.a",
            json!({"name": "a"}),
            json!({"id": true, "arn": true}),
            json!({"name": {"constant_value": "a"}}),
        )
    };
    let public = |planned: Vec<Planned>| {
        let snapshot = after(planned);
        at(only(&snapshot, ResourceType::Image), "public")
    };
    let not_known = json!({"image_id": true});
    assert_eq!(public(vec![image()]), Ok(json!(false)));
    let shared = permission("aws_ami_launch_permission.p", Value::Null, not_known.clone(), json!("all"));
    assert_eq!(public(vec![image(), shared]), Ok(json!(true)));
    let one = permission("aws_ami_launch_permission.p", Value::Null, not_known, Value::Null);
    assert_eq!(public(vec![image(), one]), Ok(json!(false)));

    let elsewhere = |group| permission("aws_ami_launch_permission.p", json!("ami-0a"), json!({}), group);
    assert_eq!(public(vec![elsewhere(json!("all"))]), Ok(json!(true)));
    assert!(public(vec![elsewhere(Value::Null)]).unwrap_err().contains("not in the plan"));
    let existing = unchanged("aws_ami.a", json!({"name": "a", "id": "ami-0a", "deprecation_time": ""}));
    assert!(public(vec![existing]).is_err(), "others may have shared it");
}

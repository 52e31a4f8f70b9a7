//! Tests of parts of networks whose whole is not in the plan, of what a state read too early, and of
//! what a scan says beside.

use serde_json::{Value, json};

use super::ec2_tests::{Planned, at, both, created, of, only, plan, unchanged};
use super::{read_declared, read_plan};
use crate::model::{
    Configuration, GroupRule, Listing, NetworkAcl, NetworkAclEntry, Region, RegionSettings, Resource, ResourceType,
    SecurityGroup, Snapshot,
};

const ACCOUNT: &str = "111122223333";
const ARN: &str = "arn:aws:ec2:eu-central-1:111122223333";

fn deleted(address: &'static str, value: Value) -> Planned {
    Planned(address, &["delete"], value, Value::Null, json!({}), json!({}))
}

fn refers(to: &str) -> Value {
    json!({"references": [to, to.rsplit_once('.').unwrap().0]})
}

fn acl_rule(acl: &str, egress: bool, range: &str) -> Value {
    json!({"network_acl_id": acl, "egress": egress, "rule_number": 100, "rule_action": "allow", "protocol": "6",
           "from_port": 22, "to_port": 22, "cidr_block": range})
}

#[test]
fn an_entry_that_goes_the_other_way_is_no_echo_of_one_with_its_number() {
    let entry = |range: &str| {
        json!([{"rule_no": 100, "action": "allow", "protocol": "6", "from_port": 22, "to_port": 22,
                "cidr_block": range}])
    };
    let acl = json!({"id": "acl-0a", "vpc_id": "vpc-0a", "ingress": entry("0.0.0.0/0"), "egress": entry("10.0.0.0/8")});
    let rule = acl_rule("acl-0a", true, "10.0.0.0/8");
    let entries = |rule: Planned| {
        let (_, after) = both(vec![unchanged("aws_network_acl.a", acl.clone()), rule]);
        let acl = only(&after, ResourceType::NetworkAcl);
        let entries = at(acl, "entries").unwrap();
        let of = |entry: &Value| (entry["egress"] == true, entry["cidr_ipv4"].as_str().unwrap().to_owned());
        let own = entries.as_array().unwrap().iter().filter(|entry| entry["number"] == 100);
        own.map(of).collect::<Vec<_>>()
    };
    let world = (false, "0.0.0.0/0".to_owned());
    let both_ways = [world.clone(), (true, "10.0.0.0/8".to_owned())];
    assert_eq!(entries(unchanged("aws_network_acl_rule.e", rule.clone())), both_ways);
    assert_eq!(entries(deleted("aws_network_acl_rule.e", rule)), [world]);
}

#[test]
fn parts_of_networks_outside_the_plan_make_a_document_of_these_parts() {
    let route = json!({"route_table_id": "rtb-0a", "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-0a"});
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
    let (before, after) = both(vec![
        created("aws_network_acl_rule.r", acl_rule("acl-0a", false, "0.0.0.0/0"), json!({"id": true}), json!({})),
        created("aws_route.r", route, json!({"id": true}), json!({})),
        created(
            "aws_vpc_endpoint_policy.p",
            json!({"vpc_endpoint_id": "vpce-0a", "policy": policy}),
            json!({}),
            json!({}),
        ),
    ]);
    assert!(before.resources.is_empty());
    let why = |what: &str| Err(format!("the {what} is not in the plan"));
    let acl = of(&after, ResourceType::NetworkAcl, "aws_network_acl_rule.r");
    assert_eq!((acl.name.as_str(), at(acl, "entries/0/cidr_ipv4")), ("acl-0a", Ok(json!("0.0.0.0/0"))));
    assert_eq!(at(acl, "entries/1"), why("network ACL"));
    assert_eq!(at(acl, "subnet_ids"), why("network ACL"));
    let table = of(&after, ResourceType::RouteTable, "aws_route.r");
    assert_eq!((table.name.as_str(), at(table, "routes/0/target")), ("rtb-0a", Ok(json!("igw-0a"))));
    assert_eq!((at(table, "routes/1"), at(table, "main")), (why("route table"), why("route table")));
    let endpoint = of(&after, ResourceType::VpcEndpoint, "aws_vpc_endpoint_policy.p");
    assert_eq!(at(endpoint, "policy/Statement/0/Principal"), Ok(json!({"AWS": ["*"]})));
    assert_eq!(at(endpoint, "service_name"), why("endpoint"));
}

#[test]
fn what_comes_with_a_new_vpc_and_nobody_adopts_is_a_document_of_its_parts() {
    let vpc = || {
        let unknown = json!({"id": true, "default_network_acl_id": true, "main_route_table_id": true});
        created("aws_vpc.v", json!({"cidr_block": "10.0.0.0/16"}), unknown, json!({}))
    };
    let rule = created(
        "aws_network_acl_rule.r",
        json!({"egress": false, "rule_number": 90, "rule_action": "allow", "protocol": "6", "from_port": 22,
               "to_port": 22, "cidr_block": "0.0.0.0/0"}),
        json!({"network_acl_id": true}),
        json!({"network_acl_id": refers("aws_vpc.v.default_network_acl_id")}),
    );
    let route = created(
        "aws_route.r",
        json!({"destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-0a"}),
        json!({"route_table_id": true}),
        json!({"route_table_id": refers("aws_vpc.v.main_route_table_id")}),
    );
    let (_, after) = both(vec![vpc(), rule, route]);
    let acl = only(&after, ResourceType::NetworkAcl);
    assert_eq!(acl.name, "default network ACL of aws_vpc.v");
    assert_eq!((at(acl, "is_default"), at(acl, "vpc_id")), (Ok(json!(true)), Ok(json!("terraform:aws_vpc.v"))));
    assert_eq!(at(acl, "entries/0/number"), Ok(json!(90)));
    let table = only(&after, ResourceType::RouteTable);
    assert_eq!(
        (table.name.as_str(), at(table, "vpc_id")),
        ("main route table of aws_vpc.v", Ok(json!("terraform:aws_vpc.v")))
    );
}

#[test]
fn an_endpoint_outside_the_plan_whose_policy_goes_lets_everything_through() {
    let narrow =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}"#;
    let policy = json!({"vpc_endpoint_id": "vpce-0a", "policy": narrow});
    let (before, after) = both(vec![deleted("aws_vpc_endpoint_policy.p", policy)]);
    let effect = |side: &Snapshot| {
        at(of(side, ResourceType::VpcEndpoint, "aws_vpc_endpoint_policy.p"), "policy/Statement/0/Effect")
    };
    assert_eq!((effect(&before), effect(&after)), (Ok(json!("Deny")), Ok(json!("Allow"))));
}

fn metadata_defaults() -> Planned {
    unchanged("aws_ec2_instance_metadata_defaults.m", json!({"id": "eu-central-1", "http_tokens": "optional"}))
}

fn encryption() -> Planned {
    created("aws_ebs_encryption_by_default.e", json!({"enabled": true}), json!({"id": true}), json!({}))
}

#[test]
fn a_region_goes_by_one_address_whatever_of_it_is_set_anew() {
    let (before, after) = both(vec![metadata_defaults(), encryption()]);
    let address = |side: &Snapshot| only(side, ResourceType::RegionSettings).origin.terraform_address.clone();
    assert_eq!(address(&before).as_deref(), Some("aws_ec2_instance_metadata_defaults.m"));
    assert_eq!(address(&after), address(&before));
    assert_eq!(at(only(&after, ResourceType::RegionSettings), "ebs_encryption_by_default"), Ok(json!(true)));
}

/// What a state of these declares.
fn declared(resources: &[(&str, Value)]) -> crate::model::Declaration {
    let resources: Vec<Value> = resources
        .iter()
        .map(|(address, values)| {
            let (kind, name) = address.split_once('.').unwrap();
            json!({"address": address, "mode": "managed", "type": kind, "name": name, "values": values})
        })
        .collect();
    let state = json!({"format_version": "1.0", "terraform_version": "1.11.4",
                       "values": {"root_module": {"resources": resources}}});
    read_declared(state.to_string().as_bytes()).unwrap().declaration(jiff::Timestamp::UNIX_EPOCH)
}

fn of_type(declaration: &crate::model::Declaration, resource_type: ResourceType) -> &crate::model::Declared {
    declaration.resources.iter().find(|declared| declared.resource.resource_type == resource_type).unwrap()
}

#[test]
fn an_address_that_a_state_read_before_it_was_taken_is_tied_as_what_took_it_tells() {
    let address = json!({"id": "eipalloc-0a", "arn": format!("{ARN}:elastic-ip/eipalloc-0a"), "public_ip": "203.0.113.9",
                         "association_id": "", "instance": "", "network_interface": ""});
    let tied = |taker: (&str, Value)| {
        let declaration = declared(&[("aws_eip.a", address.clone()), taker]);
        let address = &of_type(&declaration, ResourceType::Address).resource;
        ["association_id", "network_interface_id", "instance_id"].map(|name| at(address, name).unwrap())
    };
    let gateway = json!({"id": "nat-0a", "allocation_id": "eipalloc-0a", "association_id": "eipassoc-0a",
                         "network_interface_id": "eni-0a"});
    assert_eq!(tied(("aws_nat_gateway.n", gateway)), [json!("eipassoc-0a"), json!("eni-0a"), Value::Null]);
    let association = json!({"id": "eipassoc-0b", "allocation_id": "eipalloc-0a", "instance_id": "i-0a",
                             "network_interface_id": "eni-0b"});
    let told = [json!("eipassoc-0b"), json!("eni-0b"), json!("i-0a")];
    assert_eq!(tied(("aws_eip_association.a", association)), told);
    let silent = json!({"id": "nat-0a", "allocation_id": "eipalloc-0a"});
    let declaration = declared(&[("aws_eip.a", address.clone()), ("aws_nat_gateway.n", silent)]);
    let left = &of_type(&declaration, ResourceType::Address).not_held;
    assert!(left.iter().any(|place| place.as_str().ends_with("/association_id")), "{left:?}");
}

#[test]
fn an_instance_that_a_state_read_before_it_got_its_elastic_ip_has_that_one() {
    let instance = json!({"id": "i-0a", "arn": format!("{ARN}:instance/i-0a"), "public_ip": "198.51.100.1",
                          "private_ip": "10.0.0.4", "primary_network_interface_id": "eni-0a"});
    let public_ip = |interface: &str, private: &str| {
        let address = json!({"id": "eipalloc-0a", "instance": "i-0a", "network_interface": interface,
                             "private_ip": private, "public_ip": "203.0.113.9"});
        let declaration = declared(&[("aws_instance.i", instance.clone()), ("aws_eip.a", address)]);
        at(&of_type(&declaration, ResourceType::Instance).resource, "public_ip").unwrap()
    };
    assert_eq!(public_ip("eni-0a", "10.0.0.4"), "203.0.113.9");
    assert_eq!(public_ip("eni-0b", "10.0.0.9"), "198.51.100.1", "another interface has it");
    assert_eq!(public_ip("eni-0a", "10.0.0.5"), "198.51.100.1", "another private address has it");
}

#[test]
fn what_another_state_decides_is_not_declared() {
    let acl = json!({"id": "acl-0a", "arn": format!("{ARN}:network-acl/acl-0a"), "default_network_acl_id": "acl-0a",
                     "vpc_id": "vpc-0a", "subnet_ids": ["subnet-0a"], "ingress": [], "egress": []});
    let instance = json!({"id": "i-0a", "arn": format!("{ARN}:instance/i-0a"), "subnet_id": "subnet-0a"});
    let table = json!({"id": "rtb-0a", "arn": format!("{ARN}:route-table/rtb-0a"), "vpc_id": "vpc-0a", "route": [],
                       "propagating_vgws": ["vgw-0a"]});
    let declaration =
        declared(&[("aws_default_network_acl.a", acl), ("aws_instance.i", instance), ("aws_route_table.t", table)]);
    for (resource_type, place) in [
        (ResourceType::NetworkAcl, "/configuration/subnet_ids/1"),
        (ResourceType::Instance, "/configuration/vpc_id"),
        (ResourceType::RouteTable, "/configuration/routes/0/destination"),
    ] {
        let declared = of_type(&declaration, resource_type);
        assert!(declared.not_held.iter().any(|left| left.as_str() == place), "{place}: {:?}", declared.not_held);
        assert!(declared.resource.unknown.is_empty(), "{:?}", declared.resource.unknown);
    }
}

/// A VPC by which the plan tells its account.
fn vpc() -> Planned {
    unchanged("aws_vpc.v", json!({"id": "vpc-0a", "arn": format!("{ARN}:vpc/vpc-0a"), "owner_id": ACCOUNT}))
}

fn live(path: &str, name: &str, configuration: impl Into<Configuration>) -> Resource {
    let region = Region::new("eu-central-1").unwrap();
    Resource::new(format!("{ARN}:{path}").parse().unwrap(), ACCOUNT.parse().unwrap(), region, name, configuration)
}

/// Both sides of a plan, filled from a scan of this resource alone.
fn beside(planned: Vec<Planned>, live: Resource) -> (Snapshot, Snapshot) {
    let mut scan = Snapshot::empty(jiff::Timestamp::UNIX_EPOCH);
    let (account, region, resource_type) = (live.account.clone(), live.region.clone(), live.resource_type);
    scan.listings.push(Listing { account, region, resource_type, complete: true, listed_before: false });
    scan.resources.push(live);
    let plan = read_plan(plan(planned).to_string().as_bytes()).unwrap();
    let (before, after, _) = plan.snapshots_beside(&scan, jiff::Timestamp::UNIX_EPOCH);
    (before, after)
}

fn region(encrypts: bool) -> Resource {
    let settings = RegionSettings {
        ebs_encryption_by_default: Some(encrypts),
        snapshot_block_public_access: Some("unblocked".to_owned()),
        ..RegionSettings::default()
    };
    live("region-settings", "eu-central-1", settings)
}

#[test]
fn a_scan_tells_the_settings_of_a_region_that_the_plan_leaves_alone_on_both_sides() {
    let (before, after) = beside(vec![vpc(), encryption()], region(false));
    let settings = |side: &Snapshot| {
        let region = only(side, ResourceType::RegionSettings);
        assert_eq!(region.origin.terraform_address.as_deref(), Some("aws_ebs_encryption_by_default.e"));
        ["ebs_encryption_by_default", "snapshot_block_public_access"].map(|name| at(region, name).unwrap())
    };
    assert_eq!(settings(&before), [json!(false), json!("unblocked")]);
    assert_eq!(settings(&after), [json!(true), json!("unblocked")]);
}

#[test]
fn a_volume_asked_for_in_clear_is_encrypted_where_the_scanned_region_does_so() {
    let volume = |asked: Value| {
        let unknown = if asked.is_null() { json!({"id": true, "encrypted": true}) } else { json!({"id": true}) };
        created("aws_ebs_volume.v", json!({"encrypted": asked, "size": 1}), unknown, json!({"encrypted": {}}))
    };
    let left_open = || created("aws_ebs_volume.v", json!({"size": 1}), json!({"encrypted": true}), json!({}));
    let encrypted = |planned: Vec<Planned>, encrypts: bool| {
        let (_, after) = beside(planned, region(encrypts));
        let volume = only(&after, ResourceType::Volume);
        at(volume, "encrypted").map(|encrypted| (encrypted == true, at(volume, "kms_key_id").is_ok()))
    };
    assert_eq!(encrypted(vec![vpc(), volume(json!(false))], true), Ok((true, false)), "by a key of the account");
    assert_eq!(encrypted(vec![vpc(), volume(json!(false))], false), Ok((false, true)));
    assert_eq!(encrypted(vec![vpc(), left_open()], true), Ok((true, false)));
    assert_eq!(encrypted(vec![vpc(), left_open()], false).map(|(encrypted, _)| encrypted), Ok(false));
    let own = created("aws_ebs_encryption_by_default.e", json!({"enabled": false}), json!({}), json!({}));
    assert_eq!(encrypted(vec![vpc(), volume(json!(false)), own], true), Ok((false, true)), "the plan changes it");
    let held = unchanged("aws_ebs_encryption_by_default.e", json!({"id": "e", "enabled": false}));
    assert_eq!(encrypted(vec![vpc(), volume(json!(false)), held], true), Ok((false, true)), "the plan was read later");
}

fn ports(side: &Snapshot) -> Vec<i32> {
    let Configuration::SecurityGroup(group) = &only(side, ResourceType::SecurityGroup).configuration else {
        return Vec::new();
    };
    group.ingress.iter().flatten().filter_map(|rule| rule.from_port).collect()
}

#[test]
fn a_group_outside_the_plan_stands_on_both_sides_as_it_was_scanned() {
    let open = |port: i32| GroupRule {
        protocol: "tcp".to_owned(),
        from_port: Some(port),
        to_port: Some(port),
        cidr_ipv4: Some("0.0.0.0/0".to_owned()),
        ..GroupRule::default()
    };
    let group = || {
        let ingress = Some(vec![open(22), open(3389)]);
        live(
            "security-group/sg-0a",
            "old",
            SecurityGroup { ingress, egress: Some(Vec::new()), ..SecurityGroup::default() },
        )
    };
    let rule = |port: i32| {
        json!({"security_group_id": "sg-0a", "cidr_ipv4": "0.0.0.0/0", "ip_protocol": "tcp", "from_port": port,
               "to_port": port})
    };
    let kind = "aws_vpc_security_group_ingress_rule.r";
    let (before, after) = beside(vec![vpc(), created(kind, rule(443), json!({}), json!({}))], group());
    assert_eq!((ports(&before), ports(&after)), (vec![22, 3389], vec![443, 22, 3389]));
    let (before, after) = beside(vec![vpc(), deleted(kind, rule(3389))], group());
    assert_eq!((ports(&before), ports(&after)), (vec![3389, 22], vec![22]));
    let address = |side: &Snapshot| only(side, ResourceType::SecurityGroup).origin.terraform_address.clone();
    assert_eq!((address(&before).as_deref(), address(&after).as_deref()), (Some(kind), Some(kind)));
    // Once the plan holds the group itself, nothing of it is made up.
    let whole = json!({"id": "sg-0a", "arn": format!("{ARN}:security-group/sg-0a"), "name": "old", "ingress": [],
                       "egress": []});
    let import = Planned("aws_security_group.g", &["create"], Value::Null, whole, json!({}), json!({}));
    let (_, after) = beside(vec![vpc(), deleted(kind, rule(3389)), import], group());
    assert_eq!(ports(&after), Vec::<i32>::new());
}

#[test]
fn entries_of_an_acl_outside_the_plan_are_filled_by_direction_and_number() {
    let entry = |egress: bool, number: i32, range: &str| NetworkAclEntry {
        egress,
        number,
        allow: true,
        protocol: "all".to_owned(),
        cidr_ipv4: Some(range.to_owned()),
        ..NetworkAclEntry::default()
    };
    let entries = vec![entry(false, 100, "10.0.0.0/8"), entry(true, 100, "0.0.0.0/0")];
    let acl = live("network-acl/acl-0a", "acl-0a", NetworkAcl { entries, ..NetworkAcl::default() });
    let rule = acl_rule("acl-0a", false, "0.0.0.0/0");
    let (_, after) = beside(vec![vpc(), created("aws_network_acl_rule.r", rule, json!({}), json!({}))], acl);
    let acl = only(&after, ResourceType::NetworkAcl);
    let entries = at(acl, "entries").unwrap();
    let ranges: Vec<&str> =
        entries.as_array().unwrap().iter().map(|entry| entry["cidr_ipv4"].as_str().unwrap()).collect();
    assert_eq!(ranges, ["0.0.0.0/0", "0.0.0.0/0"], "the plan's entry takes the place of the one with its number");
    assert_eq!((&entries[0]["egress"], &entries[1]["egress"]), (&json!(false), &json!(true)));
    assert!(acl.unknown.is_empty(), "{:?}", acl.unknown);
}

#[test]
fn a_rule_of_a_group_that_cannot_be_told_is_not_lost() {
    let rule = |range: &str, group: Value| {
        let after =
            json!({"type": "ingress", "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": [range]});
        created(
            "aws_security_group_rule.ssh",
            after,
            json!({"security_group_id": true}),
            json!({"security_group_id": group}),
        )
    };
    let elsewhere =
        || json!({"references": ["aws_eks_cluster.c.vpc_config[0].cluster_security_group_id", "aws_eks_cluster.c"]});
    let strays = |planned: Vec<Planned>| {
        let (_, after) = both(planned);
        let is_group = |resource: &&Resource| resource.resource_type == ResourceType::SecurityGroup;
        let groups = after.resources.iter().filter(is_group);
        groups
            .map(|group| (group.origin.terraform_address.clone().unwrap(), at(group, "ingress/0/cidr_ipv4")))
            .collect::<Vec<_>>()
    };
    let world = ("aws_security_group_rule.ssh".to_owned(), Ok(json!("0.0.0.0/0")));
    // Nobody of the plan can be meant.
    assert_eq!(strays(vec![rule("0.0.0.0/0", elsewhere())]), vec![world.clone()]);
    assert_eq!(strays(vec![rule("10.0.0.0/8", elsewhere())])[0].1, Ok(json!("10.0.0.0/8")));
    // A new group may be, but whichever it is, it is open to the world.
    let group = || created("aws_security_group.g", json!({"name": "g"}), json!({"id": true, "arn": true}), json!({}));
    let of_new = |range: &str| strays(vec![group(), rule(range, json!({"references": ["local.group"]}))]);
    assert!(of_new("0.0.0.0/0").contains(&world));
    assert_eq!(of_new("10.0.0.0/8").len(), 1, "the group alone, in doubt");
}

#[test]
fn an_entry_of_a_prefix_list_outside_the_plan_is_known_with_and_without_a_scan() {
    let entry = json!({"prefix_list_id": "pl-0a", "cidr": "0.0.0.0/0"});
    let made = || created("aws_ec2_managed_prefix_list_entry.e", entry.clone(), json!({"id": true}), json!({}));
    let (before, after) = both(vec![made()]);
    assert!(before.resources.is_empty());
    let list = only(&after, ResourceType::PrefixList);
    assert_eq!((list.name.as_str(), at(list, "entries/0")), ("pl-0a", Ok(json!("0.0.0.0/0"))));
    assert_eq!(at(list, "entries/1"), Err("the prefix list is not in the plan".to_owned()));
}

#[test]
fn an_image_that_cannot_be_told_is_public_all_the_same() {
    let permission = |group: Value| {
        let after = json!({"group": group, "account_id": null});
        let unknown = json!({"image_id": true});
        let image = json!({"references": ["local.image"]});
        created(
            "aws_ami_launch_permission.p",
            after,
            unknown,
            json!({"image_id": image, "group": {"constant_value": group}}),
        )
    };
    let public = |planned: Vec<Planned>| {
        let (_, after) = both(planned);
        let images = after.resources.iter().filter(|one| one.resource_type == ResourceType::Image);
        images.map(|image| at(image, "public").ok()).collect::<Vec<_>>()
    };
    let image = || created("aws_ami.a", json!({"name": "a"}), json!({"id": true, "arn": true}), json!({}));
    assert_eq!(public(vec![permission(json!("all"))]), [Some(json!(true))]);
    let beside_one = public(vec![image(), permission(json!("all"))]);
    assert!(beside_one.contains(&Some(json!(true))) && beside_one.contains(&None), "{beside_one:?}");
    assert_eq!(public(vec![image(), permission(Value::Null)]), [None], "the image alone, in doubt");
}

//! Tests of what the world can send to an instance, and of subnets and VPCs.

use super::estate::testing::{listed, resource, snapshot, without};
use crate::model::{
    Address, Configuration, Fact, Facts, GroupRule, Instance, InstanceFacts, InstanceObserved, NetworkAcl,
    NetworkAclEntry, NetworkInterface, Pointer, RegionSettings, Resource, ResourceType, Route, RouteTable,
    SecurityGroup, Snapshot, Subnet, Vpc, WorldReach,
};

fn arn(kind: &str, id: &str) -> String {
    format!("arn:aws:ec2:eu-central-1:111122223333:{kind}/{id}")
}

fn group(id: &str, entries: &[(i32, &str)]) -> Resource {
    let ingress = entries.iter().map(|(port, range)| GroupRule {
        protocol: "tcp".to_owned(),
        from_port: Some(*port),
        to_port: Some(*port),
        cidr_ipv4: Some((*range).to_owned()).filter(|range| !range.contains(':')),
        cidr_ipv6: Some((*range).to_owned()).filter(|range| range.contains(':')),
        ..GroupRule::default()
    });
    let ingress = Some(ingress.collect());
    resource(&arn("security-group", id), id, SecurityGroup { ingress, ..SecurityGroup::default() })
}

fn acl(denied: Option<i32>) -> Resource {
    let entry = |number, allow, protocol: &str, port, range: &str| NetworkAclEntry {
        number,
        allow,
        protocol: protocol.to_owned(),
        from_port: port,
        to_port: port,
        cidr_ipv4: Some(range.to_owned()).filter(|range| !range.contains(':')),
        cidr_ipv6: Some(range.to_owned()).filter(|range| range.contains(':')),
        ..NetworkAclEntry::default()
    };
    let mut entries: Vec<NetworkAclEntry> =
        denied.map(|port| entry(50, false, "tcp", Some(port), "0.0.0.0/0")).into_iter().collect();
    entries.push(entry(100, true, "all", None, "0.0.0.0/0"));
    entries.push(entry(101, true, "all", None, "::/0"));
    let configuration = NetworkAcl { subnet_ids: vec!["subnet-0a".to_owned()], entries, ..NetworkAcl::default() };
    resource(&arn("network-acl", "acl-0a"), "acl-0a", configuration)
}

fn table(id: &str, subnets: &[&str], routes: &[(&str, &str)]) -> Resource {
    let routes = routes.iter().map(|(destination, target)| Route {
        destination: (*destination).to_owned(),
        target: Some((*target).to_owned()),
        state: Some("active".to_owned()),
    });
    let configuration = RouteTable {
        vpc_id: Some("vpc-0a".to_owned()),
        main: subnets.is_empty(),
        subnet_ids: subnets.iter().map(|subnet| (*subnet).to_owned()).collect(),
        routes: routes.collect(),
    };
    resource(&arn("route-table", id), id, configuration)
}

fn interface(id: &str, groups: &[&str], public_ip: Option<&str>, ipv6: &[&str]) -> Resource {
    let configuration = NetworkInterface {
        vpc_id: Some("vpc-0a".to_owned()),
        subnet_id: Some("subnet-0a".to_owned()),
        security_groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        public_ip: public_ip.map(str::to_owned),
        ipv6_addresses: ipv6.iter().map(|address| (*address).to_owned()).collect(),
        instance_id: Some("i-0a".to_owned()),
        ..NetworkInterface::default()
    };
    resource(&arn("network-interface", id), id, configuration)
}

fn machine() -> Resource {
    let configuration =
        Instance { vpc_id: Some("vpc-0a".to_owned()), subnet_id: Some("subnet-0a".to_owned()), ..Instance::default() };
    resource(&arn("instance", "i-0a"), "i-0a", configuration)
}

/// VPC block public access of the region.
fn block(mode: Option<&str>) -> Resource {
    let vpc_block_public_access = mode.map(str::to_owned);
    let settings = RegionSettings { vpc_block_public_access, ..RegionSettings::default() };
    resource(&arn("region-settings", "eu-central-1"), "eu-central-1", settings)
}

/// A machine that the world reaches on port 22; `instead` takes the place of what has its id.
fn exposed(instead: impl IntoIterator<Item = Resource>) -> Vec<Resource> {
    let mut resources = vec![
        machine(),
        interface("eni-0a", &["sg-0a"], Some("18.193.0.1"), &[]),
        group("sg-0a", &[(22, "0.0.0.0/0")]),
        acl(None),
        table("rtb-0a", &["subnet-0a"], &[("10.0.0.0/16", "local"), ("0.0.0.0/0", "igw-0a")]),
        block(Some("off")),
    ];
    for resource in instead {
        match resources.iter_mut().find(|other| other.id == resource.id) {
            Some(other) => *other = resource,
            None => resources.push(resource),
        }
    }
    resources
}

const LISTS: &[ResourceType] = &[
    ResourceType::NetworkInterface,
    ResourceType::SecurityGroup,
    ResourceType::NetworkAcl,
    ResourceType::RouteTable,
    ResourceType::Address,
    ResourceType::Subnet,
];

fn facts(resources: Vec<Resource>, lost: &[ResourceType]) -> Snapshot {
    let mut snapshot = snapshot(resources);
    for list in LISTS {
        listed(&mut snapshot, "eu-central-1", *list, !lost.contains(list));
    }
    crate::facts::derive(&mut snapshot);
    snapshot
}

fn of_machine(resources: Vec<Resource>, lost: &[ResourceType]) -> InstanceFacts {
    match facts(resources, lost).resources[0].facts.clone().unwrap() {
        Facts::Instance(facts) => *facts,
        other => panic!("{other:?}"),
    }
}

fn words(fact: &Fact<Vec<WorldReach>>) -> String {
    let word = |reach: &WorldReach| {
        let WorldReach { protocol, from_port, to_port, address, groups, .. } = reach;
        format!("{protocol} {from_port}-{to_port} {address} {}", groups.join(","))
    };
    let known = fact.value.as_ref().map(|reaches| reaches.iter().map(word).collect::<Vec<_>>().join("; "));
    match (known, fact.waits_for.is_empty()) {
        (Some(known), true) => known,
        (Some(known), false) => format!("{known} and more"),
        (None, _) => "unknown".to_owned(),
    }
}

fn check(instead: impl IntoIterator<Item = Resource>, lost: &[ResourceType], expected: &str) {
    let fact = of_machine(exposed(instead), lost).world_reach;
    assert_eq!(words(&fact), expected, "{:?}", fact.waits_for);
}

const OPEN: &str = "tcp 22-22 18.193.0.1 sg-0a";

#[test]
fn address_group_acl_and_route_together_let_the_world_in() {
    check([], &[], OPEN);
    check([interface("eni-0a", &["sg-0a"], None, &[])], &[], "");
    check([group("sg-0a", &[(22, "10.0.0.0/8")])], &[], "");
    check([group("sg-0a", &[(22, "0.0.0.0/1"), (22, "128.0.0.0/1")])], &[], OPEN);
    check([acl(Some(22))], &[], "");
    check([table("rtb-0a", &["subnet-0a"], &[("0.0.0.0/0", "nat-0a")])], &[], "");
    let fact = of_machine(exposed([]), &[]).world_reach.value.unwrap().remove(0);
    assert_eq!(fact.sources, ["0.0.0.0/0"]);
    let places: Vec<&str> = fact.through.iter().map(|place| place.rsplit_once('/').unwrap().0).collect();
    assert_eq!(places.len(), 3, "{places:?}");
    assert!(places[0].ends_with("network-acl/acl-0a#/configuration/entries"), "{places:?}");
    assert!(places[1].ends_with("route-table/rtb-0a#/configuration/routes"), "{places:?}");
    assert!(places[2].ends_with("security-group/sg-0a#/configuration/ingress"), "{places:?}");
}

#[test]
fn groups_of_one_interface_are_united_and_interfaces_stand_alone() {
    let halves = [group("sg-0a", &[(22, "0.0.0.0/1")]), group("sg-0b", &[(22, "128.0.0.0/1"), (80, "0.0.0.0/0")])];
    let both = interface("eni-0a", &["sg-0a", "sg-0b"], Some("18.193.0.1"), &[]);
    check([both].into_iter().chain(halves), &[], "tcp 22-22 18.193.0.1 sg-0a,sg-0b; tcp 80-80 18.193.0.1 sg-0b");
    let hidden = [interface("eni-0a", &["sg-0a"], None, &[]), interface("eni-0b", &["sg-0b"], Some("18.193.0.2"), &[])];
    check(hidden.into_iter().chain([group("sg-0b", &[])]), &[], "");
    let second = interface("eni-0b", &["sg-0b"], Some("18.193.0.2"), &[]);
    check([second, group("sg-0b", &[(3389, "0.0.0.0/0")])], &[], &format!("{OPEN}; tcp 3389-3389 18.193.0.2 sg-0b"));
}

#[test]
fn ipv6_goes_its_own_way() {
    let six = || interface("eni-0a", &["sg-0a"], None, &["2a05:d014:1c2::5"]);
    let routes = || table("rtb-0a", &["subnet-0a"], &[("0.0.0.0/0", "nat-0a"), ("::/0", "igw-0a")]);
    check([six(), routes(), group("sg-0a", &[(22, "::/0")])], &[], "tcp 22-22 2a05:d014:1c2::5 sg-0a");
    check([six(), routes(), group("sg-0a", &[(22, "0.0.0.0/0")])], &[], "");
    let local = interface("eni-0a", &["sg-0a"], None, &["fd00::5"]);
    check([local, routes(), group("sg-0a", &[(22, "::/0")])], &[], "");
}

#[test]
fn the_main_table_counts_when_no_other_can_name_the_subnet() {
    let elsewhere = || table("rtb-0a", &["subnet-0b"], &[("0.0.0.0/0", "nat-0a")]);
    let main = || table("rtb-0b", &[], &[("0.0.0.0/0", "igw-0a")]);
    check([elsewhere(), main()], &[], OPEN);
    check([elsewhere(), main()], &[ResourceType::RouteTable], "unknown");
    check([elsewhere()], &[], "unknown");
    check([], &[ResourceType::RouteTable], OPEN);
}

#[test]
fn what_was_not_listed_leaves_open_only_what_it_can_decide() {
    let without_public = || interface("eni-0a", &["sg-0a"], None, &[]);
    check([], &[ResourceType::NetworkInterface], &format!("{OPEN} and more"));
    check([without_public()], &[ResourceType::Address], "unknown");
    check([without_public()], &[ResourceType::RouteTable, ResourceType::NetworkAcl], "");
    check([], &[ResourceType::SecurityGroup, ResourceType::NetworkAcl, ResourceType::Address], OPEN);
    let lost_group = interface("eni-0a", &["sg-0a", "sg-9"], Some("18.193.0.1"), &[]);
    check([lost_group], &[ResourceType::SecurityGroup], &format!("{OPEN} and more"));
    let unknown_range = without(group("sg-0a", &[(22, "10.0.0.0/8")]), &["/configuration/ingress/0/cidr_ipv4"]);
    check([unknown_range.clone()], &[], "unknown");
    check([unknown_range, acl(Some(22))], &[], "");
    check([without(acl(None), &["/configuration/entries"])], &[], "unknown");
    check([without(acl(None), &["/configuration/entries"]), group("sg-0a", &[])], &[], "");
}

#[test]
fn an_elastic_address_of_a_further_private_one_counts() {
    let elastic = Address {
        public_ip: Some("18.193.0.9".to_owned()),
        network_interface_id: Some("eni-0a".to_owned()),
        ..Address::default()
    };
    let address = resource(&arn("elastic-ip", "eipalloc-0a"), "eipalloc-0a", elastic);
    check([interface("eni-0a", &["sg-0a"], None, &[]), address], &[], "tcp 22-22 18.193.0.9 sg-0a");
}

#[test]
fn while_interfaces_are_not_listed_the_instance_tells_of_the_first() {
    let mut machine = machine();
    machine.configuration = Instance {
        vpc_id: Some("vpc-0a".to_owned()),
        subnet_id: Some("subnet-0a".to_owned()),
        security_groups: vec!["sg-0a".to_owned()],
        public_ip: Some("18.193.0.1".to_owned()),
        ..Instance::default()
    }
    .into();
    let mut resources = exposed([machine]);
    resources.retain(|resource| resource.resource_type != ResourceType::NetworkInterface);
    let fact = of_machine(resources, &[ResourceType::NetworkInterface]);
    assert_eq!(words(&fact.world_reach), format!("{OPEN} and more"));
    assert_eq!(fact.world_reach.because, [Pointer::configuration("public_ip")]);
    assert_eq!(fact.public_addresses.value.unwrap()[0].address, "18.193.0.1");
}

#[test]
fn an_interface_that_a_whole_list_lacks_is_waited_for() {
    let mut machine = machine();
    machine.configuration = Instance {
        vpc_id: Some("vpc-0a".to_owned()),
        subnet_id: Some("subnet-0a".to_owned()),
        network_interface_ids: vec!["eni-0a".to_owned(), "eni-0b".to_owned()],
        ..Instance::default()
    }
    .into();
    check([machine.clone()], &[], &format!("{OPEN} and more"));
    let without_public = interface("eni-0a", &["sg-0a"], None, &[]);
    let facts = of_machine(exposed([machine.clone(), without_public.clone()]), &[]);
    assert_eq!(facts.public_addresses.value, None);
    assert_eq!(facts.world_reach.waits_for, ["the interface eni-0b"]);
    check([machine, without_public, interface("eni-0b", &["sg-0a"], None, &[])], &[], "");
}

#[test]
fn the_ranges_of_containers_are_addresses_too() {
    let mut six = interface("eni-0a", &["sg-0a"], None, &[]);
    let Configuration::NetworkInterface(configuration) = &mut six.configuration else { unreachable!() };
    configuration.ipv6_prefixes = vec!["2a05:d014:1c2:aa::/80".to_owned()];
    let routes = || table("rtb-0a", &["subnet-0a"], &[("::/0", "igw-0a")]);
    let open = group("sg-0a", &[(22, "::/0")]);
    check([six.clone(), routes(), open.clone()], &[], "tcp 22-22 2a05:d014:1c2:aa::/80 sg-0a");
    let unread = without(interface("eni-0a", &["sg-0a"], None, &[]), &["/configuration/ipv6_prefixes"]);
    check([unread, routes(), open], &[], "unknown");
}

#[test]
fn a_stopped_instance_is_reached_once_it_runs() {
    let stopped = |state: &str| {
        let mut machine = machine();
        let Configuration::Instance(configuration) = &mut machine.configuration else { unreachable!() };
        configuration.observed =
            Some(InstanceObserved { state: Some(state.to_owned()), ..InstanceObserved::default() });
        of_machine(exposed([machine]), &[]).world_reach.value.unwrap().remove(0).stopped
    };
    assert!(stopped("stopped"));
    assert!(!stopped("running"));
}

#[test]
fn where_gateways_are_blocked_the_exclusions_decide() {
    for mode in ["block-bidirectional", "block-ingress"] {
        let fact = of_machine(exposed([block(Some(mode))]), &[]).world_reach;
        assert_eq!(fact.value, None);
        assert_eq!(fact.waits_for, ["exclusions of VPC block public access in eu-central-1"]);
        check([block(Some(mode)), acl(Some(22))], &[], "");
    }
    check([without(block(None), &["/configuration/vpc_block_public_access"])], &[], "unknown");
    let addresses = of_machine(exposed([block(Some("block-bidirectional"))]), &[]).public_addresses;
    assert_eq!(addresses.value.unwrap().len(), 1, "it holds its address all the same");
}

#[test]
fn subnets_of_a_vpc_are_public_by_their_routes() {
    let subnet = |id: &str, zone: &str| {
        let configuration =
            Subnet { vpc_id: Some("vpc-0a".to_owned()), availability_zone: Some(zone.to_owned()), ..Subnet::default() };
        resource(&arn("subnet", id), id, configuration)
    };
    let of = |lost: &[ResourceType]| {
        let resources = vec![
            resource(&arn("vpc", "vpc-0a"), "vpc-0a", Vpc::default()),
            subnet("subnet-0a", "eu-central-1a"),
            subnet("subnet-0b", "eu-central-1a"),
            table("rtb-0a", &["subnet-0a"], &[("0.0.0.0/0", "igw-0a")]),
            table("rtb-0b", &[], &[("0.0.0.0/0", "nat-0a")]),
        ];
        match facts(resources, lost).resources[0].facts.clone().unwrap() {
            Facts::Vpc(facts) => *facts,
            other => panic!("{other:?}"),
        }
    };
    let whole = of(&[]);
    assert_eq!(whole.public_subnets.value.unwrap(), ["subnet-0a"]);
    assert_eq!(whole.private_subnets.value.unwrap(), ["subnet-0b"]);
    assert_eq!(whole.zones.value.unwrap(), ["eu-central-1a"]);
    assert_eq!(of(&[ResourceType::RouteTable]).private_subnets.value, None);
    assert_eq!(of(&[ResourceType::Subnet]).zones.value, None);
}

/// What it waits for whether a subnet of vpc-0a is led to the internet, beside tables of which it is not
/// known which subnets they have: of its own VPC, of another one, and of any.
fn subnet_waits_for(own: usize, others: usize, anywhere: usize, named: bool) -> Vec<String> {
    let subnet = Subnet { vpc_id: Some("vpc-0a".to_owned()), ..Subnet::default() };
    let mut resources = vec![resource(&arn("subnet", "subnet-0a"), "subnet-0a", subnet)];
    let mut put = |kind: &str, count: usize, vpc: &str, unknown: &[&str]| {
        resources.extend((0..count).map(|index| {
            let id = format!("rtb-{kind}{index:02}");
            let configuration = RouteTable { vpc_id: Some(vpc.to_owned()), ..RouteTable::default() };
            without(resource(&arn("route-table", &id), &id, configuration), unknown)
        }));
    };
    put("own", own, "vpc-0a", &["/configuration/subnet_ids"]);
    put("other", others, "vpc-0b", &["/configuration/subnet_ids"]);
    put("any", anywhere, "vpc-0b", &["/configuration/vpc_id"]);
    resources.extend(named.then(|| table("rtb-0a", &["subnet-0a"], &[("0.0.0.0/0", "igw-0a")])));
    match facts(resources, &[ResourceType::RouteTable]).resources[0].facts.clone().unwrap() {
        Facts::Subnet(facts) => facts.internet_routed.waits_for,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_subnet_waits_for_a_few_tables_of_its_own_vpc_and_for_none_where_one_names_it() {
    let waits_for = subnet_waits_for(1, 1, 1, false);
    let names = |table: &str| waits_for.iter().any(|place| place.contains(table));
    assert!(names("rtb-own00") && names("rtb-any00") && !names("rtb-other00"), "{waits_for:?}");
    let many = subnet_waits_for(30, 500, 0, false);
    assert_eq!(many.len(), 22, "{many:?}");
    assert!(many.contains(&"10 more places of route tables".to_owned()), "{many:?}");
    assert_eq!(subnet_waits_for(30, 500, 30, true), Vec::<String>::new());
}

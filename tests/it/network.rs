//! What stands between networks and who records it: what is read of it, and what AWS does not tell.

use plimsoll::model::{Configuration, Facts, Pointer, Resource, ResourceType, Snapshot};
use plimsoll::simulator::{Estate, Fault, FaultKind, Region, Simulator};
use plimsoll::source::aws::Scope;

use crate::compute::{of, read};
use crate::estate::{demo, serve};

const REGION: &str = "eu-central-1";
const VPC: &str = "vpc-eff72358a202e30f7";
const PEERING: &str = "pcx-ffb3278c9c5a20d27";

fn region(estate: &mut Estate) -> &mut Region {
    estate.accounts[0].regions.get_mut(REGION).unwrap()
}

async fn served(change: impl FnOnce(&mut Region)) -> Simulator {
    let mut estate = demo();
    change(region(&mut estate));
    serve(estate).await
}

fn in_region<'a>(snapshot: &'a Snapshot, resource_type: ResourceType, id: &str) -> Option<&'a Resource> {
    let end = format!("/{id}");
    let here = |one: &&Resource| one.region.as_str() == REGION && one.id.as_str().ends_with(&end);
    of(snapshot, resource_type).into_iter().find(here)
}

fn flow_logged(snapshot: &Snapshot) -> Option<bool> {
    match in_region(snapshot, ResourceType::Vpc, VPC).unwrap().facts.as_ref().unwrap() {
        Facts::Vpc(facts) => facts.flow_logged.value,
        other => unreachable!("{other:?}"),
    }
}

fn wide_routes(snapshot: &Snapshot) -> Option<usize> {
    match in_region(snapshot, ResourceType::VpcPeeringConnection, PEERING).unwrap().facts.as_ref().unwrap() {
        Facts::VpcPeeringConnection(facts) => facts.wide_routes.value.as_ref().map(Vec::len),
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test]
async fn a_flow_log_that_does_not_deliver_records_nothing() {
    let simulator = serve(demo()).await;
    assert_eq!(flow_logged(&read(&simulator, Scope::default()).await), Some(true));
    let failing = |region: &mut Region| {
        for log in &mut region.flow_logs {
            log.failure = Some("Access error".to_owned());
        }
    };
    let simulator = served(failing).await;
    let snapshot = read(&simulator, Scope::default()).await;
    assert_eq!(flow_logged(&snapshot), Some(false));
    let log = in_region(&snapshot, ResourceType::FlowLog, "fl-eff72358a202e30f7").unwrap();
    let Configuration::FlowLog(log) = &log.configuration else { unreachable!("{log:?}") };
    let seen = log.observed.as_ref().unwrap();
    assert_eq!(seen.deliver_status.as_deref(), Some("FAILED"));
    assert_eq!(seen.deliver_error.as_deref(), Some("Access error"));
}

#[tokio::test]
async fn the_ranges_of_a_side_that_has_not_accepted_are_unknown() {
    let pending = |region: &mut Region| {
        let peering = &mut region.network.peerings[0];
        peering.status = Some("pending-acceptance".to_owned());
        peering.accepter.ranges.clear();
    };
    let simulator = served(pending).await;
    let snapshot = read(&simulator, Scope::default()).await;
    let peering = in_region(&snapshot, ResourceType::VpcPeeringConnection, PEERING).unwrap();
    assert_eq!(peering.unknown, [Pointer::new("/configuration/accepter/cidr_blocks")]);
    assert_eq!(wide_routes(&snapshot), None, "a route leads there already");
}

#[tokio::test]
async fn prefix_lists_that_routes_name_are_read() {
    let by_list = |region: &mut Region| {
        let routes = &mut region.network.route_tables[0].routes;
        routes.iter_mut().find(|route| route.via == PEERING).unwrap().to = "pl-0b".to_owned();
        let mut list = region.prefix_lists[0].clone();
        (list.id, list.entries) = ("pl-0b".to_owned(), vec!["10.40.0.0/17".to_owned(), "10.40.128.0/17".to_owned()]);
        region.prefix_lists.push(list);
        // Only the endpoint's route is to name AWS's own list.
        for group in &mut region.security_groups {
            for opening in group.ingress.iter_mut().chain(&mut group.egress) {
                opening.peers.retain(|peer| peer != "pl-6ea54007");
            }
        }
    };
    let simulator = served(by_list).await;
    let snapshot = read(&simulator, Scope::default()).await;
    assert!(in_region(&snapshot, ResourceType::PrefixList, "pl-0b").is_some());
    assert!(in_region(&snapshot, ResourceType::PrefixList, "pl-6ea54007").is_none(), "an endpoint's list");
    assert_eq!(wide_routes(&snapshot), Some(1));
    simulator.set_faults(vec![Fault::new(FaultKind::Denied).of("ec2", "GetManagedPrefixListEntries")]);
    assert_eq!(wide_routes(&read(&simulator, Scope::default()).await), None);
    simulator.set_faults(vec![Fault::new(FaultKind::Denied).of("ec2", "DescribeRouteTables")]);
    let snapshot = read(&simulator, Scope::default()).await;
    let listed = snapshot.listings.iter().filter(|one| one.resource_type == ResourceType::PrefixList);
    assert!(listed.into_iter().all(|one| !one.complete), "which lists routes name is not known");
}

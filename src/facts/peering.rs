//! Facts of a peering connection: how much of the other VPC the routes through it take in.

use std::collections::BTreeSet;

use super::Estate;
use super::estate::{waits_elsewhere, waits_here};
use crate::model::{
    Fact, PeeringSide, Pointer, Resource, ResourceType, RouteTable, VpcPeeringConnection, VpcPeeringConnectionFacts,
    WideRoute,
};
use crate::network::{Family, Peers, PrefixLists, parse_cidr, short_id};

/// Facts of a peering connection.
pub(super) fn facts(
    resource: &Resource,
    peering: &VpcPeeringConnection,
    estate: &Estate<'_>,
) -> VpcPeeringConnectionFacts {
    VpcPeeringConnectionFacts { wide_routes: wide_routes(resource, peering, estate) }
}

fn wide_routes(resource: &Resource, peering: &VpcPeeringConnection, estate: &Estate<'_>) -> Fact<Vec<WideRoute>> {
    let mut waits_for: Vec<String> = estate.unlisted(resource, ResourceType::RouteTable).into_iter().collect();
    let sides = ["requester", "accepter"].map(|side| Pointer::configuration(side).child("vpc_id"));
    waits_for.extend(sides.iter().flat_map(|side| waits_here(resource, side)));
    let mut wide = BTreeSet::new();
    for (table_resource, table) in estate.between.tables_beside(resource) {
        let unknown = ["routes", "vpc_id"].map(|place| waits_elsewhere(table_resource, &Pointer::configuration(place)));
        if unknown.iter().any(|unknown| !unknown.is_empty()) {
            waits_for.extend(unknown.into_iter().flatten());
            continue;
        }
        let lists = &estate.prefix_lists;
        let Some(through) = through(table_resource, table, short_id(&resource.id), lists) else { continue };
        let Some((side, other)) = other_side(peering, table) else { continue };
        waits_for.extend(waits_here(resource, &Pointer::configuration(side).child("cidr_blocks")));
        for name in &through.lists {
            waits_for.push(format!("entries of {name} in {}", table_resource.id));
        }
        for range in &other.cidr_blocks {
            if let Some(destinations) = through.takes_in(range) {
                let route_table = short_id(&table_resource.id).to_owned();
                wide.insert(WideRoute { route_table, range: range.clone(), destinations });
            }
        }
    }
    Fact::partial(wide.into_iter().collect(), Vec::new(), waits_for)
}

/// The routes of a table through one connection.
struct Through<'t> {
    ranges: Vec<(&'t str, Peers)>,
    /// Prefix lists whose ranges are not known.
    lists: Vec<&'t str>,
}

fn through<'t>(
    resource: &Resource,
    table: &'t RouteTable,
    connection: &str,
    lists: &PrefixLists<'_>,
) -> Option<Through<'t>> {
    let leads = table.routes.iter().filter(|route| route.target.as_deref() == Some(connection));
    let destinations: Vec<&str> = leads.map(|route| route.destination.as_str()).collect();
    if destinations.is_empty() {
        return None;
    }
    let mut through = Through { ranges: Vec::new(), lists: Vec::new() };
    for destination in destinations {
        match parse_cidr(destination).or_else(|| lists.addresses(&resource.region, destination)) {
            Some(peers) => through.ranges.push((destination, peers)),
            None => through.lists.push(destination),
        }
    }
    Some(through)
}

impl Through<'_> {
    /// The destinations that share addresses with the range, when together they hold all of it.
    fn takes_in(&self, range: &str) -> Option<Vec<String>> {
        let whole = parse_cidr(range)?;
        let united = Peers::united(&self.ranges.iter().map(|(_, peers)| peers).collect::<Vec<_>>());
        let open = |family: &Family| !whole.family(*family).difference(united.family(*family)).is_empty();
        if Family::ALL.iter().any(open) {
            return None;
        }
        let shares = |peers: &Peers| {
            Family::ALL.iter().any(|family| !whole.family(*family).intersection(peers.family(*family)).is_empty())
        };
        let destinations = self.ranges.iter().filter(|(_, peers)| shares(peers));
        Some(destinations.map(|(text, _)| (*text).to_owned()).collect::<BTreeSet<_>>().into_iter().collect())
    }
}

/// The VPC on the other side, as seen from a table's VPC, and its name in the document.
fn other_side<'p>(peering: &'p VpcPeeringConnection, table: &RouteTable) -> Option<(&'static str, &'p PeeringSide)> {
    let vpc = table.vpc_id.as_deref();
    if vpc == peering.requester.vpc_id.as_deref() {
        Some(("accepter", &peering.accepter))
    } else if vpc == peering.accepter.vpc_id.as_deref() {
        Some(("requester", &peering.requester))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{listed, resource, snapshot, without};
    use super::*;
    use crate::model::{Facts, PrefixList, Route};

    fn side(vpc: &str, ranges: &[&str]) -> PeeringSide {
        PeeringSide {
            vpc_id: Some(vpc.to_owned()),
            cidr_blocks: ranges.iter().map(|range| (*range).to_owned()).collect(),
            ..PeeringSide::default()
        }
    }

    /// The ranges of vpc-0b (10.40.0.0/16 and 10.50.0.0/24) that vpc-0a's routes take in.
    fn wide(destinations: &[&str], whole: bool) -> Option<Vec<String>> {
        wide_with(destinations, whole, &[], Vec::new())
    }

    fn arn(kind: &str) -> String {
        format!("arn:aws:ec2:eu-central-1:111122223333:{kind}")
    }

    fn wide_with(destinations: &[&str], whole: bool, unknown: &[&str], others: Vec<Resource>) -> Option<Vec<String>> {
        let peering = VpcPeeringConnection {
            requester: side("vpc-0a", &["10.20.0.0/16"]),
            accepter: side("vpc-0b", &["10.40.0.0/16", "10.50.0.0/24"]),
            ..VpcPeeringConnection::default()
        };
        let route =
            |to: &&str| Route { destination: (*to).to_owned(), target: Some("pcx-0a".to_owned()), ..Route::default() };
        let table = RouteTable {
            vpc_id: Some("vpc-0a".to_owned()),
            routes: destinations.iter().map(route).collect(),
            ..RouteTable::default()
        };
        let resources = [
            without(resource(&arn("vpc-peering-connection/pcx-0a"), "p", peering), unknown),
            resource(&arn("route-table/rtb-0a"), "t", table),
        ];
        let mut snapshot = snapshot(resources.into_iter().chain(others));
        listed(&mut snapshot, "eu-central-1", ResourceType::RouteTable, whole);
        crate::facts::derive(&mut snapshot);
        match snapshot.resources[0].facts.as_ref().unwrap() {
            Facts::VpcPeeringConnection(facts) => {
                facts.wide_routes.value.as_ref().map(|all| all.iter().map(|one| one.range.clone()).collect())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn routes_that_together_take_in_a_whole_range_are_wide() {
        assert_eq!(wide(&["10.40.16.0/20"], true).unwrap(), Vec::<String>::new());
        assert_eq!(wide(&["10.40.0.0/16"], true).unwrap(), ["10.40.0.0/16"]);
        assert_eq!(wide(&["10.40.0.0/17", "10.40.128.0/17"], true).unwrap(), ["10.40.0.0/16"], "two halves");
        assert_eq!(wide(&["0.0.0.0/0"], true).unwrap(), ["10.40.0.0/16", "10.50.0.0/24"]);
        assert_eq!(wide(&["10.20.0.0/16"], true).unwrap(), Vec::<String>::new(), "the own range");
    }

    #[test]
    fn a_table_that_was_not_listed_may_be_wide() {
        assert_eq!(wide(&["10.40.16.0/20"], false), None);
        assert_eq!(wide(&["10.40.0.0/16"], false).unwrap(), ["10.40.0.0/16"]);
        assert_eq!(wide(&["pl-0a"], true), None, "entries that were not read");
    }

    #[test]
    fn a_prefix_list_is_as_wide_as_its_entries() {
        let listed = |entries: &[&str]| {
            let entries = Some(entries.iter().map(|entry| (*entry).to_owned()).collect());
            let list = PrefixList { entries, ..PrefixList::default() };
            wide_with(&["pl-0a"], true, &[], vec![resource(&arn("prefix-list/pl-0a"), "pl-0a", list)])
        };
        assert_eq!(listed(&["10.40.0.0/17", "10.40.128.0/17"]).unwrap(), ["10.40.0.0/16"]);
        assert_eq!(listed(&["10.40.16.0/20"]).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn ranges_that_aws_does_not_tell_yet_matter_where_a_route_leads_to_them() {
        let pending = |destinations: &[&str], side: &str| {
            wide_with(destinations, true, &[&format!("/configuration/{side}/cidr_blocks")], Vec::new())
        };
        assert_eq!(pending(&["10.40.16.0/20"], "accepter"), None);
        assert_eq!(pending(&["10.40.16.0/20"], "requester").unwrap(), Vec::<String>::new(), "the own side");
        assert_eq!(pending(&[], "accepter").unwrap(), Vec::<String>::new(), "nothing leads there");
    }
}

//! Facts of a peering connection: how much of the other VPC the routes through it take in.

use std::collections::BTreeSet;

use super::Estate;
use super::estate::{waits_elsewhere, waits_here};
use crate::model::{
    Fact, PeeringSide, Pointer, Resource, ResourceType, RouteTable, VpcPeeringConnection, VpcPeeringConnectionFacts,
    WideRoute,
};
use crate::network::{Family, Peers, parse_cidr, short_id};

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
    let sides = ["requester", "accepter"].map(Pointer::configuration);
    waits_for.extend(sides.iter().flat_map(|side| waits_here(resource, side)));
    let mut wide = BTreeSet::new();
    for (table_resource, table) in estate.between.tables_beside(resource) {
        let unknown = ["routes", "vpc_id"].map(|place| waits_elsewhere(table_resource, &Pointer::configuration(place)));
        if unknown.iter().any(|unknown| !unknown.is_empty()) {
            waits_for.extend(unknown.into_iter().flatten());
            continue;
        }
        let Some(through) = through(table, short_id(&resource.id)) else { continue };
        let Some(other) = other_side(peering, table) else { continue };
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
    /// Prefix lists, whose ranges are not known here.
    lists: Vec<&'t str>,
}

fn through<'t>(table: &'t RouteTable, connection: &str) -> Option<Through<'t>> {
    let leads = table.routes.iter().filter(|route| route.target.as_deref() == Some(connection));
    let destinations: Vec<&str> = leads.map(|route| route.destination.as_str()).collect();
    if destinations.is_empty() {
        return None;
    }
    let ranges: Vec<_> = destinations.iter().filter_map(|text| Some((*text, parse_cidr(text)?))).collect();
    let lists = destinations.into_iter().filter(|text| parse_cidr(text).is_none()).collect();
    Some(Through { ranges, lists })
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

/// The VPC on the other side, as seen from a table's VPC.
fn other_side<'p>(peering: &'p VpcPeeringConnection, table: &RouteTable) -> Option<&'p PeeringSide> {
    let vpc = table.vpc_id.as_deref();
    if vpc == peering.requester.vpc_id.as_deref() {
        Some(&peering.accepter)
    } else if vpc == peering.accepter.vpc_id.as_deref() {
        Some(&peering.requester)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{listed, resource, snapshot};
    use super::*;
    use crate::model::{Facts, Route};

    fn side(vpc: &str, ranges: &[&str]) -> PeeringSide {
        PeeringSide {
            vpc_id: Some(vpc.to_owned()),
            cidr_blocks: ranges.iter().map(|range| (*range).to_owned()).collect(),
            ..PeeringSide::default()
        }
    }

    /// The ranges of vpc-0b (10.40.0.0/16 and 10.50.0.0/24) that vpc-0a's routes take in.
    fn wide(destinations: &[&str], whole: bool) -> Option<Vec<String>> {
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
        let arn = |kind: &str| format!("arn:aws:ec2:eu-central-1:111122223333:{kind}");
        let mut snapshot = snapshot([
            resource(&arn("vpc-peering-connection/pcx-0a"), "p", peering),
            resource(&arn("route-table/rtb-0a"), "t", table),
        ]);
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
}

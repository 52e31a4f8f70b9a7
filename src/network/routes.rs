//! Routes as traffic: from which addresses an answer finds its way to an internet gateway.

use super::{Bounds, Entry, Family, Peers, PortRange, PrefixLists, Protocol, parse_cidr};
use crate::model::{Places, Pointer, Resource, Route};

/// The addresses that a route table leads to internet gateways: the longest prefix decides, and
/// a route whose target is gone leads nowhere. `is_gateway` tells internet gateways among targets,
/// `is_endpoint` VPC endpoints.
///
/// What leads to a VPC endpoint and is not known is left aside: it is the prefix list of a gateway
/// endpoint, S3 or DynamoDB, and never a share of the world that counts. So is an unknown range of
/// the VPC itself.
#[must_use]
pub fn route_traffic(
    table: &Resource,
    routes: &[Route],
    lists: &PrefixLists<'_>,
    is_gateway: impl Fn(&str) -> bool,
    is_endpoint: impl Fn(&str) -> bool,
) -> Bounds {
    let place = Pointer::configuration("routes");
    let unknown: Places<'_> = table.unknown.iter().filter(|other| other.overlaps(&place)).collect();
    let mut steps = Steps::default();
    for (index, route) in routes.iter().enumerate() {
        let at = place.child(index);
        let waits = |field: &str| -> Vec<String> {
            let field = at.child(field);
            unknown.overlapping(&field).map(ToString::to_string).collect()
        };
        let to_gateway = route.target.as_deref().is_some_and(&is_gateway);
        let leads = route.state.as_deref() != Some("blackhole") && to_gateway;
        let mut undecided = waits("target");
        let is_known = undecided.is_empty();
        if !is_known || to_gateway {
            // Whether any other route is in use makes no difference.
            undecided.extend(waits("state"));
        }
        let (least, most) = if undecided.is_empty() { (leads, leads) } else { (false, true) };
        steps.waits_for.extend(undecided);
        let to_endpoint = is_known && route.target.as_deref().is_some_and(&is_endpoint);
        let stays = is_known && route.target.as_deref() == Some("local");
        let lost = waits("destination");
        if !lost.is_empty() {
            // Neither a service of AWS nor the VPC itself is the world.
            if !to_endpoint && !stays {
                steps.add_anywhere(least, most, &at, lost);
            }
        } else if route.destination.starts_with("pl-") {
            match lists.ranges(&table.region, &route.destination) {
                Some(ranges) => ranges.iter().for_each(|range| steps.add(range, least, most, &at)),
                None if to_endpoint => {}
                None => steps.add_anywhere(least, most, &at, vec![at.child("destination").to_string()]),
            }
        } else {
            steps.add(&route.destination, least, most, &at);
        }
    }
    let listed = |other: &Pointer| place.element(other).is_some_and(|index| index < routes.len());
    let unlisted = unknown.iter().filter(|other| other.covers(&place) || !listed(other));
    let unlisted: Vec<String> = unlisted.map(ToString::to_string).collect();
    if !unlisted.is_empty() {
        steps.add_anywhere(false, true, &place, unlisted);
    }
    steps.finish()
}

/// A route: how long its prefix is, and whether it leads to a gateway at least and at most.
struct Step {
    length: u8,
    peers: Peers,
    least: bool,
    most: bool,
    because: Pointer,
}

/// The length of a route that may stand before all others.
const ANYWHERE: u8 = u8::MAX;

#[derive(Default)]
struct Steps {
    steps: Vec<Step>,
    waits_for: Vec<String>,
}

impl Steps {
    fn add(&mut self, range: &str, least: bool, most: bool, at: &Pointer) {
        let Some(peers) = parse_cidr(range) else {
            return self.add_anywhere(least, most, at, vec![at.child("destination").to_string()]);
        };
        let length = range.split_once('/').and_then(|(_, length)| length.parse().ok()).unwrap_or(ANYWHERE - 1);
        self.steps.push(Step { length, peers, least, most, because: at.clone() });
    }

    /// A route of which it is not known what it is about.
    fn add_anywhere(&mut self, least: bool, most: bool, at: &Pointer, waits_for: Vec<String>) {
        self.waits_for.extend(waits_for);
        let peers = Peers::every(&[Family::Ipv4, Family::Ipv6]);
        self.steps.push(Step { length: ANYWHERE, peers, least, most, because: at.clone() });
    }

    fn finish(mut self) -> Bounds {
        self.steps.sort_by(|one, other| other.length.cmp(&one.length).then_with(|| one.because.cmp(&other.because)));
        let mut bounds = Bounds::default();
        for Step { length, peers, least, most, because } in self.steps {
            let (protocol, ports) = (Protocol::All, PortRange::ALL);
            let entry = Entry { allow: least, protocol, ports, peers, name: None, because };
            // One that may be about anything takes away where it does not lead to a gateway for
            // sure, and adds where it may.
            if length < ANYWHERE || most {
                bounds.possible.0.push(Entry { allow: most, ..entry.clone() });
            }
            if length < ANYWHERE || !least {
                bounds.certain.0.push(entry);
            }
        }
        self.waits_for.sort();
        self.waits_for.dedup();
        bounds.waits_for = self.waits_for;
        bounds
    }
}

#[cfg(test)]
mod tests {
    use super::super::Traffic;
    use super::*;
    use crate::model::{AccountId, Region, ResourceId, RouteTable, Snapshot};

    fn led(routes: &[(&str, &str)], unknown: &[&str]) -> (Vec<String>, Vec<String>) {
        let routes: Vec<Route> = routes
            .iter()
            .map(|(destination, target)| Route {
                destination: (*destination).to_owned(),
                target: Some(target.trim_start_matches('!').to_owned()),
                state: Some(if target.starts_with('!') { "blackhole" } else { "active" }.to_owned()),
            })
            .collect();
        let mut table = Resource::new(
            ResourceId::new("arn:aws:ec2:eu-central-1:111122223333:route-table/rtb-0a").unwrap(),
            AccountId::new("111122223333").unwrap(),
            Region::new("eu-central-1").unwrap(),
            "rtb-0a",
            RouteTable { routes: routes.clone(), ..RouteTable::default() },
        );
        for place in unknown {
            table.mark_unknown(Pointer::new(*place));
        }
        let snapshot = Snapshot::empty(jiff::Timestamp::UNIX_EPOCH);
        let starts = |prefix: &'static str| move |target: &str| target.starts_with(prefix);
        let bounds = route_traffic(&table, &routes, &PrefixLists::of(&snapshot), starts("igw-"), starts("vpce-"));
        let families = |traffic: &Traffic| traffic.world().into_iter().map(|reach| reach.family).collect();
        (families(&bounds.certain), families(&bounds.possible))
    }

    fn both(families: &[&str]) -> (Vec<String>, Vec<String>) {
        let families: Vec<String> = families.iter().map(|family| (*family).to_owned()).collect();
        (families.clone(), families)
    }

    #[test]
    fn the_longest_prefix_decides() {
        let local = ("10.0.0.0/16", "local");
        assert_eq!(led(&[local, ("0.0.0.0/0", "igw-1")], &[]), both(&["ipv4"]));
        assert_eq!(led(&[local, ("0.0.0.0/0", "nat-1"), ("::/0", "eigw-1")], &[]), both(&[]));
        assert_eq!(led(&[("0.0.0.0/1", "igw-1"), ("128.0.0.0/1", "igw-1")], &[]), both(&["ipv4"]));
        assert_eq!(led(&[("0.0.0.0/0", "igw-1"), ("0.0.0.0/1", "tgw-1"), ("128.0.0.0/1", "tgw-1")], &[]), both(&[]));
        assert_eq!(led(&[("::/0", "igw-1"), ("0.0.0.0/0", "!igw-1")], &[]), both(&["ipv6"]));
        assert_eq!(led(&[("8.8.8.0/24", "igw-1")], &[]), both(&[]), "one network is not the world");
    }

    #[test]
    fn a_route_that_is_not_known_counts_where_it_can_decide() {
        let open = || [("0.0.0.0/0", "igw-1"), ("10.1.0.0/16", "pcx-1")];
        let (none, ipv4, all) =
            (Vec::<String>::new(), vec!["ipv4".to_owned()], vec!["ipv4".to_owned(), "ipv6".to_owned()]);
        assert_eq!(led(&open(), &["/configuration/routes/1/target"]), both(&["ipv4"]));
        assert_eq!(led(&open(), &["/configuration/routes/0/target"]), (none.clone(), ipv4.clone()));
        assert_eq!(led(&open(), &["/configuration/routes/1/destination"]), (none.clone(), ipv4.clone()));
        assert_eq!(led(&open(), &["/configuration/routes/0/destination"]), (none.clone(), all.clone()));
        assert_eq!(led(&open(), &["/configuration/routes"]), (none.clone(), all));
        assert_eq!(led(&open(), &["/configuration/routes/1/state"]), both(&["ipv4"]), "it leads to no gateway");
        assert_eq!(led(&open(), &["/configuration/routes/0/state"]), (none.clone(), ipv4.clone()));
        assert_eq!(led(&[("pl-1", "vpce-1"), ("0.0.0.0/0", "igw-1")], &[]), both(&["ipv4"]));
        for target in ["vpce-1", "local"] {
            let routes = [("0.0.0.0/0", "igw-1"), ("", target)];
            assert_eq!(led(&routes, &["/configuration/routes/1/destination"]), both(&["ipv4"]), "{target}");
        }
        assert_eq!(led(&[("pl-1", "tgw-1"), ("0.0.0.0/0", "igw-1")], &[]), (none, ipv4));
    }
}

//! `AWS::EC2::RouteTable`: inline routes, routes of their own, and the main table of a VPC.
//!
//! A route is known by its destination, of which there is one. The table's `route` is either what
//! the configuration sets, or an echo of the separate routes: then a route that the plan changes is
//! taken out of the echo before it is put in anew. AWS adds the routes within the VPC, and those to
//! gateway endpoints, which the provider does not echo. A range of an existing VPC that the plan does
//! not hold has a route of its own as well; it leads nowhere else, and is left out. Of a table that is
//! not in the plan, the routes that it gets there are known.

use std::collections::BTreeMap;

use crate::model::{Pointer, Resource, Route, RouteTable};

use super::adopted::{Adopted, FirstOfVpc};
use super::ec2::{Ids, SUBNETS, VPCS, id_of, name, own, reference, rest};
use super::estate::{Estate, Id, Instance};
use super::identity::region;
use super::join::{Children, Parent, parent};
use super::outside::{Outside, first_part};
use super::route::{Entry, inline_route, separate_route};
use super::side::{BY_RANGES, BY_SERVICE, BY_VPN, NOT_HELD, Notes, Side};
use super::value::{Field, Settled};
use super::vpc::Ranges;

const TABLE: &str = "aws_route_table";
const DEFAULT: &str = "aws_default_route_table";
/// Route tables.
pub(super) const TABLES: [&str; 2] = [TABLE, DEFAULT];
/// Routes of their own, and what names their table.
const ROUTE: (&str, &str) = ("aws_route", "route_table_id");
const FIRST: FirstOfVpc = FirstOfVpc { kind: DEFAULT, names: &["default_route_table_id", "main_route_table_id"] };
const MAIN: &str = "aws_main_route_table_association";

/// What belongs to the tables of one side.
struct Parts {
    routes: Children,
    subnets: Children,
    /// Tables that a resource makes the main one of a VPC, and such VPCs.
    mains: Children,
    mains_of_vpcs: Children,
    endpoints: [Children; 2],
    propagations: Children,
    adopted: Adopted,
}

impl Parts {
    fn of(estate: &Estate<'_>) -> Self {
        let adopted = Adopted::of(estate, &FIRST, ROUTE);
        let join = |kind: &str, attribute: &str| Children::join(estate, kind, attribute, &TABLES);
        Self {
            routes: adopted.others(estate, ROUTE, &TABLES),
            subnets: join("aws_route_table_association", "route_table_id"),
            mains: join(MAIN, "route_table_id"),
            mains_of_vpcs: Children::join(estate, MAIN, "vpc_id", &VPCS),
            endpoints: [
                Children::join_each(estate, "aws_vpc_endpoint", "route_table_ids", &TABLES),
                join("aws_vpc_endpoint_route_table_association", "route_table_id"),
            ],
            propagations: join("aws_vpn_gateway_route_propagation", "route_table_id"),
            adopted,
        }
    }

    fn routes_of(&self, table: Id) -> Vec<Id> {
        self.routes.of(table).iter().chain(self.adopted.parts(table)).copied().collect()
    }
}

/// Both sides, as far as there are two.
struct Both {
    now: Parts,
    previously: Option<Parts>,
    ranges: Ranges,
}

/// All route tables of a side.
pub(super) fn route_tables(side: &Side<'_, '_>) -> Vec<Resource> {
    let both =
        Both { now: Parts::of(side.estate), previously: side.previous.map(Parts::of), ranges: Ranges::of(side.estate) };
    let all = TABLES.iter().flat_map(|kind| side.estate.of_kind(kind));
    let mut found: Vec<Resource> = all.map(|&id| route_table(side, &both, id)).collect();
    found.extend(outside(side, &both));
    found
}

/// Tables that the plan adds routes to without holding them, and first ones that no resource adopts.
fn outside(side: &Side<'_, '_>, both: &Both) -> Vec<Resource> {
    let now = &both.now;
    let previously = both.previously.as_ref().map(|parts| &parts.routes);
    let of_others = now.routes.outside.iter().filter_map(|(name, routes)| {
        Some(stranger(side, name.clone(), (first_part(side, name, routes, previously)?, routes), None))
    });
    let of_firsts = now.adopted.unadopted().filter_map(|(vpc, routes)| {
        let name = format!("main route table of {}", side.instance(vpc).address);
        Some(stranger(side, name, (side.instance(*routes.iter().min()?), routes), Some(vpc)))
    });
    of_others.chain(of_firsts).collect()
}

fn stranger(side: &Side<'_, '_>, name: String, (first, routes): (&Instance<'_>, &[Id]), vpc: Option<Id>) -> Resource {
    let outside = Outside { name, path: "route-table", what: "route table", first };
    let mut notes = Notes::default();
    let mut known = Routes { missing: vec![outside.why()], ..Routes::default() };
    for &route in routes {
        known.put(separate_route(side, route));
    }
    let configuration = RouteTable {
        vpc_id: vpc.map(|vpc| id_of(side, vpc)),
        routes: known.finish(&mut notes),
        ..RouteTable::default()
    };
    let unknown: &[&str] = if vpc.is_some() { &["main", "subnet_ids"] } else { &["vpc_id", "main", "subnet_ids"] };
    outside.resource(side, configuration, unknown, notes)
}

fn route_table(side: &Side<'_, '_>, both: &Both, id: Id) -> Resource {
    let instance = side.instance(id);
    let mut notes = Notes::default();
    let place = instance.get("vpc_id");
    let vpc = match parent(side.estate, id, place, &VPCS) {
        Parent::One(vpc) => Some(vpc),
        _ => both.now.adopted.vpc(id),
    };
    let vpc_id = match (vpc, place.field()) {
        (Some(vpc), _) => Ok(Some(id_of(side, vpc))),
        (None, Field::Default) => Err("the VPC of the adopted table".to_owned()),
        (None, _) => reference(side, id, place, &VPCS),
    };
    let mut routes = gather(side, both, id);
    routes.add_own(side, both, id, vpc);
    let configuration = RouteTable {
        vpc_id: notes.take("vpc_id", vpc_id),
        main: notes.take("main", main(side, both, id, vpc)).unwrap_or_default(),
        subnet_ids: subnets(side, &both.now, id).finish("subnet_ids", &mut notes),
        routes: routes.finish(&mut notes),
    };
    side.resource(id, region(side.estate, instance), name(instance), configuration, notes)
}

/// Whether it is the main table of its VPC: as a resource says, else the first one is.
fn main(side: &Side<'_, '_>, both: &Both, id: Id, vpc: Option<Id>) -> Settled<bool> {
    let Parts { mains, mains_of_vpcs, .. } = &both.now;
    if let Some(doubt) = mains.doubt(id) {
        return Err(doubt);
    }
    if !mains.of(id).is_empty() {
        return Ok(Some(true));
    }
    if let Some(vpc) = vpc {
        if let Some(doubt) = mains_of_vpcs.doubt(vpc) {
            return Err(doubt);
        }
        if !mains_of_vpcs.of(vpc).is_empty() {
            return Ok(Some(false));
        }
    }
    let is_first = side.instance(id).kind == DEFAULT;
    let is_new = |id: Id| side.instance(id).creating;
    match vpc {
        Some(vpc) if is_first && is_new(vpc) => Ok(Some(true)),
        _ if !is_first && is_new(id) => Ok(Some(false)),
        _ => Err(NOT_HELD.to_owned()),
    }
}

fn subnets(side: &Side<'_, '_>, now: &Parts, id: Id) -> Ids {
    let mut subnets = Ids::default();
    for &association in now.subnets.of(id) {
        // One with a gateway has no subnet.
        let place = own(side, side.instance(association), "subnet_id");
        subnets.put(reference(side, association, place, &SUBNETS));
    }
    if let Some(doubt) = now.subnets.doubt(id) {
        subnets.more(doubt);
    }
    if !side.instance(id).creating {
        subnets.more(NOT_HELD);
    }
    subnets
}

/// Routes while they are gathered: by destination, those whose destination is unknown, and what
/// further ones wait for.
#[derive(Default)]
struct Routes {
    by_destination: BTreeMap<String, Entry>,
    elsewhere: Vec<Entry>,
    missing: Vec<String>,
}

fn gather(side: &Side<'_, '_>, both: &Both, table: Id) -> Routes {
    let instance = side.instance(table);
    let place = own(side, instance, "route");
    let mut routes = Routes::default();
    let members = place.items();
    routes.missing.extend(members.unknown);
    for member in members.known {
        routes.put(inline_route(side, table, member));
    }
    if let (Some((previous, before)), Some(earlier)) = (side.before(table), &both.previously) {
        let changed = previous.instance(before).value.get("route") != instance.value.get("route");
        if !changed && !place.is_configured() {
            let previous = Side::new(previous, None, side.accounts, side.today);
            for echo in earlier.routes_of(before).into_iter().filter_map(|gone| separate_route(&previous, gone).ok()) {
                routes.by_destination.remove(&echo.route.destination);
            }
        }
    }
    for route in both.now.routes_of(table) {
        routes.put(separate_route(side, route));
    }
    routes.missing.extend(both.now.routes.doubt(table));
    if !matches!(own(side, instance, "propagating_vgws").field(), Field::Absent | Field::Default)
        || !both.now.propagations.of(table).is_empty()
    {
        routes.missing.push(BY_VPN.to_owned());
    }
    routes.missing.extend(both.now.propagations.doubt(table));
    routes
}

impl Routes {
    fn put(&mut self, entry: Result<Entry, String>) {
        match entry {
            Err(why) => self.missing.push(why),
            Ok(entry) if entry.lacks_destination() => self.elsewhere.push(entry),
            Ok(entry) => _ = self.by_destination.insert(entry.route.destination.clone(), entry),
        }
    }

    /// The routes that AWS adds: within the VPC, and to the gateway endpoints of the plan.
    fn add_own(&mut self, side: &Side<'_, '_>, both: &Both, table: Id, vpc: Option<Id>) {
        let local = |destination| Ok(Entry::of_aws(destination, "local".to_owned()));
        match vpc {
            Some(vpc) => {
                let ranges = both.ranges.of_vpc(side, vpc);
                for range in ranges.known() {
                    if !self.by_destination.contains_key(range) {
                        self.put(local(Ok(range.clone())));
                    }
                }
                let open: Vec<String> = ranges.missing().filter(|why| *why != NOT_HELD).cloned().collect();
                if !open.is_empty() {
                    self.put(local(Err(open.join("; "))));
                }
            }
            None => self.put(local(Err(BY_RANGES.to_owned()))),
        }
        let [direct, associated] = &both.now.endpoints;
        for &endpoint in direct.of(table) {
            self.put(Ok(to_endpoint(side, endpoint, Some(endpoint))));
        }
        for &association in associated.of(table) {
            let place = side.instance(association).get("vpc_endpoint_id");
            let endpoint = match parent(side.estate, association, place, &["aws_vpc_endpoint"]) {
                Parent::One(endpoint) => Some(endpoint),
                _ => None,
            };
            self.put(Ok(to_endpoint(side, association, endpoint)));
        }
        self.missing.extend(both.now.endpoints.iter().filter_map(|children| children.doubt(table)));
    }

    /// Sorts the routes, and notes the unknown places of the sorted list.
    fn finish(self, notes: &mut Notes) -> Vec<Route> {
        let list = Pointer::configuration("routes");
        let mut entries: Vec<Entry> = self.by_destination.into_values().chain(self.elsewhere).collect();
        entries.sort_by(|a, b| a.route.cmp(&b.route));
        entries.dedup_by(|a, b| a.route == b.route && a.unknown == b.unknown);
        for (index, entry) in entries.iter().enumerate() {
            for (attribute, why) in &entry.unknown {
                notes.unknown(list.child(index).child(attribute), why.clone());
            }
        }
        if !self.missing.is_empty() {
            let mut missing = self.missing;
            missing.sort();
            missing.dedup();
            notes.unknown(rest(&list, entries.len()), missing.join("; "));
        }
        entries.into_iter().map(|entry| entry.route).collect()
    }
}

/// The route to a gateway endpoint: what it takes in is the service's prefix list.
fn to_endpoint(side: &Side<'_, '_>, owner: Id, endpoint: Option<Id>) -> Entry {
    let list = endpoint.map(|endpoint| side.instance(endpoint).get("prefix_list_id").text());
    let destination = match list {
        Some(Field::Known(list)) => Ok(list),
        _ => Err(BY_SERVICE.to_owned()),
    };
    let target = match endpoint {
        Some(endpoint) => Ok(Some(id_of(side, endpoint))),
        None => reference(side, owner, side.instance(owner).get("vpc_endpoint_id"), &["aws_vpc_endpoint"]),
    };
    let mut entry = Entry::of_aws(destination, String::new());
    entry.set_target(target);
    entry
}

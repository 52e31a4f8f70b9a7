//! Declared routes beside the live ones, destination by destination.
//!
//! A table in a state tells neither the routes that AWS adds nor those that others have it add: the
//! provider leaves out local ones, those to gateway endpoints and to VPC Lattice, and those that a VPN
//! gateway announces. They stand in every live table, so that they are no drift. Which routes to a VPN
//! gateway were announced a scan does not tell: those that are not declared are listed, and not counted.

use crate::model::{Configuration, Declared, Pointer, Resource, Route, RouteTable};

/// A declared table with its routes as the live ones stand.
pub(super) struct Aligned {
    pub(super) declared: Declared,
    /// Attributes that are declared and not known, in the place of which stand the live ones.
    pub(super) taken: Vec<Pointer>,
    /// Live routes that may have been announced, by list.
    pub(super) beyond: Vec<(Pointer, String)>,
}

/// The routes of a table by destination; nothing where it is not known which there are.
pub(super) fn align(declared: &Declared, live: &Resource) -> Option<Aligned> {
    let (Configuration::RouteTable(own), Configuration::RouteTable(other)) =
        (&declared.resource.configuration, &live.configuration)
    else {
        return None;
    };
    let list = Pointer::configuration("routes");
    let is_open = |place: &Pointer| declared.resource.unknown.iter().any(|open| open.covers(place));
    if is_open(&list.child(own.routes.len())) || live.unknown.iter().any(|place| place.overlaps(&list)) {
        return None;
    }
    let is_left = |place: &Pointer| declared.not_held.iter().any(|left| left.covers(place));
    let mut aligned = Aligned { declared: declared.clone(), taken: Vec::new(), beyond: Vec::new() };
    aligned.declared.resource.origin.unknown_because.retain(|place, _| !list.covers(place));
    let why = |place: &Pointer| declared.resource.origin.unknown_because.get(place).cloned();
    aligned.declared.not_held.retain(|place| !list.covers(place));
    aligned.declared.resource.unknown.retain(|place| !list.covers(place));
    let mut routes: Vec<Route> = Vec::new();
    for (index, route) in own.routes.iter().enumerate() {
        let at = |attribute: &str| list.child(index).child(attribute);
        if is_open(&at("destination")) {
            return None;
        }
        if is_left(&at("destination")) {
            continue;
        }
        let live = other.routes.iter().find(|live| live.destination == route.destination);
        let mut route = route.clone();
        for (attribute, value, live) in [
            ("target", &mut route.target, live.and_then(|live| live.target.clone())),
            ("state", &mut route.state, live.and_then(|live| live.state.clone())),
        ] {
            let (open, left) = (is_open(&at(attribute)), is_left(&at(attribute)));
            if open || left {
                *value = live;
            }
            if open {
                aligned.take(list.child(routes.len()).child(attribute), why(&at(attribute)));
            }
        }
        routes.push(route);
    }
    aligned.add(&list, routes, other);
    Some(aligned)
}

impl Aligned {
    /// An attribute that is not known stands as it is live.
    fn take(&mut self, place: Pointer, why: Option<String>) {
        self.declared.resource.origin.unknown_because.extend(why.map(|why| (place.clone(), why)));
        self.declared.resource.mark_unknown(place.clone());
        self.taken.push(place);
    }

    /// The declared routes with the live ones that are nobody's change.
    fn add(&mut self, list: &Pointer, mut routes: Vec<Route>, live: &RouteTable) {
        let whole = self.declared.whole;
        let others = live.routes.iter().filter(|live| routes.iter().all(|own| own.destination != live.destination));
        let others: Vec<&Route> =
            others.filter(|route| !whole || is_of_aws(route) || may_be_announced(route)).collect();
        for route in &others {
            if may_be_announced(route) {
                let target = route.target.as_deref().unwrap_or_default();
                self.beyond.push((list.clone(), format!("{} to {target}", route.destination)));
            }
        }
        routes.extend(others.into_iter().cloned());
        if let Configuration::RouteTable(table) = &mut self.declared.resource.configuration {
            table.routes = routes;
        }
    }
}

/// Whether AWS made the route for a VPC, a gateway endpoint or a service network.
fn is_of_aws(route: &Route) -> bool {
    match route.target.as_deref() {
        Some("local" | "VpcLattice") => true,
        Some(target) => target.starts_with("vpce-") && route.destination.starts_with("pl-"),
        None => false,
    }
}

fn may_be_announced(route: &Route) -> bool {
    route.target.as_deref().is_some_and(|target| target.starts_with("vgw-"))
}

#[cfg(test)]
mod tests {
    use super::super::declared::{Compared, Standing, align as align_all};
    use super::super::tests::{resource, snapshot};
    use super::*;
    use crate::model::Declaration;

    const TABLE: &str = "arn:aws:ec2:eu-central-1:111122223333:route-table/rtb-0a";

    fn table(routes: &[(&str, &str)]) -> Resource {
        let route = |(destination, target): &(&str, &str)| Route {
            destination: (*destination).to_owned(),
            target: (!target.is_empty()).then(|| (*target).to_owned()),
            state: Some("active".to_owned()),
        };
        let routes = routes.iter().map(route).collect();
        resource(TABLE, RouteTable { vpc_id: Some("vpc-0a".to_owned()), routes, ..RouteTable::default() })
    }

    /// How a live table stands to a declared one of which some places are left open, and others unknown.
    fn compared(
        routes: &[(&str, &str)],
        left: &[&str],
        unknown: &[&str],
        whole: bool,
        live: &[(&str, &str)],
    ) -> Compared {
        let at =
            |places: &[&str]| places.iter().map(|at| Pointer::new(format!("/configuration/routes/{at}"))).collect();
        let mut resource = table(routes);
        resource.unknown = at(unknown);
        let not_held = at(left);
        let declared = Declared { resource, not_held, echoed: Vec::new(), whole, pending: false };
        let live = snapshot([table(live)]);
        let mut alignment = align_all(&Declaration { resources: vec![declared], ..Declaration::default() }, &live);
        crate::facts::derive(&mut alignment.as_declared);
        alignment.compare(&live).compared.remove(0)
    }

    #[test]
    fn what_aws_adds_to_a_table_is_no_drift_and_hides_none() {
        let left = ["0/destination", "1/state"];
        let own = [("", "local"), ("0.0.0.0/0", "nat-0a")];
        let live = [
            ("0.0.0.0/0", "nat-0a"),
            ("10.0.0.0/16", "local"),
            ("10.1.0.0/16", "local"),
            ("pl-6ea54007", "vpce-0a"),
            ("169.254.171.0/24", "VpcLattice"),
        ];
        assert_eq!(compared(&own, &left, &[], true, &live).standing, Standing::Same);
        let moved = compared(&own, &left, &[], true, &[("0.0.0.0/0", "igw-0a"), ("10.0.0.0/16", "local")]);
        assert_eq!(moved.standing, Standing::Changed);
        assert_eq!(moved.change.unwrap().fields[0].path.as_str(), "/configuration/routes");
        let added = [live[0], live[1], ("192.0.2.0/24", "eni-0a")];
        assert_eq!(compared(&own, &left, &[], true, &added).standing, Standing::Changed);
        assert_eq!(compared(&own, &left, &[], true, &live[1..]).standing, Standing::Changed, "the route is gone");
    }

    #[test]
    fn routes_to_a_vpn_gateway_may_have_been_announced_and_are_listed() {
        let own = [("0.0.0.0/0", "igw-0a")];
        let announced = compared(&own, &[], &[], true, &[own[0], ("192.168.0.0/16", "vgw-0a")]);
        assert_eq!(announced.standing, Standing::Same);
        assert_eq!(announced.beyond[0].note, "192.168.0.0/16 to vgw-0a");
    }

    #[test]
    fn a_target_that_is_not_known_hides_no_other_route() {
        let own = [("10.9.0.0/16", ""), ("0.0.0.0/0", "nat-0a")];
        let of =
            |world: &str| compared(&own, &[], &["0/target"], true, &[("0.0.0.0/0", world), ("10.9.0.0/16", "i-0a")]);
        let same = of("nat-0a");
        assert_eq!(same.standing, Standing::NotComparable);
        assert_eq!(same.not_compared[0].path.as_str(), "/configuration/routes/0/target");
        assert_eq!(of("igw-0a").standing, Standing::Changed);
        let hidden = compared(&own, &[], &["0/destination"], true, &[("0.0.0.0/0", "igw-0a")]);
        assert_eq!(hidden.standing, Standing::NotComparable, "which route it is, is not known");
    }

    #[test]
    fn of_a_table_of_others_only_the_declared_routes_are_compared() {
        let own = [("0.0.0.0/0", "nat-0a")];
        let of = |live: &[(&str, &str)]| compared(&own, &["0/state", "1"], &[], false, live).standing;
        assert_eq!(of(&[("0.0.0.0/0", "nat-0a"), ("10.9.0.0/16", "tgw-0a")]), Standing::Same);
        assert_eq!(of(&[("0.0.0.0/0", "igw-0a"), ("10.9.0.0/16", "tgw-0a")]), Standing::Changed);
        assert_eq!(of(&[("10.9.0.0/16", "tgw-0a")]), Standing::Changed);
    }
}

//! One route of a table: where it leads, and what of it is known.

use crate::model::Route;

use super::ec2::reference;
use super::estate::Id;
use super::join::{Parent, parent};
use super::peering::is_accepted;
use super::security_group::range;
use super::side::{NOT_HELD, Side};
use super::value::{Field, Place, Settled};

/// A route, and which of its attributes are unknown.
pub(super) struct Entry {
    pub(super) route: Route,
    pub(super) unknown: Vec<(&'static str, String)>,
}

/// What a route may lead to: the attribute, and the types that it names. A route to an instance
/// names its interface as well.
const TARGETS: [(&str, &[&str]); 12] = [
    ("gateway_id", &["aws_internet_gateway", "aws_vpn_gateway"]),
    ("nat_gateway_id", &["aws_nat_gateway"]),
    ("transit_gateway_id", &["aws_ec2_transit_gateway"]),
    (PEERING, &["aws_vpc_peering_connection"]),
    ("egress_only_gateway_id", &["aws_egress_only_internet_gateway"]),
    ("instance_id", &["aws_instance"]),
    (INTERFACE, &["aws_network_interface"]),
    ("local_gateway_id", &[]),
    ("carrier_gateway_id", &["aws_ec2_carrier_gateway"]),
    ("core_network_arn", &["aws_networkmanager_core_network"]),
    ("odb_network_arn", &["aws_odb_network"]),
    ("vpc_endpoint_id", &["aws_vpc_endpoint"]),
];
const PEERING: &str = "vpc_peering_connection_id";
const INTERFACE: &str = "network_interface_id";

/// Targets that are there as long as the provider finds them: a route to one is active.
const LASTING: [&str; 3] = ["aws_internet_gateway", "aws_nat_gateway", "aws_egress_only_internet_gateway"];

/// A route among the table's own, or why it stands for any number of them: where Terraform does
/// not know how often a dynamic block is repeated, it shows one of which nothing is known.
pub(super) fn inline_route(side: &Side<'_, '_>, table: Id, place: Place<'_>) -> Result<Entry, String> {
    route(side, table, place, ["cidr_block", "ipv6_cidr_block", "destination_prefix_list_id"])
}

/// An `aws_route`, or why nothing is known of it.
pub(super) fn separate_route(side: &Side<'_, '_>, id: Id) -> Result<Entry, String> {
    let names = ["destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"];
    route(side, id, side.instance(id).place(), names)
}

fn route(side: &Side<'_, '_>, owner: Id, place: Place<'_>, destinations: [&str; 3]) -> Result<Entry, String> {
    let mut destination = Err("it has no destination that is known".to_owned());
    for name in destinations {
        match place.get(name).text() {
            Field::Known(text) => destination = Ok(range(text)),
            Field::Unknown(why) if destination.is_err() => destination = Err(why),
            _ => {}
        }
    }
    let led = target(side, owner, place);
    if let (Err(why), Err(_)) = (&destination, &led.to) {
        return Err(why.clone());
    }
    let state = state(side, owner, place, &led);
    let mut entry = Entry::of_aws(destination, String::new());
    entry.set_target(led.to);
    entry.set_state(state);
    Ok(entry)
}

/// Where a route leads, by which attribute.
struct Led {
    attribute: &'static str,
    kinds: &'static [&'static str],
    to: Settled<String>,
}

fn target(side: &Side<'_, '_>, owner: Id, place: Place<'_>) -> Led {
    let mut led = Led { attribute: "", kinds: &[], to: Err("it has no target that is known".to_owned()) };
    for (attribute, kinds) in TARGETS {
        match place.get(attribute).text() {
            Field::Known(_) if attribute == INTERFACE => {
                let to = Err("it leads to the instance of the interface, if that has one".to_owned());
                return Led { attribute, kinds, to };
            }
            Field::Known(text) => return Led { attribute, kinds, to: Ok(Some(text)) },
            Field::Unknown(_) if led.attribute.is_empty() || led.to.is_err() => {
                led = Led { attribute, kinds, to: reference(side, owner, place.get(attribute), kinds) };
            }
            Field::Absent | Field::Default | Field::Unknown(_) => {}
        }
    }
    led
}

/// Whether what it leads to is there. AWS makes no route to what is not; only a peering connection
/// may have to be accepted first.
fn state(side: &Side<'_, '_>, owner: Id, place: Place<'_>, led: &Led) -> Settled<String> {
    let active = || Ok(Some("active".to_owned()));
    match place.get("state").text() {
        Field::Known(state) => return Ok(Some(state)),
        Field::Absent | Field::Default | Field::Unknown(_) => {}
    }
    if led.attribute == PEERING {
        return match parent(side.estate, owner, place.get(PEERING), led.kinds) {
            Parent::One(id) if is_accepted(side, id) => active(),
            _ => Err("whether the peering connection has been accepted".to_owned()),
        };
    }
    let is_local = matches!(&led.to, Ok(Some(target)) if target == "local");
    if is_local || side.instance(owner).creating {
        return active();
    }
    match parent(side.estate, owner, place.get(led.attribute), led.kinds) {
        Parent::One(id) if LASTING.contains(&side.instance(id).kind) => active(),
        _ => Err(NOT_HELD.to_owned()),
    }
}

impl Entry {
    /// A route that leads on.
    pub(super) fn of_aws(destination: Result<String, String>, target: String) -> Self {
        let state = Some("active".to_owned());
        let mut entry = Self { route: Route { target: Some(target), state, ..Route::default() }, unknown: Vec::new() };
        match destination {
            Ok(destination) => entry.route.destination = destination,
            Err(why) => entry.unknown.push(("destination", why)),
        }
        entry
    }

    /// Sets where it leads.
    pub(super) fn set_target(&mut self, target: Settled<String>) {
        self.route.target = target.unwrap_or_else(|why| {
            self.unknown.push(("target", why));
            None
        });
    }

    fn set_state(&mut self, state: Settled<String>) {
        self.route.state = state.unwrap_or_else(|why| {
            self.unknown.push(("state", why));
            None
        });
    }

    /// Whether its destination is unknown.
    pub(super) fn lacks_destination(&self) -> bool {
        self.unknown.iter().any(|(attribute, _)| *attribute == "destination")
    }
}

//! `AWS::EC2::NatGateway` and `AWS::EC2::EIP`: `aws_nat_gateway`, and `aws_eip` with what ties it to
//! an interface.
//!
//! Many things take an address by its allocation id, load balancers among them. A new address that
//! nothing known here takes is therefore not said to be without use.

use crate::model::{Address, NatGateway, Pointer, Resource};

use super::ec2::{SUBNETS, VPCS, name, own, reference};
use super::estate::{Estate, Id};
use super::identity::region;
use super::join::{Children, Parent, parent};
use super::side::{BY_SUBNET, NEVER_HELD, NOT_HELD, Notes, Side};
use super::value::{Field, Settled};

const NAT: &str = "aws_nat_gateway";
const ADDRESS: &str = "aws_eip";
const ASSOCIATION: &str = "aws_eip_association";
const INSTANCES: [&str; 1] = ["aws_instance"];
const INTERFACES: [&str; 1] = ["aws_network_interface"];

/// All NAT gateways of a side.
pub(super) fn nat_gateways(side: &Side<'_, '_>) -> Vec<Resource> {
    side.estate.of_kind(NAT).iter().map(|&id| nat_gateway(side, id)).collect()
}

fn nat_gateway(side: &Side<'_, '_>, id: Id) -> Resource {
    let instance = side.instance(id);
    let mut notes = Notes::default();
    notes.unknown(Pointer::configuration("observed"), NEVER_HELD);
    let connectivity = own(side, instance, "connectivity_type").text().or(Some("public".to_owned()));
    let configuration = NatGateway {
        vpc_id: notes.take("vpc_id", vpc_of(side, id)),
        subnet_id: notes.take("subnet_id", reference(side, id, own(side, instance, "subnet_id"), &SUBNETS)),
        connectivity_type: notes.take("connectivity_type", connectivity),
        observed: None,
    };
    side.resource(id, region(side.estate, instance), name(instance), configuration, notes)
}

/// The VPC, which only a gateway of a whole region's zones names itself.
fn vpc_of(side: &Side<'_, '_>, id: Id) -> Settled<String> {
    let instance = side.instance(id);
    if let Parent::One(subnet) = parent(side.estate, id, own(side, instance, "subnet_id"), &SUBNETS) {
        let vpc = reference(side, subnet, side.instance(subnet).get("vpc_id"), &VPCS)?;
        return vpc.map_or_else(|| Err(NOT_HELD.to_owned()), |vpc| Ok(Some(vpc)));
    }
    let place = own(side, instance, "vpc_id");
    match place.text() {
        Field::Absent | Field::Default if instance.creating => Err(BY_SUBNET.to_owned()),
        Field::Absent | Field::Default => Err(NOT_HELD.to_owned()),
        _ => reference(side, id, place, &VPCS),
    }
}

/// What takes addresses, by address.
struct Takers {
    associations: Children,
    gateways: [Children; 2],
}

impl Takers {
    fn of(estate: &Estate<'_>) -> Self {
        Self {
            associations: Children::join(estate, ASSOCIATION, "allocation_id", &[ADDRESS]),
            gateways: [
                Children::join(estate, NAT, "allocation_id", &[ADDRESS]),
                Children::join_each(estate, NAT, "secondary_allocation_ids", &[ADDRESS]),
            ],
        }
    }

    /// The names of those that take an address.
    fn names(&self, estate: &Estate<'_>, address: Id) -> Vec<String> {
        let all = self.gateways.iter().chain([&self.associations]).flat_map(|children| children.of(address));
        all.map(|&taker| estate.instance(taker).address.to_owned()).collect()
    }

    /// What takes an address tells of it; nothing where the address is to tell itself. A state may hold
    /// the address as it was before: what takes it was made after it.
    fn told(&self, side: &Side<'_, '_>, address: Id) -> Option<Tied> {
        let text = |taker: Id, attribute: &str| side.instance(taker).get(attribute).text().or(None);
        let is_told = |settled: &Settled<String>| matches!(settled, Ok(Some(_)));
        let [first, second] = &self.gateways;
        let told = match (self.associations.of(address), first.of(address), second.of(address)) {
            (&[association], [], []) => Tied {
                association: text(association, "id"),
                interface: text(association, "network_interface_id"),
                instance: text(association, "instance_id"),
            },
            ([], &[gateway], []) => Tied {
                association: text(gateway, "association_id"),
                interface: text(gateway, "network_interface_id"),
                instance: Ok(None),
            },
            ([], [], []) => return None,
            // Which of its associations has the address, a gateway does not tell.
            _ => Tied::unknown(NOT_HELD),
        };
        let is_whole = is_told(&told.association) && is_told(&told.interface);
        if is_whole {
            Some(told)
        } else {
            (!is_told(&Tied::held(side, address).association)).then(|| Tied::unknown(NOT_HELD))
        }
    }

    fn doubt(&self, address: Id) -> Option<String> {
        self.gateways.iter().chain([&self.associations]).find_map(|children| children.doubt(address))
    }
}

/// All elastic addresses of a side.
pub(super) fn addresses(side: &Side<'_, '_>) -> Vec<Resource> {
    let takers = (Takers::of(side.estate), side.previous.map(Takers::of));
    side.estate.of_kind(ADDRESS).iter().map(|&id| address(side, &takers, id)).collect()
}

fn address(side: &Side<'_, '_>, takers: &(Takers, Option<Takers>), id: Id) -> Resource {
    let instance = side.instance(id);
    let mut notes = Notes::default();
    let given = |attribute: &str, why: &str| match own(side, instance, attribute).text() {
        Field::Default => Err(why.to_owned()),
        field => field.or(None),
    };
    let allocation = given("id", "AWS makes the id").or_else(|_| given("allocation_id", "AWS makes the id"));
    let tied = Tied::of(side, takers, id);
    let configuration = Address {
        allocation_id: notes.take("allocation_id", allocation).unwrap_or_default(),
        public_ip: notes.take("public_ip", given("public_ip", "AWS chooses the address")),
        association_id: notes.take("association_id", tied.association),
        network_interface_id: notes.take("network_interface_id", tied.interface),
        instance_id: notes.take("instance_id", tied.instance),
    };
    side.resource(id, region(side.estate, instance), name(instance), configuration, notes)
}

/// What an address is tied to.
struct Tied {
    association: Settled<String>,
    interface: Settled<String>,
    instance: Settled<String>,
}

impl Tied {
    fn of(side: &Side<'_, '_>, (now, before): &(Takers, Option<Takers>), id: Id) -> Self {
        if let Some(doubt) = now.doubt(id) {
            return Self::unknown(&doubt);
        }
        let names = now.names(side.estate, id);
        let earlier = side
            .before(id)
            .map(|(previous, earlier)| before.as_ref().map_or_else(Vec::new, |before| before.names(previous, earlier)));
        let own_address = side.instance(id);
        let is_new =
            side.previous.is_some() && (own_address.creating || earlier.is_some_and(|earlier| earlier != names));
        if !is_new {
            return now.told(side, id).unwrap_or_else(|| Self::held(side, id));
        }
        let place = own_address.place();
        let named = |attribute: &str| !matches!(place.get(attribute).text(), Field::Absent | Field::Default);
        if let [association] = now.associations.of(id) {
            return Self::by(side, *association, ("instance_id", "network_interface_id"));
        }
        if named("instance") || named("network_interface") {
            return Self::by(side, id, ("instance", "network_interface"));
        }
        match names.first() {
            Some(taker) => Self::unknown(&format!("known after apply; {taker} takes the address")),
            None => Self::unknown("nothing in the plan is known to take the address"),
        }
    }

    /// As the resource itself tells.
    fn held(side: &Side<'_, '_>, id: Id) -> Self {
        let text = |attribute: &str| match side.instance(id).value.get(attribute) {
            Some(_) => side.instance(id).get(attribute).text().or(None),
            None => Err(NOT_HELD.to_owned()),
        };
        Self { association: text("association_id"), interface: text("network_interface"), instance: text("instance") }
    }

    /// By what a resource names; the other of the two follows from it.
    fn by(side: &Side<'_, '_>, owner: Id, (instance, interface): (&str, &str)) -> Self {
        const LATER: &str = "known after apply";
        let named = |attribute: &str, kinds: &[&str]| match reference(
            side,
            owner,
            side.instance(owner).get(attribute),
            kinds,
        ) {
            Ok(None) => Err(LATER.to_owned()),
            settled => settled,
        };
        Self {
            association: Err(LATER.to_owned()),
            interface: named(interface, &INTERFACES),
            instance: named(instance, &INSTANCES),
        }
    }

    fn unknown(why: &str) -> Self {
        let why = || Err(why.to_owned());
        Self { association: why(), interface: why(), instance: why() }
    }
}

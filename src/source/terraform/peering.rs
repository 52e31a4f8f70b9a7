//! `AWS::EC2::VPCPeeringConnection`: `aws_vpc_peering_connection`, and its acceptance.
//!
//! AWS tells the accepter's ranges once it has accepted. An acceptance of a connection that another
//! plan makes is not judged here.

use crate::model::{AccountId, PeeringSide, Pointer, Region, Resource, VpcPeeringConnection};

use super::ec2::{VPCS, name, own, reference, rest};
use super::estate::Id;
use super::identity::region;
use super::join::{Children, Parent, parent};
use super::side::{NOT_HELD, Notes, Side};
use super::value::{Field, Settled};
use super::vpc::Ranges;

const PEERING: &str = "aws_vpc_peering_connection";
const UNTOLD: &str = "the plan does not tell the account or region that it works in";

/// All peering connections of a side.
pub(super) fn peerings(side: &Side<'_, '_>) -> Vec<Resource> {
    let accepters =
        Children::join(side.estate, "aws_vpc_peering_connection_accepter", "vpc_peering_connection_id", &[PEERING]);
    let ranges = Ranges::of(side.estate);
    side.estate.of_kind(PEERING).iter().map(|&id| peering(side, &accepters, &ranges, id)).collect()
}

fn peering(side: &Side<'_, '_>, accepters: &Children, ranges: &Ranges, id: Id) -> Resource {
    let instance = side.instance(id);
    let mut notes = Notes::default();
    let status = notes.take("status", status(side, accepters, id));
    let (account, here) = (side.accounts.account(instance), region(side.estate, instance));
    let own_account = (account != AccountId::unknown()).then(|| account.to_string());
    let own_region = (here != Region::unknown()).then(|| here.to_string());
    let or = |attribute: &str, default: &Option<String>| match own(side, instance, attribute).text() {
        Field::Absent | Field::Default => default.clone().map_or_else(|| Err(UNTOLD.to_owned()), |text| Ok(Some(text))),
        field => field.or(None),
    };
    let told = |own: &Option<String>| own.clone().map_or_else(|| Err(UNTOLD.to_owned()), |text| Ok(Some(text)));
    let mut side_of = |which: &str, vpc: &str, account: Settled<String>, region: Settled<String>, is_told: bool| {
        let at = Pointer::configuration(which);
        let place = instance.get(vpc);
        PeeringSide {
            vpc_id: notes.take_at(at.child("vpc_id"), reference(side, id, place, &VPCS)),
            account: notes.take_at(at.child("account"), account),
            region: notes.take_at(at.child("region"), region),
            cidr_blocks: blocks(side, ranges, (id, vpc), is_told, &at.child("cidr_blocks"), &mut notes),
        }
    };
    let requester = side_of("requester", "vpc_id", told(&own_account), told(&own_region), true);
    let (owner, peer_region) = (or("peer_owner_id", &own_account), or("peer_region", &own_region));
    let accepter = side_of("accepter", "peer_vpc_id", owner, peer_region, status.as_deref() == Some("active"));
    let configuration = VpcPeeringConnection { status: status.unwrap_or_default(), requester, accepter };
    side.resource(id, here, name(instance), configuration, notes)
}

fn status(side: &Side<'_, '_>, accepters: &Children, id: Id) -> Settled<String> {
    let instance = side.instance(id);
    let accepts = |&id: &Id| side.instance(id).get("auto_accept").truth() == Field::Known(true);
    let accepted = accepts(&id) || accepters.of(id).iter().any(accepts);
    match instance.get("accept_status").text() {
        Field::Known(status) if status == "active" || !accepted => Ok(Some(status)),
        _ if accepted => Ok(Some("active".to_owned())),
        Field::Default => Err("the other side decides whether it accepts".to_owned()),
        Field::Unknown(why) => Err(why),
        _ => Err(NOT_HELD.to_owned()),
    }
}

/// Whether a connection is accepted by itself, or has been.
pub(super) fn is_accepted(side: &Side<'_, '_>, id: Id) -> bool {
    let instance = side.instance(id);
    instance.get("auto_accept").truth() == Field::Known(true)
        || instance.get("accept_status").text() == Field::Known("active".to_owned())
}

/// The ranges of one side's VPC, where the plan holds it and AWS tells them.
fn blocks(
    side: &Side<'_, '_>,
    ranges: &Ranges,
    (id, attribute): (Id, &str),
    is_told: bool,
    at: &Pointer,
    notes: &mut Notes,
) -> Vec<String> {
    if !is_told {
        notes.unknown(at.clone(), "AWS tells the ranges of the accepter only once it has accepted");
        return Vec::new();
    }
    let Parent::One(vpc) = parent(side.estate, id, side.instance(id).get(attribute), &VPCS) else {
        notes.unknown(at.clone(), "the VPC is not in the plan");
        return Vec::new();
    };
    let ranges = ranges.of_vpc(side, vpc);
    let known: Vec<String> = ranges.known().cloned().collect();
    let missing: Vec<&str> = ranges.missing().map(String::as_str).collect();
    if !missing.is_empty() {
        notes.unknown(rest(at, known.len()), missing.join("; "));
    }
    known
}

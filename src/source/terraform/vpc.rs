//! `AWS::EC2::VPC`, `AWS::EC2::Subnet` and `AWS::EC2::InternetGateway`.
//!
//! Default VPCs and subnets are not made but adopted: they exist before Terraform knows of them, so
//! that what nobody sets is unknown, also while the plan says `create`.

use crate::model::{InternetGateway, Resource, Subnet, Vpc};

use super::ec2::{Ids, VPCS, name, own, reference};
use super::estate::{Estate, Id};
use super::identity::region;
use super::join::Children;
use super::side::{NOT_HELD, Notes, Side};
use super::value::{Field, Settled};

const DEFAULT: &str = "aws_default_vpc";
const BY_POOL: &str = "the address pool decides";

/// The types that add a range to a VPC, and the attribute that holds it.
const RANGES: [(&str, &str); 2] =
    [("aws_vpc_ipv4_cidr_block_association", "cidr_block"), ("aws_vpc_ipv6_cidr_block_association", "ipv6_cidr_block")];

/// Ranges that stand in resources of their own, by VPC.
pub(super) struct Ranges(Vec<Children>);

impl Ranges {
    /// Those of one side.
    pub(super) fn of(estate: &Estate<'_>) -> Self {
        Self(RANGES.iter().map(|(kind, _)| Children::join(estate, kind, "vpc_id", &VPCS)).collect())
    }

    /// All ranges of a VPC.
    pub(super) fn of_vpc(&self, side: &Side<'_, '_>, id: Id) -> Ids {
        let instance = side.instance(id);
        let mut blocks = Ids::default();
        let adopted = instance.kind == DEFAULT && instance.creating;
        match own(side, instance, "cidr_block").text() {
            Field::Default => blocks.more(if adopted { NOT_HELD } else { BY_POOL }),
            field => blocks.put(field.or(None)),
        }
        match own(side, instance, "ipv6_cidr_block").text() {
            Field::Absent | Field::Default if instance.creating && asks_for_ipv6(side, id) => {
                blocks.more("AWS chooses the IPv6 range");
            }
            field => blocks.put(field.or(None)),
        }
        for (children, (_, attribute)) in self.0.iter().zip(RANGES) {
            for &child in children.of(id) {
                match side.instance(child).get(attribute).text() {
                    Field::Default => blocks.more(BY_POOL),
                    field => blocks.put(field.or(None)),
                }
            }
            if let Some(doubt) = children.doubt(id) {
                blocks.more(doubt);
            }
        }
        if adopted || !instance.creating {
            // Ranges that were added later stand in resources of their own.
            blocks.more(NOT_HELD);
        }
        blocks
    }
}

/// All VPCs of a side.
pub(super) fn vpcs(side: &Side<'_, '_>) -> Vec<Resource> {
    let ranges = Ranges::of(side.estate);
    VPCS.iter().flat_map(|kind| side.estate.of_kind(kind)).map(|&id| vpc(side, &ranges, id)).collect()
}

fn vpc(side: &Side<'_, '_>, ranges: &Ranges, id: Id) -> Resource {
    let instance = side.instance(id);
    let mut notes = Notes::default();
    let cidr_blocks = ranges.of_vpc(side, id).finish("cidr_blocks", &mut notes);
    let configuration = Vpc { cidr_blocks, is_default: instance.kind == DEFAULT };
    side.resource(id, region(side.estate, instance), name(instance), configuration, notes)
}

fn asks_for_ipv6(side: &Side<'_, '_>, id: Id) -> bool {
    let instance = side.instance(id);
    let generated = own(side, instance, "assign_generated_ipv6_cidr_block").truth();
    let pool = own(side, instance, "ipv6_ipam_pool_id").text();
    !matches!(generated, Field::Absent | Field::Default | Field::Known(false))
        || !matches!(pool, Field::Absent | Field::Default)
}

/// Whether a VPC has an IPv6 range, as far as the plan tells.
pub(super) fn has_ipv6(side: &Side<'_, '_>, vpc: Id) -> bool {
    let range = side.instance(vpc).get("ipv6_cidr_block").text();
    matches!(range, Field::Known(_)) || side.instance(vpc).creating && asks_for_ipv6(side, vpc)
}

/// All subnets of a side.
pub(super) fn subnets(side: &Side<'_, '_>) -> Vec<Resource> {
    super::ec2::SUBNETS.iter().flat_map(|kind| side.estate.of_kind(kind)).map(|&id| subnet(side, id)).collect()
}

fn subnet(side: &Side<'_, '_>, id: Id) -> Resource {
    let instance = side.instance(id);
    let is_default = instance.kind == "aws_default_subnet";
    let mut notes = Notes::default();
    // What the provider computes is chosen by AWS, or there already.
    let text = |attribute: &str, why: &str| match own(side, instance, attribute).text() {
        Field::Default => Err(why.to_owned()),
        Field::Absent if is_default || !instance.creating => Err(NOT_HELD.to_owned()),
        field => field.or(None),
    };
    let cidr_block = match own(side, instance, "cidr_block").text() {
        // One with IPv6 only has none.
        Field::Absent => Ok(None),
        Field::Default => Err("the address pool decides".to_owned()),
        field => field.or(None),
    };
    let vpc_id = match instance.get("vpc_id").field() {
        Field::Default => Err("the default VPC".to_owned()),
        _ => reference(side, id, instance.get("vpc_id"), &VPCS),
    };
    let configuration = Subnet {
        vpc_id: notes.take("vpc_id", vpc_id),
        availability_zone: notes.take("availability_zone", text("availability_zone", "AWS chooses the zone")),
        cidr_block: notes.take("cidr_block", cidr_block),
        map_public_ip_on_launch: notes.take("map_public_ip_on_launch", maps_public(side, id, is_default)),
    };
    side.resource(id, region(side.estate, instance), name(instance), configuration, notes)
}

fn maps_public(side: &Side<'_, '_>, id: Id, is_default: bool) -> Settled<bool> {
    let instance = side.instance(id);
    match own(side, instance, "map_public_ip_on_launch").truth() {
        Field::Absent | Field::Default if is_default || !instance.creating => Err(NOT_HELD.to_owned()),
        field => field.or(Some(false)),
    }
}

/// All internet gateways of a side.
pub(super) fn internet_gateways(side: &Side<'_, '_>) -> Vec<Resource> {
    const GATEWAY: &str = "aws_internet_gateway";
    const ATTACHMENT: &str = "aws_internet_gateway_attachment";
    let join = |estate: &Estate<'_>| Children::join(estate, ATTACHMENT, "internet_gateway_id", &[GATEWAY]);
    let (attachments, earlier) = (join(side.estate), side.previous.map(join));
    let gateway = |&id: &Id| {
        let instance = side.instance(id);
        let mut notes = Notes::default();
        let mut vpcs = Ids::default();
        let place = own(side, instance, "vpc_id");
        match place.field() {
            Field::Default => {}
            _ => vpcs.put(reference(side, id, place, &VPCS)),
        }
        // The gateway echoes an attachment of its own: one that goes is no longer there.
        if let (Some((previous, before)), Some(earlier)) = (side.before(id), &earlier) {
            for &gone in earlier.of(before) {
                let echo = previous.instance(gone).get("vpc_id").text().or(None).ok().flatten();
                vpcs.remove(echo.as_deref());
            }
        }
        for &attachment in attachments.of(id) {
            vpcs.put(reference(side, attachment, side.instance(attachment).get("vpc_id"), &VPCS));
        }
        if let Some(doubt) = attachments.doubt(id) {
            vpcs.more(doubt);
        }
        if !instance.creating && vpcs.is_empty() {
            vpcs.more(NOT_HELD);
        }
        let configuration = InternetGateway { vpc_ids: vpcs.finish("vpc_ids", &mut notes) };
        side.resource(id, region(side.estate, instance), name(instance), configuration, notes)
    };
    side.estate.of_kind(GATEWAY).iter().map(gateway).collect()
}

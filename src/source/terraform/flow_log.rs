//! `AWS::EC2::FlowLog`: `aws_flow_log`.

use crate::model::{FlowLog, Pointer, Resource};

use super::ec2::{SUBNETS, VPCS, name, own, reference};
use super::estate::Id;
use super::identity::region;
use super::side::{NEVER_HELD, Notes, Side};
use super::value::{Field, Settled};

/// What a flow log may be about: the attribute, and the types that it names.
const SUBJECTS: [(&str, &[&str]); 6] = [
    ("vpc_id", &VPCS),
    ("subnet_id", &SUBNETS),
    ("eni_id", &["aws_network_interface"]),
    ("transit_gateway_id", &["aws_ec2_transit_gateway"]),
    ("transit_gateway_attachment_id", &["aws_ec2_transit_gateway_vpc_attachment"]),
    ("regional_nat_gateway_id", &["aws_nat_gateway"]),
];

/// All flow logs of a side.
pub(super) fn flow_logs(side: &Side<'_, '_>) -> Vec<Resource> {
    side.estate.of_kind("aws_flow_log").iter().map(|&id| flow_log(side, id)).collect()
}

fn flow_log(side: &Side<'_, '_>, id: Id) -> Resource {
    let instance = side.instance(id);
    let mut notes = Notes::default();
    notes.unknown(Pointer::configuration("observed"), NEVER_HELD);
    let traffic = own(side, instance, "traffic_type").text().or(Some("ALL".to_owned()));
    let configuration = FlowLog {
        resource_id: notes.take("resource_id", subject(side, id)).unwrap_or_default(),
        traffic_type: notes.take("traffic_type", traffic).unwrap_or_default(),
        // AWS knows no other status.
        status: "ACTIVE".to_owned(),
        destination: notes.take("destination", destination(side, id)),
        observed: None,
    };
    side.resource(id, region(side.estate, instance), name(instance), configuration, notes)
}

fn subject(side: &Side<'_, '_>, id: Id) -> Settled<String> {
    for (attribute, kinds) in SUBJECTS {
        let place = own(side, side.instance(id), attribute);
        if !matches!(place.field(), Field::Absent | Field::Default) {
            return reference(side, id, place, kinds);
        }
    }
    Err("none of the attributes that say what it records is known".to_owned())
}

/// Only as it is written: an ARN that the plan puts together may go on with a folder.
fn destination(side: &Side<'_, '_>, id: Id) -> Settled<String> {
    let instance = side.instance(id);
    match own(side, instance, "log_destination").text() {
        Field::Absent | Field::Default => match instance.get("log_group_name").text() {
            Field::Known(_) if instance.creating => Err("AWS makes an ARN of the log group's name".to_owned()),
            Field::Absent | Field::Default => Err("the provider computes it".to_owned()),
            field => field.or(None),
        },
        // A log group's ARN is told without this end.
        Field::Known(arn) => Ok(Some(arn.strip_suffix(":*").unwrap_or(&arn).to_owned())),
        Field::Unknown(why) => Err(why),
    }
}

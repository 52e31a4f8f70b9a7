//! `AWS::EC2::VPCEndpoint`: `aws_vpc_endpoint`, its policy, and what is tied to it by resources of
//! their own.
//!
//! An endpoint to a service of AWS that nobody gives a policy lets everything through. Of one that
//! is not in the plan, the policy that it gets there is known.

use serde_json::json;

use crate::model::{Pointer, Resource, VpcEndpoint};
use crate::policy;

use super::ec2::{GROUPS, Ids, SUBNETS, VPCS, name, own, reference};
use super::estate::{Estate, Id, Instance};
use super::identity::region;
use super::join::Children;
use super::outside::{Outside, first_part};
use super::policy_document::{PlannedPolicy, policy as planned_policy};
use super::route_table::TABLES;
use super::side::{NOT_HELD, Notes, Side};
use super::value::{Field, Settled};

const ENDPOINT: &str = "aws_vpc_endpoint";
const POLICY: &str = "aws_vpc_endpoint_policy";

/// What an endpoint is tied to: its attribute, the type that adds one, by which attribute, and what
/// these name.
const TIED: [Tied; 3] = [
    Tied { list: "subnet_ids", by: "aws_vpc_endpoint_subnet_association", attribute: "subnet_id", kinds: &SUBNETS },
    Tied {
        list: "route_table_ids",
        by: "aws_vpc_endpoint_route_table_association",
        attribute: "route_table_id",
        kinds: &TABLES,
    },
    Tied {
        list: "security_group_ids",
        by: "aws_vpc_endpoint_security_group_association",
        attribute: "security_group_id",
        kinds: &GROUPS,
    },
];

struct Tied {
    list: &'static str,
    by: &'static str,
    attribute: &'static str,
    kinds: &'static [&'static str],
}

/// What belongs to the endpoints of one side.
struct Parts {
    policies: Children,
    tied: [Children; 3],
}

impl Parts {
    fn of(estate: &Estate<'_>) -> Self {
        let join = |kind: &str| Children::join(estate, kind, "vpc_endpoint_id", &[ENDPOINT]);
        Self { policies: join(POLICY).with_strays(estate), tied: TIED.each_ref().map(|tied| join(tied.by)) }
    }
}

struct Both {
    now: Parts,
    previously: Option<Parts>,
}

/// All endpoints of a side.
pub(super) fn endpoints(side: &Side<'_, '_>) -> Vec<Resource> {
    let both = Both { now: Parts::of(side.estate), previously: side.previous.map(Parts::of) };
    let own = side.estate.of_kind(ENDPOINT).iter().map(|&id| One { side, both: &both, id }.resource());
    own.chain(outside(side, &both)).collect()
}

/// Endpoints that the plan gives a policy without holding them, and those whose policy it takes away.
fn outside(side: &Side<'_, '_>, both: &Both) -> Vec<Resource> {
    let now = &both.now.policies;
    let previously = both.previously.as_ref().map(|parts| &parts.policies);
    let given = now.outside.iter().filter_map(|(name, policies)| {
        let policy = match policies.as_slice() {
            &[only] => planned_policy(side.estate, side.instance(only), own(side, side.instance(only), "policy")),
            _ => Err(format!("several {POLICY} resources set it")),
        };
        Some(stranger(side, name, first_part(side, name, policies, previously)?, policy))
    });
    let earlier = previously.into_iter().flat_map(|children| &children.outside);
    let taken = earlier.filter_map(|(name, policies)| {
        let first = side.previous?.instance(*policies.iter().min()?);
        // One that is still there may name the endpoint in a way that is not known yet.
        let goes = !now.outside.contains_key(name) && side.estate.at(first.address).is_none();
        // The provider puts AWS's own policy back.
        goes.then(|| stranger(side, name, first, everything()))
    });
    given.chain(taken).collect()
}

fn stranger(side: &Side<'_, '_>, name: &str, first: &Instance<'_>, policy: Settled<PlannedPolicy>) -> Resource {
    const UNKNOWN: [&str; 8] = [
        "vpc_id",
        "service_name",
        "endpoint_type",
        "state",
        "subnet_ids",
        "route_table_ids",
        "security_groups",
        "private_dns_enabled",
    ];
    let outside = Outside { name: name.to_owned(), path: "vpc-endpoint", what: "endpoint", first };
    let mut notes = Notes::default();
    let policy = notes.policy(&Pointer::configuration("policy"), policy);
    outside.resource(side, VpcEndpoint { policy, ..VpcEndpoint::default() }, &UNKNOWN, notes)
}

/// One endpoint while its document is made.
struct One<'s, 'e, 'a> {
    side: &'s Side<'e, 'a>,
    both: &'s Both,
    id: Id,
}

impl One<'_, '_, '_> {
    fn resource(&self) -> Resource {
        let (side, id) = (self.side, self.id);
        let instance = side.instance(id);
        let mut notes = Notes::default();
        let text = |attribute: &str| own(side, instance, attribute).text();
        let service = notes.take("service_name", text("service_name").or(None));
        let endpoint_type = notes.take("endpoint_type", text("vpc_endpoint_type").or(Some("Gateway".to_owned())));
        let is_of_aws = service.as_deref().is_some_and(|service| !service.contains(".vpce."));
        let state = match text("state") {
            // The provider waits for it; what belongs to others may have to be accepted.
            Field::Default if is_of_aws => Ok(Some("available".to_owned())),
            Field::Default => Err("whether the connection is accepted".to_owned()),
            Field::Known(state) => Ok(Some(state.to_ascii_lowercase())),
            field => field.or(None),
        };
        let takes_policy =
            is_of_aws && endpoint_type.as_deref().is_some_and(|kind| ["Gateway", "Interface"].contains(&kind));
        let planned = self.policy(takes_policy);
        let private = own(side, instance, "private_dns_enabled").truth().or(Some(false));
        let [subnets, tables, groups] = [0, 1, 2].map(|at| self.tied(at, endpoint_type.as_deref()));
        let configuration = VpcEndpoint {
            vpc_id: notes.take("vpc_id", reference(side, id, instance.get("vpc_id"), &VPCS)),
            service_name: service.unwrap_or_default(),
            endpoint_type: endpoint_type.unwrap_or_default(),
            state: notes.take("state", state).unwrap_or_default(),
            subnet_ids: subnets.finish("subnet_ids", &mut notes),
            route_table_ids: tables.finish("route_table_ids", &mut notes),
            security_groups: groups.finish("security_groups", &mut notes),
            private_dns_enabled: notes.take("private_dns_enabled", private),
            policy: notes.policy(&Pointer::configuration("policy"), planned),
        };
        side.resource(id, region(side.estate, instance), name(instance), configuration, notes)
    }

    fn policy(&self, takes_policy: bool) -> Settled<PlannedPolicy> {
        let Both { now: Parts { policies, .. }, previously } = self.both;
        let side = self.side;
        if let Some(doubt) = policies.doubt(self.id) {
            return Err(doubt);
        }
        let default = || if takes_policy { everything() } else { Ok(None) };
        let of = |id: Id| {
            let instance = side.instance(id);
            let place = own(side, instance, "policy");
            match place.text() {
                Field::Absent | Field::Default if instance.creating => default(),
                Field::Absent if id != self.id || takes_policy => Err(NOT_HELD.to_owned()),
                _ => planned_policy(side.estate, instance, place),
            }
        };
        match policies.of(self.id) {
            [only] => return of(*only),
            [] => {}
            _ => return Err(format!("several {POLICY} resources set it")),
        }
        let removed = || Some(!previously.as_ref()?.policies.of(side.before(self.id)?.1).is_empty());
        let is_configured = side.instance(self.id).get("policy").is_configured();
        // What the endpoint echoes is the policy that goes: the default takes its place.
        if removed() == Some(true) && !is_configured { default() } else { of(self.id) }
    }

    fn tied(&self, at: usize, endpoint_type: Option<&str>) -> Ids {
        let Tied { list, attribute, kinds, .. } = &TIED[at];
        let (side, now) = (self.side, &self.both.now.tied[at]);
        let instance = side.instance(self.id);
        let place = own(side, instance, list);
        let mut ids = Ids::default();
        match place.field() {
            Field::Absent | Field::Default if instance.creating => {
                if *list == "security_group_ids" && endpoint_type != Some("Gateway") {
                    ids.more("the default group of the VPC");
                }
            }
            Field::Absent | Field::Default => {}
            _ => ids.put_references(side, self.id, place, kinds),
        }
        if let (Some((previous, before)), Some(earlier), false) =
            (side.before(self.id), &self.both.previously, place.is_configured())
        {
            for &gone in earlier.tied[at].of(before) {
                let echo = previous.instance(gone).get(attribute).text().or(None).ok().flatten();
                ids.remove(echo.as_deref());
            }
        }
        for &association in now.of(self.id) {
            ids.put(reference(side, association, side.instance(association).get(attribute), kinds));
        }
        if let Some(doubt) = now.doubt(self.id) {
            ids.more(doubt);
        }
        if !instance.creating && instance.value.get(list).is_none() {
            ids.more(NOT_HELD);
        }
        ids
    }
}

/// What AWS puts where nobody asks for a policy.
fn everything() -> Settled<PlannedPolicy> {
    let all = json!({
        "Version": "2008-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    });
    let document = policy::parse(&all.to_string()).map_err(|error| error.to_string())?;
    Ok(Some(PlannedPolicy { document, ..PlannedPolicy::default() }))
}

//! `AWS::EC2::Instance`: `aws_instance`.
//!
//! What the configuration leaves open is decided at launch by the launch template, the region's
//! defaults, the image and the subnet: known only where the plan holds that one and does not
//! change it. What appears with the instance, its interfaces and addresses, is unknown.

use crate::model::{Instance, MetadataOptions, Pointer, Resource, UserData};

use super::ec2::{GROUPS, Ids, SUBNETS, VPCS, filled_in, name, own, plain, reference};
use super::elastic::Elastic;
use super::estate::{Id, Instance as Planned};
use super::identity::{region, resource_id};
use super::join::{Children, Parent, parent};
use super::region_settings::metadata_by_default;
use super::side::{BY_SUBNET, NEVER_HELD, NOT_HELD, Notes, Side};
use super::user_data::user_data;
use super::value::{Field, Place, Settled};

const PROFILE: &str = "aws_iam_instance_profile";
const MADE: &str = "AWS chooses the address at launch";
const BY_TEMPLATE: &str = "the launch template decides";
const BY_INTERFACE: &str = "the network interface that it is launched with decides";

/// All instances of a side.
pub(super) fn instances(side: &Side<'_, '_>) -> Vec<Resource> {
    let kind = "aws_instance";
    let parts = Parts {
        elastic: Elastic::of(side),
        groups: Children::join(side.estate, "aws_network_interface_sg_attachment", "network_interface_id", &[kind]),
    };
    side.estate.of_kind(kind).iter().map(|&id| One { side, id, planned: side.instance(id) }.resource(&parts)).collect()
}

/// Resources that give something to an instance.
struct Parts {
    elastic: Elastic,
    groups: Children,
}

/// One instance while its document is made.
struct One<'s, 'e, 'a> {
    side: &'s Side<'e, 'a>,
    id: Id,
    planned: &'e Planned<'a>,
}

impl<'a> One<'_, '_, 'a> {
    fn resource(&self, parts: &Parts) -> Resource {
        let mut notes = Notes::default();
        let subnet = self.subnet();
        let configuration = Instance {
            vpc_id: notes.take("vpc_id", self.vpc(subnet)),
            subnet_id: notes.take("subnet_id", self.subnet_id()),
            security_groups: self.groups(&parts.groups).finish("security_groups", &mut notes),
            public_ip: notes.take("public_ip", self.public_ip(subnet, &parts.elastic)),
            instance_profile: notes.take("instance_profile", self.profile()),
            metadata_options: self.metadata_options(&mut notes),
            network_interface_ids: self.interfaces().finish("network_interface_ids", &mut notes),
            enclave_enabled: notes.take("enclave_enabled", self.enclave()),
            image_id: notes.take("image_id", self.left_to_template("ami", Place::text, None)),
            virtualization_type: None,
            detailed_monitoring: notes
                .take("detailed_monitoring", self.left_to_template("monitoring", Place::truth, Some(false))),
            user_data: self.user_data(&mut notes),
            observed: None,
        };
        for attribute in ["virtualization_type", "observed"] {
            notes.unknown(Pointer::configuration(attribute), NEVER_HELD);
        }
        let region = region(self.side.estate, self.planned);
        self.side.resource(self.id, region, name(self.planned), configuration, notes)
    }

    fn own(&self, attribute: &str) -> Place<'a> {
        own(self.side, self.planned, attribute)
    }

    /// Whether there are blocks of this name, or may be.
    fn has_block(&self, name: &str) -> bool {
        !matches!(filled_in(self.side, self.planned, name).block(), Ok(None))
    }

    /// Whether it is launched from a template, or may be. The provider never computes that block.
    fn has_template(&self) -> bool {
        !matches!(plain(self.planned, "launch_template").block(), Ok(None))
    }

    /// An attribute that a launch template gives where it is not set; the default without one.
    fn left_to_template<T>(
        &self,
        attribute: &str,
        read: impl FnOnce(Place<'a>) -> Field<T>,
        default: Option<T>,
    ) -> Settled<T> {
        match read(self.own(attribute)) {
            Field::Absent | Field::Default if self.planned.creating && self.has_template() => {
                Err(BY_TEMPLATE.to_owned())
            }
            Field::Absent if !self.planned.creating && default.is_some() => Err(NOT_HELD.to_owned()),
            field => field.or(default),
        }
    }

    /// The subnet, when the plan holds it.
    fn subnet(&self) -> Option<Id> {
        match parent(self.side.estate, self.id, self.own("subnet_id"), &SUBNETS) {
            Parent::One(subnet) => Some(subnet),
            _ => None,
        }
    }

    fn subnet_id(&self) -> Settled<String> {
        let place = self.own("subnet_id");
        match place.field() {
            Field::Absent | Field::Default if self.planned.creating => Err(self.left_open("a default subnet")),
            Field::Absent => Err(NOT_HELD.to_owned()),
            _ => reference(self.side, self.id, place, &SUBNETS),
        }
    }

    fn vpc(&self, subnet: Option<Id>) -> Settled<String> {
        match subnet {
            Some(subnet) => {
                let place = self.side.instance(subnet).get("vpc_id");
                reference(self.side, subnet, place, &VPCS)?
                    .map_or_else(|| Err(NOT_HELD.to_owned()), |vpc| Ok(Some(vpc)))
            }
            None => Err(BY_SUBNET.to_owned()),
        }
    }

    /// What decides on the network where nothing is said.
    fn left_open(&self, otherwise: &str) -> String {
        if self.has_block("network_interface") || self.has_block("primary_network_interface") {
            BY_INTERFACE.to_owned()
        } else if self.has_template() {
            BY_TEMPLATE.to_owned()
        } else {
            otherwise.to_owned()
        }
    }

    fn groups(&self, attached: &Children) -> Ids {
        let place = self.own("vpc_security_group_ids");
        let mut groups = Ids::default();
        match place.field() {
            Field::Absent | Field::Default if !self.planned.creating => groups.more(NOT_HELD),
            Field::Absent | Field::Default => groups.more(match self.own("security_groups").field() {
                Field::Absent | Field::Default => self.left_open("the default group of the VPC"),
                _ => "the groups are given by name".to_owned(),
            }),
            _ => groups.put_list(self.side, self.id, place, &GROUPS),
        }
        let by_id = self.primary_interface().and_then(|id| attached.outside.get(&id));
        for &child in attached.of(self.id).iter().chain(by_id.into_iter().flatten()) {
            groups.put(reference(self.side, child, self.side.instance(child).get("security_group_id"), &GROUPS));
        }
        if let Some(doubt) = attached.doubt(self.id) {
            groups.more(doubt);
        }
        groups
    }

    fn primary_interface(&self) -> Option<String> {
        self.planned.get("primary_network_interface_id").text().or(None).ok().flatten()
    }

    fn public_ip(&self, subnet: Option<Id>, elastic: &Elastic) -> Settled<String> {
        if let Some(why) = elastic.changes(self.side, self.id, self.primary_interface().as_deref()) {
            return Err(why);
        }
        if !self.planned.creating {
            if let Some(given) = elastic.given(self.side, self.id, self.primary_interface().as_deref()) {
                return Ok(Some(given));
            }
            let held = self.planned.value.get("public_ip").is_some();
            return if held { self.planned.get("public_ip").text().or(None) } else { Err(NOT_HELD.to_owned()) };
        }
        match self.own("associate_public_ip_address").truth() {
            Field::Known(false) => Ok(None),
            Field::Known(true) => Err(MADE.to_owned()),
            Field::Unknown(why) => Err(why),
            Field::Absent | Field::Default => {
                let maps = subnet.map(|subnet| self.side.instance(subnet).get("map_public_ip_on_launch").truth());
                match maps {
                    _ if self.has_template() || self.has_block("network_interface") => Err(self.left_open("")),
                    Some(Field::Known(false)) => Ok(None),
                    Some(Field::Known(true)) => Err(MADE.to_owned()),
                    _ => Err("the subnet decides whether it gets one".to_owned()),
                }
            }
        }
    }

    /// The ARN of the profile. One outside the plan is named without its path, which the ARN
    /// would have.
    fn profile(&self) -> Settled<String> {
        let place = self.own("iam_instance_profile");
        match place.text() {
            Field::Absent | Field::Default if self.planned.creating && self.has_template() => {
                Err(BY_TEMPLATE.to_owned())
            }
            Field::Absent | Field::Default => Ok(None),
            field => match (parent(self.side.estate, self.id, place, &[PROFILE]), field) {
                (Parent::One(profile), _) => {
                    Ok(Some(resource_id(self.side.estate, self.side.accounts, profile).to_string()))
                }
                (_, Field::Unknown(why)) => Err(why),
                (_, Field::Known(name)) => Err(format!("the path of the instance profile {name} is not in the plan")),
                _ => Err(NOT_HELD.to_owned()),
            },
        }
    }

    fn interfaces(&self) -> Ids {
        let mut interfaces = Ids::default();
        for block in self.planned.get("network_interface").items().known {
            let settled = reference(self.side, self.id, block.get("network_interface_id"), &["aws_network_interface"]);
            interfaces.put(settled);
        }
        if !self.planned.creating {
            interfaces.put(self.planned.get("primary_network_interface_id").text().or(None));
        }
        let why = if self.planned.creating { "they are made with the instance" } else { NOT_HELD };
        interfaces.more(why);
        interfaces
    }

    fn enclave(&self) -> Settled<bool> {
        match filled_in(self.side, self.planned, "enclave_options").block()? {
            Some(block) => block.get("enabled").truth().or(Some(false)),
            None if !self.planned.creating => Err(NOT_HELD.to_owned()),
            None if self.has_template() => Err(BY_TEMPLATE.to_owned()),
            None => Ok(Some(false)),
        }
    }

    fn user_data(&self, notes: &mut Notes) -> Option<UserData> {
        let encoded = self.own("user_data_base64").text();
        let text = match encoded {
            Field::Absent | Field::Default => self.left_to_template("user_data", Place::text, None),
            field => field.or(None),
        };
        user_data(text, notes)
    }

    fn metadata_options(&self, notes: &mut Notes) -> Option<MetadataOptions> {
        let whole = Pointer::configuration("metadata_options");
        let block = match filled_in(self.side, self.planned, "metadata_options").block() {
            Ok(block) => block,
            Err(why) => {
                notes.unknown(whole, why);
                return None;
            }
        };
        let default = if !self.planned.creating {
            Err(NOT_HELD.to_owned())
        } else if self.has_template() {
            Err(BY_TEMPLATE.to_owned())
        } else {
            metadata_by_default(self.side, self.planned).map(Option::unwrap_or_default)
        };
        if let (None, Err(why)) = (&block, &default) {
            notes.unknown(whole, why.clone());
            return None;
        }
        Some(MetadataOptions {
            http_tokens: notes.take_at(
                whole.child("http_tokens"),
                option(block, "http_tokens", Place::text, &default, |options| options.http_tokens.clone()),
            ),
            http_endpoint: notes.take_at(
                whole.child("http_endpoint"),
                option(block, "http_endpoint", Place::text, &default, |options| options.http_endpoint.clone()),
            ),
            http_put_response_hop_limit: notes.take_at(
                whole.child("http_put_response_hop_limit"),
                option(block, "http_put_response_hop_limit", Place::number, &default, |options| {
                    options.http_put_response_hop_limit
                }),
            ),
        })
    }
}

/// One of the metadata options: as the block sets it, else by the region's default, else by the
/// image, which the plan does not hold.
fn option<'a, T>(
    block: Option<Place<'a>>,
    name: &str,
    read: impl FnOnce(Place<'a>) -> Field<T>,
    default: &Result<MetadataOptions, String>,
    of: impl FnOnce(&MetadataOptions) -> Option<T>,
) -> Settled<T> {
    match block.map_or(Field::Absent, |block| read(block.get(name))) {
        Field::Known(value) => Ok(Some(value)),
        Field::Unknown(why) => Err(why),
        Field::Absent | Field::Default => match default {
            Ok(options) => of(options).map_or_else(|| Err("the image decides".to_owned()), |value| Ok(Some(value))),
            Err(why) => Err(why.clone()),
        },
    }
}

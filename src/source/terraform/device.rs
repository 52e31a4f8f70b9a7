//! `AWS::EC2::Volume` of the blocks of an `aws_instance`: its root volume, and `ebs_block_device`.
//!
//! Each is a resource of its own once it exists, called by the instance's address and the block.
//! Every instance to be created gets a root volume, also where no block describes it. Volumes that
//! only the image or a launch template has are left out: how many there are is in neither plan nor
//! state. What the plan holds as `aws_ebs_volume` is echoed in the blocks, and not counted twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Pointer, Resource, ResourceId, Volume};

use super::ec2::{arn, id_of, own};
use super::estate::{Estate, Id, Instance};
use super::format::ResourceChange;
use super::identity::{by_address, ec2_arn, region};
use super::json::{Object, Value};
use super::region_settings::encrypts_by_default;
use super::side::{BY_IMAGE, BY_KEY, BY_SNAPSHOT, NEVER_HELD, NOT_HELD, Notes, Side};
use super::value::{Expression, Field, Place, Settled};

const INSTANCE: &str = "aws_instance";
const ROOT: &str = "root_block_device";
const FURTHER: &str = "ebs_block_device";

/// The volumes that blocks of instances describe, on one side.
pub(super) fn devices(side: &Side<'_, '_>) -> Vec<Resource> {
    let managed: BTreeSet<&str> = [Some(side.estate), side.previous].into_iter().flatten().flat_map(managed).collect();
    let of = |&owner: &Id| {
        let instance = side.instance(owner);
        let root = instance.get(ROOT).items().known.first().copied();
        let root = (root.is_some() || instance.creating).then_some(Device { side, owner, block: root, index: None });
        let further = instance.get(FURTHER).items().known.into_iter().map(with_own_block).enumerate();
        let further = further.map(move |(index, block)| Device { side, owner, block: Some(block), index: Some(index) });
        root.into_iter().chain(further).collect::<Vec<_>>()
    };
    let all = side.estate.of_kind(INSTANCE).iter().flat_map(of);
    let own = all.filter(|device| device.volume_id().is_none_or(|id| !managed.contains(id)));
    own.map(|device| device.resource()).collect()
}

/// A device with the one block of the configuration that names it: the blocks are a set, in another
/// order than their values.
fn with_own_block(device: Place<'_>) -> Place<'_> {
    let Expression::AnyOf(blocks) = device.expression else { return device };
    let name = device.value.get("device_name");
    let named_by = |block: &Value| block.get("device_name")?.get("constant_value").cloned();
    let mut named = blocks.iter().filter(|block| name.is_some() && named_by(block).as_ref() == name);
    match (named.next(), named.next()) {
        (Some(block), None) => Place { expression: Expression::Set(block), ..device },
        _ => device,
    }
}

/// The ids of volumes that have a block of their own.
fn managed<'a>(estate: &Estate<'a>) -> Vec<&'a str> {
    let id = |&id: &Id| estate.instance(id).value.get("id")?.as_str();
    estate.of_kind("aws_ebs_volume").iter().filter_map(id).collect()
}

/// What the volumes of a changed instance are called, before and after the change.
pub(super) fn addresses(change: &ResourceChange) -> BTreeSet<String> {
    let (Some(INSTANCE), Some(planned)) = (change.kind.as_deref(), &change.change) else { return BTreeSet::new() };
    let mut found = BTreeSet::from([address_of(&change.address, None)]);
    for value in [&planned.before, &planned.after].into_iter().flatten() {
        let blocks = value.get(FURTHER).and_then(Value::as_array).into_iter().flatten();
        let names = blocks.filter_map(|block| block.get("device_name")?.as_str());
        found.extend(names.map(|name| address_of(&change.address, Some(name))));
    }
    found
}

/// The instance that the volume of an address comes with; `None` for other addresses.
pub(super) fn owner(address: &str) -> Option<&str> {
    let (instance, rest) = address.rsplit_once(&format!(".{FURTHER}[")).unwrap_or((address, ""));
    if rest.is_empty() { address.strip_suffix(&format!(".{ROOT}")) } else { Some(instance) }
}

fn address_of(instance: &str, device_name: Option<&str>) -> String {
    match device_name {
        None => format!("{instance}.{ROOT}"),
        Some(name) => format!("{instance}.{FURTHER}[{name:?}]"),
    }
}

/// One volume of an instance.
struct Device<'s, 'e, 'a> {
    side: &'s Side<'e, 'a>,
    owner: Id,
    /// Its block; none where the image alone describes it.
    block: Option<Place<'a>>,
    /// Its place among the further ones; none for the root volume.
    index: Option<usize>,
}

impl<'e, 'a> Device<'_, 'e, 'a> {
    fn instance(&self) -> &'e Instance<'a> {
        self.side.instance(self.owner)
    }

    fn text(&self, attribute: &str) -> Field<String> {
        self.block.map_or(Field::Absent, |block| block.get(attribute).text())
    }

    fn volume_id(&self) -> Option<&'a str> {
        self.block?.value.get("volume_id")?.as_str().filter(|id| !id.is_empty())
    }

    fn is_root(&self) -> bool {
        self.index.is_none()
    }

    /// Named by its device, or by its place among the blocks while that is not known.
    fn address(&self) -> String {
        let name = |index: usize| match self.text("device_name") {
            Field::Known(name) => name,
            _ => index.to_string(),
        };
        address_of(self.instance().address, self.index.map(name).as_deref())
    }

    fn resource(&self) -> Resource {
        let (side, instance) = (self.side, self.instance());
        let mut notes = Notes::default();
        let address = self.address();
        let encrypted = notes.take("encrypted", self.encrypted());
        let configuration = Volume {
            encrypted,
            kms_key_id: notes.take("kms_key_id", self.kms_key(encrypted)),
            instance_ids: vec![id_of(side, self.owner)],
            snapshot_id: notes.take("snapshot_id", self.snapshot()),
        };
        let tags = self.tags(&mut notes);
        let (account, region) = (side.accounts.account(instance), region(side.estate, instance));
        let known = self.volume_id();
        let id: ResourceId =
            known.and_then(|id| ec2_arn(&region, &account, "volume", id)).unwrap_or_else(|| by_address(&address));
        let name = tags.get("Name").cloned().or_else(|| known.map(str::to_owned)).unwrap_or_else(|| address.clone());
        let mut resource = Resource::new(id, account, region, name, configuration);
        resource.tags = tags;
        resource.origin.terraform_address = Some(address);
        notes.write_to(&mut resource);
        resource
    }

    fn encrypted(&self) -> Settled<bool> {
        let creating = self.instance().creating;
        let asked = match self.block.map_or(Field::Absent, |block| block.get("encrypted").truth()) {
            Field::Known(true) => return Ok(Some(true)),
            Field::Unknown(why) => return Err(why),
            Field::Known(false) if !creating => return Ok(Some(false)),
            Field::Absent | Field::Default if !creating => return Err(NOT_HELD.to_owned()),
            // To ask for none does not take it away from what the image has encrypted.
            Field::Known(false) if !self.is_root() => Some(false),
            Field::Known(false) | Field::Absent | Field::Default => None,
        };
        if encrypts_by_default(self.side, self.instance()) == Ok(Some(true)) {
            return Ok(Some(true));
        }
        if !self.is_root() && !matches!(self.text("snapshot_id"), Field::Absent | Field::Default) {
            return Err(BY_SNAPSHOT.to_owned());
        }
        asked.map_or_else(|| Err(BY_IMAGE.to_owned()), |asked| Ok(Some(asked)))
    }

    fn kms_key(&self, encrypted: Option<bool>) -> Settled<String> {
        const KEYS: [&str; 2] = ["aws_kms_key", "aws_kms_alias"];
        match (self.block.map(|block| block.get("kms_key_id")), self.text("kms_key_id")) {
            (_, Field::Absent | Field::Default) if self.instance().creating && encrypted != Some(false) => {
                Err(BY_KEY.to_owned())
            }
            (Some(place), _) => arn(self.side, self.owner, place, &KEYS),
            (None, _) => Ok(None),
        }
    }

    fn snapshot(&self) -> Settled<String> {
        match self.text("snapshot_id") {
            _ if self.is_root() => Err(NEVER_HELD.to_owned()),
            Field::Absent | Field::Default if self.instance().creating => {
                Err("the image decides, if it has this device".to_owned())
            }
            field => field.or(None),
        }
    }

    /// The tags of the block, else those that the instance gives to all its volumes.
    fn tags(&self, notes: &mut Notes) -> BTreeMap<String, String> {
        let of_block = ["tags_all", "tags"].map(|attribute| self.block.map(|block| block.get(attribute)));
        let of_instance = own(self.side, self.instance(), "volume_tags");
        let mut places = of_block.into_iter().flatten().chain([of_instance]);
        let Some(place) = places.find(|place| !matches!(place.field(), Field::Absent | Field::Default)) else {
            return BTreeMap::new();
        };
        if let (Field::Unknown(why), false) = (place.field(), place.value.is_object()) {
            notes.unknown(Pointer::new("/tags"), why);
        }
        let mut tags = BTreeMap::new();
        for key in place.value.as_object().into_iter().flat_map(Object::keys) {
            let text = place.get(key).text().or(Some(String::new()));
            tags.extend(notes.take_at(Pointer::new("/tags").child(key), text).map(|text| (key.to_owned(), text)));
        }
        tags
    }
}

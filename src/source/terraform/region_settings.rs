//! `Plimsoll::EC2::RegionSettings`: what holds for EC2 in an account and region, from the
//! resources that each set one part of it.
//!
//! A region has these settings whether Terraform knows of them or not, so that what no resource of
//! the plan sets is unknown, and what a deleted one leaves behind is what its provider does then.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AccountId, MetadataOptions, Region, RegionSettings, Resource, ResourceId};

use super::estate::{Estate, Id, Instance};
use super::identity::{by_address, partition, provider, region};
use super::side::{BY_REGION, NOT_HELD, Notes, Side};
use super::value::{Place, Settled};

pub(super) const ENCRYPTION: &str = "aws_ebs_encryption_by_default";
pub(super) const METADATA: &str = "aws_ec2_instance_metadata_defaults";
const SNAPSHOTS: &str = "aws_ebs_snapshot_block_public_access";
const IMAGES: &str = "aws_ec2_image_block_public_access";
const GATEWAYS: &str = "aws_vpc_block_public_access_options";
const KINDS: [&str; 5] = [ENCRYPTION, METADATA, SNAPSHOTS, IMAGES, GATEWAYS];

/// An account and region; where one of them is not known, of one provider only.
type Area = (AccountId, Region, Option<String>);

fn area(side: &Side<'_, '_>, estate: &Estate<'_>, instance: &Instance<'_>) -> Area {
    let (account, region) = (side.accounts.account(instance), region(estate, instance));
    let known = account != AccountId::unknown() && region != Region::unknown();
    let key = provider(instance);
    // A module that inherits its provider has a key of its own.
    let inherited = key.rsplit(':').next().unwrap_or(key);
    (account, region, (!known).then(|| inherited.to_owned()))
}

/// Where a setting comes from.
#[derive(Debug, Clone, Default)]
enum Setting {
    /// No resource of the plan sets it.
    #[default]
    NotHeld,
    /// This resource.
    Own(Id),
    /// This resource of the side before, which the plan deletes.
    Removed(Id),
    /// It cannot be told.
    Doubt(String),
}

#[derive(Debug, Default)]
struct Settings {
    address: String,
    by_kind: BTreeMap<&'static str, Setting>,
}

/// The regions of which the plan sets or unsets something.
pub(super) fn region_settings(side: &Side<'_, '_>) -> Vec<Resource> {
    let mut found: BTreeMap<Area, Settings> = BTreeMap::new();
    // All of the side before first: the region goes by the same address on both.
    for kind in KINDS {
        for &id in side.previous.map_or(&[][..], |previous| previous.of_kind(kind)) {
            put(side, &mut found, kind, id, true);
        }
    }
    for kind in KINDS {
        for &id in side.estate.of_kind(kind) {
            put(side, &mut found, kind, id, false);
        }
    }
    let shared = shared(side, &found);
    found.into_iter().map(|(area, settings)| settings.resource(side, &area, &shared)).collect()
}

fn put(side: &Side<'_, '_>, found: &mut BTreeMap<Area, Settings>, kind: &'static str, id: Id, removed: bool) {
    let estate = side.previous.filter(|_| removed).unwrap_or(side.estate);
    let instance = estate.instance(id);
    let settings = found.entry(area(side, estate, instance)).or_default();
    if settings.address.is_empty() {
        instance.address.clone_into(&mut settings.address);
    }
    let setting = settings.by_kind.entry(kind).or_default();
    *setting = match setting {
        _ if removed => Setting::Removed(id),
        Setting::Own(_) | Setting::Doubt(_) => Setting::Doubt(format!("several {kind} resources set it")),
        Setting::NotHeld | Setting::Removed(_) => Setting::Own(id),
    };
}

/// Accounts and regions that more than one provider without a known account or region may work
/// in: whose settings these are cannot be told.
fn shared(side: &Side<'_, '_>, found: &BTreeMap<Area, Settings>) -> BTreeSet<(AccountId, Region)> {
    let mut providers: BTreeMap<(AccountId, Region), BTreeSet<String>> = BTreeMap::new();
    if found.keys().any(|(.., provider)| provider.is_some()) {
        for instance in side.estate.instances.iter().filter(|instance| !instance.data) {
            if let (account, region, Some(provider)) = area(side, side.estate, instance) {
                providers.entry((account, region)).or_default().insert(provider);
            }
        }
    }
    providers.into_iter().filter(|(_, keys)| keys.len() > 1).map(|(area, _)| area).collect()
}

impl Settings {
    fn resource(self, side: &Side<'_, '_>, area: &Area, shared: &BTreeSet<(AccountId, Region)>) -> Resource {
        let (account, region, provider) = area;
        let mut notes = Notes::default();
        let unclear = provider.is_some() && shared.contains(&(account.clone(), region.clone()));
        let of = |kind: &'static str| match self.by_kind.get(kind) {
            Some(Setting::Own(_)) if unclear => {
                Setting::Doubt("the plan does not tell which account and region its provider works in".to_owned())
            }
            setting => setting.cloned().unwrap_or_default(),
        };
        let text = |place: Place<'_>, name: &str| place.get(name).text().or(None);
        let state = |place: Place<'_>| text(place, "state");
        let configuration = RegionSettings {
            ebs_encryption_by_default: notes
                .take("ebs_encryption_by_default", of(ENCRYPTION).read(side, enabled, |_| Ok(Some(false)))),
            metadata_defaults: notes
                .take("metadata_defaults", of(METADATA).read(side, metadata_defaults, |_| Ok(None))),
            snapshot_block_public_access: notes.take(
                "snapshot_block_public_access",
                of(SNAPSHOTS).read(side, state, |_| Ok(Some("unblocked".to_owned()))),
            ),
            // Deleting this one leaves the setting as it is.
            image_block_public_access: notes.take("image_block_public_access", of(IMAGES).read(side, state, state)),
            vpc_block_public_access: notes.take(
                "vpc_block_public_access",
                of(GATEWAYS).read(
                    side,
                    |place| text(place, "internet_gateway_block_mode"),
                    |_| Ok(Some("off".to_owned())),
                ),
            ),
        };
        let mut resource =
            Resource::new(self.id(area), account.clone(), region.clone(), region.as_str(), configuration);
        resource.origin.terraform_address = Some(self.address);
        notes.write_to(&mut resource);
        resource
    }

    fn id(&self, (account, region, provider): &Area) -> ResourceId {
        let arn = || format!("arn:{}:ec2:{region}:{account}:region-settings", partition(region)).parse().ok();
        provider.is_none().then(arn).flatten().unwrap_or_else(|| by_address(&self.address))
    }
}

impl Setting {
    /// The value that a resource sets, or the one that is left when it is deleted.
    fn read<T>(
        &self,
        side: &Side<'_, '_>,
        set: impl FnOnce(Place<'_>) -> Settled<T>,
        left: impl FnOnce(Place<'_>) -> Settled<T>,
    ) -> Settled<T> {
        match self {
            Self::Own(id) => set(side.instance(*id).place()),
            Self::Removed(id) => match side.previous {
                Some(previous) => left(previous.instance(*id).place()),
                None => Err(NOT_HELD.to_owned()),
            },
            Self::Doubt(why) => Err(why.clone()),
            Self::NotHeld => Err(NOT_HELD.to_owned()),
        }
    }
}

/// The provider's default is to encrypt.
fn enabled(place: Place<'_>) -> Settled<bool> {
    place.get("enabled").truth().or(Some(true))
}

/// What is set of the options; `no-preference`, which the provider also sends for what is left
/// out, unsets one.
fn metadata_defaults(place: Place<'_>) -> Settled<MetadataOptions> {
    let text = |name: &str| {
        let text = place.get(name).text().or(None)?;
        Ok::<_, String>(text.filter(|text| text != "no-preference"))
    };
    let hops = place.get("http_put_response_hop_limit").number().or(None)?;
    let options = MetadataOptions {
        http_tokens: text("http_tokens")?,
        http_endpoint: text("http_endpoint")?,
        http_put_response_hop_limit: hops.filter(|&hops| hops > 0),
    };
    Ok((options != MetadataOptions::default()).then_some(options))
}

/// Whether new volumes beside this resource are encrypted without asking.
pub(super) fn encrypts_by_default(side: &Side<'_, '_>, beside: &Instance<'_>) -> Settled<bool> {
    enabled(standing(side, beside, ENCRYPTION)?.place())
}

/// The metadata options that new instances beside this resource get without asking.
pub(super) fn metadata_by_default(side: &Side<'_, '_>, beside: &Instance<'_>) -> Settled<MetadataOptions> {
    metadata_defaults(standing(side, beside, METADATA)?.place())
}

/// The resources that set what new volumes and instances get, by kind and area.
pub(super) type Defaults = OnceCell<BTreeMap<(&'static str, Area), Vec<Id>>>;

fn defaults(side: &Side<'_, '_>) -> BTreeMap<(&'static str, Area), Vec<Id>> {
    let mut found: BTreeMap<_, Vec<Id>> = BTreeMap::new();
    for kind in [ENCRYPTION, METADATA] {
        for &id in side.estate.of_kind(kind) {
            found.entry((kind, area(side, side.estate, side.instance(id)))).or_default().push(id);
        }
    }
    found
}

/// The resource that sets a region's default, as long as the plan does not change it: nothing
/// says whether what is created beside it comes before or after the change.
fn standing<'e, 'a>(
    side: &Side<'e, 'a>,
    beside: &Instance<'_>,
    kind: &'static str,
) -> Result<&'e Instance<'a>, String> {
    let defaults = side.defaults.get_or_init(|| defaults(side));
    let found = defaults.get(&(kind, area(side, side.estate, beside)));
    match found.map_or(&[][..], Vec::as_slice) {
        [] => Err(BY_REGION.to_owned()),
        [_, _, ..] => Err(format!("the region's default decides, and several {kind} resources set it")),
        &[id] => {
            let instance = side.instance(id);
            let unchanged = match (side.previous, side.before(id)) {
                (None, _) => true,
                (Some(_), Some((previous, before))) => previous.instance(before).value == instance.value,
                (Some(_), None) => false,
            };
            if unchanged {
                Ok(instance)
            } else {
                Err(format!("the region's default decides, which {} changes at the same time", instance.address))
            }
        }
    }
}

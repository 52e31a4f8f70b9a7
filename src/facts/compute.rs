//! Volumes and what makes them: which have a snapshot or a backup, and which will be encrypted.

use std::collections::{BTreeMap, BTreeSet};

use super::estate::{Estate, waits_elsewhere, waits_here};
use crate::model::{
    AccountId, BlockDevice, Configuration, EbsSnapshot, EbsSnapshotFacts, Fact, Image, LaunchTemplate,
    LaunchTemplateFacts, Pointer, Region, RegionSettings, Resource, ResourceType, SpotFleet, SpotFleetFacts,
    UnencryptedVolume, Volume, VolumeFacts,
};
use crate::network::short_id;

type Area<'a> = (&'a AccountId, &'a Region);

/// Snapshots, backups and region settings, as volumes refer to them.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    /// Volumes of which there is a whole snapshot.
    kept: BTreeSet<(Area<'a>, &'a str)>,
    /// What may be a snapshot of any volume of the area.
    unclear: BTreeMap<Area<'a>, Vec<String>>,
    /// Whether each snapshot is encrypted; absent where that is not known.
    snapshots: BTreeMap<(Area<'a>, &'a str), Option<bool>>,
    images: BTreeMap<(Area<'a>, &'a str), (&'a Resource, &'a Image)>,
    backed_up: BTreeSet<&'a str>,
    settings: BTreeMap<Area<'a>, (&'a Resource, &'a RegionSettings)>,
}

impl<'a> Parts<'a> {
    pub(super) fn add(&mut self, resource: &'a Resource) {
        let area = (&resource.account, &resource.region);
        match &resource.configuration {
            Configuration::EbsSnapshot(snapshot) => {
                let places = ["volume_id", "state"].map(Pointer::configuration);
                let waits_for = places.iter().flat_map(|place| waits_elsewhere(resource, place));
                let before = self.unclear.entry(area).or_default();
                let known = before.len();
                before.extend(waits_for);
                let volume = snapshot.volume_id.as_deref().filter(|_| before.len() == known);
                let whole = snapshot.state.as_deref() == Some("completed");
                self.kept.extend(volume.filter(|_| whole).map(|volume| (area, volume)));
                let untold = !waits_elsewhere(resource, &Pointer::configuration("encrypted")).is_empty();
                let encrypted = snapshot.encrypted.filter(|_| !untold);
                self.snapshots.insert((area, short_id(&resource.id)), encrypted);
            }
            Configuration::Image(image) => {
                self.images.insert((area, short_id(&resource.id)), (resource, image));
            }
            Configuration::ProtectedResource(protected) => {
                self.backed_up.insert(&protected.resource);
            }
            Configuration::RegionSettings(settings) => {
                self.settings.insert(area, (resource, settings));
            }
            _ => {}
        }
    }

    fn settings_of(&self, resource: &Resource) -> Option<(&'a Resource, &'a RegionSettings)> {
        self.settings.get(&(&resource.account, &resource.region)).copied()
    }

    /// Whether no snapshot is public, whatever its own permissions say.
    fn all_sharing_blocked(&self, resource: &Resource, estate: &Estate<'_>) -> Fact<bool> {
        let Some((settings, values)) = self.settings_of(resource) else {
            return Fact::unknown(vec![no_settings(resource, estate)]);
        };
        let waits_for = waits_elsewhere(settings, &Pointer::configuration("snapshot_block_public_access"));
        match values.snapshot_block_public_access.as_deref() {
            Some(state) => Fact::known(state == "block-all-sharing", Vec::new()),
            None if waits_for.is_empty() => Fact::known(false, Vec::new()),
            None => Fact::unknown(waits_for),
        }
    }

    /// Whether VPC block public access keeps the world out of the region's internet gateways, but
    /// for what is excluded from it.
    pub(super) fn gateways_blocked(&self, resource: &Resource, estate: &Estate<'_>) -> Fact<bool> {
        let Some((settings, values)) = self.settings_of(resource) else {
            return Fact::unknown(vec![no_settings(resource, estate)]);
        };
        let waits_for = waits_elsewhere(settings, &Pointer::configuration("vpc_block_public_access"));
        match values.vpc_block_public_access.as_deref() {
            Some(mode) if waits_for.is_empty() => Fact::known(mode != "off", Vec::new()),
            None if waits_for.is_empty() => Fact::known(false, Vec::new()),
            _ => Fact::unknown(waits_for),
        }
    }

    /// Whether new volumes are encrypted whatever was asked for.
    fn encrypted_by_default(&self, resource: &Resource, estate: &Estate<'_>) -> Fact<bool> {
        let Some((settings, values)) = self.settings_of(resource) else {
            return Fact::unknown(vec![no_settings(resource, estate)]);
        };
        let waits_for = waits_elsewhere(settings, &Pointer::configuration("ebs_encryption_by_default"));
        match values.ebs_encryption_by_default {
            Some(encrypted) => Fact::known(encrypted, Vec::new()),
            None if waits_for.is_empty() => Fact::known(false, Vec::new()),
            None => Fact::unknown(waits_for),
        }
    }
}

fn no_settings(resource: &Resource, estate: &Estate<'_>) -> String {
    let unlisted = estate.unlisted(resource, ResourceType::RegionSettings);
    unlisted.unwrap_or_else(|| format!("{} in {}", ResourceType::RegionSettings, resource.region))
}

pub(super) fn snapshot(resource: &Resource, snapshot: &EbsSnapshot, estate: &Estate<'_>) -> EbsSnapshotFacts {
    let place = Pointer::configuration("public");
    let shared = match snapshot.public {
        Some(public) => Fact::known(public, vec![place]),
        None => Fact::unknown(vec![place.to_string()]),
    };
    EbsSnapshotFacts { public: Fact::all([shared, estate.compute.all_sharing_blocked(resource, estate).negated()]) }
}

pub(super) fn volume(resource: &Resource, volume: &Volume, estate: &Estate<'_>) -> VolumeFacts {
    VolumeFacts {
        has_snapshot: has_snapshot(resource, estate),
        backup_protected: backup_protected(resource, volume, estate),
    }
}

fn has_snapshot(resource: &Resource, estate: &Estate<'_>) -> Fact<bool> {
    let area = (&resource.account, &resource.region);
    if estate.compute.kept.contains(&(area, short_id(&resource.id))) {
        return Fact::known(true, Vec::new());
    }
    let unclear = estate.compute.unclear.get(&area).into_iter().flatten().cloned();
    let waits_for: Vec<String> = unclear.chain(estate.unlisted(resource, ResourceType::EbsSnapshot)).collect();
    if waits_for.is_empty() { Fact::known(false, Vec::new()) } else { Fact::unknown(waits_for) }
}

/// A backup of an instance holds all its volumes.
fn backup_protected(resource: &Resource, volume: &Volume, estate: &Estate<'_>) -> Fact<bool> {
    let backed_up = &estate.compute.backed_up;
    if backed_up.contains(resource.id.as_str()) {
        return Fact::known(true, Vec::new());
    }
    let base = resource.id.as_str().strip_suffix(&format!("volume/{}", short_id(&resource.id)));
    let instances = Pointer::configuration("instance_ids");
    for (index, instance) in volume.instance_ids.iter().enumerate() {
        let arn = base.map(|base| format!("{base}instance/{instance}"));
        if arn.is_some_and(|arn| backed_up.contains(arn.as_str())) {
            return Fact::known(true, vec![instances.child(index)]);
        }
    }
    let mut waits_for = waits_here(resource, &instances);
    waits_for.extend(estate.unlisted(resource, ResourceType::ProtectedResource));
    if waits_for.is_empty() { Fact::known(false, Vec::new()) } else { Fact::unknown(waits_for) }
}

pub(super) fn launch_template(
    resource: &Resource,
    template: &LaunchTemplate,
    estate: &Estate<'_>,
) -> LaunchTemplateFacts {
    let place = Pointer::configuration("block_devices");
    let devices = template.block_devices.iter().enumerate().map(|(index, device)| (place.child(index), device));
    let image = Source { id: template.image_id.as_deref(), place: Pointer::configuration("image_id") };
    let devices = devices.map(|(place, device)| (place, device, image.clone()));
    LaunchTemplateFacts {
        unencrypted_volumes: unencrypted(resource, &place, devices, estate),
        metadata_tokens: metadata_tokens(resource, template, estate),
    }
}

pub(super) fn spot_fleet(resource: &Resource, fleet: &SpotFleet, estate: &Estate<'_>) -> SpotFleetFacts {
    let place = Pointer::configuration("launch_specifications");
    let devices = fleet.launch_specifications.iter().enumerate().flat_map(|(index, specification)| {
        let of = place.child(index);
        let image = Source { id: specification.image_id.as_deref(), place: of.child("image_id") };
        let place = of.child("block_devices");
        let devices = specification.block_devices.iter().enumerate();
        devices.map(move |(index, device)| (place.child(index), device, image.clone()))
    });
    SpotFleetFacts { unencrypted_volumes: unencrypted(resource, &place, devices, estate) }
}

/// The image that a volume's instance is launched from, and where that stands.
#[derive(Debug, Clone)]
struct Source<'a> {
    id: Option<&'a str>,
    place: Pointer,
}

/// Whether a volume is encrypted while the region's default does not see to it: where nothing is
/// said of it, its snapshot decides, or else the device of its name in the image. A volume that
/// starts empty is not. What is to be read for that and is not there, the answer waits for.
fn is_encrypted(resource: &Resource, device: &BlockDevice, image: &Source<'_>, estate: &Estate<'_>) -> Fact<bool> {
    let area = (&resource.account, &resource.region);
    let of_snapshot = |id: &str| match estate.compute.snapshots.get(&(area, id)) {
        Some(Some(encrypted)) => Fact::known(*encrypted, Vec::new()),
        _ => Fact::unknown(vec![format!("the snapshot {id}")]),
    };
    let snapshot = device.snapshot_id.as_deref().map(of_snapshot);
    match (device.encrypted, snapshot) {
        (Some(true), _) => return Fact::known(true, Vec::new()),
        (Some(false), snapshot) => {
            return Fact::known(snapshot.is_some_and(|encrypted| encrypted.value == Some(true)), Vec::new());
        }
        (None, Some(encrypted)) => return encrypted,
        (None, None) => {}
    }
    let waits_for = waits_here(resource, &image.place);
    if !waits_for.is_empty() {
        return Fact::unknown(waits_for);
    }
    let Some(id) = image.id else { return Fact::known(false, Vec::new()) };
    let Some((of_image, configuration)) = estate.compute.images.get(&(area, id)) else {
        return Fact::unknown(vec![format!("the image {id}")]);
    };
    let waits_for = waits_elsewhere(of_image, &Pointer::configuration("block_devices"));
    if !waits_for.is_empty() {
        return Fact::unknown(waits_for);
    }
    let same = configuration.block_devices.iter().find(|other| other.device_name == device.device_name);
    match same.map(|other| (other.encrypted, other.snapshot_id.as_deref())) {
        Some((Some(encrypted), _)) => Fact::known(encrypted, Vec::new()),
        Some((None, Some(snapshot))) => of_snapshot(snapshot),
        Some((None, None)) | None => Fact::known(false, Vec::new()),
    }
}

/// What the region's default encrypts is encrypted even where the opposite is asked for, and so is
/// a volume of an encrypted snapshot.
fn unencrypted<'a>(
    resource: &Resource,
    place: &Pointer,
    devices: impl Iterator<Item = (Pointer, &'a BlockDevice, Source<'a>)>,
    estate: &Estate<'_>,
) -> Fact<Vec<UnencryptedVolume>> {
    let mut waits_for = waits_here(resource, place);
    let (mut plain, mut open) = (Vec::new(), Vec::new());
    for (place, device, image) in devices {
        match is_encrypted(resource, device, &image, estate) {
            Fact { value: Some(true), .. } => {}
            Fact { value: Some(false), .. } => plain.push((place, device)),
            Fact { value: None, waits_for, .. } => open.extend(waits_for),
        }
    }
    if plain.is_empty() && open.is_empty() {
        return Fact::partial(Vec::new(), Vec::new(), waits_for);
    }
    let default = estate.compute.encrypted_by_default(resource, estate);
    let found = |(place, device): (Pointer, &BlockDevice)| UnencryptedVolume {
        device_name: device.device_name.clone(),
        because: vec![if device.encrypted.is_some() { place.child("encrypted") } else { place }],
    };
    match default.value {
        Some(true) => Fact::known(Vec::new(), Vec::new()),
        Some(false) => {
            waits_for.extend(open);
            let found: Vec<_> = plain.into_iter().map(found).collect();
            let because = found.iter().flat_map(|volume| volume.because.clone()).collect();
            Fact::partial(found, because, waits_for)
        }
        None => {
            waits_for.extend(default.waits_for);
            Fact::unknown(waits_for)
        }
    }
}

fn metadata_tokens(resource: &Resource, template: &LaunchTemplate, estate: &Estate<'_>) -> Fact<String> {
    let place = Pointer::configuration("metadata_options").child("http_tokens");
    let waits_for = waits_here(resource, &place);
    if !waits_for.is_empty() {
        return Fact::unknown(waits_for);
    }
    if let Some(tokens) = template.metadata_options.as_ref().and_then(|options| options.http_tokens.clone()) {
        return Fact::known(tokens, vec![place]);
    }
    let Some((settings, values)) = estate.compute.settings_of(resource) else {
        return Fact::unknown(vec![no_settings(resource, estate)]);
    };
    let waits_for = waits_elsewhere(settings, &Pointer::configuration("metadata_defaults").child("http_tokens"));
    if !waits_for.is_empty() {
        return Fact::unknown(waits_for);
    }
    let default = values.metadata_defaults.as_ref().and_then(|options| options.http_tokens.as_deref());
    let decided = default.filter(|tokens| *tokens != "no-preference").unwrap_or("image");
    Fact::known(decided.to_owned(), Vec::new())
}

#[cfg(test)]
mod tests {
    use super::super::estate::testing::{listed, resource, snapshot, without};
    use super::*;
    use crate::model::{Facts, MetadataOptions, ProtectedResource, Snapshot};

    const REGION: &str = "eu-central-1";

    fn arn(what: &str) -> String {
        format!("arn:aws:ec2:{REGION}:111122223333:{what}")
    }

    fn kept(id: &str, volume: &str, state: &str, encrypted: bool) -> Resource {
        let snapshot = EbsSnapshot {
            volume_id: Some(volume.to_owned()),
            state: Some(state.to_owned()),
            encrypted: Some(encrypted),
            ..EbsSnapshot::default()
        };
        resource(&arn(&format!("snapshot/{id}")), id, snapshot)
    }

    fn a_volume() -> Resource {
        let volume = Volume { instance_ids: vec!["i-1".to_owned()], ..Volume::default() };
        resource(&arn("volume/vol-1"), "vol-1", volume)
    }

    fn protected(what: &str) -> Resource {
        let configuration = ProtectedResource { resource: arn(what) };
        resource(&format!("arn:aws:backup:{REGION}:111122223333:protected-resource/{what}"), what, configuration)
    }

    fn facts_of(mut snapshot: Snapshot) -> Facts {
        crate::facts::derive(&mut snapshot);
        snapshot.resources[0].facts.clone().unwrap()
    }

    fn volume_facts(others: Vec<Resource>, complete: bool) -> (Option<bool>, Option<bool>) {
        let mut snapshot = snapshot([a_volume()].into_iter().chain(others));
        for resource_type in [ResourceType::EbsSnapshot, ResourceType::ProtectedResource] {
            listed(&mut snapshot, REGION, resource_type, complete);
        }
        match facts_of(snapshot) {
            Facts::Volume(facts) => (facts.has_snapshot.value, facts.backup_protected.value),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_whole_snapshot_of_the_volume_itself_counts() {
        assert_eq!(volume_facts(vec![kept("snap-1", "vol-1", "completed", true)], false).0, Some(true));
        assert_eq!(volume_facts(vec![kept("snap-1", "vol-1", "error", true)], true).0, Some(false));
        assert_eq!(volume_facts(vec![kept("snap-1", "vol-2", "completed", true)], true).0, Some(false));
        assert_eq!(volume_facts(vec![kept("snap-1", "vol-2", "completed", true)], false).0, None);
    }

    #[test]
    fn a_backup_of_the_volume_or_of_its_instance_counts() {
        assert_eq!(volume_facts(vec![protected("volume/vol-1")], false).1, Some(true));
        assert_eq!(volume_facts(vec![protected("instance/i-1")], false).1, Some(true));
        assert_eq!(volume_facts(vec![protected("instance/i-2")], true).1, Some(false));
        assert_eq!(volume_facts(vec![protected("instance/i-2")], false).1, None);
    }

    fn public(own: Option<bool>, block: Option<&str>) -> Option<bool> {
        let configuration = EbsSnapshot { public: own, ..EbsSnapshot::default() };
        let mut resources = vec![resource(&arn("snapshot/snap-1"), "snap-1", configuration)];
        resources.extend(block.map(|block| {
            let block = Some(block.to_owned());
            let settings = RegionSettings { snapshot_block_public_access: block, ..RegionSettings::default() };
            resource(&arn("region-settings"), REGION, settings)
        }));
        match facts_of(snapshot(resources)) {
            Facts::EbsSnapshot(facts) => facts.public.value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_block_of_all_sharing_shuts_public_snapshots() {
        assert_eq!(public(Some(true), Some("unblocked")), Some(true));
        assert_eq!(public(Some(true), Some("block-new-sharing")), Some(true));
        assert_eq!(public(Some(true), Some("block-all-sharing")), Some(false));
        assert_eq!(public(None, Some("block-all-sharing")), Some(false));
        assert_eq!(public(None, Some("unblocked")), None);
        assert_eq!(public(Some(true), None), None);
        assert_eq!(public(Some(false), None), Some(false));
    }

    fn device(encrypted: Option<bool>, snapshot_id: Option<&str>) -> BlockDevice {
        BlockDevice { device_name: None, encrypted, snapshot_id: snapshot_id.map(str::to_owned) }
    }

    fn settings(encrypted: bool, tokens: Option<&str>) -> Resource {
        let defaults =
            tokens.map(|tokens| MetadataOptions { http_tokens: Some(tokens.to_owned()), ..MetadataOptions::default() });
        let settings = RegionSettings {
            ebs_encryption_by_default: Some(encrypted),
            metadata_defaults: defaults,
            ..RegionSettings::default()
        };
        resource(&arn("region-settings"), REGION, settings)
    }

    fn template_facts(template: LaunchTemplate, others: Vec<Resource>) -> Box<LaunchTemplateFacts> {
        let template = resource(&arn("launch-template/lt-1"), "web", template);
        match facts_of(snapshot([template].into_iter().chain(others))) {
            Facts::LaunchTemplate(facts) => facts,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn template_region_and_snapshot_may_each_encrypt() {
        let devices = vec![device(Some(true), None), device(None, Some("snap-1")), device(Some(false), None)];
        let plain = kept("snap-1", "vol-1", "completed", false);
        let template = LaunchTemplate { block_devices: devices, ..LaunchTemplate::default() };
        let encrypted = kept("snap-1", "vol-1", "completed", true);
        let because = |others| {
            let fact = template_facts(template.clone(), others).unencrypted_volumes;
            fact.value.map(|found| found.into_iter().flat_map(|one| one.because).collect::<Vec<_>>())
        };
        let second = Pointer::new("/configuration/block_devices/1");
        let third = Pointer::new("/configuration/block_devices/2/encrypted");
        assert_eq!(because(vec![settings(false, None), plain]), Some(vec![second, third.clone()]));
        assert_eq!(because(vec![settings(false, None), encrypted]), Some(vec![third]));
        assert_eq!(because(vec![settings(true, None)]), Some(Vec::new()));
        assert_eq!(because(Vec::new()), None);
        let unread = without(settings(true, None), &["/configuration/ebs_encryption_by_default"]);
        let mut unread = unread;
        unread.configuration = RegionSettings::default().into();
        assert_eq!(because(vec![unread]), None);
    }

    #[test]
    fn where_a_template_says_nothing_its_snapshot_or_image_decides() {
        let of = |device: BlockDevice, image_id: Option<&str>, others: Vec<Resource>| {
            let image_id = image_id.map(str::to_owned);
            let template = LaunchTemplate { image_id, block_devices: vec![device], ..LaunchTemplate::default() };
            let others = others.into_iter().chain([settings(false, None)]).collect();
            let fact = template_facts(template, others).unencrypted_volumes;
            (fact.value.map(|found| found.len()), fact.waits_for.join(", "))
        };
        let known = |count: usize| (Some(count), String::new());
        let lost = |what: &str| (None, what.to_owned());
        let named = |name: &str, encrypted, snapshot| BlockDevice {
            device_name: Some(name.to_owned()),
            ..device(encrypted, snapshot)
        };
        let image = |device: BlockDevice| {
            let image = Image { block_devices: vec![device], ..Image::default() };
            vec![resource(&arn("image/ami-1"), "ami-1", image)]
        };
        let root = || named("/dev/xvda", None, None);
        let kept = |encrypted| vec![kept("snap-1", "vol-1", "completed", encrypted)];
        assert_eq!(of(device(None, Some("snap-1")), None, kept(true)), known(0));
        assert_eq!(of(device(None, Some("snap-1")), None, kept(false)), known(1));
        assert_eq!(of(device(None, Some("snap-1")), None, Vec::new()), lost("the snapshot snap-1"));
        assert_eq!(of(device(Some(false), Some("snap-1")), None, Vec::new()), known(1), "it says so itself");
        assert_eq!(of(root(), None, Vec::new()), known(1), "an empty volume");
        assert_eq!(of(root(), Some("ami-1"), Vec::new()), lost("the image ami-1"));
        assert_eq!(of(root(), Some("ami-1"), image(named("/dev/xvda", Some(true), Some("snap-1")))), known(0));
        assert_eq!(of(root(), Some("ami-1"), image(named("/dev/xvda", Some(false), Some("snap-1")))), known(1));
        assert_eq!(
            of(root(), Some("ami-1"), image(named("/dev/xvda", None, Some("snap-1")))),
            lost("the snapshot snap-1")
        );
        assert_eq!(of(root(), Some("ami-1"), image(named("/dev/xvdb", Some(true), None))), known(1), "another device");
    }

    #[test]
    fn the_template_decides_about_tokens_before_the_region_and_the_image() {
        let tokens = |own: Option<&str>, others| {
            let metadata_options =
                own.map(|own| MetadataOptions { http_tokens: Some(own.to_owned()), ..MetadataOptions::default() });
            template_facts(LaunchTemplate { metadata_options, ..LaunchTemplate::default() }, others).metadata_tokens
        };
        assert_eq!(tokens(Some("optional"), vec![settings(true, Some("required"))]).value.as_deref(), Some("optional"));
        assert_eq!(tokens(None, vec![settings(true, Some("required"))]).value.as_deref(), Some("required"));
        assert_eq!(tokens(None, vec![settings(true, Some("no-preference"))]).value.as_deref(), Some("image"));
        assert_eq!(tokens(None, vec![settings(true, None)]).value.as_deref(), Some("image"));
        assert_eq!(tokens(None, Vec::new()).value, None);
    }
}

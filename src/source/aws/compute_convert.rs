//! EC2's answers about instances and what they are made of, as resources of the model.

use aws_sdk_ec2::types as sdk;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::ec2_convert::Convert;
use super::secrets;
use super::{day, filled, sorted, timestamp};
use crate::model::{
    BlockDevice, Configuration, EbsSnapshot, FleetSpecification, Image, Instance, InstanceObserved, LaunchTemplate,
    MetadataOptions, Pointer, Resource, SpotFleet, TemplateInterface, Volume,
};

impl Convert<'_> {
    /// `None` for a terminated instance, which AWS still shows for an hour.
    pub(super) fn instance(&self, instance: &sdk::Instance) -> Option<Resource> {
        let state = instance.state().and_then(sdk::InstanceState::name);
        if state == Some(&sdk::InstanceStateName::Terminated) {
            return None;
        }
        let id = instance.instance_id().unwrap_or_default();
        let interfaces = instance.network_interfaces().iter();
        let configuration = Instance {
            vpc_id: filled(instance.vpc_id()),
            subnet_id: filled(instance.subnet_id()),
            security_groups: sorted(instance.security_groups().iter().filter_map(|group| filled(group.group_id()))),
            public_ip: filled(instance.public_ip_address()),
            instance_profile: instance.iam_instance_profile().and_then(|profile| filled(profile.arn())),
            metadata_options: instance.metadata_options().map(|options| MetadataOptions {
                http_tokens: options.http_tokens().map(|tokens| tokens.as_str().to_owned()),
                http_endpoint: options.http_endpoint().map(|endpoint| endpoint.as_str().to_owned()),
                http_put_response_hop_limit: options.http_put_response_hop_limit(),
            }),
            network_interface_ids: sorted(interfaces.filter_map(|interface| filled(interface.network_interface_id()))),
            enclave_enabled: instance.enclave_options().and_then(sdk::EnclaveOptions::enabled),
            image_id: filled(instance.image_id()),
            virtualization_type: instance.virtualization_type().map(|kind| kind.as_str().to_owned()),
            detailed_monitoring: instance.monitoring().and_then(sdk::Monitoring::state).map(is_monitored),
            user_data: None,
            observed: Some(observed(instance, state)),
        };
        let mut resource = self.resource(self.arn("instance", id), id, instance.tags(), configuration);
        mark_untold_stop(&mut resource);
        Some(resource)
    }

    pub(super) fn volume(&self, volume: &sdk::Volume) -> Resource {
        let id = volume.volume_id().unwrap_or_default();
        let configuration = Volume {
            encrypted: volume.encrypted(),
            kms_key_id: filled(volume.kms_key_id()),
            instance_ids: sorted(volume.attachments().iter().filter_map(|attached| filled(attached.instance_id()))),
            snapshot_id: filled(volume.snapshot_id()),
        };
        self.resource(self.arn("volume", id), id, volume.tags(), configuration)
    }

    /// `public` is left out: the list of those that are public tells.
    pub(super) fn snapshot(&self, snapshot: &sdk::Snapshot, public: Option<bool>) -> Resource {
        let id = snapshot.snapshot_id().unwrap_or_default();
        let configuration = EbsSnapshot {
            encrypted: snapshot.encrypted(),
            volume_id: filled(snapshot.volume_id()),
            public,
            state: snapshot.state().map(|state| state.as_str().to_owned()),
        };
        self.resource(self.arn("snapshot", id), id, snapshot.tags(), configuration)
    }

    pub(super) fn image(&self, image: &sdk::Image) -> Resource {
        let id = image.image_id().unwrap_or_default();
        let configuration = Image {
            public: image.public(),
            deprecated: image.deprecation_time().and_then(day_of),
            block_devices: block_devices(image.block_device_mappings()),
        };
        let resource = self.resource(self.arn("image", id), id, image.tags(), configuration);
        Resource { name: filled(image.name()).unwrap_or_else(|| id.to_owned()), ..resource }
    }

    /// A template with its default version, when that was read.
    pub(super) fn launch_template(
        &self,
        template: &sdk::LaunchTemplate,
        version: Option<&sdk::LaunchTemplateVersion>,
    ) -> Resource {
        let id = template.launch_template_id().unwrap_or_default();
        let data = version.and_then(sdk::LaunchTemplateVersion::launch_template_data);
        let user_data = data.and_then(sdk::ResponseLaunchTemplateData::user_data).and_then(secrets::in_user_data);
        let configuration = LaunchTemplate {
            version: version.and_then(sdk::LaunchTemplateVersion::version_number).or(template.default_version_number()),
            ..data.map(template_data).unwrap_or_default()
        };
        let mut resource = self.resource(self.arn("launch-template", id), id, template.tags(), configuration);
        if let Some(why) = user_data.as_ref().and_then(|read| read.unread) {
            mark_unread(&mut resource, why);
        }
        if let (Some(read), Configuration::LaunchTemplate(template)) = (user_data, &mut resource.configuration) {
            template.user_data = Some(read.user_data);
        }
        Resource { name: filled(template.launch_template_name()).unwrap_or_else(|| id.to_owned()), ..resource }
    }

    /// `None` for a request that is cancelled for good, which AWS still shows for two days.
    pub(super) fn spot_fleet(&self, fleet: &sdk::SpotFleetRequestConfig) -> Option<Resource> {
        if fleet.spot_fleet_request_state() == Some(&sdk::BatchState::Cancelled) {
            return None;
        }
        let id = fleet.spot_fleet_request_id().unwrap_or_default();
        let specifications = fleet.spot_fleet_request_config().map_or(&[][..], |config| config.launch_specifications());
        let specification = |specification: &sdk::SpotFleetLaunchSpecification| FleetSpecification {
            image_id: filled(specification.image_id()),
            block_devices: block_devices(specification.block_device_mappings()),
        };
        let configuration = SpotFleet {
            state: fleet.spot_fleet_request_state().map(|state| state.as_str().to_owned()),
            launch_specifications: specifications.iter().map(specification).collect(),
        };
        Some(self.resource(self.arn("spot-fleet-request", id), id, fleet.tags(), configuration))
    }
}

fn observed(instance: &sdk::Instance, state: Option<&sdk::InstanceStateName>) -> InstanceObserved {
    use sdk::InstanceStateName::{Pending, Running, Stopped, Stopping};
    // Where it is going, so that a scan in the wrong minute sees nothing else than the next one.
    let settled = state.map(|state| match state {
        Pending => &Running,
        Stopping => &Stopped,
        other => other,
    });
    let stopped = settled == Some(&Stopped);
    InstanceObserved {
        state: settled.map(|state| state.as_str().to_owned()),
        launched: instance.launch_time().and_then(timestamp).map(day),
        stopped_since: instance.state_transition_reason().filter(|_| stopped).and_then(day_in_reason),
        image: None,
    }
}

/// Since when an instance is stopped is unknown where AWS does not tell.
fn mark_untold_stop(resource: &mut Resource) {
    let Configuration::Instance(instance) = &resource.configuration else { return };
    let untold = |seen: &InstanceObserved| seen.state.as_deref() == Some("stopped") && seen.stopped_since.is_none();
    if instance.observed.as_ref().is_some_and(untold) {
        let place = Pointer::configuration("observed").child("stopped_since");
        resource.origin.unknown_because.insert(place.clone(), "the reason of the stop tells no time".to_owned());
        resource.mark_unknown(place);
    }
}

/// `User initiated (2026-01-05 12:34:56 GMT)`; other reasons tell no time.
fn day_in_reason(reason: &str) -> Option<Timestamp> {
    let (_, after) = reason.split_once('(')?;
    day_of(after)
}

/// The day at the beginning of a text, `2026-01-05`.
pub(super) fn day_of(text: &str) -> Option<Timestamp> {
    let date: Date = text.get(..10)?.parse().ok()?;
    date.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp())
}

fn is_monitored(state: &sdk::MonitoringState) -> bool {
    matches!(state, sdk::MonitoringState::Enabled | sdk::MonitoringState::Pending)
}

/// The volumes among block devices; the others are disks of the host, or devices left out.
fn block_devices(mappings: &[sdk::BlockDeviceMapping]) -> Vec<BlockDevice> {
    let device = |mapping: &sdk::BlockDeviceMapping| {
        let volume = mapping.ebs()?;
        Some(BlockDevice {
            device_name: filled(mapping.device_name()),
            encrypted: volume.encrypted(),
            snapshot_id: filled(volume.snapshot_id()),
        })
    };
    mappings.iter().filter_map(device).collect()
}

fn template_data(data: &sdk::ResponseLaunchTemplateData) -> LaunchTemplate {
    let device = |mapping: &sdk::LaunchTemplateBlockDeviceMapping| {
        let volume = mapping.ebs()?;
        Some(BlockDevice {
            device_name: filled(mapping.device_name()),
            encrypted: volume.encrypted(),
            snapshot_id: filled(volume.snapshot_id()),
        })
    };
    let interface = |interface: &sdk::LaunchTemplateInstanceNetworkInterfaceSpecification| TemplateInterface {
        device_index: interface.device_index(),
        associate_public_ip_address: interface.associate_public_ip_address(),
        security_groups: sorted(interface.groups().iter().cloned()),
        subnet_id: filled(interface.subnet_id()),
    };
    LaunchTemplate {
        version: None,
        image_id: filled(data.image_id()),
        metadata_options: data.metadata_options().map(|options| MetadataOptions {
            http_tokens: options.http_tokens().map(|tokens| tokens.as_str().to_owned()),
            http_endpoint: options.http_endpoint().map(|endpoint| endpoint.as_str().to_owned()),
            http_put_response_hop_limit: options.http_put_response_hop_limit(),
        }),
        network_interfaces: data.network_interfaces().iter().map(interface).collect(),
        block_devices: data.block_device_mappings().iter().filter_map(device).collect(),
        user_data: None,
    }
}

/// What is in user data that could not be looked at is unknown.
pub(super) fn mark_unread(resource: &mut Resource, why: &str) {
    let place = Pointer::configuration("user_data").child("secrets");
    resource.origin.unknown_because.insert(place.clone(), why.to_owned());
    resource.mark_unknown(place);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_stop_tells_the_day() {
        let day = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        assert_eq!(day_in_reason("User initiated (2026-01-05 12:34:56 GMT)"), day("2026-01-05T00:00:00Z"));
        assert_eq!(day_in_reason("User initiated"), None);
        assert_eq!(day_in_reason("Server.InternalError (on its own)"), None);
        assert_eq!(day_of("2027-11-22T10:00:00.000Z"), day("2027-11-22T00:00:00Z"));
        assert_eq!(day_of(""), None);
    }

    #[test]
    fn an_instance_on_its_way_is_where_it_goes() {
        let instance = sdk::Instance::builder().state_transition_reason("User initiated (2026-01-05 12:34:56 GMT)");
        let instance = instance.build();
        let seen = |state| observed(&instance, Some(&state));
        assert_eq!(seen(sdk::InstanceStateName::Pending).state.as_deref(), Some("running"));
        assert_eq!(seen(sdk::InstanceStateName::Pending).stopped_since, None);
        let stopping = seen(sdk::InstanceStateName::Stopping);
        assert_eq!(stopping.state.as_deref(), Some("stopped"));
        assert!(stopping.stopped_since.is_some());
    }

    #[test]
    fn only_volumes_are_block_devices_of_the_model() {
        let volume = sdk::EbsBlockDevice::builder().encrypted(true).build();
        let mappings = [
            sdk::BlockDeviceMapping::builder().device_name("/dev/sdb").virtual_name("ephemeral0").build(),
            sdk::BlockDeviceMapping::builder().device_name("/dev/xvda").ebs(volume).build(),
        ];
        let devices = block_devices(&mappings);
        assert_eq!(devices.len(), 1);
        assert_eq!((devices[0].device_name.as_deref(), devices[0].encrypted), (Some("/dev/xvda"), Some(true)));
    }
}

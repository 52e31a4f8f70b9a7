//! What the instances of a region are made of: snapshots, images, launch templates and spot
//! fleets.
//!
//! Whether a snapshot is public comes from one list of those that are, not from a call for each.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Image, LaunchTemplate, LaunchTemplateVersion, Snapshot, SpotFleetRequestConfig};

use super::cell::{Chain, Page, Regional};
use super::ec2_convert::Convert;
use super::fault::Fault;
use super::meter::Meter;
use super::{Collected, Session};
use crate::model::{Gap, Pointer, Resource, ResourceType};

const PAGE: i32 = 1000;
/// Launch templates and their versions come in smaller pages.
const TEMPLATES_PAGE: i32 = 200;

/// The lists of a region.
pub(super) struct Lists<'a> {
    snapshots: Chain<'a, Snapshot>,
    public_snapshots: Chain<'a, Snapshot>,
    images: Chain<'a, Image>,
    templates: Chain<'a, LaunchTemplate>,
    versions: Chain<'a, LaunchTemplateVersion>,
    fleets: Chain<'a, SpotFleetRequestConfig>,
}

impl<'a> Lists<'a> {
    pub(super) const COUNT: usize = 6;

    pub(super) fn new(ec2: &'a Regional<Client>) -> Self {
        Self {
            snapshots: snapshots(ec2, None),
            public_snapshots: snapshots(ec2, Some("all")),
            images: images(ec2),
            templates: templates(ec2),
            versions: versions(ec2),
            fleets: fleets(ec2),
        }
    }

    pub(super) async fn read(&mut self, meter: &Meter<'_>) {
        tokio::join!(
            meter.measure(self.snapshots.read()),
            meter.measure(self.public_snapshots.read()),
            meter.measure(self.images.read()),
            meter.measure(self.templates.read()),
            meter.measure(self.versions.read()),
            meter.measure(self.fleets.read()),
        );
    }

    pub(super) async fn read_again(&mut self) {
        tokio::join!(
            self.snapshots.read_again(),
            self.public_snapshots.read_again(),
            self.images.read_again(),
            self.templates.read_again(),
            self.versions.read_again(),
            self.fleets.read_again(),
        );
    }

    /// The resources, which types were listed whole, and what is unknown of them.
    pub(super) fn convert(
        &self,
        session: &Session,
        ec2: &Regional<Client>,
        convert: &Convert<'_>,
        collected: &mut Collected,
    ) {
        self.convert_snapshots(ec2, convert, collected);
        collected.resources.extend(self.images.items.iter().map(|image| convert.image(image)));
        self.convert_templates(ec2, convert, collected);
        collected.resources.extend(self.fleets.items.iter().filter_map(|fleet| convert.spot_fleet(fleet)));
        let faults = [
            (ResourceType::EbsSnapshot, self.snapshots.fault.as_ref()),
            (ResourceType::Image, self.images.fault.as_ref()),
            (ResourceType::LaunchTemplate, self.templates.fault.as_ref()),
            (ResourceType::SpotFleet, self.fleets.fault.as_ref()),
        ];
        for (resource_type, fault) in faults {
            collected.gaps.extend(fault.map(|fault| ec2.cell.unlisted(fault, &[resource_type])));
            collected.listed(session, convert.region, resource_type, fault.is_none());
        }
    }

    /// A snapshot is known to be public also when the list of public ones broke off behind it.
    fn convert_snapshots(&self, ec2: &Regional<Client>, convert: &Convert<'_>, collected: &mut Collected) {
        let fault = self.public_snapshots.fault.as_ref();
        let public: BTreeSet<_> = self.public_snapshots.items.iter().filter_map(Snapshot::snapshot_id).collect();
        let place = Pointer::configuration("public");
        for snapshot in &self.snapshots.items {
            let listed = snapshot.snapshot_id().is_some_and(|id| public.contains(id));
            let known = (listed || fault.is_none()).then_some(listed);
            let mut resource = convert.snapshot(snapshot, known);
            if known.is_none() {
                resource.mark_unknown(place.clone());
            }
            collected.resources.push(resource);
        }
        collected.gaps.extend(fault.map(|fault| of_region(ec2, fault, vec![place])));
    }

    fn convert_templates(&self, ec2: &Regional<Client>, convert: &Convert<'_>, collected: &mut Collected) {
        let versions = self.versions.items.iter().filter_map(|version| Some((version.launch_template_id()?, version)));
        let versions: BTreeMap<_, _> = versions.collect();
        for template in &self.templates.items {
            let version = template.launch_template_id().and_then(|id| versions.get(id)).copied();
            let mut resource = convert.launch_template(template, version);
            if version.is_none() {
                mark(&mut resource, &version_places());
            }
            collected.resources.push(resource);
        }
        let fault = self.versions.fault.as_ref();
        collected.gaps.extend(fault.map(|fault| of_region(ec2, fault, version_places())));
    }
}

/// What the default version of a template says.
fn version_places() -> Vec<Pointer> {
    ["image_id", "metadata_options", "network_interfaces", "block_devices", "user_data"]
        .map(Pointer::configuration)
        .to_vec()
}

fn mark(resource: &mut Resource, places: &[Pointer]) {
    for place in places {
        resource.mark_unknown(place.clone());
    }
}

/// One gap for a list that tells one thing about many resources.
pub(super) fn of_region(ec2: &Regional<Client>, fault: &Fault, places: Vec<Pointer>) -> Gap {
    Gap { places, ..ec2.cell.gap(fault) }
}

fn snapshots<'a>(ec2: &'a Regional<Client>, restorable_by: Option<&'static str>) -> Chain<'a, Snapshot> {
    const OPERATION: &str = "DescribeSnapshots";
    Chain::new(OPERATION, move |token| async move {
        let request = || {
            ec2.client
                .describe_snapshots()
                .owner_ids("self")
                .set_restorable_by_user_ids(restorable_by.map(|who| vec![who.to_owned()]))
                .max_results(ec2.cell.page(PAGE))
                .set_next_token(token.clone())
                .send()
        };
        let answer = ec2.cell.call(OPERATION, request).await?;
        Ok(Page { items: answer.snapshots.unwrap_or_default(), next: answer.next_token })
    })
}

fn images(ec2: &Regional<Client>) -> Chain<'_, Image> {
    const OPERATION: &str = "DescribeImages";
    Chain::new(OPERATION, move |token| async move {
        let request = || {
            ec2.client
                .describe_images()
                .owners("self")
                .max_results(ec2.cell.page(PAGE))
                .set_next_token(token.clone())
                .send()
        };
        let answer = ec2.cell.call(OPERATION, request).await?;
        Ok(Page { items: answer.images.unwrap_or_default(), next: answer.next_token })
    })
}

fn templates(ec2: &Regional<Client>) -> Chain<'_, LaunchTemplate> {
    const OPERATION: &str = "DescribeLaunchTemplates";
    Chain::new(OPERATION, move |token| async move {
        let request = || {
            ec2.client
                .describe_launch_templates()
                .include_managed_resources(true)
                .max_results(ec2.cell.page(TEMPLATES_PAGE))
                .set_next_token(token.clone())
                .send()
        };
        let answer = ec2.cell.call(OPERATION, request).await?;
        Ok(Page { items: answer.launch_templates.unwrap_or_default(), next: answer.next_token })
    })
}

/// The default version of every template: without an id that is one list.
fn versions(ec2: &Regional<Client>) -> Chain<'_, LaunchTemplateVersion> {
    const OPERATION: &str = "DescribeLaunchTemplateVersions";
    Chain::new(OPERATION, move |token| async move {
        let request = || {
            ec2.client
                .describe_launch_template_versions()
                .versions("$Default")
                .include_managed_resources(true)
                .max_results(ec2.cell.page(TEMPLATES_PAGE))
                .set_next_token(token.clone())
                .send()
        };
        let answer = ec2.cell.call(OPERATION, request).await?;
        Ok(Page { items: answer.launch_template_versions.unwrap_or_default(), next: answer.next_token })
    })
}

fn fleets(ec2: &Regional<Client>) -> Chain<'_, SpotFleetRequestConfig> {
    const OPERATION: &str = "DescribeSpotFleetRequests";
    Chain::new(OPERATION, move |token| async move {
        let request = || {
            ec2.client
                .describe_spot_fleet_requests()
                .max_results(ec2.cell.page(PAGE))
                .set_next_token(token.clone())
                .send()
        };
        let answer = ec2.cell.call(OPERATION, request).await?;
        Ok(Page { items: answer.spot_fleet_request_configs.unwrap_or_default(), next: answer.next_token })
    })
}

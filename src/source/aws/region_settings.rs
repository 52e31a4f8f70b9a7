//! What holds for EC2 in one region: encryption and metadata defaults, whether snapshots and
//! images may be shared with everyone, and whether internet gateways are cut off.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::InstanceMetadataDefaultsResponse;

use super::cell::{Chain, Regional};
use super::ec2::is_disabled;
use super::ec2_convert::metadata_defaults;
use super::meter::Meter;
use super::{Collected, Session};
use crate::model::{Pointer, RegionSettings, Resource, ResourceType};

/// The settings, one call each.
pub(super) struct Settings<'a> {
    encryption: Chain<'a, Option<bool>>,
    metadata: Chain<'a, Option<InstanceMetadataDefaultsResponse>>,
    snapshots: Chain<'a, Option<String>>,
    images: Chain<'a, Option<String>>,
    block: Chain<'a, Option<String>>,
}

impl<'a> Settings<'a> {
    pub(super) const COUNT: usize = 5;

    pub(super) fn new(ec2: &'a Regional<Client>) -> Self {
        Self {
            encryption: encryption(ec2),
            metadata: metadata(ec2),
            snapshots: snapshots(ec2),
            images: images(ec2),
            block: block(ec2),
        }
    }

    pub(super) async fn read(&mut self, meter: &Meter<'_>) {
        tokio::join!(
            meter.measure(self.encryption.read()),
            meter.measure(self.metadata.read()),
            meter.measure(self.snapshots.read()),
            meter.measure(self.images.read()),
            meter.measure(self.block.read()),
        );
    }

    pub(super) async fn read_again(&mut self) {
        tokio::join!(
            self.encryption.read_again(),
            self.metadata.read_again(),
            self.snapshots.read_again(),
            self.images.read_again(),
            self.block.read_again(),
        );
    }

    /// The region's document. A region that is not enabled has none.
    pub(super) fn convert(self, session: &Session, ec2: &Regional<Client>, collected: &mut Collected) {
        let region = &ec2.cell.region;
        let id = session.arn("ec2", region.as_str(), "region-settings");
        let account = session.account.clone();
        let mut resource = Resource::new(id, account, region.clone(), region.as_str(), RegionSettings::default());
        let faults = [
            ("ebs_encryption_by_default", &self.encryption.fault),
            ("metadata_defaults", &self.metadata.fault),
            ("snapshot_block_public_access", &self.snapshots.fault),
            ("image_block_public_access", &self.images.fault),
            ("vpc_block_public_access", &self.block.fault),
        ];
        let mut gaps = Vec::new();
        for (place, fault) in faults {
            let Some(fault) = fault else { continue };
            gaps.push(ec2.cell.unread(fault, &mut resource, &[Pointer::configuration(place)]));
        }
        let disabled = gaps.iter().filter(|gap| is_disabled(gap)).count() == Self::COUNT;
        collected.listed(session, region, ResourceType::RegionSettings, !disabled);
        if disabled {
            for gap in &mut gaps {
                (gap.resource, gap.places, gap.unlisted) = (None, Vec::new(), vec![ResourceType::RegionSettings]);
            }
        } else {
            resource.configuration = self.settings().into();
            collected.resources.push(resource);
        }
        collected.gaps.append(&mut gaps);
    }

    fn settings(self) -> RegionSettings {
        RegionSettings {
            ebs_encryption_by_default: first(self.encryption),
            metadata_defaults: first(self.metadata).and_then(|defaults| metadata_defaults(&defaults)),
            snapshot_block_public_access: first(self.snapshots),
            image_block_public_access: first(self.images),
            vpc_block_public_access: first(self.block),
        }
    }
}

fn first<T>(chain: Chain<'_, Option<T>>) -> Option<T> {
    chain.items.into_iter().next().flatten()
}

fn encryption(ec2: &Regional<Client>) -> Chain<'_, Option<bool>> {
    const OPERATION: &str = "GetEbsEncryptionByDefault";
    Chain::single(OPERATION, move || async move {
        let answer = ec2.cell.call(OPERATION, || ec2.client.get_ebs_encryption_by_default().send()).await?;
        Ok(answer.ebs_encryption_by_default)
    })
}

fn metadata(ec2: &Regional<Client>) -> Chain<'_, Option<InstanceMetadataDefaultsResponse>> {
    const OPERATION: &str = "GetInstanceMetadataDefaults";
    Chain::single(OPERATION, move || async move {
        let answer = ec2.cell.call(OPERATION, || ec2.client.get_instance_metadata_defaults().send()).await?;
        Ok(answer.account_level)
    })
}

fn snapshots(ec2: &Regional<Client>) -> Chain<'_, Option<String>> {
    const OPERATION: &str = "GetSnapshotBlockPublicAccessState";
    Chain::single(OPERATION, move || async move {
        let answer = ec2.cell.call(OPERATION, || ec2.client.get_snapshot_block_public_access_state().send()).await?;
        Ok(answer.state.map(|state| state.as_str().to_owned()))
    })
}

fn images(ec2: &Regional<Client>) -> Chain<'_, Option<String>> {
    const OPERATION: &str = "GetImageBlockPublicAccessState";
    Chain::single(OPERATION, move || async move {
        let answer = ec2.cell.call(OPERATION, || ec2.client.get_image_block_public_access_state().send()).await?;
        Ok(answer.image_block_public_access_state)
    })
}

fn block(ec2: &Regional<Client>) -> Chain<'_, Option<String>> {
    const OPERATION: &str = "DescribeVpcBlockPublicAccessOptions";
    Chain::single(OPERATION, move || async move {
        let answer = ec2.cell.call(OPERATION, || ec2.client.describe_vpc_block_public_access_options().send()).await?;
        let options = answer.vpc_block_public_access_options;
        let mode = options.and_then(|options| options.internet_gateway_block_mode);
        Ok(Some(mode.map_or_else(|| "off".to_owned(), |mode| mode.as_str().to_owned())))
    })
}

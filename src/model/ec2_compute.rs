//! Configuration of what instances are made of: images, launch templates, snapshots, spot fleets,
//! and what backup plans cover.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MetadataOptions;

/// `AWS::EC2::Image`, of the account's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Image {
    /// Whether everyone may launch it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// The day from which it is deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub deprecated: Option<Timestamp>,
    /// Volumes that come with it.
    #[serde(default)]
    pub block_devices: Vec<BlockDevice>,
}

/// A volume that is made together with an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct BlockDevice {
    /// Device name, `/dev/xvda`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<String>,
    /// Whether it is encrypted; absent when the snapshot or the region's default decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
    /// The snapshot it is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_id: Option<String>,
}

/// `AWS::EC2::LaunchTemplate`, in its default version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaunchTemplate {
    /// The default version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The image, or a parameter that names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_id: Option<String>,
    /// Instance metadata service options; absent when the region's defaults and the image decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_options: Option<MetadataOptions>,
    /// Network interfaces, in the order of the template.
    #[serde(default)]
    pub network_interfaces: Vec<TemplateInterface>,
    /// Volumes, in the order of the template. Those that only the image has are not among them.
    #[serde(default)]
    pub block_devices: Vec<BlockDevice>,
    /// What instances run at their first start, without its text; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_data: Option<UserData>,
}

/// A network interface of a launch template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateInterface {
    /// Position on the instance; 0 is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_index: Option<i32>,
    /// Whether it gets a public IPv4 address; absent when the subnet decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub associate_public_ip_address: Option<bool>,
    /// Security group ids, sorted.
    #[serde(default)]
    pub security_groups: Vec<String>,
    /// Subnet id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet_id: Option<String>,
}

/// User data of an instance or a launch template: how much there is and where it holds secrets.
/// The text itself is kept nowhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UserData {
    /// Length in bytes, decoded.
    pub bytes: u64,
    /// Secrets in it, by line and kind.
    #[serde(default)]
    pub secrets: Vec<FoundSecret>,
}

/// A place in a text where a secret stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct FoundSecret {
    /// Line, counted from 1.
    pub line: u64,
    /// What it looks like: `AWS access key`, `private key`, `password`, …
    pub kind: String,
}

/// `AWS::EC2::Snapshot`, of the account's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EbsSnapshot {
    /// Whether it is encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
    /// The volume it was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_id: Option<String>,
    /// Whether everyone may make a volume of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// `completed`, `pending`, `error`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// `AWS::EC2::SpotFleet`. Cancelled requests whose instances are gone are not resources.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SpotFleet {
    /// `active`, `submitted`, `cancelled_running`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Launch parameters given in the request itself; empty when it uses launch templates.
    #[serde(default)]
    pub launch_specifications: Vec<FleetSpecification>,
}

/// Launch parameters of a spot fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FleetSpecification {
    /// The image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_id: Option<String>,
    /// Volumes, in the order of the request.
    #[serde(default)]
    pub block_devices: Vec<BlockDevice>,
}

/// `Plimsoll::Backup::ProtectedResource`: something that AWS Backup has backed up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProtectedResource {
    /// ARN of what is protected.
    pub resource: String,
}

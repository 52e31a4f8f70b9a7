//! Configuration of what instances are made of: images, launch templates, snapshots, spot fleets,
//! and what backup plans cover.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `AWS::EC2::Image`, of the account's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Image {
    /// Whether everyone may launch it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
}

/// `AWS::EC2::LaunchTemplate`, in its default version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaunchTemplate {
    /// The default version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
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
}

/// `AWS::EC2::SpotFleet`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SpotFleet {
    /// `active`, `cancelled`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// `Plimsoll::Backup::ProtectedResource`: something that AWS Backup has backed up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProtectedResource {
    /// ARN of what is protected.
    pub resource: String,
}

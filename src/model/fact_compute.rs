//! Facts of volumes, and of what makes volumes and instances.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fact, Pointer};

/// Facts of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VolumeFacts {
    /// Whether the account has a completed snapshot of it in its region.
    pub has_snapshot: Fact<bool>,
    /// Whether AWS Backup has backed it up, by itself or with an instance that it is attached to.
    pub backup_protected: Fact<bool>,
}

/// Facts of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EbsSnapshotFacts {
    /// Whether everyone may make a volume of it, after the region's block of public access: one
    /// that blocks all sharing also shuts what was shared before.
    pub public: Fact<bool>,
}

/// A volume that is made without encryption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnencryptedVolume {
    /// Device name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_name: Option<String>,
    /// Where it is declared.
    pub because: Vec<Pointer>,
}

/// Facts of a launch template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaunchTemplateFacts {
    /// Volumes that nothing encrypts: not the template, not the region's default, not a snapshot
    /// of the account's own that they are made of.
    pub unencrypted_volumes: Fact<Vec<UnencryptedVolume>>,
    /// What decides whether the metadata service asks for a token: `required` or `optional`, by
    /// the template or else by the region's default, or `image` where both leave it to the image.
    pub metadata_tokens: Fact<String>,
}

/// Facts of a spot fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SpotFleetFacts {
    /// Volumes of its launch specifications that nothing encrypts, as of a launch template.
    pub unencrypted_volumes: Fact<Vec<UnencryptedVolume>>,
}

//! What instances of one region are made of.

use serde::{Deserialize, Serialize};

use super::estate::{Tags, is_default};

/// A snapshot of a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// `snap-…`.
    pub id: String,
    /// The volume it was made of.
    pub volume: String,
    /// Size in GiB.
    pub gib: u32,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Whether everyone may make a volume of it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub public: bool,
    /// When it was begun.
    pub created_days_ago: i64,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// An image: one of the account's own, or one of somebody else that instances run on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// `ami-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Owner, when it is not the account: `amazon` or an account id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whether everyone may launch it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub public: bool,
    /// When it was made.
    pub created_days_ago: i64,
    /// When it is, or was, deprecated; negative days lie ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated_days_ago: Option<i64>,
    /// Volumes that come with it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub disks: Vec<Disk>,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A volume that an instance will have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// `/dev/xvda`.
    pub device: String,
    /// Whether it is encrypted; absent when that is left open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
    /// Snapshot it is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
}

/// A launch template, in its default version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaunchTemplate {
    /// `lt-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Number of the default version.
    #[serde(default = "first")]
    pub version: u32,
    /// Image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Metadata tokens: `required` or `optional`; absent when the template does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_tokens: Option<String>,
    /// Whether its interface gets a public address; absent when it names no interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_address: Option<bool>,
    /// Volumes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub disks: Vec<Disk>,
    /// What instances run at their first start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_data: Option<String>,
    /// Whether an AWS service manages it and the account hides that.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hidden: bool,
    /// When it was made.
    pub created_days_ago: i64,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

/// A spot fleet request with launch parameters of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpotFleet {
    /// `sfr-…`.
    pub id: String,
    /// `active`, `cancelled`, ….
    #[serde(default = "active")]
    pub state: String,
    /// Image.
    pub image: String,
    /// Volumes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub disks: Vec<Disk>,
    /// When it was made.
    pub created_days_ago: i64,
    /// Tags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: Tags,
}

fn first() -> u32 {
    1
}

fn active() -> String {
    "active".to_owned()
}

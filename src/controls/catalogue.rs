//! The catalogue of controls: `rules/controls/<framework>.json`, one file per framework.
//!
//! A benchmark is listed whole, also where no rule judges it: a report that hid those controls would
//! look better than the truth.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limit::Limit;
use crate::model::{ResourceType, Severity};

/// A published set of controls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// The word by which METADATA and the command line name it, `cis-5.0`.
    #[serde(rename = "framework")]
    pub id: String,
    /// Its name, for people.
    pub title: String,
    /// Its controls, in the order of the publication.
    pub controls: Vec<Control>,
}

/// One requirement of a framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Its number or name in the framework, `2.1.4`, `S3.8`.
    pub id: String,
    /// What it asks for, in our words.
    pub title: String,
    /// The part of the framework it stands in.
    pub section: String,
    /// How the framework says that it is assessed.
    pub assessment: Method,
    /// The severity that AWS gives it, for controls of Security Hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The types it is about, where a rule that serves it judges more than those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_types: Vec<ResourceType>,
    /// What it asks of parameters of its rules, by name. Judged with another value, it never passes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, Limit>,
    /// Why no rule judges it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
}

/// How a framework says that a control is assessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// By a program.
    Automated,
    /// By a person. Where configuration tells enough, a rule judges it all the same.
    Manual,
}

impl Method {
    /// The word in tables and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Automated => "automated",
            Self::Manual => "manual",
        }
    }
}

impl Control {
    /// Whether resources of this type are what it is about.
    #[must_use]
    pub fn is_about(&self, resource_type: ResourceType) -> bool {
        self.resource_types.is_empty() || self.resource_types.contains(&resource_type)
    }
}

impl Framework {
    /// The control of that id.
    #[must_use]
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == id)
    }
}

const FILES: [&str; 5] = [
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/controls/cis-3.0.json")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/controls/cis-5.0.json")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/controls/fsbp.json")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/controls/prowler.json")),
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/controls/security-hub.json")),
];

#[expect(clippy::expect_used, reason = "the files are in the binary, and a test reads them")]
static CATALOGUE: LazyLock<Vec<Framework>> = LazyLock::new(|| {
    let read = |text: &&str| serde_json::from_str(text).expect("rules/controls holds frameworks");
    FILES.iter().map(read).collect()
});

/// All frameworks, by id.
#[must_use]
pub fn frameworks() -> &'static [Framework] {
    &CATALOGUE
}

/// The framework of that id.
#[must_use]
pub fn framework(id: &str) -> Option<&'static Framework> {
    frameworks().iter().find(|framework| framework.id == id)
}

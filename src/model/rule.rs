//! What is known about a rule besides its Rego.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Pointer, ResourceType, RuleId, Severity};

/// A rule's METADATA, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rule {
    /// Identity: the package with dashes.
    pub id: RuleId,
    /// The desired state in one line, so that "pass" reads true.
    pub title: String,
    /// What goes wrong otherwise.
    pub description: String,
    /// Severity of its findings.
    pub severity: Severity,
    /// Why the severity is not the one AWS gives the control, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity_reason: Option<String>,
    /// Whether it judges without being asked for. A rule that is a matter of taste, or that costs
    /// calls for little, is not: it judges when it is named, or when its framework is chosen.
    #[serde(default = "enabled")]
    pub enabled: bool,
    /// Types it judges.
    pub resource_types: Vec<ResourceType>,
    /// Framework (`cis-5.0`, `cis-3.0`, `fsbp`; `security-hub` for controls of Security Hub that
    /// are outside of FSBP; `prowler`) to the ids of its controls; `id@topic` for a control that
    /// only denials of that topic are about.
    pub controls: BTreeMap<String, Vec<String>>,
    /// Places of the document the rule looks at, as pointers: `/configuration/policy`,
    /// `/facts/public`, `/tags`.
    pub reads: Vec<Pointer>,
    /// Whether it reads `input.now`, so that it must be judged again each day.
    pub reads_now: bool,
    /// What to do about a finding.
    pub remediation: Remediation,
    /// Where to read more.
    pub related_resources: Vec<String>,
    /// BLAKE3 over everything that can change its verdicts: its file, its libraries, its
    /// parameters, the engine's version.
    pub digest: String,
}

impl Rule {
    /// A control as METADATA writes it, taken apart: `EC2.13@ssh` is the part `ssh` of the rule.
    #[must_use]
    pub fn control_and_topic(written: &str) -> (&str, Option<&str>) {
        written.split_once('@').map_or((written, None), |(id, topic)| (id, Some(topic)))
    }
}

/// What to do about a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Remediation {
    /// In words.
    pub text: String,
    /// As Terraform, where one exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terraform: Option<String>,
    /// As AWS CLI, where one exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cli: Option<String>,
}

const fn enabled() -> bool {
    true
}

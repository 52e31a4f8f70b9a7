//! `Plimsoll::Failover::Path`: how a workload goes on working when a region is degraded, as
//! somebody declared it in the configuration.
//!
//! A path is no object of AWS. It is a resource of the snapshot all the same, so that rules judge
//! it, findings follow it and the SLI counts it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fact, Pointer, Region};

/// `Plimsoll::Failover::Path`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailoverPath {
    /// The region that is degraded when the path is taken.
    pub degraded_region: Region,
    /// The region it leads to.
    pub region: Region,
    /// Who begins: the ARN of a role or a user; absent for a service account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The service account of a cluster that begins, with a token of the cluster's issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account: Option<ServiceAccount>,
    /// Roles that are assumed one after the other.
    #[serde(default)]
    pub hops: Vec<Hop>,
    /// What must be allowed at the end.
    #[serde(default)]
    pub must: Vec<Goal>,
    /// What must not be allowed at the end; actions and resources may be patterns.
    #[serde(default)]
    pub must_not: Vec<Goal>,
    /// API calls that people or machines make to fail over, in the order they are made.
    #[serde(default)]
    pub recipe: Vec<String>,
}

/// A Kubernetes service account whose tokens IAM trusts through an OpenID Connect provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceAccount {
    /// Issuer without scheme, `oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE`.
    pub issuer: String,
    /// Subject of the token, `system:serviceaccount:orders:api`.
    pub sub: String,
    /// Audience of the token.
    pub audience: String,
}

/// One role that is assumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hop {
    /// ARN of the role.
    pub assume: String,
    /// The region whose STS is asked.
    pub region: Region,
    /// Whether the global endpoint of STS is asked instead of the region's.
    pub global_sts: bool,
    /// The external id that is presented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Session tags that are passed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub session_tags: BTreeMap<String, String>,
    /// How long the session must last, in seconds; absent when the usual hour is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
    /// The VPC endpoint that the call passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_vpce: Option<String>,
    /// The address that the call comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
}

/// One request at the end of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Goal {
    /// `dynamodb:PutItem`; in `must_not` also a pattern.
    pub action: String,
    /// ARN, or `*` for actions without resource types; in `must_not` also a pattern.
    pub resource: String,
    /// The region that is asked.
    pub region: Region,
    /// Condition keys of the request and their values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub context: BTreeMap<String, Vec<String>>,
}

/// Facts of a failover path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailoverFacts {
    /// Steps that do not go through: hops that cannot be made, and requests of `must` that are
    /// denied at the end. Each step is judged as if those before it went through.
    pub blocked: Fact<Vec<Blocked>>,
    /// What `must_not` names and the end of the path may do all the same.
    pub exceeded: Fact<Vec<Exceeded>>,
    /// What the path needs at the moment of failing over that may itself be gone then.
    pub unstable: Fact<Vec<Weakness>>,
    /// Hops whose session cannot last as long as declared.
    pub short_sessions: Fact<Vec<Weakness>>,
    /// What the roles of the path may do in the degraded region and not in the other: requests
    /// that their own policies name, with one region put for the other. What `must` names stands
    /// in `blocked`.
    pub pinned: Fact<Vec<Pinned>>,
    /// The policy documents that the answers rest on, as `<resource id>#<pointer>` or the ARN of a
    /// managed policy; sorted.
    pub evidence: Fact<Vec<String>>,
}

/// A step that does not go through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Blocked {
    /// `hop 1` or `must 2`.
    pub step: String,
    /// The action that is denied, as declared.
    pub action: String,
    /// What it is denied on.
    pub resource: String,
    /// The region that is asked.
    pub region: Region,
    /// The kind of policy that denies: `trust policy`, `service control policy`.
    pub layer: String,
    /// The statement that denies; absent when nothing allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// Why, in words.
    pub reason: String,
    /// Whether the same step goes through in the degraded region; absent when that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub works_at_home: Option<bool>,
    /// The smallest changes found after which the step goes through, all of them needed; empty
    /// when none was found. Each set was tried on the policies as they were read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fix: Vec<Fix>,
    /// Where the step is declared.
    pub because: Pointer,
}

/// One change of one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fix {
    /// The policy to change: `<resource id>#<pointer>`, or the ARN of a managed policy.
    pub policy: String,
    /// The change in words: `add "eu-west-1" to aws:RequestedRegion of statement Regions`.
    pub change: String,
    /// The statement as it must stand, as JSON on one line.
    pub statement: String,
}

/// A request that must not be allowed and is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exceeded {
    /// `must_not 1`.
    pub step: String,
    /// The action that is allowed.
    pub action: String,
    /// A resource it is allowed on.
    pub resource: String,
    /// The statements that allow it.
    pub statements: Vec<String>,
    /// Where it is declared.
    pub because: Pointer,
}

/// Something that a path should not lean on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Weakness {
    /// What it is, in words.
    pub reason: String,
    /// Where it is declared.
    pub because: Pointer,
}

/// Something that is allowed in the degraded region only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pinned {
    /// The role.
    pub role: String,
    /// The action.
    pub action: String,
    /// The resource in the degraded region.
    pub home: String,
    /// The resource in the other region, on which the action is denied.
    pub resource: String,
    /// Who denies it, in words.
    pub reason: String,
    /// The statement that allows it in the degraded region.
    pub statement: String,
    /// Where the role is declared in the path.
    pub because: Pointer,
}

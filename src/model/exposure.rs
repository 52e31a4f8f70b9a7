//! Who gets in, by which statement and under which conditions: the elements of facts about
//! access.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Pointer;

/// Who a trust policy lets in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Trusted {
    /// `anyone`, `account`, `principal` (a user, role or session), `service`, `federated` or
    /// `deleted` (a dangling unique id).
    pub kind: String,
    /// Account id, ARN, service or provider; `*` for anyone. What a condition leaves of anyone, by
    /// `aws:PrincipalAccount` or `aws:PrincipalArn`, is an entry of its own.
    pub name: String,
    /// The account the principal belongs to, when it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Whether that account is not the role's own.
    pub foreign: bool,
    /// Condition keys (lower case) that the statement tests, sorted.
    pub condition_keys: Vec<String>,
    /// Whether conditions limit `anyone` to known principals, accounts, organizations or
    /// networks by AWS's definition of non-public, or to principals of one account.
    pub restricted: bool,
    /// What the statement demands of a request, one entry per test of its condition, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<Requirement>,
    /// Whether the statement keeps the principal from being used by strangers: a service by the
    /// account, resource or organization it acts for, another account by an external id or by its
    /// organization. Absent where nobody stands between (the own account, federated identities).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confused_deputy_guard: Option<bool>,
    /// How far the condition narrows the identities of an OpenID Connect provider. Absent for
    /// anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subjects: Option<Subjects>,
    /// Whether the condition asks for whom the provider made its token or assertion (`aud`).
    /// Absent for anything but a federated provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<bool>,
    /// True when the account is known to be in the organization of the role's own; absent
    /// otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_organization: Option<bool>,
    /// The statement.
    pub because: Pointer,
}

/// A principal that a trust policy names and that is not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Dangling {
    /// `deleted`: AWS shows a unique id in place of the ARN. `missing`: a user or role of the own
    /// account that is not there; whoever makes one of that name is let in.
    pub kind: String,
    /// The unique id or the ARN.
    pub name: String,
    /// The statement.
    pub because: Pointer,
}

/// How far a condition narrows the identities that a provider vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Subjects {
    /// Not at all: whoever the provider knows, also those of other owners (`*`, `repo:*`).
    Any,
    /// To one owner, group or namespace (`repo:octo-org/*`).
    Owner,
    /// To named repositories, projects or service accounts.
    Named,
}

/// One test that a request has to stand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Requirement {
    /// What is asked for.
    pub kind: RequirementKind,
    /// The condition key, in lower case.
    pub key: String,
    /// The values named, sorted.
    pub values: Vec<String>,
    /// Whether one of these values has to be there. Otherwise the test excludes values, compares
    /// with them, or lets a request pass that leaves the key out.
    pub demanded: bool,
    /// In words: `sts:externalid is "a1b2"`.
    pub words: String,
}

/// What a test of a condition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequirementKind {
    /// `sts:ExternalId`.
    ExternalId,
    /// The organization of the caller or of who a service acts for.
    Organization,
    /// The caller: its account, ARN, user id or kind.
    Principal,
    /// The account or resource a service acts for.
    Source,
    /// Who the identity provider says the caller is.
    Subject,
    /// For whom the provider made the token.
    Audience,
    /// Addresses, VPCs and endpoints.
    Network,
    /// Multi-factor authentication.
    Mfa,
    /// Tags of the caller, the session or the role.
    Tag,
    /// Anything else.
    Other,
}

/// A test that Deny statements of a trust policy put before every caller or some of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct TrustGuard {
    /// Whether it holds for everyone, AWS services among them.
    pub everyone: bool,
    /// Which ways to assume the role it stands before: `sts:assumerole`, …, sorted.
    pub actions: Vec<String>,
    /// What is demanded: the opposite of what is denied.
    pub requirement: Requirement,
    /// Whether it demands a value, and one that leaves something out.
    #[serde(default)]
    pub limits: bool,
    /// How far it narrows the identities of OpenID Connect providers; absent when it is about
    /// something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subjects: Option<Subjects>,
    /// The statement.
    pub because: Pointer,
}

/// Somebody outside the bucket's account who gets in, and what for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct BucketAccess {
    /// What kind of caller it is.
    pub who: Grantee,
    /// Account id, ARN, service, organization, network or canonical user id; `*` for everyone.
    pub name: String,
    /// The account it belongs to, when it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What for, as AWS classifies actions, sorted.
    pub levels: Vec<AccessLevel>,
    /// Condition keys (lower case) that the statement tests, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub condition_keys: Vec<String>,
    /// The statement or grant: a place in this document, or `<resource id>#<place>` in that of an
    /// access point.
    pub evidence: String,
    /// Places of this document that it rests on.
    pub because: Vec<Pointer>,
}

/// Who a bucket lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grantee {
    /// Everyone, unsigned requests too.
    Everyone,
    /// Everyone with an AWS account.
    AwsAccounts,
    /// Every principal of an organization.
    Organization,
    /// Every caller from a network, a VPC or an endpoint.
    Network,
    /// Everyone whom another fixed value lets in: a resource or an account a service acts for.
    Source,
    /// Whom access points of an account let in.
    AccessPoints,
    /// Another account, for its administrators to hand out.
    Account,
    /// A user, role or session of another account.
    Principal,
    /// An AWS service.
    Service,
    /// Users of an identity provider.
    Federated,
    /// An account by its canonical user id; it may be the own one.
    CanonicalUser,
}

/// What an action does, as AWS's service authorization reference classifies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessLevel {
    /// Names of what is there.
    List,
    /// Content and settings.
    Read,
    /// Creating, changing, deleting.
    Write,
    /// Tags.
    Tagging,
    /// Who may do what.
    PermissionsManagement,
}

/// A way by which a principal gives more permissions to itself, without help of another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Escalation {
    /// The published path, `iam-001` of pathfinding.cloud; ours begin with `plimsoll`, those of
    /// Rhino Security Labs that it lacks with `rhino`.
    pub path: String,
    /// What is done, `iam:CreatePolicyVersion`.
    pub action: String,
    /// On what: the principal itself, a group it is in, or a policy attached to one of them.
    pub resource: String,
    /// What is gained.
    pub gain: EscalationGain,
    /// Condition keys (lower case) on which it depends, sorted; empty when it is allowed whatever
    /// they are.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// The statements that allow it; a policy attached or a group joined stands for its own.
    pub because: Vec<Pointer>,
}

/// What a principal gains by an escalation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EscalationGain {
    /// Every permission, within its boundary if it has one.
    Everything,
    /// What its permissions boundary withholds.
    Boundary,
    /// What an older version of a policy allows; versions are not collected.
    OlderVersion,
    /// What the user, role or group that is taken over may do.
    Target,
}

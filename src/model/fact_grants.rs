//! What policies grant by and large: everything, whole services, sensitive actions on everything,
//! and ways to other identities. The elements of facts about users, groups, roles and managed
//! policies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EscalationGain, Fact, Pointer, Requirement};

/// What the policies of a user, group or role, or one managed policy, grant by and large.
///
/// A policy counts for itself: Deny statements of the same policy are taken off, those of other
/// policies, session policies and organization policies are left aside. Of the permissions
/// boundary each element says whether it withholds something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrantFacts {
    /// Policies that allow every action on every resource, sorted; Deny statements and the
    /// boundary left aside, as for `admin`. Where only several together do, all that have a part
    /// in it. For a user, also those of its groups.
    #[serde(default)]
    pub admin_policies: Fact<Vec<GrantedBy>>,
    /// Services of which a policy allows every action that there is, sorted. Actions are counted
    /// by AWS's list of them, so that a service counts however it is spelled: `kms:*`, all but
    /// another service's, or one by one.
    #[serde(default)]
    pub full_services: Fact<Vec<FullService>>,
    /// Sensitive actions (`iam:PassRole`, `sts:AssumeRole`, `kms:Decrypt`, …) that one statement
    /// allows on every resource of their kind in the account, in all its regions or in one, sorted.
    #[serde(default)]
    pub unbounded: Fact<Vec<Unbounded>>,
    /// Allow statements that name what they do *not* grant, sorted. For a role, also those of its
    /// trust policy.
    #[serde(default)]
    pub all_but: Fact<Vec<AllBut>>,
}

/// The policy by which something is granted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct GrantedBy {
    /// `inline` or `attached`.
    pub kind: String,
    /// The name of an inline policy, or the ARN of an attached one.
    pub policy: String,
    /// Whether AWS owns the policy, which then nobody else can change.
    pub aws_managed: bool,
    /// The group through which a user holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// In `admin_policies`: whether it allows everything only with what the user has by itself or
    /// by other groups, so that no group by itself does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_others: bool,
    /// The inline document, or the place where the policy is attached or the group is named.
    pub because: Pointer,
}

/// A service of which a policy allows every action.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct FullService {
    /// The service's prefix, `kms`; `*` for all services but those in `except`.
    pub service: String,
    /// With `*`: the services that are left out, sorted.
    #[serde(default)]
    pub except: Vec<String>,
    /// Whether on every resource and without condition; otherwise one statement allows every
    /// action, but on some resources or under a condition.
    pub every_resource: bool,
    /// Whether the permissions boundary withholds some of it.
    pub bounded: bool,
    /// Absent for a managed policy's own facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<GrantedBy>,
    /// The statements; an attached policy or a group stands for its own.
    pub because: Vec<Pointer>,
}

/// A sensitive action on every resource of its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Unbounded {
    /// `iam:PassRole`.
    pub action: String,
    /// What the statement's condition, or a Deny with one test, demands of a request, sorted:
    /// tests that name values and that a request without the key does not stand.
    #[serde(default)]
    pub limits: Vec<Requirement>,
    /// Whether one of these limits what is acted on or handed out (tags, owner, service passed
    /// to), and not only who asks and from where.
    pub narrowed: bool,
    /// Whether the permissions boundary withholds it from every resource.
    pub bounded: bool,
    /// Absent for a managed policy's own facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<GrantedBy>,
    /// The statements; an attached policy or a group stands for its own.
    pub because: Vec<Pointer>,
}

/// An Allow that names what it does not grant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct AllBut {
    /// `NotAction`, `NotResource` or `NotPrincipal`.
    pub element: String,
    /// What is left out, as written, sorted.
    pub except: Vec<String>,
    /// Whether it reaches every resource, or all but those left out.
    pub every_resource: bool,
    /// Absent for a managed policy's own facts and for a trust policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<GrantedBy>,
    /// The statement; an attached policy or a group stands for its own.
    pub because: Pointer,
}

/// A way to more permissions over another user or role, or over something that runs as one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Takeover {
    /// The published path, `lambda-001` of pathfinding.cloud; those of Rhino Security Labs that it
    /// lacks begin with `rhino`.
    pub path: String,
    /// What is done, in order: `iam:PassRole`, `lambda:CreateFunction`, …
    pub actions: Vec<String>,
    /// Whether any target in the account will do. Otherwise the policies limit which.
    pub any_target: bool,
    /// On what, as far as the policies limit it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What is gained.
    pub gain: EscalationGain,
    /// Condition keys (lower case) on which it depends, sorted; empty when it is allowed whatever
    /// they are.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// What else must hold, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<String>,
    /// A path in this list of which all actions are among this one's: the shorter way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// The statements that allow it; a policy attached or a group joined stands for its own.
    pub because: Vec<Pointer>,
}

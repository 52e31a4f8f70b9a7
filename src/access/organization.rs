//! The levels of organization policies above an account: one layer per level, the root first.
//!
//! What was not read is one level that says so, never a level that allows.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::documents::{Held, HeldPolicy};
use crate::model::{
    AccountId, Level, Levels as OrganizationLevels, OrganizationPolicyType, Organizations, Resource, Snapshot,
};
use crate::policy::{LayerPolicies, Need};

/// The levels above each scanned account.
#[derive(Debug, Default)]
pub(super) struct Levels<'a> {
    service_control: BTreeMap<&'a str, Vec<Held<'a>>>,
    resource_control: BTreeMap<&'a str, Vec<Held<'a>>>,
}

impl<'a> Levels<'a> {
    pub(super) fn of(snapshots: &[&'a Snapshot], accounts: &BTreeSet<&'a str>) -> Self {
        let mut levels = Self::default();
        for organizations in snapshots.iter().map(|snapshot| Organizations::of(snapshot)) {
            for &account in accounts {
                let Ok(id) = AccountId::new(account) else { continue };
                let read = |policy_type| held(organizations.levels(&id, policy_type));
                let service_control = read(OrganizationPolicyType::ServiceControlPolicy);
                levels.service_control.extend(service_control.map(|levels| (account, levels)));
                let resource_control = read(OrganizationPolicyType::ResourceControlPolicy);
                levels.resource_control.extend(resource_control.map(|levels| (account, levels)));
            }
        }
        levels
    }

    /// The service control policies that limit the principals of an account.
    pub(super) fn service_control(&self, account: &str) -> Vec<LayerPolicies<'_>> {
        layers(self.service_control.get(account), || unread("service", account))
    }

    /// Whether a policy above an account asks who in particular makes a request.
    pub(super) fn ask_who(&self, account: &str) -> bool {
        let above = [self.service_control.get(account), self.resource_control.get(account)];
        above.into_iter().flatten().flatten().any(super::class::asks_who)
    }

    /// The resource control policies that limit what the resources of an account are used for.
    pub(super) fn resource_control(&self, account: &str) -> Vec<LayerPolicies<'_>> {
        layers(self.resource_control.get(account), || unread("resource", account))
    }
}

/// The levels of one type above an account; `None` when they were not read.
fn held(levels: OrganizationLevels<'_>) -> Option<Vec<Held<'_>>> {
    match levels {
        OrganizationLevels::NoneApply(_) => Some(Vec::new()),
        OrganizationLevels::Unread(_) => None,
        OrganizationLevels::Read(levels) => Some(levels.into_iter().map(level).collect()),
    }
}

fn level(level: Level<'_>) -> Held<'_> {
    let policy = |(resource, document): (&Resource, _)| HeldPolicy {
        name: resource.id.to_string(),
        document: Cow::Borrowed(document),
    };
    Held { policies: level.policies.into_iter().map(policy).collect(), unread: level.unread }
}

fn layers<'s>(levels: Option<&'s Vec<Held<'_>>>, unread: impl FnOnce() -> String) -> Vec<LayerPolicies<'s>> {
    match levels {
        Some(levels) => levels.iter().map(Held::applied).collect(),
        None => vec![LayerPolicies::unread(unread())],
    }
}

fn unread(kind: &str, account: &str) -> String {
    format!("{kind} control policies of {account} were not read")
}

/// Whether a need is about policies of an organization that were not read, and nothing else.
pub(super) fn is_about_organization(need: &Need) -> bool {
    let Need::Policy(why) = need else { return false };
    why.starts_with("service control policies of ") || why.starts_with("resource control policies of ")
}

/// Services whose requests resource control policies are asked about.
/// Source: Organizations user guide, "List of AWS services that support RCPs".
const WITH_RESOURCE_CONTROL: &[&str] = &[
    "aoss",
    "cognito-identity",
    "cognito-idp",
    "dynamodb",
    "ecr",
    "kms",
    "logs",
    "s3",
    "secretsmanager",
    "sqs",
    "sts",
];

/// Whether resource control policies are asked about an action.
pub(super) fn has_resource_control(action: &str) -> bool {
    let service = action.split(':').next().unwrap_or_default();
    WITH_RESOURCE_CONTROL.iter().any(|known| known.eq_ignore_ascii_case(service))
}

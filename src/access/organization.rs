//! The levels of organization policies above an account: one layer per level, the root first.
//!
//! What was not read is one level that says so, never a level that allows.

use std::collections::{BTreeMap, BTreeSet};

use super::documents::Held;
use crate::model::Snapshot;
use crate::policy::{LayerPolicies, Need};

/// The levels above each scanned account.
#[derive(Debug, Default)]
pub(super) struct Levels<'a> {
    service_control: BTreeMap<&'a str, Vec<Held<'a>>>,
    resource_control: BTreeMap<&'a str, Vec<Held<'a>>>,
}

impl<'a> Levels<'a> {
    pub(super) fn of(_snapshots: &[&'a Snapshot], _accounts: &BTreeSet<&'a str>) -> Self {
        Self::default()
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

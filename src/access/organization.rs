//! The levels of organization policies above an account: one layer per level, the root first.
//!
//! What was not read is one level that says so, never a level that allows.

use std::collections::{BTreeMap, BTreeSet};

use super::documents::{Held, Source};
use crate::model::{self, AccountId, OrganizationPolicyType, Organizations, Pointer, Snapshot};
use crate::policy::{LayerPolicies, Need, catalog};

/// The levels above each scanned account.
#[derive(Debug, Default)]
pub(super) struct Levels<'a> {
    service_control: BTreeMap<&'a str, Vec<Held<'a>>>,
    resource_control: BTreeMap<&'a str, Vec<Held<'a>>>,
}

impl<'a> Levels<'a> {
    pub(super) fn of(snapshots: &[&'a Snapshot], accounts: &BTreeSet<&'a AccountId>) -> Self {
        let organizations: Vec<Organizations<'a>> =
            snapshots.iter().map(|snapshot| Organizations::of(snapshot)).collect();
        let of = |policy_type: OrganizationPolicyType| {
            let above = |account: &&'a AccountId| {
                (account.as_str(), levels(organizations.iter().map(|known| known.levels(account, policy_type))))
            };
            accounts.iter().map(above).collect()
        };
        Self {
            service_control: of(OrganizationPolicyType::ServiceControlPolicy),
            resource_control: of(OrganizationPolicyType::ResourceControlPolicy),
        }
    }

    /// The service control policies that limit the principals of an account.
    pub(super) fn service_control(&self, account: &str) -> Vec<LayerPolicies<'_>> {
        layers(self.service_control.get(account), || unread(OrganizationPolicyType::ServiceControlPolicy, account))
    }

    /// Whether a policy above an account asks who in particular makes a request.
    pub(super) fn ask_who(&self, account: &str) -> bool {
        let above = [self.service_control.get(account), self.resource_control.get(account)];
        above.into_iter().flatten().flatten().any(super::class::asks_who)
    }

    /// The resource control policies that limit what the resources of an account are used for.
    pub(super) fn resource_control(&self, account: &str) -> Vec<LayerPolicies<'_>> {
        layers(self.resource_control.get(account), || unread(OrganizationPolicyType::ResourceControlPolicy, account))
    }
}

/// The word of the snapshot that read most about an account; where one read policies and another
/// found none, the policies.
fn levels<'a>(found: impl Iterator<Item = model::Levels<'a>>) -> Vec<Held<'a>> {
    let rank = |levels: &model::Levels<'_>| match levels {
        model::Levels::Read(_) => 0,
        model::Levels::NoneApply(_) => 1,
        model::Levels::Unread(_) => 2,
    };
    match found.min_by_key(rank) {
        Some(model::Levels::Read(levels)) => levels.into_iter().map(level).collect(),
        Some(model::Levels::Unread(why)) => vec![Held::unread(why)],
        Some(model::Levels::NoneApply(_)) | None => Vec::new(),
    }
}

fn level(level: model::Level<'_>) -> Held<'_> {
    let mut held = Held { policies: Vec::new(), unread: level.unread };
    for (resource, document) in level.policies {
        held.add(
            &Source { resource, gaps: Vec::new() },
            resource.id.to_string(),
            Some(document),
            &Pointer::configuration("document"),
        );
    }
    held
}

fn layers<'s>(levels: Option<&'s Vec<Held<'_>>>, unread: impl FnOnce() -> String) -> Vec<LayerPolicies<'s>> {
    match levels {
        Some(levels) => levels.iter().map(Held::applied).collect(),
        None => vec![LayerPolicies::unread(unread())],
    }
}

fn unread(kind: OrganizationPolicyType, account: &str) -> String {
    format!("{} of {account} were not read", kind.plural())
}

/// Whether a need is about policies of an organization that were not read, and nothing else.
pub(super) fn is_about_organization(need: &Need) -> bool {
    let Need::Policy(why) = need else { return false };
    let named = |kind: &OrganizationPolicyType| {
        why.starts_with(kind.plural()) || why.contains(&format!("the {} of ", kind.plural()))
    };
    OrganizationPolicyType::ALL.iter().any(named) || why.contains(":organizations:")
}

/// Whether resource control policies are asked about an action.
pub(super) fn has_resource_control(action: &str) -> bool {
    action.split(':').next().is_some_and(|service| catalog().supports_rcp(&service.to_ascii_lowercase()))
}

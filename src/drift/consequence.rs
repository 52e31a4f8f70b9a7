//! What a change means for others: drift is charged to the resource that changed, and says who
//! is touched by it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Key, public};
use crate::model::{AccountId, Change, ChangeKind, Configuration, Direction, Grants, Resource, ResourceType, Snapshot};

/// How many names one line lists.
const SHOWN: usize = 5;

/// Who holds what in the new snapshot, and which buckets everyone can reach since when.
pub(super) struct Consequences<'a> {
    holders: BTreeMap<(&'a AccountId, &'a str), BTreeSet<String>>,
    limited: BTreeMap<(&'a AccountId, &'a str), BTreeSet<String>>,
    members: BTreeMap<(&'a AccountId, &'a str), BTreeSet<String>>,
    opened: BTreeMap<&'a AccountId, BTreeSet<String>>,
    closed: BTreeMap<&'a AccountId, BTreeSet<String>>,
}

impl<'a> Consequences<'a> {
    pub(super) fn of(before: &BTreeMap<Key<'a>, &'a Resource>, new: &'a Snapshot) -> Self {
        let mut consequences = Self {
            holders: BTreeMap::new(),
            limited: BTreeMap::new(),
            members: BTreeMap::new(),
            opened: BTreeMap::new(),
            closed: BTreeMap::new(),
        };
        for resource in &new.resources {
            consequences.add_holder(resource);
            if let Some(earlier) = before.get(&resource.key()) {
                consequences.add_public(earlier, resource);
            }
        }
        consequences
    }

    fn add_holder(&mut self, resource: &'a Resource) {
        let account = &resource.account;
        match &resource.configuration {
            Configuration::Role(role) => {
                self.add_grants(resource, "role", &role.grants, role.permissions_boundary.as_deref());
            }
            Configuration::Group(group) => self.add_grants(resource, "group", &group.grants, None),
            Configuration::User(user) => {
                self.add_grants(resource, "user", &user.grants, user.permissions_boundary.as_deref());
                for group in &user.groups {
                    self.members.entry((account, group)).or_default().insert(format!("user {}", resource.name));
                }
            }
            _ => {}
        }
    }

    fn add_grants(&mut self, resource: &'a Resource, kind: &str, grants: &'a Grants, boundary: Option<&'a str>) {
        let name = || format!("{kind} {}", resource.name);
        for arn in &grants.attached_policies {
            self.holders.entry((&resource.account, arn)).or_default().insert(name());
        }
        if let Some(arn) = boundary {
            self.limited.entry((&resource.account, arn)).or_default().insert(name());
        }
    }

    /// Notes what became public, or private, beside an account's access block.
    fn add_public(&mut self, old: &Resource, new: &'a Resource) {
        let moved = match (public::is_public(old), public::is_public(new)) {
            (Some(false), Some(true)) => &mut self.opened,
            (Some(true), Some(false)) => &mut self.closed,
            _ => return,
        };
        moved.entry(&new.account).or_default().insert(new.id.to_string());
    }

    /// The change with what follows from it.
    pub(super) fn complete(&self, mut change: Change) -> Change {
        if change.kind == ChangeKind::Changed && change.direction != Direction::Neutral {
            change.consequences = self.following(&change);
        }
        change
    }

    fn following(&self, change: &Change) -> Vec<String> {
        let account = &change.resource.account;
        let has = |place: &str| change.fields.iter().any(|field| field.path.as_str().starts_with(place));
        let told = |names: Option<&BTreeSet<String>>, verb: &str| names.map(|names| listed(verb, names));
        let found = match change.resource.resource_type {
            ResourceType::ManagedPolicy if has("/configuration/document") => {
                let policy = (account, change.resource.id.as_str());
                [told(self.holders.get(&policy), "held by"), told(self.limited.get(&policy), "the boundary of")]
            }
            ResourceType::Group => [told(self.members.get(&(account, change.name.as_str())), "holds for"), None],
            ResourceType::Account if has("/configuration/s3_public_access_block") => [
                told(self.opened.get(account), "now open to everyone:"),
                told(self.closed.get(account), "no longer open to everyone:"),
            ],
            _ => [None, None],
        };
        found.into_iter().flatten().collect()
    }
}

/// `held by role ci, role web and 4 more`.
fn listed(verb: &str, names: &BTreeSet<String>) -> String {
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => format!("{verb} {shown}"),
        more => format!("{verb} {shown} and {more} more"),
    }
}

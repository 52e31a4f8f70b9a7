//! Two snapshots -> what changed, by meaning.
//!
//! Order and spelling are not drift, nor are `origin`, `facts` and what use left behind
//! (`configuration.observed`). What was written otherwise and means the same is told apart, as
//! [`ChangeKind::Rewritten`]. Nothing is concluded from what was not seen: an incomplete list
//! never yields a removal, a resource that may have been missed before is not an addition, a
//! stale resource did not change, and a place that is unknown on either side did not either,
//! except for what is certain of a list of network entries.

mod consequence;
mod counterpart;
pub mod declared;
mod direction;
mod document;
mod exposure;
mod held;
mod meaning;
mod overlay;
mod policies;
mod proof;
mod public;
mod reach;
mod routes;

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::model::{
    AccountId, Change, ChangeKind, Direction, FieldChange, Listing, Region, Resource, ResourceId, ResourceKey,
    ResourceType, Snapshot,
};
use crate::network::PrefixLists;
use consequence::Consequences;
use held::Policies;
use meaning::Meanings;

type Key<'a> = (&'a AccountId, &'a Region, ResourceType, &'a ResourceId);

/// What changed from `old` to `new`, sorted by resource.
///
/// Both snapshots carry their facts ([`crate::facts::derive`]): an added or removed resource has
/// a direction only by them.
#[must_use]
pub fn compare(old: &Snapshot, new: &Snapshot) -> Vec<Change> {
    let (before, after) = (by_key(old), by_key(new));
    let mut comparison = Comparison::of(old, new);
    let consequences = Consequences::of(&before, new);
    let mut changes: Vec<(Key<'_>, Change)> = Vec::new();
    for (key, resource) in &after {
        let change = match before.get(key) {
            Some(earlier) => comparison.changed(earlier, resource),
            None if may_have_been_missed(old, resource) => None,
            None => Some(whole(resource, ChangeKind::Added)),
        };
        changes.extend(change.map(|change| (*key, consequences.complete(change))));
    }
    for (key, resource) in before.iter().filter(|(key, _)| !after.contains_key(*key)) {
        if listing(new, resource).is_some_and(|listing| listing.complete) {
            changes.push((*key, whole(resource, ChangeKind::Removed)));
        }
    }
    changes.sort_by_key(|(key, _)| *key);
    changes.into_iter().map(|(_, change)| change).collect()
}

/// Compares single resources of two snapshots, also such as have another id in the second.
///
/// The snapshots are looked through when the first two resources are compared.
pub struct Pairs<'a> {
    old: &'a Snapshot,
    new: &'a Snapshot,
    comparison: RefCell<Option<Comparison<'a>>>,
}

impl<'a> Pairs<'a> {
    /// For resources of these snapshots, which carry their facts.
    #[must_use]
    pub const fn of(old: &'a Snapshot, new: &'a Snapshot) -> Self {
        Self { old, new, comparison: RefCell::new(None) }
    }

    /// What changed from `old` to `new`, as in [`compare`].
    pub fn change(&self, old: &Resource, new: &Resource) -> Option<Change> {
        let mut comparison = self.comparison.borrow_mut();
        comparison.get_or_insert_with(|| Comparison::of(self.old, self.new)).changed(old, new)
    }
}

fn by_key(snapshot: &Snapshot) -> BTreeMap<Key<'_>, &Resource> {
    snapshot.resources.iter().map(|resource| (resource.key(), resource)).collect()
}

/// The list a resource stands on. Buckets are listed once per account, whatever their region.
fn listing<'a>(snapshot: &'a Snapshot, resource: &Resource) -> Option<&'a Listing> {
    let global = Region::global();
    let of_account = matches!(resource.resource_type, ResourceType::Bucket | ResourceType::FailoverPath);
    let region = if of_account { &global } else { &resource.region };
    snapshot.listings.iter().find(|listing| {
        listing.account == resource.account
            && listing.region == *region
            && listing.resource_type == resource.resource_type
    })
}

fn may_have_been_missed(old: &Snapshot, resource: &Resource) -> bool {
    listing(old, resource).is_some_and(|listing| !listing.complete)
}

/// A resource that came or went. It widens access when it lets in the world (or may do
/// everything), and its removal narrows access by the same measure; otherwise access is not
/// touched, because what it admits was for the taking before only within the account.
fn whole(resource: &Resource, kind: ChangeKind) -> Change {
    let exposing = if kind == ChangeKind::Removed { Direction::Narrowed } else { Direction::Widened };
    let direction = match exposure::is_exposed(resource) {
        Some(true) => exposing,
        Some(false) => Direction::Neutral,
        None => Direction::Unknown,
    };
    Change {
        resource: ResourceKey::from(resource),
        name: resource.name.clone(),
        kind,
        direction,
        fields: exposure::told(resource, kind),
        consequences: Vec::new(),
        breaks: Vec::new(),
        by: None,
    }
}

/// What it takes to compare one resource with its earlier self.
struct Comparison<'a> {
    lists: PrefixLists<'a>,
    policies: Policies<'a>,
    meanings: Meanings,
}

impl<'a> Comparison<'a> {
    fn of(old: &'a Snapshot, new: &'a Snapshot) -> Self {
        Self {
            // Both sides are read with today's prefix lists: a list that changed is its own change.
            lists: PrefixLists::of(new),
            policies: Policies::of(old, new),
            meanings: Meanings::default(),
        }
    }

    fn changed(&mut self, old: &Resource, new: &Resource) -> Option<Change> {
        if old.stale_since.is_some() || new.stale_since.is_some() {
            return None;
        }
        if old.configuration == new.configuration
            && old.unknown == new.unknown
            && old.tags == new.tags
            && old.name == new.name
        {
            return None;
        }
        let mut fields = document::differences(old, new);
        for field in &mut fields {
            direction::judge(new.resource_type, field);
        }
        policies::judge(old, new, &mut fields, &self.policies, &mut self.meanings);
        fields.extend(reach::differences(old, new, &self.lists));
        let public = public::difference(old, new, &mut fields, &mut self.meanings);
        fields.extend(public);
        if fields.is_empty() {
            return None;
        }
        fields.sort_by(|a, b| a.path.cmp(&b.path));
        let rewritten = fields.iter().all(|field| field.same_meaning);
        Some(Change {
            resource: ResourceKey::from(new),
            name: new.name.clone(),
            kind: if rewritten { ChangeKind::Rewritten } else { ChangeKind::Changed },
            direction: united(&fields),
            fields,
            consequences: Vec::new(),
            breaks: Vec::new(),
            by: None,
        })
    }
}

/// The direction of several changes together. One that is not determined leaves the whole
/// undetermined, unless another one has surely widened access: then it is said to have widened.
fn united(fields: &[FieldChange]) -> Direction {
    let any = |direction| fields.iter().any(|field| field.direction == direction);
    let both = any(Direction::Both);
    match (both || any(Direction::Widened), both || any(Direction::Narrowed), any(Direction::Unknown)) {
        (true, true, _) => Direction::Both,
        (true, false, _) => Direction::Widened,
        (false, _, true) => Direction::Unknown,
        (false, true, false) => Direction::Narrowed,
        (false, false, false) => Direction::Neutral,
    }
}

#[cfg(test)]
mod tests;

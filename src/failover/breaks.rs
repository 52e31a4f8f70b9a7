//! Which changes broke which paths.
//!
//! Only a path that is blocked now at a step where it was not, and only the changes of documents
//! that its answers rest on, are looked at. Each such change is taken back by itself and the path
//! judged again: when the step then goes through, that change broke it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ground, facts, path_of};
use crate::model::{Change, Direction, Facts, FailoverFacts, Resource, ResourceKey, Snapshot};

/// Writes into each change the names of the paths it broke. Both snapshots carry their facts.
pub fn annotate(changes: &mut [Change], before: &Snapshot, after: &Snapshot) {
    if changes.is_empty() {
        return;
    }
    let earlier: BTreeMap<_, _> =
        before.resources.iter().map(|resource| (ResourceKey::from(resource), resource)).collect();
    for resource in &after.resources {
        let (Some(path), Some(now)) = (path_of(resource), of(resource)) else { continue };
        let Some(then) = earlier.get(&ResourceKey::from(resource)).and_then(|earlier| of(earlier)) else { continue };
        let new = newly(then, now);
        if new.is_empty() {
            continue;
        }
        let evidence: BTreeSet<&str> = named(then).chain(named(now)).collect();
        let suspects: Vec<usize> =
            (0..changes.len()).filter(|&at| evidence.contains(changes[at].resource.id.as_str())).collect();
        let mut broke: Vec<usize> = Vec::new();
        for &at in &suspects {
            let without = taken_back(after, &changes[at], &earlier);
            if !new.is_subset(&broken(&facts(path, &Ground::new(&without)))) {
                broke.push(at);
            }
        }
        if broke.is_empty() {
            // Several together did.
            let takes_away = |at: &usize| !matches!(changes[*at].direction, Direction::Neutral | Direction::Widened);
            broke = suspects.into_iter().filter(takes_away).collect();
        }
        for at in broke {
            changes[at].breaks.push(resource.name.clone());
            changes[at].breaks.sort();
        }
    }
}

fn of(resource: &Resource) -> Option<&FailoverFacts> {
    match &resource.facts {
        Some(Facts::FailoverPath(facts)) => Some(facts),
        _ => None,
    }
}

/// Steps that are blocked now, and bounds that are exceeded now.
fn broken(facts: &FailoverFacts) -> BTreeSet<String> {
    let blocked = facts.blocked.value.iter().flatten().map(|blocked| blocked.step.clone());
    let exceeded = facts.exceeded.value.iter().flatten().map(|exceeded| exceeded.step.clone());
    blocked.chain(exceeded).collect()
}

fn newly(then: &FailoverFacts, now: &FailoverFacts) -> BTreeSet<String> {
    broken(now).difference(&broken(then)).cloned().collect()
}

/// The resources that the answers rest on.
fn named(facts: &FailoverFacts) -> impl Iterator<Item = &str> {
    let id = |name: &'_ String| name.split_once('#').map_or(name.len(), |(id, _)| id.len());
    facts.evidence.value.iter().flatten().map(move |name| &name[..id(name)])
}

/// The snapshot as if one change had not been made.
fn taken_back(after: &Snapshot, change: &Change, earlier: &BTreeMap<ResourceKey, &Resource>) -> Snapshot {
    let mut without = after.clone();
    let of_change = |resource: &Resource| ResourceKey::from(resource) == change.resource;
    without.resources.retain(|resource| !of_change(resource));
    without.resources.extend(earlier.get(&change.resource).map(|resource| (*resource).clone()));
    without.sort();
    without
}

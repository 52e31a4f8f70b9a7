//! Changed policies: of a bucket, an access point or a role's trust each by itself; those that a
//! principal holds all together, because what it may do is the union of them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::held::{Policies, everything};
use super::meaning::{Meaning, Meanings, Place};
use crate::model::{Configuration, Direction, FieldChange, PolicyDocument, Resource, ResourceType};

/// Sets the direction, what was gained and lost, and witnesses of the changes that are about
/// policies.
pub(super) fn judge<'a>(
    old: &'a Resource,
    new: &'a Resource,
    fields: &mut [FieldChange],
    policies: &Policies<'a>,
    meanings: &mut Meanings,
) {
    for field in &mut *fields {
        match field.path.as_str() {
            "/configuration/policy" | "/configuration/assume_role_policy" | "/configuration/document" => {
                own_policy(old, new, meanings).tell(field);
            }
            "/configuration/permissions_boundary" => boundary(field, policies, meanings).tell(field),
            _ => {}
        }
    }
    let mut held = fields.iter_mut().filter(|field| is_held(field.path.as_str()));
    let Some(first) = held.next() else { return };
    let delta = policies.delta(old, new);
    let known = meanings.beside(Place::Identity, &delta.kept, &delta.gone, &delta.come);
    let meaning = if delta.unread.is_empty() { Meaning::clone(&known) } else { partly(&known, &delta.unread) };
    meaning.tell(first);
    for other in held {
        other.direction = meaning.direction;
        other.same_meaning = meaning.same;
        other.reason = Some(format!("judged together with {}, which says what was gained and lost", first.path));
    }
}

/// Whether a change is one of the policies that a principal holds.
fn is_held(path: &str) -> bool {
    matches!(path, "/configuration/attached_policies" | "/configuration/groups")
        || path.starts_with("/configuration/inline_policies/")
}

/// What is known when some of what came or went was not read: it may grant more, and it may deny
/// what the rest grants.
fn partly(known: &Meaning, unread: &BTreeSet<String>) -> Meaning {
    let reason = unread.iter().cloned().collect::<Vec<_>>().join("; ");
    Meaning { gained: known.gained.clone(), lost: known.lost.clone(), ..Meaning::unknown(reason) }
}

/// The policy that is the resource's own, or that decides who reaches it.
fn own_policy(old: &Resource, new: &Resource, meanings: &mut Meanings) -> Meaning {
    let place = match new.resource_type {
        ResourceType::Role => Place::Trust,
        ResourceType::ManagedPolicy => Place::Identity,
        _ => Place::Resource,
    };
    Meaning::clone(&meanings.of(place, document(old).as_slice(), document(new).as_slice()))
}

fn document(resource: &Resource) -> Option<&PolicyDocument> {
    match &resource.configuration {
        Configuration::Bucket(bucket) => bucket.policy.as_ref(),
        Configuration::AccessPoint(point) => point.policy.as_ref(),
        Configuration::Role(role) => role.assume_role_policy.as_ref(),
        Configuration::ManagedPolicy(policy) => policy.document.as_ref(),
        _ => None,
    }
}

/// A permissions boundary. Without one there is no limit; to set one never widens, and to lift
/// it never narrows, whatever it says.
fn boundary(field: &FieldChange, policies: &Policies<'_>, meanings: &mut Meanings) -> Meaning {
    let arns = [&field.old, &field.new].map(|value| value.as_ref().and_then(Value::as_str));
    let documents = arns.map(|arn| arn.map_or(Some(everything()), |arn| policies.managed(arn)));
    if let [Some(before), Some(after)] = documents {
        return Meaning::clone(&meanings.of(Place::Boundary, &[before], &[after]));
    }
    let unread = arns.iter().zip(documents).filter(|(_, document)| document.is_none());
    let unread = unread.filter_map(|(arn, _)| Some(format!("the document of {} was not read", (*arn)?)));
    let direction = match arns {
        [None, Some(_)] => Direction::Narrowed,
        [Some(_), None] => Direction::Widened,
        _ => Direction::Unknown,
    };
    Meaning { direction, ..Meaning::unknown(unread.collect::<Vec<_>>().join("; ")) }
}

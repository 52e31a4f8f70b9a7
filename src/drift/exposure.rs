//! Whether a resource as a whole lets in the world, by its facts.

use crate::model::{Fact, Facts, Reach, Resource, ResourceType, RoleFacts};

/// Whether the world can reach the resource, or whoever holds it may do everything. `None` when
/// that is not known.
pub(super) fn is_exposed(resource: &Resource) -> Option<bool> {
    match &resource.facts {
        Some(Facts::Bucket(facts)) => facts.public.value,
        Some(Facts::AccessPoint(facts)) => facts.public.value,
        Some(Facts::SecurityGroup(facts)) => admits(&facts.world_ingress),
        Some(Facts::Role(facts)) => role(facts),
        Some(Facts::User(facts) | Facts::Group(facts)) => facts.admin.value,
        // These let nobody in by themselves: a policy that is attached tells on its holders.
        Some(Facts::NetworkAcl(_) | Facts::Vpc(_) | Facts::ManagedPolicy(_) | Facts::FailoverPath(_)) => Some(false),
        None => (!has_exposure_facts(resource.resource_type)).then_some(false),
    }
}

const fn has_exposure_facts(resource_type: ResourceType) -> bool {
    matches!(
        resource_type,
        ResourceType::Bucket
            | ResourceType::AccessPoint
            | ResourceType::SecurityGroup
            | ResourceType::Role
            | ResourceType::User
            | ResourceType::Group
    )
}

fn admits(reach: &Fact<Vec<Reach>>) -> Option<bool> {
    match &reach.value {
        Some(reaches) if !reaches.is_empty() => Some(true),
        Some(_) if reach.waits_for.is_empty() => Some(false),
        _ => None,
    }
}

fn role(facts: &RoleFacts) -> Option<bool> {
    let trusted = facts.trusted.value.iter().flatten();
    let anyone = trusted.into_iter().any(|entry| entry.kind == "anyone" && !entry.restricted);
    if anyone || facts.admin.value == Some(true) {
        return Some(true);
    }
    let known = facts.trusted.value.is_some() && facts.trusted.waits_for.is_empty() && facts.admin.value.is_some();
    known.then_some(false)
}

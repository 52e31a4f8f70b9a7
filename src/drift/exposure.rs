//! Whether a resource as a whole lets in the world, by its facts.

use super::public;
use crate::model::{
    ChangeKind, Direction, Fact, Facts, FieldChange, Pointer, Reach, Resource, ResourceType, RoleFacts, Trusted,
};

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
        Some(_) => Some(false),
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
    let anyone = trusted.into_iter().any(is_anyone);
    if anyone || facts.admin.value == Some(true) {
        return Some(true);
    }
    let known = facts.trusted.value.is_some() && facts.trusted.waits_for.is_empty() && facts.admin.value.is_some();
    known.then_some(false)
}

/// Of a resource that came or went: how it lets in the world, if it does.
pub(super) fn told(resource: &Resource, kind: ChangeKind) -> Vec<FieldChange> {
    let ways: Vec<(Pointer, Vec<String>)> = match &resource.facts {
        Some(Facts::Bucket(_) | Facts::AccessPoint(_)) => {
            public::told(resource).map(|ways| (public::place(), ways)).into_iter().collect()
        }
        Some(Facts::SecurityGroup(facts)) => {
            let reaches = facts.world_ingress.value.iter().flatten().map(reach).collect();
            vec![(Pointer::new("/facts/world_ingress"), reaches)]
        }
        Some(Facts::Role(facts)) => vec![admin(&facts.admin), (Pointer::new("/facts/trusted"), trusted(facts))],
        Some(Facts::User(facts) | Facts::Group(facts)) => vec![admin(&facts.admin)],
        _ => Vec::new(),
    };
    let told = ways.into_iter().filter(|(_, ways)| !ways.is_empty()).map(|(path, ways)| {
        let change = FieldChange::new(path, None, None);
        match kind {
            ChangeKind::Removed => FieldChange { direction: Direction::Narrowed, lost: ways, ..change },
            _ => FieldChange { direction: Direction::Widened, gained: ways, ..change },
        }
    });
    told.collect()
}

fn reach(reach: &Reach) -> String {
    let Reach { protocol, from_port, to_port, family, .. } = reach;
    let what = match (protocol.as_str(), from_port, to_port) {
        ("all", _, _) => "all traffic".to_owned(),
        (_, 0, &u16::MAX) => format!("{protocol} on all ports"),
        (_, first, last) if first == last => format!("{protocol} {first}"),
        (_, first, last) => format!("{protocol} {first}-{last}"),
    };
    format!("{what} from the world ({family})")
}

fn admin(fact: &Fact<bool>) -> (Pointer, Vec<String>) {
    let everything = (fact.value == Some(true)).then(|| "every action on every resource".to_owned());
    (Pointer::new("/facts/admin"), everything.into_iter().collect())
}

fn trusted(facts: &RoleFacts) -> Vec<String> {
    let anyone = facts.trusted.value.iter().flatten().any(is_anyone);
    anyone.then(|| "everyone can assume the role".to_owned()).into_iter().collect()
}

fn is_anyone(entry: &Trusted) -> bool {
    entry.kind == "anyone" && !entry.restricted
}

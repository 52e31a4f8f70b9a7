//! Which places of two documents differ, in canonical form.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::model::{Configuration, FieldChange, InlinePolicy, Pointer, PublicAccessBlock, Resource, ResourceType};

/// The places that differ, each still without its direction. Lists of network entries are left
/// to `reach`.
pub(super) fn differences(old: &Resource, new: &Resource) -> Vec<FieldChange> {
    let unknown: Vec<&Pointer> = old.unknown.iter().chain(&new.unknown).collect();
    let mut found = Vec::new();
    let (before, after) = (canonical(old), canonical(new));
    walk(&Pointer::default(), Some(&before), Some(&after), &unknown, &mut found);
    found.extend(inline_differences(old, new));
    found
}

/// Attributes that are compared elsewhere: by reach, or name by name.
const COMPARED_ELSEWHERE: &[(ResourceType, &[&str])] = &[
    (ResourceType::SecurityGroup, &["ingress", "egress"]),
    (ResourceType::NetworkAcl, &["entries"]),
    (ResourceType::PrefixList, &["entries"]),
    (ResourceType::Role, &["inline_policies"]),
    (ResourceType::User, &["inline_policies"]),
    (ResourceType::Group, &["inline_policies"]),
];

/// Name, tags and configuration, in canonical form.
fn canonical(resource: &Resource) -> Value {
    let mut document = resource.document();
    let mut configuration = document.get_mut("configuration").map(Value::take).unwrap_or_default();
    if let Value::Object(attributes) = &mut configuration {
        attributes.remove("observed");
        for (_, elsewhere) in COMPARED_ELSEWHERE.iter().filter(|(kind, _)| *kind == resource.resource_type) {
            attributes.retain(|attribute, _| !elsewhere.contains(&attribute.as_str()));
        }
        if let Some(attribute) = access_block_attribute(resource.resource_type) {
            attributes.entry(attribute).or_insert_with(no_access_block);
        }
    }
    let mut parts = Map::new();
    parts.insert("name".to_owned(), Value::from(resource.name.clone()));
    parts.insert("tags".to_owned(), document.get_mut("tags").map(Value::take).unwrap_or_default());
    parts.insert("configuration".to_owned(), ordered(configuration));
    Value::Object(parts)
}

const fn access_block_attribute(resource_type: ResourceType) -> Option<&'static str> {
    match resource_type {
        ResourceType::Bucket | ResourceType::AccessPoint => Some("public_access_block"),
        ResourceType::Account => Some("s3_public_access_block"),
        _ => None,
    }
}

/// An access block that was never set is four times false.
fn no_access_block() -> Value {
    serde_json::to_value(PublicAccessBlock::default()).unwrap_or_default()
}

/// The value with every list in one order and free of repeats, since no list of a configuration
/// has a meaningful order, and without what is empty.
pub(super) fn ordered(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let items: BTreeMap<String, Value> =
                items.into_iter().map(ordered).map(|item| (item.to_string(), item)).collect();
            Value::Array(items.into_values().collect())
        }
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(key, value)| (key, ordered(value)));
            Value::Object(fields.filter(|(_, value)| !is_empty(value)).collect())
        }
        scalar => scalar,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Objects whose fields are told one by one also when the object came or went.
const TOLD_BY_FIELD: &[&str] = &[
    "/configuration",
    "/tags",
    "/configuration/versioning",
    "/configuration/root",
    "/configuration/metadata_options",
    "/configuration/metadata_defaults",
];

/// Policies are compared as a whole; their inside has its own comparison.
fn is_policy(path: &Pointer) -> bool {
    matches!(path.as_str(), "/configuration/policy" | "/configuration/assume_role_policy")
        || path.as_str() == "/configuration/document"
}

fn walk(path: &Pointer, old: Option<&Value>, new: Option<&Value>, unknown: &[&Pointer], found: &mut Vec<FieldChange>) {
    if old == new || unknown.iter().any(|place| place.covers(path)) {
        return;
    }
    let unknown_below = unknown.iter().any(|place| path.covers(place));
    let by_field = unknown_below || TOLD_BY_FIELD.contains(&path.as_str());
    match (old, new) {
        _ if is_policy(path) && unknown_below => {}
        _ if is_policy(path) => found.push(FieldChange::new(path.clone(), old.cloned(), new.cloned())),
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            walk_fields(path, Some(old), Some(new), unknown, found);
        }
        (Some(Value::Object(old)), None) if by_field => walk_fields(path, Some(old), None, unknown, found),
        (None, Some(Value::Object(new))) if by_field => walk_fields(path, None, Some(new), unknown, found),
        // Which element of a list an unknown place stands for is not known either.
        _ if unknown_below => {}
        (old, new) if is_nothing(old) && is_nothing(new) => {}
        (old, new) => found.push(FieldChange::new(path.clone(), old.cloned(), new.cloned())),
    }
}

fn walk_fields(
    path: &Pointer,
    old: Option<&Map<String, Value>>,
    new: Option<&Map<String, Value>>,
    unknown: &[&Pointer],
    found: &mut Vec<FieldChange>,
) {
    let keys: BTreeSet<&String> = old.into_iter().chain(new).flat_map(Map::keys).collect();
    for key in keys {
        let value = |fields: Option<&'_ Map<String, Value>>| fields.and_then(|fields| fields.get(key)).cloned();
        walk(&path.child(key), value(old).as_ref(), value(new).as_ref(), unknown, found);
    }
}

/// Absent, or AWS's word for it: versioning that was never enabled is `Disabled`.
fn is_nothing(value: Option<&Value>) -> bool {
    match value {
        None => true,
        Some(Value::Bool(truth)) => !truth,
        Some(Value::String(text)) => text == "Disabled",
        Some(_) => false,
    }
}

/// Inline policies, name by name, so that each has its own change. The place is that of the new
/// document where there is one.
fn inline_differences(old: &Resource, new: &Resource) -> Vec<FieldChange> {
    let place = Pointer::configuration("inline_policies");
    if [old, new].iter().any(|resource| resource.unknown.iter().any(|other| other.covers(&place))) {
        return Vec::new();
    }
    let (before, after) = (inline_policies(old, &place), inline_policies(new, &place));
    let names: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    let mut found = Vec::new();
    for name in names {
        let (old, new) = (before.get(name), after.get(name));
        let Some(path) = new.or(old).map(|(path, _)| path.clone()) else { continue };
        let document = |side: Option<&(Pointer, Option<Value>)>| match side {
            None => Some(None),
            Some((_, None)) => None,
            Some((_, Some(document))) => Some(Some(document.clone())),
        };
        // A document that is not known on a side: nothing to say about this policy.
        if let (Some(old), Some(new)) = (document(old), document(new))
            && old != new
        {
            found.push(FieldChange::new(path, old, new));
        }
    }
    found
}

/// Name to place and document; no document where it is not wholly known.
fn inline_policies<'a>(resource: &'a Resource, place: &Pointer) -> BTreeMap<&'a str, (Pointer, Option<Value>)> {
    let policies: &[InlinePolicy] = match &resource.configuration {
        Configuration::Role(role) => &role.grants.inline_policies,
        Configuration::User(user) => &user.grants.inline_policies,
        Configuration::Group(group) => &group.grants.inline_policies,
        _ => &[],
    };
    let known = |at: &Pointer| !resource.unknown.iter().any(|other| other.overlaps(at));
    policies
        .iter()
        .enumerate()
        .map(|(index, policy)| {
            let at = place.child(index).child("document");
            let document = policy.document.as_ref().filter(|_| known(&at));
            let document = document.and_then(|document| serde_json::to_value(document).ok()).map(ordered);
            (policy.name.as_str(), (at, document))
        })
        .collect()
}

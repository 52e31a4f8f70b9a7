//! Which places of the documents rest on sensitive values.
//!
//! The plan is mapped a second time with every sensitive value changed into another one: what then
//! differs rests on such a value, whatever its type and wherever the mapper puts it. Values by
//! which resources name each other stay as they are, so that the joins do; they are texts, and are
//! taken out wherever they stand.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value as Json;

use crate::model::{Pointer, Resource, ResourceType, Snapshot};

use super::estate::{NAMING, Substitutes, prior};
use super::format::{PlanFile, ResourceChange};
use super::json::Value;

/// Sensitive places of documents, by Terraform address.
pub(super) type Places = BTreeMap<String, Vec<Pointer>>;

/// The values of both sides with the sensitive ones changed, by address.
#[derive(Debug, Default)]
pub(super) struct Changed {
    pub(super) before: Substitutes,
    pub(super) after: Substitutes,
}

impl Changed {
    /// `None` when nothing sensitive can be changed.
    pub(super) fn of(plan: &PlanFile, changes: &[ResourceChange]) -> Option<Self> {
        let marked = changes.iter().filter_map(|change| change.change.as_ref());
        let marked = marked.flat_map(|change| [&change.before_sensitive, &change.after_sensitive]);
        let states = prior(plan);
        let mut marked = marked.chain(states.iter().map(|resource| &resource.sensitive_values)).flatten();
        if marked.all(Value::is_null) {
            return None;
        }
        let names = names(plan, changes);
        let other = |value: &Option<Value>, marks: &Option<Value>| other(value.as_ref()?, marks.as_ref()?, &names);
        let mut changed = Self::default();
        for change in changes.iter().filter(|change| change.deposed.as_deref().is_none_or(str::is_empty)) {
            let Some(planned) = &change.change else { continue };
            let before = other(&planned.before, &planned.before_sensitive);
            let after = other(&planned.after, &planned.after_sensitive);
            changed.after.extend(after.or_else(|| before.clone()).map(|value| (change.address.clone(), value)));
            changed.before.extend(before.map(|value| (change.address.clone(), value)));
        }
        for resource in states {
            if let Some(value) = other(&resource.values, &resource.sensitive_values) {
                changed.after.entry(resource.address.clone()).or_insert_with(|| value.clone());
                changed.before.insert(resource.address.clone(), value);
            }
        }
        (!changed.before.is_empty() || !changed.after.is_empty()).then_some(changed)
    }
}

/// Texts by which resources name each other.
fn names<'a>(plan: &'a PlanFile, changes: &'a [ResourceChange]) -> HashSet<&'a str> {
    let planned = changes.iter().filter_map(|change| change.change.as_ref());
    let values = planned.flat_map(|change| [&change.before, &change.after]);
    let values = values.chain(prior(plan).into_iter().map(|resource| &resource.values)).flatten();
    values.flat_map(|value| NAMING.iter().filter_map(|naming| value.get(naming)?.as_str())).collect()
}

/// What providers always mark, and no document is made of. Whatever else is made of it is marked
/// itself.
const NEVER_READ: [&str; 3] = ["password", "secret", "ses_smtp_password_v4"];

/// The value with another one in each place that is marked; `None` when nothing can be changed.
fn other(value: &Value, marks: &Value, names: &HashSet<&str>) -> Option<Value> {
    if marks.as_object().is_some_and(|marks| marks.keys().all(|name| NEVER_READ.contains(&name))) {
        return None;
    }
    let mut changed = value.clone();
    change(&mut changed, marks, names);
    (changed != *value).then_some(changed)
}

fn change(value: &mut Value, marks: &Value, names: &HashSet<&str>) {
    match (value, marks) {
        (value, Value::Bool(true)) => change_all(value, names),
        (Value::Array(values), Value::Array(marks)) => {
            values.iter_mut().zip(marks).for_each(|(value, marks)| change(value, marks, names));
        }
        (Value::Object(values), Value::Object(marks)) => {
            for (name, marks) in marks.iter() {
                if let Some(value) = values.get_mut(name) {
                    change(value, marks, names);
                }
            }
        }
        _ => {}
    }
}

fn change_all(value: &mut Value, names: &HashSet<&str>) {
    match value {
        Value::Null => {}
        Value::Bool(truth) => *truth = !*truth,
        Value::Number(number) => *number = number.as_i64().map_or(1, |number| number.wrapping_add(1)).into(),
        Value::String(text) if names.contains(&**text) => {}
        Value::String(text) => *text = other_text(text).into(),
        Value::Array(values) => values.iter_mut().for_each(|value| change_all(value, names)),
        Value::Object(fields) => fields.values_mut().for_each(|value| change_all(value, names)),
    }
}

/// Another text, of the same kind where the kind decides what is read.
fn other_text(text: &str) -> String {
    match text {
        "true" => "false".to_owned(),
        "false" => "true".to_owned(),
        _ if text.trim_start().starts_with(['{', '[']) => "{}".to_owned(),
        _ => text.parse::<i64>().map_or_else(|_| format!("{text}~"), |number| number.wrapping_add(1).to_string()),
    }
}

/// Adds the places in which a snapshot differs from that of the changed values.
pub(super) fn add_differences(places: &mut Places, snapshot: &Snapshot, changed: &Snapshot) {
    let key = |resource: &Resource| Some((resource.origin.terraform_address.clone()?, resource.resource_type));
    let others: HashMap<(String, ResourceType), &Resource> =
        changed.resources.iter().filter_map(|resource| Some((key(resource)?, resource))).collect();
    for resource in &snapshot.resources {
        let Some(key) = key(resource) else { continue };
        let found = match others.get(&key) {
            Some(other) => differences(resource, other),
            None => vec![Pointer::default()],
        };
        if !found.is_empty() {
            let known = places.entry(key.0).or_default();
            known.extend(found);
            known.sort();
            known.dedup();
        }
    }
}

fn differences(one: &Resource, other: &Resource) -> Vec<Pointer> {
    let parts = |resource: &Resource| (resource.name.clone(), resource.tags.clone(), resource.unknown.clone());
    if one.configuration == other.configuration && parts(one) == parts(other) {
        return Vec::new();
    }
    let mut found: Vec<Pointer> = one.unknown.iter().filter(|place| !other.unknown.contains(place)).cloned().collect();
    let (one, other) = (one.document(), other.document());
    for field in ["name", "tags", "configuration"] {
        differ(&Pointer::default().child(field), one.get(field), other.get(field), &mut found);
    }
    found
}

/// Of a list that differs, the whole: its order hangs on its values.
fn differ(place: &Pointer, one: Option<&Json>, other: Option<&Json>, found: &mut Vec<Pointer>) {
    match (one, other) {
        (Some(Json::Object(one)), Some(Json::Object(other))) => {
            let keys = one.keys().chain(other.keys().filter(|key| !one.contains_key(*key)));
            keys.for_each(|key| differ(&place.child(key), one.get(key), other.get(key), found));
        }
        (one, other) if one == other => {}
        _ => found.push(place.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_mapped_again_for_what_documents_are_made_of_only() {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let value = read(r#"{"secret": "s3cr3t", "user": "eve", "password": "p"}"#);
        let other = |marks: &str| other(&value, &read(marks), &HashSet::new());
        assert_eq!(other(r#"{"secret": true, "password": true}"#), None);
        let changed = other(r#"{"secret": true, "user": true}"#).unwrap();
        assert_eq!(changed.get("user").and_then(Value::as_str), Some("eve~"));
        assert!(other("true").is_some());
    }
}

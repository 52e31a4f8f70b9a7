//! Makes a differing case small: leaves out parts as long as the two still differ in the same way.

use serde_json::Value;

use super::cases::Case;

/// The smallest case found for which `differs` still holds; it judges many at a time.
pub(super) fn shrink(mut case: Case, differs: impl Fn(&[Case]) -> Vec<bool>) -> Case {
    loop {
        let smaller: Vec<Case> =
            without_one(&case.json).into_iter().map(|json| Case { json, ..case.clone() }).collect();
        let verdicts = differs(&smaller);
        let Some((found, _)) = smaller.into_iter().zip(verdicts).find(|(_, differs)| *differs) else { return case };
        case = found;
    }
}

/// The value without one of its parts, in every way; larger parts first.
fn without_one(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    match value {
        Value::Array(items) => {
            for at in 0..items.len() {
                let mut less = items.clone();
                less.remove(at);
                all.push(Value::Array(less));
            }
            for (at, item) in items.iter().enumerate() {
                for smaller in without_one(item) {
                    let mut items = items.clone();
                    items[at] = smaller;
                    all.push(Value::Array(items));
                }
            }
        }
        Value::Object(parts) => {
            for name in parts.keys().filter(|name| !is_needed(name)) {
                let mut less = parts.clone();
                less.remove(name);
                all.push(Value::Object(less));
            }
            for (name, part) in parts {
                for smaller in without_one(part) {
                    let mut parts = parts.clone();
                    parts.insert(name.clone(), smaller);
                    all.push(Value::Object(parts));
                }
            }
        }
        _ => {}
    }
    all
}

/// Parts without which a case or a statement is none.
fn is_needed(name: &str) -> bool {
    ["request", "principal", "action", "account", "context", "identity", "service_control", "resource_control"]
        .contains(&name)
        || ["Version", "Statement", "Effect", "Action", "NotAction", "Principal", "NotPrincipal"].contains(&name)
}

//! Numbers, texts and lists that an organization may set without writing Rego.
//!
//! The pack owns names, types and defaults in `rules/params/data.json`, which OPA loads as
//! `data.params` too; the rules that use a parameter say what it means.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fault::Fault;

/// Values that take the place of defaults, by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Parameters(pub BTreeMap<String, Value>);

/// A parameter of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Name, `access_key_max_age_days`.
    pub name: String,
    /// What it means, in the words of the first rule that uses it.
    pub meaning: String,
    /// The pack's value.
    pub default: Value,
    /// The value in force.
    pub value: Value,
}

/// Adds the parameters of another file; where both name a parameter, the second counts.
///
/// # Errors
/// Every value of another type than the one it would replace: rules compare with it, and in Rego
/// any number is less than any text.
pub(super) fn unite(united: &mut Map<String, Value>, second: Map<String, Value>) -> Result<(), Vec<String>> {
    let wrong = |(name, value): (&String, &Value)| {
        let default = united.get(name).filter(|default| !same_type(name, default, value))?;
        Some(format!("{name} is {}, not {}", type_of(value), wanted_type(name, default)))
    };
    let faults: Vec<String> = second.iter().filter_map(wrong).collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    united.extend(second);
    Ok(())
}

/// The defaults with the given values in place. `users` are the rules that use each parameter.
///
/// # Errors
/// Every name that is not a parameter, and every value of another type than the default.
pub(super) fn merge(
    defaults: &Map<String, Value>,
    given: &Parameters,
    users: &BTreeMap<String, Vec<String>>,
) -> Result<Map<String, Value>, Vec<Fault>> {
    let mut merged = defaults.clone();
    let mut faults = Vec::new();
    for (name, value) in &given.0 {
        match defaults.get(name) {
            None => {
                let known: Vec<&str> = defaults.keys().map(String::as_str).collect();
                faults.push(Fault::new(
                    "parameters",
                    0,
                    format!("there is no parameter {name:?}"),
                    match near(name, known.iter().copied()) {
                        Some(near) => format!("did you mean {near}? the parameters are {}", known.join(", ")),
                        None => format!("the parameters are {}", known.join(", ")),
                    },
                ));
            }
            Some(default) if !same_type(name, default, value) => faults.push(Fault::new(
                "parameters",
                0,
                format!("{name} is {}, not {}", type_of(value), wanted_type(name, default)),
                match users.get(name) {
                    Some(rules) => format!("the default is {default}; {} uses it", rules.join(", ")),
                    None => format!("the default is {default}"),
                },
            )),
            Some(_) => {
                merged.insert(name.clone(), value.clone());
            }
        }
    }
    if faults.is_empty() { Ok(merged) } else { Err(faults) }
}

/// The name that is nearest to a wrong one: at most a third of its letters are different.
#[must_use]
pub fn near<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let limit = wrong.chars().count() / 3;
    names
        .map(|name| (distance(wrong, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// Letters to insert, delete or replace to turn one name into the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (position, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[position + 1];
            row[position + 1] = replaced.min(row[position] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

/// Whether a value may take the place of a default. The items of a list are of the type of the
/// default's; of an empty one they are whole numbers when its name ends in `_ports`, else texts.
fn same_type(name: &str, default: &Value, value: &Value) -> bool {
    match (default, value) {
        (Value::Number(default), Value::Number(value)) => !default.is_i64() || value.is_i64(),
        (Value::Array(defaults), Value::Array(values)) => {
            let fits = |value: &Value| match defaults.first() {
                Some(first) => same_type(name, first, value),
                None if name.ends_with("_ports") => value.is_i64(),
                None => value.is_string(),
            };
            values.iter().all(fits)
        }
        (Value::Object(_), _) => false,
        _ => std::mem::discriminant(default) == std::mem::discriminant(value),
    }
}

fn wanted_type(name: &str, default: &Value) -> String {
    match default {
        Value::Array(items) if items.is_empty() && name.ends_with("_ports") => "a list of whole numbers".to_owned(),
        Value::Array(items) if items.is_empty() => "a list of texts".to_owned(),
        _ => type_of(default),
    }
}

fn type_of(value: &Value) -> String {
    let list_of = |item: &Value| match item {
        Value::Number(number) if number.is_i64() => "whole numbers".to_owned(),
        Value::Number(_) => "fractions".to_owned(),
        Value::String(_) => "texts".to_owned(),
        other => format!("{} each", type_of(other)),
    };
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "true or false".to_owned(),
        Value::Number(number) if number.is_i64() => "a whole number".to_owned(),
        Value::Number(_) => "a fraction".to_owned(),
        Value::String(_) => "text".to_owned(),
        Value::Array(items) => {
            items.first().map_or_else(|| "a list".to_owned(), |first| format!("a list of {}", list_of(first)))
        }
        Value::Object(_) => "an object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(given: Value) -> Result<Map<String, Value>, String> {
        let defaults = json!({"days": 90, "ports": [22, 3389], "note": "x", "accounts": [], "udp_ports": []});
        let given: Parameters = serde_json::from_value(given).unwrap();
        let users = BTreeMap::from([("days".to_owned(), vec!["aws-x-one".to_owned()])]);
        merge(defaults.as_object().unwrap(), &given, &users)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn a_given_value_takes_the_place_of_the_default() {
        assert_eq!(merged(json!({"days": 30})).unwrap()["days"], json!(30));
        assert_eq!(merged(json!({"ports": []})).unwrap()["ports"], json!([]));
        assert_eq!(merged(json!({"udp_ports": [443]})).unwrap()["udp_ports"], json!([443]));
        assert_eq!(merged(json!({"accounts": ["012345678901"]})).unwrap()["accounts"], json!(["012345678901"]));
    }

    #[test]
    fn an_unknown_name_and_a_wrong_type_are_told_together() {
        let faults = merged(json!({"dais": 30, "days": "30", "ports": ["ssh"], "note": 1.5,
            "accounts": [666_677_778_888_u64], "udp_ports": ["ntp"]}))
        .unwrap_err();
        assert!(faults.contains("no parameter \"dais\""), "{faults}");
        assert!(
            faults.contains("did you mean days? the parameters are accounts, days, note, ports, udp_ports"),
            "{faults}"
        );
        assert!(faults.contains("the default is 90; aws-x-one uses it"), "{faults}");
        assert!(faults.contains("days is text, not a whole number"), "{faults}");
        assert!(faults.contains("ports is a list of texts, not a list of whole numbers"), "{faults}");
        assert!(faults.contains("accounts is a list of whole numbers, not a list of texts"), "{faults}");
        assert!(faults.contains("udp_ports is a list of texts, not a list of whole numbers"), "{faults}");
        assert!(faults.contains("note is a fraction, not text"), "{faults}");
    }
}

//! What a control asks of the parameters of its rules.
//!
//! A parameter may be stricter than a framework asks, and looser: an organization that lets keys
//! live for a year judges by that. Its keys then pass its rule, and do not pass the control.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::standing::Compliance;

/// What a control asks of one parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The greatest number that is strict enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
    /// The least number that is strict enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    /// What a list has to hold; it may hold more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub includes: Vec<Value>,
    /// What alone a list may hold; it may hold less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<Value>>,
}

impl Limit {
    /// Why a value is looser than the control asks, in words; `None` when it is not.
    #[must_use]
    pub fn exceeded(&self, name: &str, value: &Value) -> Option<String> {
        let asks = |what: String| Some(format!("judged with {name} = {value}, and the control asks for {what}"));
        let number = value.as_f64();
        let entries = value.as_array().map_or(&[][..], Vec::as_slice);
        match (self.at_most, self.at_least) {
            (Some(most), _) if number.is_none_or(|number| number > f64::from(most)) => {
                return asks(format!("at most {most}"));
            }
            (_, Some(least)) if number.is_none_or(|number| number < f64::from(least)) => {
                return asks(format!("at least {least}"));
            }
            _ => {}
        }
        let absent: Vec<&Value> = self.includes.iter().filter(|asked| !entries.contains(asked)).collect();
        if !absent.is_empty() {
            return Some(format!("judged without {} in {name}, and the control asks for it", listed(&absent)));
        }
        let only = self.only.as_ref()?;
        let besides: Vec<&Value> = entries.iter().filter(|entry| !only.contains(entry)).collect();
        (!besides.is_empty())
            .then(|| format!("judged with {} in {name}, which the control does not allow", listed(&besides)))
    }
}

fn listed(values: &[&Value]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Compliance {
    /// The same with controls that were judged by looser parameters than they ask for: what fails
    /// fails by their measure too, and what passes may not.
    #[must_use]
    pub fn held_to_limits(mut self, parameters: &BTreeMap<&str, &Value>) -> Self {
        for standing in self.controls.iter_mut().filter(|standing| !standing.rules.is_empty()) {
            let limits = standing.control.limits.iter();
            let exceeded =
                limits.filter_map(|(name, limit)| limit.exceeded(name, parameters.get(name.as_str()).copied()?));
            standing.reasons.extend(exceeded);
            standing.settle();
        }
        self
    }
}

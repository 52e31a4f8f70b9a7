//! The statement that nearly allowed, and what it missed: often the change that is needed.

use super::condition;
use super::layer::{Hit, Said};
use super::statement::Asked;
use crate::model::Statement;
use crate::policy::{KeyValue, Truth};

/// How near an Allow came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Nearness {
    /// It has the action, for other resources.
    Action,
    /// It has action and resource, under a condition that does not hold.
    Resource,
}

/// What the nearest of the statements that do not allow missed, in words; nothing where none has
/// the action.
pub(super) fn missed<'a>(said: impl Iterator<Item = &'a Said<'a>>, asked: Asked<'_>) -> Option<String> {
    let (nearness, hit) = said.filter_map(|said| said.nearest.as_ref()).max_by_key(|(nearness, _)| *nearness)?;
    let document = hit.policy.document;
    let statement = document.statement.get(hit.statement)?;
    match nearness {
        Nearness::Action => Some(format!("{} allows it only on {}", name(hit), resources(statement)?)),
        Nearness::Resource => {
            let (operator, key, values) = failing(&document.version, statement, asked)?;
            let found = match asked.context.get(key) {
                KeyValue::Known(found) => format!("{key} is {}", found.join(", ")),
                KeyValue::Absent => format!("{key} is absent"),
                KeyValue::Unknown | KeyValue::Present => format!("{key} is what it is"),
            };
            Some(format!("{} allows it only with {key} {operator} {}, and {found}", name(hit), values.join(" or ")))
        }
    }
}

/// The first test of a statement that does not hold.
fn failing<'a>(version: &str, statement: &'a Statement, asked: Asked<'_>) -> Option<(&'a str, &'a str, &'a [String])> {
    let tests = statement.condition.iter().flat_map(|(operator, keys)| {
        keys.iter().map(move |(key, values)| (operator.as_str(), key.as_str(), values.as_slice()))
    });
    let mut tests = tests.into_iter();
    tests.find(|(operator, key, values)| {
        condition::test_holds(version, operator, key, values, asked.context) == Truth::No
    })
}

/// A few of the resources that a statement lists.
fn resources(statement: &Statement) -> Option<String> {
    const SHOWN: usize = 3;
    let listed = statement.resource.as_ref()?;
    let shown = listed.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    Some(if listed.len() > SHOWN { format!("{shown} and {} more", listed.len() - SHOWN) } else { shown })
}

/// `statement 2 (OnlyEurope) of guard`.
pub(super) fn name(hit: &Hit<'_>) -> String {
    let place = hit.place();
    match place.sid {
        Some(sid) => format!("statement {} ({sid}) of {}", place.statement, place.policy),
        None => format!("statement {} of {}", place.statement, place.policy),
    }
}

//! What one principal may do and another may not, and who may do everything.

use super::documents::Held;
use super::index::Holder;
use crate::model::Statement;
use crate::policy::{catalog, pattern};

/// Most gains that are spelled out.
const MOST_GAINS: usize = 3;

/// Whether a layer allows every action on every resource; what denies is left aside.
pub(super) fn allows_all(held: &Held<'_>) -> bool {
    let covers =
        |list: &Option<Vec<String>>, all: &str| list.iter().flatten().any(|pattern| pattern::covers(pattern, all));
    statements(held).any(|statement| {
        statement.effect == "Allow"
            && statement.condition.is_empty()
            && covers(&statement.action, "?*:?*")
            && covers(&statement.resource, "*")
    })
}

/// Whether a principal may do everything in its account, organization policies left aside.
pub(super) fn is_administrator(holder: &Holder<'_>) -> bool {
    let whole = |held: &Held<'_>| allows_all(held) && !statements(held).any(|statement| statement.effect == "Deny");
    whole(&holder.identity) && holder.boundary.as_ref().is_none_or(whole)
}

/// What the policies `new` allow and `old` do not, in words; nothing when the old cover them.
///
/// Statements are compared one with the other, so a gain may be spelled out that several old
/// statements give together; what is not a gain by this measure is none.
pub(super) fn gained(old: &Held<'_>, new: &Held<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for statement in statements(new).filter(|statement| statement.effect == "Allow") {
        for (action, resource) in pairs(statement) {
            let covered = |other: &Statement| {
                let conditions = other.condition.is_empty() || other.condition == statement.condition;
                other.effect == "Allow"
                    && conditions
                    && other.action.iter().flatten().any(|pattern| pattern::covers(pattern, action))
                    && other.resource.iter().flatten().any(|pattern| pattern::covers(pattern, resource))
            };
            if !statements(old).any(covered) {
                found.push(format!("{} on {resource}", spelled(action)));
            }
            if found.len() > MOST_GAINS {
                found.truncate(MOST_GAINS);
                found.push("more".to_owned());
                return found;
            }
        }
    }
    found
}

/// Action and resource patterns of a statement; all but some is everything.
fn pairs(statement: &Statement) -> impl Iterator<Item = (&str, &str)> {
    let actions: Vec<&str> = match &statement.action {
        Some(actions) => actions.iter().map(String::as_str).collect(),
        None => vec!["*"],
    };
    let resources: Vec<&str> = match &statement.resource {
        Some(resources) => resources.iter().map(String::as_str).collect(),
        None => vec!["*"],
    };
    actions.into_iter().flat_map(move |action| resources.clone().into_iter().map(move |resource| (action, resource)))
}

fn spelled(action: &str) -> String {
    catalog().action(action).map_or_else(|| action.to_owned(), ToString::to_string)
}

fn statements<'h>(held: &'h Held<'_>) -> impl Iterator<Item = &'h Statement> {
    held.policies.iter().flat_map(|policy| &policy.document.statement)
}

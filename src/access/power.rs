//! What one principal may do and another may not, and who may do everything.

use super::documents::Held;
use super::index::Holder;
use crate::model::{PolicyDocument, Statement};
use crate::policy::{Budget, Kind, Relation, catalog, compare, pattern};

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

/// Whether a principal may do everything in its account, organization policies left aside. A Deny
/// that asks for something of the request, such as a second factor, takes no permission away.
pub(super) fn is_administrator(holder: &Holder<'_>) -> bool {
    let takes = |statement: &Statement| statement.effect == "Deny" && statement.condition.is_empty();
    let whole = |held: &Held<'_>| allows_all(held) && !statements(held).any(takes);
    whole(&holder.identity) && holder.boundary.as_ref().is_none_or(whole)
}

/// What the policies `new` allow and `old` do not, in words; nothing when the old cover them.
///
/// What is clear from the patterns alone is not compared: an action that no old Allow names at
/// all is a gain, and where nothing denies, one that a single old statement covers is none. The
/// rest is for the comparison of policies. Where that comes to no end, the patterns' word holds.
pub(super) fn gained(old: &Held<'_>, new: &Held<'_>) -> Vec<String> {
    let mut plain = Vec::new();
    let mut sure = false;
    for statement in statements(new).filter(|statement| statement.effect == "Allow") {
        for (action, resource) in pairs(statement) {
            match known(old, statement, action, resource) {
                Known::Covered => {}
                Known::Unnamed => {
                    sure = true;
                    plain.push(format!("{} on {resource}", spelled(action)));
                }
                Known::InPart => plain.push(format!("{} on {resource}", spelled(action))),
            }
        }
    }
    let denies = |held: &Held<'_>| statements(held).any(|statement| statement.effect == "Deny");
    if !sure && (!plain.is_empty() || denies(old)) {
        return compared(old, new).unwrap_or_else(|| cut(plain));
    }
    cut(plain)
}

enum Known {
    Covered,
    Unnamed,
    InPart,
}

fn known(old: &Held<'_>, statement: &Statement, action: &str, resource: &str) -> Known {
    let mut named = false;
    for other in statements(old).filter(|other| other.effect == "Allow") {
        let actions = || other.action.iter().flatten();
        let same = other.condition.is_empty() || other.condition == statement.condition;
        let covered = same
            && actions().any(|pattern| pattern::covers(pattern, action))
            && other.resource.iter().flatten().any(|pattern| pattern::covers(pattern, resource));
        if covered {
            return Known::Covered;
        }
        named |= other.not_action.is_some() || actions().any(|pattern| pattern::overlaps(pattern, action));
    }
    if named { Known::InPart } else { Known::Unnamed }
}

/// What the comparison of policies says; `None` when it came to no end.
fn compared(old: &Held<'_>, new: &Held<'_>) -> Option<Vec<String>> {
    let comparison = compare(Kind::Identity, &documents(old), &documents(new), &Budget::default());
    match comparison.standalone {
        Relation::Same | Relation::Narrowed => Some(Vec::new()),
        Relation::Widened | Relation::Incomparable | Relation::AtLeastWidened(_) => {
            Some(cut(comparison.gained.iter().map(ToString::to_string).collect()))
        }
        Relation::AtLeastNarrowed(_) | Relation::Unknown(_) => None,
    }
}

/// What a user gains by the policies of a group: its own go on to hold, also those that deny.
pub(super) fn gained_by_group(own: &Held<'_>, group: &Held<'_>) -> Vec<String> {
    let both: Vec<&PolicyDocument> = documents(own).into_iter().chain(documents(group)).collect();
    let comparison = compare(Kind::Identity, &documents(own), &both, &Budget::default());
    match comparison.standalone {
        Relation::Same | Relation::Narrowed => Vec::new(),
        Relation::Widened | Relation::Incomparable | Relation::AtLeastWidened(_) => {
            cut(comparison.gained.iter().map(ToString::to_string).collect())
        }
        Relation::AtLeastNarrowed(_) | Relation::Unknown(_) => gained(own, group),
    }
}

fn documents<'h>(held: &'h Held<'_>) -> Vec<&'h PolicyDocument> {
    held.policies.iter().map(|policy| policy.document.as_ref()).collect()
}

fn cut(mut gains: Vec<String>) -> Vec<String> {
    if gains.len() > MOST_GAINS {
        let more = gains.len() - MOST_GAINS;
        gains.truncate(MOST_GAINS);
        gains.push(format!("{more} more"));
    }
    gains
}

/// Action and resource patterns of a statement; all but some is everything.
fn pairs(statement: &Statement) -> impl Iterator<Item = (&str, &str)> {
    let (actions, resources) = (or_all(statement.action.as_deref()), or_all(statement.resource.as_deref()));
    actions.into_iter().flat_map(move |action| resources.clone().into_iter().map(move |resource| (action, resource)))
}

fn or_all(list: Option<&[String]>) -> Vec<&str> {
    list.map_or_else(|| vec!["*"], |list| list.iter().map(String::as_str).collect())
}

fn spelled(action: &str) -> String {
    catalog().action(action).map_or_else(|| action.to_owned(), ToString::to_string)
}

fn statements<'h>(held: &'h Held<'_>) -> impl Iterator<Item = &'h Statement> {
    held.policies.iter().flat_map(|policy| &policy.document.statement)
}

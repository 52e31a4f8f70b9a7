//! Statements without effect: those that a Deny takes back whole, and those that another covers.

use std::collections::BTreeMap;

use super::{Budget, LintKind, Lints};
use crate::model::{Pointer, PolicyDocument, Statement};
use crate::policy::pattern;

pub(super) fn lint(document: &PolicyDocument, budget: &mut Budget, lints: &mut Lints) {
    let statements = &document.statement;
    for (index, statement) in statements.iter().enumerate() {
        if budget.is_spent() {
            return;
        }
        let place = Pointer::new("/Statement").child(index);
        let mut cover = |other: usize| other != index && covers(&statements[other], statement, budget);
        let denied = (0..statements.len())
            .find(|other| statement.effect == "Allow" && statements[*other].effect == "Deny" && cover(*other));
        if let Some(other) = denied {
            let message = format!("allows nothing: {} denies all of it", name(statements, other));
            lints.add(Some(index), place, LintKind::Unreachable, message);
            continue;
        }
        let same = (0..statements.len()).find(|other| statements[*other].effect == statement.effect && cover(*other));
        // Of two statements that say the same the second is the one too many.
        if let Some(other) = same
            && (other < index || !covers(statement, &statements[other], budget))
        {
            let message = format!("adds nothing to {}", name(statements, other));
            lints.add(Some(index), place, LintKind::Redundant, message);
        }
    }
}

fn name(statements: &[Statement], index: usize) -> String {
    match &statements[index].sid {
        Some(sid) => format!("statement {index} ({sid:?})"),
        None => format!("statement {index}"),
    }
}

/// The steps of looking at two statements before any pattern: over a thousand statements are too
/// many.
const PAIR: usize = 64;

/// Whether every request that `inner` takes is taken by `outer`. Says no where it is not sure.
fn covers(outer: &Statement, inner: &Statement, budget: &mut Budget) -> bool {
    budget.take(PAIR)
        && principals_cover(outer, inner)
        && conditions_cover(&outer.condition, &inner.condition)
        && actions_cover(outer, inner, budget)
        && resources_cover(outer, inner, budget)
}

/// Names are compared as they stand. Whether an account covers its roles depends on the kind of
/// statement, so it does not here.
fn principals_cover(outer: &Statement, inner: &Statement) -> bool {
    if outer.not_principal != inner.not_principal {
        return false;
    }
    match (&outer.principal, &inner.principal) {
        (None, None) => true,
        (Some(outer), Some(inner)) => {
            let everyone = outer.get("AWS").is_some_and(|names| names.iter().any(|name| name == "*"));
            inner.iter().all(|(kind, names)| {
                let known = outer.get(kind);
                let listed = |name: &String| known.is_some_and(|known| known.contains(name));
                names.iter().all(listed) || (everyone && kind == "AWS")
            })
        }
        _ => false,
    }
}

/// Every test of `outer` is one of `inner`, too.
fn conditions_cover(
    outer: &BTreeMap<String, BTreeMap<String, Vec<String>>>,
    inner: &BTreeMap<String, BTreeMap<String, Vec<String>>>,
) -> bool {
    outer.iter().all(|(operator, keys)| {
        let known = inner.get(operator);
        keys.iter().all(|(key, values)| known.and_then(|known| known.get(key)) == Some(values))
    })
}

fn actions_cover(outer: &Statement, inner: &Statement, budget: &mut Budget) -> bool {
    let mut within = |outer: &str, inner: &str| budget.covers(outer, inner);
    match (&outer.action, &outer.not_action, &inner.action, &inner.not_action) {
        (Some(outer), None, Some(inner), None) => all_within(inner, outer, &mut within),
        (Some(outer), None, None, Some(_)) => outer.iter().any(|action| pattern::is_everything(action)),
        (None, Some(outer), None, Some(inner)) => all_within(outer, inner, &mut within),
        (None, Some(outer), Some(inner), None) => apart(outer, inner, budget),
        _ => false,
    }
}

fn resources_cover(outer: &Statement, inner: &Statement, budget: &mut Budget) -> bool {
    let mut within = |outer: &str, inner: &str| resource_covers(outer, inner, budget);
    match (&outer.resource, &outer.not_resource, &inner.resource, &inner.not_resource) {
        (None, None, None, None) => true,
        (Some(outer), None, Some(inner), None) => all_within(inner, outer, &mut within),
        (Some(outer), None, _, _) => outer.iter().any(|resource| pattern::is_everything(resource)),
        (None, Some(outer), None, Some(inner)) => all_within(outer, inner, &mut within),
        _ => false,
    }
}

/// Whether each of the first is within one of the second.
fn all_within(these: &[String], those: &[String], within: &mut impl FnMut(&str, &str) -> bool) -> bool {
    !these.is_empty() && these.iter().all(|this| those.iter().any(|that| within(that, this)))
}

/// Whether none of the first meets one of the second.
fn apart(these: &[String], those: &[String], budget: &mut Budget) -> bool {
    these.iter().all(|this| those.iter().all(|that| !budget.overlap(this, that)))
}

/// Part by part, because a wildcard stays within its part of the ARN. A variable stands for itself
/// in both, which no `?` may take for a letter.
fn resource_covers(outer: &str, inner: &str, budget: &mut Budget) -> bool {
    if outer == inner || pattern::is_everything(outer) {
        return true;
    }
    let (outer, inner): (Vec<&str>, Vec<&str>) = (outer.splitn(6, ':').collect(), inner.splitn(6, ':').collect());
    let letters = |parts: &[&str]| parts.iter().any(|part| part.contains("${"));
    outer.len() == 6
        && inner.len() == 6
        && !letters(&outer)
        && !(letters(&inner) && outer.iter().any(|part| part.contains('?')))
        && outer.iter().zip(&inner).all(|(outer, inner)| budget.covers(outer, inner))
}

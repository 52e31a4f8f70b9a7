//! Principals that hold the same policies: what is true of one of them is true of all, unless a
//! policy asks who it is.
//!
//! In a large account many roles have equal policies. Numbering them lets a search evaluate once
//! for the class and share the outcome, so that its edges stay near the number of principals.

use std::collections::{BTreeMap, BTreeSet};

use super::documents::Held;
use super::index::Holder;
use super::trust;
use crate::model::{PolicyDocument, ResourceType, Statement};

/// The class of each holder, in their order.
pub(super) fn classes(holders: &[Holder<'_>]) -> Vec<usize> {
    let mut documents: BTreeMap<&PolicyDocument, usize> = BTreeMap::new();
    for held in holders.iter().flat_map(layers) {
        for policy in &held.policies {
            let number = documents.len();
            documents.entry(&policy.document).or_insert(number);
        }
    }
    let content = |held: &Held<'_>| -> Content {
        let of = held.policies.iter().filter_map(|policy| documents.get(policy.document.as_ref()).copied());
        (of.collect(), held.unread.iter().cloned().collect())
    };
    numbered(holders, content)
}

/// The class of each holder by what of its policies is about assuming roles, in their order.
pub(super) fn classes_of_assuming(holders: &[Holder<'_>]) -> Vec<usize> {
    let mut statements: BTreeMap<(&str, &Statement), usize> = BTreeMap::new();
    for (version, statement) in holders.iter().flat_map(layers).flat_map(about_assuming) {
        let number = statements.len();
        statements.entry((version, statement)).or_insert(number);
    }
    let content = |held: &Held<'_>| -> Content {
        let of = about_assuming(held).filter_map(|pair| statements.get(&pair).copied());
        (of.collect(), held.unread.iter().cloned().collect())
    };
    numbered(holders, content)
}

/// The statements about assuming roles, with the version of their document.
fn about_assuming<'h>(held: &'h Held<'_>) -> impl Iterator<Item = (&'h str, &'h Statement)> {
    held.policies.iter().flat_map(|policy| {
        let statements = policy.document.statement.iter().filter(|statement| trust::names(statement, &[trust::ASSUME]));
        statements.map(|statement| (policy.document.version.as_str(), statement))
    })
}

fn numbered(holders: &[Holder<'_>], content: impl Fn(&Held<'_>) -> Content) -> Vec<usize> {
    let mut numbers: BTreeMap<(&str, ResourceType, Content, Option<Content>), usize> = BTreeMap::new();
    holders
        .iter()
        .map(|holder| {
            let boundary = holder.boundary.as_ref().map(&content);
            let key = (holder.account(), holder.resource.resource_type, content(&holder.identity), boundary);
            let number = numbers.len();
            *numbers.entry(key).or_insert(number)
        })
        .collect()
}

/// Numbers of documents or statements, and what was not read.
type Content = (BTreeSet<usize>, BTreeSet<String>);

fn layers<'h, 'a>(holder: &'h Holder<'a>) -> impl Iterator<Item = &'h Held<'a>> {
    std::iter::once(&holder.identity).chain(&holder.boundary)
}

/// Whether a layer's word depends on who in particular asks, beyond account, organization and
/// kind of principal.
pub(super) fn asks_who(held: &Held<'_>) -> bool {
    held.policies.iter().flat_map(|policy| &policy.document.statement).any(statement_asks_who)
}

/// The same for what a layer says about assuming roles.
pub(super) fn asks_who_assumes(held: &Held<'_>) -> bool {
    about_assuming(held).any(|(_, statement)| statement_asks_who(statement))
}

fn statement_asks_who(statement: &Statement) -> bool {
    let lists = [&statement.resource, &statement.not_resource];
    let in_resources = lists.into_iter().flatten().flatten().any(|text| text.contains("${"));
    // A Deny that names somebody is about that one alone, and so is one that leaves somebody out.
    let named = |name: &String| name != "*" && !name.ends_with(":root");
    let by_name = statement.not_principal.is_some()
        || (statement.effect == "Deny"
            && statement.principal.iter().flat_map(|kinds| kinds.values()).flatten().any(named));
    let mut tests = statement.condition.values().flatten();
    by_name
        || in_resources
        || tests.any(|(key, values)| is_personal(key) || values.iter().any(|value| value.contains("${")))
}

fn is_personal(key: &str) -> bool {
    let common = [
        "aws:principalaccount",
        "aws:principalisawsservice",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principaltype",
    ];
    key == "aws:userid" || key == "aws:username" || (key.starts_with("aws:principal") && !common.contains(&key))
}

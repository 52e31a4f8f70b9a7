//! Whether a statement takes a request, whatever its effect.

use super::super::pattern::{self, Halves, letters_cross};
use super::condition;
use super::near::Nearness;
use super::principal::{self, Grant};
use super::variable::{self, Filled};
use crate::model::{PolicyDocument, Statement};
use crate::policy::{Context, Layer, Need, Principal, Truth};

/// The parts of a request that statements are compared with; the action in lower case.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) principal: &'a Principal,
    pub(super) action: &'a str,
    pub(super) resource: &'a str,
    pub(super) context: &'a Context,
    /// Whether the principal has a permissions boundary.
    pub(super) bounded: bool,
}

/// Whether a statement takes the request, how it names the principal, and how near it came.
pub(super) struct Taken {
    pub(super) truth: Truth,
    pub(super) grant: Grant,
    pub(super) nearness: Option<Nearness>,
}

const fn not(nearness: Option<Nearness>) -> Taken {
    Taken { truth: Truth::No, grant: Grant::Direct, nearness }
}

/// Compares all elements of a statement with the request.
pub(super) fn takes(layer: Layer, document: &PolicyDocument, statement: &Statement, asked: Asked<'_>) -> Taken {
    if !takes_action(statement, asked.action) {
        return not(None);
    }
    // A policy of a resource that names nobody is about nobody.
    if layer == Layer::Resource && statement.principal.is_none() && statement.not_principal.is_none() {
        return not(None);
    }
    let named = principal::named(statement, asked.principal, asked.bounded);
    if named.truth == Truth::No {
        return not(None);
    }
    let resource = takes_resource(layer, &document.version, statement, asked);
    if resource == Truth::No {
        return not(Some(Nearness::Action));
    }
    let condition = condition::holds(&document.version, statement, asked.context);
    Taken { truth: resource.and(named.truth).and(condition), grant: named.grant, nearness: Some(Nearness::Resource) }
}

pub(super) fn takes_action(statement: &Statement, action: &str) -> bool {
    let listed = |patterns: &[String]| patterns.iter().any(|pattern| pattern::action_matches(pattern, action));
    match (&statement.action, &statement.not_action) {
        (Some(actions), _) => listed(actions),
        (None, Some(excepted)) => !listed(excepted),
        (None, None) => false,
    }
}

fn takes_resource(layer: Layer, version: &str, statement: &Statement, asked: Asked<'_>) -> Truth {
    match (&statement.resource, &statement.not_resource) {
        (Some(patterns), _) => {
            let mut any = Truth::No;
            for pattern in patterns {
                any = any.or(resource_matches(version, pattern, asked).unwrap_or(Truth::No));
                if any == Truth::Yes {
                    break;
                }
            }
            any
        }
        (None, Some(excepted)) => outside(version, statement, excepted, asked),
        // Trust policies have no resource: it is the role they hang on.
        (None, None) if layer == Layer::Resource => Truth::Yes,
        (None, None) => Truth::depends_on(Need::Policy("a statement has neither Resource nor NotResource".to_owned())),
    }
}

/// `NotResource`: none of the patterns matches. A variable without a value makes an Allow take
/// nothing; whether it makes a Deny take everything or nothing, AWS's texts disagree on.
fn outside(version: &str, statement: &Statement, excepted: &[String], asked: Asked<'_>) -> Truth {
    let mut none = Truth::Yes;
    let mut without_value = None;
    for pattern in excepted {
        match resource_matches(version, pattern, asked) {
            Some(matched) => none = none.and(matched.negated()),
            None => without_value = Some(pattern),
        }
    }
    match without_value {
        None => none,
        Some(_) if statement.effect == "Allow" => Truth::No,
        Some(pattern) => none.and(Truth::depends_on(Need::Policy(format!(
            "NotResource {pattern:?} of a Deny has a variable without a value, and what AWS does then is not certain"
        )))),
    }
}

/// Whether a resource has the form of a pattern; `None` where a variable in it has no value.
fn resource_matches(version: &str, pattern: &str, asked: Asked<'_>) -> Option<Truth> {
    if !variable::has_variables(version, pattern) {
        return Some(Truth::of(pattern::resource_matches(pattern, asked.resource)));
    }
    match pattern::resource_halves(pattern, asked.resource) {
        Halves::Decided(true) => Some(Truth::Yes),
        Halves::Decided(false) => crosses(pattern, asked),
        Halves::Rest(rest, of_resource) => match variable::fill(rest, asked.context).matches(of_resource) {
            Some(Truth::No) => crosses(pattern, asked),
            other => other,
        },
    }
}

/// As [`pattern::resource_matches`] has it for a star that ends a part of the ARN.
fn crosses(pattern: &str, asked: Asked<'_>) -> Option<Truth> {
    if asked.resource == "*" || !pattern.contains("*:") {
        return Some(Truth::No);
    }
    match variable::fill(pattern, asked.context) {
        Filled::Whole(letters) => Some(Truth::of(letters_cross(&letters, asked.resource))),
        Filled::Open(letters, needs) if letters_cross(&letters, asked.resource) => Some(Truth::Depends(needs)),
        Filled::Open(..) => Some(Truth::No),
        Filled::Nothing => None,
    }
}

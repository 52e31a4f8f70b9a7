//! A refutation as a request, and its confirmation: the evaluator is asked on both sides.

use crate::model::PolicyDocument;
use crate::policy::catalog::{Action, catalog};
use crate::policy::{Context, Effects, KeyValue, Layer, Principal, Request, Truth, judge};

/// What a request is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// The first side allows it and does not deny it; the other does not allow it.
    Allowed,
    /// The first side allows it and does not deny it; the other denies it.
    AllowedNotDenied,
    /// The first side does not deny it; the other does.
    NotDenied,
}

/// Whether the evaluator says of a request what it is to show.
pub(super) fn confirmed(
    goal: Goal,
    layer: Layer,
    from: &[&PolicyDocument],
    to: &[&PolicyDocument],
    request: &Request,
) -> bool {
    let (ours, theirs) = (effects(layer, from, request), effects(layer, to, request));
    let ours_allow = ours.allow == Truth::Yes && ours.deny == Truth::No;
    match goal {
        Goal::Allowed => ours_allow && theirs.allow == Truth::No,
        Goal::AllowedNotDenied => ours_allow && theirs.deny == Truth::Yes,
        Goal::NotDenied => ours.deny == Truth::No && theirs.deny == Truth::Yes,
    }
}

/// What a set of policies says.
pub(super) fn effects(layer: Layer, documents: &[&PolicyDocument], request: &Request) -> Effects {
    let nothing = Effects { allow: Truth::No, deny: Truth::No };
    documents.iter().fold(nothing, |all, document| {
        let one = judge(layer, document, request);
        Effects { allow: all.allow.or(one.allow), deny: all.deny.or(one.deny) }
    })
}

/// A request of which everything is written down.
pub(super) fn request(
    principal: Principal,
    action: &str,
    resource: &str,
    values: impl IntoIterator<Item = (String, KeyValue)>,
) -> Request {
    let mut context = Context::whole();
    for (key, value) in values {
        context.set(&key, value);
    }
    let owner = match context.get("aws:resourceaccount") {
        KeyValue::Known(values) => values.first().cloned(),
        _ => None,
    };
    let mut request =
        Request { resource_account: owner, context, ..Request::new(principal, as_spelled(action), resource) };
    request = request.with_derived_keys();
    // A request that is written down whole has no value that is there but not known.
    for (key, value) in &mut request.context.keys {
        if matches!(value, KeyValue::Present | KeyValue::Unknown) {
            *value = KeyValue::Known(vec![stand_in(key)]);
        }
    }
    request
}

fn stand_in(key: &str) -> String {
    match key {
        "aws:tokenissuetime" => "2026-01-01T00:00:00Z".to_owned(),
        "aws:userid" => "AROAEXAMPLE:plimsoll".to_owned(),
        _ => "example".to_owned(),
    }
}

/// The action as AWS writes it.
pub(super) fn as_spelled(action: &str) -> String {
    catalog().action(action).map_or_else(|| action.to_owned(), spelled)
}

pub(super) fn spelled(action: &Action) -> String {
    format!("{}:{}", action.service().prefix(), action.name())
}

/// A resource that the action can act on, for patterns that take every resource.
pub(super) fn some_resource(action: &str) -> String {
    let Some(known) = catalog().action(action) else {
        let service = action.split(':').next().unwrap_or("example");
        return format!("arn:aws:{service}:us-east-1:111122223333:example");
    };
    let forms = known.resources();
    forms.iter().min_by_key(|form| form.len()).map_or_else(|| "*".to_owned(), |form| filled(form))
}

/// Puts examples in the places of an ARN's form that vary.
fn filled(form: &str) -> String {
    let parts = form.splitn(6, ':').enumerate().map(|(at, part)| match at {
        1 => part.replace('*', "aws"),
        3 => part.replace('*', "us-east-1"),
        4 => part.replace('*', "111122223333"),
        _ => part.replace('*', "example"),
    });
    parts.collect::<Vec<String>>().join(":")
}

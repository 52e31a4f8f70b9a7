//! Resources: what no action of the statement acts on, and what is no ARN.

use std::collections::BTreeMap;

use super::action::Named;
use super::{Budget, LintKind, Lints, Subject};
use crate::policy::Layer;
use crate::policy::catalog::{ResourceType, catalog};
use crate::policy::pattern;

pub(super) fn lint(subject: &Subject<'_>, budget: &mut Budget, lints: &mut Lints) {
    let statement = subject.statement;
    for (element, resources) in [("Resource", &statement.resource), ("NotResource", &statement.not_resource)] {
        let at = subject.place.child(element);
        for (item, resource) in resources.iter().flatten().enumerate() {
            if is_short(resource) {
                let message =
                    format!("{resource:?} is not a whole ARN, which has six parts; what it takes is not documented");
                subject.say(lints, at.child(item), LintKind::ShortArn, message);
            }
        }
        if resources.as_ref().is_some_and(Vec::is_empty) {
            let message = format!("{element} has no members");
            subject.say(lints, at, LintKind::EmptyList, message);
        }
    }
    if statement.not_resource.is_some() && subject.grants() {
        let message = "allows on every resource but these, also those that come to be".to_owned();
        subject.say(lints, subject.place.child("NotResource"), LintKind::AllowNotResource, message);
    }
    if statement.resource.is_none() && statement.not_resource.is_none() && subject.layer != Layer::Resource {
        let message = format!("a statement of a {} must say Resource", subject.layer);
        subject.say(lints, subject.place.clone(), LintKind::ResourceMissing, message);
    }
    lint_taken(subject, budget, lints);
}

fn is_short(resource: &str) -> bool {
    !pattern::is_everything(resource) && resource.splitn(6, ':').count() < 6
}

/// Services of which the catalogue does not know all that their actions act on: AWS documents them
/// on two pages, or resources moved from one name to the other.
const UNSURE: &[&str] = &["apigateway", "codeconnections", "codestar-connections", "elasticloadbalancing"];

fn lint_taken(subject: &Subject<'_>, budget: &mut Budget, lints: &mut Lints) {
    let (Named::These(actions), Some(resources)) = (&subject.named, &subject.statement.resource) else { return };
    let mut types: BTreeMap<(&str, &str), &ResourceType> = BTreeMap::new();
    for action in actions {
        let prefix = action.service().prefix();
        if UNSURE.contains(&prefix) {
            return;
        }
        types.extend(action.resource_types().into_iter().map(|kind| ((prefix, kind.name()), kind)));
    }
    let types: Vec<&ResourceType> = types.into_values().collect();
    for (item, resource) in resources.iter().enumerate() {
        if !is_known(resource, budget) || types.iter().any(|kind| meets(resource, kind, budget)) {
            continue;
        }
        let acted_on = match types.as_slice() {
            [] => "the resource of such requests is \"*\"".to_owned(),
            [one] => format!("they act on {}", one.arns().join(", ")),
            [first, ..] => format!("they act on {}, among others", first.arns().join(", ")),
        };
        let message = format!("AWS documents no action of the statement that acts on {resource:?}; {acted_on}");
        subject.say(lints, subject.place.child("Resource").child(item), LintKind::ResourceNotTaken, message);
    }
}

/// Whether the catalogue knows a type that the resource may be of. Of others nothing can be said.
fn is_known(resource: &str, budget: &mut Budget) -> bool {
    let service = resource.split(':').nth(2).unwrap_or_default();
    let known = catalog().service(service).filter(|_| !UNSURE.contains(&service));
    known.is_some_and(|service| service.resource_types().iter().any(|kind| meets(resource, kind, budget)))
}

/// Whether a resource pattern and the ARNs of a type have one in common. Names of buckets hold no
/// slash; other names may. Without a budget they have.
fn meets(resource: &str, kind: &ResourceType, budget: &mut Budget) -> bool {
    let resource = without_variables(resource);
    let resource: Vec<&str> = resource.splitn(6, ':').collect();
    let inside = resource.last().is_some_and(|path| path.contains('/'));
    kind.arns().iter().any(|format| {
        let is_bucket = format == "arn:*:s3:::*";
        let format: Vec<&str> = format.splitn(6, ':').collect();
        let mut parts = resource.iter().zip(&format);
        resource.len() == format.len() && !(is_bucket && inside) && parts.all(|(one, other)| budget.overlap(one, other))
    })
}

/// A variable may be any text.
fn without_variables(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, variable)) = rest.split_once("${") {
        let Some((_, after)) = variable.split_once('}') else { break };
        plain.push_str(before);
        plain.push('*');
        rest = after;
    }
    plain.push_str(rest);
    plain
}

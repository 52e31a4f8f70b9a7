//! What all policies together say about one step, perhaps with some of them changed.

use std::collections::BTreeSet;

use super::fix::Edits;
use super::ground::Ground;
use super::step::{PRESENTING_A_TOKEN, Step, Tags};
use crate::policy::{
    Answer, Decision, Denial, KeyValue, LayerPolicies, Need, Policies, Request, StatementRef, evaluate,
};

/// Whether a step goes through.
pub(super) enum Opinion {
    /// It does, whatever is not known.
    Allowed,
    /// It does not, whatever is not known.
    Denied(Denial),
    /// It may.
    Open(BTreeSet<Need>),
}

/// Judges a step: all of its requests must be allowed. The documents that were asked are added to
/// the evidence.
pub(super) fn of(step: &Step, ground: &Ground<'_>, edits: &Edits, evidence: &mut BTreeSet<String>) -> Opinion {
    let mut open = BTreeSet::new();
    for request in &step.requests {
        let answer = answer(step, request, ground, edits, evidence);
        match answer.decision {
            Decision::Allow => {}
            Decision::Deny(denial) => return Opinion::Denied(denial),
            Decision::Depends(needs) => open.extend(needs),
        }
    }
    if open.is_empty() { Opinion::Allowed } else { Opinion::Open(open) }
}

/// The answer to one request of a step.
pub(super) fn answer(
    step: &Step,
    request: &Request,
    ground: &Ground<'_>,
    edits: &Edits,
    evidence: &mut BTreeSet<String>,
) -> Answer {
    let (request, policies) = asked(step, request, ground);
    evidence.extend(names(&policies));
    evaluate(&request, &edits.applied(&policies, &request))
}

/// A request with everything that is known of it, and the policies that apply to it.
pub(super) fn asked<'g>(step: &Step, request: &Request, ground: &'g Ground<'_>) -> (Request, Policies<'g>) {
    let request = ground.access.settled(request);
    let policies = ground.access.policies(&request);
    (closed(request, step, &policies), policies)
}

/// The names of all documents that are asked.
fn names(policies: &Policies<'_>) -> BTreeSet<String> {
    layers(policies).flat_map(|layer| &layer.policies).map(|applied| applied.name.to_string()).collect()
}

pub(super) fn layers<'p, 'a>(policies: &'p Policies<'a>) -> impl Iterator<Item = &'p LayerPolicies<'a>> {
    std::iter::once(&policies.identity)
        .chain(&policies.boundary)
        .chain(&policies.session)
        .chain(&policies.service_control)
        .chain(&policies.resource_control)
        .chain(&policies.resource)
}

/// The request with the tags that it certainly lacks: where all tags are known, one that a policy
/// asks for and that is not among them is absent.
fn closed(mut request: Request, step: &Step, policies: &Policies<'_>) -> Request {
    let by_token = step.requests.iter().any(|request| request.action == PRESENTING_A_TOKEN);
    for key in layers(policies).flat_map(|layer| &layer.policies).flat_map(|applied| keys(applied.document)) {
        for (prefix, tags) in [("aws:principaltag/", &step.principal_tags), ("aws:requesttag/", &step.request_tags)] {
            if let Some(tag) = key.strip_prefix(prefix)
                && !has(tags, tag)
                && tags.is_some()
            {
                request.context.set(&key, KeyValue::Absent);
            }
        }
        // A token has one issuer, and keys of no other.
        let names_a_host = key.split_once(':').is_some_and(|(host, _)| host.contains('.'));
        let of_issuer = names_a_host && (key.ends_with(":sub") || key.ends_with(":aud"));
        if by_token && of_issuer && !request.context.keys.contains_key(&key) {
            request.context.set(&key, KeyValue::Absent);
        }
    }
    request
}

fn has(tags: &Tags, name: &str) -> bool {
    tags.iter().flatten().any(|(tag, _)| tag.eq_ignore_ascii_case(name))
}

/// The condition keys and variables of a document, in lower case.
fn keys(document: &crate::model::PolicyDocument) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for statement in &document.statement {
        let values = statement.condition.values().flat_map(|keys| keys.values()).flatten();
        keys.extend(statement.condition.values().flat_map(|keys| keys.keys()).cloned());
        for text in values.chain(statement.resource.iter().flatten()).chain(statement.not_resource.iter().flatten()) {
            let variables = text.split("${").skip(1).filter_map(|rest| rest.split(['}', ',']).next());
            keys.extend(variables.map(|variable| variable.trim().to_ascii_lowercase()));
        }
    }
    keys
}

/// What a step waits for, in words.
pub(super) fn in_words(step: &Step, need: &Need) -> String {
    match need {
        Need::Key(key) => format!("{} depends on the condition key {key}", step.name),
        Need::Policy(why) => why.clone(),
    }
}

/// A statement as people find it.
pub(super) fn statement_in_words(statement: &StatementRef) -> String {
    match &statement.sid {
        Some(sid) => format!("{sid:?} of {}", statement.policy),
        None => format!("{} of {}", statement.statement, statement.policy),
    }
}

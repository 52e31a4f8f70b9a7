//! What may be changed in a policy so that it lets a step through, the smallest change first.
//!
//! A value more in a condition comes before a principal, a resource or an action more, and all of
//! these before a statement more. A Deny is made to leave out the request, and never taken away.
//! Policies that AWS owns are left alone.

use std::collections::BTreeMap;

use super::step::Step;
use crate::model::{PolicyDocument, Statement};
use crate::policy::{Applied, Denial, KeyValue, Layer, LayerPolicies, Policies, Principal, Request, Truth, judge};

/// One policy, changed.
pub(super) struct Change {
    /// The policy's name.
    pub(super) policy: String,
    /// As it would be.
    pub(super) document: PolicyDocument,
    /// The statement that differs, as it would be.
    pub(super) statement: Statement,
    /// The change in words.
    pub(super) words: String,
}

/// Condition keys as AWS spells them; documents keep them in lower case.
const SPELLED: &[&str] = &[
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalTag",
    "aws:RequestTag",
    "aws:RequestedRegion",
    "aws:ResourceTag",
    "aws:SourceIp",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:TagKeys",
    "aws:ViaAWSService",
    "kms:ViaService",
    "sts:ExternalId",
    "sts:RoleSessionName",
];

/// Sets of changes to try, one after the other, so that a layer does not deny the request.
pub(super) fn proposals(step: &Step, request: &Request, policies: &Policies<'_>, denial: &Denial) -> Vec<Vec<Change>> {
    let of_layer = layers(policies, denial.layer);
    let documents: Vec<&Applied<'_>> =
        of_layer.iter().flat_map(|layer| &layer.policies).filter(|applied| editable(&applied.name)).collect();
    if let Some(statement) = &denial.statement {
        let denying = documents.iter().find(|applied| applied.name.as_ref() == statement.policy);
        let changes = denying.map(|applied| exemptions(applied, statement.statement, step, request));
        return changes.into_iter().flatten().map(|change| vec![change]).collect();
    }
    let mut proposals: Vec<(Kind, Change)> =
        documents.iter().flat_map(|applied| extensions(applied, step, request)).collect();
    proposals.sort_by_key(|(kind, _)| *kind);
    let mut proposals: Vec<Vec<Change>> = proposals.into_iter().map(|(_, change)| vec![change]).collect();
    proposals.extend(additions(step, request, &of_layer, denial.layer));
    proposals
}

fn layers<'p, 'a>(policies: &'p Policies<'a>, layer: Layer) -> Vec<&'p LayerPolicies<'a>> {
    match layer {
        Layer::ResourceControl => policies.resource_control.iter().collect(),
        Layer::ServiceControl => policies.service_control.iter().collect(),
        Layer::Resource => policies.resource.iter().collect(),
        Layer::Identity => vec![&policies.identity],
        Layer::Boundary => policies.boundary.iter().collect(),
        Layer::Session => Vec::new(),
    }
}

/// AWS's own policies are nobody's to change.
fn editable(policy: &str) -> bool {
    !policy.contains(":iam::aws:policy/") && !policy.contains("FullAWSAccess")
}

/// What a change adds to, in the order in which changes are tried.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Condition,
    Conditions,
    Principal,
    Resource,
    Action,
}

/// Every way to make one more request fit one Allow statement by adding to a single part of it.
fn extensions(applied: &Applied<'_>, step: &Step, request: &Request) -> Vec<(Kind, Change)> {
    let mut found = Vec::new();
    for (index, statement) in applied.document.statement.iter().enumerate() {
        if statement.effect != "Allow" {
            continue;
        }
        let mut propose = |kind: Kind, words: &str, change: &dyn Fn(&mut Statement) -> bool| {
            found.extend(changed(applied, index, words, change).map(|change| (kind, change)));
        };
        let listed = listed_conditions(statement, request, POSITIVE);
        for (operator, key, values) in &listed {
            let words = format!("add {} to {} ({operator})", quoted(values), spelled(key));
            propose(Kind::Condition, &words, &|statement| add_values(statement, operator, key, values));
        }
        if listed.len() > 1 {
            let words: Vec<String> =
                listed.iter().map(|(_, key, values)| format!("{} to {}", quoted(values), spelled(key))).collect();
            propose(Kind::Conditions, &format!("add {}", words.join(" and ")), &|statement| {
                listed.iter().all(|(operator, key, values)| add_values(statement, operator, key, values))
            });
        }
        if let Some((kind, name)) = principal(request) {
            propose(Kind::Principal, &format!("add {name} to the principals"), &|statement| {
                // Principals of another kind are let in for other reasons.
                let principals = statement.principal.as_mut().and_then(|principals| principals.get_mut(kind));
                principals.is_some_and(|principals| add(principals, &name))
            });
        }
        let sweeping =
            |list: &Option<Vec<String>>| list.iter().flatten().any(|text| text == "*" || text.ends_with(":*"));
        if !sweeping(&statement.action) {
            propose(Kind::Resource, &format!("add {} to the resources", request.resource), &|statement| {
                statement.resource.as_mut().is_some_and(|resources| add(resources, &request.resource))
            });
        }
        if !sweeping(&statement.resource) {
            let actions = actions(step);
            propose(Kind::Action, &format!("add {} to the actions", named(step)), &|statement| {
                statement
                    .action
                    .as_mut()
                    .is_some_and(|known| actions.iter().filter(|action| add(known, action)).count() > 0)
            });
        }
    }
    found
}

/// Every way to make a Deny statement leave out a request.
fn exemptions(applied: &Applied<'_>, index: usize, step: &Step, request: &Request) -> Vec<Change> {
    let Some(statement) = applied.document.statement.get(index) else { return Vec::new() };
    let mut found = Vec::new();
    let mut propose = |words: &str, change: &dyn Fn(&mut Statement) -> bool| {
        found.extend(changed(applied, index, words, change));
    };
    for (operator, key, values) in listed_conditions(statement, request, NEGATIVE) {
        let words = format!("add {} to {} ({operator})", quoted(&values), spelled(&key));
        propose(&words, &|statement| add_values(statement, &operator, &key, &values));
    }
    for (operator, key, values) in listed_conditions(statement, request, POSITIVE) {
        let words = format!("take {} from {} ({operator})", quoted(&values), spelled(&key));
        propose(&words, &|statement| {
            let list = statement.condition.get_mut(&operator).and_then(|keys| keys.get_mut(&key));
            list.is_some_and(|list| {
                let before = list.len();
                list.retain(|value| !values.contains(value));
                list.len() < before && !list.is_empty()
            })
        });
    }
    let actions = actions(step);
    propose(&format!("add {} to NotAction", named(step)), &|statement| {
        statement
            .not_action
            .as_mut()
            .is_some_and(|known| actions.iter().filter(|action| add(known, action)).count() > 0)
    });
    propose(&format!("add {} to NotResource", request.resource), &|statement| {
        statement.not_resource.as_mut().is_some_and(|known| add(known, &request.resource))
    });
    if let Some(arn) = request.principal.arn() {
        propose(&format!("leave out {arn}"), &|statement| {
            let keys = statement.condition.entry("ArnNotLike".to_owned()).or_default();
            keys.insert("aws:principalarn".to_owned(), vec![arn.clone()]).is_none()
        });
    }
    found
}

/// A statement more, in the layer that has none for the request. Service control policies need
/// one at every level that has none.
fn additions(step: &Step, request: &Request, of_layer: &[&LayerPolicies<'_>], layer: Layer) -> Vec<Vec<Change>> {
    let statement = new_statement(step, request, layer);
    let words = "add a statement".to_owned();
    let onto = |applied: &Applied<'_>| {
        let mut document = applied.document.clone();
        document.statement.push(statement.clone());
        Change { policy: applied.name.to_string(), document, statement: statement.clone(), words: words.clone() }
    };
    let first = |layer: &&LayerPolicies<'_>| layer.policies.iter().find(|applied| editable(&applied.name)).map(onto);
    match layer {
        Layer::Identity => request.principal.arn().map_or_else(Vec::new, |arn| {
            let document =
                PolicyDocument { version: "2012-10-17".to_owned(), id: None, statement: vec![statement.clone()] };
            let words = format!("add an inline policy to {arn} with the statement");
            vec![vec![Change { policy: new_inline_policy(&arn), document, statement: statement.clone(), words }]]
        }),
        Layer::Resource | Layer::Boundary => of_layer.iter().filter_map(first).map(|change| vec![change]).collect(),
        Layer::ServiceControl => {
            let silent = |level: &&&LayerPolicies<'_>| {
                !level.policies.iter().any(|applied| judge(layer, applied.document, request).allow == Truth::Yes)
            };
            vec![of_layer.iter().filter(silent).filter_map(first).collect()]
        }
        Layer::ResourceControl | Layer::Session => Vec::new(),
    }
}

/// The statement that allows the step and nothing else.
fn new_statement(step: &Step, request: &Request, layer: Layer) -> Statement {
    let mut statement = Statement { effect: "Allow".to_owned(), action: Some(actions(step)), ..Statement::default() };
    if layer == Layer::Resource {
        statement.principal = principal(request).map(|(kind, name)| BTreeMap::from([(kind.to_owned(), vec![name])]));
    }
    if layer == Layer::Resource && step.is_hop {
        statement.condition = trust_conditions(request);
    } else {
        statement.resource = Some(vec![request.resource.clone()]);
    }
    statement
}

/// What a trust policy should ask for: the external id, or whose token it is.
fn trust_conditions(request: &Request) -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
    let asked = |key: &str| key == "sts:externalid" || key.ends_with(":sub") || key.ends_with(":aud");
    let known = |(key, value): (&String, &KeyValue)| match value {
        KeyValue::Known(values) if asked(key) => Some((key.clone(), values.clone())),
        _ => None,
    };
    let keys: BTreeMap<String, Vec<String>> = request.context.keys.iter().filter_map(known).collect();
    if keys.is_empty() { BTreeMap::new() } else { BTreeMap::from([("StringEquals".to_owned(), keys)]) }
}

/// One statement of a document, changed; `None` when the change does nothing.
fn changed(
    applied: &Applied<'_>,
    index: usize,
    words: &str,
    change: &dyn Fn(&mut Statement) -> bool,
) -> Option<Change> {
    let mut document = applied.document.clone();
    let statement = document.statement.get_mut(index)?;
    if !change(statement) {
        return None;
    }
    let statement = statement.clone();
    let label = statement.sid.as_ref().map_or_else(|| format!("statement {index}"), |sid| format!("statement {sid:?}"));
    let words = format!("{words} of {label}");
    Some(Change { policy: applied.name.to_string(), document, statement, words })
}

const POSITIVE: &[&str] =
    &["StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress", "NumericEquals"];
const NEGATIVE: &[&str] =
    &["StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "ArnNotEquals", "ArnNotLike", "NotIpAddress"];

/// The conditions of a statement with one of these operators on a key that the request has:
/// operator, key, and the values of the request.
fn listed_conditions(
    statement: &Statement,
    request: &Request,
    operators: &[&str],
) -> Vec<(String, String, Vec<String>)> {
    let mut found = Vec::new();
    for (operator, keys) in &statement.condition {
        let plain = operator.rsplit(':').next().unwrap_or(operator).trim_end_matches("IfExists");
        if !operators.contains(&plain) {
            continue;
        }
        for key in keys.keys() {
            if let KeyValue::Known(values) = request.context.get(key) {
                found.push((operator.clone(), key.clone(), values.clone()));
            }
        }
    }
    found
}

fn add_values(statement: &mut Statement, operator: &str, key: &str, values: &[String]) -> bool {
    let list = statement.condition.get_mut(operator).and_then(|keys| keys.get_mut(key));
    list.is_some_and(|list| values.iter().filter(|value| add(list, value)).count() > 0)
}

/// Adds to a sorted list; false when it is there.
fn add(list: &mut Vec<String>, text: &str) -> bool {
    match list.binary_search_by(|known| known.as_str().cmp(text)) {
        Ok(_) => false,
        Err(position) => {
            list.insert(position, text.to_owned());
            true
        }
    }
}

/// How a resource policy names who asks.
fn principal(request: &Request) -> Option<(&'static str, String)> {
    match &request.principal {
        Principal::Role { role: arn, .. } | Principal::User(arn) | Principal::FederatedUser(arn) => {
            Some(("AWS", arn.clone()))
        }
        Principal::Federated(provider) => Some(("Federated", provider.clone())),
        Principal::Root(account) => Some(("AWS", format!("arn:aws:iam::{account}:root"))),
        Principal::Service(_) | Principal::Anonymous => None,
    }
}

/// The name of an inline policy that a principal does not have yet.
pub(super) fn new_inline_policy(principal: &str) -> String {
    format!("{principal}#/configuration/inline_policies/-")
}

/// The actions of a step in canonical form.
fn actions(step: &Step) -> Vec<String> {
    let mut actions: Vec<String> = step.requests.iter().map(|request| request.action.to_ascii_lowercase()).collect();
    actions.sort();
    actions
}

fn named(step: &Step) -> String {
    step.requests.iter().map(|request| request.action.as_str()).collect::<Vec<_>>().join(" and ")
}

fn quoted(values: &[String]) -> String {
    values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ")
}

fn spelled(key: &str) -> String {
    let (name, rest) = key.split_once('/').map_or((key, None), |(name, rest)| (name, Some(rest)));
    let known = SPELLED.iter().find(|known| known.eq_ignore_ascii_case(name)).copied().unwrap_or(name);
    rest.map_or_else(|| known.to_owned(), |rest| format!("{known}/{rest}"))
}

/// A statement as JSON on one line, its actions and keys as people write them where that is known.
pub(super) fn written(statement: &Statement, step: &Step) -> String {
    let mut statement = statement.clone();
    let spell = |text: &mut String| {
        if let Some(request) = step.requests.iter().find(|request| request.action.eq_ignore_ascii_case(text)) {
            request.action.clone_into(text);
        }
    };
    for list in [&mut statement.action, &mut statement.not_action] {
        list.iter_mut().flatten().for_each(spell);
    }
    let providers = statement.principal.iter().flat_map(|principals| principals.values()).flatten();
    let issuers: Vec<String> =
        providers.filter_map(|arn| arn.split_once(":oidc-provider/")).map(|(_, issuer)| issuer.to_owned()).collect();
    let spell = |key: String| {
        let of =
            |issuer: &&String| key.split_once(':').is_some_and(|(host, _)| host.eq_ignore_ascii_case(issuer.as_str()));
        match issuers.iter().find(of) {
            Some(issuer) => format!("{issuer}{}", &key[issuer.len()..]),
            None => spelled(&key),
        }
    };
    for keys in statement.condition.values_mut() {
        *keys = std::mem::take(keys).into_iter().map(|(key, values)| (spell(key), values)).collect();
    }
    serde_json::to_string(&statement).unwrap_or_default()
}

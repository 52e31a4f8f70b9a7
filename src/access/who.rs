//! Everyone who can do something: all principals of the snapshot, and those outside of it whom
//! the resource's policy names.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Access, chain::own};
use crate::model::{ResourceId, Statement};
use crate::policy::{Answer, Context, Principal, Request, account_of};

/// One principal's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Who.
    pub principal: Principal,
    /// The user or role of the snapshot; absent for root users and for everyone outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// Whether the principal belongs to an account of the snapshot.
    pub inside: bool,
    /// What it may.
    pub answer: Answer,
}

/// The answer of each, sorted: those of the snapshot first, by ARN.
pub(super) fn who(access: &Access<'_>, action: &str, resource: &str, context: &Context) -> Vec<Standing> {
    let ask = |principal: Principal| {
        let mut request = own(principal, action, resource);
        request.context.otherwise = context.otherwise.clone();
        request.context.keys.extend(context.keys.clone());
        access.can(&request)
    };
    let holders = (0..access.index.holders.len()).map(|at| {
        let principal = access.as_principal(at);
        let answer = ask(principal.clone());
        Standing { principal, resource: Some(access.index.holders[at].resource.id.clone()), inside: true, answer }
    });
    let roots = access.index.scanned.iter().map(|account| {
        let principal = Principal::Root((*account).to_owned());
        Standing { answer: ask(principal.clone()), principal, resource: None, inside: true }
    });
    let outside = outsiders(access, action, resource).into_iter().map(|principal| Standing {
        answer: ask(principal.clone()),
        principal,
        resource: None,
        inside: false,
    });
    holders.chain(roots).chain(outside).collect()
}

/// Principals outside of the snapshot whom an Allow of the resource's policy names.
fn outsiders(access: &Access<'_>, action: &str, resource: &str) -> BTreeSet<Principal> {
    let policies = access.policies(&Request::new(Principal::Anonymous, action, resource));
    let documents = policies.resource.iter().flat_map(|layer| &layer.policies);
    let allows =
        documents.flat_map(|policy| &policy.document.statement).filter(|statement| statement.effect == "Allow");
    allows.flat_map(named).filter(|principal| is_outside(access, principal)).collect()
}

fn named(statement: &Statement) -> Vec<Principal> {
    let Some(kinds) = &statement.principal else { return vec![Principal::Anonymous] };
    let names = kinds.iter().flat_map(|(kind, names)| names.iter().map(move |name| (kind.as_str(), name.as_str())));
    names
        .filter_map(|(kind, name)| match kind {
            "AWS" if name == "*" || name.starts_with("arn:") => Some(Principal::read(name)),
            "Service" => Some(Principal::Service(name.to_owned())),
            "Federated" => Some(Principal::Federated(name.to_owned())),
            _ => None,
        })
        .collect()
}

fn is_outside(access: &Access<'_>, principal: &Principal) -> bool {
    match principal {
        Principal::Federated(_) | Principal::Service(_) | Principal::Anonymous => true,
        Principal::Root(account) => !access.index.scanned.contains(account.as_str()),
        Principal::User(arn) | Principal::Role { role: arn, .. } | Principal::FederatedUser(arn) => {
            account_of(arn).is_none_or(|account| !access.index.scanned.contains(account))
        }
    }
}

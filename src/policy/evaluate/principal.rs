//! Whether a statement is about the principal of a request, and how it names it.
//!
//! How matters for resource policies: a named user is let in by that alone, a named account only
//! delegates to its own identity policies. Source: IAM user guide, "AWS JSON policy elements:
//! Principal" and "NotPrincipal".

use std::collections::BTreeMap;

use crate::model::Statement;
use crate::policy::{Need, Principal, Truth, account_of};

/// How a resource policy names a principal, the strongest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::policy) enum Grant {
    /// By its account: the account's identity policies decide.
    Delegated,
    /// A session by its role: boundary and session policies still limit it.
    ToRole,
    /// By itself, or as one of everyone.
    Direct,
}

/// Whether a statement is about the principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) struct Named {
    /// Whether it is.
    pub(in crate::policy) truth: Truth,
    /// How, where it is or may be.
    pub(in crate::policy) grant: Grant,
}

impl Named {
    const fn not() -> Self {
        Self { truth: Truth::No, grant: Grant::Direct }
    }

    const fn by(grant: Grant) -> Self {
        Self { truth: Truth::Yes, grant }
    }

    fn perhaps(why: String) -> Self {
        Self { truth: Truth::depends_on(Need::Policy(why)), grant: Grant::Direct }
    }
}

/// Whether a statement is about this principal, and how it names it; statements without
/// `Principal` and `NotPrincipal` are about whoever has the policy.
///
/// A Deny with `NotPrincipal` is about everyone with a permissions boundary, listed or not. Source:
/// IAM user guide, "Permissions boundaries for IAM entities".
pub(in crate::policy) fn named(statement: &Statement, principal: &Principal, bounded: bool) -> Named {
    match (&statement.principal, &statement.not_principal) {
        (Some(principals), _) => in_list(principals, principal),
        (None, Some(_)) if bounded && statement.effect == "Deny" => Named::by(Grant::Direct),
        (None, Some(excepted)) => not_excepted(excepted, principal),
        (None, None) => Named::by(Grant::Direct),
    }
}

type Principals = BTreeMap<String, Vec<String>>;

fn in_list(principals: &Principals, principal: &Principal) -> Named {
    let mut found = Named::not();
    for (kind, names) in principals {
        for name in names {
            let named = is_named(kind, name, principal);
            let stronger = match (&found.truth, &named.truth) {
                (_, Truth::No) | (Truth::Yes, Truth::Depends(_)) => false,
                (Truth::No, _) => true,
                (Truth::Yes, Truth::Yes) => named.grant > found.grant,
                (Truth::Depends(_), truth) => *truth == Truth::Yes,
            };
            if stronger {
                found = named;
            }
        }
    }
    found
}

fn is_named(kind: &str, name: &str, principal: &Principal) -> Named {
    match (kind, principal) {
        ("AWS", _) if name == "*" => Named::by(Grant::Direct),
        ("AWS", _) => grant_to(name, principal).map_or_else(Named::not, Named::by),
        ("Service", Principal::Service(service)) if name == service || name == "*" => Named::by(Grant::Direct),
        ("Federated", Principal::Federated(provider)) if name == provider || name == "*" => Named::by(Grant::Direct),
        (
            "CanonicalUser",
            Principal::Root(_) | Principal::User(_) | Principal::Role { .. } | Principal::FederatedUser(_),
        ) => Named::perhaps(format!("whether {principal} belongs to the canonical user {name} is not known")),
        _ => Named::not(),
    }
}

/// How an AWS principal's name takes a principal, if it does.
fn grant_to(name: &str, principal: &Principal) -> Option<Grant> {
    match principal {
        Principal::User(arn) | Principal::FederatedUser(arn) if name == arn => Some(Grant::Direct),
        Principal::Role { session, .. } if name == session => Some(Grant::Direct),
        Principal::Role { role, .. } if name == role => Some(Grant::ToRole),
        Principal::Root(_) | Principal::User(_) | Principal::Role { .. } | Principal::FederatedUser(_) => {
            let account = account_named(name)?;
            (principal.account() == Some(account)).then_some(Grant::Delegated)
        }
        Principal::Service(_) | Principal::Federated(_) | Principal::Anonymous => None,
    }
}

/// The account that a principal's name stands for as a whole: `arn:aws:iam::<account>:root`.
fn account_named(name: &str) -> Option<&str> {
    if name.starts_with("arn:") && !name.ends_with(":root") {
        return None;
    }
    account_of(name)
}

/// Whether `NotPrincipal` leaves the principal among those the statement is about.
///
/// Who is to be excepted has to be listed with the account and, for a session, with the role;
/// what a part of that list does, AWS does not say for certain.
fn not_excepted(excepted: &Principals, principal: &Principal) -> Named {
    let listed = |name: &str| excepted.get("AWS").is_some_and(|names| names.iter().any(|listed| listed == name));
    if listed("*") {
        return Named::not();
    }
    let account = principal.account().unwrap_or_default();
    let account_listed =
        excepted.get("AWS").is_some_and(|names| names.iter().any(|name| account_named(name) == Some(account)));
    let parts: Vec<(&str, bool)> = match principal {
        Principal::Root(_) => vec![("the account", account_listed)],
        Principal::User(arn) => vec![("the account", account_listed), ("the user", listed(arn))],
        Principal::FederatedUser(arn) => vec![("the account", account_listed), ("the federated user", listed(arn))],
        Principal::Role { role, session } => {
            vec![("the account", account_listed), ("the role", listed(role)), ("the session", listed(session))]
        }
        Principal::Service(_) | Principal::Federated(_) | Principal::Anonymous => {
            let named = in_list(excepted, principal).truth == Truth::Yes;
            return if named { Named::not() } else { Named::by(Grant::Direct) };
        }
    };
    if parts.iter().all(|(_, listed)| *listed) {
        return Named::not();
    }
    if parts.iter().any(|(_, listed)| *listed) {
        let missing: Vec<&str> = parts.iter().filter(|(_, listed)| !listed).map(|(what, _)| *what).collect();
        return Named::perhaps(format!(
            "NotPrincipal excepts {principal} only in part: {} is not listed, and what AWS does then is not certain",
            missing.join(" and ")
        ));
    }
    match excepted.get("CanonicalUser") {
        Some(names) if !names.is_empty() => Named::perhaps(format!(
            "whether {principal} belongs to the canonical user {} is not known",
            names.join(", ")
        )),
        _ => Named::by(Grant::Direct),
    }
}

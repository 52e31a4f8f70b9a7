//! STS: who the caller is, and roles to assume.
//!
//! Trust is judged in a simple form: a statement that allows `sts:AssumeRole` to the caller, its
//! account or everyone, with at most conditions on `sts:ExternalId`.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::estate::{Account, Estate, opaque_id};
use super::refusal::Refusal;
use super::request::{Call, Service};
use super::xml::query_answer;

/// Credentials that were given out.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) account: String,
    /// ARN of the assumed role's session.
    pub(super) arn: String,
    pub(super) token: String,
}

/// Access keys of assumed roles.
pub(super) type Sessions = HashMap<String, Session>;

pub(super) fn answer(call: &Call, estate: &Estate, sessions: &mut Sessions, now: Timestamp) -> Result<String, Refusal> {
    match call.operation() {
        "GetCallerIdentity" => Ok(identity(call)),
        "AssumeRole" => assume_role(call, estate, sessions, now),
        _ => Err(Refusal::unsupported(&call.asked)),
    }
}

fn identity(call: &Call) -> String {
    let id = if call.caller.starts_with("arn:aws:sts:") {
        opaque_id("AROA", &call.caller) + ":" + call.caller.rsplit('/').next().unwrap_or_default()
    } else {
        opaque_id("AIDA", &call.caller)
    };
    query_answer(Service::Sts, call.operation(), &call.request, |xml| {
        xml.text("Arn", &call.caller);
        xml.text("UserId", id);
        xml.text("Account", &call.account);
    })
}

fn assume_role(call: &Call, estate: &Estate, sessions: &mut Sessions, now: Timestamp) -> Result<String, Refusal> {
    let role_arn = call.needed("RoleArn")?;
    let session_name = call.needed("RoleSessionName")?;
    let (account, role) = find_role(estate, role_arn).ok_or_else(|| not_allowed(call, role_arn))?;
    if !trusts(&role.trust, call) {
        return Err(not_allowed(call, role_arn));
    }
    let seconds: u32 = call.parameter("DurationSeconds").and_then(|text| text.parse().ok()).unwrap_or(3600);
    if seconds > role.max_session_seconds {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(Refusal::new(400, "ValidationError", message));
    }
    let number = sessions.len();
    let access_key = opaque_id("ASIA", &format!("{role_arn}/{session_name}/{number}"))[..20].to_owned();
    let token = opaque_id("FwoG", &access_key);
    let arn = format!("arn:aws:sts::{}:assumed-role/{}/{session_name}", account.id, role.name);
    let role_id = opaque_id("AROA", role_arn);
    sessions
        .insert(access_key.clone(), Session { account: account.id.clone(), arn: arn.clone(), token: token.clone() });
    let expires = now.saturating_add(SignedDuration::from_secs(i64::from(seconds))).unwrap_or(now);
    Ok(query_answer(Service::Sts, "AssumeRole", &call.request, |xml| {
        xml.element("AssumedRoleUser", |xml| {
            xml.text("AssumedRoleId", format!("{role_id}:{session_name}"));
            xml.text("Arn", &arn);
        });
        xml.element("Credentials", |xml| {
            xml.text("AccessKeyId", &access_key);
            xml.text("SecretAccessKey", opaque_id("secret", &access_key));
            xml.text("SessionToken", &token);
            xml.text("Expiration", expires.strftime("%Y-%m-%dT%H:%M:%SZ"));
        });
    }))
}

fn find_role<'a>(estate: &'a Estate, arn: &str) -> Option<(&'a Account, &'a super::estate_iam::Role)> {
    let account = estate.account(arn.split(':').nth(4)?)?;
    let role = account.roles.iter().find(|role| account.iam_arn("role", &role.path, &role.name) == arn)?;
    Some((account, role))
}

fn not_allowed(call: &Call, role_arn: &str) -> Refusal {
    let message = format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {role_arn}", call.caller);
    Refusal::new(403, "AccessDenied", message)
}

fn trusts(trust: &Value, call: &Call) -> bool {
    let statements = many(&trust["Statement"]);
    let about_us = |statement: &&&Value| {
        many(&statement["Action"])
            .iter()
            .any(|action| matches!(action.as_str(), Some("sts:AssumeRole" | "sts:*" | "*")))
            && names_caller(&statement["Principal"], call)
            && conditions_hold(&statement["Condition"], call)
    };
    let matching: Vec<_> = statements.iter().filter(about_us).collect();
    let effect = |statement: &&&&Value, effect: &str| statement["Effect"] == effect;
    matching.iter().any(|statement| effect(&statement, "Allow"))
        && !matching.iter().any(|statement| effect(&statement, "Deny"))
}

fn names_caller(principal: &Value, call: &Call) -> bool {
    if principal == "*" {
        return true;
    }
    let root = format!("arn:aws:iam::{}:root", call.account);
    many(&principal["AWS"]).iter().any(|name| {
        name.as_str().is_some_and(|name| name == "*" || name == call.account || name == root || name == call.caller)
    })
}

/// Any condition that is not about the external id is one we cannot judge, and so does not hold.
fn conditions_hold(condition: &Value, call: &Call) -> bool {
    let Some(operators) = condition.as_object() else { return true };
    operators.iter().all(|(operator, keys)| {
        operator == "StringEquals"
            && keys.as_object().is_some_and(|keys| {
                keys.iter().all(|(key, values)| {
                    key.eq_ignore_ascii_case("sts:ExternalId")
                        && many(values).iter().any(|value| value.as_str() == call.parameter("ExternalId"))
                })
            })
    })
}

fn many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

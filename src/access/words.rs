//! Conditions in words, and what an answer asks of a request.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::model::Statement;
use crate::policy::{Answer, Decision, LayerPolicies, Need, Policies, StatementRef};

/// Something that must hold for a request to be allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Requirement {
    /// The condition key in lower case; absent for a policy that was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// In words: `sts:ExternalId is "orders"`.
    pub words: String,
    /// The statement that asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<StatementRef>,
}

/// What an answer waits for, each with the conditions that ask for it.
pub(super) fn requirements(answer: &Answer, policies: &Policies<'_>) -> Vec<Requirement> {
    let Decision::Depends(needs) = &answer.decision else { return Vec::new() };
    let statements: Vec<(&StatementRef, &Statement)> = answer
        .layers
        .iter()
        .flat_map(|layer| &layer.statements)
        .filter_map(|place| Some((place, statement(policies, place)?)))
        .collect();
    let mut found = BTreeSet::new();
    for need in needs {
        let Need::Key(key) = need else {
            found.insert(Requirement { key: None, words: need.to_string(), statement: None });
            continue;
        };
        let asked: Vec<Requirement> =
            statements.iter().flat_map(|(place, statement)| asks(key, place, statement)).collect();
        if asked.is_empty() {
            found.insert(Requirement {
                key: Some(key.clone()),
                words: format!("{} is right", spelled(key)),
                statement: None,
            });
        }
        found.extend(asked);
    }
    found.into_iter().collect()
}

/// The statement of an answer's reference.
pub(super) fn statement<'p>(policies: &'p Policies<'_>, place: &StatementRef) -> Option<&'p Statement> {
    let of = |layer: &'p LayerPolicies<'_>| {
        let policy = layer.policies.iter().find(|policy| policy.name == place.policy)?;
        policy.document.statement.get(place.statement)
    };
    let optional = [&policies.boundary, &policies.session, &policies.resource];
    std::iter::once(&policies.identity)
        .chain(optional.into_iter().flatten())
        .chain(&policies.service_control)
        .chain(&policies.resource_control)
        .find_map(of)
}

fn asks(key: &str, place: &StatementRef, statement: &Statement) -> Vec<Requirement> {
    let denies = statement.effect == "Deny";
    let tests = statement.condition.iter().flat_map(|(operator, keys)| {
        keys.iter().filter(|(name, _)| *name == key).map(move |(name, values)| test(operator, name, values))
    });
    tests
        .map(|words| Requirement {
            key: Some(key.to_owned()),
            words: if denies { format!("denied when {words}") } else { words },
            statement: Some(place.clone()),
        })
        .collect()
}

/// One test of a condition in words: `aws:SourceVpce is "vpce-1" or "vpce-2"`.
fn test(operator: &str, key: &str, values: &[String]) -> String {
    let lower = operator.to_ascii_lowercase();
    let (set, base) = match lower.split_once(':') {
        Some(("foranyvalue", base)) => ("a value of ", base),
        Some(("forallvalues", base)) => ("every value of ", base),
        _ => ("", lower.as_str()),
    };
    let (base, exists) = match base.strip_suffix("ifexists") {
        Some(base) => (base, ", where present"),
        None => (base, ""),
    };
    let key = spelled(key);
    let first = values.first().map(String::as_str).unwrap_or_default();
    if base == "null" {
        return format!("{key} is {}", if first.eq_ignore_ascii_case("true") { "absent" } else { "present" });
    }
    let listed = |joint: &str| values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(joint);
    let verb = match base {
        "stringequals" | "stringequalsignorecase" | "arnequals" | "numericequals" | "dateequals" | "binaryequals" => {
            "is"
        }
        "stringlike" | "arnlike" => "is like",
        "stringnotequals" | "stringnotequalsignorecase" | "arnnotequals" | "numericnotequals" | "datenotequals" => {
            "is not"
        }
        "stringnotlike" | "arnnotlike" => "is not like",
        "ipaddress" => "is in",
        "notipaddress" => "is not in",
        "numericlessthan" | "datelessthan" => "is below",
        "numericlessthanequals" | "datelessthanequals" => "is at most",
        "numericgreaterthan" | "dategreaterthan" => "is above",
        "numericgreaterthanequals" | "dategreaterthanequals" => "is at least",
        "bool" => return format!("{set}{key} is {first}{exists}"),
        _ => return format!("{set}{key} {operator} {}", listed(", ")),
    };
    let joint = if verb.contains("not") { " nor " } else { " or " };
    format!("{set}{key} {verb} {}{exists}", listed(joint))
}

/// A condition key as AWS spells it, where it is a common one.
fn spelled(key: &str) -> &str {
    const COMMON: &[&str] = &[
        "aws:CalledVia",
        "aws:CurrentTime",
        "aws:FederatedProvider",
        "aws:MultiFactorAuthAge",
        "aws:MultiFactorAuthPresent",
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalIsAWSService",
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalServiceName",
        "aws:PrincipalType",
        "aws:RequestedRegion",
        "aws:ResourceAccount",
        "aws:ResourceOrgID",
        "aws:SecureTransport",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceIdentity",
        "aws:SourceIp",
        "aws:SourceOrgID",
        "aws:SourceVpc",
        "aws:SourceVpce",
        "aws:TokenIssueTime",
        "aws:UserAgent",
        "aws:ViaAWSService",
        "aws:VpcSourceIp",
        "iam:AssociatedResourceArn",
        "iam:PassedToService",
        "iam:PermissionsBoundary",
        "iam:PolicyARN",
        "sts:DurationSeconds",
        "sts:ExternalId",
        "sts:RoleSessionName",
        "sts:SourceIdentity",
        "sts:TransitiveTagKeys",
    ];
    COMMON.iter().find(|common| common.eq_ignore_ascii_case(key)).copied().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::parse;

    fn words(condition: &str) -> Vec<String> {
        let text =
            format!(r#"{{"Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}}}"#);
        let condition = &parse(&text).unwrap().statement[0].condition;
        condition
            .iter()
            .flat_map(|(operator, keys)| keys.iter().map(move |(key, values)| test(operator, key, values)))
            .collect()
    }

    #[test]
    fn conditions_read_as_sentences() {
        for (condition, expected) in [
            (r#"{"StringEquals":{"sts:externalid":["b","a"]}}"#, r#"sts:ExternalId is "a" or "b""#),
            (r#"{"StringNotLike":{"aws:PrincipalArn":["a*","b*"]}}"#, r#"aws:PrincipalArn is not like "a*" nor "b*""#),
            (
                r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}"#,
                "aws:MultiFactorAuthPresent is true, where present",
            ),
            (r#"{"Null":{"aws:SourceVpce":"false"}}"#, "aws:SourceVpce is present"),
            (
                r#"{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-1/*"}}"#,
                r#"a value of aws:PrincipalOrgPaths is like "o-1/*""#,
            ),
            (r#"{"NumericLessThanEquals":{"s3:max-keys":10}}"#, r#"s3:max-keys is at most "10""#),
        ] {
            assert_eq!(words(condition), [expected]);
        }
    }
}

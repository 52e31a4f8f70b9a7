//! The IAM policy language: reading a document in every legal spelling and giving its canonical
//! form.
//!
//! Order, scalar or list, the case of actions and condition keys, and the spelling of principals
//! have no meaning, so they do not survive. A document that cannot be read is an error, never an
//! empty policy. [`PolicyView`] reads a document of which parts are unknown; `public` holds AWS's
//! definition of a public policy.

mod answer;
pub mod catalog;
mod compare;
mod evaluate;
pub mod pattern;
mod public;
mod request;
mod view;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::{PolicyDocument, Statement};

pub use answer::{Answer, Decision, Denial, Layer, LayerAnswer, Need, Says, StatementRef, Truth};
pub use catalog::catalog;
pub use compare::{Budget, Comparison, Kind, Permission, Relation, Through, compare};
pub use evaluate::{Applied, Effects, LayerPolicies, Policies, evaluate, judge};
pub use public::{Guards, account_of, limited, policy_public};
pub use request::{Context, KeyValue, Principal, Request};
pub use view::{Condition, Listed, PolicyView, StatementView};

/// Why a text is not a policy document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Not JSON.
    #[error("policy is not JSON: {0}")]
    NotJson(String),
    /// JSON, but not a policy.
    #[error("policy at {place}: {problem}")]
    NotPolicy {
        /// JSON pointer into the document as written.
        place: String,
        /// What is wrong there.
        problem: String,
    },
}

/// Reads a policy document and gives its canonical form.
///
/// # Errors
/// When the text is not JSON or not a policy document, with the place.
pub fn parse(text: &str) -> Result<PolicyDocument, PolicyError> {
    let value = serde_json::from_str(text).map_err(|error| PolicyError::NotJson(error.to_string()))?;
    from_value(&value)
}

/// Gives the canonical form of a policy document that was already read as JSON.
///
/// # Errors
/// When the value is not a policy document, with the place.
pub fn from_value(value: &Value) -> Result<PolicyDocument, PolicyError> {
    let document = object(value, "")?;
    for key in document.keys() {
        if !matches!(key.as_str(), "Version" | "Id" | "Statement") {
            return Err(problem("", format!("{key:?} is not an element of a policy")));
        }
    }
    let version = match document.get("Version") {
        None => "2008-10-17".to_owned(),
        Some(version) => string(version, "/Version")?,
    };
    let id = document.get("Id").map(|id| string(id, "/Id")).transpose()?;
    let mut statements = match document.get("Statement") {
        None => return Err(problem("", "Statement is missing".to_owned())),
        Some(Value::Array(statements)) => statements
            .iter()
            .enumerate()
            .map(|(index, statement)| read_statement(statement, &format!("/Statement/{index}")))
            .collect::<Result<Vec<_>, _>>()?,
        Some(statement) => vec![read_statement(statement, "/Statement")?],
    };
    statements.sort();
    Ok(PolicyDocument { version, id, statement: statements })
}

fn read_statement(value: &Value, place: &str) -> Result<Statement, PolicyError> {
    let mut statement = Statement::default();
    for (key, value) in object(value, place)? {
        let at = format!("{place}/{key}");
        match key.as_str() {
            "Sid" => statement.sid = Some(string(value, &at)?).filter(|sid| !sid.is_empty()),
            "Effect" => statement.effect = string(value, &at)?,
            "Principal" => statement.principal = Some(principals(value, &at)?),
            "NotPrincipal" => statement.not_principal = Some(principals(value, &at)?),
            "Action" => statement.action = Some(lowercase(strings(value, &at)?)),
            "NotAction" => statement.not_action = Some(lowercase(strings(value, &at)?)),
            "Resource" => statement.resource = Some(strings(value, &at)?),
            "NotResource" => statement.not_resource = Some(strings(value, &at)?),
            "Condition" => statement.condition = conditions(value, &at)?,
            _ => return Err(problem(place, format!("{key:?} is not an element of a statement"))),
        }
    }
    if !matches!(statement.effect.as_str(), "Allow" | "Deny") {
        return Err(problem(place, format!("Effect is {:?}, not Allow or Deny", statement.effect)));
    }
    if statement.action.is_some() == statement.not_action.is_some() {
        return Err(problem(place, "a statement has either Action or NotAction".to_owned()));
    }
    Ok(statement)
}

/// `"*"`, `{"AWS": "*"}` and `{"AWS": ["*"]}` are all `{"AWS": ["*"]}`; an account id is its root
/// ARN.
fn principals(value: &Value, place: &str) -> Result<BTreeMap<String, Vec<String>>, PolicyError> {
    if let Value::String(everyone) = value {
        return if everyone == "*" {
            Ok(BTreeMap::from([("AWS".to_owned(), vec!["*".to_owned()])]))
        } else {
            Err(problem(place, format!("a principal is \"*\" or an object, not {everyone:?}")))
        };
    }
    let mut principals = BTreeMap::new();
    for (kind, names) in object(value, place)? {
        let at = format!("{place}/{kind}");
        if !matches!(kind.as_str(), "AWS" | "Service" | "Federated" | "CanonicalUser") {
            return Err(problem(place, format!("{kind:?} is not a type of principal")));
        }
        let mut names = strings(names, &at)?;
        if kind == "AWS" {
            names = names.iter().map(|name| canonical_aws_principal(name)).collect();
        }
        principals.insert(kind.clone(), sorted(names));
    }
    Ok(principals)
}

fn canonical_aws_principal(name: &str) -> String {
    if name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("arn:aws:iam::{name}:root")
    } else {
        name.to_owned()
    }
}

fn conditions(value: &Value, place: &str) -> Result<BTreeMap<String, BTreeMap<String, Vec<String>>>, PolicyError> {
    let mut conditions: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for (operator, keys) in object(value, place)? {
        let at = format!("{place}/{operator}");
        let by_key = conditions.entry(operator.clone()).or_default();
        for (key, values) in object(keys, &at)? {
            // Keys that differ only in case are one key; AWS refuses such a document, we unite it.
            let entry = by_key.entry(key.to_ascii_lowercase()).or_default();
            entry.extend(strings(values, &format!("{at}/{key}"))?);
            *entry = sorted(std::mem::take(entry));
        }
    }
    Ok(conditions)
}

fn object<'a>(value: &'a Value, place: &str) -> Result<&'a Map<String, Value>, PolicyError> {
    value.as_object().ok_or_else(|| problem(place, "an object was expected".to_owned()))
}

/// A scalar as AWS reads it: numbers and booleans stand for their text.
fn string(value: &Value, place: &str) -> Result<String, PolicyError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(problem(place, "a string was expected".to_owned())),
    }
}

/// A scalar or a list of scalars, sorted and free of repeats.
fn strings(value: &Value, place: &str) -> Result<Vec<String>, PolicyError> {
    let texts = match value {
        Value::Array(values) => values
            .iter()
            .enumerate()
            .map(|(index, value)| string(value, &format!("{place}/{index}")))
            .collect::<Result<Vec<_>, _>>()?,
        value => vec![string(value, place)?],
    };
    Ok(sorted(texts))
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts.dedup();
    texts
}

fn lowercase(texts: Vec<String>) -> Vec<String> {
    sorted(texts.into_iter().map(|text| text.to_ascii_lowercase()).collect())
}

fn problem(place: &str, problem: String) -> PolicyError {
    PolicyError::NotPolicy { place: if place.is_empty() { "/".to_owned() } else { place.to_owned() }, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(left: &str, right: &str) {
        assert_eq!(parse(left).unwrap(), parse(right).unwrap());
    }

    #[test]
    fn order_scalars_case_and_principal_spelling_have_no_meaning() {
        same(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},
                "Action":["s3:PutObject","S3:getobject"],"Resource":"*","Condition":{"Bool":{"aws:SecureTransport":true}}}}"#,
            r#"{"Statement":[{"Resource":["*"],"Action":["s3:GetObject","s3:PutObject","s3:PutObject"],
                "Principal":{"AWS":["arn:aws:iam::111122223333:root"]},"Effect":"Allow",
                "Condition":{"Bool":{"AWS:SecureTransport":["true"]}}}],"Version":"2012-10-17"}"#,
        );
        same(
            r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"},
                             {"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}"#,
            r#"{"Version":"2008-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*"},
                             {"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"s3:*","Resource":"*"}]}"#,
        );
    }

    #[test]
    fn the_case_of_a_resource_has_meaning() {
        let of = |resource: &str| {
            parse(&format!(r#"{{"Statement":{{"Effect":"Allow","Action":"s3:*","Resource":"{resource}"}}}}"#)).unwrap()
        };
        assert_ne!(of("arn:aws:s3:::A"), of("arn:aws:s3:::a"));
    }

    #[test]
    fn what_is_not_a_policy_is_refused_with_its_place() {
        assert!(matches!(parse("<html>"), Err(PolicyError::NotJson(_))));
        let error = parse(r#"{"Statement":[{"Effect":"allow","Action":"s3:*"}]}"#).unwrap_err();
        assert_eq!(error.to_string(), r#"policy at /Statement/0: Effect is "allow", not Allow or Deny"#);
        assert!(parse("{}").is_err());
    }
}

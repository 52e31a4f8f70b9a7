//! Reading a policy document in every legal spelling.
//!
//! What AWS would refuse is refused here too, with the place and, where there was a text, line and
//! column: a document that cannot be read becomes an unknown, never an empty policy. JSON objects
//! that say a key twice are refused, because readers differ in which of the two they believe.

mod scan;
mod written;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

pub use self::written::position_of;
use crate::model::{Pointer, PolicyDocument, Statement, canonical_aws_principal};

/// The longest text that is read, in bytes. AWS's own limits lie between 2,048 characters (trust
/// policies) and 32 KiB (key policies); what is longer than this was never a policy.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Why a text is not a policy document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Longer than any policy.
    #[error("policy has {bytes} bytes; at most {MAX_BYTES} are read, and no policy of AWS is longer than 32 KiB")]
    TooLong {
        /// How long the text is.
        bytes: usize,
    },
    /// Not JSON.
    #[error("policy is not JSON: {0}")]
    NotJson(String),
    /// JSON, but not a policy.
    #[error("policy at {place}: {problem}{}", position.map_or_else(String::new, |at| format!(" ({at})")))]
    NotPolicy {
        /// JSON pointer into the document as written.
        place: String,
        /// What is wrong there.
        problem: String,
        /// Where that is in the text, when there was one.
        position: Option<Position>,
    },
}

/// A place in a text, both counted from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Reads a policy document and gives its canonical form.
///
/// # Errors
/// When the text is too long, not JSON, says a key twice or is not a policy document, with the
/// place.
pub fn parse(text: &str) -> Result<PolicyDocument, PolicyError> {
    if text.len() > MAX_BYTES {
        return Err(PolicyError::TooLong { bytes: text.len() });
    }
    let value = serde_json::from_str(text).map_err(|error| PolicyError::NotJson(error.to_string()))?;
    if let Some((place, key, at)) = scan::repeated_key(text) {
        let problem = format!("{key:?} is said twice");
        return Err(PolicyError::NotPolicy { place: shown(&place), problem, position: Some(position(text, at)) });
    }
    read_document(&value).map_err(|Fault { place, problem }| {
        let position = scan::find(text, &place).map(|at| position(text, at));
        PolicyError::NotPolicy { place: shown(&place), problem, position }
    })
}

/// Gives the canonical form of a policy document that was already read as JSON. Whether the JSON
/// said a key twice cannot be seen any more.
///
/// # Errors
/// When the value is not a policy document, with the place.
pub fn from_value(value: &Value) -> Result<PolicyDocument, PolicyError> {
    read_document(value).map_err(|Fault { place, problem }| PolicyError::NotPolicy {
        place: shown(&place),
        problem,
        position: None,
    })
}

fn shown(place: &Pointer) -> String {
    if place.as_str().is_empty() { "/".to_owned() } else { place.to_string() }
}

fn position(text: &str, at: usize) -> Position {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    Position { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
}

/// What is wrong, and where in the document.
struct Fault {
    place: Pointer,
    problem: String,
}

/// A place on the way down; it becomes a pointer only when something is wrong there.
#[derive(Clone, Copy)]
enum Place<'a> {
    Document,
    Element(&'a Self, &'a str),
    Item(&'a Self, usize),
}

impl Place<'_> {
    fn pointer(self) -> Pointer {
        match self {
            Self::Document => Pointer::default(),
            Self::Element(parent, key) => parent.pointer().child(key),
            Self::Item(parent, index) => parent.pointer().child(index),
        }
    }

    fn fault(self, problem: impl Into<String>) -> Fault {
        Fault { place: self.pointer(), problem: problem.into() }
    }
}

const ELEMENTS: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT_ELEMENTS: &[&str] =
    &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const PRINCIPAL_TYPES: &[&str] = &["AWS", "Service", "Federated", "CanonicalUser"];

fn read_document(value: &Value) -> Result<PolicyDocument, Fault> {
    let place = Place::Document;
    let document = object(value, place)?;
    known_keys(document, ELEMENTS, "an element of a policy", place)?;
    let version = match document.get("Version") {
        None => "2008-10-17".to_owned(),
        Some(version) => read_version(version, Place::Element(&place, "Version"))?,
    };
    let id = document.get("Id").map(|id| string(id, Place::Element(&place, "Id"))).transpose()?;
    let list = Place::Element(&place, "Statement");
    let mut statements = match document.get("Statement") {
        None => return Err(place.fault("Statement is missing")),
        Some(Value::Array(statements)) => {
            let statements = statements.iter().enumerate();
            statements
                .map(|(index, statement)| read_statement(statement, Place::Item(&list, index)))
                .collect::<Result<Vec<_>, _>>()?
        }
        Some(statement) => vec![read_statement(statement, list)?],
    };
    statements.sort();
    Ok(PolicyDocument { version, id, statement: statements })
}

fn read_version(value: &Value, place: Place<'_>) -> Result<String, Fault> {
    match string(value, place)? {
        version if matches!(version.as_str(), "2012-10-17" | "2008-10-17") => Ok(version),
        other => Err(place.fault(format!("Version is {other:?}, not \"2012-10-17\" or \"2008-10-17\""))),
    }
}

fn read_statement(value: &Value, place: Place<'_>) -> Result<Statement, Fault> {
    let written = object(value, place)?;
    known_keys(written, STATEMENT_ELEMENTS, "an element of a statement", place)?;
    let mut statement = Statement::default();
    for (key, value) in written {
        let at = Place::Element(&place, key);
        match key.as_str() {
            "Sid" => statement.sid = Some(string(value, at)?).filter(|sid| !sid.is_empty()),
            "Effect" => statement.effect = read_effect(value, at)?,
            "Principal" => statement.principal = Some(principals(value, at)?),
            "NotPrincipal" => statement.not_principal = Some(principals(value, at)?),
            "Action" => statement.action = Some(lowercase(strings(value, at)?)),
            "NotAction" => statement.not_action = Some(lowercase(strings(value, at)?)),
            "Resource" => statement.resource = Some(strings(value, at)?),
            "NotResource" => statement.not_resource = Some(strings(value, at)?),
            _ => statement.condition = conditions(value, at)?,
        }
    }
    if statement.effect.is_empty() {
        return Err(place.fault("Effect is missing"));
    }
    match (&statement.action, &statement.not_action) {
        (Some(_), Some(_)) | (None, None) => return Err(place.fault("a statement has either Action or NotAction")),
        _ => {}
    }
    if statement.resource.is_some() && statement.not_resource.is_some() {
        return Err(place.fault("a statement has either Resource or NotResource"));
    }
    if statement.principal.is_some() && statement.not_principal.is_some() {
        return Err(place.fault("a statement has either Principal or NotPrincipal"));
    }
    Ok(statement)
}

fn read_effect(value: &Value, place: Place<'_>) -> Result<String, Fault> {
    match string(value, place)? {
        effect if matches!(effect.as_str(), "Allow" | "Deny") => Ok(effect),
        other => Err(place.fault(format!("Effect is {other:?}, not Allow or Deny"))),
    }
}

/// `"*"`, `{"AWS": "*"}` and `{"AWS": ["*"]}` are all `{"AWS": ["*"]}`; an account id is its root
/// ARN.
fn principals(value: &Value, place: Place<'_>) -> Result<BTreeMap<String, Vec<String>>, Fault> {
    if let Value::String(everyone) = value {
        return if everyone == "*" {
            Ok(BTreeMap::from([("AWS".to_owned(), vec!["*".to_owned()])]))
        } else {
            Err(place.fault(format!("a principal is \"*\" or an object, not {everyone:?}")))
        };
    }
    let written = object(value, place)?;
    known_keys(written, PRINCIPAL_TYPES, "a type of principal", place)?;
    let mut principals = BTreeMap::new();
    for (kind, names) in written {
        let mut names = strings(names, Place::Element(&place, kind))?;
        if kind == "AWS" {
            names = names.iter().map(|name| canonical_aws_principal(name)).collect();
        }
        principals.insert(kind.clone(), sorted(names));
    }
    Ok(principals)
}

/// Operators stay as written: AWS takes them in one case only ("Invalid Condition type :
/// stringEquals"), so that only a policy that was never accepted has another.
fn conditions(value: &Value, place: Place<'_>) -> Result<BTreeMap<String, BTreeMap<String, Vec<String>>>, Fault> {
    let mut conditions: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for (operator, keys) in object(value, place)? {
        let at = Place::Element(&place, operator);
        let by_key = conditions.entry(operator.clone()).or_default();
        for (key, values) in object(keys, at)? {
            let values = strings(values, Place::Element(&at, key))?;
            if by_key.insert(key.to_ascii_lowercase(), values).is_some() {
                return Err(at.fault(format!("{key:?} is said twice, in different case")));
            }
        }
    }
    Ok(conditions)
}

fn object<'a>(value: &'a Value, place: Place<'_>) -> Result<&'a Map<String, Value>, Fault> {
    value.as_object().ok_or_else(|| place.fault(format!("an object was expected, not {}", kind_of(value))))
}

/// Keys have one spelling, also in case.
fn known_keys(object: &Map<String, Value>, known: &[&str], what: &str, place: Place<'_>) -> Result<(), Fault> {
    let Some(other) = object.keys().find(|key| !known.contains(&key.as_str())) else { return Ok(()) };
    let meant = known.iter().find(|name| name.eq_ignore_ascii_case(other));
    let hint = meant.map_or_else(String::new, |name| format!("; it is spelled {name:?}"));
    Err(Place::Element(&place, other).fault(format!("{other:?} is not {what}{hint}")))
}

/// A scalar as AWS reads it: numbers and booleans stand for their text.
fn string(value: &Value, place: Place<'_>) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(place.fault(format!("a string was expected, not {}", kind_of(value))))
        }
    }
}

/// A scalar or a list of scalars, sorted and free of repeats.
fn strings(value: &Value, place: Place<'_>) -> Result<Vec<String>, Fault> {
    let Value::Array(values) = value else { return Ok(vec![string(value, place)?]) };
    let texts = values.iter().enumerate().map(|(index, value)| string(value, Place::Item(&place, index)));
    Ok(sorted(texts.collect::<Result<Vec<_>, _>>()?))
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts.dedup();
    texts
}

fn lowercase(texts: Vec<String>) -> Vec<String> {
    sorted(texts.into_iter().map(|text| text.to_ascii_lowercase()).collect())
}

#[cfg(test)]
mod tests;

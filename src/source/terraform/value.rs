//! A planned value: what is known of it, what is not, and whether somebody configured it.
//!
//! "Unknown and not configured" is the creation default, "unknown and configured" is unknown with
//! the references it waits for: since provider 4.9 every bucket to be created has a dozen unknown
//! attributes that depend on nothing. Null, `""` and `[]` are the same thing from different SDKs.

use std::collections::BTreeSet;

use super::json::{Object, Value};

static NULL: Value = Value::Null;
static FALSE: Value = Value::Bool(false);
static TRUE: Value = Value::Bool(true);

/// The configuration of one place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expression<'a> {
    /// The plan does not show it: no configuration in the file, or a dynamic block.
    Hidden,
    /// Nobody set it.
    Unset,
    /// The plan shows nobody who sets it, and a dynamic block may, by these references.
    Unseen(&'a [String]),
    /// It is set, by this expression or by the expressions of this block.
    Set(&'a Value),
    /// One of several blocks whose order is not that of the values.
    AnyOf(&'a [Value]),
}

/// One place in a planned resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) value: &'a Value,
    pub(super) unknown: &'a Value,
    pub(super) expression: Expression<'a>,
    /// Whether the resource is being created, so that what nobody set gets its default.
    pub(super) creating: bool,
    /// Whether an attribute that is left out is unknown.
    pub(super) sparse: bool,
}

/// What is known of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field<T> {
    /// There is none.
    Absent,
    /// It is known.
    Known(T),
    /// Nobody sets it on creation: the provider's or AWS's default.
    Default,
    /// It exists and is not known; what it waits for.
    Unknown(String),
}

/// A value that may be unknown: `Err` says what it waits for.
pub(super) type Settled<T> = Result<Option<T>, String>;

/// The members of a list or set: the known ones, and what the others wait for.
#[derive(Debug, Clone)]
pub(super) struct Members<T> {
    pub(super) known: Vec<T>,
    pub(super) unknown: Option<String>,
}

impl<T> Field<T> {
    /// The value, with one default for "absent" and for "nobody set it".
    pub(super) fn or(self, default: Option<T>) -> Settled<T> {
        match self {
            Self::Absent | Self::Default => Ok(default),
            Self::Known(value) => Ok(Some(value)),
            Self::Unknown(why) => Err(why),
        }
    }

    fn and_then<U>(self, read: impl FnOnce(T) -> Field<U>) -> Field<U> {
        match self {
            Self::Absent => Field::Absent,
            Self::Known(value) => read(value),
            Self::Default => Field::Default,
            Self::Unknown(why) => Field::Unknown(why),
        }
    }
}

impl<'a> Place<'a> {
    /// An attribute of this object.
    pub(super) fn get(self, key: &str) -> Self {
        Self {
            value: self.value.get(key).unwrap_or(&NULL),
            unknown: if is_true(self.unknown) || (self.sparse && self.value.get(key).is_none()) {
                &TRUE
            } else {
                self.unknown.get(key).unwrap_or(&FALSE)
            },
            expression: self.expression.get(key),
            creating: self.creating,
            sparse: self.sparse,
        }
    }

    /// An attribute or block that the provider never computes: unknown without being configured, it
    /// is set by what the plan does not show, a dynamic block.
    pub(super) fn written(self, key: &str) -> Self {
        let place = self.get(key);
        match place.expression {
            Expression::Unset => Self { expression: Expression::Hidden, ..place },
            Expression::Hidden | Expression::Unseen(_) | Expression::Set(_) | Expression::AnyOf(_) => place,
        }
    }

    /// The keys of a map. Terraform leaves out a key whose value is unknown, and only marks it.
    pub(super) fn keys(self) -> BTreeSet<&'a str> {
        let values = self.value.as_object().into_iter().flat_map(Object::keys);
        let marks = self.unknown.as_object().into_iter().flat_map(Object::iter).filter(|(_, mark)| has_true(mark));
        values.chain(marks.map(|(key, _)| key)).collect()
    }

    /// What is known here.
    pub(super) fn field(self) -> Field<&'a Value> {
        if has_true(self.unknown) {
            return match self.expression {
                Expression::Unset if self.creating => Field::Default,
                _ => Field::Unknown(self.waits_for()),
            };
        }
        if is_empty(self.value) { Field::Absent } else { Field::Known(self.value) }
    }

    /// A text; a number or a truth value stands for its text.
    pub(super) fn text(self) -> Field<String> {
        self.field().and_then(|value| text_of(value).map_or(Field::Absent, Field::Known))
    }

    /// A truth value, also as text.
    pub(super) fn truth(self) -> Field<bool> {
        self.field().and_then(|value| match value {
            Value::Bool(truth) => Field::Known(*truth),
            Value::String(text) => Field::Known(&**text == "true"),
            _ => Field::Absent,
        })
    }

    /// A whole number, also as text.
    pub(super) fn number(self) -> Field<i32> {
        let read = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok());
        self.field().and_then(|value| {
            read(value).and_then(|number| i32::try_from(number).ok()).map_or(Field::Absent, Field::Known)
        })
    }

    /// The members of a list, set or nested block. A list that nobody set on creation is empty.
    pub(super) fn items(self) -> Members<Self> {
        if is_true(self.unknown) {
            let unknown = match self.expression {
                Expression::Unset if self.creating => None,
                _ => Some(self.waits_for()),
            };
            return Members { known: Vec::new(), unknown };
        }
        let values = match self.value {
            Value::Array(values) => values,
            Value::Object(_) => std::slice::from_ref(self.value),
            _ => &[],
        };
        let marks = match self.unknown {
            Value::Array(marks) => marks,
            Value::Object(_) => std::slice::from_ref(self.unknown),
            _ => &[],
        };
        if marks.len() != values.len() && marks.iter().any(has_true) {
            return self.unaligned(values);
        }
        self.aligned(values, marks)
    }

    fn aligned(self, values: &'a [Value], marks: &'a [Value]) -> Members<Self> {
        let mut members = Members { known: Vec::new(), unknown: None };
        for (index, value) in values.iter().enumerate() {
            let unknown = marks.get(index).unwrap_or(&FALSE);
            if is_true(unknown) {
                members.unknown.get_or_insert_with(|| self.waits_for());
            } else if !value.is_null() {
                let expression = self.expression.item(index, values.len());
                members.known.push(Self { value, unknown, expression, ..self });
            }
        }
        members
    }

    /// Terraform before 1.3 dropped unknown members: what is there is known, and something is
    /// missing.
    fn unaligned(self, values: &'a [Value]) -> Members<Self> {
        let known = values.iter().filter(|value| !value.is_null());
        let of = |value| Self { value, unknown: &FALSE, expression: Expression::Hidden, ..self };
        Members { known: known.map(of).collect(), unknown: Some(self.waits_for()) }
    }

    /// The texts of a list or set.
    pub(super) fn texts(self) -> Members<String> {
        let members = self.items();
        Members {
            known: members.known.iter().filter_map(|item| text_of(item.value)).collect(),
            unknown: members.unknown,
        }
    }

    /// The only block of a nested block that may stand once; absent when there is none.
    pub(super) fn block(self) -> Settled<Self> {
        let members = self.items();
        match members.unknown {
            Some(why) if members.known.is_empty() => Err(why),
            _ => Ok(members.known.first().copied()),
        }
    }

    /// Whether it, or something in it, is known only after apply.
    pub(super) fn is_open(self) -> bool {
        has_true(self.unknown)
    }

    /// Whether the configuration sets this place.
    pub(super) fn is_configured(self) -> bool {
        matches!(self.expression, Expression::Set(_) | Expression::AnyOf(_))
    }

    /// What an unknown value here waits for, in words.
    pub(super) fn waits_for(self) -> String {
        match self.expression {
            Expression::Hidden => "known after apply; the plan does not show what it waits for".to_owned(),
            Expression::Unset => "known after apply; the provider computes it".to_owned(),
            Expression::Unseen(references) => {
                let named = named(&references.iter().map(String::as_str).collect::<Vec<_>>());
                format!("known after apply; a dynamic block, which a plan does not show, may set it by {named}")
            }
            Expression::Set(expression) => describe(&references(expression)),
            Expression::AnyOf(blocks) => {
                describe(&blocks.iter().take(MOST_BLOCKS).flat_map(references).collect::<Vec<_>>())
            }
        }
    }
}

/// Of more blocks than this none is searched for the one that sets an attribute: there are as many
/// values, each with its attributes.
const MOST_BLOCKS: usize = 500;

impl Expression<'_> {
    fn get(self, key: &str) -> Self {
        match self {
            Self::Set(expression) if is_leaf(expression) => self,
            Self::Set(Value::Array(blocks)) => Self::AnyOf(blocks).get(key),
            Self::Set(expression) => expression.get(key).map_or(Self::Unset, Self::Set),
            Self::AnyOf(blocks) => blocks.iter().find_map(|block| block.get(key)).map_or(Self::Unset, Self::Set),
            Self::Unset | Self::Hidden | Self::Unseen(_) => self,
        }
    }

    fn item(self, index: usize, count: usize) -> Self {
        match self {
            Self::Set(Value::Array(blocks)) if count == 1 && blocks.len() == 1 => {
                blocks.get(index).map_or(Self::Hidden, Self::Set)
            }
            Self::Set(Value::Array(blocks)) if blocks.len() == count && count <= MOST_BLOCKS => Self::AnyOf(blocks),
            Self::Set(Value::Array(_)) | Self::Unset => Self::Hidden,
            other => other,
        }
    }
}

/// How many parts and references of one expression are looked at: it may be looked at for each of
/// many instances.
const WIDEST: usize = 5_000;
const MOST_REFERENCES: usize = 500;

/// Stands for the references of the other parts; it leads nowhere.
pub(super) const MORE: &str = "\u{2026}";

/// How many references a reason names.
const NAMED: usize = 12;

/// The references of an expression and of everything below it: the longest of each chain.
pub(super) fn references(expression: &Value) -> Vec<&str> {
    let (mut all, mut left) = (Vec::new(), WIDEST);
    gather(expression, &mut all, &mut left);
    let mut sorted = all.clone();
    sorted.sort_unstable();
    let continues = |one: &str, with: char| {
        let longer = format!("{one}{with}");
        let next = sorted.partition_point(|other| *other < longer.as_str());
        sorted.get(next).is_some_and(|other| other.starts_with(&longer))
    };
    all.retain(|one| !continues(one, '.') && !continues(one, '['));
    all.dedup();
    if left == 0 {
        all.push(MORE);
    }
    all
}

fn gather<'a>(expression: &'a Value, all: &mut Vec<&'a str>, left: &mut usize) {
    *left = left.saturating_sub(1);
    if *left == 0 || all.len() > MOST_REFERENCES {
        *left = 0;
        return;
    }
    match expression {
        Value::Array(parts) => parts.iter().take(*left).for_each(|part| gather(part, all, left)),
        Value::Object(fields) => match fields.get("references") {
            Some(Value::Array(references)) => {
                all.extend(references.iter().take(MOST_REFERENCES + 1).filter_map(Value::as_str));
                if all.len() > MOST_REFERENCES {
                    *left = 0;
                }
            }
            _ if fields.get("constant_value").is_some() => {}
            _ => fields.values().take(*left).for_each(|part| gather(part, all, left)),
        },
        _ => {}
    }
}

fn describe(references: &[&str]) -> String {
    if references.is_empty() {
        "known after apply; the plan does not show what it waits for".to_owned()
    } else {
        format!("known after apply; waits for {}", named(references))
    }
}

fn named(references: &[&str]) -> String {
    let mut references = references.to_vec();
    references.sort_unstable();
    references.dedup();
    let more = references.len().saturating_sub(NAMED);
    references.truncate(NAMED);
    let and_more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{and_more}", references.join(", "))
}

fn is_leaf(expression: &Value) -> bool {
    expression.get("references").is_some_and(Value::is_array) || expression.get("constant_value").is_some()
}

fn is_true(mark: &Value) -> bool {
    matches!(mark, Value::Bool(true))
}

fn has_true(mark: &Value) -> bool {
    match mark {
        Value::Bool(mark) => *mark,
        Value::Array(marks) => marks.iter().any(has_true),
        Value::Object(marks) => marks.values().any(has_true),
        _ => false,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn place<'a>(value: &'a Value, unknown: &'a Value, expressions: &'a Value) -> Place<'a> {
        Place { value, unknown, expression: Expression::Set(expressions), creating: true, sparse: false }
    }

    #[test]
    fn unknown_and_not_configured_is_the_default_and_configured_is_unknown() {
        let (value, unknown) = (Value::from(json!({"bucket": "b"})), Value::from(json!({"acl": true, "policy": true})));
        let expressions = Value::from(json!({"policy": {"references": ["data.x.y.json", "data.x.y"]}}));
        let bucket = place(&value, &unknown, &expressions);
        assert_eq!(bucket.get("acl").text(), Field::Default);
        assert_eq!(
            bucket.get("policy").text(),
            Field::Unknown("known after apply; waits for data.x.y.json".to_owned())
        );
        assert_eq!(bucket.get("bucket").text(), Field::Known("b".to_owned()));
        assert_eq!(bucket.get("website").text(), Field::Absent);
    }

    #[test]
    fn members_that_old_terraform_dropped_are_not_lost() {
        let (value, unknown) =
            (Value::from(json!({"cidr_blocks": ["10.0.0.0/8"]})), Value::from(json!({"cidr_blocks": [false, true]})));
        let expressions = Value::from(json!({"cidr_blocks": {"references": ["var.x"]}}));
        let members = place(&value, &unknown, &expressions).get("cidr_blocks").texts();
        assert_eq!(members.known, ["10.0.0.0/8"]);
        assert!(members.unknown.is_some());
    }

    #[test]
    fn a_computed_attribute_inside_a_configured_block_has_its_default() {
        let (value, unknown) =
            (Value::from(json!({"v": [{"status": "Enabled"}]})), Value::from(json!({"v": [{"mfa_delete": true}]})));
        let expressions = Value::from(json!({"v": [{"status": {"constant_value": "Enabled"}}]}));
        let block = place(&value, &unknown, &expressions).get("v").block().unwrap().unwrap();
        assert_eq!(block.get("mfa_delete").text(), Field::Default);
        assert_eq!(block.get("status").text(), Field::Known("Enabled".to_owned()));
    }
}

//! The JSON of a plan, in little memory.
//!
//! Nearly all of a large plan are objects with the same attributes over and over. Objects with the
//! same names share them, and a value takes 24 bytes beside its own text.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    String(Box<str>),
    Array(Box<[Self]>),
    Object(Box<Object>),
}

/// A JSON object: names in order, and the values to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    names: Arc<Names>,
    values: Box<[Value]>,
}

/// Names of an object, sorted, each once.
type Names = [Box<str>];

impl Value {
    /// A member of an object.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    pub(super) fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(members) = self { Some(members) } else { None }
    }

    pub(super) fn as_object(&self) -> Option<&Object> {
        if let Self::Object(fields) = self { Some(fields) } else { None }
    }

    pub(super) fn as_i64(&self) -> Option<i64> {
        if let Self::Number(number) = self { number.as_i64() } else { None }
    }

    pub(super) const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(super) const fn is_string(&self) -> bool {
        matches!(self, Self::String(_))
    }

    pub(super) const fn is_array(&self) -> bool {
        matches!(self, Self::Array(_))
    }

    pub(super) const fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// An object of these members; of members with one name the last counts, as for every reader of
    /// JSON that keeps one.
    fn object(mut members: Vec<(Cow<'_, str>, Self)>) -> Self {
        if !members.is_sorted_by(|(one, _), (next, _)| one < next) {
            members.reverse();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            members.dedup_by(|(later, _), (first, _)| later == first);
        }
        let names = SHARED.with_borrow_mut(|shared| shared.names(&members));
        Self::Object(Box::new(Object { names, values: members.into_iter().map(|(_, value)| value).collect() }))
    }
}

impl Object {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.position(name).map(|position| &self.values[position])
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.position(name).map(|position| &mut self.values[position])
    }

    /// Puts another value under a name that is there; without the name nothing happens.
    pub(super) fn replace(&mut self, name: &str, value: Value) {
        if let Some(position) = self.position(name) {
            self.values[position] = value;
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    pub(super) fn values(&self) -> std::slice::Iter<'_, Value> {
        self.values.iter()
    }

    pub(super) fn values_mut(&mut self) -> std::slice::IterMut<'_, Value> {
        self.values.iter_mut()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.keys().zip(&*self.values)
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.names.binary_search_by(|other| (**other).cmp(name)).ok()
    }
}

/// As in a JSON text.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(truth) => truth.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::String(text) => quoted(text, f),
            Self::Array(members) => {
                f.write_str("[")?;
                for (position, member) in members.iter().enumerate() {
                    f.write_str(if position == 0 { "" } else { "," })?;
                    member.fmt(f)?;
                }
                f.write_str("]")
            }
            Self::Object(fields) => {
                f.write_str("{")?;
                for (position, (name, value)) in fields.iter().enumerate() {
                    f.write_str(if position == 0 { "" } else { "," })?;
                    quoted(name, f)?;
                    write!(f, ":{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{}", serde_json::Value::from(text))
}

/// Names that objects share while a file is read.
#[derive(Default)]
struct Shared(HashMap<u64, Vec<Arc<Names>>>);

thread_local! {
    static SHARED: RefCell<Shared> = RefCell::default();
}

/// Reads something, and forgets afterwards which names could be shared.
pub(super) fn reading<T>(read: impl FnOnce() -> T) -> T {
    let read = read();
    SHARED.take();
    read
}

impl Shared {
    fn names(&mut self, members: &[(Cow<'_, str>, Value)]) -> Arc<Names> {
        let mut hasher = DefaultHasher::new();
        for (name, _) in members {
            name.hash(&mut hasher);
        }
        let alike = self.0.entry(hasher.finish()).or_default();
        let same = |names: &&Arc<Names>| {
            names.len() == members.len() && names.iter().zip(members).all(|(one, (other, _))| **one == **other)
        };
        if let Some(names) = alike.iter().find(same) {
            return Arc::clone(names);
        }
        let names: Arc<Names> = members.iter().map(|(name, _)| name.as_ref().into()).collect();
        alike.push(Arc::clone(&names));
        names
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Tree::<false>::deserialize(deserializer).map(|tree| tree.0)
    }
}

/// Reads marks: `true` where something is marked. What holds no mark becomes null, which stands for
/// `false`, `{}` and `[]` alike; the members of a list keep their positions.
pub(super) fn marks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Tree::<true>::deserialize(deserializer).map(|tree| Some(tree.0))
}

/// A value, or only its marks.
struct Tree<const MARKS: bool>(Value);

impl<'de, const MARKS: bool> Deserialize<'de> for Tree<MARKS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor::<MARKS>).map(Self)
    }
}

struct TreeVisitor<const MARKS: bool>;

impl<const MARKS: bool> TreeVisitor<MARKS> {
    fn scalar(value: Value) -> Value {
        if MARKS { Value::Null } else { value }
    }
}

impl<'de, const MARKS: bool> Visitor<'de> for TreeVisitor<MARKS> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if MARKS { "marks: true, false, or an object or list of marks" } else { "any JSON value" })
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(if MARKS && !truth { Value::Null } else { Value::Bool(truth) })
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Self::scalar(Value::Number(number.into())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Self::scalar(Value::Number(number.into())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Self::scalar(Number::from_f64(number).map_or(Value::Null, Value::Number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Self::scalar(if MARKS { Value::Null } else { Value::String(text.into()) }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        while let Some(Tree::<MARKS>(member)) = members.next_element()? {
            kept.push(member);
        }
        Ok(if MARKS && kept.iter().all(Value::is_null) { Value::Null } else { Value::Array(kept.into()) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        while let Some((Name(name), Tree::<MARKS>(value))) = fields.next_entry()? {
            if !(MARKS && value.is_null()) {
                kept.push((name, value));
            }
        }
        Ok(if MARKS && kept.is_empty() { Value::Null } else { Value::object(kept) })
    }
}

/// A name, where it can be as it stands in the text.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

#[cfg(test)]
impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        serde_json::from_value(value).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_those_of_the_text_and_names_are_shared() {
        let text = r#"[{"b":[1,-2,0.5,null,true],"a":"x\ny","c":{}},{"a":1,"b":2,"c":3},{"A":""}]"#;
        let read: Value = reading(|| serde_json::from_str(text)).unwrap();
        assert_eq!(
            read.to_string(),
            text.replace(r#""b":[1,-2,0.5,null,true],"a":"x\ny""#, r#""a":"x\ny","b":[1,-2,0.5,null,true]"#)
        );
        let objects: Vec<&Object> = read.as_array().unwrap().iter().filter_map(Value::as_object).collect();
        assert!(Arc::ptr_eq(&objects[0].names, &objects[1].names));
        assert!(!Arc::ptr_eq(&objects[0].names, &objects[2].names));
        assert_eq!(objects[1].get("b").and_then(Value::as_i64), Some(2));
        assert_eq!(objects[1].get("d"), None);
        assert_eq!(size_of::<Value>(), 24);
    }

    #[test]
    fn of_members_with_one_name_the_last_counts() {
        let read: Value = serde_json::from_str(r#"{"b":1,"a":2,"b":3,"a":4,"b":5}"#).unwrap();
        assert_eq!(read, json!({"a": 4, "b": 5}).into());
    }

    #[test]
    fn of_marks_only_what_is_marked_is_kept_and_members_keep_their_positions() {
        let read = |given: serde_json::Value| marks(given).unwrap().unwrap();
        assert_eq!(read(json!({"a": true, "b": [], "c": {"d": [{}, false]}, "e": false})), json!({"a": true}).into());
        let rules = json!({"rule": [{}, {"id": true}, false]});
        assert_eq!(read(rules), json!({"rule": [null, {"id": true}, null]}).into());
        assert_eq!(read(json!(true)), Value::Bool(true));
        assert_eq!(read(json!({"a": {"b": [[]]}, "n": 1, "s": "true"})), Value::Null);
    }
}

//! Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`, `${?}`, `${$}`.
//!
//! Only policies of version `2012-10-17` have them. What is put in stands for itself: a `*` in a
//! user's name is no wildcard.

use std::collections::BTreeSet;

use super::super::pattern::{Letter, letters_match};
use crate::policy::{Context, KeyValue, Need, Truth};

/// A pattern with the values of the request put in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// All values are known.
    Whole(Vec<Letter>),
    /// These keys are not known; each stands as a `*`.
    Open(Vec<Letter>, BTreeSet<Need>),
    /// A key has no value, or more than one, so the pattern takes nothing.
    Nothing,
}

/// Whether a text of a policy of this version holds variables.
pub(super) fn has_variables(version: &str, text: &str) -> bool {
    version == "2012-10-17" && text.contains("${")
}

/// Puts the values of the request into a pattern.
pub(super) fn fill(pattern: &str, context: &Context) -> Filled {
    let mut letters = Vec::with_capacity(pattern.len() + 16);
    let mut needs = BTreeSet::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else { break };
        letters.extend(Letter::of_pattern(before));
        match value(variable, context) {
            Value::Text(text) => letters.extend(Letter::of_text(text)),
            Value::Unknown(key) => {
                letters.push(Letter::Any);
                needs.insert(Need::Key(key));
            }
            Value::None => return Filled::Nothing,
        }
        rest = after;
    }
    letters.extend(Letter::of_pattern(rest));
    if needs.is_empty() { Filled::Whole(letters) } else { Filled::Open(letters, needs) }
}

impl Filled {
    /// Whether a text has the form; `None` where a variable without a value leaves nothing to
    /// match.
    pub(super) fn matches(&self, text: &str) -> Option<Truth> {
        match self {
            Self::Whole(letters) => Some(Truth::of(letters_match(letters, text))),
            Self::Open(letters, needs) if letters_match(letters, text) => Some(Truth::Depends(needs.clone())),
            Self::Open(..) => Some(Truth::No),
            Self::Nothing => None,
        }
    }

    /// The text, where wildcards stand for themselves and all is known.
    pub(super) fn text(&self) -> Option<String> {
        let Self::Whole(letters) = self else { return None };
        let bytes = letters.iter().map(|letter| match letter {
            Letter::Any => b'*',
            Letter::One => b'?',
            Letter::Is(byte) => *byte,
        });
        String::from_utf8(bytes.collect()).ok()
    }
}

enum Value<'a> {
    Text(&'a str),
    Unknown(String),
    None,
}

fn value<'a>(variable: &'a str, context: &'a Context) -> Value<'a> {
    if matches!(variable, "*" | "?" | "$") {
        return Value::Text(variable);
    }
    let (key, default) = match variable.split_once(',') {
        None => (variable, None),
        Some((key, default)) => {
            let default = default.trim();
            (key, default.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')))
        }
    };
    let key = key.trim().to_ascii_lowercase();
    match context.get(&key) {
        KeyValue::Known(values) if values.len() == 1 => Value::Text(&values[0]),
        KeyValue::Known(_) | KeyValue::Absent => default.map_or(Value::None, Value::Text),
        KeyValue::Unknown | KeyValue::Present => Value::Unknown(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> Option<Truth> {
        let mut context = Context::whole().with("aws:username", "a*").with("aws:PrincipalTag/team", "blue");
        context.set("aws:userid", KeyValue::Unknown);
        context.set("aws:tagkeys", KeyValue::Known(vec!["a".to_owned(), "b".to_owned()]));
        fill(pattern, &context).matches(text)
    }

    #[test]
    fn values_are_put_in_as_they_are() {
        assert_eq!(matches("home/${aws:UserName}/*", "home/a*/x"), Some(Truth::Yes));
        assert_eq!(matches("home/${aws:username}/*", "home/ab/x"), Some(Truth::No));
        assert_eq!(matches("${aws:principaltag/TEAM}-${aws:username}", "blue-a*"), Some(Truth::Yes));
    }

    #[test]
    fn special_characters_are_themselves() {
        assert_eq!(matches("a${*}${?}${$}{", "a*?${"), Some(Truth::Yes));
        assert_eq!(matches("a${*}", "ab"), Some(Truth::No));
        assert_eq!(matches("a${unclosed", "a${unclosed"), Some(Truth::Yes));
    }

    #[test]
    fn a_default_stands_in_for_an_absent_key() {
        assert_eq!(matches("${aws:PrincipalTag/cost, 'no*ne'}", "no*ne"), Some(Truth::Yes));
        assert_eq!(matches("${aws:PrincipalTag/team, 'none'}", "blue"), Some(Truth::Yes));
        assert_eq!(matches("${aws:PrincipalTag/cost}", ""), None);
        assert_eq!(matches("${aws:TagKeys}", "a"), None);
    }

    #[test]
    fn an_unknown_key_matters_where_some_value_of_it_matches() {
        let need = Truth::depends_on(Need::Key("aws:userid".to_owned()));
        assert_eq!(matches("home/${aws:userid}/*", "home/x/y"), Some(need));
        assert_eq!(matches("home/${aws:userid}/*", "data/x/y"), Some(Truth::No));
    }
}

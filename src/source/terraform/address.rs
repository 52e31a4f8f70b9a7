//! Addresses and references: `module.m["a.b"].aws_s3_bucket.x["c[0]"].id`.
//!
//! Instance keys may hold dots, brackets and quotes, so an address is never split on dots.

use super::json::Value;

/// The key of one instance of a resource or module with `count` or `for_each`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Key {
    /// Of `count`.
    Index(u64),
    /// Of `for_each`.
    Name(String),
}

impl Key {
    /// The key as the plan's `index` field writes it.
    pub(super) fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::String(name) => Some(Self::Name(name.to_string())),
            Value::Number(number) => number.as_u64().map(Self::Index),
            _ => None,
        }
    }
}

/// One name of an address, with the instance key that follows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) key: Option<Key>,
}

/// Longer addresses are none: a configuration does not nest modules so deep that its JSON form
/// could still be read, and the work on an address grows with the square of its length.
const MOST_STEPS: usize = 128;

/// Takes an address or a reference apart. `None` when it is neither.
pub(super) fn steps(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() || steps.len() == MOST_STEPS {
            return None;
        }
        let (key, after) = match after.strip_prefix('[') {
            Some(inside) => {
                let (key, after) = bracket(inside)?;
                (Some(key), after)
            }
            None => (None, after),
        };
        steps.push(Step { name: name.to_owned(), key });
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None if after.is_empty() => return Some(steps),
            // `x[0][1]` indexes into a value: what follows is below an attribute already named.
            None => return Some(steps),
        }
    }
}

/// What stands in brackets, and the text behind them.
fn bracket(inside: &str) -> Option<(Key, &str)> {
    if !inside.starts_with('"') {
        let (number, after) = inside.split_once(']')?;
        return Some((Key::Index(number.parse().ok()?), after));
    }
    let mut escaped = false;
    let close = inside.char_indices().skip(1).find_map(|(at, character)| {
        let closes = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        closes.then_some(at)
    })?;
    let (quoted, after) = inside.split_at(close + 1);
    let name = serde_json::from_str(quoted).unwrap_or_else(|_| quoted.trim_matches('"').to_owned());
    Some((Key::Name(name), after.strip_prefix(']')?))
}

/// The module instance in front of a resource, from its address: `module.a["x"].module.b[0]`.
pub(super) fn module_of(steps: &[Step]) -> Vec<Step> {
    let mut module = Vec::new();
    let mut rest = steps;
    while let [word, call, after @ ..] = rest {
        if word.name != "module" || word.key.is_some() {
            break;
        }
        module.push(call.clone());
        rest = after;
    }
    module
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_may_hold_dots_brackets_and_quotes() {
        let steps = steps(r#"module.m["a.b"].aws_s3_bucket.x["c[0]\"d"].id"#).unwrap();
        let names: Vec<_> = steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["module", "m", "aws_s3_bucket", "x", "id"]);
        assert_eq!(steps[1].key, Some(Key::Name("a.b".to_owned())));
        assert_eq!(steps[3].key, Some(Key::Name("c[0]\"d".to_owned())));
        assert_eq!(module_of(&steps), [steps[1].clone()]);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let deep = "module.m.".repeat(60_000);
        for text in ["", ".", "a..b", "a[", "a[\"x", "a[x]", &format!("{deep}a.b")] {
            assert_eq!(steps(text), None, "{text}");
        }
        assert_eq!(steps(&deep[..64 * 9 - 1]).map(|steps| steps.len()), Some(128));
    }
}

//! A plan that was changed in places that a string of bytes chooses. The same bytes make the same
//! plan, so that a few of them are enough to keep one.

use serde_json::{Map, Value, json};

/// More values than this a plan does not grow to.
const MOST_VALUES: usize = 20_000;

/// A plan with the changes that the bytes ask for.
pub(crate) fn mutated(plans: &[Value], bytes: &[u8]) -> Value {
    let mut bytes = Bytes(bytes);
    let mut plan = plans[bytes.below(plans.len())].clone();
    while !bytes.0.is_empty() && count(&plan) < MOST_VALUES {
        change(&mut plan, &mut bytes);
    }
    plan
}

/// A part of each secret that a changed plan is given.
const SECRET: &str = "hushhush";

/// The plan with a secret in place of each text that it marks as sensitive.
pub(crate) fn with_secrets(mut plan: Value) -> Value {
    let mut count = 0;
    for change in plan.get_mut("resource_changes").and_then(Value::as_array_mut).into_iter().flatten() {
        for (side, marks) in [("before", "before_sensitive"), ("after", "after_sensitive")] {
            let marks = change.pointer(&format!("/change/{marks}")).cloned().unwrap_or_default();
            if let Some(value) = change.pointer_mut(&format!("/change/{side}")) {
                hide(value, &marks, &mut count);
            }
        }
    }
    plan
}

fn hide(value: &mut Value, marks: &Value, count: &mut usize) {
    match (value, marks) {
        (Value::Array(values), marks) => {
            let of = |at: usize| if marks == &json!(true) { marks } else { marks.get(at).unwrap_or(&Value::Null) };
            values.iter_mut().enumerate().for_each(|(at, value)| hide(value, of(at), count));
        }
        (Value::Object(fields), marks) => {
            for (name, value) in fields {
                let mark = if marks == &json!(true) { marks } else { marks.get(name).unwrap_or(&Value::Null) };
                hide(value, mark, count);
            }
        }
        // A text that holds JSON is read, so it is left as it is.
        (Value::String(text), Value::Bool(true)) if !text.trim_start().starts_with(['{', '[']) => {
            *count += 1;
            *text = format!("{SECRET}-{count}");
        }
        _ => {}
    }
}

/// No output tells a secret.
pub(crate) fn assert_silent(format: &str, text: &str) {
    assert!(!text.to_lowercase().contains(SECRET), "{format} tells what is sensitive: {text}");
}

/// Choices, and the first one for ever when the bytes are used up.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first)
    }

    fn below(&mut self, end: usize) -> usize {
        let wide = if end > 256 { self.byte() << 8 } else { 0 };
        (wide | self.byte()) % end.max(1)
    }

    fn text<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }
}

fn change(plan: &mut Value, bytes: &mut Bytes<'_>) {
    match bytes.below(12) {
        0 => remove(some_value(plan, bytes), bytes),
        1 => *some_value(plan, bytes) = hostile(bytes),
        2 => repeat(some_value(plan, bytes), bytes),
        3 => {
            let (one, other) = (bytes.byte() << 8 | bytes.byte(), bytes.byte() << 8 | bytes.byte());
            let values = [one, other].map(|at| nth(plan, at).clone());
            *nth(plan, one) = values[1].clone();
            *nth(plan, other) = values[0].clone();
        }
        4 => {
            let value = some_value(plan, bytes).clone();
            *some_value(plan, bytes) = value;
        }
        5 => wrap(some_value(plan, bytes), bytes),
        6 => rename(some_value(plan, bytes), bytes),
        7 => edit(some_value(plan, bytes), bytes),
        8 => refer(plan, bytes),
        9 => mark(plan, bytes),
        10 => {
            let value = some_value(plan, bytes).clone();
            let key = bytes.text(&KEYS);
            if let Value::Object(fields) = some_value(plan, bytes) {
                fields.insert(key.to_owned(), value);
            }
        }
        _ => descend(some_value(plan, bytes), bytes),
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(members) => members.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

fn some_value<'v>(plan: &'v mut Value, bytes: &mut Bytes<'_>) -> &'v mut Value {
    nth(plan, bytes.byte() << 8 | bytes.byte())
}

/// The value at a position, counted from the top and from the front, round and round.
fn nth(plan: &mut Value, position: usize) -> &mut Value {
    let mut left = position % count(plan);
    let mut value = plan;
    while left > 0 {
        left -= 1;
        let below: Vec<&mut Value> = match value {
            Value::Array(members) => members.iter_mut().collect(),
            Value::Object(fields) => fields.values_mut().collect(),
            _ => Vec::new(),
        };
        let mut found = None;
        for one in below {
            let size = count(one);
            if left < size {
                found = Some(one);
                break;
            }
            left -= size;
        }
        value = found.unwrap();
    }
    value
}

fn remove(value: &mut Value, bytes: &mut Bytes<'_>) {
    match value {
        Value::Array(members) if !members.is_empty() => _ = members.remove(bytes.below(members.len())),
        Value::Object(fields) if !fields.is_empty() => _ = fields.remove(&key_of(fields, bytes)),
        value => *value = Value::Null,
    }
}

fn key_of(fields: &Map<String, Value>, bytes: &mut Bytes<'_>) -> String {
    fields.keys().nth(bytes.below(fields.len())).cloned().unwrap_or_default()
}

fn repeat(value: &mut Value, bytes: &mut Bytes<'_>) {
    match value {
        Value::Array(members) if !members.is_empty() => {
            let member = members[bytes.below(members.len())].clone();
            for _ in 0..=bytes.below(8) {
                members.push(member.clone());
            }
        }
        Value::Object(fields) if !fields.is_empty() => {
            let value = fields[&key_of(fields, bytes)].clone();
            fields.insert(bytes.text(&KEYS).to_owned(), value);
        }
        _ => {}
    }
}

fn wrap(value: &mut Value, bytes: &mut Bytes<'_>) {
    let inner = value.take();
    *value = match bytes.below(4) {
        0 => json!([inner]),
        1 => json!({ bytes.text(&KEYS): inner }),
        2 => inner.to_string().into(),
        _ => inner.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(json!([inner, inner])),
    };
}

fn rename(value: &mut Value, bytes: &mut Bytes<'_>) {
    let Value::Object(fields) = value else { return };
    let key = key_of(fields, bytes);
    if let Some(value) = fields.remove(&key) {
        let new = if bytes.below(2) == 0 { bytes.text(&KEYS) } else { bytes.text(&TEXTS) };
        fields.insert(new.to_owned(), value);
    }
}

fn edit(value: &mut Value, bytes: &mut Bytes<'_>) {
    let Value::String(text) = value else { return };
    let at = text.floor_char_boundary(bytes.below(text.len() + 1));
    match bytes.below(3) {
        0 => text.truncate(at),
        1 => text.insert_str(at, bytes.text(&TEXTS)),
        _ => *text = text.repeat(1 + bytes.below(20)),
    }
}

/// Makes an expression refer to something else of the plan: often to what refers back.
fn refer(plan: &mut Value, bytes: &mut Bytes<'_>) {
    let mut names = Vec::new();
    gather_names(plan, &mut names);
    let name = if names.is_empty() { String::new() } else { names[bytes.below(names.len())].clone() };
    let reference = match bytes.below(6) {
        0 => name,
        1 => format!("{name}.id"),
        2 => format!("var.{name}"),
        3 => format!("module.{name}.{}", bytes.text(&KEYS)),
        4 => format!("data.{name}.json"),
        _ => bytes.text(&TEXTS).to_owned(),
    };
    let expression = json!({"references": [reference.clone(), reference]});
    if let Some(configuration) = plan.get_mut("configuration") {
        *some_value(configuration, bytes) = expression;
    }
}

fn gather_names(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Array(members) => members.iter().for_each(|member| gather_names(member, names)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if key == "address" || key == "name" => names.push(text.clone()),
                    value => gather_names(value, names),
                }
            }
        }
        _ => {}
    }
}

/// Says of a value that it is unknown or sensitive.
fn mark(plan: &mut Value, bytes: &mut Bytes<'_>) {
    let Some(changes) = plan.get_mut("resource_changes").and_then(Value::as_array_mut) else { return };
    let Some(length) = Some(changes.len()).filter(|length| *length > 0) else { return };
    let Some(change) = changes[bytes.below(length)].get_mut("change").and_then(Value::as_object_mut) else { return };
    let marks = bytes.text(&["after_unknown", "after_sensitive", "before_sensitive"]);
    let mut shape = change.get("after").cloned().unwrap_or_default();
    let part = some_value(&mut shape, bytes);
    *part = Value::Bool(true);
    change.insert(marks.to_owned(), shape);
}

/// Puts a value deep into lists or objects.
fn descend(value: &mut Value, bytes: &mut Bytes<'_>) {
    let key = bytes.text(&KEYS);
    for _ in 0..bytes.below(120) {
        let inner = value.take();
        *value = if key.len().is_multiple_of(2) { json!([inner]) } else { json!({ key: inner }) };
    }
}

fn hostile(bytes: &mut Bytes<'_>) -> Value {
    match bytes.below(12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-0.0),
        3 => json!(u64::MAX),
        4 => json!(1e308),
        5 => json!(i64::MIN),
        6 => json!([]),
        7 => json!({}),
        8 => bytes.text(&TEXTS).repeat(1 << bytes.below(12)).into(),
        9 => json!([null, null, [null]]),
        _ => bytes.text(&TEXTS).into(),
    }
}

/// Keys that mean something somewhere in a plan, and keys that should mean nothing anywhere.
const KEYS: [&str; 32] = [
    "__proto__",
    "constructor",
    "",
    "/",
    "~1~0",
    "\u{1b}[2J",
    "a\nb",
    "address",
    "values",
    "value",
    "references",
    "constant_value",
    "expressions",
    "expression",
    "module",
    "module_calls",
    "child_modules",
    "resources",
    "outputs",
    "variables",
    "default",
    "for_each_expression",
    "policy",
    "statement",
    "Statement",
    "Principal",
    "Condition",
    "id",
    "arn",
    "bucket",
    "index",
    "deposed",
];

const TEXTS: [&str; 40] = [
    "",
    ".",
    "[",
    "\"",
    "a.b",
    "module.m",
    "module.m[\"a.b[0]\\\"\"].aws_s3_bucket.b[\"c.d\"]",
    "module..",
    "aws_s3_bucket.b[18446744073709551615]",
    "each.value",
    "each.key",
    "count.index",
    "var.",
    "local.x",
    "data.",
    "\u{0}",
    "\u{1b}]0;title\u{7}",
    "\u{202e}txt",
    "\u{feff}",
    "\u{1f600}",
    "\r\n::error::x",
    "<script>",
    "|`*_[]()",
    "0.0.0.0/0",
    "::/0",
    "1.2.3.4/33",
    "256.0.0.0/8",
    "::ffff:0.0.0.0/96",
    "-1",
    "99999999999999999999",
    "1e400",
    "arn:aws:s3:::b/*",
    "arn:::::",
    "arn:aws:iam::000000000000:root",
    "sg-1",
    "000000000000/sg-1",
    "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}",
    "{\"Statement\":{\"Effect\":\"Deny\",\"NotPrincipal\":{\"AWS\":[]},\"Condition\":{\"StringLike\":{\"aws:x\":[\"*?${a\"]}}}}",
    "[[[[[[[[",
    "{\"Statement\":",
];

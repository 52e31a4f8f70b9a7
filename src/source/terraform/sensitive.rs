//! Values that a plan marks as sensitive. They are judged, but appear in no output.
//!
//! A plan holds them in clear and only says where they stand. They are gathered here, with the
//! texts inside a sensitive policy, and taken out of whatever is printed.

use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::format::{PlanFile, ResourceChange};
use super::json::Value;

/// What stands in place of a sensitive value.
pub const REDACTED: &str = "(sensitive)";

/// Shorter texts are no secrets, and taking them out would make every message unreadable.
const SHORTEST: usize = 4;

/// Takes the sensitive values of a plan out of texts.
#[derive(Debug, Clone, Default)]
pub struct Redaction {
    /// All of them at once; none when nothing is sensitive.
    secrets: Option<AhoCorasick>,
}

impl Redaction {
    pub(super) fn of(plan: &PlanFile, changes: &[ResourceChange]) -> Self {
        let mut found = BTreeSet::new();
        for change in changes.iter().filter_map(|change| change.change.as_ref()) {
            for (value, marks) in [(&change.before, &change.before_sensitive), (&change.after, &change.after_sensitive)]
            {
                if let (Some(value), Some(marks)) = (value, marks) {
                    gather(value, marks, &mut found);
                }
            }
        }
        for resource in super::estate::prior(plan) {
            if let (Some(value), Some(marks)) = (&resource.values, &resource.sensitive_values) {
                gather(value, marks, &mut found);
            }
        }
        let root = plan.configuration.as_ref().and_then(|configuration| configuration.root_module.as_ref());
        for (name, variable) in root.and_then(|root| root.variables.as_ref()).into_iter().flatten() {
            if variable.sensitive == Some(true) {
                let value = plan.variables.as_ref().and_then(|variables| variables.get(name)?.get("value"));
                value.or(variable.default.as_ref()).into_iter().for_each(|value| all_texts(value, &mut found));
            }
        }
        Self::from(found)
    }

    /// The text without sensitive values.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let Some(secrets) = &self.secrets else { return text.to_owned() };
        let mut redacted = String::new();
        let mut written = 0;
        for hidden in covered(secrets.find_overlapping_iter(text).map(|found| found.range())) {
            redacted.push_str(&text[written..hidden.start]);
            redacted.push_str(REDACTED);
            written = hidden.end;
        }
        redacted.push_str(&text[written..]);
        redacted
    }
}

#[expect(clippy::expect_used, reason = "an automaton of texts that were in memory fits into memory")]
impl From<BTreeSet<String>> for Redaction {
    fn from(texts: BTreeSet<String>) -> Self {
        let build = |texts| AhoCorasick::new(texts).expect("as many texts as a file can hold are within its limits");
        Self { secrets: (!texts.is_empty()).then(|| build(texts)) }
    }
}

/// Ranges as few as cover the same, from front to back.
fn covered(ranges: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = ranges.collect();
    ranges.sort_by_key(|range| range.start);
    let mut covered: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match covered.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => covered.push(range),
        }
    }
    covered
}

/// The texts at the places that `marks` says are sensitive.
fn gather(value: &Value, marks: &Value, found: &mut BTreeSet<String>) {
    match (value, marks) {
        (value, Value::Bool(true)) => all_texts(value, found),
        (Value::Array(values), Value::Array(marks)) => {
            values.iter().zip(marks).for_each(|(value, marks)| gather(value, marks, found));
        }
        (Value::Object(values), Value::Object(marks)) => {
            for (key, marks) in marks.iter() {
                if let Some(value) = values.get(key) {
                    gather(value, marks, found);
                }
            }
        }
        _ => {}
    }
}

/// Every text of a value; a text that is JSON itself also gives what is in it.
fn all_texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            if text.len() >= SHORTEST && !is_policy_word(text) {
                found.insert(text.to_string());
            }
            if text.starts_with(['{', '['])
                && let Ok(inside) = serde_json::from_str::<Value>(text)
            {
                all_texts(&inside, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| all_texts(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| all_texts(value, found)),
        Value::Number(number) => {
            let text = number.to_string();
            if text.len() >= SHORTEST {
                found.insert(text);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// Words of the policy language, which tell nothing.
fn is_policy_word(text: &str) -> bool {
    matches!(text, "Allow" | "Deny" | "2012-10-17" | "2008-10-17" | "true" | "false")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn marked_values_and_what_stands_in_a_marked_policy_are_taken_out() {
        let mut found = BTreeSet::new();
        let policy = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"999988887777"}}}"#;
        let value = json!({"bucket": "open-name", "policy": policy, "tags": {"key": "hunter22"}}).into();
        gather(&value, &json!({"policy": true, "tags": {"key": true}}).into(), &mut found);
        let redaction = Redaction::from(found);
        assert_eq!(
            redaction.redact("Allow 999988887777 on open-name with hunter22"),
            "Allow (sensitive) on open-name with (sensitive)"
        );
    }

    #[test]
    fn of_values_that_overlap_no_part_is_left() {
        let redact = |secrets: &[&str], text: &str| {
            Redaction::from(secrets.iter().map(ToString::to_string).collect::<BTreeSet<_>>()).redact(text)
        };
        assert_eq!(redact(&["abcdef", "defghi", "cde"], "x abcdefghi y"), "x (sensitive) y");
        assert_eq!(redact(&["abcd", "efgh"], "abcdefgh"), "(sensitive)(sensitive)");
        assert_eq!(redact(&["\u{e4}bcd"], "\u{e4}\u{e4}bcd\u{e4}"), "\u{e4}(sensitive)\u{e4}");
        assert_eq!(redact(&[], "abcd"), "abcd");
    }
}

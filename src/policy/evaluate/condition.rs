//! Whether the conditions of a statement hold, in three values.
//!
//! Across operators and keys all must hold, across the values of one test any; a negated test
//! holds where none of its values matches, also on an absent key. Source: IAM user guide,
//! "Conditions with multiple context keys or values" and "Condition operators".

use std::borrow::Cow;
use std::cmp::Ordering;

use super::super::pattern;
use super::operator::{Operator, Set, Test};
use super::value;
use super::variable::{self, Filled};
use crate::model::Statement;
use crate::policy::{Context, KeyValue, Need, Truth};

/// Whether all conditions of a statement of a policy of this version hold.
pub(super) fn holds(version: &str, statement: &Statement, context: &Context) -> Truth {
    let mut all = Truth::Yes;
    for (operator, tests) in &statement.condition {
        for (key, values) in tests {
            all = all.and(test_holds(version, operator, key, values, context));
            if all == Truth::No {
                return all;
            }
        }
    }
    all
}

/// Whether one test holds.
pub(in crate::policy) fn test_holds(
    version: &str,
    operator: &str,
    key: &str,
    values: &[String],
    context: &Context,
) -> Truth {
    let Some(operator) = Operator::read(operator) else {
        return Truth::depends_on(Need::Policy(format!("{operator:?} is not a condition operator of IAM")));
    };
    let test = Comparison { version, operator, values, context };
    match context.get(key) {
        KeyValue::Absent => test.on_absent(),
        KeyValue::Known(found) => test.on_known(found),
        KeyValue::Present => test.on_any_value().map_or_else(|| needs(key), Truth::of),
        // The same whether it is absent or there, whatever its value: nothing hangs on it.
        KeyValue::Unknown => match test.on_any_value() {
            Some(constant) if test.on_absent() == Truth::of(constant) => Truth::of(constant),
            _ => needs(key),
        },
    }
}

fn needs(key: &str) -> Truth {
    Truth::depends_on(Need::Key(key.to_owned()))
}

struct Comparison<'a> {
    version: &'a str,
    operator: Operator,
    values: &'a [String],
    context: &'a Context,
}

impl Comparison<'_> {
    fn on_absent(&self) -> Truth {
        match self.operator {
            Operator { test: Test::Null, .. } => Truth::of(self.null_wants(true)),
            Operator { if_exists: true, .. } | Operator { set: Set::All, .. } => Truth::Yes,
            Operator { set: Set::Any, .. } => Truth::No,
            Operator { negated, .. } => Truth::of(negated),
        }
    }

    /// What every present value gives, where that is the same.
    fn on_any_value(&self) -> Option<bool> {
        let Operator { test, negated, .. } = self.operator;
        match test {
            Test::Null => Some(self.null_wants(false)),
            _ if self.values.is_empty() => Some(negated),
            Test::StringLike if self.values.iter().any(|value| pattern::is_everything(value)) => Some(!negated),
            _ => None,
        }
    }

    fn on_known(&self, found: &[String]) -> Truth {
        let passes = |found: &String| {
            let any = self.values.iter().fold(Truth::No, |any, wanted| match any {
                Truth::Yes => Truth::Yes,
                any => any.or(self.compare(wanted, found)),
            });
            if self.operator.negated { any.negated() } else { any }
        };
        if self.operator.test == Test::Null {
            return Truth::of(self.null_wants(found.is_empty()));
        }
        match self.operator.set {
            // A key whose only value is the empty text counts as without values here; IAM user
            // guide, "Set operators for multivalued context keys".
            Set::All => found.iter().filter(|found| !found.is_empty()).map(passes).fold(Truth::Yes, Truth::and),
            Set::Single if found.is_empty() => self.on_absent(),
            Set::Single if self.operator.negated => found.iter().map(passes).fold(Truth::Yes, Truth::and),
            Set::Any | Set::Single => found.iter().map(passes).fold(Truth::No, Truth::or),
        }
    }

    /// Whether the `Null` test asks for a key that is absent, or is there.
    fn null_wants(&self, absent: bool) -> bool {
        self.values.iter().any(|value| value.eq_ignore_ascii_case(if absent { "true" } else { "false" }))
    }

    /// Whether one value of the policy takes one value of the request.
    fn compare(&self, wanted: &str, found: &str) -> Truth {
        let test = self.operator.test;
        if !test.takes_variables() || !variable::has_variables(self.version, wanted) {
            return Truth::of(compare(test, wanted, found));
        }
        let filled = variable::fill(wanted, self.context);
        match (test, &filled) {
            // No wildcards in these: the text as it came out.
            (Test::StringEquals | Test::StringEqualsIgnoreCase, Filled::Whole(_)) => {
                Truth::of(filled.text().is_some_and(|text| compare(test, &text, found)))
            }
            (Test::StringEquals | Test::StringEqualsIgnoreCase, Filled::Open(_, needs)) => {
                Truth::Depends(needs.clone())
            }
            (Test::ArnLike, _) => arn_matches(wanted, found, self.context),
            _ => filled.matches(found).unwrap_or(Truth::No),
        }
    }
}

/// As [`pattern::arn_matches`], part by part with the variables of each put in.
fn arn_matches(wanted: &str, found: &str, context: &Context) -> Truth {
    let parts = arn_parts(wanted);
    if parts.len() != 6 || found.bytes().filter(|byte| *byte == b':').count() < 5 {
        return Truth::No;
    }
    let matched = parts.iter().zip(found.splitn(6, ':'));
    let part = |(wanted, found): (&&str, &str)| variable::fill(wanted, context).matches(found).unwrap_or(Truth::No);
    matched.map(part).fold(Truth::Yes, Truth::and)
}

/// Splits at the first five colons that stand outside `${…}`.
fn arn_parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut inside) = (Vec::with_capacity(6), 0, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '{' if text[..at].ends_with('$') => inside = true,
            '}' => inside = false,
            ':' if !inside && parts.len() < 5 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn compare(test: Test, wanted: &str, found: &str) -> bool {
    let number = |accepted: fn(Ordering) -> bool| value::numbers(found, wanted).is_some_and(accepted);
    let date = |accepted: fn(Ordering) -> bool| value::dates(found, wanted).is_some_and(accepted);
    match test {
        Test::StringEquals => wanted == found,
        Test::StringEqualsIgnoreCase => same_ignoring_case(wanted, found),
        Test::StringLike => pattern::matches(wanted, found),
        Test::NumericEquals => number(Ordering::is_eq),
        Test::NumericLess => number(Ordering::is_lt),
        Test::NumericLessEquals => number(Ordering::is_le),
        Test::NumericGreater => number(Ordering::is_gt),
        Test::NumericGreaterEquals => number(Ordering::is_ge),
        Test::DateEquals => date(Ordering::is_eq),
        Test::DateLess => date(Ordering::is_lt),
        Test::DateLessEquals => date(Ordering::is_le),
        Test::DateGreater => date(Ordering::is_gt),
        Test::DateGreaterEquals => date(Ordering::is_ge),
        Test::Bool => wanted.eq_ignore_ascii_case(found),
        Test::BinaryEquals => value::same_bytes(wanted, found),
        Test::IpAddress => value::in_range(wanted, found),
        Test::ArnLike => pattern::arn_matches(wanted, found),
        Test::Null => false,
    }
}

fn same_ignoring_case(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    let lower = |text: &str| -> Cow<'static, str> { Cow::Owned(text.to_lowercase()) };
    lower(left) == lower(right)
}

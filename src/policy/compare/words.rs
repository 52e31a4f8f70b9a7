//! Conditions in words, for lists that people read.

use crate::model::Statement;
use crate::policy::evaluate::{Operator, Set, Test};

/// Each condition of a statement: `aws:sourcevpce is vpce-1`.
pub(super) fn conditions(statement: &Statement) -> Vec<String> {
    let mut words = Vec::new();
    for (operator, keys) in &statement.condition {
        for (key, values) in keys {
            words.push(condition(operator, key, values));
        }
    }
    words
}

fn condition(name: &str, key: &str, values: &[String]) -> String {
    let Some(operator) = Operator::read(name) else {
        return format!("{name} {key} {}", values.join(", "));
    };
    let subject = match operator.set {
        Set::Single => key.to_owned(),
        Set::Any => format!("a value of {key}"),
        Set::All => format!("every value of {key}"),
    };
    if operator.test == Test::Null {
        let absent = values.iter().any(|value| value.eq_ignore_ascii_case("true"));
        return format!("{subject} is {}", if absent { "absent" } else { "there" });
    }
    let suffix = if operator.if_exists { ", if it is there" } else { "" };
    format!("{subject} {} {}{suffix}", verb(operator), listed(values))
}

fn verb(operator: Operator) -> &'static str {
    match (operator.test, operator.negated) {
        (Test::StringLike | Test::ArnLike, false) => "is like",
        (Test::StringLike | Test::ArnLike, true) => "is not like",
        (Test::StringEqualsIgnoreCase, false) => "is, in any case,",
        (Test::StringEqualsIgnoreCase, true) => "is not, in any case,",
        (Test::NumericLess, _) => "is less than",
        (Test::NumericLessEquals, _) => "is at most",
        (Test::NumericGreater, _) => "is more than",
        (Test::NumericGreaterEquals, _) => "is at least",
        (Test::DateLess, _) => "is before",
        (Test::DateLessEquals, _) => "is not after",
        (Test::DateGreater, _) => "is after",
        (Test::DateGreaterEquals, _) => "is not before",
        (Test::IpAddress, false) => "is in",
        (Test::IpAddress, true) => "is not in",
        (_, false) => "is",
        (_, true) => "is not",
    }
}

const MOST_VALUES: usize = 5;

/// `a, b or c`, and how many more.
pub(super) fn listed(values: &[String]) -> String {
    let shown: Vec<&str> = values.iter().take(MOST_VALUES).map(String::as_str).collect();
    match (values.len().saturating_sub(MOST_VALUES), shown.split_last()) {
        (_, None) => "nothing".to_owned(),
        (0, Some((last, []))) => (*last).to_owned(),
        (0, Some((last, first))) => format!("{} or {last}", first.join(", ")),
        (more, _) => format!("{} or {more} more", shown.join(", ")),
    }
}

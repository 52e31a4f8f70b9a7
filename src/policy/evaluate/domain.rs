//! Values of an unknown condition key such that every possible value is, for all policies at hand,
//! like one of them.
//!
//! Texts: each literal, one text for each pattern that only it and the patterns around it take,
//! one that nothing takes. Numbers, dates and addresses: the points where a comparison changes, and
//! one between each two. Keys that a test takes as a set: all sets
//! of these; others have one value. Where no such list can be given (patterns that overlap only in
//! part, patterns with `?`, variables) there is none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

use super::super::pattern;
use super::operator::{Operator, Set, Test};
use super::statement::takes_action;
use super::{Policies, combine, value, variable};
use crate::model::Statement;
use crate::policy::KeyValue;

/// Letters of private use, which no policy holds: what a `*` takes, and what nothing takes.
const ANYTHING: &str = "\u{E000}";
const NOTHING: &str = "\u{E001}";

/// Sets of more values than this are not tried.
const MOST_IN_SET: usize = 6;

/// The values to try for a key that is there; `None` where they cannot be listed.
pub(super) fn values(key: &str, action: &str, policies: &Policies<'_>) -> Option<Vec<KeyValue>> {
    let tests = Tests::on(key, &combine::lowercase(action), policies)?;
    let texts = tests.values()?;
    if !tests.in_sets {
        return Some(texts.into_iter().map(|text| KeyValue::Known(vec![text])).collect());
    }
    let mut texts = texts;
    texts.push(String::new());
    if texts.len() > MOST_IN_SET {
        return None;
    }
    let chosen = |number: usize| -> Vec<String> {
        texts.iter().enumerate().filter(|(at, _)| number >> at & 1 == 1).map(|(_, text)| text.clone()).collect()
    };
    Some((1..1 << texts.len()).map(|number| KeyValue::Known(chosen(number))).collect())
}

/// What is asked of a key, by type of value.
#[derive(Default)]
struct Tests<'a> {
    equal: Vec<&'a str>,
    equal_in_any_case: Vec<&'a str>,
    like: Vec<&'a str>,
    arns: Vec<&'a str>,
    numbers: Vec<&'a str>,
    dates: Vec<&'a str>,
    ranges: Vec<&'a str>,
    bytes: Vec<&'a str>,
    bools: bool,
    in_sets: bool,
}

impl<'a> Tests<'a> {
    /// All tests of a key; `None` where a variable stands in or for it.
    fn on(key: &str, action: &str, policies: &'a Policies<'a>) -> Option<Self> {
        let mut tests = Self::default();
        for document in policies.documents() {
            for statement in document.statement.iter().filter(|statement| takes_action(statement, action)) {
                if document.version == "2012-10-17" && is_variable(key, statement) {
                    return None;
                }
                for (operator, keys) in &statement.condition {
                    let Some(values) = keys.get(key) else { continue };
                    if values.iter().any(|value| variable::has_variables(&document.version, value)) {
                        return None;
                    }
                    tests.add(Operator::read(operator)?, values);
                }
            }
        }
        Some(tests)
    }

    fn add(&mut self, operator: Operator, values: &'a [String]) {
        self.in_sets |= operator.set != Set::Single;
        let values = values.iter().map(String::as_str);
        match operator.test {
            Test::StringEquals => self.equal.extend(values),
            Test::StringEqualsIgnoreCase => self.equal_in_any_case.extend(values),
            Test::StringLike => self.like.extend(values.filter(|pattern| !pattern::is_everything(pattern))),
            Test::ArnLike => self.arns.extend(values),
            Test::NumericEquals
            | Test::NumericLess
            | Test::NumericLessEquals
            | Test::NumericGreater
            | Test::NumericGreaterEquals => self.numbers.extend(values),
            Test::DateEquals | Test::DateLess | Test::DateLessEquals | Test::DateGreater | Test::DateGreaterEquals => {
                self.dates.extend(values);
            }
            Test::IpAddress => self.ranges.extend(values),
            Test::BinaryEquals => self.bytes.extend(values),
            Test::Bool => self.bools = true,
            Test::Null => {}
        }
    }

    /// One value of each sort; `None` where tests of several types, or patterns that cannot be
    /// told apart, leave no short list.
    fn values(&self) -> Option<Vec<String>> {
        let texts = !(self.equal.is_empty() && self.equal_in_any_case.is_empty() && self.like.is_empty());
        let types = [
            texts,
            self.bools,
            !self.arns.is_empty(),
            !self.numbers.is_empty(),
            !self.dates.is_empty(),
            !self.ranges.is_empty(),
            !self.bytes.is_empty(),
        ];
        if types.iter().filter(|there| **there).count() > 1 {
            return None;
        }
        let mut values = if self.bools {
            vec!["true".to_owned(), "false".to_owned()]
        } else if !self.arns.is_empty() {
            arns(&self.arns)?
        } else if !self.numbers.is_empty() {
            numbers(&self.numbers)
        } else if !self.dates.is_empty() {
            dates(&self.dates)
        } else if !self.ranges.is_empty() {
            addresses(&self.ranges)
        } else if !self.bytes.is_empty() {
            self.bytes.iter().copied().chain(["cGxpbXNvbGw="]).map(str::to_owned).collect()
        } else {
            self.texts()?
        };
        values.sort();
        values.dedup();
        Some(values)
    }

    fn texts(&self) -> Option<Vec<String>> {
        let wild: Vec<&str> = self.like.iter().copied().filter(|pattern| !pattern::is_literal(pattern)).collect();
        let nested = |left: &str, right: &str| {
            !pattern::overlaps(left, right) || pattern::covers(left, right) || pattern::covers(right, left)
        };
        if !are_told_apart(&wild, nested) {
            return None;
        }
        let literals = || self.equal.iter().chain(&self.like).copied();
        let clear = wild.is_empty()
            && self.equal_in_any_case.iter().all(|text| !literals().any(|other| other.eq_ignore_ascii_case(text)));
        let mut spellings = Vec::new();
        for text in &self.equal_in_any_case {
            spellings.extend(if clear { vec![(*text).to_owned()] } else { in_every_case(text)? });
        }
        let instances = self.like.iter().map(|pattern| pattern.replace('*', ANYTHING));
        // A `*` of StringEquals is no wildcard.
        let written = self.equal.iter().map(|text| (*text).to_owned());
        Some(instances.chain(written).chain(spellings).chain([NOTHING.to_owned()]).collect())
    }
}

/// Whether the statement puts the key's value in somewhere.
fn is_variable(key: &str, statement: &Statement) -> bool {
    let names = |text: &String| {
        let variables = text.split("${").skip(1).map(|rest| rest.split([',', '}']).next().unwrap_or_default());
        variables.into_iter().any(|variable| variable.trim().eq_ignore_ascii_case(key))
    };
    let resources = statement.resource.iter().chain(&statement.not_resource).flatten();
    resources.chain(statement.condition.values().flat_map(|keys| keys.values().flatten())).any(names)
}

/// Whether any two patterns are nested or apart, and none has a `?`. More patterns than can be
/// compared in good time are not.
fn are_told_apart(patterns: &[&str], nested: impl Fn(&str, &str) -> bool) -> bool {
    const MOST_LETTERS: usize = 2048;
    patterns.iter().map(|pattern| pattern.len()).sum::<usize>() <= MOST_LETTERS
        && patterns.iter().all(|pattern| !pattern.contains('?'))
        && patterns.iter().enumerate().all(|(at, left)| patterns[at + 1..].iter().all(|right| nested(left, right)))
}

/// All spellings of a text with few letters.
fn in_every_case(text: &str) -> Option<Vec<String>> {
    const MOST_LETTERS: usize = 6;
    if !text.is_ascii() || text.bytes().filter(u8::is_ascii_alphabetic).count() > MOST_LETTERS {
        return None;
    }
    let mut spellings = vec![String::new()];
    for letter in text.chars() {
        let upper = letter.to_ascii_uppercase();
        let lower = letter.to_ascii_lowercase();
        let both: &[char] = if upper == lower { &[letter] } else { &[upper, lower] };
        spellings =
            spellings.iter().flat_map(|start| both.iter().map(move |letter| format!("{start}{letter}"))).collect();
    }
    Some(spellings)
}

fn arns(patterns: &[&str]) -> Option<Vec<String>> {
    let parts = |arn: &str| arn.splitn(6, ':').map(str::to_owned).collect::<Vec<String>>();
    let each = |left: &str, right: &str, holds: fn(&str, &str) -> bool| {
        parts(left).iter().zip(&parts(right)).all(|(left, right)| holds(left, right))
    };
    let nested = |left: &str, right: &str| {
        !each(left, right, pattern::overlaps)
            || each(left, right, pattern::covers)
            || each(right, left, pattern::covers)
    };
    if patterns.iter().any(|pattern| parts(pattern).len() != 6) || !are_told_apart(patterns, nested) {
        return None;
    }
    let outside = ["arn", NOTHING, NOTHING, NOTHING, NOTHING, NOTHING].join(":");
    Some(patterns.iter().map(|pattern| pattern.replace('*', ANYTHING)).chain([outside]).collect())
}

/// The numbers, one a little further from zero than each, zero, and one beyond all on each side.
fn numbers(values: &[&str]) -> Vec<String> {
    const FAR: &str = "99999999999999999999999999999999999999";
    const LITTLE: &str = "00000000000000000001";
    let further = |value: &&str| {
        let point = if value.contains('.') { "" } else { "." };
        format!("{}{point}{LITTLE}", value.trim())
    };
    let mut all: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
    all.extend(values.iter().map(further));
    // A little on the other side of zero.
    all.extend([FAR.to_owned(), format!("-{FAR}"), "0".to_owned(), format!("0.{LITTLE}"), format!("-0.{LITTLE}")]);
    all
}

fn dates(values: &[&str]) -> Vec<String> {
    let moments: Vec<Timestamp> = values.iter().filter_map(|value| value::date(value)).collect();
    let next = moments.iter().filter_map(|moment| moment.checked_add(SignedDuration::from_nanos(1)).ok());
    let all = moments.iter().copied().chain(next).chain([Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX]);
    all.map(|moment| moment.to_string()).collect()
}

/// The first address of each range and the first after it, and the first of all.
fn addresses(ranges: &[&str]) -> Vec<String> {
    let mut all = vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)];
    for range in ranges.iter().filter_map(|range| value::range_of(range)) {
        all.push(range.network());
        all.extend(match range {
            IpNet::V4(net) => u32::from(net.broadcast()).checked_add(1).map(|next| IpAddr::V4(next.into())),
            IpNet::V6(net) => u128::from(net.broadcast()).checked_add(1).map(|next| IpAddr::V6(next.into())),
        });
    }
    all.iter().map(ToString::to_string).collect()
}

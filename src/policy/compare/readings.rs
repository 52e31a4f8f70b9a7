//! Which values of policy variables are worth a look, and which keys are fixed by them and by who
//! asks.

use std::collections::{BTreeMap, BTreeSet};

use super::principals::Candidate;
use super::search::Query;
use super::space::Piece;
use super::variables::{Reading, has_variables, keys, value_in};
use crate::policy::{KeyValue, pattern};

/// Keys that stand in variables of the statements looked at.
pub(super) fn variables_of(query: &Query<'_>, avoid: &[Piece<'_>]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for piece in query.must.iter().chain(avoid) {
        let version = &piece.document.version;
        if version != "2012-10-17" {
            continue;
        }
        let names = piece.resources().map_or(&[][..], |names| names.patterns);
        let values = piece.statement.condition.values().flat_map(BTreeMap::values).flatten();
        for text in names.iter().chain(values).filter(|text| has_variables(version, text)) {
            found.extend(keys(text));
        }
    }
    found
}

/// Keys that are fixed by who asks and by the reading of variables; none where these differ.
pub(super) fn fixed(
    candidate: &Candidate,
    variables: &BTreeSet<String>,
    reading: &Reading,
) -> Option<BTreeMap<String, KeyValue>> {
    let mut fixed = candidate.fixed.clone();
    let Reading::Values(values) = reading else { return Some(fixed) };
    for key in variables {
        let wanted = values.get(key).map_or(KeyValue::Absent, |value| KeyValue::Known(vec![value.clone()]));
        match fixed.get(key) {
            Some(KeyValue::Present) if wanted == KeyValue::Absent => return None,
            Some(KeyValue::Known(_) | KeyValue::Absent) if fixed.get(key) != Some(&wanted) => return None,
            _ => _ = fixed.insert(key.clone(), wanted),
        }
    }
    Some(fixed)
}

const MOST_READINGS: usize = 8;
const MOST_NAMES: usize = 50;

/// Values of variables worth a look: an example, those that other patterns and conditions name,
/// and none.
pub(super) fn readings(variables: &BTreeSet<String>, query: &Query<'_>, avoid: &[Piece<'_>]) -> Vec<Reading> {
    if variables.is_empty() {
        return vec![Reading::Values(BTreeMap::new())];
    }
    let example = |key: &str| match key {
        "aws:principalaccount" | "aws:sourceaccount" | "aws:resourceaccount" => "111122223333".to_owned(),
        "aws:principaltype" => "User".to_owned(),
        _ => "example".to_owned(),
    };
    let examples: BTreeMap<String, String> = variables.iter().map(|key| (key.clone(), example(key))).collect();
    let mut found = vec![examples.clone()];
    let pieces: Vec<&Piece<'_>> = query.must.iter().chain(avoid).collect();
    let names: Vec<&String> =
        pieces.iter().filter_map(|piece| piece.resources()).flat_map(|names| names.patterns).collect();
    let with: Vec<&&String> = names.iter().filter(|name| name.contains("${")).take(MOST_NAMES).collect();
    let mut propose = |key: String, value: String| {
        let mut values = examples.clone();
        values.insert(key, value);
        if found.len() < MOST_READINGS && !found.contains(&values) {
            found.push(values);
        }
    };
    for name in names.iter().filter(|name| !name.contains("${")).take(MOST_NAMES) {
        let text: String = name.replace('*', "").replace('?', "x");
        with.iter().filter_map(|pattern| value_in(pattern, &text)).for_each(|(key, value)| propose(key, value));
    }
    for test in pieces.iter().flat_map(|piece| piece.tests()).filter(|test| variables.contains(test.key)) {
        for value in test.values.iter().filter(|value| pattern::is_literal(value) && !value.contains("${")) {
            propose(test.key.to_owned(), value.clone());
        }
    }
    found.push(BTreeMap::new());
    found.into_iter().map(Reading::Values).collect()
}

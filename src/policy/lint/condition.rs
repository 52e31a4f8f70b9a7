//! Conditions: operators and keys that do not fit, and tests that cannot be meant.

use std::net::IpAddr;

use ipnet::IpNet;

use super::action::Named;
use super::{LintKind, Lints, Subject};
use crate::model::Pointer;
use crate::policy::catalog::{Action, catalog};
use crate::policy::evaluate::{Operator, Set, Test};

/// Keys of sessions that a service made: requests of every service can have them.
const SESSION_KEYS: &[&str] = &[
    "codebuild:buildarn",
    "codebuild:projectarn",
    "ec2:roledelivery",
    "ec2:sourceinstancearn",
    "glue:credentialissuingservice",
    "glue:roleassumedby",
    "identitystore:applicationarn",
    "identitystore:userid",
    "lambda:sourcefunctionarn",
    "ssm:sourceinstancearn",
];

pub(super) fn lint(subject: &Subject<'_>, lints: &mut Lints) {
    for (name, keys) in &subject.statement.condition {
        let place = subject.place.child("Condition").child(name);
        let operator = Operator::read(name);
        match operator {
            None => {
                let message = format!("{name:?} is not a condition operator of IAM");
                subject.say(lints, place.clone(), LintKind::UnknownOperator, message);
            }
            Some(_) if !Operator::is_spelled_so(name) => {
                let message = format!("{name:?} is spelled in another case, and AWS refuses it so");
                subject.say(lints, place.clone(), LintKind::UnknownOperator, message);
            }
            Some(_) => {}
        }
        for (key, values) in keys {
            let at = place.child(key);
            if values.is_empty() {
                let message = format!("the condition on {key} has no values");
                subject.say(lints, at.clone(), LintKind::EmptyCondition, message);
            }
            lint_key(subject, key, &at, lints);
            if let Some(operator) = operator {
                let test = Tested { name, operator, key, values };
                test.lint_set(subject, &at, lints);
                test.lint_values(subject, &at, lints);
            }
        }
    }
}

fn lint_key(subject: &Subject<'_>, key: &str, at: &Pointer, lints: &mut Lints) {
    let Some((prefix, _)) = key.split_once(':') else {
        let message = format!("{key:?} is not a condition key: the service and a colon are missing");
        return subject.say(lints, at.clone(), LintKind::UnknownKey, message);
    };
    // Keys of identity providers begin with their host, and every provider has its own.
    if prefix.contains(['.', '/']) || SESSION_KEYS.contains(&key) {
        return;
    }
    if catalog().key_type(key).is_none() {
        let message = format!("AWS documents no condition key {key:?} (as of {})", catalog().date());
        return subject.say(lints, at.clone(), LintKind::UnknownKey, message);
    }
    let Named::These(actions) = &subject.named else { return };
    let taken = |action: &&Action| action.takes_key(key);
    // A key that no action at all has is one of whose actions the catalogue does not tell.
    let told =
        || catalog().service(prefix).is_some_and(|service| service.actions().iter().any(|action| taken(&action)));
    if !matches!(prefix, "aws" | "aws-marketplace" | "saml") && !actions.iter().any(taken) && told() {
        let message = format!("no action of the statement has the condition key {key}");
        subject.say(lints, at.clone(), LintKind::KeyNotTaken, message);
    }
}

/// One test of a condition.
struct Tested<'a> {
    name: &'a str,
    operator: Operator,
    key: &'a str,
    values: &'a [String],
}

impl Tested<'_> {
    fn lint_set(&self, subject: &Subject<'_>, at: &Pointer, lints: &mut Lints) {
        let (name, key) = (self.name, self.key);
        if self.operator.test == Test::Null {
            return;
        }
        match (catalog().is_multivalued(key), self.operator.set) {
            (Some(false), Set::Any | Set::All) => {
                let message = format!("{key} has one value, {name} is for keys that can have several");
                subject.say(lints, at.clone(), LintKind::SetOperatorOnOneValue, message);
            }
            (Some(true), Set::Single) => {
                let message = format!("{key} can have several values: say ForAnyValue:{name} or ForAllValues:{name}");
                subject.say(lints, at.clone(), LintKind::OneValueOperatorOnSet, message);
            }
            _ => {}
        }
        // Without tag keys a request tags nothing, which such a list means to allow.
        let harmless = key == "aws:tagkeys";
        if self.operator.set == Set::All && subject.allows() && !harmless && !is_present(subject, key) {
            let message =
                format!("{name} also holds where the request has no {key}; add \"Null\": {{\"{key}\": \"false\"}}");
            subject.say(lints, at.clone(), LintKind::ForAllValuesOfNone, message);
        }
    }

    fn lint_values(&self, subject: &Subject<'_>, at: &Pointer, lints: &mut Lints) {
        for (item, value) in self.values.iter().enumerate() {
            if value.contains("${") {
                continue;
            }
            if !is_possible(self.operator.test, value) {
                let message = format!("no request has the value {value:?} for {}", self.name);
                subject.say(lints, at.child(item), LintKind::ImpossibleValue, message);
            }
            if is_exact(self.operator.test) && value.contains('*') {
                let message =
                    format!("{} takes the * in {value:?} as a character; StringLike takes it as a wildcard", self.name);
                subject.say(lints, at.child(item), LintKind::WildcardAsText, message);
            }
        }
    }
}

const fn is_exact(test: Test) -> bool {
    matches!(test, Test::StringEquals | Test::StringEqualsIgnoreCase)
}

/// Whether another test of the statement holds only where the key is in the request.
fn is_present(subject: &Subject<'_>, key: &str) -> bool {
    let conditions = &subject.statement.condition;
    conditions.iter().any(|(name, keys)| {
        let Some(operator) = Operator::read(name) else { return false };
        let positive = !operator.negated && !operator.if_exists && operator.set != Set::All;
        keys.get(key).is_some_and(|values| match operator.test {
            Test::Null => values.iter().all(|value| value.eq_ignore_ascii_case("false")),
            _ => positive,
        })
    })
}

fn is_possible(test: Test, value: &str) -> bool {
    match test {
        Test::Bool | Test::Null => value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"),
        Test::NumericEquals
        | Test::NumericLess
        | Test::NumericLessEquals
        | Test::NumericGreater
        | Test::NumericGreaterEquals => value.parse::<f64>().is_ok(),
        Test::IpAddress => value.parse::<IpNet>().is_ok() || value.parse::<IpAddr>().is_ok(),
        _ => true,
    }
}

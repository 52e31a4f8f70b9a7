//! Policies made to blow up: every comparison ends within its count of steps, with an answer or
//! with the reason why there is none.

use serde_json::{Value, json};

use super::*;
use crate::policy::from_value;

fn read(statements: &[Value]) -> PolicyDocument {
    from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn allow(actions: &Value, resources: &Value) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

/// The same for everyone and one account, where the kind says for whom.
fn of_kind(kind: Kind, document: &PolicyDocument) -> PolicyDocument {
    let mut document = document.clone();
    if kind == Kind::Resource {
        for statement in &mut document.statement {
            let names = vec!["*".to_owned(), "arn:aws:iam::111122223333:root".to_owned()];
            statement.principal = Some([("AWS".to_owned(), names)].into());
        }
    }
    document
}

/// Neither the same nor a one-sided answer may come out of a budget that ran out.
fn check(old: &PolicyDocument, new: &PolicyDocument, may_be: &[&str]) {
    for budget in [Budget::default(), Budget { steps: 2_000, at_once: 200, permissions: 5 }] {
        for kind in [Kind::Identity, Kind::Resource] {
            let (old, new) = (of_kind(kind, old), of_kind(kind, new));
            let comparison = compare(kind, &[&old], &[&new], &budget);
            let name = comparison.relation.name();
            assert!(may_be.contains(&name), "{}", comparison.relation);
            assert_eq!(comparison.unconfirmed, []);
            if let Some(reason) = comparison.relation.reason() {
                assert!(reason.contains("budget"), "{reason}");
            }
            assert!(comparison.gained.len() <= budget.permissions && comparison.lost.len() <= budget.permissions);
        }
    }
}

#[test]
fn two_hundred_wildcards() {
    let stars = |letters: &str| letters.chars().cycle().take(200).flat_map(|letter| [letter, '*']).collect::<String>();
    let pattern = |letters: &str| json!([format!("arn:aws:s3:::{}", stars(letters))]);
    let old = read(&[allow(&json!("s3:GetObject"), &pattern("ab"))]);
    let new = read(&[allow(&json!("s3:GetObject"), &pattern("abc"))]);
    let undecided = ["incomparable", "unknown", "at least widened", "at least narrowed"];
    check(&old, &new, &undecided);
    let actions = |letters: &str| json!([format!("s3:{}", stars(letters))]);
    let old = read(&[allow(&actions("ab"), &json!("*"))]);
    let new = read(&[allow(&actions("ba"), &json!("*"))]);
    check(&old, &new, &undecided);
}

#[test]
fn question_marks_between_stars() {
    let pattern = |times: usize, end: &str| json!([format!("arn:aws:s3:::{}{end}", "?*".repeat(times))]);
    let many: Vec<Value> = (1..60).map(|times| allow(&json!("s3:*"), &pattern(times * 7, "a*b"))).collect();
    let old = read(&many);
    let new = read(&many.into_iter().chain([allow(&json!("s3:*"), &pattern(200, "b*a"))]).collect::<Vec<Value>>());
    check(&old, &new, &["widened", "unknown", "at least widened"]);
}

#[test]
fn infixes_that_all_meet() {
    let infixes = |from: usize| -> Value {
        let words =
            ["Contact", "Model", "Flow", "Data", "Queue", "User", "Job", "Trial", "Image", "Note", "App", "Run"];
        words.iter().cycle().skip(from).take(11).map(|word| format!("connect:*{word}*")).collect()
    };
    let old = read(&[allow(&infixes(0), &json!("*"))]);
    let new = read(&[allow(&infixes(1), &json!("*"))]);
    check(&old, &new, &["incomparable", "unknown", "at least widened", "at least narrowed"]);
}

#[test]
fn thousands_of_statements() {
    let statement = |number: usize| {
        let mut statement = allow(
            &json!([format!("s3:*{number}*"), "s3:Get*"]),
            &json!([format!("arn:aws:s3:::b{}*{number}", number % 7), format!("arn:aws:s3:::*{number}/*")]),
        );
        statement["Condition"] =
            json!({"StringLike": {format!("aws:RequestTag/{}", number % 40): [format!("*{number}*")]}});
        statement
    };
    let old = read(&(0..3_000).map(statement).collect::<Vec<Value>>());
    let new = read(&(1..3_001).map(statement).collect::<Vec<Value>>());
    check(&old, &new, &["incomparable", "unknown", "at least widened", "at least narrowed"]);
    assert_eq!(compare(Kind::Identity, &[&old], &[&old], &Budget::default()).relation, Relation::Same);
}

#[test]
fn many_keys() {
    // Every clause can be missed by each of its keys, yet all together they cannot be: a search
    // that has to look at all choices.
    let test = |key: usize, value: usize| (format!("aws:RequestTag/k{key}"), json!([format!("v{value}")]));
    let deny = |number: usize| {
        let keys: serde_json::Map<String, Value> =
            (0..6).map(|at| test((number * 7 + at * 5) % 24, (number >> at) & 1)).collect();
        json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": keys}})
    };
    let must: serde_json::Map<String, Value> =
        (0..24).map(|key| (format!("aws:RequestTag/k{key}"), json!(["v0", "v1"]))).collect();
    let mut wide = allow(&json!("s3:*"), &json!("*"));
    wide["Condition"] = json!({"StringEquals": must});
    let denials: Vec<Value> = (0..400).map(deny).collect();
    let old = read(&denials);
    let new = read(&denials.into_iter().chain([wide]).collect::<Vec<Value>>());
    check(&old, &new, &["same", "widened", "unknown"]);
}

#[test]
fn many_values_of_a_set() {
    let set = |from: usize| {
        let letters = ('a'..='z').cycle().skip(from % 26).take(14);
        let patterns: Vec<String> = letters.map(|letter| format!("*{letter}*")).collect();
        let mut statement = allow(&json!("s3:*"), &json!("*"));
        statement["Condition"] = json!({"ForAnyValue:StringLike": {"aws:TagKeys": patterns.clone()},
            "ForAllValues:StringNotLike": {"aws:TagKeys": &patterns[3..]}});
        statement
    };
    let old = read(&(0..20).map(set).collect::<Vec<Value>>());
    let new = read(&(1..21).map(set).collect::<Vec<Value>>());
    check(
        &old,
        &new,
        &["incomparable", "same", "widened", "narrowed", "unknown", "at least widened", "at least narrowed"],
    );
}

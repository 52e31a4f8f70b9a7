//! Documents that are read, and documents that are refused.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::policy::meaning_hash;

fn same(left: &str, right: &str) {
    assert_eq!(parse(left).unwrap(), parse(right).unwrap());
}

/// A document with one statement that holds these elements beside its effect.
fn with(elements: &str) -> Result<PolicyDocument, PolicyError> {
    parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{elements}}}]}}"#))
}

fn refusal(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn order_scalars_case_and_principal_spelling_have_no_meaning() {
    same(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},
            "Action":["s3:PutObject","S3:getobject"],"Resource":"*","Condition":{"Bool":{"aws:SecureTransport":true}}}}"#,
        r#"{"Statement":[{"Resource":["*"],"Action":["s3:GetObject","s3:PutObject","s3:PutObject"],
            "Principal":{"AWS":["arn:aws:iam::111122223333:root"]},"Effect":"Allow",
            "Condition":{"Bool":{"AWS:SecureTransport":["true"]}}}],"Version":"2012-10-17"}"#,
    );
    same(
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"},
                         {"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}"#,
        r#"{"Version":"2008-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*"},
                         {"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"s3:*","Resource":"*"}]}"#,
    );
}

#[test]
fn the_case_of_a_resource_has_meaning() {
    let of = |resource: &str| with(&format!(r#""Action":"s3:*","Resource":"{resource}""#)).unwrap();
    assert_ne!(of("arn:aws:s3:::A"), of("arn:aws:s3:::a"));
}

#[test]
fn numbers_and_booleans_stand_for_their_text() {
    let values = r#""Action":"s3:*","Condition":{"NumericLessThan":{"s3:max-keys":[10,"10",2.5]},"Null":{"aws:username":false}}"#;
    let document = with(values).unwrap();
    let condition = &document.statement[0].condition;
    assert_eq!(condition["NumericLessThan"]["s3:max-keys"], ["10", "2.5"]);
    assert_eq!(condition["Null"]["aws:username"], ["false"]);
}

#[test]
fn what_is_not_a_policy_is_refused_with_its_place() {
    assert!(matches!(parse("<html>"), Err(PolicyError::NotJson(_))));
    assert!(matches!(parse(""), Err(PolicyError::NotJson(_))));
    assert_eq!(
        refusal("{\"Statement\": [\n  {\"Effect\": \"allow\", \"Action\": \"s3:*\"}]}"),
        r#"policy at /Statement/0/Effect: Effect is "allow", not Allow or Deny (line 2, column 14)"#
    );
    assert_eq!(refusal("{}"), "policy at /: Statement is missing (line 1, column 1)");
    assert_eq!(refusal("[]"), "policy at /: an object was expected, not a list (line 1, column 1)");
    assert_eq!(
        refusal(r#"{"Version":"2012-10-18","Statement":[]}"#),
        r#"policy at /Version: Version is "2012-10-18", not "2012-10-17" or "2008-10-17" (line 1, column 12)"#
    );
    assert_eq!(
        refusal(r#"{"statement":[]}"#),
        r#"policy at /statement: "statement" is not an element of a policy; it is spelled "Statement" (line 1, column 14)"#
    );
    let nulls = with(r#""Action":["s3:*",null]"#).unwrap_err().to_string();
    assert!(nulls.starts_with("policy at /Statement/0/Action/1: a string was expected, not null"), "{nulls}");
}

#[test]
fn elements_that_exclude_each_other_are_refused() {
    for both in [
        r#""Action":"s3:*","NotAction":"s3:*""#,
        r#""Action":"s3:*","Resource":"*","NotResource":"*""#,
        r#""Action":"s3:*","Principal":"*","NotPrincipal":"*""#,
        r#""Resource":"*""#,
        r#""Action":"s3:*","Principal":"111122223333""#,
        r#""Action":"s3:*","Principal":{"aws":"*"}"#,
        r#""Action":"s3:*","Condition":"x""#,
        r#""Action":{"a":"b"}"#,
    ] {
        assert!(matches!(with(both), Err(PolicyError::NotPolicy { position: Some(_), .. })), "{both}");
    }
}

#[test]
fn a_key_said_twice_is_refused_at_any_depth() {
    assert_eq!(
        refusal("{\"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"*\",\n\"Effect\": \"Allow\"}]}"),
        r#"policy at /Statement/0: "Effect" is said twice (line 2, column 1)"#
    );
    let twice = [
        r#"{"Statement":[],"Statement":[{"Effect":"Deny","Action":"*"}]}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":{"AWS":"*","A\u0057S":"111122223333"}}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a:b":"true","a:b":"false"}}}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a:b":"true"},"Bool":{"a:b":"false"}}}}"#,
    ];
    for text in twice {
        assert!(refusal(text).contains("is said twice ("), "{text}");
    }
    let case = r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a:b":"true","A:b":"false"}}}}"#;
    assert!(refusal(case).contains("is said twice, in different case"), "{}", refusal(case));
}

#[test]
fn a_text_of_megabytes_is_refused_unread() {
    let text = format!(r#"{{"Statement":[{}]}}"#, " ".repeat(6 * 1024 * 1024));
    assert_eq!(parse(&text), Err(PolicyError::TooLong { bytes: text.len() }));
    assert!(refusal(&text).starts_with("policy has 6291472 bytes; at most 1048576 are read"));
}

#[test]
fn deep_nesting_is_refused() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(parse(&deep), Err(PolicyError::NotJson(_))));
    let deep = format!(r#"{{"Statement":{}{}}}"#, "[".repeat(100), "]".repeat(100));
    assert!(refusal(&deep).starts_with("policy at /Statement/0: an object was expected, not a list"));
}

#[test]
fn thousands_of_statements_are_read() {
    let statement = |at: usize| format!(r#"{{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b{at}/*"}}"#);
    let statements: Vec<String> = (0..8_000).map(statement).collect();
    let document = parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))).unwrap();
    assert_eq!(document.statement.len(), 8_000);
}

#[test]
fn values_that_were_read_elsewhere_are_refused_without_a_position() {
    let error = from_value(&json!({"Statement": [{"Effect": "Allow"}]})).unwrap_err();
    assert_eq!(error.to_string(), "policy at /Statement/0: a statement has either Action or NotAction");
}

/// Some JSON, with the words of policies in it.
fn some_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(
        [ELEMENTS, STATEMENT_ELEMENTS, PRINCIPAL_TYPES, &["Allow", "Deny", "*", "s3:*", "2012-10-17", "Bool", ""]]
            .concat(),
    );
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6).prop_map(|pairs| {
                Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}

/// A list of one to three of these.
fn some_of(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::collection::btree_set(prop::sample::select(words), 1..4).prop_map(|words| json!(words))
}

/// A statement with all lists as lists.
fn statement() -> impl Strategy<Value = Value> {
    let principals = some_of(&["*", "111122223333", "444455556666", "arn:aws:iam::111122223333:role/a", "AROAEXAMPLE"]);
    let actions = some_of(&["s3:GetObject", "s3:*", "iam:PassRole", "*", "sts:AssumeRole"]);
    let resources = some_of(&["*", "arn:aws:s3:::A", "arn:aws:s3:::a", "arn:aws:s3:::a/${aws:username}"]);
    let key = prop::sample::select(&["aws:SourceVpc", "aws:PrincipalTag/Team", "s3:prefix"][..]);
    let operator = prop::sample::select(&["StringLike", "ForAnyValue:StringEquals", "StringNotEqualsIfExists"][..]);
    let condition = prop::collection::btree_map(operator, (key, some_of(&["a", "B", "true", "10"])), 0..3);
    let elements = (principals, actions, resources, condition, any::<[bool; 4]>());
    elements.prop_map(|(principals, actions, resources, condition, [deny, not, named, sid])| {
        let mut statement = json!({ "Effect": if deny { "Deny" } else { "Allow" }, "Resource": resources });
        statement[if not { "NotAction" } else { "Action" }] = actions;
        if named {
            statement["Principal"] = json!({ "AWS": principals });
        }
        if sid {
            statement["Sid"] = json!("label");
        }
        let condition = condition.into_iter().map(|(operator, (key, values))| (operator, json!({ key: values })));
        statement["Condition"] = Value::Object(condition.map(|(operator, keys)| (operator.to_owned(), keys)).collect());
        statement
    })
}

/// The same statement, spelled in another way.
fn spelled(statement: &Value, random: &mut fastrand::Rng) -> Value {
    let mut other = Map::new();
    for (key, value) in statement.as_object().unwrap() {
        let value = match key.as_str() {
            "Principal" => json!({ "AWS": other_list(&value["AWS"], random, other_account) }),
            "Action" | "NotAction" => other_list(value, random, other_case),
            "Resource" => other_list(value, random, |text, _| text.to_owned()),
            "Condition" => other_conditions(value, random),
            _ => value.clone(),
        };
        other.insert(key.clone(), value);
    }
    Value::Object(other)
}

fn other_list(list: &Value, random: &mut fastrand::Rng, spell: impl Fn(&str, &mut fastrand::Rng) -> String) -> Value {
    let mut items: Vec<String> =
        list.as_array().unwrap().iter().map(|item| spell(item.as_str().unwrap(), random)).collect();
    if random.bool() {
        items.push(items[0].clone());
    }
    random.shuffle(&mut items);
    if let [one] = items.as_slice() { json!(one) } else { json!(items) }
}

fn other_case(text: &str, random: &mut fastrand::Rng) -> String {
    let letter = |letter: char| if random.bool() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
    text.chars().map(letter).collect()
}

fn other_account(name: &str, random: &mut fastrand::Rng) -> String {
    if name.len() == 12 && random.bool() { format!("arn:aws:iam::{name}:root") } else { name.to_owned() }
}

fn other_conditions(conditions: &Value, random: &mut fastrand::Rng) -> Value {
    let mut operators = Map::new();
    for (operator, keys) in conditions.as_object().unwrap() {
        for (key, values) in keys.as_object().unwrap() {
            let key = other_case(key, random);
            let values = other_list(values, random, |text, _| text.to_owned());
            operators.insert(operator.clone(), json!({ key: values }));
        }
    }
    Value::Object(operators)
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(value in some_json()) {
        let text = value.to_string();
        let (by_text, by_value) = (parse(&text), from_value(&value));
        prop_assert_eq!(by_text.is_ok(), by_value.is_ok());
        if let Err(PolicyError::NotPolicy { position, .. }) = by_text {
            prop_assert!(position.is_some(), "no position in {}", text);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[{}\\[\\],:\"a-zA-Z*\\\\ ]{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn reading_the_canonical_form_changes_nothing(statements in prop::collection::vec(statement(), 0..5)) {
        let document = from_value(&json!({"Version": "2012-10-17", "Id": "x", "Statement": statements})).unwrap();
        let again = parse(&serde_json::to_string(&document).unwrap()).unwrap();
        prop_assert_eq!(document, again);
    }

    #[test]
    fn another_spelling_is_the_same_document(statements in prop::collection::vec(statement(), 1..5), seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut others: Vec<Value> = statements.iter().map(|statement| spelled(statement, &mut random)).collect();
        random.shuffle(&mut others);
        let document = from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap();
        let other = from_value(&json!({"Statement": others, "Version": "2012-10-17"})).unwrap();
        prop_assert_eq!(&document, &other);
        let mut unlabelled = other;
        unlabelled.id = Some("another".to_owned());
        for statement in &mut unlabelled.statement {
            statement.sid = None;
        }
        prop_assert_eq!(meaning_hash(&document), meaning_hash(&unlabelled));
    }
}
